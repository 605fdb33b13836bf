/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that read an answer of Anthropic's Messages API share.
 */


#ifndef _AG_ANTHROPIC_HEAR_PARTS_H_INCLUDED_
#define _AG_ANTHROPIC_HEAR_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


/* Of one answer.  A key is the index of a block and 1; 0: there is none. */
typedef struct {
    ag_str_t   id;          /* of the message that is open */
    ag_buf_t  *held;        /* what was said before the tool that is the
                               answer's form; NULL: nothing */
    uint64_t   foreign;     /* key of the block that is left out */
    uint64_t   given;       /* key of the call whose input came at once */
    uint64_t   json;        /* key of the call that is the answer's text */
    unsigned   started:1;
} ag_anthropic_hear_t;


/* A block begins; "block" may already say all of it. */
void ag_anthropic_hear_begin(ag_reader_t *r, uint32_t index,
    yyjson_val *block);

void ag_anthropic_hear_delta(ag_reader_t *r, uint32_t index,
    yyjson_val *delta);

void ag_anthropic_hear_close(ag_reader_t *r, uint32_t index);

/* No tool was the answer: what was held is. */
void ag_anthropic_hear_release(ag_reader_t *r);


#endif /* _AG_ANTHROPIC_HEAR_PARTS_H_INCLUDED_ */
