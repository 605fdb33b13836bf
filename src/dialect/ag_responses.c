/*
 * Copyright (C) ngx_agent authors
 *
 * OpenAI's Responses API.  Its events carry their type; only those that begin
 * or end an answer are told apart, all others are content and pass on
 * unread.
 */


#include "dialect/ag_translate.h"
#include "dialect/ag_responses_stored.h"
#include "dialect/ag_rule.h"


static int ag_responses_read_request(ag_request_t *request,
    const ag_json_t *json, ag_error_t *error);
static void ag_responses_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer);
static void ag_responses_read_event(ag_endpoint_t endpoint,
    const ag_sse_event_t *event, ag_delta_t *delta, ag_usage_t *usage);
static void ag_responses_read_root(yyjson_val *root, ag_str_t type,
    ag_delta_t *delta, ag_usage_t *usage);
static unsigned ag_responses_is_frame(yyjson_val *root, ag_str_t type);
static unsigned ag_responses_is_delta(ag_str_t type);
static size_t ag_responses_count(yyjson_val *root);
static size_t ag_responses_count_parts(yyjson_val *parts);
static unsigned ag_responses_is_one_of(ag_str_t type,
    const char *const *names);
static unsigned ag_responses_read_usage(ag_usage_t *usage,
    yyjson_val *value);


/* What stands in a provider's store is of all tenants: see _stored.c. */
#define AG_RESPONSES_STORED(name, instead)                                    \
    { ag_string(name),                                                        \
      ag_string("\"" name "\" is not available through this gateway: "        \
                instead),                                                     \
      ag_null_string, ag_responses_stored_rule, 0, 0, 0, 0 }


static const ag_rule_t  ag_responses_rules[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("input", "type", "a string, an array or null"),
      ag_rule_text, 0, 0, 0, 0 },

    { AG_RULE("stream", "type", "a boolean or null"),
      ag_rule_stream, 0, 0, 0, 0 },

    { AG_RULE("max_output_tokens", "value",
              "an integer from 1 to 2147483647, or null"),
      ag_rule_tokens, 0, 0, 1, AG_OUTPUT_TOKENS_MAX },

    AG_RESPONSES_STORED("previous_response_id",
                        "send the whole conversation as \"input\"."),
    AG_RESPONSES_STORED("conversation",
                        "send the whole conversation as \"input\"."),
    AG_RESPONSES_STORED("prompt",
                        "send its text as \"instructions\" and \"input\"."),
    AG_RESPONSES_STORED("background",
                        "answers are not stored here to be fetched later.")
};


static const ag_usage_names_t  ag_responses_usage = {
    "input_tokens",
    "input_tokens_details",
    "output_tokens",
    "output_tokens_details"
};


/* Sent before the model has said anything. */
static const char *const  ag_responses_starts[] = {
    "response.created",
    "response.queued",
    "response.in_progress",
    NULL
};


static const char *const  ag_responses_ends[] = {
    "response.completed",
    "response.incomplete",
    NULL
};


static const char *const  ag_responses_failures[] = {
    "response.failed",
    "error",
    NULL
};


const ag_dialect_t  ag_responses = {
    "responses",
    AG_SURFACE_OPENAI,
    "authorization",
    "openai-",
    "x-request-id",
    ag_string(": keep-alive\n\n"),
    0,
    ag_responses_read_request,
    ag_responses_read_answer,
    ag_responses_read_event,
    &ag_responses_translator,
    ag_sse_next
};


static int
ag_responses_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error)
{
    int  rc;

    rc = ag_rules_read(request, json, ag_responses_rules,
                       sizeof(ag_responses_rules) / sizeof(ag_rule_t), error);

    return (rc == AG_OK) ? ag_responses_stored(json, error) : rc;
}


static void
ag_responses_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer)
{
    ag_json_t                json;
    const ag_json_member_t  *output, *status;

    (void) endpoint;

    if (ag_answer_scan(answer, &json, body) != AG_OK) {
        return;
    }

    ag_answer_read_usage(answer, &json, ag_responses_read_usage);

    /* an answer that was cut short while thinking has an empty output */

    output = ag_json_find(&json, "output");
    status = ag_json_find(&json, "status");

    if (output == NULL || output->type != AG_JSON_ARRAY
        || (status != NULL && ag_str_is(status->value, "\"failed\"")))
    {
        answer->error = ag_error_classify(0, body);

    } else {
        ag_answer_read_said(answer, body, ag_responses_count);
    }
}


