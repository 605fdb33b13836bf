/*
 * Copyright (C) ngx_agent authors
 *
 * Paths lead to endpoints and names to dialects, and a client's body is
 * refused before any of its fields is read when it is no JSON object.
 */


#include "dialect_test.h"


static void
each_path_leads_to_its_endpoint_and_back(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < AG_ENDPOINT_MODEL; i++) {
        assert_int_equal(ag_endpoint_find(ag_endpoint_path(
                                              (ag_endpoint_t) i)),
                         i);
    }

    assert_int_equal(ag_endpoint_find(text("chat/completions")),
                     AG_ENDPOINT_CHAT);
    assert_int_equal(ag_endpoint_find(text("messages/count_tokens")),
                     AG_ENDPOINT_COUNT_TOKENS);
}


static void
a_models_name_may_hold_slashes(void **state)
{
    (void) state;

    assert_int_equal(ag_endpoint_find(text("models")), AG_ENDPOINT_MODELS);
    assert_int_equal(ag_endpoint_find(text("models/x")), AG_ENDPOINT_MODEL);
    assert_int_equal(ag_endpoint_find(text("models/meta-llama/Llama-3.3")),
                     AG_ENDPOINT_MODEL);
}


static void
other_paths_are_no_endpoints(void **state)
{
    size_t                    i;
    static const char *const  paths[] = {
        "", "/", "models/", "chat", "chat/completions/", "chat/completionsx",
        "/chat/completions", "Chat/Completions", "responses/abc", "files",
        "messages/batches", "embeddings;x"
    };

    (void) state;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(ag_endpoint_find(text(paths[i])), AG_ENDPOINT_MAX);
    }
}


static void
models_are_read_and_all_else_is_posted(void **state)
{
    (void) state;

    assert_string_equal(ag_endpoint_method(AG_ENDPOINT_CHAT), "POST");
    assert_string_equal(ag_endpoint_method(AG_ENDPOINT_COUNT_TOKENS), "POST");
    assert_string_equal(ag_endpoint_method(AG_ENDPOINT_MODELS), "GET");
    assert_string_equal(ag_endpoint_method(AG_ENDPOINT_MODEL), "GET");
}


static void
each_endpoint_speaks_its_dialect(void **state)
{
    (void) state;

    assert_ptr_equal(ag_endpoint_dialect(AG_ENDPOINT_CHAT), &ag_openai);
    assert_ptr_equal(ag_endpoint_dialect(AG_ENDPOINT_MODELS), &ag_openai);
    assert_ptr_equal(ag_endpoint_dialect(AG_ENDPOINT_RESPONSES),
                     &ag_responses);
    assert_ptr_equal(ag_endpoint_dialect(AG_ENDPOINT_MESSAGES),
                     &ag_anthropic);
    assert_ptr_equal(ag_endpoint_dialect(AG_ENDPOINT_COUNT_TOKENS),
                     &ag_anthropic);
}


static void
dialects_are_found_by_the_names_that_are_listed(void **state)
{
    char  *name, *rest;
    char   names[128];

    (void) state;

    assert_true(strlen(ag_dialect_names()) < sizeof(names));
    strcpy(names, ag_dialect_names());

    for (name = strtok_r(names, ", ", &rest);
         name != NULL;
         name = strtok_r(NULL, ", ", &rest))
    {
        assert_string_equal(ag_dialect_find(text(name))->name, name);
    }

    assert_null(ag_dialect_find(text("bedrock")));
    assert_null(ag_dialect_find(text("OpenAI")));
    assert_null(ag_dialect_find(text("")));
}


static void
a_provider_serves_what_needs_no_translation(void **state)
{
    (void) state;

    assert_true(ag_dialect_serves(&ag_openai, AG_ENDPOINT_CHAT));
    assert_true(ag_dialect_serves(&ag_openai, AG_ENDPOINT_COMPLETIONS));
    assert_true(ag_dialect_serves(&ag_openai, AG_ENDPOINT_EMBEDDINGS));
    assert_true(ag_dialect_serves(&ag_openai, AG_ENDPOINT_RESPONSES));
    assert_true(ag_dialect_serves(&ag_responses, AG_ENDPOINT_RESPONSES));
    assert_true(ag_dialect_serves(&ag_anthropic, AG_ENDPOINT_MESSAGES));
    assert_true(ag_dialect_serves(&ag_anthropic, AG_ENDPOINT_COUNT_TOKENS));

    assert_false(ag_dialect_serves(&ag_openai, AG_ENDPOINT_MESSAGES));
    assert_false(ag_dialect_serves(&ag_responses, AG_ENDPOINT_CHAT));
    assert_false(ag_dialect_serves(&ag_anthropic, AG_ENDPOINT_CHAT));
    assert_false(ag_dialect_serves(&ag_anthropic, AG_ENDPOINT_RESPONSES));
    assert_false(ag_dialect_serves(&ag_openai, AG_ENDPOINT_MODELS));
}


