/*
 * Copyright (C) ngx_agent authors
 *
 * The words of the cache's commands, and replies, whole and broken.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_redis_cache.h"
#include "core/ag_redis_parts.h"


#define HEX  "000102030405060708090a0b0c0d0e0f" \
             "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"


static void expect(unsigned number, const char *word);
static ag_redis_value_t integer(int64_t n);
static ag_redis_value_t text(const char *s);
static int setup(void **state);


static ag_redis_command_t  command;
static ag_char_t           key[AG_CACHE_KEY];

static const ag_str_t  prefix = ag_string("ag");


static void
expect(unsigned number, const char *word)
{
    assert_true(number < command.count);

    if (!ag_str_is(command.args[number], word)) {
        fail_msg("%u: %.*s, not %s", number, (int) command.args[number].len,
                 (const char *) command.args[number].data, word);
    }
}


static ag_redis_value_t
integer(int64_t n)
{
    ag_redis_value_t  value;

    value.kind = AG_REDIS_INTEGER;
    value.integer = n;
    value.text = ag_str(NULL, 0);

    return value;
}


static ag_redis_value_t
text(const char *s)
{
    ag_redis_value_t  value;

    value.kind = AG_REDIS_TEXT;
    value.integer = 0;
    value.text = ag_str(s, strlen(s));

    return value;
}


static int
setup(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 16; i++) {
        key[i] = (ag_char_t) i;
        key[16 + i] = (ag_char_t) (0xf0 + i);
    }

    return 0;
}


static void
test_look(void **state)
{
    char  longest[32];

    (void) state;

    (void) snprintf(longest, sizeof(longest), "<= %d ", AG_REDIS_BULK_MAX);
    assert_non_null(strstr(ag_redis_script(AG_REDIS_CACHE_LOOK), longest));

    assert_int_equal(ag_redis_cache_look_write(&command, prefix, key, 0xabc,
                                               AG_REDIS_CACHE_READ), AG_OK);
    assert_int_equal(command.count, 7);
    expect(0, "3");
    expect(1, "ag:{" HEX "}:a");
    expect(2, "ag:{" HEX "}:l");
    expect(3, "ag:{cache}:epoch");
    expect(4, "0000000000000abc");
    expect(5, "3000");
    expect(6, "0");

    assert_int_equal(ag_redis_cache_look_write(&command, prefix, key, 1,
                                               AG_REDIS_CACHE_DROP), AG_OK);
    expect(6, "1");
    assert_int_equal(ag_redis_cache_look_write(&command, prefix, key, 1,
                                               AG_REDIS_CACHE_PASS), AG_OK);
    expect(6, "2");
}


static void
test_look_read(void **state)
{
    ag_redis_value_t        v[4];
    ag_redis_cache_found_t  found;

    (void) state;

    v[0] = integer(AG_REDIS_CACHE_BUSY);
    v[1] = integer(9);
    v[2] = text("sealed");
    v[3] = text("more");

    assert_int_equal(ag_redis_cache_look_read(v, 2, &found), AG_OK);
    assert_int_equal(found.state, AG_REDIS_CACHE_BUSY);
    assert_int_equal(found.epoch, 9);
    assert_int_equal(found.sealed.len, 0);
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);

    v[0] = integer(AG_REDIS_CACHE_LOCKED);
    assert_int_equal(ag_redis_cache_look_read(v, 2, &found), AG_OK);
    assert_int_equal(found.state, AG_REDIS_CACHE_LOCKED);

    v[0] = integer(AG_REDIS_CACHE_FOUND);
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_OK);
    assert_int_equal(found.state, AG_REDIS_CACHE_FOUND);
    assert_true(ag_str_is(found.sealed, "sealed"));
    assert_int_equal(ag_redis_cache_look_read(v, 2, &found), AG_INVALID);
    assert_int_equal(ag_redis_cache_look_read(v, 4, &found), AG_INVALID);

    v[2].kind = AG_REDIS_NIL;
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);
    v[2].kind = AG_REDIS_TEXT;
    v[1] = integer(-1);
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);
    v[1] = text("9");
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);
    v[1] = integer(9);
    v[0] = integer(3);
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);
    v[0] = integer(-1);
    assert_int_equal(ag_redis_cache_look_read(v, 2, &found), AG_INVALID);
    v[0] = text("2");
    assert_int_equal(ag_redis_cache_look_read(v, 3, &found), AG_INVALID);
    v[0].kind = AG_REDIS_ERROR;
    assert_int_equal(ag_redis_cache_look_read(v, 1, &found), AG_INVALID);
    assert_int_equal(ag_redis_cache_look_read(NULL, 0, &found), AG_INVALID);
}


static void
test_keep(void **state)
{
    ag_str_t   sealed;
    ag_char_t  byte;

    (void) state;

    /* longer than all that is copied: never read here */

    byte = 0;
    sealed = ag_str(&byte, 8 * 1024 * 1024);

    assert_int_equal(ag_redis_cache_keep_write(&command, prefix, key, sealed,
                                               86400000), AG_OK);
    assert_int_equal(command.count, 5);
    expect(0, "SET");
    expect(1, "ag:{" HEX "}:a");
    assert_ptr_equal(command.args[2].data, &byte);
    assert_int_equal(command.args[2].len, sealed.len);
    expect(3, "PX");
    expect(4, "86400000");

    assert_int_equal(ag_redis_cache_keep_write(&command, prefix, key, sealed,
                                               UINT64_MAX), AG_OK);
    expect(4, "18446744073709551615");
}


