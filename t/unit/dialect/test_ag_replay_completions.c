/*
 * Copyright (C) ngx_agent authors
 *
 * Completions of the old kind, told again.
 */


#include "replay_chat_test.h"


#define OLD  AG_ENDPOINT_COMPLETIONS

#define ANSWER(choices)                                                       \
    "{\"id\":\"c1\",\"object\":\"text_completion\",\"created\":17,"           \
    "\"model\":\"m\",\"choices\":[" choices "]}"

#define EVENT(choices)  ANSWER(choices) "\n"

#define LONG_1                                                                \
    "The quick brown fox jumps over the lazy dog and does so again"
#define LONG_2                                                                \
    " until everybody has seen it."


static void
a_text_is_put_together(void **state)
{
    (void) state;

    becomes(OLD,
            EVENT("{\"text\":\"a\",\"index\":0,\"logprobs\":{"
                  "\"tokens\":[\"a\"],\"token_logprobs\":[null],"
                  "\"top_logprobs\":[{\"index\":0}],\"text_offset\":[0]},"
                  "\"finish_reason\":null}")
            EVENT("{\"text\":\"x\",\"index\":1,\"finish_reason\":\"length\"}")
            EVENT("{\"text\":\"a\",\"index\":0,\"logprobs\":{"
                  "\"tokens\":[\"a\"],\"token_logprobs\":[-1],"
                  "\"top_logprobs\":[{\"index\":0}],\"text_offset\":[1]},"
                  "\"finish_reason\":null}")
            EVENT("{\"text\":\"\",\"index\":0,\"logprobs\":null,"
                  "\"stop_reason\":null,\"finish_reason\":\"stop\"}")
            "{\"id\":\"c1\",\"choices\":[],\"usage\":{\"total_tokens\":3}}\n",
            "{\"id\":\"c1\",\"object\":\"text_completion\",\"created\":17,"
            "\"model\":\"m\",\"choices\":[{\"index\":0,\"text\":\"aa\","
            "\"logprobs\":{\"tokens\":[\"a\",\"a\"],"
            "\"token_logprobs\":[null,-1],"
            "\"top_logprobs\":[{\"index\":0},{\"index\":0}],"
            "\"text_offset\":[0,1]},\"stop_reason\":null,"
            "\"finish_reason\":\"stop\"},{\"index\":1,\"text\":\"x\","
            "\"finish_reason\":\"length\"}],\"usage\":{\"total_tokens\":3}}");
}


static void
no_text_is_empty(void **state)
{
    (void) state;

    becomes(OLD, EVENT("{\"index\":0,\"text\":null,"
                       "\"finish_reason\":\"stop\"}"),
            ANSWER("{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}"));
    becomes_nothing(OLD, EVENT("{\"index\":0,\"text\":[],"
                               "\"finish_reason\":\"stop\"}"));
    becomes_nothing(OLD, CHUNK("{\"index\":0,\"text\":\"a\","
                               "\"finish_reason\":\"stop\"}"));
}


static void
a_text_is_told(void **state)
{
    (void) state;

    is_told(OLD,
            ANSWER("{\"index\":0,\"text\":\"" LONG_1 LONG_2 "\","
                   "\"logprobs\":{\"tokens\":[1]},\"x\":1,"
                   "\"finish_reason\":\"stop\"},"
                   "{\"index\":1,\"text\":\"\",\"finish_reason\":\"length\"}"),
            0,
            EVENT("{\"index\":0,\"text\":\"" LONG_1 "\",\"logprobs\":null,"
                  "\"finish_reason\":null}")
            EVENT("{\"index\":0,\"text\":\"" LONG_2 "\",\"logprobs\":{"
                  "\"tokens\":[1]},\"finish_reason\":null}")
            EVENT("{\"index\":0,\"text\":\"\",\"logprobs\":null,"
                  "\"finish_reason\":\"stop\",\"x\":1}")
            EVENT("{\"index\":1,\"text\":\"\",\"finish_reason\":\"length\"}"));
}


static void
answers_come_back(void **state)
{
    (void) state;

    comes_back(OLD, text("{\"id\":\"c1\",\"object\":\"text_completion\","
                         "\"created\":17,\"model\":\"m\",\"choices\":[{"
                         "\"index\":0,\"text\":\"" LONG_1 LONG_2 "\","
                         "\"logprobs\":{\"tokens\":[\"a\"],"
                         "\"text_offset\":[0]},\"finish_reason\":\"stop\","
                         "\"prompt_logprobs\":null},{\"index\":1,"
                         "\"text\":\"\",\"logprobs\":null,"
                         "\"finish_reason\":\"length\"}],"
                         "\"usage\":{\"prompt_tokens\":5}}"));
}


static void
what_has_no_text_is_not_told(void **state)
{
    (void) state;

    is_not_told(OLD, ANSWER("{\"index\":0,\"finish_reason\":\"stop\"}"),
                AG_NONE);
    is_not_told(OLD, ANSWER("{\"index\":0,\"text\":null,"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(OLD, WHOLE("{\"index\":0,\"text\":\"a\","
                           "\"finish_reason\":\"stop\"}"), AG_NONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_is_put_together),
        cmocka_unit_test(no_text_is_empty),
        cmocka_unit_test(a_text_is_told),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(what_has_no_text_is_not_told)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
