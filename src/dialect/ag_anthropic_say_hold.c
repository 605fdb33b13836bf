/*
 * Copyright (C) ngx_agent authors
 *
 * The blocks of a stream that wait for their turn.
 *
 * They stand in a queue, since each may get closed before its turn comes; of
 * those that are still open, which are few, a list of their own is searched.
 */


#include "dialect/ag_anthropic_say_parts.h"


static ag_anthropic_block_t *ag_anthropic_say_hold_new(ag_anthropic_say_t *s,
    ag_writer_t *w);
static void ag_anthropic_say_hold_text(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, ag_str_t text);
static void ag_anthropic_say_hold_cited(ag_anthropic_say_t *s,
    ag_writer_t *w, ag_anthropic_block_t *block, const ag_event_t *event);


ag_anthropic_block_t *
ag_anthropic_say_hold_open(ag_anthropic_say_t *s, ag_writer_t *w,
    const ag_event_t *event)
{
    ag_str_t               id;
    ag_anthropic_block_t  *block;

    block = ag_anthropic_say_hold_new(s, w);

    if (block == NULL) {
        return NULL;
    }

    block->number = event->block;
    block->type = event->type;
    block->last_cited = &block->cited;

    if (event->type == AG_BLOCK_TOOL) {
        id = ag_tool_id_plain(w->arena, event->id);

        if (id.data == NULL) {
            s->put.rc = AG_NOMEM;
        }

        block->id = ag_anthropic_say_hold_copy(s, w, id);
        block->name = ag_anthropic_say_hold_copy(s, w, event->name);
    }

    *s->last = block;
    s->last = &block->next;

    block->open = s->open;
    s->open = block;

    return (s->put.rc == AG_OK) ? block : NULL;
}


ag_anthropic_block_t *
ag_anthropic_say_hold_find(ag_anthropic_say_t *s, uint32_t number,
    unsigned close)
{
    ag_anthropic_block_t  *block, **at;

    for (at = &s->open; *at != NULL; at = &(*at)->open) {
        block = *at;

        if (block->number != number) {
            continue;
        }

        if (close) {
            *at = block->open;
            block->closed = 1;
        }

        return block;
    }

    return NULL;
}


void
ag_anthropic_say_hold(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, const ag_event_t *event)
{
    switch (event->kind) {

    case AG_EVENT_ADD:
        if (block->type != AG_BLOCK_REASONING || !s->hides) {
            ag_anthropic_say_hold_text(s, w, block, event->text);
        }

        break;

    case AG_EVENT_SIGN:
        block->signature = ag_anthropic_say_hold_copy(s, w, event->text);
        block->signer = event->signer;
        block->redacted = event->redacted;
        break;

    case AG_EVENT_CITE:
        ag_anthropic_say_hold_cited(s, w, block, event);
        break;

    default:
        break;
    }
}


ag_str_t
ag_anthropic_say_hold_copy(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_str_t text)
{
    text = ag_arena_copy(w->arena, text);

    if (text.data == NULL) {
        s->put.rc = AG_NOMEM;
    }

    return text;
}


/* Its memory, buffer included, is the next block's. */
void
ag_anthropic_say_hold_shift(ag_anthropic_say_t *s)
{
    ag_anthropic_block_t  *block;

    block = s->first;
    s->first = block->next;

    if (s->first == NULL) {
        s->last = &s->first;
    }

    if (block->held != NULL) {
        s->held -= block->held->len;
        ag_buf_free(block->held);
    }

    block->next = s->spare;
    s->spare = block;
}


static ag_anthropic_block_t *
ag_anthropic_say_hold_new(ag_anthropic_say_t *s, ag_writer_t *w)
{
    ag_buf_t              *held;
    ag_anthropic_block_t  *block;

    block = s->spare;

    if (block != NULL) {
        s->spare = block->next;
        held = block->held;

        memset(block, 0, sizeof(ag_anthropic_block_t));
        block->held = held;

        return block;
    }

    block = ag_arena_alloc(w->arena, sizeof(ag_anthropic_block_t));

    if (block == NULL) {
        s->put.rc = AG_NOMEM;
    }

    return block;
}


/* All that waits together is at most what a whole answer may be. */
static void
ag_anthropic_say_hold_text(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, ag_str_t text)
{
    if (block->held == NULL) {
        block->held = ag_arena_buf(w->arena, AG_ANSWER_MAX);

        if (block->held == NULL) {
            s->put.rc = AG_NOMEM;
            return;
        }
    }

    if (text.len > AG_ANSWER_MAX - s->held) {
        s->put.rc = AG_LIMIT;
        return;
    }

    s->put.rc = ag_buf_add(block->held, text.data, text.len);

    if (s->put.rc == AG_OK) {
        s->held += text.len;
    }
}


static void
ag_anthropic_say_hold_cited(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, const ag_event_t *event)
{
    ag_cited_t  *cited;

    cited = ag_arena_alloc(w->arena, sizeof(ag_cited_t));

    if (cited == NULL) {
        s->put.rc = AG_NOMEM;
        return;
    }

    cited->url = ag_anthropic_say_hold_copy(s, w, event->url);
    cited->title = ag_anthropic_say_hold_copy(s, w, event->title);

    *block->last_cited = cited;
    block->last_cited = &cited->next;
}
