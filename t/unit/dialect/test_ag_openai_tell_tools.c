/*
 * Copyright (C) ngx_agent authors
 *
 * Tools: what is left of them after some were left out, and a grammar of any
 * shape.
 */


#include "dialect/openai_provider_test.h"


/* Tells a request of a Responses client. */
static void
tell_responses(golden_asked_t *a, const char *quirks, const char *fields)
{
    char          body[2048];
    golden_how_t  how;

    memset(&how, 0, sizeof(how));

    how.provider = &ag_openai;
    how.quirks = ag_quirks_find(text(quirks));
    how.endpoint = AG_ENDPOINT_RESPONSES;
    how.model = text("some-model");

    snprintf(body, sizeof(body), "{\"model\":\"m\",\"input\":\"x\",%s}",
             fields);
    golden_ask(a, &how, text(body));
}


static void
no_tool_left_means_no_choice_either(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell_responses(&a, "vllm", "\"tools\":[{\"type\":\"function\","
                   "\"name\":\"f\"}],\"tool_choice\":{\"type\":"
                   "\"allowed_tools\",\"mode\":\"required\",\"tools\":["
                   "{\"type\":\"function\",\"name\":\"g\"}]},"
                   "\"parallel_tool_calls\":false");

    if (a.rc == AG_OK) {
        assert_false(told(&a, "tool"));
    }

    golden_ask_free(&a);
}


static void
a_grammar_of_any_shape_is_written(void **state)
{
    char            fields[512];
    size_t          i;
    yyjson_doc     *doc;
    golden_asked_t  a;

    static const char *const  formats[] = {
        "null", "5", "[]", "{}", "{\"type\":\"grammar\"}",
        "{\"type\":\"grammar\",\"grammar\":{}}",
        "{\"type\":\"grammar\",\"syntax\":5,\"definition\":[]}"
    };

    (void) state;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        snprintf(fields, sizeof(fields), "\"tools\":[{\"type\":\"custom\","
                 "\"name\":\"c\",\"format\":%s}]", formats[i]);
        tell_responses(&a, "openai", fields);

        if (a.rc == AG_OK) {
            doc = yyjson_read((const char *) a.body.data, a.body.len, 0);
            assert_non_null(doc);
            yyjson_doc_free(doc);
        }

        golden_ask_free(&a);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(no_tool_left_means_no_choice_either),
        cmocka_unit_test(a_grammar_of_any_shape_is_written)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
