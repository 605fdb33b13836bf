/*
 * Copyright (C) ngx_agent authors
 *
 * Errors as providers send them, and what each means to the gateway.
 */


#include "dialect_test.h"


typedef struct {
    unsigned           status;
    const char        *body;
    ag_error_class_t   class;
} row_t;


static void
check(const row_t *rows, size_t count)
{
    size_t             i;
    ag_error_class_t   class;

    for (i = 0; i < count; i++) {
        class = ag_error_classify(rows[i].status, text(rows[i].body));

        if (class != rows[i].class) {
            fail_msg("%u %s: %s instead of %s", rows[i].status, rows[i].body,
                     ag_error_row(class)->name,
                     ag_error_row(rows[i].class)->name);
        }
    }
}


#define CHECK(rows)  check(rows, sizeof(rows) / sizeof(rows[0]))


static void
without_a_json_body_the_status_decides(void **state)
{
    static const row_t  rows[] = {
        { 400, "", AG_E_INVALID_REQUEST },
        { 400, "prompt is too long", AG_E_INVALID_REQUEST },
        { 401, "<html>", AG_E_CREDENTIALS },
        { 404, "404 page not found", AG_E_NOT_FOUND },
        { 429, "{", AG_E_RATE_LIMIT },
        { 500, "null", AG_E_PROVIDER_ERROR },
        { 503, "[]", AG_E_UNAVAILABLE },
        { 529, "\"x\"", AG_E_UNAVAILABLE },
        { 0, "", AG_E_BAD_RESPONSE },
        { 0, "<html>", AG_E_BAD_RESPONSE },
        { 200, "{}", AG_E_BAD_RESPONSE }
    };

    (void) state;

    CHECK(rows);
}


static void
openais_errors_have_their_class(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"error\":{\"message\":\"This model's maximum context length "
               "is 128000 tokens. However, your messages resulted in 130000 "
               "tokens.\",\"type\":\"invalid_request_error\",\"param\":"
               "\"messages\",\"code\":\"context_length_exceeded\"}}",
          AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"message\":\"Your input exceeds the context "
               "window of this model.\",\"code\":null}}",
          AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"code\":\"content_policy_violation\"}}",
          AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"invalid_value\",\"param\":\"n\"}}",
          AG_E_INVALID_REQUEST },
        { 401, "{\"error\":{\"code\":\"invalid_api_key\"}}",
          AG_E_CREDENTIALS },
        { 403, "{\"error\":{\"message\":\"Project does not have access to "
               "model\",\"code\":\"model_not_found\"}}", AG_E_NOT_FOUND },
        { 404, "{\"error\":{\"code\":\"model_not_found\"}}",
          AG_E_NOT_FOUND },
        { 429, "{\"error\":{\"type\":\"tokens\",\"code\":"
               "\"rate_limit_exceeded\"}}", AG_E_RATE_LIMIT },
        { 429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":"
               "\"insufficient_quota\"}}", AG_E_CREDENTIALS },
        { 500, "{\"error\":{\"type\":\"server_error\"}}",
          AG_E_PROVIDER_ERROR },
        { 503, "{\"error\":{\"code\":\"slow_down\"}}", AG_E_UNAVAILABLE }
    };

    (void) state;

    CHECK(rows);
}


static void
azures_content_filter_is_found_in_both_places(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"error\":{\"code\":\"content_filter\",\"status\":400}}",
          AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":null,\"innererror\":{\"code\":"
               "\"ResponsibleAIPolicyViolation\"}}}", AG_E_CONTENT_POLICY }
    };

    (void) state;

    CHECK(rows);
}


static void
anthropics_errors_have_their_class(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"invalid_request_error\",\"message\":\"prompt is too long: "
               "210000 tokens > 200000 maximum\"}}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"invalid_request_error\",\"message\":\"Your credit balance "
               "is too low to access the Anthropic API.\"}}",
          AG_E_CREDENTIALS },
        { 400, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"invalid_request_error\",\"message\":\"Output blocked by "
               "content filtering policy\"}}", AG_E_CONTENT_POLICY },
        { 400, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"invalid_request_error\",\"message\":\"max_tokens: "
               "required\"}}", AG_E_INVALID_REQUEST },
        { 402, "{\"type\":\"error\",\"error\":{\"type\":\"billing_error\"}}",
          AG_E_CREDENTIALS },
        { 404, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"not_found_error\"}}", AG_E_NOT_FOUND },
        { 529, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"overloaded_error\"}}", AG_E_UNAVAILABLE },
        { 0, "{\"type\":\"error\",\"error\":{\"type\":"
             "\"overloaded_error\"}}", AG_E_UNAVAILABLE }
    };

    (void) state;

    CHECK(rows);
}


static void
geminis_errors_have_their_class_in_an_array_too(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"error\":{\"code\":400,\"message\":\"API key not valid. "
               "Please pass a valid API key.\",\"status\":"
               "\"INVALID_ARGUMENT\"}}", AG_E_CREDENTIALS },
        { 400, "[{\"error\":{\"code\":400,\"message\":\"x\",\"details\":["
               "{\"@type\":\"a\"},{\"reason\":\"API_KEY_INVALID\"}]}}]",
          AG_E_CREDENTIALS },
        { 400, "[{\"error\":{\"code\":400,\"message\":\"The input token count "
               "(1200000) exceeds the maximum number of tokens allowed.\"}}]",
          AG_E_CONTEXT_LENGTH },
        { 429, "[{\"error\":{\"code\":429,\"status\":"
               "\"RESOURCE_EXHAUSTED\"}}]", AG_E_RATE_LIMIT },
        { 0, "[{\"error\":{\"code\":429,\"status\":"
             "\"RESOURCE_EXHAUSTED\"}}]", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"status\":\"UNAVAILABLE\"}}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":{\"status\":\"INTERNAL\"}}", AG_E_PROVIDER_ERROR }
    };

    (void) state;

    CHECK(rows);
}


