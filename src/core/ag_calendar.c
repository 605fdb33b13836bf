/*
 * Copyright (C) ngx_agent authors
 *
 * Days and months of the Gregorian calendar, in UTC, for all times that have
 * ever been.  Years begin in March here: a leap day is then the last of its
 * year and shifts no other.  Knows neither time zones nor leap seconds.
 */


#include "core/ag_calendar.h"


#define AG_CALENDAR_DAY    INT64_C(86400)       /* s */
#define AG_CALENDAR_EPOCH  INT64_C(719468)      /* days from 1 March 0000 to
                                                   1 January 1970 */
#define AG_CALENDAR_ERA    INT64_C(146097)      /* days of 400 years */
#define AG_CALENDAR_FAR    (INT64_C(1) << 56)   /* s; two billion years either
                                                   way: nothing overflows */
#define AG_CALENDAR_FIRST  INT64_C(-62167219200)    /* 0000-01-01 */
#define AG_CALENDAR_LAST   INT64_C(253402300799)    /* the end of 9999 */


typedef struct {
    int64_t  year;
    int64_t  month;         /* from 1 */
    int64_t  day;           /* from 1 */
} ag_calendar_date_t;


static int64_t ag_calendar_days(int64_t unix_time);
static ag_calendar_date_t ag_calendar_date(int64_t days);
static int64_t ag_calendar_days_to(ag_calendar_date_t date);
static int ag_calendar_is_date(ag_calendar_date_t date);
static int ag_calendar_scan(ag_str_t text, const char *form,
    int64_t *numbers);
static ag_char_t *ag_calendar_digits(ag_char_t *p, int64_t number,
    unsigned count);


int64_t
ag_calendar_day(int64_t unix_time)
{
    return ag_calendar_days(unix_time) * AG_CALENDAR_DAY;
}


int64_t
ag_calendar_day_end(int64_t unix_time)
{
    return ag_calendar_day(unix_time) + AG_CALENDAR_DAY;
}


int64_t
ag_calendar_month(int64_t unix_time)
{
    ag_calendar_date_t  date;

    date = ag_calendar_date(ag_calendar_days(unix_time));
    date.day = 1;

    return ag_calendar_days_to(date) * AG_CALENDAR_DAY;
}


int64_t
ag_calendar_month_end(int64_t unix_time)
{
    ag_calendar_date_t  date;

    date = ag_calendar_date(ag_calendar_days(unix_time));
    date.day = 1;

    if (date.month < 12) {
        date.month++;

    } else {
        date.month = 1;
        date.year++;
    }

    return ag_calendar_days_to(date) * AG_CALENDAR_DAY;
}


int
ag_calendar_read(ag_str_t text, int64_t *unix_time)
{
    int64_t             numbers[6], begin;
    ag_calendar_date_t  date;

    memset(numbers, 0, sizeof(numbers));

    if (ag_calendar_scan(text, "0000-00-00", numbers) != AG_OK
        && ag_calendar_scan(text, "0000-00-00T00:00:00Z", numbers) != AG_OK)
    {
        return AG_INVALID;
    }

    date.year = numbers[0];
    date.month = numbers[1];
    date.day = numbers[2];

    /* no leap seconds: Unix time has none, and nobody lets a key end there */

    if (!ag_calendar_is_date(date)
        || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 59)
    {
        return AG_INVALID;
    }

    begin = ag_calendar_days_to(date) * AG_CALENDAR_DAY;

    *unix_time = (text.len == sizeof("0000-00-00") - 1)
                 ? begin + AG_CALENDAR_DAY
                 : begin + numbers[3] * 3600 + numbers[4] * 60 + numbers[5];

    return AG_OK;
}


