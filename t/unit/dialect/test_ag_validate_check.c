/*
 * Copyright (C) ngx_agent authors
 *
 * What is asked of an answer, rule by rule.
 */


#include "validate_test.h"


#define CHAT  AG_ENDPOINT_CHAT

/* A chat completion of one choice; "text" is the inside of a JSON string. */
#define ANSWER(text)  ENDED(text, "stop")

#define ENDED(text, reason)                                                   \
    "{'choices':[{'index':0,'message':{'role':'assistant','content':'" text   \
    "'},'finish_reason':'" reason "'}]}"

#define CALLED(name, arguments)                                               \
    "{'choices':[{'message':{'content':'Let me see.','tool_calls':[{'id':"    \
    "'1','type':'function','function':{'name':'" name "','arguments':"        \
    arguments "}}]},'finish_reason':'tool_calls'}]}"

#define JSON  "{'response_format':{'type':'json_object'}}"

#define SCHEMA                                                                \
    "{'response_format':{'type':'json_schema','json_schema':{'name':'s',"     \
    "'schema':{'type':'object','required':['a'],'properties':{'a':"           \
    "{'type':'integer'}}}}}}"

#define TOOL                                                                  \
    "{'tools':[{'type':'function','function':{'name':'f','parameters':"       \
    "{'type':'object','required':['a'],'properties':{'a':"                    \
    "{'type':'integer'}}}}},{'type':'function','function':{'name':'g',"       \
    "'parameters':{'type':'object'}}},{'type':'function','function':"         \
    "{'name':'h'}}]}"

#define NOT_JSON   "the text is not JSON"
#define NOT_FIT    "the text breaks the schema of the request"
#define NOT_ARGS   "the arguments of a tool are not JSON"
#define BAD_ARGS   "the arguments of a tool break its schema"


static void
nothing_is_asked_without_a_rule(void **state)
{
    (void) state;

    valid(&nothing, CHAT, SCHEMA, ANSWER("no"));
    valid(&nothing, CHAT, TOOL, CALLED("x", "'{'"));
    valid(&by_request, CHAT, "{}", ANSWER("no"));
}


static void
promised_json_is_one_value(void **state)
{
    (void) state;

    valid(&by_request, CHAT, JSON, ANSWER("{}"));
    valid(&by_request, CHAT, JSON, ANSWER(" \\n{\\'a\\':[1,{}]}\\n"));
    valid(&by_request, CHAT, JSON, ANSWER("[1]"));
    invalid(&by_request, CHAT, JSON, ANSWER("no"), NOT_JSON);
    invalid(&by_request, CHAT, JSON, ANSWER(""), NOT_JSON);
    invalid(&by_request, CHAT, JSON, ANSWER("{\\'a\\':[1"), NOT_JSON);
    invalid(&by_request, CHAT, JSON,
            "{'choices':[{'message':{'content':null},"
            "'finish_reason':'stop'}]}", NOT_JSON);
}


static void
a_promised_schema_holds(void **state)
{
    (void) state;

    valid(&by_request, CHAT, SCHEMA, ANSWER("{\\'a\\':1}"));
    invalid(&by_request, CHAT, SCHEMA, ANSWER("{\\'a\\':\\'1\\'}"), NOT_FIT);
    invalid(&by_request, CHAT, SCHEMA, ANSWER("{}"), NOT_FIT);
    invalid(&by_request, CHAT, SCHEMA, ANSWER("3"), NOT_FIT);
    invalid(&by_request, CHAT, SCHEMA, ANSWER("no"), NOT_JSON);
}


static void
a_schema_that_we_cannot_read_is_not_the_answers_fault(void **state)
{
    size_t  i;

    static const char *const  requests[] = {
        "{'response_format':{'type':'json_schema','json_schema':{'schema':"
        "{'$ref':'https://example.com/s'}}}}",
        "{'response_format':{'type':'json_schema','json_schema':{'schema':"
        "'object'}}}",
        "{'response_format':{'type':'json_schema','json_schema':{}}}",
        "{'response_format':{'type':'json_schema','json_schema':{'schema':"
        "{'type':7}}}}"
    };

    (void) state;

    for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        valid(&by_request, CHAT, requests[i], ANSWER("{}"));
        invalid(&by_request, CHAT, requests[i], ANSWER("no"), NOT_JSON);
    }

    valid(&by_request, CHAT,
          "{'tools':[{'function':{'name':'f','parameters':"
          "{'$ref':'https://example.com/s'}}}]}", CALLED("f", "'{}'"));
}


