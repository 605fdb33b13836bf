/*
 * Copyright (C) ngx_agent authors
 *
 * "Bearer ..." and "Basic ...".
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
knows_schemes(void **state)
{
    (void) state;

    expect("Authorization: Bearer abc", "Authorization: Bearer [redacted]");
    expect("Authorization: Token token abc",
           "Authorization: Token token [redacted]");
    expect("Bearer abcdef1", "Bearer [redacted]");
    expect("bearer abcdef1", "bearer [redacted]");
    expect("BEARER a.b.c.d.e1", "BEARER [redacted]");
    expect("Bearer abcdefgh", "Bearer [redacted]");
    expect("Bearer abcdefgh.", "Bearer [redacted].");
    expect("Bearer%20abcdef1", "Bearer%20[redacted]");
    expect("Bearer abcd==", "Bearer [redacted]");
    expect("Bearer ab**yz", "Bearer [redacted]");
    expect("Basic dXNlcjpwYXNz", "Basic [redacted]");
    expect("Basic YWxhZGRpbjpvcGVu1", "Basic [redacted]");
    expect("Basic abcdefg=", "Basic [redacted]");
    stays("Bearer abcd1");
    stays("Bearer token");
    stays("Bearer <token>");
    stays("Bearer YOUR_KEY");
    stays("Bearer verification failed");
    stays("Bearer error=\"x1\"");
    stays("Bearer");
    stays("Bearer ");
    stays("Bearers abcdef1");
    stays("Basic auth");
    stays("Basic authentication");
    stays("Basic gpt-4o-mini");
    stays("Basic 12345678");
    stays("Basics dXNlcjpwYXNz1");
    stays("Basic abc1");
    stays("Basic abc1=abcdefg");
    stays("Basic abcdefg=\"x\"");
    stays("Basic abcdefg='x'");
    stays("Basic abc_def1");
    stays("Basic abc~def1");
    stays("Basic abc*def1");
    stays("Bearer abcdefg");
    stays("Bearer abcdefgh [host]");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_schemes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
