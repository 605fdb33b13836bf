/*
 * Copyright (C) ngx_agent authors
 *
 * The ledger: whose process holds what, and what happens to it when the
 * process dies.  Steps are made under the tenant's lock; who takes that from
 * a dead owner mends the entries of all tickets that have a step under it,
 * which can be a dead process's alone.
 *
 * Once a second each process looks for dead ones: their tickets, and what
 * they had in hand, are given back; so are their locks.  What a dead call
 * had reserved stays charged: nobody knows what it used.
 */


#include "ngx/ngx_agent_table_parts.h"


#define NGX_AGENT_LEDGER_INTERVAL  1000     /* ms */
#define NGX_AGENT_LEDGER_NOBODY    0x7fffffff   /* no process has that id */


static ngx_agent_ledger_t *ngx_agent_ledger_create(ngx_agent_table_t *table,
    ngx_uint_t slot);
static ngx_int_t ngx_agent_ledger_begin(ngx_agent_main_conf_t *amcf,
    ngx_agent_ledger_t *ledger);
static void ngx_agent_ledger_disown(ngx_agent_table_t *table);
static void ngx_agent_ledger_on_timer(ngx_event_t *ev);
static void ngx_agent_ledger_mend(ngx_agent_table_t *table,
    ngx_agent_ticket_t *ticket, void *data);
static void ngx_agent_ledger_mend_entry(ngx_agent_table_t *table,
    ngx_uint_t lock, ngx_agent_entry_t *entry);
static void ngx_agent_ledger_bury(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_atomic_uint_t pid);
static void ngx_agent_ledger_bury_ticket(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_atomic_uint_t pid,
    ngx_agent_ticket_t *ticket);
static void ngx_agent_ledger_lower(ngx_agent_ticket_t *ticket);
static void ngx_agent_ledger_unlock_dead(ngx_agent_table_t *table);
static void ngx_agent_ledger_oldest(ngx_agent_table_t *table);


/* ---- a process begins ---- */


ngx_int_t
ngx_agent_table_init_process(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_table_t           *table;
    ngx_agent_ledger_t          *ledger;
    ngx_agent_ledger_process_t  *process;

    if (amcf->shared == NULL) {
        return NGX_OK;
    }

    table = amcf->shared->table;
    ledger = ngx_agent_ledger_create(table, ngx_process_slot);

    if (ledger == NULL) {
        return NGX_ERROR;
    }

    /* a single process stays the same with each configuration */

    if (ngx_process == NGX_PROCESS_SINGLE
        && ledger->pid == (ngx_atomic_uint_t) ngx_pid)
    {
        process = ledger->process;
        process->main = amcf;

    } else if (ngx_agent_ledger_begin(amcf, ledger) != NGX_OK) {
        return NGX_ERROR;
    }

    amcf->ledger = ledger->process;

    ngx_agent_table_bury(amcf);

    return NGX_OK;
}


/* What its tickets hold is found in shared memory, by its successor. */
void
ngx_agent_table_exit_process(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    if (process == NULL) {
        return;
    }

    if (process->timer.timer_set) {
        ngx_del_timer(&process->timer);
    }

    ngx_free(process);
    amcf->ledger = NULL;
}


/* Who had the slot before is dead, whoever has its process id now. */
static ngx_int_t
ngx_agent_ledger_begin(ngx_agent_main_conf_t *amcf,
    ngx_agent_ledger_t *ledger)
{
    ngx_agent_table_t           *table;
    ngx_agent_ledger_process_t  *process;

    table = amcf->shared->table;
    process = ngx_calloc(sizeof(ngx_agent_ledger_process_t), ngx_cycle->log);

    if (process == NULL) {
        return NGX_ERROR;
    }

    ngx_agent_ledger_disown(table);

    if (ledger->pid != 0) {
        ngx_agent_ledger_bury(table, ledger, ledger->pid);
    }

    process->main = amcf;
    process->table = table;
    process->ledger = ledger;

    ledger->process = process;
    ledger->generation = amcf->generation;
    ledger->mark = NGX_AGENT_TABLE_MARK + ngx_process_slot;

    ngx_memory_barrier();

    ledger->pid = ngx_pid;

    process->timer.data = process;
    process->timer.handler = ngx_agent_ledger_on_timer;
    process->timer.log = ngx_cycle->log;
    process->timer.cancelable = 1;

    ngx_add_timer(&process->timer, NGX_AGENT_LEDGER_INTERVAL);

    ngx_agent_ticket_init(process);

    return NGX_OK;
}


