/*
 * Copyright (C) ngx_agent authors
 *
 * What a URI in a schema means where it stands.  Only as text: nothing is
 * ever fetched, and two URIs are the same when their bytes are.  Names of
 * hosts are not made lower case, nor is %7E a tilde: a schema that spells its
 * own identifier in two ways is refused for a reference that leads nowhere.
 */


#include "core/ag_schema_parts.h"


/* The pieces of a URI; a piece that is not there has NULL, an empty one not. */
typedef struct {
    ag_str_t  scheme;       /* with its ":" */
    ag_str_t  authority;    /* with its "//" */
    ag_str_t  path;
    ag_str_t  query;        /* with its "?" */
} ag_schema_uri_t;


static void ag_schema_uri_split(ag_str_t text, ag_schema_uri_t *uri);
static size_t ag_schema_uri_scheme(ag_str_t text);
static size_t ag_schema_uri_until(ag_str_t text, char one, char other);
static ag_str_t ag_schema_uri_cut(ag_str_t *text, size_t len);
static void ag_schema_uri_merge(const ag_schema_uri_t *base,
    const ag_schema_uri_t *reference, ag_buf_t *path, int *rc);
static void ag_schema_uri_add(ag_buf_t *out, ag_str_t text, int *rc);
static void ag_schema_uri_add_path(ag_buf_t *out, ag_str_t path, int *rc);
static void ag_schema_uri_pop(ag_buf_t *out, size_t first);
static int ag_schema_uri_hex(ag_char_t digit);


/* What the reference lacks, it has from the base, up to the first it has. */
int
ag_schema_uri_resolve(ag_str_t base, ag_str_t reference, ag_buf_t *out)
{
    int              rc;
    ag_buf_t         path;
    ag_schema_uri_t  from, to;

    ag_schema_uri_split(base, &from);
    ag_schema_uri_split(reference, &to);
    ag_buf_init(&path, AG_PATH_MAX);

    rc = AG_OK;

    if (to.scheme.data == NULL) {
        to.scheme = from.scheme;

        if (to.authority.data == NULL) {
            to.authority = from.authority;

            if (to.path.len == 0 && to.query.data == NULL) {
                to.query = from.query;
            }

            ag_schema_uri_merge(&from, &to, &path, &rc);
            to.path = ag_buf_str(&path);
        }
    }

    ag_schema_uri_add(out, to.scheme, &rc);
    ag_schema_uri_add(out, to.authority, &rc);
    ag_schema_uri_add_path(out, to.path, &rc);
    ag_schema_uri_add(out, to.query, &rc);

    ag_buf_free(&path);

    return rc;
}


ag_str_t
ag_schema_uri_fragment(ag_str_t reference)
{
    size_t  at;

    at = ag_schema_uri_until(reference, '#', '#');

    if (at == reference.len) {
        return ag_str("", 0);
    }

    return ag_str(reference.data + at + 1, reference.len - at - 1);
}


int
ag_schema_uri_decode(ag_str_t text, ag_buf_t *out)
{
    int        rc, high, low;
    size_t     i;
    ag_char_t  byte;

    rc = AG_OK;

    for (i = 0; i < text.len && rc == AG_OK; i++) {
        byte = text.data[i];

        if (byte == '%') {
            high = (text.len - i > 2) ? ag_schema_uri_hex(text.data[i + 1])
                                      : -1;
            low = (text.len - i > 2) ? ag_schema_uri_hex(text.data[i + 2])
                                     : -1;

            if (high < 0 || low < 0) {
                return AG_INVALID;
            }

            byte = (ag_char_t) (high * 16 + low);
            i += 2;
        }

        rc = ag_buf_add(out, &byte, 1);
    }

    return rc;
}


