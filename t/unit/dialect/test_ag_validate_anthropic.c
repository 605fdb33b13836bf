/*
 * Copyright (C) ngx_agent authors
 *
 * Texts and tool calls of messages, whole and put together from deltas.
 */


#include "validate_test.h"


#define START  "{'type':'message_start','message':{'content':[]}}\n"


static void
whole(const char *answer, const char *expected)
{
    reads(ag_validate_anthropic_read, NULL, answer, expected);
}


static void
streamed(const char *lines, const char *expected)
{
    reads(NULL, ag_validate_anthropic_event, lines, expected);
}


static void
texts_are_read(void **state)
{
    (void) state;

    whole("{'content':[],'stop_reason':'refusal'}", "0 refused: |");
    whole("{'content':[{'type':'text','text':'a\\n'},"
          "{'text':'b','type':'text','citations':[]}],"
          "'stop_reason':'end_turn'}", "0: |a\nb");
    whole("{'stop_reason':'max_tokens','content':[{'type':'text',"
          "'text':'a'}]}", "0 cut: |a");
}


static void
the_text_behind_tools_and_thoughts_is_the_answer(void **state)
{
    (void) state;

    whole("{'content':[{'type':'thinking','thinking':'x','text':'no'},"
          "{'type':'text','text':'Let me see.'},"
          "{'type':'server_tool_use','name':'s','input':{}},"
          "{'type':'web_search_tool_result','content':[]},"
          "{'type':'text','text':'a'},{'type':'text','text':'b'}]}",
          "0: Let me see.|ab");
}


static void
calls_are_read(void **state)
{
    (void) state;

    whole("{'content':[{'type':'text','text':'a'},"
          "{'type':'tool_use','id':'1','name':'f','input':{'x': [1]}},"
          "{'type':'mcp_tool_use','name':'m','input':{}},"
          "{'type':'tool_use','name':'g','input':{}}],"
          "'stop_reason':'tool_use'}",
          "0 waits: |a; 0 f({'x': [1]}); 0 g({})");
}


static void
a_call_that_was_served_is_not_waited_for(void **state)
{
    (void) state;

    whole("{'content':[{'type':'tool_use','name':'f','input':{}},"
          "{'type':'code_execution_tool_result'},"
          "{'type':'text','text':'a'}],'stop_reason':'end_turn'}",
          "0: |a; 0 f({})");

    whole("{'content':[{'type':'text','text':'a'}],"
          "'stop_reason':'pause_turn'}", "0 waits: |a");
}


static void
deltas_are_put_together(void **state)
{
    (void) state;

    streamed(START
             "{'type':'content_block_start','index':0,'content_block':"
             "{'type':'text','text':'a'}}\n"
             "{'type':'ping'}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'text_delta','text':'b'}}\n"
             "{'type':'content_block_stop','index':0}\n"
             "{'type':'content_block_start','index':1,'content_block':"
             "{'type':'thinking','thinking':''}}\n"
             "{'type':'content_block_delta','index':1,'delta':"
             "{'type':'thinking_delta','thinking':'x'}}\n"
             "{'type':'content_block_start','index':2,'content_block':"
             "{'type':'text','text':''}}\n"
             "{'type':'content_block_delta','index':2,'delta':"
             "{'type':'text_delta','text':'c'}}\n"
             "{'type':'message_delta','delta':{'stop_reason':'max_tokens'}}\n"
             "{'type':'message_stop'}",
             "0 cut: ab|c");
}


static void
input_is_put_together(void **state)
{
    (void) state;

    streamed(START
             "{'type':'content_block_start','index':0,'content_block':"
             "{'type':'tool_use','name':'f','input':{}}}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'input_json_delta','partial_json':''}}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'input_json_delta','partial_json':'{\\'a\\''}}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'input_json_delta','partial_json':':1}'}}\n"
             "{'type':'content_block_start','index':1,'content_block':"
             "{'type':'tool_use','name':'g','input':{}}}\n"
             "{'type':'content_block_delta','index':1,'delta':"
             "{'type':'input_json_delta','partial_json':''}}\n"
             "{'type':'content_block_start','index':2,'content_block':"
             "{'type':'tool_use','name':'h','input':{'b':2}}}\n"
             "{'type':'message_delta','delta':{'stop_reason':'tool_use'}}",
             "0 waits: |; 0 f({'a':1}); 0 g({}); 0 h({'b':2})");
}


static void
input_goes_to_the_block_of_its_index(void **state)
{
    (void) state;

    streamed(START
             "{'type':'content_block_start','index':0,'content_block':"
             "{'type':'tool_use','name':'f','input':{}}}\n"
             "{'type':'content_block_start','index':1,'content_block':"
             "{'type':'tool_use','name':'g','input':{}}}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'input_json_delta','partial_json':'1'}}\n"
             "{'type':'content_block_delta','index':1,'delta':"
             "{'type':'input_json_delta','partial_json':'2'}}\n"
             "{'type':'content_block_delta','index':2,'delta':"
             "{'type':'input_json_delta','partial_json':'3'}}",
             "0 waits: |; 0 f(1); 0 g(2)");
}


static void
text_may_come_without_the_start_of_its_block(void **state)
{
    (void) state;

    streamed(START
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'text_delta','text':'a'}}\n"
             "{'type':'content_block_start','index':1,'content_block':"
             "{'type':'thinking','thinking':''}}\n"
             "{'type':'content_block_delta','index':2,'delta':"
             "{'type':'text_delta','text':'b'}}\n"
             "{'type':'content_block_delta','index':2,'delta':"
             "{'type':'text_delta','text':'c'}}", "0: a|bc");
}


static void
input_of_a_server_tool_is_passed_over(void **state)
{
    (void) state;

    streamed(START
             "{'type':'content_block_start','index':0,'content_block':"
             "{'type':'tool_use','name':'f','input':{'a':1}}}\n"
             "{'type':'message_start','message':{'content':["
             "{'type':'tool_use','name':'g','input':{'b':2}}]}}\n"
             "{'type':'content_block_start','index':0,'content_block':"
             "{'type':'server_tool_use','name':'s','input':{}}}\n"
             "{'type':'content_block_delta','index':0,'delta':"
             "{'type':'input_json_delta','partial_json':'{}'}}\n"
             "{'type':'content_block_start','index':1,'content_block':"
             "{'type':'text','text':'a'}}\n",
             "0: |a; 0 f({'a':1}); 0 g({'b':2})");
}


static void
a_stream_may_refuse_without_a_word(void **state)
{
    (void) state;

    streamed(START "{'type':'message_delta','delta':"
             "{'stop_reason':'refusal','stop_details':{}}}", "0 refused: |");
    streamed("{'type':'unheard_of'}", "0: |");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(the_text_behind_tools_and_thoughts_is_the_answer),
        cmocka_unit_test(calls_are_read),
        cmocka_unit_test(a_call_that_was_served_is_not_waited_for),
        cmocka_unit_test(deltas_are_put_together),
        cmocka_unit_test(input_is_put_together),
        cmocka_unit_test(input_goes_to_the_block_of_its_index),
        cmocka_unit_test(text_may_come_without_the_start_of_its_block),
        cmocka_unit_test(input_of_a_server_tool_is_passed_over),
        cmocka_unit_test(a_stream_may_refuse_without_a_word)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
