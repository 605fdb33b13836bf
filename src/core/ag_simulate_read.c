/*
 * Copyright (C) ngx_agent authors
 *
 * What the simulator reads of every request with a body: the model, what is
 * to be answered, the stream and the limits.
 *
 * It checks a request only as far as it answers to it; it is no proof that a
 * real provider would accept it.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_BYTES_PER_TOKEN  4


static const ag_json_member_t *ag_simulate_read_member(const ag_json_t *json,
    const char *key);
static void ag_simulate_read_model(ag_simulate_t *s, const ag_json_t *json);
static void ag_simulate_read_input(ag_simulate_t *s, const ag_json_t *json);
static int ag_simulate_read_empty(ag_str_t value);
static void ag_simulate_read_stream(ag_simulate_t *s, const ag_json_t *json);
static void ag_simulate_read_limits(ag_simulate_t *s, const ag_json_t *json);


void
ag_simulate_read_body(ag_simulate_t *s, ag_str_t body)
{
    ag_json_t  json;

    if (ag_json_scan(&json, body) != AG_OK || json.type != AG_JSON_OBJECT) {
        ag_simulate_error_set(s, 400, NULL, NULL, "We could not parse the "
                              "JSON body of your request.");
        return;
    }

    ag_simulate_read_model(s, &json);
    ag_simulate_read_input(s, &json);
    ag_simulate_read_stream(s, &json);
    ag_simulate_read_limits(s, &json);

    if (s->error.status != 200) {
        return;
    }

    if (s->endpoint->read != NULL) {
        s->endpoint->read(s, &json);
    }

    s->tokens = ag_simulate_put_count(s);

    /* arguments that are cut off would call nothing */

    if (s->limit < s->tokens && s->mode != AG_SIMULATE_TOOL) {
        s->tokens = s->limit;
        s->limited = 1;
    }
}


/* The member of that name; NULL if it is absent or null. */
static const ag_json_member_t *
ag_simulate_read_member(const ag_json_t *json, const char *key)
{
    const ag_json_member_t  *member;

    member = ag_json_find(json, key);

    return (member == NULL || member->type == AG_JSON_NULL) ? NULL : member;
}


static void
ag_simulate_read_model(ag_simulate_t *s, const ag_json_t *json)
{
    ag_fault_t               fault;
    const ag_json_member_t  *member;

    member = ag_simulate_read_member(json, "model");

    if (member == NULL) {
        ag_simulate_error_set(s, 400, "missing_required_parameter", "model",
                              "You must provide a model parameter.");
        return;
    }

    if (member->type != AG_JSON_STRING || member->value.len <= 2
        || member->value.len > AG_MODEL_NAME_MAX + 2)
    {
        ag_simulate_error_set(s, 400, "invalid_value", "model",
                              "The model must be a string of 1 to 256 bytes.");
        return;
    }

    s->model = member->value;

    if (ag_simulate_fault(ag_str(s->model.data + 1, s->model.len - 2), 0,
                          &fault)
        == AG_OK)
    {
        s->fault = fault;
    }
}


/*
 * What is answered to.  The text of the answer follows from it and from the
 * model alone: so it is the same for a stream and for a whole answer.
 */
static void
ag_simulate_read_input(ag_simulate_t *s, const ag_json_t *json)
{
    size_t                    i;
    uint64_t                  bytes;
    const ag_json_member_t   *member;
    static const char *const  others[] = { "system", "instructions", "tools" };

    member = ag_simulate_read_member(json, s->endpoint->input);

    if (member == NULL) {
        ag_simulate_error_set(s, 400, "missing_required_parameter",
                              s->endpoint->input,
                              "A required parameter is missing.");
        return;
    }

    if ((member->type != AG_JSON_ARRAY
         && (member->type != AG_JSON_STRING
             || strcmp(s->endpoint->input, "messages") == 0))
        || ag_simulate_read_empty(member->value))
    {
        ag_simulate_error_set(s, 400, "invalid_value", s->endpoint->input,
                              "A parameter is empty or has a wrong type.");
        return;
    }

    s->input = member->value;
    s->seed = ag_simulate_seed_hash(s->options->seed, s->model);
    s->seed = ag_simulate_seed_hash(s->seed, s->input);
    bytes = s->input.len;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        member = ag_simulate_read_member(json, others[i]);
        bytes += (member != NULL) ? member->value.len : 0;
    }

    s->input_tokens = bytes / AG_SIMULATE_BYTES_PER_TOKEN + 1;
}


/* "" or [], with any space inside of it. */
static int
ag_simulate_read_empty(ag_str_t value)
{
    size_t  i;

    for (i = 1; i + 1 < value.len; i++) {
        if (strchr(" \t\r\n", value.data[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


static void
ag_simulate_read_stream(ag_simulate_t *s, const ag_json_t *json)
{
    ag_json_t                options;
    const ag_json_member_t  *member;

    member = ag_simulate_read_member(json, "stream");

    if (member != NULL) {

        if (member->type != AG_JSON_TRUE && member->type != AG_JSON_FALSE) {
            ag_simulate_error_set(s, 400, "invalid_value", "stream",
                                  "The stream parameter must be a boolean.");
            return;
        }

        s->stream = (member->type == AG_JSON_TRUE);
    }

    member = ag_simulate_read_member(json, "stream_options");

    if (member == NULL) {
        return;
    }

    if (!s->stream || ag_json_scan(&options, member->value) != AG_OK
        || options.type != AG_JSON_OBJECT)
    {
        ag_simulate_error_set(s, 400, "invalid_value", "stream_options",
                              "The 'stream_options' parameter must be an "
                              "object and is only allowed when 'stream' is "
                              "enabled.");
        return;
    }

    member = ag_simulate_read_member(&options, "include_usage");
    s->include_usage = (member != NULL && member->type == AG_JSON_TRUE);
}


static void
ag_simulate_read_limits(ag_simulate_t *s, const ag_json_t *json)
{
    size_t                   i;
    int64_t                  limit;
    const char              *key;
    const ag_json_member_t  *member;

    s->limit = UINT64_MAX;

    for (i = 0; i < 2; i++) {
        key = s->endpoint->limit[i];
        member = (key != NULL) ? ag_simulate_read_member(json, key) : NULL;

        if (member == NULL) {
            continue;
        }

        if (ag_json_integer(member->value, 1, AG_OUTPUT_TOKENS_MAX, &limit)
            != AG_OK)
        {
            ag_simulate_error_set(s, 400, "invalid_value", key, "The limit of "
                                  "tokens must be a positive integer.");
            return;
        }

        s->limit = (uint64_t) limit;
    }
}
