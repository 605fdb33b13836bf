/*
 * Copyright (C) ngx_agent authors
 *
 * The tools that a client of the Responses API offers, and which of them it
 * wants to be used.
 *
 * A namespace puts a name in front of its tools.  No other dialect knows
 * that: there they are called by both names, and the answer takes them apart
 * again.
 */


#include "dialect/ag_responses_parts.h"


static int ag_responses_tool(ag_responses_asker_t *a, yyjson_val *value,
    ag_str_t space, const char *param);
static int ag_responses_namespace(ag_responses_asker_t *a,
    yyjson_val *value, const char *param);
static ag_tool_t *ag_responses_add_tool(ag_responses_asker_t *a,
    ag_tool_kind_t kind, ag_str_t name, yyjson_val *value);
static ag_str_t ag_responses_inner_name(yyjson_val *list,
    const yyjson_val *tool, ag_str_t *space);
static int ag_responses_choice(ag_responses_asker_t *a, ag_str_t word);
static int ag_responses_choice_one(ag_responses_asker_t *a,
    yyjson_val *value);
static int ag_responses_choice_some(ag_responses_asker_t *a,
    yyjson_val *value);
static int ag_responses_choice_name(ag_responses_asker_t *a,
    yyjson_val *value, ag_str_t *name);
static unsigned ag_responses_is_search(ag_str_t type);


static const ag_str_t  ag_responses_search = ag_string("web_search");


