/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer is filed under: whatever may change an answer changes the
 * key, nothing else does, and no two questions run together.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_cache_key.h"
#include "core/ag_caps.h"
#include "core/ag_key.h"


#define LEN(array)  (sizeof(array) / sizeof(array[0]))

#define BODY  "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","            \
              "\"content\":\"hello\"}]}"


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static ag_cache_question_t
question(void)
{
    ag_cache_question_t  q;

    memset(&q, 0, sizeof(q));
    q.scope = AG_CACHE_SCOPE_KEY;
    q.tenant = text("acme");
    q.key_digest = text("0123456789abcdef0123456789abcdef");
    q.version = text("v1");
    q.endpoint = text("chat/completions");
    q.query = text("api-version=1");
    q.asked = text("fast");
    q.model = text("m-2026");
    q.tags = text("eu");
    q.validation = text("json");
    q.headers[0].name = text("anthropic-beta");
    q.headers[0].value = text("b1");
    q.headers[1].name = text("openai-organization");
    q.headers[1].value = text("o1");
    q.header_count = 2;
    q.body = text(BODY);

    return q;
}


static int
key_of(const ag_cache_question_t *q, ag_char_t key[AG_CACHE_KEY])
{
    int       rc;
    ag_buf_t  scratch;

    ag_buf_init(&scratch, AG_REQUEST_MAX);
    rc = ag_cache_key(q, &scratch, key);
    ag_buf_free(&scratch);

    return rc;
}


static int
same(const ag_cache_question_t *a, const ag_cache_question_t *b)
{
    ag_char_t  of_a[AG_CACHE_KEY], of_b[AG_CACHE_KEY];

    assert_int_equal(key_of(a, of_a), AG_OK);
    assert_int_equal(key_of(b, of_b), AG_OK);

    return memcmp(of_a, of_b, AG_CACHE_KEY) == 0;
}


/* Who is told in the answer is part of the question. */
static void
echoes_count(void **state)
{
    ag_cache_question_t  a, b;

    (void) state;

    a = question();
    b = question();
    a.body = text("{\"model\":\"m\",\"user\":\"alice\",\"stream\":true}");
    b.body = text("{\"model\":\"m\",\"user\":\"bob\"}");
    assert_true(same(&a, &b));

    a.echoes = 1;
    assert_false(same(&a, &b));

    b.echoes = 1;
    assert_false(same(&a, &b));

    b.body = text("{\"user\":\"alice\",\"model\":\"m\"}");
    assert_true(same(&a, &b));
}


/* The form is written down here: another one needs another version. */
static void
hashes_all_parts_behind_their_lengths(void **state)
{
    size_t               i, len;
    ag_char_t            key[AG_CACHE_KEY], expected[AG_KEY_DIGEST];
    char                 bytes[1024];
    ag_cache_question_t  q;

    static const char *const  parts[] = {
        "ngx_agent cache 1", "\1\2", "acme", "0123456789abcdef0123456789abcdef",
        "v1", "chat/completions", "api-version=1", "fast", "m-2026", "eu",
        "json", "anthropic-beta", "b1", "openai-organization", "o1",
        "{\"messages\":[{\"content\":\"hello\",\"role\":\"user\"}],"
        "\"model\":\"m\"}"
    };

    (void) state;

    len = 0;

    for (i = 0; i < LEN(parts); i++) {
        memset(bytes + len, 0, 8);
        bytes[len] = (char) strlen(parts[i]);
        len += 8;

        memcpy(bytes + len, parts[i], strlen(parts[i]));
        len += strlen(parts[i]);
    }

    q = question();
    assert_int_equal(key_of(&q, key), AG_OK);

    ag_key_digest(ag_str(bytes, len), expected);
    assert_memory_equal(key, expected, AG_CACHE_KEY);
}


