/*
 * Copyright (C) ngx_agent authors
 *
 * The fields that we read: what is kept of them, what is refused in which
 * words, and that all others pass.
 */


#include "dialect_test.h"


#define MESSAGES  "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define CHAT(fields)  "{\"model\":\"m\"," MESSAGES "," fields "}"


static void
a_plain_request_is_read(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT, "{\"model\":\"gpt-5\"," MESSAGES "}");

    assert_text(request.model, "gpt-5");
    assert_text(request.model_span, "\"gpt-5\"");
    assert_int_equal(request.choices, 1);
    assert_int_equal(request.max_output_tokens, 0);
    assert_int_equal(request.stream, 0);
    assert_null(request.stream_span.data);
    assert_null(request.stream_options_span.data);
}


static void
unknown_fields_and_odd_spellings_of_known_ones_pass(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"Model\":1,\"model \":2,\"model\\u0000\":3,\"top_k\":[],"
                "\"api_base\":\"http://x\",\"stream\\n\":{}"));

    assert_text(request.model, "m");
}


static void
escapes_in_keys_and_names_are_decoded(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           "{\"mod\\u0065l\":\"a\\/b \\u00e9\\ud83d\\ude00\"," MESSAGES "}");

    assert_text(request.model, "a/b \xc3\xa9\xf0\x9f\x98\x80");
    assert_text(request.model_span, "\"a\\/b \\u00e9\\ud83d\\ude00\"");
}


static void
a_name_may_hold_any_printable_character(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           "{\"model\":\"../\xc2\xa0\xd0\xb0 ~\\\"\"," MESSAGES "}");

    assert_text(request.model, "../\xc2\xa0\xd0\xb0 ~\"");
}


static void
null_means_absent(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"stream\":null,\"max_tokens\":null,\"n\":null,"
                "\"stream_options\":null"));

    assert_int_equal(request.stream, 0);
    assert_null(request.stream_span.data);
    assert_int_equal(request.choices, 1);
    assert_text(request.stream_options_span, "null");
}


static void
a_missing_field_is_named(void **state)
{
    size_t      i;
    ag_error_t  error;

    static const struct {
        const char  *body;
        const char  *param;
    } rows[] = {
        { "{}", "model" },
        { "{\"model\":null,\"messages\":null}", "model" },
        { "{\"model\":\"m\"}", "messages" },
        { "{\"model\":\"m\",\"messages\":null}", "messages" }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        error = refuse(AG_ENDPOINT_CHAT, rows[i].body);

        assert_int_equal(error.class, AG_E_MISSING_VALUE);
        assert_text(error.param, rows[i].param);
    }

    assert_text(error.message, "Missing required parameter: \"messages\".");
}


static void
a_model_that_alone_is_missing_is_no_error(void **state)
{
    size_t        i;
    ag_error_t    error;
    ag_request_t  request;

    static const struct {
        ag_endpoint_t  endpoint;
        const char    *body;
    } rows[] = {
        { AG_ENDPOINT_CHAT, "{" MESSAGES "}" },
        { AG_ENDPOINT_CHAT, "{\"model\":null," MESSAGES "}" },
        { AG_ENDPOINT_COMPLETIONS, "{}" },
        { AG_ENDPOINT_EMBEDDINGS, "{\"input\":\"x\"}" },
        { AG_ENDPOINT_RESPONSES, "{\"mod\\u0065l\":null}" },
        { AG_ENDPOINT_MESSAGES, "{\"max_tokens\":1," MESSAGES "}" },
        { AG_ENDPOINT_COUNT_TOKENS, "{" MESSAGES "}" }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        accept(&request, rows[i].endpoint, rows[i].body);

        assert_int_equal(request.model.len, 0);
        assert_null(request.model_span.data);
    }

    memset(&error, 0, sizeof(error));
    ag_request_no_model(&error);

    assert_int_equal(error.class, AG_E_MISSING_VALUE);
    assert_text(error.param, "model");
    assert_text(error.message, "Missing required parameter: \"model\".");
}


static void
a_wrong_type_is_said_in_words(void **state)
{
    ag_error_t  error;

    (void) state;

    error = refuse(AG_ENDPOINT_CHAT, CHAT("\"stream\":\"true\""));

    assert_int_equal(error.class, AG_E_INVALID_VALUE);
    assert_text(error.param, "stream");
    assert_text(error.message,
                "Invalid type for \"stream\": expected a boolean or null.");
}


