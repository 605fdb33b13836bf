/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks of a stream.
 */


#include "dialect/openai_say_test.h"


static void
says_reasoning_and_refusals(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, REASONING, 0);
    say_add(&s, REASONING, "Hm");
    say_close(&s, REASONING, 0);
    say_open(&s, REFUSAL, 0);
    say_add(&s, REFUSAL, "No");
    say_close(&s, REFUSAL, 0);
    expect_said(&s, ROLE "0{\"reasoning_content\":\"Hm\"}|"
                    "0{\"refusal\":\"No\"}");
}


static void
says_calls_in_turns(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, TOOL, .id = of("a"), .name = of("f"));
    say_open(&s, CUSTOM, .id = of("b"), .name = of("g"), .tool = 1);
    say_add(&s, TOOL, "{");
    say_add(&s, CUSTOM, "x", .tool = 1);
    say_add(&s, TOOL, "}");
    say_close(&s, TOOL, 0);
    say_close(&s, CUSTOM, .tool = 1);
    expect_said(&s, ROLE
                "0{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":"
                "\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                "\"\"}}]}|"
                "0{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":"
                "\"custom\",\"custom\":{\"name\":\"g\",\"input\":\"\"}}]}|"
                "0{\"tool_calls\":[{\"index\":0,\"function\":"
                "{\"arguments\":\"{\"}}]}|"
                "0{\"tool_calls\":[{\"index\":1,\"custom\":{\"input\":"
                "\"x\"}}]}|"
                "0{\"tool_calls\":[{\"index\":0,\"function\":"
                "{\"arguments\":\"}\"}}]}");
}


static void
says_a_function_call_to_who_knows_no_other(void **state)
{
    said_t  s;

    (void) state;

    say_init(&s, "{\"functions\":[{}]}", SIZE_MAX / 2, SIZE_MAX / 2);
    say_start(&s);
    say_open(&s, TOOL, .id = of("a"), .name = of("f"));
    say_add(&s, TOOL, "{}");
    say_sign(&s, TOOL, "S", GEMINI, 0);
    say_open(&s, TOOL, .id = of("b"), .name = of("g"), .tool = 1);
    say_add(&s, TOOL, "{}", .tool = 1);
    say_finish(&s, TOOL_CALLS, 0);
    expect_said(&s, ROLE
                "0{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}|"
                "0{\"function_call\":{\"arguments\":\"{}\"}}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                "\"format\":\"google-gemini-v1\",\"index\":0,\"data\":"
                "\"S\"}]}|0{}function_call");
}


static void
signs_a_thought_with_its_text(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, REASONING, 0);
    say_add(&s, REASONING, "A");
    say_add(&s, REASONING, "B");
    say_sign(&s, REASONING, "S", ANTHROPIC, 0);
    say_close(&s, REASONING, 0);
    say_open(&s, REASONING, 0);
    say_sign(&s, REASONING, "E", ANTHROPIC, .redacted = 1);
    say_close(&s, REASONING, 0);
    say_open(&s, REASONING, 0);
    say_sign(&s, REASONING, "T", ANTHROPIC, 0);
    expect_said(&s, ROLE "0{\"reasoning_content\":\"A\"}|"
                "0{\"reasoning_content\":\"B\"}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.text\","
                "\"format\":\"anthropic-claude-v1\",\"index\":0,\"text\":"
                "\"AB\",\"signature\":\"S\"}]}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                "\"format\":\"anthropic-claude-v1\",\"index\":1,\"data\":"
                "\"E\"}]}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.text\","
                "\"format\":\"anthropic-claude-v1\",\"index\":2,\"text\":"
                "\"\",\"signature\":\"T\"}]}");
}


static void
seals_a_summary(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, REASONING, .id = of("rs_1"));
    say_add(&s, REASONING, "A");
    say_sign(&s, REASONING, "E", RESPONSES, 0);
    say_close(&s, REASONING, 0);
    say_open(&s, REASONING, 0);
    say_sign(&s, REASONING, "F", RESPONSES, .redacted = 1);
    expect_said(&s, ROLE "0{\"reasoning_content\":\"A\"}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.summary\","
                "\"format\":\"openai-responses-v1\",\"index\":0,\"summary\":"
                "\"A\"},{\"type\":\"reasoning.encrypted\",\"format\":"
                "\"openai-responses-v1\",\"index\":1,\"data\":\"E\",\"id\":"
                "\"rs_1\"}]}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                "\"format\":\"openai-responses-v1\",\"index\":2,\"data\":"
                "\"F\"}]}");
}


