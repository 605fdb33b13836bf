/*
 * Copyright (C) ngx_agent authors
 *
 * What leaves the table, and when.  Each new entry of a call looks at the
 * next few buckets and drops what does not count any more; so the table is
 * swept as fast as it grows, and nobody has to wait for it.  Only when
 * memory is out it goes further, and drops sessions and cached tenants that
 * still count, the longest unused among some.
 *
 * Never leaves: what a ticket pins, what a process may know from its
 * configuration, what has a predecessor that is still there, and what was
 * looked up a moment ago.
 */


#include "ngx/ngx_agent_table_parts.h"


#define NGX_AGENT_TABLE_LAZY       4        /* buckets for a new entry */
#define NGX_AGENT_TABLE_SOME       16       /* buckets of which the longest
                                               unused entry goes */
#define NGX_AGENT_TABLE_NEED_MAX   4096     /* buckets for one entry */
#define NGX_AGENT_TABLE_BARREN     64       /* the same, shortly after so many
                                               had nothing to give */
#define NGX_AGENT_TABLE_RETRY      1000     /* ms that this is "shortly" */
#define NGX_AGENT_TABLE_FORGOTTEN  3        /* generations that do not name an
                                               entry */
#define NGX_AGENT_TABLE_KINDS      (NGX_AGENT_ENTRY_TENANT + 1)


typedef struct {
    ngx_agent_table_t        *table;
    ngx_agent_ledger_t       *ledger;
    ag_now_t                  now;
    ngx_uint_t                class;        /* of memory that is needed */
    ngx_agent_entry_t        *longest;      /* unused of that class; NULL:
                                               none, or none is looked for */
    uint64_t                  used;         /* its */
    ngx_uint_t                bucket;       /* where it is */
    unsigned                  need:1;
} ngx_agent_table_sweep_t;


static void ngx_agent_table_sweep_some(ngx_agent_table_sweep_t *sweep,
    ngx_uint_t count);
static void ngx_agent_table_sweep_bucket(ngx_agent_table_sweep_t *sweep,
    ngx_uint_t bucket);
static ngx_uint_t ngx_agent_table_is_gone(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry);
static ngx_uint_t ngx_agent_table_is_idle(ngx_agent_entry_t *entry,
    const ag_now_t *now);
static ngx_uint_t ngx_agent_table_is_successor(ngx_agent_entry_t *entry);
static uint64_t ngx_agent_table_unused(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry);
static void ngx_agent_table_compare(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry, ngx_uint_t bucket);
static void ngx_agent_table_evict(ngx_agent_table_sweep_t *sweep);
static ngx_uint_t ngx_agent_table_bound(ngx_agent_table_t *table,
    ngx_uint_t class, uint64_t now_us);


/* Set once in a process, by those who own the data. */
static ngx_agent_entry_idle_pt  ngx_agent_table_idles[NGX_AGENT_TABLE_KINDS];


void
ngx_agent_table_idle(ngx_agent_entry_kind_t kind,
    ngx_agent_entry_idle_pt idle)
{
    ngx_agent_table_idles[kind] = idle;
}


void
ngx_agent_table_sweep(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    uint64_t now_us)
{
    ngx_agent_table_sweep_t  sweep;

    ngx_memzero(&sweep, sizeof(ngx_agent_table_sweep_t));

    sweep.table = table;
    sweep.ledger = ledger;
    sweep.now.us = now_us;
    sweep.now.wall = (int64_t) ngx_time();

    ngx_agent_table_sweep_some(&sweep, NGX_AGENT_TABLE_LAZY);
}


ngx_agent_entry_t *
ngx_agent_table_room(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    size_t size, ngx_agent_table_purpose_t purpose, uint64_t now_us)
{
    ngx_uint_t                n, bound;
    ngx_agent_entry_t        *entry;
    ngx_agent_table_sweep_t   sweep;

    entry = ngx_agent_table_alloc(table, ledger, size, purpose);

    if (entry != NULL) {
        return entry;
    }

    ngx_memzero(&sweep, sizeof(ngx_agent_table_sweep_t));

    sweep.table = table;
    sweep.ledger = ledger;
    sweep.now.us = now_us;
    sweep.now.wall = (int64_t) ngx_time();
    sweep.need = 1;
    sweep.class = ag_slots_class(sizeof(ngx_agent_entry_t) + size);

    if (sweep.class == AG_SLOTS_CLASSES) {
        return NULL;
    }

    bound = (purpose == NGX_AGENT_TABLE_LOAD)
            ? table->mask + 1
            : ngx_agent_table_bound(table, sweep.class, now_us);

    for (n = 0; n < bound; n += NGX_AGENT_TABLE_SOME) {
        sweep.longest = NULL;

        ngx_agent_table_sweep_some(&sweep, NGX_AGENT_TABLE_SOME);

        entry = ngx_agent_table_alloc(table, ledger, size, purpose);

        if (entry == NULL && sweep.longest != NULL) {
            ngx_agent_table_evict(&sweep);
            entry = ngx_agent_table_alloc(table, ledger, size, purpose);
        }

        if (entry != NULL) {
            return entry;
        }
    }

    table->classes[sweep.class].barren = (ngx_atomic_uint_t) (now_us / 1000);

    return NULL;
}


