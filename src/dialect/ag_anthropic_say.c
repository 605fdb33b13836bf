/*
 * Copyright (C) ngx_agent authors
 *
 * A stream of the Messages API.
 *
 * Its clients know one open block at a time, while providers may write
 * several calls in turns: the first is passed on as it comes, what the others
 * say is held until their turn.  Nothing of a block is said before it has
 * something to say, for its signature may have to stand before it.
 */


#include "dialect/ag_anthropic_say_parts.h"


static ag_anthropic_say_t *ag_anthropic_say_begin(ag_writer_t *w);
static void ag_anthropic_say_choice(ag_anthropic_say_t *s, ag_writer_t *w,
    const ag_event_t *event);
static void ag_anthropic_say_block(ag_anthropic_say_t *s, ag_writer_t *w,
    const ag_event_t *event);
static void ag_anthropic_say_start(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block);
static void ag_anthropic_say_text(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block, ag_str_t text);
static void ag_anthropic_say_sign(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, ag_str_t signature, ag_signer_t signer,
    unsigned redacted);
static void ag_anthropic_say_sign_thinking(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block, ag_str_t signature, ag_signer_t signer,
    unsigned redacted);
static void ag_anthropic_say_cite(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block, ag_str_t url, ag_str_t title);
static void ag_anthropic_say_close(ag_anthropic_say_t *s, ag_writer_t *w);
static void ag_anthropic_say_stop(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block);
static void ag_anthropic_say_release(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block);
static void ag_anthropic_say_end(ag_anthropic_say_t *s, ag_writer_t *w);


int
ag_anthropic_say_event(ag_writer_t *w, const ag_event_t *event)
{
    size_t               len;
    ag_anthropic_say_t  *s;

    len = w->out->len;
    s = (w->state != NULL) ? w->state : ag_anthropic_say_begin(w);

    if (s == NULL) {
        return AG_NOMEM;
    }

    if (s->ended) {
        return AG_OK;
    }

    ag_put_init(&s->put, w->out);

    if (!s->begun) {
        ag_anthropic_say_frame_message(&s->put, w);
        s->begun = 1;
    }

    if (event->kind == AG_EVENT_END) {
        ag_anthropic_say_end(s, w);

    } else if (event->choice == 0) {
        ag_anthropic_say_choice(s, w, event);
    }

    /* no half of an event: an error may follow in one of its own */

    if (s->put.rc != AG_OK) {
        w->out->len = len;
    }

    return s->put.rc;
}


static ag_anthropic_say_t *
ag_anthropic_say_begin(ag_writer_t *w)
{
    ag_anthropic_say_t  *s;

    s = ag_arena_alloc(w->arena, sizeof(ag_anthropic_say_t));

    if (s != NULL) {
        s->last = &s->first;
        s->hides = ag_anthropic_say_put_hides(w) & 1;
        w->state = s;
    }

    return s;
}


/* Images have no place in a message, nor have calls of tools that take a
 * text, which this dialect cannot offer: their blocks are never opened. */
static void
ag_anthropic_say_choice(ag_anthropic_say_t *s, ag_writer_t *w,
    const ag_event_t *event)
{
    switch (event->kind) {

    case AG_EVENT_OPEN:
        if (event->type != AG_BLOCK_IMAGE && event->type != AG_BLOCK_CUSTOM) {
            (void) ag_anthropic_say_hold_open(s, w, event);
        }

        break;

    case AG_EVENT_ADD:
    case AG_EVENT_SIGN:
    case AG_EVENT_CITE:
    case AG_EVENT_CLOSE:
        ag_anthropic_say_block(s, w, event);
        break;

    case AG_EVENT_FINISH:
        s->finish = event->finish;
        break;

    case AG_EVENT_START:
    case AG_EVENT_LOGPROBS:
    case AG_EVENT_END:
        break;
    }
}


static void
ag_anthropic_say_block(ag_anthropic_say_t *s, ag_writer_t *w,
    const ag_event_t *event)
{
    ag_anthropic_block_t  *block;

    block = ag_anthropic_say_hold_find(s, event->block,
                                       event->kind == AG_EVENT_CLOSE);

    if (block == NULL) {
        return;
    }

    if (block != s->first) {
        ag_anthropic_say_hold(s, w, block, event);
        return;
    }

    switch (event->kind) {

    case AG_EVENT_ADD:
        ag_anthropic_say_text(s, block, event->text);
        break;

    case AG_EVENT_SIGN:
        ag_anthropic_say_sign(s, w, block, event->text, event->signer,
                              event->redacted);
        break;

    case AG_EVENT_CITE:
        ag_anthropic_say_cite(s, block, event->url, event->title);
        break;

    default:
        ag_anthropic_say_close(s, w);
    }
}


