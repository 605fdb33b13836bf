/*
 * Copyright (C) ngx_agent authors
 *
 * Purges in any order, against a list that forgets nothing.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_cache_purges.h"


#define ACME   0xac3e
#define OTHER  0x07
#define GPT    0x697
#define SMALL  0x5


static unsigned add(uint64_t number, uint64_t owner, uint64_t model);
static unsigned covers(uint64_t epoch, uint64_t owner, uint64_t model);
static int setup(void **state);


static ag_cache_purges_t  purges;


static unsigned
add(uint64_t number, uint64_t owner, uint64_t model)
{
    ag_cache_purge_t  what;

    what.owner = owner;
    what.model = model;

    return ag_cache_purges_add(&purges, number, &what);
}


static unsigned
covers(uint64_t epoch, uint64_t owner, uint64_t model)
{
    return ag_cache_purges_cover(&purges, epoch, owner, model);
}


static int
setup(void **state)
{
    (void) state;

    memset(&purges, 0, sizeof(purges));

    return 0;
}


static void
test_none(void **state)
{
    (void) state;

    assert_int_equal(covers(0, ACME, GPT), 0);

    /* nobody gave that number */

    assert_int_equal(covers(1, ACME, GPT), 1);
    assert_int_equal(add(0, ACME, 0), 0);
    assert_int_equal(purges.last, 0);
}


static void
test_kinds(void **state)
{
    (void) state;

    assert_int_equal(add(1, ACME, 0), 1);
    assert_int_equal(add(2, 0, GPT), 1);
    assert_int_equal(add(3, OTHER, SMALL), 1);
    assert_int_equal(purges.last, 3);
    assert_int_equal(purges.all, 0);

    assert_int_equal(covers(0, ACME, SMALL), 1);
    assert_int_equal(covers(1, ACME, SMALL), 0);
    assert_int_equal(covers(1, ACME, GPT), 1);
    assert_int_equal(covers(2, ACME, GPT), 0);
    assert_int_equal(covers(2, OTHER, SMALL), 1);
    assert_int_equal(covers(2, OTHER, GPT), 0);
    assert_int_equal(covers(3, OTHER, SMALL), 0);
    assert_int_equal(covers(0, 1, 1), 0);

    assert_int_equal(add(4, 0, 0), 1);
    assert_int_equal(purges.all, 4);
    assert_int_equal(covers(3, 1, 1), 1);
    assert_int_equal(covers(4, ACME, GPT), 0);
}


static void
test_known(void **state)
{
    (void) state;

    assert_int_equal(add(5, ACME, 0), 1);
    assert_int_equal(add(5, ACME, 0), 0);
    assert_int_equal(add(3, ACME, 0), 0);
    assert_int_equal(add(3, OTHER, 0), 1);
    assert_int_equal(purges.last, 5);
    assert_int_equal(covers(2, OTHER, GPT), 1);
    assert_int_equal(covers(3, OTHER, GPT), 0);

    /* two may have one number until it is clear who came first */

    assert_int_equal(add(5, OTHER, 0), 1);
    assert_int_equal(covers(4, OTHER, GPT), 1);
    assert_int_equal(covers(4, ACME, GPT), 1);

    assert_int_equal(add(9, 0, 0), 1);
    assert_int_equal(add(9, ACME, 0), 0);
    assert_int_equal(add(7, 0, 0), 0);
    assert_int_equal(purges.last, 9);

    /* one that was replaced by "all" is no row any more, and no obstacle */

    assert_int_equal(add(10, ACME, 0), 1);
    assert_int_equal(covers(9, ACME, GPT), 1);
    assert_int_equal(covers(9, OTHER, GPT), 0);
}


static void
test_one_kind_takes_one_row(void **state)
{
    uint64_t  n;

    (void) state;

    assert_int_equal(add(1, OTHER, 0), 1);

    for (n = 2; n < 10 * AG_CACHE_PURGES; n++) {
        assert_int_equal(add(n, ACME, 0), 1);
    }

    assert_int_equal(purges.all, 0);
    assert_int_equal(covers(1, OTHER, GPT), 0);
    assert_int_equal(covers(n - 2, ACME, GPT), 1);
    assert_int_equal(covers(n - 1, ACME, GPT), 0);
}


