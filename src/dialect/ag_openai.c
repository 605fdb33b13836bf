/*
 * Copyright (C) ngx_agent authors
 *
 * OpenAI's chat completions, completions and embeddings, and what the many
 * compatible servers make of them.  Reads just enough to know whether an
 * answer is one, when its content begins and ends, and what it cost; texts,
 * tools and whatever is new pass on unread.
 */


#include "dialect/ag_openai_hear_parts.h"
#include "dialect/ag_openai_said.h"
#include "dialect/ag_rule.h"
#include "dialect/ag_validate_parts.h"


static int ag_openai_read_request(ag_request_t *request,
    const ag_json_t *json, ag_error_t *error);
static void ag_openai_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer);
static unsigned ag_openai_is_filled(const ag_json_member_t *list);
static unsigned ag_openai_is_drifted(ag_str_t list);
static ag_str_t ag_openai_inside(ag_str_t object, const char *name);
static void ag_openai_read_event(ag_endpoint_t endpoint,
    const ag_sse_event_t *event, ag_delta_t *delta, ag_usage_t *usage);
static void ag_openai_read_chunk(yyjson_val *root, ag_delta_t *delta,
    ag_usage_t *usage);
static unsigned ag_openai_is_error(yyjson_val *root);
static void ag_openai_read_choices(yyjson_val *choices, ag_delta_t *delta);
static unsigned ag_openai_read_usage(ag_usage_t *usage, yyjson_val *value);


static const ag_rule_t  ag_openai_chat[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("messages", "value", "a non-empty array"),
      ag_rule_list, 1, 0, 0, 0 },

    { AG_RULE("stream", "type", "a boolean or null"),
      ag_rule_stream, 0, 0, 0, 0 },

    { AG_RULE("stream_options", "value", "an object or null"),
      ag_rule_stream_options, 0, 1, 0, 0 },

    { AG_RULE("max_tokens", "value",
              "an integer from 1 to 2147483647, or null"),
      ag_rule_tokens, 0, 0, 1, AG_OUTPUT_TOKENS_MAX },

    { AG_RULE("max_completion_tokens", "value",
              "an integer from 1 to 2147483647, or null"),
      ag_rule_tokens, 0, 0, 1, AG_OUTPUT_TOKENS_MAX },

    { AG_RULE("n", "value", "an integer from 1 to 128, or null"),
      ag_rule_choices, 0, 0, 1, AG_CHOICES_MAX }
};


/* No output at all is asked for, with "echo", to see log probabilities. */
static const ag_rule_t  ag_openai_completions[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("prompt", "type", "a string, an array or null"),
      ag_rule_text, 0, 0, 0, 0 },

    { AG_RULE("stream", "type", "a boolean or null"),
      ag_rule_stream, 0, 0, 0, 0 },

    { AG_RULE("stream_options", "value", "an object or null"),
      ag_rule_stream_options, 0, 1, 0, 0 },

    { AG_RULE("max_tokens", "value",
              "an integer from 0 to 2147483647, or null"),
      ag_rule_tokens, 0, 0, 0, AG_OUTPUT_TOKENS_MAX },

    { AG_RULE("n", "value", "an integer from 1 to 128, or null"),
      ag_rule_choices, 0, 0, 1, AG_CHOICES_MAX },

    { AG_RULE("best_of", "value", "an integer from 1 to 128, or null"),
      ag_rule_choices, 0, 0, 1, AG_CHOICES_MAX }
};


static const ag_rule_t  ag_openai_embeddings[] = {
    { AG_RULE("model", "type", "a string"),
      ag_rule_model, 1, 0, 0, 0 },

    { AG_RULE("input", "value", "a string or a non-empty array"),
      ag_rule_input, 1, 0, 0, 0 }
};


const ag_usage_names_t  ag_openai_usage = {
    "prompt_tokens",
    "prompt_tokens_details",
    "completion_tokens",
    "completion_tokens_details"
};


const ag_dialect_t  ag_openai = {
    "openai",
    AG_SURFACE_OPENAI,
    "authorization",
    "openai-",
    "x-request-id",
    ag_string(": keep-alive\n\n"),
    1,
    ag_openai_read_request,
    ag_openai_read_answer,
    ag_openai_read_event,
    &ag_openai_translator,
    ag_sse_next
};


static int
ag_openai_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error)
{
    switch (request->endpoint) {

    case AG_ENDPOINT_CHAT:
        return ag_rules_read(request, json, ag_openai_chat,
                             sizeof(ag_openai_chat) / sizeof(ag_rule_t),
                             error);

    case AG_ENDPOINT_COMPLETIONS:
        return ag_rules_read(request, json, ag_openai_completions,
                             sizeof(ag_openai_completions)
                             / sizeof(ag_rule_t),
                             error);

    case AG_ENDPOINT_EMBEDDINGS:
        return ag_rules_read(request, json, ag_openai_embeddings,
                             sizeof(ag_openai_embeddings)
                             / sizeof(ag_rule_t),
                             error);

    default:
        /* the lists of models have no body */
        error->class = AG_E_UNKNOWN_ROUTE;
        return AG_INVALID;
    }
}


