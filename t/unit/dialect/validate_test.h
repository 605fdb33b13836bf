/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of ag_validate_*.c share.  JSON stands in them with ' for ",
 * and every text is judged in memory of its exact size.
 */


#ifndef _VALIDATE_TEST_H_INCLUDED_
#define _VALIDATE_TEST_H_INCLUDED_


#include "dialect_test.h"
#include "dialect/ag_validate_parts.h"


static const ag_validate_rule_t  nothing __attribute__((unused));
static const ag_validate_rule_t  by_request __attribute__((unused)) = {
    .request = 1
};
static const ag_validate_rule_t  by_json __attribute__((unused)) = {
    .json = 1
};


/* A copy in which ' became "; free its data. */
static inline ag_str_t
quoted(const char *string)
{
    char    *copy;
    size_t   i, len;

    len = strlen(string);
    copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);

    for (i = 0; i < len; i++) {
        copy[i] = (string[i] == '\'') ? '"' : string[i];
    }

    return ag_str(copy, len);
}


/* The lines of a text as the events of a stream; free its data. */
static inline ag_str_t
as_events(ag_str_t lines)
{
    ag_buf_t  out;
    ag_str_t  line;

    ag_buf_init(&out, AG_ANSWER_MAX);

    while (lines.len > 0) {
        line = next_line(&lines);

        assert_int_equal(ag_buf_add_string(&out, "data: "), AG_OK);
        assert_int_equal(ag_buf_add(&out, line.data, line.len), AG_OK);
        assert_int_equal(ag_buf_add_string(&out, "\n\n"), AG_OK);
    }

    return ag_buf_str(&out);
}


static inline void
released(ag_str_t string)
{
    free((void *) string.data);
}


/* Judges an answer; "out" is empty, or holds what was mended. */
static inline int
judge(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *answer, ag_buf_t *out,
    ag_validate_result_t *result)
{
    int       rc;
    ag_str_t  asked, answered;

    ag_buf_init(out, AG_ANSWER_MAX);
    memset(result, 0xff, sizeof(*result));

    asked = quoted(request);
    answered = quoted(answer);

    rc = ag_validate(rule, endpoint, asked, answered, out, result);

    released(asked);
    released(answered);

    if (rc != AG_OK || !result->repaired) {
        assert_int_equal(out->len, 0);
        assert_false(result->repaired);
    }

    return rc;
}


static inline void
valid(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *answer)
{
    int                   rc;
    ag_buf_t              out;
    ag_validate_result_t  result;

    rc = judge(rule, endpoint, request, answer, &out, &result);

    if (rc != AG_OK || result.repaired) {
        fail_msg("%d, \"%s\", repaired: %d: %s", rc,
                 result.reason != NULL ? result.reason : "",
                 result.repaired, answer);
    }

    assert_null(result.reason);
    ag_buf_free(&out);
}


static inline void
invalid(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *answer, const char *reason)
{
    int                   rc;
    ag_buf_t              out;
    ag_validate_result_t  result;

    rc = judge(rule, endpoint, request, answer, &out, &result);

    if (rc != AG_INVALID) {
        fail_msg("%d, not \"%s\": %s", rc, reason, answer);
    }

    assert_string_equal(result.reason, reason);
    ag_buf_free(&out);
}


/* What was mended must be as expected, and valid as it is. */
static inline void
mended(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *answer, const char *expected)
{
    int                   rc;
    ag_buf_t              out;
    ag_str_t              wanted;
    ag_validate_result_t  result;

    rc = judge(rule, endpoint, request, answer, &out, &result);

    if (rc != AG_OK || !result.repaired) {
        fail_msg("%d, \"%s\", repaired: %d: %s", rc,
                 result.reason != NULL ? result.reason : "",
                 result.repaired, answer);
    }

    wanted = quoted(expected);

    if (!ag_str_equal(ag_buf_str(&out), wanted)) {
        fail_msg("made %.*s", (int) out.len, (char *) out.data);
    }

    released(wanted);
    ag_buf_free(&out);

    valid(rule, endpoint, request, expected);
}


