/*
 * Copyright (C) ngx_agent authors
 *
 * The first pass over a schema: finds every subschema, what identifies it,
 * and that its keywords hold what they must.  Goes only where a keyword says
 * that schemas are: an "$id" in an enum is a value and no identifier.
 */


#include <stdlib.h>

#include "core/ag_schema_parts.h"


static int ag_schema_walk_value(ag_schema_build_t *build, yyjson_val *value,
    uint32_t resource, unsigned depth, const char *keyword);
static int ag_schema_walk_node_add(ag_schema_build_t *build,
    yyjson_val *value, uint32_t resource);
static int ag_schema_walk_keywords(ag_schema_build_t *build,
    yyjson_val *object, uint32_t resource, unsigned depth);
static int ag_schema_walk_children(ag_schema_build_t *build,
    const ag_schema_keyword_t *keyword, yyjson_val *value,
    uint32_t resource, unsigned depth);
static int ag_schema_walk_dialect(ag_schema_build_t *build,
    yyjson_val *value);
static unsigned ag_schema_walk_cut(ag_str_t *text, const char *prefix);
static int ag_schema_walk_resource(ag_schema_build_t *build, yyjson_val *id,
    uint32_t *resource);
static int ag_schema_walk_anchors(ag_schema_build_t *build,
    yyjson_val *object, uint32_t resource);


/*
 * What says which draft a schema is of; all are read as 2020-12, because
 * those who write "draft-07" mostly have a tool that always does.  Where an
 * older draft promised something by other words, these are refused.
 */
static const char  *ag_schema_walk_dialects[] = {
    "json-schema.org/draft/2020-12/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-04/schema",
    "json-schema.org/schema",
};


int
ag_schema_walk(ag_schema_build_t *build, yyjson_val *root)
{
    return ag_schema_walk_value(build, root, AG_SCHEMA_NOWHERE, 0, "");
}


/* By halving: thousands of references may each ask for their target. */
uint32_t
ag_schema_walk_node(const ag_schema_t *schema, yyjson_val *value)
{
    size_t  low, high, middle;

    /* nodes were found in the order in which a tree keeps its values */

    low = 0;
    high = schema->node_count;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (schema->nodes[middle].value == value) {
            return (uint32_t) middle;
        }

        if (schema->nodes[middle].value < value) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return AG_SCHEMA_NOWHERE;
}


/* Takes in a schema; "resource" is what is around it, if anything is. */
static int
ag_schema_walk_value(ag_schema_build_t *build, yyjson_val *value,
    uint32_t resource, unsigned depth, const char *keyword)
{
    int          rc;
    yyjson_val  *id;

    if (depth > AG_JSON_DEPTH_MAX) {
        return ag_schema_fail(build->error, keyword, "is nested too deep");
    }

    if (!yyjson_is_obj(value) && !yyjson_is_bool(value)) {
        return ag_schema_fail(build->error, keyword, "is no schema");
    }

    if (build->schema->node_count == AG_SCHEMA_NODES_MAX) {
        return ag_schema_fail(build->error, keyword,
                              "the schema has too many subschemas");
    }

    id = yyjson_obj_get(value, "$id");

    if (id != NULL || resource == AG_SCHEMA_NOWHERE) {
        rc = ag_schema_walk_resource(build, id, &resource);

        if (rc != AG_OK) {
            return rc;
        }
    }

    rc = ag_schema_walk_node_add(build, value, resource);

    if (rc != AG_OK || !yyjson_is_obj(value)) {
        return rc;
    }

    rc = ag_schema_walk_anchors(build, value, resource);

    if (rc != AG_OK) {
        return rc;
    }

    return ag_schema_walk_keywords(build, value, resource, depth);
}


/* Its rules come in the second pass, when all nodes are known. */
static int
ag_schema_walk_node_add(ag_schema_build_t *build, yyjson_val *value,
    uint32_t resource)
{
    ag_schema_t       *schema;
    ag_schema_node_t  *nodes;

    schema = build->schema;
    nodes = ag_schema_more(schema->nodes, schema->node_count,
                           sizeof(*nodes));

    if (nodes == NULL) {
        return AG_NOMEM;
    }

    schema->nodes = nodes;
    nodes += schema->node_count++;

    memset(nodes, 0, sizeof(*nodes));
    nodes->value = value;
    nodes->resource = resource;
    nodes->never = yyjson_is_false(value);

    return AG_OK;
}


