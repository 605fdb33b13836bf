/*
 * Copyright (C) ngx_agent authors
 *
 * agent_cache_zone NAME:SIZE [secret=...]: where answers are kept; and, when
 * the whole is read, whether it and all lines of caches fit each other.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_CACHE_ZONE_MIN  (1024 * 1024)     /* bytes */
#define NGX_AGENT_CACHE_SIZE      (1024 * 1024)     /* bytes of an answer, if
                                                       the zone has room */
#define NGX_AGENT_CACHE_FITS      10    /* an answer has an eighth of the blocks
                                           at most: whatever the zone's size,
                                           that is more than a tenth of it */
#define NGX_AGENT_CACHE_SECRETS   "file:PATH, env:NAME"


/* What the checks look into. */
typedef struct {
    ngx_conf_t               *cf;
    ngx_agent_main_conf_t    *main;
    const char               *what;     /* the line is of a "model", ... */
    ngx_uint_t                used;     /* lines that keep something */
} ngx_agent_cache_check_t;


static char *ngx_agent_conf_cache_zone_add(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *value);
static off_t ngx_agent_conf_cache_zone_size(ngx_conf_t *cf, ngx_str_t *text);
static char *ngx_agent_conf_cache_zone_same(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_cache_zone_models(
    ngx_agent_cache_check_t *check);
static ngx_int_t ngx_agent_conf_cache_zone_tenants(
    ngx_agent_cache_check_t *check, ngx_array_t *tenants, const char *what);
static ngx_int_t ngx_agent_conf_cache_zone_one(ngx_agent_cache_check_t *check,
    ngx_agent_cache_conf_t *cache, ngx_str_t *name);
static const char *ngx_agent_conf_cache_zone_redis(
    ngx_agent_main_conf_t *amcf, ag_cache_rule_t *rule);
static void ngx_agent_conf_cache_zone_ids(ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_cache_zone_fits(
    ngx_agent_cache_check_t *check, ngx_agent_cache_conf_t *cache,
    ngx_str_t *name);


static const ngx_agent_option_t  ngx_agent_cache_zone_options[] = {

    { ngx_string("secret"), NGX_AGENT_STRING,
      offsetof(ngx_agent_main_conf_t, cache_secret), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_cache_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_str_t  *value, source;

    value = cf->args->elts;

    if (amcf->cache_zone != NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "duplicate \"agent_cache_zone\" (the "
                                    "first one is in %V:%ui)",
                                    &amcf->cache_at.file,
                                    amcf->cache_at.line);
    }

    ngx_agent_conf_here(cf, &amcf->cache_at);

    /* it would be shown as what is no zone */

    if (ngx_strncmp(value[1].data, "secret=", 7) == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_cache_zone\" begins with "
                                    "\"secret=\": allowed is NAME:SIZE before "
                                    "it");
    }

    if (ngx_agent_conf_options(cf, 2, ngx_agent_cache_zone_options, amcf, 1)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    source = amcf->cache_secret;

    if (source.len
        && ngx_agent_conf_secret_of(cf, NGX_AGENT_SECRET_CACHE, &source, 0,
                                    NGX_AGENT_CACHE_SECRETS,
                                    &amcf->cache_secret)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_cache_zone_add(cf, amcf, &value[1]);
}


static char *
ngx_agent_conf_cache_zone_add(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *value)
{
    u_char     *colon;
    off_t       size;
    ngx_str_t   name, text;

    colon = ngx_strlchr(value->data, value->data + value->len, ':');

    if (colon == NULL || colon == value->data) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid zone \"%V\" of "
                                    "\"agent_cache_zone\": allowed is "
                                    "NAME:SIZE", value);
    }

    name.data = value->data;
    name.len = colon - value->data;
    text.data = colon + 1;
    text.len = value->data + value->len - text.data;

    size = ngx_agent_conf_cache_zone_size(cf, &text);

    if (size == (off_t) NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (amcf->zone != NULL
        && ag_str_equal(ngx_agent_str(&amcf->zone->shm.name),
                        ngx_agent_str(&name)))
    {
        return ngx_agent_conf_cache_zone_same(cf, amcf);
    }

    amcf->cache_zone = ngx_shared_memory_add(cf, &name, (size_t) size,
                                             &ngx_agent_module);
    if (amcf->cache_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    amcf->cache_zone->init = ngx_agent_cache_init_zone;
    amcf->cache_zone->data = amcf;

    return NGX_CONF_OK;
}


/* Gigabytes are understood: a cache may be larger than other zones are. */

static off_t
ngx_agent_conf_cache_zone_size(ngx_conf_t *cf, ngx_str_t *text)
{
    off_t  size;

    size = ngx_parse_offset(text);

    if (size == (off_t) NGX_ERROR) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "invalid size \"%V\" of "
                                    "\"agent_cache_zone\": allowed are bytes, "
                                    "like 67108864, 65536k, 64m or 1g", text);

    } else if (size < NGX_AGENT_CACHE_ZONE_MIN) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "size \"%V\" of \"agent_cache_zone\" is "
                                    "too small: allowed is 1m or more", text);
        size = (off_t) NGX_ERROR;
    }

    return size;
}


static char *
ngx_agent_conf_cache_zone_same(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    return ngx_agent_conf_error(cf, &amcf->cache_at,
                                "zone \"%V\" of \"agent_cache_zone\" is that "
                                "of \"agent_zone\" too: allowed is another "
                                "name", &amcf->zone->shm.name);
}


