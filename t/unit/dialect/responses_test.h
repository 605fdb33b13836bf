/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of the Responses API's verbs share: a request that is read,
 * events that are said, events that are heard.
 */


#ifndef _RESPONSES_TEST_H_INCLUDED_
#define _RESPONSES_TEST_H_INCLUDED_


#include "dialect/events.h"
#include "dialect/golden_run.h"

#include "dialect/ag_responses_parts.h"


/* A value of each kind, for a place that wants another. */
static const char *const  odd[] = {
    "null", "true", "false", "0", "7", "-1", "0.5", "1e400",
    "123456789012345678901234567890", "\"\"", "\"x\"", "[]", "[7]",
    "[null]", "[[]]", "[{}]", "{}", "{\"type\":7}", "{\"type\":\"x\"}",
    "[{\"type\":\"x\",\"text\":{}}]", "[{\"type\":\"input_text\"}]",
    "[{\"type\":\"input_text\",\"text\":\"x\"}]"
};

#define ODD  (sizeof(odd) / sizeof(odd[0]))


typedef struct {
    ag_arena_t     arena;
    ag_neutral_t   n;
    ag_error_t     error;
    yyjson_doc    *doc;
    int            rc;
} asked_t;


/* Reads a request, which must be JSON, with so much memory. */
static inline void
ask_within(asked_t *a, ag_str_t body, size_t memory)
{
    memset(a, 0, sizeof(asked_t));

    ag_arena_init(&a->arena, memory);
    a->doc = ag_json_tree_large(body, AG_TRANSLATE_MAX, NULL);
    assert_non_null(a->doc);

    a->n.arena = &a->arena;
    a->n.client = &ag_responses;
    a->n.endpoint = AG_ENDPOINT_RESPONSES;
    a->n.choices = 1;
    a->n.parallel = -1;
    a->n.schema_strict = -1;

    a->rc = ag_responses_ask(&a->n, yyjson_doc_get_root(a->doc), &a->error);
}


static inline void
ask(asked_t *a, const char *body)
{
    ask_within(a, text(body), AG_TRANSLATE_ARENA_MAX);
}


static inline void
ask_free(asked_t *a)
{
    ag_arena_free(&a->arena);
    yyjson_doc_free(a->doc);
}


/* A request with a value of each kind in the place of "%s": accepted, or
 * refused for its value. */
static inline void
ask_odd(const char *format)
{
    char     body[1024];
    size_t   i;
    asked_t  a;

    for (i = 0; i < ODD; i++) {
        snprintf(body, sizeof(body), format, odd[i]);
        ask(&a, body);

        if (a.rc != AG_OK) {
            assert_int_equal(a.rc, AG_INVALID);
            assert_int_equal(a.error.class, AG_E_INVALID_VALUE);
            assert_true(a.error.param.len > 0);
            assert_true(a.error.message.len > 0);
        }

        ask_free(&a);
    }
}


/* ---- saying ---- */


typedef struct {
    asked_t      asked;
    ag_arena_t   arena;
    ag_usage_t   usage;
    ag_buf_t     out;
    ag_writer_t  w;
    uint64_t     random[2];
} said_t;


static inline void
say_init(said_t *s, const char *request)
{
    memset(s, 0, sizeof(said_t));

    ask(&s->asked, request);
    assert_int_equal(s->asked.rc, AG_OK);

    ag_arena_init(&s->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&s->out, GOLDEN_BODY_MAX);

    s->random[0] = 1;
    s->random[1] = 2;

    s->w.client = &ag_responses;
    s->w.endpoint = AG_ENDPOINT_RESPONSES;
    s->w.request = &s->asked.n;
    s->w.out = &s->out;
    s->w.arena = &s->arena;
    s->w.created = GOLDEN_CREATED;
    s->w.random = s->random;
    s->w.usage = &s->usage;
    s->w.id = text("resp_1");
    s->w.model = text("m");
}


static inline void
say_free(said_t *s)
{
    ag_buf_free(&s->out);
    ag_arena_free(&s->arena);
    ask_free(&s->asked);
}


