/*
 * Copyright (C) ngx_agent authors
 *
 * Which form the answer shall have, how long to think about it, and what is
 * wanted beside it.
 */


#include "dialect/ag_responses_parts.h"


static int ag_responses_format(ag_responses_asker_t *a, yyjson_val *format);
static int ag_responses_schema(ag_responses_asker_t *a, yyjson_val *format);


int
ag_responses_ask_text(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    yyjson_val  *format;

    if (!yyjson_is_obj(value)) {
        return ag_responses_ask_invalid(a, field->name, "an object or null");
    }

    a->n->verbosity = ag_json_text(yyjson_obj_get(value, "verbosity"));
    format = yyjson_obj_get(value, "format");

    return (format == NULL || yyjson_is_null(format))
           ? AG_OK : ag_responses_format(a, format);
}


static int
ag_responses_format(ag_responses_asker_t *a, yyjson_val *format)
{
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(format, "type"));

    if (ag_str_is(type, "text")) {
        return AG_OK;
    }

    if (ag_str_is(type, "json_object")) {
        a->n->format = AG_FORMAT_JSON;
        return AG_OK;
    }

    if (ag_str_is(type, "json_schema")) {
        return ag_responses_schema(a, format);
    }

    return ag_responses_ask_invalid(a, "text.format.type",
                                "\"text\", \"json_object\" or "
                                "\"json_schema\"");
}


static int
ag_responses_schema(ag_responses_asker_t *a, yyjson_val *format)
{
    yyjson_val    *strict;
    ag_neutral_t  *n;

    n = a->n;

    n->format = AG_FORMAT_SCHEMA;
    n->schema = yyjson_obj_get(format, "schema");
    n->schema_name = ag_json_text(yyjson_obj_get(format, "name"));
    n->schema_description = ag_json_text(yyjson_obj_get(format,
                                                        "description"));
    strict = yyjson_obj_get(format, "strict");

    if (yyjson_is_bool(strict)) {
        n->schema_strict = yyjson_is_true(strict);
    }

    if (!yyjson_is_obj(n->schema)) {
        return ag_responses_ask_invalid(a, "text.format.schema",
                                    "a JSON Schema, an object");
    }

    if (n->schema_name.len == 0) {
        return ag_responses_ask_invalid(a, "text.format.name",
                                    "a string, not empty");
    }

    return AG_OK;
}


int
ag_responses_ask_reasoning(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    yyjson_val  *effort;

    if (!yyjson_is_obj(value)) {
        return ag_responses_ask_invalid(a, field->name, "an object or null");
    }

    a->n->summary = yyjson_is_str(yyjson_obj_get(value, "summary"))
                    || yyjson_is_str(yyjson_obj_get(value,
                                                    "generate_summary"));

    effort = yyjson_obj_get(value, "effort");

    if (effort == NULL || yyjson_is_null(effort)) {
        return AG_OK;
    }

    a->n->effort = ag_effort_find(ag_json_text(effort));

    if (a->n->effort == AG_EFFORT_END || a->n->effort == AG_EFFORT_UNSET) {
        return ag_responses_ask_invalid(a, "reasoning.effort",
                                    "\"none\", \"minimal\", \"low\", "
                                    "\"medium\", \"high\", \"xhigh\" or "
                                    "\"max\"");
    }

    return AG_OK;
}


/* Encrypted reasoning comes whether it is asked for or not, see say. */
int
ag_responses_ask_include(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    size_t       i, max;
    yyjson_val  *item;

    if (!yyjson_is_arr(value)) {
        return ag_responses_ask_invalid(a, field->name, "an array or null");
    }

    yyjson_arr_foreach(value, i, max, item) {
        if (ag_str_is(ag_json_text(item), "message.output_text.logprobs")) {
            a->n->logprobs = 1;
        }
    }

    return AG_OK;
}
