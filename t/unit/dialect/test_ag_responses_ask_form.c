/*
 * Copyright (C) ngx_agent authors
 *
 * Which form of an answer a client of the Responses API asks for.
 */


#include "dialect/responses_test.h"


static void
knows_every_effort(void **state)
{
    int      i;
    char     body[256];
    asked_t  a;

    (void) state;

    for (i = AG_EFFORT_NONE; i < AG_EFFORT_END; i++) {
        snprintf(body, sizeof(body),
                 "{\"input\":\"Hi\",\"reasoning\":{\"effort\":\"%s\"}}",
                 ag_effort_word((ag_effort_t) i));
        ask(&a, body);

        assert_int_equal(a.rc, AG_OK);
        assert_int_equal(a.n.effort, i);
        assert_int_equal(a.n.summary, 0);

        ask_free(&a);
    }
}


static void
reads_what_is_wanted_beside_the_answer(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":\"Hi\",\"reasoning\":{\"generate_summary\":\"auto\"},"
            "\"include\":[7,null,\"message.output_text.logprobs\"],"
            "\"text\":{\"verbosity\":\"low\",\"format\":null}}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.summary, 1);
    assert_int_equal(a.n.logprobs, 1);
    assert_int_equal(a.n.effort, AG_EFFORT_UNSET);
    assert_int_equal(a.n.format, AG_FORMAT_TEXT);
    assert_text(a.n.verbosity, "low");

    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    (void) state;

    ask_odd("{\"input\":\"Hi\",\"text\":{\"format\":%s}}");
    ask_odd("{\"input\":\"Hi\",\"text\":{\"verbosity\":%s}}");
    ask_odd("{\"input\":\"Hi\",\"text\":{\"format\":{\"type\":\"json_schema\","
            "\"name\":\"n\",\"schema\":%s}}}");
    ask_odd("{\"input\":\"Hi\",\"text\":{\"format\":{\"type\":\"json_schema\","
            "\"name\":%s,\"schema\":{}}}}");
    ask_odd("{\"input\":\"Hi\",\"text\":{\"format\":{\"type\":\"json_schema\","
            "\"name\":\"n\",\"schema\":{},\"strict\":%s}}}");
    ask_odd("{\"input\":\"Hi\",\"reasoning\":{\"effort\":%s}}");
    ask_odd("{\"input\":\"Hi\",\"reasoning\":{\"summary\":%s}}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_every_effort),
        cmocka_unit_test(reads_what_is_wanted_beside_the_answer),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
