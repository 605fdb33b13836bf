/*
 * Copyright (C) ngx_agent authors
 *
 * Streams are read to their end or refused, and objects come out as they
 * went in but for what is changed.
 */


#include "replay_events_test.h"


typedef struct {
    ag_buf_t  log;
    int       stop;     /* what the event "stop" returns */
} reading_t;


static int
log_event(void *data, ag_str_t event, ag_str_t type, yyjson_val *root)
{
    reading_t  *reading;

    reading = data;
    assert_non_null(yyjson_obj_get(root, "type"));
    assert_true(event.len > type.len);

    replay_add(&reading->log, type);
    replay_add(&reading->log, text(";"));

    return ag_str_is(type, "stop") ? reading->stop : AG_OK;
}


static void
reads(const char *stream, int rc, const char *log)
{
    reading_t  reading;

    reading.stop = AG_LIMIT;
    ag_buf_init(&reading.log, SIZE_MAX);
    replay_add(&reading.log, text(";"));

    assert_int_equal(ag_replay_events_read(text(stream), log_event, &reading),
                     rc);
    assert_text(ag_buf_str(&reading.log), log);
    ag_buf_free(&reading.log);
}


static void
events_are_read_in_their_order(void **state)
{
    (void) state;

    reads("", AG_OK, ";");
    reads("event: a\ndata: {\"type\":\"a\"}\n\n"
          "event: b\ndata: {\"type\":\"b\",\"x\":[]}\n\n", AG_OK, ";a;b;");
    reads("data: {\"type\":\"a\"}\r\n\r\n", AG_OK, ";a;");
    reads("data: {\ndata: \"type\":\"a\"}\n\n", AG_OK, ";a;");
}


static void
what_is_no_event_is_left_out(void **state)
{
    (void) state;

    reads("\n: hello\n\nevent: ping\n\ndata:\n\ndata: {\"type\":\"a\"}\n\n"
          "data: [DONE]\n\n", AG_OK, ";a;");
}


static void
what_cannot_be_read_is_refused(void **state)
{
    (void) state;

    reads("data: {\"type\":\"a\"}\n\ndata: x\n\n", AG_NONE, ";a;");
    reads("data: []\n\n", AG_NONE, ";");
    reads("data: {}\n\n", AG_NONE, ";");
    reads("data: {\"type\":\"\"}\n\n", AG_NONE, ";");
    reads("data: {\"type\":1}\n\n", AG_NONE, ";");
    reads("event: b\ndata: {\"type\":\"a\"}\n\n", AG_NONE, ";");
    reads("data: {\"type\":\"a\",\"x\":1,\"x\":2}\n\n", AG_NONE, ";");
    reads("data: {\"type\":\"\\ud800\"}\n\n", AG_NONE, ";");
}


static void
an_event_that_was_cut_is_refused(void **state)
{
    (void) state;

    reads("data: {\"type\":\"a\"}\n\ndata: {\"type\":\"b\"}\n", AG_NONE,
          ";a;");
    reads("data: {\"type\":\"a\"}\n\n:", AG_NONE, ";a;");
}


static void
the_handler_ends_the_reading(void **state)
{
    (void) state;

    reads("data: {\"type\":\"stop\"}\n\ndata: {\"type\":\"b\"}\n\n", AG_LIMIT,
          ";stop;");
}


static void
too_large_an_event_is_a_limit(void **state)
{
    ag_buf_t   stream;
    reading_t  reading;

    (void) state;

    ag_buf_init(&stream, SIZE_MAX);
    replay_add(&stream, text("data: \""));

    while (stream.len < AG_SSE_EVENT_MAX) {
        replay_add(&stream, text("0123456789abcdef0123456789abcdef"));
    }

    replay_add(&stream, text("\"\n\n"));

    ag_buf_init(&reading.log, SIZE_MAX);
    assert_int_equal(ag_replay_events_read(ag_buf_str(&stream), log_event,
                                           &reading), AG_LIMIT);

    stream.len = 0;
    replay_add(&stream, text("data: "));

    while (stream.len < 2 * AG_JSON_DEPTH_MAX) {
        replay_add(&stream, text("["));
    }

    replay_add(&stream, text("\n\n"));
    assert_int_equal(ag_replay_events_read(ag_buf_str(&stream), log_event,
                                           &reading), AG_LIMIT);
    ag_buf_free(&stream);
}


