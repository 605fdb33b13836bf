/*
 * Copyright (C) ngx_agent authors
 *
 * The tools of a chat completion, and which of them may be called.  The
 * deprecated "functions" and "function_call" are tools of that one kind; web
 * search, a field of its own here, is a tool elsewhere.
 */


#include "dialect/ag_openai_ask_parts.h"


static int ag_openai_ask_tool(ag_openai_ask_t *a, yyjson_val *value);
static int ag_openai_ask_tool_function(ag_openai_ask_t *a, ag_tool_t *tool,
    yyjson_val *function, const char *param);
static int ag_openai_ask_tool_append(ag_openai_ask_t *a, ag_tool_kind_t kind,
    yyjson_val *value, ag_tool_t **tool);
static int ag_openai_ask_tool_named(ag_openai_ask_t *a, const char *param,
    ag_str_t name);
static unsigned ag_openai_ask_tool_mode(ag_openai_ask_t *a, ag_str_t word);
static int ag_openai_ask_tool_allowed(ag_openai_ask_t *a, yyjson_val *value);
static ag_str_t ag_openai_ask_tool_name(yyjson_val *value);


int
ag_openai_ask_tools(ag_openai_ask_t *a, yyjson_val *value)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *element;

    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_invalid(a, "tools", "an array or null");
    }

    yyjson_arr_foreach(value, i, count, element) {
        a->index = (uint32_t) i;
        rc = ag_openai_ask_tool(a, element);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* Types beyond the two of this surface are a provider's own: it knows. */
static int
ag_openai_ask_tool(ag_openai_ask_t *a, yyjson_val *value)
{
    int              rc;
    ag_str_t         type;
    ag_tool_t       *tool;
    yyjson_val      *inner;
    ag_tool_kind_t   kind;

    type = ag_json_text(yyjson_obj_get(value, "type"));
    kind = AG_TOOL_FOREIGN;

    if (ag_str_is(type, "function") || type.len == 0) {
        kind = AG_TOOL_FUNCTION;

    } else if (ag_str_is(type, "custom")) {
        kind = AG_TOOL_CUSTOM;
    }

    rc = ag_openai_ask_tool_append(a, kind, value, &tool);

    if (rc != AG_OK) {
        return rc;
    }

    tool->cache_control = yyjson_obj_get(value, "cache_control");

    if (kind == AG_TOOL_FUNCTION) {
        return ag_openai_ask_tool_function(a, tool,
                                           yyjson_obj_get(value, "function"),
                                           "tools[%u].function");
    }

    inner = (kind == AG_TOOL_CUSTOM) ? yyjson_obj_get(value, "custom")
                                     : value;
    tool->name = ag_json_text(yyjson_obj_get(inner, "name"));
    tool->description = ag_json_text(yyjson_obj_get(inner, "description"));

    if (kind == AG_TOOL_CUSTOM && tool->name.len == 0) {
        return ag_openai_ask_invalid(a, "tools[%u].custom",
                                     "an object with a name");
    }

    return AG_OK;
}


/* Parameters stay a tree: what they may say is their provider's business. */
static int
ag_openai_ask_tool_function(ag_openai_ask_t *a, ag_tool_t *tool,
    yyjson_val *function, const char *param)
{
    yyjson_val  *strict;

    tool->name = ag_json_text(yyjson_obj_get(function, "name"));
    tool->description = ag_json_text(yyjson_obj_get(function, "description"));
    tool->parameters = yyjson_obj_get(function, "parameters");

    strict = yyjson_obj_get(function, "strict");
    tool->strict = yyjson_is_bool(strict) ? yyjson_get_bool(strict) : -1;

    if (yyjson_is_null(tool->parameters)) {
        tool->parameters = NULL;
    }

    if (tool->cache_control == NULL) {
        tool->cache_control = yyjson_obj_get(function, "cache_control");
    }

    if (!yyjson_is_obj(tool->cache_control)) {
        tool->cache_control = NULL;
    }

    if (tool->name.len == 0
        || (tool->parameters != NULL && !yyjson_is_obj(tool->parameters)))
    {
        return ag_openai_ask_invalid(a, param,
                                     "an object with a name, and parameters "
                                     "that are an object");
    }

    return AG_OK;
}


static int
ag_openai_ask_tool_append(ag_openai_ask_t *a, ag_tool_kind_t kind,
    yyjson_val *value, ag_tool_t **tool)
{
    *tool = ag_neutral_tool(a->n, &a->tools, kind);

    if (*tool == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_tool_t));
    }

    (*tool)->value = value;
    (*tool)->strict = -1;

    return AG_OK;
}


