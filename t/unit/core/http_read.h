/*
 * Copyright (C) ngx_agent authors
 *
 * Answers given to the reader.  expect() feeds every answer whole, byte by
 * byte, cut in two at every place and cut in three at many, always in memory
 * of its exact size that is gone afterwards: parts and verdict must be the
 * same.
 */


#ifndef _AG_HTTP_READ_H_INCLUDED_
#define _AG_HTTP_READ_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_http.h"


#define OK           "HTTP/1.1 200 OK\r\n"
#define LENGTH       OK "Content-Length: 5\r\n\r\n"
#define LENGTH_LOG   "200 Content-Length=5; ["
#define CHUNKED      OK "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_LOG  "200 Transfer-Encoding=chunked; ["


static inline void expect(const char *answer, const char *expected);
static inline void expect_bytes(ag_str_t answer, const char *expected);
static inline void expect_line(const char *line, const char *expected);
static inline void expect_chunks(const char *chunks, const char *expected);
static inline void compare(ag_str_t answer, const size_t *cuts,
    const char *expected);
static inline int feed(ag_http_t *http, ag_str_t bytes, ag_buf_t *log);
static inline void log_part(ag_buf_t *log, const ag_http_part_t *part);
static inline void log_end(ag_http_t *http, int rc, ag_buf_t *log);
static inline void add(ag_buf_t *log, const char *text);
static inline void repeat(ag_buf_t *b, const char *text, size_t times);
static inline int verdict(ag_buf_t *answer);
static inline int verdict_of_split(ag_buf_t *answer);


static inline void
expect(const char *answer, const char *expected)
{
    expect_bytes(ag_str(answer, strlen(answer)), expected);
}


/*
 * "expected" writes a status as "200 ", a header line as "name=value; ", the
 * start as "[", then the body, and the end as "]", with "+" if the connection
 * may be kept and then what is left over.  Instead of the end: "!" invalid,
 * "#" a cap, "|" ended by closing, "..." cut off by closing.
 */
static inline void
expect_bytes(ag_str_t answer, const char *expected)
{
    size_t  i, j, cuts[3];

    cuts[0] = answer.len;
    compare(answer, cuts, expected);

    cuts[0] = 0;                    /* byte by byte */
    compare(answer, cuts, expected);

    for (i = 1; i < answer.len; i++) {
        cuts[0] = i;
        cuts[1] = answer.len;
        compare(answer, cuts, expected);

        for (j = i + 1; j < answer.len && j < i + 5; j++) {
            cuts[1] = j;
            cuts[2] = answer.len;
            compare(answer, cuts, expected);
        }
    }
}


/* An answer with one header line, or several, and five bytes behind it. */
static inline void
expect_line(const char *line, const char *expected)
{
    ag_buf_t  answer;

    ag_buf_init(&answer, SIZE_MAX);
    add(&answer, OK);
    add(&answer, line);
    add(&answer, "\r\n\r\nhello");
    expect_bytes(ag_buf_str(&answer), expected);
    ag_buf_free(&answer);
}


/* A chunked body; "expected" is what follows its start. */
static inline void
expect_chunks(const char *chunks, const char *expected)
{
    ag_buf_t  answer, log;

    ag_buf_init(&answer, SIZE_MAX);
    ag_buf_init(&log, SIZE_MAX);

    add(&answer, CHUNKED);
    add(&answer, chunks);
    add(&log, CHUNKED_LOG);
    add(&log, expected);
    assert_int_equal(ag_buf_add(&log, "", 1), AG_OK);

    expect_bytes(ag_buf_str(&answer), (const char *) log.data);

    ag_buf_free(&answer);
    ag_buf_free(&log);
}


/* Feeds the answer up to each of the cuts, the last of which is its end. */
static inline void
compare(ag_str_t answer, const size_t *cuts, const char *expected)
{
    int        rc;
    size_t     given, cut;
    ag_buf_t   log;
    ag_http_t  http;

    ag_http_init(&http);
    ag_buf_init(&log, SIZE_MAX);
    rc = AG_AGAIN;

    for (given = 0; given < answer.len && rc == AG_AGAIN; given = cut) {
        cut = (cuts[0] == 0) ? given + 1 : *cuts++;
        rc = feed(&http, ag_str(answer.data + given, cut - given), &log);
    }

    log_end(&http, rc, &log);

    if (!ag_str_is(ag_buf_str(&log), expected)) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) log.len, log.data, expected);
    }

    ag_http_free(&http);
    ag_buf_free(&log);
}


