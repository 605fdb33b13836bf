/*
 * Copyright (C) ngx_agent authors
 *
 * What we read of OpenAI's requests, answers and streams, and of those of
 * compatible servers; recorded answers of real ones end it.
 */


#include "dialect_test.h"


#define CHUNK(fields)                                                         \
    "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":["        \
    "{\"index\":0," fields "}]}"


static void
a_chat_needs_its_messages_and_counts_its_choices(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           "{\"model\":\"m\",\"messages\":[{}],\"n\":128,\"best_of\":\"x\"}");
    assert_int_equal(request.choices, 128);

    assert_text(refuse(AG_ENDPOINT_CHAT, "{\"model\":\"m\"}").param,
                "messages");
}


static void
a_completion_may_ask_for_no_output_and_no_prompt(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_COMPLETIONS,
           "{\"model\":\"m\",\"max_tokens\":0,\"n\":2,\"best_of\":3}");
    assert_int_equal(request.max_output_tokens, 0);
    assert_int_equal(request.choices, 3);

    accept(&request, AG_ENDPOINT_COMPLETIONS,
           "{\"model\":\"m\",\"prompt\":[1,2]}");
    accept(&request, AG_ENDPOINT_COMPLETIONS,
           "{\"model\":\"m\",\"prompt\":null,\"messages\":1}");

    refuse_field(AG_ENDPOINT_COMPLETIONS, "{\"prompt\":1}", "prompt");
    refuse_field(AG_ENDPOINT_COMPLETIONS, "{\"max_tokens\":-1}",
                 "max_tokens");
    refuse_field(AG_ENDPOINT_COMPLETIONS, "{\"best_of\":129}", "best_of");
}


static void
embeddings_need_an_input(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_EMBEDDINGS,
           "{\"model\":\"m\",\"input\":\"x\",\"stream\":\"odd\"}");
    accept(&request, AG_ENDPOINT_EMBEDDINGS,
           "{\"model\":\"m\",\"input\":[[1,2]],"
           "\"encoding_format\":\"base64\"}");

    refuse_field(AG_ENDPOINT_EMBEDDINGS, "{\"input\":[]}", "input");
    refuse_field(AG_ENDPOINT_EMBEDDINGS, "{\"input\":1}", "input");
    assert_text(refuse(AG_ENDPOINT_EMBEDDINGS, "{\"model\":\"m\"}").param,
                "input");
}


static void
a_whole_answer_gives_its_usage(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_openai, AG_ENDPOINT_CHAT,
                       "{\"choices\": [ {\"message\":{}}],\"usage\":{"
                       "\"prompt_tokens\":9,\"completion_tokens\":12,"
                       "\"total_tokens\":21,\"prompt_tokens_details\":"
                       "{\"cached_tokens\":4,\"cache_write_tokens\":3},"
                       "\"completion_tokens_details\":"
                       "{\"reasoning_tokens\":5}}}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 1);
    assert_int_equal(answer.usage.input_tokens, 9);
    assert_int_equal(answer.usage.cached_tokens, 4);
    assert_int_equal(answer.usage.written_tokens, 3);
    assert_int_equal(answer.usage.output_tokens, 12);
    assert_int_equal(answer.usage.reasoning_tokens, 5);
}


static void
embeddings_give_theirs_without_output(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_openai, AG_ENDPOINT_EMBEDDINGS,
                       "{\"data\":[{\"embedding\":\"AAA=\"}],"
                       "\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 1);
    assert_int_equal(answer.usage.input_tokens, 8);
    assert_int_equal(answer.usage.output_tokens, 0);
}


static void
an_answer_without_usage_is_delivered(void **state)
{
    size_t                    i;
    ag_answer_t               answer;
    static const char *const  bodies[] = {
        "{\"choices\":[{}]}",
        "{\"choices\":[{}],\"error\":null,\"usage\":null}",
        "{\"choices\":[{}],\"usage\":{}}",
        "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":\"9\"}}",
        "{\"choices\":[{}],\"usage\":17}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        answer = answer_of(&ag_openai, AG_ENDPOINT_CHAT, bodies[i]);

        assert_int_equal(answer.error, AG_E_NONE);
        assert_int_equal(answer.usage.known, 0);
    }
}


