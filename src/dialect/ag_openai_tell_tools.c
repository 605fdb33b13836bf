/*
 * Copyright (C) ngx_agent authors
 *
 * Writes the tools and which of them may or must be called.  Functions go to
 * everybody, custom tools to who knows them (elsewhere they are functions by
 * now); the search of the web is OpenAI's own.
 */


#include "dialect/ag_openai_tell_parts.h"


static int ag_openai_tell_sort(ag_openai_tell_t *t, unsigned *count);
static unsigned ag_openai_tell_takes(const ag_openai_tell_t *t,
    const ag_tool_t *tool);
static unsigned ag_openai_tell_lists(const ag_openai_tell_t *t);
static void ag_openai_tell_tool(ag_openai_tell_t *t, const ag_tool_t *tool);
static void ag_openai_tell_function(ag_openai_tell_t *t,
    const ag_tool_t *tool);
static void ag_openai_tell_grammar(ag_openai_tell_t *t,
    const ag_tool_t *tool);
static int ag_openai_tell_choice(ag_openai_tell_t *t);
static int ag_openai_tell_forced(ag_openai_tell_t *t);
static void ag_openai_tell_chosen(ag_openai_tell_t *t, const char *name,
    ag_str_t tool);
static void ag_openai_tell_allowed(ag_openai_tell_t *t);
static const char *ag_openai_tell_type(const ag_openai_tell_t *t,
    ag_str_t name);


int
ag_openai_tell_tools(ag_openai_tell_t *t)
{
    int               rc;
    unsigned          count;
    const ag_tool_t  *tool;

    count = 0;
    rc = ag_openai_tell_sort(t, &count);

    if (rc != AG_OK || count == 0) {
        return rc;
    }

    ag_put_open(&t->put, "tools", '[');

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {
        if (ag_openai_tell_takes(t, tool)) {
            ag_openai_tell_tool(t, tool);
        }
    }

    ag_put_close(&t->put, ']');

    if (t->n->parallel >= 0) {

        if (t->quirks->parallel
            && !ag_facts_refuses(t->to->facts, PARALLEL_OFF))
        {
            ag_put_bool(&t->put, "parallel_tool_calls", t->n->parallel == 1);

        } else if (t->n->parallel == 0) {
            ag_outbound_drop(t->to,
                             ag_openai_tell_name(t, "parallel_tool_calls",
                                                 "tool_choice.disable_"
                                                 "parallel_tool_use",
                                                 "parallel_tool_calls"));
        }
    }

    return ag_openai_tell_choice(t);
}


/* Says no to what cannot go, and how many tools are left. */
static int
ag_openai_tell_sort(ag_openai_tell_t *t, unsigned *count)
{
    int               rc;
    unsigned          search;
    const ag_tool_t  *tool;

    rc = AG_OK;
    search = 0;

    for (tool = t->n->tools; tool != NULL && rc == AG_OK; tool = tool->next) {

        if (ag_openai_tell_takes(t, tool)) {
            (*count)++;

        } else if (tool->kind == AG_TOOL_WEB_SEARCH
                   && ag_openai_tell_is(t, "openai"))
        {
            search = 1;

        } else if (tool->kind == AG_TOOL_WEB_SEARCH
                   && t->n->web_search != NULL)
        {
            rc = ag_outbound_refuse(t->to, t->error, "web_search_options");

        } else if (tool->kind != AG_TOOL_FUNCTION) {
            rc = ag_outbound_tool(t->n, t->to, t->error, tool);
        }
    }

    if (rc == AG_OK && *count > 0 && ag_facts_refuses(t->to->facts, TOOLS)) {
        *count = 0;
        rc = ag_outbound_refuse(t->to, t->error, "tools");
    }

    if (rc == AG_OK && search && t->n->web_search != NULL) {
        ag_put_value(&t->put, "web_search_options", t->n->web_search);

    } else if (rc == AG_OK && search) {
        ag_put_open(&t->put, "web_search_options", '{');
        ag_put_close(&t->put, '}');
    }

    return rc;
}


static unsigned
ag_openai_tell_takes(const ag_openai_tell_t *t, const ag_tool_t *tool)
{
    if (tool->kind != AG_TOOL_FUNCTION
        && (tool->kind != AG_TOOL_CUSTOM || !t->quirks->custom))
    {
        return 0;
    }

    return ag_openai_tell_lists(t) || ag_neutral_allows(t->n, tool->name);
}


/* OpenAI takes all tools and a list of the allowed ones: so the prompt's
 * beginning stays the same, and with it its cache. */
static unsigned
ag_openai_tell_lists(const ag_openai_tell_t *t)
{
    return t->own && t->n->allowed != NULL
           && (t->n->choose == AG_CHOOSE_UNSET
               || t->n->choose == AG_CHOOSE_AUTO
               || t->n->choose == AG_CHOOSE_REQUIRED);
}


