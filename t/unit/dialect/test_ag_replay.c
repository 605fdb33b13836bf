/*
 * Copyright (C) ngx_agent authors
 *
 * Who tells which answer again, and what is left of one that cannot be told.
 */


#include "replay_chat_test.h"


#define STREAM                                                                \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"         \
    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"


static void
five_endpoints_can(void **state)
{
    ag_endpoint_t  i;

    (void) state;

    for (i = 0; i <= AG_ENDPOINT_MAX; i++) {
        assert_int_equal(ag_replay_can(i),
                         i == AG_ENDPOINT_CHAT || i == AG_ENDPOINT_COMPLETIONS
                         || i == AG_ENDPOINT_EMBEDDINGS
                         || i == AG_ENDPOINT_RESPONSES
                         || i == AG_ENDPOINT_MESSAGES);
    }
}


static void
an_error_leaves_nothing_behind(void **state)
{
    int                  i, whole;
    ag_buf_t             out;
    ag_replay_options_t  options;

    (void) state;

    memset(&options, 0, sizeof(options));

    /* every byte of both, until there is room for all of it */

    for (whole = 0; whole < 2; whole++) {
        for (i = 6; /* void */ ; i++) {
            ag_buf_init(&out, (size_t) i);
            assert_int_equal(ag_buf_add_string(&out, "before"), AG_OK);

            if ((whole ? ag_replay_whole(&out, AG_ENDPOINT_CHAT, text(STREAM),
                                         NULL)
                       : ag_replay_stream(&out, AG_ENDPOINT_CHAT,
                                          text(MESSAGE("\"content\":\"a\"")),
                                          &options)) == AG_OK)
            {
                break;
            }

            assert_text(ag_buf_str(&out), "before");
            ag_buf_free(&out);
        }

        assert_true(i > 100 && out.len == (size_t) i);
        assert_memory_equal(out.data, "before", 6);
        ag_buf_free(&out);
    }
}


static void
what_is_not_json_is_not_told(void **state)
{
    ag_buf_t  deep;
    size_t    i;

    (void) state;

    is_not_told(AG_ENDPOINT_CHAT, "", AG_NONE);
    is_not_told(AG_ENDPOINT_CHAT, "{", AG_NONE);
    assert_int_equal(ag_replay_end(AG_ENDPOINT_CHAT, text("{")),
                     AG_REPLAY_OTHER);

    ag_buf_init(&deep, SIZE_MAX);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(ag_buf_add_string(&deep, "["), AG_OK);
    }

    assert_int_equal(ag_buf_add(&deep, "", 1), AG_OK);
    is_not_told(AG_ENDPOINT_CHAT, (char *) deep.data, AG_LIMIT);
    assert_int_equal(ag_replay_end(AG_ENDPOINT_CHAT, ag_buf_str(&deep)),
                     AG_REPLAY_OTHER);
    ag_buf_free(&deep);
}


static void
embeddings_are_whole_only(void **state)
{
    ag_buf_t       out;
    ag_endpoint_t  endpoint;

    (void) state;

    endpoint = AG_ENDPOINT_EMBEDDINGS;

    is_not_told(endpoint, "{\"data\":[]}", AG_NONE);
    assert_int_equal(whole_bytes(&out, endpoint, text(STREAM), NULL),
                     AG_NONE);
    ag_buf_free(&out);

    assert_int_equal(ag_replay_end(endpoint, text("{\"data\":[{}]}")),
                     AG_REPLAY_COMPLETE);
    assert_int_equal(ag_replay_end(endpoint, text("{\"data\":[],"
                                                  "\"error\":null}")),
                     AG_REPLAY_COMPLETE);
    assert_int_equal(ag_replay_end(endpoint, text("{\"data\":[],"
                                                  "\"error\":{}}")),
                     AG_REPLAY_OTHER);
    assert_int_equal(ag_replay_end(endpoint, text("{\"data\":{}}")),
                     AG_REPLAY_OTHER);
    assert_int_equal(ag_replay_end(endpoint, text("[]")), AG_REPLAY_OTHER);
    assert_int_equal(ag_replay_end(endpoint, text("")), AG_REPLAY_OTHER);
}


static void
others_are_not_told_at_all(void **state)
{
    ag_buf_t  out;

    (void) state;

    is_not_told(AG_ENDPOINT_MODELS, "{\"data\":[]}", AG_NONE);
    assert_int_equal(whole_bytes(&out, AG_ENDPOINT_COUNT_TOKENS,
                                 text(STREAM), NULL), AG_NONE);
    ag_buf_free(&out);
    assert_int_equal(ag_replay_end(AG_ENDPOINT_MODELS,
                                   text("{\"data\":[]}")), AG_REPLAY_OTHER);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(five_endpoints_can),
        cmocka_unit_test(an_error_leaves_nothing_behind),
        cmocka_unit_test(what_is_not_json_is_not_told),
        cmocka_unit_test(embeddings_are_whole_only),
        cmocka_unit_test(others_are_not_told_at_all)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
