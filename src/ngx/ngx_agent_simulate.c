/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's glue: its content handler, its timer and its client.  What
 * is said, and when, core/ag_simulate.c decides.
 *
 * It holds one batch of an answer at most and makes no more until the client
 * has taken it.
 */


#include "ngx/ngx_agent_simulate.h"


#define NGX_AGENT_SIMULATE_LOOK  1000   /* ms; how often a request that hangs
                                           looks whether its worker must
                                           leave */


static ngx_agent_simulate_ctx_t *ngx_agent_simulate_create(
    ngx_http_request_t *r);
static ag_str_t ngx_agent_simulate_path(ngx_http_request_t *r);
static void ngx_agent_simulate_stop(void *data);
static void ngx_agent_simulate_free(void *data);
static void ngx_agent_simulate_watch(ngx_agent_simulate_ctx_t *ctx);
static void ngx_agent_simulate_on_wake(ngx_event_t *ev);
static void ngx_agent_simulate_on_write(ngx_http_request_t *r);
static void ngx_agent_simulate_run(ngx_agent_simulate_ctx_t *ctx);
static ngx_int_t ngx_agent_simulate_send(ngx_agent_simulate_ctx_t *ctx,
    ag_simulate_verdict_t verdict);
static ngx_int_t ngx_agent_simulate_flush(ngx_agent_simulate_ctx_t *ctx);


ngx_int_t
ngx_agent_simulate_handler(ngx_http_request_t *r)
{
    ag_str_t                   method;
    ngx_int_t                  rc;
    ngx_agent_loc_conf_t      *alcf;
    ngx_agent_main_conf_t     *amcf;
    ngx_agent_simulate_ctx_t  *ctx;

    if (r != r->main) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "agent: the simulator refuses subrequests");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_agent_simulate_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);
    ngx_agent_gateway_add(amcf, AG_M_SIMULATED, 1);

    alcf = ngx_http_get_module_loc_conf(r, ngx_agent_module);
    method = ngx_agent_str(&r->method_name);

    if (ag_simulate_init(&ctx->answer, &alcf->simulate->options, method,
                         ngx_agent_simulate_path(r)))
    {
        return ngx_agent_simulate_read(ctx);
    }

    /* nobody needs the body, so it is not asked for either */

    r->expect_tested = 1;
    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;
    ngx_agent_simulate_begin(ctx, ag_str(NULL, 0));

    return NGX_DONE;
}


static ngx_agent_simulate_ctx_t *
ngx_agent_simulate_create(ngx_http_request_t *r)
{
    ngx_http_cleanup_t        *stop;
    ngx_pool_cleanup_t        *end;
    ngx_agent_simulate_ctx_t  *ctx;

    end = ngx_pool_cleanup_add(r->pool, sizeof(ngx_agent_simulate_ctx_t));
    stop = ngx_http_cleanup_add(r, 0);

    if (end == NULL || stop == NULL) {
        return NULL;
    }

    ctx = end->data;
    ngx_memzero(ctx, sizeof(ngx_agent_simulate_ctx_t));

    ctx->r = r;
    ctx->started = ngx_current_msec;
    ag_buf_init(&ctx->body, AG_REQUEST_MAX);
    ag_buf_init(&ctx->sending, AG_ANSWER_MAX);

    ctx->wake.data = ctx;
    ctx->wake.handler = ngx_agent_simulate_on_wake;
    ctx->wake.log = r->connection->log;

    stop->handler = ngx_agent_simulate_stop;
    stop->data = ctx;

    /* HTTP/2 may still be sending our memory after the request has ended */

    end->handler = ngx_agent_simulate_free;

    return ctx;
}


ngx_agent_simulate_ctx_t *
ngx_agent_simulate_of(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln != NULL; cln = cln->next) {
        if (cln->handler == ngx_agent_simulate_free) {
            return cln->data;
        }
    }

    return NULL;
}


/* What follows the location in the URI. */
static ag_str_t
ngx_agent_simulate_path(ngx_http_request_t *r)
{
    size_t                     n;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    n = ngx_min(clcf->name.len, r->uri.len);

    if (n < r->uri.len && r->uri.data[n] == '/') {
        n++;
    }

    return ag_str(r->uri.data + n, r->uri.len - n);
}


static void
ngx_agent_simulate_stop(void *data)
{
    ngx_agent_simulate_ctx_t *ctx = data;

    if (ctx->wake.timer_set) {
        ngx_del_timer(&ctx->wake);
    }
}


static void
ngx_agent_simulate_free(void *data)
{
    ngx_agent_simulate_ctx_t *ctx = data;

    ag_simulate_free(&ctx->answer);
    ag_buf_free(&ctx->body);
    ag_buf_free(&ctx->sending);
}


