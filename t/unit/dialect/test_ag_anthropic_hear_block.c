/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks of an answer: very many, very long ones, and such as say the same in
 * a stream and at once.
 */


#include "dialect/anthropic_tell_test.h"


#define FORM                                                                  \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"          \
    "{\"name\":\"s\",\"schema\":{\"type\":\"object\",\"properties\":"         \
    "{\"a\":{}}}}},\"tools\":[{\"type\":\"function\",\"function\":"           \
    "{\"name\":\"f\"}}]"


static char *open_blocks(int count, unsigned closed);
static void gather(ag_buf_t *out, const golden_heard_t *h);


static char *
open_blocks(int count, unsigned closed)
{
    int    i;
    char  *stream, *at;

    stream = malloc((size_t) count * 300 + 400);
    at = stream + sprintf(stream, "data: {\"type\":\"message_start\","
                          "\"message\":{\"id\":\"msg_1\"}}\n\n");

    for (i = 0; i < count; i++) {
        at += sprintf(at, "data: {\"type\":\"content_block_start\","
                      "\"index\":%d,\"content_block\":{\"type\":\"tool_use\","
                      "\"id\":\"t%d\",\"name\":\"f\",\"input\":{}}}\n\n",
                      i, i);

        if (closed) {
            at += sprintf(at, "data: {\"type\":\"content_block_stop\","
                          "\"index\":%d}\n\n", i);
        }
    }

    sprintf(at, "data: {\"type\":\"message_stop\"}\n\n");

    return stream;
}


static void
test_blocks_that_are_never_closed(void **state)
{
    char            *stream;
    golden_asked_t   a;
    golden_heard_t   h;

    (void) state;

    tell_with(&a, OLDER, "\"stream\":true");

    stream = open_blocks(AG_OPEN_BLOCKS_MAX, 0);
    hear(&h, &a, stream);
    assert_int_equal(h.failed, AG_E_NONE);
    assert_true(heard_has(&h, "{\"index\":255,\"function\":{\"arguments\":"
                          "\"{}\"}}"));
    ag_buf_free(&h.out);
    free(stream);

    stream = open_blocks(AG_OPEN_BLOCKS_MAX + 1, 0);
    hear(&h, &a, stream);
    assert_int_equal(h.failed, AG_E_BAD_RESPONSE);
    ag_buf_free(&h.out);
    free(stream);

    stream = open_blocks(600, 1);
    hear(&h, &a, stream);
    assert_int_equal(h.failed, AG_E_NONE);
    ag_buf_free(&h.out);
    free(stream);

    golden_ask_free(&a);
}


/* The highest number of a block is not the one under which words are held. */
static void
test_the_highest_number(void **state)
{
    golden_asked_t  a;
    golden_heard_t  h;

    (void) state;

    tell_with(&a, OLDEST, "\"stream\":true," FORM);
    assert_int_equal(a.to.json_tool, 1);

    hear(&h, &a,
         "data: {\"type\":\"content_block_delta\",\"index\":4294967295,"
         "\"delta\":{\"type\":\"text_delta\",\"text\":\"words\"}}\n\n"
         "data: {\"type\":\"content_block_start\",\"index\":4294967295,"
         "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\","
         "\"name\":\"f\",\"input\":{}}}\n\n"
         "data: {\"type\":\"content_block_delta\",\"index\":4294967295,"
         "\"delta\":{\"type\":\"input_json_delta\","
         "\"partial_json\":\"{ }\"}}\n\n"
         "data: {\"type\":\"message_stop\"}\n\n");

    assert_int_equal(h.failed, AG_E_NONE);
    assert_true(heard_has(&h, "\"content\":\"words\""));
    assert_true(heard_has(&h, "\"arguments\":\"{ }\""));
    ag_buf_free(&h.out);
    golden_ask_free(&a);
}


