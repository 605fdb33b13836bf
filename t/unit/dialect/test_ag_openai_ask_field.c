/*
 * Copyright (C) ngx_agent authors
 *
 * Fields that have a form of their own.
 */


#include "dialect/openai_ask_test.h"


static void
takes_the_newer_limit_of_tokens(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"max_tokens\":5");
    assert_int_equal(a.n.max_tokens, 5);
    asked_free(&a);

    ask_fields(&a, "\"max_tokens\":5,\"max_completion_tokens\":6");
    assert_int_equal(a.n.max_tokens, 6);
    asked_free(&a);

    ask_fields(&a, "\"max_completion_tokens\":6,\"max_tokens\":5");
    assert_int_equal(a.n.max_tokens, 6);
    asked_free(&a);

    expect_bad_fields("\"max_tokens\":-1", "max_tokens");
    expect_bad_fields("\"max_tokens\":2147483648", "max_tokens");
    expect_bad_fields("\"max_completion_tokens\":\"9\"",
                      "max_completion_tokens");
}


static void
counts_choices(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"n\":3");
    assert_int_equal(a.n.choices, 3);
    asked_free(&a);

    ask_fields(&a, "\"n\":0");
    assert_int_equal(a.n.choices, 1);
    asked_free(&a);

    expect_bad_fields("\"n\":129", "n");
    expect_bad_fields("\"n\":1.5", "n");
}


static void
reads_stops(void **state)
{
    size_t   i;
    char     fields[1024];
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"stop\":\"a\"");
    assert_int_equal(a.n.stop_count, 1);
    assert_true(ag_str_is(a.n.stops[0], "a"));
    asked_free(&a);

    ask_fields(&a, "\"stop\":[\"a\",\"\",\"b\"]");
    assert_int_equal(a.n.stop_count, 2);
    assert_true(ag_str_is(a.n.stops[1], "b"));
    asked_free(&a);

    ask_fields(&a, "\"stop\":[]");
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.stop_count, 0);
    asked_free(&a);

    ask_fields(&a, "\"stop\":\"\"");
    assert_int_equal(a.n.stop_count, 0);
    asked_free(&a);

    expect_bad_fields("\"stop\":[\"a\",1]", "stop");
    expect_bad_fields("\"stop\":[null]", "stop");
    expect_bad_fields("\"stop\":{}", "stop");

    strcpy(fields, "\"stop\":[\"x\"");

    for (i = 1; i < AG_STOPS_MAX; i++) {
        strcat(fields, ",\"x\"");
    }

    strcat(fields, "]");
    ask_fields(&a, fields);
    assert_int_equal(a.n.stop_count, AG_STOPS_MAX);
    asked_free(&a);

    fields[strlen(fields) - 1] = '\0';
    strcat(fields, ",\"x\"]");
    expect_bad_fields(fields, "stop");
}


static void
reads_log_probabilities(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"logprobs\":true,\"top_logprobs\":5");
    assert_int_equal(a.n.logprobs, 1);
    assert_int_equal(a.n.top_logprobs, 5);
    asked_free(&a);

    ask_fields(&a, "\"logprobs\":false,\"logit_bias\":{}");
    assert_int_equal(a.n.logprobs, 0);
    assert_null(a.n.logit_bias);
    asked_free(&a);

    ask_fields(&a, "\"logit_bias\":{\"50256\":-100}");
    assert_non_null(a.n.logit_bias);
    asked_free(&a);

    expect_bad_fields("\"logprobs\":1", "logprobs");
    expect_bad_fields("\"top_logprobs\":true", "top_logprobs");
    expect_bad_fields("\"logit_bias\":[]", "logit_bias");
}


static void
reads_formats(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"response_format\":{\"type\":\"text\"}");
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.format, AG_FORMAT_TEXT);
    asked_free(&a);

    ask_fields(&a, "\"response_format\":{\"type\":\"json_object\"}");
    assert_int_equal(a.n.format, AG_FORMAT_JSON);
    asked_free(&a);

    ask_fields(&a, "\"response_format\":{\"type\":\"json_schema\","
                   "\"json_schema\":{\"name\":\"s\",\"description\":\"d\","
                   "\"schema\":{\"type\":\"object\"},\"strict\":true}}");
    assert_int_equal(a.n.format, AG_FORMAT_SCHEMA);
    assert_true(ag_str_is(a.n.schema_name, "s"));
    assert_true(ag_str_is(a.n.schema_description, "d"));
    assert_int_equal(yyjson_obj_size(a.n.schema), 1);
    assert_int_equal(a.n.schema_strict, 1);
    asked_free(&a);

    ask_fields(&a, "\"response_format\":{\"type\":\"json_schema\","
                   "\"json_schema\":{\"schema\":{},\"strict\":null}}");
    assert_int_equal(a.n.schema_strict, -1);
    asked_free(&a);

    expect_bad_fields("\"response_format\":\"json\"", "response_format");
    expect_bad_fields("\"response_format\":{\"type\":\"xml\"}",
                      "response_format");
    expect_bad_fields("\"response_format\":{\"type\":\"json_schema\"}",
                      "response_format.json_schema");
    expect_bad_fields("\"response_format\":{\"type\":\"json_schema\","
                      "\"json_schema\":{\"name\":\"s\",\"schema\":[]}}",
                      "response_format.json_schema");
}


