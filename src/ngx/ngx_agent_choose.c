/*
 * Copyright (C) ngx_agent authors
 *
 * From a set of targets to one request: which target, which of its replicas,
 * with which key; and the admission there: a place at the provider, and the
 * breaker's word.
 */


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_state.h"
#include "core/ag_balance.h"


static ngx_uint_t ngx_agent_choose_target(ngx_agent_call_t *call,
    uint32_t set);
static void ngx_agent_choose_whole(ngx_agent_call_t *call,
    ngx_agent_target_t *target, ag_balance_member_t *member);
static void ngx_agent_choose_member(ngx_agent_call_t *call,
    ngx_agent_peer_t *peer, ngx_uint_t weight, ag_balance_member_t *member);
static ngx_agent_peer_t *ngx_agent_choose_replica(ngx_agent_call_t *call,
    ngx_agent_target_t *target, ngx_uint_t force, ngx_agent_peer_t *avoid);
static size_t ngx_agent_choose_balance(ngx_agent_call_t *call,
    ngx_uint_t how, ag_balance_member_t *members, size_t count, uint32_t set,
    ngx_uint_t *turn);
static ngx_uint_t ngx_agent_choose_key(ngx_agent_attempt_t *attempt,
    ngx_agent_provider_t *before);
static ngx_int_t ngx_agent_choose_admit(ngx_agent_call_t *call,
    ngx_agent_attempt_t *attempt, ngx_uint_t force);
static ngx_int_t ngx_agent_choose_ask(ngx_agent_attempt_t *attempt,
    ngx_uint_t force);
static void ngx_agent_choose_begin(ngx_agent_attempt_t *attempt);
static void ngx_agent_choose_timeout(ngx_agent_attempt_t *attempt);


ngx_int_t
ngx_agent_choose(ngx_agent_call_t *call, ngx_agent_attempt_t *attempt,
    uint32_t set, ngx_uint_t force, ngx_agent_peer_t *avoid)
{
    ngx_uint_t             strict;
    ngx_agent_target_t    *target;
    ngx_agent_provider_t  *last;

    /* a hedge beside a running attempt is never at the same peer */

    strict = (avoid != NULL);

    if (!strict) {
        avoid = attempt->peer;      /* it may just have failed there */
    }

    target = call->model->targets.elts;
    last = attempt->target ? attempt->target->provider : NULL;

    attempt->number = ngx_agent_choose_target(call, set);
    attempt->target = &target[attempt->number];
    attempt->peer = ngx_agent_choose_replica(call, attempt->target, force,
                                             avoid);
    if (attempt->peer == NULL || (strict && attempt->peer == avoid)) {
        return NGX_BUSY;
    }

    attempt->key = ngx_agent_choose_key(attempt, last);

    if (ngx_agent_choose_admit(call, attempt, force) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_agent_choose_begin(attempt);

    return NGX_OK;
}


/* ---- which ---- */


static ngx_uint_t
ngx_agent_choose_target(ngx_agent_call_t *call, uint32_t set)
{
    ngx_uint_t            i;
    ngx_agent_model_t    *model;
    ngx_agent_target_t   *target;
    ag_balance_member_t   members[AG_CHAIN_TARGETS_MAX];

    if ((set & (set - 1)) == 0) {
        return ag_bit_first(set);
    }

    model = call->model;
    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        if (set & (1u << i)) {
            ngx_agent_choose_whole(call, &target[i], &members[i]);
        }
    }

    return ngx_agent_choose_balance(call, model->balance, members,
                                    model->targets.nelts, set, &model->turn);
}


/* A target is as busy as all its replicas, and as fast as the best of them. */
static void
ngx_agent_choose_whole(ngx_agent_call_t *call, ngx_agent_target_t *target,
    ag_balance_member_t *member)
{
    ngx_uint_t            i, found;
    ngx_agent_peer_t     *peer;
    ag_balance_member_t   one;

    found = 0;
    peer = target->peers.elts;

    ngx_agent_choose_member(call, peer, target->weight, member);
    member->busy = 0;

    for (i = 0; i < target->peers.nelts; i++) {
        ngx_agent_choose_member(call, &peer[i], target->weight, &one);
        member->busy += one.busy;

        if (!peer[i].replica->down
            && (!found || one.latency_us < member->latency_us))
        {
            member->latency_us = one.latency_us;
            found = 1;
        }
    }
}


