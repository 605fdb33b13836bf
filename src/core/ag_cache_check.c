/*
 * Copyright (C) ngx_agent authors
 *
 * Is everything in the cache as it should be?  For tests: it looks at all of
 * it, and allocates.  Every walk is bounded: what is broken may go in a ring.
 */


#include <stdlib.h>

#include "core/ag_cache_parts.h"


/* Counted from the entries, to be compared with what the cache says. */
typedef struct {
    ag_char_t  *marks;              /* a byte for each block */
    uint64_t   *blocks;             /* of each row */
    uint64_t    used;
    uint64_t    reserved;
    uint64_t    ready;
    uint64_t    writing;
    uint64_t    free;
} ag_cache_check_t;


static const char *ag_cache_check_all(const ag_cache_t *c,
    ag_cache_check_t *found);
static const char *ag_cache_check_entries(const ag_cache_t *c,
    ag_cache_check_t *found);
static const char *ag_cache_check_entry(const ag_cache_t *c, uint32_t e,
    ag_cache_check_t *found);
static const char *ag_cache_check_chain(const ag_cache_t *c,
    const ag_cache_entry_t *entry, ag_cache_check_t *found);
static const char *ag_cache_check_numbers(const ag_cache_t *c,
    const ag_cache_check_t *found);
static const char *ag_cache_check_lists(const ag_cache_t *c,
    const ag_cache_check_t *found);
static const char *ag_cache_check_buckets(const ag_cache_t *c);
static const char *ag_cache_check_free(const ag_cache_t *c,
    ag_cache_check_t *found);
static const char *ag_cache_check_rows(const ag_cache_t *c,
    const ag_cache_check_t *found);
static const char *ag_cache_check_row(const ag_cache_t *c, uint32_t place);
static uint64_t ag_cache_check_list(const ag_cache_t *c, uint32_t row);


const char *
ag_cache_check(const ag_cache_t *c)
{
    const char        *wrong;
    ag_cache_check_t   found;

    memset(&found, 0, sizeof(found));
    found.marks = calloc((size_t) c->at.blocks, 1);
    found.blocks = calloc(c->at.row_count, sizeof(uint64_t));

    wrong = (found.marks == NULL || found.blocks == NULL)
            ? "no memory for the check" : ag_cache_check_all(c, &found);

    free(found.marks);
    free(found.blocks);

    return wrong;
}


static const char *
ag_cache_check_all(const ag_cache_t *c, ag_cache_check_t *found)
{
    const char  *wrong;

    wrong = ag_cache_check_entries(c, found);

    if (wrong == NULL) {
        wrong = ag_cache_check_numbers(c, found);
    }

    if (wrong == NULL) {
        wrong = ag_cache_check_buckets(c);
    }

    if (wrong == NULL) {
        wrong = ag_cache_check_lists(c, found);
    }

    if (wrong == NULL) {
        wrong = ag_cache_check_free(c, found);
    }

    return (wrong == NULL) ? ag_cache_check_rows(c, found) : wrong;
}


static const char *
ag_cache_check_entries(const ag_cache_t *c, ag_cache_check_t *found)
{
    uint32_t     e;
    const char  *wrong;

    if (c->fresh_entry > c->at.blocks || c->fresh_block > c->at.blocks) {
        return "more was used than there is";
    }

    for (e = 0; e < c->fresh_entry; e++) {
        wrong = ag_cache_check_entry(c, e, found);
        if (wrong != NULL) {
            return wrong;
        }
    }

    return NULL;
}


/* Its chain and its owner; counts it. */
static const char *
ag_cache_check_entry(const ag_cache_t *c, uint32_t e,
    ag_cache_check_t *found)
{
    ag_cache_row_t    *row;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);

    if (entry->sequence == 0) {
        return "an entry without a sequence";
    }

    if (entry->state == AG_CACHE_FREE) {
        found->free++;
        return NULL;
    }

    if (entry->state == AG_CACHE_WRITING) {
        found->writing++;
        found->reserved += entry->count;

    } else if (entry->state == AG_CACHE_READY) {
        found->ready++;

    } else {
        return "an entry of no state";
    }

    if (entry->row >= c->fresh_row) {
        return "an entry of an owner that never was";
    }

    row = ag_cache_row(c, entry->row);

    if (row->id != entry->owner && entry->row != c->at.row_count - 1) {
        return "an entry of another owner";
    }

    found->blocks[entry->row] += entry->count;
    found->used += entry->count;

    return ag_cache_check_chain(c, entry, found);
}


/* A chain has its length, ends where the entry says, and shares nothing. */
static const char *
ag_cache_check_chain(const ag_cache_t *c, const ag_cache_entry_t *entry,
    ag_cache_check_t *found)
{
    uint32_t  i, block, last;

    if (entry->count != ag_cache_blocks(entry->len)) {
        return "a chain of another length than its answer";
    }

    last = AG_CACHE_NOWHERE;
    block = entry->first;

    for (i = 0; i < entry->count; i++) {

        if (block >= c->fresh_block) {
            return "a chain that leads out of the memory, or is too short";
        }

        if (found->marks[block]++) {
            return "a block in two chains";
        }

        last = block;
        block = ag_cache_next(c, block);
    }

    if (block != AG_CACHE_NOWHERE || last != entry->last) {
        return "a chain that is too long";
    }

    return NULL;
}


static const char *
ag_cache_check_numbers(const ag_cache_t *c, const ag_cache_check_t *found)
{
    if (c->used != found->used) {
        return "the number of used blocks";
    }

    if (c->reserved != found->reserved) {
        return "the number of blocks that are being written";
    }

    if (c->entries != found->ready) {
        return "the number of answers";
    }

    return NULL;
}


