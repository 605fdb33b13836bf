/*
 * Copyright (C) ngx_agent authors
 *
 * Reasoning that comes back, in each of its forms.
 */


#include "dialect/openai_ask_test.h"


static void expect_reason(const char *members, const char *expected);


static void
expect_reason(const char *members, const char *expected)
{
    char  message[1024], turn[1024];

    sprintf(message, "{\"role\":\"assistant\",\"content\":\"A\",%s}",
            members);
    sprintf(turn, "assistant:%s", expected);
    expect_turns(message, turn);
}


static void
reads_texts_alone(void **state)
{
    (void) state;

    expect_reason("\"reasoning_content\":\"R\"", " thought( R) \"A\"");
    expect_reason("\"reasoning\":\"R\"", " thought( R) \"A\"");
    expect_reason("\"reasoning_content\":\"R\",\"reasoning\":\"S\"",
                  " thought( R) \"A\"");
    expect_reason("\"reasoning_content\":\"\",\"reasoning\":null", " \"A\"");
}


static void
reads_signed_texts(void **state)
{
    (void) state;

    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.text\","
                  "\"text\":\"R\",\"signature\":\"S\",\"format\":"
                  "\"anthropic-claude-v1\"},{\"type\":\"reasoning.text\","
                  "\"text\":\"T\",\"signature\":\"U\"}],"
                  "\"reasoning_content\":\"RT\"",
                  " thought( R)~S~anthropic thought( T)~U~anthropic \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.text\","
                  "\"text\":\"R\",\"signature\":\"S\",\"format\":\"new\"}]",
                  " thought( R)~S~other \"A\"");
}


static void
joins_pieces(void **state)
{
    (void) state;

    expect_reason("\"reasoning_details\":["
                  "{\"type\":\"reasoning.text\",\"text\":\"R\"},"
                  "{\"type\":\"reasoning.text\",\"text\":\"S\"},"
                  "{\"type\":\"reasoning.text\",\"text\":\"T\"},"
                  "{\"type\":\"reasoning.text\",\"signature\":\"1\"},"
                  "{\"type\":\"reasoning.text\",\"text\":\"U\"},"
                  "{\"type\":\"reasoning.text\",\"text\":\"V\"}]",
                  " thought( RST)~1~anthropic thought( UV) \"A\"");
}


static void
gives_a_signature_its_text(void **state)
{
    (void) state;

    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.text\","
                  "\"signature\":\"S\"}],\"reasoning_content\":\"R\"",
                  " thought( R)~S~anthropic \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                  "\"data\":\"E\",\"format\":\"anthropic-claude-v1\"}],"
                  "\"reasoning_content\":\"R\"",
                  " thought(redacted )~E~anthropic \"A\"");
}


static void
reads_sealed_reasoning(void **state)
{
    (void) state;

    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                  "\"data\":\"E\",\"id\":\"rs_1\",\"format\":"
                  "\"openai-responses-v1\"}]",
                  " thought(redacted #rs_1)~E~responses \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.summary\","
                  "\"summary\":\"R\",\"format\":\"openai-responses-v1\"},"
                  "{\"type\":\"reasoning.encrypted\",\"data\":\"E\",\"id\":"
                  "\"rs_1\",\"format\":\"openai-responses-v1\"}]",
                  " thought(#rs_1 R)~E~responses \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                  "\"data\":\"E\",\"format\":\"openai-responses-v1\"}],"
                  "\"reasoning_content\":\"R\"",
                  " thought( R)~E~responses \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\"}]",
                  " \"A\"");
    expect_reason("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                  "\"data\":\"E\"},{\"type\":\"reasoning.text\",\"text\":"
                  "\"R\"}]",
                  " thought(redacted )~E~anthropic thought( R) \"A\"");
}


