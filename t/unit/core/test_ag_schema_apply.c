/*
 * Copyright (C) ngx_agent authors
 *
 * Tests by other schemas: of the value itself, of its members and of its
 * elements; and which schema a dynamic reference means.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schema_check.h"


static void
joins_schemas(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2", NULL },
        { "{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "4", "maximum" },
        { "{\"allOf\":[true,false]}", "4", "allOf" },
        { "{\"anyOf\":[{\"const\":1},{\"const\":2}]}", "2", NULL },
        { "{\"anyOf\":[{\"const\":1},{\"const\":2}]}", "3", "anyOf" },
        { "{\"anyOf\":[false,false]}", "3", "anyOf" },
        { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", NULL },
        { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2", "oneOf" },
        { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "0", "oneOf" },
        { "{\"oneOf\":[true,true,true]}", "0", "oneOf" },
        { "{\"not\":{\"const\":1}}", "2", NULL },
        { "{\"not\":{\"const\":1}}", "1", "not" },
        { "{\"not\":{\"not\":{\"const\":1}}}", "1", NULL },
        { "{\"not\":{}}", "1", "not" },
        { "{\"not\":false}", "1", NULL },
        { "true", "1", NULL },
        { "{}", "1", NULL },
        { "false", "1", "" },
    };

    (void) state;

    schema_rows(rows);
}


static void
chooses_a_branch(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"if\":{\"const\":1},\"then\":{\"type\":\"null\"}}", "1",
          "type" },
        { "{\"if\":{\"const\":1},\"then\":{\"type\":\"null\"}}", "2", NULL },
        { "{\"if\":{\"const\":1},\"else\":{\"type\":\"null\"}}", "1", NULL },
        { "{\"if\":{\"const\":1},\"else\":{\"type\":\"null\"}}", "2",
          "type" },
        { "{\"if\":false,\"then\":false,\"else\":true}", "2", NULL },
        { "{\"if\":true,\"then\":false,\"else\":true}", "2", "then" },
        { "{\"if\":false,\"then\":true,\"else\":false}", "2", "else" },
        { "{\"if\":false}", "2", NULL },
        { "{\"then\":false,\"else\":false}", "2", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
tests_members(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":null}",
          NULL },
        { "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":1}",
          "type" },
        { "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"b\":1}",
          NULL },
        { "{\"properties\":{\"a\":false}}", "{\"a\":1}", "properties" },
        { "{\"properties\":{\"a\":false}}", "[1]", NULL },

        /* of a key given twice, both are tested */

        { "{\"properties\":{\"a\":{\"type\":\"null\"}}}",
          "{\"a\":null,\"a\":1}", "type" },

        { "{\"patternProperties\":{\"^a\":{\"minimum\":1},\"b$\":"
          "{\"maximum\":3}}}", "{\"ab\":4}", "maximum" },
        { "{\"patternProperties\":{\"^a\":{\"minimum\":1},\"b$\":"
          "{\"maximum\":3}}}", "{\"ab\":0}", "minimum" },
        { "{\"patternProperties\":{\"^a\":false}}", "{\"ab\":0}",
          "patternProperties" },
        { "{\"properties\":{\"ab\":{\"minimum\":1}},\"patternProperties\":"
          "{\"b$\":{\"maximum\":3}}}", "{\"ab\":4}", "maximum" },

        { "{\"additionalProperties\":false}", "{}", NULL },
        { "{\"additionalProperties\":false}", "{\"a\":1}",
          "additionalProperties" },
        { "{\"additionalProperties\":{\"const\":1}}", "{\"a\":2}",
          "const" },
        { "{\"properties\":{\"a\":true},\"patternProperties\":{\"^b\":true}"
          ",\"additionalProperties\":false}", "{\"a\":1,\"bb\":2}", NULL },
        { "{\"properties\":{\"a\":true},\"patternProperties\":{\"^b\":true}"
          ",\"additionalProperties\":false}", "{\"a\":1,\"cb\":2}",
          "additionalProperties" },
        { "{\"additionalProperties\":false,\"properties\":{\"a\":true}}",
          "{\"a\":1}", NULL },
        { "{\"additionalProperties\":false,\"properties\":{\"a\":true}}",
          "{\"a\\u0000\":1}", "additionalProperties" },

        { "{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1,\"b\":2}",
          NULL },
        { "{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1,\"bb\":2}",
          "maxLength" },
        { "{\"propertyNames\":false}", "{\"a\":1}", "propertyNames" },
        { "{\"propertyNames\":false}", "{}", NULL },

        { "{\"dependentSchemas\":{\"a\":{\"minProperties\":2}}}",
          "{\"b\":1}", NULL },
        { "{\"dependentSchemas\":{\"a\":{\"minProperties\":2}}}",
          "{\"a\":1}", "minProperties" },
        { "{\"dependentSchemas\":{\"a\":false,\"b\":true}}", "{\"b\":1}",
          NULL },
        { "{\"dependentSchemas\":{\"a\":false,\"b\":true}}",
          "{\"b\":1,\"a\":1}", "dependentSchemas" },
    };

    (void) state;

    schema_rows(rows);
}


