/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
what_is_no_json_object_is_refused(void **state)
{
    size_t                    i;
    simulated_t               t;
    static const char *const  bodies[] = {
        "", "{", "[]", "7", "\"x\"", "null", "{\"model\":}", "{}{}",
        "{\"model\":\"m\",\"model\":\"m\"," CHAT "}",
        "{\"model\":\"\xff\"," CHAT "}"
    };

    (void) state;
    simulated_init(&t);

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        simulated_fails(&t, "chat/completions", bodies[i], 400, NULL);
    }

    simulated_free(&t);
}


typedef struct {
    const char  *body;
    const char  *param;
} refused_t;


static void
what_every_request_needs_is_checked(void **state)
{
    size_t                  i;
    simulated_t             t;
    static const refused_t  rows[] = {
        { "{" CHAT "}", "model" },
        { "{\"model\":null," CHAT "}", "model" },
        { "{\"model\":7," CHAT "}", "model" },
        { "{\"model\":\"\"," CHAT "}", "model" },
        { "{\"model\":\"m\"}", "messages" },
        { "{\"model\":\"m\",\"messages\":null}", "messages" },
        { "{\"model\":\"m\",\"messages\":\"hi\"}", "messages" },
        { "{\"model\":\"m\",\"messages\":{}}", "messages" },
        { "{\"model\":\"m\",\"messages\":[ \n]}", "messages" },
        { "{\"model\":\"m\",\"stream\":1," CHAT "}", "stream" },
        { "{\"model\":\"m\",\"stream\":\"true\"," CHAT "}", "stream" },
        { "{\"model\":\"m\",\"stream_options\":{}," CHAT "}",
          "stream_options" },
        { "{\"model\":\"m\",\"stream\":true,\"stream_options\":[]," CHAT "}",
          "stream_options" },
        { "{\"model\":\"m\",\"max_tokens\":0," CHAT "}", "max_tokens" },
        { "{\"model\":\"m\",\"max_completion_tokens\":1.5," CHAT "}",
          "max_completion_tokens" },
        { "{\"model\":\"m\",\"n\":0," CHAT "}", "n" },
        { "{\"model\":\"m\",\"n\":5," CHAT "}", "n" },
        { "{\"model\":\"m\",\"n\":\"1\"," CHAT "}", "n" }
    };

    (void) state;
    simulated_init(&t);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        simulated_fails(&t, "chat/completions", rows[i].body, 400,
                        rows[i].param);
    }

    simulated_fails(&t, "completions", "{\"model\":\"m\"}", 400, "prompt");
    simulated_fails(&t, "completions", "{\"model\":\"m\",\"prompt\":\"\"}",
                    400, "prompt");
    simulated_fails(&t, "responses", "{\"model\":\"m\",\"input\":[]}", 400,
                    "input");

    simulated_free(&t);
}


static void
null_is_as_good_as_absent(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"n\":null,\"stream\":null,"
                   "\"stream_options\":null,\"max_tokens\":null,"
                   "\"tools\":null,\"tool_choice\":null,"
                   "\"response_format\":null," CHAT "}");
    assert_int_equal(t.s.status, 200);
    assert_int_equal(t.s.stream, 0);

    simulated_free(&t);
}


static void
a_model_of_any_name_is_repeated_as_it_came(void **state)
{
    char         body[1024], name[300];
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"a/\\u00e9\\\"b\xc3\xa9\"," CHAT "}");
    assert_true(simulated_has(&t, "\"model\":\"a/\\u00e9\\\"b\xc3\xa9\""));

    memset(name, 'x', sizeof(name));
    name[AG_MODEL_NAME_MAX] = '\0';
    snprintf(body, sizeof(body), "{\"model\":\"%s\"," CHAT "}", name);
    simulated_post(&t, "chat/completions", body);
    assert_int_equal(t.s.status, 200);

    snprintf(body, sizeof(body), "{\"model\":\"%sx\"," CHAT "}", name);
    simulated_fails(&t, "chat/completions", body, 400, "model");

    simulated_free(&t);
}


static void
a_limit_cuts_the_answer_short(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"max_completion_tokens\":3," CHAT "}");
    assert_true(simulated_has(&t, "\"completion_tokens\":3,"));
    assert_true(simulated_has(&t, "\"finish_reason\":\"length\""));

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"max_tokens\":5," CHAT "}");
    assert_true(simulated_has(&t, "\"completion_tokens\":5,"));
    assert_true(simulated_has(&t, "\"finish_reason\":\"stop\""));

    simulated_free(&t);
}


static void
a_longer_input_has_more_tokens(void **state)
{
    uint64_t     tokens;
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "responses", "{\"model\":\"m\",\"input\":\"hello\"}");
    tokens = t.s.input_tokens;

    simulated_post(&t, "responses",
                   "{\"model\":\"m\",\"input\":\"hello hello hello\"}");
    assert_true(t.s.input_tokens > tokens);

    simulated_post(&t, "responses",
                   "{\"model\":\"m\",\"input\":\"hello\","
                   "\"instructions\":\"be brief, very brief\"}");
    assert_true(t.s.input_tokens > tokens);

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_no_json_object_is_refused),
        cmocka_unit_test(what_every_request_needs_is_checked),
        cmocka_unit_test(null_is_as_good_as_absent),
        cmocka_unit_test(a_model_of_any_name_is_repeated_as_it_came),
        cmocka_unit_test(a_limit_cuts_the_answer_short),
        cmocka_unit_test(a_longer_input_has_more_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
