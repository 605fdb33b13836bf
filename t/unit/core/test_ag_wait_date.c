/*
 * Copyright (C) ngx_agent authors
 *
 * Dates: the three forms of HTTP, RFC 3339, and every day of 400 years.
 */


#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_wait_parts.h"


#define NOW   INT64_C(1795176000)   /* Fri, 20 Nov 2026 12:00:00 GMT */
#define BAD   INT64_MIN


typedef struct {
    const char  *text;
    int64_t      seconds;
} http_row_t;


typedef struct {
    const char  *text;
    uint64_t     us;
} row_t;


/* Read from a block of its own: reading past its end is seen. */
static int64_t
http_date(const char *text, int64_t now)
{
    int      rc;
    char    *copy;
    size_t   len;
    int64_t  seconds;

    len = strlen(text);
    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);

    rc = ag_wait_http_date(ag_str(copy, len), now, &seconds);
    free(copy);

    assert_true(rc == AG_OK || rc == AG_INVALID);

    return (rc == AG_OK) ? seconds : BAD;
}


static void
check(const http_row_t *rows, size_t count)
{
    size_t   i;
    int64_t  seconds;

    for (i = 0; i < count; i++) {
        seconds = http_date(rows[i].text, NOW);

        if (seconds != rows[i].seconds) {
            fail_msg("\"%s\": %" PRId64 " instead of %" PRId64, rows[i].text,
                     seconds, rows[i].seconds);
        }
    }
}


static void
the_three_forms_of_http_are_one_date(void **state)
{
    static const http_row_t  rows[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "Wed Nov 16 08:49:37 1994", 784975777 },
        { "Wed Nov 06 08:49:37 1994", 784111777 },
        { " Sun, 06 Nov 1994 08:49:37 GMT\t", 784111777 },

        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
        { "Mon, 01 Jan 0001 00:00:00 GMT", INT64_C(-62135596800) },
        { "Fri, 31 Dec 9999 23:59:59 GMT", AG_WAIT_NOW_MAX },
        { "Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483648) },

        /* a leap second is the first of the next minute */

        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },

        /* nobody counts the day of the week */

        { "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 }
    };

    (void) state;

    check(rows, sizeof(rows) / sizeof(rows[0]));
}


