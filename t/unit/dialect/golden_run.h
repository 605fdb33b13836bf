/*
 * Copyright (C) ngx_agent authors
 *
 * What the gateway does with a translated call, but for the network: a
 * client's request becomes a provider's, the provider's stream or answer
 * becomes the client's.
 */


#ifndef _GOLDEN_RUN_H_INCLUDED_
#define _GOLDEN_RUN_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>

#include "dialect/ag_translate.h"


#define GOLDEN_BODY_MAX  (64 * 1024 * 1024)
#define GOLDEN_CREATED   1700000000


/* Whom and how to ask. */
typedef struct {
    const ag_dialect_t  *provider;
    const ag_quirks_t   *quirks;
    ag_endpoint_t        endpoint;
    ag_str_t             model;
    ag_str_t             api_version;
    unsigned             drop_params:1;
    unsigned             stream:1;      /* whatever the request says */
} golden_how_t;


/* A request and what became of it. */
typedef struct {
    ag_request_t   request;
    ag_arena_t     arena;
    ag_arena_t     attempt;
    yyjson_doc    *doc;
    ag_neutral_t   n;
    ag_outbound_t  to;
    ag_buf_t       body;
    ag_buf_t       path;
    ag_buf_t       args;
    ag_error_t     error;
    int            rc;
} golden_asked_t;


/* What came back. */
typedef struct {
    ag_buf_t          out;
    ag_usage_t        usage;
    ag_error_class_t  failed;       /* NONE: it went well */
    unsigned          malformed;    /* events in a row */
    unsigned          content:1;
    unsigned          done:1;
    unsigned          tell:1;       /* the client of a failure too */
} golden_heard_t;


static inline void
golden_ask(golden_asked_t *a, const golden_how_t *how, ag_str_t body)
{
    const ag_translator_t  *provider;

    memset(a, 0, sizeof(golden_asked_t));

    ag_arena_init(&a->arena, AG_TRANSLATE_ARENA_MAX);
    ag_arena_init(&a->attempt, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&a->body, GOLDEN_BODY_MAX);
    ag_buf_init(&a->path, AG_PATH_MAX);
    ag_buf_init(&a->args, AG_PATH_MAX);

    a->rc = ag_request_read(&a->request, how->endpoint, body, &a->error);

    if (a->rc != AG_OK) {
        return;
    }

    a->n.arena = &a->arena;
    a->rc = ag_translate_request(&a->n, &a->request, &a->doc, &a->error);

    if (a->rc != AG_OK) {
        return;
    }

    a->n.stream |= how->stream;

    a->to.arena = &a->attempt;
    a->to.provider = how->provider;
    a->to.model = how->model;
    a->to.facts = ag_facts_find(NULL, how->model, how->provider);
    a->to.quirks = how->quirks;
    a->to.api_version = how->api_version;
    a->to.endpoint = how->endpoint;
    a->to.drop_params = how->drop_params;
    a->to.stream = a->n.stream;

    provider = how->provider->translator;
    a->rc = provider->tell_path(&a->to, &a->path, &a->args);

    if (a->rc == AG_OK) {
        a->rc = ag_translate_tell(&a->n, &a->to, &a->body, &a->error);
    }
}


static inline void
golden_ask_free(golden_asked_t *a)
{
    ag_buf_free(&a->body);
    ag_buf_free(&a->path);
    ag_buf_free(&a->args);
    ag_arena_free(&a->attempt);
    ag_arena_free(&a->arena);
    yyjson_doc_free(a->doc);
}


static inline void
golden_hear_init(golden_heard_t *h)
{
    memset(h, 0, sizeof(golden_heard_t));
    ag_buf_init(&h->out, GOLDEN_BODY_MAX);
}


static inline void
golden_hear_event(golden_heard_t *h, ag_translate_t *t,
    const ag_sse_event_t *event)
{
    ag_delta_t  delta;

    if (ag_translate_event(t, event, &delta) != AG_OK) {
        h->failed = AG_E_BAD_RESPONSE;
        return;
    }

    if (delta.failed) {
        h->failed = delta.error;
        return;
    }

    /* a line end that came late is an event too, but says nothing */

    if (event->data.len > 0) {
        h->malformed = delta.malformed ? h->malformed + 1 : 0;
    }

    h->content |= (delta.content || delta.finish);
    h->done = delta.done;

    if (h->malformed == AG_STREAM_MALFORMED_MAX
        || (h->done && !h->content))
    {
        h->failed = AG_E_BAD_RESPONSE;
    }
}


