/*
 * Copyright (C) ngx_agent authors
 *
 * Tags: words that providers have and tenants require, kept as bits.  A name
 * gets its bit where it stands first, be it with a tenant; which of them a
 * provider has is known when all is read.
 */


#include "ngx/ngx_agent_conf.h"


static ngx_int_t ngx_agent_conf_tag_bit(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *name, uint64_t *bit);
static ngx_int_t ngx_agent_conf_tag_tenants(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_array_t *tenants, const char *what,
    uint64_t known);
static char *ngx_agent_conf_tag_unknown(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_tenant_t *tenant,
    const char *what, uint64_t known);
static void ngx_agent_conf_tag_models(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_tenant_t *tenant,
    const char *what);
static ngx_uint_t ngx_agent_conf_tag_uses(ngx_agent_tenant_t *tenant,
    ngx_agent_model_t *model);
static ngx_uint_t ngx_agent_conf_tag_served(ngx_agent_model_t *model,
    uint64_t tags);


char *
ngx_agent_conf_tags(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    return ngx_agent_conf_tags_read(cf,
                                    (uint64_t *) ((char *) conf
                                                  + row->offset));
}


char *
ngx_agent_conf_tags_read(ngx_conf_t *cf, uint64_t *tags)
{
    uint64_t                bit;
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_agent_conf_tag_bit(cf, amcf, &value[i], &bit) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (*tags & bit) {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"%V\" is given twice in \"%V\"",
                                        &value[i], &value[0]);
        }

        *tags |= bit;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_agent_conf_tag_bit(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *name, uint64_t *bit)
{
    ngx_str_t   *tag;
    ngx_uint_t   i;

    if (ngx_agent_conf_name(cf, "tag", name, AG_NAME_PLAIN) != NGX_OK) {
        return NGX_ERROR;
    }

    tag = amcf->tags.elts;

    for (i = 0; i < amcf->tags.nelts; i++) {
        if (ag_str_equal(ngx_agent_str(&tag[i]), ngx_agent_str(name))) {
            *bit = UINT64_C(1) << i;
            return NGX_OK;
        }
    }

    if (i == NGX_AGENT_TAGS_MAX) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "too many tags at \"%V\": allowed are %d "
                                    "names", name, NGX_AGENT_TAGS_MAX);
        return NGX_ERROR;
    }

    tag = ngx_array_push(&amcf->tags);
    if (tag == NULL) {
        return NGX_ERROR;
    }

    *tag = *name;
    *bit = UINT64_C(1) << i;

    return NGX_OK;
}


ngx_int_t
ngx_agent_conf_tags_finish(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    uint64_t                known;
    ngx_uint_t              i;
    ngx_agent_provider_t  **provider;

    known = 0;
    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        known |= provider[i]->tags;
    }

    if (ngx_agent_conf_tag_tenants(cf, amcf, &amcf->plans, "plan", known)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_conf_tag_tenants(cf, amcf, &amcf->tenants, "tenant",
                                      known);
}


static ngx_int_t
ngx_agent_conf_tag_tenants(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_array_t *tenants, const char *what, uint64_t known)
{
    ngx_uint_t            i;
    ngx_agent_tenant_t  **tenant, *plan;

    tenant = tenants->elts;

    for (i = 0; i < tenants->nelts; i++) {

        plan = tenant[i]->plan;

        /* nothing of its own to look at: the plan was looked at */

        if (tenant[i]->require == 0
            || (plan != NULL && tenant[i]->require == plan->require
                && tenant[i]->models.elts == plan->models.elts))
        {
            continue;
        }

        if (tenant[i]->require & ~known) {
            (void) ngx_agent_conf_tag_unknown(cf, amcf, tenant[i], what,
                                              known);
            return NGX_ERROR;
        }

        ngx_agent_conf_tag_models(cf, amcf, tenant[i], what);
    }

    return NGX_OK;
}


static char *
ngx_agent_conf_tag_unknown(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant, const char *what, uint64_t known)
{
    u_char       allowed[NGX_AGENT_ALLOWED_MAX], *p, *last;
    ngx_str_t   *tag, *unknown;
    ngx_uint_t   i;

    p = allowed;
    last = allowed + NGX_AGENT_ALLOWED_MAX;
    tag = amcf->tags.elts;
    unknown = NULL;

    for (i = 0; i < amcf->tags.nelts; i++) {

        if (known & UINT64_C(1) << i) {
            p = ngx_slprintf(p, last, "%s%V", (p == allowed) ? "" : ", ",
                             &tag[i]);

        } else if (unknown == NULL && (tenant->require & UINT64_C(1) << i)) {
            unknown = &tag[i];
        }
    }

    if (p == allowed) {
        p = ngx_slprintf(p, last, "none, no provider has \"tags\"");
    }

    return ngx_agent_conf_error(cf, &tenant->require_at,
                                "unknown tag \"%V\" in \"require\" of %s "
                                "\"%V\": allowed are %*s", unknown, what,
                                &tenant->name, (size_t) (p - allowed),
                                allowed);
}


/* It may be meant: the tenant's list of models can be a plain "*". */

static void
ngx_agent_conf_tag_models(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant, const char *what)
{
    ngx_uint_t           i;
    ngx_agent_model_t  **model;

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        if (ngx_agent_conf_tag_uses(tenant, model[i])
            && !ngx_agent_conf_tag_served(model[i], tenant->require))
        {
            ngx_agent_conf_warn(cf, NGX_LOG_WARN, &tenant->require_at,
                                "no target of model \"%V\" has the tags that "
                                "%s \"%V\" requires", &model[i]->name, what,
                                &tenant->name);
        }
    }
}


static ngx_uint_t
ngx_agent_conf_tag_uses(ngx_agent_tenant_t *tenant, ngx_agent_model_t *model)
{
    ngx_str_t   *name, *pattern;
    ngx_uint_t   i, j;

    name = model->names.elts;
    pattern = tenant->models.elts;

    for (i = 0; i < model->names.nelts; i++) {
        for (j = 0; j < tenant->models.nelts; j++) {
            if (ag_name_overlaps(ngx_agent_str(&pattern[j]),
                                 ngx_agent_str(&name[i])))
            {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_agent_conf_tag_served(ngx_agent_model_t *model, uint64_t tags)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        if ((target[i].provider->tags & tags) == tags) {
            return 1;
        }
    }

    return 0;
}
