/*
 * Copyright (C) ngx_agent authors
 *
 * The tools of a request for Anthropic, and whether the model must call one.
 * A history with calls needs tools, even where this request has none: stubs
 * of their names stand in.
 *
 * Source: Anthropic's API reference, "Messages", tools and tool_choice.
 */


#include "dialect/ag_anthropic_tell_parts.h"


#define AG_ANTHROPIC_STUBS_MAX  64      /* names; one would be enough */


static int ag_anthropic_tell_tool_check(ag_anthropic_tell_t *t,
    unsigned *any);
static unsigned ag_anthropic_tell_tool_is_told(const ag_anthropic_tell_t *t,
    const ag_tool_t *tool);
static void ag_anthropic_tell_tool(ag_anthropic_tell_t *t,
    const ag_tool_t *tool);
static unsigned ag_anthropic_tell_tool_is_strict(ag_anthropic_tell_t *t,
    const ag_tool_t *tool);
static void ag_anthropic_tell_tool_input(ag_anthropic_tell_t *t,
    yyjson_val *schema);
static void ag_anthropic_tell_tool_search(ag_anthropic_tell_t *t,
    const ag_tool_t *tool);
static void ag_anthropic_tell_tool_place(ag_anthropic_tell_t *t,
    yyjson_val *location);
