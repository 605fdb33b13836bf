/*
 * Copyright (C) ngx_agent authors
 *
 * Which answers are looked at, that mending changes one string and no other
 * byte, streams, and that recorded answers of real providers are valid.
 */


#include "validate_test.h"


#define CHAT       AG_ENDPOINT_CHAT
#define RESPONSES  AG_ENDPOINT_RESPONSES
#define MESSAGES   AG_ENDPOINT_MESSAGES

#define JSON  "{'response_format':{'type':'json_object'}}"

#define TOOLS                                                                 \
    "{'tools':[{'function':{'name':'f','parameters':{'type':'object'}}},"     \
    "{'function':{'name':'g','parameters':{'required':['a']}}}]}"

#define TOOL(name, schema)                                                    \
    "{'name':'" name "','input_schema':{'type':'object','required':["         \
    "'" schema "'],'additionalProperties':false,'properties':{'" schema "':"  \
    "{'type':'string'}}}}"

#define MANY                                                                  \
    "'output_format':{'type':'json_schema','schema':{'type':'object',"        \
    "'minProperties':1,'additionalProperties':{'type':['object','array']}}}"

#define ANY_SERVER                                                            \
    "{'type':'code_execution_20250825','name':'code_execution'},"             \
    "{'type':'web_search_20250305','name':'web_search'}"


static void
an_answer_is_needed_for_what_is_asked(void **state)
{
    size_t              i;
    ag_str_t            none, some;
    ag_validate_rule_t  rule;

    static const ag_endpoint_t  others[] = {
        AG_ENDPOINT_EMBEDDINGS, AG_ENDPOINT_COUNT_TOKENS, AG_ENDPOINT_MODELS,
        AG_ENDPOINT_MODEL
    };

    (void) state;

    none = quoted("{'model':'a','messages':[]}");
    some = quoted(JSON);

    assert_false(ag_validate_needed(&nothing, CHAT, some));
    assert_false(ag_validate_needed(&by_request, CHAT, none));
    assert_true(ag_validate_needed(&by_request, CHAT, some));
    assert_false(ag_validate_needed(&by_request, AG_ENDPOINT_COMPLETIONS,
                                    some));
    assert_true(ag_validate_needed(&by_json, CHAT, none));
    assert_true(ag_validate_needed(&by_json, AG_ENDPOINT_COMPLETIONS, none));
    assert_true(ag_validate_needed(&by_json, RESPONSES, none));
    assert_true(ag_validate_needed(&by_json, MESSAGES, none));

    rule = by_request;
    rule.again = 1;
    assert_false(ag_validate_needed(&rule, CHAT, none));
    rule.min_length = 1;
    assert_true(ag_validate_needed(&rule, CHAT, none));
    rule = nothing;
    rule.tag = text("a");
    assert_true(ag_validate_needed(&rule, CHAT, none));
    rule = nothing;
    rule.schema = (void *) &rule;
    assert_true(ag_validate_needed(&rule, CHAT, none));
    rule = nothing;
    rule.regex = (void *) &rule;
    assert_true(ag_validate_needed(&rule, CHAT, none));

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(ag_validate_needed(&by_json, others[i], some));
        valid(&by_json, others[i], JSON, "{'data':[]}");
        valid_stream(&by_json, others[i], JSON, "{}");
    }

    released(none);
    released(some);
}


static void
an_answer_that_is_not_json_is_invalid(void **state)
{
    (void) state;

    invalid(&by_json, CHAT, "{}", "<html>", "the answer is not JSON");
    invalid(&by_json, CHAT, "{}", "", "the answer is not JSON");
    invalid(&by_json, CHAT, "{}", "{'choices':[", "the answer is not JSON");
    valid(&nothing, CHAT, "{}", "<html>");
}


