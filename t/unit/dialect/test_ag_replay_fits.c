/*
 * Copyright (C) ngx_agent authors
 *
 * Values that come out of a merge as they are, and those that do not.
 */


#include "replay_chat_test.h"


static int
fits(const char *json)
{
    int          rc;
    yyjson_doc  *doc;

    doc = yyjson_read(json, strlen(json), 0);
    assert_non_null(doc);
    rc = ag_replay_fits(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return rc;
}


static void
most_values_do(void **state)
{
    (void) state;

    assert_int_equal(ag_replay_fits(NULL), AG_OK);
    assert_int_equal(fits("1"), AG_OK);
    assert_int_equal(fits("{\"a\":{\"a\":[{},[],null]}}"), AG_OK);
    assert_int_equal(fits("[{\"index\":0},1,{\"index\":2},{\"index\":\"x\"},"
                          "{\"index\":3}]"), AG_OK);
    assert_int_equal(fits("[{\"index\":0,\"type\":\"a\"},"
                          "{\"index\":0,\"type\":\"b\"}]"), AG_OK);

    /* what is not merged is not looked at */

    assert_int_equal(fits("[{\"a\":1,\"a\":2},[{\"index\":0},{\"index\":0}]]"),
                     AG_OK);
}


static void
a_key_twice_does_not(void **state)
{
    (void) state;

    assert_int_equal(fits("{\"a\":1,\"b\":1,\"a\":1}"), AG_NONE);
    assert_int_equal(fits("{\"x\":{\"a\":1,\"\\u0061\":1}}"), AG_NONE);
    assert_int_equal(fits("[{\"index\":0,\"a\":1,\"a\":2}]"), AG_NONE);
}


static void
a_number_twice_does_not(void **state)
{
    (void) state;

    assert_int_equal(fits("[{\"index\":0},{\"index\":0}]"), AG_NONE);
    assert_int_equal(fits("[{\"index\":1},{\"index\":0}]"), AG_NONE);
    assert_int_equal(fits("[{\"index\":0,\"type\":\"a\"},{\"index\":0}]"),
                     AG_NONE);
    assert_int_equal(fits("[{\"index\":0},{\"index\":0,\"type\":\"a\"}]"),
                     AG_NONE);
    assert_int_equal(fits("{\"x\":[{\"index\":0,\"type\":\"a\"},"
                          "{\"index\":0,\"type\":\"a\"}]}"), AG_NONE);
    assert_int_equal(fits("[{\"index\":0,\"type\":\"a\"},"
                          "{\"index\":0,\"type\":\"b\"},"
                          "{\"index\":0,\"type\":\"a\"}]"), AG_NONE);
}


static void
only_an_object_has_members(void **state)
{
    yyjson_doc  *doc;

    (void) state;

    doc = yyjson_read("[{\"a\":{\"b\":1,\"b\":2}}]", 21, 0);

    assert_int_equal(ag_replay_fits_distinct(NULL), AG_NONE);
    assert_int_equal(ag_replay_fits_distinct(yyjson_doc_get_root(doc)),
                     AG_NONE);
    assert_int_equal(ag_replay_fits_distinct(
                         yyjson_arr_get_first(yyjson_doc_get_root(doc))),
                     AG_OK);
    yyjson_doc_free(doc);
}


static void
too_many_are_a_limit(void **state)
{
    char      part[32];
    size_t    i;
    ag_buf_t  object, list;

    (void) state;

    ag_buf_init(&object, SIZE_MAX);
    ag_buf_init(&list, SIZE_MAX);

    for (i = 0; i <= AG_REPLAY_MEMBERS_MAX; i++) {
        snprintf(part, sizeof(part), "%c\"%zu\":1", (i == 0) ? '{' : ',', i);
        assert_int_equal(ag_buf_add_string(&object, part), AG_OK);
    }

    for (i = 0; i <= AG_REPLAY_ENTRIES_MAX / 2; i++) {
        snprintf(part, sizeof(part), "%c{\"index\":%zu}",
                 (i == 0) ? '[' : ',', i);
        assert_int_equal(ag_buf_add_string(&list, part), AG_OK);
    }

    assert_int_equal(ag_buf_add(&object, "}", 2), AG_OK);
    assert_int_equal(ag_buf_add(&list, "]", 2), AG_OK);

    assert_int_equal(fits((char *) object.data), AG_LIMIT);
    assert_int_equal(fits((char *) list.data), AG_LIMIT);

    ag_buf_free(&object);
    ag_buf_free(&list);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(most_values_do),
        cmocka_unit_test(a_key_twice_does_not),
        cmocka_unit_test(a_number_twice_does_not),
        cmocka_unit_test(only_an_object_has_members),
        cmocka_unit_test(too_many_are_a_limit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
