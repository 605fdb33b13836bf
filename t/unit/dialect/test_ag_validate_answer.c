/*
 * Copyright (C) ngx_agent authors
 *
 * Choices and calls are found again, keep their texts apart, and end.
 */


#include "validate_test.h"


static void
a_choice_is_found_by_its_index(void **state)
{
    ag_validate_answer_t  answer;

    (void) state;

    ag_validate_answer_init(&answer, 1);

    assert_int_equal(ag_validate_answer_choice(&answer, 2)->index, 2);
    assert_int_equal(ag_validate_answer_choice(&answer, 0)->index, 0);
    assert_int_equal(ag_validate_answer_choice(&answer, 2)->index, 2);
    assert_int_equal(answer.choice_count, 2);
    assert_ptr_equal(ag_validate_answer_choice(&answer, 0),
                     &answer.choices[1]);

    ag_validate_answer_free(&answer);
}


static void
choices_beyond_the_cap_are_refused(void **state)
{
    uint64_t              i;
    ag_validate_answer_t  answer;

    (void) state;

    ag_validate_answer_init(&answer, 1);

    for (i = 0; i < AG_CHOICES_MAX; i++) {
        assert_non_null(ag_validate_answer_choice(&answer, i));
    }

    assert_int_equal(answer.rc, AG_OK);
    assert_null(ag_validate_answer_choice(&answer, i));
    assert_int_equal(answer.rc, AG_LIMIT);
    assert_int_equal(answer.choice_count, AG_CHOICES_MAX);

    ag_validate_answer_free(&answer);
}


static void
calls_beyond_the_cap_are_refused(void **state)
{
    uint64_t               i;
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *choice;

    (void) state;

    ag_validate_answer_init(&answer, 1);
    choice = ag_validate_answer_choice(&answer, 0);
    assert_non_null(choice);

    for (i = 0; i < AG_VALIDATE_CALLS_MAX; i++) {
        assert_non_null(ag_validate_answer_call(&answer, choice, i));
    }

    assert_null(ag_validate_answer_call(&answer, choice, i));
    assert_int_equal(answer.rc, AG_LIMIT);

    ag_validate_answer_free(&answer);
}


static void
a_call_is_found_by_its_choice_and_index(void **state)
{
    ag_validate_call_t    *call;
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *first, *second;

    (void) state;

    ag_validate_answer_init(&answer, 1);
    assert_non_null(ag_validate_answer_choice(&answer, 0));
    second = ag_validate_answer_choice(&answer, 1);
    first = ag_validate_answer_choice(&answer, 0);

    assert_null(ag_validate_answer_find(&answer, first, 0));

    assert_non_null(ag_validate_answer_call(&answer, first, 0));
    assert_non_null(ag_validate_answer_call(&answer, first, 1));
    assert_non_null(ag_validate_answer_call(&answer, second, 0));

    call = ag_validate_answer_find(&answer, first, 0);
    assert_ptr_equal(call, &answer.calls[0]);
    call = ag_validate_answer_find(&answer, second, 0);
    assert_ptr_equal(call, &answer.calls[2]);
    call = ag_validate_answer_find(&answer, first, AG_VALIDATE_CLOSED);
    assert_ptr_equal(call, &answer.calls[1]);
    assert_null(ag_validate_answer_find(&answer, second, 1));

    /* the later of two is the one that is still open */

    assert_non_null(ag_validate_answer_call(&answer, first, 0));
    call = ag_validate_answer_find(&answer, first, 0);
    assert_ptr_equal(call, &answer.calls[3]);

    ag_validate_answer_close(&answer);
    assert_null(ag_validate_answer_find(&answer, first, 0));

    ag_validate_answer_free(&answer);
}


static void
the_last_text_begins_behind_what_is_no_text(void **state)
{
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *choice;

    (void) state;

    ag_validate_answer_init(&answer, 0);
    choice = ag_validate_answer_choice(&answer, 0);

    ag_validate_answer_block(choice, 1);
    ag_validate_answer_add(&answer, &choice->piece, text("\"ab\""));
    ag_validate_answer_block(choice, 1);
    ag_validate_answer_add(&answer, &choice->piece, text("\"c\""));
    assert_int_equal(choice->last_at, 0);

    ag_validate_answer_block(choice, 0);
    assert_int_equal(choice->last_at, 0);

    ag_validate_answer_block(choice, 1);
    ag_validate_answer_add(&answer, &choice->piece, text("\"d\""));
    assert_int_equal(choice->last_at, 3);
    assert_text(ag_buf_str(&choice->piece.text), "abcd");

    ag_validate_answer_free(&answer);
}


