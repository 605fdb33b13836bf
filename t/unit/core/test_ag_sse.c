/*
 * Copyright (C) ngx_agent authors
 *
 * The finder of events.  expect() feeds every stream whole, byte by byte,
 * cut in two at every place and cut in three at many, always in memory of
 * its exact size that moves: the events must be the same.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_sse.h"


static ag_str_t str(const char *text);
static void expect(ag_str_t stream, const char *expected);
static void feed(ag_sse_t *sse, ag_buf_t *rest, ag_str_t bytes,
    ag_buf_t *log, ag_buf_t *raw);
static void log_event(ag_buf_t *log, const ag_sse_event_t *event);
static void compare(ag_str_t stream, const size_t *cuts,
    const char *expected);
static ag_str_t repeated(ag_buf_t *b, const char *text, size_t times,
    const char *end);
static int next(ag_str_t bytes, ag_sse_event_t *event);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/*
 * "expected" writes an event as its type, "=" and its data (in "|" when there
 * is any), "#" when a comment stood in it, and ";".
 */
static void
expect(ag_str_t stream, const char *expected)
{
    size_t  i, j, cuts[3];

    cuts[0] = stream.len;
    compare(stream, cuts, expected);

    cuts[0] = 0;                    /* byte by byte */
    compare(stream, cuts, expected);

    for (i = 1; i < stream.len; i++) {
        cuts[0] = i;
        cuts[1] = stream.len;
        compare(stream, cuts, expected);

        for (j = i + 1; j < stream.len && j < i + 5; j++) {
            cuts[1] = j;
            cuts[2] = stream.len;
            compare(stream, cuts, expected);
        }
    }
}


/* Feeds the stream up to each of the cuts, the last of which is its end. */
static void
compare(ag_str_t stream, const size_t *cuts, const char *expected)
{
    size_t    given, cut;
    ag_buf_t  rest, log, raw;
    ag_sse_t  sse;

    ag_sse_init(&sse);
    ag_buf_init(&rest, SIZE_MAX);
    ag_buf_init(&log, SIZE_MAX);
    ag_buf_init(&raw, SIZE_MAX);

    for (given = 0; given < stream.len; given = cut) {
        cut = (cuts[0] == 0) ? given + 1 : *cuts++;
        feed(&sse, &rest, ag_str(stream.data + given, cut - given), &log,
             &raw);
    }

    if (!ag_str_is(ag_buf_str(&log), expected)) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) log.len, log.data, expected);
    }

    assert_int_equal(raw.len + rest.len, stream.len);
    assert_memory_equal(raw.data ? raw.data : stream.data, stream.data,
                        raw.len);

    ag_sse_free(&sse);
    ag_buf_free(&rest);
    ag_buf_free(&log);
    ag_buf_free(&raw);
}


/* Gives what was left and "bytes" to the parser; keeps what it leaves. */
static void
feed(ag_sse_t *sse, ag_buf_t *rest, ag_str_t bytes, ag_buf_t *log,
    ag_buf_t *raw)
{
    int             rc;
    size_t          taken, len;
    ag_char_t      *copy;
    ag_sse_event_t  event;

    assert_int_equal(ag_buf_add(rest, bytes.data, bytes.len), AG_OK);
    len = rest->len;
    copy = malloc(len);
    memcpy(copy, rest->data, len);
    taken = 0;

    for ( ;; ) {
        rc = ag_sse_next(sse, ag_str(copy + taken, len - taken), &event);
        if (rc != AG_OK) {
            break;
        }

        assert_ptr_equal(event.raw.data, copy + taken);
        assert_int_equal(ag_buf_add(raw, event.raw.data, event.raw.len),
                         AG_OK);
        log_event(log, &event);
        taken += event.raw.len;
    }

    assert_int_equal(rc, AG_AGAIN);

    ag_buf_shift(rest, taken);
    free(copy);
}


static void
log_event(ag_buf_t *log, const ag_sse_event_t *event)
{
    (void) ag_buf_add(log, event->type.data, event->type.len);

    if (event->has_data) {
        (void) ag_buf_add_string(log, "=|");
        (void) ag_buf_add(log, event->data.data, event->data.len);
        (void) ag_buf_add_string(log, "|");

    } else {
        assert_int_equal(event->data.len, 0);
    }

    (void) ag_buf_add_string(log, event->has_comment ? "#;" : ";");
}


