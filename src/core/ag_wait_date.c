/*
 * Copyright (C) ngx_agent authors
 *
 * Reads dates.  Never asks a clock, a locale or a time zone.
 */


#include "core/ag_wait_parts.h"


#define AG_WAIT_50_YEARS   (INT64_C(18262) * 86400) /* s */
#define AG_WAIT_EPOCH      INT64_C(719468)  /* days from 1 March 0000 to
                                                   1 January 1970 */


typedef struct {
    int64_t  year;
    int64_t  month;         /* from 1 */
    int64_t  day;
    int64_t  hour;
    int64_t  minute;
    int64_t  second;
} ag_wait_date_t;


static int ag_wait_zone(ag_str_t text, int64_t *seconds);
static int ag_wait_scan(ag_str_t *text, const char *form,
    ag_wait_date_t *date);
static size_t ag_wait_field(ag_str_t text, char what, ag_wait_date_t *date);
static size_t ag_wait_digits(ag_str_t text, size_t count, int64_t *number);
static size_t ag_wait_word(ag_str_t text, const char *const *words,
    int64_t *number);
static int ag_wait_century(ag_wait_date_t *date, int64_t now,
    int64_t *seconds);
static int ag_wait_seconds(const ag_wait_date_t *date, int64_t *seconds);
static unsigned ag_wait_is_date(const ag_wait_date_t *date);


static const char *const  ag_wait_months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
    "Nov", "Dec", NULL
};


static const char *const  ag_wait_days[] = {
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL
};


static const char *const  ag_wait_long_days[] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    "Sunday", NULL
};


int
ag_wait_http_date(ag_str_t text, int64_t now, int64_t *seconds)
{
    ag_str_t        rest;
    ag_wait_date_t  date;

    text = ag_wait_trim(text);

    /* Sun, 06 Nov 1994 08:49:37 GMT */

    rest = text;

    if (ag_wait_scan(&rest, "a, d b Y h:m:s GMT", &date) == AG_OK
        && rest.len == 0)
    {
        return ag_wait_seconds(&date, seconds);
    }

    /* Sun Nov  6 08:49:37 1994 */

    rest = text;

    if (ag_wait_scan(&rest, "a b e h:m:s Y", &date) == AG_OK
        && rest.len == 0)
    {
        return ag_wait_seconds(&date, seconds);
    }

    /* Sunday, 06-Nov-94 08:49:37 GMT */

    rest = text;

    if (ag_wait_scan(&rest, "A, d-b-y h:m:s GMT", &date) == AG_OK
        && rest.len == 0)
    {
        return ag_wait_century(&date, now, seconds);
    }

    return AG_INVALID;
}


uint64_t
ag_wait_rfc3339(ag_str_t text, int64_t now)
{
    size_t             n;
    int64_t            seconds, zone;
    ag_wait_date_t     date;
    ag_wait_decimal_t  second;

    second.millionths = 0;

    if (ag_wait_scan(&text, "Y-o-dth:m:s", &date) != AG_OK
        || ag_wait_seconds(&date, &seconds) != AG_OK)
    {
        return 0;
    }

    if (text.len > 0 && text.data[0] == '.') {

        /* with the digit before the point it is a number */

        n = ag_wait_decimal(ag_str(text.data - 1, text.len + 1), &second);

        if (n == 0) {
            return 0;
        }

        text = ag_str(text.data - 1 + n, text.len + 1 - n);
    }

    if (ag_wait_zone(text, &zone) != AG_OK) {
        return 0;
    }

    return ag_wait_until(seconds - zone, second.millionths, now);
}


/* "Z" or "+02:00", in seconds east of Greenwich. */
static int
ag_wait_zone(ag_str_t text, int64_t *seconds)
{
    ag_wait_date_t  date;
    ag_char_t       sign;

    if (ag_str_is(text, "Z") || ag_str_is(text, "z")) {
        *seconds = 0;
        return AG_OK;
    }

    if (text.len != 6) {
        return AG_INVALID;
    }

    sign = text.data[0];
    text = ag_str(text.data + 1, 5);

    if ((sign != '+' && sign != '-')
        || ag_wait_scan(&text, "h:m", &date) != AG_OK
        || date.hour > 23 || date.minute > 59)
    {
        return AG_INVALID;
    }

    *seconds = (date.hour * 60 + date.minute) * 60;
    *seconds = (sign == '-') ? -*seconds : *seconds;

    return AG_OK;
}


/*
 * Takes what "form" describes from the beginning of the text: a letter that
 * ag_wait_field() knows is a field, all else stands for itself.
 */
