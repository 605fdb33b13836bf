/*
 * Copyright (C) ngx_agent authors
 *
 * Calls and results keep together whatever their ids are made of, and a long
 * conversation is written in time.
 */


#include "dialect/openai_provider_test.h"


#define MANY  5000


static void
expect_paired(const char *quirks, const char *id, size_t len)
{
    char            fields[2048];
    const char     *call, *result;
    yyjson_val     *messages;
    yyjson_doc     *doc;
    golden_asked_t  a;

    snprintf(fields, sizeof(fields), "\"messages\":["
             "{\"role\":\"user\",\"content\":\"x\"},"
             "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
             "\"id\":\"%s\",\"name\":\"f\",\"input\":{}}]},"
             "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
             "\"tool_use_id\":\"%s\"}]}]", id, id);

    tell(&a, quirks, fields);
    assert_int_equal(a.rc, AG_OK);

    doc = yyjson_read((const char *) a.body.data, a.body.len, 0);
    assert_non_null(doc);

    messages = yyjson_obj_get(yyjson_doc_get_root(doc), "messages");
    call = yyjson_get_str(yyjson_obj_get(yyjson_arr_get_first(
               yyjson_obj_get(yyjson_arr_get(messages, 1), "tool_calls")),
               "id"));
    result = yyjson_get_str(yyjson_obj_get(yyjson_arr_get(messages, 2),
                                           "tool_call_id"));

    assert_string_equal(call, result);
    assert_int_equal(strlen(call), len);

    yyjson_doc_free(doc);
    golden_ask_free(&a);
}


static void
calls_and_results_keep_one_id(void **state)
{
    char  id[300];

    (void) state;

    memset(id, 'a', sizeof(id));
    id[sizeof(id) - 1] = '\0';

    expect_paired("mistral", "toolu_01", 9);
    expect_paired("mistral", id, 9);
    expect_paired("openai", id, 64);

    id[65] = '\0';
    expect_paired("openai", id, 64);

    id[64] = '\0';
    expect_paired("openai", id, 64);
    expect_paired("openai", "a b", 3);
}


static void
a_long_conversation_takes_a_pass(void **state)
{
    char           *fields;
    size_t          i, len, size;
    golden_asked_t  a;

    (void) state;

    size = MANY * 300;
    fields = malloc(size);
    assert_non_null(fields);

    len = (size_t) snprintf(fields, size, "\"messages\":["
                            "{\"role\":\"user\",\"content\":\"x\"}");

    for (i = 0; i < MANY; i++) {
        len += (size_t) snprintf(fields + len, size - len,
            ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
            "\"id\":\"t%zu\",\"name\":\"f\",\"input\":{}}]}"
            ",{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
            "\"tool_use_id\":\"t%zu\",\"content\":\"r\"}]}", i, i);
    }

    snprintf(fields + len, size - len, "]");

    tell(&a, "deepseek", fields);
    assert_int_equal(a.rc, AG_OK);
    assert_true(told(&a, "{\"role\":\"tool\",\"tool_call_id\":\"t4999\","
                         "\"content\":\"r\"}]"));

    golden_ask_free(&a);
    free(fields);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(calls_and_results_keep_one_id),
        cmocka_unit_test(a_long_conversation_takes_a_pass)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
