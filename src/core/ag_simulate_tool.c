/*
 * Copyright (C) ngx_agent authors
 *
 * When the simulator calls a tool, and when its text is JSON that the request
 * asked for.  One call at a time; custom and server tools it never calls.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_TOOL_NAME_MAX  256     /* bytes; OpenAI allows 64 */


static int ag_simulate_tool_pick(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words);
static yyjson_doc *ag_simulate_tool_tree(const ag_json_t *json,
    const char *key);
static int ag_simulate_tool_done(const ag_simulate_t *s);
static ag_str_t ag_simulate_tool_forced(yyjson_val *choice,
    const ag_simulate_tool_words_t *words);
static yyjson_val *ag_simulate_tool_inner(yyjson_val *tool,
    const ag_simulate_tool_words_t *words);
/* JSON as models spoil it: words around it, a fence, a comma too many. */
#define AG_SIMULATE_FENCED                                                    \
    "Here is the JSON that you asked for:\n\n```json\n"                       \
    "{\"answer\": \"fenced\",}\n```\n\nLet me know if you need more."


static void ag_simulate_tool_call(ag_simulate_t *s, yyjson_val *tools,
    ag_str_t forced, const ag_simulate_tool_words_t *words);
static void ag_simulate_tool_format(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words);
static void ag_simulate_tool_payload(ag_simulate_t *s, yyjson_val *schema,
    ag_simulate_mode_t mode);


void
ag_simulate_tool_read(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words)
{
    if (!ag_simulate_tool_pick(s, json, words)) {
        ag_simulate_tool_format(s, json, words);
    }
}


/* Returns 1 if a tool is called. */
static int
ag_simulate_tool_pick(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words)
{
    ag_str_t     mode;
    yyjson_val  *choice;
    yyjson_doc  *tools, *doc;

    tools = ag_simulate_tool_tree(json, "tools");

    if (tools == NULL) {
        return 0;
    }

    doc = ag_simulate_tool_tree(json, "tool_choice");
    choice = yyjson_doc_get_root(doc);
    mode = ag_json_text(yyjson_is_str(choice) ? choice
                                              : yyjson_obj_get(choice, "type"));

    if (!ag_str_is(mode, "none") && !ag_simulate_tool_done(s)) {
        ag_simulate_tool_call(s, yyjson_doc_get_root(tools),
                              ag_simulate_tool_forced(choice, words), words);
    }

    yyjson_doc_free(doc);
    yyjson_doc_free(tools);

    return s->mode == AG_SIMULATE_TOOL;
}


static yyjson_doc *
ag_simulate_tool_tree(const ag_json_t *json, const char *key)
{
    const ag_json_member_t  *member;

    member = ag_json_find(json, key);

    return (member != NULL) ? ag_json_tree(member->value, NULL, 0) : NULL;
}


/* Is the last message the result of a tool? */
static int
ag_simulate_tool_done(const ag_simulate_t *s)
{
    int          done;
    size_t       i, max;
    ag_str_t     role;
    yyjson_doc  *doc;
    yyjson_val  *last, *block;

    doc = ag_json_tree(s->input, NULL, 0);
    last = yyjson_arr_get_last(yyjson_doc_get_root(doc));
    role = ag_json_text(yyjson_obj_get(last, "role"));

    done = ag_str_is(role, "tool") || ag_str_is(role, "function")
           || ag_str_is(ag_json_text(yyjson_obj_get(last, "type")),
                        "function_call_output");

    yyjson_arr_foreach(yyjson_obj_get(last, "content"), i, max, block) {
        done |= ag_str_is(ag_json_text(yyjson_obj_get(block, "type")),
                          "tool_result");
    }

    yyjson_doc_free(doc);

    return done;
}


/* The name that tool_choice asks for; empty if any will do. */
static ag_str_t
ag_simulate_tool_forced(yyjson_val *choice,
    const ag_simulate_tool_words_t *words)
{
    yyjson_val  *allowed;

    allowed = ag_json_path(choice, "allowed_tools", "tools", NULL);

    if (allowed == NULL) {
        allowed = yyjson_obj_get(choice, "tools");
    }

    if (allowed != NULL) {
        choice = yyjson_arr_get_first(allowed);
    }

    return ag_json_text(yyjson_obj_get(ag_simulate_tool_inner(choice, words),
                                       "name"));
}


static yyjson_val *
ag_simulate_tool_inner(yyjson_val *tool, const ag_simulate_tool_words_t *words)
{
    return (words->nest != NULL) ? yyjson_obj_get(tool, words->nest) : tool;
}


/* Calls the forced tool, or the first that has a schema of arguments. */
static void
ag_simulate_tool_call(ag_simulate_t *s, yyjson_val *tools, ag_str_t forced,
    const ag_simulate_tool_words_t *words)
{
    size_t       i, max;
    ag_str_t     name;
    yyjson_val  *tool, *inner, *schema;

    yyjson_arr_foreach(tools, i, max, tool) {
        inner = ag_simulate_tool_inner(tool, words);
        name = ag_json_text(yyjson_obj_get(inner, "name"));
        schema = yyjson_obj_get(inner, words->schema);

        if (name.len == 0 || name.len > AG_SIMULATE_TOOL_NAME_MAX
            || (forced.len > 0 && !ag_str_equal(name, forced))
            || (schema == NULL && words->nest == NULL))
        {
            continue;
        }

        s->rc = ag_buf_add(&s->tool, name.data, name.len);
        ag_simulate_tool_payload(s, schema, AG_SIMULATE_TOOL);
        return;
    }
}


/* What response_format asks for: JSON of a schema, or any object. */
static void
ag_simulate_tool_format(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words)
{
    yyjson_doc  *doc;
    yyjson_val  *format, *inner, *schema;

    doc = ag_simulate_tool_tree(json, words->format[0]);
    format = yyjson_doc_get_root(doc);
    inner = yyjson_obj_get(format, words->format[1]);
    schema = yyjson_obj_get(inner, words->format[2]);

    if (schema != NULL
        || ag_str_is(ag_json_text(yyjson_obj_get(format, "type")),
                     "json_object")
        || ag_str_is(ag_json_text(yyjson_obj_get(inner, "type")),
                     "json_object"))
    {
        ag_simulate_tool_payload(s, schema, AG_SIMULATE_JSON);
    }

    yyjson_doc_free(doc);
}


/* Arguments are always an object; what is too large becomes an empty one. */
static void
ag_simulate_tool_payload(ag_simulate_t *s, yyjson_val *schema,
    ag_simulate_mode_t mode)
{
    ag_buf_t  *out;

    out = ag_simulate_put_to(s, &s->payload);

    if (s->fault.id == AG_FAULT_FENCED && mode == AG_SIMULATE_JSON) {
        ag_simulate_put(s, AG_SIMULATE_FENCED);
        (void) ag_simulate_put_to(s, out);
        s->mode = mode;
        return;
    }

    if (yyjson_is_obj(schema)) {
        ag_simulate_fit(s, schema);

    } else if (mode == AG_SIMULATE_JSON) {
        ag_simulate_put(s, "{\"answer\":\"");
        ag_simulate_put_words(s, 0, 3);
        ag_simulate_put(s, "\"}");
    }

    if (s->rc == AG_LIMIT) {
        s->rc = AG_OK;
        s->payload.len = 0;
    }

    if (s->payload.len == 0
        || (mode == AG_SIMULATE_TOOL && s->payload.data[0] != '{'))
    {
        s->payload.len = 0;
        ag_simulate_put(s, "{}");
    }

    (void) ag_simulate_put_to(s, out);
    s->mode = mode;
}
