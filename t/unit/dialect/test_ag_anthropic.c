/*
 * Copyright (C) ngx_agent authors
 *
 * What we read of Anthropic's requests, answers and streams; recorded answers
 * end it.
 */


#include "dialect_test.h"


static void
a_message_needs_its_cap_of_tokens(void **state)
{
    ag_error_t    error;
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_MESSAGES,
           "{\"model\":\"claude\",\"max_tokens\":1024,\"messages\":[{}],"
           "\"stream\":true,\"system\":[],\"stream_options\":1}");

    assert_text(request.model, "claude");
    assert_int_equal(request.max_output_tokens, 1024);
    assert_int_equal(request.stream, 1);

    error = refuse(AG_ENDPOINT_MESSAGES,
                   "{\"model\":\"claude\",\"messages\":[{}]}");

    assert_int_equal(error.class, AG_E_MISSING_VALUE);
    assert_text(error.param, "max_tokens");

    refuse_field(AG_ENDPOINT_MESSAGES, "{\"max_tokens\":0}", "max_tokens");
    refuse_field(AG_ENDPOINT_MESSAGES, "{\"messages\":[]}", "messages");
}


static void
counting_needs_no_cap(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_COUNT_TOKENS,
           "{\"model\":\"claude\",\"messages\":[{}],\"max_tokens\":\"x\"}");

    assert_text(refuse(AG_ENDPOINT_COUNT_TOKENS,
                       "{\"model\":\"claude\"}").param, "messages");
}


static void
cached_and_written_tokens_are_part_of_the_input(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES,
                       "{\"type\":\"message\",\"content\":[{}],\"usage\":{"
                       "\"input_tokens\":5,\"cache_read_input_tokens\":100,"
                       "\"cache_creation_input_tokens\":11,"
                       "\"output_tokens\":7,\"output_tokens_details\":"
                       "{\"thinking_tokens\":3}}}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 1);
    assert_int_equal(answer.usage.input_tokens, 116);
    assert_int_equal(answer.usage.cached_tokens, 100);
    assert_int_equal(answer.usage.written_tokens, 11);
    assert_int_equal(answer.usage.output_tokens, 7);
    assert_int_equal(answer.usage.reasoning_tokens, 3);
}


static void
a_refusal_without_content_is_an_answer(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES,
                       "{\"type\":\"message\",\"content\":[],"
                       "\"stop_reason\":\"refusal\"}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 0);
}


static void
an_answer_of_another_kind_is_bad(void **state)
{
    size_t                    i;
    static const char *const  bodies[] = {
        "", "<html>", "{}", "[]", "{\"type\":\"message\"}",
        "{\"content\":[]}", "{\"type\":\"message\",\"content\":\"x\"}",
        "{\"type\":\"completion\",\"content\":[]}", "{\"input_tokens\":1}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES,
                                   bodies[i]).error,
                         AG_E_BAD_RESPONSE);
    }

    assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES,
                               "{\"type\":\"error\",\"error\":{\"type\":"
                               "\"overloaded_error\"}}").error,
                     AG_E_UNAVAILABLE);
}


static void
a_count_is_an_answer_and_no_usage(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_anthropic, AG_ENDPOINT_COUNT_TOKENS,
                       "{\"input_tokens\":2095}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 0);

    assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_COUNT_TOKENS,
                               "{\"input_tokens\":\"1\"}").error,
                     AG_E_BAD_RESPONSE);
}


