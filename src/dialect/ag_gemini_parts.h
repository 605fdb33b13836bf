/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of Gemini's dialect share.
 *
 * Source: Google's Gemini API reference, v1beta; names of JSON are those of
 * google.ai.generativelanguage.v1beta.
 */


#ifndef _AG_GEMINI_PARTS_H_INCLUDED_
#define _AG_GEMINI_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


#define AG_GEMINI_NODES_MAX  10000  /* values of one call's arguments; also
                                       bounds the steps to find one */
#define AG_GEMINI_CITED_MAX  64     /* sources of an answer that are told
                                       apart; the largest list seen has 20 */


/* ---- requests ---- */


/* A request on its way out. */
typedef struct {
    const ag_neutral_t  *n;
    ag_outbound_t       *to;
    ag_error_t          *error;
    ag_put_t             put;

    /* contents */

    const char          *role;      /* of the open one; NULL: none is */
    uint32_t             contents;  /* opened so far */
    uint32_t             calls;     /* of the model's open content */
} ag_gemini_tell_t;


/* Names of a parameter on the three client surfaces. */
typedef struct {
    const char  *openai;
    const char  *anthropic;
    const char  *responses;
} ag_gemini_name_t;


/* The name that the client knows it by. */
const char *ag_gemini_tell_name(const ag_gemini_tell_t *t,
    ag_gemini_name_t name);

/* A member "name": the model as the body names it, "models/M". */
void ag_gemini_tell_model(ag_gemini_tell_t *t, const char *name);

/* Forgets an object or array that nothing was written into; "before" is the
 * writer, "len" its output's length as they were ahead of it. */
void ag_gemini_tell_undo(ag_gemini_tell_t *t, ag_put_t before, size_t len);


/* The members "systemInstruction" and "contents". */
int ag_gemini_tell_turns(ag_gemini_tell_t *t);

/* Opens the next content of that role, unless it is open already. */
void ag_gemini_tell_content(ag_gemini_tell_t *t, const char *role);

/* One part of a turn, or nothing if there is nothing to say. */
int ag_gemini_tell_part(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);

/* An IMAGE, FILE or AUDIO as a part of the turn's content. */
int ag_gemini_tell_media(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);

/* The same as a bare {"inlineData"} or {"fileData"}. */
void ag_gemini_tell_blob(ag_gemini_tell_t *t, const ag_part_t *part);

/* AG_OK if the model reads such media and we have them, else AG_INVALID. */
int ag_gemini_tell_reads(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);

/*
 * The results of all calls between two turns, in the calls' order: "model" to
 * "user" are the turns that call, "user" to "end" those that answer.
 */
int ag_gemini_tell_results(ag_gemini_tell_t *t, const ag_turn_t *model,
    const ag_turn_t *user, const ag_turn_t *end);

/* The members "tools" and "toolConfig". */
int ag_gemini_tell_tools(ag_gemini_tell_t *t);

/* The member "generationConfig" and what else is no content. */
int ag_gemini_tell_config(ag_gemini_tell_t *t);

/* Its member "thinkingConfig". */
void ag_gemini_tell_thinking(ag_gemini_tell_t *t);

/* The body of an embeddings request. */
int ag_gemini_embed_tell(ag_gemini_tell_t *t);

/* Is the turn one of system's or developer's? */
static inline unsigned
ag_gemini_is_system(const ag_turn_t *turn)
{
    return turn->role == AG_ROLE_SYSTEM || turn->role == AG_ROLE_DEVELOPER;
}


static inline const char *
ag_gemini_role(const ag_turn_t *turn)
{
    return (turn->role == AG_ROLE_ASSISTANT) ? "model" : "user";
}


/* ---- answers ---- */


typedef struct ag_gemini_pieces_s  ag_gemini_pieces_t;


typedef struct {
    ag_gemini_pieces_t  *pieces;    /* of the call that is not whole */
    uint32_t             key;       /* of its block */
    unsigned             calling:1; /* there is one */
    unsigned             seen:1;
    unsigned             finished:1;
    unsigned             sealed:1;  /* the open text or reasoning has its
                                       signature: what follows is another
                                       part */
} ag_gemini_choice_t;


/* One step of a path. */
typedef struct {
    ag_str_t   name;
    uint32_t   index;
    unsigned   is_index:1;
} ag_gemini_step_t;


/* What is remembered of a stream. */
typedef struct {
    ag_buf_t            *buf;
    uint32_t             key;       /* of the next call or image */
    uint32_t             cited_count;
    uint64_t             cited[AG_GEMINI_CITED_MAX];    /* hashes of URLs */
    ag_gemini_choice_t   choices[AG_CHOICES_MAX];
} ag_gemini_heard_t;


/* A member under its name in camelCase or, from some gateways, snake_case. */
yyjson_val *ag_gemini_get(yyjson_val *object, const char *camel,
    const char *snake);

/* An empty buffer whose text lives as long as a sink may look at it; NULL:
 * r->rc says why. */
ag_buf_t *ag_gemini_hear_buf(ag_reader_t *r);

/* r->usage out of a usageMetadata; 0: it says nothing. */
unsigned ag_gemini_hear_usage(ag_reader_t *r, yyjson_val *value);

/* A part of a candidate's content. */
void ag_gemini_hear_part(ag_reader_t *r, uint32_t choice, yyjson_val *part);

/* A functionCall, whole or a piece of one; what came in pieces is sent once
 * it is whole. */
void ag_gemini_hear_call(ag_reader_t *r, uint32_t choice, yyjson_val *value,
    ag_str_t signature);

/* Sends a call whose last piece never came. */
void ag_gemini_hear_call_end(ag_reader_t *r, uint32_t choice);

/*
 * Arguments that come in pieces.  Those of "old" are forgotten and its memory
 * used again; NULL: no memory.
 */
ag_gemini_pieces_t *ag_gemini_pieces_make(ag_arena_t *arena,
    ag_gemini_pieces_t *old);

/* Adds partialArgs; what has no path is left out.  AG_OK, AG_LIMIT or
 * AG_NOMEM. */
int ag_gemini_pieces_add(ag_gemini_pieces_t *whole, yyjson_val *list);

unsigned ag_gemini_pieces_is_empty(const ag_gemini_pieces_t *whole);
void ag_gemini_pieces_write(ag_put_t *p, const ag_gemini_pieces_t *whole);

/* Takes the first step off a path that is not empty; 0: it is none. */
unsigned ag_gemini_path_step(ag_arena_t *arena, ag_str_t *path,
    ag_gemini_step_t *step);

/* groundingMetadata: cites the open text's sources. */
void ag_gemini_hear_grounding(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);

/* logprobsResult */
void ag_gemini_hear_logprobs(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);

/* The answer to an embeddings request. */
void ag_gemini_embed_hear(ag_reader_t *r, yyjson_val *root);


#endif /* _AG_GEMINI_PARTS_H_INCLUDED_ */
