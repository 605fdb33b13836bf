/*
 * Copyright (C) ngx_agent authors
 *
 * Events of Anthropic's that are none: of any type, in any order, cut and
 * mixed up.
 */


#include "dialect/anthropic_tell_test.h"


#define TRIES  20000


static void hear_one(golden_heard_t *h, const char *data);
static unsigned ends_well(const golden_heard_t *h);


static void
hear_one(golden_heard_t *h, const char *data)
{
    char            stream[2000];
    golden_asked_t  a;

    snprintf(stream, sizeof(stream), "data: {\"type\":\"message_start\","
             "\"message\":{\"id\":\"msg_1\",\"model\":\"c\"}}\n\n"
             "data: %s\n\n", data);

    tell_with(&a, OLDER, "\"stream\":true");
    hear(h, &a, stream);
    golden_ask_free(&a);
}


static void
test_members_of_any_type(void **state)
{
    size_t          i, k;
    char            data[400];
    golden_heard_t  h;

    static const char *const  forms[] = {
        "{\"type\":%s}",
        "{\"type\":\"message_start\",\"message\":%s}",
        "{\"type\":\"message_start\",\"message\":{\"usage\":%s}}",
        "{\"type\":\"message_start\",\"message\":{\"content\":%s}}",
        "{\"type\":\"message_start\",\"message\":{\"content\":[%s]}}",
        "{\"type\":\"message_start\",\"message\":{\"id\":%s}}",
        "{\"type\":\"content_block_start\",\"index\":%s}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":%s}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"text\",\"text\":%s}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"text\",\"citations\":%s}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"thinking\",\"thinking\":%s}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"redacted_thinking\",\"data\":%s}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":%s}",
        "{\"type\":\"content_block_delta\",\"index\":%s,\"delta\":"
        "{\"type\":\"input_json_delta\",\"partial_json\":\"x\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"citations_delta\",\"citation\":%s}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"signature_delta\",\"signature\":%s}}",
        "{\"type\":\"content_block_stop\",\"index\":%s}",
        "{\"type\":\"message_delta\",\"delta\":%s}",
        "{\"type\":\"message_delta\",\"usage\":%s}",
        "{\"type\":\"message_delta\",\"usage\":{\"input_tokens\":%s}}",
        "{\"type\":\"message_delta\",\"usage\":{\"service_tier\":%s}}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\","
        "\"stop_details\":%s}}"
    };

    static const char *const  values[] = {
        "null", "true", "7", "-1", "1.5", "1e999",
        "123456789012345678901234567890", "\"\"", "\"x\"", "[]", "{}",
        "[[]]", "{\"type\":{}}", "{\"type\":\"text\"}", "\"\\u0000\""
    };

    (void) state;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {

        for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            snprintf(data, sizeof(data), forms[i], values[k]);
            hear_one(&h, data);

            /* none of them is an end, and few say anything */

            assert_int_equal(h.failed, AG_E_BAD_RESPONSE);
            assert_false(h.done);
            assert_false(heard_has(&h, "\"finish_reason\":\"stop\""));
            ag_buf_free(&h.out);
        }
    }
}


static void
test_calls_of_any_shape_get_a_name_and_an_object(void **state)
{
    golden_heard_t  h;

    (void) state;

    hear_one(&h, "{\"type\":\"content_block_start\",\"index\":0,"
             "\"content_block\":{\"type\":\"tool_use\",\"id\":7,\"name\":[],"
             "\"input\":7}}\n\ndata: {\"type\":\"message_stop\"}");

    assert_int_equal(h.failed, AG_E_NONE);
    assert_true(heard_has(&h, "\"id\":\"call_"));
    assert_true(heard_has(&h, "\"arguments\":\"{}\""));
    assert_true(heard_has(&h, "\"finish_reason\":\"tool_calls\""));
    ag_buf_free(&h.out);
}


static void
test_usage_beyond_all_bounds(void **state)
{
    golden_heard_t  h;

    (void) state;

    hear_one(&h, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
             "\"end_turn\"},\"usage\":{\"input_tokens\":18446744073709551615,"
             "\"cache_read_input_tokens\":99999999999999999999999,"
             "\"cache_creation_input_tokens\":18446744073709551615,"
             "\"output_tokens\":5,\"output_tokens_details\":"
             "{\"thinking_tokens\":6}}}\n\n"
             "data: {\"type\":\"message_delta\",\"usage\":"
             "{\"input_tokens\":-5,\"output_tokens\":\"x\"}}\n\n"
             "data: {\"type\":\"message_stop\"}");

    assert_int_equal(h.failed, AG_E_NONE);
    assert_true(h.usage.known);
    assert_true(h.usage.input_tokens <= AG_TOKENS_MAX);
    assert_true(h.usage.cached_tokens + h.usage.written_tokens
                <= h.usage.input_tokens);
    assert_int_equal(h.usage.output_tokens, 5);
    assert_int_equal(h.usage.reasoning_tokens, 5);
    ag_buf_free(&h.out);
}


