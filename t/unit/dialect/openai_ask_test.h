/*
 * Copyright (C) ngx_agent authors
 *
 * What tests of ag_openai_ask*.c share: a request is read, and what was
 * understood is written on one line, to be compared.
 *
 *   user: "Hi" image(data image/png AAAA) / assistant: call(f#1 {})
 */


#ifndef _OPENAI_ASK_TEST_H_INCLUDED_
#define _OPENAI_ASK_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_translate_parts.h"


#define ASKED_MAX  (64 * 1024 * 1024)


typedef struct {
    ag_arena_t     arena;
    ag_neutral_t   n;
    ag_error_t     error;
    yyjson_doc    *doc;
    int            rc;
} asked_t;


static inline void
ask_tree(asked_t *a, yyjson_val *root, ag_endpoint_t endpoint, size_t max)
{
    memset(a, 0, sizeof(asked_t));
    ag_arena_init(&a->arena, max);

    a->n.arena = &a->arena;
    a->n.endpoint = endpoint;
    a->rc = ag_openai_ask(&a->n, root, &a->error);
}


static inline void
ask_of(asked_t *a, const char *json, ag_endpoint_t endpoint)
{
    yyjson_doc  *doc;

    doc = yyjson_read(json, strlen(json), YYJSON_READ_BIGNUM_AS_RAW);

    if (doc == NULL) {
        fail_msg("the test's own JSON is wrong: %s", json);
    }

    ask_tree(a, yyjson_doc_get_root(doc), endpoint, ASKED_MAX);
    a->doc = doc;
}


/* The request of these pieces. */
static inline void
ask_joined(asked_t *a, const char *before, const char *inside,
    const char *after)
{
    ag_buf_t  json;

    ag_buf_init(&json, SIZE_MAX);
    ag_buf_add_string(&json, before);
    ag_buf_add_string(&json, inside);
    assert_int_equal(ag_buf_add(&json, after, strlen(after) + 1), AG_OK);

    ask_of(a, (const char *) json.data, AG_ENDPOINT_CHAT);
    ag_buf_free(&json);
}


/* "fields" stand beside a message: "\"n\":2". */
static inline void
ask_fields(asked_t *a, const char *fields)
{
    ask_joined(a, "{", fields,
               (*fields != '\0')
               ? ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
               : "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
}


static inline void
asked_free(asked_t *a)
{
    ag_arena_free(&a->arena);
    yyjson_doc_free(a->doc);
}


static inline void
log_string(ag_buf_t *log, const char *before, ag_str_t text)
{
    if (text.len > 0) {
        ag_buf_add_string(log, before);
        ag_buf_add(log, text.data, text.len);
    }
}


static inline void
log_value(ag_buf_t *log, const char *before, yyjson_val *value)
{
    char  *json;

    json = yyjson_val_write(value, 0, NULL);

    if (json != NULL) {
        log_string(log, before, ag_str(json, strlen(json)));
    }

    free(json);
}


static inline void
log_part(ag_buf_t *log, const ag_part_t *part)
{
    const ag_part_t    *inner;
    static const char  *kinds[] = {
        "", "refusal", "image", "file", "audio", "thought", "call", "result",
        "foreign"
    };
    static const char  *signers[] = {
        "nobody", "anthropic", "gemini", "responses", "other"
    };

    ag_buf_add_string(log, kinds[part->kind]);
    ag_buf_add_string(log, (part->kind == AG_PART_TEXT) ? "\"" : "(");

    if (part->custom) {
        ag_buf_add_string(log, "custom ");
    }

    if (part->redacted) {
        ag_buf_add_string(log, "redacted ");
    }

    log_string(log, "", part->name);
    log_string(log, "#", part->id);
    log_string(log, "<", part->media_type);
    log_string(log, ">", part->data);
    log_string(log, "@", part->url);
    log_string(log, "file:", part->file_id);
    log_string(log, "detail:", part->detail);
    log_string(log, (part->kind == AG_PART_TEXT) ? "" : " ", part->text);
    log_value(log, " input:", part->input);

    for (inner = part->parts; inner != NULL; inner = inner->next) {
        ag_buf_add_string(log, " ");
        log_part(log, inner);
    }

    ag_buf_add_string(log, (part->kind == AG_PART_TEXT) ? "\"" : ")");

    if (part->signature.len > 0) {
        log_string(log, "~", part->signature);
        ag_buf_add_string(log, "~");
        ag_buf_add_string(log, signers[part->signer]);
    }

    log_value(log, "!", part->cache_control);
}


static inline void
log_turns(ag_buf_t *log, const ag_neutral_t *n)
{
    const ag_part_t    *part;
    const ag_turn_t    *turn;
    static const char  *roles[] = {
        "system", "developer", "user", "assistant"
    };

    for (turn = n->turns; turn != NULL; turn = turn->next) {
        ag_buf_add_string(log, (turn == n->turns) ? "" : " / ");
        ag_buf_add_string(log, roles[turn->role]);
        log_string(log, "=", turn->name);
        ag_buf_add_string(log, ":");

        for (part = turn->parts; part != NULL; part = part->next) {
            ag_buf_add_string(log, " ");
            log_part(log, part);
        }
    }
}


/* What the elements of "messages" are understood as. */
static inline void
expect_turns(const char *messages, const char *expected)
{
    asked_t   a;
    ag_buf_t  log;

    ask_joined(&a, "{\"messages\":[", messages, "]}");

    ag_buf_init(&log, SIZE_MAX);
    log_turns(&log, &a.n);

    if (a.rc != AG_OK || !ag_str_is(ag_buf_str(&log), expected)) {
        fail_msg("rc %d (%.*s)\n     got %.*s\nexpected %s", a.rc,
                 (int) a.error.message.len, a.error.message.data,
                 (int) log.len, log.data, expected);
    }

    ag_buf_free(&log);
    asked_free(&a);
}


/* The content of a user's message. */
static inline void
expect_parts(const char *parts, const char *expected)
{
    char  messages[1024], turn[1024];

    snprintf(messages, sizeof(messages),
             "{\"role\":\"user\",\"content\":[%s]}", parts);
    snprintf(turn, sizeof(turn), "user: %s", expected);
    expect_turns(messages, turn);
}


static inline void
expect_refused(asked_t *a, const char *param)
{
    assert_int_equal(a->rc, AG_INVALID);
    assert_int_equal(a->error.class, AG_E_INVALID_VALUE);

    if (!ag_str_is(a->error.param, param)) {
        fail_msg("\"%.*s\" is refused, not \"%s\"", (int) a->error.param.len,
                 a->error.param.data, param);
    }

    assert_true(a->error.message.len > 0);
    asked_free(a);
}


static inline void
expect_bad_fields(const char *fields, const char *param)
{
    asked_t  a;

    ask_fields(&a, fields);
    expect_refused(&a, param);
}


static inline void
expect_bad_turns(const char *messages, const char *param)
{
    asked_t  a;

    ask_joined(&a, "{\"messages\":[", messages, "]}");
    expect_refused(&a, param);
}


#endif /* _OPENAI_ASK_TEST_H_INCLUDED_ */