static void
reads_blocks(void **state)
{
    (void) state;

    expect_reason("\"thinking_blocks\":[{\"type\":\"thinking\","
                  "\"thinking\":\"R\",\"signature\":\"S\"},"
                  "{\"type\":\"redacted_thinking\",\"data\":\"E\"},"
                  "{\"type\":\"thinking\",\"thinking\":\"T\"},"
                  "{\"type\":\"thinking\"},{\"type\":\"redacted_thinking\"}],"
                  "\"reasoning_content\":\"RT\"",
                  " thought( R)~S~anthropic thought(redacted )~E~anthropic "
                  "thought( T) \"A\"");
    expect_reason("\"thinking_blocks\":[{\"type\":\"thinking\","
                  "\"thinking\":\"R\",\"signature\":\"ag1.gemini.S\"}]",
                  " thought( R)~S~gemini \"A\"");
    expect_reason("\"thinking_blocks\":[{\"type\":\"thinking\","
                  "\"thinking\":\"R\",\"signature\":\"S\"}],"
                  "\"reasoning_details\":[{\"type\":\"reasoning.text\","
                  "\"text\":\"T\"}]",
                  " thought( T) \"A\"");
}


static void
ties_googles_signatures_to_calls(void **state)
{
    (void) state;

    expect_reason("\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":"
                  "\"f\"}},{\"id\":\"d\",\"function\":{\"name\":\"f\","
                  "\"thought_signature\":\"own\"}}],\"reasoning_details\":["
                  "{\"type\":\"reasoning.encrypted\",\"data\":\"C\",\"id\":"
                  "\"c\",\"format\":\"google-gemini-v1\"},"
                  "{\"type\":\"reasoning.encrypted\",\"data\":\"D\",\"id\":"
                  "\"d\",\"format\":\"google-gemini-v1\"},"
                  "{\"type\":\"reasoning.encrypted\",\"data\":\"X\",\"id\":"
                  "\"x\",\"format\":\"google-gemini-v1\"},"
                  "{\"type\":\"reasoning.encrypted\",\"data\":\"T\","
                  "\"format\":\"google-gemini-v1\"}],"
                  "\"reasoning_content\":\"R\"",
                  " thought( R) \"A\"~T~gemini call(f#c {})~C~gemini "
                  "call(f#d {})~own~gemini");
    expect_reason("\"extra_content\":{\"google\":{\"thought_signature\":"
                  "\"T\"}}", " \"A\"~T~gemini");
    expect_turns("{\"role\":\"assistant\",\"content\":null,"
                 "\"extra_content\":{\"google\":{\"thought_signature\":"
                 "\"T\"}},\"reasoning_details\":[{\"type\":"
                 "\"reasoning.encrypted\",\"data\":\"T\",\"format\":"
                 "\"google-gemini-v1\"}]}", "assistant:");
}


static void
passes_over_what_it_does_not_know(void **state)
{
    (void) state;

    expect_reason("\"reasoning_details\":[1,null,{},{\"type\":\"x\"},"
                  "{\"type\":\"reasoning.text\"},{\"type\":"
                  "\"reasoning.summary\",\"summary\":7}],"
                  "\"thinking_blocks\":{},\"reasoning\":{}", " \"A\"");
    expect_reason("\"reasoning_details\":\"x\",\"thinking_blocks\":[7]",
                  " \"A\"");
}


/* Pieces of megabytes are joined in time that grows with them. */
static void
joins_many_pieces(void **state)
{
    size_t     i, count;
    asked_t    a;
    ag_buf_t   json;

    (void) state;

    count = 20000;
    ag_buf_init(&json, SIZE_MAX);
    ag_buf_add_string(&json, "{\"messages\":[{\"role\":\"assistant\","
                             "\"reasoning_details\":[1");

    for (i = 0; i < count; i++) {
        ag_buf_add_string(&json, ",{\"type\":\"reasoning.text\",\"text\":"
                                 "\"0123456789\"}");
    }

    ag_buf_add(&json, "]}]}", 5);
    ask_of(&a, (const char *) json.data, AG_ENDPOINT_CHAT);
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->parts->text.len, count * 10);
    assert_null(a.n.turns->parts->next);
    asked_free(&a);
    ag_buf_free(&json);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_texts_alone),
        cmocka_unit_test(reads_signed_texts),
        cmocka_unit_test(joins_pieces),
        cmocka_unit_test(gives_a_signature_its_text),
        cmocka_unit_test(reads_sealed_reasoning),
        cmocka_unit_test(reads_blocks),
        cmocka_unit_test(ties_googles_signatures_to_calls),
        cmocka_unit_test(passes_over_what_it_does_not_know),
        cmocka_unit_test(joins_many_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
