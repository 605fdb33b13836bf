/*
 * Copyright (C) ngx_agent authors
 *
 * Form and thought of a request for a provider of the Responses API.
 */


#include "dialect/responses_test.h"


static void
asks_for_encrypted_thoughts_of_who_has_them(void **state)
{
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);

    assert_int_equal(tell(&t), AG_OK);      /* unknown, and nobody asks */
    assert_false(told(&t, "include"));

    t.n.effort = AG_EFFORT_LOW;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"include\":[\"reasoning.encrypted_content\"]"));

    t.n.effort = AG_EFFORT_NONE;
    assert_int_equal(tell(&t), AG_OK);
    assert_false(told(&t, "include"));
    assert_true(told(&t, "\"reasoning\":{\"effort\":\"none\"}"));

    t.n.effort = AG_EFFORT_UNSET;
    t.facts.thinking = AG_THINKING_EFFORT;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "include"));
    assert_false(told(&t, "\"reasoning\":"));

    t.facts.thinking = AG_THINKING_NONE;
    t.n.effort = AG_EFFORT_HIGH;
    t.n.client = &ag_anthropic;
    assert_int_equal(tell(&t), AG_OK);
    assert_false(told(&t, "reasoning"));
    assert_text(t.to.drops[0], "thinking");

    tell_free(&t);
}


static void
measures_a_budget_in_words(void **state)
{
    size_t  i;
    char    word[64];
    told_t  t;

    static const struct {
        uint64_t     tokens;
        const char  *word;
    } budgets[] = {
        { 1, "low" }, { 2048, "low" }, { 2049, "medium" },
        { 8192, "medium" }, { 8193, "high" }, { UINT64_MAX, "high" }
    };

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);

    for (i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
        t.n.budget_tokens = budgets[i].tokens;
        assert_int_equal(tell(&t), AG_OK);

        snprintf(word, sizeof(word), "\"reasoning\":{\"effort\":\"%s\"}",
                 budgets[i].word);
        assert_true(told(&t, word));
    }

    tell_free(&t);
}


static void
wants_some_schema_and_some_name(void **state)
{
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);
    t.n.format = AG_FORMAT_SCHEMA;

    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"text\":{\"format\":{\"type\":\"json_schema\","
                         "\"name\":\"response\",\"schema\":{}}}"));

    t.n.schema_strict = 0;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"strict\":false"));

    tell_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(asks_for_encrypted_thoughts_of_who_has_them),
        cmocka_unit_test(measures_a_budget_in_words),
        cmocka_unit_test(wants_some_schema_and_some_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
