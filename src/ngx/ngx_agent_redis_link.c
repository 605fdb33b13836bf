/*
 * Copyright (C) ngx_agent authors
 *
 * The life of the link to Redis, and its breaker: three failures in a row and
 * nobody waits for it any more, until a new connection has answered.  Says
 * once that Redis is lost and why, and once that it is back.  Its timers hold
 * back no worker that leaves.
 */


#include "ngx/ngx_agent_redis_parts.h"
#include "ngx/ngx_agent_table.h"

#include <sys/un.h>


#define NGX_AGENT_REDIS_CONNECT  1000   /* ms at least until it is connected:
                                           nobody waits for that longer than
                                           for a reply */
#define NGX_AGENT_REDIS_RESOLVE  2000   /* ms */
#define NGX_AGENT_REDIS_LEAVE    200    /* ms that a worker which ends gives
                                           Redis to hear the last */
#define NGX_AGENT_REDIS_SOON     5      /* ms: it was restarted */
#define NGX_AGENT_REDIS_DELAY    100    /* ms */
#define NGX_AGENT_REDIS_DELAYS   1600   /* ms, and a quarter of jitter */
#define NGX_AGENT_REDIS_STEADY   10000  /* ms after which it is of use, and
                                           the log may say the same again */


static ngx_int_t ngx_agent_redis_link_create(ngx_cycle_t *cycle,
    ngx_agent_redis_link_t *link);
static void ngx_agent_redis_link_addresses(ngx_agent_redis_link_t *link);
static ngx_resolver_t *ngx_agent_redis_link_resolver(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
static void ngx_agent_redis_on_attempt(ngx_event_t *ev);
static void ngx_agent_redis_attempt(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_resolve(ngx_agent_redis_link_t *link);
static void ngx_agent_redis_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_agent_redis_dial(ngx_agent_redis_link_t *link);
static void ngx_agent_redis_say(ngx_agent_redis_link_t *link);
static void ngx_agent_redis_plan(ngx_agent_redis_link_t *link);


ngx_int_t
ngx_agent_redis_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_agent_redis_link_t  *link;

    if (amcf->redis == NULL || amcf->gateways.nelts == 0) {
        return NGX_OK;
    }

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_agent_redis_link_t));
    if (link == NULL) {
        return NGX_ERROR;
    }

    /* not zeroed: pages that no reply needs stay untouched */

    link->text = ngx_palloc(cycle->pool, NGX_AGENT_REDIS_TEXT);
    if (link->text == NULL) {
        return NGX_ERROR;
    }

    link->main = amcf;
    link->conf = amcf->redis;
    link->log = cycle->log;

    if (ngx_agent_redis_link_create(cycle, link) != NGX_OK) {
        return NGX_ERROR;
    }

    amcf->redis_link = link;

    ngx_agent_redis_attempt(link);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_link_create(ngx_cycle_t *cycle, ngx_agent_redis_link_t *link)
{
    ngx_addr_t               address;
    ngx_agent_redis_conf_t  *conf;

    conf = link->conf;

    ngx_queue_init(&link->pending);
    ngx_queue_init(&link->waiting);
    ag_buf_init(&link->scratch, AG_REQUEST_MAX);
    ag_buf_init(&link->bulk, AG_REDIS_BULK_MAX);

    link->timer.data = link;
    link->timer.handler = ngx_agent_redis_expire;
    link->timer.log = cycle->log;
    link->timer.cancelable = 1;

    link->attempt.data = link;
    link->attempt.handler = ngx_agent_redis_on_attempt;
    link->attempt.log = cycle->log;
    link->attempt.cancelable = 1;

    if (ngx_agent_redis_wire(link) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "agent: TLS of agent_redis cannot be set up, tls_ca: "
                      "\"%V\"", &conf->tls_ca);
    }

    ngx_agent_redis_link_addresses(link);

    if (conf->host.len
        && ngx_parse_addr(cycle->pool, &address, conf->host.data,
                          conf->host.len)
           != NGX_OK)
    {
        link->named = 1;
        link->stale = (link->address_count == 0);
        link->resolver = ngx_agent_redis_link_resolver(cycle, link->main);
        link->turn = ngx_agent_request_random(link->main);
    }

    return NGX_OK;
}


/* A path, the address that was written, or those that were found at start. */

static void
ngx_agent_redis_link_addresses(ngx_agent_redis_link_t *link)
{
    ngx_uint_t           i;
    ngx_addr_t          *address;
    struct sockaddr_un  *path;

    if (link->conf->host.len == 0) {
        path = &link->addresses[0].sockaddr_un;
        path->sun_family = AF_UNIX;
        (void) ngx_cpystrn((u_char *) path->sun_path, link->conf->path.data,
                           sizeof(path->sun_path));

        link->lengths[0] = sizeof(struct sockaddr_un);
        link->address_count = 1;
        return;
    }

    address = link->conf->addresses.elts;

    link->address_count = ngx_min(link->conf->addresses.nelts,
                                  NGX_AGENT_REDIS_ADDRESSES);

    for (i = 0; i < link->address_count; i++) {
        ngx_memcpy(&link->addresses[i], address[i].sockaddr,
                   address[i].socklen);
        link->lengths[i] = address[i].socklen;
    }
}