/* Words are held up to the size of an answer, not beyond. */
static void
test_held_words_have_a_limit(void **state)
{
    int              i;
    char            *text, *stream, *at;
    golden_asked_t   a;
    golden_heard_t   h;

    enum { PIECE = 1000 * 1000, PIECES = 17 };

    (void) state;

    text = malloc(PIECE + 1);
    memset(text, 'x', PIECE);
    text[PIECE] = '\0';

    stream = malloc((size_t) PIECES * (PIECE + 200));
    at = stream;

    for (i = 0; i < PIECES; i++) {
        at += sprintf(at, "data: {\"type\":\"content_block_delta\","
                      "\"index\":0,\"delta\":{\"type\":\"text_delta\","
                      "\"text\":\"%s\"}}\n\n", text);
    }

    tell_with(&a, OLDEST, "\"stream\":true," FORM);
    hear(&h, &a, stream);
    assert_int_equal(h.failed, AG_E_BAD_RESPONSE);
    assert_int_equal(h.out.len, 0);

    ag_buf_free(&h.out);
    golden_ask_free(&a);
    free(stream);
    free(text);
}


/* The texts and arguments of a stream, one behind the other. */
static void
gather(ag_buf_t *out, const golden_heard_t *h)
{
    size_t       i;
    ag_str_t     data;
    ag_sse_t     sse;
    ag_str_t     bytes;
    yyjson_doc  *doc;
    yyjson_val  *delta;

    ag_sse_event_t  event;

    static const char *const  paths[] = {
        "/content", "/refusal", "/reasoning_content",
        "/tool_calls/0/function/name", "/tool_calls/0/function/arguments"
    };

    ag_sse_init(&sse);
    bytes = ag_buf_str(&h->out);

    while (ag_sse_next(&sse, bytes, &event) == AG_OK) {
        data = event.data;
        doc = ag_json_tree(data, NULL, 0);
        delta = yyjson_ptr_get(yyjson_doc_get_root(doc), "/choices/0/delta");

        for (i = 0; i < 5; i++) {
            data = ag_json_text(yyjson_ptr_get(delta, paths[i]));
            assert_int_equal(ag_buf_add(out, data.data, data.len), AG_OK);
        }

        yyjson_doc_free(doc);
        bytes = ag_str(bytes.data + event.raw.len,
                       bytes.len - event.raw.len);
    }

    ag_sse_free(&sse);
}


/* The form of an answer is the same, however its pieces are cut. */
static void
test_a_form_in_pieces(void **state)
{
    char            stream[2000];
    ag_buf_t        out;
    size_t          cut;
    golden_asked_t  a;
    golden_heard_t  h;

    static const char  text[] = "{'a':[1,{'b':null}]}";

    (void) state;

    tell_with(&a, OLDEST, "\"stream\":true," FORM);

    for (cut = 0; cut <= strlen(text); cut++) {
        snprintf(stream, sizeof(stream),
                 "data: {\"type\":\"content_block_start\",\"index\":0,"
                 "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\","
                 "\"name\":\"json_response\",\"input\":{}}}\n\n"
                 "data: {\"type\":\"content_block_delta\",\"index\":0,"
                 "\"delta\":{\"type\":\"input_json_delta\","
                 "\"partial_json\":\"%.*s\"}}\n\n"
                 "data: {\"type\":\"content_block_delta\",\"index\":0,"
                 "\"delta\":{\"type\":\"input_json_delta\","
                 "\"partial_json\":\"%s\"}}\n\n"
                 "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
                 "data: {\"type\":\"message_stop\"}\n\n",
                 (int) cut, text, text + cut);

        hear(&h, &a, stream);
        assert_int_equal(h.failed, AG_E_NONE);

        ag_buf_init(&out, 1000);
        gather(&out, &h);
        assert_int_equal(out.len, strlen(text));
        assert_memory_equal(out.data, text, out.len);

        ag_buf_free(&out);
        ag_buf_free(&h.out);
    }

    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_blocks_that_are_never_closed),
        cmocka_unit_test(test_the_highest_number),
        cmocka_unit_test(test_held_words_have_a_limit),
        cmocka_unit_test(test_a_form_in_pieces)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
