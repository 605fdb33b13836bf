/*
 * Copyright (C) ngx_agent authors
 *
 * How much a model has said, in chunks and in whole answers.
 */


#include "dialect_test.h"


#define CHUNK(choice)  "{\"choices\":[{" choice "}]}"


static size_t
said_by(const char *data)
{
    return event_of(&ag_openai, NULL, data, NULL).said;
}


static void
each_kind_of_words_counts(void **state)
{
    size_t  i;
    char    chunk[512];

    static const struct {
        const char  *delta;
        size_t       said;
    } rows[] = {
        { "\"content\":\"1\\u00e9\"", 3 },
        { "\"role\":\"assistant\",\"content\":\"\"", 0 },
        { "\"role\":\"assistant\",\"content\":null", 0 },
        { "\"refusal\":\"12\",\"content\":\"3\"", 3 },
        { "\"reasoning_content\":\"12\"", 2 },
        { "\"invented\":\"12\"", 2 },
        { "\"tool_calls\":[{\"index\":0,\"id\":\"xxx\",\"type\":\"function\","
          "\"function\":{\"name\":\"f\",\"arguments\":\"23\"}},"
          "{\"function\":{\"arguments\":\"456\"}},"
          "{\"custom\":{\"name\":\"g\",\"input\":\"78\"}}]", 9 },
        { "\"function_call\":{\"name\":\"f\",\"arguments\":\"2\"}", 2 },
        { "\"content\":[{\"type\":\"text\",\"text\":\"12\"},"
          "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
          "\"text\":\"345\"}]}]", 5 },
        { "\"audio\":{\"id\":\"x\",\"data\":\"xxxx\"}", 0 },
        { "\"images\":[{\"image_url\":{\"url\":\"xxxx\"}}]", 0 },
        { "\"tool_calls\":{\"function\":{\"name\":\"f\"}}", 0 },
        { "\"tool_calls\":[7,null,{\"function\":\"f\"}]", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(chunk, sizeof(chunk), CHUNK("\"delta\":{%s}"),
                 rows[i].delta);
        assert_int_equal(said_by(chunk), rows[i].said);
    }
}


static void
a_thought_under_two_names_counts_once(void **state)
{
    (void) state;

    assert_int_equal(said_by(CHUNK("\"delta\":{\"reasoning\":\"123\","
                                   "\"reasoning_content\":\"1234\","
                                   "\"reasoning_details\":[{\"text\":\"x\"}],"
                                   "\"content\":\"5\"}")), 5);
    assert_int_equal(said_by(CHUNK("\"delta\":{\"reasoning_content\":\"1234\","
                                   "\"reasoning\":\"123\"}")), 4);
    assert_int_equal(said_by(CHUNK("\"delta\":{\"reason\":\"12\","
                                   "\"reasoning\":\"3\"}")), 3);
}


static void
all_choices_count(void **state)
{
    (void) state;

    assert_int_equal(said_by("{\"choices\":[{\"delta\":{\"content\":\"1\"}},"
                             "{\"text\":\"23\"},"
                             "{\"message\":{\"content\":\"456\"}}],"
                             "\"obfuscation\":\"xx\"}"), 6);
    assert_int_equal(said_by("[DONE]"), 0);
    assert_int_equal(said_by("{\"choices\":[]}"), 0);
}


static void
a_whole_answer_counts_without_usage(void **state)
{
    char  body[512];

    static const char  chat[] =
        "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":"
        "\"12\",\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{}\"}}]},\"logprobs\":{\"content\":[{\"token\":"
        "\"12\"}]}},{\"message\":{\"content\":\"6\"}}]%s}";

    (void) state;

    snprintf(body, sizeof(body), chat, "");
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT, body).said, 6);

    snprintf(body, sizeof(body), chat, ",\"usage\":null");
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT, body).said, 6);

    snprintf(body, sizeof(body), chat,
             ",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}");
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT, body).said, 0);

    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_COMPLETIONS,
                               "{\"choices\":[{\"text\":\"123\"}]}").said, 3);
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_EMBEDDINGS,
                               "{\"data\":[{\"text\":\"123\"}]}").said, 0);
    assert_int_equal(answer_of(&ag_openai, AG_ENDPOINT_CHAT,
                               "{\"error\":{\"message\":\"x\"}}").said, 0);
}


static void
a_large_answer_counts_as_it_is(void **state)
{
    size_t       len;
    ag_buf_t     body;
    ag_answer_t  answer;

    (void) state;

    ag_buf_init(&body, 2 * AG_JSON_TREE_MAX);
    assert_int_equal(ag_buf_reserve(&body, AG_JSON_TREE_MAX + 100), AG_OK);

    ag_buf_add_string(&body, "{\"choices\":[{\"message\":{\"content\":\"");
    len = AG_JSON_TREE_MAX - body.len;
    memset(body.data + body.len, 'x', len);
    body.len += len;
    ag_buf_add_string(&body, "\"}}]}");

    ag_openai.read_answer(AG_ENDPOINT_CHAT, ag_buf_str(&body), &answer);

    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.said, body.len);

    ag_buf_free(&body);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_kind_of_words_counts),
        cmocka_unit_test(a_thought_under_two_names_counts_once),
        cmocka_unit_test(all_choices_count),
        cmocka_unit_test(a_whole_answer_counts_without_usage),
        cmocka_unit_test(a_large_answer_counts_as_it_is)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
