/*
 * Copyright (C) ngx_agent authors
 *
 * Sanitizes every string of a JSON object.
 *
 * A copy of the tree is changed in place and written anew, but only if there
 * was something to take out: numbers are kept as text, so they come out as
 * they went in.  What a secret's name announces holds for a field of the
 * tree as for one in a text.
 */


#include <stdlib.h>

#include "core/ag_caps.h"
#include "core/ag_json.h"
#include "core/ag_sanitize_parts.h"


typedef struct {
    yyjson_mut_doc  *doc;
    const ag_str_t  *secrets;
    size_t           count;
    ag_char_t        starts[256];   /* 1: a secret starts with that byte */
    ag_buf_t         held;          /* a string without the secrets */
    ag_buf_t         clean;         /* the same, sanitized */
    unsigned         changed:1;
} ag_sanitize_tree_t;


static int ag_sanitize_read(ag_str_t json, yyjson_doc **doc);
static int ag_sanitize_tree(ag_sanitize_tree_t *t, ag_buf_t *out,
    unsigned *changed);
static int ag_sanitize_branch(ag_sanitize_tree_t *t, yyjson_mut_val *value,
    ag_sanitize_secrecy_t secrecy);
static int ag_sanitize_members(ag_sanitize_tree_t *t,
    yyjson_mut_val *object);
static int ag_sanitize_string(ag_sanitize_tree_t *t, yyjson_mut_val *value,
    ag_sanitize_secrecy_t secrecy);
static int ag_sanitize_literals(ag_sanitize_tree_t *t, ag_str_t text);
static size_t ag_sanitize_literal(const ag_sanitize_tree_t *t,
    const ag_char_t *p, const ag_char_t *end);


int
ag_sanitize_json(ag_buf_t *out, ag_str_t json, const ag_str_t *secrets,
    size_t count, unsigned *changed)
{
    int                 rc;
    size_t              i;
    yyjson_doc         *doc;
    ag_sanitize_tree_t  t;

    *changed = 0;

    rc = ag_sanitize_read(json, &doc);

    if (rc != AG_OK) {
        return rc;
    }

    /* the copy has strings of its own: they may be replaced one by one */

    memset(&t, 0, sizeof(t));
    t.secrets = secrets;
    t.count = count;
    t.doc = yyjson_doc_mut_copy(doc, NULL);

    yyjson_doc_free(doc);

    for (i = 0; i < count; i++) {
        if (secrets[i].len > 0) {
            t.starts[secrets[i].data[0]] = 1;
        }
    }

    ag_buf_init(&t.held, SIZE_MAX);
    ag_buf_init(&t.clean, SIZE_MAX);

    rc = (t.doc != NULL) ? ag_sanitize_tree(&t, out, changed) : AG_NOMEM;

    ag_buf_free(&t.held);
    ag_buf_free(&t.clean);
    yyjson_mut_doc_free(t.doc);

    return rc;
}


