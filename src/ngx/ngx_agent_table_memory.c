/*
 * Copyright (C) ngx_agent authors
 *
 * The table's own memory: a free list for each class of sizes, filled with
 * runs of pages of the zone.  The zone's allocator locks the whole zone and
 * looks for pages, so it is asked for runs alone; they are never given back,
 * and the last pages are left to what a reload needs.
 *
 * Each item is always to be found, whoever dies when; see
 * ngx_agent_table_parts.h.  What is lost is the run in the hands of who is
 * killed within the zone's allocator.
 */


#include "ngx/ngx_agent_table_parts.h"


#define NGX_AGENT_TABLE_TICKETS_PART  16    /* of the zone, at most, for the
                                               tickets of a reload */
#define NGX_AGENT_TABLE_LARGER  4   /* classes that stand in for one without
                                       memory: up to twice as large */


static ngx_agent_entry_t *ngx_agent_table_pop(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_uint_t n);
static void ngx_agent_table_take_locked(ngx_agent_ledger_t *ledger,
    ngx_agent_entry_t *entry, ngx_uint_t n);
static ngx_uint_t ngx_agent_table_carve(ngx_agent_table_t *table,
    ngx_uint_t n, ngx_agent_table_purpose_t purpose);
static void ngx_agent_table_carve_locked(ngx_agent_table_class_t *class);
static size_t ngx_agent_table_reserve(size_t zone);
static size_t ngx_agent_table_class_stat(ngx_agent_table_class_t *class,
    ngx_uint_t *used);


void
ngx_agent_table_memory_init(ngx_agent_table_t *table, size_t zone)
{
    ngx_uint_t                i;
    ngx_agent_table_class_t  *class;

    table->reserve = ngx_agent_table_reserve(zone) / ngx_pagesize;

    for (i = 0; i < AG_SLOTS_CLASSES; i++) {
        class = &table->classes[i];
        class->size = ag_slots_size(i);
        class->run = ag_slots_run(i, ngx_pagesize);
    }
}


/* Bytes.  A reload starts as many workers as there are already; but a small
 * zone is for entries first. */
static size_t
ngx_agent_table_reserve(size_t zone)
{
    size_t  tickets;

    tickets = 2 * (size_t) ngx_ncpu * sizeof(ngx_agent_ticket_block_t);

    return ag_slots_reserve(zone)
           + ngx_min(tickets, zone / NGX_AGENT_TABLE_TICKETS_PART);
}


/* A larger class helps out, but takes no pages for it. */
ngx_agent_entry_t *
ngx_agent_table_alloc(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    size_t size, ngx_agent_table_purpose_t purpose)
{
    ngx_uint_t          n, last;
    ngx_agent_entry_t  *entry;

    n = ag_slots_class(sizeof(ngx_agent_entry_t) + size);

    if (n == AG_SLOTS_CLASSES) {
        return NULL;
    }

    do {
        entry = ngx_agent_table_pop(table, ledger, n);

    } while (entry == NULL && ngx_agent_table_carve(table, n, purpose));

    last = ngx_min(n + NGX_AGENT_TABLE_LARGER, AG_SLOTS_CLASSES - 1);

    while (entry == NULL && n < last) {
        entry = ngx_agent_table_pop(table, ledger, ++n);
    }

    if (entry == NULL) {
        return NULL;
    }

    entry->next = NULL;
    entry->moved = NULL;
    entry->size = (uint32_t) size;
    entry->pins = 0;
    entry->generation = 0;
    ngx_memzero(entry->data, size);

    return entry;
}


/* The first that is free; NULL: none. */
static ngx_agent_entry_t *
ngx_agent_table_pop(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    ngx_uint_t n)
{
    u_char                   *next;
    ngx_agent_entry_t        *entry;
    ngx_agent_table_class_t  *class;

    class = &table->classes[n];

    ngx_agent_table_class_lock(class);

    entry = class->free;

    if (entry != NULL) {
        ngx_agent_table_take_locked(ledger, entry, n);
        class->free = entry->next;

    } else if (class->fresh != NULL) {
        entry = (ngx_agent_entry_t *) class->fresh;
        next = class->fresh + class->size;

        ngx_agent_table_take_locked(ledger, entry, n);
        class->fresh = (next + class->size <= class->end) ? next : NULL;
    }

    ngx_agent_state_unlock(&class->lock);

    return entry;
}


/* Into the hand; the caller's next store takes it out of where it was. */
static void
ngx_agent_table_take_locked(ngx_agent_ledger_t *ledger,
    ngx_agent_entry_t *entry, ngx_uint_t n)
{
    entry->class = (uint16_t) n;
    entry->used = ledger->mark;

    ngx_agent_table_order();

    ledger->hand = entry;

    ngx_agent_table_order();

    entry->kind = NGX_AGENT_TABLE_HAND;

    ngx_agent_table_order();
}


