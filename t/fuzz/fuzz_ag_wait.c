/*
 * Copyright (C) ngx_agent authors
 *
 * ag_wait with any bytes: a wait is never zero and never above the cap, a
 * header that nobody asked for changes nothing, and a number of seconds that
 * was printed in any form is read back as it was.  The C library is the one
 * that prints dates.
 *
 * The first byte of the input chooses the clock, the next four are a number
 * of seconds; then come lines of "name: value", an empty one, and the body.
 */


#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/ag_wait_parts.h"


#define FUZZ_HEADERS  200
#define FUZZ_SECONDS  (AG_WAIT_MAX_MS / 1000)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_answer(ag_str_t text, int64_t now);
static size_t fuzz_headers(ag_str_t *text, ag_wait_header_t *headers);
static ag_str_t fuzz_line(ag_str_t *text);
static uint64_t fuzz_read(const ag_wait_header_t *headers, size_t count,
    ag_str_t body, int64_t now);
static void fuzz_texts(ag_str_t value, int64_t now);
static void fuzz_printed(uint64_t seconds, int64_t now);
static void fuzz_dates(uint64_t seconds, int64_t now);
static void fuzz_date(const char *name, const char *form, uint64_t seconds,
    int64_t now);
static void fuzz_same(const char *name, const char *value, uint64_t wait_ms,
    int64_t now);
static ag_str_t fuzz_str(const char *text);
static ag_str_t fuzz_copy(ag_str_t text);


static const int64_t  fuzz_clocks[] = {
    INT64_C(1795176000), 0, 946684799, INT64_C(2147483647),
    INT64_C(4102444799), INT64_C(253402300799), -1, INT64_MIN, INT64_MAX
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t   now;
    uint32_t  seconds;

    if (size < 5) {
        return 0;
    }

    now = fuzz_clocks[data[0] % (sizeof(fuzz_clocks) / sizeof(int64_t))];
    memcpy(&seconds, data + 1, 4);

    fuzz_printed(seconds % FUZZ_SECONDS + 1, now);
    fuzz_answer(ag_str(data + 5, size - 5), now);

    return 0;
}


static void
fuzz_answer(ag_str_t text, int64_t now)
{
    size_t            i, count, kept;
    uint64_t          wait;
    ag_str_t          body;
    ag_wait_header_t  headers[FUZZ_HEADERS], few[FUZZ_HEADERS];

    count = fuzz_headers(&text, headers);
    body = fuzz_copy(text);

    wait = fuzz_read(headers, count, body, now);

    /* what ag_wait_reads() sorts out was not needed */

    kept = 0;

    for (i = 0; i < count; i++) {
        if (ag_wait_reads(headers[i].name)) {
            few[kept++] = headers[i];
        }
    }

    assert(fuzz_read(few, kept, body, now) == wait);

    for (i = 0; i < count; i++) {
        fuzz_texts(headers[i].value, now);
        free((void *) headers[i].name.data);
        free((void *) headers[i].value.data);
    }

    free((void *) body.data);
}


/* Every name and value in a block of its own: reading past it is seen. */
static size_t
fuzz_headers(ag_str_t *text, ag_wait_header_t *headers)
{
    size_t            count, name;
    ag_str_t          line;
    const ag_char_t  *colon;

    for (count = 0; count < FUZZ_HEADERS; count++) {
        line = fuzz_line(text);

        if (line.len == 0) {
            break;
        }

        colon = memchr(line.data, ':', line.len);
        name = (colon != NULL) ? (size_t) (colon - line.data) : line.len;

        headers[count].name = fuzz_copy(ag_str(line.data, name));
        name += (colon != NULL);
        headers[count].value = fuzz_copy(ag_str(line.data + name,
                                                line.len - name));
    }

    return count;
}


/* Cuts the first line off. */
static ag_str_t
fuzz_line(ag_str_t *text)
{
    size_t            len;
    ag_str_t          line;
    const ag_char_t  *lf;

    lf = (text->len > 0) ? memchr(text->data, '\n', text->len) : NULL;
    len = (lf != NULL) ? (size_t) (lf - text->data) : text->len;
    line = ag_str(text->data, len);

    len += (lf != NULL);
    *text = ag_str(text->data + len, text->len - len);

    return line;
}


/* Milliseconds, 0 for nothing; the same when it is asked twice. */
static uint64_t
fuzz_read(const ag_wait_header_t *headers, size_t count, ag_str_t body,
    int64_t now)
{
    int       rc;
    uint64_t  wait_ms, again;

    wait_ms = UINT64_MAX;
    again = 0;
    rc = ag_wait_read(headers, count, body, now, &wait_ms);

    assert(rc == AG_OK || rc == AG_NONE);
    assert((rc == AG_OK) == (wait_ms > 0));
    assert(wait_ms <= AG_WAIT_MAX_MS);

    assert(ag_wait_read(headers, count, body, now, &again) == rc);
    assert(again == wait_ms);

    return wait_ms;
}


