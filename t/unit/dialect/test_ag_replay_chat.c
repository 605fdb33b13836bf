/*
 * Copyright (C) ngx_agent authors
 *
 * Chats that are told again, and recorded ones.
 */


#include "replay_chat_test.h"


#define CHAT  AG_ENDPOINT_CHAT

#define TOLD(delta)                                                           \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,"     \
    "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" delta "},"        \
    "\"finish_reason\":null}]}\n"

#define STOP                                                                  \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,"     \
    "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"                 \
    "\"finish_reason\":\"stop\"}]}\n"

#define LONG_1                                                                \
    "The quick brown fox jumps over the lazy dog and does so again"
#define LONG_2                                                                \
    " until everybody has seen it."


static void
a_message_is_put_together(void **state)
{
    (void) state;

    becomes(CHAT,
            DELTA("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null")
            DELTA("\"reasoning_content\":\"t\"")
            DELTA("\"reasoning_content\":\"t\",\"reasoning\":\"u\"")
            DELTA("\"content\":\"Hello\"")
            DELTA("\"role\":\"assistant\",\"content\":\" \\ud83d\\ude00\"")
            DELTA("\"audio\":{\"id\":\"au\",\"data\":\"AA\"}")
            DELTA("\"audio\":{\"data\":\"AA\",\"transcript\":\"x\"}")
            DELTA("\"audio\":{\"transcript\":\"x\",\"expires_at\":9}")
            FINISH("stop"),
            MESSAGE("\"content\":\"Hello \xf0\x9f\x98\x80\",\"refusal\":null,"
                    "\"reasoning_content\":\"tt\",\"reasoning\":\"u\","
                    "\"audio\":{\"id\":\"au\",\"data\":\"AAAA\","
                    "\"transcript\":\"xx\",\"expires_at\":9}"));
}


static void
a_message_without_a_text_has_null(void **state)
{
    (void) state;

    becomes(CHAT, DELTA("\"refusal\":\"I \"") DELTA("\"refusal\":\"can't\"")
            FINISH("stop"),
            MESSAGE("\"content\":null,\"refusal\":\"I can't\""));
    becomes(CHAT, DELTA("\"role\":\"model\",\"content\":\"\"") FINISH("stop"),
            WHOLE("{\"index\":0,\"message\":{\"role\":\"model\","
                  "\"content\":\"\"},\"finish_reason\":\"stop\"}"));
}


static void
a_message_is_told_in_its_order(void **state)
{
    (void) state;

    is_told(CHAT,
            MESSAGE("\"x\":[{\"a\":1}],\"refusal\":\"no\","
                    "\"content\":\"" LONG_1 LONG_2 "\",\"y\":null,"
                    "\"reasoning_content\":\"why\",\"reasoning\":\"\","
                    "\"reasoning_details\":[{\"index\":0}],\"z\":\"s\""), 0,
            TOLD("\"role\":\"assistant\",\"content\":\"\",\"y\":null")
            TOLD("\"reasoning_content\":\"why\"")
            TOLD("\"reasoning\":\"\"")
            TOLD("\"reasoning_details\":[{\"index\":0}]")
            TOLD("\"content\":\"" LONG_1 "\"")
            TOLD("\"content\":\"" LONG_2 "\"")
            TOLD("\"refusal\":\"no\"")
            TOLD("\"x\":[{\"a\":1}]")
            TOLD("\"z\":\"s\"")
            STOP);
}


static void
no_text_is_told_as_null(void **state)
{
    (void) state;

    is_told(CHAT, MESSAGE("\"content\":null,\"refusal\":null"), 0,
            TOLD("\"role\":\"assistant\",\"content\":null,\"refusal\":null")
            STOP);
    is_told(CHAT, MESSAGE("\"content\":\"\""), 0,
            TOLD("\"role\":\"assistant\",\"content\":\"\"") STOP);
    is_told(CHAT, WHOLE("{\"index\":0,\"message\":{},"
                        "\"finish_reason\":\"stop\"}"), 0,
            TOLD("\"role\":\"assistant\"") STOP);
    is_told(CHAT, MESSAGE("\"content\":[{\"text\":\"a\"}]"), 0,
            TOLD("\"role\":\"assistant\"")
            TOLD("\"content\":[{\"text\":\"a\"}]") STOP);
}


