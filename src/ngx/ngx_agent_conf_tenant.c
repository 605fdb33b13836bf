/*
 * Copyright (C) ngx_agent authors
 *
 * agent_tenant NAME { ... }: who may call, with which keys, and what.  Keys
 * are kept as digests only.  A tenant must say which models it may use:
 * nobody gets all of them by forgetting a line.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_key.h"


/* The tenant whose block is read, and where its keys go. */
typedef struct {
    ngx_agent_main_conf_t   *main;
    ngx_agent_tenant_t      *tenant;
} ngx_agent_tenant_block_t;


static ngx_agent_tenant_t *ngx_agent_conf_tenant_create(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);
static char *ngx_agent_conf_tenant_end(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant);
static char *ngx_agent_conf_tenant_key(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_tenant_digest(ngx_conf_t *cf, ngx_str_t *value,
    u_char *digest);
static char *ngx_agent_conf_tenant_models(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_tenant_require(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);


static const ngx_agent_row_t  ngx_agent_tenant_rows[] = {

    { ngx_string("key"), 1, 1, 0,
      ngx_agent_conf_tenant_key, 0, NULL },

    { ngx_string("models"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_models, 0, NULL },

    { ngx_string("require"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_tenant_require, 0, NULL },

    { ngx_null_string, 0, 0, 0, NULL, 0, NULL }
};


char *
ngx_agent_conf_tenant_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                 *value;
    ngx_agent_tenant_block_t   block;

    value = cf->args->elts;

    block.main = conf;
    block.tenant = ngx_agent_conf_tenant_create(cf, conf, &value[1]);

    if (block.tenant == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_block(cf, ngx_agent_tenant_rows, &block)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_tenant_end(cf, block.tenant);
}


static ngx_agent_tenant_t *
ngx_agent_conf_tenant_create(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *name)
{
    ngx_uint_t           i;
    ngx_agent_tenant_t  *tenant, **others, **slot;

    if (ngx_agent_conf_name(cf, "tenant", name, AG_NAME_PLAIN) != NGX_OK) {
        return NULL;
    }

    others = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        if (ag_str_equal(ngx_agent_str(&others[i]->name),
                         ngx_agent_str(name)))
        {
            (void) ngx_agent_conf_error(cf, NULL,
                                        "duplicate tenant \"%V\" (the first "
                                        "one is in %V:%ui)", name,
                                        &others[i]->place.file,
                                        others[i]->place.line);
            return NULL;
        }
    }

    tenant = ngx_pcalloc(cf->pool, sizeof(ngx_agent_tenant_t));
    slot = ngx_array_push(&amcf->tenants);

    if (tenant == NULL || slot == NULL
        || ngx_array_init(&tenant->models, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    *slot = tenant;

    tenant->name = *name;
    ngx_agent_conf_here(cf, &tenant->place);

    return tenant;
}


static char *
ngx_agent_conf_tenant_end(ngx_conf_t *cf, ngx_agent_tenant_t *tenant)
{
    if (tenant->models.nelts == 0) {
        return ngx_agent_conf_error(cf, &tenant->place,
                                    "tenant \"%V\" has no \"models\": allowed "
                                    "are names of models, prefixes like "
                                    "gpt-5*, or * for all", &tenant->name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_tenant_key(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_block_t *block = conf;

    u_char                 digest[AG_KEY_DIGEST];
    ngx_str_t             *value;
    ngx_agent_conf_key_t  *key;

    value = cf->args->elts;

    if (ngx_agent_conf_tenant_digest(cf, &value[1], digest) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    block->tenant->keys++;

    if (ngx_agent_conf_signaller()) {
        return NGX_CONF_OK;
    }

    key = ngx_array_push(&block->main->tenant_keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(key->key.digest, digest, AG_KEY_DIGEST);
    key->key.tenant = block->tenant;
    ngx_agent_conf_here(cf, &key->place);

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_tenant_digest(ngx_conf_t *cf, ngx_str_t *value, u_char *digest)
{
    ngx_int_t  rc;
    ngx_str_t  secret, hex;

    if (ngx_strncmp(value->data, "sha256:", 7) == 0) {
        hex.data = value->data + 7;
        hex.len = value->len - 7;

        if (ag_key_read_hex(ngx_agent_str(&hex), digest) == AG_OK) {
            return NGX_CONF_OK;
        }

        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"key sha256:\" (not "
                                    "shown, it may be a secret): allowed are "
                                    "the key's digest, %d hex digits",
                                    2 * AG_KEY_DIGEST);
    }

    rc = ngx_agent_conf_secret(cf, value, 0, NGX_AGENT_TENANT_KEYS, &secret);
    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ag_key_digest(ngx_agent_str(&secret), digest);

    if (!ngx_agent_conf_signaller()) {
        ngx_explicit_memzero(secret.data, secret.len);
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_tenant_models(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_block_t *block = conf;

    ngx_str_t           *value, *name;
    ngx_uint_t           i;
    ngx_agent_tenant_t  *tenant;

    value = cf->args->elts;
    tenant = block->tenant;
    ngx_agent_conf_here(cf, &tenant->models_at);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_agent_conf_name(cf, "model", &value[i], AG_NAME_PATTERN)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        name = ngx_array_push(&tenant->models);
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
    ngx_agent_tenant_block_t *block = conf;

    ngx_agent_conf_here(cf, &block->tenant->require_at);

    return ngx_agent_conf_tags_read(cf, &block->tenant->require);
}
