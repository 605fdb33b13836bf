/*
 * Copyright (C) ngx_agent authors
 *
 * Does an answer keep what its request or the operator promised?
 *
 * The way of an answer: its dialect takes it apart, the check holds the
 * parts against the rule, and what was mended is put back in its place.  All
 * other bytes stay, since nothing is parsed and written again.
 */


#include "dialect/ag_validate_parts.h"


static unsigned ag_validate_is_asked(const ag_validate_rule_t *rule);
static unsigned ag_validate_is_text(ag_endpoint_t endpoint);
static void ag_validate_read(ag_validate_answer_t *answer,
    ag_endpoint_t endpoint, ag_str_t text);
static int ag_validate_events(ag_validate_answer_t *answer,
    ag_endpoint_t endpoint, ag_str_t events);
static void ag_validate_event(ag_validate_answer_t *answer,
    ag_endpoint_t endpoint, const ag_sse_event_t *event);
static int ag_validate_judge(const ag_validate_rule_t *rule,
    ag_endpoint_t endpoint, ag_str_t request, ag_validate_answer_t *answer,
    ag_validate_result_t *result);
static int ag_validate_write(const ag_validate_answer_t *answer,
    ag_str_t text, ag_buf_t *out, ag_validate_result_t *result);
static const ag_validate_piece_t *ag_validate_next(
    const ag_validate_answer_t *answer, const ag_char_t *from);
static const ag_validate_piece_t *ag_validate_nearer(
    const ag_validate_piece_t *piece, const ag_validate_piece_t *other,
    const ag_char_t *from);


unsigned
ag_validate_needed(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t body)
{
    if (!ag_validate_is_text(endpoint)) {
        return 0;
    }

    return ag_validate_is_asked(rule)
           || (rule->request && ag_validate_promise_given(endpoint, body));
}


int
ag_validate(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t answer, ag_buf_t *out,
    ag_validate_result_t *result)
{
    int                   rc;
    ag_json_t             json;
    ag_validate_answer_t  parts;

    memset(result, 0, sizeof(*result));

    if (!ag_validate_is_text(endpoint)
        || (!rule->request && !ag_validate_is_asked(rule)))
    {
        return AG_OK;
    }

    rc = ag_json_scan(&json, answer);

    if (rc != AG_OK) {
        result->reason = (rc == AG_INVALID) ? "the answer is not JSON" : NULL;
        return rc;
    }

    ag_validate_answer_init(&parts, 0);
    ag_validate_read(&parts, endpoint, answer);

    rc = ag_validate_judge(rule, endpoint, request, &parts, result);

    if (rc == AG_OK) {
        rc = ag_validate_write(&parts, answer, out, result);
    }

    ag_validate_answer_free(&parts);

    return rc;
}


int
ag_validate_stream(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t events, ag_validate_result_t *result)
{
    int                   rc;
    ag_validate_answer_t  parts;

    memset(result, 0, sizeof(*result));

    if (!ag_validate_is_text(endpoint)
        || (!rule->request && !ag_validate_is_asked(rule)))
    {
        return AG_OK;
    }

    ag_validate_answer_init(&parts, 1);

    rc = ag_validate_events(&parts, endpoint, events);

    if (rc == AG_OK) {
        rc = ag_validate_judge(rule, endpoint, request, &parts, result);
    }

    ag_validate_answer_free(&parts);

    return rc;
}


/* Is anything asked, whatever the request promises? */
static unsigned
ag_validate_is_asked(const ag_validate_rule_t *rule)
{
    return rule->json || rule->schema != NULL || rule->tag.len > 0
           || rule->regex != NULL || rule->min_length > 0;
}


static unsigned
ag_validate_is_text(ag_endpoint_t endpoint)
{
    return endpoint == AG_ENDPOINT_CHAT
           || endpoint == AG_ENDPOINT_COMPLETIONS
           || endpoint == AG_ENDPOINT_RESPONSES
           || endpoint == AG_ENDPOINT_MESSAGES;
}


static void
ag_validate_read(ag_validate_answer_t *answer, ag_endpoint_t endpoint,
    ag_str_t text)
{
    if (endpoint == AG_ENDPOINT_RESPONSES) {
        ag_validate_responses_read(answer, text);

    } else if (endpoint == AG_ENDPOINT_MESSAGES) {
        ag_validate_anthropic_read(answer, text);

    } else {
        ag_validate_openai_read(answer, text);
    }
}


