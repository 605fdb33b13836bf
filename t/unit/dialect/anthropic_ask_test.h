/*
 * Copyright (C) ngx_agent authors
 *
 * A client's Messages request under test: it is read, and its turns are
 * written down short, so that a test is one line to compare.
 */


#ifndef _ANTHROPIC_ASK_TEST_H_INCLUDED_
#define _ANTHROPIC_ASK_TEST_H_INCLUDED_


#include "dialect_test.h"
#include "dialect/ag_translate_parts.h"


typedef struct {
    ag_neutral_t   n;
    ag_arena_t     arena;
    ag_error_t     error;
    ag_buf_t       log;
    yyjson_doc    *doc;
    int            rc;
} asking_t;


static inline void
ask_in(asking_t *a, ag_str_t json, size_t arena_max)
{
    memset(a, 0, sizeof(asking_t));

    ag_arena_init(&a->arena, arena_max);
    ag_buf_init(&a->log, SIZE_MAX);

    a->doc = ag_json_tree_large(json, AG_TRANSLATE_MAX, NULL);
    assert_non_null(a->doc);

    a->n.arena = &a->arena;
    a->n.client = &ag_anthropic;
    a->n.endpoint = AG_ENDPOINT_MESSAGES;
    a->n.root = yyjson_doc_get_root(a->doc);
    a->n.choices = 1;
    a->n.parallel = -1;
    a->n.schema_strict = -1;

    a->rc = ag_anthropic_ask(&a->n, a->n.root, &a->error);
}


static inline void
ask(asking_t *a, const char *json)
{
    ask_in(a, text(json), 1 << 20);

    if (a->rc != AG_OK) {
        fail_msg("%d, \"%.*s\": %s", a->rc, (int) a->error.message.len,
                 a->error.message.data, json);
    }
}


/* The members of a request beside a message. */
static inline void
ask_with(asking_t *a, const char *members)
{
    char  json[4096];

    snprintf(json, sizeof(json), "{\"model\":\"m\",\"messages\":[{\"role\":"
             "\"user\",\"content\":\"Hi\"}],%s}", members);
    ask(a, json);
}


static inline void
asking_free(asking_t *a)
{
    yyjson_doc_free(a->doc);
    ag_arena_free(&a->arena);
    ag_buf_free(&a->log);
}


static inline void
asking_add(asking_t *a, ag_str_t text, const char *end)
{
    (void) ag_buf_add(&a->log, text.data, text.len);
    (void) ag_buf_add_string(&a->log, end);
}


/*
 * t:TEXT, i:TYPE|DATA|URL|ID, f:NAME|TYPE|DATA|URL|ID|TEXT, r:TEXT,
 * c:ID|NAME|INPUT, o:ID|NAME{CONTENT}, x:TYPE; then "*" for cache_control,
 * "!" for an error, "#" for what is redacted, "~SIGNER/SIGNATURE".
 */
static inline void
asking_write(asking_t *a, const ag_part_t *part)
{
    static const char  *const letters[] = {
        "t:", "n:", "i:", "f:", "a:", "r:", "c:", "o:", "x:"
    };

    for ( /* void */ ; part != NULL; part = part->next) {
        (void) ag_buf_add_string(&a->log, letters[part->kind]);

        if (part->kind == AG_PART_FILE) {
            asking_add(a, part->name, "|");
        }

        if (part->kind == AG_PART_IMAGE || part->kind == AG_PART_FILE) {
            asking_add(a, part->media_type, "|");
            asking_add(a, part->data, "|");
            asking_add(a, part->url, "|");
            asking_add(a, part->file_id,
                       (part->kind == AG_PART_FILE) ? "|" : "");
        }

        if (part->kind == AG_PART_TOOL_CALL
            || part->kind == AG_PART_TOOL_RESULT)
        {
            asking_add(a, part->id, "|");
            asking_add(a, part->name, "");
        }

        if (part->kind == AG_PART_TOOL_CALL) {
            (void) ag_buf_add_string(&a->log, "|");
        }

        if (part->input != NULL) {
            (void) ag_json_add(&a->log, part->input);
        }

        asking_add(a, part->text, "");

        if (part->kind == AG_PART_TOOL_RESULT) {
            (void) ag_buf_add_string(&a->log, "{");
            asking_write(a, part->parts);
            (void) ag_buf_add_string(&a->log, "}");
        }

        if (part->kind == AG_PART_FOREIGN) {
            asking_add(a, ag_json_text(yyjson_obj_get(part->value, "type")),
                       "");
        }

        asking_add(a, text(part->cache_control != NULL ? "*" : ""), "");
        asking_add(a, text(part->error ? "!" : ""), "");
        asking_add(a, text(part->redacted ? "#" : ""), "");

        if (part->signer != AG_SIGNER_NONE) {
            (void) ag_buf_add_string(&a->log, "~");
            (void) ag_buf_add_number(&a->log, part->signer);
            (void) ag_buf_add_string(&a->log, "/");
        }

        asking_add(a, part->signature, part->next != NULL ? " " : "");
    }
}


static inline const char *
asked(asking_t *a)
{
    const ag_turn_t  *turn;

    a->log.len = 0;

    for (turn = a->n.turns; turn != NULL; turn = turn->next) {
        asking_add(a, text(turn->role == AG_ROLE_SYSTEM ? "S("
                           : turn->role == AG_ROLE_USER ? "U("
                           : turn->role == AG_ROLE_ASSISTANT ? "A(" : "?("),
                   "");
        asking_write(a, turn->parts);
        asking_add(a, text(turn->next != NULL ? ") " : ")"), "");
    }

    (void) ag_buf_add(&a->log, "", 1);

    return (const char *) a->log.data;
}


/* Reads messages and compares. */
static inline void
assert_asked(const char *messages, const char *expected)
{
    char      json[8448];
    asking_t  a;

    snprintf(json, sizeof(json), "{\"messages\":%s}", messages);
    ask(&a, json);
    assert_string_equal(asked(&a), expected);
    asking_free(&a);
}


/* The same of the blocks of one message. */
static inline void
assert_blocks(const char *role, const char *blocks, const char *expected)
{
    char  messages[8192];

    snprintf(messages, sizeof(messages), "[{\"role\":\"%s\",\"content\":%s}]",
             role, blocks);
    assert_asked(messages, expected);
}


/* Refused for its value, naming the field. */
static inline void
assert_refused(const char *json, const char *param)
{
    asking_t  a;

    ask_in(&a, text(json), 1 << 20);

    if (a.rc != AG_INVALID) {
        fail_msg("%d instead of a refusal: %s", a.rc, json);
    }

    assert_int_equal(a.error.class, AG_E_INVALID_VALUE);
    assert_text(a.error.param, param);
    assert_true(a.error.message.len > 0);
    asking_free(&a);
}


static inline void
assert_refused_with(const char *members, const char *param)
{
    char  json[4096];

    snprintf(json, sizeof(json), "{\"messages\":[{\"role\":\"user\","
             "\"content\":\"Hi\"}],%s}", members);
    assert_refused(json, param);
}


static inline void
assert_refused_blocks(const char *role, const char *blocks)
{
    char  json[4096];

    snprintf(json, sizeof(json), "{\"messages\":[{\"role\":\"user\","
             "\"content\":\"Hi\"},{\"role\":\"%s\",\"content\":%s}]}", role,
             blocks);
    assert_refused(json, "messages[1].content");
}


#endif /* _ANTHROPIC_ASK_TEST_H_INCLUDED_ */
