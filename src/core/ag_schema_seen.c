/*
 * Copyright (C) ngx_agent authors
 *
 * unevaluatedItems and unevaluatedProperties: they are about what no other
 * keyword of their subschema, nor of those that it applies to the same
 * value, has looked at.
 *
 * Nothing is noted down while other keywords are tested, since hardly any
 * schema asks.  Where one does, every member and element is looked up again:
 * who could have evaluated it, and did that branch hold?  This costs a check
 * of the branches for each of them, and no memory.
 */


#include "core/ag_schema_parts.h"


static int ag_schema_seen_rules(ag_schema_frame_t *frame,
    const ag_schema_rule_t *except, yyjson_val *value,
    const ag_schema_place_t *place);
static int ag_schema_seen_node(ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const ag_schema_place_t *place);
static int ag_schema_seen_held(ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const ag_schema_place_t *place);


/* Tests every place that nobody has evaluated. */
int
ag_schema_seen_test(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int                rc;
    size_t             max;
    yyjson_obj_iter    members;
    yyjson_arr_iter    elements;
    ag_schema_place_t  place;

    max = yyjson_get_len(value);
    place.key = NULL;

    (void) yyjson_obj_iter_init(value, &members);
    (void) yyjson_arr_iter_init(value, &elements);

    for (place.index = 0; place.index < max; place.index++) {

        if (yyjson_is_obj(value)) {
            place.key = yyjson_obj_iter_next(&members);
            place.value = yyjson_obj_iter_get_val(place.key);

        } else {
            place.value = yyjson_arr_iter_next(&elements);
        }

        rc = ag_schema_spend(frame->run, AG_SCHEMA_PRICE);

        if (rc == AG_OK) {
            rc = ag_schema_seen_rules(frame, rule, value, &place);
        }

        if (rc == AG_NONE) {
            rc = ag_schema_try(frame, rule->node, place.value,
                               rule->keyword->name);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* One that held has evaluated all that was left. */
int
ag_schema_seen_all(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value, const ag_schema_place_t *place)
{
    (void) frame;
    (void) rule;
    (void) value;
    (void) place;

    return AG_OK;
}


/*
 * For allOf, anyOf and oneOf: a branch that did not hold has evaluated
 * nothing.  That those of allOf did is known, and asked all the same.
 */
int
ag_schema_seen_branches(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place)
{
    int                      rc;
    uint32_t                 i;
    const ag_schema_link_t  *link;

    link = frame->run->schema->links + rule->link;

    for (i = 0; i < rule->count; i++) {
        rc = ag_schema_seen_held(frame, link[i].node, value, place);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return AG_NONE;
}


/* The condition has evaluated something too, if it held. */
int
ag_schema_seen_if(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value, const ag_schema_place_t *place)
{
    int       rc;
    uint32_t  node;

    rc = ag_schema_try(frame, rule->node, value, rule->keyword->name);

    if (rc != AG_OK && rc != AG_INVALID) {
        return rc;
    }

    node = frame->run->schema->links[rule->link + (rc != AG_OK)].node;

    if (rc == AG_OK) {
        rc = ag_schema_seen_node(frame, rule->node, value, place);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return (node == AG_SCHEMA_NOWHERE)
           ? AG_NONE : ag_schema_seen_node(frame, node, value, place);
}


int
ag_schema_seen_target(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value, const ag_schema_place_t *place)
{
    if (ag_schema_spend(frame->run, (uint64_t) rule->count * frame->depth)
        != AG_OK)
    {
        return AG_LIMIT;
    }

    return ag_schema_seen_node(frame, ag_schema_apply_scope(frame, rule),
                               value, place);
}


int
ag_schema_seen_dependent(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place)
{
    int              rc;
    uint32_t         node;
    yyjson_obj_iter  members;

    (void) yyjson_obj_iter_init(value, &members);

    while ((rc = ag_schema_apply_next(frame, rule, &members, &node)) == AG_OK)
    {
        rc = ag_schema_seen_node(frame, node, value, place);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return rc;
}


/* A member that is not valid there has its object refused anyway. */
int
ag_schema_seen_members(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place)
{
    int                      rc;
    uint32_t                 i;
    ag_str_t                 name;
    const ag_schema_link_t  *link;

    (void) value;

    name = ag_json_text(place->key);

    if (rule->node != AG_SCHEMA_NOWHERE
        || ag_schema_apply_find(frame->run->schema, rule, name) != NULL)
    {
        return AG_OK;
    }

    link = frame->run->schema->links + rule->link;

    for (i = rule->split; i < rule->count; i++) {
        rc = ag_schema_apply_match(frame->run, &link[i], name);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return AG_NONE;
}


int
ag_schema_seen_elements(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place)
{
    (void) frame;
    (void) value;

    return (place->index < rule->count || rule->node != AG_SCHEMA_NOWHERE)
           ? AG_OK : AG_NONE;
}


/* Only of the elements that it was looking for. */
int
ag_schema_seen_contains(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place)
{
    int  rc;

    (void) value;

    rc = ag_schema_try(frame, rule->node, place->value, rule->keyword->name);

    return (rc == AG_INVALID) ? AG_NONE : rc;
}


/* Has any rule of the frame's node, but for "except", evaluated the place? */
static int
ag_schema_seen_rules(ag_schema_frame_t *frame, const ag_schema_rule_t *except,
    yyjson_val *value, const ag_schema_place_t *place)
{
    int                      rc;
    uint32_t                 i;
    unsigned                 type;
    const ag_schema_rule_t  *rule;

    type = ag_schema_type(value);
    rule = frame->run->schema->rules + frame->node->rule;

    for (i = 0; i < frame->node->count; i++) {

        if (&rule[i] == except || rule[i].keyword->seen == NULL
            || (rule[i].keyword->types & type) == 0)
        {
            continue;
        }

        rc = rule[i].keyword->seen(frame, &rule[i], value, place);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return AG_NONE;
}


/* The same of a node that is known to hold. */
static int
ag_schema_seen_node(ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const ag_schema_place_t *place)
{
    int                rc;
    ag_schema_frame_t  frame;

    rc = ag_schema_enter(&frame, outer, node);

    return (rc == AG_OK) ? ag_schema_seen_rules(&frame, NULL, value, place)
                         : rc;
}


/* The same of a node that may not hold, and has then evaluated nothing. */
static int
ag_schema_seen_held(ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const ag_schema_place_t *place)
{
    int  rc;

    rc = ag_schema_try(outer, node, value, "");

    if (rc != AG_OK) {
        return (rc == AG_INVALID) ? AG_NONE : rc;
    }

    return ag_schema_seen_node(outer, node, value, place);
}