static void
only_the_spoilt_string_changes(void **state)
{
    (void) state;

    mended(&by_request, CHAT, JSON,
           " {\t'x' : 1.0e+0 , 'c\\u0068oices' : [ {'message' : {"
           " 'n' : 12345678901234567890.10 , 'content' : '{\\'\\u00e4\\':"
           "\\'\\n\\',}' , 'y\\u0020':'\\/'} , 'finish_reason' :'stop'} ] ,"
           "\r\n 'usage' : { 'a' : -0 } }\n",
           " {\t'x' : 1.0e+0 , 'c\\u0068oices' : [ {'message' : {"
           " 'n' : 12345678901234567890.10 , 'content' : '{\\'\xc3\xa4\\':"
           "\\'\\\\n\\'}' , 'y\\u0020':'\\/'} , 'finish_reason' :'stop'} ] ,"
           "\r\n 'usage' : { 'a' : -0 } }\n");
}


static void
several_strings_change_in_their_places(void **state)
{
    (void) state;

    mended(&by_request, CHAT,
           "{'response_format':{'type':'json_object'},"
           "'tools':[{'function':{'name':'f'}},{'function':{'name':'g'}}]}",
           "{'choices':[{'message':{'tool_calls':[{'function':{'arguments':"
           "'','name':'f'}},{'function':{'name':'g','arguments':'{}'}},"
           "{'function':{'name':'g','arguments':'{\\'a\\':1,}'}}],"
           "'content':'none'}},{'message':{'content':'So: {}'}},"
           "{'message':{'content':'[]'}},{'message':{'content':'{},'}}]}",
           "{'choices':[{'message':{'tool_calls':[{'function':{'arguments':"
           "'{}','name':'f'}},{'function':{'name':'g','arguments':'{}'}},"
           "{'function':{'name':'g','arguments':'{\\'a\\':1}'}}],"
           "'content':'none'}},{'message':{'content':'{}'}},"
           "{'message':{'content':'[]'}},{'message':{'content':'{}'}}]}");
}


static void
of_an_invalid_answer_nothing_is_written(void **state)
{
    (void) state;

    /* the first choice could be mended, the second cannot: see judge() */

    invalid(&by_request, CHAT, JSON,
            "{'choices':[{'message':{'content':'{},'}},"
            "{'message':{'content':'no'}}]}", "the text is not JSON");
}


static void
a_mended_answer_that_does_not_fit_is_a_limit(void **state)
{
    size_t                max;
    ag_buf_t              out;
    ag_str_t              request, answer;
    ag_validate_result_t  result;

    (void) state;

    request = quoted(JSON);
    answer = quoted("{'choices':[{'message':{'content':'So: {}'}}]}");

    for (max = 0; max < answer.len - 4; max++) {
        ag_buf_init(&out, max);
        assert_int_equal(ag_validate(&by_request, CHAT, request, answer, &out,
                                     &result), AG_LIMIT);
        assert_int_equal(out.len, 0);
        assert_false(result.repaired);
        ag_buf_free(&out);
    }

    ag_buf_init(&out, max);
    assert_int_equal(ag_validate(&by_request, CHAT, request, answer, &out,
                                 &result), AG_OK);
    assert_int_equal(out.len, max);
    ag_buf_free(&out);

    released(request);
    released(answer);
}


static void
each_endpoint_is_read_in_its_dialect(void **state)
{
    static const char  responses[] =
        "{'text':{'format':{'type':'json_schema','name':'s','schema':"
        "{'type':'object','required':['a']}}},'tools':[{'type':'function',"
        "'name':'f','parameters':{'type':'object'}}]}";

    (void) state;

    mended(&by_json, AG_ENDPOINT_COMPLETIONS, "{}",
           "{'choices':[{'text':'So: {}','index':0}]}",
           "{'choices':[{'text':'{}','index':0}]}");

    mended(&by_request, RESPONSES, responses,
           "{'output':[{'type':'message','content':[{'type':'output_text',"
           "'text':'{\\'a\\':1,}'}]}]}",
           "{'output':[{'type':'message','content':[{'type':'output_text',"
           "'text':'{\\'a\\':1}'}]}]}");
    invalid(&by_request, RESPONSES, responses,
            "{'output':[{'type':'message','content':[{'type':'output_text',"
            "'text':'{}'}]}]}", "the text breaks the schema of the request");
    valid(&by_request, RESPONSES, responses,
          "{'status':'incomplete','output':[]}");
    invalid(&by_request, RESPONSES, responses, "{'output':[]}",
            "the text is not JSON");
    mended(&by_request, RESPONSES, responses,
           "{'output':[{'type':'function_call','name':'f','arguments':''}]}",
           "{'output':[{'type':'function_call','name':'f','arguments':'{}'}]}");
    invalid(&by_request, RESPONSES, responses,
            "{'output':[{'type':'function_call','name':'f',"
            "'arguments':'[]'}]}",
            "the arguments of a tool break its schema");

    mended(&by_request, MESSAGES,
           "{'output_config':{'format':{'type':'json_schema','schema':"
           "{'type':'array'}}}}",
           "{'content':[{'type':'text','text':'```\\n[1]\\n```'}]}",
           "{'content':[{'type':'text','text':'[1]'}]}");
}


