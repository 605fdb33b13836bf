/*
 * Copyright (C) ngx_agent authors
 *
 * Lists of items of the Responses API, whole answers, and failures.
 */


#include "dialect/responses_test.h"


#define HI  "{\"input\":\"Hi\"}"


static void
fails_before_the_first_word(void **state)
{
    said_t      s;
    ag_error_t  error;

    (void) state;

    say_init(&s, HI);
    s.w.id = text("");
    memset(&error, 0, sizeof(error));
    error.class = AG_E_RATE_LIMIT;
    error.message = text("Please try again in 2s.");

    assert_int_equal(ag_responses_say_failure(&s.w, &error, text("req_1")),
                     AG_OK);

    said_types(&s, "created failed ");
    assert_int_equal(said(&s, "\"error\":{\"code\":\"rate_limit_exceeded\","
                              "\"message\":\"Please try again in 2s.\"}"), 1);
    assert_int_equal(said(&s, "\"sequence_number\":0"), 1);
    assert_int_equal(said(&s, "\"sequence_number\":1"), 1);
    assert_int_equal(said(&s, "\"status\":\"failed\""), 1);
    assert_int_equal(said(&s, "\"request_id\":\"req_1\""), 1);
    assert_int_equal(said(&s, "\"id\":\"resp_"), 2);

    say_free(&s);
}


static void
fails_in_the_middle(void **state)
{
    said_t      s;
    ag_error_t  error;

    (void) state;

    say_init(&s, HI);
    memset(&error, 0, sizeof(error));
    error.class = AG_E_TIMEOUT_IDLE;

    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_REASONING, "");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_REASONING, "");
    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 1, AG_BLOCK_TEXT, "a");

    assert_int_equal(ag_responses_say_failure(&s.w, &error, text("")), AG_OK);

    said_types(&s, "created in_progress output_item.added output_item.done "
                   "output_item.added content_part.added output_text.delta "
                   "failed ");
    assert_int_equal(said(&s, "\"code\":\"provider_timeout\""), 1);
    assert_int_equal(said(&s, "request_id"), 0);

    /* what was whole is there, what was not is not */

    assert_int_equal(said(&s, "\"output\":[{\"id\":\"rs_"), 1);
    assert_int_equal(said(&s, "\"type\":\"message\""), 1);

    say_free(&s);
}


static void
gives_ids_of_its_own_form(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);
    s.w.id = text("resp_of_theirs");
    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");
    assert_int_equal(said(&s, "\"id\":\"resp_of_theirs\""), 2);
    say_free(&s);

    say_init(&s, HI);
    s.w.id = text("chatcmpl-1");
    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");
    assert_int_equal(said(&s, "chatcmpl-1"), 0);
    assert_int_equal(said(&s, "\"id\":\"resp_"), 2);
    say_free(&s);

    say_init(&s, HI);
    s.w.id = text("resp_");
    say(&s, AG_EVENT_START, 0, AG_BLOCK_TEXT, "");
    assert_int_equal(said(&s, "\"id\":\"resp_\""), 0);
    say_free(&s);
}


static void
says_a_whole_answer_of_nothing(void **state)
{
    said_t      s;
    ag_reply_t  reply;

    (void) state;

    say_init(&s, HI);
    memset(&reply, 0, sizeof(reply));

    assert_int_equal(ag_responses_say_answer(&s.w, &reply), AG_OK);
    assert_int_equal(said(&s, "\"output\":[],"), 1);
    assert_int_equal(said(&s, "\"status\":\"completed\""), 1);
    assert_int_equal(s.out.data[0], '{');
    assert_int_equal(s.out.data[s.out.len - 1], '}');

    say_free(&s);
}


static void
stops_where_memory_or_room_does(void **state)
{
    int         rc;
    size_t      room;
    said_t      s;
    ag_event_t  event;

    (void) state;

    for (room = 0; room < 4000; room += 90) {
        say_init(&s, HI);
        ag_arena_init(&s.arena, room);

        memset(&event, 0, sizeof(event));
        event.kind = AG_EVENT_START;
        rc = ag_responses_say_event(&s.w, &event);
        assert_true(rc == AG_OK || rc == AG_NOMEM);

        event.kind = AG_EVENT_OPEN;
        rc = ag_responses_say_event(&s.w, &event);
        assert_true(rc == AG_OK || rc == AG_NOMEM);

        say_free(&s);
    }

    say_init(&s, HI);
    s.out.max = 100;
    event.kind = AG_EVENT_START;
    assert_int_equal(ag_responses_say_event(&s.w, &event), AG_LIMIT);
    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(fails_before_the_first_word),
        cmocka_unit_test(fails_in_the_middle),
        cmocka_unit_test(gives_ids_of_its_own_form),
        cmocka_unit_test(says_a_whole_answer_of_nothing),
        cmocka_unit_test(stops_where_memory_or_room_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
