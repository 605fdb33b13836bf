/*
 * Copyright (C) ngx_agent authors
 *
 * A message as the stream that Anthropic would have sent, and how complete
 * it is; recorded streams are put together, told and put together again.
 */


#include "replay_events_test.h"


#define PIECES  "one two three four five six seven eight nine ten eleven "    \
                "twelve thirteen"

#define START(members)                                                        \
    "{'type':'message_start','message':{'id':'m','type':'message',"           \
    "'content':[],'stop_reason':null,'stop_sequence':null," members           \
    "'usage':{'input_tokens':3,'output_tokens':1}}}\n"

#define BLOCK(members)                                                        \
    "{'id':'m','type':'message','content':[{" members "}],"                   \
    "'stop_reason':'end_turn','stop_sequence':null,"                          \
    "'usage':{'input_tokens':3,'output_tokens':9}}"

#define OPEN(members)                                                         \
    "{'type':'content_block_start','index':0,'content_block':{" members       \
    "}}\n"

#define DELTA(members)                                                        \
    "{'type':'content_block_delta','index':0,'delta':{" members "}}\n"

#define CLOSE  "{'type':'content_block_stop','index':0}\n"

#define END                                                                   \
    "{'type':'message_delta','delta':{'stop_reason':'end_turn',"              \
    "'stop_sequence':null},'usage':{'input_tokens':3,'output_tokens':9}}\n"   \
    "{'type':'message_stop'}\n"


static const ag_replay_surface_t  *surface = &ag_replay_messages;


static void
a_text_is_told_in_pieces(void **state)
{
    (void) state;

    replay_told(surface, BLOCK("'type':'text','text':'Hi'"),
                START("") OPEN("'type':'text','text':''")
                DELTA("'type':'text_delta','text':'Hi'") CLOSE END);

    replay_told(surface, BLOCK("'type':'text','text':'" PIECES "'"),
                START("") OPEN("'type':'text','text':''")
                DELTA("'type':'text_delta','text':'one two three four five "
                      "six seven eight nine ten eleven twelve'")
                DELTA("'type':'text_delta','text':' thirteen'") CLOSE END);

    replay_told(surface, BLOCK("'type':'text','text':''"),
                START("") OPEN("'type':'text','text':''") CLOSE END);
}


static void
citations_stand_before_their_text(void **state)
{
    (void) state;

    replay_told(surface, BLOCK("'citations':[{'a':1},{'b':2}],'type':'text',"
                               "'text':'x'"),
                START("") OPEN("'citations':[],'type':'text','text':''")
                DELTA("'type':'citations_delta','citation':{'a':1}")
                DELTA("'type':'citations_delta','citation':{'b':2}")
                DELTA("'type':'text_delta','text':'x'") CLOSE END);

    replay_told(surface, BLOCK("'type':'text','text':'x','citations':null"),
                START("")
                OPEN("'type':'text','text':'','citations':null")
                DELTA("'type':'text_delta','text':'x'") CLOSE END);
}


static void
a_thought_is_signed_behind_its_words(void **state)
{
    (void) state;

    replay_told(surface, BLOCK("'type':'thinking','thinking':'Hm',"
                               "'signature':'s=='"),
                START("")
                OPEN("'type':'thinking','thinking':'','signature':''")
                DELTA("'type':'thinking_delta','thinking':'Hm'")
                DELTA("'type':'signature_delta','signature':'s=='")
                CLOSE END);

    /* words that are not shown */

    replay_told(surface, BLOCK("'type':'thinking','thinking':'',"
                               "'signature':'s=='"),
                START("")
                OPEN("'type':'thinking','thinking':'','signature':''")
                DELTA("'type':'signature_delta','signature':'s=='")
                CLOSE END);

    replay_told(surface, BLOCK("'type':'thinking','thinking':'Hm'"),
                START("")
                OPEN("'type':'thinking','thinking':'','signature':''")
                DELTA("'type':'thinking_delta','thinking':'Hm'")
                CLOSE END);
}


