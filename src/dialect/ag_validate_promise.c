/*
 * Copyright (C) ngx_agent authors
 *
 * What a request promises its client: that the text will be JSON, and which
 * tools may be called with what.
 *
 * Looks for it in three spellings and nowhere else.  Where a request refers
 * to what it does not show (an earlier answer, a stored prompt, a search for
 * tools), an unknown tool is not held against an answer.
 */


#include <stdlib.h>

#include "dialect/ag_validate_parts.h"


static unsigned ag_validate_promise_is_made(ag_endpoint_t endpoint);
static unsigned ag_validate_promise_format(ag_endpoint_t endpoint,
    ag_str_t key, ag_str_t value, ag_str_t *schema);
static unsigned ag_validate_promise_is_tools(ag_endpoint_t endpoint,
    ag_str_t key);
static void ag_validate_promise_declared(ag_validate_promise_t *promise);
static void ag_validate_promise_elsewhere(ag_validate_promise_t *promise,
    ag_str_t key, ag_str_t value);
static void ag_validate_promise_tool(ag_validate_promise_t *promise,
    ag_str_t tool, unsigned nests);
static void ag_validate_promise_add(ag_validate_promise_t *promise,
    ag_str_t name, ag_str_t schema);
static ag_validate_tool_t *ag_validate_promise_new(
    ag_validate_promise_t *promise);


/* Where an endpoint's requests say how the text will look. */
static const struct {
    ag_endpoint_t   endpoint;
    const char     *key;
    const char     *inner;      /* NULL: the member is the format */
} ag_validate_promise_formats[] = {
    { AG_ENDPOINT_CHAT, "response_format", NULL },
    { AG_ENDPOINT_RESPONSES, "text", "format" },
    { AG_ENDPOINT_MESSAGES, "output_format", NULL },
    { AG_ENDPOINT_MESSAGES, "output_config", "format" }
};


static const char *const  ag_validate_promise_json[] = {
    "json_schema",
    "json_object",
    NULL
};


/* Of the Responses API: what may bring tools that the request only names. */
static const char *const  ag_validate_promise_hidden[] = {
    "previous_response_id",
    "conversation",
    "prompt",
    NULL
};


/* The same of items of its input. */
static const char *const  ag_validate_promise_items[] = {
    "additional_tools",
    "tool_search_output",
    NULL
};


unsigned
ag_validate_promise_given(ag_endpoint_t endpoint, ag_str_t request)
{
    ag_str_t            key, value, schema;
    ag_validate_walk_t  walk;

    if (!ag_validate_promise_is_made(endpoint)) {
        return 0;
    }

    ag_validate_json_walk(&walk, request);

    while (ag_validate_json_next(&walk, &key, &value)) {

        /* the first letters of all names, and of an escape */

        if (key.len < 2 || strchr("frot\\", key.data[1]) == NULL) {
            continue;
        }

        if (ag_validate_promise_format(endpoint, key, value, &schema)
            || (ag_validate_promise_is_tools(endpoint, key)
                && ag_validate_json_is_filled(value)))
        {
            return 1;
        }
    }

    return 0;
}


void
ag_validate_promise_read(ag_validate_promise_t *promise,
    ag_endpoint_t endpoint, ag_str_t request)
{
    ag_str_t            key, value;
    ag_validate_walk_t  walk;

    memset(promise, 0, sizeof(*promise));

    promise->endpoint = endpoint;
    promise->request = request;

    ag_validate_json_walk(&walk, request);

    while (ag_validate_json_next(&walk, &key, &value)) {
        if (ag_validate_promise_format(endpoint, key, value,
                                       &promise->schema.text))
        {
            promise->json = 1;
        }
    }
}


int
ag_validate_promise_find(ag_validate_promise_t *promise, ag_str_t name,
    ag_validate_tool_t **tool)
{
    size_t  i, found;

    if (!promise->known) {
        promise->known = 1;
        ag_validate_promise_declared(promise);
    }

    *tool = NULL;
    found = 0;

    for (i = 0; i < promise->count; i++) {
        if (ag_str_equal(ag_buf_str(&promise->tools[i].name), name)) {
            *tool = &promise->tools[i];
            found++;
        }
    }

    /* of two tools (namespaces allow that) nobody says which is meant */

    if (found > 1) {
        *tool = NULL;
    }

    if (promise->rc != AG_OK) {
        return promise->rc;
    }

    return (found > 0 || promise->open) ? AG_OK : AG_NONE;
}


const ag_schema_t *
ag_validate_promise_schema(ag_validate_schema_t *schema)
{
    ag_schema_error_t  error;

    if (!schema->tried) {
        schema->tried = 1;

        if (schema->text.data != NULL) {
            schema->schema = ag_schema_compile(schema->text, &error);
        }
    }

    return schema->schema;
}


void
ag_validate_promise_free(ag_validate_promise_t *promise)
{
    size_t  i;

    for (i = 0; i < promise->count; i++) {
        ag_buf_free(&promise->tools[i].name);
        ag_schema_free(promise->tools[i].schema.schema);
    }

    ag_schema_free(promise->schema.schema);
    free(promise->tools);

    memset(promise, 0, sizeof(*promise));
}


static unsigned
ag_validate_promise_is_made(ag_endpoint_t endpoint)
{
    return endpoint == AG_ENDPOINT_CHAT || endpoint == AG_ENDPOINT_RESPONSES
           || endpoint == AG_ENDPOINT_MESSAGES;
}


/*
 * Is the member a format that promises JSON?  Its schema, if it has one, is
 * left without data if it has none.
 */
