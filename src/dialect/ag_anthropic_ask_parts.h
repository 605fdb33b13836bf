/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that read a client's Messages request share.
 */


#ifndef _AG_ANTHROPIC_ASK_PARTS_H_INCLUDED_
#define _AG_ANTHROPIC_ASK_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


/* Where a block of content may stand. */
#define AG_ANTHROPIC_ASK_SYSTEM     1u
#define AG_ANTHROPIC_ASK_USER       2u
#define AG_ANTHROPIC_ASK_ASSISTANT  4u
#define AG_ANTHROPIC_ASK_RESULT     8u      /* of a tool */


/* What is known while the messages are read. */
typedef struct {
    ag_neutral_t  *n;
    ag_error_t    *error;
    const char    *param;       /* as ag_neutral_invalid() takes it */
    uint32_t       index;
    ag_turn_t    **turns;       /* the ends of the lists */
    ag_part_t    **parts;

    ag_part_t     *said;        /* of this turn: its last text or call */
    ag_str_t       signature;   /* Gemini's, of the next text or call */

    ag_tool_t    **tools;       /* the end of that list; NULL: not known */
    uint32_t       removals;    /* of tools, by messages */

    ag_part_t     *calls;       /* parts of the assistant's last turn, and */
    ag_part_t     *call;        /* where the next result's call may be */
} ag_anthropic_ask_t;


/* All fields but "system" and "messages". */
int ag_anthropic_ask_fields(ag_neutral_t *n, yyjson_val *root,
    ag_error_t *error);

/* Reads a string or a list of blocks into the list at ask->parts. */
int ag_anthropic_ask_blocks(ag_anthropic_ask_t *ask, yyjson_val *content,
    unsigned place);

/* Appends a part to the list at ask->parts, with the block's cache_control;
 * AG_LIMIT or AG_NOMEM. */
int ag_anthropic_ask_part(ag_anthropic_ask_t *ask, ag_part_t **part,
    ag_part_kind_t kind, yyjson_val *block);

/* ag_neutral_invalid() about the content that is being read. */
int ag_anthropic_ask_invalid(ag_anthropic_ask_t *ask, const char *expected);

/* Why the arena gave nothing. */
int ag_anthropic_ask_full(const ag_neutral_t *n);

/* Blocks of one type. */
int ag_anthropic_ask_source_image(ag_anthropic_ask_t *ask, yyjson_val *block);
int ag_anthropic_ask_source_document(ag_anthropic_ask_t *ask,
    yyjson_val *block);
int ag_anthropic_ask_source_search(ag_anthropic_ask_t *ask,
    yyjson_val *block);

/* The members "tools" and "tool_choice", and a tool that a message adds. */
int ag_anthropic_ask_tools(ag_neutral_t *n, yyjson_val *tools,
    ag_error_t *error);
int ag_anthropic_ask_tool_add(ag_anthropic_ask_t *ask, yyjson_val *value);
int ag_anthropic_ask_tool_choice(ag_neutral_t *n, yyjson_val *choice,
    ag_error_t *error);


#endif /* _AG_ANTHROPIC_ASK_PARTS_H_INCLUDED_ */
