/*
 * Copyright (C) ngx_agent authors
 *
 * What a window is made of: each kind is a way to remember.
 *
 * A process may be killed between any two stores.  Where their order matters
 * ag_window_order() stands between them, so that what is left behind can be
 * told from what is right; ag_window_mend() sees to the rest.
 */


#ifndef _AG_WINDOW_PARTS_H_INCLUDED_
#define _AG_WINDOW_PARTS_H_INCLUDED_


#include "core/ag_limit.h"


/* Amounts fit in 64 bits: what would pass them is not counted. */
typedef struct {

    /* Is there room for "amount", which is at most "max"?  Forgets what no
     * longer counts. */
    unsigned  (*fits)(ag_window_t *window, uint64_t max, uint64_t amount,
                      const ag_now_t *now);

    /* If there is not: us until there is; 0 if nobody knows. */
    uint64_t  (*wait)(const ag_window_t *window, uint64_t max,
                      uint64_t amount, const ag_now_t *now);

    /* Counts "amount" from now on, whether it fits or not.  Returns what was
     * counted; *mark says where. */
    uint64_t  (*take)(ag_window_t *window, uint64_t amount,
                      const ag_now_t *now, uint64_t *mark);

    /* Takes "amount" off again, where "mark" says, if that still counts. */
    void      (*give)(ag_window_t *window, uint64_t amount, uint64_t mark);

    /* The amount that counts, and us until nothing does, or until the period
     * ends. */
    uint64_t  (*used)(const ag_window_t *window, const ag_now_t *now);
    uint64_t  (*reset)(const ag_window_t *window, const ag_now_t *now);

    /* "to" is an empty window of the same kind and length; "last", "epoch"
     * and "behind" are there already. */
    void      (*copy)(ag_window_t *to, const ag_window_t *from);

    void      (*mend)(ag_window_t *window);

} ag_window_way_t;


extern const ag_window_way_t  ag_window_log_way;
extern const ag_window_way_t  ag_window_ring_way;
extern const ag_window_way_t  ag_window_calendar_way;
extern const ag_window_way_t  ag_window_count_way;


/* The way of the window's kind. */
const ag_window_way_t *ag_window_way(const ag_window_t *window);


/* Another process may have seen a later time already. */
static inline uint64_t
ag_window_us(const ag_window_t *window, const ag_now_t *now)
{
    return (now->us > window->last) ? now->us : window->last;
}


/*
 * Stores before it come before stores behind it.  The compiler is all that
 * could change that: a process dies between two instructions, and those
 * before are seen by everybody who gets its lock.
 */
static inline void
ag_window_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


#endif /* _AG_WINDOW_PARTS_H_INCLUDED_ */
