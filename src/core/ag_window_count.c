/*
 * Copyright (C) ngx_agent authors
 *
 * Places that are held: "sum" is how many.  No time frees one, so nobody
 * knows how long to wait; and after a death only the owners of the places
 * can say how many there are.
 */


#include "core/ag_window_parts.h"


static unsigned ag_window_count_fits(ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_count_wait(const ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_count_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark);
static void ag_window_count_give(ag_window_t *window, uint64_t amount,
    uint64_t mark);
static uint64_t ag_window_count_used(const ag_window_t *window,
    const ag_now_t *now);
static uint64_t ag_window_count_reset(const ag_window_t *window,
    const ag_now_t *now);
static void ag_window_count_copy(ag_window_t *to, const ag_window_t *from);
static void ag_window_count_mend(ag_window_t *window);


const ag_window_way_t  ag_window_count_way = {
    ag_window_count_fits,
    ag_window_count_wait,
    ag_window_count_take,
    ag_window_count_give,
    ag_window_count_used,
    ag_window_count_reset,
    ag_window_count_copy,
    ag_window_count_mend
};


static unsigned
ag_window_count_fits(ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    (void) now;

    return window->sum <= max && amount <= max - window->sum;
}


static uint64_t
ag_window_count_wait(const ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    (void) window;
    (void) max;
    (void) amount;
    (void) now;

    return 0;
}


static uint64_t
ag_window_count_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark)
{
    window->last = ag_window_us(window, now);
    window->sum += amount;

    *mark = 0;

    return amount;
}


/* A place that is given back twice must not make room for another two. */
static void
ag_window_count_give(ag_window_t *window, uint64_t amount, uint64_t mark)
{
    (void) mark;

    window->sum -= (amount < window->sum) ? amount : window->sum;
}


static uint64_t
ag_window_count_used(const ag_window_t *window, const ag_now_t *now)
{
    (void) now;

    return window->sum;
}


static uint64_t
ag_window_count_reset(const ag_window_t *window, const ag_now_t *now)
{
    (void) window;
    (void) now;

    return 0;
}


static void
ag_window_count_copy(ag_window_t *to, const ag_window_t *from)
{
    to->sum = from->sum;
}


static void
ag_window_count_mend(ag_window_t *window)
{
    (void) window;
}
