/*
 * Copyright (C) ngx_agent authors
 *
 * "health path=": each replica is asked now and then, by whichever worker
 * comes first.  Two checks in a row that fail take it out, one that succeeds
 * brings it back.  Off unless configured; holds back no worker that leaves.
 */


#include "ngx/ngx_agent_curl.h"
#include "ngx/ngx_agent_state.h"


#define NGX_AGENT_HEALTH_FAILURES  2    /* in a row */
#define NGX_AGENT_HEALTH_BODY      16384    /* bytes that are read of an
                                               answer */


/* A replica's check in this worker. */
typedef struct {
    ngx_event_t               timer;
    ngx_event_t               wake;
    ngx_agent_provider_t     *provider;
    ngx_agent_replica_t      *replica;
    ngx_agent_main_conf_t    *main;
    ngx_agent_transfer_t     *transfer;     /* NULL: none is under way */
    ngx_agent_waiter_t        waiter;
    ngx_pool_t               *pool;         /* of the check under way */
    ag_buf_t                  answer;
    ngx_msec_t                until;
} ngx_agent_health_check_t;


static ngx_int_t ngx_agent_health_init(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf, ngx_agent_provider_t *provider,
    ngx_agent_replica_t *replica);
static void ngx_agent_health_on_timer(ngx_event_t *ev);
static void ngx_agent_health_on_wake(ngx_event_t *ev);
static void ngx_agent_health_run(ngx_agent_health_check_t *check);
static ngx_uint_t ngx_agent_health_due(ngx_agent_health_check_t *check);
static ngx_int_t ngx_agent_health_start(ngx_agent_health_check_t *check);
static void ngx_agent_health_end(ngx_agent_health_check_t *check,
    ngx_uint_t healthy);
static void ngx_agent_health_stop(ngx_agent_health_check_t *check);
static void ngx_agent_health_count(ngx_agent_health_check_t *check,
    ngx_uint_t healthy);


