/*
 * Copyright (C) ngx_agent authors
 *
 * What the workers share about tenants: windows, sessions, cached tenants.
 * Entries of any size in one table in agent_zone, found by a 128-bit id; they
 * survive reloads.  An entry never moves; one that became too small says
 * where its successor is.
 *
 * Two kinds of locks.  A tenant's lock (one of NGX_AGENT_TENANT_LOCKS, by the
 * tenant's id) guards the data of all of the tenant's entries, so that all
 * limits of a call are taken in one step.  The table's own locks, taken and
 * released inside these functions, guard chains and memory.  Order: tenant,
 * table, slab; never two of a kind.
 *
 * Each call in flight has a ticket in its process's ledger: a list of the
 * entries that it holds (they are not given back) and of those whose "held"
 * (a concurrency window's sum) it is part of.  When a process dies, who finds
 * out gives back what its tickets hold and mends what it was changing.
 */


#ifndef _NGX_AGENT_TABLE_H_INCLUDED_
#define _NGX_AGENT_TABLE_H_INCLUDED_


#include "ngx/ngx_agent_shm.h"
#include "core/ag_limit.h"


#define NGX_AGENT_TENANT_LOCKS  256
#define NGX_AGENT_TICKET_MAX    (AG_LIMITS_MAX + 1)     /* and a session */


typedef enum {
    NGX_AGENT_ENTRY_WINDOW = 1,     /* ag_window_t */
    NGX_AGENT_ENTRY_SESSION,        /* ngx_agent_session_entry_t's data */
    NGX_AGENT_ENTRY_TENANT          /* a cached tenant of Redis */
} ngx_agent_entry_kind_t;


struct ngx_agent_entry_s {
    ngx_agent_entry_t        *next;         /* in its bucket */
    uint64_t                  id[2];
    ngx_agent_entry_t        *moved;        /* its successor; NULL: none.
                                               Tenant's lock */
    uint32_t                  size;         /* bytes of data */
    uint16_t                  kind;
    uint16_t                  class;        /* of its memory */
    uint32_t                  pins;         /* tickets that hold it */
    uint32_t                  generation;   /* of the newest configuration that
                                               names it; 0: none ever did, it
                                               was made for a call */
    uint64_t                  used;         /* us, when it was last looked
                                               up */
    u_char                    data[];       /* 8-byte aligned, zeroed */
};


#define ngx_agent_entry_window(entry)  ((ag_window_t *) (entry)->data)
#define ngx_agent_entry_of(window)                                            \
    ((ngx_agent_entry_t *) ((u_char *) (window)                               \
                            - offsetof(ngx_agent_entry_t, data)))


/* What a call holds; lies in shared memory. */
typedef struct {
    ngx_atomic_t              state;        /* table.c's */
    uint64_t                  tenant;       /* id: whose lock */
    uint32_t                  count;
    uint32_t                  held;         /* bits: entries whose sum it is
                                               part of */
    ngx_agent_entry_t        *entries[NGX_AGENT_TICKET_MAX];
} ngx_agent_ticket_t;


/* While a configuration is loaded: part of the zone's creation; size is the
 * zone's, bytes. */
ngx_int_t ngx_agent_table_create(ngx_slab_pool_t *pool,
    ngx_agent_zone_t *shared, size_t size);

/*
 * While a configuration is loaded: finds or makes an entry that a
 * configuration names, of at least that size, and marks it with the
 * generation.  If the one that is there is of less, a larger one becomes its
 * successor, and "grow" copies the data.  NULL: no memory.
 */
typedef void (*ngx_agent_entry_grow_pt)(void *to, void *from, void *data);

ngx_agent_entry_t *ngx_agent_table_fix(ngx_slab_pool_t *pool,
    ngx_agent_zone_t *shared, const uint64_t id[2],
    ngx_agent_entry_kind_t kind, size_t size, uint64_t tenant,
    ngx_uint_t generation, ngx_agent_entry_grow_pt grow, void *data);

/* A zone that takes the place of this one: copies all entries with their
 * ids; nobody holds anything there.  What does not fit is left. */
void ngx_agent_table_inherit(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    ngx_agent_zone_t *old);

/* For each entry, e.g. to write them to a file; the handler is called with
 * the entry's bucket locked, and returns NGX_OK to go on.  "bucket" is where
 * to go on (0 first), and moves past at most "max" buckets; NGX_DONE at the
 * end. */
