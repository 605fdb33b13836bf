/*
 * Copyright (C) ngx_agent authors
 *
 * Keys of questions by their bytes.  The hash only says where to look, so it
 * need not be a strong one: words are mixed two at a time by a product of
 * 128 bits with a secret in both factors, in two chains that do not wait for
 * each other.  (The way of wyhash, by Wang Yi.)
 *
 * Memory of an entry grows to the largest question that it ever had, by
 * steps, and is used again; nothing is allocated for a question that is there.
 */


#include <stdlib.h>

#include "core/ag_cache_memo.h"


#define AG_CACHE_MEMO_STEP  1024    /* bytes */


static uint64_t ag_cache_memo_hash(const ag_cache_memo_t *memo, ag_str_t head,
    ag_str_t body);
static uint64_t ag_cache_memo_add(const uint64_t *seed, uint64_t hash,
    ag_str_t text);
static uint64_t ag_cache_memo_tail(const uint64_t *seed, uint64_t hash,
    const ag_char_t *p, size_t len);
static inline uint64_t ag_cache_memo_mix(uint64_t a, uint64_t b);
static ag_cache_memo_entry_t *ag_cache_memo_find(ag_cache_memo_set_t *set,
    uint64_t hash, ag_str_t head, ag_str_t body);
static void ag_cache_memo_keep(ag_cache_memo_set_t *set, uint64_t hash,
    ag_str_t head, ag_str_t body, const ag_char_t key[AG_CACHE_KEY]);


void
ag_cache_memo_init(ag_cache_memo_t *memo,
    const uint64_t seed[AG_CACHE_MEMO_SEED])
{
    memset(memo, 0, sizeof(ag_cache_memo_t));
    memcpy(memo->seed, seed, sizeof(memo->seed));
}


int
ag_cache_memo_key(ag_cache_memo_t *memo, const ag_cache_question_t *question,
    ag_buf_t *scratch, ag_char_t key[AG_CACHE_KEY])
{
    int                     rc;
    size_t                  len;
    uint64_t                hash;
    ag_str_t                body;
    ag_cache_memo_set_t    *set;
    ag_cache_memo_entry_t  *entry;

    rc = ag_cache_key_begin(question, scratch);

    if (rc != AG_OK) {
        return rc;
    }

    len = scratch->len;
    body = question->body;

    if (body.len > AG_CACHE_MEMO_MAX || len > AG_CACHE_MEMO_MAX - body.len) {
        return ag_cache_key_end(question, scratch, key);
    }

    hash = ag_cache_memo_hash(memo, ag_buf_str(scratch), body);
    set = &memo->sets[hash % AG_CACHE_MEMO_SETS];
    entry = ag_cache_memo_find(set, hash, ag_buf_str(scratch), body);

    if (entry != NULL) {
        memcpy(key, entry->key, AG_CACHE_KEY);
        return AG_OK;
    }

    rc = ag_cache_key_end(question, scratch, key);

    if (rc != AG_OK) {
        return rc;
    }

    if (set->seen == hash) {
        ag_cache_memo_keep(set, hash, ag_str(scratch->data, len), body, key);

    } else {
        set->seen = hash;
    }

    return AG_OK;
}


void
ag_cache_memo_free(ag_cache_memo_t *memo)
{
    size_t  i, j;

    for (i = 0; i < AG_CACHE_MEMO_SETS; i++) {
        for (j = 0; j < AG_CACHE_MEMO_WAYS; j++) {
            free(memo->sets[i].entries[j].data);
        }
    }

    memset(memo->sets, 0, sizeof(memo->sets));
}


static uint64_t
ag_cache_memo_hash(const ag_cache_memo_t *memo, ag_str_t head, ag_str_t body)
{
    uint64_t         hash;
    const uint64_t  *seed;

    seed = memo->seed;
    hash = ag_cache_memo_mix(seed[0] ^ head.len, seed[1] ^ body.len);
    hash = ag_cache_memo_add(seed, hash, head);

    return ag_cache_memo_add(seed, hash, body);
}


