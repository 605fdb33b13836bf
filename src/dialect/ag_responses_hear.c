/*
 * Copyright (C) ngx_agent authors
 *
 * The stream of a provider of the Responses API.
 *
 * Items are known by their place, since some servers give an item another id
 * in each event.  Some send no deltas, or nothing but whole items, or nothing
 * but the whole answer: what was not said before is said with the whole.
 *
 * Source: OpenAI, API reference, "Streaming events".
 */


#include "dialect/ag_responses_hear_parts.h"


typedef struct {
    const char  *type;
    void       (*hear)(ag_reader_t *r, yyjson_val *event);
} ag_responses_event_t;


static void ag_responses_root(ag_reader_t *r, yyjson_val *root,
    ag_str_t type);
static void ag_responses_created(ag_reader_t *r, yyjson_val *event);
static void ag_responses_item_added(ag_reader_t *r, yyjson_val *event);
static void ag_responses_item_done(ag_reader_t *r, yyjson_val *event);
static void ag_responses_text(ag_reader_t *r, yyjson_val *event);
static void ag_responses_text_done(ag_reader_t *r, yyjson_val *event);
static void ag_responses_annotation(ag_reader_t *r, yyjson_val *event);
static void ag_responses_refusal(ag_reader_t *r, yyjson_val *event);
static void ag_responses_refusal_done(ag_reader_t *r, yyjson_val *event);
static void ag_responses_summary_added(ag_reader_t *r, yyjson_val *event);
static void ag_responses_thought(ag_reader_t *r, yyjson_val *event);
static void ag_responses_arguments(ag_reader_t *r, yyjson_val *event);
static void ag_responses_arguments_done(ag_reader_t *r, yyjson_val *event);
static void ag_responses_input(ag_reader_t *r, yyjson_val *event);
static void ag_responses_input_done(ag_reader_t *r, yyjson_val *event);
static void ag_responses_ended(ag_reader_t *r, yyjson_val *event);
static void ag_responses_failed(ag_reader_t *r, yyjson_val *event);
static void ag_responses_add(ag_reader_t *r, uint32_t key,
    ag_block_kind_t type, yyjson_val *text, unsigned whole);


/* The most frequent first. */
static const ag_responses_event_t  ag_responses_events[] = {
    { "response.output_text.delta", ag_responses_text },
    { "response.function_call_arguments.delta", ag_responses_arguments },
    { "response.reasoning_summary_text.delta", ag_responses_thought },
    { "response.reasoning_text.delta", ag_responses_thought },
    { "response.custom_tool_call_input.delta", ag_responses_input },
    { "response.refusal.delta", ag_responses_refusal },
    { "response.output_item.added", ag_responses_item_added },
    { "response.output_item.done", ag_responses_item_done },
    { "response.output_text.done", ag_responses_text_done },
    { "response.output_text.annotation.added", ag_responses_annotation },
    { "response.refusal.done", ag_responses_refusal_done },
    { "response.reasoning_summary_part.added", ag_responses_summary_added },
    { "response.function_call_arguments.done", ag_responses_arguments_done },
    { "response.custom_tool_call_input.done", ag_responses_input_done },
    { "response.created", ag_responses_created },
    { "response.queued", ag_responses_created },
    { "response.in_progress", ag_responses_created },
    { "response.completed", ag_responses_ended },
    { "response.incomplete", ag_responses_ended },
    { "response.failed", ag_responses_failed },
    { "response.cancelled", ag_responses_failed },
    { "error", ag_responses_failed }
};


void
ag_responses_hear_event(ag_reader_t *r, const ag_sse_event_t *event)
{
    ag_str_t     type;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *root;

    if (ag_str_is(event->data, "[DONE]")) {
        return;     /* of servers that know it from elsewhere */
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));
    root = yyjson_doc_get_root(doc);

    if (!yyjson_is_obj(root)) {
        yyjson_doc_free(doc);
        r->delta->malformed = 1;

        return;
    }

    type = ag_json_text(yyjson_obj_get(root, "type"));
    ag_responses_root(r, root, (type.len > 0) ? type : event->type);

    yyjson_doc_free(doc);
}


static void
ag_responses_root(ag_reader_t *r, yyjson_val *root, ag_str_t type)
{
    size_t  i;

    if (ag_responses_hear_state(r) == NULL) {
        r->rc = AG_NOMEM;
        return;
    }

    for (i = 0; i < sizeof(ag_responses_events)
                    / sizeof(ag_responses_events[0]); i++)
    {
        if (ag_str_is(type, ag_responses_events[i].type)) {
            ag_responses_events[i].hear(r, root);
            return;
        }
    }

    if (type.len == 0 && yyjson_is_obj(yyjson_obj_get(root, "error"))) {
        ag_responses_failed(r, root);
    }
}


static void
ag_responses_created(ag_reader_t *r, yyjson_val *event)
{
    yyjson_val  *response;

    response = yyjson_obj_get(event, "response");

    ag_reader_start(r, ag_json_text(yyjson_obj_get(response, "id")),
                    ag_json_text(yyjson_obj_get(response, "model")));
}


