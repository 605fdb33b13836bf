/*
 * Copyright (C) ngx_agent authors
 *
 * Which header, or which part of the body, tells the wait.  Headers are
 * written as lines, and what is expected in milliseconds, NONE for nothing.
 */


#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_wait.h"


#define NOW   INT64_C(1795176000)   /* Fri, 20 Nov 2026 12:00:00 GMT */
#define NONE  0
#define MAX   AG_WAIT_MAX_MS


typedef struct {
    const char  *headers;
    const char  *body;
    uint64_t     wait_ms;
} row_t;


#define RETRY_INFO  "\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\""
#define DATE        "date: Fri, 20 Nov 2026 12:00:00 GMT\n"

#define CHECK(rows)  check(rows, sizeof(rows) / sizeof(rows[0]), NOW)


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/* Splits lines of "name: value" in memory of the caller. */
static size_t
parse(const char *lines, ag_wait_header_t *headers, size_t max)
{
    size_t       count, len;
    const char  *colon;

    for (count = 0; *lines != '\0'; count++) {
        assert_true(count < max);

        len = strcspn(lines, "\n");
        colon = memchr(lines, ':', len);
        assert_non_null(colon);

        headers[count].name = ag_str(lines, (size_t) (colon - lines));
        colon += 1 + (colon[1] == ' ');
        headers[count].value = ag_str(colon, (size_t) (lines + len - colon));

        lines += len + (lines[len] == '\n');
    }

    return count;
}


static uint64_t
wait_of(const char *lines, ag_str_t body, int64_t now)
{
    int               rc;
    size_t            count;
    uint64_t          wait_ms;
    ag_wait_header_t  headers[32];

    count = parse(lines, headers, 32);
    wait_ms = 77;

    rc = ag_wait_read(headers, count, body, now, &wait_ms);

    if (rc == AG_OK) {
        assert_true(wait_ms > 0 && wait_ms <= AG_WAIT_MAX_MS);
        return wait_ms;
    }

    assert_int_equal(rc, AG_NONE);

    return NONE;
}


static void
check(const row_t *rows, size_t count, int64_t now)
{
    size_t    i;
    uint64_t  wait_ms;

    for (i = 0; i < count; i++) {
        wait_ms = wait_of(rows[i].headers,
                          str(rows[i].body != NULL ? rows[i].body : ""), now);

        if (wait_ms != rows[i].wait_ms) {
            fail_msg("%s|%s: %" PRIu64 " instead of %" PRIu64,
                     rows[i].headers, rows[i].body, wait_ms,
                     rows[i].wait_ms);
        }
    }
}


static void
knows_its_headers(void **state)
{
    size_t              i;
    static const char  *known[] = {
        "retry-after", "retry-after-ms", "x-ms-retry-after-ms", "date",
        "x-ratelimit-reset", "x-ratelimit-reset-requests",
        "x-ratelimit-reset-tokens", "x-ratelimit-remaining",
        "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens",
        "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-input-tokens-reset",
        "anthropic-ratelimit-input-tokens-remaining"
    };
    static const char  *unknown[] = {
        "", "retry", "retry-after-m", "retry-after-ms2", "Retry-After",
        "dates", "x-ratelimit", "x-ratelimit-", "x-ratelimit-limit",
        "x-ratelimit-limit-requests", "x-ratelimit-resets",
        "x-ratelimit-reset-", "x-ratelimit-reset-images",
        "x-ratelimit-requests-reset", "ratelimit-reset",
        "anthropic-ratelimit-reset", "anthropic-ratelimit--reset",
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requestsreset", "anthropic-ratelimit-",
        "xanthropic-ratelimit-requests-reset", "content-type"
    };

    (void) state;

    for (i = 0; i < sizeof(known) / sizeof(char *); i++) {
        if (!ag_wait_reads(str(known[i]))) {
            fail_msg("%s is not known", known[i]);
        }
    }

    for (i = 0; i < sizeof(unknown) / sizeof(char *); i++) {
        if (ag_wait_reads(str(unknown[i]))) {
            fail_msg("%s is known", unknown[i]);
        }
    }

    assert_false(ag_wait_reads(ag_str(NULL, 0)));
}


