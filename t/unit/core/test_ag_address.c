/*
 * Copyright (C) ngx_agent authors
 *
 * Which addresses lie inside: the edges of every network.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/ag_address.h"


static int
private_v4(const char *text)
{
    unsigned char  address[4];

    assert_int_equal(inet_pton(AF_INET, text, address), 1);

    return ag_address_is_private(AF_INET, address);
}


static int
private_v6(const char *text)
{
    unsigned char  address[16];

    assert_int_equal(inet_pton(AF_INET6, text, address), 1);

    return ag_address_is_private(AF_INET6, address);
}


static void
knows_the_first_and_last_of_each_v4_network(void **state)
{
    size_t              i;
    static const char  *inside[] = {
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
        "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255",
        "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
        "224.0.0.0", "239.255.255.255", "240.0.0.1", "255.255.255.255"
    };

    (void) state;

    for (i = 0; i < sizeof(inside) / sizeof(char *); i++) {
        assert_true(private_v4(inside[i]));
    }
}


static void
leaves_the_v4_neighbours_public(void **state)
{
    size_t              i;
    static const char  *outside[] = {
        "1.0.0.0", "1.1.1.1", "9.255.255.255", "11.0.0.0",
        "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.2.1", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"
    };

    (void) state;

    for (i = 0; i < sizeof(outside) / sizeof(char *); i++) {
        assert_false(private_v4(outside[i]));
    }
}


static void
knows_v6_networks(void **state)
{
    size_t              i;
    static const char  *inside[] = {
        "::", "::1", "fc00::", "fdff:ffff::1", "fe80::1", "febf::1",
        "fec0::1", "feff::1", "ff02::1", "ffff::", "100::1",
        "64:ff9b:1::1", "2001::1", "2001:0:ffff::"
    };
    static const char  *outside[] = {
        "2001:4860:4860::8888", "2606:4700::1111", "fbff::1", "fe00::1",
        "fe7f::1", "100:0:0:1::1", "2001:1::1", "3fff::1"
    };

    (void) state;

    for (i = 0; i < sizeof(inside) / sizeof(char *); i++) {
        assert_true(private_v6(inside[i]));
    }

    for (i = 0; i < sizeof(outside) / sizeof(char *); i++) {
        assert_false(private_v6(outside[i]));
    }
}


static void
looks_into_v6_that_carries_v4(void **state)
{
    (void) state;

    assert_true(private_v6("::ffff:127.0.0.1"));
    assert_true(private_v6("::ffff:10.1.2.3"));
    assert_true(private_v6("::ffff:0:192.168.1.1"));
    assert_true(private_v6("::169.254.169.254"));
    assert_true(private_v6("64:ff9b::10.0.0.1"));
    assert_true(private_v6("2002:0a00:0001::1"));

    assert_false(private_v6("::ffff:8.8.8.8"));
    assert_false(private_v6("64:ff9b::8.8.8.8"));
    assert_false(private_v6("2002:0808:0808::1"));
}


static void
trusts_no_other_family(void **state)
{
    unsigned char  address[16] = { 8, 8, 8, 8 };

    (void) state;

    assert_true(ag_address_is_private(AF_UNIX, address));
    assert_true(ag_address_is_private(-1, address));
    assert_false(ag_address_is_private(AF_INET, address));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_the_first_and_last_of_each_v4_network),
        cmocka_unit_test(leaves_the_v4_neighbours_public),
        cmocka_unit_test(knows_v6_networks),
        cmocka_unit_test(looks_into_v6_that_carries_v4),
        cmocka_unit_test(trusts_no_other_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
