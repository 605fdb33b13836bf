/*
 * Copyright (C) ngx_agent authors
 *
 * What a call costs, and money as text.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_price.h"


#define UNTOUCHED  42
#define MOST       (UINT64_MAX / 2)


typedef int (*reader_t)(ag_str_t text, uint64_t *number);


/* USD per million tokens: 0.25 in, 0.025 cached, 0.3125 written, 2 out. */
static const ag_price_t  mini = { 250000, 25000, 312500, 2000000 };


static void
expect(reader_t read, const char *text, uint64_t expected)
{
    uint64_t  number;

    number = UNTOUCHED;

    assert_int_equal(read(ag_str(text, strlen(text)), &number), AG_OK);
    assert_true(number == expected);
}


static void
refuse(reader_t read, const char *text, int rc)
{
    uint64_t  number;

    number = UNTOUCHED;

    assert_int_equal(read(ag_str(text, strlen(text)), &number), rc);
    assert_int_equal(number, UNTOUCHED);
}


static void
written(uint64_t nano_usd, const char *expected)
{
    size_t     len;
    ag_char_t  out[33];

    memset(out, '#', sizeof(out));
    len = ag_price_write(out, nano_usd);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
    assert_int_equal(out[len], '#');
}


static void
a_price_is_known_by_input_and_output(void **state)
{
    ag_price_t  price;

    (void) state;

    price.input = price.cached = price.written = AG_PRICE_UNKNOWN;
    price.output = AG_PRICE_UNKNOWN;

    assert_false(ag_price_known(&price));

    price.input = 0;
    assert_false(ag_price_known(&price));

    price.output = 0;
    assert_true(ag_price_known(&price));

    price.input = AG_PRICE_UNKNOWN;
    assert_false(ag_price_known(&price));
}


static void
a_call_costs_all_of_its_tokens(void **state)
{
    (void) state;

    assert_int_equal(ag_price_cost(&mini, 0, 0, 0, 0), 0);

    /* a million of each kind costs what the price says */

    assert_int_equal(ag_price_cost(&mini, 1000000, 0, 0, 0), 250000000);
    assert_int_equal(ag_price_cost(&mini, 1000000, 1000000, 0, 0), 25000000);
    assert_int_equal(ag_price_cost(&mini, 1000000, 0, 1000000, 0), 312500000);
    assert_int_equal(ag_price_cost(&mini, 0, 0, 0, 1000000), 2000000000);

    assert_int_equal(ag_price_cost(&mini, 12000, 8000, 1000, 500),
                     3000 * 250 + 8000 * 25 + 1000 * 625 / 2 + 500 * 2000);
}


static void
parts_without_a_price_cost_as_input(void **state)
{
    ag_price_t  price;

    (void) state;

    price = mini;
    price.cached = AG_PRICE_UNKNOWN;
    assert_int_equal(ag_price_cost(&price, 1000, 400, 100, 0),
                     900 * 250 + 100 * 625 / 2);

    price.written = AG_PRICE_UNKNOWN;
    assert_int_equal(ag_price_cost(&price, 1000, 400, 100, 0), 250000);

    /* free is not unknown */

    price.cached = 0;
    assert_int_equal(ag_price_cost(&price, 1000, 400, 0, 0), 600 * 250);
}


static void
parts_are_never_more_than_the_whole(void **state)
{
    (void) state;

    assert_int_equal(ag_price_cost(&mini, 1000, 5000, 0, 0), 25000);
    assert_int_equal(ag_price_cost(&mini, 1000, 5000, 5000, 0), 25000);
    assert_int_equal(ag_price_cost(&mini, 1000, 600, UINT64_MAX, 0),
                     600 * 25 + 400 * 625 / 2);
}


static void
a_call_is_rounded_up_once(void **state)
{
    ag_price_t  price;

    (void) state;

    /* a token costs a thousandth of a nano-USD */

    price.input = price.cached = price.written = price.output = 1;

    assert_int_equal(ag_price_cost(&price, 1, 0, 0, 0), 1);
    assert_int_equal(ag_price_cost(&price, 1000, 0, 0, 0), 1);
    assert_int_equal(ag_price_cost(&price, 1001, 0, 0, 0), 2);

    assert_int_equal(ag_price_cost(&price, 3, 1, 1, 997), 1);
    assert_int_equal(ag_price_cost(&price, 750, 250, 250, 250), 1);
    assert_int_equal(ag_price_cost(&price, 750, 250, 250, 251), 2);

    price.input = 1999;
    assert_int_equal(ag_price_cost(&price, 999, 0, 0, 0), 1998);
    assert_int_equal(ag_price_cost(&price, 1000, 0, 0, 0), 1999);
    assert_int_equal(ag_price_cost(&price, 1001, 0, 0, 0), 2001);
}


