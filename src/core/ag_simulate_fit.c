/*
 * Copyright (C) ngx_agent authors
 *
 * How the simulator makes JSON that fits a schema: all required properties,
 * by type, with the first of what may be chosen.
 *
 * It follows $ref, anyOf, oneOf, allOf (its first), enum, const, minimum,
 * maximum, minItems and the common formats; patterns and lengths it does not.
 */


#include <stdlib.h>

#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_SCHEMA_DEPTH_MAX  16    /* levels of recursion, $ref too */
#define AG_SIMULATE_PROPERTIES_MAX    256   /* of an object; each is looked
                                               up in all of them */
#define AG_SIMULATE_ITEMS_MAX         8     /* items made for minItems */
#define AG_SIMULATE_INTEGER           7     /* where the schema allows it */


typedef struct {
    ag_simulate_t  *s;
    yyjson_val     *root;
    unsigned        depth;
} ag_simulate_fit_t;


typedef struct {
    const char  *format;
    const char  *example;
} ag_simulate_format_t;


static void ag_simulate_fit_any(ag_simulate_fit_t *fit, yyjson_val *schema);
static yyjson_val *ag_simulate_fit_other(ag_simulate_fit_t *fit,
    yyjson_val *schema);
static ag_str_t ag_simulate_fit_type(yyjson_val *schema);
static void ag_simulate_fit_value(ag_simulate_t *s, yyjson_val *value);
static void ag_simulate_fit_object(ag_simulate_fit_t *fit, yyjson_val *schema);
static void ag_simulate_fit_array(ag_simulate_fit_t *fit, yyjson_val *schema);
static void ag_simulate_fit_number(ag_simulate_t *s, yyjson_val *schema);
static void ag_simulate_fit_string(ag_simulate_t *s, yyjson_val *schema);


static const ag_simulate_format_t  ag_simulate_formats[] = {
    { "date-time", "2026-01-01T12:00:00Z" },
    { "date",      "2026-01-01" },
    { "time",      "12:00:00Z" },
    { "duration",  "PT5M" },
    { "email",     "someone@example.com" },
    { "hostname",  "example.com" },
    { "uri",       "https://example.com/" },
    { "ipv4",      "192.0.2.1" },
    { "ipv6",      "2001:db8::1" },
    { "uuid",      "6ba7b810-9dad-41d1-80b4-00c04fd430c8" }
};


void
ag_simulate_fit(ag_simulate_t *s, yyjson_val *schema)
{
    ag_simulate_fit_t  fit;

    fit.s = s;
    fit.root = schema;
    fit.depth = 0;

    ag_simulate_fit_any(&fit, schema);
}


/*
 * Writes a value that fits the schema.  Every value takes bytes of the
 * payload, whose maximum so bounds the work as well.
 */
static void
ag_simulate_fit_any(ag_simulate_fit_t *fit, yyjson_val *schema)
{
    ag_str_t        type;
    yyjson_val     *value;
    ag_simulate_t  *s;

    s = fit->s;

    if (s->rc != AG_OK || fit->depth == AG_SIMULATE_SCHEMA_DEPTH_MAX) {
        ag_simulate_put(s, "null");
        return;
    }

    fit->depth++;
    value = yyjson_obj_get(schema, "const");

    if (value == NULL) {
        value = yyjson_arr_get_first(yyjson_obj_get(schema, "enum"));
    }

    type = ag_simulate_fit_type(schema);

    if (value != NULL) {
        ag_simulate_fit_value(s, value);

    } else if (ag_simulate_fit_other(fit, schema) != NULL) {
        ag_simulate_fit_any(fit, ag_simulate_fit_other(fit, schema));

    } else if (ag_str_is(type, "object")) {
        ag_simulate_fit_object(fit, schema);

    } else if (ag_str_is(type, "array")) {
        ag_simulate_fit_array(fit, schema);

    } else if (ag_str_is(type, "integer") || ag_str_is(type, "number")) {
        ag_simulate_fit_number(s, schema);

    } else if (ag_str_is(type, "boolean")) {
        ag_simulate_put(s, "true");

    } else if (ag_str_is(type, "null")) {
        ag_simulate_put(s, "null");

    } else {
        ag_simulate_fit_string(s, schema);
    }

    fit->depth--;
}


/* The schema that stands for this one, or NULL. */
static yyjson_val *
ag_simulate_fit_other(ag_simulate_fit_t *fit, yyjson_val *schema)
{
    size_t                    i;
    ag_str_t                  ref;
    yyjson_val               *other;
    static const char *const  lists[] = { "anyOf", "oneOf", "allOf" };

    ref = ag_json_text(yyjson_obj_get(schema, "$ref"));

    if (ref.len > 0 && ref.data[0] == '#') {
        return (ref.len == 1) ? fit->root
                              : yyjson_ptr_getn(fit->root,
                                                (const char *) ref.data + 1,
                                                ref.len - 1);
    }

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        other = yyjson_arr_get_first(yyjson_obj_get(schema, lists[i]));

        if (other != NULL) {
            return other;
        }
    }

    return NULL;
}


