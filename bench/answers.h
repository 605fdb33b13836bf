/*
 * Copyright (C) ngx_agent authors
 */

#ifndef ANSWERS_H_INCLUDED
#define ANSWERS_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define ANSWERS_EVENT  400    /* bytes; one event with all its framing */


typedef enum {
    ANSWERS_OPENAI,
    ANSWERS_ANTHROPIC,
    ANSWERS_DIALECTS
} answers_dialect_e;


/* What the mock provider sends in one dialect, rendered once. */
typedef struct {
    answers_dialect_e  dialect;

    char    *json;                      /* head and body */
    size_t   json_len;

    char     open[4 * ANSWERS_EVENT];   /* a stream's head and role */
    size_t   open_len;
    char     delta[ANSWERS_EVENT];
    size_t   delta_len;
    size_t   stamp;                     /* offset of the time in the delta */
    char     end[4 * ANSWERS_EVENT];    /* finish, usage, [DONE] */
    size_t   end_len;
    char     refusal[ANSWERS_EVENT];    /* a 503 */
    size_t   refusal_len;
} answers_t;


void answers_init(answers_t *a, answers_dialect_e dialect);

/*
 * Renders the answer that is not streamed with a body of "size" bytes, or
 * with the shortest possible one.  The one before is not freed: a connection
 * may still be writing it.  The text in it is a JSON object, so that it can
 * be validated.
 */
void answers_json(answers_t *a, size_t size);

/*
 * Writes the chunk number "seq", stamped with the time of its sending, to
 * "p", which has room for ANSWERS_EVENT bytes.  Returns its length.
 */
size_t answers_delta(const answers_t *a, char *p, uint64_t now, uint64_t seq);


#endif /* ANSWERS_H_INCLUDED */
