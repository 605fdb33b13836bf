/*
 * Copyright (C) ngx_agent authors
 *
 * Streams of providers of the Responses API, good and bad.
 */


#include "dialect/responses_test.h"


static void
knows_data_that_are_no_event(void **state)
{
    size_t   i;
    heard_t  h;

    static const char *const  bad[] = {
        "", "x", "7", "[]", "null", "\"x\"", "{", "{}}", "{\"type\":"
    };

    (void) state;

    hear(&h);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hear_event(&h, "response.output_text.delta", text(bad[i]));
        assert_int_equal(h.delta.malformed, 1);
    }

    hear_event(&h, "", text("[DONE]"));
    assert_int_equal(h.delta.malformed, 0);

    hear_event(&h, "", text("{}"));
    assert_int_equal(h.delta.malformed, 0);
    hear_event(&h, "", text("{\"type\":\"response.new\",\"error\":{}}"));
    assert_int_equal(h.delta.failed, 0);

    assert_int_equal(h.lines.len, 0);
    heard_free(&h);
}


static void
takes_events_of_any_shape(void **state)
{
    char     json[512];
    size_t   i, j, k;
    heard_t  h;

    static const char *const  types[] = {
        "response.output_text.delta", "response.output_text.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_part.added",
        "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done", "response.refusal.delta",
        "response.refusal.done", "response.output_text.annotation.added",
        "response.output_item.added", "response.output_item.done",
        "response.created", "response.completed", "response.incomplete",
        "response.failed", "error"
    };

    static const char *const  members[] = {
        "delta", "text", "arguments", "input", "refusal", "annotation",
        "item", "response", "output_index", "content_index", "logprobs",
        "error", "part"
    };

    (void) state;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        for (j = 0; j < sizeof(members) / sizeof(members[0]); j++) {
            hear(&h);

            hear_event(&h, "", text("{\"type\":\"response.output_item.added\","
                                    "\"item\":{\"type\":\"function_call\","
                                    "\"name\":\"f\"}}"));

            for (k = 0; k < ODD; k++) {
                snprintf(json, sizeof(json),
                         "{\"type\":\"%s\",\"delta\":\"d\",\"%s\":%s}",
                         types[i], members[j], odd[k]);
                hear_event(&h, "", text(json));
                assert_int_equal(h.delta.malformed, 0);
            }

            assert_int_equal(h.reader.rc, AG_OK);
            heard_free(&h);
        }
    }
}


static void
keeps_places_apart_however_large_they_are(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);

    hear_event(&h, "response.output_text.delta",
               text("{\"output_index\":0,\"content_index\":255,"
                    "\"delta\":\"a\"}"));
    hear_event(&h, "response.output_text.delta",
               text("{\"output_index\":1,\"content_index\":0,"
                    "\"delta\":\"b\"}"));
    hear_event(&h, "response.output_text.delta",
               text("{\"output_index\":18446744073709551615,"
                    "\"content_index\":18446744073709551615,"
                    "\"delta\":\"c\"}"));
    hear_event(&h, "response.output_text.delta",
               text("{\"output_index\":16777214,\"content_index\":9999,"
                    "\"delta\":\"d\"}"));
    assert_int_equal(h.delta.content, 1);

    heard(&h, "start  asked\nopen 0.0 text\nadd 0.0 text a\n"
              "open 0.1 text\nadd 0.1 text b\n"
              "open 0.2 text\nadd 0.2 text c\nadd 0.2 text d\n");

    heard_free(&h);
}


static void
says_what_kind_of_event_it_was(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);

    hear_event(&h, "", text("{\"type\":\"response.created\",\"response\":"
                            "{\"id\":\"resp_1\",\"model\":\"m\"}}"));
    assert_int_equal(h.delta.content, 0);

    hear_event(&h, "", text("{\"type\":\"response.output_item.added\","
                            "\"item\":{\"type\":\"message\"}}"));
    assert_int_equal(h.delta.content, 0);

    hear_event(&h, "", text("{\"type\":\"response.output_text.delta\","
                            "\"delta\":\"a\"}"));
    assert_int_equal(h.delta.content, 1);
    assert_int_equal(h.delta.done, 0);

    hear_event(&h, "", text("{\"type\":\"response.completed\",\"response\":{"
                            "\"usage\":{\"input_tokens\":3,"
                            "\"output_tokens\":4}}}"));
    assert_int_equal(h.delta.finish, 1);
    assert_int_equal(h.delta.done, 1);
    assert_int_equal(h.usage.known, 1);
    assert_int_equal(h.usage.input_tokens, 3);

    heard(&h, "start resp_1 m\nopen 0.0 text\nadd 0.0 text a\n"
              "close 0.0 text\nfinish 0 stop\nend \n");

    heard_free(&h);
}


static void
tells_how_a_stream_failed(void **state)
{
    size_t   i;
    heard_t  h;

    static const struct {
        const char        *data;
        ag_error_class_t   class;
    } failures[] = {
        { "{\"type\":\"response.failed\",\"response\":{\"error\":{"
          "\"code\":\"rate_limit_exceeded\",\"message\":\"m\"},"
          "\"usage\":{\"input_tokens\":3,\"output_tokens\":0}}}",
          AG_E_RATE_LIMIT },
        { "{\"type\":\"error\",\"error\":{\"code\":\"insufficient_quota\","
          "\"message\":\"m\"}}", AG_E_CREDENTIALS },
        { "{\"type\":\"error\",\"code\":\"context_length_exceeded\","
          "\"message\":\"m\",\"param\":null}", AG_E_CONTEXT_LENGTH },
        { "{\"type\":\"response.failed\"}", AG_E_BAD_RESPONSE },
        { "{\"error\":{\"code\":\"server_error\"}}", AG_E_PROVIDER_ERROR }
    };

    (void) state;

    for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        hear(&h);
        hear_event(&h, "", text(failures[i].data));

        assert_int_equal(h.delta.failed, 1);
        assert_int_equal(h.delta.error, failures[i].class);
        assert_int_equal(h.delta.done, 0);
        assert_int_equal(h.usage.known, i == 0);

        heard_free(&h);
    }
}


static void
stops_without_memory(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    h.arena.max = 1;
    hear_event(&h, "", text("{\"type\":\"response.created\"}"));
    assert_int_equal(h.reader.rc, AG_NOMEM);
    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_data_that_are_no_event),
        cmocka_unit_test(takes_events_of_any_shape),
        cmocka_unit_test(keeps_places_apart_however_large_they_are),
        cmocka_unit_test(says_what_kind_of_event_it_was),
        cmocka_unit_test(tells_how_a_stream_failed),
        cmocka_unit_test(stops_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
