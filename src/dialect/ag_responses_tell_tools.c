/*
 * Copyright (C) ngx_agent authors
 *
 * The tools of a request for a provider of the Responses API.
 *
 * A function that does not say whether it is strict is not: there the word's
 * absence would mean that it is, and change its schema.
 */


#include "dialect/ag_responses_tell_parts.h"


static int ag_responses_tell_check(ag_responses_tell_t *t, unsigned *count);
static void ag_responses_tell_tool(ag_responses_tell_t *t,
    const ag_tool_t *tool);
static void ag_responses_tell_function(ag_responses_tell_t *t,
    const ag_tool_t *tool);
static void ag_responses_tell_grammar(ag_responses_tell_t *t,
    const ag_tool_t *tool);
static void ag_responses_tell_search(ag_responses_tell_t *t,
    const ag_tool_t *tool);
static void ag_responses_tell_location(ag_responses_tell_t *t,
    yyjson_val *location);
static void ag_responses_tell_choice(ag_responses_tell_t *t);
static void ag_responses_tell_one(ag_responses_tell_t *t, const char *name,
    ag_str_t tool);


int
ag_responses_tell_tools(ag_responses_tell_t *t)
{
    int               rc;
    unsigned          count;
    const ag_tool_t  *tool;

    count = 0;
    rc = ag_responses_tell_check(t, &count);

    if (rc != AG_OK || count == 0) {
        return rc;
    }

    ag_put_open(&t->put, "tools", '[');

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {
        if (tool->kind != AG_TOOL_FOREIGN) {
            ag_responses_tell_tool(t, tool);
        }
    }

    ag_put_close(&t->put, ']');

    if (t->n->parallel >= 0 && !ag_facts_refuses(t->to->facts, PARALLEL_OFF)) {
        ag_put_bool(&t->put, "parallel_tool_calls", t->n->parallel == 1);

    } else if (t->n->parallel == 0) {
        ag_outbound_drop(t->to, ag_responses_tell_name(t,
                                    "parallel_tool_calls",
                                    "tool_choice.disable_parallel_tool_use"));
    }

    ag_responses_tell_choice(t);

    return AG_OK;
}


/* Counts those that can go, refuses the rest. */
static int
ag_responses_tell_check(ag_responses_tell_t *t, unsigned *count)
{
    int               rc;
    const ag_tool_t  *tool;

    rc = AG_OK;

    for (tool = t->n->tools; tool != NULL && rc == AG_OK; tool = tool->next) {

        if (tool->kind != AG_TOOL_FOREIGN) {
            (*count)++;

        } else {
            rc = ag_outbound_tool(t->n, t->to, t->error, tool);
        }
    }

    if (rc == AG_OK && *count > 0 && ag_facts_refuses(t->to->facts, TOOLS)) {
        *count = 0;
        rc = ag_outbound_refuse(t->to, t->error, "tools");
    }

    return rc;
}


static void
ag_responses_tell_tool(ag_responses_tell_t *t, const ag_tool_t *tool)
{
    ag_put_open(&t->put, NULL, '{');

    switch (tool->kind) {

    case AG_TOOL_CUSTOM:
        ag_put_word(&t->put, "type", "custom");
        break;

    case AG_TOOL_WEB_SEARCH:
        ag_put_word(&t->put, "type", "web_search");
        ag_responses_tell_search(t, tool);
        ag_put_close(&t->put, '}');
        return;

    default:
        ag_put_word(&t->put, "type", "function");
        break;
    }

    ag_put_text(&t->put, "name", tool->name);

    if (tool->description.len > 0) {
        ag_put_text(&t->put, "description", tool->description);
    }

    if (tool->kind == AG_TOOL_CUSTOM) {
        ag_responses_tell_grammar(t, tool);

    } else {
        ag_responses_tell_function(t, tool);
    }

    ag_put_close(&t->put, '}');
}


static void
ag_responses_tell_function(ag_responses_tell_t *t, const ag_tool_t *tool)
{
    static const ag_str_t  none =
        ag_string("{\"type\":\"object\",\"properties\":{}}");

    if (tool->parameters != NULL) {
        ag_put_value(&t->put, "parameters", tool->parameters);

    } else {
        ag_put_json(&t->put, "parameters", none);
    }

    ag_put_bool(&t->put, "strict", tool->strict == 1);
}


