/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
begin(simulated_t *t, size_t max)
{
    simulated_init(t);
    t->s.options = &t->options;
    t->s.out = &t->text;
    t->text.max = max;
    ag_buf_init(&t->s.payload, AG_SIMULATE_PAYLOAD_MAX);
}


static void
the_first_failure_stays(void **state)
{
    simulated_t  t;

    (void) state;
    begin(&t, 4);

    ag_simulate_put(&t.s, "abc");
    ag_simulate_put_number(&t.s, 1000);
    assert_int_equal(t.s.rc, AG_LIMIT);

    ag_simulate_put(&t.s, "d");
    ag_simulate_put_text(&t.s, ag_str("e", 1));
    assert_int_equal(t.text.len, 3);

    simulated_free(&t);
}


/* Sentences begin with a capital and end, and need no escapes in JSON. */
static void
words_are_sentences_of_utf8(void **state)
{
    size_t            n;
    simulated_t       t;
    const ag_char_t  *p, *end;

    (void) state;
    begin(&t, AG_ANSWER_MAX);
    t.options.tokens = 2000;
    t.s.tokens = 2000;

    ag_simulate_put_pieces(&t.s, 0);
    assert_int_equal(t.s.rc, AG_OK);
    assert_int_equal(t.text.data[t.text.len - 1], '.');
    assert_true(t.text.data[0] < 'a');

    p = t.text.data;
    end = p + t.text.len;

    for ( /* void */ ; p < end; p += n) {
        n = ag_utf8_length(p, end);
        assert_true(n > 0);
        assert_true(*p >= ' ' && *p != '"' && *p != '\\');
    }

    assert_non_null(memchr(t.text.data, 0xc3, t.text.len));

    simulated_free(&t);
}


static void
a_payload_is_cut_between_characters(void **state)
{
    uint64_t     i;
    ag_str_t     payload = ag_string("{\"a\":\"\xc3\xa9\xc3\xa9\xc3\xa9"
                                     "\xf0\x9f\x99\x82\xf0\x9f\x99\x82"
                                     "\xf0\x9f\x99\x82\xe2\x82\xac\"}");
    simulated_t  t;

    (void) state;
    begin(&t, AG_ANSWER_MAX);
    t.s.mode = AG_SIMULATE_JSON;
    assert_int_equal(ag_buf_add(&t.s.payload, payload.data, payload.len),
                     AG_OK);
    t.s.tokens = ag_simulate_put_count(&t.s);
    assert_int_equal(t.s.tokens, 3);

    for (i = 0; i < t.s.tokens; i++) {
        ag_simulate_put_piece(&t.s, 0, i);
    }

    /* U+FFFD would stand where a character was cut */

    assert_int_equal(ag_buf_add(&t.text, "", 1), AG_OK);
    assert_string_equal(t.text.data,
                        "{\\\"a\\\":\\\"\xc3\xa9\xc3\xa9\xc3\xa9"
                        "\xf0\x9f\x99\x82\xf0\x9f\x99\x82"
                        "\xf0\x9f\x99\x82\xe2\x82\xac\\\"}");

    simulated_free(&t);
}


static void
an_event_ends_with_a_blank_line(void **state)
{
    simulated_t  t;

    (void) state;
    begin(&t, AG_ANSWER_MAX);

    ag_simulate_put_event(&t.s, "x");
    ag_simulate_put(&t.s, "{}");
    ag_simulate_put_end(&t.s);
    t.s.fault.id = AG_FAULT_CRLF;
    ag_simulate_put_event(&t.s, "y");
    ag_simulate_put(&t.s, "{}");
    ag_simulate_put_end(&t.s);

    assert_int_equal(ag_buf_add(&t.text, "", 1), AG_OK);
    assert_string_equal(t.text.data, "event: x\ndata: {}\n\n"
                                     "event: y\r\ndata: {}\r\n\r\n");

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(words_are_sentences_of_utf8),
        cmocka_unit_test(a_payload_is_cut_between_characters),
        cmocka_unit_test(an_event_ends_with_a_blank_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
