/*
 * Copyright (C) ngx_agent authors
 *
 * What the reader of waits is made of: texts that mean a time.  Waits are in
 * microseconds, at most AG_WAIT_MAX_US; 0 where a text says nothing, nothing
 * that makes sense, or "at once".  "now" is Unix time from 0 to
 * AG_WAIT_NOW_MAX.  Spaces and tabs around a text count for nothing.
 */


#ifndef _AG_WAIT_PARTS_H_INCLUDED_
#define _AG_WAIT_PARTS_H_INCLUDED_


#include "core/ag_wait.h"


#define AG_WAIT_SECOND   UINT64_C(1000000)          /* us */
#define AG_WAIT_MAX_US   (AG_WAIT_MAX_MS * 1000)
#define AG_WAIT_NOW_MAX  INT64_C(253402300799)      /* the last second of
                                                   9999: no date names a
                                                   later one */


/* "0.5" is 0 and 500000 millionths, which are rounded up. */
typedef struct {
    uint64_t  whole;
    uint64_t  millionths;
} ag_wait_decimal_t;


/* ---- ag_wait_time.c ---- */


/* A number of units of "unit_us" microseconds each, with a fraction or not. */
uint64_t ag_wait_number(ag_str_t text, uint64_t unit_us);

/* Go's way to write a duration, "1h2m3.5s"; units from "d" to "ms". */
uint64_t ag_wait_duration(ag_str_t text);

/*
 * What a header names as the end of a limit: a duration, seconds, a Unix
 * time in seconds or milliseconds, or RFC 3339.
 */
uint64_t ag_wait_reset(ag_str_t text, int64_t now);

/* From "now" to "seconds" and "micro" microseconds; 0 if that is past. */
uint64_t ag_wait_until(int64_t seconds, uint64_t micro, int64_t now);

/*
 * Reads "12" or "12.5" where the text begins: no sign, no exponent, digits on
 * both sides of the point.  Returns how many bytes they are, 0 for none.
 */
size_t ag_wait_decimal(ag_str_t text, ag_wait_decimal_t *number);

/* The text without what counts for nothing. */
ag_str_t ag_wait_trim(ag_str_t text);


/* ---- ag_wait_date.c ---- */


/*
 * An HTTP date in any of its three forms, as Unix time.  A year of two
 * digits is the latest that is not more than 50 years after "now".
 * Returns AG_OK or AG_INVALID.  Source: RFC 9110, 5.6.7.
 */
int ag_wait_http_date(ag_str_t text, int64_t now, int64_t *seconds);

/* "2026-11-20T12:00:00.5+02:00".  Source: RFC 3339, 5.6. */
uint64_t ag_wait_rfc3339(ag_str_t text, int64_t now);


#endif /* _AG_WAIT_PARTS_H_INCLUDED_ */
