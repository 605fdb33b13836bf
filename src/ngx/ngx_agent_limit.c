/*
 * Copyright (C) ngx_agent authors
 *
 * LIMIT: all limits of a call and its session's guards, in one step or none.
 * A step holds the tenant's lock for as long as ag_limit.h and ag_session.h
 * compute.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"


static ngx_int_t ngx_agent_limit_local(ngx_agent_call_t *call);
static void ngx_agent_limit_step(ngx_agent_call_t *call, ag_now_t *now);
static void ngx_agent_limit_session(ngx_agent_call_t *call, ag_now_t *now);
static ngx_int_t ngx_agent_limit_ask(ngx_agent_call_t *call);
static void ngx_agent_limit_ended(ngx_agent_call_t *call, ag_now_t *now);
static ngx_agent_entry_t *ngx_agent_limit_fix(ngx_slab_pool_t *pool,
    ngx_agent_zone_t *shared, const uint64_t id[2],
    ngx_agent_tenant_t *tenant, ngx_agent_quota_t *quota);
static void ngx_agent_limit_grow(void *to, void *from, void *data);
static void ngx_agent_limit_hold(ngx_agent_limits_t *limits);
static void ngx_agent_limit_standings(ngx_agent_limits_t *limits,
    ag_now_t *now);
static ngx_int_t ngx_agent_limit_shared(ngx_agent_call_t *call);
static void ngx_agent_limit_learned(ngx_agent_limits_t *limits);
static ngx_int_t ngx_agent_limit_alone(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_limit_verdict(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_limit_go_on(ngx_agent_call_t *call);


/* ---- while a configuration is loaded ---- */


ngx_int_t
ngx_agent_limit_init(ngx_conf_t *cf)
{
    ngx_uint_t               i;
    ngx_agent_tenant_t     **tenant;
    ngx_agent_main_conf_t   *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);
    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        ngx_agent_claim_tenant(tenant[i]);

        if (tenant[i]->quotas.nelts == 0) {
            continue;
        }

        tenant[i]->windows = ngx_pcalloc(cf->pool,
                                         tenant[i]->quotas.nelts
                                         * sizeof(ngx_agent_entry_t *));
        if (tenant[i]->windows == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_agent_limit_grow(void *to, void *from, void *data)
{
    ngx_agent_quota_t *quota = data;

    ag_window_init(to, &quota->limit);

    if (((ag_window_t *) from)->capacity == 0
        && ((ag_window_t *) from)->kind == 0)
    {
        return;
    }

    ag_window_copy(to, from);
    ag_window_convert(to, from);
}


ngx_int_t
ngx_agent_limit_connect(ngx_agent_main_conf_t *amcf, ngx_agent_zone_t *shared)
{
    uint64_t              id[2];
    ngx_uint_t            i, n;
    ngx_slab_pool_t      *pool;
    ngx_agent_quota_t    *quota;
    ngx_agent_tenant_t  **tenant;

    tenant = amcf->tenants.elts;
    pool = (ngx_slab_pool_t *) amcf->zone->shm.addr;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        quota = tenant[i]->quotas.elts;

        for (n = 0; n < tenant[i]->quotas.nelts; n++) {

            if (quota[n].by != NGX_AGENT_BY_TENANT) {
                continue;
            }

            ngx_agent_claim_id(id, tenant[i], &quota[n], NULL, NULL);

            tenant[i]->windows[n] = ngx_agent_limit_fix(pool, shared, id,
                                                        tenant[i], &quota[n]);

            if (tenant[i]->windows[n] == NULL) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* One that is large enough may be of the other kind; a larger one is made in
 * its stead, and takes over what it remembers: workers use the one that is
 * there. */
static ngx_agent_entry_t *
ngx_agent_limit_fix(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    const uint64_t id[2], ngx_agent_tenant_t *tenant,
    ngx_agent_quota_t *quota)
{
    size_t              size;
    ngx_uint_t          i;
    ag_window_t        *window;
    ngx_agent_entry_t  *entry;

    size = ag_window_size(&quota->limit);
    entry = NULL;

    for (i = 0; i < 2; i++) {
        entry = ngx_agent_table_fix(pool, shared, id, NGX_AGENT_ENTRY_WINDOW,
                                    size, tenant->id, shared->loaded + 1,
                                    ngx_agent_limit_grow, quota);
        if (entry == NULL) {
            return NULL;
        }

        window = ngx_agent_entry_window(entry);

        if (window->kind == 0 && window->capacity == 0) {
            ag_window_init(window, &quota->limit);
        }

        if (ag_window_suits(window, &quota->limit)) {
            break;
        }

        size = entry->size + 1;
    }

    return entry;
}


/* ---- the phase ---- */


ngx_int_t
ngx_agent_call_limit(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (call->limits != NULL && call->limits->waiting) {
        return ngx_agent_limit_shared(call);
    }

    rc = ngx_agent_claim(call);

    switch (rc) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return ngx_agent_limit_go_on(call);

    case NGX_BUSY:
        return ngx_agent_call_fail(call, AG_E_CAPACITY);

    case NGX_ABORT:
        return ngx_agent_call_fail(call, call->error.class);

    default:
        return NGX_ERROR;
    }

    if (call->limits->count == 0 && call->limits->session == NULL) {
        return ngx_agent_limit_go_on(call);
    }

    return (call->main->redis == NULL) ? ngx_agent_limit_local(call)
                                       : ngx_agent_limit_ask(call);
}


/* Sessions are the node's own unless they are shared. */
static ngx_int_t
ngx_agent_limit_ask(ngx_agent_call_t *call)
{
    ag_now_t             now;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (limits->session != NULL) {
        ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
        ngx_agent_limit_now(&now);

        if (call->main->redis->share) {
            ngx_agent_limit_ended(call, &now);

        } else {
            ngx_agent_limit_session(call, &now);
        }

        ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);

        if (limits->session_verdict != AG_SESSION_GOES_ON
            || (limits->count == 0 && limits->in_session))
        {
            limits->taken = limits->in_session;
            return ngx_agent_limit_verdict(call);
        }
    }

    return (ngx_agent_store_take(call) == NGX_AGAIN)
           ? NGX_AGAIN : ngx_agent_limit_alone(call);
}


static ngx_int_t
ngx_agent_limit_local(ngx_agent_call_t *call)
{
    ag_now_t             now;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
    ngx_agent_limit_step(call, &now);
    ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);

    return ngx_agent_limit_verdict(call);
}


