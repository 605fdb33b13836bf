/*
 * Copyright (C) ngx_agent authors
 *
 * Which blocks an answer gets, and what becomes of them and of its sequence.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"


#define BLOCKS  64


static ag_cache_entry_t *entry_of(const ag_cache_t *c, uint64_t number);
static unsigned is_one_piece(const ag_cache_t *c, uint64_t number);


static ag_cache_entry_t *
entry_of(const ag_cache_t *c, uint64_t number)
{
    ag_char_t  key[AG_CACHE_KEY];

    key_of(key, number);

    return ag_cache_entry(c, ag_cache_entry_search(c, key));
}


static unsigned
is_one_piece(const ag_cache_t *c, uint64_t number)
{
    uint32_t           i;
    ag_cache_entry_t  *entry;

    entry = entry_of(c, number);

    for (i = 0; i + 1 < entry->count; i++) {
        if (ag_cache_next(c, entry->first + i) != entry->first + i + 1) {
            return 0;
        }
    }

    return entry->last == entry->first + i
           && ag_cache_next(c, entry->last) == AG_CACHE_NOWHERE;
}


static void
test_blocks_of_a_new_cache_are_in_order(void **state)
{
    uint32_t     expected;
    uint64_t     i;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(BLOCKS);
    expected = 0;

    for (i = 0; i < 10; i++) {
        assert_int_equal(put(c, i, 1, i, (uint32_t) (i + 1) * 1500), AG_OK);
        assert_int_equal(entry_of(c, i)->first, expected);
        assert_true(is_one_piece(c, i));
        expected += entry_of(c, i)->count;
    }

    free(c);
}


static void
test_released_blocks_are_used_as_they_lay(void **state)
{
    uint64_t     i;
    ag_char_t    key[AG_CACHE_KEY];
    ag_cache_t  *c;

    (void) state;

    c = cache_of(BLOCKS);

    for (i = 0; i < BLOCKS / 4; i++) {
        assert_int_equal(put(c, i, 1, 7, 4 * AG_CACHE_BLOCK), AG_OK);
    }

    /* any number of times */

    for ( ; i < BLOCKS * 4; i++) {
        key_of(key, i - 7);
        ag_cache_remove(c, key);
        assert_int_equal(put(c, i, 1, 7, 4 * AG_CACHE_BLOCK), AG_OK);
        assert_true(is_one_piece(c, i));
        assert_null(ag_cache_check(c));
    }

    free(c);
}


static void
test_a_sequence_goes_up_with_each_release(void **state)
{
    uint64_t           i, last;
    ag_cache_t        *c;
    ag_cache_place_t   place;

    (void) state;

    c = cache_of(BLOCKS);
    last = 0;

    for (i = 0; i < 20; i++) {
        assert_int_equal(begin(c, i, 1, 7, 100, &place), AG_OK);
        assert_int_equal(place.entry, 0);
        assert_true(place.sequence > last);
        last = place.sequence;

        if (i % 2) {
            ag_cache_commit(c, &place);
            assert_int_equal(entry_of(c, i)->sequence, last);
            ag_cache_entry_release(c, 0);

        } else {
            ag_cache_abort(c, &place);
        }

        assert_int_equal(ag_cache_entry(c, 0)->sequence, last + 1);
        assert_null(ag_cache_check(c));
    }

    free(c);
}


/* Keys that share a bucket, and begin with the same eight bytes. */
static void
test_keys_differ_in_their_last_byte(void **state)
{
    unsigned           i, j;
    ag_cache_t        *c;
    ag_cache_item_t    item, found;
    ag_cache_place_t   place;

    (void) state;

    c = cache_of(BLOCKS);

    for (i = 0; i < 40; i++) {
        item = item_of(1, i, 7, 100);
        item.key[AG_CACHE_KEY - 1] = (ag_char_t) i;
        assert_int_equal(ag_cache_begin(c, &item, PID, &place), AG_OK);
        ag_cache_commit(c, &place);
    }

    for (i = 0; i < 40; i++) {
        item.key[AG_CACHE_KEY - 1] = (ag_char_t) (i * 7 % 40);
        assert_int_equal(ag_cache_remove(c, item.key), AG_OK);
        assert_null(ag_cache_check(c));

        for (j = 0; j < 40; j++) {
            item.key[AG_CACHE_KEY - 1] = (ag_char_t) (j * 7 % 40);
            assert_int_equal(ag_cache_find(c, item.key, NOW, &found, &place),
                             (j <= i) ? AG_NONE : AG_OK);
        }
    }

    free(c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_blocks_of_a_new_cache_are_in_order),
        cmocka_unit_test(test_released_blocks_are_used_as_they_lay),
        cmocka_unit_test(test_a_sequence_goes_up_with_each_release),
        cmocka_unit_test(test_keys_differ_in_their_last_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
