/*
 * Copyright (C) ngx_agent authors
 *
 * The stream of a chat completion.  Every chunk begins alike: that much is
 * written once and copied, and a token costs little more than its own bytes.
 *
 * What clients insist on: one id, time and model in all chunks; the role in a
 * choice's first and nowhere else; a finish_reason that is null until the
 * end; usage in a chunk of its own, and only where it was asked for; [DONE].
 *
 * Source: OpenAI's API reference, "The chat completion chunk object".
 */


#include "dialect/ag_openai_say_parts.h"


#define AG_OPENAI_HEAD_MAX  (16 * 1024)     /* bytes: an id and a model */


static int ag_openai_say_begin(ag_openai_chunk_t *c);
static int ag_openai_say_frame(ag_openai_chunk_t *c);
static int ag_openai_say_choice(ag_openai_chunk_t *c);
static int ag_openai_say_new(ag_openai_chunk_t *c);
static int ag_openai_say_what(ag_openai_chunk_t *c);
static int ag_openai_say_logprobs(ag_openai_chunk_t *c);
static int ag_openai_say_finish(ag_openai_chunk_t *c);
static int ag_openai_say_end(ag_openai_chunk_t *c);
static void ag_openai_say_tail(ag_openai_chunk_t *c, ag_put_t *p);


/* What could not be said whole is not said at all. */
int
ag_openai_say_event(ag_writer_t *w, const ag_event_t *event)
{
    int                rc;
    size_t             len;
    ag_openai_chunk_t  c;

    len = w->out->len;

    c.w = w;
    c.say = w->state;
    c.said = NULL;
    c.event = event;
    ag_put_init(&c.put, w->out);

    rc = (c.say != NULL) ? AG_OK : ag_openai_say_begin(&c);

    if (rc == AG_OK && c.say->calling && !ag_openai_say_block_awaits(&c)) {
        rc = ag_openai_say_block_begun(&c, 0);
    }

    if (rc == AG_OK) {
        rc = (event->kind == AG_EVENT_END) ? ag_openai_say_end(&c)
                                           : ag_openai_say_choice(&c);
    }

    if (rc != AG_OK) {
        w->out->len = len;
    }

    return rc;
}


static int
ag_openai_say_begin(ag_openai_chunk_t *c)
{
    ag_writer_t      *w;
    ag_openai_say_t  *say;

    w = c->w;
    say = ag_arena_alloc(w->arena, sizeof(ag_openai_say_t));

    if (say == NULL) {
        return AG_NOMEM;
    }

    say->functions = ag_openai_say_extra_functions(w->request) & 1;
    say->head = ag_arena_buf(w->arena, AG_OPENAI_HEAD_MAX);
    say->tail = ag_arena_buf(w->arena, AG_OPENAI_HEAD_MAX);

    if (say->head == NULL || say->tail == NULL) {
        return AG_NOMEM;
    }

    if (w->id.len == 0) {
        w->id = ag_writer_mint(w, "chatcmpl-");
    }

    c->say = say;
    w->state = say;

    return ag_openai_say_frame(c);
}


/*
 * "system_fingerprint" is left out: it names a configuration of OpenAI's, and
 * its schema knows no null.
 */
static int
ag_openai_say_frame(ag_openai_chunk_t *c)
{
    ag_put_t      p;
    ag_writer_t  *w;

    w = c->w;

    ag_put_init(&p, c->say->head);
    ag_put_raw(&p, "data: ");
    ag_put_open(&p, NULL, '{');
    ag_put_text(&p, "id", w->id);
    ag_put_word(&p, "object", "chat.completion.chunk");
    ag_put_number(&p, "created", (uint64_t) w->created);
    ag_put_text(&p, "model", w->model);
    ag_put_open(&p, "choices", '[');

    if (p.rc != AG_OK) {
        return p.rc;
    }

    ag_put_init(&p, c->say->tail);
    ag_put_close(&p, '}');
    ag_put_null(&p, "logprobs");
    ag_put_null(&p, "finish_reason");
    ag_openai_say_tail(c, &p);

    return p.rc;
}


