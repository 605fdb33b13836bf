/*
 * Copyright (C) ngx_agent authors
 *
 * Streams of the Responses API: which events, in which order.
 */


#include "dialect/responses_test.h"


#define HI  "{\"input\":\"Hi\"}"


static void
says_nothing_of_other_choices(void **state)
{
    said_t      s;
    ag_event_t  event;

    (void) state;

    say_init(&s, HI);
    memset(&event, 0, sizeof(event));
    event.kind = AG_EVENT_OPEN;
    event.choice = 1;

    assert_int_equal(ag_responses_say_event(&s.w, &event), AG_OK);
    assert_int_equal(s.out.len, 0);

    say_free(&s);
}


static void
ends_an_item_when_it_knows_how(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TEXT, "");
    assert_int_equal(said(&s, "response.output_item.done"), 0);

    say_finish(&s, AG_FINISH_LENGTH);
    assert_int_equal(said(&s, "\"status\":\"incomplete\",\"role\""), 2);
    assert_int_equal(said(&s, "event: response.incomplete\n"), 1);

    said_types(&s, "output_item.added content_part.added output_text.delta "
                   "output_text.done content_part.done output_item.done "
                   "incomplete ");

    say_free(&s);
}


static void
puts_texts_in_a_row_into_one_message(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_REFUSAL, "");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_REFUSAL, "b");
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_REFUSAL, "");
    say(&s, AG_EVENT_OPEN, 2, AG_BLOCK_REASONING, "");
    say(&s, AG_EVENT_CLOSE, 2, AG_BLOCK_REASONING, "");
    say(&s, AG_EVENT_OPEN, 3, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 3, AG_BLOCK_TEXT, "c");
    say(&s, AG_EVENT_CLOSE, 3, AG_BLOCK_TEXT, "");
    say_finish(&s, AG_FINISH_STOP);

    said_types(&s, "output_item.added content_part.added output_text.delta "
                   "output_text.done content_part.done content_part.added "
                   "refusal.delta refusal.done content_part.done "
                   "output_item.done output_item.added output_item.done "
                   "output_item.added content_part.added output_text.delta "
                   "output_text.done content_part.done output_item.done "
                   "completed ");
    assert_int_equal(said(&s, "\"content_index\":1"), 4);

    say_free(&s);
}


static void
lets_a_message_go_on_beside_a_call(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_TOOL, "f");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_TOOL, "{");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_TOOL, "}");
    say(&s, AG_EVENT_OPEN, 2, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "b");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 2, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_TOOL, "");
    say_finish(&s, AG_FINISH_TOOL_CALLS);

    /* two messages and a call, each in its own place */

    assert_int_equal(said(&s, "event: response.output_item.added"), 3);
    assert_int_equal(said(&s, "event: response.output_item.done"), 3);
    assert_int_equal(said(&s, "\"output_index\":0,\"content_index\":0,"
                              "\"delta\":\"b\""), 1);
    assert_int_equal(said(&s, "\"text\":\"ab\""), 4);

    say_free(&s);
}


static void
gives_nothing_more_to_a_message_that_is_done(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TOOL, "f");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TOOL, "");
    assert_int_equal(said(&s, "event: response.output_item.done"), 1);

    say(&s, AG_EVENT_OPEN, 2, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 2, AG_BLOCK_TEXT, "");
    say_finish(&s, AG_FINISH_TOOL_CALLS);

    assert_int_equal(said(&s, "event: response.output_item.added"), 3);
    assert_int_equal(said(&s, "event: response.output_item.done"), 3);
    assert_int_equal(said(&s, "\"content_index\":1"), 0);

    say_free(&s);
}


static void
counts_events_without_a_gap(void **state)
{
    char      word[64];
    said_t    s;
    unsigned  i;

    (void) state;

    say_init(&s, HI);

    for (i = 0; i < 1000; i++) {
        say(&s, AG_EVENT_OPEN, i, AG_BLOCK_REASONING, "");
        say(&s, AG_EVENT_ADD, i, AG_BLOCK_REASONING, "x");
        say(&s, AG_EVENT_CLOSE, i, AG_BLOCK_REASONING, "");
    }

    /* as much memory for each block */

    assert_true(s.arena.used < 1000 * 1000);

    say_finish(&s, AG_FINISH_STOP);

    for (i = 0; i < 6001; i += 600) {
        snprintf(word, sizeof(word), "\"sequence_number\":%u,", i);
        assert_int_equal(said(&s, word), 1);
    }

    assert_int_equal(said(&s, "\"sequence_number\":6001,"), 0);
    assert_int_equal(said(&s, "\"output_index\":999,"), 6);

    say_free(&s);
}


static void
passes_over_blocks_that_nobody_opened(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_ADD, 3, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_CLOSE, 3, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_OPEN, 5, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 5, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 5, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_CLOSE, 4, AG_BLOCK_TEXT, "");

    assert_int_equal(said(&s, "event: response.output_text.done"), 1);

    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_nothing_of_other_choices),
        cmocka_unit_test(ends_an_item_when_it_knows_how),
        cmocka_unit_test(puts_texts_in_a_row_into_one_message),
        cmocka_unit_test(lets_a_message_go_on_beside_a_call),
        cmocka_unit_test(gives_nothing_more_to_a_message_that_is_done),
        cmocka_unit_test(counts_events_without_a_gap),
        cmocka_unit_test(passes_over_blocks_that_nobody_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
