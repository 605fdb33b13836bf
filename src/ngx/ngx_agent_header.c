/*
 * Copyright (C) ngx_agent authors
 *
 * The headers of our answers: an allow-list, never a copy of what a provider
 * sent.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"
#include "core/ag_name.h"


#define NGX_AGENT_RETRY_MAX   60    /* s; a longer wait is no advice */
#define NGX_AGENT_RETRY_FULL  1000  /* ms, of a call for which there was no
                                       room */


static ngx_int_t ngx_agent_header_degraded(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_header_dropped(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_header_provider(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_header_secret(ngx_agent_call_t *call,
    ngx_str_t *value);
static ngx_int_t ngx_agent_header_id(ngx_agent_call_t *call,
    const char *name, ngx_str_t *value);
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

    if (ngx_agent_limit_headers(call) != NGX_OK
        || ngx_agent_cache_headers(call) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (call->chain.attempts == 0
        || (call->cached != NULL && call->cached->valued))
    {
        return NGX_OK;      /* nobody was asked, or it was of no use */
    }

    provider = call->target->provider;
    name = ngx_agent_model_told(call);

    attempts.data = ngx_pnalloc(call->pool, NGX_INT_T_LEN);
    if (attempts.data == NULL) {
        return NGX_ERROR;
    }

    attempts.len = ngx_sprintf(attempts.data, "%uD", call->chain.attempts)
                   - attempts.data;

    if (ngx_agent_header_add(call, "x-agent-provider", &provider->name)
        != NGX_OK
        || ngx_agent_header_add(call, "x-agent-model", name) != NGX_OK
        || ngx_agent_header_add(call, "x-agent-attempts", &attempts)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_agent_header_degraded(call) != NGX_OK
        || ngx_agent_header_dropped(call) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_header_provider(call);
}


static ngx_int_t
ngx_agent_header_degraded(ngx_agent_call_t *call)
{
    static ngx_str_t  fallback = ngx_string("fallback");
    static ngx_str_t  repaired = ngx_string("repaired");
    static ngx_str_t  both = ngx_string("fallback, repaired");

    if (!call->committed) {
        return NGX_OK;
    }

    if (call->attempt->repaired) {
        return ngx_agent_header_add(call, "x-agent-degraded",
                                    call->target->tier ? &both : &repaired);
    }

    return (call->target->tier != 0)
           ? ngx_agent_header_add(call, "x-agent-degraded", &fallback)
           : NGX_OK;
}


/* What the provider was not told; the names are the client's own. */
static ngx_int_t
ngx_agent_header_dropped(ngx_agent_call_t *call)
{
    size_t          len;
    u_char         *p;
    ag_str_t       *name;
    ngx_str_t       value;
    ngx_uint_t      i;
    ag_outbound_t  *to;

    if (!call->committed || !call->attempt->translated) {
        return NGX_OK;
    }

    to = &call->attempt->translation->to;
    name = to->drops;
    len = 0;

    for (i = 0; i < to->drop_count; i++) {
        len += name[i].len + sizeof(", ") - 1;
    }

    if (len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(call->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    for (i = 0; i < to->drop_count; i++) {
        if (ag_name_refuse(name[i], AG_NAME_PLAIN) == NULL) {
            p = ngx_cpymem(p, name[i].data, name[i].len);
            *p++ = ',';
            *p++ = ' ';
        }
    }

    if (p == value.data) {
        return NGX_OK;
    }

    value.len = (size_t) (p - value.data) - 2;

    return ngx_agent_header_add(call, "x-agent-dropped", &value);
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
    ngx_uint_t             i, native;
    const char            *prefix, *id;
    ngx_keyval_t          *header;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (t == NULL || t->status == 0) {
        return NGX_OK;
    }

    rc = NGX_OK;
    native = call->raw
             || ngx_agent_translate_native(call->target->provider,
                                           call->endpoint);

    prefix = native ? call->client->forward_prefix : NULL;
    id = native ? call->client->request_id
                : call->target->provider->dialect->request_id;
    len = prefix ? ngx_strlen(prefix) : 0;
    header = t->headers.elts;

    for (i = 0; i < t->headers.nelts && rc == NGX_OK; i++) {

        if (ngx_agent_header_secret(call, &header[i].value)) {
            continue;
        }

        if (id != NULL && header[i].key.len == ngx_strlen(id)
            && ngx_strncmp(header[i].key.data, id, header[i].key.len) == 0)
        {
            rc = ngx_agent_header_id(call, native ? id : NULL,
                                     &header[i].value);
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


/* A provider may echo the key that it got. */
static ngx_uint_t
ngx_agent_header_secret(ngx_agent_call_t *call, ngx_str_t *value)
{
    ngx_uint_t        i;
    ngx_array_t      *keys;
    ngx_agent_key_t  *key;

    keys = &call->target->provider->keys;
    key = keys->elts;

    for (i = 0; i < keys->nelts; i++) {
        if (value->len >= key[i].value.len
            && memmem(value->data, value->len, key[i].value.data,
                      key[i].value.len)
               != NULL)
        {
            return 1;
        }
    }

    return 0;
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

    return (name == NULL || ngx_strcmp(name, "x-request-id") == 0)
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
    wait = (ngx_int_t) call->chain.wait_ms - 1;     /* of all that were asked
                                                       the smallest */

    if (wait < 0
        && (call->error.class == AG_E_OVERLOADED
            || call->error.class == AG_E_STORE
            || call->error.class == AG_E_CAPACITY))
    {
        wait = NGX_AGENT_RETRY_FULL;
    }

    if (row->status != NGX_HTTP_TOO_MANY_REQUESTS
        && row->status < NGX_HTTP_INTERNAL_SERVER_ERROR
        && call->error.class != AG_E_BUDGET)
    {
        wait = -1;      /* another target's: this one is not to be repeated */
    }

    if (wait >= 0 && ngx_agent_header_retry(call, wait) != NGX_OK) {
        return NGX_ERROR;
    }

    value = NULL;

    if (row->status == NGX_HTTP_TOO_MANY_REQUESTS
        || call->error.class == AG_E_OVERLOADED
        || (call->error.class == AG_E_NO_TARGET && wait >= 0))
    {
        value = (wait <= NGX_AGENT_RETRY_MAX * 1000) ? &yes : &no;

    } else if (call->error.class == AG_E_MAINTENANCE) {
        value = (wait >= 0 && wait <= NGX_AGENT_RETRY_MAX * 1000) ? &yes : &no;

    } else if (call->error.class == AG_E_STORE
               || call->error.class == AG_E_CAPACITY)
    {
        value = &yes;

    } else if (row->status == NGX_HTTP_FORBIDDEN
               || call->error.class == AG_E_BUDGET
               || (call->chain.attempts && row->status >= 500))
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

    if (call->raw) {
        ngx_str_set(&value, "GET, POST, PUT, PATCH, DELETE");

    } else if (ag_endpoint_method(call->endpoint)[0] == 'P') {
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
