/*
 * Copyright (C) ngx_agent authors
 *
 * How the table of flights lies in memory: a head, the buckets of a hash
 * table, and the rows.  Rows say all; buckets, chains and the list of free
 * rows are made of them again whenever somebody died within the lock.
 *
 * So that there is nothing to give up then, each change of a row takes effect
 * by one last store: a number makes a row a flight's, 0 frees it, and what
 * belongs to a state is there before the state.
 */


#ifndef _AG_FLIGHT_PARTS_H_INCLUDED_
#define _AG_FLIGHT_PARTS_H_INCLUDED_


#include "core/ag_flight.h"


#define AG_FLIGHT_NOWHERE  UINT32_MAX       /* no row */
#define AG_FLIGHT_ALIGN    64               /* bytes; a line of the CPU */


struct ag_flights_s {
    uint64_t             numbers;           /* the last one that was used */
    uint32_t             rows;
    uint32_t             buckets;           /* a power of two */
    uint32_t             vacant;            /* the first free row */
    uint32_t             count;             /* rows that are not free */
};


/* What a call looks at comes first: two lines of the CPU. */
typedef struct {
    ag_char_t            key[AG_FLIGHT_KEY];
    uint64_t             number;            /* 0: the row is free */
    uint64_t             pid;               /* the leader's, while it RUNS */
    ag_flight_workers_t  followers;         /* never empty when OPEN or
                                               FAILED */
    uint32_t             state;             /* RUNS, OPEN or FAILED */
    uint32_t             round;             /* grows with each leader */
    uint32_t             worker;            /* the leader's */
    uint32_t             failures;          /* leaders that failed */
    uint32_t             next;              /* in its bucket, or of those that
                                               are free; a FAILED one is in
                                               neither */
    ag_flight_failure_t  failure;           /* the last one */
} ag_flight_row_t;


static inline size_t
ag_flight_align(size_t size)
{
    return (size + AG_FLIGHT_ALIGN - 1) / AG_FLIGHT_ALIGN * AG_FLIGHT_ALIGN;
}


static inline size_t
ag_flight_rows_at(uint32_t buckets)
{
    return ag_flight_align(sizeof(ag_flights_t))
           + ag_flight_align((size_t) buckets * sizeof(uint32_t));
}


/* Who may change what it gets is the caller's concern: the table is one piece
 * of memory. */
static inline ag_flight_row_t *
ag_flight_row(const ag_flights_t *f, uint32_t i)
{
    ag_char_t  *memory;

    memory = (ag_char_t *) f + ag_flight_rows_at(f->buckets);

    return (ag_flight_row_t *) (void *) memory + i;
}


static inline uint32_t *
ag_flight_bucket(const ag_flights_t *f, uint32_t i)
{
    ag_char_t  *memory;

    memory = (ag_char_t *) f + ag_flight_align(sizeof(ag_flights_t));

    return (uint32_t *) (void *) memory + i;
}


/* The bucket of a key, which is a SHA-256: any of its bytes will do. */
static inline uint32_t *
ag_flight_bucket_of(const ag_flights_t *f, const ag_char_t *key)
{
    return ag_flight_bucket(f, (uint32_t) ag_word(key) & (f->buckets - 1));
}


static inline unsigned
ag_flight_any(const ag_flight_workers_t *workers)
{
    size_t    i;
    uint64_t  any;

    any = 0;

    for (i = 0; i < AG_FLIGHT_WORKERS / 64; i++) {
        any |= workers->bits[i];
    }

    return any != 0;
}


/* The last store of a change, and the first load of who looks: see above. */
static inline uint32_t
ag_flight_state(const ag_flight_row_t *row)
{
    return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);
}


static inline void
ag_flight_turn(ag_flight_row_t *row, ag_flight_state_t state)
{
    __atomic_store_n(&row->state, (uint32_t) state, __ATOMIC_RELEASE);
}


static inline void
ag_flight_name(ag_flight_row_t *row, uint64_t number)
{
    __atomic_store_n(&row->number, number, __ATOMIC_RELEASE);
}


#endif /* _AG_FLIGHT_PARTS_H_INCLUDED_ */
