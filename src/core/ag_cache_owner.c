/*
 * Copyright (C) ngx_agent authors
 *
 * Who holds how much of the cache, and whose answer goes when room is needed.
 *
 * Owners that have blocks have a row each, found by id, and all rows stand in
 * a heap by their shares.  A share counts while its owner has an answer that
 * can go: who only writes at the moment is at the heap's end.  Of equal shares
 * the higher id is the larger, so that the same things always happen.
 *
 * When all rows are taken, the other owners share the last one and are
 * treated as one.
 */


#include "core/ag_cache_parts.h"


static void ag_cache_owner_remove(ag_cache_t *c, uint32_t row);
static void ag_cache_owner_settle(ag_cache_t *c, uint32_t row);
static void ag_cache_owner_place(ag_cache_t *c, uint32_t row,
    uint32_t place);
static uint32_t ag_cache_owner_share(const ag_cache_row_t *row);


void
ag_cache_owner_clear(ag_cache_t *c)
{
    __atomic_store_n(&c->owners, 0, __ATOMIC_RELAXED);

    c->heap_count = 0;
    c->free_row = AG_CACHE_NOWHERE;
    c->fresh_row = 0;

    memset(ag_cache_at(c, c->at.homes), 0xff,
           (size_t) c->at.home_count * sizeof(uint32_t));
}


/*
 * A shared row keeps the id of who had it first; when it has no blocks any
 * more it is a row as any other again.
 */
uint32_t
ag_cache_owner_row(ag_cache_t *c, uint64_t id)
{
    uint32_t         row, *home;
    ag_cache_row_t  *owner;

    row = ag_cache_owner_search(c, id);
    if (row != AG_CACHE_NOWHERE) {
        return row;
    }

    if (c->free_row != AG_CACHE_NOWHERE) {
        row = c->free_row;
        c->free_row = ag_cache_row(c, row)->next;

    } else if (c->fresh_row < c->at.row_count) {
        row = c->fresh_row++;

    } else {
        return c->at.row_count - 1;
    }

    home = ag_cache_home(c, id);
    owner = ag_cache_row(c, row);

    owner->id = id;
    owner->blocks = 0;
    owner->newest = AG_CACHE_NOWHERE;
    owner->oldest = AG_CACHE_NOWHERE;
    owner->next = *home;
    *home = row;

    ag_cache_owner_place(c, row, c->heap_count++);

    return row;
}


uint32_t
ag_cache_owner_search(const ag_cache_t *c, uint64_t id)
{
    uint32_t  row;

    row = *ag_cache_home(c, id);

    while (row != AG_CACHE_NOWHERE && ag_cache_row(c, row)->id != id) {
        row = ag_cache_row(c, row)->next;
    }

    return row;
}


void
ag_cache_owner_add(ag_cache_t *c, uint32_t row, uint32_t blocks)
{
    ag_cache_row(c, row)->blocks += blocks;
    ag_cache_owner_settle(c, row);
}


void
ag_cache_owner_drop(ag_cache_t *c, uint32_t row, uint32_t blocks)
{
    ag_cache_row_t  *owner;

    owner = ag_cache_row(c, row);
    owner->blocks -= blocks;
    ag_cache_owner_settle(c, row);

    if (owner->blocks == 0) {
        ag_cache_owner_remove(c, row);
    }
}


/* With its first answer an owner's share begins to count. */
void
ag_cache_owner_first(ag_cache_t *c, uint32_t e)
{
    ag_cache_row_t    *owner;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    owner = ag_cache_row(c, entry->row);

    entry->newer = AG_CACHE_NOWHERE;
    entry->older = owner->newest;
    owner->newest = e;

    if (entry->older != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->older)->newer = e;
        return;
    }

    owner->oldest = e;
    ag_cache_count(&c->owners, 1);
    ag_cache_owner_settle(c, entry->row);
}


void
ag_cache_owner_last(ag_cache_t *c, uint32_t e)
{
    ag_cache_row_t    *owner;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    owner = ag_cache_row(c, entry->row);

    if (owner->oldest == AG_CACHE_NOWHERE) {
        ag_cache_owner_first(c, e);
        return;
    }

    entry->older = AG_CACHE_NOWHERE;
    entry->newer = owner->oldest;
    ag_cache_entry(c, owner->oldest)->older = e;
    owner->oldest = e;
}


