/*
 * Copyright (C) ngx_agent authors
 *
 * The list of purges.  Of each kind (owner and model) only the newest is kept:
 * it means all that the older ones meant.  So a tenant that is purged all the
 * time takes one row.
 *
 * What is written is safe in that order if its writer dies: a row is whole
 * before it has its number, and "last" moves when everything else is there.
 */


#include "core/ag_cache_purges.h"


static void ag_cache_purges_put(ag_cache_purges_t *purges, uint64_t number,
    const ag_cache_purge_t *what);
static void ag_cache_purges_forget(ag_cache_purges_t *purges, uint64_t number);


unsigned
ag_cache_purges_add(ag_cache_purges_t *purges, uint64_t number,
    const ag_cache_purge_t *what)
{
    unsigned            i;
    ag_cache_purged_t  *row;

    if (number <= purges->all) {
        return 0;
    }

    for (i = 0; i < AG_CACHE_PURGES; i++) {
        row = &purges->rows[i];

        if (row->number >= number && row->what.owner == what->owner
            && row->what.model == what->model)
        {
            return 0;
        }
    }

    if (what->owner == 0 && what->model == 0) {
        ag_cache_purges_forget(purges, number);

    } else {
        ag_cache_purges_put(purges, number, what);
    }

    if (number > purges->last) {
        purges->last = number;
    }

    return 1;
}


/* In the place of its kind, or an empty one, or that of the oldest. */
static void
ag_cache_purges_put(ag_cache_purges_t *purges, uint64_t number,
    const ag_cache_purge_t *what)
{
    unsigned            i;
    ag_cache_purged_t  *row, *place;

    place = &purges->rows[0];

    for (i = 0; i < AG_CACHE_PURGES; i++) {
        row = &purges->rows[i];

        if (row->number != 0 && row->what.owner == what->owner
            && row->what.model == what->model)
        {
            row->number = number;
            return;
        }

        if (row->number < place->number) {
            place = row;
        }
    }

    if (place->number != 0 && number < place->number) {
        ag_cache_purges_forget(purges, number);
        return;
    }

    ag_cache_purges_forget(purges, place->number);
    place->what = *what;
    place->number = number;
}


/* From now on everything up to there was purged. */
static void
ag_cache_purges_forget(ag_cache_purges_t *purges, uint64_t number)
{
    unsigned  i;

    if (number > purges->all) {
        purges->all = number;
    }

    for (i = 0; i < AG_CACHE_PURGES; i++) {
        if (purges->rows[i].number <= purges->all) {
            purges->rows[i].number = 0;
        }
    }
}


/* A number that was not given yet is of an order that is forgotten. */
unsigned
ag_cache_purges_cover(const ag_cache_purges_t *purges, uint64_t epoch,
    uint64_t owner, uint64_t model)
{
    unsigned                  i;
    const ag_cache_purged_t  *row;

    if (epoch < purges->all || epoch > purges->last) {
        return 1;
    }

    for (i = 0; i < AG_CACHE_PURGES; i++) {
        row = &purges->rows[i];

        if (row->number > epoch
            && (row->what.owner == 0 || row->what.owner == owner)
            && (row->what.model == 0 || row->what.model == model))
        {
            return 1;
        }
    }

    return 0;
}


void
ag_cache_purges_restart(ag_cache_purges_t *purges, uint64_t last)
{
    unsigned  i;

    purges->all = last;

    for (i = 0; i < AG_CACHE_PURGES; i++) {
        purges->rows[i].number = 0;
    }

    purges->last = last;
}
