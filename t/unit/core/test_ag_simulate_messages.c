/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


#define TOOL                                                                  \
    "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"search\"},"      \
    "{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":"   \
    "{\"n\":{\"const\":12345678901}},\"required\":[\"n\"]}}],"


static void
anthropic(simulated_t *t, const char *rest)
{
    char  body[1024];

    snprintf(body, sizeof(body), "{\"model\":\"m\",%s" CHAT "}", rest);

    t->options.dialect = AG_SIMULATE_ANTHROPIC;
    simulated_post(t, "messages", body);
}


static void
a_message_is_whole(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    anthropic(&t, "\"max_tokens\":100,");
    doc = simulated_json(&t);

    assert_memory_equal(simulated_string(doc, "/id"), "msg_", 4);
    assert_string_equal(simulated_string(doc, "/type"), "message");
    assert_string_equal(simulated_string(doc, "/role"), "assistant");
    assert_string_equal(simulated_string(doc, "/content/0/type"), "text");
    assert_string_equal(simulated_string(doc, "/stop_reason"), "end_turn");
    assert_int_equal(simulated_number(doc, "/usage/output_tokens"), 5);
    assert_int_equal(simulated_number(doc, "/usage/cache_creation"
                                           "/ephemeral_5m_input_tokens"), 0);
    yyjson_doc_free(doc);

    anthropic(&t, "\"max_tokens\":2,");
    assert_true(simulated_has(&t, "\"stop_reason\":\"max_tokens\""));

    simulated_free(&t);
}


static void
a_stream_has_every_event_in_order(void **state)
{
    size_t                    i;
    char                      text[256];
    simulated_t               t;
    yyjson_doc               *doc;
    static const char *const  types[] = {
        "message_start", "content_block_start", "ping",
        "content_block_delta", "content_block_delta", "content_block_delta",
        "content_block_delta", "content_block_delta",
        "content_block_stop", "message_delta", "message_stop"
    };

    (void) state;
    simulated_init(&t);

    anthropic(&t, "\"max_tokens\":9,\"stream\":true,");

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        doc = simulated_event(&t, (unsigned) i);
        assert_string_equal(simulated_string(doc, "/type"), types[i]);
        yyjson_doc_free(doc);
    }

    assert_null(simulated_event(&t, (unsigned) i));
    assert_int_equal(simulated_count(&t, "event: "), i);

    doc = simulated_event(&t, 9);
    assert_string_equal(simulated_string(doc, "/delta/stop_reason"),
                        "end_turn");
    assert_int_equal(simulated_number(doc, "/usage/output_tokens"), 5);
    yyjson_doc_free(doc);

    simulated_join(&t, "/delta/text", text, sizeof(text));
    anthropic(&t, "\"max_tokens\":9,");
    assert_true(simulated_has(&t, text));

    simulated_free(&t);
}


static void
a_tool_with_a_schema_is_used(void **state)
{
    char         input[128];
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    anthropic(&t, "\"max_tokens\":9," TOOL);
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/content/0/type"), "tool_use");
    assert_string_equal(simulated_string(doc, "/content/0/name"), "f");
    assert_memory_equal(simulated_string(doc, "/content/0/id"), "toolu_", 6);
    assert_true(simulated_number(doc, "/content/0/input/n")
                == UINT64_C(12345678901));
    assert_string_equal(simulated_string(doc, "/stop_reason"), "tool_use");
    yyjson_doc_free(doc);

    anthropic(&t, "\"max_tokens\":9,\"stream\":true," TOOL);
    assert_true(simulated_has(&t, "\"input\":{}}}\n"));
    simulated_join(&t, "/delta/partial_json", input, sizeof(input));
    assert_string_equal(input, "{\"n\":12345678901}");

    simulated_free(&t);
}


static void
max_tokens_is_required(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    anthropic(&t, "");
    assert_int_equal(t.s.status, 400);
    assert_true(simulated_has(&t, "max_tokens: Field required"));

    simulated_free(&t);
}


static void
a_stream_breaks_off_with_its_own_error_event(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);
    t.options.dialect = AG_SIMULATE_ANTHROPIC;

    simulated_post(&t, "messages",
                   "{\"model\":\"sim-error-mid\",\"max_tokens\":9,"
                   "\"stream\":true," CHAT "}");
    assert_true(simulated_has(&t, "event: error\ndata: {\"type\":\"error\","
                                  "\"error\":{\"type\":\"overloaded_error\""));
    assert_false(simulated_has(&t, "message_stop"));

    simulated_post(&t, "messages",
                   "{\"model\":\"sim-no-done\",\"max_tokens\":9,"
                   "\"stream\":true," CHAT "}");
    assert_true(simulated_has(&t, "message_delta"));
    assert_false(simulated_has(&t, "message_stop"));

    simulated_free(&t);
}


static void
tokens_are_counted_as_messages_report_them(void **state)
{
    uint64_t     tokens;
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    anthropic(&t, "\"max_tokens\":9,");
    tokens = t.s.input_tokens;

    simulated_post(&t, "messages/count_tokens", "{\"model\":\"m\"," CHAT "}");
    doc = simulated_json(&t);
    assert_int_equal(simulated_number(doc, "/input_tokens"), tokens);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_message_is_whole),
        cmocka_unit_test(a_stream_has_every_event_in_order),
        cmocka_unit_test(a_tool_with_a_schema_is_used),
        cmocka_unit_test(max_tokens_is_required),
        cmocka_unit_test(a_stream_breaks_off_with_its_own_error_event),
        cmocka_unit_test(tokens_are_counted_as_messages_report_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
