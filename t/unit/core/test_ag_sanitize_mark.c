/*
 * Copyright (C) ngx_agent authors
 *
 * Bytes that are no part of a name: escapes end words, marks of ours and
 * runs of slashes, dashes and the like stay.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_sanitize.h"

#include "sanitize_clean.h"


static void
steps_over_escapes(void **state)
{
    (void) state;

    expect("\\nlocalhost", "\\n[host]");
    expect("\\tlocalhost", "\\t[host]");
    expect("\\\\nlocalhost", "\\\\n[host]");
    expect("\\u0022localhost\\u0022", "\\u0022[host]\\u0022");
    expect("\\x22localhost", "\\x22[host]");
    expect("%20localhost%20", "%20[host]%20");
    expect("\\\"localhost\\\"", "\\\"[host]\\\"");
    expect("\\0localhost", "\\0[host]");

    stays("\\slocalhosts");
    stays("\\u00zzlocalhosts");
    stays("%zzlocalhosts");
    stays("nlocalhost");
    stays("a\\");
    stays("%");
    stays("%2");
    stays("\\u002");
}


static void
knows_escaped_ends_of_lines(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_VALUE, "a\\n    at /x.js:1:2\\n b", "a\\n b");
    expect_as(AG_SANITIZE_VALUE, "a\\t    at /x/y:1:2\\n b",
              "a\\t    at /x/y:1:2\\n b");
}


static void
leaves_its_own_marks(void **state)
{
    (void) state;

    stays("[host]");
    stays("[path]");
    stays("[redacted]");
    stays("[[host]]");
    stays("http://[host]/x and [path]:1");
    stays("password=[redacted]");
    stays("[host] \"db\"");
}


static void
leaves_runs_of_marks(void **state)
{
    (void) state;

    stays("//////");
    stays("------");
    stays("######");
    stays("~~~~~~");
    stays("::::::");
    stays("[[[[[[");
    stays("\\\\\\\\\\\\");
    stays("%%%%%%");
    stays("......");
    stays("-- --- ---- -");
    stays("### heading");

    expect("~~/x", "~[path]");
    expect("##0 /x.php(1): f()", "##0 [path](1): f()");
    expect("--localhost--", "--[host]--");
    expect("::::localhost", "::::[host]");
}


static void
replaces_what_is_no_utf8(void **state)
{
    (void) state;

    expect("\x80", "\xef\xbf\xbd");
    expect("\xfflocalhost\xff", "\xef\xbf\xbd[host]\xef\xbf\xbd");

    stays("\xef\xbf\xbd");
    stays("\xf0\x9f\x98\x80");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(steps_over_escapes),
        cmocka_unit_test(knows_escaped_ends_of_lines),
        cmocka_unit_test(leaves_its_own_marks),
        cmocka_unit_test(leaves_runs_of_marks),
        cmocka_unit_test(replaces_what_is_no_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
