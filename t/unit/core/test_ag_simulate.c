/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
an_answer_has_its_status_type_and_length(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);
    t.options.latency_ms = 70;

    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");

    assert_int_equal(t.verdict, AG_SIMULATE_END);
    assert_int_equal(t.s.status, 200);
    assert_int_equal(t.s.stream, 0);
    assert_int_equal(t.s.length, t.text.len);
    assert_int_equal(t.s.delay_ms, 70);
    assert_int_equal(t.s.retry_after, -1);
    assert_int_equal(t.steps, 1);
    assert_string_equal(t.s.content_type, "application/json");

    simulated_free(&t);
}


static void
the_same_seed_and_request_give_the_same_bytes(void **state)
{
    char         first[4096], whole[1024], streamed[1024];
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);
    t.options.tokens = 40;

    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");
    snprintf(first, sizeof(first), "%s", (char *) t.text.data);

    doc = simulated_json(&t);
    snprintf(whole, sizeof(whole), "%s",
             simulated_string(doc, "/choices/0/message/content"));
    yyjson_doc_free(doc);

    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");
    assert_string_equal(t.text.data, first);

    simulated_post(&t, "chat/completions",
                   "{\"stream\":true,\"model\":\"m\"," CHAT "}");
    simulated_join(&t, "/choices/0/delta/content", streamed,
                   sizeof(streamed));
    assert_string_equal(streamed, whole);

    t.options.seed = 2;
    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");
    assert_string_not_equal(t.text.data, first);

    simulated_free(&t);
}


static void
an_unknown_path_is_404_and_needs_no_body(void **state)
{
    size_t                    i;
    simulated_t               t;
    static const char *const  paths[] = {
        "", "/", "chat", "chat/completions/", "chat/completionsx", "models/",
        "messages", "messages/count_tokens", "xchat/completions"
    };

    (void) state;
    simulated_init(&t);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        simulated_fails(&t, paths[i], NULL, 404, NULL);
        assert_null(t.s.allow);
        assert_int_equal(t.s.delay_ms, 0);
    }

    t.options.dialect = AG_SIMULATE_ANTHROPIC;
    simulated_post(&t, "chat/completions", NULL);
    assert_int_equal(t.s.status, 404);
    assert_true(simulated_has(&t, "\"type\":\"not_found_error\""));

    simulated_free(&t);
}


static void
a_wrong_method_is_405_and_names_the_right_one(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_run(&t, "GET", "chat/completions", NULL);
    assert_int_equal(t.s.status, 405);
    assert_string_equal(t.s.allow, "POST");

    simulated_run(&t, "POST", "models", NULL);
    assert_int_equal(t.s.status, 405);
    assert_string_equal(t.s.allow, "GET");

    simulated_run(&t, "HEAD", "models", NULL);
    assert_int_equal(t.s.status, 200);

    simulated_free(&t);
}


static void
tokens_come_at_their_rate_from_the_first_on(void **state)
{
    uint64_t     wait;
    ag_buf_t     out;
    simulated_t  t;
    ag_str_t     post = ag_string("POST"), path = ag_string("completions");
    ag_str_t     body = ag_string("{\"model\":\"m\",\"prompt\":\"p\","
                                  "\"stream\":true}");

    (void) state;
    simulated_init(&t);
    t.options.rate = 80;
    t.options.tokens = 9;

    assert_int_equal(ag_simulate_init(&t.s, &t.options, post, path), 1);
    ag_simulate_read(&t.s, body, 1, 2);
    ag_buf_init(&out, AG_ANSWER_MAX);

    /* 80 per second is one every 12.5 ms */

    assert_int_equal(ag_simulate_next(&t.s, 0, &out, &wait),
                     AG_SIMULATE_WAIT);
    assert_int_equal(wait, 12);
    out.len = 0;

    assert_int_equal(ag_simulate_next(&t.s, 11, &out, &wait),
                     AG_SIMULATE_WAIT);
    assert_int_equal(wait, 1);
    assert_int_equal(out.len, 0);

    assert_int_equal(ag_simulate_next(&t.s, 12, &out, &wait),
                     AG_SIMULATE_WAIT);
    assert_int_equal(wait, 13);
    assert_true(out.len > 0);

    /* a late timer sends all that is due, and the stream ends in time */

    assert_int_equal(ag_simulate_next(&t.s, 99, &out, &wait),
                     AG_SIMULATE_WAIT);
    assert_int_equal(wait, 1);
    assert_int_equal(ag_simulate_next(&t.s, 100, &out, &wait),
                     AG_SIMULATE_END);
    assert_int_equal(ag_simulate_next(&t.s, 100, &out, &wait),
                     AG_SIMULATE_END);

    ag_buf_free(&out);
    simulated_free(&t);
}


