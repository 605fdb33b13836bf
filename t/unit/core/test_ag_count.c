/*
 * Copyright (C) ngx_agent authors
 *
 * Decimal counts.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_count.h"


static void
expect(const char *text, uint64_t expected)
{
    uint64_t  count;

    assert_int_equal(ag_count_read(ag_str(text, strlen(text)), &count),
                     AG_OK);
    assert_true(count == expected);
}


static void
refuse(const char *text, int rc)
{
    uint64_t  count;

    count = 42;

    assert_int_equal(ag_count_read(ag_str(text, strlen(text)), &count), rc);
    assert_int_equal(count, 42);
}


static void
reads_decimal_numbers(void **state)
{
    (void) state;

    expect("0", 0);
    expect("7", 7);
    expect("007", 7);
    expect("1000", 1000);
    expect("18446744073709551615", UINT64_MAX);
}


static void
scales_by_thousands(void **state)
{
    (void) state;

    expect("200k", 200000);
    expect("200K", 200000);
    expect("5m", 5000000);
    expect("5M", 5000000);
    expect("3g", UINT64_C(3000000000));
    expect("3G", UINT64_C(3000000000));
    expect("0g", 0);
    expect("18446744073g", UINT64_C(18446744073000000000));
}


static void
refuses_what_is_not_a_count(void **state)
{
    (void) state;

    refuse("", AG_INVALID);
    refuse("k", AG_INVALID);
    refuse("-1", AG_INVALID);
    refuse("+1", AG_INVALID);
    refuse("1.5k", AG_INVALID);
    refuse("1e3", AG_INVALID);
    refuse("0x10", AG_INVALID);
    refuse(" 1", AG_INVALID);
    refuse("1 ", AG_INVALID);
    refuse("1kk", AG_INVALID);
    refuse("1t", AG_INVALID);
}


static void
refuses_what_does_not_fit(void **state)
{
    (void) state;

    refuse("18446744073709551616", AG_LIMIT);
    refuse("99999999999999999999", AG_LIMIT);
    refuse("18446744073709551615k", AG_LIMIT);
    refuse("18446744074g", AG_LIMIT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_decimal_numbers),
        cmocka_unit_test(scales_by_thousands),
        cmocka_unit_test(refuses_what_is_not_a_count),
        cmocka_unit_test(refuses_what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
