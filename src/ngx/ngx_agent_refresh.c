/*
 * Copyright (C) ngx_agent authors
 *
 * stale_while_revalidate: a call without a client asks for what another one
 * has just been told from the cache.  It is the tenant's like that one, and
 * within the tenant's limits or not at all.
 *
 * nginx's own background subrequests keep their client's connection busy
 * until they end; a model may take minutes.  So the call gets a request that
 * has no connection, with a copy of what later phases read of the first.
 */


#include "ngx/ngx_agent_cache.h"


#define NGX_AGENT_REFRESH_POOL  4096    /* bytes */


static ngx_http_request_t *ngx_agent_refresh_request(ngx_agent_call_t *from);
static ngx_connection_t *ngx_agent_refresh_connection(ngx_pool_t *pool,
    ngx_http_request_t *r);
static ngx_int_t ngx_agent_refresh_headers(ngx_http_request_t *r,
    ngx_http_request_t *from);
static ngx_int_t ngx_agent_refresh_copy(ngx_agent_call_t *call,
    ngx_agent_call_t *from);
static ngx_int_t ngx_agent_refresh_question(ngx_agent_call_t *call,
    ngx_agent_call_t *from);
static ngx_int_t ngx_agent_refresh_text(ngx_pool_t *pool, ngx_str_t *to,
    ngx_str_t *from);


void
ngx_agent_refresh_start(ngx_agent_call_t *from)
{
    ngx_agent_call_t    *call;
    ngx_http_request_t  *r;

    r = ngx_agent_refresh_request(from);
    if (r == NULL) {
        return;
    }

    call = ngx_agent_call_create(r);

    if (call == NULL || ngx_agent_refresh_copy(call, from) != NGX_OK) {
        ngx_agent_refresh_end(r);
        return;
    }

    ngx_post_event(&call->wake, &ngx_posted_events);
}


