/*
 * Copyright (C) ngx_agent authors
 *
 * What is said within an item of a stream of the Responses API: words,
 * thoughts, what tools are given.
 */


#include "dialect/ag_responses_say_parts.h"


static int ag_responses_add_text(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text);
static int ag_responses_add_thought(ag_writer_t *w,
    ag_responses_piece_t *piece, ag_str_t text);
static int ag_responses_add_input(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text);
static int ag_responses_close_text(ag_writer_t *w,
    ag_responses_piece_t *piece);
static void ag_responses_close_logprobs(ag_responses_say_t *s,
    ag_responses_piece_t *piece);
static void ag_responses_cite(ag_put_t *p, ag_responses_say_t *s,
    const ag_responses_piece_t *piece);
static int ag_responses_close_thought(ag_writer_t *w,
    ag_responses_piece_t *piece);
static int ag_responses_close_input(ag_writer_t *w,
    ag_responses_piece_t *piece);
static int ag_responses_close_image(ag_writer_t *w,
    ag_responses_piece_t *piece);


int
ag_responses_say_add(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text)
{
    switch (piece->block->type) {

    case AG_BLOCK_TEXT:
    case AG_BLOCK_REFUSAL:
        return ag_responses_add_text(w, piece, text);

    case AG_BLOCK_REASONING:
        return ag_responses_add_thought(w, piece, text);

    case AG_BLOCK_TOOL:
    case AG_BLOCK_CUSTOM:
        return ag_responses_add_input(w, piece, text);

    default:
        return AG_OK;       /* an image comes whole, with its item */
    }
}


static int
ag_responses_add_text(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text)
{
    unsigned  words;
    ag_put_t  p;

    words = (piece->block->type == AG_BLOCK_TEXT);

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, w->state, words ? "response.output_text.delta"
                                               : "response.refusal.delta");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "content_index", piece->index);
    ag_put_text(&p, "delta", text);

    if (words) {
        ag_responses_put_logprobs(&p, ag_str(NULL, 0));
    }

    ag_responses_put_end(&p);

    return p.rc;
}


/* A thought without words has no summary: it begins with its first. */
static int
ag_responses_add_thought(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text)
{
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;
    ag_put_init(&p, w->out);

    if (!piece->begun) {
        piece->begun = 1;

        ag_responses_put_event(&p, s, "response.reasoning_summary_part.added");
        ag_responses_put_place(&p, piece->item);
        ag_put_number(&p, "summary_index", 0);
        ag_responses_put_piece(&p, "part", piece, 1);
        ag_responses_put_end(&p);
    }

    ag_responses_put_event(&p, s, "response.reasoning_summary_text.delta");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "summary_index", 0);
    ag_put_text(&p, "delta", text);
    ag_responses_put_end(&p);

    return p.rc;
}


/* The first words wait for the next event; then all there are go out. */
static int
ag_responses_add_input(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text)
{
    int                  rc;
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;

    if (!piece->item->listed) {

        if (!piece->begun) {
            piece->begun = 1;
            return AG_OK;
        }

        text = piece->block->text;
        rc = ag_responses_say_call(w, piece);

        if (rc != AG_OK) {
            return rc;
        }
    }

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, s, (piece->block->type == AG_BLOCK_TOOL)
                                  ? "response.function_call_arguments.delta"
                                  : "response.custom_tool_call_input.delta");
    ag_responses_put_place(&p, piece->item);
    ag_put_text(&p, "delta", text);
    ag_responses_put_end(&p);

    return p.rc;
}


/* They follow the words that they are about: a delta without words. */
int
ag_responses_say_logprobs(ag_writer_t *w, ag_str_t elements)
{
    int                    rc;
    ag_put_t               p;
    ag_responses_say_t    *s;
    ag_responses_piece_t  *piece;

    s = w->state;
    piece = s->words;

    if (s->logprobs == NULL) {
        s->logprobs = ag_arena_buf(w->arena, AG_ANSWER_MAX);

        if (s->logprobs == NULL) {
            return AG_NOMEM;
        }
    }

    /* each begins with a comma, which is passed over at the front of a list */

    rc = ag_buf_add(s->logprobs, ",", 1);

    if (rc == AG_OK) {
        rc = ag_buf_add(s->logprobs, elements.data, elements.len);
    }

    if (rc != AG_OK || piece == NULL) {
        return rc;
    }

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, s, "response.output_text.delta");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "content_index", piece->index);
    ag_put_word(&p, "delta", "");
    ag_responses_put_logprobs(&p, elements);
    ag_responses_put_end(&p);

    return p.rc;
}


