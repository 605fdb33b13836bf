/*
 * Copyright (C) ngx_agent authors
 *
 * Single flight, step by step: who leads, who is told, and when it is over.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_flight.h"


#define ROWS  4


static ag_flights_t         *flights;
static ag_flight_workers_t   told;


static int
setup(void **state)
{
    void    *memory;
    size_t   size;

    (void) state;

    memory = NULL;
    size = ag_flight_size(ROWS);

    assert_int_equal(posix_memalign(&memory, 64, size), 0);

    /* it need not be zeroed */

    memset(memory, 0xa5, size);
    memset(&told, 0xa5, sizeof(told));

    flights = ag_flight_init(memory, ROWS);

    return (void *) flights == memory ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    assert_null(ag_flight_check(flights));
    free(flights);

    return 0;
}


/* The process of worker 7 is 1007. */
static ag_flight_part_t
join(unsigned key, unsigned worker, ag_flight_t *flight)
{
    ag_char_t  bytes[AG_FLIGHT_KEY];

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = (ag_char_t) key;
    bytes[31] = (ag_char_t) (key >> 8);

    return ag_flight_join(flights, bytes, worker, 1000 + worker, flight);
}


static ag_flight_part_t
take_over(ag_flight_t *flight, unsigned worker)
{
    return ag_flight_take_over(flights, flight, worker, 1000 + worker);
}


static ag_flight_state_t
look(const ag_flight_t *flight)
{
    return ag_flight_look(flights, flight, NULL);
}


static void
lead_fails(const ag_flight_t *flight, unsigned error, unsigned shared)
{
    ag_flight_failure_t  failure;

    memset(&failure, 0, sizeof(failure));
    failure.error = error;
    failure.status = 400 + error;
    failure.shared = shared & 1;
    failure.len = 3;
    memcpy(failure.message, "bad", 3);

    ag_flight_fail(flights, flight, &failure, &told);
}


static unsigned
is_told(unsigned worker)
{
    return (told.bits[worker / 64] >> worker % 64) & 1;
}


static unsigned
told_count(void)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < AG_FLIGHT_WORKERS; i++) {
        n += is_told(i);
    }

    return n;
}


static void
one_leads_the_others_follow_and_it_lands(void **state)
{
    ag_flight_t  a, b, c, d;

    (void) state;

    assert_int_equal(join(1, 0, &a), AG_FLIGHT_LEADS);
    assert_int_equal(join(1, 63, &b), AG_FLIGHT_FOLLOWS);
    assert_int_equal(join(1, 64, &c), AG_FLIGHT_FOLLOWS);
    assert_int_equal(join(1, 255, &d), AG_FLIGHT_FOLLOWS);
    assert_int_equal(ag_flight_count(flights), 1);

    assert_int_equal(look(&a), AG_FLIGHT_RUNS);
    assert_int_equal(look(&c), AG_FLIGHT_RUNS);
    assert_int_equal(ag_flight_leader(flights, &b), 1000);

    ag_flight_land(flights, &a, &told);

    assert_int_equal(told_count(), 3);
    assert_true(is_told(63) && is_told(64) && is_told(255));
    assert_int_equal(look(&a), AG_FLIGHT_LANDED);
    assert_int_equal(look(&b), AG_FLIGHT_LANDED);
    assert_int_equal(ag_flight_leader(flights, &b), 0);
    assert_int_equal(ag_flight_count(flights), 0);
}


static void
a_leader_is_told_if_its_worker_follows_too(void **state)
{
    ag_flight_t  a, b;

    (void) state;

    assert_int_equal(join(1, 3, &a), AG_FLIGHT_LEADS);
    assert_int_equal(ag_flight_others(flights, &a, 4), 0);
    assert_int_equal(join(1, 3, &b), AG_FLIGHT_FOLLOWS);
    assert_int_equal(ag_flight_others(flights, &a, 3), 0);
    assert_int_equal(ag_flight_others(flights, &a, 4), 1);

    ag_flight_land(flights, &a, &told);

    assert_int_equal(told_count(), 1);
    assert_true(is_told(3));
}