static void
ngx_agent_choose_member(ngx_agent_call_t *call, ngx_agent_peer_t *peer,
    ngx_uint_t weight, ag_balance_member_t *member)
{
    ngx_agent_peer_state_t  *state;

    state = peer->state;

    member->weight = (uint32_t) weight;
    member->ramp = 100;             /* its share was drawn already */
    member->busy = (uint32_t) ngx_agent_state_count(call->main,
                                                    state->counter);
    member->latency_us = (uint32_t) state->latency;
    member->hash = state->id;
}


/* NULL: none of them may be asked any more. */
static ngx_agent_peer_t *
ngx_agent_choose_replica(ngx_agent_call_t *call, ngx_agent_target_t *target,
    ngx_uint_t force, ngx_agent_peer_t *avoid)
{
    uint32_t                set;
    ngx_uint_t              i;
    ngx_agent_peer_t       *peer;
    ag_target_state_t       state;
    ag_balance_member_t     members[AG_BALANCE_MAX];
    ngx_agent_provider_t   *provider;

    peer = target->peers.elts;
    provider = target->provider;

    if (target->peers.nelts == 1) {
        return peer;        /* its breaker says whether it may */
    }

    set = 0;

    for (i = 0; i < target->peers.nelts; i++) {
        state = ngx_agent_peer_state(call, provider, &peer[i]);

        if (state == AG_TARGET_READY
            || (force && state == AG_TARGET_OPEN))
        {
            set |= 1u << i;
            ngx_agent_choose_member(call, &peer[i], peer[i].replica->weight,
                                    &members[i]);
        }
    }

    if (avoid != NULL && avoid >= peer && avoid < peer + target->peers.nelts
        && (set & ~(1u << (avoid - peer))) != 0)
    {
        set &= ~(1u << (avoid - peer));
    }

    if (set == 0) {
        return NULL;
    }

    return &peer[ngx_agent_choose_balance(call, provider->balance, members,
                                          target->peers.nelts, set,
                                          &provider->turn)];
}


/* Who has no session goes anywhere. */
static size_t
ngx_agent_choose_balance(ngx_agent_call_t *call, ngx_uint_t how,
    ag_balance_member_t *members, size_t count, uint32_t set,
    ngx_uint_t *turn)
{
    uint64_t  key;

    key = 0;

    if (how == AG_BALANCE_HASH) {

        if (call->session.len != 0) {
            key = ag_balance_hash(ngx_agent_str(&call->session));

        } else {
            how = AG_BALANCE_WEIGHTED;
        }
    }

    return ag_balance_choose((ag_balance_t) how, members, count, set,
                             (*turn)++, key,
                             ngx_agent_request_random(call->main));
}


/*
 * At random by weight, among those that are awake; not the one that has just
 * been limited or refused if there is another.
 */
static ngx_uint_t
ngx_agent_choose_key(ngx_agent_attempt_t *attempt,
    ngx_agent_provider_t *before)
{
    uint32_t               set, last;
    ngx_uint_t             i;
    ngx_agent_key_t       *key;
    ag_balance_member_t    members[AG_PROVIDER_KEYS_MAX];
    ngx_agent_provider_t  *provider;

    provider = attempt->target->provider;

    if (provider->keys.nelts < 2) {
        return 0;
    }

    set = ngx_agent_peer_keys(provider, attempt->peer);

    if (set == 0) {
        set = (1u << provider->keys.nelts) - 1;     /* it is forced */
    }

    last = (provider == before
            && (attempt->error == AG_E_RATE_LIMIT
                || attempt->error == AG_E_CREDENTIALS))
           ? 1u << attempt->key : 0;

    if ((set & ~last) != 0) {
        set &= ~last;
    }

    key = provider->keys.elts;

    for (i = 0; i < provider->keys.nelts; i++) {
        ngx_memzero(&members[i], sizeof(ag_balance_member_t));
        members[i].weight = (uint32_t) key[i].weight;
        members[i].ramp = 100;
    }

    return ag_balance_choose(AG_BALANCE_WEIGHTED, members,
                             provider->keys.nelts, set, 0, 0,
                             ngx_agent_request_random(attempt->call->main));
}


/* ---- admission ---- */


