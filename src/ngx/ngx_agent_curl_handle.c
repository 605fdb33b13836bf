/*
 * Copyright (C) ngx_agent authors
 *
 * Easy handles: made once per provider and used again, so that a request
 * sets only what differs; and what libcurl tells about a transfer, which is
 * recorded and posted, never acted upon.
 */


#include "ngx/ngx_agent_libcurl.h"
#include "ngx/ngx_agent_transfer.h"

#include <openssl/ssl.h>


static CURLcode ngx_agent_curl_setup(ngx_agent_handle_t *h);
static CURLcode ngx_agent_curl_setup_connection(ngx_agent_handle_t *h);
static CURLcode ngx_agent_curl_set_url(ngx_agent_handle_t *h,
    ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request);
static struct curl_slist *ngx_agent_curl_headers(ngx_agent_transfer_t *t,
    ngx_agent_upstream_t *up,
    ngx_array_t *lines);
static size_t ngx_agent_curl_on_header(char *line, size_t size, size_t n,
    void *data);
static size_t ngx_agent_curl_on_body(char *bytes, size_t size, size_t n,
    void *data);
static int ngx_agent_curl_on_request(void *data, char *remote, char *local,
    int remote_port, int local_port);
static CURLcode ngx_agent_curl_on_tls(CURL *easy, void *ctx, void *data);


