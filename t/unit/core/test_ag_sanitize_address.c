/*
 * Copyright (C) ngx_agent authors
 *
 * Where addresses and ports end.
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
finds_ipv4_addresses(void **state)
{
    (void) state;

    expect("1.2.3.4", "[host]");
    expect("0.0.0.0", "[host]");
    expect("255.255.255.255", "[host]");
    expect("1.2.3.4.", "[host].");
    expect("1.2.3.4: x", "[host]: x");
    expect("a 1.2.3.4, b", "a [host], b");
    expect("1.2.3.4-1.2.3.9", "[host]-[host]");
    expect("1.2.3.4/24 x", "[host] x");
    expect("1.2.3.4/24/x", "[host]/x");
    expect("http://1.2.3.4/24x", "http://[host]/24x");
    expect("1.2.3.4_5", "[host]_5");
    expect("(1.2.3.4)", "([host])");
}


static void
leaves_other_numbers(void **state)
{
    (void) state;

    stays("1.2.3");
    stays("256.1.1.1");
    stays("1.2.3.999");
    stays("1.2.3.1000");
    stays("1.2.3.4.5");
    stays("1.2.3.4a");
    stays("v1.2.3.4");
    stays("1..2.3");
    stays("1.2.3.");
    stays("1.2.3.x");
}


static void
finds_ipv6_addresses(void **state)
{
    (void) state;

    expect("::1", "[host]");
    expect("[::]", "[host]");
    expect("[::1]:80", "[host]");
    expect("[::1]:99999", "[host]:99999");
    expect("1:2:3:4:5:6:7:8", "[host]");
    expect("1::", "[host]");
    expect("1::8", "[host]");
    expect("1:2:3:4:5:6:7::", "[host]");
    expect("::ffff:1.2.3.4", "[host]");
    expect("64:ff9b::1.2.3.4 x", "[host] x");
    expect("fe80::1%eth0", "[host]");
    expect("[fe80::a%25eth0]", "[host]");
    expect("aa:bb:cc:dd::", "[host]");
    expect("::1: refused", "[host]: refused");
    expect("1:2:3:4:5:6:1.2.3.4", "[host]");
    expect("[dead::beef]", "[host]");
    expect("(::1)", "([host])");
}


static void
leaves_other_colons(void **state)
{
    (void) state;

    stays("12:30:45");
    stays("1:2:3:4:5:6:7");
    stays("1:2:3:4:5:6:7:8:9");
    stays("1::2::3");
    stays("12345::1");
    stays("a::b");
    stays("std::vector");
    stays("Foo::Bar");
    stays("list[::2]");
    stays("f()[::2]");
    stays("x::1");
    stays("a :: b");
    stays("::");
    stays("[:]");
    stays("dead::beef");
    stays("1::g");
    stays("::1::2");
    stays("[::x]");
    stays("aa:bb:cc:dd:ee:ff");
    expect("1:2:3:4:5:6:7:8:", "[host]:");
}


static void
knows_ports(void **state)
{
    (void) state;

    expect("localhost:1 x", "[host] x");
    expect("localhost:65535", "[host]");
    expect("localhost:65536", "[host]:65536");
    expect("localhost:0", "[host]:0");
    expect("localhost:123456", "[host]:123456");
    expect("localhost:80a", "[host]:80a");
    expect("localhost:80.5", "[host]:80.5");
    expect("localhost:80.", "[host].");
    expect("localhost:80:", "[host]:");
    expect("localhost:80:1", "[host]:80:1");
    expect("localhost:", "[host]:");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_ipv4_addresses),
        cmocka_unit_test(leaves_other_numbers),
        cmocka_unit_test(finds_ipv6_addresses),
        cmocka_unit_test(leaves_other_colons),
        cmocka_unit_test(knows_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
