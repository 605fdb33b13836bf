/*
 * Copyright (C) ngx_agent authors
 *
 * The life of a call: who runs its phases, who wakes it, how it is settled
 * once on every way out.  No phase does its work here.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"
#include "ngx/ngx_agent_limit.h"


#define NGX_AGENT_CALL_POOL  5120   /* bytes; most calls need no more */

#define AG_PHASE(id)  (1u << NGX_AGENT_PHASE_##id)


typedef struct {
    const char   *name;
    ngx_int_t   (*function)(ngx_agent_call_t *call);
    ngx_uint_t    next;
} ngx_agent_phase_row_t;


static ngx_pool_t *ngx_agent_call_pool(ngx_http_request_t *r);
static void ngx_agent_call_init(ngx_agent_call_t *call,
    ngx_http_request_t *r);
static void ngx_agent_call_run(ngx_agent_call_t *call);
static void ngx_agent_call_stop(ngx_agent_call_t *call);
static void ngx_agent_call_on_wake(ngx_event_t *ev);
static void ngx_agent_call_on_timer(ngx_event_t *ev);
static void ngx_agent_call_settle(ngx_agent_call_t *call);
static void ngx_agent_call_count(ngx_agent_call_t *call);
static void ngx_agent_call_count_cache(ngx_agent_call_t *call,
    ngx_agent_series_t *tenant, ngx_agent_series_t *model);
static void ngx_agent_call_count_usage(ngx_agent_call_t *call,
    ngx_agent_series_t *tenant, ngx_agent_series_t *model);
static void ngx_agent_call_on_cleanup(void *data);
static void ngx_agent_call_destroy(void *data);


static const ngx_agent_phase_row_t  ngx_agent_phases[] = {
#define NGX_AGENT_PHASE_ROW(id, name, function, next)                         \
    { name, function, next },
    AG_PHASES(NGX_AGENT_PHASE_ROW)
#undef NGX_AGENT_PHASE_ROW
};


ngx_int_t
ngx_agent_call_handler(ngx_http_request_t *r)
{
    ngx_agent_call_t  *call;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;      /* a subrequest has no client */
    }

    call = ngx_agent_call_create(r);
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* given back when the call ends by ngx_http_finalize_request() */
    r->main->count++;

    ngx_agent_call_run(call);

    return NGX_DONE;
}


ngx_agent_call_t *
ngx_agent_call_of(ngx_http_request_t *r)
{
    return ngx_http_get_module_ctx(r->main, ngx_agent_module);
}