static void
the_last_string_of_a_whole_answer_is_remembered(void **state)
{
    ag_str_t               string;
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *choice;

    (void) state;

    string = text("\"\\nx\"");

    ag_validate_answer_init(&answer, 0);
    choice = ag_validate_answer_choice(&answer, 0);
    ag_validate_answer_add(&answer, &choice->piece, text("\"ab\""));
    ag_validate_answer_add(&answer, &choice->piece, string);
    ag_validate_answer_add(&answer, &choice->piece, ag_str(NULL, 0));
    assert_ptr_equal(choice->piece.string.data, string.data);
    assert_int_equal(choice->piece.string_at, 2);
    assert_text(ag_buf_str(&choice->piece.text), "ab\nx");
    ag_validate_answer_free(&answer);

    ag_validate_answer_init(&answer, 1);
    choice = ag_validate_answer_choice(&answer, 0);
    ag_validate_answer_add(&answer, &choice->piece, string);
    assert_null(choice->piece.string.data);
    ag_validate_answer_free(&answer);
}


static void
a_name_is_set_once(void **state)
{
    ag_validate_call_t    *call;
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *choice;

    (void) state;

    ag_validate_answer_init(&answer, 1);
    choice = ag_validate_answer_choice(&answer, 0);
    call = ag_validate_answer_call(&answer, choice, 0);

    ag_validate_answer_name(&answer, call, text("\"\""));
    ag_validate_answer_name(&answer, call, text("null"));
    ag_validate_answer_name(&answer, call, text("\"f\\u0067\""));
    ag_validate_answer_name(&answer, call, text("\"fg\""));
    assert_text(ag_buf_str(&call->name), "fg");

    ag_validate_answer_free(&answer);
}


static void
reasons_of_an_end_are_told_apart(void **state)
{
    size_t                i;
    ag_validate_choice_t  choice;

    static const struct {
        const char  *reason;
        char         end;
    } rows[] = {
        { "\"stop\"", '-' }, { "\"tool_calls\"", '-' },
        { "\"function_call\"", '-' }, { "\"end_turn\"", '-' },
        { "\"stop_sequence\"", '-' }, { "\"tool_use\"", '-' },
        { "\"error\"", '-' }, { "null", '-' }, { "", '-' },
        { "\"length\"", 'c' }, { "\"model_length\"", 'c' },
        { "\"content_filter\"", 'c' }, { "\"max_tokens\"", 'c' },
        { "\"model_context_window_exceeded\"", 'c' },
        { "\"refusal\"", 'r' },
        { "\"pause_turn\"", 'w' }, { "\"compaction\"", 'w' }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&choice, 0, sizeof(choice));
        ag_validate_answer_finish(&choice, text(rows[i].reason));

        assert_int_equal(choice.cut, rows[i].end == 'c');
        assert_int_equal(choice.refused, rows[i].end == 'r');
        assert_int_equal(choice.waits, rows[i].end == 'w');
    }
}


static void
after_a_failure_nothing_is_added(void **state)
{
    ag_validate_call_t    *call;
    ag_validate_answer_t   answer;
    ag_validate_choice_t  *choice;

    (void) state;

    ag_validate_answer_init(&answer, 1);
    choice = ag_validate_answer_choice(&answer, 0);
    call = ag_validate_answer_call(&answer, choice, 0);
    choice->piece.text.max = 3;

    ag_validate_answer_add(&answer, &choice->piece, text("\"abcd\""));
    assert_int_equal(answer.rc, AG_LIMIT);

    ag_validate_answer_add(&answer, &choice->piece, text("\"a\""));
    ag_validate_answer_name(&answer, call, text("\"a\""));
    assert_int_equal(choice->piece.text.len, 0);
    assert_int_equal(call->name.len, 0);
    assert_null(ag_validate_answer_call(&answer, choice, 1));
    assert_null(ag_validate_answer_choice(&answer, 1));
    assert_int_equal(answer.rc, AG_LIMIT);

    ag_validate_answer_free(&answer);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_choice_is_found_by_its_index),
        cmocka_unit_test(choices_beyond_the_cap_are_refused),
        cmocka_unit_test(calls_beyond_the_cap_are_refused),
        cmocka_unit_test(a_call_is_found_by_its_choice_and_index),
        cmocka_unit_test(the_last_text_begins_behind_what_is_no_text),
        cmocka_unit_test(the_last_string_of_a_whole_answer_is_remembered),
        cmocka_unit_test(a_name_is_set_once),
        cmocka_unit_test(reasons_of_an_end_are_told_apart),
        cmocka_unit_test(after_a_failure_nothing_is_added)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
