/*
 * Copyright (C) ngx_agent authors
 *
 * What stands beside a text.
 */


#include "dialect/openai_say_test.h"


static void expect_put(ag_put_t *p, const char *expected);


static void
expect_put(ag_put_t *p, const char *expected)
{
    assert_int_equal(p->rc, AG_OK);

    if (!ag_str_equal(ag_buf_str(p->out), of(expected))) {
        fail_msg("\n     got %.*s\nexpected %s", (int) p->out->len,
                 p->out->data, expected);
    }

    ag_buf_free(p->out);
    ag_put_init(p, p->out);
}


static void
counts_characters(void **state)
{
    (void) state;

    assert_int_equal(ag_openai_say_extra_characters(of("")), 0);
    assert_int_equal(ag_openai_say_extra_characters(of("abc")), 3);
    assert_int_equal(ag_openai_say_extra_characters(of("\303\244b")), 2);
    assert_int_equal(ag_openai_say_extra_characters(
                         of("\360\237\230\200\342\202\254")), 2);
}


static void
knows_reasons(void **state)
{
    (void) state;

    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_NONE, 0),
                        "stop");
    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_STOP, 1),
                        "stop");
    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_LENGTH, 0),
                        "length");
    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_TOOL_CALLS, 0),
                        "tool_calls");
    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_TOOL_CALLS, 1),
                        "function_call");
    assert_string_equal(ag_openai_say_extra_finish(AG_FINISH_CONTENT_FILTER,
                                                   0), "content_filter");
}


static void
knows_tiers(void **state)
{
    ag_put_t  p;
    ag_buf_t  out;

    (void) state;

    ag_buf_init(&out, 1000);
    ag_put_init(&p, &out);

    ag_openai_say_extra_tier(&p, AG_TIER_UNSET);
    expect_put(&p, "");
    ag_openai_say_extra_tier(&p, AG_TIER_OTHER);
    expect_put(&p, "");
    ag_openai_say_extra_tier(&p, AG_TIER_BATCH);
    expect_put(&p, "\"service_tier\":\"default\"");
    ag_openai_say_extra_tier(&p, AG_TIER_PRIORITY);
    expect_put(&p, "\"service_tier\":\"priority\"");
}


static void
knows_who_calls_functions(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{\"functions\":[{}]}", 0, 0);
    assert_true(ag_openai_say_extra_functions(&s.n));
    say_free(&s);
    say_init(&s, "{\"functions\":[{}],\"tools\":[{}]}", 0, 0);
    assert_false(ag_openai_say_extra_functions(&s.n));
    say_free(&s);
    say_init(&s, "{\"functions\":[],\"tools\":null}", 0, 0);
    assert_false(ag_openai_say_extra_functions(&s.n));
    say_free(&s);
}


static void
knows_whose_signatures_come_back(void **state)
{
    (void) state;

    assert_true(ag_openai_say_extra_signs(AG_SIGNER_ANTHROPIC));
    assert_true(ag_openai_say_extra_signs(AG_SIGNER_GEMINI));
    assert_true(ag_openai_say_extra_signs(AG_SIGNER_RESPONSES));
    assert_false(ag_openai_say_extra_signs(AG_SIGNER_NONE));
    assert_false(ag_openai_say_extra_signs(AG_SIGNER_OTHER));
}


/* An answer's texts may need escapes everywhere. */
static void
escapes_everything(void **state)
{
    ag_put_t    p;
    ag_buf_t    out;
    ag_cited_t  cited;

    (void) state;

    ag_buf_init(&out, 1000);
    ag_put_init(&p, &out);

    cited.next = NULL;
    cited.url = of("\"\\");
    cited.title = of("\n");
    ag_openai_say_extra_cited(&p, &cited, 1, 2, -1);
    expect_put(&p, "{\"type\":\"url_citation\",\"url_citation\":{\"url\":"
                   "\"\\\"\\\\\",\"title\":\"\\n\",\"start_index\":1,"
                   "\"end_index\":2}}");
    ag_openai_say_extra_image(&p, 3, of("\""), of("A"));
    expect_put(&p, "{\"type\":\"image_url\",\"index\":3,\"image_url\":"
                   "{\"url\":\"data:\\\";base64,A\"}}");
    ag_openai_say_extra_logprobs(&p, of(""));
    expect_put(&p, "\"logprobs\":null");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(counts_characters),
        cmocka_unit_test(knows_reasons),
        cmocka_unit_test(knows_tiers),
        cmocka_unit_test(knows_who_calls_functions),
        cmocka_unit_test(knows_whose_signatures_come_back),
        cmocka_unit_test(escapes_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
