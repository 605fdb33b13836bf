/*
 * Copyright (C) ngx_agent authors
 *
 * Streams of chats and completions become the whole answer: the choices, and
 * what stands beside them.
 */


#include "replay_chat_test.h"


#define CHAT  AG_ENDPOINT_CHAT

#define ROOT(members)  "{" members ",\"choices\":[]}\n"

#define STOP  FINISH("stop")

#define SAID                                                                  \
    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","          \
    "\"content\":\"a\"},\"finish_reason\":\"stop\"}]"


static const ag_usage_t  used = { 30, 4, 5, 12, 3, 1 };


static int
whole_rc(const char *stream)
{
    int       rc;
    ag_buf_t  out;

    rc = whole_bytes(&out, CHAT, text(stream), NULL);
    ag_buf_free(&out);

    return rc;
}


static void
what_all_events_say_is_said_once(void **state)
{
    (void) state;

    becomes(CHAT,
            ROOT("\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\","
                 "\"prompt_filter_results\":[{\"prompt_index\":0}]")
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\","
            "\"created\":17,\"model\":\"m\",\"service_tier\":null,"
            "\"system_fingerprint\":\"f\",\"obfuscation\":\"xy\","
            "\"x_groq\":{\"id\":\"r\"},\"choices\":[{\"index\":0,"
            "\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n"
            "{\"id\":\"c2\",\"created\":18,\"model\":\"n\","
            "\"service_tier\":\"default\",\"x_groq\":{\"id\":\"s\"},"
            "\"choices\":[{\"index\":0,\"delta\":{},"
            "\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":1}}\n"
            ROOT("\"usage\":{\"total_tokens\":2}"),
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":17,"
            "\"model\":\"m\",\"service_tier\":\"default\","
            "\"system_fingerprint\":\"f\",\"x_groq\":{\"id\":\"s\"},"
            "\"prompt_filter_results\":[{\"prompt_index\":0}],"
            SAID ",\"usage\":{\"total_tokens\":2}}");
}


static void
the_same_list_may_come_again(void **state)
{
    (void) state;

    becomes(CHAT,
            "{\"citations\":[\"u\"],\"choices\":[{\"index\":0,"
            "\"delta\":{\"content\":\"a\"}}]}\n"
            "{\"citations\":[\"u\"],\"choices\":[{\"index\":0,"
            "\"finish_reason\":\"stop\"}]}\n",
            "{\"object\":\"chat.completion\",\"citations\":[\"u\"]," SAID
            "}");
    becomes_nothing(CHAT, ROOT("\"citations\":[\"u\"]") STOP
                    ROOT("\"citations\":[\"v\"]"));
}


static void
usage_is_written_where_it_was_not_told(void **state)
{
    ag_buf_t    out;
    ag_str_t    lines;
    ag_usage_t  unknown;

    (void) state;

    lines = text("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
                 "\"finish_reason\":\"stop\"}],\"usage\":null}\n");

    assert_int_equal(whole_of(&out, CHAT, lines, &used), AG_OK);
    same_json(text("{\"object\":\"chat.completion\"," SAID ",\"usage\":{"
                   "\"prompt_tokens\":30,\"completion_tokens\":12,"
                   "\"total_tokens\":42,\"prompt_tokens_details\":{"
                   "\"cached_tokens\":4,\"audio_tokens\":0,"
                   "\"cache_write_tokens\":5},"
                   "\"completion_tokens_details\":{\"reasoning_tokens\":3,"
                   "\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                   "\"rejected_prediction_tokens\":0}}}"),
              ag_buf_str(&out));
    ag_buf_free(&out);

    unknown = used;
    unknown.known = 0;

    assert_int_equal(whole_of(&out, CHAT, lines, &unknown), AG_OK);
    same_json(text("{\"object\":\"chat.completion\"," SAID "}"),
              ag_buf_str(&out));
    ag_buf_free(&out);
}


static void
choices_are_put_together_by_their_index(void **state)
{
    (void) state;

    becomes(CHAT,
            CHUNK("{\"index\":1,\"delta\":{\"content\":\"b\"}}")
            CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"},"
                  "\"finish_reason\":\"\"},"
                  "{\"index\":1,\"delta\":{\"content\":\"B\"},"
                  "\"finish_reason\":\"length\"}")
            CHUNK("{\"index\":0,\"delta\":null,\"finish_reason\":\"stop\"}"),
            WHOLE("{\"index\":0,\"message\":{\"role\":\"assistant\","
                  "\"content\":\"a\"},\"finish_reason\":\"stop\"},"
                  "{\"index\":1,\"message\":{\"role\":\"assistant\","
                  "\"content\":\"bB\"},\"finish_reason\":\"length\"}"));
}


