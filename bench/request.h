/*
 * Copyright (C) ngx_agent authors
 */

#ifndef REQUEST_H_INCLUDED
#define REQUEST_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define REQUEST_MARK  "#######"        /* where a number of 7 digits goes */


/*
 * What is sent, head and body; if it has a mark, with the number of another
 * key each time.
 */
typedef struct {
    char      *text;
    size_t     len;
    char      *mark;          /* in the text; NULL: all are the same */
    uint64_t   keys;          /* how many numbers there are */
    uint64_t   from;          /* of their shuffled order, which goes round:
                                 the first, */
    uint64_t   to;            /* the one behind the last, */
    uint64_t   next;          /* and where we are */
} request_t;


/*
 * Reads the file, and a mark in it if "keys" is not 0.
 *
 * Returns 0, or -1 if there is no such file, or no mark.
 */
int request_read(request_t *r, const char *name);

/* The number of the next key. */
uint64_t request_next(request_t *r);

/* Makes the text that of this number. */
void request_set(request_t *r, uint64_t number);


#endif /* REQUEST_H_INCLUDED */
