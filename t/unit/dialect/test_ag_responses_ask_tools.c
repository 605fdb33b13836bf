/*
 * Copyright (C) ngx_agent authors
 *
 * Tools of the Responses API, and names of namespaces.
 */


#include "dialect/responses_test.h"


static void
gives_tools_of_a_namespace_one_name_and_takes_it_back(void **state)
{
    asked_t           a;
    ag_str_t          name, space;
    const ag_tool_t  *tool;

    (void) state;

    ask(&a, "{\"input\":[{\"type\":\"additional_tools\",\"tools\":["
            "{\"type\":\"namespace\",\"name\":\"late\",\"tools\":["
            "{\"type\":\"function\",\"name\":\"f\"}]}]},"
            "{\"role\":\"user\",\"content\":\"x\"}],"
            "\"tools\":[{\"type\":\"function\",\"name\":\"f\"},"
            "{\"type\":\"namespace\",\"name\":\"a\",\"tools\":["
            "{\"type\":\"function\",\"name\":\"f\"},"
            "{\"type\":\"custom\",\"name\":\"g\"}]},"
            "{\"type\":\"namespace\",\"name\":\"b\",\"tools\":["
            "{\"type\":\"function\",\"name\":\"f\"}]}]}");

    assert_int_equal(a.rc, AG_OK);

    tool = a.n.tools;
    assert_text(tool->name, "f");
    assert_text(tool->next->name, "a__f");
    assert_text(tool->next->next->name, "a__g");
    assert_int_equal(tool->next->next->kind, AG_TOOL_CUSTOM);
    assert_text(tool->next->next->next->name, "b__f");

    name = ag_responses_own_name(&a.n, text("b__f"), &space);
    assert_text(name, "f");
    assert_text(space, "b");

    name = ag_responses_own_name(&a.n, text("late__f"), &space);
    assert_text(name, "f");
    assert_text(space, "late");

    name = ag_responses_own_name(&a.n, text("f"), &space);
    assert_text(name, "f");
    assert_int_equal(space.len, 0);

    name = ag_responses_own_name(&a.n, text("c__f"), &space);
    assert_text(name, "c__f");
    assert_int_equal(space.len, 0);

    ask_free(&a);
}


static void
keeps_long_names_short_and_apart(void **state)
{
    char        space[41];
    ag_str_t    one, two, same;
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 4096);
    memset(space, 's', 40);

    one = ag_responses_flat_name(&arena, ag_str(space, 40),
                                 text("a_name_of_thirty_letters_or_so"));
    two = ag_responses_flat_name(&arena, ag_str(space, 40),
                                 text("a_name_of_thirty_letters_or_sa"));
    same = ag_responses_flat_name(&arena, ag_str(space, 40),
                                  text("a_name_of_thirty_letters_or_so"));

    assert_int_equal(one.len, 64);
    assert_int_equal(two.len, 64);
    assert_false(ag_str_equal(one, two));
    assert_true(ag_str_equal(one, same));

    assert_text(ag_responses_flat_name(&arena, text(""), text("f")), "f");
    assert_int_equal(ag_responses_flat_name(&arena, text("n"),
                                            text("")).len, 0);

    ag_arena_free(&arena);
    ag_arena_init(&arena, 8);
    assert_null(ag_responses_flat_name(&arena, text("nnnn"),
                                       text("ffff")).data);
    ag_arena_free(&arena);
}


static void
knows_the_tools_that_are_the_providers_own(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":\"x\",\"tools\":["
            "{\"type\":\"web_search_2025_08_26\"},{\"type\":\"mcp\","
            "\"server_label\":\"s\"}],"
            "\"tool_choice\":{\"type\":\"web_search_preview\"}}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.tools->kind, AG_TOOL_WEB_SEARCH);
    assert_text(a.n.tools->name, "web_search");
    assert_int_equal(a.n.tools->next->kind, AG_TOOL_FOREIGN);
    assert_text(a.n.tools->next->name, "mcp");
    assert_int_equal(a.n.choose, AG_CHOOSE_TOOL);
    assert_text(a.n.tool, "web_search");

    ask_free(&a);
}


static void
allows_so_many_tools_and_no_more(void **state)
{
    int       over;
    asked_t   a;
    ag_buf_t  b;
    unsigned  i;

    (void) state;

    for (over = 0; over < 2; over++) {
        ag_buf_init(&b, 65536);
        assert_int_equal(ag_buf_add_string(&b, "{\"input\":\"x\","
                                           "\"tool_choice\":{\"type\":"
                                           "\"allowed_tools\",\"mode\":"
                                           "\"auto\",\"tools\":[7"),
                         AG_OK);

        for (i = 1; i < AG_ALLOWED_MAX + (unsigned) over; i++) {
            assert_int_equal(ag_buf_add_string(&b, ",{\"type\":\"function\","
                                                   "\"name\":\"f\"}"),
                             AG_OK);
        }

        assert_int_equal(ag_buf_add_string(&b, "]}}"), AG_OK);
        ask_within(&a, ag_buf_str(&b), AG_TRANSLATE_ARENA_MAX);

        assert_int_equal(a.rc, over ? AG_INVALID : AG_OK);

        if (!over) {
            assert_int_equal(a.n.allowed_count, AG_ALLOWED_MAX - 1);
        }

        ask_free(&a);
        ag_buf_free(&b);
    }
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    (void) state;

    ask_odd("{\"input\":\"x\",\"tools\":[%s]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":%s}]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":\"function\","
            "\"name\":%s}]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":\"function\","
            "\"name\":\"f\",\"parameters\":%s,\"description\":7}]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":\"function\","
            "\"name\":\"f\",\"strict\":%s}]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":\"namespace\","
            "\"name\":\"n\",\"tools\":%s}]}");
    ask_odd("{\"input\":\"x\",\"tools\":[{\"type\":\"namespace\","
            "\"name\":%s,\"tools\":[]}]}");
    ask_odd("{\"input\":\"x\",\"tool_choice\":{\"type\":%s}}");
    ask_odd("{\"input\":\"x\",\"tool_choice\":{\"type\":\"function\","
            "\"name\":%s}}");
    ask_odd("{\"input\":\"x\",\"tool_choice\":{\"type\":\"allowed_tools\","
            "\"mode\":7,\"tools\":%s}}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(gives_tools_of_a_namespace_one_name_and_takes_it_back),
        cmocka_unit_test(keeps_long_names_short_and_apart),
        cmocka_unit_test(knows_the_tools_that_are_the_providers_own),
        cmocka_unit_test(allows_so_many_tools_and_no_more),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
