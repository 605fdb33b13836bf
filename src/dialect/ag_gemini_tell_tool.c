/*
 * Copyright (C) ngx_agent authors
 *
 * Tools and which of them may be called.  Schemas go out as they came, under
 * the name that takes JSON Schema: the older one takes a part of it only.
 */


#include "dialect/ag_gemini_parts.h"


/* What there is to choose from. */
typedef struct {
    uint32_t  functions;
    unsigned  search:1;
    unsigned  strict:1;
} ag_gemini_tools_t;


static int ag_gemini_tell_known(ag_gemini_tell_t *t,
    ag_gemini_tools_t *tools);
static unsigned ag_gemini_tell_is_declared(const ag_gemini_tell_t *t,
    const ag_tool_t *tool);
static void ag_gemini_tell_functions(ag_gemini_tell_t *t);
static unsigned ag_gemini_tell_has_arguments(yyjson_val *schema);
static int ag_gemini_tell_choice(ag_gemini_tell_t *t,
    const ag_gemini_tools_t *tools);
static int ag_gemini_tell_forced(ag_gemini_tell_t *t,
    const ag_gemini_tools_t *tools, const char **mode);
static void ag_gemini_tell_mode(ag_gemini_tell_t *t, const char *mode);


static const ag_gemini_name_t  ag_gemini_parallel = {
    "parallel_tool_calls", "tool_choice.disable_parallel_tool_use",
    "parallel_tool_calls"
};


int
ag_gemini_tell_tools(ag_gemini_tell_t *t)
{
    int                rc;
    ag_gemini_tools_t  tools;

    rc = ag_gemini_tell_known(t, &tools);

    if (rc != AG_OK) {
        return rc;
    }

    if (tools.functions > 0 || tools.search) {
        ag_put_open(&t->put, "tools", '[');

        if (tools.functions > 0) {
            ag_gemini_tell_functions(t);
        }

        if (tools.search) {
            ag_put_open(&t->put, NULL, '{');
            ag_put_open(&t->put, "googleSearch", '{');
            ag_put_close(&t->put, '}');
            ag_put_close(&t->put, '}');
        }

        ag_put_close(&t->put, ']');
    }

    if (t->n->parallel == 0) {
        ag_outbound_drop(t->to, ag_gemini_tell_name(t, ag_gemini_parallel));
    }

    return ag_gemini_tell_choice(t, &tools);
}


static int
ag_gemini_tell_known(ag_gemini_tell_t *t, ag_gemini_tools_t *tools)
{
    unsigned          known;
    const ag_tool_t  *tool;

    memset(tools, 0, sizeof(ag_gemini_tools_t));

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {

        known = (tool->kind == AG_TOOL_FUNCTION
                 || tool->kind == AG_TOOL_WEB_SEARCH);

        if (!known || ag_facts_refuses(t->to->facts, TOOLS)) {

            if (ag_outbound_tool(t->n, t->to, t->error, tool) != AG_OK) {
                return AG_INVALID;
            }

            continue;
        }

        /* the provider's own tools have no mode that keeps them off */

        if (tool->kind == AG_TOOL_WEB_SEARCH) {
            tools->search |= (t->n->choose != AG_CHOOSE_NONE);

        } else if (ag_gemini_tell_is_declared(t, tool)) {
            tools->functions++;
            tools->strict |= (tool->strict == 1);
        }
    }

    /* no model takes both, but in modes that want all of a search replayed */

    if (tools->search && tools->functions > 0) {
        tools->search = 0;
        ag_outbound_drop(t->to, (t->n->web_search != NULL)
                                ? "web_search_options" : "web_search");
    }

    return AG_OK;
}


/* A list of allowed ones is only heeded by a mode that forces a call: else
 * the others must not be told. */
static unsigned
ag_gemini_tell_is_declared(const ag_gemini_tell_t *t, const ag_tool_t *tool)
{
    return tool->kind == AG_TOOL_FUNCTION
           && !ag_facts_refuses(t->to->facts, TOOLS)
           && (t->n->choose == AG_CHOOSE_REQUIRED
               || ag_neutral_allows(t->n, tool->name));
}