static void
nothing_says_nothing(void **state)
{
    uint64_t            wait_ms;
    static const row_t  rows[] = {
        { "", NULL, NONE },
        { DATE, NULL, NONE },
        { "content-type: 5", NULL, NONE },
        { "x-ratelimit-remaining-requests: 0", NULL, NONE },
        { "x-ratelimit-limit-requests: 60", NULL, NONE }
    };

    (void) state;

    CHECK(rows);

    assert_int_equal(ag_wait_read(NULL, 0, ag_str(NULL, 0), NOW, &wait_ms),
                     AG_NONE);
    assert_int_equal(wait_ms, 0);
}


static void
retry_after_is_seconds(void **state)
{
    static const row_t  rows[] = {
        { "retry-after: 1", NULL, 1000 },
        { "retry-after: 20", NULL, 20000 },
        { "retry-after: 020", NULL, 20000 },
        { "retry-after:  20 \t", NULL, 20000 },
        { "retry-after: 0.5", NULL, 500 },
        { "retry-after: 1.0005", NULL, 1001 },
        { "retry-after: 0.0001", NULL, 1 },
        { "retry-after: 0.000000000000000000000000001", NULL, 1 },
        { "retry-after: 86400", NULL, 86400000 },
        { "retry-after: 2000000", NULL, MAX },
        { "retry-after: 2000001", NULL, MAX },
        { "retry-after: 1999999.9999", NULL, MAX },
        { "retry-after: 1000000000", NULL, MAX },
        { "retry-after: 18446744073709551616", NULL, MAX },
        { "retry-after: 99999999999999999999999999999999999", NULL, MAX },

        /* at once, the past, and what is none of it */

        { "retry-after: 0", NULL, NONE },
        { "retry-after: 0.000", NULL, NONE },
        { "retry-after: -1", NULL, NONE },
        { "retry-after: -99999999999999999999", NULL, NONE },
        { "retry-after: +5", NULL, NONE },
        { "retry-after: ", NULL, NONE },
        { "retry-after: soon", NULL, NONE },
        { "retry-after: 5s", NULL, NONE },
        { "retry-after: 5 s", NULL, NONE },
        { "retry-after: 5,5", NULL, NONE },
        { "retry-after: 5, 10", NULL, NONE },
        { "retry-after: 1e3", NULL, NONE },
        { "retry-after: 0x10", NULL, NONE },
        { "retry-after: .5", NULL, NONE },
        { "retry-after: 5.", NULL, NONE },
        { "retry-after: 5.5.5", NULL, NONE },
        { "retry-after: inf", NULL, NONE },
        { "retry-after: nan", NULL, NONE },
        { "retry-after: \"5\"", NULL, NONE },
        { "retry-after: 6m0s", NULL, NONE },
        { "retry-after: 2026-11-20T12:00:10Z", NULL, NONE }
    };

    (void) state;

    CHECK(rows);
}


