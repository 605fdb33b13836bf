/*
 * Copyright (C) ngx_agent authors
 *
 * Sources that are said again and again, and probabilities of any form.
 */


#include "gemini_test.h"


static ag_delta_t
detail(heard_t *h, const char *name, const char *value)
{
    char        *data;
    ag_delta_t   delta;

    data = malloc(strlen(value) + 128);
    assert_non_null(data);
    sprintf(data, "{\"candidates\":[{\"%s\":%s}]}", name, value);
    delta = chunk(h, data);
    free(data);

    return delta;
}


static void
cites_each_source_once(void **state)
{
    int      i;
    char     source[128];
    heard_t  h;

    (void) state;

    hear(&h);
    (void) detail(&h, "groundingMetadata",
                  "{\"groundingChunks\":[{\"web\":{\"uri\":\"http://a\"}}]}");
    heard(&h, "start  asked\n");        /* there is no text */

    (void) parts(&h, "{\"text\":\"A\"}");
    h.lines.len = 0;

    (void) detail(&h, "groundingMetadata",
                  "{\"groundingChunks\":[{\"web\":{\"uri\":\"http://a\"}},"
                  "{\"web\":{\"uri\":1}},{\"web\":[]},1,{},"
                  "{\"web\":{\"uri\":\"http://b\",\"title\":7}}]}");
    heard(&h, "cite 0.0 text http://a\ncite 0.0 text http://b\n");

    (void) detail(&h, "grounding_metadata",
                  "{\"grounding_chunks\":[{\"web\":{\"uri\":\"http://b\"}},"
                  "{\"web\":{\"uri\":\"http://c\"}}]}");
    heard(&h, "cite 0.0 text http://c\n");

    (void) detail(&h, "groundingMetadata", "[]");
    (void) detail(&h, "groundingMetadata", "{\"groundingChunks\":{}}");
    heard(&h, "");

    for (i = 0; i < 2 * AG_GEMINI_CITED_MAX; i++) {
        sprintf(source, "{\"groundingChunks\":[{\"web\":{\"uri\":"
                "\"http://%d\"}}]}", i);
        (void) detail(&h, "groundingMetadata", source);
    }

    h.lines.len = 0;
    (void) detail(&h, "groundingMetadata",
                  "{\"groundingChunks\":[{\"web\":{\"uri\":\"http://0\"}}]}");
    heard(&h, "");

    heard_free(&h);
}


static void
writes_probabilities_of_any_form(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) detail(&h, "logprobsResult", "[]");
    (void) detail(&h, "logprobsResult", "{\"chosenCandidates\":[]}");
    (void) detail(&h, "logprobsResult", "{\"topCandidates\":[{}]}");
    heard(&h, "start  asked\n");

    (void) detail(&h, "logprobs_result",
                  "{\"chosen_candidates\":[1,{\"token\":\"\\\"\","
                  "\"log_probability\":\"x\"}],\"top_candidates\":[7]}");
    heard(&h, "logprobs {\"token\":\"\",\"logprob\":-9999.0,\"bytes\":[],"
              "\"top_logprobs\":[]},{\"token\":\"\\\"\","
              "\"logprob\":-9999.0,\"bytes\":[34],\"top_logprobs\":[]}\n");

    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cites_each_source_once),
        cmocka_unit_test(writes_probabilities_of_any_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
