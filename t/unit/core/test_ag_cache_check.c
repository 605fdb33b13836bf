/*
 * Copyright (C) ngx_agent authors
 *
 * The check itself: a cache with one thing wrong is not let pass.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"


#define BLOCKS  64


static ag_cache_t *cache_in_use(ag_cache_place_t *place);
static void break_it(ag_cache_t *c, unsigned what, uint32_t written);
static unsigned break_lists(ag_cache_t *c, unsigned what, uint32_t written);


/* Entries 0 to 9, of which 2 is free; 10 is being written. */
static ag_cache_t *
cache_in_use(ag_cache_place_t *place)
{
    uint64_t     i;
    ag_char_t    key[AG_CACHE_KEY];
    ag_cache_t  *c;

    c = cache_of(BLOCKS);

    for (i = 0; i < 10; i++) {
        assert_int_equal(put(c, i, 1, i % 3, 4000), AG_OK);
    }

    assert_int_equal(begin(c, 10, 1, 5, 5000, place), AG_OK);
    key_of(key, 2);
    assert_int_equal(ag_cache_remove(c, key), AG_OK);

    return c;
}


static void
break_it(ag_cache_t *c, unsigned what, uint32_t written)
{
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, 4);

    switch (what) {

    case 0:
        c->used++;
        break;

    case 1:
        c->entries--;
        break;

    case 2:
        c->owners++;
        break;

    case 3:
        c->reserved = 0;
        break;

    case 4:
        entry->state = 7;
        break;

    case 5:
        entry->count++;
        break;

    case 6:
        entry->first = ag_cache_entry(c, 5)->first;
        break;

    case 7:
        entry->last = entry->first;
        break;

    case 8:
        ag_cache_set_next(c, entry->last, 40);
        break;

    case 9:
        ag_cache_set_next(c, entry->first, BLOCKS);
        break;

    case 10:
        entry->owner++;
        break;

    case 11:
        entry->row = c->at.row_count - 1;
        break;

    case 12:
        entry->key[0] ^= 1;
        break;

    case 13:
        entry->sequence = 0;
        break;

    case 14:
        c->fresh_block = BLOCKS + 1;
        break;

    default:
        assert_true(break_lists(c, what, written));
        break;
    }
}


static unsigned
break_lists(ag_cache_t *c, unsigned what, uint32_t written)
{
    uint32_t          *heap, swap;
    ag_cache_entry_t  *entry;

    entry = ag_cache_entry(c, 4);
    heap = ag_cache_heap(c);

    switch (what) {

    case 15:
        *ag_cache_bucket(c, entry->key) = AG_CACHE_NOWHERE;
        break;

    case 16:
        entry->next = 4;
        break;

    case 17:
        entry->stamp = 0;
        break;

    case 18:
        entry->newer = 1;
        break;

    case 19:
        ag_cache_row(c, entry->row)->oldest = 4;
        break;

    case 20:
        ag_cache_row(c, entry->row)->newest = 4;
        break;

    case 21:
        ag_cache_row(c, entry->row)->blocks++;
        break;

    case 22:
        swap = heap[0];
        heap[0] = heap[2];
        heap[2] = swap;
        break;

    case 23:
        swap = heap[0];
        heap[0] = heap[3];
        heap[3] = swap;
        ag_cache_row(c, heap[0])->place = 0;
        ag_cache_row(c, swap)->place = 3;
        break;

    case 24:
        c->heap_count--;
        break;

    case 25:
        *ag_cache_home(c, 1) = AG_CACHE_NOWHERE;
        break;

    case 26:
        c->writing = AG_CACHE_NOWHERE;
        break;

    case 27:
        ag_cache_entry(c, written)->older = written;
        break;

    case 28:
        c->free_entry = AG_CACHE_NOWHERE;
        break;

    case 29:
        c->free_entry = 4;
        break;

    case 30:
        c->free_block = ag_cache_next(c, c->free_block);
        break;

    case 31:
        c->free_block = entry->first;
        break;

    case 32:
        ag_cache_set_next(c, c->free_block, c->free_block);
        break;

    case 33:
        c->free_last = entry->first;
        break;

    default:
        return 0;
    }

    return 1;
}


static void
test_it_finds_what_is_wrong(void **state)
{
    unsigned           what;
    ag_cache_t        *c;
    ag_cache_place_t   place;

    (void) state;

    for (what = 0; what <= 33; what++) {
        c = cache_in_use(&place);
        assert_null(ag_cache_check(c));

        break_it(c, what, place.entry);

        if (ag_cache_check(c) == NULL) {
            fail_msg("%u was not found", what);
        }

        free(c);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_it_finds_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