static void
retry_after_is_a_date_by_the_answers_clock(void **state)
{
    static const row_t  rows[] = {
        { "retry-after: Fri, 20 Nov 2026 12:00:07 GMT", NULL, 7000 },
        { "retry-after: Friday, 20-Nov-26 12:00:07 GMT", NULL, 7000 },
        { "retry-after: Fri Nov 20 12:00:07 2026", NULL, 7000 },
        { "retry-after: Sat, 21 Nov 2026 12:00:00 GMT", NULL, 86400000 },
        { "retry-after: Sun, 06 Nov 9999 08:49:37 GMT", NULL, MAX },

        /* now, or past */

        { "retry-after: Fri, 20 Nov 2026 12:00:00 GMT", NULL, NONE },
        { "retry-after: Fri, 20 Nov 2026 11:59:59 GMT", NULL, NONE },
        { "retry-after: Sun, 06 Nov 1994 08:49:37 GMT", NULL, NONE },

        /* the provider's clock is a minute late, or years */

        { "date: Fri, 20 Nov 2026 11:59:00 GMT\n"
          "retry-after: Fri, 20 Nov 2026 11:59:30 GMT", NULL, 30000 },
        { "retry-after: Fri, 20 Nov 2026 11:59:30 GMT\n"
          "date: Fri Nov 20 11:59:00 2026", NULL, 30000 },
        { "date: Thu, 01 Jan 1970 00:00:00 GMT\n"
          "retry-after: Thu, 01 Jan 1970 00:00:03 GMT", NULL, 3000 },
        { "date: Thursday, 01-Jan-70 00:00:00 GMT\n"
          "retry-after: Thursday, 01-Jan-70 00:00:03 GMT", NULL, 3000 },
        { "date: Fri, 20 Nov 2026 12:01:00 GMT\n"
          "retry-after: Fri, 20 Nov 2026 12:00:30 GMT", NULL, NONE },

        /* a date that is none leaves ours; the first good one counts */

        { "date: yesterday\n"
          "retry-after: Fri, 20 Nov 2026 12:00:05 GMT", NULL, 5000 },
        { "date: Wed, 31 Dec 1969 23:59:59 GMT\n"
          "retry-after: Fri, 20 Nov 2026 12:00:05 GMT", NULL, 5000 },
        { "date: -\ndate: Fri, 20 Nov 2026 12:00:01 GMT\n"
          "date: Fri, 20 Nov 2026 12:00:02 GMT\n"
          "retry-after: Fri, 20 Nov 2026 12:00:05 GMT", NULL, 4000 },

        /* seconds need no clock */

        { "date: Thu, 01 Jan 1970 00:00:00 GMT\nretry-after: 9", NULL, 9000 }
    };

    (void) state;

    CHECK(rows);
}


static void
milliseconds_go_before_seconds(void **state)
{
    static const row_t  rows[] = {
        { "retry-after-ms: 120", NULL, 120 },
        { "retry-after-ms: 120.2", NULL, 121 },
        { "retry-after-ms: 0.1", NULL, 1 },
        { "retry-after-ms: 2000000001", NULL, MAX },
        { "x-ms-retry-after-ms: 7", NULL, 7 },
        { "retry-after-ms: 120ms", NULL, NONE },
        { "retry-after-ms: Fri, 20 Nov 2026 12:00:07 GMT", NULL, NONE },
        { "retry-after: 1\nretry-after-ms: 120", NULL, 120 },
        { "retry-after: 1\nx-ms-retry-after-ms: 1500", NULL, 1500 },
        { "x-ms-retry-after-ms: 8\nretry-after-ms: 9", NULL, 9 },

        /* what makes no sense is passed over */

        { "retry-after-ms: 0\nretry-after: 3", NULL, 3000 },
        { "retry-after-ms: -1\nx-ms-retry-after-ms: 0\nretry-after: 3",
          NULL, 3000 },
        { "retry-after-ms: 0\nx-ms-retry-after-ms: 8\nretry-after: 3",
          NULL, 8 },
        { "retry-after: 0\nretry-after: x\nretry-after: 4\nretry-after: 5",
          NULL, 4000 }
    };

    (void) state;

    CHECK(rows);
}


static void
geminis_retry_info_is_read(void **state)
{
    static const row_t  rows[] = {
        { "", "{\"error\":{\"code\":429,\"details\":[{\"@type\":"
              "\"type.googleapis.com/google.rpc.QuotaFailure\"},{" RETRY_INFO
              ",\"retryDelay\":\"34.4s\"}]}}", 34400 },
        { "", "[{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"0.5s\"}]}}]", 500 },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"34.074824224s\"}]}}", 34075 },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"900ms\"}]}}", 900 },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"0.000000001s\"}]}}", 1 },
        { "", "{\"error\":{\"details\":[{\"@type\":\"google.rpc.RetryInfo\","
              "\"retryDelay\":\"12s\"}]}}", 12000 },
        { "", "{\"error\":{\"details\":[{\"@type\":"
              "\"type.googleapis.com\\/google.rpc.RetryInfo\","
              "\"retryDelay\":\"\\u00312s\"}]}}", 12000 },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"99999999999s\"}]}}", MAX },

        /* the first that makes sense */

        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"0s\"},{" RETRY_INFO "},1,{" RETRY_INFO ",\"retryDelay\":"
              "\"5s\"},{" RETRY_INFO ",\"retryDelay\":\"4s\"}]}}", 5000 },

        /* other types, other forms, other places */

        { "", "{\"error\":{\"details\":[{\"@type\":\"RetryInfo\","
              "\"retryDelay\":\"12s\"}]}}", NONE },
        { "", "{\"error\":{\"details\":[{\"@type\":"
              "\"google.rpc.RetryInfo2\",\"retryDelay\":\"12s\"}]}}", NONE },
        { "", "{\"error\":{\"details\":[{\"retryDelay\":\"12s\"}]}}", NONE },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"-12s\"}]}}", NONE },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"12\"}]}}", NONE },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":12}]}}",
          NONE },
        { "", "{\"error\":{\"details\":{" RETRY_INFO ",\"retryDelay\":"
              "\"12s\"}}}", NONE },
        { "", "{\"details\":[{" RETRY_INFO ",\"retryDelay\":\"12s\"}]}",
          NONE },
        { "", "[[{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"12s\"}]}}]]", NONE },
        { "", "[]", NONE },
        { "", "null", NONE },
        { "", "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":"
              "\"12s\"}]}", NONE },
        { "", "<html>", NONE }
    };

    (void) state;

    CHECK(rows);
}


