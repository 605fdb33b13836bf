/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer is filed under: the SHA-256 (FIPS 180-4) of everything that
 * could make two answers differ.  Each part goes into it with its length, so
 * no two questions run together; there is no way to ask without a scope.
 */


#ifndef _AG_CACHE_KEY_H_INCLUDED_
#define _AG_CACHE_KEY_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_cache.h"


#define AG_CACHE_HEADERS  16        /* that are part of a question */


/* Who may read each other's answers. */
typedef enum {
    AG_CACHE_SCOPE_TENANT = 0,
    AG_CACHE_SCOPE_KEY,             /* who has the same key */
    AG_CACHE_SCOPE_GLOBAL           /* all whose scope is that */
} ag_cache_scope_t;


typedef struct {
    ag_str_t   name;                /* small letters */
    ag_str_t   value;
} ag_cache_header_t;


typedef struct {
    ag_cache_scope_t   scope;
    ag_str_t           tenant;      /* its name, never empty */
    ag_str_t           key_digest;  /* of scope KEY: SHA-256 of the tenant's
                                       key; empty: it has none */
    ag_str_t           version;     /* the operator's */
    ag_str_t           endpoint;    /* "chat/completions" */
    ag_str_t           query;       /* of the URI */
    ag_str_t           asked;       /* the model's name, as asked */
    ag_str_t           model;       /* the model's that answers */
    ag_str_t           tags;        /* names of those its provider must have */
    ag_str_t           validation;  /* what the client asks to be checked */
    ag_cache_header_t  headers[AG_CACHE_HEADERS];   /* that providers see, in
                                       any order */
    size_t             header_count;
    ag_str_t           body;        /* JSON object */
    unsigned           echoes:1;    /* the answer tells for whom it is */
} ag_cache_question_t;


/*
 * The question's key.  Of the body counts what ag_canon() writes without the
 * members that cannot change an answer: how it is delivered (stream,
 * stream_options) and, unless it echoes, for whom (user, metadata,
 * safety_identifier, prompt_cache_key, prompt_cache_retention,
 * prompt_cache_options).
 * "scratch" is overwritten.  AG_OK, or as ag_canon().
 */
int ag_cache_key(const ag_cache_question_t *question, ag_buf_t *scratch,
    ag_char_t key[AG_CACHE_KEY]);

/*
 * The same in two steps, for ag_cache_memo.h: "scratch" becomes all parts but
 * the body, one after another; then the body's form is added and all of it
 * hashed.
 */
int ag_cache_key_begin(const ag_cache_question_t *question,
    ag_buf_t *scratch);
int ag_cache_key_end(const ag_cache_question_t *question, ag_buf_t *scratch,
    ag_char_t key[AG_CACHE_KEY]);

/*
 * A 64-bit id of a name, for ag_cache_item_t: the first bytes of its SHA-256,
 * never 0.
 */
uint64_t ag_cache_id(ag_str_t name);


#endif /* _AG_CACHE_KEY_H_INCLUDED_ */
