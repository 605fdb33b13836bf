/*
 * Copyright (C) ngx_agent authors
 *
 * Answers that are found, written, replaced, purged and reaped, and that
 * there is always room for what fits.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"


#define BLOCKS  64
#define ALL     ((uint32_t) (BLOCKS / AG_CACHE_PART * AG_CACHE_BLOCK))


static void sound(const ag_cache_t *c);
static unsigned is_dead(uint64_t pid);


static void
sound(const ag_cache_t *c)
{
    const char  *wrong;

    wrong = ag_cache_check(c);

    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }
}


static unsigned
is_dead(uint64_t pid)
{
    return pid == PID;
}


static void
test_size_and_init_agree(void **state)
{
    void        *memory;
    size_t       size;
    uint64_t     blocks;
    ag_cache_t  *c;

    (void) state;

    for (blocks = AG_CACHE_PART; blocks < 600; blocks++) {
        size = ag_cache_size(blocks);
        memory = memory_of(size);

        c = ag_cache_init(memory, size);
        assert_ptr_equal(c, memory);
        assert_int_equal(stat_of(c).blocks, blocks);
        assert_int_equal(c->at.size, size);
        assert_int_equal(c->at.data % 64, 0);

        c = ag_cache_init(memory, size - 1);

        if (blocks == AG_CACHE_PART) {
            assert_null(c);

        } else {
            assert_int_equal(stat_of(c).blocks, blocks - 1);
        }

        free(memory);
    }

    assert_true(ag_cache_size(AG_CACHE_BLOCKS_MAX)
                > AG_CACHE_BLOCKS_MAX * AG_CACHE_BLOCK);
    assert_int_equal(ag_cache_size(AG_CACHE_BLOCKS_MAX),
                     ag_cache_size(UINT64_MAX));
}


static void
test_an_answer_is_found_as_it_was_written(void **state)
{
    uint32_t           len;
    ag_char_t          bytes[ALL + 8];
    ag_cache_t        *c;
    ag_cache_item_t    item, found;
    ag_cache_place_t   place;

    (void) state;

    c = cache_of(BLOCKS);

    for (len = 1; len <= ALL; len += (len < 4200) ? 41 : 2047) {
        assert_int_equal(put(c, 1, len, 7, len), AG_OK);
        assert_int_equal(get(c, 1, len), AG_OK);

        item = item_of(1, len, 7, len);
        item.passing = 1;
        item.expires_ms = NOW + 1;
        assert_int_equal(ag_cache_begin(c, &item, PID, &place), AG_OK);
        ag_cache_commit(c, &place);

        memset(&found, 0, sizeof(found));
        assert_int_equal(ag_cache_find(c, item.key, NOW, &found, &place),
                         AG_OK);
        assert_memory_equal(&found, &item, sizeof(item));

        /* no more than was asked for, no more than there is */

        memset(bytes, 0x11, sizeof(bytes));
        assert_int_equal(ag_cache_copy(c, &place, bytes, len / 2), AG_OK);
        assert_int_equal(bytes[len / 2], 0x11);
        assert_int_equal(ag_cache_copy(c, &place, bytes, len + 8), AG_OK);
        assert_int_equal(bytes[len], 0x11);
    }

    sound(c);
    assert_int_equal(stat_of(c).entries, 1);
    free(c);
}


static void
test_it_is_not_there_before_it_is_written(void **state)
{
    ag_cache_t        *c;
    ag_cache_place_t   place, other;

    (void) state;

    c = cache_of(BLOCKS);

    assert_int_equal(get(c, 1, 1), AG_NONE);
    assert_int_equal(begin(c, 1, 1, 7, 3000, &place), AG_OK);
    assert_int_equal(get(c, 1, 1), AG_NONE);
    assert_int_equal(stat_of(c).used, 2);
    assert_int_equal(stat_of(c).entries, 0);
    assert_int_equal(stat_of(c).owners, 0);
    sound(c);

    ag_cache_commit(c, &place);
    assert_int_equal(get(c, 1, 1), AG_OK);
    assert_int_equal(stat_of(c).owners, 1);

    /* until the newer one is there, the older one is */

    assert_int_equal(begin(c, 1, 2, 8, 9000, &place), AG_OK);
    assert_int_equal(begin(c, 1, 3, 8, 100, &other), AG_OK);
    assert_int_equal(get(c, 1, 1), AG_OK);
    ag_cache_commit(c, &place);
    assert_int_equal(get(c, 1, 2), AG_OK);
    sound(c);

    ag_cache_abort(c, &other);
    ag_cache_abort(c, &other);
    ag_cache_commit(c, &other);
    ag_cache_abort(c, &place);
    ag_cache_commit(c, &place);
    assert_int_equal(get(c, 1, 2), AG_OK);
    assert_int_equal(stat_of(c).used, 5);
    assert_int_equal(stat_of(c).entries, 1);
    sound(c);
    free(c);
}


