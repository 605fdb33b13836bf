/*
 * Copyright (C) ngx_agent authors
 *
 * Streams of the Messages API: which events come in which order.
 */


#include "anthropic_say_test.h"


static void
setup(saying_t *s)
{
    saying_init(s, SIZE_MAX, 1 << 20);
    start(s);
}


static void
begins_once_and_ends_once(void **state)
{
    saying_t    s;
    ag_event_t  event;

    (void) state;

    setup(&s);
    start(&s);
    start(&s);
    assert_said(&s, "(");

    end(&s, AG_FINISH_STOP);
    end(&s, AG_FINISH_STOP);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 0, "late");
    assert_said(&s, "( =end_turn )");
    saying_free(&s);

    /* an end without any beginning */

    saying_init(&s, SIZE_MAX, 1 << 20);
    event = event_made(AG_EVENT_END, 0);
    assert_int_equal(say(&s, &event), AG_OK);
    assert_said(&s, "( =end_turn )");
    saying_free(&s);
}


static void
loses_no_word_at_a_begin(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
    assert_said(&s, "(");
    add(&s, 0, "a");
    assert_said(&s, "( [0 text 0:a");
    add(&s, 0, "b");
    close_block(&s, 0);
    assert_said(&s, "( [0 text 0:a 0:b ]0");
    end(&s, AG_FINISH_LENGTH);
    assert_said(&s, "( [0 text 0:a 0:b ]0 =max_tokens )");
    saying_free(&s);
}


static void
keeps_thinking_apart_from_text(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 0, "hm");
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 1, "yes");
    close_block(&s, 1);
    open_block(&s, 2, AG_BLOCK_REFUSAL, NULL, NULL);
    add(&s, 2, "no");
    close_block(&s, 2);
    end(&s, AG_FINISH_CONTENT_FILTER);

    assert_said(&s, "( [0 thinking 0:hm ]0 [1 text 1:yes ]1 "
                    "[2 text 2:no ]2 =refusal )");
    saying_free(&s);
}


static void
leaves_out_blocks_without_a_word(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_REASONING, NULL, NULL);
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_TEXT, NULL, NULL);
    close_block(&s, 1);
    open_block(&s, 2, AG_BLOCK_TOOL, "a", "f");
    close_block(&s, 2);
    end(&s, AG_FINISH_TOOL_CALLS);

    assert_said(&s, "( [0 tool_use a f ]0 =tool_use )");
    saying_free(&s);
}


static void
leaves_out_images_custom_tools_and_other_choices(void **state)
{
    saying_t    s;
    ag_event_t  event;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_IMAGE, NULL, "image/png");
    add(&s, 0, "AAAA");
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_CUSTOM, "a", "f");
    add(&s, 1, "x");
    close_block(&s, 1);

    event = event_made(AG_EVENT_OPEN, 0);
    event.choice = 1;
    assert_int_equal(say(&s, &event), AG_OK);
    event.kind = AG_EVENT_ADD;
    event.text = text("other");
    assert_int_equal(say(&s, &event), AG_OK);
    event.kind = AG_EVENT_FINISH;
    event.finish = AG_FINISH_LENGTH;
    assert_int_equal(say(&s, &event), AG_OK);
    event = event_made(AG_EVENT_LOGPROBS, 0);
    assert_int_equal(say(&s, &event), AG_OK);

    end(&s, AG_FINISH_TOOL_CALLS);
    assert_said(&s, "( =end_turn )");
    saying_free(&s);
}


static void
writes_calls_in_turns_one_after_the_other(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TOOL, "a", "f");
    open_block(&s, 1, AG_BLOCK_TOOL, "b", "g");
    add(&s, 1, "{\"x\":");
    add(&s, 0, "{\"y\":");
    assert_said(&s, "( [0 tool_use a f 0:{\"y\":");
    add(&s, 1, "1");
    add(&s, 0, "2}");
    close_block(&s, 0);
    assert_said(&s, "( [0 tool_use a f 0:{\"y\": 0:2} ]0 "
                    "[1 tool_use b g 1:{\"x\":1");
    add(&s, 1, "}");
    close_block(&s, 1);
    end(&s, AG_FINISH_TOOL_CALLS);
    assert_said(&s, "( [0 tool_use a f 0:{\"y\": 0:2} ]0 "
                    "[1 tool_use b g 1:{\"x\":1 1:} ]1 =tool_use )");
    saying_free(&s);
}