/* Makes a tree of an object that is not too large and not too deep. */
static int
ag_sanitize_read(ag_str_t json, yyjson_doc **doc)
{
    yyjson_read_err  error;

    if (json.len == 0 || json.len > AG_ERROR_BODY_MAX) {
        return AG_INVALID;
    }

    if (ag_json_depth(json, AG_JSON_DEPTH_MAX) > AG_JSON_DEPTH_MAX) {
        return AG_LIMIT;
    }

    /* yyjson writes to its input only where it is told to */

    *doc = yyjson_read_opts((char *) json.data, json.len,
                            YYJSON_READ_NUMBER_AS_RAW, NULL, &error);

    if (*doc == NULL) {
        return (error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
               ? AG_NOMEM : AG_INVALID;
    }

    if (!yyjson_is_obj(yyjson_doc_get_root(*doc))) {
        yyjson_doc_free(*doc);
        return AG_INVALID;
    }

    return AG_OK;
}


/* Sanitizes the tree, and writes it if that changed anything. */
static int
ag_sanitize_tree(ag_sanitize_tree_t *t, ag_buf_t *out, unsigned *changed)
{
    int     rc;
    char   *text;
    size_t  len;

    rc = ag_sanitize_branch(t, yyjson_mut_doc_get_root(t->doc),
                            AG_SANITIZE_OPEN);

    if (rc != AG_OK || !t->changed) {
        return rc;
    }

    text = yyjson_mut_write_opts(t->doc, YYJSON_WRITE_NOFLAG, NULL, &len,
                                 NULL);

    if (text == NULL) {
        return AG_NOMEM;
    }

    rc = ag_buf_add(out, text, len);
    free(text);

    *changed = (rc == AG_OK);

    return rc;
}


/*
 * A value of a field of that secrecy; the elements of an array have that of
 * the array, as in Go's {"Authorization":["Bearer ..."]}, the members of an
 * object their own.  Recursion: AG_JSON_DEPTH_MAX levels at most.
 */
static int
ag_sanitize_branch(ag_sanitize_tree_t *t, yyjson_mut_val *value,
    ag_sanitize_secrecy_t secrecy)
{
    int                   rc;
    yyjson_mut_val       *item;
    yyjson_mut_arr_iter   items;

    if (yyjson_mut_is_str(value)) {
        return ag_sanitize_string(t, value, secrecy);
    }

    if (yyjson_mut_is_obj(value)) {
        return ag_sanitize_members(t, value);
    }

    if (!yyjson_mut_is_arr(value)) {
        return AG_OK;
    }

    rc = AG_OK;
    items = yyjson_mut_arr_iter_with(value);

    while (rc == AG_OK && (item = yyjson_mut_arr_iter_next(&items)) != NULL) {
        rc = ag_sanitize_branch(t, item, secrecy);
    }

    return rc;
}


static int
ag_sanitize_members(ag_sanitize_tree_t *t, yyjson_mut_val *object)
{
    int                     rc;
    yyjson_mut_val         *key;
    yyjson_mut_obj_iter     members;
    ag_sanitize_secrecy_t   secrecy;

    rc = AG_OK;
    members = yyjson_mut_obj_iter_with(object);

    while (rc == AG_OK && (key = yyjson_mut_obj_iter_next(&members)) != NULL)
    {
        /* before the key changes */

        secrecy = ag_sanitize_secrecy(ag_str(yyjson_mut_get_str(key),
                                             yyjson_mut_get_len(key)));

        rc = ag_sanitize_string(t, key, AG_SANITIZE_OPEN);

        if (rc == AG_OK) {
            rc = ag_sanitize_branch(t, yyjson_mut_obj_iter_get_val(key),
                                    secrecy);
        }
    }

    return rc;
}


/*
 * The given secrets go first: the rules would take out a part of one, and
 * then the rest would not be found.
 */
static int
ag_sanitize_string(ag_sanitize_tree_t *t, yyjson_mut_val *value,
    ag_sanitize_secrecy_t secrecy)
{
    int              rc;
    ag_str_t         text, clean;
    unsigned         changed;
    yyjson_mut_val  *copy;

    text = ag_str(yyjson_mut_get_str(value), yyjson_mut_get_len(value));

    if (text.len == 0) {
        return AG_OK;
    }

    t->clean.len = 0;
    rc = ag_sanitize_literals(t, text);

    if (rc != AG_OK) {
        return rc;
    }

    changed = 0;

    if (ag_sanitize_is_secret(ag_buf_str(&t->held), secrecy)) {
        rc = ag_buf_add_string(&t->clean, AG_SANITIZE_REDACTED);

    } else {
        rc = ag_sanitize(&t->clean, ag_buf_str(&t->held), AG_SANITIZE_VALUE,
                         &changed);
    }

    clean = ag_buf_str(&t->clean);

    if (rc != AG_OK || ag_str_equal(clean, text)) {
        return rc;
    }

    /* the tree must own its strings */

    copy = yyjson_mut_strncpy(t->doc, (clean.len > 0)
                                      ? (const char *) clean.data : "",
                              clean.len);

    if (copy == NULL) {
        return AG_NOMEM;
    }

    t->changed = 1;
    yyjson_mut_set_strn(value, yyjson_mut_get_str(copy), clean.len);

    return AG_OK;
}


/*
 * Puts the text without the secrets into "held".  A text of nothing but the
 * first byte of a long secret costs a comparison at every byte; memcmp() ends
 * at the first difference.
 */
static int
ag_sanitize_literals(ag_sanitize_tree_t *t, ag_str_t text)
{
    int               rc;
    size_t            n;
    const ag_char_t  *p, *plain, *end;

    t->held.len = 0;
    rc = AG_OK;
    p = plain = text.data;
    end = text.data + text.len;

    while (p < end && rc == AG_OK) {
        n = t->starts[*p] ? ag_sanitize_literal(t, p, end) : 0;

        if (n == 0) {
            p++;
            continue;
        }

        rc = ag_buf_add(&t->held, plain, (size_t) (p - plain));

        if (rc == AG_OK) {
            rc = ag_buf_add_string(&t->held, AG_SANITIZE_REDACTED);
        }

        p += n;
        plain = p;
    }

    return (rc == AG_OK)
           ? ag_buf_add(&t->held, plain, (size_t) (end - plain)) : rc;
}


/* The length of the longest secret at "p". */
static size_t
ag_sanitize_literal(const ag_sanitize_tree_t *t, const ag_char_t *p,
    const ag_char_t *end)
{
    size_t    i, found;
    ag_str_t  secret;

    found = 0;

    for (i = 0; i < t->count; i++) {
        secret = t->secrets[i];

        if (secret.len > found && secret.len <= (size_t) (end - p)
            && memcmp(secret.data, p, secret.len) == 0)
        {
            found = secret.len;
        }
    }

    return found;
}
