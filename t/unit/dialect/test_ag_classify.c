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
        { 0, "{\"error\":{\"code\":399}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":400}}", AG_E_INVALID_REQUEST },
        { 0, "{\"error\":{\"code\":\"599\"}}", AG_E_PROVIDER_ERROR },
        { 0, "{\"error\":{\"code\":600}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":429.0}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":429,\"status\":503}}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"type\":\"429\"}}", AG_E_BAD_RESPONSE },
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
        { 300, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          AG_E_BAD_RESPONSE },
        { 399, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          AG_E_BAD_RESPONSE },
        { 299, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          AG_E_CREDENTIALS },
        { 199, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          AG_E_BAD_RESPONSE },
        { 101, "{\"error\":{\"code\":429}}", AG_E_BAD_RESPONSE }
    };

    (void) state;

    CHECK(rows);
}


static void
accounts_without_money_are_no_rate_limit(void **state)
{
    static const row_t  rows[] = {
        /* OpenAI: the type is the old one, the code says why */
        { 429, "{\"error\":{\"message\":\"You exceeded your current quota, "
               "please check your plan and billing details.\",\"type\":"
               "\"insufficient_quota\",\"param\":null,\"code\":"
               "\"insufficient_quota\"}}", AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":"
               "\"credit_balance_exhausted\"}}", AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"type\":null,\"code\":"
               "\"project_spend_limit_exceeded\"}}", AG_E_CREDENTIALS },
        /* Anthropic */
        { 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
               "\"message\":\"x\",\"details\":{\"error_code\":"
               "\"enforced_spend_limit_reached\"}}}", AG_E_CREDENTIALS },
        { 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
               "\"message\":\"x\",\"details\":{\"error_code\":"
               "\"ramp_limit_exceeded\"}}}", AG_E_RATE_LIMIT },
        { 400, "{\"type\":\"error\",\"error\":{\"type\":"
               "\"invalid_request_error\",\"message\":\"You have reached "
               "your specified API usage limits. You will regain access on "
               "2026-12-01 at 00:00 UTC.\"}}", AG_E_CREDENTIALS },
        /* DeepSeek calls it an invalid request */
        { 402, "{\"error\":{\"message\":\"Insufficient Balance\",\"type\":"
               "\"unknown_error\",\"param\":null,\"code\":"
               "\"invalid_request_error\"}}", AG_E_CREDENTIALS },
        { 0, "{\"error\":{\"message\":\"Insufficient Balance\",\"type\":"
             "\"unknown_error\",\"param\":null,\"code\":"
             "\"invalid_request_error\"}}", AG_E_CREDENTIALS },
        { 0, "{\"error\":{\"message\":\"Authentication Fails\",\"type\":"
             "\"authentication_error\",\"param\":null,\"code\":"
             "\"invalid_request_error\"}}", AG_E_CREDENTIALS },
        /* Moonshot */
        { 429, "{\"error\":{\"message\":\"Your account org-1 <ak-2> is "
               "suspended due to insufficient balance, please recharge your "
               "account\",\"type\":\"exceeded_current_quota_error\"}}",
          AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"message\":\"x\",\"type\":"
               "\"rate_limit_reached_error\"}}", AG_E_RATE_LIMIT },
        /* xAI */
        { 429, "{\"code\":\"Some resource has been exhausted\",\"error\":"
               "\"Your team 1 has either used all available credits or "
               "reached its monthly spending limit.\"}", AG_E_CREDENTIALS },
        /* Z.ai */
        { 429, "{\"error\":{\"code\":\"1113\",\"message\":\"Insufficient "
               "balance or no resource package. Please recharge.\"}}",
          AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"code\":\"1302\",\"message\":\"x\"}}",
          AG_E_RATE_LIMIT },
        /* Alibaba: a debt, and a throttle in the words of one */
        { 400, "{\"error\":{\"code\":\"Arrearage\",\"message\":\"Access "
               "denied, please make sure your account is in good standing.\","
               "\"type\":\"Arrearage\"}}", AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"message\":\"You exceeded your current quota, "
               "please check your plan and billing details. For details see "
               "https://help.aliyun.com/model-studio/error-code#token-limit"
               "\",\"type\":\"insufficient_quota\",\"code\":"
               "\"insufficient_quota\"}}", AG_E_RATE_LIMIT },
        /* LiteLLM, Fireworks, Bedrock */
        { 400, "{\"error\":{\"message\":\"Budget has been exceeded!\","
               "\"type\":\"budget_exceeded\",\"code\":\"400\"}}",
          AG_E_CREDENTIALS },
        { 412, "{\"error\":{\"message\":\"Account x is suspended, possibly "
               "due to reaching the monthly spending limit\"}}",
          AG_E_CREDENTIALS },
        { 429, "{\"message\":\"Too many tokens per day, please wait before "
               "trying again.\"}", AG_E_CREDENTIALS },
        { 429, "{\"message\":\"Too many tokens, please wait before trying "
               "again.\"}", AG_E_RATE_LIMIT }
    };

    (void) state;

    CHECK(rows);
}


