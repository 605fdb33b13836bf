/*
 * Copyright (C) ngx_agent authors
 *
 * Pieces of what is said of limits.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_price.h"
#include "core/ag_standing_parts.h"


static ag_buf_t              buf;
static ag_standing_writer_t  writer;


static int
setup(void **state)
{
    (void) state;
    ag_buf_init(&buf, 64);
    writer.buf = &buf;
    writer.rc = AG_OK;

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    ag_buf_free(&buf);

    return 0;
}


/* What was put since the last time. */
static void
expect(const char *text)
{
    assert_int_equal(writer.rc, AG_OK);
    assert_int_equal(buf.len, strlen(text));
    assert_memory_equal(buf.data, text, buf.len);
    buf.len = 0;
}


static void
amounts_are_written_out(void **state)
{
    (void) state;

    ag_standing_put_amount(&writer, AG_RESOURCE_TOKENS, UINT64_MAX);
    expect("18446744073709551615");
    ag_standing_put_amount(&writer, AG_RESOURCE_REQUESTS, 0);
    expect("0");

    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 0);
    expect("0");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 1);
    expect("0.000000001");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 100);
    expect("0.0000001");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 500 * AG_NANO_USD);
    expect("500");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 12500000000);
    expect("12.5");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 10010000000);
    expect("10.01");
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, UINT64_MAX);
    expect("18446744073.709551615");
}


static void
seconds_are_rounded_up(void **state)
{
    (void) state;

    ag_standing_put_seconds(&writer, 0);
    expect("0");
    ag_standing_put_seconds(&writer, 1);
    expect("0.001");
    ag_standing_put_seconds(&writer, 10000);
    expect("0.01");
    ag_standing_put_seconds(&writer, 999999);
    expect("1");
    ag_standing_put_seconds(&writer, 263 * UINT64_C(3600500000));
    expect("946931.5");
    ag_standing_put_seconds(&writer, UINT64_MAX);
    expect("18446744073709.552");

    assert_int_equal(ag_standing_up(0, 1000), 0);
    assert_int_equal(ag_standing_up(1000, 1000), 1);
    assert_int_equal(ag_standing_up(1001, 1000), 2);
    assert_true(ag_standing_up(UINT64_MAX, 1) == UINT64_MAX);
}


static void
an_empty_text_is_something_else(void **state)
{
    (void) state;

    ag_standing_put_json(&writer, "a:", ag_str("x\"\n", 3), "null");
    expect("a:\"x\\\"\\n\"");
    ag_standing_put_json(&writer, "a:", ag_str(NULL, 0), "null");
    expect("a:null");
}


static void
nothing_is_put_behind_what_did_not_fit(void **state)
{
    (void) state;

    ag_standing_put_text(&writer, ag_str("0123456789", 10));
    ag_standing_put(&writer, "0123456789012345678901234567890123456789"
                             "012345678901234");
    assert_int_equal(writer.rc, AG_LIMIT);
    assert_int_equal(buf.len, 10);

    ag_standing_put(&writer, "a");
    ag_standing_put_number(&writer, 1);
    ag_standing_put_amount(&writer, AG_RESOURCE_MONEY, 1);
    ag_standing_put_seconds(&writer, 1);
    ag_standing_put_time(&writer, 1);
    ag_standing_put_json(&writer, "a", ag_str("b", 1), "c");
    ag_standing_put_json(&writer, "a", ag_str("b", 0), "c");

    assert_int_equal(writer.rc, AG_LIMIT);
    assert_int_equal(buf.len, 10);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(amounts_are_written_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(seconds_are_rounded_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_empty_text_is_something_else,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_put_behind_what_did_not_fit,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
