/*
 * Copyright (C) ngx_agent authors
 *
 * The sequence of events is proper, whatever a dialect finds in what order.
 */


#include "events.h"


static const ag_str_t  nothing = ag_null_string;


static void
an_answer_has_one_start_and_one_end(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);

    ag_reader_start(&h.reader, text("a"), text("m"));
    ag_reader_start(&h.reader, text("b"), text("n"));
    ag_reader_end(&h.reader);
    assert_int_equal(h.delta.done, 1);

    h.delta.done = 0;
    ag_reader_end(&h.reader);
    assert_int_equal(h.delta.done, 0);

    heard(&h, "start a m\nfinish 0 stop\nend \n");
    heard_free(&h);
}


static void
what_comes_without_a_start_gets_one(void **state)
{
    heard_t           h;
    ag_open_block_t  *b;

    (void) state;

    hear(&h);

    b = ag_reader_open(&h.reader, 0, 7, AG_BLOCK_TEXT, nothing, nothing);
    assert_int_equal(h.delta.content, 0);

    ag_reader_add(&h.reader, b, nothing);
    assert_int_equal(h.delta.content, 0);

    ag_reader_add(&h.reader, b, text("x"));
    assert_int_equal(h.delta.content, 1);

    assert_ptr_equal(b, ag_reader_open(&h.reader, 0, 7, AG_BLOCK_TEXT,
                                       nothing, nothing));
    ag_reader_finish(&h.reader, 0, AG_FINISH_LENGTH);
    assert_int_equal(h.delta.finish, 1);
    ag_reader_end(&h.reader);

    heard(&h, "start  asked\nopen 0.0 text\nadd 0.0 text x\n"
              "close 0.0 text\nfinish 0 length\nend \n");
    heard_free(&h);
}


static void
a_call_without_arguments_gets_an_object(void **state)
{
    heard_t           h;
    ag_open_block_t  *a, *b, *c;

    (void) state;

    hear(&h);

    ag_reader_start(&h.reader, text("i"), text("m"));
    a = ag_reader_open(&h.reader, 0, 1, AG_BLOCK_TOOL, text("c1"), text("f"));
    assert_int_equal(h.delta.content, 1);
    b = ag_reader_open(&h.reader, 0, 2, AG_BLOCK_TOOL, text("c2"), text("g"));
    c = ag_reader_open(&h.reader, 0, 2, AG_BLOCK_CUSTOM, text("c3"),
                       text("h"));

    assert_int_equal(a->tool, 0);
    assert_int_equal(b->tool, 1);
    assert_int_equal(c->tool, 2);

    ag_reader_add(&h.reader, b, text("{\"a\":1}"));
    ag_reader_finish(&h.reader, 0, AG_FINISH_STOP);
    ag_reader_end(&h.reader);

    heard(&h, "start i m\n"
              "open 0.0 tool c1 f\n"
              "open 0.1 tool c2 g\n"
              "open 0.2 custom c3 h\n"
              "add 0.1 tool {\"a\":1}\n"
              "add 0.0 tool {}\n"
              "close 0.0 tool\n"
              "close 0.1 tool\n"
              "close 0.2 custom\n"
              "finish 0 tool_calls\n"
              "end \n");
    heard_free(&h);
}


static void
only_stop_becomes_tool_calls(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);

    (void) ag_reader_open(&h.reader, 0, 1, AG_BLOCK_TOOL, text("c"),
                          text("f"));
    (void) ag_reader_open(&h.reader, 1, 1, AG_BLOCK_TOOL, text("c"),
                          text("f"));
    ag_reader_finish(&h.reader, 0, AG_FINISH_LENGTH);
    ag_reader_finish(&h.reader, 1, AG_FINISH_STOP);
    ag_reader_finish(&h.reader, 1, AG_FINISH_CONTENT_FILTER);
    ag_reader_finish(&h.reader, 1, AG_FINISH_NONE);
    h.lines.len = 0;
    ag_reader_end(&h.reader);

    heard(&h, "add 0.0 tool {}\nclose 0.0 tool\nfinish 0 length\n"
              "add 1.0 tool {}\nclose 1.0 tool\nfinish 1 content_filter\n"
              "end \n");
    heard_free(&h);
}


