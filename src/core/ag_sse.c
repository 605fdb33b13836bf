/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the events of a text/event-stream.
 *
 * Every byte is looked at once, however the stream was split.  What a line
 * said is kept as offsets into the event, because the caller's buffer moves
 * while the event grows.  Only data of several lines is copied: providers do
 * not send it, but the grammar allows it.  Refuses to judge UTF-8 and to
 * obey "id" and "retry": a gateway never reconnects in a client's name.
 */


#include "core/ag_sse.h"


static int ag_sse_start(ag_sse_t *sse, ag_str_t bytes);
static inline size_t ag_sse_line_end(const ag_char_t *p, size_t at,
    size_t end);
static int ag_sse_field(ag_sse_t *sse, const ag_char_t *p, size_t at,
    size_t end);
static size_t ag_sse_value(ag_str_t line, const char *name);
static int ag_sse_data(ag_sse_t *sse, const ag_char_t *p, size_t at,
    size_t len);
static void ag_sse_report(ag_sse_t *sse, ag_str_t bytes, size_t len,
    ag_sse_event_t *event);
static int ag_sse_die(ag_sse_t *sse, int rc);


void
ag_sse_init(ag_sse_t *sse)
{
    memset(sse, 0, sizeof(*sse));
    ag_buf_init(&sse->joined, AG_SSE_EVENT_MAX);
}


int
ag_sse_next(ag_sse_t *sse, ag_str_t bytes, ag_sse_event_t *event)
{
    int               rc;
    size_t            at, end, line;
    const ag_char_t  *p;

    rc = ag_sse_start(sse, bytes);
    if (rc != AG_OK) {
        return rc;
    }

    p = bytes.data;
    at = sse->scanned;
    end = (bytes.len < AG_SSE_EVENT_MAX) ? bytes.len : AG_SSE_EVENT_MAX;

    while (at < end) {

        if (sse->after_cr) {
            sse->after_cr = 0;
            at += (p[at] == '\n');
            sse->line = at;
        }

        at = ag_sse_line_end(p, at, end);
        if (at == end) {
            break;
        }

        line = sse->line;
        sse->line = at + 1;
        sse->after_cr = (p[at] == '\r');

        if (line == at) {
            ag_sse_report(sse, ag_str(p, end), at + 1, event);
            return AG_OK;
        }

        rc = ag_sse_field(sse, p, line, at);
        if (rc != AG_OK) {
            return ag_sse_die(sse, rc);
        }

        at++;
    }

    sse->scanned = at;

    return (at < AG_SSE_EVENT_MAX) ? AG_AGAIN : ag_sse_die(sse, AG_LIMIT);
}


void
ag_sse_free(ag_sse_t *sse)
{
    ag_buf_free(&sse->joined);
}


/*
 * Lets go of the last event, and looks for the byte order mark at the start
 * of the stream.  AG_AGAIN while there is nothing to scan.
 */
static int
ag_sse_start(ag_sse_t *sse, ag_str_t bytes)
{
    static const ag_char_t  mark[] = { 0xef, 0xbb, 0xbf };

    if (sse->dead) {
        return AG_LIMIT;
    }

    if (sse->scanned == 0) {

        /* freed, not kept: one odd event must not cost a stream 1 MiB */

        ag_buf_free(&sse->joined);
    }

    if (bytes.len == 0) {
        return AG_AGAIN;
    }

    if (sse->started) {
        return AG_OK;
    }

    if (bytes.len < sizeof(mark) && memcmp(bytes.data, mark, bytes.len) == 0) {
        return AG_AGAIN;
    }

    sse->started = 1;

    if (bytes.len >= sizeof(mark)
        && memcmp(bytes.data, mark, sizeof(mark)) == 0)
    {
        sse->scanned = sizeof(mark);
        sse->line = sizeof(mark);
    }

    return AG_OK;
}


/* The first CR or LF from "at" on, or "end". */
static inline size_t
ag_sse_line_end(const ag_char_t *p, size_t at, size_t end)
{
    uint64_t  word, marks;

    while (end - at >= 8) {

        /* one test finds all bytes up to CR; the others are rare in text */

        word = ag_word(p + at);
        marks = (word - ag_word_of('\r' + 1)) & ~word & ag_word_of(0x80);

        if (marks == 0) {
            at += 8;
            continue;
        }

        at += ag_word_first(marks);

        if (p[at] == '\n' || p[at] == '\r') {
            return at;
        }

        at++;
    }

    while (at < end && p[at] != '\n' && p[at] != '\r') {
        at++;
    }

    return at;
}


/* Takes in the line from "at" to "end", which is not blank. */
static int
ag_sse_field(ag_sse_t *sse, const ag_char_t *p, size_t at, size_t end)
{
    size_t    value;
    ag_str_t  line;

    if (++sse->lines > AG_SSE_LINES_MAX) {
        return AG_LIMIT;
    }

    line = ag_str(p + at, end - at);

    value = ag_sse_value(line, "data");

    if (value > 0) {
        return ag_sse_data(sse, p, at + value, line.len - value);
    }

    value = ag_sse_value(line, "event");

    if (value > 0) {
        sse->type_at = at + value;
        sse->type_len = line.len - value;

    } else if (line.data[0] == ':') {
        sse->has_comment = 1;
    }

    return AG_OK;
}


/* Where the value starts in a line of the field "name"; 0 in any other. */
static size_t
ag_sse_value(ag_str_t line, const char *name)
{
    size_t  n;

    n = strlen(name);

    if (line.len < n || memcmp(line.data, name, n) != 0) {
        return 0;
    }

    if (line.len == n) {
        return n;
    }

    if (line.data[n++] != ':') {
        return 0;
    }

    return (n < line.len && line.data[n] == ' ') ? n + 1 : n;
}


/* Takes in one line of data; the first is only remembered. */
static int
ag_sse_data(ag_sse_t *sse, const ag_char_t *p, size_t at, size_t len)
{
    int  rc;

    if (++sse->data_lines == 1) {
        sse->data_at = at;
        sse->data_len = len;

        return AG_OK;
    }

    rc = AG_OK;

    if (sse->data_lines == 2) {
        rc = ag_buf_add(&sse->joined, p + sse->data_at, sse->data_len);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(&sse->joined, "\n", 1);
    }

    return (rc == AG_OK) ? ag_buf_add(&sse->joined, p + at, len) : rc;
}


/*
 * Hands out the event in the first "len" of "bytes", with the LF of its last
 * CR if that is there already; makes ready for the next.
 */
static void
ag_sse_report(ag_sse_t *sse, ag_str_t bytes, size_t len,
    ag_sse_event_t *event)
{
    if (sse->after_cr && len < bytes.len && bytes.data[len] == '\n') {
        sse->after_cr = 0;
        len++;
    }

    event->raw = ag_str(bytes.data, len);
    event->type = ag_str(bytes.data + sse->type_at, sse->type_len);
    event->data = (sse->data_lines > 1)
                  ? ag_buf_str(&sse->joined)
                  : ag_str(bytes.data + sse->data_at, sse->data_len);
    event->has_data = (sse->data_lines > 0);
    event->has_comment = sse->has_comment;

    sse->scanned = 0;
    sse->line = 0;
    sse->type_at = 0;
    sse->type_len = 0;
    sse->data_at = 0;
    sse->data_len = 0;
    sse->lines = 0;
    sse->data_lines = 0;
    sse->has_comment = 0;
}


static int
ag_sse_die(ag_sse_t *sse, int rc)
{
    sse->dead = 1;
    ag_buf_free(&sse->joined);

    return rc;
}
