/*
 * Copyright (C) ngx_agent authors
 *
 * Answers as bytes: what is written is read, and what was sealed opens for
 * who knows the secret and the key, whole or not at all.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_cache_value.h"


#define MAX     65536
#define SECRET  "a secret of 24 letters.."


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static ag_cache_value_t
value(void)
{
    ag_cache_value_t  v;

    memset(&v, 0, sizeof(v));
    v.provider = text("openai-eu");
    v.model = text("gpt-4o-2026");
    v.attempts = 0x01020304;
    v.input_tokens = UINT64_C(0x1112131415161718);
    v.cached_tokens = UINT64_C(0x2122232425262728);
    v.written_tokens = UINT64_C(0x3132333435363738);
    v.output_tokens = UINT64_C(0x4142434445464748);
    v.reasoning_tokens = UINT64_C(0x5152535455565758);
    v.cost = UINT64_MAX;

    return v;
}


static void
expect_same(const ag_cache_value_t *a, const ag_cache_value_t *b)
{
    assert_true(ag_str_equal(a->provider, b->provider));
    assert_true(ag_str_equal(a->model, b->model));
    assert_int_equal(a->attempts, b->attempts);
    assert_true(a->input_tokens == b->input_tokens);
    assert_true(a->cached_tokens == b->cached_tokens);
    assert_true(a->written_tokens == b->written_tokens);
    assert_true(a->output_tokens == b->output_tokens);
    assert_true(a->reasoning_tokens == b->reasoning_tokens);
    assert_true(a->cost == b->cost);
    assert_int_equal(a->usage_known, b->usage_known);
    assert_int_equal(a->cost_known, b->cost_known);
    assert_int_equal(a->fallback, b->fallback);
    assert_int_equal(a->repaired, b->repaired);
}


static void
reads_what_it_writes(void **state)
{
    unsigned          flags;
    ag_buf_t          out;
    ag_cache_value_t  v, read;

    (void) state;

    ag_buf_init(&out, MAX);

    for (flags = 0; flags < 8; flags++) {
        v = value();
        v.usage_known = flags & 1;
        v.cost_known = flags >> 1 & 1;
        v.fallback = flags >> 2 & 1;
        v.repaired = flags >> 3 & 1;

        out.len = 0;
        assert_int_equal(ag_cache_value_head(&out, &v), AG_OK);
        assert_int_equal(ag_buf_add_string(&out, "{\"id\":1}"), AG_OK);

        memset(&read, 0xff, sizeof(read));
        assert_int_equal(ag_cache_value_read(ag_buf_str(&out), &read), AG_OK);
        expect_same(&v, &read);
        assert_true(ag_str_is(read.body, "{\"id\":1}"));
    }

    ag_buf_free(&out);
}


/* Nodes of two kinds may share one Redis. */
static void
writes_numbers_little_endian(void **state)
{
    ag_buf_t          out;
    ag_cache_value_t  v;

    static const ag_char_t  head[] = {
        'a', 'v', 1, 5, 9, 0, 11, 0, 4, 3, 2, 1,
        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
        0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
        0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,
        0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,
        0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        'o', 'p', 'e', 'n', 'a', 'i', '-', 'e', 'u',
        'g', 'p', 't', '-', '4', 'o', '-', '2', '0', '2', '6'
    };

    (void) state;

    v = value();
    v.usage_known = 1;
    v.fallback = 1;

    ag_buf_init(&out, MAX);
    assert_int_equal(ag_cache_value_head(&out, &v), AG_OK);
    assert_int_equal(out.len, sizeof(head));
    assert_memory_equal(out.data, head, sizeof(head));
    ag_buf_free(&out);
}


static void
expect_cut(const char *name, size_t len, size_t kept)
{
    ag_buf_t          out;
    ag_cache_value_t  v, read;

    v = value();
    v.provider = ag_str(name, len);
    v.model = ag_str(name, len);

    ag_buf_init(&out, MAX);
    assert_int_equal(ag_cache_value_head(&out, &v), AG_OK);
    assert_true(out.len <= AG_CACHE_HEAD_MAX);

    assert_int_equal(ag_cache_value_read(ag_buf_str(&out), &read), AG_OK);
    assert_true(ag_str_equal(read.provider, ag_str(name, kept)));
    assert_true(ag_str_equal(read.model, ag_str(name, kept)));
    assert_int_equal(read.body.len, 0);
    ag_buf_free(&out);
}


