/*
 * Copyright (C) ngx_agent authors
 *
 * Writes a request as one block, and records a provider's headers and body
 * under their caps.  It knows neither sockets nor libcurl.
 */


#include "ngx/ngx_agent_transfer.h"
#include "core/ag_address.h"
#include "core/ag_wait.h"


/* A larger body is sent from where it lies, behind its head. */
#define NGX_AGENT_TRANSFER_JOINED  65536


#define NGX_AGENT_TRANSFER_NAME  64     /* bytes; longer names are not ours */


static u_char *ngx_agent_transfer_put(u_char *p, ngx_str_t *name,
    const char *prefix, ngx_str_t *value);
static u_char *ngx_agent_transfer_head(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, size_t len,
    ngx_uint_t joined, ngx_str_t *out);
static u_char *ngx_agent_transfer_get(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, ngx_str_t *out);
static u_char *ngx_agent_transfer_host(u_char *p, ngx_agent_url_t *url);
static ngx_uint_t ngx_agent_transfer_keeps(ngx_agent_transfer_t *t,
    ag_str_t *name);


/* Answer headers that the call may need, beside the dialect's own. */
static const ag_str_t  ngx_agent_transfer_names[] = {
    ag_string("content-type"),
    ag_string("content-encoding"),
    ag_string("content-length"),
    ag_string("date"),
    ag_string("request-id"),
    ag_string("x-request-id"),
    ag_null_string
};


/* ---- requests ---- */


