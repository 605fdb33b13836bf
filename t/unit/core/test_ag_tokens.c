/*
 * Copyright (C) ngx_agent authors
 *
 * Estimates of tokens, how their ratio learns, and fingerprints.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_tokens.h"


#define TEXT  3000      /* bytes */


static uint64_t
learn(uint64_t ratio, uint64_t bytes, uint64_t tokens, unsigned times)
{
    while (times-- > 0) {
        ratio = ag_tokens_learn(ratio, bytes, tokens);
    }

    return ratio;
}


static uint64_t
fingerprint(const void *data, size_t len)
{
    return ag_tokens_fingerprint(ag_str(data, len));
}


static int
compare(const void *a, const void *b)
{
    const uint64_t  *x, *y;

    x = a;
    y = b;

    return (*x > *y) - (*x < *y);
}


/* All "count" hashes differ, in their lower and in their upper half too. */
static void
all_differ(uint64_t *hashes, size_t count)
{
    size_t  i, same;

    qsort(hashes, count, sizeof(hashes[0]), compare);
    same = 0;

    for (i = 1; i < count; i++) {
        assert_true(hashes[i] != hashes[i - 1]);
        same += (hashes[i] >> 32 == hashes[i - 1] >> 32);
    }

    /* by chance there would be count^2 / 2^33 of them */

    assert_in_range(same, 0, 20);

    for (i = 0; i < count; i++) {
        hashes[i] = hashes[i] << 32 | hashes[i] >> 32;
    }

    qsort(hashes, count, sizeof(hashes[0]), compare);
    same = 0;

    for (i = 1; i < count; i++) {
        same += (hashes[i] >> 32 == hashes[i - 1] >> 32);
    }

    assert_in_range(same, 0, 20);
}


static void
a_token_is_four_bytes_at_first(void **state)
{
    (void) state;

    assert_int_equal(ag_tokens_of(0, 0), 0);
    assert_int_equal(ag_tokens_of(1, 0), 1);
    assert_int_equal(ag_tokens_of(4, 0), 1);
    assert_int_equal(ag_tokens_of(5, 0), 2);
    assert_int_equal(ag_tokens_of(4000, 0), 1000);
    assert_int_equal(ag_tokens_of(4000, AG_TOKENS_RATIO), 1000);
}


static void
a_ratio_says_how_many_bytes(void **state)
{
    (void) state;

    assert_int_equal(ag_tokens_of(1000, 2500), 400);
    assert_int_equal(ag_tokens_of(1001, 2500), 401);
    assert_int_equal(ag_tokens_of(1000, 3333), 301);
    assert_int_equal(ag_tokens_of(1000, AG_TOKENS_RATIO_MIN), 2000);
    assert_int_equal(ag_tokens_of(6000, AG_TOKENS_RATIO_MAX), 1000);

    /* beyond its bounds it is a bound */

    assert_int_equal(ag_tokens_of(1000, 1), 2000);
    assert_int_equal(ag_tokens_of(6000, UINT64_MAX), 1000);
}


static void
more_bytes_are_never_fewer_tokens(void **state)
{
    uint64_t  ratio, bytes, tokens, before;

    (void) state;

    for (ratio = 500; ratio <= 16000; ratio += 1033) {
        before = 0;

        for (bytes = 1; bytes < UINT64_MAX / 9 * 8; bytes += bytes / 9 + 1) {
            tokens = ag_tokens_of(bytes, ratio);
            assert_true(tokens >= before);
            assert_true(tokens >= bytes / 16);
            assert_true(tokens == UINT64_MAX || tokens / 3 <= bytes);
            before = tokens;
        }
    }

    /* where another way of multiplying begins */

    bytes = UINT64_MAX / 2000;
    assert_true(ag_tokens_of(bytes + 1, 16000) >= ag_tokens_of(bytes, 16000));

    assert_true(ag_tokens_of(UINT64_MAX, 500) == UINT64_MAX);
    assert_true(ag_tokens_of(UINT64_MAX, 16000) > UINT64_MAX / 17);
}


