/*
 * Copyright (C) ngx_agent authors
 *
 * Answers that several nodes share, in Redis: "PREFIX:{KEY}:a" is a sealed
 * answer (ag_cache_value.h), "PREFIX:{KEY}:l" the lock of who is getting it;
 * KEY is the question's key in hex digits.  A lock ends by itself when its
 * owner does not renew it.
 *
 * Purges have numbers: "PREFIX:{cache}:epoch" is the newest one,
 * "PREFIX:{cache}:purges" a sorted set of the last ones.  Numbers only grow,
 * as long as one node remembers them: a Redis that has forgotten its own is
 * told, and everything up to then counts as purged.
 */


#ifndef _AG_REDIS_CACHE_H_INCLUDED_
#define _AG_REDIS_CACHE_H_INCLUDED_


#include "core/ag_cache_purges.h"
#include "core/ag_redis.h"


#define AG_REDIS_CACHE_LOCK_MS   3000   /* a lock that nobody renews */
#define AG_REDIS_CACHE_HOLD_MAX  32     /* locks of one command */
#define AG_REDIS_CACHE_PURGES    64     /* of one reply */
#define AG_REDIS_CACHE_NUMBER_MAX  UINT64_C(0x7fffffff)     /* of purges */


/* What LOOK does about an answer that is there. */
typedef enum {
    AG_REDIS_CACHE_READ = 0,    /* tells it */
    AG_REDIS_CACHE_DROP,        /* it is worth nothing: removes it, and asks
                                   for the lock */
    AG_REDIS_CACHE_PASS         /* it is for others: asks for the lock, and
                                   removes it if it gets that */
} ag_redis_cache_mode_t;


typedef enum {
    AG_REDIS_CACHE_BUSY = 0,    /* another owner has the lock */
    AG_REDIS_CACHE_LOCKED,      /* this one has it, maybe since before */
    AG_REDIS_CACHE_FOUND
} ag_redis_cache_state_t;


typedef struct {
    ag_redis_cache_state_t  state;
    uint64_t                epoch;  /* the newest purge's number then */
    ag_str_t                sealed; /* FOUND: a span of the reply */
} ag_redis_cache_found_t;


/* What PURGE told. */
typedef struct {
    uint64_t           last;        /* the newest purge's number */
    unsigned           complete:1;  /* rows are all after "known" */
    unsigned           count;
    ag_cache_purged_t  rows[AG_REDIS_CACHE_PURGES];
} ag_redis_cache_purged_t;


/* LOOK; "owner" is not 0.  AG_OK, AG_LIMIT. */
int ag_redis_cache_look_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], uint64_t owner,
    ag_redis_cache_mode_t mode);

/* Its reply.  AG_OK, AG_INVALID. */
int ag_redis_cache_look_read(const ag_redis_value_t *values, size_t count,
    ag_redis_cache_found_t *found);

/* No script, but the whole command: SET.  "sealed" is not copied.  AG_OK,
 * AG_LIMIT. */
int ag_redis_cache_keep_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], ag_str_t sealed, uint64_t life_ms);

/* HOLD, of at most AG_REDIS_CACHE_HOLD_MAX locks; one that is gone comes
 * back if nobody else has it.  AG_OK, AG_LIMIT. */
int ag_redis_cache_hold_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t *const *keys, const uint64_t *owners, unsigned count);

/* FREE.  AG_OK, AG_LIMIT. */
int ag_redis_cache_free_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], uint64_t owner);

/*
 * PURGE: makes a purge of "what" (NULL: only looks) and tells all that are
 * newer than "known", of which this node knows all.  AG_OK, AG_LIMIT.
 */
int ag_redis_cache_purge_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t known, const ag_cache_purge_t *what);

/* Its reply.  AG_OK, AG_INVALID. */
int ag_redis_cache_purge_read(const ag_redis_value_t *values, size_t count,
    uint64_t known, ag_redis_cache_purged_t *purged);


#endif /* _AG_REDIS_CACHE_H_INCLUDED_ */
