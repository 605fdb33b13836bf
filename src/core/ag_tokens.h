/*
 * Copyright (C) ngx_agent authors
 *
 * Tokens before anybody has counted them: a request's from its bytes, by a
 * ratio that is learned per model from what providers report.
 */


#ifndef _AG_TOKENS_H_INCLUDED_
#define _AG_TOKENS_H_INCLUDED_


#include "core/ag_base.h"


#define AG_TOKENS_RATIO      4000       /* thousandths of a byte per token
                                           before anything is learned */
#define AG_TOKENS_RATIO_MIN  500
#define AG_TOKENS_RATIO_MAX  6000
#define AG_TOKENS_OUTPUT     4096       /* output of a request that does not
                                           say how long it may be */


/* Tokens of so many bytes, rounded up; "ratio" 0: nothing is learned yet. */
uint64_t ag_tokens_of(uint64_t bytes, uint64_t ratio);

/*
 * The ratio after one more observation: a moving average that follows a
 * smaller ratio (more tokens than were thought) four times as fast as a larger
 * one, so that estimates are rather too high.  Observations of less than 64
 * bytes or of 0 tokens change nothing.
 */
uint64_t ag_tokens_learn(uint64_t ratio, uint64_t bytes, uint64_t tokens);

/* A hash of bytes, 64 bits, for telling texts apart that nobody makes up on
 * purpose; a few bytes per cycle. */
uint64_t ag_tokens_fingerprint(ag_str_t bytes);


#endif /* _AG_TOKENS_H_INCLUDED_ */