static int
ag_validate_events(ag_validate_answer_t *answer, ag_endpoint_t endpoint,
    ag_str_t events)
{
    int             rc;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    ag_sse_init(&sse);

    while ((rc = ag_sse_next(&sse, events, &event)) == AG_OK) {
        events.data += event.raw.len;
        events.len -= event.raw.len;

        ag_validate_event(answer, endpoint, &event);
    }

    ag_sse_free(&sse);

    return (rc == AG_AGAIN) ? answer->rc : rc;
}


/* Data that are not JSON ("[DONE]") say nothing of the answer. */
static void
ag_validate_event(ag_validate_answer_t *answer, ag_endpoint_t endpoint,
    const ag_sse_event_t *event)
{
    ag_str_t   type, name;
    ag_json_t  json;

    if (event->data.len == 0 || ag_json_scan(&json, event->data) != AG_OK) {
        return;
    }

    name = ag_validate_json_member(event->data, "type");
    type = ag_validate_json_is_string(name)
           ? ag_str(name.data + 1, name.len - 2) : event->type;

    if (endpoint == AG_ENDPOINT_RESPONSES) {
        ag_validate_responses_event(answer, type, event->data);

    } else if (endpoint == AG_ENDPOINT_MESSAGES) {
        ag_validate_anthropic_event(answer, type, event->data);

    } else {
        ag_validate_openai_event(answer, type, event->data);
    }
}


static int
ag_validate_judge(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_validate_answer_t *answer,
    ag_validate_result_t *result)
{
    int                    rc;
    ag_validate_promise_t  promise;

    if (answer->rc != AG_OK) {
        return answer->rc;
    }

    /* without the rule nothing is promised */

    ag_validate_promise_read(&promise, endpoint,
                             rule->request ? request : ag_str(NULL, 0));

    rc = ag_validate_check(rule, &promise, answer, result);

    ag_validate_promise_free(&promise);

    return rc;
}


/* Writes the answer with what was mended, if anything was. */
static int
ag_validate_write(const ag_validate_answer_t *answer, ag_str_t text,
    ag_buf_t *out, ag_validate_result_t *result)
{
    int                         rc;
    ag_str_t                    said;
    const ag_char_t            *from, *end;
    const ag_validate_piece_t  *piece;

    rc = AG_OK;
    from = text.data;
    end = text.data + text.len;

    while (rc == AG_OK && (piece = ag_validate_next(answer, from)) != NULL) {
        result->repaired = 1;

        rc = ag_buf_add(out, from, (size_t) (piece->string.data - from));
        from = piece->string.data + piece->string.len;

        if (rc == AG_OK) {
            rc = ag_buf_add(out, "\"", 1);
        }

        said = ag_str(piece->text.data + piece->string_at,
                      piece->text.len - piece->string_at);

        if (rc == AG_OK) {
            rc = ag_buf_add_json(out, said);
        }

        if (rc == AG_OK) {
            rc = ag_buf_add(out, "\"", 1);
        }
    }

    if (rc == AG_OK && result->repaired) {
        rc = ag_buf_add(out, from, (size_t) (end - from));
    }

    if (rc != AG_OK) {
        out->len = 0;
        result->repaired = 0;
    }

    return rc;
}


/* The first mended piece whose string stands at "from" or behind it. */
static const ag_validate_piece_t *
ag_validate_next(const ag_validate_answer_t *answer, const ag_char_t *from)
{
    size_t                      i;
    const ag_validate_piece_t  *piece;

    piece = NULL;

    for (i = 0; i < answer->choice_count; i++) {
        piece = ag_validate_nearer(piece, &answer->choices[i].piece, from);
    }

    for (i = 0; i < answer->call_count; i++) {
        piece = ag_validate_nearer(piece, &answer->calls[i].piece, from);
    }

    return piece;
}


static const ag_validate_piece_t *
ag_validate_nearer(const ag_validate_piece_t *piece,
    const ag_validate_piece_t *other, const ag_char_t *from)
{
    if (!other->mended || other->string.data < from) {
        return piece;
    }

    return (piece == NULL || other->string.data < piece->string.data)
           ? other : piece;
}
