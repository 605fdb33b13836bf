/*
 * Copyright (C) ngx_agent authors
 *
 * The events of each kind of item of a response.
 */


#include "replay_events_test.h"
#include "dialect/ag_replay_responses_parts.h"


#define NUMBER(n)  "'sequence_number':" #n ","

#define ADDED(n, members)                                                     \
    "{'type':'response.output_item.added'," NUMBER(n) "'output_index':2,"     \
    "'item':{" members "}}\n"

#define DONE(n, members)                                                      \
    "{'type':'response.output_item.done'," NUMBER(n) "'output_index':2,"      \
    "'item':{" members "}}\n"

#define EVENT(type, n, members)                                               \
    "{'type':'response." type "'," NUMBER(n) "'item_id':'i',"                 \
    "'output_index':2," members "}\n"

#define LONG  "one two three four five six seven eight nine ten eleven "      \
              "twelve thirteen"


static void
item_is(const char *json, const char *lines)
{
    ag_buf_t               whole, quoted, frames, out;
    yyjson_doc            *doc;
    ag_replay_responses_t  r;

    whole = replay_quoted(text(json));
    quoted = replay_quoted(text(lines));
    frames = replay_frames(ag_buf_str(&quoted));
    doc = ag_json_tree(ag_buf_str(&whole), NULL, 0);
    assert_non_null(doc);

    ag_buf_init(&out, SIZE_MAX);
    ag_put_init(&r.put, &out);
    r.sequence = 5;
    ag_replay_item(&r, 2, yyjson_doc_get_root(doc));
    assert_int_equal(r.put.rc, AG_OK);

    if (!ag_str_equal(ag_buf_str(&out), ag_buf_str(&frames))) {
        fail_msg("%.*s\nis not\n%.*s", (int) out.len, out.data,
                 (int) frames.len, frames.data);
    }

    yyjson_doc_free(doc);
    ag_buf_free(&whole);
    ag_buf_free(&quoted);
    ag_buf_free(&frames);
    ag_buf_free(&out);
}


static void
a_message_is_told_in_pieces(void **state)
{
    (void) state;

#define PART(words, annotations)                                              \
    "{'type':'output_text','text':'" words "','annotations':[" annotations    \
    "],'logprobs':[]}"

#define HEAD(status)                                                          \
    "'id':'i','type':'message','status':'" status "','role':'assistant',"     \
    "'content':["

    item_is("{" HEAD("completed") PART(LONG, "{'a':1},{'b':2}") "],"
            "'phase':'x'}",
            ADDED(5, HEAD("in_progress") "],'phase':'x'")
            EVENT("content_part.added", 6,
                  "'content_index':0,'part':" PART("", ""))
            EVENT("output_text.delta", 7,
                  "'content_index':0,'delta':'one two three four five six "
                  "seven eight nine ten eleven twelve','logprobs':[]")
            EVENT("output_text.delta", 8,
                  "'content_index':0,'delta':' thirteen','logprobs':[]")
            EVENT("output_text.annotation.added", 9,
                  "'content_index':0,'annotation_index':0,"
                  "'annotation':{'a':1}")
            EVENT("output_text.annotation.added", 10,
                  "'content_index':0,'annotation_index':1,"
                  "'annotation':{'b':2}")
            EVENT("output_text.done", 11,
                  "'content_index':0,'text':'" LONG "','logprobs':[]")
            EVENT("content_part.done", 12,
                  "'content_index':0,'part':" PART(LONG, "{'a':1},{'b':2}"))
            DONE(13, HEAD("completed") PART(LONG, "{'a':1},{'b':2}")
                 "],'phase':'x'"));
}


