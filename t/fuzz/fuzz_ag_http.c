/*
 * Copyright (C) ngx_agent authors
 *
 * ag_http against itself and against a naive reader of RFC 9112: any split of
 * an answer (the first byte chooses it) gives the same parts, verdict and
 * bytes left over, and whatever is taken as an answer is one for both.
 */


#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/ag_http.h"


#define FUZZ_MAX    8000    /* bytes */
#define FUZZ_STEPS  48      /* so that '1' in a file is byte by byte, '9' up
                               to nine bytes, and '0' the whole at once */


typedef struct {
    ag_buf_t   log;         /* all parts but the body, then the verdict */
    ag_buf_t   body;
    size_t     taken;       /* bytes up to the end */
    unsigned   started:1;
    unsigned   ended:1;
    unsigned   keep_alive:1;
} fuzz_answer_t;


typedef struct {
    int       status;
    int       lengths;      /* lines */
    int       codings;
    int       closes;
    uint64_t  length;
} fuzz_head_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_read(ag_str_t stream, unsigned pattern,
    fuzz_answer_t *answer);
static int fuzz_feed(ag_http_t *http, ag_str_t bytes, fuzz_answer_t *answer);
static void fuzz_part(const ag_http_part_t *part, ag_str_t bytes,
    fuzz_answer_t *answer);
static void fuzz_close(ag_http_t *http, int rc, fuzz_answer_t *answer);
static size_t fuzz_step(unsigned pattern, unsigned *random);
static void fuzz_naive(const char *stream, size_t len,
    const fuzz_answer_t *answer);
static const char *fuzz_head(const char *p, fuzz_head_t *head);
static void fuzz_trim(char *value);
static const char *fuzz_chunks(const char *p, const char *end,
    ag_buf_t *body);
static const char *fuzz_line(const char *p, char *line);
static void fuzz_add(ag_buf_t *b, const void *data, size_t len);
static void fuzz_free(fuzz_answer_t *answer);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *copy;
    ag_str_t        stream;
    fuzz_answer_t   whole, split;

    if (size == 0 || size > FUZZ_MAX) {
        return 0;
    }

    stream = ag_str(data + 1, size - 1);

    fuzz_read(stream, 0, &whole);
    fuzz_read(stream, data[0] % FUZZ_STEPS, &split);

    assert(ag_str_equal(ag_buf_str(&whole.log), ag_buf_str(&split.log)));
    assert(ag_str_equal(ag_buf_str(&whole.body), ag_buf_str(&split.body)));
    assert(whole.ended == split.ended);
    assert(!whole.ended || whole.taken == split.taken);
    assert(whole.keep_alive == split.keep_alive);

    if (whole.ended) {
        copy = malloc(stream.len + 1);
        assert(copy != NULL);
        memcpy(copy, stream.data, stream.len);
        copy[stream.len] = '\0';
        fuzz_naive(copy, stream.len, &whole);
        free(copy);
    }

    fuzz_free(&whole);
    fuzz_free(&split);

    return 0;
}


/* Each piece lies in memory of its exact size that is gone afterwards. */
static void
fuzz_read(ag_str_t stream, unsigned pattern, fuzz_answer_t *answer)
{
    int         rc;
    size_t      given, len;
    unsigned    random;
    ag_http_t   http;
    ag_char_t  *copy;

    memset(answer, 0, sizeof(fuzz_answer_t));
    ag_buf_init(&answer->log, SIZE_MAX);
    ag_buf_init(&answer->body, SIZE_MAX);

    ag_http_init(&http);
    rc = AG_AGAIN;
    random = pattern;

    for (given = 0; given < stream.len && rc == AG_AGAIN; given += len) {
        len = fuzz_step(pattern, &random);
        len = (len < stream.len - given) ? len : stream.len - given;

        copy = malloc(len);
        assert(copy != NULL);
        memcpy(copy, stream.data + given, len);

        rc = fuzz_feed(&http, ag_str(copy, len), answer);
        free(copy);
    }

    fuzz_close(&http, rc, answer);
    ag_http_free(&http);
}


static int
fuzz_feed(ag_http_t *http, ag_str_t bytes, fuzz_answer_t *answer)
{
    int              rc;
    ag_str_t         rest;
    ag_http_part_t   part;

    rest = bytes;

    for ( ;; ) {
        rc = ag_http_next(http, &rest, &part);

        assert(rest.len <= bytes.len);
        assert(rest.data + rest.len == bytes.data + bytes.len);

        if (rc != AG_OK) {
            break;
        }

        assert(!answer->ended);
        fuzz_part(&part, bytes, answer);

        if (answer->ended) {
            answer->keep_alive = http->keep_alive;
        }
    }

    if (rc == AG_AGAIN) {
        assert(answer->ended || rest.len == 0);
        answer->taken += bytes.len - rest.len;
    }

    return rc;
}


static void
fuzz_part(const ag_http_part_t *part, ag_str_t bytes, fuzz_answer_t *answer)
{
    int   n;
    char  text[64];

    if (part->kind == AG_HTTP_BODY) {
        assert(answer->started && part->value.len > 0);
        assert(part->value.data >= bytes.data);
        assert(part->value.data + part->value.len <= bytes.data + bytes.len);
        fuzz_add(&answer->body, part->value.data, part->value.len);
        return;
    }

    n = snprintf(text, sizeof(text), "%d %u %zu %zu\n", part->kind,
                 part->kind == AG_HTTP_STATUS ? part->status : 0,
                 part->kind == AG_HTTP_HEADER ? part->name.len : 0,
                 part->kind == AG_HTTP_HEADER ? part->value.len : 0);
    fuzz_add(&answer->log, text, (size_t) n);

    if (part->kind == AG_HTTP_HEADER) {
        assert(!answer->started && part->name.len > 0);
        fuzz_add(&answer->log, part->name.data, part->name.len);
        fuzz_add(&answer->log, part->value.data, part->value.len);
    }

    answer->started |= (part->kind == AG_HTTP_START);
    answer->ended |= (part->kind == AG_HTTP_END);
}


