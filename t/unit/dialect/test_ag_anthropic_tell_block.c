/*
 * Copyright (C) ngx_agent authors
 *
 * Calls and results as blocks of Anthropic's: arguments of any size and
 * shape, ids of any letters.
 */


#include "dialect/anthropic_tell_test.h"


static void call(golden_asked_t *a, const char *id, const char *arguments);


/* A call and its result; "arguments" without escapes of the outer text. */
static void
call(golden_asked_t *a, const char *id, const char *arguments)
{
    char        *request;
    size_t       i, len, size;

    size = 2 * strlen(arguments) + 2 * strlen(id) + 400;
    request = malloc(size);

    len = (size_t) snprintf(request, size,
              "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
              "\"tool_calls\":[{\"id\":\"%s\",\"type\":\"function\","
              "\"function\":{\"name\":\"f\",\"arguments\":\"", id);

    for (i = 0; arguments[i] != '\0'; i++) {
        if (arguments[i] == '"' || arguments[i] == '\\') {
            request[len++] = '\\';
        }

        request[len++] = arguments[i];
    }

    snprintf(request + len, size - len,
             "\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"%s\","
             "\"content\":\"x\"}]}", id);

    tell(a, OLDER, request);
    free(request);
}


static void
test_arguments_stay_the_bytes_that_the_model_wrote(void **state)
{
    golden_asked_t  a;

    (void) state;

    call(&a, "t1", "{ \"b\" : 1.0, \"a\":[ ] }");
    assert_true(told_has(&a, "\"input\":{ \"b\" : 1.0, \"a\":[ ] }"));
    golden_ask_free(&a);
}


static void
test_arguments_of_many_members(void **state)
{
    int             i, len;
    char            arguments[8192];
    golden_asked_t  a;
    yyjson_doc     *doc;

    (void) state;

    len = snprintf(arguments, sizeof(arguments), "{\"x\":0");

    for (i = 0; i < 500; i++) {
        len += snprintf(arguments + len, sizeof(arguments) - (size_t) len,
                        ",\"m%d\":%d", i, i);
    }

    snprintf(arguments + len, sizeof(arguments) - (size_t) len, "}");

    call(&a, "t1", arguments);
    doc = told(&a);
    assert_true(told_has(&a, "\"input\":{\"x\":0,\"m0\":0,"));
    assert_true(told_has(&a, "\"m499\":499}}"));
    yyjson_doc_free(doc);
    golden_ask_free(&a);
}


static void
test_arguments_that_are_too_deep_are_refused(void **state)
{
    int             i;
    char            arguments[400];
    golden_asked_t  a;

    (void) state;

    strcpy(arguments, "{\"a\":");

    for (i = 0; i < 100; i++) {
        arguments[5 + i] = '[';
        arguments[105 + i] = ']';
    }

    strcpy(arguments + 205, "}");

    call(&a, "t1", arguments);
    assert_int_not_equal(a.rc, AG_OK);
    golden_ask_free(&a);
}


/* What a client's reader lets through is looked at here again. */
static void
test_arguments_that_are_none(void **state)
{
    size_t          i;
    ag_error_t      error;
    ag_part_t      *part;
    golden_asked_t  a;

    static const char *const  texts[] = {
        "{", "[]", "1", "\"a\"", "null", "{} {}", "{\"a\":\xff}"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        call(&a, "t1", "{}");
        part = a.n.turns->parts;
        part->text = ag_str(texts[i], strlen(texts[i]));

        memset(&error, 0, sizeof(error));
        assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                       &error), AG_INVALID);
        assert_int_equal(error.class, AG_E_INVALID_VALUE);
        assert_memory_equal(error.param.data, "messages[0].tool_calls", 22);
        golden_ask_free(&a);
    }
}


static void
test_an_id_is_the_same_in_call_and_result(void **state)
{
    size_t          i;
    golden_asked_t  a;
    yyjson_doc     *doc;
    yyjson_val     *root, *use, *result;

    static const char *const  ids[] = {
        "toolu_1", "call:1", "\\u00e9", "a b", ".",
        "0123456789012345678901234567890123456789012345678901234567890123456"
    };

    (void) state;

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        call(&a, ids[i], "{}");
        doc = told(&a);
        root = yyjson_doc_get_root(doc);
        use = yyjson_ptr_get(root, "/messages/1/content/0/id");
        result = yyjson_ptr_get(root, "/messages/2/content/0/tool_use_id");

        assert_true(yyjson_get_len(use) > 0 && yyjson_get_len(use) <= 64);
        assert_true(yyjson_equals(use, result));
        assert_int_equal(strspn(yyjson_get_str(use),
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
                         yyjson_get_len(use));

        yyjson_doc_free(doc);
        golden_ask_free(&a);
    }
}


static void
test_a_tool_that_failed(void **state)
{
    golden_asked_t  a;

    (void) state;

    call(&a, "t1", "{}");
    assert_false(told_has(&a, "is_error"));

    a.n.turns->next->parts->error = 1;
    a.body.len = 0;
    a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body, &a.error);

    assert_true(told_has(&a, "\"is_error\":true"));
    golden_ask_free(&a);
}


static void
test_a_thought_without_a_signature(void **state)
{
    ag_part_t       part, *said;
    golden_asked_t  a;

    (void) state;

    call(&a, "t1", "{}");

    memset(&part, 0, sizeof(part));
    part.kind = AG_PART_REASONING;
    part.signer = AG_SIGNER_ANTHROPIC;
    part.text = ag_str("Hm.", 3);

    said = a.n.turns->parts;
    part.next = said;
    a.n.turns->parts = &part;

    a.body.len = 0;
    a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body, &a.error);

    assert_false(told_has(&a, "thinking"));
    golden_ask_free(&a);
}


static void
test_what_is_blank(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
         "\"content\":\" \\t\\r\\n\\u000b\\u000c\"}]}");
    assert_true(told_has(&a, "\"text\":\".\""));
    golden_ask_free(&a);

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
         "\"content\":\"\\u0001\"}]}");
    assert_true(told_has(&a, "\"text\":\"\\u0001\""));
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_arguments_stay_the_bytes_that_the_model_wrote),
        cmocka_unit_test(test_arguments_of_many_members),
        cmocka_unit_test(test_arguments_that_are_too_deep_are_refused),
        cmocka_unit_test(test_arguments_that_are_none),
        cmocka_unit_test(test_an_id_is_the_same_in_call_and_result),
        cmocka_unit_test(test_a_tool_that_failed),
        cmocka_unit_test(test_a_thought_without_a_signature),
        cmocka_unit_test(test_what_is_blank)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
