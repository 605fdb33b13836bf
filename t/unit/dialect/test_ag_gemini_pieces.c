/*
 * Copyright (C) ngx_agent authors
 *
 * Arguments in pieces: their limits, and pieces that contradict each other.
 */


#include "gemini_test.h"


static ag_arena_t          arena;
static ag_gemini_pieces_t  *whole;


static int
begin(void **state)
{
    (void) state;

    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    whole = ag_gemini_pieces_make(&arena, NULL);

    return whole == NULL;
}


static int
end(void **state)
{
    (void) state;

    ag_arena_free(&arena);

    return 0;
}


/* Adds a list of pieces. */
static int
add(const char *list)
{
    int          rc;
    yyjson_doc  *doc;

    doc = ag_json_tree(text(list), NULL, 0);
    rc = ag_gemini_pieces_add(whole, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return rc;
}


static void
wrote(const char *expected)
{
    ag_put_t  put;
    ag_buf_t  out;

    ag_buf_init(&out, GOLDEN_BODY_MAX);
    ag_put_init(&put, &out);
    ag_gemini_pieces_write(&put, whole);
    assert_int_equal(put.rc, AG_OK);

    if (!ag_str_is(ag_buf_str(&out), expected)) {
        fail_msg("%.*s is not %s", (int) out.len, out.data, expected);
    }

    ag_buf_free(&out);
}


static void
writes_what_it_was_told(void **state)
{
    (void) state;

    assert_true(ag_gemini_pieces_is_empty(whole));
    wrote("{}");

    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"stringValue\":\"\\\"\\n\"},"
                         "{\"jsonPath\":\"$.n\",\"numberValue\":"
                         "123456789012345678901234567890}]"), AG_OK);
    assert_false(ag_gemini_pieces_is_empty(whole));
    wrote("{\"a\":\"\\\"\\n\",\"n\":123456789012345678901234567890}");

    /* again, of the same memory */

    whole = ag_gemini_pieces_make(&arena, whole);
    wrote("{}");
}


static void
believes_the_last_piece(void **state)
{
    (void) state;

    assert_int_equal(add("[{\"jsonPath\":\"$.a.b\",\"numberValue\":1}]"), 0);
    assert_int_equal(add("[{\"jsonPath\":\"$.a[1]\",\"numberValue\":2}]"), 0);
    wrote("{\"a\":[null,2]}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"stringValue\":\"x\"}]"), 0);
    wrote("{\"a\":\"x\"}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"numberValue\":"
                         "12345678901234567890123}]"), 0);
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"boolValue\":true}]"), 0);
    wrote("{\"a\":true}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"nullValue\":null}]"), 0);
    wrote("{\"a\":null}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a.b\"}]"), 0);
    wrote("{\"a\":{\"b\":null}}");
}


static void
survives_wrong_types(void **state)
{
    (void) state;

    assert_int_equal(add("{}"), AG_OK);
    assert_int_equal(add("[1,null,[],{},{\"jsonPath\":1},{\"jsonPath\":\"\"},"
                         "{\"jsonPath\":\"$\",\"numberValue\":1}]"), AG_OK);
    wrote("{}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"stringValue\":1,"
                         "\"numberValue\":\"x\",\"boolValue\":[]}]"), AG_OK);
    wrote("{\"a\":null}");
}


static void
has_a_limit_of_values(void **state)
{
    int   i;
    char  piece[128];

    (void) state;

    /* the array itself is one of them */

    for (i = 0; i < AG_GEMINI_NODES_MAX - 1; i++) {
        sprintf(piece, "[{\"jsonPath\":\"$.a[%d]\",\"numberValue\":1}]", i);
        assert_int_equal(add(piece), AG_OK);
    }

    assert_int_equal(add("[{\"jsonPath\":\"$.a[7]\",\"numberValue\":2}]"),
                     AG_OK);
    assert_int_equal(add("[{\"jsonPath\":\"$.more\",\"numberValue\":1}]"),
                     AG_LIMIT);
    assert_int_equal(add("[{\"jsonPath\":\"$.a[7]\",\"numberValue\":2}]"),
                     AG_LIMIT);
}


static void
has_a_limit_of_an_arrays_length(void **state)
{
    (void) state;

    assert_int_equal(add("[{\"jsonPath\":\"$.a[9998]\","
                         "\"numberValue\":1}]"), AG_OK);
    whole = ag_gemini_pieces_make(&arena, whole);
    assert_int_equal(add("[{\"jsonPath\":\"$.a[4294967296]\","
                         "\"numberValue\":1}]"), AG_OK);
    wrote("{\"a\":null}");
    assert_int_equal(add("[{\"jsonPath\":\"$.a[9999]\","
                         "\"numberValue\":1}]"), AG_LIMIT);
}


static void
has_a_limit_of_text(void **state)
{
    int    i, rc;
    char  *piece;

    (void) state;

    piece = malloc(1024 * 1024);
    assert_non_null(piece);
    strcpy(piece, "[{\"jsonPath\":\"$.a\",\"willContinue\":true,"
                  "\"stringValue\":\"");
    i = (int) strlen(piece);
    memset(piece + i, 'x', 900000);
    strcpy(piece + i + 900000, "\"}]");

    rc = AG_OK;

    for (i = 0; i < 10 && rc == AG_OK; i++) {
        rc = add(piece);
    }

    assert_int_equal(rc, AG_LIMIT);
    assert_int_equal(i, 5);

    free(piece);
}


static void
has_a_limit_of_depth(void **state)
{
    int   i;
    char  piece[1024];

    (void) state;

    strcpy(piece, "[{\"jsonPath\":\"$");

    for (i = 0; i < AG_JSON_DEPTH_MAX - 1; i++) {
        strcat(piece, ".a");
    }

    i = (int) strlen(piece);
    strcpy(piece + i, "\",\"numberValue\":1}]");
    assert_int_equal(add(piece), AG_OK);

    whole = ag_gemini_pieces_make(&arena, whole);
    strcpy(piece + i, ".a\",\"numberValue\":1}]");
    assert_int_equal(add(piece), AG_OK);
    assert_false(ag_gemini_pieces_is_empty(whole));
}


static void
ends_with_its_memory(void **state)
{
    (void) state;

    arena.max = arena.used;
    assert_int_equal(add("[{\"jsonPath\":\"$.a\",\"numberValue\":1}]"),
                     AG_NOMEM);
    assert_null(ag_gemini_pieces_make(&arena, NULL));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_what_it_was_told, begin, end),
        cmocka_unit_test_setup_teardown(believes_the_last_piece, begin, end),
        cmocka_unit_test_setup_teardown(survives_wrong_types, begin, end),
        cmocka_unit_test_setup_teardown(has_a_limit_of_values, begin, end),
        cmocka_unit_test_setup_teardown(has_a_limit_of_an_arrays_length,
                                        begin, end),
        cmocka_unit_test_setup_teardown(has_a_limit_of_text, begin, end),
        cmocka_unit_test_setup_teardown(has_a_limit_of_depth, begin, end),
        cmocka_unit_test_setup_teardown(ends_with_its_memory, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
