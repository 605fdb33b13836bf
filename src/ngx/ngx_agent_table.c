/*
 * Copyright (C) ngx_agent authors
 *
 * Entries by id: a hash table with chains.  A bucket is guarded by one of 256
 * locks, the lowest bits of its number; so is the number of pins of what is
 * in it.  New entries come first in their chain, so a successor is found
 * before the entry that it takes the place of.
 *
 * How a chain is mended when who changes it dies stands in
 * ngx_agent_table_parts.h.  Knows nothing of what the data mean, but for a
 * log that goes on in a larger one.
 */


#include "ngx/ngx_agent_table_parts.h"
#include "core/ag_key.h"

#include <time.h>


#define NGX_AGENT_TABLE_TOLD  60            /* s between two complaints */
#define NGX_AGENT_TABLE_TEXT  256           /* bytes that are hashed in one
                                               go */


static void ngx_agent_table_mend(ngx_agent_table_t *table,
    ngx_uint_t stripe);
static void ngx_agent_table_mend_chain(ngx_agent_entry_t **link);
static ngx_int_t ngx_agent_table_make(ngx_agent_ledger_process_t *process,
    ngx_agent_ticket_t *ticket, ngx_agent_entry_kind_t kind, uint64_t now_us,
    ngx_agent_entry_t **entry, ngx_uint_t *created);
static ngx_uint_t ngx_agent_table_continue(ngx_agent_entry_t *entry,
    ngx_agent_entry_t *old);
static void ngx_agent_table_full(ngx_agent_ledger_process_t *process,
    uint64_t now_us);


/* ---- chains ---- */


void
ngx_agent_table_lock(ngx_agent_table_t *table, ngx_uint_t stripe)
{
    if (ngx_agent_state_lock(&table->stripes[stripe].lock)) {
        ngx_agent_table_mend(table, stripe);
    }
}


void
ngx_agent_table_unlock(ngx_agent_table_t *table, ngx_uint_t stripe)
{
    ngx_agent_state_unlock(&table->stripes[stripe].lock);
}


/* All buckets of the lock: nobody knows which one its owner was in. */
static void
ngx_agent_table_mend(ngx_agent_table_t *table, ngx_uint_t stripe)
{
    ngx_uint_t  i;

    for (i = stripe; i <= table->mask; i += NGX_AGENT_TABLE_STRIPES) {
        ngx_agent_table_mend_chain(&table->buckets[i]);
    }

    ngx_agent_ticket_count_locked(table, stripe);
}


static void
ngx_agent_table_mend_chain(ngx_agent_entry_t **link)
{
    ngx_agent_entry_t  *entry, *other;

    while (*link != NULL) {
        entry = *link;

        if (entry->kind == NGX_AGENT_TABLE_HAND) {
            *link = entry->next;
            continue;
        }

        entry->pins = 0;

        if (entry->used >= NGX_AGENT_TABLE_MARK) {
            entry->used = 0;
        }

        /* a successor of which its predecessor was not told */

        for (other = entry->next; other != NULL; other = other->next) {
            if (other->moved == NULL && other->kind == entry->kind
                && other->id[0] == entry->id[0]
                && other->id[1] == entry->id[1])
            {
                other->moved = entry;
            }
        }

        link = &entry->next;
    }
}


ngx_agent_entry_t *
ngx_agent_table_search_locked(ngx_agent_table_t *table, const uint64_t id[2],
    ngx_uint_t kind)
{
    ngx_agent_entry_t  *entry;

    entry = table->buckets[id[0] & table->mask];

    while (entry != NULL) {
        if (entry->id[0] == id[0] && entry->id[1] == id[1]
            && entry->moved == NULL && (kind == 0 || entry->kind == kind))
        {
            return entry;
        }

        entry = entry->next;
    }

    return NULL;
}


void
ngx_agent_table_link_locked(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_uint_t kind, uint64_t used)
{
    ngx_agent_entry_t  *entry, **link;

    entry = ledger->hand;
    link = &table->buckets[entry->id[0] & table->mask];

    entry->next = *link;

    ngx_agent_table_order();

    *link = entry;

    ngx_agent_table_order();

    entry->kind = (uint16_t) kind;

    ngx_agent_table_order();

    entry->used = used;
    ledger->hand = NULL;

    ngx_agent_table_order();
}


/* ---- for a call ---- */


ngx_int_t
ngx_agent_table_find(ngx_agent_main_conf_t *amcf, ngx_agent_ticket_t *ticket,
    const uint64_t id[2], ngx_agent_entry_kind_t kind, size_t size,
    uint64_t now_us, ngx_agent_entry_t **entry, ngx_uint_t *created)
{
    ngx_int_t                    rc;
    ngx_uint_t                   stripe;
    ngx_agent_table_t           *table;
    ngx_agent_entry_t           *made;
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;
    table = process->table;
    stripe = ngx_agent_table_stripe(id);

    ngx_agent_table_lock(table, stripe);

    *created = 0;
    *entry = ngx_agent_table_search_locked(table, id, kind);

    if (*entry != NULL && (*entry)->size >= size) {
        (*entry)->used = now_us;
        rc = ngx_agent_ticket_pin_locked(ticket, *entry);

        ngx_agent_table_unlock(table, stripe);

        return rc;
    }

    ngx_agent_table_unlock(table, stripe);

    ngx_agent_table_sweep(table, process->ledger, now_us);

    made = ngx_agent_table_room(table, process->ledger, size,
                                NGX_AGENT_TABLE_CALL, now_us);

    if (made == NULL) {
        ngx_agent_table_full(process, now_us);
        return NGX_BUSY;
    }

    made->id[0] = id[0];
    made->id[1] = id[1];

    return ngx_agent_table_make(process, ticket, kind, now_us, entry,
                                created);
}


