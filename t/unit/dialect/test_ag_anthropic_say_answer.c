/*
 * Copyright (C) ngx_agent authors
 *
 * Whole answers, and answers to counting tokens.
 */


#include "anthropic_say_test.h"


#define REST                                                                  \
    ",\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,"                  \
    "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"        \
    "\"output_tokens\":3,\"cache_creation\":{\"ephemeral_5m_input_tokens\":"  \
    "0,\"ephemeral_1h_input_tokens\":0},\"service_tier\":\"priority\"}}"

#define HEAD                                                                  \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","          \
    "\"model\":\"m\",\"content\":["


typedef struct {
    saying_t               s;
    ag_reply_t             reply;
    ag_gathered_choice_t   choice;
    ag_gathered_t          blocks[8];
    uint32_t               count;
} answering_t;


static void
setup(answering_t *a)
{
    memset(a, 0, sizeof(answering_t));
    saying_init(&a->s, 1 << 16, 1 << 20);

    a->s.usage.input_tokens = 7;
    a->s.usage.output_tokens = 3;
    a->reply.id = text("msg_1");
    a->reply.model = text("m");
    a->reply.tier = AG_TIER_PRIORITY;
    a->reply.choices = &a->choice;
    a->reply.count = 1;
    a->choice.finish = AG_FINISH_STOP;
}


static ag_gathered_t *
block_of(answering_t *a, ag_block_kind_t type, const char *string)
{
    ag_gathered_t  *block;

    block = &a->blocks[a->count++];
    block->type = type;
    block->text = text(string);

    if (a->count > 1) {
        block[-1].next = block;

    } else {
        a->choice.blocks = block;
    }

    return block;
}


static void
assert_answer(answering_t *a, const char *expected)
{
    yyjson_doc  *doc;

    assert_int_equal(ag_anthropic_say_answer(&a->s.w, &a->reply), AG_OK);

    doc = ag_json_tree(ag_buf_str(&a->s.out), NULL, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);

    (void) ag_buf_add(&a->s.out, "", 1);
    assert_string_equal((const char *) a->s.out.data, expected);
    saying_free(&a->s);
}


static void
writes_blocks_in_their_order(void **state)
{
    answering_t     a;
    ag_cited_t      cited;
    ag_gathered_t  *block;

    (void) state;

    setup(&a);
    block = block_of(&a, AG_BLOCK_REASONING, "hm");
    block->signature = text("S");
    block->signer = AG_SIGNER_ANTHROPIC;
    block = block_of(&a, AG_BLOCK_TEXT, "x");
    memset(&cited, 0, sizeof(cited));
    cited.url = text("u");
    block->cited = &cited;
    (void) block_of(&a, AG_BLOCK_REFUSAL, "no");
    block = block_of(&a, AG_BLOCK_TOOL, "{\"a\": 1.50}");
    block->id = text("i");
    block->name = text("f");
    a.choice.finish = AG_FINISH_TOOL_CALLS;

    assert_answer(&a, HEAD "{\"type\":\"thinking\",\"thinking\":\"hm\","
                  "\"signature\":\"S\"},{\"type\":\"text\",\"text\":\"x\","
                  "\"citations\":[{\"type\":\"web_search_result_location\","
                  "\"url\":\"u\",\"title\":null,\"encrypted_index\":\"\","
                  "\"cited_text\":\"\"}]},{\"type\":\"text\",\"text\":\"no\"},"
                  "{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"f\","
                  "\"input\":{\"a\": 1.50}}],\"stop_reason\":\"tool_use\""
                  REST);
}


static void
leaves_out_what_says_nothing(void **state)
{
    answering_t  a;

    (void) state;

    setup(&a);
    (void) block_of(&a, AG_BLOCK_REASONING, "");
    (void) block_of(&a, AG_BLOCK_TEXT, "");
    (void) block_of(&a, AG_BLOCK_IMAGE, "AAAA");
    (void) block_of(&a, AG_BLOCK_CUSTOM, "x");
    a.choice.finish = AG_FINISH_TOOL_CALLS;
    assert_answer(&a, HEAD "],\"stop_reason\":\"end_turn\"" REST);

    setup(&a);
    a.reply.count = 0;
    a.reply.choices = NULL;
    assert_answer(&a, HEAD "],\"stop_reason\":\"end_turn\"" REST);
}


