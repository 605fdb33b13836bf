/*
 * Copyright (C) ngx_agent authors
 *
 * Timers of nanoseconds for the mock provider.  They are kept apart by the
 * nanosecond because chunks that leave together in one tick would arrive as
 * a burst, and the benchmark would measure the queue behind it.
 */

#include "timers.h"


static void timers_place(timers_t *t, size_t i, timers_node_t *node);
static void timers_up(timers_t *t, size_t i);
static void timers_down(timers_t *t, size_t i);


int
timers_add(timers_t *t, timers_node_t *node, uint64_t due)
{
    if (t->count == TIMERS_MAX) {
        return -1;
    }

    node->due = due;
    timers_place(t, ++t->count, node);
    timers_up(t, t->count);

    return 0;
}


void
timers_delete(timers_t *t, timers_node_t *node)
{
    size_t          i;
    timers_node_t  *last;

    i = node->place;

    if (i == 0) {
        return;
    }

    node->place = 0;
    last = t->nodes[t->count--];

    if (last == node) {
        return;
    }

    timers_place(t, i, last);
    timers_up(t, i);
    timers_down(t, last->place);
}


timers_node_t *
timers_expired(timers_t *t, uint64_t now)
{
    timers_node_t  *node;

    if (t->count == 0 || t->nodes[1]->due > now) {
        return NULL;
    }

    node = t->nodes[1];
    timers_delete(t, node);

    return node;
}


static void
timers_place(timers_t *t, size_t i, timers_node_t *node)
{
    t->nodes[i] = node;
    node->place = i;
}


static void
timers_up(timers_t *t, size_t i)
{
    timers_node_t  *node;

    node = t->nodes[i];

    while (i > 1 && t->nodes[i / 2]->due > node->due) {
        timers_place(t, i, t->nodes[i / 2]);
        i /= 2;
    }

    timers_place(t, i, node);
}


static void
timers_down(timers_t *t, size_t i)
{
    size_t          child;
    timers_node_t  *node;

    node = t->nodes[i];

    for ( ;; ) {
        child = 2 * i;

        if (child < t->count
            && t->nodes[child + 1]->due < t->nodes[child]->due)
        {
            child++;
        }

        if (child > t->count || t->nodes[child]->due >= node->due) {
            break;
        }

        timers_place(t, i, t->nodes[child]);
        i = child;
    }

    timers_place(t, i, node);
}
