/*
 * Copyright (C) ngx_agent authors
 *
 * One block of a message, put together of its deltas.
 */


#include "replay_events_test.h"
#include "dialect/ag_replay_messages_parts.h"


/* The block "start" with the deltas of the array "deltas" is "expected", or
 * cannot be put together (NULL). */
static void
block_is(const char *start, const char *deltas, const char *expected)
{
    int                 rc;
    size_t              i, max;
    ag_put_t            p;
    ag_buf_t            json, list, wanted, out;
    yyjson_doc         *doc, *delta_doc;
    yyjson_val         *delta;
    ag_replay_block_t   block;

    json = replay_quoted(text(start));
    list = replay_quoted(text(deltas));
    doc = ag_json_tree(ag_buf_str(&json), NULL, 0);
    delta_doc = ag_json_tree(ag_buf_str(&list), NULL, 0);
    assert_non_null(doc);
    assert_non_null(delta_doc);

    rc = ag_replay_block_start(&block, yyjson_obj_get(yyjson_doc_get_root(doc),
                                                      "content_block"));
    block.start = ag_buf_str(&json);

    yyjson_arr_foreach(yyjson_doc_get_root(delta_doc), i, max, delta) {
        rc = (rc == AG_OK) ? ag_replay_block_add(&block, delta) : rc;
    }

    rc = (rc == AG_OK) ? ag_replay_block_stop(&block) : rc;
    assert_int_equal(rc, (expected != NULL) ? AG_OK : AG_NONE);

    if (rc == AG_OK) {
        assert_false(block.open);
        ag_buf_init(&out, SIZE_MAX);
        ag_put_init(&p, &out);
        ag_replay_block_put(&p, &block);
        assert_int_equal(p.rc, AG_OK);

        wanted = replay_quoted(text(expected));
        replay_same(ag_buf_str(&out), ag_buf_str(&wanted));
        ag_buf_free(&wanted);
        ag_buf_free(&out);
    }

    ag_replay_block_free(&block);
    yyjson_doc_free(doc);
    yyjson_doc_free(delta_doc);
    ag_buf_free(&json);
    ag_buf_free(&list);
}


#define BLOCK(members)  "{'content_block':{" members "}}"


static void
a_text_grows(void **state)
{
    (void) state;

    block_is(BLOCK("'type':'text','text':''"), "[]",
             "{'type':'text','text':''}");
    block_is(BLOCK("'type':'text'"), "[]", "{'type':'text','text':''}");
    block_is(BLOCK("'type':'text','text':'a\\n'"),
             "[{'type':'text_delta','text':'b\\''},"
             "{'type':'text_delta','text':''},"
             "{'type':'text_delta','text':'\\u0001c'}]",
             "{'type':'text','text':'a\\nb\\'\\u0001c'}");
}


static void
citations_are_listed(void **state)
{
    (void) state;

    block_is(BLOCK("'type':'text','text':'','citations':[]"),
             "[{'type':'citations_delta','citation':{'a':1}},"
             "{'type':'text_delta','text':'x'},"
             "{'type':'citations_delta','citation':{'b':2}}]",
             "{'type':'text','text':'x','citations':[{'a':1},{'b':2}]}");
    block_is(BLOCK("'type':'text','text':'','citations':[{'z':0},1]"),
             "[{'type':'citations_delta','citation':{'a':1}}]",
             "{'type':'text','text':'','citations':[{'z':0},1,{'a':1}]}");
    block_is(BLOCK("'type':'text','text':'','citations':null"),
             "[{'type':'citations_delta','citation':{'a':1}}]",
             "{'type':'text','text':'','citations':[{'a':1}]}");
    block_is(BLOCK("'type':'text','text':''"),
             "[{'type':'citations_delta','citation':{'a':1}}]",
             "{'type':'text','text':'','citations':[{'a':1}]}");
    block_is(BLOCK("'type':'text','text':'','citations':[]"), "[]",
             "{'type':'text','text':'','citations':[]}");
    block_is(BLOCK("'type':'text','text':''"),
             "[{'type':'citations_delta'}]", NULL);
}


