/*
 * Copyright (C) ngx_agent authors
 *
 * Base URLs of providers.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/ag_url.h"


static void
expect(const char *text, ag_host_kind_t kind, const char *host, unsigned port,
    const char *path)
{
    ag_url_t  url;

    assert_null(ag_url_read(&url, ag_str(text, strlen(text))));

    assert_int_equal(url.kind, kind);
    assert_true(ag_str_is(url.host, host));
    assert_int_equal(url.port, port);
    assert_true(ag_str_is(url.path, path));
}


static void
refuse(const char *text, const char *why)
{
    ag_url_t     url;
    const char  *wrong;

    wrong = ag_url_read(&url, ag_str(text, strlen(text)));

    assert_non_null(wrong);
    assert_non_null(strstr(wrong, why));
}


static void
takes_urls_apart(void **state)
{
    ag_url_t  url;

    (void) state;

    expect("https://api.openai.com/v1", AG_HOST_NAME, "api.openai.com", 443,
           "/v1");
    expect("http://localhost", AG_HOST_NAME, "localhost", 80, "");
    expect("https://h:8443", AG_HOST_NAME, "h", 8443, "");
    expect("http://127.0.0.1:8000/v1", AG_HOST_IPV4, "127.0.0.1", 8000,
           "/v1");
    expect("https://[2001:db8::1]/x", AG_HOST_IPV6, "2001:db8::1", 443, "/x");
    expect("http://[::ffff:1.2.3.4]:80", AG_HOST_IPV6, "::ffff:1.2.3.4", 80,
           "");
    expect("HTTPS://Host_1.Example:65535/a/b-c.d~e%20f", AG_HOST_NAME,
           "Host_1.Example", 65535, "/a/b-c.d~e%20f");

    assert_null(ag_url_read(&url, ag_str("http://h:80", 11)));
    assert_false(url.tls);
    assert_true(url.has_port);

    assert_null(ag_url_read(&url, ag_str("https://h", 9)));
    assert_true(url.tls);
    assert_false(url.has_port);
}


static void
drops_slashes_at_the_end(void **state)
{
    (void) state;

    expect("https://h/", AG_HOST_NAME, "h", 443, "");
    expect("https://h/v1/", AG_HOST_NAME, "h", 443, "/v1");
    expect("https://h/v1//", AG_HOST_NAME, "h", 443, "/v1");
}


static void
takes_numbers_only_as_whole_addresses(void **state)
{
    (void) state;

    refuse("http://127.1/", "host");
    refuse("http://2130706433/", "host");
    refuse("http://0x7f000001/", "host");
    refuse("http://0x7f.0.0.0x1/", "host");
    refuse("http://0177.0.0.1/", "host");
    refuse("http://127.0.0.01/", "host");
    refuse("http://256.0.0.1/", "host");
    refuse("http://1.2.3.4.5/", "host");
    refuse("http://a.1/", "host");

    expect("http://0.0.0.0/", AG_HOST_IPV4, "0.0.0.0", 80, "");
    expect("http://255.255.255.255/", AG_HOST_IPV4, "255.255.255.255", 80,
           "");
    expect("http://1a/", AG_HOST_NAME, "1a", 80, "");
    expect("http://127.0.0.1.nip.io/", AG_HOST_NAME, "127.0.0.1.nip.io", 80,
           "");
}


static void
refuses_other_schemes(void **state)
{
    (void) state;

    refuse("", "begin");
    refuse("h", "begin");
    refuse("http:/", "begin");
    refuse("http:/h/path", "begin");
    refuse("https:/hhh", "begin");
    refuse("ftp://host/", "begin");
    refuse("httpx://host/", "begin");
    refuse("https//host/", "begin");
    refuse("file:///etc/passwd", "begin");
    refuse("//host/", "begin");
}


static void
refuses_other_hosts(void **state)
{
    char      text[400];
    size_t    n;
    ag_url_t  url;

    (void) state;

    refuse("http://", "host");
    refuse("https://", "host");
    refuse("http:///v1", "host");
    refuse("http://:80/", "host");
    refuse("http://a..b/", "host");
    refuse("http://.a/", "host");
    refuse("http://a./", "host");
    refuse("http://a b/", "host");
    refuse("http://a%41/", "host");
    refuse("http://a\x01/", "host");
    refuse("http://\xc3\xa9/", "host");
    refuse("http://a,b/", "host");

    /* labels have at most 63 bytes, names 253 */

    for (n = 63; n <= 64; n++) {
        (void) snprintf(text, sizeof(text), "http://a%0*d.b", (int) n - 1, 0);

        assert_int_equal(ag_url_read(&url, ag_str(text, strlen(text)))
                         == NULL, n == 63);
    }

    for (n = 63; n <= 64; n++) {
        (void) snprintf(text, sizeof(text), "http://%061db.%062db.%062db.%0*db",
                        0, 0, 0, (int) n - 2, 0);

        assert_int_equal(ag_url_read(&url, ag_str(text, strlen(text)))
                         == NULL, n == 63);
    }
}


