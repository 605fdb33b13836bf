/*
 * Copyright (C) ngx_agent authors
 *
 * The list of items of an answer, as it grows; a whole answer; an answer
 * that failed.
 */


#include "dialect/ag_responses_say_parts.h"


static int ag_responses_block(ag_writer_t *w, const ag_gathered_t *block,
    ag_str_t logprobs);
static const char *ag_responses_prefix(ag_block_kind_t type);


ag_responses_say_t *
ag_responses_say_state(ag_writer_t *w)
{
    ag_responses_say_t  *s;

    if (w->state != NULL) {
        return w->state;
    }

    s = ag_arena_alloc(w->arena, sizeof(ag_responses_say_t));

    if (s == NULL) {
        return NULL;
    }

    s->gather.arena = w->arena;
    s->last_item = &s->items;
    s->id = w->id;

    /* an id of another form leads clients to ask for it elsewhere */

    if (w->id.len <= 5 || memcmp(w->id.data, "resp_", 5) != 0) {
        s->id = ag_writer_mint(w, "resp_");

        if (s->id.data == NULL) {
            return NULL;
        }
    }

    w->state = s;

    return s;
}


ag_responses_item_t *
ag_responses_say_item(ag_writer_t *w, ag_block_kind_t type,
    const ag_gathered_t *block)
{
    ag_responses_item_t  *item;

    item = ag_arena_alloc(w->arena, sizeof(ag_responses_item_t));

    if (item == NULL) {
        return NULL;
    }

    item->type = type;
    item->id = ag_writer_mint(w, ag_responses_prefix(type));

    if (item->id.data == NULL) {
        return NULL;
    }

    if (type == AG_BLOCK_TOOL || type == AG_BLOCK_CUSTOM) {
        item->name = ag_responses_own_name(w->request, block->name,
                                           &item->space);
    }

    return item;
}


static const char *
ag_responses_prefix(ag_block_kind_t type)
{
    switch (type) {

    case AG_BLOCK_REASONING:
        return "rs_";

    case AG_BLOCK_TOOL:
        return "fc_";

    case AG_BLOCK_CUSTOM:
        return "ctc_";

    case AG_BLOCK_IMAGE:
        return "ig_";

    default:
        return "msg_";
    }
}


ag_responses_piece_t *
ag_responses_say_piece(ag_writer_t *w, ag_responses_item_t *item,
    const ag_gathered_t *block)
{
    ag_responses_piece_t  *piece;

    piece = ag_arena_alloc(w->arena, sizeof(ag_responses_piece_t));

    if (piece == NULL) {
        return NULL;
    }

    piece->item = item;
    piece->block = block;

    if (item->last == NULL) {
        item->pieces = piece;

    } else {
        item->last->next = piece;
        piece->index = item->last->index + 1;
    }

    item->last = piece;

    return piece;
}


ag_responses_item_t *
ag_responses_say_mark(ag_writer_t *w, const ag_gathered_t *block)
{
    ag_responses_item_t  *item;

    item = ag_responses_say_item(w, AG_BLOCK_REASONING, block);

    if (item == NULL || ag_responses_say_piece(w, item, block) == NULL) {
        return NULL;
    }

    item->mark = 1;

    return item;
}


void
ag_responses_say_list(ag_responses_say_t *s, ag_responses_item_t *item)
{
    item->listed = 1;
    item->output = s->outputs++;

    *s->last_item = item;
    s->last_item = &item->next;
}


int
ag_responses_say_start(ag_writer_t *w)
{
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;

    ag_put_init(&p, w->out);

    ag_responses_put_event(&p, s, "response.created");
    ag_responses_put_response(&p, "response", w, "in_progress", NULL);
    ag_responses_put_end(&p);

    ag_responses_put_event(&p, s, "response.in_progress");
    ag_responses_put_response(&p, "response", w, "in_progress", NULL);
    ag_responses_put_end(&p);

    return p.rc;
}


/* ---- a whole answer ---- */


int
ag_responses_say_answer(ag_writer_t *w, const ag_reply_t *reply)
{
    int                          rc;
    ag_put_t                     p;
    ag_str_t                     logprobs;
    const ag_gathered_t         *block;
    ag_responses_say_t          *s;
    const ag_gathered_choice_t  *choice;

    s = ag_responses_say_state(w);

    if (s == NULL) {
        return AG_NOMEM;
    }

    s->tier = reply->tier;
    choice = (reply->count > 0) ? &reply->choices[0] : NULL;
    block = (choice != NULL) ? choice->blocks : NULL;
    logprobs = (choice != NULL) ? choice->logprobs : ag_str(NULL, 0);
    s->finish = (choice != NULL) ? choice->finish : AG_FINISH_STOP;

    for ( /* void */ ; block != NULL; block = block->next) {
        rc = ag_responses_block(w, block, logprobs);

        if (rc != AG_OK) {
            return rc;
        }

        if (block->type == AG_BLOCK_TEXT) {
            logprobs = ag_str(NULL, 0);
        }
    }

    if (s->waiting != NULL) {
        s->waiting->cut = (*ag_responses_say_status(s) == 'i');
    }

    ag_put_init(&p, w->out);
    ag_responses_put_response(&p, NULL, w, ag_responses_say_status(s), NULL);

    return p.rc;
}


/* Texts in a row are one message, as in a stream. */
static int
ag_responses_block(ag_writer_t *w, const ag_gathered_t *block,
    ag_str_t logprobs)
{
    ag_responses_say_t    *s;
    ag_responses_item_t   *item, *mark;
    ag_responses_piece_t  *piece;

    s = w->state;
    item = s->message;

    if (block->signature.len > 0 && block->type != AG_BLOCK_REASONING) {
        mark = ag_responses_say_mark(w, block);

        if (mark == NULL) {
            return AG_NOMEM;
        }

        mark->done = 1;
        ag_responses_say_list(s, mark);
        item = NULL;
    }

    if (block->type != AG_BLOCK_TEXT && block->type != AG_BLOCK_REFUSAL) {
        item = NULL;
    }

    if (item == NULL) {
        item = ag_responses_say_item(w, (block->type == AG_BLOCK_REFUSAL)
                                        ? AG_BLOCK_TEXT : block->type, block);
        if (item == NULL) {
            return AG_NOMEM;
        }

        item->done = 1;
        ag_responses_say_list(s, item);
    }

    piece = ag_responses_say_piece(w, item, block);

    if (piece == NULL) {
        return AG_NOMEM;
    }

    if (block->type == AG_BLOCK_TEXT) {
        piece->logprobs = logprobs;
    }

    s->message = (item->type == AG_BLOCK_TEXT) ? item : NULL;
    s->waiting = item;

    return AG_OK;
}


/* ---- an answer that failed ---- */


int
ag_responses_say_failure(ag_writer_t *w, const ag_error_t *error,
    ag_str_t request_id)
{
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = ag_responses_say_state(w);

    if (s == NULL) {
        return AG_NOMEM;
    }

    ag_put_init(&p, w->out);

    if (s->sequence == 0) {

        /* clients wait for nothing else before it */

        ag_responses_put_event(&p, s, "response.created");
        ag_responses_put_response(&p, "response", w, "in_progress", NULL);
        ag_responses_put_end(&p);
    }

    ag_responses_put_event(&p, s, "response.failed");
    ag_responses_put_response(&p, "response", w, "failed", error);

    if (request_id.len > 0) {
        ag_put_text(&p, "request_id", request_id);
    }

    ag_responses_put_end(&p);

    return p.rc;
}
