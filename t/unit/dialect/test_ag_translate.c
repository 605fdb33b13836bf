/*
 * Copyright (C) ngx_agent authors
 *
 * The frame around the dialects: who serves what, what is too much, and what
 * a broken answer leaves behind.  What is translated how stands in t/golden.
 */


#include "dialect_test.h"

#include "dialect/ag_translate.h"


typedef struct {
    ag_arena_t      arena;
    ag_arena_t      outbound;
    ag_neutral_t    n;
    ag_outbound_t   to;
    ag_request_t    request;
    ag_translate_t  t;
    ag_usage_t      usage;
    ag_buf_t        out;
    uint64_t        random[2];
    yyjson_doc     *doc;
} translated_t;


static void
begin(translated_t *t, ag_endpoint_t endpoint, const ag_dialect_t *provider,
    const char *body)
{
    ag_error_t  error;

    memset(t, 0, sizeof(translated_t));
    accept(&t->request, endpoint, body);

    ag_arena_init(&t->arena, AG_TRANSLATE_ARENA_MAX);
    ag_arena_init(&t->outbound, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&t->out, AG_ANSWER_MAX);
    t->n.arena = &t->arena;
    t->random[0] = 1;

    assert_int_equal(ag_translate_request(&t->n, &t->request, &t->doc,
                                          &error), AG_OK);

    t->to.arena = &t->outbound;
    t->to.provider = provider;
    t->to.model = text("asked");
    t->to.facts = ag_facts_find(NULL, t->to.model, provider);
    t->to.quirks = ag_quirks_of_host(text(""));
    t->to.endpoint = endpoint;

    ag_translate_init(&t->t, &t->n, &t->to, t->random, 1700000000, &t->usage,
                      &t->out);
}


static void
end(translated_t *t)
{
    ag_translate_free(&t->t);
    ag_arena_free(&t->arena);
    ag_arena_free(&t->outbound);
    ag_buf_free(&t->out);
    yyjson_doc_free(t->doc);
}


static ag_delta_t
event(translated_t *t, const char *data)
{
    ag_delta_t      delta;
    ag_sse_event_t  e;

    memset(&e, 0, sizeof(e));
    e.data = text(data);

    assert_int_equal(ag_translate_event(&t->t, &e, &delta), AG_OK);

    return delta;
}


#define CHAT  "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","            \
              "\"content\":\"hi\"}]}"


static void
knows_who_serves_what(void **state)
{
    const ag_quirks_t  *own, *vllm;

    (void) state;

    own = ag_quirks_find(text("openai"));
    vllm = ag_quirks_find(text("mistral"));

    assert_true(ag_translate_native(&ag_openai, own, AG_ENDPOINT_RESPONSES));
    assert_false(ag_translate_native(&ag_openai, vllm,
                                     AG_ENDPOINT_RESPONSES));
    assert_true(ag_translate_native(&ag_openai, vllm, AG_ENDPOINT_CHAT));
    assert_true(ag_translate_native(&ag_responses, vllm,
                                    AG_ENDPOINT_RESPONSES));
    assert_false(ag_translate_native(&ag_anthropic, own, AG_ENDPOINT_CHAT));

    assert_true(ag_translate_can(&ag_anthropic, AG_ENDPOINT_CHAT));
    assert_true(ag_translate_can(&ag_gemini, AG_ENDPOINT_EMBEDDINGS));
    assert_true(ag_translate_can(&ag_gemini, AG_ENDPOINT_COUNT_TOKENS));
    assert_false(ag_translate_can(&ag_anthropic, AG_ENDPOINT_EMBEDDINGS));
    assert_false(ag_translate_can(&ag_openai, AG_ENDPOINT_COUNT_TOKENS));
    assert_false(ag_translate_can(&ag_gemini, AG_ENDPOINT_COMPLETIONS));
    assert_false(ag_translate_can(&ag_gemini, AG_ENDPOINT_MAX));
}