static void ag_anthropic_tell_tool_json(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_tool_stubs(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_tool_stub(ag_anthropic_tell_t *t,
    ag_str_t name);
static void ag_anthropic_tell_tool_choice(ag_anthropic_tell_t *t,
    unsigned any);
static void ag_anthropic_tell_tool_way(ag_anthropic_tell_t *t,
    const char *type, ag_str_t name, unsigned alone);


unsigned
ag_anthropic_tell_forces(const ag_anthropic_tell_t *t)
{
    return (t->n->choose == AG_CHOOSE_REQUIRED
            || t->n->choose == AG_CHOOSE_TOOL)
           && !ag_facts_refuses(t->to->facts, FORCED_TOOL)
           && !ag_anthropic_tell_thinks(t);
}


/* Without tools of its own a client cannot mean its choice. */
int
ag_anthropic_tell_choose(ag_anthropic_tell_t *t)
{
    t->choose = t->n->choose;

    if ((t->choose != AG_CHOOSE_REQUIRED && t->choose != AG_CHOOSE_TOOL)
        || t->n->tools == NULL || ag_anthropic_tell_forces(t))
    {
        return AG_OK;
    }

    t->choose = AG_CHOOSE_AUTO;

    return ag_outbound_refuse(t->to, t->error, "tool_choice");
}


int
ag_anthropic_tell_tools(ag_anthropic_tell_t *t)
{
    int               rc;
    unsigned          any;
    const ag_tool_t  *tool;

    rc = ag_anthropic_tell_tool_check(t, &any);

    if (rc != AG_OK) {
        return rc;
    }

    if (!any && !t->to->json_tool && !ag_neutral_has_tools(t->n)) {
        return AG_OK;
    }

    ag_put_open(&t->put, "tools", '[');

    for (tool = t->n->tools; any && tool != NULL; tool = tool->next) {

        if (ag_anthropic_tell_tool_is_told(t, tool)) {
            ag_anthropic_tell_tool(t, tool);
        }
    }

    if (t->to->json_tool) {
        ag_anthropic_tell_tool_json(t);

    } else if (!any) {
        ag_anthropic_tell_tool_stubs(t);
    }

    ag_put_close(&t->put, ']');
    ag_anthropic_tell_tool_choice(t, any);

    return AG_OK;
}


/* Without one of its tools a client waits for calls that never come. */
static int
ag_anthropic_tell_tool_check(ag_anthropic_tell_t *t, unsigned *any)
{
    const ag_tool_t  *tool;

    *any = 0;

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {

        if (tool->kind == AG_TOOL_CUSTOM || tool->kind == AG_TOOL_FOREIGN
            || ag_facts_refuses(t->to->facts, TOOLS))
        {
            if (ag_outbound_tool(t->n, t->to, t->error, tool) != AG_OK) {
                return AG_INVALID;
            }

            continue;
        }

        *any |= ag_anthropic_tell_tool_is_told(t, tool);
    }

    return AG_OK;
}


/*
 * A list of allowed tools has no other place there.  One that may not be
 * called would be, beside a tool that is only offered.
 */
static unsigned
ag_anthropic_tell_tool_is_told(const ag_anthropic_tell_t *t,
    const ag_tool_t *tool)
{
    if (ag_facts_refuses(t->to->facts, TOOLS)
        || (t->form == AG_ANTHROPIC_OFFERED && t->choose == AG_CHOOSE_NONE))
    {
        return 0;
    }

    if (tool->kind == AG_TOOL_WEB_SEARCH) {
        return 1;
    }

    return tool->kind == AG_TOOL_FUNCTION
           && (t->n->allowed == NULL || ag_neutral_allows(t->n, tool->name));
}


static void
ag_anthropic_tell_tool(ag_anthropic_tell_t *t, const ag_tool_t *tool)
{
    ag_put_t  *p;

    p = &t->put;

    if (tool->kind == AG_TOOL_WEB_SEARCH) {
        ag_anthropic_tell_tool_search(t, tool);
        return;
    }

    ag_put_open(p, NULL, '{');
    ag_put_text(p, "name", tool->name);

    if (tool->description.len > 0) {
        ag_put_text(p, "description", tool->description);
    }

    if (tool->strict == 1 && ag_anthropic_tell_tool_is_strict(t, tool)) {
        ag_anthropic_tell_schema(t, "input_schema", tool->parameters);
        ag_put_bool(p, "strict", 1);

    } else {
        ag_anthropic_tell_tool_input(t, tool->parameters);
    }

    ag_anthropic_tell_cache(t, tool->cache_control);
    ag_put_close(p, '}');
}


/* Strictness that the decoder cannot give is left out: the schema is still
 * what the model reads. */
static unsigned
ag_anthropic_tell_tool_is_strict(ag_anthropic_tell_t *t,
    const ag_tool_t *tool)
{
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(tool->parameters, "type"));

    if (!ag_facts_refuses(t->to->facts, JSON_SCHEMA)
        && t->schemas.strict < AG_ANTHROPIC_STRICT_MAX
        && ag_str_is(type, "object")
        && ag_anthropic_tell_fits(tool->parameters, &t->schemas))
    {
        t->schemas.strict++;
        return 1;
    }

    ag_outbound_drop(t->to, "strict");

    return 0;
}


/* The input of a tool is an object, and must say so. */
static void
ag_anthropic_tell_tool_input(ag_anthropic_tell_t *t, yyjson_val *schema)
{
    size_t       i, count;
    ag_str_t     type;
    ag_put_t    *p;
    yyjson_val  *key, *value;

    p = &t->put;
    type = ag_json_text(yyjson_obj_get(schema, "type"));

    if (ag_str_is(type, "object")) {
        ag_put_value(p, "input_schema", schema);
        return;
    }

    ag_put_open(p, "input_schema", '{');
    ag_put_word(p, "type", "object");

    if (yyjson_obj_size(schema) == 0) {
        ag_put_open(p, "properties", '{');
        ag_put_close(p, '}');
        ag_put_close(p, '}');

        return;
    }

    yyjson_obj_foreach(schema, i, count, key, value) {

        if (!ag_str_is(ag_json_text(key), "type")) {
            ag_put_key(p, ag_json_text(key));
            ag_put_value(p, NULL, value);
        }
    }

    ag_put_close(p, '}');
}


/* The version that every model knows; later ones run code beside it.  How
 * much a search may read is the provider's to decide. */
static void
ag_anthropic_tell_tool_search(ag_anthropic_tell_t *t, const ag_tool_t *tool)
{
    ag_put_t    *p;
    yyjson_val  *value, *domains;

    p = &t->put;
    value = (tool->value != NULL) ? tool->value : t->n->web_search;

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "web_search_20250305");
    ag_put_word(p, "name", "web_search");

    domains = ag_json_path(value, "filters", "allowed_domains", NULL);

    if (yyjson_arr_size(domains) > 0) {
        ag_put_value(p, "allowed_domains", domains);
    }

    ag_anthropic_tell_tool_place(t, yyjson_obj_get(value, "user_location"));

    if (yyjson_obj_get(value, "search_context_size") != NULL) {
        ag_outbound_drop(t->to, "search_context_size");
    }

    ag_anthropic_tell_cache(t, tool->cache_control);
    ag_put_close(p, '}');
}


