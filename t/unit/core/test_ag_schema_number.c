/*
 * Copyright (C) ngx_agent authors
 *
 * Numbers of a schema: all pairs of an ascending list are compared, and every
 * number with each way to write it.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_json.h"
#include "core/ag_schema_number.h"


static int sign(int number);
static int compare(const char *a, const char *b, yyjson_read_flag flags);
static unsigned is_integer(const char *text);
static unsigned is_multiple(const char *text, const char *of);
static void with(const char *text, yyjson_read_flag flags, yyjson_doc **doc,
    ag_schema_number_t *number);


static int
sign(int number)
{
    return (number > 0) - (number < 0);
}


static void
with(const char *text, yyjson_read_flag flags, yyjson_doc **doc,
    ag_schema_number_t *number)
{
    *doc = yyjson_read(text, strlen(text), flags);
    assert_non_null(*doc);
    ag_schema_number_read(yyjson_doc_get_root(*doc), number);
}


static int
compare(const char *a, const char *b, yyjson_read_flag flags)
{
    int                  order;
    yyjson_doc          *one, *other;
    ag_schema_number_t   x, y;

    with(a, YYJSON_READ_BIGNUM_AS_RAW, &one, &x);
    with(b, flags, &other, &y);

    order = sign(ag_schema_number_compare(&x, &y));
    assert_int_equal(sign(ag_schema_number_compare(&y, &x)), -order);

    yyjson_doc_free(one);
    yyjson_doc_free(other);

    return order;
}


static unsigned
is_integer(const char *text)
{
    unsigned             whole;
    yyjson_doc          *doc;
    ag_schema_number_t   number;

    with(text, YYJSON_READ_NUMBER_AS_RAW, &doc, &number);
    whole = ag_schema_number_is_integer(&number);
    yyjson_doc_free(doc);

    with(text, YYJSON_READ_BIGNUM_AS_RAW, &doc, &number);
    assert_int_equal(ag_schema_number_is_integer(&number), whole);
    yyjson_doc_free(doc);

    return whole;
}


static unsigned
is_multiple(const char *text, const char *of)
{
    int64_t              exponent;
    uint64_t             mantissa;
    unsigned             multiple;
    yyjson_doc          *doc, *other;
    ag_schema_number_t   number, divisor;

    with(text, YYJSON_READ_BIGNUM_AS_RAW, &doc, &number);
    with(of, YYJSON_READ_BIGNUM_AS_RAW, &other, &divisor);

    assert_int_equal(ag_schema_number_decimal(&divisor, &mantissa, &exponent),
                     AG_OK);
    multiple = ag_schema_number_is_multiple(&number, mantissa, exponent);

    yyjson_doc_free(doc);
    yyjson_doc_free(other);

    return multiple;
}


static void
orders_all_numbers(void **state)
{
    size_t             i, j;
    static const char  *ascending[] = {
        "-1e5000", "-1e400", "-12345678901234567890123",
        "-12345678901234567890122", "-1.8446744073709552e19",
        "-18446744073709551615", "-9223372036854775808",
        "-9223372036854775807", "-9007199254740993", "-9007199254740992.0",
        "-1.5", "-1", "-0.5", "-5e-324", "0", "5e-324", "0.5", "1",
        "1.0000000000000002", "1.5", "2", "9007199254740992.0",
        "9007199254740993", "9223372036854775807", "9223372036854775808",
        "18446744073709551614", "18446744073709551615",
        "18446744073709551616", "18446744073709551617",
        "12345678901234567890122", "12345678901234567890123", "1e300",
        "1.7976931348623157e308", "1e400", "2e400", "1e5000", "2e5000",
    };

    (void) state;

    for (i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
        for (j = 0; j < sizeof(ascending) / sizeof(ascending[0]); j++) {

            if (compare(ascending[i], ascending[j],
                        YYJSON_READ_BIGNUM_AS_RAW) != (i > j) - (i < j)
                || compare(ascending[i], ascending[j],
                           YYJSON_READ_NUMBER_AS_RAW) != (i > j) - (i < j))
            {
                fail_msg("%s and %s", ascending[i], ascending[j]);
            }
        }
    }
}


static void
takes_one_number_written_differently_for_the_same(void **state)
{
    size_t             i;
    static const char  *same[][2] = {
        { "1", "1.0" }, { "1", "1e0" }, { "1", "10e-1" }, { "0", "-0" },
        { "0", "-0.0" }, { "0", "0e5" }, { "-3", "-3.0" },
        { "100", "1e2" }, { "9007199254740992", "9007199254740992.0" },
        { "9223372036854775808", "9223372036854775808.0" },
        { "-9223372036854775808", "-9223372036854775808.0" },
        { "1e400", "10e399" },
        { "18446744073709551616", "18446744073709551616.0" },
    };

    (void) state;

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(compare(same[i][0], same[i][1],
                                 YYJSON_READ_BIGNUM_AS_RAW), 0);
        assert_int_equal(compare(same[i][0], same[i][1],
                                 YYJSON_READ_NUMBER_AS_RAW), 0);
        assert_int_equal(compare(same[i][1], same[i][0],
                                 YYJSON_READ_NUMBER_AS_RAW), 0);
    }
}


static void
knows_integers(void **state)
{
    (void) state;

    assert_true(is_integer("0"));
    assert_true(is_integer("-5"));
    assert_true(is_integer("1.0"));
    assert_true(is_integer("-0.0"));
    assert_true(is_integer("1e2"));
    assert_true(is_integer("150e-1"));
    assert_true(is_integer("1e308"));
    assert_true(is_integer("1e400"));
    assert_true(is_integer("1.5e400"));
    assert_true(is_integer("18446744073709551616"));
    assert_true(is_integer("123456789012345678901234567890"));
    assert_true(is_integer("1e999999999999999999999"));

    assert_false(is_integer("0.5"));
    assert_false(is_integer("-1.000001"));
    assert_false(is_integer("1e-1"));
    assert_false(is_integer("15e-1"));
}


static void
knows_multiples(void **state)
{
    size_t             i;
    static const char  *multiples[][2] = {
        { "10", "2" }, { "0", "3" }, { "0.0", "0.7" }, { "-0", "5" },
        { "4.5", "1.5" }, { "-4.5", "1.5" }, { "0.0075", "0.0001" },
        { "0.3", "0.1" }, { "1.1", "0.1" }, { "19.99", "0.01" },
        { "4.02", "0.01" }, { "12391239123", "1e-8" }, { "1e308", "0.5" },
        { "1e308", "1e-308" }, { "5e-324", "5e-324" }, { "1e2", "10" },
        { "100", "1e2" }, { "120", "1.2e1" }, { "1e400", "1e3" },
        { "18446744073709551615", "5" },
        { "18446744073709551614", "9223372036854775807" },
        { "18446744073709551615", "18446744073709551615" },
        { "184467440737095516150", "18446744073709551615" },
        { "-36893488147419103230", "18446744073709551615" },
        { "1e100", "9223372036854775808" },
        { "3000000000000000000000000", "3" },
        { "0.000012", "0.000004" },
    };
    static const char  *others[][2] = {
        { "7", "2" }, { "35", "1.5" }, { "0.00751", "0.0001" },
        { "1e308", "0.123456789" }, { "0.1", "0.3" }, { "1", "10" },
        { "1e2", "1e3" }, { "9.995", "0.01" }, { "1e400", "3" },
        { "18446744073709551615", "2" },
        { "18446744073709551614", "18446744073709551615" },
        { "184467440737095516151", "18446744073709551615" },
        { "9223372036854775807", "9223372036854775806" },
        { "1e-9", "1" }, { "1e999999999", "7" }, { "1e-300", "1" }, { "5e-324", "1e-323" },
        { "0.30000000000000004", "0.1" },
        { "3000000000000000000000001", "3" },
    };

    (void) state;

    for (i = 0; i < sizeof(multiples) / sizeof(multiples[0]); i++) {
        if (!is_multiple(multiples[i][0], multiples[i][1])) {
            fail_msg("%s of %s", multiples[i][0], multiples[i][1]);
        }
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (is_multiple(others[i][0], others[i][1])) {
            fail_msg("%s of %s", others[i][0], others[i][1]);
        }
    }
}


static void
refuses_divisors_that_are_none(void **state)
{
    size_t               i;
    int64_t              exponent;
    uint64_t             mantissa;
    yyjson_doc          *doc;
    static const char   *wrong[] = {
        "0", "0.0", "-0", "-1", "-0.5", "1e400", "18446744073709551616",
    };
    ag_schema_number_t   number;

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        with(wrong[i], YYJSON_READ_BIGNUM_AS_RAW, &doc, &number);
        assert_int_equal(ag_schema_number_decimal(&number, &mantissa,
                                                  &exponent), AG_INVALID);
        yyjson_doc_free(doc);
    }

    with("1.250", YYJSON_READ_BIGNUM_AS_RAW, &doc, &number);
    assert_int_equal(ag_schema_number_decimal(&number, &mantissa, &exponent),
                     AG_OK);
    assert_int_equal(mantissa, 125);
    assert_int_equal(exponent, -2);
    yyjson_doc_free(doc);

    with("1200", YYJSON_READ_BIGNUM_AS_RAW, &doc, &number);
    assert_int_equal(ag_schema_number_decimal(&number, &mantissa, &exponent),
                     AG_OK);
    assert_int_equal(mantissa, 12);
    assert_int_equal(exponent, 2);
    yyjson_doc_free(doc);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(orders_all_numbers),
        cmocka_unit_test(takes_one_number_written_differently_for_the_same),
        cmocka_unit_test(knows_integers),
        cmocka_unit_test(knows_multiples),
        cmocka_unit_test(refuses_divisors_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