static void
an_empty_body_is_refused(void **state)
{
    ag_error_t  error;

    (void) state;

    error = refuse(AG_ENDPOINT_CHAT, "");

    assert_int_equal(error.class, AG_E_INVALID_JSON);
    assert_text(error.message, "The request body is empty.");
}


static void
a_body_that_is_no_object_is_refused(void **state)
{
    size_t                    i;
    ag_error_t                error;
    static const char *const  bodies[] = { "null", "[]", "\"x\"", "1",
                                           " true " };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        error = refuse(AG_ENDPOINT_CHAT, bodies[i]);

        assert_int_equal(error.class, AG_E_INVALID_JSON);
        assert_text(error.message, "The request body must be a JSON object.");
    }
}


static void
a_body_that_is_no_json_says_why_and_where(void **state)
{
    ag_error_t  error;

    (void) state;

    error = refuse(AG_ENDPOINT_CHAT, "{\"model\" \"x\"}");

    assert_int_equal(error.class, AG_E_INVALID_JSON);
    assert_non_null(error.reason);
    assert_int_equal(error.at, 9);
    assert_int_equal(error.param.len, 0);
}


static void
a_body_cut_anywhere_is_refused(void **state)
{
    size_t             i;
    ag_error_t         error;
    ag_request_t       request;
    static const char  body[] =
        "{\"model\":\"m\\u00e9\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"h\xc3\xa9llo\"}],\"stream\":true,\"n\":1e0}";

    (void) state;

    for (i = 0; i < sizeof(body) - 1; i++) {
        assert_int_equal(ag_request_read(&request, AG_ENDPOINT_CHAT,
                                         ag_str(body, i), &error),
                         AG_INVALID);
        assert_int_equal(error.class, AG_E_INVALID_JSON);
    }
}


static void
a_field_given_twice_is_named(void **state)
{
    size_t                    i;
    ag_error_t                error;
    static const char *const  names[] = { "model", "stream", "max_tokens" };
    static const char *const  bodies[] = {
        "{\"model\":\"a\",\"messages\":[1],\"model\":\"b\"}",
        "{\"stream\":false,\"model\":\"a\",\"stream\":true}",
        "{\"max_tokens\":1,\"max_tokens\":1}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        error = refuse(AG_ENDPOINT_CHAT, bodies[i]);

        assert_int_equal(error.class, AG_E_INVALID_JSON);
        assert_text(error.param, names[i]);
    }
}


static void
an_escaped_twin_is_refused_without_repeating_it(void **state)
{
    ag_error_t  error;

    (void) state;

    error = refuse(AG_ENDPOINT_CHAT,
                   "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}");

    assert_int_equal(error.class, AG_E_INVALID_JSON);
    assert_int_equal(error.param.len, 0);
}


static void
a_key_that_is_odd_or_long_is_not_repeated(void **state)
{
    size_t                    i;
    ag_error_t                error;
    char                      body[256], key[AG_MODEL_NAME_SHOWN_MAX + 2];
    static const char *const  bodies[] = {
        "{\"\":1,\"\":2}",
        "{\"a b\":1,\"a b\":2}",
        "{\"a\x7f\":1,\"a\x7f\":2}",
        "{\"\xc3\xa9\":1,\"\xc3\xa9\":2}",
        "{\"a\\n\":1,\"a\\n\":2}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        error = refuse(AG_ENDPOINT_CHAT, bodies[i]);

        assert_int_equal(error.class, AG_E_INVALID_JSON);
        assert_int_equal(error.param.len, 0);
    }

    memset(key, 'k', sizeof(key));
    key[AG_MODEL_NAME_SHOWN_MAX + 1] = '\0';

    snprintf(body, sizeof(body), "{\"%s\":1,\"%s\":2}", key, key);
    error = refuse(AG_ENDPOINT_CHAT, body);
    assert_int_equal(error.param.len, 0);

    snprintf(body, sizeof(body), "{\"%s\":1,\"%s\":2}", key + 1, key + 1);
    error = refuse(AG_ENDPOINT_CHAT, body);
    assert_text(error.param, key + 1);
}


static void
a_body_nested_too_deeply_is_refused(void **state)
{
    char  body[512];

    (void) state;

    strcpy(body, "{\"model\":\"m\",\"messages\":");
    memset(body + strlen(body), '[', 100);
    body[124] = '\0';

    assert_int_equal(refuse(AG_ENDPOINT_CHAT, body).class,
                     AG_E_INVALID_JSON);
}


