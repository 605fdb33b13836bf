/*
 * Copyright (C) ngx_agent authors
 *
 * What SEED tells of each kind of window: pairs of age and amount, the oldest
 * first, never older than they are.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_redis_parts.h"


#define MINUTE  UINT64_C(60000000)
#define NOW     (100 * MINUTE)


static ag_window_t *window_of(const ag_limit_t *limit);
static void record(ag_window_t *window, const ag_limit_t *limit, uint64_t us,
    uint64_t amount);
static size_t seed(const ag_limit_t *limit, const ag_window_t *window,
    uint64_t since);
static uint64_t bytes(const ag_char_t *p, size_t size);
static uint64_t age(size_t pair);
static uint64_t amount_of(size_t pair);
static unsigned partial(void);


static ag_char_t           prefix[AG_REDIS_PREFIX_MAX + 1];
static ag_now_t            now = { NOW, 1800000000 };
static ag_redis_command_t  command;


static ag_window_t *
window_of(const ag_limit_t *limit)
{
    ag_window_t  *window;

    window = malloc(ag_window_size(limit));
    assert_non_null(window);
    ag_window_init(window, limit);

    return window;
}


static void
record(ag_window_t *window, const ag_limit_t *limit, uint64_t us,
    uint64_t amount)
{
    ag_now_t    then;
    ag_claim_t  claim;

    memset(&claim, 0, sizeof(claim));
    claim.limit = limit;
    claim.window = window;
    claim.max = UINT64_MAX / 4;
    claim.amount = amount;
    then.us = us;
    then.wall = 1800000000;

    ag_limit_record(&claim, 1, &then);
}


/* Returns the number of pairs. */
static size_t
seed(const ag_limit_t *limit, const ag_window_t *window, uint64_t since)
{
    int              rc;
    size_t           len;
    static uint64_t  id[2] = { 1, 2 };

    memset(prefix, 'p', sizeof(prefix));
    rc = ag_redis_seed_write(&command, ag_str(prefix, AG_REDIS_PREFIX_MAX), 3,
                             id, limit, window, 4, 5, 6, since, &now);

    assert_int_equal(command.count, 5);
    assert_true(ag_str_is(command.args[0], "2"));
    assert_int_equal(command.args[3].len, 48);
    assert_memory_equal(command.args[2].data + command.args[2].len - 51,
                        ":0000000000000004:0000000000000005:"
                        "0000000000000006", 51);

    len = command.args[4].len;
    assert_int_equal(len % 13, 0);
    assert_int_equal(rc, len > 0 ? AG_OK : AG_NONE);

    return len / 13;
}


static uint64_t
bytes(const ag_char_t *p, size_t size)
{
    return (size == 0) ? 0 : p[0] | bytes(p + 1, size - 1) << 8;
}


static uint64_t
age(size_t pair)
{
    return bytes(command.args[4].data + 13 * pair, 6);
}


static uint64_t
amount_of(size_t pair)
{
    return bytes(command.args[4].data + 13 * pair + 6, 7);
}


static unsigned
partial(void)
{
    return command.args[3].data[47] != 0;
}


static void
test_log(void **state)
{
    size_t        i;
    ag_limit_t    limit = { AG_RESOURCE_REQUESTS, AG_WINDOW_LOG, 10, MINUTE,
                            0 };
    ag_window_t  *window;

    (void) state;

    window = window_of(&limit);
    assert_int_equal(seed(&limit, window, 0), 0);

    for (i = 0; i < 14; i++) {
        record(window, &limit, NOW - 80000000 + i * 5000000, 1);
    }

    record(window, &limit, NOW - 15000000, 1);

    /* ten are remembered, two of them of one time */

    assert_int_equal(seed(&limit, window, 0), 9);
    assert_int_equal(age(0), 55000000);
    assert_int_equal(amount_of(0), 1);
    assert_int_equal(age(8), 15000000);
    assert_int_equal(amount_of(8), 2);

    assert_int_equal(seed(&limit, window, NOW - 20000000), 2);
    assert_int_equal(seed(&limit, window, NOW - 15000000), 1);
    assert_int_equal(seed(&limit, window, NOW - 15000000 + 1), 0);

    now.us = NOW + 5000000;             /* the oldest is a window old */
    assert_int_equal(seed(&limit, window, 0), 8);
    assert_int_equal(age(0), 55000000);
    now.us = NOW;

    free(window);
}


