/*
 * Copyright (C) ngx_agent authors
 *
 * agent_passthrough: paths that go to a provider as they came, methods, query
 * and body unread.  Such a call has a model of its own, which no client can
 * name, with the provider as its only target.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_PASSTHROUGH_METHODS                                         \
    (NGX_HTTP_GET|NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH|NGX_HTTP_DELETE)


#define NGX_AGENT_PASSTHROUGH_OURS  64  /* bytes; the longest own endpoint has
                                           21, but for a model's name */


typedef struct {
    ngx_str_t           path;       /* without a slash in front */
    ngx_uint_t          prefix;     /* it ended with "*" */
    ngx_agent_model_t  *model;
} ngx_agent_passthrough_t;


static char *ngx_agent_passthrough_add(ngx_conf_t *cf, ngx_str_t *path,
    ngx_array_t *paths, ngx_agent_model_t *model);
static ngx_uint_t ngx_agent_passthrough_is_path(ngx_str_t *path);
static ngx_uint_t ngx_agent_passthrough_is_ours(ngx_str_t *path);
static ngx_agent_model_t *ngx_agent_passthrough_model(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *provider);


/* ---- configuration ---- */


char *
ngx_agent_passthrough(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_loc_conf_t *alcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_agent_model_t      *model;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);
    value = cf->args->elts;

    if (ngx_agent_conf_name(cf, "provider", &value[1], AG_NAME_PLAIN)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (alcf->passthrough == NULL) {
        ngx_agent_conf_here(cf, &alcf->passthrough_at);

        alcf->passthrough = ngx_array_create(cf->pool, 4,
                                             sizeof(ngx_agent_passthrough_t));
        if (alcf->passthrough == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    model = ngx_agent_passthrough_model(cf, amcf, &value[1]);
    if (model == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_agent_passthrough_add(cf, &value[i], alcf->passthrough, model)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_passthrough_add(ngx_conf_t *cf, ngx_str_t *path, ngx_array_t *paths,
    ngx_agent_model_t *model)
{
    ngx_str_t                 rest;
    ngx_agent_passthrough_t  *passthrough;

    rest = *path;

    while (rest.len != 0 && rest.data[0] == '/') {
        rest.data++;
        rest.len--;
    }

    if (!ngx_agent_passthrough_is_path(&rest)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid path \"%V\" of "
                                    "\"agent_passthrough\": allowed are paths "
                                    "below the location, like "
                                    "images/generations or audio/*", path);
    }

    passthrough = ngx_array_push(paths);
    if (passthrough == NULL) {
        return NGX_CONF_ERROR;
    }

    passthrough->prefix = (rest.data[rest.len - 1] == '*');
    passthrough->path = rest;
    passthrough->path.len -= passthrough->prefix;
    passthrough->model = model;

    if (ngx_agent_passthrough_is_ours(&passthrough->path)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "path \"%V\" of \"agent_passthrough\" is "
                                    "one of the gateway's own endpoints",
                                    path);
    }

    return NGX_CONF_OK;
}


/* Letters of a path as nginx reads it; "*" stands at the end or nowhere. */
static ngx_uint_t
ngx_agent_passthrough_is_path(ngx_str_t *path)
{
    u_char      c, letter;
    ngx_uint_t  i;

    if (path->len == 0 || path->data[0] == '*' || path->len > AG_PATH_MAX) {
        return 0;
    }

    for (i = 0; i < path->len; i++) {
        c = path->data[i];
        letter = (u_char) (c | 0x20);

        if (c == '*') {
            return i == path->len - 1;
        }

        if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9')
            && c != '_' && c != '-' && c != '.' && c != ':' && c != '/')
        {
            return 0;
        }

        if (i > 0 && (c == '/' || c == '.') && path->data[i - 1] == c) {
            return 0;
        }
    }

    return 1;
}


/*
 * Would a provider take it for one of the gateway's own endpoints?  Those are
 * never passed unread: models and stored answers are not for everybody.  Some
 * servers forgive a slash more, capitals, or parameters of a segment.
 */
static ngx_uint_t
ngx_agent_passthrough_is_ours(ngx_str_t *path)
{
    u_char      buf[NGX_AGENT_PASSTHROUGH_OURS], c;
    size_t      len;
    ngx_uint_t  i;

    len = 0;

    for (i = 0; i < path->len && len < sizeof(buf); i++) {
        c = ngx_tolower(path->data[i]);

        if (c == ';') {
            break;
        }

        if (c != '/' || (len != 0 && buf[len - 1] != '/')) {
            buf[len++] = c;
        }
    }

    while (len != 0 && (buf[len - 1] == '/' || buf[len - 1] == ' ')) {
        len--;
    }

    return ag_endpoint_find(ag_str(buf, len)) != AG_ENDPOINT_MAX;
}


/* The hidden model of a provider, made when it is first needed. */
static ngx_agent_model_t *
ngx_agent_passthrough_model(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *provider)
{
    u_char              *p;
    ngx_str_t            name;
    ngx_uint_t           i;
    ngx_agent_model_t  **models, *model;
    ngx_agent_target_t  *target;

    name.len = sizeof("passthrough:") - 1 + provider->len;
    name.data = ngx_pnalloc(cf->pool, 2 * name.len);

    if (name.data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(name.data, "passthrough:", sizeof("passthrough:") - 1);
    ngx_memcpy(p, provider->data, provider->len);

    models = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        if (ag_str_equal(ngx_agent_str(&models[i]->name),
                         ngx_agent_str(&name)))
        {
            return models[i];
        }
    }

    model = ngx_agent_conf_model_hidden(cf, amcf, &name);

    target = model ? ngx_array_push(&model->targets) : NULL;
    if (target == NULL) {
        return NULL;
    }

    ngx_memzero(target, sizeof(ngx_agent_target_t));

    target->weight = 1;
    target->any = 1;
    target->passthrough = 1;
    target->provider_name = *provider;
    target->name = name;
    ngx_agent_conf_here(cf, &target->place);

    return model;
}


/* ---- calls ---- */


ngx_int_t
ngx_agent_passthrough_find(ngx_agent_call_t *call)
{
    ngx_uint_t                i;
    ngx_array_t              *paths;
    ngx_agent_passthrough_t  *passthrough;

    paths = call->conf->passthrough;

    if (paths == NULL) {
        return AG_E_UNKNOWN_ROUTE;
    }

    passthrough = paths->elts;

    for (i = 0; i < paths->nelts; i++) {

        if (call->path.len < passthrough[i].path.len
            || (call->path.len > passthrough[i].path.len
                && !passthrough[i].prefix)
            || ngx_memcmp(call->path.data, passthrough[i].path.data,
                          passthrough[i].path.len)
               != 0)
        {
            continue;
        }

        if (ngx_agent_passthrough_is_ours(&call->path)) {
            return AG_E_UNKNOWN_ROUTE;
        }

        call->raw = 1;
        call->passthrough = passthrough[i].model;
        call->model_name = call->passthrough->name;

        return (call->r->method & NGX_AGENT_PASSTHROUGH_METHODS)
               ? NGX_OK : AG_E_METHOD;
    }

    return AG_E_UNKNOWN_ROUTE;
}


/*
 * What matched is nginx's reading of the path, so that is what goes out, in
 * escapes again: a path that was written otherwise cannot mean another one.
 */
ngx_int_t
ngx_agent_passthrough_path(ngx_agent_call_t *call, ngx_str_t *path)
{
    u_char     *p;
    uintptr_t   escapes;

    escapes = ngx_escape_uri(NULL, call->path.data, call->path.len,
                             NGX_ESCAPE_URI);

    p = ngx_pnalloc(call->pool, 1 + call->path.len + 2 * escapes);
    if (p == NULL) {
        return NGX_ERROR;
    }

    path->data = p;
    *p++ = '/';

    if (escapes == 0) {
        p = ngx_cpymem(p, call->path.data, call->path.len);

    } else {
        p = (u_char *) ngx_escape_uri(p, call->path.data, call->path.len,
                                      NGX_ESCAPE_URI);
    }

    path->len = (size_t) (p - path->data);

    return NGX_OK;
}
