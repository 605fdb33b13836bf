/*
 * Copyright (C) ngx_agent authors
 *
 * Addresses of providers, by nginx's resolver, per worker.  An address once
 * found is used until a newer one is known: a name server that fails never
 * stops calls.  Private addresses are left out unless the provider has
 * "private on".
 */


#include "ngx/ngx_agent_transfer.h"


#define NGX_AGENT_RESOLVE_RETRY  5      /* s after a failed renewal */


static void ngx_agent_resolve_ask(ngx_agent_resolve_t *resolve,
    ngx_resolver_t *resolver, ngx_msec_t timeout);
static void ngx_agent_resolve_done(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_agent_resolve_set(ngx_agent_resolve_t *resolve,
    ngx_addr_t *addresses, ngx_uint_t n, ngx_log_t *log);
static u_char *ngx_agent_resolve_write(u_char *p, ngx_addr_t *address);
static void ngx_agent_resolve_wake(ngx_agent_resolve_t *resolve);


ngx_int_t
ngx_agent_resolve_init(ngx_agent_resolve_t *resolve,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica,
    ngx_log_t *log)
{
    ngx_agent_url_t  *url;

    url = provider->proxy.len ? &provider->proxy_url : &replica->url;

    resolve->url = url;
    resolve->name = provider->name;
    resolve->allow_private = provider->allow_private || provider->proxy.len;
    ngx_queue_init(&resolve->waiting);

    if (url->literal || url->addresses.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_agent_resolve_set(resolve, url->addresses.elts,
                              url->addresses.nelts, log)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_agent_resolve(ngx_agent_resolve_t *resolve, ngx_agent_waiter_t *waiter,
    ngx_resolver_t *resolver, ngx_msec_t timeout)
{
    if (resolve->url->literal
        || (resolve->generation && ngx_time() < resolve->valid))
    {
        return NGX_OK;
    }

    if (resolver == NULL) {
        return resolve->generation ? NGX_OK : NGX_ERROR;
    }

    if (resolve->query == NULL) {

        if (resolve->generation == 0 && ngx_time() < resolve->valid) {
            return NGX_ERROR;   /* it has just failed */
        }

        ngx_agent_resolve_ask(resolve, resolver, timeout);
    }

    if (resolve->generation) {
        return NGX_OK;
    }

    if (resolve->query == NULL) {
        return NGX_ERROR;       /* failed at once */
    }

    if (!waiter->queued) {
        waiter->queued = 1;
        ngx_queue_insert_tail(&resolve->waiting, &waiter->queue);
    }

    return NGX_AGAIN;
}


/* The answer may come before this returns. */
static void
ngx_agent_resolve_ask(ngx_agent_resolve_t *resolve, ngx_resolver_t *resolver,
    ngx_msec_t timeout)
{
    ngx_resolver_ctx_t  *ctx;

    ctx = ngx_resolve_start(resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return;
    }

    ctx->name = resolve->url->host;
    ctx->handler = ngx_agent_resolve_done;
    ctx->data = resolve;
    ctx->timeout = timeout;
    ctx->cancelable = 1;
    resolve->query = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        resolve->query = NULL;
    }
}


void
ngx_agent_resolve_leave(ngx_agent_waiter_t *waiter)
{
    if (waiter->queued) {
        waiter->queued = 0;
        ngx_queue_remove(&waiter->queue);
    }
}


static void
ngx_agent_resolve_done(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t             rc;
    ngx_uint_t            i, n;
    ngx_addr_t            addresses[NGX_AGENT_ADDRESSES_MAX];
    ngx_agent_resolve_t  *resolve;

    resolve = ctx->data;
    resolve->query = NULL;

    if (ctx->state) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "agent: provider's name not resolved, provider: \"%V\", "
                      "cause: %s%s", &resolve->name,
                      ngx_resolver_strerror(ctx->state),
                      resolve->generation ? ", its last address is kept" : "");

        resolve->valid = ngx_time() + (resolve->generation
                                       ? NGX_AGENT_RESOLVE_RETRY : 1);

    } else {
        n = ngx_min(ctx->naddrs, NGX_AGENT_ADDRESSES_MAX);

        for (i = 0; i < n; i++) {
            addresses[i].sockaddr = ctx->addrs[i].sockaddr;
            addresses[i].socklen = ctx->addrs[i].socklen;
        }

        rc = ngx_agent_resolve_set(resolve, addresses, n, ngx_cycle->log);

        resolve->valid = (rc == NGX_OK)
                         ? ngx_max(ctx->valid, ngx_time() + 1)
                         : ngx_time() + 1;
    }

    ngx_resolve_name_done(ctx);
    ngx_agent_resolve_wake(resolve);
}


/* NGX_DECLINED: no address of these may be used. */
static ngx_int_t
ngx_agent_resolve_set(ngx_agent_resolve_t *resolve, ngx_addr_t *addresses,
    ngx_uint_t n, ngx_log_t *log)
{
    size_t       size;
    u_char      *entry, *p;
    ngx_uint_t   i, used;

    size = resolve->url->host.len + sizeof("::65535")
           + n * (NGX_SOCKADDR_STRLEN + sizeof("[],"));

    entry = ngx_alloc(size, log);
    if (entry == NULL) {
        return NGX_ERROR;
    }

    used = 0;
    p = ngx_sprintf(entry, "%V:%ui:", &resolve->url->host,
                    (ngx_uint_t) resolve->url->port);

    for (i = 0; i < n; i++) {

        if (!resolve->allow_private
            && ngx_agent_transfer_is_private(addresses[i].sockaddr))
        {
            continue;
        }

        if (used++) {
            *p++ = ',';
        }

        p = ngx_agent_resolve_write(p, &addresses[i]);
    }

    *p = '\0';

    if (used == 0) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "agent: provider's name has only private addresses, "
                      "provider: \"%V\", \"private on\" would allow them",
                      &resolve->name);
        ngx_free(entry);
        return NGX_DECLINED;
    }

    if (resolve->entry != NULL && ngx_strcmp(resolve->entry, entry) == 0) {
        ngx_free(entry);
        return NGX_OK;
    }

    ngx_free(resolve->entry);
    resolve->entry = entry;
    resolve->generation++;

    return NGX_OK;
}


/* libcurl wants brackets around an IPv6 address. */
static u_char *
ngx_agent_resolve_write(u_char *p, ngx_addr_t *address)
{
    ngx_uint_t  v4;

    v4 = (address->sockaddr->sa_family == AF_INET);

    if (!v4) {
        *p++ = '[';
    }

    p += ngx_sock_ntop(address->sockaddr, address->socklen, p,
                       NGX_SOCKADDR_STRLEN, 0);
    if (!v4) {
        *p++ = ']';
    }

    return p;
}


static void
ngx_agent_resolve_wake(ngx_agent_resolve_t *resolve)
{
    ngx_queue_t         *q;
    ngx_agent_waiter_t  *waiter;

    while (!ngx_queue_empty(&resolve->waiting)) {
        q = ngx_queue_head(&resolve->waiting);
        waiter = ngx_queue_data(q, ngx_agent_waiter_t, queue);

        ngx_agent_resolve_leave(waiter);
        ngx_post_event(waiter->wake, &ngx_posted_events);
    }
}
