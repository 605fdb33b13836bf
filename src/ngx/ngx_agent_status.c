/*
 * Copyright (C) ngx_agent authors
 *
 * agent_status: the numbers as JSON, for Prometheus, and the health of this
 * worker.  Reads one snapshot and hands it to ag_render.h.  Shows names of
 * the configuration and numbers, never a key, a host or a URL.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_limit.h"


static ngx_int_t ngx_agent_status_post(ngx_http_request_t *r);
static ngx_uint_t ngx_agent_status_is_root(ngx_http_request_t *r);
static ngx_uint_t ngx_agent_status_health(ngx_agent_main_conf_t *amcf,
    ngx_str_t *body);
static ngx_int_t ngx_agent_status_render(ngx_http_request_t *r,
    ngx_agent_main_conf_t *amcf, ngx_uint_t form, ngx_str_t *body);
static void ngx_agent_status_cleanup(void *data);
static ngx_int_t ngx_agent_status_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, ngx_str_t *body);
static char *ngx_agent_status_word(ngx_conf_t *cf,
    ngx_agent_loc_conf_t *alcf, ngx_str_t *word);
static char *ngx_agent_status_manage(ngx_conf_t *cf,
    ngx_agent_loc_conf_t *alcf, ngx_str_t *word);


static ngx_str_t  ngx_agent_status_json = ngx_string("application/json");
static ngx_str_t  ngx_agent_status_text =
    ngx_string("text/plain; version=0.0.4; charset=utf-8");


/* Refusals are made by nginx, and put into our shape by the filter. */
ngx_int_t
ngx_agent_status_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body, *type, allow;
    ngx_uint_t              status;
    ngx_agent_loc_conf_t   *alcf;
    ngx_agent_main_conf_t  *amcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_agent_module);

    if (alcf->manage && r->method == NGX_HTTP_POST) {
        return ngx_agent_status_post(r);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        ngx_str_set(&allow, "GET, HEAD");

        return ngx_agent_request_add_header(r, "allow", &allow) == NGX_OK
               ? NGX_HTTP_NOT_ALLOWED : NGX_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    status = NGX_HTTP_OK;
    type = &ngx_agent_status_json;

    if (alcf->status == NGX_AGENT_STATUS_HEALTH) {
        status = ngx_agent_status_health(amcf, &body);
        return ngx_agent_status_send(r, status, type, &body);
    }

    if (alcf->status == NGX_AGENT_STATUS_JSON && !ngx_agent_status_is_root(r))
    {
        return NGX_HTTP_NOT_FOUND;
    }

    if (alcf->status == NGX_AGENT_STATUS_PROMETHEUS) {
        type = &ngx_agent_status_text;
    }

    if (ngx_agent_status_render(r, amcf, alcf->status, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_agent_status_send(r, status, type, &body);
}


static ngx_int_t
ngx_agent_status_post(ngx_http_request_t *r)
{
    ngx_int_t   rc;
    ngx_str_t   body;
    ngx_uint_t  status;

    rc = ngx_agent_manage(r, &body);

    if (rc != NGX_OK && rc != NGX_DECLINED && rc != NGX_ABORT) {
        return rc;
    }

    status = (rc == NGX_OK) ? NGX_HTTP_OK
             : (rc == NGX_DECLINED) ? NGX_HTTP_NOT_FOUND
             : NGX_HTTP_BAD_REQUEST;

    return ngx_agent_status_send(r, status, &ngx_agent_status_json, &body);
}


/*
 * The location itself, with or without a slash.  What is below it belongs to
 * pages to come and is not there yet.
 */
static ngx_uint_t
ngx_agent_status_is_root(ngx_http_request_t *r)
{
    size_t                     len;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    len = clcf->name.len;

    if (r->uri.len < len
        || ngx_strncmp(r->uri.data, clcf->name.data, len) != 0)
    {
        return 1;       /* a regular expression or a name: it has no below */
    }

    return r->uri.len == len
           || (r->uri.len == len + 1 && r->uri.data[len] == '/');
}


/*
 * May a load balancer send requests here?  Not while this worker leaves, and
 * not where no provider has its key.  Whether providers answer is not asked: a
 * gateway that is taken away since a provider is down helps nobody.
 */
static ngx_uint_t
ngx_agent_status_health(ngx_agent_main_conf_t *amcf, ngx_str_t *body)
{
    ngx_uint_t              i, usable;
    ngx_agent_provider_t  **providers;

    if (ngx_exiting || ngx_terminate || ngx_quit) {
        ngx_str_set(body, "{\"status\":\"stopping\"}");
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    providers = amcf->providers.elts;
    usable = (amcf->providers.nelts == 0);

    for (i = 0; i < amcf->providers.nelts; i++) {
        usable |= !providers[i]->disabled;
    }

    if (!usable) {
        ngx_str_set(body, "{\"status\":\"no_provider\"}");
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_str_set(body, "{\"status\":\"ok\"}");

    return NGX_HTTP_OK;
}


static ngx_int_t
ngx_agent_status_render(ngx_http_request_t *r, ngx_agent_main_conf_t *amcf,
    ngx_uint_t form, ngx_str_t *body)
{
    int                  rc;
    ag_buf_t            *out;
    ag_snapshot_t        snapshot;
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(r->pool, sizeof(ag_buf_t));
    if (cleanup == NULL) {
        return NGX_ERROR;
    }

    out = cleanup->data;
    ag_buf_init(out, AG_STATUS_MAX);
    cleanup->handler = ngx_agent_status_cleanup;

    if (ngx_agent_metric_snapshot(amcf, r->pool, &snapshot) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = (form == NGX_AGENT_STATUS_PROMETHEUS)
         ? ag_render_prometheus(out, &snapshot)
         : ag_render_json(out, &snapshot);

    if (rc != AG_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "agent: status page failed, code: %d, bytes: %uz",
                      rc, out->len);
        return NGX_ERROR;
    }

    body->data = out->data;
    body->len = out->len;

    return NGX_OK;
}


static void
ngx_agent_status_cleanup(void *data)
{
    ag_buf_free(data);
}


static ngx_int_t
ngx_agent_status_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_str_t     fresh;
    ngx_chain_t   out;

    ngx_str_set(&fresh, "no-store");

    if (ngx_agent_request_add_header(r, "cache-control", &fresh) != NGX_OK) {
        return NGX_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = body->len;
    r->disable_not_modified = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* ---- configuration ---- */


char *
ngx_agent_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_loc_conf_t *alcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_agent_main_conf_t     *amcf;
    ngx_http_core_loc_conf_t  *clcf;

    if (alcf->status != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_agent_status_word(cf, alcf, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (alcf->status == 0) {
        alcf->status = NGX_AGENT_STATUS_JSON;
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    if ((alcf->status != NGX_AGENT_STATUS_HEALTH || alcf->manage)
        && amcf->status_at.line == 0)
    {
        ngx_agent_conf_here(cf, &amcf->status_at);
    }

    ngx_agent_conf_here(cf, &alcf->place);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* a handler that is there already is refused when locations are merged */

    if (clcf->handler == NULL) {
        clcf->handler = ngx_agent_status_handler;
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_status_word(ngx_conf_t *cf, ngx_agent_loc_conf_t *alcf,
    ngx_str_t *word)
{
    ngx_uint_t  form;

    if (ngx_strncmp(word->data, "manage=", 7) == 0) {
        return ngx_agent_status_manage(cf, alcf, word);
    }

    if (ngx_strcmp(word->data, "prometheus") == 0) {
        form = NGX_AGENT_STATUS_PROMETHEUS;

    } else if (ngx_strcmp(word->data, "health") == 0) {
        form = NGX_AGENT_STATUS_HEALTH;

    } else if (word->len >= AG_KEY_MIN) {
        return ngx_agent_conf_error(cf, NULL,
                                    "unknown form of \"agent_status\" (not "
                                    "shown, it may be a secret): allowed are "
                                    "prometheus, health, or nothing for "
                                    "JSON; and manage=");

    } else {
        return ngx_agent_conf_error(cf, NULL,
                                    "unknown form \"%V\" of \"agent_status\": "
                                    "allowed are prometheus, health, or "
                                    "nothing for JSON; and manage=", word);
    }

    if (alcf->status != 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "a second form \"%V\" of "
                                    "\"agent_status\": allowed is one of "
                                    "prometheus, health", word);
    }

    alcf->status = form;

    return NGX_CONF_OK;
}


static char *
ngx_agent_status_manage(ngx_conf_t *cf, ngx_agent_loc_conf_t *alcf,
    ngx_str_t *word)
{
    ngx_str_t  token;

    if (alcf->manage) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"manage\" is given twice in "
                                    "\"agent_status\"");
    }

    token.data = word->data + 7;
    token.len = word->len - 7;

    alcf->manage = 1;

    return ngx_agent_conf_secret_digest(cf, NGX_AGENT_SECRET_TOKEN, &token,
                                        alcf->manage_digest);
}


ngx_int_t
ngx_agent_status_init(ngx_conf_t *cf)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    if (amcf->status_at.line != 0 && amcf->zone == NULL) {
        (void) ngx_agent_conf_error(cf, &amcf->status_at,
                                    "\"agent_status\" needs \"agent_zone "
                                    "NAME:SIZE\" in http {}");
        return NGX_ERROR;
    }

    return NGX_OK;
}
