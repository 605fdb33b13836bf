/*
 * Copyright (C) ngx_agent authors
 *
 * Finding the facts of a model: in tables written out here, in the
 * project's own, and in tables made at random, where the answer of a slow
 * search must be the same.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_name.h"
#include "dialect/ag_facts_parts.h"


#define ROWS  24


static ag_str_t str(const char *text);
static const char *find(const char *names, const char *model);
static void make(ag_facts_table_t *table, ag_facts_t *rows, const char *names);
static const ag_facts_t *find_slowly(const ag_facts_table_t *table,
    ag_str_t model);
static uint32_t pick(uint32_t below);


static const ag_dialect_t  anthropic = { .name = "anthropic" };
static const ag_dialect_t  gemini = { .name = "gemini" };
static const ag_dialect_t  openai = { .name = "openai" };

static uint64_t  seed;


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/* The name of the row that is found in a table of these names. */
static const char *
find(const char *names, const char *model)
{
    ag_facts_t         rows[ROWS];
    const ag_facts_t  *found;
    ag_facts_table_t   table;
    static char        name[300];

    make(&table, rows, names);
    found = ag_facts_find(&table, str(model), &openai);

    if (found < rows || found >= rows + ROWS) {
        return "none of them";
    }

    snprintf(name, sizeof(name), "%.*s", (int) found->name.len,
             (const char *) found->name.data);

    return name;
}


/* Names separated by spaces, in any order. */
static void
make(ag_facts_table_t *table, ag_facts_t *rows, const char *names)
{
    size_t      len;
    uint32_t    i, n;
    ag_facts_t  row;

    memset(table, 0, sizeof(ag_facts_table_t));
    memset(rows, 0, ROWS * sizeof(ag_facts_t));
    table->rows = rows;

    for (n = 0; *names != '\0'; n++) {
        assert_true(n < ROWS);
        len = strcspn(names, " ");
        rows[n].name = ag_str(names, len);
        names += len + (names[len] == ' ');

        for (i = n; i > 0; i--) {
            if (ag_facts_order(rows[i - 1].name, rows[i].name) < 0) {
                break;
            }

            row = rows[i];
            rows[i] = rows[i - 1];
            rows[i - 1] = row;
        }
    }

    table->count = n;
}


static void
test_the_exact_name_comes_before_a_prefix(void **state)
{
    (void) state;

    assert_string_equal(find("kilo-5* kilo-5", "kilo-5"), "kilo-5");
    assert_string_equal(find("kilo-5 kilo-5*", "kilo-5-mini"), "kilo-5*");
    assert_string_equal(find("kilo-5-mini kilo-5-m* kilo-5*", "kilo-5-mini"),
                        "kilo-5-mini");
    assert_string_equal(find("kilo-5", "kilo-5-mini"), "none of them");
    assert_string_equal(find("kilo-5", "kilo-"), "none of them");
    assert_string_equal(find("kilo-5*", "kilo-5"), "kilo-5*");
    assert_string_equal(find("", "kilo-5"), "none of them");
}


static void
test_the_longest_prefix_wins(void **state)
{
    (void) state;

    assert_string_equal(find("k* ki* kilo-* kilo-5*", "kilo-5-x"), "kilo-5*");
    assert_string_equal(find("k* ki* kilo-* kilo-5*", "kilo-4"), "kilo-*");
    assert_string_equal(find("k* ki* kilo-* kilo-5*", "kite"), "ki*");
    assert_string_equal(find("k* ki* kilo-* kilo-5*", "kx"), "k*");
    assert_string_equal(find("* ki*", "other"), "*");

    /* rows between the prefix and the name do not hide it */

    assert_string_equal(find("kilo-* kilo-4 kilo-4* kilo-44 kilo-5a kilo-5b*",
                             "kilo-5c"), "kilo-*");
    assert_string_equal(find("a* aa aaa aaaa ab abb", "aaab"), "a*");
}


static void
test_the_case_of_letters_does_not_matter(void **state)
{
    (void) state;

    assert_string_equal(find("Kilo-70B-*", "kilo-70b-instruct"),
                        "Kilo-70B-*");
    assert_string_equal(find("kilo-70b", "KILO-70B"), "kilo-70b");
    assert_string_equal(find("AZ-1*", "az-1"), "AZ-1*");
    assert_string_equal(find("kilo@* kiloX kilo`*", "kilox"), "kiloX");
}


