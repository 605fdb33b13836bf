/*
 * Copyright (C) ngx_agent authors
 *
 * What the chain does about a failure, rule by rule: again, with another key,
 * on to the next, or nothing; and how long it waits.
 */


#include "core/chained.h"


static void draws(chained_t *m, uint32_t tries, uint64_t least, uint64_t most);


/*
 * The waits after so many tries at target 0 lie within the bounds, both are
 * drawn if there are few values, and no sixteenth of the range is rare.
 */
static void
draws(chained_t *m, uint32_t tries, uint64_t least, uint64_t most)
{
    uint32_t  i, parts[16];
    uint64_t  low, high, wait, random;

    memset(parts, 0, sizeof(parts));
    low = UINT64_MAX;
    high = 0;
    random = 42;

    for (i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;

        memset(&m->chain, 0, sizeof(ag_chain_t));
        m->chain.tries[0] = tries - 1;
        m->failure.random = random ^ (random >> 33);

        assert_int_equal(fails(m, 0, m->failure.class), AG_CHAIN_RETRY);

        wait = m->step.wait_ms;
        assert_true(wait >= least && wait <= most);

        low = (wait < low) ? wait : low;
        high = (wait > high) ? wait : high;
        parts[(wait - least) * 16 / (most - least + 1)]++;
    }

    assert_true(low - least <= (most - least) / 1000);
    assert_true(most - high <= (most - least) / 1000);

    for (i = 0; i < 16 && most - least >= 100; i++) {
        assert_in_range(parts[i], 1250 * 8 / 10, 1250 * 12 / 10);
    }
}


static void
obeys_the_columns_of_the_error_table(void **state)
{
    size_t    i;
    chained_t   m;
    unsigned  class;

    static const struct {
        ag_error_class_t   class;
        ag_chain_action_t  action;
    } rows[] = {
        { AG_E_NETWORK, AG_CHAIN_RETRY },
        { AG_E_TIMEOUT_CONNECT, AG_CHAIN_RETRY },
        { AG_E_TIMEOUT_FIRST_TOKEN, AG_CHAIN_NEXT },
        { AG_E_TIMEOUT_IDLE, AG_CHAIN_NEXT },
        { AG_E_TIMEOUT_TOTAL, AG_CHAIN_NEXT },
        { AG_E_RATE_LIMIT, AG_CHAIN_RETRY },
        { AG_E_UNAVAILABLE, AG_CHAIN_RETRY },
        { AG_E_PROVIDER_ERROR, AG_CHAIN_RETRY },
        { AG_E_BAD_RESPONSE, AG_CHAIN_NEXT },
        { AG_E_INVALID_OUTPUT, AG_CHAIN_NEXT },
        { AG_E_CREDENTIALS, AG_CHAIN_NEXT },
        { AG_E_CONTEXT_LENGTH, AG_CHAIN_NEXT },
        { AG_E_CONTENT_POLICY, AG_CHAIN_NEXT },
        { AG_E_NOT_FOUND, AG_CHAIN_NEXT },
        { AG_E_CONFLICT, AG_CHAIN_RETRY },
        { AG_E_UNSUPPORTED_PARAMETER, AG_CHAIN_NEXT },
    };

    (void) state;

    for (class = AG_E_NETWORK; class <= AG_E_MAX; class++) {
        setup(&m, "01");
        fails(&m, 0, (ag_error_class_t) class);

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (rows[i].class == class) {
                break;
            }
        }

        assert_int_equal(m.step.action, (i < sizeof(rows) / sizeof(rows[0]))
                                        ? rows[i].action : AG_CHAIN_GIVE_UP);
        assert_int_equal(m.chain.error, class);
    }
}


static void
gives_up_for_good(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "001");
    assert_int_equal(fails(&m, 0, AG_E_CLIENT_GONE), AG_CHAIN_GIVE_UP);
    assert_int_equal(m.step.wait_ms, 0);
    routes(&m, AG_ROUTE_NONE, 0);
    assert_int_equal(hedges(&m, 0), 0);

    /* what ran beside it is not asked again either */

    setup(&m, "001");
    ag_chain_start(&m.chain, 1);
    assert_int_equal(fails(&m, 0, AG_E_INVALID_REQUEST), AG_CHAIN_GIVE_UP);
    m.failure.target = 1;
    m.failure.class = AG_E_NETWORK;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
    assert_int_equal(m.chain.error, AG_E_INVALID_REQUEST);
}


static void
retries_while_the_target_has_attempts(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01");
    m.targets[0].attempts = 3;

    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_CONFLICT), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
    assert_int_equal(m.chain.tries[0], 3);
    routes(&m, AG_ROUTE_ASK, 0x02);

    setup(&m, "01");
    m.targets[0].attempts = 1;
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
}


static void
counts_all_attempts_of_the_call(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "012");
    m.conf.attempts = 3;

    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_TIMEOUT_IDLE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);

    /* the third was the last: neither again, nor another key, nor next */

    m.failure.another_key = 1;
    assert_int_equal(fails(&m, 1, AG_E_CREDENTIALS), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
    assert_int_equal(hedges(&m, 1), 0);
    assert_int_equal(m.chain.attempts, 3);

    setup(&m, "01");
    m.conf.attempts = 1;
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
}


