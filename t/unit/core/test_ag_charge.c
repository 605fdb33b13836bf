/*
 * Copyright (C) ngx_agent authors
 *
 * What is reserved for a call, and what it owes.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_charge.h"


/* USD per million tokens: 1 in, 0.1 cached, 1.25 written, 4 out; so a token is
 * that many thousands of nano-USD. */
static const ag_price_t  price = { 1000000, 100000, 1250000, 4000000 };


static const ag_price_t  unknown = {
    AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN
};


static void
reserves(const ag_charge_request_t *request, ag_resource_t resource,
    uint64_t amount, uint64_t least)
{
    uint64_t  got, got_least;

    got = 77;
    got_least = 77;

    ag_charge_reserve(request, resource, &got, &got_least);

    assert_true(got == amount);
    assert_true(got_least == least);
}


static ag_charge_t
settled(const ag_charge_end_t *end)
{
    ag_charge_t  charge;

    memset(&charge, 0xff, sizeof(charge));
    ag_charge_settle(end, &charge);

    return charge;
}


static void
owes(const ag_charge_end_t *end, uint64_t input, uint64_t output,
    uint64_t cost)
{
    ag_charge_t  charge;

    charge = settled(end);

    assert_true(charge.input == input);
    assert_true(charge.output == output);
    assert_true(charge.cost == cost);
}


static void
what_is_asked_for_is_reserved_in_full(void **state)
{
    ag_charge_request_t  request = { 1000, 50, 4096, &price };

    (void) state;

    reserves(&request, AG_RESOURCE_REQUESTS, 1, 1);
    reserves(&request, AG_RESOURCE_CONCURRENCY, 1, 1);
    reserves(&request, AG_RESOURCE_TOKENS, 1050, 1050);
    reserves(&request, AG_RESOURCE_INPUT_TOKENS, 1000, 1000);
    reserves(&request, AG_RESOURCE_OUTPUT_TOKENS, 50, 50);
    reserves(&request, AG_RESOURCE_MONEY, 1200000, 1200000);
}


static void
what_is_assumed_may_be_less(void **state)
{
    ag_charge_request_t  request = { 1000, 0, 4096, &price };

    (void) state;

    reserves(&request, AG_RESOURCE_TOKENS, 5096, 1000);
    reserves(&request, AG_RESOURCE_INPUT_TOKENS, 1000, 1000);
    reserves(&request, AG_RESOURCE_OUTPUT_TOKENS, 4096, 0);
    reserves(&request, AG_RESOURCE_MONEY, 17384000, 1000000);
}


static void
without_a_price_no_money_is_reserved(void **state)
{
    ag_charge_request_t  request = { 1000, 50, 4096, NULL };

    (void) state;

    reserves(&request, AG_RESOURCE_MONEY, 0, 0);

    request.price = &unknown;
    reserves(&request, AG_RESOURCE_MONEY, 0, 0);
}


static void
what_was_reported_is_owed(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.known = 1;
    end.asked = 1;
    end.input = 1000;
    end.cached = 200;
    end.written = 300;
    end.output = 10;
    end.said = 999999;
    end.estimate = 5000;
    end.price = &price;

    /* 500 x 1 + 200 x 0.1 + 300 x 1.25 + 10 x 4 */

    owes(&end, 1000, 10, 935000);

    end.price = NULL;
    owes(&end, 1000, 10, 0);

    end.price = &unknown;
    owes(&end, 1000, 10, 0);
}


/* Anthropic reports a token of output before the first word. */
static void
a_torn_report_is_no_less_than_what_was_said(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.known = 1;
    end.asked = 1;
    end.torn = 1;
    end.input = 1000;
    end.output = 1;
    end.said = 400;
    end.price = &price;
    owes(&end, 1000, 100, 1400000);

    end.output = 101;
    owes(&end, 1000, 101, 1404000);

    end.torn = 0;
    end.output = 1;
    owes(&end, 1000, 1, 1004000);
}


