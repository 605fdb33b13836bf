/*
 * Copyright (C) ngx_agent authors
 *
 * Tickets: what each call in flight holds.  They lie in blocks in shared
 * memory that belong to a process slot and are never given back; the list of
 * the free ones is the process's own, so that taking one locks nothing.
 *
 * An entry that the configuration names is only written down: it stays for
 * as long as a process of that configuration is there, and bury() works
 * before a dead one is forgotten.  What was found by its id is pinned.
 */


#include "ngx/ngx_agent_table_parts.h"


#define ngx_agent_ticket_bit(n)                                               \
    ((ngx_atomic_uint_t) 1 << (NGX_AGENT_TICKET_PINNED + (n)))


typedef struct {
    ngx_uint_t                lock;         /* that is held: a stripe's, or a
                                               tenant's */
    ngx_agent_entry_t        *entry;
    ngx_uint_t                sum;
} ngx_agent_ticket_count_t;


static ngx_int_t ngx_agent_ticket_block(ngx_agent_ledger_process_t *process);
static void ngx_agent_ticket_come(ngx_agent_ledger_t *ledger);
static void ngx_agent_ticket_free(ngx_agent_ledger_process_t *process,
    ngx_agent_ticket_t *ticket);
static ngx_int_t ngx_agent_ticket_find(ngx_agent_ticket_t *ticket,
    ngx_agent_entry_t *entry);
static void ngx_agent_ticket_count(ngx_agent_table_t *table,
    ngx_agent_ticket_t *ticket, void *data);
static void ngx_agent_ticket_sum(ngx_agent_table_t *table,
    ngx_agent_ticket_t *ticket, void *data);
static ngx_uint_t ngx_agent_ticket_same(ngx_agent_ticket_t *ticket,
    ngx_atomic_uint_t state);


/* ---- the process's own ---- */


void
ngx_agent_ticket_init(ngx_agent_ledger_process_t *process)
{
    ngx_uint_t                 i;
    ngx_agent_ticket_block_t  *block;

    if (process->ledger->coming != NULL) {
        ngx_agent_ticket_come(process->ledger);
    }

    process->free = NULL;

    for (block = process->ledger->blocks; block; block = block->next) {
        for (i = NGX_AGENT_TICKET_BLOCK; i-- > 0; /* void */ ) {
            ngx_agent_ticket_free(process, &block->tickets[i]);
        }
    }

    if (process->free == NULL && ngx_agent_ticket_block(process) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "agent: zone \"%V\" has no room for what this process "
                      "must write down, it refuses calls with limits: give "
                      "the zone a larger size",
                      &process->main->zone->shm.name);
    }
}


/* A process that has none may take all that is reserved. */
static ngx_int_t
ngx_agent_ticket_block(ngx_agent_ledger_process_t *process)
{
    ngx_uint_t           i;
    ngx_agent_ledger_t  *ledger;

    ledger = process->ledger;

    if (ngx_agent_table_pages(process->table,
                              sizeof(ngx_agent_ticket_block_t),
                              ledger->blocks ? NGX_AGENT_TABLE_TICKETS
                                             : NGX_AGENT_TABLE_LOAD,
                              (void **) &ledger->coming)
        == NULL)
    {
        return NGX_ERROR;
    }

    ngx_agent_ticket_come(ledger);

    for (i = NGX_AGENT_TICKET_BLOCK; i-- > 0; /* void */ ) {
        ngx_agent_ticket_free(process, &ledger->blocks->tickets[i]);
    }

    return NGX_OK;
}


/* Others walk through the blocks; and it may be done twice. */
static void
ngx_agent_ticket_come(ngx_agent_ledger_t *ledger)
{
    if (ledger->coming != ledger->blocks) {
        ngx_memzero(ledger->coming, sizeof(ngx_agent_ticket_block_t));
        ledger->coming->next = ledger->blocks;

        ngx_memory_barrier();

        ledger->blocks = ledger->coming;
    }

    ngx_agent_table_order();

    ledger->coming = NULL;
}


