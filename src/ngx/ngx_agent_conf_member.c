/*
 * Copyright (C) ngx_agent authors
 *
 * Checks tenants and plans when all is read and each tenant has what its plan
 * says: can anybody be it, may it do anything, is there what its lines name?
 * Each check takes the time of the tenant's own lines, however many tenants,
 * models and names there are.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_table.h"


/* What the checks look into. */
typedef struct {
    ngx_conf_t               *cf;
    ngx_agent_main_conf_t    *main;
    ngx_str_t                *names;        /* of all models, sorted; without
                                               their "*" */
    ngx_uint_t                count;
    ngx_uint_t                named;        /* some gateway has "tenant_by" */
} ngx_agent_member_t;


static ngx_int_t ngx_agent_conf_member_init(ngx_agent_member_t *member);
static int ngx_libc_cdecl ngx_agent_conf_member_order(const void *one,
    const void *two);
static ngx_int_t ngx_agent_conf_member_plan(ngx_agent_member_t *member,
    ngx_agent_tenant_t *plan);
static ngx_int_t ngx_agent_conf_member_tenant(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant);
static ngx_int_t ngx_agent_conf_member_check(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what);
static void ngx_agent_conf_member_sum(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant);
static ngx_int_t ngx_agent_conf_member_reached(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant);
static ngx_int_t ngx_agent_conf_member_models(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what);
static ngx_int_t ngx_agent_conf_member_quotas(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what);
static ngx_int_t ngx_agent_conf_member_default(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what);
static ngx_uint_t ngx_agent_conf_member_known(ngx_agent_member_t *member,
    ngx_str_t *pattern);