#define QUOTA(id)                                                             \
    "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, "\
    "please check your plan and billing details.\",\"status\":"               \
    "\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"                         \
    "\"type.googleapis.com/google.rpc.Help\",\"links\":[{\"url\":\"PerDay\"}" \
    "]},{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\","          \
    "\"violations\":[{\"quotaMetric\":\"m\",\"quotaId\":"                     \
    "\"GenerateContentInputTokensPerModelPerMinute-FreeTier\"},{\"quotaId\":" \
    "\"" id "\"}]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","  \
    "\"retryDelay\":\"34s\"}]}}"


static void
geminis_quota_of_a_day_is_the_accounts(void **state)
{
    static const row_t  rows[] = {
        { 429, QUOTA("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
          AG_E_CREDENTIALS },
        { 429, QUOTA("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
          AG_E_RATE_LIMIT },
        { 429, "[" QUOTA("GenerateRequestsPerDayPerProjectPerModel") "]",
          AG_E_CREDENTIALS },
        { 0, "[" QUOTA("GenerateRequestsPerDayPerProjectPerModel") "]",
          AG_E_CREDENTIALS },
        { 0, "[" QUOTA("GenerateRequestsPerMinutePerProjectPerModel") "]",
          AG_E_RATE_LIMIT },
        { 429, "{\"error\":{\"code\":429,\"details\":[{\"@type\":\"a\","
               "\"reason\":\"RATE_LIMIT_EXCEEDED\",\"metadata\":"
               "{\"quota_limit\":\"RequestsPerDayPerProject\"}}]}}",
          AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"code\":429,\"details\":[{\"reason\":"
               "\"RATE_LIMIT_EXCEEDED\",\"metadata\":{\"quota_limit\":"
               "\"RequestsPerMinutePerProject\"}}]}}", AG_E_RATE_LIMIT },
        { 429, "{\"error\":{\"code\":429,\"details\":[{\"reason\":"
               "\"QUOTA_EXHAUSTED\"}]}}", AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"code\":429,\"details\":[{\"reason\":"
               "\"MODEL_CAPACITY_EXHAUSTED\"}]}}", AG_E_UNAVAILABLE },
        { 429, "{\"error\":{\"code\":429,\"message\":\"No capacity available "
               "for model x on the server\"}}", AG_E_UNAVAILABLE },
        { 429, "{\"error\":{\"code\":429,\"message\":\"* Quota exceeded for "
               "metric: generate_content_free_tier_requests, limit: 0, "
               "model: gemini-2.5-pro\\nPlease retry in 20.04s.\"}}",
          AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"code\":429,\"message\":\"* Quota exceeded for "
               "metric: generate_content_free_tier_requests, limit: 0\\n"
               "Please retry in 20s.\"}}", AG_E_CREDENTIALS },
        { 429, "{\"error\":{\"code\":429,\"message\":\"* Quota exceeded for "
               "metric: generate_content_free_tier_requests, limit: 05, "
               "model: gemini-2.5-pro, limit: 5, model: x\"}}",
          AG_E_RATE_LIMIT },
        /* as a string in a string, by way of an SDK */
        { 429, "{\"error\":{\"message\":\"{\\n  \\\"error\\\": {\\n "
               "\\\"code\\\": 429,\\n \\\"message\\\": \\\"Quota exceeded, "
               "limit: 0, model: x\\\"}}\",\"code\":429,\"status\":"
               "\"Too Many Requests\"}}", AG_E_CREDENTIALS }
    };

    (void) state;

    CHECK(rows);
}


static void
geminis_status_words_stand_for_a_status(void **state)
{
    size_t  i;
    char    body[128];

    static const struct {
        const char        *word;
        ag_error_class_t   class;
    } words[] = {
        { "INVALID_ARGUMENT", AG_E_INVALID_REQUEST },
        { "FAILED_PRECONDITION", AG_E_INVALID_REQUEST },
        { "OUT_OF_RANGE", AG_E_INVALID_REQUEST },
        { "UNAUTHENTICATED", AG_E_CREDENTIALS },
        { "PERMISSION_DENIED", AG_E_CREDENTIALS },
        { "NOT_FOUND", AG_E_NOT_FOUND },
        { "ALREADY_EXISTS", AG_E_CONFLICT },
        { "ABORTED", AG_E_CONFLICT },
        { "RESOURCE_EXHAUSTED", AG_E_RATE_LIMIT },
        { "CANCELLED", AG_E_PROVIDER_ERROR },
        { "INTERNAL", AG_E_PROVIDER_ERROR },
        { "UNKNOWN", AG_E_PROVIDER_ERROR },
        { "DATA_LOSS", AG_E_PROVIDER_ERROR },
        { "UNIMPLEMENTED", AG_E_PROVIDER_ERROR },
        { "DEADLINE_EXCEEDED", AG_E_PROVIDER_ERROR },
        { "UNAVAILABLE", AG_E_UNAVAILABLE },
        { "INVENTED_LATER", AG_E_BAD_RESPONSE }
    };

    (void) state;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        snprintf(body, sizeof(body), "{\"error\":{\"status\":\"%s\"}}",
                 words[i].word);
        assert_int_equal(ag_error_classify(0, text(body)), words[i].class);
    }
}


static void
geminis_other_refusals_have_their_class(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"error\":{\"code\":400,\"message\":\"API key expired. "
               "Please renew the API key.\",\"status\":\"INVALID_ARGUMENT\"}}",
          AG_E_CREDENTIALS },
        { 400, "{\"error\":{\"code\":400,\"message\":\"User location is not "
               "supported for the API use.\",\"status\":"
               "\"FAILED_PRECONDITION\"}}", AG_E_CREDENTIALS },
        { 402, "{\"error\":{\"code\":402,\"status\":\"RESOURCE_EXHAUSTED\"}}",
          AG_E_CREDENTIALS },
        { 499, "{\"error\":{\"code\":499,\"status\":\"CANCELLED\"}}",
          AG_E_PROVIDER_ERROR }
    };

    (void) state;

    CHECK(rows);
}


