/*
 * Copyright (C) ngx_agent authors
 *
 * Chunks of chat completions: their ends, and values of any type anywhere.
 * What becomes of sound ones is in t/golden/openai-provider.
 */


#include "dialect/openai_provider_test.h"


static const char *const  values[] = {
    "null", "true", "false", "0", "-1", "5", "1.5", "1e999",
    "99999999999999999999999999", "\"\"", "\"x\"", "\"\\ud83d\\ude00\"",
    "[]", "[null]", "[0]", "[\"x\"]", "[[]]", "[{}]", "{}", "{\"x\":null}",
    "{\"text\":5}", "[{\"text\":\"x\"}]", "[{\"id\":5,\"index\":-3}]"
};


static void
any_value_may_stand_anywhere(void **state)
{
    char      chunk[512];
    size_t    i, j;
    heard_t  *h;

    static const char *const  chunks[] = {
        "%s",
        "{\"choices\":%s}",
        "{\"choices\":[%s]}",
        "{\"error\":%s,\"choices\":[]}",
        "{\"object\":%s,\"choices\":[]}",
        "{\"x_groq\":%s,\"choices\":[]}",
        "{\"x_groq\":{\"usage\":%s,\"error\":null},\"choices\":[]}",
        "{\"usage\":%s}",
        "{\"usage\":{\"prompt_tokens\":%s}}",
        "{\"service_tier\":%s,\"id\":%s,\"model\":%s,\"choices\":[{}]}",
        "{\"choices\":[{\"index\":%s,\"delta\":{\"content\":\"x\"}}]}",
        "{\"choices\":[{\"delta\":%s}]}",
        "{\"choices\":[{\"message\":%s}]}",
        "{\"choices\":[{\"finish_reason\":%s}]}",
        "{\"choices\":[{\"error\":%s}]}",
        "{\"choices\":[{\"usage\":%s}]}",
        "{\"choices\":[{\"logprobs\":%s}]}",
        "{\"choices\":[{\"logprobs\":{\"content\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"content\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"content\":[%s]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":[{\"type\":%s,"
            "\"text\":\"x\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"thinking\","
            "\"thinking\":%s}]}}]}",
        "{\"choices\":[{\"delta\":{\"refusal\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_content\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_details\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_details\":[{\"data\":%s,"
            "\"format\":%s,\"id\":%s}]}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_details\":[{\"text\":%s,"
            "\"signature\":%s}]}}]}",
        "{\"choices\":[{\"delta\":{\"annotations\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"x\",\"annotations\":"
            "[{\"url_citation\":{\"url\":%s,\"title\":%s}}]}}]}",
        "{\"choices\":[{\"delta\":{\"images\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"images\":[{\"image_url\":{\"url\":%s}}]"
            "}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":%s}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":%s}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"custom\":%s}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%s,\"id\":%s,"
            "\"function\":{\"name\":%s,\"arguments\":\"x\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{"
            "\"name\":\"f\",\"arguments\":%s}}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"extra_content\":%s,"
            "\"function\":{\"name\":\"f\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"function_call\":%s}}]}"
    };

    (void) state;

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {

            snprintf(chunk, sizeof(chunk), chunks[i], values[j], values[j],
                     values[j]);

            h = hear_start();

            hear(h, chunk);
            hear(h, chunk);
            hear(h, "{\"choices\":[{\"delta\":{\"content\":\"y\"},"
                    "\"finish_reason\":\"stop\"}]}");
            hear(h, "[DONE]");

            assert_int_equal(h->reader.rc, AG_OK);
            assert_true(h->reader.ended);
            hear_end(h);
        }
    }
}


static void
what_is_not_json_is_malformed(void **state)
{
    size_t    i;
    heard_t  *h;

    static const char *const  chunks[] = {
        "{", "5", "\"x\"", "[]", "x", "{\"choices\":5}",
        "{\"choices\":[{\"index\":128}]}",
        "{\"choices\":[{\"index\":18446744073709551615}]}",
        "{\"choices\":[5]}"
    };

    (void) state;

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        h = hear_start();
        hear(h, chunks[i]);
        assert_true(h->delta.malformed);
        assert_false(h->delta.failed);
        hear_end(h);
    }
}


static void
usage_alone_says_so(void **state)
{
    heard_t  *h;

    (void) state;

    h = hear_start();

    hear(h, "{\"choices\":[],\"usage\":{\"prompt_tokens\":3}}");
    assert_true(h->delta.usage_only);
    assert_int_equal(h->usage.input_tokens, 3);

    hear(h, "{\"choices\":[],\"usage\":null}");
    assert_false(h->delta.usage_only);

    hear(h, "{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}");
    assert_true(h->delta.content);
    assert_false(h->delta.usage_only);

    hear(h, "{\"choices\":[{\"delta\":{\"role\":\"assistant\","
            "\"content\":\"\"}}]}");
    assert_false(h->delta.content);

    hear(h, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    assert_true(h->delta.finish);
    assert_false(h->delta.done);

    hear(h, "[DONE]");
    assert_true(h->delta.done);

    hear_end(h);
}


static void
an_end_needs_the_reason_of_every_choice(void **state)
{
    heard_t  *h;

    (void) state;

    h = hear_start();

    ag_openai_hear_eof(&h->reader);
    assert_false(h->reader.ended);

    hear(h, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}},"
            "{\"index\":1,\"delta\":{\"content\":\"b\"}}]}");
    hear(h, "{\"choices\":[{\"index\":1,\"delta\":{},"
            "\"finish_reason\":\"length\"}]}");

    ag_openai_hear_eof(&h->reader);
    assert_false(h->reader.ended);

    hear(h, "{\"choices\":[{\"index\":0,\"delta\":{},"
            "\"finish_reason\":\"stop\"}]}");

    ag_openai_hear_eof(&h->reader);
    assert_true(h->reader.ended);

    assert_string_equal(h->log, " start open0:0(text,) add0:0(a) "
                        "open1:0(text,) add1:0(b) close0:0() finish0(stop) "
                        "close1:0() finish1(length) end");

    /* nothing is heard any more */

    h->events = 0;
    hear(h, "{\"choices\":[{\"delta\":{\"content\":\"c\"}}]}");
    hear(h, "[DONE]");
    ag_openai_hear_eof(&h->reader);
    assert_int_equal(h->events, 0);
    assert_false(h->delta.done);

    hear_end(h);
}


static void
an_error_ends_no_stream(void **state)
{
    heard_t  *h;

    (void) state;

    h = hear_start();

    hear(h, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
    hear(h, "{\"choices\":[{\"delta\":{\"content\":\"b\"},"
            "\"finish_reason\":\"error\"}]}");

    assert_true(h->delta.failed);
    assert_int_equal(h->delta.error, AG_E_PROVIDER_ERROR);
    assert_false(h->delta.finish);

    ag_openai_hear_eof(&h->reader);
    assert_false(h->reader.ended);

    hear_end(h);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(any_value_may_stand_anywhere),
        cmocka_unit_test(what_is_not_json_is_malformed),
        cmocka_unit_test(usage_alone_says_so),
        cmocka_unit_test(an_end_needs_the_reason_of_every_choice),
        cmocka_unit_test(an_error_ends_no_stream)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