static void
ag_responses_read_event(ag_endpoint_t endpoint, const ag_sse_event_t *event,
    ag_delta_t *delta, ag_usage_t *usage)
{
    (void) endpoint;

    ag_event_read_typed(event, delta, usage, ag_responses_read_root);
}


static void
ag_responses_read_root(yyjson_val *root, ag_str_t type, ag_delta_t *delta,
    ag_usage_t *usage)
{
    yyjson_val  *response;

    response = yyjson_obj_get(root, "response");

    (void) ag_responses_read_usage(usage, yyjson_obj_get(response, "usage"));

    if (ag_responses_is_one_of(type, ag_responses_failures)
        || (type.len == 0 && yyjson_is_obj(yyjson_obj_get(root, "error"))))
    {
        delta->failed = 1;
        delta->error = ag_error_classify_tree(0, root);

    } else if (ag_responses_is_one_of(type, ag_responses_ends)) {
        delta->finish = 1;
        delta->done = 1;

    } else if (!ag_responses_is_one_of(type, ag_responses_starts)) {
        delta->content = !ag_responses_is_frame(root, type);

        if (ag_responses_is_delta(type)) {
            delta->said = ag_json_text(yyjson_obj_get(root, "delta")).len;
        }
    }
}


/* The begin of a message, of a thought, or of a part that is still empty. */
static unsigned
ag_responses_is_frame(yyjson_val *root, ag_str_t type)
{
    ag_str_t     kind;
    yyjson_val  *item, *part;

    if (ag_str_is(type, "response.output_item.added")) {
        item = yyjson_obj_get(root, "item");
        kind = ag_json_text(yyjson_obj_get(item, "type"));

        return (ag_str_is(kind, "message") || ag_str_is(kind, "reasoning"))
               && yyjson_get_len(yyjson_obj_get(item, "content")) == 0
               && yyjson_get_len(yyjson_obj_get(item, "summary")) == 0;
    }

    if (ag_str_is(type, "response.content_part.added")
        || ag_str_is(type, "response.reasoning_summary_part.added"))
    {
        part = yyjson_obj_get(yyjson_obj_get(root, "part"), "text");

        return yyjson_is_str(part) && yyjson_get_len(part) == 0;
    }

    return 0;
}


/* All that a model says, it says in events of this name. */
static unsigned
ag_responses_is_delta(ag_str_t type)
{
    return type.len > 6 && memcmp(type.data + type.len - 6, ".delta", 6) == 0;
}


/* Of a whole answer: messages, thoughts, and what tools are given. */
static size_t
ag_responses_count(yyjson_val *root)
{
    size_t       i, count, said;
    yyjson_val  *item;

    said = 0;

    yyjson_arr_foreach(yyjson_obj_get(root, "output"), i, count, item) {
        said += ag_responses_count_parts(yyjson_obj_get(item, "content"))
                + ag_responses_count_parts(yyjson_obj_get(item, "summary"))
                + ag_json_text(yyjson_obj_get(item, "arguments")).len
                + ag_json_text(yyjson_obj_get(item, "input")).len
                + ag_json_text(yyjson_obj_get(item, "code")).len;
    }

    return said;
}


static size_t
ag_responses_count_parts(yyjson_val *parts)
{
    size_t       i, count, said;
    yyjson_val  *part;

    said = 0;

    yyjson_arr_foreach(parts, i, count, part) {
        said += ag_json_text(yyjson_obj_get(part, "text")).len
                + ag_json_text(yyjson_obj_get(part, "refusal")).len;
    }

    return said;
}


static unsigned
ag_responses_is_one_of(ag_str_t type, const char *const *names)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (ag_str_is(type, *names)) {
            return 1;
        }
    }

    return 0;
}


static unsigned
ag_responses_read_usage(ag_usage_t *usage, yyjson_val *value)
{
    return ag_usage_read(usage, value, &ag_responses_usage);
}
