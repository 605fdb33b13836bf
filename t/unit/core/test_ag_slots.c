/*
 * Copyright (C) ngx_agent authors
 *
 * Classes of memory: every size has the smallest class that holds it, and
 * little is wasted.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_slots.h"


static void
a_size_has_the_smallest_class_that_holds_it(void **state)
{
    size_t    size;
    unsigned  class;

    (void) state;

    for (size = 0; size <= AG_SLOTS_SIZE_MAX; size++) {
        class = ag_slots_class(size);

        assert_true(class < AG_SLOTS_CLASSES);
        assert_true(ag_slots_size(class) >= size);

        if (class > 0) {
            assert_true(ag_slots_size(class - 1) < size);
        }
    }
}


static void
the_first_and_the_last(void **state)
{
    (void) state;

    assert_int_equal(ag_slots_size(0), AG_SLOTS_SIZE_MIN);
    assert_int_equal(ag_slots_size(AG_SLOTS_CLASSES - 1), AG_SLOTS_SIZE_MAX);
    assert_int_equal(ag_slots_class(0), 0);
    assert_int_equal(ag_slots_class(AG_SLOTS_SIZE_MAX + 1), AG_SLOTS_CLASSES);
    assert_int_equal(ag_slots_class(SIZE_MAX), AG_SLOTS_CLASSES);
}


static void
classes_are_at_most_a_quarter_apart_and_aligned(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < AG_SLOTS_CLASSES; i++) {
        assert_int_equal(ag_slots_size(i) % 16, 0);
    }

    for (i = 1; i < AG_SLOTS_CLASSES; i++) {
        assert_true(ag_slots_size(i) > ag_slots_size(i - 1));
        assert_true(ag_slots_size(i) * 4 <= ag_slots_size(i - 1) * 5);
    }
}


static void
a_run_is_pages_and_wastes_little(void **state)
{
    size_t    page, run, size;
    unsigned  i;

    (void) state;

    for (page = 4096; page <= 65536; page *= 2) {
        for (i = 0; i < AG_SLOTS_CLASSES; i++) {
            run = ag_slots_run(i, page);
            size = ag_slots_size(i);

            assert_true(run >= size);
            assert_int_equal(run % page, 0);
            assert_true(run % size * 32 <= run);

            if (page == 4096) {
                assert_true(run <= 8 * page || run == size);
            }
        }
    }
}


/* What README's arithmetic says of the common entries, of 56 bytes of head. */
static void
what_common_entries_take(void **state)
{
    size_t    size, run, i;
    unsigned  class;

    static const struct {
        size_t  bytes;
        size_t  most;
    } entries[] = {
        { 56 + 56,              114 },      /* a session */
        { 56 + 56 + 80,         196 },      /* requests=10 */
        { 56 + 56 + 4800,      5120 },      /* requests=600 */
        { 56 + 4872,           5120 },      /* tokens */
        { 56 + 56 + 131072,  163840 },      /* requests=16384 */
    };

    (void) state;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        class = ag_slots_class(entries[i].bytes);
        size = ag_slots_size(class);
        run = ag_slots_run(class, 4096);

        assert_in_range((run + run / size - 1) / (run / size),
                        entries[i].bytes, entries[i].most);
    }
}


static void
buckets_are_a_power_of_two_about_one_for_512_bytes(void **state)
{
    size_t  zone, n;

    (void) state;

    for (zone = 256 * 1024; zone < 1024 * 1024 * 1024; zone += zone / 7) {
        n = ag_slots_buckets(zone);

        assert_int_equal(n & (n - 1), 0);
        assert_in_range(zone / n, 384, 768);
    }

    assert_int_equal(ag_slots_buckets(0), AG_SLOTS_BUCKETS_MIN);
    assert_int_equal(ag_slots_buckets(32 * 1024 * 1024), 65536);
}


static void
a_part_of_the_zone_is_left_to_others(void **state)
{
    (void) state;

    assert_int_equal(ag_slots_reserve(0), 65536);
    assert_int_equal(ag_slots_reserve(1024 * 1024), 65536);
    assert_int_equal(ag_slots_reserve(32 * 1024 * 1024), 2 * 1024 * 1024);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_has_the_smallest_class_that_holds_it),
        cmocka_unit_test(the_first_and_the_last),
        cmocka_unit_test(classes_are_at_most_a_quarter_apart_and_aligned),
        cmocka_unit_test(a_run_is_pages_and_wastes_little),
        cmocka_unit_test(what_common_entries_take),
        cmocka_unit_test(
            buckets_are_a_power_of_two_about_one_for_512_bytes),
        cmocka_unit_test(a_part_of_the_zone_is_left_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
