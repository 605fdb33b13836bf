/*
 * Copyright (C) ngx_agent authors
 *
 * Chunks and answers of any form: what they are taken for, where a stream
 * ends, and what their numbers may claim.
 */


#include "gemini_test.h"


static void
takes_for(const char *data, const char *flags)
{
    heard_t     h;
    ag_delta_t  delta;

    hear(&h);
    delta = chunk(&h, data);

    if (strcmp(flags_of(&delta), flags) != 0) {
        fail_msg("%s: \"%s\", not \"%s\"", data, flags_of(&delta), flags);
    }

    assert_int_equal(h.reader.rc, AG_OK);
    heard_free(&h);
}


static void
survives_wrong_types(void **state)
{
    (void) state;

    takes_for("[DONE]", "malformed");
    takes_for("[]", "malformed");
    takes_for("[1]", "malformed");
    takes_for("[{}]", "malformed");
    takes_for("1", "malformed");
    takes_for("\"x\"", "malformed");
    takes_for("{", "malformed");
    takes_for("{\"candidates\":[{\"content\":", "malformed");

    takes_for("{}", "");
    takes_for("{\"candidates\":{}}", "");
    takes_for("{\"candidates\":[1,null,\"x\",[],{}]}", "");
    takes_for("{\"candidates\":[{\"content\":[],\"index\":\"x\"}]}", "");
    takes_for("{\"candidates\":[{\"content\":{\"parts\":{}}}]}", "");
    takes_for("{\"candidates\":[{\"content\":{\"parts\":[1,[],null]}}]}", "");
    takes_for("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":1}]}}]}",
              "");
    takes_for("{\"candidates\":[{\"finishReason\":1}]}", "");
    takes_for("{\"candidates\":[{\"finishReason\":\"\"}]}", "");
    takes_for("{\"candidates\":[{\"finishReason\":"
              "\"FINISH_REASON_UNSPECIFIED\"}]}", "");
    takes_for("{\"promptFeedback\":{\"blockReason\":1}}", "");
    takes_for("{\"promptFeedback\":[]}", "");
    takes_for("{\"usageMetadata\":[]}", "");
    takes_for("{\"usageMetadata\":{\"promptTokenCount\":\"5\"}}", "");
    takes_for("{\"responseId\":1,\"modelVersion\":{}}", "");

    takes_for("{\"usageMetadata\":{\"promptTokenCount\":5}}", "usage_only");
    takes_for("{\"candidates\":[{\"finishReason\":\"STOP\"}]}", "finish");
    takes_for("{\"promptFeedback\":{\"blockReason\":\"OTHER\"},"
              "\"usageMetadata\":{\"promptTokenCount\":5}}",
              "content finish");

    takes_for("{\"error\":null}", "failed");
    takes_for("{\"error\":\"x\",\"candidates\":[]}", "failed");
    takes_for("[{\"error\":{}}]", "failed");
    takes_for("{\"candidates\":[{\"finishReason\":\"MALFORMED_RESPONSE\"}]}",
              "failed");
}


static void
leaves_out_candidates_past_the_cap(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) chunk(&h, "{\"candidates\":[{\"index\":128,\"content\":{\"parts\":"
                     "[{\"text\":\"A\"}]}},{\"index\":18446744073709551615,"
                     "\"finishReason\":\"STOP\"},{\"index\":127,"
                     "\"finishReason\":\"STOP\"}]}");
    heard(&h, "start  asked\n");
    assert_true(ended(&h).done);

    heard_free(&h);
}


static void
ends_where_all_said_why(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    assert_false(ended(&h).done);
    (void) chunk(&h, "{}");
    assert_false(ended(&h).done);

    (void) parts(&h, "{\"text\":\"A\"}");
    assert_false(ended(&h).done);

    (void) chunk(&h, "{\"candidates\":[{\"index\":1,"
                     "\"finishReason\":\"STOP\"}]}");
    assert_false(ended(&h).done);

    (void) chunk(&h, "{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}");
    assert_true(ended(&h).done);
    assert_false(ended(&h).done);

    heard(&h, "start  asked\nopen 0.0 text\nadd 0.0 text A\n"
              "close 0.0 text\nfinish 0 length\nfinish 1 stop\nend \n");

    heard_free(&h);
}


