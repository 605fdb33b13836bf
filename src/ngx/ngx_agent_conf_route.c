/*
 * Copyright (C) ngx_agent authors
 *
 * "route A B [share=5%]" of a tenant or a plan: who asks for A is answered by
 * B.  Nothing is routed twice.
 */


#include "ngx/ngx_agent_conf.h"


static ngx_agent_detour_t *ngx_agent_conf_route_create(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant);


static const ngx_agent_option_t  ngx_agent_route_options[] = {

    { ngx_string("share"), NGX_AGENT_SHARE,
      offsetof(ngx_agent_detour_t, share), 1, 1000, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_route(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_uint_t           i;
    ngx_agent_detour_t  *detour, *other;

    detour = ngx_agent_conf_route_create(cf, tenant);
    if (detour == NULL) {
        return NGX_CONF_ERROR;
    }

    other = tenant->detours.elts;

    for (i = 0; i < tenant->detours.nelts - 1; i++) {
        if (ag_str_equal(ngx_agent_str(&other[i].from),
                         ngx_agent_str(&detour->from)))
        {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"route %V\" is given twice in "
                                        "\"%V\" (the first one is in %V:%ui)",
                                        &detour->from, &tenant->name,
                                        &other[i].place.file,
                                        other[i].place.line);
        }
    }

    return ngx_agent_conf_options(cf, 3, ngx_agent_route_options, detour, 0);
}


static ngx_agent_detour_t *
ngx_agent_conf_route_create(ngx_conf_t *cf, ngx_agent_tenant_t *tenant)
{
    ngx_str_t           *value;
    ngx_agent_detour_t  *detour;

    value = cf->args->elts;

    if (ngx_agent_conf_name(cf, "model", &value[1], AG_NAME_PATTERN) != NGX_OK
        || ngx_agent_conf_name(cf, "model", &value[2], AG_NAME_MODEL)
           != NGX_OK)
    {
        return NULL;
    }

    detour = ngx_agent_conf_push(cf, &tenant->detours,
                                 sizeof(ngx_agent_detour_t));
    if (detour == NULL) {
        return NULL;
    }

    ngx_memzero(detour, sizeof(ngx_agent_detour_t));

    detour->from = value[1];
    detour->to = value[2];
    detour->share = 1000;

    ngx_agent_conf_here(cf, &detour->place);
    tenant->route_at = detour->place;

    return detour;
}


ngx_int_t
ngx_agent_conf_route_finish(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant)
{
    ngx_uint_t           i;
    ngx_agent_detour_t  *detour;

    detour = tenant->detours.elts;

    for (i = 0; i < tenant->detours.nelts; i++) {

        detour[i].model = ngx_agent_conf_model(amcf, &detour[i].to);

        if (detour[i].model == NULL) {
            (void) ngx_agent_conf_error(cf, &detour[i].place,
                                        "unknown model \"%V\" in \"route %V\" "
                                        "of \"%V\": allowed are names and "
                                        "aliases of \"agent_model\"",
                                        &detour[i].to, &detour[i].from,
                                        &tenant->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
