/*
 * Copyright (C) ngx_agent authors
 *
 * A response as the stream that OpenAI would have sent, and how complete it
 * is.
 */


#include "replay_events_test.h"


static const ag_replay_surface_t  *surface = &ag_replay_responses;


static void
a_stream_begins_with_nothing_and_ends_with_all(void **state)
{
    (void) state;

    replay_told(surface,
        "{'id':'r','object':'response','status':'completed',"
        "'completed_at':5,'incomplete_details':null,'output':[],"
        "'usage':{'input_tokens':1},'new':1}",

        "{'type':'response.created','sequence_number':0,'response':"
        "{'id':'r','object':'response','status':'in_progress',"
        "'completed_at':null,'incomplete_details':null,'output':[],"
        "'usage':null,'new':1}}\n"
        "{'type':'response.in_progress','sequence_number':1,'response':"
        "{'id':'r','object':'response','status':'in_progress',"
        "'completed_at':null,'incomplete_details':null,'output':[],"
        "'usage':null,'new':1}}\n"
        "{'type':'response.completed','sequence_number':2,'response':"
        "{'id':'r','object':'response','status':'completed',"
        "'completed_at':5,'incomplete_details':null,'output':[],"
        "'usage':{'input_tokens':1},'new':1}}\n");
}


static void
a_cut_response_ends_otherwise(void **state)
{
    (void) state;

    replay_told(surface,
        "{'status':'incomplete','incomplete_details':{'reason':'x'},"
        "'output':[{'type':'new','a':1},{'type':'new','a':2}]}",

        "{'type':'response.created','sequence_number':0,'response':"
        "{'status':'in_progress','incomplete_details':null,'output':[],"
        "'usage':null}}\n"
        "{'type':'response.in_progress','sequence_number':1,'response':"
        "{'status':'in_progress','incomplete_details':null,'output':[],"
        "'usage':null}}\n"
        "{'type':'response.output_item.added','sequence_number':2,"
        "'output_index':0,'item':{'type':'new','a':1}}\n"
        "{'type':'response.output_item.done','sequence_number':3,"
        "'output_index':0,'item':{'type':'new','a':1}}\n"
        "{'type':'response.output_item.added','sequence_number':4,"
        "'output_index':1,'item':{'type':'new','a':2}}\n"
        "{'type':'response.output_item.done','sequence_number':5,"
        "'output_index':1,'item':{'type':'new','a':2}}\n"
        "{'type':'response.incomplete','sequence_number':6,'response':"
        "{'status':'incomplete','incomplete_details':{'reason':'x'},"
        "'output':[{'type':'new','a':1},{'type':'new','a':2}]}}\n");
}


static void
what_is_no_response_is_not_told(void **state)
{
    (void) state;

    replay_untold(surface, "[]");
    replay_untold(surface, "{'error':{'message':'x'}}");
    replay_untold(surface, "{'status':'completed'}");
    replay_untold(surface, "{'status':'completed','output':{}}");
    replay_untold(surface, "{'output':[]}");
    replay_untold(surface, "{'status':'failed','output':[]}");
    replay_untold(surface, "{'status':'in_progress','output':[]}");
    replay_untold(surface, "{'status':'queued','output':[]}");
    replay_untold(surface, "{'status':'completed','output':[1]}");
    replay_untold(surface, "{'status':'completed','output':[{}]}");
}


static void
the_status_says_how_complete_it_is(void **state)
{
    (void) state;

#define MESSAGE(parts)                                                        \
    "{'status':'completed','output':[{'type':'reasoning'},"                   \
    "{'type':'message','content':[" parts "]}]}"

    replay_ends(surface, "{'status':'completed','output':[]}",
                AG_REPLAY_COMPLETE);
    replay_ends(surface, MESSAGE("{'type':'output_text','text':'refusal'}"),
                AG_REPLAY_COMPLETE);
    replay_ends(surface, MESSAGE("{'type':'output_text'},"
                                 "{'type':'refusal','refusal':'No'}"),
                AG_REPLAY_REFUSED);
    replay_ends(surface, "{'status':'completed','output':[{'type':'other',"
                         "'content':[{'type':'refusal'}]}]}",
                AG_REPLAY_COMPLETE);

#define CUT(details)                                                          \
    "{'status':'incomplete','output':[]," "'incomplete_details':" details "}"

    replay_ends(surface, CUT("{'reason':'max_output_tokens'}"),
                AG_REPLAY_TRUNCATED);
    replay_ends(surface, CUT("{'reason':'content_filter'}"),
                AG_REPLAY_REFUSED);
    replay_ends(surface, CUT("{'reason':'new'}"), AG_REPLAY_OTHER);
    replay_ends(surface, CUT("{}"), AG_REPLAY_OTHER);
    replay_ends(surface, CUT("null"), AG_REPLAY_OTHER);

    replay_ends(surface, "{'status':'failed','output':[]}", AG_REPLAY_OTHER);
    replay_ends(surface, "{'status':'in_progress','output':[]}",
                AG_REPLAY_OTHER);
    replay_ends(surface, "{'output':[]}", AG_REPLAY_OTHER);
    replay_ends(surface, "{'status':'completed'}", AG_REPLAY_OTHER);
    replay_ends(surface, "1", AG_REPLAY_OTHER);
}


static void
a_response_stays_what_it_is(void **state)
{
    ag_buf_t  whole;

    (void) state;

    whole = replay_quoted(text(
        "{'id':'r','object':'response','status':'completed','error':null,"
        "'output':[{'type':'reasoning','id':'rs','encrypted_content':'e',"
        "'summary':[{'type':'summary_text','text':'\xc3\xa9'}]},"
        "{'type':'function_call','arguments':'{\\'a\\':1}'},"
        "{'type':'message','content':[{'type':'output_text',"
        "'text':'\\u0000 \\\\','annotations':[{'a':1}],'logprobs':[1]},"
        "{'type':'new'},7]},{'type':'web_search_call','status':'completed'}],"
        "'temperature':0.30,'big':123456789012345678901234567890,"
        "'usage':{'input_tokens':1}}"));

    replay_stays(surface, ag_buf_str(&whole));
    ag_buf_free(&whole);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_stream_begins_with_nothing_and_ends_with_all),
        cmocka_unit_test(a_cut_response_ends_otherwise),
        cmocka_unit_test(what_is_no_response_is_not_told),
        cmocka_unit_test(the_status_says_how_complete_it_is),
        cmocka_unit_test(a_response_stays_what_it_is)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
