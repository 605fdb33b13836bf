/*
 * Copyright (C) ngx_agent authors
 *
 * Days and months, day by day beside the C library's.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/ag_calendar.h"


#define DAY    INT64_C(86400)
#define FIRST  INT64_C(-62167219200)        /* 0000-01-01 */
#define LAST   INT64_C(253402300799)        /* the end of 9999 */
#define DAYS   ((LAST + 1 - FIRST) / DAY)


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/* In memory of its exact size: reading past it is seen. */
static int
read_copy(const char *text, int64_t *unix_time)
{
    int         rc;
    size_t      len;
    ag_char_t  *copy;

    len = strlen(text);
    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    rc = ag_calendar_read(ag_str(copy, len), unix_time);
    free(copy);

    return rc;
}


static void
written(int64_t unix_time, const char *text)
{
    size_t     len;
    ag_char_t  out[24];

    len = ag_calendar_write(out, unix_time);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(out, text, len);
}


/* Every 17th day of ten thousand years, and all days of some. */
static void
it_is_the_c_librarys_calendar(void **state)
{
    char       text[64];
    int64_t    day, second, t, again, month, month_end;
    time_t     moment;
    ag_char_t  out[24];
    struct tm  parts;

    (void) state;

    for (day = 0; day < DAYS; day += (day % 200000 < 1500) ? 1 : 17) {
        second = day * 7919 % DAY;
        t = FIRST + day * DAY + second;
        moment = (time_t) t;
        assert_non_null(gmtime_r(&moment, &parts));

        assert_int_equal(ag_calendar_day(t), t - second);
        assert_int_equal(ag_calendar_day_end(t), t - second + DAY);

        month = t - second - (parts.tm_mday - 1) * DAY;
        month_end = ag_calendar_month_end(t);
        assert_int_equal(ag_calendar_month(t), month);
        assert_int_equal(ag_calendar_month(month_end), month_end);
        assert_int_equal(ag_calendar_month(month_end - 1), month);
        assert_true(month_end - month >= 28 * DAY
                    && month_end - month <= 31 * DAY);

        (void) snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
                        parts.tm_year + 1900, parts.tm_mon + 1,
                        parts.tm_mday, parts.tm_hour, parts.tm_min,
                        parts.tm_sec);
        assert_int_equal(ag_calendar_write(out, t), 20);
        assert_memory_equal(out, text, 20);

        assert_int_equal(ag_calendar_read(str(text), &again), AG_OK);
        assert_int_equal(again, t);

        text[10] = '\0';
        assert_int_equal(ag_calendar_read(str(text), &again), AG_OK);
        assert_int_equal(again, t - second + DAY);
    }
}


static void
edges_belong_to_what_begins(void **state)
{
    (void) state;

    assert_int_equal(ag_calendar_day(0), 0);
    assert_int_equal(ag_calendar_day(DAY - 1), 0);
    assert_int_equal(ag_calendar_day(DAY), DAY);
    assert_int_equal(ag_calendar_day(-1), -DAY);
    assert_int_equal(ag_calendar_day(-DAY), -DAY);
    assert_int_equal(ag_calendar_day(-DAY - 1), -2 * DAY);
    assert_int_equal(ag_calendar_day_end(-1), 0);
    assert_int_equal(ag_calendar_month(-1), -31 * DAY);
    assert_int_equal(ag_calendar_month_end(-1), 0);
    assert_int_equal(ag_calendar_month_end(0), 31 * DAY);

    /* leap years: 2024 and 2000 are, 2023 and 2100 are not */

    assert_int_equal(ag_calendar_month_end(1706745600), 1709251200);
    assert_int_equal(ag_calendar_month_end(1675209600), 1677628800);
    assert_int_equal(ag_calendar_month_end(949363200), 951868800);
    assert_int_equal(ag_calendar_month_end(4105123200), 4107542400);
}