static void
azures_shapes_are_read(void **state)
{
    static const row_t  rows[] = {
        { 404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":"
               "\"The API deployment for this resource does not exist.\"}}",
          AG_E_NOT_FOUND },
        { 0, "{\"error\":{\"code\":\"DeploymentNotFound\"}}",
          AG_E_NOT_FOUND },
        { 400, "{\"error\":{\"message\":\"The response was filtered due to "
               "the prompt triggering Azure OpenAI's content management "
               "policy.\",\"code\":null}}", AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"x\",\"innererror\":{\"code\":\"y\","
               "\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}}",
          AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"BadRequest\",\"innerError\":{\"code\":"
               "\"context_length_exceeded\"}}}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"code\":\"BadRequest\",\"details\":[{\"code\":"
               "\"content_filter\"}]}}", AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"unknown_model\",\"message\":"
               "\"Unknown model: x\"}}", AG_E_NOT_FOUND },
        { 413, "{\"error\":{\"code\":\"tokens_limit_reached\",\"message\":"
               "\"Request body too large for gpt-4o model.\"}}",
          AG_E_CONTEXT_LENGTH },
        { 429, "{\"error\":{\"code\":\"429\",\"message\":\"Requests have "
               "exceeded token rate limit. Please retry after 86400 "
               "seconds.\"}}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"code\":\"429\",\"message\":\"x\"}}",
          AG_E_RATE_LIMIT },
        { 0, "{\"statusCode\":429,\"message\":\"Rate limit is exceeded. Try "
             "again in 30 seconds.\"}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"code\":\"RateLimitReached\"}}",
          AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"code\":\"ServiceUnavailable\"}}",
          AG_E_UNAVAILABLE },
        { 401, "{\"statusCode\":401,\"message\":\"Access denied due to "
               "invalid subscription key.\"}", AG_E_CREDENTIALS }
    };

    (void) state;

    CHECK(rows);
}