static void
cuts_names_that_are_too_long(void **state)
{
    char  name[300];

    (void) state;

    memset(name, 'n', sizeof(name));

    expect_cut(name, 0, 0);
    expect_cut(name, AG_CACHE_NAME_MAX, AG_CACHE_NAME_MAX);
    expect_cut(name, AG_CACHE_NAME_MAX + 1, AG_CACHE_NAME_MAX);
    expect_cut(name, sizeof(name), AG_CACHE_NAME_MAX);

    /* between characters */

    memcpy(name + AG_CACHE_NAME_MAX - 1, "\xc3\xa9", 2);
    expect_cut(name, sizeof(name), AG_CACHE_NAME_MAX - 1);
    memcpy(name + AG_CACHE_NAME_MAX - 3, "\xf0\x9f\x98\x80", 4);
    expect_cut(name, sizeof(name), AG_CACHE_NAME_MAX - 3);
    memcpy(name + AG_CACHE_NAME_MAX - 4, "\xf0\x9f\x98\x80n", 5);
    expect_cut(name, sizeof(name), AG_CACHE_NAME_MAX);
    memset(name, 0x80, sizeof(name));
    expect_cut(name, sizeof(name), AG_CACHE_NAME_MAX - 3);
}


static void
reads_nothing_that_is_none(void **state)
{
    size_t            i, len;
    ag_buf_t          out;
    ag_char_t        *copy, kept;
    ag_cache_value_t  v, read;

    (void) state;

    v = value();
    ag_buf_init(&out, MAX);
    assert_int_equal(ag_cache_value_head(&out, &v), AG_OK);
    len = out.len;

    for (i = 0; i <= len; i++) {
        copy = malloc(i + 1);
        assert_non_null(copy);
        memcpy(copy, out.data, i);
        assert_int_equal(ag_cache_value_read(ag_str(copy, i), &read),
                         (i == len) ? AG_OK : AG_INVALID);
        free(copy);
    }

    /* magic, version, flags; lengths that are too large */

    for (i = 0; i < 8; i++) {
        kept = out.data[i];
        out.data[i] ^= 0x80;
        assert_int_equal(ag_cache_value_read(ag_buf_str(&out), &read),
                         AG_INVALID);
        out.data[i] = kept;
    }

    for (i = 4; i < 8; i += 2) {
        kept = out.data[i];
        out.data[i]++;
        assert_int_equal(ag_cache_value_read(ag_buf_str(&out), &read),
                         AG_INVALID);
        out.data[i] = kept;
    }

    assert_int_equal(ag_cache_value_read(ag_str(NULL, 0), &read), AG_INVALID);

    ag_buf_free(&out);
}


static ag_cache_item_t
item(void)
{
    size_t           i;
    ag_cache_item_t  one;

    memset(&one, 0, sizeof(one));

    for (i = 0; i < AG_CACHE_KEY; i++) {
        one.key[i] = (ag_char_t) (i + 100);
    }

    one.owner = UINT64_C(0x1112131415161718);
    one.model = UINT64_C(0x2122232425262728);
    one.stored_ms = UINT64_C(1798761600000);
    one.expires_ms = UINT64_MAX;
    one.len = 6;

    return one;
}


static void
opens_what_it_sealed(void **state)
{
    unsigned         passing;
    uint64_t         epoch;
    ag_buf_t         out;
    ag_str_t         bytes;
    ag_cache_item_t  one, opened;

    (void) state;

    for (passing = 0; passing < 2; passing++) {
        one = item();
        one.passing = passing;

        ag_buf_init(&out, MAX);
        assert_int_equal(ag_buf_add_string(&out, "before"), AG_OK);
        assert_int_equal(ag_cache_seal(&out, &one, UINT64_MAX - 1,
                                       text("answer"), text(SECRET)), AG_OK);
        assert_int_equal(out.len, 6 + 6 + AG_CACHE_SEAL);

        memset(&opened, 0xff, sizeof(opened));
        assert_int_equal(ag_cache_unseal(ag_str(out.data + 6, out.len - 6),
                                         one.key, text(SECRET), &opened,
                                         &epoch, &bytes), AG_OK);

        assert_memory_equal(opened.key, one.key, AG_CACHE_KEY);
        assert_true(opened.owner == one.owner);
        assert_true(opened.model == one.model);
        assert_true(opened.stored_ms == one.stored_ms);
        assert_true(opened.expires_ms == one.expires_ms);
        assert_int_equal(opened.len, 6);
        assert_int_equal(opened.passing, passing);
        assert_true(epoch == UINT64_MAX - 1);
        assert_true(ag_str_is(bytes, "answer"));
        assert_ptr_equal(bytes.data, out.data + 6 + 80);

        ag_buf_free(&out);
    }
}


static int
unseal(ag_str_t sealed, const ag_char_t *key, const char *secret)
{
    int              rc;
    uint64_t         epoch;
    ag_str_t         bytes;
    ag_char_t       *copy;
    ag_cache_item_t  opened, before;

    memset(&opened, 0x5a, sizeof(opened));
    before = opened;
    epoch = 7;
    bytes = ag_str("x", 1);

    copy = malloc(sealed.len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, sealed.data, sealed.len);

    rc = ag_cache_unseal(ag_str(copy + 1, sealed.len), key, text(secret),
                         &opened, &epoch, &bytes);

    free(copy);

    if (rc != AG_OK) {
        assert_memory_equal(&opened, &before, sizeof(opened));
        assert_true(epoch == 7);
        assert_true(ag_str_is(bytes, "x"));
    }

    return rc;
}


