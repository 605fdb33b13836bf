/*
 * Copyright (C) ngx_agent authors
 *
 * The chain and a target of several replicas: what one of them has done
 * wrong another one may do right, at once.
 */


#include "chained.h"


static void
asks_another_replica_after_every_failure_of_one(void **state)
{
    size_t     i;
    chained_t  m;

    static const ag_error_class_t  classes[] = {
        AG_E_NETWORK, AG_E_TIMEOUT_CONNECT, AG_E_TIMEOUT_FIRST_TOKEN,
        AG_E_TIMEOUT_IDLE, AG_E_TIMEOUT_TOTAL, AG_E_RATE_LIMIT,
        AG_E_UNAVAILABLE, AG_E_PROVIDER_ERROR, AG_E_BAD_RESPONSE,
        AG_E_CONFLICT
    };

    (void) state;

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        setup(&m, "01");
        m.failure.another_replica = 1;
        m.failure.wait_ms = ASKED(60000);
        m.failure.may_retry = 0;        /* it is another server */

        assert_int_equal(fails(&m, 0, classes[i]), AG_CHAIN_KEY);
        assert_int_equal(m.step.wait_ms, 0);
        routes(&m, AG_ROUTE_ASK, 0x01);
    }
}


static void
asks_none_for_what_each_would_answer(void **state)
{
    size_t     i;
    chained_t  m, other;

    static const ag_error_class_t  classes[] = {
        AG_E_CREDENTIALS, AG_E_CONTEXT_LENGTH, AG_E_CONTENT_POLICY,
        AG_E_NOT_FOUND, AG_E_INVALID_REQUEST, AG_E_INVALID_OUTPUT,
        AG_E_CLIENT_GONE
    };

    (void) state;

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        setup(&m, "01");
        setup(&other, "01");
        m.failure.another_replica = 1;

        assert_int_equal(fails(&m, 0, classes[i]),
                         fails(&other, 0, classes[i]));
        assert_int_not_equal(m.step.action, AG_CHAIN_KEY);
    }
}


static void
a_replica_is_one_of_the_targets_attempts(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01");
    m.targets[0].attempts = 2;
    m.failure.another_replica = 1;

    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_KEY);
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
}


static void
a_replica_is_one_of_the_calls_attempts(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.conf.attempts = 1;
    m.failure.another_replica = 1;

    assert_int_equal(fails(&m, 0, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    setup(&m, "0");
    m.conf.within_ms = 100;
    m.failure.elapsed_ms = 200;
    m.failure.another_replica = 1;

    assert_int_equal(fails(&m, 0, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(asks_another_replica_after_every_failure_of_one),
        cmocka_unit_test(asks_none_for_what_each_would_answer),
        cmocka_unit_test(a_replica_is_one_of_the_targets_attempts),
        cmocka_unit_test(a_replica_is_one_of_the_calls_attempts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