static void
an_answer_that_is_none_is_bad(void **state)
{
    size_t                    i;
    static const char *const  bodies[] = {
        "", "<html>", "null", "[]", "{}", "{\"choices\":[]}",
        "{\"choices\":[ ]}", "{\"choices\":\"x\"}", "{\"choices\":{}}",
        "{\"choices\":null}", "{\"choices\":[1]}", "{\"choices\":[\"{\"]}",
        "{\"choices\":[{}]", "{\"choices\":[{}]} x", "{\"data\":[{}]}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT,
                                   bodies[i]).error,
                         AG_E_BAD_RESPONSE);
    }

    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_EMBEDDINGS,
                               "{\"data\":[],\"choices\":[{}]}").error,
                     AG_E_BAD_RESPONSE);
}


static void
content_of_a_type_that_nobody_reads_is_bad(void **state)
{
    size_t      i;
    ag_delta_t  delta;
    ag_usage_t  usage;

    static const char *const  good[] = {
        "\"text\"", "null", "[]", "[{\"type\":\"text\"}]", "\"\""
    };
    static const char *const  bad[] = { "7", "-1.5", "true", "false" };

    char  body[200];

    (void) state;

#define MESSAGE  "{\"choices\":[{\"index\":0,\"logprobs\":{\"a\":[1]},"         \
                 "\"message\":{\"role\":\"assistant\",\"content\":%s}}]}"

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(body, sizeof(body), MESSAGE, good[i]);
        assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT, body).error,
                         AG_E_NONE);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(body, sizeof(body), MESSAGE, bad[i]);
        assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT, body).error,
                         AG_E_BAD_RESPONSE);

        memset(&usage, 0, sizeof(usage));
        snprintf(body, sizeof(body),
                 "{\"choices\":[{\"delta\":{\"content\":%s}}]}", bad[i]);
        delta = event_of(&ag_openai, NULL, body, &usage);
        assert_true(delta.failed);
        assert_int_equal(delta.error, AG_E_BAD_RESPONSE);
    }

#undef MESSAGE
}


static void
an_error_in_an_answer_has_its_class(void **state)
{
    (void) state;

    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT,
                               "{\"error\":{\"code\":429}}").error,
                     AG_E_RATE_LIMIT);
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT,
                               "{\"error\":\"model is loading\"}").error,
                     AG_E_BAD_RESPONSE);
}


static void
content_is_whatever_a_client_waits_for(void **state)
{
    size_t                    i;
    static const char *const  deltas[] = {
        "\"content\":\"x\"",
        "\"role\":\"assistant\",\"content\":\" \"",
        "\"reasoning_content\":\"x\"",
        "\"reasoning\":\"x\"",
        "\"refusal\":\"x\"",
        "\"tool_calls\":[{\"index\":0}]",
        "\"function_call\":{\"name\":\"f\"}",
        "\"audio\":{\"id\":\"a\"}",
        "\"images\":[{}]"
    };
    char                      chunk[512];

    (void) state;

    for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
        snprintf(chunk, sizeof(chunk), CHUNK("\"delta\":{%s}"), deltas[i]);
        assert_event(ag_openai, chunk, "content");
    }

    assert_event(ag_openai, CHUNK("\"text\":\"x\",\"finish_reason\":null"),
                 "content");
    assert_event(ag_openai, CHUNK("\"message\":{\"content\":\"x\"}"),
                 "content");
}


static void
the_first_chunk_is_not_yet_content(void **state)
{
    (void) state;

    assert_event(ag_openai,
                 CHUNK("\"delta\":{\"role\":\"assistant\",\"content\":\"\","
                       "\"refusal\":null,\"tool_calls\":[]},"
                       "\"finish_reason\":null"),
                 "");
    assert_event(ag_openai, CHUNK("\"delta\":{}"), "");
    assert_event(ag_openai, CHUNK("\"delta\":null,\"text\":\"\""), "");
    assert_event(ag_openai, CHUNK("\"content_filter_offsets\":{}"), "");
    assert_event(ag_openai,
                 "{\"choices\":[],\"id\":\"\",\"model\":\"\",\"object\":\"\","
                 "\"prompt_filter_results\":[{\"prompt_index\":0}]}",
                 "");
    assert_event(ag_openai, "{\"choices\":null}", "");
}