static void
finds_the_events_of_openai(void **state)
{
    (void) state;

    expect(str("data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"
               "data: {\"choices\":[]}\n\ndata: [DONE]\n\n"),
           "=|{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}|;"
           "=|{\"choices\":[]}|;=|[DONE]|;");
}


static void
finds_the_events_of_anthropic(void **state)
{
    (void) state;

    expect(str("event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
               "event: ping\ndata: {}\n\n"),
           "message_start=|{\"type\":\"message_start\"}|;ping=|{}|;");
}


static void
ends_lines_with_lf_cr_or_both(void **state)
{
    (void) state;

    expect(str("data: a\n\ndata: b\n\n"), "=|a|;=|b|;");
    expect(str("data: a\r\n\r\ndata: b\r\n\r\n"), "=|a|;=|b|;");
    expect(str("data: a\r\rdata: b\r\r"), "=|a|;=|b|;");
    expect(str("data: a\r\n\rdata: b\n\r\n"), "=|a|;=|b|;");
    expect(str("data: a\n\rdata: b\r\n\n"), "=|a|;=|b|;");
    expect(str("data: a\r\n\n"), "=|a|;");
    expect(str("data: a\rdata: b\ndata: c\r\ndata: d\r\n\r"),
           "=|a\nb\nc\nd|;");
}


static void
hands_out_blank_lines_as_events_without_data(void **state)
{
    (void) state;

    expect(str("\n"), ";");
    expect(str("\n\n\n"), ";;;");
    expect(str("\r\r\n\n\r"), ";;;;");
    expect(str("\r\n\r\n"), ";;");
    expect(str("\n\rdata: a\r\n\r\n\r\n"), ";;=|a|;;");
}


static void
gives_the_lf_of_a_last_cr_to_the_next_event(void **state)
{
    ag_sse_t        sse;
    ag_sse_event_t  event;

    (void) state;

    ag_sse_init(&sse);

    assert_int_equal(ag_sse_next(&sse, str("data: a\r\n\r"), &event), AG_OK);
    assert_true(ag_str_is(event.raw, "data: a\r\n\r"));

    assert_int_equal(ag_sse_next(&sse, str("\n"), &event), AG_AGAIN);
    assert_int_equal(ag_sse_next(&sse, str("\ndata: b\n"), &event),
                     AG_AGAIN);
    assert_int_equal(ag_sse_next(&sse, str("\ndata: b\n\n\n"), &event),
                     AG_OK);
    assert_true(ag_str_is(event.raw, "\ndata: b\n\n"));
    assert_true(ag_str_is(event.data, "b"));

    assert_int_equal(ag_sse_next(&sse, str("\n"), &event), AG_OK);
    assert_true(ag_str_is(event.raw, "\n"));

    ag_sse_free(&sse);
}


static void
takes_the_lf_of_a_last_cr_that_is_already_there(void **state)
{
    ag_sse_event_t  event;

    (void) state;

    assert_int_equal(next(str("data: a\r\n\r\n\n"), &event), AG_OK);
    assert_true(ag_str_is(event.raw, "data: a\r\n\r\n"));

    assert_int_equal(next(str("data: a\r\r\n"), &event), AG_OK);
    assert_true(ag_str_is(event.raw, "data: a\r\r\n"));
}


static void
joins_data_of_several_lines_with_lf(void **state)
{
    (void) state;

    expect(str("data: a\ndata: b\n\n"), "=|a\nb|;");
    expect(str("data: a\nevent: e\ndata:\n: c\ndata\ndata:b\n\ndata: c\n\n"),
           "e=|a\n\n\nb|#;=|c|;");
    expect(str("data: first of an event\ndata: \ndata: third\n\n"
               "data: 1\ndata: 2\n\n"),
           "=|first of an event\n\nthird|;=|1\n2|;");
}


static void
reads_fields_as_the_standard_says(void **state)
{
    (void) state;

    expect(str("data:a\n\n"), "=|a|;");
    expect(str("data:  a \n\n"), "=| a |;");
    expect(str("data:\ta\n\n"), "=|\ta|;");
    expect(str("data: a: b:c\n\n"), "=|a: b:c|;");
    expect(str("data:\n\n"), "=||;");
    expect(str("data: \n\n"), "=||;");
    expect(str("data\n\n"), "=||;");
    expect(str("data\ndata\n\n"), "=|\n|;");
    expect(str("event:a\nevent: b\n\n"), "b;");
    expect(str("event: a\nevent\ndata: x\n\n"), "=|x|;");
    expect(str("event: a\n\ndata: x\n\n"), "a;=|x|;");
}


