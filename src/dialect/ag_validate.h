/*
 * Copyright (C) ngx_agent authors
 *
 * Does an answer keep what its request or the operator promised?  Reads the
 * text and the tool calls of an answer in its dialect, checks them, and mends
 * them where that is certain.
 */


#ifndef _AG_VALIDATE_H_INCLUDED_
#define _AG_VALIDATE_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_regex.h"
#include "core/ag_schema.h"
#include "dialect/ag_dialect.h"


/*
 * What is asked of an answer.  All that is set must hold.  Zeroed: nothing.
 *
 *   request     what the request's response_format (chat), text.format
 *               (responses) and tools promise: the text is one JSON value,
 *               json_schema's schema holds; arguments of a tool call are JSON
 *               and keep to the tool's schema.  Not asked of an answer that
 *               was cut by its token limit or by a filter, nor of a refusal:
 *               the promise does not cover them
 *   json        the text holds JSON, see ag_extract_json()
 *   tag         the text holds <tag>...</tag>, and that is not empty; with
 *               json or schema the JSON stands there
 *   schema      implies json, which keeps to it
 *   regex       matches the text
 *   min_length  characters of the text, at least
 *   again       asked for once more before the next target
 */
typedef struct {
    ag_str_t            tag;
    const ag_schema_t  *schema;
    const ag_regex_t   *regex;
    size_t              min_length;
    unsigned            request:1;
    unsigned            json:1;
    unsigned            again:1;
} ag_validate_rule_t;


typedef struct {
    unsigned     repaired:1;    /* "out" holds the answer to send */
    const char  *reason;        /* constant words why it is invalid */
} ag_validate_result_t;


/*
 * Would ag_validate() look at the answer of this request at all?  Cheap: the
 * healthy path asks it once per call.  "body" is the request's.
 */
unsigned ag_validate_needed(const ag_validate_rule_t *rule,
    ag_endpoint_t endpoint, ag_str_t body);

/*
 * Validates a whole answer of status 2xx.
 *
 *   request  the client's body
 *   answer   the provider's body: chat, completions, responses, messages;
 *            answers of other endpoints are valid
 *   out      empty; gets the whole answer again if its text was mended:
 *            the text of a choice becomes the mended JSON, nothing else
 *            changes (numbers, order and unknown members stay)
 *
 * "request" rules mend fences, prose and commas around JSON that was promised
 * to be bare; json and schema rules accept what ag_extract_json() finds and
 * leave the text alone, and mend only what it does not find.  Tool arguments
 * are mended by the same function; empty arguments become {} where the tool's
 * schema allows that.
 *
 * Returns AG_OK, AG_INVALID with result->reason, AG_LIMIT or AG_NOMEM.
 */
int ag_validate(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t answer, ag_buf_t *out,
    ag_validate_result_t *result);

/*
 * The same of a stream that was held back: "events" are its bytes as they
 * would be sent.  Text and arguments are put together from the deltas; what
 * would need mending is invalid, since a stream is not changed here; but
 * empty arguments stand for {}, as clients read them.
 */
int ag_validate_stream(const ag_validate_rule_t *rule,
    ag_endpoint_t endpoint, ag_str_t request, ag_str_t events,
    ag_validate_result_t *result);

/*
 * Reads the value of x-agent-validate: "json", "request", "off", "tag=NAME",
 * "min_length=N", several separated by commas.  A client may ask for more
 * than the operator, not for less: *rule is extended; "off" is honoured only
 * for what the request itself promises.  Schemas and regular expressions are
 * the operator's alone.  AG_OK, or AG_INVALID: *rule is as it was.
 */
int ag_validate_header(ag_str_t value, ag_validate_rule_t *rule);


#endif /* _AG_VALIDATE_H_INCLUDED_ */
