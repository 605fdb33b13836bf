/*
 * Copyright (C) ngx_agent authors
 *
 * A stream of the Responses API, event by event.
 *
 * How an item ended is told one event later than it ended: by then it is
 * known whether the answer was cut within it.  A call is told with the first
 * event behind its first words: by then its signature is known, which must
 * stand in front of it.
 *
 * Source: OpenAI, API reference, "Streaming events".
 */


#include "dialect/ag_responses_say_parts.h"


static int ag_responses_open(ag_writer_t *w, const ag_event_t *event);
static int ag_responses_open_item(ag_writer_t *w,
    const ag_gathered_t *block);
static int ag_responses_open_text(ag_writer_t *w,
    const ag_gathered_t *block);
static int ag_responses_add(ag_writer_t *w, const ag_event_t *event);
static int ag_responses_close(ag_writer_t *w, const ag_event_t *event);
static int ag_responses_begin(ag_writer_t *w, ag_responses_item_t *item);
static int ag_responses_settle(ag_writer_t *w, unsigned cut);
static int ag_responses_end_item(ag_writer_t *w, ag_responses_item_t *item);
static int ag_responses_mark(ag_writer_t *w, const ag_gathered_t *block);
static int ag_responses_finish(ag_writer_t *w, ag_finish_t finish);
static int ag_responses_end(ag_writer_t *w);
static ag_responses_piece_t *ag_responses_find(const ag_responses_say_t *s,
    uint32_t block);
static unsigned ag_responses_is_text(ag_block_kind_t type);
static unsigned ag_responses_is_call(ag_block_kind_t type);


int
ag_responses_say_event(ag_writer_t *w, const ag_event_t *event)
{
    int                  rc;
    ag_responses_say_t  *s;

    s = ag_responses_say_state(w);

    if (s == NULL) {
        return AG_NOMEM;
    }

    if (event->choice > 0) {
        return AG_OK;       /* n is 1 on this surface */
    }

    if (event->kind == AG_EVENT_LOGPROBS) {
        return ag_responses_say_logprobs(w, event->text);
    }

    rc = ag_gather_event(&s->gather, event);

    if (rc != AG_OK) {
        return rc;
    }

    switch (event->kind) {

    case AG_EVENT_START:
        return ag_responses_say_start(w);

    case AG_EVENT_OPEN:
        return ag_responses_open(w, event);

    case AG_EVENT_ADD:
        return ag_responses_add(w, event);

    case AG_EVENT_CLOSE:
        return ag_responses_close(w, event);

    case AG_EVENT_FINISH:
        return ag_responses_finish(w, event->finish);

    case AG_EVENT_END:
        s->tier = event->tier;
        return ag_responses_end(w);

    default:
        return AG_OK;       /* was gathered */
    }
}


/* ---- a block begins ---- */


static int
ag_responses_open(ag_writer_t *w, const ag_event_t *event)
{
    int                     rc;
    uint32_t                room;
    ag_gathered_t          *block;
    ag_responses_say_t     *s;
    ag_responses_piece_t  **pieces;

    s = w->state;
    block = s->gather.last;

    if (event->block >= s->piece_room) {
        room = (event->block < 16) ? 32 : 2 * event->block;
        pieces = ag_arena_alloc(w->arena, room * sizeof(*pieces));

        if (pieces == NULL) {
            return AG_NOMEM;
        }

        if (s->piece_count > 0) {
            memcpy(pieces, s->pieces, s->piece_count * sizeof(*pieces));
        }

        s->pieces = pieces;
        s->piece_room = room;
    }

    rc = ag_responses_is_text(event->type)
         ? ag_responses_open_text(w, block)
         : ag_responses_open_item(w, block);

    if (event->block >= s->piece_count) {
        s->piece_count = event->block + 1;
    }

    return rc;
}


static int
ag_responses_open_item(ag_writer_t *w, const ag_gathered_t *block)
{
    int                    rc;
    ag_responses_say_t    *s;
    ag_responses_item_t   *item;
    ag_responses_piece_t  *piece;

    s = w->state;
    rc = ag_responses_settle(w, 0);
    item = ag_responses_say_item(w, block->type, block);

    if (rc != AG_OK || item == NULL) {
        return (rc != AG_OK) ? rc : AG_NOMEM;
    }

    piece = ag_responses_say_piece(w, item, block);

    if (piece == NULL) {
        return AG_NOMEM;
    }

    item->open = 1;
    s->message = NULL;
    s->pieces[block->number] = piece;

    return ag_responses_is_call(block->type) ? AG_OK
                                             : ag_responses_begin(w, item);
}


static int
ag_responses_open_text(ag_writer_t *w, const ag_gathered_t *block)
{
    int                    rc;
    ag_put_t               p;
    ag_responses_say_t    *s;
    ag_responses_item_t   *item;
    ag_responses_piece_t  *piece;

    rc = AG_OK;
    s = w->state;
    item = s->message;

    if (item == NULL) {
        rc = ag_responses_settle(w, 0);
        item = ag_responses_say_item(w, AG_BLOCK_TEXT, block);

        if (rc == AG_OK && item != NULL) {
            rc = ag_responses_begin(w, item);
        }
    }

    piece = (item != NULL) ? ag_responses_say_piece(w, item, block) : NULL;

    if (rc != AG_OK || piece == NULL) {
        return (rc != AG_OK) ? rc : AG_NOMEM;
    }

    item->open++;
    s->message = item;
    s->pieces[block->number] = piece;

    if (block->type == AG_BLOCK_TEXT) {
        s->words = piece;
    }

    if (s->waiting == item) {
        s->waiting = NULL;
    }

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, s, "response.content_part.added");
    ag_responses_put_place(&p, item);
    ag_put_number(&p, "content_index", piece->index);
    ag_responses_put_piece(&p, "part", piece, 1);
    ag_responses_put_end(&p);

    return p.rc;
}