static void
passes_over_other_fields(void **state)
{
    (void) state;

    expect(str("id: 7\nretry: 10\nfoo: bar\nno colon\n\n"), ";");
    expect(str("datax: a\ndat: a\nDATA: a\n data: a\ndata : a\nd\n\n"), ";");
    expect(str("eventx: a\nEvent: a\nevent : a\ndata: x\n\n"), "=|x|;");
    expect(str("{\"error\":\"not an event stream\"}\n\n"), ";");
}


static void
tells_that_there_was_a_comment(void **state)
{
    (void) state;

    expect(str(": OPENROUTER PROCESSING\n\n"), "#;");
    expect(str(":\n\n:\r\n:x\r\n\r\ndata: a\n\n"), "#;#;=|a|;");
    expect(str(":data: a\ndata: :b\n\n"), "=|:b|#;");
}


static void
skips_one_byte_order_mark_at_the_start(void **state)
{
    ag_sse_event_t  event;

    (void) state;

    expect(str("\xef\xbb\xbf" "data: a\n\ndata: b\n\n"), "=|a|;=|b|;");
    expect(str("\xef\xbb\xbf\n"), ";");
    expect(str("\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\n"), ";");
    expect(str("\xef\xbb" "data: a\n\n"), ";");
    expect(str("\xef\n\n"), ";");
    expect(str("data: a\n\n\xef\xbb\xbf" "data: b\n\n"), "=|a|;;");

    assert_int_equal(next(str("\xef\xbb\xbf" "data: a\n\n"), &event), AG_OK);
    assert_int_equal(event.raw.len, 12);
}


static void
waits_for_the_blank_line(void **state)
{
    ag_sse_event_t  event;

    (void) state;

    assert_int_equal(next(ag_str(NULL, 0), &event), AG_AGAIN);
    assert_int_equal(next(str("d"), &event), AG_AGAIN);
    assert_int_equal(next(str("data: [DONE]"), &event), AG_AGAIN);
    assert_int_equal(next(str("data: [DONE]\n"), &event), AG_AGAIN);
    assert_int_equal(next(str("data: [DONE]\r\n"), &event), AG_AGAIN);
}


static void
looks_at_no_byte_twice(void **state)
{
    char            bytes[101];
    size_t          len;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    (void) state;

    ag_sse_init(&sse);
    memset(bytes, 'x', sizeof(bytes));

    /* what was given before is spoiled: only the new byte may be read */

    for (len = 1; len < 100; len++) {
        assert_int_equal(ag_sse_next(&sse, ag_str(bytes, len), &event),
                         AG_AGAIN);
        bytes[len - 1] = '\n';
    }

    bytes[99] = '\n';
    bytes[100] = '\n';
    assert_int_equal(ag_sse_next(&sse, ag_str(bytes, 101), &event), AG_OK);
    assert_int_equal(event.raw.len, 101);

    ag_sse_free(&sse);
}


static void
passes_tabs_controls_and_long_characters(void **state)
{
    (void) state;

    expect(str("data: \t\t\t\t\t\t\t\t\t\v\f\x01\x1f\x7f\n\n"),
           "=|\t\t\t\t\t\t\t\t\t\v\f\x01\x1f\x7f|;");
    expect(str("data: \xe2\x80\xa8\xc2\x85\xff\x8a\x8d\xfe\x80\n\n"),
           "=|\xe2\x80\xa8\xc2\x85\xff\x8a\x8d\xfe\x80|;");
}


static int
next(ag_str_t bytes, ag_sse_event_t *event)
{
    int       rc;
    ag_sse_t  sse;

    ag_sse_init(&sse);
    rc = ag_sse_next(&sse, bytes, event);
    ag_sse_free(&sse);

    return rc;
}