int
ag_responses_ask_tools(ag_responses_asker_t *a, yyjson_val *value,
    const char *param)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *tool;

    if (!yyjson_is_arr(value)) {
        return ag_responses_ask_invalid(a, param,
                                        "an array of tools");
    }

    yyjson_arr_foreach(value, i, max, tool) {

        rc = ag_str_is(ag_json_text(yyjson_obj_get(tool, "type")),
                       "namespace")
             ? ag_responses_namespace(a, tool, param)
             : ag_responses_tool(a, tool, ag_str(NULL, 0), param);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_responses_namespace(ag_responses_asker_t *a, yyjson_val *value,
    const char *param)
{
    int          rc;
    size_t       i, max;
    ag_str_t     space;
    yyjson_val  *tool, *tools;

    space = ag_json_text(yyjson_obj_get(value, "name"));
    tools = yyjson_obj_get(value, "tools");

    if (space.len == 0 || !yyjson_is_arr(tools)) {
        return ag_responses_ask_invalid(a, param,
                                        "namespaces with a \"name\" and "
                                        "\"tools\"");
    }

    yyjson_arr_foreach(tools, i, max, tool) {
        rc = ag_responses_tool(a, tool, space, param);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_responses_tool(ag_responses_asker_t *a, yyjson_val *value,
    ag_str_t space, const char *param)
{
    ag_str_t     type, name;
    unsigned     function;
    ag_tool_t   *tool;
    yyjson_val  *parameters, *strict;

    type = ag_json_text(yyjson_obj_get(value, "type"));
    name = ag_json_text(yyjson_obj_get(value, "name"));
    function = (ag_str_is(type, "function") != 0);

    if (type.len == 0) {
        return ag_responses_ask_invalid(a, param,
                                        "tools with a \"type\"");
    }

    if (!function && !ag_str_is(type, "custom")) {

        tool = ag_responses_is_search(type)
               ? ag_responses_add_tool(a, AG_TOOL_WEB_SEARCH,
                                       ag_responses_search, value)
               : ag_responses_add_tool(a, AG_TOOL_FOREIGN, type, value);

        return (tool != NULL) ? AG_OK : AG_NOMEM;
    }

    if (name.len == 0) {
        return ag_responses_ask_invalid(a, param,
                                        "functions and custom tools with a "
                                        "\"name\"");
    }

    tool = ag_responses_add_tool(a, function ? AG_TOOL_FUNCTION
                                             : AG_TOOL_CUSTOM,
                                 ag_responses_flat_name(a->n->arena, space,
                                                        name), value);

    if (tool == NULL || tool->name.data == NULL) {
        return AG_NOMEM;
    }

    parameters = yyjson_obj_get(value, "parameters");
    strict = yyjson_obj_get(value, "strict");

    tool->parameters = yyjson_is_obj(parameters) ? parameters : NULL;
    tool->strict = yyjson_is_bool(strict) ? yyjson_is_true(strict) : -1;

    return AG_OK;
}


static ag_tool_t *
ag_responses_add_tool(ag_responses_asker_t *a, ag_tool_kind_t kind,
    ag_str_t name, yyjson_val *value)
{
    ag_tool_t  *tool;

    tool = ag_neutral_tool(a->n, &a->last_tool, kind);

    if (tool == NULL) {
        return NULL;
    }

    tool->name = name;
    tool->value = value;
    tool->strict = -1;
    tool->description = ag_json_text(yyjson_obj_get(value, "description"));

    return tool;
}


/* ---- names ---- */


ag_str_t
ag_responses_flat_name(ag_arena_t *arena, ag_str_t space, ag_str_t name)
{
    ag_char_t  *p;

    if (space.len == 0 || name.len == 0) {
        return name;
    }

    p = ag_arena_alloc(arena, space.len + 2 + name.len);

    if (p == NULL) {
        return ag_str(NULL, 0);
    }

    memcpy(p, space.data, space.len);
    memcpy(p + space.len, "__", 2);
    memcpy(p + space.len + 2, name.data, name.len);

    return ag_tool_id_plain(arena, ag_str(p, space.len + 2 + name.len));
}


/* A tool's tree is a part of its namespace's: so the one finds the other. */
ag_str_t
ag_responses_own_name(const ag_neutral_t *n, ag_str_t flat, ag_str_t *space)
{
    size_t            i, max;
    ag_str_t          name;
    yyjson_val       *list, *item;
    const ag_tool_t  *tool;

    *space = ag_str(NULL, 0);

    for (tool = n->tools; tool != NULL; tool = tool->next) {
        if (ag_str_equal(tool->name, flat)) {
            break;
        }
    }

    if (tool == NULL
        || ag_str_equal(ag_json_text(yyjson_obj_get(tool->value, "name")),
                        flat))
    {
        return flat;
    }

    list = yyjson_obj_get(n->root, "tools");
    name = ag_responses_inner_name(list, tool->value, space);

    list = yyjson_obj_get(n->root, "input");

    yyjson_arr_foreach(list, i, max, item) {
        if (name.len > 0) {
            break;
        }

        name = ag_responses_inner_name(yyjson_obj_get(item, "tools"),
                                       tool->value, space);
    }

    return (name.len > 0) ? name : flat;
}


static ag_str_t
ag_responses_inner_name(yyjson_val *list, const yyjson_val *tool,
    ag_str_t *space)
{
    size_t       i, max;
    yyjson_val  *value;

    yyjson_arr_foreach(list, i, max, value) {
        if (tool > value && tool < unsafe_yyjson_get_next(value)) {
            *space = ag_json_text(yyjson_obj_get(value, "name"));
            return ag_json_text(yyjson_obj_get((yyjson_val *) tool, "name"));
        }
    }

    return ag_str(NULL, 0);
}


/* ---- the choice ---- */


int
ag_responses_ask_choice(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    ag_str_t  type;

    (void) field;

    if (yyjson_is_str(value)) {
        return ag_responses_choice(a, ag_json_text(value));
    }

    type = ag_json_text(yyjson_obj_get(value, "type"));

    if (type.len == 0) {
        return ag_responses_choice(a, type);
    }

    return ag_str_is(type, "allowed_tools")
           ? ag_responses_choice_some(a, value)
           : ag_responses_choice_one(a, value);
}


static int
ag_responses_choice(ag_responses_asker_t *a, ag_str_t word)
{
    if (ag_str_is(word, "auto")) {
        a->n->choose = AG_CHOOSE_AUTO;

    } else if (ag_str_is(word, "none")) {
        a->n->choose = AG_CHOOSE_NONE;

    } else if (ag_str_is(word, "required")) {
        a->n->choose = AG_CHOOSE_REQUIRED;

    } else {
        return ag_responses_ask_invalid(a, "tool_choice",
                                        "\"auto\", \"none\", \"required\" "
                                        "or an object with a \"type\"");
    }

    return AG_OK;
}


static int
ag_responses_choice_one(ag_responses_asker_t *a, yyjson_val *value)
{
    int  rc;

    rc = ag_responses_choice_name(a, value, &a->n->tool);

    if (rc != AG_OK) {
        return rc;
    }

    if (a->n->tool.len == 0) {
        return ag_responses_ask_invalid(a, "tool_choice.name",
                                        "a string, not empty");
    }

    a->n->choose = AG_CHOOSE_TOOL;

    return AG_OK;
}


static int
ag_responses_choice_some(ag_responses_asker_t *a, yyjson_val *value)
{
    int            rc;
    size_t         i, max;
    ag_str_t      *name;
    yyjson_val    *list, *tool;
    ag_neutral_t  *n;

    n = a->n;
    list = yyjson_obj_get(value, "tools");

    if (!yyjson_is_arr(list) || yyjson_arr_size(list) == 0
        || yyjson_arr_size(list) > AG_ALLOWED_MAX)
    {
        return ag_responses_ask_invalid(a, "tool_choice.tools",
                                        "an array of 1 to 128 tools");
    }

    n->allowed = ag_arena_alloc(n->arena,
                                yyjson_arr_size(list) * sizeof(ag_str_t));
    if (n->allowed == NULL) {
        return AG_NOMEM;
    }

    yyjson_arr_foreach(list, i, max, tool) {
        name = &n->allowed[n->allowed_count];
        rc = ag_responses_choice_name(a, tool, name);

        if (rc != AG_OK) {
            return rc;
        }

        n->allowed_count += (name->len > 0);
    }

    n->choose = ag_str_is(ag_json_text(yyjson_obj_get(value, "mode")),
                          "required")
                ? AG_CHOOSE_REQUIRED : AG_CHOOSE_AUTO;

    return AG_OK;
}


/* As the tool of that kind is called in the list of tools. */
static int
ag_responses_choice_name(ag_responses_asker_t *a, yyjson_val *value,
    ag_str_t *name)
{
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(value, "type"));

    if (!ag_str_is(type, "function") && !ag_str_is(type, "custom")) {
        *name = ag_responses_is_search(type) ? ag_responses_search : type;
        return AG_OK;
    }

    *name = ag_responses_flat_name(a->n->arena,
                                   ag_json_text(yyjson_obj_get(value,
                                                               "namespace")),
                                   ag_json_text(yyjson_obj_get(value,
                                                               "name")));

    return (name->data == NULL && name->len > 0) ? AG_NOMEM : AG_OK;
}


/* "web_search", "web_search_preview", and both with a date. */
static unsigned
ag_responses_is_search(ag_str_t type)
{
    return type.len >= ag_responses_search.len
           && memcmp(type.data, ag_responses_search.data,
                     ag_responses_search.len) == 0;
}
