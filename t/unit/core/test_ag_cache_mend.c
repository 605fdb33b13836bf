/*
 * Copyright (C) ngx_agent authors
 *
 * Killed between any two instructions.  A child changes a cache that it shares
 * with us, one instruction at a time; whenever it has stored something, a copy
 * of the memory as it is then is mended.  Every answer must be there that is
 * there if nobody is killed, with its bytes, and the cache must be sound and
 * go on.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"
#include "stepped.h"


#define BLOCKS   24
#define NUMBERS  40                         /* answers are of these */


typedef struct world_s  world_t;

typedef void (*change_pt)(world_t *world);


struct world_s {
    ag_cache_t        *c;                   /* shared with the child */
    ag_cache_t        *before;
    ag_cache_t        *last;                /* as it was at the last stop */
    ag_cache_t        *copy;
    size_t             size;
    volatile unsigned *done;                /* shared, too */
    change_pt          change;
    size_t             stores;              /* after which it was mended */
    ag_cache_place_t   place;               /* of what is being written: 4 */
    ag_cache_place_t   other;               /* by another process: 31 */
    unsigned           stays[NUMBERS];      /* before and after */
};


static void world_of(world_t *world, unsigned full);
static void world_end(world_t *world);
static void kill_everywhere(change_pt change, unsigned full, size_t least);
static void step_through(world_t *world);
static int run(void *data);
static void look(world_t *world);
static void look_at_sequences(const world_t *world);
static unsigned is_dead(uint64_t pid);
static void begin_of(world_t *world, uint32_t blocks);
static void change_begin(world_t *world);
static void change_begin_large(world_t *world);
static void change_commit(world_t *world);
static void change_abort(world_t *world);
static void change_remove(world_t *world);
static void change_find(world_t *world);
static void change_purge(world_t *world);
static void change_mend(world_t *world);


/*
 * Answers of some owners, two blocks each as a rule; 5 lies in blocks that
 * were its own and others' before, and 9 in those that entry 6, which is free,
 * still tells of.  A full one has answers of one block besides.
 */
static void
world_of(world_t *world, unsigned full)
{
    uint64_t   i;
    ag_char_t  key[AG_CACHE_KEY];

    memset(world, 0, sizeof(*world));
    world->size = ag_cache_size(BLOCKS);
    world->c = shared_memory(world->size);
    world->done = shared_memory(sizeof(*world->done));
    assert_ptr_equal(ag_cache_init(world->c, world->size), world->c);

    for (i = 0; i < 8; i++) {
        assert_int_equal(put(world->c, i, 1, i % 3, 3000), AG_OK);
    }

    key_of(key, 5);
    assert_int_equal(ag_cache_remove(world->c, key), AG_OK);
    assert_int_equal(put(world->c, 8, 1, 4, 1), AG_OK);
    assert_int_equal(put(world->c, 5, 1, 1, 2500), AG_OK);
    assert_int_equal(get(world->c, 2, 1), AG_OK);

    assert_int_equal(begin(world->c, 4, 2, 1, 5000, &world->place), AG_OK);
    assert_int_equal(begin(world->c, 31, 2, 5, 2000, &world->other), AG_OK);
    ag_cache_entry(world->c, world->other.entry)->pid = PID + 1;

    key_of(key, 6);
    assert_int_equal(ag_cache_remove(world->c, key), AG_OK);
    key_of(key, 7);
    assert_int_equal(ag_cache_remove(world->c, key), AG_OK);
    assert_int_equal(put(world->c, 9, 1, 3, 3000), AG_OK);
    assert_int_equal(ag_cache_entry(world->c, world->c->free_entry)->first,
                     ag_cache_entry(world->c, 7)->first);

    for (i = 10; full && stat_of(world->c).used < BLOCKS; i++) {
        assert_int_equal(put(world->c, i, 1, 6, 1), AG_OK);
    }

    world->before = memory_of(world->size);
    world->last = memory_of(world->size);
    world->copy = memory_of(world->size);
    memcpy(world->before, world->c, world->size);
    memcpy(world->last, world->c, world->size);
}


static void
world_end(world_t *world)
{
    munmap(world->c, world->size);
    munmap((void *) world->done, sizeof(*world->done));
    free(world->before);
    free(world->last);
    free(world->copy);
}


/* "least" is how many stores there are at least. */
static void
kill_everywhere(change_pt change, unsigned full, size_t least)
{
    size_t       i;
    world_t      world;
    ag_cache_t  *c;

    if (!stepped_may()) {
        skip();
    }

    world_of(&world, full);
    world.change = change;

    /* what becomes of it if nobody is killed */

    c = world.c;
    memcpy(world.copy, c, world.size);
    world.c = world.copy;
    change(&world);
    assert_null(ag_cache_check(world.copy));

    for (i = 0; i < NUMBERS; i++) {
        world.stays[i] = get(world.before, i, 1) == AG_OK
                         && get(world.copy, i, 1) == AG_OK;
    }

    world.c = c;
    look(&world);
    step_through(&world);

    if (world.stores < least) {
        fail_msg("%zu stores, not %zu", world.stores, least);
    }

    world_end(&world);
}


