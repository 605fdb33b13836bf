/*
 * Copyright (C) ngx_agent authors
 *
 * Keys of questions that came before, byte for byte: an agent's loop and a
 * client's retry send the same bytes again, and need neither their canonical
 * form nor its SHA-256.  All bytes are compared, so a key is never another
 * question's.
 *
 * A question is kept when it comes the second time: one that comes once
 * pushes nothing out, and costs its hash.  Of one process; nothing is shared.
 */


#ifndef _AG_CACHE_MEMO_H_INCLUDED_
#define _AG_CACHE_MEMO_H_INCLUDED_


#include "core/ag_cache_key.h"
#include "core/ag_caps.h"


#define AG_CACHE_MEMO_WAYS  2       /* entries of a set */
#define AG_CACHE_MEMO_SETS  (AG_CACHE_MEMO_ENTRIES / AG_CACHE_MEMO_WAYS)
#define AG_CACHE_MEMO_SEED  4       /* numbers */


typedef struct {
    uint64_t    hash;
    ag_char_t  *data;               /* both parts; NULL: empty */
    uint32_t    head;               /* bytes of the first */
    uint32_t    len;                /* bytes of both */
    uint32_t    size;               /* bytes that "data" has room for */
    ag_char_t   key[AG_CACHE_KEY];
} ag_cache_memo_entry_t;


typedef struct {
    uint64_t               seen;    /* hash of the last that was not there */
    unsigned               newest;  /* number of the last that was used */
    ag_cache_memo_entry_t  entries[AG_CACHE_MEMO_WAYS];
} ag_cache_memo_set_t;


/* Zeroed memory but for the seed; some 36 KB. */
typedef struct {
    uint64_t             seed[AG_CACHE_MEMO_SEED];
    ag_cache_memo_set_t  sets[AG_CACHE_MEMO_SETS];
} ag_cache_memo_t;


/* "seed" is random: who knows it could aim his questions at one set. */
void ag_cache_memo_init(ag_cache_memo_t *memo,
    const uint64_t seed[AG_CACHE_MEMO_SEED]);

/*
 * ag_cache_key(), from the memo if it is there.  Never fails for want of
 * memory of its own: then it does not keep the question.
 */
int ag_cache_memo_key(ag_cache_memo_t *memo,
    const ag_cache_question_t *question, ag_buf_t *scratch,
    ag_char_t key[AG_CACHE_KEY]);

/* Frees what was kept; the memo is empty and usable again. */
void ag_cache_memo_free(ag_cache_memo_t *memo);


#endif /* _AG_CACHE_MEMO_H_INCLUDED_ */
