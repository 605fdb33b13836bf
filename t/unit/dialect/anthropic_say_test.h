/*
 * Copyright (C) ngx_agent authors
 *
 * A writer of the Messages API under test: events are put in by their letter,
 * what comes out is read back and written down short, one word an event.
 */


#ifndef _ANTHROPIC_SAY_TEST_H_INCLUDED_
#define _ANTHROPIC_SAY_TEST_H_INCLUDED_


#include "dialect_test.h"
#include "dialect/ag_anthropic_say_parts.h"


typedef struct {
    ag_writer_t   w;
    ag_neutral_t  n;
    ag_usage_t    usage;
    ag_arena_t    arena;
    ag_buf_t      out;
    ag_buf_t      log;
    uint64_t      random[2];
    int           rc;           /* of the last event */
} saying_t;


static inline void
saying_init(saying_t *s, size_t out_max, size_t arena_max)
{
    memset(s, 0, sizeof(saying_t));

    ag_arena_init(&s->arena, arena_max);
    ag_buf_init(&s->out, out_max);
    ag_buf_init(&s->log, SIZE_MAX);

    s->random[0] = 1;
    s->random[1] = 2;

    s->n.client = &ag_anthropic;
    s->n.arena = &s->arena;
    s->w.client = &ag_anthropic;
    s->w.endpoint = AG_ENDPOINT_MESSAGES;
    s->w.request = &s->n;
    s->w.out = &s->out;
    s->w.arena = &s->arena;
    s->w.random = s->random;
    s->w.usage = &s->usage;
    s->w.id = text("msg_1");
    s->w.model = text("m");
}


static inline void
saying_free(saying_t *s)
{
    ag_arena_free(&s->arena);
    ag_buf_free(&s->out);
    ag_buf_free(&s->log);
}


static inline int
say(saying_t *s, ag_event_t *event)
{
    s->rc = ag_anthropic_say_event(&s->w, event);

    return s->rc;
}


static inline ag_event_t
event_made(ag_event_kind_t kind, uint32_t block)
{
    ag_event_t  event;

    memset(&event, 0, sizeof(event));
    event.kind = kind;
    event.block = block;

    return event;
}


static inline void
start(saying_t *s)
{
    ag_event_t  event = event_made(AG_EVENT_START, 0);

    event.id = s->w.id;
    event.name = s->w.model;
    (void) say(s, &event);
}


/* "id" and "name" are of tools, else NULL. */
static inline void
open_block(saying_t *s, uint32_t block, ag_block_kind_t type, const char *id,
    const char *name)
{
    ag_event_t  event = event_made(AG_EVENT_OPEN, block);

    event.type = type;
    event.id = text(id != NULL ? id : "");
    event.name = text(name != NULL ? name : "");
    (void) say(s, &event);
}


/* The texts of events are gone when the writer returns: so are these. */
static inline void
add(saying_t *s, uint32_t block, const char *string)
{
    size_t       len;
    char        *copy;
    ag_event_t   event = event_made(AG_EVENT_ADD, block);

    len = strlen(string);
    copy = malloc(len + 1);
    memcpy(copy, string, len);

    event.text = ag_str(copy, len);
    (void) say(s, &event);

    free(copy);
}


static inline void
sign(saying_t *s, uint32_t block, const char *string, ag_signer_t signer,
    unsigned redacted)
{
    size_t       len;
    char        *copy;
    ag_event_t   event = event_made(AG_EVENT_SIGN, block);

    len = strlen(string);
    copy = malloc(len + 1);
    memcpy(copy, string, len);

    event.text = ag_str(copy, len);
    event.signer = signer;
    event.redacted = redacted & 1;
    (void) say(s, &event);

    free(copy);
}


static inline void
cite(saying_t *s, uint32_t block, const char *url, const char *title)
{
    ag_event_t  event = event_made(AG_EVENT_CITE, block);

    event.url = text(url);
    event.title = text(title);
    (void) say(s, &event);
}