static void
changes_with_every_part(void **state)
{
    size_t               i;
    ag_str_t            *part;
    ag_cache_question_t  q, other;

    static const size_t  parts[] = {
        offsetof(ag_cache_question_t, tenant),
        offsetof(ag_cache_question_t, key_digest),
        offsetof(ag_cache_question_t, version),
        offsetof(ag_cache_question_t, endpoint),
        offsetof(ag_cache_question_t, query),
        offsetof(ag_cache_question_t, asked),
        offsetof(ag_cache_question_t, model),
        offsetof(ag_cache_question_t, tags),
        offsetof(ag_cache_question_t, validation),
        offsetof(ag_cache_question_t, headers[0].name),
        offsetof(ag_cache_question_t, headers[0].value),
        offsetof(ag_cache_question_t, headers[1].name),
        offsetof(ag_cache_question_t, headers[1].value)
    };

    (void) state;

    q = question();

    for (i = 0; i < LEN(parts); i++) {
        other = q;
        part = (ag_str_t *) ((char *) &other + parts[i]);

        *part = text("another");
        assert_false(same(&q, &other));

        if (parts[i] != offsetof(ag_cache_question_t, tenant)) {
            *part = text("");
            assert_false(same(&q, &other));
        }
    }

    other = q;
    other.header_count = 1;
    assert_false(same(&q, &other));

    other = q;
    other.body = text("{\"model\":\"m\"}");
    assert_false(same(&q, &other));

    other = q;
    assert_true(same(&q, &other));
}


/* What ends one part does not begin the next. */
static void
does_not_let_parts_run_together(void **state)
{
    ag_cache_question_t  q, other;

    (void) state;

    q = question();

    other = q;
    q.asked = text("ab");
    q.model = text("c");
    other.asked = text("a");
    other.model = text("bc");
    assert_false(same(&q, &other));

    other = q;
    q.query = text("");
    q.asked = text("x");
    other.query = text("x");
    other.asked = text("");
    assert_false(same(&q, &other));

    /* a header's name and its value, one header and the next */

    q = other = question();
    q.headers[0].name = text("ab");
    q.headers[0].value = text("c");
    other.headers[0].name = text("a");
    other.headers[0].value = text("bc");
    assert_false(same(&q, &other));

    q.headers[0].value = text("b1");
    q.headers[1].name = text("x");
    other.headers[0].value = text("b1x");
    other.headers[1].name = text("");
    assert_false(same(&q, &other));

    /* a header and the body: as many as are counted */

    q = other = question();
    q.header_count = 0;
    other.header_count = 1;
    other.headers[0].name = text("");
    other.headers[0].value = text("");
    assert_false(same(&q, &other));
}


static void
takes_headers_in_any_order(void **state)
{
    size_t               i;
    ag_cache_question_t  q, other;

    static const char *const  pairs[AG_CACHE_HEADERS][2] = {
        { "a", "1" }, { "a", "2" }, { "a", "2" }, { "a", "21" }, { "ab", "" },
        { "b", "1" }, { "b", "" }, { "c", "x" }, { "d", "x" }, { "e", "x" },
        { "f", "x" }, { "g", "x" }, { "h", "x" }, { "i", "x" }, { "j", "x" },
        { "", "z" }
    };

    (void) state;

    q = other = question();
    q.header_count = other.header_count = AG_CACHE_HEADERS;

    for (i = 0; i < AG_CACHE_HEADERS; i++) {
        q.headers[i].name = text(pairs[i][0]);
        q.headers[i].value = text(pairs[i][1]);
        other.headers[(i * 5 + 3) % AG_CACHE_HEADERS] = q.headers[i];
    }

    assert_true(same(&q, &other));

    other.headers[0].value = text("y");
    assert_false(same(&q, &other));

    q.header_count = AG_CACHE_HEADERS + 1;
    assert_int_equal(key_of(&q, (ag_char_t [AG_CACHE_KEY]) { 0 }), AG_LIMIT);
}


static void
is_shared_as_its_scope_says(void **state)
{
    ag_char_t            key[AG_CACHE_KEY];
    ag_cache_question_t  q, other;

    (void) state;

    /* of a key: neither tenants nor keys share; one without any neither */

    q = other = question();
    other.tenant = text("other");
    assert_false(same(&q, &other));

    other = q;
    other.key_digest = text("");
    assert_false(same(&q, &other));
    assert_true(same(&other, &other));

    /* of a tenant: its keys do */

    q = other = question();
    q.scope = other.scope = AG_CACHE_SCOPE_TENANT;
    other.key_digest = text("fedcba9876543210fedcba9876543210");
    assert_true(same(&q, &other));
    other.tenant = text("other");
    assert_false(same(&q, &other));

    /* of all: everybody of that scope */

    q.scope = other.scope = AG_CACHE_SCOPE_GLOBAL;
    assert_true(same(&q, &other));
    other.scope = AG_CACHE_SCOPE_TENANT;
    assert_false(same(&q, &other));
    other.scope = AG_CACHE_SCOPE_KEY;
    assert_false(same(&q, &other));

    /* a tenant's name that looks like the rest of a key */

    q = other = question();
    q.scope = AG_CACHE_SCOPE_TENANT;
    q.version = q.key_digest;
    assert_false(same(&q, &other));

    /* nobody is not a tenant */

    q = question();
    q.tenant = text("");
    assert_int_equal(key_of(&q, key), AG_INVALID);
    q.scope = AG_CACHE_SCOPE_TENANT;
    assert_int_equal(key_of(&q, key), AG_INVALID);
    q.scope = AG_CACHE_SCOPE_GLOBAL;
    assert_int_equal(key_of(&q, key), AG_OK);
    q.tenant = text("acme");
    q.scope = (ag_cache_scope_t) 3;
    assert_int_equal(key_of(&q, key), AG_INVALID);
}


