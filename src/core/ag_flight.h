/*
 * Copyright (C) ngx_agent authors
 *
 * Single flight: of calls that ask the same at the same time one leads and
 * asks the provider, the others follow and wait for its answer.  A table in
 * memory that several processes share; here is who leads, who has to be told,
 * and what becomes of the followers when a leader fails or dies.  The answer
 * itself goes another way (ag_cache.h).
 *
 * A flight goes in rounds, one leader each.  A leader that fails leaves the
 * flight open, and the first follower that looks takes over; after
 * AG_FLIGHT_ROUNDS leaders have failed, all who still wait fail as the last
 * one did: a provider that is down is not asked once for each follower.
 *
 * The caller locks all functions but those that say otherwise.  Time is an
 * argument, so is whether a process lives.
 */


#ifndef _AG_FLIGHT_H_INCLUDED_
#define _AG_FLIGHT_H_INCLUDED_


#include "core/ag_base.h"


#define AG_FLIGHT_KEY      32       /* bytes, as AG_CACHE_KEY */
#define AG_FLIGHT_WORKERS  256      /* that can wait for each other, numbered
                                       from 0 */
#define AG_FLIGHT_ROUNDS   3        /* leaders that may fail */
#define AG_FLIGHT_MESSAGE  256      /* bytes of a failure's sentence */


typedef struct ag_flights_s  ag_flights_t;


/* A process's hold on a flight: which one, and the round it knows of.  A
 * flight that is over is noticed by its number. */
typedef struct {
    uint32_t   row;
    uint32_t   round;
    uint64_t   number;              /* of the flight; never used again */
} ag_flight_t;


typedef enum {
    AG_FLIGHT_LEADS = 0,            /* asks, then lands or fails */
    AG_FLIGHT_FOLLOWS,              /* waits to be told */
    AG_FLIGHT_ALONE                 /* no room in the table: asks for itself
                                       alone */
} ag_flight_part_t;


typedef enum {
    AG_FLIGHT_RUNS = 0,             /* its leader has not ended */
    AG_FLIGHT_OPEN,                 /* it has failed or died: somebody should
                                       take over */
    AG_FLIGHT_LANDED,               /* the answer is where answers are; or the
                                       flight is long over */
    AG_FLIGHT_FAILED                /* for all who follow */
} ag_flight_state_t;


/* How a leader failed: what its followers may have to say, too. */
typedef struct {
    unsigned   error;               /* class; the caller's numbers */
    unsigned   status;              /* HTTP; 0: as the class has it */
    unsigned   shared:1;            /* of the question itself: whoever asks
                                       again is told the same, so all followers
                                       fail at once */
    uint32_t   len;
    ag_char_t  message[AG_FLIGHT_MESSAGE];  /* without secrets */
} ag_flight_failure_t;


/* Workers that have to be told; a bit each. */
typedef struct {
    uint64_t   bits[AG_FLIGHT_WORKERS / 64];
} ag_flight_workers_t;


/* Bytes of memory for that many flights at once. */
size_t ag_flight_size(uint32_t rows);

/* Makes an empty table; memory is aligned to 64 bytes and need not be
 * zeroed. */
ag_flights_t *ag_flight_init(void *memory, uint32_t rows);

/*
 * Asks for a part in the flight of that key, which begins with it if there is
 * none.  A flight that is open is led by who comes; one that has failed is
 * replaced by a new one.  "worker" is told when something happens, until it
 * leaves; "pid" is its process.
 */
ag_flight_part_t ag_flight_join(ag_flights_t *f,
    const ag_char_t key[AG_FLIGHT_KEY], unsigned worker, uint64_t pid,
    ag_flight_t *flight);

/*
 * What has become of it; "failure" (may be NULL) is filled where it FAILED.
 * May be called without the lock to learn whether it still RUNS; any other
 * answer has to be asked for again with it.
 */
ag_flight_state_t ag_flight_look(const ag_flights_t *f,
    const ag_flight_t *flight, ag_flight_failure_t *failure);

/*
 * A follower of an OPEN flight wants to lead its next round.  LEADS, or
 * FOLLOWS: another one was quicker, or it is not open; look again.
 */
ag_flight_part_t ag_flight_take_over(ag_flights_t *f, ag_flight_t *flight,
    unsigned worker, uint64_t pid);

/* The leader's: the answer is there.  The flight is over; "told" are the
 * workers that follow, its own included. */
void ag_flight_land(ag_flights_t *f, const ag_flight_t *flight,
    ag_flight_workers_t *told);

/* The leader's: it has none.  Without followers the flight is over. */
void ag_flight_fail(ag_flights_t *f, const ag_flight_t *flight,
    const ag_flight_failure_t *failure, ag_flight_workers_t *told);

/* The leader's process; 0: it is over or has none. */
uint64_t ag_flight_leader(const ag_flights_t *f, const ag_flight_t *flight);

/* Its leader's process is dead: as if it had failed, but no failure is
 * counted.  Nothing if "pid" does not lead it any more. */
void ag_flight_lost(ag_flights_t *f, const ag_flight_t *flight, uint64_t pid,
    ag_flight_workers_t *told);

/* Nobody of this worker follows it any more.  The last one that leaves an OPEN
 * or FAILED flight ends it. */
void ag_flight_leave(ag_flights_t *f, const ag_flight_t *flight,
    unsigned worker);

/* Does anybody in another worker than that follow it?  The leader asks when
 * its own client is gone. */
unsigned ag_flight_others(const ag_flights_t *f, const ag_flight_t *flight,
    unsigned worker);

/*
 * A worker's number is taken over by another process: it follows nothing any
 * more, and what "pid" led is lost.  0: of nobody.
 */
void ag_flight_bury(ag_flights_t *f, unsigned worker, uint64_t pid,
    ag_flight_workers_t *told);

/* Flights that are not over. */
uint32_t ag_flight_count(const ag_flights_t *f);

/*
 * By who took the lock from an owner that died within it, anywhere between
 * two stores: makes the table whole again.  A flight whose row was being
 * changed may be given up; its followers find it LANDED and look for
 * themselves.
 */
void ag_flight_mend(ag_flights_t *f);

/* For tests.  NULL, or what is wrong. */
const char *ag_flight_check(const ag_flights_t *f);


#endif /* _AG_FLIGHT_H_INCLUDED_ */
