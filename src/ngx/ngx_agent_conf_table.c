/*
 * Copyright (C) ngx_agent authors
 *
 * Tables of names, prefixes, keys and tenants: made once when the
 * configuration is read, then only looked at.  A lookup allocates nothing and
 * takes the same time for ten tenants as for ten thousand (prefixes are
 * walked: they are few).
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_key.h"


static ngx_uint_t ngx_agent_conf_table_size(ngx_uint_t n);
static ngx_int_t ngx_agent_conf_table_names(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_table_name(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *name, ngx_agent_model_t *model);
static ngx_int_t ngx_agent_conf_table_twice(ngx_conf_t *cf, ngx_str_t *name,
    ngx_agent_model_t *model, ngx_agent_model_t *other);
static int ngx_libc_cdecl ngx_agent_conf_table_longer(const void *one,
    const void *two);
static ngx_int_t ngx_agent_conf_table_keys(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_table_key(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_conf_key_t *key, ngx_uint_t first);
static ngx_int_t ngx_agent_conf_table_shared(ngx_conf_t *cf,
    ngx_agent_conf_key_t *key, ngx_agent_tenant_key_t *row,
    ngx_agent_tenant_key_t *other);
static ngx_int_t ngx_agent_conf_table_tenants(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_agent_model_name_t *ngx_agent_conf_table_name_slot(
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);
static uint32_t *ngx_agent_conf_table_key_slot(ngx_agent_main_conf_t *amcf,
    u_char *digest);
static ngx_agent_tenant_t **ngx_agent_conf_table_tenant_slot(
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);


ngx_int_t
ngx_agent_conf_tables(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    if (ngx_agent_conf_table_names(cf, amcf) != NGX_OK
        || ngx_agent_conf_table_tenants(cf, amcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_conf_table_keys(cf, amcf);
}


/* A power of two with room to spare: at least half of it stays empty. */

static ngx_uint_t
ngx_agent_conf_table_size(ngx_uint_t n)
{
    ngx_uint_t  size;

    for (size = 2; size < 2 * n; size *= 2) {
        /* void */
    }

    return size;
}


