/*
 * Copyright (C) ngx_agent authors
 *
 * The table in shared memory as its own files see it.
 *
 * Whoever is killed is killed between two instructions, and what it wrote
 * before is there.  So each change is a row of stores in an order that can
 * be told apart afterwards (ngx_agent_table_order() stands where it counts),
 * and who takes a lock from a dead owner mends what the lock guards:
 *
 *   memory    an item is in its class's free list, in its fresh memory, in a
 *             chain, or in the hand of a process.  What is in a hand bears
 *             the kind HAND and, as "used", its process's mark.  A free list
 *             and the fresh memory never hold such a one: if they do, the
 *             owner died while it took it there or put it back.
 *   chains    neither do they: what the owner was linking or unlinking is
 *             unlinked, and stays in its hand, for bury() to put back.
 *   pins      are counted anew from all tickets.
 *   windows   of tickets with a step are mended, sums of COUNT counted anew.
 */


#ifndef _NGX_AGENT_TABLE_PARTS_H_INCLUDED_
#define _NGX_AGENT_TABLE_PARTS_H_INCLUDED_


#include "ngx/ngx_agent_state.h"
#include "ngx/ngx_agent_table.h"
#include "core/ag_slots.h"


#define NGX_AGENT_TABLE_STRIPES  256        /* at most AG_SLOTS_BUCKETS_MIN */
#define NGX_AGENT_TABLE_LINE     64         /* bytes; locks never share a
                                               cache line */
#define NGX_AGENT_TABLE_HAND     0xffff     /* kind: in a process's hand */
#define NGX_AGENT_TABLE_MARK                                                  \
    (UINT64_MAX - 2 * NGX_MAX_PROCESSES)    /* "used" from here on is the mark
                                               of a hand */
#define NGX_AGENT_TABLE_PROCESSES 4         /* that the smallest zone is large
                                               enough for */
#define NGX_AGENT_TABLE_MOMENT   1000000    /* us; who looked an entry up may
                                               use it that long, pinned or
                                               not */


/* What a ticket's state is made of.  The use tells two calls apart that had
 * the ticket one after the other. */
#define NGX_AGENT_TICKET_LIVE    1          /* taken, and not given back */
#define NGX_AGENT_TICKET_STEP    2          /* its entries are being changed */
#define NGX_AGENT_TICKET_LOCK    2          /* shift: number of its tenant's
                                               lock, 8 bits */
#define NGX_AGENT_TICKET_PINNED  10         /* shift: entries that it pins */
#define NGX_AGENT_TICKET_USE                                                  \
    (NGX_AGENT_TICKET_PINNED + NGX_AGENT_TICKET_MAX)    /* shift */

#define ngx_agent_ticket_lock_of(state)                                       \
    ((ngx_uint_t) (state) >> NGX_AGENT_TICKET_LOCK                            \
     & (NGX_AGENT_TENANT_LOCKS - 1))


typedef struct ngx_agent_ticket_block_s  ngx_agent_ticket_block_t;

#define NGX_AGENT_TICKET_BLOCK   127        /* with their head 5 pages */

struct ngx_agent_ticket_block_s {
    ngx_agent_ticket_block_t *next;
    ngx_agent_ticket_t        tickets[NGX_AGENT_TICKET_BLOCK];
};


/* What a process holds; that of a dead one is its successor's. */
typedef struct {
    ngx_atomic_t              pid;          /* 0: nobody's */
    ngx_uint_t                generation;   /* whose entries it may know */
    uint64_t                  mark;         /* "used" of what is in its hand */
    ngx_agent_entry_t        *hand;
    ngx_agent_ticket_block_t *blocks;
    ngx_agent_ticket_block_t *coming;       /* not among the blocks yet */
    void                     *process;      /* ngx_agent_ledger_process_t, for
                                               the process itself */
} ngx_agent_ledger_t;


typedef union {
    ngx_agent_lock_t          lock;
    u_char                    line[NGX_AGENT_TABLE_LINE];
} ngx_agent_table_lock_t;


typedef union {
    struct {
        ngx_agent_lock_t      lock;
        size_t                size;         /* bytes of an item */
        size_t                run;          /* bytes of a run */
        ngx_agent_entry_t    *free;         /* "size" of a free one is the
                                               length of the list from it */
        u_char               *fresh;        /* never used; NULL: none */
        u_char               *end;          /* of the run of "fresh" */
        u_char               *coming;       /* a run; not counted yet */
        ngx_uint_t            runs;
        ngx_uint_t            expected;     /* runs with the one that comes */
        ngx_atomic_t          barren;       /* us, when all that was looked at
                                               counted */
    };
    u_char                    lines[2 * NGX_AGENT_TABLE_LINE];
} ngx_agent_table_class_t;


struct ngx_agent_table_s {
    ngx_agent_table_lock_t    tenants[NGX_AGENT_TENANT_LOCKS];
    ngx_agent_table_lock_t    stripes[NGX_AGENT_TABLE_STRIPES];
    ngx_agent_table_class_t   classes[AG_SLOTS_CLASSES];
    ngx_agent_ledger_t       *ledgers[NGX_MAX_PROCESSES];
    ngx_agent_ledger_t        loader;       /* of who loads configurations */
    ngx_agent_zone_t         *shared;
    ngx_slab_pool_t          *pool;
    size_t                    reserve;      /* pages of the pool */
    ngx_agent_entry_t       **buckets;
    ngx_uint_t                mask;         /* number of buckets, less one */
    ngx_atomic_t              next;         /* bucket that is swept next */
    ngx_atomic_t              oldest;       /* generation of a process that is
                                               there; 0: not known */
    ngx_atomic_t              told;         /* us, when "full" was said */
};


