/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


#define STREAM  "{\"model\":\"m\",\"stream\":true,"
#define TOOLS                                                                 \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","         \
    "\"parameters\":{\"type\":\"object\",\"properties\":"                     \
    "{\"city\":{\"type\":\"string\"},\"unit\":{\"enum\":[\"celsius\"]}},"     \
    "\"required\":[\"city\",\"unit\"]}}}],"


static void
a_whole_answer_has_what_the_specification_requires(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions", "{\"model\":\"m\"," CHAT "}");
    doc = simulated_json(&t);

    assert_memory_equal(simulated_string(doc, "/id"), "chatcmpl-", 9);
    assert_string_equal(simulated_string(doc, "/object"), "chat.completion");
    assert_string_equal(simulated_string(doc, "/model"), "m");
    assert_int_equal(simulated_number(doc, "/created"), SIMULATED_CREATED);
    assert_int_equal(simulated_number(doc, "/choices/0/index"), 0);
    assert_string_equal(simulated_string(doc, "/choices/0/message/role"),
                        "assistant");
    assert_true(yyjson_is_null(yyjson_doc_ptr_get(doc,
                                            "/choices/0/message/refusal")));
    assert_true(yyjson_is_null(yyjson_doc_ptr_get(doc,
                                                  "/choices/0/logprobs")));
    assert_int_equal(simulated_number(doc, "/usage/completion_tokens"), 5);
    assert_int_equal(simulated_number(doc, "/usage/total_tokens"),
                     simulated_number(doc, "/usage/prompt_tokens") + 5);

    yyjson_doc_free(doc);
    simulated_free(&t);
}


static void
choices_differ_and_interleave_by_index(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"n\":4," CHAT "}");
    doc = simulated_json(&t);
    assert_int_equal(simulated_number(doc, "/choices/3/index"), 3);
    assert_int_equal(simulated_number(doc, "/usage/completion_tokens"), 20);
    assert_string_not_equal(simulated_string(doc,
                                             "/choices/0/message/content"),
                            simulated_string(doc,
                                             "/choices/1/message/content"));
    yyjson_doc_free(doc);

    simulated_post(&t, "chat/completions", STREAM "\"n\":2," CHAT "}");
    assert_int_equal(simulated_count(&t, "\"index\":0"), 7);
    assert_int_equal(simulated_count(&t, "\"index\":1"), 7);
    doc = simulated_event(&t, 3);
    assert_int_equal(simulated_number(doc, "/choices/0/index"), 1);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
a_stream_is_role_tokens_finish_done(void **state)
{
    unsigned     i;
    simulated_t  t;
    yyjson_doc  *doc, *first;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions", STREAM CHAT "}");
    assert_string_equal(t.s.content_type,
                        "text/event-stream; charset=utf-8");
    assert_int_equal(simulated_count(&t, "\"role\""), 1);
    assert_int_equal(simulated_count(&t, "\"usage\""), 0);

    first = simulated_event(&t, 0);
    assert_string_equal(simulated_string(first, "/choices/0/delta/role"),
                        "assistant");

    for (i = 0; i < 7; i++) {
        doc = simulated_event(&t, i);
        assert_string_equal(simulated_string(doc, "/id"),
                            simulated_string(first, "/id"));
        assert_string_equal(simulated_string(doc, "/object"),
                            "chat.completion.chunk");
        assert_int_equal(simulated_number(doc, "/created"),
                         SIMULATED_CREATED);
        assert_true((i == 6) == yyjson_is_str(yyjson_doc_ptr_get(doc,
                                                "/choices/0/finish_reason")));
        yyjson_doc_free(doc);
    }

    yyjson_doc_free(first);
    assert_string_equal(t.text.data + t.text.len - 14, "data: [DONE]\n\n");

    simulated_free(&t);
}


