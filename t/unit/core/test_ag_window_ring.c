/*
 * Copyright (C) ngx_agent authors
 *
 * Sub-windows: never too much in any window, hardly ever too little, and
 * what is settled goes where it belongs.  A minute has sub-windows of 0.1 s.
 */


#include <math.h>

#include "core/limit_test.h"


#define PART   (MINUTE / AG_SUBWINDOWS)
#define SLOTS  (AG_SUBWINDOWS + 1)

#define ARRIVALS  200000


/* An amount that was admitted. */
typedef struct {
    uint64_t  us;
    uint64_t  amount;
} piece_t;


typedef struct {
    size_t    first;
    size_t    next;
    uint64_t  sum;              /* from first to next */
    piece_t   pieces[ARRIVALS];
} list_t;


static double
any(uint64_t *seed)
{
    uint64_t  x;

    *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = *seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return ((double) ((x ^ (x >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}


static void
the_oldest_counts_until_all_of_it_has_left(void **state)
{
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    assert_int_equal(wait_for(&l, 900, at(10 * PART)), 0);
    assert_int_equal(wait_for(&l, 101, at(11 * PART - 1)),
                     600 * PART + 1);
    assert_int_equal(wait_for(&l, 100, at(11 * PART - 1)), 0);

    /* a piece of its last microsecond is a window old here */

    assert_int_equal(wait_for(&l, 1, at(611 * PART - 1)), 1);
    assert_int_equal(wait_for(&l, 1000, at(611 * PART)), 0);

    limited_free(&l);
}


static void
a_wait_is_no_longer_than_it_must_be(void **state)
{
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    assert_int_equal(wait_for(&l, 300, at(0)), 0);
    assert_int_equal(wait_for(&l, 300, at(5 * PART)), 0);
    assert_int_equal(wait_for(&l, 400, at(600 * PART)), 0);

    assert_int_equal(wait_for(&l, 1, at(600 * PART + 7)), PART - 7);
    assert_int_equal(wait_for(&l, 300, at(600 * PART + 7)), PART - 7);
    assert_int_equal(wait_for(&l, 301, at(600 * PART + 7)), 6 * PART - 7);
    assert_int_equal(wait_for(&l, 600, at(600 * PART + 7)), 6 * PART - 7);
    assert_int_equal(wait_for(&l, 601, at(600 * PART + 7)), 601 * PART - 7);
    assert_int_equal(wait_for(&l, 1000, at(600 * PART + 7)), 601 * PART - 7);

    limited_free(&l);
}


static void
bursts_at_an_edge_are_not_twice_the_limit(void **state)
{
    uint64_t   i, n;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    n = 0;

    for (i = 0; i < 3000; i++) {
        n += (wait_for(&l, 1, at(MINUTE - 1000 + i)) == 0);
    }

    assert_int_equal(n, 1000);

    /* nor a burst at each end of the window behind an early one */

    limited_free(&l);
    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    assert_int_equal(wait_for(&l, 1, at(0)), 0);
    assert_int_equal(wait_for(&l, 999, at(599 * PART)), 0);
    assert_true(wait_for(&l, 999, at(601 * PART)) > 0);
    assert_int_equal(wait_for(&l, 1, at(601 * PART)), 0);

    limited_free(&l);
}


static void
a_surplus_goes_back_to_where_it_was_taken(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = claim(&l, 600);
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(wait_for(&l, 400, at(100 * PART)), 0);

    settle(&c, 50, at(200 * PART));
    assert_int_equal(used(&l, at(200 * PART)), 450);
    assert_int_equal(used(&l, at(601 * PART - 1)), 450);
    assert_int_equal(used(&l, at(601 * PART)), 400);
    assert_int_equal(used(&l, at(701 * PART)), 0);

    limited_free(&l);
}


static void
a_surplus_that_has_left_makes_no_room(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = claim(&l, 600);
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(wait_for(&l, 1000, at(601 * PART)), 0);

    settle(&c, 50, at(601 * PART));
    assert_int_equal(used(&l, at(601 * PART)), 1000);

    /* another clock's number, and the last moment of a good one */

    c.mark = 602;
    settle(&c, 50, at(601 * PART));
    assert_int_equal(used(&l, at(601 * PART)), 1000);

    c = claim(&l, 1);
    c.mark = 1;
    c.taken = 5;
    settle(&c, 0, at(601 * PART));
    assert_int_equal(used(&l, at(601 * PART)), 1000);

    c.mark = 601;
    settle(&c, 0, at(601 * PART));
    assert_int_equal(used(&l, at(601 * PART)), 995);

    /* no more than what lies there */

    c.taken = 2000;
    settle(&c, 0, at(601 * PART));
    assert_int_equal(used(&l, at(601 * PART)), 0);
    assert_int_equal(wait_for(&l, 1000, at(601 * PART)), 0);

    limited_free(&l);
}


static void
what_was_too_little_counts_from_now_on(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = claim(&l, 100);
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_TAKEN);

    settle(&c, 1500, at(300 * PART));
    assert_int_equal(used(&l, at(300 * PART)), 1500);
    assert_int_equal(used(&l, at(601 * PART)), 1400);
    assert_int_equal(wait_for(&l, 1, at(601 * PART)), 300 * PART);
    assert_int_equal(used(&l, at(901 * PART)), 0);

    limited_free(&l);
}


static void
a_reset_is_when_the_last_has_left(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    assert_int_equal(reset(&l, at(5)), 0);
    assert_int_equal(wait_for(&l, 100, at(3 * PART + 5)), 0);
    assert_int_equal(reset(&l, at(3 * PART + 5)), 601 * PART - 5);

    c = claim(&l, 100);
    assert_int_equal(take(&c, 1, at(400 * PART)).result, AG_LIMIT_TAKEN);
    assert_int_equal(reset(&l, at(400 * PART)), 601 * PART);
    undo(&c, at(400 * PART));
    assert_int_equal(reset(&l, at(400 * PART)), 204 * PART);

    assert_int_equal(reset(&l, at(603 * PART)), PART);
    assert_int_equal(used(&l, at(603 * PART)), 100);
    assert_int_equal(reset(&l, at(604 * PART)), 0);
    assert_int_equal(used(&l, at(604 * PART)), 0);

    limited_free(&l);
}


static void
time_does_not_step_back(void **state)
{
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    assert_int_equal(wait_for(&l, 600, at(50 * PART)), 0);
    assert_int_equal(wait_for(&l, 400, at(20 * PART)), 0);
    assert_int_equal(l.window->last, 50 * PART);
    assert_int_equal(used(&l, at(621 * PART)), 1000);
    assert_int_equal(wait_for(&l, 1, at(20 * PART)), 631 * PART);

    l.window->last = 0;                     /* the newest says enough */
    assert_int_equal(used(&l, at(20 * PART)), 1000);
    assert_int_equal(wait_for(&l, 1, at(20 * PART)), 631 * PART);

    limited_free(&l);
}


/* Any length of window: sub-windows are rounded up. */
static void
no_window_is_too_short(void **state)
{
    static const uint64_t  windows[] = {
        1, 599, 600, 601, 1199, 1000000, AG_WINDOW_MAX_US
    };

    size_t     i;
    uint64_t   length;
    limited_t  l;

    (void) state;

    for (i = 0; i < sizeof(windows) / sizeof(uint64_t); i++) {
        l = limited(AG_RESOURCE_TOKENS, 10, windows[i]);
        length = (windows[i] + 599) / 600;

        assert_int_equal(wait_for(&l, 10, at(length * 3 - 1)), 0);
        assert_true(wait_for(&l, 1, at(length * 3 - 2 + windows[i])) > 0);
        assert_int_equal(wait_for(&l, 10, at(length * 603)), 0);
        assert_int_equal(wait_for(&l, 10, at(length * 603)), length * 601);
        limited_free(&l);
    }

    l = limited(AG_RESOURCE_TOKENS, 10, 0);     /* not allowed, harmless */
    assert_int_equal(wait_for(&l, 10, at(1)), 0);
    assert_int_equal(wait_for(&l, 10, at(1000)), 0);
    limited_free(&l);
}


static void
a_sum_does_not_pass_64_bits(void **state)
{
    ag_now_t    now;
    limited_t   l;
    ag_claim_t  c[2];

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, UINT64_MAX, MINUTE);
    now = at(0);
    c[0] = claim(&l, UINT64_MAX - 1);
    c[1] = claim(&l, UINT64_MAX - 2);
    ag_limit_record(&c[0], 1, &now);
    ag_limit_record(&c[1], 1, &now);
    assert_int_equal(c[1].taken, 1);
    assert_int_equal(used(&l, now), UINT64_MAX);
    assert_int_equal(wait_for(&l, 1, now), 601 * PART);
    undo(&c[1], now);
    undo(&c[0], now);
    assert_int_equal(used(&l, now), 0);

    limited_free(&l);
}


static void
sub_windows_may_lie_before_time_began(void **state)
{
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    l.window->slots[SLOTS - 5] = 700;           /* number -5 */
    l.window->sum = 700;
    l.window->head = 2;

    assert_int_equal(used(&l, at(2 * PART)), 700);
    assert_int_equal(reset(&l, at(2 * PART)), 594 * PART);
    assert_int_equal(wait_for(&l, 301, at(2 * PART)), 594 * PART);
    assert_int_equal(used(&l, at(596 * PART - 1)), 700);
    assert_int_equal(wait_for(&l, 1000, at(596 * PART)), 0);

    limited_free(&l);
}


/* Killed where the slots and the sum differ. */
static void
the_sum_is_made_anew(void **state)
{
    size_t     i;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    assert_int_equal(wait_for(&l, 300, at(0)), 0);
    assert_int_equal(wait_for(&l, 300, at(100 * PART)), 0);

    l.window->slots[100] += 50;                 /* taken by half */
    ag_window_mend(l.window);
    assert_int_equal(used(&l, at(100 * PART)), 650);

    /* half of the slots were emptied, because all of it is long ago */

    l.window->last = 5000 * PART;
    memset(l.window->slots, 0, 50 * sizeof(uint64_t));
    ag_window_mend(l.window);
    assert_int_equal(used(&l, at(1)), 0);
    assert_int_equal(reset(&l, at(1)), 0);
    assert_int_equal(wait_for(&l, 1000, at(1)), 0);
    assert_int_equal(used(&l, at(1)), 1000);

    for (i = 0; i < SLOTS; i++) {
        assert_int_equal(l.window->slots[i], (i == 5000 % SLOTS) ? 1000 : 0);
    }

    limited_free(&l);
}


/* Adds a piece if it fits in what is left after the oldest have left. */
static unsigned
fits(list_t *list, piece_t piece, uint64_t max, uint64_t window)
{
    while (list->first < list->next
           && piece.us - list->pieces[list->first].us >= window)
    {
        list->sum -= list->pieces[list->first++].amount;
    }

    if (list->sum + piece.amount > max) {
        return 0;
    }

    list->pieces[list->next++] = piece;
    list->sum += piece.amount;

    return 1;
}


/*
 * Poisson's traffic, as much as the limit, beside an exact window: what the
 * ring admits fits in one, and it admits nearly as much.
 */
static void
poisson(uint64_t max, double mean, uint64_t window)
{
    static list_t  exact, ring;

    double     us;
    size_t     i, refused[2];
    piece_t    piece;
    uint64_t   seed;
    limited_t  l;

    l = limited(AG_RESOURCE_TOKENS, max, window);
    memset(&exact, 0, sizeof(exact));
    memset(&ring, 0, sizeof(ring));
    memset(refused, 0, sizeof(refused));
    seed = 1;
    us = 0.0;

    for (i = 0; i < ARRIVALS; i++) {
        us -= log(any(&seed)) * (double) window * mean / (double) max;
        piece.us = (uint64_t) us;
        piece.amount = 1;

        if (mean > 1.0) {
            piece.amount += (uint64_t) (-log(any(&seed)) * (mean - 1.0));
        }

        refused[0] += !fits(&exact, piece, max, window);

        if (wait_for(&l, piece.amount, at(piece.us)) > 0) {
            refused[1]++;

        } else {
            assert_true(fits(&ring, piece, max, window));
        }
    }

    assert_true(refused[0] > 0);
    assert_true(refused[1] >= refused[0]);
    assert_true((refused[1] - refused[0]) * 100 <= ARRIVALS);

    limited_free(&l);
}


static void
poisson_is_refused_one_in_a_hundred_at_most(void **state)
{
    (void) state;

    poisson(1000, 1.0, MINUTE);
    poisson(20000, 1.0, MINUTE);
    poisson(100000, 700.0, MINUTE);
    poisson(1000000, 900.0, 60 * MINUTE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_oldest_counts_until_all_of_it_has_left),
        cmocka_unit_test(a_wait_is_no_longer_than_it_must_be),
        cmocka_unit_test(bursts_at_an_edge_are_not_twice_the_limit),
        cmocka_unit_test(a_surplus_goes_back_to_where_it_was_taken),
        cmocka_unit_test(a_surplus_that_has_left_makes_no_room),
        cmocka_unit_test(what_was_too_little_counts_from_now_on),
        cmocka_unit_test(a_reset_is_when_the_last_has_left),
        cmocka_unit_test(time_does_not_step_back),
        cmocka_unit_test(no_window_is_too_short),
        cmocka_unit_test(a_sum_does_not_pass_64_bits),
        cmocka_unit_test(sub_windows_may_lie_before_time_began),
        cmocka_unit_test(the_sum_is_made_anew),
        cmocka_unit_test(poisson_is_refused_one_in_a_hundred_at_most)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
