/*
 * Copyright (C) ngx_agent authors
 *
 * The cache as its own files see it.
 *
 * An entry is FREE, WRITING or READY, and what it says of itself changes only
 * while it is FREE, but for its place in lists.  Who is killed is killed
 * between two stores, so these are in an order (ag_cache_order() stands where
 * it counts) in which an entry that is not FREE is always whole:
 *
 *   taken      the blocks leave the free ones and are linked, then the entry
 *              is WRITING
 *   committed  the older answer is FREE, then the entry is READY
 *   released   the entry is FREE, then its blocks are free
 *
 * Chains of keys, lists, shares, the heap and the free blocks can be made
 * from that again, in whatever state they are.
 *
 * A reader without the lock believes nothing but the entry's sequence, which
 * goes up by one before the blocks of a released entry are free.
 */


#ifndef _AG_CACHE_PARTS_H_INCLUDED_
#define _AG_CACHE_PARTS_H_INCLUDED_


#include "core/ag_cache.h"


#define AG_CACHE_NOWHERE     UINT32_MAX     /* no entry, block or row */
#define AG_CACHE_BLOCKS_MAX  (UINT64_C(1) << 31)
#define AG_CACHE_OWNERS      65536          /* rows; more owners share the
                                               last one */
#define AG_CACHE_LINE        64             /* bytes, of the processor */


typedef enum {
    AG_CACHE_FREE = 0,
    AG_CACHE_WRITING,
    AG_CACHE_READY
} ag_cache_state_t;


/* Two lines: a look-up that misses reads the first alone. */
typedef struct {
    ag_char_t             key[AG_CACHE_KEY];
    uint64_t              sequence;     /* answers it has had, from 1 on */
    uint32_t              state;        /* ag_cache_state_t */
    uint32_t              next;         /* of its bucket, or free one */
    uint32_t              first;        /* block */
    uint32_t              len;          /* bytes */
    uint64_t              expires_ms;

    uint64_t              owner;
    uint64_t              model;
    uint64_t              stored_ms;
    uint64_t              stamp;        /* higher: used later */
    uint64_t              pid;          /* who writes it */
    uint32_t              row;          /* of its owner */
    uint32_t              count;        /* of its blocks */
    uint32_t              last;         /* block */
    uint32_t              newer;        /* in its owner's list, or of those
                                           that are being written */
    uint32_t              older;
    uint32_t              passing;
} ag_cache_entry_t;


typedef struct {
    uint64_t              id;
    uint32_t              blocks;       /* with those being written; 0: the row
                                           is free */
    uint32_t              newest;       /* entry that is READY */
    uint32_t              oldest;
    uint32_t              place;        /* in the heap */
    uint32_t              next;         /* of its home, or free one */
} ag_cache_row_t;


/* Where the arrays are: bytes from the header on. */
typedef struct {
    uint64_t              buckets;      /* entries, by key */
    uint64_t              entries;
    uint64_t              links;        /* a block's next one */
    uint64_t              rows;
    uint64_t              homes;        /* rows, by owner */
    uint64_t              heap;         /* rows, the largest first */
    uint64_t              marks;        /* a bit for each block: in a chain;
                                           while it is mended */
    uint64_t              data;         /* blocks */
    uint64_t              size;         /* of all */
    uint64_t              blocks;       /* as many as entries */
    uint32_t              bucket_count; /* a power of two */
    uint32_t              row_count;
    uint32_t              home_count;   /* a power of two */
} ag_cache_layout_t;


struct ag_cache_s {
    ag_cache_layout_t     at;

    /* those that ag_cache_stat() reads */
    uint64_t              used;         /* blocks */
    uint64_t              entries;      /* READY */
    uint64_t              owners;       /* that have one of these */
    uint64_t              evicted;
    uint64_t              expired;

    uint64_t              stamp;        /* the last that was given */
    uint64_t              reserved;     /* blocks being written */
    uint32_t              writing;      /* newest such entry */
    uint32_t              heap_count;   /* rows that are taken */

    /* lists, and from where on nothing was ever used */
    uint32_t              free_block;   /* is used first */
    uint32_t              free_last;    /* block, if there is a first one */
    uint32_t              free_entry;
    uint32_t              free_row;
    uint32_t              fresh_block;
    uint32_t              fresh_entry;
    uint32_t              fresh_row;
};


/* ag_cache.c */

/* Makes all lists empty, of entries that are FREE. */
void ag_cache_clear(ag_cache_t *c);


/* entries: ag_cache_entry.c */

/* The READY entry of that key. */
uint32_t ag_cache_entry_search(const ag_cache_t *c,
    const ag_char_t key[AG_CACHE_KEY]);

/* One that is WRITING, with its blocks, which are free and are in the owner's
 * share already. */
uint32_t ag_cache_entry_take(ag_cache_t *c, const ag_cache_item_t *item,
    uint32_t row, uint64_t pid);

/* Makes an entry, which is in all lists that it should be in, and its blocks
 * free. */
