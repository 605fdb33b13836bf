/*
 * Copyright (C) ngx_agent authors
 *
 * An answer of Anthropic's Messages API: its frame, why it ended, and what it
 * cost.  A stream ends with message_stop and with nothing else; events of
 * unknown types are passed over, as their specification asks.
 *
 * Source: Anthropic's API reference, "Messages" and "Streaming messages".
 */


#include "dialect/ag_anthropic_hear_parts.h"


static ag_anthropic_hear_t *ag_anthropic_hear_state(ag_reader_t *r);
static void ag_anthropic_hear_root(ag_reader_t *r, yyjson_val *root,
    ag_str_t type);
static void ag_anthropic_hear_start(ag_reader_t *r, yyjson_val *message);
static unsigned ag_anthropic_hear_is_other(const ag_reader_t *r,
    ag_str_t id);
static void ag_anthropic_hear_content(ag_reader_t *r, yyjson_val *content);
static void ag_anthropic_hear_stop(ag_reader_t *r, yyjson_val *from);
static void ag_anthropic_hear_refusal(ag_reader_t *r, yyjson_val *details);
static void ag_anthropic_hear_end(ag_reader_t *r);
static void ag_anthropic_hear_fail(ag_reader_t *r, ag_error_class_t error);
static void ag_anthropic_hear_usage(ag_reader_t *r, yyjson_val *value);
static void ag_anthropic_hear_tokens(uint64_t *tokens, yyjson_val *value,
    const char *name);


static const struct {
    const char   *reason;
    ag_finish_t   finish;
} ag_anthropic_reasons[] = {
    { "end_turn", AG_FINISH_STOP },
    { "tool_use", AG_FINISH_TOOL_CALLS },
    { "stop_sequence", AG_FINISH_STOP },
    { "pause_turn", AG_FINISH_STOP },
    { "max_tokens", AG_FINISH_LENGTH },
    { "model_context_window_exceeded", AG_FINISH_LENGTH },
    { "compaction", AG_FINISH_LENGTH },
    { "refusal", AG_FINISH_CONTENT_FILTER }
};

#define AG_ANTHROPIC_REASONS                                                  \
    (sizeof(ag_anthropic_reasons) / sizeof(ag_anthropic_reasons[0]))


void
ag_anthropic_hear_event(ag_reader_t *r, const ag_sse_event_t *event)
{
    ag_str_t     type;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *root;

    if (r->ended || ag_anthropic_hear_state(r) == NULL) {
        return;
    }

    /* no event of this dialect: some servers end with it, some hide behind
     * it that they never came to an end */

    if (ag_str_is(event->data, "[DONE]")) {

        if (r->choices[0].finish != AG_FINISH_NONE) {
            ag_anthropic_hear_end(r);

        } else {
            ag_anthropic_hear_fail(r, AG_E_BAD_RESPONSE);
        }

        return;
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));
    root = yyjson_doc_get_root(doc);
    type = ag_json_text(yyjson_obj_get(root, "type"));

    if (type.len == 0) {
        type = event->type;
    }

    if (yyjson_is_obj(root)) {
        ag_anthropic_hear_root(r, root, type);

    } else if (ag_str_is(type, "error")) {
        ag_anthropic_hear_fail(r, AG_E_BAD_RESPONSE);

    } else {
        r->delta->malformed = 1;
    }

    yyjson_doc_free(doc);
}


void
ag_anthropic_hear_answer(ag_reader_t *r, yyjson_val *root)
{
    ag_str_t     type;
    yyjson_val  *content;

    type = ag_json_text(yyjson_obj_get(root, "type"));
    content = yyjson_obj_get(root, "content");

    if (!ag_str_is(type, "message") || !yyjson_is_arr(content)) {
        ag_anthropic_hear_fail(r, ag_error_classify_tree(0, root));
        return;
    }

    if (ag_anthropic_hear_state(r) != NULL) {
        ag_anthropic_hear_start(r, root);
        ag_anthropic_hear_end(r);
    }
}


