/*
 * Copyright (C) ngx_agent authors
 *
 * The buffer with a maximum.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_buf.h"


const char *__asan_default_options(void);
static void expect_json(ag_str_t text, const char *expected);


/* one test asks for more memory than there is */

const char *
__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}


static void
starts_empty_without_memory(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 10);

    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 10);
    assert_int_equal(ag_buf_str(&b).len, 0);
}


static void
adds_bytes_strings_and_numbers(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 1000);

    assert_int_equal(ag_buf_add(&b, "a\0b", 3), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, "cd"), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, ""), AG_OK);
    assert_int_equal(ag_buf_add_number(&b, 0), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, ","), AG_OK);
    assert_int_equal(ag_buf_add_number(&b, 1000), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, ","), AG_OK);
    assert_int_equal(ag_buf_add_number(&b, UINT64_MAX), AG_OK);

    assert_int_equal(b.len, 32);
    assert_memory_equal(b.data, "a\0bcd0,1000,18446744073709551615", 32);

    ag_buf_free(&b);
}


static void
adds_nothing_from_nowhere(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 0);

    assert_int_equal(ag_buf_add(&b, NULL, 0), AG_OK);
    assert_int_equal(ag_buf_add_json(&b, ag_str(NULL, 0)), AG_OK);
    assert_int_equal(ag_buf_reserve(&b, 0), AG_OK);
    assert_null(b.data);
}


static void
holds_its_maximum_and_no_byte_more(void **state)
{
    size_t    i, max;
    ag_buf_t  b;

    (void) state;

    for (max = 0; max < 1030; max += 103) {
        ag_buf_init(&b, max);

        for (i = 0; i < max; i++) {
            assert_int_equal(ag_buf_add(&b, "x", 1), AG_OK);
            assert_true(b.size <= max);
        }

        assert_int_equal(ag_buf_add(&b, "x", 1), AG_LIMIT);
        assert_int_equal(b.len, max);

        ag_buf_free(&b);
    }
}


static void
changes_nothing_when_an_addition_does_not_fit(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 5);

    assert_int_equal(ag_buf_add_string(&b, "abc"), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, "def"), AG_LIMIT);
    assert_int_equal(ag_buf_add_number(&b, 100), AG_LIMIT);
    assert_int_equal(ag_buf_add_json(&b, ag_str("x\"", 2)), AG_LIMIT);
    assert_int_equal(ag_buf_add_json(&b, ag_str("\"yz", 3)), AG_LIMIT);
    assert_int_equal(ag_buf_reserve(&b, SIZE_MAX), AG_LIMIT);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "abc", 3);

    assert_int_equal(ag_buf_add_string(&b, "de"), AG_OK);
    assert_memory_equal(b.data, "abcde", 5);

    ag_buf_free(&b);
}


static void
says_when_there_is_no_memory(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    assert_int_equal(ag_buf_add_string(&b, "abc"), AG_OK);
    assert_int_equal(ag_buf_reserve(&b, SIZE_MAX - 3), AG_NOMEM);
    assert_int_equal(ag_buf_reserve(&b, SIZE_MAX - 2), AG_LIMIT);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "abc", 3);

    ag_buf_free(&b);
}


static void
grows_by_doubling(void **state)
{
    size_t    i, size, grown;
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 1 << 20);
    size = 0;
    grown = 0;

    for (i = 0; i < 1 << 20; i++) {
        assert_int_equal(ag_buf_add(&b, "x", 1), AG_OK);

        if (b.size != size) {
            assert_true(size == 0 || b.size == 2 * size);
            size = b.size;
            grown++;
        }
    }

    assert_int_equal(grown, 13);

    ag_buf_free(&b);
}


static void
reserves_room_that_additions_use(void **state)
{
    ag_buf_t    b;
    ag_char_t  *data;

    (void) state;

    ag_buf_init(&b, 10000);

    assert_int_equal(ag_buf_reserve(&b, 5000), AG_OK);
    assert_int_equal(b.len, 0);
    assert_true(b.size >= 5000);
    data = b.data;

    assert_int_equal(ag_buf_reserve(&b, 5000), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, "x"), AG_OK);
    assert_ptr_equal(b.data, data);

    ag_buf_free(&b);
}


static void
shifts_the_rest_to_the_front(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 100);
    ag_buf_shift(&b, 1);
    assert_int_equal(b.len, 0);

    assert_int_equal(ag_buf_add_string(&b, "abcdef"), AG_OK);

    ag_buf_shift(&b, 0);
    assert_int_equal(b.len, 6);

    ag_buf_shift(&b, 2);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "cdef", 4);

    ag_buf_shift(&b, 5);
    assert_int_equal(b.len, 0);

    assert_int_equal(ag_buf_add_string(&b, "gh"), AG_OK);
    ag_buf_shift(&b, 2);
    assert_int_equal(b.len, 0);

    ag_buf_free(&b);
}


static void
is_usable_again_after_free(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 4);

    assert_int_equal(ag_buf_add_string(&b, "abcd"), AG_OK);
    ag_buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 4);

    assert_int_equal(ag_buf_add_string(&b, "abcde"), AG_LIMIT);
    assert_int_equal(ag_buf_add_string(&b, "efgh"), AG_OK);
    ag_buf_free(&b);
    ag_buf_free(&b);
}


static void
expect_json(ag_str_t text, const char *expected)
{
    ag_buf_t  b;

    ag_buf_init(&b, 1000);

    assert_int_equal(ag_buf_add_json(&b, text), AG_OK);

    if (!ag_str_is(ag_buf_str(&b), expected)) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) b.len, b.data, expected);
    }

    ag_buf_free(&b);
}


static void
escapes_what_json_cannot_hold(void **state)
{
    (void) state;

    expect_json(ag_str("plain text", 10), "plain text");
    expect_json(ag_str("a\"b\\c/d", 7), "a\\\"b\\\\c/d");
    expect_json(ag_str("\b\f\n\r\t", 5), "\\b\\f\\n\\r\\t");
    expect_json(ag_str("\0\x01\x0b\x1f\x7f", 5),
                "\\u0000\\u0001\\u000b\\u001f\x7f");
}


static void
keeps_utf8_and_replaces_what_is_not(void **state)
{
    (void) state;

    expect_json(ag_str("\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", 9),
                "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80");
    expect_json(ag_str("a\xff" "b", 3), "a\xef\xbf\xbd" "b");
    expect_json(ag_str("\xc3", 1), "\xef\xbf\xbd");
    expect_json(ag_str("\xc3\"", 2), "\xef\xbf\xbd\\\"");
    expect_json(ag_str("\xe6\xbc", 2), "\xef\xbf\xbd\xef\xbf\xbd");
    expect_json(ag_str("\xed\xa0\x80", 3),
                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(starts_empty_without_memory),
        cmocka_unit_test(adds_bytes_strings_and_numbers),
        cmocka_unit_test(adds_nothing_from_nowhere),
        cmocka_unit_test(holds_its_maximum_and_no_byte_more),
        cmocka_unit_test(changes_nothing_when_an_addition_does_not_fit),
        cmocka_unit_test(says_when_there_is_no_memory),
        cmocka_unit_test(grows_by_doubling),
        cmocka_unit_test(reserves_room_that_additions_use),
        cmocka_unit_test(shifts_the_rest_to_the_front),
        cmocka_unit_test(is_usable_again_after_free),
        cmocka_unit_test(escapes_what_json_cannot_hold),
        cmocka_unit_test(keeps_utf8_and_replaces_what_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
