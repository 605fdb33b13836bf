/*
 * Copyright (C) ngx_agent authors
 *
 * The fields of a chat completion's request that need more than a change of
 * their place.  Knows the spellings of OpenAI and what other gateways take
 * beside them; refuses what would be misread.
 */


#include "dialect/ag_openai_ask_parts.h"


static int ag_openai_ask_field_count(ag_openai_ask_t *a, const char *name,
    yyjson_val *value, uint64_t max, uint64_t *count);
static int ag_openai_ask_field_stop_add(ag_openai_ask_t *a,
    yyjson_val *value);
static int ag_openai_ask_field_schema(ag_openai_ask_t *a,
    yyjson_val *value);


/* The newer name wins, whichever stands first. */
int
ag_openai_ask_field_max_completion(ag_openai_ask_t *a, yyjson_val *value)
{
    return ag_openai_ask_field_count(a, "max_completion_tokens", value,
                                     AG_OUTPUT_TOKENS_MAX, &a->n->max_tokens);
}


int
ag_openai_ask_field_max_tokens(ag_openai_ask_t *a, yyjson_val *value)
{
    int       rc;
    uint64_t  count;

    count = 0;
    rc = ag_openai_ask_field_count(a, "max_tokens", value,
                                   AG_OUTPUT_TOKENS_MAX, &count);

    if (rc == AG_OK && a->n->max_tokens == 0) {
        a->n->max_tokens = count;
    }

    return rc;
}


/* 0 passes as 1: some clients send their zeroed settings. */
int
ag_openai_ask_field_choices(ag_openai_ask_t *a, yyjson_val *value)
{
    int       rc;
    uint64_t  count;

    count = 0;
    rc = ag_openai_ask_field_count(a, "n", value, AG_CHOICES_MAX, &count);

    if (rc == AG_OK && count > 0) {
        a->n->choices = count;
    }

    return rc;
}


/*
 * No provider takes more than a handful, and says so itself; the cap is for
 * what we keep.
 */
int
ag_openai_ask_field_stop(ag_openai_ask_t *a, yyjson_val *value)
{
    int            rc;
    size_t         i, count, size;
    yyjson_val    *element;
    ag_neutral_t  *n;

    n = a->n;

    if (yyjson_arr_size(value) > AG_STOPS_MAX) {
        return ag_openai_ask_invalid(a, "stop", "fewer strings");
    }

    size = (yyjson_arr_size(value) + 1) * sizeof(ag_str_t);
    n->stops = ag_arena_alloc(n->arena, size);

    if (n->stops == NULL) {
        return ag_openai_ask_full(a, size);
    }

    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_field_stop_add(a, value);
    }

    yyjson_arr_foreach(value, i, count, element) {
        rc = ag_openai_ask_field_stop_add(a, element);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* An empty one would end every answer at once, where it is not refused. */
static int
ag_openai_ask_field_stop_add(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_str_t  text;

    text = ag_json_text(value);

    if (!yyjson_is_str(value)) {
        return ag_openai_ask_invalid(a, "stop",
                                     "a string or an array of strings");
    }

    if (text.len > 0) {
        a->n->stops[a->n->stop_count++] = text;
    }

    return AG_OK;
}


int
ag_openai_ask_field_logprobs(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_bool(value)) {
        return ag_openai_ask_invalid(a, "logprobs", "a boolean or null");
    }

    a->n->logprobs = yyjson_get_bool(value) & 1;

    return AG_OK;
}


int
ag_openai_ask_field_top_logprobs(ag_openai_ask_t *a, yyjson_val *value)
{
    return ag_openai_ask_field_count(a, "top_logprobs", value, INT32_MAX,
                                     &a->n->top_logprobs);
}


/* Token ids are the model's own: no other provider can be told of them. */
int
ag_openai_ask_field_logit_bias(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_obj(value)) {
        return ag_openai_ask_invalid(a, "logit_bias", "an object or null");
    }

    if (yyjson_obj_size(value) > 0) {
        a->n->logit_bias = value;
    }

    return AG_OK;
}


int
ag_openai_ask_field_parallel(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_bool(value)) {
        return ag_openai_ask_invalid(a, "parallel_tool_calls",
                                     "a boolean or null");
    }

    a->n->parallel = yyjson_get_bool(value);

    return AG_OK;
}


