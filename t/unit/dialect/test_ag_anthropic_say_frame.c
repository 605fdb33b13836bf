/*
 * Copyright (C) ngx_agent authors
 *
 * The events of a stream, byte for byte: clients read "event:" lines and
 * types within the data, and rely on what an event never lacks.
 */


#include "anthropic_say_test.h"


#define FRAME(type, members)                                                  \
    "event: " type "\ndata: {\"type\":\"" type "\"" members "}\n\n"

#define DELTA(type, member, value)                                            \
    FRAME("content_block_delta", ",\"index\":3,\"delta\":{\"type\":\"" type   \
          "\",\"" member "\":" value "}")

#define USAGE                                                                 \
    "\"input_tokens\":0,\"cache_creation_input_tokens\":0,"                   \
    "\"cache_read_input_tokens\":0,\"output_tokens\":0"


static void
assert_framed(ag_put_t *p, const char *expected)
{
    assert_int_equal(p->rc, AG_OK);
    (void) ag_buf_add(p->out, "", 1);
    assert_string_equal((const char *) p->out->data, expected);
    p->out->len = 0;
}


static void
writes_the_begin_and_the_end(void **state)
{
    ag_put_t  p;
    saying_t  s;

    (void) state;

    saying_init(&s, 4096, 1 << 20);
    ag_put_init(&p, &s.out);

    ag_anthropic_say_frame_message(&p, &s.w);
    assert_framed(&p, FRAME("message_start",
                  ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
                  "\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                  "\"stop_reason\":null,\"stop_sequence\":null,"
                  "\"usage\":{" USAGE ",\"cache_creation\":"
                  "{\"ephemeral_5m_input_tokens\":0,"
                  "\"ephemeral_1h_input_tokens\":0},"
                  "\"service_tier\":\"standard\"}}"));

    ag_anthropic_say_frame_end(&p, AG_FINISH_STOP, 0, &s.usage);
    assert_framed(&p, FRAME("message_delta",
                  ",\"delta\":{\"stop_reason\":\"end_turn\","
                  "\"stop_sequence\":null},\"usage\":{" USAGE "}")
                  FRAME("message_stop", ""));
    saying_free(&s);
}


static void
writes_blocks_and_their_deltas(void **state)
{
    size_t                i;
    ag_put_t              p;
    saying_t              s;
    ag_anthropic_block_t  block;

    static const struct {
        ag_block_kind_t   type;
        const char       *start;
        const char       *delta;
    } rows[] = {
        { AG_BLOCK_TEXT, "{\"type\":\"text\",\"text\":\"\"}",
          DELTA("text_delta", "text", "\"a\\n\"") },

        { AG_BLOCK_REFUSAL, "{\"type\":\"text\",\"text\":\"\"}",
          DELTA("text_delta", "text", "\"a\\n\"") },

        { AG_BLOCK_REASONING,
          "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
          DELTA("thinking_delta", "thinking", "\"a\\n\"") },

        { AG_BLOCK_TOOL,
          "{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"f\",\"input\":{}}",
          DELTA("input_json_delta", "partial_json", "\"a\\n\"") }
    };

    (void) state;

    saying_init(&s, 4096, 1 << 20);
    ag_put_init(&p, &s.out);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char  expected[256];

        memset(&block, 0, sizeof(block));
        block.type = rows[i].type;
        block.id = text("i");
        block.name = text("f");

        snprintf(expected, sizeof(expected), "event: content_block_start\n"
                 "data: {\"type\":\"content_block_start\",\"index\":3,"
                 "\"content_block\":%s}\n\n", rows[i].start);
        ag_anthropic_say_frame_start(&p, 3, &block);
        assert_framed(&p, expected);

        ag_anthropic_say_frame_text(&p, 3, rows[i].type, text("a\n"));
        assert_framed(&p, rows[i].delta);
    }

    ag_anthropic_say_frame_signature(&p, 3, text("S"), AG_SIGNER_ANTHROPIC,
                                     0);
    assert_framed(&p, DELTA("signature_delta", "signature", "\"S\""));

    ag_anthropic_say_frame_citation(&p, 3, text("u"), text("t"));
    assert_framed(&p, DELTA("citations_delta", "citation",
                            "{\"type\":\"web_search_result_location\","
                            "\"url\":\"u\",\"title\":\"t\","
                            "\"encrypted_index\":\"\",\"cited_text\":\"\"}"));

    ag_anthropic_say_frame_stop(&p, 3);
    assert_framed(&p, FRAME("content_block_stop", ",\"index\":3"));
    saying_free(&s);
}


static void
writes_whole_blocks_of_signatures(void **state)
{
    ag_put_t  p;
    saying_t  s;

    (void) state;

    saying_init(&s, 4096, 1 << 20);
    ag_put_init(&p, &s.out);

    ag_anthropic_say_frame_redacted(&p, 3, text("S"), AG_SIGNER_ANTHROPIC);
    assert_framed(&p, FRAME("content_block_start",
                  ",\"index\":3,\"content_block\":{\"type\":"
                  "\"redacted_thinking\",\"data\":\"S\"}")
                  FRAME("content_block_stop", ",\"index\":3"));

    ag_anthropic_say_frame_mark(&p, 3, text("S"), 0);
    assert_framed(&p, FRAME("content_block_start",
                  ",\"index\":3,\"content_block\":{\"type\":\"thinking\","
                  "\"thinking\":\"\",\"signature\":\"\"}")
                  DELTA("signature_delta", "signature", "\"ag1.gemini.S\"")
                  FRAME("content_block_stop", ",\"index\":3"));
    saying_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writes_the_begin_and_the_end),
        cmocka_unit_test(writes_blocks_and_their_deltas),
        cmocka_unit_test(writes_whole_blocks_of_signatures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