static void
what_is_no_message_is_not_told(void **state)
{
    (void) state;

    is_not_told(CHAT, WHOLE("{\"index\":0,\"finish_reason\":\"stop\"}"),
                AG_NONE);
    is_not_told(CHAT, WHOLE("{\"index\":0,\"message\":\"a\","
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"index\":0,\"message\":{\"role\":null},"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(CHAT, WHOLE("{\"index\":0,\"message\":{},\"delta\":{},"
                            "\"finish_reason\":\"stop\"}"), AG_NONE);
    is_not_told(CHAT, MESSAGE("\"x\":1,\"x\":1"), AG_NONE);
    is_not_told(CHAT, MESSAGE("\"x\":{\"y\":1,\"y\":1}"), AG_NONE);
    is_not_told(CHAT, MESSAGE("\"x\":[{\"index\":0},{\"index\":0}]"),
                AG_NONE);
}


static void
answers_come_back(void **state)
{
    size_t  i;

    static const char *const  answers[] = {
        MESSAGE("\"content\":\"" LONG_1 LONG_2 "\\n\\\"\xf0\x9f\x98\x80\""),
        MESSAGE("\"content\":null,\"tool_calls\":[{\"id\":\"a\","
                "\"type\":\"function\",\"function\":{\"name\":\"f\","
                "\"arguments\":\"{\\\"a\\\":\\\"" LONG_1 "\\\"}\"},"
                "\"extra_content\":{\"google\":{"
                "\"thought_signature\":\"s\"}}},{\"id\":\"\","
                "\"type\":\"custom\",\"custom\":{\"name\":\"g\","
                "\"input\":\"" LONG_2 "\"}}]"),
        MESSAGE("\"content\":\"\",\"function_call\":{\"name\":\"f\","
                "\"arguments\":\"{}\"},\"tool_calls\":[]"),
        MESSAGE("\"content\":\"a\",\"refusal\":null,\"annotations\":[{"
                "\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\","
                "\"start_index\":0,\"end_index\":1}}],\"images\":[{"
                "\"type\":\"image_url\",\"index\":0,\"image_url\":{"
                "\"url\":\"data:\"}}],\"reasoning\":\"r\","
                "\"reasoning_details\":[{\"type\":\"reasoning.text\","
                "\"index\":0,\"text\":\"r\"},{\"index\":0,"
                "\"type\":\"reasoning.encrypted\",\"data\":\"d\"}],"
                "\"audio\":{\"id\":\"a\",\"data\":\"AA\",\"expires_at\":1}"),
        WHOLE("{\"index\":0,\"message\":{\"role\":\"assistant\","
              "\"content\":\"a\"},\"logprobs\":null,"
              "\"finish_reason\":\"length\"},{\"index\":1,\"message\":{"
              "\"role\":\"assistant\",\"content\":\"b\"},\"logprobs\":{"
              "\"content\":[{\"token\":\"b\",\"logprob\":-0.25,"
              "\"bytes\":[98],\"top_logprobs\":[]}],\"refusal\":null},"
              "\"finish_reason\":\"stop\",\"native_finish_reason\":\"STOP\"}")
    };

    (void) state;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        comes_back(CHAT, text(answers[i]));
    }
}


/* ---- recordings ---- */


static void
check_stream(const ag_dialect_t *dialect, const char *name, ag_str_t lines)
{
    ag_buf_t  whole;

    (void) dialect;

    if (whole_of(&whole, CHAT, lines, NULL) != AG_OK) {
        fail_msg("%s: no whole", name);
    }

    assert_int_equal(ag_replay_end(CHAT, ag_buf_str(&whole)),
                     AG_REPLAY_COMPLETE);
    comes_back(CHAT, ag_buf_str(&whole));
    ag_buf_free(&whole);
}


static void
check_whole(const ag_dialect_t *dialect, const char *name, ag_str_t whole)
{
    (void) dialect;
    (void) name;

    assert_int_equal(ag_replay_end(CHAT, whole), AG_REPLAY_COMPLETE);
    comes_back(CHAT, whole);
}


static void
recorded_streams_of_openai(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".chunks.txt", check_stream);
}


static void
recorded_answers_of_openai(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai", ".json", check_whole);
}


static void
recorded_streams_of_others(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai-compatible", ".chunks.txt",
                   check_stream);
}


static void
recorded_answers_of_others(void **state)
{
    (void) state;

    for_recordings(&ag_openai, "openai-compatible", ".json", check_whole);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_message_is_put_together),
        cmocka_unit_test(a_message_without_a_text_has_null),
        cmocka_unit_test(a_message_is_told_in_its_order),
        cmocka_unit_test(no_text_is_told_as_null),
        cmocka_unit_test(what_is_no_message_is_not_told),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(recorded_streams_of_openai),
        cmocka_unit_test(recorded_answers_of_openai),
        cmocka_unit_test(recorded_streams_of_others),
        cmocka_unit_test(recorded_answers_of_others)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
