/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider's error says in words, and for whom these are.
 */


#ifndef _AG_MESSAGE_H_INCLUDED_
#define _AG_MESSAGE_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_error.h"


/*
 * Adds the message of a provider's error body to "out", with control
 * characters as spaces: error.message, message, error or detail where that is
 * a string, else what a list of details or errors says first.  Knows the
 * shapes that ag_error_classify() knows.
 *
 * Returns AG_OK, AG_NONE (there is none), AG_LIMIT or AG_NOMEM.
 */
int ag_message_read(ag_str_t body, ag_buf_t *out);

/*
 * Adds error.code and error.param of OpenAI's shape to "code" and "param",
 * where they are words: at most 64 letters, digits and "._[]-".  Returns as
 * ag_message_read(); AG_NONE: neither is there.
 */
int ag_message_read_words(ag_str_t body, ag_buf_t *code, ag_buf_t *param);

/* Is the error the client's to mend, so that the provider's words help? */
unsigned ag_message_forwards(ag_error_class_t class);

/*
 * Are the words about the provider itself?  Others may repeat a piece of the
 * prompt and are for no log.
 */
unsigned ag_message_is_own(ag_error_class_t class);


#endif /* _AG_MESSAGE_H_INCLUDED_ */
