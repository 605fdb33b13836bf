/*
 * Copyright (C) ngx_agent authors
 *
 * Whole answers: what cases in JSON cannot say.
 */


#include "dialect/openai_say_test.h"


static yyjson_val *answer(said_t *s, const ag_gathered_t *blocks,
    size_t count);


/* The message of an answer with these blocks. */
static yyjson_val *
answer(said_t *s, const ag_gathered_t *blocks, size_t count)
{
    size_t                 i;
    ag_reply_t             reply;
    ag_gathered_t         *copies;
    ag_gathered_choice_t   choice;

    memset(&reply, 0, sizeof(reply));
    memset(&choice, 0, sizeof(choice));

    copies = malloc((count + 1) * sizeof(ag_gathered_t));

    for (i = 0; i < count; i++) {
        copies[i] = blocks[i];
        copies[i].next = (i + 1 < count) ? &copies[i + 1] : NULL;
    }

    choice.blocks = (count > 0) ? copies : NULL;
    reply.choices = &choice;
    reply.count = 1;

    s->w.endpoint = AG_ENDPOINT_CHAT;
    assert_int_equal(ag_openai_say_answer(&s->w, &reply), AG_OK);
    free(copies);

    yyjson_doc_free(s->doc);
    s->doc = yyjson_read((const char *) s->out.data, s->out.len, 0);
    assert_non_null(s->doc);

    return ag_json_path(yyjson_arr_get_first(
                            yyjson_obj_get(yyjson_doc_get_root(s->doc),
                                           "choices")), "message", NULL);
}


static void
has_a_content_but_for_calls_and_refusals(void **state)
{
    said_t       s;
    yyjson_val  *message;

    static const ag_gathered_t  call = {
        .type = AG_BLOCK_CUSTOM, .id = ag_string("c"), .name = ag_string("f"),
        .text = ag_string("i")
    };
    static const ag_gathered_t  thought = {
        .type = AG_BLOCK_REASONING, .text = ag_string("t")
    };

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = answer(&s, NULL, 0);
    assert_true(yyjson_equals_str(yyjson_obj_get(message, "content"), ""));
    assert_null(yyjson_obj_get(message, "tool_calls"));
    assert_null(yyjson_obj_get(message, "reasoning_content"));
    say_free(&s);

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = answer(&s, &thought, 1);
    assert_true(yyjson_equals_str(yyjson_obj_get(message, "content"), ""));
    assert_null(yyjson_obj_get(message, "reasoning_details"));
    say_free(&s);

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = answer(&s, &call, 1);
    assert_true(yyjson_is_null(yyjson_obj_get(message, "content")));
    message = yyjson_arr_get_first(yyjson_obj_get(message, "tool_calls"));
    assert_true(yyjson_equals_str(yyjson_obj_get(message, "type"), "custom"));
    assert_true(yyjson_equals_str(ag_json_path(message, "custom", "input",
                                               NULL), "i"));
    say_free(&s);
}


static void
tells_calls_apart(void **state)
{
    said_t       s;
    yyjson_val  *message, *call;

    static const ag_gathered_t  blocks[] = {
        { .type = AG_BLOCK_CUSTOM, .id = ag_string("a"),
          .name = ag_string("f"), .text = ag_string("i") },
        { .type = AG_BLOCK_TOOL, .id = ag_string("b"),
          .name = ag_string("g"), .text = ag_string("{}"),
          .signature = ag_string("S"), .signer = AG_SIGNER_ANTHROPIC },
        { .type = AG_BLOCK_TOOL, .id = ag_string("c"),
          .name = ag_string("g"), .text = ag_string("{}"),
          .signature = ag_string("T"), .signer = AG_SIGNER_GEMINI }
    };

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = yyjson_obj_get(answer(&s, blocks, 3), "tool_calls");

    call = yyjson_arr_get(message, 0);
    assert_true(yyjson_equals_str(yyjson_obj_get(call, "type"), "custom"));

    call = yyjson_arr_get(message, 1);
    assert_true(yyjson_equals_str(yyjson_obj_get(call, "type"), "function"));
    assert_true(yyjson_equals_str(ag_json_path(call, "function", "arguments",
                                               NULL), "{}"));
    assert_null(yyjson_obj_get(call, "extra_content"));

    call = yyjson_arr_get(message, 2);
    assert_true(yyjson_equals_str(ag_json_path(call, "extra_content",
                                               "google", "thought_signature",
                                               NULL), "T"));
    say_free(&s);
}


/* One that nobody can check must not leave half a list behind. */
static void
leaves_out_signatures_of_nobody(void **state)
{
    said_t       s;
    yyjson_val  *message;

    static const ag_gathered_t  blocks[] = {
        { .type = AG_BLOCK_REASONING, .text = ag_string("a"),
          .signature = ag_string("S"), .signer = AG_SIGNER_OTHER },
        { .type = AG_BLOCK_REASONING, .text = ag_string("b"),
          .signature = ag_string("T"), .signer = AG_SIGNER_RESPONSES,
          .id = ag_string("rs_1") },
        { .type = AG_BLOCK_REASONING, .text = ag_string("c"),
          .signature = ag_string("U"), .signer = AG_SIGNER_NONE }
    };

    (void) state;

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = answer(&s, blocks, 1);
    assert_null(yyjson_obj_get(message, "reasoning_details"));
    say_free(&s);

    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    message = answer(&s, blocks, 3);
    assert_true(yyjson_equals_str(yyjson_obj_get(message,
                                                 "reasoning_content"),
                                  "abc"));
    message = yyjson_obj_get(message, "reasoning_details");
    assert_int_equal(yyjson_arr_size(message), 2);
    assert_true(yyjson_equals_str(ag_json_path(yyjson_arr_get_last(message),
                                               "id", NULL), "rs_1"));
    say_free(&s);
}


static void
stops_where_the_buffer_ends(void **state)
{
    size_t      max;
    said_t      s;
    ag_reply_t  reply;

    (void) state;

    memset(&reply, 0, sizeof(reply));

    for (max = 0; ; max++) {
        say_init(&s, "{}", SIZE_MAX / 2, max);
        s.w.endpoint = AG_ENDPOINT_CHAT;

        if (ag_openai_say_answer(&s.w, &reply) == AG_OK) {
            break;
        }

        say_free(&s);
    }

    assert_true(max > 100);
    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(has_a_content_but_for_calls_and_refusals),
        cmocka_unit_test(tells_calls_apart),
        cmocka_unit_test(leaves_out_signatures_of_nobody),
        cmocka_unit_test(stops_where_the_buffer_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