/*
 * What is in the hand becomes an entry, unless somebody else was faster.  The
 * tenant's lock is needed for a predecessor; the caller may have it.
 */
static ngx_int_t
ngx_agent_table_make(ngx_agent_ledger_process_t *process,
    ngx_agent_ticket_t *ticket, ngx_agent_entry_kind_t kind, uint64_t now_us,
    ngx_agent_entry_t **entry, ngx_uint_t *created)
{
    ngx_int_t           rc;
    ngx_uint_t          tenant, stripe, own;
    ngx_agent_table_t  *table;
    ngx_agent_entry_t  *made, *old;

    table = process->table;
    made = process->ledger->hand;
    tenant = ngx_agent_ledger_lock_of(ticket->tenant);
    stripe = ngx_agent_table_stripe(made->id);
    own = (table->tenants[tenant].lock.owner == (ngx_atomic_uint_t) ngx_pid);

    if (!own) {
        ngx_agent_ledger_lock(table, tenant);
    }

    ngx_agent_table_lock(table, stripe);

    old = ngx_agent_table_search_locked(table, made->id, kind);

    if (old != NULL && old->size >= made->size) {
        old->used = now_us;
        *entry = old;

    } else {
        *entry = made;
        *created = (old == NULL || !ngx_agent_table_continue(made, old));

        ngx_agent_table_link_locked(table, process->ledger, kind, now_us);

        if (old != NULL) {
            old->moved = made;
        }
    }

    rc = ngx_agent_ticket_pin_locked(ticket, *entry);

    ngx_agent_table_unlock(table, stripe);

    if (!own) {
        ngx_agent_ledger_unlock(table, tenant);
    }

    ngx_agent_table_put(table, process->ledger, process->ledger->pid);

    return rc;
}


/* What a log remembers goes on in a larger one; is the entry made by that?
 * All other windows have one size. */
static ngx_uint_t
ngx_agent_table_continue(ngx_agent_entry_t *entry, ngx_agent_entry_t *old)
{
    ag_window_t  *to, *from;

    entry->generation = old->generation;

    to = ngx_agent_entry_window(entry);
    from = ngx_agent_entry_window(old);

    if (old->kind != NGX_AGENT_ENTRY_WINDOW || from->kind != AG_WINDOW_LOG
        || !ngx_agent_ledger_is_made(old))
    {
        return 0;
    }

    to->kind = from->kind;
    to->capacity = (uint32_t) ((entry->size - sizeof(ag_window_t))
                               / sizeof(uint64_t));
    to->window = from->window;

    ag_window_copy(to, from);

    return 1;
}


static void
ngx_agent_table_full(ngx_agent_ledger_process_t *process, uint64_t now_us)
{
    ngx_atomic_uint_t   seen, now;
    ngx_agent_table_t  *table;

    table = process->table;
    seen = table->told;
    now = (ngx_atomic_uint_t) (now_us / 1000000);

    if (seen != 0 && now - seen < NGX_AGENT_TABLE_TOLD) {
        return;
    }

    if (ngx_atomic_cmp_set(&table->told, seen, now)) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "agent: zone \"%V\" is full of windows and sessions "
                      "that count, calls are refused: give it a larger size",
                      &process->main->zone->shm.name);
    }
}


ngx_agent_entry_t *
ngx_agent_table_peek(ngx_agent_main_conf_t *amcf, const uint64_t id[2])
{
    uint64_t                     now_us;
    ngx_uint_t                   stripe;
    ngx_agent_entry_t           *entry;
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;
    stripe = ngx_agent_table_stripe(id);
    now_us = ngx_agent_table_now();

    ngx_agent_table_lock(process->table, stripe);

    entry = ngx_agent_table_search_locked(process->table, id, 0);

    if (entry != NULL) {
        entry->used = now_us;
    }

    ngx_agent_table_unlock(process->table, stripe);

    return entry;
}


uint64_t
ngx_agent_table_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return AG_WINDOW_MAX_US + (uint64_t) now.tv_sec * 1000000
           + (uint64_t) now.tv_nsec / 1000;
}


/*
 * Clients choose the names of sessions: none of them must be another's entry,
 * so a hash that can be computed backwards will not do.
 */
void
ngx_agent_table_id(uint64_t id[2], uint64_t seed, const void *data,
    size_t len)
{
    u_char    text[2 * sizeof(uint64_t) + NGX_AGENT_TABLE_TEXT];
    u_char    digest[AG_KEY_DIGEST];
    uint64_t  words[2];

    words[0] = seed;
    words[1] = len;

    if (len > NGX_AGENT_TABLE_TEXT) {
        ag_key_digest(ag_str(data, len), digest);
        data = digest;
        len = AG_KEY_DIGEST;
    }

    ngx_memcpy(text, words, sizeof(words));
    ngx_memcpy(text + sizeof(words), data, len);

    ag_key_digest(ag_str(text, sizeof(words) + len), digest);
    ngx_memcpy(id, digest, 2 * sizeof(uint64_t));
}
