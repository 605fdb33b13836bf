/*
 * Copyright (C) ngx_agent authors
 *
 * The outside of a request: paths, limits of what is written, and names of
 * what is dropped.
 */


#include "gemini_test.h"


static void
path(ag_endpoint_t endpoint, const char *model, unsigned stream,
    const char *expected, const char *query)
{
    asked_t   a;
    ag_buf_t  p, q;

    ask(&a);
    ag_buf_init(&p, AG_PATH_MAX);
    ag_buf_init(&q, AG_PATH_MAX);

    a.to.endpoint = endpoint;
    a.to.model = text(model);
    a.to.stream = stream & 1;

    assert_int_equal(ag_gemini_tell_path(&a.to, &p, &q), AG_OK);
    assert_text(ag_buf_str(&p), expected);
    assert_text(ag_buf_str(&q), query);

    ag_buf_free(&p);
    ag_buf_free(&q);
    ask_free(&a);
}


static void
writes_paths(void **state)
{
    (void) state;

    path(AG_ENDPOINT_CHAT, "g-2.5_x~y", 0, "models/g-2.5_x~y:generateContent",
         "");
    path(AG_ENDPOINT_MESSAGES, "g", 1, "models/g:streamGenerateContent",
         "alt=sse");
    path(AG_ENDPOINT_RESPONSES, "models/g", 1,
         "models/g:streamGenerateContent", "alt=sse");
    path(AG_ENDPOINT_EMBEDDINGS, "g", 1, "models/g:batchEmbedContents", "");
    path(AG_ENDPOINT_COUNT_TOKENS, "g", 1, "models/g:countTokens", "");
    path(AG_ENDPOINT_CHAT, "tunedModels/a/b", 0,
         "tunedModels/a%2Fb:generateContent", "");
    path(AG_ENDPOINT_CHAT, "../x?y#z%\xc3\xbc@[`{", 0,
         "models/..%2Fx%3Fy%23z%25%C3%BC%40%5B%60%7B:generateContent", "");
    path(AG_ENDPOINT_CHAT, "models/", 0, "models/models%2F:generateContent",
         "");
}


static void
stops_at_the_buffers_end(void **state)
{
    int       rc;
    size_t    max;
    asked_t   a;
    ag_buf_t  p, q;

    (void) state;

    ask(&a);
    a.to.stream = 1;
    a.to.model = text("a/b");

    for (max = 0; max < 45; max++) {
        ag_buf_init(&p, max);
        ag_buf_init(&q, max);
        rc = ag_gemini_tell_path(&a.to, &p, &q);
        assert_int_equal(rc, max < strlen("models/a%2Fb:streamGenerateContent")
                             ? AG_LIMIT : AG_OK);
        ag_buf_free(&p);
        ag_buf_free(&q);
    }

    told(&a, "{\"contents\":");

    for (max = 0; max < a.out.len - 1; max++) {
        ag_buf_init(&p, max);
        assert_int_equal(ag_gemini_tell(&a.n, &a.to, &p, &a.error), AG_LIMIT);
        ag_buf_free(&p);
    }

    ask_free(&a);
}


static void
names_what_is_dropped(void **state)
{
    asked_t      a;
    ag_str_t     unknown[2];
    yyjson_doc  *doc;

    (void) state;

    ask(&a);
    doc = ag_json_tree(text("{\"user\":null}"), NULL, 0);

    unknown[0] = text("min_p");
    unknown[1] = text("bad name");

    a.n.client = &ag_anthropic;
    a.n.user = text("u");
    a.n.unknown = unknown;
    a.n.unknown_count = 2;
    add_text(&a, "x")->cache_control = yyjson_doc_get_root(doc);

    told(&a, "");
    assert_int_equal(a.to.drop_count, 3);
    assert_text(a.to.drops[0], "metadata");
    assert_text(a.to.drops[1], "cache_control");
    assert_text(a.to.drops[2], "min_p");

    a.n.client = &ag_openai;
    told(&a, "");
    assert_text(a.to.drops[0], "safety_identifier");

    a.n.root = yyjson_doc_get_root(doc);
    told(&a, "");
    assert_text(a.to.drops[0], "user");

    yyjson_doc_free(doc);
    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_paths),
        cmocka_unit_test(stops_at_the_buffers_end),
        cmocka_unit_test(names_what_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
