/*
 * Copyright (C) ngx_agent authors
 *
 * Classes of memory: sizes are 5, 6, 7 and 8 quarters of a power of two.
 * With pages of 4096 bytes a run of a larger class is 5, 6, 7 or 8 pages, or
 * a power of two of these, and nothing is left over.
 */


#include "core/ag_slots.h"


#define AG_SLOTS_FIRST     6    /* the first classes lie above 2 ^ 6 bytes, */
#define AG_SLOTS_SKIPPED   1    /* and this many of them are left out */
#define AG_SLOTS_PAGES_MAX 64   /* of a run, unless an item is larger */
#define AG_SLOTS_WASTE     32   /* a run's tail is at most that part of it */

#define AG_SLOTS_PER_BUCKET   512           /* bytes of the zone */
#define AG_SLOTS_RESERVED     16            /* that part of the zone, but */
#define AG_SLOTS_RESERVE_MIN  (64 * 1024)   /* at least that many bytes */


unsigned
ag_slots_class(size_t size)
{
    unsigned  power, quarter;

    if (size <= AG_SLOTS_SIZE_MIN) {
        return 0;
    }

    if (size > AG_SLOTS_SIZE_MAX) {
        return AG_SLOTS_CLASSES;
    }

    /* 2 ^ power < size <= 2 ^ (power + 1) */

    power = 63 - (unsigned) __builtin_clzll((unsigned long long) size - 1);
    quarter = (unsigned) ((size - 1) >> (power - 2)) - 4;

    return (power - AG_SLOTS_FIRST) * 4 + quarter - AG_SLOTS_SKIPPED;
}


size_t
ag_slots_size(unsigned class)
{
    unsigned  power, quarter;

    class += AG_SLOTS_SKIPPED;
    power = AG_SLOTS_FIRST + class / 4;
    quarter = class % 4;

    return (size_t) (5 + quarter) << (power - 2);
}


/* The shortest that wastes little; or else the one that wastes least. */
size_t
ag_slots_run(unsigned class, size_t page)
{
    size_t  size, run, best, tail, least;

    size = ag_slots_size(class);
    run = (size + page - 1) / page * page;
    best = run;
    least = SIZE_MAX;

    do {
        tail = run % size;

        if (tail * AG_SLOTS_WASTE <= run) {
            return run;
        }

        /* tail / run < least / best, both below 2 ^ 24 */

        if (least == SIZE_MAX || tail * best < least * run) {
            least = tail;
            best = run;
        }

        run += page;

    } while (run <= AG_SLOTS_PAGES_MAX * page);

    return best;
}


size_t
ag_slots_buckets(size_t zone)
{
    size_t  n;

    n = AG_SLOTS_BUCKETS_MIN;

    while (n <= zone / (AG_SLOTS_PER_BUCKET + AG_SLOTS_PER_BUCKET / 2)) {
        n *= 2;
    }

    return n;
}


size_t
ag_slots_reserve(size_t zone)
{
    size_t  reserve;

    reserve = zone / AG_SLOTS_RESERVED;

    return (reserve > AG_SLOTS_RESERVE_MIN) ? reserve : AG_SLOTS_RESERVE_MIN;
}
