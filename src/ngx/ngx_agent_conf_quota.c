/*
 * Copyright (C) ngx_agent authors
 *
 * "limit" and "budget" of a tenant or a plan: what is counted, by whom, for
 * which models, how much of it in which time.  The same thing is limited by
 * one line of a block: of two, nobody could say which one holds.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_table.h"


#define NGX_AGENT_QUOTA_MAX        UINT64_C(1000000000000000)
#define NGX_AGENT_QUOTA_CALLS_MAX  1000000          /* at once */

#define NGX_AGENT_QUOTA_KINDS  (AG_RESOURCE_CONCURRENCY + 1)


/* The words of a line; of a resource that is not named the count is 0. */
typedef struct {
    ngx_uint_t                counts[NGX_AGENT_QUOTA_KINDS];
    ngx_str_t                 per;
    ngx_str_t                 model;
    ngx_uint_t                by;
    ngx_uint_t                status;
    ngx_flag_t                dry_run;
} ngx_agent_quota_words_t;


static char *ngx_agent_conf_quota_resource(ngx_conf_t *cf,
    ngx_agent_quota_words_t *words, ag_limit_t *limit);
static char *ngx_agent_conf_quota_window(ngx_conf_t *cf,
    ngx_agent_quota_words_t *words, ag_limit_t *limit);
static char *ngx_agent_conf_quota_period(ngx_conf_t *cf,
    ngx_agent_quota_words_t *words, ag_limit_t *limit);
static char *ngx_agent_conf_quota_add(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_agent_quota_words_t *words,
    ag_limit_t *limit);
static char *ngx_agent_conf_quota_check(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_agent_quota_t *quota);
static char *ngx_agent_conf_quota_name(ngx_conf_t *cf,
    ngx_agent_quota_t *quota, ngx_str_t *per);
static uint64_t ngx_agent_conf_quota_id(ngx_agent_quota_t *quota);


static const ngx_str_t  ngx_agent_resources[] = {
    ngx_string("requests"),
    ngx_string("tokens"),
    ngx_string("input_tokens"),
    ngx_string("output_tokens"),
    ngx_string("concurrency"),
    ngx_string("budget")
};


static const ngx_conf_enum_t  ngx_agent_bys[] = {
    { ngx_string("tenant"), NGX_AGENT_BY_TENANT },
    { ngx_string("key"), NGX_AGENT_BY_KEY },
    { ngx_string("session"), NGX_AGENT_BY_SESSION },
    { ngx_null_string, 0 }
};


