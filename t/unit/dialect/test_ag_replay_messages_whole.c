/*
 * Copyright (C) ngx_agent authors
 *
 * The message that its client would have put together of a stream.
 */


#include "replay_events_test.h"


#define START                                                                 \
    "{'type':'message_start','message':{'id':'m','type':'message',"           \
    "'content':[],'stop_reason':null,'usage':{'input_tokens':3,"              \
    "'output_tokens':1,'service_tier':'x'}}}\n"

#define TEXT(index, words)                                                    \
    "{'type':'content_block_start','index':" index ","                        \
    "'content_block':{'type':'text','text':''}}\n"                            \
    DELTA(index, words) CLOSE(index)

#define DELTA(index, words)                                                   \
    "{'type':'content_block_delta','index':" index ","                        \
    "'delta':{'type':'text_delta','text':'" words "'}}\n"

#define CLOSE(index)  "{'type':'content_block_stop','index':" index "}\n"

#define ENDING                                                                \
    "{'type':'message_delta','delta':{'stop_reason':'end_turn'},"             \
    "'usage':{'output_tokens':9}}\n"

#define STOP  "{'type':'message_stop'}\n"
#define PING  "{'type':'ping'}\n"

#define WHOLE(content)                                                        \
    "{'id':'m','type':'message','content':[" content "],"                     \
    "'stop_reason':'end_turn','usage':{'input_tokens':3,"                     \
    "'output_tokens':9,'service_tier':'x'}}"


static const ag_replay_surface_t  *surface = &ag_replay_messages;


static void
blocks_stand_in_their_order(void **state)
{
    (void) state;

    replay_becomes(surface, START ENDING STOP, WHOLE(""));
    replay_becomes(surface, PING START PING TEXT("0", "a") PING TEXT("1", "b")
                   ENDING PING STOP PING "[DONE]\n",
                   WHOLE("{'type':'text','text':'a'},"
                         "{'type':'text','text':'b'}"));
}


static void
blocks_may_be_told_in_turns(void **state)
{
    (void) state;

    replay_becomes(surface, START
        "{'type':'content_block_start','index':0,"
        "'content_block':{'type':'text','text':'a'}}\n"
        "{'type':'content_block_start','index':1,"
        "'content_block':{'type':'text','text':'x'}}\n"
        DELTA("0", "b") DELTA("1", "y") DELTA("0", "c") CLOSE("1")
        DELTA("0", "d") CLOSE("0") ENDING STOP,
        WHOLE("{'type':'text','text':'abcd'},{'type':'text','text':'xy'}"));
}


static void
the_end_wins_over_the_start(void **state)
{
    (void) state;

    replay_becomes(surface,
        "{'type':'message_start','message':{'type':'message','content':[],"
        "'stop_reason':null,'stop_sequence':null,'container':{'id':'a'},"
        "'kept':{'x':1},'usage':{'input_tokens':3,'cache':5,"
        "'output_tokens':1,'cache_creation':{'a':1}}}}\n"
        "{'type':'message_delta','delta':{'stop_reason':'stop_sequence',"
        "'stop_sequence':'X','container':null,'new':{'y':2},'none':null},"
        "'context_management':{'edits':[]},"
        "'usage':{'input_tokens':61,'cache':null,'output_tokens':9,"
        "'server_tool_use':{'z':1}}}\n" STOP,

        "{'type':'message','content':[],'stop_reason':'stop_sequence',"
        "'stop_sequence':'X','container':{'id':'a'},'kept':{'x':1},"
        "'new':{'y':2},'none':null,'context_management':{'edits':[]},"
        "'usage':{'input_tokens':61,'cache':5,'output_tokens':9,"
        "'cache_creation':{'a':1},'server_tool_use':{'z':1}}}");
}


static void
the_last_end_wins(void **state)
{
    (void) state;

    replay_becomes(surface, START
        "{'type':'message_delta','delta':{'stop_reason':'a','one':1},"
        "'usage':{'output_tokens':5,'n':1}}\n"
        "{'type':'message_delta','delta':{'stop_reason':'b','two':2},"
        "'usage':{'output_tokens':6,'n':null}}\n" STOP,

        "{'id':'m','type':'message','content':[],'stop_reason':'b','one':1,"
        "'two':2,'usage':{'input_tokens':3,'output_tokens':6,"
        "'service_tier':'x','n':1}}");

    replay_refuses(surface, START ENDING ENDING ENDING ENDING ENDING ENDING
                   ENDING ENDING ENDING STOP);
}