static void
each_event_says_what_it_is(void **state)
{
    (void) state;

    assert_event(ag_anthropic, "{\"type\":\"message_start\",\"message\":{}}",
                 "");
    assert_event(ag_anthropic,
                 "{\"type\":\"message_start\",\"message\":"
                 "{\"content\":[],\"stop_reason\":null}}", "");
    assert_event(ag_anthropic,
                 "{\"type\":\"message_start\",\"message\":"
                 "{\"content\":[{}],\"stop_reason\":\"tool_use\"}}",
                 "content finish");
    assert_event(ag_anthropic, "{\"type\":\"ping\"}", "");
    assert_event(ag_anthropic, "{\"type\":\"content_block_start\"}",
                 "content");
    assert_event(ag_anthropic, "{\"type\":\"content_block_delta\"}",
                 "content");
    assert_event(ag_anthropic, "{\"type\":\"content_block_stop\"}", "");
    assert_event(ag_anthropic,
                 "{\"type\":\"message_delta\",\"delta\":"
                 "{\"stop_reason\":null}}", "");
    assert_event(ag_anthropic,
                 "{\"type\":\"message_delta\",\"delta\":"
                 "{\"stop_reason\":\"refusal\"}}", "finish");
    assert_event(ag_anthropic, "{\"type\":\"message_stop\"}", "done");
    assert_event(ag_anthropic, "{\"type\":\"invented_later\"}", "content");
    assert_event(ag_anthropic,
                 "{\"type\":\"content_block_start\",\"error\":{}}",
                 "content");
    assert_event(ag_anthropic, "{}", "content");
    assert_event(ag_anthropic, "[DONE]", "done");
    assert_event(ag_anthropic, "", "");
}


static void
an_empty_block_has_not_said_anything(void **state)
{
    (void) state;

#define START(block)                                                          \
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}"

    assert_event(ag_anthropic, START("{\"type\":\"text\",\"text\":\"\"}"), "");
    assert_event(ag_anthropic,
                 START("{\"type\":\"thinking\",\"thinking\":\"\","
                       "\"signature\":\"\"}"), "");
    assert_event(ag_anthropic, START("{\"type\":\"text\",\"text\":\"a\"}"),
                 "content");
    assert_event(ag_anthropic,
                 START("{\"type\":\"thinking\",\"thinking\":\"a\"}"),
                 "content");
    assert_event(ag_anthropic,
                 START("{\"type\":\"tool_use\",\"name\":\"f\","
                       "\"input\":{}}"), "content");
    assert_event(ag_anthropic, START("{\"type\":\"invented_later\"}"),
                 "content");

#undef START
}


static void
usage_in_a_stream_is_overwritten_and_never_added(void **state)
{
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));

    event_of(&ag_anthropic, NULL,
             "{\"type\":\"message_start\",\"message\":{\"usage\":{"
             "\"input_tokens\":43,\"cache_read_input_tokens\":10,"
             "\"cache_creation_input_tokens\":2,\"output_tokens\":1}}}",
             &usage);

    assert_int_equal(usage.known, 1);
    assert_int_equal(usage.input_tokens, 55);
    assert_int_equal(usage.output_tokens, 1);

    event_of(&ag_anthropic, NULL,
             "{\"type\":\"message_delta\",\"delta\":{},"
             "\"usage\":{\"output_tokens\":20}}", &usage);

    assert_int_equal(usage.input_tokens, 55);
    assert_int_equal(usage.output_tokens, 20);

    event_of(&ag_anthropic, NULL,
             "{\"type\":\"message_delta\",\"delta\":{},"
             "\"usage\":{\"input_tokens\":61,\"output_tokens\":30,"
             "\"cache_creation_input_tokens\":null}}", &usage);

    event_of(&ag_anthropic, NULL,
             "{\"type\":\"message_delta\",\"delta\":{},"
             "\"usage\":{\"input_tokens\":61}}", &usage);

    assert_int_equal(usage.input_tokens, 73);
    assert_int_equal(usage.cached_tokens, 10);
    assert_int_equal(usage.written_tokens, 2);
    assert_int_equal(usage.output_tokens, 30);
}


static void
absurd_usage_is_clamped(void **state)
{
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));

    event_of(&ag_anthropic, NULL,
             "{\"type\":\"message_delta\",\"usage\":{"
             "\"input_tokens\":18446744073709551615,"
             "\"cache_read_input_tokens\":1e300,"
             "\"cache_creation_input_tokens\":99999999999999999999,"
             "\"output_tokens\":-5}}", &usage);

    assert_int_equal(usage.input_tokens, AG_TOKENS_MAX);
    assert_true(usage.cached_tokens + usage.written_tokens
                <= AG_TOKENS_MAX);
    assert_int_equal(usage.output_tokens, 0);
}


