/*
 * Copyright (C) ngx_agent authors
 *
 * A whole answer as a message, and the answer to counting tokens.
 */


#include "dialect/ag_anthropic_say_parts.h"


static unsigned ag_anthropic_say_answer_blocks(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block);
static void ag_anthropic_say_answer_text(ag_put_t *p,
    const ag_gathered_t *block);
static void ag_anthropic_say_answer_thinking(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block);
static void ag_anthropic_say_answer_tool(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block);
static void ag_anthropic_say_answer_mark(ag_put_t *p,
    const ag_gathered_t *block);


int
ag_anthropic_say_answer(ag_writer_t *w, const ag_reply_t *reply)
{
    size_t                       len;
    unsigned                     called;
    ag_put_t                     p;
    const ag_gathered_choice_t  *choice;

    len = w->out->len;
    choice = (reply->count > 0) ? &reply->choices[0] : NULL;

    ag_put_init(&p, w->out);
    ag_put_open(&p, NULL, '{');

    if (w->endpoint == AG_ENDPOINT_COUNT_TOKENS) {
        ag_put_number(&p, "input_tokens", w->usage->input_tokens);

    } else {
        ag_anthropic_say_put_head(&p, w, reply->id, reply->model);

        ag_put_open(&p, "content", '[');
        called = ag_anthropic_say_answer_blocks(&p, w, (choice != NULL)
                                                ? choice->blocks : NULL);
        ag_put_close(&p, ']');

        ag_anthropic_say_put_stop(&p, (choice != NULL) ? choice->finish
                                                       : AG_FINISH_NONE,
                                  called);
        ag_anthropic_say_put_usage(&p, w->usage, reply->tier);
    }

    ag_put_close(&p, '}');

    if (p.rc != AG_OK) {
        w->out->len = len;
    }

    return p.rc;
}


/*
 * Images have no place in a message, nor have calls of tools that take a
 * text, which this dialect cannot offer.  Returns whether there was a call.
 */
static unsigned
ag_anthropic_say_answer_blocks(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block)
{
    unsigned  called;

    called = 0;

    for ( /* void */ ; block != NULL; block = block->next) {

        switch (block->type) {

        case AG_BLOCK_TEXT:
        case AG_BLOCK_REFUSAL:
            ag_anthropic_say_answer_text(p, block);
            break;

        case AG_BLOCK_REASONING:
            ag_anthropic_say_answer_thinking(p, w, block);
            break;

        case AG_BLOCK_TOOL:
            ag_anthropic_say_answer_tool(p, w, block);
            called = 1;
            break;

        case AG_BLOCK_CUSTOM:
        case AG_BLOCK_IMAGE:
            break;
        }
    }

    return called;
}


/* Anthropic refuses an empty text when it comes back with the history. */
static void
ag_anthropic_say_answer_text(ag_put_t *p, const ag_gathered_t *block)
{
    const ag_cited_t  *cited;

    ag_anthropic_say_answer_mark(p, block);

    if (block->text.len == 0 && block->cited == NULL) {
        return;
    }

    ag_anthropic_say_put_text(p, NULL, block->text);

    if (block->cited != NULL) {
        ag_put_open(p, "citations", '[');

        for (cited = block->cited; cited != NULL; cited = cited->next) {
            ag_anthropic_say_put_citation(p, NULL, cited->url, cited->title);
        }

        ag_put_close(p, ']');
    }

    ag_put_close(p, '}');
}


static void
ag_anthropic_say_answer_thinking(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block)
{
    ag_str_t  text;

    text = block->text;

    if (ag_anthropic_say_put_hides(w)) {
        text.len = 0;
    }

    if (text.len == 0 && block->signature.len == 0) {
        return;
    }

    ag_anthropic_say_put_thinking(p, NULL, text, block->signature,
                                  block->signer,
                                  block->redacted && block->text.len == 0);
}


/*
 * An input must be an object, whatever the model wrote: what is none becomes
 * its member, so that the tool's schema refuses it and the model hears why.
 */
static void
ag_anthropic_say_answer_tool(ag_put_t *p, ag_writer_t *w,
    const ag_gathered_t *block)
{
    ag_str_t     id;
    yyjson_doc  *input;

    ag_anthropic_say_answer_mark(p, block);

    id = ag_tool_id_plain(w->arena, block->id);

    if (id.data == NULL) {
        p->rc = AG_NOMEM;
        return;
    }

    ag_anthropic_say_put_tool(p, NULL, id, block->name);
    input = ag_json_tree_large(block->text, AG_ANSWER_MAX, NULL);

    if (yyjson_is_obj(yyjson_doc_get_root(input))) {
        ag_put_json(p, "input", block->text);

    } else {
        ag_put_open(p, "input", '{');

        if (block->text.len > 0) {
            ag_put_text(p, "arguments", block->text);
        }

        ag_put_close(p, '}');
    }

    ag_put_close(p, '}');
    yyjson_doc_free(input);
}


/* A signature of Gemini's stands before what it signs, in a block without a
 * thought: clients send such blocks back as they are. */
static void
ag_anthropic_say_answer_mark(ag_put_t *p, const ag_gathered_t *block)
{
    if (block->signature.len > 0 && block->signer == AG_SIGNER_GEMINI) {
        ag_anthropic_say_put_thinking(p, NULL, ag_str(NULL, 0),
                                      block->signature, block->signer, 0);
    }
}
