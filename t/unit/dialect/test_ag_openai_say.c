/*
 * Copyright (C) ngx_agent authors
 *
 * The stream of a chat completion.
 */


#include "dialect/openai_say_test.h"


static void
says_a_text(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, TEXT, 0);
    say_add(&s, TEXT, "Hi");
    say_add(&s, TEXT, " \"you\"\n");
    say_close(&s, TEXT, 0);
    say_finish(&s, STOP, 0);
    say_end(&s);
    expect_said(&s, ROLE "0{\"content\":\"Hi\"}|"
                    "0{\"content\":\" \\\"you\\\"\\n\"}|0{}stop|[DONE]");
}


/* Byte for byte: what a client reads that is no parser of JSON, too. */
static void
frames_as_openai_does(void **state)
{
    said_t  s;

    static const char  expected[] =
        "data: {\"id\":\"id-1\",\"object\":\"chat.completion.chunk\","
        "\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},"
        "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
        "data: {\"id\":\"id-1\",\"object\":\"chat.completion.chunk\","
        "\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],"
        "\"usage\":null}\n\n"
        "data: {\"id\":\"id-1\",\"object\":\"chat.completion.chunk\","
        "\"created\":1700000000,\"model\":\"m\",\"choices\":[],\"usage\":{"
        "\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13,"
        "\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0,"
        "\"cache_write_tokens\":2},\"completion_tokens_details\":{"
        "\"reasoning_tokens\":1,\"audio_tokens\":0,"
        "\"accepted_prediction_tokens\":0,"
        "\"rejected_prediction_tokens\":0}},\"service_tier\":\"flex\"}\n\n"
        "data: [DONE]\n\n";

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    s.n.include_usage = 1;
    say_start(&s);
    say_finish(&s, LENGTH, 0);
    s.usage.input_tokens = 9;
    s.usage.cached_tokens = 3;
    s.usage.written_tokens = 2;
    s.usage.output_tokens = 4;
    s.usage.reasoning_tokens = 1;
    say(&s, (ag_event_t) { .kind = AG_EVENT_END, .tier = AG_TIER_FLEX });

    assert_int_equal(s.out.len, sizeof(expected) - 1);
    assert_memory_equal(s.out.data, expected, s.out.len);
    say_free(&s);
}


static void
gives_each_choice_its_role(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, TEXT, .choice = 2);
    say_add(&s, TEXT, "B", .choice = 2);
    say_open(&s, TEXT, 0);
    say_add(&s, TEXT, "A");
    say_finish(&s, STOP, 0);
    say_finish(&s, STOP, .choice = 1);
    say_finish(&s, CONTENT_FILTER, .choice = 2);
    say_end(&s);
    expect_said(&s, ROLE
                "2{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}|"
                "2{\"content\":\"B\"}|0{\"content\":\"A\"}|0{}stop|"
                "1{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}|"
                "1{}stop|2{}content_filter|[DONE]");
}


static void
says_log_probabilities(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say(&s, (ag_event_t) { .kind = AG_EVENT_LOGPROBS, .text = of("{},{}") });
    say(&s, (ag_event_t) { .kind = AG_EVENT_LOGPROBS });
    expect_said(&s, ROLE "0{}{\"content\":[{},{}],\"refusal\":null}");
}


static void
makes_an_id(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    s.w.id = ag_str(NULL, 0);
    say_start(&s);
    assert_int_equal(s.w.id.len, 9 + AG_MINTED_LEN);
    assert_memory_equal(s.w.id.data, "chatcmpl-", 9);
    say_free(&s);
}


static void
escapes_ids_and_models(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    s.w.id = of("\"\n");
    say_start(&s);
    assert_memory_equal(s.out.data, "data: {\"id\":\"\\\"\\n\",", 18);
    say_free(&s);
}


/* An event is said whole or not at all. */
static void
stops_where_the_buffer_ends(void **state)
{
    int     rc;
    size_t  len, max;
    said_t  s;

    (void) state;

    for (max = 0; max < 1000; max += 7) {
        say_init(&s, "{}", SIZE_MAX / 2, max);
        rc = say_copied(&s, (ag_event_t) { .kind = AG_EVENT_START });

        while (rc == AG_OK) {
            len = s.out.len;
            rc = say_copied(&s, (ag_event_t) { .kind = AG_EVENT_ADD,
                                               .text = of("Hello") });
            assert_true(rc == AG_OK || s.out.len == len);
        }

        assert_int_equal(rc, AG_LIMIT);
        assert_true(s.out.len == 0
                    || s.out.data[s.out.len - 1] == '\n');
        say_free(&s);
    }
}


static void
stops_where_the_arena_ends(void **state)
{
    size_t  max;
    said_t  s;

    (void) state;

    for (max = 0; max < 16384; max += 64) {
        say_init(&s, "{}", max, SIZE_MAX / 2);
        s.w.id = ag_str(NULL, 0);

        if (say_copied(&s, (ag_event_t) { .kind = AG_EVENT_START }) == AG_OK
            && say_copied(&s, (ag_event_t) { .kind = AG_EVENT_OPEN,
                                             .type = AG_BLOCK_TOOL,
                                             .id = of("c1") }) == AG_OK
            && say_copied(&s, (ag_event_t) { .kind = AG_EVENT_CITE,
                                             .url = of("u") }) == AG_OK)
        {
            say_free(&s);
            return;
        }

        say_free(&s);
    }

    fail();
}


static void
knows_no_choice_past_the_last(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    assert_int_equal(say_copied(&s, (ag_event_t) { .kind = AG_EVENT_FINISH,
                                             .choice = AG_CHOICES_MAX }),
                     AG_LIMIT);
    say_finish(&s, STOP, .choice = AG_CHOICES_MAX - 1);
    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_a_text),
        cmocka_unit_test(frames_as_openai_does),
        cmocka_unit_test(gives_each_choice_its_role),
        cmocka_unit_test(says_log_probabilities),
        cmocka_unit_test(makes_an_id),
        cmocka_unit_test(escapes_ids_and_models),
        cmocka_unit_test(stops_where_the_buffer_ends),
        cmocka_unit_test(stops_where_the_arena_ends),
        cmocka_unit_test(knows_no_choice_past_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