static ag_str_t
repeated(ag_buf_t *b, const char *text, size_t times, const char *end)
{
    ag_buf_init(b, SIZE_MAX);

    while (times-- > 0) {
        assert_int_equal(ag_buf_add_string(b, text), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(b, end), AG_OK);

    return ag_buf_str(b);
}


static void
takes_an_event_as_large_as_its_cap(void **state)
{
    ag_buf_t        b;
    ag_str_t        stream;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    (void) state;

    stream = repeated(&b, "data:xyz", AG_SSE_EVENT_MAX / 8, "\n\n");

    /* "\n\n" at the last two bytes, then one byte later */

    b.data[AG_SSE_EVENT_MAX - 2] = '\n';
    b.data[AG_SSE_EVENT_MAX - 1] = '\n';
    assert_int_equal(next(stream, &event), AG_OK);
    assert_int_equal(event.raw.len, AG_SSE_EVENT_MAX);
    assert_int_equal(event.data.len, AG_SSE_EVENT_MAX - 7);

    b.data[AG_SSE_EVENT_MAX - 2] = 'x';
    assert_int_equal(next(stream, &event), AG_LIMIT);

    ag_sse_init(&sse);
    stream.len = AG_SSE_EVENT_MAX - 1;
    assert_int_equal(ag_sse_next(&sse, stream, &event), AG_AGAIN);
    stream.len = AG_SSE_EVENT_MAX + 1;
    assert_int_equal(ag_sse_next(&sse, stream, &event), AG_LIMIT);
    assert_int_equal(ag_sse_next(&sse, str("data: a\n\n"), &event),
                     AG_LIMIT);
    ag_sse_free(&sse);

    ag_buf_free(&b);
}


static void
takes_an_event_of_as_many_lines_as_its_cap(void **state)
{
    ag_buf_t        b;
    ag_sse_event_t  event;

    (void) state;

    assert_int_equal(next(repeated(&b, ":\n", AG_SSE_LINES_MAX, "\n"),
                          &event), AG_OK);
    assert_int_equal(event.raw.len, 2 * AG_SSE_LINES_MAX + 1);
    ag_buf_free(&b);

    assert_int_equal(next(repeated(&b, ":\n", AG_SSE_LINES_MAX + 1, "\n"),
                          &event), AG_LIMIT);
    ag_buf_free(&b);

    assert_int_equal(next(repeated(&b, "data\n", AG_SSE_LINES_MAX + 1, "\n"),
                          &event), AG_LIMIT);
    ag_buf_free(&b);
}


static void
counts_lines_anew_for_every_event(void **state)
{
    size_t          i;
    ag_buf_t        b;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    (void) state;

    ag_sse_init(&sse);
    (void) repeated(&b, ":\n", AG_SSE_LINES_MAX, "\n");

    for (i = 0; i < 3; i++) {
        assert_int_equal(ag_sse_next(&sse, ag_buf_str(&b), &event), AG_OK);
    }

    ag_sse_free(&sse);
    ag_buf_free(&b);
}


static void
frees_joined_data_when_it_dies_in_the_middle(void **state)
{
    ag_buf_t        b;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    (void) state;

    ag_sse_init(&sse);
    (void) repeated(&b, "data: xyz\n", AG_SSE_LINES_MAX + 1, "\n");

    assert_int_equal(ag_sse_next(&sse, ag_buf_str(&b), &event), AG_LIMIT);
    assert_null(sse.joined.data);

    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_the_events_of_openai),
        cmocka_unit_test(finds_the_events_of_anthropic),
        cmocka_unit_test(ends_lines_with_lf_cr_or_both),
        cmocka_unit_test(hands_out_blank_lines_as_events_without_data),
        cmocka_unit_test(gives_the_lf_of_a_last_cr_to_the_next_event),
        cmocka_unit_test(takes_the_lf_of_a_last_cr_that_is_already_there),
        cmocka_unit_test(joins_data_of_several_lines_with_lf),
        cmocka_unit_test(reads_fields_as_the_standard_says),
        cmocka_unit_test(passes_over_other_fields),
        cmocka_unit_test(tells_that_there_was_a_comment),
        cmocka_unit_test(skips_one_byte_order_mark_at_the_start),
        cmocka_unit_test(waits_for_the_blank_line),
        cmocka_unit_test(looks_at_no_byte_twice),
        cmocka_unit_test(passes_tabs_controls_and_long_characters),
        cmocka_unit_test(takes_an_event_as_large_as_its_cap),
        cmocka_unit_test(takes_an_event_of_as_many_lines_as_its_cap),
        cmocka_unit_test(counts_lines_anew_for_every_event),
        cmocka_unit_test(frees_joined_data_when_it_dies_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
