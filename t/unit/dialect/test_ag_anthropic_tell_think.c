/*
 * Copyright (C) ngx_agent authors
 *
 * How long a model may think: the rules of the budget hold for every effort
 * and every limit.
 */


#include "dialect/anthropic_tell_test.h"


static void
test_a_budget_keeps_its_rules(void **state)
{
    int             effort;
    char            members[200];
    uint64_t        tokens, budget;
    yyjson_doc     *doc;
    yyjson_val     *thinking;
    golden_asked_t  a;

    (void) state;

    for (effort = AG_EFFORT_MINIMAL; effort < AG_EFFORT_END; effort++) {

        for (tokens = 1; tokens < 100000; tokens += 1 + tokens / 9) {
            snprintf(members, sizeof(members),
                     "\"max_tokens\":%d,\"reasoning_effort\":\"%s\","
                     "\"temperature\":0.5",
                     (int) tokens, ag_effort_word((ag_effort_t) effort));

            tell_with(&a, OLDER, members);
            doc = told(&a);
            thinking = yyjson_obj_get(yyjson_doc_get_root(doc), "thinking");
            budget = ag_json_count(yyjson_obj_get(thinking, "budget_tokens"),
                                   UINT64_MAX);

            if (thinking == NULL) {
                assert_true(tokens < 1366);
                assert_true(told_has(&a, "temperature"));

            } else {
                assert_true(budget >= 1024 && budget < tokens);
                assert_true(budget <= tokens - tokens / 4);
                assert_false(told_has(&a, "temperature"));
            }

            yyjson_doc_free(doc);
            golden_ask_free(&a);
        }
    }
}


static void
test_an_own_budget_keeps_them_too(void **state)
{
    char            members[200];
    uint64_t        tokens, budget, said;
    yyjson_doc     *doc;
    yyjson_val     *thinking;
    golden_asked_t  a;

    (void) state;

    for (tokens = 1000; tokens < 5000; tokens += 500) {

        for (said = 1; said < 6000; said += 333) {
            snprintf(members, sizeof(members), "\"max_tokens\":%d,"
                     "\"thinking\":{\"type\":\"enabled\","
                     "\"budget_tokens\":%d}", (int) tokens, (int) said);

            tell_with(&a, OLDER, members);
            doc = told(&a);
            thinking = yyjson_obj_get(yyjson_doc_get_root(doc), "thinking");
            budget = ag_json_count(yyjson_obj_get(thinking, "budget_tokens"),
                                   UINT64_MAX);

            assert_int_equal(thinking == NULL, tokens <= 1024);

            if (thinking != NULL) {
                assert_true(budget >= 1024 && budget < tokens);
                assert_true(budget == said || said < 1024 || said >= tokens);
            }

            yyjson_doc_free(doc);
            golden_ask_free(&a);
        }
    }
}


/* A form that is forced and a choice that is forced are refused with it. */
static void
test_who_thinks_is_not_forced(void **state)
{
    size_t          i;
    golden_asked_t  a;

    static const char *const  models[] = { OLDEST, OLDER, NEWER, NEWEST };

    (void) state;

    for (i = 0; i < 4; i++) {
        tell_with(&a, models[i], "\"reasoning_effort\":\"low\","
                  "\"response_format\":{\"type\":\"json_schema\","
                  "\"json_schema\":{\"name\":\"s\",\"schema\":"
                  "{\"type\":\"object\",\"properties\":{\"a\":{}}}}}");

        assert_true(told_has(&a, "\"thinking\":{"));
        assert_false(told_has(&a, "\"type\":\"tool\""));
        assert_false(told_has(&a, "\"type\":\"any\""));
        golden_ask_free(&a);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_budget_keeps_its_rules),
        cmocka_unit_test(test_an_own_budget_keeps_them_too),
        cmocka_unit_test(test_who_thinks_is_not_forced)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