ngx_agent_call_t *
ngx_agent_call_create(ngx_http_request_t *r)
{
    ngx_pool_t          *pool;
    ngx_agent_call_t    *call;
    ngx_http_cleanup_t  *settle;
    ngx_pool_cleanup_t  *destroy;

    pool = ngx_agent_call_pool(r);
    if (pool == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(pool, sizeof(ngx_agent_call_t));
    destroy = ngx_pool_cleanup_add(r->pool, 0);
    settle = ngx_http_cleanup_add(r, 0);

    if (call == NULL || destroy == NULL || settle == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    call->pool = pool;
    ngx_agent_call_init(call, r);

    /*
     * nginx runs the first before it writes the access log and the second
     * after it: a settled call still answers the variables.
     */
    settle->handler = ngx_agent_call_on_cleanup;
    settle->data = call;
    destroy->handler = ngx_agent_call_destroy;
    destroy->data = call;

    ngx_http_set_ctx(r, call, ngx_agent_module);

    return call;
}


void
ngx_agent_call_exit_process(ngx_agent_main_conf_t *amcf)
{
    while (amcf->spare_count != 0) {
        ngx_destroy_pool(amcf->spare[--amcf->spare_count]);
    }
}


/* Pools are kept for the next calls: larger than malloc()'s own cache. */
static ngx_pool_t *
ngx_agent_call_pool(ngx_http_request_t *r)
{
    ngx_pool_t             *pool;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    if (amcf->spare_count == 0) {
        return ngx_create_pool(NGX_AGENT_CALL_POOL, r->connection->log);
    }

    pool = amcf->spare[--amcf->spare_count];
    pool->log = r->connection->log;

    return pool;
}


static void
ngx_agent_call_init(ngx_agent_call_t *call, ngx_http_request_t *r)
{
    call->r = r;
    call->main = ngx_http_get_module_main_conf(r, ngx_agent_module);
    call->conf = ngx_http_get_module_loc_conf(r, ngx_agent_module);
    call->log = r->connection->log;
    call->at.started = ngx_current_msec;

    call->wake.data = call;
    call->wake.handler = ngx_agent_call_on_wake;
    call->wake.log = call->log;

    call->timer.data = call;
    call->timer.handler = ngx_agent_call_on_timer;
    call->timer.log = call->log;

    ag_buf_init(&call->upload, AG_REQUEST_MAX);
    ag_buf_init(&call->page, AG_ANSWER_MAX);
    ag_buf_init(&call->sending, AG_ANSWER_MAX);
}


/* ---- the machine ---- */


static void
ngx_agent_call_run(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (call->stopped) {
        call->stopped = 0;
        ngx_agent_call_stop(call);
    }

    if (call->gone && call->phase < NGX_AGENT_PHASE_REPLY
        && (call->background ? ngx_exiting
                             : !ngx_agent_flight_needed(call)))
    {
        (void) ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    for ( ;; ) {
        rc = ngx_agent_phases[call->phase].function(call);

        if (rc == NGX_OK) {
            continue;
        }

        if (rc != NGX_ERROR) {
            return;     /* NGX_AGAIN, or NGX_DONE: the call is gone */
        }

        if (call->phase < NGX_AGENT_PHASE_REPLY) {
            (void) ngx_agent_call_fail(call, AG_E_INTERNAL);

        } else if (call->phase == NGX_AGENT_PHASE_REPLY) {
            ngx_agent_call_goto(call, NGX_AGENT_PHASE_SETTLE);

        } else {
            return;
        }
    }
}


/* Its session was stopped while it was on its way. */
static void
ngx_agent_call_stop(ngx_agent_call_t *call)
{
    ngx_uint_t  i;

    if (call->phase >= NGX_AGENT_PHASE_REPLY || call->ended) {
        return;
    }

    if (call->attempt != NULL) {
        call->usage = call->attempt->usage;
    }

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        if (call->attempts[i] != NULL) {
            ngx_agent_attempt_end(call->attempts[i], AG_E_CLIENT_GONE);
        }
    }

    ngx_agent_queue_leave(call);
    (void) ngx_agent_call_fail(call, AG_E_SESSION_STOPPED);
}


void
ngx_agent_call_goto(ngx_agent_call_t *call, ngx_agent_phase_t phase)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, call->log, 0, "agent: %s -> %s",
                   ngx_agent_phases[call->phase].name,
                   ngx_agent_phases[phase].name);

    if ((ngx_agent_phases[call->phase].next & (1u << phase)) == 0) {
        ngx_log_error(NGX_LOG_ALERT, call->log, 0,
                      "agent: phase \"%s\" does not lead to \"%s\"",
                      ngx_agent_phases[call->phase].name,
                      ngx_agent_phases[phase].name);
    }

    call->phase = phase;
}


