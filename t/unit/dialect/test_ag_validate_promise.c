/*
 * Copyright (C) ngx_agent authors
 *
 * What a request promises, in the words of each dialect.
 */


#include "validate_test.h"


#define CHAT         AG_ENDPOINT_CHAT
#define COMPLETIONS  AG_ENDPOINT_COMPLETIONS
#define RESPONSES    AG_ENDPOINT_RESPONSES
#define MESSAGES     AG_ENDPOINT_MESSAGES

#define TOOL(name, schema)                                                    \
    "{'type':'function','function':{'name':'" name "','parameters':" schema   \
    "}}"


static void
promises_are_seen(void **state)
{
    size_t    i;
    ag_str_t  body;

    static const struct {
        unsigned        given;
        ag_endpoint_t   endpoint;
        const char     *body;
    } rows[] = {
        { 0, CHAT, "{}" },
        { 0, CHAT, "{'model':'a','messages':[{'tools':[1]}],'n':2}" },
        { 0, CHAT, "{'response_format':{'type':'text'}}" },
        { 0, CHAT, "{'response_format':null,'tools':null}" },
        { 0, CHAT, "{'tools':[],'functions':[ ]}" },
        { 0, CHAT, "{'tool_choice':'auto','x':'tools'}" },
        { 0, CHAT, "{'text':{'format':{'type':'json_object'}}}" },
        { 0, CHAT, "{'output_format':{'type':'json_schema'}}" },
        { 1, CHAT, "{'response_format':{'type':'json_object'}}" },
        { 1, CHAT, "{'messages':['{',{}],'response_format':"
                   "{'json_schema':{},'type':'json_schema'}}" },
        { 1, CHAT, "{'r\\u0065sponse_format':{'type':'json_obj\\u0065ct'}}" },
        { 1, CHAT, "{'tools':[{}],'messages':[]}" },
        { 1, CHAT, "{'':0,'\\u0074ools':[{}]}" },
        { 1, CHAT, "{'functions':[{}]}" },
        { 0, RESPONSES, "{'text':{'verbosity':'low'}}" },
        { 0, RESPONSES, "{'text':{'format':{'type':'text'}}}" },
        { 0, RESPONSES, "{'response_format':{'type':'json_object'}}" },
        { 0, RESPONSES, "{'functions':[{}]}" },
        { 1, RESPONSES, "{'text':{'format':{'type':'json_object'}}}" },
        { 1, RESPONSES, "{'text':{'format':{'type':'json_schema'}}}" },
        { 1, RESPONSES, "{'tools':[{}]}" },
        { 0, MESSAGES, "{'output_config':{'effort':'low'}}" },
        { 1, MESSAGES, "{'output_config':{'format':{'type':'json_schema'}}}" },
        { 1, MESSAGES, "{'output_format':{'type':'json_schema'}}" },
        { 1, MESSAGES, "{'tools':[{}]}" },
        { 0, COMPLETIONS, "{'response_format':{'type':'json_object'},"
                          "'tools':[{}]}" },
        { 0, AG_ENDPOINT_EMBEDDINGS, "{'tools':[{}]}" },
        { 0, AG_ENDPOINT_COUNT_TOKENS, "{'tools':[{}]}" },
        { 0, CHAT, "" },
        { 0, CHAT, "[{'tools':[{}]}]" },
        { 0, CHAT, "{'tools'" },
        { 0, CHAT, "{'tools':[" }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        body = quoted(rows[i].body);

        if (ag_validate_promise_given(rows[i].endpoint, body)
            != rows[i].given)
        {
            fail_msg("not %u: %s", rows[i].given, rows[i].body);
        }

        released(body);
    }
}


/* The schema of the text that the request promises; NULL: no JSON at all. */
static void
promised(ag_endpoint_t endpoint, const char *request, const char *schema)
{
    ag_str_t               body, wanted;
    ag_validate_promise_t  promise;

    body = quoted(request);
    ag_validate_promise_read(&promise, endpoint, body);

    assert_int_equal(promise.json, schema != NULL);

    if (schema != NULL) {
        wanted = quoted(schema);
        assert_int_equal(promise.schema.text.len, wanted.len);
        assert_memory_equal(promise.schema.text.data, wanted.data,
                            wanted.len);
        released(wanted);
    }

    ag_validate_promise_free(&promise);
    released(body);
}


