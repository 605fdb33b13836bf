/*
 * Copyright (C) ngx_agent authors
 *
 * Tokens of a request, where nobody counts them.
 */


#ifndef _AG_ESTIMATE_H_INCLUDED_
#define _AG_ESTIMATE_H_INCLUDED_


#include "dialect/ag_neutral.h"


/*
 * Tokens of a request's input, estimated: a token is four bytes of ASCII or
 * one other character; messages, tools, images, documents and sounds have
 * their own weights.  No tokenizer is asked: within a third of the truth for
 * prose and code.
 *
 * Source: OpenAI, "What are tokens and how to count them"; Anthropic,
 * "Vision" (an image is at most 1,600 tokens).
 */
uint64_t ag_estimate_tokens(const ag_neutral_t *n);

/* The same of a text. */
uint64_t ag_estimate_text(ag_str_t text);


#endif /* _AG_ESTIMATE_H_INCLUDED_ */