static ag_anthropic_hear_t *
ag_anthropic_hear_state(ag_reader_t *r)
{
    if (r->state == NULL) {
        r->state = ag_arena_alloc(r->arena, sizeof(ag_anthropic_hear_t));

        if (r->state == NULL) {
            r->rc = AG_NOMEM;
        }
    }

    return r->state;
}


/* The most frequent first. */
static void
ag_anthropic_hear_root(ag_reader_t *r, yyjson_val *root, ag_str_t type)
{
    uint32_t  index;

    index = (uint32_t) ag_json_count(yyjson_obj_get(root, "index"),
                                     UINT32_MAX);

    if (ag_str_is(type, "content_block_delta")) {
        ag_anthropic_hear_delta(r, index, yyjson_obj_get(root, "delta"));

    } else if (ag_str_is(type, "content_block_start")) {
        ag_anthropic_hear_begin(r, index,
                                yyjson_obj_get(root, "content_block"));

    } else if (ag_str_is(type, "content_block_stop")) {
        ag_anthropic_hear_close(r, index);

    } else if (ag_str_is(type, "message_start")) {
        ag_anthropic_hear_start(r, yyjson_obj_get(root, "message"));

    } else if (ag_str_is(type, "message_delta")) {
        ag_anthropic_hear_usage(r, yyjson_obj_get(root, "usage"));
        ag_anthropic_hear_stop(r, yyjson_obj_get(root, "delta"));

    } else if (ag_str_is(type, "message_stop")) {
        ag_anthropic_hear_end(r);

    } else if (ag_str_is(type, "error")
               || (type.len == 0
                   && yyjson_obj_get(root, "error") != NULL))
    {
        ag_anthropic_hear_fail(r, ag_error_classify_tree(0, root));
    }
}


/*
 * Some proxies say the same start twice.  Others, that lost their connection,
 * go on with another message: what was sent cannot be taken back, and both
 * together are none.
 */
static void
ag_anthropic_hear_start(ag_reader_t *r, yyjson_val *message)
{
    ag_str_t              id;
    ag_anthropic_hear_t  *h;

    h = r->state;
    id = ag_json_text(yyjson_obj_get(message, "id"));
    id.len = (id.len < AG_ANSWER_ID_MAX) ? id.len : AG_ANSWER_ID_MAX;

    if (h->started) {

        if (ag_anthropic_hear_is_other(r, id)) {
            ag_anthropic_hear_fail(r, AG_E_BAD_RESPONSE);
        }

        return;
    }

    h->started = 1;
    h->id = ag_arena_copy(r->arena, id);

    if (h->id.data == NULL) {
        r->rc = AG_NOMEM;
        return;
    }

    ag_reader_start(r, id, ag_json_text(yyjson_obj_get(message, "model")));

    ag_anthropic_hear_usage(r, yyjson_obj_get(message, "usage"));

    /* a server that runs tools may start with all it has to say */

    ag_anthropic_hear_content(r, yyjson_obj_get(message, "content"));
    ag_anthropic_hear_stop(r, message);
}


/* Another message, and something of this one was said? */
static unsigned
ag_anthropic_hear_is_other(const ag_reader_t *r, ag_str_t id)
{
    const ag_anthropic_hear_t  *h;

    h = r->state;

    return (r->choices[0].blocks > 0 || (h->held != NULL && h->held->len > 0))
           && !ag_str_equal(h->id, id);
}


static void
ag_anthropic_hear_content(ag_reader_t *r, yyjson_val *content)
{
    size_t       i, count;
    yyjson_val  *block;

    yyjson_arr_foreach(content, i, count, block) {
        ag_anthropic_hear_begin(r, (uint32_t) i, block);
        ag_anthropic_hear_close(r, (uint32_t) i);
    }
}


/* A reason that is unknown here is at least an end, and one behind calls
 * waits for their results. */
