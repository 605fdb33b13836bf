/*
 * Copyright (C) ngx_agent authors
 *
 * Reads numbers and durations.  Saturates instead of overflowing, rounds up,
 * and refuses what it does not understand to the last byte.
 */


#include "core/ag_wait_parts.h"


#define AG_WAIT_WHOLE_MAX  UINT64_C(1000000000000000)   /* beyond every cap,
                                                   and times 1000 in 64 bits */
#define AG_WAIT_UNIX       UINT64_C(1000000000)     /* a number past it is a
                                                   Unix time, of 2001 at the
                                                   least; 31 years no wait */
#define AG_WAIT_UNIX_MS    UINT64_C(1000000000000)  /* past it one in ms */


typedef struct {
    const char  *name;
    uint64_t     us;
} ag_wait_unit_t;


static uint64_t ag_wait_times(const ag_wait_decimal_t *number,
    uint64_t unit_us);
static const ag_wait_unit_t *ag_wait_unit(ag_str_t text);
static uint64_t ag_wait_unix(const ag_wait_decimal_t *number, int64_t now);
static unsigned ag_wait_is_digit(ag_char_t c);


/* A name before those that it begins with. */
static const ag_wait_unit_t  ag_wait_units[] = {
    { "ms", 1000 },
    { "s", AG_WAIT_SECOND },
    { "m", AG_WAIT_SECOND * 60 },
    { "h", AG_WAIT_SECOND * 3600 },
    { "d", AG_WAIT_SECOND * 86400 },
    { NULL, 0 }
};


uint64_t
ag_wait_number(ag_str_t text, uint64_t unit_us)
{
    ag_wait_decimal_t  number;

    text = ag_wait_trim(text);

    if (text.len == 0 || ag_wait_decimal(text, &number) != text.len) {
        return 0;
    }

    return ag_wait_times(&number, unit_us);
}


uint64_t
ag_wait_duration(ag_str_t text)
{
    size_t                 n;
    uint64_t               wait;
    ag_wait_decimal_t      number;
    const ag_wait_unit_t  *unit;

    text = ag_wait_trim(text);
    wait = 0;

    while (text.len > 0) {
        n = ag_wait_decimal(text, &number);
        text = ag_str(text.data + n, text.len - n);
        unit = ag_wait_unit(text);

        if (n == 0 || unit == NULL) {
            return 0;
        }

        n = strlen(unit->name);
        text = ag_str(text.data + n, text.len - n);

        /* each is at most the cap, and so is the sum before the next */

        wait += ag_wait_times(&number, unit->us);
        wait = (wait < AG_WAIT_MAX_US) ? wait : AG_WAIT_MAX_US;
    }

    return wait;
}


uint64_t
ag_wait_reset(ag_str_t text, int64_t now)
{
    uint64_t           wait;
    ag_wait_decimal_t  number;

    text = ag_wait_trim(text);

    if (text.len > 0 && ag_wait_decimal(text, &number) == text.len) {
        return (number.whole > AG_WAIT_UNIX)
               ? ag_wait_unix(&number, now)
               : ag_wait_times(&number, AG_WAIT_SECOND);
    }

    wait = ag_wait_duration(text);

    return (wait > 0) ? wait : ag_wait_rfc3339(text, now);
}


uint64_t
ag_wait_until(int64_t seconds, uint64_t micro, int64_t now)
{
    uint64_t  wait;

    if (seconds < now) {
        return 0;
    }

    wait = (uint64_t) (seconds - now);

    return (wait < AG_WAIT_MAX_US / AG_WAIT_SECOND)
           ? wait * AG_WAIT_SECOND + micro : AG_WAIT_MAX_US;
}


size_t
ag_wait_decimal(ag_str_t text, ag_wait_decimal_t *number)
{
    size_t    i, point;
    uint64_t  unit, more;

    number->whole = 0;
    number->millionths = 0;

    for (i = 0; i < text.len && ag_wait_is_digit(text.data[i]); i++) {
        number->whole = number->whole * 10 + (uint64_t) (text.data[i] - '0');

        if (number->whole > AG_WAIT_WHOLE_MAX) {
            number->whole = AG_WAIT_WHOLE_MAX;
        }
    }

    if (i == 0 || i == text.len || text.data[i] != '.') {
        return i;
    }

    /* digits behind the sixth only tell whether to round up */

    point = i++;
    unit = 100000;
    more = 0;

    for ( /* void */ ; i < text.len && ag_wait_is_digit(text.data[i]); i++) {
        number->millionths += unit * (uint64_t) (text.data[i] - '0');
        more |= (unit == 0 && text.data[i] != '0');
        unit /= 10;
    }

    number->millionths += more;

    return (i > point + 1) ? i : 0;
}


ag_str_t
ag_wait_trim(ag_str_t text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && (text.data[text.len - 1] == ' '
                            || text.data[text.len - 1] == '\t'))
    {
        text.len--;
    }

    return text;
}


/* Neither product overflows: a whole day of millionths is below 2^57. */
static uint64_t
ag_wait_times(const ag_wait_decimal_t *number, uint64_t unit_us)
{
    uint64_t  us;

    if (number->whole > AG_WAIT_MAX_US / unit_us) {
        return AG_WAIT_MAX_US;
    }

    us = number->whole * unit_us
         + (number->millionths * unit_us + 999999) / 1000000;

    return (us < AG_WAIT_MAX_US) ? us : AG_WAIT_MAX_US;
}


/* The unit that the text begins with, or NULL. */
static const ag_wait_unit_t *
ag_wait_unit(ag_str_t text)
{
    size_t                 n;
    const ag_wait_unit_t  *unit;

    for (unit = ag_wait_units; unit->name != NULL; unit++) {
        n = strlen(unit->name);

        if (text.len >= n && memcmp(text.data, unit->name, n) == 0) {
            return unit;
        }
    }

    return NULL;
}


static uint64_t
ag_wait_unix(const ag_wait_decimal_t *number, int64_t now)
{
    if (number->whole <= AG_WAIT_UNIX_MS) {
        return ag_wait_until((int64_t) number->whole, number->millionths, now);
    }

    return ag_wait_until((int64_t) (number->whole / 1000),
                         number->whole % 1000 * 1000
                         + (number->millionths + 999) / 1000, now);
}


static unsigned
ag_wait_is_digit(ag_char_t c)
{
    return c >= '0' && c <= '9';
}
