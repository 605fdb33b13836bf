/*
 * Copyright (C) ngx_agent authors
 *
 * Signatures with their signer, ids of tool calls.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dialect/ag_neutral.h"


#define IDS  20000


static void is_plain(ag_str_t id);
static void is_short(ag_str_t id);
static ag_str_t str(const char *text);
static int by_bytes(const void *one, const void *two);


static void
brings_every_signature_back(void **state)
{
    int          signer, native;
    ag_buf_t     out;
    ag_str_t     text;
    unsigned     redacted, found;
    ag_signer_t  who;

    (void) state;

    for (signer = AG_SIGNER_ANTHROPIC; signer <= AG_SIGNER_OTHER; signer++) {
        for (native = AG_SIGNER_NONE; native <= AG_SIGNER_OTHER; native++) {
            for (redacted = 0; redacted < 2; redacted++) {

                ag_buf_init(&out, 1000);
                assert_int_equal(ag_signature_add(&out, str("Abc+/=="),
                                                  (ag_signer_t) signer,
                                                  redacted,
                                                  (ag_signer_t) native),
                                 AG_OK);

                text = ag_signature_read(ag_buf_str(&out),
                                         (ag_signer_t) native, &who, &found);

                assert_true(ag_str_is(text, "Abc+/=="));
                assert_int_equal(who, signer);

                /* the native surface has a form of its own for that */

                assert_int_equal(found, signer == native ? 0 : redacted);
                assert_int_equal(out.len == 7, signer == native);

                ag_buf_free(&out);
            }
        }
    }
}


static void
writes_signers_as_documented(void **state)
{
    ag_buf_t  out;

    (void) state;

    ag_buf_init(&out, 1000);
    ag_signature_add(&out, str("sig"), AG_SIGNER_GEMINI, 0,
                     AG_SIGNER_ANTHROPIC);
    assert_true(ag_str_is(ag_buf_str(&out), "ag1.gemini.sig"));
    ag_buf_free(&out);
}


static void
takes_an_unknown_mark_for_the_native_signer(void **state)
{
    size_t       i;
    ag_str_t     text;
    unsigned     redacted;
    ag_signer_t  signer;

    static const char *const  texts[] = {
        "", "ag1.", "ag1.gemini", "ag1.unknown.x", "ag2.gemini.x",
        "Ag1.gemini.x", "xag1.gemini.x"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        redacted = 7;
        text = ag_signature_read(str(texts[i]), AG_SIGNER_RESPONSES, &signer,
                                 &redacted);
        assert_true(ag_str_is(text, texts[i]));
        assert_int_equal(signer, AG_SIGNER_RESPONSES);
        assert_int_equal(redacted, 0);
    }

    text = ag_signature_read(ag_str(NULL, 0), AG_SIGNER_GEMINI, &signer,
                             &redacted);
    assert_int_equal(text.len, 0);

    text = ag_signature_read(str("ag1.gemini."), AG_SIGNER_ANTHROPIC, &signer,
                             &redacted);
    assert_int_equal(text.len, 0);
    assert_int_equal(signer, AG_SIGNER_GEMINI);
}


static void
adds_no_half_of_a_signature(void **state)
{
    size_t    max;
    ag_buf_t  out;

    (void) state;

    for (max = 1; max < 15; max++) {
        ag_buf_init(&out, max);
        ag_buf_add(&out, "x", 1);
        assert_int_equal(ag_signature_add(&out, str("sig"), AG_SIGNER_GEMINI,
                                          0, AG_SIGNER_ANTHROPIC),
                         AG_LIMIT);
        assert_int_equal(out.len, 1);
        ag_buf_free(&out);
    }
}


static void
leaves_ids_that_fit(void **state)
{
    ag_str_t    id, got;
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 0);

    id = str("toolu_01AbZ-9");
    got = ag_tool_id_plain(&arena, id);
    assert_ptr_equal(got.data, id.data);
    assert_int_equal(got.len, id.len);

    id = str("01234567890123456789012345678901"
             "23456789012345678901234567890123");
    got = ag_tool_id_plain(&arena, id);
    assert_ptr_equal(got.data, id.data);

    id = str("aZ0123459");
    got = ag_tool_id_short(&arena, id);
    assert_ptr_equal(got.data, id.data);

    /* any other needs memory */

    assert_null(ag_tool_id_plain(&arena, str("a.b")).data);
    assert_null(ag_tool_id_plain(&arena, str("")).data);
    assert_null(ag_tool_id_short(&arena, str("a_0123459")).data);
    assert_null(ag_tool_id_short(&arena, str("aZ012345")).data);
    assert_null(ag_tool_id_short(&arena, str("aZ01234567")).data);
}


