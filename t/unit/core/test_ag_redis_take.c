/*
 * Copyright (C) ngx_agent authors
 *
 * TAKE's words, and which replies are believed.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_redis_parts.h"


#define CLAIMS   4
#define REPLY    (5 + 5 * CLAIMS + 1)
#define CLOCK    INT64_C(1795206000000000)


static void begin(void);
static void reply(const int64_t numbers[REPLY]);
static int read_reply(size_t count);
static void refused(size_t at, int64_t number);


static uint64_t            epochs[CLAIMS], ids[CLAIMS][2];
static ag_claim_t          claims[CLAIMS];
static ag_limit_t          limits[CLAIMS];
static ag_verdict_t        verdict;
static ag_standing_t       standings[CLAIMS];
static ag_redis_step_t     step;
static ag_redis_value_t    values[REPLY + 1];
static ag_redis_command_t  command;
static ag_session_call_t   call = { 3, UINT64_C(0x1122334455667788), 9 };
static ag_session_guard_t  guard = { 1, 2, 3, 4, 5 };


static const int64_t  taken[REPLY] = {
    0, 0, 0, 0, 2,
    1, 0, 5, 9, 60000000,
    7, 123, 6, 0, 60100000,
    7, 456, 7, 3, 1000000,
    1, 0, 0, 9, 0,
    CLOCK
};


static const int64_t  full[REPLY] = {
    0, 1, 2, 5000, 2,
    0, 0, 5, 9, 60000000,
    0, 0, 0, 0, 0,
    0, 0, 7, 3, 1000000,
    0, 0, 0, 9, 0,
    CLOCK
};


/* Of each kind one; the ring's limit refuses nothing. */
static void
begin(void)
{
    unsigned                       i;
    static const ag_window_kind_t  kinds[] = {
        AG_WINDOW_LOG, AG_WINDOW_RING, AG_WINDOW_MONTH, AG_WINDOW_COUNT
    };

    memset(&step, 0, sizeof(step));
    memset(limits, 0, sizeof(limits));
    memset(claims, 0, sizeof(claims));

    for (i = 0; i < CLAIMS; i++) {
        limits[i].kind = kinds[i];
        limits[i].max = 10;
        limits[i].window = (i < 2) ? 60000000 : 0;
        claims[i].limit = &limits[i];
        claims[i].max = 10;
        claims[i].amount = 7;
        claims[i].least = 7;
        ids[i][0] = i;
        ids[i][1] = 1;
        epochs[i] = 99;
    }

    limits[1].dry_run = 1;

    step.prefix = ag_str("ag", 2);
    step.tenant = 10;
    step.lease = 0xabc;
    step.count = CLAIMS;
    step.claims = claims;
    step.ids = ids;
    step.epochs = epochs;
    step.standings = standings;
}


static void
reply(const int64_t numbers[REPLY])
{
    size_t  i;

    memset(values, 0, sizeof(values));

    for (i = 0; i < REPLY + 1; i++) {
        values[i].kind = AG_REDIS_INTEGER;
        values[i].integer = (i < REPLY) ? numbers[i] : 0;
    }
}


static int
read_reply(size_t count)
{
    memset(&verdict, 0x55, sizeof(verdict));

    return ag_redis_take_read(values, count, &step, &verdict);
}


/* With that number in its place the reply is not believed, and nothing is
 * set. */
static void
refused(size_t at, int64_t number)
{
    int64_t  before;

    before = values[at].integer;
    values[at].integer = number;
    claims[0].taken = 77;
    epochs[0] = 77;

    if (read_reply(REPLY) != AG_INVALID) {
        fail_msg("%d at %d", (int) number, (int) at);
    }

    assert_int_equal(claims[0].taken, 77);
    assert_int_equal(epochs[0], 77);
    assert_int_equal(verdict.result, 0x55555555);

    values[at].integer = before;
}