static void
ag_anthropic_hear_stop(ag_reader_t *r, yyjson_val *from)
{
    size_t       i;
    ag_str_t     reason;
    ag_finish_t  finish;

    reason = ag_json_text(yyjson_obj_get(from, "stop_reason"));

    if (reason.len == 0) {
        return;
    }

    finish = AG_FINISH_TOOL_CALLS;

    for (i = 0; i < AG_ANTHROPIC_REASONS; i++) {
        if (ag_str_is(reason, ag_anthropic_reasons[i].reason)) {
            finish = ag_anthropic_reasons[i].finish;
        }
    }

    /* the tool was the server's own, or the form of the answer */

    if (finish == AG_FINISH_TOOL_CALLS && r->choices[0].tools == 0) {
        finish = AG_FINISH_STOP;
    }

    if (finish == AG_FINISH_CONTENT_FILTER) {
        ag_anthropic_hear_refusal(r, yyjson_obj_get(from, "stop_details"));
    }

    ag_reader_finish(r, 0, finish);
}


/* Its words are the provider's, not the model's: a block of its own. */
static void
ag_anthropic_hear_refusal(ag_reader_t *r, yyjson_val *details)
{
    ag_str_t          none, words;
    ag_open_block_t  *block;

    none = ag_str(NULL, 0);
    words = ag_json_text(yyjson_obj_get(details, "explanation"));

    if (words.len > 0 && r->choices[0].finish != AG_FINISH_CONTENT_FILTER) {
        ag_anthropic_hear_release(r);

        block = ag_reader_open(r, 0, 0, AG_BLOCK_REFUSAL, none, none);
        ag_reader_add(r, block, words);
        ag_reader_close(r, block);
    }
}


/* An end of nothing, for no reason, is how a server fails that hides it. */
static void
ag_anthropic_hear_end(ag_reader_t *r)
{
    ag_anthropic_hear_release(r);

    if (r->choices[0].blocks == 0
        && r->choices[0].finish == AG_FINISH_NONE)
    {
        ag_anthropic_hear_fail(r, AG_E_BAD_RESPONSE);
        return;
    }

    if (r->choices[0].finish == AG_FINISH_NONE && r->choices[0].tools > 0) {
        ag_reader_finish(r, 0, AG_FINISH_TOOL_CALLS);
    }

    ag_reader_end(r);
}


static void
ag_anthropic_hear_fail(ag_reader_t *r, ag_error_class_t error)
{
    r->delta->failed = 1;
    r->delta->error = error;
}


/*
 * Each number is cumulative, may be said again, and overwrites what it was
 * before.  Anthropic's input is without what a cache gave or took, ours is
 * all of it.
 */
static void
ag_anthropic_hear_usage(ag_reader_t *r, yyjson_val *value)
{
    uint64_t     plain;
    ag_usage_t  *usage;
    yyjson_val  *tier;

    tier = yyjson_obj_get(value, "service_tier");

    if (yyjson_get_len(tier) > 0) {
        r->tier = ag_tier_find(ag_json_text(tier));
    }

    if (!ag_usage_is_number(yyjson_obj_get(value, "input_tokens"))
        && !ag_usage_is_number(yyjson_obj_get(value, "output_tokens")))
    {
        return;
    }

    usage = r->usage;
    plain = usage->input_tokens - usage->cached_tokens
            - usage->written_tokens;

    ag_anthropic_hear_tokens(&plain, value, "input_tokens");
    ag_anthropic_hear_tokens(&usage->cached_tokens, value,
                             "cache_read_input_tokens");
    ag_anthropic_hear_tokens(&usage->written_tokens, value,
                             "cache_creation_input_tokens");
    ag_anthropic_hear_tokens(&usage->output_tokens, value, "output_tokens");
    ag_anthropic_hear_tokens(&usage->reasoning_tokens,
                             yyjson_obj_get(value, "output_tokens_details"),
                             "thinking_tokens");

    usage->input_tokens = plain + usage->cached_tokens
                          + usage->written_tokens;
    usage->known = 1;

    ag_usage_clamp(usage);
}


static void
ag_anthropic_hear_tokens(uint64_t *tokens, yyjson_val *value,
    const char *name)
{
    value = yyjson_obj_get(value, name);

    if (ag_usage_is_number(value)) {
        *tokens = ag_json_count(value, AG_TOKENS_MAX);
    }
}
