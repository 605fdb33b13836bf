/*
 * Copyright (C) ngx_agent authors
 *
 * The items of an answer of the Responses API, as JSON.
 *
 * What a signer signed always goes to the client, asked for or not: without
 * it the next request of a conversation with tools is refused by some
 * providers.
 *
 * Source: OpenAI, API reference, "The response object".
 */


#include "dialect/ag_responses_say_parts.h"


static void ag_responses_put_message(ag_put_t *p,
    const ag_responses_item_t *item);
static void ag_responses_put_call(ag_put_t *p,
    const ag_responses_item_t *item);
static void ag_responses_put_thought(ag_put_t *p, ag_writer_t *w,
    const ag_responses_item_t *item);
static void ag_responses_put_image(ag_put_t *p,
    const ag_responses_item_t *item);
static void ag_responses_put_annotations(ag_put_t *p,
    const ag_responses_piece_t *piece);
static uint64_t ag_responses_characters(ag_str_t text);


void
ag_responses_put_event(ag_put_t *p, ag_responses_say_t *s, const char *type)
{
    ag_put_raw(p, "event: ");
    ag_put_raw(p, type);
    ag_put_raw(p, "\ndata: ");
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", type);
    ag_put_number(p, "sequence_number", s->sequence++);
}


void
ag_responses_put_end(ag_put_t *p)
{
    ag_put_close(p, '}');
    ag_put_raw(p, "\n\n");
}


void
ag_responses_put_place(ag_put_t *p, const ag_responses_item_t *item)
{
    ag_put_text(p, "item_id", item->id);
    ag_put_number(p, "output_index", item->output);
}


void
ag_responses_put_item(ag_put_t *p, const char *name, ag_writer_t *w,
    const ag_responses_item_t *item)
{
    ag_put_open(p, name, '{');
    ag_put_text(p, "id", item->id);

    switch (item->type) {

    case AG_BLOCK_REASONING:
        ag_responses_put_thought(p, w, item);
        break;

    case AG_BLOCK_TOOL:
    case AG_BLOCK_CUSTOM:
        ag_responses_put_call(p, item);
        break;

    case AG_BLOCK_IMAGE:
        ag_responses_put_image(p, item);
        break;

    default:
        ag_responses_put_message(p, item);
        break;
    }

    ag_put_close(p, '}');
}


static void
ag_responses_put_message(ag_put_t *p, const ag_responses_item_t *item)
{
    const ag_responses_piece_t  *piece;

    ag_put_word(p, "type", "message");
    ag_put_word(p, "status", !item->done ? "in_progress"
                             : item->cut ? "incomplete" : "completed");
    ag_put_word(p, "role", "assistant");
    ag_put_open(p, "content", '[');

    for (piece = item->done ? item->pieces : NULL;
         piece != NULL;
         piece = piece->next)
    {
        ag_responses_put_piece(p, NULL, piece, 0);
    }

    ag_put_close(p, ']');
}


static void
ag_responses_put_call(ag_put_t *p, const ag_responses_item_t *item)
{
    ag_str_t              input;
    unsigned              custom;
    const ag_gathered_t  *block;

    block = item->pieces->block;
    custom = (item->type == AG_BLOCK_CUSTOM);
    input = item->done ? block->text : ag_str("", 0);

    ag_put_word(p, "type", custom ? "custom_tool_call" : "function_call");
    ag_put_word(p, "status", !item->done ? "in_progress"
                             : item->cut ? "incomplete" : "completed");
    ag_put_text(p, "call_id", block->id);
    ag_put_text(p, "name", item->name);

    if (item->space.len > 0) {
        ag_put_text(p, "namespace", item->space);
    }

    ag_put_text(p, custom ? "input" : "arguments", input);
}