static void
test_too_many(void **state)
{
    uint64_t  n;

    (void) state;

    for (n = 1; n <= AG_CACHE_PURGES; n++) {
        assert_int_equal(add(10 * n, n, 0), 1);
    }

    assert_int_equal(purges.all, 0);
    assert_int_equal(covers(9, ACME, 0), 0);

    /* the oldest is now a purge of all */

    assert_int_equal(add(10 * n, n, 0), 1);
    assert_int_equal(purges.all, 10);
    assert_int_equal(covers(9, ACME, 0), 1);
    assert_int_equal(covers(10, ACME, 0), 0);
    assert_int_equal(covers(19, 2, 0), 1);

    /* one that is older than all that are remembered */

    assert_int_equal(add(15, ACME, 0), 1);
    assert_int_equal(purges.all, 15);
    assert_int_equal(covers(14, ACME, 0), 1);
    assert_int_equal(covers(15, ACME, 0), 0);
    assert_int_equal(covers(19, 2, 0), 1);
    assert_int_equal(purges.last, 10 * n);
}


static void
test_restart(void **state)
{
    (void) state;

    assert_int_equal(add(100, ACME, 0), 1);
    ag_cache_purges_restart(&purges, 7);

    assert_int_equal(purges.last, 7);
    assert_int_equal(covers(6, OTHER, 0), 1);
    assert_int_equal(covers(7, ACME, 0), 0);

    /* what was asked in the old order */

    assert_int_equal(covers(100, OTHER, 0), 1);
    assert_int_equal(covers(8, OTHER, 0), 1);

    assert_int_equal(add(8, ACME, 0), 1);
    assert_int_equal(covers(7, ACME, 0), 1);
    assert_int_equal(covers(7, OTHER, 0), 0);
    assert_int_equal(covers(8, ACME, 0), 0);

    ag_cache_purges_restart(&purges, 1000);
    assert_int_equal(covers(999, OTHER, 0), 1);
    assert_int_equal(covers(1000, ACME, 0), 0);
}


/* Never forgets a purge; forgets an answer only where it says so. */
static void
test_random(void **state)
{
    static struct {
        uint64_t  number, owner, model;
    } past[400];

    size_t    i, n;
    uint64_t  epoch, owner, model, least;
    unsigned  meant, found;

    (void) state;

    srand(7);

    for (n = 0; n < sizeof(past) / sizeof(past[0]); n++) {
        past[n].number = n / 2 * 2 + 2 - n % 2;     /* pairwise swapped */
        past[n].owner = (uint64_t) (rand() % 20);
        past[n].model = (uint64_t) (rand() % 6);

        if (past[n].owner == 0 && past[n].model == 0 && n % 3 != 0) {
            past[n].owner = 3;
        }

        (void) add(past[n].number, past[n].owner, past[n].model);
        least = purges.all;

        for (epoch = (n > 100) ? n - 100 : 0; epoch <= purges.last; epoch++) {
            owner = (uint64_t) (rand() % 20 + 1);
            model = (uint64_t) (rand() % 6 + 1);
            meant = 0;

            for (i = 0; i <= n; i++) {
                meant |= (past[i].number > epoch
                          && (past[i].owner == 0 || past[i].owner == owner)
                          && (past[i].model == 0 || past[i].model == model));
            }

            found = covers(epoch, owner, model);

            if (meant || epoch >= least) {
                assert_int_equal(found, meant);

            } else {
                assert_int_equal(found, 1);
            }
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_none, setup),
        cmocka_unit_test_setup(test_kinds, setup),
        cmocka_unit_test_setup(test_known, setup),
        cmocka_unit_test_setup(test_one_kind_takes_one_row, setup),
        cmocka_unit_test_setup(test_too_many, setup),
        cmocka_unit_test_setup(test_restart, setup),
        cmocka_unit_test_setup(test_random, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
