/*
 * Copyright (C) ngx_agent authors
 *
 * The error table holds what its readers rely on, and its rows become the
 * bytes that OpenAI's and Anthropic's clients parse.
 */


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <yyjson.h>

#include "core/ag_error.h"


#define TEST_MAX  4096


static const ag_str_t  test_id = ag_string("req-1");


static ag_error_t
test_error(ag_error_class_t class)
{
    ag_error_t  error;

    memset(&error, 0, sizeof(error));
    error.class = class;

    return error;
}


static void
test_written(const ag_error_t *error, ag_surface_t surface, const char *bytes)
{
    ag_buf_t  out;

    ag_buf_init(&out, TEST_MAX);

    assert_int_equal(ag_error_write(&out, error, surface, test_id), AG_OK);
    assert_int_equal(out.len, strlen(bytes));
    assert_memory_equal(out.data, bytes, out.len);

    ag_buf_free(&out);
}


static void
every_row_is_complete(void **state)
{
    unsigned               i, k;
    const ag_error_row_t  *row;

    (void) state;

    for (i = AG_E_NONE + 1; i < AG_E_MAX; i++) {
        row = ag_error_row((ag_error_class_t) i);

        assert_in_range(row->status, 400, 599);
        assert_true(strlen(row->type) > 0);
        assert_true(strlen(row->code) > 0);
        assert_int_equal(row->message[strlen(row->message) - 1], '.');

        for (k = 0; k < i; k++) {
            assert_string_not_equal(row->name,
                                ag_error_row((ag_error_class_t) k)->name);
        }
    }
}


static void
what_our_client_did_wrong_is_never_asked_of_another_target(void **state)
{
    unsigned               i;
    const ag_error_row_t  *row;

    (void) state;

    for (i = AG_E_INVALID_KEY; i < AG_E_MAX; i++) {
        row = ag_error_row((ag_error_class_t) i);

        assert_int_equal(row->retry, AG_RETRY_no);
        assert_int_equal(row->next, AG_NEXT_no);
        assert_int_equal(row->breaker, AG_BREAKER_no);
    }
}


static void
an_unknown_class_is_our_own_failure(void **state)
{
    (void) state;

    assert_ptr_equal(ag_error_row(AG_E_MAX), ag_error_row(AG_E_INTERNAL));
    assert_ptr_equal(ag_error_row((ag_error_class_t) -1),
                     ag_error_row(AG_E_INTERNAL));
}


static void
openai_clients_read_four_keys_and_the_request_id(void **state)
{
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_NETWORK);

    test_written(&error, AG_SURFACE_OPENAI,
                 "{\"error\":{\"message\":\"The model provider could not be "
                 "reached.\",\"type\":\"server_error\",\"param\":null,"
                 "\"code\":\"provider_unreachable\"},"
                 "\"request_id\":\"req-1\"}");
}


static void
anthropic_clients_read_their_own_shape(void **state)
{
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_NETWORK);

    test_written(&error, AG_SURFACE_ANTHROPIC,
                 "{\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                 "\"message\":\"The model provider could not be reached.\"},"
                 "\"request_id\":\"req-1\"}");
}


static void
a_message_and_a_field_override_the_row(void **state)
{
    ag_error_t             error;
    static const ag_str_t  param = ag_string("a \"b\"\n");
    static const ag_str_t  message = ag_string("No \\ \"tabs\"\there.");

    (void) state;

    error = test_error(AG_E_INVALID_VALUE);
    error.message = message;
    error.param = param;

    test_written(&error, AG_SURFACE_OPENAI,
                 "{\"error\":{\"message\":\"No \\\\ \\\"tabs\\\"\\there.\","
                 "\"type\":\"invalid_request_error\","
                 "\"param\":\"a \\\"b\\\"\\n\",\"code\":\"invalid_value\"},"
                 "\"request_id\":\"req-1\"}");
}


static void
a_refused_body_says_why_and_where(void **state)
{
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_INVALID_JSON);
    error.reason = "a colon is missing";
    error.at = 17;

    test_written(&error, AG_SURFACE_ANTHROPIC,
                 "{\"type\":\"error\",\"error\":{"
                 "\"type\":\"invalid_request_error\",\"message\":"
                 "\"The request body is not valid JSON: a colon is missing "
                 "(byte 17).\"},\"request_id\":\"req-1\"}");
}


