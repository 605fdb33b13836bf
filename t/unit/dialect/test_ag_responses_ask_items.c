/*
 * Copyright (C) ngx_agent authors
 *
 * A conversation of the Responses API: items to turns.
 */


#include "dialect/responses_test.h"


static void
puts_items_of_one_role_into_one_turn(void **state)
{
    asked_t            a;
    const ag_turn_t   *turn;

    (void) state;

    ask(&a, "{\"input\":[{\"role\":\"user\",\"content\":\"a\"},"
            "{\"type\":\"reasoning\",\"summary\":[{\"text\":\"b\"}]},"
            "{\"role\":\"assistant\",\"content\":\"c\"},"
            "{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":\"f\"},"
            "{\"type\":\"web_search_call\"},"
            "{\"type\":\"function_call_output\",\"call_id\":\"1\","
            "\"output\":\"d\"},{\"role\":\"user\",\"content\":\"e\"}]}");

    assert_int_equal(a.rc, AG_OK);

    turn = a.n.turns;
    assert_int_equal(turn->role, AG_ROLE_USER);
    assert_int_equal(turn->index, 0);

    turn = turn->next;
    assert_int_equal(turn->role, AG_ROLE_ASSISTANT);
    assert_int_equal(turn->index, 1);
    assert_int_equal(turn->parts->kind, AG_PART_REASONING);
    assert_int_equal(turn->parts->next->kind, AG_PART_TEXT);
    assert_int_equal(turn->parts->next->next->kind, AG_PART_TOOL_CALL);
    assert_int_equal(turn->parts->next->next->next->kind, AG_PART_FOREIGN);

    turn = turn->next;
    assert_int_equal(turn->role, AG_ROLE_USER);
    assert_int_equal(turn->index, 5);
    assert_int_equal(turn->parts->kind, AG_PART_TOOL_RESULT);
    assert_text(turn->parts->next->text, "e");
    assert_null(turn->next);

    ask_free(&a);
}


static void
tells_whose_a_foreign_item_is(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":[{\"type\":\"computer_call\"},"
            "{\"type\":\"computer_call_output\"},"
            "{\"type\":\"mcp_approval_request\"},"
            "{\"type\":\"mcp_approval_response\"}]}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->role, AG_ROLE_ASSISTANT);
    assert_int_equal(a.n.turns->next->role, AG_ROLE_USER);
    assert_int_equal(a.n.turns->next->next->role, AG_ROLE_ASSISTANT);
    assert_int_equal(a.n.turns->next->next->next->role, AG_ROLE_USER);
    assert_non_null(a.n.turns->parts->value);

    ask_free(&a);
}


static void
refuses_references_whatever_they_are_called(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":[{\"role\":\"user\",\"content\":\"a\"},"
            "{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}");
    assert_int_equal(a.rc, AG_INVALID);
    assert_text(a.error.param, "input[1].type");
    ask_free(&a);

    ask(&a, "{\"input\":[{\"id\":\"msg_1\"}]}");
    assert_int_equal(a.rc, AG_INVALID);
    assert_text(a.error.param, "input[0].type");
    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    (void) state;

    ask_odd("{\"input\":[%s]}");
    ask_odd("{\"input\":[{\"type\":%s,\"id\":\"x\"}]}");
    ask_odd("{\"input\":[{\"role\":%s,\"content\":\"x\"}]}");
    ask_odd("{\"input\":[{\"role\":\"assistant\",\"content\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"additional_tools\",\"tools\":%s}]}");
}


static void
takes_so_many_items_and_no_more(void **state)
{
    asked_t   a;
    ag_buf_t  b;
    unsigned  i;

    (void) state;

    ag_buf_init(&b, 4 * 1024 * 1024);
    assert_int_equal(ag_buf_add_string(&b, "{\"input\":["), AG_OK);

    for (i = 0; i < AG_TURNS_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&b, (i & 1)
                                           ? "{\"role\":\"assistant\","
                                             "\"content\":\"x\"},"
                                           : "{\"role\":\"user\","
                                             "\"content\":\"x\"},"),
                         AG_OK);
    }

    b.len--;
    assert_int_equal(ag_buf_add_string(&b, "]}"), AG_OK);
    ask_within(&a, ag_buf_str(&b), AG_TRANSLATE_ARENA_MAX);
    assert_int_equal(a.rc, AG_OK);
    ask_free(&a);

    b.len -= 2;
    assert_int_equal(ag_buf_add_string(&b, ",7]}"), AG_OK);
    ask_within(&a, ag_buf_str(&b), AG_TRANSLATE_ARENA_MAX);
    assert_int_equal(a.rc, AG_LIMIT);
    ask_free(&a);

    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(puts_items_of_one_role_into_one_turn),
        cmocka_unit_test(tells_whose_a_foreign_item_is),
        cmocka_unit_test(refuses_references_whatever_they_are_called),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
        cmocka_unit_test(takes_so_many_items_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
