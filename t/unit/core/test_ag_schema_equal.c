/*
 * Copyright (C) ngx_agent authors
 *
 * Which values are the same JSON, and what it costs to tell.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"


static int equal(const char *a, const char *b, uint64_t work);
static void check(const char *a, const char *b, int expected);


static int
equal(const char *a, const char *b, uint64_t work)
{
    int               rc;
    yyjson_doc       *one, *other;
    ag_schema_run_t   run;

    one = ag_json_tree(ag_str(a, strlen(a)), NULL, 0);
    other = ag_json_tree(ag_str(b, strlen(b)), NULL, 0);
    assert_non_null(one);
    assert_non_null(other);

    memset(&run, 0, sizeof(run));
    run.work = work;
    rc = ag_schema_equal(&run, yyjson_doc_get_root(one),
                         yyjson_doc_get_root(other));

    yyjson_doc_free(one);
    yyjson_doc_free(other);

    return rc;
}


static void
check(const char *a, const char *b, int expected)
{
    if (equal(a, b, 1000000) != expected || equal(b, a, 1000000) != expected) {
        fail_msg("%s and %s", a, b);
    }
}


static void
knows_what_is_the_same(void **state)
{
    (void) state;

    check("null", "null", AG_OK);
    check("true", "true", AG_OK);
    check("1", "1.0", AG_OK);
    check("0", "-0.0", AG_OK);
    check("-7", "-7.0", AG_OK);
    check("18446744073709551616", "18446744073709551616", AG_OK);
    check("\"\"", "\"\"", AG_OK);
    check("\"a\\u0062\"", "\"ab\"", AG_OK);
    check("\"a\\u0000b\"", "\"a\\u0000b\"", AG_OK);
    check("[]", "[]", AG_OK);
    check("[1,[2,{}]]", "[1.0,[2,{}]]", AG_OK);
    check("{}", "{}", AG_OK);
    check("{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", AG_OK);
}


static void
knows_what_is_not(void **state)
{
    size_t             i, j;
    static const char  *all[] = {
        "null", "true", "false", "0", "1", "-1", "1.5", "1e400",
        "18446744073709551616", "18446744073709551617", "\"\"", "\"0\"",
        "\"a\"", "\"b\"", "\"ab\"", "\"cb\"", "\"a\\u0000b\"",
        "\"a\\u0000\"", "[]", "[0]", "[1]", "[1,2]", "[2,1]", "[[1]]",
        "[[]]", "{}", "{\"a\":1}", "{\"a\":2}", "{\"b\":1}",
        "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", "[{\"a\":1}]",
        "{\"a\":[1]}", "{\"\":1}",
    };

    (void) state;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (j = 0; j < sizeof(all) / sizeof(all[0]); j++) {
            check(all[i], all[j], (i == j) ? AG_OK : AG_NONE);
        }
    }
}


static void
stops_when_its_work_is_done(void **state)
{
    uint64_t            work;
    static const char  *text = "{\"a\":[1,2,\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"],"
                               "\"b\":{\"c\":null}}";

    (void) state;

    for (work = 0; equal(text, text, work) != AG_OK; work++) {
        assert_int_equal(equal(text, text, work), AG_LIMIT);
    }

    /* seven values, two lookups more, and a string of some bytes */

    assert_true(work > 7 * AG_SCHEMA_PRICE && work < 12 * AG_SCHEMA_PRICE);

    assert_int_equal(equal("1", "2", 1), AG_LIMIT);
    assert_int_equal(equal("1", "2", 2), AG_NONE);
    assert_int_equal(equal("1e400", "1e400", 1000), AG_LIMIT);
    assert_int_equal(equal("1e400", "1e400", 3000), AG_OK);
}


static void
stops_at_the_depth_of_a_tree(void **state)
{
    char              text[2 * (AG_JSON_DEPTH_MAX + 2) + 1];
    size_t            depth;
    yyjson_doc       *doc;
    yyjson_val       *root;
    ag_schema_run_t   run;

    (void) state;

    for (depth = 2; depth <= AG_JSON_DEPTH_MAX + 2; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        doc = yyjson_read(text, 2 * depth, 0);
        root = yyjson_doc_get_root(doc);

        memset(&run, 0, sizeof(run));
        run.work = 100000;
        assert_int_equal(ag_schema_equal(&run, root, root),
                         depth < AG_JSON_DEPTH_MAX + 2 ? AG_OK : AG_LIMIT);
        yyjson_doc_free(doc);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_what_is_the_same),
        cmocka_unit_test(knows_what_is_not),
        cmocka_unit_test(stops_when_its_work_is_done),
        cmocka_unit_test(stops_at_the_depth_of_a_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