static void
believes_numbers_within_bounds(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) chunk(&h, "{\"usageMetadata\":{\"promptTokenCount\":10,"
                     "\"cachedContentTokenCount\":11,"
                     "\"candidatesTokenCount\":-5,"
                     "\"thoughtsTokenCount\":7}}");
    assert_true(h.usage.known);
    assert_int_equal(h.usage.input_tokens, 10);
    assert_int_equal(h.usage.cached_tokens, 10);
    assert_int_equal(h.usage.output_tokens, 7);
    assert_int_equal(h.usage.reasoning_tokens, 7);

    (void) chunk(&h, "{\"usageMetadata\":{\"promptTokenCount\":"
                     "99999999999999999999999,\"candidatesTokenCount\":1e300,"
                     "\"thoughtsTokenCount\":18446744073709551615}}");
    assert_true(h.usage.input_tokens <= AG_TOKENS_MAX);
    assert_int_equal(h.usage.output_tokens, AG_TOKENS_MAX);
    assert_int_equal(h.usage.cached_tokens, 0);

    /* the total never makes less of it */

    (void) chunk(&h, "{\"usageMetadata\":{\"promptTokenCount\":5,"
                     "\"thoughtsTokenCount\":4,\"totalTokenCount\":6}}");
    assert_int_equal(h.usage.output_tokens, 4);

    /* says nothing, changes nothing */

    (void) chunk(&h, "{\"usageMetadata\":{\"trafficType\":\"ON_DEMAND\"}}");
    assert_int_equal(h.usage.output_tokens, 4);

    heard_free(&h);
}


static void
hears_tiers(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) chunk(&h, "{\"usageMetadata\":{\"trafficType\":"
                     "\"ON_DEMAND_FLEX\"}}");
    assert_int_equal(h.reader.tier, AG_TIER_FLEX);
    (void) chunk(&h, "{\"usageMetadata\":{\"traffic_type\":"
                     "\"ON_DEMAND_PRIORITY\"}}");
    assert_int_equal(h.reader.tier, AG_TIER_PRIORITY);
    (void) chunk(&h, "{\"usageMetadata\":{\"serviceTier\":\"standard\"}}");
    assert_int_equal(h.reader.tier, AG_TIER_DEFAULT);

    heard_free(&h);
}


static void
hears_whole_answers(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    assert_false(answer(&h, AG_ENDPOINT_CHAT,
                        "{\"candidates\":[{}]}").failed);
    heard(&h, "start  asked\nfinish 0 stop\nend \n");
    heard_free(&h);

    hear(&h);
    assert_true(answer(&h, AG_ENDPOINT_CHAT, "[]").failed);
    assert_true(answer(&h, AG_ENDPOINT_CHAT, "{\"error\":1}").failed);
    assert_true(answer(&h, AG_ENDPOINT_CHAT, "{}").failed);
    assert_true(answer(&h, AG_ENDPOINT_CHAT, "{\"candidates\":[1]}").failed);
    assert_true(answer(&h, AG_ENDPOINT_COUNT_TOKENS, "{}").failed);
    assert_false(h.reader.ended);
    heard_free(&h);

    hear(&h);
    assert_true(answer(&h, AG_ENDPOINT_COUNT_TOKENS,
                       "{\"total_tokens\":7}").done);
    assert_int_equal(h.usage.input_tokens, 7);
    assert_true(h.usage.known);
    heard_free(&h);
}


static void
ends_with_its_memory(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    h.arena.max = 0;
    (void) parts(&h, "{\"text\":\"A\"}");
    assert_int_equal(h.reader.rc, AG_NOMEM);
    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_wrong_types),
        cmocka_unit_test(leaves_out_candidates_past_the_cap),
        cmocka_unit_test(ends_where_all_said_why),
        cmocka_unit_test(believes_numbers_within_bounds),
        cmocka_unit_test(hears_tiers),
        cmocka_unit_test(hears_whole_answers),
        cmocka_unit_test(ends_with_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
