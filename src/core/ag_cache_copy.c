/*
 * Copyright (C) ngx_agent authors
 *
 * The bytes of an answer.  A reader holds no lock: it follows links that may
 * change under it, and goes only where the memory is, as far as it was told.
 * What it has copied counts if the entry's sequence is the same before and
 * after it (a seqlock: Lameter, "Effective Synchronization on Linux/NUMA
 * Systems", 2005; its fences: Boehm, "Can Seqlocks Get Along With Programming
 * Language Memory Models?", MSPC 2012).
 */


#include "core/ag_cache_parts.h"


static size_t ag_cache_copy_run(const ag_cache_t *c, uint32_t *block,
    size_t len);


int
ag_cache_copy(const ag_cache_t *c, const ag_cache_place_t *place,
    ag_char_t *out, size_t len)
{
    size_t             all, run;
    uint32_t           block, first;
    ag_cache_entry_t  *entry;

    if (place->entry >= c->at.blocks) {
        return AG_AGAIN;
    }

    entry = ag_cache_entry(c, place->entry);

    if (__atomic_load_n(&entry->sequence, __ATOMIC_ACQUIRE)
        != place->sequence)
    {
        return AG_AGAIN;
    }

    all = __atomic_load_n(&entry->len, __ATOMIC_RELAXED);
    if (len > all) {
        len = all;
    }

    block = place->first;

    while (len > 0) {

        if (block >= c->at.blocks) {
            return AG_AGAIN;
        }

        first = block;
        run = ag_cache_copy_run(c, &block, len);
        memcpy(out, ag_cache_block(c, first), run);

        out += run;
        len -= run;
    }

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return (__atomic_load_n(&entry->sequence, __ATOMIC_RELAXED)
            == place->sequence)
           ? AG_OK : AG_AGAIN;
}


/* What is not its writer's any more is left alone. */
void
ag_cache_write(ag_cache_t *c, const ag_cache_place_t *place, size_t offset,
    const void *data, size_t len)
{
    size_t            run, within;
    uint32_t          block, first;
    const ag_char_t  *p;

    if (place->entry >= c->at.blocks
        || __atomic_load_n(&ag_cache_entry(c, place->entry)->sequence,
                           __ATOMIC_ACQUIRE)
           != place->sequence)
    {
        return;
    }

    p = data;
    block = place->first;

    for (within = offset; within >= AG_CACHE_BLOCK; within -= AG_CACHE_BLOCK) {

        if (block >= c->at.blocks) {
            return;
        }

        block = ag_cache_next(c, block);
    }

    while (len > 0 && block < c->at.blocks) {
        first = block;
        run = ag_cache_copy_run(c, &block, within + len) - within;
        memcpy(ag_cache_block(c, first) + within, p, run);

        p += run;
        len -= run;
        within = 0;
    }
}


/*
 * Bytes, at most "len", that lie in one piece from a block on, which is in the
 * memory; *block becomes the one behind it.
 */
static size_t
ag_cache_copy_run(const ag_cache_t *c, uint32_t *block, size_t len)
{
    size_t    run;
    uint32_t  next;

    run = 0;

    do {
        run += AG_CACHE_BLOCK;
        next = ag_cache_next(c, *block);

        if (next != *block + 1) {
            break;
        }

        *block = next;

    } while (run < len && next < c->at.blocks);

    *block = next;

    return (run < len) ? run : len;
}
