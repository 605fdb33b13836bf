/*
 * Copyright (C) ngx_agent authors
 *
 * Chunks of memory, handed out from the front and never given back one by
 * one.
 */


#include "core/ag_arena.h"

#include <stdlib.h>


#define AG_ARENA_CHUNK  4000    /* bytes; with malloc()'s own, one page */
#define AG_ARENA_ALIGN  (2 * sizeof(void *))


struct ag_arena_chunk_s {
    ag_arena_chunk_t  *next;
    size_t             used;
    size_t             size;
    void              *align;       /* what follows is aligned */
};


struct ag_arena_buf_s {
    ag_arena_buf_t  *next;
    ag_buf_t         buf;
};


static ag_arena_chunk_t *ag_arena_chunk(ag_arena_t *arena, size_t size);


void
ag_arena_init(ag_arena_t *arena, size_t max)
{
    memset(arena, 0, sizeof(ag_arena_t));
    arena->max = max;
}


void *
ag_arena_alloc(ag_arena_t *arena, size_t size)
{
    ag_char_t         *p;
    ag_arena_chunk_t  *chunk;

    /* no half of all memory is there, and no sum below wraps */

    if (size > arena->max - arena->used || size > SIZE_MAX / 2) {
        return NULL;
    }

    size = (size + AG_ARENA_ALIGN - 1) & ~(AG_ARENA_ALIGN - 1);
    chunk = arena->chunks;

    if (chunk == NULL || size > chunk->size - chunk->used) {
        chunk = ag_arena_chunk(arena, size);

        if (chunk == NULL) {
            return NULL;
        }
    }

    p = (ag_char_t *) (chunk + 1) + chunk->used;
    chunk->used += size;

    arena->used = (size > arena->max - arena->used) ? arena->max
                                                    : arena->used + size;

    return memset(p, 0, size);
}


/* A large piece gets its own chunk, behind the one that has room left. */
static ag_arena_chunk_t *
ag_arena_chunk(ag_arena_t *arena, size_t size)
{
    size_t             room;
    ag_arena_chunk_t  *chunk, *first;

    first = arena->chunks;
    room = (size > AG_ARENA_CHUNK / 4) ? size : AG_ARENA_CHUNK;

    chunk = malloc(sizeof(ag_arena_chunk_t) + room);

    if (chunk == NULL) {
        return NULL;
    }

    chunk->used = 0;
    chunk->size = room;

    if (room == size && first != NULL) {
        chunk->next = first->next;
        first->next = chunk;

    } else {
        chunk->next = first;
        arena->chunks = chunk;
    }

    return chunk;
}


ag_str_t
ag_arena_copy(ag_arena_t *arena, ag_str_t text)
{
    ag_char_t  *p;

    if (text.len == 0) {
        return ag_str("", 0);
    }

    p = ag_arena_alloc(arena, text.len);

    if (p == NULL) {
        return ag_str(NULL, 0);
    }

    memcpy(p, text.data, text.len);

    return ag_str(p, text.len);
}


ag_buf_t *
ag_arena_buf(ag_arena_t *arena, size_t max)
{
    ag_arena_buf_t  *b;

    b = ag_arena_alloc(arena, sizeof(ag_arena_buf_t));

    if (b == NULL) {
        return NULL;
    }

    ag_buf_init(&b->buf, max);

    b->next = arena->bufs;
    arena->bufs = b;

    return &b->buf;
}


void
ag_arena_free(ag_arena_t *arena)
{
    ag_arena_buf_t    *b;
    ag_arena_chunk_t  *chunk, *next;

    for (b = arena->bufs; b != NULL; b = b->next) {
        ag_buf_free(&b->buf);
    }

    for (chunk = arena->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }

    ag_arena_init(arena, arena->max);
}
