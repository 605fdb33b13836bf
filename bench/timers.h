/*
 * Copyright (C) ngx_agent authors
 */

#ifndef TIMERS_H_INCLUDED
#define TIMERS_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define TIMERS_MAX  65536     /* streams and delayed answers at once */


/* Lives inside what waits for it. */
typedef struct {
    uint64_t  due;            /* ns, CLOCK_MONOTONIC */
    size_t    place;          /* 1 .. count; 0: not set */
} timers_node_t;


/* A binary heap, the next one due in nodes[1]. */
typedef struct {
    size_t          count;
    timers_node_t  *nodes[TIMERS_MAX + 1];
} timers_t;


/* Returns 0, or -1 if there are TIMERS_MAX. */
int timers_add(timers_t *t, timers_node_t *node, uint64_t due);

/* Does nothing if the timer is not set. */
void timers_delete(timers_t *t, timers_node_t *node);

/* The next one due, taken out, or NULL if none is due at "now". */
timers_node_t *timers_expired(timers_t *t, uint64_t now);


#endif /* TIMERS_H_INCLUDED */
