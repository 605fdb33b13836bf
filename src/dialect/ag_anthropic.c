/*
 * Copyright (C) ngx_agent authors
 *
 * Anthropic's Messages API and its token counting.  Blocks of content pass on
 * unread, whatever their type; messages that the API itself would refuse
 * (roles out of order, empty texts) are its own to refuse, in the words that
 * its clients know.
 */


#include "dialect/ag_translate.h"
#include "dialect/ag_rule.h"


static int ag_anthropic_read_request(ag_request_t *request,
    const ag_json_t *json, ag_error_t *error);
static void ag_anthropic_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer);
static unsigned ag_anthropic_is_answer(ag_endpoint_t endpoint,
    const ag_json_t *json);
static void ag_anthropic_read_event(ag_endpoint_t endpoint,
    const ag_sse_event_t *event, ag_delta_t *delta, ag_usage_t *usage);
static void ag_anthropic_read_root(yyjson_val *root, ag_str_t type,
    ag_delta_t *delta, ag_usage_t *usage);
static unsigned ag_anthropic_is_frame(yyjson_val *root, ag_str_t type);
static size_t ag_anthropic_said(yyjson_val *root, ag_str_t type);
static size_t ag_anthropic_count(yyjson_val *message);
static size_t ag_anthropic_count_block(yyjson_val *block);
static size_t ag_anthropic_count_json(yyjson_val *value);
static unsigned ag_anthropic_read_usage(ag_usage_t *usage,
    yyjson_val *value);
static void ag_anthropic_set(uint64_t *tokens, yyjson_val *value);


static const ag_rule_t  ag_anthropic_messages[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("messages", "value", "a non-empty array"),
      ag_rule_list, 1, 0, 0, 0 },

    { AG_RULE("max_tokens", "value", "an integer from 1 to 2147483647"),
      ag_rule_tokens, 1, 0, 1, AG_OUTPUT_TOKENS_MAX },

    { AG_RULE("stream", "type", "a boolean or null"),
      ag_rule_stream, 0, 0, 0, 0 }
};


static const ag_rule_t  ag_anthropic_count_tokens[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("messages", "value", "a non-empty array"),
      ag_rule_list, 1, 0, 0, 0 }
};


/* The SDKs drop an event without data: the silence is kept by a real one. */
const ag_dialect_t  ag_anthropic = {
    "anthropic",
    AG_SURFACE_ANTHROPIC,
    "x-api-key",
    "anthropic-",
    "request-id",
    ag_string("event: ping\ndata: {\"type\":\"ping\"}\n\n"),
    0,
    ag_anthropic_read_request,
    ag_anthropic_read_answer,
    ag_anthropic_read_event,
    &ag_anthropic_translator,
    ag_sse_next
};


static int
ag_anthropic_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error)
{
    if (request->endpoint == AG_ENDPOINT_COUNT_TOKENS) {
        return ag_rules_read(request, json, ag_anthropic_count_tokens,
                             sizeof(ag_anthropic_count_tokens)
                             / sizeof(ag_rule_t),
                             error);
    }

    return ag_rules_read(request, json, ag_anthropic_messages,
                         sizeof(ag_anthropic_messages) / sizeof(ag_rule_t),
                         error);
}


static void
ag_anthropic_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer)
{
    ag_json_t  json;

    if (ag_answer_scan(answer, &json, body) != AG_OK) {
        return;
    }

    ag_answer_read_usage(answer, &json, ag_anthropic_read_usage);

    if (!ag_anthropic_is_answer(endpoint, &json)) {
        answer->error = ag_error_classify(0, body);

    } else if (endpoint == AG_ENDPOINT_MESSAGES) {
        ag_answer_read_said(answer, body, ag_anthropic_count);
    }
}


/*
 * A message may be without content: a refusal is.  Counting costs nothing, so
 * its number is no usage.
 */
static unsigned
ag_anthropic_is_answer(ag_endpoint_t endpoint, const ag_json_t *json)
{
    const ag_json_member_t  *type, *content, *tokens;

    if (endpoint == AG_ENDPOINT_COUNT_TOKENS) {
        tokens = ag_json_find(json, "input_tokens");

        return tokens != NULL && tokens->type == AG_JSON_NUMBER;
    }

    type = ag_json_find(json, "type");
    content = ag_json_find(json, "content");

    return type != NULL && ag_str_is(type->value, "\"message\"")
           && content != NULL && content->type == AG_JSON_ARRAY;
}


static void
ag_anthropic_read_event(ag_endpoint_t endpoint, const ag_sse_event_t *event,
    ag_delta_t *delta, ag_usage_t *usage)
{
    (void) endpoint;

    ag_event_read_typed(event, delta, usage, ag_anthropic_read_root);
}


