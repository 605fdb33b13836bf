/*
 * Copyright (C) ngx_agent authors
 *
 * What an operator may do below agent_status with manage=: POST
 * .../sessions/ID/stop and POST .../cache/purge.  Who comes without the token
 * learns nothing, not even which sessions there are.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"
#include "core/ag_key.h"


/* What ".../cache/purge" was asked for; empty: not given. */
typedef struct {
    ngx_str_t    tenant;
    ngx_str_t    model;
    ngx_str_t    scope;
    ngx_str_t    all;
    unsigned     empty:1;           /* one of them has no value */
} ngx_agent_manage_purge_t;


static ngx_uint_t ngx_agent_manage_allowed(ngx_http_request_t *r,
    ngx_agent_loc_conf_t *alcf);
static ngx_str_t ngx_agent_manage_path(ngx_http_request_t *r);
static ngx_uint_t ngx_agent_manage_session(ngx_str_t *path,
    ngx_str_t *session);
static ngx_int_t ngx_agent_manage_stop(ngx_http_request_t *r,
    ngx_str_t *session, ngx_str_t *body);
static ngx_int_t ngx_agent_manage_purge(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_agent_manage_purge_read(ngx_http_request_t *r,
    ngx_agent_manage_purge_t *asked);
static ngx_int_t ngx_agent_manage_arg(ngx_http_request_t *r,
    const char *name, ngx_str_t *value, ngx_agent_manage_purge_t *asked);
static const char *ngx_agent_manage_purge_check(
    ngx_agent_manage_purge_t *asked);
static ngx_int_t ngx_agent_manage_refuse(ngx_http_request_t *r,
    const char *message, ngx_str_t *body);
static ngx_int_t ngx_agent_manage_purged(ngx_http_request_t *r,
    ngx_agent_manage_purge_t *asked, ngx_uint_t n, ngx_str_t *body);
static int ngx_agent_manage_name(ag_buf_t *out, const char *name,
    ngx_str_t *value);


static ngx_str_t  ngx_agent_manage_unknown = ngx_string(
    "{\"error\":{\"message\":\"No session of that id is known: only those of "
    "tenants with a \\\"session\\\" line are, and of tenants in Redis with "
    "?tenant=NAME.\",\"type\":\"invalid_request_error\",\"param\":null,"
    "\"code\":\"session_not_found\"}}");

static ngx_str_t  ngx_agent_manage_no_cache = ngx_string(
    "{\"error\":{\"message\":\"There is no cache: the configuration has no "
    "\\\"agent_cache_zone\\\".\",\"type\":\"invalid_request_error\","
    "\"param\":null,\"code\":\"cache_not_found\"}}");


ngx_int_t
ngx_agent_manage(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t              rc;
    ngx_str_t              path, session;
    ngx_agent_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_agent_module);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_agent_manage_allowed(r, alcf)) {
        return NGX_HTTP_UNAUTHORIZED;
    }

    path = ngx_agent_manage_path(r);

    if (path.len == sizeof("cache/purge") - 1
        && ngx_strncmp(path.data, "cache/purge", path.len) == 0)
    {
        return ngx_agent_manage_purge(r, body);
    }

    return ngx_agent_manage_session(&path, &session)
           ? ngx_agent_manage_stop(r, &session, body) : NGX_HTTP_NOT_FOUND;
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


/* Behind the location. */
static ngx_str_t
ngx_agent_manage_path(ngx_http_request_t *r)
{
    ngx_str_t                  path;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    path = r->uri;
    path.data += ngx_min(clcf->name.len, r->uri.len);
    path.len -= ngx_min(clcf->name.len, r->uri.len);

    while (path.len != 0 && path.data[0] == '/') {
        path.data++;
        path.len--;
    }

    return path;
}


/* ---- sessions ---- */


/* "sessions/ID/stop". */
static ngx_uint_t
ngx_agent_manage_session(ngx_str_t *path, ngx_str_t *session)
{
    size_t  before, behind;

    static const char  sessions[] = "sessions/", stop[] = "/stop";

    before = sizeof(sessions) - 1;
    behind = sizeof(stop) - 1;

    if (path->len <= before + behind
        || ngx_strncmp(path->data, sessions, before) != 0
        || ngx_strncmp(path->data + path->len - behind, stop, behind) != 0)
    {
        return 0;
    }

    session->data = path->data + before;
    session->len = path->len - before - behind;

    return (ngx_uint_t) ag_session_id_valid(ngx_agent_str(session));
}


static ngx_int_t
ngx_agent_manage_stop(ngx_http_request_t *r, ngx_str_t *session,
    ngx_str_t *body)
{
    ngx_str_t               name;
    ngx_uint_t              n;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);
    ngx_str_null(&name);

    /* "?tenant=" with nothing behind it is nobody, not everybody */

    n = (ngx_http_arg(r, (u_char *) "tenant", 6, &name) == NGX_OK
         && name.len == 0)
        ? 0 : ngx_agent_session_stop(amcf, session, &name);

    if (n == 0) {
        *body = ngx_agent_manage_unknown;
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "agent: session \"%V\" was stopped", session);

    body->data = ngx_pnalloc(r->pool, session->len + 64);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = ngx_sprintf(body->data,
                            "{\"session\":\"%V\",\"stopped\":true}", session)
                - body->data;

    return NGX_OK;
}


/* ---- the cache ---- */


/* Names need not be of this configuration: what they have left may be there
 * all the same. */