static void
test_locks(void **state)
{
    unsigned          i;
    uint64_t          owners[AG_REDIS_CACHE_HOLD_MAX + 1];
    const ag_char_t  *keys[AG_REDIS_CACHE_HOLD_MAX + 1];

    (void) state;

    for (i = 0; i <= AG_REDIS_CACHE_HOLD_MAX; i++) {
        keys[i] = key;
        owners[i] = i + 1;
    }

    assert_int_equal(ag_redis_cache_hold_write(&command, prefix, keys, owners,
                                               2), AG_OK);
    assert_int_equal(command.count, 6);
    expect(0, "2");
    expect(1, "ag:{" HEX "}:l");
    expect(2, "ag:{" HEX "}:l");
    expect(3, "3000");
    expect(4, "0000000000000001");
    expect(5, "0000000000000002");

    assert_int_equal(ag_redis_cache_hold_write(&command, prefix, keys, owners,
                                               AG_REDIS_CACHE_HOLD_MAX),
                     AG_OK);
    assert_int_equal(command.count, 2 + 2 * AG_REDIS_CACHE_HOLD_MAX);
    assert_int_equal(ag_redis_cache_hold_write(&command, prefix, keys, owners,
                                               AG_REDIS_CACHE_HOLD_MAX + 1),
                     AG_LIMIT);

    assert_int_equal(ag_redis_cache_free_write(&command, prefix, key, 5),
                     AG_OK);
    assert_int_equal(command.count, 3);
    expect(0, "1");
    expect(1, "ag:{" HEX "}:l");
    expect(2, "0000000000000005");
}


static void
test_longest_prefix(void **state)
{
    unsigned          i;
    ag_str_t          name;
    uint64_t          owners[AG_REDIS_CACHE_HOLD_MAX];
    ag_char_t         long_prefix[AG_REDIS_PREFIX_MAX + 1];
    const ag_char_t  *keys[AG_REDIS_CACHE_HOLD_MAX];

    (void) state;

    memset(long_prefix, 'p', sizeof(long_prefix));
    memset(owners, 0xff, sizeof(owners));

    for (i = 0; i < AG_REDIS_CACHE_HOLD_MAX; i++) {
        keys[i] = key;
    }

    name = ag_str(long_prefix, AG_REDIS_PREFIX_MAX);

    assert_int_equal(ag_redis_cache_look_write(&command, name, key, 1,
                                               AG_REDIS_CACHE_READ), AG_OK);
    assert_int_equal(ag_redis_cache_hold_write(&command, name, keys, owners,
                                               AG_REDIS_CACHE_HOLD_MAX),
                     AG_OK);

    name.len++;

    assert_int_equal(ag_redis_cache_look_write(&command, name, key, 1,
                                               AG_REDIS_CACHE_READ), AG_LIMIT);
    assert_int_equal(ag_redis_cache_keep_write(&command, name, key, name, 1),
                     AG_LIMIT);
    assert_int_equal(ag_redis_cache_hold_write(&command, name, keys, owners,
                                               1), AG_LIMIT);
    assert_int_equal(ag_redis_cache_free_write(&command, name, key, 1),
                     AG_LIMIT);
    assert_int_equal(ag_redis_cache_purge_write(&command, name, 1, NULL),
                     AG_LIMIT);
}


