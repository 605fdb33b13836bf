/*
 * Copyright (C) ngx_agent authors
 *
 * Texts and tool calls of chat completions and completions, whole and put
 * together from deltas.
 */


#include "validate_test.h"


static void
whole(const char *answer, const char *expected)
{
    reads(ag_validate_openai_read, NULL, answer, expected);
}


static void
streamed(const char *lines, const char *expected)
{
    reads(NULL, ag_validate_openai_event, lines, expected);
}


static void
texts_of_all_choices_are_read(void **state)
{
    (void) state;

    whole("{'choices':[]}", "");
    whole("{}", "");
    whole("{'id':'x','choices':[{'index':0,'message':{'role':'assistant',"
          "'content':'a\\nb','refusal':null},'finish_reason':'stop'}]}",
          "0: |a\nb");
    whole("{'choices':[{'message':{'content':'a'},'finish_reason':'length'},"
          "{'message':{'content':null}},"
          "{'message':{'content':'','refusal':'no'}},"
          "{'message':{'content':'c','refusal':''},"
          "'finish_reason':'content_filter'}]}",
          "0 cut: |a, 1: |, 2 refused: |, 3 cut: |c");
}


static void
choices_of_a_whole_answer_are_counted_not_believed(void **state)
{
    (void) state;

    whole("{'choices':[{'index':0,'message':{'content':'a'}},"
          "{'index':0,'message':{'content':'b'}}]}", "0: |a, 1: |b");
}


static void
a_completion_is_text(void **state)
{
    (void) state;

    whole("{'choices':[{'text':'a b','index':0,'finish_reason':'stop'},"
          "{'text':'','index':1,'finish_reason':'length'}]}",
          "0: |a b, 1 cut: |");

    streamed("{'choices':[{'text':'a','index':1}]}\n"
             "{'choices':[{'text':'b','index':0}]}\n"
             "{'choices':[{'text':' c','index':1,'finish_reason':'length'}]}",
             "1 cut: |a c, 0: |b");
}


static void
parts_that_are_text_are_read(void **state)
{
    (void) state;

    whole("{'choices':[{'message':{'content':["
          "{'type':'text','text':'Hm. '},"
          "{'type':'thinking','thinking':[{'type':'text','text':'no'}]},"
          "{'type':'text','text':'{'},{'type':'text','text':'}'}]}}]}",
          "0: Hm. |{}");

    whole("{'choices':[{'message':{'content':[{'type':'text','text':'a'},"
          "{'type':'reference','text':'no'}]}}]}", "0: |a");

    /* a stream may have both, as Mistral's do */

    streamed("{'choices':[{'delta':{'content':'a'}}]}\n"
             "{'choices':[{'delta':{'content':[{'type':'thinking'}]}}]}\n"
             "{'choices':[{'delta':{'content':'b'}}]}\n"
             "{'choices':[{'delta':{'content':'c'}}]}", "0: a|bc");
}


static void
calls_are_read(void **state)
{
    (void) state;

    whole("{'choices':[{'message':{'content':null,'tool_calls':["
          "{'id':'1','type':'function','function':{'name':'f',"
          "'arguments':'{\\'a\\':1}'}},"
          "{'index':0,'function':{'name':'g','arguments':''}},"
          "{'type':'custom','custom':{'name':'c','input':'x'}},"
          "{'function':{'name':'h','arguments':null}},"
          "{'function':{'name':'i','arguments':{'a':1}}},"
          "{'function':{'name':'j'}}"
          "]},'finish_reason':'tool_calls'},"
          "{'message':{'content':'a'}},"
          "{'message':{'function_call':{'name':'k','arguments':'1'}}}]}",
          "0 waits: |, 1: |a, 2 waits: |; 0 f({'a':1}); 0 g(); 0 h(); 0 i();"
          " 0 j(); 2 k(1)");

    whole("{'choices':[{'message':{'content':'a','tool_calls':[],"
          "'function_call':null}}]}", "0: |a");

    whole("{'choices':[{'message':{'tool_calls':[{'type':'custom',"
          "'custom':{'name':'c','input':'x'}}]}}]}", "0 waits: |");
}


