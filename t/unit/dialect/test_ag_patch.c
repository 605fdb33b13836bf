/*
 * Copyright (C) ngx_agent authors
 *
 * The model's name and stream_options are changed in place, and no other byte
 * of a client's body is.
 */


#include "dialect_test.h"


static void
patched_fields(ag_endpoint_t endpoint, const char *body, const char *model,
    int usage, const ag_field_t *fields, size_t field_count,
    const char *expected)
{
    size_t         i, count, len;
    ag_char_t     *out;
    ag_patch_t     patches[AG_PATCHES_MAX];
    ag_request_t   request;

    accept(&request, endpoint, body);

    count = ag_request_patch(&request, text(model), usage, fields,
                             field_count, patches);

    assert_true(count <= AG_PATCHES_MAX);

    for (i = 1; i < count; i++) {
        assert_true(patches[i].at >= patches[i - 1].at + patches[i - 1].cut);
    }

    len = ag_patch_len(request.body, patches, count);
    out = malloc(len + 1);
    assert_non_null(out);

    ag_patch_write(request.body, patches, count, out);
    out[len] = '\0';

    assert_string_equal((char *) out, expected);

    free(out);
}


static void
patched(ag_endpoint_t endpoint, const char *body, const char *model,
    int usage, const char *expected)
{
    patched_fields(endpoint, body, model, usage, NULL, 0, expected);
}


static void
the_model_is_replaced_and_spacing_stays(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            " { \"x\" : 1.0e0 , \"model\" : \"a\" , \"messages\" :[ 1 ] }\n",
            "\"much-longer/name\"", 0,
            " { \"x\" : 1.0e0 , \"model\" : \"much-longer/name\" , "
            "\"messages\" :[ 1 ] }\n");
}


static void
a_model_that_is_the_same_or_not_given_stays(void **state)
{
    ag_patch_t    patches[AG_PATCHES_MAX];
    ag_request_t  request;

    (void) state;

    accept(&request, AG_ENDPOINT_CHAT, "{\"model\":\"a\",\"messages\":[1]}");

    assert_int_equal(ag_request_patch(&request, text("\"a\""), 1, NULL, 0,
                                      patches), 0);
    assert_int_equal(ag_request_patch(&request, text(""), 1, NULL, 0,
                                      patches), 0);
}


static void
an_escaped_name_is_replaced_whole(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"mod\\u0065l\":\"\\u0061\",\"messages\":[1]}", "\"b\"", 0,
            "{\"mod\\u0065l\":\"b\",\"messages\":[1]}");
}


static void
absent_stream_options_are_added_behind_stream(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"stream\": true ,\"model\":\"a\",\"messages\":[1]}", "\"b\"",
            1,
            "{\"stream\": true,\"stream_options\":{\"include_usage\":true} ,"
            "\"model\":\"b\",\"messages\":[1]}");

    patched(AG_ENDPOINT_COMPLETIONS, "{\"model\":\"a\",\"stream\":true}", "",
            1,
            "{\"model\":\"a\",\"stream\":true,"
            "\"stream_options\":{\"include_usage\":true}}");
}


static void
null_stream_options_are_replaced(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"stream_options\":null,\"stream\":true,\"model\":\"a\","
            "\"messages\":[1]}", "\"b\"", 1,
            "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
            "\"model\":\"b\",\"messages\":[1]}");
}


static void
other_stream_options_are_kept(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{ \"include_obfuscation\":false}}", "", 1,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\":true, "
            "\"include_obfuscation\":false}}");
}


static void
empty_stream_options_get_no_comma(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{ }}", "", 1,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\":true }}");
}


static void
a_refused_or_null_include_usage_becomes_true(void **state)
{
    (void) state;

    patched(AG_ENDPOINT_CHAT,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\":false,\"x\":1}}", "", 1,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\":true,\"x\":1}}");

    patched(AG_ENDPOINT_CHAT,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\" : null}}", "", 1,
            "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
            "\"stream_options\":{\"include_usage\" : true}}");
}


static void
usage_is_asked_for_where_it_is_needed_only(void **state)
{
    size_t        i;
    ag_patch_t    patches[AG_PATCHES_MAX];
    ag_request_t  request;

    static const struct {
        ag_endpoint_t  endpoint;
        int            usage;
        const char    *body;
    } rows[] = {
        { AG_ENDPOINT_CHAT, 0,
          "{\"model\":\"a\",\"messages\":[1],\"stream\":true}" },
        { AG_ENDPOINT_CHAT, 1,
          "{\"model\":\"a\",\"messages\":[1],\"stream\":false}" },
        { AG_ENDPOINT_CHAT, 1,
          "{\"model\":\"a\",\"messages\":[1],\"stream\":null}" },
        { AG_ENDPOINT_CHAT, 1,
          "{\"model\":\"a\",\"messages\":[1],\"stream\":true,"
          "\"stream_options\":{\"include_usage\":true}}" },
        { AG_ENDPOINT_RESPONSES, 1, "{\"model\":\"a\",\"stream\":true}" },
        { AG_ENDPOINT_MESSAGES, 1,
          "{\"model\":\"a\",\"messages\":[1],\"max_tokens\":1,"
          "\"stream\":true}" },
        { AG_ENDPOINT_EMBEDDINGS, 1,
          "{\"model\":\"a\",\"input\":\"x\",\"stream\":true}" }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        accept(&request, rows[i].endpoint, rows[i].body);

        assert_int_equal(ag_request_patch(&request, text(""), rows[i].usage,
                                          NULL, 0, patches), 0);
    }
}