static void
makes_ids_of_the_allowed_letters(void **state)
{
    char        text[300];
    size_t      i;
    ag_str_t    id;
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 1024 * 1024);

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) (i * 7);
        id = ag_str(text, i);

        is_plain(ag_tool_id_plain(&arena, id));
        is_short(ag_tool_id_short(&arena, id));

        memset(text + i, 'a', sizeof(text) - i);
        is_plain(ag_tool_id_plain(&arena, ag_str(text, sizeof(text) - i)));
    }

    for (i = 0; i < 256; i++) {
        text[0] = (char) i;
        is_plain(ag_tool_id_plain(&arena, ag_str(text, 1)));
    }

    id = ag_tool_id_plain(&arena, str("call.1"));
    assert_int_equal(id.len, 6 + 17);
    assert_memory_equal(id.data, "call_1_", 7);
    assert_true(ag_str_equal(id, ag_tool_id_plain(&arena, str("call.1"))));

    is_plain(ag_tool_id_plain(&arena, ag_str(NULL, 0)));
    is_short(ag_tool_id_short(&arena, ag_str(NULL, 0)));

    ag_arena_free(&arena);
}


/* Ids that differ in one byte, at the end of what is kept and behind it. */
static void
makes_no_two_ids_one(void **state)
{
    char         text[100];
    size_t       i, len;
    ag_str_t    *plain, *tiny;
    ag_arena_t   arena;

    (void) state;

    ag_arena_init(&arena, 64 * 1024 * 1024);
    plain = malloc(IDS * sizeof(ag_str_t));
    tiny = malloc(IDS * sizeof(ag_str_t));

    for (i = 0; i < IDS; i++) {
        len = (size_t) snprintf(text, sizeof(text), "%s%s%zu",
                                (i % 2) ? "a:b" : "",
                                "call-of-a-tool-with-quite-a-long-id-that-is-"
                                "longer-than-it-may-be-", i / 2);

        plain[i] = ag_tool_id_plain(&arena, ag_str(text, len));
        tiny[i] = ag_tool_id_short(&arena, ag_str(text, len));

        if (len <= 64 && i % 2 == 0) {
            plain[i] = ag_arena_copy(&arena, plain[i]);
        }
    }

    qsort(plain, IDS, sizeof(ag_str_t), by_bytes);
    qsort(tiny, IDS, sizeof(ag_str_t), by_bytes);

    for (i = 1; i < IDS; i++) {
        assert_false(ag_str_equal(plain[i - 1], plain[i]));
        assert_false(ag_str_equal(tiny[i - 1], tiny[i]));
    }

    free(plain);
    free(tiny);

    /* what becomes "_" still tells them apart */

    assert_false(ag_str_equal(ag_tool_id_plain(&arena, str("a.b")),
                              ag_tool_id_plain(&arena, str("a:b"))));

    ag_arena_free(&arena);
}


static void
is_plain(ag_str_t id)
{
    size_t  i;

    assert_true(id.len > 0 && id.len <= 64);

    for (i = 0; i < id.len; i++) {
        assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz_-0123456789"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ", id.data[i]));
        assert_int_not_equal(id.data[i], 0);
    }
}


static void
is_short(ag_str_t id)
{
    assert_int_equal(id.len, 9);
    is_plain(id);
    assert_null(memchr(id.data, '_', 9));
    assert_null(memchr(id.data, '-', 9));
}


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static int
by_bytes(const void *one, const void *two)
{
    size_t           len;
    const ag_str_t  *a, *b;

    a = one;
    b = two;
    len = (a->len < b->len) ? a->len : b->len;

    return memcmp(a->data, b->data, len) ? memcmp(a->data, b->data, len)
                                         : (int) a->len - (int) b->len;
}


static void
caps_what_is_too_long_and_nothing_else(void **state)
{
    char        odd[80];
    ag_str_t    got;
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 1024);
    memset(odd, '.', sizeof(odd));

    got = ag_tool_id_capped(&arena, ag_str(odd, 64));
    assert_ptr_equal(got.data, odd);
    assert_int_equal(got.len, 64);

    got = ag_tool_id_capped(&arena, ag_str(odd, 65));
    is_plain(got);
    assert_false(ag_str_equal(got, ag_tool_id_capped(&arena,
                                                     ag_str(odd, 66))));

    arena.max = arena.used;
    assert_null(ag_tool_id_capped(&arena, ag_str(odd, 65)).data);

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(caps_what_is_too_long_and_nothing_else),
        cmocka_unit_test(brings_every_signature_back),
        cmocka_unit_test(writes_signers_as_documented),
        cmocka_unit_test(takes_an_unknown_mark_for_the_native_signer),
        cmocka_unit_test(adds_no_half_of_a_signature),
        cmocka_unit_test(leaves_ids_that_fit),
        cmocka_unit_test(makes_ids_of_the_allowed_letters),
        cmocka_unit_test(makes_no_two_ids_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
