/*
 * Copyright (C) ngx_agent authors
 *
 * What a refusal says, how long to wait, and how durations are written.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_price.h"
#include "core/ag_standing.h"


#define SECOND  UINT64_C(1000000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)


static void
lasts(uint64_t us, const char *expected)
{
    size_t     len;
    ag_char_t  out[AG_STANDING_TIME + 1];

    memset(out, '!', sizeof(out));
    len = ag_standing_time(out, us);
    out[len] = '\0';

    assert_string_equal((char *) out, expected);
}


static ag_limit_t
limit_of(ag_resource_t resource, uint64_t max, uint64_t window)
{
    ag_limit_t  limit;

    memset(&limit, 0, sizeof(limit));
    limit.resource = resource;
    limit.max = max;
    limit.window = window;
    limit.kind = (resource == AG_RESOURCE_CONCURRENCY) ? AG_WINDOW_COUNT
                 : (resource == AG_RESOURCE_REQUESTS) ? AG_WINDOW_LOG
                 : AG_WINDOW_RING;

    return limit;
}


static ag_limit_t
calendar(ag_resource_t resource, uint64_t max, ag_window_kind_t kind)
{
    ag_limit_t  limit;

    limit = limit_of(resource, max, 0);
    limit.kind = kind;

    return limit;
}


static void
says(ag_limit_t limit, const char *name, ag_limit_result_t result,
    uint64_t amount, uint64_t wait, const char *expected)
{
    size_t     len;
    ag_char_t  out[AG_STANDING_TEXT + 1];

    memset(out, '!', sizeof(out));
    len = ag_standing_refusal(out, &limit, ag_str(name, strlen(name)), result,
                              amount, wait);
    assert_in_range(len, 0, AG_STANDING_TEXT);
    assert_int_equal(out[len], '!');
    out[len] = '\0';

    assert_string_equal((char *) out, expected);
}


static void
short_times_are_in_milliseconds(void **state)
{
    (void) state;

    lasts(0, "0s");
    lasts(1, "1ms");
    lasts(1000, "1ms");
    lasts(1001, "2ms");
    lasts(20000, "20ms");
    lasts(998001, "999ms");
    lasts(999000, "999ms");
    lasts(999001, "1s");
}


static void
seconds_have_a_point(void **state)
{
    (void) state;

    lasts(SECOND, "1s");
    lasts(SECOND + 1, "1.001s");
    lasts(6500000, "6.5s");
    lasts(6520000, "6.52s");
    lasts(6521000, "6.521s");
    lasts(6521001, "6.522s");
    lasts(6050000, "6.05s");
    lasts(6005000, "6.005s");
    lasts(10 * SECOND, "10s");
    lasts(59999000, "59.999s");
}


static void
long_times_are_in_whole_seconds(void **state)
{
    (void) state;

    lasts(59999001, "1m0s");
    lasts(MINUTE, "1m0s");
    lasts(MINUTE + 1, "1m1s");
    lasts(90 * SECOND, "1m30s");
    lasts(HOUR - 1, "1h0m0s");
    lasts(HOUR - SECOND, "59m59s");
    lasts(2 * HOUR + 5 * SECOND, "2h0m5s");
    lasts(2 * HOUR + 5 * MINUTE, "2h5m0s");
    lasts(366 * DAY, "8784h0m0s");
    lasts(UINT64_MAX, "5124095576h1m50s");
}


static void
a_full_window_says_when_to_try_again(void **state)
{
    (void) state;

    says(limit_of(AG_RESOURCE_REQUESTS, 60, MINUTE), "requests/1m",
         AG_LIMIT_FULL, 1, 6500000,
         "Rate limit reached for requests (60 per 1m). "
         "Please try again in 6.5s.");
    says(limit_of(AG_RESOURCE_TOKENS, 200000, MINUTE), "tokens/1m",
         AG_LIMIT_FULL, 5000, 20000,
         "Rate limit reached for tokens (200000 per 1m). "
         "Please try again in 20ms.");
    says(limit_of(AG_RESOURCE_INPUT_TOKENS, 7, HOUR), "input_tokens/1h",
         AG_LIMIT_FULL, 5, 90 * SECOND,
         "Rate limit reached for input tokens (7 per 1h). "
         "Please try again in 1m30s.");
    says(limit_of(AG_RESOURCE_OUTPUT_TOKENS, UINT64_MAX, DAY),
         "output_tokens/1d", AG_LIMIT_FULL, 5, 2 * HOUR,
         "Rate limit reached for output tokens (18446744073709551615 per 1d). "
         "Please try again in 2h0m0s.");
}


static void
nobody_knows_when_a_call_ends(void **state)
{
    (void) state;

    says(limit_of(AG_RESOURCE_CONCURRENCY, 32, 0), "concurrency",
         AG_LIMIT_FULL, 1, 0,
         "Too many calls at once (limit 32). Please try again in 1s.");
    says(limit_of(AG_RESOURCE_CONCURRENCY, 1, 0), "concurrency",
         AG_LIMIT_FULL, 1, 3 * SECOND,
         "Too many calls at once (limit 1). Please try again in 3s.");
    says(limit_of(AG_RESOURCE_REQUESTS, 60, MINUTE), "requests/1m",
         AG_LIMIT_FULL, 1, 0,
         "Rate limit reached for requests (60 per 1m). "
         "Please try again in 1s.");
}


static void
a_spent_budget_says_when_it_begins_anew(void **state)
{
    (void) state;

    says(calendar(AG_RESOURCE_MONEY, 500 * AG_NANO_USD, AG_WINDOW_MONTH),
         "budget/month", AG_LIMIT_FULL, 1, 263 * HOUR,
         "The budget of 500 USD per month is spent. It begins anew with the "
         "next month (UTC). Please try again in 263h0m0s.");
    says(calendar(AG_RESOURCE_MONEY, 1500000000, AG_WINDOW_DAY),
         "budget/day", AG_LIMIT_FULL, 1, 5 * MINUTE,
         "The budget of 1.5 USD per day is spent. It begins anew with the "
         "next day (UTC). Please try again in 5m0s.");
    says(limit_of(AG_RESOURCE_MONEY, 1, 30 * DAY), "budget/30d",
         AG_LIMIT_FULL, 1, 90 * SECOND,
         "The budget of 0.000000001 USD per 30d is spent. "
         "Please try again in 1m30s.");

    /* a second would be no help */

    says(limit_of(AG_RESOURCE_MONEY, AG_NANO_USD * AG_NANO_USD, 30 * DAY),
         "budget/30d", AG_LIMIT_FULL, 1, 0,
         "The budget of 1000000000 USD per 30d is spent.");
}