static void
february_has_29_days_in_leap_years(void **state)
{
    static const http_row_t  rows[] = {
        { "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 },
        { "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
        { "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
        { "Wed, 01 Mar 2023 00:00:00 GMT", 1677628800 },
        { "Mon, 01 Mar 2100 00:00:00 GMT", INT64_C(4107542400) },
        { "Wed, 29 Feb 2023 00:00:00 GMT", BAD },
        { "Mon, 29 Feb 2100 00:00:00 GMT", BAD },
        { "Thu, 29 Feb 1900 00:00:00 GMT", BAD },
        { "Tue, 30 Feb 2024 00:00:00 GMT", BAD },

        /* 1900 had none: it is the other century */

        { "Tuesday, 29-Feb-00 00:00:00 GMT", 951782400 },
        { "Thursday, 29-Feb-24 00:00:00 GMT", 1709164800 },
        { "Wednesday, 29-Feb-23 00:00:00 GMT", BAD }
    };

    (void) state;

    check(rows, sizeof(rows) / sizeof(rows[0]));
}


static void
what_is_no_date_is_refused(void **state)
{
    static const http_row_t  rows[] = {
        { "", BAD },
        { " ", BAD },
        { "Sun", BAD },
        { "Sun,", BAD },
        { "Sun Nov", BAD },
        { "Sun Nov ", BAD },
        { "Sun Nov  ", BAD },
        { "Sun, 06 Nov 1994 08:49:37", BAD },
        { "Sun, 06 Nov 1994 08:49:37 ", BAD },
        { "Sun, 06 Nov 1994 08:49:37 GM", BAD },
        { "Sun, 06 Nov 1994 08:49:37 GMTx", BAD },
        { "Sun, 06 Nov 1994 08:49:37 GMT, 5", BAD },
        { "Sun, 06 Nov 1994 08:49:37 UTC", BAD },
        { "Sun, 06 Nov 1994 08:49:37 +0000", BAD },
        { "Sun, 6 Nov 1994 08:49:37 GMT", BAD },
        { "Sun,  6 Nov 1994 08:49:37 GMT", BAD },
        { "Sun 06 Nov 1994 08:49:37 GMT", BAD },
        { "06 Nov 1994 08:49:37 GMT", BAD },
        { "Son, 06 Nov 1994 08:49:37 GMT", BAD },
        { "sun, 06 nov 1994 08:49:37 gmt", BAD },
        { "Sun, 06 Nox 1994 08:49:37 GMT", BAD },
        { "Sun, 06 November 1994 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 94 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 1994 8:49:37 GMT", BAD },
        { "Sun, 06 Nov 1994 08:49 GMT", BAD },
        { "Sun, 00 Nov 1994 08:49:37 GMT", BAD },
        { "Sun, 31 Nov 1994 08:49:37 GMT", BAD },
        { "Sun, 32 Dec 1994 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 1994 24:00:00 GMT", BAD },
        { "Sun, 06 Nov 1994 08:60:37 GMT", BAD },
        { "Sun, 06 Nov 1994 08:49:61 GMT", BAD },
        { "Sun, 06 Nov -994 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 0000 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 10000 08:49:37 GMT", BAD },
        { "Sun, 06-Nov-94 08:49:37 GMT", BAD },
        { "Sunday, 06-Nov-1994 08:49:37 GMT", BAD },
        { "Sunday, 06-Nov-94 08:49:37", BAD },
        { "Sunday, 06 Nov 94 08:49:37 GMT", BAD },
        { "Sun Nov 6 08:49:37 1994", BAD },
        { "Sun Nov   6 08:49:37 1994", BAD },
        { "Sun Nov  6 08:49:37 1994 GMT", BAD },
        { "Sun Nov  0 08:49:37 1994", BAD },
        { "1994-11-06T08:49:37Z", BAD },
        { "784111777", BAD }
    };

    (void) state;

    check(rows, sizeof(rows) / sizeof(rows[0]));
}


static void
two_digits_mean_at_most_50_years_ahead(void **state)
{
    (void) state;

    /* in 2026: 75 is 2075, 77 is 1977, 76 depends on the day */

    assert_int_equal(http_date("Friday, 01-Jan-75 00:00:00 GMT", NOW),
                     INT64_C(3313526400));
    assert_int_equal(http_date("Friday, 01-Jan-77 00:00:00 GMT", NOW),
                     220924800);
    assert_int_equal(http_date("Friday, 01-Nov-76 00:00:00 GMT", NOW),
                     INT64_C(3371414400));
    assert_int_equal(http_date("Friday, 01-Dec-76 00:00:00 GMT", NOW),
                     218246400);

    /* in 1970, in 1999, in 2099, and at the end of all dates */

    assert_int_equal(http_date("Thursday, 01-Jan-70 00:00:03 GMT", 0), 3);
    assert_int_equal(http_date("Thursday, 01-Jan-30 00:00:00 GMT", 0),
                     INT64_C(-1262304000));
    assert_int_equal(http_date("Saturday, 01-Jan-00 00:00:05 GMT",
                               946684799), 946684805);
    assert_int_equal(http_date("Friday, 01-Jan-01 00:00:00 GMT",
                               INT64_C(4102444799)), INT64_C(4133980800));
    assert_int_equal(http_date("Friday, 31-Dec-99 23:59:59 GMT",
                               AG_WAIT_NOW_MAX), AG_WAIT_NOW_MAX);
}


/* Counted day by day, as a calendar on a wall does. */
static void
every_day_of_400_years_is_a_day_after_the_last(void **state)
{
    int                 year, month, day, days;
    char                text[64];
    int64_t             expected;
    static const int    length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    static const char  *names[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
        "Oct", "Nov", "Dec"
    };

    (void) state;

    expected = 0;

    for (year = 1970; year < 2370; year++) {
        for (month = 0; month < 12; month++) {
            days = length[month];

            if (month == 1 && (year % 400 == 0
                               || (year % 4 == 0 && year % 100 != 0)))
            {
                days = 29;
            }

            for (day = 1; day <= days; day++) {
                snprintf(text, sizeof(text), "Thu, %02d %s %d 00:00:00 GMT",
                         day, names[month], year);

                if (http_date(text, NOW) != expected) {
                    fail_msg("%s is not %" PRId64, text, expected);
                }

                expected += 86400;
            }
        }
    }
}


static void
rfc3339_is_measured_from_now(void **state)
{
    char               *copy;
    size_t              i, len;
    uint64_t            us;
    static const row_t  rows[] = {
        { "2026-11-20T12:00:30Z", 30000000 },
        { "2026-11-20t12:00:30z", 30000000 },
        { "2026-11-20 12:00:30Z", 30000000 },
        { "2026-11-20T12:00:30+00:00", 30000000 },
        { "2026-11-20T12:00:30-00:00", 30000000 },
        { "2026-11-20T14:00:30+02:00", 30000000 },
        { "2026-11-20T06:30:30-05:30", 30000000 },
        { "2026-11-21T11:59:30+23:59", 30000000 },
        { "2026-11-20T12:00:00.5Z", 500000 },
        { "2026-11-20T12:00:00.000001Z", 1 },
        { "2026-11-20T12:00:00.0000000001Z", 1 },
        { "2026-11-20T12:00:29.9999999Z", 30000000 },
        { "2026-11-20T14:00:00.25+02:00", 250000 },
        { "2026-11-20T12:00:60Z", 60000000 },
        { "2026-12-13T15:33:19Z", AG_WAIT_MAX_US - AG_WAIT_SECOND },
        { "2026-12-13T15:33:20Z", AG_WAIT_MAX_US },
        { "2026-12-13T15:33:19.9999999Z", AG_WAIT_MAX_US },
        { "2028-02-29T00:00:00Z", AG_WAIT_MAX_US },
        { "9999-12-31T23:59:60.9999999-23:59", AG_WAIT_MAX_US },

        { "2026-11-20T12:00:00Z", 0 },
        { "2026-11-20T11:59:59.999Z", 0 },
        { "2026-11-20T13:59:59+02:00", 0 },
        { "0001-01-01T00:00:00Z", 0 },
        { "0000-01-01T00:00:00Z", 0 },
        { "2027-02-29T00:00:00Z", 0 },
        { "2027-00-01T00:00:00Z", 0 },
        { "2027-13-01T00:00:00Z", 0 },
        { "2027-01-00T00:00:00Z", 0 },
        { "2027-01-01T24:00:00Z", 0 },
        { "2027-01-01T00:60:00Z", 0 },
        { "2027-01-01T00:00:61Z", 0 },
        { "2027-01-01T00:00:001Z", 0 },
        { "2027-01-01T00:00:00", 0 },
        { "2027-01-01T00:00:00.Z", 0 },
        { "2027-01-01T00:00:00.", 0 },
        { "2027-01-01T00:00:00.5", 0 },
        { "2027-01-01T00:00:00,5Z", 0 },
        { "2027-01-01T00:00:00Zx", 0 },
        { "2027-01-01T00:00:00+24:00", 0 },
        { "2027-01-01T00:00:00+02:60", 0 },
        { "2027-01-01T00:00:00+0200", 0 },
        { "2027-01-01T00:00:00+02", 0 },
        { "2027-01-01T00:00:00 02:00", 0 },
        { "2027-01-01T00:00Z", 0 },
        { "2027-01-01T00:00:", 0 },
        { "2027-01-01T", 0 },
        { "2027-01-01", 0 },
        { "2027-0", 0 },
        { "20270101T000000Z", 0 },
        { "+2027-01-01T00:00:00Z", 0 },
        { "", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        len = strlen(rows[i].text);
        copy = malloc(len + (len == 0));
        assert_non_null(copy);
        memcpy(copy, rows[i].text, len);

        us = ag_wait_rfc3339(ag_str(copy, len), NOW);
        free(copy);

        if (us != rows[i].us) {
            fail_msg("\"%s\": %" PRIu64 " instead of %" PRIu64, rows[i].text,
                     us, rows[i].us);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_three_forms_of_http_are_one_date),
        cmocka_unit_test(february_has_29_days_in_leap_years),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(two_digits_mean_at_most_50_years_ahead),
        cmocka_unit_test(every_day_of_400_years_is_a_day_after_the_last),
        cmocka_unit_test(rfc3339_is_measured_from_now)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
