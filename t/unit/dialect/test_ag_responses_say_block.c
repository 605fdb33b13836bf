/*
 * Copyright (C) ngx_agent authors
 *
 * What is said within an item of a stream of the Responses API.
 */


#include "dialect/responses_test.h"


#define HI  "{\"input\":\"Hi\"}"


static void
holds_a_calls_first_words_for_its_signature(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TOOL, "f");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, "{");
    assert_int_equal(s.out.len, 0);

    say(&s, AG_EVENT_SIGN, 0, AG_BLOCK_TOOL, "SIG");
    assert_int_equal(s.out.len, 0);

    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, "}");
    said_types(&s, "output_item.added output_item.done output_item.added "
                   "function_call_arguments.delta ");
    assert_int_equal(said(&s, "\"delta\":\"{}\""), 1);
    assert_int_equal(said(&s, "ag1.gemini.SIG"), 1);

    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, " ");
    assert_int_equal(said(&s, "\"delta\":\" \""), 1);

    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TOOL, "");
    assert_int_equal(said(&s, "\"arguments\":\"{} \""), 1);

    say_free(&s);
}


static void
puts_a_signature_that_comes_late_behind_its_call(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TOOL, "f");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, "{");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, "}");
    say(&s, AG_EVENT_SIGN, 0, AG_BLOCK_TOOL, "SIG");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TOOL, "");
    say_finish(&s, AG_FINISH_TOOL_CALLS);

    said_types(&s, "output_item.added function_call_arguments.delta "
                   "function_call_arguments.done output_item.done "
                   "output_item.added output_item.done completed ");

    say_free(&s);
}


static void
tells_of_a_call_without_a_word_when_it_ends(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_CUSTOM, "f");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_CUSTOM, "");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_CUSTOM, "g");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_CUSTOM, "x");
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_CUSTOM, "");

    said_types(&s, "output_item.added custom_tool_call_input.done "
                   "output_item.done output_item.added "
                   "custom_tool_call_input.delta "
                   "custom_tool_call_input.done ");

    say_free(&s);
}


static void
keeps_logprobs_with_their_text(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "a");
    say(&s, AG_EVENT_LOGPROBS, 0, AG_BLOCK_TEXT, "{\"token\":\"a\"}");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_LOGPROBS, 0, AG_BLOCK_TEXT, "{\"token\":\"-\"}");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_LOGPROBS, 0, AG_BLOCK_TEXT, "{\"token\":\"b\"}");
    say(&s, AG_EVENT_LOGPROBS, 0, AG_BLOCK_TEXT, "{\"token\":\"c\"}");
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_TEXT, "");
    say_finish(&s, AG_FINISH_STOP);

    assert_int_equal(said(&s, "\"logprobs\":[{\"token\":\"a\"}]"), 5);
    assert_int_equal(said(&s, "\"logprobs\":[{\"token\":\"-\"},"
                              "{\"token\":\"b\"},{\"token\":\"c\"}]"), 4);

    say_free(&s);
}


static void
says_a_thoughts_words_in_a_summary(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_REASONING, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_REASONING, "a");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_REASONING, "b");
    say(&s, AG_EVENT_SIGN, 0, AG_BLOCK_REASONING, "SIG");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_REASONING, "");
    say_finish(&s, AG_FINISH_STOP);

    said_types(&s, "output_item.added reasoning_summary_part.added "
                   "reasoning_summary_text.delta "
                   "reasoning_summary_text.delta "
                   "reasoning_summary_text.done reasoning_summary_part.done "
                   "output_item.done completed ");
    assert_int_equal(said(&s, "\"encrypted_content\":\"ag1.gemini.SIG\""), 2);

    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(holds_a_calls_first_words_for_its_signature),
        cmocka_unit_test(puts_a_signature_that_comes_late_behind_its_call),
        cmocka_unit_test(tells_of_a_call_without_a_word_when_it_ends),
        cmocka_unit_test(keeps_logprobs_with_their_text),
        cmocka_unit_test(says_a_thoughts_words_in_a_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
