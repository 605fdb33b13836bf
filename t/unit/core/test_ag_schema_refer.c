/*
 * Copyright (C) ngx_agent authors
 *
 * References: what they mean, and which are refused.  A target is told by
 * the one value that it allows.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_buf.h"
#include "core/ag_caps.h"
#include "core/schema_check.h"


static void
follows_pointers(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"const\":1}}}", "1",
          NULL },
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"const\":1}}}", "2",
          "const" },
        { "{\"$ref\":\"#/definitions/a\",\"definitions\":{\"a\":false}}",
          "2", "$ref" },
        { "{\"properties\":{\"a\":{\"const\":1},\"b\":{\"$ref\":"
          "\"#/properties/a\"}}}", "{\"b\":2}", "const" },
        { "{\"$ref\":\"#/$defs/a~1b~0c%25%22\",\"$defs\":"
          "{\"a/b~c%\\\"\":{\"const\":1}}}", "2", "const" },
        { "{\"$ref\":\"#/$defs/~01\",\"$defs\":{\"~1\":{\"const\":1},"
          "\"/\":true}}", "2", "const" },
        { "{\"$ref\":\"#/$defs/\",\"$defs\":{\"\":{\"const\":1}}}", "2",
          "const" },
        { "{\"$ref\":\"#/$defs//$defs/\",\"$defs\":{\"\":{\"$defs\":"
          "{\"\":{\"const\":1}}}}}", "2", "const" },
        { "{\"$ref\":\"#/anyOf/1\",\"anyOf\":[{\"const\":5},"
          "{\"const\":1}]}", "5", "const" },
        { "{\"$ref\":\"#/anyOf/1\",\"anyOf\":[{\"const\":5},"
          "{\"const\":1}]}", "1", NULL },
        { "{\"$ref\":\"#/if\",\"if\":{\"const\":1}}", "2", "const" },
        { "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"maxProperties\":1}",
          "{\"a\":{\"a\":{\"a\":1,\"b\":2}}}", "maxProperties" },
        { "{\"properties\":{\"a\":{\"$ref\":\"\"}},\"maxProperties\":1}",
          "{\"a\":{\"a\":{\"a\":1,\"b\":2}}}", "maxProperties" },
    };

    (void) state;

    schema_rows(rows);
}


static void
follows_anchors_and_identifiers(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"$ref\":\"#x\",\"$defs\":{\"a\":{\"$anchor\":\"x\","
          "\"const\":1}}}", "2", "const" },
        { "{\"$ref\":\"#x\",\"$defs\":{\"a\":{\"$dynamicAnchor\":\"x\","
          "\"const\":1}}}", "2", "const" },
        { "{\"$id\":\"http://a/b\",\"$ref\":\"c\",\"$defs\":{\"a\":{"
          "\"$id\":\"/c\",\"const\":1}}}", "2", "const" },
        { "{\"$id\":\"http://a/b\",\"$ref\":\"c#x\",\"$defs\":{\"y\":{"
          "\"$anchor\":\"x\"},\"a\":{\"$id\":\"c\",\"not\":{\"$anchor\":"
          "\"x\",\"const\":1}}}}", "2", "const" },
        { "{\"$id\":\"http://a/b\",\"$ref\":\"http://a/b#/$defs/a\","
          "\"$defs\":{\"a\":{\"const\":1}}}", "2", "const" },
        { "{\"$ref\":\"c#/$defs/a\",\"$defs\":{\"a\":true,\"b\":{\"$id\":"
          "\"c\",\"$defs\":{\"a\":{\"const\":1}}}}}", "2", "const" },
        { "{\"$ref\":\"urn:x:1\",\"$defs\":{\"a\":{\"$id\":\"urn:x:1\","
          "\"const\":1}}}", "2", "const" },

        /* of one name, a dynamic anchor is meant, and the first of them */

        { "{\"$dynamicRef\":\"#x\",\"$defs\":{\"a\":{\"$anchor\":\"x\","
          "\"const\":1},\"b\":{\"$dynamicAnchor\":\"x\",\"const\":2},"
          "\"c\":{\"$anchor\":\"x\",\"const\":3}}}", "2", NULL },
        { "{\"$ref\":\"#x\",\"$defs\":{\"a\":{\"$dynamicAnchor\":\"x\","
          "\"const\":1},\"b\":{\"$dynamicAnchor\":\"x\",\"const\":2}}}",
          "1", NULL },

        /* "#" is the resource around it, not the document */

        { "{\"maxProperties\":1,\"properties\":{\"a\":{\"$id\":\"c\","
          "\"properties\":{\"b\":{\"$ref\":\"#\"}},\"maxProperties\":2}}}",
          "{\"a\":{\"b\":{\"x\":1,\"y\":2}}}", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
refuses_to_leave_the_document(void **state)
{
    (void) state;

    schema_refuse("{\"$ref\":\"http://a/b\"}", "$ref");
    schema_refuse("{\"$ref\":\"other.json\"}", "$ref");
    schema_refuse("{\"$ref\":\"other.json#/x\"}", "$ref");
    schema_refuse("{\"$id\":\"http://a/b\",\"$ref\":\"//c/b\"}", "$ref");
    schema_refuse("{\"$dynamicRef\":\"x#y\"}", "$dynamicRef");
    schema_refuse("{\"$ref\":\"https://json-schema.org/draft/2020-12/"
                  "schema\"}", "$ref");
}


static void
refuses_what_is_not_there(void **state)
{
    (void) state;

    schema_refuse("{\"$ref\":1}", "$ref");
    schema_refuse("{\"$ref\":\"#/$defs/b\",\"$defs\":{\"a\":{}}}", "$ref");
    schema_refuse("{\"$ref\":\"#/$defs\",\"$defs\":{\"a\":{}}}", "$ref");
    schema_refuse("{\"$ref\":\"#x\"}", "$ref");
    schema_refuse("{\"$ref\":\"#/const\",\"const\":{}}", "$ref");
    schema_refuse("{\"$ref\":\"#/x\",\"x\":{}}", "$ref");
    schema_refuse("{\"$ref\":\"#/type/0\",\"type\":\"null\"}", "$ref");
    schema_refuse("{\"$ref\":\"#/$defs/a/b\",\"$defs\":{\"a\":true}}",
                  "$ref");
    schema_refuse("{\"$ref\":\"#%\"}", "$ref");
    schema_refuse("{\"$ref\":\"#%zz\"}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/2\",\"anyOf\":[{},{}]}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/\",\"anyOf\":[{},{}]}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/01\",\"anyOf\":[{},{}]}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/-0\",\"anyOf\":[{},{}]}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/1e0\",\"anyOf\":[{},{}]}", "$ref");
    schema_refuse("{\"$ref\":\"#/anyOf/99999999999999999999\","
                  "\"anyOf\":[{}]}", "$ref");

    /* an anchor of another resource */

    schema_refuse("{\"$ref\":\"#x\",\"$defs\":{\"a\":{\"$id\":\"b\","
                  "\"$anchor\":\"x\"}}}", "$ref");
}


static void
refuses_references_that_are_too_long(void **state)
{
    char  text[AG_PATH_MAX + 64];
    int   extra;

    (void) state;

    for (extra = 0; extra < 2; extra++) {
        memset(text, 0, sizeof(text));
        strcpy(text, "{\"$ref\":\"#");
        memset(text + strlen(text), '/', AG_PATH_MAX - 1 + extra);
        strcat(text, "\"}");

        schema_refuse(text, "$ref");
    }
}


/* A schema of so many references, each to another one of as many. */
static ag_schema_t *
many(size_t count, ag_schema_error_t *error)
{
    size_t        i;
    ag_buf_t      text;
    ag_schema_t  *schema;

    ag_buf_init(&text, SIZE_MAX);
    (void) ag_buf_add_string(&text, "{\"$defs\":{");

    for (i = 0; i < count; i++) {
        (void) ag_buf_add_string(&text, (i > 0) ? ",\"" : "\"");
        (void) ag_buf_add_number(&text, i);
        (void) ag_buf_add_string(&text, "\":{\"$ref\":\"#/$defs/");
        (void) ag_buf_add_number(&text, count - 1 - i);
        (void) ag_buf_add_string(&text, "\"}");
    }

    (void) ag_buf_add_string(&text, "}}");

    schema = ag_schema_compile(ag_buf_str(&text), error);
    ag_buf_free(&text);

    return schema;
}


static void
refuses_what_takes_too_long_to_resolve(void **state)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    schema = many(3000, &error);
    assert_non_null(schema);
    ag_schema_free(schema);

    schema = many(5000, &error);
    assert_null(schema);
    assert_string_equal(error.reason, "the schema takes too long to read");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(follows_pointers),
        cmocka_unit_test(follows_anchors_and_identifiers),
        cmocka_unit_test(refuses_to_leave_the_document),
        cmocka_unit_test(refuses_what_is_not_there),
        cmocka_unit_test(refuses_references_that_are_too_long),
        cmocka_unit_test(refuses_what_takes_too_long_to_resolve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
