/*
 * Copyright (C) ngx_agent authors
 *
 * Days and months in UTC, without the C library's calendar (it locks and
 * reads files).
 */


#ifndef _AG_CALENDAR_H_INCLUDED_
#define _AG_CALENDAR_H_INCLUDED_


#include "core/ag_base.h"


/* Unix time where the day, or the month, began and where it ends. */
int64_t ag_calendar_day(int64_t unix_time);
int64_t ag_calendar_day_end(int64_t unix_time);
int64_t ag_calendar_month(int64_t unix_time);
int64_t ag_calendar_month_end(int64_t unix_time);

/*
 * Reads a date "2026-12-31" (the end of that day) or a time
 * "2026-12-31T12:00:00Z" (RFC 3339, UTC only) as Unix time.  AG_OK or
 * AG_INVALID.
 */
int ag_calendar_read(ag_str_t text, int64_t *unix_time);

/* Writes RFC 3339 in UTC, 20 bytes for the years 0 to 9999. */
size_t ag_calendar_write(ag_char_t out[24], int64_t unix_time);


#endif /* _AG_CALENDAR_H_INCLUDED_ */
