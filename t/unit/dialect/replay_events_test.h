/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of answers that are told again as events share.
 *
 * Streams are written one event a line, as they are recorded, JSON with
 * single quotes.  What is refused must leave the output as it was, at every
 * size that is too small, too.
 */


#ifndef _REPLAY_EVENTS_TEST_H_INCLUDED_
#define _REPLAY_EVENTS_TEST_H_INCLUDED_


#include "dialect_test.h"

#include "dialect/ag_replay_events.h"


#define REPLAY_BEFORE  "before"


static inline ag_buf_t
replay_quoted(ag_str_t text)
{
    size_t    i;
    ag_buf_t  quoted;

    ag_buf_init(&quoted, SIZE_MAX);
    assert_int_equal(ag_buf_add(&quoted, text.data, text.len), AG_OK);

    for (i = 0; i < quoted.len; i++) {
        if (quoted.data[i] == '\'') {
            quoted.data[i] = '"';
        }
    }

    return quoted;
}


static inline void
replay_add(ag_buf_t *out, ag_str_t text)
{
    assert_int_equal(ag_buf_add(out, text.data, text.len), AG_OK);
}


/* Each line as an event of the type that it says. */
static inline ag_buf_t
replay_frames(ag_str_t lines)
{
    ag_str_t     line, type;
    ag_buf_t     frames;
    yyjson_doc  *doc;

    ag_buf_init(&frames, SIZE_MAX);

    while (lines.len > 0) {
        line = next_line(&lines);

        if (line.len == 0) {
            continue;
        }

        doc = ag_json_tree(line, NULL, 0);
        type = ag_json_text(yyjson_obj_get(yyjson_doc_get_root(doc), "type"));

        if (type.len > 0) {
            replay_add(&frames, text("event: "));
            replay_add(&frames, type);
            replay_add(&frames, text("\n"));
        }

        replay_add(&frames, text("data: "));
        replay_add(&frames, line);
        replay_add(&frames, text("\n\n"));
        yyjson_doc_free(doc);
    }

    return frames;
}


/* What whole() says of a stream; "out" has it behind REPLAY_BEFORE. */
static inline int
replay_whole(const ag_replay_surface_t *surface, ag_str_t stream,
    const ag_usage_t *usage, size_t max, ag_buf_t *out)
{
    int  rc;

    ag_buf_init(out, sizeof(REPLAY_BEFORE) - 1 + max);
    replay_add(out, text(REPLAY_BEFORE));
    rc = surface->whole(out, stream, usage);

    assert_true(rc == AG_OK || out->len == sizeof(REPLAY_BEFORE) - 1);
    assert_memory_equal(out->data, REPLAY_BEFORE, sizeof(REPLAY_BEFORE) - 1);
    ag_buf_shift(out, sizeof(REPLAY_BEFORE) - 1);

    return rc;
}


/* The same of stream(). */
static inline int
replay_stream(const ag_replay_surface_t *surface, ag_str_t whole, size_t max,
    ag_buf_t *out)
{
    int                         rc;
    yyjson_doc                 *doc;
    const ag_replay_options_t   options = { 0 };

    doc = ag_json_tree(whole, NULL, 0);
    assert_non_null(doc);

    ag_buf_init(out, sizeof(REPLAY_BEFORE) - 1 + max);
    replay_add(out, text(REPLAY_BEFORE));
    rc = surface->stream(out, yyjson_doc_get_root(doc), &options);

    assert_true(rc == AG_OK || out->len == sizeof(REPLAY_BEFORE) - 1);
    assert_memory_equal(out->data, REPLAY_BEFORE, sizeof(REPLAY_BEFORE) - 1);
    ag_buf_shift(out, sizeof(REPLAY_BEFORE) - 1);
    yyjson_doc_free(doc);

    return rc;
}


static inline void
replay_same(ag_str_t got, ag_str_t expected)
{
    yyjson_doc  *a, *b;

    a = ag_json_tree(got, NULL, 0);
    b = ag_json_tree(expected, NULL, 0);
    assert_non_null(a);
    assert_non_null(b);

    if (!yyjson_equals(yyjson_doc_get_root(a), yyjson_doc_get_root(b))) {
        fail_msg("%.*s\nis not\n%.*s", (int) got.len, got.data,
                 (int) expected.len, expected.data);
    }

    yyjson_doc_free(a);
    yyjson_doc_free(b);
}


