/*
 * Copyright (C) ngx_agent authors
 *
 * agent_provider NAME { ... }: where answers come from, with which keys, and
 * how long to wait for them.  Refuses whatever would let a key leave for a
 * place that nobody named.  Its urls are read in ngx_agent_conf_replica.c,
 * what holds when it fails in ngx_agent_conf_resilience.c.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_url.h"


#define NGX_AGENT_PROXIES  "http://HOST:PORT"


typedef struct {
    ngx_uint_t                weight;
    ngx_flag_t                optional;
} ngx_agent_key_options_t;


static ngx_agent_provider_t *ngx_agent_conf_provider_create(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);
static char *ngx_agent_conf_provider_end(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);
static char *ngx_agent_conf_provider_check(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);
static char *ngx_agent_conf_provider_key(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_provider_key_add(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *secret, ngx_uint_t weight);
static char *ngx_agent_conf_provider_tls(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_provider_proxy(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);


static const ngx_agent_row_t  ngx_agent_provider_rows[] = {

    { ngx_string("dialect"), 1, 2, NGX_AGENT_ONCE,
      ngx_agent_conf_dialect, 0, NULL },

    { ngx_string("quirks"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_quirks, 0, NULL },

    { ngx_string("drop_params"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_flag,
      offsetof(ngx_agent_provider_t, drop_params), NULL },

    { ngx_string("url"), 1, 3, 0,
      ngx_agent_conf_replica, 0, NULL },

    { ngx_string("key"), 1, 3, 0,
      ngx_agent_conf_provider_key, 0, NULL },

    { ngx_string("price"), 3, 5, 0,
      ngx_agent_conf_price, 0, NULL },

    { ngx_string("timeout"), 1, 4, NGX_AGENT_ONCE,
      ngx_agent_conf_set_options,
      offsetof(ngx_agent_provider_t, timeout), ngx_agent_timeout_options },

    { ngx_string("private"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_flag,
      offsetof(ngx_agent_provider_t, allow_private), NULL },

    { ngx_string("tls"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_provider_tls, 0, NULL },

    { ngx_string("proxy"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_provider_proxy, 0, NULL },

    { ngx_string("set_header"), 2, 2, 0,
      ngx_agent_conf_request_header, 0, NULL },

    { ngx_string("set_field"), 2, 2, 0,
      ngx_agent_conf_request_field, 0, NULL },

    { ngx_string("usage_chunk"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_flag,
      offsetof(ngx_agent_provider_t, usage_chunk), NULL },

    { ngx_string("retry"), 1, 4, NGX_AGENT_ONCE,
      ngx_agent_conf_retry, 0, NULL },

    { ngx_string("breaker"), 1, 7, NGX_AGENT_ONCE,
      ngx_agent_conf_breaker, 0, NULL },

    { ngx_string("limit"), 1, 3, NGX_AGENT_ONCE,
      ngx_agent_conf_limit, 0, NULL },

    { ngx_string("balance"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_word,
      offsetof(ngx_agent_provider_t, balance), &ngx_agent_balance_option },

    { ngx_string("health"), 1, 3, NGX_AGENT_ONCE,
      ngx_agent_conf_health, 0, NULL },

    { ngx_string("tags"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_tags,
      offsetof(ngx_agent_provider_t, tags), NULL },

    { ngx_string("down"), 0, 0, NGX_AGENT_ONCE,
      ngx_agent_conf_set_bare,
      offsetof(ngx_agent_provider_t, down), NULL },

    { ngx_null_string, 0, 0, 0, NULL, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_key_options[] = {

    { ngx_string("weight"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_key_options_t, weight), 1, NGX_AGENT_WEIGHT_MAX,
      NULL },

    { ngx_string("optional"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_key_options_t, optional), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_tls_options[] = {

    { ngx_string("ca"), NGX_AGENT_STRING,
      offsetof(ngx_agent_provider_t, tls_ca), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_provider_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_str_t             *value;
    ngx_agent_provider_t  *provider;

    value = cf->args->elts;

    provider = ngx_agent_conf_provider_create(cf, amcf, &value[1]);
    if (provider == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_block(cf, ngx_agent_provider_rows, provider)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_provider_end(cf, provider);
}


static ngx_agent_provider_t *
ngx_agent_conf_provider_create(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *name)
{
    ngx_agent_provider_t  *provider, *other, **slot;

    if (ngx_agent_conf_name(cf, "provider", name, AG_NAME_PLAIN) != NGX_OK) {
        return NULL;
    }

    other = ngx_agent_conf_provider_find(amcf, name);

    if (other != NULL) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "duplicate provider \"%V\" (the first "
                                    "one is in %V:%ui)", name,
                                    &other->place.file, other->place.line);
        return NULL;
    }

    provider = ngx_pcalloc(cf->pool, sizeof(ngx_agent_provider_t));
    if (provider == NULL) {
        return NULL;
    }

    provider->name = *name;
    provider->index = amcf->providers.nelts;
    provider->allow_private = NGX_CONF_UNSET;
    provider->usage_chunk = NGX_CONF_UNSET;
    provider->drop_params = NGX_CONF_UNSET;

    ngx_agent_conf_here(cf, &provider->place);
    ngx_agent_conf_timeout_init(&provider->timeout);
    ngx_agent_conf_resilience_init(provider);
    ngx_queue_init(&provider->waiting);

    slot = ngx_array_push(&amcf->providers);

    if (slot == NULL
        || ngx_array_init(&provider->replicas, cf->pool, 1,
                          sizeof(ngx_agent_replica_t)) != NGX_OK
        || ngx_array_init(&provider->keys, cf->pool, 1,
                          sizeof(ngx_agent_key_t)) != NGX_OK
        || ngx_array_init(&provider->headers, cf->pool, 1,
                          sizeof(ngx_keyval_t)) != NGX_OK
        || ngx_array_init(&provider->fields, cf->pool, 1,
                          sizeof(ag_field_t)) != NGX_OK)
    {
        return NULL;
    }

    *slot = provider;

    return provider;
}


ngx_agent_provider_t *
ngx_agent_conf_provider_find(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_agent_provider_t  **provider;

    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        if (ag_str_equal(ngx_agent_str(&provider[i]->name),
                         ngx_agent_str(name)))
        {
            return provider[i];
        }
    }

    return NULL;
}


/* The block is read: defaults, and what only the whole of it shows. */

