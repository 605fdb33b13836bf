/*
 * Copyright (C) ngx_agent authors
 *
 * Names of hosts.
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
finds_internal_suffixes(void **state)
{
    (void) state;

    expect("a.internal", "[host]");
    expect("a.b.internal.", "[host].");
    expect("a.local x", "[host] x");
    expect("a.lan", "[host]");
    expect("a.corp", "[host]");
    expect("a.intra", "[host]");
    expect("a.svc", "[host]");
    expect("a.svc.cluster.local", "[host]");
    expect("a.svc.x.com", "[host]");
    expect("localhost", "[host]");
    expect("LOCALHOST", "[host]");
    expect("localhost.localdomain", "[host]");
    expect("A.INTERNAL", "[host]");
    expect("a-b_c.internal:8080/x", "[host]/x");
    expect("user@a.internal", "user@[host]");
    expect("//a.internal/x", "//[host]/x");
    expect("https://a.internal", "https://[host]");
    expect("db1.consul", "[host]");
}


static void
leaves_public_names(void **state)
{
    (void) state;

    stays("api.example.com");
    stays("api.example.com:443");
    stays("example.internal.com");
    stays("StatusCode.INTERNAL");
    stays("Code.Internal");
    stays("code.Internal");
    stays("internal");
    stays("local");
    stays("svc");
    stays(".env.local");
    stays("src/settings.local");
    stays("localhosts");
    stays("a.svcx.com");
    stays("my.locale");
    stays("internal.example.com");
}


static void
finds_bare_names_with_a_port(void **state)
{
    (void) state;

    expect("redis:6379", "[host]");
    expect("vllm-0:8000/v1", "[host]/v1");
    expect("a1:80", "[host]");
    expect("redis:6379: refused", "[host]: refused");
    expect("db.prod:5432", "[host]");
    expect("tcp(mq:5672)", "tcp([host])");
    expect("x redis:6379.", "x [host].");
    expect("Redis:6379", "[host]");
}


static void
leaves_fields_with_a_number(void **state)
{
    (void) state;

    stays("code:429");
    stays("statusCode:429");
    stays("status_code:429");
    stays("max-tokens:4096");
    stays("max_tokens:4096");
    stays("line:12");
    stays("redis:6");
    stays("llama3:8b");
    stays("v1:0");
    stays("anthropic.claude-v2:1");
    stays("amazon.titan-v1:0:8k");
    stays("x:12");
    stays("a/b:8080");
    stays("arn:aws:us-east-1:123456");
    stays("1a:80");
    stays("redis:65536");
    stays("redis:80:90");
    stays("model.v15:80");
    stays("usage.total:80");
    stays("my_service:8080");
    stays("x.io:8080");
}


static void
finds_the_hosts_of_urls(void **state)
{
    (void) state;

    expect("http://db", "http://[host]");
    expect("http://db/x", "http://[host]/x");
    expect("redis://db:1/0", "redis://[host]/0");
    expect("HTTP://db:80", "HTTP://[host]");
    expect("http://db.", "http://[host].");
    expect("http://my_db/x", "http://[host]/x");
    expect("amqp://db?x=1", "amqp://[host]?x=1");
}


static void
leaves_the_hosts_of_other_urls(void **state)
{
    (void) state;

    stays("s3://bucket/key");
    stays("gs://bucket");
    stays("http://example.com/x");
    stays("http://");
    stays("http:///x");
    stays("urn:db:1");
    stays("http://<host>/x");
    stays("https://{host}/x");
}


static void
finds_pods(void **state)
{
    (void) state;

    expect("llm-7d9f8b6c5d-x2x4z", "[host]");
    expect("a llm-5c689d88bb-qmjfs b", "a [host] b");
    expect("llm-api-7d9f8b6c5d-x2x4z:80", "[host]");
    stays("llm-7d9f8b6c5d-x2x4");
    stays("llm-7d9f8b6-x2x4z");
    stays("llm-7d9f8a6c5d-x2x4z");
    stays("llm-7d9f8b6c5d-x2x4a");
    stays("7d9f8b6c5d-x2x4z");
    stays("llm-7d9f8b6c5d2-x2x4z");
    stays("llm_7d9f8b6c5d-x2x4z");
}


static void
finds_addresses_in_names(void **state)
{
    (void) state;

    expect("node-10.0.0.1", "node-[host]");
    expect("a_10.0.0.1:80 b", "a_[host] b");
    stays("node10.0.0.1");
    stays("node.10.0.0.1");
    expect("fe80::1", "[host]");
    expect("b::1:80", "[host]");
    stays("x:fe80::1");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_internal_suffixes),
        cmocka_unit_test(leaves_public_names),
        cmocka_unit_test(finds_bare_names_with_a_port),
        cmocka_unit_test(leaves_fields_with_a_number),
        cmocka_unit_test(finds_the_hosts_of_urls),
        cmocka_unit_test(leaves_the_hosts_of_other_urls),
        cmocka_unit_test(finds_pods),
        cmocka_unit_test(finds_addresses_in_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