static void
keys_do_not_meet(void **state)
{
    ag_flight_t  a, b, c;

    (void) state;

    /* two of one bucket, and one of another */

    assert_int_equal(join(0x001, 0, &a), AG_FLIGHT_LEADS);
    assert_int_equal(join(0x101, 1, &b), AG_FLIGHT_LEADS);
    assert_int_equal(join(0x002, 2, &c), AG_FLIGHT_LEADS);
    assert_int_equal(ag_flight_count(flights), 3);
    assert_null(ag_flight_check(flights));

    ag_flight_land(flights, &a, &told);
    assert_int_equal(told_count(), 0);
    assert_int_equal(look(&b), AG_FLIGHT_RUNS);
    assert_int_equal(look(&c), AG_FLIGHT_RUNS);

    assert_int_equal(join(0x101, 3, &a), AG_FLIGHT_FOLLOWS);
    assert_int_equal(a.number, b.number);
}


static void
a_full_table_lets_them_ask_alone(void **state)
{
    unsigned     i;
    ag_flight_t  some[ROWS], more, other;

    (void) state;

    for (i = 0; i < ROWS; i++) {
        assert_int_equal(join(i, i, &some[i]), AG_FLIGHT_LEADS);
    }

    assert_int_equal(join(ROWS, 9, &more), AG_FLIGHT_ALONE);
    assert_int_equal(join(2, 9, &other), AG_FLIGHT_FOLLOWS);

    /* a hold on nothing */

    assert_int_equal(look(&more), AG_FLIGHT_LANDED);
    assert_int_equal(take_over(&more, 9), AG_FLIGHT_FOLLOWS);
    assert_int_equal(ag_flight_leader(flights, &more), 0);
    assert_int_equal(ag_flight_others(flights, &more, 1), 0);
    ag_flight_leave(flights, &more, 9);
    ag_flight_lost(flights, &more, 1000, &told);
    lead_fails(&more, 1, 0);
    ag_flight_land(flights, &more, &told);
    assert_int_equal(told_count(), 0);
    assert_int_equal(ag_flight_count(flights), ROWS);

    ag_flight_land(flights, &some[1], &told);
    assert_int_equal(join(ROWS, 9, &more), AG_FLIGHT_LEADS);
    assert_true(more.number > some[ROWS - 1].number);
}


static void
a_worker_of_no_number_asks_alone(void **state)
{
    ag_flight_t  a, b;

    (void) state;

    assert_int_equal(join(1, AG_FLIGHT_WORKERS, &a), AG_FLIGHT_ALONE);
    assert_int_equal(ag_flight_count(flights), 0);

    assert_int_equal(join(1, 1, &a), AG_FLIGHT_LEADS);
    assert_int_equal(join(1, 2, &b), AG_FLIGHT_FOLLOWS);
    assert_int_equal(ag_flight_others(flights, &b, AG_FLIGHT_WORKERS), 1);
    ag_flight_leave(flights, &b, AG_FLIGHT_WORKERS);
    lead_fails(&a, 1, 0);
    assert_int_equal(take_over(&b, AG_FLIGHT_WORKERS), AG_FLIGHT_FOLLOWS);
    assert_int_equal(look(&b), AG_FLIGHT_OPEN);
}


static void
a_leader_fails_and_one_follower_takes_over(void **state)
{
    ag_flight_t  a, b, c;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    join(1, 2, &c);

    assert_int_equal(take_over(&b, 1), AG_FLIGHT_FOLLOWS);

    lead_fails(&a, 1, 0);

    assert_int_equal(told_count(), 2);
    assert_int_equal(look(&b), AG_FLIGHT_OPEN);
    assert_int_equal(ag_flight_leader(flights, &c), 0);

    assert_int_equal(take_over(&c, 2), AG_FLIGHT_LEADS);
    assert_int_equal(take_over(&b, 1), AG_FLIGHT_FOLLOWS);
    assert_int_equal(look(&b), AG_FLIGHT_RUNS);
    assert_int_equal(ag_flight_leader(flights, &b), 1002);

    /* one that has failed has no say any more */

    ag_flight_land(flights, &a, &told);
    assert_int_equal(told_count(), 0);
    lead_fails(&a, 1, 1);
    assert_int_equal(told_count(), 0);
    assert_int_equal(look(&b), AG_FLIGHT_RUNS);

    ag_flight_land(flights, &c, &told);
    assert_int_equal(told_count(), 2);
    assert_int_equal(look(&b), AG_FLIGHT_LANDED);
}