static void
the_schema_of_a_text_is_found(void **state)
{
    (void) state;

    promised(CHAT, "{'response_format':{'type':'text'}}", NULL);
    promised(CHAT, "{'response_format':{'type':'json_object'}}", "");
    promised(CHAT, "{'response_format':{'type':'json_schema','json_schema':"
                   "{'name':'a','schema':{'x':1},'strict':true}}}",
             "{'x':1}");
    promised(CHAT, "{'response_format':{'type':'json_schema','json_schema':"
                   "{'name':'a'}}}", "");
    promised(CHAT, "{'response_format':{'type':'json_object',"
                   "'schema':{'x':1}}}", "{'x':1}");
    promised(RESPONSES, "{'text':{'format':{'type':'json_schema','name':'a',"
                        "'schema':{'x':1}}}}", "{'x':1}");
    promised(RESPONSES, "{'text':{'format':{'type':'text'}}}", NULL);
    promised(MESSAGES, "{'output_format':{'type':'json_schema',"
                       "'schema':{'x':1}}}", "{'x':1}");
    promised(MESSAGES, "{'output_config':{'format':{'type':'json_schema',"
                       "'schema':{'x':1}}}}", "{'x':1}");
    promised(COMPLETIONS, "{'response_format':{'type':'json_object'}}", NULL);
}


/* The schema of a tool; NULL: the tool is unknown. */
static void
declared(ag_endpoint_t endpoint, const char *request, const char *name,
    const char *schema)
{
    int                     rc;
    ag_str_t                body, wanted;
    ag_validate_tool_t     *tool;
    ag_validate_promise_t   promise;

    body = quoted(request);
    wanted = quoted(schema != NULL ? schema : "");
    ag_validate_promise_read(&promise, endpoint, body);

    /* the second time nothing is read again */

    (void) ag_validate_promise_find(&promise, text(name), &tool);
    rc = ag_validate_promise_find(&promise, text(name), &tool);

    if (rc != (schema != NULL ? AG_OK : AG_NONE)) {
        fail_msg("%d for %s: %s", rc, name, request);
    }

    if (tool != NULL) {
        assert_int_equal(tool->schema.text.len, wanted.len);
        assert_memory_equal(tool->schema.text.data, wanted.data, wanted.len);

    } else {
        assert_int_equal(wanted.len, 0);
    }

    ag_validate_promise_free(&promise);
    released(wanted);
    released(body);
}


static void
tools_are_read_in_each_spelling(void **state)
{
    static const char  chat[] =
        "{'tools':[" TOOL("a", "{'x':1}") "," TOOL("b", "null") ","
        "{'type':'function','function':{'name':'c','strict':true}},"
        "{'type':'custom','custom':{'name':'d','format':{}}},"
        TOOL("\\u0065\\n", "{'x':2}") "],"
        "'functions':[{'name':'f','parameters':{'x':3}}]}";
    static const char  responses[] =
        "{'tools':[{'type':'function','name':'a','parameters':{'x':1}},"
        "{'type':'web_search'},{'type':'custom','name':'b'},"
        "{'type':'mcp','server_label':'m'},"
        "{'type':'namespace','name':'n','tools':[{'type':'function',"
        "'name':'c','parameters':{'x':2}}]}]}";
    static const char  messages[] =
        "{'tools':[{'name':'a','input_schema':{'x':1}},"
        "{'type':'custom','name':'b','input_schema':{'x':2}},"
        "{'type':'bash_20250124','name':'bash'}]}";

    (void) state;

    declared(CHAT, chat, "a", "{'x':1}");
    declared(CHAT, chat, "b", "");
    declared(CHAT, chat, "c", "");
    declared(CHAT, chat, "d", "");
    declared(CHAT, chat, "e\n", "{'x':2}");
    declared(CHAT, chat, "f", "{'x':3}");
    declared(CHAT, chat, "g", NULL);
    declared(CHAT, chat, "", NULL);
    declared(CHAT, "{}", "a", NULL);

    declared(RESPONSES, responses, "a", "{'x':1}");
    declared(RESPONSES, responses, "b", "");
    declared(RESPONSES, responses, "c", "{'x':2}");
    declared(RESPONSES, responses, "n", NULL);
    declared(RESPONSES, responses, "web_search", NULL);

    declared(MESSAGES, messages, "a", "{'x':1}");
    declared(MESSAGES, messages, "b", "{'x':2}");
    declared(MESSAGES, messages, "bash", "");
    declared(MESSAGES, messages, "web_search", NULL);

    declared(MESSAGES, "{'functions':[{'name':'a'}]}", "a", NULL);

    /* a namespace holds no other */

    declared(RESPONSES, "{'tools':[{'tools':[{'name':'n','tools':"
                        "[{'name':'a'}]}]}]}", "n", "");
    declared(RESPONSES, "{'tools':[{'tools':[{'name':'n','tools':"
                        "[{'name':'a'}]}]}]}", "a", NULL);
}