static void
tests_elements(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"items\":{\"type\":\"null\"}}", "[null,1]", "type" },
        { "{\"items\":{\"type\":\"null\"}}", "[null,null]", NULL },
        { "{\"items\":{\"type\":\"null\"}}", "{\"a\":1}", NULL },
        { "{\"items\":false}", "[]", NULL },
        { "{\"items\":false}", "[1]", "items" },
        { "{\"prefixItems\":[{\"const\":1},{\"const\":2}]}", "[1]", NULL },
        { "{\"prefixItems\":[{\"const\":1},{\"const\":2}]}", "[1,2,3]",
          NULL },
        { "{\"prefixItems\":[{\"const\":1},{\"const\":2}]}", "[1,3]",
          "const" },
        { "{\"prefixItems\":[true,false]}", "[1,3]", "prefixItems" },
        { "{\"prefixItems\":[true],\"items\":false}", "[1]", NULL },
        { "{\"prefixItems\":[true],\"items\":false}", "[1,2]", "items" },
        { "{\"items\":{\"const\":2},\"prefixItems\":[{\"const\":1}]}",
          "[1,2,2]", NULL },
        { "{\"items\":{\"const\":2},\"prefixItems\":[{\"const\":1}]}",
          "[2,2,2]", "const" },

        { "{\"contains\":{\"const\":1}}", "[]", "contains" },
        { "{\"contains\":{\"const\":1}}", "[2,1]", NULL },
        { "{\"contains\":{\"const\":1}}", "[2]", "contains" },
        { "{\"contains\":{\"const\":1}}", "\"1\"", NULL },
        { "{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2]",
          "minContains" },
        { "{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2,1]",
          NULL },
        { "{\"contains\":{\"const\":1},\"minContains\":0}", "[]", NULL },
        { "{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]",
          "maxContains" },
        { "{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,2]", NULL },
        { "{\"contains\":{\"const\":1},\"minContains\":0,\"maxContains\":1"
          "}", "[1,1]", "maxContains" },
        { "{\"minContains\":2}", "[]", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
follows_dynamic_references(void **state)
{
    static const char  generic[] =
        "{\"$id\":\"http://a/%s\",\"$ref\":\"list\",\"$defs\":{\"item\":{"
        "\"$dynamicAnchor\":\"item\",\"type\":\"string\"},\"list\":{\"$id\":"
        "\"list\",\"type\":\"array\",\"items\":{\"$dynamicRef\":\"#item\"},"
        "\"$defs\":{\"any\":{\"%s\":\"item\"}}}}}";
    char                text[512];
    ag_schema_error_t   error;

    (void) state;

    /* the outermost anchor is meant, if the inner one is dynamic too */

    snprintf(text, sizeof(text), generic, "strings", "$dynamicAnchor");
    assert_int_equal(schema_verdict(text, "[\"a\"]", &error), AG_OK);
    assert_int_equal(schema_verdict(text, "[1]", &error), AG_INVALID);
    assert_string_equal(error.keyword, "type");

    snprintf(text, sizeof(text), generic, "strings", "$anchor");
    assert_int_equal(schema_verdict(text, "[1]", &error), AG_OK);
}


static void
leaves_the_scope_of_a_reference_behind(void **state)
{
    static const schema_row_t  rows[] = {

        /* "b" was entered and left before the dynamic reference is tried */

        { "{\"$id\":\"http://a/\",\"allOf\":[{\"$ref\":\"b\"},{\"$ref\":"
          "\"c\"}],\"$defs\":{\"b\":{\"$id\":\"b\",\"$defs\":{\"x\":{"
          "\"$dynamicAnchor\":\"x\",\"const\":1}}},\"c\":{\"$id\":\"c\","
          "\"$dynamicRef\":\"#x\",\"$defs\":{\"x\":{\"$dynamicAnchor\":"
          "\"x\",\"const\":2}}}}}", "2", NULL },

        /* here it is around it */

        { "{\"$id\":\"http://a/\",\"$ref\":\"b\",\"$defs\":{\"b\":{\"$id\":"
          "\"b\",\"$ref\":\"c\",\"$defs\":{\"x\":{\"$dynamicAnchor\":\"x\","
          "\"const\":1}}},\"c\":{\"$id\":\"c\",\"$dynamicRef\":\"#x\","
          "\"$defs\":{\"x\":{\"$dynamicAnchor\":\"x\",\"const\":2}}}}}",
          "1", NULL },
        { "{\"$id\":\"http://a/\",\"$ref\":\"b\",\"$defs\":{\"b\":{\"$id\":"
          "\"b\",\"$ref\":\"c\",\"$defs\":{\"x\":{\"$dynamicAnchor\":\"x\","
          "\"const\":1}}},\"c\":{\"$id\":\"c\",\"$dynamicRef\":\"#x\","
          "\"$defs\":{\"x\":{\"$dynamicAnchor\":\"x\",\"const\":2}}}}}",
          "2", "const" },
    };

    (void) state;

    schema_rows(rows);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(joins_schemas),
        cmocka_unit_test(chooses_a_branch),
        cmocka_unit_test(tests_members),
        cmocka_unit_test(tests_elements),
        cmocka_unit_test(follows_dynamic_references),
        cmocka_unit_test(leaves_the_scope_of_a_reference_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
