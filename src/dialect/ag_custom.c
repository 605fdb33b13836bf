/*
 * Copyright (C) ngx_agent authors
 *
 * A custom tool is a function with one string: the model writes it as such,
 * and the client's tool gets the string.
 */


#include "dialect/ag_custom.h"


#define AG_CUSTOM_TREE  2048    /* bytes for the tree of the schema */


static int ag_custom_tool(ag_neutral_t *n, ag_tool_t *tool);
static int ag_custom_describe(ag_neutral_t *n, ag_tool_t *tool);
static int ag_custom_call(ag_neutral_t *n, ag_part_t *part);
static int ag_custom_full(const ag_neutral_t *n);


static const ag_str_t  ag_custom_schema = ag_string(
    "{\"type\":\"object\",\"properties\":{\"" AG_CUSTOM_INPUT "\":{\"type\":"
    "\"string\"}},\"required\":[\"" AG_CUSTOM_INPUT "\"],"
    "\"additionalProperties\":false}");


int
ag_custom_wrap(ag_neutral_t *n)
{
    int         rc;
    ag_part_t  *part;
    ag_tool_t  *tool;
    ag_turn_t  *turn;

    rc = AG_OK;

    for (tool = n->tools; tool != NULL && rc == AG_OK; tool = tool->next) {
        if (tool->kind == AG_TOOL_CUSTOM) {
            rc = ag_custom_tool(n, tool);
        }
    }

    for (turn = n->turns; turn != NULL && rc == AG_OK; turn = turn->next) {
        for (part = turn->parts; part != NULL && rc == AG_OK;
             part = part->next)
        {
            if (part->custom && part->kind == AG_PART_TOOL_CALL) {
                rc = ag_custom_call(n, part);
            }

            part->custom = 0;
        }
    }

    return rc;
}


unsigned
ag_custom_is_wrapped(const ag_neutral_t *n, ag_str_t name)
{
    const ag_tool_t  *tool;

    if (n->custom == NULL) {
        return 0;
    }

    for (tool = n->tools; tool != NULL; tool = tool->next) {
        if (tool->wrapped && ag_str_equal(tool->name, name)) {
            return 1;
        }
    }

    return 0;
}


ag_str_t
ag_custom_unwrap(ag_arena_t *arena, ag_str_t arguments)
{
    ag_str_t     input;
    yyjson_doc  *doc;
    yyjson_val  *value;

    doc = ag_json_tree(arguments, NULL, 0);
    value = yyjson_obj_get(yyjson_doc_get_root(doc), AG_CUSTOM_INPUT);

    input = ag_arena_copy(arena, yyjson_is_str(value) ? ag_json_text(value)
                                                      : arguments);
    yyjson_doc_free(doc);

    return input;
}


static int
ag_custom_tool(ag_neutral_t *n, ag_tool_t *tool)
{
    void        *memory;
    yyjson_doc  *doc;

    if (n->custom == NULL) {
        memory = ag_arena_alloc(n->arena, AG_CUSTOM_TREE);
        doc = (memory != NULL)
              ? ag_json_tree(ag_custom_schema, memory, AG_CUSTOM_TREE) : NULL;

        /* the tree lies in the arena: it is not freed */

        n->custom = yyjson_doc_get_root(doc);

        if (n->custom == NULL) {
            return ag_custom_full(n);
        }
    }

    tool->parameters = n->custom;
    tool->kind = AG_TOOL_FUNCTION;
    tool->strict = -1;
    tool->wrapped = 1;

    return ag_custom_describe(n, tool);
}


/* What a grammar would have enforced, the model is at least told. */
static int
ag_custom_describe(ag_neutral_t *n, ag_tool_t *tool)
{
    ag_buf_t    *b;
    ag_str_t     grammar;
    yyjson_val  *format;

    format = yyjson_obj_get(tool->value, "format");

    if (format == NULL) {
        format = ag_json_path(tool->value, "custom", "format", NULL);
    }

    grammar = ag_json_text(yyjson_obj_get(format, "definition"));

    if (grammar.len == 0) {
        grammar = ag_json_text(ag_json_path(format, "grammar", "definition",
                                            NULL));
    }

    b = ag_arena_buf(n->arena, AG_TRANSLATE_MAX);

    if (b == NULL
        || ag_buf_add(b, tool->description.data, tool->description.len)
           != AG_OK
        || ag_buf_add_string(b, tool->description.len > 0 ? "\n\n" : "")
           != AG_OK
        || ag_buf_add_string(b, "\"" AG_CUSTOM_INPUT "\" is the whole input, "
                                "as plain text.") != AG_OK
        || (grammar.len > 0
            && (ag_buf_add_string(b, " It must match this grammar:\n")
                != AG_OK
                || ag_buf_add(b, grammar.data, grammar.len) != AG_OK)))
    {
        return ag_custom_full(n);
    }

    tool->description = ag_buf_str(b);

    return AG_OK;
}


static int
ag_custom_call(ag_neutral_t *n, ag_part_t *part)
{
    ag_buf_t  *b;

    b = ag_arena_buf(n->arena, AG_TRANSLATE_MAX);

    if (b == NULL
        || ag_buf_add_string(b, "{\"" AG_CUSTOM_INPUT "\":\"") != AG_OK
        || ag_buf_add_json(b, part->text) != AG_OK
        || ag_buf_add_string(b, "\"}") != AG_OK)
    {
        return ag_custom_full(n);
    }

    part->text = ag_buf_str(b);

    return AG_OK;
}


/* Why the arena gave nothing. */
static int
ag_custom_full(const ag_neutral_t *n)
{
    return (n->arena->max - n->arena->used < AG_CUSTOM_TREE) ? AG_LIMIT
                                                             : AG_NOMEM;
}
