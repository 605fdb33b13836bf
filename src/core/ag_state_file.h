/*
 * Copyright (C) ngx_agent authors
 *
 * What budgets and long windows remember, as a file: it outlives a restart of
 * the machine.  Monotonic time begins anew then, so times are written as ages
 * at a moment of Unix time.
 *
 * The file: a line "ngx_agent state 1 UNIX-MICROSECONDS\n", then records in
 * bytes (little-endian), each with its length and CRC-32C, so that a torn
 * file gives what is whole of it.
 */


#ifndef _AG_STATE_FILE_H_INCLUDED_
#define _AG_STATE_FILE_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_limit.h"


#define AG_STATE_FILE_RECORD_MAX  (160 * 1024)       /* bytes */
#define AG_STATE_FILE_KEEP_US  UINT64_C(3600000000)  /* windows of an hour or
                                                       more are kept */


/* Should the window be in the file?  Budgets of a calendar, windows of at
 * least AG_STATE_FILE_KEEP_US, unless nothing in them counts. */
int ag_state_file_keeps(const ag_window_t *window, const ag_now_t *now);

/* Writes the head. */
int ag_state_file_head(ag_buf_t *out, uint64_t wall_us);

/* Writes one window; "id" names it. */
int ag_state_file_write(ag_buf_t *out, const uint64_t id[2],
    const ag_window_t *window, const ag_now_t *now);

/* Reads the head and moves "text" on.  AG_OK, AG_INVALID: another file or
 * version. */
int ag_state_file_read_head(ag_str_t *text, uint64_t *wall_us);

/*
 * Takes the next record.  "window" has "size" bytes and receives it, with its
 * times moved to "now"; what no longer counts is left out of it ("elapsed" is
 * Unix microseconds since the head, 0 if the clock went back).  AG_OK, AG_NONE:
 * no more, or the rest is torn; AG_LIMIT: larger than "size", passed over.
 */
int ag_state_file_read(ag_str_t *text, uint64_t id[2], ag_window_t *window,
    size_t size, const ag_now_t *now, uint64_t elapsed_us);


#endif /* _AG_STATE_FILE_H_INCLUDED_ */
