/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the events of a text/event-stream in the caller's buffer, so that
 * they can be forwarded as they came.  Keeps no bytes of its own (but for
 * the rare data of several lines), so a split read costs nothing twice.
 */


#ifndef _AG_SSE_H_INCLUDED_
#define _AG_SSE_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_caps.h"


typedef struct {
    ag_str_t  raw;      /* all its bytes, the blank line included */
    ag_str_t  type;     /* of "event:"; empty if none */
    ag_str_t  data;     /* of "data:", lines joined by LF */
    unsigned  has_data:1;
    unsigned  has_comment:1;
} ag_sse_event_t;


typedef struct {
    size_t    scanned;      /* bytes of the current event already looked at */
    size_t    line;         /* offset of the current line in the event */
    size_t    type_at;      /* offset and length of the event's type */
    size_t    type_len;
    size_t    data_at;      /* the same of its first data line */
    size_t    data_len;
    uint32_t  lines;        /* lines of the current event */
    uint32_t  data_lines;
    ag_buf_t  joined;       /* data of several lines */
    unsigned  after_cr:1;   /* an LF that comes now ends no line */
    unsigned  has_comment:1;
    unsigned  started:1;    /* the byte order mark was looked for */
    unsigned  dead:1;
} ag_sse_t;


/* Makes a parser at the start of a stream; allocates nothing. */
void ag_sse_init(ag_sse_t *sse);

/*
 * Looks for the next event at the start of "bytes": the bytes of the stream
 * from the end of the last event on, at any split; the same bytes are given
 * again, with more behind them, after AG_AGAIN (they may have moved).
 *
 * AG_OK     one event in *event, valid until the next call or until the
 *           bytes move; drop event->raw.len bytes and call again.  A block
 *           of comments, or a lone blank line, is an event without data.
 * AG_AGAIN  no event is complete yet
 * AG_LIMIT  larger than AG_SSE_EVENT_MAX, or more than AG_SSE_LINES_MAX
 *           lines; the parser is dead
 * AG_NOMEM  the parser is dead
 *
 * A line ends with LF, CR LF or CR; a byte order mark at the start of the
 * stream belongs to the first event's raw bytes.  An event ended by CR at
 * the end of "bytes" is complete; its LF, if it comes, leads the next one.
 *
 * Source: WHATWG HTML, "Interpreting an event stream".
 */
int ag_sse_next(ag_sse_t *sse, ag_str_t bytes, ag_sse_event_t *event);

/* Frees what joined data took. */
void ag_sse_free(ag_sse_t *sse);


#endif /* _AG_SSE_H_INCLUDED_ */