/* Within a step. */
static void
ngx_agent_limit_step(ngx_agent_call_t *call, ag_now_t *now)
{
    ngx_uint_t           i;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    ngx_agent_limit_now(now);

    for (i = 0; i < limits->count; i++) {
        ngx_agent_claim_open(&limits->claims[i]);
    }

    ngx_agent_limit_session(call, now);

    if (limits->session_verdict == AG_SESSION_GOES_ON) {

        if (limits->local
            && call->main->redis->when_down == NGX_AGENT_REDIS_ALLOW)
        {
            ngx_memzero(&limits->verdict, sizeof(ag_verdict_t));
            ag_limit_record(limits->claims, (unsigned) limits->count, now);

        } else {
            ag_limit_take(limits->claims, (unsigned) limits->count, now,
                          &limits->verdict);
        }

        if (limits->verdict.result == AG_LIMIT_TAKEN) {
            limits->taken = 1;
            limits->admitted = now->us;
            ngx_agent_limit_hold(limits);

            if (limits->local) {
                ngx_agent_store_record(call, now);
            }

        } else {
            ngx_agent_limit_unsession(limits);
        }
    }

    ngx_agent_limit_standings(limits, now);
}


/* Within a step: the session's guards, and their count. */
static void
ngx_agent_limit_session(ngx_agent_call_t *call, ag_now_t *now)
{
    ngx_agent_limits_t         *limits;
    ngx_agent_session_entry_t  *entry;

    limits = call->limits;

    if (limits->session == NULL || limits->in_session) {
        return;
    }

    entry = (ngx_agent_session_entry_t *) limits->session->data;
    entry->lifetime = call->tenant->guard.lifetime;

    limits->session_verdict = ag_session_check(&entry->session,
                                               &call->tenant->guard,
                                               &limits->asked, now->us);

    if (limits->session_verdict == AG_SESSION_GOES_ON) {
        ag_session_take(&entry->session, &limits->asked, now->us);
        limits->in_session = 1;

    } else {
        ag_session_refused(&entry->session, &limits->asked, now->us);
    }
}


/* Within a step: a shared session that has ended even by what this node knows
 * of it, which Redis may have lost. */
static void
ngx_agent_limit_ended(ngx_agent_call_t *call, ag_now_t *now)
{
    ag_session_verdict_t        verdict;
    ngx_agent_session_entry_t  *entry;

    entry = (ngx_agent_session_entry_t *) call->limits->session->data;

    verdict = ag_session_check(&entry->session, &call->tenant->guard,
                               &call->limits->asked, now->us);

    if (verdict != AG_SESSION_LOOP) {
        call->limits->session_verdict = verdict;
    }
}


void
ngx_agent_limit_unsession(ngx_agent_limits_t *limits)
{
    ngx_agent_session_entry_t  *entry;

    if (limits->in_session) {
        entry = (ngx_agent_session_entry_t *) limits->session->data;
        ag_session_undo(&entry->session, &limits->asked);
        limits->in_session = 0;
    }
}


