/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
finds(const char *name, int whole, ag_fault_id_t id, unsigned number)
{
    ag_fault_t  fault;

    assert_int_equal(ag_simulate_fault(ag_str(name, strlen(name)), whole,
                                       &fault),
                     id == AG_FAULT_NONE ? AG_NONE : AG_OK);
    assert_int_equal(fault.id, id);
    assert_int_equal(fault.number, number);
}


static void
a_fault_is_found_by_its_name(void **state)
{
    (void) state;

    finds("sim-slow", 1, AG_FAULT_SLOW, 0);
    finds("sim-error-503", 1, AG_FAULT_STATUS, 503);
    finds("sim-error-200", 1, AG_FAULT_ERROR_200, 0);
    finds("sim-429-2s", 1, AG_FAULT_RATE_LIMIT, 2);
    finds("sim-429-9999s", 1, AG_FAULT_RATE_LIMIT, 9999);

    finds("", 1, AG_FAULT_NONE, 0);
    finds("sim-", 1, AG_FAULT_NONE, 0);
    finds("slow", 1, AG_FAULT_NONE, 0);
    finds("Sim-slow", 1, AG_FAULT_NONE, 0);
    finds("sim-slow-1", 1, AG_FAULT_NONE, 0);
    finds("sim-error-399", 1, AG_FAULT_NONE, 0);
    finds("sim-error-600", 1, AG_FAULT_NONE, 0);
    finds("sim-error-50", 1, AG_FAULT_NONE, 0);
    finds("sim-error-5033", 1, AG_FAULT_NONE, 0);
    finds("sim-error-NNN", 1, AG_FAULT_NONE, 0);
    finds("sim-429-s", 1, AG_FAULT_NONE, 0);
    finds("sim-429-12345s", 1, AG_FAULT_NONE, 0);
}


static void
a_model_begins_with_the_longest_name(void **state)
{
    (void) state;

    finds("sim-cut", 0, AG_FAULT_CUT, 0);
    finds("sim-cut-clean", 0, AG_FAULT_CUT_CLEAN, 0);
    finds("sim-cut-cleaner", 0, AG_FAULT_CUT, 0);
    finds("sim-cutter", 0, AG_FAULT_NONE, 0);
    finds("sim-cut2", 0, AG_FAULT_NONE, 0);
    finds("sim-hang-stream:latest", 0, AG_FAULT_HANG_STREAM, 0);
    finds("sim-error-503-mini", 0, AG_FAULT_STATUS, 503);
    finds("sim-error-5033", 0, AG_FAULT_NONE, 0);
    finds("sim-error-mid/x", 0, AG_FAULT_ERROR_MID, 0);
    finds("sim-429-30s-a", 0, AG_FAULT_RATE_LIMIT, 30);
    finds("gpt-5", 0, AG_FAULT_NONE, 0);
    finds("x/sim-cut", 0, AG_FAULT_NONE, 0);
}


/* So a row of the table is enough for a fault to be named and listed. */
static void
every_example_is_found_and_every_name_is_told(void **state)
{
    size_t                    i;
    ag_fault_t                fault;
    const char               *example;
    static const char *const  names[] = {
#define AG_FAULT_NAME(id, name, example, meaning)  name,
        AG_FAULTS(AG_FAULT_NAME)
#undef AG_FAULT_NAME
    };

    (void) state;

    for (i = 1; i < AG_FAULT_MAX; i++) {
        example = ag_simulate_fault_example((ag_fault_id_t) i);

        assert_int_equal(ag_simulate_fault(ag_str(example, strlen(example)),
                                           1, &fault), AG_OK);
        assert_int_equal(fault.id, i);
        assert_non_null(strstr(ag_simulate_fault_names(), names[i - 1]));
    }
}


static void
a_rate_limit_tells_when_to_try_again(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-429-7s\"," CHAT "}", 429, NULL);
    assert_int_equal(t.s.retry_after, 7);
    assert_true(simulated_has(&t, "Please try again in 7s."));
    assert_true(simulated_has(&t, "\"code\":\"rate_limit_exceeded\""));

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-error-429\"," CHAT "}", 429, NULL);
    assert_int_equal(t.s.retry_after, -1);

    simulated_free(&t);
}


static void
an_overflow_is_told_in_the_words_that_clients_know(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-context\"," CHAT "}", 400, "messages");
    assert_true(simulated_has(&t, "\"code\":\"context_length_exceeded\""));
    assert_true(simulated_has(&t, "maximum context length is 8192 tokens"));

    simulated_fails(&t, "embeddings",
                    "{\"model\":\"sim-context\",\"input\":\"x\"}", 400,
                    "input");

    t.options.dialect = AG_SIMULATE_ANTHROPIC;
    simulated_post(&t, "messages",
                   "{\"model\":\"sim-context\",\"max_tokens\":9," CHAT "}");
    assert_int_equal(t.s.status, 400);
    assert_true(simulated_has(&t, "prompt is too long: 82"));

    simulated_free(&t);
}


static void
a_policy_is_violated(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_fails(&t, "chat/completions",
                    "{\"model\":\"sim-policy\"," CHAT "}", 400, NULL);
    assert_true(simulated_has(&t, "\"code\":\"content_policy_violation\""));

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_fault_is_found_by_its_name),
        cmocka_unit_test(a_model_begins_with_the_longest_name),
        cmocka_unit_test(every_example_is_found_and_every_name_is_told),
        cmocka_unit_test(a_rate_limit_tells_when_to_try_again),
        cmocka_unit_test(an_overflow_is_told_in_the_words_that_clients_know),
        cmocka_unit_test(a_policy_is_violated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
