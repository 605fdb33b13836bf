/*
 * Copyright (C) ngx_agent authors
 *
 * What tests of ag_openai_say*.c share: events are said one after the other,
 * and what came out is compared.  The head that all chunks have is taken off:
 *
 *   0{"content":"Hi"}|0{}stop|[DONE]
 */


#ifndef _OPENAI_SAY_TEST_H_INCLUDED_
#define _OPENAI_SAY_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_openai_say_parts.h"


#define ROLE  "0{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}|"


typedef struct {
    ag_arena_t    arena;
    ag_neutral_t  n;
    ag_usage_t    usage;
    ag_buf_t      out;
    ag_writer_t   w;
    uint64_t      random[2];
    yyjson_doc   *doc;
} said_t;


static inline void
say_init(said_t *s, const char *request, size_t arena, size_t out)
{
    memset(s, 0, sizeof(said_t));

    ag_arena_init(&s->arena, arena);
    ag_buf_init(&s->out, out);
    s->random[0] = 1;
    s->random[1] = 2;
    s->doc = yyjson_read(request, strlen(request), 0);
    s->n.root = yyjson_doc_get_root(s->doc);

    s->w.request = &s->n;
    s->w.out = &s->out;
    s->w.arena = &s->arena;
    s->w.created = 1700000000;
    s->w.random = s->random;
    s->w.usage = &s->usage;
    s->w.id = ag_str("id-1", 4);
    s->w.model = ag_str("m", 1);
}


static inline void
say_free(said_t *s)
{
    ag_buf_free(&s->out);
    ag_arena_free(&s->arena);
    yyjson_doc_free(s->doc);
}


static inline ag_str_t
of(const char *text)
{
    return ag_str(text, strlen(text));
}


/* The texts of an event are freed as soon as it was said. */
static inline int
say_copied(said_t *s, ag_event_t event)
{
    int         rc;
    size_t      i, len;
    ag_str_t   *texts[5];
    ag_char_t  *copies[5];

    texts[0] = &event.id;
    texts[1] = &event.name;
    texts[2] = &event.text;
    texts[3] = &event.url;
    texts[4] = &event.title;

    for (i = 0; i < 5; i++) {
        len = texts[i]->len;
        copies[i] = malloc(len + 1);

        if (len > 0) {
            memcpy(copies[i], texts[i]->data, len);
        }

        texts[i]->data = copies[i];
    }

    rc = ag_openai_say_event(&s->w, &event);

    for (i = 0; i < 5; i++) {
        free(copies[i]);
    }

    return rc;
}


static inline void
say(said_t *s, ag_event_t event)
{
    assert_int_equal(say_copied(s, event), AG_OK);
}


#define say_start(s)                                                          \
    say(s, (ag_event_t) { .kind = AG_EVENT_START })

#define say_open(s, kind_, ...)                                               \
    say(s, (ag_event_t) { .kind = AG_EVENT_OPEN, .type = AG_BLOCK_##kind_,    \
                          __VA_ARGS__ })

#define say_add(s, kind_, text_, ...)                                         \
    say(s, (ag_event_t) { .kind = AG_EVENT_ADD, .type = AG_BLOCK_##kind_,     \
                          .text = of(text_), __VA_ARGS__ })

#define say_sign(s, kind_, text_, signer_, ...)                               \
    say(s, (ag_event_t) { .kind = AG_EVENT_SIGN, .type = AG_BLOCK_##kind_,    \
                          .text = of(text_),                                  \
                          .signer = AG_SIGNER_##signer_, __VA_ARGS__ })

#define say_cite(s, url_, title_)                                             \
    say(s, (ag_event_t) { .kind = AG_EVENT_CITE, .type = AG_BLOCK_TEXT,       \
                          .url = of(url_), .title = of(title_) })

#define say_close(s, kind_, ...)                                              \
    say(s, (ag_event_t) { .kind = AG_EVENT_CLOSE, .type = AG_BLOCK_##kind_,   \
                          __VA_ARGS__ })

#define say_finish(s, finish_, ...)                                           \
    say(s, (ag_event_t) { .kind = AG_EVENT_FINISH,                            \
                          .finish = AG_FINISH_##finish_, __VA_ARGS__ })

#define say_end(s)                                                            \
    say(s, (ag_event_t) { .kind = AG_EVENT_END })


static inline void
log_json(ag_buf_t *log, yyjson_val *value)
{
    char  *json;

    json = yyjson_val_write(value, 0, NULL);
    ag_buf_add_string(log, (json != NULL) ? json : "?");
    free(json);
}


static inline void
log_chunk(ag_buf_t *log, yyjson_val *root)
{
    yyjson_val  *choice, *value;

    assert_true(yyjson_equals_str(yyjson_obj_get(root, "object"),
                                  "chat.completion.chunk"));
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "created")),
                     1700000000);
    assert_true(yyjson_equals_str(yyjson_obj_get(root, "model"), "m"));

    choice = yyjson_arr_get_first(yyjson_obj_get(root, "choices"));

    if (choice != NULL) {
        ag_buf_add_number(log, yyjson_get_uint(yyjson_obj_get(choice,
                                                              "index")));
        log_json(log, yyjson_obj_get(choice, "delta"));
        value = yyjson_obj_get(choice, "finish_reason");
        assert_non_null(value);

        if (!yyjson_is_null(value)) {
            ag_buf_add_string(log, yyjson_get_str(value));
        }

        value = yyjson_obj_get(choice, "logprobs");
        assert_non_null(value);

        if (!yyjson_is_null(value)) {
            log_json(log, value);
        }
    }

    value = yyjson_obj_get(root, "usage");

    if (value != NULL) {
        ag_buf_add_string(log, "u");
        log_json(log, value);
    }
}


static inline void
expect_said(said_t *s, const char *expected)
{
    ag_buf_t     log;
    ag_str_t     rest;
    yyjson_doc  *doc;
    const char  *end;

    ag_buf_init(&log, SIZE_MAX);
    assert_int_equal(ag_buf_add(&s->out, "", 1), AG_OK);
    s->out.len--;
    rest = ag_buf_str(&s->out);

    while (rest.len > 0) {
        assert_memory_equal(rest.data, "data: ", 6);
        end = strstr((const char *) rest.data, "\n\n");
        assert_non_null(end);

        if (log.len > 0) {
            ag_buf_add_string(&log, "|");
        }

        doc = yyjson_read((const char *) rest.data + 6,
                          (size_t) (end - (const char *) rest.data) - 6, 0);
        if (doc != NULL) {
            log_chunk(&log, yyjson_doc_get_root(doc));
            yyjson_doc_free(doc);

        } else {
            ag_buf_add(&log, rest.data + 6,
                       (size_t) (end - (const char *) rest.data) - 6);
        }

        rest.len -= (size_t) (end + 2 - (const char *) rest.data);
        rest.data = (const ag_char_t *) end + 2;
    }

    if (!ag_str_is(ag_buf_str(&log), expected)) {
        fail_msg("\n     got %.*s\nexpected %s", (int) log.len, log.data,
                 expected);
    }

    ag_buf_free(&log);
    say_free(s);
}


static inline void
say_begin(said_t *s)
{
    say_init(s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    say_start(s);
}


#endif /* _OPENAI_SAY_TEST_H_INCLUDED_ */
