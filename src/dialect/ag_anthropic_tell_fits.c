/*
 * Copyright (C) ngx_agent authors
 *
 * Which schemas Anthropic's constrained decoding takes.  One that would lose
 * its meaning without what is left out there (a map, a tree), or that is
 * larger than what compiles, does not fit; what it cannot say but keeps its
 * meaning without (bounds, patterns) does.
 *
 * Source: Anthropic's guide "Structured outputs", JSON Schema limitations.
 */


#include "dialect/ag_anthropic_tell_parts.h"


#define AG_ANTHROPIC_DEFS_MAX    128    /* definitions of a schema */
#define AG_ANTHROPIC_NODES_MAX   2000   /* subschemas and required names: far
                                           more than compile there */
#define AG_ANTHROPIC_DEPTH_MAX   128    /* recursion, through references */


typedef struct {
    ag_str_t     name;
    yyjson_val  *schema;
    unsigned     open:1;        /* being walked: a reference is recursion */
    unsigned     done:1;
} ag_anthropic_definition_t;


typedef struct {
    ag_anthropic_definition_t  definitions[AG_ANTHROPIC_DEFS_MAX];
    uint32_t                   count;
    uint32_t                   nodes;
    uint32_t                   depth;
    ag_anthropic_schemas_t     taken;
} ag_anthropic_walk_t;


static unsigned ag_anthropic_tell_fits_collect(ag_anthropic_walk_t *walk,
    yyjson_val *definitions);
static unsigned ag_anthropic_tell_fits_walk(ag_anthropic_walk_t *walk,
    yyjson_val *schema);
static unsigned ag_anthropic_tell_fits_each(ag_anthropic_walk_t *walk,
    yyjson_val *schema);
static unsigned ag_anthropic_tell_fits_list(ag_anthropic_walk_t *walk,
    yyjson_val *schemas);
static unsigned ag_anthropic_tell_fits_refer(ag_anthropic_walk_t *walk,
    ag_str_t reference);
static unsigned ag_anthropic_tell_fits_object(ag_anthropic_walk_t *walk,
    yyjson_val *schema);
static unsigned ag_anthropic_tell_fits_is_union(yyjson_val *schema);


unsigned
ag_anthropic_tell_fits(yyjson_val *schema,
    ag_anthropic_schemas_t *taken)
{
    ag_anthropic_walk_t  walk;

    walk.count = 0;
    walk.nodes = 0;
    walk.depth = 0;
    walk.taken = *taken;

    if (!yyjson_is_obj(schema)
        || !ag_anthropic_tell_fits_collect(&walk,
                                             yyjson_obj_get(schema, "$defs"))
        || !ag_anthropic_tell_fits_collect(&walk,
                                             yyjson_obj_get(schema,
                                                            "definitions"))
        || !ag_anthropic_tell_fits_walk(&walk, schema))
    {
        return 0;
    }

    *taken = walk.taken;

    return 1;
}


static unsigned
ag_anthropic_tell_fits_collect(ag_anthropic_walk_t *walk,
    yyjson_val *definitions)
{
    size_t                      i, count;
    yyjson_val                 *key, *value;
    ag_anthropic_definition_t  *definition;

    if (!yyjson_is_obj(definitions)) {
        return 1;
    }

    yyjson_obj_foreach(definitions, i, count, key, value) {

        if (walk->count == AG_ANTHROPIC_DEFS_MAX) {
            return 0;
        }

        definition = &walk->definitions[walk->count++];

        definition->name = ag_json_text(key);
        definition->schema = value;
        definition->open = 0;
        definition->done = 0;
    }

    return 1;
}


/*
 * A definition that nothing refers to is not judged.  "true" and "{}" stand
 * for any value and pass, though the decoder may have its doubts.
 */
static unsigned
ag_anthropic_tell_fits_walk(ag_anthropic_walk_t *walk, yyjson_val *schema)
{
    unsigned     fits;
    yyjson_val  *reference;

    walk->nodes++;

    if (yyjson_is_bool(schema)) {
        return 1;
    }

    if (!yyjson_is_obj(schema) || walk->nodes > AG_ANTHROPIC_NODES_MAX
        || walk->depth == AG_ANTHROPIC_DEPTH_MAX)
    {
        return 0;
    }

    walk->depth++;
    reference = yyjson_obj_get(schema, "$ref");

    fits = (reference != NULL)
           ? ag_anthropic_tell_fits_refer(walk, ag_json_text(reference))
           : ag_anthropic_tell_fits_each(walk, schema);

    walk->depth--;

    return fits;
}