static inline void
close_block(saying_t *s, uint32_t block)
{
    ag_event_t  event = event_made(AG_EVENT_CLOSE, block);

    (void) say(s, &event);
}


static inline void
end(saying_t *s, ag_finish_t finish)
{
    ag_event_t  event = event_made(AG_EVENT_FINISH, 0);

    event.finish = finish;
    (void) say(s, &event);

    event = event_made(AG_EVENT_END, 0);
    (void) say(s, &event);
}


/* One event of the stream: "[0 text" begins a block, "]0" ends it. */
static inline void
saying_write(ag_buf_t *log, yyjson_val *root)
{
    char         word[256];
    ag_str_t     type;
    yyjson_val  *delta, *block, *name;

    type = ag_json_text(yyjson_obj_get(root, "type"));
    delta = yyjson_obj_get(root, "delta");
    block = yyjson_obj_get(root, "content_block");
    snprintf(word, sizeof(word), "%u",
             (unsigned) yyjson_get_uint(yyjson_obj_get(root, "index")));

    (void) ag_buf_add_string(log, log->len > 0 ? " " : "");

#define WRITE(before, value, member)                                          \
    (void) ag_buf_add_string(log, before);                                    \
    name = yyjson_obj_get(value, member);                                     \
    (void) ag_buf_add_string(log, name ? yyjson_get_str(name) : "")

    if (ag_str_is(type, "message_start")) {
        (void) ag_buf_add_string(log, "(");

    } else if (ag_str_is(type, "message_stop")) {
        (void) ag_buf_add_string(log, ")");

    } else if (ag_str_is(type, "message_delta")) {
        WRITE("=", delta, "stop_reason");

    } else if (ag_str_is(type, "content_block_start")) {
        (void) ag_buf_add_string(log, "[");
        (void) ag_buf_add_string(log, word);
        WRITE(" ", block, "type");
        WRITE(" ", block, "id");
        WRITE(" ", block, "name");
        WRITE(" ", block, "data");

        while (log->data[log->len - 1] == ' ') {
            log->len--;
        }

    } else if (ag_str_is(type, "content_block_stop")) {
        (void) ag_buf_add_string(log, "]");
        (void) ag_buf_add_string(log, word);

    } else {
        (void) ag_buf_add_string(log, word);
        WRITE(":", delta, "text");
        WRITE("", delta, "thinking");
        WRITE("", delta, "partial_json");
        WRITE("", delta, "signature");
        WRITE("", yyjson_obj_get(delta, "citation"), "url");
    }

#undef WRITE
}


/* What was said so far, checked for its form. */
static inline const char *
said(saying_t *s)
{
    ag_str_t         bytes;
    ag_sse_t         sse;
    yyjson_doc      *doc;
    yyjson_val      *root;
    ag_sse_event_t   event;

    s->log.len = 0;
    bytes = ag_buf_str(&s->out);
    ag_sse_init(&sse);

    while (bytes.len > 0 && ag_sse_next(&sse, bytes, &event) == AG_OK) {
        bytes.data += event.raw.len;
        bytes.len -= event.raw.len;

        doc = ag_json_tree(event.data, NULL, 0);
        root = yyjson_doc_get_root(doc);

        if (!yyjson_is_obj(root)) {
            fail_msg("not JSON: %.*s", (int) event.raw.len, event.raw.data);
        }

        assert_true(ag_str_equal(event.type, ag_json_text(
                                 yyjson_obj_get(root, "type"))));

        saying_write(&s->log, root);
        yyjson_doc_free(doc);
    }

    assert_int_equal(bytes.len, 0);
    ag_sse_free(&sse);
    (void) ag_buf_add(&s->log, "", 1);

    return (const char *) s->log.data;
}


#define assert_said(s, expected)  assert_string_equal(said(s), expected)


#endif /* _ANTHROPIC_SAY_TEST_H_INCLUDED_ */