/*
 * Takes the next piece of a stream.  What is left of it always moves to
 * memory of its own: nobody may remember where an event stood.
 */
static inline void
golden_hear_piece(golden_heard_t *h, ag_translate_t *t, ag_sse_t *sse,
    ag_buf_t *held, ag_str_t piece)
{
    int              rc;
    ag_buf_t         rest;
    ag_sse_event_t   event;

    rc = ag_buf_add(held, piece.data, piece.len);

    while (rc == AG_OK && h->failed == AG_E_NONE && !h->done) {
        rc = t->reader.provider->next_event(sse, ag_buf_str(held), &event);

        if (rc != AG_OK) {
            break;
        }

        golden_hear_event(h, t, &event);

        ag_buf_init(&rest, held->max);
        rc = ag_buf_add(&rest, held->data + event.raw.len,
                        held->len - event.raw.len);
        ag_buf_free(held);
        *held = rest;
    }

    if (rc != AG_OK && rc != AG_AGAIN) {
        h->failed = AG_E_BAD_RESPONSE;
    }
}


/* Hears a stream in pieces of "first" bytes, then of "step". */
static inline void
golden_hear(golden_heard_t *h, const golden_asked_t *a, ag_str_t bytes,
    size_t first, size_t step)
{
    size_t           n;
    uint64_t         random[2] = { 1, 2 };
    ag_buf_t         held;
    ag_sse_t         sse;
    ag_delta_t       delta;
    ag_error_t       error;
    ag_translate_t  *t;

    t = malloc(sizeof(ag_translate_t));
    ag_translate_init(t, &a->n, &a->to, random, GOLDEN_CREATED, &h->usage,
                      &h->out);
    ag_sse_init(&sse);
    ag_buf_init(&held, GOLDEN_BODY_MAX);

    for (n = first; bytes.len > 0 && h->failed == AG_E_NONE && !h->done;
         n = step)
    {
        n = (n > bytes.len) ? bytes.len : n;
        golden_hear_piece(h, t, &sse, &held, ag_str(bytes.data, n));
        bytes = ag_str(bytes.data + n, bytes.len - n);
    }

    if (h->failed == AG_E_NONE && !h->done && held.len > 0) {
        golden_hear_piece(h, t, &sse, &held, ag_str("\n\n", 2));
    }

    if (h->failed == AG_E_NONE && !h->done) {

        if (ag_translate_eof(t, &delta) != AG_OK || !delta.done
            || !(h->content || delta.content || delta.finish))
        {
            h->failed = delta.failed ? delta.error : AG_E_BAD_RESPONSE;
        }

        h->done = delta.done;
    }

    /* before the first content the client has read nothing yet */

    if (h->failed != AG_E_NONE && h->tell && !h->content) {
        h->out.len = 0;

    } else if (h->failed != AG_E_NONE && h->tell) {
        memset(&error, 0, sizeof(ag_error_t));
        error.class = h->failed;
        (void) ag_translate_failure(t, &error, ag_str("req_1", 5));
    }

    ag_buf_free(&held);
    ag_sse_free(&sse);
    ag_translate_free(t);
    free(t);
}


static inline void
golden_hear_answer(golden_heard_t *h, const golden_asked_t *a, ag_str_t body)
{
    uint64_t         random[2] = { 1, 2 };
    ag_answer_t      answer;
    ag_translate_t  *t;

    t = malloc(sizeof(ag_translate_t));
    ag_translate_init(t, &a->n, &a->to, random, GOLDEN_CREATED, &h->usage,
                      &h->out);

    h->failed = (ag_translate_answer(t, body, &answer) == AG_OK)
                ? answer.error : AG_E_BAD_RESPONSE;
    h->usage = answer.usage;

    ag_translate_free(t);
    free(t);
}


#endif /* _GOLDEN_RUN_H_INCLUDED_ */