ngx_agent_handle_t *
ngx_agent_curl_handle(ngx_agent_upstream_t *up)
{
    ngx_agent_handle_t  *h;

    h = up->free;

    if (h != NULL) {
        up->free = h->next;
        h->next = NULL;
        h->requests = 0;
        h->vetoed = 0;
        h->exhausted = 0;
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


#define ngx_agent_setopt(h, option, value)                                    \
    (code == CURLE_OK ? curl_easy_setopt(h->easy, option, value) : code)


/* What never changes in the life of a handle. */
static CURLcode
ngx_agent_curl_setup(ngx_agent_handle_t *h)
{
    CURLcode  code;

    code = CURLE_OK;

    code = ngx_agent_setopt(h, CURLOPT_PRIVATE, h);
    code = ngx_agent_setopt(h, CURLOPT_SHARE, h->upstream->share);
    code = ngx_agent_setopt(h, CURLOPT_POST, 1L);
    code = ngx_agent_setopt(h, CURLOPT_HTTP_VERSION,
                            (long) CURL_HTTP_VERSION_1_1);
    code = ngx_agent_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    code = ngx_agent_setopt(h, CURLOPT_NOSIGNAL, 1L);
    code = ngx_agent_setopt(h, CURLOPT_NOPROGRESS, 1L);
    code = ngx_agent_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    code = ngx_agent_setopt(h, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    code = ngx_agent_setopt(h, CURLOPT_HTTP09_ALLOWED, 0L);
    code = ngx_agent_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
    code = ngx_agent_setopt(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    code = ngx_agent_setopt(h, CURLOPT_HEADERFUNCTION,
                            ngx_agent_curl_on_header);
    code = ngx_agent_setopt(h, CURLOPT_HEADERDATA, h);
    code = ngx_agent_setopt(h, CURLOPT_WRITEFUNCTION, ngx_agent_curl_on_body);
    code = ngx_agent_setopt(h, CURLOPT_WRITEDATA, h);
    code = ngx_agent_setopt(h, CURLOPT_PREREQFUNCTION,
                            ngx_agent_curl_on_request);
    code = ngx_agent_setopt(h, CURLOPT_PREREQDATA, h);

    return code == CURLE_OK ? ngx_agent_curl_setup_connection(h) : code;
}


static CURLcode
ngx_agent_curl_setup_connection(ngx_agent_handle_t *h)
{
    CURLcode               code;
    ngx_agent_provider_t  *provider;

    code = CURLE_OK;
    provider = h->upstream->provider;

    code = ngx_agent_setopt(h, CURLOPT_OPENSOCKETFUNCTION,
                            ngx_agent_curl_on_open);
    code = ngx_agent_setopt(h, CURLOPT_OPENSOCKETDATA, h);
    code = ngx_agent_setopt(h, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_agent_curl_on_close);

    /* "" also keeps libcurl from asking the environment */
    code = ngx_agent_setopt(h, CURLOPT_PROXY, (char *) provider->proxy.data);

    if (provider->proxy.len == 0) {
        code = ngx_agent_setopt(h, CURLOPT_PROXY, "");
        code = ngx_agent_setopt(h, CURLOPT_NOPROXY, "*");
    }

    if (provider->ca_store != NULL) {
        code = ngx_agent_setopt(h, CURLOPT_CAINFO, NULL);
        code = ngx_agent_setopt(h, CURLOPT_CAPATH, NULL);
        code = ngx_agent_setopt(h, CURLOPT_SSLVERSION,
                                (long) CURL_SSLVERSION_TLSv1_2);
        code = ngx_agent_setopt(h, CURLOPT_SSL_CTX_FUNCTION,
                                ngx_agent_curl_on_tls);
        code = ngx_agent_setopt(h, CURLOPT_SSL_CTX_DATA, h);
    }

    return code;
}


/* What differs from request to request. */
CURLcode
ngx_agent_curl_prepare(ngx_agent_handle_t *h, ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request)
{
    long                   buffer;
    CURLcode               code;
    struct curl_slist     *headers;
    ngx_agent_upstream_t  *up;

    up = h->upstream;
    headers = ngx_agent_curl_headers(t, up, request->headers);

    if (headers == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    code = ngx_agent_curl_set_url(h, t, request);
    code = ngx_agent_setopt(h, CURLOPT_HTTPHEADER, headers);
    code = ngx_agent_setopt(h, CURLOPT_POSTFIELDS, request->body.data);
    code = ngx_agent_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t) request->body.len);

    buffer = request->stream ? NGX_AGENT_CURL_STREAM_BUFFER
                             : NGX_AGENT_CURL_WHOLE_BUFFER;

    if (h->buffer != buffer) {
        h->buffer = buffer;
        code = ngx_agent_setopt(h, CURLOPT_BUFFERSIZE, buffer);
    }

    if (h->connect != request->connect) {
        h->connect = request->connect;
        code = ngx_agent_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                                (long) request->connect);
    }

    if (h->fresh != request->fresh) {
        h->fresh = request->fresh;
        code = ngx_agent_setopt(h, CURLOPT_FRESH_CONNECT, (long) h->fresh);
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


/* Parsed URLs are kept per endpoint; a query makes one of its own. */
static CURLcode
ngx_agent_curl_set_url(ngx_agent_handle_t *h, ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request)
{
    u_char           *text, *p;
    CURLcode          code;
    ngx_uint_t        i;
    CURLU           **slot;
    ngx_agent_url_t  *url;

    url = request->provider->urls.elts;
    i = request->endpoint;
    slot = &h->upstream->urls[i];

    if (request->args.len == 0 && *slot != NULL) {
        return curl_easy_setopt(h->easy, CURLOPT_CURLU, *slot);
    }

    text = ngx_pnalloc(t->pool, url->url.len + request->path.len
                                + request->args.len + 2);
    if (text == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    p = ngx_cpymem(text, url->url.data, url->url.len);
    p = ngx_cpymem(p, request->path.data, request->path.len);

    if (request->args.len != 0) {
        *p++ = '?';
        p = ngx_cpymem(p, request->args.data, request->args.len);
        *p = '\0';

        code = curl_easy_setopt(h->easy, CURLOPT_CURLU, NULL);
        return ngx_agent_setopt(h, CURLOPT_URL, (char *) text);
    }

    *p = '\0';
    *slot = curl_url();

    if (*slot == NULL
        || curl_url_set(*slot, CURLUPART_URL, (char *) text, 0) != CURLUE_OK)
    {
        curl_url_cleanup(*slot);
        *slot = NULL;
        return CURLE_URL_MALFORMAT;
    }

    return curl_easy_setopt(h->easy, CURLOPT_CURLU, *slot);
}


/*
 * The provider's constant lines, with this request's own in front: their
 * nodes live in the transfer's pool, libcurl only reads them.
 */
static struct curl_slist *
ngx_agent_curl_headers(ngx_agent_transfer_t *t, ngx_agent_upstream_t *up,
    ngx_array_t *lines)
{
    ngx_str_t          *line;
    ngx_uint_t          i;
    struct curl_slist  *list, *node;

    if (up->headers == NULL) {
        line = ngx_agent_transfer_constants(up->provider, t->pool);

        for (i = 0; line != NULL && line[i].len != 0; i++) {
            list = curl_slist_append(up->headers, (char *) line[i].data);
            if (list == NULL) {
                return NULL;
            }

            up->headers = list;
        }
    }

    list = up->headers;

    if (lines == NULL || list == NULL) {
        return list;
    }

    line = lines->elts;

    for (i = 0; i < lines->nelts; i++) {
        node = ngx_palloc(t->pool, sizeof(struct curl_slist));
        if (node == NULL) {
            return NULL;
        }

        node->data = (char *) line[i].data;
        node->next = list;
        list = node;
    }

    return list;
}


static size_t
ngx_agent_curl_on_header(char *line, size_t size, size_t n, void *data)
{
    ngx_agent_handle_t    *h = data;

    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (t == NULL) {
        return n;
    }

    if (ngx_agent_transfer_header(t, (u_char *) line, n) != NGX_OK) {
        t->error = AG_E_BAD_RESPONSE;
        return 0;
    }

    return n;
}


static size_t
ngx_agent_curl_on_body(char *bytes, size_t size, size_t n, void *data)
{
    ngx_agent_handle_t    *h = data;

    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (t == NULL) {
        h->drained += n;
        return (h->drained > NGX_AGENT_CURL_DRAIN_BYTES) ? 0 : n;
    }

    switch (ngx_agent_transfer_body(t, (u_char *) bytes, n)) {

    case NGX_OK:
        ngx_post_event(t->wake, &ngx_posted_events);
        return n;

    case NGX_AGAIN:
        t->paused = 1;
        ngx_post_event(t->wake, &ngx_posted_events);
        return CURL_WRITEFUNC_PAUSE;

    default:
        t->error = AG_E_BAD_RESPONSE;
        return 0;
    }
}


/*
 * Called right before a request is written.  The second time within one
 * transfer libcurl is about to repeat a POST by itself: that is the owner's
 * decision.
 */
static int
ngx_agent_curl_on_request(void *data, char *remote, char *local,
    int remote_port, int local_port)
{
    ngx_agent_handle_t  *h = data;

    if (h->requests++ != 0) {
        h->vetoed = 1;
        return CURL_PREREQFUNC_ABORT;
    }

    if (h->opened_count != 0) {
        ngx_agent_curl_forget(h, 1);
    }

    return CURL_PREREQFUNC_OK;
}


static CURLcode
ngx_agent_curl_on_tls(CURL *easy, void *ctx, void *data)
{
    ngx_agent_handle_t  *h = data;

    SSL_CTX_set1_cert_store(ctx, h->upstream->provider->ca_store);

    return CURLE_OK;
}
