/*
 * Copyright (C) ngx_agent authors
 *
 * The fields of a Messages request beside its messages.
 */


#include "dialect/ag_anthropic_ask_parts.h"


typedef struct ag_anthropic_ask_field_s  ag_anthropic_ask_field_t;

typedef int (*ag_anthropic_ask_field_pt)(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);


struct ag_anthropic_ask_field_s {
    const char                 *name;
    ag_anthropic_ask_field_pt   read;   /* NULL: known from elsewhere */
    size_t                      at;     /* of the member, if that is all */
};


static unsigned ag_anthropic_ask_field_knows(ag_str_t name);
static int ag_anthropic_ask_field_unknown(ag_neutral_t *n, yyjson_val *root);
static int ag_anthropic_ask_field_max_tokens(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_number(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_object(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_stops(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_tools(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_choice(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_output(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_format(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_thinking(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_metadata(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);
static int ag_anthropic_ask_field_tier(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error);


/*
 * In the order of reading: "thinking" comes last of those that say how long
 * to think, for an effort must not undo a "disabled".
 */
static const ag_anthropic_ask_field_t  ag_anthropic_ask_field_table[] = {
    { "model", NULL, 0 },
    { "stream", NULL, 0 },
    { "system", NULL, 0 },
    { "messages", NULL, 0 },
    { "max_tokens", ag_anthropic_ask_field_max_tokens, 0 },
    { "temperature", ag_anthropic_ask_field_number,
      offsetof(ag_neutral_t, temperature) },
    { "top_p", ag_anthropic_ask_field_number, offsetof(ag_neutral_t, top_p) },
    { "top_k", ag_anthropic_ask_field_number, offsetof(ag_neutral_t, top_k) },
    { "cache_control", ag_anthropic_ask_field_object,
      offsetof(ag_neutral_t, cache_control) },
    { "stop_sequences", ag_anthropic_ask_field_stops, 0 },
    { "tools", ag_anthropic_ask_field_tools, 0 },
    { "tool_choice", ag_anthropic_ask_field_choice, 0 },
    { "output_config", ag_anthropic_ask_field_output, 0 },
    { "output_format", ag_anthropic_ask_field_format, 0 },  /* its old name */
    { "thinking", ag_anthropic_ask_field_thinking, 0 },
    { "metadata", ag_anthropic_ask_field_metadata, 0 },
    { "service_tier", ag_anthropic_ask_field_tier, 0 }
};

#define AG_ANTHROPIC_ASK_FIELDS                                               \
    (sizeof(ag_anthropic_ask_field_table) / sizeof(ag_anthropic_ask_field_t))


int
ag_anthropic_ask_fields(ag_neutral_t *n, yyjson_val *root, ag_error_t *error)
{
    int                              rc;
    size_t                           i;
    yyjson_val                      *value;
    const ag_anthropic_ask_field_t  *field;

    for (i = 0; i < AG_ANTHROPIC_ASK_FIELDS; i++) {
        field = &ag_anthropic_ask_field_table[i];
        value = yyjson_obj_get(root, field->name);

        if (value == NULL || yyjson_is_null(value) || field->read == NULL) {
            continue;
        }

        rc = field->read(n, field, value, error);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return ag_anthropic_ask_field_unknown(n, root);
}


static unsigned
ag_anthropic_ask_field_knows(ag_str_t name)
{
    size_t  i;

    for (i = 0; i < AG_ANTHROPIC_ASK_FIELDS; i++) {
        if (ag_str_is(name, ag_anthropic_ask_field_table[i].name)) {
            return 1;
        }
    }

    return 0;
}


/*
 * What agents of this dialect send for its own servers (how they manage the
 * context, where they compute) means nothing elsewhere: only the names go on.
 */
static int
ag_anthropic_ask_field_unknown(ag_neutral_t *n, yyjson_val *root)
{
    size_t       i, max;
    ag_str_t     name;
    yyjson_val  *key, *value;

    yyjson_obj_foreach(root, i, max, key, value) {
        name = ag_json_text(key);

        if (yyjson_is_null(value) || ag_anthropic_ask_field_knows(name)) {
            continue;
        }

        if (n->unknown == NULL) {
            n->unknown = ag_arena_alloc(n->arena, max * sizeof(ag_str_t));

            if (n->unknown == NULL) {
                return ag_anthropic_ask_full(n);
            }
        }

        n->unknown[n->unknown_count++] = name;
    }

    return AG_OK;
}


/* Counting tokens goes without; for messages it was checked before. */
static int
ag_anthropic_ask_field_max_tokens(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    (void) field;
    (void) error;

    n->max_tokens = ag_json_count(value, AG_OUTPUT_TOKENS_MAX);

    return AG_OK;
}


static int
ag_anthropic_ask_field_number(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    if (!ag_usage_is_number(value)) {
        return ag_neutral_invalid(n, error, field->name, 0, "a number");
    }

    memcpy((ag_char_t *) n + field->at, &value, sizeof(value));

    return AG_OK;
}


static int
ag_anthropic_ask_field_object(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    if (!yyjson_is_obj(value)) {
        return ag_neutral_invalid(n, error, field->name, 0, "an object");
    }

    memcpy((ag_char_t *) n + field->at, &value, sizeof(value));

    return AG_OK;
}


static int
ag_anthropic_ask_field_stops(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    size_t       i, max;
    yyjson_val  *stop;

    if (!yyjson_is_arr(value) || yyjson_arr_size(value) > AG_STOPS_MAX) {
        return ag_neutral_invalid(n, error, field->name, 0,
                                  "an array of at most 64 strings");
    }

    n->stops = ag_arena_alloc(n->arena,
                              yyjson_arr_size(value) * sizeof(ag_str_t));

    if (n->stops == NULL) {
        return ag_anthropic_ask_full(n);
    }

    yyjson_arr_foreach(value, i, max, stop) {
        if (!yyjson_is_str(stop)) {
            return ag_neutral_invalid(n, error, "stop_sequences[%u]",
                                      (uint32_t) i, "a string");
        }

        if (yyjson_get_len(stop) > 0) {
            n->stops[n->stop_count++] = ag_json_text(stop);
        }
    }

    return AG_OK;
}


static int
ag_anthropic_ask_field_tools(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    (void) field;

    return ag_anthropic_ask_tools(n, value, error);
}


static int
ag_anthropic_ask_field_choice(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    (void) field;

    return ag_anthropic_ask_tool_choice(n, value, error);
}


static int
ag_anthropic_ask_field_output(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    yyjson_val  *effort, *format;

    static const ag_anthropic_ask_field_t  own = {
        "output_config.format", NULL, 0
    };

    if (!yyjson_is_obj(value)) {
        return ag_neutral_invalid(n, error, field->name, 0, "an object");
    }

    effort = yyjson_obj_get(value, "effort");
    format = yyjson_obj_get(value, "format");

    if (effort != NULL && !yyjson_is_null(effort)) {
        n->effort = ag_effort_find(ag_json_text(effort));

        if (n->effort == AG_EFFORT_UNSET || n->effort == AG_EFFORT_END) {
            return ag_neutral_invalid(n, error, "output_config.effort", 0,
                                      "\"low\", \"medium\", \"high\", "
                                      "\"xhigh\" or \"max\"");
        }
    }

    return (format == NULL || yyjson_is_null(format))
           ? AG_OK : ag_anthropic_ask_field_format(n, &own, format, error);
}


/* The schema has no name here; how strict it is, is the provider's default. */
static int
ag_anthropic_ask_field_format(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    yyjson_val  *schema;

    schema = yyjson_obj_get(value, "schema");

    if (!ag_str_is(ag_json_text(yyjson_obj_get(value, "type")), "json_schema")
        || !yyjson_is_obj(schema))
    {
        return ag_neutral_invalid(n, error, field->name, 0,
                                  "an object of type \"json_schema\" with an "
                                  "object \"schema\"");
    }

    n->format = AG_FORMAT_SCHEMA;
    n->schema = schema;

    return AG_OK;
}


/*
 * How long to think between calls of tools only is for the model to decide,
 * as far as others know such a mode.
 */
static int
ag_anthropic_ask_field_thinking(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    ag_str_t  type, display;

    (void) field;

    type = ag_json_text(yyjson_obj_get(value, "type"));
    display = ag_json_text(yyjson_obj_get(value, "display"));

    if (ag_str_is(type, "disabled")) {
        n->effort = AG_EFFORT_NONE;
        return AG_OK;
    }

    n->summary = !ag_str_is(display, "omitted");

    if (ag_str_is(type, "adaptive") || ag_str_is(type, "between_tools")) {
        n->adaptive = 1;
        return AG_OK;
    }

    if (!ag_str_is(type, "enabled")) {
        return ag_neutral_invalid(n, error, "thinking.type", 0,
                                  "\"enabled\", \"adaptive\", \"disabled\" or "
                                  "\"between_tools\"");
    }

    n->budget_tokens = ag_json_count(yyjson_obj_get(value, "budget_tokens"),
                                     AG_OUTPUT_TOKENS_MAX);

    if (n->budget_tokens == 0) {
        return ag_neutral_invalid(n, error, "thinking.budget_tokens", 0,
                                  "a positive integer");
    }

    return AG_OK;
}


/* The metadata of other dialects is something else: it never goes there. */
static int
ag_anthropic_ask_field_metadata(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    (void) field;
    (void) error;

    n->user = ag_json_text(yyjson_obj_get(value, "user_id"));

    return AG_OK;
}


static int
ag_anthropic_ask_field_tier(ag_neutral_t *n,
    const ag_anthropic_ask_field_t *field, yyjson_val *value,
    ag_error_t *error)
{
    ag_str_t  word;

    word = ag_json_text(value);

    if (ag_str_is(word, "auto")) {
        n->tier = AG_TIER_AUTO;

    } else if (ag_str_is(word, "standard_only")) {
        n->tier = AG_TIER_DEFAULT;

    } else {
        return ag_neutral_invalid(n, error, field->name, 0,
                                  "\"auto\" or \"standard_only\"");
    }

    return AG_OK;
}
