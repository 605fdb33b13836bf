/*
 * Copyright (C) ngx_agent authors
 *
 * What a client of the Responses API asks: the fields of a request.  Those
 * that refer to something stored were refused before.
 *
 * Source: OpenAI, API reference, "Create a model response".
 */


#include "dialect/ag_responses_parts.h"


static int ag_responses_ask_field(ag_responses_asker_t *a,
    const ag_responses_field_t *field);
static int ag_responses_ask_unknown(ag_neutral_t *n);
static unsigned ag_responses_ask_known(ag_str_t name);
static int ag_responses_instructions(ag_responses_asker_t *a,
    yyjson_val *value, const ag_responses_field_t *field);
static int ag_responses_tools(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
static int ag_responses_parallel(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
static int ag_responses_max_tokens(ag_responses_asker_t *a,
    yyjson_val *value, const ag_responses_field_t *field);
static int ag_responses_top_logprobs(ag_responses_asker_t *a,
    yyjson_val *value, const ag_responses_field_t *field);
static int ag_responses_tier(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
static int ag_responses_number(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
static int ag_responses_string(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
static int ag_responses_kept(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);


#define AG_RESPONSES_AT(field)  offsetof(ag_neutral_t, field)


/* In the order of reading: instructions are the first turn, tools are known
 * before one of them is chosen. */
static const ag_responses_field_t  ag_responses_fields[] = {
    { "model", NULL, 0 },
    { "stream", NULL, 0 },
    { "stream_options", NULL, 0 },
    { "truncation", NULL, 0 },
    { "previous_response_id", NULL, 0 },
    { "conversation", NULL, 0 },
    { "prompt", NULL, 0 },
    { "background", NULL, 0 },
    { "instructions", ag_responses_instructions, 0 },
    { "tools", ag_responses_tools, 0 },
    { "input", ag_responses_ask_input, 0 },
    { "tool_choice", ag_responses_ask_choice, 0 },
    { "parallel_tool_calls", ag_responses_parallel, 0 },
    { "text", ag_responses_ask_text, 0 },
    { "reasoning", ag_responses_ask_reasoning, 0 },
    { "include", ag_responses_ask_include, 0 },
    { "max_output_tokens", ag_responses_max_tokens, 0 },
    { "temperature", ag_responses_number, AG_RESPONSES_AT(temperature) },
    { "top_p", ag_responses_number, AG_RESPONSES_AT(top_p) },
    { "top_logprobs", ag_responses_top_logprobs, 0 },
    { "service_tier", ag_responses_tier, 0 },
    { "user", ag_responses_string, AG_RESPONSES_AT(user) },
    { "safety_identifier", ag_responses_string, AG_RESPONSES_AT(user) },
    { "prompt_cache_key", ag_responses_string,
      AG_RESPONSES_AT(prompt_cache_key) },
    { "metadata", ag_responses_kept, AG_RESPONSES_AT(metadata) },
    { "store", ag_responses_kept, AG_RESPONSES_AT(store) }
};


#define AG_RESPONSES_FIELDS                                                   \
    (sizeof(ag_responses_fields) / sizeof(ag_responses_field_t))


int
ag_responses_ask(ag_neutral_t *n, yyjson_val *root, ag_error_t *error)
{
    int                   rc;
    size_t                i;
    ag_responses_asker_t  a;

    memset(&a, 0, sizeof(a));

    a.n = n;
    a.error = error;
    a.last_turn = &n->turns;
    a.last_tool = &n->tools;

    n->root = root;
    n->list = "input";

    rc = ag_responses_ask_unknown(n);

    for (i = 0; i < AG_RESPONSES_FIELDS && rc == AG_OK; i++) {
        rc = ag_responses_ask_field(&a, &ag_responses_fields[i]);
    }

    if (rc == AG_OK && n->turns == NULL) {
        return ag_responses_ask_invalid(&a, "input",
                                        "a text or a list of items, not "
                                        "empty");
    }

    /* memory that the arena may not give is not memory that is not there */

    return (rc == AG_NOMEM && n->arena->used > n->arena->max / 2) ? AG_LIMIT
                                                                  : rc;
}


int
ag_responses_ask_invalid(ag_responses_asker_t *a, const char *param,
    const char *expected)
{
    return ag_neutral_invalid(a->n, a->error, param, a->index, expected);
}


static int
ag_responses_ask_field(ag_responses_asker_t *a,
    const ag_responses_field_t *field)
{
    yyjson_val  *value;

    value = yyjson_obj_get(a->n->root, field->name);

    if (field->read == NULL || value == NULL || yyjson_is_null(value)) {
        return AG_OK;
    }

    return field->read(a, value, field);
}


/* Names of fields that mean nothing to us; a null says nothing. */
static int
ag_responses_ask_unknown(ag_neutral_t *n)
{
    size_t       i, max, size;
    ag_str_t     name;
    yyjson_val  *key, *value;

    size = yyjson_obj_size(n->root);
    n->unknown = ag_arena_alloc(n->arena, (size + 1) * sizeof(ag_str_t));

    if (n->unknown == NULL) {
        return AG_NOMEM;
    }

    yyjson_obj_foreach(n->root, i, max, key, value) {
        name = ag_json_text(key);

        if (!yyjson_is_null(value) && !ag_responses_ask_known(name)) {
            n->unknown[n->unknown_count++] = name;
        }
    }

    return AG_OK;
}


static unsigned
ag_responses_ask_known(ag_str_t name)
{
    size_t  i;

    for (i = 0; i < AG_RESPONSES_FIELDS; i++) {
        if (ag_str_is(name, ag_responses_fields[i].name)) {
            return 1;
        }
    }

    return 0;
}


/* ---- the conversation ---- */


static int
ag_responses_instructions(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    int         rc;
    ag_part_t  *part;

    if (!yyjson_is_str(value)) {
        return ag_responses_ask_invalid(a, field->name, "a string or null");
    }

    if (yyjson_get_len(value) == 0) {
        return AG_OK;
    }

    rc = ag_responses_ask_turn(a, AG_ROLE_SYSTEM);

    if (rc != AG_OK) {
        return rc;
    }

    part = ag_responses_ask_part(a, AG_PART_TEXT);

    if (part == NULL) {
        return AG_NOMEM;
    }

    part->text = ag_json_text(value);

    return AG_OK;
}


static int
ag_responses_tools(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    (void) field;

    return ag_responses_ask_tools(a, value, "tools");
}


/* ---- parameters ---- */


static int
ag_responses_parallel(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    if (!yyjson_is_bool(value)) {
        return ag_responses_ask_invalid(a, field->name, "a boolean or null");
    }

    a->n->parallel = yyjson_is_true(value);

    return AG_OK;
}


static int
ag_responses_max_tokens(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    a->n->max_tokens = ag_json_count(value, AG_OUTPUT_TOKENS_MAX);

    return (a->n->max_tokens > 0) ? AG_OK
           : ag_responses_ask_invalid(a, field->name, "an integer above 0");
}


static int
ag_responses_top_logprobs(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    if (!yyjson_is_uint(value) || yyjson_get_uint(value) > 20) {
        return ag_responses_ask_invalid(a, field->name,
                                    "an integer from 0 to 20");
    }

    a->n->top_logprobs = yyjson_get_uint(value);

    if (a->n->top_logprobs > 0) {
        a->n->logprobs = 1;
    }

    return AG_OK;
}


static int
ag_responses_tier(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    if (!yyjson_is_str(value)) {
        return ag_responses_ask_invalid(a, field->name, "a string or null");
    }

    a->n->tier = ag_tier_find(ag_json_text(value));

    return AG_OK;
}


static int
ag_responses_number(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    if (!yyjson_is_num(value)) {
        return ag_responses_ask_invalid(a, field->name, "a number or null");
    }

    return ag_responses_kept(a, value, field);
}


static int
ag_responses_string(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    ag_str_t  text;

    if (!yyjson_is_str(value)) {
        return ag_responses_ask_invalid(a, field->name, "a string or null");
    }

    text = ag_json_text(value);
    memcpy((ag_char_t *) a->n + field->offset, &text, sizeof(text));

    return AG_OK;
}


static int
ag_responses_kept(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    memcpy((ag_char_t *) a->n + field->offset, &value, sizeof(value));

    return AG_OK;
}