/* A place that was given up is nobody's, whoever has the entry now. */
static void
test_a_place_is_good_once(void **state)
{
    ag_cache_t        *c;
    ag_cache_place_t   place, stale;

    (void) state;

    c = cache_of(BLOCKS);
    assert_int_equal(begin(c, 1, 1, 7, 3000, &stale), AG_OK);
    ag_cache_abort(c, &stale);
    assert_int_equal(begin(c, 2, 1, 7, 3000, &place), AG_OK);
    assert_int_equal(place.entry, stale.entry);

    ag_cache_write(c, &stale, 0, "stray", 5);
    ag_cache_commit(c, &stale);
    ag_cache_abort(c, &stale);
    assert_false(is_there(c, 2));

    ag_cache_commit(c, &place);
    assert_int_equal(get(c, 2, 1), AG_OK);

    stale.entry = BLOCKS;
    ag_cache_commit(c, &stale);
    ag_cache_abort(c, &stale);
    assert_int_equal(get(c, 2, 1), AG_OK);
    sound(c);
    free(c);
}


static void
test_it_expires(void **state)
{
    ag_cache_t        *c;
    ag_cache_item_t    item, found;
    ag_cache_place_t   place;

    (void) state;

    c = cache_of(BLOCKS);
    item = item_of(1, 1, 7, 10);
    item.expires_ms = NOW;

    assert_int_equal(ag_cache_begin(c, &item, PID, &place), AG_OK);
    ag_cache_commit(c, &place);
    assert_int_equal(ag_cache_find(c, item.key, NOW - 1, &found, &place),
                     AG_OK);
    assert_int_equal(ag_cache_find(c, item.key, NOW, &found, &place),
                     AG_NONE);
    assert_int_equal(ag_cache_find(c, item.key, NOW - 1, &found, &place),
                     AG_NONE);

    assert_int_equal(stat_of(c).expired, 1);
    assert_int_equal(stat_of(c).evicted, 0);
    assert_int_equal(stat_of(c).used, 0);
    sound(c);
    free(c);
}


static void
test_the_least_recently_used_goes(void **state)
{
    uint64_t     i;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(BLOCKS);

    for (i = 0; i < BLOCKS; i++) {
        assert_int_equal(put(c, i, 1, 7, 1), AG_OK);
    }

    assert_int_equal(get(c, 0, 1), AG_OK);
    assert_int_equal(get(c, 2, 1), AG_OK);
    assert_int_equal(put(c, 100, 1, 7, 2 * AG_CACHE_BLOCK), AG_OK);

    assert_true(is_there(c, 0));
    assert_false(is_there(c, 1));
    assert_true(is_there(c, 2));
    assert_false(is_there(c, 3));
    assert_true(is_there(c, 4));
    assert_int_equal(stat_of(c).evicted, 2);
    sound(c);
    free(c);
}


static void
test_what_is_written_keeps_its_room(void **state)
{
    size_t             i;
    ag_cache_t        *c;
    ag_cache_item_t    item;
    ag_cache_place_t   places[AG_CACHE_PART], place;

    (void) state;

    c = cache_of(BLOCKS);
    item = item_of(50, 1, 7, ALL + 1);
    assert_int_equal(ag_cache_begin(c, &item, PID, &place), AG_LIMIT);
    assert_int_equal(put(c, 60, 1, 9, 5), AG_OK);

    for (i = 0; i < AG_CACHE_PART; i++) {
        assert_int_equal(begin(c, i, 1, i % 2, ALL, &places[i]), AG_OK);
        sound(c);
    }

    assert_int_equal(put(c, 50, 1, 7, 1), AG_LIMIT);
    assert_int_equal(stat_of(c).used, BLOCKS);
    sound(c);

    ag_cache_commit(c, &places[3]);
    assert_int_equal(put(c, 50, 1, 7, 1), AG_OK);
    assert_false(is_there(c, 3));

    /* of the eight blocks, the one that is READY can go */

    assert_int_equal(begin(c, 51, 1, 7, ALL, &place), AG_OK);
    assert_false(is_there(c, 50));
    assert_int_equal(put(c, 52, 1, 7, 1), AG_LIMIT);
    ag_cache_abort(c, &place);

    for (i = 0; i < AG_CACHE_PART; i++) {
        ag_cache_commit(c, &places[i]);
    }

    for (i = 0; i < AG_CACHE_PART; i++) {
        assert_int_equal(get(c, i, 1), (i == 3) ? AG_NONE : AG_OK);
    }

    sound(c);
    free(c);
}


