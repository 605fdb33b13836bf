/*
 * Copyright (C) ngx_agent authors
 *
 * The page of GET /v1/usage.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "core/ag_price.h"
#include "core/ag_standing.h"


#define ROWS  6


static ag_buf_t           page;
static ag_limit_t         limits[ROWS];
static ag_standing_row_t  rows[ROWS];


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static void
row(unsigned i, ag_resource_t resource, ag_window_kind_t kind,
    const char *name, const char *model, const char *by)
{
    limits[i].resource = resource;
    limits[i].kind = kind;
    limits[i].max = 1;              /* a node's share is told, not this */
    rows[i].limit = &limits[i];
    rows[i].name = text(name);
    rows[i].model = text(model);
    rows[i].by = text(by);
}


static void
stands(unsigned i, uint64_t limit, uint64_t remaining, uint64_t reset)
{
    rows[i].standing.limit = limit;
    rows[i].standing.remaining = remaining;
    rows[i].standing.reset = reset;
}


static int
setup(void **state)
{
    (void) state;

    ag_buf_init(&page, 4096);

    row(0, AG_RESOURCE_REQUESTS, AG_WINDOW_LOG, "requests/1m", "", "tenant");
    stands(0, 60, 20, 6500000);
    row(1, AG_RESOURCE_MONEY, AG_WINDOW_MONTH, "budget/month", "", "tenant");
    stands(1, 500 * AG_NANO_USD, 487654321000, UINT64_C(946800000001));
    row(2, AG_RESOURCE_TOKENS, AG_WINDOW_RING, "tokens/1m", "gpt-5*", "key");
    stands(2, 200000, 0, 59999001);
    row(3, AG_RESOURCE_CONCURRENCY, AG_WINDOW_COUNT, "concurrency", "",
        "session");
    stands(3, 32, 30, 77);
    row(4, AG_RESOURCE_INPUT_TOKENS, AG_WINDOW_DAY, "input_tokens/day", "",
        "tenant");
    stands(4, 10, 11, 0);
    row(5, AG_RESOURCE_OUTPUT_TOKENS, AG_WINDOW_RING, "output_tokens/1h", "",
        "tenant");
    stands(5, UINT64_MAX, 1, 1);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    ag_buf_free(&page);

    return 0;
}


static void
expect(const char *expected)
{
    yyjson_doc  *doc;

    assert_int_equal(page.len, strlen(expected));
    assert_memory_equal(page.data, expected, page.len);

    doc = yyjson_read((char *) page.data, page.len, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);
}


static void
a_page_without_limits(void **state)
{
    (void) state;

    assert_int_equal(ag_standing_page(&page, text("search"), text(""), NULL,
                                      0), AG_OK);
    expect("{\"object\":\"usage\",\"tenant\":\"search\",\"key\":null,"
           "\"limits\":[],\"budgets\":[]}");
}


static void
a_page_of_all_kinds(void **state)
{
    (void) state;

    assert_int_equal(ag_standing_page(&page, text("search"), text("alice"),
                                      rows, ROWS), AG_OK);
    expect("{\"object\":\"usage\",\"tenant\":\"search\",\"key\":\"alice\","
        "\"limits\":["
        "{\"name\":\"requests/1m\",\"resource\":\"requests\","
        "\"model\":null,\"by\":\"tenant\","
        "\"limit\":60,\"used\":40,\"remaining\":20,\"reset_seconds\":6.5},"
        "{\"name\":\"tokens/1m\",\"resource\":\"tokens\","
        "\"model\":\"gpt-5*\",\"by\":\"key\","
        "\"limit\":200000,\"used\":200000,\"remaining\":0,"
        "\"reset_seconds\":60},"
        "{\"name\":\"concurrency\",\"resource\":\"concurrency\","
        "\"model\":null,\"by\":\"session\","
        "\"limit\":32,\"used\":2,\"remaining\":30,\"reset_seconds\":null},"
        "{\"name\":\"input_tokens/day\",\"resource\":\"input_tokens\","
        "\"model\":null,\"by\":\"tenant\","
        "\"limit\":10,\"used\":0,\"remaining\":11,\"reset_seconds\":0},"
        "{\"name\":\"output_tokens/1h\",\"resource\":\"output_tokens\","
        "\"model\":null,\"by\":\"tenant\","
        "\"limit\":18446744073709551615,\"used\":18446744073709551614,"
        "\"remaining\":1,\"reset_seconds\":0.001}],"
        "\"budgets\":["
        "{\"name\":\"budget/month\",\"resource\":\"money\","
        "\"currency\":\"USD\",\"model\":null,\"by\":\"tenant\","
        "\"limit\":500,\"used\":12.345679,\"remaining\":487.654321,"
        "\"reset_seconds\":946800.001}]}");
}


static void
budgets_may_stand_alone(void **state)
{
    (void) state;

    assert_int_equal(ag_standing_page(&page, text("search"), text("alice"),
                                      rows + 1, 1), AG_OK);
    expect("{\"object\":\"usage\",\"tenant\":\"search\",\"key\":\"alice\","
        "\"limits\":[],\"budgets\":["
        "{\"name\":\"budget/month\",\"resource\":\"money\","
        "\"currency\":\"USD\",\"model\":null,\"by\":\"tenant\","
        "\"limit\":500,\"used\":12.345679,\"remaining\":487.654321,"
        "\"reset_seconds\":946800.001}]}");
}


static void
names_cannot_leave_their_strings(void **state)
{
    yyjson_val  *root;
    yyjson_doc  *doc;

    (void) state;

    rows[0].name = text("a\"},{\"b");
    rows[0].model = text("\\\n");
    rows[0].by = text("\x80");

    assert_int_equal(ag_standing_page(&page, text("t\"t"), text("k\"k"), rows,
                                      1), AG_OK);

    doc = yyjson_read((char *) page.data, page.len, 0);
    assert_non_null(doc);
    root = yyjson_doc_get_root(doc);
    assert_true(yyjson_equals_str(yyjson_obj_get(root, "tenant"), "t\"t"));
    assert_true(yyjson_equals_str(yyjson_obj_get(root, "key"), "k\"k"));
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "limits")), 1);
    yyjson_doc_free(doc);
}


static void
a_page_that_does_not_fit_is_not_begun(void **state)
{
    size_t  max, len;

    (void) state;

    assert_int_equal(ag_standing_page(&page, text("search"), text(""), rows,
                                      ROWS), AG_OK);
    len = page.len;

    for (max = 3; max < len + 3; max++) {
        ag_buf_free(&page);
        ag_buf_init(&page, max);
        assert_int_equal(ag_buf_add(&page, "abc", 3), AG_OK);

        assert_int_equal(ag_standing_page(&page, text("search"), text(""),
                                          rows, ROWS), AG_LIMIT);
        assert_int_equal(page.len, 3);
    }

    ag_buf_free(&page);
    ag_buf_init(&page, len + 3);
    assert_int_equal(ag_buf_add(&page, "abc", 3), AG_OK);
    assert_int_equal(ag_standing_page(&page, text("search"), text(""), rows,
                                      ROWS), AG_OK);
    assert_memory_equal(page.data, "abc{\"object\"", 12);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_page_without_limits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_page_of_all_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(budgets_may_stand_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_cannot_leave_their_strings,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_does_not_fit_is_not_begun,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
