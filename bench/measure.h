/*
 * Copyright (C) ngx_agent authors
 */

#ifndef MEASURE_H_INCLUDED
#define MEASURE_H_INCLUDED


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


#define MEASURE_CORES  2      /* cores that a window reports on */
#define MEASURE_PIDS   8      /* processes that a window reports on */
#define MEASURE_SLOTS  5120   /* 128 steps per power of two, up to 2^46 ns */


/*
 * A histogram of times whose slots are less than 0.8 % wide.  What is printed
 * of it takes the times within a slot for evenly spread.
 */
typedef struct {
    uint64_t  count;
    uint64_t  sum;                     /* ns */
    uint64_t  max;                     /* ns */
    uint64_t  slots[MEASURE_SLOTS];
} measure_hist_t;


/* What one core did since boot, in ticks. */
typedef struct {
    uint64_t  busy;
    uint64_t  steal;
    uint64_t  total;
} measure_core_t;


/* The processes and cores that a window watches, and what they have used. */
typedef struct {
    pid_t           pids[MEASURE_PIDS];
    size_t          npids;
    int             core[MEASURE_CORES];
    size_t          ncores;
    uint64_t        at;                /* ns, CLOCK_MONOTONIC */
    uint64_t        cpu;               /* ns, user and system, all pids */
    measure_core_t  cores[MEASURE_CORES];
} measure_usage_t;


/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t measure_now(void);

/* The value of the argument "name=value", or NULL. */
const char *measure_text(int argc, char **argv, const char *name);

/* The number in the argument "name=value", or "missing". */
long measure_number(int argc, char **argv, const char *name, long missing);

void measure_hist_add(measure_hist_t *h, uint64_t ns);

/* Prints "name": {...}, all times in ns. */
void measure_hist_print(const measure_hist_t *h, const char *name);

/*
 * Reads lists such as "12,13".
 *
 * Returns 0, or -1 if a process or a core is not there.
 */
int measure_usage_init(measure_usage_t *u, const char *pids,
    const char *cores);

/* Returns 0, or -1 if a watched process has ended. */
int measure_usage_read(measure_usage_t *u);

/*
 * Bytes that the process holds (PSS), 0 if it has ended.  Without mapped
 * files: their share falls whenever another process maps the same library.
 */
uint64_t measure_memory(pid_t pid);

/*
 * Prints the difference of two readings: "window_ns", "cpu_ns" and, for each
 * core, the shares of time that were busy and stolen.
 */
void measure_usage_print(const measure_usage_t *from,
    const measure_usage_t *to);


#endif /* MEASURE_H_INCLUDED */