static void
reads_efforts(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"reasoning_effort\":\"xhigh\"");
    assert_int_equal(a.n.effort, AG_EFFORT_XHIGH);
    assert_int_equal(a.n.summary, 1);
    asked_free(&a);

    ask_fields(&a, "\"reasoning_effort\":\"none\"");
    assert_int_equal(a.n.effort, AG_EFFORT_NONE);
    assert_int_equal(a.n.summary, 0);
    asked_free(&a);

    ask_fields(&a, "");
    assert_int_equal(a.n.effort, AG_EFFORT_UNSET);
    assert_int_equal(a.n.summary, 0);
    asked_free(&a);

    expect_bad_fields("\"reasoning_effort\":\"hard\"", "reasoning_effort");
    expect_bad_fields("\"reasoning_effort\":\"\"", "reasoning_effort");
    expect_bad_fields("\"reasoning_effort\":3", "reasoning_effort");
}


static void
reads_thinking(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"thinking\":{\"type\":\"enabled\","
                   "\"budget_tokens\":2048}");
    assert_int_equal(a.n.budget_tokens, 2048);
    assert_int_equal(a.n.summary, 1);
    assert_int_equal(a.n.adaptive, 0);
    asked_free(&a);

    ask_fields(&a, "\"thinking\":{\"type\":\"adaptive\","
                   "\"display\":\"omitted\"}");
    assert_int_equal(a.n.adaptive, 1);
    assert_int_equal(a.n.summary, 0);
    asked_free(&a);

    ask_fields(&a, "\"thinking\":{\"type\":\"disabled\"}");
    assert_int_equal(a.n.effort, AG_EFFORT_NONE);
    asked_free(&a);

    expect_bad_fields("\"thinking\":{\"type\":\"on\"}", "thinking");
    expect_bad_fields("\"thinking\":true", "thinking");
}


static void
reads_who_and_how(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"user\":\"u\",\"safety_identifier\":\"s\","
                   "\"service_tier\":\"priority\","
                   "\"parallel_tool_calls\":false");
    assert_true(ag_str_is(a.n.user, "s"));
    assert_int_equal(a.n.tier, AG_TIER_PRIORITY);
    assert_int_equal(a.n.parallel, 0);
    asked_free(&a);

    ask_fields(&a, "\"safety_identifier\":\"s\",\"user\":\"u\","
                   "\"parallel_tool_calls\":true");
    assert_true(ag_str_is(a.n.user, "s"));
    assert_int_equal(a.n.parallel, 1);
    asked_free(&a);

    ask_fields(&a, "\"user\":\"u\",\"safety_identifier\":\"\"");
    assert_true(ag_str_is(a.n.user, "u"));
    asked_free(&a);

    expect_bad_fields("\"user\":7", "user");
    expect_bad_fields("\"service_tier\":7", "service_tier");
    expect_bad_fields("\"parallel_tool_calls\":\"no\"",
                      "parallel_tool_calls");
}


static void
knows_text_alone_as_nothing(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"modalities\":[\"text\"]");
    assert_null(a.n.modalities);
    asked_free(&a);

    ask_fields(&a, "\"modalities\":[\"text\",\"audio\"]");
    assert_non_null(a.n.modalities);
    asked_free(&a);

    ask_fields(&a, "\"modalities\":[\"image\"]");
    assert_non_null(a.n.modalities);
    asked_free(&a);

    expect_bad_fields("\"modalities\":\"text\"", "modalities");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_the_newer_limit_of_tokens),
        cmocka_unit_test(counts_choices),
        cmocka_unit_test(reads_stops),
        cmocka_unit_test(reads_log_probabilities),
        cmocka_unit_test(reads_formats),
        cmocka_unit_test(reads_efforts),
        cmocka_unit_test(reads_thinking),
        cmocka_unit_test(reads_who_and_how),
        cmocka_unit_test(knows_text_alone_as_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
