/*
 * Copyright (C) ngx_agent authors
 *
 * Known prefixes of keys.
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
takes_out_what_follows_a_sure_prefix(void **state)
{
    (void) state;

    expect("sk-abcdef", "[redacted]");
    expect("sk-aaaaaaaaaaaaaaaa", "[redacted]");
    expect("ghp_abcdef.", "[redacted].");
    expect("x AIzaabcdefgh y", "x [redacted] y");
    expect("sk-ab***yz", "[redacted]");
    expect("sk-ab...wxyz", "[redacted]");
    expect("sk-ab\342\200\246wxyz.", "[redacted].");
    expect("sk-ab\342\200\242\342\200\242wxyz", "[redacted]");
    stays("sk-ab\342\200\234wxyz");
    expect("sk-abcdef==", "[redacted]");
    expect("sk-abcdef-", "[redacted]-");
    expect("a_sk-abcdef1", "a_[redacted]");
    expect("a-ghp_abcdef1", "a-[redacted]");
    expect("a.sk_live_abcd1 b", "a.[redacted] b");
    expect("\\nsk-abcdef", "\\n[redacted]");
    expect("sk-abcdef\\n", "[redacted]\\n");
    expect("sk-abcdef+ghi~jk x", "[redacted] x");
}


static void
asks_for_more_where_words_start_so(void **state)
{
    (void) state;

    stays("hf_hub_download");
    stays("hf_transfer");
    stays("pk-violation");
    stays("key-value-store");
    stays("fc-normal");
    stays("pa-internal");
    stays("app-settings");
    stays("org-wide");
    stays("pplx-70b-online");
    stays("xai-org");
    stays("re_ranking_model");
    expect("hf_qXwZkJvBpTgNdRcLmYhS", "[redacted]");
    expect("key-3ax6xnjp29jd6fds", "[redacted]");
    expect("org-a1B2c3D4", "[redacted]");
    expect("pplx-a8K2m4Q9", "[redacted]");
}


static void
leaves_words(void **state)
{
    (void) state;

    stays("sk-learn");
    stays("sk-SK");
    stays("sk-...");
    stays("sk-or-v1-");
    stays("sk-");
    stays("task-abcdefgh");
    stays("disk-failure");
    stays("risk-averse");
    stays("ghp_abc");
    stays("AIza");
    stays("eyJhbGc");
    stays("nvapi-");
    stays("SK-ABCDEF");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_out_what_follows_a_sure_prefix),
        cmocka_unit_test(asks_for_more_where_words_start_so),
        cmocka_unit_test(leaves_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
