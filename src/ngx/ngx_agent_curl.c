/*
 * Copyright (C) ngx_agent authors
 *
 * Transfers over libcurl: what a worker owns, and the life of a transfer.
 *
 * Refused by this binding: redirects, decompression, cookies, netrc, proxies
 * from the environment, names that nginx did not resolve, private addresses
 * without "private on", a second POST that the owner did not ask for.
 */


#include "ngx/ngx_agent_libcurl.h"

#include <openssl/ssl.h>


static X509_STORE *ngx_agent_curl_load_ca(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);
static void ngx_agent_curl_free_ca(void *data);
static ngx_int_t ngx_agent_curl_share(ngx_agent_upstream_t *up);
static ngx_int_t ngx_agent_curl_init_upstreams(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
static void ngx_agent_curl_drained(ngx_event_t *ev);


/* This worker's; nothing of libcurl is used before the fork. */
ngx_agent_curl_t  ngx_agent_curl;


ngx_int_t
ngx_agent_curl_conf(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    X509_STORE             *system, *store;
    ngx_uint_t              i;
    ngx_agent_url_t        *url;
    ngx_agent_provider_t  **providers;

    system = NULL;
    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        url = providers[i]->urls.elts;

        if (!url[0].tls) {
            continue;
        }

        if (providers[i]->tls_ca.len == 0 && system != NULL) {
            providers[i]->ca_store = system;
            continue;
        }

        store = ngx_agent_curl_load_ca(cf, providers[i]);
        if (store == NULL) {
            return NGX_ERROR;
        }

        providers[i]->ca_store = store;

        if (providers[i]->tls_ca.len == 0) {
            system = store;
        }
    }

    return NGX_OK;
}


static X509_STORE *
ngx_agent_curl_load_ca(ngx_conf_t *cf, ngx_agent_provider_t *provider)
{
    const char               *file;
    X509_STORE               *store;
    ngx_pool_cleanup_t       *cln;
    curl_version_info_data   *info;

    info = curl_version_info(CURLVERSION_NOW);

    file = provider->tls_ca.len ? (char *) provider->tls_ca.data
           : (info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL)
           ? info->cainfo : X509_get_default_cert_file();

    store = X509_STORE_new();
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (store == NULL || cln == NULL) {
        X509_STORE_free(store);
        return NULL;
    }

    cln->handler = ngx_agent_curl_free_ca;
    cln->data = store;

    if (X509_STORE_load_locations(store, file, NULL) != 1) {
        ERR_clear_error();
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "agent: cannot load CA certificates of provider \"%V\" "
                      "from \"%s\" in %V:%ui: allowed is a readable PEM file",
                      &provider->name, file, &provider->place.file,
                      provider->place.line);
        return NULL;
    }

    return store;
}


static void
ngx_agent_curl_free_ca(void *data)
{
    X509_STORE_free(data);
}


ngx_int_t
ngx_agent_curl_init_process(ngx_cycle_t *cycle)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);

    if (amcf == NULL || amcf->gateways.nelts == 0) {
        return NGX_OK;
    }

    ngx_agent_curl.log = cycle->log;
    ngx_agent_curl.socket_count = cycle->connection_n + 1024;

    ngx_agent_curl.sockets = ngx_pcalloc(cycle->pool,
                                         ngx_agent_curl.socket_count
                                         * sizeof(ngx_agent_socket_t));
    if (ngx_agent_curl.sockets == NULL) {
        return NGX_ERROR;
    }

    if (ngx_agent_curl_memory_init() != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_agent_curl.ready = 1;
    ngx_agent_curl_clear();

    return ngx_agent_curl_init_upstreams(cycle, amcf);
}