static void
without_a_request_id_there_is_null(void **state)
{
    ag_buf_t               out;
    ag_error_t             error;
    static const ag_str_t  none = ag_null_string;

    (void) state;

    error = test_error(AG_E_INTERNAL);
    ag_buf_init(&out, TEST_MAX);

    assert_int_equal(ag_error_write(&out, &error, AG_SURFACE_OPENAI, none),
                     AG_OK);
    assert_memory_equal(out.data + out.len - 18, "\"request_id\":null}", 18);

    ag_buf_free(&out);
}


static void
an_overridden_status_decides_anthropics_type(void **state)
{
    ag_buf_t    out;
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_UNAVAILABLE);
    error.status = 429;
    ag_buf_init(&out, TEST_MAX);

    assert_int_equal(ag_error_write(&out, &error, AG_SURFACE_ANTHROPIC,
                                    test_id),
                     AG_OK);
    assert_memory_equal(out.data + 25, "\"type\":\"rate_limit_error\"", 25);

    ag_buf_free(&out);
}


static void
every_class_is_valid_json_on_both_surfaces(void **state)
{
    int           surface;
    unsigned      i;
    ag_buf_t      out;
    ag_error_t    error;
    yyjson_doc   *doc;
    yyjson_val   *root;

    (void) state;

    for (i = AG_E_NONE + 1; i < AG_E_MAX; i++) {
        for (surface = 0; surface <= AG_SURFACE_ANTHROPIC; surface++) {
            error = test_error((ag_error_class_t) i);
            ag_buf_init(&out, TEST_MAX);

            assert_int_equal(ag_error_write(&out, &error,
                                            (ag_surface_t) surface, test_id),
                             AG_OK);

            doc = yyjson_read((const char *) out.data, out.len, 0);
            root = yyjson_doc_get_root(doc);

            assert_true(yyjson_is_obj(yyjson_obj_get(root, "error")));
            assert_string_equal(yyjson_get_str(yyjson_obj_get(root,
                                                              "request_id")),
                                "req-1");
            assert_int_equal(yyjson_obj_size(root), 2 + surface);

            yyjson_doc_free(doc);
            ag_buf_free(&out);
        }
    }
}


static void
in_a_stream_it_is_one_event(void **state)
{
    ag_buf_t    out;
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_TIMEOUT_IDLE);
    ag_buf_init(&out, TEST_MAX);

    assert_int_equal(ag_error_write_event(&out, &error, AG_SURFACE_OPENAI,
                                          test_id),
                     AG_OK);
    assert_memory_equal(out.data, "data: {\"error\":{", 16);
    assert_memory_equal(out.data + out.len - 3, "}\n\n", 3);

    out.len = 0;

    assert_int_equal(ag_error_write_event(&out, &error, AG_SURFACE_ANTHROPIC,
                                          test_id),
                     AG_OK);
    assert_memory_equal(out.data, "event: error\ndata: {\"type\":\"error\",",
                        35);
    assert_memory_equal(out.data + out.len - 3, "}\n\n", 3);

    ag_buf_free(&out);
}


static void
a_buffer_too_small_stays_as_it_was(void **state)
{
    size_t      max;
    ag_buf_t    out;
    ag_error_t  error;

    (void) state;

    error = test_error(AG_E_INVALID_JSON);
    error.reason = "a colon is missing";

    for (max = 3; max < 150; max++) {
        ag_buf_init(&out, max);
        assert_int_equal(ag_buf_add(&out, "abc", 3), AG_OK);

        assert_int_equal(ag_error_write(&out, &error, AG_SURFACE_OPENAI,
                                        test_id),
                         AG_LIMIT);
        assert_int_equal(ag_error_write_event(&out, &error,
                                              AG_SURFACE_ANTHROPIC, test_id),
                         AG_LIMIT);

        assert_int_equal(out.len, 3);
        assert_memory_equal(out.data, "abc", 3);

        ag_buf_free(&out);
    }
}


