/*
 * Copyright (C) ngx_agent authors
 *
 * Arguments of calls are one string of JSON, whatever they hold, and a
 * signature finds its way back through a server that passes it on.
 */


#include "dialect/openai_provider_test.h"


static void
arguments_are_a_string_of_the_same_json(void **state)
{
    yyjson_doc     *doc, *inner;
    yyjson_val     *call;
    golden_asked_t  a;

    static const char  input[] =
        "{\"a\":\"x\\\"\\\\\\n\",\"b\":[1.5,123456789012345678901234567890,"
        "null,true],\"c\":{\"d\":\"\xc3\xa9\"}}";
    char               fields[1024];

    (void) state;

    snprintf(fields, sizeof(fields), "\"messages\":["
             "{\"role\":\"user\",\"content\":\"x\"},"
             "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
             "\"id\":\"t\",\"name\":\"f\",\"input\":%s}]}]", input);

    tell(&a, "openai", fields);
    assert_int_equal(a.rc, AG_OK);

    doc = yyjson_read((const char *) a.body.data, a.body.len, 0);
    assert_non_null(doc);

    call = yyjson_arr_get_first(yyjson_obj_get(yyjson_arr_get(
               yyjson_obj_get(yyjson_doc_get_root(doc), "messages"), 1),
               "tool_calls"));
    call = yyjson_obj_get(yyjson_obj_get(call, "function"), "arguments");

    assert_true(yyjson_is_str(call));
    assert_int_equal(yyjson_get_len(call), strlen(input));
    assert_memory_equal(yyjson_get_str(call), input, strlen(input));

    inner = yyjson_read(yyjson_get_str(call), yyjson_get_len(call), 0);
    assert_non_null(inner);

    yyjson_doc_free(inner);
    yyjson_doc_free(doc);
    golden_ask_free(&a);
}


static void
a_signature_goes_to_nobody_who_cannot_check_it(void **state)
{
    size_t          i;
    golden_asked_t  a;

    static const char  fields[] =
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
        "\"thinking\":\"Hm.\",\"signature\":\"c2VjcmV0\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"c2VjcmV0\"},"
        "{\"type\":\"text\",\"text\":\"y\"}]}]";

    static const char *const  names[] = {
        "openai", "azure", "mistral", "groq", "deepseek", "xai", "gemini",
        "vllm", "ollama", "llamacpp", "compatible"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tell(&a, names[i], fields);
        assert_int_equal(a.rc, AG_OK);
        assert_false(told(&a, "c2VjcmV0"));
        golden_ask_free(&a);
    }

    tell(&a, "openrouter", fields);
    assert_true(told(&a, "\"signature\":\"c2VjcmV0\""));
    assert_true(told(&a, "\"data\":\"c2VjcmV0\""));
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(arguments_are_a_string_of_the_same_json),
        cmocka_unit_test(a_signature_goes_to_nobody_who_cannot_check_it)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