/* A zone that is full to the brim must not cost much for each call. */
static ngx_uint_t
ngx_agent_table_bound(ngx_agent_table_t *table, ngx_uint_t class,
    uint64_t now_us)
{
    ngx_uint_t         bound;
    ngx_atomic_uint_t  barren;

    barren = table->classes[class].barren;
    bound = NGX_AGENT_TABLE_NEED_MAX;

    if (barren != 0
        && (ngx_atomic_uint_t) (now_us / 1000) - barren
           < NGX_AGENT_TABLE_RETRY)
    {
        bound = NGX_AGENT_TABLE_BARREN;
    }

    return ngx_min(bound, table->mask + 1);
}


static void
ngx_agent_table_sweep_some(ngx_agent_table_sweep_t *sweep, ngx_uint_t count)
{
    ngx_uint_t  i, first;

    first = ngx_atomic_fetch_add(&sweep->table->next,
                                 (ngx_atomic_int_t) count);

    for (i = 0; i < count; i++) {
        ngx_agent_table_sweep_bucket(sweep, (first + i) & sweep->table->mask);
    }
}


static void
ngx_agent_table_sweep_bucket(ngx_agent_table_sweep_t *sweep,
    ngx_uint_t bucket)
{
    ngx_uint_t           stripe;
    ngx_agent_table_t   *table;
    ngx_agent_entry_t  **link;

    table = sweep->table;

    if (table->buckets[bucket] == NULL) {
        return;     /* whatever comes now is new */
    }

    stripe = bucket & (NGX_AGENT_TABLE_STRIPES - 1);

    ngx_agent_table_lock(table, stripe);

    link = &table->buckets[bucket];

    while (*link != NULL) {

        if (ngx_agent_table_is_gone(sweep, *link)) {
            ngx_agent_table_drop_locked(table, sweep->ledger, link);
            continue;
        }

        if (sweep->need) {
            ngx_agent_table_compare(sweep, *link, bucket);
        }

        link = &(*link)->next;
    }

    ngx_agent_table_unlock(table, stripe);
}


static ngx_uint_t
ngx_agent_table_is_gone(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry)
{
    ngx_uint_t         gone;
    ngx_agent_table_t  *table;

    table = sweep->table;

    if (entry->pins != 0) {
        return 0;
    }

    if (entry->generation == 0) {
        gone = ngx_agent_table_unused(sweep, entry) >= NGX_AGENT_TABLE_MOMENT
               && (entry->moved != NULL
                   || ngx_agent_table_is_idle(entry, &sweep->now));

    } else {

        /* a process knows what its configuration named, or a later one */

        gone = entry->generation < table->oldest
               && (entry->moved != NULL
                   || entry->generation + NGX_AGENT_TABLE_FORGOTTEN
                      <= table->shared->loaded);
    }

    return gone && !ngx_agent_table_is_successor(entry);
}


static ngx_uint_t
ngx_agent_table_is_idle(ngx_agent_entry_t *entry, const ag_now_t *now)
{
    ngx_agent_entry_idle_pt  idle;

    if (entry->kind == NGX_AGENT_ENTRY_WINDOW) {
        return !ngx_agent_ledger_is_made(entry)
               || ag_window_idle(ngx_agent_entry_window(entry), now);
    }

    idle = ngx_agent_table_idles[entry->kind];

    return idle != NULL && idle(entry, now->us);
}


/* Its predecessor, which points to it, lies behind it. */
static ngx_uint_t
ngx_agent_table_is_successor(ngx_agent_entry_t *entry)
{
    ngx_agent_entry_t  *other;

    for (other = entry->next; other != NULL; other = other->next) {
        if (other->moved == entry) {
            return 1;
        }
    }

    return 0;
}


/* us; it may have been looked up after we took the time. */
static uint64_t
ngx_agent_table_unused(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry)
{
    return (sweep->now.us > entry->used) ? sweep->now.us - entry->used : 0;
}


/* Larger items would do as well, but are not worth a session. */
static void
ngx_agent_table_compare(ngx_agent_table_sweep_t *sweep,
    ngx_agent_entry_t *entry, ngx_uint_t bucket)
{
    if (entry->class != sweep->class || entry->pins != 0
        || entry->generation != 0 || entry->moved != NULL
        || entry->kind == NGX_AGENT_ENTRY_WINDOW
        || ngx_agent_table_unused(sweep, entry) < NGX_AGENT_TABLE_MOMENT
        || (sweep->longest != NULL && entry->used >= sweep->used))
    {
        return;
    }

    sweep->longest = entry;
    sweep->used = entry->used;
    sweep->bucket = bucket;
}


/* Unless somebody uses it again. */
static void
ngx_agent_table_evict(ngx_agent_table_sweep_t *sweep)
{
    ngx_uint_t           stripe;
    ngx_agent_table_t   *table;
    ngx_agent_entry_t  **link;

    table = sweep->table;
    stripe = sweep->bucket & (NGX_AGENT_TABLE_STRIPES - 1);

    ngx_agent_table_lock(table, stripe);

    link = &table->buckets[sweep->bucket];

    while (*link != NULL && *link != sweep->longest) {
        link = &(*link)->next;
    }

    if (*link != NULL && (*link)->pins == 0 && (*link)->generation == 0
        && (*link)->used == sweep->used
        && !ngx_agent_table_is_successor(*link))
    {
        ngx_agent_table_drop_locked(table, sweep->ledger, link);
    }

    ngx_agent_table_unlock(table, stripe);
}