static void
compatible_servers_have_shapes_of_their_own(void **state)
{
    static const row_t  rows[] = {
        /* vLLM */
        { 400, "{\"object\":\"error\",\"message\":\"This model's maximum "
               "context length is 2048 tokens.\",\"type\":"
               "\"BadRequestError\",\"code\":400}", AG_E_CONTEXT_LENGTH },
        { 0, "{\"object\":\"error\",\"type\":\"InternalServerError\","
             "\"code\":500}", AG_E_PROVIDER_ERROR },
        /* llama.cpp */
        { 400, "{\"error\":{\"code\":400,\"message\":\"the request exceeds "
               "the available context size\",\"type\":"
               "\"exceed_context_size_error\"}}", AG_E_CONTEXT_LENGTH },
        /* xAI */
        { 400, "{\"code\":\"Client specified an invalid argument\","
               "\"error\":\"Incorrect API key provided: xa***\"}",
          AG_E_CREDENTIALS },
        /* Groq */
        { 400, "{\"error\":{\"code\":\"model_decommissioned\"}}",
          AG_E_NOT_FOUND },
        /* FastAPI */
        { 422, "{\"detail\":\"Prompt is too long\"}", AG_E_CONTEXT_LENGTH },
        { 422, "{\"detail\":[{\"msg\":\"x\"}]}", AG_E_INVALID_REQUEST },
        /* OpenRouter */
        { 0, "{\"error\":{\"code\":402,\"message\":\"x\"}}",
          AG_E_CREDENTIALS },
        { 0, "{\"error\":{\"code\":\"429\"}}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"code\":\"502 \"}}", AG_E_BAD_RESPONSE }
    };

    (void) state;

    CHECK(rows);
}


static void
a_plain_error_in_a_200_is_judged_by_its_words(void **state)
{
    static const row_t  rows[] = {
        { 0, "{\"error\":{\"type\":\"Overloaded\"}}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":{\"code\":\"server_error\"}}",
          AG_E_PROVIDER_ERROR },
        { 0, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}",
          AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"type\":\"invalid_request_error\"}}",
          AG_E_INVALID_REQUEST },
        { 0, "{\"error\":{\"code\":200}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":700}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":-1}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{}}", AG_E_BAD_RESPONSE },
        { 200, "{\"error\":{\"code\":503}}", AG_E_UNAVAILABLE }
    };

    (void) state;

    CHECK(rows);
}


static void
vague_words_do_not_overrule_a_status(void **state)
{
    static const row_t  rows[] = {
        { 500, "{\"error\":{\"type\":\"invalid_request_error\"}}",
          AG_E_PROVIDER_ERROR },
        { 400, "{\"error\":{\"type\":\"overloaded_error\",\"code\":503}}",
          AG_E_INVALID_REQUEST },
        { 429, "{\"error\":{\"message\":\"prompt is too long\"}}",
          AG_E_RATE_LIMIT },
        { 404, "{\"error\":{\"message\":\"maximum context length\"}}",
          AG_E_NOT_FOUND }
    };

    (void) state;

    CHECK(rows);
}


static void
a_redirects_body_says_nothing(void **state)
{
    static const row_t  rows[] = {
        { 302, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          AG_E_BAD_RESPONSE },
        { 101, "{\"error\":{\"code\":429}}", AG_E_BAD_RESPONSE }
    };

    (void) state;

    CHECK(rows);
}


static void
a_body_beyond_the_cap_is_judged_by_its_status(void **state)
{
    size_t  len;
    char   *body;

    (void) state;

    body = malloc(AG_ERROR_BODY_MAX + 1);
    assert_non_null(body);

    len = (size_t) sprintf(body,
                           "{\"error\":{\"code\":\"insufficient_quota\"}}");
    memset(body + len, ' ', AG_ERROR_BODY_MAX + 1 - len);

    assert_int_equal(ag_error_classify(429, ag_str(body, AG_ERROR_BODY_MAX)),
                     AG_E_CREDENTIALS);
    assert_int_equal(ag_error_classify(429, ag_str(body, AG_ERROR_BODY_MAX
                                                         + 1)),
                     AG_E_RATE_LIMIT);

    free(body);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(without_a_json_body_the_status_decides),
        cmocka_unit_test(openais_errors_have_their_class),
        cmocka_unit_test(azures_content_filter_is_found_in_both_places),
        cmocka_unit_test(anthropics_errors_have_their_class),
        cmocka_unit_test(geminis_errors_have_their_class_in_an_array_too),
        cmocka_unit_test(compatible_servers_have_shapes_of_their_own),
        cmocka_unit_test(a_plain_error_in_a_200_is_judged_by_its_words),
        cmocka_unit_test(vague_words_do_not_overrule_a_status),
        cmocka_unit_test(a_redirects_body_says_nothing),
        cmocka_unit_test(a_body_beyond_the_cap_is_judged_by_its_status)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
