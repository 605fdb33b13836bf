/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of each event of a stream that is told again.
 */


#include "replay_chat_test.h"


#define CHAT  AG_ENDPOINT_CHAT

#define SAID                                                                  \
    "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\"},"    \
    "\"finish_reason\":\"stop\"}"


static void
what_is_of_the_answer_is_in_every_event(void **state)
{
    (void) state;

    is_told(CHAT,
            "{\"usage\":{\"total_tokens\":1},\"id\":\"c1\","
            "\"object\":\"chat.completion\",\"created\":1.0,\"model\":\"m\","
            "\"x\\\"\":{\"y\":1},\"service_tier\":null,\"choices\":[" SAID
            "],\"system_fingerprint\":\"f\",\"citations\":[]}", 1,
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\","
            "\"created\":1.0,\"model\":\"m\",\"service_tier\":null,"
            "\"system_fingerprint\":\"f\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            "\"finish_reason\":null}],\"x\\\"\":{\"y\":1},\"citations\":[],"
            "\"usage\":null}\n"
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\","
            "\"created\":1.0,\"model\":\"m\",\"service_tier\":null,"
            "\"system_fingerprint\":\"f\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],"
            "\"usage\":null}\n"
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\","
            "\"created\":1.0,\"model\":\"m\",\"service_tier\":null,"
            "\"system_fingerprint\":\"f\",\"choices\":[{\"index\":0,"
            "\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n"
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\","
            "\"created\":1.0,\"model\":\"m\",\"service_tier\":null,"
            "\"system_fingerprint\":\"f\",\"choices\":[],"
            "\"usage\":{\"total_tokens\":1}}\n");
}


static void
usage_is_told_to_who_asked(void **state)
{
    (void) state;

    is_told(CHAT, "{\"choices\":[" SAID "],\"usage\":{\"x\":1}}", 0,
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            "\"finish_reason\":null}]}\n"
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n"
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{},\"finish_reason\":\"stop\"}]}\n");
}


/* Clients add lists up: all at once, with the last of the text. */
static void
log_probabilities_come_with_the_text(void **state)
{
    (void) state;

    is_told(CHAT,
            "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},"
            "\"logprobs\":{\"content\":[1]},\"seed\":7,"
            "\"finish_reason\":\"stop\"}]}", 0,
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            "\"logprobs\":null,\"finish_reason\":null}]}\n"
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":[1]},"
            "\"finish_reason\":null}]}\n"
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\","
            "\"seed\":7}]}\n");
    is_told(CHAT,
            "{\"choices\":[{\"index\":0,\"message\":{\"content\":null},"
            "\"logprobs\":{\"content\":[1]},\"finish_reason\":\"stop\"}]}", 0,
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{\"role\":\"assistant\",\"content\":null},"
            "\"logprobs\":null,\"finish_reason\":null}]}\n"
            "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
            "\"delta\":{},\"logprobs\":{\"content\":[1]},"
            "\"finish_reason\":\"stop\"}]}\n");
}


static void
what_is_no_answer_has_no_stream(void **state)
{
    (void) state;

    is_not_told(CHAT, "[]", AG_NONE);
    is_not_told(CHAT, "{}", AG_NONE);
    is_not_told(CHAT, WHOLE(""), AG_NONE);
    is_not_told(CHAT, WHOLE("1"), AG_NONE);
    is_not_told(CHAT, "{\"object\":\"text_completion\",\"choices\":[" SAID
                "]}", AG_NONE);
    is_not_told(CHAT, "{\"object\":1,\"choices\":[" SAID "]}", AG_NONE);
    is_not_told(CHAT, "{\"error\":{},\"choices\":[" SAID "]}", AG_NONE);
    is_not_told(CHAT, "{\"a\":1,\"a\":1,\"choices\":[" SAID "]}", AG_NONE);
    is_not_told(CHAT, WHOLE(SAID "," SAID), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"index\":\"0\",\"message\":{},"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"message\":{}}"), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"message\":{},\"finish_reason\":\"\"}"),
                AG_NONE);
    is_not_told(CHAT, WHOLE("{\"message\":{},\"error\":{},"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"message\":{},\"logprobs\":{\"a\":1,\"a\":2},"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
}


static void
too_many_choices_are_a_limit(void **state)
{
    int       i;
    ag_buf_t  whole;

    (void) state;

    ag_buf_init(&whole, SIZE_MAX);
    assert_int_equal(ag_buf_add_string(&whole, "{\"choices\":["), AG_OK);

    for (i = 0; i < AG_CHOICES_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&whole, "{\"message\":{},"
                                           "\"finish_reason\":\"stop\"},"),
                         AG_OK);
    }

    assert_int_equal(ag_buf_add(&whole, "1]}", 4), AG_OK);
    is_not_told(CHAT, (char *) whole.data, AG_NONE);

    whole.len -= 4;
    assert_int_equal(ag_buf_add(&whole, "{}]}", 5), AG_OK);
    is_not_told(CHAT, (char *) whole.data, AG_LIMIT);

    ag_buf_free(&whole);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_of_the_answer_is_in_every_event),
        cmocka_unit_test(usage_is_told_to_who_asked),
        cmocka_unit_test(log_probabilities_come_with_the_text),
        cmocka_unit_test(what_is_no_answer_has_no_stream),
        cmocka_unit_test(too_many_choices_are_a_limit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
