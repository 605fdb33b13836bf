/*
 * Copyright (C) ngx_agent authors
 *
 * Reading a file of model facts: what it may hold, and that everything else
 * is refused by name.  Files are read in memory of their exact size.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_facts_parts.h"


#define DATED  "\"dated\": \"2026-11-20\""


static int read_file(ag_str_t text, size_t memory);
static void refuses(const char *text, const char *expected);


static ag_arena_t        arena;
static ag_facts_table_t  table;
static char              error[256];


/* The table lives until the next file is read. */
static int
read_file(ag_str_t text, size_t memory)
{
    int    rc;
    char  *copy;

    ag_arena_free(&arena);
    ag_arena_init(&arena, memory);

    copy = malloc(text.len + 1);
    memcpy(copy, text.data, text.len);
    error[0] = '\0';

    rc = ag_facts_read(&table, &arena, ag_str(copy, text.len), error,
                       sizeof(error));
    free(copy);

    return rc;
}


static void
refuses(const char *text, const char *expected)
{
    assert_int_equal(read_file(ag_str(text, strlen(text)), 1 << 20),
                     AG_INVALID);
    assert_string_equal(error, expected);
}


static void
test_a_file_is_read(void **state)
{
    int          rc;
    const char  *text;

    (void) state;

    text = "{" DATED ", \"models\": ["
           "{\"name\": \"kilo-5*\"},"
           "{\"name\": \"Acme/kilo-4\", \"context_window\": 1000},"
           "{\"name\": \"kilo-5\", \"max_output_tokens\": 7}]}";

    rc = read_file(ag_str(text, strlen(text)), 1 << 20);
    assert_int_equal(rc, AG_OK);
    assert_true(ag_str_is(table.dated, "2026-11-20"));
    assert_ptr_equal(table.arena, &arena);
    assert_int_equal(table.count, 3);
    assert_true(ag_str_is(table.rows[0].name, "Acme/kilo-4"));
    assert_true(ag_str_is(table.rows[1].name, "kilo-5*"));
    assert_true(ag_str_is(table.rows[2].name, "kilo-5"));
    assert_int_equal(ag_facts_find(&table, ag_str("kilo-5", 6), NULL)
                     ->max_output_tokens, 7);
}


static void
test_a_file_may_hold_no_models(void **state)
{
    const char  *text;

    (void) state;

    text = "{\"models\": [], " DATED "}";
    assert_int_equal(read_file(ag_str(text, strlen(text)), 1 << 20), AG_OK);
    assert_int_equal(table.count, 0);
    assert_true(ag_str_is(ag_facts_find(&table, ag_str("gpt-4o", 6), NULL)
                          ->name, "gpt-4o*"));
}


static void
test_what_is_no_json_is_refused_with_its_line(void **state)
{
    (void) state;

    assert_int_equal(read_file(ag_str("{\n\n  \"dated\" 1}", 15), 1 << 20),
                     AG_INVALID);
    assert_memory_equal(error, "line 3: ", 8);
    assert_int_equal(read_file(ag_str("", 0), 1 << 20), AG_INVALID);
    assert_memory_equal(error, "line 1: ", 8);
}


static void
test_the_top_level_is_read_strictly(void **state)
{
    (void) state;

    refuses("[]", "array is not allowed, expected an object");
    refuses("{" DATED "}", "models: is missing");
    refuses("{\"models\": []}", "dated: is missing");
    refuses("{" DATED ", \"model\": []}",
            "\"model\" is not allowed, allowed are dated, models");
    refuses("{" DATED ", \"models\": {}}",
            "models: object is not allowed, expected an array");
    refuses("{" DATED ", \"models\": null}",
            "models: null is not allowed, expected an array");
    refuses("{" DATED ", \"models\": [{}, 1]}",
            "models[0] \"\": name: is missing");
    refuses("{" DATED ", \"models\": [{\"name\": \"a\"}, 1]}",
            "models[1] \"\": 1 is not allowed, expected an object");
}


static void
test_a_day_is_a_day(void **state)
{
    (void) state;

    refuses("{\"models\": [], \"dated\": 20261120}",
            "dated: 20261120 is not allowed, expected a day such as "
            "2026-11-20");
    refuses("{\"models\": [], \"dated\": \"2026-11-2\"}",
            "dated: \"2026-11-2\" is not allowed, expected a day such as "
            "2026-11-20");
    refuses("{\"models\": [], \"dated\": \"2026-11-201\"}",
            "dated: \"2026-11-201\" is not allowed, expected a day such as "
            "2026-11-20");
    refuses("{\"models\": [], \"dated\": \"2026/11/20\"}",
            "dated: \"2026/11/20\" is not allowed, expected a day such as "
            "2026-11-20");
}


static void
test_two_rows_of_a_name_are_refused(void **state)
{
    const char  *text;

    (void) state;

    refuses("{" DATED ", \"models\": [{\"name\": \"b*\"}, {\"name\": \"a\"}, "
            "{\"name\": \"b*\"}]}", "models: two rows of \"b*\"");

    /* the same to those who look it up */

    text = "{" DATED ", \"models\": [{\"name\": \"Kilo\"}, "
           "{\"name\": \"kilo\"}]}";
    assert_int_equal(read_file(ag_str(text, strlen(text)), 1 << 20),
                     AG_INVALID);
    assert_memory_equal(error, "models: two rows of \"", 21);

    text = "{" DATED ", \"models\": [{\"name\": \"b*\"}, {\"name\": \"b\"}]}";
    assert_int_equal(read_file(ag_str(text, strlen(text)), 1 << 20), AG_OK);
}


