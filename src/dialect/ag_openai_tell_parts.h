/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that write chat completions share.
 */


#ifndef _AG_OPENAI_TELL_PARTS_H_INCLUDED_
#define _AG_OPENAI_TELL_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


typedef struct {
    const ag_neutral_t  *n;
    ag_outbound_t       *to;
    const ag_quirks_t   *quirks;
    ag_put_t             put;
    ag_buf_t             written;       /* a tree's part as text */
    ag_error_t          *error;
    unsigned             own:1;         /* OpenAI's own, Azure's too */
    unsigned             schema_line:1; /* the schema is told in words; until
                                           that was done */
} ag_openai_tell_t;


/* The conversation, with its name. */
int ag_openai_tell_turns(ag_openai_tell_t *t);

/* A message of the assistant out of the turns from "first" up to "end". */
int ag_openai_tell_assistant(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end);

/* The member "content" of a turn of the user or the system; images and files
 * of its tools' results stand at its head. */
int ag_openai_tell_content(ag_openai_tell_t *t, const ag_turn_t *turn);

/* Would that have anything in it? */
unsigned ag_openai_tell_speaks(const ag_turn_t *turn);

/* Its texts, as pieces of a string; a gap behind them if the schema follows. */
void ag_openai_tell_join(ag_openai_tell_t *t, const ag_turn_t *turn);

/* A part of text: an element of content. */
void ag_openai_tell_text(ag_openai_tell_t *t, const ag_part_t *part);

/* Does it read as text: a text, a refusal, a file of plain text? */
unsigned ag_openai_tell_is_text(const ag_part_t *part);

/* A tree's part as a string that holds JSON. */
void ag_openai_tell_written(ag_openai_tell_t *t, const char *name,
    const yyjson_val *value);

/* The id of a call as this server takes it. */
ag_str_t ag_openai_tell_id(ag_openai_tell_t *t, ag_str_t id);

int ag_openai_tell_tools(ag_openai_tell_t *t);

/* How the model is to go about it. */
int ag_openai_tell_limits(ag_openai_tell_t *t);
int ag_openai_tell_stops(ag_openai_tell_t *t);
int ag_openai_tell_sampling(ag_openai_tell_t *t);
int ag_openai_tell_penalties(ag_openai_tell_t *t);
int ag_openai_tell_logprobs(ag_openai_tell_t *t);
int ag_openai_tell_effort(ag_openai_tell_t *t);

/* A hint: written, or dropped if "refused"; NULL is nothing. */
void ag_openai_tell_sample(ag_openai_tell_t *t, const char *name,
    yyjson_val *value, unsigned refused);

/* The client's own name of a parameter. */
const char *ag_openai_tell_name(const ag_openai_tell_t *t, const char *chat,
    const char *messages, const char *responses);

/* Is this the row of that name? */
unsigned ag_openai_tell_is(const ag_openai_tell_t *t, const char *quirks);


#endif /* _AG_OPENAI_TELL_PARTS_H_INCLUDED_ */