static void
signs_calls_and_texts(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, TOOL, .id = of("a"), .name = of("f"));
    say_open(&s, TOOL, .id = of("b"), .name = of("f"), .tool = 1,
             .block = 1);
    say_sign(&s, TOOL, "S", GEMINI, 0);
    say_open(&s, TEXT, 0);
    say_sign(&s, TEXT, "T", GEMINI, 0);
    expect_said(&s, ROLE
                "0{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":"
                "\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                "\"\"}}]}|"
                "0{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":"
                "\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                "\"\"}}]}|"
                "0{\"tool_calls\":[{\"index\":0,\"function\":"
                "{\"arguments\":\"\"},\"extra_content\":{\"google\":"
                "{\"thought_signature\":\"S\"}}}],"
                "\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                "\"format\":\"google-gemini-v1\",\"index\":0,\"data\":\"S\","
                "\"id\":\"a\"}]}|"
                "0{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                "\"format\":\"google-gemini-v1\",\"index\":1,\"data\":"
                "\"T\"}]}");
}


static void
says_no_signature_of_nobody(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, REASONING, 0);
    say_sign(&s, REASONING, "S", NONE, 0);
    say_sign(&s, REASONING, "S", OTHER, 0);
    expect_said(&s, "0{\"role\":\"assistant\",\"content\":\"\","
                    "\"refusal\":null}");
}


static void
says_sources_at_the_end(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, TEXT, 0);
    say_add(&s, TEXT, "\303\244\360\237\230\200");
    say_close(&s, TEXT, 0);
    say_open(&s, TEXT, 0);
    say_cite(&s, "https://a/", "A");
    say_add(&s, TEXT, "bcd");
    say_cite(&s, "https://b/", "");
    say_close(&s, TEXT, 0);
    say_open(&s, TEXT, 0);
    say_cite(&s, "https://c/", "C");
    say_close(&s, TEXT, 0);
    expect_said(&s, ROLE "0{\"content\":\"\303\244\360\237\230\200\"}|"
                "0{\"content\":\"bcd\"}|"
                "0{\"annotations\":[{\"type\":\"url_citation\",\"index\":0,"
                "\"url_citation\":{\"url\":\"https://a/\",\"title\":\"A\","
                "\"start_index\":2,\"end_index\":5}},"
                "{\"type\":\"url_citation\",\"index\":1,"
                "\"url_citation\":{\"url\":\"https://b/\",\"title\":\"\","
                "\"start_index\":2,\"end_index\":5}}]}|"
                "0{\"annotations\":[{\"type\":\"url_citation\",\"index\":2,"
                "\"url_citation\":{\"url\":\"https://c/\",\"title\":\"C\","
                "\"start_index\":5,\"end_index\":5}}]}");
}


static void
holds_images(void **state)
{
    said_t  s;

    (void) state;

    say_begin(&s);
    say_open(&s, IMAGE, .name = of("image/png"));
    say_add(&s, IMAGE, "AAAA");
    say_add(&s, IMAGE, "BBBB");
    say_close(&s, IMAGE, 0);
    say_open(&s, IMAGE, .name = of("image/webp"));
    say_close(&s, IMAGE, 0);
    say_open(&s, IMAGE, .name = of("image/webp"));
    say_add(&s, IMAGE, "CC==");
    say_close(&s, IMAGE, 0);
    expect_said(&s, ROLE
                "0{\"images\":[{\"type\":\"image_url\",\"index\":0,"
                "\"image_url\":{\"url\":\"data:image/png;base64,AAAABBBB\"}}"
                "]}|"
                "0{\"images\":[{\"type\":\"image_url\",\"index\":1,"
                "\"image_url\":{\"url\":\"data:image/webp;base64,CC==\"}}]}");
}


/* What is held is bounded, whatever a provider sends. */
static void
holds_no_more_than_an_answer(void **state)
{
    int         rc;
    size_t      i, len;
    said_t      s;
    ag_char_t  *piece;

    (void) state;

    len = 1024 * 1024;
    piece = malloc(len);
    memset(piece, 'A', len);

    say_begin(&s);
    say_open(&s, IMAGE, .name = of("image/png"));
    rc = AG_OK;

    for (i = 0; rc == AG_OK; i++) {
        rc = ag_openai_say_event(&s.w,
                                 &(ag_event_t) { .kind = AG_EVENT_ADD,
                                                 .type = AG_BLOCK_IMAGE,
                                                 .text = ag_str(piece,
                                                                len) });
    }

    assert_int_equal(rc, AG_LIMIT);
    assert_int_equal(i, AG_ANSWER_MAX / len + 1);
    say_free(&s);
    free(piece);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_reasoning_and_refusals),
        cmocka_unit_test(says_calls_in_turns),
        cmocka_unit_test(says_a_function_call_to_who_knows_no_other),
        cmocka_unit_test(signs_a_thought_with_its_text),
        cmocka_unit_test(seals_a_summary),
        cmocka_unit_test(signs_calls_and_texts),
        cmocka_unit_test(says_no_signature_of_nobody),
        cmocka_unit_test(says_sources_at_the_end),
        cmocka_unit_test(holds_images),
        cmocka_unit_test(holds_no_more_than_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
