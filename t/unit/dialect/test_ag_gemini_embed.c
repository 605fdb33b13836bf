/*
 * Copyright (C) ngx_agent authors
 *
 * Embeddings: inputs and vectors of any form, and very many of them.
 */


#include "gemini_test.h"


static int
embed(asked_t *a, const char *body)
{
    int          rc;
    yyjson_doc  *doc;

    doc = ag_json_tree(text(body), NULL, 0);
    a->n.root = yyjson_doc_get_root(doc);
    a->n.endpoint = AG_ENDPOINT_EMBEDDINGS;
    rc = tell(a);
    yyjson_doc_free(doc);
    a->n.root = NULL;

    return rc;
}


static void
refuses_inputs(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    assert_int_equal(embed(&a, "{\"input\":\"A\",\"dimensions\":\"x\"}"),
                     AG_OK);
    assert_text(ag_buf_str(&a.out), "{\"requests\":[{\"model\":\"models/m\","
                "\"content\":{\"parts\":[{\"text\":\"A\"}]}}]}");

    assert_int_equal(embed(&a, "{}"), AG_INVALID);
    assert_int_equal(a.error.class, AG_E_INVALID_VALUE);
    assert_int_equal(embed(&a, "{\"input\":{}}"), AG_INVALID);
    assert_int_equal(embed(&a, "{\"input\":7}"), AG_INVALID);
    assert_int_equal(embed(&a, "{\"input\":[\"A\",1]}"), AG_INVALID);
    assert_int_equal(a.error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_text(a.error.param, "input");

    ask_free(&a);
}


static void
fails(const char *body)
{
    heard_t  h;

    hear(&h);
    assert_true(answer(&h, AG_ENDPOINT_EMBEDDINGS, body).failed);
    assert_int_equal(h.delta.error, AG_E_BAD_RESPONSE);
    assert_int_equal(h.lines.len, 0);
    heard_free(&h);
}


static void
survives_wrong_types(void **state)
{
    (void) state;

    fails("{}");
    fails("{\"embeddings\":{}}");
    fails("{\"embeddings\":[]}");
    fails("{\"embeddings\":[1]}");
    fails("{\"embeddings\":[{}]}");
    fails("{\"embeddings\":[{\"values\":{}}]}");
    fails("{\"embeddings\":[{\"values\":[1]},{\"values\":[[1]]}]}");
    fails("{\"embedding\":[]}");
    fails("{\"embedding\":{\"values\":1}}");
    fails("{\"predictions\":[{\"embeddings\":[]}]}");
}


static void
hears_vectors(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    assert_true(answer(&h, AG_ENDPOINT_EMBEDDINGS,
                       "{\"embeddings\":[{\"values\":[]},"
                       "{\"values\":[1,-0.5]}]}").done);
    assert_false(h.usage.known);
    heard(&h, "start  asked\nopen 0.0 text\nadd 0.0 text []\n"
              "close 0.0 text\nopen 0.1 text\nadd 0.1 text [1,-0.5]\n"
              "close 0.1 text\nfinish 0 stop\nend \n");
    heard_free(&h);
}


/* Texts of a whole answer are told apart by where they are: none may move. */
static void
hears_very_many(void **state)
{
    int      i;
    char    *body, *at;
    heard_t  h;

    (void) state;

    body = malloc(2048 * 64);
    assert_non_null(body);
    at = body + sprintf(body, "{\"embeddings\":[");

    for (i = 0; i < 2048; i++) {
        at += sprintf(at, "%s{\"values\":[%d.5,0.25]}", i ? "," : "", i);
    }

    strcpy(at, "]}");

    hear(&h);
    assert_true(answer(&h, AG_ENDPOINT_EMBEDDINGS, body).done);
    assert_int_equal(ag_buf_add(&h.lines, "", 1), AG_OK);
    assert_non_null(strstr((char *) h.lines.data,
                           "add 0.2047 text [2047.5,0.25]\n"));

    heard_free(&h);
    free(body);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_inputs),
        cmocka_unit_test(survives_wrong_types),
        cmocka_unit_test(hears_vectors),
        cmocka_unit_test(hears_very_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
