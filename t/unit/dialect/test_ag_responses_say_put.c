/*
 * Copyright (C) ngx_agent authors
 *
 * Items of the Responses API, as JSON.
 */


#include "dialect/responses_test.h"


#define HI  "{\"input\":\"Hi\"}"


static void
counts_characters_not_bytes(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TEXT, "");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "a\xc3\xb6\xe2\x82\xac");
    say(&s, AG_EVENT_CITE, 0, AG_BLOCK_TEXT, "https://h/");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TEXT, "\xf0\x9f\xa6\x9d.");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TEXT, "");

    assert_int_equal(said(&s, "\"start_index\":0,\"end_index\":5,"
                              "\"url\":\"https://h/\","
                              "\"title\":\"title\""), 2);

    say_free(&s);
}


static void
escapes_what_has_to_be(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_TOOL, "f\"\n");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_TOOL, "{\"a\":\"\\n\"}");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_TOOL, "");
    say_finish(&s, AG_FINISH_TOOL_CALLS);

    assert_int_equal(said(&s, "\"name\":\"f\\\"\\n\""), 4);
    assert_int_equal(said(&s, "\"arguments\":"
                              "\"{\\\"a\\\":\\\"\\\\n\\\"}\""), 3);

    say_free(&s);
}


static void
calls_a_signature_by_its_signer(void **state)
{
    said_t      s;
    ag_event_t  event;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_REASONING, "");
    memset(&event, 0, sizeof(event));
    event.kind = AG_EVENT_SIGN;
    event.type = AG_BLOCK_REASONING;
    event.text = text("SIG");
    event.signer = AG_SIGNER_RESPONSES;
    assert_int_equal(ag_responses_say_event(&s.w, &event), AG_OK);
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_REASONING, "");

    say(&s, AG_EVENT_OPEN, 1, AG_BLOCK_REASONING, "");
    event.block = 1;
    event.signer = AG_SIGNER_ANTHROPIC;
    event.redacted = 1;
    assert_int_equal(ag_responses_say_event(&s.w, &event), AG_OK);
    say(&s, AG_EVENT_CLOSE, 1, AG_BLOCK_REASONING, "");
    say_finish(&s, AG_FINISH_STOP);

    assert_int_equal(said(&s, "\"encrypted_content\":\"SIG\""), 2);
    assert_int_equal(said(&s, "\"encrypted_content\":"
                              "\"ag1.anthropic-redacted.SIG\""), 2);

    say_free(&s);
}


static void
says_an_image_with_its_item(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, HI);

    say(&s, AG_EVENT_OPEN, 0, AG_BLOCK_IMAGE, "image/webp");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_IMAGE, "QUJD");
    say(&s, AG_EVENT_ADD, 0, AG_BLOCK_IMAGE, "REVG");
    say(&s, AG_EVENT_CLOSE, 0, AG_BLOCK_IMAGE, "");
    say_finish(&s, AG_FINISH_STOP);

    assert_int_equal(said(&s, "\"output_format\":\"webp\""), 3);
    assert_int_equal(said(&s, "\"result\":null"), 1);
    assert_int_equal(said(&s, "\"result\":\"QUJDREVG\""), 2);

    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(counts_characters_not_bytes),
        cmocka_unit_test(escapes_what_has_to_be),
        cmocka_unit_test(calls_a_signature_by_its_signer),
        cmocka_unit_test(says_an_image_with_its_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