static void
ag_openai_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer)
{
    ag_json_t                json;
    const ag_json_member_t  *list;

    if (ag_answer_scan(answer, &json, body) != AG_OK) {
        return;
    }

    ag_answer_read_usage(answer, &json, ag_openai_read_usage);

    list = ag_json_find(&json, (endpoint == AG_ENDPOINT_EMBEDDINGS)
                               ? "data" : "choices");

    if (list == NULL || !ag_openai_is_filled(list)) {
        answer->error = ag_error_classify(0, body);

    } else if (endpoint == AG_ENDPOINT_CHAT
               && ag_openai_is_drifted(list->value))
    {
        answer->error = AG_E_BAD_RESPONSE;

    } else if (endpoint != AG_ENDPOINT_EMBEDDINGS) {
        ag_answer_read_said(answer, body, ag_openai_said_answer);
    }
}


/*
 * A first message whose content is a number or a boolean: no client reads it.
 * Looked for from the front, so that little of an answer is read twice.
 */
static unsigned
ag_openai_is_drifted(ag_str_t list)
{
    ag_str_t            key, choice, content;
    ag_validate_walk_t  walk;

    ag_validate_json_walk(&walk, list);

    if (!ag_validate_json_next(&walk, &key, &choice)) {
        return 0;
    }

    content = ag_openai_inside(ag_openai_inside(choice, "message"), "content");

    return content.len != 0 && strchr("\"n[{", content.data[0]) == NULL;
}


/* The first member of that name; empty: there is none. */
static ag_str_t
ag_openai_inside(ag_str_t object, const char *name)
{
    ag_str_t            key, value;
    ag_validate_walk_t  walk;

    ag_validate_json_walk(&walk, object);

    while (ag_validate_json_next(&walk, &key, &value)) {
        if (ag_validate_json_is(key, name)) {
            return value;
        }
    }

    return ag_str(NULL, 0);
}


/* An array whose first element is an object. */
static unsigned
ag_openai_is_filled(const ag_json_member_t *list)
{
    size_t  i;

    if (list->type != AG_JSON_ARRAY) {
        return 0;
    }

    for (i = 1; strchr(" \t\r\n", list->value.data[i]) != NULL; i++) {
        /* void */
    }

    return list->value.data[i] == '{';
}


static void
ag_openai_read_event(ag_endpoint_t endpoint, const ag_sse_event_t *event,
    ag_delta_t *delta, ag_usage_t *usage)
{
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;

    (void) endpoint;

    memset(delta, 0, sizeof(ag_delta_t));

    if (event->data.len == 0) {
        return;
    }

    if (event->data.len >= 6 && memcmp(event->data.data, "[DONE]", 6) == 0) {
        delta->done = 1;
        return;
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));

    if (doc != NULL) {
        ag_openai_read_chunk(yyjson_doc_get_root(doc), delta, usage);
        yyjson_doc_free(doc);

    } else {
        delta->malformed = 1;
    }

    /* what it says of itself counts, whatever its data are */

    if (ag_str_is(event->type, "error") && !delta->failed) {
        memset(delta, 0, sizeof(ag_delta_t));
        delta->failed = 1;
        delta->error = ag_error_classify(0, event->data);
    }
}


static void
ag_openai_read_chunk(yyjson_val *root, ag_delta_t *delta, ag_usage_t *usage)
{
    unsigned     known;
    yyjson_val  *choices;

    if (ag_openai_is_error(root)) {
        delta->failed = 1;
        delta->error = ag_error_classify_tree(0, root);
        return;
    }

    if (!yyjson_is_obj(root)) {
        delta->malformed = 1;
        return;
    }

    known = ag_openai_read_usage(usage, yyjson_obj_get(root, "usage"));
    choices = yyjson_obj_get(root, "choices");

    if (choices == NULL) {
        delta->usage_only = known & 1;
        delta->content = !known;
        return;
    }

    if (yyjson_is_null(choices)
        || (yyjson_is_arr(choices) && yyjson_arr_size(choices) == 0))
    {
        delta->usage_only = known & 1;
        return;
    }

    if (!yyjson_is_arr(choices)) {
        delta->malformed = 1;
        return;
    }

    ag_openai_read_choices(choices, delta);
}


/* {"error":...}, vLLM's {"object":"error",...}, Gemini's [{"error":...}]. */
static unsigned
ag_openai_is_error(yyjson_val *root)
{
    yyjson_val  *error;

    if (yyjson_is_arr(root)) {
        root = yyjson_arr_get_first(root);
    }

    error = yyjson_obj_get(root, "error");

    return yyjson_is_obj(error) || ag_json_text(error).len > 0
           || yyjson_equals_str(yyjson_obj_get(root, "object"), "error");
}


static void
ag_openai_read_choices(yyjson_val *choices, ag_delta_t *delta)
{
    size_t       i, len, count;
    yyjson_val  *choice, *value;

    yyjson_arr_foreach(choices, i, count, choice) {

        value = yyjson_obj_get(yyjson_obj_get(choice, "delta"), "content");

        if (yyjson_is_num(value) || yyjson_is_bool(value)) {
            delta->failed = 1;
            delta->error = AG_E_BAD_RESPONSE;
            return;
        }

        if (ag_json_text(yyjson_obj_get(choice, "finish_reason")).len > 0) {
            delta->finish = 1;
        }

        len = ag_json_text(yyjson_obj_get(choice, "text")).len;
        delta->said += len;

        if (len > 0
            || ag_openai_said_message(yyjson_obj_get(choice, "delta"),
                                      &delta->said)
            || ag_openai_said_message(yyjson_obj_get(choice, "message"),
                                      &delta->said))
        {
            delta->content = 1;
        }
    }
}


static unsigned
ag_openai_read_usage(ag_usage_t *usage, yyjson_val *value)
{
    return ag_usage_read(usage, value, &ag_openai_usage);
}
