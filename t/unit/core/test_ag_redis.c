/*
 * Copyright (C) ngx_agent authors
 *
 * Words, keys, and every error that a Redis or a Valkey has for us.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_redis_parts.h"


static ag_redis_error_t classify(const char *text);
static void expect_word(const ag_redis_command_t *command, unsigned number,
    const void *data, size_t len);


static ag_redis_command_t  command;


static ag_redis_error_t
classify(const char *text)
{
    size_t            n;
    char             *copy;
    ag_redis_error_t  error;

    n = strlen(text);
    copy = malloc(n + 1);
    assert_non_null(copy);

    /* the byte behind is not ours, nor a zero */

    memcpy(copy, text, n);
    copy[n] = ' ';
    error = ag_redis_classify(ag_str(copy, n));
    copy = realloc(copy, n > 0 ? n : 1);
    assert_int_equal(ag_redis_classify(ag_str(copy, n)), error);
    free(copy);

    return error;
}


static void
expect_word(const ag_redis_command_t *c, unsigned number, const void *data,
    size_t len)
{
    assert_true(number < c->count);
    assert_int_equal(c->args[number].len, len);
    assert_memory_equal(c->args[number].data, data, len);
}


static void
test_classify_busy(void **state)
{
    size_t              i;
    static const char  *errors[] = {
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL "
            "or SHUTDOWN NOSAVE.",
        "BUSY",
        "LOADING Redis is loading the dataset in memory",
        "-LOADING Valkey is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is "
            "set to 'no'.",
        "MISCONF Redis is configured to save RDB snapshots, but it's "
            "currently unable to persist to disk.",
        "READONLY You can't write against a read only replica.",
        "READONLY You can't write against a read only replica. script: "
            "f00, on @user_script:7.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "NOREPLICAS Not enough good replicas to write.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "CLUSTERDOWN The cluster is down",
        "CLUSTERDOWN Hash slot not served",
        "REDIRECT 10.0.0.1:6379",
        "ERR max number of clients reached",
        "ERR max number of clients + cluster connections reached",
        "ERR Error running script (call to f_00): @user_script:12: "
            "@user_script: 12: -OOM command not allowed when used memory > "
            "'maxmemory'. ",
        "ERR Error running script (call to f_00): @user_script:1: -READONLY "
            "You can't write against a read only replica."
    };

    (void) state;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (classify(errors[i]) != AG_REDIS_E_BUSY) {
            fail_msg("%s", errors[i]);
        }
    }
}


static void
test_classify_others(void **state)
{
    (void) state;

    assert_int_equal(classify("NOSCRIPT No matching script. Please use "
                              "EVAL."), AG_REDIS_E_NOSCRIPT);
    assert_int_equal(classify("NOSCRIPT"), AG_REDIS_E_NOSCRIPT);

    assert_int_equal(classify("NOAUTH Authentication required."),
                     AG_REDIS_E_AUTH);
    assert_int_equal(classify("WRONGPASS invalid username-password pair or "
                              "user is disabled."), AG_REDIS_E_AUTH);
    assert_int_equal(classify("NOPERM this user has no permissions to run "
                              "the 'evalsha' command"), AG_REDIS_E_AUTH);
    assert_int_equal(classify("DENIED Redis is running in protected mode"),
                     AG_REDIS_E_AUTH);
    assert_int_equal(classify("ERR invalid password"), AG_REDIS_E_AUTH);
    assert_int_equal(classify("ERR AUTH <password> called without any "
                              "password configured for the default user."),
                     AG_REDIS_E_AUTH);
    assert_int_equal(classify("ERR Client sent AUTH, but no password is set"),
                     AG_REDIS_E_AUTH);
    assert_int_equal(classify("ERR Error running script (call to f_0): "
                              "@user_script:1: -NOPERM x"), AG_REDIS_E_AUTH);

    assert_int_equal(classify("MOVED 3999 127.0.0.1:6381"),
                     AG_REDIS_E_CLUSTER);
    assert_int_equal(classify("ASK 3999 127.0.0.1:6381"), AG_REDIS_E_CLUSTER);
    assert_int_equal(classify("CROSSSLOT Keys in request don't hash to the "
                              "same slot"), AG_REDIS_E_CLUSTER);
    assert_int_equal(classify("ERR Script attempted to access keys that do "
                              "not hash to the same slot"),
                     AG_REDIS_E_CLUSTER);
    assert_int_equal(classify("ERR Error running script (call to f_0): "
                              "@user_script:1: Script attempted to access a "
                              "non local key in a cluster node"),
                     AG_REDIS_E_CLUSTER);
}