static void
ngx_agent_ticket_free(ngx_agent_ledger_process_t *process,
    ngx_agent_ticket_t *ticket)
{
    ticket->tenant = (uint64_t) (uintptr_t) process->free;
    process->free = ticket;
}


/* ---- for a call ---- */


ngx_agent_ticket_t *
ngx_agent_ticket_take(ngx_agent_main_conf_t *amcf, uint64_t tenant)
{
    ngx_atomic_uint_t            use;
    ngx_agent_ticket_t          *ticket;
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    if (process == NULL
        || (process->free == NULL
            && ngx_agent_ticket_block(process) != NGX_OK))
    {
        return NULL;
    }

    ticket = process->free;
    process->free = (ngx_agent_ticket_t *) (uintptr_t) ticket->tenant;

    ticket->tenant = tenant;
    ticket->count = 0;
    ticket->held = 0;

    ngx_agent_table_order();

    use = (ticket->state >> NGX_AGENT_TICKET_USE) + 1;

    ticket->state = use << NGX_AGENT_TICKET_USE
                    | ngx_agent_ledger_lock_of(tenant)
                      << NGX_AGENT_TICKET_LOCK
                    | NGX_AGENT_TICKET_LIVE;

    return ticket;
}


void
ngx_agent_ticket_give(ngx_agent_main_conf_t *amcf, ngx_agent_ticket_t *ticket)
{
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    ngx_agent_ticket_end(process->table, ticket);
    ngx_agent_ticket_free(process, ticket);
}


void
ngx_agent_ticket_end(ngx_agent_table_t *table, ngx_agent_ticket_t *ticket)
{
    uint32_t            pinned;
    ngx_uint_t          i, stripe;
    ngx_agent_entry_t  *entry;

    /* one who died may have pinned an entry that it did not count */

    pinned = (uint32_t) (ticket->state >> NGX_AGENT_TICKET_PINNED)
             & ((UINT32_C(1) << NGX_AGENT_TICKET_MAX) - 1);

    for ( /* void */ ; pinned != 0; pinned &= pinned - 1) {

        i = ag_bit_first(pinned);
        entry = ticket->entries[i];
        stripe = ngx_agent_table_stripe(entry->id);

        ngx_agent_table_lock(table, stripe);

        ticket->state &= ~ngx_agent_ticket_bit(i);

        ngx_agent_table_order();

        entry->pins--;

        ngx_agent_table_unlock(table, stripe);
    }

    ticket->state = ticket->state >> NGX_AGENT_TICKET_USE
                                  << NGX_AGENT_TICKET_USE;
}


ngx_agent_entry_t *
ngx_agent_ticket_pin(ngx_agent_ticket_t *ticket, ngx_agent_entry_t *entry)
{
    entry = ngx_agent_table_newest(entry);

    if (ngx_agent_ticket_find(ticket, entry) == NGX_OK) {
        return entry;
    }

    if (ticket->count == NGX_AGENT_TICKET_MAX) {
        return NULL;
    }

    ticket->entries[ticket->count] = entry;

    ngx_agent_table_order();

    ticket->count++;

    return entry;
}