static void
ag_gemini_tell_functions(ag_gemini_tell_t *t)
{
    const ag_tool_t  *tool;

    ag_put_open(&t->put, NULL, '{');
    ag_put_open(&t->put, "functionDeclarations", '[');

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {

        if (!ag_gemini_tell_is_declared(t, tool)) {
            continue;
        }

        ag_put_open(&t->put, NULL, '{');
        ag_put_text(&t->put, "name", tool->name);

        if (tool->description.len > 0) {
            ag_put_text(&t->put, "description", tool->description);
        }

        if (ag_gemini_tell_has_arguments(tool->parameters)) {
            ag_put_value(&t->put, "parametersJsonSchema", tool->parameters);
        }

        ag_put_close(&t->put, '}');
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');
}


/* An object without properties is refused: such a function has none. */
static unsigned
ag_gemini_tell_has_arguments(yyjson_val *schema)
{
    size_t       i, count;
    ag_str_t     name;
    yyjson_val  *key, *value;

    if (!yyjson_is_obj(schema)) {
        return 0;
    }

    yyjson_obj_foreach(schema, i, count, key, value) {
        name = ag_json_text(key);

        if (ag_str_is(name, "type") || ag_str_is(name, "title")
            || ag_str_is(name, "description") || ag_str_is(name, "$schema")
            || ag_str_is(name, "strict"))
        {
            continue;
        }

        if ((ag_str_is(name, "properties") || ag_str_is(name, "required")
             || ag_str_is(name, "$defs"))
            && yyjson_get_len(value) == 0)
        {
            continue;
        }

        if (ag_str_is(name, "additionalProperties")
            && yyjson_is_false(value))
        {
            continue;
        }

        return 1;
    }

    return 0;
}


static int
ag_gemini_tell_choice(ag_gemini_tell_t *t, const ag_gemini_tools_t *tools)
{
    int          rc;
    const char  *mode;

    mode = NULL;
    rc = AG_OK;

    switch (t->n->choose) {

    case AG_CHOOSE_UNSET:
    case AG_CHOOSE_AUTO:
        mode = tools->strict ? "VALIDATED"
               : (t->n->choose == AG_CHOOSE_AUTO) ? "AUTO" : NULL;
        break;

    case AG_CHOOSE_NONE:
        mode = "NONE";
        break;

    case AG_CHOOSE_REQUIRED:
    case AG_CHOOSE_TOOL:
        rc = ag_gemini_tell_forced(t, tools, &mode);
        break;
    }

    if (rc == AG_OK && mode != NULL && tools->functions > 0) {
        ag_gemini_tell_mode(t, mode);
    }

    return rc;
}


static int
ag_gemini_tell_forced(ag_gemini_tell_t *t, const ag_gemini_tools_t *tools,
    const char **mode)
{
    if (tools->functions > 0
        && !ag_facts_refuses(t->to->facts, FORCED_TOOL))
    {
        *mode = "ANY";
        return AG_OK;
    }

    return ag_outbound_refuse(t->to, t->error, "tool_choice");
}


static void
ag_gemini_tell_mode(ag_gemini_tell_t *t, const char *mode)
{
    uint32_t             i;
    const ag_neutral_t  *n;

    n = t->n;

    ag_put_open(&t->put, "toolConfig", '{');
    ag_put_open(&t->put, "functionCallingConfig", '{');
    ag_put_word(&t->put, "mode", mode);

    if (strcmp(mode, "ANY") == 0
        && (n->choose == AG_CHOOSE_TOOL || n->allowed != NULL))
    {
        ag_put_open(&t->put, "allowedFunctionNames", '[');

        if (n->choose == AG_CHOOSE_TOOL) {
            ag_put_text(&t->put, NULL, n->tool);

        } else {
            for (i = 0; i < n->allowed_count; i++) {
                ag_put_text(&t->put, NULL, n->allowed[i]);
            }
        }

        ag_put_close(&t->put, ']');
    }

    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');
}
