/*
 * Copyright (C) ngx_agent authors
 *
 * The fields of a client's request that we read, as data: one row per field,
 * one table per endpoint.  Fields without a row pass on unread.
 */


#ifndef _AG_RULE_H_INCLUDED_
#define _AG_RULE_H_INCLUDED_


#include "dialect/ag_dialect.h"


#define AG_RULES_MAX  32        /* rows of a table; one bit each */


typedef struct ag_rule_s  ag_rule_t;


/*
 * Checks one value and keeps what it says.  Returns AG_OK, or AG_INVALID with
 * *error set or, for the row's own text, untouched.
 */
typedef int (*ag_rule_pt)(ag_request_t *request,
    const ag_json_member_t *member, const ag_rule_t *rule, ag_error_t *error);


struct ag_rule_s {
    ag_str_t    name;
    ag_str_t    invalid;        /* what the client reads */
    ag_str_t    missing;
    ag_rule_pt  read;
    unsigned    required:1;
    unsigned    null_too:1;     /* null is read; else it means absent */
    int64_t     min;            /* of a number */
    int64_t     max;
};


/* The first three members of a row; "what" is "type" or "value". */
#define AG_RULE(name, what, expected)                                         \
    ag_string(name),                                                          \
    ag_string("Invalid " what " for \"" name "\": expected " expected "."),   \
    ag_string("Missing required parameter: \"" name "\".")


/*
 * Reads a scanned body by a table of "count" rows.  Returns AG_OK, or
 * AG_INVALID with *error about the first field, as the client ordered them,
 * that is wrong, else the first required one, as the table orders them, that
 * is absent or null.  A model that alone is missing is no error.
 */
int ag_rules_read(ag_request_t *request, const ag_json_t *json,
    const ag_rule_t *rules, size_t count, ag_error_t *error);

/* Is this the member's key, escapes decoded? */
int ag_rule_names(ag_str_t name, const ag_json_member_t *member);


/* "model": a name of 1 to AG_MODEL_NAME_MAX bytes, no control characters. */
int ag_rule_model(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* "stream" */
int ag_rule_stream(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* "stream_options" of chats and completions; needs null_too */
int ag_rule_stream_options(ag_request_t *request,
    const ag_json_member_t *member, const ag_rule_t *rule, ag_error_t *error);

/* a cap of output tokens */
int ag_rule_tokens(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* a number of answers */
int ag_rule_choices(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* a non-empty array */
int ag_rule_list(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* a string or an array */
int ag_rule_text(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);

/* a string or a non-empty array */
int ag_rule_input(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error);


#endif /* _AG_RULE_H_INCLUDED_ */