/* Tells the client of an item. */
static int
ag_responses_begin(ag_writer_t *w, ag_responses_item_t *item)
{
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;

    ag_responses_say_list(s, item);

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, s, "response.output_item.added");
    ag_put_number(&p, "output_index", item->output);
    ag_responses_put_item(&p, "item", w, item);
    ag_responses_put_end(&p);

    if (item->type == AG_BLOCK_IMAGE) {
        ag_responses_put_event(&p, s,
                               "response.image_generation_call.in_progress");
        ag_responses_put_place(&p, item);
        ag_responses_put_end(&p);
    }

    return p.rc;
}


/* ---- more of it ---- */


static int
ag_responses_add(ag_writer_t *w, const ag_event_t *event)
{
    ag_responses_piece_t  *piece;

    piece = ag_responses_find(w->state, event->block);

    return (piece != NULL) ? ag_responses_say_add(w, piece, event->text)
                           : AG_OK;
}


int
ag_responses_say_call(ag_writer_t *w, ag_responses_piece_t *piece)
{
    int  rc;

    if (piece->block->signature.len > 0) {
        piece->marked = 1;
        rc = ag_responses_mark(w, piece->block);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return ag_responses_begin(w, piece->item);
}


/* ---- its end ---- */


static int
ag_responses_close(ag_writer_t *w, const ag_event_t *event)
{
    int                    rc;
    ag_responses_say_t    *s;
    ag_responses_piece_t  *piece;

    s = w->state;
    piece = ag_responses_find(s, event->block);

    if (piece == NULL || piece->item->open == 0) {
        return AG_OK;
    }

    rc = ag_responses_say_close(w, piece);

    if (rc != AG_OK || --piece->item->open > 0) {
        return rc;
    }

    rc = ag_responses_settle(w, 0);
    s->waiting = piece->item;

    return rc;
}


/* Tells how the item ended that waits for it. */
static int
ag_responses_settle(ag_writer_t *w, unsigned cut)
{
    ag_responses_say_t   *s;
    ag_responses_item_t  *item;

    s = w->state;
    item = s->waiting;

    if (item == NULL) {
        return AG_OK;
    }

    s->waiting = NULL;
    item->cut = cut & 1;

    if (s->message == item) {
        s->message = NULL;
    }

    return ag_responses_end_item(w, item);
}


/* A signature that came too late to stand in front stands behind. */
static int
ag_responses_end_item(ag_writer_t *w, ag_responses_item_t *item)
{
    int                          rc;
    ag_put_t                     p;
    const ag_responses_piece_t  *piece;

    item->done = 1;

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, w->state, "response.output_item.done");
    ag_put_number(&p, "output_index", item->output);
    ag_responses_put_item(&p, "item", w, item);
    ag_responses_put_end(&p);

    rc = p.rc;

    for (piece = item->pieces; piece != NULL; piece = piece->next) {

        if (item->type == AG_BLOCK_REASONING || piece->marked
            || piece->block->signature.len == 0 || rc != AG_OK)
        {
            continue;
        }

        rc = ag_responses_mark(w, piece->block);
    }

    return rc;
}


static int
ag_responses_mark(ag_writer_t *w, const ag_gathered_t *block)
{
    int                   rc;
    ag_responses_item_t  *item;

    item = ag_responses_say_mark(w, block);
    rc = (item != NULL) ? ag_responses_begin(w, item) : AG_NOMEM;

    return (rc == AG_OK) ? ag_responses_end_item(w, item) : rc;
}


static int
ag_responses_finish(ag_writer_t *w, ag_finish_t finish)
{
    ag_responses_say_t  *s;

    s = w->state;
    s->finish = finish;
    s->message = NULL;

    return ag_responses_settle(w, finish == AG_FINISH_LENGTH
                                  || finish == AG_FINISH_CONTENT_FILTER);
}


static int
ag_responses_end(ag_writer_t *w)
{
    ag_put_t             p;
    const char          *status;
    ag_responses_say_t  *s;

    s = w->state;
    status = ag_responses_say_status(s);

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, s, (*status == 'c') ? "response.completed"
                                                   : "response.incomplete");
    ag_responses_put_response(&p, "response", w, status, NULL);
    ag_responses_put_end(&p);

    return p.rc;
}


static ag_responses_piece_t *
ag_responses_find(const ag_responses_say_t *s, uint32_t block)
{
    return (block < s->piece_count) ? s->pieces[block] : NULL;
}


static unsigned
ag_responses_is_text(ag_block_kind_t type)
{
    return type == AG_BLOCK_TEXT || type == AG_BLOCK_REFUSAL;
}


static unsigned
ag_responses_is_call(ag_block_kind_t type)
{
    return type == AG_BLOCK_TOOL || type == AG_BLOCK_CUSTOM;
}
