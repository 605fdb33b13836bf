/*
 * Copyright (C) ngx_agent authors
 *
 * Records a provider's header lines and body bytes under their caps, and
 * writes the constant lines of a request.
 */


#include "ngx/ngx_agent_transfer.h"
#include "core/ag_address.h"


static ngx_int_t ngx_agent_transfer_status(ngx_agent_transfer_t *t,
    u_char *line, size_t len);
static ngx_int_t ngx_agent_transfer_complete(ngx_agent_transfer_t *t);
static ngx_uint_t ngx_agent_transfer_keeps(ngx_agent_transfer_t *t,
    u_char *name, size_t len);
static ngx_int_t ngx_agent_transfer_keep(ngx_agent_transfer_t *t,
    u_char *line, u_char *colon, u_char *last);
static ngx_int_t ngx_agent_transfer_line(ngx_pool_t *pool, ngx_str_t *line,
    const char *name, const char *prefix, ngx_str_t *value);


/* Answer headers that the call may need, beside the dialect's own. */
static const char  *ngx_agent_transfer_names[] = {
    "content-type",
    "content-encoding",
    "content-length",
    "date",
    "retry-after",
    "retry-after-ms",
    "request-id",
    "x-request-id",
    NULL
};


ngx_str_t *
ngx_agent_transfer_constants(ngx_agent_provider_t *provider,
    ngx_pool_t *pool)
{
    ngx_int_t         rc;
    ngx_str_t        *lines, *line;
    ngx_uint_t        i;
    ngx_keyval_t     *header;
    ngx_agent_key_t  *key;

    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  empty = ngx_null_string;

    lines = ngx_pcalloc(pool, (provider->headers.nelts + 4)
                              * sizeof(ngx_str_t));
    if (lines == NULL) {
        return NULL;
    }

    line = lines;

    /* libcurl would wait for "100 Continue" before a large body */
    rc = ngx_agent_transfer_line(pool, line++, "Expect", "", &empty);
    rc |= ngx_agent_transfer_line(pool, line++, "Content-Type", "", &json);

    if (provider->keys.nelts != 0) {
        key = provider->keys.elts;

        rc |= ngx_agent_transfer_line(pool, line++,
                    provider->dialect->key_header,
                    ngx_strcmp(provider->dialect->key_header,
                               "authorization") == 0 ? "Bearer " : "",
                    &key[0].value);
    }

    header = provider->headers.elts;

    for (i = 0; i < provider->headers.nelts; i++) {
        rc |= ngx_agent_transfer_line(pool, line++,
                    (char *) header[i].key.data, "", &header[i].value);
    }

    return rc == NGX_OK ? lines : NULL;
}


static ngx_int_t
ngx_agent_transfer_line(ngx_pool_t *pool, ngx_str_t *line, const char *name,
    const char *prefix, ngx_str_t *value)
{
    line->len = ngx_strlen(name) + sizeof(": ") - 1 + ngx_strlen(prefix)
                + value->len;

    line->data = ngx_pnalloc(pool, line->len + 1);
    if (line->data == NULL) {
        return NGX_ERROR;
    }

    if (value->len == 0) {
        /* libcurl's form of a header that must not be sent */
        line->len = ngx_sprintf(line->data, "%s:%Z", name) - line->data - 1;
        return NGX_OK;
    }

    (void) ngx_sprintf(line->data, "%s: %s%V%Z", name, prefix, value);

    return NGX_OK;
}


ngx_int_t
ngx_agent_transfer_header(ngx_agent_transfer_t *t, u_char *line, size_t len)
{
    u_char  *colon, *last;

    t->header_bytes += len;

    if (t->header_bytes > AG_HEADERS_MAX
        || ++t->header_lines > AG_HEADER_LINES_MAX)
    {
        return NGX_ERROR;
    }

    last = line + len;

    while (last > line && (last[-1] == CR || last[-1] == LF)) {
        last--;
    }

    if (last == line) {
        return ngx_agent_transfer_complete(t);
    }

    if (t->started) {
        return NGX_OK;      /* a trailer */
    }

    colon = ngx_strlchr(line, last, ':');

    if (len > 5 && ngx_strncmp(line, "HTTP/", 5) == 0) {
        return ngx_agent_transfer_status(t, line, last - line);
    }

    if (colon == NULL
        || !ngx_agent_transfer_keeps(t, line, (size_t) (colon - line)))
    {
        return NGX_OK;
    }

    return ngx_agent_transfer_keep(t, line, colon, last);
}


