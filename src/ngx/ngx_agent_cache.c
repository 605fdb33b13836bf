/*
 * Copyright (C) ngx_agent authors
 *
 * LOOKUP: is the answer there, or on its way?
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"


static ngx_int_t ngx_agent_cache_refresh(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_create(ngx_agent_call_t *call);
static const ag_cache_rule_t *ngx_agent_cache_rule(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_only(ngx_agent_call_t *call,
    ag_cache_control_t *control);
static void ngx_agent_cache_control(ngx_agent_call_t *call,
    ag_cache_control_t *control);
static ngx_int_t ngx_agent_cache_told(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_look(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_found(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_copy(ngx_agent_call_t *call,
    ag_cache_place_t *place);


/* ---- the phase ---- */


ngx_int_t
ngx_agent_call_lookup(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (call->cached != NULL && call->cached->waiting) {
        return ngx_agent_cache_told(call);
    }

    if (call->background) {
        return ngx_agent_cache_refresh(call);
    }

    if (call->error.class == AG_E_NONE
        && ngx_agent_model_find(call) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (call->error.class == AG_E_NONE && !call->raw
        && call->main->cache != NULL && ag_replay_can(call->endpoint))
    {
        rc = ngx_agent_cache_create(call);

        if (rc == NGX_OK) {
            rc = ngx_agent_cache_look(call);
        }

        if (rc == NGX_ERROR || rc == NGX_AGAIN) {
            return rc;
        }
    }

    /* whatever was found: it counts as a request first */

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_LIMIT);

    return NGX_OK;
}


/* Somebody else may be at it already. */
static ngx_int_t
ngx_agent_cache_refresh(ngx_agent_call_t *call)
{
    if (call->error.class == AG_E_NONE
        && ngx_agent_flight_join(call) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_agent_call_goto(call, call->cached->leads ? NGX_AGENT_PHASE_LIMIT
                                                  : NGX_AGENT_PHASE_REPLY);

    return NGX_OK;
}


ngx_agent_cached_t *
ngx_agent_cache_alloc(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = ngx_pcalloc(call->pool, sizeof(ngx_agent_cached_t));
    if (cached == NULL) {
        return NULL;
    }

    cached->call = call;
    cached->epoch = call->main->cache->purges.last;
    ag_cache_control_init(&cached->control);
    ag_buf_init(&cached->bytes, AG_CACHE_HEAD_MAX + AG_ANSWER_MAX);
    ag_buf_init(&cached->whole, NGX_AGENT_RECORD_MAX);
    call->cached = cached;

    return cached;
}


/* NGX_DECLINED: it has nothing to do with the cache. */
static ngx_int_t
ngx_agent_cache_create(ngx_agent_call_t *call)
{
    ngx_int_t               rc;
    ag_cache_control_t      control;
    ngx_agent_cached_t     *cached;
    const ag_cache_rule_t  *rule;

    rule = ngx_agent_cache_rule(call);

    ag_cache_control_init(&control);

    if (call->controls) {
        ngx_agent_cache_control(call, &control);
    }

    if (rule->ttl == 0) {
        return ngx_agent_cache_only(call, &control);
    }

    cached = ngx_agent_cache_alloc(call);
    if (cached == NULL) {
        return NGX_ERROR;
    }

    cached->rule = rule;
    cached->control = control;

    cached->may = ag_cache_may(rule, &cached->control, &call->request.cache);

    if (call->tenant->cut && call->streaming) {
        cached->may.join = 0;       /* what ends its stream is its own */
    }

    if (!cached->may.read && !cached->may.store) {
        return ngx_agent_cache_only(call, &control);
    }

    rc = ngx_agent_question(call);

    return (rc == NGX_DECLINED) ? ngx_agent_cache_only(call, &control) : rc;
}


/* It is not for the cache, and may want nothing else. */
static ngx_int_t
ngx_agent_cache_only(ngx_agent_call_t *call, ag_cache_control_t *control)
{
    if (control->only_if_cached) {
        call->error.class = AG_E_NOT_CACHED;
    }

    return NGX_DECLINED;
}


/* The nearer word counts. */
static const ag_cache_rule_t *
ngx_agent_cache_rule(ngx_agent_call_t *call)
{
    return (call->tenant->cache.at.line != 0) ? &call->tenant->cache.rule
                                              : &call->model->cache.rule;
}


static void
ngx_agent_cache_control(ngx_agent_call_t *call, ag_cache_control_t *control)
{
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *header;

    part = &call->r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == sizeof("cache-control") - 1
            && ngx_strncmp(header[i].lowcase_key, "cache-control", 13) == 0)
        {
            ag_cache_control_read(control, ngx_agent_str(&header[i].value));
        }
    }
}


/* Redis was asked. */
static ngx_int_t
ngx_agent_cache_told(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    rc = ngx_agent_cache_redis_looked(call);

    if (rc == NGX_AGAIN || rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_OK) {
        rc = ngx_agent_cache_found(call);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            ngx_agent_flight_land(call);    /* it is here for all, too */
        }

    } else if (rc == NGX_BUSY) {
        cached->remote = 1;
        cached->asked = ngx_current_msec;
        cached->state = NGX_AGENT_CACHE_JOINED;
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_LIMIT);

    return NGX_OK;
}


/* The answer, or a part in the flight that gets it.  NGX_AGAIN: Redis may have
 * it. */
