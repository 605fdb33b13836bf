/*
 * Copyright (C) ngx_agent authors
 *
 * The second pass over a schema: makes of every keyword that tests something
 * a rule.  A keyword whose value is not what the standard says is refused:
 * nobody can tell what it was to mean.
 */


#include <stdlib.h>

#include "core/ag_schema_parts.h"


typedef struct {
    const char  *name;
    unsigned     types;
} ag_schema_build_type_t;


static unsigned ag_schema_build_type_named(yyjson_val *name);
static int ag_schema_build_node(ag_schema_build_t *build, size_t at);
static int ag_schema_build_add(ag_schema_build_t *build,
    const ag_schema_rule_t *rule);
static int ag_schema_build_strings(ag_schema_build_t *build,
    const ag_schema_rule_t *rule, yyjson_val *array);
static int ag_schema_build_wrong(ag_schema_build_t *build,
    const ag_schema_rule_t *rule, const char *reason);


static const ag_schema_build_type_t  ag_schema_build_types[] = {
    { "null", AG_SCHEMA_NULL },
    { "boolean", AG_SCHEMA_BOOLEAN },
    { "number", AG_SCHEMA_NUMBER },
    { "string", AG_SCHEMA_STRING },
    { "array", AG_SCHEMA_ARRAY },
    { "object", AG_SCHEMA_OBJECT },
    { "integer", AG_SCHEMA_INTEGER },
};


/* Rules of one node stand side by side, which is why this is no recursion. */
int
ag_schema_build(ag_schema_build_t *build)
{
    int           rc;
    size_t        i;
    ag_schema_t  *schema;

    schema = build->schema;

    /* a check counts from their start, even where there are none */

    schema->rules = ag_schema_more(NULL, 0, sizeof(*schema->rules));
    schema->links = ag_schema_more(NULL, 0, sizeof(*schema->links));

    if (schema->rules == NULL || schema->links == NULL) {
        return AG_NOMEM;
    }

    for (i = 0; i < schema->node_count; i++) {
        rc = ag_schema_build_node(build, i);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_schema_build_spend(ag_schema_build_t *build, uint64_t units)
{
    if (build->work < units) {
        build->work = 0;
        return AG_LIMIT;
    }

    build->work -= units;

    return AG_OK;
}


/* "least" becomes the types that are allowed. */
int
ag_schema_build_type(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    size_t       i, max;
    unsigned     types;
    yyjson_val  *name;

    (void) object;

    types = ag_schema_build_type_named(rule->value);

    yyjson_arr_foreach(rule->value, i, max, name) {
        types = ag_schema_build_type_named(name);

        if (types == 0) {
            break;
        }

        rule->least |= types;
    }

    if (types == 0) {
        return ag_schema_build_wrong(build, rule, "is no name of a type");
    }

    rule->least |= types;

    return AG_OK;
}


/* Any value will do. */
int
ag_schema_build_plain(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) build;
    (void) rule;
    (void) object;

    return AG_OK;
}


/* An empty one is allowed: it allows nothing. */
int
ag_schema_build_array(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    if (!yyjson_is_arr(rule->value)) {
        return ag_schema_build_wrong(build, rule, "is no array");
    }

    return AG_OK;
}


/* false is the same as not being there. */
int
ag_schema_build_true(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    if (!yyjson_is_bool(rule->value)) {
        return ag_schema_build_wrong(build, rule, "is neither true nor false");
    }

    return yyjson_is_true(rule->value) ? AG_OK : AG_NONE;
}


int
ag_schema_build_number(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    if (!yyjson_is_num(rule->value) && !yyjson_is_raw(rule->value)) {
        return ag_schema_build_wrong(build, rule, "is no number");
    }

    return AG_OK;
}


/* "least" times 10 to the (int64_t) "most" becomes the divisor. */
int
ag_schema_build_multiple(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int                 rc;
    int64_t             exponent;
    ag_schema_number_t  number;

    rc = ag_schema_build_number(build, rule, object);

    if (rc != AG_OK) {
        return rc;
    }

    ag_schema_number_read(rule->value, &number);

    if (ag_schema_number_decimal(&number, &rule->least, &exponent) != AG_OK) {
        return ag_schema_build_wrong(build, rule,
                                     "is not above 0, or past 64 bits");
    }

    rule->most = (uint64_t) exponent;

    return AG_OK;
}


/* Both bounds become the number, which may be written as 2.0. */
int
ag_schema_build_count(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int                 rc;
    ag_schema_number_t  number;

    rc = ag_schema_build_number(build, rule, object);

    if (rc != AG_OK) {
        return rc;
    }

    ag_schema_number_read(rule->value, &number);

    if (number.negative || !ag_schema_number_is_integer(&number)) {
        return ag_schema_build_wrong(build, rule,
                                     "is no integer from 0 on");
    }

    /* nothing has as many as 64 bits count */

    rule->least = number.magnitude;

    if (number.kind == AG_SCHEMA_NUMBER_REAL && number.real < 0x1p63) {
        rule->least = (uint64_t) number.real;

    } else if (number.kind != AG_SCHEMA_NUMBER_INTEGER) {
        rule->least = UINT64_MAX;
    }

    rule->most = rule->least;

    return AG_OK;
}


/* Names stay in the tree, where a check reads them. */
int
ag_schema_build_names(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    return ag_schema_build_strings(build, rule, rule->value);
}


int
ag_schema_build_dependent(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *names;

    (void) object;

    if (!yyjson_is_obj(rule->value)) {
        return ag_schema_build_wrong(build, rule, "is no object");
    }

    yyjson_obj_foreach(rule->value, i, max, key, names) {
        rc = ag_schema_build_strings(build, rule, names);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_schema_build_refused(ag_schema_build_t *build, ag_schema_rule_t *rule,
    yyjson_val *object)
{
    (void) object;

    return ag_schema_build_wrong(build, rule, rule->keyword->reason);
}


/* The bits of a type's name; 0 if it is none. */
static unsigned
ag_schema_build_type_named(yyjson_val *name)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_schema_build_types)
                    / sizeof(ag_schema_build_types[0]); i++)
    {
        if (yyjson_equals_str(name, ag_schema_build_types[i].name)) {
            return ag_schema_build_types[i].types;
        }
    }

    return 0;
}


