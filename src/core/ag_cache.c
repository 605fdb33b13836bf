/*
 * Copyright (C) ngx_agent authors
 *
 * Answers by their keys: found, written, removed.  Whatever has to be removed
 * is at hand, nothing is ever looked for; only a purge goes through all, some
 * at a time.  Refuses to know what an answer is, whether it is fresh, and how
 * the caller locks.
 */


#include "core/ag_cache_parts.h"


static void ag_cache_layout(ag_cache_layout_t *at, uint64_t blocks);
static uint64_t ag_cache_lay(ag_cache_layout_t *at, uint64_t size);
static uint32_t ag_cache_power(uint64_t n);
static void ag_cache_make_room(ag_cache_t *c, uint32_t row, uint32_t count);
static unsigned ag_cache_is_written(const ag_cache_t *c,
    const ag_cache_place_t *place);


size_t
ag_cache_size(uint64_t blocks)
{
    ag_cache_layout_t  at;

    if (blocks > AG_CACHE_BLOCKS_MAX) {
        blocks = AG_CACHE_BLOCKS_MAX;
    }

    ag_cache_layout(&at, blocks);

    return (size_t) at.size;
}


ag_cache_t *
ag_cache_init(void *memory, size_t size)
{
    uint64_t           fits, above, middle;
    ag_cache_t        *c;
    ag_cache_layout_t  at;

    ag_cache_layout(&at, AG_CACHE_PART);
    if (size < at.size) {
        return NULL;
    }

    fits = AG_CACHE_PART;
    above = AG_CACHE_BLOCKS_MAX + 1;

    while (above - fits > 1) {
        middle = fits + (above - fits) / 2;
        ag_cache_layout(&at, middle);

        if (at.size <= size) {
            fits = middle;

        } else {
            above = middle;
        }
    }

    /* entries, links and rows are made when they are first used: memory that
     * no answer needs is never touched */

    c = memory;
    memset(c, 0, sizeof(*c));
    ag_cache_layout(&c->at, fits);

    ag_cache_clear(c);

    return c;
}


int
ag_cache_find(ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY],
    uint64_t now_ms, ag_cache_item_t *item, ag_cache_place_t *place)
{
    uint32_t           e;
    ag_cache_entry_t  *entry;

    e = ag_cache_entry_search(c, key);
    if (e == AG_CACHE_NOWHERE) {
        return AG_NONE;
    }

    entry = ag_cache_entry(c, e);

    if (now_ms >= entry->expires_ms) {
        ag_cache_entry_release(c, e);
        ag_cache_count(&c->expired, 1);

        return AG_NONE;
    }

    ag_cache_owner_touch(c, e);

    memcpy(item->key, entry->key, AG_CACHE_KEY);
    item->owner = entry->owner;
    item->model = entry->model;
    item->stored_ms = entry->stored_ms;
    item->expires_ms = entry->expires_ms;
    item->len = entry->len;
    item->passing = entry->passing & 1;

    place->entry = e;
    place->first = entry->first;
    place->sequence = entry->sequence;

    return AG_OK;
}


/*
 * What is being written cannot be removed, so it alone decides whether there
 * is room, and that is known before anybody loses anything.
 */
int
ag_cache_begin(ag_cache_t *c, const ag_cache_item_t *item, uint64_t pid,
    ag_cache_place_t *place)
{
    uint32_t           e, row, count;
    ag_cache_entry_t  *entry;

    count = ag_cache_blocks(item->len);

    if (count > c->at.blocks / AG_CACHE_PART
        || count > c->at.blocks - c->reserved)
    {
        return AG_LIMIT;
    }

    /* counted first: who would be the largest with it loses its own */

    row = ag_cache_owner_row(c, item->owner);
    ag_cache_owner_add(c, row, count);
    ag_cache_make_room(c, row, count);

    e = ag_cache_entry_take(c, item, row, pid);
    entry = ag_cache_entry(c, e);

    place->entry = e;
    place->first = entry->first;
    place->sequence = entry->sequence;

    return AG_OK;
}


/*
 * The older one goes first: never are there two of one key, whoever is killed
 * in between, and its place in the lists is nobody's heir.
 */
void
ag_cache_commit(ag_cache_t *c, const ag_cache_place_t *place)
{
    uint32_t           older;
    ag_cache_entry_t  *entry;

    if (!ag_cache_is_written(c, place)) {
        return;
    }

    entry = ag_cache_entry(c, place->entry);

    older = ag_cache_entry_search(c, entry->key);
    if (older != AG_CACHE_NOWHERE) {
        ag_cache_entry_release(c, older);
    }

    ag_cache_entry_let_go(c, place->entry);

    entry->stamp = ++c->stamp;
    ag_cache_order();

    entry->state = AG_CACHE_READY;
    ag_cache_order();

    ag_cache_entry_link(c, place->entry);
    ag_cache_owner_first(c, place->entry);
}


void
ag_cache_abort(ag_cache_t *c, const ag_cache_place_t *place)
{
    if (ag_cache_is_written(c, place)) {
        ag_cache_entry_release(c, place->entry);
    }
}


int
ag_cache_remove(ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY])
{
    uint32_t  e;

    e = ag_cache_entry_search(c, key);
    if (e == AG_CACHE_NOWHERE) {
        return AG_NONE;
    }

    ag_cache_entry_release(c, e);

    return AG_OK;
}


