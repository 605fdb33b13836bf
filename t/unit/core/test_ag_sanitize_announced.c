/*
 * Copyright (C) ngx_agent authors
 *
 * Hosts by the words around them.
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
finds_hosts_behind_their_words(void **state)
{
    (void) state;

    expect("host='db'", "host='[host]'");
    expect("host=\"db\"", "host=\"[host]\"");
    expect("host=db", "host=[host]");
    expect("{\"host\": \"db\"}", "{\"host\": \"[host]\"}");
    expect("Host: db", "Host: [host]");
    expect("hostname 'db' x", "hostname '[host]' x");
    expect("ENOTFOUND db", "ENOTFOUND [host]");
    expect("EAI_AGAIN db", "EAI_AGAIN [host]");
    expect("lookup db on x", "lookup [host] on x");
    expect("lookup db: no", "lookup [host]: no");
    expect("resolve 'db'", "resolve '[host]'");
    expect("host name \"db\"", "host name \"[host]\"");
    expect("connect to db port 80", "connect to [host] port 80");
    expect("server at \"db\", port", "server at \"[host]\", port");
    expect("resolve host: db-1 now", "resolve host: [host] now");
    expect("host=a.prod:80", "host=[host]");
}


static void
leaves_other_words(void **state)
{
    (void) state;

    stays("host: is missing");
    stays("host: db is missing");
    stays("host: db [host] x");
    stays("host header");
    stays("Host: header is missing");
    stays("host=api.example.com");
    stays("host='api.example.com'");
    stays("lookup failed for x");
    stays("lookup of x on y");
    stays("lookup db in");
    stays("resolve db");
    stays("name \"db\"");
    stays("the name \"db\"");
    stays("connect to port 80");
    stays("connect to the port 80");
    stays("connect to db via");
    stays("look at \"db\"");
    stays("host='my_field'");
    stays("host='-'");
    stays("ENOTFOUND  x");
    stays("hosts='db'");
    stays("ghost='db'");
    stays("host ('db')");
    stays("lookup api.example.com on x");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_hosts_behind_their_words),
        cmocka_unit_test(leaves_other_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
