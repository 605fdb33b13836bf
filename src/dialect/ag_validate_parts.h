/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_validate.h share and nobody else needs: JSON as spans
 * of its text, what a request promises, and an answer without its dialect.
 */


#ifndef _AG_VALIDATE_PARTS_H_INCLUDED_
#define _AG_VALIDATE_PARTS_H_INCLUDED_


#include "dialect/ag_validate.h"


#define AG_VALIDATE_CALLS_MAX  (8 * AG_CHOICES_MAX)
                                /* tool calls of one answer; providers allow
                                   128 for each choice, and make ten */
#define AG_VALIDATE_TOOLS_MAX  1024     /* tools of a request that are known;
                                   providers allow 128 */


/* ---- ag_validate_json.c: JSON as spans of its text ---- */


/* A place in an array or an object. */
typedef struct {
    const ag_char_t  *p;
    const ag_char_t  *end;
    unsigned          object:1;
} ag_validate_walk_t;


/*
 * All of these are safe with any bytes, and right with JSON.  Spans of strings
 * have their quotes; one without data is a value that is not there.
 */

void ag_validate_json_walk(ag_validate_walk_t *walk, ag_str_t value);

/* Returns 0 at the end; "key" stays empty in an array. */
unsigned ag_validate_json_next(ag_validate_walk_t *walk, ag_str_t *key,
    ag_str_t *value);

/* One member; the last of that name, as clients' parsers do. */
ag_str_t ag_validate_json_member(ag_str_t object, const char *name);

/* Several members in one pass; "names" end with NULL. */
void ag_validate_json_members(ag_str_t object, const char *const *names,
    ag_str_t *values);

/* Is it a string, and that one? */
unsigned ag_validate_json_is(ag_str_t string, const char *literal);

/* The same of one in a list that ends with NULL. */
unsigned ag_validate_json_is_one_of(ag_str_t string,
    const char *const *literals);

unsigned ag_validate_json_is_string(ag_str_t value);
unsigned ag_validate_json_is_object(ag_str_t value);

/* Is it a string that is not empty, or an array or object that is not? */
unsigned ag_validate_json_is_filled(ag_str_t value);

/* A number that is an index, else "otherwise". */
uint64_t ag_validate_json_index(ag_str_t value, uint64_t otherwise);

/* Adds what a string says; nothing for any other value. */
int ag_validate_json_add(ag_buf_t *out, ag_str_t string);


/* ---- ag_validate_promise.c: what a request promises ---- */


/* A schema of the request: compiled when it is needed first, or never. */
typedef struct {
    ag_str_t      text;
    ag_schema_t  *schema;
    unsigned      tried:1;
} ag_validate_schema_t;


typedef struct {
    ag_buf_t              name;
    ag_validate_schema_t  schema;
} ag_validate_tool_t;


typedef struct {
    ag_endpoint_t          endpoint;
    ag_str_t               request;
    ag_validate_schema_t   schema;  /* of the text */
    ag_validate_tool_t    *tools;   /* read when a call is looked for first */
    size_t                 count;
    size_t                 size;    /* tools allocated */
    int                    rc;      /* of the first failure */
    unsigned               json:1;  /* the text is JSON */
    unsigned               known:1; /* the tools are read */
    unsigned               open:1;  /* there may be tools that we cannot see */
} ag_validate_promise_t;


/* Is anything promised?  One walk over the top level, shorter if it is. */
unsigned ag_validate_promise_given(ag_endpoint_t endpoint, ag_str_t request);

/* Reads what is promised of the text; spans point into the request. */
void ag_validate_promise_read(ag_validate_promise_t *promise,
    ag_endpoint_t endpoint, ag_str_t request);

/*
 * The tool of that name.  AG_OK; *tool is NULL if nothing is known of its
 * arguments.  AG_NONE: the request did not declare it.  AG_NOMEM.
 */
int ag_validate_promise_find(ag_validate_promise_t *promise, ag_str_t name,
    ag_validate_tool_t **tool);

/* NULL if there is none, or none that we can read. */
const ag_schema_t *ag_validate_promise_schema(ag_validate_schema_t *schema);

void ag_validate_promise_free(ag_validate_promise_t *promise);