ngx_int_t
ngx_agent_health_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i, n;
    ngx_agent_replica_t     *replica;
    ngx_agent_provider_t   **provider;

    if (amcf->gateways.nelts == 0) {
        return NGX_OK;
    }

    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        replica = provider[i]->replicas.elts;

        for (n = 0; n < provider[i]->replicas.nelts; n++) {

            if (provider[i]->health.path.len == 0) {
                replica[n].state->sick = 0;     /* nobody would heal it */
                continue;
            }

            if (ngx_agent_health_init(cycle, amcf, provider[i], &replica[n])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_health_init(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica)
{
    ngx_agent_health_check_t  *check;

    if (provider->down || replica->down || provider->disabled) {
        return NGX_OK;
    }

    check = ngx_pcalloc(cycle->pool, sizeof(ngx_agent_health_check_t));
    if (check == NULL) {
        return NGX_ERROR;
    }

    replica->check = check;
    check->main = amcf;
    check->provider = provider;
    check->replica = replica;

    check->timer.data = check;
    check->timer.handler = ngx_agent_health_on_timer;
    check->timer.log = cycle->log;
    check->timer.cancelable = 1;

    check->wake.data = check;
    check->wake.handler = ngx_agent_health_on_wake;
    check->wake.log = cycle->log;

    check->waiter.wake = &check->wake;
    ag_buf_init(&check->answer, NGX_AGENT_HEALTH_BODY);

    ngx_add_timer(&check->timer,
                  ngx_agent_request_random(amcf) % 1000 + 1);

    return NGX_OK;
}


/* A check under way has a connection: nginx would call it left open. */
void
ngx_agent_health_exit_process(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i, n;
    ngx_agent_replica_t     *replica;
    ngx_agent_provider_t   **provider;

    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        replica = provider[i]->replicas.elts;

        for (n = 0; n < provider[i]->replicas.nelts; n++) {
            if (replica[n].check != NULL) {
                ngx_agent_health_stop(replica[n].check);
            }
        }
    }
}


static void
ngx_agent_health_on_timer(ngx_event_t *ev)
{
    ngx_agent_health_check_t  *check;

    check = ev->data;

    if (ngx_exiting) {

        ngx_agent_health_stop(check);
        return;
    }

    if (check->pool == NULL) {

        if (!ngx_agent_health_due(check)) {
            ngx_add_timer(ev, check->provider->health.interval / 4 + 1);
            return;
        }

        check->pool = ngx_create_pool(1024, ev->log);
        check->until = ngx_current_msec + check->provider->health.timeout;
    }

    ngx_agent_health_run(check);
}


/* Of all workers that look one asks. */
static ngx_uint_t
ngx_agent_health_due(ngx_agent_health_check_t *check)
{
    ngx_msec_int_t              left;
    ngx_atomic_uint_t           at;
    ngx_agent_replica_state_t  *state;

    state = check->replica->state;
    at = state->check_at;

    left = (ngx_msec_int_t) (at - ngx_current_msec);

    /* an older configuration may have had a longer interval */

    return (left <= 0
            || left > (ngx_msec_int_t) check->provider->health.interval)
           && ngx_atomic_cmp_set(&state->check_at, at,
                                 ngx_current_msec
                                 + check->provider->health.interval);
}


static void
ngx_agent_health_on_wake(ngx_event_t *ev)
{
    ngx_agent_health_check_t  *check;

    check = ev->data;

    if (check->pool != NULL) {
        ngx_agent_health_run(check);
    }
}


static void
ngx_agent_health_run(ngx_agent_health_check_t *check)
{
    ngx_int_t              rc;
    ngx_agent_transfer_t  *t;

    rc = (check->pool == NULL) ? NGX_ERROR : NGX_OK;

    if (rc == NGX_OK && check->transfer == NULL) {
        rc = ngx_agent_health_start(check);
    }

    t = check->transfer;

    if (rc == NGX_ERROR) {
        ngx_agent_health_end(check, 0);
        return;
    }

    if (t != NULL && (t->started || t->done)) {

        /* the status says it, whatever follows */

        ngx_agent_health_end(check, t->started && t->status >= 200
                                    && t->status < 300);
        return;
    }

    if ((ngx_msec_int_t) (check->until - ngx_current_msec) <= 0) {
        ngx_agent_health_end(check, 0);
        return;
    }

    if (!check->timer.timer_set) {
        ngx_add_timer(&check->timer, check->until - ngx_current_msec);
    }
}


/* NGX_AGAIN: waits for an address. */
static ngx_int_t
ngx_agent_health_start(ngx_agent_health_check_t *check)
{
    ngx_int_t                  rc;
    ngx_agent_transfer_t      *t;
    ngx_agent_curl_request_t   request;

    if (!ngx_agent_curl_resolve(check->replica)->url->literal) {
        rc = ngx_agent_resolve(ngx_agent_curl_resolve(check->replica),
                               &check->waiter, check->main->resolver,
                               check->provider->health.timeout);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    t = ngx_pcalloc(check->pool, sizeof(ngx_agent_transfer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->wake = &check->wake;
    t->pool = check->pool;
    t->log = check->timer.log;
    t->sink = &check->answer;

    check->transfer = t;

    ngx_memzero(&request, sizeof(ngx_agent_curl_request_t));

    request.provider = check->provider;
    request.replica = check->replica;
    request.path = check->provider->health.path;
    request.connect = check->provider->health.timeout;
    request.get = 1;
    request.fresh = 1;

    return ngx_agent_curl_start(t, &request);
}


static void
ngx_agent_health_end(ngx_agent_health_check_t *check, ngx_uint_t healthy)
{
    ngx_agent_health_stop(check);
    ngx_agent_health_count(check, healthy);
    ngx_add_timer(&check->timer, check->provider->health.interval / 4 + 1);
}


static void
ngx_agent_health_stop(ngx_agent_health_check_t *check)
{
    if (check->transfer != NULL) {
        ngx_agent_curl_stop(check->transfer);
        check->transfer = NULL;
    }

    ngx_agent_resolve_leave(&check->waiter);

    if (check->wake.posted) {
        ngx_delete_posted_event(&check->wake);
    }

    if (check->timer.timer_set) {
        ngx_del_timer(&check->timer);
    }

    if (check->pool != NULL) {
        ngx_destroy_pool(check->pool);
        check->pool = NULL;
    }

    ag_buf_free(&check->answer);
}


static void
ngx_agent_health_count(ngx_agent_health_check_t *check, ngx_uint_t healthy)
{
    ngx_agent_replica_state_t  *state;

    if (ngx_exiting) {
        return;     /* the new configuration may not check any more */
    }

    state = check->replica->state;

    if (healthy) {
        state->failed = 0;

        if (ngx_atomic_cmp_set(&state->sick, 1, 0)) {
            ngx_log_error(NGX_LOG_NOTICE, check->timer.log, 0,
                          "agent: health check succeeds again, provider: "
                          "\"%V\", url: %ui", &check->provider->name,
                          check->replica->number + 1);
        }

        return;
    }

    if (ngx_atomic_fetch_add(&state->failed, 1) + 1
        >= NGX_AGENT_HEALTH_FAILURES
        && ngx_atomic_cmp_set(&state->sick, 0, 1))
    {
        ngx_log_error(NGX_LOG_WARN, check->timer.log, 0,
                      "agent: health check failed, provider: \"%V\", url: "
                      "%ui", &check->provider->name,
                      check->replica->number + 1);
    }
}
