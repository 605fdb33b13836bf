/*
 * Copyright (C) ngx_agent authors
 *
 * JSON Schema: a schema's life, and trying one of its subschemas on a value.
 *
 * Schemas come from clients, and a few bytes of one may mean work without
 * end.  So all that is done, in compiling and in checking, is paid for from
 * a budget before it is done, and every recursion has its depth.  What could
 * not be told for lack of either is no verdict: it passes through "not" and
 * "anyOf" as it is, and the caller decides.
 */


#include <stdlib.h>

#include "core/ag_schema_parts.h"


static ag_schema_t *ag_schema_make(yyjson_doc *doc, yyjson_val *root,
    ag_schema_error_t *error);


ag_schema_t *
ag_schema_compile(ag_str_t text, ag_schema_error_t *error)
{
    yyjson_doc         *doc;
    ag_schema_t        *schema;
    ag_schema_error_t   unused;

    memset(&unused, 0, sizeof(unused));
    error = (error != NULL) ? error : &unused;

    if (text.len > AG_SCHEMA_MAX) {
        (void) ag_schema_fail(error, "", "the schema is too large");
        return NULL;
    }

    doc = ag_json_tree(text, NULL, 0);

    if (doc == NULL) {
        (void) ag_schema_fail(error, "",
                              "the schema is not JSON, or nested too deep");
        return NULL;
    }

    schema = ag_schema_make(doc, yyjson_doc_get_root(doc), error);

    if (schema == NULL) {
        yyjson_doc_free(doc);
    }

    return schema;
}


ag_schema_t *
ag_schema_compile_tree(yyjson_val *root, ag_schema_error_t *error)
{
    ag_schema_error_t  unused;

    memset(&unused, 0, sizeof(unused));

    return ag_schema_make(NULL, root, (error != NULL) ? error : &unused);
}


int
ag_schema_check(const ag_schema_t *schema, yyjson_val *value,
    ag_schema_error_t *error)
{
    int                rc;
    ag_schema_run_t    run;
    ag_schema_error_t  unused;
    ag_schema_frame_t  frame;

    memset(&unused, 0, sizeof(unused));

    /* the outermost frame has no node, and ends every search outwards */

    run.schema = schema;
    run.error = (error != NULL) ? error : &unused;
    run.work = (uint64_t) AG_SCHEMA_STEPS_MAX * AG_SCHEMA_PRICE;

    memset(&frame, 0, sizeof(frame));
    frame.run = &run;

    rc = ag_schema_try(&frame, 0, value, "");

    /* a schema that did not hold may have been one that need not */

    if (rc == AG_OK) {
        (void) ag_schema_fail(run.error, "", "");

    } else if (rc == AG_LIMIT) {
        (void) ag_schema_fail(run.error, "",
                              "the schema takes too long to check");
    }

    return rc;
}


void
ag_schema_free(ag_schema_t *schema)
{
    size_t  i;

    if (schema == NULL) {
        return;
    }

    for (i = 0; i < schema->link_count; i++) {
        ag_regex_free(schema->links[i].regex);
    }

    for (i = 0; i < schema->resource_count; i++) {
        ag_buf_free(&schema->resources[i].uri);
    }

    free(schema->nodes);
    free(schema->rules);
    free(schema->links);
    free(schema->resources);
    free(schema->anchors);

    yyjson_doc_free(schema->doc);
    free(schema);
}


/*
 * Rules are tried in the order in which the schema's author wrote them, and
 * the first that says no ends it: its keyword is the one that is reported.
 */
int
ag_schema_try(const ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const char *keyword)
{
    int                      rc;
    uint32_t                 i;
    unsigned                 type;
    ag_schema_frame_t        frame;
    const ag_schema_rule_t  *rule;

    rc = ag_schema_enter(&frame, outer, node);

    if (rc != AG_OK) {
        return rc;
    }

    if (frame.node->never) {
        return ag_schema_fail(frame.run->error, keyword,
                              "nothing is allowed here");
    }

    type = ag_schema_type(value);
    rule = frame.run->schema->rules + frame.node->rule;

    for (i = 0; i < frame.node->count; i++) {
        if ((rule[i].keyword->types & type) == 0) {
            continue;
        }

        rc = rule[i].keyword->test(&frame, &rule[i], value);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* Frames are on the stack of those who try, linked to their outer ones. */
int
ag_schema_enter(ag_schema_frame_t *frame, const ag_schema_frame_t *outer,
    uint32_t node)
{
    if (outer->depth >= AG_SCHEMA_DEPTH_MAX) {
        return AG_LIMIT;
    }

    frame->run = outer->run;
    frame->outer = outer;
    frame->node = &outer->run->schema->nodes[node];
    frame->depth = outer->depth + 1;

    return ag_schema_spend(frame->run, AG_SCHEMA_PRICE);
}


int
ag_schema_spend(ag_schema_run_t *run, uint64_t units)
{
    if (run->work < units) {
        run->work = 0;
        return AG_LIMIT;
    }

    run->work -= units;

    return AG_OK;
}


int
ag_schema_fail(ag_schema_error_t *error, const char *keyword,
    const char *reason)
{
    error->keyword = keyword;
    error->reason = reason;

    return AG_INVALID;
}


int
ag_schema_fail_rule(const ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule)
{
    return ag_schema_fail(frame->run->error, rule->keyword->name,
                          rule->keyword->reason);
}


unsigned
ag_schema_type(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {

    case YYJSON_TYPE_NULL:
        return AG_SCHEMA_NULL;

    case YYJSON_TYPE_BOOL:
        return AG_SCHEMA_BOOLEAN;

    case YYJSON_TYPE_STR:
        return AG_SCHEMA_STRING;

    case YYJSON_TYPE_ARR:
        return AG_SCHEMA_ARRAY;

    case YYJSON_TYPE_OBJ:
        return AG_SCHEMA_OBJECT;

    default:
        return AG_SCHEMA_NUMBER;
    }
}


void *
ag_schema_more(void *array, size_t count, size_t size)
{
    /* full at every power of two, from 4 on: so it doubles */

    if (count > 0 && (count < 4 || (count & (count - 1)) != 0)) {
        return array;
    }

    return realloc(array, (count > 0 ? count * 2 : 4) * size);
}


/* Does not free the tree when it refuses. */
static ag_schema_t *
ag_schema_make(yyjson_doc *doc, yyjson_val *root, ag_schema_error_t *error)
{
    int                rc;
    ag_schema_t       *schema;
    ag_schema_build_t  build;

    (void) ag_schema_fail(error, "", "");
    schema = calloc(1, sizeof(*schema));

    if (schema == NULL) {
        (void) ag_schema_fail(error, "", "there is no memory");
        return NULL;
    }

    build.schema = schema;
    build.error = error;
    build.work = (uint64_t) AG_SCHEMA_STEPS_MAX * AG_SCHEMA_PRICE;
    build.regexes = 0;

    rc = ag_schema_walk(&build, root);

    if (rc == AG_OK) {
        rc = ag_schema_build(&build);
    }

    if (rc == AG_OK) {
        schema->doc = doc;
        return schema;
    }

    if (rc == AG_NOMEM) {
        (void) ag_schema_fail(error, "", "there is no memory");

    } else if (rc == AG_LIMIT) {
        (void) ag_schema_fail(error, "",
                              "the schema takes too long to read");
    }

    ag_schema_free(schema);

    return NULL;
}
