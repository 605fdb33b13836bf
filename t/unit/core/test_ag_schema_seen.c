/*
 * Copyright (C) ngx_agent authors
 *
 * What is left for unevaluatedProperties and unevaluatedItems.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schema_check.h"


#define NO_MORE  "\"unevaluatedProperties\":false}"
#define NO_ITEM  "\"unevaluatedItems\":false}"
#define MEMBERS  "unevaluatedProperties"
#define ITEMS    "unevaluatedItems"


static void
leaves_members_that_nobody_looked_at(void **state)
{
    static const schema_row_t  rows[] = {
        { "{" NO_MORE, "{}", NULL },
        { "{" NO_MORE, "{\"a\":1}", MEMBERS },
        { "{" NO_MORE, "[1]", NULL },
        { "{\"unevaluatedProperties\":{\"const\":1}}", "{\"a\":1}", NULL },
        { "{\"unevaluatedProperties\":{\"const\":1}}", "{\"a\":2}",
          "const" },
        { "{\"properties\":{\"a\":{}}," NO_MORE, "{\"a\":1}", NULL },
        { "{\"properties\":{\"a\":{}}," NO_MORE, "{\"a\":1,\"b\":2}",
          MEMBERS },
        { "{\"unevaluatedProperties\":false,\"properties\":{\"a\":{}}}",
          "{\"a\":1}", NULL },
        { "{\"patternProperties\":{\"^a\":{}}," NO_MORE, "{\"ab\":1}",
          NULL },
        { "{\"patternProperties\":{\"^a\":{}}," NO_MORE, "{\"ba\":1}",
          MEMBERS },
        { "{\"patternProperties\":{\"^a\":{},\"^b\":{}}," NO_MORE,
          "{\"ab\":1,\"ba\":2}", NULL },
        { "{\"additionalProperties\":{}," NO_MORE, "{\"ba\":1}", NULL },
    };

    (void) state;

    schema_rows(rows);
}


static void
looks_into_the_schemas_that_held(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"allOf\":[{\"properties\":{\"a\":{}}}]," NO_MORE, "{\"a\":1}",
          NULL },
        { "{\"allOf\":[{\"properties\":{\"a\":{}}}]," NO_MORE, "{\"b\":1}",
          MEMBERS },
        { "{\"anyOf\":[{\"properties\":{\"a\":{}},\"required\":[\"a\"]},"
          "{\"properties\":{\"b\":{}}}]," NO_MORE, "{\"a\":1,\"b\":2}",
          NULL },
        { "{\"anyOf\":[{\"properties\":{\"a\":{}},\"required\":[\"x\"]},"
          "{\"properties\":{\"b\":{}}}]," NO_MORE, "{\"a\":1,\"b\":2}",
          MEMBERS },
        { "{\"oneOf\":[{\"properties\":{\"a\":{\"const\":1}}},{\"required\":"
          "[\"b\"]}]," NO_MORE, "{\"a\":1}", NULL },
        { "{\"oneOf\":[{\"properties\":{\"a\":{\"const\":1}}},{\"required\":"
          "[\"a\"]}]," NO_MORE, "{\"a\":2}", MEMBERS },
        { "{\"not\":{\"not\":{\"properties\":{\"a\":{}}}}," NO_MORE,
          "{\"a\":1}", MEMBERS },
        { "{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":"
          "[\"a\"]},\"then\":{\"properties\":{\"b\":{}}},\"else\":{"
          "\"properties\":{\"c\":{}}}," NO_MORE, "{\"a\":1,\"b\":2}", NULL },
        { "{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":"
          "[\"a\"]},\"then\":{\"properties\":{\"b\":{}}},\"else\":{"
          "\"properties\":{\"c\":{}}}," NO_MORE, "{\"a\":1,\"c\":2}",
          MEMBERS },
        { "{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":"
          "[\"a\"]},\"then\":{\"properties\":{\"b\":{}}},\"else\":{"
          "\"properties\":{\"c\":{}}}," NO_MORE, "{\"c\":2}", NULL },
        { "{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":"
          "[\"a\"]},\"else\":{\"properties\":{\"c\":{}}}," NO_MORE,
          "{\"a\":2,\"c\":2}", MEMBERS },
        { "{\"dependentSchemas\":{\"a\":{\"properties\":{\"a\":{},\"b\":{}"
          "}}}," NO_MORE, "{\"a\":1,\"b\":2}", NULL },
        { "{\"dependentSchemas\":{\"a\":{\"properties\":{\"a\":{},\"b\":{}"
          "}}}," NO_MORE, "{\"b\":2}", MEMBERS },
        { "{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"properties\":{\"a\":"
          "{}}}}," NO_MORE, "{\"a\":1}", NULL },
        { "{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"properties\":{\"a\":"
          "{}}}}," NO_MORE, "{\"b\":1}", MEMBERS },
        { "{\"allOf\":[{\"unevaluatedProperties\":true}]," NO_MORE,
          "{\"b\":1}", NULL },

        /* schemas side by side do not see each other */

        { "{\"allOf\":[{\"properties\":{\"a\":{}}},{" NO_MORE "]}",
          "{\"a\":1}", MEMBERS },

        /* nor does an outer one see what is inside of a member */

        { "{\"properties\":{\"a\":{\"properties\":{\"b\":{}}}}," NO_MORE,
          "{\"a\":{\"c\":1}}", NULL },
        { "{\"properties\":{\"a\":{\"properties\":{\"b\":{}}}}," NO_MORE,
          "{\"a\":{},\"b\":1}", MEMBERS },
    };

    (void) state;

    schema_rows(rows);
}