static inline int
feed(ag_http_t *http, ag_str_t bytes, ag_buf_t *log)
{
    int              rc;
    ag_str_t         rest;
    ag_char_t       *copy;
    ag_http_part_t   part;

    copy = malloc(bytes.len);
    memcpy(copy, bytes.data, bytes.len);
    rest = ag_str(copy, bytes.len);

    while ((rc = ag_http_next(http, &rest, &part)) == AG_OK) {
        log_part(log, &part);

        if (part.kind == AG_HTTP_END && http->keep_alive) {
            add(log, "+");
        }
    }

    if (rc == AG_AGAIN) {
        assert_true(rest.len == 0 || http->state == AG_HTTP_AT_END);
        assert_ptr_equal(rest.data + rest.len, copy + bytes.len);
        assert_int_equal(ag_buf_add(log, rest.data, rest.len), AG_OK);
    }

    free(copy);

    return rc;
}


static inline void
log_part(ag_buf_t *log, const ag_http_part_t *part)
{
    switch (part->kind) {

    case AG_HTTP_STATUS:
        assert_int_equal(ag_buf_add_number(log, part->status), AG_OK);
        add(log, " ");
        break;

    case AG_HTTP_HEADER:
        (void) ag_buf_add(log, part->name.data, part->name.len);
        add(log, "=");
        (void) ag_buf_add(log, part->value.data, part->value.len);
        add(log, "; ");
        break;

    case AG_HTTP_START:
        add(log, "[");
        break;

    case AG_HTTP_BODY:
        assert_int_not_equal(part->value.len, 0);
        (void) ag_buf_add(log, part->value.data, part->value.len);
        break;

    case AG_HTTP_END:
        add(log, "]");
        break;
    }
}


/* The verdict; closing agrees with it. */
static inline void
log_end(ag_http_t *http, int rc, ag_buf_t *log)
{
    int              ended, closed;
    ag_str_t         bytes;
    ag_http_part_t   part;

    ended = (http->state == AG_HTTP_AT_END);
    closed = ag_http_close(http);
    assert_int_equal(http->keep_alive, 0);

    if (rc != AG_AGAIN) {
        assert_int_equal(closed, AG_INVALID);
        add(log, rc == AG_LIMIT ? "#" : "!");

    } else if (ended) {
        assert_int_equal(closed, AG_OK);

    } else {
        add(log, closed == AG_OK ? "|" : "...");
    }

    /* whatever comes then is not read */

    bytes = ag_str(LENGTH "hello", sizeof(LENGTH "hello") - 1);
    assert_int_equal(ag_http_next(http, &bytes, &part),
                     closed == AG_OK ? AG_AGAIN : AG_INVALID);
    assert_int_equal(bytes.len, sizeof(LENGTH "hello") - 1);
    assert_int_equal(ag_http_close(http), closed);
}


static inline void
add(ag_buf_t *log, const char *text)
{
    assert_int_equal(ag_buf_add_string(log, text), AG_OK);
}


static inline void
repeat(ag_buf_t *b, const char *text, size_t times)
{
    while (times-- > 0) {
        add(b, text);
    }
}


/* What the reader says of the whole at once; byte by byte it is the same. */
static inline int
verdict(ag_buf_t *answer)
{
    int              rc;
    ag_str_t         bytes;
    ag_http_t        http;
    ag_http_part_t   part;

    ag_http_init(&http);
    bytes = ag_buf_str(answer);

    do {
        rc = ag_http_next(&http, &bytes, &part);
    } while (rc == AG_OK);

    if (rc == AG_AGAIN && http.state == AG_HTTP_AT_END) {
        rc = AG_OK;
    }

    ag_http_free(&http);
    assert_int_equal(verdict_of_split(answer), rc);

    return rc;
}


static inline int
verdict_of_split(ag_buf_t *answer)
{
    int              rc;
    size_t           i;
    ag_str_t         byte;
    ag_http_t        http;
    ag_http_part_t   part;

    ag_http_init(&http);
    rc = AG_AGAIN;

    for (i = 0; i < answer->len && rc == AG_AGAIN; i++) {
        byte = ag_str(answer->data + i, 1);

        do {
            rc = ag_http_next(&http, &byte, &part);
        } while (rc == AG_OK);

        assert_true(http.line.size <= AG_HEADERS_MAX);
    }

    if (rc == AG_AGAIN && http.state == AG_HTTP_AT_END) {
        rc = AG_OK;
    }

    ag_http_free(&http);

    return rc;
}


#endif /* _AG_HTTP_READ_H_INCLUDED_ */
