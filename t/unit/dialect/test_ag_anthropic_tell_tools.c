/*
 * Copyright (C) ngx_agent authors
 *
 * Tools: a history of very many calls, and searches with strange options.
 */


#include "dialect/anthropic_tell_test.h"


static void
test_stubs_are_few_and_each_of_its_own_name(void **state)
{
    int             i, k;
    char           *request, *at, *end;
    size_t          size;
    yyjson_doc     *doc;
    yyjson_val     *root, *tools;
    golden_asked_t  a;

    (void) state;

    size = 20 * 1000 * 1000;

    for (k = 3; k <= 3000; k *= 1000) {
        request = malloc(size);
        end = request + size;
        at = request + sprintf(request, "{\"model\":\"m\",\"messages\":["
                               "{\"role\":\"assistant\",\"tool_calls\":[");

        for (i = 0; i < 50000; i++) {
            at += snprintf(at, (size_t) (end - at), "%s{\"id\":\"t%d\","
                           "\"type\":\"function\",\"function\":"
                           "{\"name\":\"f%d\",\"arguments\":\"{}\"}}",
                           i ? "," : "", i, i % k);
        }

        snprintf(at, (size_t) (end - at), "]}]}");

        tell(&a, OLDER, request);
        doc = told(&a);
        root = yyjson_doc_get_root(doc);
        tools = yyjson_obj_get(root, "tools");

        assert_int_equal(yyjson_arr_size(tools), k == 3 ? 3 : 64);
        assert_true(yyjson_equals_str(yyjson_ptr_get(root,
                                                     "/tools/2/name"), "f2"));
        assert_true(yyjson_equals_str(yyjson_ptr_get(root,
                                                     "/tool_choice/type"),
                                      "none"));
        yyjson_doc_free(doc);
        golden_ask_free(&a);
        free(request);
    }
}


/* A result whose call was cut off the history: any tool will do. */
static void
test_a_result_without_a_call(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\","
         "\"tool_call_id\":\"t1\",\"content\":\"x\"}]}");
    assert_true(told_has(&a, "\"tools\":[{\"name\":\"tool\",\"input_schema\":"
                         "{\"type\":\"object\",\"properties\":{}}}]"));
    golden_ask_free(&a);
}


static void
test_strange_options_of_a_search(void **state)
{
    size_t          i;
    char            members[300];
    yyjson_doc     *doc;
    yyjson_val     *root;
    golden_asked_t  a;

    static const char *const  options[] = {
        "{}", "{\"user_location\":7}", "{\"user_location\":null}",
        "{\"user_location\":{\"approximate\":[]}}",
        "{\"user_location\":{\"city\":7,\"country\":\"\"}}",
        "{\"filters\":[]}", "{\"filters\":{\"allowed_domains\":\"a\"}}",
        "{\"filters\":{\"allowed_domains\":[]}}"
    };

    (void) state;

    for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        snprintf(members, sizeof(members), "\"web_search_options\":%s",
                 options[i]);

        tell_with(&a, OLDER, members);
        doc = told(&a);
        root = yyjson_doc_get_root(doc);

        assert_true(yyjson_equals_str(yyjson_ptr_get(root,
                                                     "/tools/0/name"),
                                      "web_search"));
        assert_false(told_has(&a, "allowed_domains"));
        assert_false(told_has(&a, "city"));

        yyjson_doc_free(doc);
        golden_ask_free(&a);
    }
}


static void
test_a_model_without_tools(void **state)
{
    ag_error_t      error;
    ag_facts_t      facts;
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "\"tools\":[{\"type\":\"function\",\"function\":"
              "{\"name\":\"f\"}}],\"tool_choice\":\"auto\"");

    facts = *a.to.facts;
    facts.refuses |= 1u << AG_REFUSAL_TOOLS;
    a.to.facts = &facts;
    a.body.len = 0;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                   &error), AG_INVALID);
    assert_memory_equal(error.param.data, "tools", 5);

    a.to.drop_params = 1;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                   &error), AG_OK);
    assert_false(told_has(&a, "tool"));
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_stubs_are_few_and_each_of_its_own_name),
        cmocka_unit_test(test_a_result_without_a_call),
        cmocka_unit_test(test_strange_options_of_a_search),
        cmocka_unit_test(test_a_model_without_tools)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