/* The stream in "lines" becomes "json"; "usage" may be NULL. */
static inline void
replay_becomes_with(const ag_replay_surface_t *surface, const char *lines,
    const ag_usage_t *usage, const char *json)
{
    size_t    max;
    ag_buf_t  quoted, frames, expected, out;

    quoted = replay_quoted(text(lines));
    frames = replay_frames(ag_buf_str(&quoted));
    expected = replay_quoted(text(json));

    assert_int_equal(replay_whole(surface, ag_buf_str(&frames), usage,
                                  1024 * 1024, &out), AG_OK);
    replay_same(ag_buf_str(&out), ag_buf_str(&expected));
    max = out.len;
    ag_buf_free(&out);

    while (max-- > 0) {
        assert_int_equal(replay_whole(surface, ag_buf_str(&frames), usage,
                                      max, &out), AG_LIMIT);
        ag_buf_free(&out);
    }

    ag_buf_free(&quoted);
    ag_buf_free(&frames);
    ag_buf_free(&expected);
}


static inline void
replay_becomes(const ag_replay_surface_t *surface, const char *lines,
    const char *json)
{
    replay_becomes_with(surface, lines, NULL, json);
}


/* The stream in "lines" cannot be put together. */
static inline void
replay_refuses(const ag_replay_surface_t *surface, const char *lines)
{
    int       rc;
    ag_buf_t  quoted, frames, out;

    quoted = replay_quoted(text(lines));
    frames = replay_frames(ag_buf_str(&quoted));

    rc = replay_whole(surface, ag_buf_str(&frames), NULL, 1024 * 1024, &out);

    if (rc != AG_NONE) {
        fail_msg("%d for %s", rc, lines);
    }

    ag_buf_free(&quoted);
    ag_buf_free(&frames);
    ag_buf_free(&out);
}


/* The answer "json" is told as "lines", to the byte. */
static inline void
replay_told(const ag_replay_surface_t *surface, const char *json,
    const char *lines)
{
    size_t    max;
    ag_buf_t  whole, quoted, frames, out;

    whole = replay_quoted(text(json));
    quoted = replay_quoted(text(lines));
    frames = replay_frames(ag_buf_str(&quoted));

    assert_int_equal(replay_stream(surface, ag_buf_str(&whole), 1024 * 1024,
                                   &out), AG_OK);

    if (!ag_str_equal(ag_buf_str(&out), ag_buf_str(&frames))) {
        fail_msg("%.*s\nis not\n%.*s", (int) out.len, out.data,
                 (int) frames.len, frames.data);
    }

    max = out.len;
    ag_buf_free(&out);

    while (max-- > 0) {
        assert_int_equal(replay_stream(surface, ag_buf_str(&whole), max,
                                       &out), AG_LIMIT);
        ag_buf_free(&out);
    }

    ag_buf_free(&whole);
    ag_buf_free(&quoted);
    ag_buf_free(&frames);
}


/* An answer is the same once it was told and put together. */
static inline void
replay_stays(const ag_replay_surface_t *surface, ag_str_t whole)
{
    ag_buf_t  stream, again;

    assert_int_equal(replay_stream(surface, whole, 16 * 1024 * 1024, &stream),
                     AG_OK);
    assert_int_equal(replay_whole(surface, ag_buf_str(&stream), NULL,
                                  16 * 1024 * 1024, &again), AG_OK);
    replay_same(ag_buf_str(&again), whole);

    ag_buf_free(&stream);
    ag_buf_free(&again);
}


/* There is no stream of it. */
static inline void
replay_untold(const ag_replay_surface_t *surface, const char *json)
{
    ag_buf_t  whole, out;

    whole = replay_quoted(text(json));
    assert_int_equal(replay_stream(surface, ag_buf_str(&whole), 1024 * 1024,
                                   &out), AG_NONE);
    ag_buf_free(&whole);
    ag_buf_free(&out);
}


static inline void
replay_ends(const ag_replay_surface_t *surface, const char *json,
    ag_replay_end_t end)
{
    ag_buf_t  whole;

    whole = replay_quoted(text(json));
    assert_int_equal(surface->end(ag_buf_str(&whole)), end);
    ag_buf_free(&whole);
}


#endif /* _REPLAY_EVENTS_TEST_H_INCLUDED_ */
