/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that read a chat completion's request share.
 *
 *   ag_openai_ask.c             the top-level fields
 *   ag_openai_ask_field.c       those with a form of their own
 *   ag_openai_ask_tool.c        tools, and which of them may be called
 *   ag_openai_ask_message.c     messages by their roles
 *   ag_openai_ask_part.c        parts of a content
 *   ag_openai_ask_file.c        data: URLs, and texts in them
 *   ag_openai_ask_call.c        tool calls and their results
 *   ag_openai_ask_reason.c      reasoning that a client sends back
 *   ag_openai_ask_embeddings.c  the other endpoint
 */


#ifndef _AG_OPENAI_ASK_PARTS_H_INCLUDED_
#define _AG_OPENAI_ASK_PARTS_H_INCLUDED_


#include "dialect/ag_translate_parts.h"


#define AG_OPENAI_CALLS  1024   /* lists of calls by their ids */


/* Kinds of parts that a role may have. */
#define AG_OPENAI_TEXT     0x01u
#define AG_OPENAI_REFUSAL  0x02u
#define AG_OPENAI_MEDIA    0x04u    /* images and files */
#define AG_OPENAI_AUDIO    0x08u


typedef struct ag_openai_call_s  ag_openai_call_t;


struct ag_openai_call_s {
    ag_openai_call_t  *next;    /* an older one */
    ag_part_t         *part;
};


typedef struct {
    ag_neutral_t       *n;
    ag_error_t         *error;
    ag_turn_t         **turns;      /* ends of the lists */
    ag_tool_t         **tools;
    uint32_t            index;      /* of the message or tool at hand */

    ag_openai_call_t  **calls;      /* NULL until there is one */
    ag_str_t            function;   /* id of the last function_call */
    yyjson_val         *ephemeral;  /* {"type":"ephemeral"}; NULL until it is
                                       needed */
    unsigned            functions:1;    /* tools came under that name */
} ag_openai_ask_t;


/* ---- ag_openai_ask.c ---- */


/* "param" may hold one "%u", the index of the message or tool. */
int ag_openai_ask_invalid(ag_openai_ask_t *a, const char *param,
    const char *expected);

/* No memory for "size" bytes: AG_LIMIT if the arena's maximum was why. */
int ag_openai_ask_full(const ag_openai_ask_t *a, size_t size);

/* Keeps the name of a field that has no place. */
int ag_openai_ask_unknown(ag_openai_ask_t *a, yyjson_val *key);


/* ---- ag_openai_ask_field.c: of the fields of these names ---- */


int ag_openai_ask_field_max_completion(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_max_tokens(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_choices(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_stop(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_logprobs(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_top_logprobs(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_logit_bias(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_parallel(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_format(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_effort(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_thinking(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_tier(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_user(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_field_modalities(ag_openai_ask_t *a, yyjson_val *value);


/* ---- ag_openai_ask_embeddings.c ---- */


int ag_openai_ask_embeddings(ag_openai_ask_t *a, yyjson_val *root);


/* ---- ag_openai_ask_tool.c ---- */


int ag_openai_ask_tools(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_tool_choice(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_tool_functions(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_tool_function_call(ag_openai_ask_t *a, yyjson_val *value);
int ag_openai_ask_tool_web_search(ag_openai_ask_t *a, yyjson_val *value);


/* ---- ag_openai_ask_message.c ---- */


int ag_openai_ask_messages(ag_openai_ask_t *a, yyjson_val *value);


/* ---- ag_openai_ask_part.c ---- */


/* A content: null, a string or parts of the kinds that are "allowed". */
int ag_openai_ask_part_content(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value, unsigned allowed);

/* Appends a part with a text, unless that is empty. */
int ag_openai_ask_part_text(ag_openai_ask_t *a, ag_part_t ***last,
    ag_part_kind_t kind, ag_str_t text);

/* Sets part->cache_control from OpenAI's and Anthropic's ways to say it. */
int ag_openai_ask_part_cache(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *value);


/* ---- ag_openai_ask_file.c ---- */


/*
 * Where an image's or a file's bytes are: a data: URL, http(s) or gs.
 * "bare": it may be base64 alone.  A data: URL of a PDF or a text makes the
 * part a file, whatever it was.
 */
int ag_openai_ask_file_source(ag_openai_ask_t *a, ag_part_t *part, ag_str_t url,
    unsigned bare);


/* ---- ag_openai_ask_call.c ---- */


int ag_openai_ask_calls(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value);
int ag_openai_ask_call_function(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value);
int ag_openai_ask_call_result(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message);
int ag_openai_ask_call_function_result(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message);

/* The latest call of that id, or NULL. */
ag_part_t *ag_openai_ask_call_find(const ag_openai_ask_t *a, ag_str_t id);


/* ---- ag_openai_ask_reason.c ---- */


/* What comes first in an assistant's turn. */
int ag_openai_ask_reasoning(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message);

/* Gemini's signatures of the texts and calls of "parts", now complete. */
void ag_openai_ask_reason_signatures(const ag_openai_ask_t *a, ag_part_t *parts,
    yyjson_val *message);


#endif /* _AG_OPENAI_ASK_PARTS_H_INCLUDED_ */
