/*
 * Copyright (C) ngx_agent authors
 *
 * JSON Schema as Anthropic's constrained decoding takes it: closed objects
 * and no bounds on numbers and lengths.  What a schema says beyond that goes
 * into its descriptions, so that the model still reads it.
 *
 * Source: Anthropic's guide "Structured outputs", JSON Schema limitations.
 */


#include "dialect/ag_anthropic_tell_parts.h"


#define ag_anthropic_count(list)  (sizeof(list) / sizeof(list[0]))


static void ag_anthropic_tell_schema_own(ag_anthropic_tell_t *t,
    yyjson_val *schema);
static void ag_anthropic_tell_schema_map(ag_anthropic_tell_t *t,
    const char *name, yyjson_val *schemas);
static void ag_anthropic_tell_schema_items(ag_anthropic_tell_t *t,
    const char *name, yyjson_val *schemas);
static void ag_anthropic_tell_schema_describe(ag_anthropic_tell_t *t,
    yyjson_val *schema);
static void ag_anthropic_tell_schema_add(ag_anthropic_tell_t *t,
    ag_buf_t *told, const char *name, yyjson_val *value);
static unsigned ag_anthropic_tell_schema_is_format(yyjson_val *format);


/* Members that are written as they are. */
static const char *const  ag_anthropic_kept[] = {
    "type", "title", "enum", "const", "default", "required"
};


/* Members that are left out, and told in words. */
static const char *const  ag_anthropic_told[] = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems",
    "uniqueItems", "minProperties", "maxProperties", "not"
};


static const char *const  ag_anthropic_formats[] = {
    "date-time", "time", "date", "duration", "email", "hostname", "uri",
    "ipv4", "ipv6", "uuid"
};


/* Nothing may stand beside a reference, but a root's definitions. */
void
ag_anthropic_tell_schema(ag_anthropic_tell_t *t, const char *name,
    yyjson_val *schema)
{
    yyjson_val  *reference;

    if (!yyjson_is_obj(schema)) {
        ag_put_value(&t->put, name, schema);
        return;
    }

    ag_put_open(&t->put, name, '{');
    reference = yyjson_obj_get(schema, "$ref");

    if (reference != NULL) {
        ag_put_value(&t->put, "$ref", reference);

    } else {
        ag_anthropic_tell_schema_own(t, schema);
    }

    ag_anthropic_tell_schema_map(t, "$defs", yyjson_obj_get(schema, "$defs"));
    ag_anthropic_tell_schema_map(t, "definitions",
                                 yyjson_obj_get(schema, "definitions"));
    ag_put_close(&t->put, '}');
}


/* One of "anyOf" and "oneOf": the decoder knows the first, and what fits one
 * of its choices mostly fits no other. */
static void
ag_anthropic_tell_schema_own(ag_anthropic_tell_t *t, yyjson_val *schema)
{
    size_t       i;
    yyjson_val  *value;

    for (i = 0; i < ag_anthropic_count(ag_anthropic_kept); i++) {
        value = yyjson_obj_get(schema, ag_anthropic_kept[i]);

        if (value != NULL) {
            ag_put_value(&t->put, ag_anthropic_kept[i], value);
        }
    }

    value = yyjson_obj_get(schema, "format");

    if (ag_anthropic_tell_schema_is_format(value)) {
        ag_put_value(&t->put, "format", value);
    }

    ag_anthropic_tell_schema_describe(t, schema);

    value = yyjson_obj_get(schema, "anyOf");
    value = (value != NULL) ? value : yyjson_obj_get(schema, "oneOf");

    ag_anthropic_tell_schema_items(t, "anyOf", value);
    ag_anthropic_tell_schema_items(t, "allOf",
                                   yyjson_obj_get(schema, "allOf"));
    ag_anthropic_tell_schema_items(t, "items",
                                   yyjson_obj_get(schema, "items"));
    ag_anthropic_tell_schema_map(t, "properties",
                                 yyjson_obj_get(schema, "properties"));

    if (ag_anthropic_tell_schema_is_object(schema)) {
        ag_put_bool(&t->put, "additionalProperties", 0);
    }
}