static uint64_t
ag_cache_memo_add(const uint64_t *seed, uint64_t hash, ag_str_t text)
{
    uint64_t          other;
    const ag_char_t  *p, *end;

    p = text.data;
    end = p + text.len;
    other = seed[3];

    while (end - p >= 32) {
        hash = ag_cache_memo_mix(ag_word(p) ^ seed[0],
                                 ag_word(p + 8) ^ hash);
        other = ag_cache_memo_mix(ag_word(p + 16) ^ seed[1],
                                  ag_word(p + 24) ^ other);
        p += 32;
    }

    return ag_cache_memo_tail(seed, hash ^ other, p, (size_t) (end - p));
}


/* Fewer than 32 bytes, with zeros behind them: the length is known. */
static uint64_t
ag_cache_memo_tail(const uint64_t *seed, uint64_t hash, const ag_char_t *p,
    size_t len)
{
    ag_char_t  last[32];

    memset(last, 0, sizeof(last));

    if (len > 0) {
        memcpy(last, p, len);
    }

    hash = ag_cache_memo_mix(ag_word(last) ^ seed[2], ag_word(last + 8) ^ hash);

    return ag_cache_memo_mix(ag_word(last + 16) ^ seed[3],
                             ag_word(last + 24) ^ hash);
}


/* Both halves of the product. */
static inline uint64_t
ag_cache_memo_mix(uint64_t a, uint64_t b)
{
#if (__SIZEOF_INT128__)

    __extension__ unsigned __int128  product;

    product = a;
    product *= b;

    return (uint64_t) product ^ (uint64_t) (product >> 64);

#else

    uint64_t  low, high, left, right;

    low = (a & UINT32_MAX) * (b & UINT32_MAX);
    left = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    right = (a & UINT32_MAX) * (b >> 32) + (left & UINT32_MAX);
    high = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32);

    return (right << 32 | (low & UINT32_MAX)) ^ high;

#endif
}


static ag_cache_memo_entry_t *
ag_cache_memo_find(ag_cache_memo_set_t *set, uint64_t hash, ag_str_t head,
    ag_str_t body)
{
    unsigned                i;
    ag_cache_memo_entry_t  *entry;

    for (i = 0; i < AG_CACHE_MEMO_WAYS; i++) {
        entry = &set->entries[i];

        if (entry->data != NULL && entry->hash == hash
            && entry->head == head.len && entry->len == head.len + body.len
            && memcmp(entry->data, head.data, head.len) == 0
            && memcmp(entry->data + head.len, body.data, body.len) == 0)
        {
            set->newest = i;
            return entry;
        }
    }

    return NULL;
}


/* In the place of the one that was not used last. */
static void
ag_cache_memo_keep(ag_cache_memo_set_t *set, uint64_t hash, ag_str_t head,
    ag_str_t body, const ag_char_t key[AG_CACHE_KEY])
{
    size_t                  size;
    ag_char_t              *data;
    ag_cache_memo_entry_t  *entry;

    set->newest = (set->newest + 1) % AG_CACHE_MEMO_WAYS;
    entry = &set->entries[set->newest];
    size = head.len + body.len;

    if (size > entry->size) {
        size += AG_CACHE_MEMO_STEP - 1;
        size -= size % AG_CACHE_MEMO_STEP;
        data = malloc(size);

        if (data == NULL) {
            return;
        }

        free(entry->data);
        entry->data = data;
        entry->size = (uint32_t) size;
    }

    memcpy(entry->data, head.data, head.len);
    memcpy(entry->data + head.len, body.data, body.len);
    memcpy(entry->key, key, AG_CACHE_KEY);
    entry->hash = hash;
    entry->head = (uint32_t) head.len;
    entry->len = (uint32_t) (head.len + body.len);
}