static void
who_comes_leads_an_open_one(void **state)
{
    ag_flight_t  a, b, c;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    lead_fails(&a, 1, 0);

    assert_int_equal(join(1, 5, &c), AG_FLIGHT_LEADS);
    assert_int_equal(c.number, b.number);
    assert_int_equal(look(&b), AG_FLIGHT_RUNS);

    ag_flight_land(flights, &c, &told);
    assert_int_equal(told_count(), 1);
    assert_true(is_told(1));
}


static void
so_many_leaders_fail_and_then_all(void **state)
{
    unsigned             i;
    ag_flight_t          a, b, c;
    ag_flight_failure_t  failure;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    join(1, 2, &c);

    for (i = 1; i < AG_FLIGHT_ROUNDS; i++) {
        lead_fails(&a, i, 0);
        assert_int_equal(look(&c), AG_FLIGHT_OPEN);
        a = b;
        assert_int_equal(take_over(&a, 1), AG_FLIGHT_LEADS);
    }

    lead_fails(&a, i, 0);
    assert_int_equal(told_count(), 2);
    assert_int_equal(take_over(&b, 1), AG_FLIGHT_FOLLOWS);
    assert_int_equal(ag_flight_leader(flights, &b), 0);

    assert_int_equal(ag_flight_look(flights, &c, &failure), AG_FLIGHT_FAILED);
    assert_int_equal(failure.error, i);
    assert_int_equal(failure.status, 400 + i);
    assert_int_equal(failure.len, 3);
    assert_memory_equal(failure.message, "bad", 3);

    ag_flight_leave(flights, &b, 1);
    assert_int_equal(look(&c), AG_FLIGHT_FAILED);
    assert_int_equal(ag_flight_count(flights), 1);
    ag_flight_leave(flights, &c, 2);
    assert_int_equal(ag_flight_count(flights), 0);
    assert_int_equal(look(&c), AG_FLIGHT_LANDED);
}


static void
what_all_would_be_told_fails_all_at_once(void **state)
{
    ag_flight_t  a, b;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    lead_fails(&a, 7, 1);

    assert_int_equal(look(&b), AG_FLIGHT_FAILED);
}


static void
who_comes_after_a_failure_begins_anew(void **state)
{
    ag_flight_t          a, b, c, d;
    ag_flight_failure_t  failure;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    lead_fails(&a, 7, 1);

    assert_int_equal(join(1, 2, &c), AG_FLIGHT_LEADS);
    assert_true(c.number != b.number);
    assert_int_equal(join(1, 3, &d), AG_FLIGHT_FOLLOWS);
    assert_int_equal(d.number, c.number);
    assert_null(ag_flight_check(flights));

    /* those who waited still learn how theirs failed */

    assert_int_equal(ag_flight_look(flights, &b, &failure), AG_FLIGHT_FAILED);
    assert_int_equal(failure.error, 7);

    ag_flight_land(flights, &c, &told);
    assert_int_equal(told_count(), 1);
    assert_true(is_told(3));

    ag_flight_leave(flights, &b, 1);
    assert_int_equal(ag_flight_count(flights), 0);
}


static void
without_followers_a_failure_ends_it(void **state)
{
    ag_flight_t  a, b;

    (void) state;

    join(1, 0, &a);
    lead_fails(&a, 1, 0);
    assert_int_equal(told_count(), 0);
    assert_int_equal(ag_flight_count(flights), 0);

    join(1, 0, &a);
    join(1, 1, &b);
    ag_flight_leave(flights, &b, 1);
    assert_int_equal(ag_flight_count(flights), 1);
    lead_fails(&a, 1, 1);
    assert_int_equal(ag_flight_count(flights), 0);
}


