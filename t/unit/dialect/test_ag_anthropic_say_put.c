/*
 * Copyright (C) ngx_agent authors
 *
 * The objects of the Messages API, byte for byte.
 */


#include "anthropic_say_test.h"


static void
put_in(ag_put_t *p, ag_buf_t *out)
{
    ag_buf_init(out, 4096);
    ag_put_init(p, out);
    ag_put_open(p, NULL, '{');
}


static void
assert_put(ag_put_t *p, const char *expected)
{
    ag_put_close(p, '}');
    assert_int_equal(p->rc, AG_OK);
    (void) ag_buf_add(p->out, "", 1);
    assert_string_equal((const char *) p->out->data, expected);
    ag_buf_free(p->out);
}


static void
writes_a_head_with_an_id_of_anthropics(void **state)
{
    ag_buf_t   out;
    ag_put_t   p;
    saying_t   s;
    ag_char_t  first[40];

    (void) state;

    saying_init(&s, SIZE_MAX, 1 << 20);

    put_in(&p, &out);
    ag_anthropic_say_put_head(&p, &s.w, text("msg_x"), text("m"));
    assert_put(&p, "{\"id\":\"msg_x\",\"type\":\"message\","
                   "\"role\":\"assistant\",\"model\":\"m\"}");

    put_in(&p, &out);
    ag_anthropic_say_put_head(&p, &s.w, text("chatcmpl-1"), text("m"));
    assert_memory_equal(out.data, "{\"id\":\"msg_", 11);
    assert_memory_equal(out.data + 11 + AG_MINTED_LEN, "\",\"type\"", 8);
    memcpy(first, out.data, sizeof(first));
    ag_buf_free(&out);

    put_in(&p, &out);
    ag_anthropic_say_put_head(&p, &s.w, text("msg_"), text("m"));
    assert_memory_equal(out.data, "{\"id\":\"msg_", 11);
    assert_memory_not_equal(out.data, first, sizeof(first));
    ag_buf_free(&out);

    saying_free(&s);
}


static void
writes_a_full_usage(void **state)
{
    ag_buf_t    out;
    ag_put_t    p;
    ag_usage_t  usage;

    (void) state;

    memset(&usage, 0, sizeof(usage));

    put_in(&p, &out);
    ag_anthropic_say_put_usage(&p, &usage, AG_TIER_UNSET);
    assert_put(&p, "{\"usage\":{\"input_tokens\":0,"
                   "\"cache_creation_input_tokens\":0,"
                   "\"cache_read_input_tokens\":0,\"output_tokens\":0,"
                   "\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,"
                   "\"ephemeral_1h_input_tokens\":0},"
                   "\"service_tier\":\"standard\"}}");

    usage.input_tokens = 100;
    usage.cached_tokens = 60;
    usage.written_tokens = 30;
    usage.output_tokens = 9;
    usage.reasoning_tokens = 4;

    put_in(&p, &out);
    ag_anthropic_say_put_usage(&p, &usage, AG_TIER_BATCH);
    assert_put(&p, "{\"usage\":{\"input_tokens\":10,"
                   "\"cache_creation_input_tokens\":30,"
                   "\"cache_read_input_tokens\":60,\"output_tokens\":9,"
                   "\"output_tokens_details\":{\"thinking_tokens\":4},"
                   "\"cache_creation\":{\"ephemeral_5m_input_tokens\":30,"
                   "\"ephemeral_1h_input_tokens\":0},"
                   "\"service_tier\":\"batch\"}}");

    usage.input_tokens = 80;
    usage.reasoning_tokens = 0;

    put_in(&p, &out);
    ag_anthropic_say_put_usage_delta(&p, &usage);
    assert_put(&p, "{\"usage\":{\"input_tokens\":0,"
                   "\"cache_creation_input_tokens\":30,"
                   "\"cache_read_input_tokens\":60,\"output_tokens\":9}}");
}


static void
writes_every_reason_to_stop(void **state)
{
    size_t    i;
    char      expected[80];
    ag_buf_t  out;
    ag_put_t  p;

    static const struct {
        ag_finish_t   finish;
        unsigned      called;
        const char   *reason;
    } reasons[] = {
        { AG_FINISH_NONE, 0, "end_turn" },
        { AG_FINISH_STOP, 1, "end_turn" },
        { AG_FINISH_LENGTH, 1, "max_tokens" },
        { AG_FINISH_TOOL_CALLS, 1, "tool_use" },
        { AG_FINISH_TOOL_CALLS, 0, "end_turn" },
        { AG_FINISH_CONTENT_FILTER, 0, "refusal" }
    };

    (void) state;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        snprintf(expected, sizeof(expected),
                 "{\"stop_reason\":\"%s\",\"stop_sequence\":null}",
                 reasons[i].reason);
        put_in(&p, &out);
        ag_anthropic_say_put_stop(&p, reasons[i].finish, reasons[i].called);
        assert_put(&p, expected);
    }
}


static void
writes_blocks(void **state)
{
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    put_in(&p, &out);
    ag_anthropic_say_put_text(&p, "a", text("\"x\n"));
    ag_put_close(&p, '}');
    ag_anthropic_say_put_tool(&p, "b", text("i"), text("f"));
    ag_put_close(&p, '}');
    ag_anthropic_say_put_citation(&p, "c", text("u"), text("t"));
    ag_anthropic_say_put_citation(&p, "d", text("u"), text(""));
    assert_put(&p, "{\"a\":{\"type\":\"text\",\"text\":\"\\\"x\\n\"},"
                   "\"b\":{\"type\":\"tool_use\",\"id\":\"i\","
                   "\"name\":\"f\"},"
                   "\"c\":{\"type\":\"web_search_result_location\","
                   "\"url\":\"u\",\"title\":\"t\",\"encrypted_index\":\"\","
                   "\"cited_text\":\"\"},"
                   "\"d\":{\"type\":\"web_search_result_location\","
                   "\"url\":\"u\",\"title\":null,\"encrypted_index\":\"\","
                   "\"cited_text\":\"\"}}");

    put_in(&p, &out);
    ag_anthropic_say_put_thinking(&p, "a", text("x"), text("S"),
                                  AG_SIGNER_ANTHROPIC, 0);
    ag_anthropic_say_put_thinking(&p, "b", text("x"), text("S"),
                                  AG_SIGNER_RESPONSES, 1);
    ag_anthropic_say_put_thinking(&p, "c", text(""), text(""),
                                  AG_SIGNER_NONE, 0);
    assert_put(&p, "{\"a\":{\"type\":\"thinking\",\"thinking\":\"x\","
                   "\"signature\":\"S\"},"
                   "\"b\":{\"type\":\"redacted_thinking\","
                   "\"data\":\"ag1.responses-redacted.S\"},"
                   "\"c\":{\"type\":\"thinking\",\"thinking\":\"\","
                   "\"signature\":\"\"}}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writes_a_head_with_an_id_of_anthropics),
        cmocka_unit_test(writes_a_full_usage),
        cmocka_unit_test(writes_every_reason_to_stop),
        cmocka_unit_test(writes_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