static void
parts_are_numbered(void **state)
{
    (void) state;

#define REFUSAL  "{'type':'refusal','refusal':'No'}"

    item_is("{'id':'i','type':'message','content':[{'type':'new','text':'x'},"
            REFUSAL "]}",
            ADDED(5, "'id':'i','type':'message','content':[]")
            EVENT("content_part.added", 6,
                  "'content_index':0,'part':{'type':'new','text':'x'}")
            EVENT("content_part.done", 7,
                  "'content_index':0,'part':{'type':'new','text':'x'}")
            EVENT("content_part.added", 8,
                  "'content_index':1,'part':{'type':'refusal','refusal':''}")
            EVENT("refusal.delta", 9, "'content_index':1,'delta':'No'")
            EVENT("refusal.done", 10, "'content_index':1,'refusal':'No'")
            EVENT("content_part.done", 11,
                  "'content_index':1,'part':" REFUSAL)
            DONE(12, "'id':'i','type':'message','content':["
                 "{'type':'new','text':'x'}," REFUSAL "]"));
}


static void
logprobs_go_with_their_tokens(void **state)
{
    (void) state;

#define SPELLED(logprobs)                                                     \
    "'id':'i','type':'message','content':[{'type':'output_text',"             \
    "'text':'Hi you','logprobs':[" logprobs "]}]"

#define FIRST   "{'token':'Hi','logprob':-0.5}"
#define SECOND  "{'token':' you','logprob':-1.5}"

#define EMPTY                                                                 \
    ADDED(5, "'id':'i','type':'message','content':[]")                        \
    EVENT("content_part.added", 6, "'content_index':0,"                       \
          "'part':{'type':'output_text','text':'','logprobs':[]}")

    item_is("{" SPELLED(FIRST "," SECOND) "}", EMPTY
            EVENT("output_text.delta", 7,
                  "'content_index':0,'delta':'Hi','logprobs':[" FIRST "]")
            EVENT("output_text.delta", 8,
                  "'content_index':0,'delta':' you','logprobs':[" SECOND "]")
            EVENT("output_text.done", 9,
                  "'content_index':0,'text':'Hi you','logprobs':["
                  FIRST "," SECOND "]")
            EVENT("content_part.done", 10,
                  "'content_index':0,'part':{'type':'output_text',"
                  "'text':'Hi you','logprobs':[" FIRST "," SECOND "]}")
            DONE(11, SPELLED(FIRST "," SECOND)));

#define UNSPELLED(logprobs)                                                   \
    item_is("{" SPELLED(logprobs) "}", EMPTY                                  \
            EVENT("output_text.delta", 7,                                     \
                  "'content_index':0,'delta':'Hi you','logprobs':[]")         \
            EVENT("output_text.done", 8,                                      \
                  "'content_index':0,'text':'Hi you','logprobs':["            \
                  logprobs "]")                                               \
            EVENT("content_part.done", 9,                                     \
                  "'content_index':0,'part':{'type':'output_text',"           \
                  "'text':'Hi you','logprobs':[" logprobs "]}")               \
            DONE(10, SPELLED(logprobs)))

    UNSPELLED(FIRST);
    UNSPELLED(SECOND "," FIRST);
    UNSPELLED(FIRST "," SECOND "," SECOND);
    UNSPELLED(FIRST "," SECOND ",{'token':''}");
    UNSPELLED("1");
}


static void
a_call_is_told_in_pieces(void **state)
{
    (void) state;

#define CALL(type, member, value)                                             \
    "'id':'i','type':'" type "','call_id':'c','name':'n'," member ":" value

#define CALL_IS(type, events, member, more, less)                             \
    item_is("{" CALL(type, "'" member "'", "'{}'") more "}",                  \
            ADDED(5, CALL(type, "'" member "'", "''") less)                   \
            EVENT(events ".delta", 6, "'delta':'{}'")                         \
            EVENT(events ".done", 7, "'" member "':'{}'")                     \
            DONE(8, CALL(type, "'" member "'", "'{}'") more))

    CALL_IS("function_call", "function_call_arguments", "arguments",
            ",'status':'completed'", ",'status':'in_progress'");
    CALL_IS("custom_tool_call", "custom_tool_call_input", "input", "", "");
    CALL_IS("mcp_call", "mcp_call_arguments", "arguments",
            ",'output':'x','status':'completed'",
            ",'output':null,'status':'in_progress'");
    CALL_IS("code_interpreter_call", "code_interpreter_call_code", "code",
            ",'outputs':[1]", ",'outputs':[]");

    item_is("{" CALL("function_call", "'arguments'", "''") "}",
            ADDED(5, CALL("function_call", "'arguments'", "''"))
            EVENT("function_call_arguments.done", 6, "'arguments':''")
            DONE(7, CALL("function_call", "'arguments'", "''")));
}


