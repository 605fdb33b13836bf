/*
 * Copyright (C) ngx_agent authors
 *
 * The blocks of an answer of Anthropic's: texts, what was thought, and calls
 * of the client's tools.  What the server did by itself (its searches, its
 * code, its results) is left out: no client of another dialect could answer
 * it.
 *
 * Where a tool stands for the form of the answer, its input is the answer's
 * text; words around it would spoil that, and are held until it is clear
 * that the tool was not called.
 *
 * Source: Anthropic's API reference, "Streaming messages".
 */


#include "dialect/ag_anthropic_hear_parts.h"


/* Of the block that was held: no index of theirs. */
#define AG_ANTHROPIC_HELD  UINT32_MAX


static void ag_anthropic_hear_text(ag_reader_t *r, uint32_t index,
    ag_str_t text);
static void ag_anthropic_hear_hold(ag_reader_t *r, ag_str_t text);
static void ag_anthropic_hear_thought(ag_reader_t *r, uint32_t index,
    ag_str_t text, ag_str_t signature, unsigned redacted);
static void ag_anthropic_hear_call(ag_reader_t *r, uint32_t index,
    yyjson_val *block);
static void ag_anthropic_hear_input(ag_reader_t *r, uint32_t index,
    yyjson_val *input);
static ag_open_block_t *ag_anthropic_hear_called(ag_reader_t *r,
    uint32_t index);
static void ag_anthropic_hear_sources(ag_reader_t *r, uint32_t index,
    yyjson_val *citations);
static void ag_anthropic_hear_source(ag_reader_t *r, uint32_t index,
    yyjson_val *citation);


static const ag_str_t  ag_anthropic_none = ag_null_string;


void
ag_anthropic_hear_begin(ag_reader_t *r, uint32_t index, yyjson_val *block)
{
    ag_str_t              type;
    ag_anthropic_hear_t  *h;

    h = r->state;
    type = ag_json_text(yyjson_obj_get(block, "type"));

    /* one of this index that was never closed */

    ag_anthropic_hear_close(r, index);

    if (ag_str_is(type, "text")) {
        ag_anthropic_hear_text(r, index,
                               ag_json_text(yyjson_obj_get(block, "text")));
        ag_anthropic_hear_sources(r, index,
                                  yyjson_obj_get(block, "citations"));

    } else if (ag_str_is(type, "thinking")) {
        ag_anthropic_hear_thought(r, index,
                                  ag_json_text(yyjson_obj_get(block,
                                                              "thinking")),
                                  ag_json_text(yyjson_obj_get(block,
                                                              "signature")),
                                  0);

    } else if (ag_str_is(type, "redacted_thinking")) {
        ag_anthropic_hear_thought(r, index, ag_anthropic_none,
                                  ag_json_text(yyjson_obj_get(block,
                                                              "data")), 1);

    } else if (ag_str_is(type, "tool_use")) {
        ag_anthropic_hear_call(r, index, block);

    } else {
        h->foreign = (uint64_t) index + 1;
    }
}


/* A text whose block never began begins with its first word. */
void
ag_anthropic_hear_delta(ag_reader_t *r, uint32_t index, yyjson_val *delta)
{
    ag_str_t              type;
    ag_anthropic_hear_t  *h;

    h = r->state;

    if (h->foreign == (uint64_t) index + 1) {
        return;
    }

    type = ag_json_text(yyjson_obj_get(delta, "type"));

    if (ag_str_is(type, "text_delta")) {
        ag_anthropic_hear_text(r, index,
                               ag_json_text(yyjson_obj_get(delta, "text")));

    } else if (ag_str_is(type, "input_json_delta")) {

        if (h->given != (uint64_t) index + 1) {
            ag_reader_add(r, ag_anthropic_hear_called(r, index),
                          ag_json_text(yyjson_obj_get(delta,
                                                      "partial_json")));
        }

    } else if (ag_str_is(type, "thinking_delta")) {
        ag_anthropic_hear_thought(r, index,
                                  ag_json_text(yyjson_obj_get(delta,
                                                              "thinking")),
                                  ag_anthropic_none, 0);

    } else if (ag_str_is(type, "signature_delta")) {
        ag_anthropic_hear_thought(r, index, ag_anthropic_none,
                                  ag_json_text(yyjson_obj_get(delta,
                                                              "signature")),
                                  0);

    } else if (ag_str_is(type, "citations_delta")) {
        ag_anthropic_hear_source(r, index, yyjson_obj_get(delta, "citation"));
    }
}


void
ag_anthropic_hear_close(ag_reader_t *r, uint32_t index)
{
    size_t                i;
    uint64_t              key;
    ag_open_block_t      *block;
    ag_anthropic_hear_t  *h;

    static const ag_block_kind_t  kinds[] = {
        AG_BLOCK_TEXT, AG_BLOCK_REASONING, AG_BLOCK_TOOL
    };

    h = r->state;
    key = (uint64_t) index + 1;

    for (i = 0; i < 3; i++) {
        block = ag_reader_find(r, 0, index, kinds[i]);

        if (block == NULL) {
            continue;
        }

        if (h->json == key && kinds[i] == AG_BLOCK_TEXT && !block->filled) {
            ag_reader_add(r, block, ag_str("{}", 2));
        }

        ag_reader_close(r, block);
    }

    h->foreign = (h->foreign == key) ? 0 : h->foreign;
    h->given = (h->given == key) ? 0 : h->given;
}