static const ngx_conf_enum_t  ngx_agent_budget_statuses[] = {
    { ngx_string("402"), 402 },
    { ngx_string("403"), 403 },
    { ngx_string("429"), 429 },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_quota_options[] = {

    { ngx_string("requests"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_quota_words_t, counts[AG_RESOURCE_REQUESTS]), 1,
      NGX_AGENT_QUOTA_MAX, NULL },

    { ngx_string("tokens"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_quota_words_t, counts[AG_RESOURCE_TOKENS]), 1,
      NGX_AGENT_QUOTA_MAX, NULL },

    { ngx_string("input_tokens"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_quota_words_t, counts[AG_RESOURCE_INPUT_TOKENS]), 1,
      NGX_AGENT_QUOTA_MAX, NULL },

    { ngx_string("output_tokens"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_quota_words_t, counts[AG_RESOURCE_OUTPUT_TOKENS]), 1,
      NGX_AGENT_QUOTA_MAX, NULL },

    { ngx_string("concurrency"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_quota_words_t, counts[AG_RESOURCE_CONCURRENCY]), 1,
      NGX_AGENT_QUOTA_CALLS_MAX, NULL },

    { ngx_string("per"), NGX_AGENT_STRING,
      offsetof(ngx_agent_quota_words_t, per), 0, 0, NULL },

    { ngx_string("model"), NGX_AGENT_STRING,
      offsetof(ngx_agent_quota_words_t, model), 0, 0, NULL },

    { ngx_string("by"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_quota_words_t, by), 0, 0, ngx_agent_bys },

    { ngx_string("dry_run"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_quota_words_t, dry_run), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_budget_options[] = {

    { ngx_string("per"), NGX_AGENT_STRING,
      offsetof(ngx_agent_quota_words_t, per), 0, 0, NULL },

    { ngx_string("status"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_quota_words_t, status), 0, 0,
      ngx_agent_budget_statuses },

    { ngx_string("model"), NGX_AGENT_STRING,
      offsetof(ngx_agent_quota_words_t, model), 0, 0, NULL },

    { ngx_string("by"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_quota_words_t, by), 0, 0, ngx_agent_bys },

    { ngx_string("dry_run"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_quota_words_t, dry_run), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_quota_limit(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ag_limit_t               limit;
    ngx_agent_quota_words_t  words;

    ngx_memzero(&limit, sizeof(ag_limit_t));
    ngx_memzero(&words, sizeof(ngx_agent_quota_words_t));

    if (ngx_agent_conf_options(cf, 1, ngx_agent_quota_options, &words, 0)
            != NGX_CONF_OK
        || ngx_agent_conf_quota_resource(cf, &words, &limit) != NGX_CONF_OK
        || ngx_agent_conf_quota_window(cf, &words, &limit) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_quota_add(cf, conf, &words, &limit);
}


char *
ngx_agent_conf_quota_budget(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_str_t                *value;
    ag_limit_t                limit;
    ngx_agent_quota_words_t   words;

    value = cf->args->elts;

    ngx_memzero(&limit, sizeof(ag_limit_t));
    ngx_memzero(&words, sizeof(ngx_agent_quota_words_t));

    limit.resource = AG_RESOURCE_MONEY;

    if (ngx_agent_conf_amount_usd(cf, "budget", &value[1], &limit.max)
            != NGX_CONF_OK
        || ngx_agent_conf_options(cf, 2, ngx_agent_budget_options, &words, 0)
           != NGX_CONF_OK
        || ngx_agent_conf_quota_period(cf, &words, &limit) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_quota_add(cf, conf, &words, &limit);
}


/* One line, one resource: its other words belong to that one. */

static char *
ngx_agent_conf_quota_resource(ngx_conf_t *cf, ngx_agent_quota_words_t *words,
    ag_limit_t *limit)
{
    ngx_uint_t  i, named;

    named = 0;

    for (i = 0; i < NGX_AGENT_QUOTA_KINDS; i++) {

        if (words->counts[i] != 0) {
            limit->resource = (ag_resource_t) i;
            limit->max = words->counts[i];
            named++;
        }
    }

    if (named == 1) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, NULL,
                                "\"limit\" counts %s: allowed is one of "
                                "requests=, tokens=, input_tokens=, "
                                "output_tokens=, concurrency=",
                                named ? "several things" : "nothing");
}


static char *
ngx_agent_conf_quota_window(ngx_conf_t *cf, ngx_agent_quota_words_t *words,
    ag_limit_t *limit)
{
    if (limit->resource == AG_RESOURCE_CONCURRENCY) {

        if (words->per.len == 0) {
            return NGX_CONF_OK;
        }

        return ngx_agent_conf_error(cf, NULL,
                                    "\"per=%V\" of \"limit concurrency\": "
                                    "allowed is none, calls count while they "
                                    "last", &words->per);
    }

    if (words->per.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"limit %V\" has no \"per=\": allowed is "
                                    NGX_AGENT_PERIODS,
                                    &ngx_agent_resources[limit->resource]);
    }

    return ngx_agent_conf_amount_time(cf, "limit per", &words->per,
                                     &limit->window);
}


/* Of a budget: calendar periods, too. */

static char *
ngx_agent_conf_quota_period(ngx_conf_t *cf, ngx_agent_quota_words_t *words,
    ag_limit_t *limit)
{
    if (ag_str_is(ngx_agent_str(&words->per), "month")) {
        limit->kind = AG_WINDOW_MONTH;
        return NGX_CONF_OK;
    }

    if (ag_str_is(ngx_agent_str(&words->per), "day")) {
        limit->kind = AG_WINDOW_DAY;
        return NGX_CONF_OK;
    }

    if (words->per.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"budget\" has no \"per=\": allowed are "
                                    "month, day, or " NGX_AGENT_PERIODS);
    }

    return ngx_agent_conf_amount_time(cf, "budget per", &words->per,
                                     &limit->window);
}


static char *
ngx_agent_conf_quota_add(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_agent_quota_words_t *words, ag_limit_t *limit)
{
    ngx_agent_quota_t  *quota, made;

    ngx_memzero(&made, sizeof(ngx_agent_quota_t));

    limit->dry_run = words->dry_run ? 1 : 0;
    ag_limit_init(limit);

    made.limit = *limit;
    made.by = words->by;
    made.status = words->status;
    ngx_agent_conf_here(cf, &made.place);

    /* "*" is what holds without the word, and so the same limit */

    if (words->model.len != 0 && !ag_str_is(ngx_agent_str(&words->model), "*"))
    {
        if (ngx_agent_conf_name(cf, "model", &words->model, AG_NAME_PATTERN)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        made.model = words->model;
    }

    made.id = ngx_agent_conf_quota_id(&made);

    if (ngx_agent_conf_quota_name(cf, &made, &words->per) != NGX_CONF_OK
        || ngx_agent_conf_quota_check(cf, tenant, &made) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    quota = ngx_agent_conf_push(cf, &tenant->quotas,
                                sizeof(ngx_agent_quota_t));
    if (quota == NULL) {
        return NGX_CONF_ERROR;
    }

    *quota = made;

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_quota_check(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_agent_quota_t *quota)
{
    ngx_str_t          *value;
    ngx_agent_quota_t  *other;

    value = cf->args->elts;
    other = ngx_agent_conf_quota_find(&tenant->quotas, quota->id);

    if (other != NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"%V %V\" by %V is given twice in \"%V\" "
                                    "(the first one is in %V:%ui)", &value[0],
                                    &quota->name,
                                    &ngx_agent_bys[quota->by].name,
                                    &tenant->name, &other->place.file,
                                    other->place.line);
    }

    if (tenant->quotas.nelts == AG_LIMITS_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "too many \"limit\" and \"budget\" lines "
                                    "in \"%V\": allowed are %d", &tenant->name,
                                    AG_LIMITS_MAX);
    }

    if (quota->limit.resource == AG_RESOURCE_REQUESTS
        && quota->limit.max > AG_LIMIT_LOG_MAX)
    {
        ngx_agent_conf_warn(cf, NGX_LOG_NOTICE, NULL,
                            "\"limit requests=%V\" takes sub-windows: a place "
                            "is free again up to 1/%d of \"per\" later than "
                            "it could be (up to %d, each request is "
                            "remembered)", &quota->shown, AG_SUBWINDOWS,
                            AG_LIMIT_LOG_MAX);
    }

    return NGX_CONF_OK;
}


/* What people read: the name, and the maximum in digits. */

static char *
ngx_agent_conf_quota_name(ngx_conf_t *cf, ngx_agent_quota_t *quota,
    ngx_str_t *per)
{
    u_char           *p;
    size_t            i;
    const ngx_str_t  *resource;

    resource = &ngx_agent_resources[quota->limit.resource];

    p = ngx_pnalloc(cf->pool, resource->len + 1 + per->len + 1
                              + quota->model.len + sizeof("@session")
                              + NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    quota->name.data = p;
    p = ngx_cpymem(p, resource->data, resource->len);

    if (per->len != 0) {
        *p++ = '/';
    }

    for (i = 0; i < per->len; i++) {

        /* "1h 30m" becomes a part of a header's value */

        if (per->data[i] != ' ') {
            *p++ = per->data[i];
        }
    }

    if (quota->model.len != 0) {
        *p++ = '/';
        p = ngx_cpymem(p, quota->model.data, quota->model.len);
    }

    if (quota->by != NGX_AGENT_BY_TENANT) {
        *p++ = '@';
        p = ngx_cpymem(p, ngx_agent_bys[quota->by].name.data,
                       ngx_agent_bys[quota->by].name.len);
    }

    quota->name.len = p - quota->name.data;

    quota->shown.data = p;
    quota->shown.len = ngx_sprintf(p, "%uL", quota->limit.max) - p;

    return NGX_CONF_OK;
}


/* The kind is part of it for the calendar only: of other windows it follows
 * from the maximum, which may change. */

static uint64_t
ngx_agent_conf_quota_id(ngx_agent_quota_t *quota)
{
    uint64_t  id[2], words[4];

    words[0] = quota->limit.resource;
    words[1] = quota->by;
    words[2] = quota->limit.window;
    words[3] = (quota->limit.kind == AG_WINDOW_DAY
                || quota->limit.kind == AG_WINDOW_MONTH)
               ? quota->limit.kind : 0;

    ngx_agent_table_id(id, 0, words, sizeof(words));
    ngx_agent_table_id(id, id[0], quota->model.data, quota->model.len);

    return id[0];
}


ngx_agent_quota_t *
ngx_agent_conf_quota_find(ngx_array_t *quotas, uint64_t id)
{
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota;

    quota = quotas->elts;

    for (i = 0; i < quotas->nelts; i++) {
        if (quota[i].id == id) {
            return &quota[i];
        }
    }

    return NULL;
}