static void
test_large_log(void **state)
{
    size_t        i, n, pairs;
    uint64_t      sum, t;
    ag_limit_t    limit = { AG_RESOURCE_REQUESTS, AG_WINDOW_LOG,
                            AG_LIMIT_LOG_MAX, 0, 0 };
    ag_window_t  *window;

    (void) state;

    for (limit.window = MINUTE; limit.window <= AG_WINDOW_MAX_US;
         limit.window *= 1000)
    {
        now.us = limit.window * 2;
        window = window_of(&limit);

        for (i = 0; i < AG_LIMIT_LOG_MAX + 5; i++) {
            t = limit.window + i * (limit.window / (AG_LIMIT_LOG_MAX + 5));
            record(window, &limit, t, 1);
        }

        pairs = seed(&limit, window, 0);
        assert_true(pairs > 500);
        sum = 0;

        for (n = 0; n < pairs; n++) {
            sum += amount_of(n);

            /* the age of a pair is that of its youngest */

            assert_true(sum <= AG_LIMIT_LOG_MAX);
            assert_true(window->slots[(window->head + sum - 1)
                                      % window->capacity]
                        == now.us - age(n));
        }

        assert_int_equal(sum, AG_LIMIT_LOG_MAX);
        free(window);
    }

    now.us = NOW;
}


static void
test_ring(void **state)
{
    size_t        i;
    ag_limit_t    limit = { AG_RESOURCE_TOKENS, AG_WINDOW_RING, 10, MINUTE,
                            0 };
    ag_window_t  *window;

    (void) state;

    window = window_of(&limit);
    assert_int_equal(seed(&limit, window, 0), 0);

    for (i = 0; i <= 700; i++) {
        record(window, &limit, NOW - 70000000 + i * 100000 + 7 * (i < 700),
               i + 1);
    }

    assert_int_equal(seed(&limit, window, 0), 601);     /* all fit */
    assert_int_equal(age(0), 60000000 - 99999);
    assert_int_equal(amount_of(0), 101);
    assert_int_equal(age(599), 1);
    assert_int_equal(age(600), 0);
    assert_int_equal(amount_of(600), 701);

    assert_int_equal(seed(&limit, window, NOW - 1), 2);
    assert_int_equal(seed(&limit, window, NOW), 1);

    now.us = NOW + 10 * 100000;
    assert_int_equal(seed(&limit, window, 0), 591);
    assert_int_equal(age(590), 900001);
    now.us = NOW + MINUTE + 100000;
    assert_int_equal(seed(&limit, window, 0), 0);
    now.us = NOW;

    free(window);
}


static void
test_amounts_end(void **state)
{
    ag_limit_t    limit = { AG_RESOURCE_MONEY, AG_WINDOW_RING, 10, MINUTE, 0 };
    ag_window_t  *window;

    (void) state;

    window = window_of(&limit);
    record(window, &limit, NOW - 5, UINT64_MAX / 8);
    assert_int_equal(seed(&limit, window, 0), 1);
    assert_true(amount_of(0) == AG_REDIS_NUMBER_MAX);
    free(window);
}


static void
test_calendar(void **state)
{
    ag_limit_t    limit = { AG_RESOURCE_MONEY, AG_WINDOW_DAY, 10, 0, 0 };
    ag_window_t  *window;

    (void) state;

    window = window_of(&limit);
    record(window, &limit, NOW - 5, 42);

    assert_int_equal(seed(&limit, window, 0), 1);
    assert_int_equal(age(0), 0);
    assert_int_equal(amount_of(0), 42);
    assert_false(partial());

    /* the day began 28800 s ago: all of it, or a part, was since then */

    now.us = NOW + UINT64_C(40000000000);
    assert_int_equal(seed(&limit, window,
                          now.us - UINT64_C(28801000000)), 1);
    assert_false(partial());
    assert_int_equal(seed(&limit, window,
                          now.us - UINT64_C(28799000000)), 1);
    assert_true(partial());
    assert_int_equal(seed(&limit, window, now.us + 60), 1);
    assert_true(partial());
    now.us = NOW;

    free(window);
}


static void
test_nothing(void **state)
{
    int           rc;
    uint64_t      id[2] = { 0, 0 };
    ag_limit_t    limit = { AG_RESOURCE_CONCURRENCY, AG_WINDOW_COUNT, 10, 0,
                            0 };
    ag_limit_t    other = { AG_RESOURCE_TOKENS, AG_WINDOW_DAY, 10, 0, 0 };
    ag_window_t  *window;

    (void) state;

    window = window_of(&limit);
    record(window, &limit, NOW - 5, 1);
    assert_int_equal(seed(&limit, window, 0), 0);
    assert_int_equal(seed(&other, window, 0), 0);

    rc = ag_redis_seed_write(&command, ag_str(prefix, sizeof(prefix)), 3, id,
                             &limit, window, 4, 5, 6, 0, &now);
    assert_int_equal(rc, AG_LIMIT);
    assert_int_equal(command.count, 0);

    free(window);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_large_log),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_amounts_end),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