/* That of http {}, else that of the system's name servers. */

static ngx_resolver_t *
ngx_agent_redis_link_resolver(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_http_conf_ctx_t       *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    ctx = (ngx_http_conf_ctx_t *) ngx_get_conf(cycle->conf_ctx,
                                               ngx_http_module);
    clcf = ctx->loc_conf[ngx_http_core_module.ctx_index];

    return (clcf->resolver != NULL && clcf->resolver->connections.nelts != 0)
           ? clcf->resolver : amcf->resolver;
}


void
ngx_agent_redis_exit_process(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_redis_link_t  *link;

    link = amcf->redis_link;

    if (link == NULL) {
        return;
    }

    amcf->redis_link = NULL;

    if (link->resolving != NULL) {
        ngx_resolve_name_done(link->resolving);
        link->resolving = NULL;
    }

    ngx_agent_redis_forget(link);

    if (link->context != NULL && !link->connecting) {
        ngx_agent_redis_drain(link, ngx_min(link->conf->timeout,
                                            NGX_AGENT_REDIS_LEAVE));
    }

    if (link->ready) {
        ngx_agent_gauge_add(amcf, AG_M_REDIS_UP, -1);
    }

    ngx_agent_redis_shut(link);
    ngx_agent_redis_give_up(link);

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->attempt.timer_set) {
        ngx_del_timer(&link->attempt);
    }

    ag_buf_free(&link->scratch);
    ag_buf_free(&link->bulk);
    ngx_agent_redis_wire_free(link);
}


ngx_uint_t
ngx_agent_redis_is_up(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_redis_link_t  *link;

    link = amcf->redis_link;

    return link != NULL && link->context != NULL
           && link->failures < NGX_AGENT_REDIS_FAILURES;
}


/* It is time for the next connection, or the one that is made is too slow. */

static void
ngx_agent_redis_on_attempt(ngx_event_t *ev)
{
    ngx_agent_redis_link_t *link = ev->data;

    if (link->connection == NULL) {
        ngx_agent_redis_attempt(link);
        return;
    }

    if (link->ready) {
        return;
    }

    (void) ngx_agent_redis_because(link, link->asked
                                         ? "no reply within the timeout"
                                         : "not connected in time");
    ngx_agent_redis_lost(link);
}


static void
ngx_agent_redis_attempt(ngx_agent_redis_link_t *link)
{
    if (link->resolving != NULL) {
        return;
    }

    if (link->stale && link->resolver != NULL
        && ngx_agent_redis_resolve(link) == NGX_OK)
    {
        return;
    }

    ngx_agent_redis_dial(link);
}


/* The answer may come before this returns. */

static ngx_int_t
ngx_agent_redis_resolve(ngx_agent_redis_link_t *link)
{
    ngx_resolver_ctx_t  *ctx;

    ctx = ngx_resolve_start(link->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_DECLINED;
    }

    ctx->name = link->conf->host;
    ctx->handler = ngx_agent_redis_resolved;
    ctx->data = link;
    ctx->timeout = NGX_AGENT_REDIS_RESOLVE;
    ctx->cancelable = 1;
    link->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        link->resolving = NULL;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* The addresses that were known are kept while there are no others. */

static void
ngx_agent_redis_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t               i, n;
    ngx_agent_redis_link_t  *link;

    link = ctx->data;
    link->resolving = NULL;

    if (ctx->state == 0 && ctx->naddrs != 0) {
        n = ngx_min(ctx->naddrs, NGX_AGENT_REDIS_ADDRESSES);

        for (i = 0; i < n; i++) {
            ngx_memcpy(&link->addresses[i], ctx->addrs[i].sockaddr,
                       ctx->addrs[i].socklen);
            ngx_inet_set_port(&link->addresses[i].sockaddr, link->conf->port);
            link->lengths[i] = ctx->addrs[i].socklen;
        }

        link->address_count = n;
        link->stale = 0;
    }

    ngx_resolve_name_done(ctx);
    ngx_agent_redis_dial(link);
}


static void
ngx_agent_redis_dial(ngx_agent_redis_link_t *link)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    if (link->address_count == 0) {
        (void) ngx_agent_redis_because(link, "its name is not resolved");
        ngx_agent_redis_lost(link);
        return;
    }

    ngx_add_timer(&link->attempt,
                  ngx_max(link->conf->timeout, NGX_AGENT_REDIS_CONNECT));

    i = link->turn % link->address_count;

    rc = ngx_agent_redis_open(link, &link->addresses[i].sockaddr,
                              link->lengths[i]);

    if (rc != NGX_OK || ngx_agent_redis_hello(link) != NGX_OK) {
        ngx_agent_redis_lost(link);
    }
}