static void
an_answer_that_is_none_leaves_nothing(void **state)
{
    unsigned      i;
    ag_answer_t   answer;
    translated_t  t;

    static const char *const  bodies[] = {
        "", "null", "[]", "\"x\"", "{", "{}", "{\"type\":\"message\"}",
        "<html>", "{\"type\":\"error\",\"error\":{\"type\":\"x\"}}",
        "{\"content\":7}"
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        begin(&t, AG_ENDPOINT_CHAT, &ag_anthropic, CHAT);
        assert_int_equal(ag_buf_add(&t.out, "x", 1), AG_OK);

        assert_int_equal(ag_translate_answer(&t.t, text(bodies[i]), &answer),
                         AG_OK);
        assert_int_not_equal(answer.error, AG_E_NONE);
        assert_int_equal(t.out.len, 1);
        end(&t);
    }
}


static void
comments_and_what_follows_the_end_say_nothing(void **state)
{
    size_t        len;
    ag_delta_t    delta;
    translated_t  t;

    (void) state;

    begin(&t, AG_ENDPOINT_MESSAGES, &ag_openai,
          "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":"
          "\"user\",\"content\":\"hi\"}]}");

    delta = event(&t, "");
    assert_string_equal(flags_of(&delta), "");
    assert_int_equal(t.out.len, 0);

    delta = event(&t, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"x\"},\"finish_reason\":\"stop\"}]}");
    assert_string_equal(flags_of(&delta), "content finish");

    delta = event(&t, "[DONE]");
    assert_int_equal(delta.done, 1);
    len = t.out.len;

    delta = event(&t, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"y\"}}]}");
    assert_string_equal(flags_of(&delta), "");
    assert_int_equal(t.out.len, len);

    end(&t);
}


static void
a_stream_that_broke_ends_with_an_error(void **state)
{
    unsigned      i;
    ag_error_t    error;
    translated_t  t;

    static const struct {
        ag_endpoint_t  endpoint;
        const char    *body;
        const char    *words;
    } cases[] = {
        { AG_ENDPOINT_CHAT, CHAT, "data: {\"error\":{" },
        { AG_ENDPOINT_MESSAGES,
          "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":"
          "\"user\",\"content\":\"hi\"}]}", "event: error\ndata: " },
        { AG_ENDPOINT_RESPONSES, "{\"model\":\"m\",\"input\":\"hi\"}",
          "event: response.failed\n" }
    };

    (void) state;

    memset(&error, 0, sizeof(error));
    error.class = AG_E_TIMEOUT_IDLE;

    for (i = 0; i < 3; i++) {
        begin(&t, cases[i].endpoint, &ag_gemini, cases[i].body);

        assert_int_equal(ag_translate_failure(&t.t, &error, text("req_1")),
                         AG_OK);
        assert_int_equal(ag_buf_add(&t.out, "", 1), AG_OK);
        assert_non_null(strstr((char *) t.out.data, cases[i].words));
        end(&t);
    }
}


/* What was written, terminated. */
static char *
written(translated_t *t)
{
    assert_int_equal(ag_buf_reserve(&t->out, 1), AG_OK);
    t->out.data[t->out.len] = '\0';

    return (char *) t->out.data;
}


static void
a_stream_that_is_cut_ends_as_at_its_bound(void **state)
{
    size_t        len;
    ag_delta_t    delta;
    translated_t  t;

    (void) state;

    begin(&t, AG_ENDPOINT_MESSAGES, &ag_openai,
          "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":"
          "\"user\",\"content\":\"hi\"}]}");

    delta = event(&t, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"four\"}}]}");
    assert_int_equal(delta.said, 4);

    len = t.out.len;
    assert_int_equal(ag_translate_cut(&t.t), AG_OK);
    assert_non_null(strstr(written(&t) + len,
                           "event: content_block_stop\n"));
    assert_non_null(strstr(written(&t) + len,
                           "\"stop_reason\":\"max_tokens\""));
    assert_non_null(strstr(written(&t) + len, "event: message_stop\n"));

    len = t.out.len;
    delta = event(&t, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"x\"}}]}");
    assert_int_equal(delta.said, 0);
    assert_int_equal(ag_translate_cut(&t.t), AG_OK);
    assert_int_equal(t.out.len, len);

    end(&t);
}


