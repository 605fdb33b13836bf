/*
 * Copyright (C) ngx_agent authors
 *
 * Every effort and budget for every way to ask for them.
 */


#include "gemini_test.h"


static void
effort(ag_thinking_t way, uint32_t refuses, ag_effort_t wanted,
    uint64_t budget, const char *expected)
{
    asked_t  a;

    ask(&a);
    a.facts.thinking = way;
    a.facts.refuses = refuses;
    a.n.effort = wanted;
    a.n.budget_tokens = budget;

    if (expected == NULL) {
        told_without(&a, "thinking");

    } else {
        told(&a, expected);
    }

    ask_free(&a);
}


static void
asks_in_the_models_way(void **state)
{
    uint32_t  off;

    (void) state;

    off = 1u << AG_REFUSAL_THINKING_OFF;

    effort(AG_THINKING_LEVEL, 0, AG_EFFORT_NONE, 0,
           "{\"thinkingLevel\":\"MINIMAL\"}");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_NONE, 0,
           "{\"thinkingLevel\":\"LOW\"}");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_MINIMAL, 0, "\"MINIMAL\"");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_UNSET, 0, NULL);
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_UNSET, 2048, "\"LOW\"");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_UNSET, 2049, "\"MEDIUM\"");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_UNSET, 8193, "\"HIGH\"");
    effort(AG_THINKING_LEVEL, off, AG_EFFORT_LOW, 8193, "\"LOW\"");

    effort(AG_THINKING_BUDGET, 0, AG_EFFORT_NONE, 5000,
           "{\"thinkingBudget\":0}");
    effort(AG_THINKING_BUDGET, off, AG_EFFORT_NONE, 0,
           "{\"thinkingBudget\":128}");
    effort(AG_THINKING_BUDGET, off, AG_EFFORT_UNSET, 1, "Budget\":128,");
    effort(AG_THINKING_BUDGET, 0, AG_EFFORT_UNSET, 1, "Budget\":1,");
    effort(AG_THINKING_BUDGET, 0, AG_EFFORT_LOW, 2000, "Budget\":2000,");
    effort(AG_THINKING_BUDGET, 0, AG_EFFORT_UNSET, UINT64_MAX,
           "Budget\":24576,");
    effort(AG_THINKING_BUDGET, 0, AG_EFFORT_UNSET, 0, NULL);

    effort(AG_THINKING_NONE, 0, AG_EFFORT_HIGH, 0, NULL);
    effort(AG_THINKING_UNKNOWN, 0, AG_EFFORT_HIGH, 0, NULL);
    effort(AG_THINKING_UNKNOWN, 0, AG_EFFORT_UNSET, 9, NULL);
}


static void
lets_read_who_wants_to(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    a.facts.thinking = AG_THINKING_LEVEL;
    told_without(&a, "thinking");

    a.n.summary = 1;
    told(&a, "\"thinkingConfig\":{\"includeThoughts\":true}");

    a.n.summary = 0;
    a.n.adaptive = 1;
    told(&a, "{\"includeThoughts\":true}");

    a.n.client = &ag_responses;
    told_without(&a, "includeThoughts");

    a.n.client = &ag_anthropic;
    told(&a, "{\"includeThoughts\":true}");

    a.n.effort = AG_EFFORT_NONE;
    told_without(&a, "includeThoughts");

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_in_the_models_way),
        cmocka_unit_test(lets_read_who_wants_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