static void
routers_quote_providers_behind_them(void **state)
{
    static const row_t  rows[] = {
        { 429, "{\"error\":{\"message\":\"Provider returned error\",\"code\":"
               "429,\"metadata\":{\"raw\":\"x is temporarily rate-limited "
               "upstream.\",\"provider_name\":\"BaseTen\"}}}",
          AG_E_RATE_LIMIT },
        { 400, "{\"error\":{\"message\":\"Provider returned error\",\"code\":"
               "400,\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":"
               "\\\"prompt is too long: 2 tokens > 1 maximum\\\"}}\"}}}",
          AG_E_CONTEXT_LENGTH },
        { 0, "{\"choices\":[],\"error\":{\"message\":\"Provider returned "
             "error\",\"code\":400,\"metadata\":{\"raw\":\"This model's "
             "maximum context length is 5\"}}}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"code\":400,\"metadata\":{\"provider_code\":"
               "\"context_length_exceeded\"}}}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"code\":400,\"metadata\":{\"error_type\":"
               "\"context_length_exceeded\"}}}", AG_E_CONTEXT_LENGTH },
        { 403, "{\"error\":{\"code\":403,\"message\":\"x requires moderation "
               "on y. Your input was flagged for \\\"z\\\".\",\"metadata\":"
               "{\"reasons\":[\"z\"],\"flagged_input\":\"...\"}}}",
          AG_E_CONTENT_POLICY },
        { 403, "{\"error\":{\"code\":403,\"metadata\":{\"error_type\":"
               "\"content_policy_violation\"}}}", AG_E_CONTENT_POLICY },
        { 402, "{\"error\":{\"code\":402,\"metadata\":{\"limit_source\":"
               "\"openrouter_in_flight_budget\"}}}", AG_E_RATE_LIMIT },
        { 402, "{\"error\":{\"code\":402,\"message\":\"More credits\"}}",
          AG_E_CREDENTIALS },
        { 0, "{\"error\":{\"message\":\"x\",\"metadata\":{\"error_type\":"
             "\"provider_overloaded\"}}}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":{\"code\":502,\"message\":\"x\",\"metadata\":"
             "{\"error_type\":\"provider_unavailable\"}}}",
          AG_E_PROVIDER_ERROR },

        /* whose account it is that has no money is not said to us */

        { 429, "{\"error\":{\"message\":\"Provider returned error\",\"code\":"
               "429,\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":"
               "\\\"Quota exceeded, limit: 0, model: x\\\",\\\"quotaId\\\":"
               "\\\"PerDay\\\"}}\",\"provider_code\":\"insufficient_quota\","
               "\"is_byok\":true}}}", AG_E_RATE_LIMIT },
        { 400, "{\"error\":{\"code\":400,\"metadata\":{\"raw\":\"Your credit "
               "balance is too low\",\"provider_code\":\"invalid_api_key\"}"
               "}}", AG_E_INVALID_REQUEST },

        /* LiteLLM */

        { 400, "{\"error\":{\"message\":\"litellm.ContextWindowExceededError: "
               "litellm.BadRequestError: x\",\"type\":null,\"code\":"
               "\"400\"}}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"error\":{\"message\":\"litellm.BadRequestError: litellm."
               "ContentPolicyViolationError: x\"}}", AG_E_CONTENT_POLICY },
        { 0, "{\"error\":{\"message\":\"x\",\"type\":\"throttling_error\","
             "\"param\":null,\"code\":\"429\"}}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"message\":\"x\",\"type\":\"throttling_error\"}}",
          AG_E_RATE_LIMIT }
    };

    (void) state;

    CHECK(rows);
}


static void
bedrocks_exceptions_have_their_class(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"message\":\"Input is too long for requested model.\"}",
          AG_E_CONTEXT_LENGTH },
        { 400, "{\"message\":\"The provided model identifier is invalid.\"}",
          AG_E_NOT_FOUND },
        { 400, "{\"__type\":\"com.amazon.coral.service#ThrottlingException\","
               "\"message\":\"Rate exceeded\"}", AG_E_RATE_LIMIT },
        { 400, "{\"__type\":\"ServiceQuotaExceededException\"}",
          AG_E_RATE_LIMIT },
        { 400, "{\"__type\":\"UnrecognizedClientException\",\"message\":"
               "\"The security token included in the request is invalid\"}",
          AG_E_CREDENTIALS },
        { 400, "{\"__type\":\"com.amazon.coral.service#"
               "ExpiredTokenException\"}", AG_E_CREDENTIALS },
        { 400, "{\"__type\":\"ValidationException\",\"message\":\"x\"}",
          AG_E_INVALID_REQUEST },
        { 403, "{\"Message\":\"User: arn:aws:x is not authorized\"}",
          AG_E_CREDENTIALS },
        { 424, "{\"__type\":\"ModelErrorException\"}", AG_E_PROVIDER_ERROR },
        { 429, "{\"__type\":\"ModelNotReadyException\"}", AG_E_UNAVAILABLE },
        { 0, "{\"__type\":\"x#throttlingException\"}", AG_E_RATE_LIMIT },
        { 0, "{\"__type\":\"modelStreamErrorException\"}",
          AG_E_PROVIDER_ERROR },
        { 0, "{\"__type\":\"validationException\"}", AG_E_INVALID_REQUEST },
        { 0, "{\"__type\":\"internalServerException\"}",
          AG_E_PROVIDER_ERROR },
        { 0, "{\"__type\":\"serviceUnavailableException\"}",
          AG_E_UNAVAILABLE },
        { 0, "{\"__type\":\"AccessDeniedException\"}", AG_E_CREDENTIALS }
    };

    (void) state;

    CHECK(rows);
}