static void
anthropics_types_follow_the_status(void **state)
{
    size_t  i;

    static const struct {
        unsigned     status;
        const char  *type;
    } rows[] = {
        { 400, "invalid_request_error" },
        { 401, "authentication_error" },
        { 402, "billing_error" },
        { 403, "permission_error" },
        { 404, "not_found_error" },
        { 405, "invalid_request_error" },
        { 408, "invalid_request_error" },
        { 409, "conflict_error" },
        { 413, "request_too_large" },
        { 414, "invalid_request_error" },
        { 415, "invalid_request_error" },
        { 429, "rate_limit_error" },
        { 500, "api_error" },
        { 502, "api_error" },
        { 503, "overloaded_error" },
        { 504, "timeout_error" },
        { 529, "overloaded_error" }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(ag_error_anthropic_type(rows[i].status),
                            rows[i].type);
    }
}


static void
a_providers_status_has_its_class(void **state)
{
    size_t  i;

    static const struct {
        unsigned          status;
        ag_error_class_t  class;
    } rows[] = {
        { 0, AG_E_BAD_RESPONSE },
        { 100, AG_E_BAD_RESPONSE },
        { 101, AG_E_BAD_RESPONSE },
        { 200, AG_E_NONE },
        { 204, AG_E_NONE },
        { 301, AG_E_BAD_RESPONSE },
        { 307, AG_E_BAD_RESPONSE },
        { 400, AG_E_INVALID_REQUEST },
        { 401, AG_E_CREDENTIALS },
        { 402, AG_E_CREDENTIALS },
        { 403, AG_E_CREDENTIALS },
        { 404, AG_E_NOT_FOUND },
        { 408, AG_E_CONFLICT },
        { 409, AG_E_CONFLICT },
        { 413, AG_E_INVALID_REQUEST },
        { 422, AG_E_INVALID_REQUEST },
        { 425, AG_E_CONFLICT },
        { 429, AG_E_RATE_LIMIT },
        { 500, AG_E_PROVIDER_ERROR },
        { 501, AG_E_PROVIDER_ERROR },
        { 502, AG_E_PROVIDER_ERROR },
        { 503, AG_E_UNAVAILABLE },
        { 504, AG_E_PROVIDER_ERROR },
        { 529, AG_E_UNAVAILABLE },
        { 999, AG_E_BAD_RESPONSE }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(ag_error_of_status(rows[i].status), rows[i].class);
    }
}


static void
nginxs_own_answers_have_their_class(void **state)
{
    size_t  i;

    static const struct {
        unsigned          status;
        ag_error_class_t  class;
    } rows[] = {
        { 200, AG_E_NONE },
        { 301, AG_E_NONE },
        { 400, AG_E_BAD_REQUEST },
        { 401, AG_E_UNAUTHORIZED },
        { 403, AG_E_FORBIDDEN },
        { 404, AG_E_UNKNOWN_ROUTE },
        { 405, AG_E_METHOD },
        { 408, AG_E_REQUEST_TIMEOUT },
        { 413, AG_E_REQUEST_TOO_LARGE },
        { 414, AG_E_URI_TOO_LONG },
        { 415, AG_E_MEDIA_TYPE },
        { 429, AG_E_OVERLOADED },
        { 494, AG_E_BAD_REQUEST },
        { 497, AG_E_BAD_REQUEST },
        { 499, AG_E_CLIENT_GONE },
        { 500, AG_E_INTERNAL },
        { 501, AG_E_BAD_REQUEST },
        { 502, AG_E_INTERNAL },
        { 503, AG_E_OVERLOADED },
        { 505, AG_E_BAD_REQUEST }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(ag_error_of_nginx(rows[i].status), rows[i].class);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(
            what_our_client_did_wrong_is_never_asked_of_another_target),
        cmocka_unit_test(an_unknown_class_is_our_own_failure),
        cmocka_unit_test(openai_clients_read_four_keys_and_the_request_id),
        cmocka_unit_test(anthropic_clients_read_their_own_shape),
        cmocka_unit_test(a_message_and_a_field_override_the_row),
        cmocka_unit_test(a_refused_body_says_why_and_where),
        cmocka_unit_test(without_a_request_id_there_is_null),
        cmocka_unit_test(an_overridden_status_decides_anthropics_type),
        cmocka_unit_test(every_class_is_valid_json_on_both_surfaces),
        cmocka_unit_test(in_a_stream_it_is_one_event),
        cmocka_unit_test(a_buffer_too_small_stays_as_it_was),
        cmocka_unit_test(anthropics_types_follow_the_status),
        cmocka_unit_test(a_providers_status_has_its_class),
        cmocka_unit_test(nginxs_own_answers_have_their_class)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