static void
tell_a_tool(const char *type)
{
    char  whole[1024], lines[2048];

    snprintf(whole, sizeof(whole),
             BLOCK("'type':'%s','id':'t','name':'n','input':{'a':[1,-2.5]},"
                   "'caller':{'type':'direct'}"), type);
    snprintf(lines, sizeof(lines),
             START("")
             OPEN("'type':'%s','id':'t','name':'n','input':{},"
                  "'caller':{'type':'direct'}")
             DELTA("'type':'input_json_delta','partial_json':''")
             DELTA("'type':'input_json_delta','partial_json':"
                   "'{\\'a\\':[1,-2.5]}'") CLOSE END, type);

    replay_told(surface, whole, lines);
}


static void
an_input_is_told_as_json(void **state)
{
    (void) state;

    tell_a_tool("tool_use");
    tell_a_tool("server_tool_use");
    tell_a_tool("mcp_tool_use");

    /* nothing, as of a tool without parameters */

    replay_told(surface, BLOCK("'type':'tool_use','id':'t','input':{}"),
                START("") OPEN("'type':'tool_use','id':'t','input':{}")
                DELTA("'type':'input_json_delta','partial_json':''")
                CLOSE END);
}


static void
a_block_of_another_kind_is_told_whole(void **state)
{
    (void) state;

    replay_told(surface, BLOCK("'type':'redacted_thinking','data':'zz'"),
                START("") OPEN("'type':'redacted_thinking','data':'zz'")
                CLOSE END);

    replay_told(surface, BLOCK("'type':'new','text':'x','input':{'a':1}"),
                START("") OPEN("'type':'new','text':'x','input':{'a':1}")
                CLOSE END);
}


static void
the_end_is_told_at_the_end(void **state)
{
    (void) state;

    replay_told(surface,
        "{'type':'message','content':[],'stop_reason':'refusal',"
        "'stop_sequence':'X','stop_details':{'type':'refusal'},"
        "'container':{'id':'c'},'context_management':{'e':[]},'new':1,"
        "'usage':{'input_tokens':3,'cache_read_input_tokens':4,"
        "'cache_creation':{'x':1},'output_tokens':0,'service_tier':'batch',"
        "'server_tool_use':{'y':1},'output_tokens_details':{'z':1},"
        "'iterations':[],'new':2}}",

        "{'type':'message_start','message':{'type':'message','content':[],"
        "'stop_reason':null,'stop_sequence':null,'stop_details':null,"
        "'new':1,'usage':{'input_tokens':3,'cache_read_input_tokens':4,"
        "'cache_creation':{'x':1},'output_tokens':1,'service_tier':'batch',"
        "'new':2}}}\n"
        "{'type':'message_delta','delta':{'stop_reason':'refusal',"
        "'stop_sequence':'X','stop_details':{'type':'refusal'},"
        "'container':{'id':'c'}},'usage':{'input_tokens':3,"
        "'cache_read_input_tokens':4,'output_tokens':0,"
        "'output_tokens_details':{'z':1},'server_tool_use':{'y':1},"
        "'iterations':[]},'context_management':{'e':[]}}\n"
        "{'type':'message_stop'}\n");
}


static void
what_is_no_message_is_not_told(void **state)
{
    (void) state;

    replay_untold(surface, "[]");
    replay_untold(surface, "{'type':'error','error':{'type':'x'}}");
    replay_untold(surface, "{'content':[],'usage':{}}");
    replay_untold(surface, "{'type':'message','content':[]}");
    replay_untold(surface, "{'type':'message','content':'x','usage':{}}");
    replay_untold(surface, "{'type':'message','content':[1],'usage':{}}");
    replay_untold(surface, "{'type':'message','content':[{}],'usage':{}}");
}


