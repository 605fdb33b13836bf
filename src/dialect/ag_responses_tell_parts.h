/*
 * Copyright (C) ngx_agent authors
 *
 * What the files share that tell a provider of the Responses API.
 */


#ifndef _AG_RESPONSES_TELL_PARTS_H_INCLUDED_
#define _AG_RESPONSES_TELL_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


typedef struct {
    const ag_neutral_t  *n;
    ag_outbound_t       *to;
    ag_error_t          *error;
    ag_put_t             put;
    ag_buf_t             written;       /* JSON that goes into a string */
} ag_responses_tell_t;


/* AG_OK, AG_INVALID with the error, or AG_NOMEM. */
int ag_responses_tell_input(ag_responses_tell_t *t);

/* A part of the user's or the system's, or of a tool's output. */
int ag_responses_tell_part(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index);

/* A call's id as it is known there; data is NULL without memory. */
ag_str_t ag_responses_tell_id(ag_responses_tell_t *t, ag_str_t id);

int ag_responses_tell_tools(ag_responses_tell_t *t);

/* "text", "reasoning" and "include". */
int ag_responses_tell_form(ag_responses_tell_t *t);

/* What the client calls a field. */
const char *ag_responses_tell_name(const ag_responses_tell_t *t,
    const char *chat, const char *messages);


#endif /* _AG_RESPONSES_TELL_PARTS_H_INCLUDED_ */