static void
choices_that_have_ended_keep_their_reason_in_a_cut(void **state)
{
    char          *first, *second;
    translated_t   t;

    (void) state;

    begin(&t, AG_ENDPOINT_CHAT, &ag_gemini, CHAT);

    event(&t, "{\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{"
              "\"text\":\"a\"}]},\"finishReason\":\"STOP\"},{\"index\":1,"
              "\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}");

    assert_int_equal(ag_translate_cut(&t.t), AG_OK);

    first = strstr(written(&t), "\"finish_reason\":\"stop\"");
    second = strstr(written(&t), "\"finish_reason\":\"length\"");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    assert_string_equal(written(&t) + t.out.len - 14, "data: [DONE]\n\n");

    end(&t);
}


static void
a_stream_that_is_cut_before_it_begins_is_whole(void **state)
{
    translated_t  t;

    (void) state;

    begin(&t, AG_ENDPOINT_RESPONSES, &ag_anthropic,
          "{\"model\":\"m\",\"input\":\"hi\"}");

    assert_int_equal(ag_translate_cut(&t.t), AG_OK);
    assert_non_null(strstr(written(&t), "event: response.created\n"));
    assert_non_null(strstr(written(&t), "event: response.incomplete\n"));
    assert_non_null(strstr(written(&t),
                           "{\"reason\":\"max_output_tokens\"}"));

    end(&t);
}


static void
bytes_that_were_said_are_counted_without_images(void **state)
{
    ag_delta_t    delta;
    ag_answer_t   answer;
    translated_t  t;

    static const char  said[] =
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"12345\"},"
        "{\"text\":\"678\",\"thought\":true},{\"inlineData\":{"
        "\"mimeType\":\"image/png\",\"data\":\"AAAAAAAAAAAAAAAA\"}}]},"
        "\"finishReason\":\"STOP\"}]%s}";
    char  body[512];

    (void) state;

    snprintf(body, sizeof(body), said, "");
    begin(&t, AG_ENDPOINT_CHAT, &ag_gemini, CHAT);
    delta = event(&t, body);
    assert_int_equal(delta.said, 8);
    end(&t);

    begin(&t, AG_ENDPOINT_CHAT, &ag_gemini, CHAT);
    assert_int_equal(ag_translate_answer(&t.t, text(body), &answer), AG_OK);
    assert_int_equal(answer.error, AG_E_NONE);
    assert_int_equal(answer.said, 8);
    end(&t);

    snprintf(body, sizeof(body), said,
             ",\"usageMetadata\":{\"promptTokenCount\":1,"
             "\"candidatesTokenCount\":2}");
    begin(&t, AG_ENDPOINT_CHAT, &ag_gemini, CHAT);
    assert_int_equal(ag_translate_answer(&t.t, text(body), &answer), AG_OK);
    assert_int_equal(answer.usage.known, 1);
    assert_int_equal(answer.said, 0);
    end(&t);
}


static void
what_is_minted_never_comes_twice(void **state)
{
    ag_str_t    a, b;
    uint64_t    random[2];
    ag_arena_t  arena;

    (void) state;

    random[0] = 3;
    random[1] = 4;
    ag_arena_init(&arena, 1000);

    a = ag_mint(&arena, random, "msg_");
    b = ag_mint(&arena, random, "msg_");

    assert_int_equal(a.len, 4 + AG_MINTED_LEN);
    assert_memory_equal(a.data, "msg_", 4);
    assert_false(ag_str_equal(a, b));

    arena.max = arena.used;
    assert_null(ag_mint(&arena, random, "x").data);

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_who_serves_what),
        cmocka_unit_test(an_answer_that_is_none_leaves_nothing),
        cmocka_unit_test(comments_and_what_follows_the_end_say_nothing),
        cmocka_unit_test(a_stream_that_broke_ends_with_an_error),
        cmocka_unit_test(a_stream_that_is_cut_ends_as_at_its_bound),
        cmocka_unit_test(choices_that_have_ended_keep_their_reason_in_a_cut),
        cmocka_unit_test(a_stream_that_is_cut_before_it_begins_is_whole),
        cmocka_unit_test(bytes_that_were_said_are_counted_without_images),
        cmocka_unit_test(what_is_minted_never_comes_twice)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
