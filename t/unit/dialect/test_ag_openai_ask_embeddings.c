/*
 * Copyright (C) ngx_agent authors
 *
 * What may be embedded.
 */


#include "dialect/openai_ask_test.h"


static void
takes_every_form_of_input(void **state)
{
    size_t   i;
    asked_t  a;

    static const char  *good[] = {
        "{\"input\":\"\"}",
        "{\"input\":\"a\",\"dimensions\":8,\"encoding_format\":\"base64\"}",
        "{\"input\":[\"a\",\"b\"],\"encoding_format\":\"float\"}",
        "{\"input\":[1,2],\"dimensions\":null,\"encoding_format\":null}",
        "{\"input\":[[1],[2,3]]}"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(char *); i++) {
        ask_of(&a, good[i], AG_ENDPOINT_EMBEDDINGS);
        assert_int_equal(a.rc, AG_OK);
        assert_string_equal(a.n.list, "input");
        assert_non_null(a.n.root);
        assert_int_equal(a.n.unknown_count, 0);
        asked_free(&a);
    }
}


static void
refuses_others(void **state)
{
    size_t   i;
    asked_t  a;

    static const char  *bad[][2] = {
        { "{}", "input" },
        { "{\"input\":null}", "input" },
        { "{\"input\":1}", "input" },
        { "{\"input\":{}}", "input" },
        { "{\"input\":[]}", "input" },
        { "{\"input\":[null]}", "input" },
        { "{\"input\":[\"a\",1]}", "input" },
        { "{\"input\":[1,\"a\"]}", "input" },
        { "{\"input\":[[1],\"a\"]}", "input" },
        { "{\"input\":[[]]}", "input" },
        { "{\"input\":[-1]}", "input" },
        { "{\"input\":[[1.5]]}", "input" },
        { "{\"input\":\"a\",\"encoding_format\":\"hex\"}",
          "encoding_format" },
        { "{\"input\":\"a\",\"encoding_format\":1}", "encoding_format" },
        { "{\"input\":\"a\",\"dimensions\":0}", "dimensions" },
        { "{\"input\":\"a\",\"dimensions\":\"8\"}", "dimensions" }
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ask_of(&a, bad[i][0], AG_ENDPOINT_EMBEDDINGS);
        expect_refused(&a, bad[i][1]);
    }
}


static void
names_what_it_does_not_know(void **state)
{
    asked_t  a;

    (void) state;

    ask_of(&a, "{\"input\":\"a\",\"model\":\"m\",\"user\":\"u\","
               "\"input_type\":\"query\",\"truncate\":null}",
           AG_ENDPOINT_EMBEDDINGS);

    assert_int_equal(a.n.unknown_count, 1);
    assert_true(ag_str_is(a.n.unknown[0], "input_type"));
    assert_true(ag_str_is(a.n.user, "u"));
    asked_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_every_form_of_input),
        cmocka_unit_test(refuses_others),
        cmocka_unit_test(names_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
