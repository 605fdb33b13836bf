/*
 * Copyright (C) ngx_agent authors
 *
 * Tools for a provider of the Responses API.
 */


#include "dialect/responses_test.h"


static void
tools(told_t *t, ag_tool_t *tool, ag_tool_kind_t kind)
{
    tell_init(t, AG_ROLE_USER, AG_PART_TEXT);
    memset(tool, 0, sizeof(ag_tool_t));

    tool->kind = kind;
    tool->name = text("f");
    tool->strict = -1;
    t->n.tools = tool;
}


static void
says_of_every_function_whether_it_is_strict(void **state)
{
    int        strict;
    told_t     t;
    ag_tool_t  tool;

    (void) state;

    for (strict = -1; strict <= 1; strict++) {
        tools(&t, &tool, AG_TOOL_FUNCTION);
        tool.strict = strict;

        assert_int_equal(tell(&t), AG_OK);
        assert_true(told(&t, (strict == 1) ? "\"strict\":true"
                                           : "\"strict\":false"));

        tell_free(&t);
    }
}


static void
calls_a_choice_by_its_tools_kind(void **state)
{
    told_t     t;
    ag_tool_t  tool;

    (void) state;

    tools(&t, &tool, AG_TOOL_FUNCTION);
    t.n.choose = AG_CHOOSE_TOOL;
    t.n.tool = text("f");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"tool_choice\":{\"type\":\"function\","
                         "\"name\":\"f\"}"));

    tool.kind = AG_TOOL_CUSTOM;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"tool_choice\":{\"type\":\"custom\","
                         "\"name\":\"f\"}"));

    tool.kind = AG_TOOL_WEB_SEARCH;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"tool_choice\":{\"type\":\"web_search\"}"));

    t.n.tool = text("g");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"name\":\"g\""));

    tell_free(&t);
}


static void
goes_without_tools_where_there_are_none(void **state)
{
    told_t     t;
    ag_tool_t  tool;

    (void) state;

    tools(&t, &tool, AG_TOOL_FUNCTION);
    t.facts.refuses = 1u << AG_REFUSAL_TOOLS;
    t.n.choose = AG_CHOOSE_AUTO;
    assert_int_equal(tell(&t), AG_INVALID);
    assert_text(t.error.param, "tools");

    t.to.drop_params = 1;
    assert_int_equal(tell(&t), AG_OK);
    assert_false(told(&t, "tool"));

    t.facts.refuses = 1u << AG_REFUSAL_PARALLEL_OFF;
    t.n.parallel = 0;
    assert_int_equal(tell(&t), AG_OK);
    assert_false(told(&t, "parallel"));
    assert_text(t.to.drops[1], "parallel_tool_calls");

    tell_free(&t);
}


static void
takes_any_value_of_a_search_or_a_grammar(void **state)
{
    char         json[512];
    size_t       i, j;
    told_t       t;
    ag_tool_t    tool;
    yyjson_doc  *doc;

    static const char *const  forms[] = {
        "{\"format\":%s}", "{\"custom\":%s}",
        "{\"format\":{\"grammar\":%s}}",
        "{\"format\":{\"grammar\":{\"syntax\":%s}}}",
        "{\"search_context_size\":%s}", "{\"user_location\":%s}",
        "{\"user_location\":{\"approximate\":%s,\"city\":7}}",
        "{\"allowed_domains\":%s}", "%s"
    };

    (void) state;

    for (i = 0; i < ODD; i++) {
        for (j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
            snprintf(json, sizeof(json), forms[j], odd[i]);
            doc = ag_json_tree(text(json), NULL, 0);
            assert_non_null(doc);

            tools(&t, &tool, AG_TOOL_CUSTOM);
            tool.value = yyjson_doc_get_root(doc);
            assert_int_equal(tell(&t), AG_OK);

            tool.kind = AG_TOOL_WEB_SEARCH;
            assert_int_equal(tell(&t), AG_OK);

            tell_free(&t);
            yyjson_doc_free(doc);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_of_every_function_whether_it_is_strict),
        cmocka_unit_test(calls_a_choice_by_its_tools_kind),
        cmocka_unit_test(goes_without_tools_where_there_are_none),
        cmocka_unit_test(takes_any_value_of_a_search_or_a_grammar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
