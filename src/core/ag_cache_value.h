/*
 * Copyright (C) ngx_agent authors
 *
 * An answer as it lies in the cache: what is told about it, then the answer
 * itself, a whole JSON text in its client's dialect.  In shared memory it
 * lies bare; in Redis, where others might write, it is sealed.
 *
 * Numbers are little endian.
 */


#ifndef _AG_CACHE_VALUE_H_INCLUDED_
#define _AG_CACHE_VALUE_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_cache.h"


#define AG_CACHE_NAME_MAX    255    /* bytes of a provider's or model's name;
                                       longer ones are cut */
#define AG_CACHE_HEAD_MAX    (2 * AG_CACHE_NAME_MAX + 96)   /* bytes */
#define AG_CACHE_SEAL        112    /* bytes around a sealed one */
#define AG_CACHE_SECRET_MIN  16     /* bytes */


typedef struct {
    ag_str_t   provider;            /* who gave the answer */
    ag_str_t   model;               /* as that provider knows it */
    uint32_t   attempts;
    uint64_t   input_tokens;
    uint64_t   cached_tokens;
    uint64_t   written_tokens;
    uint64_t   output_tokens;
    uint64_t   reasoning_tokens;
    uint64_t   cost;                /* nano-USD */
    unsigned   usage_known:1;
    unsigned   cost_known:1;
    unsigned   fallback:1;          /* not by the first tier */
    unsigned   repaired:1;          /* it was mended: for who waited */
    ag_str_t   body;
} ag_cache_value_t;


/* Adds all but the body, at most AG_CACHE_HEAD_MAX bytes.  AG_OK, AG_LIMIT,
 * AG_NOMEM. */
int ag_cache_value_head(ag_buf_t *out, const ag_cache_value_t *value);

/* Takes it apart: head and body; spans point into "bytes".  AG_OK, or
 * AG_INVALID: it is none, or one of another version. */
int ag_cache_value_read(ag_str_t bytes, ag_cache_value_t *value);


/*
 * Seals an answer (head and body) for Redis: magic, version, lengths, its
 * key, owner, model and times, the bytes, and an HMAC-SHA-256 (RFC 2104) of
 * all that with the nodes' common secret, which is of at least
 * AG_CACHE_SECRET_MIN bytes.  "epoch" is the caller's.  AG_OK, AG_LIMIT,
 * AG_NOMEM.
 */
int ag_cache_seal(ag_buf_t *out, const ag_cache_item_t *item, uint64_t epoch,
    ag_str_t bytes, ag_str_t secret);

/*
 * Opens one: AG_OK, *item, *epoch and *bytes (a span of "sealed"); AG_INVALID:
 * cut, changed, of another secret, or filed under another key than "key".
 * Compares in constant time.
 */
int ag_cache_unseal(ag_str_t sealed, const ag_char_t key[AG_CACHE_KEY],
    ag_str_t secret, ag_cache_item_t *item, uint64_t *epoch, ag_str_t *bytes);


#endif /* _AG_CACHE_VALUE_H_INCLUDED_ */