static void
waits_only_if_the_time_suffices(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01");
    m.conf.within_ms = 5000;
    m.failure.wait_ms = ASKED(1500);

    m.failure.elapsed_ms = 3500;
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, 1500);

    setup(&m, "01");
    m.conf.within_ms = 5000;
    m.failure.wait_ms = ASKED(1500);

    m.failure.elapsed_ms = 3501;
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_NEXT);
    assert_int_equal(m.step.wait_ms, 0);
    routes(&m, AG_ROUTE_ASK, 0x02);

    /* no sum overflows */

    setup(&m, "01");
    m.conf.within_ms = UINT64_MAX;
    m.failure.wait_ms = ASKED(1500);

    m.failure.elapsed_ms = UINT64_MAX - 1499;
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_NEXT);

    setup(&m, "01");
    m.failure.elapsed_ms = UINT64_MAX;
    m.failure.wait_ms = UINT64_MAX;
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_NEXT);
    assert_true(m.chain.wait_ms == UINT64_MAX);
}


static void
retries_only_if_the_tenant_may(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00");
    m.failure.may_retry = 0;

    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);

    setup(&m, "00");
    m.failure.may_retry = 0;
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_NEXT);

    setup(&m, "00");
    m.failure.may_retry = 0;
    m.conf.again = 1;
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
}


static void
backs_off_over_the_whole_range(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.targets[0].attempts = 1000;
    m.conf.attempts = 1000;
    m.failure.class = AG_E_NETWORK;

    draws(&m, 1, 0, 500);
    draws(&m, 2, 0, 1000);
    draws(&m, 3, 0, 2000);
    draws(&m, 5, 0, 8000);
    draws(&m, 6, 0, 10000);
    draws(&m, 999, 0, 10000);

    m.targets[0].factor_percent = 150;
    draws(&m, 2, 0, 750);
    draws(&m, 3, 0, 1125);
    draws(&m, 4, 0, 1687);

    m.targets[0].factor_percent = 100;
    draws(&m, 1, 0, 500);
    draws(&m, 999, 0, 500);

    m.targets[0].base_ms = 8;
    m.targets[0].factor_percent = 50;
    draws(&m, 2, 0, 4);
    draws(&m, 4, 0, 1);
    draws(&m, 5, 0, 0);
    draws(&m, 999, 0, 0);

    m.targets[0].factor_percent = 0;
    draws(&m, 1, 0, 8);
    draws(&m, 2, 0, 0);

    m.targets[0].base_ms = 0;
    m.targets[0].factor_percent = 200;
    draws(&m, 1, 0, 0);
    draws(&m, 999, 0, 0);

    m.targets[0].base_ms = 3;
    m.targets[0].max_ms = 2;
    draws(&m, 1, 0, 2);

    /* the bound is applied to the end of the product, not on its way */

    m.targets[0].base_ms = 1000;
    m.targets[0].factor_percent = 50;
    m.targets[0].max_ms = 100;
    draws(&m, 3, 0, 100);
    draws(&m, 5, 0, 62);
}


static void
backs_off_without_overflow(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.targets[0].attempts = UINT32_MAX;
    m.targets[0].base_ms = UINT32_MAX;
    m.targets[0].factor_percent = UINT32_MAX;
    m.targets[0].max_ms = UINT32_MAX;
    m.conf.attempts = UINT32_MAX;
    m.failure.class = AG_E_NETWORK;

    draws(&m, 1, 0, UINT32_MAX);
    draws(&m, 2, 0, UINT32_MAX);
    draws(&m, UINT32_MAX - 1, 0, UINT32_MAX);

    m.targets[0].base_ms = 1;
    draws(&m, 2, 0, UINT32_MAX / 100);
    draws(&m, 3, 0, UINT32_MAX);

    m.targets[0].factor_percent = 100;
    draws(&m, UINT32_MAX - 1, 0, 1);
}


static void
never_shortens_what_a_provider_asks_for(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.failure.class = AG_E_UNAVAILABLE;
    m.failure.random = 500;             /* the whole backoff */
    m.failure.wait_ms = ASKED(501);
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, 501);

    setup(&m, "0");
    m.failure.random = 500;
    m.failure.wait_ms = ASKED(499);
    assert_int_equal(fails(&m, 0, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, 500);

    setup(&m, "0");
    m.failure.wait_ms = ASKED(1);
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, 1);
}