/* RFC 3339 has four digits for a year: what is beyond is cut. */
size_t
ag_calendar_write(ag_char_t out[24], int64_t unix_time)
{
    int64_t             days, second;
    ag_char_t          *p;
    ag_calendar_date_t  date;

    if (unix_time < AG_CALENDAR_FIRST) {
        unix_time = AG_CALENDAR_FIRST;
    }

    if (unix_time > AG_CALENDAR_LAST) {
        unix_time = AG_CALENDAR_LAST;
    }

    days = ag_calendar_days(unix_time);
    second = unix_time - days * AG_CALENDAR_DAY;
    date = ag_calendar_date(days);

    p = ag_calendar_digits(out, date.year, 4);
    *p++ = '-';
    p = ag_calendar_digits(p, date.month, 2);
    *p++ = '-';
    p = ag_calendar_digits(p, date.day, 2);
    *p++ = 'T';
    p = ag_calendar_digits(p, second / 3600, 2);
    *p++ = ':';
    p = ag_calendar_digits(p, second / 60 % 60, 2);
    *p++ = ':';
    p = ag_calendar_digits(p, second % 60, 2);
    *p++ = 'Z';

    return (size_t) (p - out);
}


/* Whole days since 1970; before it they are negative, and rounded down. */
static int64_t
ag_calendar_days(int64_t unix_time)
{
    int64_t  days;

    if (unix_time < -AG_CALENDAR_FAR) {
        unix_time = -AG_CALENDAR_FAR;
    }

    if (unix_time > AG_CALENDAR_FAR) {
        unix_time = AG_CALENDAR_FAR;
    }

    days = unix_time / AG_CALENDAR_DAY;

    return days - (unix_time < days * AG_CALENDAR_DAY);
}


/* Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static ag_calendar_date_t
ag_calendar_date(int64_t days)
{
    int64_t             era, day, year, month;
    ag_calendar_date_t  date;

    days += AG_CALENDAR_EPOCH;

    era = (days >= 0 ? days : days - (AG_CALENDAR_ERA - 1)) / AG_CALENDAR_ERA;
    day = days - era * AG_CALENDAR_ERA;
    year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= year * 365 + year / 4 - year / 100;

    /* five months from March, and from August on, have 153 days */

    month = (5 * day + 2) / 153;

    date.day = day - (153 * month + 2) / 5 + 1;
    date.month = (month < 10) ? month + 3 : month - 9;
    date.year = era * 400 + year + (date.month <= 2);

    return date;
}


/* Days from 1970 to the date. */
static int64_t
ag_calendar_days_to(ag_calendar_date_t date)
{
    int64_t  year, era, month;

    year = date.year - (date.month <= 2);
    era = (year >= 0 ? year : year - 399) / 400;
    year -= era * 400;
    month = (date.month > 2) ? date.month - 3 : date.month + 9;

    return era * AG_CALENDAR_ERA + year * 365 + year / 4 - year / 100
           + (153 * month + 2) / 5 + date.day - 1 - AG_CALENDAR_EPOCH;
}


/* Only of a date that exists the days lead back to itself. */
static int
ag_calendar_is_date(ag_calendar_date_t date)
{
    ag_calendar_date_t  same;

    if (date.month < 1 || date.month > 12) {
        return 0;
    }

    same = ag_calendar_date(ag_calendar_days_to(date));

    return same.day == date.day && same.month == date.month;
}


/*
 * Reads the numbers of a text that is as long as "form", has a digit where
 * that has a "0", and else the same.
 */
static int
ag_calendar_scan(ag_str_t text, const char *form, int64_t *numbers)
{
    size_t  i;

    if (text.len != strlen(form)) {
        return AG_INVALID;
    }

    *numbers = 0;

    for (i = 0; i < text.len; i++) {

        if (form[i] != '0') {

            if (text.data[i] != (ag_char_t) form[i]) {
                return AG_INVALID;
            }

            if (i + 1 < text.len) {
                *++numbers = 0;
            }

            continue;
        }

        if (text.data[i] < '0' || text.data[i] > '9') {
            return AG_INVALID;
        }

        *numbers = *numbers * 10 + (text.data[i] - '0');
    }

    return AG_OK;
}


/* Writes the last "count" digits; returns what is behind them. */
static ag_char_t *
ag_calendar_digits(ag_char_t *p, int64_t number, unsigned count)
{
    unsigned  i;

    for (i = count; i > 0; i--) {
        p[i - 1] = (ag_char_t) ('0' + number % 10);
        number /= 10;
    }

    return p + count;
}