/* An unknown format would be answered as a text: better refused. */
int
ag_openai_ask_field_format(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(value, "type"));

    if (ag_str_is(type, "json_schema")) {
        return ag_openai_ask_field_schema(a, yyjson_obj_get(value,
                                                            "json_schema"));
    }

    if (ag_str_is(type, "json_object")) {
        a->n->format = AG_FORMAT_JSON;
        return AG_OK;
    }

    if (ag_str_is(type, "text")) {
        return AG_OK;
    }

    return ag_openai_ask_invalid(a, "response_format",
                                 "an object whose type is text, json_object "
                                 "or json_schema");
}


static int
ag_openai_ask_field_schema(ag_openai_ask_t *a, yyjson_val *value)
{
    yyjson_val    *strict;
    ag_neutral_t  *n;

    n = a->n;
    n->schema = yyjson_obj_get(value, "schema");

    if (!yyjson_is_obj(n->schema)) {
        return ag_openai_ask_invalid(a, "response_format.json_schema",
                                     "an object with a schema");
    }

    strict = yyjson_obj_get(value, "strict");

    n->format = AG_FORMAT_SCHEMA;
    n->schema_name = ag_json_text(yyjson_obj_get(value, "name"));
    n->schema_description = ag_json_text(yyjson_obj_get(value,
                                                        "description"));
    n->schema_strict = yyjson_is_bool(strict) ? yyjson_get_bool(strict) : -1;

    return AG_OK;
}


/* Who asks for reasoning in so many words also wants to see it. */
int
ag_openai_ask_field_effort(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_str_t     word;
    ag_effort_t  effort;

    word = ag_json_text(value);
    effort = ag_effort_find(word);

    if (effort == AG_EFFORT_END) {
        return ag_openai_ask_invalid(a, "reasoning_effort",
                                     "none, minimal, low, medium, high, xhigh "
                                     "or max");
    }

    a->n->effort = effort;

    if (effort != AG_EFFORT_NONE) {
        a->n->summary = 1;
    }

    return AG_OK;
}


/* Anthropic's, as other gateways take it on this surface. */
int
ag_openai_ask_field_thinking(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_str_t       type, display;
    ag_neutral_t  *n;

    n = a->n;
    type = ag_json_text(yyjson_obj_get(value, "type"));
    display = ag_json_text(yyjson_obj_get(value, "display"));

    if (ag_str_is(type, "disabled")) {
        n->effort = AG_EFFORT_NONE;
        n->summary = 0;
        return AG_OK;
    }

    if (ag_str_is(type, "adaptive")) {
        n->adaptive = 1;

    } else if (ag_str_is(type, "enabled")) {
        n->budget_tokens = ag_json_count(yyjson_obj_get(value,
                                                        "budget_tokens"),
                                         AG_OUTPUT_TOKENS_MAX);
    } else {
        return ag_openai_ask_invalid(a, "thinking",
                                     "an object whose type is enabled, "
                                     "adaptive or disabled");
    }

    n->summary = !ag_str_is(display, "omitted");

    return AG_OK;
}


/* Words that nobody knows become OTHER: for the provider's writer to drop. */
int
ag_openai_ask_field_tier(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_str(value)) {
        return ag_openai_ask_invalid(a, "service_tier", "a string or null");
    }

    a->n->tier = ag_tier_find(ag_json_text(value));

    return AG_OK;
}


/* The deprecated name of safety_identifier, which wins. */
int
ag_openai_ask_field_user(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_str(value)) {
        return ag_openai_ask_invalid(a, "user", "a string");
    }

    if (a->n->user.len == 0) {
        a->n->user = ag_json_text(value);
    }

    return AG_OK;
}


/* Text alone is what every model answers. */
int
ag_openai_ask_field_modalities(ag_openai_ask_t *a, yyjson_val *value)
{
    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_invalid(a, "modalities", "an array or null");
    }

    if (yyjson_arr_size(value) > 1
        || !yyjson_equals_str(yyjson_arr_get_first(value), "text"))
    {
        a->n->modalities = value;
    }

    return AG_OK;
}


static int
ag_openai_ask_field_count(ag_openai_ask_t *a, const char *name,
    yyjson_val *value, uint64_t max, uint64_t *count)
{
    if (!yyjson_is_uint(value) || yyjson_get_uint(value) > max) {
        return ag_openai_ask_invalid(a, name, "a small non-negative integer");
    }

    *count = yyjson_get_uint(value);

    return AG_OK;
}
