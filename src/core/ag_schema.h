/*
 * Copyright (C) ngx_agent authors
 *
 * JSON Schema 2020-12 for answers: does a value keep to it?
 *
 * Read are: type, enum, const, properties, required, additionalProperties,
 * patternProperties, propertyNames, minProperties, maxProperties,
 * dependentRequired, dependentSchemas, items, prefixItems, contains,
 * minContains, maxContains, minItems, maxItems, uniqueItems, allOf, anyOf,
 * oneOf, not, if, then, else, $ref and $dynamicRef (within the document: "#",
 * "#/$defs/x", "#anchor"), $defs, definitions, $anchor, $id, minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength,
 * maxLength, pattern; boolean schemas.  "format" and other annotations are
 * no test.  A reference that leaves the document is refused: nothing is
 * ever fetched.
 *
 * Source: json-schema.org/draft/2020-12, Core and Validation.
 */


#ifndef _AG_SCHEMA_H_INCLUDED_
#define _AG_SCHEMA_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_json.h"


typedef struct ag_schema_s  ag_schema_t;


/*
 * Why a schema was refused, or a value.  Words are constants; "keyword" is
 * the schema's keyword that said no ("required"), never a piece of input.
 */
typedef struct {
    const char  *keyword;
    const char  *reason;
} ag_schema_error_t;


/*
 * Compiles a schema from its text, at most AG_SCHEMA_MAX bytes and
 * AG_SCHEMA_NODES_MAX subschemas; keeps its own copy of what it needs.
 * NULL: refused, *error says why.
 */
ag_schema_t *ag_schema_compile(ag_str_t text, ag_schema_error_t *error);

/* The same of a tree, which must live as long as the schema. */
ag_schema_t *ag_schema_compile_tree(yyjson_val *root,
    ag_schema_error_t *error);

/*
 * Does the value keep to the schema?  Returns AG_OK, AG_INVALID with *error
 * filled, or AG_LIMIT: more than AG_SCHEMA_STEPS_MAX steps or
 * AG_SCHEMA_DEPTH_MAX levels (a schema may be made to take for ever).
 */
int ag_schema_check(const ag_schema_t *schema, yyjson_val *value,
    ag_schema_error_t *error);

void ag_schema_free(ag_schema_t *schema);


#endif /* _AG_SCHEMA_H_INCLUDED_ */