void
ngx_agent_refresh_end(ngx_http_request_t *r)
{
    ngx_http_cleanup_t  *cln;

    cln = r->cleanup;
    r->cleanup = NULL;

    for ( /* void */ ; cln != NULL; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    ngx_destroy_pool(r->pool);
}


static ngx_http_request_t *
ngx_agent_refresh_request(ngx_agent_call_t *from)
{
    ngx_pool_t                 *pool;
    ngx_http_request_t         *r;
    ngx_http_core_main_conf_t  *cmcf;

    pool = ngx_create_pool(NGX_AGENT_REFRESH_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    r = ngx_pcalloc(pool, sizeof(ngx_http_request_t));
    if (r == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    cmcf = ngx_http_get_module_main_conf(from->r, ngx_http_core_module);

    r->signature = NGX_HTTP_MODULE;
    r->main = r;
    r->count = 1;
    r->pool = pool;
    r->method = from->r->method;
    r->http_version = NGX_HTTP_VERSION_11;
    r->start_sec = ngx_time();

    r->main_conf = from->r->main_conf;
    r->srv_conf = from->r->srv_conf;
    r->loc_conf = from->r->loc_conf;

    r->ctx = ngx_pcalloc(pool, sizeof(void *) * ngx_http_max_module);
    r->variables = ngx_pcalloc(pool, cmcf->variables.nelts
                                     * sizeof(ngx_http_variable_value_t));
    r->connection = ngx_agent_refresh_connection(pool, r);

    if (r->ctx == NULL || r->variables == NULL || r->connection == NULL
        || ngx_agent_refresh_text(pool, &r->args, &from->r->args) != NGX_OK
        || ngx_agent_refresh_headers(r, from->r) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    return r;
}


static ngx_connection_t *
ngx_agent_refresh_connection(ngx_pool_t *pool, ngx_http_request_t *r)
{
    ngx_log_t           *log;
    ngx_event_t         *ev;
    ngx_connection_t    *c;
    ngx_http_log_ctx_t  *ctx;

    c = ngx_pcalloc(pool, sizeof(ngx_connection_t));
    ev = ngx_pcalloc(pool, 2 * sizeof(ngx_event_t));
    log = ngx_pcalloc(pool, sizeof(ngx_log_t));
    ctx = ngx_pcalloc(pool, sizeof(ngx_http_log_ctx_t));

    if (c == NULL || ev == NULL || log == NULL || ctx == NULL) {
        return NULL;
    }

    *log = *ngx_cycle->log;
    log->data = ctx;            /* for ngx_http_set_log_request() */
    log->handler = NULL;

    ctx->connection = c;
    ctx->request = r;
    ctx->current_request = r;

    ev[0].data = c;
    ev[0].log = log;
    ev[1].data = c;
    ev[1].log = log;
    ev[1].write = 1;

    c->fd = (ngx_socket_t) -1;
    c->data = r;
    c->read = &ev[0];
    c->write = &ev[1];
    c->pool = pool;
    c->log = log;
    c->error = 1;

    return c;
}


static ngx_int_t
ngx_agent_refresh_headers(ngx_http_request_t *r, ngx_http_request_t *from)
{
    ngx_str_t         lowcase;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *copy;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 8,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_list_init(&r->headers_out.headers, r->pool, 4,
                         sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &from->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        copy = ngx_list_push(&r->headers_in.headers);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(copy, sizeof(ngx_table_elt_t));
        copy->hash = header[i].hash;
        lowcase.len = header[i].key.len;
        lowcase.data = header[i].lowcase_key;

        if (ngx_agent_refresh_text(r->pool, &copy->key, &header[i].key)
            != NGX_OK
            || ngx_agent_refresh_text(r->pool, &copy->value,
                                      &header[i].value)
               != NGX_OK
            || ngx_agent_refresh_text(r->pool, &lowcase, &lowcase) != NGX_OK)
        {
            return NGX_ERROR;
        }

        copy->lowcase_key = lowcase.data;
    }
}


/* What ADMIT and READ found out; the body is read again from its copy. */
static ngx_int_t
ngx_agent_refresh_copy(ngx_agent_call_t *call, ngx_agent_call_t *from)
{
    ngx_str_t  path;

    path.data = from->path.data - 1;    /* with the slash in front */
    path.len = from->path.len + 1;

    if (ngx_agent_refresh_text(call->pool, &call->request_id,
                               &from->request_id)
        != NGX_OK
        || ngx_agent_refresh_text(call->pool, &path, &path) != NGX_OK
        || ngx_agent_refresh_text(call->pool, &call->validation,
                                  &from->validation)
           != NGX_OK
        || ag_buf_add(&call->upload, from->body.data, from->body.len)
           != AG_OK)
    {
        return NGX_ERROR;
    }

    call->path.data = path.data + 1;
    call->path.len = path.len - 1;

    call->background = 1;
    call->gone = 1;
    call->endpoint = from->endpoint;
    call->client = from->client;
    call->tenant = from->tenant;
    call->key = from->key;
    call->body.data = call->upload.data;
    call->body.len = call->upload.len;
    call->model = from->model;
    call->routed = from->routed;

    if (ngx_agent_refresh_question(call, from) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_agent_gauge_add(call->main, AG_M_IN_FLIGHT, 1);
    call->held |= NGX_AGENT_HELD_FLIGHT;

    call->phase = NGX_AGENT_PHASE_READ;

    return NGX_OK;
}


/* The same question, whatever has been made of the body: LOOKUP finds it
 * there. */
static ngx_int_t
ngx_agent_refresh_question(ngx_agent_call_t *call, ngx_agent_call_t *from)
{
    ngx_str_t            asked, name;
    ngx_agent_cached_t  *cached;

    asked.data = (u_char *) from->asked.data;
    asked.len = from->asked.len;

    if (ngx_agent_refresh_text(call->pool, &name, &asked) != NGX_OK
        || ngx_agent_refresh_text(call->pool, &call->model_name,
                                  &from->model_name)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->asked = ngx_agent_str(&name);

    cached = ngx_agent_cache_alloc(call);
    if (cached == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(cached->key, from->cached->key, AG_CACHE_KEY);
    cached->rule = from->cached->rule;
    cached->owner = from->cached->owner;
    cached->model = from->cached->model;
    cached->keyed = 1;
    cached->may.store = 1;
    cached->may.join = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_refresh_text(ngx_pool_t *pool, ngx_str_t *to, ngx_str_t *from)
{
    u_char  *p;

    if (from->len == 0) {
        ngx_str_null(to);
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, from->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, from->data, from->len);
    to->len = from->len;
    to->data = p;

    return NGX_OK;
}