static void
step_through(world_t *world)
{
    int    rc;
    pid_t  pid;

    pid = stepped_start(run, world, world->done);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &rc, 0), pid);

    do {
        rc = stepped_go(pid, *world->done);

        /* before the blocks' own bytes: they do not change under the lock */

        if (memcmp(world->last, world->c, (size_t) world->before->at.data)
            != 0)
        {
            memcpy(world->last, world->c, world->size);
            world->stores++;
            look(world);
        }

    } while (rc == -1);

    assert_int_equal(rc, 0);
    assert_null(ag_cache_check(world->c));
}


static int
run(void *data)
{
    world_t  *world;

    world = data;
    world->change(world);

    return 0;
}


/* Mends the memory as it was when the child stored something. */
static void
look(world_t *world)
{
    uint64_t           i;
    ag_cache_t        *c;
    const char        *wrong;

    c = world->copy;
    memcpy(c, world->last, world->size);
    ag_cache_mend(c);

    wrong = ag_cache_check(c);
    if (wrong != NULL) {
        fail_msg("store %zu: %s", world->stores, wrong);
    }

    look_at_sequences(world);

    for (i = 0; i < NUMBERS; i++) {

        if (world->stays[i] && get(c, i, 1) != AG_OK) {
            fail_msg("store %zu: answer %u is lost", world->stores,
                     (unsigned) i);
        }
    }

    /* another's writing is its own still, the dead one's is reaped */

    ag_cache_commit(c, &world->other);

    if (get(c, 31, 2) != AG_OK) {
        fail_msg("store %zu: what is being written", world->stores);
    }

    ag_cache_reap(c, is_dead);
    assert_int_equal(c->reserved, 0);

    for (i = 100; i < 100 + 2 * AG_CACHE_PART; i++) {
        assert_int_equal(put(c, i, 1, i, 3 * AG_CACHE_BLOCK), AG_OK);
        assert_int_equal(get(c, i, 1), AG_OK);
    }

    assert_null(ag_cache_check(c));
}


/* They never go back; that of an entry that was given up goes on. */
static void
look_at_sequences(const world_t *world)
{
    uint32_t           e;
    ag_cache_entry_t  *before, *after;

    for (e = 0; e < world->before->fresh_entry; e++) {
        before = ag_cache_entry(world->before, e);
        after = ag_cache_entry(world->copy, e);

        assert_true(after->sequence >= before->sequence);

        if (memcmp(before->key, after->key, AG_CACHE_KEY) != 0
            || after->state == AG_CACHE_FREE)
        {
            assert_true(after->sequence > before->sequence
                        || before->state == AG_CACHE_FREE);
        }
    }
}


static unsigned
is_dead(uint64_t pid)
{
    return pid == PID;
}


static void
begin_of(world_t *world, uint32_t blocks)
{
    ag_cache_item_t   item;
    ag_cache_place_t  place;

    item = item_of(32, 2, 2, blocks * AG_CACHE_BLOCK);

    if (ag_cache_begin(world->c, &item, PID, &place) != AG_OK) {
        _exit(2);
    }
}


static void
change_begin(world_t *world)
{
    begin_of(world, 2);
}


static void
change_begin_large(world_t *world)
{
    begin_of(world, 3);
}


/* In the place of an older one. */
static void
change_commit(world_t *world)
{
    ag_cache_commit(world->c, &world->place);
}


static void
change_abort(world_t *world)
{
    ag_cache_abort(world->c, &world->place);
}


static void
change_remove(world_t *world)
{
    ag_char_t  key[AG_CACHE_KEY];

    key_of(key, 5);
    ag_cache_remove(world->c, key);
}


static void
change_find(world_t *world)
{
    ag_char_t         key[AG_CACHE_KEY];
    ag_cache_item_t   item;
    ag_cache_place_t  place;

    key_of(key, 4);
    ag_cache_find(world->c, key, NOW, &item, &place);
}


static void
change_purge(world_t *world)
{
    uint32_t          cursor;
    ag_cache_purge_t  what;

    cursor = 0;
    what.owner = 1;
    what.model = 0;
    ag_cache_purge(world->c, &what, &cursor, BLOCKS);
}


static void
change_mend(world_t *world)
{
    ag_cache_mend(world->c);
}


static void
test_killed_in_begin(void **state)
{
    (void) state;
    kill_everywhere(change_begin, 0, 20);
}


