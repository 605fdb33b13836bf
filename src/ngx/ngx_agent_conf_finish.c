/*
 * Copyright (C) ngx_agent authors
 *
 * The whole of http {} is read: names become pointers, what does not fit
 * together is refused at the place where it was written, tables are made.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_curl.h"


static ngx_int_t ngx_agent_conf_finish_gateway(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_finish_anonymous(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_finish_target(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_target_t *target);
static ngx_int_t ngx_agent_conf_finish_models(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);


ngx_int_t
ngx_agent_conf_finish(ngx_conf_t *cf)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    if (ngx_agent_conf_finish_gateway(cf, amcf) != NGX_OK
        || ngx_agent_conf_finish_models(cf, amcf) != NGX_OK
        || ngx_agent_conf_tables(cf, amcf) != NGX_OK
        || ngx_agent_conf_finish_anonymous(cf, amcf) != NGX_OK
        || ngx_agent_conf_plans(cf, amcf) != NGX_OK
        || ngx_agent_conf_members(cf, amcf) != NGX_OK
        || ngx_agent_conf_tags_finish(cf, amcf) != NGX_OK
        || ngx_agent_conf_redis_finish(cf, amcf) != NGX_OK
        || ngx_agent_conf_cache_zone_finish(cf, amcf) != NGX_OK
        || ngx_agent_conf_hosts(cf, amcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_agent_conf_price_check(cf, amcf);

    return ngx_agent_curl_conf(cf, amcf);
}


/* A gateway counts what it does, and serves somebody. */

static ngx_int_t
ngx_agent_conf_finish_gateway(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_agent_loc_conf_t  **gateway;

    if (amcf->gateways.nelts == 0) {
        return NGX_OK;
    }

    gateway = amcf->gateways.elts;

    if (amcf->zone == NULL) {
        (void) ngx_agent_conf_error(cf, &gateway[0]->place,
                                    "\"agent_gateway\" needs \"agent_zone "
                                    "NAME:SIZE\" in http {}");
        return NGX_ERROR;
    }

    if (amcf->tenants.nelts == 0 && !amcf->tenants_redis) {
        (void) ngx_agent_conf_error(cf, &gateway[0]->place,
                                    "\"agent_gateway\" needs at least one "
                                    "\"agent_tenant NAME { ... }\" in http {}");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_finish_anonymous(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    u_char                  allowed[NGX_AGENT_ALLOWED_MAX], *p;
    ngx_str_t              *name;
    ngx_uint_t              i;
    ngx_agent_loc_conf_t  **gateway;

    gateway = amcf->gateways.elts;

    for (i = 0; i < amcf->gateways.nelts; i++) {
        name = &gateway[i]->anonymous_name;

        if (name->len == 0) {
            continue;
        }

        gateway[i]->anonymous = ngx_agent_conf_tenant_named(amcf, name);

        if (gateway[i]->anonymous == NULL) {
            p = ngx_agent_conf_names(allowed, allowed + NGX_AGENT_ALLOWED_MAX,
                                     &amcf->tenants);

            (void) ngx_agent_conf_error(cf, &gateway[i]->place,
                                        "unknown tenant \"%V\" of "
                                        "\"agent_gateway anonymous\": "
                                        "allowed are %*s", name,
                                        (size_t) (p - allowed), allowed);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_finish_models(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t           i, j;
    ngx_agent_model_t  **model;
    ngx_agent_target_t  *target;

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        target = model[i]->targets.elts;

        for (j = 0; j < model[i]->targets.nelts; j++) {
            if (ngx_agent_conf_finish_target(cf, amcf, &target[j]) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        if (ngx_agent_conf_chain(cf, model[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_finish_target(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_target_t *target)
{
    u_char  allowed[NGX_AGENT_ALLOWED_MAX], *p;

    target->provider = ngx_agent_conf_provider_find(amcf,
                                                    &target->provider_name);
    if (target->provider != NULL) {
        return NGX_OK;
    }

    p = ngx_agent_conf_names(allowed, allowed + NGX_AGENT_ALLOWED_MAX,
                             &amcf->providers);

    if (amcf->providers.nelts == 0) {
        p = ngx_slprintf(p, allowed + NGX_AGENT_ALLOWED_MAX,
                         "none, there is no \"agent_provider\"");
    }

    (void) ngx_agent_conf_error(cf, &target->place,
                                "unknown provider \"%V\" of \"%s\": allowed "
                                "are %*s", &target->provider_name,
                                target->passthrough ? "agent_passthrough"
                                : target->tier ? "fallback" : "target",
                                (size_t) (p - allowed), allowed);
    return NGX_ERROR;
}


u_char *
ngx_agent_conf_names(u_char *p, u_char *last, ngx_array_t *named)
{
    ngx_str_t   **name;
    ngx_uint_t    i;

    name = named->elts;

    for (i = 0; i < named->nelts; i++) {

        if ((size_t) (last - p) < name[i]->len + sizeof(", , ...")) {
            return ngx_slprintf(p, last, ", ...");
        }

        p = ngx_slprintf(p, last, "%s%V", i ? ", " : "", name[i]);
    }

    return p;
}