static void
no_product_is_too_large(void **state)
{
    ag_price_t  price;

    (void) state;

    price.input = AG_PRICE_MAX;
    price.cached = price.written = 0;
    price.output = AG_PRICE_MAX;

    /* 10^9 tokens at a million USD per million: the product has 70 bits */

    assert_true(ag_price_cost(&price, 1000000000, 0, 0, 0)
                == AG_NANO_USD * AG_NANO_USD);
    assert_true(ag_price_cost(&price, 1000000001, 0, 0, 3)
                == AG_NANO_USD * AG_NANO_USD + 4 * AG_NANO_USD);

    assert_true(ag_price_cost(&price, UINT64_MAX, 0, 0, 0) == MOST);
    assert_true(ag_price_cost(&price, UINT64_MAX, 0, 0, UINT64_MAX) == MOST);
    assert_true(ag_price_cost(&price, 0, 0, 0, MOST / AG_NANO_USD)
                == MOST / AG_NANO_USD * AG_NANO_USD);
    assert_true(ag_price_cost(&price, 0, 0, 0, MOST / AG_NANO_USD + 1)
                == MOST);
    assert_true(ag_price_cost(&price, MOST / AG_NANO_USD, 0, 0, 1) == MOST);

    price.input = UINT64_MAX - 1;
    assert_true(ag_price_cost(&price, UINT64_MAX, 1, 1, UINT64_MAX) == MOST);

    /* a sum that passes the end by what is rounded */

    price.input = 1000;
    price.output = 1;
    assert_true(ag_price_cost(&price, MOST, 0, 0, 0) == MOST);
    assert_true(ag_price_cost(&price, MOST, 0, 0, 999) == MOST);
    assert_true(ag_price_cost(&price, MOST - 1, 0, 0, 0) == MOST - 1);
    assert_true(ag_price_cost(&price, MOST + 1, 0, 0, 0) == MOST);

    /* three that fit, whose sum would begin anew at 0 */

    price.input = price.cached = price.output = 1000;
    assert_true(ag_price_cost(&price, UINT64_MAX, MOST, 0, MOST) == MOST);

    /* free tokens are free however many they are */

    price.input = price.output = 0;
    assert_int_equal(ag_price_cost(&price, UINT64_MAX, 0, 0, UINT64_MAX), 0);
}


static void
reads_prices(void **state)
{
    (void) state;

    expect(ag_price_read, "0", 0);
    expect(ag_price_read, "0.25", 250000);
    expect(ag_price_read, "2.00", 2000000);
    expect(ag_price_read, "15", 15000000);
    expect(ag_price_read, "007", 7000000);
    expect(ag_price_read, "0.000001", 1);
    expect(ag_price_read, "0.100000", 100000);
    expect(ag_price_read, "1000000", AG_PRICE_MAX);
    expect(ag_price_read, "1000000.000000", AG_PRICE_MAX);
    expect(ag_price_read, "999999.999999", AG_PRICE_MAX - 1);
    expect(ag_price_read, "000000000000000000000000000001", 1000000);
}


static void
reads_budgets(void **state)
{
    (void) state;

    expect(ag_price_read_budget, "500", 500 * AG_NANO_USD);
    expect(ag_price_read_budget, "0.000001", 1000);
    expect(ag_price_read_budget, "0.000000001", 1);
    expect(ag_price_read_budget, "12.5", 12500000000);
    expect(ag_price_read_budget, "1000000000", AG_NANO_USD * AG_NANO_USD);
    expect(ag_price_read_budget, "999999999.999999999",
           AG_NANO_USD * AG_NANO_USD - 1);
}


static void
refuses_what_is_not_an_amount(void **state)
{
    size_t              i;
    static const char  *bad[] = {
        "", ".", ".5", "5.", "-1", "+1", "1e3", "1,5", "1.2.3", "1..2", " 1",
        "1 ", "1k", "0x1", "$1", "nan", "inf", "1_000", "1.", "1.5 ", "1:0",
        "1/2", "0.1234567890", "99999999999999999999999999999x", "1.-5"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuse(ag_price_read, bad[i], AG_INVALID);
        refuse(ag_price_read_budget, bad[i], AG_INVALID);
    }

    refuse(ag_price_read, "0.0000001", AG_INVALID);
    refuse(ag_price_read, "0.2500000", AG_INVALID);
}


static void
refuses_what_is_too_much(void **state)
{
    (void) state;

    refuse(ag_price_read, "1000000.000001", AG_LIMIT);
    refuse(ag_price_read, "1000001", AG_LIMIT);
    refuse(ag_price_read, "99999999999999999999999999999.5", AG_LIMIT);
    refuse(ag_price_read_budget, "1000000000.000000001", AG_LIMIT);
    refuse(ag_price_read_budget, "1000000001", AG_LIMIT);
    refuse(ag_price_read_budget, "18446744073709551616", AG_LIMIT);
    refuse(ag_price_read_budget, "99999999999999999999999999999", AG_LIMIT);
}


static void
writes_nine_places(void **state)
{
    (void) state;

    written(0, "0.000000000");
    written(1, "0.000000001");
    written(999999999, "0.999999999");
    written(1000000000, "1.000000000");
    written(UINT64_C(12500000000), "12.500000000");
    written(UINT64_MAX, "18446744073.709551615");
}


static void
reads_what_was_written(void **state)
{
    size_t     len;
    uint64_t   nano, again;
    ag_char_t  out[32];

    (void) state;

    for (nano = 1; nano <= AG_NANO_USD * AG_NANO_USD; nano += nano / 3 + 1) {
        len = ag_price_write(out, nano);
        assert_int_equal(ag_price_read_budget(ag_str(out, len), &again),
                         AG_OK);
        assert_true(again == nano);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_price_is_known_by_input_and_output),
        cmocka_unit_test(a_call_costs_all_of_its_tokens),
        cmocka_unit_test(parts_without_a_price_cost_as_input),
        cmocka_unit_test(parts_are_never_more_than_the_whole),
        cmocka_unit_test(a_call_is_rounded_up_once),
        cmocka_unit_test(no_product_is_too_large),
        cmocka_unit_test(reads_prices),
        cmocka_unit_test(reads_budgets),
        cmocka_unit_test(refuses_what_is_not_an_amount),
        cmocka_unit_test(refuses_what_is_too_much),
        cmocka_unit_test(writes_nine_places),
        cmocka_unit_test(reads_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
