/*
 * Copyright (C) ngx_agent authors
 *
 * Windows of any kind: their size, their beginning, what they tell.  How a
 * kind remembers is a file of its own.  Knows no lock and no clock.
 */


#include "core/ag_window_parts.h"


static uint32_t ag_window_slots(const ag_limit_t *limit);


static const ag_window_way_t *const  ag_window_ways[] = {
    &ag_window_log_way,             /* AG_WINDOW_LOG */
    &ag_window_ring_way,            /* AG_WINDOW_RING */
    &ag_window_calendar_way,        /* AG_WINDOW_DAY */
    &ag_window_calendar_way,        /* AG_WINDOW_MONTH */
    &ag_window_count_way            /* AG_WINDOW_COUNT */
};


size_t
ag_window_size(const ag_limit_t *limit)
{
    return sizeof(ag_window_t) + ag_window_slots(limit) * sizeof(uint64_t);
}


void
ag_window_init(ag_window_t *window, const ag_limit_t *limit)
{
    memset(window, 0, ag_window_size(limit));

    window->kind = (uint32_t) limit->kind;
    window->capacity = ag_window_slots(limit);
    window->window = limit->window;
}


int
ag_window_suits(const ag_window_t *window, const ag_limit_t *limit)
{
    return window->kind == (uint32_t) limit->kind
           && window->window == limit->window
           && window->capacity >= ag_window_slots(limit);
}


void
ag_window_copy(ag_window_t *to, const ag_window_t *from)
{
    if (to->kind != from->kind || to->window != from->window) {
        return;
    }

    to->last = from->last;
    to->epoch = from->epoch;
    to->behind = from->behind;

    ag_window_way(to)->copy(to, from);
}


void
ag_window_mend(ag_window_t *window)
{
    ag_window_way(window)->mend(window);
}


int
ag_window_idle(const ag_window_t *window, const ag_now_t *now)
{
    return ag_window_used(window, now) == 0;
}


uint64_t
ag_window_used(const ag_window_t *window, const ag_now_t *now)
{
    return ag_window_way(window)->used(window, now);
}


void
ag_window_standing(const ag_window_t *window, uint64_t max,
    const ag_now_t *now, ag_standing_t *standing)
{
    uint64_t  used;

    used = ag_window_used(window, now);

    standing->limit = max;
    standing->remaining = (used < max) ? max - used : 0;
    standing->reset = ag_window_way(window)->reset(window, now);
}


const ag_window_way_t *
ag_window_way(const ag_window_t *window)
{
    uint32_t  kind;

    kind = window->kind;

    return ag_window_ways[kind < AG_WINDOW_COUNT ? kind : AG_WINDOW_COUNT];
}


static uint32_t
ag_window_slots(const ag_limit_t *limit)
{
    switch (limit->kind) {

    case AG_WINDOW_LOG:

        if (limit->max > AG_LIMIT_LOG_MAX) {
            return AG_LIMIT_LOG_MAX;
        }

        return (limit->max > 0) ? (uint32_t) limit->max : 1;

    case AG_WINDOW_RING:
        return AG_SUBWINDOWS + 1;

    default:
        return 0;
    }
}