static void
a_body_beyond_the_cap_is_not_read(void **state)
{
    size_t  len;
    char   *body;

    (void) state;

    body = malloc(AG_ERROR_BODY_MAX + 1);
    assert_non_null(body);

    len = (size_t) sprintf(body, "{\"error\":{\"details\":[{" RETRY_INFO
                                 ",\"retryDelay\":\"12s\"}]}}");
    memset(body + len, ' ', AG_ERROR_BODY_MAX + 1 - len);

    assert_int_equal(wait_of("", ag_str(body, AG_ERROR_BODY_MAX), NOW),
                     12000);
    assert_int_equal(wait_of("", ag_str(body, AG_ERROR_BODY_MAX + 1), NOW),
                     NONE);

    free(body);
}


static void
a_reset_is_a_duration_seconds_or_a_time(void **state)
{
    static const row_t  rows[] = {
        { "x-ratelimit-reset-requests: 6m0s", NULL, 360000 },
        { "x-ratelimit-reset-requests: 1s", NULL, 1000 },
        { "x-ratelimit-reset-requests: 20ms", NULL, 20 },
        { "x-ratelimit-reset-tokens: 1h2m3.5s", NULL, 3723500 },
        { "x-ratelimit-reset-tokens: 7.66s", NULL, 7660 },
        { "x-ratelimit-reset: 12", NULL, 12000 },
        { "x-ratelimit-reset: 0.25", NULL, 250 },
        { "x-ratelimit-reset: 1795176030", NULL, 30000 },
        { "x-ratelimit-reset: 1795176030500", NULL, 30500 },
        { "x-ratelimit-reset: 2026-11-20T12:00:30Z", NULL, 30000 },
        { "x-ratelimit-reset: 2026-11-20T14:00:30.25+02:00", NULL, 30250 },
        { "date: Fri, 20 Nov 2026 11:00:00 GMT\n"
          "x-ratelimit-reset: 2026-11-20T12:00:00Z", NULL, 3600000 },
        { "date: Fri, 20 Nov 2026 11:00:00 GMT\n"
          "x-ratelimit-reset: 1795176000", NULL, 3600000 },
        { "x-ratelimit-reset: 0s", NULL, NONE },
        { "x-ratelimit-reset: 0", NULL, NONE },
        { "x-ratelimit-reset: -1", NULL, NONE },
        { "x-ratelimit-reset: 1795176000", NULL, NONE },
        { "x-ratelimit-reset: 1795175999999", NULL, NONE },
        { "x-ratelimit-reset: 2026-11-20T12:00:00Z", NULL, NONE },
        { "x-ratelimit-reset: Fri, 20 Nov 2026 12:00:07 GMT", NULL, NONE },
        { "anthropic-ratelimit-tokens-reset: 2026-11-20T12:00:30Z", NULL,
          30000 },
        { "anthropic-ratelimit-unified-5h-reset: 1795176060", NULL, 60000 },
        { "anthropic-ratelimit-tokens-reset: x", NULL, NONE }
    };

    (void) state;

    CHECK(rows);
}