static void
test_it_is_purged_by_owner_and_model(void **state)
{
    size_t             removed;
    uint64_t           i, owner, model;
    uint32_t           cursor;
    ag_cache_t        *c;
    ag_cache_place_t   place;
    ag_cache_purge_t   what;

    (void) state;

    for (owner = 0; owner < 4; owner++) {
        for (model = 0; model < 4; model++) {
            c = cache_of(BLOCKS);

            for (i = 0; i < 48; i++) {
                assert_int_equal(put(c, i, 1, i % 4 + 1, 1), AG_OK);
            }

            assert_int_equal(begin(c, 99, 1, 1, 1, &place), AG_OK);

            what.owner = owner;
            what.model = model;
            cursor = 0;
            removed = 0;
            i = 0;

            do {
                removed += ag_cache_purge(c, &what, &cursor, 10);
                i++;
            } while (cursor != 0);

            assert_int_equal(i, 5);
            assert_int_equal(stat_of(c).entries, 48 - removed);

            for (i = 0; i < 48; i++) {
                assert_int_equal(is_there(c, i),
                                 (owner != 0 && owner != i % 4 + 1)
                                 || (model != 0
                                     && model != (i % 4 + 1) % 3 + 1));
            }

            sound(c);
            ag_cache_commit(c, &place);
            assert_int_equal(get(c, 99, 1), AG_OK);
            free(c);
        }
    }
}


static void
test_it_is_removed(void **state)
{
    ag_char_t    key[AG_CACHE_KEY];
    uint32_t     cursor;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(BLOCKS);
    key_of(key, 1);
    cursor = 0;

    assert_int_equal(ag_cache_purge(c, &(ag_cache_purge_t) { 0, 0 }, &cursor,
                                    1),
                     0);
    assert_int_equal(cursor, 0);

    assert_int_equal(ag_cache_remove(c, key), AG_NONE);
    assert_int_equal(put(c, 1, 1, 7, 5000), AG_OK);
    assert_int_equal(put(c, 2, 1, 7, 5000), AG_OK);
    assert_int_equal(ag_cache_remove(c, key), AG_OK);
    assert_int_equal(ag_cache_remove(c, key), AG_NONE);
    assert_int_equal(get(c, 2, 1), AG_OK);
    assert_int_equal(stat_of(c).used, 3);
    assert_int_equal(stat_of(c).evicted, 0);
    sound(c);
    free(c);
}


static void
test_what_the_dead_wrote_is_reaped(void **state)
{
    size_t             i;
    ag_cache_t        *c;
    ag_cache_item_t    item;
    ag_cache_place_t   places[6];

    (void) state;

    c = cache_of(BLOCKS);
    assert_int_equal(put(c, 9, 1, 7, 5), AG_OK);

    for (i = 0; i < 6; i++) {
        item = item_of(i, 1, 7, 4000);
        assert_int_equal(ag_cache_begin(c, &item, PID + i % 2, &places[i]),
                         AG_OK);
    }

    assert_int_equal(ag_cache_reap(c, is_dead), 3);
    assert_int_equal(ag_cache_reap(c, is_dead), 0);
    assert_int_equal(stat_of(c).used, 7);
    sound(c);

    /* one that was not dead after all hurts nobody */

    assert_int_equal(put(c, 20, 1, 7, 9000), AG_OK);

    for (i = 0; i < 6; i++) {
        ag_cache_write(c, &places[i], 100, "stray", 5);
        ag_cache_commit(c, &places[i]);
        assert_int_equal(is_there(c, i), i % 2);
    }

    assert_int_equal(get(c, 20, 1), AG_OK);
    assert_int_equal(get(c, 9, 1), AG_OK);
    assert_int_equal(stat_of(c).entries, 5);
    sound(c);
    free(c);
}


/* Ten times over, of all sizes. */
static void
test_what_fits_finds_room(void **state)
{
    uint32_t     len;
    uint64_t     seed, number, written;
    ag_cache_t  *c;

    (void) state;

    c = cache_of(500);
    seed = 1;
    number = 0;

    for (written = 0; written < 5000; written += ag_cache_blocks(len)) {
        len = (uint32_t) draw(&seed, 500 / AG_CACHE_PART * AG_CACHE_BLOCK
                                     - 199) + 200;
        len >>= draw(&seed, 9);
        len += (len == 0);

        number++;
        assert_int_equal(put(c, number, number, draw(&seed, 9), len), AG_OK);
        assert_int_equal(get(c, number, number), AG_OK);
        assert_true(stat_of(c).used <= 500);
        sound(c);
    }

    assert_true(stat_of(c).used > 400);
    assert_true(stat_of(c).evicted > 100);
    free(c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_size_and_init_agree),
        cmocka_unit_test(test_an_answer_is_found_as_it_was_written),
        cmocka_unit_test(test_it_is_not_there_before_it_is_written),
        cmocka_unit_test(test_a_place_is_good_once),
        cmocka_unit_test(test_it_expires),
        cmocka_unit_test(test_the_least_recently_used_goes),
        cmocka_unit_test(test_what_is_written_keeps_its_room),
        cmocka_unit_test(test_it_is_purged_by_owner_and_model),
        cmocka_unit_test(test_it_is_removed),
        cmocka_unit_test(test_what_the_dead_wrote_is_reaped),
        cmocka_unit_test(test_what_fits_finds_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
