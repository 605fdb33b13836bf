/*
 * Copyright (C) ngx_agent authors
 *
 * Transfers over libcurl's connections: what a worker owns, and the life of a
 * transfer.  The callers' interface is ngx_agent_curl.h.
 */


#include "ngx/ngx_agent_libcurl.h"
#include "ngx/ngx_agent_transfer.h"

#include <openssl/ssl.h>


static X509_STORE *ngx_agent_curl_load_ca(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);
static void ngx_agent_curl_free_ca(void *data);
static ngx_int_t ngx_agent_curl_share(ngx_agent_upstream_t *up);
static ngx_int_t ngx_agent_curl_origin(ngx_agent_upstream_t *up,
    ngx_pool_t *pool);
static void ngx_agent_curl_exit_upstream(ngx_agent_upstream_t *up);
static ngx_agent_handle_t *ngx_agent_curl_take(ngx_agent_upstream_t *up);
static ngx_int_t ngx_agent_curl_init_upstreams(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_curl_init_upstream(ngx_cycle_t *cycle,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica);


/* This worker's; nothing of libcurl is used before the fork. */
ngx_agent_curl_t  ngx_agent_curl;


ngx_int_t
ngx_agent_curl_conf(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    X509_STORE             *system, *store;
    ngx_uint_t              i;
    ngx_agent_replica_t    *replica;
    ngx_agent_provider_t  **providers;

    system = NULL;
    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        replica = providers[i]->replicas.elts;

        if (!replica->url.tls) {
            continue;       /* its replicas are of one scheme */
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

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return NGX_ERROR;
    }

    ngx_agent_curl.ready = 1;
    ngx_agent_curl_clear();

    return ngx_agent_curl_init_upstreams(cycle, amcf);
}


static ngx_int_t
ngx_agent_curl_init_upstreams(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i, n;
    ngx_agent_replica_t     *replica;
    ngx_agent_provider_t   **providers;

    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {

        if (providers[i]->ca_store != NULL) {
            ngx_agent_curl.tls = 1;
        }

        replica = providers[i]->replicas.elts;

        for (n = 0; n < providers[i]->replicas.nelts; n++) {
            if (ngx_agent_curl_init_upstream(cycle, providers[i],
                                             &replica[n])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_curl_init_upstream(ngx_cycle_t *cycle,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica)
{
    ngx_agent_upstream_t  *up;

    up = ngx_pcalloc(cycle->pool, sizeof(ngx_agent_upstream_t));
    if (up == NULL) {
        return NGX_ERROR;
    }

    up->provider = provider;
    up->replica = replica;
    replica->upstream = up;

    ngx_queue_init(&up->idle);
    ngx_queue_init(&up->draining);

    if (ngx_agent_curl_share(up) != NGX_OK
        || ngx_agent_curl_origin(up, cycle->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_resolve_init(&up->resolve, provider, replica,
                                  cycle->log);
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


/* Where to connect, and the header lines of every request there. */
static ngx_int_t
ngx_agent_curl_origin(ngx_agent_upstream_t *up, ngx_pool_t *pool)
{
    u_char           *text;
    ngx_uint_t        i, n;
    ngx_agent_url_t  *url;

    url = &up->replica->url;
    text = ngx_pnalloc(pool, url->url.len + 1);
    up->url = curl_url();

    if (text == NULL || up->url == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(text, url->url.data, url->url.len + 1);

    if (curl_url_set(up->url, CURLUPART_URL, (char *) text, 0) != CURLUE_OK
        || curl_url_set(up->url, CURLUPART_PATH, "/", 0) != CURLUE_OK)
    {
        return NGX_ERROR;
    }

    n = ngx_max(up->provider->keys.nelts, 1);

    up->lines = ngx_pcalloc(pool, n * sizeof(ngx_str_t));
    if (up->lines == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_agent_transfer_constants(up->provider, url, i, pool,
                                         &up->lines[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_agent_curl_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t               i, n;
    ngx_agent_replica_t     *replica;
    ngx_agent_provider_t   **providers;
    ngx_agent_main_conf_t   *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);

    if (amcf == NULL || !ngx_agent_curl.ready) {
        return;
    }

    /* idle connections are closed: nginx would call them left open */

    providers = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        replica = providers[i]->replicas.elts;

        for (n = 0; n < providers[i]->replicas.nelts; n++) {
            if (replica[n].upstream != NULL) {
                ngx_agent_curl_exit_upstream(replica[n].upstream);
            }
        }
    }

    for (i = 0; i < ngx_agent_curl.shard_count; i++) {
        (void) curl_multi_cleanup(ngx_agent_curl.shards[i].multi);
    }

    ngx_agent_curl.shard_count = 0;
    ngx_agent_curl.ready = 0;
    ngx_agent_curl_clear();
}


static void
ngx_agent_curl_exit_upstream(ngx_agent_upstream_t *up)
{
    ngx_queue_t         *q;
    ngx_agent_handle_t  *h;

    ngx_queue_add(&up->idle, &up->draining);
    ngx_queue_init(&up->draining);

    while (!ngx_queue_empty(&up->idle)) {
        q = ngx_queue_head(&up->idle);
        ngx_agent_curl_close(ngx_queue_data(q, ngx_agent_handle_t, queue));
    }

    while (up->free != NULL) {
        h = up->free;
        up->free = h->next;
        curl_easy_cleanup(h->easy);
        ngx_free(h);
    }

    curl_url_cleanup(up->url);
    curl_slist_free_all(up->entry);
    (void) curl_share_cleanup(up->share);
    ngx_free(up->resolve.entry);
}


ngx_agent_resolve_t *
ngx_agent_curl_resolve(ngx_agent_replica_t *replica)
{
    ngx_agent_upstream_t  *up;

    up = replica->upstream;

    return &up->resolve;
}


/* ---- transfers ---- */


ngx_int_t
ngx_agent_curl_start(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request)
{
    ngx_agent_handle_t    *h;
    ngx_agent_upstream_t  *up;

    up = request->replica->upstream;
    t->stream = request->stream;
    t->error = AG_E_INTERNAL;

    h = request->fresh ? NULL : ngx_agent_curl_take(up);

    if (h == NULL) {
        h = ngx_agent_curl_handle(up);
        if (h == NULL) {
            return NGX_ERROR;
        }
    }

    h->transfer = t;
    h->heard = 0;
    h->drained = 0;
    t->handle = h;
    ag_http_init(&h->http);

    if (ngx_agent_transfer_write(t, request, &up->lines[request->key],
                                 h->out) != NGX_OK) {
        t->handle = NULL;
        ngx_agent_curl_close(h);
        return NGX_ERROR;
    }

    if (h->connection != NULL) {
        ngx_agent_curl_send(h);
        return NGX_OK;
    }

    if (ngx_agent_curl_connect(h, request->connect) != NGX_OK) {
        t->handle = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The latest idle connection that is silent.  Its read event may be under way
 * in this very turn: bytes that came unasked would be taken for the answer to
 * the next request.
 */
static ngx_agent_handle_t *
ngx_agent_curl_take(ngx_agent_upstream_t *up)
{
    u_char               byte;
    ngx_queue_t         *q;
    ngx_agent_handle_t  *h;

    while (!ngx_queue_empty(&up->idle)) {
        q = ngx_queue_head(&up->idle);
        h = ngx_queue_data(q, ngx_agent_handle_t, queue);

        if (recv(h->connection->fd, &byte, 1, MSG_PEEK|MSG_DONTWAIT) == -1
            && ngx_socket_errno == NGX_EAGAIN)
        {
            ngx_queue_remove(q);
            h->idling = 0;
            h->queued = 0;
            return h;
        }

        ngx_agent_curl_close(h);
    }

    return NULL;
}


void
ngx_agent_curl_resume(ngx_agent_transfer_t *t)
{
    ngx_agent_handle_t  *h;

    t->burst = 0;
    h = t->handle;

    if (!t->paused || t->blocked || h == NULL) {
        return;
    }

    t->paused = 0;

    /* OpenSSL may hold what the socket no longer has */

    ngx_post_event(&h->more, &ngx_posted_next_events);

    if (ngx_agent_curl_watch(h->connection, 1, h->connection->write->active)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, t->log, 0,
                      "agent: a paused transfer cannot be resumed");
    }
}


void
ngx_agent_curl_stop(ngx_agent_transfer_t *t)
{
    ngx_agent_handle_t  *h;

    h = t->handle;

    if (h != NULL) {
        t->handle = NULL;
        ngx_agent_curl_close(h);
    }
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

    /*
     * There must be no more than an end to come; and what is not sent yet
     * lies in memory of the call.
     */

    if (t->paused || h->out[0].len != 0 || h->out[1].len != 0) {
        ngx_agent_curl_close(h);
        return;
    }

    if (h->timer.timer_set) {
        ngx_del_timer(&h->timer);
    }

    ngx_add_timer(&h->timer, NGX_AGENT_CURL_DRAIN);

    h->queued = 1;
    ngx_queue_insert_tail(&h->upstream->draining, &h->queue);
}
