/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that write answers of the Responses API share.
 *
 * An answer is a list of items.  An item stands for a neutral block, but for
 * a message, which takes all texts and refusals in a row, each as a piece.
 * What was said is gathered: items and the whole answer repeat it.
 */


#ifndef _AG_RESPONSES_SAY_PARTS_H_INCLUDED_
#define _AG_RESPONSES_SAY_PARTS_H_INCLUDED_


#include "dialect/ag_responses_parts.h"


typedef struct ag_responses_piece_s  ag_responses_piece_t;
typedef struct ag_responses_item_s   ag_responses_item_t;


/* A block, where it stands. */
struct ag_responses_piece_s {
    ag_responses_piece_t  *next;
    ag_responses_item_t   *item;
    const ag_gathered_t   *block;
    uint32_t               index;       /* among the item's pieces */
    ag_str_t               logprobs;    /* elements; of a text */
    unsigned               begun:1;     /* some was said */
    unsigned               marked:1;    /* its signature stands in front */
};


struct ag_responses_item_s {
    ag_responses_item_t   *next;
    ag_responses_piece_t  *pieces;
    ag_responses_piece_t  *last;
    ag_block_kind_t        type;        /* TEXT: a message */
    uint32_t               output;      /* its index */
    uint32_t               open;        /* pieces that are not closed */
    ag_str_t               id;
    ag_str_t               name;        /* a tool's, as the client knows it */
    ag_str_t               space;       /* its namespace */
    unsigned               listed:1;    /* it was told to the client */
    unsigned               done:1;
    unsigned               cut:1;       /* the answer ended within it */
    unsigned               mark:1;      /* nothing but a block's signature */
};


typedef struct {
    ag_gather_t             gather;
    ag_str_t                id;         /* of the response */
    uint64_t                sequence;

    ag_responses_item_t    *items;      /* those that are listed */
    ag_responses_item_t   **last_item;
    uint32_t                outputs;
    ag_responses_piece_t   *words;      /* the open text; NULL: none */
    ag_responses_item_t    *message;    /* takes the next text */
    ag_responses_item_t    *waiting;    /* closed, but how it ended is told
                                           with the next event */

    ag_responses_piece_t  **pieces;     /* by their block's number */
    uint32_t                piece_count;
    uint32_t                piece_room;

    ag_buf_t               *echo;       /* the request's fields, as members */
    ag_buf_t               *logprobs;   /* elements; NULL: none */
    size_t                  logprobs_piece; /* where those of the piece that
                                           is open begin */

    ag_finish_t             finish;
    ag_tier_t               tier;
} ag_responses_say_t;


/* The writer's state, made when it is asked for first; NULL: no memory. */
ag_responses_say_t *ag_responses_say_state(ag_writer_t *w);

/* An item, not listed yet; NULL: no memory. */
ag_responses_item_t *ag_responses_say_item(ag_writer_t *w,
    ag_block_kind_t type, const ag_gathered_t *block);

/* A piece more of an item; NULL: no memory. */
ag_responses_piece_t *ag_responses_say_piece(ag_writer_t *w,
    ag_responses_item_t *item, const ag_gathered_t *block);

/* An item that has the block's signature and nothing else. */
ag_responses_item_t *ag_responses_say_mark(ag_writer_t *w,
    const ag_gathered_t *block);

/* The next in the list. */
void ag_responses_say_list(ag_responses_say_t *s, ag_responses_item_t *item);

/* Events within an item: more of a piece, and its end. */
int ag_responses_say_add(ag_writer_t *w, ag_responses_piece_t *piece,
    ag_str_t text);
int ag_responses_say_close(ag_writer_t *w, ag_responses_piece_t *piece);

/* Elements about the last words. */
int ag_responses_say_logprobs(ag_writer_t *w, ag_str_t elements);

/* Tells the client of a call, whose signature stands in front of it. */
int ag_responses_say_call(ag_writer_t *w, ag_responses_piece_t *piece);

/* "response.created" and "response.in_progress". */
int ag_responses_say_start(ag_writer_t *w);

/* Begins an event of the stream, within its object, and ends it. */
void ag_responses_put_event(ag_put_t *p, ag_responses_say_t *s,
    const char *type);
void ag_responses_put_end(ag_put_t *p);

/* The item and the place in it that an event is about. */
void ag_responses_put_place(ag_put_t *p, const ag_responses_item_t *item);

/* The whole item as it stands: what is not done has no content. */
void ag_responses_put_item(ag_put_t *p, const char *name, ag_writer_t *w,
    const ag_responses_item_t *item);

/* A message's piece; "empty": as it begins. */
void ag_responses_put_piece(ag_put_t *p, const char *name,
    const ag_responses_piece_t *piece, unsigned empty);

/* A list of logprobs; an empty one for no elements. */
void ag_responses_put_logprobs(ag_put_t *p, ag_str_t elements);

/* A citation, of the whole text. */
void ag_responses_put_citation(ag_put_t *p, const char *name,
    const ag_responses_piece_t *piece, const ag_cited_t *cited);

/* The response: "status" and the items that are done.  "error" is NULL, or
 * how it failed. */
void ag_responses_put_response(ag_put_t *p, const char *name,
    ag_writer_t *w, const char *status, const ag_error_t *error);

/* A "usage" in the names of the Responses API. */
void ag_responses_put_usage(ag_put_t *p, const ag_usage_t *usage);

/* "completed" or "incomplete". */
const char *ag_responses_say_status(const ag_responses_say_t *s);


#endif /* _AG_RESPONSES_SAY_PARTS_H_INCLUDED_ */
