/*
 * Copyright (C) ngx_agent authors
 *
 * The dialect itself: what stands in its row, and what it refuses to be.
 */


#include "gemini_test.h"


static void
is_a_provider_only(void **state)
{
    ag_usage_t      usage;
    ag_delta_t      delta;
    ag_error_t      error;
    ag_answer_t     answer_;
    ag_request_t    request;
    ag_sse_event_t  event;

    (void) state;

    memset(&event, 0, sizeof(event));
    memset(&usage, 0, sizeof(usage));
    memset(&request, 0, sizeof(request));

    assert_int_equal(ag_gemini.read_request(&request, NULL, &error),
                     AG_INVALID);
    assert_int_equal(error.class, AG_E_UNSUPPORTED_ENDPOINT);

    ag_gemini.read_answer(AG_ENDPOINT_CHAT, text("{}"), &answer_);
    assert_int_equal(answer_.error, AG_E_BAD_RESPONSE);

    ag_gemini.read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);
    assert_string_equal(flags_of(&delta), "malformed");
}


static void
has_its_row(void **state)
{
    (void) state;

    assert_string_equal(ag_gemini.name, "gemini");
    assert_string_equal(ag_gemini.key_header, "x-goog-api-key");
    assert_null(ag_gemini.forward_prefix);
    assert_false(ag_gemini.done_needed);
    assert_text(ag_gemini.heartbeat, ": keep-alive\n\n");
    assert_null(ag_gemini.translator->ask);
    assert_null(ag_gemini.translator->say_event);
    assert_non_null(ag_gemini.translator->tell);
    assert_non_null(ag_gemini.translator->hear_eof);
    assert_ptr_equal(ag_dialect_find(text("gemini")), &ag_gemini);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_provider_only),
        cmocka_unit_test(has_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
