/*
 * Copyright (C) ngx_agent authors
 *
 * What a reference means: a subschema of this document, by its identifier
 * and a pointer or an anchor.  One that leaves the document, or points to
 * what no keyword calls a schema, is refused.
 *
 * Source: RFC 6901 (JSON Pointer), JSON Schema Core, 8.2 and 9.
 */


#include "core/ag_schema_parts.h"


static int ag_schema_refer_resource(ag_schema_build_t *build,
    ag_str_t reference, uint32_t *resource);
static uint32_t ag_schema_refer_node(ag_schema_build_t *build,
    uint32_t resource, ag_str_t fragment, const ag_schema_anchor_t **anchor);
static const ag_schema_anchor_t *ag_schema_refer_anchor(
    ag_schema_build_t *build, uint32_t resource, ag_str_t name);
static yyjson_val *ag_schema_refer_pointer(ag_schema_build_t *build,
    yyjson_val *value, ag_str_t pointer);
static yyjson_val *ag_schema_refer_step(yyjson_val *value, ag_str_t token);
static size_t ag_schema_refer_unescape(ag_str_t token, ag_char_t *out);


int
ag_schema_refer(ag_schema_build_t *build, uint32_t resource,
    ag_str_t reference, uint32_t *node, const ag_schema_anchor_t **anchor,
    const char **reason)
{
    int       rc;
    ag_buf_t  fragment;

    *anchor = NULL;

    if (reference.len > AG_PATH_MAX) {
        *reason = "is longer than allowed";
        return AG_INVALID;
    }

    rc = ag_schema_build_spend(build, AG_SCHEMA_PRICE + reference.len);

    if (rc == AG_OK) {
        *reason = "leaves the document";
        rc = ag_schema_refer_resource(build, reference, &resource);
    }

    if (rc != AG_OK) {
        return rc;
    }

    ag_buf_init(&fragment, AG_PATH_MAX);

    *reason = "is no URI";
    rc = ag_schema_uri_decode(ag_schema_uri_fragment(reference), &fragment);

    if (rc == AG_OK) {
        *reason = "points to what is no schema";
        *node = ag_schema_refer_node(build, resource, ag_buf_str(&fragment),
                                     anchor);

        rc = (*node != AG_SCHEMA_NOWHERE) ? AG_OK
             : (build->work > 0) ? AG_INVALID : AG_LIMIT;
    }

    ag_buf_free(&fragment);

    return rc;
}


/* Makes "resource", in which the reference stands, that which it names. */
static int
ag_schema_refer_resource(ag_schema_build_t *build, ag_str_t reference,
    uint32_t *resource)
{
    int           rc;
    size_t        i, len;
    ag_buf_t      uri;
    ag_schema_t  *schema;

    if (reference.len == 0 || reference.data[0] == '#') {
        return AG_OK;
    }

    schema = build->schema;

    /* the URI is made, then compared with all others */

    len = schema->resources[*resource].uri.len + reference.len;
    rc = ag_schema_build_spend(build, 4 * len + schema->resource_count
                                                * (1 + len / 64));
    if (rc != AG_OK) {
        return rc;
    }

    ag_buf_init(&uri, AG_PATH_MAX);

    rc = ag_schema_uri_resolve(ag_buf_str(&schema->resources[*resource].uri),
                               reference, &uri);

    for (i = 0; rc == AG_OK && i < schema->resource_count; i++) {
        if (ag_str_equal(ag_buf_str(&uri),
                         ag_buf_str(&schema->resources[i].uri)))
        {
            break;
        }
    }

    ag_buf_free(&uri);

    if (rc == AG_LIMIT || (rc == AG_OK && i == schema->resource_count)) {
        return AG_INVALID;      /* none here is that long */
    }

    *resource = (uint32_t) i;

    return rc;
}


/* What the decoded fragment means in the resource. */
static uint32_t
ag_schema_refer_node(ag_schema_build_t *build, uint32_t resource,
    ag_str_t fragment, const ag_schema_anchor_t **anchor)
{
    yyjson_val   *value;
    ag_schema_t  *schema;

    schema = build->schema;

    if (fragment.len > 0 && fragment.data[0] != '/') {
        *anchor = ag_schema_refer_anchor(build, resource, fragment);

        return (*anchor != NULL) ? (*anchor)->node : AG_SCHEMA_NOWHERE;
    }

    value = schema->nodes[schema->resources[resource].node].value;
    value = ag_schema_refer_pointer(build, value, fragment);

    return ag_schema_walk_node(schema, value);
}


/* A dynamic anchor comes before a plain one of the same name. */
static const ag_schema_anchor_t *
ag_schema_refer_anchor(ag_schema_build_t *build, uint32_t resource,
    ag_str_t name)
{
    size_t                     i;
    const ag_schema_anchor_t  *anchor, *found;

    found = NULL;

    if (ag_schema_build_spend(build, 2 * build->schema->anchor_count)
        != AG_OK)
    {
        return NULL;
    }

    for (i = 0; i < build->schema->anchor_count; i++) {
        anchor = &build->schema->anchors[i];

        if (anchor->resource == resource && ag_str_equal(anchor->name, name)
            && (found == NULL || (anchor->dynamic && !found->dynamic)))
        {
            found = anchor;
        }
    }

    return found;
}


/*
 * The value that the pointer, which is empty or starts with "/", leads to.
 * Members are compared one after the other at each step, and paid for.
 */
static yyjson_val *
ag_schema_refer_pointer(ag_schema_build_t *build, yyjson_val *value,
    ag_str_t pointer)
{
    size_t       len;
    ag_str_t     token;
    ag_char_t    name[AG_PATH_MAX];
    const void  *slash;

    while (value != NULL && pointer.len > 0) {
        pointer = ag_str(pointer.data + 1, pointer.len - 1);
        slash = (pointer.len > 0) ? memchr(pointer.data, '/', pointer.len)
                                  : NULL;
        len = (slash == NULL)
              ? pointer.len
              : (size_t) ((const ag_char_t *) slash - pointer.data);

        token = ag_str(pointer.data, len);
        pointer = ag_str(pointer.data + len, pointer.len - len);

        if (ag_schema_build_spend(build, yyjson_get_len(value)) != AG_OK) {
            return NULL;
        }

        token = ag_str(name, ag_schema_refer_unescape(token, name));
        value = ag_schema_refer_step(value, token);
    }

    return value;
}


/* An index has no sign and no zeros in front of it. */
static yyjson_val *
ag_schema_refer_step(yyjson_val *value, ag_str_t token)
{
    int64_t  index;

    if (yyjson_is_obj(value)) {
        return yyjson_obj_getn(value, (const char *) token.data, token.len);
    }

    if (yyjson_is_arr(value) && token.len > 0
        && token.data[0] >= (token.len == 1 ? '0' : '1')
        && ag_json_integer(token, 0, AG_SCHEMA_MAX, &index) == AG_OK)
    {
        return yyjson_arr_get(value, (size_t) index);
    }

    return NULL;
}


/* Decodes ~0 and ~1, which never makes the text longer. */
static size_t
ag_schema_refer_unescape(ag_str_t token, ag_char_t *out)
{
    size_t  i, len;

    len = 0;

    for (i = 0; i < token.len; i++) {
        out[len] = token.data[i];

        if (out[len] == '~' && i + 1 < token.len
            && (token.data[i + 1] == '0' || token.data[i + 1] == '1'))
        {
            i++;
            out[len] = (token.data[i] == '0') ? '~' : '/';
        }

        len++;
    }

    return len;
}