static void
what_a_choice_has_beside_its_message_is_kept(void **state)
{
    (void) state;

    becomes(CHAT,
            CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"},"
                  "\"message\":{\"content\":\"a\"},"
                  "\"content_filter_results\":{\"hate\":{}},"
                  "\"stop_reason\":null,\"token_ids\":[1,2],"
                  "\"logprobs\":{\"content\":[{\"token\":\"a\"}],"
                  "\"refusal\":null}}")
            CHUNK("{\"index\":0,\"delta\":{},\"token_ids\":[3],"
                  "\"logprobs\":{\"content\":[{\"index\":0},{\"index\":0}],"
                  "\"refusal\":[]},\"content_filter_results\":{},"
                  "\"native_finish_reason\":\"STOP\","
                  "\"finish_reason\":\"stop\"}"),
            WHOLE("{\"index\":0,\"message\":{\"role\":\"assistant\","
                  "\"content\":\"a\"},\"stop_reason\":null,"
                  "\"content_filter_results\":{\"hate\":{}},"
                  "\"token_ids\":[1,2,3],\"logprobs\":{\"content\":["
                  "{\"token\":\"a\"},{\"index\":0},{\"index\":0}],"
                  "\"refusal\":[]},\"native_finish_reason\":\"STOP\","
                  "\"finish_reason\":\"stop\"}"));
}


static void
half_a_stream_is_no_answer(void **state)
{
    (void) state;

    becomes_nothing(CHAT, "");
    becomes_nothing(CHAT, ROOT("\"id\":\"c1\""));
    becomes_nothing(CHAT, DELTA("\"content\":\"a\""));
    becomes_nothing(CHAT, STOP CHUNK("{\"index\":1,\"delta\":{}}"));
    becomes_nothing(CHAT, CHUNK("{\"index\":1,\"finish_reason\":\"stop\"}"));

    /* without [DONE] */

    assert_int_equal(whole_rc(""), AG_NONE);
    assert_int_equal(whole_rc("data: " FINISH("stop") "\n\n"), AG_NONE);
    assert_int_equal(whole_rc("data: " FINISH("stop") "\n\ndata: [DONE]\n"),
                     AG_NONE);
    assert_int_equal(whole_rc("data: " FINISH("stop") "\n\n"
                              "data: [DONE]\n\n"), AG_OK);
}


static void
an_error_is_no_answer(void **state)
{
    (void) state;

    becomes_nothing(CHAT, STOP "{\"error\":{\"message\":\"x\"}}\n");
    becomes_nothing(CHAT, STOP ROOT("\"error\":\"x\""));
    becomes_nothing(CHAT, CHUNK("{\"index\":0,\"error\":{\"code\":502},"
                                "\"finish_reason\":\"stop\"}"));
    becomes(CHAT, STOP ROOT("\"error\":null"),
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":17,"
            "\"model\":\"m\",\"error\":null,\"choices\":[{\"index\":0,"
            "\"message\":{\"role\":\"assistant\",\"content\":null},"
            "\"finish_reason\":\"stop\"}]}");

    assert_int_equal(whole_rc("data: " FINISH("stop") "\n"
                              "event: error\ndata: {}\n\n"
                              "data: [DONE]\n\n"), AG_NONE);
}


static void
what_is_no_chunk_is_no_answer(void **state)
{
    (void) state;

    becomes_nothing(CHAT, STOP "1\n");
    becomes_nothing(CHAT, STOP "{\n");
    becomes_nothing(CHAT, STOP ROOT("\"object\":\"text_completion\""));
    becomes_nothing(CHAT, STOP ROOT("\"a\":1,\"a\":1"));
    becomes_nothing(CHAT, STOP CHUNK("1"));
    becomes_nothing(CHAT, STOP CHUNK("{\"index\":\"0\"}"));
    becomes_nothing(CHAT, CHUNK("{\"delta\":{},\"finish_reason\":\"stop\"},"
                                "{\"index\":1,\"finish_reason\":\"stop\"}"));
    becomes_nothing(CHAT, STOP CHUNK("{\"index\":0,\"delta\":\"a\"}"));
    becomes_nothing(CHAT, STOP CHUNK("{\"index\":0,\"finish_reason\":1}"));
    becomes_nothing(CHAT, STOP CHUNK("{\"index\":0,\"delta\":{},"
                                     "\"delta\":{}}"));
}


static void
comments_say_nothing_and_nothing_follows_the_end(void **state)
{
    (void) state;

    assert_int_equal(whole_rc(": ping\n\ndata: " FINISH("stop") "\n\n\n"
                              "data: [DONE]\n\ndata: {\n\n"), AG_OK);
}


static void
too_many_choices_are_a_limit(void **state)
{
    ag_buf_t  out;

    (void) state;

    assert_int_equal(whole_of(&out, CHAT,
                              text(STOP CHUNK("{\"index\":128}")), NULL),
                     AG_LIMIT);
    ag_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_all_events_say_is_said_once),
        cmocka_unit_test(the_same_list_may_come_again),
        cmocka_unit_test(usage_is_written_where_it_was_not_told),
        cmocka_unit_test(choices_are_put_together_by_their_index),
        cmocka_unit_test(what_a_choice_has_beside_its_message_is_kept),
        cmocka_unit_test(half_a_stream_is_no_answer),
        cmocka_unit_test(an_error_is_no_answer),
        cmocka_unit_test(what_is_no_chunk_is_no_answer),
        cmocka_unit_test(comments_say_nothing_and_nothing_follows_the_end),
        cmocka_unit_test(too_many_choices_are_a_limit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
