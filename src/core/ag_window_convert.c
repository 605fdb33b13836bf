/*
 * Copyright (C) ngx_agent authors
 *
 * A limit of requests that crosses AG_LIMIT_LOG_MAX goes on with the other
 * kind of window.  A sub-window does not know when within it a request came:
 * as late as it can have been, so that nothing is admitted too early.
 */


#include "core/ag_window_parts.h"


static void ag_window_convert_log(ag_window_t *to, const ag_window_t *from);
static void ag_window_convert_ring(ag_window_t *to, const ag_window_t *from);


void
ag_window_convert(ag_window_t *to, const ag_window_t *from)
{
    if (to->window != from->window) {
        return;
    }

    if (to->kind == AG_WINDOW_RING && from->kind == AG_WINDOW_LOG) {
        ag_window_convert_log(to, from);

    } else if (to->kind == AG_WINDOW_LOG && from->kind == AG_WINDOW_RING) {
        ag_window_convert_ring(to, from);
    }
}


static void
ag_window_convert_log(ag_window_t *to, const ag_window_t *from)
{
    ag_now_t  then;
    uint64_t  n, known, mark;

    known = (from->head < from->capacity) ? from->head : from->capacity;
    then.wall = 0;

    for (n = from->head - known; n < from->head; n++) {
        then.us = from->slots[n % from->capacity];

        if (then.us != 0) {
            (void) ag_window_way(to)->take(to, 1, &then, &mark);
        }
    }

    to->last = from->last;
}


static void
ag_window_convert_ring(ag_window_t *to, const ag_window_t *from)
{
    ag_now_t  then;
    uint64_t  i, n, amount, length, mark;

    length = (from->window + AG_SUBWINDOWS - 1) / AG_SUBWINDOWS;
    then.wall = 0;

    for (i = 0; i <= AG_SUBWINDOWS && from->head + i >= AG_SUBWINDOWS; i++) {

        n = from->head + i - AG_SUBWINDOWS;
        amount = from->slots[n % (AG_SUBWINDOWS + 1)];

        then.us = (n + 1) * length - 1;
        then.us = (then.us < from->last) ? then.us : from->last;

        /* a log keeps no more than it has room for */

        if (amount > to->capacity) {
            amount = to->capacity;
        }

        while (amount > 0) {
            (void) ag_window_way(to)->take(to, 1, &then, &mark);
            amount--;
        }
    }

    to->last = from->last;
}