static void
it_follows_what_is_seen(void **state)
{
    uint64_t  ratio;

    (void) state;

    /* down to it, up to a bit below it */

    assert_int_equal(learn(0, 2500, 1000, 1000), 2500);
    assert_int_equal(learn(4000, 2500, 1000, 1000), 2500);

    ratio = learn(2500, 5000, 1000, 1000);
    assert_in_range(ratio, 4950, 5000);
    assert_true(ag_tokens_of(100000, ratio) >= 20000);

    assert_int_equal(learn(0, 4000, 1000, 10), 4000);
}


static void
it_goes_down_four_times_as_fast(void **state)
{
    uint64_t  down, up;

    (void) state;

    down = 4000 - ag_tokens_learn(4000, 2400, 1000);
    up = ag_tokens_learn(4000, 5600, 1000) - 4000;

    assert_int_equal(down, 200);
    assert_int_equal(up, 50);

    /* the first observation starts from what was assumed */

    assert_int_equal(ag_tokens_learn(0, 2400, 1000), 3800);
    assert_int_equal(ag_tokens_learn(0, 5600, 1000), 4050);

    /* half of the way down takes few calls, up four times as many */

    assert_in_range(learn(4000, 2000, 1000, 6), 2800, 3000);
    assert_in_range(learn(2000, 4000, 1000, 6), 2300, 2400);
    assert_in_range(learn(2000, 4000, 1000, 24), 2900, 3100);
}


static void
it_stays_within_its_bounds(void **state)
{
    (void) state;

    assert_int_equal(learn(0, 64, 1000000000, 1000), AG_TOKENS_RATIO_MIN);
    assert_int_equal(learn(0, 64, UINT64_MAX, 1000), AG_TOKENS_RATIO_MIN);
    assert_in_range(learn(0, 1000000000, 1, 10000),
                    AG_TOKENS_RATIO_MAX - 32, AG_TOKENS_RATIO_MAX);
    assert_in_range(learn(0, UINT64_MAX, 1, 10000),
                    AG_TOKENS_RATIO_MAX - 32, AG_TOKENS_RATIO_MAX);

    assert_in_range(ag_tokens_learn(UINT64_MAX, 4000, 1000), 5700, 5800);
    assert_in_range(ag_tokens_learn(1, 16000, 1000), 650, 700);
}


static void
some_observations_say_nothing(void **state)
{
    (void) state;

    assert_int_equal(ag_tokens_learn(3000, 63, 60), 3000);
    assert_int_equal(ag_tokens_learn(3000, 0, 60), 3000);
    assert_int_equal(ag_tokens_learn(3000, 5000, 0), 3000);
    assert_int_equal(ag_tokens_learn(0, 63, 60), 0);
    assert_int_equal(ag_tokens_learn(3000, 64, 64), 2750);
}


static void
the_same_text_has_the_same_fingerprint(void **state)
{
    size_t    i, len;
    char     *copy;
    char      text[100];
    uint64_t  first;

    (void) state;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) (i * 7);
    }

    for (len = 0; len <= sizeof(text); len++) {
        first = fingerprint(text, len);

        /* wherever it lies, and whatever lies behind it */

        for (i = 0; i < 8; i++) {
            copy = malloc(len + i + 1);
            memcpy(copy + i, text, len);
            assert_true(fingerprint(copy + i, len) == first);
            free(copy);
        }
    }

    assert_true(fingerprint(NULL, 0) == fingerprint("x", 0));
    assert_true(fingerprint("", 0) != 0);

    /* on any machine: nodes compare them */

    assert_true(fingerprint("abc", 3) == UINT64_C(0x42b09fd8c07ee821));
    assert_true(fingerprint(text, 100) == UINT64_C(0x9aab4fa1a310bbf5));
}


static void
every_length_has_another_one(void **state)
{
    size_t     i;
    char      *zeroes;
    uint64_t  *hashes;

    (void) state;

    zeroes = calloc(TEXT, 1);
    hashes = calloc(TEXT, sizeof(uint64_t));

    for (i = 0; i < TEXT; i++) {
        hashes[i] = fingerprint(zeroes, i);
    }

    all_differ(hashes, TEXT);

    free(zeroes);
    free(hashes);
}


