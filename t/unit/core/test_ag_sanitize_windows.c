/*
 * Copyright (C) ngx_agent authors
 *
 * Paths of Windows.
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
finds_drives_and_servers(void **state)
{
    (void) state;

    expect("C:\\x", "[path]");
    expect("c:\\a\\b.txt: y", "[path]: y");
    expect("C:\\\\a\\\\b", "[path]");
    expect("\"C:\\\\a\\\"", "\"[path]\\\"");
    expect("C:/x/y", "[path]");
    expect("(C:\\a b\\c (x86)\\d)", "([path])");
    expect("C:\\a.", "[path].");
    expect("C:\\nginx\\x", "[path]");
    expect("C:\\temp.txt", "[path]");
    stays("A:\\nfoo");
    stays("C:\\");
    stays("C:\\ x");
    stays("1:\\x");
    stays("C: x");
    stays("AC:\\x");
    stays("C:/ x");
    stays("C://x");
    expect("\\\\srv\\x", "[path]");
    expect("\\\\\\\\srv\\\\x\\\\y z", "[path] z");
    stays("\\\\s\\x");
    stays("\\\\srv\\\\x");
    stays("\\srv\\x");
    stays("\\\\srv");
    stays("a\\\\srv\\x");
    stays("\\\\d+\\s");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_drives_and_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