/* The older surface has a grammar's members one level deeper. */
static void
ag_responses_tell_grammar(ag_responses_tell_t *t, const ag_tool_t *tool)
{
    yyjson_val  *format, *grammar, *value;

    format = ag_json_path(tool->value, "custom", "format", NULL);

    if (format == NULL) {
        format = yyjson_obj_get(tool->value, "format");
    }

    grammar = yyjson_obj_get(format, "grammar");

    if (!yyjson_is_obj(grammar)) {

        if (yyjson_is_obj(format)) {
            ag_put_value(&t->put, "format", format);
        }

        return;
    }

    ag_put_open(&t->put, "format", '{');
    ag_put_word(&t->put, "type", "grammar");

    value = yyjson_obj_get(grammar, "syntax");

    if (value != NULL) {
        ag_put_value(&t->put, "syntax", value);
    }

    value = yyjson_obj_get(grammar, "definition");

    if (value != NULL) {
        ag_put_value(&t->put, "definition", value);
    }

    ag_put_close(&t->put, '}');
}


/* Of the client's options those that both know. */
static void
ag_responses_tell_search(ag_responses_tell_t *t, const ag_tool_t *tool)
{
    yyjson_val  *options, *value;

    options = (t->n->web_search != NULL) ? t->n->web_search : tool->value;
    value = yyjson_obj_get(options, "search_context_size");

    if (yyjson_is_str(value)) {
        ag_put_value(&t->put, "search_context_size", value);
    }

    ag_responses_tell_location(t, yyjson_obj_get(options, "user_location"));

    value = yyjson_obj_get(options, "allowed_domains");

    if (yyjson_is_arr(value)) {
        ag_put_open(&t->put, "filters", '{');
        ag_put_value(&t->put, "allowed_domains", value);
        ag_put_close(&t->put, '}');
    }

    if (yyjson_obj_get(options, "blocked_domains") != NULL) {
        ag_outbound_drop(t->to, "blocked_domains");
    }

    if (yyjson_obj_get(options, "max_uses") != NULL) {
        ag_outbound_drop(t->to, "max_uses");
    }
}


/* Chat completions have the place one level deeper. */
static void
ag_responses_tell_location(ag_responses_tell_t *t, yyjson_val *location)
{
    size_t       i;
    yyjson_val  *place, *value;

    static const char *const  names[] = {
        "country", "region", "city", "timezone"
    };

    if (!yyjson_is_obj(location)) {
        return;
    }

    place = yyjson_obj_get(location, "approximate");
    place = yyjson_is_obj(place) ? place : location;

    ag_put_open(&t->put, "user_location", '{');
    ag_put_word(&t->put, "type", "approximate");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = yyjson_obj_get(place, names[i]);

        if (yyjson_is_str(value)) {
            ag_put_value(&t->put, names[i], value);
        }
    }

    ag_put_close(&t->put, '}');
}


/* ---- the choice ---- */


static void
ag_responses_tell_choice(ag_responses_tell_t *t)
{
    uint32_t     i;
    const char  *word;

    word = (t->n->choose == AG_CHOOSE_NONE) ? "none"
           : (t->n->choose == AG_CHOOSE_REQUIRED) ? "required" : "auto";

    if (t->n->choose == AG_CHOOSE_TOOL) {
        ag_responses_tell_one(t, "tool_choice", t->n->tool);

    } else if (t->n->allowed_count > 0 && t->n->choose != AG_CHOOSE_NONE) {

        ag_put_open(&t->put, "tool_choice", '{');
        ag_put_word(&t->put, "type", "allowed_tools");
        ag_put_word(&t->put, "mode", word);
        ag_put_open(&t->put, "tools", '[');

        for (i = 0; i < t->n->allowed_count; i++) {
            ag_responses_tell_one(t, NULL, t->n->allowed[i]);
        }

        ag_put_close(&t->put, ']');
        ag_put_close(&t->put, '}');

    } else if (t->n->choose != AG_CHOOSE_UNSET) {
        ag_put_word(&t->put, "tool_choice", word);
    }
}


static void
ag_responses_tell_one(ag_responses_tell_t *t, const char *name,
    ag_str_t tool)
{
    const char       *type;
    const ag_tool_t  *known;

    type = "function";

    for (known = t->n->tools; known != NULL; known = known->next) {

        if (ag_str_equal(known->name, tool)) {
            type = (known->kind == AG_TOOL_CUSTOM) ? "custom"
                   : (known->kind == AG_TOOL_WEB_SEARCH) ? "web_search"
                   : "function";
            break;
        }
    }

    ag_put_open(&t->put, name, '{');
    ag_put_word(&t->put, "type", type);

    if (type[0] != 'w') {
        ag_put_text(&t->put, "name", tool);
    }

    ag_put_close(&t->put, '}');
}