static void
an_error_event_fails_with_its_class(void **state)
{
    size_t      i;
    char        data[256];

    static const struct {
        const char        *type;
        ag_error_class_t   class;
    } rows[] = {
        { "overloaded_error", AG_E_UNAVAILABLE },
        { "rate_limit_error", AG_E_RATE_LIMIT },
        { "api_error", AG_E_PROVIDER_ERROR },
        { "timeout_error", AG_E_PROVIDER_ERROR },
        { "authentication_error", AG_E_CREDENTIALS },
        { "permission_error", AG_E_CREDENTIALS },
        { "billing_error", AG_E_CREDENTIALS },
        { "not_found_error", AG_E_NOT_FOUND },
        { "invalid_request_error", AG_E_INVALID_REQUEST },
        { "request_too_large", AG_E_INVALID_REQUEST },
        { "invented_later", AG_E_BAD_RESPONSE }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(data, sizeof(data),
                 "{\"type\":\"error\",\"error\":{\"type\":\"%s\","
                 "\"message\":\"x\"}}", rows[i].type);
        assert_failed(ag_anthropic, data, rows[i].class);
    }

    assert_failed(ag_anthropic,
                  "{\"type\":\"error\",\"error\":{\"type\":"
                  "\"invalid_request_error\",\"message\":"
                  "\"prompt is too long: 210000 tokens > 200000 maximum\"}}",
                  AG_E_CONTEXT_LENGTH);
    assert_failed(ag_anthropic, "{\"error\":{\"type\":\"api_error\"}}",
                  AG_E_PROVIDER_ERROR);
}


static size_t
said_by(const char *data)
{
    return event_of(&ag_anthropic, NULL, data, NULL).said;
}


static void
what_is_said_in_a_stream_is_counted(void **state)
{
    (void) state;

    assert_int_equal(said_by("{\"type\":\"content_block_delta\",\"delta\":{"
                             "\"type\":\"text_delta\",\"text\":\"12\"}}"),
                     2);
    assert_int_equal(said_by("{\"type\":\"content_block_delta\",\"delta\":{"
                             "\"type\":\"thinking_delta\",\"thinking\":"
                             "\"123\"}}"), 3);
    assert_int_equal(said_by("{\"type\":\"content_block_delta\",\"delta\":{"
                             "\"type\":\"input_json_delta\",\"partial_json\":"
                             "\"{\\\"a\"}}"), 3);
    assert_int_equal(said_by("{\"type\":\"content_block_delta\",\"delta\":{"
                             "\"type\":\"signature_delta\",\"signature\":"
                             "\"xxxx\"}}"), 0);
    assert_int_equal(said_by("{\"type\":\"content_block_start\","
                             "\"content_block\":{\"type\":\"text\",\"text\":"
                             "\"1\"}}"), 1);
    assert_int_equal(said_by("{\"type\":\"content_block_start\","
                             "\"content_block\":{\"type\":\"tool_use\","
                             "\"id\":\"x\",\"name\":\"f\",\"input\":{}}}"),
                     0);
    assert_int_equal(said_by("{\"type\":\"message_start\",\"message\":{"
                             "\"content\":[{\"text\":\"12345\"}]}}"), 5);
    assert_int_equal(said_by("{\"type\":\"content_block_stop\"}"), 0);
}