/* A value as what it was not meant to be. */
static void
fuzz_texts(ag_str_t value, int64_t now)
{
    int64_t  seconds;

    now = (now < 0) ? 0 : (now > AG_WAIT_NOW_MAX) ? AG_WAIT_NOW_MAX : now;

    assert(ag_wait_number(value, AG_WAIT_SECOND) <= AG_WAIT_MAX_US);
    assert(ag_wait_duration(value) <= AG_WAIT_MAX_US);
    assert(ag_wait_reset(value, now) <= AG_WAIT_MAX_US);
    assert(ag_wait_rfc3339(value, now) <= AG_WAIT_MAX_US);

    if (ag_wait_http_date(value, now, &seconds) == AG_OK) {
        assert(seconds <= AG_WAIT_NOW_MAX + 1);
        assert(ag_wait_number(value, AG_WAIT_SECOND) == 0);
        assert(ag_wait_duration(value) == 0);
        assert(ag_wait_rfc3339(value, now) == 0);
    }
}


static void
fuzz_printed(uint64_t seconds, int64_t now)
{
    char      text[64];
    uint64_t  ms;

    ms = seconds * 1000;

    snprintf(text, sizeof(text), "%" PRIu64, seconds);
    fuzz_same("retry-after", text, ms, now);
    fuzz_same("x-ratelimit-reset", text, ms, now);

    snprintf(text, sizeof(text), "%" PRIu64 ".000", seconds);
    fuzz_same("retry-after", text, ms, now);

    snprintf(text, sizeof(text), "%" PRIu64, ms);
    fuzz_same("retry-after-ms", text, ms, now);
    fuzz_same("x-ms-retry-after-ms", text, ms, now);

    snprintf(text, sizeof(text), "%" PRIu64 "h%" PRIu64 "m%" PRIu64 "s",
             seconds / 3600, seconds / 60 % 60, seconds % 60);
    fuzz_same("x-ratelimit-reset-requests", text, ms, now);

    snprintf(text, sizeof(text), "%" PRIu64 "ms", ms);
    fuzz_same("x-ratelimit-reset-tokens", text, ms, now);

    snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, seconds / 1000,
             seconds % 1000);
    fuzz_same("retry-after", text, seconds, now);

    if (now >= 0 && now < AG_WAIT_NOW_MAX - (int64_t) FUZZ_SECONDS) {
        fuzz_dates(seconds, now);
    }
}


/* A moment that lies "seconds" after "now". */
static void
fuzz_dates(uint64_t seconds, int64_t now)
{
    char  text[64];

    fuzz_date("retry-after", "%a, %d %b %Y %H:%M:%S GMT", seconds, now);
    fuzz_date("retry-after", "%A, %d-%b-%y %H:%M:%S GMT", seconds, now);
    fuzz_date("retry-after", "%a %b %e %H:%M:%S %Y", seconds, now);
    fuzz_date("x-ratelimit-reset", "%Y-%m-%dT%H:%M:%SZ", seconds, now);
    fuzz_date("anthropic-ratelimit-tokens-reset",
              "%Y-%m-%d %H:%M:%S.000-00:00", seconds, now);

    if (now > 1000000000) {
        snprintf(text, sizeof(text), "%" PRIu64, (uint64_t) now + seconds);
        fuzz_same("x-ratelimit-reset", text, seconds * 1000, now);

        snprintf(text, sizeof(text), "%" PRIu64 "000",
                 (uint64_t) now + seconds);
        fuzz_same("x-ratelimit-reset", text, seconds * 1000, now);
    }
}


static void
fuzz_date(const char *name, const char *form, uint64_t seconds, int64_t now)
{
    char       text[64];
    time_t     moment;
    struct tm  parts;

    moment = (time_t) now + (time_t) seconds;
    assert(gmtime_r(&moment, &parts) != NULL);
    assert(strftime(text, sizeof(text), form, &parts) > 0);

    fuzz_same(name, text, seconds * 1000, now);
}


static void
fuzz_same(const char *name, const char *value, uint64_t wait_ms, int64_t now)
{
    ag_wait_header_t  header;

    header.name = fuzz_str(name);
    header.value = fuzz_str(value);

    assert(ag_wait_reads(header.name));
    assert(fuzz_read(&header, 1, ag_str(NULL, 0), now) == wait_ms);
}


static ag_str_t
fuzz_str(const char *text)
{
    return ag_str(text, strlen(text));
}


static ag_str_t
fuzz_copy(ag_str_t text)
{
    ag_char_t  *copy;

    copy = malloc(text.len + (text.len == 0));
    assert(copy != NULL);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    return ag_str(copy, text.len);
}
