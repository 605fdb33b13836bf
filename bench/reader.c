/*
 * Copyright (C) ngx_agent authors
 *
 * Reads one answer of HTTP/1.1, whole or streamed, and decides whether it is
 * what the mock provider has sent.  Knows no socket and no clock.
 */

#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reader.h"


#define READER_DATA     "data: "
#define READER_TYPE     "event: "
#define READER_CONTENT  "\"content\":\""
#define READER_TEXT     "\"text\":\""
#define READER_STAMP    20    /* digits of the time, then ':' */
#define READER_SEQ      6     /* digits of the number */


static size_t reader_head(reader_t *r, const char *p, size_t n);
static void reader_head_parse(reader_t *r, const char *p, const char *end);
static void reader_head_line(reader_t *r, const char *p, size_t n);
static int reader_named(const char *p, size_t n, const char *name,
    const char **value);
static size_t reader_size(reader_t *r, const char *p, size_t n);
static size_t reader_skip(reader_t *r, const char *p, size_t n);
static size_t reader_body(reader_t *r, const char *p, size_t n,
    const reader_sink_t *sink);
static void reader_lines(reader_t *r, const char *p, size_t n,
    const reader_sink_t *sink);
static void reader_event(reader_t *r, const char *p, size_t n,
    const reader_sink_t *sink);
static void reader_typed(reader_t *r, const char *p, size_t n,
    const reader_sink_t *sink);
static void reader_delta(reader_t *r, const char *p, const char *end,
    const reader_sink_t *sink);
static uint64_t reader_digits(const char *p, size_t n);
static void reader_end(reader_t *r);
static size_t reader_wrong(reader_t *r, const char *why);


void
reader_start(reader_t *r)
{
    memset(r, 0, offsetof(reader_t, line));
}


reader_state_e
reader_feed(reader_t *r, const char *p, size_t n, const reader_sink_t *sink)
{
    size_t  used;

    while (n) {

        switch (r->state) {

        case READER_HEAD:
            used = reader_head(r, p, n);
            break;

        case READER_BODY:
        case READER_CHUNK:
            used = reader_body(r, p, n, sink);
            break;

        case READER_SIZE:
            used = reader_size(r, p, n);
            break;

        case READER_CHUNK_END:
        case READER_TRAILER:
            used = reader_skip(r, p, n);
            break;

        case READER_DONE:
            used = reader_wrong(r, "bytes after the end of an answer");
            break;

        default:
            return r->state;
        }

        p += used;
        n -= used;
    }

    return r->state;
}


static size_t
reader_head(reader_t *r, const char *p, size_t n)
{
    char    *end;
    size_t   len;

    /* most heads come in one piece and need no copy */

    if (r->held == 0) {
        end = memmem(p, n, "\r\n\r\n", 4);

        if (end != NULL) {
            reader_head_parse(r, p, end + 2);
            return end + 4 - p;
        }
    }

    len = READER_LINE - r->held < n ? READER_LINE - r->held : n;
    memcpy(r->line + r->held, p, len);
    end = memmem(r->line, r->held + len, "\r\n\r\n", 4);

    if (end != NULL) {
        len = end + 4 - r->line - r->held;
        r->held = 0;
        reader_head_parse(r, r->line, end + 2);
        return len;
    }

    r->held += len;

    return r->held < READER_LINE ? len : reader_wrong(r, "head too large");
}


/* "end" is behind the line end of the last header. */

static void
reader_head_parse(reader_t *r, const char *p, const char *end)
{
    const char  *eol;

    if (end - p < 14 || strncmp(p, "HTTP/1.1 ", 9) != 0) {
        reader_wrong(r, "not an answer of HTTP/1.1");
        return;
    }

    r->status = reader_digits(p + 9, 3);
    r->left = UINT64_MAX;

    for ( /* void */ ; p < end; p = eol + 1) {
        eol = memchr(p, '\n', end - p);
        reader_head_line(r, p, eol - p);
    }

    if (r->chunked) {
        r->left = 0;
        r->state = READER_SIZE;

    } else if (r->left == UINT64_MAX) {
        reader_wrong(r, "answer without a length");

    } else if (r->left == 0) {
        reader_end(r);

    } else {
        r->state = READER_BODY;
    }
}


static void
reader_head_line(reader_t *r, const char *p, size_t n)
{
    const char  *value;

    if (reader_named(p, n, "content-length: ", &value)) {
        r->left = strtoull(value, NULL, 10);

    } else if (reader_named(p, n, "transfer-encoding: chunked", &value)) {
        r->chunked = 1;

    } else if (reader_named(p, n, "connection: close", &value)) {
        r->closing = 1;

    } else if (reader_named(p, n, "content-type: text/event-stream", &value)) {
        r->stream = 1;
    }
}


static int
reader_named(const char *p, size_t n, const char *name, const char **value)
{
    size_t  len;

    len = strlen(name);
    *value = p + len;

    return n >= len && strncasecmp(p, name, len) == 0;
}


static size_t
reader_size(reader_t *r, const char *p, size_t n)
{
    char    c;
    size_t  i;

    for (i = 0; i < n; i++) {
        c = p[i];

        if (c >= '0' && c <= '9') {
            r->left = r->left * 16 + (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            r->left = r->left * 16 + (c - 'a' + 10);

        } else if (c >= 'A' && c <= 'F') {
            r->left = r->left * 16 + (c - 'A' + 10);

        } else if (c == '\n') {
            r->state = r->left ? READER_CHUNK : READER_TRAILER;
            return i + 1;

        } else if (c != '\r') {
            return reader_wrong(r, "not the size of a chunk");
        }
    }

    return n;
}


/* The line ends behind a chunk and behind the last one: no trailers. */

static size_t
reader_skip(reader_t *r, const char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (p[i] == '\n') {

            if (r->state == READER_TRAILER) {
                reader_end(r);

            } else {
                r->state = READER_SIZE;
            }

            return i + 1;
        }

        if (p[i] != '\r') {
            return reader_wrong(r, "no line end behind a chunk");
        }
    }

    return n;
}