static void
a_finish_reason_finishes(void **state)
{
    (void) state;

    assert_event(ag_openai,
                 CHUNK("\"delta\":{},\"finish_reason\":\"stop\""), "finish");
    assert_event(ag_openai,
                 CHUNK("\"text\":\"x\",\"finish_reason\":\"length\""),
                 "content finish");
    assert_event(ag_openai, CHUNK("\"delta\":{},\"finish_reason\":\"\""), "");
    assert_event(ag_openai,
                 "{\"choices\":[{\"delta\":{}},{\"delta\":{\"content\":\"x\"},"
                 "\"finish_reason\":\"stop\"}]}",
                 "content finish");
}


static void
the_usage_chunk_is_told_from_the_others(void **state)
{
    ag_delta_t  delta;
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));

    delta = event_of(&ag_openai, NULL,
                     "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
                     "\"completion_tokens\":2}}", &usage);

    assert_string_equal(flags_of(&delta), "usage_only");
    assert_int_equal(usage.known, 1);
    assert_int_equal(usage.input_tokens, 1);
    assert_int_equal(usage.output_tokens, 2);

    delta = event_of(&ag_openai, NULL,
                     "{\"choices\":[{\"delta\":{\"content\":\"x\"}}],"
                     "\"usage\":{\"prompt_tokens\":3,"
                     "\"completion_tokens\":4}}", &usage);

    assert_string_equal(flags_of(&delta), "content");
    assert_int_equal(usage.input_tokens, 3);

    delta = event_of(&ag_openai, NULL, CHUNK("\"delta\":{}"), &usage);

    assert_int_equal(usage.input_tokens, 3);

    assert_event(ag_openai, "{\"usage\":{\"prompt_tokens\":1}}",
                 "usage_only");
}


static void
done_is_done(void **state)
{
    (void) state;

    assert_event(ag_openai, "[DONE]", "done");
    assert_event(ag_openai, "[DONE] ", "done");
    assert_event(ag_openai, "[DON", "malformed");
}


static void
an_error_event_fails_in_each_shape(void **state)
{
    ag_delta_t  delta;

    (void) state;

    assert_failed(ag_openai,
                  "{\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}",
                  AG_E_PROVIDER_ERROR);
    assert_failed(ag_openai,
                  "{\"object\":\"error\",\"message\":\"x\",\"code\":400}",
                  AG_E_INVALID_REQUEST);
    assert_failed(ag_openai,
                  "[{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}]",
                  AG_E_UNAVAILABLE);
    assert_failed(ag_openai, "{\"error\":\"out of memory\"}",
                  AG_E_BAD_RESPONSE);
    assert_failed(ag_openai,
                  "{\"choices\":[{\"delta\":{\"content\":\"\"},"
                  "\"finish_reason\":\"error\"}],\"error\":{\"code\":502}}",
                  AG_E_PROVIDER_ERROR);

    delta = event_of(&ag_openai, "error", "{\"message\":\"x\",\"code\":429}",
                     NULL);
    assert_string_equal(flags_of(&delta), "failed");
    assert_int_equal(delta.error, AG_E_RATE_LIMIT);

    delta = event_of(&ag_openai, "error", "upstream went away", NULL);
    assert_string_equal(flags_of(&delta), "failed");
    assert_int_equal(delta.error, AG_E_BAD_RESPONSE);
}


static void
an_error_that_is_null_is_none(void **state)
{
    (void) state;

    assert_event(ag_openai,
                 "{\"error\":null,\"choices\":[{\"delta\":"
                 "{\"content\":\"x\"}}]}", "content");
    assert_event(ag_openai, "{\"error\":\"\",\"choices\":[]}", "");
}


static void
a_broken_chunk_is_malformed_and_no_error(void **state)
{
    size_t                    i;
    static const char *const  chunks[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"x", "x", "1", "\"x\"",
        "null", "[]", "[1]", "{\"choices\":\"x\"}", "{\"choices\":{}}",
        "{\"choices\":5}"
    };

    (void) state;

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        assert_event(ag_openai, chunks[i], "malformed");
    }
}


static void
an_event_without_data_says_nothing(void **state)
{
    ag_delta_t      delta;
    ag_usage_t      usage;
    ag_sse_event_t  event;

    (void) state;

    memset(&event, 0, sizeof(event));
    memset(&delta, 0xff, sizeof(delta));
    event.has_comment = 1;

    ag_openai.read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);
    assert_string_equal(flags_of(&delta), "");

    assert_event(ag_openai, "", "");
}