/* The same of a stream, an event a line. */
static inline int
judge_stream(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *lines, ag_validate_result_t *result)
{
    int       rc;
    ag_str_t  asked, plain, events;

    memset(result, 0xff, sizeof(*result));

    asked = quoted(request);
    plain = quoted(lines);
    events = as_events(plain);

    rc = ag_validate_stream(rule, endpoint, asked, events, result);

    released(asked);
    released(plain);
    released(events);

    assert_false(result->repaired);

    return rc;
}


static inline void
valid_stream(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *lines)
{
    int                   rc;
    ag_validate_result_t  result;

    rc = judge_stream(rule, endpoint, request, lines, &result);

    if (rc != AG_OK) {
        fail_msg("%d, \"%s\": %s", rc,
                 result.reason != NULL ? result.reason : "", lines);
    }
}


static inline void
invalid_stream(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    const char *request, const char *lines, const char *reason)
{
    int                   rc;
    ag_validate_result_t  result;

    rc = judge_stream(rule, endpoint, request, lines, &result);

    if (rc != AG_INVALID) {
        fail_msg("%d, not \"%s\": %s", rc, reason, lines);
    }

    assert_string_equal(result.reason, reason);
}


typedef void (*read_pt)(ag_validate_answer_t *answer, ag_str_t text);
typedef void (*event_pt)(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text);


/*
 * What a dialect reads, in words: each choice with its flags and text, a bar
 * where the last text begins, and each call with its arguments.  "read"
 * NULL: lines of a stream.
 */
static inline void
reads(read_pt read, event_pt event, const char *string, const char *expected)
{
    char                         words[1024];
    size_t                       i, at;
    ag_str_t                     body, rest, line, name;
    ag_validate_answer_t         answer;
    const ag_validate_call_t    *call;
    const ag_validate_choice_t  *choice;

    body = quoted(string);
    rest = body;
    ag_validate_answer_init(&answer, read == NULL);

    if (read != NULL) {
        read(&answer, body);
    }

    while (read == NULL && rest.len > 0) {
        line = next_line(&rest);
        name = ag_validate_json_member(line, "type");
        name = (name.len > 2) ? ag_str(name.data + 1, name.len - 2) : name;
        event(&answer, name, line);
    }

    assert_int_equal(answer.rc, AG_OK);
    at = 0;
    words[0] = '\0';

    for (i = 0; i < answer.choice_count; i++) {
        choice = &answer.choices[i];
        at += (size_t) snprintf(words + at, sizeof(words) - at,
                                "%s%d%s%s%s: %.*s|%.*s",
                                i > 0 ? ", " : "", (int) choice->index,
                                choice->cut ? " cut" : "",
                                choice->refused ? " refused" : "",
                                choice->waits ? " waits" : "",
                                (int) choice->last_at,
                                (char *) choice->piece.text.data,
                                (int) (choice->piece.text.len
                                       - choice->last_at),
                                choice->piece.text.data != NULL
                                ? (char *) choice->piece.text.data
                                  + choice->last_at : "");
        assert_true(at < sizeof(words));
    }

    for (i = 0; i < answer.call_count; i++) {
        call = &answer.calls[i];
        at += (size_t) snprintf(words + at, sizeof(words) - at,
                                "; %d %.*s(%.*s)", (int) call->choice,
                                (int) call->name.len,
                                (char *) call->name.data,
                                (int) call->piece.text.len,
                                (char *) call->piece.text.data);
        assert_true(at < sizeof(words));
    }

    for (at = 0; words[at] != '\0'; at++) {
        words[at] = (words[at] == '"') ? '\'' : words[at];
    }

    assert_string_equal(words, expected);

    ag_validate_answer_free(&answer);
    released(body);
}


#endif /* _VALIDATE_TEST_H_INCLUDED_ */