static void
test_a_vendors_prefix_is_taken_off(void **state)
{
    (void) state;

    assert_string_equal(find("kilo-5*", "acme/kilo-5"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "router/acme/kilo-5"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "models/kilo-5"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "acme.kilo-5-v1:0"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "us.acme.kilo-5-v1:0"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "us-gov.acme.kilo-5"), "kilo-5*");
    assert_string_equal(find("kilo-5*", "bedrock/us.acme.kilo-5"), "kilo-5*");
    assert_string_equal(find("kilo-5", "acme/kilo-5"), "kilo-5");

    /* a version is no vendor */

    assert_string_equal(find("mini", "kilo-4.mini"), "none of them");
    assert_string_equal(find("1-mini*", "kilo-4.1-mini"), "none of them");
    assert_string_equal(find("kilo-4.1*", "kilo-4.1-mini"), "kilo-4.1*");
    assert_string_equal(find("kilo-4.1*", "acme.kilo-4.1-mini"), "kilo-4.1*");
}


static void
test_the_whole_name_may_be_in_the_table_too(void **state)
{
    (void) state;

    assert_string_equal(find("kilo-5* acme/kilo-5*", "acme/kilo-5-x"),
                        "acme/kilo-5*");
    assert_string_equal(find("kilo-5 acme/kilo-5", "acme/kilo-5"),
                        "acme/kilo-5");
    assert_string_equal(find("acme/kilo-5", "kilo-5"), "none of them");

    /* an exact name of either form comes before any prefix */

    assert_string_equal(find("kilo-5 acme/kilo*", "acme/kilo-5"), "kilo-5");

    /* else the one that says more of the model */

    assert_string_equal(find("* kilo-5*", "acme/kilo-5"), "kilo-5*");
    assert_string_equal(find("acme/* kilo-*", "acme/kilo-5"), "kilo-*");
    assert_string_equal(find("acme/kilo-5* kilo-*", "acme/kilo-5"),
                        "acme/kilo-5*");
    assert_string_equal(find("acme/kilo* kilo*", "acme/kilo-5"),
                        "acme/kilo*");
    assert_string_equal(find("acme/* *", "acme/kilo-5"), "acme/*");
    assert_string_equal(find("acme/*", "acme/kilo-5"), "acme/*");
}


static void
test_a_table_comes_before_the_projects_own(void **state)
{
    const ag_facts_t  *found;
    ag_facts_table_t   empty;

    (void) state;

    assert_string_equal(find("claude-*", "claude-opus-4-5"), "claude-*");
    assert_string_equal(find("kilo-*", "claude-opus-4-5"), "none of them");

    found = ag_facts_find(NULL, str("claude-opus-4-5-20251101"), &anthropic);
    assert_true(ag_str_is(found->name, "claude-opus-4-5*"));
    assert_int_equal(found->max_output_tokens, 64000);

    memset(&empty, 0, sizeof(empty));
    assert_ptr_equal(ag_facts_find(&empty, str("claude-opus-4-5-20251101"),
                                   &anthropic), found);
    assert_ptr_equal(ag_facts_find(NULL, str("us.anthropic.claude-opus-4-5-"
                                             "20251101-v1:0"), &openai),
                     found);
}


static void
test_an_unknown_name_gets_what_its_dialect_needs(void **state)
{
    const ag_facts_t  *found;

    (void) state;

    found = ag_facts_find(NULL, str("kilo-5"), &anthropic);
    assert_int_equal(found->name.len, 0);
    assert_int_equal(found->context_window, 200000);
    assert_int_equal(found->max_output_tokens, 8192);
    assert_int_equal(found->thinking, AG_THINKING_ADAPTIVE);
    assert_int_equal(found->refuses, 0);
    assert_true(found->price.input == AG_PRICE_UNKNOWN);
    assert_true(found->price.output == AG_PRICE_UNKNOWN);

    found = ag_facts_find(NULL, str("kilo-5"), &gemini);
    assert_int_equal(found->max_output_tokens, 8192);
    assert_int_equal(found->thinking, AG_THINKING_UNKNOWN);
    assert_int_equal(found->refuses, 0);

    found = ag_facts_find(NULL, str("kilo-5"), &openai);
    assert_int_equal(found->context_window, 0);
    assert_int_equal(found->max_output_tokens, 0);
    assert_int_equal(found->thinking, AG_THINKING_UNKNOWN);
    assert_int_equal(found->refuses, 0);
    assert_true(found->price.cached == AG_PRICE_UNKNOWN);

    assert_ptr_equal(ag_facts_find(NULL, str("kilo-5"), NULL), found);
    assert_ptr_equal(ag_facts_find(NULL, ag_str(NULL, 0), &openai), found);
}