/* A lock of a dead process that had our process id would be ours for ever. */
static void
ngx_agent_ledger_disown(ngx_agent_table_t *table)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_AGENT_TENANT_LOCKS; i++) {
        (void) ngx_atomic_cmp_set(&table->tenants[i].lock.owner, ngx_pid,
                                  NGX_AGENT_LEDGER_NOBODY);
    }

    for (i = 0; i < NGX_AGENT_TABLE_STRIPES; i++) {
        (void) ngx_atomic_cmp_set(&table->stripes[i].lock.owner, ngx_pid,
                                  NGX_AGENT_LEDGER_NOBODY);
    }

    for (i = 0; i < AG_SLOTS_CLASSES; i++) {
        (void) ngx_atomic_cmp_set(&table->classes[i].lock.owner, ngx_pid,
                                  NGX_AGENT_LEDGER_NOBODY);
    }
}


/* What is made for a slot stays for its next process. */
static ngx_agent_ledger_t *
ngx_agent_ledger_create(ngx_agent_table_t *table, ngx_uint_t slot)
{
    if (table->ledgers[slot] == NULL) {
        table->ledgers[slot] = ngx_slab_calloc(table->pool,
                                               sizeof(ngx_agent_ledger_t));
    }

    return table->ledgers[slot];
}


static void
ngx_agent_ledger_on_timer(ngx_event_t *ev)
{
    ngx_agent_ledger_process_t  *process;

    process = ev->data;

    ngx_agent_state_reap(process->main);

    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_AGENT_LEDGER_INTERVAL);
    }
}


/* ---- steps ---- */


void
ngx_agent_step_begin(ngx_agent_main_conf_t *amcf, uint64_t tenant,
    ngx_agent_ticket_t *ticket)
{
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    ngx_agent_ledger_lock(process->table, ngx_agent_ledger_lock_of(tenant));

    if (ticket != NULL) {
        ticket->state |= NGX_AGENT_TICKET_STEP;
        ngx_agent_table_order();
    }
}


void
ngx_agent_step_end(ngx_agent_main_conf_t *amcf, uint64_t tenant,
    ngx_agent_ticket_t *ticket)
{
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    if (ticket != NULL) {
        ngx_agent_table_order();
        ticket->state &= ~(ngx_atomic_uint_t) NGX_AGENT_TICKET_STEP;
    }

    ngx_agent_ledger_unlock(process->table, ngx_agent_ledger_lock_of(tenant));
}


/*
 * Its owner may have died with a successor in a chain of which the predecessor
 * was not told; before a step changes that one, it is.
 */
void
ngx_agent_ledger_lock(ngx_agent_table_t *table, ngx_uint_t n)
{
    ngx_uint_t  i;

    if (!ngx_agent_state_lock(&table->tenants[n].lock)) {
        return;
    }

    for (i = 0; i < NGX_AGENT_TABLE_STRIPES; i++) {
        ngx_agent_table_lock(table, i);
        ngx_agent_table_unlock(table, i);
    }

    ngx_agent_ticket_walk(table, ngx_agent_ledger_mend, &n);
}


void
ngx_agent_ledger_unlock(ngx_agent_table_t *table, ngx_uint_t n)
{
    ngx_agent_state_unlock(&table->tenants[n].lock);
}


