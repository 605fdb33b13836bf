/*
 * Copyright (C) ngx_agent authors
 *
 * The exact log: a circle of the times of the last "capacity" admissions.
 * Admissions are numbered from 0; that of number n lies in the slot n modulo
 * capacity, and "head" is the number of the next; slots that had no admission
 * yet are 0.  Times never decrease from one number to the next.  They are
 * compared by age only, modulo 2^64: one may lie before time began.
 *
 * An admission counts until it is a window old.  Never looks at more than
 * one slot to admit, and has no idea of amounts.
 */


#include "core/ag_window_parts.h"


static unsigned ag_window_log_fits(ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_log_wait(const ag_window_t *window, uint64_t max,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_window_log_take(ag_window_t *window, uint64_t amount,
    const ag_now_t *now, uint64_t *mark);
static void ag_window_log_give(ag_window_t *window, uint64_t amount,
    uint64_t mark);
static uint64_t ag_window_log_used(const ag_window_t *window,
    const ag_now_t *now);
static uint64_t ag_window_log_reset(const ag_window_t *window,
    const ag_now_t *now);
static void ag_window_log_copy(ag_window_t *to, const ag_window_t *from);
static void ag_window_log_mend(ag_window_t *window);
static size_t ag_window_log_slot(const ag_window_t *window, uint64_t back);
static uint64_t ag_window_log_left(const ag_window_t *window, size_t i,
    const ag_now_t *now);
static size_t ag_window_log_next(const ag_window_t *window, size_t i);
static uint64_t ag_window_log_known(const ag_window_t *window,
    uint64_t capacity);
static uint64_t ag_window_log_long_ago(const ag_window_t *window, uint64_t us,
    uint64_t next);


const ag_window_way_t  ag_window_log_way = {
    ag_window_log_fits,
    ag_window_log_wait,
    ag_window_log_take,
    ag_window_log_give,
    ag_window_log_used,
    ag_window_log_reset,
    ag_window_log_copy,
    ag_window_log_mend
};


/*
 * The max-th last admission has left.  All before it have as well; a log that
 * is smaller than "max" is its own limit.
 */
static unsigned
ag_window_log_fits(ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    (void) amount;

    if (max > window->capacity) {
        max = window->capacity;
    }

    return window->head < max
           || ag_window_us(window, now)
              - window->slots[ag_window_log_slot(window, max)]
              >= window->window;
}


static uint64_t
ag_window_log_wait(const ag_window_t *window, uint64_t max, uint64_t amount,
    const ag_now_t *now)
{
    (void) amount;

    if (max > window->capacity) {
        max = window->capacity;
    }

    return ag_window_log_left(window, ag_window_log_slot(window, max), now);
}


/*
 * The lowest bit of the mark: the slot held a time that still counted.  It
 * did not fit then, and somebody else wanted it counted.
 */
static uint64_t
ag_window_log_take(ag_window_t *window, uint64_t amount, const ag_now_t *now,
    uint64_t *mark)
{
    size_t    i;
    uint64_t  us, head, forgot;

    (void) amount;

    us = ag_window_us(window, now);
    head = window->head;
    i = (size_t) (head % window->capacity);
    forgot = (head >= window->capacity
              && us - window->slots[i] < window->window);

    window->last = us;
    ag_window_order();

    window->slots[i] = us;
    ag_window_order();

    window->head = head + 1;

    *mark = (head + 1) << 1 | forgot;

    return 1;
}


/*
 * What the slot held before is lost.  If it had left already, any time that
 * is long ago does as well; else the next one's, which is a bit later.
 */
static void
ag_window_log_give(ag_window_t *window, uint64_t amount, uint64_t mark)
{
    size_t    i, next;
    uint64_t  before;

    if (window->head != mark >> 1 || window->head == 0 || amount == 0) {
        return;
    }

    i = ag_window_log_slot(window, 1);
    next = ag_window_log_next(window, i);
    before = 0;

    if (window->head > window->capacity) {
        before = (mark & 1) ? window->slots[next]
                            : ag_window_log_long_ago(window, window->slots[i],
                                                     window->slots[next]);
    }

    window->head--;
    ag_window_order();

    window->slots[i] = before;
}


/* Searches for the oldest that counts. */
static uint64_t
ag_window_log_used(const ag_window_t *window, const ag_now_t *now)
{
    uint64_t  us, low, high, middle, time, next;

    us = ag_window_us(window, now);
    next = window->head % window->capacity;
    low = 0;
    high = ag_window_log_known(window, window->capacity);

    while (low < high) {
        middle = high - (high - low) / 2;
        time = window->slots[next - middle
                             + (middle > next ? window->capacity : 0)];

        if (us - time < window->window) {
            low = middle;

        } else {
            high = middle - 1;
        }
    }

    return low;
}


static uint64_t
ag_window_log_reset(const ag_window_t *window, const ag_now_t *now)
{
    if (window->head == 0) {
        return 0;
    }

    return ag_window_log_left(window, ag_window_log_slot(window, 1), now);
}


/*
 * Numbers stay, so that marks do.  A smaller log loses what would be needed
 * to undo: there the numbers go on by one, and no mark is found again.  A
 * larger one asks for what was forgotten: had it not left, the newest would
 * not have been admitted.
 */
static void
ag_window_log_copy(ag_window_t *to, const ag_window_t *from)
{
    size_t    i, j;
    uint64_t  head, count, known, filler;

    head = from->head;
    known = ag_window_log_known(from, from->capacity);

    if (known > to->capacity) {
        known = to->capacity;
        head++;
    }

    memset(to->slots, 0, to->capacity * sizeof(uint64_t));

    if (known > 0) {
        i = ag_window_log_slot(from, known);
        filler = ag_window_log_long_ago(from, from->last, from->slots[i]);
        count = ag_window_log_known(from, to->capacity);
        j = (size_t) ((head - count) % to->capacity);

        for ( /* void */ ; count > 0; count--) {

            if (count > known) {
                to->slots[j] = filler;

            } else {
                to->slots[j] = from->slots[i];
                i = ag_window_log_next(from, i);
            }

            j = ag_window_log_next(to, j);
        }
    }

    ag_window_order();

    to->head = head;
}


/*
 * Was the next slot written while "head" stayed, or the last one not cleared
 * when "head" went back?  Then it is later than the one behind it, which is
 * the oldest, or it is not empty; the admission counts.
 */
static void
ag_window_log_mend(ag_window_t *window)
{
    size_t    i;
    unsigned  written;
    uint64_t  oldest;

    i = (size_t) (window->head % window->capacity);

    if (window->head < window->capacity) {
        written = (window->slots[i] != 0);

    } else {
        oldest = window->slots[ag_window_log_next(window, i)];
        written = (window->last - window->slots[i] < window->last - oldest);
    }

    window->head += written;
}


/* Where the back-th last admission is; there must be as many. */
static size_t
ag_window_log_slot(const ag_window_t *window, uint64_t back)
{
    uint64_t  i;

    i = window->head % window->capacity;

    return (size_t) (i >= back ? i - back : i + window->capacity - back);
}


/* us from now until the admission in slot "i" has left. */
static uint64_t
ag_window_log_left(const ag_window_t *window, size_t i, const ag_now_t *now)
{
    uint64_t  us, age;

    us = ag_window_us(window, now);
    age = us - window->slots[i];

    return (age < window->window) ? window->window - age + (us - now->us) : 0;
}


static size_t
ag_window_log_next(const ag_window_t *window, size_t i)
{
    return (i + 1 < window->capacity) ? i + 1 : 0;
}


/* How many admissions a log of that capacity would remember. */
static uint64_t
ag_window_log_known(const ag_window_t *window, uint64_t capacity)
{
    return (window->head < capacity) ? window->head : capacity;
}


/* A time that no longer counted at "us", and is not later than "next". */
static uint64_t
ag_window_log_long_ago(const ag_window_t *window, uint64_t us, uint64_t next)
{
    return (us - next >= window->window) ? next : us - window->window;
}