static void
makes_ids_that_clients_accept(void **state)
{
    saying_t     s;
    const char  *first;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TOOL, "functions.f:0", "f");
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_TOOL, "functions.f_0", "f");
    close_block(&s, 1);
    open_block(&s, 2, AG_BLOCK_TOOL, "call_A-9", "f");
    close_block(&s, 2);

    first = said(&s);
    assert_non_null(strstr(first, "[0 tool_use functions_f_0_"));
    assert_non_null(strstr(first, "[1 tool_use functions_f_0_"));
    assert_non_null(strstr(first, "[2 tool_use call_A-9 f"));
    assert_int_not_equal(memcmp(strstr(first, "[0 tool_use ") + 3,
                                strstr(first, "[1 tool_use ") + 3, 42), 0);
    saying_free(&s);
}


static void
signs_thinking_before_its_end(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 0, "hm");
    sign(&s, 0, "S", AG_SIGNER_ANTHROPIC, 0);
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_REASONING, NULL, NULL);
    sign(&s, 1, "T", AG_SIGNER_RESPONSES, 0);
    close_block(&s, 1);
    open_block(&s, 2, AG_BLOCK_REASONING, NULL, NULL);
    sign(&s, 2, "U", AG_SIGNER_RESPONSES, 1);
    close_block(&s, 2);
    open_block(&s, 3, AG_BLOCK_REASONING, NULL, NULL);
    sign(&s, 3, "V", AG_SIGNER_ANTHROPIC, 1);
    close_block(&s, 3);

    /* it has a text, whatever they say */

    open_block(&s, 4, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 4, "x");
    sign(&s, 4, "W", AG_SIGNER_RESPONSES, 1);
    close_block(&s, 4);
    end(&s, AG_FINISH_STOP);

    assert_said(&s, "( [0 thinking 0:hm 0:S ]0 "
                    "[1 thinking 1:ag1.responses.T ]1 "
                    "[2 redacted_thinking   ag1.responses-redacted.U ]2 "
                    "[3 redacted_thinking   V ]3 "
                    "[4 thinking 4:x 4:ag1.responses.W ]4 =end_turn )");
    saying_free(&s);
}


static void
puts_early_signatures_before_and_late_ones_behind(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TOOL, "a", "f");
    sign(&s, 0, "E", AG_SIGNER_GEMINI, 0);
    add(&s, 0, "{}");
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 1, "x");
    sign(&s, 1, "L", AG_SIGNER_GEMINI, 0);
    add(&s, 1, "y");
    close_block(&s, 1);

    /* nobody else signs a text: what it is cannot be said here */

    open_block(&s, 2, AG_BLOCK_TEXT, NULL, NULL);
    sign(&s, 2, "N", AG_SIGNER_OTHER, 0);
    add(&s, 2, "z");
    sign(&s, 2, "N", AG_SIGNER_OTHER, 0);
    close_block(&s, 2);
    end(&s, AG_FINISH_TOOL_CALLS);

    assert_said(&s, "( [0 thinking 0:ag1.gemini.E ]0 "
                    "[1 tool_use a f 1:{} ]1 "
                    "[2 text 2:x 2:y ]2 "
                    "[3 thinking 3:ag1.gemini-redacted.L ]3 "
                    "[4 text 4:z ]4 =tool_use )");
    saying_free(&s);
}


