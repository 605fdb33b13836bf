/*
 * Copyright (C) ngx_agent authors
 *
 * The rows of servers: found by name and by host, each complete.
 */


#include "dialect_test.h"
#include "dialect/ag_quirks.h"


static const ag_quirks_t *
of(const char *host)
{
    return ag_quirks_of_host(text(host));
}


static void
every_name_that_is_told_is_found(void **state)
{
    size_t              len, count;
    const char         *names;
    const ag_quirks_t  *quirks;

    (void) state;

    count = 0;

    for (names = ag_quirks_names(); *names != '\0'; names += len) {
        names += strspn(names, ", ");
        len = strcspn(names, ",");

        quirks = ag_quirks_find(ag_str(names, len));

        assert_non_null(quirks);
        assert_int_equal(strlen(quirks->name), len);
        assert_non_null(quirks->max_tokens);
        assert_non_null(quirks->hosts);
        count++;
    }

    assert_int_equal(count, 12);
}


static void
an_unknown_name_is_not_found(void **state)
{
    (void) state;

    assert_null(ag_quirks_find(text("")));
    assert_null(ag_quirks_find(text("open")));
    assert_null(ag_quirks_find(text("openai2")));
    assert_null(ag_quirks_find(text("OpenAI")));
}


static void
a_host_means_its_server(void **state)
{
    (void) state;

    assert_string_equal(of("api.openai.com")->name, "openai");
    assert_string_equal(of("eu.api.openai.com")->name, "openai");
    assert_string_equal(of("acme.openai.azure.com")->name, "azure");
    assert_string_equal(of("acme.services.ai.azure.com")->name, "azure");
    assert_string_equal(of("api.mistral.ai")->name, "mistral");
    assert_string_equal(of("API.Mistral.AI")->name, "mistral");
    assert_string_equal(of("openrouter.ai")->name, "openrouter");
    assert_string_equal(of("europe-west1-aiplatform.googleapis.com")->name,
                        "gemini");
    assert_string_equal(of("aiplatform.googleapis.com")->name, "gemini");
    assert_string_equal(of("api.moonshot.cn")->name, "compatible");
}


static void
a_host_that_only_looks_like_it_does_not(void **state)
{
    (void) state;

    assert_string_equal(of("evilapi.mistral.ai")->name, "openai");
    assert_string_equal(of("api.mistral.ai.example")->name, "openai");
    assert_string_equal(of("mistral.ai")->name, "openai");
    assert_string_equal(of("xapi.mistral.ai")->name, "openai");
    assert_string_equal(of("bpi.mistral.ai")->name, "openai");
    assert_string_equal(of("api.mistral.ax")->name, "openai");
    assert_string_equal(of("10.0.0.11")->name, "openai");
    assert_string_equal(of("")->name, "openai");
    assert_string_equal(of(" ")->name, "openai");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_name_that_is_told_is_found),
        cmocka_unit_test(an_unknown_name_is_not_found),
        cmocka_unit_test(a_host_means_its_server),
        cmocka_unit_test(a_host_that_only_looks_like_it_does_not)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