static void
ag_anthropic_say_start(ag_anthropic_say_t *s, ag_anthropic_block_t *block)
{
    if (!block->started) {
        block->started = 1;
        s->called |= (block->type == AG_BLOCK_TOOL);
        ag_anthropic_say_frame_start(&s->put, s->index, block);
    }
}


static void
ag_anthropic_say_text(ag_anthropic_say_t *s, ag_anthropic_block_t *block,
    ag_str_t text)
{
    if (block->type == AG_BLOCK_REASONING && s->hides) {
        return;
    }

    ag_anthropic_say_start(s, block);
    ag_anthropic_say_frame_text(&s->put, s->index, block->type, text);
}


/* A text's or a call's own signature is Gemini's; what comes after the first
 * word has to wait until the block is closed. */
static void
ag_anthropic_say_sign(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, ag_str_t signature, ag_signer_t signer,
    unsigned redacted)
{
    if (block->type == AG_BLOCK_REASONING) {
        ag_anthropic_say_sign_thinking(s, block, signature, signer, redacted);
        return;
    }

    if (signer != AG_SIGNER_GEMINI) {
        return;
    }

    if (block->started) {
        block->signature = ag_anthropic_say_hold_copy(s, w, signature);
        return;
    }

    ag_anthropic_say_frame_mark(&s->put, s->index++, signature, 0);
}


static void
ag_anthropic_say_sign_thinking(ag_anthropic_say_t *s,
    ag_anthropic_block_t *block, ag_str_t signature, ag_signer_t signer,
    unsigned redacted)
{
    if (redacted && !block->started) {
        ag_anthropic_say_frame_redacted(&s->put, s->index++, signature,
                                        signer);
        return;
    }

    ag_anthropic_say_start(s, block);
    ag_anthropic_say_frame_signature(&s->put, s->index, signature, signer,
                                     0);
}


static void
ag_anthropic_say_cite(ag_anthropic_say_t *s, ag_anthropic_block_t *block,
    ag_str_t url, ag_str_t title)
{
    if (block->type == AG_BLOCK_TEXT) {
        ag_anthropic_say_start(s, block);
        ag_anthropic_say_frame_citation(&s->put, s->index, url, title);
    }
}


/* Closes the first block and says what waits behind it, up to the end of the
 * next block that is still open. */
static void
ag_anthropic_say_close(ag_anthropic_say_t *s, ag_writer_t *w)
{
    do {
        ag_anthropic_say_stop(s, s->first);
        ag_anthropic_say_hold_shift(s);

        if (s->first == NULL) {
            return;
        }

        ag_anthropic_say_release(s, w, s->first);

    } while (s->first->closed && s->put.rc == AG_OK);
}


/* A call is a call even without a word; other blocks are not worth it. */
static void
ag_anthropic_say_stop(ag_anthropic_say_t *s, ag_anthropic_block_t *block)
{
    if (block->type == AG_BLOCK_TOOL) {
        ag_anthropic_say_start(s, block);
    }

    if (!block->started) {
        return;
    }

    ag_anthropic_say_frame_stop(&s->put, s->index++);

    if (block->signature.len > 0) {
        ag_anthropic_say_frame_mark(&s->put, s->index++, block->signature, 1);
    }
}


/* Says what was held of a block.  A signature that came before its turn is
 * never late, but for thinking, where it always stands behind the text. */
static void
ag_anthropic_say_release(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block)
{
    unsigned     thinking;
    ag_str_t     signature;
    ag_cited_t  *cited;

    thinking = (block->type == AG_BLOCK_REASONING);
    signature = block->signature;
    block->signature = ag_str(NULL, 0);

    if (signature.len > 0 && !thinking) {
        ag_anthropic_say_sign(s, w, block, signature, block->signer, 0);
    }

    if (block->held != NULL && block->held->len > 0) {
        ag_anthropic_say_text(s, block, ag_buf_str(block->held));
        s->held -= block->held->len;
        ag_buf_free(block->held);
    }

    for (cited = block->cited; cited != NULL; cited = cited->next) {
        ag_anthropic_say_cite(s, block, cited->url, cited->title);
    }

    if (signature.len > 0 && thinking) {
        ag_anthropic_say_sign(s, w, block, signature, block->signer,
                              block->redacted);
    }
}


/* The usage is complete only now: so is the last delta. */
static void
ag_anthropic_say_end(ag_anthropic_say_t *s, ag_writer_t *w)
{
    while (s->first != NULL && s->put.rc == AG_OK) {
        s->first->closed = 1;
        ag_anthropic_say_close(s, w);
    }

    s->open = NULL;
    s->ended = 1;

    ag_anthropic_say_frame_end(&s->put, s->finish, s->called, w->usage);
}
