/*
 * Copyright (C) ngx_agent authors
 *
 * Texts and tool calls of the Responses API, whole and from its events.
 */


#include "validate_test.h"


#define MESSAGE(text)                                                         \
    "{'type':'message','role':'assistant','content':[{'type':'output_text'," \
    "'text':'" text "'}]}"

#define EMPTY  "{'type':'message','role':'assistant','content':[]}"

#define ADDED(index, item)                                                    \
    "{'type':'response.output_item.added','output_index':" index ",'item':"  \
    item "}\n"

#define DONE(index, item)                                                     \
    "{'type':'response.output_item.done','output_index':" index ",'item':"   \
    item "}\n"

#define DELTA(index, text)                                                    \
    "{'type':'response.output_text.delta','output_index':" index ","         \
    "'content_index':0,'delta':'" text "'}\n"

#define CALL(name, arguments)                                                 \
    "{'type':'function_call','call_id':'c','name':'" name "',"               \
    "'arguments':'" arguments "'}"

#define COMPLETED                                                             \
    "{'type':'response.completed','response':{'status':'completed',"         \
    "'output':[" MESSAGE("again") "]}}"


static void
whole(const char *answer, const char *expected)
{
    reads(ag_validate_responses_read, NULL, answer, expected);
}


static void
streamed(const char *lines, const char *expected)
{
    reads(NULL, ag_validate_responses_event, lines, expected);
}


static void
the_last_message_is_the_answer(void **state)
{
    (void) state;

    whole("{'output':[]}", "0: |");
    whole("{'status':'completed','output':[" MESSAGE("a") "]}", "0: |a");
    whole("{'output':[{'type':'reasoning','content':[{'type':'output_text',"
          "'text':'no'}]},{'type':'message','phase':'commentary','content':["
          "{'type':'output_text','text':'Well. '}]}," MESSAGE("a") "]}",
          "0: Well. |a");
    whole("{'output':[{'type':'message','content':[{'type':'output_text',"
          "'text':'a'},{'type':'other','text':'no'},{'type':'output_text',"
          "'text':'b'}]}]}", "0: |ab");
}


static void
a_refusal_and_an_end_before_time_are_seen(void **state)
{
    (void) state;

    whole("{'output':[{'type':'message','content':[{'type':'refusal',"
          "'refusal':'no'}]}]}", "0 refused: |");
    whole("{'status':'incomplete','incomplete_details':{'reason':"
          "'max_output_tokens'},'output':[" MESSAGE("a") "]}", "0 cut: |a");
    whole("{'status':'queued','output':[]}", "0 waits: |");
    whole("{'status':'in_progress','output':[]}", "0 waits: |");
}


static void
calls_are_read(void **state)
{
    (void) state;

    whole("{'output':[" MESSAGE("a") "," CALL("f", "{}") ","
          CALL("g", "") ",{'type':'function_call','name':'h',"
          "'arguments':null},{'type':'function_call','name':'i'}]}",
          "0 waits: |a; 0 f({}); 0 g(); 0 h(); 0 i()");
    whole("{'output':[{'type':'web_search_call'}," MESSAGE("a") "]}",
          "0: |a");
    whole("{'output':[" CALL("f", "{}") "," MESSAGE("a") "]}",
          "0: |a; 0 f({})");
}


static void
other_items_may_wait_for_the_client(void **state)
{
    size_t  i;
    char    answer[128];

    static const char *const  waits[] = {
        "custom_tool_call", "computer_call", "local_shell_call",
        "shell_call", "apply_patch_call", "mcp_approval_request",
        "tool_search_call"
    };

    (void) state;

    for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        snprintf(answer, sizeof(answer), "{'output':[{'type':'%s'}]}",
                 waits[i]);
        whole(answer, "0 waits: |");
    }

    whole("{'output':[{'type':'mcp_call'},{'type':'reasoning'}]}", "0: |");
}


static void
deltas_are_enough(void **state)
{
    (void) state;

    streamed("{'type':'response.created','response':{'status':'in_progress',"
             "'output':[]}}\n"
             ADDED("0", EMPTY) DELTA("0", "a") DELTA("0", "b")
             ADDED("1", CALL("f", ""))
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':1,'delta':'{'}\n"
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':1,'delta':'}'}\n"
             COMPLETED,
             "0 waits: |ab; 0 f({})");
}


