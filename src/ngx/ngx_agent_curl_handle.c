/*
 * Copyright (C) ngx_agent authors
 *
 * Easy handles: made once and used again, each for one connection at a time.
 *
 * Refused here: redirects, cookies, netrc, proxies from the environment,
 * other protocols, names that nginx did not resolve.
 */


#include "ngx/ngx_agent_libcurl.h"

#include <openssl/ssl.h>


static CURLcode ngx_agent_curl_setup(ngx_agent_handle_t *h);
static CURLcode ngx_agent_curl_setup_proxy(ngx_agent_handle_t *h);
static CURLcode ngx_agent_curl_setup_tls(ngx_agent_handle_t *h);
static CURLcode ngx_agent_curl_prepare(ngx_agent_handle_t *h,
    ngx_msec_t timeout);
static CURLcode ngx_agent_curl_on_tls(CURL *easy, void *ctx, void *data);


#define ngx_agent_setopt(h, option, value)                                    \
    (code == CURLE_OK ? curl_easy_setopt(h->easy, option, value) : code)


ngx_agent_handle_t *
ngx_agent_curl_handle(ngx_agent_upstream_t *up)
{
    ngx_agent_handle_t  *h;

    h = up->free;

    if (h != NULL) {
        up->free = h->next;
        h->next = NULL;
        return h;
    }

    h = ngx_calloc(sizeof(ngx_agent_handle_t), ngx_agent_curl.log);
    if (h == NULL) {
        return NULL;
    }

    h->upstream = up;
    h->easy = curl_easy_init();

    if (h->easy == NULL || ngx_agent_curl_setup(h) != CURLE_OK) {
        curl_easy_cleanup(h->easy);
        ngx_free(h);
        return NULL;
    }

    return h;
}


/* What never changes in the life of a handle. */
static CURLcode
ngx_agent_curl_setup(ngx_agent_handle_t *h)
{
    CURLcode  code;

    code = CURLE_OK;

    code = ngx_agent_setopt(h, CURLOPT_PRIVATE, h);
    code = ngx_agent_setopt(h, CURLOPT_SHARE, h->upstream->share);
    code = ngx_agent_setopt(h, CURLOPT_CURLU, h->upstream->url);
    code = ngx_agent_setopt(h, CURLOPT_CONNECT_ONLY, 1L);
    code = ngx_agent_setopt(h, CURLOPT_HTTP_VERSION,
                            (long) CURL_HTTP_VERSION_1_1);
    code = ngx_agent_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    code = ngx_agent_setopt(h, CURLOPT_NOSIGNAL, 1L);
    code = ngx_agent_setopt(h, CURLOPT_NOPROGRESS, 1L);
    code = ngx_agent_setopt(h, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    code = ngx_agent_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
    code = ngx_agent_setopt(h, CURLOPT_BUFFERSIZE,
                            (long) NGX_AGENT_CURL_READ);
    code = ngx_agent_setopt(h, CURLOPT_OPENSOCKETFUNCTION,
                            ngx_agent_curl_on_open);
    code = ngx_agent_setopt(h, CURLOPT_OPENSOCKETDATA, h);
    code = ngx_agent_setopt(h, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_agent_curl_on_close);

    if (code == CURLE_OK) {
        code = ngx_agent_curl_setup_proxy(h);
    }

    return code == CURLE_OK ? ngx_agent_curl_setup_tls(h) : code;
}


/* "" also keeps libcurl from asking the environment. */
static CURLcode
ngx_agent_curl_setup_proxy(ngx_agent_handle_t *h)
{
    CURLcode               code;
    ngx_agent_provider_t  *provider;

    code = CURLE_OK;
    provider = h->upstream->provider;

    if (provider->proxy.len == 0) {
        code = ngx_agent_setopt(h, CURLOPT_PROXY, "");
        return ngx_agent_setopt(h, CURLOPT_NOPROXY, "*");
    }

    /* TLS goes through a tunnel by itself, plain HTTP is the proxy's to read */

    code = ngx_agent_setopt(h, CURLOPT_PROXY, (char *) provider->proxy.data);

    return ngx_agent_setopt(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}


static CURLcode
ngx_agent_curl_setup_tls(ngx_agent_handle_t *h)
{
    CURLcode  code;

    code = CURLE_OK;

    if (h->upstream->provider->ca_store == NULL) {
        return code;
    }

    /*
     * Our store, loaded once, takes the place of libcurl's files.  libcurl
     * must not keep stores by itself: it would take that of one provider for
     * the next, since it tells them apart by file names alone.
     */

    code = ngx_agent_setopt(h, CURLOPT_CAINFO, NULL);
    code = ngx_agent_setopt(h, CURLOPT_CAPATH, NULL);
#if (LIBCURL_VERSION_NUM >= 0x075700)
    code = ngx_agent_setopt(h, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
    code = ngx_agent_setopt(h, CURLOPT_SSLVERSION,
                            (long) CURL_SSLVERSION_TLSv1_2);
    code = ngx_agent_setopt(h, CURLOPT_SSL_CTX_FUNCTION,
                            ngx_agent_curl_on_tls);

    return ngx_agent_setopt(h, CURLOPT_SSL_CTX_DATA, h);
}


static CURLcode
ngx_agent_curl_on_tls(CURL *easy, void *ctx, void *data)
{
    ngx_agent_handle_t  *h = data;

    SSL_CTX_set1_cert_store(ctx, h->upstream->provider->ca_store);

    return CURLE_OK;
}


ngx_int_t
ngx_agent_curl_connect(ngx_agent_handle_t *h, ngx_msec_t timeout)
{
    ngx_agent_shard_t  *shard;

    shard = ngx_agent_curl_shard();

    h->used = 0;
    h->broken = 0;
    h->exhausted = 0;

    if (shard == NULL || ngx_agent_curl_prepare(h, timeout) != CURLE_OK
        || curl_multi_add_handle(shard->multi, h->easy) != CURLM_OK)
    {
        ngx_agent_curl_close(h);
        return NGX_ERROR;
    }

    h->shard = shard;
    shard->count++;

    /* it begins in this turn of the loop, not in the next */
    ngx_agent_curl_action(shard, CURL_SOCKET_TIMEOUT, 0);

    return NGX_OK;
}


static CURLcode
ngx_agent_curl_prepare(ngx_agent_handle_t *h, ngx_msec_t timeout)
{
    CURLcode               code;
    ngx_agent_upstream_t  *up;

    code = CURLE_OK;
    up = h->upstream;

    if (h->connect != timeout) {
        h->connect = timeout;
        code = ngx_agent_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long) timeout);
    }

    if (up->resolve.loaded != up->resolve.generation) {
        curl_slist_free_all(up->entry);
        up->entry = curl_slist_append(NULL, (char *) up->resolve.entry);
        up->resolve.loaded = up->resolve.generation;
        h->resolving = 1;
        code = ngx_agent_setopt(h, CURLOPT_RESOLVE, up->entry);
    }

    return code;
}


void
ngx_agent_curl_close(ngx_agent_handle_t *h)
{
    if (h->timer.timer_set) {
        ngx_del_timer(&h->timer);
    }

    if (h->more.posted) {
        ngx_delete_posted_event(&h->more);
    }

    if (h->queued) {
        ngx_queue_remove(&h->queue);
        h->queued = 0;
    }

    h->idling = 0;

    h->transfer = NULL;
    h->connection = NULL;
    ag_http_free(&h->http);

    if (h->shard != NULL) {
        (void) curl_multi_remove_handle(h->shard->multi, h->easy);
        h->shard->count--;
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

    h->next = h->upstream->free;
    h->upstream->free = h;
}
