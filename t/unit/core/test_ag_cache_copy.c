/*
 * Copyright (C) ngx_agent authors
 *
 * Who copies without the lock: what it is told is right is, byte by byte,
 * whatever another process does meanwhile.
 */


#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"
#include "stepped.h"


#define BLOCKS   40
#define LEN_MAX  (BLOCKS / AG_CACHE_PART * AG_CACHE_BLOCK)
#define LEN      300                        /* copied in a few instructions */
#define NUMBERS  6
#define COPIES   6000                       /* that were told to be right */


typedef struct {
    unsigned     lock;
    unsigned     stop;
} shared_t;


typedef struct {
    ag_cache_t        *c;                   /* shared */
    ag_cache_place_t   place;
} reader_t;


static void lock(shared_t *shared);
static void unlock(shared_t *shared);
static void write_over_and_over(ag_cache_t *c, shared_t *shared);
static unsigned copy_one(ag_cache_t *c, shared_t *shared, uint64_t number);
static int copy_as_told(void *data);
static int overwrite_after(size_t steps);


static void
lock(shared_t *shared)
{
    while (__atomic_exchange_n(&shared->lock, 1, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
}


static void
unlock(shared_t *shared)
{
    __atomic_store_n(&shared->lock, 0, __ATOMIC_RELEASE);
}


/* The child's. */
static void
write_over_and_over(ag_cache_t *c, shared_t *shared)
{
    int                rc;
    uint64_t           seed, version;
    ag_char_t          bytes[LEN_MAX], key[AG_CACHE_KEY];
    ag_cache_item_t    item;
    ag_cache_place_t   place;

    seed = 1;

    for (version = 1;
         !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
         version++)
    {
        item = item_of(draw(&seed, NUMBERS), version, draw(&seed, 3),
                       LEN_MAX - (uint32_t) draw(&seed, 3000));
        memcpy(key, item.key, sizeof(key));

        lock(shared);
        rc = ag_cache_begin(c, &item, PID, &place);
        unlock(shared);

        if (rc != AG_OK) {
            _exit(1);
        }

        /* its number is known by its key only: the version is enough */

        fill(bytes, item.len, 0, version);
        ag_cache_write(c, &place, 0, bytes, item.len / 3);
        ag_cache_write(c, &place, item.len / 3, bytes + item.len / 3,
                       item.len - item.len / 3);

        lock(shared);

        if (draw(&seed, 8) == 0) {
            ag_cache_abort(c, &place);
            ag_cache_remove(c, key);

        } else {
            ag_cache_commit(c, &place);
        }

        unlock(shared);
    }

    _exit(0);
}


/* 1: it was right; 0: it was not there, or changed. */
static unsigned
copy_one(ag_cache_t *c, shared_t *shared, uint64_t number)
{
    int                rc;
    ag_char_t          bytes[LEN_MAX], key[AG_CACHE_KEY];
    ag_cache_item_t    item;
    ag_cache_place_t   place;

    key_of(key, number);

    lock(shared);
    rc = ag_cache_find(c, key, NOW, &item, &place);
    unlock(shared);

    if (rc != AG_OK || ag_cache_copy(c, &place, bytes, item.len) != AG_OK) {
        return 0;
    }

    assert_memory_equal(item.key, key, sizeof(key));
    assert_true(is_filled(bytes, item.len, 0, item.stored_ms));

    return 1;
}


/* 0: what was copied is right; 1: it is said not to be; 2: neither. */
static int
copy_as_told(void *data)
{
    reader_t   *reader;
    ag_char_t   bytes[LEN];

    reader = data;

    if (ag_cache_copy(reader->c, &reader->place, bytes, LEN) != AG_OK) {
        return 1;
    }

    return is_filled(bytes, LEN, 1, 1) ? 0 : 2;
}


/* Overwrites an answer after so many instructions of its reader; what the
 * reader says, or -1: it was at its end already. */
static int
overwrite_after(size_t steps)
{
    int                 rc;
    pid_t               pid;
    size_t              size, i;
    reader_t            reader;
    ag_char_t           key[AG_CACHE_KEY];
    ag_cache_item_t     item;
    volatile unsigned  *done;

    size = ag_cache_size(BLOCKS);
    reader.c = shared_memory(size);
    done = shared_memory(sizeof(*done));
    ag_cache_init(reader.c, size);

    key_of(key, 1);
    assert_int_equal(put(reader.c, 1, 1, 7, LEN), AG_OK);
    assert_int_equal(ag_cache_find(reader.c, key, NOW, &item, &reader.place),
                     AG_OK);

    pid = stepped_start(copy_as_told, &reader, done);
    assert_int_equal(waitpid(pid, &rc, 0), pid);

    for (i = 0, rc = -1; i < steps && rc == -1 && !*done; i++) {
        rc = stepped_go(pid, 0);
    }

    steps = *done;
    assert_int_equal(ag_cache_remove(reader.c, key), AG_OK);
    assert_int_equal(put(reader.c, 1, 2, 7, LEN), AG_OK);

    while (rc == -1) {
        rc = stepped_go(pid, 1);
    }

    munmap(reader.c, size);
    munmap((void *) done, sizeof(*done));

    return steps ? -1 : rc;
}


static void
test_another_process_writes_meanwhile(void **state)
{
    int          status;
    size_t       size, copies;
    uint64_t     number;
    pid_t        pid;
    shared_t    *shared;
    ag_cache_t  *c;

    (void) state;

    size = ag_cache_size(BLOCKS);
    c = shared_memory(size);
    shared = shared_memory(sizeof(*shared));
    assert_ptr_equal(ag_cache_init(c, size), c);

    pid = fork();

    if (pid == 0) {
        write_over_and_over(c, shared);
    }

    copies = 0;

    for (number = 0; copies < COPIES; number++) {

        if (copy_one(c, shared, number % NUMBERS)) {
            copies++;
            continue;
        }

        sched_yield();
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    }

    __atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);

    assert_null(ag_cache_check(c));
    munmap(c, size);
    munmap(shared, sizeof(*shared));
}


/* The same, at moments that are chosen. */
static void
test_it_is_overwritten_at_any_instruction(void **state)
{
    int     rc;
    size_t  steps, found[2];

    (void) state;

    if (!stepped_may()) {
        skip();
    }

    found[0] = 0;
    found[1] = 0;

    for (steps = 1; found[0] < 3; steps += 17) {
        rc = overwrite_after(steps);
        assert_in_range(rc, 0, 1);
        found[rc]++;
    }

    assert_true(found[1] > 5);
}


static void
test_what_was_overwritten_is_noticed(void **state)
{
    unsigned           i;
    ag_char_t          bytes[LEN_MAX], key[AG_CACHE_KEY];
    ag_cache_t        *c;
    ag_cache_item_t    item;
    ag_cache_place_t   place;

    (void) state;

    for (i = 0; i < 4; i++) {
        c = cache_of(BLOCKS);
        assert_int_equal(put(c, 1, 1, 7, LEN_MAX), AG_OK);
        key_of(key, 1);
        assert_int_equal(ag_cache_find(c, key, NOW, &item, &place), AG_OK);
        assert_int_equal(ag_cache_copy(c, &place, bytes, LEN_MAX), AG_OK);

        switch (i) {

        case 0:
            assert_int_equal(ag_cache_remove(c, key), AG_OK);
            break;

        case 1:
            assert_int_equal(put(c, 1, 2, 7, 10), AG_OK);
            break;

        case 2:
            assert_int_equal(ag_cache_remove(c, key), AG_OK);
            assert_int_equal(put(c, 1, 1, 7, LEN_MAX), AG_OK);
            break;

        default:
            ag_cache_mend(c);
            assert_int_equal(ag_cache_copy(c, &place, bytes, LEN_MAX), AG_OK);
            ag_cache_find(c, key, FOREVER, &item, &place);
            break;
        }

        assert_int_equal(ag_cache_copy(c, &place, bytes, LEN_MAX), AG_AGAIN);
        free(c);
    }
}


/* The memory is of its exact size: what reads or writes past it is seen. */
static void
test_links_are_not_believed(void **state)
{
    uint32_t           i, block, links[5];
    ag_char_t          bytes[LEN_MAX], key[AG_CACHE_KEY];
    ag_cache_t        *c;
    ag_cache_item_t    item;
    ag_cache_place_t   place, wrong;

    (void) state;

    links[0] = 0;
    links[1] = BLOCKS - 1;
    links[2] = BLOCKS;
    links[3] = UINT32_MAX - 1;
    links[4] = AG_CACHE_NOWHERE;

    c = cache_of(BLOCKS);
    assert_int_equal(put(c, 1, 1, 7, LEN_MAX), AG_OK);
    key_of(key, 1);
    assert_int_equal(ag_cache_find(c, key, NOW, &item, &place), AG_OK);

    for (i = 0; i < 5; i++) {
        for (block = 0; block < BLOCKS; block++) {
            ag_cache_set_next(c, block, (block == 1 || block == BLOCKS - 1)
                                        ? links[i] : block + 1);
        }

        assert_int_equal(ag_cache_copy(c, &place, bytes, LEN_MAX),
                         (i < 2) ? AG_OK : AG_AGAIN);
        ag_cache_write(c, &place, 0, bytes, LEN_MAX);
        ag_cache_write(c, &place, LEN_MAX - 1, bytes, 1);

        wrong = place;
        wrong.first = links[i];
        assert_int_equal(ag_cache_copy(c, &wrong, bytes, 1),
                         (i < 2) ? AG_OK : AG_AGAIN);
        ag_cache_write(c, &wrong, 0, bytes, 1);

        wrong = place;
        wrong.entry = links[i];
        wrong.sequence = (i < 2) ? 77 : 1;
        assert_int_equal(ag_cache_copy(c, &wrong, bytes, 1), AG_AGAIN);
        ag_cache_write(c, &wrong, 0, bytes, 1);
    }

    /* a ring: as far as the answer is long */

    for (block = 0; block < BLOCKS; block++) {
        ag_cache_set_next(c, block, block);
    }

    assert_int_equal(ag_cache_copy(c, &place, bytes, LEN_MAX), AG_OK);
    ag_cache_write(c, &place, 0, bytes, LEN_MAX);
    free(c);
}


/* What one wrote can be copied before it is committed, and behind. */
static void
test_a_writer_reads_its_own(void **state)
{
    size_t             from, len;
    ag_char_t          bytes[LEN_MAX], copy[LEN_MAX];
    ag_cache_t        *c;
    ag_cache_place_t   place;

    (void) state;

    c = cache_of(BLOCKS);
    fill(bytes, LEN_MAX, 1, 1);

    for (from = 0; from < LEN_MAX; from += 509) {
        for (len = 1; from + len <= LEN_MAX; len += 1021) {
            assert_int_equal(begin(c, 1, 1, 7, LEN_MAX, &place), AG_OK);
            fill(bytes, LEN_MAX, 1, 1);
            fill(bytes + from, len, 2, 2);
            ag_cache_write(c, &place, from, bytes + from, len);
            assert_int_equal(ag_cache_copy(c, &place, copy, LEN_MAX), AG_OK);
            assert_memory_equal(copy, bytes, LEN_MAX);
            ag_cache_abort(c, &place);
        }
    }

    assert_int_equal(begin(c, 1, 1, 7, 100, &place), AG_OK);
    ag_cache_commit(c, &place);
    assert_int_equal(ag_cache_copy(c, &place, copy, 100), AG_OK);
    assert_int_equal(get(c, 1, 1), AG_OK);
    free(c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_another_process_writes_meanwhile),
        cmocka_unit_test(test_it_is_overwritten_at_any_instruction),
        cmocka_unit_test(test_what_was_overwritten_is_noticed),
        cmocka_unit_test(test_links_are_not_believed),
        cmocka_unit_test(test_a_writer_reads_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
