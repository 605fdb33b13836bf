/*
 * Copyright (C) ngx_agent authors
 *
 * Credentials in URLs and without one, and URLs of files.
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
takes_out_credentials(void **state)
{
    (void) state;

    expect("x://u:p@h.com", "x://[redacted]@h.com");
    expect("http://u@h.com/x", "http://[redacted]@h.com/x");
    expect("x://:p@h.com", "x://[redacted]@h.com");
    expect("x://u:p@q@h.com", "x://[redacted]@h.com");
    expect("x://u:p/q@h.com", "x://[redacted]@h.com");
    expect("x://u:p/@/q@h.com/y", "x://[redacted]@h.com/y");
    expect("x+y://u:p@h.com", "x+y://[redacted]@h.com");
    expect("x:\\/\\/u:p@h.com", "x:\\/\\/[redacted]@h.com");
    expect("(x://u:p@h.com)", "(x://[redacted]@h.com)");
    expect("x://u:p@10.0.0.1/y", "x://[redacted]@[host]/y");
    expect_as(AG_SANITIZE_SECRETS,
              "x://u:p@10.0.0.1/y",
              "x://[redacted]@10.0.0.1/y");
}


static void
leaves_other_at_signs(void **state)
{
    (void) state;

    stays("https://medium.com/@user/x");
    stays("https://x.com:443/a@b");
    stays("x://h.com?a=b@c");
    stays("mail me@h.com");
    stays("x:// a@b.com");
    stays("http:/u:p@h");
    stays("@cf/meta/llama");
    stays("x://[redacted]@h.com");
}


static void
takes_out_logins_without_a_url(void **state)
{
    (void) state;

    expect("u:p@tcp(h.com:3306)/x", "[redacted]@tcp(h.com:3306)/x");
    expect("u:p@h.com", "[redacted]@h.com");
    expect("u:p@localhost", "[redacted]@[host]");
    expect("u:p@db:5432", "[redacted]@[host]");
    stays("model:tag@sha256:abc");
    stays("a:b@c");
    stays("a: b@c.com");
    stays("a:b/c@d.com");
    stays("a:@h.com");
    stays("a:`@h.com");
    stays("a:b\\@h.com");
    stays("a:[redacted]@h.com");
    stays("a:" /* 65 bytes */
          "01234567890123456789012345678901234567890123456789012345678901234"
          "@h.com");
}


static void
takes_out_urls_of_files(void **state)
{
    (void) state;

    expect("file:///x/y.js:1 z", "[path] z");
    expect("file:/x/y", "[path]");
    expect("FILE:///x", "[path]");
    expect("unix:/x/y.sock:", "[path]:");
    expect("sqlite:////x/y.db", "[path]");
    stays("file: x");
    stays("file:x");
    stays("profile:/x");
    stays("file:/");
    expect_as(AG_SANITIZE_SECRETS, "file:///x/y", "file:///x/y");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_out_credentials),
        cmocka_unit_test(leaves_other_at_signs),
        cmocka_unit_test(takes_out_logins_without_a_url),
        cmocka_unit_test(takes_out_urls_of_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