int
ag_responses_say_close(ag_writer_t *w, ag_responses_piece_t *piece)
{
    switch (piece->block->type) {

    case AG_BLOCK_REASONING:
        return ag_responses_close_thought(w, piece);

    case AG_BLOCK_TOOL:
    case AG_BLOCK_CUSTOM:
        return ag_responses_close_input(w, piece);

    case AG_BLOCK_IMAGE:
        return ag_responses_close_image(w, piece);

    default:
        return ag_responses_close_text(w, piece);
    }
}


static int
ag_responses_close_text(ag_writer_t *w, ag_responses_piece_t *piece)
{
    unsigned             words;
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;
    words = (piece->block->type == AG_BLOCK_TEXT);

    ag_put_init(&p, w->out);

    if (words) {
        s->words = NULL;
        ag_responses_close_logprobs(s, piece);
        ag_responses_cite(&p, s, piece);
    }

    ag_responses_put_event(&p, s, words ? "response.output_text.done"
                                        : "response.refusal.done");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "content_index", piece->index);
    ag_put_text(&p, words ? "text" : "refusal", piece->block->text);

    if (words) {
        ag_responses_put_logprobs(&p, piece->logprobs);
    }

    ag_responses_put_end(&p);

    ag_responses_put_event(&p, s, "response.content_part.done");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "content_index", piece->index);
    ag_responses_put_piece(&p, "part", piece, 0);
    ag_responses_put_end(&p);

    return p.rc;
}


/* What came since the last piece; a copy, for the buffer may move. */
static void
ag_responses_close_logprobs(ag_responses_say_t *s,
    ag_responses_piece_t *piece)
{
    if (s->logprobs != NULL && s->logprobs->len > s->logprobs_piece) {
        piece->logprobs = ag_arena_copy(s->gather.arena,
                              ag_str(s->logprobs->data + s->logprobs_piece,
                                     s->logprobs->len - s->logprobs_piece));

        s->logprobs_piece = s->logprobs->len;
    }
}


static void
ag_responses_cite(ag_put_t *p, ag_responses_say_t *s,
    const ag_responses_piece_t *piece)
{
    uint64_t           i;
    const ag_cited_t  *cited;

    i = 0;

    for (cited = piece->block->cited; cited != NULL; cited = cited->next) {
        ag_responses_put_event(p, s,
                               "response.output_text.annotation.added");
        ag_responses_put_place(p, piece->item);
        ag_put_number(p, "content_index", piece->index);
        ag_put_number(p, "annotation_index", i++);
        ag_responses_put_citation(p, "annotation", piece, cited);
        ag_responses_put_end(p);
    }
}


static int
ag_responses_close_thought(ag_writer_t *w, ag_responses_piece_t *piece)
{
    ag_put_t             p;
    ag_responses_say_t  *s;

    if (!piece->begun) {
        return AG_OK;
    }

    s = w->state;
    ag_put_init(&p, w->out);

    ag_responses_put_event(&p, s, "response.reasoning_summary_text.done");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "summary_index", 0);
    ag_put_text(&p, "text", piece->block->text);
    ag_responses_put_end(&p);

    ag_responses_put_event(&p, s, "response.reasoning_summary_part.done");
    ag_responses_put_place(&p, piece->item);
    ag_put_number(&p, "summary_index", 0);
    ag_responses_put_piece(&p, "part", piece, 0);
    ag_responses_put_end(&p);

    return p.rc;
}


static int
ag_responses_close_input(ag_writer_t *w, ag_responses_piece_t *piece)
{
    int                  rc;
    ag_put_t             p;
    ag_responses_say_t  *s;

    s = w->state;

    if (!piece->item->listed) {

        if (piece->begun) {
            rc = ag_responses_add_input(w, piece, piece->block->text);

        } else {
            rc = ag_responses_say_call(w, piece);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    ag_put_init(&p, w->out);

    if (piece->block->type == AG_BLOCK_TOOL) {
        ag_responses_put_event(&p, s, "response.function_call_arguments.done");
        ag_responses_put_place(&p, piece->item);
        ag_put_text(&p, "name", piece->item->name);
        ag_put_text(&p, "arguments", piece->block->text);

    } else {
        ag_responses_put_event(&p, s, "response.custom_tool_call_input.done");
        ag_responses_put_place(&p, piece->item);
        ag_put_text(&p, "input", piece->block->text);
    }

    ag_responses_put_end(&p);

    return p.rc;
}


static int
ag_responses_close_image(ag_writer_t *w, ag_responses_piece_t *piece)
{
    ag_put_t  p;

    ag_put_init(&p, w->out);
    ag_responses_put_event(&p, w->state,
                           "response.image_generation_call.completed");
    ag_responses_put_place(&p, piece->item);
    ag_responses_put_end(&p);

    return p.rc;
}