static ngx_int_t
ngx_agent_curl_init_upstreams(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i;
    ngx_agent_upstream_t    *up;
    ngx_agent_provider_t   **providers;

    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        up = ngx_pcalloc(cycle->pool, sizeof(ngx_agent_upstream_t));
        if (up == NULL) {
            return NGX_ERROR;
        }

        up->provider = providers[i];
        providers[i]->upstream = up;

        if (providers[i]->ca_store != NULL) {
            ngx_agent_curl.tls = 1;
        }

        if (ngx_agent_curl_share(up) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_agent_resolve_init(&up->resolve, providers[i], cycle->log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_curl_share(ngx_agent_upstream_t *up)
{
    up->share = curl_share_init();

    if (up->share == NULL
        || curl_share_setopt(up->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS)
           != CURLSHE_OK
        || curl_share_setopt(up->share, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_SSL_SESSION)
           != CURLSHE_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_agent_curl_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t               i, n;
    ngx_agent_handle_t      *h;
    ngx_agent_upstream_t    *up;
    ngx_agent_provider_t   **providers;
    ngx_agent_main_conf_t   *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);

    if (amcf == NULL || !ngx_agent_curl.ready) {
        return;
    }

    /* closes idle connections: nginx would call them left open */

    for (i = 0; i < ngx_agent_curl.shard_count; i++) {
        (void) curl_multi_cleanup(ngx_agent_curl.shards[i].multi);
    }

    ngx_agent_curl.shard_count = 0;
    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        up = providers[i]->upstream;

        while (up != NULL && up->free != NULL) {
            h = up->free;
            up->free = h->next;
            curl_easy_cleanup(h->easy);
            ngx_free(h);
        }

        for (n = 0; up != NULL && n < AG_ENDPOINT_MAX; n++) {
            curl_url_cleanup(up->urls[n]);
        }

        if (up != NULL) {
            curl_slist_free_all(up->headers);
            curl_slist_free_all(up->entry);
            (void) curl_share_cleanup(up->share);
            ngx_free(up->resolve.entry);
        }
    }

    ngx_agent_curl.ready = 0;
    ngx_agent_curl_clear();
}


ngx_agent_resolve_t *
ngx_agent_curl_resolve(ngx_agent_provider_t *provider)
{
    ngx_agent_upstream_t  *up;

    up = provider->upstream;

    return &up->resolve;
}


ngx_int_t
ngx_agent_curl_start(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request)
{
    ngx_agent_shard_t   *shard;
    ngx_agent_handle_t  *h;

    t->stream = request->stream;
    t->error = AG_E_INTERNAL;

    shard = ngx_agent_curl_shard(request->provider->ca_store);
    h = shard ? ngx_agent_curl_handle(request->provider->upstream) : NULL;

    if (h == NULL) {
        return NGX_ERROR;
    }

    if (ngx_agent_curl_prepare(h, t, request) != CURLE_OK
        || curl_multi_add_handle(shard->multi, h->easy) != CURLM_OK)
    {
        ngx_agent_curl_park(h);
        return NGX_ERROR;
    }

    h->shard = shard;
    h->transfer = t;
    t->handle = h;
    shard->active++;

    /* the request leaves in this turn of the loop, not in the next */
    ngx_agent_curl_action(shard, CURL_SOCKET_TIMEOUT, 0);

    return NGX_OK;
}


void
ngx_agent_curl_resume(ngx_agent_transfer_t *t)
{
    ngx_agent_handle_t  *h;

    t->burst = 0;
    h = t->handle;

    if (t->paused && !t->blocked && h != NULL) {
        t->paused = 0;
        (void) curl_easy_pause(h->easy, CURLPAUSE_CONT);
        ngx_agent_curl_clear();
    }
}


void
ngx_agent_curl_stop(ngx_agent_transfer_t *t)
{
    ngx_agent_handle_t  *h;

    h = t->handle;

    if (h == NULL) {
        return;
    }

    t->handle = NULL;
    h->transfer = NULL;
    ngx_agent_curl_park(h);
}


void
ngx_agent_curl_release(ngx_agent_transfer_t *t)
{
    ngx_agent_handle_t  *h;

    h = t->handle;

    if (h == NULL) {
        return;
    }

    t->handle = NULL;
    h->transfer = NULL;
    h->drained = 0;

    if (t->paused) {
        (void) curl_easy_pause(h->easy, CURLPAUSE_CONT);
        ngx_agent_curl_clear();
    }

    h->drain.data = h;
    h->drain.handler = ngx_agent_curl_drained;
    h->drain.log = ngx_agent_curl.log;
    h->drain.cancelable = 1;
    ngx_add_timer(&h->drain, NGX_AGENT_CURL_DRAIN);
}


static void
ngx_agent_curl_drained(ngx_event_t *ev)
{
    ngx_agent_curl_park(ev->data);
}


/*
 * Takes the handle out of its multi and keeps it for the provider's next
 * request.  A transfer that is not over loses its connection.
 */
void
ngx_agent_curl_park(ngx_agent_handle_t *h)
{
    if (h->drain.timer_set) {
        ngx_del_timer(&h->drain);
    }

    if (h->shard != NULL) {
        (void) curl_multi_remove_handle(h->shard->multi, h->easy);
        h->shard->active--;
        h->shard = NULL;
        ngx_agent_curl_clear();
    }

    if (h->opened_count != 0) {
        ngx_agent_curl_forget(h, 0);
    }

    if (h->resolving) {
        (void) curl_easy_setopt(h->easy, CURLOPT_RESOLVE, NULL);
        h->resolving = 0;
    }

    h->transfer = NULL;
    h->next = h->upstream->free;
    h->upstream->free = h;
}
