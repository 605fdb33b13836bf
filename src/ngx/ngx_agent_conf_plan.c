/*
 * Copyright (C) ngx_agent authors
 *
 * Plans by name, and what a tenant has of its plan: all lines of which it has
 * none of the same kind itself.  Limits and budgets are replaced one by one,
 * everything else as a whole.  What is taken over is shared, not copied: ten
 * thousand tenants of a plan have one list of models.
 */


#include "ngx/ngx_agent_conf.h"


static int ngx_libc_cdecl ngx_agent_conf_plan_order(const void *one,
    const void *two);
static int ngx_agent_conf_plan_compare(ngx_str_t *one, ngx_str_t *two);
static ngx_int_t ngx_agent_conf_plan_sort(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_plan_resolve(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_tenant_t *tenant);
static void ngx_agent_conf_plan_merge(ngx_agent_tenant_t *tenant,
    ngx_agent_tenant_t *plan);
static ngx_int_t ngx_agent_conf_plan_quotas(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_agent_tenant_t *plan);
static void ngx_agent_conf_plan_join(ngx_array_t *merged, ngx_array_t *own,
    ngx_array_t *plan);


ngx_int_t
ngx_agent_conf_plans(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i;
    ngx_agent_tenant_t  **plan, **tenant;

    if (ngx_agent_conf_plan_sort(cf, amcf) != NGX_OK) {
        return NGX_ERROR;
    }

    plan = amcf->plans.elts;

    for (i = 0; i < amcf->plans.nelts; i++) {
        ngx_conf_init_value(plan[i]->cut, 0);
    }

    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {

        if (tenant[i]->plan_name.len != 0
            && ngx_agent_conf_plan_resolve(cf, amcf, tenant[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_conf_init_value(tenant[i]->cut, 0);
    }

    return NGX_OK;
}


/* Sorted once, so that a name is found by halving. */

static ngx_int_t
ngx_agent_conf_plan_sort(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i;
    ngx_agent_tenant_t  **plan;

    plan = amcf->plans.elts;

    ngx_qsort(plan, amcf->plans.nelts, sizeof(ngx_agent_tenant_t *),
              ngx_agent_conf_plan_order);

    for (i = 1; i < amcf->plans.nelts; i++) {

        if (ngx_agent_conf_plan_compare(&plan[i - 1]->name, &plan[i]->name)
            != 0)
        {
            continue;
        }

        (void) ngx_agent_conf_error(cf, &plan[i]->place,
                                    "duplicate plan \"%V\" (the first one is "
                                    "in %V:%ui)", &plan[i]->name,
                                    &plan[i - 1]->place.file,
                                    plan[i - 1]->place.line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_agent_conf_plan_order(const void *one, const void *two)
{
    int                  order;
    ngx_agent_tenant_t  *a, *b;

    a = *(ngx_agent_tenant_t *const *) one;
    b = *(ngx_agent_tenant_t *const *) two;

    order = ngx_agent_conf_plan_compare(&a->name, &b->name);

    /* the first of two of a name is the one that stands first */

    return order ? order : (a->place.line > b->place.line)
                           - (a->place.line < b->place.line);
}


static int
ngx_agent_conf_plan_compare(ngx_str_t *one, ngx_str_t *two)
{
    int  order;

    order = ngx_memcmp(one->data, two->data, ngx_min(one->len, two->len));

    return order ? order : (one->len > two->len) - (one->len < two->len);
}


ngx_agent_tenant_t *
ngx_agent_conf_plan_named(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    int                   order;
    ngx_uint_t            first, last, middle;
    ngx_agent_tenant_t  **plan;

    first = 0;
    last = amcf->plans.nelts;
    plan = amcf->plans.elts;

    while (first < last) {
        middle = first + (last - first) / 2;
        order = ngx_agent_conf_plan_compare(name, &plan[middle]->name);

        if (order == 0) {
            return plan[middle];
        }

        if (order < 0) {
            last = middle;

        } else {
            first = middle + 1;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_agent_conf_plan_resolve(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant)
{
    u_char  allowed[NGX_AGENT_ALLOWED_MAX], *p;

    tenant->plan = ngx_agent_conf_plan_named(amcf, &tenant->plan_name);

    if (tenant->plan != NULL) {
        ngx_agent_conf_plan_merge(tenant, tenant->plan);

        return ngx_agent_conf_plan_quotas(cf, tenant, tenant->plan);
    }

    p = ngx_agent_conf_names(allowed, allowed + NGX_AGENT_ALLOWED_MAX,
                             &amcf->plans);

    if (amcf->plans.nelts == 0) {
        p = ngx_slprintf(p, allowed + NGX_AGENT_ALLOWED_MAX,
                         "none, there is no \"agent_plan\"");
    }

    (void) ngx_agent_conf_error(cf, &tenant->plan_at,
                                "unknown plan \"%V\" of tenant \"%V\": "
                                "allowed are %*s", &tenant->plan_name,
                                &tenant->name, (size_t) (p - allowed),
                                allowed);
    return NGX_ERROR;
}


/* Places come along: an error names the line that says it. */

static void
ngx_agent_conf_plan_merge(ngx_agent_tenant_t *tenant,
    ngx_agent_tenant_t *plan)
{
    if (tenant->models_at.line == 0) {
        tenant->models = plan->models;
        tenant->models_at = plan->models_at;
    }

    if (tenant->require_at.line == 0) {
        tenant->require = plan->require;
        tenant->require_at = plan->require_at;
    }

    if (tenant->cap_at.line == 0) {
        tenant->cap = plan->cap;
        tenant->cap_at = plan->cap_at;
    }

    if (tenant->session_at.line == 0) {
        tenant->guard = plan->guard;
        tenant->session_at = plan->session_at;
    }

    if (tenant->allow_at.line == 0) {
        tenant->allow = plan->allow;
        tenant->allow_at = plan->allow_at;
    }

    if (tenant->route_at.line == 0) {
        tenant->detours = plan->detours;
        tenant->route_at = plan->route_at;
    }

    if (tenant->default_at.line == 0) {
        tenant->default_model = plan->default_model;
        tenant->default_at = plan->default_at;
    }

    ngx_agent_conf_cache_merge(&tenant->cache, &plan->cache);

    ngx_conf_merge_value(tenant->cut, plan->cut, 0);
}


/*
 * Those of the plan, each in the place of which the tenant's own stands if it
 * has one, and then the tenant's others.
 */

static ngx_int_t
ngx_agent_conf_plan_quotas(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_agent_tenant_t *plan)
{
    ngx_array_t  merged;

    if (tenant->quotas.nelts == 0) {
        tenant->quotas = plan->quotas;
        return NGX_OK;
    }

    if (plan->quotas.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_array_init(&merged, cf->pool,
                       tenant->quotas.nelts + plan->quotas.nelts,
                       sizeof(ngx_agent_quota_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_agent_conf_plan_join(&merged, &tenant->quotas, &plan->quotas);

    if (merged.nelts > AG_LIMITS_MAX) {
        (void) ngx_agent_conf_error(cf, &tenant->plan_at,
                                    "tenant \"%V\" has %ui limits and budgets "
                                    "with those of plan \"%V\": allowed are "
                                    "%d", &tenant->name, merged.nelts,
                                    &plan->name, AG_LIMITS_MAX);
        return NGX_ERROR;
    }

    tenant->quotas = merged;

    return NGX_OK;
}


/* There is room for all: pushing cannot fail. */

static void
ngx_agent_conf_plan_join(ngx_array_t *merged, ngx_array_t *own,
    ngx_array_t *plan)
{
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota, *slot, *other;

    quota = plan->elts;

    for (i = 0; i < plan->nelts; i++) {
        other = ngx_agent_conf_quota_find(own, quota[i].id);
        slot = ngx_array_push(merged);
        *slot = (other != NULL) ? *other : quota[i];
    }

    quota = own->elts;

    for (i = 0; i < own->nelts; i++) {
        if (ngx_agent_conf_quota_find(plan, quota[i].id) == NULL) {
            slot = ngx_array_push(merged);
            *slot = quota[i];
        }
    }
}