static void
leaves_elements_that_nobody_looked_at(void **state)
{
    static const schema_row_t  rows[] = {
        { "{" NO_ITEM, "[]", NULL },
        { "{" NO_ITEM, "[1]", ITEMS },
        { "{" NO_ITEM, "{\"a\":1}", NULL },
        { "{\"unevaluatedItems\":{\"const\":1}}", "[1,2]", "const" },
        { "{\"prefixItems\":[{}]," NO_ITEM, "[1]", NULL },
        { "{\"prefixItems\":[{}]," NO_ITEM, "[1,2]", ITEMS },
        { "{\"items\":{}," NO_ITEM, "[1,2]", NULL },
        { "{\"allOf\":[{\"prefixItems\":[{},{}]}],\"prefixItems\":[{}],"
          NO_ITEM, "[1,2]", NULL },
        { "{\"contains\":{\"const\":1}," NO_ITEM, "[1,1]", NULL },
        { "{\"contains\":{\"const\":1}," NO_ITEM, "[1,2]", ITEMS },
        { "{\"prefixItems\":[{}],\"contains\":{\"const\":3}," NO_ITEM,
          "[1,3,3]", NULL },
        { "{\"anyOf\":[{\"prefixItems\":[{},{\"const\":2}]},{}]," NO_ITEM,
          "[1,2]", NULL },
        { "{\"anyOf\":[{\"prefixItems\":[{},{\"const\":2}]},{}]," NO_ITEM,
          "[1,3]", ITEMS },
        { "{\"allOf\":[{\"unevaluatedItems\":true}]," NO_ITEM, "[1]",
          NULL },

        /* each is about its own kind only */

        { "{\"unevaluatedItems\":false,\"unevaluatedProperties\":true}",
          "[1]", ITEMS },
        { "{\"allOf\":[{\"unevaluatedProperties\":true}]," NO_ITEM, "[1]",
          ITEMS },
        { "{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false,"
          "\"allOf\":[{\"unevaluatedItems\":true}]}", "{\"b\":1}", MEMBERS },
    };

    (void) state;

    schema_rows(rows);
}


static void
stops_in_a_loop(void **state)
{
    ag_schema_error_t  error;

    (void) state;

    assert_int_equal(schema_verdict("{\"anyOf\":[{\"$ref\":\"#\"},{}],"
                                    NO_MORE, "{\"a\":1}", &error), AG_LIMIT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(leaves_members_that_nobody_looked_at),
        cmocka_unit_test(looks_into_the_schemas_that_held),
        cmocka_unit_test(leaves_elements_that_nobody_looked_at),
        cmocka_unit_test(stops_in_a_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