static void
test_classify_nothing_else(void **state)
{
    size_t              i;
    static const char  *errors[] = {
        "", "-", " ", "ERR", "ERR ", "ERR unknown command 'EVALSHA'",
        "BUSYKEY Target key name already exists.",
        "BUSYGROUP Consumer Group name already exists", "BUS", "busy x",
        "ASKING", "WRONGTYPE Operation against a key holding the wrong kind "
            "of value", "EXECABORT Transaction discarded", "NOPROTO x",
        "UNKILLABLE x", "NOTBUSY x", "INPROG x",
        "ERR Error running script (call to f_0): @user_script:9: "
            "user_script:9: attempt to index a nil value",
        "ERR Error running script", "ERR Error running script: ",
        "ERR Error running script: -", "ERR Error running script (x): BUSYKEY",
        "ERR wrong number of arguments for 'evalsha' command",
        "ERR OOM", "ERR: -OOM x"
    };

    (void) state;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (classify(errors[i]) != AG_REDIS_E_OTHER) {
            fail_msg("%s", errors[i]);
        }
    }
}


static void
test_words(void **state)
{
    static const uint64_t   id[2] = { 0x0123456789abcdef, UINT64_MAX };
    static const uint64_t   numbers[] = { 0, 1, 600, AG_REDIS_NUMBER_MAX,
                                          UINT64_MAX };
    static const ag_char_t  doubles[] =
        "x"
        "\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\xf0\x3f"
        "\0\0\0\0\0\xc0\x82\x40"
        "\xff\xff\xff\xff\xff\xff\x3f\x43"
        "\xff\xff\xff\xff\xff\xff\x3f\x43";

    (void) state;

    ag_redis_start(&command, 32);
    ag_redis_put_key(&command, ag_str("ag", 2), 10, AG_REDIS_KEY_WINDOW, id);
    ag_redis_put_hex(&command, 255);
    ag_redis_put_numbers(&command, ag_str("x", 1), numbers, 5);
    ag_redis_put_text(&command, ag_str("", 0));

    assert_int_equal(ag_redis_finish(&command), AG_OK);
    assert_int_equal(command.count, 5);
    expect_word(&command, 0, "32", 2);
    expect_word(&command, 1, "ag:{000000000000000a}:w:"
                "0123456789abcdefffffffffffffffff", 56);
    expect_word(&command, 2, "00000000000000ff", 16);
    expect_word(&command, 3, doubles, sizeof(doubles) - 1);
    expect_word(&command, 4, "", 0);

    ag_redis_start(&command, 7);
    expect_word(&command, 0, "7", 1);
}


static void
test_limits(void **state)
{
    unsigned         i;
    ag_char_t        prefix[AG_REDIS_PREFIX_MAX + 1];
    static uint64_t  id[2];

    (void) state;

    memset(prefix, 'p', sizeof(prefix));
    ag_redis_start(&command, 1);
    ag_redis_put_key(&command, ag_str(prefix, AG_REDIS_PREFIX_MAX), 1,
                     AG_REDIS_KEY_SEED, id);
    assert_int_equal(ag_redis_finish(&command), AG_OK);

    ag_redis_put_key(&command, ag_str(prefix, sizeof(prefix)), 1,
                     AG_REDIS_KEY_SEED, id);
    assert_int_equal(ag_redis_finish(&command), AG_LIMIT);
    assert_int_equal(command.count, 0);

    ag_redis_start(&command, 1);

    for (i = 1; i < AG_REDIS_ARGS_MAX; i++) {
        ag_redis_put_text(&command, ag_str("1234567", 7));
    }

    assert_int_equal(ag_redis_finish(&command), AG_OK);
    assert_int_equal(command.count, AG_REDIS_ARGS_MAX);
    ag_redis_put_text(&command, ag_str("", 0));
    ag_redis_add(&command, "x", 1);
    assert_int_equal(ag_redis_finish(&command), AG_LIMIT);

    ag_redis_start(&command, 1);

    for (i = 1; i < AG_REDIS_TEXT_MAX / 16; i++) {
        ag_redis_add_hex(&command, i);
    }

    ag_redis_add(&command, "123456789012345", 15);
    assert_int_equal(ag_redis_finish(&command), AG_OK);
    assert_int_equal(command.used, AG_REDIS_TEXT_MAX);
    ag_redis_add(&command, "x", 1);
    ag_redis_put_text(&command, ag_str("x", 1));
    assert_int_equal(ag_redis_finish(&command), AG_LIMIT);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_classify_busy),
        cmocka_unit_test(test_classify_others),
        cmocka_unit_test(test_classify_nothing_else),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
