/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of OpenAI's dialect as a provider's share: a request that is
 * told, and an answer that is heard, with its events as a line of text.
 */


#ifndef _OPENAI_PROVIDER_TEST_H_INCLUDED_
#define _OPENAI_PROVIDER_TEST_H_INCLUDED_


#include "dialect/dialect_test.h"
#include "dialect/golden_run.h"
#include "dialect/ag_translate_parts.h"


/* An answer on its way. */
typedef struct {
    ag_reader_t    reader;
    ag_outbound_t  to;
    ag_arena_t     arena;
    ag_usage_t     usage;
    ag_delta_t     delta;
    uint64_t       random[2];
    char           log[4096];       /* " " before each event; what does not
                                       fit is left out */
    size_t         events;
} heard_t;


static inline int
heard_event(void *data, const ag_event_t *event)
{
    size_t    len;
    char     *log;
    heard_t  *h;

    static const char *const  kinds[] = {
        "start", "open", "add", "sign", "cite", "close", "logprobs",
        "finish", "end"
    };

    static const char *const  types[] = {
        "text", "reasoning", "refusal", "tool", "custom", "image"
    };

    static const char *const  finishes[] = {
        "none", "stop", "length", "tool_calls", "content_filter"
    };

    h = data;
    len = strlen(h->log);
    log = h->log + len;
    len = sizeof(h->log) - len;
    h->events++;

    switch (event->kind) {

    case AG_EVENT_OPEN:
        snprintf(log, len, " open%u:%u(%s,%.*s)", event->choice, event->block,
                 types[event->type], (int) event->name.len,
                 (const char *) event->name.data);
        break;

    case AG_EVENT_FINISH:
        snprintf(log, len, " finish%u(%s)", event->choice,
                 finishes[event->finish]);
        break;

    case AG_EVENT_START:
    case AG_EVENT_END:
        snprintf(log, len, " %s", kinds[event->kind]);
        break;

    default:
        snprintf(log, len, " %s%u:%u(%.*s)", kinds[event->kind],
                 event->choice, event->block, (int) event->text.len,
                 (const char *) event->text.data);
    }

    return AG_OK;
}


static inline heard_t *
hear_start(void)
{
    heard_t  *h;

    h = calloc(1, sizeof(heard_t));
    assert_non_null(h);

    ag_arena_init(&h->arena, AG_TRANSLATE_ARENA_MAX);
    h->random[0] = 1;
    h->to.provider = &ag_openai;
    h->to.model = text("m");
    h->reader.provider = &ag_openai;
    h->reader.to = &h->to;
    h->reader.sink = heard_event;
    h->reader.sink_data = h;
    h->reader.arena = &h->arena;
    h->reader.random = h->random;
    h->reader.usage = &h->usage;
    h->reader.delta = &h->delta;

    return h;
}


/* The data of one event, in memory of their exact size. */
static inline void
hear(heard_t *h, const char *data)
{
    char            *copy;
    ag_sse_event_t   event;

    memset(&event, 0, sizeof(event));
    memset(&h->delta, 0, sizeof(h->delta));

    copy = malloc(strlen(data));
    assert_non_null(copy);
    memcpy(copy, data, strlen(data));
    event.data = ag_str(copy, strlen(data));

    ag_openai_hear_event(&h->reader, &event);
    free(copy);
}


static inline void
hear_end(heard_t *h)
{
    ag_arena_free(&h->arena);
    free(h);
}


/* Hears a list of events, NULL at its end, and compares what came of it. */
static inline void
expect_heard(const char *const *data, const char *expected)
{
    heard_t  *h;

    h = hear_start();

    while (*data != NULL) {
        hear(h, *data++);
    }

    assert_int_equal(h->reader.rc, AG_OK);
    assert_string_equal(h->log, expected);
    hear_end(h);
}


/* Tells a Messages request that is made of these fields. */
static inline void
tell(golden_asked_t *a, const char *quirks, const char *fields)
{
    char          *body;
    size_t         size;
    golden_how_t   how;

    memset(&how, 0, sizeof(how));

    how.provider = &ag_openai;
    how.quirks = ag_quirks_find(text(quirks));
    how.endpoint = AG_ENDPOINT_MESSAGES;
    how.model = text("some-model");

    size = strlen(fields) + 64;
    body = malloc(size);
    assert_non_null(body);
    snprintf(body, size, "{\"model\":\"m\",\"max_tokens\":9,%s}", fields);

    golden_ask(a, &how, text(body));
    free(body);
}


/* Is the text in what was told? */
static inline unsigned
told(const golden_asked_t *a, const char *piece)
{
    size_t  i, len;

    len = strlen(piece);

    for (i = 0; i + len <= a->body.len; i++) {
        if (memcmp(a->body.data + i, piece, len) == 0) {
            return 1;
        }
    }

    return 0;
}


#endif /* _OPENAI_PROVIDER_TEST_H_INCLUDED_ */
