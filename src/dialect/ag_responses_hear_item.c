/*
 * Copyright (C) ngx_agent authors
 *
 * Whole items and whole answers of a provider of the Responses API.
 *
 * Items of tools that the provider ran itself are left out: their results
 * are in the words that follow.
 */


#include "dialect/ag_responses_hear_parts.h"


#define AG_RESPONSES_PARTS_MAX  256     /* of a message that are told apart */


typedef struct {
    const char  *type;
    void       (*hear)(ag_reader_t *r, uint32_t output, yyjson_val *item);
} ag_responses_heard_t;


static void ag_responses_message(ag_reader_t *r, uint32_t output,
    yyjson_val *item);
static void ag_responses_piece(ag_reader_t *r, uint32_t output, uint32_t key,
    yyjson_val *part);
static void ag_responses_thought(ag_reader_t *r, uint32_t output,
    yyjson_val *item);
static void ag_responses_paragraphs(ag_reader_t *r, ag_open_block_t *block,
    yyjson_val *list);
static void ag_responses_call(ag_reader_t *r, uint32_t output,
    yyjson_val *item);
static void ag_responses_image(ag_reader_t *r, uint32_t output,
    yyjson_val *item);


static const ag_responses_heard_t  ag_responses_items[] = {
    { "message", ag_responses_message },
    { "function_call", ag_responses_call },
    { "custom_tool_call", ag_responses_call },
    { "reasoning", ag_responses_thought },
    { "image_generation_call", ag_responses_image },
    { NULL, NULL }
};


static const ag_str_t  ag_responses_none = ag_null_string;


static const ag_usage_names_t  ag_responses_usage = {
    "input_tokens",
    "input_tokens_details",
    "output_tokens",
    "output_tokens_details"
};


ag_responses_hear_t *
ag_responses_hear_state(ag_reader_t *r)
{
    if (r->state == NULL) {
        r->state = ag_arena_alloc(r->arena, sizeof(ag_responses_hear_t));
    }

    return r->state;
}


uint32_t
ag_responses_hear_item(yyjson_val *event)
{
    return (uint32_t) ag_json_count(yyjson_obj_get(event, "output_index"),
                                    UINT32_MAX / AG_RESPONSES_PARTS_MAX - 1);
}


uint32_t
ag_responses_hear_part(yyjson_val *event)
{
    return ag_responses_hear_item(event) * AG_RESPONSES_PARTS_MAX
           + (uint32_t) ag_json_count(yyjson_obj_get(event, "content_index"),
                                      AG_RESPONSES_PARTS_MAX - 1);
}


void
ag_responses_hear_whole(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    ag_str_t                     type;
    ag_responses_hear_t         *h;
    const ag_responses_heard_t  *known;

    h = r->state;
    type = ag_json_text(yyjson_obj_get(item, "type"));

    for (known = ag_responses_items; known->type != NULL; known++) {
        if (ag_str_is(type, known->type)) {
            h->output = 1;
            known->hear(r, output, item);
            return;
        }
    }
}


/* ---- words ---- */


static void
ag_responses_message(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    size_t       i, max;
    yyjson_val  *part, *content;

    content = yyjson_obj_get(item, "content");

    yyjson_arr_foreach(content, i, max, part) {

        if (i < AG_RESPONSES_PARTS_MAX) {
            ag_responses_piece(r, output,
                               output * AG_RESPONSES_PARTS_MAX + (uint32_t) i,
                               part);
        }
    }
}