static void
fields_of_the_operator_replace_and_precede_the_clients(void **state)
{
    static const ag_field_t  fields[] = {
        { ag_string("safe"), ag_string("true") },
        { ag_string("seed"), ag_string("7") },
        { ag_string("store"), ag_string("{\"a\":[]}") }
    };

    (void) state;

    patched_fields(AG_ENDPOINT_CHAT,
                   " {\"model\":\"a\",\"s\\u0065ed\": null ,"
                   "\"messages\":[1],\"stream\":true}", "\"b\"", 1,
                   fields, 3,
                   " {\"safe\":true,\"store\":{\"a\":[]},\"model\":\"b\","
                   "\"s\\u0065ed\": 7 ,\"messages\":[1],\"stream\":true,"
                   "\"stream_options\":{\"include_usage\":true}}");
}


static void
fields_of_the_gateway_cannot_be_set(void **state)
{
    static const ag_field_t  fields[] = {
        { ag_string("model"), ag_string("\"x\"") },
        { ag_string("stream"), ag_string("true") },
        { ag_string("stream_options"), ag_string("null") }
    };

    (void) state;

    patched_fields(AG_ENDPOINT_CHAT, "{\"model\":\"a\",\"messages\":[1]}",
                   "", 1, fields, 3, "{\"model\":\"a\",\"messages\":[1]}");
}


static void
as_many_fields_as_the_cap_find_room(void **state)
{
    size_t        i;
    ag_str_t      value;
    ag_field_t    fields[AG_FIELDS_MAX + 1];
    ag_patch_t    patches[AG_PATCHES_MAX];
    ag_request_t  request;

    (void) state;

    value = text("0");

    for (i = 0; i < AG_FIELDS_MAX + 1; i++) {
        fields[i].key = ag_str(&"abcdefghijkl"[i], 1);
        fields[i].value = value;
    }

    accept(&request, AG_ENDPOINT_CHAT,
           "{\"model\":\"a\",\"messages\":[1],\"stream\":true}");

    assert_int_equal(ag_request_patch(&request, text("\"b\""), 1, fields,
                                      AG_FIELDS_MAX + 1, patches),
                     AG_PATCHES_MAX);
}


static void
fields_of_an_empty_body_need_no_comma(void **state)
{
    static const ag_field_t  fields[] = {
        { ag_string("seed"), ag_string("7") }
    };

    (void) state;

    patched_fields(AG_ENDPOINT_COMPLETIONS, "{ }", "\"b\"", 1, fields, 1,
                   "{\"seed\":7 }");
}


/* ---- ag_request_amend() ---- */


static void
amended(ag_endpoint_t endpoint, const char *body, const char *model,
    int64_t bound, const char *name, const char *expected)
{
    ag_buf_t      out;
    ag_error_t    error;
    ag_request_t  request, again;

    accept(&request, endpoint, body);

    ag_buf_init(&out, 1000);
    assert_int_equal(ag_buf_add_string(&out, "before"), AG_OK);

    assert_int_equal(ag_request_amend(&out, &request, text(model), bound,
                                      name), AG_OK);

    ag_buf_shift(&out, 6);
    assert_text(ag_buf_str(&out), expected);
    assert_int_equal(ag_request_read(&again, endpoint, ag_buf_str(&out),
                                     &error), AG_OK);

    ag_buf_free(&out);
}


static void
a_model_is_put_in_front_or_in_its_place(void **state)
{
    (void) state;

    amended(AG_ENDPOINT_COMPLETIONS, " {}", "\"b\"", 0, NULL,
            " {\"model\":\"b\"}");
    amended(AG_ENDPOINT_CHAT, "{ \"messages\": [1]}\n", "\"b\"", 0, NULL,
            "{\"model\":\"b\", \"messages\": [1]}\n");
    amended(AG_ENDPOINT_CHAT, "{\"messages\":[1], \"model\" : null }",
            "\"b\"", 0, NULL, "{\"messages\":[1], \"model\" : \"b\" }");
    amended(AG_ENDPOINT_CHAT, "{\"mod\\u0065l\":\"a\",\"messages\":[1]}",
            "\"b\"", 0, NULL, "{\"mod\\u0065l\":\"b\",\"messages\":[1]}");
    amended(AG_ENDPOINT_EMBEDDINGS, "{\"input\":\"x\"}", "\"\\u00e9\"", 5,
            "max_tokens", "{\"model\":\"\\u00e9\",\"input\":\"x\"}");
}


