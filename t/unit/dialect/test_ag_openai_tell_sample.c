/*
 * Copyright (C) ngx_agent authors
 *
 * Numbers are written as they came, whatever their size.
 */


#include "dialect/openai_provider_test.h"


static void
expect(const char *quirks, const char *fields, const char *piece)
{
    char            all[512];
    golden_asked_t  a;

    snprintf(all, sizeof(all), "\"messages\":[{\"role\":\"user\","
             "\"content\":\"x\"}],%s", fields);

    tell(&a, quirks, all);
    assert_int_equal(a.rc, AG_OK);

    if (!told(&a, piece)) {
        fail_msg("no %s in %.*s", piece, (int) a.body.len,
                 (const char *) a.body.data);
    }

    golden_ask_free(&a);
}


static void
numbers_stay_as_they_are(void **state)
{
    (void) state;

    expect("openai", "\"temperature\":0", "\"temperature\":0}");
    expect("openai", "\"temperature\":1.0", "\"temperature\":1.0}");
    expect("vllm", "\"top_k\":40", "\"top_k\":40}");
    expect("vllm", "\"top_k\":-1", "\"top_k\":-1}");
    expect("vllm", "\"top_k\":99999999999999999999999",
           "\"top_k\":99999999999999999999999}");
}


static void
a_budget_has_a_word_at_each_edge(void **state)
{
    (void) state;

    expect("openai", "\"thinking\":{\"type\":\"enabled\","
           "\"budget_tokens\":2048}", "\"reasoning_effort\":\"low\"");
    expect("openai", "\"thinking\":{\"type\":\"enabled\","
           "\"budget_tokens\":2049}", "\"reasoning_effort\":\"medium\"");
    expect("openai", "\"thinking\":{\"type\":\"enabled\","
           "\"budget_tokens\":8193}", "\"reasoning_effort\":\"high\"");
    expect("openrouter", "\"thinking\":{\"type\":\"enabled\","
           "\"budget_tokens\":8193}", "\"reasoning\":{\"effort\":\"high\"}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(numbers_stay_as_they_are),
        cmocka_unit_test(a_budget_has_a_word_at_each_edge)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