/* The stamp is all that is left of the order when lists have to be mended. */
void
ag_cache_owner_touch(ag_cache_t *c, uint32_t e)
{
    ag_cache_row_t    *owner;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    entry->stamp = ++c->stamp;

    owner = ag_cache_row(c, entry->row);
    if (owner->newest == e) {
        return;
    }

    /* there is a newer one: the list is never empty, the share is the same */

    ag_cache_entry(c, entry->newer)->older = entry->older;

    if (entry->older != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->older)->newer = entry->newer;

    } else {
        owner->oldest = entry->newer;
    }

    entry->newer = AG_CACHE_NOWHERE;
    entry->older = owner->newest;
    ag_cache_entry(c, owner->newest)->newer = e;
    owner->newest = e;
}


/* Without its last one it has none that could be taken. */
void
ag_cache_owner_unlink(ag_cache_t *c, uint32_t e)
{
    ag_cache_row_t    *owner;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    owner = ag_cache_row(c, entry->row);

    if (entry->newer != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->newer)->older = entry->older;

    } else {
        owner->newest = entry->older;
    }

    if (entry->older != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->older)->newer = entry->newer;

    } else {
        owner->oldest = entry->newer;
    }

    if (owner->oldest == AG_CACHE_NOWHERE) {
        ag_cache_count(&c->owners, 0 - UINT64_C(1));
        ag_cache_owner_settle(c, entry->row);
    }
}


/* The row counts with what is about to be written already. */
uint32_t
ag_cache_owner_victim(const ag_cache_t *c, uint32_t row)
{
    uint32_t  largest;

    largest = ag_cache_heap(c)[0];

    /* of equal ones, who asks loses its own */

    if (ag_cache_owner_share(ag_cache_row(c, row))
        == ag_cache_owner_share(ag_cache_row(c, largest)))
    {
        largest = row;
    }

    return ag_cache_row(c, largest)->oldest;
}


unsigned
ag_cache_owner_larger(const ag_cache_t *c, uint32_t a, uint32_t b)
{
    uint32_t         share, other;
    ag_cache_row_t  *one, *two;

    one = ag_cache_row(c, a);
    two = ag_cache_row(c, b);
    share = ag_cache_owner_share(one);
    other = ag_cache_owner_share(two);

    return (share != other) ? share > other : one->id > two->id;
}


/* Takes a row out of the heap and its home. */
static void
ag_cache_owner_remove(ag_cache_t *c, uint32_t row)
{
    uint32_t         last, *link;
    ag_cache_row_t  *owner;

    owner = ag_cache_row(c, row);
    last = ag_cache_heap(c)[--c->heap_count];

    if (last != row) {
        ag_cache_owner_place(c, last, owner->place);
        ag_cache_owner_settle(c, last);
    }

    link = ag_cache_home(c, owner->id);

    while (*link != row) {
        link = &ag_cache_row(c, *link)->next;
    }

    *link = owner->next;

    owner->next = c->free_row;
    c->free_row = row;
}


/* Moves a row whose share has changed to where it belongs in the heap. */
static void
ag_cache_owner_settle(ag_cache_t *c, uint32_t row)
{
    uint32_t  *heap;
    uint64_t   place, child;

    heap = ag_cache_heap(c);
    place = ag_cache_row(c, row)->place;

    while (place > 0
           && ag_cache_owner_larger(c, row, heap[(place - 1) / 2]))
    {
        ag_cache_owner_place(c, heap[(place - 1) / 2], (uint32_t) place);
        place = (place - 1) / 2;
    }

    for ( ;; ) {
        child = 2 * place + 1;

        if (child + 1 < c->heap_count
            && ag_cache_owner_larger(c, heap[child + 1], heap[child]))
        {
            child++;
        }

        if (child >= c->heap_count
            || !ag_cache_owner_larger(c, heap[child], row))
        {
            break;
        }

        ag_cache_owner_place(c, heap[child], (uint32_t) place);
        place = child;
    }

    ag_cache_owner_place(c, row, (uint32_t) place);
}


static void
ag_cache_owner_place(ag_cache_t *c, uint32_t row, uint32_t place)
{
    ag_cache_heap(c)[place] = row;
    ag_cache_row(c, row)->place = place;
}


static uint32_t
ag_cache_owner_share(const ag_cache_row_t *row)
{
    return (row->oldest == AG_CACHE_NOWHERE) ? 0 : row->blocks;
}
