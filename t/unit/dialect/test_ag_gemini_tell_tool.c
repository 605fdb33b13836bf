/*
 * Copyright (C) ngx_agent authors
 *
 * Tools: which schemas say nothing, and what a model refuses.
 */


#include "gemini_test.h"


static void
schema(const char *json, unsigned said)
{
    asked_t      a;
    yyjson_doc  *doc;

    ask(&a);
    doc = ag_json_tree(text(json), NULL, 0);
    add_tool(&a, AG_TOOL_FUNCTION, "f")->parameters = yyjson_doc_get_root(doc);

    if (said) {
        told(&a, "parametersJsonSchema");
        told(&a, json);

    } else {
        told_without(&a, "parametersJsonSchema");
        told(&a, "{\"name\":\"f\"}");
    }

    yyjson_doc_free(doc);
    ask_free(&a);
}


static void
leaves_out_schemas_that_say_nothing(void **state)
{
    (void) state;

    schema("{}", 0);
    schema("{\"type\":\"object\"}", 0);
    schema("{\"type\":\"object\",\"properties\":{},\"required\":[],"
           "\"title\":\"T\",\"additionalProperties\":false}", 0);
    schema("[]", 0);
    schema("true", 0);
    schema("{\"type\":\"object\",\"additionalProperties\":true}", 1);
    schema("{\"type\":\"object\",\"properties\":{\"a\":{}}}", 1);
    schema("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{}}}", 1);
    schema("{\"anyOf\":[{\"required\":[\"a\"]}]}", 1);
}


static void
refuses_what_the_model_has_not(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    add_tool(&a, AG_TOOL_FUNCTION, "f");
    a.n.choose = AG_CHOOSE_REQUIRED;
    told(&a, "\"mode\":\"ANY\"");

    a.facts.refuses = 1u << AG_REFUSAL_FORCED_TOOL;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "tool_choice");

    a.to.drop_params = 1;
    told_without(&a, "toolConfig");
    assert_int_equal(a.to.drop_count, 1);

    a.facts.refuses = 1u << AG_REFUSAL_TOOLS;
    a.n.choose = AG_CHOOSE_UNSET;
    told_without(&a, "tools");

    a.to.drop_params = 0;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "tools");

    ask_free(&a);
}


static void
tells_none_if_none_is_allowed(void **state)
{
    asked_t   a;
    ag_str_t  allowed[1];

    (void) state;

    ask(&a);
    add_tool(&a, AG_TOOL_FUNCTION, "f");
    allowed[0] = text("g");
    a.n.allowed = allowed;
    a.n.allowed_count = 1;
    a.n.choose = AG_CHOOSE_AUTO;
    told_without(&a, "tool");

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_schemas_that_say_nothing),
        cmocka_unit_test(refuses_what_the_model_has_not),
        cmocka_unit_test(tells_none_if_none_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