static int
same_body(const char *a, const char *b)
{
    ag_cache_question_t  q, other;

    q = other = question();
    q.body = text(a);
    other.body = text(b);

    return same(&q, &other);
}


static void
looks_at_what_a_body_says(void **state)
{
    size_t               i;
    char                 body[256];
    ag_char_t            key[AG_CACHE_KEY];
    ag_cache_question_t  q;

    static const char *const  without[] = {
        "stream", "stream_options", "user", "metadata", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"
    };

    static const char *const  within[] = {
        "temperature", "store", "streams", "strea", "users", "use", "n", "seed",
        "service_tier", "system", "tools", "metadat", "prompt_cache_keys",
        "prompt_cache"
    };

    (void) state;

    assert_true(same_body("{\"model\":\"m\",\"n\":1}",
                          " { \"n\" : 1, \"\\u006dodel\" : \"\\u006D\" } "));
    assert_false(same_body("{\"n\":1}", "{\"n\":1.0}"));
    assert_false(same_body("{\"n\":null}", "{}"));
    assert_false(same_body("{\"stop\":[\"a\",\"b\"]}",
                           "{\"stop\":[\"b\",\"a\"]}"));

    for (i = 0; i < LEN(without); i++) {
        sprintf(body, "{\"%s\":{\"x\":[true]},\"model\":\"m\"}", without[i]);
        assert_true(same_body(body, "{\"model\":\"m\"}"));

        sprintf(body, "{\"model\":{\"%s\":true}}", without[i]);
        assert_false(same_body(body, "{\"model\":{}}"));
    }

    for (i = 0; i < LEN(within); i++) {
        sprintf(body, "{\"%s\":null,\"model\":\"m\"}", within[i]);
        assert_false(same_body(body, "{\"model\":\"m\"}"));
    }

    q = question();
    q.body = text("{\"model\":}");
    assert_int_equal(key_of(&q, key), AG_INVALID);
}


static void
says_when_the_scratch_is_too_small(void **state)
{
    int                  rc;
    size_t               max;
    ag_buf_t             scratch;
    ag_char_t            key[AG_CACHE_KEY], expected[AG_CACHE_KEY];
    ag_cache_question_t  q;

    (void) state;

    q = question();
    assert_int_equal(key_of(&q, expected), AG_OK);

    for (max = 0, rc = AG_LIMIT; rc != AG_OK; max++) {
        assert_true(max < 1000);
        ag_buf_init(&scratch, max);
        rc = ag_cache_key(&q, &scratch, key);
        assert_true(rc == AG_OK || rc == AG_LIMIT);

        if (rc == AG_OK) {
            assert_memory_equal(key, expected, AG_CACHE_KEY);

            /* what is left in it does not matter */

            assert_int_equal(ag_cache_key(&q, &scratch, key), AG_OK);
            assert_memory_equal(key, expected, AG_CACHE_KEY);
        }

        ag_buf_free(&scratch);
    }

    assert_true(max > 300);
}


static void
makes_ids_of_names(void **state)
{
    (void) state;

    /* SHA-256 of "abc" begins with ba7816bf8f01cfea */

    assert_true(ag_cache_id(text("abc")) == UINT64_C(0xba7816bf8f01cfea));
    assert_true(ag_cache_id(text("abd")) != ag_cache_id(text("abc")));
    assert_true(ag_cache_id(ag_str(NULL, 0)) != 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(hashes_all_parts_behind_their_lengths),
        cmocka_unit_test(changes_with_every_part),
        cmocka_unit_test(does_not_let_parts_run_together),
        cmocka_unit_test(takes_headers_in_any_order),
        cmocka_unit_test(echoes_count),
        cmocka_unit_test(is_shared_as_its_scope_says),
        cmocka_unit_test(looks_at_what_a_body_says),
        cmocka_unit_test(says_when_the_scratch_is_too_small),
        cmocka_unit_test(makes_ids_of_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
