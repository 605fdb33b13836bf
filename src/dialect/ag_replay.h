/*
 * Copyright (C) ngx_agent authors
 *
 * An answer that is told again: a stream becomes the whole answer that its
 * client would have put together of it, a whole answer becomes a stream as its
 * provider would have sent it.  Both are of the same client surface, and keep
 * what we do not know: a member or a block of a kind nobody told us about
 * comes out as it went in.
 *
 * So the cache keeps one form of each answer: the whole.
 */


#ifndef _AG_REPLAY_H_INCLUDED_
#define _AG_REPLAY_H_INCLUDED_


#include "dialect/ag_dialect.h"


#define AG_REPLAY_PIECE  64         /* bytes of text in one event, about: a
                                       word or some; never within a UTF-8
                                       character */


/* How complete an answer is. */
typedef enum {
    AG_REPLAY_COMPLETE = 0,         /* it came to its own end: stop, tools,
                                       a stop sequence; embeddings */
    AG_REPLAY_TRUNCATED,            /* max_tokens, context window, a pause */
    AG_REPLAY_REFUSED,              /* by the model or a content filter, in
                                       any choice */
    AG_REPLAY_OTHER                 /* it does not say, or something we do not
                                       know; not an answer */
} ag_replay_end_t;


typedef struct {
    unsigned   include_usage:1;     /* chats, completions: the client asked
                                       for the usage chunk */
} ag_replay_options_t;


/*
 * Puts a whole stream of a client surface (all its events, to the last)
 * together and adds the answer to "out".  "usage" is what is known of it: it
 * is written in the surface's words where the stream itself did not tell it
 * (a chat whose client did not ask).  AG_OK; AG_NONE: something in it cannot
 * be put together for sure, or its end is missing; AG_LIMIT, AG_NOMEM.  On an
 * error "out" is as before.
 */
int ag_replay_whole(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t stream,
    const ag_usage_t *usage);

/*
 * Adds the stream of a whole answer to "out", to its last event: as many
 * pieces of text, reasoning and arguments as a provider would have sent.
 * AG_OK; AG_NONE: there is no stream of it (embeddings, or not an answer of
 * that surface); AG_LIMIT, AG_NOMEM.  On an error "out" is as before.
 */
int ag_replay_stream(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t whole,
    const ag_replay_options_t *options);

/* Looks at a whole answer, JSON that was scanned before. */
ag_replay_end_t ag_replay_end(ag_endpoint_t endpoint, ag_str_t whole);

/* May the endpoint's answers be told again at all?  CHAT, COMPLETIONS,
 * EMBEDDINGS, RESPONSES, MESSAGES. */
unsigned ag_replay_can(ag_endpoint_t endpoint);


/* ---- what each surface implements: ag_replay_chat.c, ... ---- */


typedef struct {
    int             (*whole)(ag_buf_t *out, ag_str_t stream,
                             const ag_usage_t *usage);
    int             (*stream)(ag_buf_t *out, yyjson_val *root,
                              const ag_replay_options_t *options);
    ag_replay_end_t (*end)(ag_str_t whole);
} ag_replay_surface_t;

extern const ag_replay_surface_t  ag_replay_chat;
extern const ag_replay_surface_t  ag_replay_completions;
extern const ag_replay_surface_t  ag_replay_messages;
extern const ag_replay_surface_t  ag_replay_responses;


#endif /* _AG_REPLAY_H_INCLUDED_ */
