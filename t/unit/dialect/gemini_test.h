/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of Gemini share: a request on its way out, and an answer
 * that is heard.
 */


#ifndef _GEMINI_TEST_H_INCLUDED_
#define _GEMINI_TEST_H_INCLUDED_


#include "events.h"
#include "golden_run.h"

#include "dialect/ag_gemini_parts.h"


/* A request of one text, to be changed, and its way to Gemini. */
typedef struct {
    ag_arena_t        arena;
    ag_neutral_t      n;
    ag_outbound_t     to;
    ag_facts_t        facts;
    ag_error_t        error;
    ag_buf_t          out;
    ag_turn_t       **turn_last;
    ag_part_t       **part_last;
    ag_tool_t       **tool_last;
} asked_t;


static inline ag_part_t *
add_part(asked_t *a, ag_part_kind_t kind)
{
    ag_part_t  *part;

    part = ag_neutral_part(&a->n, &a->part_last, kind);
    assert_non_null(part);

    return part;
}


/* A turn, and parts of it from now on; its index is its number. */
static inline ag_turn_t *
add_turn(asked_t *a, ag_role_t role)
{
    uint32_t    index;
    ag_turn_t  *turn;

    index = 0;

    for (turn = a->n.turns; turn != NULL; turn = turn->next) {
        index = turn->index + 1;
    }

    turn = ag_neutral_turn(&a->n, &a->turn_last, role, index);
    assert_non_null(turn);
    a->part_last = &turn->parts;

    return turn;
}


static inline ag_part_t *
add_text(asked_t *a, const char *string)
{
    ag_part_t  *part;

    part = add_part(a, AG_PART_TEXT);
    part->text = text(string);

    return part;
}


static inline ag_part_t *
add_call(asked_t *a, const char *id, const char *name, const char *arguments)
{
    ag_part_t  *part;

    part = add_part(a, AG_PART_TOOL_CALL);
    part->id = text(id);
    part->name = text(name);
    part->text = text(arguments);

    return part;
}


static inline ag_part_t *
add_result(asked_t *a, const char *id, const char *words)
{
    ag_part_t  *part, *inner, **last;

    part = add_part(a, AG_PART_TOOL_RESULT);
    part->id = text(id);

    last = &part->parts;
    inner = ag_neutral_part(&a->n, &last, AG_PART_TEXT);
    assert_non_null(inner);
    inner->text = text(words);

    return part;
}


static inline ag_tool_t *
add_tool(asked_t *a, ag_tool_kind_t kind, const char *name)
{
    ag_tool_t  *tool;

    tool = ag_neutral_tool(&a->n, &a->tool_last, kind);
    assert_non_null(tool);
    tool->name = text(name);

    return tool;
}


static inline void
ask(asked_t *a)
{
    memset(a, 0, sizeof(asked_t));

    ag_arena_init(&a->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&a->out, GOLDEN_BODY_MAX);

    a->turn_last = &a->n.turns;
    a->tool_last = &a->n.tools;

    a->n.arena = &a->arena;
    a->n.client = &ag_openai;
    a->n.endpoint = AG_ENDPOINT_CHAT;
    a->n.list = "messages";
    a->n.choices = 1;
    a->n.parallel = -1;
    a->n.schema_strict = -1;

    a->facts.name = text("known");

    a->to.arena = &a->arena;
    a->to.provider = &ag_gemini;
    a->to.model = text("m");
    a->to.facts = &a->facts;
    a->to.quirks = ag_quirks_of_host(text(""));
    a->to.endpoint = AG_ENDPOINT_CHAT;

    add_turn(a, AG_ROLE_USER);
    add_text(a, "Hi");
}


static inline void
ask_free(asked_t *a)
{
    ag_buf_free(&a->out);
    ag_arena_free(&a->arena);
}


static inline int
tell(asked_t *a)
{
    a->out.len = 0;
    a->to.drop_count = 0;

    return ag_gemini_tell(&a->n, &a->to, &a->out, &a->error);
}


/* Tells it; the body must hold the words, and be JSON. */
static inline void
told(asked_t *a, const char *words)
{
    ag_json_t  json;

    assert_int_equal(tell(a), AG_OK);
    assert_int_equal(ag_json_scan(&json, ag_buf_str(&a->out)), AG_OK);
    assert_int_equal(ag_buf_add(&a->out, "", 1), AG_OK);

    if (strstr((char *) a->out.data, words) == NULL) {
        fail_msg("\"%s\" is not in %s", words, (char *) a->out.data);
    }
}


static inline void
told_without(asked_t *a, const char *words)
{
    told(a, "");

    if (strstr((char *) a->out.data, words) != NULL) {
        fail_msg("\"%s\" is in %s", words, (char *) a->out.data);
    }
}


/* Refused for a parameter of that name. */
static inline void
refused(asked_t *a, ag_error_class_t class, const char *param)
{
    memset(&a->error, 0, sizeof(ag_error_t));

    assert_int_equal(tell(a), AG_INVALID);
    assert_int_equal(a->error.class, class);
    assert_text(a->error.param, param);
    assert_true(a->error.message.len > 0);
}


/* Hears one event, from memory of its exact size. */
static inline ag_delta_t
chunk(heard_t *h, const char *data)
{
    char            *copy;
    size_t           len;
    ag_sse_event_t   event;

    len = strlen(data);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, data, len);

    memset(&event, 0, sizeof(event));
    event.data = ag_str(copy, len);
    event.has_data = 1;

    memset(&h->delta, 0, sizeof(h->delta));
    ag_gemini_hear_event(&h->reader, &event);
    free(copy);

    return h->delta;
}


/* The same of parts of the first candidate. */
static inline ag_delta_t
parts(heard_t *h, const char *list)
{
    char        *data;
    ag_delta_t   delta;

    data = malloc(strlen(list) + 64);
    assert_non_null(data);
    sprintf(data, "{\"candidates\":[{\"content\":{\"parts\":[%s]}}]}", list);
    delta = chunk(h, data);
    free(data);

    return delta;
}


static inline ag_delta_t
ended(heard_t *h)
{
    memset(&h->delta, 0, sizeof(h->delta));
    ag_gemini_hear_eof(&h->reader);

    return h->delta;
}


/* Hears a whole answer to a request of that endpoint. */
static inline ag_delta_t
answer(heard_t *h, ag_endpoint_t endpoint, const char *body)
{
    yyjson_doc  *doc;

    doc = ag_json_tree(text(body), NULL, 0);
    assert_non_null(doc);

    h->reader.whole = 1;
    h->reader.endpoint = endpoint;
    memset(&h->delta, 0, sizeof(h->delta));
    ag_gemini_hear_answer(&h->reader, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return h->delta;
}


#endif /* _GEMINI_TEST_H_INCLUDED_ */
