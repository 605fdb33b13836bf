/*
 * Copyright (C) ngx_agent authors
 *
 * Memory for libcurl: about a hundred blocks per request of a few sizes, most
 * of them freed in the same request.  Free blocks are kept in lists by size,
 * so that most requests never reach malloc(); measured, that is 2 us of a
 * request's 35.
 *
 * The lists only grow to what was in use at once.  A worker has one thread,
 * and libcurl makes none here: names are resolved by nginx.
 */


#include "ngx/ngx_agent_libcurl.h"


/* Blocks, their heads included, are multiples of 64 bytes up to 1 KB, then of
 * 256 bytes up to 32 KB; larger ones are malloc()'s. */

#define NGX_AGENT_MEMORY_SMALL    64
#define NGX_AGENT_MEMORY_SMALLS   16
#define NGX_AGENT_MEMORY_LARGE    256
#define NGX_AGENT_MEMORY_CLASSES  (NGX_AGENT_MEMORY_SMALLS + 124)


/* In front of each block; keeps its alignment. */
typedef struct ngx_agent_memory_s  ngx_agent_memory_t;

struct ngx_agent_memory_s {
    ngx_agent_memory_t  *next;          /* of a free block */
    size_t               class;         /* NGX_AGENT_MEMORY_CLASSES: larger
                                           than all, from malloc() as it is */
};


static size_t ngx_agent_memory_class(size_t size);
static size_t ngx_agent_memory_bytes(size_t class);
static void *ngx_agent_memory_alloc(size_t size);
static void ngx_agent_memory_free(void *p);
static void *ngx_agent_memory_realloc(void *p, size_t size);
static char *ngx_agent_memory_strdup(const char *text);
static void *ngx_agent_memory_calloc(size_t n, size_t size);


static ngx_agent_memory_t  *ngx_agent_memory[NGX_AGENT_MEMORY_CLASSES];


ngx_int_t
ngx_agent_curl_memory_init(void)
{
    CURLcode  code;

    code = NGX_AGENT_REUSE
           ? curl_global_init_mem(CURL_GLOBAL_DEFAULT, ngx_agent_memory_alloc,
                                  ngx_agent_memory_free,
                                  ngx_agent_memory_realloc,
                                  ngx_agent_memory_strdup,
                                  ngx_agent_memory_calloc)
           : curl_global_init(CURL_GLOBAL_DEFAULT);

    return code == CURLE_OK ? NGX_OK : NGX_ERROR;
}


static size_t
ngx_agent_memory_class(size_t size)
{
    size += sizeof(ngx_agent_memory_t) - 1;

    if (size < NGX_AGENT_MEMORY_SMALLS * NGX_AGENT_MEMORY_SMALL) {
        return size / NGX_AGENT_MEMORY_SMALL;
    }

    size = NGX_AGENT_MEMORY_SMALLS - 4 + size / NGX_AGENT_MEMORY_LARGE;

    return ngx_min(size, NGX_AGENT_MEMORY_CLASSES);
}


/* Bytes of a class's blocks. */
static size_t
ngx_agent_memory_bytes(size_t class)
{
    return class < NGX_AGENT_MEMORY_SMALLS
           ? (class + 1) * NGX_AGENT_MEMORY_SMALL
           : (class - (NGX_AGENT_MEMORY_SMALLS - 4) + 1)
             * NGX_AGENT_MEMORY_LARGE;
}


static void *
ngx_agent_memory_alloc(size_t size)
{
    size_t               class, bytes;
    ngx_agent_memory_t  *m;

    class = ngx_agent_memory_class(size);

    if (class == NGX_AGENT_MEMORY_CLASSES) {

        if (size > (size_t) -1 - sizeof(ngx_agent_memory_t)) {
            return NULL;
        }

        bytes = size + sizeof(ngx_agent_memory_t);

    } else {
        m = ngx_agent_memory[class];

        if (m != NULL) {
            ngx_agent_memory[class] = m->next;
            return m + 1;
        }

        bytes = ngx_agent_memory_bytes(class);
    }

    m = malloc(bytes);
    if (m == NULL) {
        return NULL;
    }

    m->class = class;

    return m + 1;
}


static void
ngx_agent_memory_free(void *p)
{
    ngx_agent_memory_t  *m;

    if (p == NULL) {
        return;
    }

    m = (ngx_agent_memory_t *) p - 1;

    if (m->class == NGX_AGENT_MEMORY_CLASSES) {
        free(m);
        return;
    }

    m->next = ngx_agent_memory[m->class];
    ngx_agent_memory[m->class] = m;
}


static void *
ngx_agent_memory_realloc(void *p, size_t size)
{
    void                *new;
    ngx_agent_memory_t  *m;

    if (p == NULL) {
        return ngx_agent_memory_alloc(size);
    }

    m = (ngx_agent_memory_t *) p - 1;

    if (m->class == NGX_AGENT_MEMORY_CLASSES) {

        if (size > (size_t) -1 - sizeof(ngx_agent_memory_t)) {
            return NULL;
        }

        m = realloc(m, size + sizeof(ngx_agent_memory_t));
        return m ? m + 1 : NULL;
    }

    if (ngx_agent_memory_class(size) <= m->class) {
        return p;
    }

    new = ngx_agent_memory_alloc(size);
    if (new == NULL) {
        return NULL;
    }

    /* all of the old block: libcurl knows what of it counts */

    ngx_memcpy(new, p, ngx_agent_memory_bytes(m->class)
                       - sizeof(ngx_agent_memory_t));
    ngx_agent_memory_free(p);

    return new;
}


static char *
ngx_agent_memory_strdup(const char *text)
{
    char    *copy;
    size_t   size;

    size = ngx_strlen(text) + 1;
    copy = ngx_agent_memory_alloc(size);

    if (copy != NULL) {
        ngx_memcpy(copy, text, size);
    }

    return copy;
}


static void *
ngx_agent_memory_calloc(size_t n, size_t size)
{
    void  *p;

    if (size != 0 && n > (size_t) -1 / size) {
        return NULL;
    }

    p = ngx_agent_memory_alloc(n * size);

    if (p != NULL) {
        ngx_memzero(p, n * size);
    }

    return p;
}
