/*
 * Copyright (C) ngx_agent authors
 *
 * Reads an HTTP/1.1 answer: status, header lines, body, end.  Strict where
 * two readers could differ (RFC 9112): an answer that is framed in two ways,
 * or in a wrong one, is refused and its connection never used again.
 *
 * It keeps no body, follows nothing, inflates nothing.
 */


#ifndef _AG_HTTP_H_INCLUDED_
#define _AG_HTTP_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_caps.h"


typedef enum {
    AG_HTTP_STATUS = 0,     /* part->status; once for each interim answer, too,
                               whose header lines follow */
    AG_HTTP_HEADER,         /* part->name, part->value; no trailers */
    AG_HTTP_START,          /* the final answer's header lines are complete */
    AG_HTTP_BODY,           /* part->value: bytes of the body */
    AG_HTTP_END             /* the answer is complete */
} ag_http_kind_t;


typedef struct {
    ag_http_kind_t  kind;
    unsigned        status;
    ag_str_t        name;       /* as sent */
    ag_str_t        value;      /* without white space around it */
} ag_http_part_t;


typedef enum {
    AG_HTTP_IN_STATUS = 0,
    AG_HTTP_IN_HEADERS,
    AG_HTTP_IN_LENGTH,      /* a body of "left" bytes */
    AG_HTTP_IN_CHUNK_SIZE,
    AG_HTTP_IN_CHUNK,       /* "left" bytes of a chunk */
    AG_HTTP_IN_CHUNK_END,
    AG_HTTP_IN_TRAILERS,
    AG_HTTP_IN_REST,        /* a body until the connection closes */
    AG_HTTP_AT_END,
    AG_HTTP_DEAD
} ag_http_state_t;


typedef struct {
    ag_http_state_t  state;
    unsigned         status;
    uint64_t         left;          /* bytes */
    size_t           head_bytes;    /* of all header lines so far */
    unsigned         lines;         /* the same, counted */
    unsigned         interim;       /* 1xx answers */
    ag_buf_t         line;          /* the begin of a line that was split */
    unsigned         has_length:1;
    unsigned         chunked:1;
    unsigned         keep_alive:1;  /* valid at the end */
    unsigned         closes:1;      /* "close" was said: nothing undoes it */
    unsigned         version_10:1;
} ag_http_t;


/* Makes a reader at the start of an answer to a POST; allocates nothing. */
void ag_http_init(ag_http_t *http);

/*
 * Takes bytes from the front of *bytes until something is complete.
 *
 * AG_OK       one part in *part; its spans are valid until the next call and
 *             as long as the bytes stay
 * AG_AGAIN    all bytes are used; after AG_HTTP_END what is left in *bytes
 *             belongs to nobody: the connection must be closed
 * AG_INVALID  not HTTP/1.x, framed in two ways, a wrong length or chunk, an
 *             upgrade, an interim answer with a body; the reader is dead and
 *             says this from now on
 * AG_LIMIT    more than AG_HEADERS_MAX, AG_HEADER_LINES_MAX or
 *             AG_INTERIM_MAX; the reader is dead
 * AG_NOMEM    the reader is dead
 *
 * Source: RFC 9112, sections 4 to 7.
 */
int ag_http_next(ag_http_t *http, ag_str_t *bytes, ag_http_part_t *part);

/*
 * The connection was closed, and ag_http_next() has taken all bytes.  AG_OK:
 * that was the end of the answer; AG_INVALID: it is cut off, the reader dead.
 */
int ag_http_close(ag_http_t *http);

/* Frees the memory of split lines; after the end, too. */
void ag_http_free(ag_http_t *http);


#endif /* _AG_HTTP_H_INCLUDED_ */