static ngx_int_t
ngx_agent_choose_admit(ngx_agent_call_t *call, ngx_agent_attempt_t *attempt,
    ngx_uint_t force)
{
    ngx_uint_t             one, counter;
    ngx_agent_provider_t  *provider;

    provider = attempt->target->provider;

    if (provider->limit.concurrency != 0) {

        if (ngx_agent_state_take(call->main, provider->state->places,
                                 provider->limit.concurrency)
            != NGX_OK)
        {
            return NGX_BUSY;
        }

        attempt->held |= NGX_AGENT_HELD_PLACE;
    }

    /* a replica that is ill is tried by one call at a time */

    one = (force && ngx_agent_peer_is_sick(provider, attempt->peer));
    counter = attempt->peer->state->counter;

    if (ngx_agent_state_take(call->main, counter, one) == NGX_OK) {

        if (ngx_agent_choose_ask(attempt, force) == NGX_OK) {
            attempt->held |= NGX_AGENT_HELD_TICKET|NGX_AGENT_HELD_BUSY;
            return NGX_OK;
        }

        ngx_agent_state_give(call->main, counter);
    }

    if (attempt->held & NGX_AGENT_HELD_PLACE) {
        ngx_agent_state_give(call->main, provider->state->places);
        attempt->held &= ~NGX_AGENT_HELD_PLACE;
    }

    return NGX_BUSY;
}


static ngx_int_t
ngx_agent_choose_ask(ngx_agent_attempt_t *attempt, ngx_uint_t force)
{
    int                      rc;
    ag_breaker_t            *breaker;
    ag_breaker_conf_t       *conf;
    ag_breaker_change_t      change;
    ngx_agent_peer_state_t  *state;

    state = attempt->peer->state;
    breaker = &state->breaker;
    conf = &attempt->target->provider->breaker;
    attempt->forced = (force != 0);

    if (attempt->target->provider->breaker_off
        || ag_breaker_quiet(breaker, conf))
    {
        attempt->ticket.generation = breaker->generation;
        attempt->ticket.probe = 0;
        return NGX_OK;
    }

    change = AG_BREAKER_STAYS;

    ngx_agent_state_lock(&state->lock);

    rc = ag_breaker_ask(breaker, conf, ngx_current_msec, (uint64_t) ngx_pid,
                        (unsigned) force, &attempt->ticket, &change);

    ngx_agent_state_unlock(&state->lock);

    ngx_agent_peer_changed(attempt, change);

    return rc == AG_OK ? NGX_OK : NGX_BUSY;
}


/* What an earlier attempt has left in the struct goes. */
static void
ngx_agent_choose_begin(ngx_agent_attempt_t *attempt)
{
    ngx_agent_call_t  *call;

    call = attempt->call;

    attempt->transfer = NULL;
    attempt->redials = 0;
    attempt->parsed = 0;
    attempt->malformed = 0;
    attempt->error = AG_E_NONE;
    attempt->sent = ngx_current_msec;
    attempt->first = 0;
    attempt->said = 0;
    attempt->shortened = 0;
    attempt->heard = ngx_current_msec;
    attempt->running = 1;
    attempt->content = 0;
    attempt->finished = 0;
    attempt->ended = 0;
    attempt->repaired = 0;
    attempt->lossy = 0;
    attempt->translated = 0;
    attempt->cut = 0;
    attempt->refusal.class = AG_E_NONE;
    attempt->hedge = 0;
    attempt->impatient = 0;

    ngx_memzero(&attempt->usage, sizeof(ag_usage_t));

    ag_sse_free(&attempt->sse);
    ag_sse_init(&attempt->sse);
    attempt->answer.len = 0;

    ngx_agent_choose_timeout(attempt);

    ag_chain_start(&call->chain, (uint32_t) attempt->number);
}


static void
ngx_agent_choose_timeout(ngx_agent_attempt_t *attempt)
{
    ngx_agent_timeout_t  *model, *provider, *timeout;

    model = &attempt->call->model->timeout;
    provider = &attempt->target->provider->timeout;
    timeout = &attempt->timeout;

#define ngx_agent_choose_either(field)                                        \
    (model->field != NGX_CONF_UNSET_MSEC ? model->field : provider->field)

    timeout->connect = ngx_agent_choose_either(connect);
    timeout->first_token = ngx_agent_choose_either(first_token);
    timeout->idle = ngx_agent_choose_either(idle);
    timeout->total = attempt->call->streaming
                     ? ngx_agent_choose_either(total)
                     : ngx_agent_choose_either(total_whole);

#undef ngx_agent_choose_either
}