static void
ag_anthropic_tell_schema_map(ag_anthropic_tell_t *t, const char *name,
    yyjson_val *schemas)
{
    size_t       i, count;
    yyjson_val  *key, *value;

    if (!yyjson_is_obj(schemas)) {
        return;
    }

    ag_put_open(&t->put, name, '{');

    yyjson_obj_foreach(schemas, i, count, key, value) {
        ag_put_key(&t->put, ag_json_text(key));
        ag_anthropic_tell_schema(t, NULL, value);
    }

    ag_put_close(&t->put, '}');
}


static void
ag_anthropic_tell_schema_items(ag_anthropic_tell_t *t, const char *name,
    yyjson_val *schemas)
{
    size_t       i, count;
    yyjson_val  *value;

    if (schemas == NULL) {
        return;
    }

    if (!yyjson_is_arr(schemas)) {
        ag_anthropic_tell_schema(t, name, schemas);
        return;
    }

    ag_put_open(&t->put, name, '[');

    yyjson_arr_foreach(schemas, i, count, value) {
        ag_anthropic_tell_schema(t, NULL, value);
    }

    ag_put_close(&t->put, ']');
}


/* "An age.\nminimum: 18; maximum: 99." */
static void
ag_anthropic_tell_schema_describe(ag_anthropic_tell_t *t, yyjson_val *schema)
{
    size_t       i;
    ag_str_t     words;
    ag_buf_t     told;
    yyjson_val  *value;

    ag_buf_init(&told, AG_SCHEMA_MAX);

    for (i = 0; i < ag_anthropic_count(ag_anthropic_told); i++) {
        value = yyjson_obj_get(schema, ag_anthropic_told[i]);
        ag_anthropic_tell_schema_add(t, &told, ag_anthropic_told[i], value);
    }

    value = yyjson_obj_get(schema, "format");

    if (!ag_anthropic_tell_schema_is_format(value)) {
        ag_anthropic_tell_schema_add(t, &told, "format", value);
    }

    words = ag_json_text(yyjson_obj_get(schema, "description"));

    if (words.len > 0 || told.len > 0) {
        ag_put_text_open(&t->put, "description");
        ag_put_text_add(&t->put, words);

        if (told.len > 0) {
            ag_put_text_add(&t->put, ag_str("\n", words.len > 0));
            ag_put_text_add(&t->put, ag_buf_str(&told));
            ag_put_text_add(&t->put, ag_str(".", 1));
        }

        ag_put_text_close(&t->put);
    }

    ag_buf_free(&told);
}


/* What is null or false bounds nothing. */
static void
ag_anthropic_tell_schema_add(ag_anthropic_tell_t *t, ag_buf_t *told,
    const char *name, yyjson_val *value)
{
    int  rc;

    if (value == NULL || yyjson_is_null(value) || yyjson_is_false(value)
        || t->put.rc != AG_OK)
    {
        return;
    }

    rc = (told->len > 0) ? ag_buf_add(told, "; ", 2) : AG_OK;
    rc = (rc == AG_OK) ? ag_buf_add_string(told, name) : rc;
    rc = (rc == AG_OK) ? ag_buf_add(told, ": ", 2) : rc;

    if (rc == AG_OK) {
        rc = yyjson_is_str(value)
             ? ag_buf_add(told, yyjson_get_str(value), yyjson_get_len(value))
             : ag_json_add(told, value);
    }

    t->put.rc = rc;
}


static unsigned
ag_anthropic_tell_schema_is_format(yyjson_val *format)
{
    size_t  i;

    for (i = 0; i < ag_anthropic_count(ag_anthropic_formats); i++) {

        if (ag_str_is(ag_json_text(format), ag_anthropic_formats[i])) {
            return 1;
        }
    }

    return 0;
}


unsigned
ag_anthropic_tell_schema_is_object(yyjson_val *schema)
{
    size_t       i, count;
    yyjson_val  *type, *value;

    type = yyjson_obj_get(schema, "type");

    if (yyjson_is_obj(yyjson_obj_get(schema, "properties"))
        || ag_str_is(ag_json_text(type), "object"))
    {
        return 1;
    }

    yyjson_arr_foreach(type, i, count, value) {
        if (ag_str_is(ag_json_text(value), "object")) {
            return 1;
        }
    }

    return 0;
}
