/*
 * Copyright (C) ngx_agent authors
 *
 * Streams that are ended in the middle, to the byte.
 */


#include "dialect_test.h"


static const ag_usage_t  used = { 30, 4, 5, 12, 3, 1 };


static void
seen(ag_cut_t *cut, ag_endpoint_t endpoint, const char *type,
    const char *data)
{
    ag_sse_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = text(type);
    event.data = text(data);
    event.has_data = 1;

    ag_cut_event(cut, endpoint, &event);
}


static void
ends(ag_cut_t *cut, ag_endpoint_t endpoint, int wanted, const char *expected)
{
    ag_buf_t  out;

    ag_buf_init(&out, 4096);
    assert_int_equal(ag_buf_add_string(&out, "before\n"), AG_OK);
    assert_int_equal(ag_cut_write(&out, cut, endpoint, &used, wanted), AG_OK);
    assert_int_equal(ag_buf_add(&out, "", 1), AG_OK);

    assert_memory_equal(out.data, "before\n", 7);
    assert_string_equal((char *) out.data + 7, expected);

    ag_buf_free(&out);
}


#define CHUNK_HEAD(object)                                                    \
    "data: {\"id\":\"c1\",\"object\":\"" object "\",\"created\":17,"          \
    "\"model\":\"m\",\"choices\":["

#define DONE  "data: [DONE]\n\n"


static void
a_chat_ends_at_its_length(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_CHAT, "",
         "{\"id\":\"c1\",\"created\":17,\"model\":\"m\",\"choices\":[{"
         "\"index\":0,\"delta\":{\"content\":\"x\"},"
         "\"finish_reason\":null}]}");

    ends(&cut, AG_ENDPOINT_CHAT, 0,
         CHUNK_HEAD("chat.completion.chunk") "{\"index\":0,\"delta\":{},"
         "\"finish_reason\":\"length\"}]}\n\n" DONE);

    ends(&cut, AG_ENDPOINT_CHAT, 1,
         CHUNK_HEAD("chat.completion.chunk") "{\"index\":0,\"delta\":{},"
         "\"finish_reason\":\"length\"}]}\n\n"
         CHUNK_HEAD("chat.completion.chunk") "],\"usage\":{"
         "\"prompt_tokens\":30,\"completion_tokens\":12,\"total_tokens\":42,"
         "\"prompt_tokens_details\":{\"cached_tokens\":4,"
         "\"audio_tokens\":0,\"cache_write_tokens\":5},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":3,"
         "\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
         "\"rejected_prediction_tokens\":0}}}\n\n" DONE);
}


static void
choices_that_have_ended_are_not_ended_again(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_COMPLETIONS, "",
         "{\"id\":\"c1\",\"created\":17,\"model\":\"m\",\"choices\":[{"
         "\"index\":1,\"text\":\"x\"},{\"index\":127,\"text\":\"x\"},"
         "{\"index\":128,\"text\":\"x\"},{\"index\":-1,\"text\":\"x\"}]}");
    seen(&cut, AG_ENDPOINT_COMPLETIONS, "",
         "{\"choices\":[{\"index\":1,\"text\":\"\","
         "\"finish_reason\":\"stop\"}]}");

    ends(&cut, AG_ENDPOINT_COMPLETIONS, 0,
         CHUNK_HEAD("text_completion") "{\"index\":0,\"text\":\"\","
         "\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\n"
         CHUNK_HEAD("text_completion") "{\"index\":127,\"text\":\"\","
         "\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\n" DONE);

    seen(&cut, AG_ENDPOINT_COMPLETIONS, "",
         "{\"choices\":[{\"index\":127,\"finish_reason\":\"stop\"},"
         "{\"finish_reason\":\"stop\"}]}");

    ends(&cut, AG_ENDPOINT_COMPLETIONS, 0, DONE);
}


static void
a_chat_that_has_not_begun_ends_too(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_CHAT, "", "");
    seen(&cut, AG_ENDPOINT_CHAT, "", "{");
    seen(&cut, AG_ENDPOINT_CHAT, "", "[]");
    seen(&cut, AG_ENDPOINT_CHAT, "",
         "{\"id\":7,\"created\":-1,\"choices\":{}}");

    ends(&cut, AG_ENDPOINT_CHAT, 0,
         "data: {\"id\":\"\",\"object\":\"chat.completion.chunk\","
         "\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"delta\":{},"
         "\"finish_reason\":\"length\"}]}\n\n" DONE);
}


static void
the_last_id_counts_and_a_long_one_is_cut(void **state)
{
    char      data[300];
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    snprintf(data, sizeof(data), "{\"id\":\"%0200d\",\"model\":\"n\"}", 0);
    seen(&cut, AG_ENDPOINT_CHAT, "", data);
    assert_int_equal(cut.id_len, sizeof(cut.id));

    seen(&cut, AG_ENDPOINT_CHAT, "",
         "{\"id\":\"c1\",\"model\":\"m\",\"created\":17}");
    seen(&cut, AG_ENDPOINT_CHAT, "", "{\"id\":\"\",\"model\":null}");

    ends(&cut, AG_ENDPOINT_CHAT, 0,
         CHUNK_HEAD("chat.completion.chunk") "{\"index\":0,\"delta\":{},"
         "\"finish_reason\":\"length\"}]}\n\n" DONE);
}