static ngx_int_t
ngx_agent_conf_table_names(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_str_t           *name;
    ngx_uint_t           i, j, n, size;
    ngx_agent_model_t  **model;

    n = 0;
    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        n += model[i]->names.nelts;
    }

    size = ngx_agent_conf_table_size(n);

    amcf->name_mask = size - 1;
    amcf->name_table = ngx_pcalloc(cf->pool,
                                   size * sizeof(ngx_agent_model_name_t));
    amcf->prefixes = ngx_pcalloc(cf->pool,
                                 (n + 1) * sizeof(ngx_agent_model_name_t));

    if (amcf->name_table == NULL || amcf->prefixes == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < amcf->models.nelts; i++) {
        name = model[i]->names.elts;

        for (j = 0; j < model[i]->names.nelts; j++) {
            if (ngx_agent_conf_table_name(cf, amcf, &name[j], model[i])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    ngx_qsort(amcf->prefixes, amcf->prefix_count,
              sizeof(ngx_agent_model_name_t), ngx_agent_conf_table_longer);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_table_name(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *name, ngx_agent_model_t *model)
{
    ngx_str_t                prefix;
    ngx_uint_t               i;
    ngx_agent_model_name_t  *slot;

    if (!ag_name_is_pattern(ngx_agent_str(name))) {

        slot = ngx_agent_conf_table_name_slot(amcf, name);
        if (slot->model != NULL) {
            return ngx_agent_conf_table_twice(cf, name, model, slot->model);
        }

        slot->name = *name;
        slot->model = model;

        return NGX_OK;
    }

    prefix.data = name->data;
    prefix.len = name->len - 1;

    for (i = 0; i < amcf->prefix_count; i++) {
        if (ag_str_equal(ngx_agent_str(&amcf->prefixes[i].name),
                         ngx_agent_str(&prefix)))
        {
            return ngx_agent_conf_table_twice(cf, name, model,
                                              amcf->prefixes[i].model);
        }
    }

    amcf->prefixes[amcf->prefix_count].name = prefix;
    amcf->prefixes[amcf->prefix_count].model = model;
    amcf->prefix_count++;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_table_twice(ngx_conf_t *cf, ngx_str_t *name,
    ngx_agent_model_t *model, ngx_agent_model_t *other)
{
    (void) ngx_agent_conf_error(cf, &model->place,
                                "duplicate model name \"%V\" (the first one "
                                "is in %V:%ui)", name, &other->place.file,
                                other->place.line);
    return NGX_ERROR;
}


static int ngx_libc_cdecl
ngx_agent_conf_table_longer(const void *one, const void *two)
{
    const ngx_agent_model_name_t  *a, *b;

    a = one;
    b = two;

    return (a->name.len < b->name.len) - (a->name.len > b->name.len);
}


/* Rows move from where they were read into one piece of the right size. */

static ngx_int_t
ngx_agent_conf_table_keys(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t             i, n, size;
    ngx_agent_conf_key_t  *key;

    n = 0;
    key = amcf->tenant_keys.elts;

    for (i = 0; i < amcf->tenant_keys.nelts; i++) {
        n += key[i].count;
    }

    size = ngx_agent_conf_table_size(n);

    amcf->key_mask = size - 1;
    amcf->key_table = ngx_pcalloc(cf->pool, size * sizeof(uint32_t));
    amcf->key_rows = ngx_palloc(cf->pool, n * sizeof(ngx_agent_tenant_key_t));

    if (amcf->key_table == NULL || amcf->key_rows == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < amcf->tenant_keys.nelts; i++) {

        if (ngx_agent_conf_table_key(cf, amcf, &key[i], n) != NGX_OK) {
            return NGX_ERROR;
        }

        n += key[i].count;

        if (key[i].count > 1) {
            (void) ngx_pfree(cf->temp_pool, key[i].rows);
        }

        key[i].rows = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_table_key(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_agent_conf_key_t *key, ngx_uint_t first)
{
    uint32_t                *slot;
    ngx_uint_t               i;
    ngx_agent_tenant_key_t  *row, *other;

    row = amcf->key_rows + first;

    ngx_memcpy(row, key->rows, key->count * sizeof(ngx_agent_tenant_key_t));

    for (i = 0; i < key->count; i++) {
        slot = ngx_agent_conf_table_key_slot(amcf, row[i].digest);

        if (*slot == 0) {
            *slot = (uint32_t) (first + i + 1);
            continue;
        }

        other = &amcf->key_rows[*slot - 1];

        if (other->tenant != row[i].tenant) {
            return ngx_agent_conf_table_shared(cf, key, &row[i], other);
        }

        /*
         * A tenant's own key twice happens while it is rotated: it holds as
         * long as one of the two says.
         */

        if (other->until != 0
            && (row[i].until == 0 || row[i].until > other->until))
        {
            *slot = (uint32_t) (first + i + 1);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_table_shared(ngx_conf_t *cf, ngx_agent_conf_key_t *key,
    ngx_agent_tenant_key_t *row, ngx_agent_tenant_key_t *other)
{
    (void) ngx_agent_conf_error(cf, &key->place,
                                "a \"key\"%s%V of tenant \"%V\" is also one of "
                                "tenant \"%V\" (in %V:%ui)",
                                row->name.len ? " named " : "", &row->name,
                                &key->tenant->name, &other->tenant->name,
                                &other->tenant->place.file,
                                other->tenant->place.line);
    return NGX_ERROR;
}


static ngx_int_t
ngx_agent_conf_table_tenants(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i, size;
    ngx_agent_tenant_t  **tenant, **slot;

    size = ngx_agent_conf_table_size(amcf->tenants.nelts);

    amcf->tenant_mask = size - 1;
    amcf->tenant_table = ngx_pcalloc(cf->pool,
                                     size * sizeof(ngx_agent_tenant_t *));
    if (amcf->tenant_table == NULL) {
        return NGX_ERROR;
    }

    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        slot = ngx_agent_conf_table_tenant_slot(amcf, &tenant[i]->name);

        if (*slot != NULL) {
            (void) ngx_agent_conf_error(cf, &tenant[i]->place,
                                        "duplicate tenant \"%V\" (the first "
                                        "one is in %V:%ui)", &tenant[i]->name,
                                        &(*slot)->place.file,
                                        (*slot)->place.line);
            return NGX_ERROR;
        }

        *slot = tenant[i];
    }

    return NGX_OK;
}


ngx_agent_tenant_key_t *
ngx_agent_conf_key(ngx_agent_main_conf_t *amcf, u_char digest[AG_KEY_DIGEST])
{
    uint32_t  number;

    number = *ngx_agent_conf_table_key_slot(amcf, digest);

    return number ? &amcf->key_rows[number - 1] : NULL;
}


ngx_agent_tenant_t *
ngx_agent_conf_tenant_named(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    return *ngx_agent_conf_table_tenant_slot(amcf, name);
}


ngx_agent_model_t *
ngx_agent_conf_model(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_agent_model_t       *model;
    ngx_agent_model_name_t  *prefix;

    model = ngx_agent_conf_table_name_slot(amcf, name)->model;

    if (model != NULL) {
        return model;
    }

    for (i = 0; i < amcf->prefix_count; i++) {
        prefix = &amcf->prefixes[i];

        if (name->len >= prefix->name.len
            && ngx_memcmp(name->data, prefix->name.data, prefix->name.len)
               == 0)
        {
            return prefix->model;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_agent_conf_allows(ngx_agent_tenant_t *tenant, ngx_str_t *name)
{
    ngx_str_t   *pattern;
    ngx_uint_t   i;

    pattern = tenant->models.elts;

    for (i = 0; i < tenant->models.nelts; i++) {
        if (ag_name_matches(ngx_agent_str(&pattern[i]), ngx_agent_str(name))) {
            return 1;
        }
    }

    return 0;
}


/* The slot of a name, or the empty one where it would go. */

static ngx_agent_model_name_t *
ngx_agent_conf_table_name_slot(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_agent_model_name_t  *slot;

    for (i = ag_name_hash(ngx_agent_str(name)); /* void */ ; i++) {
        slot = &amcf->name_table[i & amcf->name_mask];

        if (slot->model == NULL
            || ag_str_equal(ngx_agent_str(&slot->name), ngx_agent_str(name)))
        {
            return slot;
        }
    }
}


/* The slot of a key's digest, or the empty one where it would go. */

static uint32_t *
ngx_agent_conf_table_key_slot(ngx_agent_main_conf_t *amcf, u_char *digest)
{
    uint32_t  *slot;
    uint64_t   i;

    ngx_memcpy(&i, digest, sizeof(uint64_t));

    for ( /* void */ ; /* void */ ; i++) {
        slot = &amcf->key_table[i & amcf->key_mask];

        if (*slot == 0
            || ag_key_equal(amcf->key_rows[*slot - 1].digest, digest))
        {
            return slot;
        }
    }
}


/* The slot of a tenant's name, or the empty one where it would go. */

static ngx_agent_tenant_t **
ngx_agent_conf_table_tenant_slot(ngx_agent_main_conf_t *amcf, ngx_str_t *name)
{
    ngx_uint_t            i;
    ngx_agent_tenant_t  **slot;

    for (i = ag_name_hash(ngx_agent_str(name)); /* void */ ; i++) {
        slot = &amcf->tenant_table[i & amcf->tenant_mask];

        if (*slot == NULL
            || ag_str_equal(ngx_agent_str(&(*slot)->name),
                            ngx_agent_str(name)))
        {
            return slot;
        }
    }
}
