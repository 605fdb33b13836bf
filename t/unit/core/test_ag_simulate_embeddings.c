/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static yyjson_doc *
embed(simulated_t *t, const char *rest)
{
    char  body[512];

    snprintf(body, sizeof(body), "{\"model\":\"m\",%s}", rest);
    simulated_post(t, "embeddings", body);
    assert_int_equal(t->s.status, 200);

    return simulated_json(t);
}


static void
a_vector_has_length_one(void **state)
{
    double       sum;
    size_t       i, max;
    yyjson_doc  *doc;
    yyjson_val  *vector, *value;
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    doc = embed(&t, "\"input\":\"hello\"");
    vector = yyjson_doc_ptr_get(doc, "/data/0/embedding");
    assert_int_equal(yyjson_arr_size(vector), AG_SIMULATE_DIMENSIONS);

    sum = 0;

    yyjson_arr_foreach(vector, i, max, value) {
        sum += yyjson_get_real(value) * yyjson_get_real(value);
    }

    assert_true(sum > 0.99999 && sum < 1.00001);
    assert_string_equal(simulated_string(doc, "/object"), "list");
    assert_string_equal(simulated_string(doc, "/data/0/object"), "embedding");
    assert_int_equal(simulated_number(doc, "/usage/prompt_tokens"), 2);
    assert_int_equal(simulated_number(doc, "/usage/total_tokens"), 2);

    yyjson_doc_free(doc);
    simulated_free(&t);
}


static void
every_item_is_a_vector_and_equal_items_are_equal(void **state)
{
    yyjson_doc  *doc;
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    doc = embed(&t, "\"dimensions\":3,\"input\":[\"a\",\"b\",\"a\"]");
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/data")), 3);
    assert_int_equal(simulated_number(doc, "/data/2/index"), 2);
    assert_true(yyjson_equals(yyjson_doc_ptr_get(doc, "/data/0/embedding"),
                              yyjson_doc_ptr_get(doc, "/data/2/embedding")));
    assert_false(yyjson_equals(yyjson_doc_ptr_get(doc, "/data/0/embedding"),
                               yyjson_doc_ptr_get(doc, "/data/1/embedding")));
    yyjson_doc_free(doc);

    doc = embed(&t, "\"dimensions\":3,\"input\":[1,2,3]");
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/data")), 1);
    yyjson_doc_free(doc);

    doc = embed(&t, "\"dimensions\":3,\"input\":[[1,2],[3]]");
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/data")), 2);
    yyjson_doc_free(doc);

    doc = embed(&t, "\"dimensions\":1,\"input\":\"a\"");
    assert_true(simulated_has(&t, "1.00000000]"));
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static int
digit(char c)
{
    const char        *at;
    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";

    at = (c == '=') ? digits : strchr(digits, c);
    assert_non_null(at);

    return (int) (at - digits);
}


/* Float number "n" of little-endian bytes in base64. */
static float
decoded(const char *text, unsigned n)
{
    float          value;
    unsigned       i, at;
    uint32_t       bits, group;

    bits = 0;

    for (i = 0; i < 4; i++) {
        at = n * 4 + i;
        group = (uint32_t) digit(text[at / 3 * 4]) << 18
                | (uint32_t) digit(text[at / 3 * 4 + 1]) << 12
                | (uint32_t) digit(text[at / 3 * 4 + 2]) << 6
                | (uint32_t) digit(text[at / 3 * 4 + 3]);
        bits |= (group >> (16 - 8 * (at % 3)) & 0xff) << (8 * i);
    }

    memcpy(&value, &bits, sizeof(value));

    return value;
}


static void
both_encodings_say_the_same(void **state)
{
    char         rest[64];
    double       difference;
    unsigned     i, size;
    const char  *text;
    yyjson_doc  *floats, *base64;
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    for (size = 1; size < 9; size++) {
        snprintf(rest, sizeof(rest), "\"dimensions\":%u,\"input\":\"x\"",
                 size);
        floats = embed(&t, rest);

        snprintf(rest, sizeof(rest), "\"dimensions\":%u,\"input\":\"x\","
                 "\"encoding_format\":\"base64\"", size);
        base64 = embed(&t, rest);

        text = simulated_string(base64, "/data/0/embedding");
        assert_int_equal(strlen(text), (size * 4 + 2) / 3 * 4);

        for (i = 0; i < size; i++) {
            difference = decoded(text, i)
                         - yyjson_get_real(yyjson_arr_get(
                               yyjson_doc_ptr_get(floats,
                                                  "/data/0/embedding"), i));
            assert_true(difference < 1e-7 && difference > -1e-7);
        }

        yyjson_doc_free(floats);
        yyjson_doc_free(base64);
    }

    simulated_free(&t);
}


static void
what_cannot_be_embedded_is_refused(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_fails(&t, "embeddings", "{\"model\":\"m\"}", 400, "input");
    simulated_fails(&t, "embeddings", "{\"model\":\"m\",\"input\":\"\"}", 400,
                    "input");
    simulated_fails(&t, "embeddings", "{\"model\":\"m\",\"input\":[]}", 400,
                    "input");
    simulated_fails(&t, "embeddings", "{\"model\":\"m\",\"input\":[{}]}", 400,
                    "input");
    simulated_fails(&t, "embeddings", "{\"model\":\"m\",\"input\":\"x\","
                    "\"dimensions\":4097}", 400, "dimensions");
    simulated_fails(&t, "embeddings", "{\"model\":\"m\",\"input\":\"x\","
                    "\"encoding_format\":\"hex\"}", 400, "encoding_format");

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_vector_has_length_one),
        cmocka_unit_test(every_item_is_a_vector_and_equal_items_are_equal),
        cmocka_unit_test(both_encodings_say_the_same),
        cmocka_unit_test(what_cannot_be_embedded_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