#define MESSAGE_END                                                           \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"     \
    "\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{"      \
    "\"input_tokens\":21,\"cache_creation_input_tokens\":5,"                  \
    "\"cache_read_input_tokens\":4,\"output_tokens\":12,"                     \
    "\"output_tokens_details\":{\"thinking_tokens\":3}}}\n\n"                 \
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"


static void
a_message_closes_its_block(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_MESSAGES, "message_start",
         "{\"type\":\"message_start\"}");
    ends(&cut, AG_ENDPOINT_MESSAGES, 0, MESSAGE_END);

    seen(&cut, AG_ENDPOINT_MESSAGES, "content_block_start",
         "{\"index\":3,\"content_block\":{}}");
    seen(&cut, AG_ENDPOINT_MESSAGES, "", "{\"type\":\"content_block_delta\","
         "\"index\":3,\"delta\":{}}");
    ends(&cut, AG_ENDPOINT_MESSAGES, 0,
         "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
         "\"index\":3}\n\n" MESSAGE_END);

    seen(&cut, AG_ENDPOINT_MESSAGES, "",
         "{\"type\":\"content_block_stop\",\"index\":3}");
    ends(&cut, AG_ENDPOINT_MESSAGES, 1, MESSAGE_END);
}


static void
an_attempt_that_failed_leaves_no_block_open(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_MESSAGES, "",
         "{\"type\":\"content_block_start\",\"index\":0}");
    seen(&cut, AG_ENDPOINT_MESSAGES, "", "{\"type\":\"message_start\"}");
    ends(&cut, AG_ENDPOINT_MESSAGES, 0, MESSAGE_END);
}


static void
a_response_is_incomplete(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_RESPONSES, "response.created",
         "{\"type\":\"response.created\",\"sequence_number\":4,\"response\":{"
         "\"id\":\"r1\",\"created_at\":17,\"model\":\"m\"}}");
    seen(&cut, AG_ENDPOINT_RESPONSES, "",
         "{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}");

    ends(&cut, AG_ENDPOINT_RESPONSES, 0,
         "event: response.incomplete\ndata: {\"type\":\"response.incomplete\","
         "\"sequence_number\":6,\"response\":{\"id\":\"r1\","
         "\"object\":\"response\",\"created_at\":17,\"status\":\"incomplete\","
         "\"background\":false,\"error\":null,\"incomplete_details\":{"
         "\"reason\":\"max_output_tokens\"},\"instructions\":null,"
         "\"max_output_tokens\":null,\"metadata\":{},\"model\":\"m\","
         "\"output\":[],\"parallel_tool_calls\":true,"
         "\"previous_response_id\":null,\"temperature\":null,"
         "\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":null,\"usage\":{"
         "\"input_tokens\":30,\"input_tokens_details\":{\"cached_tokens\":4,"
         "\"cache_write_tokens\":5},\"output_tokens\":12,"
         "\"output_tokens_details\":{\"reasoning_tokens\":3},"
         "\"total_tokens\":42}}}\n\n");
}


static void
sequence_numbers_do_not_wrap(void **state)
{
    ag_cut_t  cut;

    (void) state;

    memset(&cut, 0, sizeof(cut));
    seen(&cut, AG_ENDPOINT_RESPONSES, "",
         "{\"sequence_number\":18446744073709551615}");
    assert_int_equal(cut.sequence, UINT32_MAX);

    seen(&cut, AG_ENDPOINT_RESPONSES, "", "{\"sequence_number\":7}");
    assert_int_equal(cut.sequence, 8);
}


static void
a_buffer_that_is_full_stays_as_it_was(void **state)
{
    size_t    max;
    unsigned  i;
    ag_buf_t  out;
    ag_cut_t  cut;

    static const ag_endpoint_t  endpoints[] = {
        AG_ENDPOINT_CHAT, AG_ENDPOINT_COMPLETIONS, AG_ENDPOINT_MESSAGES,
        AG_ENDPOINT_RESPONSES
    };

    (void) state;

    memset(&cut, 0, sizeof(cut));

    for (i = 0; i < 4; i++) {
        for (max = 1; max < 130; max++) {
            ag_buf_init(&out, max);
            assert_int_equal(ag_buf_add(&out, "x", 1), AG_OK);
            assert_int_equal(ag_cut_write(&out, &cut, endpoints[i], &used, 1),
                             AG_LIMIT);
            assert_int_equal(out.len, 1);
            ag_buf_free(&out);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_chat_ends_at_its_length),
        cmocka_unit_test(choices_that_have_ended_are_not_ended_again),
        cmocka_unit_test(a_chat_that_has_not_begun_ends_too),
        cmocka_unit_test(the_last_id_counts_and_a_long_one_is_cut),
        cmocka_unit_test(a_message_closes_its_block),
        cmocka_unit_test(an_attempt_that_failed_leaves_no_block_open),
        cmocka_unit_test(a_response_is_incomplete),
        cmocka_unit_test(sequence_numbers_do_not_wrap),
        cmocka_unit_test(a_buffer_that_is_full_stays_as_it_was)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
