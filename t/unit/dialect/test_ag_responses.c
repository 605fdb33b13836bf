/*
 * Copyright (C) ngx_agent authors
 *
 * What we read of OpenAI's Responses API: its fields, the events that begin
 * and end an answer, and its errors.
 */


#include "dialect_test.h"


#define USAGE                                                                 \
    "\"usage\":{\"input_tokens\":36,\"input_tokens_details\":"                \
    "{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":87,"    \
    "\"output_tokens_details\":{\"reasoning_tokens\":64},"                    \
    "\"total_tokens\":123}"


static void
a_response_needs_nothing(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_RESPONSES,
           "{\"model\":\"m\",\"input\":\"x\",\"stream\":true,"
           "\"max_output_tokens\":16,\"stream_options\":5,\"n\":\"x\"}");

    assert_int_equal(request.stream, 1);
    assert_int_equal(request.max_output_tokens, 16);

    accept(&request, AG_ENDPOINT_RESPONSES, "{\"model\":\"m\"}");
    accept(&request, AG_ENDPOINT_RESPONSES,
           "{\"model\":\"m\",\"input\":[]}");
    accept(&request, AG_ENDPOINT_RESPONSES, "{}");
}


static void
wrong_fields_of_a_response_are_refused(void **state)
{
    (void) state;

    refuse_field(AG_ENDPOINT_RESPONSES, "{\"input\":{}}", "input");
    refuse_field(AG_ENDPOINT_RESPONSES, "{\"max_output_tokens\":0}",
                 "max_output_tokens");
    refuse_field(AG_ENDPOINT_RESPONSES, "{\"stream\":\"yes\"}", "stream");
}


static void
a_whole_response_gives_its_usage(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_responses, AG_ENDPOINT_RESPONSES,
                       "{\"object\":\"response\",\"status\":\"completed\","
                       "\"error\":null,\"output\":[{}]," USAGE "}");

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.usage.known, 1);
    assert_int_equal(answer.usage.input_tokens, 36);
    assert_int_equal(answer.usage.cached_tokens, 6);
    assert_int_equal(answer.usage.written_tokens, 2);
    assert_int_equal(answer.usage.output_tokens, 87);
    assert_int_equal(answer.usage.reasoning_tokens, 64);
}


static void
a_response_cut_while_thinking_is_whole(void **state)
{
    (void) state;

    assert_int_equal(answer_of(&ag_responses, AG_ENDPOINT_RESPONSES,
                               "{\"status\":\"incomplete\",\"output\":[]}")
                     .error,
                     AG_E_NONE);
}


static void
a_failed_response_has_its_class(void **state)
{
    ag_answer_t  answer;

    (void) state;

    answer = answer_of(&ag_responses, AG_ENDPOINT_RESPONSES,
                       "{\"status\":\"failed\",\"error\":{\"code\":"
                       "\"server_error\",\"message\":\"x\"},\"output\":[],"
                       USAGE "}");

    assert_int_equal(answer.error, AG_E_PROVIDER_ERROR);
    assert_int_equal(answer.usage.known, 1);

    answer = answer_of(&ag_responses, AG_ENDPOINT_RESPONSES,
                       "{\"error\":{\"code\":\"rate_limit_exceeded\"}}");
    assert_int_equal(answer.error, AG_E_RATE_LIMIT);
}


static void
a_response_without_output_is_bad(void **state)
{
    size_t                    i;
    static const char *const  bodies[] = {
        "", "<html>", "{}", "[]", "{\"output\":\"x\"}", "{\"output\":null}",
        "{\"choices\":[{}]}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(answer_of(&ag_responses, AG_ENDPOINT_RESPONSES,
                                   bodies[i]).error,
                         AG_E_BAD_RESPONSE);
    }
}


static void
the_start_of_a_stream_is_not_yet_content(void **state)
{
    (void) state;

    assert_event(ag_responses, "{\"type\":\"response.created\","
                 "\"response\":{\"usage\":null}}", "");
    assert_event(ag_responses, "{\"type\":\"response.queued\"}", "");
    assert_event(ag_responses, "{\"type\":\"response.in_progress\"}", "");
    assert_event(ag_responses, "", "");
}


