/*
 * Copyright (C) ngx_agent authors
 *
 * Which answers have been purged: by tenant, by model, by both, or all.  An
 * answer bears the number of the newest purge that was known when its question
 * was asked ("epoch"); one that was asked before a purge that means it is
 * worth nothing, wherever it comes from and however late.  So no clocks are
 * compared.
 *
 * The last purges are remembered one by one; what is older counts as a purge
 * of all.
 */


#ifndef _AG_CACHE_PURGES_H_INCLUDED_
#define _AG_CACHE_PURGES_H_INCLUDED_


#include "core/ag_cache.h"


#define AG_CACHE_PURGES  64         /* that are remembered one by one */


typedef struct {
    uint64_t           number;      /* 0: unused */
    ag_cache_purge_t   what;
} ag_cache_purged_t;


/* Zeroed memory: there was none.  May lie in shared memory; the caller
 * locks. */
typedef struct {
    uint64_t           last;        /* number of the newest */
    uint64_t           all;         /* up to here everything was purged */
    ag_cache_purged_t  rows[AG_CACHE_PURGES];
} ag_cache_purges_t;


/* A purge of that number, in any order; one that is known is nothing new.
 * Returns 1 if it is. */
unsigned ag_cache_purges_add(ag_cache_purges_t *purges, uint64_t number,
    const ag_cache_purge_t *what);

/* Does a purge after "epoch" mean an answer of that owner and model? */
unsigned ag_cache_purges_cover(const ag_cache_purges_t *purges,
    uint64_t epoch, uint64_t owner, uint64_t model);

/* Who gave the numbers has forgotten them: everything up to now was purged,
 * and numbers begin again behind "last". */
void ag_cache_purges_restart(ag_cache_purges_t *purges, uint64_t last);


#endif /* _AG_CACHE_PURGES_H_INCLUDED_ */