/* An event of a choice; the first one brings the role before it. */
static int
ag_openai_say_choice(ag_openai_chunk_t *c)
{
    int       rc;
    uint32_t  choice;

    choice = c->event->choice;

    if (choice >= AG_CHOICES_MAX) {
        return AG_LIMIT;
    }

    c->said = c->say->choices[choice];

    if (c->said == NULL) {
        rc = ag_openai_say_new(c);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return ag_openai_say_what(c);
}


/* The index is part of the head: it never changes, and chunks are many. */
static int
ag_openai_say_new(ag_openai_chunk_t *c)
{
    ag_put_t           p;
    ag_openai_said_t  *said;

    said = ag_arena_alloc(c->w->arena, sizeof(ag_openai_said_t));

    if (said == NULL) {
        return AG_NOMEM;
    }

    said->cited_last = &said->cited;
    said->head = ag_arena_buf(c->w->arena, AG_OPENAI_HEAD_MAX);

    if (said->head == NULL) {
        return AG_NOMEM;
    }

    ag_put_init(&p, said->head);
    p.rc = ag_buf_add(said->head, c->say->head->data, c->say->head->len);
    ag_put_open(&p, NULL, '{');
    ag_put_number(&p, "index", c->event->choice);
    ag_put_open(&p, "delta", '{');

    if (p.rc != AG_OK) {
        return p.rc;
    }

    c->said = said;
    c->say->choices[c->event->choice] = said;

    ag_openai_say_open(c);
    ag_put_word(&c->put, "role", "assistant");
    ag_put_text(&c->put, "content", ag_str("", 0));
    ag_put_null(&c->put, "refusal");
    ag_openai_say_close(c);

    return c->put.rc;
}


static int
ag_openai_say_what(ag_openai_chunk_t *c)
{
    switch (c->event->kind) {

    case AG_EVENT_ADD:
        return ag_openai_say_block_add(c);

    case AG_EVENT_OPEN:
        return ag_openai_say_block_open(c);

    case AG_EVENT_CLOSE:
        return ag_openai_say_block_close(c);

    case AG_EVENT_SIGN:
        return ag_openai_say_block_sign(c);

    case AG_EVENT_CITE:
        return ag_openai_say_block_cite(c);

    case AG_EVENT_LOGPROBS:
        return ag_openai_say_logprobs(c);

    case AG_EVENT_FINISH:
        return ag_openai_say_finish(c);

    default:
        return AG_OK;
    }
}


/* In a chunk of their own: the tokens they are about may be said already. */
static int
ag_openai_say_logprobs(ag_openai_chunk_t *c)
{
    if (c->event->text.len == 0) {
        return AG_OK;
    }

    ag_openai_say_open(c);
    ag_put_close(&c->put, '}');
    ag_openai_say_extra_logprobs(&c->put, c->event->text);
    ag_put_null(&c->put, "finish_reason");
    ag_openai_say_tail(c, &c->put);

    return c->put.rc;
}


static int
ag_openai_say_finish(ag_openai_chunk_t *c)
{
    ag_openai_say_open(c);
    ag_put_close(&c->put, '}');
    ag_put_null(&c->put, "logprobs");
    ag_put_word(&c->put, "finish_reason",
                ag_openai_say_extra_finish(c->event->finish,
                                           c->say->functions));
    ag_openai_say_tail(c, &c->put);

    return c->put.rc;
}


/* The tier is known now, and this is the only chunk that has room for it. */
static int
ag_openai_say_end(ag_openai_chunk_t *c)
{
    ag_put_t  *p;

    p = &c->put;

    if (c->w->request->include_usage) {
        p->rc = ag_buf_add(p->out, c->say->head->data, c->say->head->len);
        ag_put_close(p, ']');
        ag_openai_say_extra_usage(p, c->w->usage);
        ag_openai_say_extra_tier(p, c->event->tier);
        ag_put_raw(p, "}\n\n");
    }

    ag_put_raw(p, "data: [DONE]\n\n");

    return p->rc;
}


/* ---- around a delta ---- */


void
ag_openai_say_open(ag_openai_chunk_t *c)
{
    ag_buf_t  *head;

    head = c->said->head;

    if (c->put.rc == AG_OK) {
        c->put.rc = ag_buf_add(c->put.out, head->data, head->len);
    }

    c->put.comma = 0;
}


void
ag_openai_say_close(ag_openai_chunk_t *c)
{
    ag_buf_t  *tail;

    tail = c->say->tail;

    if (c->put.rc == AG_OK) {
        c->put.rc = ag_buf_add(c->put.out, tail->data, tail->len);
    }
}


static void
ag_openai_say_tail(ag_openai_chunk_t *c, ag_put_t *p)
{
    ag_put_close(p, '}');
    ag_put_close(p, ']');

    if (c->w->request->include_usage) {
        ag_put_null(p, "usage");
    }

    ag_put_raw(p, "}\n\n");
}