void
ngx_agent_limit_now(ag_now_t *now)
{
    now->us = ngx_agent_table_now();
    now->wall = (int64_t) ngx_time();
}


/* Tells the ledger which places are held, for the case that we die. */
static void
ngx_agent_limit_hold(ngx_agent_limits_t *limits)
{
    ngx_uint_t           i, n;
    ngx_agent_ticket_t  *ticket;

    ticket = limits->ticket;

    for (i = 0; i < limits->count; i++) {

        if (limits->claims[i].limit->resource != AG_RESOURCE_CONCURRENCY) {
            continue;
        }

        for (n = 0; n < ticket->count; n++) {
            if (ngx_agent_entry_window(ticket->entries[n])
                == limits->claims[i].window)
            {
                ticket->held |= 1u << n;
                break;
            }
        }
    }
}


static void
ngx_agent_limit_standings(ngx_agent_limits_t *limits, ag_now_t *now)
{
    ngx_uint_t  i;

    limits->told = 1;

    for (i = 0; i < limits->count; i++) {
        ag_window_standing(limits->claims[i].window, limits->claims[i].max,
                           now, &limits->standings[i]);
    }
}


/* Redis was asked. */
static ngx_int_t
ngx_agent_limit_shared(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ag_now_t             now;
    ngx_uint_t           i;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    rc = ngx_agent_store_taken(call);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    limits->waiting = 0;

    if (rc != NGX_OK) {
        return ngx_agent_limit_alone(call);
    }

    ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
    ngx_agent_limit_now(&now);

    if (limits->session_verdict == AG_SESSION_GOES_ON
        && limits->verdict.result == AG_LIMIT_TAKEN)
    {
        limits->taken = 1;
        limits->shared = 1;
        limits->admitted = now.us;

        for (i = 0; i < limits->count; i++) {
            ngx_agent_claim_open(&limits->claims[i]);
        }

        ngx_agent_limit_session(call, &now);
        limits->session_verdict = AG_SESSION_GOES_ON;

        ngx_agent_store_record(call, &now);
        ngx_agent_limit_hold(limits);

    } else {
        ngx_agent_limit_unsession(limits);
        ngx_agent_limit_learned(limits);
    }

    ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);

    return ngx_agent_limit_verdict(call);
}


/* Within a step: a stop on another node is remembered, should Redis forget. */
static void
ngx_agent_limit_learned(ngx_agent_limits_t *limits)
{
    ngx_agent_session_entry_t  *entry;

    if (limits->session_verdict == AG_SESSION_STOPPED) {
        entry = (ngx_agent_session_entry_t *) limits->session->data;
        entry->session.stopped = 1;
    }
}


/* Redis is away: as when_down says. */
static ngx_int_t
ngx_agent_limit_alone(ngx_agent_call_t *call)
{
    ngx_uint_t           i;
    ag_claim_t          *claim;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (call->main->redis->when_down == NGX_AGENT_REDIS_DENY) {
        return ngx_agent_call_fail(call, AG_E_STORE);
    }

    limits->local = 1;

    for (i = 0; i < limits->count; i++) {
        claim = &limits->claims[i];

        if (call->main->redis->when_down == NGX_AGENT_REDIS_LOCAL) {
            claim->max = ngx_agent_store_share(call->main, claim->limit->max);
        }
    }

    return ngx_agent_limit_local(call);
}


static ngx_int_t
ngx_agent_limit_verdict(ngx_agent_call_t *call)
{
    static const ag_error_class_t  sessions[] = {
        AG_E_NONE, AG_E_SESSION_STOPPED, AG_E_SESSION_EXPIRED,
        AG_E_SESSION_DEPTH, AG_E_SESSION_CALLS, AG_E_SESSION_LOOP,
        AG_E_SESSION_COST
    };

    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (limits->session_verdict != AG_SESSION_GOES_ON) {
        return ngx_agent_call_fail(call, sessions[limits->session_verdict]);
    }

    if (limits->verdict.dry != 0) {
        ngx_agent_metric_add(call->tenant->series, AG_M_TENANT_DRY_RUN, 1);
    }

    if (limits->verdict.result != AG_LIMIT_TAKEN) {
        ngx_agent_metric_add(call->tenant->series, AG_M_TENANT_LIMITED, 1);

        return ngx_agent_limit_refuse(call);
    }

    if (limits->session != NULL) {
        ngx_agent_session_watch(call);
    }

    return ngx_agent_limit_go_on(call);
}


static ngx_int_t
ngx_agent_limit_go_on(ngx_agent_call_t *call)
{
    if (call->error.class != AG_E_NONE) {
        return ngx_agent_call_fail(call, call->error.class);
    }

    ngx_agent_call_goto(call, ngx_agent_cache_next(call));

    return NGX_OK;
}