static void
all_that_is_said_in_between_is_content(void **state)
{
    (void) state;

    assert_event(ag_responses, "{\"type\":\"response.output_item.added\"}",
                 "content");
    assert_event(ag_responses, "{\"type\":\"response.output_text.delta\","
                 "\"delta\":\"x\"}", "content");
    assert_event(ag_responses, "{\"type\":\"response.invented_later\"}",
                 "content");
    assert_event(ag_responses, "{}", "content");
}


static void
an_empty_item_has_not_said_anything(void **state)
{
    (void) state;

#define ADDED(item)                                                           \
    "{\"type\":\"response.output_item.added\",\"item\":{\"type\":" item "}}"
#define PART(what, part)                                                      \
    "{\"type\":\"response." what "_part.added\",\"part\":" part "}"

    assert_event(ag_responses, ADDED("\"message\",\"content\":[]"), "");
    assert_event(ag_responses, ADDED("\"reasoning\",\"summary\":[]"), "");
    assert_event(ag_responses, ADDED("\"message\",\"content\":[{}]"),
                 "content");
    assert_event(ag_responses, ADDED("\"reasoning\",\"summary\":[{}]"),
                 "content");
    assert_event(ag_responses, ADDED("\"function_call\",\"name\":\"f\""),
                 "content");
    assert_event(ag_responses,
                 PART("content", "{\"type\":\"output_text\",\"text\":\"\"}"),
                 "");
    assert_event(ag_responses, PART("reasoning_summary", "{\"text\":\"\"}"),
                 "");
    assert_event(ag_responses, PART("content", "{\"text\":\"a\"}"),
                 "content");
    assert_event(ag_responses, PART("content", "{}"), "content");

#undef ADDED
#undef PART
}


static void
a_response_ends_completed_or_incomplete(void **state)
{
    ag_delta_t  delta;
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));

    delta = event_of(&ag_responses, NULL,
                     "{\"type\":\"response.completed\",\"response\":{"
                     "\"id\":\"r\"," USAGE "}}", &usage);

    assert_string_equal(flags_of(&delta), "finish done");
    assert_int_equal(usage.known, 1);
    assert_int_equal(usage.input_tokens, 36);
    assert_int_equal(usage.output_tokens, 87);

    assert_event(ag_responses, "{\"type\":\"response.incomplete\","
                 "\"response\":{\"incomplete_details\":"
                 "{\"reason\":\"max_output_tokens\"}}}", "finish done");
    assert_event(ag_responses, "[DONE]", "done");
}


static void
the_events_name_stands_in_for_a_missing_type(void **state)
{
    ag_delta_t  delta;

    (void) state;

    delta = event_of(&ag_responses, "response.created", "{}", NULL);
    assert_string_equal(flags_of(&delta), "");

    delta = event_of(&ag_responses, "error", "{\"code\":\"server_error\"}",
                     NULL);
    assert_string_equal(flags_of(&delta), "failed");
    assert_int_equal(delta.error, AG_E_PROVIDER_ERROR);

    delta = event_of(&ag_responses, "error", "no json", NULL);
    assert_string_equal(flags_of(&delta), "failed");
    assert_int_equal(delta.error, AG_E_BAD_RESPONSE);
}


