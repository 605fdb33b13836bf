/*
 * Copyright (C) ngx_agent authors
 *
 * Paths of files.
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
finds_unix_paths(void **state)
{
    (void) state;

    expect("/etc/passwd", "[path]");
    expect("/usr/bin/x y", "[path] y");
    expect("a=/var/x", "a=[path]");
    expect("(/tmp/x)", "([path])");
    expect("'/opt/a b/c'", "'[path]'");
    expect("/home/x: y", "[path]: y");
    expect("/home/x.", "[path].");
    expect("/app/x", "[path]");
    expect("/HOME/x", "[path]");
    expect("/Users/me", "[path]");
    expect("GET /Users/me", "GET [path]");
    expect("/x/y.py", "[path]");
    expect("/y.safetensors", "[path]");
    expect("/x/y.py:12:3: z", "[path]: z");
    expect("///etc/x", "[path]");
    expect("\\/etc\\/x y", "\\[path] y");
    expect("/etc/a\\ b c", "[path] c");
    expect("/etc/a\\b", "[path]\\b");
    expect("\"/etc/a\\\"", "\"[path]\\\"");
    expect("/__w/x", "[path]");
    expect("x,/etc/y", "x,[path]");
    expect("/foo/\xe4\xb8\xad/etc/x y", "/foo/\xe4\xb8\xad[path] y");
    expect("\n/etc/x", "\n[path]");
    expect("\\n/etc/x", "\\n[path]");
    expect("%20/etc/x", "%20[path]");
    expect("/etc/\344\270\255/x \344\270\255", "[path] \344\270\255");
    expect("/etc/x\344\270\255", "[path]\344\270\255");
    expect("/data/x", "[path]");
    expect("/Library/My App/x y", "[path] y");
}


static void
leaves_other_slashes(void **state)
{
    (void) state;

    stays("/v1/models");
    stays("/v1/x.py");
    stays("/api/generate");
    stays("POST /app/x");
    stays("url: /data/x");
    stays("/data/0/x");
    stays("/etc");
    stays("/tmp/");
    stays("a/etc/passwd");
    stays("./etc/passwd");
    stays("1/2");
    stays("and/or");
    stays("</s>");
    stays("#/etc/x");
    stays("[0]/etc/x");
    stays("/");
    stays("//");
    stays("/ etc");
    stays("/unknown/thing");
    stays("/openapi.json");
    stays("*/etc/x");
    stays("application/json");
    stays("https://x.com/etc/passwd");
    stays("-/home/x");
    stays("/private/1");
}


static void
finds_paths_of_a_home(void **state)
{
    (void) state;

    expect("~/x", "[path]");
    expect("a ~/.ssh/id b", "a [path] b");
    stays("~/");
    stays("~ /");
    stays("a~/x");
    stays("~x/y");
}

static void
finds_lines_of_sources(void **state)
{
    (void) state;

    expect("x.py:1", "[path]");
    expect("src/a/x.rs:1:2: y", "[path]: y");
    expect("(x.js:1:2)", "([path])");
    expect("x at main.go:3", "x at [path]");
    expect("../a/x.py:3", "../[path]");
    expect("v: a/b.ts:9", "v: [path]");
    stays("x.py");
    stays("x.py:");
    stays("x.txt:1");
    stays(".py:1");
    stays("x.py: 1");
    stays("py:1");
    expect("A.JAVA:7", "[path]");
}


static void
keeps_them_in_the_log(void **state)
{
    (void) state;

    expect_as(AG_SANITIZE_SECRETS,
              "/etc/x C:\\x ~/x \\\\srv\\x x.py:1 file:///etc/x",
              "/etc/x C:\\x ~/x \\\\srv\\x x.py:1 file:///etc/x");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_unix_paths),
        cmocka_unit_test(leaves_other_slashes),
        cmocka_unit_test(finds_paths_of_a_home),
        cmocka_unit_test(finds_lines_of_sources),
        cmocka_unit_test(keeps_them_in_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