static void
what_is_done_replaces_its_deltas(void **state)
{
    (void) state;

    streamed(ADDED("0", "{'type':'reasoning'}")
             ADDED("1", EMPTY) DELTA("1", "wel") DELTA("1", "l")
             DONE("1", MESSAGE("Well."))
             ADDED("2", EMPTY) DELTA("2", "x")
             "{'type':'response.output_text.done','output_index':2,"
             "'text':'xy'}\n"
             DONE("2", MESSAGE("xy"))
             ADDED("3", CALL("f", ""))
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':3,'delta':'{'}\n"
             "{'type':'response.function_call_arguments.done',"
             "'output_index':3,'arguments':'{ }'}\n"
             DONE("3", CALL("f", "{ }"))
             DONE("4", CALL("g", "1"))
             COMPLETED,
             "0 waits: Well.|xy; 0 f({ }); 0 g(1)");
}


static void
what_is_done_may_come_after_others_began(void **state)
{
    (void) state;

    streamed(ADDED("0", EMPTY) DELTA("0", "we") ADDED("1", CALL("f", "{}"))
             DONE("0", MESSAGE("Well.")) DONE("1", CALL("f", "{}")),
             "0 waits: |Well.; 0 f({})");
}


static void
what_is_done_and_empty_replaces_nothing(void **state)
{
    (void) state;

    streamed(ADDED("0", EMPTY) DELTA("0", "ab") DONE("0", EMPTY)
             ADDED("1", CALL("f", ""))
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':1,'delta':'{}'}\n"
             "{'type':'response.function_call_arguments.done',"
             "'output_index':1,'arguments':''}\n"
             DONE("1", CALL("f", "")),
             "0 waits: |ab; 0 f({})");
}


static void
the_end_of_a_part_says_all_of_it(void **state)
{
    (void) state;

    streamed(ADDED("0", EMPTY) DELTA("0", "a")
             "{'type':'response.output_text.done','output_index':0,"
             "'text':'a'}\n"
             ADDED("1", CALL("f", ""))
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':1,'delta':'{'}\n"
             "{'type':'response.function_call_arguments.done',"
             "'output_index':1,'arguments':'{}'}\n",
             "0 waits: |a; 0 f({})");
}


static void
what_comes_without_deltas_is_read(void **state)
{
    (void) state;

    streamed(ADDED("0", EMPTY)
             "{'type':'response.output_text.done','output_index':0,"
             "'text':'a'}\n"
             ADDED("1", CALL("f", ""))
             "{'type':'response.function_call_arguments.done',"
             "'output_index':1,'arguments':'{}'}\n",
             "0 waits: |a; 0 f({})");

    streamed(DONE("0", MESSAGE("a")), "0: |a");
    streamed(DELTA("0", "a") DONE("0", MESSAGE("b")), "0: |b");
    streamed(COMPLETED, "0: |again");
    streamed("{'type':'response.completed','response':{'output':["
             MESSAGE("a") "," MESSAGE("b") "]}}", "0: a|b");
    streamed(ADDED("0", EMPTY) DELTA("0", "ab") COMPLETED, "0: |ab");
    streamed(ADDED("0", CALL("f", "{}")) COMPLETED, "0 waits: |; 0 f({})");
}


static void
the_end_of_a_stream_is_seen(void **state)
{
    (void) state;

    streamed(ADDED("0", EMPTY) DELTA("0", "a")
             "{'type':'response.incomplete','response':{'status':"
             "'incomplete','output':[]}}", "0 cut: |a");
    streamed(ADDED("0", EMPTY)
             "{'type':'response.refusal.delta','delta':'no'}", "0 refused: |");
    streamed(DONE("0", "{'type':'message','content':[{'type':'refusal',"
                       "'refusal':'no'}]}"), "0 refused: |");
}


static void
arguments_of_no_call_are_passed_over(void **state)
{
    (void) state;

    streamed(ADDED("0", "{'type':'mcp_call','name':'m'}")
             "{'type':'response.function_call_arguments.delta',"
             "'output_index':0,'delta':'{}'}\n", "0: |");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_last_message_is_the_answer),
        cmocka_unit_test(a_refusal_and_an_end_before_time_are_seen),
        cmocka_unit_test(calls_are_read),
        cmocka_unit_test(other_items_may_wait_for_the_client),
        cmocka_unit_test(deltas_are_enough),
        cmocka_unit_test(what_is_done_replaces_its_deltas),
        cmocka_unit_test(what_is_done_may_come_after_others_began),
        cmocka_unit_test(what_is_done_and_empty_replaces_nothing),
        cmocka_unit_test(the_end_of_a_part_says_all_of_it),
        cmocka_unit_test(what_comes_without_deltas_is_read),
        cmocka_unit_test(the_end_of_a_stream_is_seen),
        cmocka_unit_test(arguments_of_no_call_are_passed_over)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
