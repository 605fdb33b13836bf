/*
 * Copyright (C) ngx_agent authors
 *
 * JSON that grows of its pieces: what is joined, what is said once, and what
 * two readers could read in two ways.
 */


#include "replay_chat_test.h"


/* The deltas, one a line, become "expected"; NULL: AG_NONE. */
static void
merged(const char *deltas, const char *expected)
{
    int                rc;
    ag_buf_t           out;
    ag_put_t           p;
    ag_str_t           rest, line;
    ag_arena_t         arena;
    yyjson_doc        *doc;
    ag_replay_node_t  *object;
    ag_replay_merge_t  m;

    memset(&m, 0, sizeof(m));
    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&out, SIZE_MAX);
    ag_put_init(&p, &out);
    object = ag_replay_merge_object(&arena);
    assert_non_null(object);

    m.arena = &arena;
    rest = text(deltas);
    rc = AG_OK;

    while (rest.len > 0 && rc == AG_OK) {
        line = next_line(&rest);
        doc = yyjson_read((char *) line.data, line.len,
                          YYJSON_READ_BIGNUM_AS_RAW);
        assert_non_null(doc);
        rc = ag_replay_merge(&m, object, yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }

    if (rc == AG_OK) {
        ag_replay_put(&p, NULL, object);
        rc = p.rc;
    }

    if (expected == NULL) {
        assert_int_equal(rc, AG_NONE);

    } else {
        assert_int_equal(rc, AG_OK);
        assert_text(ag_buf_str(&out), expected);
    }

    ag_buf_free(&out);
    ag_arena_free(&arena);
}


static void
texts_grow(void **state)
{
    (void) state;

    merged("{\"content\":\"\"}\n{\"content\":\"a\"}\n{\"content\":\"a\"}\n"
           "{\"content\":null}\n{\"content\":\"\"}\n{\"content\":\"\\n\"}",
           "{\"content\":\"aa\\n\"}");
    merged("{\"thoughts\":\"a\"}\n{\"thoughts\":\"b\"}\n"
           "{\"thoughts\":\"a\"}", "{\"thoughts\":\"aba\"}");
    merged("{\"a\":{\"text\":\"x\"}}\n{\"a\":{\"text\":\"\\u0000\"}}",
           "{\"a\":{\"text\":\"x\\u0000\"}}");
}


static void
names_are_said_once(void **state)
{
    (void) state;

    merged("{\"role\":\"assistant\",\"id\":\"\"}\n"
           "{\"role\":\"assistant\",\"id\":\"x\"}\n"
           "{\"role\":\"\",\"id\":\"x\"}",
           "{\"role\":\"assistant\",\"id\":\"x\"}");
    merged("{\"role\":\"assistant\"}\n{\"role\":\"tool\"}", NULL);
    merged("{\"name\":\"get_\"}\n{\"name\":\"time\"}", NULL);
}


/* A label of every delta, or a text of the same pieces? */
static void
what_is_always_the_same_is_not_sure(void **state)
{
    (void) state;

    merged("{\"lane\":\"fast\"}\n{\"lane\":\"fast\"}", NULL);
    merged("{\"a\":{\"lane\":\"fast\"}}\n{\"a\":{\"lane\":\"fast\"}}", NULL);
    merged("{\"lane\":\"fast\"}", "{\"lane\":\"fast\"}");
}


static void
null_is_said_until_something_is(void **state)
{
    (void) state;

    merged("{\"a\":null}\n{\"a\":null}", "{\"a\":null}");
    merged("{\"a\":null}\n{\"a\":{\"b\":null}}\n{\"a\":null}",
           "{\"a\":{\"b\":null}}");
}


static void
a_number_comes_once(void **state)
{
    (void) state;

    merged("{\"n\":1.5,\"m\":123456789012345678901234567890}\n{\"n\":null}",
           "{\"n\":1.5,\"m\":123456789012345678901234567890}");
    merged("{\"n\":1}\n{\"n\":1}", NULL);
    merged("{\"n\":1}\n{\"n\":2}", NULL);
    merged("{\"expires_at\":1}\n{\"expires_at\":1}", "{\"expires_at\":1}");
    merged("{\"expires_at\":1}\n{\"expires_at\":2}", NULL);
    merged("{\"b\":true}\n{\"b\":true}", "{\"b\":true}");
    merged("{\"b\":true}\n{\"b\":false}", NULL);
}


