/*
 * Copyright (C) ngx_agent authors
 *
 * A chat completion as a whole.
 *
 * Source: OpenAI's API reference, "The chat completion object".
 */


#include "dialect/ag_openai_say_parts.h"


static void ag_openai_say_answer_choice(ag_put_t *p, uint32_t index,
    const ag_gathered_choice_t *choice, unsigned functions);
static void ag_openai_say_answer_message(ag_put_t *p,
    const ag_gathered_choice_t *choice, unsigned functions);
static void ag_openai_say_answer_content(ag_put_t *p,
    const ag_gathered_t *blocks);
static void ag_openai_say_answer_joined(ag_put_t *p, const char *name,
    const ag_gathered_t *blocks, ag_block_kind_t type);
static void ag_openai_say_answer_sources(ag_put_t *p,
    const ag_gathered_t *blocks);
static void ag_openai_say_answer_details(ag_put_t *p,
    const ag_gathered_t *blocks);
static void ag_openai_say_answer_calls(ag_put_t *p,
    const ag_gathered_t *blocks);
static void ag_openai_say_answer_function(ag_put_t *p,
    const ag_gathered_t *blocks);
static void ag_openai_say_answer_images(ag_put_t *p,
    const ag_gathered_t *blocks);
static unsigned ag_openai_say_answer_has(const ag_gathered_t *blocks,
    ag_block_kind_t type);
static unsigned ag_openai_say_answer_is_call(const ag_gathered_t *block);


int
ag_openai_say_answer(ag_writer_t *w, const ag_reply_t *reply)
{
    ag_put_t  p;
    uint32_t  i;
    unsigned  functions;

    if (w->endpoint == AG_ENDPOINT_EMBEDDINGS) {
        return ag_openai_say_embeddings(w, reply);
    }

    if (w->id.len == 0) {
        w->id = ag_writer_mint(w, "chatcmpl-");
    }

    functions = ag_openai_say_extra_functions(w->request);

    ag_put_init(&p, w->out);
    ag_put_open(&p, NULL, '{');
    ag_put_text(&p, "id", w->id);
    ag_put_word(&p, "object", "chat.completion");
    ag_put_number(&p, "created", (uint64_t) w->created);
    ag_put_text(&p, "model", w->model);

    ag_put_open(&p, "choices", '[');

    for (i = 0; i < reply->count; i++) {
        ag_openai_say_answer_choice(&p, i, &reply->choices[i], functions);
    }

    ag_put_close(&p, ']');

    ag_openai_say_extra_usage(&p, w->usage);
    ag_openai_say_extra_tier(&p, reply->tier);
    ag_put_close(&p, '}');

    return p.rc;
}


static void
ag_openai_say_answer_choice(ag_put_t *p, uint32_t index,
    const ag_gathered_choice_t *choice, unsigned functions)
{
    ag_put_open(p, NULL, '{');
    ag_put_number(p, "index", index);
    ag_openai_say_answer_message(p, choice, functions);
    ag_openai_say_extra_logprobs(p, choice->logprobs);
    ag_put_word(p, "finish_reason",
                ag_openai_say_extra_finish(choice->finish, functions));
    ag_put_close(p, '}');
}


static void
ag_openai_say_answer_message(ag_put_t *p, const ag_gathered_choice_t *choice,
    unsigned functions)
{
    const ag_gathered_t  *blocks;

    blocks = choice->blocks;

    ag_put_open(p, "message", '{');
    ag_put_word(p, "role", "assistant");
    ag_openai_say_answer_content(p, blocks);

    if (ag_openai_say_answer_has(blocks, AG_BLOCK_REFUSAL)) {
        ag_openai_say_answer_joined(p, "refusal", blocks, AG_BLOCK_REFUSAL);

    } else {
        ag_put_null(p, "refusal");
    }

    ag_openai_say_answer_sources(p, blocks);

    if (ag_openai_say_answer_has(blocks, AG_BLOCK_REASONING)) {
        ag_openai_say_answer_joined(p, "reasoning_content", blocks,
                                    AG_BLOCK_REASONING);
    }

    ag_openai_say_answer_details(p, blocks);

    if (functions) {
        ag_openai_say_answer_function(p, blocks);

    } else {
        ag_openai_say_answer_calls(p, blocks);
    }

    ag_openai_say_answer_images(p, blocks);
    ag_put_close(p, '}');
}


/* null says that there is something else instead of a text. */
static void
ag_openai_say_answer_content(ag_put_t *p, const ag_gathered_t *blocks)
{
    if (!ag_openai_say_answer_has(blocks, AG_BLOCK_TEXT)
        && (ag_openai_say_answer_has(blocks, AG_BLOCK_TOOL)
            || ag_openai_say_answer_has(blocks, AG_BLOCK_CUSTOM)
            || ag_openai_say_answer_has(blocks, AG_BLOCK_REFUSAL)))
    {
        ag_put_null(p, "content");
        return;
    }

    ag_openai_say_answer_joined(p, "content", blocks, AG_BLOCK_TEXT);
}


