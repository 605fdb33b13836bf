/*
 * Copyright (C) ngx_agent authors
 *
 * The fields of a request of the Responses API.
 */


#include "dialect/responses_test.h"


static void
reads_instructions_first_wherever_they_stand(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":\"Hi\",\"instructions\":\"Be brief.\"}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->role, AG_ROLE_SYSTEM);
    assert_text(a.n.turns->parts->text, "Be brief.");
    assert_int_equal(a.n.turns->next->role, AG_ROLE_USER);
    assert_text(a.n.turns->next->parts->text, "Hi");
    assert_null(a.n.turns->next->next);
    assert_string_equal(a.n.list, "input");

    ask_free(&a);
}


static void
names_what_it_does_not_know(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":\"Hi\",\"top_k\":3,\"model\":\"m\",\"stream\":true,"
            "\"frob\":null,\"nicate\":{}}");

    assert_int_equal(a.n.unknown_count, 2);
    assert_text(a.n.unknown[0], "top_k");
    assert_text(a.n.unknown[1], "nicate");

    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    char    body[256];
    size_t  i;

    static const char *const  fields[] = {
        "model", "stream", "stream_options", "truncation", "instructions",
        "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning",
        "include", "max_output_tokens", "temperature", "top_p",
        "top_logprobs", "service_tier", "user", "safety_identifier",
        "prompt_cache_key", "metadata", "store", "other"
    };

    (void) state;

    ask_odd("{\"input\":%s}");

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        snprintf(body, sizeof(body), "{\"input\":\"Hi\",\"%s\":%%s}",
                 fields[i]);
        ask_odd(body);
    }
}


static void
keeps_numbers_as_they_came(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":\"Hi\",\"temperature\":0.25,\"top_p\":1,"
            "\"max_output_tokens\":5,\"top_logprobs\":0,\"user\":\"u\","
            "\"store\":false}");

    assert_true(yyjson_get_real(a.n.temperature) == 0.25);
    assert_int_equal(yyjson_get_uint(a.n.top_p), 1);
    assert_int_equal(a.n.max_tokens, 5);
    assert_int_equal(a.n.logprobs, 0);
    assert_int_equal(a.n.parallel, -1);
    assert_text(a.n.user, "u");
    assert_true(yyjson_is_false(a.n.store));

    ask_free(&a);
}


static void
tells_too_much_from_no_memory(void **state)
{
    asked_t   a;
    ag_buf_t  b;
    unsigned  i;

    (void) state;

    ag_buf_init(&b, 1024 * 1024);
    assert_int_equal(ag_buf_add_string(&b, "{\"input\":[{\"role\":\"user\","
                                           "\"content\":["), AG_OK);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(ag_buf_add_string(&b, "{\"type\":\"input_text\","
                                               "\"text\":\"x\"},"), AG_OK);
    }

    b.len--;
    assert_int_equal(ag_buf_add_string(&b, "]}]}"), AG_OK);

    ask_within(&a, ag_buf_str(&b), 50000);
    assert_int_equal(a.rc, AG_LIMIT);
    ask_free(&a);

    ask_within(&a, ag_buf_str(&b), 1000000);
    assert_int_equal(a.rc, AG_OK);
    ask_free(&a);

    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_instructions_first_wherever_they_stand),
        cmocka_unit_test(names_what_it_does_not_know),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
        cmocka_unit_test(keeps_numbers_as_they_came),
        cmocka_unit_test(tells_too_much_from_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
