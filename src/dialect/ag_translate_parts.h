/*
 * Copyright (C) ngx_agent authors
 *
 * The four verbs of a dialect, each in its own file:
 *
 *   ask    reads what a client asks
 *   tell   tells a provider
 *   hear   hears what the provider answers
 *   say    says it to the client
 *
 * ag_translator.c makes the vtables of them.
 */


#ifndef _AG_TRANSLATE_PARTS_H_INCLUDED_
#define _AG_TRANSLATE_PARTS_H_INCLUDED_


#include "dialect/ag_translate.h"


#define AG_ASK(dialect)                                                       \
    int ag_##dialect##_ask(ag_neutral_t *n, yyjson_val *root,                 \
        ag_error_t *error)

#define AG_SAY(dialect)                                                       \
    int ag_##dialect##_say_event(ag_writer_t *w, const ag_event_t *event);    \
    int ag_##dialect##_say_answer(ag_writer_t *w, const ag_reply_t *reply)

#define AG_TELL(dialect)                                                      \
    int ag_##dialect##_tell_path(const ag_outbound_t *to, ag_buf_t *path,     \
        ag_buf_t *args);                                                      \
    int ag_##dialect##_tell(const ag_neutral_t *n, ag_outbound_t *to,         \
        ag_buf_t *out, ag_error_t *error)

#define AG_HEAR(dialect)                                                      \
    void ag_##dialect##_hear_event(ag_reader_t *r,                            \
        const ag_sse_event_t *event);                                         \
    void ag_##dialect##_hear_answer(ag_reader_t *r, yyjson_val *root)


AG_ASK(openai);
AG_SAY(openai);
AG_TELL(openai);
AG_HEAR(openai);
void ag_openai_hear_eof(ag_reader_t *r);

AG_ASK(anthropic);
AG_SAY(anthropic);
AG_TELL(anthropic);
AG_HEAR(anthropic);

AG_ASK(responses);
AG_SAY(responses);
int ag_responses_say_failure(ag_writer_t *w, const ag_error_t *error,
    ag_str_t request_id);
AG_TELL(responses);
AG_HEAR(responses);

AG_TELL(gemini);
AG_HEAR(gemini);
void ag_gemini_hear_eof(ag_reader_t *r);

int ag_azure_tell_path(const ag_outbound_t *to, ag_buf_t *path,
    ag_buf_t *args);


#endif /* _AG_TRANSLATE_PARTS_H_INCLUDED_ */