static void
deltas_are_put_together_by_choice(void **state)
{
    (void) state;

    streamed("{'choices':[],'prompt_filter_results':[]}\n"
             "{'choices':[{'index':0,'delta':{'role':'assistant',"
             "'content':''},'finish_reason':null}]}\n"
             "{'choices':[{'index':1,'delta':{'content':'x'}},"
             "{'index':0,'delta':{'content':'a'}}]}\n"
             "{'choices':[{'delta':{'content':'b'}}]}\n"
             "{'choices':[{'index':1,'delta':{'refusal':'no'}}]}\n"
             "{'choices':[{'index':0,'delta':{},'finish_reason':'length'}]}\n"
             "{'choices':[],'usage':{}}",
             "0 cut: |ab, 1 refused: |x");
}


static void
a_whole_message_in_a_stream_is_read(void **state)
{
    (void) state;

    streamed("{'choices':[{'index':0,'message':{'content':'a'},"
             "'finish_reason':'stop'}]}", "0: |a");
}


static void
arguments_are_put_together_by_index(void **state)
{
    (void) state;

    streamed("{'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,"
             "'id':'1','function':{'name':'f','arguments':''}}]}}]}\n"
             "{'choices':[{'index':0,'delta':{'tool_calls':[{'index':1,"
             "'function':{'name':'g','arguments':'{'}}]}}]}\n"
             "{'choices':[{'index':1,'delta':{'tool_calls':[{'index':0,"
             "'function':{'name':'h','arguments':'3'}}]}}]}\n"
             "{'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,"
             "'function':{'arguments':'1'}},{'index':1,'function':"
             "{'name':'g','arguments':'}'}}]}}]}",
             "0 waits: |, 1 waits: |; 0 f(1); 0 g({}); 1 h(3)");
}


static void
calls_without_an_index_begin_with_a_name(void **state)
{
    (void) state;

    streamed("{'choices':[{'delta':{'tool_calls':[{'function':{'name':'f',"
             "'arguments':'{'}}]}}]}\n"
             "{'choices':[{'delta':{'tool_calls':[{'function':"
             "{'arguments':'}'}}]}}]}\n"
             "{'choices':[{'delta':{'tool_calls':[{'function':{'name':'f',"
             "'arguments':'{}'}}]}}]}",
             "0 waits: |; 0 f({}); 0 f({})");
}


static void
the_old_call_is_put_together(void **state)
{
    (void) state;

    streamed("{'choices':[{'delta':{'function_call':{'name':'f',"
             "'arguments':''}}}]}\n"
             "{'choices':[{'delta':{'function_call':{'arguments':'{'}}}]}\n"
             "{'choices':[{'delta':{'function_call':{'arguments':'}'}},"
             "'finish_reason':'function_call'}]}",
             "0 waits: |; 0 f({})");
}


static void
a_custom_tool_is_no_call_of_a_function(void **state)
{
    (void) state;

    streamed("{'choices':[{'delta':{'tool_calls':[{'index':0,'type':'custom',"
             "'custom':{'name':'c','input':''}}]}}]}\n"
             "{'choices':[{'delta':{'tool_calls':[{'index':0,"
             "'custom':{'input':'x'}}]}}]}",
             "0 waits: |");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_of_all_choices_are_read),
        cmocka_unit_test(choices_of_a_whole_answer_are_counted_not_believed),
        cmocka_unit_test(a_completion_is_text),
        cmocka_unit_test(parts_that_are_text_are_read),
        cmocka_unit_test(calls_are_read),
        cmocka_unit_test(deltas_are_put_together_by_choice),
        cmocka_unit_test(a_whole_message_in_a_stream_is_read),
        cmocka_unit_test(arguments_are_put_together_by_index),
        cmocka_unit_test(calls_without_an_index_begin_with_a_name),
        cmocka_unit_test(the_old_call_is_put_together),
        cmocka_unit_test(a_custom_tool_is_no_call_of_a_function)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