static void
a_thought_is_told_by_its_summaries(void **state)
{
    (void) state;

#define SUMMARY(words)  "{'type':'summary_text','text':'" words "'}"

#define SUMMARY_IS(index, n, o, p, q, words)                                  \
    EVENT("reasoning_summary_part.added", n,                                  \
          "'summary_index':" index ",'part':" SUMMARY(""))                    \
    EVENT("reasoning_summary_text.delta", o,                                  \
          "'summary_index':" index ",'delta':'" words "'")                    \
    EVENT("reasoning_summary_text.done", p,                                   \
          "'summary_index':" index ",'text':'" words "'")                     \
    EVENT("reasoning_summary_part.done", q,                                   \
          "'summary_index':" index ",'part':" SUMMARY(words))

    item_is("{'id':'i','type':'reasoning','encrypted_content':'e',"
            "'summary':[" SUMMARY("a") "," SUMMARY("b") "]}",
            ADDED(5, "'id':'i','type':'reasoning','encrypted_content':null,"
                     "'summary':[]")
            SUMMARY_IS("0", 6, 7, 8, 9, "a")
            SUMMARY_IS("1", 10, 11, 12, 13, "b")
            DONE(14, "'id':'i','type':'reasoning','encrypted_content':'e',"
                     "'summary':[" SUMMARY("a") "," SUMMARY("b") "]"));
}


static void
or_by_its_words(void **state)
{
    (void) state;

#define THOUGHT  "{'type':'reasoning_text','text':'a'}"

    item_is("{'id':'i','type':'reasoning','summary':[],'content':[" THOUGHT
            "]}",
            ADDED(5, "'id':'i','type':'reasoning','summary':[],'content':[]")
            EVENT("content_part.added", 6, "'content_index':0,"
                  "'part':{'type':'reasoning_text','text':''}")
            EVENT("reasoning_text.delta", 7,
                  "'content_index':0,'delta':'a'")
            EVENT("reasoning_text.done", 8, "'content_index':0,'text':'a'")
            EVENT("content_part.done", 9, "'content_index':0,'part':" THOUGHT)
            DONE(10, "'id':'i','type':'reasoning','summary':[],'content':["
                     THOUGHT "]"));
}


static void
another_item_is_told_whole(void **state)
{
    (void) state;

#define SEARCH                                                                \
    "'id':'i','type':'web_search_call','status':'completed','content':[1],"   \
    "'input':'x','action':{'type':'search'}"

    item_is("{" SEARCH "}", ADDED(5, SEARCH) DONE(6, SEARCH));
}


static void
an_item_without_an_id_gets_one_for_its_words(void **state)
{
    (void) state;

    item_is("{'type':'function_call','arguments':'{}'}",
            ADDED(5, "'type':'function_call','arguments':''")
            "{'type':'response.function_call_arguments.delta'," NUMBER(6)
            "'item_id':'item_2','output_index':2,'delta':'{}'}\n"
            "{'type':'response.function_call_arguments.done'," NUMBER(7)
            "'item_id':'item_2','output_index':2,'arguments':'{}'}\n"
            DONE(8, "'type':'function_call','arguments':'{}'"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_message_is_told_in_pieces),
        cmocka_unit_test(parts_are_numbered),
        cmocka_unit_test(logprobs_go_with_their_tokens),
        cmocka_unit_test(a_call_is_told_in_pieces),
        cmocka_unit_test(a_thought_is_told_by_its_summaries),
        cmocka_unit_test(or_by_its_words),
        cmocka_unit_test(another_item_is_told_whole),
        cmocka_unit_test(an_item_without_an_id_gets_one_for_its_words)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