static void
no_time_is_too_far(void **state)
{
    static const int64_t  times[] = {
        INT64_MIN, INT64_MIN + 1, FIRST - 1, LAST + 1, INT64_MAX - 1,
        INT64_MAX
    };

    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(times) / sizeof(int64_t); i++) {
        assert_int_equal(ag_calendar_day(times[i]) + DAY,
                         ag_calendar_day_end(times[i]));
        assert_true(ag_calendar_month(times[i])
                    <= ag_calendar_day(times[i]));
        assert_true(ag_calendar_month_end(times[i])
                    >= ag_calendar_day_end(times[i]));
        assert_true(ag_calendar_month_end(times[i])
                    - ag_calendar_month(times[i]) <= 31 * DAY);
    }
}


static void
it_reads_a_date_or_a_time(void **state)
{
    static const struct {
        const char  *text;
        int64_t      unix_time;
    } rows[] = {
        { "2026-12-31", 1798761600 },
        { "2026-12-31T12:00:00Z", 1798718400 },
        { "2026-12-31T23:59:59Z", 1798761599 },
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01", DAY },
        { "1969-12-31T23:59:59Z", -1 },
        { "2024-02-29", 1709251200 },
        { "2000-02-29T00:00:00Z", 951782400 },
        { "0000-01-01T00:00:00Z", FIRST },
        { "0000-02-29T00:00:00Z", FIRST + 59 * DAY },
        { "9999-12-31T23:59:59Z", LAST },
        { "9999-12-31", LAST + 1 }
    };

    size_t   i;
    int64_t  unix_time;

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_copy(rows[i].text, &unix_time), AG_OK);
        assert_int_equal(unix_time, rows[i].unix_time);
    }
}


static void
it_refuses_what_is_no_date(void **state)
{
    static const char *const  texts[] = {
        "", "2", "2026", "2026-12", "2026-12-3", "2026-12-311",
        "2026-12-31T", "2026-12-31T12:00", "2026-12-31T12:00:00",
        "2026-12-31T12:00:00z", "2026-12-31t12:00:00Z",
        "2026-12-31 12:00:00Z", "2026-12-31T12:00:00.5Z",
        "2026-12-31T12:00:00ZZ", "2026-12-31T12:00:00+00:00",
        "2026-12-31T12:00:00+01:00", "2026-12-31T12:00:0Z",
        "2026-00-10", "2026-13-10", "2026-01-00", "2026-01-32",
        "2026-04-31", "2023-02-29", "2100-02-29", "2024-02-30",
        "2026-12-31T24:00:00Z", "2026-12-31T12:60:00Z",
        "2026-12-31T23:59:60Z", "2026-12-31T99:99:99Z",
        "2026/12/31", "31-12-2026", "+026-12-31", "-026-12-31",
        "2026-1a-31", " 026-12-31", "2026-12-31 ", "tomorrow..",
        "20261231", "2026-12-:0", "2026-12-/0"
    };

    size_t   i;
    int64_t  unix_time;

    (void) state;

    unix_time = 77;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        if (read_copy(texts[i], &unix_time) != AG_INVALID) {
            fail_msg("\"%s\" was read", texts[i]);
        }

        assert_int_equal(unix_time, 77);
    }

    assert_int_equal(ag_calendar_read(ag_str("2026-12-3\0", 10), &unix_time),
                     AG_INVALID);
}


static void
it_writes_years_of_four_digits(void **state)
{
    (void) state;

    written(0, "1970-01-01T00:00:00Z");
    written(-1, "1969-12-31T23:59:59Z");
    written(1795176000, "2026-11-20T12:00:00Z");
    written(FIRST, "0000-01-01T00:00:00Z");
    written(FIRST - 1, "0000-01-01T00:00:00Z");
    written(INT64_MIN, "0000-01-01T00:00:00Z");
    written(LAST, "9999-12-31T23:59:59Z");
    written(LAST + 1, "9999-12-31T23:59:59Z");
    written(INT64_MAX, "9999-12-31T23:59:59Z");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(it_is_the_c_librarys_calendar),
        cmocka_unit_test(edges_belong_to_what_begins),
        cmocka_unit_test(no_time_is_too_far),
        cmocka_unit_test(it_reads_a_date_or_a_time),
        cmocka_unit_test(it_refuses_what_is_no_date),
        cmocka_unit_test(it_writes_years_of_four_digits)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