/* We have the lock: who has a step under it is dead. */
static void
ngx_agent_ledger_mend(ngx_agent_table_t *table, ngx_agent_ticket_t *ticket,
    void *data)
{
    ngx_uint_t *lock = data;

    ngx_uint_t         i;
    ngx_atomic_uint_t  state;

    state = ticket->state;

    if (!(state & NGX_AGENT_TICKET_STEP)
        || ngx_agent_ticket_lock_of(state) != *lock)
    {
        return;
    }

    for (i = 0; i < ticket->count; i++) {
        ngx_agent_ledger_mend_entry(table, *lock, ticket->entries[i]);
    }

    ngx_agent_table_order();

    ticket->state &= ~(ngx_atomic_uint_t) NGX_AGENT_TICKET_STEP;
}


static void
ngx_agent_ledger_mend_entry(ngx_agent_table_t *table, ngx_uint_t lock,
    ngx_agent_entry_t *entry)
{
    ag_window_t  *window;

    entry = ngx_agent_table_newest(entry);

    if (entry->kind != NGX_AGENT_ENTRY_WINDOW) {
        return;         /* those who own such data bear half a change */
    }

    if (!ngx_agent_ledger_is_made(entry)) {
        ngx_memzero(entry->data, entry->size);
        return;
    }

    window = ngx_agent_entry_window(entry);

    if (window->kind == AG_WINDOW_COUNT) {
        window->sum = ngx_agent_ticket_sum_locked(table, lock, entry);
        return;
    }

    ag_window_mend(window);
}


ngx_uint_t
ngx_agent_ledger_is_made(ngx_agent_entry_t *entry)
{
    ag_window_t  *window;

    if (entry->size < sizeof(ag_window_t)) {
        return 0;
    }

    window = ngx_agent_entry_window(entry);

    if (window->capacity
        > (entry->size - sizeof(ag_window_t)) / sizeof(uint64_t))
    {
        return 0;
    }

    switch (window->kind) {

    case AG_WINDOW_LOG:
        return window->capacity > 0 && window->window > 0;

    case AG_WINDOW_RING:
        return window->capacity > AG_SUBWINDOWS && window->window > 0;

    default:
        return window->kind <= AG_WINDOW_COUNT;
    }
}


/* ---- dead processes ---- */


void
ngx_agent_table_bury(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t                   i;
    ngx_atomic_uint_t            pid;
    ngx_agent_table_t           *table;
    ngx_agent_ledger_t          *ledger;
    ngx_agent_ledger_process_t  *process;

    process = amcf->ledger;

    if (process == NULL) {
        return;             /* it serves no calls */
    }

    table = process->table;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ledger = table->ledgers[i];

        if (ledger == NULL || ledger == process->ledger) {
            continue;
        }

        pid = ledger->pid;

        if (ngx_agent_state_is_dead(pid)) {
            ngx_agent_ledger_bury(table, ledger, pid);
        }
    }

    ngx_agent_ledger_unlock_dead(table);
    ngx_agent_ledger_oldest(table);
}


/* Several may do it at once, its successor among them. */
static void
ngx_agent_ledger_bury(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    ngx_atomic_uint_t pid)
{
    ngx_uint_t                 i;
    ngx_agent_ticket_block_t  *block;

    for (block = ledger->blocks; block; block = block->next) {
        for (i = 0; i < NGX_AGENT_TICKET_BLOCK; i++) {
            ngx_agent_ledger_bury_ticket(table, ledger, pid,
                                         &block->tickets[i]);
        }
    }

    ngx_agent_ledger_empty(table, ledger, pid);

    (void) ngx_atomic_cmp_set(&ledger->pid, pid, 0);
}


