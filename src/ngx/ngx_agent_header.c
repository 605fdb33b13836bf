/*
 * Copyright (C) ngx_agent authors
 *
 * The headers of our answers: an allow-list, never a copy of what a provider
 * sent.
 */


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_curl.h"


#define NGX_AGENT_RETRY_MAX  60     /* s; a longer wait is no advice */
#define NGX_AGENT_WAIT_MAX   2000000        /* s, 23 days; fits in ms */


static ngx_int_t ngx_agent_header_provider(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_header_id(ngx_agent_call_t *call,
    const char *name, ngx_str_t *value);
static ngx_int_t ngx_agent_header_wait(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_header_retry(ngx_agent_call_t *call,
    ngx_int_t wait);
static ngx_int_t ngx_agent_header_allow(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_header_answer(ngx_agent_call_t *call)
{
    ngx_str_t             *name, attempts;
    ngx_agent_provider_t  *provider;

    if (ngx_agent_header_add(call, "x-request-id", &call->request_id)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (call->attempts == 0) {
        return NGX_OK;
    }

    provider = call->target->provider;
    name = call->target->model.len ? &call->target->model
                                   : &call->model_name;

    attempts.data = ngx_pnalloc(call->pool, NGX_INT_T_LEN);
    if (attempts.data == NULL) {
        return NGX_ERROR;
    }

    attempts.len = ngx_sprintf(attempts.data, "%ui", call->attempts)
                   - attempts.data;

    if (ngx_agent_header_add(call, "x-agent-provider", &provider->name)
        != NGX_OK
        || ngx_agent_header_add(call, "x-agent-model", name) != NGX_OK
        || ngx_agent_header_add(call, "x-agent-attempts", &attempts)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_header_provider(call);
}


/*
 * The provider's id, and on a native surface what begins as its dialect's
 * headers do.
 */
static ngx_int_t
ngx_agent_header_provider(ngx_agent_call_t *call)
{
    size_t                 len;
    ngx_int_t              rc;
    ngx_uint_t             i;
    const char            *prefix, *id;
    ngx_keyval_t          *header;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (t == NULL || t->status == 0) {
        return NGX_OK;
    }

    rc = NGX_OK;
    id = call->client->request_id;
    prefix = call->client->forward_prefix;
    len = prefix ? ngx_strlen(prefix) : 0;
    header = t->headers.elts;

    for (i = 0; i < t->headers.nelts && rc == NGX_OK; i++) {

        if (id != NULL && header[i].key.len == ngx_strlen(id)
            && ngx_strncmp(header[i].key.data, id, header[i].key.len) == 0)
        {
            rc = ngx_agent_header_id(call, id, &header[i].value);
            continue;
        }

        if (len != 0 && header[i].key.len > len
            && ngx_strncmp(header[i].key.data, prefix, len) == 0)
        {
            rc = ngx_agent_header_add(call, (char *) header[i].key.data,
                                      &header[i].value);
        }
    }

    return rc;
}


static ngx_int_t
ngx_agent_header_id(ngx_agent_call_t *call, const char *name,
    ngx_str_t *value)
{
    if (ngx_agent_header_add(call, "x-agent-provider-request-id", value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* "x-request-id" is taken: it names our own call */

    return ngx_strcmp(name, "x-request-id") == 0
           ? NGX_OK : ngx_agent_header_add(call, name, value);
}


/* When to try again, and whether: what SDKs obey. */
ngx_int_t
ngx_agent_header_error(ngx_agent_call_t *call)
{
    ngx_int_t              wait;
    ngx_str_t             *value;
    const ag_error_row_t  *row;

    static ngx_str_t  yes = ngx_string("true");
    static ngx_str_t  no = ngx_string("false");

    row = ag_error_row(call->error.class);
    wait = ngx_agent_header_wait(call);

    if (wait >= 0 && ngx_agent_header_retry(call, wait) != NGX_OK) {
        return NGX_ERROR;
    }

    value = NULL;

    if (row->status == NGX_HTTP_TOO_MANY_REQUESTS) {
        value = (wait <= NGX_AGENT_RETRY_MAX * 1000) ? &yes : &no;

    } else if (row->status == NGX_HTTP_FORBIDDEN
               || (call->attempts && row->status >= 500))
    {
        value = &no;
    }

    if (call->error.class == AG_E_METHOD
        && ngx_agent_header_allow(call) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return value ? ngx_agent_header_add(call, "x-should-retry", value)
                 : NGX_OK;
}


/*
 * Milliseconds that the provider wants us to wait, or -1: retry-after-ms, or
 * Retry-After in seconds or as a date by the provider's own clock (RFC 9110,
 * section 10.2.3).
 */
static ngx_int_t
ngx_agent_header_wait(ngx_agent_call_t *call)
{
    time_t                 at, now;
    ngx_int_t              wait;
    ngx_str_t             *value, *date;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (t == NULL || t->status < 400) {
        return -1;
    }

    value = ngx_agent_curl_header(t, "retry-after-ms");
    wait = value ? ngx_atoi(value->data, value->len) : NGX_ERROR;

    if (wait != NGX_ERROR) {
        return ngx_min(wait, NGX_AGENT_WAIT_MAX * 1000);
    }

    value = ngx_agent_curl_header(t, "retry-after");
    if (value == NULL) {
        return -1;
    }

    wait = ngx_atoi(value->data, value->len);

    if (wait != NGX_ERROR) {
        return ngx_min(wait, NGX_AGENT_WAIT_MAX) * 1000;
    }

    at = ngx_parse_http_time(value->data, value->len);
    if (at == (time_t) NGX_ERROR) {
        return -1;
    }

    date = ngx_agent_curl_header(t, "date");
    now = date ? ngx_parse_http_time(date->data, date->len)
               : (time_t) NGX_ERROR;

    if (now == (time_t) NGX_ERROR) {
        now = ngx_time();
    }

    return at > now ? (ngx_int_t) ngx_min(at - now, NGX_AGENT_WAIT_MAX) * 1000
                    : 0;
}


/* Both forms; seconds are rounded up, a wait is never shortened. */
static ngx_int_t
ngx_agent_header_retry(ngx_agent_call_t *call, ngx_int_t wait)
{
    ngx_str_t  seconds, ms;

    seconds.data = ngx_pnalloc(call->pool, 2 * NGX_INT_T_LEN);
    if (seconds.data == NULL) {
        return NGX_ERROR;
    }

    seconds.len = ngx_sprintf(seconds.data, "%i", (wait + 999) / 1000)
                  - seconds.data;

    ms.data = seconds.data + NGX_INT_T_LEN;
    ms.len = ngx_sprintf(ms.data, "%i", wait) - ms.data;

    if (ngx_agent_header_add(call, "retry-after", &seconds) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_agent_header_add(call, "retry-after-ms", &ms);
}


static ngx_int_t
ngx_agent_header_allow(ngx_agent_call_t *call)
{
    ngx_str_t    value;

    ngx_str_set(&value, "GET, HEAD");

    if (ag_endpoint_method(call->endpoint)[0] == 'P') {
        ngx_str_set(&value, "POST");
    }

    return ngx_agent_header_add(call, "allow", &value);
}


ngx_int_t
ngx_agent_header_add(ngx_agent_call_t *call, const char *name,
    ngx_str_t *value)
{
    return ngx_agent_request_add_header(call->r, name, value);
}
