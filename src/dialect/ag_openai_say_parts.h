/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that write answers of OpenAI's surface share.
 *
 *   ag_openai_say.c             the stream of a chat completion
 *   ag_openai_say_block.c       the blocks in it
 *   ag_openai_say_answer.c      the whole
 *   ag_openai_say_extra.c       what both have beside the text
 *   ag_openai_say_embeddings.c  the other endpoint
 */


#ifndef _AG_OPENAI_SAY_PARTS_H_INCLUDED_
#define _AG_OPENAI_SAY_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


/* ---- the stream ---- */


typedef struct ag_openai_called_s  ag_openai_called_t;


struct ag_openai_called_s {
    ag_openai_called_t  *next;      /* an older one */
    uint32_t             tool;
    ag_str_t             id;
};


/* What must be remembered of a choice. */
typedef struct {
    ag_buf_t            *head;          /* a chunk up to what its delta says */
    uint64_t             characters;    /* of its content so far */
    uint64_t             begun;         /* where the open text begins */
    ag_cited_t          *cited;         /* sources of the open text */
    ag_cited_t         **cited_last;
    uint32_t             details;       /* entries written: their numbers */
    uint32_t             annotations;
    uint32_t             images;
    ag_openai_called_t  *called;        /* the latest first */
    ag_buf_t            *thought;       /* text of the reasoning at hand */
    ag_str_t             thought_id;
    ag_buf_t            *image;         /* base64 of the image at hand */
    ag_str_t             image_type;
} ag_openai_said_t;


typedef struct {
    ag_buf_t          *head;        /* a chunk up to its first choice */
    ag_buf_t          *tail;        /* and from the end of a delta on */
    ag_openai_said_t  *choices[AG_CHOICES_MAX];
    ag_buf_t          *call;        /* the begin of a call that waits for its
                                       signature: bytes of a chunk */
    uint32_t           call_choice; /* whose */
    uint32_t           call_block;
    unsigned           calling:1;   /* there is one */
    unsigned           functions:1; /* the client knows calls by their
                                       deprecated name only */
} ag_openai_say_t;


/* A chunk that is being written. */
typedef struct {
    ag_writer_t       *w;
    ag_openai_say_t   *say;
    ag_openai_said_t  *said;
    const ag_event_t  *event;
    ag_put_t           put;
} ag_openai_chunk_t;


/* Both sides of a choice's delta. */
void ag_openai_say_open(ag_openai_chunk_t *c);
void ag_openai_say_close(ag_openai_chunk_t *c);


/* ---- ag_openai_say_block.c: AG_OK, AG_LIMIT, AG_NOMEM ---- */


int ag_openai_say_block_open(ag_openai_chunk_t *c);

/* Is this event the signature that the begin of a call waits for? */
unsigned ag_openai_say_block_awaits(const ag_openai_chunk_t *c);

/* Says the begin of a call that waits; "signed" by this event or not at all. */
int ag_openai_say_block_begun(ag_openai_chunk_t *c, unsigned is_signed);
int ag_openai_say_block_add(ag_openai_chunk_t *c);
int ag_openai_say_block_sign(ag_openai_chunk_t *c);
int ag_openai_say_block_cite(ag_openai_chunk_t *c);
int ag_openai_say_block_close(ag_openai_chunk_t *c);


/* ---- ag_openai_say_extra.c ---- */


/* An entry of reasoning_details. */
typedef struct {
    uint32_t      index;
    ag_signer_t   signer;
    unsigned      redacted:1;
    ag_str_t      text;         /* of the reasoning that is signed */
    ag_str_t      id;           /* of the call or the item */
    ag_str_t      signature;
} ag_openai_detail_t;


/* Does the client of this request know calls as "function_call" only? */
unsigned ag_openai_say_extra_functions(const ag_neutral_t *request);

/* Can whoever made this signature check it when it comes back? */
unsigned ag_openai_say_extra_signs(ag_signer_t signer);

/* Adds entries of reasoning_details; returns how many: 1 or 2. */
uint32_t ag_openai_say_extra_detail(ag_put_t *p,
    const ag_openai_detail_t *detail);

/* Adds an entry of annotations; "index" -1: entries have no numbers. */
void ag_openai_say_extra_cited(ag_put_t *p, const ag_cited_t *cited,
    uint64_t start, uint64_t end, int64_t index);

/* Adds an entry of images. */
void ag_openai_say_extra_image(ag_put_t *p, uint32_t index,
    ag_str_t media_type, ag_str_t data);

/* Adds "logprobs" of OpenAI's elements; none: null. */
void ag_openai_say_extra_logprobs(ag_put_t *p, ag_str_t elements);

/* Adds "usage". */
void ag_openai_say_extra_usage(ag_put_t *p, const ag_usage_t *usage);

/* Adds "service_tier", if there is a word for it. */
void ag_openai_say_extra_tier(ag_put_t *p, ag_tier_t tier);

const char *ag_openai_say_extra_finish(ag_finish_t finish,
    unsigned functions);

/* Unicode characters of a text. */
uint64_t ag_openai_say_extra_characters(ag_str_t text);


/* ---- ag_openai_say_embeddings.c ---- */


int ag_openai_say_embeddings(ag_writer_t *w, const ag_reply_t *reply);


#endif /* _AG_OPENAI_SAY_PARTS_H_INCLUDED_ */
