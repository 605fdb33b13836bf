/*
 * Copyright (C) ngx_agent authors
 *
 * Makes the cache whole after its lock's owner died within it: everything is
 * made anew from the entries that are not FREE (ag_cache_parts.h says why
 * these are whole).  What it reads it does not change before all is made of
 * it, so who is killed in here leaves work for the next, and no harm.
 *
 * O(blocks), and O(n log n) for the n answers.
 */


#include "core/ag_cache_parts.h"


#define AG_CACHE_MEND_BINS  32      /* of 2^i entries each, at most 2^31 */


static void ag_cache_mend_entry(ag_cache_t *c, uint32_t e, uint32_t *bins);
static unsigned ag_cache_mend_mark(ag_cache_t *c, ag_cache_entry_t *entry);
static void ag_cache_mend_unmark(ag_cache_t *c, uint32_t first,
    uint32_t count);
static void ag_cache_mend_give_up(ag_cache_t *c, uint32_t e);
static void ag_cache_mend_sort(ag_cache_t *c, uint32_t *bins, uint32_t e);
static uint32_t ag_cache_mend_merge(ag_cache_t *c, uint32_t a, uint32_t b);
static void ag_cache_mend_ready(ag_cache_t *c, uint32_t list);
static void ag_cache_mend_blocks(ag_cache_t *c);
static ag_char_t *ag_cache_mend_byte(const ag_cache_t *c, uint32_t block);
static ag_char_t ag_cache_mend_bit(uint32_t block);


void
ag_cache_mend(ag_cache_t *c)
{
    uint32_t  e, list, i, bins[AG_CACHE_MEND_BINS];

    ag_cache_clear(c);
    memset(ag_cache_at(c, c->at.marks), 0, (size_t) c->at.blocks / 8 + 1);

    for (i = 0; i < AG_CACHE_MEND_BINS; i++) {
        bins[i] = AG_CACHE_NOWHERE;
    }

    for (e = 0; e < c->fresh_entry; e++) {
        ag_cache_mend_entry(c, e, bins);
    }

    list = AG_CACHE_NOWHERE;

    for (i = 0; i < AG_CACHE_MEND_BINS; i++) {
        list = ag_cache_mend_merge(c, bins[i], list);
    }

    ag_cache_mend_ready(c, list);
    ag_cache_mend_blocks(c);
}


/* Sorts an entry into those that are free, written, and there. */
static void
ag_cache_mend_entry(ag_cache_t *c, uint32_t e, uint32_t *bins)
{
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);

    if (entry->state == AG_CACHE_FREE) {
        ag_cache_entry_put(c, e);

    } else if (!ag_cache_mend_mark(c, entry)) {
        ag_cache_mend_give_up(c, e);

    } else if (entry->state == AG_CACHE_READY) {
        ag_cache_mend_sort(c, bins, e);

    } else {
        entry->row = ag_cache_owner_row(c, entry->owner);
        ag_cache_owner_add(c, entry->row, entry->count);
        ag_cache_count(&c->used, entry->count);
        c->reserved += entry->count;
        ag_cache_entry_hold(c, e);
    }
}


/*
 * Marks the blocks of an entry and sets its last one.  0: that is no chain of
 * its length, or one of its blocks is another's; nothing is marked.
 */
static unsigned
ag_cache_mend_mark(ag_cache_t *c, ag_cache_entry_t *entry)
{
    uint32_t    i, block;
    ag_char_t  *byte;

    block = entry->first;

    if (entry->count != ag_cache_blocks(entry->len)) {
        return 0;
    }

    for (i = 0; i < entry->count; i++) {

        if (block >= c->fresh_block) {
            break;
        }

        byte = ag_cache_mend_byte(c, block);

        if (*byte & ag_cache_mend_bit(block)) {
            break;
        }

        *byte |= ag_cache_mend_bit(block);
        entry->last = block;
        block = ag_cache_next(c, block);
    }

    if (i == entry->count && block == AG_CACHE_NOWHERE) {
        return 1;
    }

    ag_cache_mend_unmark(c, entry->first, i);

    return 0;
}


/* The links of what was marked are known to be good. */
static void
ag_cache_mend_unmark(ag_cache_t *c, uint32_t first, uint32_t count)
{
    ag_char_t  *byte;

    while (count > 0) {
        byte = ag_cache_mend_byte(c, first);
        *byte &= (ag_char_t) ~ag_cache_mend_bit(first);
        first = ag_cache_next(c, first);
        count--;
    }
}


/* Its blocks are not marked. */
static void
ag_cache_mend_give_up(ag_cache_t *c, uint32_t e)
{
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);

    __atomic_store_n(&entry->sequence, entry->sequence + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    entry->state = AG_CACHE_FREE;
    ag_cache_order();

    ag_cache_entry_put(c, e);
}


/* Adds an entry to sorted lists of 2^i entries each: a merge sort. */
static void
ag_cache_mend_sort(ag_cache_t *c, uint32_t *bins, uint32_t e)
{
    unsigned  i;

    ag_cache_entry(c, e)->older = AG_CACHE_NOWHERE;

    for (i = 0; bins[i] != AG_CACHE_NOWHERE; i++) {
        e = ag_cache_mend_merge(c, bins[i], e);
        bins[i] = AG_CACHE_NOWHERE;
    }

    bins[i] = e;
}


/* The newest first. */
static uint32_t
ag_cache_mend_merge(ag_cache_t *c, uint32_t a, uint32_t b)
{
    uint32_t  list, *link, *from;

    link = &list;

    while (a != AG_CACHE_NOWHERE && b != AG_CACHE_NOWHERE) {
        from = (ag_cache_entry(c, a)->stamp > ag_cache_entry(c, b)->stamp)
               ? &a : &b;

        *link = *from;
        link = &ag_cache_entry(c, *from)->older;
        *from = *link;
    }

    *link = (a != AG_CACHE_NOWHERE) ? a : b;

    return list;
}


/* Takes the answers from the newest on; one that comes again is older. */
static void
ag_cache_mend_ready(ag_cache_t *c, uint32_t list)
{
    uint32_t           e;
    ag_cache_entry_t  *entry;

    while (list != AG_CACHE_NOWHERE) {
        e = list;
        entry = ag_cache_entry(c, e);
        list = entry->older;

        if (entry->stamp > c->stamp) {
            c->stamp = entry->stamp;
        }

        if (ag_cache_entry_search(c, entry->key) != AG_CACHE_NOWHERE) {
            ag_cache_mend_unmark(c, entry->first, entry->count);
            ag_cache_mend_give_up(c, e);
            continue;
        }

        entry->row = ag_cache_owner_row(c, entry->owner);
        ag_cache_owner_add(c, entry->row, entry->count);
        ag_cache_owner_last(c, e);
        ag_cache_entry_link(c, e);
        ag_cache_count(&c->used, entry->count);
    }
}


/* What nobody has marked is free; the lowest comes first. */
static void
ag_cache_mend_blocks(ag_cache_t *c)
{
    uint32_t  block;

    for (block = 0; block < c->fresh_block; block++) {

        if (*ag_cache_mend_byte(c, block) & ag_cache_mend_bit(block)) {
            continue;
        }

        ag_cache_set_next(c, block, AG_CACHE_NOWHERE);
        ag_cache_entry_put_blocks(c, block, block);
    }
}


static ag_char_t *
ag_cache_mend_byte(const ag_cache_t *c, uint32_t block)
{
    return (ag_char_t *) ag_cache_at(c, c->at.marks) + block / 8;
}


static ag_char_t
ag_cache_mend_bit(uint32_t block)
{
    return (ag_char_t) (1 << block % 8);
}
