/*
 * Copyright (C) ngx_agent authors
 *
 * Trees of JSON, and JSON of trees.  No tree is made before the depth and
 * the values of its text were counted: yyjson itself has no limit, and what
 * it takes for a text follows from nothing else.
 */


#include <stdlib.h>

#include "core/ag_json.h"


/* An empty array and its comma: three bytes of text and one of these. */
#define AG_JSON_TREE_VALUE  sizeof(yyjson_val)


static size_t ag_json_tree_measure(ag_str_t text, size_t max,
    size_t *values);
static const ag_char_t *ag_json_tree_skip(const ag_char_t *p,
    const ag_char_t *end);
static int ag_json_tree_string(ag_buf_t *out, ag_str_t text);
static int ag_json_tree_write(ag_buf_t *out, const yyjson_val *value);


size_t
ag_json_depth(ag_str_t text, size_t max)
{
    size_t  values;

    return ag_json_tree_measure(text, max, &values);
}


yyjson_doc *
ag_json_tree(ag_str_t text, void *scratch, size_t size)
{
    yyjson_alc              pool, *allocator;
    const yyjson_read_flag  flags = YYJSON_READ_BIGNUM_AS_RAW;

    if (text.len == 0 || text.len > AG_JSON_TREE_MAX
        || ag_json_depth(text, AG_JSON_DEPTH_MAX) > AG_JSON_DEPTH_MAX)
    {
        return NULL;
    }

    allocator = NULL;

    if (scratch != NULL
        && size >= yyjson_read_max_memory_usage(text.len, flags)
        && yyjson_alc_pool_init(&pool, scratch, size))
    {
        allocator = &pool;
    }

    /* yyjson writes to its input only where it is told to */

    return yyjson_read_opts((char *) text.data, text.len, flags, allocator,
                            NULL);
}


/*
 * What a tree takes is a copy of its text and its values.  yyjson reserves
 * more at the start, of which it never touches what the values do not need.
 */
yyjson_doc *
ag_json_tree_large(ag_str_t text, size_t max, unsigned *limit)
{
    size_t    values;
    unsigned  ignored;

    if (limit == NULL) {
        limit = &ignored;
    }

    *limit = 0;

    if (text.len == 0) {
        return NULL;
    }

    if (text.len > max
        || ag_json_tree_measure(text, AG_JSON_DEPTH_MAX, &values)
           > AG_JSON_DEPTH_MAX
        || values > (text.len + AG_JSON_TREE_SPARE) / AG_JSON_TREE_VALUE)
    {
        *limit = 1;
        return NULL;
    }

    return yyjson_read_opts((char *) text.data, text.len,
                            YYJSON_READ_BIGNUM_AS_RAW, NULL, NULL);
}


/*
 * Brackets and fractions are yyjson's to write, into memory of its own that
 * is copied: there is no way to hand it a buffer with a maximum.
 */
int
ag_json_add(ag_buf_t *out, const yyjson_val *value)
{
    yyjson_val  *v;

    v = (yyjson_val *) value;

    switch (yyjson_get_type(v)) {

    case YYJSON_TYPE_RAW:
        return ag_buf_add(out, yyjson_get_raw(v), yyjson_get_len(v));

    case YYJSON_TYPE_STR:
        return ag_json_tree_string(out, ag_json_text(v));

    case YYJSON_TYPE_BOOL:
        return ag_buf_add_string(out, yyjson_get_bool(v) ? "true" : "false");

    case YYJSON_TYPE_NUM:
        return yyjson_is_uint(v) ? ag_buf_add_number(out, yyjson_get_uint(v))
                                 : ag_json_tree_write(out, value);

    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ:
        return ag_json_tree_write(out, value);

    default:
        return ag_buf_add_string(out, "null");
    }
}


/*
 * Every value stands behind a bracket, a comma or a colon, or is the first:
 * never fewer are counted than yyjson makes.  Empty brackets count twice.
 */
static size_t
ag_json_tree_measure(ag_str_t text, size_t max, size_t *values)
{
    size_t            depth, deepest, count;
    const ag_char_t  *p, *end;

    *values = 0;

    if (text.len == 0) {
        return 0;
    }

    count = 1;
    depth = 0;
    deepest = 0;
    p = text.data;
    end = p + text.len;

    while (p < end && deepest <= max) {

        switch (*p++) {

        case '"':
            p = ag_json_tree_skip(p, end);
            break;

        case '[':
        case '{':
            count++;
            depth++;
            deepest = (depth > deepest) ? depth : deepest;
            break;

        case ']':
        case '}':
            depth -= (depth > 0);
            break;

        case ',':
        case ':':
            count++;
            break;
        }
    }

    *values = count;

    return deepest;
}


/*
 * Skips to behind the quote that ends a string.  The backslashes before a
 * quote tell whether it does: no byte is counted for two quotes.
 */
static const ag_char_t *
ag_json_tree_skip(const ag_char_t *p, const ag_char_t *end)
{
    const ag_char_t  *quote, *slash;

    while ((quote = memchr(p, '"', (size_t) (end - p))) != NULL) {

        for (slash = quote; slash > p && slash[-1] == '\\'; slash--) {
            /* void */
        }

        p = quote + 1;

        if (((quote - slash) & 1) == 0) {
            return p;
        }
    }

    return end;
}


static int
ag_json_tree_string(ag_buf_t *out, ag_str_t text)
{
    int     rc;
    size_t  len;

    len = out->len;
    rc = ag_buf_add(out, "\"", 1);

    if (rc == AG_OK) {
        rc = ag_buf_add_json(out, text);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(out, "\"", 1);
    }

    if (rc != AG_OK) {
        out->len = len;
    }

    return rc;
}


static int
ag_json_tree_write(ag_buf_t *out, const yyjson_val *value)
{
    int               rc;
    char             *text;
    size_t            len;
    yyjson_write_err  error;

    text = yyjson_val_write_opts(value, 0, NULL, &len, &error);

    if (text == NULL) {

        /* the only number that JSON cannot say is none that was read */

        return (error.code == YYJSON_WRITE_ERROR_NAN_OR_INF)
               ? ag_buf_add_string(out, "null") : AG_NOMEM;
    }

    rc = ag_buf_add(out, text, len);
    free(text);

    return rc;
}