static void
hides_thinking_that_nobody_wants_to_see(void **state)
{
    saying_t  s;

    (void) state;

    saying_init(&s, SIZE_MAX, 1 << 20);
    s.n.adaptive = 1;
    start(&s);
    open_block(&s, 0, AG_BLOCK_REASONING, NULL, NULL);
    open_block(&s, 1, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 0, "hm");
    add(&s, 1, "hm");
    sign(&s, 0, "S", AG_SIGNER_ANTHROPIC, 0);
    close_block(&s, 0);
    close_block(&s, 1);
    end(&s, AG_FINISH_STOP);
    assert_said(&s, "( [0 thinking 0:S ]0 =end_turn )");
    saying_free(&s);

    saying_init(&s, SIZE_MAX, 1 << 20);
    s.n.adaptive = 1;
    s.n.summary = 1;
    start(&s);
    open_block(&s, 0, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 0, "hm");
    assert_said(&s, "( [0 thinking 0:hm");
    saying_free(&s);
}


static void
names_sources_of_a_text(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 0, "x");
    cite(&s, 0, "https://a/", "A");
    cite(&s, 0, "https://b/", "");
    close_block(&s, 0);
    open_block(&s, 1, AG_BLOCK_TOOL, "a", "f");
    cite(&s, 1, "https://c/", "C");
    end(&s, AG_FINISH_STOP);

    assert_said(&s, "( [0 text 0:x 0:https://a/ 0:https://b/ ]0 "
                    "[1 tool_use a f ]1 =end_turn )");
    saying_free(&s);
}


static void
closes_what_is_open_at_the_end(void **state)
{
    saying_t  s;

    (void) state;

    setup(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 0, "x");
    open_block(&s, 1, AG_BLOCK_TOOL, "a", "f");
    open_block(&s, 2, AG_BLOCK_TOOL, "b", "g");
    add(&s, 2, "{}");
    end(&s, AG_FINISH_NONE);

    assert_said(&s, "( [0 text 0:x ]0 [1 tool_use a f ]1 "
                    "[2 tool_use b g 2:{} ]2 =end_turn )");
    saying_free(&s);
}


static void
writes_no_half_of_an_event(void **state)
{
    size_t    max;
    saying_t  s;

    (void) state;

    for (max = 0; max < 1500; max++) {
        saying_init(&s, max, 1 << 20);
        start(&s);

        if (s.rc == AG_OK) {
            open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
            add(&s, 0, "x");
        }

        if (s.rc == AG_OK) {
            end(&s, AG_FINISH_STOP);
        }

        assert_true(s.rc == AG_OK || s.rc == AG_LIMIT);
        (void) said(&s);
        saying_free(&s);
    }

    assert_int_equal(s.rc, AG_OK);
}


static void
says_that_memory_is_out(void **state)
{
    size_t      max;
    unsigned    fine;
    saying_t    s;
    ag_event_t  event;

    (void) state;

    fine = 0;

    for (max = 0; max < 2000; max += 16) {
        saying_init(&s, SIZE_MAX, max);
        s.w.id = text("chatcmpl-1");
        start(&s);

        event = event_made(AG_EVENT_OPEN, 0);
        event.type = AG_BLOCK_TOOL;
        event.id = text("a.b");
        event.name = text("f");

        if (s.rc == AG_OK && say(&s, &event) == AG_OK) {
            fine++;

        } else {
            assert_int_equal(s.rc, AG_NOMEM);
        }

        (void) said(&s);
        saying_free(&s);
    }

    assert_true(fine > 0 && fine < 124);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(begins_once_and_ends_once),
        cmocka_unit_test(loses_no_word_at_a_begin),
        cmocka_unit_test(keeps_thinking_apart_from_text),
        cmocka_unit_test(leaves_out_blocks_without_a_word),
        cmocka_unit_test(leaves_out_images_custom_tools_and_other_choices),
        cmocka_unit_test(writes_calls_in_turns_one_after_the_other),
        cmocka_unit_test(makes_ids_that_clients_accept),
        cmocka_unit_test(signs_thinking_before_its_end),
        cmocka_unit_test(puts_early_signatures_before_and_late_ones_behind),
        cmocka_unit_test(hides_thinking_that_nobody_wants_to_see),
        cmocka_unit_test(names_sources_of_a_text),
        cmocka_unit_test(closes_what_is_open_at_the_end),
        cmocka_unit_test(writes_no_half_of_an_event),
        cmocka_unit_test(says_that_memory_is_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