/* A schema that has 2^23 ways to say yes. */
static char *
endless(void)
{
    char    *schema;
    size_t   i, at;

    schema = malloc(4096);
    assert_non_null(schema);
    at = (size_t) sprintf(schema, "{'$ref':'#/$defs/d0','$defs':{");

    for (i = 0; i < 23; i++) {
        at += (size_t) sprintf(schema + at, "'d%zu':{'allOf':[{'$ref':"
                               "'#/$defs/d%zu'},{'$ref':'#/$defs/d%zu'}]},",
                               i, i + 1, i + 1);
    }

    sprintf(schema + at, "'d23':{'type':'object'}}}");

    return schema;
}


static void
a_schema_that_takes_too_long_is_not_the_answers_fault(void **state)
{
    char                  *schema, request[4096];
    ag_buf_t               out;
    ag_str_t               compiled;
    ag_schema_error_t      error;
    ag_validate_rule_t     rule;
    ag_validate_result_t   result;

    (void) state;

    schema = endless();
    snprintf(request, sizeof(request), "{'response_format':{'type':"
             "'json_schema','json_schema':{'schema':%s}}}", schema);
    valid(&by_request, CHAT, request, ANSWER("{}"));

    snprintf(request, sizeof(request), "{'tools':[{'function':{'name':'f',"
             "'parameters':%s}}]}", schema);
    valid(&by_request, CHAT, request, CALLED("f", "'{}'"));

    /* an operator can do something about it */

    rule = nothing;
    compiled = quoted(schema);
    rule.schema = ag_schema_compile(compiled, &error);
    assert_non_null(rule.schema);
    assert_int_equal(judge(&rule, CHAT, "{}", ANSWER("{}"), &out, &result),
                     AG_LIMIT);

    ag_schema_free((ag_schema_t *) rule.schema);
    released(compiled);
    free(schema);
}


static void
promised_json_is_mended(void **state)
{
    (void) state;

    mended(&by_request, CHAT, SCHEMA,
           ANSWER("Here:\\n```json\\n{\\'a\\':1}\\n```\\nBye."),
           ANSWER("{\\'a\\':1}"));
    mended(&by_request, CHAT, SCHEMA, ANSWER("{\\'a\\':1,}"),
           ANSWER("{\\'a\\':1}"));
    mended(&by_request, CHAT, SCHEMA, ANSWER("Sure! {\\'a\\':1} There."),
           ANSWER("{\\'a\\':1}"));
    invalid(&by_request, CHAT, SCHEMA, ANSWER("{\\'a\\':\\'x\\',}"),
            NOT_FIT);
}


static void
nothing_is_asked_of_an_answer_that_was_cut_or_refused(void **state)
{
    (void) state;

    valid(&by_request, CHAT, SCHEMA, ENDED("{\\'a", "length"));
    valid(&by_request, CHAT, SCHEMA, ENDED("", "content_filter"));
    valid(&by_request, CHAT, SCHEMA,
          "{'choices':[{'message':{'content':null,'refusal':'no'},"
          "'finish_reason':'stop'}]}");
    invalid(&by_request, CHAT, SCHEMA, ENDED("{\\'a", "error"), NOT_JSON);

    valid(&by_request, CHAT, TOOL,
          "{'choices':[{'message':{'tool_calls':[{'function':{'name':'x',"
          "'arguments':'{'}}]},'finish_reason':'length'}]}");
    valid(&by_request, CHAT, TOOL,
          "{'choices':[{'message':{'refusal':'no','tool_calls':[{'function':"
          "{'name':'x','arguments':'{'}}]}}]}");
}