static int
ag_wait_scan(ag_str_t *text, const char *form, ag_wait_date_t *date)
{
    size_t  n;

    for ( /* void */ ; *form != '\0'; form++) {
        n = ag_wait_field(*text, *form, date);

        if (n == 0) {
            return AG_INVALID;
        }

        *text = ag_str(text->data + n, text->len - n);
    }

    return AG_OK;
}


/* Returns how many bytes the field takes, 0 if it is not there. */
static size_t
ag_wait_field(ag_str_t text, char what, ag_wait_date_t *date)
{
    int64_t  any;

    switch (what) {

    case 'a':
        return ag_wait_word(text, ag_wait_days, &any);

    case 'A':
        return ag_wait_word(text, ag_wait_long_days, &any);

    case 'b':
        return ag_wait_word(text, ag_wait_months, &date->month);

    case 'o':
        return ag_wait_digits(text, 2, &date->month);

    case 'd':
        return ag_wait_digits(text, 2, &date->day);

    case 'e':
        if (text.len > 0 && text.data[0] == ' ') {
            text = ag_str(text.data + 1, text.len - 1);

            return 2 * ag_wait_digits(text, 1, &date->day);
        }

        return ag_wait_digits(text, 2, &date->day);

    case 'Y':
        return ag_wait_digits(text, 4, &date->year);

    case 'y':
        return ag_wait_digits(text, 2, &date->year);

    case 'h':
        return ag_wait_digits(text, 2, &date->hour);

    case 'm':
        return ag_wait_digits(text, 2, &date->minute);

    case 's':
        return ag_wait_digits(text, 2, &date->second);

    case 't':
        return text.len > 0 && (text.data[0] == 'T' || text.data[0] == 't'
                                || text.data[0] == ' ');

    default:
        return text.len > 0 && text.data[0] == (ag_char_t) what;
    }
}


/* Exactly "count" digits; returns "count", or 0 if they are not there. */
static size_t
ag_wait_digits(ag_str_t text, size_t count, int64_t *number)
{
    size_t  i;

    if (text.len < count) {
        return 0;
    }

    *number = 0;

    for (i = 0; i < count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }

        *number = *number * 10 + (text.data[i] - '0');
    }

    return count;
}


/* Which of the words the text begins with, counted from 1. */
static size_t
ag_wait_word(ag_str_t text, const char *const *words, int64_t *number)
{
    size_t  i, n;

    for (i = 0; words[i] != NULL; i++) {
        n = strlen(words[i]);

        if (text.len >= n && memcmp(text.data, words[i], n) == 0) {
            *number = (int64_t) i + 1;
            return n;
        }
    }

    return 0;
}


/* A year of two digits; 29 February is not in every century. */
static int
ag_wait_century(ag_wait_date_t *date, int64_t now, int64_t *seconds)
{
    int      rc;
    int64_t  next;

    rc = AG_INVALID;

    for (date->year += 1900; date->year <= 9999; date->year += 100) {

        if (ag_wait_seconds(date, &next) != AG_OK) {
            continue;
        }

        if (next > now + AG_WAIT_50_YEARS) {
            break;
        }

        *seconds = next;
        rc = AG_OK;
    }

    return rc;
}


/* Unix time of the date, as if it were UTC. */
static int
ag_wait_seconds(const ag_wait_date_t *date, int64_t *seconds)
{
    int64_t  year, month, days;

    if (!ag_wait_is_date(date)) {
        return AG_INVALID;
    }

    /* years begin with March, so that the leap day is their last */

    year = date->year - (date->month < 3);
    month = (date->month + 9) % 12;

    days = 365 * year + year / 4 - year / 100 + year / 400
           + (153 * month + 2) / 5 + date->day - 1 - AG_WAIT_EPOCH;

    *seconds = days * 86400 + date->hour * 3600 + date->minute * 60
               + date->second;

    return AG_OK;
}


/* The day of the week is not checked: who gets it wrong means the date. */
static unsigned
ag_wait_is_date(const ag_wait_date_t *date)
{
    int64_t                 days;
    static const ag_char_t  length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (date->year < 1 || date->month < 1 || date->month > 12) {
        return 0;
    }

    days = length[date->month - 1];

    if (date->month == 2 && date->year % 4 == 0
        && (date->year % 100 != 0 || date->year % 400 == 0))
    {
        days++;
    }

    return date->day >= 1 && date->day <= days && date->hour < 24
           && date->minute < 60 && date->second <= 60;
}
