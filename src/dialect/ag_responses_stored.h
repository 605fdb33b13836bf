/*
 * Copyright (C) ngx_agent authors
 *
 * References of the Responses API to what a provider has stored.
 */


#ifndef _AG_RESPONSES_STORED_H_INCLUDED_
#define _AG_RESPONSES_STORED_H_INCLUDED_


#include "dialect/ag_rule.h"


/* A field that may be absent, null or false: "previous_response_id". */
int ag_responses_stored_rule(ag_request_t *request,
    const ag_json_member_t *member, const ag_rule_t *rule, ag_error_t *error);

/* AG_OK; AG_INVALID with *error: an item of the input refers to one. */
int ag_responses_stored(const ag_json_t *json, ag_error_t *error);


#endif /* _AG_RESPONSES_STORED_H_INCLUDED_ */
