/*
 * Copyright (C) ngx_agent authors
 *
 * Neutral requests: lists, tools, words.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialect/ag_neutral.h"


static ag_str_t str(const char *text);
static ag_part_t *call(ag_neutral_t *n, ag_part_t ***last, const char *id,
    const char *name);


static void
keeps_lists_in_their_order(void **state)
{
    ag_part_t    **parts, *one, *two;
    ag_tool_t    **tools, *tool, *other;
    ag_turn_t    **turns, *first, *second;
    ag_arena_t     arena;
    ag_neutral_t   n;

    (void) state;

    ag_arena_init(&arena, 100000);
    memset(&n, 0, sizeof(n));
    n.arena = &arena;

    turns = &n.turns;
    first = ag_neutral_turn(&n, &turns, AG_ROLE_USER, 3);
    second = ag_neutral_turn(&n, &turns, AG_ROLE_ASSISTANT, 7);

    assert_ptr_equal(n.turns, first);
    assert_ptr_equal(first->next, second);
    assert_null(second->next);
    assert_int_equal(first->role, AG_ROLE_USER);
    assert_int_equal(first->index, 3);
    assert_int_equal(second->role, AG_ROLE_ASSISTANT);
    assert_int_equal(second->index, 7);

    parts = &first->parts;
    one = ag_neutral_part(&n, &parts, AG_PART_TEXT);
    two = ag_neutral_part(&n, &parts, AG_PART_IMAGE);

    assert_ptr_equal(first->parts, one);
    assert_ptr_equal(one->next, two);
    assert_null(two->next);
    assert_int_equal(two->kind, AG_PART_IMAGE);

    tools = &n.tools;
    tool = ag_neutral_tool(&n, &tools, AG_TOOL_FUNCTION);
    other = ag_neutral_tool(&n, &tools, AG_TOOL_CUSTOM);

    assert_ptr_equal(n.tools, tool);
    assert_ptr_equal(tool->next, other);
    assert_null(other->next);
    assert_int_equal(tool->strict, -1);
    assert_int_equal(tool->kind, AG_TOOL_FUNCTION);
    assert_int_equal(other->kind, AG_TOOL_CUSTOM);

    ag_arena_free(&arena);
}


static void
leaves_a_list_as_it_was_without_memory(void **state)
{
    ag_part_t     *parts, **part;
    ag_arena_t     arena;
    ag_tool_t    **tools;
    ag_turn_t    **turns;
    ag_neutral_t   n;

    (void) state;

    ag_arena_init(&arena, 10);
    memset(&n, 0, sizeof(n));
    n.arena = &arena;
    parts = NULL;

    turns = &n.turns;
    tools = &n.tools;
    part = &parts;

    assert_null(ag_neutral_turn(&n, &turns, AG_ROLE_USER, 0));
    assert_null(ag_neutral_tool(&n, &tools, AG_TOOL_FUNCTION));
    assert_null(ag_neutral_part(&n, &part, AG_PART_TEXT));

    assert_null(n.turns);
    assert_null(n.tools);
    assert_null(parts);
    assert_ptr_equal(turns, &n.turns);
    assert_ptr_equal(tools, &n.tools);
    assert_ptr_equal(part, &parts);
}


static void
knows_the_name_of_a_call(void **state)
{
    ag_part_t    **parts;
    ag_turn_t    **turns, *turn;
    ag_arena_t     arena;
    ag_neutral_t   n;

    (void) state;

    ag_arena_init(&arena, 100000);
    memset(&n, 0, sizeof(n));
    n.arena = &arena;
    turns = &n.turns;

    assert_false(ag_neutral_has_tools(&n));

    turn = ag_neutral_turn(&n, &turns, AG_ROLE_USER, 0);
    parts = &turn->parts;
    ag_neutral_part(&n, &parts, AG_PART_TEXT)->id = str("a");
    assert_false(ag_neutral_has_tools(&n));

    turn = ag_neutral_turn(&n, &turns, AG_ROLE_ASSISTANT, 1);
    parts = &turn->parts;
    ag_neutral_part(&n, &parts, AG_PART_REASONING)->id = str("a");
    call(&n, &parts, "a", "one");
    call(&n, &parts, "ab", "two");
    call(&n, &parts, "", "nameless");

    turn = ag_neutral_turn(&n, &turns, AG_ROLE_ASSISTANT, 2);
    parts = &turn->parts;
    call(&n, &parts, "c", "three");

    assert_true(ag_neutral_has_tools(&n));

    ag_arena_free(&arena);
}


static void
sees_a_result_as_a_tool(void **state)
{
    ag_part_t     result, text;
    ag_turn_t     turn;
    ag_neutral_t  n;

    (void) state;

    memset(&n, 0, sizeof(n));
    memset(&turn, 0, sizeof(turn));
    memset(&text, 0, sizeof(text));
    memset(&result, 0, sizeof(result));

    result.kind = AG_PART_TOOL_RESULT;
    turn.parts = &text;
    n.turns = &turn;

    assert_false(ag_neutral_has_tools(&n));
    text.next = &result;
    assert_true(ag_neutral_has_tools(&n));
}


static void
allows_what_is_listed(void **state)
{
    ag_str_t      allowed[2];
    ag_neutral_t  n;

    (void) state;

    memset(&n, 0, sizeof(n));
    assert_true(ag_neutral_allows(&n, str("a")));

    allowed[0] = str("a");
    allowed[1] = str("bc");
    n.allowed = allowed;
    n.allowed_count = 2;

    assert_true(ag_neutral_allows(&n, str("a")));
    assert_true(ag_neutral_allows(&n, str("bc")));
    assert_false(ag_neutral_allows(&n, str("b")));
    assert_false(ag_neutral_allows(&n, str("")));

    n.allowed_count = 0;
    assert_false(ag_neutral_allows(&n, str("a")));
}


static void
knows_the_words_for_effort(void **state)
{
    int  i;

    (void) state;

    for (i = AG_EFFORT_UNSET + 1; i < AG_EFFORT_END; i++) {
        assert_int_equal(ag_effort_find(str(ag_effort_word((ag_effort_t) i))),
                         i);
    }

    assert_int_equal(ag_effort_find(str("none")), AG_EFFORT_NONE);
    assert_int_equal(ag_effort_find(str("xhigh")), AG_EFFORT_XHIGH);
    assert_int_equal(ag_effort_find(str("High")), AG_EFFORT_END);
    assert_int_equal(ag_effort_find(str("")), AG_EFFORT_END);
    assert_int_equal(ag_effort_find(ag_str(NULL, 0)), AG_EFFORT_END);
    assert_string_equal(ag_effort_word(AG_EFFORT_UNSET), "");
    assert_string_equal(ag_effort_word(AG_EFFORT_END), "");
    assert_string_equal(ag_effort_word((ag_effort_t) -1), "");
}


static void
knows_the_words_for_tiers(void **state)
{
    (void) state;

    assert_int_equal(ag_tier_find(str("auto")), AG_TIER_AUTO);
    assert_int_equal(ag_tier_find(str("default")), AG_TIER_DEFAULT);
    assert_int_equal(ag_tier_find(str("standard")), AG_TIER_DEFAULT);
    assert_int_equal(ag_tier_find(str("standard_only")), AG_TIER_DEFAULT);
    assert_int_equal(ag_tier_find(str("priority")), AG_TIER_PRIORITY);
    assert_int_equal(ag_tier_find(str("flex")), AG_TIER_FLEX);
    assert_int_equal(ag_tier_find(str("batch")), AG_TIER_BATCH);
    assert_int_equal(ag_tier_find(str("scale")), AG_TIER_OTHER);
    assert_int_equal(ag_tier_find(str("")), AG_TIER_UNSET);
    assert_int_equal(ag_tier_find(ag_str(NULL, 0)), AG_TIER_UNSET);

    assert_string_equal(ag_tier_word(AG_TIER_AUTO), "auto");
    assert_string_equal(ag_tier_word(AG_TIER_DEFAULT), "default");
    assert_string_equal(ag_tier_word(AG_TIER_PRIORITY), "priority");
    assert_string_equal(ag_tier_word(AG_TIER_FLEX), "flex");
    assert_string_equal(ag_tier_word(AG_TIER_BATCH), "default");
    assert_null(ag_tier_word(AG_TIER_UNSET));
    assert_null(ag_tier_word(AG_TIER_OTHER));
}


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static ag_part_t *
call(ag_neutral_t *n, ag_part_t ***last, const char *id, const char *name)
{
    ag_part_t  *part;

    part = ag_neutral_part(n, last, AG_PART_TOOL_CALL);
    assert_non_null(part);

    part->id = str(id);
    part->name = str(name);

    return part;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(keeps_lists_in_their_order),
        cmocka_unit_test(leaves_a_list_as_it_was_without_memory),
        cmocka_unit_test(knows_the_name_of_a_call),
        cmocka_unit_test(sees_a_result_as_a_tool),
        cmocka_unit_test(allows_what_is_listed),
        cmocka_unit_test(knows_the_words_for_effort),
        cmocka_unit_test(knows_the_words_for_tiers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