static void
another_type_is_not_sure(void **state)
{
    (void) state;

    merged("{\"a\":\"x\"}\n{\"a\":[\"x\"]}", NULL);
    merged("{\"a\":{}}\n{\"a\":\"x\"}", NULL);
    merged("{\"a\":[]}\n{\"a\":{}}", NULL);
    merged("{\"a\":1}\n{\"a\":\"1\"}", NULL);
}


static void
a_key_twice_is_not_sure(void **state)
{
    (void) state;

    merged("{\"content\":\"x\",\"content\":\"y\"}", NULL);
    merged("{\"a\":{\"b\":1,\"\\u0062\":1}}", NULL);
    merged("{\"a\":{\"a\":{\"a\":\"x\"}}}", "{\"a\":{\"a\":{\"a\":\"x\"}}}");
}


static void
too_many_members_are_a_limit(void **state)
{
    int                rc;
    char               key[16];
    size_t             i;
    ag_arena_t         arena;
    yyjson_doc        *doc;
    ag_replay_node_t  *object;
    ag_replay_merge_t  m;

    (void) state;

    memset(&m, 0, sizeof(m));
    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    object = ag_replay_merge_object(&arena);
    m.arena = &arena;
    doc = yyjson_read("null", 4, 0);
    rc = AG_OK;

    for (i = 0; i < AG_REPLAY_MEMBERS_MAX; i++) {
        snprintf(key, sizeof(key), "k%zu", i);
        rc = ag_replay_merge_member(&m, object, text(key),
                                    yyjson_doc_get_root(doc));
        assert_int_equal(rc, AG_OK);
    }

    rc = ag_replay_merge_member(&m, object, text("one more"),
                                yyjson_doc_get_root(doc));
    assert_int_equal(rc, AG_LIMIT);

    yyjson_doc_free(doc);
    ag_arena_free(&arena);
}


/* As the members beside a choice: no value is a piece of another. */
static void
the_last_value_is_set(void **state)
{
    size_t             i;
    ag_buf_t           out;
    ag_put_t           p;
    ag_arena_t         arena;
    yyjson_doc        *doc;
    ag_replay_node_t  *object;
    ag_replay_merge_t  m;

    static const struct {
        const char  *value;
        int          rc;
        const char  *now;
    } steps[] = {
        { "null", AG_OK, "null" }, { "\"\"", AG_OK, "\"\"" },
        { "\"a\"", AG_OK, "\"a\"" }, { "\"b\"", AG_OK, "\"b\"" },
        { "null", AG_OK, "\"b\"" }, { "\"\"", AG_OK, "\"b\"" },
        { "0", AG_OK, "\"b\"" }, { "{}", AG_OK, "\"b\"" },
        { "7", AG_OK, "7" }, { "{\"x\":1}", AG_OK, "{\"x\":1}" },
        { "{}", AG_OK, "{\"x\":1}" }, { "[1]", AG_NONE, NULL }
    };

    (void) state;

    memset(&m, 0, sizeof(m));
    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    object = ag_replay_merge_object(&arena);
    m.arena = &arena;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        doc = yyjson_read(steps[i].value, strlen(steps[i].value), 0);
        assert_int_equal(ag_replay_merge_set(&m, object, text("k"),
                                             yyjson_doc_get_root(doc)),
                         steps[i].rc);
        yyjson_doc_free(doc);

        if (steps[i].now != NULL) {
            ag_buf_init(&out, SIZE_MAX);
            ag_put_init(&p, &out);
            ag_replay_put(&p, NULL, ag_replay_merge_find(object, "k"));
            assert_text(ag_buf_str(&out), steps[i].now);
            ag_buf_free(&out);
        }

        assert_int_equal(ag_replay_merge_has(object, "k"), i > 0);
    }

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_grow),
        cmocka_unit_test(names_are_said_once),
        cmocka_unit_test(what_is_always_the_same_is_not_sure),
        cmocka_unit_test(null_is_said_until_something_is),
        cmocka_unit_test(a_number_comes_once),
        cmocka_unit_test(another_type_is_not_sure),
        cmocka_unit_test(a_key_twice_is_not_sure),
        cmocka_unit_test(too_many_members_are_a_limit),
        cmocka_unit_test(the_last_value_is_set)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
