/*
 * Copyright (C) ngx_agent authors
 *
 * Limits that hold to the last request: what a window remembers, and how all
 * limits of a call are taken in one step or none.  Windows lie in memory that
 * processes share; the caller holds the lock, and gives the time.
 *
 * Requests are kept as an exact log: the times of the last "max" admissions.
 * One more fits when the max-th last is a window old.  Tokens and money come
 * in uneven amounts: AG_SUBWINDOWS parts of the window are summed up, and one
 * more, the oldest, counts in full until all of it is a window old.  So
 * neither admits more than "max" in any window of that length.  A calendar
 * window begins anew with each day or month (UTC).
 */


#ifndef _AG_LIMIT_H_INCLUDED_
#define _AG_LIMIT_H_INCLUDED_


#include "core/ag_base.h"


#define AG_SUBWINDOWS        600
#define AG_LIMIT_LOG_MAX     16384      /* requests of an exact log; a larger
                                           limit takes sub-windows */
#define AG_LIMITS_MAX        16         /* of one call */
#define AG_WINDOW_MAX_US     (UINT64_C(366) * 86400 * 1000000)


typedef enum {
    AG_RESOURCE_REQUESTS = 0,
    AG_RESOURCE_TOKENS,             /* input and output */
    AG_RESOURCE_INPUT_TOKENS,
    AG_RESOURCE_OUTPUT_TOKENS,
    AG_RESOURCE_CONCURRENCY,        /* calls in flight */
    AG_RESOURCE_MONEY               /* nano-USD */
} ag_resource_t;


typedef enum {
    AG_WINDOW_LOG = 0,
    AG_WINDOW_RING,
    AG_WINDOW_DAY,
    AG_WINDOW_MONTH,
    AG_WINDOW_COUNT                 /* no time: what is held just now */
} ag_window_kind_t;


/* What the configuration says; ag_limit_init() fills "kind". */
typedef struct {
    ag_resource_t     resource;
    ag_window_kind_t  kind;
    uint64_t          max;          /* requests, calls, tokens or nano-USD; at
                                       least 1 */
    uint64_t          window;       /* us; 0 of DAY, MONTH and COUNT */
    unsigned          dry_run:1;    /* counts, and refuses nothing */
} ag_limit_t;


/*
 * What is remembered.  "epoch" and "behind" are not touched here but for
 * copying: they belong to whoever shares the window with other nodes.
 */
typedef struct {
    uint32_t  kind;                 /* ag_window_kind_t */
    uint32_t  capacity;             /* slots */
    uint64_t  window;               /* us */
    uint64_t  last;                 /* us; time never steps back behind it */
    uint64_t  head;                 /* LOG: admissions ever; RING: number of
                                       the newest sub-window; DAY, MONTH: Unix
                                       time where the period began */
    uint64_t  sum;                  /* RING, DAY, MONTH: amount that counts;
                                       COUNT: held */
    uint64_t  epoch;
    uint64_t  behind;
    uint64_t  slots[];
} ag_window_t;


/* "us" is monotonic and the same for all processes of the machine; "wall" is
 * Unix time, seconds, for the calendar. */
typedef struct {
    uint64_t  us;
    int64_t   wall;
} ag_now_t;


/* One limit in one step. */
typedef struct {
    const ag_limit_t  *limit;
    ag_window_t       *window;
    uint64_t           max;         /* limit->max, or a node's share of it */
    uint64_t           amount;      /* wanted; RING, DAY, MONTH may get less,
                                       see "least".  LOG, COUNT: 1 */
    uint64_t           least;       /* if "amount" is more than "max", "max"
                                       will do as long as it is at least that:
                                       an estimate may be cut, a demand not */
    uint64_t           taken;       /* out: what was, for settling */
    uint64_t           mark;        /* out: where, for settling */
    uint64_t           used;        /* settle: what it was in the end */
} ag_claim_t;


typedef enum {
    AG_LIMIT_TAKEN = 0,
    AG_LIMIT_FULL,                  /* now; "wait" says when not */
    AG_LIMIT_NEVER                  /* one call is larger than the limit */
} ag_limit_result_t;


typedef struct {
    ag_limit_result_t  result;
    unsigned           refused;     /* number of the claim that is named: of
                                       those that refuse the one with the
                                       longest wait; NEVER comes first */
    uint64_t           wait;        /* us until all would fit if nobody else
                                       called; 0: nobody knows (COUNT, and what
                                       only a node's share is too small for) */
    uint32_t           dry;         /* bits: claims of dry_run that would have
                                       refused */
} ag_verdict_t;


/* What a client may be told of a window. */
typedef struct {
    uint64_t  limit;
    uint64_t  remaining;
    uint64_t  reset;                /* us until nothing of it counts any more,
                                       or the period ends */
} ag_standing_t;


/* Fills limit->kind by resource, max and window ("kind" may be DAY or MONTH
 * already: kept). */
void ag_limit_init(ag_limit_t *limit);

/* Bytes of a window for that limit. */
size_t ag_window_size(const ag_limit_t *limit);

/* An empty one; the memory has ag_window_size() bytes. */
void ag_window_init(ag_window_t *window, const ag_limit_t *limit);

/* May the window serve the limit as it is: same kind and length of window,
 * and a LOG of at least its size? */
int ag_window_suits(const ag_window_t *window, const ag_limit_t *limit);

/* Takes over what another one remembers as far as it means the same: of the
 * same kind and length; a LOG's last admissions; else nothing.  COUNT: what
 * is held. */
void ag_window_copy(ag_window_t *to, const ag_window_t *from);

/* Takes over what a LOG remembers into an empty RING of the same length, or
 * the other way round; never less of it counts, and it never leaves earlier. */
void ag_window_convert(ag_window_t *to, const ag_window_t *from);

/* After a process died while it changed the window: makes it consistent, at
 * worst stricter than it was.  COUNT is the caller's to count anew. */
void ag_window_mend(ag_window_t *window);

/* Nothing in it counts any more: it may be forgotten. */
int ag_window_idle(const ag_window_t *window, const ag_now_t *now);

/* The amount that counts at that time. */
uint64_t ag_window_used(const ag_window_t *window, const ag_now_t *now);

/* "max" as in a claim. */
void ag_window_standing(const ag_window_t *window, uint64_t max,
    const ag_now_t *now, ag_standing_t *standing);

/*
 * All claims or none; no two of them have the same window.  On TAKEN each
 * claim's "taken" and "mark" are set; dry-run claims never refuse but count
 * (a LOG forgets its oldest).  Never allocates; O(1) for LOG, COUNT, DAY and
 * MONTH, amortised O(1) for RING, O(AG_SUBWINDOWS) for a RING that refuses.
 */
void ag_limit_take(ag_claim_t *claims, unsigned count, const ag_now_t *now,
    ag_verdict_t *verdict);

/* The same without asking: somebody else has decided.  "taken" is set. */
void ag_limit_record(ag_claim_t *claims, unsigned count,
    const ag_now_t *now);

/*
 * Afterwards: amounts become "used".  What was taken too much goes back to
 * where it was taken from, if that still counts; what was too little counts
 * from now on.  COUNT gives its place back.  LOG stays.
 */
void ag_limit_settle(ag_claim_t *claims, unsigned count,
    const ag_now_t *now);

/* As if a taken claim had never been (a LOG's admission too, if it is still
 * the last one; else it stays). */
void ag_limit_undo(ag_claim_t *claims, unsigned count, const ag_now_t *now);


#endif /* _AG_LIMIT_H_INCLUDED_ */