static void
opens_nothing_that_was_changed(void **state)
{
    size_t           i;
    unsigned         bit;
    ag_buf_t         out;
    ag_str_t         sealed;
    ag_cache_item_t  one;

    (void) state;

    one = item();
    ag_buf_init(&out, MAX);
    assert_int_equal(ag_cache_seal(&out, &one, 3, text("answer"),
                                   text(SECRET)), AG_OK);
    sealed = ag_buf_str(&out);

    assert_int_equal(unseal(sealed, one.key, SECRET), AG_OK);

    for (i = 0; i < out.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            out.data[i] ^= (ag_char_t) (1 << bit);
            assert_int_equal(unseal(sealed, one.key, SECRET), AG_INVALID);
            out.data[i] ^= (ag_char_t) (1 << bit);
        }

        assert_int_equal(unseal(ag_str(out.data, i), one.key, SECRET),
                         AG_INVALID);
        assert_int_equal(unseal(ag_str(out.data + i, out.len - i), one.key,
                                SECRET), i == 0 ? AG_OK : AG_INVALID);
    }

    /* extended, of another secret, asked for as something else */

    assert_int_equal(ag_buf_add(&out, "", 1), AG_OK);
    assert_int_equal(unseal(ag_buf_str(&out), one.key, SECRET), AG_INVALID);

    assert_int_equal(unseal(sealed, one.key, "a secret of 24 letters,."),
                     AG_INVALID);
    assert_int_equal(unseal(sealed, one.key, SECRET "."), AG_INVALID);

    for (i = 0; i < AG_CACHE_KEY; i++) {
        one.key[i] ^= 1;
        assert_int_equal(unseal(sealed, one.key, SECRET), AG_INVALID);
        one.key[i] ^= 1;
    }

    assert_int_equal(unseal(sealed, one.key, SECRET), AG_OK);

    ag_buf_free(&out);
}


static void
needs_a_secret_and_an_answer(void **state)
{
    ag_buf_t         out;
    ag_cache_item_t  one;

    (void) state;

    one = item();
    ag_buf_init(&out, MAX);

    assert_int_equal(ag_cache_seal(&out, &one, 3, text("answer"),
                                   text("15 letters only")), AG_INVALID);
    assert_int_equal(ag_cache_seal(&out, &one, 3, text("answer"),
                                   ag_str(NULL, 0)), AG_INVALID);
    assert_int_equal(out.len, 0);

    assert_int_equal(ag_cache_seal(&out, &one, 3, text("answer"),
                                   text("16 letters, here")), AG_OK);
    assert_int_equal(unseal(ag_buf_str(&out), one.key, "16 letters, here"),
                     AG_OK);
    assert_int_equal(unseal(ag_buf_str(&out), one.key, "16 letters, her"),
                     AG_INVALID);

    out.len = 0;
    assert_int_equal(ag_cache_seal(&out, &one, 3, text(""), text(SECRET)),
                     AG_OK);
    assert_int_equal(unseal(ag_buf_str(&out), one.key, SECRET), AG_INVALID);

    ag_buf_free(&out);
}


static void
keeps_to_the_buffers_maximum(void **state)
{
    size_t            max, head;
    ag_buf_t          out;
    ag_cache_item_t   one;
    ag_cache_value_t  v;

    (void) state;

    one = item();
    v = value();
    head = 60 + v.provider.len + v.model.len;

    for (max = 0; max <= AG_CACHE_SEAL + 6; max++) {
        ag_buf_init(&out, max);
        assert_int_equal(ag_cache_seal(&out, &one, 3, text("answer"),
                                       text(SECRET)),
                         (max < AG_CACHE_SEAL + 6) ? AG_LIMIT : AG_OK);
        assert_int_equal(out.len, (max < AG_CACHE_SEAL + 6) ? 0 : max);
        ag_buf_free(&out);

        ag_buf_init(&out, max);
        assert_int_equal(ag_cache_value_head(&out, &v),
                         (max < head) ? AG_LIMIT : AG_OK);
        assert_int_equal(out.len, (max < head) ? 0 : head);
        ag_buf_free(&out);
    }

    if (sizeof(size_t) > 4) {
        ag_buf_init(&out, SIZE_MAX);
        assert_int_equal(ag_cache_seal(&out, &one, 3,
                                       ag_str("", (size_t) UINT32_MAX + 1),
                                       text(SECRET)), AG_LIMIT);
        ag_buf_free(&out);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(writes_numbers_little_endian),
        cmocka_unit_test(cuts_names_that_are_too_long),
        cmocka_unit_test(reads_nothing_that_is_none),
        cmocka_unit_test(opens_what_it_sealed),
        cmocka_unit_test(opens_nothing_that_was_changed),
        cmocka_unit_test(needs_a_secret_and_an_answer),
        cmocka_unit_test(keeps_to_the_buffers_maximum)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