/* Entries stay where they are, so what was there at the start is met once;
 * one that was committed meanwhile may be met or not. */
size_t
ag_cache_purge(ag_cache_t *c, const ag_cache_purge_t *what, uint32_t *cursor,
    size_t max)
{
    size_t             removed;
    uint32_t           e;
    ag_cache_entry_t  *entry;

    removed = 0;

    for (e = *cursor; e < c->fresh_entry && max > 0; e++, max--) {
        entry = ag_cache_entry(c, e);

        if (entry->state == AG_CACHE_READY
            && (what->owner == 0 || what->owner == entry->owner)
            && (what->model == 0 || what->model == entry->model))
        {
            ag_cache_entry_release(c, e);
            removed++;
        }
    }

    *cursor = (e < c->fresh_entry) ? e : 0;

    return removed;
}


/* O(what is being written), however many answers there are. */
size_t
ag_cache_reap(ag_cache_t *c, unsigned (*is_dead)(uint64_t pid))
{
    size_t             reaped;
    uint32_t           e, older;
    ag_cache_entry_t  *entry;

    reaped = 0;

    for (e = c->writing; e != AG_CACHE_NOWHERE; e = older) {
        entry = ag_cache_entry(c, e);
        older = entry->older;

        if (is_dead(entry->pid)) {
            ag_cache_entry_release(c, e);
            reaped++;
        }
    }

    return reaped;
}


/* Each number is right for itself; together they are of about one moment. */
void
ag_cache_stat(const ag_cache_t *c, ag_cache_stat_t *stat)
{
    stat->blocks = c->at.blocks;
    stat->used = __atomic_load_n(&c->used, __ATOMIC_RELAXED);
    stat->entries = __atomic_load_n(&c->entries, __ATOMIC_RELAXED);
    stat->owners = __atomic_load_n(&c->owners, __ATOMIC_RELAXED);
    stat->evicted = __atomic_load_n(&c->evicted, __ATOMIC_RELAXED);
    stat->expired = __atomic_load_n(&c->expired, __ATOMIC_RELAXED);
}


/* What was ever used stays known: these entries and blocks are what a mend
 * looks at. */
void
ag_cache_clear(ag_cache_t *c)
{
    __atomic_store_n(&c->used, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&c->entries, 0, __ATOMIC_RELAXED);

    c->reserved = 0;
    c->writing = AG_CACHE_NOWHERE;
    c->free_block = AG_CACHE_NOWHERE;
    c->free_last = AG_CACHE_NOWHERE;
    c->free_entry = AG_CACHE_NOWHERE;

    memset(ag_cache_at(c, c->at.buckets), 0xff,
           (size_t) c->at.bucket_count * sizeof(uint32_t));

    ag_cache_owner_clear(c);
}


/* All parts begin on a line of their own, so do all entries and blocks. */
static void
ag_cache_layout(ag_cache_layout_t *at, uint64_t blocks)
{
    /* one owner more than blocks: who comes needs a row before another goes */

    at->blocks = blocks;
    at->bucket_count = ag_cache_power(blocks);
    at->row_count = (blocks < AG_CACHE_OWNERS) ? (uint32_t) blocks + 1
                                               : AG_CACHE_OWNERS;
    at->home_count = ag_cache_power(at->row_count);

    at->size = 0;
    ag_cache_lay(at, sizeof(ag_cache_t));
    at->buckets = ag_cache_lay(at, at->bucket_count * sizeof(uint32_t));
    at->entries = ag_cache_lay(at, blocks * sizeof(ag_cache_entry_t));
    at->links = ag_cache_lay(at, blocks * sizeof(uint32_t));
    at->rows = ag_cache_lay(at, at->row_count * sizeof(ag_cache_row_t));
    at->homes = ag_cache_lay(at, at->home_count * sizeof(uint32_t));
    at->heap = ag_cache_lay(at, at->row_count * sizeof(uint32_t));
    at->marks = ag_cache_lay(at, blocks / 8 + 1);
    at->data = ag_cache_lay(at, blocks * AG_CACHE_BLOCK);
}


/* The next part, of that many bytes; returns where it begins. */
static uint64_t
ag_cache_lay(ag_cache_layout_t *at, uint64_t size)
{
    uint64_t  begins;

    begins = at->size;
    at->size += (size + AG_CACHE_LINE - 1) / AG_CACHE_LINE * AG_CACHE_LINE;

    return begins;
}


/* The lowest power of two that is not below. */
static uint32_t
ag_cache_power(uint64_t n)
{
    uint32_t  power;

    power = 1;

    while (power < n) {
        power *= 2;
    }

    return power;
}


/*
 * There always are enough READY entries: what is being written is not more
 * than the caller has looked for.
 */
static void
ag_cache_make_room(ag_cache_t *c, uint32_t row, uint32_t count)
{
    while (c->at.blocks - c->used < count) {
        ag_cache_entry_release(c, ag_cache_owner_victim(c, row));
        ag_cache_count(&c->evicted, 1);
    }
}


/* Does the place still belong to its writer? */
static unsigned
ag_cache_is_written(const ag_cache_t *c, const ag_cache_place_t *place)
{
    ag_cache_entry_t  *entry;

    if (place->entry >= c->fresh_entry) {
        return 0;
    }

    entry = ag_cache_entry(c, place->entry);

    return entry->state == AG_CACHE_WRITING
           && entry->sequence == place->sequence;
}