void
ngx_agent_redis_ready(ngx_agent_redis_link_t *link)
{
    if (link->attempt.timer_set) {
        ngx_del_timer(&link->attempt);
    }

    link->ready = 1;
    link->ready_at = ngx_current_msec;
    link->failures = 0;

    ngx_agent_gauge_add(link->main, AG_M_REDIS_UP, 1);

    if (link->said) {
        ngx_log_error(NGX_LOG_NOTICE, link->log, 0,
                      "agent: Redis is back, address: \"%V\"",
                      &link->conf->address);
    }

    link->said = 0;
    link->said_grave = 0;
}


ngx_int_t
ngx_agent_redis_because(ngx_agent_redis_link_t *link, const char *cause, ...)
{
    va_list  args;

    va_start(args, cause);
    *ngx_vslprintf(link->cause, link->cause + NGX_AGENT_REDIS_CAUSE - 1, cause,
                   args) = '\0';
    va_end(args);

    link->grave = 0;

    return NGX_ERROR;
}


ngx_int_t
ngx_agent_redis_refuse(ngx_agent_redis_link_t *link, const char *cause, ...)
{
    va_list  args;

    va_start(args, cause);
    *ngx_vslprintf(link->cause, link->cause + NGX_AGENT_REDIS_CAUSE - 1, cause,
                   args) = '\0';
    va_end(args);

    link->grave = 1;

    return NGX_ERROR;
}


ngx_int_t
ngx_agent_redis_failed(ngx_agent_redis_link_t *link)
{
    link->failures++;

    return (link->failures < NGX_AGENT_REDIS_FAILURES) ? NGX_OK : NGX_ERROR;
}


void
ngx_agent_redis_lost(ngx_agent_redis_link_t *link)
{
    (void) ngx_agent_redis_failed(link);
    ngx_agent_redis_drop(link);
}


void
ngx_agent_redis_drop(ngx_agent_redis_link_t *link)
{
    ngx_agent_redis_shut(link);

    if (link->ready) {
        link->ready = 0;
        ngx_agent_gauge_add(link->main, AG_M_REDIS_UP, -1);

        if (ngx_current_msec - link->ready_at > NGX_AGENT_REDIS_STEADY) {
            link->attempts = 0;
        }
    }

    link->turn++;
    link->stale = link->named;

    ngx_agent_redis_say(link);
    ngx_agent_redis_plan(link);

    ngx_agent_redis_give_up(link);
}


/*
 * Once, when the breaker opens, it comes back and is of no use, or somebody
 * must do something; where it comes and goes all the time, not each time.
 */

static void
ngx_agent_redis_say(ngx_agent_redis_link_t *link)
{
    ngx_uint_t               level;
    ngx_agent_redis_conf_t  *conf;

    static const char  *rules[] = { "each node its share", "allow", "deny" };

    conf = link->conf;

    if ((!link->grave && link->failures < NGX_AGENT_REDIS_FAILURES
         && link->attempts < NGX_AGENT_REDIS_FAILURES)
        || (link->said && (link->said_grave || !link->grave)))
    {
        ngx_log_error(NGX_LOG_INFO, link->log, 0,
                      "agent: Redis connection failed, address: \"%V\", "
                      "cause: %s", &conf->address, link->cause);
        return;
    }

    level = link->grave ? NGX_LOG_ERR : NGX_LOG_WARN;

    if (!link->said && link->said_at != 0
        && ngx_current_msec - link->said_at < NGX_AGENT_REDIS_STEADY)
    {
        level = NGX_LOG_INFO;

    } else {
        link->said = 1;
        link->said_grave = link->grave;
        link->said_at = ngx_current_msec;
    }

    ngx_log_error(level, link->log, 0,
                  "agent: Redis is lost, address: \"%V\", cause: %s, limits "
                  "until it is back: %s", &conf->address, link->cause,
                  rules[conf->when_down]);
}


/* Soon after the first break, then slower and slower, not all at once. */

static void
ngx_agent_redis_plan(ngx_agent_redis_link_t *link)
{
    ngx_msec_t  delay;

    if (link->attempts == 0) {
        delay = 1 + ngx_agent_request_random(link->main)
                    % NGX_AGENT_REDIS_SOON;

    } else {
        delay = NGX_AGENT_REDIS_DELAY
                << ngx_min(link->attempts - 1, 8);
        delay = ngx_min(delay, NGX_AGENT_REDIS_DELAYS);
        delay += ngx_agent_request_random(link->main) % (delay / 4);
    }

    link->attempts++;

    if (link->attempt.timer_set) {
        ngx_del_timer(&link->attempt);
    }

    ngx_add_timer(&link->attempt, delay);
}
