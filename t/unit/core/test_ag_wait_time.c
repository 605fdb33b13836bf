/*
 * Copyright (C) ngx_agent authors
 *
 * Numbers, durations and the ends of limits, in microseconds.
 */


#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_wait_parts.h"


#define NOW  INT64_C(1795176000)    /* 2026-11-20T12:00:00Z */


typedef struct {
    const char  *text;
    uint64_t     us;
} row_t;


/* A block of its own: reading past its end is seen. */
static ag_str_t
copy_of(const char *text)
{
    size_t  len;
    char   *copy;

    len = strlen(text);
    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);

    return ag_str(copy, len);
}


static void
expect(const char *text, uint64_t us, uint64_t expected)
{
    if (us != expected) {
        fail_msg("\"%s\": %" PRIu64 " instead of %" PRIu64, text, us,
                 expected);
    }
}


static void
numbers_are_rounded_up_and_saturate(void **state)
{
    size_t              i;
    ag_str_t            text;
    static const row_t  rows[] = {
        { "1", 1000000 },
        { "0.000001", 1 },
        { "0.0000001", 1 },
        { "0.0000010", 1 },
        { "0.00000100000000001", 2 },
        { "0.9999999", 1000000 },
        { "1.9999991", 2000000 },
        { "12.345678", 12345678 },
        { " \t12\t ", 12000000 },
        { "00012", 12000000 },
        { "1999999.999999", AG_WAIT_MAX_US - 1 },
        { "2000000", AG_WAIT_MAX_US },
        { "2000000.000001", AG_WAIT_MAX_US },
        { "1000000000000000", AG_WAIT_MAX_US },
        { "9223372036854775808", AG_WAIT_MAX_US },
        { "18446744073709551615", AG_WAIT_MAX_US },
        { "18446744073709551617", AG_WAIT_MAX_US },
        { "18446744073709551617.5", AG_WAIT_MAX_US },
        { "", 0 },
        { " ", 0 },
        { "0", 0 },
        { "0.0", 0 },
        { ".", 0 },
        { ".5", 0 },
        { "5.", 0 },
        { "5. ", 0 },
        { "5.x", 0 },
        { "1 2", 0 },
        { "-1", 0 },
        { "+1", 0 },
        { "1e1", 0 },
        { "1_000", 0 },
        { "1,000", 0 },
        { "/", 0 },
        { ":", 0 },
        { "\n1", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text = copy_of(rows[i].text);
        expect(rows[i].text, ag_wait_number(text, AG_WAIT_SECOND),
               rows[i].us);
        free((void *) text.data);
    }

    assert_int_equal(ag_wait_number(ag_str("12.5", 4), 1000), 12500);
    assert_int_equal(ag_wait_number(ag_str("12.0001", 7), 1), 13);
    assert_int_equal(ag_wait_number(ag_str("12.5x", 4), 1000), 12500);
    assert_int_equal(ag_wait_number(ag_str(NULL, 0), 1000), 0);
}


static void
durations_are_sums(void **state)
{
    size_t              i;
    ag_str_t            text;
    static const row_t  rows[] = {
        { "1s", 1000000 },
        { "1ms", 1000 },
        { "0.5ms", 500 },
        { "0.0001ms", 1 },
        { "6m0s", 360000000 },
        { "6m", 360000000 },
        { "1h2m3.5s", 3723500000 },
        { "2m59.56s", 179560000 },
        { "1h0m0.001s", 3600001000 },
        { "1d", 86400000000 },
        { "1d1h1m1s1ms", 90061001000 },
        { "1m1ms", 60001000 },
        { "1ms1m", 60001000 },
        { "0.5h", 1800000000 },
        { " 1s ", 1000000 },
        { "1000000s1000000s", AG_WAIT_MAX_US },
        { "1000000s1000001s", AG_WAIT_MAX_US },
        { "23d", 86400000000 * 23 },
        { "24d", AG_WAIT_MAX_US },
        { "99999999999999999999d", AG_WAIT_MAX_US },
        { "99999999999999999999d99999999999999999999d", AG_WAIT_MAX_US },
        { "99999999999999999999ms", AG_WAIT_MAX_US },
        { "999.999999d", AG_WAIT_MAX_US },
        { "0s", 0 },
        { "0h0m0s", 0 },
        { "", 0 },
        { "s", 0 },
        { "ms", 0 },
        { "12", 0 },
        { "6m0", 0 },
        { "6m0s0", 0 },
        { "6m 0s", 0 },
        { "1 s", 0 },
        { "-1s", 0 },
        { "1s-1ms", 0 },
        { "1S", 0 },
        { "1M", 0 },
        { "1sec", 0 },
        { "1min", 0 },
        { "1us", 0 },
        { "1w", 0 },
        { ".5s", 0 },
        { "5.s", 0 },
        { "1s,", 0 },
        { "PT1S", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text = copy_of(rows[i].text);
        expect(rows[i].text, ag_wait_duration(text), rows[i].us);
        free((void *) text.data);
    }

    assert_int_equal(ag_wait_duration(ag_str("1ms", 2)), 60000000);
    assert_int_equal(ag_wait_duration(ag_str(NULL, 0)), 0);
}


static void
large_numbers_are_times(void **state)
{
    size_t              i;
    ag_str_t            text;
    static const row_t  rows[] = {
        { "60", 60000000 },
        { "60.5", 60500000 },
        { "1000000000", AG_WAIT_MAX_US },
        { "1000000001", 0 },
        { "1000000000.5", AG_WAIT_MAX_US },
        { "1795175999", 0 },
        { "1795176000", 0 },
        { "1795176000.5", 500000 },
        { "1795176001", 1000000 },
        { "1795176001.0000001", 1000001 },
        { "1797175999.999999", AG_WAIT_MAX_US - 1 },
        { "1797176000", AG_WAIT_MAX_US },
        { "1000000000000", AG_WAIT_MAX_US },
        { "1000000000001", 0 },
        { "1795175999999", 0 },
        { "1795176000000", 0 },
        { "1795176000001", 1000 },
        { "1795176000001.5", 1500 },
        { "1795176000000.0001", 1 },
        { "1795176060000", 60000000 },
        { "1000000000000000", AG_WAIT_MAX_US },
        { "99999999999999999999", AG_WAIT_MAX_US },
        { " 1795176001 ", 1000000 },
        { "6m0s", 360000000 },
        { "0.0001ms", 1 },
        { "2026-11-20T12:00:01Z", 1000000 },
        { "0", 0 },
        { "", 0 },
        { "-60", 0 },
        { "soon", 0 },
        { "1795176001Z", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text = copy_of(rows[i].text);
        expect(rows[i].text, ag_wait_reset(text, NOW), rows[i].us);
        free((void *) text.data);
    }

    assert_int_equal(ag_wait_reset(ag_str(NULL, 0), NOW), 0);
    assert_int_equal(ag_wait_reset(ag_str("99999999999999999999", 20),
                                   AG_WAIT_NOW_MAX), AG_WAIT_MAX_US);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(numbers_are_rounded_up_and_saturate),
        cmocka_unit_test(durations_are_sums),
        cmocka_unit_test(large_numbers_are_times)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
