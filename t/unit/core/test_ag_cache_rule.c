/*
 * Copyright (C) ngx_agent authors
 *
 * The decisions of the cache: whose answers may come from it, how long one is
 * good, and which failures an old one is better than.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_cache_rule.h"
#include "core/ag_json.h"


#define MINUTE  UINT64_C(60000)


static ag_cache_rule_t     rule;
static ag_cache_control_t  control;


static int
setup(void **state)
{
    (void) state;

    memset(&rule, 0, sizeof(rule));
    rule.ttl = MINUTE;
    rule.temperature = AG_CACHE_ANY;
    rule.choices = AG_CACHE_ANY;

    ag_cache_control_init(&control);

    return 0;
}


static ag_str_t
word(const ag_json_t *json, const char *name)
{
    const ag_json_member_t  *member;

    member = ag_json_find(json, name);

    return (member == NULL || member->type == AG_JSON_NULL) ? ag_str(NULL, 0)
                                                            : member->value;
}


/* "rsj": may read, store, join. */
static void
may(const char *body, const char *what)
{
    char              got[4];
    void             *copy;
    size_t            n, len;
    ag_cache_may_t    m;
    ag_cache_words_t  words;

    static ag_json_t  json;

    len = strlen(body);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, body, len);

    assert_int_equal(ag_json_scan(&json, ag_str(copy, len)), AG_OK);
    words.temperature = word(&json, "temperature");
    words.n = word(&json, "n");
    words.best_of = word(&json, "best_of");
    words.background = word(&json, "background");
    words.conversation = word(&json, "conversation");
    words.container = word(&json, "container");

    m = ag_cache_may(&rule, &control, &words);
    n = 0;

    if (m.read) {
        got[n++] = 'r';
    }

    if (m.store) {
        got[n++] = 's';
    }

    if (m.join) {
        got[n++] = 'j';
    }

    got[n] = '\0';
    free(copy);

    if (strcmp(got, what) != 0) {
        fail_msg("%s: <%s>, not <%s>", body, got, what);
    }
}


/* A call of that temperature; "bound" in thousandths. */
static void
warmth(const char *number, uint64_t bound, unsigned fits)
{
    char  body[128];

    rule.temperature = bound;
    snprintf(body, sizeof(body), "{\"temperature\":%s}", number);
    may(body, fits ? "rsj" : "");
}


static void
a_common_call_may_all(void **state)
{
    (void) state;

    rule.temperature = 0;
    rule.choices = 1;

    may("{}", "rsj");
    may("{\"model\":\"m\",\"messages\":[{\"temperature\":1,\"n\":5,"
        "\"background\":true}]}", "rsj");
    may("{\"temperature\":null,\"n\":null,\"best_of\":null,"
        "\"background\":null,\"conversation\":null,\"container\":null,"
        "\"store\":null}", "rsj");
    may("{\"store\":true}", "rsj");
    may("{\"store\":false}", "rsj");
    may("{\"store\":7}", "rsj");
    may("{\"previous_response_id\":\"resp_1\"}", "rsj");
    may("{\"background\":false}", "rsj");
}


static void
what_changes_at_the_provider_is_not_for_the_cache(void **state)
{
    (void) state;

    may("{\"background\":true}", "");
    may("{\"background\":\"false\"}", "");
    may("{\"background\":0}", "");
    may("{\"conversation\":\"conv_1\"}", "");
    may("{\"conversation\":{\"id\":\"conv_1\"}}", "");
    may("{\"conversation\":false}", "");
    may("{\"container\":\"c\"}", "");
    may("{\"container\":{}}", "");
    may("{\"b\\u0061ckground\":true}", "");
}