static void
test_words(void **state)
{
    static const ag_char_t  fingerprint[] = "\x88\x77\x66\x55\x44\x33\x22\x11";

    (void) state;

    begin();
    step.session_id[1] = 5;
    step.guard = &guard;
    step.session = &call;

    assert_int_equal(ag_redis_take_write(&command, &step), AG_OK);
    assert_int_equal(command.count, 1 + 5 + 2 + 4);
    assert_true(ag_str_is(command.args[0], "5"));
    assert_true(ag_str_is(command.args[1], "ag:{000000000000000a}:w:"
                          "00000000000000000000000000000001"));
    assert_true(ag_str_is(command.args[4], "ag:{000000000000000a}:c:"
                          "00000000000000030000000000000001"));
    assert_true(ag_str_is(command.args[5], "ag:{000000000000000a}:s:"
                          "00000000000000000000000000000005"));
    assert_true(ag_str_is(command.args[6], "0000000000000abc"
                                           "0000000000000000"));
    assert_int_equal(command.args[7].len, 64);
    assert_memory_equal(command.args[7].data, fingerprint, 8);
    assert_int_equal(command.args[8].len, 48);

    step.session_id[1] = 0;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_OK);
    assert_int_equal(command.count, 1 + 4 + 2 + 4);
    assert_int_equal(command.args[6].len, 0);

    step.session_id[0] = 1;
    step.guard = NULL;
    step.session = NULL;
    step.count = 0;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_OK);
    assert_int_equal(command.count, 4);
    assert_int_equal(command.args[3].len, 64);
}


static void
test_words_of_the_largest(void **state)
{
    unsigned    i;
    uint64_t    many_ids[AG_LIMITS_MAX + 1][2];
    ag_char_t   prefix[AG_REDIS_PREFIX_MAX + 1];
    ag_claim_t  many[AG_LIMITS_MAX + 1];

    (void) state;

    begin();
    reply(taken);
    memset(prefix, 'p', sizeof(prefix));
    memset(many_ids, 0xff, sizeof(many_ids));

    for (i = 0; i < AG_LIMITS_MAX + 1; i++) {
        many[i] = claims[i % CLAIMS];
    }

    step.prefix = ag_str(prefix, AG_REDIS_PREFIX_MAX);
    step.claims = many;
    step.ids = many_ids;
    step.session_id[0] = 1;
    step.count = AG_LIMITS_MAX;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_OK);
    assert_int_equal(command.count, 1 + 17 + 2 + 16);

    step.count = AG_LIMITS_MAX + 1;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_LIMIT);
    assert_int_equal(command.count, 0);
    assert_int_equal(ag_redis_take_read(values, 5 + 5 * 17, &step, &verdict),
                     AG_INVALID);

    step.count = AG_LIMITS_MAX;
    step.prefix.len++;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_LIMIT);
}


static void
test_taken(void **state)
{
    (void) state;

    begin();
    reply(taken);
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_int_equal(verdict.result, AG_LIMIT_TAKEN);
    assert_int_equal(verdict.dry, 2);
    assert_int_equal(verdict.wait, 0);
    assert_int_equal(step.session_verdict, AG_SESSION_GOES_ON);
    assert_int_equal(claims[0].taken, 1);
    assert_int_equal(claims[1].taken, 7);
    assert_int_equal(claims[1].mark, 123);
    assert_int_equal(epochs[2], 7);
    assert_int_equal(standings[2].limit, 10);
    assert_int_equal(standings[2].remaining, 3);
    assert_int_equal(standings[2].reset, 1000000);

    /* an estimate is cut, and a limit that refuses nothing counts all */

    claims[2].amount = 50;
    values[15].integer = 10;
    assert_int_equal(read_reply(REPLY), AG_OK);
    claims[1].amount = 50;
    claims[1].least = 20;
    values[10].integer = 50;
    assert_int_equal(read_reply(REPLY), AG_OK);
    refused(10, 51);

    step.epochs = NULL;
    step.standings = NULL;
    assert_int_equal(read_reply(REPLY), AG_OK);
}