/* Remembered, because the answer has another place for their calls. */
int
ag_openai_ask_tool_functions(ag_openai_ask_t *a, yyjson_val *value)
{
    int          rc;
    size_t       i, count;
    ag_tool_t   *tool;
    yyjson_val  *element;

    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_invalid(a, "functions", "an array or null");
    }

    a->functions = 1;

    yyjson_arr_foreach(value, i, count, element) {
        a->index = (uint32_t) i;
        rc = ag_openai_ask_tool_append(a, AG_TOOL_FUNCTION, element, &tool);

        if (rc == AG_OK) {
            rc = ag_openai_ask_tool_function(a, tool, element,
                                             "functions[%u]");
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_openai_ask_tool_web_search(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_tool_t  *tool;

    if (!yyjson_is_obj(value)) {
        return ag_openai_ask_invalid(a, "web_search_options",
                                     "an object or null");
    }

    a->n->web_search = value;

    return ag_openai_ask_tool_append(a, AG_TOOL_WEB_SEARCH, value, &tool);
}


/* ---- which of them ---- */


int
ag_openai_ask_tool_choice(ag_openai_ask_t *a, yyjson_val *value)
{
    ag_str_t  type;

    if (ag_openai_ask_tool_mode(a, ag_json_text(value))) {
        return AG_OK;
    }

    type = ag_json_text(yyjson_obj_get(value, "type"));

    if (ag_str_is(type, "allowed_tools")) {
        return ag_openai_ask_tool_allowed(a, value);
    }

    if (ag_str_is(type, "function") || ag_str_is(type, "custom")) {
        return ag_openai_ask_tool_named(a, "tool_choice",
                                        ag_openai_ask_tool_name(value));
    }

    return ag_openai_ask_invalid(a, "tool_choice",
                                 "none, auto, required, or an object whose "
                                 "type is function, custom or "
                                 "allowed_tools");
}


/* Where both are there, the newer field wins, whichever stands first. */
int
ag_openai_ask_tool_function_call(ag_openai_ask_t *a, yyjson_val *value)
{
    yyjson_val  *newer;

    newer = yyjson_obj_get(a->n->root, "tool_choice");

    if ((newer != NULL && !yyjson_is_null(newer))
        || ag_openai_ask_tool_mode(a, ag_json_text(value)))
    {
        return AG_OK;
    }

    return ag_openai_ask_tool_named(a, "function_call",
                                    ag_json_text(yyjson_obj_get(value,
                                                                "name")));
}


static int
ag_openai_ask_tool_named(ag_openai_ask_t *a, const char *param,
    ag_str_t name)
{
    if (name.len == 0) {
        return ag_openai_ask_invalid(a, param, "the name of a tool");
    }

    a->n->choose = AG_CHOOSE_TOOL;
    a->n->tool = name;

    return AG_OK;
}


/* 0: no mode; an object, say. */
static unsigned
ag_openai_ask_tool_mode(ag_openai_ask_t *a, ag_str_t word)
{
    if (ag_str_is(word, "auto")) {
        a->n->choose = AG_CHOOSE_AUTO;

    } else if (ag_str_is(word, "none")) {
        a->n->choose = AG_CHOOSE_NONE;

    } else if (ag_str_is(word, "required")) {
        a->n->choose = AG_CHOOSE_REQUIRED;

    } else {
        return 0;
    }

    return 1;
}


/* The list is an object of its own here, and not on the newer surface. */
static int
ag_openai_ask_tool_allowed(ag_openai_ask_t *a, yyjson_val *value)
{
    size_t         i, count, size;
    yyjson_val    *inner, *tools, *element;
    ag_neutral_t  *n;

    n = a->n;
    inner = yyjson_obj_get(value, "allowed_tools");
    inner = yyjson_is_obj(inner) ? inner : value;
    tools = yyjson_obj_get(inner, "tools");
    count = yyjson_arr_size(tools);

    if (count == 0 || count > AG_ALLOWED_MAX
        || !ag_openai_ask_tool_mode(a, ag_json_text(yyjson_obj_get(inner,
                                                                   "mode"))))
    {
        return ag_openai_ask_invalid(a, "tool_choice.allowed_tools",
                                     "a mode of auto or required, and 1 to "
                                     "128 tools");
    }

    size = count * sizeof(ag_str_t);
    n->allowed = ag_arena_alloc(n->arena, size);

    if (n->allowed == NULL) {
        return ag_openai_ask_full(a, size);
    }

    yyjson_arr_foreach(tools, i, count, element) {
        n->allowed[i] = ag_openai_ask_tool_name(element);

        if (n->allowed[i].len == 0) {
            return ag_openai_ask_invalid(a, "tool_choice.allowed_tools",
                                         "tools with names");
        }
    }

    n->allowed_count = (uint32_t) count;

    return AG_OK;
}


/* {"type":"function","function":{"name":...}}, custom, or a name beside the
 * type. */
static ag_str_t
ag_openai_ask_tool_name(yyjson_val *value)
{
    size_t    i;
    ag_str_t  name;

    static const char  *places[] = { "function", "custom" };

    for (i = 0; i < sizeof(places) / sizeof(char *); i++) {
        name = ag_json_text(ag_json_path(value, places[i], "name", NULL));

        if (name.len > 0) {
            return name;
        }
    }

    return ag_json_text(yyjson_obj_get(value, "name"));
}
