/*
 * Copyright (C) ngx_agent authors
 *
 * ag_sse against itself and against a naive reader of the WHATWG rules: any
 * split of a stream (the first byte chooses it) gives the same events, and
 * their raw bytes are the stream.
 */


#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ag_sse.h"


#define FUZZ_MAX    8000    /* bytes; fewer than AG_SSE_LINES_MAX lines */
#define FUZZ_STEPS  48      /* so that '1' in a file is byte by byte, '9' up
                               to nine bytes, and '0' the whole at once */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_parse(ag_str_t stream, unsigned pattern, ag_buf_t *log);
static size_t fuzz_events(ag_sse_t *sse, ag_str_t bytes, ag_buf_t *log);
static size_t fuzz_step(unsigned pattern, unsigned *random);
static void fuzz_read(ag_str_t stream, ag_buf_t *log);
static ag_str_t fuzz_lines(ag_str_t stream, ag_char_t *out);
static void fuzz_line(ag_str_t line, ag_buf_t *type, ag_buf_t *data,
    unsigned *comment);
static void fuzz_log(ag_buf_t *log, ag_str_t type, ag_str_t data,
    unsigned has_data, unsigned has_comment);
static void fuzz_add(ag_buf_t *b, const void *data, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_buf_t  whole, split, naive;
    ag_str_t  stream;

    if (size == 0 || size > FUZZ_MAX) {
        return 0;
    }

    stream = ag_str(data + 1, size - 1);

    ag_buf_init(&whole, SIZE_MAX);
    ag_buf_init(&split, SIZE_MAX);
    ag_buf_init(&naive, SIZE_MAX);

    fuzz_parse(stream, 0, &whole);
    fuzz_parse(stream, data[0] % FUZZ_STEPS, &split);
    fuzz_read(stream, &naive);

    assert(ag_str_equal(ag_buf_str(&whole), ag_buf_str(&split)));
    assert(ag_str_equal(ag_buf_str(&whole), ag_buf_str(&naive)));

    ag_buf_free(&whole);
    ag_buf_free(&split);
    ag_buf_free(&naive);

    return 0;
}


/*
 * Feeds the stream as a transfer does: each time the bytes that no event has
 * taken, and some more behind them, in a new place of the exact size.
 */
static void
fuzz_parse(ag_str_t stream, unsigned pattern, ag_buf_t *log)
{
    size_t      taken, given;
    unsigned    random;
    ag_sse_t    sse;
    ag_char_t  *copy;

    ag_sse_init(&sse);
    taken = 0;
    given = 0;
    random = pattern;

    while (given < stream.len) {
        given += fuzz_step(pattern, &random);
        given = (given < stream.len) ? given : stream.len;

        copy = malloc(given - taken);
        assert(copy != NULL || given == taken);
        memcpy(copy, stream.data + taken, given - taken);

        taken += fuzz_events(&sse, ag_str(copy, given - taken), log);
        free(copy);
    }

    ag_sse_free(&sse);
}


/* Takes all events that "bytes" hold; returns how many bytes they are. */
static size_t
fuzz_events(ag_sse_t *sse, ag_str_t bytes, ag_buf_t *log)
{
    int             rc;
    size_t          taken;
    ag_sse_event_t  event;

    taken = 0;

    for ( ;; ) {
        rc = ag_sse_next(sse, ag_str(bytes.data + taken, bytes.len - taken),
                         &event);

        if (rc != AG_OK) {
            assert(rc == AG_AGAIN);
            return taken;
        }

        assert(event.raw.data == bytes.data + taken);
        assert(event.raw.len > 0 && event.raw.len <= bytes.len - taken);

        fuzz_log(log, event.type, event.data, event.has_data,
                 event.has_comment);
        taken += event.raw.len;
    }
}


/* How many bytes come next: all, one, or some. */
static size_t
fuzz_step(unsigned pattern, unsigned *random)
{
    if (pattern == 0) {
        return FUZZ_MAX;
    }

    *random = *random * 1103515245u + 12345u;

    return 1 + (*random >> 16) % pattern;
}


/* The naive reader: lines first, then fields, each into a buffer. */
static void
fuzz_read(ag_str_t stream, ag_buf_t *log)
{
    size_t      len;
    ag_str_t    rest, data;
    ag_buf_t    types, datas;
    unsigned    comment;
    ag_char_t  *copy, *lf;

    ag_buf_init(&types, SIZE_MAX);
    ag_buf_init(&datas, SIZE_MAX);
    copy = malloc(stream.len + 1);
    assert(copy != NULL);

    rest = fuzz_lines(stream, copy);
    comment = 0;

    while (rest.len > 0 && (lf = memchr(rest.data, '\n', rest.len)) != NULL) {
        len = (size_t) (lf - rest.data);
        fuzz_line(ag_str(rest.data, len), &types, &datas, &comment);
        rest = ag_str(lf + 1, rest.len - len - 1);

        if (len > 0) {
            continue;
        }

        data = ag_buf_str(&datas);
        data.len -= (data.len > 0);     /* the LF of the last line */

        fuzz_log(log, ag_buf_str(&types), data, datas.len > 0, comment);

        types.len = 0;
        datas.len = 0;
        comment = 0;
    }

    ag_buf_free(&types);
    ag_buf_free(&datas);
    free(copy);
}


/* The stream without its mark, and every end of a line made an LF. */
static ag_str_t
fuzz_lines(ag_str_t stream, ag_char_t *out)
{
    size_t  i, len;

    len = 0;
    i = (stream.len >= 3 && memcmp(stream.data, "\xef\xbb\xbf", 3) == 0)
        ? 3 : 0;

    for ( /* void */ ; i < stream.len; i++) {
        if (stream.data[i] == '\r') {
            out[len++] = '\n';
            i += (i + 1 < stream.len && stream.data[i + 1] == '\n');

        } else {
            out[len++] = stream.data[i];
        }
    }

    return ag_str(out, len);
}


static void
fuzz_line(ag_str_t line, ag_buf_t *type, ag_buf_t *data, unsigned *comment)
{
    size_t            name, value;
    const ag_char_t  *colon;

    colon = (line.len > 0) ? memchr(line.data, ':', line.len) : NULL;
    name = (colon != NULL) ? (size_t) (colon - line.data) : line.len;
    value = (colon != NULL) ? name + 1 : name;

    if (value < line.len && line.data[value] == ' ') {
        value++;
    }

    if (colon != NULL && name == 0) {
        *comment = 1;

    } else if (ag_str_is(ag_str(line.data, name), "data")) {
        fuzz_add(data, line.data + value, line.len - value);
        fuzz_add(data, "\n", 1);

    } else if (ag_str_is(ag_str(line.data, name), "event")) {
        type->len = 0;
        fuzz_add(type, line.data + value, line.len - value);
    }
}


static void
fuzz_log(ag_buf_t *log, ag_str_t type, ag_str_t data, unsigned has_data,
    unsigned has_comment)
{
    char  head[64];
    int   n;

    n = snprintf(head, sizeof(head), "%u %u %zu %zu\n", has_data,
                 has_comment, type.len, data.len);

    fuzz_add(log, head, (size_t) n);
    fuzz_add(log, type.data, type.len);
    fuzz_add(log, data.data, data.len);
}


static void
fuzz_add(ag_buf_t *b, const void *data, size_t len)
{
    assert(ag_buf_add(b, data, len) == AG_OK);
}