/* A keyword twice is refused: which of the two would be meant? */
static int
ag_schema_walk_keywords(ag_schema_build_t *build, yyjson_val *object,
    uint32_t resource, unsigned depth)
{
    int                         rc;
    size_t                      i, max;
    uint64_t                    seen, bit;
    yyjson_val                 *key, *value;
    const ag_schema_keyword_t  *keyword;

    seen = 0;

    yyjson_obj_foreach(object, i, max, key, value) {
        keyword = ag_schema_keyword(ag_json_text(key));

        if (keyword == NULL) {
            continue;
        }

        bit = UINT64_C(1) << ag_schema_keyword_number(keyword);

        if (seen & bit) {
            return ag_schema_fail(build->error, keyword->name,
                                  "stands there twice");
        }

        seen |= bit;
        rc = AG_OK;

        if (keyword->holds != AG_SCHEMA_PLAIN) {
            rc = ag_schema_walk_children(build, keyword, value, resource,
                                         depth + 1);

        } else if (strcmp(keyword->name, "$schema") == 0) {
            rc = ag_schema_walk_dialect(build, value);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* An empty list of schemas is refused, as the standard does. */
static int
ag_schema_walk_children(ag_schema_build_t *build,
    const ag_schema_keyword_t *keyword, yyjson_val *value,
    uint32_t resource, unsigned depth)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *child;

    rc = AG_OK;

    if (keyword->holds == AG_SCHEMA_ONE) {
        return ag_schema_walk_value(build, value, resource, depth,
                                    keyword->name);
    }

    if (keyword->holds == AG_SCHEMA_LIST) {

        if (yyjson_arr_size(value) == 0) {
            return ag_schema_fail(build->error, keyword->name,
                                  "is no array of schemas");
        }

        yyjson_arr_foreach(value, i, max, child) {
            rc = ag_schema_walk_value(build, child, resource, depth,
                                      keyword->name);
            if (rc != AG_OK) {
                return rc;
            }
        }

        return AG_OK;
    }

    if (!yyjson_is_obj(value)) {
        return ag_schema_fail(build->error, keyword->name,
                              "is no object of schemas");
    }

    yyjson_obj_foreach(value, i, max, key, child) {
        rc = ag_schema_walk_value(build, child, resource, depth,
                                  keyword->name);
        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/*
 * A dialect of one's own may leave out keywords or add some: to check by
 * ours would be to check something else.
 */
static int
ag_schema_walk_dialect(ag_schema_build_t *build, yyjson_val *value)
{
    size_t    i;
    ag_str_t  text;

    text = ag_json_text(value);

    if (!ag_schema_walk_cut(&text, "https://")) {
        (void) ag_schema_walk_cut(&text, "http://");
    }

    if (text.len > 0 && text.data[text.len - 1] == '#') {
        text.len--;
    }

    for (i = 0; i < sizeof(ag_schema_walk_dialects)
                    / sizeof(ag_schema_walk_dialects[0]); i++)
    {
        if (ag_str_is(text, ag_schema_walk_dialects[i])) {
            return AG_OK;
        }
    }

    return ag_schema_fail(build->error, "$schema",
                          "names a dialect that is not known");
}


/* Takes the prefix off the text, if it is there. */
static unsigned
ag_schema_walk_cut(ag_str_t *text, const char *prefix)
{
    size_t  n;

    n = strlen(prefix);

    if (text->len < n || memcmp(text->data, prefix, n) != 0) {
        return 0;
    }

    *text = ag_str(text->data + n, text->len - n);

    return 1;
}


/* Makes the resource that the identifier begins; the root's may have none. */
static int
ag_schema_walk_resource(ag_schema_build_t *build, yyjson_val *id,
    uint32_t *resource)
{
    int                    rc;
    ag_str_t               base, text;
    ag_schema_t           *schema;
    ag_schema_resource_t  *resources;

    schema = build->schema;
    text = ag_json_text(id);

    if (id != NULL && !yyjson_is_str(id)) {
        return ag_schema_fail(build->error, "$id", "is no string");
    }

    if (ag_schema_uri_fragment(text).len > 0) {
        return ag_schema_fail(build->error, "$id", "has a fragment");
    }

    resources = ag_schema_more(schema->resources, schema->resource_count,
                               sizeof(*resources));
    if (resources == NULL) {
        return AG_NOMEM;
    }

    schema->resources = resources;

    base = (*resource == AG_SCHEMA_NOWHERE)
           ? ag_str(NULL, 0)
           : ag_buf_str(&resources[*resource].uri);

    if (ag_schema_build_spend(build, 4 * (base.len + text.len)) != AG_OK) {
        return AG_LIMIT;
    }

    *resource = (uint32_t) schema->resource_count++;
    resources += *resource;

    ag_buf_init(&resources->uri, AG_PATH_MAX);
    resources->node = (uint32_t) schema->node_count;

    rc = ag_schema_uri_resolve(base, text, &resources->uri);

    if (rc == AG_LIMIT) {
        return ag_schema_fail(build->error, "$id", "is longer than allowed");
    }

    return rc;
}


/* The object is the newest node; it may have an anchor of each kind. */
static int
ag_schema_walk_anchors(ag_schema_build_t *build, yyjson_val *object,
    uint32_t resource)
{
    unsigned              dynamic;
    yyjson_val           *value;
    const char           *name;
    ag_schema_t          *schema;
    ag_schema_anchor_t   *anchors;

    schema = build->schema;

    for (dynamic = 0; dynamic < 2; dynamic++) {
        name = dynamic ? "$dynamicAnchor" : "$anchor";
        value = yyjson_obj_get(object, name);

        if (value == NULL) {
            continue;
        }

        if (!yyjson_is_str(value) || yyjson_get_len(value) == 0) {
            return ag_schema_fail(build->error, name, "is no name");
        }

        anchors = ag_schema_more(schema->anchors, schema->anchor_count,
                                 sizeof(*anchors));
        if (anchors == NULL) {
            return AG_NOMEM;
        }

        schema->anchors = anchors;
        anchors += schema->anchor_count++;

        anchors->name = ag_json_text(value);
        anchors->resource = resource;
        anchors->node = (uint32_t) schema->node_count - 1;
        anchors->dynamic = (dynamic & 1);
    }

    return AG_OK;
}