ngx_int_t
ngx_agent_call_fail(ngx_agent_call_t *call, ag_error_class_t class)
{
    if (call->cached != NULL && !call->committed
        && ngx_agent_cache_excuse(call, class))
    {
        class = AG_E_NONE;      /* an old answer is better */
    }

    call->error.class = class;

    if (call->cached != NULL && call->cached->leads) {
        ngx_agent_flight_fail(call);    /* nobody waits until its client has
                                           read that */
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

    return NGX_OK;
}


static void
ngx_agent_call_on_wake(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    ngx_agent_call_t  *call;

    call = ev->data;
    c = call->r->connection;

    if (call->background) {
        ngx_agent_call_run(call);
        return;
    }

    ngx_http_set_log_request(c->log, call->r);

    ngx_agent_call_run(call);
    ngx_http_run_posted_requests(c);
}


static void
ngx_agent_call_on_timer(ngx_event_t *ev)
{
    ngx_agent_call_t  *call;

    call = ev->data;

    ngx_post_event(&call->wake, &ngx_posted_events);
}


/*
 * The timer stays where it is while it would fire early enough: a stream
 * moves its deadlines with each event, the tree is touched when one fires.
 */
void
ngx_agent_call_wake_at(ngx_agent_call_t *call, ngx_msec_t at)
{
    ngx_msec_int_t  left;

    if (call->timer.timer_set) {
        if ((ngx_msec_int_t) (call->timer.timer.key - at) <= 0) {
            return;
        }

        ngx_del_timer(&call->timer);
    }

    left = (ngx_msec_int_t) (at - ngx_current_msec);

    ngx_add_timer(&call->timer, (ngx_msec_t) ngx_max(left, 1));
}


/* ---- the end ---- */


ngx_int_t
ngx_agent_call_settled(ngx_agent_call_t *call)
{
    ngx_agent_call_settle(call);
    ngx_agent_call_goto(call, NGX_AGENT_PHASE_DONE);

    return NGX_OK;
}


ngx_int_t
ngx_agent_call_done(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->r;

    if (call->background) {
        ngx_agent_refresh_end(r);
        return NGX_DONE;
    }

    /* an answer that never began, or broke off, must not look complete */

    rc = call->ended ? NGX_OK : NGX_ERROR;

    if (call->error.class == AG_E_CLIENT_GONE || call->gone) {
        rc = NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/*
 * Gives back what is held, stops what runs, counts.  Once.  Memory that
 * nginx may still send from, and fields that variables print, stay.
 */
static void
ngx_agent_call_settle(ngx_agent_call_t *call)
{
    ngx_uint_t  i;

    if (call->settled) {
        return;
    }

    call->settled = 1;
    call->at.settled = ngx_current_msec;

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        if (call->attempts[i] != NULL) {
            ngx_agent_attempt_end(call->attempts[i], AG_E_CLIENT_GONE);
        }
    }

    ngx_agent_queue_leave(call);

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->wake.posted) {
        ngx_delete_posted_event(&call->wake);
    }

    if (call->held & NGX_AGENT_HELD_FLIGHT) {
        ngx_agent_gauge_add(call->main, AG_M_IN_FLIGHT, -1);
    }

    if (call->held & NGX_AGENT_HELD_STREAM) {
        ngx_agent_gauge_add(call->main, AG_M_STREAMS, -1);
    }

    call->held = 0;

    if (call->transfer != NULL) {
        ngx_agent_curl_release(call->transfer);
    }

    ngx_agent_cache_end(call);

    if (call->tenant != NULL) {
        ngx_agent_settle(call);

    } else if (call->lookup != NULL) {
        ngx_agent_tenants_leave(call);
    }

    ngx_agent_call_count(call);
}


static void
ngx_agent_call_count(ngx_agent_call_t *call)
{
    ngx_uint_t           failed;
    ngx_agent_series_t  *model, *tenant;

    failed = (call->error.class != AG_E_NONE);

    if (failed) {
        ngx_agent_metric_add(call->main->error_series[call->error.class],
                             AG_M_ERRORS, 1);
    }

    if (call->tenant == NULL) {
        return;
    }

    tenant = call->tenant->series;
    model = call->model ? call->model->series : call->main->other_model;

    if (call->background) {

        /* no client's call; what it used is used all the same */

        ngx_agent_metric_add(model, AG_M_MODEL_CACHE_REFRESHED,
                             call->committed && !failed);
        ngx_agent_call_count_usage(call, tenant, model);
        return;
    }

    ngx_agent_metric_add(tenant, AG_M_TENANT_CALLS, 1);

    if (failed) {
        ngx_agent_metric_add(tenant, AG_M_TENANT_FAILED, 1);
    }

    if (call->streaming && !call->raw) {
        ngx_agent_metric_add(tenant, AG_M_TENANT_STREAMS, 1);
    }

    if (ngx_agent_call_lists(call)) {
        return;
    }

    ngx_agent_metric_add(model, AG_M_MODEL_CALLS, 1);
    ngx_agent_metric_observe(model, AG_M_MODEL_DURATION,
                             call->at.settled - call->at.started);

    if (failed) {
        ngx_agent_metric_add(model, AG_M_MODEL_FAILED, 1);
    }

    if (call->at.first) {
        ngx_agent_metric_observe(model, AG_M_MODEL_FIRST_TOKEN,
                                 call->at.first - call->at.started);
    }

    if (!failed && call->target != NULL && call->target->tier != 0) {
        ngx_agent_metric_add(model, AG_M_MODEL_FALLBACKS, 1);
    }

    if (call->committed && call->attempt->hedge) {
        ngx_agent_metric_add(model, AG_M_MODEL_HEDGES_WON, 1);
    }

    if (call->cached != NULL) {
        ngx_agent_call_count_cache(call, tenant, model);
    }

    if (!call->raw && (call->cached == NULL || call->chain.attempts != 0)) {
        ngx_agent_call_count_usage(call, tenant, model);
    }
}


static void
ngx_agent_call_count_cache(ngx_agent_call_t *call, ngx_agent_series_t *tenant,
    ngx_agent_series_t *model)
{
    static const ag_metric_id_t  metrics[] = {
        AG_M_MODEL_CACHE_BYPASSED, AG_M_MODEL_CACHE_MISSES,
        AG_M_MODEL_CACHE_HITS, AG_M_MODEL_CACHE_STALE,
        AG_M_MODEL_CACHE_JOINED
    };

    ag_cache_value_t    *value;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    ngx_agent_metric_add(model, metrics[cached->state], 1);

    if (!cached->valued) {
        return;
    }

    value = &cached->value;

    ngx_agent_metric_add(tenant, AG_M_TENANT_SAVED_TOKENS,
                         value->input_tokens + value->output_tokens);
    ngx_agent_metric_add(tenant, AG_M_TENANT_SAVED_COST, value->cost);
}


static void
ngx_agent_call_count_usage(ngx_agent_call_t *call, ngx_agent_series_t *tenant,
    ngx_agent_series_t *model)
{
    ag_usage_t  *usage;

    usage = &call->usage;

    if (!usage->known) {
        ngx_agent_metric_add(model, AG_M_MODEL_NO_USAGE,
                             call->error.class == AG_E_NONE);
        return;
    }

    /* who lost was asked the same */

    ngx_agent_metric_add(tenant, AG_M_TENANT_INPUT_TOKENS,
                         usage->input_tokens * (1 + call->losers)
                         + call->lost.input_tokens);
    ngx_agent_metric_add(tenant, AG_M_TENANT_OUTPUT_TOKENS,
                         usage->output_tokens + call->lost.output_tokens);
    ngx_agent_metric_add(tenant, AG_M_TENANT_CACHED_TOKENS,
                         usage->cached_tokens);
    ngx_agent_metric_observe(model, AG_M_MODEL_INPUT_TOKENS,
                             usage->input_tokens);
    ngx_agent_metric_observe(model, AG_M_MODEL_OUTPUT_TOKENS,
                             usage->output_tokens);
}


/* The request ends, maybe before we do: the client left. */
static void
ngx_agent_call_on_cleanup(void *data)
{
    ngx_agent_call_t  *call = data;

    if (!call->settled && call->error.class == AG_E_NONE) {
        call->error.class = AG_E_CLIENT_GONE;
    }

    ngx_agent_call_settle(call);
}


static void
ngx_agent_call_destroy(void *data)
{
    ngx_agent_call_t *call = data;

    ngx_uint_t              i;
    ngx_pool_t             *pool;
    ngx_agent_main_conf_t  *amcf;

    ag_buf_free(&call->upload);
    ag_buf_free(&call->page);
    ag_buf_free(&call->sending);
    ag_buf_free(&call->failure.body);
    ngx_agent_cache_free(call);
    ngx_agent_translate_end(call);

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        if (call->attempts[i] != NULL) {
            ag_buf_free(&call->attempts[i]->answer);
            ag_sse_free(&call->attempts[i]->sse);
        }
    }

    amcf = call->main;
    pool = call->pool;

    if (!NGX_AGENT_REUSE || amcf->spare_count == NGX_AGENT_SPARE_POOLS) {
        ngx_destroy_pool(pool);
        return;
    }

    /* the connection's log goes with the connection */

    ngx_reset_pool(pool);
    pool->log = ngx_cycle->log;
    amcf->spare[amcf->spare_count++] = pool;
}