static void
a_frame_says_its_type_twice(void **state)
{
    ag_put_t  p;
    ag_buf_t  out;

    (void) state;

    ag_buf_init(&out, SIZE_MAX);
    ag_put_init(&p, &out);
    ag_replay_events_open(&p, "a.b");
    ag_put_number(&p, "n", 1);
    ag_replay_events_close(&p);
    ag_replay_events_open(&p, "c");
    ag_replay_events_close(&p);

    assert_int_equal(p.rc, AG_OK);
    assert_text(ag_buf_str(&out),
                "event: a.b\ndata: {\"type\":\"a.b\",\"n\":1}\n\n"
                "event: c\ndata: {\"type\":\"c\"}\n\n");
    ag_buf_free(&out);
}


static void
members_keep_their_order(void **state)
{
    ag_put_t     p;
    ag_buf_t     out;
    yyjson_doc  *doc;

    static const ag_replay_change_t  changes[] = {
        { "b", ag_string("[2]"), 0 },
        { "gone", ag_null_string, 0 },
        { "not there", ag_string("3"), 0 },
        { "new", ag_string("4"), 1 },
        { "c", ag_string("5"), 1 }
    };

    (void) state;

    doc = ag_json_tree(text("{\"a\\n\":{\"b\":1},\"b\":1,\"gone\":1,"
                            "\"c\":1,\"d\":1.50,\"bb\":null}"), NULL, 0);
    ag_buf_init(&out, SIZE_MAX);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '[');
    ag_replay_events_object(&p, NULL, yyjson_doc_get_root(doc),
                            ag_replay_changes(changes));
    ag_replay_events_object(&p, NULL, NULL, ag_replay_changes(changes));
    ag_replay_events_object(&p, NULL, yyjson_doc_get_root(doc), NULL, 0);
    ag_put_close(&p, ']');

    assert_int_equal(p.rc, AG_OK);
    assert_text(ag_buf_str(&out),
                "[{\"a\\n\":{\"b\":1},\"b\":[2],\"c\":5,\"d\":1.5,"
                "\"bb\":null,\"new\":4},{\"new\":4,\"c\":5},"
                "{\"a\\n\":{\"b\":1},\"b\":1,\"gone\":1,\"c\":1,\"d\":1.5,"
                "\"bb\":null}]");

    ag_buf_free(&out);
    yyjson_doc_free(doc);
}


static void
a_text_is_kept_where_there_is_room(void **state)
{
    int         rc;
    ag_str_t    copy;
    ag_arena_t  arena;

    (void) state;

    rc = AG_OK;
    ag_arena_init(&arena, 64);

    copy = ag_replay_events_keep(&arena, text("word"), &rc);
    assert_int_equal(rc, AG_OK);
    assert_text(copy, "word");

    (void) ag_replay_events_keep(&arena, ag_str(copy.data, 1000), &rc);
    assert_int_equal(rc, AG_LIMIT);

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(events_are_read_in_their_order),
        cmocka_unit_test(what_is_no_event_is_left_out),
        cmocka_unit_test(what_cannot_be_read_is_refused),
        cmocka_unit_test(an_event_that_was_cut_is_refused),
        cmocka_unit_test(the_handler_ends_the_reading),
        cmocka_unit_test(too_large_an_event_is_a_limit),
        cmocka_unit_test(a_frame_says_its_type_twice),
        cmocka_unit_test(members_keep_their_order),
        cmocka_unit_test(a_text_is_kept_where_there_is_room)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
