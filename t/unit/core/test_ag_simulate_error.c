/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
every_status_has_openais_four_keys(void **state)
{
    char         body[128];
    unsigned     status;
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    for (status = 400; status < 600; status++) {
        snprintf(body, sizeof(body),
                 "{\"model\":\"sim-error-%u\"," CHAT "}", status);
        simulated_fails(&t, "chat/completions", body, status, NULL);
        assert_int_equal(simulated_has(&t, "\"type\":\"server_error\""),
                         status >= 500);
    }

    simulated_free(&t);
}


static void
a_status_has_the_words_of_its_own(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"sim-error-401\"," CHAT "}");
    assert_string_equal(t.text.data,
                        "{\"error\":{\"message\":\"Incorrect API key "
                        "provided.\",\"type\":\"invalid_request_error\","
                        "\"param\":null,\"code\":\"invalid_api_key\"}}");

    simulated_free(&t);
}


static void
anthropic_says_it_in_its_own_shape(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);
    t.options.dialect = AG_SIMULATE_ANTHROPIC;

    simulated_post(&t, "messages", "{\"model\":\"sim-error-529\","
                                   "\"max_tokens\":9," CHAT "}");
    assert_int_equal(t.s.status, 529);

    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/type"), "error");
    assert_string_equal(simulated_string(doc, "/error/type"),
                        "overloaded_error");
    assert_memory_equal(simulated_string(doc, "/request_id"),
                        t.s.request_id, AG_SIMULATE_ID_LEN);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
the_first_error_stays(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    /* the model is missing and so is the input */

    simulated_fails(&t, "chat/completions", "{}", 400, "model");

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_status_has_openais_four_keys),
        cmocka_unit_test(a_status_has_the_words_of_its_own),
        cmocka_unit_test(anthropic_says_it_in_its_own_shape),
        cmocka_unit_test(the_first_error_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
