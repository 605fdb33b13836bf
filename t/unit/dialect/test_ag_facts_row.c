/*
 * Copyright (C) ngx_agent authors
 *
 * The members of a row of model facts.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_facts_parts.h"


#define TOKENS  " is not allowed, expected a number of tokens up to 1000000000"
#define DOLLARS " is not allowed, expected USD per million tokens, "          \
    "0 to 1000000, up to six decimals"


static int read_row(const char *members);
static void refuses(const char *members, const char *expected);


static ag_arena_t        arena;
static ag_facts_table_t  table;
static char              error[512];


/* A file of one row, called "m". */
static int
read_row(const char *members)
{
    char  text[1024];

    ag_arena_free(&arena);
    ag_arena_init(&arena, 1 << 20);
    error[0] = '\0';
    snprintf(text, sizeof(text), "{\"dated\": \"2026-11-20\", \"models\": "
             "[{\"name\": \"m\"%s%s}]}", *members ? ", " : "", members);

    return ag_facts_read(&table, &arena, ag_str(text, strlen(text)), error,
                         sizeof(error));
}


static void
refuses(const char *members, const char *expected)
{
    char  whole[512];

    assert_int_equal(read_row(members), AG_INVALID);
    snprintf(whole, sizeof(whole), "models[0] \"m\": %s", expected);
    assert_string_equal(error, whole);
}


static void
test_what_a_row_leaves_out_is_unknown(void **state)
{
    (void) state;

    assert_int_equal(read_row(""), AG_OK);
    assert_int_equal(table.rows[0].context_window, 0);
    assert_int_equal(table.rows[0].max_output_tokens, 0);
    assert_int_equal(table.rows[0].thinking, AG_THINKING_UNKNOWN);
    assert_int_equal(table.rows[0].refuses, 0);
    assert_true(table.rows[0].price.input == AG_PRICE_UNKNOWN);
    assert_true(table.rows[0].price.cached == AG_PRICE_UNKNOWN);
    assert_true(table.rows[0].price.written == AG_PRICE_UNKNOWN);
    assert_true(table.rows[0].price.output == AG_PRICE_UNKNOWN);

    assert_int_equal(read_row("\"price\": {\"output\": 0, \"input\": 0}"),
                     AG_OK);
    assert_int_equal(table.rows[0].price.input, 0);
    assert_true(table.rows[0].price.cached == AG_PRICE_UNKNOWN);
}


static void
test_a_whole_row_is_read(void **state)
{
    (void) state;

    assert_int_equal(read_row(
        "\"context_window\": 1000000000, \"max_output_tokens\": 1, "
        "\"thinking\": \"level\", \"refuses\": [\"stop\", \"sampling\"], "
        "\"price\": {\"input\": 1000000, \"cached\": 0.000001, "
        "\"written\": 6.25, \"output\": 0.1}"), AG_OK);
    assert_int_equal(table.rows[0].context_window, 1000000000);
    assert_int_equal(table.rows[0].max_output_tokens, 1);
    assert_int_equal(table.rows[0].thinking, AG_THINKING_LEVEL);
    assert_int_equal(table.rows[0].refuses,
                     (1u << AG_REFUSAL_STOP) | (1u << AG_REFUSAL_SAMPLING));
    assert_true(ag_facts_refuses(&table.rows[0], STOP));
    assert_false(ag_facts_refuses(&table.rows[0], TOOLS));
    assert_int_equal(table.rows[0].price.input, UINT64_C(1000000000000));
    assert_int_equal(table.rows[0].price.cached, 1);
    assert_int_equal(table.rows[0].price.written, 6250000);
    assert_int_equal(table.rows[0].price.output, 100000);
}


static void
test_every_word_is_known(void **state)
{
    size_t              i;
    char                members[128];
    const char *const   ways[] = { "none", "budget", "adaptive", "level",
                                   "effort" };
    const ag_thinking_t  thinking[] = {
        AG_THINKING_NONE, AG_THINKING_BUDGET, AG_THINKING_ADAPTIVE,
        AG_THINKING_LEVEL, AG_THINKING_EFFORT
    };
    const char *const   refusals[] = {
        "sampling", "both_sampling", "forced_tool", "prefill",
        "thinking_off", "penalties", "choices", "json_schema",
        "parallel_off", "system_turn", "images", "files", "audio", "tools",
        "stop"
    };

    (void) state;

    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        snprintf(members, sizeof(members), "\"thinking\": \"%s\"", ways[i]);
        assert_int_equal(read_row(members), AG_OK);
        assert_int_equal(table.rows[0].thinking, thinking[i]);
    }

    for (i = 0; i < AG_REFUSAL_MAX; i++) {
        snprintf(members, sizeof(members), "\"refuses\": [\"%s\"]",
                 refusals[i]);
        assert_int_equal(read_row(members), AG_OK);
        assert_int_equal(table.rows[0].refuses, 1u << i);
    }

    assert_int_equal(i, sizeof(refusals) / sizeof(refusals[0]));
}


