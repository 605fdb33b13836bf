/*
 * Copyright (C) ngx_agent authors
 *
 * What the files share that hear a provider of the Responses API.
 */


#ifndef _AG_RESPONSES_HEAR_PARTS_H_INCLUDED_
#define _AG_RESPONSES_HEAR_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


typedef struct {
    ag_buf_t  *written;         /* logprobs as JSON */
    uint64_t   cited;           /* item whose citations came one by one, and
                                   1; 0: none */
    unsigned   output:1;        /* an item was said */
} ag_responses_hear_t;


/* The reader's state, made when it is asked for first; NULL: no memory. */
ag_responses_hear_t *ag_responses_hear_state(ag_reader_t *r);

/* The place of an event: its item, and a part of it. */
uint32_t ag_responses_hear_item(yyjson_val *event);
uint32_t ag_responses_hear_part(yyjson_val *event);

/* A whole item at its place: what of it was not said is said, and it ends. */
void ag_responses_hear_whole(ag_reader_t *r, uint32_t output,
    yyjson_val *item);

/* The block of a call that begins; NULL: it is none that clients know. */
ag_open_block_t *ag_responses_hear_call(ag_reader_t *r, uint32_t output,
    yyjson_val *item);

/* A citation, unless it is of something else than a page. */
void ag_responses_hear_cite(ag_reader_t *r, ag_open_block_t *block,
    yyjson_val *annotation);

/* The logprobs of a delta or of a text. */
void ag_responses_hear_logprobs(ag_reader_t *r, yyjson_val *elements);

/* What a response says of itself: usage, tier. */
void ag_responses_hear_response(ag_reader_t *r, yyjson_val *response);

/* A response that is over. */
void ag_responses_hear_end(ag_reader_t *r, yyjson_val *response);


#endif /* _AG_RESPONSES_HEAR_PARTS_H_INCLUDED_ */
