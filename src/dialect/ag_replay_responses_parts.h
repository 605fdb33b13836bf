/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that tell a response again share.
 *
 *   ag_replay_responses.c        the surface; a response becomes a stream
 *   ag_replay_item.c             the events of one of its items
 *   ag_replay_responses_whole.c  a stream becomes a response
 */


#ifndef _AG_REPLAY_RESPONSES_PARTS_H_INCLUDED_
#define _AG_REPLAY_RESPONSES_PARTS_H_INCLUDED_


#include "dialect/ag_replay_events.h"


typedef struct {
    ag_put_t  put;
    uint64_t  sequence;     /* number of the next event */
} ag_replay_responses_t;


/* ---- ag_replay_item.c ---- */


/* All events of an item of the output; errors stick in r->put.rc. */
void ag_replay_item(ag_replay_responses_t *r, uint64_t output,
    yyjson_val *value);

/* The frame of an event, with its number. */
void ag_replay_item_open(ag_replay_responses_t *r, const char *type);
void ag_replay_item_close(ag_replay_responses_t *r);


/* ---- ag_replay_responses_whole.c ---- */


int ag_replay_responses_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage);


#endif /* _AG_REPLAY_RESPONSES_PARTS_H_INCLUDED_ */