static ngx_int_t
ngx_agent_cache_look(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached->may.read) {
        cached->state = NGX_AGENT_CACHE_MISS;
        rc = ngx_agent_cache_fetch(call, 0);

        if (rc == NGX_OK) {
            rc = ngx_agent_cache_found(call);
        }

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (cached->control.only_if_cached) {
        call->error.class = AG_E_NOT_CACHED;
        return NGX_OK;
    }

    if (cached->may.join && ngx_agent_flight_join(call) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cached->flight == NULL && call->streaming && cached->may.store) {

        /* it asks for itself, and its stream is kept all the same */

        return ngx_agent_flight_alone(call);
    }

    return (cached->leads && ngx_agent_cache_redis_is(call)
            && ngx_agent_cache_redis_look(call) == NGX_AGAIN)
           ? NGX_AGAIN : NGX_OK;
}


/* NGX_OK: it is the answer; NGX_DECLINED: not now. */
static ngx_int_t
ngx_agent_cache_found(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    switch (ag_cache_age(cached->rule, &cached->control, cached->age)) {

    case AG_CACHE_FRESH:
        return ngx_agent_cache_take(call, NGX_AGENT_CACHE_HIT);

    case AG_CACHE_REVALIDATE:
        if (call->lookup != NULL) {
            return NGX_DECLINED;    /* a tenant of Redis lives as long as its
                                       call */
        }

        cached->refresh = 1;
        return ngx_agent_cache_take(call, NGX_AGENT_CACHE_STALE);

    default:
        return NGX_DECLINED;
    }
}


uint64_t
ngx_agent_cache_now(void)
{
    ngx_time_t  *time;

    time = ngx_timeofday();

    return (uint64_t) time->sec * 1000 + time->msec;
}


ngx_int_t
ngx_agent_cache_fetch(ngx_agent_call_t *call, ngx_uint_t passing)
{
    int                      rc;
    uint64_t                 now;
    ag_cache_place_t         place;
    ngx_agent_cached_t      *cached;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    zone = call->main->cache;
    now = ngx_agent_cache_now();

    rc = ag_cache_find(ngx_agent_cache_lock(zone), cached->key, now,
                       &cached->item, &place);
    ngx_agent_cache_unlock(zone);

    if (rc != AG_OK || (cached->item.passing && !passing)) {
        return NGX_DECLINED;
    }

    rc = ngx_agent_cache_copy(call, &place);

    if (rc != NGX_OK) {
        return rc;
    }

    cached->age = (now > cached->item.stored_ms)
                  ? now - cached->item.stored_ms : 0;

    return ag_cache_value_read(ag_buf_str(&cached->bytes), &cached->value)
           == AG_OK ? NGX_OK : NGX_DECLINED;
}


/* Nobody is kept waiting while it is copied; should it be overwritten then, it
 * is gone. */
static ngx_int_t
ngx_agent_cache_copy(ngx_agent_call_t *call, ag_cache_place_t *place)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    cached->bytes.len = 0;

    if (ag_buf_reserve(&cached->bytes, cached->item.len) != AG_OK) {
        return NGX_ERROR;
    }

    if (ag_cache_copy(call->main->cache->cache, place, cached->bytes.data,
                      cached->item.len)
        != AG_OK)
    {
        return NGX_DECLINED;
    }

    cached->bytes.len = cached->item.len;

    return NGX_OK;
}


ngx_uint_t
ngx_agent_cache_excuse(ngx_agent_call_t *call, ag_error_class_t error)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached == NULL || !cached->keyed || !cached->may.read
        || cached->read != 0
        || cached->refresh || cached->rule->stale_if_error == 0
        || !ag_cache_excuses(error)
        || ngx_agent_cache_fetch(call, 0) != NGX_OK
        || ag_cache_age(cached->rule, &cached->control, cached->age)
           == AG_CACHE_GONE)
    {
        return 0;
    }

    cached->excused = error;

    return ngx_agent_cache_take(call, NGX_AGENT_CACHE_STALE) == NGX_OK;
}


/* ---- the end ---- */


ngx_uint_t
ngx_agent_cache_is_cheap(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    return cached != NULL
           && (cached->answered || cached->follows || cached->remote)
           && cached->rule->hit_cost != AG_CACHE_COST_FULL;
}


ngx_uint_t
ngx_agent_cache_counts(ngx_agent_call_t *call, ag_resource_t resource)
{
    ngx_uint_t           request;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached == NULL) {
        return 1;
    }

    request = (cached->rule->hit_cost == AG_CACHE_COST_REQUEST);

    if (ngx_agent_cache_is_cheap(call)) {
        return resource == AG_RESOURCE_CONCURRENCY
               || (resource == AG_RESOURCE_REQUESTS && request);
    }

    /* who has waited has been counted as a request then */

    return resource != AG_RESOURCE_REQUESTS || !cached->again || !request;
}


ngx_agent_phase_t
ngx_agent_cache_next(ngx_agent_call_t *call)
{
    if (call->cached == NULL) {
        return NGX_AGENT_PHASE_ROUTE;
    }

    return call->cached->answered ? NGX_AGENT_PHASE_REPLY
           : (call->cached->follows || call->cached->remote)
             ? NGX_AGENT_PHASE_JOIN
           : NGX_AGENT_PHASE_ROUTE;
}


void
ngx_agent_cache_end(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached == NULL) {
        return;
    }

    if (cached->refresh && cached->answered && !ngx_exiting
        && !ngx_terminate && !ngx_agent_shed(call->main)
        && !ngx_agent_flight_flies(call))
    {
        ngx_agent_refresh_start(call);
    }

    if (cached->lock != 0) {
        ngx_agent_cache_redis_leave(call);
    }

    if (cached->flight != NULL) {

        if (cached->leads) {
            ngx_agent_flight_fail(call);
        }

        ngx_agent_flight_leave(call);
    }
}


void
ngx_agent_cache_free(ngx_agent_call_t *call)
{
    if (call->cached != NULL) {
        ag_buf_free(&call->cached->bytes);
        ag_buf_free(&call->cached->whole);
    }
}