/* Splits what stands before the fragment; any text can be split. */
static void
ag_schema_uri_split(ag_str_t text, ag_schema_uri_t *uri)
{
    memset(uri, 0, sizeof(*uri));

    text.len = ag_schema_uri_until(text, '#', '#');

    if (ag_schema_uri_scheme(text) > 0) {
        uri->scheme = ag_schema_uri_cut(&text, ag_schema_uri_scheme(text));
    }

    if (text.len >= 2 && memcmp(text.data, "//", 2) == 0) {
        uri->authority = ag_schema_uri_cut(&text, 2);
        uri->authority.len += ag_schema_uri_until(text, '/', '?');
        (void) ag_schema_uri_cut(&text, uri->authority.len - 2);
    }

    uri->path = ag_schema_uri_cut(&text, ag_schema_uri_until(text, '?', '?'));

    if (text.len > 0) {
        uri->query = text;
    }
}


/* The length of "scheme:" at the start; 0 if it is no absolute URI. */
static size_t
ag_schema_uri_scheme(ag_str_t text)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == ':') {
            return (i > 0) ? i + 1 : 0;
        }

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-'
                            || c == '.'))))
        {
            break;
        }
    }

    return 0;
}


/* Where the first of the two characters stands, or the end. */
static size_t
ag_schema_uri_until(ag_str_t text, char one, char other)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == one || text.data[i] == other) {
            break;
        }
    }

    return i;
}


/* Takes the first "len" bytes off the text. */
static ag_str_t
ag_schema_uri_cut(ag_str_t *text, size_t len)
{
    ag_str_t  piece;

    piece = ag_str(text->data, len);

    if (len > 0) {
        text->data += len;
        text->len -= len;
    }

    return piece;
}


/* The path of a reference that has none of its own, or a relative one. */
static void
ag_schema_uri_merge(const ag_schema_uri_t *base,
    const ag_schema_uri_t *reference, ag_buf_t *path, int *rc)
{
    size_t  len;

    if (reference->path.len == 0) {
        ag_schema_uri_add(path, base->path, rc);
        return;
    }

    if (reference->path.data[0] != '/') {

        if (base->authority.data != NULL && base->path.len == 0) {
            ag_schema_uri_add(path, ag_str("/", 1), rc);
        }

        for (len = base->path.len; len > 0; len--) {
            if (base->path.data[len - 1] == '/') {
                break;
            }
        }

        ag_schema_uri_add(path, ag_str(base->path.data, len), rc);
    }

    ag_schema_uri_add(path, reference->path, rc);
}


/* Does nothing after the first that failed. */
static void
ag_schema_uri_add(ag_buf_t *out, ag_str_t text, int *rc)
{
    if (*rc == AG_OK && text.len > 0) {
        *rc = ag_buf_add(out, text.data, text.len);
    }
}


/* Adds a path without its "." and "..". */
static void
ag_schema_uri_add_path(ag_buf_t *out, ag_str_t path, int *rc)
{
    size_t    first, len;
    ag_str_t  name;

    first = out->len;

    while (path.len > 0) {
        len = ag_schema_uri_until(path, '/', '/');
        name = ag_str(path.data, len);

        if (ag_str_is(name, "..")) {
            ag_schema_uri_pop(out, first);

        } else if (!ag_str_is(name, ".")) {
            len += (len < path.len);
            ag_schema_uri_add(out, ag_str(path.data, len), rc);
            (void) ag_schema_uri_cut(&path, len);
            continue;
        }

        /* its slash goes too: what stands before it has one */

        (void) ag_schema_uri_cut(&path, len + (len < path.len));
    }
}


/* Takes off the last name of a path that ends with "/" and starts "first". */
static void
ag_schema_uri_pop(ag_buf_t *out, size_t first)
{
    if (out->len <= first + 1) {
        return;
    }

    out->len--;

    while (out->len > first && out->data[out->len - 1] != '/') {
        out->len--;
    }
}


static int
ag_schema_uri_hex(ag_char_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }

    digit |= 0x20;

    return (digit >= 'a' && digit <= 'f') ? digit - 'a' + 10 : -1;
}
