/*
 * Copyright (C) ngx_agent authors
 *
 * How things stand with a peer, a target at one replica: may it be asked,
 * with which keys, and what its breaker has done.
 */


#include "ngx/ngx_agent_limit.h"
#include "ngx/ngx_agent_state.h"


/*
 * A peer in slow start gets its share of the calls only; for the others it is
 * as if it were still open.
 */
ag_target_state_t
ngx_agent_peer_state(ngx_agent_call_t *call, ngx_agent_provider_t *provider,
    ngx_agent_peer_t *peer)
{
    ngx_uint_t               ramp;
    ngx_agent_peer_state_t  *state;

    state = peer->state;

    if (peer->replica->down) {
        return AG_TARGET_OUT;
    }

    if (ngx_agent_peer_is_sick(provider, peer)
        || (!provider->breaker_off
            && !ag_breaker_ready(&state->breaker, &provider->breaker,
                                 ngx_current_msec)))
    {
        return AG_TARGET_OPEN;
    }

    if (ngx_agent_peer_keys(provider, peer) == 0) {
        return AG_TARGET_RESTING;
    }

    ramp = provider->breaker_off
           ? 100 : ag_breaker_ramp(&state->breaker, ngx_current_msec);

    return (ramp < 100
            && ngx_agent_request_random(call->main) % 100 >= ramp)
           ? AG_TARGET_OPEN : AG_TARGET_READY;
}


ngx_uint_t
ngx_agent_peer_is_sick(ngx_agent_provider_t *provider, ngx_agent_peer_t *peer)
{
    return provider->health.path.len != 0 && peer->replica->state->sick;
}


/* A provider without a key has one place for its rests all the same. */
uint32_t
ngx_agent_peer_keys(ngx_agent_provider_t *provider, ngx_agent_peer_t *peer)
{
    uint32_t     set;
    ngx_uint_t   i, n;
    ngx_msec_t   now;

    set = 0;
    now = ngx_current_msec;
    n = ngx_max(provider->keys.nelts, 1);

    for (i = 0; i < n; i++) {
        if ((ngx_msec_int_t) (provider->state->rests[i].until - now) <= 0
            && (ngx_msec_int_t) (peer->state->rests[i].until - now) <= 0)
        {
            set |= 1u << i;
        }
    }

    return set;
}


ngx_uint_t
ngx_agent_peer_elsewhere(ngx_agent_attempt_t *attempt)
{
    ngx_uint_t           i;
    ngx_agent_peer_t    *peer;
    ngx_agent_target_t  *target;

    target = attempt->target;
    peer = target->peers.elts;

    for (i = 0; i < target->peers.nelts; i++) {
        if (&peer[i] != attempt->peer
            && ngx_agent_peer_state(attempt->call, target->provider, &peer[i])
               == AG_TARGET_READY)
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_agent_peer_returns(ngx_agent_attempt_t *attempt, ngx_msec_t wait)
{
    ngx_uint_t           i;
    ag_breaker_t        *breaker;
    ngx_agent_peer_t    *peer;
    ag_breaker_conf_t   *conf;

    peer = attempt->target->peers.elts;
    conf = &attempt->target->provider->breaker;

    for (i = 0; i < attempt->target->peers.nelts; i++) {
        breaker = &peer[i].state->breaker;

        if (!peer[i].replica->down
            && !ngx_agent_peer_is_sick(attempt->target->provider, &peer[i])
            && (attempt->target->provider->breaker_off
                || ag_breaker_ready(breaker, conf, ngx_current_msec)
                || (ag_breaker_wait(breaker, conf, ngx_current_msec) != 0
                    && ag_breaker_wait(breaker, conf, ngx_current_msec)
                       <= wait)))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Each change is logged once, by the worker that made it.  A target that is
 * tried since nobody else is left goes to and fro with each call: that is no
 * news.
 */
void
ngx_agent_peer_changed(ngx_agent_attempt_t *attempt,
    ag_breaker_change_t change)
{
    ngx_log_t         *log;
    ngx_uint_t         level;
    ngx_agent_peer_t  *peer;

    peer = attempt->peer;
    log = attempt->call->log;
    level = attempt->forced ? NGX_LOG_INFO : NGX_LOG_NOTICE;

    switch (change) {

    case AG_BREAKER_STAYS:
        return;

    case AG_BREAKER_OPENED:
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "agent: breaker opened, target: \"%V\"", &peer->name);
        ngx_agent_metric_add(peer->series, AG_M_TARGET_OPENED, 1);
        break;

    case AG_BREAKER_REOPENED:
        level = attempt->forced ? NGX_LOG_INFO : NGX_LOG_WARN;
        ngx_log_error(level, log, 0,
                      "agent: breaker opened again, target: \"%V\"",
                      &peer->name);
        ngx_agent_metric_add(peer->series, AG_M_TARGET_OPENED,
                             !attempt->forced);
        break;

    case AG_BREAKER_PROBING:
        ngx_log_error(level, log, 0,
                      "agent: breaker half-open, target: \"%V\"",
                      &peer->name);
        break;

    case AG_BREAKER_RECOVERED:
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "agent: breaker closed, target: \"%V\"", &peer->name);
    }

    ngx_agent_metric_set(peer->series, AG_M_TARGET_BREAKER,
                         peer->state->breaker.state);
    ngx_agent_share_changed(attempt, change);
}
