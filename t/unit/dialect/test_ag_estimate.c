/*
 * Copyright (C) ngx_agent authors
 *
 * Estimates grow with what is asked, and stay near what models count.
 */


#include "dialect_test.h"

#include "dialect/ag_estimate.h"
#include "dialect/ag_translate.h"


static uint64_t
estimate(ag_endpoint_t endpoint, const char *body)
{
    uint64_t       tokens;
    ag_error_t     error;
    ag_arena_t     arena;
    yyjson_doc    *doc;
    ag_neutral_t   n;
    ag_request_t   request;

    accept(&request, endpoint, body);

    memset(&n, 0, sizeof(n));
    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    n.arena = &arena;

    assert_int_equal(ag_translate_request(&n, &request, &doc, &error), AG_OK);

    tokens = ag_estimate_tokens(&n);

    ag_arena_free(&arena);
    yyjson_doc_free(doc);

    return tokens;
}


static void
texts_count_by_letters(void **state)
{
    (void) state;

    assert_int_equal(ag_estimate_text(text("")), 0);
    assert_int_equal(ag_estimate_text(text("a")), 1);
    assert_int_equal(ag_estimate_text(text("abcd")), 1);
    assert_int_equal(ag_estimate_text(text("abcde")), 2);
    assert_int_equal(ag_estimate_text(text("\xe4\xb8\xad\xe6\x96\x87")), 2);

    /* o200k_base counts 10 */

    assert_in_range(ag_estimate_text(text("The quick brown fox jumps over "
                                          "the lazy dog.")), 8, 13);
}


static void
all_that_is_asked_counts(void **state)
{
    uint64_t  plain, more;

    (void) state;

    plain = estimate(AG_ENDPOINT_COUNT_TOKENS,
                     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                     "\"content\":\"hello\"}]}");
    assert_in_range(plain, 4, 10);

    more = estimate(AG_ENDPOINT_COUNT_TOKENS,
                    "{\"model\":\"m\",\"system\":\"Be brief, be kind.\","
                    "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
                    "}");
    assert_in_range(more, plain + 4, plain + 16);

    more = estimate(AG_ENDPOINT_COUNT_TOKENS,
                    "{\"model\":\"m\",\"tools\":[{\"name\":\"f\","
                    "\"input_schema\":{\"type\":\"object\",\"properties\":"
                    "{\"city\":{\"type\":\"string\"}}}}],"
                    "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
                    "}");
    assert_in_range(more, plain + 15, plain + 50);

    more = estimate(AG_ENDPOINT_COUNT_TOKENS,
                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                    "\"content\":[{\"type\":\"image\",\"source\":{\"type\":"
                    "\"base64\",\"media_type\":\"image/png\",\"data\":"
                    "\"iVBORw0KGgo=\"}},{\"type\":\"text\",\"text\":"
                    "\"hello\"}]}]}");
    assert_in_range(more, plain + 1000, plain + 2000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_count_by_letters),
        cmocka_unit_test(all_that_is_asked_counts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
