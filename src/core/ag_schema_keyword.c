/*
 * Copyright (C) ngx_agent authors
 *
 * THE table of keywords: what the value of each holds, which function makes
 * its rule and which one tests a value.  A keyword that is not here is an
 * annotation, and is passed over.
 *
 * Keywords of other drafts that would promise something are here to be
 * refused: a schema that is silently not checked is worse than none.
 */


#include "core/ag_schema_parts.h"


static const ag_schema_keyword_t  ag_schema_keywords[] = {

    /* in the order of strcmp(), to be found by halving */

    { "$anchor", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "is no name" },

    { "$defs", AG_SCHEMA_MAP, 0, NULL, NULL, NULL,
      NULL },

    { "$dynamicAnchor", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "is no name" },

    { "$dynamicRef", AG_SCHEMA_PLAIN, AG_SCHEMA_ANY,
      ag_schema_link_reference, ag_schema_apply_target,
      ag_schema_seen_target,
      "is no reference" },

    { "$id", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "is no identifier" },

    { "$recursiveRef", AG_SCHEMA_PLAIN, 0, ag_schema_build_refused, NULL,
      NULL,
      "is of an older draft" },

    { "$ref", AG_SCHEMA_PLAIN, AG_SCHEMA_ANY, ag_schema_link_reference,
      ag_schema_apply_target, ag_schema_seen_target,
      "is no reference" },

    { "$schema", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "names a dialect that is not known" },

    { "additionalItems", AG_SCHEMA_PLAIN, 0, ag_schema_build_refused, NULL,
      NULL,
      "is of an older draft" },

    { "additionalProperties", AG_SCHEMA_ONE, AG_SCHEMA_OBJECT,
      ag_schema_link_members, ag_schema_apply_members,
      ag_schema_seen_members,
      "a member is not allowed" },

    { "allOf", AG_SCHEMA_LIST, AG_SCHEMA_ANY, ag_schema_link_list,
      ag_schema_apply_all, ag_schema_seen_branches,
      "not all schemas hold" },

    { "anyOf", AG_SCHEMA_LIST, AG_SCHEMA_ANY, ag_schema_link_list,
      ag_schema_apply_any, ag_schema_seen_branches,
      "none of the schemas holds" },

    { "const", AG_SCHEMA_PLAIN, AG_SCHEMA_ANY, ag_schema_build_plain,
      ag_schema_assert_const, NULL,
      "is another value" },

    { "contains", AG_SCHEMA_ONE, AG_SCHEMA_ARRAY, ag_schema_link_contains,
      ag_schema_apply_contains, ag_schema_seen_contains,
      "no element is the one that must be there" },

    { "contentSchema", AG_SCHEMA_ONE, 0, NULL, NULL, NULL,
      NULL },

    { "definitions", AG_SCHEMA_MAP, 0, NULL, NULL, NULL,
      NULL },

    { "dependencies", AG_SCHEMA_PLAIN, 0, ag_schema_build_refused, NULL,
      NULL,
      "is of an older draft" },

    { "dependentRequired", AG_SCHEMA_PLAIN, AG_SCHEMA_OBJECT,
      ag_schema_build_dependent, ag_schema_assert_dependent, NULL,
      "a member that another one requires is missing" },

    { "dependentSchemas", AG_SCHEMA_MAP, AG_SCHEMA_OBJECT,
      ag_schema_link_map, ag_schema_apply_dependent,
      ag_schema_seen_dependent,
      "a member is not allowed" },

    { "else", AG_SCHEMA_ONE, 0, NULL, NULL, NULL,
      "is not allowed" },

    { "enum", AG_SCHEMA_PLAIN, AG_SCHEMA_ANY, ag_schema_build_array,
      ag_schema_assert_enum, NULL,
      "is none of the values" },

    { "exclusiveMaximum", AG_SCHEMA_PLAIN, AG_SCHEMA_NUMBER,
      ag_schema_build_number, ag_schema_assert_below, NULL,
      "is too large" },

    { "exclusiveMinimum", AG_SCHEMA_PLAIN, AG_SCHEMA_NUMBER,
      ag_schema_build_number, ag_schema_assert_above, NULL,
      "is too small" },

    { "if", AG_SCHEMA_ONE, AG_SCHEMA_ANY, ag_schema_link_if,
      ag_schema_apply_if, ag_schema_seen_if,
      NULL },

    { "items", AG_SCHEMA_ONE, AG_SCHEMA_ARRAY, ag_schema_link_elements,
      ag_schema_apply_elements, ag_schema_seen_elements,
      "an element is not allowed" },

    { "maxContains", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "too many elements are the one that must be there" },

    { "maxItems", AG_SCHEMA_PLAIN, AG_SCHEMA_ARRAY, ag_schema_build_count,
      ag_schema_assert_max_size, NULL,
      "has too many elements" },

    { "maxLength", AG_SCHEMA_PLAIN, AG_SCHEMA_STRING, ag_schema_build_count,
      ag_schema_assert_max_length, NULL,
      "is too long" },

    { "maxProperties", AG_SCHEMA_PLAIN, AG_SCHEMA_OBJECT,
      ag_schema_build_count, ag_schema_assert_max_size, NULL,
      "has too many members" },

    { "maximum", AG_SCHEMA_PLAIN, AG_SCHEMA_NUMBER, ag_schema_build_number,
      ag_schema_assert_maximum, NULL,
      "is too large" },

    { "minContains", AG_SCHEMA_PLAIN, 0, NULL, NULL, NULL,
      "too few elements are the one that must be there" },

    { "minItems", AG_SCHEMA_PLAIN, AG_SCHEMA_ARRAY, ag_schema_build_count,
      ag_schema_assert_min_size, NULL,
      "has too few elements" },

    { "minLength", AG_SCHEMA_PLAIN, AG_SCHEMA_STRING, ag_schema_build_count,
      ag_schema_assert_min_length, NULL,
      "is too short" },

    { "minProperties", AG_SCHEMA_PLAIN, AG_SCHEMA_OBJECT,
      ag_schema_build_count, ag_schema_assert_min_size, NULL,
      "has too few members" },

    { "minimum", AG_SCHEMA_PLAIN, AG_SCHEMA_NUMBER, ag_schema_build_number,
      ag_schema_assert_minimum, NULL,
      "is too small" },

    { "multipleOf", AG_SCHEMA_PLAIN, AG_SCHEMA_NUMBER,
      ag_schema_build_multiple, ag_schema_assert_multiple, NULL,
      "is no multiple" },

    { "not", AG_SCHEMA_ONE, AG_SCHEMA_ANY, ag_schema_link_one,
      ag_schema_apply_not, NULL,
      "the schema holds that must not" },

    { "oneOf", AG_SCHEMA_LIST, AG_SCHEMA_ANY, ag_schema_link_list,
      ag_schema_apply_one, ag_schema_seen_branches,
      "not exactly one of the schemas holds" },

    { "pattern", AG_SCHEMA_PLAIN, AG_SCHEMA_STRING, ag_schema_link_pattern,
      ag_schema_assert_pattern, NULL,
      "does not match" },

    { "patternProperties", AG_SCHEMA_MAP, AG_SCHEMA_OBJECT,
      ag_schema_link_members, ag_schema_apply_members,
      ag_schema_seen_members,
      "a member is not allowed" },

    { "prefixItems", AG_SCHEMA_LIST, AG_SCHEMA_ARRAY,
      ag_schema_link_elements, ag_schema_apply_elements,
      ag_schema_seen_elements,
      "an element is not allowed" },

    { "properties", AG_SCHEMA_MAP, AG_SCHEMA_OBJECT, ag_schema_link_members,
      ag_schema_apply_members, ag_schema_seen_members,
      "a member is not allowed" },

    { "propertyNames", AG_SCHEMA_ONE, AG_SCHEMA_OBJECT, ag_schema_link_one,
      ag_schema_apply_names, NULL,
      "a name is not allowed" },

    { "required", AG_SCHEMA_PLAIN, AG_SCHEMA_OBJECT, ag_schema_build_names,
      ag_schema_assert_required, NULL,
      "a required member is missing" },

    { "then", AG_SCHEMA_ONE, 0, NULL, NULL, NULL,
      "is not allowed" },

    { "type", AG_SCHEMA_PLAIN, AG_SCHEMA_ANY, ag_schema_build_type,
      ag_schema_assert_type, NULL,
      "is of another type" },

    { "unevaluatedItems", AG_SCHEMA_ONE, AG_SCHEMA_ARRAY,
      ag_schema_link_one, ag_schema_seen_test, ag_schema_seen_all,
      "an element is not allowed" },

    { "unevaluatedProperties", AG_SCHEMA_ONE, AG_SCHEMA_OBJECT,
      ag_schema_link_one, ag_schema_seen_test, ag_schema_seen_all,
      "a member is not allowed" },

    { "uniqueItems", AG_SCHEMA_PLAIN, AG_SCHEMA_ARRAY,
      ag_schema_build_true, ag_schema_assert_unique, NULL,
      "has the same element twice" },
};

#define AG_SCHEMA_KEYWORDS                                                    \
    (sizeof(ag_schema_keywords) / sizeof(ag_schema_keywords[0]))


const ag_schema_keyword_t *
ag_schema_keyword(ag_str_t name)
{
    int          order;
    size_t       low, high, middle, len;
    const char  *other;

    low = 0;
    high = AG_SCHEMA_KEYWORDS;

    while (low < high) {
        middle = low + (high - low) / 2;
        other = ag_schema_keywords[middle].name;
        len = strlen(other);

        order = memcmp(name.data, other, (name.len < len) ? name.len : len);

        if (order == 0 && name.len == len) {
            return &ag_schema_keywords[middle];
        }

        if (order == 0) {
            order = (name.len > len) ? 1 : -1;
        }

        if (order > 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}


unsigned
ag_schema_keyword_number(const ag_schema_keyword_t *keyword)
{
    return (unsigned) (keyword - ag_schema_keywords);
}
