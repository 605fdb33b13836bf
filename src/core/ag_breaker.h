/*
 * Copyright (C) ngx_agent authors
 *
 * The circuit breaker of one target: closed, open, half-open.  Pure: time is
 * an argument, memory is the caller's (shared memory, zeroed), and so is the
 * lock around every function but ag_breaker_state() and ag_breaker_quiet().
 *
 * Closed counts failures in a sliding window and opens when there are too
 * many.  Open refuses until "open_ms" have passed.  Half-open admits
 * "probes" calls at once; "successes" of them close it, one failure opens it
 * again.  After that it is closed but slow: ag_breaker_ramp() says how many
 * percent of the calls it should get.
 */


#ifndef _AG_BREAKER_H_INCLUDED_
#define _AG_BREAKER_H_INCLUDED_


#include "core/ag_base.h"


#define AG_BREAKER_BUCKETS     10       /* of the window */
#define AG_BREAKER_PROBES_MAX  16       /* "probes" is at most that */
#define AG_BREAKER_RAMP_MS     2000     /* slow start: 10 % to 100 % */


typedef enum {
    AG_BREAKER_CLOSED = 0,
    AG_BREAKER_OPEN,
    AG_BREAKER_HALF_OPEN
} ag_breaker_state_t;


/*
 * How a call that was admitted ended.  Neutral (a 429, the caller's own
 * mistake, a client that left) tells nothing of the target but frees the
 * probe.
 */
typedef enum {
    AG_BREAKER_NEUTRAL = 0,
    AG_BREAKER_SUCCESS,
    AG_BREAKER_FAILURE
} ag_breaker_outcome_t;


/* What a function has done to the state; for the log. */
typedef enum {
    AG_BREAKER_STAYS = 0,
    AG_BREAKER_OPENED,          /* from closed */
    AG_BREAKER_REOPENED,        /* a probe failed */
    AG_BREAKER_PROBING,         /* open to half-open */
    AG_BREAKER_RECOVERED        /* half-open to closed */
} ag_breaker_change_t;


/* As configured. */
typedef struct {
    uint64_t  window_ms;
    uint64_t  open_ms;
    uint64_t  lease_ms;     /* a probe that is not reported for so long is
                               given up: its owner is dead or lost it */
    uint32_t  failures;     /* in the window that open it; used if ratio is
                               0 */
    uint32_t  ratio;        /* percent of failures that opens it, 1 to 100;
                               0: "failures" counts */
    uint32_t  volume;       /* calls in the window that a ratio needs */
    uint32_t  probes;       /* at once while half-open, 1 to
                               AG_BREAKER_PROBES_MAX */
    uint32_t  successes;    /* of probes, in a row, that close it */
} ag_breaker_conf_t;


typedef struct {
    uint64_t  period;       /* now / (window_ms / AG_BREAKER_BUCKETS) */
    uint32_t  failed;
    uint32_t  succeeded;    /* counted only if there is a ratio */
} ag_breaker_bucket_t;


typedef struct {
    uint64_t  until_ms;     /* end of the lease */
    uint64_t  owner;        /* 0: the place is free */
} ag_breaker_probe_t;


/* Zeroed: closed, and nothing has happened yet. */
typedef struct {
    uint32_t             state;         /* ag_breaker_state_t */
    uint32_t             generation;    /* rises with each change of state:
                                           older reports do not count */
    uint32_t             succeeded;     /* probes in a row */
    uint32_t             failing;       /* failures may be in the window */
    uint64_t             since_ms;      /* the state's begin */
    uint64_t             ramp_from_ms;  /* 0: no slow start */
    ag_breaker_bucket_t  buckets[AG_BREAKER_BUCKETS];
    ag_breaker_probe_t   probes[AG_BREAKER_PROBES_MAX];
} ag_breaker_t;


/* What a call keeps from asking until its report. */
typedef struct {
    uint32_t  generation;
    uint32_t  probe;        /* number of the probe's place, from 1; 0: none */
} ag_breaker_ticket_t;


/*
 * Would ag_breaker_ask() admit a call now?  Reads only; without the lock the
 * answer may be a moment old.
 */
unsigned ag_breaker_ready(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms);

/*
 * Nothing to count: closed, without a ratio, and the outcome of a success
 * changes nothing.  Then neither ask nor the report of a success is needed,
 * and a ticket is {breaker->generation, 0}.  May be read without the lock.
 */
unsigned ag_breaker_quiet(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf);

/*
 * Asks to be admitted.
 *
 *   owner   who would hold a probe (a process), not 0
 *   force   admit one call though it is open and the time has not come: the
 *           last target is never given up untried.  It is a probe, and makes
 *           the breaker half-open; refused while another probe is out
 *
 * Returns AG_OK with *ticket filled, or AG_AGAIN: refused.  *change says what
 * happened to the state.
 */
int ag_breaker_ask(ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, uint64_t owner, unsigned force,
    ag_breaker_ticket_t *ticket, ag_breaker_change_t *change);

/*
 * Reports how an admitted call ended; exactly once per ticket.  A ticket of
 * an older generation frees nothing and counts nothing.
 */
ag_breaker_change_t ag_breaker_report(ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms,
    const ag_breaker_ticket_t *ticket, ag_breaker_outcome_t outcome);

/*
 * The breaker of the same target opened on another node: a closed one opens
 * too.  OPENED, or STAYS.
 */
ag_breaker_change_t ag_breaker_follow(ag_breaker_t *breaker,
    uint64_t now_ms);

/* Frees the probes of an owner that died. */
void ag_breaker_reclaim(ag_breaker_t *breaker, uint64_t owner);

/*
 * Percent of the calls that the target should get now: 100, or in slow start
 * from 10 up to 100.  May be read without the lock.
 */
unsigned ag_breaker_ramp(const ag_breaker_t *breaker, uint64_t now_ms);

/*
 * Milliseconds until an open breaker may be asked again; 0 if it may now, or
 * if it is not open.
 */
uint64_t ag_breaker_wait(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms);


#endif /* _AG_BREAKER_H_INCLUDED_ */
