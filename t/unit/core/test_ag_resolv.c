/*
 * Copyright (C) ngx_agent authors
 *
 * The name servers of a resolv.conf.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_resolv.h"


static size_t
servers(const char *text, ag_str_t *found)
{
    return ag_resolv_servers(ag_str(text, strlen(text)), found, 3);
}


static void
finds_servers_in_their_order(void **state)
{
    ag_str_t  found[3];

    (void) state;

    assert_int_equal(servers("# comment\n"
                             "nameserver 10.0.0.2\n"
                             "search example.com\n"
                             "  nameserver\t2001:db8::53  # here\r\n"
                             "options ndots:5\n"
                             "nameserver 10.0.0.3", found), 3);

    assert_true(ag_str_is(found[0], "10.0.0.2"));
    assert_true(ag_str_is(found[1], "2001:db8::53"));
    assert_true(ag_str_is(found[2], "10.0.0.3"));
}


static void
reads_no_more_than_asked_for(void **state)
{
    ag_str_t  found[3];

    (void) state;

    assert_int_equal(servers("nameserver 1.1.1.1\nnameserver 2.2.2.2\n"
                             "nameserver 3.3.3.3\nnameserver 4.4.4.4\n",
                             found), 3);
    assert_true(ag_str_is(found[2], "3.3.3.3"));
    assert_int_equal(ag_resolv_servers(ag_str("nameserver 1.1.1.1", 18),
                                       found, 0), 0);
}


static void
skips_what_it_cannot_use(void **state)
{
    ag_str_t  found[3];

    (void) state;

    assert_int_equal(servers("", found), 0);
    assert_int_equal(servers("\n\n\n", found), 0);
    assert_int_equal(servers("nameserver", found), 0);
    assert_int_equal(servers("nameserver   \n", found), 0);
    assert_int_equal(servers("#nameserver 1.1.1.1\n", found), 0);
    assert_int_equal(servers(";nameserver 1.1.1.1\n", found), 0);
    assert_int_equal(servers("nameservers 1.1.1.1\n", found), 0);
    assert_int_equal(servers("nameserver fe80::1%eth0\n", found), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_servers_in_their_order),
        cmocka_unit_test(reads_no_more_than_asked_for),
        cmocka_unit_test(skips_what_it_cannot_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