static void
bytes_that_are_not_utf8_are_refused(void **state)
{
    size_t                    i;
    static const char *const  bodies[] = {
        "{\"model\":\"\x80\"}",
        "{\"model\":\"\xc0\xaf\"}",
        "{\"model\":\"\\ud83d\"}",
        "\xef\xbb\xbf{}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(refuse(AG_ENDPOINT_CHAT, bodies[i]).class,
                         AG_E_INVALID_JSON);
    }
}


/* The spans of what the cache asks for, in an order of our own. */
static void
words(const ag_request_t *r, ag_str_t list[6])
{
    list[0] = r->cache.temperature;
    list[1] = r->cache.n;
    list[2] = r->cache.best_of;
    list[3] = r->cache.background;
    list[4] = r->cache.conversation;
    list[5] = r->cache.container;
}


static void
what_the_cache_asks_for_is_noted(void **state)
{
    size_t        i, j;
    char          body[128];
    ag_str_t      list[6];
    ag_request_t  r;

    static const char *const  names[] = {
        "temperature", "n", "best_of", "background", "conversation",
        "container", "t\\u0065mperature", "\\u006E", "b\\u0065st_of",
        "backgr\\u006fund", "convers\\u0061tion", "cont\\u0061iner"
    };

    (void) state;

    for (i = 0; i < 12; i++) {
        snprintf(body, sizeof(body),
                 "{\"model\":\"m\",\"%s\" : {\"x\": 1} ,"
                 "\"input\":\"i\",\"store\":true}", names[i]);
        (void) ag_request_read(&r, AG_ENDPOINT_RESPONSES, text(body),
                               &(ag_error_t) { .class = AG_E_NONE });
        words(&r, list);

        for (j = 0; j < 6; j++) {
            assert_text(list[j], (j == i % 6) ? "{\"x\": 1}" : "");
        }

        assert_false(r.promises);
    }

    accept(&r, AG_ENDPOINT_CHAT,
           "{\"model\":\"m\",\"n\":7,\"temperature\":0.5,"
           "\"background\":null,\"container\":null,\"m\":1,"
           "\"messages\":[{\"role\":\"user\",\"content\":\"x\","
           "\"best_of\":2}],\"best_on\":1,\"Temperature\":9,\"\":1,"
           "\"temperatures\":4,\"a_name_that_is_too_long\":1}");
    words(&r, list);

    assert_text(list[0], "0.5");
    assert_text(list[1], "7");

    for (i = 2; i < 6; i++) {
        assert_int_equal(list[i].len, 0);
    }
}


static void
what_may_promise_a_form_is_noted(void **state)
{
    size_t        i;
    char          body[256];
    ag_request_t  r;

    static const struct {
        const char  *name;
        unsigned     promises;
    } fields[] = {
        { "tools", 1 }, { "response_format", 1 }, { "text", 1 },
        { "functions", 1 }, { "output_format", 1 }, { "output_config", 1 },
        { "t\\u0065xt", 1 }, { "tex", 0 }, { "tool", 0 }, { "Tools", 0 },
        { "output_forma_", 0 }, { "function_", 0 }, { "texts", 0 },
        { "t\\u0065xts", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        snprintf(body, sizeof(body),
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                 "\"content\":\"x\"}],\"%s\":[]}", fields[i].name);
        accept(&r, AG_ENDPOINT_CHAT, body);
        assert_int_equal(r.promises, fields[i].promises);
    }
}


static void
lists_of_models_have_no_body_to_read(void **state)
{
    (void) state;

    assert_int_equal(refuse(AG_ENDPOINT_MODELS, "{}").class,
                     AG_E_UNKNOWN_ROUTE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_path_leads_to_its_endpoint_and_back),
        cmocka_unit_test(a_models_name_may_hold_slashes),
        cmocka_unit_test(other_paths_are_no_endpoints),
        cmocka_unit_test(models_are_read_and_all_else_is_posted),
        cmocka_unit_test(each_endpoint_speaks_its_dialect),
        cmocka_unit_test(dialects_are_found_by_the_names_that_are_listed),
        cmocka_unit_test(a_provider_serves_what_needs_no_translation),
        cmocka_unit_test(an_empty_body_is_refused),
        cmocka_unit_test(a_body_that_is_no_object_is_refused),
        cmocka_unit_test(a_body_that_is_no_json_says_why_and_where),
        cmocka_unit_test(a_body_cut_anywhere_is_refused),
        cmocka_unit_test(a_field_given_twice_is_named),
        cmocka_unit_test(an_escaped_twin_is_refused_without_repeating_it),
        cmocka_unit_test(a_key_that_is_odd_or_long_is_not_repeated),
        cmocka_unit_test(a_body_nested_too_deeply_is_refused),
        cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
        cmocka_unit_test(what_the_cache_asks_for_is_noted),
        cmocka_unit_test(what_may_promise_a_form_is_noted),
        cmocka_unit_test(lists_of_models_have_no_body_to_read)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