static void
the_first_wrong_field_is_the_one_reported(void **state)
{
    (void) state;

    refuse_field(AG_ENDPOINT_CHAT, "{\"n\":0,\"stream\":1}", "n");
    refuse_field(AG_ENDPOINT_CHAT, "{\"stream\":1,\"n\":0}", "stream");
}


static void
a_model_that_is_no_string_is_refused(void **state)
{
    (void) state;

    refuse_field(AG_ENDPOINT_CHAT, "{\"model\":1," MESSAGES "}", "model");
    refuse_field(AG_ENDPOINT_CHAT, "{\"model\":[\"m\"]," MESSAGES "}",
                 "model");
}


static void
a_name_that_cannot_be_a_models_is_an_unknown_model(void **state)
{
    size_t                    i;
    ag_error_t                error;
    static const char *const  names[] = {
        "", "a\\r\\nX: y", "\\u0000", "a\x7f", "\\u007f", "\\u009b",
        "\xc2\x9b", "\\t"
    };
    char                      body[256];

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body), "{\"model\":\"%s\",%s}", names[i],
                 MESSAGES);
        error = refuse(AG_ENDPOINT_CHAT, body);

        assert_int_equal(error.class, AG_E_UNKNOWN_MODEL);
        assert_text(error.param, "model");
    }
}


static void
a_models_name_has_its_longest_length(void **state)
{
    char          name[AG_MODEL_NAME_MAX + 2];
    char          body[AG_MODEL_NAME_MAX + 256];
    ag_request_t  request;

    (void) state;

    memset(name, 'a', sizeof(name));
    name[AG_MODEL_NAME_MAX] = '\0';

    snprintf(body, sizeof(body), "{\"model\":\"%s\",%s}", name, MESSAGES);
    accept(&request, AG_ENDPOINT_CHAT, body);
    assert_text(request.model, name);

    snprintf(body, sizeof(body), "{\"model\":\"\\u0061%s\",%s}", name + 1,
             MESSAGES);
    accept(&request, AG_ENDPOINT_CHAT, body);
    assert_text(request.model, name);

    snprintf(body, sizeof(body), "{\"model\":\"a%s\",%s}", name, MESSAGES);
    assert_int_equal(refuse(AG_ENDPOINT_CHAT, body).class,
                     AG_E_UNKNOWN_MODEL);

    snprintf(body, sizeof(body), "{\"model\":\"\\u0061%s\",%s}", name,
             MESSAGES);
    assert_int_equal(refuse(AG_ENDPOINT_CHAT, body).class,
                     AG_E_UNKNOWN_MODEL);
}


static void
a_stream_is_asked_for_by_true_alone(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"stream\":true"));
    assert_int_equal(request.stream, 1);
    assert_text(request.stream_span, "true");

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"stream\":false"));
    assert_int_equal(request.stream, 0);

    refuse_field(AG_ENDPOINT_CHAT, CHAT("\"stream\":1"), "stream");
    refuse_field(AG_ENDPOINT_CHAT, CHAT("\"stream\":[]"), "stream");
}


static void
stream_options_say_whether_usage_is_wanted(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"stream_options\":{\"x\":1,\"include_usage\": true}"));
    assert_int_equal(request.include_usage, 1);
    assert_text(request.include_usage_span, "true");

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"stream_options\":{\"include_usage\":null}"));
    assert_int_equal(request.include_usage, 0);
    assert_text(request.include_usage_span, "null");

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"stream_options\":{ }"));
    assert_int_equal(request.include_usage, 0);
    assert_null(request.include_usage_span.data);
}


static void
wrong_stream_options_are_refused(void **state)
{
    ag_error_t  error;

    (void) state;

    refuse_field(AG_ENDPOINT_CHAT, CHAT("\"stream_options\":true"),
                 "stream_options");
    refuse_field(AG_ENDPOINT_CHAT, CHAT("\"stream_options\":[]"),
                 "stream_options");
    refuse_field(AG_ENDPOINT_CHAT,
                 CHAT("\"stream_options\":{\"include_usage\":1}"),
                 "stream_options.include_usage");

    error = refuse(AG_ENDPOINT_CHAT,
                   "{\"stream_options\":{\"include_usage\":true,"
                   "\"include_usage\":false}}");

    assert_int_equal(error.class, AG_E_INVALID_VALUE);
    assert_text(error.param, "stream_options");
    assert_non_null(error.reason);
    assert_int_equal(error.at, 41);
}