static void
the_operators_rules_are_asked_of_those_too(void **state)
{
    (void) state;

    invalid(&by_json, CHAT, "{}", ENDED("{\\'a", "length"),
            "the text holds no JSON");
    invalid(&by_json, CHAT, "{}",
            "{'choices':[{'message':{'content':null,'refusal':'no'}}]}",
            "the text holds no JSON");
}


static void
every_choice_is_asked(void **state)
{
    (void) state;

    valid(&by_request, CHAT, JSON,
          "{'choices':[{'message':{'content':'{}'}},"
          "{'message':{'content':'[]'}}]}");
    invalid(&by_request, CHAT, JSON,
            "{'choices':[{'message':{'content':'{}'}},"
            "{'message':{'content':'no'}}]}", NOT_JSON);
    valid(&by_request, CHAT, JSON,
          "{'choices':[{'message':{'content':'{}'}},"
          "{'message':{'content':'no'},'finish_reason':'length'}]}");
    invalid(&by_request, CHAT, TOOL,
            "{'choices':[{'message':{'content':'a'}},{'message':{'tool_calls':"
            "[{'function':{'name':'f','arguments':'{}'}}]}}]}", BAD_ARGS);
}


static void
text_beside_a_call_is_no_answer_yet(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = by_json;
    rule.request = 1;
    rule.min_length = 100;
    rule.tag = text("x");

    valid(&rule, CHAT,
          "{'response_format':{'type':'json_object'},"
          "'functions':[{'name':'f'}]}", CALLED("f", "'{}'"));
}


static void
a_call_keeps_to_its_tool(void **state)
{
    (void) state;

    valid(&by_request, CHAT, TOOL, CALLED("f", "'{\\'a\\':1}'"));
    invalid(&by_request, CHAT, TOOL, CALLED("f", "'{\\'a\\':\\'b\\'}'"),
            BAD_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("f", "'{}'"), BAD_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("f", "'{\\'a\\':'"), NOT_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("f", "'no'"), NOT_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("f", "{'a':1}"), NOT_ARGS);
    valid(&by_request, CHAT, TOOL, CALLED("h", "'[1]'"));
    invalid(&by_request, CHAT, TOOL,
            "{'choices':[{'message':{'tool_calls':[{'function':{'name':'f',"
            "'arguments':'{\\'a\\':1}'}},{'function':{'name':'f',"
            "'arguments':'{\\'a\\':[]}'}}]}}]}", BAD_ARGS);
}


static void
nothing_is_known_of_some_tools(void **state)
{
    (void) state;

    valid(&by_request, CHAT,
          "{'tools':[{'type':'live_search'},{'function':{'name':'f'}}]}",
          CALLED("g", "'1'"));
    invalid(&by_request, CHAT,
            "{'tools':[{'type':'live_search'},{'function':{'name':'f'}}]}",
            CALLED("g", "'no'"), NOT_ARGS);
    valid(&by_request, CHAT,
          "{'tools':[{'function':{'name':'f','parameters':{'type':'array'}}},"
          "{'function':{'name':'f','parameters':{'type':'object'}}}]}",
          CALLED("f", "'1'"));
}


static void
a_call_to_a_tool_that_was_not_declared_is_invalid(void **state)
{
    (void) state;

    invalid(&by_request, CHAT, TOOL, CALLED("i", "'{}'"), "unknown tool");
    invalid(&by_request, CHAT, TOOL, CALLED("", "'{}'"), "unknown tool");
    invalid(&by_request, CHAT, JSON, CALLED("f", "'{}'"), "unknown tool");
    invalid(&by_request, CHAT, "{}", CALLED("f", "'{}'"), "unknown tool");
}


