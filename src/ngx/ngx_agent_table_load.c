/*
 * Copyright (C) ngx_agent authors
 *
 * The table while a configuration is loaded: it is made, takes over what the
 * zone before it knew, and gets the entries that the configuration names.
 * All of that is done by one process, beside workers that use the table; and
 * the walk through all entries, by whoever wants to keep them.
 */


#include "ngx/ngx_agent_table_parts.h"


static ngx_agent_ledger_t *ngx_agent_table_loader(ngx_agent_table_t *table);
static ngx_agent_entry_t *ngx_agent_table_fix_made(ngx_agent_table_t *table,
    ngx_agent_entry_kind_t kind, ngx_uint_t generation,
    ngx_agent_entry_grow_pt grow, void *data);
static void ngx_agent_table_mark(ngx_agent_entry_t *entry,
    ngx_uint_t generation);
static ngx_uint_t ngx_agent_table_inherit_entry(ngx_agent_table_t *table,
    ngx_agent_entry_t *from, ngx_agent_table_purpose_t purpose);
static void ngx_agent_table_inherit_data(ngx_agent_entry_t *entry,
    ngx_agent_entry_t *from);


size_t
ngx_agent_table_size(size_t zone)
{
    return ag_slots_buckets(zone) * sizeof(ngx_agent_entry_t *)
           + sizeof(ngx_agent_table_t)
           + NGX_AGENT_TABLE_PROCESSES
             * (sizeof(ngx_agent_ledger_t) + sizeof(ngx_agent_ticket_block_t)
                + ngx_pagesize)
           + 2 * ngx_pagesize
           + ag_slots_reserve(zone);
}


ngx_int_t
ngx_agent_table_create(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    size_t size)
{
    size_t              n;
    ngx_agent_table_t  *table;

    table = ngx_slab_calloc(pool, sizeof(ngx_agent_table_t));
    if (table == NULL) {
        return NGX_ERROR;
    }

    n = ag_slots_buckets(size);

    table->buckets = ngx_slab_calloc(pool, n * sizeof(ngx_agent_entry_t *));
    if (table->buckets == NULL) {
        return NGX_ERROR;
    }

    table->mask = n - 1;
    table->shared = shared;
    table->pool = pool;

    ngx_agent_table_memory_init(table, size);

    shared->table = table;

    return NGX_OK;
}


/* Another one may have died with an item in its hand. */
static ngx_agent_ledger_t *
ngx_agent_table_loader(ngx_agent_table_t *table)
{
    ngx_agent_ledger_t  *loader;

    loader = &table->loader;
    loader->mark = NGX_AGENT_TABLE_MARK + NGX_MAX_PROCESSES;

    ngx_agent_ledger_empty(table, loader, loader->pid);

    loader->pid = ngx_pid;

    return loader;
}


ngx_agent_entry_t *
ngx_agent_table_fix(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    const uint64_t id[2], ngx_agent_entry_kind_t kind, size_t size,
    uint64_t tenant, ngx_uint_t generation, ngx_agent_entry_grow_pt grow,
    void *data)
{
    ngx_uint_t           stripe, n;
    ngx_agent_table_t   *table;
    ngx_agent_entry_t   *entry, *made;
    ngx_agent_ledger_t  *loader;

    (void) pool;

    table = shared->table;
    stripe = ngx_agent_table_stripe(id);

    ngx_agent_table_lock(table, stripe);

    entry = ngx_agent_table_search_locked(table, id, kind);

    if (entry != NULL && entry->size >= size) {
        ngx_agent_table_mark(entry, generation);
        ngx_agent_table_unlock(table, stripe);

        return entry;
    }

    ngx_agent_table_unlock(table, stripe);

    loader = ngx_agent_table_loader(table);
    made = ngx_agent_table_room(table, loader, size, NGX_AGENT_TABLE_LOAD,
                                ngx_agent_table_now());
    if (made == NULL) {
        return NULL;
    }

    made->id[0] = id[0];
    made->id[1] = id[1];

    n = ngx_agent_ledger_lock_of(tenant);

    ngx_agent_ledger_lock(table, n);
    ngx_agent_table_lock(table, stripe);

    entry = ngx_agent_table_fix_made(table, kind, generation, grow, data);

    ngx_agent_table_unlock(table, stripe);
    ngx_agent_ledger_unlock(table, n);

    ngx_agent_table_put(table, loader, loader->pid);

    return entry;
}


/* Both locks are held; a worker may have been faster. */
static ngx_agent_entry_t *
ngx_agent_table_fix_made(ngx_agent_table_t *table,
    ngx_agent_entry_kind_t kind, ngx_uint_t generation,
    ngx_agent_entry_grow_pt grow, void *data)
{
    ngx_agent_entry_t  *made, *old;

    made = table->loader.hand;
    old = ngx_agent_table_search_locked(table, made->id, kind);

    if (old != NULL && old->size >= made->size) {
        ngx_agent_table_mark(old, generation);
        return old;
    }

    if (old != NULL) {
        grow(made->data, old->data, data);
        made->generation = old->generation;
    }

    ngx_agent_table_mark(made, generation);

    ngx_agent_table_link_locked(table, &table->loader, kind,
                                ngx_agent_table_now());

    if (old != NULL) {
        old->moved = made;
    }

    return made;
}