static void
a_stream_is_put_together(void **state)
{
    static const char  request[] =
        "{'response_format':{'type':'json_schema','json_schema':{'schema':"
        "{'type':'object','required':['a']}}},'n':2,"
        "'tools':[{'function':{'name':'f'}}]}";

    (void) state;

    valid_stream(&by_request, CHAT, request,
                 "{'choices':[{'index':0,'delta':{'content':'{\\'a'}}]}\n"
                 "{'choices':[{'index':1,'delta':{'tool_calls':[{'index':0,"
                 "'function':{'name':'f','arguments':'{'}}]}}]}\n"
                 "{'choices':[{'index':0,'delta':{'content':'\\':1}'}}]}\n"
                 "{'choices':[{'index':1,'delta':{'tool_calls':[{'index':0,"
                 "'function':{'arguments':'}'}}]},'finish_reason':'stop'}]}\n"
                 "{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}"
                 "\n[DONE]");
    invalid_stream(&by_request, CHAT, request,
                   "{'choices':[{'index':0,'delta':{'content':'{\\'a'}}]}\n"
                   "{'choices':[{'index':0,'delta':{'content':'\\':1'}}]}\n"
                   "[DONE]", "the text is not JSON");
    invalid_stream(&by_request, CHAT, request,
                   "{'choices':[{'index':0,'delta':{'content':'{}'}}]}",
                   "the text breaks the schema of the request");
    invalid_stream(&by_request, CHAT, request, "[DONE]", "no answer");
    valid_stream(&by_request, CHAT, request,
                 "{'choices':[{'index':0,'delta':{'content':'{\\'a'},"
                 "'finish_reason':'length'}]}");
}


static void
what_would_need_mending_is_invalid_in_a_stream(void **state)
{
    (void) state;

    invalid_stream(&by_request, CHAT, JSON,
                   "{'choices':[{'delta':{'content':'{},'}}]}",
                   "the text is not JSON");
    invalid_stream(&by_json, CHAT, "{}",
                   "{'choices':[{'delta':{'content':'So: {}'}}]}",
                   "the text holds no JSON");
    valid_stream(&by_json, CHAT, "{}",
                 "{'choices':[{'delta':{'content':'So:\\n```\\n{}\\n```'}}]}");
    invalid_stream(&by_request, CHAT, TOOLS,
                   "{'choices':[{'delta':{'tool_calls':[{'index':0,"
                   "'function':{'name':'f','arguments':'{'}}]}}]}",
                   "the arguments of a tool are not JSON");
}


static void
a_tool_of_messages_may_have_no_arguments_in_a_stream(void **state)
{
    static const char  request[] =
        "{'tools':[{'name':'f','input_schema':{'type':'object'}},"
        TOOL("g", "a") "]}";

    (void) state;

    valid_stream(&by_request, MESSAGES, request,
                 "{'type':'content_block_start','index':0,'content_block':"
                 "{'type':'tool_use','name':'f','input':{}}}\n"
                 "{'type':'content_block_delta','index':0,'delta':"
                 "{'type':'input_json_delta','partial_json':''}}");
    invalid_stream(&by_request, MESSAGES, request,
                   "{'type':'content_block_start','index':0,'content_block':"
                   "{'type':'tool_use','name':'g','input':{}}}",
                   "the arguments of a tool break its schema");
}


