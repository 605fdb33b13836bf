/*
 * Copyright (C) ngx_agent authors
 *
 * Digests of keys, and what may be a key.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_key.h"


#define ABC_SHA256                                                            \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY_SHA256                                                          \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static void
expect_digest(ag_str_t key, const char *hex)
{
    unsigned char  digest[AG_KEY_DIGEST], expected[AG_KEY_DIGEST];

    ag_key_digest(key, digest);

    assert_int_equal(ag_key_read_hex(text(hex), expected), AG_OK);
    assert_memory_equal(digest, expected, AG_KEY_DIGEST);
}


static void
hashes_as_the_standard_says(void **state)
{
    char  million[1000000];

    (void) state;

    expect_digest(text("abc"), ABC_SHA256);
    expect_digest(text(""), EMPTY_SHA256);

    memset(million, 'a', sizeof(million));

    expect_digest(ag_str(million, sizeof(million)),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}


static void
sees_a_difference_in_any_byte(void **state)
{
    size_t         i;
    unsigned char  a[AG_KEY_DIGEST], b[AG_KEY_DIGEST];

    (void) state;

    ag_key_digest(text("abc"), a);
    memcpy(b, a, AG_KEY_DIGEST);

    assert_true(ag_key_equal(a, b));

    for (i = 0; i < AG_KEY_DIGEST; i++) {
        b[i] ^= 1;
        assert_false(ag_key_equal(a, b));
        b[i] ^= 1;
    }
}


static void
reads_hex_of_either_case(void **state)
{
    unsigned char  digest[AG_KEY_DIGEST];

    (void) state;

    assert_int_equal(ag_key_read_hex(text(
        "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"),
        digest), AG_OK);

    assert_int_equal(digest[0], 0x00);
    assert_int_equal(digest[1], 0x11);
    assert_int_equal(digest[10], 0xaa);
    assert_int_equal(digest[31], 0xff);
}


static void
refuses_hex_of_another_length_or_letter(void **state)
{
    size_t         i;
    unsigned char  digest[AG_KEY_DIGEST];
    char           hex[2 * AG_KEY_DIGEST + 2];

    (void) state;

    memset(hex, 'a', sizeof(hex));

    assert_int_equal(ag_key_read_hex(ag_str(hex, 0), digest), AG_INVALID);
    assert_int_equal(ag_key_read_hex(ag_str(hex, 63), digest), AG_INVALID);
    assert_int_equal(ag_key_read_hex(ag_str(hex, 64), digest), AG_OK);
    assert_int_equal(ag_key_read_hex(ag_str(hex, 65), digest), AG_INVALID);

    for (i = 0; i < 64; i++) {
        hex[i] = (i % 2) ? 'g' : '/';
        assert_int_equal(ag_key_read_hex(ag_str(hex, 64), digest),
                         AG_INVALID);
        hex[i] = 'a';
    }
}


static void
takes_keys_of_the_right_length(void **state)
{
    char  key[AG_KEY_MAX + 1];

    (void) state;

    memset(key, 'k', sizeof(key));

    assert_non_null(ag_key_refuse(ag_str(key, 0)));
    assert_non_null(ag_key_refuse(ag_str(key, AG_KEY_MIN - 1)));
    assert_null(ag_key_refuse(ag_str(key, AG_KEY_MIN)));
    assert_null(ag_key_refuse(ag_str(key, AG_KEY_MAX)));
    assert_non_null(ag_key_refuse(ag_str(key, AG_KEY_MAX + 1)));

    assert_non_null(strstr(ag_key_refuse(ag_str(key, 1)), "16"));
}


static void
takes_visible_ascii_only(void **state)
{
    int   c;
    char  key[AG_KEY_MIN];

    (void) state;

    memset(key, 'k', sizeof(key));

    for (c = 0; c < 256; c++) {
        key[7] = (char) c;

        if (c > 0x20 && c < 0x7f) {
            assert_null(ag_key_refuse(ag_str(key, sizeof(key))));

        } else {
            assert_non_null(ag_key_refuse(ag_str(key, sizeof(key))));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(hashes_as_the_standard_says),
        cmocka_unit_test(sees_a_difference_in_any_byte),
        cmocka_unit_test(reads_hex_of_either_case),
        cmocka_unit_test(refuses_hex_of_another_length_or_letter),
        cmocka_unit_test(takes_keys_of_the_right_length),
        cmocka_unit_test(takes_visible_ascii_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
