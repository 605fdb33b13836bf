/*
 * Copyright (C) ngx_agent authors
 *
 * ag_canon against a form made of yyjson's tree: the same texts have one, and
 * it is the same.  However a text is written again (members in another order,
 * white space, escapes), its form stays; once one value in it is another, its
 * form is.  And the form's form is itself.
 *
 * The first bytes of the input are the seed of how it is written again.
 */


#include <assert.h>
#include <stdio.h>

#include "core/ag_canon.h"
#include "core/ag_json.h"
#include "fuzz_mutate.h"


#define FUZZ_HEAD     4
#define FUZZ_MEMBERS  256       /* of an object whose members change places */
#define FUZZ_NOWHERE  SIZE_MAX
#define FUZZ_MAX      (1024 * 1024)


/* One way to write a tree; "at" is the value that becomes another. */
typedef struct {
    ag_buf_t   out;
    unsigned   seed;
    unsigned   plain:1;         /* as the form has it */
    size_t     at;
    size_t     count;           /* values so far */
    unsigned   changed:1;
} fuzz_writer_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned int seed);
static void fuzz_refused(ag_str_t text, int rc);
static void fuzz_forms(yyjson_val *root, ag_str_t text, unsigned seed);
static void fuzz_without(yyjson_val *root, ag_str_t text);
static void fuzz_write(fuzz_writer_t *w, yyjson_val *value);
static void fuzz_write_array(fuzz_writer_t *w, yyjson_val *value,
    unsigned change);
static void fuzz_write_object(fuzz_writer_t *w, yyjson_val *value,
    unsigned change);
static size_t fuzz_members(fuzz_writer_t *w, yyjson_val *object,
    yyjson_val **keys);
static void fuzz_write_scalar(fuzz_writer_t *w, yyjson_val *value,
    unsigned change);
static void fuzz_write_string(fuzz_writer_t *w, ag_str_t text);
static size_t fuzz_write_char(fuzz_writer_t *w, const ag_char_t *p,
    const ag_char_t *end);
static void fuzz_write_escaped(fuzz_writer_t *w, const ag_char_t *p, size_t n);
static int fuzz_order(yyjson_val *a, yyjson_val *b);
static void fuzz_space(fuzz_writer_t *w);
static void fuzz_add(fuzz_writer_t *w, const char *text);


static const char *const  fuzz_names[] = { "a", "model", "stream", "user" };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          rc;
    ag_buf_t     form;
    ag_str_t     text;
    yyjson_doc  *doc;

    if (size < FUZZ_HEAD) {
        return 0;
    }

    text = ag_str(data + FUZZ_HEAD, size - FUZZ_HEAD);
    ag_buf_init(&form, FUZZ_MAX);

    rc = ag_canon(&form, text, NULL, 0);

    if (rc != AG_OK) {
        assert(form.len == 0);
        fuzz_refused(text, rc);

    } else {
        doc = yyjson_read((const char *) text.data, text.len,
                          YYJSON_READ_NUMBER_AS_RAW);

        assert(doc != NULL);
        fuzz_forms(yyjson_doc_get_root(doc), ag_buf_str(&form),
                   data[0] | data[1] << 8 | data[2] << 16);
        fuzz_without(yyjson_doc_get_root(doc), text);
        yyjson_doc_free(doc);
    }

    ag_buf_free(&form);

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned int seed)
{
    return fuzz_mutate(data, size, max, seed, FUZZ_HEAD);
}


static void
fuzz_refused(ag_str_t text, int rc)
{
    yyjson_doc  *doc;

    if (rc == AG_LIMIT) {
        assert(ag_json_depth(text, AG_JSON_DEPTH_MAX) > AG_JSON_DEPTH_MAX);
        return;
    }

    assert(rc == AG_INVALID);

    doc = yyjson_read((const char *) text.data, text.len,
                      YYJSON_READ_NUMBER_AS_RAW);
    assert(doc == NULL);
}


static void
fuzz_forms(yyjson_val *root, ag_str_t form, unsigned seed)
{
    ag_buf_t       again;
    unsigned       round;
    fuzz_writer_t  w;

    memset(&w, 0, sizeof(w));
    ag_buf_init(&w.out, FUZZ_MAX);
    ag_buf_init(&again, FUZZ_MAX);

    w.plain = 1;
    w.at = FUZZ_NOWHERE;
    fuzz_write(&w, root);
    assert(ag_str_equal(ag_buf_str(&w.out), form));

    assert(ag_canon(&again, form, NULL, 0) == AG_OK);
    assert(ag_str_equal(ag_buf_str(&again), form));

    w.plain = 0;
    w.seed = seed;

    for (round = 0; round < 4; round++) {
        w.at = (round % 2 == 0) ? FUZZ_NOWHERE
                                : fuzz_random(&w.seed) % w.count;
        w.out.len = 0;
        w.count = 0;
        w.changed = 0;
        fuzz_write(&w, root);
        assert(w.changed == round % 2);

        again.len = 0;
        assert(ag_canon(&again, ag_buf_str(&w.out), NULL, 0) == AG_OK);
        assert(ag_str_equal(ag_buf_str(&again), form) == !w.changed);
    }

    ag_buf_free(&w.out);
    ag_buf_free(&again);
}