static void
test_an_error_is_one_line_and_fits(void **state)
{
    char    text[1024], name[300];
    size_t  i;

    (void) state;

    refuses("{" DATED ", \"a\\nb\": 1}",
            "\"a?b\" is not allowed, allowed are dated, models");
    refuses("{" DATED ", \"models\": [{\"name\": \"x\\u0000\\u001by\", "
            "\"b\": 1}]}",
            "models[0] \"x??y\": name: \"x??y\" is not allowed, allowed are "
            "1 to 256 characters of A-Z a-z 0-9 . _ : / @ + -, and one * at "
            "the end");

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    snprintf(text, sizeof(text), "{" DATED ", \"models\": [{\"name\": \"%s\","
             " \"thinking\": \"%s\"}]}", name, name);

    assert_int_equal(read_file(ag_str(text, strlen(text)), 1 << 20),
                     AG_INVALID);
    assert_true(strlen(error) < sizeof(error));
    assert_non_null(strstr(error, "models[0] \"aaaa"));

    for (i = 1; i < 40; i++) {      /* whatever room the caller has */
        char  *small;

        small = malloc(i);
        assert_int_equal(ag_facts_read(&table, &arena, ag_str("[]", 2),
                                       small, i), AG_INVALID);
        assert_true(strlen(small) < i);
        free(small);
    }
}


static void
test_the_caps_hold(void **state)
{
    char      row[64];
    size_t    i;
    ag_buf_t  text;

    (void) state;

    for (i = 0; i < 2; i++) {
        uint32_t  n;

        ag_buf_init(&text, 1 << 20);
        ag_buf_add_string(&text, "{" DATED ", \"models\": [");

        for (n = 0; n < AG_FACTS_ROWS_MAX + i; n++) {
            snprintf(row, sizeof(row), "%s{\"name\": \"m%u*\"}",
                     n ? "," : "", (unsigned) n);
            ag_buf_add_string(&text, row);
        }

        ag_buf_add_string(&text, "]}");
        assert_int_equal(read_file(ag_buf_str(&text), 1 << 20),
                         i ? AG_LIMIT : AG_OK);
        assert_string_equal(error, i ? "models: 4097 rows, at most 4096"
                                     : "");
        ag_buf_free(&text);
    }

    ag_buf_init(&text, 2 << 20);

    for (i = 0; i <= AG_FACTS_FILE_MAX; i++) {
        assert_int_equal(ag_buf_add(&text, " ", 1), AG_OK);
    }

    assert_int_equal(read_file(ag_buf_str(&text), 1 << 20), AG_LIMIT);
    assert_string_equal(error, "the file is larger than 1048576 bytes");
    ag_buf_free(&text);

    /* deeper than anything may be */

    ag_buf_init(&text, 1 << 20);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(ag_buf_add(&text, "[", 1), AG_OK);
    }

    assert_int_equal(read_file(ag_buf_str(&text), 1 << 20), AG_LIMIT);
    ag_buf_free(&text);
}


static void
test_without_memory_nothing_is_read(void **state)
{
    size_t       memory;
    const char  *text;

    (void) state;

    text = "{" DATED ", \"models\": [{\"name\": \"b*\"}, {\"name\": \"b\"}]}";

    for (memory = 0; memory < 200; memory += 8) {
        assert_int_equal(read_file(ag_str(text, strlen(text)), memory),
                         AG_NOMEM);
    }

    assert_int_equal(read_file(ag_str(text, strlen(text)), 1000), AG_OK);
}


static void
test_every_cut_of_a_file_is_refused(void **state)
{
    size_t       i, len;
    const char  *text;

    (void) state;

    text = "{" DATED ", \"models\": [{\"name\": \"b*\", \"refuses\": "
           "[\"stop\"], \"price\": {\"input\": 1.5, \"output\": 2}}]}";
    len = strlen(text);

    for (i = 0; i < len; i++) {
        assert_int_equal(read_file(ag_str(text, i), 1 << 20), AG_INVALID);
        assert_true(error[0] != '\0');
    }

    assert_int_equal(read_file(ag_str(text, len), 1 << 20), AG_OK);
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
        cmocka_unit_test(test_a_file_is_read),
        cmocka_unit_test(test_a_file_may_hold_no_models),
        cmocka_unit_test(test_what_is_no_json_is_refused_with_its_line),
        cmocka_unit_test(test_the_top_level_is_read_strictly),
        cmocka_unit_test(test_a_day_is_a_day),
        cmocka_unit_test(test_two_rows_of_a_name_are_refused),
        cmocka_unit_test(test_an_error_is_one_line_and_fits),
        cmocka_unit_test(test_the_caps_hold),
        cmocka_unit_test(test_without_memory_nothing_is_read),
        cmocka_unit_test(test_every_cut_of_a_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