static void
puts_signatures_before_what_they_sign(void **state)
{
    answering_t     a;
    ag_gathered_t  *block;

    (void) state;

    setup(&a);
    block = block_of(&a, AG_BLOCK_REASONING, "");
    block->signature = text("R");
    block->signer = AG_SIGNER_RESPONSES;
    block->redacted = 1;
    block = block_of(&a, AG_BLOCK_TEXT, "x");
    block->signature = text("G");
    block->signer = AG_SIGNER_GEMINI;
    block = block_of(&a, AG_BLOCK_TOOL, "{}");
    block->id = text("i");
    block->name = text("f");
    block->signature = text("H");
    block->signer = AG_SIGNER_GEMINI;
    block = block_of(&a, AG_BLOCK_TEXT, "y");
    block->signature = text("O");
    block->signer = AG_SIGNER_OTHER;

    assert_answer(&a, HEAD "{\"type\":\"redacted_thinking\",\"data\":"
                  "\"ag1.responses-redacted.R\"},{\"type\":\"thinking\","
                  "\"thinking\":\"\",\"signature\":\"ag1.gemini.G\"},"
                  "{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"thinking\","
                  "\"thinking\":\"\",\"signature\":\"ag1.gemini.H\"},"
                  "{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"f\","
                  "\"input\":{}},{\"type\":\"text\",\"text\":\"y\"}],"
                  "\"stop_reason\":\"end_turn\"" REST);
}


static void
hides_thinking_that_nobody_wants_to_see(void **state)
{
    answering_t     a;
    ag_gathered_t  *block;

    (void) state;

    setup(&a);
    a.s.n.budget_tokens = 2000;
    (void) block_of(&a, AG_BLOCK_REASONING, "hm");
    block = block_of(&a, AG_BLOCK_REASONING, "hm");
    block->signature = text("S");
    block->signer = AG_SIGNER_ANTHROPIC;
    assert_answer(&a, HEAD "{\"type\":\"thinking\",\"thinking\":\"\","
                  "\"signature\":\"S\"}],\"stop_reason\":\"end_turn\"" REST);
}


static void
makes_an_object_of_every_input(void **state)
{
    size_t          i;
    char            expected[1024];
    answering_t     a;
    ag_gathered_t  *block;

    static const struct {
        const char  *text;
        const char  *input;
    } inputs[] = {
        { "", "{}" },
        { "{}", "{}" },
        { "{\"a\":1", "{\"arguments\":\"{\\\"a\\\":1\"}" },
        { "[1]", "{\"arguments\":\"[1]\"}" },
        { "{\"a\":1}}", "{\"arguments\":\"{\\\"a\\\":1}}\"}" },
        { "null", "{\"arguments\":\"null\"}" }
    };

    (void) state;

    for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        setup(&a);
        block = block_of(&a, AG_BLOCK_TOOL, inputs[i].text);
        block->id = text("i");
        block->name = text("f");

        snprintf(expected, sizeof(expected), "%s{\"type\":\"tool_use\","
                 "\"id\":\"i\",\"name\":\"f\",\"input\":%s}],"
                 "\"stop_reason\":\"end_turn\"%s", HEAD, inputs[i].input,
                 REST);
        assert_answer(&a, expected);
    }
}


static void
counts_tokens(void **state)
{
    answering_t  a;

    (void) state;

    setup(&a);
    a.s.w.endpoint = AG_ENDPOINT_COUNT_TOKENS;
    assert_answer(&a, "{\"input_tokens\":7}");
}


static void
writes_no_half_of_an_answer(void **state)
{
    int          rc;
    size_t       max;
    answering_t  a;

    (void) state;

    rc = AG_LIMIT;

    for (max = 0; max < 1024; max++) {
        setup(&a);
        a.s.out.max = max;
        (void) block_of(&a, AG_BLOCK_TEXT, "x");
        rc = ag_anthropic_say_answer(&a.s.w, &a.reply);
        assert_true(rc == AG_OK || (rc == AG_LIMIT && a.s.out.len == 0));
        saying_free(&a.s);
    }

    assert_int_equal(rc, AG_OK);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writes_blocks_in_their_order),
        cmocka_unit_test(leaves_out_what_says_nothing),
        cmocka_unit_test(puts_signatures_before_what_they_sign),
        cmocka_unit_test(hides_thinking_that_nobody_wants_to_see),
        cmocka_unit_test(makes_an_object_of_every_input),
        cmocka_unit_test(counts_tokens),
        cmocka_unit_test(writes_no_half_of_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
