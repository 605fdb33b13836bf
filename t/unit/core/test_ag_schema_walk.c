/*
 * Copyright (C) ngx_agent authors
 *
 * The first pass over a schema: which subschemas, resources and anchors it
 * finds, and what it refuses.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"
#include "core/schema_check.h"


static ag_schema_t *
compile(const char *text)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    schema = ag_schema_compile(schema_text(text), &error);

    if (schema == NULL) {
        fail_msg("%s: %s %s", text, error.keyword, error.reason);
    }

    return schema;
}


static void
count(const char *text, size_t expected)
{
    ag_schema_t  *schema;

    schema = compile(text);

    if (schema->node_count != expected) {
        fail_msg("%s: %zu", text, schema->node_count);
    }

    ag_schema_free(schema);
}


static void
goes_where_schemas_are(void **state)
{
    (void) state;

    count("true", 1);
    count("{}", 1);
    count("{\"properties\":{\"a\":{},\"b\":false},\"items\":{}}", 4);
    count("{\"allOf\":[{},true],\"not\":{\"not\":{}}}", 5);
    count("{\"$defs\":{\"a\":{\"definitions\":{\"b\":true}}}}", 3);
    count("{\"if\":{},\"then\":{},\"else\":{},\"contains\":{}}", 5);
    count("{\"then\":{},\"else\":{}}", 3);
    count("{\"dependentSchemas\":{\"a\":{}},\"propertyNames\":{}}", 3);
    count("{\"patternProperties\":{\"a\":{}},\"prefixItems\":[{},{}]}", 4);
    count("{\"additionalProperties\":{},\"contentSchema\":{}}", 3);
    count("{\"unevaluatedItems\":{},\"unevaluatedProperties\":{}}", 3);
    count("{\"anyOf\":[{}],\"oneOf\":[{}]}", 3);
}


static void
goes_nowhere_else(void **state)
{
    (void) state;

    count("{\"enum\":[{\"not\":5}],\"const\":{\"$id\":5}}", 1);
    count("{\"x-mine\":{\"not\":5},\"title\":[],\"format\":1}", 1);
    count("{\"default\":{\"$anchor\":\"\"},\"examples\":[{}]}", 1);
    count("{\"properties\":{\"not\":{},\"$id\":{},\"type\":{}}}", 4);
}


static void
finds_identifiers(void **state)
{
    ag_schema_t  *schema;

    (void) state;

    schema = compile("{\"$id\":\"http://a/b/c\",\"$anchor\":\"x\",\"$defs\":"
                     "{\"d\":{\"$id\":\"e\",\"not\":{\"$dynamicAnchor\":"
                     "\"y\",\"$anchor\":\"z\"}},\"f\":{\"$anchor\":\"x\"}},"
                     "\"const\":{\"$id\":\"no\"}}");

    assert_int_equal(schema->resource_count, 2);
    assert_true(ag_str_is(ag_buf_str(&schema->resources[0].uri),
                          "http://a/b/c"));
    assert_true(ag_str_is(ag_buf_str(&schema->resources[1].uri),
                          "http://a/b/e"));
    assert_int_equal(schema->resources[1].node, 1);

    assert_int_equal(schema->anchor_count, 4);
    assert_true(ag_str_is(schema->anchors[0].name, "x"));
    assert_int_equal(schema->anchors[0].resource, 0);
    assert_int_equal(schema->anchors[1].resource, 1);
    assert_int_equal(schema->anchors[1].dynamic
                     + schema->anchors[2].dynamic, 1);
    assert_int_equal(schema->anchors[3].node, 3);

    assert_int_equal(schema->nodes[2].resource, 1);
    assert_int_equal(schema->nodes[3].resource, 0);

    ag_schema_free(schema);

    schema = compile("{}");
    assert_int_equal(schema->resource_count, 1);
    assert_int_equal(schema->resources[0].uri.len, 0);
    ag_schema_free(schema);
}


static void
finds_the_node_of_every_value(void **state)
{
    size_t        i;
    yyjson_val   *value;
    ag_schema_t  *schema;

    (void) state;

    schema = compile("{\"properties\":{\"a\":{\"items\":{}},\"b\":true},"
                     "\"anyOf\":[{\"const\":1},{}],\"enum\":[{}]}");

    for (i = 0; i < schema->node_count; i++) {
        value = schema->nodes[i].value;
        assert_int_equal(ag_schema_walk_node(schema, value), i);
    }

    value = yyjson_obj_get(schema->nodes[0].value, "enum");
    assert_int_equal(ag_schema_walk_node(schema, value), AG_SCHEMA_NOWHERE);
    assert_int_equal(ag_schema_walk_node(schema, yyjson_arr_get(value, 0)),
                     AG_SCHEMA_NOWHERE);
    assert_int_equal(ag_schema_walk_node(schema, NULL), AG_SCHEMA_NOWHERE);

    ag_schema_free(schema);
}


static void
refuses_what_is_no_schema(void **state)
{
    (void) state;

    schema_refuse("1", "");
    schema_refuse("[]", "");
    schema_refuse("null", "");
    schema_refuse("{\"not\":1}", "not");
    schema_refuse("{\"items\":[{}]}", "items");
    schema_refuse("{\"properties\":[]}", "properties");
    schema_refuse("{\"properties\":{\"a\":null}}", "properties");
    schema_refuse("{\"$defs\":true}", "$defs");
    schema_refuse("{\"$defs\":{\"a\":\"b\"}}", "$defs");
    schema_refuse("{\"allOf\":{}}", "allOf");
    schema_refuse("{\"anyOf\":[]}", "anyOf");
    schema_refuse("{\"oneOf\":[1]}", "oneOf");
    schema_refuse("{\"prefixItems\":[]}", "prefixItems");
    schema_refuse("{\"then\":1}", "then");
    schema_refuse("{\"contentSchema\":1}", "contentSchema");
}


static void
refuses_a_keyword_given_twice(void **state)
{
    (void) state;

    schema_refuse("{\"type\":\"null\",\"type\":\"null\"}", "type");
    schema_refuse("{\"items\":{\"not\":{},\"n\\u006ft\":{}}}", "not");
    assert_null(schema_refused("{\"title\":1,\"title\":2}"));
}


static void
refuses_wrong_identifiers(void **state)
{
    (void) state;

    schema_refuse("{\"$id\":1}", "$id");
    schema_refuse("{\"$id\":\"a#b\"}", "$id");
    schema_refuse("{\"$anchor\":\"\"}", "$anchor");
    schema_refuse("{\"$dynamicAnchor\":[]}", "$dynamicAnchor");
    assert_null(schema_refused("{\"$id\":\"a#\"}"));
}


static void
knows_the_official_dialects(void **state)
{
    (void) state;

    assert_null(schema_refused("{\"$schema\":\"https://json-schema.org/draft/"
                               "2020-12/schema\"}"));
    assert_null(schema_refused("{\"$schema\":\"http://json-schema.org/"
                               "draft-07/schema#\"}"));

    schema_refuse("{\"$schema\":\"https://example.com/mine\"}", "$schema");
    schema_refuse("{\"$schema\":\"http://json-schema.org/draft-03/schema#\"}",
                  "$schema");
    schema_refuse("{\"$schema\":\"#\"}", "$schema");
    schema_refuse("{\"$schema\":\"\"}", "$schema");
    schema_refuse("{\"$schema\":7}", "$schema");
    schema_refuse("{\"not\":{\"$schema\":\"x\"}}", "$schema");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(goes_where_schemas_are),
        cmocka_unit_test(goes_nowhere_else),
        cmocka_unit_test(finds_identifiers),
        cmocka_unit_test(finds_the_node_of_every_value),
        cmocka_unit_test(refuses_what_is_no_schema),
        cmocka_unit_test(refuses_a_keyword_given_twice),
        cmocka_unit_test(refuses_wrong_identifiers),
        cmocka_unit_test(knows_the_official_dialects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
