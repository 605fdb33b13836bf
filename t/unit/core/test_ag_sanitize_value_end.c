/*
 * Copyright (C) ngx_agent authors
 *
 * What a value is, and where it ends.
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
ends_values_without_quotes(void **state)
{
    (void) state;

    expect("password=a b", "password=[redacted] b");
    expect("password=a;b=c", "password=[redacted];b=c");
    expect("password=a&b=c", "password=[redacted]&b=c");
    expect("password=a&b", "password=[redacted]");
    expect("password=a,b=c", "password=[redacted],b=c");
    expect("password=a,b", "password=[redacted]");
    expect("password=a, b", "password=[redacted], b");
    expect("(password=a)", "(password=[redacted])");
    expect("password=a)b", "password=[redacted]");
    expect("password=a\\nb", "password=[redacted]\\nb");
    expect("password=a\\cb", "password=[redacted]");
    expect("password=a.", "password=[redacted].");
    expect("password=a!", "password=[redacted]");
    expect("password=a\"b", "password=[redacted]\"b");
    expect("password=a\nb", "password=[redacted]\nb");
    expect("password=\303\251\303\250 b", "password=[redacted] b");
    expect("password=a\343\200\202b", "password=[redacted]\343\200\202b");
    expect("Cookie: a=b; c=d\nx", "Cookie: [redacted]\nx");
    expect("'Cookie: a=b; c=d' x", "'Cookie: [redacted]' x");
    expect("Cookie: a=b\\r\\nx", "Cookie: [redacted]\\r\\nx");
}


static void
ends_values_in_quotes(void **state)
{
    (void) state;

    expect("password=\"a b\" c", "password=\"[redacted]\" c");
    expect("password='a\"b' c", "password='[redacted]' c");
    expect("password=`a b` c", "password=`[redacted]` c");
    expect("\"password\":\"a\\\"b\" c", "\"password\":\"[redacted]\" c");
    expect("\\\"password\\\":\\\"a\\\\\\\"b\\\" c",
           "\\\"password\\\":\\\"[redacted]\\\" c");
    expect("\\\"password\\\":\\\"ab\" c",
           "\\\"password\\\":\\\"[redacted]\" c");
    expect("password=\"a b\nc", "password=\"[redacted]\nc");
    stays("password=\"\" c");
}


static void
leaves_what_is_no_value(void **state)
{
    (void) state;

    stays("password=");
    stays("password: ");
    stays("password: required");
    stays("password: must be long");
    stays("api_key=None");
    stays("api_key: null,");
    stays("api_key=true");
    stays("secret: \"Field required\"");
    stays("api_key=YOUR_API_KEY");
    stays("api_key=your-key");
    stays("api_key=$API_KEY");
    stays("api_key=${KEY}");
    stays("api_key=%s");
    stays("api_key=<key>");
    stays("api_key: <your api-key>");
    stays("api_key={key}");
    stays("api_key=***");
    stays("api_key=xxxx");
    stays("api_key=...");
    stays("api_key=KEY");
    stays("api_key=os.environ['X']");
    stays("password=[redacted]");
    stays("password: (none)");
    stays("\345\257\206\347\240\201 password: \345\277\205\345\241\253");
}


static void
takes_what_only_looks_like_it(void **state)
{
    (void) state;

    expect("password=none1", "password=[redacted]");
    expect("password=not-x", "password=[redacted]");
    expect("password=***x", "password=[redacted]");
    expect("password=xx1", "password=[redacted]");
    expect("password=$2b$12$abc", "password=[redacted]");
    expect("password=ABC_KEYS", "password=[redacted]");
    expect("password=[redacted]x", "password=[redacted]");
    expect("password=yours", "password=[redacted]");
    expect("password=<h4nter>", "password=[redacted]>");
    expect("password=u'abc'", "password=u'[redacted]'");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(ends_values_without_quotes),
        cmocka_unit_test(ends_values_in_quotes),
        cmocka_unit_test(leaves_what_is_no_value),
        cmocka_unit_test(takes_what_only_looks_like_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
