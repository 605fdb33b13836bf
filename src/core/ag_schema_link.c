/*
 * Copyright (C) ngx_agent authors
 *
 * Rules that hold other schemas or patterns: all that a check would have to
 * look for is found here, once.  A rule's links stand side by side, since no
 * other rule is made in between.
 */


#include <stdlib.h>

#include "core/ag_schema_parts.h"


#define AG_SCHEMA_LINK_PRICE  64    /* units; 250000 links and 8 MiB */


static int ag_schema_link_names(ag_schema_build_t *build,
    ag_schema_rule_t *rule, yyjson_val *map);
static int ag_schema_link_patterns(ag_schema_build_t *build,
    ag_schema_rule_t *rule, yyjson_val *map);
static int ag_schema_link_add(ag_schema_build_t *build,
    ag_schema_rule_t *rule, ag_str_t name, yyjson_val *schema);
static int ag_schema_link_add_regex(ag_schema_build_t *build,
    ag_schema_rule_t *rule, const char *keyword, ag_str_t pattern,
    yyjson_val *schema);
static int ag_schema_link_sort(ag_schema_build_t *build,
    ag_schema_rule_t *rule);
static int ag_schema_link_order(const void *a, const void *b);
static uint32_t ag_schema_link_child(const ag_schema_build_t *build,
    yyjson_val *object, const char *name);
static int ag_schema_link_bound(ag_schema_build_t *build,
    yyjson_val *object, const char *name, uint64_t *bound);
static int ag_schema_link_scope(ag_schema_build_t *build,
    ag_schema_rule_t *rule, ag_str_t name);


/* The one link has a pattern and leads nowhere. */
int
ag_schema_link_pattern(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    if (!yyjson_is_str(rule->value)) {
        return ag_schema_fail(build->error, rule->keyword->name,
                              "is no string");
    }

    return ag_schema_link_add_regex(build, rule, rule->keyword->name,
                                    ag_json_text(rule->value), NULL);
}


int
ag_schema_link_one(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    rule->node = ag_schema_walk_node(build->schema, rule->value);

    return AG_OK;
}


