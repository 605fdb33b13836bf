/*
 * Copyright (C) ngx_agent authors
 *
 * Answers for the tests of the cache.  An answer is a number, of which its key
 * is made, and a version; both are in every eight of its bytes.
 */


#ifndef _CACHE_TEST_H_INCLUDED_
#define _CACHE_TEST_H_INCLUDED_


#include <stdlib.h>

#include "core/ag_cache_parts.h"


#define NOW      UINT64_C(1795176000000)    /* ms */
#define FOREVER  UINT64_MAX
#define PID      4711


/* Steele, Lea and Flood's splitmix64. */
static inline uint64_t
mix(uint64_t n)
{
    n += UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);

    return n ^ n >> 31;
}


static inline uint64_t
draw(uint64_t *seed, uint64_t below)
{
    return mix((*seed)++) % below;
}


static inline void
key_of(ag_char_t key[AG_CACHE_KEY], uint64_t number)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; i < AG_CACHE_KEY; i += sizeof(word)) {
        word = mix(number * 4 + i / sizeof(word));
        memcpy(key + i, &word, sizeof(word));
    }
}


static inline void
fill(ag_char_t *out, size_t len, uint64_t number, uint64_t version)
{
    size_t    i, n;
    uint64_t  word;

    for (i = 0; i < len; i += n) {
        word = mix(number << 40 ^ version << 20 ^ i / sizeof(word));
        n = (len - i < sizeof(word)) ? len - i : sizeof(word);
        memcpy(out + i, &word, n);
    }
}


static inline unsigned
is_filled(const ag_char_t *bytes, size_t len, uint64_t number,
    uint64_t version)
{
    unsigned    same;
    ag_char_t  *expected;

    expected = malloc(len + 1);
    fill(expected, len, number, version);
    same = memcmp(bytes, expected, len) == 0;
    free(expected);

    return same;
}


/* To be freed; not zeroed. */
static inline void *
memory_of(size_t size)
{
    void  *memory;

    if (posix_memalign(&memory, AG_CACHE_LINE, size) != 0) {
        abort();
    }

    memset(memory, 0xa5, size);

    return memory;
}


/* To be freed. */
static inline ag_cache_t *
cache_of(uint64_t blocks)
{
    void    *memory;
    size_t   size;

    size = ag_cache_size(blocks);
    memory = memory_of(size);

    return ag_cache_init(memory, size);
}


/* The version is told as the time of storing, the model is that of the
 * owner. */
static inline ag_cache_item_t
item_of(uint64_t number, uint64_t version, uint64_t owner, uint32_t len)
{
    ag_cache_item_t  item;

    memset(&item, 0, sizeof(item));
    key_of(item.key, number);
    item.owner = owner;
    item.model = owner % 3 + 1;
    item.stored_ms = version;
    item.expires_ms = FOREVER;
    item.len = len;

    return item;
}


static inline int
begin(ag_cache_t *c, uint64_t number, uint64_t version, uint64_t owner,
    uint32_t len, ag_cache_place_t *place)
{
    int               rc;
    ag_char_t        *bytes;
    ag_cache_item_t   item;

    item = item_of(number, version, owner, len);

    rc = ag_cache_begin(c, &item, PID, place);
    if (rc != AG_OK) {
        return rc;
    }

    bytes = malloc(len);
    fill(bytes, len, number, version);
    ag_cache_write(c, place, 0, bytes, len);
    free(bytes);

    return AG_OK;
}


static inline int
put(ag_cache_t *c, uint64_t number, uint64_t version, uint64_t owner,
    uint32_t len)
{
    int               rc;
    ag_cache_place_t  place;

    rc = begin(c, number, version, owner, len, &place);

    if (rc == AG_OK) {
        ag_cache_commit(c, &place);
    }

    return rc;
}


/* Finds and copies; AG_INVALID: it is not that version, or its bytes are not
 * its own. */
static inline int
get(ag_cache_t *c, uint64_t number, uint64_t version)
{
    int                rc;
    ag_char_t          key[AG_CACHE_KEY], *bytes;
    ag_cache_item_t    item;
    ag_cache_place_t   place;

    key_of(key, number);

    rc = ag_cache_find(c, key, NOW, &item, &place);
    if (rc != AG_OK) {
        return rc;
    }

    bytes = malloc((size_t) item.len + 1);
    rc = ag_cache_copy(c, &place, bytes, item.len);

    if (rc == AG_OK
        && (memcmp(item.key, key, AG_CACHE_KEY) != 0
            || item.stored_ms != version
            || !is_filled(bytes, item.len, number, version)))
    {
        rc = AG_INVALID;
    }

    free(bytes);

    return rc;
}


/* Looks, and leaves its turn as it is. */
static inline unsigned
is_there(const ag_cache_t *c, uint64_t number)
{
    ag_char_t  key[AG_CACHE_KEY];

    key_of(key, number);

    return ag_cache_entry_search(c, key) != AG_CACHE_NOWHERE;
}


static inline ag_cache_stat_t
stat_of(const ag_cache_t *c)
{
    ag_cache_stat_t  stat;

    ag_cache_stat(c, &stat);

    return stat;
}


#endif /* _CACHE_TEST_H_INCLUDED_ */