/* ---- items ---- */


static void
ag_responses_item_added(ag_reader_t *r, yyjson_val *event)
{
    (void) ag_responses_hear_call(r, ag_responses_hear_item(event),
                                  yyjson_obj_get(event, "item"));
}


static void
ag_responses_item_done(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_hear_whole(r, ag_responses_hear_item(event),
                            yyjson_obj_get(event, "item"));
}


/* ---- words ---- */


static void
ag_responses_text(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_add(r, ag_responses_hear_part(event), AG_BLOCK_TEXT,
                     yyjson_obj_get(event, "delta"), 0);

    ag_responses_hear_logprobs(r, yyjson_obj_get(event, "logprobs"));
}


static void
ag_responses_text_done(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_add(r, ag_responses_hear_part(event), AG_BLOCK_TEXT,
                     yyjson_obj_get(event, "text"), 1);
}


static void
ag_responses_refusal(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_add(r, ag_responses_hear_part(event), AG_BLOCK_REFUSAL,
                     yyjson_obj_get(event, "delta"), 0);
}


static void
ag_responses_refusal_done(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_add(r, ag_responses_hear_part(event), AG_BLOCK_REFUSAL,
                     yyjson_obj_get(event, "refusal"), 1);
}


static void
ag_responses_annotation(ag_reader_t *r, yyjson_val *event)
{
    ag_open_block_t      *block;
    ag_responses_hear_t  *h;

    h = r->state;
    block = ag_reader_find(r, 0, ag_responses_hear_part(event),
                           AG_BLOCK_TEXT);

    if (block != NULL) {
        h->cited = (uint64_t) ag_responses_hear_item(event) + 1;
        ag_responses_hear_cite(r, block, yyjson_obj_get(event, "annotation"));
    }
}


/* ---- thoughts ---- */


/* A summary's parts are paragraphs. */
static void
ag_responses_summary_added(ag_reader_t *r, yyjson_val *event)
{
    ag_open_block_t  *block;

    block = ag_reader_find(r, 0, ag_responses_hear_item(event),
                           AG_BLOCK_REASONING);

    if (block != NULL && block->filled) {
        ag_reader_add(r, block, ag_str("\n\n", 2));
    }
}


static void
ag_responses_thought(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_add(r, ag_responses_hear_item(event), AG_BLOCK_REASONING,
                     yyjson_obj_get(event, "delta"), 0);
}


/* ---- what tools are given ---- */


/* A call that was not announced has no name: its item brings it. */
static void
ag_responses_arguments(ag_reader_t *r, yyjson_val *event)
{
    ag_reader_add(r, ag_reader_find(r, 0, ag_responses_hear_item(event),
                                    AG_BLOCK_TOOL),
                  ag_json_text(yyjson_obj_get(event, "delta")));
}


static void
ag_responses_arguments_done(ag_reader_t *r, yyjson_val *event)
{
    ag_open_block_t  *block;

    block = ag_reader_find(r, 0, ag_responses_hear_item(event),
                           AG_BLOCK_TOOL);

    if (block != NULL && !block->filled) {
        ag_reader_add(r, block,
                      ag_json_text(yyjson_obj_get(event, "arguments")));
    }
}


static void
ag_responses_input(ag_reader_t *r, yyjson_val *event)
{
    ag_reader_add(r, ag_reader_find(r, 0, ag_responses_hear_item(event),
                                    AG_BLOCK_CUSTOM),
                  ag_json_text(yyjson_obj_get(event, "delta")));
}


static void
ag_responses_input_done(ag_reader_t *r, yyjson_val *event)
{
    ag_open_block_t  *block;

    block = ag_reader_find(r, 0, ag_responses_hear_item(event),
                           AG_BLOCK_CUSTOM);

    if (block != NULL && !block->filled) {
        ag_reader_add(r, block,
                      ag_json_text(yyjson_obj_get(event, "input")));
    }
}


/* ---- the end ---- */


static void
ag_responses_ended(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_hear_end(r, yyjson_obj_get(event, "response"));
}


static void
ag_responses_failed(ag_reader_t *r, yyjson_val *event)
{
    ag_responses_hear_response(r, yyjson_obj_get(event, "response"));

    r->delta->failed = 1;
    r->delta->error = ag_error_classify_tree(0, event);
}


/* Adds to the block of that key; what is whole, only if nothing came. */
static void
ag_responses_add(ag_reader_t *r, uint32_t key, ag_block_kind_t type,
    yyjson_val *text, unsigned whole)
{
    ag_open_block_t      *block;
    ag_responses_hear_t  *h;

    static const ag_str_t  none = ag_null_string;

    if (yyjson_get_len(text) == 0) {
        return;
    }

    h = r->state;
    h->output = 1;

    block = ag_reader_open(r, 0, key, type, none, none);

    if (block != NULL && !(whole && block->filled)) {
        ag_reader_add(r, block, ag_json_text(text));
    }
}
