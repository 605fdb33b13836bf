/*
 * Copyright (C) ngx_agent authors
 *
 * What tests of readers share: a reader whose events become lines of text.
 */


#ifndef _EVENTS_H_INCLUDED_
#define _EVENTS_H_INCLUDED_


#include "dialect_test.h"

#include "dialect/ag_translate.h"


typedef struct {
    ag_reader_t    reader;
    ag_arena_t     arena;
    ag_outbound_t  to;
    ag_usage_t     usage;
    ag_delta_t     delta;
    uint64_t       random[2];
    ag_buf_t       lines;
} heard_t;


static inline int
heard_event(void *data, const ag_event_t *e)
{
    char      line[512];
    heard_t  *h = data;

    static const char *const  kinds[] = {
        "start", "open", "add", "sign", "cite", "close", "logprobs",
        "finish", "end"
    };

    static const char *const  types[] = {
        "text", "reasoning", "refusal", "tool", "custom", "image"
    };

    static const char *const  reasons[] = {
        "none", "stop", "length", "tool_calls", "content_filter"
    };

    switch (e->kind) {

    case AG_EVENT_START:
        snprintf(line, sizeof(line), "start %.*s %.*s\n", (int) e->id.len,
                 (char *) e->id.data, (int) e->name.len,
                 (char *) e->name.data);
        break;

    case AG_EVENT_FINISH:
        snprintf(line, sizeof(line), "finish %u %s\n", e->choice,
                 reasons[e->finish]);
        break;

    case AG_EVENT_END:
    case AG_EVENT_LOGPROBS:
        snprintf(line, sizeof(line), "%s %.*s\n", kinds[e->kind],
                 (int) e->text.len, (char *) e->text.data);
        break;

    default:
        snprintf(line, sizeof(line), "%s %u.%u %s%s%.*s%s%.*s%s%.*s%s%.*s\n",
                 kinds[e->kind], e->choice, e->block, types[e->type],
                 e->id.len ? " " : "", (int) e->id.len, (char *) e->id.data,
                 e->name.len ? " " : "", (int) e->name.len,
                 (char *) e->name.data,
                 e->text.len ? " " : "", (int) e->text.len,
                 (char *) e->text.data,
                 e->url.len ? " " : "", (int) e->url.len,
                 (char *) e->url.data);
    }

    return ag_buf_add_string(&h->lines, line);
}


static inline void
hear(heard_t *h)
{
    memset(h, 0, sizeof(heard_t));

    ag_arena_init(&h->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&h->lines, 1024 * 1024);

    h->random[0] = 1;
    h->random[1] = 2;
    h->to.model = text("asked");

    h->reader.to = &h->to;
    h->reader.sink = heard_event;
    h->reader.sink_data = h;
    h->reader.arena = &h->arena;
    h->reader.random = h->random;
    h->reader.usage = &h->usage;
    h->reader.delta = &h->delta;
}


/* Compares what was heard so far, and forgets it. */
static inline void
heard(heard_t *h, const char *expected)
{
    assert_int_equal(h->reader.rc, AG_OK);
    assert_int_equal(ag_buf_add(&h->lines, "", 1), AG_OK);
    assert_string_equal((char *) h->lines.data, expected);

    h->lines.len = 0;
}


static inline void
heard_free(heard_t *h)
{
    ag_arena_free(&h->arena);
    ag_buf_free(&h->lines);
}


#endif /* _EVENTS_H_INCLUDED_ */
