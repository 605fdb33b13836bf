/*
 * Copyright (C) ngx_agent authors
 *
 * The project's own table: it is what its file says, in the order that
 * ag_facts_find() needs, and says what a provider's documents say of some
 * models that a wrong row would break most.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_facts_parts.h"


#define FILE_NAME  "lua-free-conf/model-facts.json"


static ag_str_t contents(ag_buf_t *buffer);
static const ag_facts_t *find(const char *model);


/* The file, in memory of its exact size. */
static ag_str_t
contents(ag_buf_t *buffer)
{
    FILE    *file;
    char     some[4096];
    size_t   n;

    ag_buf_init(buffer, AG_FACTS_FILE_MAX);
    file = fopen(FILE_NAME, "rb");
    assert_non_null(file);

    while ((n = fread(some, 1, sizeof(some), file)) != 0) {
        assert_int_equal(ag_buf_add(buffer, some, n), AG_OK);
    }

    fclose(file);

    return ag_buf_str(buffer);
}


static const ag_facts_t *
find(const char *model)
{
    const ag_facts_t  *found;

    found = ag_facts_find(NULL, ag_str(model, strlen(model)), NULL);

    if (found->name.len == 0) {
        fail_msg("nothing is known of %s", model);
    }

    return found;
}


static void
test_the_table_is_what_its_file_says(void **state)
{
    int                rc;
    char               error[512];
    uint32_t           i;
    ag_buf_t           buffer;
    ag_arena_t         arena;
    ag_facts_table_t   table;
    const ag_facts_t  *a, *b;

    (void) state;

    ag_arena_init(&arena, 1 << 20);
    error[0] = '\0';
    rc = ag_facts_read(&table, &arena, contents(&buffer), error,
                       sizeof(error));

    if (rc != AG_OK) {
        fail_msg("%s: %s", FILE_NAME, error);
    }

    assert_int_equal(table.count, ag_facts_default_count);
    assert_true(ag_str_is(table.dated, ag_facts_dated()));

    for (i = 0; i < table.count; i++) {
        a = &table.rows[i];
        b = &ag_facts_default[i];

        if (!ag_str_equal(a->name, b->name)
            || a->context_window != b->context_window
            || a->max_output_tokens != b->max_output_tokens
            || a->thinking != b->thinking || a->refuses != b->refuses
            || memcmp(&a->price, &b->price, sizeof(a->price)) != 0)
        {
            fail_msg("\"%.*s\" is not as in the file", (int) b->name.len,
                     (const char *) b->name.data);
        }
    }

    ag_arena_free(&arena);
    ag_buf_free(&buffer);
}


static void
test_the_rows_are_in_order(void **state)
{
    uint32_t  i;

    (void) state;

    assert_true(ag_facts_default_count > 60);

    for (i = 1; i < ag_facts_default_count; i++) {
        assert_true(ag_facts_order(ag_facts_default[i - 1].name,
                                   ag_facts_default[i].name) < 0);
    }
}


static void
test_the_rows_make_sense(void **state)
{
    uint32_t           i;
    const ag_facts_t  *row;

    (void) state;

    for (i = 0; i < ag_facts_default_count; i++) {
        row = &ag_facts_default[i];

        if ((row->context_window != 0
             && row->max_output_tokens > row->context_window)
            || (ag_facts_refuses(row, SAMPLING)
                && ag_facts_refuses(row, BOTH_SAMPLING))
            || (row->thinking == AG_THINKING_NONE
                && ag_facts_refuses(row, THINKING_OFF))
            || (row->price.cached != AG_PRICE_UNKNOWN
                && row->price.cached > row->price.input)
            || (row->price.input == AG_PRICE_UNKNOWN)
               != (row->price.output == AG_PRICE_UNKNOWN))
        {
            fail_msg("\"%.*s\" cannot be right", (int) row->name.len,
                     (const char *) row->name.data);
        }
    }
}


static void
test_claudes_features(void **state)
{
    const ag_facts_t  *row;

    (void) state;

    row = find("claude-opus-5-5");
    assert_int_equal(row->thinking, AG_THINKING_ADAPTIVE);
    assert_true(ag_facts_refuses(row, SAMPLING));
    assert_true(ag_facts_refuses(row, FORCED_TOOL));
    assert_true(ag_facts_refuses(row, PREFILL));
    assert_true(ag_facts_refuses(row, THINKING_OFF));
    assert_false(ag_facts_refuses(row, JSON_SCHEMA));
    assert_false(ag_facts_refuses(row, SYSTEM_TURN));

    row = find("claude-opus-5");
    assert_false(ag_facts_refuses(row, FORCED_TOOL));
    assert_false(ag_facts_refuses(row, THINKING_OFF));

    row = find("claude-opus-4-6");
    assert_int_equal(row->thinking, AG_THINKING_ADAPTIVE);
    assert_int_equal(row->max_output_tokens, 128000);
    assert_false(ag_facts_refuses(row, SAMPLING));
    assert_true(ag_facts_refuses(row, BOTH_SAMPLING));
    assert_true(ag_facts_refuses(row, PREFILL));
    assert_true(ag_facts_refuses(row, SYSTEM_TURN));

    row = find("claude-sonnet-4-5-20250929");
    assert_int_equal(row->thinking, AG_THINKING_BUDGET);
    assert_false(ag_facts_refuses(row, PREFILL));
    assert_int_equal(row->price.cached, 300000);
    assert_int_equal(row->price.written, 3750000);

    assert_true(ag_facts_refuses(find("claude-sonnet-4-20250514"),
                                 JSON_SCHEMA));
    assert_int_equal(find("claude-3-haiku-20240307")->max_output_tokens,
                     4096);
    assert_true(ag_facts_refuses(find("claude-saga-7"), SAMPLING));
}


static void
test_the_ways_to_ask_for_reasoning(void **state)
{
    (void) state;

    assert_int_equal(find("gemini-2.5-flash")->thinking,
                     AG_THINKING_BUDGET);
    assert_int_equal(find("models/gemini-3-pro-preview")->thinking,
                     AG_THINKING_LEVEL);
    assert_int_equal(find("gemini-3.8-flash")->thinking, AG_THINKING_LEVEL);
    assert_int_equal(find("gemini-2.0-flash")->thinking, AG_THINKING_NONE);
    assert_int_equal(find("gemini-embedding-001")->thinking,
                     AG_THINKING_NONE);
    assert_int_equal(find("o3-mini")->thinking, AG_THINKING_EFFORT);
    assert_int_equal(find("gpt-5-mini")->thinking, AG_THINKING_EFFORT);
    assert_int_equal(find("gpt-4o-2024-08-06")->thinking, AG_THINKING_NONE);

    assert_true(ag_facts_refuses(find("gemini-2.5-pro"), THINKING_OFF));
    assert_false(ag_facts_refuses(find("gemini-2.5-flash"), THINKING_OFF));
    assert_true(ag_facts_refuses(find("gpt-5-mini"), SAMPLING));
    assert_false(ag_facts_refuses(find("gpt-4.1"), SAMPLING));
    assert_false(ag_facts_refuses(find("gpt-4o-mini"), STOP));
    assert_true(ag_facts_refuses(find("o4-mini"), STOP));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_table_is_what_its_file_says),
        cmocka_unit_test(test_the_rows_are_in_order),
        cmocka_unit_test(test_the_rows_make_sense),
        cmocka_unit_test(test_claudes_features),
        cmocka_unit_test(test_the_ways_to_ask_for_reasoning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