int
ag_schema_link_list(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *schema;

    (void) object;

    yyjson_arr_foreach(rule->value, i, max, schema) {
        rc = ag_schema_link_add(build, rule, ag_str(NULL, 0), schema);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_schema_link_map(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    return ag_schema_link_names(build, rule, rule->value);
}


/*
 * properties, patternProperties and additionalProperties are one rule: what
 * the last is about depends on the others.  It belongs to the first of them
 * that is there; behind the links with names come those with patterns, and
 * "node" is for all other members.
 */
int
ag_schema_link_members(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int          rc;
    yyjson_val  *named, *patterned;

    named = yyjson_obj_get(object, "properties");
    patterned = yyjson_obj_get(object, "patternProperties");

    if (rule->value != named
        && (named != NULL || (rule->value != patterned && patterned != NULL)))
    {
        return AG_NONE;
    }

    rc = ag_schema_link_names(build, rule, named);

    if (rc == AG_OK) {
        rc = ag_schema_link_patterns(build, rule, patterned);
    }

    rule->node = ag_schema_link_child(build, object, "additionalProperties");

    return rc;
}


/* prefixItems and items are one rule, for the same reason. */
int
ag_schema_link_elements(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    yyjson_val  *prefix;

    prefix = yyjson_obj_get(object, "prefixItems");

    if (prefix != NULL && rule->value != prefix) {
        return AG_NONE;
    }

    rule->node = ag_schema_link_child(build, object, "items");

    if (prefix == NULL) {
        return AG_OK;
    }

    return ag_schema_link_list(build, rule, object);
}


/* minContains and maxContains mean nothing without it. */
int
ag_schema_link_contains(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int  rc;

    rule->node = ag_schema_walk_node(build->schema, rule->value);
    rule->least = 1;
    rule->most = UINT64_MAX;

    rc = ag_schema_link_bound(build, object, "minContains", &rule->least);

    if (rc != AG_OK) {
        return rc;
    }

    return ag_schema_link_bound(build, object, "maxContains", &rule->most);
}


/* "node" is the condition; the links are then and else, or lead nowhere. */
int
ag_schema_link_if(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int  rc;

    rule->node = ag_schema_walk_node(build->schema, rule->value);

    rc = ag_schema_link_add(build, rule, ag_str(NULL, 0),
                            yyjson_obj_get(object, "then"));

    if (rc != AG_OK) {
        return rc;
    }

    return ag_schema_link_add(build, rule, ag_str(NULL, 0),
                              yyjson_obj_get(object, "else"));
}


/*
 * "node" is what the reference means as it stands.  If that is by a dynamic
 * anchor, the links are all resources' anchors of that name, of which the
 * outermost in scope is meant.
 */
int
ag_schema_link_reference(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int                        rc;
    const char                *reason;
    const ag_schema_anchor_t  *anchor;

    (void) object;

    if (!yyjson_is_str(rule->value)) {
        return ag_schema_fail(build->error, rule->keyword->name,
                              "is no string");
    }

    rc = ag_schema_refer(build, build->schema->nodes[rule->node].resource,
                         ag_json_text(rule->value), &rule->node, &anchor,
                         &reason);

    if (rc == AG_INVALID) {
        return ag_schema_fail(build->error, rule->keyword->name, reason);
    }

    if (rc != AG_OK || anchor == NULL || !anchor->dynamic
        || strcmp(rule->keyword->name, "$dynamicRef") != 0)
    {
        return rc;
    }

    return ag_schema_link_scope(build, rule, anchor->name);
}


/*
 * Links the schemas of a map, which may be missing, sorted by their names;
 * "split" becomes their count.
 */
static int
ag_schema_link_names(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *map)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *schema;

    if (map == NULL) {
        return AG_OK;
    }

    yyjson_obj_foreach(map, i, max, key, schema) {
        rc = ag_schema_link_add(build, rule, ag_json_text(key), schema);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return ag_schema_link_sort(build, rule);
}


/* The same of a map whose names are patterns. */
static int
ag_schema_link_patterns(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *map)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *schema;

    if (map == NULL) {
        return AG_OK;
    }

    yyjson_obj_foreach(map, i, max, key, schema) {
        rc = ag_schema_link_add_regex(build, rule, "patternProperties",
                                      ag_json_text(key), schema);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* The schema may be missing. */
static int
ag_schema_link_add(ag_schema_build_t *build, ag_schema_rule_t *rule,
    ag_str_t name, yyjson_val *schema)
{
    ag_schema_link_t  *links;

    links = ag_schema_more(build->schema->links, build->schema->link_count,
                           sizeof(*links));
    if (links == NULL) {
        return AG_NOMEM;
    }

    build->schema->links = links;
    links += build->schema->link_count++;

    links->name = name;
    links->regex = NULL;
    links->node = (schema != NULL)
                  ? ag_schema_walk_node(build->schema, schema)
                  : AG_SCHEMA_NOWHERE;

    rule->count++;

    return AG_OK;
}


/* "keyword" is what is said to be wrong. */
static int
ag_schema_link_add_regex(ag_schema_build_t *build, ag_schema_rule_t *rule,
    const char *keyword, ag_str_t pattern, yyjson_val *schema)
{
    int          rc;
    ag_regex_t  *regex;
    const char  *reason;

    regex = ag_regex_compile(pattern, &reason, NULL);

    if (regex == NULL) {
        return ag_schema_fail(build->error, keyword, reason);
    }

    build->regexes += ag_regex_size(regex);

    if (build->regexes > AG_SCHEMA_REGEXES) {
        ag_regex_free(regex);
        return ag_schema_fail(build->error, keyword,
                              "all patterns together are too large");
    }

    rc = ag_schema_link_add(build, rule, pattern, schema);

    if (rc != AG_OK) {
        ag_regex_free(regex);
        return rc;
    }

    build->schema->links[build->schema->link_count - 1].regex = regex;

    return AG_OK;
}


static int
ag_schema_link_sort(ag_schema_build_t *build, ag_schema_rule_t *rule)
{
    uint32_t           i;
    ag_schema_link_t  *links;

    rule->split = rule->count;

    if (rule->count == 0) {
        return AG_OK;
    }

    links = build->schema->links + rule->link;
    qsort(links, rule->count, sizeof(*links), ag_schema_link_order);

    for (i = 1; i < rule->count; i++) {
        if (ag_str_equal(links[i - 1].name, links[i].name)) {
            return ag_schema_fail(build->error, rule->keyword->name,
                                  "has a name twice");
        }
    }

    return AG_OK;
}


/* Shorter names come first: most are told apart without a look at them. */
static int
ag_schema_link_order(const void *a, const void *b)
{
    const ag_schema_link_t  *x, *y;

    x = a;
    y = b;

    if (x->name.len != y->name.len) {
        return (x->name.len > y->name.len) ? 1 : -1;
    }

    return memcmp(x->name.data, y->name.data, x->name.len);
}


/* The node of another keyword of the same object, if that is there. */
static uint32_t
ag_schema_link_child(const ag_schema_build_t *build, yyjson_val *object,
    const char *name)
{
    yyjson_val  *schema;

    schema = yyjson_obj_get(object, name);

    return (schema != NULL) ? ag_schema_walk_node(build->schema, schema)
                            : AG_SCHEMA_NOWHERE;
}


/* Reads the count that another keyword of the object says, if it does. */
static int
ag_schema_link_bound(ag_schema_build_t *build, yyjson_val *object,
    const char *name, uint64_t *bound)
{
    int               rc;
    ag_schema_rule_t  rule;

    memset(&rule, 0, sizeof(rule));
    rule.keyword = ag_schema_keyword(ag_str(name, strlen(name)));
    rule.value = yyjson_obj_get(object, name);

    if (rule.value == NULL) {
        return AG_OK;
    }

    rc = ag_schema_build_count(build, &rule, object);
    *bound = rule.least;

    return rc;
}


/* All dynamic anchors of the name: which one is in scope, a check knows. */
static int
ag_schema_link_scope(ag_schema_build_t *build, ag_schema_rule_t *rule,
    ag_str_t name)
{
    int                  rc;
    size_t               i;
    ag_schema_anchor_t  *anchor;

    if (ag_schema_build_spend(build, build->schema->anchor_count) != AG_OK) {
        return AG_LIMIT;
    }

    for (i = 0; i < build->schema->anchor_count; i++) {
        anchor = &build->schema->anchors[i];

        if (!anchor->dynamic || !ag_str_equal(anchor->name, name)) {
            continue;
        }

        /* many references with many anchors each would fill the memory */

        rc = ag_schema_build_spend(build, AG_SCHEMA_LINK_PRICE);

        if (rc == AG_OK) {
            rc = ag_schema_link_add(build, rule, anchor->name,
                                build->schema->nodes[anchor->node].value);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}