/* A dead reader stays dead, an ended one ended, and closing tells. */
static void
fuzz_close(ag_http_t *http, int rc, fuzz_answer_t *answer)
{
    int              closed;
    ag_char_t        verdict[2];
    ag_str_t         bytes;
    ag_http_part_t   part;

    closed = ag_http_close(http);

    if (rc != AG_AGAIN) {
        assert(rc == AG_INVALID || rc == AG_LIMIT);
        assert(closed == AG_INVALID);

    } else if (answer->ended) {
        assert(closed == AG_OK);

    } else if (closed == AG_OK) {
        assert(answer->started);
    }

    bytes = ag_str("\r\n", 2);
    assert(!http->keep_alive);
    assert(ag_http_next(http, &bytes, &part)
           == (closed == AG_OK ? AG_AGAIN : AG_INVALID));
    assert(bytes.len == 2);
    assert(ag_http_close(http) == closed);

    verdict[0] = (ag_char_t) rc;
    verdict[1] = (ag_char_t) closed;
    fuzz_add(&answer->log, verdict, 2);
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


/*
 * The naive reader sees only what was taken for a whole answer, behind which
 * a zero stands: it must find the same body and the same end, and never think
 * that a connection is done which is kept.
 */
static void
fuzz_naive(const char *stream, size_t len, const fuzz_answer_t *answer)
{
    ag_buf_t      body;
    const char   *p, *end;
    fuzz_head_t   head;

    ag_buf_init(&body, SIZE_MAX);
    end = stream + len;
    p = stream;

    do {
        p = fuzz_head(p, &head);
        assert(head.lengths == 0 || head.codings == 0);
    } while (head.status < 200);

    if (head.status == 204 || head.status == 304) {
        assert(!answer->keep_alive
               || (head.codings == 0 && head.length == 0));

    } else if (head.codings != 0) {
        assert(head.codings == 1);
        p = fuzz_chunks(p, end, &body);

    } else {
        assert(head.lengths != 0 && head.length <= (size_t) (end - p));
        fuzz_add(&body, p, (size_t) head.length);
        p += head.length;
    }

    assert(!answer->keep_alive || !head.closes);
    assert((size_t) (p - stream) == answer->taken);
    assert(ag_str_equal(ag_buf_str(&body), ag_buf_str(&answer->body)));

    ag_buf_free(&body);
}


static const char *
fuzz_head(const char *p, fuzz_head_t *head)
{
    char      line[FUZZ_MAX + 1], *value;
    uint64_t  length;

    memset(head, 0, sizeof(fuzz_head_t));

    p = fuzz_line(p, line);
    assert(sscanf(line, "HTTP/1.%*1[01] %3d", &head->status) == 1);

    for ( ;; ) {
        p = fuzz_line(p, line);

        if (line[0] == '\0') {
            return p;
        }

        value = strchr(line, ':');
        assert(value != NULL && value != line);
        *value++ = '\0';
        value += strspn(value, " \t");

        if (strcasecmp(line, "content-length") == 0) {
            length = strtoull(value, NULL, 10);
            assert(head->lengths++ == 0 || head->length == length);
            head->length = length;

        } else if (strcasecmp(line, "transfer-encoding") == 0) {
            assert(strncasecmp(value, "chunked", 7) == 0);
            head->codings++;

        } else if (strcasecmp(line, "connection") == 0) {
            fuzz_trim(value);
            head->closes |= (strcasecmp(value, "close") == 0);
        }
    }
}


/* Blanks at the end are none of a value; others are, and make it no word. */
static void
fuzz_trim(char *value)
{
    size_t  len;

    len = strlen(value);

    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        value[--len] = '\0';
    }
}


/* Returns where the body ends, its trailers included. */
static const char *
fuzz_chunks(const char *p, const char *end, ag_buf_t *body)
{
    char      line[FUZZ_MAX + 1];
    uint64_t  size;

    for ( ;; ) {
        p = fuzz_line(p, line);
        size = strtoull(line, NULL, 16);

        if (size == 0) {
            break;
        }

        assert(size + 2 <= (size_t) (end - p));
        assert(memcmp(p + size, "\r\n", 2) == 0);

        fuzz_add(body, p, (size_t) size);
        p += size + 2;
    }

    do {
        p = fuzz_line(p, line);
    } while (line[0] != '\0');

    return p;
}


/* Copies a line without its end; returns where the next one begins. */
static const char *
fuzz_line(const char *p, char *line)
{
    size_t  len;

    len = strcspn(p, "\n");
    assert(p[len] == '\n');

    memcpy(line, p, len);
    line[len] = '\0';

    if (len > 0 && line[len - 1] == '\r') {
        line[len - 1] = '\0';
    }

    return p + len + 1;
}


static void
fuzz_add(ag_buf_t *b, const void *data, size_t len)
{
    assert(ag_buf_add(b, data, len) == AG_OK);
}


static void
fuzz_free(fuzz_answer_t *answer)
{
    ag_buf_free(&answer->log);
    ag_buf_free(&answer->body);
}
