/*
 * Copyright (C) ngx_agent authors
 *
 * The sentence of a provider's error: every shape in which one comes, and
 * what has none.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/ag_message.h"


static void expect(const char *body, const char *said);


static void
expect(const char *body, const char *said)
{
    int       rc;
    ag_buf_t  out;

    ag_buf_init(&out, 1000);

    rc = ag_message_read(ag_str(body, strlen(body)), &out);

    if (said == NULL) {
        assert_int_equal(rc, AG_NONE);
        assert_int_equal(out.len, 0);

    } else {
        assert_int_equal(rc, AG_OK);
        assert_int_equal(out.len, strlen(said));
        assert_memory_equal(out.data, said, out.len);
    }

    ag_buf_free(&out);
}


static void
test_every_shape_has_its_sentence(void **state)
{
    (void) state;

    expect("{\"error\":{\"message\":\"Bad.\",\"type\":\"x\"}}", "Bad.");
    expect("{\"type\":\"error\",\"error\":{\"type\":\"x\","
           "\"message\":\"Overloaded\"}}", "Overloaded");
    expect("[{\"error\":{\"code\":400,\"message\":\"INVALID\"}}]", "INVALID");
    expect("{\"object\":\"error\",\"message\":\"too long\"}", "too long");
    expect("{\"error\":\"model not found\"}", "model not found");
    expect("{\"detail\":\"Not Found\"}", "Not Found");
    expect("{\"detail\":[{\"msg\":\"field required\"},{\"msg\":\"x\"}]}",
           "field required");
    expect("{\"message\":{\"detail\":[{\"msg\":\"no\"}]}}", "no");
    expect("{\"errors\":[{\"message\":\"bad\"}]}", "bad");
    expect("{\"Message\":\"denied\"}", "denied");
}


static void
words(const char *body, const char *code, const char *param)
{
    int       rc;
    ag_buf_t  a, b;

    ag_buf_init(&a, 1000);
    ag_buf_init(&b, 1000);

    rc = ag_message_read_words(ag_str(body, strlen(body)), &a, &b);
    assert_int_equal(rc, (*code || *param) ? AG_OK : AG_NONE);
    assert_int_equal(a.len, strlen(code));
    assert_int_equal(b.len, strlen(param));

    if (*code) {
        assert_memory_equal(a.data, code, a.len);
    }

    if (*param) {
        assert_memory_equal(b.data, param, b.len);
    }

    ag_buf_free(&a);
    ag_buf_free(&b);
}


static void
test_code_and_parameter_are_words_or_nothing(void **state)
{
    (void) state;

    words("{\"error\":{\"code\":\"invalid_value\",\"param\":"
          "\"messages[0].content\"}}", "invalid_value",
          "messages[0].content");
    words("{\"error\":{\"code\":null,\"param\":\"n\"}}", "", "n");
    words("{\"error\":{\"code\":\"x\",\"param\":null}}", "x", "");
    words("{\"error\":{\"code\":400,\"param\":\"a b\"}}", "", "");
    words("{\"error\":{\"code\":\"/etc/x\"}}", "", "");
    words("{\"error\":{\"code\":\"01234567890123456789012345678901234567890"
          "123456789012345678901234\"}}", "", "");
    words("{\"error\":\"x\"}", "", "");
    words("", "", "");
}


static void
test_what_says_nothing_has_none(void **state)
{
    (void) state;

    expect("", NULL);
    expect("<html>Bad Gateway</html>", NULL);
    expect("{}", NULL);
    expect("[]", NULL);
    expect("{\"error\":{}}", NULL);
    expect("{\"error\":{\"message\":\"\"}}", NULL);
    expect("{\"error\":{\"message\":17}}", NULL);
    expect("{\"detail\":[{\"message\":\"field required\"}]}", NULL);
    expect("{\"detail\":[]}", NULL);
}


static void
test_control_characters_become_spaces(void **state)
{
    (void) state;

    expect("{\"error\":\"a\\u0000b\\u001b[31m\\tc\\u007f\"}", "a b [31m c ");
    expect("{\"error\":\"one\\ntwo\"}", "one\ntwo");
}


static void
test_a_buffer_that_is_full_is_told(void **state)
{
    ag_buf_t     out;
    const char  *body;

    (void) state;

    body = "{\"error\":\"12345\"}";

    ag_buf_init(&out, 4);
    assert_int_equal(ag_message_read(ag_str(body, strlen(body)), &out),
                     AG_LIMIT);
    assert_int_equal(out.len, 0);
    ag_buf_free(&out);
}


static void
test_no_class_is_both_the_clients_and_the_providers(void **state)
{
    ag_error_class_t  class;

    (void) state;

    for (class = AG_E_NONE; class < AG_E_MAX; class++) {
        assert_false(ag_message_forwards(class) && ag_message_is_own(class));

        if (ag_message_forwards(class)) {
            assert_in_range(ag_error_row(class)->status, 400, 404);
        }
    }

    assert_true(ag_message_forwards(AG_E_CONTEXT_LENGTH));
    assert_true(ag_message_is_own(AG_E_PROVIDER_ERROR));
    assert_false(ag_message_is_own(AG_E_INVALID_REQUEST));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_shape_has_its_sentence),
        cmocka_unit_test(test_code_and_parameter_are_words_or_nothing),
        cmocka_unit_test(test_what_says_nothing_has_none),
        cmocka_unit_test(test_control_characters_become_spaces),
        cmocka_unit_test(test_a_buffer_that_is_full_is_told),
        cmocka_unit_test(test_no_class_is_both_the_clients_and_the_providers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
