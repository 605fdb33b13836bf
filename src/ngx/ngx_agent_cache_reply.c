/*
 * Copyright (C) ngx_agent authors
 *
 * An answer from the cache, as its client wants it: whole, or as a stream;
 * what it is told about it, and what is counted.
 */


#include "ngx/ngx_agent_cache.h"


static ngx_int_t ngx_agent_cache_stream(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_age_header(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_source(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cache_degraded(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_cache_take(ngx_agent_call_t *call, ngx_uint_t state)
{
    int                  rc;
    ngx_agent_cached_t  *cached;
    ag_replay_options_t  options;

    cached = call->cached;

    if (call->streaming) {
        options.include_usage = (call->request.include_usage != 0);
        cached->whole.len = 0;

        rc = ag_replay_stream(&cached->whole, call->endpoint,
                              cached->value.body, &options);

        if (rc != AG_OK) {
            return (rc == AG_NOMEM) ? NGX_ERROR : NGX_DECLINED;
        }
    }

    cached->state = state;
    cached->answered = 1;
    cached->valued = 1;

    return NGX_OK;
}


ngx_int_t
ngx_agent_cache_reply(ngx_agent_call_t *call)
{
    ag_buf_t             body;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (call->streaming) {
        return ngx_agent_cache_stream(call);
    }

    /* a view of what lies behind the head */

    ngx_memzero(&body, sizeof(ag_buf_t));
    body.data = (ag_char_t *) cached->value.body.data;
    body.len = cached->value.body.len;

    return ngx_agent_reply_whole(call, &body);
}


/* All of it at once: nginx sends on after us. */
static ngx_int_t
ngx_agent_cache_stream(ngx_agent_call_t *call)
{
    ag_buf_t   swap;
    ngx_int_t  rc;

    if (call->opened) {
        rc = ngx_agent_reply_flush(call);   /* a heartbeat */

        if (rc != NGX_OK) {
            return rc;
        }

    } else if (ngx_agent_reply_open(call) != NGX_OK) {
        return NGX_ERROR;
    }

    swap = call->sending;
    call->sending = call->cached->whole;
    call->cached->whole = swap;
    call->ended = 1;

    return (ngx_agent_reply_write(call, 1) == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* ---- headers ---- */


ngx_str_t *
ngx_agent_cache_word(ngx_agent_call_t *call)
{
    static ngx_str_t  words[] = {
        ngx_string("bypass"), ngx_string("miss"), ngx_string("hit"),
        ngx_string("stale"), ngx_string("joined")
    };

    return &words[call->cached->state];
}


ngx_int_t
ngx_agent_cache_headers(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached == NULL
        || (call->error.class != AG_E_NONE && cached->answered))
    {
        return NGX_OK;      /* there was an answer, and it was not given */
    }

    if (ngx_agent_header_add(call, "x-agent-cache",
                             ngx_agent_cache_word(call))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!cached->valued) {
        return NGX_OK;
    }

    return (ngx_agent_cache_age_header(call) == NGX_OK)
           ? ngx_agent_cache_source(call) : NGX_ERROR;
}


static ngx_int_t
ngx_agent_cache_age_header(ngx_agent_call_t *call)
{
    ngx_str_t            age;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached->state == NGX_AGENT_CACHE_JOINED) {
        return NGX_OK;      /* it was made for this call, too */
    }

    age.data = ngx_pnalloc(call->pool, NGX_INT64_LEN);
    if (age.data == NULL) {
        return NGX_ERROR;
    }

    age.len = (size_t) (ngx_sprintf(age.data, "%uL", cached->age / 1000)
                        - age.data);

    return ngx_agent_header_add(call, "age", &age);
}


/* Who has given the answer. */
static ngx_int_t
ngx_agent_cache_source(ngx_agent_call_t *call)
{
    ngx_str_t          provider, model, attempts;
    ag_cache_value_t  *value;

    value = &call->cached->value;

    provider.data = (u_char *) value->provider.data;
    provider.len = value->provider.len;
    model.data = (u_char *) value->model.data;
    model.len = value->model.len;

    if (ngx_agent_header_add(call, "x-agent-provider", &provider) != NGX_OK
        || ngx_agent_header_add(call, "x-agent-model", &model) != NGX_OK)
    {
        return NGX_ERROR;
    }

    attempts.data = ngx_pnalloc(call->pool, NGX_INT32_LEN);
    if (attempts.data == NULL) {
        return NGX_ERROR;
    }

    attempts.len = (size_t) (ngx_sprintf(attempts.data, "%uD",
                                         call->chain.attempts)
                             - attempts.data);

    if (ngx_agent_header_add(call, "x-agent-attempts", &attempts) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_agent_cache_degraded(call);
}


/* "stale, fallback", or some of it. */
static ngx_int_t
ngx_agent_cache_degraded(ngx_agent_call_t *call)
{
    u_char            *p;
    ngx_str_t          words;
    ag_cache_value_t  *value;

    value = &call->cached->value;

    p = ngx_pnalloc(call->pool, sizeof("stale, fallback, repaired") + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    words.data = p;

    if (call->cached->state == NGX_AGENT_CACHE_STALE) {
        p = ngx_cpymem(p, "stale, ", sizeof("stale, ") - 1);
    }

    if (value->fallback) {
        p = ngx_cpymem(p, "fallback, ", sizeof("fallback, ") - 1);
    }

    if (value->repaired) {
        p = ngx_cpymem(p, "repaired, ", sizeof("repaired, ") - 1);
    }

    if (p == words.data) {
        return NGX_OK;
    }

    words.len = (size_t) (p - words.data) - 2;

    return ngx_agent_header_add(call, "x-agent-degraded", &words);
}
