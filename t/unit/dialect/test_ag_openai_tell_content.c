/*
 * Copyright (C) ngx_agent authors
 *
 * Content whose bytes need care: escapes, an image as large as a request may
 * be, and the place that an error names.
 */


#include "dialect/openai_provider_test.h"


#define IMAGE  (4 * 1024 * 1024)


static void
texts_are_escaped_and_kept(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell(&a, "openai", "\"messages\":[{\"role\":\"user\",\"content\":"
                       "\"a\\\"b\\\\c\\n\\u0001\\u00e9\\ud83d\\ude00\"}]");
    assert_int_equal(a.rc, AG_OK);
    assert_true(told(&a, "\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\xf0\x9f\x98\x80\""));
    golden_ask_free(&a);
}


static void
a_large_image_is_copied_whole(void **state)
{
    char           *fields;
    size_t          len;
    golden_asked_t  a;

    static const char  head[] =
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\","
        "\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
        "\"data\":\"";
    static const char  tail[] = "\"}}]}]";

    (void) state;

    len = strlen(head);
    fields = malloc(len + IMAGE + sizeof(tail));
    assert_non_null(fields);

    memcpy(fields, head, len);
    memset(fields + len, 'A', IMAGE);
    memcpy(fields + len + IMAGE, tail, sizeof(tail));

    tell(&a, "openai", fields);
    assert_int_equal(a.rc, AG_OK);
    assert_true(a.body.len > IMAGE);
    assert_true(told(&a, "data:image/png;base64,AAAA"));
    golden_ask_free(&a);
    free(fields);
}


static void
an_error_names_the_message(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell(&a, "deepseek", "\"messages\":["
         "{\"role\":\"user\",\"content\":\"x\"},"
         "{\"role\":\"assistant\",\"content\":\"y\"},"
         "{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
         "{\"type\":\"url\",\"url\":\"https://a.example/\"}}]}]");

    assert_int_equal(a.rc, AG_INVALID);
    assert_int_equal(a.error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_text(a.error.param, "messages[2].content");
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_are_escaped_and_kept),
        cmocka_unit_test(a_large_image_is_copied_whole),
        cmocka_unit_test(an_error_names_the_message)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
