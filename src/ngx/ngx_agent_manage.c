/*
 * Copyright (C) ngx_agent authors
 *
 * What an operator may do below agent_status with manage=: POST
 * .../sessions/ID/stop.  Who comes without the token learns nothing, not even
 * which sessions there are.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_key.h"


static ngx_uint_t ngx_agent_manage_allowed(ngx_http_request_t *r,
    ngx_agent_loc_conf_t *alcf);
static ngx_uint_t ngx_agent_manage_session(ngx_http_request_t *r,
    ngx_str_t *session);


static ngx_str_t  ngx_agent_manage_unknown = ngx_string(
    "{\"error\":{\"message\":\"No session of that id is known: only those of "
    "tenants with a \\\"session\\\" line are, and of tenants in Redis with "
    "?tenant=NAME.\",\"type\":\"invalid_request_error\",\"param\":null,"
    "\"code\":\"session_not_found\"}}");


ngx_int_t
ngx_agent_manage(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t               rc;
    ngx_str_t               session, name;
    ngx_uint_t              n;
    ngx_agent_loc_conf_t   *alcf;
    ngx_agent_main_conf_t  *amcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_agent_module);
    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_agent_manage_allowed(r, alcf)) {
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (!ngx_agent_manage_session(r, &session)) {
        return NGX_HTTP_NOT_FOUND;
    }

    ngx_str_null(&name);

    /* "?tenant=" with nothing behind it is nobody, not everybody */

    n = (ngx_http_arg(r, (u_char *) "tenant", 6, &name) == NGX_OK
         && name.len == 0)
        ? 0 : ngx_agent_session_stop(amcf, &session, &name);

    if (n == 0) {
        *body = ngx_agent_manage_unknown;
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "agent: session \"%V\" was stopped", &session);

    body->data = ngx_pnalloc(r->pool, session.len + 64);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = ngx_sprintf(body->data,
                            "{\"session\":\"%V\",\"stopped\":true}", &session)
                - body->data;

    return NGX_OK;
}


static ngx_uint_t
ngx_agent_manage_allowed(ngx_http_request_t *r, ngx_agent_loc_conf_t *alcf)
{
    u_char      digest[AG_KEY_DIGEST];
    ngx_str_t  *value, token;

    value = ngx_agent_request_header(r, "authorization");

    if (value == NULL || value->len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(value->data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return 0;
    }

    token.data = value->data + sizeof("Bearer ") - 1;
    token.len = value->len - (sizeof("Bearer ") - 1);

    ag_key_digest(ngx_agent_str(&token), digest);

    return (ngx_uint_t) ag_key_equal(digest, alcf->manage_digest);
}


/* "/sessions/ID/stop" behind the location. */
static ngx_uint_t
ngx_agent_manage_session(ngx_http_request_t *r, ngx_str_t *session)
{
    u_char                    *p, *last;
    ngx_http_core_loc_conf_t  *clcf;

    static const char  sessions[] = "sessions/", stop[] = "/stop";

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    p = r->uri.data + ngx_min(clcf->name.len, r->uri.len);
    last = r->uri.data + r->uri.len;

    while (p < last && *p == '/') {
        p++;
    }

    if ((size_t) (last - p) <= sizeof(sessions) - 1 + sizeof(stop) - 1
        || ngx_strncmp(p, sessions, sizeof(sessions) - 1) != 0
        || ngx_strncmp(last - (sizeof(stop) - 1), stop, sizeof(stop) - 1)
           != 0)
    {
        return 0;
    }

    session->data = p + sizeof(sessions) - 1;
    session->len = (size_t) (last - session->data) - (sizeof(stop) - 1);

    return (ngx_uint_t) ag_session_id_valid(ngx_agent_str(session));
}