void
ngx_agent_simulate_begin(ngx_agent_simulate_ctx_t *ctx, ag_str_t body)
{
    uint64_t  unique;

    unique = (uint64_t) ngx_random() << 32 ^ (uint64_t) ngx_random();

    ag_simulate_read(&ctx->answer, body, (uint64_t) ngx_time(), unique);

    ctx->began = ngx_current_msec + (ngx_msec_t) ctx->answer.delay_ms;

    if (ctx->answer.delay_ms == 0) {
        ngx_agent_simulate_run(ctx);
        return;
    }

    ngx_agent_simulate_watch(ctx);
    ngx_add_timer(&ctx->wake, (ngx_msec_t) ctx->answer.delay_ms);
}


/* From now on a client that leaves ends the request. */
static void
ngx_agent_simulate_watch(ngx_agent_simulate_ctx_t *ctx)
{
    ngx_event_t         *rev;
    ngx_http_request_t  *r;

    r = ctx->r;
    rev = r->connection->read;

    if (r->write_event_handler == ngx_agent_simulate_on_write) {
        return;
    }

    r->write_event_handler = ngx_agent_simulate_on_write;

    if (r->discard_body) {
        return;
    }

    r->read_event_handler = ngx_http_test_reading;

    /* it may have left while its request was read */

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        r->connection->error = 1;
    }
}


static void
ngx_agent_simulate_on_wake(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_agent_simulate_ctx_t  *ctx;

    ctx = ev->data;
    c = ctx->r->connection;

    ngx_http_set_log_request(c->log, ctx->r);

    ngx_agent_simulate_run(ctx);

    ngx_http_run_posted_requests(c);
}


static void
ngx_agent_simulate_on_write(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_agent_simulate_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_agent_simulate_of(r);

    if (c->write->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "agent: the simulator's client timed out");
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (ctx->sending.len == 0) {
        return;
    }

    rc = ngx_http_output_filter(r, NULL);

    if (rc != NGX_ERROR) {
        rc = ngx_agent_simulate_flush(ctx);
    }

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (rc == NGX_OK && !ctx->wake.timer_set) {
        ngx_agent_simulate_run(ctx);
    }
}


/* Sends what is due until the client must wait, or we for it. */
static void
ngx_agent_simulate_run(ngx_agent_simulate_ctx_t *ctx)
{
    uint64_t               wait_ms;
    ngx_int_t              rc;
    ag_simulate_verdict_t  verdict;

    do {
        verdict = ag_simulate_next(&ctx->answer,
                                   (uint64_t) (ngx_current_msec - ctx->began),
                                   &ctx->sending, &wait_ms);

        rc = ngx_agent_simulate_send(ctx, verdict);

    } while (rc == NGX_OK && verdict == AG_SIMULATE_FULL);

    if (rc == NGX_DONE || rc == NGX_AGAIN) {
        return;
    }

    if (rc == NGX_OK && verdict == AG_SIMULATE_WAIT) {
        ngx_agent_simulate_watch(ctx);
        ngx_add_timer(&ctx->wake, (ngx_msec_t) wait_ms);
        return;
    }

    if (rc == NGX_OK && verdict == AG_SIMULATE_HANG && !ngx_exiting) {
        ngx_agent_simulate_watch(ctx);
        ngx_add_timer(&ctx->wake, NGX_AGENT_SIMULATE_LOOK);
        return;
    }

    ngx_http_finalize_request(ctx->r, NGX_ERROR);
}


/*
 * NGX_OK: the client has all of it, NGX_AGAIN: on_write() goes on, NGX_DONE:
 * the request has ended.
 */
static ngx_int_t
ngx_agent_simulate_send(ngx_agent_simulate_ctx_t *ctx,
    ag_simulate_verdict_t verdict)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_http_request_t  *r;

    r = ctx->r;

    if (verdict == AG_SIMULATE_FAILED) {
        return NGX_ERROR;
    }

    if (ctx->sending.len == 0 && verdict != AG_SIMULATE_END) {
        return NGX_OK;
    }

    rc = r->header_sent ? NGX_OK : ngx_agent_simulate_header_send(ctx);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    b = &ctx->out;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->pos = ctx->sending.data;
    b->last = ctx->sending.data + ctx->sending.len;
    b->start = b->pos;
    b->end = b->last;
    b->memory = (b->pos != b->last);
    b->last_in_chain = 1;
    b->last_buf = (verdict == AG_SIMULATE_END);
    b->flush = (verdict != AG_SIMULATE_END);

    ctx->link.buf = b;
    ctx->link.next = NULL;

    rc = ngx_http_output_filter(r, &ctx->link);

    /* b->last_buf is no longer ours: the chunked filter moves it */

    if (rc == NGX_ERROR || verdict == AG_SIMULATE_END) {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    return ngx_agent_simulate_flush(ctx);
}


/* Our memory is free again when everything before us has let go of it. */
static ngx_int_t
ngx_agent_simulate_flush(ngx_agent_simulate_ctx_t *ctx)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = ctx->r->connection;
    wev = c->write;

    if (ctx->out.pos == ctx->out.last && !c->buffered) {
        ctx->sending.len = 0;

        if (wev->timer_set && !wev->delayed) {
            ngx_del_timer(wev);
        }

        return NGX_OK;
    }

    ngx_agent_simulate_watch(ctx);

    clcf = ngx_http_get_module_loc_conf(ctx->r, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}
