/*
 * Copyright (C) ngx_agent authors
 *
 * Shares of calls.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_share.h"


static uint64_t take(uint64_t word);
static void refuse(uint64_t word);
static uint64_t empty(void);
static uint64_t uses(uint64_t *word, uint64_t calls, uint64_t share);


static uint64_t
take(uint64_t word)
{
    uint64_t  after;

    assert_int_equal(ag_share_take(word, &after), AG_OK);

    return after;
}


static void
refuse(uint64_t word)
{
    uint64_t  after;

    after = 42;

    assert_int_equal(ag_share_take(word, &after), AG_LIMIT);
    assert_true(after == word);
}


/* All that is saved up is used. */
static uint64_t
empty(void)
{
    unsigned  i;
    uint64_t  word;

    word = 0;

    for (i = 0; i < AG_SHARE_MAX / AG_SHARE_WHOLE; i++) {
        word = take(word);
    }

    refuse(word);

    return word;
}


/* How many of the calls could be used, if each wants to. */
static uint64_t
uses(uint64_t *word, uint64_t calls, uint64_t share)
{
    uint64_t  n;

    for (n = 0; calls > 0; calls--) {
        *word = ag_share_deposit(*word, share);
        n += (ag_share_take(*word, word) == AG_OK);
    }

    return n;
}


static void
zeroed_is_a_full_purse(void **state)
{
    (void) state;

    empty();
}


static void
each_call_deposits_its_share(void **state)
{
    unsigned  i;
    uint64_t  word;

    (void) state;

    word = empty();

    for (i = 0; i < 4; i++) {
        word = ag_share_deposit(word, 200);
        refuse(word);
    }

    word = take(ag_share_deposit(word, 200));
    refuse(word);
}


static void
no_more_than_the_share_is_used(void **state)
{
    uint64_t  share, word;

    (void) state;

    for (share = 0; share <= AG_SHARE_WHOLE; share++) {
        word = empty();
        assert_int_equal(uses(&word, 10000, share), share * 10);
    }
}


static void
what_is_saved_up_is_capped(void **state)
{
    unsigned  i;
    uint64_t  word;

    (void) state;

    word = empty();

    for (i = 0; i < 1000000; i++) {
        word = ag_share_deposit(word, 999);
    }

    assert_int_equal(word, 0);
    assert_int_equal(uses(&word, 100, 0), 10);

    /* a call that finds a full purse deposits nothing */

    word = ag_share_deposit(0, AG_SHARE_WHOLE);
    assert_int_equal(uses(&word, 100, 0), 10);
}


static void
no_share_is_no_use(void **state)
{
    uint64_t  word;

    (void) state;

    word = empty();
    assert_int_equal(uses(&word, 100000, 0), 0);
}


static void
a_word_that_cannot_be_recovers(void **state)
{
    uint64_t  word;

    (void) state;

    refuse(UINT64_MAX);
    refuse(AG_SHARE_MAX + 1);

    word = ag_share_deposit(UINT64_MAX, 200);
    assert_int_equal(word, AG_SHARE_MAX - 200);
    assert_int_equal(ag_share_deposit(AG_SHARE_MAX, 200), word);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(zeroed_is_a_full_purse),
        cmocka_unit_test(each_call_deposits_its_share),
        cmocka_unit_test(no_more_than_the_share_is_used),
        cmocka_unit_test(what_is_saved_up_is_capped),
        cmocka_unit_test(no_share_is_no_use),
        cmocka_unit_test(a_word_that_cannot_be_recovers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