static void
refuses_other_v6_hosts(void **state)
{
    (void) state;

    refuse("http://[::1/", "IPv6");
    refuse("http://[]/", "IPv6");
    refuse("http://[fe80::1%25eth0]/", "IPv6");
    refuse("http://[::g]/", "IPv6");
    refuse("http://[::1]x/", "port");
    refuse("http://::1/", "host");
}


static void
refuses_other_ports(void **state)
{
    (void) state;

    refuse("http://h:/", "port");
    refuse("http://h:0/", "port");
    refuse("http://h:65536/", "port");
    refuse("http://h:99999999999999999999/", "port");
    refuse("http://h:8a/", "port");
    refuse("http://h:-1/", "port");
    refuse("http://h:1:2/", "port");
}


static void
refuses_what_a_provider_never_needs(void **state)
{
    (void) state;

    refuse("https://user:password@h/", "user");
    refuse("https://h@evil/", "user");
    refuse("https://h/v1?key=1", "query");
    refuse("https://h?key=1", "query");
    refuse("https://h/#x", "fragment");
    refuse("https://h#x", "fragment");
    refuse("https://h/a b", "path");
    refuse("https://h/a\\b", "path");
    refuse("https://h/a\nb", "path");
    refuse("https://h/\xc3\xa9", "path");
    expect("https://h/@cf/meta", AG_HOST_NAME, "h", 443, "/@cf/meta");
}


static void
refuses_more_than_its_maximum(void **state)
{
    ag_url_t  url;
    char      text[AG_URL_MAX + 1];

    (void) state;

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://h/", 9);

    assert_null(ag_url_read(&url, ag_str(text, AG_URL_MAX)));
    assert_non_null(ag_url_read(&url, ag_str(text, AG_URL_MAX + 1)));
}


static void
knows_what_may_hold_a_secret(void **state)
{
    (void) state;

    assert_true(ag_url_may_hold_secret(ag_str("https://u:p@h/", 14)));
    assert_true(ag_url_may_hold_secret(ag_str("https://h?k=1", 13)));
    assert_true(ag_url_may_hold_secret(ag_str("x#y", 3)));
    assert_false(ag_url_may_hold_secret(ag_str("ftp://h/", 8)));
    assert_false(ag_url_may_hold_secret(ag_str("", 0)));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_urls_apart),
        cmocka_unit_test(drops_slashes_at_the_end),
        cmocka_unit_test(takes_numbers_only_as_whole_addresses),
        cmocka_unit_test(refuses_other_schemes),
        cmocka_unit_test(refuses_other_hosts),
        cmocka_unit_test(refuses_other_v6_hosts),
        cmocka_unit_test(refuses_other_ports),
        cmocka_unit_test(refuses_what_a_provider_never_needs),
        cmocka_unit_test(refuses_more_than_its_maximum),
        cmocka_unit_test(knows_what_may_hold_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
