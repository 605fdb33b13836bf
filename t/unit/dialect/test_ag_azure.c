/*
 * Copyright (C) ngx_agent authors
 *
 * Azure's paths, and that its dialect reads as OpenAI's does.
 */


#include "dialect/openai_provider_test.h"


static void
expect_path_of(const char *quirks, ag_endpoint_t endpoint, const char *model,
    const char *version, const char *path, const char *args)
{
    ag_buf_t       written, query;
    ag_outbound_t  to;

    memset(&to, 0, sizeof(to));
    to.quirks = ag_quirks_find(text(quirks));
    to.endpoint = endpoint;
    to.model = text(model);
    to.api_version = text(version);

    ag_buf_init(&written, AG_PATH_MAX);
    ag_buf_init(&query, AG_PATH_MAX);

    assert_int_equal(ag_azure_tell_path(&to, &written, &query), AG_OK);
    assert_text(ag_buf_str(&written), path);
    assert_int_equal(query.len, strlen(args));

    if (query.len > 0) {
        assert_text(ag_buf_str(&query), args);
    }

    ag_buf_free(&written);
    ag_buf_free(&query);
}


static void
expect_path(ag_endpoint_t endpoint, const char *model, const char *version,
    const char *path, const char *args)
{
    expect_path_of("azure", endpoint, model, version, path, args);
}


static void
the_newer_surface_has_the_paths_of_openai(void **state)
{
    (void) state;

    expect_path(AG_ENDPOINT_CHAT, "gpt-x", "", "chat/completions", "");
    expect_path(AG_ENDPOINT_MESSAGES, "gpt-x", "", "chat/completions", "");
    expect_path(AG_ENDPOINT_COMPLETIONS, "gpt-x", "", "completions", "");
    expect_path(AG_ENDPOINT_EMBEDDINGS, "gpt-x", "", "embeddings", "");
}


static void
a_version_means_deployments(void **state)
{
    (void) state;

    expect_path(AG_ENDPOINT_CHAT, "gpt-4.1_x~", "2024-10-21",
                "openai/deployments/gpt-4.1_x~/chat/completions",
                "api-version=2024-10-21");
    expect_path(AG_ENDPOINT_EMBEDDINGS, "emb", "2024-10-21",
                "openai/deployments/emb/embeddings",
                "api-version=2024-10-21");
}


static void
responses_have_no_deployment_in_their_path(void **state)
{
    (void) state;

    expect_path(AG_ENDPOINT_RESPONSES, "gpt-x", "", "responses", "");
    expect_path(AG_ENDPOINT_RESPONSES, "gpt-x", "2025-04-01-preview",
                "openai/responses", "api-version=2025-04-01-preview");

    expect_path(AG_ENDPOINT_CHAT, "a..", "v",
                "openai/deployments/a../chat/completions", "api-version=v");

    /* a server that has none gets a chat */

    expect_path_of("vllm", AG_ENDPOINT_RESPONSES, "gpt-x", "",
                   "chat/completions", "");
    expect_path_of("vllm", AG_ENDPOINT_RESPONSES, "gpt-x", "v",
                   "openai/deployments/gpt-x/chat/completions",
                   "api-version=v");
}


static void
nothing_of_a_model_or_a_version_leaves_its_place(void **state)
{
    (void) state;

    expect_path(AG_ENDPOINT_CHAT, "a/../b?c#d e%\xc3\xa9", "1&x=2",
                "openai/deployments/a%2F..%2Fb%3Fc%23d%20e%25%C3%A9/"
                "chat/completions",
                "api-version=1%26x%3D2");
}


static void
a_deployment_of_dots_is_none(void **state)
{
    size_t         i;
    ag_buf_t       path, args;
    ag_outbound_t  to;

    static const char *const  models[] = { "", ".", "..", "..." };

    (void) state;

    memset(&to, 0, sizeof(to));
    to.api_version = text("2024-10-21");

    for (i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        ag_buf_init(&path, AG_PATH_MAX);
        ag_buf_init(&args, AG_PATH_MAX);
        to.model = text(models[i]);

        assert_int_equal(ag_azure_tell_path(&to, &path, &args), AG_INVALID);
        assert_int_equal(path.len, 0);
        ag_buf_free(&args);
    }
}


static void
a_path_that_does_not_fit_is_not_told(void **state)
{
    size_t         max;
    ag_buf_t       path, args;
    ag_outbound_t  to;

    (void) state;

    memset(&to, 0, sizeof(to));
    to.model = text("m/m");
    to.api_version = text("v");

    for (max = 0; max < strlen("openai/deployments/m%2Fm/chat/completions");
         max++)
    {
        ag_buf_init(&path, max);
        ag_buf_init(&args, AG_PATH_MAX);

        assert_int_equal(ag_azure_tell_path(&to, &path, &args), AG_LIMIT);

        ag_buf_free(&path);
        ag_buf_free(&args);
    }
}


static void
it_reads_what_openai_reads(void **state)
{
    ag_delta_t       delta;
    ag_usage_t       usage;
    ag_answer_t      answer;
    ag_sse_event_t   event;

    static const char  chunk[] =
        "{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}";

    (void) state;

    assert_string_equal(ag_azure.name, "azure");
    assert_string_equal(ag_azure.key_header, "api-key");
    assert_string_equal(ag_azure.request_id, "apim-request-id");
    assert_ptr_equal(ag_azure.translator, &ag_azure_translator);
    assert_null(ag_azure.translator->ask);
    assert_text(ag_azure.heartbeat, ": keep-alive\n\n");

    memset(&event, 0, sizeof(event));
    memset(&usage, 0, sizeof(usage));
    event.data = text(chunk);

    ag_azure.read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);
    assert_true(delta.content);

    ag_azure.read_answer(AG_ENDPOINT_CHAT, text("{\"choices\":[]}"), &answer);
    assert_int_equal(answer.error, AG_E_BAD_RESPONSE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_newer_surface_has_the_paths_of_openai),
        cmocka_unit_test(a_version_means_deployments),
        cmocka_unit_test(responses_have_no_deployment_in_their_path),
        cmocka_unit_test(nothing_of_a_model_or_a_version_leaves_its_place),
        cmocka_unit_test(a_deployment_of_dots_is_none),
        cmocka_unit_test(a_path_that_does_not_fit_is_not_told),
        cmocka_unit_test(it_reads_what_openai_reads)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
