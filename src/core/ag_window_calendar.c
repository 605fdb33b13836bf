/*
 * Copyright (C) ngx_agent authors
 *
 * Budgets of a day or a month (UTC): "sum" is what has been used since "head",
 * where the period began.  Periods begin at even seconds: while "head" is odd
 * a new one has begun and "sum" may still be that of the old one.
 *
 * A period ends when the wall clock has reached its end.  A clock that is set
 * back ends nothing and begins nothing: a budget is not refilled that way.
 */


#include "core/ag_calendar.h"
#include "core/ag_window_parts.h"


#define AG_WINDOW_CALENDAR_SECOND  UINT64_C(1000000)    /* us */
#define AG_WINDOW_CALENDAR_LAST    INT64_C(253402300799)    /* the end of
                                                               9999 */


static unsigned ag_window_calendar_fits(ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_calendar_wait(const ag_window_t *window,
    uint64_t max, uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_calendar_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark);
static void ag_window_calendar_give(ag_window_t *window, uint64_t amount,
    uint64_t mark);
static uint64_t ag_window_calendar_used(const ag_window_t *window,
    const ag_now_t *now);
static uint64_t ag_window_calendar_reset(const ag_window_t *window,
    const ag_now_t *now);
static void ag_window_calendar_copy(ag_window_t *to, const ag_window_t *from);
static void ag_window_calendar_mend(ag_window_t *window);
static int64_t ag_window_calendar_wall(const ag_now_t *now);
static int64_t ag_window_calendar_begin(const ag_window_t *window,
    const ag_now_t *now);
static int64_t ag_window_calendar_end(const ag_window_t *window,
    int64_t begin);


const ag_window_way_t  ag_window_calendar_way = {
    ag_window_calendar_fits,
    ag_window_calendar_wait,
    ag_window_calendar_take,
    ag_window_calendar_give,
    ag_window_calendar_used,
    ag_window_calendar_reset,
    ag_window_calendar_copy,
    ag_window_calendar_mend
};


static unsigned
ag_window_calendar_fits(ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    uint64_t  used;

    used = ag_window_calendar_used(window, now);

    return used <= max && amount <= max - used;
}


static uint64_t
ag_window_calendar_wait(const ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now)
{
    (void) max;
    (void) amount;

    return ag_window_calendar_reset(window, now);
}


static uint64_t
ag_window_calendar_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark)
{
    uint64_t  begin;

    begin = (uint64_t) ag_window_calendar_begin(window, now);

    window->last = ag_window_us(window, now);

    if (begin != window->head) {
        window->head = begin | 1;
        ag_window_order();

        window->sum = 0;
        ag_window_order();

        window->head = begin;
    }

    ag_window_order();

    if (amount > UINT64_MAX - window->sum) {
        amount = UINT64_MAX - window->sum;
    }

    window->sum += amount;

    *mark = begin;

    return amount;
}


static void
ag_window_calendar_give(ag_window_t *window, uint64_t amount, uint64_t mark)
{
    if (window->head == mark) {
        window->sum -= (amount < window->sum) ? amount : window->sum;
    }
}


static uint64_t
ag_window_calendar_used(const ag_window_t *window, const ag_now_t *now)
{
    if ((uint64_t) ag_window_calendar_begin(window, now) != window->head) {
        return 0;
    }

    return window->sum;
}


static uint64_t
ag_window_calendar_reset(const ag_window_t *window, const ag_now_t *now)
{
    int64_t  begin;

    begin = ag_window_calendar_begin(window, now);

    return (uint64_t) (ag_window_calendar_end(window, begin)
                       - ag_window_calendar_wall(now))
           * AG_WINDOW_CALENDAR_SECOND;
}


static void
ag_window_calendar_copy(ag_window_t *to, const ag_window_t *from)
{
    to->sum = from->sum;
    ag_window_order();

    to->head = from->head;
}


/* Finishes what has begun: no clock that is set leads back. */
static void
ag_window_calendar_mend(ag_window_t *window)
{
    if (window->head & 1) {
        window->sum = 0;
        ag_window_order();

        window->head &= ~UINT64_C(1);
    }
}


static int64_t
ag_window_calendar_wall(const ag_now_t *now)
{
    if (now->wall < 0) {
        return 0;
    }

    return (now->wall < AG_WINDOW_CALENDAR_LAST) ? now->wall
                                                 : AG_WINDOW_CALENDAR_LAST;
}


/* Where the period that counts now began: the old one, or a new one. */
static int64_t
ag_window_calendar_begin(const ag_window_t *window, const ag_now_t *now)
{
    int64_t  wall, begin;

    wall = ag_window_calendar_wall(now);
    begin = (int64_t) window->head;

    if (wall < ag_window_calendar_end(window, begin)) {
        return begin;
    }

    return (window->kind == AG_WINDOW_DAY) ? ag_calendar_day(wall)
                                           : ag_calendar_month(wall);
}


static int64_t
ag_window_calendar_end(const ag_window_t *window, int64_t begin)
{
    return (window->kind == AG_WINDOW_DAY) ? ag_calendar_day_end(begin)
                                           : ag_calendar_month_end(begin);
}
