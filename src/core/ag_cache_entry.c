/*
 * Copyright (C) ngx_agent authors
 *
 * Entries: how one is taken and released, in the order of ag_cache_parts.h,
 * and the lists it is in meanwhile.
 *
 * Free blocks are a queue, and a released chain joins it as it is: who was
 * written first is released first as a rule, so blocks come back in the order
 * in which they lie in memory.
 */


#include "core/ag_cache_parts.h"


static uint32_t ag_cache_entry_pop(ag_cache_t *c);
static void ag_cache_entry_take_blocks(ag_cache_t *c,
    ag_cache_entry_t *entry);
static void ag_cache_entry_unlink(ag_cache_t *c, uint32_t e);


uint32_t
ag_cache_entry_search(const ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY])
{
    uint32_t           e;
    ag_cache_entry_t  *entry;

    e = *ag_cache_bucket(c, key);

    while (e != AG_CACHE_NOWHERE) {
        entry = ag_cache_entry(c, e);

        if (memcmp(entry->key, key, AG_CACHE_KEY) == 0) {
            break;
        }

        e = entry->next;
    }

    return e;
}


/*
 * The release fence: who reads the entry or its blocks as they are from now
 * on, with a place of their last answer, sees the sequence of its release,
 * whichever process that was.
 */
uint32_t
ag_cache_entry_take(ag_cache_t *c, const ag_cache_item_t *item, uint32_t row,
    uint64_t pid)
{
    uint32_t           e;
    ag_cache_entry_t  *entry;

    e = ag_cache_entry_pop(c);
    entry = ag_cache_entry(c, e);

    __atomic_thread_fence(__ATOMIC_RELEASE);

    memcpy(entry->key, item->key, AG_CACHE_KEY);
    __atomic_store_n(&entry->len, item->len, __ATOMIC_RELAXED);
    entry->expires_ms = item->expires_ms;
    entry->owner = item->owner;
    entry->model = item->model;
    entry->stored_ms = item->stored_ms;
    entry->stamp = 0;
    entry->pid = pid;
    entry->row = row;
    entry->count = ag_cache_blocks(item->len);
    entry->passing = item->passing;

    ag_cache_entry_take_blocks(c, entry);
    ag_cache_count(&c->used, entry->count);
    ag_cache_order();

    entry->state = AG_CACHE_WRITING;
    ag_cache_order();

    c->reserved += entry->count;
    ag_cache_entry_hold(c, e);

    return e;
}


/* Who is asked for was stored lately as a rule: new ones come first. */
void
ag_cache_entry_link(ag_cache_t *c, uint32_t e)
{
    uint32_t          *bucket;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    bucket = ag_cache_bucket(c, entry->key);

    entry->next = *bucket;
    *bucket = e;

    ag_cache_count(&c->entries, 1);
}


void
ag_cache_entry_hold(ag_cache_t *c, uint32_t e)
{
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    entry->newer = AG_CACHE_NOWHERE;
    entry->older = c->writing;

    if (c->writing != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, c->writing)->newer = e;
    }

    c->writing = e;
}


void
ag_cache_entry_let_go(ag_cache_t *c, uint32_t e)
{
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);

    if (entry->older != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->older)->newer = entry->newer;
    }

    if (entry->newer != AG_CACHE_NOWHERE) {
        ag_cache_entry(c, entry->newer)->older = entry->older;

    } else {
        c->writing = entry->older;
    }

    c->reserved -= entry->count;
}


/*
 * The release fence pairs with the acquire fence of a reader's end: one who
 * has seen a byte of the next answer in these blocks sees the sequence, too.
 */
void
ag_cache_entry_release(ag_cache_t *c, uint32_t e)
{
    uint32_t           state;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    state = entry->state;

    __atomic_store_n(&entry->sequence, entry->sequence + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    entry->state = AG_CACHE_FREE;
    ag_cache_order();

    if (state == AG_CACHE_READY) {
        ag_cache_entry_unlink(c, e);
        ag_cache_owner_unlink(c, e);

    } else {
        ag_cache_entry_let_go(c, e);
    }

    ag_cache_owner_drop(c, entry->row, entry->count);

    ag_cache_entry_put_blocks(c, entry->first, entry->last);
    ag_cache_count(&c->used, 0 - (uint64_t) entry->count);

    ag_cache_entry_put(c, e);
}


void
ag_cache_entry_put(ag_cache_t *c, uint32_t e)
{
    ag_cache_entry(c, e)->next = c->free_entry;
    c->free_entry = e;
}


void
ag_cache_entry_put_blocks(ag_cache_t *c, uint32_t first, uint32_t last)
{
    if (c->free_block == AG_CACHE_NOWHERE) {
        c->free_block = first;

    } else {
        ag_cache_set_next(c, c->free_last, first);
    }

    c->free_last = last;
}


/* A free entry: where a block is free one is, too. */
static uint32_t
ag_cache_entry_pop(ag_cache_t *c)
{
    uint32_t           e;
    ag_cache_entry_t  *entry;

    e = c->free_entry;

    if (e != AG_CACHE_NOWHERE) {
        c->free_entry = ag_cache_entry(c, e)->next;
        return e;
    }

    /* it must be FREE before it counts as used: the memory may hold anything */

    e = c->fresh_entry;
    entry = ag_cache_entry(c, e);
    memset(entry, 0, sizeof(*entry));
    entry->sequence = 1;
    ag_cache_order();

    c->fresh_entry = e + 1;

    return e;
}


/*
 * Links entry->count free blocks.  Fresh ones come last: memory that was not
 * needed yet stays untouched while it is not.
 */
static void
ag_cache_entry_take_blocks(ag_cache_t *c, ag_cache_entry_t *entry)
{
    uint32_t  i, block, last;

    last = AG_CACHE_NOWHERE;

    for (i = 0; i < entry->count; i++) {
        block = c->free_block;

        if (block != AG_CACHE_NOWHERE) {
            c->free_block = ag_cache_next(c, block);

        } else {
            block = c->fresh_block++;
        }

        if (i == 0) {
            entry->first = block;

        } else {
            ag_cache_set_next(c, last, block);
        }

        last = block;
    }

    ag_cache_set_next(c, last, AG_CACHE_NOWHERE);
    entry->last = last;
}


/* Takes an entry out of its bucket. */
static void
ag_cache_entry_unlink(ag_cache_t *c, uint32_t e)
{
    uint32_t          *link;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, e);
    link = ag_cache_bucket(c, entry->key);

    while (*link != e) {
        link = &ag_cache_entry(c, *link)->next;
    }

    *link = entry->next;

    ag_cache_count(&c->entries, 0 - UINT64_C(1));
}