static void
details_of_fastapi_are_read(void **state)
{
    static const row_t  rows[] = {
        { 422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
               "\"messages\"],\"msg\":\"Field required\",\"input\":{}}]}",
          AG_E_INVALID_REQUEST },
        { 422, "{\"detail\":[{\"msg\":\"x\"},{\"msg\":\"Value error, Prompt "
               "is too long\"}]}", AG_E_CONTEXT_LENGTH },
        { 400, "{\"detail\":{\"error\":{\"message\":\"x\",\"code\":"
               "\"context_length_exceeded\"}}}", AG_E_CONTEXT_LENGTH },
        { 404, "{\"detail\":{\"error\":{\"code\":\"model_not_found\"}}}",
          AG_E_NOT_FOUND },
        { 422, "{\"object\":\"error\",\"message\":{\"detail\":[{\"type\":"
               "\"extra_forbidden\",\"msg\":\"Extra inputs are not "
               "permitted\"}]},\"type\":\"invalid_request_error\"}",
          AG_E_INVALID_REQUEST },
        { 422, "{\"object\":\"error\",\"message\":{\"detail\":[{\"msg\":"
               "\"maximum context length\"}]}}", AG_E_CONTEXT_LENGTH },
        { 401, "{\"detail\":\"Unauthorized\"}", AG_E_CREDENTIALS },
        { 0, "{\"detail\":\"Unauthorized\"}", AG_E_BAD_RESPONSE },

        /* the input that they repeat is the client's */

        { 422, "{\"detail\":[{\"msg\":\"x\",\"input\":{\"error\":{\"code\":"
               "\"insufficient_quota\"},\"message\":\"prompt is too long\"}}"
               "]}", AG_E_INVALID_REQUEST }
    };

    (void) state;

    CHECK(rows);
}


static void
inputs_that_are_too_long_are_told_in_many_words(void **state)
{
    size_t              i;
    char                body[512];
    static const char  *messages[] = {
        "prompt is too long: 208310 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 178959 + 64000 "
        "> 200000, decrease input length or `max_tokens` and try again",
        "Input is too long for requested model.",
        "Your input exceeds the context window of this model.",
        "Input tokens exceed the configured limit of 272000 tokens.",
        "The input token count (1200293) exceeds the maximum number of "
        "tokens allowed (1048576).",
        "This model's maximum prompt length is 131072 but the request "
        "contains 537812 tokens.",
        "You passed 1015 input tokens and requested 10 output tokens. "
        "However, the model's context length is only 1024 tokens",
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This "
        "model's maximum context length is 65536 tokens",
        "The decoder prompt (length 25938) is longer than the maximum model "
        "length of 4096.",
        "The prompt (total length 25938) is too long to fit into the model "
        "(context length 4096).",
        "max_tokens must be at least 1, got -186.",
        "The input (70000 tokens) is longer than the model's context length "
        "(65536 tokens).",
        "The number of tokens to keep from the initial prompt is greater "
        "than the context length.",
        "the request exceeds the available context size, try increasing it",
        "the input length exceeds the context length",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be "
        "<= 4096. Given: 5000 `inputs` tokens",
        "Input validation error: `inputs` must have less than 1024 tokens.",
        "Invalid request: Your request exceeded model token limit: 8192",
        "invalid params, context window exceeds limit (2013)",
        "<400> InternalError.Algo.InvalidParameter: Range of input length "
        "should be [1, 30720]",
        "Prompt exceeds max length",
        "prompt token count of 150000 exceeds the limit of 128000",
        "too many tokens: total number of tokens in the prompt cannot "
        "exceed 4081 - received 4292."
    };

    (void) state;

    for (i = 0; i < sizeof(messages) / sizeof(char *); i++) {
        snprintf(body, sizeof(body), "{\"error\":{\"message\":\"%s\","
                 "\"type\":\"invalid_request_error\",\"param\":null,"
                 "\"code\":null}}", messages[i]);

        if (ag_error_classify(400, text(body)) != AG_E_CONTEXT_LENGTH
            || ag_error_classify(0, text(body)) != AG_E_CONTEXT_LENGTH)
        {
            fail_msg("%s", body);
        }
    }
}