static void
the_last_that_leaves_an_open_one_ends_it(void **state)
{
    ag_flight_t  a, b, c;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    join(1, 200, &c);
    lead_fails(&a, 1, 0);

    ag_flight_leave(flights, &b, 1);
    ag_flight_leave(flights, &b, 1);
    assert_int_equal(look(&c), AG_FLIGHT_OPEN);
    assert_int_equal(ag_flight_others(flights, &c, 200), 0);
    assert_int_equal(ag_flight_others(flights, &c, 1), 1);

    ag_flight_leave(flights, &c, 200);
    assert_int_equal(look(&c), AG_FLIGHT_LANDED);
    assert_int_equal(ag_flight_count(flights), 0);
}


static void
a_long_sentence_is_cut(void **state)
{
    ag_flight_t          a, b;
    ag_flight_failure_t  failure;

    (void) state;

    memset(&failure, 'x', sizeof(failure));
    failure.shared = 1;
    failure.len = UINT32_MAX;

    join(1, 0, &a);
    join(1, 1, &b);
    ag_flight_fail(flights, &a, &failure, &told);

    memset(&failure, 0, sizeof(failure));
    assert_int_equal(ag_flight_look(flights, &b, &failure), AG_FLIGHT_FAILED);
    assert_int_equal(failure.len, AG_FLIGHT_MESSAGE);
    assert_int_equal(failure.message[AG_FLIGHT_MESSAGE - 1], 'x');
}


static void
a_failure_is_told_only_where_all_failed(void **state)
{
    ag_flight_t          a, b;
    ag_flight_failure_t  failure;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    lead_fails(&a, 1, 0);

    memset(&failure, 0, sizeof(failure));
    assert_int_equal(ag_flight_look(flights, &b, &failure), AG_FLIGHT_OPEN);
    assert_int_equal(failure.error, 0);
}


static void
a_dead_leader_is_no_failure(void **state)
{
    unsigned     i;
    ag_flight_t  a, b, c;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    c = b;

    for (i = 0; i < AG_FLIGHT_ROUNDS + 2; i++) {
        ag_flight_lost(flights, &b, 4, &told);
        assert_int_equal(told_count(), 0);
        assert_int_equal(look(&b), AG_FLIGHT_RUNS);

        ag_flight_lost(flights, &b, ag_flight_leader(flights, &b), &told);
        assert_int_equal(told_count(), 1);
        assert_int_equal(look(&b), AG_FLIGHT_OPEN);

        /* a second one that noticed, and the dead who was not */

        ag_flight_lost(flights, &b, 1000, &told);
        assert_int_equal(told_count(), 0);
        ag_flight_land(flights, &a, &told);
        assert_int_equal(look(&b), AG_FLIGHT_OPEN);

        assert_int_equal(take_over(&c, 2), AG_FLIGHT_LEADS);
    }

    lead_fails(&c, 1, 0);
    assert_int_equal(look(&b), AG_FLIGHT_OPEN);
}


static void
a_dead_leader_that_nobody_follows_is_over(void **state)
{
    ag_flight_t  a;

    (void) state;

    join(1, 0, &a);
    ag_flight_lost(flights, &a, 1000, &told);
    assert_int_equal(told_count(), 0);
    assert_int_equal(ag_flight_count(flights), 0);
}


static void
who_is_buried_neither_follows_nor_leads(void **state)
{
    ag_flight_t  a, b, c, d, e;

    (void) state;

    join(1, 1, &a);         /* led by it, followed by two others */
    join(1, 2, &e);
    join(1, 130, &e);
    join(2, 3, &b);         /* followed by it */
    join(2, 1, &e);
    join(3, 1, &c);         /* led by it, followed by itself */
    join(3, 1, &e);
    join(4, 4, &d);         /* open, followed by it */
    join(4, 1, &e);
    lead_fails(&d, 1, 0);
    assert_int_equal(ag_flight_count(flights), 4);

    ag_flight_bury(flights, 1, 1001, &told);

    assert_null(ag_flight_check(flights));
    assert_int_equal(told_count(), 2);
    assert_true(is_told(2) && is_told(130));
    assert_int_equal(look(&a), AG_FLIGHT_OPEN);
    assert_int_equal(look(&b), AG_FLIGHT_RUNS);
    assert_int_equal(ag_flight_others(flights, &b, 3), 0);
    assert_int_equal(look(&c), AG_FLIGHT_LANDED);
    assert_int_equal(look(&d), AG_FLIGHT_LANDED);
    assert_int_equal(ag_flight_count(flights), 2);
}