void ag_cache_entry_release(ag_cache_t *c, uint32_t e);

/* Puts an entry into its bucket. */
void ag_cache_entry_link(ag_cache_t *c, uint32_t e);

/* The list of those that are being written. */
void ag_cache_entry_hold(ag_cache_t *c, uint32_t e);
void ag_cache_entry_let_go(ag_cache_t *c, uint32_t e);

/* Puts an entry that is FREE and in no list among the free ones. */
void ag_cache_entry_put(ag_cache_t *c, uint32_t e);

/* Puts a chain, whose last block has no next one, behind the free blocks. */
void ag_cache_entry_put_blocks(ag_cache_t *c, uint32_t first, uint32_t last);


/* owners: ag_cache_owner.c */

void ag_cache_owner_clear(ag_cache_t *c);

/* The owner's row, made if need be: somebody has to add blocks to it. */
uint32_t ag_cache_owner_row(ag_cache_t *c, uint64_t id);

/* The owner's row, or NOWHERE. */
uint32_t ag_cache_owner_search(const ag_cache_t *c, uint64_t id);

/* An owner without blocks loses its row. */
void ag_cache_owner_add(ag_cache_t *c, uint32_t row, uint32_t blocks);
void ag_cache_owner_drop(ag_cache_t *c, uint32_t row, uint32_t blocks);

/* Its list of READY entries. */
void ag_cache_owner_first(ag_cache_t *c, uint32_t e);   /* as the newest */
void ag_cache_owner_last(ag_cache_t *c, uint32_t e);    /* as the oldest */
void ag_cache_owner_touch(ag_cache_t *c, uint32_t e);
void ag_cache_owner_unlink(ag_cache_t *c, uint32_t e);

/* The READY entry that makes room for an answer of the owner of that row;
 * NOWHERE: there is none. */
uint32_t ag_cache_owner_victim(const ag_cache_t *c, uint32_t row);

/* Is that row's share the larger one?  Who has no READY entry has none. */
unsigned ag_cache_owner_larger(const ag_cache_t *c, uint32_t a, uint32_t b);


static inline void *
ag_cache_at(const ag_cache_t *c, uint64_t offset)
{
    return (ag_char_t *) c + offset;
}


static inline ag_cache_entry_t *
ag_cache_entry(const ag_cache_t *c, uint32_t e)
{
    return (ag_cache_entry_t *) ag_cache_at(c, c->at.entries) + e;
}


static inline ag_cache_row_t *
ag_cache_row(const ag_cache_t *c, uint32_t row)
{
    return (ag_cache_row_t *) ag_cache_at(c, c->at.rows) + row;
}


static inline uint32_t *
ag_cache_heap(const ag_cache_t *c)
{
    return ag_cache_at(c, c->at.heap);
}


static inline ag_char_t *
ag_cache_block(const ag_cache_t *c, uint32_t block)
{
    return (ag_char_t *) ag_cache_at(c, c->at.data)
           + (size_t) block * AG_CACHE_BLOCK;
}


/* A key is a hash already. */
static inline uint32_t *
ag_cache_bucket(const ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY])
{
    return (uint32_t *) ag_cache_at(c, c->at.buckets)
           + (ag_word(key) & (c->at.bucket_count - 1));
}


/* Ids may be in a row: Fibonacci hashing (Knuth, TAOCP 3, 6.4). */
static inline uint32_t *
ag_cache_home(const ag_cache_t *c, uint64_t id)
{
    return (uint32_t *) ag_cache_at(c, c->at.homes)
           + ((id * UINT64_C(0x9e3779b97f4a7c15) >> 32)
              & (c->at.home_count - 1));
}


/* Links are read without the lock, too. */
static inline uint32_t
ag_cache_next(const ag_cache_t *c, uint32_t block)
{
    return __atomic_load_n((uint32_t *) ag_cache_at(c, c->at.links) + block,
                           __ATOMIC_RELAXED);
}


static inline void
ag_cache_set_next(ag_cache_t *c, uint32_t block, uint32_t next)
{
    __atomic_store_n((uint32_t *) ag_cache_at(c, c->at.links) + block, next,
                     __ATOMIC_RELAXED);
}


/* Adds to a number that is read without the lock, too; "n" may be of two's
 * complement. */
static inline void
ag_cache_count(uint64_t *number, uint64_t n)
{
    __atomic_store_n(number, *number + n, __ATOMIC_RELAXED);
}


/* Blocks of that many bytes. */
static inline uint32_t
ag_cache_blocks(uint32_t len)
{
    return (len == 0) ? 1 : (len - 1) / AG_CACHE_BLOCK + 1;
}


/*
 * Stores before it come before stores behind it.  The compiler is all that
 * could change that: a process dies between two instructions, and those
 * before are seen by everybody who gets its lock.
 */
static inline void
ag_cache_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


#endif /* _AG_CACHE_PARTS_H_INCLUDED_ */
