/*
 * Copyright (C) ngx_agent authors
 *
 * What is wrapped is unwrapped again; how it looks in between stands in
 * t/golden/custom-tools.
 */


#include "dialect_test.h"

#include "dialect/ag_custom.h"


static void
unwrapped(const char *arguments, const char *input)
{
    ag_arena_t  arena;

    ag_arena_init(&arena, 1024 * 1024);
    assert_text(ag_custom_unwrap(&arena, text(arguments)), input);
    ag_arena_free(&arena);
}


static void
the_string_is_the_input(void **state)
{
    (void) state;

    unwrapped("{\"input\":\"ls\\n\"}", "ls\n");
    unwrapped("{\"input\":\"\"}", "");
    unwrapped(" {\"more\":1, \"input\" : \"a\"} ", "a");
}


static void
other_arguments_are_the_input_themselves(void **state)
{
    (void) state;

    unwrapped("", "");
    unwrapped("{}", "{}");
    unwrapped("ls -l", "ls -l");
    unwrapped("{\"input\":7}", "{\"input\":7}");
    unwrapped("{\"input\":\"a\"", "{\"input\":\"a\"");
    unwrapped("[\"input\"]", "[\"input\"]");
}


static void
a_full_arena_is_said(void **state)
{
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 2);
    assert_null(ag_custom_unwrap(&arena, text("{\"input\":\"abc\"}")).data);
    ag_arena_free(&arena);
}


static void
only_custom_tools_are_wrapped_and_once(void **state)
{
    ag_str_t      once;
    ag_arena_t    arena;
    ag_part_t     call, result;
    ag_tool_t     custom, function;
    ag_turn_t     turn;
    ag_neutral_t  n;

    (void) state;

    memset(&n, 0, sizeof(n));
    memset(&turn, 0, sizeof(turn));
    memset(&call, 0, sizeof(call));
    memset(&result, 0, sizeof(result));
    memset(&custom, 0, sizeof(custom));
    memset(&function, 0, sizeof(function));
    ag_arena_init(&arena, 1024 * 1024);

    n.arena = &arena;
    n.tools = &custom;
    n.turns = &turn;
    turn.parts = &call;
    call.next = &result;
    call.kind = AG_PART_TOOL_CALL;
    call.custom = 1;
    call.text = text("a\"b");
    result.kind = AG_PART_TOOL_RESULT;
    result.custom = 1;
    custom.kind = AG_TOOL_CUSTOM;
    custom.name = text("c");
    custom.next = &function;
    function.kind = AG_TOOL_FUNCTION;
    function.name = text("f");

    assert_false(ag_custom_is_wrapped(&n, text("c")));
    assert_int_equal(ag_custom_wrap(&n), AG_OK);

    assert_int_equal(custom.kind, AG_TOOL_FUNCTION);
    assert_non_null(yyjson_obj_get(custom.parameters, "properties"));
    assert_null(function.parameters);
    assert_text(call.text, "{\"input\":\"a\\\"b\"}");
    assert_int_equal(call.custom, 0);
    assert_int_equal(result.custom, 0);
    assert_true(ag_custom_is_wrapped(&n, text("c")));
    assert_false(ag_custom_is_wrapped(&n, text("f")));

    once = custom.description;
    assert_int_equal(ag_custom_wrap(&n), AG_OK);
    assert_true(ag_str_equal(once, custom.description));
    assert_text(call.text, "{\"input\":\"a\\\"b\"}");

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_string_is_the_input),
        cmocka_unit_test(other_arguments_are_the_input_themselves),
        cmocka_unit_test(a_full_arena_is_said),
        cmocka_unit_test(only_custom_tools_are_wrapped_and_once)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
