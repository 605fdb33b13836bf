/*
 * Copyright (C) ngx_agent authors
 *
 * The words of SETTLE, RENEW and STOP.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_redis_parts.h"


static double number(ag_str_t word, unsigned at);


static ag_redis_command_t  command;


static double
number(ag_str_t word, unsigned at)
{
    double    n;
    uint64_t  bits;

    assert_true(8 * at + 8 <= word.len);
    bits = ag_word(word.data + 8 * at);
    memcpy(&n, &bits, sizeof(n));

    return n;
}


static void
test_settle(void **state)
{
    unsigned         i;
    uint64_t         ids[4][2] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 } };
    uint64_t         epochs[4] = { 11, 12, 13, 14 };
    ag_limit_t       limits[4];
    ag_claim_t       claims[4];
    ag_redis_step_t  step;

    (void) state;

    memset(limits, 0, sizeof(limits));
    memset(claims, 0, sizeof(claims));
    memset(&step, 0, sizeof(step));

    limits[0].kind = AG_WINDOW_LOG;
    limits[1].kind = AG_WINDOW_RING;
    limits[1].window = 60;
    limits[2].kind = AG_WINDOW_DAY;
    limits[3].kind = AG_WINDOW_COUNT;

    for (i = 0; i < 4; i++) {
        claims[i].limit = &limits[i];
        claims[i].taken = 5;
        claims[i].used = 5;
        claims[i].mark = 77;
    }

    claims[0].used = 0;
    step.count = 2;
    step.claims = claims;
    step.ids = ids;
    step.epochs = epochs;
    step.session_id[0] = 8;

    /* nothing to say, but said well */

    assert_int_equal(ag_redis_settle_write(&command, &step, 9, 9), AG_NONE);
    assert_int_equal(command.count, 3);
    assert_true(ag_str_is(command.args[0], "0"));

    step.count = 4;
    assert_int_equal(ag_redis_settle_write(&command, &step, 9, 9), AG_OK);
    assert_int_equal(command.count, 1 + 1 + 2 + 1);
    assert_true(ag_str_is(command.args[0], "1"));
    assert_true(number(command.args[4], 0) == 4);

    claims[1].used = 3;
    claims[2].used = 8;
    assert_int_equal(ag_redis_settle_write(&command, &step, 9, 10), AG_OK);
    assert_int_equal(command.count, 1 + 4 + 2 + 3);
    assert_true(ag_str_is(command.args[0], "4"));
    assert_true(number(command.args[6], 0) == 9);
    assert_true(number(command.args[6], 1) == 10);
    assert_true(number(command.args[7], 0) == 1);
    assert_true(number(command.args[7], 1) == 60);
    assert_true(number(command.args[7], 2) == 5);
    assert_true(number(command.args[7], 3) == 3);
    assert_true(number(command.args[7], 4) == 77);
    assert_true(number(command.args[7], 5) == 12);
    assert_true(number(command.args[8], 3) == 8);

    step.epochs = NULL;
    step.session_id[0] = 0;
    assert_int_equal(ag_redis_settle_write(&command, &step, 9, 10), AG_OK);
    assert_int_equal(command.count, 1 + 3 + 2 + 3);
    assert_int_equal(command.args[5].len, 0);
    assert_true(number(command.args[6], 5) == 0);

    step.count = AG_LIMITS_MAX + 1;
    assert_int_equal(ag_redis_settle_write(&command, &step, 9, 10), AG_LIMIT);
    assert_int_equal(command.count, 0);
}


static void
test_renew_and_stop(void **state)
{
    uint64_t   ids[AG_REDIS_RENEW_MAX + 1][2];
    uint64_t   leases[AG_REDIS_RENEW_MAX + 1];
    ag_str_t   prefix;
    ag_char_t  text[AG_REDIS_PREFIX_MAX];

    (void) state;

    memset(text, 'p', sizeof(text));
    memset(ids, 0xee, sizeof(ids));
    memset(leases, 0xdd, sizeof(leases));
    prefix = ag_str(text, sizeof(text));

    assert_int_equal(ag_redis_renew_write(&command, prefix, 1, ids, leases,
                                          32), AG_OK);
    assert_int_equal(command.count, 65);
    assert_true(ag_str_is(command.args[0], "32"));
    assert_true(ag_str_is(command.args[64], "dddddddddddddddd"));
    assert_int_equal(command.args[1].data[AG_REDIS_PREFIX_MAX + 20], 'c');

    assert_int_equal(ag_redis_renew_write(&command, prefix, 1, ids, leases,
                                          33), AG_LIMIT);
    assert_int_equal(command.count, 0);

    assert_int_equal(ag_redis_stop_write(&command, ag_str("x", 1), 2, ids[0]),
                     AG_OK);
    assert_int_equal(command.count, 2);
    assert_true(ag_str_is(command.args[1], "x:{0000000000000002}:s:"
                          "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_renew_and_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