/* Without some of the top is as if they had never been there. */
static void
fuzz_without(yyjson_val *root, ag_str_t text)
{
    char            *rest;
    size_t           i, len;
    ag_buf_t         form, other;
    yyjson_mut_doc  *doc;
    yyjson_mut_val  *object;

    doc = yyjson_mut_doc_new(NULL);
    object = yyjson_val_mut_copy(doc, root);

    for (i = 0; i < 4 && yyjson_mut_is_obj(object); i++) {
        (void) yyjson_mut_obj_remove_str(object, fuzz_names[i]);
    }

    rest = yyjson_mut_val_write(object, 0, &len);
    assert(rest != NULL);

    ag_buf_init(&form, FUZZ_MAX);
    ag_buf_init(&other, FUZZ_MAX);

    assert(ag_canon(&form, text, fuzz_names, 4) == AG_OK);
    assert(ag_canon(&other, ag_str(rest, len), NULL, 0) == AG_OK);
    assert(ag_str_equal(ag_buf_str(&form), ag_buf_str(&other)));

    ag_buf_free(&form);
    ag_buf_free(&other);
    free(rest);
    yyjson_mut_doc_free(doc);
}


static void
fuzz_write(fuzz_writer_t *w, yyjson_val *value)
{
    unsigned  change;

    change = (w->count++ == w->at);
    w->changed |= change;

    fuzz_space(w);

    if (yyjson_is_arr(value)) {
        fuzz_write_array(w, value, change);

    } else if (yyjson_is_obj(value)) {
        fuzz_write_object(w, value, change);

    } else {
        fuzz_write_scalar(w, value, change);
    }

    fuzz_space(w);
}


/* One that changes loses its last element, or gets one. */
static void
fuzz_write_array(fuzz_writer_t *w, yyjson_val *value, unsigned change)
{
    size_t       i, max, count;
    yyjson_val  *element;

    count = yyjson_arr_size(value);

    if (change && count > 0 && fuzz_random(&w->seed) % 2) {
        count--;
        change = 0;
    }

    fuzz_add(w, "[");
    fuzz_space(w);

    yyjson_arr_foreach(value, i, max, element) {
        if (i < count) {
            fuzz_add(w, (i > 0) ? "," : "");
            fuzz_write(w, element);
        }
    }

    if (change) {
        fuzz_add(w, (count > 0) ? ",0" : "0");
    }

    fuzz_add(w, "]");
}


/* One that changes loses a member, gets one, or has one of another name. */
static void
fuzz_write_object(fuzz_writer_t *w, yyjson_val *value, unsigned change)
{
    size_t        i, count;
    unsigned      how;
    yyjson_val  **keys;

    count = yyjson_obj_size(value);
    keys = malloc((count + 1) * sizeof(*keys));
    assert(keys != NULL);
    (void) fuzz_members(w, value, keys);
    how = change ? (count > 0 ? 1 + fuzz_random(&w->seed) % 3 : 1) : 0;

    fuzz_add(w, "{");
    fuzz_space(w);

    if (how == 1) {
        fuzz_add(w, (count > 0) ? "\"new\":0," : "\"new\":0");
    }

    for (i = (how == 2); i < count; i++) {
        fuzz_add(w, (i > (how == 2)) ? "," : "");
        fuzz_space(w);

        if (how == 3 && i == 0) {
            fuzz_add(w, "\"");
            ag_buf_add_json(&w->out, ag_json_text(keys[i]));
            fuzz_add(w, "x\"");

        } else {
            fuzz_write_string(w, ag_json_text(keys[i]));
        }

        fuzz_space(w);
        fuzz_add(w, ":");
        fuzz_write(w, yyjson_obj_iter_get_val(keys[i]));
    }

    fuzz_add(w, "}");
    free(keys);
}


/* In an order: the form's, or any in which equal names keep theirs. */
static size_t
fuzz_members(fuzz_writer_t *w, yyjson_val *object, yyjson_val **keys)
{
    size_t       i, j, max, count;
    yyjson_val  *key, *value;

    count = 0;

    yyjson_obj_foreach(object, i, max, key, value) {
        (void) value;

        for (j = count; j > 0; j--) {
            if (w->plain ? fuzz_order(keys[j - 1], key) <= 0
                         : (fuzz_random(&w->seed) % 3 == 0
                            || fuzz_order(keys[j - 1], key) == 0))
            {
                break;
            }

            keys[j] = keys[j - 1];
        }

        keys[j] = key;
        count++;
    }

    return count;
}


