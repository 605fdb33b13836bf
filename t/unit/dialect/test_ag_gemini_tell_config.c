/*
 * Copyright (C) ngx_agent authors
 *
 * The configuration: numbers at their borders, and what a model refuses.
 */


#include "gemini_test.h"


static void
seed(const char *json, const char *expected)
{
    asked_t      a;
    yyjson_doc  *doc;

    ask(&a);
    doc = ag_json_tree(text(json), NULL, 0);
    a.n.seed = yyjson_doc_get_root(doc);
    told(&a, expected);
    assert_int_equal(a.to.drop_count, expected[0] == '\0');
    yyjson_doc_free(doc);
    ask_free(&a);
}


static void
folds_seeds(void **state)
{
    (void) state;

    seed("0", "\"seed\":0}");
    seed("2147483647", "\"seed\":2147483647}");
    seed("2147483648", "\"seed\":0}");
    seed("-2147483648", "\"seed\":-2147483648}");
    seed("-2147483649", "\"seed\":0}");
    seed("18446744073709551615", "\"seed\":0}");
    seed("123456789012", "\"seed\":1050221064}");
    seed("99999999999999999999999", "");
    seed("1.5", "");
}


static void
refuses_what_the_model_refuses(void **state)
{
    asked_t   a;
    ag_str_t  stops[1];

    (void) state;

    ask(&a);
    stops[0] = text("x");
    a.n.stops = stops;
    a.n.stop_count = 1;
    told(&a, "\"stopSequences\":[\"x\"]");

    a.facts.refuses = 1u << AG_REFUSAL_STOP;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "stop");
    a.to.drop_params = 1;
    told_without(&a, "generationConfig");

    a.to.drop_params = 0;
    a.n.stop_count = 0;
    a.n.choices = 2;
    a.facts.refuses = 1u << AG_REFUSAL_CHOICES;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "n");

    a.n.choices = 1;
    a.n.format = AG_FORMAT_SCHEMA;
    a.facts.refuses = 1u << AG_REFUSAL_JSON_SCHEMA;
    a.n.client = &ag_anthropic;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "output_config.format");
    a.n.client = &ag_responses;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "text.format");
    a.facts.refuses = 0;
    told(&a, "{\"responseMimeType\":\"application/json\"}");

    a.n.tier = AG_TIER_BATCH;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "service_tier");

    ask_free(&a);
}


static void
sends_one_of_two_where_both_are_refused(void **state)
{
    asked_t      a;
    yyjson_doc  *doc;

    (void) state;

    ask(&a);
    doc = ag_json_tree(text("0.5"), NULL, 0);
    a.facts.refuses = 1u << AG_REFUSAL_BOTH_SAMPLING;
    a.n.top_p = yyjson_doc_get_root(doc);
    told(&a, "{\"topP\":0.5}");
    a.n.temperature = yyjson_doc_get_root(doc);
    told(&a, "{\"temperature\":0.5}");
    assert_text(a.to.drops[0], "top_p");

    yyjson_doc_free(doc);
    ask_free(&a);
}


static void
knows_the_most_a_model_says(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    a.n.max_tokens = 100;
    told(&a, "\"maxOutputTokens\":100}");
    a.facts.max_output_tokens = 99;
    told(&a, "\"maxOutputTokens\":99}");
    a.facts.name.len = 0;
    told(&a, "\"maxOutputTokens\":100}");

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_seeds),
        cmocka_unit_test(refuses_what_the_model_refuses),
        cmocka_unit_test(sends_one_of_two_where_both_are_refused),
        cmocka_unit_test(knows_the_most_a_model_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