static void
of_several_limits_the_spent_ones_count(void **state)
{
    static const row_t  rows[] = {

        /* the last of the spent */

        { "x-ratelimit-reset-requests: 1s\n"
          "x-ratelimit-reset-tokens: 6m0s\n"
          "x-ratelimit-remaining-requests: 0\n"
          "x-ratelimit-remaining-tokens: 100", NULL, 1000 },
        { "x-ratelimit-remaining-requests: 100\n"
          "x-ratelimit-remaining-tokens: 0\n"
          "x-ratelimit-reset-requests: 1s\n"
          "x-ratelimit-reset-tokens: 6m0s", NULL, 360000 },
        { "x-ratelimit-reset-requests: 1s\n"
          "x-ratelimit-reset-tokens: 6m0s\n"
          "x-ratelimit-remaining-requests: 0\n"
          "x-ratelimit-remaining-tokens: 0", NULL, 360000 },
        { "x-ratelimit-reset: 90\nx-ratelimit-remaining: 0\n"
          "x-ratelimit-reset-tokens: 2m\nx-ratelimit-remaining-tokens: 1",
          NULL, 90000 },

        { "x-ratelimit-remaining-requests: 5\n"
          "x-ratelimit-reset-requests: 6m0s\n"
          "x-ratelimit-reset-tokens: 1s\n"
          "x-ratelimit-remaining-tokens: 0", NULL, 1000 },

        /* negative, nothing or nonsense remains: spent */

        { "x-ratelimit-reset-requests: 2s\n"
          "x-ratelimit-reset-tokens: 1s\n"
          "x-ratelimit-remaining-requests: -1\n"
          "x-ratelimit-remaining-tokens: 5", NULL, 2000 },
        { "x-ratelimit-reset-requests: 2s\n"
          "x-ratelimit-reset-tokens: 1s\n"
          "x-ratelimit-remaining-requests: 0.0", NULL, 2000 },
        { "x-ratelimit-reset-requests: 1s\n"
          "x-ratelimit-reset-tokens: 2s", NULL, 2000 },
        { "x-ratelimit-reset-requests: 1s\n"
          "x-ratelimit-reset-tokens: 2s\n"
          "x-ratelimit-remaining-tokens: many", NULL, 2000 },

        /* something of all remains: the first */

        { "x-ratelimit-reset-requests: 3s\n"
          "x-ratelimit-reset-tokens: 2s\n"
          "x-ratelimit-remaining-requests: 0.5\n"
          "x-ratelimit-remaining-tokens: 1", NULL, 2000 },
        { "x-ratelimit-reset-requests: 2s\n"
          "x-ratelimit-reset-tokens: 3s\n"
          "x-ratelimit-remaining-requests: 1\n"
          "x-ratelimit-remaining-tokens: 1", NULL, 2000 },

        /* a reset that makes no sense is none */

        { "x-ratelimit-reset-requests: 0s\n"
          "x-ratelimit-reset-tokens: 3s\n"
          "x-ratelimit-remaining-requests: 0\n"
          "x-ratelimit-remaining-tokens: 1", NULL, 3000 },

        /* each family for itself */

        { "x-ratelimit-reset-tokens: 3s\n"
          "x-ratelimit-remaining-tokens: 1\n"
          "anthropic-ratelimit-tokens-reset: 2026-11-20T12:00:09Z\n"
          "anthropic-ratelimit-tokens-remaining: 0", NULL, 3000 },
        { "x-ratelimit-reset-tokens: x\n"
          "anthropic-ratelimit-requests-reset: 2026-11-20T12:00:20Z\n"
          "anthropic-ratelimit-requests-remaining: 49\n"
          "anthropic-ratelimit-input-tokens-reset: 2026-11-20T12:00:09Z\n"
          "anthropic-ratelimit-input-tokens-remaining: 0\n"
          "anthropic-ratelimit-output-tokens-reset: 2026-11-20T12:00:02Z\n"
          "anthropic-ratelimit-output-tokens-remaining: 8000", NULL, 9000 }
    };

    (void) state;

    CHECK(rows);
}