static ngx_int_t
ngx_agent_manage_purge(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_uint_t                 n;
    const char                *wrong;
    ag_cache_purge_t           what;
    ngx_agent_model_t         *model;
    ngx_agent_main_conf_t     *amcf;
    ngx_agent_manage_purge_t   asked;

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    if (amcf->cache == NULL) {
        *body = ngx_agent_manage_no_cache;
        return NGX_DECLINED;
    }

    if (ngx_agent_manage_purge_read(r, &asked) != NGX_OK) {
        return NGX_ERROR;
    }

    wrong = ngx_agent_manage_purge_check(&asked);

    if (wrong != NULL) {
        return ngx_agent_manage_refuse(r, wrong, body);
    }

    model = asked.model.len ? ngx_agent_conf_model(amcf, &asked.model) : NULL;

    if (model != NULL) {
        asked.model = model->name;
    }

    what.owner = (asked.tenant.len || asked.scope.len)
                 ? ag_cache_id(ngx_agent_str(&asked.tenant)) : 0;
    what.model = asked.model.len ? ag_cache_id(ngx_agent_str(&asked.model))
                                 : 0;

    n = ngx_agent_cache_purge(amcf, &what);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "agent: cache purged, tenant: \"%V\", model: \"%V\", "
                  "answers: %ui", &asked.tenant, &asked.model, n);

    return ngx_agent_manage_purged(r, &asked, n, body);
}


static ngx_int_t
ngx_agent_manage_purge_read(ngx_http_request_t *r,
    ngx_agent_manage_purge_t *asked)
{
    ngx_memzero(asked, sizeof(ngx_agent_manage_purge_t));

    return (ngx_agent_manage_arg(r, "tenant", &asked->tenant, asked) == NGX_OK
            && ngx_agent_manage_arg(r, "model", &asked->model, asked)
               == NGX_OK
            && ngx_agent_manage_arg(r, "scope", &asked->scope, asked)
               == NGX_OK
            && ngx_agent_manage_arg(r, "all", &asked->all, asked) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_agent_manage_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value, ngx_agent_manage_purge_t *asked)
{
    u_char     *from, *to;
    ngx_str_t   raw;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK) {
        return NGX_OK;
    }

    if (raw.len == 0) {
        asked->empty = 1;
        return NGX_OK;
    }

    value->data = ngx_pnalloc(r->pool, raw.len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    from = raw.data;
    to = value->data;
    ngx_unescape_uri(&to, &from, raw.len, 0);
    value->len = (size_t) (to - value->data);

    return NGX_OK;
}


/* NULL: it is clear what is meant. */
static const char *
ngx_agent_manage_purge_check(ngx_agent_manage_purge_t *asked)
{
    if (asked->empty) {
        return "An argument has no value: leave it out, or give the name that "
               "is meant.";
    }

    if (asked->scope.len
        && (asked->scope.len != 6
            || ngx_strncmp(asked->scope.data, "global", 6) != 0))
    {
        return "The only scope that can be named is global, for answers of "
               "cache_scope global.";
    }

    if (asked->scope.len && asked->tenant.len) {
        return "Answers of scope global are nobody's: leave out either tenant "
               "or scope.";
    }

    if (asked->all.len
        && (asked->all.len != 1 || asked->all.data[0] != '1'))
    {
        return "The argument all is 1, or it is left out.";
    }

    if (asked->tenant.len || asked->model.len || asked->scope.len) {
        return asked->all.len ? "Either all=1 or tenant, model or scope, not "
                                "both." : NULL;
    }

    return asked->all.len ? NULL : "Say what to purge: tenant=NAME, "
                                   "model=NAME, both, scope=global, or all=1.";
}


static ngx_int_t
ngx_agent_manage_refuse(ngx_http_request_t *r, const char *message,
    ngx_str_t *body)
{
    body->data = ngx_pnalloc(r->pool, ngx_strlen(message) + 128);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = ngx_sprintf(body->data,
                            "{\"error\":{\"message\":\"%s\",\"type\":"
                            "\"invalid_request_error\",\"param\":null,"
                            "\"code\":\"bad_request\"}}", message)
                - body->data;

    return NGX_ABORT;
}


static ngx_int_t
ngx_agent_manage_purged(ngx_http_request_t *r,
    ngx_agent_manage_purge_t *asked, ngx_uint_t n, ngx_str_t *body)
{
    ag_buf_t   out;
    ngx_int_t  rc;

    rc = NGX_ERROR;
    ag_buf_init(&out, AG_HEADERS_MAX + 6 * r->args.len);

    if (ag_buf_add_string(&out, "{\"purged\":") == AG_OK
        && ag_buf_add_number(&out, n) == AG_OK
        && ngx_agent_manage_name(&out, ",\"tenant\":", &asked->tenant) == AG_OK
        && ngx_agent_manage_name(&out, ",\"model\":", &asked->model) == AG_OK
        && ngx_agent_manage_name(&out, ",\"scope\":", &asked->scope) == AG_OK
        && ag_buf_add(&out, "}", 1) == AG_OK)
    {
        body->len = out.len;
        body->data = ngx_pnalloc(r->pool, out.len);

        if (body->data != NULL) {
            ngx_memcpy(body->data, out.data, out.len);
            rc = NGX_OK;
        }
    }

    ag_buf_free(&out);

    return rc;
}


static int
ngx_agent_manage_name(ag_buf_t *out, const char *name, ngx_str_t *value)
{
    int  rc;

    rc = ag_buf_add_string(out, name);

    if (rc == AG_OK && value->len == 0) {
        return ag_buf_add(out, "null", 4);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(out, "\"", 1);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add_json(out, ngx_agent_str(value));
    }

    return (rc == AG_OK) ? ag_buf_add(out, "\"", 1) : rc;
}