static void
test_names_of_any_bytes_are_looked_up(void **state)
{
    char    *name;
    size_t   i, len;

    (void) state;

    for (len = 0; len < 300; len++) {
        name = malloc(len + 1);     /* its exact size, for the sanitizer */

        for (i = 0; i < len; i++) {
            name[i] = "/.a*-\xff\0g"[(i * 7 + len) % 8];
        }

        assert_non_null(ag_facts_find(NULL, ag_str(name, len), &gemini));
        free(name);
    }

    assert_string_equal(find("a* aa* aaa* aaaa*", "aaaa/aaaa/"), "aaaa*");
    assert_string_equal(find("a* b", "a/"), "a*");
    assert_string_equal(find("* b", ""), "*");
    assert_string_equal(find("kilo", "a.b.c."), "none of them");
}


static uint32_t
pick(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;

    return (uint32_t) (seed >> 33) % below;
}


/* By the letter of the contract, row by row; no vendors in these names. */
static const ag_facts_t *
find_slowly(const ag_facts_table_t *table, ag_str_t model)
{
    uint32_t           i;
    const ag_facts_t  *row, *best;

    best = NULL;

    for (i = 0; i < table->count; i++) {
        row = &table->rows[i];

        if (ag_str_equal(row->name, model)) {
            return row;
        }

        if (ag_name_is_pattern(row->name)
            && ag_name_matches(row->name, model)
            && (best == NULL || row->name.len > best->name.len))
        {
            best = row;
        }
    }

    return best;
}


static void
test_a_slow_search_finds_the_same(void **state)
{
    char               names[ROWS * 8], model[8];
    uint32_t           i, n, round, letters;
    ag_facts_t         rows[ROWS];
    ag_facts_table_t   table;
    const ag_facts_t  *found, *slowly;

    (void) state;

    for (round = 0; round < 20000; round++) {
        seed = round;
        letters = 1 + pick(3);
        names[0] = '\0';
        n = 0;

        for (i = 0; i < ROWS - 1; i++) {
            memset(model, 0, sizeof(model));

            for (n = 0; n < 1 + pick(5); n++) {
                model[n] = (char) ('a' + pick(letters));
            }

            if (pick(2)) {
                strcat(model, "*");
            }

            make(&table, rows, names);

            for (n = 0; n < table.count; n++) {
                if (ag_str_is(rows[n].name, model)) {
                    break;
                }
            }

            if (n == table.count) {
                strcat(strcat(names, *names ? " " : ""), model);
            }
        }

        make(&table, rows, names);

        for (i = 0; i < 8; i++) {
            memset(model, 0, sizeof(model));

            for (n = 0; n < 7 && pick(6); n++) {
                model[n] = (char) ('a' + pick(letters));
            }

            slowly = find_slowly(&table, str(model));
            found = ag_facts_find(&table, str(model), NULL);

            if (slowly == NULL) {
                assert_int_equal(found->name.len, 0);
                continue;
            }

            if (slowly != found) {
                fail_msg("\"%s\" in \"%s\": %.*s", model, names,
                         (int) found->name.len,
                         (const char *) found->name.data);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_exact_name_comes_before_a_prefix),
        cmocka_unit_test(test_the_longest_prefix_wins),
        cmocka_unit_test(test_the_case_of_letters_does_not_matter),
        cmocka_unit_test(test_a_vendors_prefix_is_taken_off),
        cmocka_unit_test(test_the_whole_name_may_be_in_the_table_too),
        cmocka_unit_test(test_a_table_comes_before_the_projects_own),
        cmocka_unit_test(test_an_unknown_name_gets_what_its_dialect_needs),
        cmocka_unit_test(test_names_of_any_bytes_are_looked_up),
        cmocka_unit_test(test_a_slow_search_finds_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
