/*
 * Copyright (C) ngx_agent authors
 *
 * Sums of sub-windows.  Sub-window n, from n lengths to n + 1 since time
 * began, lies in the slot n modulo AG_WINDOW_RING_SLOTS; "head" is the
 * newest, and "sum" all that count.
 *
 * One that has just begun to leave the window counts in full: we refuse up
 * to 1/600 of a window too early and never admit too much.
 */


#include "core/ag_window_parts.h"


#define AG_WINDOW_RING_SLOTS  (AG_SUBWINDOWS + 1)


static unsigned ag_window_ring_fits(ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_ring_wait(const ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_ring_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark);
static void ag_window_ring_give(ag_window_t *window, uint64_t amount,
    uint64_t mark);
static uint64_t ag_window_ring_used(const ag_window_t *window,
    const ag_now_t *now);
static uint64_t ag_window_ring_reset(const ag_window_t *window,
    const ag_now_t *now);
static void ag_window_ring_copy(ag_window_t *to, const ag_window_t *from);
static void ag_window_ring_mend(ag_window_t *window);
static void ag_window_ring_turn(ag_window_t *window, const ag_now_t *now);
static void ag_window_ring_forget(ag_window_t *window, uint64_t count);
static uint64_t ag_window_ring_number(const ag_window_t *window, uint64_t us);
static uint64_t ag_window_ring_length(const ag_window_t *window);
static uint64_t ag_window_ring_left(const ag_window_t *window,
    uint64_t number, const ag_now_t *now);
static size_t ag_window_ring_slot(uint64_t number);


const ag_window_way_t  ag_window_ring_way = {
    ag_window_ring_fits,
    ag_window_ring_wait,
    ag_window_ring_take,
    ag_window_ring_give,
    ag_window_ring_used,
    ag_window_ring_reset,
    ag_window_ring_copy,
    ag_window_ring_mend
};


static unsigned
ag_window_ring_fits(ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    ag_window_ring_turn(window, now);

    return window->sum <= max && amount <= max - window->sum;
}


/*
 * Lets sub-windows leave, the oldest first, until there is room: in a slot is
 * the one that its number will replace.
 */
static uint64_t
ag_window_ring_wait(const ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    uint64_t  sum, number, last;

    sum = window->sum;
    number = window->head + 1;
    last = window->head + AG_WINDOW_RING_SLOTS;

    for ( ;; ) {
        sum -= window->slots[ag_window_ring_slot(number)];

        if (sum <= max - amount || number == last) {
            break;
        }

        number++;
    }

    return ag_window_ring_left(window, number, now);
}


static uint64_t
ag_window_ring_take(ag_window_t *window, uint64_t amount, const ag_now_t *now,
    uint64_t *mark)
{
    ag_window_ring_turn(window, now);

    if (amount > UINT64_MAX - window->sum) {
        amount = UINT64_MAX - window->sum;
    }

    window->slots[ag_window_ring_slot(window->head)] += amount;
    ag_window_order();

    window->sum += amount;

    *mark = window->head;

    return amount;
}


static void
ag_window_ring_give(ag_window_t *window, uint64_t amount, uint64_t mark)
{
    uint64_t  *slot;

    /* a mark ahead is huge here: it is of another time's numbers */

    if (window->head - mark >= AG_WINDOW_RING_SLOTS) {
        return;
    }

    slot = &window->slots[ag_window_ring_slot(mark)];

    if (amount > *slot) {
        amount = *slot;
    }

    *slot -= amount;
    ag_window_order();

    window->sum -= amount;
}


static uint64_t
ag_window_ring_used(const ag_window_t *window, const ag_now_t *now)
{
    uint64_t  number, sum, last;

    number = window->head;
    last = ag_window_ring_number(window, ag_window_us(window, now));

    if (last - number >= AG_WINDOW_RING_SLOTS) {
        return 0;
    }

    sum = window->sum;

    while (number < last) {
        number++;
        sum -= window->slots[ag_window_ring_slot(number)];
    }

    return sum;
}


/* Until the newest sub-window that holds something has left. */
static uint64_t
ag_window_ring_reset(const ag_window_t *window, const ag_now_t *now)
{
    uint64_t  number;

    if (window->sum == 0) {
        return 0;
    }

    number = window->head + AG_WINDOW_RING_SLOTS;

    while (number > window->head + 1
           && window->slots[ag_window_ring_slot(number)] == 0)
    {
        number--;
    }

    return ag_window_ring_left(window, number, now);
}


static void
ag_window_ring_copy(ag_window_t *to, const ag_window_t *from)
{
    memcpy(to->slots, from->slots, AG_WINDOW_RING_SLOTS * sizeof(uint64_t));
    ag_window_order();

    to->sum = from->sum;
    ag_window_order();

    to->head = from->head;
}


/* A slot may have changed while the sum did not. */
static void
ag_window_ring_mend(ag_window_t *window)
{
    size_t    i;
    uint64_t  sum;

    sum = 0;

    for (i = 0; i < AG_WINDOW_RING_SLOTS; i++) {
        sum += window->slots[i];
    }

    window->sum = sum;
}


/*
 * Goes on to the sub-window of this time.  "last" comes first: whoever finds
 * the ring half emptied must not believe that it is earlier.
 */
static void
ag_window_ring_turn(ag_window_t *window, const ag_now_t *now)
{
    uint64_t  us, number;

    us = ag_window_us(window, now);
    number = ag_window_ring_number(window, us);

    window->last = us;

    if (number == window->head) {
        return;
    }

    ag_window_order();

    if (window->sum > 0) {
        ag_window_ring_forget(window, number - window->head);
    }

    ag_window_order();

    window->head = number;
}


/* Empties the oldest "count" sub-windows. */
static void
ag_window_ring_forget(ag_window_t *window, uint64_t count)
{
    size_t    i;
    uint64_t  amount;

    if (count >= AG_WINDOW_RING_SLOTS) {
        memset(window->slots, 0, AG_WINDOW_RING_SLOTS * sizeof(uint64_t));
        ag_window_order();

        window->sum = 0;

        return;
    }

    i = ag_window_ring_slot(window->head);

    while (count-- > 0) {
        i = (i + 1 < AG_WINDOW_RING_SLOTS) ? i + 1 : 0;
        amount = window->slots[i];

        if (amount > 0) {
            window->slots[i] = 0;
            ag_window_order();

            window->sum -= amount;
            ag_window_order();
        }
    }
}


/* Of the sub-window at that time; mostly the newest, and no division. */
static uint64_t
ag_window_ring_number(const ag_window_t *window, uint64_t us)
{
    uint64_t  length, begin, number;

    length = ag_window_ring_length(window);
    begin = window->head * length;

    if (us >= begin && us - begin < length) {
        return window->head;
    }

    number = us / length;

    return (number > window->head) ? number : window->head;
}


/* In us, rounded up: all of them are never less than the window. */
static uint64_t
ag_window_ring_length(const ag_window_t *window)
{
    return window->window / AG_SUBWINDOWS
           + (window->window % AG_SUBWINDOWS != 0 || window->window == 0);
}


/* us from now until the sub-window of that number begins, unless it has. */
static uint64_t
ag_window_ring_left(const ag_window_t *window, uint64_t number,
    const ag_now_t *now)
{
    uint64_t  begin;

    begin = number * ag_window_ring_length(window);

    return (begin > ag_window_us(window, now)) ? begin - now->us : 0;
}


static size_t
ag_window_ring_slot(uint64_t number)
{
    return (size_t) (number % AG_WINDOW_RING_SLOTS);
}