static void
a_bound_has_the_name_of_its_endpoint(void **state)
{
    (void) state;

    amended(AG_ENDPOINT_CHAT, "{\"model\":\"a\",\"messages\":[1]}", "", 9,
            "max_completion_tokens",
            "{\"max_completion_tokens\":9,\"model\":\"a\",\"messages\":[1]}");
    amended(AG_ENDPOINT_CHAT, "{\"messages\":[1],\"max_tokens\":null}",
            "\"b\"", AG_OUTPUT_TOKENS_MAX, "max_tokens",
            "{\"model\":\"b\",\"messages\":[1],\"max_tokens\":2147483647}");
    amended(AG_ENDPOINT_COMPLETIONS, "{}", "\"b\"", 9,
            "max_completion_tokens",
            "{\"model\":\"b\",\"max_tokens\":9}");
    amended(AG_ENDPOINT_RESPONSES, "{\"input\":\"x\"}", "\"b\"", 9,
            "max_tokens",
            "{\"model\":\"b\",\"max_output_tokens\":9,\"input\":\"x\"}");
    amended(AG_ENDPOINT_COUNT_TOKENS, "{\"messages\":[1]}", "\"b\"", 9,
            "max_tokens", "{\"model\":\"b\",\"messages\":[1]}");
}


static void
a_clients_bound_is_its_own(void **state)
{
    (void) state;

    amended(AG_ENDPOINT_CHAT,
            "{\"model\":\"a\",\"messages\":[1],\"max_tokens\":5}", "", 9,
            "max_completion_tokens",
            "{\"model\":\"a\",\"messages\":[1],\"max_tokens\":5}");
    amended(AG_ENDPOINT_COMPLETIONS, "{\"model\":\"a\",\"max_tokens\":0}",
            "", 9, "max_tokens", "{\"model\":\"a\",\"max_tokens\":0}");
    amended(AG_ENDPOINT_MESSAGES,
            "{\"messages\":[1],\"max_tokens\":5}", "\"b\"", 9, "max_tokens",
            "{\"model\":\"b\",\"messages\":[1],\"max_tokens\":5}");
}


static void
what_cannot_be_amended_stays(void **state)
{
    unsigned      i;
    ag_buf_t      body, out;
    ag_error_t    error;
    ag_request_t  request;

    (void) state;

    ag_buf_init(&body, 10000);
    ag_buf_add_string(&body, "{\"model\":null");

    for (i = 1; i < AG_JSON_MEMBERS_MAX; i++) {
        ag_buf_add_string(&body, ",\"x");
        ag_buf_add_number(&body, i);
        ag_buf_add_string(&body, "\":1");
    }

    ag_buf_add_string(&body, "}");

    assert_int_equal(ag_request_read(&request, AG_ENDPOINT_COMPLETIONS,
                                     ag_buf_str(&body), &error), AG_OK);

    ag_buf_init(&out, 10000);
    assert_int_equal(ag_request_amend(&out, &request, text("\"b\""), 1, ""),
                     AG_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(ag_request_amend(&out, &request, text("\"b\""), 0, ""),
                     AG_OK);

    out.max = out.size;
    assert_int_equal(ag_request_amend(&out, &request, text("\"b\""), 0, ""),
                     AG_LIMIT);

    ag_buf_free(&body);
    ag_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_model_is_replaced_and_spacing_stays),
        cmocka_unit_test(a_model_that_is_the_same_or_not_given_stays),
        cmocka_unit_test(an_escaped_name_is_replaced_whole),
        cmocka_unit_test(absent_stream_options_are_added_behind_stream),
        cmocka_unit_test(null_stream_options_are_replaced),
        cmocka_unit_test(other_stream_options_are_kept),
        cmocka_unit_test(empty_stream_options_get_no_comma),
        cmocka_unit_test(a_refused_or_null_include_usage_becomes_true),
        cmocka_unit_test(usage_is_asked_for_where_it_is_needed_only),
        cmocka_unit_test(
            fields_of_the_operator_replace_and_precede_the_clients),
        cmocka_unit_test(fields_of_the_gateway_cannot_be_set),
        cmocka_unit_test(as_many_fields_as_the_cap_find_room),
        cmocka_unit_test(fields_of_an_empty_body_need_no_comma),
        cmocka_unit_test(a_model_is_put_in_front_or_in_its_place),
        cmocka_unit_test(a_bound_has_the_name_of_its_endpoint),
        cmocka_unit_test(a_clients_bound_is_its_own),
        cmocka_unit_test(what_cannot_be_amended_stays)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
