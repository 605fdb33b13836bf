/*
 * Copyright (C) ngx_agent authors
 *
 * JOIN: a call waits for the answer that another one gets, and for as long as
 * it would wait for a provider.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"


static ngx_uint_t ngx_agent_join_fits(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_join_is_same(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_join_is_purged(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_attach(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_live(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_open(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_remote(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_landed(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_hand(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_failed(ngx_agent_call_t *call,
    ag_flight_failure_t *failure);
static ngx_int_t ngx_agent_join_again(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_join_wait(ngx_agent_call_t *call);
static ngx_msec_t ngx_agent_join_deadline(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_call_join(ngx_agent_call_t *call)
{
    ag_flight_state_t        state;
    ngx_agent_cached_t      *cached;
    ag_flight_failure_t      failure;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    zone = call->main->cache;

    if (call->at.spoke == 0) {
        call->at.spoke = ngx_current_msec;
    }

    if (call->opened && ngx_agent_reply_flush(call) == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    if (cached->remote) {
        return ngx_agent_join_remote(call);
    }

    if (cached->attached || ngx_agent_join_fits(call)) {
        return ngx_agent_join_live(call);
    }

    state = ag_flight_look(ngx_agent_cache_lock_flights(zone),
                           &cached->flight->shared, &failure);
    ngx_agent_cache_unlock_flights(zone);

    switch (state) {

    case AG_FLIGHT_RUNS:
        return ngx_agent_join_wait(call);

    case AG_FLIGHT_OPEN:
        return ngx_agent_join_open(call);

    case AG_FLIGHT_FAILED:
        return ngx_agent_join_failed(call, &failure);

    default:
        return ngx_agent_join_landed(call);
    }
}


/* Can the call read the record as it is? */
static ngx_uint_t
ngx_agent_join_fits(ngx_agent_call_t *call)
{
    ngx_agent_flight_t  *flight;

    flight = call->cached->flight;

    return flight->live && !flight->failed && flight->leader != NULL
           && ngx_agent_join_is_same(call) && !ngx_agent_join_is_purged(call);
}


/* Was the answer's question asked before a purge, and this call's after it?
 * Then it is not for this call. */
static ngx_uint_t
ngx_agent_join_is_purged(ngx_agent_call_t *call)
{
    ngx_uint_t               purged;
    ngx_agent_cached_t      *cached;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    zone = call->main->cache;

    if (cached->epoch == cached->flight->epoch) {
        return 0;
    }

    (void) ngx_agent_cache_lock(zone);
    purged = ag_cache_purges_cover(&zone->purges, cached->flight->epoch,
                                   cached->owner, cached->model);
    ngx_agent_cache_unlock(zone);

    return purged;
}


/* Is it the same stream that this client wants? */
static ngx_uint_t
ngx_agent_join_is_same(ngx_agent_call_t *call)
{
    ag_str_t             options;
    ngx_agent_flight_t  *flight;

    flight = call->cached->flight;
    options = call->request.stream_options_span;

    return call->streaming
           && ag_str_equal(options, ag_str(flight->options,
                                           flight->options_len));
}


