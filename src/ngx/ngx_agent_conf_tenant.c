/*
 * Copyright (C) ngx_agent authors
 *
 * agent_tenant NAME { ... }: who may call, with which keys, and what; and
 * agent_plan NAME { ... }: the same without keys, for many tenants.  Knows
 * lines, not what they add up to: ngx_agent_conf_plan.c joins a tenant and its
 * plan, ngx_agent_conf_finish.c checks the result.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_TENANT_OWN  3     /* rows that a plan has not */


static char *ngx_agent_conf_tenant_read(ngx_conf_t *cf,
    const ngx_agent_row_t *rows, const char *what, ngx_array_t *tenants);
static ngx_agent_tenant_t *ngx_agent_conf_tenant_create(ngx_conf_t *cf,
    const char *what, ngx_str_t *name, ngx_array_t *tenants);
static char *ngx_agent_conf_tenant_plan(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_tenant_models(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_tenant_require(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_tenant_default(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);


/* The first ones are a tenant's own; a plan begins after them. */
static const ngx_agent_row_t  ngx_agent_tenant_rows[] = {

    { ngx_string("key"), 1, 1, 0,
      ngx_agent_conf_keys_line, 0, NULL },

    { ngx_string("keys"), 1, 1, 0,
      ngx_agent_conf_keys_file, 0, NULL },

    { ngx_string("plan"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_plan, 0, NULL },

    { ngx_string("models"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_models, 0, NULL },

    { ngx_string("limit"), 1, 5, 0,
      ngx_agent_conf_quota_limit, 0, NULL },

    { ngx_string("budget"), 1, 6, 0,
      ngx_agent_conf_quota_budget, 0, NULL },

    { ngx_string("cap"), 1, 3, NGX_AGENT_ONCE,
      ngx_agent_conf_guard_cap, 0, NULL },

    { ngx_string("session"), 1, 5, NGX_AGENT_ONCE,
      ngx_agent_conf_guard_session, 0, NULL },

    { ngx_string("require"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_require, 0, NULL },

    { ngx_string("route"), 2, 3, 0,
      ngx_agent_conf_route, 0, NULL },

    { ngx_string("allow"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_guard_allow, 0, NULL },

    { ngx_string("default_model"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_default, 0, NULL },

    { ngx_string("cut"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_flag, offsetof(ngx_agent_tenant_t, cut), NULL },

    { ngx_string("cache"), 1, 9, NGX_AGENT_ONCE,
      ngx_agent_conf_cache, offsetof(ngx_agent_tenant_t, cache), NULL },

    { ngx_string("cache_scope"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_cache_scope, offsetof(ngx_agent_tenant_t, cache), NULL },

    { ngx_null_string, 0, 0, 0, NULL, 0, NULL }
};


char *
ngx_agent_conf_tenant_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    return ngx_agent_conf_tenant_read(cf, ngx_agent_tenant_rows, "tenant",
                                      &amcf->tenants);
}


char *
ngx_agent_conf_plan_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    return ngx_agent_conf_tenant_read(cf,
                                      ngx_agent_tenant_rows
                                      + NGX_AGENT_TENANT_OWN,
                                      "plan", &amcf->plans);
}


static char *
ngx_agent_conf_tenant_read(ngx_conf_t *cf, const ngx_agent_row_t *rows,
    const char *what, ngx_array_t *tenants)
{
    ngx_str_t           *value;
    ngx_agent_tenant_t  *tenant;

    value = cf->args->elts;

    tenant = ngx_agent_conf_tenant_create(cf, what, &value[1], tenants);
    if (tenant == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_block(cf, rows, tenant);
}


/* Whether the name is there twice is seen when the tables are made. */

static ngx_agent_tenant_t *
ngx_agent_conf_tenant_create(ngx_conf_t *cf, const char *what,
    ngx_str_t *name, ngx_array_t *tenants)
{
    ngx_agent_tenant_t  *tenant, **slot;

    if (ngx_agent_conf_name(cf, what, name, AG_NAME_PLAIN) != NGX_OK) {
        return NULL;
    }

    tenant = ngx_pcalloc(cf->pool, sizeof(ngx_agent_tenant_t));
    slot = ngx_array_push(tenants);

    if (tenant == NULL || slot == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc(), and meaning that nothing is said:
     *
     *     all arrays, made by their first line;
     *     the lines of all places
     */

    *slot = tenant;

    tenant->name = *name;
    tenant->cut = NGX_CONF_UNSET;
    ngx_agent_conf_here(cf, &tenant->place);

    return tenant;
}


void *
ngx_agent_conf_push(ngx_conf_t *cf, ngx_array_t *array, size_t size)
{
    if (array->elts == NULL
        && ngx_array_init(array, cf->pool, 2, size) != NGX_OK)
    {
        return NULL;
    }

    return ngx_array_push(array);
}


/* The plan may stand further down: it is looked for at the end. */

static char *
ngx_agent_conf_tenant_plan(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_agent_conf_name(cf, "plan", &value[1], AG_NAME_PLAIN) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tenant->plan_name = value[1];
    ngx_agent_conf_here(cf, &tenant->plan_at);

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_tenant_models(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    value = cf->args->elts;
    ngx_agent_conf_here(cf, &tenant->models_at);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_agent_conf_name(cf, "model", &value[i], AG_NAME_PATTERN)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        name = ngx_agent_conf_push(cf, &tenant->models, sizeof(ngx_str_t));
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_tenant_require(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_agent_conf_here(cf, &tenant->require_at);

    return ngx_agent_conf_tags_read(cf, &tenant->require);
}


static char *
ngx_agent_conf_tenant_default(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_agent_conf_name(cf, "model", &value[1], AG_NAME_MODEL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tenant->default_model = value[1];
    ngx_agent_conf_here(cf, &tenant->default_at);

    return NGX_CONF_OK;
}