static void
without_a_rate_a_stream_comes_in_batches(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);
    t.options.tokens = 1000;

    simulated_post(&t, "chat/completions",
                   "{\"stream\":true,\"model\":\"m\"," CHAT "}");

    assert_int_equal(t.elapsed_ms, 0);
    assert_int_equal(simulated_count(&t, "data: "), 1003);
    assert_true(t.steps > 4);
    assert_true(t.text.len / t.steps < AG_SIMULATE_BATCH + 1024);

    simulated_free(&t);
}


static void
stream_fault(simulated_t *t, const char *model, ag_simulate_verdict_t verdict,
    unsigned events)
{
    char  body[256];

    snprintf(body, sizeof(body), "{\"model\":\"%s\",\"stream\":true," CHAT "}",
             model);
    simulated_post(t, "chat/completions", body);

    assert_int_equal(t->verdict, verdict);
    assert_int_equal(t->s.stream, 1);
    assert_int_equal(t->s.status, 200);
    assert_int_equal(simulated_count(t, "data: "), events);
}


static void
a_stream_fails_as_its_fault_says(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    /* the role, 5 tokens, the finish reason, [DONE] */

    stream_fault(&t, "m", AG_SIMULATE_END, 8);

    stream_fault(&t, "sim-hang", AG_SIMULATE_HANG, 0);
    stream_fault(&t, "sim-hang-stream", AG_SIMULATE_HANG, 3);
    stream_fault(&t, "sim-cut", AG_SIMULATE_CUT, 3);
    stream_fault(&t, "sim-cut-clean", AG_SIMULATE_END, 3);
    stream_fault(&t, "sim-empty", AG_SIMULATE_END, 0);
    stream_fault(&t, "sim-no-done", AG_SIMULATE_END, 7);
    assert_true(simulated_has(&t, "\"finish_reason\":\"stop\""));
    assert_false(simulated_has(&t, "[DONE]"));

    stream_fault(&t, "sim-error-event", AG_SIMULATE_END, 1);
    assert_true(simulated_has(&t, "data: {\"error\":{\"message\":"));

    stream_fault(&t, "sim-error-mid", AG_SIMULATE_END, 4);
    assert_true(simulated_has(&t, "data: {\"error\":{\"message\":"));
    assert_false(simulated_has(&t, "[DONE]"));

    stream_fault(&t, "sim-bad-json", AG_SIMULATE_END, 9);
    doc = simulated_event(&t, 2);
    assert_non_null(doc);
    yyjson_doc_free(doc);
    assert_null(simulated_event(&t, 3));

    stream_fault(&t, "sim-crlf", AG_SIMULATE_END, 8);
    assert_int_equal(simulated_count(&t, "\r\n\r\n"), 8);
    assert_int_equal(simulated_count(&t, "\n"), 16);

    simulated_free(&t);
}


static void
a_stream_of_one_token_fails_too(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);
    t.options.tokens = 1;

    stream_fault(&t, "sim-cut", AG_SIMULATE_CUT, 2);
    stream_fault(&t, "sim-bad-json", AG_SIMULATE_END, 5);

    simulated_free(&t);
}


static void
a_slow_stream_opens_and_then_is_silent(void **state)
{
    uint64_t     wait;
    ag_buf_t     out;
    simulated_t  t;
    ag_str_t     post = ag_string("POST"), path = ag_string("completions");
    ag_str_t     body = ag_string("{\"model\":\"sim-slow\",\"prompt\":\"p\","
                                  "\"stream\":true}");

    (void) state;
    simulated_init(&t);
    t.options.latency_ms = 5;

    (void) ag_simulate_init(&t.s, &t.options, post, path);
    ag_simulate_read(&t.s, body, 1, 2);
    ag_buf_init(&out, AG_ANSWER_MAX);

    assert_int_equal(t.s.delay_ms, 5);
    assert_int_equal(ag_simulate_next(&t.s, 0, &out, &wait),
                     AG_SIMULATE_WAIT);
    assert_int_equal(wait, AG_SIMULATE_SLOW_MS);
    assert_true(out.len > 0);

    ag_buf_free(&out);

    simulated_post(&t, "completions",
                   "{\"model\":\"sim-slow\",\"prompt\":\"p\"}");
    assert_int_equal(t.s.delay_ms, 5 + AG_SIMULATE_SLOW_MS);

    simulated_free(&t);
}


