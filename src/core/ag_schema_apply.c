/*
 * Copyright (C) ngx_agent authors
 *
 * Tests by other schemas: of the value itself, and of what it holds.
 *
 * A limit that is reached in one branch ends the whole check.  To go on with
 * the next branch would be quicker to write, and wrong: "not" would take for
 * valid what merely took too long.
 */


#include "core/ag_schema_parts.h"


static int ag_schema_apply_branches(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value, uint32_t enough,
    uint32_t *held);
static int ag_schema_apply_member(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *key, yyjson_val *value);


int
ag_schema_apply_all(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int                      rc;
    uint32_t                 i;
    const ag_schema_link_t  *link;

    link = frame->run->schema->links + rule->link;

    for (i = 0; i < rule->count; i++) {
        rc = ag_schema_try(frame, link[i].node, value, rule->keyword->name);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* Stops at the first that holds; unevaluated* asks the others for itself. */
int
ag_schema_apply_any(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int       rc;
    uint32_t  held;

    rc = ag_schema_apply_branches(frame, rule, value, 1, &held);

    return (rc == AG_OK && held == 0) ? ag_schema_fail_rule(frame, rule) : rc;
}


/* Stops at the second that holds. */
int
ag_schema_apply_one(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int       rc;
    uint32_t  held;

    rc = ag_schema_apply_branches(frame, rule, value, 2, &held);

    return (rc == AG_OK && held != 1) ? ag_schema_fail_rule(frame, rule) : rc;
}


/* What failed inside has left its words in the error: they are not meant. */
int
ag_schema_apply_not(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int  rc;

    rc = ag_schema_try(frame, rule->node, value, rule->keyword->name);

    if (rc == AG_INVALID) {
        return AG_OK;
    }

    return (rc == AG_OK) ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_apply_if(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int                      rc;
    const ag_schema_link_t  *link;

    rc = ag_schema_try(frame, rule->node, value, rule->keyword->name);

    if (rc != AG_OK && rc != AG_INVALID) {
        return rc;
    }

    link = &frame->run->schema->links[rule->link + (rc != AG_OK)];

    if (link->node == AG_SCHEMA_NOWHERE) {
        return AG_OK;
    }

    return ag_schema_try(frame, link->node, value,
                         (rc == AG_OK) ? "then" : "else");
}


/* Every level of a dynamic reference's scope is looked at, and paid for. */
int
ag_schema_apply_target(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    if (ag_schema_spend(frame->run, (uint64_t) rule->count * frame->depth)
        != AG_OK)
    {
        return AG_LIMIT;
    }

    return ag_schema_try(frame, ag_schema_apply_scope(frame, rule), value,
                         rule->keyword->name);
}


int
ag_schema_apply_dependent(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int              rc;
    uint32_t         node;
    yyjson_obj_iter  members;

    (void) yyjson_obj_iter_init(value, &members);

    while ((rc = ag_schema_apply_next(frame, rule, &members, &node)) == AG_OK)
    {
        rc = ag_schema_try(frame, node, value, rule->keyword->name);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return (rc == AG_NONE) ? AG_OK : rc;
}


/*
 * Goes by the members of the value and not by the names of the schema: a key
 * that is given twice is tested twice, whichever of the two its reader takes.
 */
int
ag_schema_apply_members(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *member;

    yyjson_obj_foreach(value, i, max, key, member) {
        rc = ag_schema_apply_member(frame, rule, key, member);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* A key is a string of the tree like any other. */
int
ag_schema_apply_names(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *member;

    yyjson_obj_foreach(value, i, max, key, member) {
        (void) member;

        rc = ag_schema_try(frame, rule->node, key, rule->keyword->name);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_schema_apply_elements(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int                      rc;
    size_t                   i, max;
    uint32_t                 node;
    yyjson_val              *element;
    const ag_schema_link_t  *link;

    link = frame->run->schema->links + rule->link;

    yyjson_arr_foreach(value, i, max, element) {
        node = (i < rule->count) ? link[i].node : rule->node;

        if (node == AG_SCHEMA_NOWHERE) {
            break;
        }

        rc = ag_schema_try(frame, node, element,
                           (i < rule->count) ? "prefixItems" : "items");

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* minContains and maxContains are bounds of this rule, and say no by name. */
int
ag_schema_apply_contains(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int          rc;
    size_t       i, max;
    uint64_t     held;
    yyjson_val  *element;

    held = 0;

    yyjson_arr_foreach(value, i, max, element) {
        rc = ag_schema_try(frame, rule->node, element, rule->keyword->name);

        if (rc != AG_OK && rc != AG_INVALID) {
            return rc;
        }

        held += (rc == AG_OK);

        if (held > rule->most) {
            return ag_schema_fail(frame->run->error, "maxContains",
                                  "too many elements keep to the schema");
        }
    }

    if (held < rule->least) {
        return ag_schema_fail(frame->run->error,
                              (held == 0) ? "contains" : "minContains",
                              "too few elements keep to the schema");
    }

    return AG_OK;
}


uint32_t
ag_schema_apply_scope(const ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule)
{
    uint32_t                  i, node;
    const ag_schema_link_t   *link;
    const ag_schema_node_t   *nodes;

    /* outwards, so that the last one found is the outermost */

    nodes = frame->run->schema->nodes;
    link = frame->run->schema->links + rule->link;
    node = rule->node;

    if (rule->count == 0) {
        return node;
    }

    for ( /* void */ ; frame->node != NULL; frame = frame->outer) {

        for (i = 0; i < rule->count; i++) {
            if (nodes[link[i].node].resource == frame->node->resource) {
                node = link[i].node;
                break;
            }
        }
    }

    return node;
}


const ag_schema_link_t *
ag_schema_apply_find(const ag_schema_t *schema, const ag_schema_rule_t *rule,
    ag_str_t name)
{
    int                      order;
    uint32_t                 low, high, middle;
    const ag_schema_link_t  *link;

    low = 0;
    high = rule->split;

    while (low < high) {
        middle = low + (high - low) / 2;
        link = &schema->links[rule->link + middle];

        if (link->name.len != name.len) {
            order = (name.len > link->name.len) ? 1 : -1;

        } else {
            order = memcmp(name.data, link->name.data, name.len);
        }

        if (order == 0) {
            return link;
        }

        if (order > 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}


int
ag_schema_apply_next(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_obj_iter *members, uint32_t *node)
{
    yyjson_val              *key;
    const ag_schema_link_t  *link;

    while ((key = yyjson_obj_iter_next(members)) != NULL) {

        if (ag_schema_spend(frame->run, 1) != AG_OK) {
            return AG_LIMIT;
        }

        link = ag_schema_apply_find(frame->run->schema, rule,
                                    ag_json_text(key));
        if (link != NULL) {
            *node = link->node;
            return AG_OK;
        }
    }

    return AG_NONE;
}


int
ag_schema_apply_match(ag_schema_run_t *run, const ag_schema_link_t *link,
    ag_str_t text)
{
    int       rc;
    uint64_t  steps, left;

    /* a step of the pattern costs as much as one subschema */

    steps = run->work / AG_SCHEMA_PRICE;
    left = steps;

    rc = ag_regex_match_within(link->regex, text, &left);

    run->work -= (steps - left) * AG_SCHEMA_PRICE;

    return rc;
}


/* The first that hold are enough: the others are not tried. */
static int
ag_schema_apply_branches(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value, uint32_t enough,
    uint32_t *held)
{
    int                      rc;
    uint32_t                 i;
    const ag_schema_link_t  *link;

    link = frame->run->schema->links + rule->link;
    *held = 0;

    for (i = 0; i < rule->count && *held < enough; i++) {
        rc = ag_schema_try(frame, link[i].node, value, rule->keyword->name);

        if (rc != AG_OK && rc != AG_INVALID) {
            return rc;
        }

        *held += (rc == AG_OK);
    }

    return AG_OK;
}


static int
ag_schema_apply_member(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *key, yyjson_val *value)
{
    int                      rc;
    uint32_t                 i;
    unsigned                 known;
    ag_str_t                 name;
    const ag_schema_link_t  *link;

    if (ag_schema_spend(frame->run, 1) != AG_OK) {
        return AG_LIMIT;
    }

    /* all that know the name test the member, not only the first */

    name = ag_json_text(key);
    link = ag_schema_apply_find(frame->run->schema, rule, name);
    known = (link != NULL);

    if (known) {
        rc = ag_schema_try(frame, link->node, value, "properties");

        if (rc != AG_OK) {
            return rc;
        }
    }

    link = frame->run->schema->links + rule->link;

    for (i = rule->split; i < rule->count; i++) {
        rc = ag_schema_apply_match(frame->run, &link[i], name);

        if (rc == AG_OK) {
            known = 1;
            rc = ag_schema_try(frame, link[i].node, value,
                               "patternProperties");
        }

        if (rc != AG_OK && rc != AG_NONE) {
            return rc;
        }
    }

    if (known || rule->node == AG_SCHEMA_NOWHERE) {
        return AG_OK;
    }

    return ag_schema_try(frame, rule->node, value, "additionalProperties");
}