/* amcf->ledger: of this process alone. */
typedef struct {
    ngx_agent_table_t        *table;
    ngx_agent_ledger_t       *ledger;
    ngx_agent_ticket_t       *free;         /* "tenant" of a free one is the
                                               next */
    ngx_agent_main_conf_t    *main;
    ngx_event_t               timer;
} ngx_agent_ledger_process_t;


/* What an allocation may take beside free items. */
typedef enum {
    NGX_AGENT_TABLE_CALL = 0,               /* not the reserve */
    NGX_AGENT_TABLE_TICKETS,                /* half of it */
    NGX_AGENT_TABLE_LOAD                    /* all */
} ngx_agent_table_purpose_t;


/* table: ngx_agent_table.c */

/* Bytes of a zone that it needs beside the entries themselves. */
size_t ngx_agent_table_size(size_t zone);

/* The locks of buckets; the number of an id's. */
#define ngx_agent_table_stripe(id)                                            \
    ((ngx_uint_t) (id)[0] & (NGX_AGENT_TABLE_STRIPES - 1))

void ngx_agent_table_lock(ngx_agent_table_t *table, ngx_uint_t stripe);
void ngx_agent_table_unlock(ngx_agent_table_t *table, ngx_uint_t stripe);

/* The newest entry of that id; kind 0: of any. */
ngx_agent_entry_t *ngx_agent_table_search_locked(ngx_agent_table_t *table,
    const uint64_t id[2], ngx_uint_t kind);

/* Makes what is in the ledger's hand an entry. */
void ngx_agent_table_link_locked(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_uint_t kind, uint64_t used);

/* memory: ngx_agent_table_memory.c */

void ngx_agent_table_memory_init(ngx_agent_table_t *table, size_t zone);

/* An item of zeroed data, in the ledger's hand; NULL: no memory. */
ngx_agent_entry_t *ngx_agent_table_alloc(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, size_t size,
    ngx_agent_table_purpose_t purpose);

/* Takes an entry out of its chain, into the hand: "link" points to it.  Then
 * puts it back into its class.  Its bucket is locked. */
void ngx_agent_table_drop_locked(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_agent_entry_t **link);

/* Puts what is in the ledger's hand, if it is no entry now, back into its
 * class; "pid" is whose the ledger was when the caller looked. */
void ngx_agent_table_put(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_atomic_uint_t pid);

/* A class's lock; ngx_agent_state_unlock() releases it. */
void ngx_agent_table_class_lock(ngx_agent_table_class_t *class);

/* Pages of the zone, into "*place" at once; NULL: no memory. */
void *ngx_agent_table_pages(ngx_agent_table_t *table, size_t size,
    ngx_agent_table_purpose_t purpose, void **place);

/* sweep: ngx_agent_table_sweep.c */

/* Gives back what does not count any more in the next few buckets. */
void ngx_agent_table_sweep(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, uint64_t now_us);

/* Makes room, and allocates as ngx_agent_table_alloc(). */
ngx_agent_entry_t *ngx_agent_table_room(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, size_t size,
    ngx_agent_table_purpose_t purpose, uint64_t now_us);

/* ticket: ngx_agent_ticket.c */

/* Makes the list of this process's free tickets; all are free. */
void ngx_agent_ticket_init(ngx_agent_ledger_process_t *process);

/* Pins an entry whose bucket is locked.  NGX_OK; NGX_BUSY: the ticket is
 * full. */
ngx_int_t ngx_agent_ticket_pin_locked(ngx_agent_ticket_t *ticket,
    ngx_agent_entry_t *entry);

/* Gives back a ticket of which no sum is a part. */
void ngx_agent_ticket_end(ngx_agent_table_t *table,
    ngx_agent_ticket_t *ticket);

/* Calls the handler for all tickets that are taken, of all processes. */
typedef void (*ngx_agent_ticket_walk_pt)(ngx_agent_table_t *table,
    ngx_agent_ticket_t *ticket, void *data);

void ngx_agent_ticket_walk(ngx_agent_table_t *table,
    ngx_agent_ticket_walk_pt handler, void *data);

/* Counts the pins of all entries of a stripe, which is locked; they are 0. */
void ngx_agent_ticket_count_locked(ngx_agent_table_t *table,
    ngx_uint_t stripe);

/* Counts who is part of an entry's sum; its tenant's lock is held. */
ngx_uint_t ngx_agent_ticket_sum_locked(ngx_agent_table_t *table,
    ngx_uint_t lock, ngx_agent_entry_t *entry);

/* ledger: ngx_agent_ledger.c */

#define ngx_agent_ledger_lock_of(tenant)                                      \
    ((ngx_uint_t) (tenant) & (NGX_AGENT_TENANT_LOCKS - 1))

/* A tenant's lock, by its number. */
void ngx_agent_ledger_lock(ngx_agent_table_t *table, ngx_uint_t n);
void ngx_agent_ledger_unlock(ngx_agent_table_t *table, ngx_uint_t n);

/* Takes what is in the hand of a process that is dead. */
void ngx_agent_ledger_empty(ngx_agent_table_t *table,
    ngx_agent_ledger_t *ledger, ngx_atomic_uint_t pid);

/* A window that ag_window_init() has made, to its last line. */
ngx_uint_t ngx_agent_ledger_is_made(ngx_agent_entry_t *entry);


/* The compiler is all that could change the order of stores. */
static ngx_inline void
ngx_agent_table_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


/* The last of its successors. */
static ngx_inline ngx_agent_entry_t *
ngx_agent_table_newest(ngx_agent_entry_t *entry)
{
    while (entry->moved != NULL) {
        entry = entry->moved;
    }

    return entry;
}


#endif /* _NGX_AGENT_TABLE_PARTS_H_INCLUDED_ */