ngx_int_t
ngx_agent_transfer_constants(ngx_agent_provider_t *provider,
    ngx_agent_url_t *url, ngx_uint_t number, ngx_pool_t *pool,
    ngx_str_t *lines)
{
    u_char           *p;
    size_t            size;
    ngx_str_t         name;
    ngx_uint_t        i;
    ngx_keyval_t     *header;
    ngx_agent_key_t  *key;

    key = provider->keys.elts;
    key += number;
    header = provider->headers.elts;

    size = sizeof("Host: []:65535\r\n") + url->host.len;

    if (provider->keys.nelts != 0) {
        size += ngx_strlen(provider->dialect->key_header)
                + sizeof(": Bearer \r\n") + key->value.len;
    }

    for (i = 0; i < provider->headers.nelts; i++) {
        size += header[i].key.len + header[i].value.len + sizeof(": \r\n");
    }

    lines->data = ngx_pnalloc(pool, size);
    if (lines->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_agent_transfer_host(lines->data, url);

    if (provider->keys.nelts != 0) {
        name.data = (u_char *) provider->dialect->key_header;
        name.len = ngx_strlen(name.data);

        p = ngx_agent_transfer_put(p, &name,
                    ngx_strcmp(name.data, "authorization") == 0 ? "Bearer "
                                                                : "",
                    &key->value);
    }

    for (i = 0; i < provider->headers.nelts; i++) {
        p = ngx_agent_transfer_put(p, &header[i].key, "", &header[i].value);
    }

    lines->len = p - lines->data;

    return NGX_OK;
}


static u_char *
ngx_agent_transfer_host(u_char *p, ngx_agent_url_t *url)
{
    ngx_uint_t  v6;

    v6 = (ngx_strlchr(url->host.data, url->host.data + url->host.len, ':')
          != NULL);

    p = ngx_sprintf(p, v6 ? "Host: [%V]" : "Host: %V", &url->host);

    if (url->port != (url->tls ? 443 : 80)) {
        p = ngx_sprintf(p, ":%ui", (ngx_uint_t) url->port);
    }

    *p++ = CR;
    *p++ = LF;

    return p;
}


static u_char *
ngx_agent_transfer_put(u_char *p, ngx_str_t *name, const char *prefix,
    ngx_str_t *value)
{
    p = ngx_cpymem(p, name->data, name->len);
    *p++ = ':';
    *p++ = ' ';
    p = ngx_cpymem(p, prefix, ngx_strlen(prefix));
    p = ngx_cpymem(p, value->data, value->len);
    *p++ = CR;
    *p++ = LF;

    return p;
}


ngx_int_t
ngx_agent_transfer_write(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, ngx_str_t out[2])
{
    u_char     *p;
    size_t      len;
    ag_str_t    body;

    body = ngx_agent_str(&request->body);
    len = ag_patch_len(body, request->patches, request->patch_count);

    ngx_str_null(&out[1]);

    if (len > NGX_AGENT_TRANSFER_JOINED) {

        out[1] = request->body;

        if (request->patch_count != 0) {
            out[1].len = len;
            out[1].data = ngx_pnalloc(t->pool, len);

            if (out[1].data == NULL) {
                return NGX_ERROR;
            }

            ag_patch_write(body, request->patches, request->patch_count,
                           out[1].data);
            t->copy = out[1].data;
        }
    }

    p = ngx_agent_transfer_head(t, request, lines, len, out[1].len == 0,
                                &out[0]);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (out[1].len == 0) {
        ag_patch_write(body, request->patches, request->patch_count, p);
    }

    return NGX_OK;
}


/*
 * Writes the head; with "joined" there is room for the body behind it, which
 * "out" counts already.  Returns where the body goes, or NULL: no memory.
 */
static u_char *
ngx_agent_transfer_head(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, size_t len,
    ngx_uint_t joined, ngx_str_t *out)
{
    size_t            size;
    u_char           *p;
    ngx_str_t        *base, *method, *type;
    ngx_uint_t        i, n;
    ngx_keyval_t     *header;
    ngx_agent_url_t  *url;

    static ngx_str_t  post = ngx_string("POST");
    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  type_name = ngx_string("Content-Type");

    url = &request->replica->url;
    method = request->method.len ? &request->method : &post;
    type = request->method.len ? &request->content_type : &json;
    header = request->headers ? request->headers->elts : NULL;
    n = request->headers ? request->headers->nelts : 0;

    if (request->get) {
        return ngx_agent_transfer_get(t, request, lines, out);
    }

    size = method->len + sizeof(" ? HTTP/1.1\r\n") + url->url.len
           + request->path.len + sizeof("Content-Type: \r\n") + type->len
           + request->args.len + lines->len
           + sizeof("Content-Length: \r\n\r\n") + NGX_SIZE_T_LEN
           + (joined ? len : 0);

    for (i = 0; i < n; i++) {
        size += header[i].key.len + header[i].value.len + sizeof(": \r\n");
    }

    out->data = ngx_pnalloc(t->pool, size);
    if (out->data == NULL) {
        return NULL;
    }

    /* a proxy that reads the request wants to know where to */

    base = (request->provider->proxy.len && !url->tls) ? &url->url
                                                       : &url->path;

    p = ngx_sprintf(out->data, "%V %V%V%s%V HTTP/1.1\r\n%V", method, base,
                    &request->path, request->args.len ? "?" : "",
                    &request->args, lines);

    if (type->len != 0) {
        p = ngx_agent_transfer_put(p, &type_name, "", type);
    }

    for (i = 0; i < n; i++) {
        p = ngx_agent_transfer_put(p, &header[i].key, "", &header[i].value);
    }

    if (len != 0 || method->data[0] == 'P') {
        p = ngx_sprintf(p, "Content-Length: %uz\r\n", len);
    }

    *p++ = CR;
    *p++ = LF;

    out->len = (size_t) (p - out->data) + (joined ? len : 0);

    return p;
}


/* Never through a proxy's eyes: a health check is for the replica. */
static u_char *
ngx_agent_transfer_get(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, ngx_str_t *out)
{
    size_t     size;
    u_char    *p;
    ngx_str_t  base;

    base = request->replica->url.url;
    base.len -= request->replica->url.path.len;

    if (request->provider->proxy.len == 0 || request->replica->url.tls) {
        base.len = 0;
    }

    size = sizeof("GET  HTTP/1.1\r\n\r\n") + base.len + request->path.len
           + lines->len;

    out->data = ngx_pnalloc(t->pool, size);
    if (out->data == NULL) {
        return NULL;
    }

    p = ngx_sprintf(out->data, "GET %V%V HTTP/1.1\r\n%V\r\n", &base,
                    &request->path, lines);

    out->len = p - out->data;

    return p;
}


/* ---- answers ---- */


ngx_int_t
ngx_agent_transfer_header(ngx_agent_transfer_t *t, ag_str_t *name,
    ag_str_t *value)
{
    size_t         i;
    ngx_keyval_t  *header;

    if (t->status < 200 || !ngx_agent_transfer_keeps(t, name)) {
        return NGX_OK;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return NGX_OK;      /* it might be forwarded */
        }
    }

    if (t->headers.elts == NULL
        && ngx_array_init(&t->headers, t->pool, 8, sizeof(ngx_keyval_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    header = ngx_array_push(&t->headers);
    if (header == NULL) {
        return NGX_ERROR;
    }

    header->key.len = name->len;
    header->value.len = value->len;
    header->key.data = ngx_pnalloc(t->pool, name->len + 1 + value->len);

    if (header->key.data == NULL) {
        return NGX_ERROR;
    }

    header->value.data = header->key.data + name->len + 1;
    ngx_strlow(header->key.data, (u_char *) name->data, name->len);
    header->key.data[name->len] = '\0';
    ngx_memcpy(header->value.data, value->data, value->len);

    return NGX_OK;
}


static ngx_uint_t
ngx_agent_transfer_keeps(ngx_agent_transfer_t *t, ag_str_t *name)
{
    size_t           n;
    u_char           small[NGX_AGENT_TRANSFER_NAME];
    const ag_str_t  *known;

    for (known = ngx_agent_transfer_names; known->len; known++) {

        if (known->len == name->len
            && ngx_strncasecmp((u_char *) name->data, (u_char *) known->data,
                               name->len)
               == 0)
        {
            return 1;
        }
    }

    /* a healthy answer tells its limits too: nobody reads them */

    if (t->status >= NGX_HTTP_BAD_REQUEST && name->len <= sizeof(small)) {
        ngx_strlow(small, (u_char *) name->data, name->len);

        if (ag_wait_reads(ag_str(small, name->len))) {
            return 1;
        }
    }

    n = t->prefix ? ngx_strlen(t->prefix) : 0;

    return n != 0 && name->len > n
           && ngx_strncasecmp((u_char *) name->data, (u_char *) t->prefix, n)
              == 0;
}


ngx_int_t
ngx_agent_transfer_start(ngx_agent_transfer_t *t)
{
    ssize_t     length;
    ngx_str_t  *value;

    value = ngx_agent_curl_header(t, "content-encoding");

    if (value != NULL
        && !(value->len == 8
             && ngx_strncasecmp(value->data, (u_char *) "identity", 8) == 0))
    {
        return NGX_ERROR;   /* nobody asked for it, nobody will inflate it */
    }

    value = ngx_agent_curl_header(t, "content-length");

    if (value != NULL) {
        length = ngx_atosz(value->data, value->len);
        t->content_length = (length > 0) ? (size_t) length : 0;
    }

    t->started = 1;

    return NGX_OK;
}


ngx_str_t *
ngx_agent_curl_header(ngx_agent_transfer_t *t, const char *name)
{
    size_t         len;
    ngx_uint_t     i;
    ngx_keyval_t  *header;

    len = ngx_strlen(name);
    header = t->headers.elts;

    for (i = 0; i < t->headers.nelts; i++) {
        if (header[i].key.len == len
            && ngx_memcmp(header[i].key.data, name, len) == 0)
        {
            return &header[i].value;
        }
    }

    return NULL;
}


ngx_int_t
ngx_agent_transfer_body(ngx_agent_transfer_t *t, u_char *bytes, size_t len)
{
    /* of an error only the head is read: it is classified, not forwarded */

    if (t->status >= 300 && t->sink->len + len > AG_ERROR_BODY_MAX) {
        len = AG_ERROR_BODY_MAX - t->sink->len;
        t->cut = 1;
        return ag_buf_add(t->sink, bytes, len) == AG_OK ? NGX_OK : NGX_ERROR;
    }

    if (t->stream) {
        t->burst += len;

    } else if (t->sink->len == 0 && t->content_length <= AG_ANSWER_MAX
               && ag_buf_reserve(t->sink, t->content_length) != AG_OK)
    {
        return NGX_ERROR;
    }

    return ag_buf_add(t->sink, bytes, len) == AG_OK ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
ngx_agent_transfer_is_private(struct sockaddr *sockaddr)
{
    struct sockaddr_in  *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;

    if (sockaddr->sa_family == AF_INET6) {
        sin6 = (struct sockaddr_in6 *) sockaddr;
        return ag_address_is_private(AF_INET6, sin6->sin6_addr.s6_addr);
    }
#endif

    if (sockaddr->sa_family != AF_INET) {
        return 1;
    }

    sin = (struct sockaddr_in *) sockaddr;

    return ag_address_is_private(AF_INET, (u_char *) &sin->sin_addr.s_addr);
}
