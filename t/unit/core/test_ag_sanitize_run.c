/*
 * Copyright (C) ngx_agent authors
 *
 * Runs of letters and digits, ids and PEM blocks.
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
takes_out_long_mixed_runs(void **state)
{
    (void) state;

    expect("a1b2c3d4e5f6g7h8i9j0", "[redacted]");
    stays("a1b2c3d4e5f6g7h8i9j");
    expect("x a1b2c3d4e5f6g7h8i9j0.", "x [redacted].");
    expect("abcdefghijklmnopqrst1", "[redacted]");
    stays("abcdefghijklmnopqrstuvw");
    stays("123456789012345678901234");
    expect("a1b2c3d4e5+f6g7h8i9j0==", "[redacted]");
    expect("abc+a1b2c3d4e5f6g7h8i9j0", "[redacted]");
    expect("v=a1b2c3d4e5f6g7h8i9j0", "v=[redacted]");
    expect("SECRETSECRETSECRET1234", "[redacted]");
    stays("gpt-4o-mini-2024-07-18-preview-1");
    stays("a1b2c3d4-e5f6-a7b8-c9d0-e1f2a3b4c5d6");
    expect("\303\251a1b2c3d4e5f6g7h8i9j0", "\303\251[redacted]");
}


static void
takes_out_what_hangs_on_them(void **state)
{
    (void) state;

    expect("a1b2c3d4e5f6g7h8i9j0.k1l2m3", "[redacted]");
    expect("q8w7e6/a1b2c3d4e5f6g7h8i9j0", "[redacted]");
    expect("q8w7e6-r5t4z3-a1b2c3d4e5f6g7h8i9j0/u1i2o3/models",
           "[redacted]/models");
    expect("api/a1b2c3d4e5f6g7h8i9j0/x1", "api/[redacted]/x1");
    expect("a1b2c3d4e5f6g7h8i9j0-", "[redacted]-");
    expect("a1b2c3d4e5f6g7h8i9j0.json", "[redacted].json");
}


static void
leaves_names(void **state)
{
    (void) state;

    stays("text_editor_20250124");
    stays("ephemeral_1h_input_tokens");
    stays("getWeatherForecastForCity2");
    stays("llama_3_1_70b_instruct_q4");
    expect("text_editor_a1b2c3d4e5f6", "[redacted]");
    expect("secretsecretsecret1234", "[redacted]");
    expect("a_b_c_d_e_f_g_h_i_j_1_2", "[redacted]");
}


static void
leaves_ids_of_requests(void **state)
{
    (void) state;

    stays("req_011CSHoEeqs5C35K2UUqR7Fy");
    stays("chatcmpl-4f0d2c2b8a8f4a3cb0e5b5d7e1a9c3d2");
    stays("req_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
    expect("req_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b", "[redacted]");
    stays("request id: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
    expect("request id: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b",
           "request id: [redacted]");
    stays("Request ID a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
    stays("\"request_id\":\"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\"");
    stays("trace_id=a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
    expect("request: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "request: [redacted]");
    expect("id: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "id: [redacted]");
    expect("request id is a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
           "request id is [redacted]");
    expect("xreq_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "[redacted]");
    expect("request id: sk-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
           "request id: [redacted]");
}


static void
takes_out_pem_blocks(void **state)
{
    (void) state;

    expect("a -----BEGIN X KEY-----\nabc\n-----END X KEY----- b",
           "a [redacted] b");
    expect("-----BEGIN X-----\\nabc\\n-----END X-----\\n", "[redacted]\\n");
    expect("-----BEGIN X-----\nabc", "[redacted]");
    expect("-----BEGIN X-----\nabc -----END X", "[redacted]");
    expect("-----BEGIN X----- a1a1a1a1a1a1a1a1a1a1a1a1 -----END X----- b",
           "[redacted] b");
    expect("--------BEGIN X-----\nabc", "[redacted]");
    stays("-----BEGIN X----- is missing");
    stays("'-----BEGIN X-----'");
    stays("-----BEGIN x-----\nabc");
    stays("----BEGIN X-----\nabc");
    stays("-----BEGIN X");
    stays("-----END X-----");
    stays("-----");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_out_long_mixed_runs),
        cmocka_unit_test(takes_out_what_hangs_on_them),
        cmocka_unit_test(leaves_names),
        cmocka_unit_test(leaves_ids_of_requests),
        cmocka_unit_test(takes_out_pem_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
