/*
 * Copyright (C) ngx_agent authors
 *
 * Memory that is given back all at once, and cannot exist without its
 * maximum.
 */


#ifndef _AG_ARENA_H_INCLUDED_
#define _AG_ARENA_H_INCLUDED_


#include "core/ag_buf.h"


typedef struct ag_arena_chunk_s  ag_arena_chunk_t;
typedef struct ag_arena_buf_s    ag_arena_buf_t;


typedef struct {
    ag_arena_chunk_t  *chunks;      /* the newest first */
    ag_arena_buf_t    *bufs;
    size_t             used;        /* bytes given out */
    size_t             max;
} ag_arena_t;


/* Makes an empty arena of at most "max" bytes; allocates nothing. */
void ag_arena_init(ag_arena_t *arena, size_t max);

/* Zeroed memory, aligned for any type; NULL: no memory, or the maximum. */
void *ag_arena_alloc(ag_arena_t *arena, size_t size);

/* A copy of the text; data is NULL if that failed (never for no text). */
ag_str_t ag_arena_copy(ag_arena_t *arena, ag_str_t text);

/* An empty buffer that lives as long as the arena; NULL: no memory.  What it
 * holds does not count towards the arena's maximum. */
ag_buf_t *ag_arena_buf(ag_arena_t *arena, size_t max);

/* Frees everything; the arena is empty and usable again. */
void ag_arena_free(ag_arena_t *arena);


#endif /* _AG_ARENA_H_INCLUDED_ */
