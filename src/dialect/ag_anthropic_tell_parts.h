/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that write a request for Anthropic's Messages API share: the
 * request that is being written, and what was decided about it before its
 * first byte.
 *
 * Source: Anthropic's API reference, "Messages", version 2023-06-01.
 */


#ifndef _AG_ANTHROPIC_TELL_PARTS_H_INCLUDED_
#define _AG_ANTHROPIC_TELL_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


#define AG_ANTHROPIC_OPTIONAL_MAX  24   /* optional properties of all schemas
                                           of one request */
#define AG_ANTHROPIC_UNIONS_MAX    16   /* places with several types, alike */
#define AG_ANTHROPIC_STRICT_MAX    20   /* strict tools of one request */


/* How the answer is made to have its form. */
typedef enum {
    AG_ANTHROPIC_FREE = 0,
    AG_ANTHROPIC_NATIVE,        /* output_config.format */
    AG_ANTHROPIC_FORCED,        /* the input of a tool it must call */
    AG_ANTHROPIC_OFFERED,       /* of a tool it is asked to call */
    AG_ANTHROPIC_WORDS          /* it is asked to */
} ag_anthropic_form_t;


typedef enum {
    AG_ANTHROPIC_UNSAID = 0,
    AG_ANTHROPIC_OFF,
    AG_ANTHROPIC_BUDGET,
    AG_ANTHROPIC_ADAPTIVE
} ag_anthropic_thinking_t;


/* What the schemas of one request have taken of Anthropic's limits. */
typedef struct {
    uint32_t  optional;
    uint32_t  unions;
    uint32_t  strict;
} ag_anthropic_schemas_t;


typedef struct {
    const ag_neutral_t       *n;
    ag_outbound_t            *to;
    ag_error_t               *error;
    ag_put_t                  put;

    uint64_t                  max_tokens;
    ag_anthropic_thinking_t   thinking;
    uint64_t                  budget;       /* BUDGET; tokens */
    const char               *effort;       /* ADAPTIVE; NULL: not said */
    ag_anthropic_form_t       form;
    ag_choose_t               choose;       /* as far as the model can */
    ag_anthropic_schemas_t    schemas;
    const ag_part_t          *last;         /* of the request, if that is an
                                               assistant's */
} ag_anthropic_tell_t;


/* The name, or the path, by which this client knows something. */
const char *ag_anthropic_tell_name(const ag_anthropic_tell_t *t,
    const char *chat, const char *responses);

/* What the model may think, after max_tokens is known; then writes it. */
void ag_anthropic_tell_think(ag_anthropic_tell_t *t);
void ag_anthropic_tell_thinking(ag_anthropic_tell_t *t);
unsigned ag_anthropic_tell_thinks(const ag_anthropic_tell_t *t);

/* The form of the answer, after thinking; AG_OK, AG_INVALID with an error.
 * Then what is asked of the model in words (empty: nothing) and its
 * output_config. */
int ag_anthropic_tell_form(ag_anthropic_tell_t *t);
void ag_anthropic_tell_instruct(ag_anthropic_tell_t *t);
void ag_anthropic_tell_output(ag_anthropic_tell_t *t);

/*
 * Does Anthropic's constrained decoding take the schema, together with those
 * that were counted before?  Counts it if so.
 */
unsigned ag_anthropic_tell_fits(yyjson_val *schema,
    ag_anthropic_schemas_t *taken);

/* Writes a schema that fits without what Anthropic refuses; what is left out
 * goes into the descriptions. */
void ag_anthropic_tell_schema(ag_anthropic_tell_t *t, const char *name,
    yyjson_val *schema);
unsigned ag_anthropic_tell_schema_is_object(yyjson_val *schema);

/* Must the model call a tool of the client's, and can it be made to? */
unsigned ag_anthropic_tell_forces(const ag_anthropic_tell_t *t);

/* AG_OK, or AG_INVALID with an error, as all below. */
int ag_anthropic_tell_choose(ag_anthropic_tell_t *t);
int ag_anthropic_tell_tools(ag_anthropic_tell_t *t);

void ag_anthropic_tell_system(ag_anthropic_tell_t *t);
int ag_anthropic_tell_turns(ag_anthropic_tell_t *t);

/* Is the turn one that becomes (a piece of) a message? */
unsigned ag_anthropic_tell_speaks(const ag_turn_t *turn);

/* Is there anything but white space in it? */
unsigned ag_anthropic_tell_is_blank(ag_str_t text);

/* Writes a part of a turn as a block, or nothing where it says nothing. */
int ag_anthropic_tell_block(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);
int ag_anthropic_tell_media(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part, yyjson_val *cache_control);
void ag_anthropic_tell_text(ag_anthropic_tell_t *t, ag_str_t text,
    yyjson_val *cache_control);
void ag_anthropic_tell_cache(ag_anthropic_tell_t *t,
    yyjson_val *cache_control);

/* Would the part be a block of an assistant's message, reasoning apart? */
unsigned ag_anthropic_tell_says(const ag_part_t *part);
unsigned ag_anthropic_tell_reasons(const ag_part_t *part);


#endif /* _AG_ANTHROPIC_TELL_PARTS_H_INCLUDED_ */