/* Says an event of a block; "words" are its text, or a tool's name. */
static inline void
say(said_t *s, ag_event_kind_t kind, uint32_t block, ag_block_kind_t type,
    const char *words)
{
    ag_event_t  event;

    memset(&event, 0, sizeof(event));

    event.kind = kind;
    event.block = block;
    event.type = type;

    if (kind == AG_EVENT_OPEN && words[0] != '\0') {
        event.id = text("call_1");
        event.name = text(words);

    } else if (kind == AG_EVENT_CITE) {
        event.url = text(words);
        event.title = text("title");

    } else {
        event.text = text(words);
        event.signer = AG_SIGNER_GEMINI;
    }

    assert_int_equal(ag_responses_say_event(&s->w, &event), AG_OK);
}


static inline void
say_finish(said_t *s, ag_finish_t finish)
{
    ag_event_t  event;

    memset(&event, 0, sizeof(event));

    event.kind = AG_EVENT_FINISH;
    event.finish = finish;
    assert_int_equal(ag_responses_say_event(&s->w, &event), AG_OK);

    event.kind = AG_EVENT_END;
    assert_int_equal(ag_responses_say_event(&s->w, &event), AG_OK);
}


/* How often the words stand in what was said. */
static inline unsigned
said(const said_t *s, const char *words)
{
    size_t    i, len;
    unsigned  count;

    count = 0;
    len = strlen(words);

    for (i = 0; i + len <= s->out.len; i++) {
        count += (memcmp(s->out.data + i, words, len) == 0);
    }

    return count;
}


/* The types of the events that were said, without "response.", in a line. */
static inline void
said_types(const said_t *s, const char *expected)
{
    char             types[4096], *at;
    const ag_char_t  *p, *end;

    at = types;
    p = s->out.data;
    end = p + s->out.len;

    while (p < end) {

        if (end - p > 16 && memcmp(p, "event: response.", 16) == 0) {

            for (p += 16; *p != '\n'; p++) {
                *at++ = (char) *p;
            }

            *at++ = ' ';
        }

        p = memchr(p, '\n', (size_t) (end - p));
        p = (p != NULL) ? p + 1 : end;
    }

    *at = '\0';
    assert_string_equal(types, expected);
}


/* ---- telling ---- */


/* A request of one turn, told to a provider of the Responses API. */
typedef struct {
    ag_arena_t     arena;
    ag_neutral_t   n;
    ag_turn_t      turn;
    ag_part_t      part;
    ag_facts_t     facts;
    ag_outbound_t  to;
    ag_buf_t       out;
    ag_error_t     error;
} told_t;


static inline void
tell_init(told_t *t, ag_role_t role, ag_part_kind_t kind)
{
    memset(t, 0, sizeof(told_t));

    ag_arena_init(&t->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&t->out, GOLDEN_BODY_MAX);

    t->part.kind = kind;
    t->part.text = text("x");
    t->turn.role = role;
    t->turn.parts = &t->part;
    t->turn.index = 7;

    t->n.arena = &t->arena;
    t->n.client = &ag_openai;
    t->n.list = "messages";
    t->n.turns = &t->turn;
    t->n.choices = 1;
    t->n.parallel = -1;
    t->n.schema_strict = -1;

    t->to.arena = &t->arena;
    t->to.provider = &ag_responses;
    t->to.model = text("m");
    t->to.facts = &t->facts;
    t->to.quirks = ag_quirks_of_host(text(""));
}


static inline int
tell(told_t *t)
{
    t->out.len = 0;

    return ag_responses_tell(&t->n, &t->to, &t->out, &t->error);
}


/* Do the words stand in what was told? */
static inline unsigned
told(const told_t *t, const char *words)
{
    size_t  i, len;

    len = strlen(words);

    for (i = 0; i + len <= t->out.len; i++) {
        if (memcmp(t->out.data + i, words, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static inline void
tell_free(told_t *t)
{
    ag_buf_free(&t->out);
    ag_arena_free(&t->arena);
}


/* ---- hearing ---- */


static inline void
hear_event(heard_t *h, const char *type, ag_str_t data)
{
    ag_sse_event_t  event;

    memset(&event, 0, sizeof(event));
    memset(&h->delta, 0, sizeof(ag_delta_t));

    event.type = text(type);
    event.data = data;
    event.has_data = 1;

    ag_responses_hear_event(&h->reader, &event);
}


#endif /* _RESPONSES_TEST_H_INCLUDED_ */
