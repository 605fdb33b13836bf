/*
 * Copyright (C) ngx_agent authors
 *
 * How long a comment is.  The text begins behind one byte, which is given.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_extract_parts.h"


static void
expect(const char *text, int expected, size_t expected_len)
{
    int         rc;
    size_t      n, len;
    ag_char_t  *copy;

    n = strlen(text);
    copy = malloc(n);
    memcpy(copy, text, n);

    rc = ag_extract_comment(copy + 1, copy + n, &len);

    if (rc != expected || len != expected_len) {
        fail_msg("%d, %d bytes of: %s", rc, (int) len, text);
    }

    free(copy);
}


static void
reads_to_the_end_of_the_line(void **state)
{
    (void) state;

    expect(",// one\n2", AG_OK, 6);
    expect(",// one\r\n2", AG_OK, 6);
    expect(",//\n", AG_OK, 2);
    expect(",/// one\n", AG_OK, 7);
    expect("1# one\n", AG_OK, 0);
    expect(" # one\n", AG_OK, 5);
    expect("\t#\n", AG_OK, 1);
    expect("\n# } \" /*\n", AG_OK, 8);
}


static void
reads_to_the_star_and_slash(void **state)
{
    (void) state;

    expect(",/* one */2", AG_OK, 9);
    expect(",/**/", AG_OK, 4);
    expect(",/***/", AG_OK, 5);
    expect(",/*/*/", AG_OK, 5);
    expect(",/* a\nb */ */", AG_OK, 9);
    expect(",/* // */", AG_OK, 8);
}


static void
sees_where_there_is_none(void **state)
{
    (void) state;

    expect(",", AG_OK, 0);
    expect(",1", AG_OK, 0);
    expect(",/ 1", AG_OK, 0);
    expect(",*/", AG_OK, 0);
    expect("[#12]\n", AG_OK, 0);
}


static void
asks_for_the_end(void **state)
{
    (void) state;

    expect(",/", AG_AGAIN, 0);
    expect(",//", AG_AGAIN, 0);
    expect(",// one", AG_AGAIN, 0);
    expect(" #", AG_AGAIN, 0);
    expect(",/*", AG_AGAIN, 0);
    expect(",/*/", AG_AGAIN, 0);
    expect(",/* *", AG_AGAIN, 0);
}


static void
refuses_what_stands_for_more(void **state)
{
    (void) state;

    expect(",// ...\n", AG_INVALID, 0);
    expect(",//...\n", AG_INVALID, 0);
    expect(",//...", AG_INVALID, 0);
    expect(",/// ... and 8 more\n", AG_INVALID, 0);
    expect(",// \xe2\x80\xa6\n", AG_INVALID, 0);
    expect(" # ...\n", AG_INVALID, 0);
    expect(" ## ... the rest\n", AG_INVALID, 0);
    expect(",/* ... */", AG_INVALID, 0);
    expect(",/**\n * ...\n */", AG_INVALID, 0);

    /* what is behind the comment is another thing */

    expect(",//\n...", AG_OK, 2);
    expect(",// ..\n", AG_OK, 5);
    expect(",// so...\n", AG_OK, 8);
    expect(",/**/...", AG_OK, 4);
    expect(",//.", AG_AGAIN, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_to_the_end_of_the_line),
        cmocka_unit_test(reads_to_the_star_and_slash),
        cmocka_unit_test(sees_where_there_is_none),
        cmocka_unit_test(asks_for_the_end),
        cmocka_unit_test(refuses_what_stands_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
