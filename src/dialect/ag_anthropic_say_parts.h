/*
 * Copyright (C) ngx_agent authors
 *
 * What streams and whole answers of the Messages API are made of.
 */


#ifndef _AG_ANTHROPIC_SAY_PARTS_H_INCLUDED_
#define _AG_ANTHROPIC_SAY_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


/* A message's members up to its content: id, type, role, model.  "id" is kept
 * if Anthropic could have given it. */
void ag_anthropic_say_put_head(ag_put_t *p, ag_writer_t *w, ag_str_t id,
    ag_str_t model);

/* A block of text, or of a tool's call without its input, up to what follows;
 * the bracket is left open. */
void ag_anthropic_say_put_text(ag_put_t *p, const char *name, ag_str_t text);
void ag_anthropic_say_put_tool(ag_put_t *p, const char *name, ag_str_t id,
    ag_str_t tool);

/*
 * A block of thinking, whole.  "redacted" makes it a block of what only its
 * signer can read.
 */
void ag_anthropic_say_put_thinking(ag_put_t *p, const char *name,
    ag_str_t text, ag_str_t signature, ag_signer_t signer, unsigned redacted);

/* A signature as a string, with the name of a foreign signer. */
void ag_anthropic_say_put_signature(ag_put_t *p, const char *name,
    ag_str_t signature, ag_signer_t signer, unsigned redacted);

/* A source that a text names. */
void ag_anthropic_say_put_citation(ag_put_t *p, const char *name,
    ag_str_t url, ag_str_t title);

/* The members stop_reason and stop_sequence.  "called": the message has a
 * call of a tool; without one it waits for no result. */
void ag_anthropic_say_put_stop(ag_put_t *p, ag_finish_t finish,
    unsigned called);

/* The member usage: of a message, with its tier; or of a message_delta. */
void ag_anthropic_say_put_usage(ag_put_t *p, const ag_usage_t *usage,
    ag_tier_t tier);
void ag_anthropic_say_put_usage_delta(ag_put_t *p, const ag_usage_t *usage);

/* Did the client ask not to see what the model thinks? */
unsigned ag_anthropic_say_put_hides(const ag_writer_t *w);


/* ---- streams ---- */


typedef struct ag_anthropic_block_s  ag_anthropic_block_t;


/* A block of the neutral form; the first that is open is passed on. */
struct ag_anthropic_block_s {
    ag_anthropic_block_t  *next;        /* in the order of OPEN; or spare */
    ag_anthropic_block_t  *open;        /* another that is not closed */
    uint32_t               number;
    ag_block_kind_t        type;
    ag_str_t               id;
    ag_str_t               name;
    ag_buf_t              *held;        /* text that waits for its turn */
    ag_cited_t            *cited;       /* the same of sources */
    ag_cited_t           **last_cited;
    ag_str_t               signature;   /* held, or heard late */
    ag_signer_t            signer;
    unsigned               redacted:1;
    unsigned               started:1;   /* the client saw its start */
    unsigned               closed:1;
};


typedef struct {
    ag_put_t                put;
    uint32_t                index;      /* of the block that is started, or
                                           comes next */
    ag_anthropic_block_t   *first;
    ag_anthropic_block_t  **last;
    ag_anthropic_block_t   *open;       /* the newest first */
    ag_anthropic_block_t   *spare;
    size_t                  held;       /* bytes of all blocks */
    ag_finish_t             finish;
    unsigned                hides:1;
    unsigned                begun:1;
    unsigned                called:1;   /* a call was said */
    unsigned                ended:1;
} ag_anthropic_say_t;


/* A block that begins, at the end of the queue.  NULL: see s->put.rc. */
ag_anthropic_block_t *ag_anthropic_say_hold_open(ag_anthropic_say_t *s,
    ag_writer_t *w, const ag_event_t *event);

/* The open block of that number, or NULL; no longer open if "close". */
ag_anthropic_block_t *ag_anthropic_say_hold_find(ag_anthropic_say_t *s,
    uint32_t number, unsigned close);

/* Keeps what an event says of a block that is not the first. */
void ag_anthropic_say_hold(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_anthropic_block_t *block, const ag_event_t *event);

/* A copy of a text of an event, if it is not empty. */
ag_str_t ag_anthropic_say_hold_copy(ag_anthropic_say_t *s, ag_writer_t *w,
    ag_str_t text);

/* Takes the first block, which was said, out of the queue. */
void ag_anthropic_say_hold_shift(ag_anthropic_say_t *s);


/* Events as the client reads them. */
void ag_anthropic_say_frame_message(ag_put_t *p, ag_writer_t *w);
void ag_anthropic_say_frame_start(ag_put_t *p, uint32_t index,
    const ag_anthropic_block_t *block);
void ag_anthropic_say_frame_text(ag_put_t *p, uint32_t index,
    ag_block_kind_t type, ag_str_t text);
void ag_anthropic_say_frame_signature(ag_put_t *p, uint32_t index,
    ag_str_t signature, ag_signer_t signer, unsigned redacted);
void ag_anthropic_say_frame_citation(ag_put_t *p, uint32_t index,
    ag_str_t url, ag_str_t title);
void ag_anthropic_say_frame_stop(ag_put_t *p, uint32_t index);
void ag_anthropic_say_frame_redacted(ag_put_t *p, uint32_t index,
    ag_str_t signature, ag_signer_t signer);
void ag_anthropic_say_frame_mark(ag_put_t *p, uint32_t index,
    ag_str_t signature, unsigned late);
void ag_anthropic_say_frame_end(ag_put_t *p, ag_finish_t finish,
    unsigned called, const ag_usage_t *usage);


#endif /* _AG_ANTHROPIC_SAY_PARTS_H_INCLUDED_ */
