/*
 * Copyright (C) ngx_agent authors
 *
 * Tests of one value: types, values, bounds, lengths, names.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schema_check.h"


static void
knows_types(void **state)
{
    size_t             i, j;
    char               schema[64];
    schema_row_t       row;
    static const char  *types[] = {
        "null", "boolean", "number", "string", "array", "object",
    };
    static const char  *values[] = {
        "null", "false", "1.5", "\"\"", "[]", "{}",
    };

    (void) state;

    for (i = 0; i < 6; i++) {
        snprintf(schema, sizeof(schema), "{\"type\":\"%s\"}", types[i]);

        for (j = 0; j < 6; j++) {
            row.schema = schema;
            row.value = values[j];
            row.keyword = (i == j) ? NULL : "type";
            schema_row(&row);
        }
    }
}


static void
knows_integers_and_several_types(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"type\":\"integer\"}", "1", NULL },
        { "{\"type\":\"integer\"}", "-1.0", NULL },
        { "{\"type\":\"integer\"}", "1e2", NULL },
        { "{\"type\":\"integer\"}", "12345678901234567890123", NULL },
        { "{\"type\":\"integer\"}", "1.5", "type" },
        { "{\"type\":\"integer\"}", "\"1\"", "type" },
        { "{\"type\":\"integer\"}", "true", "type" },
        { "{\"type\":\"number\"}", "1", NULL },
        { "{\"type\":\"number\"}", "1e400", NULL },
        { "{\"type\":[\"string\",\"null\"]}", "null", NULL },
        { "{\"type\":[\"string\",\"null\"]}", "\"\"", NULL },
        { "{\"type\":[\"string\",\"null\"]}", "0", "type" },
        { "{\"type\":[\"integer\",\"null\"]}", "0.5", "type" },
        { "{\"type\":[\"integer\",\"number\"]}", "0.5", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
compares_values(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"enum\":[1,\"a\",null]}", "\"a\"", NULL },
        { "{\"enum\":[1,\"a\",null]}", "1.0", NULL },
        { "{\"enum\":[1,\"a\",null]}", "\"b\"", "enum" },
        { "{\"enum\":[]}", "1", "enum" },
        { "{\"enum\":[[0]]}", "[false]", "enum" },
        { "{\"const\":{\"a\":[1]}}", "{\"a\":[1.0]}", NULL },
        { "{\"const\":{\"a\":[1]}}", "{\"a\":[true]}", "const" },
        { "{\"const\":null}", "null", NULL },
        { "{\"const\":null}", "0", "const" },

        /* a key twice in the value must not hide another member */

        { "{\"const\":{\"a\":1,\"b\":2}}", "{\"a\":1,\"a\":1}", "const" },
    };

    (void) state;

    schema_rows(rows);
}


static void
keeps_bounds(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"minimum\":1.5}", "1.5", NULL },
        { "{\"minimum\":1.5}", "1.4999", "minimum" },
        { "{\"minimum\":1}", "1.0", NULL },
        { "{\"maximum\":-3}", "-3", NULL },
        { "{\"maximum\":-3}", "-2.999", "maximum" },
        { "{\"exclusiveMinimum\":1}", "1.0", "exclusiveMinimum" },
        { "{\"exclusiveMinimum\":1}", "1.0000001", NULL },
        { "{\"exclusiveMaximum\":1}", "1", "exclusiveMaximum" },
        { "{\"exclusiveMaximum\":1}", "0.9", NULL },
        { "{\"minimum\":5}", "\"1\"", NULL },
        { "{\"maximum\":9007199254740992.0}", "9007199254740993",
          "maximum" },
        { "{\"maximum\":18446744073709551615}", "18446744073709551616",
          "maximum" },
        { "{\"maximum\":1e400}", "18446744073709551616", NULL },
        { "{\"minimum\":1e400}", "1e308", "minimum" },
        { "{\"multipleOf\":0.01}", "19.99", NULL },
        { "{\"multipleOf\":0.01}", "19.995", "multipleOf" },
        { "{\"multipleOf\":3}", "\"1\"", NULL },
        { "{\"multipleOf\":3}", "300000000000000000000000000", NULL },
        { "{\"multipleOf\":3}", "300000000000000000000000001",
          "multipleOf" },
    };

    (void) state;

    schema_rows(rows);
}


