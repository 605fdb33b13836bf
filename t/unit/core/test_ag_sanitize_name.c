/*
 * Copyright (C) ngx_agent authors
 *
 * Which rule goes first where several could apply to a name, and that none
 * hides a secret from another.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_sanitize.h"

#include "sanitize_clean.h"


#define RUN  "a1b2c3d4e5f6g7h8i9j0k1l2"


static void
takes_what_stands_before_a_key(void **state)
{
    (void) state;

    expect(RUN "_sk-abcdef", "[redacted][redacted]");
    expect(RUN ".eyJabcdefghijklm", "[redacted]");
    expect(RUN "-10.0.0.1", "[redacted]-[host]");
    expect("user_sk-abcdef", "user_[redacted]");
}


static void
takes_a_run_that_announces_something(void **state)
{
    (void) state;

    expect(RUN "_password=x1", "[redacted]=x1");
    expect(RUN "://u:p@h.com", "[redacted]://[redacted]@h.com");
    expect(RUN ": x", "[redacted]: x");
    expect(RUN ".internal:80", "[host]");
    expect("x+" RUN "==", "[redacted]");
}


static void
asks_for_secrets_before_places(void **state)
{
    (void) state;

    expect("password:12345", "password:[redacted]");
    expect("api_key=localhost", "api_key=[redacted]");
    expect("api_key: /etc/x", "api_key: [redacted]");
    expect("token=/etc/x", "token=[path]");
    expect("Bearer localhost1", "Bearer [redacted]");
}


static void
looks_at_names_whose_values_went(void **state)
{
    (void) state;

    expect("Host: x.prod-password=y1", "Host: [host]=[redacted]");
    expect("https://password:x1 y", "https://[host]:[redacted] y");
}


static void
ends_names_with_sentences(void **state)
{
    (void) state;

    expect("localhost.", "[host].");
    expect("localhost...", "[host]...");
    expect("localhost-", "[host]-");
    expect("(localhost)", "([host])");

    stays("word.");
    stays("a.-");
    stays("_");
    stays("a");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_what_stands_before_a_key),
        cmocka_unit_test(takes_a_run_that_announces_something),
        cmocka_unit_test(asks_for_secrets_before_places),
        cmocka_unit_test(looks_at_names_whose_values_went),
        cmocka_unit_test(ends_names_with_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
