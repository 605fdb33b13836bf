/*
 * Copyright (C) ngx_agent authors
 *
 * The keys of a tenant, one by one ("key") or as a file of digests ("keys").
 * Only digests are kept.  A file is read once and taken in twice: first
 * counted and checked, then stored, so that a million keys take what they
 * need and no more.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_keys.h"


/* A file of keys, while it is read. */
typedef struct {
    ngx_str_t                 path;
    ag_str_t                  text;
    ngx_uint_t                count;
    size_t                    names;        /* bytes of all names */
    ngx_uint_t                expired;
} ngx_agent_keys_t;


static ngx_agent_conf_key_t *ngx_agent_conf_keys_add(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_uint_t count);
static char *ngx_agent_conf_keys_digest(ngx_conf_t *cf, ngx_str_t *value,
    u_char *digest);
static u_char *ngx_agent_conf_keys_read(ngx_conf_t *cf,
    ngx_agent_keys_t *keys);
static char *ngx_agent_conf_keys_take(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_agent_keys_t *keys);
static char *ngx_agent_conf_keys_count(ngx_conf_t *cf,
    ngx_agent_keys_t *keys);
static char *ngx_agent_conf_keys_store(ngx_conf_t *cf,
    ngx_agent_tenant_t *tenant, ngx_agent_keys_t *keys);


char *
ngx_agent_conf_keys_line(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    u_char                 digest[AG_KEY_DIGEST];
    ngx_str_t             *value;
    ngx_agent_conf_key_t  *key;

    value = cf->args->elts;

    if (ngx_agent_conf_keys_digest(cf, &value[1], digest) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_signaller()) {
        tenant->keys++;
        return NGX_CONF_OK;
    }

    key = ngx_agent_conf_keys_add(cf, tenant, 1);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(key->rows, sizeof(ngx_agent_tenant_key_t));
    ngx_memcpy(key->rows[0].digest, digest, AG_KEY_DIGEST);
    key->rows[0].tenant = tenant;

    return NGX_CONF_OK;
}


static ngx_agent_conf_key_t *
ngx_agent_conf_keys_add(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_uint_t count)
{
    ngx_agent_conf_key_t   *key;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    key = ngx_array_push(&amcf->tenant_keys);
    if (key == NULL) {
        return NULL;
    }

    key->tenant = tenant;
    key->count = count;
    ngx_agent_conf_here(cf, &key->place);

    key->rows = ngx_palloc(cf->temp_pool,
                           count * sizeof(ngx_agent_tenant_key_t));
    if (key->rows == NULL) {
        return NULL;
    }

    tenant->keys += count;

    return key;
}


static char *
ngx_agent_conf_keys_digest(ngx_conf_t *cf, ngx_str_t *value, u_char *digest)
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


char *
ngx_agent_conf_keys_file(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    char              *rv;
    u_char            *buf;
    ngx_str_t         *value;
    ngx_agent_keys_t   keys;

    value = cf->args->elts;

    if (ngx_agent_conf_signaller()) {
        tenant->keys++;
        return NGX_CONF_OK;
    }

    ngx_memzero(&keys, sizeof(ngx_agent_keys_t));
    keys.path = value[1];

    if (ngx_conf_full_name(cf->cycle, &keys.path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    buf = ngx_agent_conf_keys_read(cf, &keys);
    if (buf == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_agent_conf_keys_take(cf, tenant, &keys);

    ngx_free(buf);

    return rv;
}


/* Returns the memory that holds the text, the caller's to free. */

static u_char *
ngx_agent_conf_keys_read(ngx_conf_t *cf, ngx_agent_keys_t *keys)
{
    off_t            size;
    u_char          *buf;
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_file_info(keys->path.data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "agent: \"keys\" file \"%V\" cannot be opened",
                           &keys->path);
        return NULL;
    }

    size = ngx_file_size(&fi);

    if (size > AG_KEYS_FILE_MAX) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "\"keys\" file \"%V\" is too large: "
                                    "allowed are %d bytes", &keys->path,
                                    AG_KEYS_FILE_MAX);
        return NULL;
    }

    buf = ngx_alloc((size_t) size + 1, cf->log);
    if (buf == NULL) {
        return NULL;
    }

    n = ngx_agent_conf_file(cf, "keys", &keys->path, buf, (size_t) size);

    if (n < 0) {
        ngx_free(buf);
        return NULL;
    }

    keys->text = ag_str(buf, (size_t) n);

    return buf;
}


static char *
ngx_agent_conf_keys_take(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_agent_keys_t *keys)
{
    if (ngx_agent_conf_keys_count(cf, keys) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (keys->count == 0) {

        /* whoever takes the last key away means it */

        ngx_agent_conf_warn(cf, NGX_LOG_WARN, NULL,
                            "\"keys\" file \"%V\" of tenant \"%V\" holds no "
                            "keys", &keys->path, &tenant->name);
    }

    if (ngx_agent_conf_keys_store(cf, tenant, keys) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (keys->expired != 0) {
        ngx_agent_conf_warn(cf, NGX_LOG_NOTICE, NULL,
                            "%ui of %ui keys in \"keys\" file \"%V\" of "
                            "tenant \"%V\" have expired", keys->expired,
                            keys->count, &keys->path, &tenant->name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_keys_count(ngx_conf_t *cf, ngx_agent_keys_t *keys)
{
    int              rc;
    size_t           line;
    ag_str_t         text;
    const char      *why;
    ag_keys_line_t   key;

    line = 0;
    text = keys->text;

    while ((rc = ag_keys_next(&text, &line, &key, &why)) == AG_OK) {
        keys->count++;
        keys->names += key.name.len;

        if (key.until != 0 && key.until <= ngx_time()) {
            keys->expired++;
        }
    }

    if (rc == AG_NONE) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, NULL,
                                "invalid key in \"keys\" file \"%V\", line "
                                "%uz: %s", &keys->path, line, why);
}


static char *
ngx_agent_conf_keys_store(ngx_conf_t *cf, ngx_agent_tenant_t *tenant,
    ngx_agent_keys_t *keys)
{
    size_t                   line;
    u_char                  *names;
    ag_str_t                 text;
    const char              *why;
    ag_keys_line_t           key;
    ngx_agent_conf_key_t    *file;
    ngx_agent_tenant_key_t  *row;

    file = ngx_agent_conf_keys_add(cf, tenant, keys->count);
    names = ngx_pnalloc(cf->pool, keys->names);

    if (file == NULL || names == NULL) {
        return NGX_CONF_ERROR;
    }

    line = 0;
    row = file->rows;
    text = keys->text;

    while (ag_keys_next(&text, &line, &key, &why) == AG_OK) {
        ngx_memcpy(row->digest, key.digest, AG_KEY_DIGEST);

        row->tenant = tenant;
        row->name.data = names;
        row->name.len = key.name.len;
        row->until = (time_t) key.until;

        names = ngx_cpymem(names, key.name.data, key.name.len);
        row++;
    }

    return NGX_CONF_OK;
}


/* Also a file without keys is a line that says who the tenant is. */

ngx_uint_t
ngx_agent_conf_keys_given(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant)
{
    ngx_uint_t             i;
    ngx_agent_conf_key_t  *key;

    if (tenant->keys != 0) {
        return 1;
    }

    key = amcf->tenant_keys.elts;

    for (i = 0; i < amcf->tenant_keys.nelts; i++) {
        if (key[i].tenant == tenant) {
            return 1;
        }
    }

    return 0;
}