static void
arguments_are_mended(void **state)
{
    (void) state;

    mended(&by_request, CHAT, TOOL, CALLED("f", "'{\\'a\\': 1,}'"),
           CALLED("f", "'{\\'a\\': 1}'"));
    mended(&by_request, CHAT, TOOL, CALLED("f", "'```{\\'a\\':1}```'"),
           CALLED("f", "'{\\'a\\':1}'"));
    mended(&by_request, CHAT, TOOL,
           CALLED("f", "'```json\\n{\\'a\\':1}\\n```'"),
           CALLED("f", "'{\\'a\\':1}'"));
    invalid(&by_request, CHAT, TOOL, CALLED("f", "'{\\'a\\':[],}'"),
            BAD_ARGS);
}


static void
no_arguments_become_an_empty_object_where_that_is_allowed(void **state)
{
    (void) state;

    mended(&by_request, CHAT, TOOL, CALLED("g", "''"), CALLED("g", "'{}'"));
    mended(&by_request, CHAT, TOOL, CALLED("g", "' \\n'"),
           CALLED("g", "'{}'"));
    mended(&by_request, CHAT, TOOL, CALLED("h", "''"), CALLED("h", "'{}'"));
    mended(&by_request, CHAT, TOOL, CALLED("h", "null"),
           CALLED("h", "'{}'"));
    invalid(&by_request, CHAT, TOOL, CALLED("f", "''"), BAD_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("g", "'x '"), NOT_ARGS);
    invalid(&by_request, CHAT, TOOL, CALLED("g", "'\\u0000'"), NOT_ARGS);
    invalid(&by_request, CHAT, TOOL,
            "{'choices':[{'message':{'tool_calls':[{'function':"
            "{'name':'g'}}]}}]}", NOT_ARGS);
}


static void
input_of_messages_is_an_object(void **state)
{
    static const char  request[] =
        "{'tools':[{'name':'f','input_schema':{'type':'object',"
        "'required':['a']}},{'type':'bash_20250124','name':'bash'}]}";

    (void) state;

    valid(&by_request, AG_ENDPOINT_MESSAGES, request,
          "{'content':[{'type':'tool_use','name':'f','input':{'a':1}}]}");
    invalid(&by_request, AG_ENDPOINT_MESSAGES, request,
            "{'content':[{'type':'tool_use','name':'f','input':{'b':1}}]}",
            BAD_ARGS);
    valid(&by_request, AG_ENDPOINT_MESSAGES, request,
          "{'content':[{'type':'tool_use','name':'bash','input':{}}]}");
    invalid(&by_request, AG_ENDPOINT_MESSAGES, request,
            "{'content':[{'type':'tool_use','name':'bash','input':'{}'}]}",
            BAD_ARGS);
    invalid(&by_request, AG_ENDPOINT_MESSAGES, request,
            "{'content':[{'type':'tool_use','name':'bash'}]}", NOT_ARGS);
    valid(&by_request, AG_ENDPOINT_MESSAGES, request,
          "{'content':[{'type':'server_tool_use','name':'x','input':[]},"
          "{'type':'mcp_tool_use','name':'y','input':1}]}");
}


static void
the_operators_json_may_have_prose_around_it(void **state)
{
    (void) state;

    valid(&by_json, CHAT, "{}", ANSWER("{}"));
    valid(&by_json, CHAT, "{}", ANSWER("Here:\\n```json\\n{}\\n```\\nBye."));
    valid(&by_json, CHAT, "{}",
          ANSWER("So <final_output>[1]</final_output>"));
    invalid(&by_json, CHAT, "{}", ANSWER("no"), "the text holds no JSON");
    invalid(&by_json, CHAT, "{}", ANSWER(""), "the text holds no JSON");
    mended(&by_json, CHAT, "{}", ANSWER("Here: {\\'a\\':1}."),
           ANSWER("{\\'a\\':1}"));
}


static void
an_object_of_many_members_is_json(void **state)
{
    char    answer[4096];
    size_t  i, at;

    (void) state;

    at = (size_t) snprintf(answer, sizeof(answer),
                           "{'choices':[{'message':{'content':'{\\'a\\':0");

    for (i = 0; i < AG_JSON_MEMBERS_MAX; i++) {
        at += (size_t) snprintf(answer + at, sizeof(answer) - at,
                                ",\\'k%zu\\':0", i);
    }

    snprintf(answer + at, sizeof(answer) - at, "}'}}]}");

    valid(&by_json, CHAT, "{}", answer);
    valid(&by_request, CHAT, JSON, answer);
}