static void
ag_responses_put_thought(ag_put_t *p, ag_writer_t *w,
    const ag_responses_item_t *item)
{
    int                          rc;
    ag_buf_t                    *signature;
    const ag_gathered_t         *block;
    const ag_responses_piece_t  *piece;

    piece = item->pieces;
    block = piece->block;

    ag_put_word(p, "type", "reasoning");
    ag_put_open(p, "summary", '[');

    if (item->done && !item->mark && block->text.len > 0) {
        ag_responses_put_piece(p, NULL, piece, 0);
    }

    ag_put_close(p, ']');

    if (!item->done || block->signature.len == 0) {
        ag_put_null(p, "encrypted_content");
        return;
    }

    signature = ag_arena_buf(w->arena, AG_ANSWER_MAX);

    if (signature == NULL) {
        p->rc = AG_NOMEM;
        return;
    }

    rc = ag_signature_add(signature, block->signature, block->signer,
                          block->redacted, AG_SIGNER_RESPONSES);
    if (rc != AG_OK) {
        p->rc = rc;
        return;
    }

    ag_put_text(p, "encrypted_content", ag_buf_str(signature));
    ag_buf_free(signature);
}


static void
ag_responses_put_image(ag_put_t *p, const ag_responses_item_t *item)
{
    ag_str_t              format;
    const ag_gathered_t  *block;

    block = item->pieces->block;
    format = block->name;

    ag_put_word(p, "type", "image_generation_call");
    ag_put_word(p, "status", item->done ? "completed" : "in_progress");

    if (format.len > 6 && memcmp(format.data, "image/", 6) == 0) {
        ag_put_text(p, "output_format", ag_str(format.data + 6,
                                               format.len - 6));
    }

    if (item->done) {
        ag_put_text(p, "result", block->text);

    } else {
        ag_put_null(p, "result");
    }
}


void
ag_responses_put_piece(ag_put_t *p, const char *name,
    const ag_responses_piece_t *piece, unsigned empty)
{
    ag_str_t  text;

    text = empty ? ag_str("", 0) : piece->block->text;

    ag_put_open(p, name, '{');

    switch (piece->block->type) {

    case AG_BLOCK_REFUSAL:
        ag_put_word(p, "type", "refusal");
        ag_put_text(p, "refusal", text);
        break;

    case AG_BLOCK_REASONING:
        ag_put_word(p, "type", "summary_text");
        ag_put_text(p, "text", text);
        break;

    default:
        ag_put_word(p, "type", "output_text");
        ag_put_text(p, "text", text);
        ag_put_open(p, "annotations", '[');

        if (!empty) {
            ag_responses_put_annotations(p, piece);
        }

        ag_put_close(p, ']');
        ag_responses_put_logprobs(p, empty ? ag_str(NULL, 0)
                                           : piece->logprobs);
        break;
    }

    ag_put_close(p, '}');
}


static void
ag_responses_put_annotations(ag_put_t *p, const ag_responses_piece_t *piece)
{
    const ag_cited_t  *cited;

    for (cited = piece->block->cited; cited != NULL; cited = cited->next) {
        ag_responses_put_citation(p, NULL, piece, cited);
    }
}


void
ag_responses_put_citation(ag_put_t *p, const char *name,
    const ag_responses_piece_t *piece, const ag_cited_t *cited)
{
    ag_put_open(p, name, '{');
    ag_put_word(p, "type", "url_citation");
    ag_put_number(p, "start_index", 0);
    ag_put_number(p, "end_index",
                  ag_responses_characters(piece->block->text));
    ag_put_text(p, "url", cited->url);
    ag_put_text(p, "title", cited->title);
    ag_put_close(p, '}');
}


void
ag_responses_put_logprobs(ag_put_t *p, ag_str_t elements)
{
    ag_put_open(p, "logprobs", '[');

    if (elements.len > 0 && elements.data[0] == ',') {
        elements = ag_str(elements.data + 1, elements.len - 1);
    }

    if (elements.len > 0) {
        ag_put_json(p, NULL, elements);
    }

    ag_put_close(p, ']');
}


/* Bytes that do not continue a character. */
static uint64_t
ag_responses_characters(ag_str_t text)
{
    size_t    i;
    uint64_t  count;

    count = 0;

    for (i = 0; i < text.len; i++) {
        count += ((text.data[i] & 0xc0) != 0x80);
    }

    return count;
}