static ngx_int_t
ngx_agent_join_live(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_agent_cached_t  *cached;
    ngx_agent_flight_t  *flight;

    cached = call->cached;
    flight = cached->flight;

    if (flight->cut) {
        return ngx_agent_call_fail(call, AG_E_BAD_RESPONSE);
    }

    if (ngx_agent_join_attach(call) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_agent_record_read(call);

    if (rc == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    if (cached->read == flight->record.len && flight->whole) {
        call->ended = 1;
        ngx_agent_flight_leave(call);
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

        return NGX_OK;
    }

    if (flight->failed && cached->read == flight->record.len) {
        return ngx_agent_call_fail(call, flight->error);
    }

    if (flight->failed || flight->whole) {
        ngx_agent_call_wake_at(call, ngx_current_msec
                                     + NGX_AGENT_FLIGHT_IDLE);
        return NGX_AGAIN;       /* send_timeout is its deadline now */
    }

    return ngx_agent_join_wait(call);
}


/* What the leader knows of it by now.  A header's text outlives the flight. */
static ngx_int_t
ngx_agent_join_attach(ngx_agent_call_t *call)
{
    u_char              *p;
    ag_str_t             model;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    model = cached->value.model;

    if (!cached->attached) {
        model = cached->flight->value.model;
        p = ngx_pnalloc(call->pool, model.len);

        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, model.data, model.len);
        model.data = p;
    }

    cached->value = cached->flight->value;
    cached->value.model = model;
    cached->valued = 1;
    cached->attached = 1;

    return NGX_OK;
}


/* The leader has failed or died. */
static ngx_int_t
ngx_agent_join_open(ngx_agent_call_t *call)
{
    ag_flight_part_t         part;
    ngx_agent_flight_t      *flight;
    ngx_agent_cache_zone_t  *zone;

    flight = call->cached->flight;
    zone = call->main->cache;

    if (flight->leader != NULL) {
        return ngx_agent_join_wait(call);     /* of this worker, just now */
    }

    part = ag_flight_take_over(ngx_agent_cache_lock_flights(zone),
                               &flight->shared,
                               (unsigned) ngx_agent_cache_worker(), ngx_pid);
    ngx_agent_cache_unlock_flights(zone);

    if (part != AG_FLIGHT_LEADS) {
        return ngx_agent_join_wait(call);
    }

    ngx_agent_flight_lead(call);

    if (ngx_agent_cache_redis_is(call)
        && ngx_agent_cache_redis_look(call) == NGX_AGAIN)
    {
        call->cached->remote = 1;
        return ngx_agent_join_wait(call);
    }

    return ngx_agent_join_again(call);
}


/* Another node is getting the answer: it is looked for in Redis, by one call
 * for all that wait here. */
static ngx_int_t
ngx_agent_join_remote(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (!cached->waiting
        && (ngx_msec_t) (ngx_current_msec - cached->asked)
           >= NGX_AGENT_REMOTE_POLL)
    {
        cached->asked = ngx_current_msec;
        rc = ngx_agent_cache_redis_look(call);

    } else {
        rc = cached->waiting ? ngx_agent_cache_redis_looked(call) : NGX_BUSY;
    }

    switch (rc) {

    case NGX_AGAIN:
    case NGX_BUSY:
        return ngx_agent_join_wait(call);

    case NGX_OK:
        if (ngx_agent_cache_take(call, NGX_AGENT_CACHE_JOINED) != NGX_OK) {
            return NGX_ERROR;
        }

        cached->remote = 0;
        ngx_agent_flight_land(call);
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

        return NGX_OK;

    case NGX_DECLINED:
        cached->remote = 0;
        return ngx_agent_join_again(call);

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_agent_join_failed(ngx_agent_call_t *call, ag_flight_failure_t *failure)
{
    u_char  *p;

    if (failure->len != 0) {
        p = ngx_pnalloc(call->pool, failure->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, failure->message, failure->len);
        call->error.message = ag_str(p, failure->len);
    }

    call->error.status = failure->status;
    ngx_agent_flight_leave(call);

    return ngx_agent_call_fail(call, (ag_error_class_t) failure->error);
}


/* The answer should be there; it is not if it was too large, or thrown out at
 * once. */
static ngx_int_t
ngx_agent_join_landed(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_uint_t           purged;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    rc = ngx_agent_cache_fetch(call, 1);

    if (rc == NGX_OK && !cached->item.passing
        && ag_cache_age(cached->rule, &cached->control, cached->age)
           != AG_CACHE_FRESH)
    {
        rc = NGX_DECLINED;      /* it is the one that was to be replaced */
    }

    purged = ngx_agent_join_is_purged(call);

    if (rc == NGX_DECLINED && !purged && cached->flight->answer.len != 0) {
        rc = ngx_agent_join_hand(call);
    }

    if (rc == NGX_OK) {
        rc = ngx_agent_cache_take(call, NGX_AGENT_CACHE_JOINED);
    }

    if (rc == NGX_DECLINED && !purged && cached->flight->whole
        && ngx_agent_join_is_same(call))
    {
        return ngx_agent_join_live(call);
    }

    ngx_agent_flight_leave(call);

    if (rc == NGX_OK) {
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);
        return NGX_OK;
    }

    if (rc == NGX_ERROR
        || (cached->joins < NGX_AGENT_FLIGHT_JOINS
            && ngx_agent_flight_join(call) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return cached->follows ? NGX_OK : ngx_agent_join_again(call);
}


/* From a leader of this worker. */
static ngx_int_t
ngx_agent_join_hand(ngx_agent_call_t *call)
{
    ag_buf_t            *answer;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    answer = &cached->flight->answer;
    cached->bytes.len = 0;

    if (ag_buf_add(&cached->bytes, answer->data, answer->len) != AG_OK) {
        return NGX_ERROR;
    }

    return ag_cache_value_read(ag_buf_str(&cached->bytes), &cached->value)
           == AG_OK ? NGX_OK : NGX_DECLINED;
}


/* It asks for itself after all: what it uses has to be within its limits. */
static ngx_int_t
ngx_agent_join_again(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    cached->state = NGX_AGENT_CACHE_MISS;

    if (cached->rule->hit_cost == AG_CACHE_COST_FULL) {
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_ROUTE);
        return NGX_OK;
    }

    cached->again = 1;
    ngx_agent_settle_cheap(call);
    ngx_agent_call_goto(call, NGX_AGENT_PHASE_LIMIT);

    return NGX_OK;
}


/* ---- waiting ---- */


static ngx_int_t
ngx_agent_join_wait(ngx_agent_call_t *call)
{
    ngx_msec_t  at, poll, heartbeat;

    at = ngx_agent_join_deadline(call);

    if ((ngx_msec_int_t) (at - ngx_current_msec) <= 0) {
        return ngx_agent_call_fail(call, AG_E_TIMEOUT_TOTAL);
    }

    if (ngx_agent_reply_heartbeat(call) == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    heartbeat = ngx_agent_reply_heartbeat_at(call);

    if (heartbeat != 0 && (ngx_msec_int_t) (heartbeat - at) < 0) {
        at = heartbeat;
    }

    if (call->cached->remote) {
        poll = ngx_max(call->cached->asked + NGX_AGENT_REMOTE_POLL,
                       ngx_current_msec + 1);
        at = ((ngx_msec_int_t) (poll - at) < 0) ? poll : at;
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


/* As long as it would wait for its first target. */
static ngx_msec_t
ngx_agent_join_deadline(ngx_agent_call_t *call)
{
    ngx_msec_t           total;
    ngx_agent_target_t  *target;
    ngx_agent_timeout_t  *model, *provider;

    target = call->model->targets.elts;
    model = &call->model->timeout;
    provider = &target->provider->timeout;

    total = call->streaming
            ? (model->total != NGX_CONF_UNSET_MSEC ? model->total
                                                   : provider->total)
            : (model->total_whole != NGX_CONF_UNSET_MSEC
               ? model->total_whole : provider->total_whole);

    if (call->patience != 0) {
        total = ngx_min(total, call->patience);
    }

    return call->at.started + total;
}
