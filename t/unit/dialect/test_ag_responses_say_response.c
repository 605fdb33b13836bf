/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer of the Responses API says of itself.
 */


#include "dialect/responses_test.h"


static void
repeats_a_request_that_is_not_too_long(void **state)
{
    char    body[AG_RESPONSES_ECHO_MAX + 256];
    size_t  len, at;
    said_t  s;

    static const char  head[] = "{\"input\":\"Hi\",\"instructions\":\"";

    (void) state;

    /* around the length from which on it is left out */

    for (len = AG_RESPONSES_ECHO_MAX - 600, at = 0;
         len < AG_RESPONSES_ECHO_MAX;
         len += 50)
    {
        memset(body, 'x', sizeof(body));
        memcpy(body, head, sizeof(head) - 1);
        memcpy(body + len, "\"}", 3);

        say_init(&s, body);
        say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");

        if (said(&s, "\"instructions\":\"xxx") == 2) {
            assert_int_equal(at, 0);

        } else {
            assert_int_equal(said(&s, "\"instructions\":null"), 2);
            at = len;
        }

        assert_true(s.out.len < 2 * (AG_RESPONSES_ECHO_MAX + 1024));

        say_free(&s);
    }

    assert_true(at > 0);
}


static void
adds_what_a_function_left_out(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{\"input\":\"Hi\",\"tools\":[{\"type\":\"function\","
                 "\"name\":\"f\"},{\"type\":\"function\",\"name\":\"g\","
                 "\"strict\":true,\"parameters\":{}}]}");
    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");

    assert_int_equal(said(&s, "\"tools\":[{\"type\":\"function\","
                              "\"name\":\"f\",\"strict\":null,"
                              "\"parameters\":null},{\"type\":\"function\","
                              "\"name\":\"g\",\"strict\":true,"
                              "\"parameters\":{}}]"), 2);

    say_free(&s);
}


static void
has_usage_at_the_end_whatever_is_known(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{\"input\":\"Hi\"}");
    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");
    assert_int_equal(said(&s, "\"usage\""), 0);
    say_finish(&s, AG_FINISH_STOP);
    assert_int_equal(said(&s, "\"usage\":{\"input_tokens\":0,"), 1);
    say_free(&s);

    say_init(&s, "{\"input\":\"Hi\"}");
    s.usage.known = 1;
    s.usage.input_tokens = 10;
    s.usage.cached_tokens = 4;
    s.usage.written_tokens = 3;
    s.usage.output_tokens = 5;
    s.usage.reasoning_tokens = 2;
    say_finish(&s, AG_FINISH_CONTENT_FILTER);
    assert_int_equal(said(&s, "\"usage\":{\"input_tokens\":10,"
                              "\"input_tokens_details\":{\"cached_tokens\":4,"
                              "\"cache_write_tokens\":3},"
                              "\"output_tokens\":5,"
                              "\"output_tokens_details\":"
                              "{\"reasoning_tokens\":2},"
                              "\"total_tokens\":15}"), 1);
    assert_int_equal(said(&s, "\"incomplete_details\":"
                              "{\"reason\":\"content_filter\"}"), 1);
    say_free(&s);
}


static void
has_a_word_for_every_error(void **state)
{
    int         i;
    said_t      s;
    ag_error_t  error;

    (void) state;

    for (i = AG_E_NONE + 1; i < AG_E_MAX; i++) {
        say_init(&s, "{\"input\":\"Hi\"}");
        memset(&error, 0, sizeof(error));
        error.class = (ag_error_class_t) i;

        assert_int_equal(ag_responses_say_failure(&s.w, &error, text("")),
                         AG_OK);
        assert_int_equal(said(&s, "\"code\":\"\""), 0);
        assert_int_equal(said(&s, "\"message\":\"\""), 0);
        assert_int_equal(said(&s, "\"code\":\"context_length_exceeded\""),
                         i == AG_E_CONTEXT_LENGTH);

        say_free(&s);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(repeats_a_request_that_is_not_too_long),
        cmocka_unit_test(adds_what_a_function_left_out),
        cmocka_unit_test(has_usage_at_the_end_whatever_is_known),
        cmocka_unit_test(has_a_word_for_every_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