static char *
ngx_agent_conf_provider_end(ngx_conf_t *cf, ngx_agent_provider_t *provider)
{
    ngx_conf_init_value(provider->usage_chunk, 1);
    ngx_conf_init_value(provider->drop_params, 0);
    ngx_agent_conf_timeout_end(&provider->timeout);
    ngx_agent_conf_timeout_default(&provider->timeout);
    ngx_agent_conf_resilience_end(provider);

    if (ngx_agent_conf_provider_check(cf, provider) != NGX_CONF_OK
        || ngx_agent_conf_replica_private(cf, provider) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (provider->keyed && provider->keys.nelts == 0) {
        provider->disabled = 1;

        ngx_agent_conf_warn(cf, NGX_LOG_NOTICE, &provider->place,
                            "provider \"%V\" is disabled, its optional key "
                            "is missing", &provider->name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_provider_check(ngx_conf_t *cf, ngx_agent_provider_t *provider)
{
    if (provider->dialect == NULL) {
        return ngx_agent_conf_error(cf, &provider->place,
                                    "provider \"%V\" has no \"dialect\": "
                                    "allowed are %s", &provider->name,
                                    ag_dialect_names());
    }

    if (provider->replicas.nelts == 0) {
        return ngx_agent_conf_error(cf, &provider->place,
                                    "provider \"%V\" has no \"url\": allowed "
                                    "are " NGX_AGENT_URLS, &provider->name);
    }

    return ngx_agent_conf_dialect_end(cf, provider);
}


static char *
ngx_agent_conf_provider_key(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_int_t                 rc;
    ngx_str_t                *value, secret;
    ngx_agent_key_options_t   options;

    value = cf->args->elts;

    options.weight = 1;
    options.optional = 0;

    if (ngx_agent_conf_options(cf, 2, ngx_agent_key_options, &options, 1)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    provider->keyed = 1;

    rc = ngx_agent_conf_secret(cf, &value[1], options.optional,
                               "file:PATH, env:NAME", &secret);

    if (rc == NGX_DECLINED) {
        return NGX_CONF_OK;
    }

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_provider_key_add(cf, provider, &secret,
                                           options.weight);
}


static char *
ngx_agent_conf_provider_key_add(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *secret, ngx_uint_t weight)
{
    ngx_agent_key_t  *key;

    if (provider->keys.nelts == AG_PROVIDER_KEYS_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "too many \"key\" lines in provider "
                                    "\"%V\": allowed are %d",
                                    &provider->name, AG_PROVIDER_KEYS_MAX);
    }

    key = ngx_array_push(&provider->keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    key->value = *secret;
    key->weight = weight;
    key->hash = ag_balance_hash(ngx_agent_str(secret));

    if (key->hash == 0) {
        key->hash = 1;                  /* 0 is no key */
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_provider_tls(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_fd_t  fd;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_tls_options, provider, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &provider->tls_ca, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(provider->tls_ca.data,
                       NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "agent: \"tls ca\" file \"%V\" cannot be opened",
                           &provider->tls_ca);
        return NGX_CONF_ERROR;
    }

    (void) ngx_close_file(fd);

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_provider_proxy(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ag_url_t          parts;
    ngx_str_t        *value;
    ngx_agent_url_t  *url;

    value = cf->args->elts;
    url = &provider->proxy_url;

    if (ngx_agent_conf_url(cf, &value[1], NGX_AGENT_PROXIES, url) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    (void) ag_url_read(&parts, ngx_agent_str(&value[1]));

    if (parts.tls || parts.path.len || !parts.has_port) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"proxy\": "
                                    "allowed are " NGX_AGENT_PROXIES,
                                    &value[1]);
    }

    provider->proxy = url->url;

    return NGX_CONF_OK;
}
