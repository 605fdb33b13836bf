/*
 * Copyright (C) ngx_agent authors
 */

#ifndef CALLS_H_INCLUDED
#define CALLS_H_INCLUDED


#include <stddef.h>


#define CALLS_EVENTS  8       /* before the chunks of a stream, and after */

/* The words of all texts begin so; those of one chunk are. */
#define CALLS_SAYS    "Tell me, in \\\"plain\\\" words,"
#define CALLS_CHUNK   "in parts of it "


/* What a client of a dialect asks: the same in each. */
typedef struct {
    const char  *name;
    const char  *path;        /* under the gateway location */
    const char  *body;
} calls_client_t;


typedef struct {
    const char  *type;        /* of "event:"; NULL: none */
    const char  *data;
} calls_event_t;


/* What a provider of a dialect answers: the same in each. */
typedef struct {
    const char     *name;
    const char     *dialect;
    const char     *quirks;
    const char     *model;
    const char     *answer;
    calls_event_t   begin[CALLS_EVENTS];
    calls_event_t   chunk;
    calls_event_t   end[CALLS_EVENTS];
} calls_provider_t;


extern const calls_client_t    calls_clients[];     /* up to a name of NULL */
extern const calls_provider_t  calls_providers[];   /* likewise */


/*
 * The text of a template: an apostrophe is a quotation mark, "@" is words
 * with escapes, as many as make it "size" bytes long (0: a chunk's few).
 * The caller frees it.
 */
char *calls_text(const char *template, size_t size, size_t *len);


#endif /* CALLS_H_INCLUDED */