static void
a_thought_is_signed(void **state)
{
    (void) state;

    block_is(BLOCK("'type':'thinking','thinking':'','signature':''"),
             "[{'type':'thinking_delta','thinking':'a'},"
             "{'type':'thinking_delta','thinking':'b'},"
             "{'type':'signature_delta','signature':'x'},"
             "{'type':'signature_delta','signature':'y='}]",
             "{'type':'thinking','thinking':'ab','signature':'y='}");
    block_is(BLOCK("'type':'thinking','thinking':'','signature':'s'"), "[]",
             "{'type':'thinking','thinking':'','signature':'s'}");
    block_is(BLOCK("'type':'thinking'"),
             "[{'type':'signature_delta','signature':''}]",
             "{'type':'thinking','thinking':'','signature':''}");
}


static void
an_input_is_read_at_its_end(void **state)
{
    size_t             i;
    char               start[128], whole[128];
    static const char *const  types[] = {
        "tool_use", "server_tool_use", "mcp_tool_use"
    };

    (void) state;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        snprintf(start, sizeof(start), BLOCK("'type':'%s','id':'t',"
                                             "'input':{}"), types[i]);
        snprintf(whole, sizeof(whole), "{'type':'%s','id':'t',"
                                       "'input':{'a':[1,2]}}", types[i]);
        block_is(start, "[{'type':'input_json_delta','partial_json':''},"
                        "{'type':'input_json_delta','partial_json':"
                        "' {\\'a\\': [1'},"
                        "{'type':'input_json_delta','partial_json':',2]}'}]",
                 whole);
    }

    block_is(BLOCK("'type':'tool_use','input':{}"),
             "[{'type':'input_json_delta','partial_json':'{\\'a\\':'}]", NULL);
}


static void
an_empty_input_is_what_it_began_with(void **state)
{
    (void) state;

    block_is(BLOCK("'type':'tool_use','input':{}"),
             "[{'type':'input_json_delta','partial_json':''}]",
             "{'type':'tool_use','input':{}}");
    block_is(BLOCK("'type':'tool_use','input':{'a':1}"), "[]",
             "{'type':'tool_use','input':{'a':1}}");
    block_is(BLOCK("'type':'tool_use'"), "[]",
             "{'type':'tool_use','input':{}}");
}


static void
another_kind_is_kept_whole(void **state)
{
    (void) state;

    block_is(BLOCK("'type':'web','text':'x','input':'y','content':[1]"), "[]",
             "{'type':'web','text':'x','input':'y','content':[1]}");
}


static void
what_is_not_sure_is_refused(void **state)
{
    size_t             i;
    static const char *const  deltas[] = {
        "[{'type':'input_json_delta','partial_json':''}]",
        "[{'type':'thinking_delta','thinking':''}]",
        "[{'type':'signature_delta','signature':''}]",
        "[{'type':'compaction_delta','content':''}]",
        "[{'type':'text_delta'}]",
        "[{'type':'text_delta','text':1}]",
        "[{'type':'text_delta','text':'a','text':'b'}]",
        "[{'text':'a'}]",
        "[1]"
    };

    (void) state;

    for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
        block_is(BLOCK("'type':'text','text':''"), deltas[i], NULL);
    }

    block_is(BLOCK("'type':'web'"), "[{'type':'text_delta','text':''}]",
             NULL);
    block_is(BLOCK("'type':'tool_use'"),
             "[{'type':'text_delta','text':''}]", NULL);
    block_is(BLOCK("'type':'fallback','to':{'model':'x'}"), "[]", NULL);
    block_is(BLOCK("'type':'text','text':'a','text':'b'"), "[]", NULL);
    block_is(BLOCK("'text':'a'"), "[]", NULL);
    block_is("{'content_block':'text'}", "[]", NULL);
    block_is("{}", "[]", NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(citations_are_listed),
        cmocka_unit_test(a_thought_is_signed),
        cmocka_unit_test(an_input_is_read_at_its_end),
        cmocka_unit_test(an_empty_input_is_what_it_began_with),
        cmocka_unit_test(another_kind_is_kept_whole),
        cmocka_unit_test(what_is_not_sure_is_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