static void
a_client_does_not_rest_what_all_share(void **state)
{
    static const row_t  rows[] = {

        /* longer than the model, and a status that blames somebody else */

        { 500, "{\"error\":{\"message\":\"This model's maximum context "
               "length is 5 tokens.\",\"type\":\"server_error\"}}",
          AG_E_CONTEXT_LENGTH },
        { 403, "{\"error\":{\"message\":\"Input is longer than the model's "
               "context length\"}}", AG_E_CONTEXT_LENGTH },
        { 429, "{\"error\":{\"message\":\"Request too large for gpt-4o on "
               "tokens per min (TPM): Limit 30000, Requested 342389.\","
               "\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}",
          AG_E_CONTEXT_LENGTH },
        { 413, "{\"error\":{\"message\":\"Request too large for model `x` in "
               "organization `y` on tokens per minute (TPM): Limit 6000, "
               "Requested 12328\",\"type\":\"tokens\",\"code\":"
               "\"rate_limit_exceeded\"}}", AG_E_CONTEXT_LENGTH },

        /* not nice to read */

        { 403, "{\"code\":\"x\",\"error\":\"Content violates usage "
               "guidelines. Failed check: SAFETY_CHECK_TYPE_BIO\"}",
          AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"message\":\"Content Exists Risk\",\"type\":"
               "\"invalid_request_error\"}}", AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"data_inspection_failed\"}}",
          AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"code\":\"1301\"}}", AG_E_CONTENT_POLICY },
        { 400, "{\"error\":{\"message\":\"x\",\"type\":\"content_filter\"}}",
          AG_E_CONTENT_POLICY },

        /* a model that the account may not use */

        { 403, "{\"error\":{\"code\":\"model_permission_blocked_org\"}}",
          AG_E_NOT_FOUND },
        { 400, "{\"error\":{\"code\":\"model_terms_required\"}}",
          AG_E_NOT_FOUND },
        { 400, "{\"error\":{\"message\":\"x is not a valid model ID\","
               "\"code\":400}}", AG_E_NOT_FOUND },
        { 400, "{\"object\":\"error\",\"message\":\"Invalid model: x\","
               "\"type\":\"invalid_model\",\"param\":null,\"code\":\"1500\"}",
          AG_E_NOT_FOUND },
        { 400, "{\"error\":{\"message\":\"Model Not Exist\",\"type\":"
               "\"invalid_request_error\"}}", AG_E_NOT_FOUND },

        /* its own words, repeated by the provider */

        { 400, "{\"error\":{\"message\":\"Invalid value: 'Your credit balance "
               "is too low'. Supported values are: 'auto'.\"}}",
          AG_E_INVALID_REQUEST },
        { 400, "{\"error\":{\"message\":\"'incorrect api key provided' is not "
               "one of ['auto']\",\"param\":\"api key expired\"}}",
          AG_E_INVALID_REQUEST },
        { 400, "{\"error\":{\"message\":\"x: used all available credits, "
               "limit: 0, model PerDay\"}}", AG_E_INVALID_REQUEST },
        { 0, "{\"type\":\"response.failed\",\"response\":{\"status\":"
             "\"failed\",\"metadata\":{\"code\":\"insufficient_quota\","
             "\"message\":\"prompt is too long\"},\"error\":{\"code\":"
             "\"server_error\"}}}", AG_E_PROVIDER_ERROR },
        { 0, "{\"metadata\":{\"code\":429},\"details\":[{\"code\":401}]}",
          AG_E_BAD_RESPONSE }
    };

    (void) state;

    CHECK(rows);
}


