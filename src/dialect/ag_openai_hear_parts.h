/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that hear chat completions share.
 */


#ifndef _AG_OPENAI_HEAR_PARTS_H_INCLUDED_
#define _AG_OPENAI_HEAR_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


typedef struct ag_openai_call_s  ag_openai_call_t;


/* A call of a tool in the making; servers number them in many ways. */
struct ag_openai_call_s {
    ag_openai_call_t  *next;
    uint32_t           choice;
    uint32_t           index;       /* the server's number, if it has one */
    uint32_t           key;         /* ours */
    ag_str_t           id;          /* in the arena; may be empty */
    ag_open_block_t   *block;       /* NULL until its name is known; stays
                                       open to the end */
    ag_buf_t          *held;        /* arguments that came before the name */
    unsigned           numbered:1;
};


/* Of one answer, in the reader's arena. */
typedef struct {
    ag_openai_call_t  *calls;       /* the newest first */
    uint32_t           count;
    uint32_t           images;
    ag_buf_t          *written;     /* a tree's part as text, for one event */
    uint8_t            spoken[AG_CHOICES_MAX];  /* 1 + the type of the block
                                       that runs: text, reasoning, refusal */
} ag_openai_hear_t;


/* The numbers of a usage object. */
extern const ag_usage_names_t  ag_openai_usage;


/* NULL: no memory, r->rc says so. */
ag_openai_hear_t *ag_openai_hear_state(ag_reader_t *r);

/* A message, or a piece of one. */
void ag_openai_hear_message(ag_reader_t *r, uint32_t choice,
    yyjson_val *message);

/* What a message says of reasoning, but signatures of calls. */
void ag_openai_hear_reasoning(ag_reader_t *r, uint32_t choice,
    yyjson_val *message);

/* Signatures of calls that stand among the reasoning. */
void ag_openai_hear_signatures(ag_reader_t *r, uint32_t choice,
    yyjson_val *message);

/* Calls of tools, of any of the forms. */
void ag_openai_hear_calls(ag_reader_t *r, uint32_t choice,
    yyjson_val *message);

/* The block of a call that is open, or NULL. */
ag_open_block_t *ag_openai_hear_called(ag_reader_t *r, uint32_t choice,
    ag_str_t id);

/* Some more of a text, after what ran before was closed.  The block is there
 * afterwards even if the text is empty; NULL after an error. */
ag_open_block_t *ag_openai_hear_text(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type, ag_str_t text);

/* Closes what runs: text, reasoning or a refusal. */
void ag_openai_hear_pause(ag_reader_t *r, uint32_t choice);

/* A part of a tree as JSON text; in a stream it lives until the next call. */
ag_str_t ag_openai_hear_written(ag_reader_t *r, const yyjson_val *value);

void ag_openai_hear_fail(ag_reader_t *r, ag_error_class_t error);


#endif /* _AG_OPENAI_HEAR_PARTS_H_INCLUDED_ */