static void
fuzz_write_scalar(fuzz_writer_t *w, yyjson_val *value, unsigned change)
{
    ag_str_t  text;

    if (yyjson_is_raw(value)) {
        text = ag_str(yyjson_get_raw(value), yyjson_get_len(value));

        if (change) {
            fuzz_add(w, ag_str_is(text, "1") ? "1.0" : "1");

        } else {
            assert(ag_buf_add(&w->out, text.data, text.len) == AG_OK);
        }

        return;
    }

    if (!yyjson_is_str(value)) {
        fuzz_add(w, yyjson_is_null(value)
                    ? (change ? "0" : "null")
                    : (yyjson_is_true(value) != change) ? "true" : "false");
        return;
    }

    text = ag_json_text(value);

    if (!change) {
        fuzz_write_string(w, text);

    } else if (fuzz_random(&w->seed) % 2) {

        /* a character more, which may look like an escape's */

        fuzz_add(w, "\"");
        assert(ag_buf_add_json(&w->out, text) == AG_OK);
        fuzz_add(w, (fuzz_random(&w->seed) % 2) ? "\\\\\"" : "\\u0000\"");

    } else if (text.len > 0 && text.data[text.len - 1] < 0x80) {

        /* a character is another */

        fuzz_add(w, "\"");
        assert(ag_buf_add_json(&w->out, ag_str(text.data, text.len - 1))
               == AG_OK);
        fuzz_add(w, (text.data[text.len - 1] == 'n') ? "N\"" : "n\"");

    } else {
        fuzz_add(w, "null");
    }
}


static void
fuzz_write_string(fuzz_writer_t *w, ag_str_t text)
{
    const ag_char_t  *p, *end;

    fuzz_add(w, "\"");

    for (p = text.data, end = p + text.len; p < end; /* void */ ) {
        p += fuzz_write_char(w, p, end);
    }

    fuzz_add(w, "\"");
}


static size_t
fuzz_write_char(fuzz_writer_t *w, const ag_char_t *p, const ag_char_t *end)
{
    size_t       n;
    char         escape[8];
    const char  *at;

    static const char  from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";

    n = ag_utf8_length(p, end);
    assert(n > 0);

    at = (*p != '\0') ? strchr(from, *p) : NULL;

    if (!w->plain && fuzz_random(&w->seed) % 4 == 0) {

        if (*p == '/' && fuzz_random(&w->seed) % 2) {
            fuzz_add(w, "\\/");

        } else {
            fuzz_write_escaped(w, p, n);
        }

    } else if (at != NULL) {
        sprintf(escape, "\\%c", to[at - from]);
        fuzz_add(w, escape);

    } else if (*p < 0x20) {
        sprintf(escape, "\\u%04x", *p);
        fuzz_add(w, escape);

    } else {
        assert(ag_buf_add(&w->out, p, n) == AG_OK);
    }

    return n;
}


static void
fuzz_write_escaped(fuzz_writer_t *w, const ag_char_t *p, size_t n)
{
    char      escape[16];
    size_t    i;
    unsigned  code;

    static const unsigned char  mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };

    code = p[0] & mask[n];

    for (i = 1; i < n; i++) {
        code = code << 6 | (p[i] & 0x3f);
    }

    if (code < 0x10000) {
        sprintf(escape, (fuzz_random(&w->seed) % 2) ? "\\u%04x" : "\\u%04X",
                code);

    } else {
        sprintf(escape, "\\u%04x\\u%04X", 0xd800 + ((code - 0x10000) >> 10),
                0xdc00 + (code & 0x3ff));
    }

    fuzz_add(w, escape);
}


static int
fuzz_order(yyjson_val *a, yyjson_val *b)
{
    int     order;
    size_t  of_a, of_b;

    of_a = yyjson_get_len(a);
    of_b = yyjson_get_len(b);
    order = memcmp(yyjson_get_str(a), yyjson_get_str(b),
                   (of_a < of_b) ? of_a : of_b);

    return (order != 0) ? order : (of_a > of_b) - (of_a < of_b);
}


static void
fuzz_space(fuzz_writer_t *w)
{
    static const char *const  spaces[] = { "", "", "", " ", "\t", "\r\n",
                                           "\n  ", "        " };

    if (!w->plain) {
        fuzz_add(w, spaces[fuzz_random(&w->seed) % 8]);
    }
}


static void
fuzz_add(fuzz_writer_t *w, const char *text)
{
    assert(ag_buf_add_string(&w->out, text) == AG_OK);
}