static void
what_never_fits_says_how_much_it_is(void **state)
{
    (void) state;

    says(limit_of(AG_RESOURCE_TOKENS, 1000, MINUTE), "tokens/1m",
         AG_LIMIT_NEVER, 5000, 0,
         "This request needs 5000 tokens, the limit is 1000 per 1m.");
    says(limit_of(AG_RESOURCE_INPUT_TOKENS, 1000, MINUTE), "input_tokens/1m",
         AG_LIMIT_NEVER, 5000, 77,
         "This request needs 5000 input tokens, the limit is 1000 per 1m.");
    says(calendar(AG_RESOURCE_OUTPUT_TOKENS, 1000, AG_WINDOW_DAY),
         "output_tokens/day", AG_LIMIT_NEVER, 5000, 0,
         "This request needs 5000 output tokens, the limit is 1000 per day.");
    says(calendar(AG_RESOURCE_MONEY, 10 * AG_NANO_USD, AG_WINDOW_MONTH),
         "budget/month", AG_LIMIT_NEVER, 12500000000, 0,
         "This request may cost 12.5 USD, the budget is 10 USD per month.");
    says(limit_of(AG_RESOURCE_MONEY, 0, DAY), "budget/1d", AG_LIMIT_NEVER, 1,
         0, "This request may cost 0.000000001 USD, the budget is 0 USD per "
            "1d.");

    /* only a node's share of nothing can do that */

    says(limit_of(AG_RESOURCE_REQUESTS, 60, MINUTE), "requests/1m",
         AG_LIMIT_NEVER, 1, 0,
         "This request needs 1 request, the limit is 60 per 1m.");
    says(limit_of(AG_RESOURCE_CONCURRENCY, 3, 0), "concurrency",
         AG_LIMIT_NEVER, 2, 0,
         "This request needs 2 calls at once, the limit is 3.");
}


static void
what_was_taken_says_nothing(void **state)
{
    (void) state;

    says(limit_of(AG_RESOURCE_TOKENS, 1000, MINUTE), "tokens/1m",
         AG_LIMIT_TAKEN, 5000, 0, "");
}


