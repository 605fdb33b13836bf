/*
 * Copyright (C) ngx_agent authors
 *
 * Stack traces, of messages and of values.
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
cuts_messages_at_the_first_frame(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_MESSAGE, "a\n    at f (x.js:1:2)\nb", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at f (x.js:1:2) b", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\\n\\tat f.g(X.java:1)\\nb", "a");
    expect_as(AG_SANITIZE_MESSAGE, "at f (x.js:1:2)", "");
    expect_as(AG_SANITIZE_MESSAGE,
              "a \n Traceback (most recent call last):\nb",
              "a");
    expect_as(AG_SANITIZE_MESSAGE, "a goroutine 1 [running]:", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nFile \"x\", line 1", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nStack trace:\n#0 /x.php(1): f()", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a #0 {main}", "a");
}


static void
takes_the_frames_out_of_values(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_VALUE, "a\n    at f (x.js:1:2)\nb", "a\nb");
    expect_as(AG_SANITIZE_VALUE,
              "a\n at f (x.js:1:2)\n at g (x.js:1:2)\nb",
              "a\nb");
    expect_as(AG_SANITIZE_VALUE, "a at f (x.js:1:2)\nb", "a\nb");
    expect_as(AG_SANITIZE_VALUE,
              "a\n\tat a.B.c(B.java:1)\n\t... 3 more\nb",
              "a\nb");
    expect_as(AG_SANITIZE_VALUE,
              "a\nTraceback (most recent call last):\n  File \"x\", line 1"
              "\n    f()\nE: b",
              "a\nE: b");
    expect_as(AG_SANITIZE_VALUE,
              "a\n\ngoroutine 1 [running]:\nmain.f()\n\tx.go:1\n\nb",
              "a\n\n\nb");
    expect_as(AG_SANITIZE_VALUE, "a\\n    at f (x.js:1:2)\\nB", "a\\nB");
    expect_as(AG_SANITIZE_VALUE, "at f (x.js:1:2)", "");
}


static void
keeps_them_in_the_log(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_SECRETS,
              "a\n    at f (x.js:1:2)\nb",
              "a\n    at f (x.js:1:2)\nb");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(cuts_messages_at_the_first_frame),
        cmocka_unit_test(takes_the_frames_out_of_values),
        cmocka_unit_test(keeps_them_in_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