static void
test_usage_that_says_nothing_is_not_known(void **state)
{
    golden_heard_t  h;

    (void) state;

    hear_one(&h, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
             "\"end_turn\"},\"usage\":{\"input_tokens\":null}}\n\n"
             "data: {\"type\":\"message_stop\"}");

    assert_int_equal(h.failed, AG_E_NONE);
    assert_false(h.usage.known);
    ag_buf_free(&h.out);
}


static unsigned
ends_well(const golden_heard_t *h)
{
    return h->out.len > 14
           && memcmp(h->out.data + h->out.len - 14, "data: [DONE]\n\n", 14)
              == 0;
}


/* Events in any order, some twice, some never, for a text and for a form. */
static void
test_any_order_of_events(void **state)
{
    int             i, n;
    char            stream[4000];
    size_t          len;
    uint32_t        seed;
    golden_heard_t  h;
    golden_asked_t  a[2];

    static const char *const  events[] = {
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}",
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_2\"}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"text\",\"text\":\"\"}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"json_response\","
        "\"input\":{}}}",
        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
        "{\"type\":\"tool_use\",\"id\":\"u\",\"name\":\"f\","
        "\"input\":{\"a\":1}}}",
        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
        "{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"s\"}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"server_tool_use\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"text_delta\",\"text\":\"w\"}}",
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
        "{\"type\":\"thinking_delta\",\"thinking\":\"w\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}",
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
        "{\"type\":\"citations_delta\",\"citation\":{\"url\":\"u\"}}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"content_block_stop\",\"index\":1}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\","
        "\"stop_details\":{\"explanation\":\"e\"}}}",
        "{\"type\":\"message_delta\",\"delta\":"
        "{\"stop_reason\":\"tool_use\"}}",
        "{\"type\":\"message_stop\"}"
    };

    (void) state;

    tell_with(&a[0], OLDER, "\"stream\":true");
    tell_with(&a[1], OLDEST, "\"stream\":true,\"response_format\":"
              "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\","
              "\"schema\":{\"type\":\"object\"}}}");
    assert_int_equal(a[1].to.json_tool, 1);

    seed = 1;

    for (i = 0; i < TRIES; i++) {
        len = 0;

        for (n = 0; n < 12; n++) {
            len += (size_t) snprintf(stream + len, sizeof(stream) - len,
                       "data: %s\n\n", events[next_of(&seed) % 16]);
        }

        hear(&h, &a[i % 2], stream);

        /* an end without a word is for those who send it on to refuse */

        assert_true(h.failed == AG_E_NONE ? ends_well(&h)
                                          : (!ends_well(&h) || !h.content));
        ag_buf_free(&h.out);
    }

    golden_ask_free(&a[0]);
    golden_ask_free(&a[1]);
}


static void
test_no_memory(void **state)
{
    ag_buf_t         out;
    uint64_t         random[2] = { 1, 2 };
    ag_delta_t       delta;
    ag_usage_t       usage;
    golden_asked_t   a;
    ag_sse_event_t   event;
    ag_translate_t  *t;

    (void) state;

    tell_with(&a, OLDER, "\"stream\":true");
    memset(&usage, 0, sizeof(usage));
    memset(&event, 0, sizeof(event));
    ag_buf_init(&out, GOLDEN_BODY_MAX);

    t = malloc(sizeof(ag_translate_t));
    ag_translate_init(t, &a.n, &a.to, random, 0, &usage, &out);
    t->arena.max = 0;

    event.data = ag_str("{\"type\":\"ping\"}", 15);
    event.has_data = 1;

    assert_int_equal(ag_translate_event(t, &event, &delta), AG_NOMEM);

    ag_translate_free(t);
    ag_buf_free(&out);
    golden_ask_free(&a);
    free(t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_members_of_any_type),
        cmocka_unit_test(test_calls_of_any_shape_get_a_name_and_an_object),
        cmocka_unit_test(test_usage_beyond_all_bounds),
        cmocka_unit_test(test_usage_that_says_nothing_is_not_known),
        cmocka_unit_test(test_any_order_of_events),
        cmocka_unit_test(test_no_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
