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
static ngx_int_t ngx_agent_conf_finish_target(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_target_t *target);
static ngx_int_t ngx_agent_conf_finish_models(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_finish_tenants(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_uint_t ngx_agent_conf_finish_known(ngx_agent_main_conf_t *amcf,
    ngx_str_t *pattern);


ngx_int_t
ngx_agent_conf_finish(ngx_conf_t *cf)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    if (ngx_agent_conf_finish_gateway(cf, amcf) != NGX_OK
        || ngx_agent_conf_finish_models(cf, amcf) != NGX_OK
        || ngx_agent_conf_tables(cf, amcf) != NGX_OK
        || ngx_agent_conf_finish_tenants(cf, amcf) != NGX_OK
        || ngx_agent_conf_hosts(cf, amcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_curl_conf(cf, amcf);
}


/* A gateway counts what it does, and serves somebody. */

static ngx_int_t
ngx_agent_conf_finish_gateway(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    if (amcf->gateways == 0) {
        return NGX_OK;
    }

    if (amcf->zone == NULL) {
        (void) ngx_agent_conf_error(cf, &amcf->gateway_at,
                                    "\"agent_gateway\" needs \"agent_zone "
                                    "NAME:SIZE\" in http {}");
        return NGX_ERROR;
    }

    if (amcf->tenants.nelts == 0) {
        (void) ngx_agent_conf_error(cf, &amcf->gateway_at,
                                    "\"agent_gateway\" needs at least one "
                                    "\"agent_tenant NAME { ... }\" in http {}");
        return NGX_ERROR;
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
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_finish_target(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_target_t *target)
{
    u_char                  allowed[NGX_AGENT_ALLOWED_MAX], *p;
    ngx_uint_t              i;
    ngx_agent_provider_t  **provider;

    target->provider = ngx_agent_conf_provider_find(amcf,
                                                    &target->provider_name);
    if (target->provider != NULL) {
        return NGX_OK;
    }

    p = allowed;
    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        p = ngx_slprintf(p, allowed + NGX_AGENT_ALLOWED_MAX, "%s%V",
                         i ? ", " : "", &provider[i]->name);
    }

    if (amcf->providers.nelts == 0) {
        p = ngx_slprintf(p, allowed + NGX_AGENT_ALLOWED_MAX,
                         "none, there is no \"agent_provider\"");
    }

    (void) ngx_agent_conf_error(cf, &target->place,
                                "unknown provider \"%V\" of \"target\": "
                                "allowed are %*s", &target->provider_name,
                                (size_t) (p - allowed), allowed);
    return NGX_ERROR;
}


static ngx_int_t
ngx_agent_conf_finish_tenants(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_str_t            *pattern;
    ngx_uint_t            i, j;
    ngx_agent_tenant_t  **tenant;

    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        pattern = tenant[i]->models.elts;

        for (j = 0; j < tenant[i]->models.nelts; j++) {

            if (ngx_agent_conf_finish_known(amcf, &pattern[j])) {
                continue;
            }

            (void) ngx_agent_conf_error(cf, &tenant[i]->models_at,
                                        "unknown model \"%V\" in \"models\" "
                                        "of tenant \"%V\": allowed are names "
                                        "and aliases of \"agent_model\", and "
                                        "prefixes of them", &pattern[j],
                                        &tenant[i]->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Is there a model that a name of this pattern could mean? */

static ngx_uint_t
ngx_agent_conf_finish_known(ngx_agent_main_conf_t *amcf, ngx_str_t *pattern)
{
    ngx_str_t           *name;
    ngx_uint_t           i, j;
    ngx_agent_model_t  **model;

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        name = model[i]->names.elts;

        for (j = 0; j < model[i]->names.nelts; j++) {
            if (ag_name_overlaps(ngx_agent_str(pattern),
                                 ngx_agent_str(&name[j])))
            {
                return 1;
            }
        }
    }

    return 0;
}