/* "HTTP/1.1 200 OK": each interim answer brings one of its own. */
static ngx_int_t
ngx_agent_transfer_status(ngx_agent_transfer_t *t, u_char *line, size_t len)
{
    u_char     *p;
    ngx_int_t   status;

    p = ngx_strlchr(line, line + len, ' ');

    if (p == NULL || line + len - p < 4) {
        return NGX_ERROR;
    }

    status = ngx_atoi(p + 1, 3);

    if (status < 100 || status == NGX_HTTP_SWITCHING_PROTOCOLS) {
        return NGX_ERROR;
    }

    t->status = (ngx_uint_t) status;
    t->headers.nelts = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_transfer_complete(ngx_agent_transfer_t *t)
{
    ngx_str_t  *value;

    if (t->status < 200) {
        return (++t->interim > AG_INTERIM_MAX) ? NGX_ERROR : NGX_OK;
    }

    value = ngx_agent_curl_header(t, "content-encoding");

    if (value != NULL
        && !(value->len == 8
             && ngx_strncasecmp(value->data, (u_char *) "identity", 8) == 0))
    {
        return NGX_ERROR;   /* nobody asked for it, nobody will inflate it */
    }

    value = ngx_agent_curl_header(t, "content-length");

    if (value != NULL && ngx_atosz(value->data, value->len) > 0) {
        t->content_length = (size_t) ngx_atosz(value->data, value->len);
    }

    t->started = 1;
    ngx_post_event(t->wake, &ngx_posted_events);

    return NGX_OK;
}


static ngx_uint_t
ngx_agent_transfer_keeps(ngx_agent_transfer_t *t, u_char *name, size_t len)
{
    size_t       n;
    const char **known;

    n = t->prefix ? ngx_strlen(t->prefix) : 0;

    if (n != 0 && len > n
        && ngx_strncasecmp(name, (u_char *) t->prefix, n) == 0)
    {
        return 1;
    }

    for (known = ngx_agent_transfer_names; *known; known++) {
        n = ngx_strlen(*known);

        if (n == len && ngx_strncasecmp(name, (u_char *) *known, n) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_agent_transfer_keep(ngx_agent_transfer_t *t, u_char *line, u_char *colon,
    u_char *last)
{
    u_char        *value;
    size_t         len;
    ngx_keyval_t  *header;

    value = colon + 1;

    while (value < last && (*value == ' ' || *value == '\t')) {
        value++;
    }

    while (last > value && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    if (t->headers.elts == NULL
        && ngx_array_init(&t->headers, t->pool, 8, sizeof(ngx_keyval_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    header = ngx_array_push(&t->headers);
    len = (size_t) (colon - line);

    if (header == NULL) {
        return NGX_ERROR;
    }

    header->key.len = len;
    header->value.len = (size_t) (last - value);
    header->key.data = ngx_pnalloc(t->pool, len + 1 + header->value.len);

    if (header->key.data == NULL) {
        return NGX_ERROR;
    }

    header->value.data = header->key.data + len + 1;
    ngx_strlow(header->key.data, line, len);
    header->key.data[len] = '\0';
    ngx_memcpy(header->value.data, value, header->value.len);

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
        return ag_buf_add(t->sink, bytes, len) == AG_OK ? NGX_OK : NGX_ERROR;
    }

    if (t->stream) {

        /*
         * A client that reads slowly pauses its provider; and so does one
         * burst, until the call has had its turn: nobody starves a worker.
         * One half of what may be held is here, the other with nginx.
         */

        if (t->burst + len > AG_STREAM_HELD_MAX / 2
            || (t->blocked && t->sink->len + len > AG_STREAM_HELD_MAX / 2))
        {
            return NGX_AGAIN;
        }

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