static void
ag_responses_piece(ag_reader_t *r, uint32_t output, uint32_t key,
    yyjson_val *part)
{
    size_t                i, max;
    ag_str_t              text;
    unsigned              refused;
    yyjson_val           *list, *annotation;
    ag_open_block_t      *block;
    ag_responses_hear_t  *h;

    h = r->state;
    refused = yyjson_equals_str(yyjson_obj_get(part, "type"), "refusal");
    text = ag_json_text(yyjson_obj_get(part, refused ? "refusal" : "text"));

    block = ag_reader_find(r, 0, key, refused ? AG_BLOCK_REFUSAL
                                              : AG_BLOCK_TEXT);

    if (block == NULL && text.len > 0) {
        block = ag_reader_open(r, 0, key, refused ? AG_BLOCK_REFUSAL
                                                  : AG_BLOCK_TEXT,
                               ag_responses_none, ag_responses_none);
    }

    if (block == NULL) {
        return;
    }

    if (!block->filled) {
        ag_reader_add(r, block, text);
        ag_responses_hear_logprobs(r, yyjson_obj_get(part, "logprobs"));
    }

    if (h->cited != (uint64_t) output + 1) {
        list = yyjson_obj_get(part, "annotations");

        yyjson_arr_foreach(list, i, max, annotation) {
            ag_responses_hear_cite(r, block, annotation);
        }
    }

    ag_reader_close(r, block);
}


void
ag_responses_hear_cite(ag_reader_t *r, ag_open_block_t *block,
    yyjson_val *annotation)
{
    ag_reader_cite(r, block, ag_json_text(yyjson_obj_get(annotation, "url")),
                   ag_json_text(yyjson_obj_get(annotation, "title")));
}


void
ag_responses_hear_logprobs(ag_reader_t *r, yyjson_val *elements)
{
    int                   rc;
    ag_responses_hear_t  *h;

    h = r->state;

    if (!yyjson_is_arr(elements) || yyjson_arr_size(elements) == 0) {
        return;
    }

    if (h->written == NULL || r->whole) {
        h->written = ag_arena_buf(r->arena, AG_ANSWER_MAX);

        if (h->written == NULL) {
            r->rc = AG_NOMEM;
            return;
        }
    }

    h->written->len = 0;
    rc = ag_json_add(h->written, elements);

    if (rc != AG_OK) {
        r->rc = rc;
        return;
    }

    ag_reader_logprobs(r, 0, ag_str(h->written->data + 1,
                                    h->written->len - 2));
}


/* ---- thoughts ---- */


static void
ag_responses_thought(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    ag_str_t          signature;
    yyjson_val       *summary, *content;
    ag_open_block_t  *block;

    summary = yyjson_obj_get(item, "summary");
    content = yyjson_obj_get(item, "content");
    signature = ag_json_text(yyjson_obj_get(item, "encrypted_content"));

    block = ag_reader_find(r, 0, output, AG_BLOCK_REASONING);

    if (block == NULL && yyjson_arr_size(summary) == 0
        && yyjson_arr_size(content) == 0 && signature.len == 0)
    {
        return;
    }

    if (block == NULL) {
        block = ag_reader_open(r, 0, output, AG_BLOCK_REASONING,
                               ag_responses_none, ag_responses_none);
    }

    if (block == NULL) {
        return;
    }

    if (!block->filled) {
        ag_responses_paragraphs(r, block, summary);
    }

    if (!block->filled) {
        ag_responses_paragraphs(r, block, content);
    }

    ag_reader_sign(r, block, signature, AG_SIGNER_RESPONSES, !block->filled);
    ag_reader_close(r, block);
}


static void
ag_responses_paragraphs(ag_reader_t *r, ag_open_block_t *block,
    yyjson_val *list)
{
    size_t       i, max;
    ag_str_t     text;
    yyjson_val  *part;

    yyjson_arr_foreach(list, i, max, part) {
        text = ag_json_text(yyjson_obj_get(part, "text"));

        if (text.len > 0 && block->filled) {
            ag_reader_add(r, block, ag_str("\n\n", 2));
        }

        ag_reader_add(r, block, text);
    }
}


/* ---- calls ---- */