typedef ngx_int_t (*ngx_agent_entry_walk_pt)(ngx_agent_entry_t *entry,
    void *data);

ngx_int_t ngx_agent_table_walk(ngx_agent_zone_t *shared, ngx_uint_t *bucket,
    ngx_uint_t max, ngx_agent_entry_walk_pt handler, void *data);

/* Makes this process's ledger and mends what dead processes held:
 * init_process. */
ngx_int_t ngx_agent_table_init_process(ngx_agent_main_conf_t *amcf);

void ngx_agent_table_exit_process(ngx_agent_main_conf_t *amcf);

/* Mends what dead processes held; the caller limits how often. */
void ngx_agent_table_bury(ngx_agent_main_conf_t *amcf);

/* Entries, bytes that are in use, and bytes that were ever given to entries
 * (README's arithmetic, status page). */
typedef struct {
    ngx_uint_t                entries;
    size_t                    used;
    size_t                    claimed;
} ngx_agent_table_stat_t;

void ngx_agent_table_stat(ngx_agent_zone_t *shared,
    ngx_agent_table_stat_t *stat);


/* ---- for a call ---- */


/* A ticket of this process; NULL: no memory. */
ngx_agent_ticket_t *ngx_agent_ticket_take(ngx_agent_main_conf_t *amcf,
    uint64_t tenant);

/* Gives it back, unpins its entries.  The sums of concurrency windows are the
 * caller's to lower before that, within a step. */
void ngx_agent_ticket_give(ngx_agent_main_conf_t *amcf,
    ngx_agent_ticket_t *ticket);

/*
 * Finds or makes an entry for a call, marks it as used at "now" and pins it to
 * the ticket (once, however often it is asked for).  The tenant's lock is not
 * needed.  "*created" tells whether it is new (zeroed data; another call may
 * see it before it is made, so who makes it does so within a step, and an
 * entry with all zeroes is not made yet).
 *
 * NGX_OK; NGX_BUSY: the zone is full of entries that count (the error log says
 * it once a minute).  To make room, entries that were made for calls, are not
 * pinned and do not count any more (idle(), below) are given back, some with
 * each new one; in need also sessions and cached tenants, those longest unused
 * among some first; entries of configurations go three generations after the
 * last one that named them.
 */
ngx_int_t ngx_agent_table_find(ngx_agent_main_conf_t *amcf,
    ngx_agent_ticket_t *ticket, const uint64_t id[2],
    ngx_agent_entry_kind_t kind, size_t size, uint64_t now_us,
    ngx_agent_entry_t **entry, ngx_uint_t *created);

/* Only looks whether it is there; not pinned, use it within a step or for a
 * moment. */
ngx_agent_entry_t *ngx_agent_table_peek(ngx_agent_main_conf_t *amcf,
    const uint64_t id[2]);

/* Pins an entry of the configuration (follows "moved"); returns it. */
ngx_agent_entry_t *ngx_agent_ticket_pin(ngx_agent_ticket_t *ticket,
    ngx_agent_entry_t *entry);

/*
 * A step: the tenant's lock, from begin to end.  Between them the entries of
 * the ticket are changed; if the process dies there, they are mended
 * (ag_window_mend(); a COUNT is counted anew from all tickets' "held").  The
 * ticket may be NULL for reading.
 */
void ngx_agent_step_begin(ngx_agent_main_conf_t *amcf, uint64_t tenant,
    ngx_agent_ticket_t *ticket);
void ngx_agent_step_end(ngx_agent_main_conf_t *amcf, uint64_t tenant,
    ngx_agent_ticket_t *ticket);

/* CLOCK_MONOTONIC, us, read now; it starts at AG_WINDOW_MAX_US, so that what a
 * window remembers from before a restart of the machine has a time, too. */
uint64_t ngx_agent_table_now(void);

/* A hash of text for ids: two different 64-bit words, for id[2]; "seed" joins
 * several parts. */
void ngx_agent_table_id(uint64_t id[2], uint64_t seed, const void *data,
    size_t len);

/* Set by those who own the data: does an entry of that kind still count?
 * Windows are known to the table itself. */
typedef ngx_uint_t (*ngx_agent_entry_idle_pt)(ngx_agent_entry_t *entry,
    uint64_t now_us);

void ngx_agent_table_idle(ngx_agent_entry_kind_t kind,
    ngx_agent_entry_idle_pt idle);


#endif /* _NGX_AGENT_TABLE_H_INCLUDED_ */