static void
counts_characters(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"minLength\":1}", "\"\"", "minLength" },
        { "{\"minLength\":0}", "\"\"", NULL },
        { "{\"maxLength\":0}", "\"\"", NULL },
        { "{\"maxLength\":0}", "\"a\"", "maxLength" },
        { "{\"minLength\":2}", "\"\xf0\x9f\x92\xa9\"", "minLength" },
        { "{\"minLength\":1}", "\"\xf0\x9f\x92\xa9\"", NULL },
        { "{\"maxLength\":1}", "\"\\ud83d\\udca9\"", NULL },
        { "{\"maxLength\":3}", "\"a\xc3\xa9\xe2\x82\xac\"", NULL },
        { "{\"maxLength\":2}", "\"a\xc3\xa9\xe2\x82\xac\"", "maxLength" },
        { "{\"minLength\":4}", "\"a\xc3\xa9\xe2\x82\xac\"", "minLength" },
        { "{\"maxLength\":9}", "\"\xc3\xa9xxxxxx\xc3\xa9y\"", NULL },
        { "{\"maxLength\":8}", "\"\xc3\xa9xxxxxx\xc3\xa9y\"", "maxLength" },
        { "{\"minLength\":10}", "\"\xc3\xa9xxxxxx\xc3\xa9y\"",
          "minLength" },
        { "{\"maxLength\":8}", "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "\xc3\xa9\xc3\xa9\xc3\xa9\"", NULL },
        { "{\"maxLength\":7}", "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "\xc3\xa9\xc3\xa9\xc3\xa9\"", "maxLength" },
        { "{\"maxLength\":1}", "12345", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
matches_patterns_anywhere(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"pattern\":\"b+\"}", "\"abbc\"", NULL },
        { "{\"pattern\":\"^b\"}", "\"ab\"", "pattern" },
        { "{\"pattern\":\"^$\"}", "\"\\n\"", "pattern" },
        { "{\"pattern\":\"^\xc3\xa9.$\"}", "\"\xc3\xa9\xf0\x9f\x92\xa9\"",
          NULL },
        { "{\"pattern\":\"^\\\\d$\"}", "\"\xd9\xa1\"", "pattern" },
        { "{\"pattern\":\"x\"}", "[]", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
counts_members_and_elements(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"minItems\":1}", "[]", "minItems" },
        { "{\"minItems\":1}", "[1]", NULL },
        { "{\"minItems\":1}", "{}", NULL },
        { "{\"maxItems\":1}", "[1,2]", "maxItems" },
        { "{\"maxItems\":1}", "[1]", NULL },
        { "{\"minProperties\":1}", "{}", "minProperties" },
        { "{\"minProperties\":1}", "[]", NULL },
        { "{\"maxProperties\":1}", "{\"a\":1,\"b\":2}", "maxProperties" },
        { "{\"maxProperties\":1}", "{\"a\":1}", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
finds_what_is_not_unique(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"uniqueItems\":true}", "[]", NULL },
        { "{\"uniqueItems\":true}", "[1,2,3]", NULL },
        { "{\"uniqueItems\":true}", "[1,2,1.0]", "uniqueItems" },
        { "{\"uniqueItems\":true}", "[1,true,\"1\",[1],{\"a\":1}]", NULL },
        { "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},0,{\"b\":2,"
          "\"a\":1}]", "uniqueItems" },
        { "{\"uniqueItems\":true}", "[\"a\",\"b\",\"b\"]", "uniqueItems" },
        { "{\"uniqueItems\":false}", "[1,1]", NULL },
        { "{\"uniqueItems\":true}", "\"aa\"", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
finds_what_is_missing(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":null}", NULL },
        { "{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", "required" },
        { "{\"required\":[\"a\"]}", "[]", NULL },
        { "{\"required\":[]}", "{}", NULL },
        { "{\"required\":[\"a\\u0000\"]}", "{\"a\":1}", "required" },
        { "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{}", NULL },
        { "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}",
          "{\"a\":1,\"b\":2}", "dependentRequired" },
        { "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}",
          "{\"a\":1,\"b\":2,\"c\":3}", NULL },
        { "{\"dependentRequired\":{\"x\":[\"y\"],\"a\":[\"b\"]}}",
          "{\"a\":1}", "dependentRequired" },
    };

    (void) state;

    schema_rows(rows);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_types),
        cmocka_unit_test(knows_integers_and_several_types),
        cmocka_unit_test(compares_values),
        cmocka_unit_test(keeps_bounds),
        cmocka_unit_test(counts_characters),
        cmocka_unit_test(matches_patterns_anywhere),
        cmocka_unit_test(counts_members_and_elements),
        cmocka_unit_test(finds_what_is_not_unique),
        cmocka_unit_test(finds_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