static void
a_report_of_nothing_is_none(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.known = 1;
    end.asked = 1;
    end.estimate = 70;
    end.said = 400;
    end.price = &price;
    owes(&end, 70, 100, 470000);
}


static void
parts_are_no_more_than_their_whole(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.known = 1;
    end.price = &price;
    end.input = 1000;
    end.cached = 900;
    end.written = UINT64_MAX;
    owes(&end, 1000, 0, 215000);

    end.cached = UINT64_MAX;
    owes(&end, 1000, 0, 100000);
}


static void
what_cannot_be_true_is_cut(void **state)
{
    ag_charge_t      charge;
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.known = 1;
    end.input = AG_CHARGE_INPUT_MAX;
    end.output = AG_CHARGE_OUTPUT_MAX;

    charge = settled(&end);
    assert_int_equal(charge.clamped, 0);

    end.input++;
    charge = settled(&end);
    assert_int_equal(charge.clamped, 1);
    assert_int_equal(charge.input, AG_CHARGE_INPUT_MAX);

    end.input = 1000;
    end.most_input = 1000;
    end.output = 100 + AG_CHARGE_SLACK;
    end.most_output = 100;
    charge = settled(&end);
    assert_int_equal(charge.clamped, 0);

    end.output++;
    charge = settled(&end);
    assert_int_equal(charge.clamped, 1);
    assert_int_equal(charge.output, 100 + AG_CHARGE_SLACK);

    end.output = 1;
    end.input = 1001;
    charge = settled(&end);
    assert_int_equal(charge.clamped, 1);
    assert_int_equal(charge.input, 1000);
    assert_int_equal(charge.output, 1);
}


static void
without_a_report_what_came_is_counted(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.said = 401;
    end.ratio = 4000;
    end.estimate = 700;
    end.price = &price;

    owes(&end, 0, 0, 0);    /* nobody worked on it */

    end.asked = 1;
    owes(&end, 700, 101, 1104000);

    end.ratio = 0;
    owes(&end, 700, 101, 1104000);

    end.ratio = 2000;
    owes(&end, 700, 201, 1504000);

    end.said = 0;
    owes(&end, 700, 0, 700000);
}


static void
attempts_that_lost_are_owed_too(void **state)
{
    ag_charge_end_t  end;

    (void) state;

    memset(&end, 0, sizeof(end));
    end.extra_input = 500;
    end.extra_output = 20;
    end.price = &price;
    owes(&end, 500, 20, 580000);

    end.known = 1;
    end.input = 100;
    end.cached = 100;
    end.output = 1;
    end.most_input = 100;
    end.most_output = 1;
    owes(&end, 600, 21, 10000 + 500000 + 84000);
}


static void
each_resource_counts_its_part(void **state)
{
    ag_charge_t  charge;

    (void) state;

    memset(&charge, 0, sizeof(charge));
    charge.input = 30;
    charge.output = 4;
    charge.cost = 555;

    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_REQUESTS), 1);
    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_CONCURRENCY), 1);
    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_TOKENS), 34);
    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_INPUT_TOKENS), 30);
    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_OUTPUT_TOKENS), 4);
    assert_int_equal(ag_charge_of(&charge, AG_RESOURCE_MONEY), 555);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_asked_for_is_reserved_in_full),
        cmocka_unit_test(what_is_assumed_may_be_less),
        cmocka_unit_test(without_a_price_no_money_is_reserved),
        cmocka_unit_test(what_was_reported_is_owed),
        cmocka_unit_test(a_torn_report_is_no_less_than_what_was_said),
        cmocka_unit_test(a_report_of_nothing_is_none),
        cmocka_unit_test(parts_are_no_more_than_their_whole),
        cmocka_unit_test(what_cannot_be_true_is_cut),
        cmocka_unit_test(without_a_report_what_came_is_counted),
        cmocka_unit_test(attempts_that_lost_are_owed_too),
        cmocka_unit_test(each_resource_counts_its_part)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
