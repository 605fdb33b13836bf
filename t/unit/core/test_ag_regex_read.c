/*
 * Copyright (C) ngx_agent authors
 *
 * The look at a pattern before it is compiled: what is refused and where,
 * and what the count of a match is told.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_regex_parts.h"


static int
look(const char *pattern, ag_regex_read_t *read)
{
    int     rc;
    char   *copy;
    size_t  len;

    /* of the exact size, so that one byte too many is seen */

    len = strlen(pattern);
    copy = malloc(len);
    assert_true(copy != NULL || len == 0);
    memcpy(copy != NULL ? copy : (char *) read, pattern, len);

    memset(read, 0, sizeof(*read));
    read->pattern = ag_str(copy, len);
    rc = ag_regex_read(read);
    free(copy);

    return rc;
}


static void
good(const char *pattern, uint64_t unseen, unsigned captures)
{
    ag_regex_read_t  read;

    if (look(pattern, &read) != AG_OK || read.error != NULL) {
        fail_msg("%s: %s", pattern, read.error);
    }

    if (read.unseen != unseen || read.captures != captures) {
        fail_msg("%s: %d, %d", pattern, (int) read.unseen, read.captures);
    }
}


static void
refused(const char *pattern, size_t at)
{
    ag_regex_read_t  read;

    if (look(pattern, &read) != AG_INVALID) {
        fail_msg("%s is not refused", pattern);
    }

    assert_non_null(read.error);

    if (read.at != at) {
        fail_msg("%s is refused at %d", pattern, (int) read.at);
    }
}


static void
lets_ecma_262_pass(void **state)
{
    (void) state;

    good("", 0, 0);
    good("^a[b-c]*(d|e)+?$", 0, 0);
    good("(?:a)(?=b)(?!c)(?<name>d)", 25, 0);
    good("\\b\\B\\d\\D\\f\\n\\r\\s\\S\\t\\v\\w\\W\\x41\\u0041\\cA", 0, 0);
    good("\\p{L}\\P{Lu}\\u{1F600}\\/\\-\\.\\\\\\(", 1, 0);
    good("[\\]\\[(?P(*]", 0, 0);
    good("[](a)[^](?i)", 0, 0);
    good("(?i)(?i-s:a)(?m:b)(?-i:c)", 0, 0);

    /* these are PCRE2's to refuse */

    good("[ab", 0, 0);
    good("[", 0, 0);
    good("[a\\", 0, 0);
    good("a\\", 0, 0);
    good("a(", 0, 0);
    good("a{", 0, 0);
    good("a{7", 7, 0);
}


static void
refuses_other_escapes(void **state)
{
    size_t             i;
    char               pattern[16];
    static const char  *others = "aACeEgGhHiIjJKlLmMNoOqQRTUVyYXzZ";

    (void) state;

    for (i = 0; others[i] != '\0'; i++) {
        snprintf(pattern, sizeof(pattern), "x\\%c", others[i]);
        refused(pattern, 1);
        snprintf(pattern, sizeof(pattern), "[\\%c]", others[i]);
        refused(pattern, 1);
    }
}


static void
refuses_other_groups(void **state)
{
    size_t             i;
    static const char  *others[] = {
        "(*UCP)", "(*COMMIT)", "(*", "(?P<a>b)", "(?P=a)", "(?C)", "(?C1)",
        "(?R)", "(?1)", "(?-1)", "(?+1)", "(?&a)", "(?|a)", "(?#a)",
        "(?(1)a)", "(?x)", "(?ix)", "(?i-x:a)", "(?^:a)", "(?J)", "(?'a'b)",
        "(?", "(?i", "(?i-", "(?\"",
    };

    (void) state;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        refused(others[i], 0);
    }

    refused("a\\(b(*F)", 4);
    refused("[(*](*F)", 4);
    refused("[]](*F)", 3);
    refused("[\\\\](?C)", 4);
    refused("[[](?C)", 3);
}


static void
tells_what_an_item_may_compare_unseen(void **state)
{
    (void) state;

    good("a{30}", 30, 0);
    good("a{30,70}b{7}", 30, 0);
    good("a{,70}", 0, 0);
    good("a{x}", 0, 0);
    good("a{99999999999999999999}", 99999, 0);
    good("[a{50}]", 0, 0);
    good("(a)\\1", 65535, 1);
    good("(?<n>a)\\k<n>", 65535, 1);
    good("(?<=ab)c", 8, 0);
    good("(?<!ab)c{9}", 11, 0);
}


static void
refuses_a_pattern_that_is_too_long(void **state)
{
    char             pattern[AG_REGEX_MAX + 2];
    ag_regex_read_t  read;

    (void) state;

    memset(pattern, 'a', sizeof(pattern));
    pattern[AG_REGEX_MAX] = '\0';
    assert_int_equal(look(pattern, &read), AG_OK);

    pattern[AG_REGEX_MAX] = 'a';
    pattern[AG_REGEX_MAX + 1] = '\0';
    assert_int_equal(look(pattern, &read), AG_LIMIT);
    assert_non_null(read.error);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(lets_ecma_262_pass),
        cmocka_unit_test(refuses_other_escapes),
        cmocka_unit_test(refuses_other_groups),
        cmocka_unit_test(tells_what_an_item_may_compare_unseen),
        cmocka_unit_test(refuses_a_pattern_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
