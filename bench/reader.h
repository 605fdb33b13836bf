/*
 * Copyright (C) ngx_agent authors
 */

#ifndef READER_H_INCLUDED
#define READER_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define READER_LINE  4096     /* bytes; a head, or a line of a stream */


typedef enum {
    READER_HEAD,              /* in the head */
    READER_BODY,              /* as many bytes as the head promised */
    READER_SIZE,              /* chunked: the size of the next chunk */
    READER_CHUNK,             /* chunked: its bytes */
    READER_CHUNK_END,         /* chunked: the line end behind them */
    READER_TRAILER,           /* chunked: after the last chunk */
    READER_DONE,              /* the answer is complete */
    READER_WRONG              /* it will never be; "why" says it */
} reader_state_e;


/*
 * What is told of each content chunk of a stream.  Without "delta" the chunks
 * are counted, whatever their content.
 */
typedef struct {
    void  *data;
    void (*delta)(void *data, uint64_t stamp, uint64_t seq);
} reader_sink_t;


/* One answer of HTTP/1.1 while it arrives. */
typedef struct {
    reader_state_e  state;
    const char     *why;

    unsigned        status;
    unsigned        chunked:1;
    unsigned        closing:1;         /* "Connection: close" */
    unsigned        stream:1;          /* text/event-stream */
    unsigned        typed:1;           /* its events are of Anthropic */
    unsigned        role:1;            /* seen in the stream ... */
    unsigned        finish:1;
    unsigned        usage:1;
    unsigned        done:1;

    uint64_t        left;              /* bytes of the body or the chunk */
    uint64_t        body;              /* bytes of the body so far */
    uint64_t        seq;               /* content chunks so far */

    size_t          held;              /* bytes in "line" */
    char            line[READER_LINE];
} reader_t;


void reader_start(reader_t *r);

/*
 * Feeds bytes of the answer.  Ends in READER_DONE only if the answer is
 * complete and its length was known; bytes after it are wrong.  A stream has
 * to hold a role, numbered chunks in order, a finish, a usage and [DONE], or
 * what Anthropic has in their places.
 *
 * Returns the state.
 */
reader_state_e reader_feed(reader_t *r, const char *p, size_t n,
    const reader_sink_t *sink);


#endif /* READER_H_INCLUDED */