static void
ag_anthropic_read_root(yyjson_val *root, ag_str_t type, ag_delta_t *delta,
    ag_usage_t *usage)
{
    yyjson_val  *message, *reason;

    if (ag_str_is(type, "message_start")) {
        message = yyjson_obj_get(root, "message");
        (void) ag_anthropic_read_usage(usage,
                                       yyjson_obj_get(message, "usage"));

        /* a server that runs tools may start with all it has to say */
        reason = yyjson_obj_get(message, "stop_reason");
        delta->content = (yyjson_get_len(yyjson_obj_get(message, "content"))
                          > 0);
        delta->said = ag_anthropic_count(message);
        delta->finish = (ag_json_text(reason).len > 0);

    } else if (ag_str_is(type, "message_delta")) {
        (void) ag_anthropic_read_usage(usage, yyjson_obj_get(root, "usage"));
        reason = yyjson_obj_get(yyjson_obj_get(root, "delta"), "stop_reason");
        delta->finish = (ag_json_text(reason).len > 0);

    } else if (ag_str_is(type, "message_stop")) {
        delta->done = 1;

    } else if (ag_str_is(type, "error")
               || (type.len == 0
                   && yyjson_is_obj(yyjson_obj_get(root, "error"))))
    {
        delta->failed = 1;
        delta->error = ag_error_classify_tree(0, root);

    } else if (!ag_str_is(type, "ping")) {
        delta->content = !ag_anthropic_is_frame(root, type);
        delta->said = ag_anthropic_said(root, type);
    }
}


/*
 * The begin of a block that has not said anything, and the end of a block:
 * what it said came between them.
 */
static unsigned
ag_anthropic_is_frame(yyjson_val *root, ag_str_t type)
{
    ag_str_t     kind;
    yyjson_val  *block, *text;

    if (ag_str_is(type, "content_block_stop")) {
        return 1;
    }

    if (!ag_str_is(type, "content_block_start")) {
        return 0;
    }

    block = yyjson_obj_get(root, "content_block");
    kind = ag_json_text(yyjson_obj_get(block, "type"));

    if (ag_str_is(kind, "text")) {
        text = yyjson_obj_get(block, "text");

    } else if (ag_str_is(kind, "thinking")) {
        text = yyjson_obj_get(block, "thinking");

    } else {
        return 0;       /* a tool's name says something */
    }

    return ag_json_text(text).len == 0;
}


/* Signatures and sources are nobody's words. */
static size_t
ag_anthropic_said(yyjson_val *root, ag_str_t type)
{
    yyjson_val  *delta;

    if (ag_str_is(type, "content_block_delta")) {
        delta = yyjson_obj_get(root, "delta");

        return ag_json_text(yyjson_obj_get(delta, "text")).len
               + ag_json_text(yyjson_obj_get(delta, "thinking")).len
               + ag_json_text(yyjson_obj_get(delta, "partial_json")).len;
    }

    return ag_str_is(type, "content_block_start")
           ? ag_anthropic_count_block(yyjson_obj_get(root, "content_block"))
           : 0;
}


static size_t
ag_anthropic_count(yyjson_val *message)
{
    size_t       i, count, said;
    yyjson_val  *block;

    said = 0;

    yyjson_arr_foreach(yyjson_obj_get(message, "content"), i, count, block) {
        said += ag_anthropic_count_block(block);
    }

    return said;
}


static size_t
ag_anthropic_count_block(yyjson_val *block)
{
    return ag_json_text(yyjson_obj_get(block, "text")).len
           + ag_json_text(yyjson_obj_get(block, "thinking")).len
           + ag_anthropic_count_json(yyjson_obj_get(block, "input"));
}


/*
 * A call's input was JSON when the model said it.  The values of a tree lie in
 * a row, keys too: each takes its quotes and what parts it from the next.
 */
static size_t
ag_anthropic_count_json(yyjson_val *value)
{
    size_t       said;
    yyjson_val  *end;

    if (!yyjson_is_ctn(value) || yyjson_get_len(value) == 0) {
        return 0;
    }

    said = 2;
    end = unsafe_yyjson_get_next(value);

    for (value++; value < end; value++) {
        said += yyjson_is_str(value) ? yyjson_get_len(value) + 3 : 4;
    }

    return said;
}


/*
 * Each number is cumulative and may be restated or left out.  Input excludes
 * what was read from or written to a cache; ours includes it.
 */
static unsigned
ag_anthropic_read_usage(ag_usage_t *usage, yyjson_val *value)
{
    uint64_t     plain;
    yyjson_val  *details;

    if (!ag_usage_is_number(yyjson_obj_get(value, "input_tokens"))
        && !ag_usage_is_number(yyjson_obj_get(value, "output_tokens")))
    {
        return 0;
    }

    plain = usage->input_tokens - usage->cached_tokens
            - usage->written_tokens;

    ag_anthropic_set(&plain, yyjson_obj_get(value, "input_tokens"));
    ag_anthropic_set(&usage->cached_tokens,
                     yyjson_obj_get(value, "cache_read_input_tokens"));
    ag_anthropic_set(&usage->written_tokens,
                     yyjson_obj_get(value, "cache_creation_input_tokens"));
    ag_anthropic_set(&usage->output_tokens,
                     yyjson_obj_get(value, "output_tokens"));

    details = yyjson_obj_get(value, "output_tokens_details");
    ag_anthropic_set(&usage->reasoning_tokens,
                     yyjson_obj_get(details, "thinking_tokens"));

    usage->known = 1;
    usage->input_tokens = plain + usage->cached_tokens
                          + usage->written_tokens;

    ag_usage_clamp(usage);

    return 1;
}


static void
ag_anthropic_set(uint64_t *tokens, yyjson_val *value)
{
    if (ag_usage_is_number(value)) {
        *tokens = ag_json_count(value, AG_TOKENS_MAX);
    }
}