void
ag_anthropic_hear_release(ag_reader_t *r)
{
    ag_open_block_t      *block;
    ag_anthropic_hear_t  *h;

    h = r->state;

    if (h->held == NULL || h->held->len == 0) {
        return;
    }

    block = ag_reader_open(r, 0, AG_ANTHROPIC_HELD, AG_BLOCK_TEXT,
                           ag_anthropic_none, ag_anthropic_none);
    ag_reader_add(r, block, ag_buf_str(h->held));
    ag_reader_close(r, block);

    /* texts of a whole answer must live on */

    h->held = NULL;
}


/* Blocks open with their first word: empty ones would be seen. */
static void
ag_anthropic_hear_text(ag_reader_t *r, uint32_t index, ag_str_t text)
{
    if (text.len == 0) {
        return;
    }

    if (r->to->json_tool) {
        ag_anthropic_hear_hold(r, text);
        return;
    }

    ag_reader_add(r, ag_reader_open(r, 0, index, AG_BLOCK_TEXT,
                                    ag_anthropic_none, ag_anthropic_none),
                  text);
}


/* Costs the client of a form its first words' earliness, where the model
 * answers in plain words after all. */
static void
ag_anthropic_hear_hold(ag_reader_t *r, ag_str_t text)
{
    ag_anthropic_hear_t  *h;

    h = r->state;

    if (h->json != 0 || r->rc != AG_OK) {
        return;
    }

    if (h->held == NULL) {
        h->held = ag_arena_buf(r->arena, AG_ANSWER_MAX);
    }

    r->rc = (h->held == NULL) ? AG_NOMEM
                              : ag_buf_add(h->held, text.data, text.len);
}


static void
ag_anthropic_hear_thought(ag_reader_t *r, uint32_t index, ag_str_t text,
    ag_str_t signature, unsigned redacted)
{
    ag_open_block_t  *block;

    if (text.len == 0 && signature.len == 0) {
        return;
    }

    block = ag_reader_open(r, 0, index, AG_BLOCK_REASONING,
                           ag_anthropic_none, ag_anthropic_none);

    ag_reader_add(r, block, text);
    ag_reader_sign(r, block, signature, AG_SIGNER_ANTHROPIC, redacted);
}


/* The form of the answer is given once; a second one would spoil it. */
static void
ag_anthropic_hear_call(ag_reader_t *r, uint32_t index, yyjson_val *block)
{
    ag_str_t              id, name;
    ag_anthropic_hear_t  *h;

    h = r->state;
    id = ag_json_text(yyjson_obj_get(block, "id"));
    name = ag_json_text(yyjson_obj_get(block, "name"));

    if (r->to->json_tool && ag_str_is(name, AG_JSON_TOOL)) {

        if (h->json != 0) {
            h->foreign = (uint64_t) index + 1;
            return;
        }

        h->json = (uint64_t) index + 1;
        h->held = NULL;

        (void) ag_reader_open(r, 0, index, AG_BLOCK_TEXT, ag_anthropic_none,
                              ag_anthropic_none);

    } else {
        ag_anthropic_hear_release(r);

        (void) ag_reader_open(r, 0, index, AG_BLOCK_TOOL, id, name);
    }

    ag_anthropic_hear_input(r, index, yyjson_obj_get(block, "input"));
}


/* A stream's calls begin with an empty input, and some with all of it. */
static void
ag_anthropic_hear_input(ag_reader_t *r, uint32_t index, yyjson_val *input)
{
    ag_buf_t             *text;
    ag_anthropic_hear_t  *h;

    if (yyjson_obj_size(input) == 0 || r->rc != AG_OK) {
        return;
    }

    h = r->state;
    text = ag_arena_buf(r->arena, AG_ANSWER_MAX);
    r->rc = (text == NULL) ? AG_NOMEM : ag_json_add(text, input);

    if (r->rc == AG_OK) {
        h->given = (uint64_t) index + 1;
        ag_reader_add(r, ag_anthropic_hear_called(r, index),
                      ag_buf_str(text));
    }
}


static ag_open_block_t *
ag_anthropic_hear_called(ag_reader_t *r, uint32_t index)
{
    ag_anthropic_hear_t  *h;

    h = r->state;

    return ag_reader_find(r, 0, index,
                          (h->json == (uint64_t) index + 1) ? AG_BLOCK_TEXT
                                                            : AG_BLOCK_TOOL);
}


static void
ag_anthropic_hear_sources(ag_reader_t *r, uint32_t index,
    yyjson_val *citations)
{
    size_t       i, count;
    yyjson_val  *citation;

    yyjson_arr_foreach(citations, i, count, citation) {
        ag_anthropic_hear_source(r, index, citation);
    }
}


/* Places in the client's own documents have no URL. */
static void
ag_anthropic_hear_source(ag_reader_t *r, uint32_t index, yyjson_val *citation)
{
    ag_str_t  url, title;

    url = ag_json_text(yyjson_obj_get(citation, "url"));
    title = ag_json_text(yyjson_obj_get(citation, "title"));

    if (url.len > 0 && !r->to->json_tool) {
        ag_reader_cite(r, ag_reader_open(r, 0, index, AG_BLOCK_TEXT,
                                         ag_anthropic_none,
                                         ag_anthropic_none),
                       url, title);
    }
}