ngx_int_t
ngx_agent_conf_cache_zone_finish(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_agent_cache_check_t  check;

    if (amcf->cache_zone != NULL && amcf->zone == NULL) {
        (void) ngx_agent_conf_error(cf, &amcf->cache_at,
                                    "\"agent_cache_zone\" needs \"agent_zone "
                                    "NAME:SIZE\" in http {}");
        return NGX_ERROR;
    }

    /* where "agent_zone" comes second, nginx gives the same one to both */

    if (amcf->cache_zone != NULL && amcf->cache_zone == amcf->zone) {
        (void) ngx_agent_conf_cache_zone_same(cf, amcf);
        return NGX_ERROR;
    }

    check.cf = cf;
    check.main = amcf;
    check.used = 0;

    if (ngx_agent_conf_cache_zone_models(&check) != NGX_OK
        || ngx_agent_conf_cache_zone_tenants(&check, &amcf->plans, "plan")
           != NGX_OK
        || ngx_agent_conf_cache_zone_tenants(&check, &amcf->tenants, "tenant")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_agent_conf_cache_zone_ids(amcf);

    if (amcf->cache_zone != NULL && check.used == 0) {
        ngx_agent_conf_warn(cf, NGX_LOG_WARN, &amcf->cache_at,
                            "\"agent_cache_zone\" stays empty: no model, plan "
                            "or tenant has \"cache ttl=TIME\"");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_cache_zone_models(ngx_agent_cache_check_t *check)
{
    ngx_uint_t           i;
    ngx_agent_model_t  **model;

    check->what = "model";
    model = check->main->models.elts;

    for (i = 0; i < check->main->models.nelts; i++) {
        if (ngx_agent_conf_cache_zone_one(check, &model[i]->cache,
                                          &model[i]->name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_cache_zone_tenants(ngx_agent_cache_check_t *check,
    ngx_array_t *tenants, const char *what)
{
    ngx_uint_t            i;
    ngx_agent_tenant_t  **tenant;

    check->what = what;
    tenant = tenants->elts;

    for (i = 0; i < tenants->nelts; i++) {
        if (ngx_agent_conf_cache_zone_one(check, &tenant[i]->cache,
                                          &tenant[i]->name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_cache_zone_one(ngx_agent_cache_check_t *check,
    ngx_agent_cache_conf_t *cache, ngx_str_t *name)
{
    ngx_uint_t          on;
    const char         *needed;
    ngx_agent_place_t  *at;

    on = (cache->rule.ttl != 0);
    at = on ? &cache->at : &cache->scope_at;

    if (at->line == 0) {
        return NGX_OK;
    }

    if (check->main->cache_zone == NULL) {
        (void) ngx_agent_conf_error(check->cf, at,
                                    "\"%s\" of %s \"%V\" needs "
                                    "\"agent_cache_zone NAME:SIZE\" in "
                                    "http {}", on ? "cache" : "cache_scope",
                                    check->what, name);
        return NGX_ERROR;
    }

    if (!on) {
        return NGX_OK;
    }

    check->used++;
    needed = ngx_agent_conf_cache_zone_redis(check->main, &cache->rule);

    if (needed != NULL) {
        (void) ngx_agent_conf_error(check->cf, at,
                                    "\"cache redis\" of %s \"%V\" needs %s in "
                                    "http {}", check->what, name, needed);
        return NGX_ERROR;
    }

    return ngx_agent_conf_cache_zone_fits(check, cache, name);
}


/* What is not there and had to be: who could write into Redis could put words
 * into a model's mouth, so answers are sealed there.  NULL: nothing. */

static const char *
ngx_agent_conf_cache_zone_redis(ngx_agent_main_conf_t *amcf,
    ag_cache_rule_t *rule)
{
    if (!rule->redis) {
        return NULL;
    }

    if (amcf->redis == NULL) {
        return "\"agent_redis ADDRESS\"";
    }

    return amcf->cache_secret.len ? NULL
                                  : "\"agent_cache_zone ... secret=\", of "
                                    NGX_AGENT_CACHE_SECRETS ",";
}


/* The default grows with the zone; what cannot be kept is no promise. */

static ngx_int_t
ngx_agent_conf_cache_zone_fits(ngx_agent_cache_check_t *check,
    ngx_agent_cache_conf_t *cache, ngx_str_t *name)
{
    uint64_t  zone, part;

    zone = check->main->cache_zone->shm.size;
    part = zone / NGX_AGENT_CACHE_FITS;

    if (cache->rule.max_size == 0) {
        cache->rule.max_size = ngx_min(part, NGX_AGENT_CACHE_SIZE);
    }

    if (cache->rule.max_size <= part) {
        return NGX_OK;
    }

    (void) ngx_agent_conf_error(check->cf, &cache->at,
                                "\"cache max_size\" of %s \"%V\" is %uL "
                                "bytes, with an \"agent_cache_zone\" of %uL: "
                                "allowed are %uL, a tenth of it",
                                check->what, name, cache->rule.max_size, zone,
                                part);
    return NGX_ERROR;
}


/* A plan has none: a tenant of Redis is made of it, with a name of its own. */

static void
ngx_agent_conf_cache_zone_ids(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i;
    ngx_agent_model_t   **model;
    ngx_agent_tenant_t  **tenant;

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        model[i]->cache.id = ag_cache_id(ngx_agent_str(&model[i]->name));
    }

    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        tenant[i]->cache.id = ag_cache_id(ngx_agent_str(&tenant[i]->name));
    }
}
