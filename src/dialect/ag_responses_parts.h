/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the Responses API's four verbs share and nobody else
 * needs.
 *
 * Its answers and its history are lists of items: a message, a call, a call's
 * output, a piece of reasoning.  Neutral turns hold as many parts as there
 * are items of one role in a row.
 */


#ifndef _AG_RESPONSES_PARTS_H_INCLUDED_
#define _AG_RESPONSES_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


#define AG_RESPONSES_ECHO_MAX  (16 * 1024)  /* bytes of the request that an
                                   answer repeats, twice before its first
                                   word: what is written before that is held
                                   back for a fallback, up to 64 KB */


/* ---- ask ---- */


/* Where the name of a call stands for its output. */
typedef struct {
    ag_str_t  id;
    ag_str_t  name;
} ag_responses_call_t;


typedef struct {
    ag_neutral_t         *n;
    ag_error_t           *error;
    uint32_t              index;        /* of the item */

    ag_turn_t            *turn;         /* the last one */
    ag_turn_t           **last_turn;
    ag_part_t           **last_part;    /* end of its parts */
    ag_tool_t           **last_tool;

    ag_responses_call_t  *calls;        /* hashed by id */
    uint32_t              calls_mask;

    ag_part_t            *unsigned_part;    /* the last that a signature may
                                               belong to */
    ag_str_t              signature;    /* of an item without text: belongs to
                                           the next part; empty: none */

    yyjson_val           *ephemeral;    /* a cache_control; made when it is
                                           needed */
} ag_responses_asker_t;


typedef struct ag_responses_field_s  ag_responses_field_t;

/* A field of a request. */
struct ag_responses_field_s {
    const char  *name;
    int        (*read)(ag_responses_asker_t *a, yyjson_val *value,
        const ag_responses_field_t *field);     /* never null; NULL: no
                                                   matter what it says */
    size_t       offset;        /* in ag_neutral_t, of what is read */
};


int ag_responses_ask_input(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
int ag_responses_ask_choice(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
int ag_responses_ask_text(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
int ag_responses_ask_reasoning(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);
int ag_responses_ask_include(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field);

/* AG_INVALID with an error about "param", a path of the current item. */
int ag_responses_ask_invalid(ag_responses_asker_t *a, const char *param,
    const char *expected);

/* The turn for parts of that role: the last, or a new one. */
int ag_responses_ask_turn(ag_responses_asker_t *a, ag_role_t role);

/* Appends a part to the last turn; NULL: no memory. */
ag_part_t *ag_responses_ask_part(ag_responses_asker_t *a,
    ag_part_kind_t kind);

/* Makes the table of calls, for at most so many. */
int ag_responses_ask_calls(ag_responses_asker_t *a, size_t items);

/* Items, by their type. */
int ag_responses_ask_function_call(ag_responses_asker_t *a,
    yyjson_val *item);
int ag_responses_ask_function_output(ag_responses_asker_t *a,
    yyjson_val *item);
int ag_responses_ask_custom_call(ag_responses_asker_t *a, yyjson_val *item);
int ag_responses_ask_custom_output(ag_responses_asker_t *a,
    yyjson_val *item);
int ag_responses_ask_thought(ag_responses_asker_t *a, yyjson_val *item);

/* A part that a signature may belong to: the one that waits does. */
void ag_responses_ask_sign(ag_responses_asker_t *a, ag_part_t *part);

/* No such part follows: a signature that waits belongs to the last one, for
 * it may come behind the words that it signs. */
void ag_responses_ask_settle(ag_responses_asker_t *a);

/*
 * Content, a string or a list of parts, to the end of a list of parts.
 * "param" is its path.
 */
int ag_responses_ask_content(ag_responses_asker_t *a, ag_part_t ***last,
    yyjson_val *value, const char *param);

/* Tools, appended to those that are known; "param" is the path of the list. */
int ag_responses_ask_tools(ag_responses_asker_t *a, yyjson_val *value,
    const char *param);

/*
 * A tool of a namespace as other dialects call it, who know none:
 * "NAMESPACE__NAME", at most 64 bytes.  Data is NULL: no memory.
 */
ag_str_t ag_responses_flat_name(ag_arena_t *arena, ag_str_t space,
    ag_str_t name);

/* The way back: what the client called the tool, and its namespace. */
ag_str_t ag_responses_own_name(const ag_neutral_t *n, ag_str_t flat,
    ag_str_t *space);


#endif /* _AG_RESPONSES_PARTS_H_INCLUDED_ */