static void
whole_fault(simulated_t *t, const char *model, ag_simulate_verdict_t verdict)
{
    char  body[256];

    snprintf(body, sizeof(body), "{\"model\":\"%s\"," CHAT "}", model);
    simulated_post(t, "chat/completions", body);

    assert_int_equal(t->verdict, verdict);
    assert_int_equal(t->s.stream, 0);
}


static void
a_whole_answer_fails_as_its_fault_says(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    whole_fault(&t, "sim-hang", AG_SIMULATE_HANG);
    assert_int_equal(t.text.len, 0);

    whole_fault(&t, "sim-hang-stream", AG_SIMULATE_HANG);
    assert_int_equal(t.text.len, t.s.length / 2);

    whole_fault(&t, "sim-cut", AG_SIMULATE_CUT);
    assert_int_equal(t.text.len, t.s.length / 2);
    assert_true(t.text.len > 100);

    whole_fault(&t, "sim-bad-json", AG_SIMULATE_END);
    assert_int_equal(t.text.len, t.s.length);
    assert_null(yyjson_read((char *) t.text.data, t.text.len, 0));

    whole_fault(&t, "sim-html", AG_SIMULATE_END);
    assert_string_equal(t.s.content_type, "text/html");
    assert_int_equal(t.s.status, 200);
    assert_true(simulated_has(&t, "<html>"));

    whole_fault(&t, "sim-empty", AG_SIMULATE_END);
    assert_true(simulated_has(&t, "\"choices\":[]"));

    whole_fault(&t, "sim-error-200", AG_SIMULATE_END);
    assert_int_equal(t.s.status, 200);
    assert_true(simulated_has(&t, "{\"error\":{\"message\":"));

    whole_fault(&t, "sim-no-usage", AG_SIMULATE_END);
    assert_false(simulated_has(&t, "\"usage\":"));

    simulated_free(&t);
}


static void
a_stream_request_gets_html_and_errors_whole(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"sim-html\",\"stream\":true," CHAT "}");
    assert_int_equal(t.s.stream, 0);
    assert_string_equal(t.s.content_type, "text/html");

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-error-503\",\"stream\":true," CHAT "}",
                    503, NULL);
    assert_int_equal(t.s.stream, 0);

    simulated_free(&t);
}


static void
a_models_fault_comes_before_the_directives(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);
    t.options.fault.id = AG_FAULT_HTML;

    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");
    assert_string_equal(t.s.content_type, "text/html");

    simulated_run(&t, "GET", "models", NULL);
    assert_string_equal(t.s.content_type, "text/html");

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-error-404\"," CHAT "}", 404, NULL);

    /* a request that is wrong is refused, whatever the fault */

    simulated_fails(&t, "chat/completions", "{\"model\":\"m\"}", 400,
                    "messages");

    simulated_free(&t);
}


static void
an_answer_that_does_not_fit_becomes_an_error(void **state)
{
    uint64_t     wait;
    ag_buf_t     out;
    simulated_t  t;
    ag_str_t     post = ag_string("POST"), path = ag_string("completions");
    ag_str_t     body = ag_string("{\"model\":\"m\",\"prompt\":\"p\"}");

    (void) state;
    simulated_init(&t);
    t.options.tokens = 1000;

    (void) ag_simulate_init(&t.s, &t.options, post, path);
    ag_simulate_read(&t.s, body, 1, 2);
    ag_buf_init(&out, 1000);

    assert_int_equal(ag_simulate_next(&t.s, 0, &out, &wait),
                     AG_SIMULATE_END);
    assert_int_equal(t.s.status, 400);
    assert_int_equal(t.s.length, out.len);
    assert_memory_equal(out.data, "{\"error\":", 9);

    ag_buf_free(&out);
    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_answer_has_its_status_type_and_length),
        cmocka_unit_test(the_same_seed_and_request_give_the_same_bytes),
        cmocka_unit_test(an_unknown_path_is_404_and_needs_no_body),
        cmocka_unit_test(a_wrong_method_is_405_and_names_the_right_one),
        cmocka_unit_test(tokens_come_at_their_rate_from_the_first_on),
        cmocka_unit_test(without_a_rate_a_stream_comes_in_batches),
        cmocka_unit_test(a_stream_fails_as_its_fault_says),
        cmocka_unit_test(a_stream_of_one_token_fails_too),
        cmocka_unit_test(a_slow_stream_opens_and_then_is_silent),
        cmocka_unit_test(a_whole_answer_fails_as_its_fault_says),
        cmocka_unit_test(a_stream_request_gets_html_and_errors_whole),
        cmocka_unit_test(a_models_fault_comes_before_the_directives),
        cmocka_unit_test(an_answer_that_does_not_fit_becomes_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