static void
test_killed_in_begin_that_evicts(void **state)
{
    (void) state;
    kill_everywhere(change_begin_large, 1, 45);
}


static void
test_killed_in_commit(void **state)
{
    (void) state;
    kill_everywhere(change_commit, 0, 20);
}


static void
test_killed_in_abort(void **state)
{
    (void) state;
    kill_everywhere(change_abort, 0, 8);
}


static void
test_killed_in_remove(void **state)
{
    (void) state;
    kill_everywhere(change_remove, 1, 10);
}


static void
test_killed_in_find(void **state)
{
    (void) state;
    kill_everywhere(change_find, 0, 5);
}


static void
test_killed_in_purge(void **state)
{
    (void) state;
    kill_everywhere(change_purge, 0, 30);
}


static void
test_killed_in_mend(void **state)
{
    (void) state;
    kill_everywhere(change_mend, 0, 100);
}


/* What no order of stores leaves behind is given up, too. */
static void
test_what_is_not_whole_is_given_up(void **state)
{
    unsigned           i;
    world_t            world;
    uint64_t           sequence;
    ag_cache_t        *c;
    ag_cache_entry_t  *entry, *other;

    (void) state;

    for (i = 0; i < 6; i++) {
        world_of(&world, 0);
        c = world.c;
        entry = ag_cache_entry(c, 3);
        other = ag_cache_entry(c, 4);
        sequence = entry->sequence;

        switch (i) {

        case 0:
            ag_cache_set_next(c, entry->first, entry->first);
            break;

        case 1:
            ag_cache_set_next(c, entry->last, other->first);
            break;

        case 2:
            ag_cache_set_next(c, entry->first, 1000);
            break;

        case 3:
            entry->first = c->fresh_block;
            break;

        case 4:
            entry->len = 100;
            break;

        default:                            /* the older of two of one key */
            memcpy(entry->key, other->key, AG_CACHE_KEY);
            break;
        }

        ag_cache_mend(c);
        assert_null(ag_cache_check(c));
        assert_int_equal(entry->state, AG_CACHE_FREE);
        assert_true(entry->sequence > sequence);
        assert_int_equal(get(c, 3, 1), AG_NONE);
        assert_int_equal(get(c, 4, 1), AG_OK);
        assert_int_equal(get(c, 5, 1), AG_OK);
        assert_int_equal(stat_of(c).entries, 7);
        world_end(&world);
    }
}


static void
test_a_block_of_two_stays_the_first_ones(void **state)
{
    world_t            world;
    ag_cache_t        *c;
    ag_cache_entry_t  *entry;

    (void) state;

    world_of(&world, 0);
    c = world.c;
    entry = ag_cache_entry(c, 4);
    entry->first = ag_cache_entry(c, 3)->first;

    ag_cache_mend(c);
    assert_null(ag_cache_check(c));
    assert_int_equal(get(c, 3, 1), AG_OK);
    assert_int_equal(get(c, 4, 1), AG_NONE);
    world_end(&world);
}


/* And the order in which they were used. */
static void
test_nothing_is_changed_that_is_whole(void **state)
{
    uint64_t          i, seed;
    ag_cache_t       *c;
    ag_cache_stat_t   before, after;

    (void) state;

    c = cache_of(300);
    seed = 5;

    for (i = 0; i < 700; i++) {
        assert_int_equal(put(c, i, 1, draw(&seed, 3),
                             (uint32_t) draw(&seed, 9000) + 1),
                         AG_OK);
        get(c, draw(&seed, i + 1), 1);
    }

    for (i = 0; i < 300; i++) {
        before = stat_of(c);
        ag_cache_mend(c);
        after = stat_of(c);
        assert_memory_equal(&before, &after, sizeof(before));
        assert_null(ag_cache_check(c));
    }

    /* free blocks are in their order again */

    ag_cache_mend(c);

    for (i = c->free_block; i != AG_CACHE_NOWHERE; ) {
        seed = i;
        i = ag_cache_next(c, (uint32_t) i);
        assert_true(i > seed);
    }

    free(c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_killed_in_begin),
        cmocka_unit_test(test_killed_in_begin_that_evicts),
        cmocka_unit_test(test_killed_in_commit),
        cmocka_unit_test(test_killed_in_abort),
        cmocka_unit_test(test_killed_in_remove),
        cmocka_unit_test(test_killed_in_find),
        cmocka_unit_test(test_killed_in_purge),
        cmocka_unit_test(test_killed_in_mend),
        cmocka_unit_test(test_what_is_not_whole_is_given_up),
        cmocka_unit_test(test_a_block_of_two_stays_the_first_ones),
        cmocka_unit_test(test_nothing_is_changed_that_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