static void
the_larger_of_two_caps_counts(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"max_tokens\":100"));
    assert_int_equal(request.max_output_tokens, 100);

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"max_tokens\":100,\"max_completion_tokens\":2147483647"));
    assert_int_equal(request.max_output_tokens, 2147483647);

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"max_completion_tokens\":7,\"max_tokens\":6"));
    assert_int_equal(request.max_output_tokens, 7);
}


static void
the_cap_that_counts_is_named(void **state)
{
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"max_tokens\":null"));
    assert_null(request.max_output_name);

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"max_tokens\":100,\"max_completion_tokens\":101"));
    assert_string_equal(request.max_output_name, "max_completion_tokens");

    accept(&request, AG_ENDPOINT_CHAT,
           CHAT("\"max_completion_tokens\":7,\"max_tokens\":6"));
    assert_string_equal(request.max_output_name, "max_completion_tokens");

    accept(&request, AG_ENDPOINT_CHAT, CHAT("\"max_tok\\u0065ns\":5"));
    assert_string_equal(request.max_output_name, "max_tokens");

    accept(&request, AG_ENDPOINT_COMPLETIONS, "{\"max_tokens\":0}");
    assert_int_equal(request.max_output_tokens, 0);
    assert_string_equal(request.max_output_name, "max_tokens");

    accept(&request, AG_ENDPOINT_RESPONSES, "{\"max_output_tokens\":3}");
    assert_string_equal(request.max_output_name, "max_output_tokens");
}


static void
counts_out_of_bounds_are_refused(void **state)
{
    size_t                    i;
    char                      body[512];
    static const char *const  values[] = {
        "-1", "0", "2147483648", "\"100\"", "1.5", "1.0", "1e2", "-0", "true",
        "9223372036854775808", "18446744073709551617", "[1]", "{}"
    };

    (void) state;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        snprintf(body, sizeof(body), "{\"max_tokens\":%s}", values[i]);
        refuse_field(AG_ENDPOINT_CHAT, body, "max_tokens");

        snprintf(body, sizeof(body), "{\"n\":%s}", values[i]);
        refuse_field(AG_ENDPOINT_CHAT, body, "n");
    }

    refuse_field(AG_ENDPOINT_CHAT, "{\"n\":129}", "n");
    refuse_field(AG_ENDPOINT_CHAT, "{\"n\":1000000}", "n");
}


static void
an_array_of_space_is_empty(void **state)
{
    ag_request_t  request;

    (void) state;

    refuse_field(AG_ENDPOINT_CHAT, "{\"messages\":[]}", "messages");
    refuse_field(AG_ENDPOINT_CHAT, "{\"messages\":[ \r\n\t]}", "messages");
    refuse_field(AG_ENDPOINT_CHAT, "{\"messages\":{}}", "messages");
    refuse_field(AG_ENDPOINT_CHAT, "{\"messages\":\"hi\"}", "messages");

    accept(&request, AG_ENDPOINT_CHAT, "{\"model\":\"m\",\"messages\":[0]}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_plain_request_is_read),
        cmocka_unit_test(unknown_fields_and_odd_spellings_of_known_ones_pass),
        cmocka_unit_test(escapes_in_keys_and_names_are_decoded),
        cmocka_unit_test(a_name_may_hold_any_printable_character),
        cmocka_unit_test(null_means_absent),
        cmocka_unit_test(a_missing_field_is_named),
        cmocka_unit_test(a_model_that_alone_is_missing_is_no_error),
        cmocka_unit_test(a_wrong_type_is_said_in_words),
        cmocka_unit_test(the_first_wrong_field_is_the_one_reported),
        cmocka_unit_test(a_model_that_is_no_string_is_refused),
        cmocka_unit_test(a_name_that_cannot_be_a_models_is_an_unknown_model),
        cmocka_unit_test(a_models_name_has_its_longest_length),
        cmocka_unit_test(a_stream_is_asked_for_by_true_alone),
        cmocka_unit_test(stream_options_say_whether_usage_is_wanted),
        cmocka_unit_test(wrong_stream_options_are_refused),
        cmocka_unit_test(the_larger_of_two_caps_counts),
        cmocka_unit_test(the_cap_that_counts_is_named),
        cmocka_unit_test(counts_out_of_bounds_are_refused),
        cmocka_unit_test(an_array_of_space_is_empty)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