ngx_int_t
ngx_agent_ticket_pin_locked(ngx_agent_ticket_t *ticket,
    ngx_agent_entry_t *entry)
{
    ngx_uint_t  n;

    if (ngx_agent_ticket_find(ticket, entry) == NGX_OK) {
        return NGX_OK;
    }

    n = ticket->count;

    if (n == NGX_AGENT_TICKET_MAX) {
        return NGX_BUSY;
    }

    ticket->entries[n] = entry;

    ngx_agent_table_order();

    entry->pins++;

    ngx_agent_table_order();

    ticket->state |= ngx_agent_ticket_bit(n);

    ngx_agent_table_order();

    ticket->count++;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_ticket_find(ngx_agent_ticket_t *ticket, ngx_agent_entry_t *entry)
{
    ngx_uint_t  i;

    for (i = 0; i < ticket->count; i++) {
        if (ticket->entries[i] == entry) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* ---- all tickets ---- */


void
ngx_agent_ticket_walk(ngx_agent_table_t *table,
    ngx_agent_ticket_walk_pt handler, void *data)
{
    ngx_uint_t                 i, n;
    ngx_agent_ledger_t        *ledger;
    ngx_agent_ticket_block_t  *block;

    for (n = 0; n < NGX_MAX_PROCESSES; n++) {
        ledger = table->ledgers[n];

        if (ledger == NULL || ledger->pid == 0) {
            continue;
        }

        for (block = ledger->blocks; block; block = block->next) {
            for (i = 0; i < NGX_AGENT_TICKET_BLOCK; i++) {
                if (block->tickets[i].state & NGX_AGENT_TICKET_LIVE) {
                    handler(table, &block->tickets[i], data);
                }
            }
        }
    }
}


void
ngx_agent_ticket_count_locked(ngx_agent_table_t *table, ngx_uint_t stripe)
{
    ngx_agent_ticket_count_t  count;

    count.lock = stripe;

    ngx_agent_ticket_walk(table, ngx_agent_ticket_count, &count);
}


/*
 * Others take and give tickets meanwhile, but none that pins an entry of the
 * stripe: the bit and the pin change under its lock.
 */
static void
ngx_agent_ticket_count(ngx_agent_table_t *table, ngx_agent_ticket_t *ticket,
    void *data)
{
    ngx_agent_ticket_count_t *count = data;

    ngx_uint_t          i;
    ngx_agent_entry_t  *entry;
    ngx_atomic_uint_t   state;

    for (i = 0; i < NGX_AGENT_TICKET_MAX; i++) {

        state = ticket->state;

        ngx_memory_barrier();

        if (!(state & ngx_agent_ticket_bit(i))) {
            continue;
        }

        entry = ticket->entries[i];

        if (ngx_agent_table_stripe(entry->id) == count->lock
            && ngx_agent_ticket_same(ticket, state)
            && (ticket->state & ngx_agent_ticket_bit(i)))
        {
            entry->pins++;
        }
    }
}


ngx_uint_t
ngx_agent_ticket_sum_locked(ngx_agent_table_t *table, ngx_uint_t lock,
    ngx_agent_entry_t *entry)
{
    ngx_agent_ticket_count_t  count;

    count.lock = lock;
    count.entry = entry;
    count.sum = 0;

    ngx_agent_ticket_walk(table, ngx_agent_ticket_sum, &count);

    return count.sum;
}


/* The same: what is held changes under the tenant's lock. */
static void
ngx_agent_ticket_sum(ngx_agent_table_t *table, ngx_agent_ticket_t *ticket,
    void *data)
{
    ngx_agent_ticket_count_t *count = data;

    uint32_t            held;
    ngx_uint_t          i;
    ngx_agent_entry_t  *entry;
    ngx_atomic_uint_t   state;

    state = ticket->state;

    ngx_memory_barrier();

    if (ngx_agent_ticket_lock_of(state) != count->lock) {
        return;
    }

    held = ticket->held;

    for (i = 0; i < NGX_AGENT_TICKET_MAX && held >> i; i++) {

        if (!(held >> i & 1)) {
            continue;
        }

        entry = ticket->entries[i];

        if (ngx_agent_ticket_same(ticket, state)
            && ngx_agent_table_newest(entry) == count->entry)
        {
            count->sum++;
        }
    }
}


/* Is the ticket still what it was when its state was read? */
static ngx_uint_t
ngx_agent_ticket_same(ngx_agent_ticket_t *ticket, ngx_atomic_uint_t state)
{
    ngx_memory_barrier();

    return ((ticket->state ^ state) >> NGX_AGENT_TICKET_USE) == 0
           && (ticket->state & NGX_AGENT_TICKET_LIVE);
}
