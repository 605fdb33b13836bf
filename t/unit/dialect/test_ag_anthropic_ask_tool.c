/*
 * Copyright (C) ngx_agent authors
 *
 * Tools of a Messages request, and the choice among them.
 */


#include "anthropic_ask_test.h"


static void
reads_tools_of_the_client(void **state)
{
    asking_t    a;
    ag_tool_t  *tool;

    (void) state;

    ask_with(&a, "\"tools\":[{\"name\":\"f\",\"description\":\"d\","
                 "\"input_schema\":{\"type\":\"object\"},\"strict\":true,"
                 "\"cache_control\":{\"type\":\"ephemeral\"}},"
                 "{\"type\":\"custom\",\"name\":\"g\",\"strict\":false},"
                 "{\"type\":null,\"name\":\"h\",\"input_schema\":null}]");

    tool = a.n.tools;
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_text(tool->name, "f");
    assert_text(tool->description, "d");
    assert_true(yyjson_is_obj(tool->parameters));
    assert_true(yyjson_is_obj(tool->cache_control));
    assert_int_equal(tool->strict, 1);

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_text(tool->name, "g");
    assert_null(tool->parameters);
    assert_null(tool->cache_control);
    assert_int_equal(tool->strict, 0);

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_int_equal(tool->strict, -1);
    assert_null(tool->next);
    asking_free(&a);
}


static void
reads_tools_of_the_server(void **state)
{
    asking_t    a;
    ag_tool_t  *tool;

    (void) state;

    ask_with(&a, "\"tools\":[{\"type\":\"web_search_20250305\","
                 "\"name\":\"web_search\",\"max_uses\":3},"
                 "{\"type\":\"bash_20250124\",\"name\":\"bash\"},"
                 "{\"type\":\"web_search_\"}]");

    tool = a.n.tools;
    assert_int_equal(tool->kind, AG_TOOL_WEB_SEARCH);
    assert_non_null(yyjson_obj_get(tool->value, "max_uses"));

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_FOREIGN);
    assert_text(tool->name, "bash");

    assert_int_equal(tool->next->kind, AG_TOOL_FOREIGN);
    assert_null(tool->next->next);
    asking_free(&a);
}


static void
reads_the_choice(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"tools\":[]");
    assert_int_equal(a.n.choose, AG_CHOOSE_UNSET);
    assert_int_equal(a.n.parallel, -1);
    assert_null(a.n.tools);
    asking_free(&a);

    ask_with(&a, "\"tool_choice\":{\"type\":\"auto\","
                 "\"disable_parallel_tool_use\":true}");
    assert_int_equal(a.n.choose, AG_CHOOSE_AUTO);
    assert_int_equal(a.n.parallel, 0);
    asking_free(&a);

    ask_with(&a, "\"tool_choice\":{\"type\":\"any\","
                 "\"disable_parallel_tool_use\":false}");
    assert_int_equal(a.n.choose, AG_CHOOSE_REQUIRED);
    assert_int_equal(a.n.parallel, 1);
    asking_free(&a);

    ask_with(&a, "\"tool_choice\":{\"type\":\"none\"}");
    assert_int_equal(a.n.choose, AG_CHOOSE_NONE);
    assert_int_equal(a.n.parallel, -1);
    asking_free(&a);

    ask_with(&a, "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}");
    assert_int_equal(a.n.choose, AG_CHOOSE_TOOL);
    assert_text(a.n.tool, "f");
    asking_free(&a);
}


static void
refuses_what_is_no_tool(void **state)
{
    (void) state;

    assert_refused_with("\"tools\":{}", "tools");
    assert_refused_with("\"tools\":[1]", "tools[0].name");
    assert_refused_with("\"tools\":[{\"name\":\"f\"},{\"name\":\"\"}]",
                        "tools[1].name");
    assert_refused_with("\"tools\":[{\"name\":\"f\",\"input_schema\":[]}]",
                        "tools[0].input_schema");
    assert_refused_with("\"tool_choice\":\"auto\"", "tool_choice.type");
    assert_refused_with("\"tool_choice\":{\"type\":\"function\"}",
                        "tool_choice.type");
    assert_refused_with("\"tool_choice\":{\"type\":\"tool\"}",
                        "tool_choice.name");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_tools_of_the_client),
        cmocka_unit_test(reads_tools_of_the_server),
        cmocka_unit_test(reads_the_choice),
        cmocka_unit_test(refuses_what_is_no_tool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