static size_t
reader_body(reader_t *r, const char *p, size_t n, const reader_sink_t *sink)
{
    if (n > r->left) {
        n = r->left;
    }

    r->left -= n;
    r->body += n;

    if (r->stream) {
        reader_lines(r, p, n, sink);
    }

    if (r->left == 0 && r->state == READER_BODY) {
        reader_end(r);

    } else if (r->left == 0 && r->state == READER_CHUNK) {
        r->state = READER_CHUNK_END;
    }

    return n;
}


static void
reader_lines(reader_t *r, const char *p, size_t n, const reader_sink_t *sink)
{
    size_t       len;
    const char  *eol;

    while (n && r->state != READER_WRONG) {
        eol = memchr(p, '\n', n);
        len = (eol == NULL ? p + n : eol) - p;

        if (eol == NULL || r->held) {

            if (r->held + len > READER_LINE) {
                reader_wrong(r, "line of a stream too long");
                return;
            }

            memcpy(r->line + r->held, p, len);
            r->held += len;
        }

        if (eol == NULL) {
            return;
        }

        if (r->held) {
            reader_event(r, r->line, r->held, sink);
            r->held = 0;

        } else {
            reader_event(r, p, len, sink);
        }

        p = eol + 1;
        n -= len + 1;
    }
}


/* Empty lines and comments, such as heartbeats, say nothing. */

static void
reader_event(reader_t *r, const char *p, size_t n, const reader_sink_t *sink)
{
    const char  *content;

    if (n && p[n - 1] == '\r') {
        n--;
    }

    if (n == 0 || *p == ':') {
        return;
    }

    if (n > 7 && memcmp(p, READER_TYPE, 7) == 0) {
        r->typed = 1;
        return;
    }

    if (n < 6 || memcmp(p, READER_DATA, 6) != 0) {
        reader_wrong(r, "line of a stream that is not data");
        return;
    }

    if (r->done) {
        reader_wrong(r, "event after the last one");

    } else if (r->typed) {
        reader_typed(r, p, n, sink);

    } else if (n == 12 && memcmp(p + 6, "[DONE]", 6) == 0) {
        r->done = 1;

    } else if ((content = memmem(p, n, READER_CONTENT, 11)) != NULL
               && content[11] != '"')
    {
        reader_delta(r, content + 11, p + n, sink);

    } else if (memmem(p, n, "\"role\":", 7) != NULL) {
        r->role = 1;

    } else if (memmem(p, n, "\"finish_reason\":\"stop\"", 22) != NULL) {
        r->finish = 1;

    } else if (memmem(p, n, "\"usage\":{", 9) != NULL) {
        r->usage = 1;

    } else {
        reader_wrong(r, "event that the provider did not send");
    }
}


/* Events whose type is named are Anthropic's. */

static void
reader_typed(reader_t *r, const char *p, size_t n, const reader_sink_t *sink)
{
    const char  *content;

    if ((content = memmem(p, n, READER_TEXT, 8)) != NULL
        && content[8] != '"')
    {
        reader_delta(r, content + 8, p + n, sink);

    } else if (memmem(p, n, "\"role\":", 7) != NULL) {
        r->role = 1;

    } else if (memmem(p, n, "\"stop_reason\":\"end_turn\"", 24) != NULL) {
        r->finish = 1;
        r->usage = (memmem(p, n, "\"usage\":{", 9) != NULL);

    } else if (memmem(p, n, "\"type\":\"message_stop\"", 21) != NULL) {
        r->done = 1;

    } else if (memmem(p, n, "\"type\":\"content_block_", 22) == NULL
               && memmem(p, n, "\"type\":\"ping\"", 13) == NULL)
    {
        reader_wrong(r, "event that the provider did not send");
    }
}


static void
reader_delta(reader_t *r, const char *p, const char *end,
    const reader_sink_t *sink)
{
    uint64_t  seq;

    if (sink->delta == NULL) {
        r->seq++;
        return;
    }

    if (end - p < READER_STAMP + 1 + READER_SEQ) {
        reader_wrong(r, "content that the provider did not send");
        return;
    }

    seq = reader_digits(p + READER_STAMP + 1, READER_SEQ);

    if (seq != r->seq || !r->role || r->finish) {
        reader_wrong(r, "chunk lost, doubled or out of order");
        return;
    }

    r->seq++;
    sink->delta(sink->data, reader_digits(p, READER_STAMP), seq);
}


static uint64_t
reader_digits(const char *p, size_t n)
{
    uint64_t  value;

    for (value = 0; n; n--, p++) {
        value = value * 10 + (uint64_t) (*p - '0');
    }

    return value;
}


static void
reader_end(reader_t *r)
{
    if (r->stream && !(r->finish && r->usage && r->done)) {
        reader_wrong(r, "stream without finish, usage or [DONE]");
        return;
    }

    r->state = READER_DONE;
}


/* Returns 0 as the number of bytes used. */

static size_t
reader_wrong(reader_t *r, const char *why)
{
    r->state = READER_WRONG;
    r->why = why;

    return 0;
}