static void
an_event_may_be_named_by_its_line_alone(void **state)
{
    ag_str_t              events, request;
    ag_validate_result_t  result;

    (void) state;

    request = quoted("{'text':{'format':{'type':'json_object'}}}");
    events = quoted("event: response.output_text.delta\r\n"
                    "data: {'delta':'{}'}\r\n\r\n"
                    ": comment\n\n"
                    "event: response.completed\ndata:\n\n"
                    "data: {'delta'\n\n"
                    "data: {'type':'response.output_text.delta',"
                    "'delta':'torn'\n\n"
                    "data: {'type':'response.output_text.delta',"
                    "'delta':'cut off'}\n");

    assert_int_equal(ag_validate_stream(&by_request, RESPONSES, request,
                                        events, &result), AG_OK);
    released(events);

    events = quoted("event: response.output_text.delta\n"
                    "data: {'delta':\ndata: '{'}\n\n");
    assert_int_equal(ag_validate_stream(&by_request, RESPONSES, request,
                                        events, &result), AG_INVALID);
    released(events);
    released(request);
}


/* More of "one" in a list than may be; "after" ends the answer. */
static void
too_many(ag_endpoint_t endpoint, size_t count, const char *before,
    const char *one, const char *after)
{
    size_t                i;
    ag_buf_t              answer, out;
    ag_validate_result_t  result;

    ag_buf_init(&answer, AG_ANSWER_MAX);
    assert_int_equal(ag_buf_add_string(&answer, before), AG_OK);

    for (i = 0; i < count; i++) {
        assert_int_equal(ag_buf_add_string(&answer, one), AG_OK);
        assert_int_equal(ag_buf_add_string(&answer, ","), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&answer, one), AG_OK);
    assert_int_equal(ag_buf_add_string(&answer, after), AG_OK);
    assert_int_equal(ag_buf_add(&answer, "", 1), AG_OK);

    assert_int_equal(judge(&by_request, endpoint, "{}", (char *) answer.data,
                           &out, &result), AG_LIMIT);
    assert_null(result.reason);
    ag_buf_free(&answer);
}


static void
an_answer_beyond_the_caps_is_a_limit(void **state)
{
    (void) state;

    too_many(CHAT, AG_CHOICES_MAX, "{'choices':[", "{}", "]}");
    too_many(CHAT, AG_VALIDATE_CALLS_MAX,
             "{'choices':[{'message':{'tool_calls':[", "{'function':{}}",
             "]}}]}");
    too_many(MESSAGES, AG_VALIDATE_CALLS_MAX, "{'content':[",
             "{'type':'tool_use','name':'f','input':{}}", "]}");
    too_many(RESPONSES, AG_VALIDATE_CALLS_MAX, "{'output':[",
             "{'type':'function_call','name':'f','arguments':'{}'}", "]}");
    too_many(CHAT, AG_JSON_DEPTH_MAX, "[", "0",
             ",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
             "]");
}


static void
a_stream_beyond_the_caps_is_a_limit(void **state)
{
    size_t                i;
    ag_buf_t              lines;
    ag_validate_result_t  result;

    (void) state;

    ag_buf_init(&lines, AG_ANSWER_MAX);

    for (i = 0; i <= AG_CHOICES_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&lines, "{'choices':[{'index':"),
                         AG_OK);
        assert_int_equal(ag_buf_add_number(&lines, i), AG_OK);
        assert_int_equal(ag_buf_add_string(&lines, "}]}\n"), AG_OK);
    }

    assert_int_equal(ag_buf_add(&lines, "", 1), AG_OK);
    assert_int_equal(judge_stream(&by_json, CHAT, "{}", (char *) lines.data,
                                  &result), AG_LIMIT);
    ag_buf_free(&lines);
}


