/*
 * Copyright (C) ngx_agent authors
 *
 * Tools and the choice among them.
 */


#include "dialect/openai_ask_test.h"


static void
reads_tools(void **state)
{
    asked_t     a;
    ag_tool_t  *tool;

    (void) state;

    ask_fields(&a, "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
                   "\"f\",\"description\":\"d\",\"parameters\":{\"a\":1},"
                   "\"strict\":true},\"cache_control\":{\"type\":"
                   "\"ephemeral\"}},{\"type\":\"function\",\"function\":"
                   "{\"name\":\"g\",\"parameters\":null,\"strict\":false,"
                   "\"cache_control\":{\"type\":\"ephemeral\"}}},"
                   "{\"function\":{\"name\":\"h\"},\"cache_control\":1},"
                   "{\"type\":\"custom\",\"custom\":{\"name\":\"c\","
                   "\"description\":\"e\"}},"
                   "{\"type\":\"web_search_20250305\",\"name\":\"w\"}],"
                   "\"web_search_options\":{\"search_context_size\":\"low\"}");

    assert_int_equal(a.rc, AG_OK);

    tool = a.n.tools;
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_true(ag_str_is(tool->name, "f"));
    assert_true(ag_str_is(tool->description, "d"));
    assert_int_equal(yyjson_obj_size(tool->parameters), 1);
    assert_int_equal(tool->strict, 1);
    assert_true(yyjson_is_obj(tool->cache_control));
    assert_true(yyjson_is_obj(tool->value));

    tool = tool->next;
    assert_true(ag_str_is(tool->name, "g"));
    assert_null(tool->parameters);
    assert_int_equal(tool->strict, 0);
    assert_true(yyjson_is_obj(tool->cache_control));

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_int_equal(tool->strict, -1);
    assert_null(tool->cache_control);

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_CUSTOM);
    assert_true(ag_str_is(tool->name, "c"));
    assert_true(ag_str_is(tool->description, "e"));

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_FOREIGN);
    assert_true(ag_str_is(tool->name, "w"));

    tool = tool->next;
    assert_int_equal(tool->kind, AG_TOOL_WEB_SEARCH);
    assert_ptr_equal(tool->value, a.n.web_search);
    assert_null(tool->next);

    asked_free(&a);
}


static void
refuses_tools(void **state)
{
    size_t  i;

    static const char  *bad[][2] = {
        { "\"tools\":{}", "tools" },
        { "\"tools\":[1]", "tools[0].function" },
        { "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
          "{\"type\":\"function\"}]", "tools[1].function" },
        { "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"\"}}]",
          "tools[0].function" },
        { "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
          "\"parameters\":\"{}\"}}]", "tools[0].function" },
        { "\"tools\":[{\"type\":\"custom\",\"custom\":{}}]",
          "tools[0].custom" },
        { "\"functions\":true", "functions" },
        { "\"functions\":[{\"name\":\"f\"},{}]", "functions[1]" },
        { "\"web_search_options\":true", "web_search_options" }
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_bad_fields(bad[i][0], bad[i][1]);
    }
}


static void
knows_functions_of_old(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"functions\":[{\"name\":\"f\",\"parameters\":{}},"
                   "{\"name\":\"g\"}],\"function_call\":{\"name\":\"g\"}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.tools->kind, AG_TOOL_FUNCTION);
    assert_true(ag_str_is(a.n.tools->next->name, "g"));
    assert_int_equal(a.n.choose, AG_CHOOSE_TOOL);
    assert_true(ag_str_is(a.n.tool, "g"));
    assert_int_equal(a.n.parallel, 0);
    asked_free(&a);

    ask_fields(&a, "\"function_call\":\"none\",\"tool_choice\":\"auto\"");
    assert_int_equal(a.n.choose, AG_CHOOSE_AUTO);
    asked_free(&a);

    ask_fields(&a, "\"tool_choice\":\"required\",\"function_call\":\"auto\"");
    assert_int_equal(a.n.choose, AG_CHOOSE_REQUIRED);
    asked_free(&a);

    ask_fields(&a, "\"tool_choice\":null,\"function_call\":\"none\"");
    assert_int_equal(a.n.choose, AG_CHOOSE_NONE);
    asked_free(&a);

    expect_bad_fields("\"function_call\":{}", "function_call");
    expect_bad_fields("\"function_call\":1", "function_call");
}


