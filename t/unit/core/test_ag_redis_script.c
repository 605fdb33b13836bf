/*
 * Copyright (C) ngx_agent authors
 *
 * The scripts' SHA-1, and constants that stand in them as numbers; what they
 * do is tested with a Redis.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "core/ag_redis_parts.h"


static void
test_sha1(void **state)
{
    int            script;
    size_t         i;
    char           hex[2 * SHA_DIGEST_LENGTH + 1];
    const char    *text;
    unsigned char  digest[SHA_DIGEST_LENGTH];

    (void) state;

    for (script = 0; script < AG_REDIS_SCRIPTS; script++) {
        text = ag_redis_script((ag_redis_script_t) script);
        (void) SHA1((const unsigned char *) text, strlen(text), digest);

        for (i = 0; i < SHA_DIGEST_LENGTH; i++) {
            (void) snprintf(&hex[2 * i], 3, "%02x", digest[i]);
        }

        assert_string_equal(ag_redis_script_sha1((ag_redis_script_t) script),
                            hex);
    }
}


static void
test_constants(void **state)
{
    char         line[64];
    const char  *take;

    (void) state;

    take = ag_redis_script(AG_REDIS_TAKE);

    (void) snprintf(line, sizeof(line), "\nlocal LEASE = %llu\n",
                    (unsigned long long) AG_REDIS_LEASE_US);
    assert_non_null(strstr(take, line));
    assert_non_null(strstr(ag_redis_script(AG_REDIS_RENEW), line));

    /* the kinds of windows, and sub-windows, as Lua knows them */

    assert_int_equal(AG_WINDOW_LOG, 0);
    assert_int_equal(AG_WINDOW_RING, 1);
    assert_int_equal(AG_WINDOW_DAY, 2);
    assert_int_equal(AG_WINDOW_MONTH, 3);
    assert_int_equal(AG_WINDOW_COUNT, 4);
    assert_int_equal(AG_SUBWINDOWS, 600);
    assert_int_equal(AG_LIMIT_FULL, 1);
    assert_int_equal(AG_LIMIT_NEVER, 2);
    assert_int_equal(AG_SESSION_COST, 6);
    assert_non_null(strstr(ag_redis_script(AG_REDIS_SEED), "16384"));
    assert_int_equal(AG_LIMIT_LOG_MAX, 16384);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sha1),
        cmocka_unit_test(test_constants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