static void
the_operators_schema_holds(void **state)
{
    ag_validate_rule_t  rule;
    ag_schema_error_t   error;

    (void) state;

    rule = nothing;
    rule.schema = ag_schema_compile(text("{\"type\":\"object\","
                                         "\"required\":[\"a\"]}"), &error);
    assert_non_null(rule.schema);

    valid(&rule, CHAT, "{}", ANSWER("```\\n{\\'a\\':1}\\n```"));
    invalid(&rule, CHAT, "{}", ANSWER("{}"), "the text breaks the schema");
    invalid(&rule, CHAT, "{}", ANSWER("a"), "the text holds no JSON");
    mended(&rule, CHAT, "{}", ANSWER("{\\'a\\':1,}"), ANSWER("{\\'a\\':1}"));
    invalid(&rule, CHAT, "{}", ANSWER("{\\'b\\':1,}"),
            "the text breaks the schema");

    ag_schema_free((ag_schema_t *) rule.schema);
}


static void
the_tag_is_there_and_holds_something(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    rule.tag = text("out");

    valid(&rule, CHAT, "{}", ANSWER("Hm. <out>a</out>"));
    invalid(&rule, CHAT, "{}", ANSWER("Hm."), "the tag is missing");
    invalid(&rule, CHAT, "{}", ANSWER(""), "the tag is missing");
    invalid(&rule, CHAT, "{}", ANSWER("<out>a"), "the tag is missing");
    invalid(&rule, CHAT, "{}", ANSWER("<out> \\n</out>"),
            "the tag is empty");

    rule.json = 1;
    valid(&rule, CHAT, "{}", ANSWER("[0] <out>[1]</out>"));
    invalid(&rule, CHAT, "{}", ANSWER("[0] <out>a</out>"),
            "the text holds no JSON");
    mended(&rule, CHAT, "{}", ANSWER("\\u00e4 [0] <out> {\\'a\\':1,} </out>."),
           ANSWER("\xc3\xa4 [0] <out> {\\'a\\':1} </out>."));
}


static void
the_regular_expression_matches(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    rule.regex = ag_regex_compile(text("^\\{.*[ab]+\\}$"), NULL, NULL);
    assert_non_null(rule.regex);

    valid(&rule, CHAT, "{}", ANSWER("{cab}"));
    invalid(&rule, CHAT, "{}", ANSWER("cab"), "the text does not match");
    invalid(&rule, CHAT, "{}", ANSWER(""), "the text does not match");

    /* it is asked of the text that a client sees */

    rule.request = 1;
    ag_regex_free((ag_regex_t *) rule.regex);
    rule.regex = ag_regex_compile(text("^\\{[^,]*\\}$"), NULL, NULL);
    mended(&rule, CHAT, JSON, ANSWER("Sure, {\\'a\\':1,}"),
           ANSWER("{\\'a\\':1}"));

    ag_regex_free((ag_regex_t *) rule.regex);
}


static void
the_text_is_long_enough(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    rule.min_length = 4;

    valid(&rule, CHAT, "{}", ANSWER("abcd"));
    valid(&rule, CHAT, "{}", ANSWER("a\\u00e4\\ud83d\\ude00\\n"));
    invalid(&rule, CHAT, "{}", ANSWER("a\\u00e4\\ud83d\\ude00"),
            "the text is too short");
    invalid(&rule, CHAT, "{}", ANSWER(""), "the text is too short");
}


static void
all_that_is_asked_must_hold(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = by_json;
    rule.request = 1;
    rule.min_length = 10;

    valid(&rule, CHAT, SCHEMA, ANSWER("{\\'a\\':10000}"));
    invalid(&rule, CHAT, SCHEMA, ANSWER("{\\'a\\':1}"),
            "the text is too short");
    invalid(&rule, CHAT, SCHEMA, ANSWER("{\\'a\\':null, \\'b\\':0}"), NOT_FIT);
}