ngx_int_t
ngx_agent_conf_members(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i;
    ngx_agent_member_t    member;
    ngx_agent_tenant_t  **plan, **tenant;

    member.cf = cf;
    member.main = amcf;

    if (ngx_agent_conf_member_init(&member) != NGX_OK) {
        return NGX_ERROR;
    }

    tenant = amcf->tenants.elts;

    /* a plan's "keys" count those who have it: it has none itself */

    for (i = 0; i < amcf->tenants.nelts; i++) {
        if (tenant[i]->plan != NULL) {
            tenant[i]->plan->keys++;
        }
    }

    plan = amcf->plans.elts;

    for (i = 0; i < amcf->plans.nelts; i++) {
        if (ngx_agent_conf_member_plan(&member, plan[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < amcf->tenants.nelts; i++) {
        if (ngx_agent_conf_member_tenant(&member, tenant[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_member_init(ngx_agent_member_t *member)
{
    ngx_str_t              *name;
    ngx_uint_t              i, j;
    ngx_agent_model_t     **model;
    ngx_agent_loc_conf_t  **gateway;

    member->named = 0;
    gateway = member->main->gateways.elts;

    for (i = 0; i < member->main->gateways.nelts; i++) {
        member->named |= (gateway[i]->tenant_by != NULL);
    }

    member->count = 0;
    model = member->main->models.elts;

    for (i = 0; i < member->main->models.nelts; i++) {
        member->count += model[i]->names.nelts;
    }

    member->names = ngx_palloc(member->cf->temp_pool,
                               member->count * sizeof(ngx_str_t));
    if (member->names == NULL) {
        return NGX_ERROR;
    }

    member->count = 0;

    for (i = 0; i < member->main->models.nelts; i++) {
        name = model[i]->names.elts;

        for (j = 0; j < model[i]->names.nelts; j++) {
            member->names[member->count] = name[j];
            member->names[member->count++].len
                -= ag_name_is_pattern(ngx_agent_str(&name[j])) ? 1 : 0;
        }
    }

    ngx_qsort(member->names, member->count, sizeof(ngx_str_t),
              ngx_agent_conf_member_order);

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_agent_conf_member_order(const void *one, const void *two)
{
    int               order;
    const ngx_str_t  *a, *b;

    a = one;
    b = two;
    order = ngx_memcmp(a->data, b->data, ngx_min(a->len, b->len));

    return order ? order : (a->len > b->len) - (a->len < b->len);
}


/* A plan may leave the models to its tenants, but not to nobody. */

static ngx_int_t
ngx_agent_conf_member_plan(ngx_agent_member_t *member,
    ngx_agent_tenant_t *plan)
{
    if (plan->models.nelts == 0 && plan->keys == 0) {
        (void) ngx_agent_conf_error(member->cf, &plan->place,
                                    "plan \"%V\" has no \"models\", and no "
                                    "tenant: allowed are names of models, "
                                    "prefixes like gpt-5*, or * for all",
                                    &plan->name);
        return NGX_ERROR;
    }

    plan->keys = 0;

    return ngx_agent_conf_member_check(member, plan, "plan");
}


static ngx_int_t
ngx_agent_conf_member_tenant(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant)
{
    if (tenant->models.nelts == 0) {
        (void) ngx_agent_conf_error(member->cf, &tenant->place,
                                    "tenant \"%V\" has no \"models\"%s: "
                                    "allowed are names of models, prefixes "
                                    "like gpt-5*, or * for all",
                                    &tenant->name,
                                    tenant->plan ? ", nor has its plan" : "");
        return NGX_ERROR;
    }

    if (ngx_agent_conf_member_reached(member, tenant) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_agent_conf_member_check(member, tenant, "tenant");
}


static ngx_int_t
ngx_agent_conf_member_check(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what)
{
    ngx_agent_conf_member_sum(member->main, tenant);

    if (ngx_agent_conf_member_models(member, tenant, what) != NGX_OK
        || ngx_agent_conf_member_quotas(member, tenant, what) != NGX_OK
        || ngx_agent_conf_member_default(member, tenant, what) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_conf_route_finish(member->cf, member->main, tenant);
}


/* What calls ask for again and again. */

static void
ngx_agent_conf_member_sum(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant)
{
    uint64_t            id[2];
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota;

    ngx_agent_table_id(id, 0, tenant->name.data, tenant->name.len);

    tenant->id = id[0];
    tenant->resources = 0;

    quota = tenant->quotas.elts;

    for (i = 0; i < tenant->quotas.nelts; i++) {
        tenant->resources |= (ngx_uint_t) 1 << quota[i].limit.resource;
    }

    if ((tenant->resources & (ngx_uint_t) 1 << AG_RESOURCE_MONEY)
        || tenant->guard.cost != 0)
    {
        amcf->priced = 1;
    }
}


/* Refuses a tenant that nobody can be: most likely its key was forgotten. */

static ngx_int_t
ngx_agent_conf_member_reached(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant)
{
    ngx_uint_t              i;
    ngx_agent_loc_conf_t  **gateway;

    if (member->named || ngx_agent_conf_keys_given(member->main, tenant)) {
        return NGX_OK;
    }

    gateway = member->main->gateways.elts;

    for (i = 0; i < member->main->gateways.nelts; i++) {
        if (gateway[i]->anonymous == tenant) {
            return NGX_OK;
        }
    }

    (void) ngx_agent_conf_error(member->cf, &tenant->place,
                                "tenant \"%V\" has no \"key\", and no "
                                "\"agent_gateway\" names it with "
                                "\"anonymous=\" or \"tenant_by=\": allowed "
                                "are " NGX_AGENT_TENANT_KEYS, &tenant->name);
    return NGX_ERROR;
}


static ngx_int_t
ngx_agent_conf_member_models(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what)
{
    ngx_str_t   *pattern;
    ngx_uint_t   i;

    pattern = tenant->models.elts;

    if (tenant->plan != NULL && pattern == tenant->plan->models.elts) {
        return NGX_OK;
    }

    for (i = 0; i < tenant->models.nelts; i++) {

        if (ngx_agent_conf_member_known(member, &pattern[i])) {
            continue;
        }

        (void) ngx_agent_conf_error(member->cf, &tenant->models_at,
                                    "unknown model \"%V\" in \"models\" of %s "
                                    "\"%V\": allowed are names and aliases of "
                                    "\"agent_model\", and prefixes of them",
                                    &pattern[i], what, &tenant->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A limit of a model that nobody can ask for would hold for nobody. */

static ngx_int_t
ngx_agent_conf_member_quotas(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what)
{
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota;

    quota = tenant->quotas.elts;

    if (tenant->plan != NULL && quota == tenant->plan->quotas.elts) {
        return NGX_OK;
    }

    for (i = 0; i < tenant->quotas.nelts; i++) {

        if (quota[i].model.len == 0
            || ngx_agent_conf_member_known(member, &quota[i].model))
        {
            continue;
        }

        (void) ngx_agent_conf_error(member->cf, &quota[i].place,
                                    "unknown model \"%V\" of \"%V\" of %s "
                                    "\"%V\": allowed are names and aliases of "
                                    "\"agent_model\", and prefixes of them",
                                    &quota[i].model, &quota[i].name, what,
                                    &tenant->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_member_default(ngx_agent_member_t *member,
    ngx_agent_tenant_t *tenant, const char *what)
{
    ngx_str_t  *name;

    name = &tenant->default_model;

    if (name->len == 0) {
        return NGX_OK;
    }

    if (ngx_agent_conf_model(member->main, name) == NULL) {
        (void) ngx_agent_conf_error(member->cf, &tenant->default_at,
                                    "unknown model \"%V\" in "
                                    "\"default_model\" of %s \"%V\": allowed "
                                    "are names and aliases of "
                                    "\"agent_model\"", name, what,
                                    &tenant->name);
        return NGX_ERROR;
    }

    /* a plan's list of models may still be its tenants' */

    if (tenant->models.nelts == 0 || ngx_agent_conf_allows(tenant, name)) {
        return NGX_OK;
    }

    (void) ngx_agent_conf_error(member->cf, &tenant->default_at,
                                "\"default_model\" \"%V\" of %s \"%V\": "
                                "allowed are those of its \"models\"", name,
                                what, &tenant->name);
    return NGX_ERROR;
}


/*
 * Is there a model that a name of this pattern could mean?  Either one of its
 * names says so, or the pattern is the beginning of one.
 */

static ngx_uint_t
ngx_agent_conf_member_known(ngx_agent_member_t *member, ngx_str_t *pattern)
{
    ngx_str_t   prefix, *name;
    ngx_uint_t  first, last, middle;

    prefix = *pattern;

    if (!ag_name_is_pattern(ngx_agent_str(pattern))) {
        return ngx_agent_conf_model(member->main, pattern) != NULL;
    }

    prefix.len--;

    if (ngx_agent_conf_model(member->main, &prefix) != NULL) {
        return 1;
    }

    /* all names that begin with it follow upon it */

    first = 0;
    last = member->count;

    while (first < last) {
        middle = first + (last - first) / 2;

        if (ngx_agent_conf_member_order(&member->names[middle], &prefix) < 0) {
            first = middle + 1;

        } else {
            last = middle;
        }
    }

    name = &member->names[first];

    return first < member->count && name->len >= prefix.len
           && ngx_memcmp(name->data, prefix.data, prefix.len) == 0;
}