/* A new run, if the class is empty; is there something now? */
static ngx_uint_t
ngx_agent_table_carve(ngx_agent_table_t *table, ngx_uint_t n,
    ngx_agent_table_purpose_t purpose)
{
    ngx_uint_t                found;
    ngx_agent_table_class_t  *class;

    class = &table->classes[n];

    ngx_agent_table_class_lock(class);

    if (class->free == NULL && class->fresh == NULL) {
        class->expected = class->runs + 1;

        if (ngx_agent_table_pages(table, class->run, purpose,
                                  (void **) &class->coming)
            != NULL)
        {
            ngx_agent_table_carve_locked(class);
        }
    }

    found = (class->free != NULL || class->fresh != NULL);

    ngx_agent_state_unlock(&class->lock);

    return found;
}


/* May be done twice, if who did it died. */
static void
ngx_agent_table_carve_locked(ngx_agent_table_class_t *class)
{
    class->runs = class->expected;
    class->end = class->coming + class->run;

    ngx_agent_table_order();

    class->fresh = class->coming;

    ngx_agent_table_order();

    class->coming = NULL;
}


void *
ngx_agent_table_pages(ngx_agent_table_t *table, size_t size,
    ngx_agent_table_purpose_t purpose, void **place)
{
    void             *p;
    size_t            keep;
    ngx_slab_pool_t  *pool;

    pool = table->pool;
    keep = 0;

    if (purpose != NGX_AGENT_TABLE_LOAD) {
        keep = (purpose == NGX_AGENT_TABLE_CALL) ? table->reserve
                                                 : table->reserve / 2;
    }

    keep += (size + ngx_pagesize - 1) / ngx_pagesize;
    p = NULL;

    if (pool->pfree < keep) {
        return NULL;        /* mostly true, and saves the lock */
    }

    ngx_shmtx_lock(&pool->mutex);

    if (pool->pfree >= keep) {
        p = ngx_slab_alloc_locked(pool, size);

        if (p != NULL) {
            *place = p;
        }
    }

    ngx_shmtx_unlock(&pool->mutex);

    return p;
}


void
ngx_agent_table_drop_locked(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_agent_entry_t **link)
{
    ngx_agent_entry_t  *entry;

    entry = *link;

    ngx_agent_table_take_locked(ledger, entry, entry->class);
    *link = entry->next;

    ngx_agent_table_order();

    ngx_agent_table_put(table, ledger, ledger->pid);
}


void
ngx_agent_table_put(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    ngx_atomic_uint_t pid)
{
    ngx_agent_entry_t        *entry;
    ngx_agent_table_class_t  *class;

    entry = ledger->hand;

    if (entry == NULL || entry->class >= AG_SLOTS_CLASSES) {
        return;
    }

    class = &table->classes[entry->class];

    ngx_agent_table_class_lock(class);

    /* of a dead process's two may take care, and its successor has a hand */

    if (ledger->hand == entry && ledger->pid == pid) {

        if (entry->kind == NGX_AGENT_TABLE_HAND
            && entry->used == ledger->mark)
        {
            entry->next = class->free;
            entry->size = class->free ? class->free->size + 1 : 1;

            ngx_agent_table_order();

            class->free = entry;

            ngx_agent_table_order();

            entry->kind = 0;
        }

        ledger->hand = NULL;
    }

    ngx_agent_state_unlock(&class->lock);
}


/* What bears the mark of a hand was not taken, or is back already. */
void
ngx_agent_table_class_lock(ngx_agent_table_class_t *class)
{
    if (!ngx_agent_state_lock(&class->lock)) {
        return;
    }

    if (class->coming != NULL) {
        ngx_agent_table_carve_locked(class);
    }

    if (class->free != NULL && class->free->kind == NGX_AGENT_TABLE_HAND) {
        class->free->kind = 0;
    }

    if (class->fresh != NULL) {
        ((ngx_agent_entry_t *) class->fresh)->kind = 0;
    }
}


void
ngx_agent_table_stat(ngx_agent_zone_t *shared, ngx_agent_table_stat_t *stat)
{
    ngx_uint_t                i, used;
    ngx_agent_table_class_t  *class;

    ngx_memzero(stat, sizeof(ngx_agent_table_stat_t));

    for (i = 0; i < AG_SLOTS_CLASSES; i++) {
        class = &shared->table->classes[i];

        stat->claimed += ngx_agent_table_class_stat(class, &used);
        stat->entries += used;
        stat->used += used * class->size;
    }
}


/* Bytes of its runs. */
static size_t
ngx_agent_table_class_stat(ngx_agent_table_class_t *class, ngx_uint_t *used)
{
    size_t  claimed;

    ngx_agent_table_class_lock(class);

    claimed = class->runs * class->run;
    *used = class->runs * (class->run / class->size);

    if (class->free != NULL) {
        *used -= class->free->size;
    }

    if (class->fresh != NULL) {
        *used -= (class->end - class->fresh) / class->size;
    }

    ngx_agent_state_unlock(&class->lock);

    return claimed;
}
