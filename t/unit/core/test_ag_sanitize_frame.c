/*
 * Copyright (C) ngx_agent authors
 *
 * What is a frame of a stack trace, and what is a sentence.
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
knows_frames(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_MESSAGE, "a at async f (x.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at new F (x.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at o.f [as g] (x.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at f (native)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at f (<anonymous>)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at Promise.all (index 0)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at a.B.c(Native Method)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at a.B.c(Unknown Source)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n  at A.B(C d)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at A.B.C(D e)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n  at /x.js:1:2", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n  at x.js:1:2,", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at (x.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at f (C:\\a b\\c.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a at f (file:///a b.js:1:2)", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n  from x.rb:3:in `f'", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n#1 [internal function]: f()", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n#0  0x00f in g ()", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n#3 C:\\x.php(1): f()", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\n#3 A->b()", "a");
    expect_as(AG_SANITIZE_MESSAGE,
              "a\n--- End of stack trace from previous location ---",
              "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nstack backtrace:\n   0: f", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nStacktrace: at x", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nBacktrace:", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a\nstack traceback:\n\t[C]: in f", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a File \\\"x\\\", line 1", "a");
    expect_as(AG_SANITIZE_MESSAGE, "a File 'x', line 1", "a");
}


static void
leaves_sentences(void **state)
{
    (void) state;

    stays("at f (x)");
    stays("at 10 (12:30)");
    stays("at capacity (code: 529)");
    stays("at fluency (native speakers)");
    stays("at x (index out of range)");
    stays("at x (unknown)");
    stays("at x (node 3)");
    stays("at f (see x.py 1)");
    stays("at line 1 (char 0)");
    stays("at messages.content (x)");
    stays("x at f.g(x)");
    stays("at f (a.b:c)");
    stays("at");
    stays("at ");
    stays("at (");
    stays("hat f (x)");
    stays("File \"x\" is big");
    stays("File \"x\", page 1");
    stays("File x, line 1");
    stays("File \"x");
    stays("goroutine");
    stays("goroutine one");
    stays("Traceback");
    stays("a stack trace: none");
    stays("Stack trace is off");
    stays("from x.rb we");
    stays("from a.rb:c");
    stays("#1 in the list");
    stays("a #12 /v1/x");
    stays("#0");
    stays("--- End of text");
    stays("... 3 more");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_frames),
        cmocka_unit_test(leaves_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