static void
what_a_message_says_is_counted_without_usage(void **state)
{
    static const char  body[] =
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":["
        "{\"type\":\"thinking\",\"thinking\":\"1234\",\"signature\":"
        "\"xx\"},{\"type\":\"text\",\"text\":\"567\"},"
        "{\"type\":\"tool_use\",\"name\":\"f\",\"input\":"
        "{\"a\":\"b\",\"c\":[1]}}]%s}";
    char  text[1024];

    (void) state;

    /* of the input: braces, three strings of one letter, a list, a number */

    snprintf(text, sizeof(text), body, "");
    assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES, text)
                     .said, 7 + 2 + 3 * 4 + 4 + 4);

    snprintf(text, sizeof(text), body,
             ",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}");
    assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_MESSAGES, text)
                     .said, 0);

    assert_int_equal(answer_of(&ag_anthropic, AG_ENDPOINT_COUNT_TOKENS,
                               "{\"input_tokens\":7,\"content\":[{\"text\":"
                               "\"x\"}]}").said, 0);
}


static void
a_broken_event_is_malformed(void **state)
{
    ag_delta_t  delta;

    (void) state;

    assert_event(ag_anthropic, "{\"type\":\"ping\"", "malformed");
    assert_event(ag_anthropic, "[]", "malformed");

    delta = event_of(&ag_anthropic, "error", "Overloaded", NULL);
    assert_string_equal(flags_of(&delta), "failed");
    assert_int_equal(delta.error, AG_E_BAD_RESPONSE);
}


static void
check_stream(const ag_dialect_t *dialect, const char *name, ag_str_t text)
{
    unsigned        content, finish, done;
    ag_str_t        line;
    ag_delta_t      delta;
    ag_usage_t      usage;
    ag_sse_event_t  event;

    memset(&usage, 0, sizeof(usage));
    content = finish = done = 0;

    while (text.len > 0) {
        line = next_line(&text);

        memset(&event, 0, sizeof(event));
        event.data = line;
        event.has_data = 1;

        dialect->read_event(AG_ENDPOINT_MESSAGES, &event, &delta, &usage);

        if (delta.failed || delta.malformed || delta.usage_only) {
            fail_msg("%s: %s: %.*s", name, flags_of(&delta), (int) line.len,
                     (const char *) line.data);
        }

        content += delta.content;
        finish += delta.finish;
        done += delta.done;
    }

    /* one recording is of several answers, one behind the other */

    assert_true(content > 0);
    assert_true(finish >= 1 && done >= finish);
    assert_int_equal(usage.known, 1);
    assert_true(usage.input_tokens > 0);
    assert_true(usage.input_tokens
                >= usage.cached_tokens + usage.written_tokens);
}


static void
check_answer(const ag_dialect_t *dialect, const char *name, ag_str_t text)
{
    ag_answer_t  answer;

    dialect->read_answer(AG_ENDPOINT_MESSAGES, text, &answer);

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

    for_recordings(&ag_anthropic, "anthropic", ".chunks.txt", check_stream);
}


static void
recorded_answers_are_understood(void **state)
{
    (void) state;

    for_recordings(&ag_anthropic, "anthropic", ".json", check_answer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_message_needs_its_cap_of_tokens),
        cmocka_unit_test(counting_needs_no_cap),
        cmocka_unit_test(cached_and_written_tokens_are_part_of_the_input),
        cmocka_unit_test(a_refusal_without_content_is_an_answer),
        cmocka_unit_test(an_answer_of_another_kind_is_bad),
        cmocka_unit_test(a_count_is_an_answer_and_no_usage),
        cmocka_unit_test(each_event_says_what_it_is),
        cmocka_unit_test(an_empty_block_has_not_said_anything),
        cmocka_unit_test(usage_in_a_stream_is_overwritten_and_never_added),
        cmocka_unit_test(absurd_usage_is_clamped),
        cmocka_unit_test(an_error_event_fails_with_its_class),
        cmocka_unit_test(what_is_said_in_a_stream_is_counted),
        cmocka_unit_test(what_a_message_says_is_counted_without_usage),
        cmocka_unit_test(a_broken_event_is_malformed),
        cmocka_unit_test(recorded_streams_are_understood),
        cmocka_unit_test(recorded_answers_are_understood)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
