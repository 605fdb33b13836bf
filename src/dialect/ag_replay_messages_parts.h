/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that tell a message again share.
 *
 *   ag_replay_messages.c        the surface; a message becomes a stream
 *   ag_replay_block.c           one block of a stream that is put together
 *   ag_replay_messages_whole.c  a stream becomes a message
 */


#ifndef _AG_REPLAY_MESSAGES_PARTS_H_INCLUDED_
#define _AG_REPLAY_MESSAGES_PARTS_H_INCLUDED_


#include "dialect/ag_replay_events.h"


/* What the deltas of a block add to. */
typedef enum {
    AG_REPLAY_BLOCK_OTHER = 0,      /* no deltas: it came whole */
    AG_REPLAY_BLOCK_TEXT,
    AG_REPLAY_BLOCK_THINKING,
    AG_REPLAY_BLOCK_TOOL            /* its input */
} ag_replay_block_kind_t;


typedef struct {
    ag_str_t                start;      /* JSON of its first event */
    ag_buf_t                words;      /* a JSON string without the last
                                           quote; the JSON of an input */
    ag_buf_t                citations;  /* a JSON array without the last
                                           bracket; empty: no deltas */
    ag_buf_t                signature;  /* a JSON string; empty: no delta */
    ag_replay_block_kind_t  kind;
    unsigned                open:1;
} ag_replay_block_t;


/* ---- ag_replay_block.c ---- */


ag_replay_block_kind_t ag_replay_block_kind(ag_str_t type);

/* Begins a block with its member content_block; the caller sets start.
 * Errors as ag_buf_add(); AG_NONE: not a block that can be put together. */
int ag_replay_block_start(ag_replay_block_t *block, yyjson_val *value);

/* AG_NONE: a delta of another kind of block, or of none that we know. */
int ag_replay_block_add(ag_replay_block_t *block, yyjson_val *delta);

/* The end of a block.  AG_NONE: its input is not JSON. */
int ag_replay_block_stop(ag_replay_block_t *block);

/* Puts the block that has ended. */
void ag_replay_block_put(ag_put_t *p, ag_replay_block_t *block);

void ag_replay_block_free(ag_replay_block_t *block);


/* ---- ag_replay_messages_whole.c ---- */


int ag_replay_messages_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage);


#endif /* _AG_REPLAY_MESSAGES_PARTS_H_INCLUDED_ */