/* So told are calls of tools that another tool made. */
static void
a_message_may_come_at_once(void **state)
{
    (void) state;

    replay_becomes(surface,
        "{'type':'message_start','message':{'type':'message',"
        "'content':[{'type':'tool_use','input':{'a':1}},{'type':'new'}],"
        "'stop_reason':'tool_use','usage':{'output_tokens':0}}}\n" STOP,

        "{'type':'message','content':[{'type':'tool_use','input':{'a':1}},"
        "{'type':'new'}],'stop_reason':'tool_use',"
        "'usage':{'output_tokens':0}}");

    replay_becomes(surface,
        "{'type':'message_start','message':{'type':'message',"
        "'content':[{'type':'new'}],'stop_reason':null,'usage':{}}}\n"
        TEXT("1", "a") ENDING STOP,

        "{'type':'message','content':[{'type':'new'},"
        "{'type':'text','text':'a'}],'stop_reason':'end_turn',"
        "'usage':{'output_tokens':9}}");

    replay_refuses(surface,
        "{'type':'message_start','message':{'type':'message',"
        "'content':[{'type':'text','text':''}],'usage':{}}}\n"
        DELTA("0", "a") ENDING STOP);
}


static void
a_usage_that_was_not_told_is_ours(void **state)
{
    const char   *lines;
    ag_usage_t    usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));
    usage.input_tokens = 10;
    usage.cached_tokens = 4;
    usage.output_tokens = 7;
    usage.known = 1;

    lines = "{'type':'message_start','message':{'type':'message'}}\n"
            "{'type':'message_delta','delta':{'stop_reason':'end_turn'}}\n"
            STOP;

    replay_becomes_with(surface, lines, &usage,
        "{'type':'message','content':[],'stop_reason':'end_turn',"
        "'usage':{'input_tokens':6,'cache_creation_input_tokens':0,"
        "'cache_read_input_tokens':4,'output_tokens':7}}");

    replay_becomes_with(surface, START ENDING STOP, &usage, WHOLE(""));

    usage.known = 0;
    replay_becomes_with(surface, lines, &usage,
        "{'type':'message','content':[],'stop_reason':'end_turn'}");
    replay_becomes(surface, lines,
        "{'type':'message','content':[],'stop_reason':'end_turn'}");
}


static void
a_stream_without_its_end_is_refused(void **state)
{
    (void) state;

    replay_refuses(surface, "");
    replay_refuses(surface, PING);
    replay_refuses(surface, START);
    replay_refuses(surface, START TEXT("0", "a"));
    replay_refuses(surface, START TEXT("0", "a") ENDING);
    replay_refuses(surface, START TEXT("0", "a") STOP);
    replay_refuses(surface, START DELTA("0", "a") ENDING STOP);
    replay_refuses(surface, START
                   "{'type':'content_block_start','index':0,"
                   "'content_block':{'type':'text','text':'a'}}\n"
                   ENDING STOP);
}


static void
events_out_of_place_are_refused(void **state)
{
    (void) state;

    replay_refuses(surface, TEXT("0", "a") START ENDING STOP);
    replay_refuses(surface, ENDING START STOP);
    replay_refuses(surface, STOP);
    replay_refuses(surface, START START ENDING STOP);
    replay_refuses(surface, START ENDING STOP STOP);
    replay_refuses(surface, START ENDING STOP TEXT("0", "a"));
    replay_refuses(surface, START TEXT("1", "a") ENDING STOP);
    replay_refuses(surface, START TEXT("-1", "a") ENDING STOP);
    replay_refuses(surface, START TEXT("'0'", "a") ENDING STOP);
    replay_refuses(surface, START TEXT("0", "a") TEXT("0", "b") ENDING STOP);
    replay_refuses(surface, START TEXT("0", "a") TEXT("2", "b") ENDING STOP);
    replay_refuses(surface, START TEXT("0", "a") DELTA("0", "b") ENDING STOP);
    replay_refuses(surface, START TEXT("0", "a") CLOSE("0") ENDING STOP);
    replay_refuses(surface, START TEXT("0", "a") CLOSE("1") ENDING STOP);
}


static void
what_nobody_told_us_about_is_refused(void **state)
{
    (void) state;

    replay_refuses(surface, START "{'type':'error','error':{'type':"
                   "'overloaded_error','message':'Overloaded'}}\n");
    replay_refuses(surface, START "{'type':'error','error':{}}\n" ENDING
                   STOP);
    replay_refuses(surface, START "{'type':'new_event'}\n" ENDING STOP);
    replay_refuses(surface, START ENDING STOP "{'type':'error'}\n");
    replay_refuses(surface, "{'type':'message_start','message':1}\n" ENDING
                   STOP);
    replay_refuses(surface, START
                   "{'type':'message_delta','delta':{'a':1,'a':2}}\n" STOP);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(blocks_stand_in_their_order),
        cmocka_unit_test(blocks_may_be_told_in_turns),
        cmocka_unit_test(the_end_wins_over_the_start),
        cmocka_unit_test(the_last_end_wins),
        cmocka_unit_test(a_message_may_come_at_once),
        cmocka_unit_test(a_usage_that_was_not_told_is_ours),
        cmocka_unit_test(a_stream_without_its_end_is_refused),
        cmocka_unit_test(events_out_of_place_are_refused),
        cmocka_unit_test(what_nobody_told_us_about_is_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