static ag_str_t
ag_simulate_fit_type(yyjson_val *schema)
{
    size_t       i, max;
    yyjson_val  *type, *item;

    type = yyjson_obj_get(schema, "type");

    yyjson_arr_foreach(type, i, max, item) {
        if (!ag_str_is(ag_json_text(item), "null")) {
            return ag_json_text(item);
        }
    }

    if (type == NULL && yyjson_obj_get(schema, "properties") != NULL) {
        return ag_str("object", 6);
    }

    return ag_json_text(type);
}


static void
ag_simulate_fit_value(ag_simulate_t *s, yyjson_val *value)
{
    char    *text;
    size_t   len;

    text = yyjson_val_write(value, 0, &len);

    if (text == NULL) {
        s->rc = AG_NOMEM;
        return;
    }

    ag_simulate_put_bytes(s, ag_str(text, len));
    free(text);
}


static void
ag_simulate_fit_object(ag_simulate_fit_t *fit, yyjson_val *schema)
{
    size_t          i, max;
    ag_str_t        name;
    yyjson_val     *properties, *item;
    ag_simulate_t  *s;

    s = fit->s;
    properties = yyjson_obj_get(schema, "properties");

    ag_simulate_put(s, "{");

    yyjson_arr_foreach(yyjson_obj_get(schema, "required"), i, max, item) {
        name = ag_json_text(item);

        if (s->rc != AG_OK || i == AG_SIMULATE_PROPERTIES_MAX) {
            break;
        }

        ag_simulate_put(s, i > 0 ? ",\"" : "\"");
        ag_simulate_put_text(s, name);
        ag_simulate_put(s, "\":");
        ag_simulate_fit_any(fit, yyjson_obj_getn(properties,
                                                 (const char *) name.data,
                                                 name.len));
    }

    ag_simulate_put(s, "}");
}


static void
ag_simulate_fit_array(ag_simulate_fit_t *fit, yyjson_val *schema)
{
    uint64_t     i, count, max;
    yyjson_val  *items;

    items = yyjson_obj_get(schema, "items");
    count = ag_json_count(yyjson_obj_get(schema, "minItems"),
                          AG_SIMULATE_ITEMS_MAX);
    max = yyjson_obj_get(schema, "maxItems") != NULL
          ? ag_json_count(yyjson_obj_get(schema, "maxItems"),
                          AG_SIMULATE_ITEMS_MAX)
          : AG_SIMULATE_ITEMS_MAX;

    if (count == 0 && items != NULL && max > 0) {
        count = 1;
    }

    ag_simulate_put(fit->s, "[");

    for (i = 0; i < count; i++) {
        ag_simulate_put(fit->s, i > 0 ? "," : "");
        ag_simulate_fit_any(fit, items);
    }

    ag_simulate_put(fit->s, "]");
}


/* The bound that there is, or else a number of our own. */
static void
ag_simulate_fit_number(ag_simulate_t *s, yyjson_val *schema)
{
    size_t                    i;
    double                    bound;
    yyjson_val               *value;
    static const char *const  bounds[] = {
        "minimum", "maximum", "multipleOf", "exclusiveMinimum",
        "exclusiveMaximum"
    };

    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        value = yyjson_obj_get(schema, bounds[i]);

        if (!yyjson_is_num(value)) {
            continue;
        }

        if (i < 3) {
            ag_simulate_fit_value(s, value);
            return;
        }

        /* one beyond what is excluded, if that is a number to count with */

        bound = yyjson_get_num(value) + (i == 3 ? 1 : -1);

        if (bound >= 0 && bound < (double) INT32_MAX) {
            ag_simulate_put_number(s, (uint64_t) bound);
            return;
        }
    }

    ag_simulate_put_number(s, AG_SIMULATE_INTEGER);
}


static void
ag_simulate_fit_string(ag_simulate_t *s, yyjson_val *schema)
{
    size_t    i;
    ag_str_t  format;

    format = ag_json_text(yyjson_obj_get(schema, "format"));

    ag_simulate_put(s, "\"");

    for (i = 0; i < sizeof(ag_simulate_formats) / sizeof(ag_simulate_format_t);
         i++)
    {
        if (ag_str_is(format, ag_simulate_formats[i].format)) {
            ag_simulate_put(s, ag_simulate_formats[i].example);
            ag_simulate_put(s, "\"");
            return;
        }
    }

    ag_simulate_put_words(s, s->payload.len, 2);
    ag_simulate_put(s, "\"");
}
