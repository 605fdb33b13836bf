/*
 * Copyright (C) ngx_agent authors
 *
 * How much a model has said in OpenAI's chats and completions.
 */


#ifndef _AG_OPENAI_SAID_H_INCLUDED_
#define _AG_OPENAI_SAID_H_INCLUDED_


#include "dialect/ag_dialect.h"


/*
 * Is there anything but the role that is not empty in a message, or in what a
 * chunk adds to it: text, a refusal, tool calls, audio, reasoning under each
 * of its names, and what is invented next?  *said grows by the bytes of it
 * that a model has said.
 */
unsigned ag_openai_said_message(yyjson_val *message, size_t *said);

/* Bytes that were said in a whole answer, all choices together. */
size_t ag_openai_said_answer(yyjson_val *root);


#endif /* _AG_OPENAI_SAID_H_INCLUDED_ */
