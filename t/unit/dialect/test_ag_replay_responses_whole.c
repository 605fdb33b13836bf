/*
 * Copyright (C) ngx_agent authors
 *
 * The response of a stream.
 */


#include "replay_events_test.h"


#define CREATED  "{'type':'response.created','response':{'output':[]}}\n"

#define ADDED(index)                                                          \
    "{'type':'response.output_item.added','output_index':" index ","          \
    "'item':{'type':'message','status':'in_progress'}}\n"

#define DONE(index, id)                                                       \
    "{'type':'response.output_item.done','output_index':" index ","           \
    "'item':{'type':'message','id':'" id "'}}\n"

#define COMPLETED(members)                                                    \
    "{'type':'response.completed','response':{'id':'r'" members "}}\n"

#define ITEM(id)  "{'type':'message','id':'" id "'}"


static const ag_replay_surface_t  *surface = &ag_replay_responses;


static void
the_last_event_has_the_response(void **state)
{
    (void) state;

    replay_becomes(surface,
        CREATED ADDED("0") DONE("0", "other")
        COMPLETED(",'status':'completed','output':[" ITEM("a") "],"
                  "'new':{'x':[1.50]},'usage':{'input_tokens':1}"),
        "{'id':'r','status':'completed','output':[" ITEM("a") "],"
        "'new':{'x':[1.5]},'usage':{'input_tokens':1}}");

    replay_becomes(surface,
        "{'type':'response.incomplete','response':{'status':'incomplete',"
        "'output':[]}}\n[DONE]\n",
        "{'status':'incomplete','output':[]}");
}


static void
items_make_up_an_output_that_is_empty(void **state)
{
    (void) state;

    replay_becomes(surface,
        CREATED ADDED("0") ADDED("1") DONE("1", "b") ADDED("2")
        DONE("0", "a") DONE("2", "c") COMPLETED(",'output':[],'x':1"),
        "{'id':'r','output':[" ITEM("a") "," ITEM("b") "," ITEM("c") "],"
        "'x':1}");
    replay_becomes(surface, DONE("0", "a") COMPLETED(""),
                   "{'id':'r','output':[" ITEM("a") "]}");
    replay_becomes(surface, DONE("0", "a") COMPLETED(",'output':null"),
                   "{'id':'r','output':[" ITEM("a") "]}");
    replay_becomes(surface, COMPLETED(""), "{'id':'r','output':[]}");
}


static void
an_item_that_is_missing_is_not_made_up(void **state)
{
    (void) state;

    replay_refuses(surface, DONE("1", "b") COMPLETED(""));
    replay_refuses(surface, DONE("0", "a") DONE("2", "c") COMPLETED(""));
    replay_refuses(surface, DONE("0", "a") DONE("0", "b") COMPLETED(""));
    replay_refuses(surface, ADDED("0") COMPLETED(""));
    replay_refuses(surface, ADDED("1") ADDED("0") DONE("0", "a")
                   COMPLETED(""));
    replay_refuses(surface, DONE("-1", "a") COMPLETED(""));
    replay_refuses(surface, DONE("'0'", "a") COMPLETED(""));
    replay_refuses(surface,
                   "{'type':'response.output_item.done','output_index':0}\n"
                   COMPLETED(""));
}


static void
a_usage_that_was_not_told_is_ours(void **state)
{
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));
    usage.input_tokens = 10;
    usage.output_tokens = 7;
    usage.reasoning_tokens = 2;
    usage.known = 1;

#define USAGE                                                                 \
    "'usage':{'input_tokens':10,'input_tokens_details':{'cached_tokens':0,"   \
    "'cache_write_tokens':0},'output_tokens':7,"                              \
    "'output_tokens_details':{'reasoning_tokens':2},'total_tokens':17}"

    replay_becomes_with(surface, COMPLETED(",'output':[1]"), &usage,
                        "{'id':'r','output':[1]," USAGE "}");
    replay_becomes_with(surface, COMPLETED(",'usage':null,'output':[1]"),
                        &usage, "{'id':'r','output':[1]," USAGE "}");
    replay_becomes_with(surface, DONE("0", "a") COMPLETED(",'usage':null"),
                        &usage, "{'id':'r','output':[" ITEM("a") "],"
                        USAGE "}");
    replay_becomes_with(surface, COMPLETED(",'usage':{'a':1},'output':[1]"),
                        &usage, "{'id':'r','output':[1],'usage':{'a':1}}");

    usage.known = 0;
    replay_becomes_with(surface, COMPLETED(",'usage':null,'output':[1]"),
                        &usage, "{'id':'r','output':[1],'usage':null}");
}


static void
a_response_that_failed_is_refused(void **state)
{
    (void) state;

    replay_refuses(surface, "");
    replay_refuses(surface, CREATED);
    replay_refuses(surface, CREATED DONE("0", "a"));
    replay_refuses(surface, CREATED "{'type':'response.failed',"
                   "'response':{'output':[]}}\n");
    replay_refuses(surface, "{'type':'error','code':'x'}\n" COMPLETED(""));
    replay_refuses(surface, "{'type':'response.cancelled'}\n" COMPLETED(""));
    replay_refuses(surface, "{'type':'response.completed'}\n");
    replay_refuses(surface,
                   "{'type':'response.completed','response':[]}\n");
    replay_refuses(surface, COMPLETED(",'id':'twice'"));
}


static void
nothing_may_follow_the_end(void **state)
{
    (void) state;

    replay_refuses(surface, COMPLETED("") COMPLETED(""));
    replay_refuses(surface, COMPLETED("") DONE("0", "a"));
    replay_refuses(surface, COMPLETED("") "{'type':'error'}\n");
}


/* What is recorded are chats. */
static void
is_no_response(const ag_dialect_t *dialect, const char *name, ag_str_t lines)
{
    ag_buf_t  frames, out;

    (void) dialect;
    (void) name;

    frames = replay_frames(lines);
    assert_int_equal(replay_whole(surface, ag_buf_str(&frames), NULL,
                                  1024 * 1024, &out), AG_NONE);
    ag_buf_free(&frames);
    ag_buf_free(&out);
}


static void
a_recorded_chat_is_no_response(void **state)
{
    (void) state;

    for_recordings(NULL, "openai", ".chunks.txt", is_no_response);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_last_event_has_the_response),
        cmocka_unit_test(items_make_up_an_output_that_is_empty),
        cmocka_unit_test(an_item_that_is_missing_is_not_made_up),
        cmocka_unit_test(a_usage_that_was_not_told_is_ours),
        cmocka_unit_test(a_response_that_failed_is_refused),
        cmocka_unit_test(nothing_may_follow_the_end),
        cmocka_unit_test(a_recorded_chat_is_no_response)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