static int
ag_schema_build_node(ag_schema_build_t *build, size_t at)
{
    int                         rc;
    size_t                      i, max;
    yyjson_val                 *object, *key, *value;
    ag_schema_rule_t            rule;
    const ag_schema_keyword_t  *keyword;

    object = build->schema->nodes[at].value;
    build->schema->nodes[at].rule = (uint32_t) build->schema->rule_count;

    yyjson_obj_foreach(object, i, max, key, value) {
        keyword = ag_schema_keyword(ag_json_text(key));

        if (keyword == NULL || keyword->build == NULL) {
            continue;
        }

        memset(&rule, 0, sizeof(rule));
        rule.keyword = keyword;
        rule.value = value;
        rule.link = (uint32_t) build->schema->link_count;
        rule.node = (uint32_t) at;

        rc = keyword->build(build, &rule, object);

        if (rc == AG_OK) {
            rc = ag_schema_build_add(build, &rule);
        }

        if (rc != AG_OK && rc != AG_NONE) {
            return rc;
        }
    }

    build->schema->nodes[at].count = (uint32_t) build->schema->rule_count
                                     - build->schema->nodes[at].rule;

    return AG_OK;
}


static int
ag_schema_build_add(ag_schema_build_t *build, const ag_schema_rule_t *rule)
{
    ag_schema_rule_t  *rules;

    rules = ag_schema_more(build->schema->rules, build->schema->rule_count,
                           sizeof(*rules));
    if (rules == NULL) {
        return AG_NOMEM;
    }

    build->schema->rules = rules;
    rules[build->schema->rule_count++] = *rule;

    return AG_OK;
}


/* A name given twice is only looked for twice. */
static int
ag_schema_build_strings(ag_schema_build_t *build,
    const ag_schema_rule_t *rule, yyjson_val *array)
{
    size_t       i, max;
    yyjson_val  *name;

    if (!yyjson_is_arr(array)) {
        return ag_schema_build_wrong(build, rule, "is no array of names");
    }

    yyjson_arr_foreach(array, i, max, name) {
        if (!yyjson_is_str(name)) {
            return ag_schema_build_wrong(build, rule,
                                         "is no array of names");
        }
    }

    return AG_OK;
}


static int
ag_schema_build_wrong(ag_schema_build_t *build, const ag_schema_rule_t *rule,
    const char *reason)
{
    return ag_schema_fail(build->error, rule->keyword->name, reason);
}
