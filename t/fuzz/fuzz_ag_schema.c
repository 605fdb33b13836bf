/*
 * Copyright (C) ngx_agent authors
 *
 * A schema, a line feed, and a value: the verdict is the same when it is
 * asked for again, of the schema's text and of its tree, inside of allOf, and
 * the other way round inside of not; true takes and false refuses every
 * value, and what a value itself allows is that value.  And the two lines as
 * a pattern and a text: no match takes more than its steps.
 *
 * That all of it ends, and in which memory, is libFuzzer's to see.
 */


#include <assert.h>
#include <stdlib.h>

#include "core/ag_buf.h"
#include "core/ag_regex_parts.h"
#include "core/ag_schema.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_schema(ag_str_t schema, yyjson_val *value);
static int fuzz_check(ag_schema_t *schema, yyjson_val *value);
static int fuzz_wrapped(const char *before, ag_str_t schema,
    const char *behind, yyjson_val *value);
static void fuzz_value(ag_str_t text, yyjson_val *value);
static void fuzz_number(ag_str_t text, yyjson_val *value);
static void fuzz_expect(int rc, int expected);
static unsigned fuzz_repeats_key(yyjson_val *value);
static void fuzz_regex(ag_str_t pattern, ag_str_t text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_str_t        schema, text;
    yyjson_doc     *doc;
    const uint8_t  *line;

    line = (size > 0) ? memchr(data, '\n', size) : NULL;

    if (line == NULL) {
        return 0;
    }

    schema = ag_str(data, (size_t) (line - data));
    text = ag_str(line + 1, size - schema.len - 1);

    fuzz_regex(schema, text);

    doc = ag_json_tree(text, NULL, 0);

    if (doc != NULL) {
        fuzz_schema(schema, yyjson_doc_get_root(doc));
        fuzz_value(text, yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }

    return 0;
}


static void
fuzz_schema(ag_str_t schema, yyjson_val *value)
{
    int                 rc;
    yyjson_doc         *doc;
    ag_schema_t        *compiled, *same;
    ag_schema_error_t   error, again;

    compiled = ag_schema_compile(schema, &error);
    assert(error.keyword != NULL && error.reason != NULL);
    assert((error.reason[0] == '\0') == (compiled != NULL));

    doc = ag_json_tree(schema, NULL, 0);
    assert(doc != NULL || compiled == NULL);

    if (doc != NULL) {
        same = ag_schema_compile_tree(yyjson_doc_get_root(doc), &again);
        assert((same != NULL) == (compiled != NULL));
        assert(strcmp(error.keyword, again.keyword) == 0);
        assert(strcmp(error.reason, again.reason) == 0);

    } else {
        same = NULL;
    }

    if (compiled != NULL) {
        rc = fuzz_check(compiled, value);
        assert(fuzz_check(compiled, value) == rc);
        assert(fuzz_check(same, value) == rc);

        /* what a reference means depends on what is around it */

        if (memchr(schema.data, '$', schema.len) == NULL
            && memchr(schema.data, '\\', schema.len) == NULL)
        {
            fuzz_expect(fuzz_wrapped("{\"allOf\":[", schema, "]}", value),
                        rc);
            fuzz_expect(fuzz_wrapped("{\"not\":", schema, "}", value),
                        (rc == AG_OK) ? AG_INVALID
                        : (rc == AG_INVALID) ? AG_OK : rc);
        }
    }

    ag_schema_free(compiled);
    ag_schema_free(same);
    yyjson_doc_free(doc);
}


static int
fuzz_check(ag_schema_t *schema, yyjson_val *value)
{
    int                rc;
    ag_schema_error_t  error;

    rc = ag_schema_check(schema, value, &error);

    assert(rc == AG_OK || rc == AG_INVALID || rc == AG_LIMIT);
    assert(error.keyword != NULL && error.reason != NULL);
    assert((error.reason[0] == '\0') == (rc == AG_OK));

    return rc;
}


/* The verdict of what stands between the two; AG_LIMIT if it is refused. */
static int
fuzz_wrapped(const char *before, ag_str_t schema, const char *behind,
    yyjson_val *value)
{
    int           rc;
    ag_buf_t      text;
    ag_schema_t  *compiled;

    ag_buf_init(&text, SIZE_MAX);
    assert(ag_buf_add_string(&text, before) == AG_OK);
    assert(ag_buf_add(&text, schema.data, schema.len) == AG_OK);
    assert(ag_buf_add_string(&text, behind) == AG_OK);

    rc = AG_LIMIT;
    compiled = ag_schema_compile(ag_buf_str(&text), NULL);

    if (compiled != NULL) {
        rc = fuzz_check(compiled, value);
        ag_schema_free(compiled);
    }

    ag_buf_free(&text);

    return rc;
}


static void
fuzz_value(ag_str_t text, yyjson_val *value)
{
    int       rc;
    ag_str_t  none;

    none = ag_str("", 0);

    fuzz_expect(fuzz_wrapped("true", none, "", value), AG_OK);
    fuzz_expect(fuzz_wrapped("{}", none, "", value), AG_OK);
    fuzz_expect(fuzz_wrapped("false", none, "", value), AG_INVALID);
    fuzz_expect(fuzz_wrapped("{\"not\":{}}", none, "", value), AG_INVALID);

    rc = fuzz_wrapped("{\"const\":", text, "}", value);

    /* a key given twice makes a value that is not even itself */

    assert(rc != AG_INVALID || fuzz_repeats_key(value));

    fuzz_expect(fuzz_wrapped("{\"enum\":[0,", text, "]}", value),
                (rc == AG_INVALID) ? AG_INVALID : AG_OK);

    if (yyjson_is_num(value) || yyjson_is_raw(value)) {
        fuzz_number(text, value);
    }
}


static void
fuzz_number(ag_str_t text, yyjson_val *value)
{
    fuzz_expect(fuzz_wrapped("{\"minimum\":", text, "}", value), AG_OK);
    fuzz_expect(fuzz_wrapped("{\"maximum\":", text, "}", value), AG_OK);
    fuzz_expect(fuzz_wrapped("{\"exclusiveMinimum\":", text, "}", value),
                AG_INVALID);
    fuzz_expect(fuzz_wrapped("{\"exclusiveMaximum\":", text, "}", value),
                AG_INVALID);
    fuzz_expect(fuzz_wrapped("{\"multipleOf\":", text, "}", value), AG_OK);
    fuzz_expect(fuzz_wrapped("{\"type\":\"number\"}", ag_str("", 0), "",
                             value), AG_OK);
}


/* A limit may come in the way of any verdict. */
static void
fuzz_expect(int rc, int expected)
{
    assert(rc == expected || rc == AG_LIMIT || expected == AG_LIMIT);
}


static unsigned
fuzz_repeats_key(yyjson_val *value)
{
    size_t       i, max;
    yyjson_val  *key, *inner;

    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, max, inner) {
            if (fuzz_repeats_key(inner)) {
                return 1;
            }
        }

        return 0;
    }

    yyjson_obj_foreach(value, i, max, key, inner) {
        if (yyjson_obj_getn(value, yyjson_get_str(key), yyjson_get_len(key))
            != inner || fuzz_repeats_key(inner))
        {
            return 1;
        }
    }

    return 0;
}


static void
fuzz_regex(ag_str_t pattern, ag_str_t text)
{
    int          rc;
    size_t       at;
    uint64_t     steps, left;
    ag_regex_t  *regex;
    const char  *error;

    at = SIZE_MAX;
    regex = ag_regex_compile(pattern, &error, &at);
    assert((regex != NULL) == (error == NULL));
    assert(at <= pattern.len);

    if (regex == NULL) {
        return;
    }

    assert(ag_regex_size(regex) > 0);

    rc = ag_regex_match(regex, text);
    assert(rc == AG_OK || rc == AG_NONE || rc == AG_LIMIT);

    /* with as many steps as it takes it ends the same, with fewer it ends */

    steps = UINT64_MAX;
    assert(ag_regex_match_within(regex, text, &steps) == rc);
    steps = UINT64_MAX - steps;

    left = steps;
    assert(ag_regex_match_within(regex, text, &left) == rc);
    assert(left == 0);

    left = steps - 1;
    assert(ag_regex_match_within(regex, text, &left) == AG_LIMIT);

    ag_regex_free(regex);
}