static void
does_not_wait_beyond_its_patience(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00");
    m.failure.wait_ms = ASKED(AG_CHAIN_PATIENCE_MS);
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, AG_CHAIN_PATIENCE_MS);

    setup(&m, "00");
    m.failure.wait_ms = ASKED(AG_CHAIN_PATIENCE_MS + 1);
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_NEXT);
    assert_int_equal(m.step.wait_ms, 0);
    routes(&m, AG_ROUTE_ASK, 0x02);

    setup(&m, "00");
    m.failure.wait_ms = ASKED(AG_CHAIN_PATIENCE_MS + 1);
    assert_int_equal(fails(&m, 0, AG_E_CONFLICT), AG_CHAIN_NEXT);

    /* a backoff of our own may be longer, unless the provider asked */

    setup(&m, "00");
    m.targets[0].base_ms = 9000;
    m.failure.random = 9000;
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    assert_int_equal(m.step.wait_ms, 9000);

    setup(&m, "00");
    m.targets[0].base_ms = 9000;
    m.failure.random = 9000;
    m.failure.wait_ms = ASKED(100);
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_NEXT);
}


static void
never_comes_back_at_once_after_a_rate_limit(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.failure.class = AG_E_RATE_LIMIT;
    draws(&m, 1, 250, 500);
    draws(&m, 2, 250, 1000);

    m.failure.wait_ms = ASKED(0);
    draws(&m, 1, 250, 500);

    m.failure.wait_ms = 0;
    m.targets[0].max_ms = 100;
    draws(&m, 1, 100, 100);

    /* patience is for what a provider asks */

    m.targets[0].base_ms = 8000;
    m.targets[0].max_ms = 10000;
    draws(&m, 1, 4000, 8000);
}


static void
tries_another_key_at_once(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00");
    m.failure.another_key = 1;
    m.failure.wait_ms = ASKED(60000);

    assert_int_equal(fails(&m, 1, AG_E_RATE_LIMIT), AG_CHAIN_KEY);
    assert_int_equal(m.step.wait_ms, 0);
    routes(&m, AG_ROUTE_ASK, 0x02);

    /* only what a key can cure */

    setup(&m, "00");
    m.failure.another_key = 1;
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_TIMEOUT_IDLE), AG_CHAIN_NEXT);

    /* it is one of the target's attempts */

    setup(&m, "00");
    m.targets[0].attempts = 2;
    m.failure.another_key = 1;
    assert_int_equal(fails(&m, 0, AG_E_CREDENTIALS), AG_CHAIN_KEY);
    assert_int_equal(fails(&m, 0, AG_E_CREDENTIALS), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
}


static void
needs_no_retry_budget_after_refused_credentials(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00");
    m.failure.another_key = 1;
    m.failure.may_retry = 0;
    assert_int_equal(fails(&m, 0, AG_E_CREDENTIALS), AG_CHAIN_KEY);

    setup(&m, "00");
    m.failure.another_key = 1;
    m.failure.may_retry = 0;
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_NEXT);

    /* the refused key itself is never tried again */

    setup(&m, "00");
    assert_int_equal(fails(&m, 0, AG_E_CREDENTIALS), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
}


static void
asks_once_more_for_invalid_output(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01");
    m.conf.again = 1;
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
    assert_int_equal(fails(&m, 1, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);

    /* whatever lies between */

    setup(&m, "01");
    m.conf.again = 1;
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);

    /* one that could not be had is not used up */

    setup(&m, "01");
    m.conf.again = 1;
    m.failure.may_retry = 0;
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
    m.failure.may_retry = 1;
    assert_int_equal(fails(&m, 1, AG_E_INVALID_OUTPUT), AG_CHAIN_RETRY);

    setup(&m, "01");
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
}


static void
asks_again_only_the_later_of_two(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0001");
    ag_chain_start(&m.chain, 0);
    assert_int_equal(fails(&m, 1, AG_E_NETWORK), AG_CHAIN_RETRY);

    m.failure.target = 0;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_RETRY);
    routes(&m, AG_ROUTE_ASK, 0x01);

    assert_int_equal(fails(&m, 0, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x04);

    /* a retry that waits is not brought forward by the other's end */

    setup(&m, "0001");
    ag_chain_start(&m.chain, 0);
    assert_int_equal(fails(&m, 1, AG_E_NETWORK), AG_CHAIN_RETRY);

    m.failure.target = 0;
    m.failure.class = AG_E_TIMEOUT_IDLE;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x04);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(obeys_the_columns_of_the_error_table),
        cmocka_unit_test(gives_up_for_good),
        cmocka_unit_test(retries_while_the_target_has_attempts),
        cmocka_unit_test(counts_all_attempts_of_the_call),
        cmocka_unit_test(waits_only_if_the_time_suffices),
        cmocka_unit_test(retries_only_if_the_tenant_may),
        cmocka_unit_test(backs_off_over_the_whole_range),
        cmocka_unit_test(backs_off_without_overflow),
        cmocka_unit_test(never_shortens_what_a_provider_asks_for),
        cmocka_unit_test(does_not_wait_beyond_its_patience),
        cmocka_unit_test(never_comes_back_at_once_after_a_rate_limit),
        cmocka_unit_test(tries_another_key_at_once),
        cmocka_unit_test(needs_no_retry_budget_after_refused_credentials),
        cmocka_unit_test(asks_once_more_for_invalid_output),
        cmocka_unit_test(asks_again_only_the_later_of_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