static void
a_failed_stream_has_its_class(void **state)
{
    (void) state;

    assert_failed(ag_responses,
                  "{\"type\":\"response.failed\",\"response\":{\"error\":"
                  "{\"code\":\"rate_limit_exceeded\",\"message\":\"x\"}}}",
                  AG_E_RATE_LIMIT);
    assert_failed(ag_responses,
                  "{\"type\":\"response.failed\",\"response\":{\"error\":"
                  "{\"code\":\"context_length_exceeded\"}}}",
                  AG_E_CONTEXT_LENGTH);
    assert_failed(ag_responses,
                  "{\"type\":\"response.failed\",\"response\":{}}",
                  AG_E_BAD_RESPONSE);
    assert_failed(ag_responses,
                  "{\"type\":\"error\",\"code\":\"server_error\","
                  "\"message\":\"x\",\"param\":null}",
                  AG_E_PROVIDER_ERROR);
    assert_failed(ag_responses,
                  "{\"type\":\"error\",\"error\":{\"type\":"
                  "\"invalid_request_error\",\"message\":\"Your input exceeds "
                  "the context window of this model.\"}}",
                  AG_E_CONTEXT_LENGTH);
    assert_failed(ag_responses, "{\"error\":{\"code\":503}}",
                  AG_E_UNAVAILABLE);
}


static size_t
said_by(const char *data)
{
    return event_of(&ag_responses, NULL, data, NULL).said;
}


static void
what_is_said_in_a_stream_is_counted(void **state)
{
    (void) state;

    assert_int_equal(said_by("{\"type\":\"response.output_text.delta\","
                             "\"delta\":\"12\\u00e9\",\"obfuscation\":"
                             "\"xx\"}"), 4);
    assert_int_equal(said_by("{\"type\":\"response.reasoning_summary_text."
                             "delta\",\"delta\":\"123\"}"), 3);
    assert_int_equal(said_by("{\"type\":\"response.function_call_arguments."
                             "delta\",\"delta\":\"{}\"}"), 2);
    assert_int_equal(said_by("{\"type\":\"response.output_text.done\","
                             "\"text\":\"123\",\"delta\":\"1\"}"), 0);
    assert_int_equal(said_by("{\"type\":\"response.x.delta\",\"delta\":{}}"),
                     0);
}


static void
what_a_response_says_is_counted_without_usage(void **state)
{
    static const char  body[] =
        "{\"object\":\"response\",\"output\":["
        "{\"type\":\"reasoning\",\"summary\":[{\"text\":\"1\"}],"
        "\"encrypted_content\":\"xxxx\"},"
        "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
        "\"text\":\"23\",\"annotations\":[]},{\"type\":\"refusal\","
        "\"refusal\":\"456\"}]},"
        "{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":"
        "\"7890\"},"
        "{\"type\":\"custom_tool_call\",\"input\":\"1\"}]%s}";
    char  text[1024];

    (void) state;

    snprintf(text, sizeof(text), body, "");
    assert_int_equal(answer_of(&ag_responses, AG_ENDPOINT_RESPONSES, text)
                     .said, 11);

    snprintf(text, sizeof(text), body, "," USAGE);
    assert_int_equal(answer_of(&ag_responses, AG_ENDPOINT_RESPONSES, text)
                     .said, 0);
}


static void
a_broken_event_is_malformed(void **state)
{
    (void) state;

    assert_event(ag_responses, "{\"type\":", "malformed");
    assert_event(ag_responses, "[]", "malformed");
    assert_event(ag_responses, "17", "malformed");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_response_needs_nothing),
        cmocka_unit_test(wrong_fields_of_a_response_are_refused),
        cmocka_unit_test(a_whole_response_gives_its_usage),
        cmocka_unit_test(a_response_cut_while_thinking_is_whole),
        cmocka_unit_test(a_failed_response_has_its_class),
        cmocka_unit_test(a_response_without_output_is_bad),
        cmocka_unit_test(the_start_of_a_stream_is_not_yet_content),
        cmocka_unit_test(all_that_is_said_in_between_is_content),
        cmocka_unit_test(an_empty_item_has_not_said_anything),
        cmocka_unit_test(a_response_ends_completed_or_incomplete),
        cmocka_unit_test(the_events_name_stands_in_for_a_missing_type),
        cmocka_unit_test(a_failed_stream_has_its_class),
        cmocka_unit_test(what_is_said_in_a_stream_is_counted),
        cmocka_unit_test(what_a_response_says_is_counted_without_usage),
        cmocka_unit_test(a_broken_event_is_malformed)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