static void
test_refused(void **state)
{
    (void) state;

    begin();
    reply(full);
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 2);
    assert_int_equal(verdict.wait, 5000);
    assert_int_equal(claims[2].taken, 0);
    assert_int_equal(epochs[1], 0);

    refused(2, 1);                      /* it refuses nothing */
    refused(2, 4);
    refused(0, 1);                      /* there is no session */
    refused(1, 2);                      /* NEVER, after 5000 us */
    values[3].integer = 0;
    values[1].integer = 2;
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_int_equal(verdict.result, AG_LIMIT_NEVER);
    refused(5, 1);
    refused(6, 1);
}


static void
test_session(void **state)
{
    (void) state;

    begin();
    reply(full);
    step.session_id[0] = 1;
    values[0].integer = AG_SESSION_COST;
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_int_equal(step.session_verdict, AG_SESSION_COST);
    refused(0, AG_SESSION_COST + 1);

    /* nobody's limit refuses: the session does */

    values[2].integer = 0;
    limits[0].dry_run = 1;
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_int_equal(verdict.result, AG_LIMIT_FULL);

    reply(taken);
    refused(0, AG_SESSION_STOPPED);
    assert_int_equal(read_reply(REPLY), AG_OK);

    step.count = 0;
    values[4].integer = 0;
    assert_int_equal(read_reply(6), AG_OK);
    values[1].integer = 1;
    assert_int_equal(read_reply(6), AG_INVALID);
    values[0].integer = 1;
    assert_int_equal(read_reply(6), AG_OK);
}


static void
test_too_late(void **state)
{
    (void) state;

    begin();
    step.by = 0x123456789abc;
    assert_int_equal(ag_redis_take_write(&command, &step), AG_OK);
    assert_true(ag_str_is(command.args[5], "0000000000000abc"
                                           "0000123456789abc"));

    reply(taken);
    assert_int_equal(read_reply(REPLY), AG_OK);
    assert_true(step.clock == CLOCK);

    step.clock = 0;
    values[0].integer = CLOCK;
    assert_int_equal(read_reply(1), AG_NONE);
    assert_true(step.clock == CLOCK);

    values[0].integer = -1;
    assert_int_equal(read_reply(1), AG_INVALID);
}


static void
test_what_is_not_believed(void **state)
{
    size_t  i;

    (void) state;

    begin();
    reply(taken);

    assert_int_equal(read_reply(0), AG_INVALID);
    assert_int_equal(read_reply(REPLY - 1), AG_INVALID);
    assert_int_equal(read_reply(REPLY + 1), AG_INVALID);

    for (i = 0; i < REPLY; i++) {
        refused(i, -1);
        refused(i, INT64_MIN);
        refused(i, INT64_MAX);
        refused(i, (int64_t) AG_REDIS_NUMBER_MAX + 1);

        values[i].kind = AG_REDIS_TEXT;
        assert_int_equal(read_reply(REPLY), AG_INVALID);
        values[i].kind = AG_REDIS_NIL;
        assert_int_equal(read_reply(REPLY), AG_INVALID);
        values[i].kind = AG_REDIS_INTEGER;
    }

    refused(1, 3);
    refused(2, 1);                      /* taken, but refused by somebody */
    refused(3, 1);
    refused(4, 1);                      /* dry, but it does refuse */
    refused(4, 16 | 2);
    refused(5, 0);
    refused(5, 2);
    refused(7, 0);                      /* a window without incarnation */
    refused(8, 11);
    refused(10, 8);
    refused(15, 6);
    refused(15, 8);
    refused(20, 0);

    claims[2].amount = 11;
    claims[2].least = 11;
    refused(15, 11);
    refused(15, 10);

    values[0].kind = AG_REDIS_ERROR;
    values[0].text = ag_str("ERR x", 5);
    assert_int_equal(read_reply(1), AG_INVALID);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_of_the_largest),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_too_late),
        cmocka_unit_test(test_what_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