static void
ag_openai_tell_tool(ag_openai_tell_t *t, const ag_tool_t *tool)
{
    unsigned  custom;

    custom = (tool->kind == AG_TOOL_CUSTOM);

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", custom ? "custom" : "function");
    ag_put_open(&t->put, custom ? "custom" : "function", '{');
    ag_put_text(&t->put, "name", tool->name);

    if (tool->description.len > 0) {
        ag_put_text(&t->put, "description", tool->description);
    }

    if (custom) {
        ag_openai_tell_grammar(t, tool);

    } else {
        ag_openai_tell_function(t, tool);
    }

    ag_put_close(&t->put, '}');

    if (tool->cache_control != NULL && t->quirks->cache_control) {
        ag_put_value(&t->put, "cache_control", tool->cache_control);
    }

    ag_put_close(&t->put, '}');
}


static void
ag_openai_tell_function(ag_openai_tell_t *t, const ag_tool_t *tool)
{
    static const ag_str_t  none =
        ag_string("{\"type\":\"object\",\"properties\":{}}");

    if (tool->parameters != NULL) {
        ag_put_value(&t->put, "parameters", tool->parameters);

    } else {
        ag_put_json(&t->put, "parameters", none);
    }

    if (tool->strict >= 0 && t->quirks->strict) {
        ag_put_bool(&t->put, "strict", tool->strict == 1);
    }
}


/* The newer surface has a grammar's members one level higher. */
static void
ag_openai_tell_grammar(ag_openai_tell_t *t, const ag_tool_t *tool)
{
    yyjson_val  *format, *value;

    format = ag_json_path(tool->value, "custom", "format", NULL);

    if (format == NULL) {
        format = yyjson_obj_get(tool->value, "format");
    }

    if (!yyjson_is_obj(format)) {
        return;
    }

    if (!yyjson_equals_str(yyjson_obj_get(format, "type"), "grammar")
        || yyjson_obj_get(format, "grammar") != NULL)
    {
        ag_put_value(&t->put, "format", format);
        return;
    }

    ag_put_open(&t->put, "format", '{');
    ag_put_word(&t->put, "type", "grammar");
    ag_put_open(&t->put, "grammar", '{');

    value = yyjson_obj_get(format, "syntax");

    if (value != NULL) {
        ag_put_value(&t->put, "syntax", value);
    }

    value = yyjson_obj_get(format, "definition");

    if (value != NULL) {
        ag_put_value(&t->put, "definition", value);
    }

    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');
}


static int
ag_openai_tell_choice(ag_openai_tell_t *t)
{
    if (ag_openai_tell_lists(t)) {
        ag_openai_tell_allowed(t);
        return AG_OK;
    }

    switch (t->n->choose) {

    case AG_CHOOSE_AUTO:
        ag_put_word(&t->put, "tool_choice", "auto");
        return AG_OK;

    case AG_CHOOSE_NONE:
        ag_put_word(&t->put, "tool_choice", "none");
        return AG_OK;

    case AG_CHOOSE_REQUIRED:
    case AG_CHOOSE_TOOL:
        return ag_openai_tell_forced(t);

    default:
        return AG_OK;
    }
}


static int
ag_openai_tell_forced(ag_openai_tell_t *t)
{
    if (t->quirks->required == NULL
        || ag_facts_refuses(t->to->facts, FORCED_TOOL))
    {
        return ag_outbound_refuse(t->to, t->error, "tool_choice");
    }

    if (t->n->choose == AG_CHOOSE_TOOL) {
        ag_openai_tell_chosen(t, "tool_choice", t->n->tool);

    } else {
        ag_put_word(&t->put, "tool_choice", t->quirks->required);
    }

    return AG_OK;
}


/* {"type":"function","function":{"name":...}} */
static void
ag_openai_tell_chosen(ag_openai_tell_t *t, const char *name, ag_str_t tool)
{
    const char  *type;

    type = ag_openai_tell_type(t, tool);

    ag_put_open(&t->put, name, '{');
    ag_put_word(&t->put, "type", type);
    ag_put_open(&t->put, type, '{');
    ag_put_text(&t->put, "name", tool);
    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');
}


static void
ag_openai_tell_allowed(ag_openai_tell_t *t)
{
    uint32_t  i;

    ag_put_open(&t->put, "tool_choice", '{');
    ag_put_word(&t->put, "type", "allowed_tools");
    ag_put_open(&t->put, "allowed_tools", '{');
    ag_put_word(&t->put, "mode", (t->n->choose == AG_CHOOSE_REQUIRED)
                                 ? "required" : "auto");
    ag_put_open(&t->put, "tools", '[');

    for (i = 0; i < t->n->allowed_count; i++) {
        ag_openai_tell_chosen(t, NULL, t->n->allowed[i]);
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');
}


/* What kind of tool is it that has this name? */
static const char *
ag_openai_tell_type(const ag_openai_tell_t *t, ag_str_t name)
{
    const ag_tool_t  *tool;

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {
        if (ag_str_equal(tool->name, name)) {
            return (tool->kind == AG_TOOL_CUSTOM) ? "custom" : "function";
        }
    }

    return "function";
}