static void
json_is_looked_for_behind_the_last_tool(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = by_json;
    rule.request = 1;
    rule.min_length = 14;

    valid(&rule, AG_ENDPOINT_MESSAGES,
          "{'output_config':{'format':{'type':'json_schema'}}}",
          "{'content':[{'type':'text','text':'I will look.'},"
          "{'type':'server_tool_use'},{'type':'text','text':'{'},"
          "{'type':'text','text':'}'}]}");

    mended(&by_request, AG_ENDPOINT_MESSAGES,
           "{'output_config':{'format':{'type':'json_schema'}}}",
           "{'content':[{'type':'text','text':'I will look.'},"
           "{'type':'server_tool_use'},{'type':'text','text':'{}\\n.'}]}",
           "{'content':[{'type':'text','text':'I will look.'},"
           "{'type':'server_tool_use'},{'type':'text','text':'{}'}]}");

    /* it stands in two strings, of which none is spoilt */

    invalid(&by_request, AG_ENDPOINT_MESSAGES,
            "{'output_config':{'format':{'type':'json_schema'}}}",
            "{'content':[{'type':'text','text':'Look: '},"
            "{'type':'text','text':'{}'}]}", NOT_JSON);
}


static void
an_answer_without_choices_is_none(void **state)
{
    (void) state;

    invalid(&by_json, CHAT, "{}", "{'choices':[]}", "no answer");
    invalid(&by_request, CHAT, "{}", "{}", "no answer");
}


static void
what_is_too_large_is_not_judged(void **state)
{
    char                  *answer;
    size_t                 i;
    ag_buf_t               out;
    ag_validate_result_t   result;

    (void) state;

    answer = malloc(AG_JSON_TREE_MAX + 64);
    assert_non_null(answer);

    i = (size_t) sprintf(answer, "{'choices':[{'message':{'content':'[0");
    memset(answer + i, ' ', AG_JSON_TREE_MAX);
    strcpy(answer + i + AG_JSON_TREE_MAX, "]'}}]}");

    assert_int_equal(judge(&by_request, CHAT, JSON, answer, &out, &result),
                     AG_LIMIT);
    valid(&by_request, CHAT, "{}", answer);
    free(answer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nothing_is_asked_without_a_rule),
        cmocka_unit_test(promised_json_is_one_value),
        cmocka_unit_test(a_promised_schema_holds),
        cmocka_unit_test(
            a_schema_that_we_cannot_read_is_not_the_answers_fault),
        cmocka_unit_test(
            a_schema_that_takes_too_long_is_not_the_answers_fault),
        cmocka_unit_test(promised_json_is_mended),
        cmocka_unit_test(
            nothing_is_asked_of_an_answer_that_was_cut_or_refused),
        cmocka_unit_test(the_operators_rules_are_asked_of_those_too),
        cmocka_unit_test(every_choice_is_asked),
        cmocka_unit_test(text_beside_a_call_is_no_answer_yet),
        cmocka_unit_test(a_call_keeps_to_its_tool),
        cmocka_unit_test(nothing_is_known_of_some_tools),
        cmocka_unit_test(a_call_to_a_tool_that_was_not_declared_is_invalid),
        cmocka_unit_test(arguments_are_mended),
        cmocka_unit_test(
            no_arguments_become_an_empty_object_where_that_is_allowed),
        cmocka_unit_test(input_of_messages_is_an_object),
        cmocka_unit_test(the_operators_json_may_have_prose_around_it),
        cmocka_unit_test(an_object_of_many_members_is_json),
        cmocka_unit_test(the_operators_schema_holds),
        cmocka_unit_test(the_tag_is_there_and_holds_something),
        cmocka_unit_test(the_regular_expression_matches),
        cmocka_unit_test(the_text_is_long_enough),
        cmocka_unit_test(all_that_is_asked_must_hold),
        cmocka_unit_test(json_is_looked_for_behind_the_last_tool),
        cmocka_unit_test(an_answer_without_choices_is_none),
        cmocka_unit_test(what_is_too_large_is_not_judged)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