static void
of_two_tools_of_one_name_the_schema_is_not_known(void **state)
{
    (void) state;

    declared(CHAT, "{'tools':[" TOOL("a", "{'x':1}") ","
                   TOOL("a", "{'x':2}") "]}", "a", "");
}


static void
tools_may_be_declared_where_we_cannot_see_them(void **state)
{
    (void) state;

    declared(CHAT, "{'tools':[{'type':'live_search'}]}", "x", "");
    declared(CHAT, "{'tools':[{'function':{'name':''}}]}", "x", "");
    declared(CHAT, "{'tools':[{'function':{'name':['x']}}]}", "x", "");
    declared(MESSAGES, "{'tools':[{'type':'mcp_toolset'}]}", "x", "");
    declared(RESPONSES, "{'tools':[{'type':'tool_search'}]}", "x", "");
    declared(RESPONSES, "{'previous_response_id':'r'}", "x", "");
    declared(RESPONSES, "{'conversation':{'id':'c'}}", "x", "");
    declared(RESPONSES, "{'prompt':{'id':'p'}}", "x", "");
    declared(RESPONSES, "{'input':[{'role':'user'},"
                        "{'type':'additional_tools'},{'type':'x'}]}",
             "x", "");
    declared(RESPONSES, "{'input':[{'type':'tool_search_output'}]}", "x", "");

    declared(RESPONSES, "{'tools':[{'type':'web_search'}],"
                        "'previous_response_id':null,'conversation':'',"
                        "'prompt':null,'input':[{'type':'message'}],"
                        "'other':[{'type':'additional_tools'}]}",
             "x", NULL);
    declared(CHAT, "{'previous_response_id':'r'}", "x", NULL);
}


static void
more_tools_than_the_cap_may_be_any(void **state)
{
    char    *request;
    size_t   i, at, size;

    (void) state;

    size = 64 * (AG_VALIDATE_TOOLS_MAX + 2);
    request = malloc(size);
    assert_non_null(request);

    at = (size_t) snprintf(request, size, "{'tools':[{'name':'t0'}");

    for (i = 1; i < AG_VALIDATE_TOOLS_MAX; i++) {
        at += (size_t) snprintf(request + at, size - at,
                                ",{'name':'t%zu','parameters':{'x':%zu}}",
                                i, i);
    }

    snprintf(request + at, size - at, "]}");
    declared(CHAT, request, "t1023", "{'x':1023}");
    declared(CHAT, request, "t1024", NULL);

    snprintf(request + at, size - at,
             ",{'name':'t1024','parameters':{'x':1024}}]}");
    declared(CHAT, request, "t1023", "{'x':1023}");
    declared(CHAT, request, "t1024", "");

    free(request);
}


static void
a_schema_is_compiled_once_or_not_at_all(void **state)
{
    ag_validate_schema_t  schema;

    (void) state;

    memset(&schema, 0, sizeof(schema));
    assert_null(ag_validate_promise_schema(&schema));

    memset(&schema, 0, sizeof(schema));
    schema.text = text("{\"type\":\"object\"}");
    assert_non_null(ag_validate_promise_schema(&schema));
    assert_ptr_equal(ag_validate_promise_schema(&schema), schema.schema);
    ag_schema_free(schema.schema);

    /* what is refused does not count, and is not tried again */

    memset(&schema, 0, sizeof(schema));
    schema.text = text("{\"$ref\":\"https://example.com/schema\"}");
    assert_null(ag_validate_promise_schema(&schema));
    assert_true(schema.tried);
    schema.text = text("{}");
    assert_null(ag_validate_promise_schema(&schema));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(promises_are_seen),
        cmocka_unit_test(the_schema_of_a_text_is_found),
        cmocka_unit_test(tools_are_read_in_each_spelling),
        cmocka_unit_test(of_two_tools_of_one_name_the_schema_is_not_known),
        cmocka_unit_test(tools_may_be_declared_where_we_cannot_see_them),
        cmocka_unit_test(more_tools_than_the_cap_may_be_any),
        cmocka_unit_test(a_schema_is_compiled_once_or_not_at_all)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