static void
the_first_source_that_makes_sense_wins(void **state)
{
    static const char   body[] = "{\"error\":{\"details\":[{" RETRY_INFO
                                 ",\"retryDelay\":\"12s\"}]}}";
    static const row_t  rows[] = {
        { "retry-after: 3\nx-ratelimit-reset: 9", body, 3000 },
        { "retry-after-ms: 5\nx-ratelimit-reset: 9", body, 5 },
        { "x-ratelimit-reset: 9", body, 12000 },
        { "anthropic-ratelimit-tokens-reset: 9", body, 12000 },
        { "x-ratelimit-reset: 9", "{}", 9000 },
        { "x-ratelimit-reset: 9\nanthropic-ratelimit-tokens-reset: 8", "",
          9000 },
        { "x-ratelimit-reset: 0\nanthropic-ratelimit-tokens-reset: 8", "",
          8000 },

        /* "at once" is not believed where anybody knows better */

        { "retry-after: 0", body, 12000 },
        { "retry-after: soon\nx-ratelimit-reset: 9", "", 9000 },
        { DATE "retry-after: Fri, 20 Nov 2026 11:00:00 GMT\n"
          "x-ratelimit-reset: 9", "", 9000 },
        { "retry-after: 0\nretry-after-ms: 0\nx-ratelimit-reset: 0",
          "{\"error\":{\"details\":[{" RETRY_INFO ",\"retryDelay\":\"0s\"}"
          "]}}", NONE }
    };

    (void) state;

    CHECK(rows);
}


static void
a_clock_out_of_its_mind_does_no_harm(void **state)
{
    size_t                i;
    static const int64_t  clocks[] = {
        INT64_MIN, -1, 0, 1, INT64_C(253402300799), INT64_C(253402300800),
        INT64_MAX
    };

    (void) state;

    for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        assert_int_equal(wait_of("retry-after: 5", str(""), clocks[i]), 5000);
        assert_int_equal(wait_of(DATE "retry-after: "
                                 "Friday, 20-Nov-26 12:00:07 GMT",
                                 str(""), clocks[i]), 7000);
        assert_int_equal(wait_of("x-ratelimit-reset: 2026-11-20T12:00:00Z",
                                 str(""), clocks[i]),
                         clocks[i] < 2 ? MAX : NONE);
        assert_int_equal(wait_of("x-ratelimit-reset: 1795176000", str(""),
                                 clocks[i]),
                         clocks[i] < 2 ? MAX : NONE);
        (void) wait_of("retry-after: Friday, 20-Nov-26 12:00:07 GMT",
                       str(""), clocks[i]);
    }
}


/* Two hundred headers: no limit counts that stands behind the sixteenth. */
static void
only_so_many_limits_count(void **state)
{
    size_t            i;
    uint64_t          wait_ms;
    ag_wait_header_t  headers[200];

    (void) state;

    for (i = 0; i < 200; i++) {
        headers[i].name = str("anthropic-ratelimit-tokens-reset");
        headers[i].value = str(i < 16 ? "5s" : "6s");
    }

    assert_int_equal(ag_wait_read(headers, 200, str(""), NOW, &wait_ms),
                     AG_OK);
    assert_int_equal(wait_ms, 5000);

    headers[15].value = str("7s");

    assert_int_equal(ag_wait_read(headers, 200, str(""), NOW, &wait_ms),
                     AG_OK);
    assert_int_equal(wait_ms, 7000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_its_headers),
        cmocka_unit_test(nothing_says_nothing),
        cmocka_unit_test(retry_after_is_seconds),
        cmocka_unit_test(retry_after_is_a_date_by_the_answers_clock),
        cmocka_unit_test(milliseconds_go_before_seconds),
        cmocka_unit_test(geminis_retry_info_is_read),
        cmocka_unit_test(a_body_beyond_the_cap_is_not_read),
        cmocka_unit_test(a_reset_is_a_duration_seconds_or_a_time),
        cmocka_unit_test(of_several_limits_the_spent_ones_count),
        cmocka_unit_test(the_first_source_that_makes_sense_wins),
        cmocka_unit_test(a_clock_out_of_its_mind_does_no_harm),
        cmocka_unit_test(only_so_many_limits_count)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