static void
servers_that_are_busy_are_unavailable(void **state)
{
    static const row_t  rows[] = {
        { 503, "{\"error\":{\"code\":503,\"message\":\"Loading model\","
               "\"type\":\"unavailable_error\"}}", AG_E_UNAVAILABLE },
        { 503, "{\"error\":\"Model x is currently loading\","
               "\"estimated_time\":20.0}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":\"Model x is currently loading\","
             "\"estimated_time\":20.0}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":{\"message\":\"Loading model\"}}",
          AG_E_UNAVAILABLE },
        { 503, "{\"error\":{\"message\":\"server busy, please try again. "
               "maximum pending requests exceeded\"}}", AG_E_UNAVAILABLE },
        { 503, "upstream connect error or disconnect/reset before headers",
          AG_E_UNAVAILABLE },
        { 503, "no healthy upstream", AG_E_UNAVAILABLE },
        { 502, "<html><h1>502 Bad Gateway</h1></html>",
          AG_E_PROVIDER_ERROR },
        { 429, "error code: 1015", AG_E_RATE_LIMIT },
        { 529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
               "\"message\":\"Overloaded\"}}", AG_E_UNAVAILABLE },
        { 498, "{\"error\":{\"type\":\"x\",\"code\":\"capacity_exceeded\"}}",
          AG_E_UNAVAILABLE },
        { 429, "{\"error\":{\"message\":\"The engine is currently overloaded, "
               "please try again later\",\"type\":"
               "\"engine_overloaded_error\"}}", AG_E_UNAVAILABLE },
        { 429, "{\"object\":\"error\",\"message\":\"Service tier capacity "
               "exceeded for this model.\",\"type\":"
               "\"invalid_request_error\",\"param\":null,\"code\":null}",
          AG_E_UNAVAILABLE },
        { 429, "{\"object\":\"error\",\"message\":\"x\",\"type\":"
               "\"service_tier_capacity_exceeded\",\"param\":null,\"code\":"
               "\"3505\"}", AG_E_UNAVAILABLE },
        { 429, "{\"object\":\"error\",\"message\":\"Rate limit exceeded\","
               "\"type\":\"rate_limited\",\"param\":null,\"code\":\"1300\","
               "\"raw_status_code\":429}", AG_E_RATE_LIMIT },
        { 0, "{\"status\":429,\"title\":\"Too Many Requests\"}",
          AG_E_RATE_LIMIT }
    };

    (void) state;

    CHECK(rows);
}


static void
models_that_fail_a_form_gave_a_bad_output(void **state)
{
    static const row_t  rows[] = {
        { 400, "{\"error\":{\"message\":\"Failed to generate JSON.\","
               "\"type\":\"invalid_request_error\",\"code\":"
               "\"json_validate_failed\",\"failed_generation\":\"{\"}}",
          AG_E_INVALID_OUTPUT },
        { 400, "{\"error\":{\"code\":\"tool_use_failed\"}}",
          AG_E_INVALID_OUTPUT }
    };

    (void) state;

    CHECK(rows);
}


/* What events of a stream say without a code. */
static void
messages_alone_are_judged_by_how_they_begin(void **state)
{
    static const row_t  rows[] = {
        { 0, "{\"error\":{\"message\":\"Rate limit exceeded\"}}",
          AG_E_RATE_LIMIT },
        { 0, "{\"error\":\"Rate limit exceeded\"}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"message\":\"Too Many Requests\"}}",
          AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"message\":\"Overloaded\"}}", AG_E_UNAVAILABLE },
        { 0, "{\"error\":\"Internal Server Error\"}", AG_E_PROVIDER_ERROR },
        { 0, "{\"error\":{\"message\":\"Internal server error\"}}",
          AG_E_PROVIDER_ERROR },
        { 0, "{\"error\":{\"message\":\"There was a rate limit\"}}",
          AG_E_BAD_RESPONSE },
        { 0, "{\"errors\":[{\"message\":\"Overloaded\"}]}",
          AG_E_UNAVAILABLE },
        { 200, "{\"error\":{\"message\":\"\"}}", AG_E_BAD_RESPONSE },
        { 0, "{\"error\":{\"code\":\"slow_down\",\"type\":"
             "\"rate_limit_error\"}}", AG_E_RATE_LIMIT },
        { 0, "{\"error\":{\"code\":\"server_is_overloaded\",\"type\":"
             "\"service_unavailable_error\"}}", AG_E_UNAVAILABLE }
    };

    (void) state;

    CHECK(rows);
}


static void
long_codes_and_many_words_are_left(void **state)
{
    size_t    i;
    char      code[132], body[160];
    ag_buf_t  many;

    (void) state;

    for (i = 128; i <= 129; i++) {
        memset(code, '_', sizeof(code));
        memcpy(code, "insufficient_quota", 18);
        code[i] = '\0';
        snprintf(body, sizeof(body), "{\"error\":{\"code\":\"%s\"}}", code);

        assert_int_equal(ag_error_classify(429, text(body)),
                         i == 128 ? AG_E_CREDENTIALS : AG_E_RATE_LIMIT);
    }

    ag_buf_init(&many, 65536);
    assert_int_equal(ag_buf_add_string(&many, "{\"detail\":["), AG_OK);

    for (i = 0; i < 31; i++) {
        assert_int_equal(ag_buf_add_string(&many,
            "{\"msg\":\"a\",\"message\":\"b\",\"Message\":\"c\",\"code\":"
            "\"d\",\"type\":\"e\",\"reason\":\"f\",\"raw\":\"g\"},"), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&many, "1]}"), AG_OK);
    assert_int_equal(ag_error_classify(400, ag_buf_str(&many)),
                     AG_E_INVALID_REQUEST);
    ag_buf_free(&many);
}


/* Beyond every cap of the walk the error is judged by what was read. */
static void
bodies_that_are_too_large_a_maze_are_left(void **state)
{
    size_t    i;
    ag_buf_t  body;

    (void) state;

    /* the 65th member is not read, the 64th is */

    for (i = 62; i <= 64; i++) {
        ag_buf_init(&body, 65536);

        while (body.len < 6 * i) {
            assert_int_equal(ag_buf_add_string(&body, body.len == 0
                                                      ? "{\"a\":1" : ",\"a\":1"),
                             AG_OK);
        }

        assert_int_equal(ag_buf_add_string(&body, ",\"code\":"
                                           "\"insufficient_quota\"}"), AG_OK);
        assert_int_equal(ag_error_classify(429, ag_buf_str(&body)),
                         i < 64 ? AG_E_CREDENTIALS : AG_E_RATE_LIMIT);
        ag_buf_free(&body);
    }

    /* objects: the error's own, its list's 30, and one too many */

    for (i = 29; i <= 31; i++) {
        ag_buf_init(&body, 65536);
        assert_int_equal(ag_buf_add_string(&body, "{\"error\":{\"details\":["),
                         AG_OK);

        while (body.len < 20 + 4 * i) {
            assert_int_equal(ag_buf_add_string(&body, "{} ,"), AG_OK);
        }

        assert_int_equal(ag_buf_add_string(&body, "{\"reason\":"
                                           "\"QUOTA_EXHAUSTED\"}]}}"), AG_OK);
        assert_int_equal(ag_error_classify(429, ag_buf_str(&body)),
                         i < 30 ? AG_E_CREDENTIALS : AG_E_RATE_LIMIT);
        ag_buf_free(&body);
    }

    /* levels, of objects and of arrays */

    assert_int_equal(ag_error_classify(429, text(
        "{\"error\":{\"error\":{\"error\":{\"error\":{\"error\":{\"error\":{"
        "\"error\":{\"code\":\"insufficient_quota\"}}}}}}}}")),
        AG_E_CREDENTIALS);
    assert_int_equal(ag_error_classify(429, text(
        "{\"error\":{\"error\":{\"error\":{\"error\":{\"error\":{\"error\":{"
        "\"error\":{\"error\":{\"code\":\"insufficient_quota\"}}}}}}}}}")),
        AG_E_RATE_LIMIT);
    assert_int_equal(ag_error_classify(429, text(
        "[{\"error\":[{\"error\":[{\"error\":[{\"code\":"
        "\"insufficient_quota\"}]}]}]}]")), AG_E_CREDENTIALS);
    assert_int_equal(ag_error_classify(429, text(
        "{\"error\":[{\"error\":[{\"error\":[{\"error\":[{\"code\":"
        "\"insufficient_quota\"}]}]}]}]}")), AG_E_RATE_LIMIT);
    assert_int_equal(ag_error_classify(429, text(
        "[[{\"error\":{\"code\":\"insufficient_quota\"}}]]")),
        AG_E_RATE_LIMIT);
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
        cmocka_unit_test(accounts_without_money_are_no_rate_limit),
        cmocka_unit_test(geminis_quota_of_a_day_is_the_accounts),
        cmocka_unit_test(geminis_status_words_stand_for_a_status),
        cmocka_unit_test(geminis_other_refusals_have_their_class),
        cmocka_unit_test(azures_shapes_are_read),
        cmocka_unit_test(routers_quote_providers_behind_them),
        cmocka_unit_test(bedrocks_exceptions_have_their_class),
        cmocka_unit_test(details_of_fastapi_are_read),
        cmocka_unit_test(inputs_that_are_too_long_are_told_in_many_words),
        cmocka_unit_test(a_client_does_not_rest_what_all_share),
        cmocka_unit_test(servers_that_are_busy_are_unavailable),
        cmocka_unit_test(models_that_fail_a_form_gave_a_bad_output),
        cmocka_unit_test(messages_alone_are_judged_by_how_they_begin),
        cmocka_unit_test(long_codes_and_many_words_are_left),
        cmocka_unit_test(bodies_that_are_too_large_a_maze_are_left),
        cmocka_unit_test(a_body_beyond_the_cap_is_judged_by_its_status)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
