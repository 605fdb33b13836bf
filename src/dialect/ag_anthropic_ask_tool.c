/*
 * Copyright (C) ngx_agent authors
 *
 * The tools of a Messages request, and which of them must be called.
 *
 * A tool without a type, or of type "custom", is the client's own, with a
 * schema.  Any other type is Anthropic's, dated at its end; of these only the
 * web search has a counterpart elsewhere.
 */


#include "dialect/ag_anthropic_ask_parts.h"


#define AG_ANTHROPIC_ASK_WEB_SEARCH  "web_search_"


static int ag_anthropic_ask_tool(ag_neutral_t *n, yyjson_val *value,
    ag_tool_t ***last, uint32_t index, ag_error_t *error);
static ag_tool_kind_t ag_anthropic_ask_tool_kind(yyjson_val *value);


int
ag_anthropic_ask_tools(ag_neutral_t *n, yyjson_val *tools, ag_error_t *error)
{
    int          rc;
    size_t       i, max;
    ag_tool_t  **last;
    yyjson_val  *tool;

    if (!yyjson_is_arr(tools)) {
        return ag_neutral_invalid(n, error, "tools", 0, "an array");
    }

    last = &n->tools;

    yyjson_arr_foreach(tools, i, max, tool) {
        rc = ag_anthropic_ask_tool(n, tool, &last, (uint32_t) i, error);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_anthropic_ask_tool_add(ag_anthropic_ask_t *ask, yyjson_val *value)
{
    if (ask->tools == NULL) {
        for (ask->tools = &ask->n->tools;
             *ask->tools != NULL;
             ask->tools = &(*ask->tools)->next)
        {
            /* void */
        }
    }

    return ag_anthropic_ask_tool(ask->n, value, &ask->tools, 0, ask->error);
}


int
ag_anthropic_ask_tool_choice(ag_neutral_t *n, yyjson_val *choice,
    ag_error_t *error)
{
    ag_str_t     type;
    yyjson_val  *alone;

    type = ag_json_text(yyjson_obj_get(choice, "type"));
    alone = yyjson_obj_get(choice, "disable_parallel_tool_use");

    if (ag_str_is(type, "auto")) {
        n->choose = AG_CHOOSE_AUTO;

    } else if (ag_str_is(type, "any")) {
        n->choose = AG_CHOOSE_REQUIRED;

    } else if (ag_str_is(type, "none")) {
        n->choose = AG_CHOOSE_NONE;

    } else if (ag_str_is(type, "tool")) {
        n->choose = AG_CHOOSE_TOOL;
        n->tool = ag_json_text(yyjson_obj_get(choice, "name"));

        if (n->tool.len == 0) {
            return ag_neutral_invalid(n, error, "tool_choice.name", 0,
                                      "the name of a tool");
        }

    } else {
        return ag_neutral_invalid(n, error, "tool_choice.type", 0,
                                  "\"auto\", \"any\", \"tool\" or \"none\"");
    }

    if (yyjson_is_bool(alone)) {
        n->parallel = !yyjson_get_bool(alone);
    }

    return AG_OK;
}


static int
ag_anthropic_ask_tool(ag_neutral_t *n, yyjson_val *value, ag_tool_t ***last,
    uint32_t index, ag_error_t *error)
{
    ag_str_t     name;
    ag_tool_t   *tool;
    yyjson_val  *schema, *strict, *cache;

    name = ag_json_text(yyjson_obj_get(value, "name"));
    schema = yyjson_obj_get(value, "input_schema");
    strict = yyjson_obj_get(value, "strict");
    cache = yyjson_obj_get(value, "cache_control");

    if (ag_anthropic_ask_tool_kind(value) == AG_TOOL_FUNCTION) {

        if (name.len == 0) {
            return ag_neutral_invalid(n, error, "tools[%u].name", index,
                                      "a non-empty string");
        }

        if (schema != NULL && !yyjson_is_null(schema)
            && !yyjson_is_obj(schema))
        {
            return ag_neutral_invalid(n, error, "tools[%u].input_schema",
                                      index, "an object");
        }
    }

    tool = ag_neutral_tool(n, last, ag_anthropic_ask_tool_kind(value));

    if (tool == NULL) {
        return ag_anthropic_ask_full(n);
    }

    tool->name = name;
    tool->description = ag_json_text(yyjson_obj_get(value, "description"));
    tool->parameters = yyjson_is_obj(schema) ? schema : NULL;
    tool->cache_control = yyjson_is_obj(cache) ? cache : NULL;
    tool->strict = yyjson_is_bool(strict) ? yyjson_get_bool(strict) : -1;
    tool->value = value;

    return AG_OK;
}


static ag_tool_kind_t
ag_anthropic_ask_tool_kind(yyjson_val *value)
{
    size_t    len;
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(value, "type"));
    len = sizeof(AG_ANTHROPIC_ASK_WEB_SEARCH) - 1;

    if (type.len == 0 || ag_str_is(type, "custom")) {
        return AG_TOOL_FUNCTION;
    }

    return (type.len > len
            && memcmp(type.data, AG_ANTHROPIC_ASK_WEB_SEARCH, len) == 0)
           ? AG_TOOL_WEB_SEARCH : AG_TOOL_FOREIGN;
}