static void
ag_openai_say_answer_joined(ag_put_t *p, const char *name,
    const ag_gathered_t *blocks, ag_block_kind_t type)
{
    ag_put_text_open(p, name);

    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {
        if (blocks->type == type) {
            ag_put_text_add(p, blocks->text);
        }
    }

    ag_put_text_close(p);
}


/* A source is one of its text block, the only range that every provider
 * tells; its characters are counted in the content that clients see. */
static void
ag_openai_say_answer_sources(ag_put_t *p, const ag_gathered_t *blocks)
{
    uint64_t           start, end;
    const ag_cited_t  *cited;

    end = 0;
    ag_put_open(p, "annotations", '[');

    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {

        if (blocks->type != AG_BLOCK_TEXT) {
            continue;
        }

        start = end;
        end += ag_openai_say_extra_characters(blocks->text);

        for (cited = blocks->cited; cited != NULL; cited = cited->next) {
            ag_openai_say_extra_cited(p, cited, start, end, -1);
        }
    }

    ag_put_close(p, ']');
}


/* Numbered as in a stream, so that both come back alike. */
static void
ag_openai_say_answer_details(ag_put_t *p, const ag_gathered_t *blocks)
{
    uint32_t            index;
    ag_openai_detail_t  detail;

    index = 0;

    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {

        if (blocks->signature.len == 0
            || !ag_openai_say_extra_signs(blocks->signer))
        {
            continue;
        }

        if (index == 0) {
            ag_put_open(p, "reasoning_details", '[');
        }

        detail.index = index;
        detail.signer = blocks->signer;
        detail.redacted = blocks->redacted;
        detail.text = ag_str(NULL, 0);
        detail.id = blocks->id;
        detail.signature = blocks->signature;

        if (blocks->type == AG_BLOCK_REASONING) {
            detail.text = blocks->text;
        }

        index += ag_openai_say_extra_detail(p, &detail);
    }

    if (index > 0) {
        ag_put_close(p, ']');
    }
}


/* Without numbers: a list that is whole has an order. */
static void
ag_openai_say_answer_calls(ag_put_t *p, const ag_gathered_t *blocks)
{
    unsigned  count, custom;

    count = 0;

    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {

        if (!ag_openai_say_answer_is_call(blocks)) {
            continue;
        }

        if (count++ == 0) {
            ag_put_open(p, "tool_calls", '[');
        }

        custom = (blocks->type == AG_BLOCK_CUSTOM);

        ag_put_open(p, NULL, '{');
        ag_put_text(p, "id", blocks->id);
        ag_put_word(p, "type", custom ? "custom" : "function");
        ag_put_open(p, custom ? "custom" : "function", '{');
        ag_put_text(p, "name", blocks->name);
        ag_put_text(p, custom ? "input" : "arguments", blocks->text);
        ag_put_close(p, '}');

        if (blocks->signature.len > 0 && blocks->signer == AG_SIGNER_GEMINI) {
            ag_put_open(p, "extra_content", '{');
            ag_put_open(p, "google", '{');
            ag_put_text(p, "thought_signature", blocks->signature);
            ag_put_close(p, '}');
            ag_put_close(p, '}');
        }

        ag_put_close(p, '}');
    }

    if (count > 0) {
        ag_put_close(p, ']');
    }
}


/* The deprecated place has room for one. */
static void
ag_openai_say_answer_function(ag_put_t *p, const ag_gathered_t *blocks)
{
    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {

        if (blocks->type == AG_BLOCK_TOOL) {
            ag_put_open(p, "function_call", '{');
            ag_put_text(p, "name", blocks->name);
            ag_put_text(p, "arguments", blocks->text);
            ag_put_close(p, '}');
            return;
        }
    }
}


static void
ag_openai_say_answer_images(ag_put_t *p, const ag_gathered_t *blocks)
{
    uint32_t  count;

    count = 0;

    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {

        if (blocks->type != AG_BLOCK_IMAGE || blocks->text.len == 0) {
            continue;
        }

        if (count == 0) {
            ag_put_open(p, "images", '[');
        }

        ag_openai_say_extra_image(p, count++, blocks->name, blocks->text);
    }

    if (count > 0) {
        ag_put_close(p, ']');
    }
}


/* A redacted reasoning has no text to show. */
static unsigned
ag_openai_say_answer_has(const ag_gathered_t *blocks, ag_block_kind_t type)
{
    for ( /* void */ ; blocks != NULL; blocks = blocks->next) {
        if (blocks->type == type && (type != AG_BLOCK_REASONING
                                     || blocks->text.len > 0))
        {
            return 1;
        }
    }

    return 0;
}


static unsigned
ag_openai_say_answer_is_call(const ag_gathered_t *block)
{
    return block->type == AG_BLOCK_TOOL || block->type == AG_BLOCK_CUSTOM;
}