static void
a_reason_says_how_complete_it_is(void **state)
{
    size_t  i;
    char    json[128];

    static const struct {
        const char       *reason;
        ag_replay_end_t   end;
    } cases[] = {
        { "'end_turn'", AG_REPLAY_COMPLETE },
        { "'stop_sequence'", AG_REPLAY_COMPLETE },
        { "'tool_use'", AG_REPLAY_COMPLETE },
        { "'max_tokens'", AG_REPLAY_TRUNCATED },
        { "'model_context_window_exceeded'", AG_REPLAY_TRUNCATED },
        { "'pause_turn'", AG_REPLAY_TRUNCATED },
        { "'refusal'", AG_REPLAY_REFUSED },
        { "'compaction'", AG_REPLAY_OTHER },
        { "''", AG_REPLAY_OTHER },
        { "null", AG_REPLAY_OTHER },
        { "1", AG_REPLAY_OTHER }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(json, sizeof(json), "{'type':'message','content':[],"
                 "'stop_reason':%s}", cases[i].reason);
        replay_ends(surface, json, cases[i].end);
    }

    replay_ends(surface, "{'type':'message','content':[]}", AG_REPLAY_OTHER);
    replay_ends(surface, "{'content':[],'stop_reason':'end_turn'}",
                AG_REPLAY_OTHER);
    replay_ends(surface, "{'type':'message','stop_reason':'end_turn'}",
                AG_REPLAY_OTHER);
    replay_ends(surface, "[]", AG_REPLAY_OTHER);
}


static void
a_message_stays_what_it_is(void **state)
{
    ag_buf_t  whole;

    (void) state;

    whole = replay_quoted(text(
        "{'type':'message','id':'m','content':["
        "{'type':'thinking','thinking':'" PIECES PIECES "','signature':'s'},"
        "{'type':'text','text':'\xc3\xa9\\u0000\\ud83d\\ude00 \\\\ \\' "
        PIECES "','citations':[{'a':[]}]},"
        "{'type':'tool_use','input':{'a':'" PIECES "\\' \\\\ \xe2\x82\xac "
        PIECES "','b':[1e300,-0.5,12345678901234567890123,null,{}]}},"
        "{'type':'tool_use','input':[]},{'type':'web','content':[{}]}],"
        "'stop_reason':'tool_use','stop_sequence':null,'container':null,"
        "'stop_details':null,'usage':{'input_tokens':1,'output_tokens':77,"
        "'server_tool_use':null,'inference_geo':'x'}}"));

    replay_stays(surface, ag_buf_str(&whole));
    ag_buf_free(&whole);
}


static void
whole_recorded_message(const ag_dialect_t *dialect, const char *name,
    ag_str_t body)
{
    (void) dialect;

    /* one leaves stop_sequence out, which a stream always says */

    if (strstr(name, "json-other-tool") == NULL) {
        replay_stays(surface, body);
    }
}


/* One recording is many messages; a stream has one. */
static void
whole_recorded_stream(const ag_dialect_t *dialect, const char *name,
    ag_str_t lines)
{
    int       rc;
    ag_buf_t  frames, out;

    (void) dialect;

    frames = replay_frames(lines);
    rc = replay_whole(surface, ag_buf_str(&frames), NULL, 16 * 1024 * 1024,
                      &out);

    if (strstr(name, "programmatic-tool-calling") != NULL) {
        assert_int_equal(rc, AG_NONE);

    } else {
        assert_int_equal(rc, AG_OK);
        replay_stays(surface, ag_buf_str(&out));
    }

    ag_buf_free(&frames);
    ag_buf_free(&out);
}


static void
recorded_messages_stay_what_they_are(void **state)
{
    (void) state;

    for_recordings(NULL, "anthropic", ".json", whole_recorded_message);
}


static void
recorded_streams_become_messages(void **state)
{
    (void) state;

    for_recordings(NULL, "anthropic", ".chunks.txt", whole_recorded_stream);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_is_told_in_pieces),
        cmocka_unit_test(citations_stand_before_their_text),
        cmocka_unit_test(a_thought_is_signed_behind_its_words),
        cmocka_unit_test(an_input_is_told_as_json),
        cmocka_unit_test(a_block_of_another_kind_is_told_whole),
        cmocka_unit_test(the_end_is_told_at_the_end),
        cmocka_unit_test(what_is_no_message_is_not_told),
        cmocka_unit_test(a_reason_says_how_complete_it_is),
        cmocka_unit_test(a_message_stays_what_it_is),
        cmocka_unit_test(recorded_messages_stay_what_they_are),
        cmocka_unit_test(recorded_streams_become_messages)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
