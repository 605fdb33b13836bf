/*
 * Copyright (C) ngx_agent authors
 *
 * Whom the chain asks, rule by rule: the tier, its causes, who is busy or out
 * of order, hedges, and which error is the answer.
 */


#include "core/chained.h"


static void
asks_the_ready_targets_of_the_first_tier(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "000011");
    routes(&m, AG_ROUTE_ASK, 0x0f);

    m.states[0] = AG_TARGET_OUT;
    m.states[1] = AG_TARGET_OPEN;
    m.states[2] = AG_TARGET_RESTING;
    routes(&m, AG_ROUTE_ASK, 0x08);

    m.states[3] = AG_TARGET_RESTING;
    routes(&m, AG_ROUTE_ASK, 0x30);

    ag_chain_skip(&m.chain, 4);
    routes(&m, AG_ROUTE_ASK, 0x20);

    ag_chain_skip(&m.chain, 5);
    routes(&m, AG_ROUTE_FORCE, 0x02);

    assert_int_equal(m.chain.attempts, 0);
    assert_int_equal(m.chain.error, AG_E_NONE);
}


static void
knows_as_many_targets_as_bits(void **state)
{
    chained_t   m;
    uint32_t  i;

    (void) state;

    setup(&m, "00000000000000000000000000000001");
    assert_int_equal(m.conf.count, AG_CHAIN_TARGETS_MAX);
    m.conf.attempts = 100;

    routes(&m, AG_ROUTE_ASK, 0x7fffffff);

    for (i = 0; i < 31; i++) {
        assert_int_equal(fails(&m, i, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    }

    routes(&m, AG_ROUTE_ASK, 0x80000000);
    assert_int_equal(fails(&m, 31, AG_E_NETWORK), AG_CHAIN_RETRY);
    routes(&m, AG_ROUTE_ASK, 0x80000000);
    assert_int_equal(fails(&m, 31, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
}


static void
asks_the_same_target_alone(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0001");
    assert_int_equal(fails(&m, 1, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);
    routes(&m, AG_ROUTE_ASK, 0x02);
    routes(&m, AG_ROUTE_ASK, 0x02);

    ag_chain_start(&m.chain, 1);
    routes(&m, AG_ROUTE_ASK, 0x07);
}


static void
spends_the_same_target_if_it_is_not_ready(void **state)
{
    int      i;
    chained_t  m;

    (void) state;

    for (i = AG_TARGET_BUSY + 1; i <= AG_TARGET_OUT; i++) {
        setup(&m, "0001");
        assert_int_equal(fails(&m, 1, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);

        m.states[1] = (ag_target_state_t) i;
        routes(&m, AG_ROUTE_ASK, 0x05);

        m.states[1] = AG_TARGET_READY;
        routes(&m, AG_ROUTE_ASK, 0x05);
    }

    setup(&m, "0001");
    assert_int_equal(fails(&m, 1, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);
    ag_chain_skip(&m.chain, 1);
    routes(&m, AG_ROUTE_ASK, 0x05);
}


static void
waits_for_a_place_where_it_may_ask_again(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0001");
    assert_int_equal(fails(&m, 1, AG_E_UNAVAILABLE), AG_CHAIN_RETRY);

    m.states[1] = AG_TARGET_BUSY;
    routes(&m, AG_ROUTE_WAIT, 0x02);
    routes(&m, AG_ROUTE_WAIT, 0x02);

    m.states[1] = AG_TARGET_READY;
    routes(&m, AG_ROUTE_ASK, 0x02);

    m.states[1] = AG_TARGET_BUSY;
    ag_chain_skip(&m.chain, 1);         /* waited in vain */
    routes(&m, AG_ROUTE_ASK, 0x05);
}


static void
hedges_at_another_replica_within_the_budget(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0");
    m.conf.attempts = 2;
    m.conf.within_ms = 100;
    m.targets[0].attempts = 1;

    ag_chain_start(&m.chain, 0);
    assert_true(ag_chain_hedge_replica(&m.chain, &m.conf, 0, 100));
    assert_false(ag_chain_hedge_replica(&m.chain, &m.conf, 0, 101));

    ag_chain_start(&m.chain, 0);
    assert_false(ag_chain_hedge_replica(&m.chain, &m.conf, 0, 0));

    setup(&m, "0");
    ag_chain_start(&m.chain, 0);
    ag_chain_skip(&m.chain, 0);
    assert_false(ag_chain_hedge_replica(&m.chain, &m.conf, 0, 0));
}


static void
starts_nothing_past_its_time(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01");
    m.conf.within_ms = 1000;
    m.failure.elapsed_ms = 1000;
    routes(&m, AG_ROUTE_ASK, 0x01);
    assert_int_equal(hedges(&m, 0), 0x02);

    m.failure.elapsed_ms = 1001;
    routes(&m, AG_ROUTE_NONE, 0);
    assert_int_equal(hedges(&m, 0), 0);

    m.states[0] = AG_TARGET_BUSY;
    routes(&m, AG_ROUTE_NONE, 0);

    m.states[0] = m.states[1] = AG_TARGET_OPEN;
    routes(&m, AG_ROUTE_NONE, 0);

    m.failure.another_key = 1;
    assert_int_equal(fails(&m, 0, AG_E_CREDENTIALS), AG_CHAIN_NEXT);
}


static void
names_the_cause_of_a_class(void **state)
{
    (void) state;

    assert_int_equal(ag_chain_cause(AG_E_NETWORK), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_UNAVAILABLE), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_PROVIDER_ERROR), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_BAD_RESPONSE), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_CREDENTIALS), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_NOT_FOUND), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_CONFLICT), AG_CAUSE_ERROR);
    assert_int_equal(ag_chain_cause(AG_E_TIMEOUT_CONNECT), AG_CAUSE_TIMEOUT);
    assert_int_equal(ag_chain_cause(AG_E_TIMEOUT_FIRST_TOKEN),
                     AG_CAUSE_TIMEOUT);
    assert_int_equal(ag_chain_cause(AG_E_TIMEOUT_IDLE), AG_CAUSE_TIMEOUT);
    assert_int_equal(ag_chain_cause(AG_E_TIMEOUT_TOTAL), AG_CAUSE_TIMEOUT);
    assert_int_equal(ag_chain_cause(AG_E_RATE_LIMIT), AG_CAUSE_RATE_LIMIT);
    assert_int_equal(ag_chain_cause(AG_E_CONTEXT_LENGTH),
                     AG_CAUSE_CONTEXT_LENGTH);
    assert_int_equal(ag_chain_cause(AG_E_CONTENT_POLICY),
                     AG_CAUSE_CONTENT_POLICY);
    assert_int_equal(ag_chain_cause(AG_E_INVALID_OUTPUT),
                     AG_CAUSE_VALIDATION);

    assert_int_equal(ag_chain_cause(AG_E_NONE), 0);
    assert_int_equal(ag_chain_cause(AG_E_INVALID_REQUEST), 0);
    assert_int_equal(ag_chain_cause(AG_E_CLIENT_GONE), 0);
    assert_int_equal(ag_chain_cause(AG_E_INTERNAL), 0);
    assert_int_equal(ag_chain_cause(AG_E_MAX), 0);
}


static void
asks_a_fallback_only_for_its_causes(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "01123");
    m.targets[1].on = AG_CAUSE_TIMEOUT | AG_CAUSE_VALIDATION;
    m.targets[2].on = AG_CAUSE_TIMEOUT | AG_CAUSE_RATE_LIMIT;
    m.targets[3].on = AG_CAUSE_RATE_LIMIT | AG_CAUSE_ERROR;
    m.targets[4].on = AG_CAUSE_CONTENT_POLICY;

    assert_int_equal(fails(&m, 0, AG_E_TIMEOUT_IDLE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x06);

    memset(&m.chain, 0, sizeof(ag_chain_t));
    assert_int_equal(fails(&m, 0, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x08);

    memset(&m.chain, 0, sizeof(ag_chain_t));
    assert_int_equal(fails(&m, 0, AG_E_CONTENT_POLICY), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x10);

    memset(&m.chain, 0, sizeof(ag_chain_t));
    assert_int_equal(fails(&m, 0, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    /* the last failure's, not the first one's */

    memset(&m.chain, 0, sizeof(ag_chain_t));
    assert_int_equal(fails(&m, 0, AG_E_TIMEOUT_IDLE), AG_CHAIN_NEXT);
    m.states[2] = AG_TARGET_OUT;
    routes(&m, AG_ROUTE_ASK, 0x02);
    assert_int_equal(fails(&m, 1, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    /* a call that repeats invalid output keeps its causes apart */

    setup(&m, "01");
    m.conf.again = 1;
    m.targets[1].on = ~((1u << AG_CAUSE_MAX) - 1);
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_RETRY);
    assert_int_equal(fails(&m, 0, AG_E_INVALID_OUTPUT), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
}


static void
needs_leave_to_go_round_a_content_policy(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0012");
    assert_int_equal(fails(&m, 0, AG_E_CONTENT_POLICY), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    m.targets[3].on |= AG_CAUSE_CONTENT_POLICY;
    routes(&m, AG_ROUTE_ASK, 0x08);
}


static void
asks_the_others_of_the_tier_first(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0001");
    assert_int_equal(fails(&m, 1, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x05);
    assert_int_equal(fails(&m, 2, AG_E_CREDENTIALS), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x01);
    assert_int_equal(fails(&m, 0, AG_E_NOT_FOUND), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x08);

    /* within the tier of a failure nobody reads "on" */

    setup(&m, "011");
    m.targets[1].on = AG_CAUSE_RATE_LIMIT;
    m.targets[2].on = AG_CAUSE_RATE_LIMIT;
    m.failure.wait_ms = ASKED(60000);
    assert_int_equal(fails(&m, 0, AG_E_RATE_LIMIT), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x06);
    assert_int_equal(fails(&m, 2, AG_E_TIMEOUT_TOTAL), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
}


static void
leaves_the_tier_after_a_context_length(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0011");
    assert_int_equal(fails(&m, 0, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x0c);
    assert_int_equal(fails(&m, 2, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
}


static void
asks_only_larger_windows_where_they_are_known(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00123");
    m.targets[0].window = 200;
    m.targets[1].window = 300;
    m.targets[2].window = 200;
    m.targets[3].window = 0;
    m.targets[4].window = 1000;

    assert_int_equal(fails(&m, 0, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x02);
    assert_int_equal(fails(&m, 1, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x08);
    assert_int_equal(fails(&m, 3, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x10);
    assert_int_equal(fails(&m, 4, AG_E_CONTEXT_LENGTH), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);
    assert_int_equal(m.chain.error, AG_E_CONTEXT_LENGTH);
}


static void
goes_on_where_a_parameter_is_not_supported(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "011");
    assert_int_equal(fails(&m, 0, AG_E_UNSUPPORTED_PARAMETER),
                     AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_ASK, 0x06);
    assert_int_equal(m.chain.error, AG_E_UNSUPPORTED_PARAMETER);

    /* nobody was asked: that is no attempt */

    ag_chain_unstart(&m.chain, 0);
    assert_int_equal(m.chain.attempts, 0);
    assert_int_equal(m.chain.tries[0], 0);
    ag_chain_unstart(&m.chain, 0);
    assert_int_equal(m.chain.attempts, 0);
    routes(&m, AG_ROUTE_ASK, 0x06);

    /* what happens to somebody who could have answered tells more */

    (void) fails(&m, 1, AG_E_BAD_RESPONSE);
    assert_int_equal(m.chain.error, AG_E_BAD_RESPONSE);

    setup(&m, "01");
    (void) fails(&m, 0, AG_E_BAD_RESPONSE);
    (void) fails(&m, 1, AG_E_UNSUPPORTED_PARAMETER);
    assert_int_equal(m.chain.error, AG_E_BAD_RESPONSE);
}


static void
goes_on_to_tiers_but_never_back(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0012");
    m.states[0] = AG_TARGET_RESTING;
    m.states[1] = AG_TARGET_RESTING;
    routes(&m, AG_ROUTE_ASK, 0x04);
    ag_chain_start(&m.chain, 2);

    m.states[0] = AG_TARGET_READY;
    routes(&m, AG_ROUTE_ASK, 0x04);

    m.failure.target = 2;
    m.failure.class = AG_E_BAD_RESPONSE;
    (void) ag_chain_fail(&m.chain, &m.conf, &m.failure);
    routes(&m, AG_ROUTE_ASK, 0x08);

    /* nor after a hedge: its tier is the present one */

    setup(&m, "0012");
    ag_chain_start(&m.chain, 0);
    ag_chain_start(&m.chain, 2);
    m.failure.target = 0;
    m.failure.class = AG_E_NETWORK;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_NEXT);
    m.states[2] = AG_TARGET_OUT;        /* it runs */
    routes(&m, AG_ROUTE_ASK, 0x08);

    /* its tier has not failed yet: who is in it is asked for a cause */

    setup(&m, "0112");
    m.targets[2].on = AG_CAUSE_TIMEOUT;
    ag_chain_start(&m.chain, 0);
    ag_chain_start(&m.chain, 1);
    m.failure.target = 0;
    m.failure.class = AG_E_NETWORK;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_NEXT);
    m.states[1] = AG_TARGET_OUT;        /* it runs */
    routes(&m, AG_ROUTE_ASK, 0x08);

    setup(&m, "0012");
    assert_int_equal(fails(&m, 0, AG_E_NETWORK), AG_CHAIN_RETRY);
    ag_chain_start(&m.chain, 2);
    m.states[2] = AG_TARGET_OUT;
    routes(&m, AG_ROUTE_ASK, 0x08);
}


static void
counts_what_is_out_of_order_as_an_error(void **state)
{
    int      i;
    chained_t  m;

    (void) state;

    for (i = AG_TARGET_OPEN; i <= AG_TARGET_OUT; i++) {
        setup(&m, "012");
        m.states[0] = (ag_target_state_t) i;
        routes(&m, AG_ROUTE_ASK, 0x02);

        m.targets[1].on &= ~AG_CAUSE_ERROR;
        routes(&m, AG_ROUTE_ASK, 0x04);

        m.states[0] = AG_TARGET_OUT;
        m.targets[2].on = AG_CAUSE_TIMEOUT;
        routes(&m, AG_ROUTE_NONE, 0);
    }
}


static void
waits_for_busy_targets_and_skips_them(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "000112");
    m.states[0] = AG_TARGET_BUSY;
    routes(&m, AG_ROUTE_ASK, 0x06);

    m.states[1] = AG_TARGET_BUSY;
    m.states[2] = AG_TARGET_OPEN;
    routes(&m, AG_ROUTE_WAIT, 0x03);

    ag_chain_skip(&m.chain, 0);
    routes(&m, AG_ROUTE_WAIT, 0x02);

    m.states[3] = AG_TARGET_RESTING;
    m.states[4] = AG_TARGET_BUSY;
    ag_chain_skip(&m.chain, 1);
    routes(&m, AG_ROUTE_WAIT, 0x10);

    ag_chain_skip(&m.chain, 4);
    routes(&m, AG_ROUTE_ASK, 0x20);

    /* busy is better than nobody, and than a forced probe */

    m.states[5] = AG_TARGET_BUSY;
    routes(&m, AG_ROUTE_WAIT, 0x20);
    ag_chain_skip(&m.chain, 5);
    routes(&m, AG_ROUTE_FORCE, 0x04);
}


static void
forces_a_probe_if_nobody_was_asked(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "00112");
    m.states[0] = AG_TARGET_OUT;
    m.states[1] = AG_TARGET_RESTING;
    m.states[2] = AG_TARGET_OPEN;
    m.states[3] = AG_TARGET_OPEN;
    m.states[4] = AG_TARGET_OPEN;
    routes(&m, AG_ROUTE_FORCE, 0x0c);

    ag_chain_skip(&m.chain, 2);
    routes(&m, AG_ROUTE_FORCE, 0x08);

    m.targets[3].on &= ~AG_CAUSE_ERROR;
    routes(&m, AG_ROUTE_FORCE, 0x10);

    /* once: after it nobody is left */

    assert_int_equal(fails(&m, 4, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    setup(&m, "01");
    m.states[1] = AG_TARGET_OPEN;
    assert_int_equal(fails(&m, 0, AG_E_BAD_RESPONSE), AG_CHAIN_NEXT);
    routes(&m, AG_ROUTE_NONE, 0);

    setup(&m, "01");
    m.states[0] = AG_TARGET_RESTING;
    m.states[1] = AG_TARGET_OUT;
    routes(&m, AG_ROUTE_NONE, 0);
}


static void
answers_with_the_last_useful_error(void **state)
{
    size_t   i;
    chained_t  m;

    static const struct {
        ag_error_class_t  first;        /* of target 0 */
        ag_error_class_t  second;       /* of target 1, the same tier */
        ag_error_class_t  fallback;     /* of target 2 */
        ag_error_class_t  error;
        uint32_t          target;
    } rows[] = {
        { AG_E_BAD_RESPONSE, AG_E_TIMEOUT_IDLE, AG_E_NONE,
          AG_E_TIMEOUT_IDLE, 1 },
        { AG_E_BAD_RESPONSE, AG_E_TIMEOUT_IDLE, AG_E_NETWORK,
          AG_E_NETWORK, 2 },
        { AG_E_CONTEXT_LENGTH, AG_E_NETWORK, AG_E_TIMEOUT_IDLE,
          AG_E_CONTEXT_LENGTH, 0 },
        { AG_E_CONTENT_POLICY, AG_E_NETWORK, AG_E_RATE_LIMIT,
          AG_E_CONTENT_POLICY, 0 },
        { AG_E_INVALID_REQUEST, AG_E_CONTEXT_LENGTH, AG_E_NETWORK,
          AG_E_INVALID_REQUEST, 0 },
        { AG_E_TIMEOUT_IDLE, AG_E_INVALID_REQUEST, AG_E_NETWORK,
          AG_E_INVALID_REQUEST, 1 },
        { AG_E_TIMEOUT_IDLE, AG_E_NONE, AG_E_INVALID_REQUEST,
          AG_E_TIMEOUT_IDLE, 0 },
        { AG_E_TIMEOUT_IDLE, AG_E_NONE, AG_E_CONTEXT_LENGTH,
          AG_E_TIMEOUT_IDLE, 0 },
        { AG_E_CREDENTIALS, AG_E_NONE, AG_E_CONTENT_POLICY,
          AG_E_CREDENTIALS, 0 },
        { AG_E_RATE_LIMIT, AG_E_CREDENTIALS, AG_E_NOT_FOUND,
          AG_E_RATE_LIMIT, 0 },
        { AG_E_NOT_FOUND, AG_E_CREDENTIALS, AG_E_NONE,
          AG_E_NOT_FOUND, 0 },
        { AG_E_CREDENTIALS, AG_E_NOT_FOUND, AG_E_NONE,
          AG_E_CREDENTIALS, 0 },
        { AG_E_CREDENTIALS, AG_E_UNAVAILABLE, AG_E_NOT_FOUND,
          AG_E_UNAVAILABLE, 1 },
        { AG_E_NOT_FOUND, AG_E_NONE, AG_E_BAD_RESPONSE,
          AG_E_BAD_RESPONSE, 2 },
        { AG_E_NONE, AG_E_NONE, AG_E_INVALID_REQUEST,
          AG_E_INVALID_REQUEST, 2 },
        { AG_E_NONE, AG_E_NONE, AG_E_CREDENTIALS,
          AG_E_CREDENTIALS, 2 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(&m, "001");

        if (rows[i].first != AG_E_NONE) {
            fails(&m, 0, rows[i].first);
        }

        if (rows[i].second != AG_E_NONE) {
            fails(&m, 1, rows[i].second);
        }

        if (rows[i].fallback != AG_E_NONE) {
            fails(&m, 2, rows[i].fallback);
        }

        assert_int_equal(m.chain.error, rows[i].error);
        assert_int_equal(m.chain.error_target, rows[i].target);
        assert_int_equal(m.chain.failed_tier, rows[i].target < 2);
    }
}


static void
keeps_the_smallest_wait(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "0123");
    assert_int_equal(m.chain.wait_ms, 0);
    fails(&m, 0, AG_E_RATE_LIMIT);
    assert_int_equal(m.chain.wait_ms, 0);

    m.failure.wait_ms = ASKED(7000);
    fails(&m, 1, AG_E_RATE_LIMIT);
    assert_int_equal(m.chain.wait_ms, ASKED(7000));

    m.failure.wait_ms = ASKED(3000);
    fails(&m, 2, AG_E_CREDENTIALS);
    assert_int_equal(m.chain.wait_ms, ASKED(3000));

    m.failure.wait_ms = ASKED(5000);
    fails(&m, 3, AG_E_RATE_LIMIT);
    assert_int_equal(m.chain.wait_ms, ASKED(3000));

    m.failure.wait_ms = 0;
    fails(&m, 3, AG_E_BAD_RESPONSE);
    assert_int_equal(m.chain.wait_ms, ASKED(3000));

    m.failure.wait_ms = ASKED(0);
    fails(&m, 3, AG_E_INVALID_REQUEST);
    assert_int_equal(m.chain.wait_ms, ASKED(0));
}


static void
hedges_with_the_tier_and_then_with_later_ones(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "000112");
    ag_chain_start(&m.chain, 1);
    assert_int_equal(hedges(&m, 1), 0x05);

    m.states[0] = AG_TARGET_BUSY;
    ag_chain_skip(&m.chain, 2);
    assert_int_equal(hedges(&m, 1), 0x18);

    m.targets[3].on &= ~AG_CAUSE_TIMEOUT;
    assert_int_equal(hedges(&m, 1), 0x10);

    m.states[4] = AG_TARGET_BUSY;
    assert_int_equal(hedges(&m, 1), 0x20);

    m.states[5] = AG_TARGET_OPEN;
    assert_int_equal(hedges(&m, 1), 0);

    /* from a fallback never back to the first tier */

    setup(&m, "001122");
    fails(&m, 0, AG_E_BAD_RESPONSE);
    ag_chain_start(&m.chain, 2);
    assert_int_equal(hedges(&m, 2), 0x08);

    m.states[3] = AG_TARGET_RESTING;
    assert_int_equal(hedges(&m, 2), 0x30);
}


static void
hedges_within_the_budget(void **state)
{
    chained_t  m;

    (void) state;

    setup(&m, "000");
    m.conf.attempts = 2;
    ag_chain_start(&m.chain, 0);
    assert_int_equal(hedges(&m, 0), 0x06);
    ag_chain_start(&m.chain, 1);
    assert_int_equal(hedges(&m, 1), 0);

    /* neither one without attempts, nor one that has to wait */

    setup(&m, "000");
    m.targets[1].attempts = 1;
    ag_chain_start(&m.chain, 1);
    ag_chain_start(&m.chain, 0);
    assert_int_equal(hedges(&m, 0), 0x04);

    m.failure.target = 1;
    m.failure.class = AG_E_NETWORK;
    m.targets[1].attempts = 2;
    assert_int_equal(ag_chain_fail(&m.chain, &m.conf, &m.failure).action,
                     AG_CHAIN_RETRY);
    assert_int_equal(hedges(&m, 0), 0x04);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(asks_the_ready_targets_of_the_first_tier),
        cmocka_unit_test(knows_as_many_targets_as_bits),
        cmocka_unit_test(asks_the_same_target_alone),
        cmocka_unit_test(spends_the_same_target_if_it_is_not_ready),
        cmocka_unit_test(waits_for_a_place_where_it_may_ask_again),
        cmocka_unit_test(hedges_at_another_replica_within_the_budget),
        cmocka_unit_test(starts_nothing_past_its_time),
        cmocka_unit_test(names_the_cause_of_a_class),
        cmocka_unit_test(asks_a_fallback_only_for_its_causes),
        cmocka_unit_test(needs_leave_to_go_round_a_content_policy),
        cmocka_unit_test(asks_the_others_of_the_tier_first),
        cmocka_unit_test(leaves_the_tier_after_a_context_length),
        cmocka_unit_test(asks_only_larger_windows_where_they_are_known),
        cmocka_unit_test(goes_on_where_a_parameter_is_not_supported),
        cmocka_unit_test(goes_on_to_tiers_but_never_back),
        cmocka_unit_test(counts_what_is_out_of_order_as_an_error),
        cmocka_unit_test(waits_for_busy_targets_and_skips_them),
        cmocka_unit_test(forces_a_probe_if_nobody_was_asked),
        cmocka_unit_test(answers_with_the_last_useful_error),
        cmocka_unit_test(keeps_the_smallest_wait),
        cmocka_unit_test(hedges_with_the_tier_and_then_with_later_ones),
        cmocka_unit_test(hedges_within_the_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
