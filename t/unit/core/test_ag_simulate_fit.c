/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


/* Makes JSON for a schema, into t->text. */
static void
fit(simulated_t *t, const char *schema)
{
    yyjson_doc  *doc;

    simulated_free(t);
    memset(&t->s, 0, sizeof(t->s));
    t->s.options = &t->options;
    t->s.out = &t->text;

    doc = yyjson_read(schema, strlen(schema), 0);
    assert_non_null(doc);
    ag_simulate_fit(&t->s, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    t->text.max = AG_ANSWER_MAX;
    assert_int_equal(ag_buf_add(&t->text, "", 1), AG_OK);
    t->text.len--;
}


static void
fits(const char *schema, const char *expected)
{
    simulated_t  t;

    simulated_init(&t);
    fit(&t, schema);
    assert_int_equal(t.s.rc, AG_OK);
    assert_string_equal(t.text.data, expected);
    simulated_free(&t);
}


static void
values_are_made_by_type(void **state)
{
    (void) state;

    fits("{\"type\":\"integer\"}", "7");
    fits("{\"type\":\"number\"}", "7");
    fits("{\"type\":\"boolean\"}", "true");
    fits("{\"type\":\"null\"}", "null");
    fits("{\"type\":[\"null\",\"integer\"]}", "7");
    fits("{\"type\":\"object\"}", "{}");
    fits("{\"type\":\"array\"}", "[]");
    fits("{\"type\":\"string\",\"format\":\"date\"}", "\"2026-01-01\"");
}


static void
what_may_be_chosen_is_the_first(void **state)
{
    (void) state;

    fits("{\"enum\":[\"a\",\"b\"]}", "\"a\"");
    fits("{\"type\":\"string\",\"enum\":[\"\\\"\"]}", "\"\\\"\"");
    fits("{\"const\":{\"x\":[1,2.5]}}", "{\"x\":[1,2.5]}");
    fits("{\"anyOf\":[{\"type\":\"boolean\"},{\"type\":\"null\"}]}", "true");
    fits("{\"oneOf\":[{\"const\":3}]}", "3");
    fits("{\"allOf\":[{\"const\":4}]}", "4");
}


static void
bounds_are_kept(void **state)
{
    (void) state;

    fits("{\"type\":\"integer\",\"minimum\":10}", "10");
    fits("{\"type\":\"integer\",\"minimum\":-3,\"maximum\":0}", "-3");
    fits("{\"type\":\"number\",\"maximum\":0.5}", "0.5");
    fits("{\"type\":\"integer\",\"exclusiveMinimum\":10}", "11");
    fits("{\"type\":\"integer\",\"exclusiveMaximum\":3}", "2");
    fits("{\"type\":\"integer\",\"multipleOf\":4}", "4");
    fits("{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":3}",
         "[1,1,1]");
    fits("{\"type\":\"array\",\"items\":{\"const\":1},\"maxItems\":0}", "[]");
    fits("{\"type\":\"array\",\"items\":{\"const\":1}}", "[1]");
}


static void
required_properties_are_made(void **state)
{
    (void) state;

    fits("{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},"
         "\"c\":{\"const\":3}},\"required\":[\"c\",\"a\"]}",
         "{\"c\":3,\"a\":1}");
    fits("{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"object\","
         "\"properties\":{\"\\n\":{\"const\":0}},\"required\":[\"\\n\"]}},"
         "\"required\":[\"o\"]}", "{\"o\":{\"\\n\":0}}");
}


static void
references_are_followed(void **state)
{
    (void) state;

    fits("{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"const\":5}}}", "5");
    fits("{\"$defs\":{\"a/b\":{\"const\":6}},\"$ref\":\"#/$defs/a~1b\"}", "6");
}


static void
what_never_ends_is_ended(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    fit(&t, "{\"$ref\":\"#\"}");
    assert_string_equal(t.text.data, "null");

    fit(&t, "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}");
    assert_int_equal(t.s.rc, AG_OK);
    assert_true(t.text.len < 64);

    /* 8 ways at each of 16 levels: the payload's maximum ends it */

    t.text.max = AG_SIMULATE_PAYLOAD_MAX;
    fit(&t, "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"minItems\":8}");
    assert_int_equal(t.s.rc, AG_LIMIT);

    simulated_free(&t);
}


static void
nonsense_gives_json_all_the_same(void **state)
{
    size_t                    i;
    simulated_t               t;
    static const char *const  schemas[] = {
        "{}", "[]", "7", "null", "\"x\"", "{\"type\":7}", "{\"type\":[]}",
        "{\"type\":\"object\",\"required\":7}",
        "{\"type\":\"object\",\"required\":[7,null,\"x\"],\"properties\":3}",
        "{\"enum\":[]}", "{\"anyOf\":[]}", "{\"anyOf\":7}",
        "{\"$ref\":7}", "{\"$ref\":\"\"}", "{\"$ref\":\"http://x\"}",
        "{\"$ref\":\"#nowhere\"}", "{\"$ref\":\"#/no/where\"}",
        "{\"type\":\"array\",\"items\":7,\"minItems\":-1}",
        "{\"type\":\"array\",\"minItems\":1e300}",
        "{\"type\":\"integer\",\"exclusiveMinimum\":1e300}",
        "{\"type\":\"integer\",\"minimum\":\"x\"}"
    };

    (void) state;
    simulated_init(&t);

    for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        fit(&t, schemas[i]);
        assert_int_equal(t.s.rc, AG_OK);
        yyjson_doc_free(simulated_json(&t));
    }

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(values_are_made_by_type),
        cmocka_unit_test(what_may_be_chosen_is_the_first),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(required_properties_are_made),
        cmocka_unit_test(references_are_followed),
        cmocka_unit_test(what_never_ends_is_ended),
        cmocka_unit_test(nonsense_gives_json_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