static unsigned
ag_validate_promise_format(ag_endpoint_t endpoint, ag_str_t key,
    ag_str_t value, ag_str_t *schema)
{
    size_t    i;
    ag_str_t  nested;

    for (i = 0; i < sizeof(ag_validate_promise_formats)
                    / sizeof(ag_validate_promise_formats[0]); i++)
    {
        if (ag_validate_promise_formats[i].endpoint != endpoint
            || !ag_validate_json_is(key, ag_validate_promise_formats[i].key))
        {
            continue;
        }

        if (ag_validate_promise_formats[i].inner != NULL) {
            value = ag_validate_json_member(value,
                                       ag_validate_promise_formats[i].inner);
        }

        if (!ag_validate_json_is_one_of(ag_validate_json_member(value, "type"),
                                        ag_validate_promise_json))
        {
            return 0;
        }

        /* servers of OpenAI's dialect take it without the nest, too */

        nested = ag_validate_json_member(value, "json_schema");
        *schema = ag_validate_json_member(nested.data != NULL ? nested : value,
                                          "schema");
        return 1;
    }

    return 0;
}


static unsigned
ag_validate_promise_is_tools(ag_endpoint_t endpoint, ag_str_t key)
{
    return ag_validate_json_is(key, "tools")
           || (endpoint == AG_ENDPOINT_CHAT
               && ag_validate_json_is(key, "functions"));
}


/* Looks for tools; few answers call one, so this is not done before. */
static void
ag_validate_promise_declared(ag_validate_promise_t *promise)
{
    ag_str_t            key, value, none, tool;
    ag_validate_walk_t  walk, tools;

    ag_validate_json_walk(&walk, promise->request);

    while (ag_validate_json_next(&walk, &key, &value)) {

        if (ag_validate_promise_is_tools(promise->endpoint, key)) {
            ag_validate_json_walk(&tools, value);

            while (ag_validate_json_next(&tools, &none, &tool)) {
                ag_validate_promise_tool(promise, tool, 1);
            }

        } else if (promise->endpoint == AG_ENDPOINT_RESPONSES) {
            ag_validate_promise_elsewhere(promise, key, value);
        }
    }
}


/* Does a member of the Responses API bring tools that it does not show? */
static void
ag_validate_promise_elsewhere(ag_validate_promise_t *promise, ag_str_t key,
    ag_str_t value)
{
    ag_str_t            none, item, type;
    ag_validate_walk_t  walk;

    if (ag_validate_json_is_one_of(key, ag_validate_promise_hidden)
        && ag_validate_json_is_filled(value))
    {
        promise->open = 1;
    }

    if (!ag_validate_json_is(key, "input")) {
        return;
    }

    ag_validate_json_walk(&walk, value);

    while (!promise->open && ag_validate_json_next(&walk, &none, &item)) {
        type = ag_validate_json_member(item, "type");

        if (ag_validate_json_is_one_of(type, ag_validate_promise_items)) {
            promise->open = 1;
        }
    }
}


/*
 * Reads a tool in each dialect's spelling.  "nests" are the levels of
 * namespaces that it may be.  One without a name is built in: the Responses
 * API reports its use by items of its own, others may call it as they please.
 */
static void
ag_validate_promise_tool(ag_validate_promise_t *promise, ag_str_t tool,
    unsigned nests)
{
    ag_str_t            none, inner, values[8];
    ag_validate_walk_t  walk;

    static const char *const  names[] = {
        "name", "parameters", "input_schema", "type", "function", "custom",
        "tools", NULL
    };

    ag_validate_json_members(tool, names, values);

    if (nests > 0 && values[6].data != NULL) {
        ag_validate_json_walk(&walk, values[6]);

        while (ag_validate_json_next(&walk, &none, &inner)) {
            ag_validate_promise_tool(promise, inner, nests - 1);
        }

        return;
    }

    inner = (values[4].data != NULL) ? values[4] : values[5];

    if (ag_validate_json_is_object(inner)) {
        ag_validate_json_members(inner, names, values);
    }

    if (ag_validate_json_is_filled(values[0])
        && ag_validate_json_is_string(values[0]))
    {
        ag_validate_promise_add(promise, values[0], (values[1].data != NULL)
                                                    ? values[1] : values[2]);

    } else if (promise->endpoint != AG_ENDPOINT_RESPONSES
               || ag_validate_json_is(values[3], "tool_search"))
    {
        promise->open = 1;
    }
}


static void
ag_validate_promise_add(ag_validate_promise_t *promise, ag_str_t name,
    ag_str_t schema)
{
    ag_validate_tool_t  *tool;

    tool = ag_validate_promise_new(promise);

    if (tool == NULL) {
        return;
    }

    memset(tool, 0, sizeof(*tool));
    ag_buf_init(&tool->name, name.len);
    promise->count++;

    if (!ag_str_is(schema, "null")) {
        tool->schema.text = schema;
    }

    if (ag_validate_json_add(&tool->name, name) != AG_OK) {
        promise->rc = AG_NOMEM;
    }
}


static ag_validate_tool_t *
ag_validate_promise_new(ag_validate_promise_t *promise)
{
    size_t               size;
    ag_validate_tool_t  *tools;

    if (promise->rc != AG_OK) {
        return NULL;
    }

    if (promise->count == AG_VALIDATE_TOOLS_MAX) {
        promise->open = 1;
        return NULL;
    }

    if (promise->count == promise->size) {
        size = (promise->size == 0) ? 8 : promise->size * 2;
        tools = realloc(promise->tools, size * sizeof(*tools));

        if (tools == NULL) {
            promise->rc = AG_NOMEM;
            return NULL;
        }

        promise->tools = tools;
        promise->size = size;
    }

    return &promise->tools[promise->count];
}