/* The requests that the recorded answers could be the answers of. */
static const char *
request_of(const char *name)
{
    size_t  i;

    static const struct {
        const char  *name;
        const char  *request;
    } rows[] = {
        { "anthropic-json-output-format", "{" MANY "}" },
        { "anthropic-json-other-tool", "{'tools':[" TOOL("weather", "location")
          "," TOOL("json", "value") "]}" },
        { "anthropic-programmatic-tool-calling", "{'tools':["
          ANY_SERVER "," TOOL("rollDie", "player") "]}" },
        { "anthropic-", "{'tools':[" ANY_SERVER "]}" },
        { "xai-tool-call", "{'tools':[{'type':'function','function':"
          "{'name':'weather','parameters':{'type':'object','required':"
          "['location'],'additionalProperties':false,'properties':"
          "{'location':{'type':'string'}}}}}]}" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(name, rows[i].name, strlen(rows[i].name)) == 0) {
            return rows[i].request;
        }
    }

    return "{'messages':[]}";
}


/* Judges a recording, of which "rule" says what is asked. */
static int
recorded(const ag_validate_rule_t *rule, const ag_dialect_t *dialect,
    const char *name, ag_str_t body, const char *request,
    ag_validate_result_t *result)
{
    int             rc;
    ag_buf_t        out;
    ag_str_t        asked, events;
    ag_endpoint_t   endpoint;

    endpoint = (dialect == &ag_anthropic) ? MESSAGES : CHAT;
    asked = quoted(request);
    ag_buf_init(&out, AG_ANSWER_MAX);

    if (strstr(name, ".chunks.") != NULL) {
        events = as_events(body);
        rc = ag_validate_stream(rule, endpoint, asked, events, result);
        released(events);

    } else {
        rc = ag_validate(rule, endpoint, asked, body, &out, result);
        assert_false(result->repaired);
    }

    released(asked);
    ag_buf_free(&out);

    return rc;
}


static void
check_recording(const ag_dialect_t *dialect, const char *name, ag_str_t body)
{
    int                   rc, calls;
    ag_validate_rule_t    rule;
    ag_validate_result_t  result;

    rc = recorded(&by_request, dialect, name, body, request_of(name),
                  &result);

    if (rc != AG_OK) {
        fail_msg("%s: %s", name, result.reason);
    }

    /* and it was read at all: the same text breaks another promise */

    rule = by_request;
    rule.min_length = AG_ANSWER_MAX;
    rc = recorded(&rule, dialect, name, body,
                  "{'response_format':{'type':'json_object'},"
                  "'output_format':{'type':'json_schema','schema':"
                  "{'type':'number'}},'tools':[{'name':'other'}]}", &result);

    calls = strstr(name, "tool-call.") != NULL
            || strstr(name, "other-tool.") != NULL;

    if (rc != AG_INVALID
        || strncmp(result.reason, calls ? "unknown tool" : "the text", 8) != 0)
    {
        fail_msg("%s: %d, %s", name, rc, result.reason);
    }
}


static void
recorded_answers_are_valid(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".json", check_recording);
    for_recordings(&ag_openai, "openai-compatible", ".json",
                   check_recording);
    for_recordings(&ag_anthropic, "anthropic", ".json", check_recording);
}


static void
recorded_streams_are_valid(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".chunks.txt", check_recording);
    for_recordings(&ag_openai, "openai-compatible", ".chunks.txt",
                   check_recording);
    for_recordings(&ag_anthropic, "anthropic", ".chunks.txt",
                   check_recording);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_answer_is_needed_for_what_is_asked),
        cmocka_unit_test(an_answer_that_is_not_json_is_invalid),
        cmocka_unit_test(only_the_spoilt_string_changes),
        cmocka_unit_test(several_strings_change_in_their_places),
        cmocka_unit_test(of_an_invalid_answer_nothing_is_written),
        cmocka_unit_test(a_mended_answer_that_does_not_fit_is_a_limit),
        cmocka_unit_test(each_endpoint_is_read_in_its_dialect),
        cmocka_unit_test(a_stream_is_put_together),
        cmocka_unit_test(what_would_need_mending_is_invalid_in_a_stream),
        cmocka_unit_test(a_tool_of_messages_may_have_no_arguments_in_a_stream),
        cmocka_unit_test(an_event_may_be_named_by_its_line_alone),
        cmocka_unit_test(an_answer_beyond_the_caps_is_a_limit),
        cmocka_unit_test(a_stream_beyond_the_caps_is_a_limit),
        cmocka_unit_test(recorded_answers_are_valid),
        cmocka_unit_test(recorded_streams_are_valid)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
