/*
 * Copyright (C) ngx_agent authors
 *
 * ag_json against yyjson: the same texts are JSON, but for our own caps and
 * for top-level keys given twice; members are where yyjson sees them; strings
 * decode to the same bytes; and any bytes become a JSON string in ag_buf.
 *
 * Numbers are read raw, so that both judge the grammar and not the range.
 */


#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/ag_buf.h"
#include "core/ag_json.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_scan(ag_str_t text);
static unsigned fuzz_has_reason(int rc, yyjson_val *root);
static unsigned fuzz_fits(yyjson_val *root, size_t key_max);
static void fuzz_value(ag_str_t value, ag_json_type_t type,
    yyjson_val *other);
static void fuzz_members(const ag_json_t *json, ag_str_t value,
    yyjson_val *other);
static void fuzz_string(ag_str_t value, yyjson_val *other);
static void fuzz_integer(ag_str_t value);
static void fuzz_tree(ag_str_t text);
static void fuzz_quote(ag_str_t text);
static size_t fuzz_depth(yyjson_val *value);
static size_t fuzz_longest_key(yyjson_val *object);
static unsigned fuzz_repeats_key(yyjson_val *object);
static ag_json_type_t fuzz_type(yyjson_val *value);
static ag_str_t fuzz_trim(ag_str_t text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_scan(ag_str(data, size));
    fuzz_tree(ag_str(data, size));
    fuzz_quote(ag_str(data, size));

    return 0;
}


static void
fuzz_scan(ag_str_t text)
{
    int          rc;
    ag_json_t   *json;
    yyjson_doc  *doc;

    json = malloc(sizeof(*json));
    assert(json != NULL);

    rc = ag_json_scan(json, text);
    doc = yyjson_read((const char *) text.data, text.len,
                      YYJSON_READ_NUMBER_AS_RAW);

    if (rc == AG_OK) {
        assert(doc != NULL);
        assert(json->error == NULL);
        assert(!fuzz_repeats_key(yyjson_doc_get_root(doc)));
        assert(fuzz_fits(yyjson_doc_get_root(doc), AG_JSON_KEY_MAX));

        fuzz_value(fuzz_trim(text), json->type, yyjson_doc_get_root(doc));

    } else {
        assert(json->error != NULL);
        assert(json->error_at <= text.len);
        assert(doc == NULL || fuzz_has_reason(rc, yyjson_doc_get_root(doc)));
    }

    yyjson_doc_free(doc);
    free(json);
}


/* Why we may refuse with "rc" what yyjson reads as "root". */
static unsigned
fuzz_has_reason(int rc, yyjson_val *root)
{
    if (rc == AG_INVALID) {
        return fuzz_repeats_key(root);
    }

    /* a key as sent may be 6 times as long as decoded */

    return !fuzz_fits(root, AG_JSON_KEY_MAX / 6);
}


static unsigned
fuzz_fits(yyjson_val *root, size_t key_max)
{
    return fuzz_depth(root) <= AG_JSON_DEPTH_MAX
           && yyjson_obj_size(root) <= AG_JSON_MEMBERS_MAX
           && fuzz_longest_key(root) <= key_max;
}


/* Scans a value by itself; an inner object may break rules of the top. */
static void
fuzz_value(ag_str_t value, ag_json_type_t type, yyjson_val *other)
{
    int         rc;
    ag_json_t  *json;

    assert(type == fuzz_type(other));

    json = malloc(sizeof(*json));
    assert(json != NULL);

    rc = ag_json_scan(json, value);

    assert(rc == AG_OK || fuzz_has_reason(rc, other));
    assert(json->type == type);

    if (rc == AG_OK && type == AG_JSON_OBJECT) {
        fuzz_members(json, value, other);

    } else if (type == AG_JSON_STRING) {
        fuzz_string(value, other);

    } else if (type == AG_JSON_NUMBER) {
        assert(ag_str_equal(value, ag_str(yyjson_get_raw(other),
                                          yyjson_get_len(other))));
        fuzz_integer(value);
    }

    free(json);
}


static void
fuzz_members(const ag_json_t *json, ag_str_t value, yyjson_val *other)
{
    size_t                   i, max;
    ag_str_t                 quoted;
    yyjson_val              *key, *inner;
    const char              *name;
    const ag_char_t         *before;
    const ag_json_member_t  *member;

    assert(json->count == yyjson_obj_size(other));
    before = value.data;

    yyjson_obj_foreach(other, i, max, key, inner) {
        member = &json->members[i];

        assert(member->key.data > before);
        assert(member->value.data > member->key.data + member->key.len);
        before = member->value.data + member->value.len;
        assert(before < value.data + value.len);

        quoted = ag_str(member->key.data - 1, member->key.len + 2);
        fuzz_string(quoted, key);
        assert(member->escaped == (memchr(quoted.data, '\\', quoted.len)
                                   != NULL));

        name = yyjson_get_str(key);

        if (strlen(name) == yyjson_get_len(key)) {
            assert(ag_json_find(json, name) == member);
        }

        fuzz_value(member->value, member->type, inner);
    }
}


static void
fuzz_string(ag_str_t value, yyjson_val *other)
{
    size_t      len;
    ag_char_t  *out;

    assert(value.data[0] == '"' && value.data[value.len - 1] == '"');

    /* of the exact size, so that one byte too many is seen */

    len = yyjson_get_len(other);
    out = malloc(len);
    assert(out != NULL || len == 0);

    assert(ag_json_decode(value, out, len) == len);
    assert(len == 0 || memcmp(out, yyjson_get_str(other), len) == 0);

    if (len > 0) {
        assert(ag_json_decode(value, out, len - 1) == (size_t) -1);
    }

    free(out);
}


