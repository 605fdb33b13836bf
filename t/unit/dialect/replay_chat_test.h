/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of chats and completions that are told again share.
 *
 * A stream is written as its events, one a line; [DONE] is added.
 */


#ifndef _REPLAY_CHAT_TEST_H_INCLUDED_
#define _REPLAY_CHAT_TEST_H_INCLUDED_


#include "dialect_test.h"
#include "golden_json.h"

#include "dialect/ag_replay_parts.h"


#define CHUNK(choices)                                                        \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,"     \
    "\"model\":\"m\",\"choices\":[" choices "]}\n"

#define DELTA(delta)                                                          \
    CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}")

#define FINISH(reason)                                                        \
    CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}")

#define WHOLE(choices)                                                        \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":17,"           \
    "\"model\":\"m\",\"choices\":[" choices "]}"

#define MESSAGE(members)                                                      \
    WHOLE("{\"index\":0,\"message\":{\"role\":\"assistant\"," members "},"    \
          "\"finish_reason\":\"stop\"}")


static inline void
frame(ag_buf_t *out, ag_str_t lines)
{
    ag_str_t  line;

    while (lines.len > 0) {
        line = next_line(&lines);

        if (line.len > 0) {
            assert_int_equal(ag_buf_add_string(out, "data: "), AG_OK);
            assert_int_equal(ag_buf_add(out, line.data, line.len), AG_OK);
            assert_int_equal(ag_buf_add_string(out, "\n\n"), AG_OK);
        }
    }

    assert_int_equal(ag_buf_add_string(out, "data: [DONE]\n\n"), AG_OK);
}


/* In memory of its exact size. */
static inline int
whole_bytes(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t stream,
    const ag_usage_t *usage)
{
    int    rc;
    void  *exact;

    exact = malloc(stream.len + (stream.len == 0));
    assert_non_null(exact);

    if (stream.len > 0) {
        memcpy(exact, stream.data, stream.len);
    }

    ag_buf_init(out, SIZE_MAX);
    rc = ag_replay_whole(out, endpoint, ag_str(exact, stream.len), usage);
    free(exact);

    if (rc != AG_OK) {
        assert_int_equal(out->len, 0);
    }

    return rc;
}


static inline int
whole_of(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t lines,
    const ag_usage_t *usage)
{
    int       rc;
    ag_buf_t  stream;

    ag_buf_init(&stream, SIZE_MAX);
    frame(&stream, lines);
    rc = whole_bytes(out, endpoint, ag_buf_str(&stream), usage);
    ag_buf_free(&stream);

    return rc;
}


static inline int
stream_of(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t whole,
    unsigned include_usage)
{
    int                  rc;
    ag_replay_options_t  options;

    memset(&options, 0, sizeof(options));
    options.include_usage = include_usage & 1;

    ag_buf_init(out, SIZE_MAX);
    rc = ag_replay_stream(out, endpoint, whole, &options);

    if (rc != AG_OK) {
        assert_int_equal(out->len, 0);
    }

    return rc;
}


static inline void
same_json(ag_str_t expected, ag_str_t got)
{
    yyjson_doc   *a, *b;
    golden_at_t   at;

    memset(&at, 0, sizeof(at));

    a = yyjson_read((char *) expected.data, expected.len, 0);
    b = yyjson_read((char *) got.data, got.len, 0);

    if (a == NULL || b == NULL
        || !golden_equal(yyjson_doc_get_root(a), yyjson_doc_get_root(b), &at))
    {
        fail_msg("at %s\n%.*s\nexpected\n%.*s", at.path, (int) got.len,
                 got.data, (int) expected.len, expected.data);
    }

    yyjson_doc_free(a);
    yyjson_doc_free(b);
}


/* The stream becomes that. */
static inline void
becomes(ag_endpoint_t endpoint, const char *lines, const char *expected)
{
    ag_buf_t  out;

    if (whole_of(&out, endpoint, text(lines), NULL) != AG_OK) {
        fail_msg("no whole of\n%s", lines);
    }

    same_json(text(expected), ag_buf_str(&out));
    ag_buf_free(&out);
}


/* Nobody can say for sure what it becomes. */
static inline void
becomes_nothing(ag_endpoint_t endpoint, const char *lines)
{
    ag_buf_t  out;

    if (whole_of(&out, endpoint, text(lines), NULL) != AG_NONE) {
        fail_msg("became %.*s", (int) out.len, out.data);
    }

    ag_buf_free(&out);
}


/* The whole is told as these events, to the byte. */
static inline void
is_told(ag_endpoint_t endpoint, const char *whole, unsigned include_usage,
    const char *lines)
{
    ag_buf_t  out, stream;

    assert_int_equal(stream_of(&out, endpoint, text(whole), include_usage),
                     AG_OK);
    ag_buf_init(&stream, SIZE_MAX);
    frame(&stream, text(lines));

    if (!ag_str_equal(ag_buf_str(&out), ag_buf_str(&stream))) {
        fail_msg("told\n%.*s\nexpected\n%.*s", (int) out.len, out.data,
                 (int) stream.len, stream.data);
    }

    ag_buf_free(&out);
    ag_buf_free(&stream);
}


static inline void
is_not_told(ag_endpoint_t endpoint, const char *whole, int expected)
{
    ag_buf_t  out;

    if (stream_of(&out, endpoint, text(whole), 1) != expected) {
        fail_msg("told\n%.*s\n%s", (int) out.len, out.data, whole);
    }

    ag_buf_free(&out);
}


/* Told and put together again it is the same. */
static inline void
comes_back(ag_endpoint_t endpoint, ag_str_t whole)
{
    ag_buf_t  stream, again;

    if (stream_of(&stream, endpoint, whole, 1) != AG_OK) {
        fail_msg("not told: %.*s", (int) whole.len, whole.data);
    }

    assert_int_equal(whole_bytes(&again, endpoint, ag_buf_str(&stream), NULL),
                     AG_OK);
    same_json(whole, ag_buf_str(&again));

    ag_buf_free(&stream);
    ag_buf_free(&again);
}


#endif /* _REPLAY_CHAT_TEST_H_INCLUDED_ */