static void
of_nobody_nothing_is_lost(void **state)
{
    ag_char_t    key[AG_FLIGHT_KEY] = { 9 };
    ag_flight_t  a, b;

    (void) state;

    join(1, 1, &a);
    join(1, 2, &b);
    join(1, 3, &b);

    ag_flight_bury(flights, 2, 0, &told);

    assert_int_equal(told_count(), 0);
    assert_int_equal(look(&a), AG_FLIGHT_RUNS);
    ag_flight_land(flights, &a, &told);
    assert_int_equal(told_count(), 1);
    assert_true(is_told(3));

    ag_flight_join(flights, key, 1, 0, &a);
    ag_flight_bury(flights, 2, 0, &told);
    assert_int_equal(look(&a), AG_FLIGHT_RUNS);
}


static void
a_hold_outlives_its_row(void **state)
{
    ag_flight_t  a, b, c, d;

    (void) state;

    join(1, 0, &a);
    join(1, 1, &b);
    ag_flight_land(flights, &a, &told);

    join(1, 2, &c);
    join(1, 3, &d);
    assert_int_equal(c.row, a.row);
    assert_int_equal(look(&b), AG_FLIGHT_LANDED);

    /* nothing that is done with the old one touches the new one */

    ag_flight_land(flights, &a, &told);
    lead_fails(&a, 1, 1);
    b.row = c.row;
    ag_flight_leave(flights, &b, 3);
    ag_flight_lost(flights, &b, 1002, &told);
    assert_int_equal(look(&d), AG_FLIGHT_RUNS);
    assert_int_equal(ag_flight_others(flights, &c, 2), 1);

    /* nor does one from nowhere */

    c.row = ROWS;
    assert_int_equal(look(&c), AG_FLIGHT_LANDED);
}


static void
a_table_without_rows_lets_all_ask_alone(void **state)
{
    void          *memory;
    ag_flight_t    a;
    ag_flights_t  *none;
    ag_char_t      key[AG_FLIGHT_KEY] = { 1 };

    (void) state;

    memory = NULL;
    assert_int_equal(posix_memalign(&memory, 64, ag_flight_size(0)), 0);
    none = ag_flight_init(memory, 0);

    assert_int_equal(ag_flight_join(none, key, 1, 1, &a), AG_FLIGHT_ALONE);
    assert_int_equal(ag_flight_count(none), 0);
    assert_null(ag_flight_check(none));

    free(none);
}


static void
it_takes_less_than_half_a_kilobyte_each(void **state)
{
    (void) state;

    assert_true(ag_flight_size(4096) < 4096 * 512);
    assert_true(ag_flight_size(4097) > ag_flight_size(4096));
}


int
main(void)
{
#define step(test)  cmocka_unit_test_setup_teardown(test, setup, teardown)

    const struct CMUnitTest  tests[] = {
        step(one_leads_the_others_follow_and_it_lands),
        step(a_leader_is_told_if_its_worker_follows_too),
        step(keys_do_not_meet),
        step(a_full_table_lets_them_ask_alone),
        step(a_worker_of_no_number_asks_alone),
        step(a_leader_fails_and_one_follower_takes_over),
        step(who_comes_leads_an_open_one),
        step(so_many_leaders_fail_and_then_all),
        step(what_all_would_be_told_fails_all_at_once),
        step(who_comes_after_a_failure_begins_anew),
        step(without_followers_a_failure_ends_it),
        step(the_last_that_leaves_an_open_one_ends_it),
        step(a_long_sentence_is_cut),
        step(a_failure_is_told_only_where_all_failed),
        step(a_dead_leader_is_no_failure),
        step(a_dead_leader_that_nobody_follows_is_over),
        step(who_is_buried_neither_follows_nor_leads),
        step(of_nobody_nothing_is_lost),
        step(a_hold_outlives_its_row),
        cmocka_unit_test(a_table_without_rows_lets_all_ask_alone),
        cmocka_unit_test(it_takes_less_than_half_a_kilobyte_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
