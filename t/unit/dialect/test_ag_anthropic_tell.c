/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of a request for Anthropic: what cases in JSON cannot say.  The
 * rest is in t/golden/anthropic-provider.
 */


#include "dialect/anthropic_tell_test.h"


static void
test_a_failure_leaves_the_buffer_as_it_was(void **state)
{
    ag_buf_t        out;
    ag_error_t      error;
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "");
    assert_int_equal(a.rc, AG_OK);

    ag_buf_init(&out, 40);
    assert_int_equal(ag_buf_add_string(&out, "before"), AG_OK);

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &out, &error),
                     AG_LIMIT);
    assert_int_equal(out.len, 6);

    ag_buf_free(&out);
    golden_ask_free(&a);

    tell_with(&a, OLDER, "\"n\":2");
    assert_int_equal(a.rc, AG_INVALID);
    assert_int_equal(a.body.len, 0);
    golden_ask_free(&a);
}


static void
test_no_memory_is_told_as_such(void **state)
{
    ag_buf_t        out;
    ag_arena_t      none;
    ag_error_t      error;
    golden_asked_t  a;

    (void) state;

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
         "\"tool_calls\":[{\"id\":\"a:b\",\"type\":\"function\",\"function\":"
         "{\"name\":\"f\",\"arguments\":\"{}\"}}]}],\"response_format\":"
         "{\"type\":\"json_object\"}}");
    assert_int_equal(a.rc, AG_OK);

    ag_buf_init(&out, GOLDEN_BODY_MAX);
    ag_arena_init(&none, 0);
    a.to.arena = &none;

    /* an id that cannot be made is no reason to crash */

    (void) ag_anthropic.translator->tell(&a.n, &a.to, &out, &error);

    ag_buf_free(&out);
    ag_arena_free(&none);
    golden_ask_free(&a);
}


static void
test_more_is_dropped_than_is_named(void **state)
{
    int             i, len;
    char            members[4096];
    golden_asked_t  a;

    (void) state;

    len = 0;

    for (i = 0; i < 100; i++) {
        len += snprintf(members + len, sizeof(members) - (size_t) len,
                        "%s\"x%d\":1", i ? "," : "", i);
    }

    tell_with(&a, OLDER, members);
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.to.drop_count, AG_DROPS_MAX);
    assert_false(told_has(&a, "x1"));
    golden_ask_free(&a);
}


static void
test_a_user_of_the_longest_name(void **state)
{
    char            members[300];
    golden_asked_t  a;

    (void) state;

    memset(members, 'u', sizeof(members));
    memcpy(members, "\"user\":\"", 8);
    strcpy(members + 8 + 256, "\"");

    tell_with(&a, OLDER, members);
    assert_int_equal(a.to.drop_count, 0);
    assert_true(told_has(&a, "\"metadata\":{\"user_id\":\"uuu"));
    golden_ask_free(&a);
}


static void
test_the_limit_of_a_model_that_nobody_knows(void **state)
{
    ag_buf_t        out;
    ag_facts_t      facts;
    ag_error_t      error;
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "");

    memset(&facts, 0, sizeof(facts));
    a.to.facts = &facts;
    ag_buf_init(&out, GOLDEN_BODY_MAX);

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &out, &error),
                     AG_OK);
    assert_non_null(memmem(out.data, out.len, "\"max_tokens\":4096,", 18));

    out.len = 0;
    a.n.max_tokens = 999999;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &out, &error),
                     AG_OK);
    assert_non_null(memmem(out.data, out.len, "\"max_tokens\":999999,", 20));

    ag_buf_free(&out);
    golden_ask_free(&a);
}


static void
test_a_model_that_takes_no_stop_sequences(void **state)
{
    ag_facts_t      facts;
    ag_error_t      error;
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "\"stop\":\"END\"");
    assert_true(told_has(&a, "\"stop_sequences\":[\"END\"]"));

    facts = *a.to.facts;
    facts.refuses |= 1u << AG_REFUSAL_STOP;
    a.to.facts = &facts;
    a.body.len = 0;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                   &error), AG_INVALID);
    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);

    a.to.drop_params = 1;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                   &error), AG_OK);
    assert_false(told_has(&a, "stop_sequences"));
    assert_int_equal(a.to.drop_count, 1);

    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_failure_leaves_the_buffer_as_it_was),
        cmocka_unit_test(test_no_memory_is_told_as_such),
        cmocka_unit_test(test_more_is_dropped_than_is_named),
        cmocka_unit_test(test_a_user_of_the_longest_name),
        cmocka_unit_test(test_the_limit_of_a_model_that_nobody_knows),
        cmocka_unit_test(test_a_model_that_takes_no_stop_sequences)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
