/*
 * Copyright (C) ngx_agent authors
 *
 * Who loses an answer: the owner that holds the most, and its oldest.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"
#include "stepped.h"


#define LIGHT  20


static uint32_t held(const ag_cache_t *c, uint64_t owner);


/* Blocks. */
static uint32_t
held(const ag_cache_t *c, uint64_t owner)
{
    uint32_t  row;

    row = ag_cache_owner_search(c, owner);

    return (row == AG_CACHE_NOWHERE) ? 0 : ag_cache_row(c, row)->blocks;
}


/* One that stores a hundred times as much takes nothing from the others. */
static void
test_the_heavy_one_harms_nobody(void **state)
{
    uint64_t     i, j, seed, light, heavy;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(600);
    seed = 3;
    light = 0;
    heavy = 1000000;

    for (i = 1; i <= 12; i++) {

        for (j = 1; j <= LIGHT; j++) {
            assert_int_equal(put(c, light++, 1, j,
                                 (uint32_t) draw(&seed, 4000) + 1),
                             AG_OK);
        }

        for (j = 0; j < 100 * LIGHT; j++) {
            assert_int_equal(put(c, heavy++, 1, 99,
                                 (uint32_t) draw(&seed, 4000) + 1),
                             AG_OK);
        }

        assert_null(ag_cache_check(c));

        /* nobody holds more than the heavy one: all must be there */

        for (j = 0; j < light; j++) {
            assert_int_equal(get(c, j, 1), AG_OK);
        }

        for (j = 1; j <= LIGHT; j++) {
            assert_true(held(c, j) < held(c, 99));
        }
    }

    assert_true(stat_of(c).used >= 599);
    assert_int_equal(stat_of(c).owners, LIGHT + 1);
    free(c);
}


static void
test_one_alone_may_use_all(void **state)
{
    uint64_t     i;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(64);

    for (i = 0; i < 200; i++) {
        assert_int_equal(put(c, i, 1, 7, 1), AG_OK);
    }

    assert_int_equal(held(c, 7), 64);

    /* and gives until they are equal */

    for (i = 300; i < 500; i++) {
        assert_int_equal(put(c, i, 1, 8, 1), AG_OK);
    }

    assert_int_equal(held(c, 7), 32);
    assert_int_equal(held(c, 8), 32);

    for (i = 200 - 32; i < 200; i++) {
        assert_true(is_there(c, i));
    }

    assert_null(ag_cache_check(c));
    free(c);
}


/* Of equal ones, who writes loses its own. */
static void
test_equal_ones_leave_each_other_alone(void **state)
{
    uint64_t     i, owner;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(64);

    for (i = 0; i < 64; i++) {
        assert_int_equal(put(c, i, 1, i % 4, 1), AG_OK);
    }

    for (owner = 0; owner < 4; owner++) {
        assert_int_equal(put(c, 100 + owner, 1, owner, 1), AG_OK);

        for (i = 0; i < 4; i++) {
            assert_int_equal(held(c, i), 16);
            assert_int_equal(is_there(c, i), i > owner);
        }
    }

    /* one less than the others, and would be their equal: its own goes */

    assert_int_equal(put(c, 100, 2, 3, 1), AG_OK);
    assert_int_equal(put(c, 200, 1, 9, 1), AG_OK);
    assert_int_equal(held(c, 0), 15);
    assert_int_equal(put(c, 201, 1, 0, 1), AG_OK);
    assert_int_equal(held(c, 0), 15);

    for (owner = 1; owner < 4; owner++) {
        assert_int_equal(held(c, owner), 16);
    }

    assert_null(ag_cache_check(c));
    free(c);
}


/* Who only writes has nothing to lose. */
static void
test_writers_are_passed_over(void **state)
{
    uint64_t           i;
    ag_cache_t        *c;
    ag_cache_place_t   places[5], place;

    (void) state;

    c = cache_of(64);

    for (i = 0; i < 5; i++) {
        assert_int_equal(begin(c, i, 1, 7, 8 * AG_CACHE_BLOCK, &places[i]),
                         AG_OK);
    }

    for (i = 10; i < 34; i++) {
        assert_int_equal(put(c, i, 1, 8 + i % 2, 1), AG_OK);
    }

    assert_int_equal(held(c, 7), 40);
    assert_int_equal(begin(c, 50, 1, 10, 6 * AG_CACHE_BLOCK, &place), AG_OK);
    assert_int_equal(held(c, 8), 9);
    assert_int_equal(held(c, 9), 9);
    assert_null(ag_cache_check(c));

    ag_cache_commit(c, &places[0]);
    assert_int_equal(put(c, 51, 1, 11, 1), AG_OK);
    assert_int_equal(held(c, 7), 32);
    assert_int_equal(stat_of(c).owners, 3);
    assert_null(ag_cache_check(c));
    free(c);
}


/* As many owners as blocks, each with one answer: rows come and go. */
static void
test_all_blocks_may_be_of_different_owners(void **state)
{
    uint64_t     i, j;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(64);

    for (i = 0; i < 64 * 5; i++) {
        assert_int_equal(put(c, i, 1, i + 1, 1), AG_OK);
        assert_null(ag_cache_check(c));
        assert_int_equal(held(c, i + 1), 1);
        assert_int_equal(stat_of(c).owners, (i < 64) ? i + 1 : 64);
    }

    for (i = 0, j = 0; i < 64 * 5; i++) {
        j += is_there(c, i);
    }

    assert_int_equal(j, 64);
    free(c);
}


/* Nothing is written to so many blocks. */
static void
test_too_many_owners_share_a_row(void **state)
{
    size_t             size;
    uint64_t           i;
    uint32_t           cursor;
    ag_cache_t        *c;
    ag_cache_item_t    item;
    ag_cache_place_t   place;
    ag_cache_purge_t   what;

    (void) state;

    size = ag_cache_size(AG_CACHE_OWNERS + 64);
    c = ag_cache_init(shared_memory(size), size);

    for (i = 0; i < AG_CACHE_OWNERS + 64; i++) {
        item = item_of(i, 1, i + 1, 1);
        assert_int_equal(ag_cache_begin(c, &item, PID, &place), AG_OK);
        ag_cache_commit(c, &place);
    }

    assert_null(ag_cache_check(c));
    assert_int_equal(stat_of(c).owners, AG_CACHE_OWNERS);
    assert_int_equal(held(c, AG_CACHE_OWNERS), 65);

    /* together they hold the most */

    assert_int_equal(put(c, 900000, 1, 1, 1), AG_OK);
    assert_false(is_there(c, AG_CACHE_OWNERS - 1));
    assert_true(is_there(c, AG_CACHE_OWNERS + 5));

    /* each of them is itself otherwise */

    what.owner = AG_CACHE_OWNERS + 6;
    what.model = 0;
    cursor = 0;
    assert_int_equal(ag_cache_purge(c, &what, &cursor, SIZE_MAX), 1);
    assert_false(is_there(c, AG_CACHE_OWNERS + 5));

    ag_cache_mend(c);
    assert_null(ag_cache_check(c));
    assert_int_equal(stat_of(c).entries, AG_CACHE_OWNERS + 63);
    munmap(c, size);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_heavy_one_harms_nobody),
        cmocka_unit_test(test_one_alone_may_use_all),
        cmocka_unit_test(test_equal_ones_leave_each_other_alone),
        cmocka_unit_test(test_writers_are_passed_over),
        cmocka_unit_test(test_all_blocks_may_be_of_different_owners),
        cmocka_unit_test(test_too_many_owners_share_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