static void
fuzz_integer(ag_str_t value)
{
    int         rc;
    char       *text, *end;
    int64_t     number;
    long long   expected;

    text = malloc(value.len + 1);
    assert(text != NULL);
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';

    errno = 0;
    expected = strtoll(text, &end, 10);
    rc = ag_json_integer(value, INT64_MIN, INT64_MAX, &number);

    if (errno == ERANGE || *end != '\0') {
        assert(rc == AG_INVALID);

    } else {
        assert(rc == AG_OK && number == expected);
        assert(ag_json_integer(value, expected, expected, &number) == AG_OK);
    }

    free(text);
}


/* A tree exists exactly where yyjson reads it within our depth. */
static void
fuzz_tree(ag_str_t text)
{
    char        *scratch;
    size_t       size, depth;
    yyjson_doc  *doc, *tree, *pooled;

    doc = yyjson_read((const char *) text.data, text.len,
                      YYJSON_READ_BIGNUM_AS_RAW);
    depth = fuzz_depth(yyjson_doc_get_root(doc));

    if (doc != NULL) {
        assert(ag_json_depth(text, SIZE_MAX) == depth);
        assert(ag_json_depth(text, 2) == (depth > 2 ? 3 : depth));
    }

    /* one byte off, to show that the scratch need not be aligned */

    size = yyjson_read_max_memory_usage(text.len, YYJSON_READ_BIGNUM_AS_RAW);
    scratch = malloc(size + 1);
    assert(scratch != NULL);

    tree = ag_json_tree(text, NULL, 0);
    pooled = ag_json_tree(text, scratch + 1, size);

    assert((tree != NULL) == (doc != NULL && depth <= AG_JSON_DEPTH_MAX));
    assert((pooled != NULL) == (tree != NULL));
    assert(tree == NULL || yyjson_equals(yyjson_doc_get_root(tree),
                                         yyjson_doc_get_root(pooled)));

    yyjson_doc_free(doc);
    yyjson_doc_free(tree);
    yyjson_doc_free(pooled);
    free(scratch);
}


/* Any bytes become a JSON string, and come back where they are UTF-8. */
static void
fuzz_quote(ag_str_t text)
{
    size_t      n, valid;
    ag_buf_t    b;
    ag_json_t  *json;
    ag_char_t  *out;

    ag_buf_init(&b, 6 * text.len + 2);
    json = malloc(sizeof(*json));
    out = malloc(6 * text.len + 2);
    assert(json != NULL && out != NULL);

    assert(ag_buf_add_string(&b, "\"") == AG_OK);
    assert(ag_buf_add_json(&b, text) == AG_OK);
    assert(ag_buf_add_string(&b, "\"") == AG_OK);
    assert(ag_json_scan(json, ag_buf_str(&b)) == AG_OK);

    for (valid = 0; valid < text.len; valid += n) {
        n = ag_utf8_length(text.data + valid, text.data + text.len);

        if (n == 0) {
            break;
        }
    }

    if (valid == text.len) {
        n = ag_json_decode(ag_buf_str(&b), out, text.len);
        assert(ag_str_equal(ag_str(out, n), text));
    }

    ag_buf_free(&b);
    free(json);
    free(out);
}


/* Levels of a tree; without recursion, as a text may hold many. */
static size_t
fuzz_depth(yyjson_val *value)
{
    size_t       depth, deepest;
    yyjson_val  *end, **ends;

    if (value == NULL || !yyjson_is_ctn(value)) {
        return 0;
    }

    /* values stand in the order of the text, each container before its own */

    end = unsafe_yyjson_get_next(value);
    ends = malloc((size_t) (end - value) * sizeof(*ends));
    assert(ends != NULL);

    depth = 0;
    deepest = 0;

    for ( /* void */ ; value < end; value++) {
        while (depth > 0 && value >= ends[depth - 1]) {
            depth--;
        }

        if (yyjson_is_ctn(value)) {
            ends[depth++] = unsafe_yyjson_get_next(value);
            deepest = (depth > deepest) ? depth : deepest;
        }
    }

    free(ends);

    return deepest;
}


/* Bytes of the longest key, decoded. */
static size_t
fuzz_longest_key(yyjson_val *object)
{
    size_t       i, max, longest;
    yyjson_val  *key, *value;

    longest = 0;

    yyjson_obj_foreach(object, i, max, key, value) {
        (void) value;
        longest = yyjson_get_len(key) > longest ? yyjson_get_len(key)
                                                : longest;
    }

    return longest;
}


static unsigned
fuzz_repeats_key(yyjson_val *object)
{
    size_t       i, max;
    yyjson_val  *key, *value;

    yyjson_obj_foreach(object, i, max, key, value) {

        /* the first of that name is found, so a second one is another */

        if (yyjson_obj_getn(object, yyjson_get_str(key), yyjson_get_len(key))
            != value)
        {
            return 1;
        }
    }

    return 0;
}


static ag_json_type_t
fuzz_type(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {

    case YYJSON_TYPE_NULL:
        return AG_JSON_NULL;

    case YYJSON_TYPE_BOOL:
        return yyjson_get_bool(value) ? AG_JSON_TRUE : AG_JSON_FALSE;

    case YYJSON_TYPE_STR:
        return AG_JSON_STRING;

    case YYJSON_TYPE_ARR:
        return AG_JSON_ARRAY;

    case YYJSON_TYPE_OBJ:
        return AG_JSON_OBJECT;

    default:
        return AG_JSON_NUMBER;
    }
}


static ag_str_t
fuzz_trim(ag_str_t text)
{
    while (strchr(" \t\r\n", text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }

    while (strchr(" \t\r\n", text.data[text.len - 1]) != NULL) {
        text.len--;
    }

    return text;
}