ag_open_block_t *
ag_responses_hear_call(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    ag_str_t              type, name;
    ag_block_kind_t       kind;
    ag_responses_hear_t  *h;

    type = ag_json_text(yyjson_obj_get(item, "type"));
    name = ag_json_text(yyjson_obj_get(item, "name"));

    if (ag_str_is(type, "function_call")) {
        kind = AG_BLOCK_TOOL;

    } else if (ag_str_is(type, "custom_tool_call")) {
        kind = AG_BLOCK_CUSTOM;

    } else {
        return NULL;
    }

    if (name.len == 0) {
        return NULL;
    }

    h = r->state;
    h->output = 1;

    return ag_reader_open(r, 0, output, kind,
                          ag_json_text(yyjson_obj_get(item, "call_id")),
                          name);
}


static void
ag_responses_call(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    ag_open_block_t  *block;

    block = ag_responses_hear_call(r, output, item);

    if (block != NULL && !block->filled) {
        ag_reader_add(r, block,
                      ag_json_text(yyjson_obj_get(item,
                                                  (block->type
                                                   == AG_BLOCK_CUSTOM)
                                                  ? "input" : "arguments")));
    }

    ag_reader_close(r, block);
}


static void
ag_responses_image(ag_reader_t *r, uint32_t output, yyjson_val *item)
{
    size_t            i;
    ag_str_t          format, data, name;
    ag_open_block_t  *block;

    static const ag_str_t  names[] = {
        ag_string("image/png"), ag_string("image/jpeg"),
        ag_string("image/webp")
    };

    data = ag_json_text(yyjson_obj_get(item, "result"));
    format = ag_json_text(yyjson_obj_get(item, "output_format"));
    name = names[0];

    if (data.len == 0) {
        return;
    }

    for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ag_str_equal(ag_str(names[i].data + 6, names[i].len - 6),
                         format))
        {
            name = names[i];
        }
    }

    block = ag_reader_open(r, 0, output, AG_BLOCK_IMAGE, ag_responses_none,
                           name);
    ag_reader_add(r, block, data);
    ag_reader_close(r, block);
}


/* ---- answers ---- */


void
ag_responses_hear_answer(ag_reader_t *r, yyjson_val *root)
{
    ag_str_t  status;

    if (ag_responses_hear_state(r) == NULL) {
        r->rc = AG_NOMEM;
        return;
    }

    status = ag_json_text(yyjson_obj_get(root, "status"));

    if (!yyjson_is_arr(yyjson_obj_get(root, "output"))
        || ag_str_is(status, "failed") || ag_str_is(status, "cancelled"))
    {
        ag_responses_hear_response(r, root);
        r->delta->failed = 1;
        r->delta->error = ag_error_classify_tree(0, root);

        return;
    }

    ag_reader_start(r, ag_json_text(yyjson_obj_get(root, "id")),
                    ag_json_text(yyjson_obj_get(root, "model")));

    ag_responses_hear_end(r, root);
}


void
ag_responses_hear_response(ag_reader_t *r, yyjson_val *response)
{
    ag_str_t  tier;

    (void) ag_usage_read(r->usage, yyjson_obj_get(response, "usage"),
                         &ag_responses_usage);

    tier = ag_json_text(yyjson_obj_get(response, "service_tier"));

    if (tier.len > 0) {
        r->tier = ag_tier_find(tier);
    }
}


/* An answer of which nothing was said yet is said now. */
void
ag_responses_hear_end(ag_reader_t *r, yyjson_val *response)
{
    size_t                i, max;
    yyjson_val           *output, *item, *reason;
    ag_responses_hear_t  *h;

    h = r->state;

    ag_responses_hear_response(r, response);

    if (!h->output) {
        output = yyjson_obj_get(response, "output");

        yyjson_arr_foreach(output, i, max, item) {
            ag_responses_hear_whole(r, (uint32_t) i, item);
        }
    }

    reason = ag_json_path(response, "incomplete_details", "reason", NULL);

    ag_reader_finish(r, 0, yyjson_equals_str(reason, "max_output_tokens")
                           ? AG_FINISH_LENGTH
                           : yyjson_equals_str(reason, "content_filter")
                             ? AG_FINISH_CONTENT_FILTER : AG_FINISH_STOP);
    ag_reader_end(r);
}
