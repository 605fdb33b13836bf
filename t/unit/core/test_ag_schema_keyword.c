/*
 * Copyright (C) ngx_agent authors
 *
 * The table of keywords: each is found, by its whole name only, and has what
 * its kind needs.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"


/* All that ag_schema.h promises, and what must be refused or walked. */
static const char  *names[] = {
    "type", "enum", "const", "properties", "required",
    "additionalProperties", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "dependentRequired",
    "dependentSchemas", "items", "prefixItems", "contains", "minContains",
    "maxContains", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf",
    "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "$defs",
    "definitions", "$anchor", "$dynamicAnchor", "$id", "$schema", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema", "$recursiveRef",
    "dependencies", "additionalItems",
};


static const ag_schema_keyword_t *
find(const char *name, size_t len)
{
    char                       *copy;
    const ag_schema_keyword_t  *keyword;

    /* of the exact size, so that one byte too many is seen */

    copy = malloc(len);
    assert_true(copy != NULL || len == 0);

    if (len > 0) {
        memcpy(copy, name, len);
    }

    keyword = ag_schema_keyword(ag_str(len > 0 ? copy : "", len));
    free(copy);

    return keyword;
}


static void
finds_every_keyword_once(void **state)
{
    size_t                      i;
    uint64_t                    seen, bit;
    const ag_schema_keyword_t  *keyword;

    (void) state;

    seen = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        keyword = find(names[i], strlen(names[i]));

        if (keyword == NULL) {
            fail_msg("%s is not found", names[i]);
            return;
        }

        assert_string_equal(keyword->name, names[i]);
        assert_true(ag_schema_keyword_number(keyword) < 64);

        bit = UINT64_C(1) << ag_schema_keyword_number(keyword);
        assert_false(seen & bit);
        seen |= bit;

        assert_true(keyword->test == NULL || keyword->build != NULL);
        assert_true(keyword->seen == NULL || keyword->test != NULL);
        assert_int_equal(keyword->test != NULL, keyword->types != 0);
    }

    /* the table holds no other */

    assert_int_equal(seen, (UINT64_C(1) << i) - 1);
}


static void
finds_nothing_by_another_name(void **state)
{
    size_t  i;
    char    longer[64];

    (void) state;

    assert_null(find("", 0));
    assert_null(find("$", 1));
    assert_null(find("Type", 4));
    assert_null(find("format", 6));
    assert_null(find("title", 5));
    assert_null(find("zzz", 3));
    assert_null(find("type\0x", 6));
    assert_null(find("\xff", 1));

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(longer, 0, sizeof(longer));
        memcpy(longer, names[i], strlen(names[i]));

        assert_null(find(longer, strlen(names[i]) + 1));
        assert_true(find(longer, strlen(names[i]) - 1)
                    != find(longer, strlen(names[i])));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_every_keyword_once),
        cmocka_unit_test(finds_nothing_by_another_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
