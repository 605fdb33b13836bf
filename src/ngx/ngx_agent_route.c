/*
 * Copyright (C) ngx_agent authors
 *
 * ROUTE: who is asked next, or until when to wait.  ag_chain says which
 * targets are in question, ag_balance which of them, ag_breaker whether it
 * may; this file tells them how things stand.
 */


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_state.h"
#include "core/ag_balance.h"


#define NGX_AGENT_ROUTE_TRIES  8    /* times that another worker may be
                                       faster */
#define NGX_AGENT_RETRY_SHARE  200  /* thousandths: retries are at most a fifth
                                       of a tenant's calls */
#define NGX_AGENT_ROUTE_FULL   1000     /* ms; Retry-After where there was no
                                           place */


static ngx_int_t ngx_agent_route_prepare(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_route_pick(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_route_waits(ngx_agent_call_t *call, ngx_int_t rc);
static void ngx_agent_route_states(ngx_agent_call_t *call,
    ag_target_state_t *states);
static ag_target_state_t ngx_agent_route_state(ngx_agent_call_t *call,
    ngx_agent_target_t *target);
static ngx_int_t ngx_agent_route_none(ngx_agent_call_t *call);
static uint64_t ngx_agent_route_hint(ngx_agent_call_t *call);
static uint64_t ngx_agent_route_peer_wait(ngx_agent_provider_t *provider,
    ngx_agent_peer_t *peer);


static const ag_str_t  ngx_agent_route_validation =
    ag_string("The header x-agent-validate is not understood. Allowed are "
              "request, json, tag=NAME, min_length=N and off, several "
              "separated by commas.");


ngx_int_t
ngx_agent_call_route(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (!call->prepared) {
        call->prepared = 1;

        if (ngx_agent_cut_init(call) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_agent_route_prepare(call) != NGX_OK) {
            return NGX_OK;      /* refused */
        }
    }

    if (call->route_at != 0) {
        rc = ngx_agent_route_wait(call, call->route_at);

        if (rc != NGX_OK) {
            return ngx_agent_route_waits(call, rc);
        }

        call->route_at = 0;
    }

    return ngx_agent_route_pick(call);
}


/* ---- once in a call ---- */


/* NGX_DECLINED: refused. */
static ngx_int_t
ngx_agent_route_prepare(ngx_agent_call_t *call)
{
    ngx_agent_model_t  *model;

    model = call->model;

    call->at.spoke = ngx_current_msec;
    call->attempts[0] = ngx_agent_attempt_create(call, &call->first);
    call->attempt = call->attempts[0];
    call->plan = model->chain;
    call->plan.again = model->validate.again;

    if (call->patience != 0
        && (call->plan.within_ms == 0
            || call->plan.within_ms >= call->patience))
    {
        /* nobody is asked when the time is up */

        call->plan.within_ms = ngx_max(call->patience - 1, 1);
    }

    call->validate = model->validate;

    if (call->validation.len != 0
        && ag_validate_header(ngx_agent_str(&call->validation),
                              &call->validate)
           != AG_OK)
    {
        call->error.message = ngx_agent_route_validation;
        (void) ngx_agent_call_fail(call, AG_E_BAD_REQUEST);
        return NGX_DECLINED;
    }

    if (!call->request.promises) {
        call->validate.request = 0;
    }

    call->validating = !call->raw
                       && (!call->streaming
                           || model->buffer == NGX_AGENT_BUFFER_ALL)
                       && ag_validate_needed(&call->validate, call->endpoint,
                                             ngx_agent_str(&call->body));

    ngx_agent_metric_deposit(call->tenant->series, NGX_AGENT_RETRY_SHARE);

    if (model->hedge.share != 0) {
        ngx_agent_metric_deposit(model->series, model->hedge.share);
    }

    return NGX_OK;
}


/* ---- whom to ask ---- */


static ngx_int_t
ngx_agent_route_pick(ngx_agent_call_t *call)
{
    ngx_int_t           rc;
    ngx_uint_t          tries;
    ag_chain_route_t    route;
    ag_target_state_t   states[AG_CHAIN_TARGETS_MAX];

    for (tries = 0; tries < NGX_AGENT_ROUTE_TRIES; tries++) {

        ngx_agent_route_states(call, states);

        route = ag_chain_route(&call->chain, &call->plan, states,
                               ngx_agent_route_elapsed(call));

        if (route.verdict == AG_ROUTE_NONE) {
            break;
        }

        if (route.verdict == AG_ROUTE_WAIT) {
            rc = ngx_agent_queue_wait(call, route.set);

            if (rc != NGX_DECLINED) {
                return ngx_agent_route_waits(call, rc);
            }

            continue;       /* waited in vain: there may be others */
        }

        rc = ngx_agent_choose(call, call->attempt, route.set,
                              route.verdict == AG_ROUTE_FORCE, NULL);

        if (rc == NGX_OK) {
            call->target = call->attempt->target;
            call->provider_status = 0;

            ngx_agent_queue_leave(call);
            ngx_agent_call_goto(call, NGX_AGENT_PHASE_SEND);
            return NGX_OK;
        }

        if (route.verdict == AG_ROUTE_FORCE) {
            break;          /* somebody else is trying it */
        }
    }

    return ngx_agent_route_none(call);
}


ngx_msec_t
ngx_agent_route_elapsed(ngx_agent_call_t *call)
{
    return ngx_current_msec - call->at.started;
}


ngx_int_t
ngx_agent_route_wait(ngx_agent_call_t *call, ngx_msec_t at)
{
    ngx_msec_t  next;

    if (ngx_agent_reply_heartbeat(call) == NGX_ERROR) {
        return NGX_ERROR;
    }

    if ((ngx_msec_int_t) (at - ngx_current_msec) <= 0) {
        return NGX_OK;
    }

    next = ngx_agent_reply_heartbeat_at(call);

    if (next != 0 && (ngx_msec_int_t) (next - at) < 0) {
        at = next;
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


/* What a wait means to the phase. */
static ngx_int_t
ngx_agent_route_waits(ngx_agent_call_t *call, ngx_int_t rc)
{
    return (rc == NGX_AGAIN)
           ? NGX_AGAIN : ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
}


static void
ngx_agent_route_states(ngx_agent_call_t *call, ag_target_state_t *states)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = call->model->targets.elts;

    for (i = 0; i < call->model->targets.nelts; i++) {
        states[i] = ngx_agent_route_state(call, &target[i]);
    }
}


static ag_target_state_t
ngx_agent_route_state(ngx_agent_call_t *call, ngx_agent_target_t *target)
{
    ngx_uint_t             i;
    ngx_agent_peer_t      *peer;
    ag_target_state_t      state, found;
    ngx_agent_provider_t  *provider;

    provider = target->provider;
    peer = target->peers.elts;

    if (provider->disabled || provider->down
        || (call->tenant->require & ~provider->tags) != 0
        || (!call->raw
            && !ngx_agent_translate_serves(provider, call->endpoint)))
    {
        return AG_TARGET_OUT;
    }

    found = AG_TARGET_OUT;

    for (i = 0; i < target->peers.nelts; i++) {
        state = ngx_agent_peer_state(call, provider, &peer[i]);

        if (state == AG_TARGET_READY) {
            return ngx_agent_queue_full(call, provider) ? AG_TARGET_BUSY
                                                        : AG_TARGET_READY;
        }

        if (found != AG_TARGET_OPEN) {
            found = (state == AG_TARGET_OUT) ? found : state;
        }
    }

    return found;
}


/* ---- nobody is left ---- */


static ngx_int_t
ngx_agent_route_none(ngx_agent_call_t *call)
{
    ngx_uint_t           i, serves;
    ngx_agent_target_t  *target;

    ngx_agent_queue_leave(call);

    if (call->chain.error != AG_E_NONE) {
        return ngx_agent_attempt_give_up(call);
    }

    serves = 0;
    target = call->model->targets.elts;

    for (i = 0; i < call->model->targets.nelts; i++) {
        serves |= call->raw || target[i].provider->disabled
                  || ngx_agent_translate_serves(target[i].provider,
                                                call->endpoint);
    }

    if (!serves) {
        return (call->endpoint == AG_ENDPOINT_COUNT_TOKENS)
               ? ngx_agent_translate_count(call)
               : ngx_agent_call_fail(call, AG_E_UNSUPPORTED_ENDPOINT);
    }

    if (call->saturated) {
        call->chain.wait_ms = NGX_AGENT_ROUTE_FULL + 1;
        return ngx_agent_call_fail(call, AG_E_OVERLOADED);
    }

    call->chain.wait_ms = ngx_agent_route_hint(call);

    return ngx_agent_call_fail(call, AG_E_NO_TARGET);
}


/* The smallest wait after which somebody may be asked, + 1; 0: unknown. */
static uint64_t
ngx_agent_route_hint(ngx_agent_call_t *call)
{
    uint64_t               wait, smallest;
    ngx_uint_t             i, n;
    ngx_agent_peer_t      *peer;
    ngx_agent_target_t    *target;
    ngx_agent_provider_t  *provider;

    smallest = 0;
    target = call->model->targets.elts;

    for (i = 0; i < call->model->targets.nelts; i++) {
        peer = target[i].peers.elts;
        provider = target[i].provider;

        if (provider->disabled || provider->down
            || (call->tenant->require & ~provider->tags) != 0)
        {
            continue;
        }

        for (n = 0; n < target[i].peers.nelts; n++) {

            if (peer[n].replica->down) {
                continue;
            }

            wait = ngx_agent_route_peer_wait(provider, &peer[n]) + 1;

            if (smallest == 0 || wait < smallest) {
                smallest = wait;
            }
        }
    }

    return smallest;
}


static uint64_t
ngx_agent_route_peer_wait(ngx_agent_provider_t *provider,
    ngx_agent_peer_t *peer)
{
    int64_t      rest, left;
    uint64_t     wait;
    ngx_uint_t   i, n;

    rest = -1;
    n = ngx_max(provider->keys.nelts, 1);

    for (i = 0; i < n; i++) {
        left = ngx_max(
            (int64_t) (provider->state->rests[i].until - ngx_current_msec),
            (int64_t) (peer->state->rests[i].until - ngx_current_msec));

        if (rest < 0 || left < rest) {
            rest = ngx_max(left, 0);
        }
    }

    wait = provider->breaker_off
           ? 0 : ag_breaker_wait(&peer->state->breaker, &provider->breaker,
                                 ngx_current_msec);

    wait = ngx_max(wait, (uint64_t) rest);

    /* a probe is out, or a health check fails: soon, nobody knows when */

    return wait != 0 ? wait : NGX_AGENT_ROUTE_FULL;
}


/* ---- hedges ---- */


ngx_int_t
ngx_agent_route_hedge(ngx_agent_call_t *call, ngx_agent_attempt_t *attempt,
    ngx_agent_attempt_t *running)
{
    uint32_t            set;
    ag_target_state_t   states[AG_CHAIN_TARGETS_MAX];

    ngx_agent_route_states(call, states);

    set = ag_chain_hedge(&call->chain, &call->plan, states,
                         (uint32_t) running->number,
                         ngx_agent_route_elapsed(call));

    if (set == 0 && states[running->number] == AG_TARGET_READY
        && ngx_agent_peer_elsewhere(running)
        && ag_chain_hedge_replica(&call->chain, &call->plan,
                                  (uint32_t) running->number,
                                  ngx_agent_route_elapsed(call)))
    {
        set = 1u << running->number;    /* at another replica */
    }

    if (set == 0) {
        return NGX_DECLINED;
    }

    return ngx_agent_choose(call, attempt, set, 0, running->peer) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}
