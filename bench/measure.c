/*
 * Copyright (C) ngx_agent authors
 *
 * Clock, arguments, histograms and readings of CPU time, shared by the tools
 * of the benchmark.  CPU time is read from the processes' own clocks: the
 * same counter as /proc/PID/schedstat, but current for a process that runs
 * at this moment.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"


#define MEASURE_STEPS  128     /* per power of two */


static size_t measure_slot(uint64_t ns);
static uint64_t measure_slot_low(size_t slot);
static uint64_t measure_hist_quantile(const measure_hist_t *h, double share);
static size_t measure_list(const char *text, long *values, size_t max);
static int measure_cores_read(measure_usage_t *u);
static double measure_share(uint64_t part, uint64_t whole);


uint64_t
measure_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


const char *
measure_text(int argc, char **argv, const char *name)
{
    int     i;
    size_t  len;

    len = strlen(name);

    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=') {
            return argv[i] + len + 1;
        }
    }

    return NULL;
}


long
measure_number(int argc, char **argv, const char *name, long missing)
{
    const char  *text;

    text = measure_text(argc, argv, name);

    return text == NULL ? missing : atol(text);
}


void
measure_hist_add(measure_hist_t *h, uint64_t ns)
{
    h->count++;
    h->sum += ns;

    if (ns > h->max) {
        h->max = ns;
    }

    h->slots[measure_slot(ns)]++;
}


static size_t
measure_slot(uint64_t ns)
{
    size_t    slot;
    unsigned  shift;

    if (ns < 2 * MEASURE_STEPS) {
        return ns;
    }

    /* after the shift the value is within 128 .. 255 */

    shift = 63 - __builtin_clzll(ns) - 7;
    slot = shift * MEASURE_STEPS + (ns >> shift);

    return slot < MEASURE_SLOTS ? slot : MEASURE_SLOTS - 1;
}


/* The least time of a slot. */

static uint64_t
measure_slot_low(size_t slot)
{
    unsigned  shift;

    if (slot < 2 * MEASURE_STEPS) {
        return slot;
    }

    shift = slot / MEASURE_STEPS - 1;

    return (uint64_t) (slot % MEASURE_STEPS + MEASURE_STEPS) << shift;
}


static uint64_t
measure_hist_quantile(const measure_hist_t *h, double share)
{
    size_t    i;
    uint64_t  seen, wanted, low;

    if (h->count == 0) {
        return 0;
    }

    wanted = (uint64_t) (share * (double) h->count);
    seen = 0;

    for (i = 0; i < MEASURE_SLOTS; i++) {
        if (seen + h->slots[i] > wanted) {
            low = measure_slot_low(i);
            return low + (measure_slot_low(i + 1) - low) * (wanted - seen)
                         / h->slots[i];
        }

        seen += h->slots[i];
    }

    return h->max;
}


void
measure_hist_print(const measure_hist_t *h, const char *name)
{
    printf("\"%s\": {\"count\": %lu, \"mean\": %lu, \"p50\": %lu, "
           "\"p99\": %lu, \"p999\": %lu, \"max\": %lu}",
           name, (unsigned long) h->count,
           (unsigned long) (h->count ? h->sum / h->count : 0),
           (unsigned long) measure_hist_quantile(h, 0.5),
           (unsigned long) measure_hist_quantile(h, 0.99),
           (unsigned long) measure_hist_quantile(h, 0.999),
           (unsigned long) h->max);
}


int
measure_usage_init(measure_usage_t *u, const char *pids, const char *cores)
{
    size_t  i;
    long    values[MEASURE_PIDS];

    memset(u, 0, sizeof(measure_usage_t));

    u->npids = measure_list(pids, values, MEASURE_PIDS);

    for (i = 0; i < u->npids; i++) {
        u->pids[i] = (pid_t) values[i];
    }

    u->ncores = measure_list(cores, values, MEASURE_CORES);

    for (i = 0; i < u->ncores; i++) {
        u->core[i] = (int) values[i];
    }

    return measure_usage_read(u);
}


static size_t
measure_list(const char *text, long *values, size_t max)
{
    char    *end;
    size_t   n;

    n = 0;

    while (text != NULL && *text != '\0' && n < max) {
        values[n++] = strtol(text, &end, 10);
        text = (*end == ',') ? end + 1 : NULL;
    }

    return n;
}


int
measure_usage_read(measure_usage_t *u)
{
    size_t           i;
    clockid_t        clock;
    struct timespec  ts;

    u->cpu = 0;

    for (i = 0; i < u->npids; i++) {
        if (clock_getcpuclockid(u->pids[i], &clock) != 0
            || clock_gettime(clock, &ts) != 0)
        {
            return -1;
        }

        u->cpu += (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
    }

    u->at = measure_now();

    return u->ncores ? measure_cores_read(u) : 0;
}


static int
measure_cores_read(measure_usage_t *u)
{
    int            core;
    char           line[512];
    FILE          *file;
    size_t         i, found;
    unsigned long  t[8];

    file = fopen("/proc/stat", "r");
    if (file == NULL) {
        return -1;
    }

    found = 0;

    while (fgets(line, sizeof(line), file) != NULL) {

        /* user nice system idle iowait irq softirq steal */

        if (sscanf(line, "cpu%d %lu %lu %lu %lu %lu %lu %lu %lu", &core,
                   &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7])
            != 9)
        {
            continue;
        }

        for (i = 0; i < u->ncores; i++) {
            if (u->core[i] != core) {
                continue;
            }

            u->cores[i].busy = t[0] + t[1] + t[2] + t[5] + t[6];
            u->cores[i].steal = t[7];
            u->cores[i].total = u->cores[i].busy + t[3] + t[4] + t[7];
            found++;
        }
    }

    fclose(file);

    return found == u->ncores ? 0 : -1;
}


uint64_t
measure_memory(pid_t pid)
{
    char           line[256];
    FILE          *file;
    unsigned long  part, kilobytes;

    snprintf(line, sizeof(line), "/proc/%d/smaps_rollup", (int) pid);

    file = fopen(line, "r");
    if (file == NULL) {
        return 0;
    }

    kilobytes = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Pss_Anon: %lu kB", &part) == 1
            || sscanf(line, "Pss_Shmem: %lu kB", &part) == 1)
        {
            kilobytes += part;
        }
    }

    fclose(file);

    return (uint64_t) kilobytes * 1024;
}


void
measure_usage_print(const measure_usage_t *from, const measure_usage_t *to)
{
    size_t                 i;
    const measure_core_t  *a, *b;

    printf("\"window_ns\": %lu, \"cpu_ns\": %lu, \"cores\": [",
           (unsigned long) (to->at - from->at),
           (unsigned long) (to->cpu - from->cpu));

    for (i = 0; i < to->ncores; i++) {
        a = &from->cores[i];
        b = &to->cores[i];

        printf("%s{\"busy\": %.3f, \"steal\": %.3f}", i ? ", " : "",
               measure_share(b->busy - a->busy, b->total - a->total),
               measure_share(b->steal - a->steal, b->total - a->total));
    }

    printf("]");
}


static double
measure_share(uint64_t part, uint64_t whole)
{
    return whole ? (double) part / (double) whole : 0;
}
