/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of Anthropic as a provider share: a chat client's request
 * that is told to it, and events of its that a chat client hears.
 */


#ifndef _ANTHROPIC_TELL_TEST_H_INCLUDED_
#define _ANTHROPIC_TELL_TEST_H_INCLUDED_


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialect/golden_run.h"


#define OLDER   "claude-opus-4-5-20251101"      /* budgets, schemas */
#define OLDEST  "claude-sonnet-4-20250514"      /* budgets, no schemas */
#define NEWER   "claude-opus-4-6"               /* adaptive, no prefill */
#define NEWEST  "claude-opus-5-5"               /* refuses forced tools */


/* Free it with golden_ask_free(). */
static inline void
tell(golden_asked_t *a, const char *model, const char *request)
{
    golden_how_t  how;

    memset(&how, 0, sizeof(how));

    how.provider = &ag_anthropic;
    how.quirks = ag_quirks_of_host(ag_str("", 0));
    how.endpoint = AG_ENDPOINT_CHAT;
    how.model = ag_str(model, strlen(model));

    golden_ask(a, &how, ag_str(request, strlen(request)));
}


/* A request with these members beside a model and a message. */
static inline void
tell_with(golden_asked_t *a, const char *model, const char *members)
{
    size_t   size;
    char    *request;

    size = strlen(members) + 100;
    request = malloc(size);
    snprintf(request, size, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
             "\"content\":\"Hi\"}]%s%s}", *members ? "," : "", members);

    tell(a, model, request);
    free(request);
}


/* The body's tree; free it. */
static inline yyjson_doc *
told(const golden_asked_t *a)
{
    ag_json_t    json;
    yyjson_doc  *doc;

    if (a->rc != AG_OK) {
        fail_msg("rc %d: %.*s", a->rc, (int) a->error.message.len,
                 (const char *) a->error.message.data);
    }

    assert_int_equal(ag_json_scan(&json, ag_buf_str(&a->body)), AG_OK);

    doc = ag_json_tree_large(ag_buf_str(&a->body), GOLDEN_BODY_MAX, NULL);
    assert_non_null(doc);

    return doc;
}


static inline unsigned
told_has(const golden_asked_t *a, const char *piece)
{
    assert_int_equal(a->rc, AG_OK);

    return memmem(a->body.data, a->body.len, piece, strlen(piece)) != NULL;
}


/* The stream, in one piece; free h->out. */
static inline void
hear(golden_heard_t *h, const golden_asked_t *a, const char *stream)
{
    golden_hear_init(h);
    golden_hear(h, a, ag_str(stream, strlen(stream)), strlen(stream) + 1, 0);
}


static inline unsigned
heard_has(const golden_heard_t *h, const char *piece)
{
    return memmem(h->out.data, h->out.len, piece, strlen(piece)) != NULL;
}


/* A number that follows from the last; for tests that try much. */
static inline uint32_t
next_of(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;

    return *seed >> 8;
}


#endif /* _ANTHROPIC_TELL_TEST_H_INCLUDED_ */
