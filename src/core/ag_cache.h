/*
 * Copyright (C) ngx_agent authors
 *
 * Answers in a fixed piece of memory that several processes share.  The
 * memory is cut into blocks of one size once; an answer is a chain of them,
 * so nothing fragments and whatever fits can always be stored.  Blocks that
 * follow each other in memory are used in that order where they are free.
 *
 * When room is needed, the owner (a tenant) that holds the most blocks loses
 * its least recently used answer: who holds less than others never loses one
 * to them, and one alone may use all.  (Longest queue drop: Wei, Coyle and
 * Hsiao, "An optimal buffer management policy for high-performance packet
 * switching", GLOBECOM 1991.)
 *
 * The caller locks where it says so.  Who reads an answer copies it without
 * the lock and is told if it was overwritten meanwhile, so a hit holds
 * nothing and a reader that dies leaves nothing behind.  Who writes one fills
 * blocks that nobody else sees.  Indexes, not pointers, and no process's own
 * addresses: the memory may lie elsewhere in each process.
 */


#ifndef _AG_CACHE_H_INCLUDED_
#define _AG_CACHE_H_INCLUDED_


#include "core/ag_base.h"


#define AG_CACHE_KEY     32         /* bytes; a SHA-256, see ag_cache_key.h */
#define AG_CACHE_BLOCK   2048       /* bytes */
#define AG_CACHE_PART    8          /* an answer has at most that part of all
                                       blocks */


typedef struct ag_cache_s  ag_cache_t;


/* An answer without its bytes. */
typedef struct {
    ag_char_t  key[AG_CACHE_KEY];
    uint64_t   owner;               /* in whose share it counts; an id */
    uint64_t   model;               /* an id, for ag_cache_purge() */
    uint64_t   stored_ms;           /* Unix time */
    uint64_t   expires_ms;          /* Unix time, from when it is not there */
    uint32_t   len;                 /* bytes, at least 1 */
    unsigned   passing:1;           /* the caller's: only for who waited for
                                       it */
} ag_cache_item_t;


/* Where it lies; good until it is overwritten, which is noticed. */
typedef struct {
    uint32_t   entry;
    uint32_t   first;               /* block */
    uint64_t   sequence;
} ag_cache_place_t;


typedef struct {
    uint64_t   blocks;              /* of the memory */
    uint64_t   used;                /* of these */
    uint64_t   entries;             /* answers */
    uint64_t   owners;              /* that have one */
    uint64_t   evicted;             /* ever, to make room */
    uint64_t   expired;             /* ever, found too old */
} ag_cache_stat_t;


/* What to remove; 0: of any. */
typedef struct {
    uint64_t   owner;
    uint64_t   model;
} ag_cache_purge_t;


/* Bytes of memory for that many blocks. */
size_t ag_cache_size(uint64_t blocks);

/*
 * Makes an empty cache of memory that is aligned to 64 bytes; the memory need
 * not be zeroed.  NULL: it is too small for AG_CACHE_PART blocks.  Uses as
 * many blocks as ag_cache_size() says there is room for, at most 2^31.
 */
ag_cache_t *ag_cache_init(void *memory, size_t size);

/*
 * Locked.  Looks it up and makes it the most recently used of its owner.
 * AG_OK, AG_NONE (one that has expired is removed).
 */
int ag_cache_find(ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY],
    uint64_t now_ms, ag_cache_item_t *item, ag_cache_place_t *place);

/*
 * Not locked.  Copies the first "len" bytes of the answer, at most all.
 * AG_OK, or AG_AGAIN: it was removed or overwritten meanwhile, and what was
 * copied is worth nothing.  Never reads outside the cache's memory and always
 * ends, whatever others do.
 */
int ag_cache_copy(const ag_cache_t *c, const ag_cache_place_t *place,
    ag_char_t *out, size_t len);

/*
 * Locked.  Takes an entry and blocks for an answer that is about to be
 * written, removing others for it; "pid" is the writer's.  It is not found
 * before ag_cache_commit().  AG_OK; AG_LIMIT: it is larger than
 * 1/AG_CACHE_PART of the blocks, or so much is being written at this moment
 * that there is no room.
 */
int ag_cache_begin(ag_cache_t *c, const ag_cache_item_t *item, uint64_t pid,
    ag_cache_place_t *place);

/* Not locked, by the writer.  Bytes at that offset, within item->len. */
void ag_cache_write(ag_cache_t *c, const ag_cache_place_t *place,
    size_t offset, const void *data, size_t len);

/* Locked.  It is there; an older one of that key is removed. */
void ag_cache_commit(ag_cache_t *c, const ag_cache_place_t *place);

/* Locked.  It will not be written. */
void ag_cache_abort(ag_cache_t *c, const ag_cache_place_t *place);

/* Locked.  AG_OK, AG_NONE. */
int ag_cache_remove(ag_cache_t *c, const ag_char_t key[AG_CACHE_KEY]);

/*
 * Locked.  Looks at up to "max" entries from *cursor (0 at first) on and
 * removes those that are meant.  Returns how many; *cursor is 0 again at the
 * end.  What is being written meanwhile is the caller's concern.
 */
size_t ag_cache_purge(ag_cache_t *c, const ag_cache_purge_t *what,
    uint32_t *cursor, size_t max);

/*
 * Locked.  Gives back what dead processes were writing.  Returns how many.
 */
size_t ag_cache_reap(ag_cache_t *c, unsigned (*is_dead)(uint64_t pid));

/*
 * Locked, by who took the lock from an owner that died within it, anywhere
 * between two stores.  Makes chains, lists, shares and free blocks anew from
 * the entries that are whole; entries that were being changed are given up,
 * those that are being written by others stay theirs.  Afterwards everything
 * holds that held before.
 */
void ag_cache_mend(ag_cache_t *c);

/* Locked or not: numbers for a page. */
void ag_cache_stat(const ag_cache_t *c, ag_cache_stat_t *stat);

/* For tests.  Locked.  NULL, or what is wrong. */
const char *ag_cache_check(const ag_cache_t *c);


#endif /* _AG_CACHE_H_INCLUDED_ */