/* ---- ag_validate_answer.c: an answer without its dialect ---- */


/* A text, and where the answer holds it. */
typedef struct {
    ag_buf_t  text;
    ag_str_t  string;       /* of the answer, where it ends; no data: there is
                               none that could be changed */
    size_t    string_at;    /* where in "text" that string begins */
    unsigned  mended:1;     /* "text" is not what the string says */
} ag_validate_piece_t;


/*
 * One of n.  What is said after the last tool or thought is what a client
 * takes for the answer: it begins at "last_at".
 */
typedef struct {
    ag_validate_piece_t  piece;
    uint64_t             index;
    size_t               last_at;
    unsigned             in_text:1;
    unsigned             cut:1;     /* by its token limit or by a filter */
    unsigned             refused:1;
    unsigned             waits:1;   /* the turn is not over: for a tool, or
                                       for the provider */
} ag_validate_choice_t;


typedef struct {
    ag_validate_piece_t  piece;     /* its arguments */
    ag_buf_t             name;
    uint64_t             index;     /* by which a stream names it */
    size_t               choice;    /* that made it */
    unsigned             object:1;  /* the arguments are an object, not text */
    unsigned             start:1;   /* they are those that it began with */
} ag_validate_call_t;


typedef struct {
    ag_validate_choice_t  *choices;
    ag_validate_call_t    *calls;
    size_t                 choice_count;
    size_t                 choice_size;
    size_t                 call_count;
    size_t                 call_size;
    uint64_t               open;        /* the stream's last message */
    int                    rc;          /* of the first failure: then nothing
                                           more is added */
    unsigned               streamed:1;  /* spans do not live */
} ag_validate_answer_t;


#define AG_VALIDATE_CLOSED  UINT64_MAX  /* an index that no stream has */


void ag_validate_answer_init(ag_validate_answer_t *answer,
    unsigned streamed);
void ag_validate_answer_free(ag_validate_answer_t *answer);

/* Finds or adds a choice; lives until the next.  NULL: answer->rc says why. */
ag_validate_choice_t *ag_validate_answer_choice(ag_validate_answer_t *answer,
    uint64_t index);

/* Adds a call of the choice; lives until the next.  NULL as above. */
ag_validate_call_t *ag_validate_answer_call(ag_validate_answer_t *answer,
    const ag_validate_choice_t *choice, uint64_t index);

/* The last call of that index, or the last of all if it is CLOSED; or NULL. */
ag_validate_call_t *ag_validate_answer_find(ag_validate_answer_t *answer,
    const ag_validate_choice_t *choice, uint64_t index);

/* A stream counts from 0 again: calls until now cannot be found any more. */
void ag_validate_answer_close(ag_validate_answer_t *answer);

/* A block of content begins or goes on: is it text? */
void ag_validate_answer_block(ag_validate_choice_t *choice, unsigned text);

/* Adds what a string says to a text or to arguments. */
void ag_validate_answer_add(ag_validate_answer_t *answer,
    ag_validate_piece_t *piece, ag_str_t string);

/* Sets the name of a call, unless it has one. */
void ag_validate_answer_name(ag_validate_answer_t *answer,
    ag_validate_call_t *call, ag_str_t name);

/* Takes in why a choice ended, in the words of every dialect. */
void ag_validate_answer_finish(ag_validate_choice_t *choice,
    ag_str_t reason);


/* ---- the dialects; "text" was scanned ---- */


void ag_validate_openai_read(ag_validate_answer_t *answer, ag_str_t text);
void ag_validate_openai_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text);

void ag_validate_anthropic_read(ag_validate_answer_t *answer, ag_str_t text);
void ag_validate_anthropic_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text);

void ag_validate_responses_read(ag_validate_answer_t *answer, ag_str_t text);
void ag_validate_responses_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text);


/* ---- ag_validate_check.c ---- */


/*
 * Checks all choices and calls; mends the pieces of an answer that is not
 * streamed.  Returns as ag_validate().
 */
int ag_validate_check(const ag_validate_rule_t *rule,
    ag_validate_promise_t *promise, ag_validate_answer_t *answer,
    ag_validate_result_t *result);


#endif /* _AG_VALIDATE_PARTS_H_INCLUDED_ */