static void
test_purge(void **state)
{
    ag_cache_purge_t  what;

    (void) state;

    assert_int_equal(ag_redis_cache_purge_write(&command, prefix, 70, NULL),
                     AG_OK);
    assert_int_equal(command.count, 5);
    expect(0, "2");
    expect(1, "ag:{cache}:epoch");
    expect(2, "ag:{cache}:purges");
    expect(3, "70");
    expect(4, "");

    what.owner = 0xfedcba9876543210;
    what.model = 0;
    assert_int_equal(ag_redis_cache_purge_write(&command, prefix, 0, &what),
                     AG_OK);
    assert_int_equal(command.count, 5);
    expect(3, "0");
    expect(4, "fedcba9876543210:0000000000000000");
}


static void
test_purge_read(void **state)
{
    ag_redis_value_t         v[3];
    ag_redis_cache_purged_t  purged;

    (void) state;

    v[0] = integer(7);
    v[1] = text("0000000000000006:fedcba9876543210:0000000000000000");
    v[2] = text("0000000000000007:0000000000000000:00000000000000af");

    assert_int_equal(ag_redis_cache_purge_read(v, 3, 5, &purged), AG_OK);
    assert_int_equal(purged.last, 7);
    assert_int_equal(purged.complete, 1);
    assert_int_equal(purged.count, 2);
    assert_int_equal(purged.rows[0].number, 6);
    assert_int_equal(purged.rows[0].what.owner, 0xfedcba9876543210);
    assert_int_equal(purged.rows[0].what.model, 0);
    assert_int_equal(purged.rows[1].number, 7);
    assert_int_equal(purged.rows[1].what.owner, 0);
    assert_int_equal(purged.rows[1].what.model, 0xaf);

    /* nothing new */

    assert_int_equal(ag_redis_cache_purge_read(v, 1, 7, &purged), AG_OK);
    assert_int_equal(purged.complete, 1);
    assert_int_equal(purged.count, 0);

    /* some are missing: the first, the last, those between, all */

    assert_int_equal(ag_redis_cache_purge_read(v, 3, 4, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);
    assert_int_equal(purged.count, 0);
    assert_int_equal(ag_redis_cache_purge_read(v, 2, 5, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 5, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);
    v[2] = text("0000000000000008:0000000000000000:00000000000000af");
    v[0] = integer(8);
    assert_int_equal(ag_redis_cache_purge_read(v, 3, 5, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);

    v[0] = integer(7);
    assert_int_equal(ag_redis_cache_purge_read(v, 3, 5, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);

    /* a Redis that knows less has been told, or is none */

    v[0] = integer(3);
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 5, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);
}


static void
test_purge_read_broken(void **state)
{
    size_t                   i;
    ag_redis_value_t         v[AG_REDIS_CACHE_PURGES + 2];
    ag_redis_cache_purged_t  purged;

    static const char  *rows[] = {
        "", "1:2:3",
        "0000000000000001:0000000000000002:00000000000000A3",
        "0000000000000001:0000000000000002:000000000000000g",
        "0000000000000001-0000000000000002:0000000000000003",
        "0000000000000001:0000000000000002-0000000000000003",
        "0000000000000001:0000000000000002:00000000000000030",
        "000000000000000/:0000000000000002:0000000000000003"
    };

    (void) state;

    v[0] = integer(1);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        v[1] = text(rows[i]);
        assert_int_equal(ag_redis_cache_purge_read(v, 2, 0, &purged), AG_OK);
        assert_int_equal(purged.complete, 0);
    }

    v[1] = integer(1);
    assert_int_equal(ag_redis_cache_purge_read(v, 2, 0, &purged), AG_OK);
    assert_int_equal(purged.complete, 0);

    assert_int_equal(ag_redis_cache_purge_read(NULL, 0, 0, &purged),
                     AG_INVALID);
    v[0] = integer(-1);
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 0, &purged), AG_INVALID);
    v[0] = integer((int64_t) AG_REDIS_CACHE_NUMBER_MAX + 1);
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 0, &purged), AG_INVALID);
    v[0] = integer((int64_t) AG_REDIS_CACHE_NUMBER_MAX);
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 0, &purged), AG_OK);
    v[0] = text("1");
    v[0].kind = AG_REDIS_ERROR;
    assert_int_equal(ag_redis_cache_purge_read(v, 1, 0, &purged), AG_INVALID);

    for (i = 0; i < AG_REDIS_CACHE_PURGES + 2; i++) {
        v[i] = integer(1);
    }

    assert_int_equal(ag_redis_cache_purge_read(v, AG_REDIS_CACHE_PURGES + 2,
                                               0, &purged), AG_INVALID);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_look_read),
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_longest_prefix),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_purge_read),
        cmocka_unit_test(test_purge_read_broken),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