static void
temperatures_are_compared_to_the_last_digit(void **state)
{
    size_t  i;

    static const struct {
        const char  *number;
        uint64_t     bound;
        unsigned     fits;
    } tries[] = {
        { "0.7", 700, 1 }, { "0.70000001", 700, 0 }, { "0.7000000", 700, 1 },
        { "0.6999999999999999999999999", 700, 1 },
        { "0.700000000000000000000000000000000000000000000001", 700, 0 },
        { "7e-1", 700, 1 }, { "0.07e1", 700, 1 }, { "0.07E+1", 700, 1 },
        { "70e-02", 700, 1 }, { "71e-2", 700, 0 }, { "0.0071e2", 700, 0 },
        { "0.8", 700, 0 }, { "0.71", 700, 0 }, { "0.69", 700, 1 },
        { "1", 700, 0 }, { "7", 700, 0 }, { "0.1", 700, 1 },

        { "1e0", 1000, 1 }, { "1", 1000, 1 }, { "1.0", 1000, 1 },
        { "1.001", 1000, 0 }, { "1.0005", 1000, 0 }, { "0.9999", 1000, 1 },
        { "10", 1000, 0 }, { "10e-1", 1000, 1 }, { "1e1", 1000, 0 },
        { "1.0e000000000000000000000000000", 1000, 1 },

        { "1.25", 1250, 1 }, { "1.2500001", 1250, 0 }, { "1.3", 1250, 0 },
        { "1.2", 1250, 1 }, { "1.24999", 1250, 1 }, { "2", 1250, 0 },

        { "0", 0, 1 }, { "0.0", 0, 1 }, { "-0", 0, 1 }, { "-0.0e5", 0, 1 },
        { "0e999999999999999999999", 0, 1 }, { "0.00e-5", 0, 1 },
        { "0.001", 0, 0 }, { "0.0001", 0, 0 }, { "1e-10", 0, 0 },
        { "1e-99999999999999999999999", 0, 0 }, { "2", 0, 0 },
        { "-1", 0, 1 }, { "-1e9", 0, 1 },

        { "0.001", 1, 1 }, { "0.0010", 1, 1 }, { "1e-3", 1, 1 },
        { "0.0011", 1, 0 }, { "0.002", 1, 0 }, { "0.0009", 1, 1 },
        { "1e-4", 1, 1 }, { "1e-99999999999999999999999", 1, 1 },
        { "100000e-8", 1, 1 }, { "100001e-8", 1, 0 },

        { "1e99999999999999999999999", 2000, 0 },
        { "1e9223372036854775807", 2000, 0 },
        { "1e-9223372036854775808", 2000, 1 },
        { "1e18446744073709551616", 2000, 0 },
        { "18446744073709551.615", UINT64_MAX - 1, 0 },
        { "18446744073709551.614", UINT64_MAX - 1, 1 },
        { "18446744073709551.6140000001", UINT64_MAX - 1, 0 },
        { "1e400", AG_CACHE_ANY, 1 }, { "2", AG_CACHE_ANY, 1 },

        { "\"0\"", 2000, 0 }, { "\"0\"", AG_CACHE_ANY, 0 },
        { "[]", 2000, 0 }, { "false", 2000, 0 }, { "null", 0, 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        warmth(tries[i].number, tries[i].bound, tries[i].fits);
    }
}


/* All thousandths to 2, in several forms, against whole numbers. */
static void
temperatures_are_compared_in_any_form(void **state)
{
    char      text[64];
    unsigned  t, b;

    static const unsigned  bounds[] = {
        0, 1, 9, 10, 99, 100, 101, 700, 999, 1000, 1001, 1010, 1100, 1999, 2000
    };

    (void) state;

    for (b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++) {
        for (t = 0; t <= 2001; t++) {
            snprintf(text, sizeof(text), "%u.%03u", t / 1000, t % 1000);
            warmth(text, bounds[b], t <= bounds[b]);
            snprintf(text, sizeof(text), "%u.%03u01", t / 1000, t % 1000);
            warmth(text, bounds[b], t < bounds[b]);
            snprintf(text, sizeof(text), "%ue-3", t);
            warmth(text, bounds[b], t <= bounds[b]);
            snprintf(text, sizeof(text), "0.00%04ue3", t);
            warmth(text, bounds[b], t <= bounds[b]);
        }
    }
}


/* The point moves by as many places as there are digits. */
static void
long_numbers_are_compared(void **state)
{
    char     *body;
    size_t    zeros, len;
    unsigned  above;

    (void) state;

    zeros = 100000;
    body = malloc(zeros + 128);
    assert_non_null(body);
    rule.temperature = 1000;

    for (above = 0; above < 2; above++) {
        len = (size_t) sprintf(body, "{\"temperature\":0.");
        memset(body + len, '0', zeros);
        len += zeros;
        sprintf(body + len, "1%se%u}", above ? "01" : "", (unsigned) zeros + 1);
        may(body, above ? "" : "rsj");

        len = (size_t) sprintf(body, "{\"temperature\":1");
        memset(body + len, '0', zeros);
        len += zeros;
        sprintf(body + len, "%se-%u}", above ? ".1" : "", (unsigned) zeros);
        may(body, above ? "" : "rsj");
    }

    free(body);
}


static void
choices_are_whole_numbers_and_not_too_many(void **state)
{
    (void) state;

    rule.choices = 1;
    may("{\"n\":1,\"best_of\":1}", "rsj");
    may("{\"n\":2}", "");
    may("{\"best_of\":2}", "");
    may("{\"n\":0}", "rsj");
    may("{\"n\":-5}", "rsj");
    may("{\"n\":1.0}", "");
    may("{\"n\":1e0}", "");
    may("{\"n\":\"1\"}", "");
    may("{\"best_of\":true}", "");
    may("{\"n\":99999999999999999999}", "");

    rule.choices = 4;
    may("{\"n\":4,\"best_of\":4}", "rsj");
    may("{\"n\":5}", "");

    rule.choices = 0;
    may("{\"n\":1}", "");
    may("{}", "rsj");

    rule.choices = AG_CACHE_ANY;
    may("{\"n\":128}", "rsj");
    may("{\"n\":9223372036854775807}", "rsj");
    may("{\"n\":1.5}", "");
}


static void
the_client_has_its_say(void **state)
{
    (void) state;

    control.no_store = 1;
    may("{}", "");

    control.no_cache = 1;
    may("{}", "");

    control.no_store = 0;
    may("{}", "s");

    control.no_cache = 0;
    control.max_age = 0;
    may("{}", "s");

    control.max_age = 1;
    may("{}", "rsj");

    control.only_if_cached = 1;
    may("{}", "rs");

    control.no_cache = 1;
    may("{}", "s");
    may("{\"background\":true}", "");
}


static void
without_a_time_to_live_it_is_off(void **state)
{
    (void) state;

    rule.ttl = 0;
    rule.stale_if_error = MINUTE;
    rule.stale_while_revalidate = MINUTE;

    may("{}", "");
    assert_int_equal(ag_cache_age(&rule, &control, 0), AG_CACHE_GONE);
    assert_int_equal(ag_cache_lifetime(&rule), 0);
}


static void
is(uint64_t age_ms, ag_cache_age_t expected)
{
    ag_cache_age_t  age;

    age = ag_cache_age(&rule, &control, age_ms);

    if (age != expected) {
        fail_msg("%llu ms: %u, not %u", (unsigned long long) age_ms, age,
                 expected);
    }
}


static void
an_answer_ages(void **state)
{
    (void) state;

    is(0, AG_CACHE_FRESH);
    is(MINUTE - 1, AG_CACHE_FRESH);
    is(MINUTE, AG_CACHE_GONE);
    is(UINT64_MAX, AG_CACHE_GONE);

    rule.stale_while_revalidate = 1000;
    is(MINUTE, AG_CACHE_REVALIDATE);
    is(MINUTE + 999, AG_CACHE_REVALIDATE);
    is(MINUTE + 1000, AG_CACHE_GONE);

    rule.stale_if_error = 5000;
    is(MINUTE - 1, AG_CACHE_FRESH);
    is(MINUTE + 999, AG_CACHE_REVALIDATE);
    is(MINUTE + 1000, AG_CACHE_STALE);
    is(MINUTE + 4999, AG_CACHE_STALE);
    is(MINUTE + 5000, AG_CACHE_GONE);

    rule.stale_while_revalidate = 0;
    is(MINUTE, AG_CACHE_STALE);

    rule.ttl = UINT64_MAX;
    is(UINT64_MAX - 1, AG_CACHE_FRESH);
    is(UINT64_MAX, AG_CACHE_GONE);
}


static void
a_client_wants_it_younger(void **state)
{
    (void) state;

    rule.stale_while_revalidate = 1000;
    rule.stale_if_error = 500;

    control.max_age = 5;
    is(0, AG_CACHE_FRESH);
    is(5000, AG_CACHE_FRESH);
    is(5001, AG_CACHE_GONE);
    is(MINUTE + 499, AG_CACHE_GONE);
    is(MINUTE + 500, AG_CACHE_GONE);

    control.max_age = 60;
    is(MINUTE - 1, AG_CACHE_FRESH);
    is(MINUTE, AG_CACHE_REVALIDATE);
    is(MINUTE + 1, AG_CACHE_GONE);

    control.max_age = 3600;
    is(MINUTE + 999, AG_CACHE_REVALIDATE);
    is(MINUTE + 1000, AG_CACHE_GONE);

    control.max_age = 0;
    is(1, AG_CACHE_GONE);

    /* s that are too many for ms */

    control.max_age = UINT64_MAX / 1000 + 1;
    is(MINUTE - 1, AG_CACHE_FRESH);
    control.max_age = AG_CACHE_ANY - 1;
    is(MINUTE - 1, AG_CACHE_FRESH);
    control.max_age = UINT64_MAX / 1000;
    is(MINUTE - 1, AG_CACHE_FRESH);
}


static void
it_is_kept_as_long_as_it_may_serve(void **state)
{
    (void) state;

    assert_int_equal(ag_cache_lifetime(&rule), MINUTE);
    rule.stale_if_error = 5;
    assert_int_equal(ag_cache_lifetime(&rule), MINUTE + 5);
    rule.stale_while_revalidate = 7;
    assert_int_equal(ag_cache_lifetime(&rule), MINUTE + 7);
    rule.stale_if_error = UINT64_MAX;
    assert_true(ag_cache_lifetime(&rule) == UINT64_MAX);
}


/* Who brings a new class says here what an old answer is worth then. */
static void
every_failure_was_thought_about(void **state)
{
    size_t    i;
    unsigned  seen[AG_E_MAX];

    static const struct {
        ag_error_class_t  class;
        unsigned          excuses;
        unsigned          repeats;
    } classes[] = {
        { AG_E_NONE,                  0, 0 },

        /* its providers failed, or there was none left to ask */
        { AG_E_NETWORK,               1, 0 },
        { AG_E_TIMEOUT_CONNECT,       1, 0 },
        { AG_E_TIMEOUT_FIRST_TOKEN,   1, 0 },
        { AG_E_TIMEOUT_IDLE,          1, 0 },
        { AG_E_TIMEOUT_TOTAL,         1, 0 },
        { AG_E_RATE_LIMIT,            1, 0 },
        { AG_E_UNAVAILABLE,           1, 0 },
        { AG_E_PROVIDER_ERROR,        1, 0 },
        { AG_E_BAD_RESPONSE,          1, 0 },
        { AG_E_INVALID_OUTPUT,        1, 0 },
        { AG_E_CREDENTIALS,           1, 0 },
        { AG_E_CONFLICT,              1, 0 },
        { AG_E_NO_TARGET,             1, 0 },
        { AG_E_OVERLOADED,            1, 0 },

        /* the question itself was refused */
        { AG_E_CONTEXT_LENGTH,        0, 1 },
        { AG_E_CONTENT_POLICY,        0, 1 },
        { AG_E_NOT_FOUND,             0, 1 },
        { AG_E_INVALID_REQUEST,       0, 1 },
        { AG_E_UNSUPPORTED_PARAMETER, 0, 1 },
        { AG_E_UNKNOWN_MODEL,         0, 1 },
        { AG_E_UNSUPPORTED_ENDPOINT,  0, 1 },
        { AG_E_INVALID_JSON,          0, 1 },
        { AG_E_INVALID_VALUE,         0, 1 },
        { AG_E_MISSING_VALUE,         0, 1 },
        { AG_E_REQUEST_TOO_LARGE,     0, 1 },

        /* the operator's word */
        { AG_E_MAINTENANCE,           0, 0 },
        { AG_E_SESSION_STOPPED,       0, 0 },

        /* the caller's key, limits, session and address */
        { AG_E_INVALID_KEY,           0, 0 },
        { AG_E_MODEL_NOT_ALLOWED,     0, 0 },
        { AG_E_TENANT_REQUESTS,       0, 0 },
        { AG_E_TENANT_TOKENS,         0, 0 },
        { AG_E_EXCEEDS_LIMIT,         0, 0 },
        { AG_E_BUDGET,                0, 0 },
        { AG_E_NO_PRICE,              0, 0 },
        { AG_E_SESSION_CALLS,         0, 0 },
        { AG_E_SESSION_DEPTH,         0, 0 },
        { AG_E_SESSION_LOOP,          0, 0 },
        { AG_E_SESSION_EXPIRED,       0, 0 },
        { AG_E_SESSION_COST,          0, 0 },
        { AG_E_ADDRESS,               0, 0 },
        { AG_E_UNAUTHORIZED,          0, 0 },
        { AG_E_FORBIDDEN,             0, 0 },

        /* its HTTP request, and its connection */
        { AG_E_UNKNOWN_ROUTE,         0, 0 },
        { AG_E_BAD_REQUEST,           0, 0 },
        { AG_E_METHOD,                0, 0 },
        { AG_E_REQUEST_TIMEOUT,       0, 0 },
        { AG_E_URI_TOO_LONG,          0, 0 },
        { AG_E_MEDIA_TYPE,            0, 0 },
        { AG_E_CLIENT_GONE,           0, 0 },

        /* what it asked for: nothing but what is there and young enough */
        { AG_E_NOT_CACHED,            0, 0 },

        /* the gateway cannot count, or does not know who asks */
        { AG_E_CAPACITY,              0, 0 },
        { AG_E_STORE,                 0, 0 },
        { AG_E_INTERNAL,              0, 0 },
    };

    (void) state;

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        seen[classes[i].class]++;

        if (ag_cache_excuses(classes[i].class) != classes[i].excuses
            || ag_cache_repeats(classes[i].class) != classes[i].repeats)
        {
            fail_msg("%s", ag_error_row(classes[i].class)->name);
        }
    }

    for (i = 0; i < AG_E_MAX; i++) {
        if (seen[i] != 1) {
            fail_msg("%s is here %u times",
                     ag_error_row((ag_error_class_t) i)->name, seen[i]);
        }
    }

    assert_false(ag_cache_excuses(AG_E_MAX));
    assert_false(ag_cache_repeats((ag_error_class_t) 100000));
    assert_false(ag_cache_excuses((ag_error_class_t) -1));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(a_common_call_may_all, setup),
        cmocka_unit_test_setup(
            what_changes_at_the_provider_is_not_for_the_cache, setup),
        cmocka_unit_test_setup(temperatures_are_compared_to_the_last_digit,
                               setup),
        cmocka_unit_test_setup(temperatures_are_compared_in_any_form, setup),
        cmocka_unit_test_setup(long_numbers_are_compared, setup),
        cmocka_unit_test_setup(choices_are_whole_numbers_and_not_too_many,
                               setup),
        cmocka_unit_test_setup(the_client_has_its_say, setup),
        cmocka_unit_test_setup(without_a_time_to_live_it_is_off, setup),
        cmocka_unit_test_setup(an_answer_ages, setup),
        cmocka_unit_test_setup(a_client_wants_it_younger, setup),
        cmocka_unit_test_setup(it_is_kept_as_long_as_it_may_serve, setup),
        cmocka_unit_test(every_failure_was_thought_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