static void
test_unknown_words_are_refused_with_the_allowed_ones(void **state)
{
    (void) state;

    refuses("\"max_tokens\": 5",
            "\"max_tokens\" is not allowed, allowed are name, context_window, "
            "max_output_tokens, thinking, refuses, price");
    refuses("\"thinking\": \"much\"",
            "thinking: \"much\" is not allowed, allowed are none, budget, "
            "adaptive, level, effort");
    refuses("\"thinking\": \"unknown\"",
            "thinking: \"unknown\" is not allowed, allowed are none, budget, "
            "adaptive, level, effort");
    refuses("\"refuses\": [\"stop\", \"temperature\"]",
            "refuses: \"temperature\" is not allowed, allowed are sampling, "
            "both_sampling, forced_tool, prefill, thinking_off, penalties, "
            "choices, json_schema, parallel_off, system_turn, images, files, "
            "audio, tools, stop");
    refuses("\"price\": {\"input\": 1, \"in\": 1}",
            "price.\"in\" is not allowed, allowed are input, output, cached, "
            "written");
    refuses("\"price\": {\"input\": 1, \"output\": 1}, \"thinking\": 1",
            "thinking: 1 is not allowed, allowed are none, budget, "
            "adaptive, level, effort");
    refuses("\"THINKING\": \"none\"",
            "\"THINKING\" is not allowed, allowed are name, context_window, "
            "max_output_tokens, thinking, refuses, price");
}


static void
test_nothing_is_said_twice(void **state)
{
    (void) state;

    refuses("\"name\": \"n\"", "name: is there twice");
    refuses("\"price\": {\"input\": 1, \"input\": 1}",
            "price.input: is there twice");
    refuses("\"refuses\": [\"stop\", \"stop\"]",
            "refuses: \"stop\" is there twice");
}


static void
test_types_and_ranges_are_checked(void **state)
{
    (void) state;

    refuses("\"context_window\": 0", "context_window: 0" TOKENS);
    refuses("\"context_window\": -1", "context_window: -1" TOKENS);
    refuses("\"context_window\": 1.5", "context_window: 1.5" TOKENS);
    refuses("\"context_window\": 1000000001",
            "context_window: 1000000001" TOKENS);
    refuses("\"context_window\": \"200k\"",
            "context_window: \"200k\"" TOKENS);
    refuses("\"max_output_tokens\": null", "max_output_tokens: null" TOKENS);
    refuses("\"max_output_tokens\": 99999999999999999999999",
            "max_output_tokens: \"99999999999999999999999\"" TOKENS);
    refuses("\"thinking\": true",
            "thinking: true is not allowed, allowed are none, budget, adaptive, "
            "level, effort");
    refuses("\"refuses\": \"stop\"",
            "refuses: \"stop\" is not allowed, expected an array of words");
    refuses("\"refuses\": [7]",
            "refuses: 7 is not allowed, allowed are sampling, both_sampling, "
            "forced_tool, prefill, thinking_off, penalties, choices, "
            "json_schema, parallel_off, system_turn, images, files, audio, "
            "tools, stop");
    refuses("\"price\": 5",
            "price: 5 is not allowed, expected an object");
}


static void
test_a_price_is_whole_and_exact(void **state)
{
    (void) state;

    refuses("\"price\": {}", "price.input: is missing");
    refuses("\"price\": {\"input\": 1}", "price.output: is missing");
    refuses("\"price\": {\"input\": -0.1}", "price.input: -0.1" DOLLARS);
    refuses("\"price\": {\"input\": \"5\"}", "price.input: \"5\"" DOLLARS);
    refuses("\"price\": {\"input\": 1000000.1}",
            "price.input: 1000000.1" DOLLARS);
    refuses("\"price\": {\"input\": 0.0000005}",
            "price.input: 5e-07" DOLLARS);
    refuses("\"price\": {\"input\": 999999.0000005}",
            "price.input: 999999" DOLLARS);
    refuses("\"price\": {\"input\": true}", "price.input: true" DOLLARS);
}


static void
test_names_are_names(void **state)
{
    char         text[512];
    size_t       i;
    const char  *allowed;
    const char  *bad[] = { "\"\"", "\"a b\"", "\"a*b\"", "\"\\u00e9\"",
                           "5", "[]" };

    (void) state;

    allowed = "allowed are 1 to 256 characters of A-Z a-z 0-9 . _ : / @ + -, "
              "and one * at the end";

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "{\"dated\": \"2026-11-20\", "
                 "\"models\": [{\"name\": %s}]}", bad[i]);
        ag_arena_free(&arena);
        ag_arena_init(&arena, 1 << 20);
        assert_int_equal(ag_facts_read(&table, &arena,
                                       ag_str(text, strlen(text)), error,
                                       sizeof(error)), AG_INVALID);
        assert_non_null(strstr(error, allowed));
    }
}


static int
teardown(void **state)
{
    (void) state;
    ag_arena_free(&arena);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_what_a_row_leaves_out_is_unknown),
        cmocka_unit_test(test_a_whole_row_is_read),
        cmocka_unit_test(test_every_word_is_known),
        cmocka_unit_test(test_unknown_words_are_refused_with_the_allowed_ones),
        cmocka_unit_test(test_nothing_is_said_twice),
        cmocka_unit_test(test_types_and_ranges_are_checked),
        cmocka_unit_test(test_a_price_is_whole_and_exact),
        cmocka_unit_test(test_names_are_names),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