static void
reads_choices(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"tool_choice\":\"none\"");
    assert_int_equal(a.n.choose, AG_CHOOSE_NONE);
    asked_free(&a);

    ask_fields(&a, "\"tool_choice\":{\"type\":\"function\",\"function\":"
                   "{\"name\":\"f\"}}");
    assert_int_equal(a.n.choose, AG_CHOOSE_TOOL);
    assert_true(ag_str_is(a.n.tool, "f"));
    asked_free(&a);

    ask_fields(&a, "\"tool_choice\":{\"type\":\"custom\",\"custom\":"
                   "{\"name\":\"c\"}}");
    assert_int_equal(a.n.choose, AG_CHOOSE_TOOL);
    assert_true(ag_str_is(a.n.tool, "c"));
    asked_free(&a);

    expect_bad_fields("\"tool_choice\":\"any\"", "tool_choice");
    expect_bad_fields("\"tool_choice\":1", "tool_choice");
    expect_bad_fields("\"tool_choice\":{\"type\":\"function\"}",
                      "tool_choice");
    expect_bad_fields("\"tool_choice\":{\"name\":\"f\"}", "tool_choice");
}


static void
reads_allowed_tools(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"tool_choice\":{\"type\":\"allowed_tools\","
                   "\"allowed_tools\":{\"mode\":\"required\",\"tools\":["
                   "{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
                   "{\"type\":\"custom\",\"custom\":{\"name\":\"c\"}},"
                   "{\"type\":\"function\",\"name\":\"g\"}]}}");
    assert_int_equal(a.n.choose, AG_CHOOSE_REQUIRED);
    assert_int_equal(a.n.allowed_count, 3);
    assert_true(ag_str_is(a.n.allowed[0], "f"));
    assert_true(ag_str_is(a.n.allowed[1], "c"));
    assert_true(ag_str_is(a.n.allowed[2], "g"));
    asked_free(&a);

    ask_fields(&a, "\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":"
                   "\"auto\",\"tools\":[{\"type\":\"function\",\"name\":"
                   "\"f\"}]}");
    assert_int_equal(a.n.choose, AG_CHOOSE_AUTO);
    assert_int_equal(a.n.allowed_count, 1);
    asked_free(&a);

    expect_bad_fields("\"tool_choice\":{\"type\":\"allowed_tools\"}",
                      "tool_choice.allowed_tools");
    expect_bad_fields("\"tool_choice\":{\"type\":\"allowed_tools\","
                      "\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[]}}",
                      "tool_choice.allowed_tools");
    expect_bad_fields("\"tool_choice\":{\"type\":\"allowed_tools\","
                      "\"allowed_tools\":{\"tools\":[{\"name\":\"f\"}]}}",
                      "tool_choice.allowed_tools");
    expect_bad_fields("\"tool_choice\":{\"type\":\"allowed_tools\","
                      "\"allowed_tools\":{\"mode\":\"auto\",\"tools\":"
                      "[{\"name\":\"f\"},{}]}}",
                      "tool_choice.allowed_tools");
}


static void
allows_so_many_tools_and_no_more(void **state)
{
    size_t   i, more;
    char     fields[8192];
    asked_t  a;

    (void) state;

    for (more = 0; more < 2; more++) {
        strcpy(fields, "\"tool_choice\":{\"type\":\"allowed_tools\","
                       "\"allowed_tools\":{\"mode\":\"auto\",\"tools\":"
                       "[{\"name\":\"f\"}");

        for (i = 1; i < AG_ALLOWED_MAX + more; i++) {
            strcat(fields, ",{\"name\":\"f\"}");
        }

        strcat(fields, "]}}");

        if (more) {
            expect_bad_fields(fields, "tool_choice.allowed_tools");
            continue;
        }

        ask_fields(&a, fields);
        assert_int_equal(a.n.allowed_count, AG_ALLOWED_MAX);
        asked_free(&a);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_tools),
        cmocka_unit_test(refuses_tools),
        cmocka_unit_test(knows_functions_of_old),
        cmocka_unit_test(reads_choices),
        cmocka_unit_test(reads_allowed_tools),
        cmocka_unit_test(allows_so_many_tools_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