/* As many in the buckets as there are, and each where it is looked for. */
static const char *
ag_cache_check_buckets(const ag_cache_t *c)
{
    uint64_t           left;
    uint32_t           i, e, *bucket;
    ag_cache_entry_t  *entry;

    left = c->entries;

    for (i = 0; i < c->at.bucket_count; i++) {
        bucket = (uint32_t *) ag_cache_at(c, c->at.buckets) + i;

        for (e = *bucket; e != AG_CACHE_NOWHERE; e = entry->next) {

            if (e >= c->fresh_entry || left-- == 0) {
                return "a bucket that leads nowhere";
            }

            entry = ag_cache_entry(c, e);

            if (entry->state != AG_CACHE_READY
                || ag_cache_bucket(c, entry->key) != bucket
                || ag_cache_entry_search(c, entry->key) != e)
            {
                return "an answer that cannot be found";
            }
        }
    }

    return (left == 0) ? NULL : "an answer in no bucket";
}


/* Those that are being written, and entries that are free. */
static const char *
ag_cache_check_lists(const ag_cache_t *c, const ag_cache_check_t *found)
{
    uint32_t           e, newer;
    uint64_t           writing, left;
    ag_cache_entry_t  *entry;

    writing = found->writing;
    newer = AG_CACHE_NOWHERE;

    for (e = c->writing; e != AG_CACHE_NOWHERE; e = entry->older) {

        if (e >= c->fresh_entry || writing-- == 0) {
            return "the list of those being written leads nowhere";
        }

        entry = ag_cache_entry(c, e);

        if (entry->state != AG_CACHE_WRITING || entry->newer != newer) {
            return "the list of those being written";
        }

        newer = e;
    }

    left = found->free;

    for (e = c->free_entry; e != AG_CACHE_NOWHERE; e = entry->next) {

        if (e >= c->fresh_entry || left-- == 0) {
            return "the list of free entries leads nowhere";
        }

        entry = ag_cache_entry(c, e);

        if (entry->state != AG_CACHE_FREE) {
            return "an entry among the free ones that is not";
        }
    }

    return (writing == 0 && left == 0) ? NULL : "an entry that is lost";
}


/* Every block that was ever used is in one chain, or free. */
static const char *
ag_cache_check_free(const ag_cache_t *c, ag_cache_check_t *found)
{
    uint32_t  block, last;
    uint64_t  left;

    last = AG_CACHE_NOWHERE;
    left = c->fresh_block - found->used;

    for (block = c->free_block;
         block != AG_CACHE_NOWHERE;
         block = ag_cache_next(c, block))
    {
        if (block >= c->fresh_block || left-- == 0) {
            return "the list of free blocks leads nowhere";
        }

        if (found->marks[block]++) {
            return "a free block that is used, or free twice";
        }

        last = block;
    }

    if (last != AG_CACHE_NOWHERE && last != c->free_last) {
        return "the last free block";
    }

    return (left == 0) ? NULL : "a block that is lost";
}


/* Shares, and that every answer is in its owner's list. */
static const char *
ag_cache_check_rows(const ag_cache_t *c, const ag_cache_check_t *found)
{
    uint64_t     used, listed, owners;
    uint32_t     i, row;
    const char  *wrong;

    if (c->heap_count > c->fresh_row || c->fresh_row > c->at.row_count) {
        return "more owners than there can be";
    }

    used = 0;
    listed = 0;
    owners = 0;

    for (i = 0; i < c->heap_count; i++) {
        wrong = ag_cache_check_row(c, i);
        if (wrong != NULL) {
            return wrong;
        }

        row = ag_cache_heap(c)[i];

        if (ag_cache_row(c, row)->blocks != found->blocks[row]) {
            return "an owner's share";
        }

        used += found->blocks[row];
        listed += ag_cache_check_list(c, row);
        owners += (ag_cache_row(c, row)->newest != AG_CACHE_NOWHERE);
    }

    if (used != c->used) {
        return "an owner that is not in the heap";
    }

    if (owners != c->owners) {
        return "the number of owners";
    }

    return (listed == c->entries) ? NULL : "an owner's list";
}


/* One place of the heap. */
static const char *
ag_cache_check_row(const ag_cache_t *c, uint32_t place)
{
    uint32_t         row;
    ag_cache_row_t  *owner;

    row = ag_cache_heap(c)[place];

    if (row >= c->fresh_row || ag_cache_row(c, row)->place != place) {
        return "the place in the heap";
    }

    owner = ag_cache_row(c, row);

    if (owner->blocks == 0 || ag_cache_owner_search(c, owner->id) != row) {
        return "an owner that has nothing, or cannot be found";
    }

    if (place > 0
        && ag_cache_owner_larger(c, row, ag_cache_heap(c)[(place - 1) / 2]))
    {
        return "the order of the heap";
    }

    return NULL;
}


/* How many entries are in an owner's list; more than there are if it is
 * wrong. */
static uint64_t
ag_cache_check_list(const ag_cache_t *c, uint32_t row)
{
    uint32_t           e, newer;
    uint64_t           count, stamp;
    ag_cache_entry_t  *entry;

    count = 0;
    stamp = c->stamp + 1;
    newer = AG_CACHE_NOWHERE;

    for (e = ag_cache_row(c, row)->newest;
         e != AG_CACHE_NOWHERE;
         e = entry->older)
    {
        if (e >= c->fresh_entry) {
            return c->at.blocks + 1;
        }

        entry = ag_cache_entry(c, e);

        if (entry->state != AG_CACHE_READY || entry->row != row
            || entry->newer != newer || entry->stamp >= stamp)
        {
            return c->at.blocks + 1;
        }

        stamp = entry->stamp;
        newer = e;
        count++;
    }

    return (newer == ag_cache_row(c, row)->oldest) ? count
                                                   : c->at.blocks + 1;
}