static void
usage_is_streamed_to_who_asks_for_it(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   STREAM "\"stream_options\":{\"include_usage\":true},"
                   CHAT "}");

    assert_int_equal(simulated_count(&t, "\"usage\":null"), 7);
    doc = simulated_event(&t, 7);
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/choices")), 0);
    assert_int_equal(simulated_number(doc, "/usage/completion_tokens"), 5);
    yyjson_doc_free(doc);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"sim-no-usage\",\"stream\":true,"
                   "\"stream_options\":{\"include_usage\":true}," CHAT "}");
    assert_int_equal(simulated_count(&t, "data: "), 8);
    assert_int_equal(simulated_count(&t, "_tokens"), 0);

    simulated_free(&t);
}


static void
a_tool_is_called(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;
    yyjson_val  *content;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\"," TOOLS CHAT "}");
    doc = simulated_json(&t);
    content = yyjson_doc_ptr_get(doc, "/choices/0/message/content");

    assert_true(yyjson_is_null(content));
    assert_string_equal(simulated_string(doc, "/choices/0/finish_reason"),
                        "tool_calls");
    assert_string_equal(simulated_string(doc, "/choices/0/message/tool_calls"
                                              "/0/function/name"), "f");
    assert_non_null(strstr(simulated_string(doc, "/choices/0/message/"
                                     "tool_calls/0/function/arguments"),
                           "\"unit\":\"celsius\"}"));

    yyjson_doc_free(doc);
    simulated_free(&t);
}


static void
a_streamed_call_has_its_name_once_and_arguments_in_pieces(void **state)
{
    char         arguments[256];
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions", STREAM TOOLS CHAT "}");

    doc = simulated_event(&t, 0);
    assert_string_equal(simulated_string(doc, "/choices/0/delta/role"),
                        "assistant");
    yyjson_doc_free(doc);

    doc = simulated_event(&t, 1);
    assert_string_equal(simulated_string(doc, "/choices/0/delta/tool_calls/0"
                                              "/function/name"), "f");
    assert_string_equal(simulated_string(doc, "/choices/0/delta/tool_calls/0"
                                              "/function/arguments"), "");
    assert_memory_equal(simulated_string(doc, "/choices/0/delta/tool_calls/0"
                                              "/id"), "call_", 5);
    yyjson_doc_free(doc);

    assert_int_equal(simulated_count(&t, "\"name\""), 1);
    assert_int_equal(simulated_count(&t, "\"call_"), 1);

    simulated_join(&t, "/choices/0/delta/tool_calls/0/function/arguments",
                   arguments, sizeof(arguments));
    doc = yyjson_read(arguments, strlen(arguments), 0);
    assert_non_null(doc);
    assert_string_equal(simulated_string(doc, "/unit"), "celsius");
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
a_legacy_completion_has_text(void **state)
{
    char         text[256];
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "completions",
                   STREAM "\"prompt\":\"p\"}");
    assert_int_equal(simulated_count(&t, "data: "), 8);
    simulated_join(&t, "/choices/0/text", text, sizeof(text));

    simulated_post(&t, "completions",
                   "{\"model\":\"m\",\"prompt\":\"p\"}");
    doc = simulated_json(&t);
    assert_memory_equal(simulated_string(doc, "/id"), "cmpl-", 5);
    assert_string_equal(simulated_string(doc, "/object"), "text_completion");
    assert_string_equal(simulated_string(doc, "/choices/0/text"), text);
    assert_string_equal(simulated_string(doc, "/choices/0/finish_reason"),
                        "stop");
    yyjson_doc_free(doc);

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_whole_answer_has_what_the_specification_requires),
        cmocka_unit_test(choices_differ_and_interleave_by_index),
        cmocka_unit_test(a_stream_is_role_tokens_finish_done),
        cmocka_unit_test(usage_is_streamed_to_who_asks_for_it),
        cmocka_unit_test(a_tool_is_called),
        cmocka_unit_test(
            a_streamed_call_has_its_name_once_and_arguments_in_pieces),
        cmocka_unit_test(a_legacy_completion_has_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