static void
a_period_is_told_as_it_was_written(void **state)
{
    (void) state;

    says(limit_of(AG_RESOURCE_TOKENS, 5, MINUTE), "tokens/60s",
         AG_LIMIT_FULL, 1, SECOND,
         "Rate limit reached for tokens (5 per 60s). Please try again in 1s.");
    says(limit_of(AG_RESOURCE_TOKENS, 5, MINUTE), "tokens/1h30m gpt-5*",
         AG_LIMIT_FULL, 1, SECOND,
         "Rate limit reached for tokens (5 per 1h30m). "
         "Please try again in 1s.");
}


static void
a_name_without_a_period_leaves_the_window(void **state)
{
    size_t  i;

    static const struct {
        uint64_t     window;
        const char  *told;
    } windows[] = {
        { 30 * DAY, "30d" }, { DAY, "1d" }, { 36 * HOUR, "36h" },
        { HOUR, "1h" }, { 90 * MINUTE, "90m" }, { MINUTE, "1m" },
        { 90 * SECOND, "90s" }, { SECOND, "1s" }, { 1500000, "1500ms" },
        { 1500001, "1501ms" }, { 1, "1ms" }
    };

    static const char  *names[] = {
        "", "tokens", "tokens/", "/", "tokens/ 1m", "tokens/*",
        "tokens/12345678901234567"
    };

    char  expected[256];

    (void) state;

    for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        snprintf(expected, sizeof(expected), "Rate limit reached for tokens "
                 "(5 per %s). Please try again in 1s.", windows[i].told);
        says(limit_of(AG_RESOURCE_TOKENS, 5, windows[i].window), "tokens",
             AG_LIMIT_FULL, 1, SECOND, expected);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        says(limit_of(AG_RESOURCE_TOKENS, 5, MINUTE), names[i],
             AG_LIMIT_FULL, 1, SECOND, "Rate limit reached for tokens "
             "(5 per 1m). Please try again in 1s.");
    }

    says(calendar(AG_RESOURCE_TOKENS, 5, AG_WINDOW_DAY), "", AG_LIMIT_FULL, 1,
         SECOND, "Rate limit reached for tokens (5 per day). "
                 "Please try again in 1s.");
    says(calendar(AG_RESOURCE_TOKENS, 5, AG_WINDOW_MONTH), "", AG_LIMIT_FULL,
         1, SECOND, "Rate limit reached for tokens (5 per month). "
                    "Please try again in 1s.");
}


static void
the_longest_sentence_fits(void **state)
{
    ag_char_t  out[AG_STANDING_TEXT];
    ag_limit_t limit;
    size_t     len;

    (void) state;

    limit = calendar(AG_RESOURCE_MONEY, UINT64_MAX, AG_WINDOW_MONTH);
    len = ag_standing_refusal(out, &limit, ag_str("b/1234567890123456", 18),
                              AG_LIMIT_FULL, UINT64_MAX, UINT64_MAX);
    assert_in_range(len, 150, AG_STANDING_TEXT - 1);
    assert_int_equal(out[len - 1], '.');

    len = ag_standing_refusal(out, &limit, ag_str("b/1234567890123456", 18),
                              AG_LIMIT_NEVER, UINT64_MAX, UINT64_MAX);
    assert_in_range(len, 100, AG_STANDING_TEXT - 1);
    assert_int_equal(out[len - 1], '.');
}


static void
a_client_waits_a_bit_longer(void **state)
{
    (void) state;

    assert_int_equal(ag_standing_wait_ms(0), 1000);
    assert_int_equal(ag_standing_wait_ms(1), 2);
    assert_int_equal(ag_standing_wait_ms(1000), 2);
    assert_int_equal(ag_standing_wait_ms(1001), 3);
    assert_int_equal(ag_standing_wait_ms(6500000), 6501);
    assert_true(ag_standing_wait_ms(UINT64_MAX) == UINT64_MAX / 1000 + 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(short_times_are_in_milliseconds),
        cmocka_unit_test(seconds_have_a_point),
        cmocka_unit_test(long_times_are_in_whole_seconds),
        cmocka_unit_test(a_full_window_says_when_to_try_again),
        cmocka_unit_test(nobody_knows_when_a_call_ends),
        cmocka_unit_test(a_spent_budget_says_when_it_begins_anew),
        cmocka_unit_test(what_never_fits_says_how_much_it_is),
        cmocka_unit_test(what_was_taken_says_nothing),
        cmocka_unit_test(a_period_is_told_as_it_was_written),
        cmocka_unit_test(a_name_without_a_period_leaves_the_window),
        cmocka_unit_test(the_longest_sentence_fits),
        cmocka_unit_test(a_client_waits_a_bit_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