static unsigned
ag_anthropic_tell_fits_each(ag_anthropic_walk_t *walk, yyjson_val *schema)
{
    size_t       i, count;
    yyjson_val  *key, *value, *properties;

    if (ag_anthropic_tell_fits_is_union(schema)
        && ++walk->taken.unions > AG_ANTHROPIC_UNIONS_MAX)
    {
        return 0;
    }

    if (ag_anthropic_tell_schema_is_object(schema)
        && !ag_anthropic_tell_fits_object(walk, schema))
    {
        return 0;
    }

    properties = yyjson_obj_get(schema, "properties");

    if (yyjson_is_obj(properties)) {
        yyjson_obj_foreach(properties, i, count, key, value) {
            if (!ag_anthropic_tell_fits_walk(walk, value)) {
                return 0;
            }
        }
    }

    return ag_anthropic_tell_fits_list(walk, yyjson_obj_get(schema, "items"))
           && ag_anthropic_tell_fits_list(walk,
                                            yyjson_obj_get(schema, "anyOf"))
           && ag_anthropic_tell_fits_list(walk,
                                            yyjson_obj_get(schema, "oneOf"))
           && ag_anthropic_tell_fits_list(walk,
                                            yyjson_obj_get(schema, "allOf"));
}


/* A list of schemas, one schema, or none. */
static unsigned
ag_anthropic_tell_fits_list(ag_anthropic_walk_t *walk, yyjson_val *schemas)
{
    size_t       i, count;
    yyjson_val  *value;

    if (schemas == NULL) {
        return 1;
    }

    if (!yyjson_is_arr(schemas)) {
        return ag_anthropic_tell_fits_walk(walk, schemas);
    }

    yyjson_arr_foreach(schemas, i, count, value) {
        if (!ag_anthropic_tell_fits_walk(walk, value)) {
            return 0;
        }
    }

    return 1;
}


/* Each definition is walked once, however often it is referred to. */
static unsigned
ag_anthropic_tell_fits_refer(ag_anthropic_walk_t *walk, ag_str_t reference)
{
    size_t                      skip;
    unsigned                    fits;
    uint32_t                    i;
    ag_anthropic_definition_t  *definition;

    static const ag_str_t  heads[] = {
        ag_string("#/$defs/"), ag_string("#/definitions/")
    };

    for (i = 0; i < 2; i++) {
        skip = heads[i].len;

        if (reference.len > skip
            && memcmp(reference.data, heads[i].data, skip) == 0)
        {
            reference = ag_str(reference.data + skip, reference.len - skip);
            break;
        }
    }

    if (i == 2) {
        return 0;       /* "#" is recursion; another document's, a pointer
                           into the middle: nobody writes them */
    }

    for (i = 0; i < walk->count; i++) {
        definition = &walk->definitions[i];

        if (!ag_str_equal(definition->name, reference)) {
            continue;
        }

        if (definition->done || definition->open) {
            return definition->done;
        }

        definition->open = 1;
        fits = ag_anthropic_tell_fits_walk(walk, definition->schema);
        definition->done = 1;

        return fits;
    }

    return 0;
}


/*
 * Closing an object that lists its properties still gives what its schema
 * allows; closing a map gives nothing.
 */
static unsigned
ag_anthropic_tell_fits_object(ag_anthropic_walk_t *walk,
    yyjson_val *schema)
{
    size_t       i, count, properties, named;
    yyjson_val  *more, *listed, *required, *value;

    listed = yyjson_obj_get(schema, "properties");
    required = yyjson_obj_get(schema, "required");
    more = yyjson_obj_get(schema, "additionalProperties");
    properties = yyjson_obj_size(listed);

    if ((properties == 0 && !yyjson_is_false(more)) || yyjson_obj_size(more)
        || yyjson_obj_size(yyjson_obj_get(schema, "patternProperties")))
    {
        return 0;
    }

    walk->nodes += (uint32_t) yyjson_arr_size(required);

    if (properties > AG_ANTHROPIC_NODES_MAX
        || yyjson_arr_size(required) > AG_ANTHROPIC_NODES_MAX
        || walk->nodes > AG_ANTHROPIC_NODES_MAX)
    {
        return 0;
    }

    named = 0;

    yyjson_arr_foreach(required, i, count, value) {
        named += (yyjson_obj_getn(listed, yyjson_get_str(value),
                                  yyjson_get_len(value)) != NULL);
    }

    if (named < properties) {
        walk->taken.optional += (uint32_t) (properties - named);
    }

    return walk->taken.optional <= AG_ANTHROPIC_OPTIONAL_MAX;
}


/* These multiply while a grammar is compiled: Anthropic counts them. */
static unsigned
ag_anthropic_tell_fits_is_union(yyjson_val *schema)
{
    return yyjson_arr_size(yyjson_obj_get(schema, "type")) > 1
           || yyjson_obj_get(schema, "anyOf") != NULL
           || yyjson_obj_get(schema, "oneOf") != NULL;
}