/* Of a conversation a letter changes, or two do. */
static void
every_letter_counts(void **state)
{
    size_t     i, j, count;
    char       text[TEXT];
    uint64_t  *hashes;

    (void) state;

    hashes = calloc(TEXT * 100, sizeof(uint64_t));
    memset(text, ' ', sizeof(text));
    count = 0;

    for (i = 0; i < TEXT; i++) {

        for (j = 1; j < 100; j++) {
            text[i] = (char) (' ' ^ j);
            hashes[count++] = fingerprint(text, TEXT);
        }

        text[i] = ' ';
    }

    all_differ(hashes, count);

    /* two, up to forty places apart: words and rounds apart as well */

    count = 0;

    for (i = 0; i < 200; i++) {

        for (j = 1; j <= 40; j++) {
            text[i] ^= 1;
            text[i + j] ^= 1;
            hashes[count++] = fingerprint(text, TEXT);

            text[i] ^= 0x41;
            text[i + j] ^= 0x41;
            hashes[count++] = fingerprint(text, TEXT);

            text[i] = ' ';
            text[i + j] = ' ';
        }
    }

    all_differ(hashes, count);
    free(hashes);
}


/* The upper bits of neighbours are where products alone are weak. */
static void
upper_bits_do_not_cancel(void **state)
{
    unsigned    a, b;
    size_t      count, place;
    uint64_t   *hashes;
    ag_char_t   text[96];

    (void) state;

    hashes = calloc(256 * 256, sizeof(uint64_t));

    for (place = 8; place <= 64; place *= 2) {
        memset(text, 'a', sizeof(text));
        count = 0;

        for (a = 0; a < 256; a++) {
            for (b = 0; b < 256; b++) {
                text[7] = (ag_char_t) a;
                text[7 + place] = (ag_char_t) b;
                hashes[count++] = fingerprint(text, sizeof(text));
            }
        }

        all_differ(hashes, count);
    }

    free(hashes);
}


/* About half of the bits change with any bit of the text. */
static void
a_bit_changes_half_of_them(void **state)
{
    size_t     len, bit, flipped, total;
    uint64_t   before, changed;
    ag_char_t  text[80];

    (void) state;

    for (len = 1; len <= sizeof(text); len++) {
        memset(text, '0', sizeof(text));
        before = fingerprint(text, len);
        total = 0;

        for (bit = 0; bit < 8 * len; bit++) {
            text[bit / 8] ^= (ag_char_t) (1u << bit % 8);
            changed = before ^ fingerprint(text, len);
            text[bit / 8] ^= (ag_char_t) (1u << bit % 8);

            flipped = (size_t) __builtin_popcountll(changed);
            assert_in_range(flipped, 10, 54);
            total += flipped;
        }

        assert_in_range(total, 8 * len * 28, 8 * len * 36);
    }
}


static void
places_count(void **state)
{
    size_t     i, j;
    uint64_t   before;
    ag_char_t  text[160], block[8];

    (void) state;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (ag_char_t) (i / 8);
    }

    before = fingerprint(text, sizeof(text));

    for (i = 0; i < sizeof(text); i += 8) {
        for (j = i + 8; j < sizeof(text); j += 8) {
            memcpy(block, text + i, 8);
            memcpy(text + i, text + j, 8);
            memcpy(text + j, block, 8);

            assert_true(fingerprint(text, sizeof(text)) != before);

            memcpy(text + j, text + i, 8);
            memcpy(text + i, block, 8);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_token_is_four_bytes_at_first),
        cmocka_unit_test(a_ratio_says_how_many_bytes),
        cmocka_unit_test(more_bytes_are_never_fewer_tokens),
        cmocka_unit_test(it_follows_what_is_seen),
        cmocka_unit_test(it_goes_down_four_times_as_fast),
        cmocka_unit_test(it_stays_within_its_bounds),
        cmocka_unit_test(some_observations_say_nothing),
        cmocka_unit_test(the_same_text_has_the_same_fingerprint),
        cmocka_unit_test(every_length_has_another_one),
        cmocka_unit_test(every_letter_counts),
        cmocka_unit_test(upper_bits_do_not_cancel),
        cmocka_unit_test(a_bit_changes_half_of_them),
        cmocka_unit_test(places_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