static void
an_unknown_object_is_passed_on_as_content(void **state)
{
    (void) state;

    assert_event(ag_openai, "{\"object\":\"new\",\"x\":1}", "content");
    assert_event(ag_openai, "{}", "content");
}


static void
a_long_chunk_is_read_like_a_short_one(void **state)
{
    char               *chunk;
    static const char   start[] = "{\"choices\":[{\"delta\":{\"content\":\"";

    (void) state;

    chunk = malloc(sizeof(start) + 200010);
    assert_non_null(chunk);

    strcpy(chunk, start);
    memset(chunk + strlen(start), 'x', 200000);
    strcpy(chunk + strlen(start) + 200000, "\"}}]}");

    assert_event(ag_openai, chunk, "content");

    free(chunk);
}


static void
check_stream(const ag_dialect_t *dialect, const char *name, ag_str_t text)
{
    unsigned        content, finish, usage_only;
    ag_str_t        line;
    ag_delta_t      delta;
    ag_usage_t      usage;
    ag_sse_event_t  event;

    memset(&usage, 0, sizeof(usage));
    content = finish = usage_only = 0;

    while (text.len > 0) {
        line = next_line(&text);

        memset(&event, 0, sizeof(event));
        event.data = line;
        event.has_data = 1;

        dialect->read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);

        if (delta.failed || delta.malformed || delta.done
            || (delta.content && finish > 0)
            || (delta.usage_only && text.len > 0))
        {
            fail_msg("%s: %s: %.*s", name, flags_of(&delta), (int) line.len,
                     (const char *) line.data);
        }

        content += delta.content;
        finish += delta.finish;
        usage_only += delta.usage_only;
    }

    assert_true(content > 0);
    assert_int_equal(finish, 1);
    assert_int_equal(usage_only, 1);
    assert_int_equal(usage.known, 1);
    assert_true(usage.input_tokens > 0 && usage.output_tokens > 0);
    assert_true(usage.output_tokens >= usage.reasoning_tokens);
}


static void
check_answer(const ag_dialect_t *dialect, const char *name, ag_str_t text)
{
    ag_answer_t  answer;

    dialect->read_answer(AG_ENDPOINT_CHAT, text, &answer);

    if (answer.error != AG_E_NONE || !answer.usage.known
        || answer.usage.input_tokens == 0 || answer.usage.output_tokens == 0)
    {
        fail_msg("%s: %s", name, ag_error_row(answer.error)->name);
    }
}


static void
recorded_streams_are_understood(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".chunks.txt", check_stream);
    for_recordings(&ag_openai, "openai-compatible", ".chunks.txt",
                   check_stream);
}


static void
recorded_answers_are_understood(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".json", check_answer);
    for_recordings(&ag_openai, "openai-compatible", ".json", check_answer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_chat_needs_its_messages_and_counts_its_choices),
        cmocka_unit_test(a_completion_may_ask_for_no_output_and_no_prompt),
        cmocka_unit_test(embeddings_need_an_input),
        cmocka_unit_test(a_whole_answer_gives_its_usage),
        cmocka_unit_test(embeddings_give_theirs_without_output),
        cmocka_unit_test(an_answer_without_usage_is_delivered),
        cmocka_unit_test(an_answer_that_is_none_is_bad),
        cmocka_unit_test(content_of_a_type_that_nobody_reads_is_bad),
        cmocka_unit_test(an_error_in_an_answer_has_its_class),
        cmocka_unit_test(content_is_whatever_a_client_waits_for),
        cmocka_unit_test(the_first_chunk_is_not_yet_content),
        cmocka_unit_test(a_finish_reason_finishes),
        cmocka_unit_test(the_usage_chunk_is_told_from_the_others),
        cmocka_unit_test(done_is_done),
        cmocka_unit_test(an_error_event_fails_in_each_shape),
        cmocka_unit_test(an_error_that_is_null_is_none),
        cmocka_unit_test(a_broken_chunk_is_malformed_and_no_error),
        cmocka_unit_test(an_event_without_data_says_nothing),
        cmocka_unit_test(an_unknown_object_is_passed_on_as_content),
        cmocka_unit_test(a_long_chunk_is_read_like_a_short_one),
        cmocka_unit_test(recorded_streams_are_understood),
        cmocka_unit_test(recorded_answers_are_understood)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