/* Chat completions wrap it in "approximate", Responses do not. */
static void
ag_anthropic_tell_tool_place(ag_anthropic_tell_t *t, yyjson_val *location)
{
    size_t       i;
    ag_str_t     text;
    yyjson_val  *place;

    static const char *const  names[] = {
        "city", "region", "country", "timezone"
    };

    if (!yyjson_is_obj(location)) {
        return;
    }

    place = yyjson_obj_get(location, "approximate");
    place = (place != NULL) ? place : location;

    ag_put_open(&t->put, "user_location", '{');
    ag_put_word(&t->put, "type", "approximate");

    for (i = 0; i < 4; i++) {
        text = ag_json_text(yyjson_obj_get(place, names[i]));

        if (text.len > 0) {
            ag_put_text(&t->put, names[i], text);
        }
    }

    ag_put_close(&t->put, '}');
}


/* Its schema stays whole: a tool's input is read, not decoded against. */
static void
ag_anthropic_tell_tool_json(ag_anthropic_tell_t *t)
{
    ag_put_t  *p;

    p = &t->put;

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "name", AG_JSON_TOOL);

    if (t->n->schema_description.len > 0) {
        ag_put_text(p, "description", t->n->schema_description);

    } else {
        ag_put_word(p, "description", "Gives the final answer.");
    }

    ag_put_value(p, "input_schema", t->n->schema);
    ag_put_close(p, '}');
}


/* Names are compared with few others, however many calls there were. */
static void
ag_anthropic_tell_tool_stubs(ag_anthropic_tell_t *t)
{
    size_t            i, count;
    ag_str_t          names[AG_ANTHROPIC_STUBS_MAX];
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    count = 0;

    for (turn = t->n->turns; turn != NULL; turn = turn->next) {
        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->kind != AG_PART_TOOL_CALL
                || count == AG_ANTHROPIC_STUBS_MAX)
            {
                continue;
            }

            for (i = 0; i < count; i++) {
                if (ag_str_equal(names[i], part->name)) {
                    break;
                }
            }

            if (i == count) {
                names[count++] = part->name;
                ag_anthropic_tell_tool_stub(t, part->name);
            }
        }
    }

    if (count == 0) {
        ag_anthropic_tell_tool_stub(t, ag_str("tool", 4));
    }
}


static void
ag_anthropic_tell_tool_stub(ag_anthropic_tell_t *t, ag_str_t name)
{
    ag_put_open(&t->put, NULL, '{');
    ag_put_text(&t->put, "name", name);
    ag_anthropic_tell_tool_input(t, NULL);
    ag_put_close(&t->put, '}');
}


/*
 * The tool of the answer's form must be called, alone: with the client's own
 * beside it, the model must call one of them all.
 */
static void
ag_anthropic_tell_tool_choice(ag_anthropic_tell_t *t, unsigned any)
{
    unsigned  alone;
    ag_str_t  none;

    static const ag_str_t  json_tool = ag_string(AG_JSON_TOOL);

    none = ag_str(NULL, 0);
    alone = (t->n->parallel == 0);

    if (t->form == AG_ANTHROPIC_FORCED) {

        if (any && t->choose != AG_CHOOSE_NONE) {
            ag_anthropic_tell_tool_way(t, "any", none, 1);

        } else {
            ag_anthropic_tell_tool_way(t, "tool", json_tool, 1);
        }

    } else if (t->form == AG_ANTHROPIC_OFFERED) {
        ag_anthropic_tell_tool_way(t, "auto", none, alone);

    } else if (!any || t->choose == AG_CHOOSE_NONE) {
        ag_anthropic_tell_tool_way(t, "none", none, 0);

    } else if (t->choose == AG_CHOOSE_REQUIRED) {
        ag_anthropic_tell_tool_way(t, "any", none, alone);

    } else if (t->choose == AG_CHOOSE_TOOL) {
        ag_anthropic_tell_tool_way(t, "tool", t->n->tool, alone);

    } else if (t->choose == AG_CHOOSE_AUTO || alone) {
        ag_anthropic_tell_tool_way(t, "auto", none, alone);
    }
}


static void
ag_anthropic_tell_tool_way(ag_anthropic_tell_t *t, const char *type,
    ag_str_t name, unsigned alone)
{
    ag_put_open(&t->put, "tool_choice", '{');
    ag_put_word(&t->put, "type", type);

    if (name.len > 0) {
        ag_put_text(&t->put, "name", name);
    }

    if (alone) {
        ag_put_bool(&t->put, "disable_parallel_tool_use", 1);
    }

    ag_put_close(&t->put, '}');
}
