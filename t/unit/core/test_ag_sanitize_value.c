/*
 * Copyright (C) ngx_agent authors
 *
 * Secrets that a name announces.
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
knows_names_of_secrets(void **state)
{
    (void) state;

    expect("password=x", "password=[redacted]");
    expect("PASSWORD: x", "PASSWORD: [redacted]");
    expect("my_password=x", "my_password=[redacted]");
    expect("dbpassword=x", "dbpassword=[redacted]");
    expect("apiKey=x", "apiKey=[redacted]");
    expect("X-Api-Key: x", "X-Api-Key: [redacted]");
    expect("api key: x9", "api key: [redacted]");
    expect("access token = x9", "access token = [redacted]");
    expect("pwd:x9", "pwd:[redacted]");
    expect("user_pwd=x9", "user_pwd=[redacted]");
    expect("userPwd=x9", "userPwd=[redacted]");
    expect("key provided: x9", "key provided: [redacted]");
    expect("?key=abc", "?key=[redacted]");
    expect("&token=abc", "&token=[redacted]");
    expect("refresh_token=abc", "refresh_token=[redacted]");
}


static void
knows_what_likely_is_one(void **state)
{
    (void) state;

    expect("token=a1b2c3d4", "token=[redacted]");
    expect("key: q9w8e7r6", "key: [redacted]");
    expect("sig=qwxzkjvbptgn", "sig=[redacted]");
    stays("token=abc");
    stays("token: unexpected");
    stays("key: max_tokens");
    stays("key: words/of/a/path");
    stays("key: ab/c1/d2");
    stays("token: 12345678");
    stays("key: 'messages'");
    stays("monkey=a1b2c3d4");
    stays("tokens=a1b2c3d4");
    stays("bypass=a1b2c3d4");
    stays("max_tokens=4096");
    stays("pass: 12 of 20");
    stays("Unexpected token: end of input");
}


static void
knows_separators(void **state)
{
    (void) state;

    expect("password = x", "password = [redacted]");
    expect("password => x", "password => [redacted]");
    expect("password := x", "password := [redacted]");
    expect("password==x", "password==[redacted]");
    expect("\"password\":\"x\"", "\"password\":\"[redacted]\"");
    expect("\\\"password\\\":\\\"x\\\"", "\\\"password\\\":\\\"[redacted]\\\"");
    expect("['password']='x'", "['password']='[redacted]'");
    expect("password%3Dx", "password%3D[redacted]");
    expect("password\\u003ax", "password\\u003a[redacted]");
    expect("password\357\274\232x", "password\357\274\232[redacted]");
    expect("('token', 'a1b2c3d4')", "('token', '[redacted]')");
    expect("(b'token', b'a1b2c3d4')", "(b'token', b'[redacted]')");
    expect("Key:[a1b2c3d4]", "Key:[[redacted]]");
    stays("password");
    stays("password x");
    stays("password, x");
    stays("'password', 'token'");
    stays("password::x");
    stays("password://x");
    stays("password\n= x");
    stays("password      = x");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_names_of_secrets),
        cmocka_unit_test(knows_what_likely_is_one),
        cmocka_unit_test(knows_separators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