/* Never lower: what a file remembers is named by no configuration. */
static void
ngx_agent_table_mark(ngx_agent_entry_t *entry, ngx_uint_t generation)
{
    if (entry->generation < generation) {
        entry->generation = (uint32_t) generation;
    }
}


/* ---- a zone that takes the place of another one ---- */


/*
 * What the newest configuration names comes first, and may take of what is
 * reserved.  Workers go on changing the old zone meanwhile: a window that was
 * copied in the middle of a change is mended.
 */
void
ngx_agent_table_inherit(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    ngx_agent_zone_t *old)
{
    ngx_uint_t          i, named, stripe;
    ngx_agent_entry_t  *from;
    ngx_agent_table_t  *table;

    (void) pool;

    table = old->table;

    for (named = 2; named-- > 0; /* void */ ) {

        for (i = 0; i <= table->mask; i++) {
            stripe = i & (NGX_AGENT_TABLE_STRIPES - 1);

            ngx_agent_table_lock(table, stripe);

            for (from = table->buckets[i]; from != NULL; from = from->next) {
                if (from->moved == NULL
                    && (from->generation == old->loaded) == named)
                {
                    (void) ngx_agent_table_inherit_entry(shared->table, from,
                                             named ? NGX_AGENT_TABLE_TICKETS
                                                   : NGX_AGENT_TABLE_CALL);
                }
            }

            ngx_agent_table_unlock(table, stripe);
        }
    }
}


/* The buckets of both zones are locked then; nobody else has locks of both. */
static ngx_uint_t
ngx_agent_table_inherit_entry(ngx_agent_table_t *table,
    ngx_agent_entry_t *from, ngx_agent_table_purpose_t purpose)
{
    ngx_uint_t           stripe;
    ngx_agent_entry_t   *entry;
    ngx_agent_ledger_t  *loader;

    loader = ngx_agent_table_loader(table);
    stripe = ngx_agent_table_stripe(from->id);

    ngx_agent_table_lock(table, stripe);
    entry = ngx_agent_table_search_locked(table, from->id, from->kind);
    ngx_agent_table_unlock(table, stripe);

    if (entry == NULL) {
        entry = ngx_agent_table_alloc(table, loader, from->size, purpose);

        if (entry == NULL) {
            return 0;
        }

        entry->id[0] = from->id[0];
        entry->id[1] = from->id[1];
        entry->generation = from->generation;

        ngx_agent_table_lock(table, stripe);
        ngx_agent_table_link_locked(table, loader, from->kind, from->used);
        ngx_agent_table_unlock(table, stripe);
    }

    ngx_agent_table_inherit_data(entry, from);

    return 1;
}


/* Whoever holds a place gives it back in the old zone. */
static void
ngx_agent_table_inherit_data(ngx_agent_entry_t *entry,
    ngx_agent_entry_t *from)
{
    ag_window_t  *window;

    if (from->kind != NGX_AGENT_ENTRY_WINDOW) {
        ngx_memcpy(entry->data, from->data, ngx_min(entry->size, from->size));
        return;
    }

    window = ngx_agent_entry_window(entry);

    if (ngx_agent_ledger_is_made(entry) && ngx_agent_ledger_is_made(from)) {
        ag_window_copy(window, ngx_agent_entry_window(from));

    } else if (entry->size >= from->size) {
        ngx_memcpy(entry->data, from->data, from->size);
    }

    if (!ngx_agent_ledger_is_made(entry)) {
        ngx_memzero(entry->data, entry->size);
        return;
    }

    ag_window_mend(window);

    if (window->kind == AG_WINDOW_COUNT) {
        window->sum = 0;
    }
}


/* ---- all entries ---- */


ngx_int_t
ngx_agent_table_walk(ngx_agent_zone_t *shared, ngx_uint_t *bucket,
    ngx_uint_t max, ngx_agent_entry_walk_pt handler, void *data)
{
    ngx_int_t           rc;
    ngx_uint_t          stripe;
    ngx_agent_table_t  *table;
    ngx_agent_entry_t  *entry;

    rc = NGX_OK;
    table = shared->table;

    while (rc == NGX_OK && max-- > 0) {

        if (*bucket > table->mask) {
            return NGX_DONE;
        }

        stripe = *bucket & (NGX_AGENT_TABLE_STRIPES - 1);

        ngx_agent_table_lock(table, stripe);

        for (entry = table->buckets[*bucket];
             entry != NULL && rc == NGX_OK;
             entry = entry->next)
        {
            if (entry->moved == NULL) {
                rc = handler(entry, data);
            }
        }

        ngx_agent_table_unlock(table, stripe);

        (*bucket)++;
    }

    return rc;
}