static void
ngx_agent_ledger_bury_ticket(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_atomic_uint_t pid,
    ngx_agent_ticket_t *ticket)
{
    ngx_uint_t         n;
    ngx_atomic_uint_t  state;

    state = ticket->state;

    if (!(state & NGX_AGENT_TICKET_LIVE)) {
        return;
    }

    n = ngx_agent_ticket_lock_of(state);

    ngx_agent_ledger_lock(table, n);        /* mends what it was changing */

    /* it may be buried already, and its successor have the ticket */

    if ((ticket->state & NGX_AGENT_TICKET_LIVE)
        && (ticket->state ^ state) >> NGX_AGENT_TICKET_USE == 0)
    {
        ngx_memory_barrier();

        if (ledger->pid == pid) {
            ngx_agent_ledger_lower(ticket);
            ngx_agent_ticket_end(table, ticket);
        }
    }

    ngx_agent_ledger_unlock(table, n);
}


/* As a step of the dead: should we die here, the sums are counted anew. */
static void
ngx_agent_ledger_lower(ngx_agent_ticket_t *ticket)
{
    ngx_uint_t          i;
    ag_window_t        *window;
    ngx_agent_entry_t  *entry;

    if (ticket->held == 0) {
        return;
    }

    ticket->state |= NGX_AGENT_TICKET_STEP;

    ngx_agent_table_order();

    for (i = 0; i < ticket->count; i++) {

        if (!(ticket->held >> i & 1)) {
            continue;
        }

        entry = ngx_agent_table_newest(ticket->entries[i]);
        window = ngx_agent_entry_window(entry);

        if (entry->kind == NGX_AGENT_ENTRY_WINDOW
            && window->kind == AG_WINDOW_COUNT && window->sum > 0)
        {
            window->sum--;
        }
    }

    ngx_agent_table_order();

    ticket->held = 0;

    ngx_agent_table_order();

    ticket->state &= ~(ngx_atomic_uint_t) NGX_AGENT_TICKET_STEP;
}


/* It may have died while the bucket's chain led to what it had in hand. */
void
ngx_agent_ledger_empty(ngx_agent_table_t *table, ngx_agent_ledger_t *ledger,
    ngx_atomic_uint_t pid)
{
    ngx_uint_t          stripe;
    ngx_agent_entry_t  *entry;

    entry = ledger->hand;

    if (entry == NULL) {
        return;
    }

    stripe = ngx_agent_table_stripe(entry->id);

    ngx_agent_table_lock(table, stripe);
    ngx_agent_table_unlock(table, stripe);

    ngx_agent_table_put(table, ledger, pid);
}


/*
 * Its process id may be given to somebody else, and then nobody could tell
 * that its locks are a dead one's.
 */
static void
ngx_agent_ledger_unlock_dead(ngx_agent_table_t *table)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_AGENT_TENANT_LOCKS; i++) {
        if (ngx_agent_state_is_dead(table->tenants[i].lock.owner)) {
            ngx_agent_ledger_lock(table, i);
            ngx_agent_ledger_unlock(table, i);
        }
    }

    for (i = 0; i < NGX_AGENT_TABLE_STRIPES; i++) {
        if (ngx_agent_state_is_dead(table->stripes[i].lock.owner)) {
            ngx_agent_table_lock(table, i);
            ngx_agent_table_unlock(table, i);
        }
    }

    for (i = 0; i < AG_SLOTS_CLASSES; i++) {
        if (ngx_agent_state_is_dead(table->classes[i].lock.owner)) {
            ngx_agent_table_class_lock(&table->classes[i]);
            ngx_agent_state_unlock(&table->classes[i].lock);
        }
    }
}


/* What only older ones know may go. */
static void
ngx_agent_ledger_oldest(ngx_agent_table_t *table)
{
    ngx_uint_t           i, oldest;
    ngx_agent_ledger_t  *ledger;

    oldest = NGX_MAX_UINT32_VALUE;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ledger = table->ledgers[i];

        if (ledger != NULL && ledger->pid != 0) {
            oldest = ngx_min(oldest, ledger->generation);
        }
    }

    table->oldest = oldest;
}
