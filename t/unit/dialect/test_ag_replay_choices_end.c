/*
 * Copyright (C) ngx_agent authors
 *
 * How complete a chat or a completion is.
 */


#include "replay_chat_test.h"


#define REASON(reason)  "{\"index\":0,\"finish_reason\":" reason "}"


static void
ends(const char *json, ag_replay_end_t expected)
{
    assert_int_equal(ag_replay_end(AG_ENDPOINT_CHAT, text(json)), expected);
    assert_int_equal(ag_replay_end(AG_ENDPOINT_COMPLETIONS, text(json)),
                     expected);
}


static void
a_reason_says_how(void **state)
{
    (void) state;

    ends(WHOLE(REASON("\"stop\"")), AG_REPLAY_COMPLETE);
    ends(WHOLE(REASON("\"tool_calls\"")), AG_REPLAY_COMPLETE);
    ends(WHOLE(REASON("\"function_call\"")), AG_REPLAY_COMPLETE);
    ends(WHOLE(REASON("\"eos\"")), AG_REPLAY_COMPLETE);
    ends(WHOLE(REASON("\"stop_sequence\"")), AG_REPLAY_COMPLETE);
    ends(WHOLE(REASON("\"length\"")), AG_REPLAY_TRUNCATED);
    ends(WHOLE(REASON("\"max_tokens\"")), AG_REPLAY_TRUNCATED);
    ends(WHOLE(REASON("\"content_filter\"")), AG_REPLAY_REFUSED);
    ends(WHOLE(REASON("\"error\"")), AG_REPLAY_OTHER);
    ends(WHOLE(REASON("null")), AG_REPLAY_OTHER);
    ends(WHOLE(REASON("\"\"")), AG_REPLAY_OTHER);
    ends(WHOLE("{\"index\":0}"), AG_REPLAY_OTHER);
    ends(WHOLE("7"), AG_REPLAY_OTHER);
}


static void
the_worst_choice_counts(void **state)
{
    (void) state;

    ends(WHOLE(REASON("\"length\"") "," REASON("\"stop\"")),
         AG_REPLAY_TRUNCATED);
    ends(WHOLE(REASON("\"content_filter\"") "," REASON("\"length\"")),
         AG_REPLAY_REFUSED);
    ends(WHOLE(REASON("\"stop\"") "," REASON("null") ","
               REASON("\"content_filter\"")), AG_REPLAY_OTHER);
}


static void
a_refusal_is_one_whatever_the_reason(void **state)
{
    (void) state;

    ends(MESSAGE("\"refusal\":\"no\""), AG_REPLAY_REFUSED);
    ends(MESSAGE("\"refusal\":\"\""), AG_REPLAY_COMPLETE);
    ends(MESSAGE("\"refusal\":null"), AG_REPLAY_COMPLETE);
    ends(WHOLE("{\"message\":{\"refusal\":\"n\"},"
               "\"finish_reason\":\"length\"}"), AG_REPLAY_REFUSED);
    ends(WHOLE("{\"message\":{\"refusal\":\"n\"}}"), AG_REPLAY_OTHER);
}


static void
what_is_no_answer_is_other(void **state)
{
    (void) state;

    ends(WHOLE(""), AG_REPLAY_OTHER);
    ends("{}", AG_REPLAY_OTHER);
    ends("[]", AG_REPLAY_OTHER);
    ends("{\"choices\":[" REASON("\"stop\"") "],\"error\":{}}",
         AG_REPLAY_OTHER);
    ends("{\"choices\":[" REASON("\"stop\"") "],\"error\":null}",
         AG_REPLAY_COMPLETE);
    ends(WHOLE("{\"finish_reason\":\"stop\",\"error\":{\"code\":1}}"),
         AG_REPLAY_OTHER);
    ends(WHOLE("{\"finish_reason\":\"stop\",\"error\":null}"),
         AG_REPLAY_COMPLETE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_reason_says_how),
        cmocka_unit_test(the_worst_choice_counts),
        cmocka_unit_test(a_refusal_is_one_whatever_the_reason),
        cmocka_unit_test(what_is_no_answer_is_other)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