static void
an_id_is_minted_where_there_is_none(void **state)
{
    char     first[64];
    heard_t  h;

    (void) state;

    hear(&h);

    ag_reader_start(&h.reader, text("i"), text("m"));
    h.lines.len = 0;

    (void) ag_reader_open(&h.reader, 0, 1, AG_BLOCK_TOOL, nothing, text("f"));
    assert_int_equal(ag_buf_add(&h.lines, "", 1), AG_OK);
    snprintf(first, sizeof(first), "%s", (char *) h.lines.data);
    h.lines.len = 0;

    assert_int_equal(strlen(first), strlen("open 0.0 tool call_ f\n") + 24);
    assert_memory_equal(first, "open 0.0 tool call_", 19);

    (void) ag_reader_open(&h.reader, 0, 2, AG_BLOCK_TOOL, nothing, text("f"));
    assert_int_equal(ag_buf_add(&h.lines, "", 1), AG_OK);
    assert_memory_not_equal(h.lines.data + 19, first + 19, 24);

    heard_free(&h);
}


static void
blocks_of_a_kind_are_closed_together(void **state)
{
    heard_t           h;
    ag_open_block_t  *b;

    (void) state;

    hear(&h);

    ag_reader_start(&h.reader, text("i"), text("m"));
    (void) ag_reader_open(&h.reader, 0, 0, AG_BLOCK_TEXT, nothing, nothing);
    (void) ag_reader_open(&h.reader, 1, 0, AG_BLOCK_TEXT, nothing, nothing);
    (void) ag_reader_open(&h.reader, 0, 0, AG_BLOCK_REASONING, nothing,
                          nothing);
    h.lines.len = 0;

    ag_reader_close_type(&h.reader, 0, AG_BLOCK_TEXT);
    heard(&h, "close 0.0 text\n");

    assert_null(ag_reader_find(&h.reader, 0, 0, AG_BLOCK_TEXT));
    assert_non_null(ag_reader_find(&h.reader, 1, 0, AG_BLOCK_TEXT));

    b = ag_reader_open(&h.reader, 0, 0, AG_BLOCK_TEXT, nothing, nothing);
    assert_int_equal(b->block, 2);

    ag_reader_sign(&h.reader, b, text("s"), AG_SIGNER_GEMINI, 0);
    ag_reader_sign(&h.reader, b, nothing, AG_SIGNER_GEMINI, 0);
    ag_reader_cite(&h.reader, b, text("u"), text("t"));
    ag_reader_cite(&h.reader, b, nothing, text("t"));
    ag_reader_logprobs(&h.reader, 1, text("{}"));
    ag_reader_logprobs(&h.reader, 1, nothing);
    heard(&h, "open 0.2 text\nsign 0.2 text s\ncite 0.2 text u\n"
              "logprobs {}\n");

    /* no block, no word */

    ag_reader_add(&h.reader, NULL, text("x"));
    ag_reader_sign(&h.reader, NULL, text("x"), AG_SIGNER_GEMINI, 0);
    ag_reader_cite(&h.reader, NULL, text("x"), text("x"));
    ag_reader_close(&h.reader, NULL);
    heard(&h, "");

    heard_free(&h);
}


static void
there_is_an_end_to_everything(void **state)
{
    uint32_t  i;
    heard_t   h;

    (void) state;

    hear(&h);

    for (i = 0; i < AG_OPEN_BLOCKS_MAX; i++) {
        assert_non_null(ag_reader_open(&h.reader, 0, i, AG_BLOCK_TOOL,
                                       text("c"), text("f")));
    }

    assert_null(ag_reader_open(&h.reader, 0, i, AG_BLOCK_TOOL, text("c"),
                               text("f")));
    assert_int_equal(h.reader.rc, AG_LIMIT);
    heard_free(&h);

    /* closed ones make room */

    hear(&h);

    for (i = 0; i < 2 * AG_OPEN_BLOCKS_MAX; i++) {
        ag_reader_close(&h.reader,
                        ag_reader_open(&h.reader, 0, i, AG_BLOCK_TEXT,
                                       nothing, nothing));
    }

    assert_int_equal(h.reader.rc, AG_OK);
    assert_int_equal(h.reader.open_count, 1);
    heard_free(&h);

    hear(&h);
    ag_reader_finish(&h.reader, AG_CHOICES_MAX - 1, AG_FINISH_STOP);
    assert_int_equal(h.reader.rc, AG_OK);
    ag_reader_finish(&h.reader, AG_CHOICES_MAX, AG_FINISH_STOP);
    assert_int_equal(h.reader.rc, AG_LIMIT);
    assert_null(ag_reader_open(&h.reader, 0, 0, AG_BLOCK_TEXT, nothing,
                               nothing));
    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_answer_has_one_start_and_one_end),
        cmocka_unit_test(what_comes_without_a_start_gets_one),
        cmocka_unit_test(a_call_without_arguments_gets_an_object),
        cmocka_unit_test(only_stop_becomes_tool_calls),
        cmocka_unit_test(an_id_is_minted_where_there_is_none),
        cmocka_unit_test(blocks_of_a_kind_are_closed_together),
        cmocka_unit_test(there_is_an_end_to_everything)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
