/*
 * Copyright (C) ngx_agent authors
 *
 * Replies of nobody knows whom to TAKE, and errors: never a crash, never more
 * taken than a limit allows, never a call admitted that a session refuses;
 * what is not believed changes nothing.
 *
 * The first bytes say what is asked; each value is a byte for its kind and
 * one for its form, and then its number.
 */


#include <assert.h>
#include <stdlib.h>

#include "core/ag_redis.h"


#define FUZZ_CLAIMS  4


typedef struct {
    const uint8_t  *data;
    size_t          size;
} fuzz_input_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static uint64_t fuzz_number(fuzz_input_t *in, size_t size);
static void fuzz_ask(fuzz_input_t *in, ag_redis_step_t *step);
static size_t fuzz_values(fuzz_input_t *in, ag_redis_value_t *values);
static void fuzz_check(const ag_redis_step_t *step,
    const ag_verdict_t *verdict);


static uint64_t       ids[FUZZ_CLAIMS][2], epochs[FUZZ_CLAIMS];
static ag_limit_t     limits[FUZZ_CLAIMS];
static ag_claim_t     claims[FUZZ_CLAIMS];
static ag_standing_t  standings[FUZZ_CLAIMS];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  rc;
    size_t               count;
    ag_claim_t           before[FUZZ_CLAIMS];
    ag_verdict_t         verdict;
    fuzz_input_t         in = { data, size };
    ag_redis_step_t      step;
    ag_redis_value_t     values[AG_REDIS_VALUES_MAX], *exact;
    ag_redis_command_t  *command;

    (void) ag_redis_classify(ag_str(data, size));

    fuzz_ask(&in, &step);

    command = malloc(sizeof(*command));
    assert(command != NULL);
    assert(ag_redis_take_write(command, &step) == AG_OK);
    assert(command->count == 3 + 2 * step.count
           + (step.session_id[0] != 0));
    rc = ag_redis_settle_write(command, &step, 1, 2);
    assert(rc == AG_OK || rc == AG_NONE);
    free(command);

    count = fuzz_values(&in, values);
    exact = malloc(count * sizeof(*exact) + 1);
    assert(exact != NULL);
    memcpy(exact, values, count * sizeof(*exact));
    memcpy(before, claims, sizeof(claims));

    rc = ag_redis_take_read(exact, count, &step, &verdict);
    free(exact);

    if (rc == AG_OK) {
        fuzz_check(&step, &verdict);

    } else {
        assert(rc == AG_INVALID || (rc == AG_NONE && count == 1));
        assert(memcmp(before, claims, sizeof(claims)) == 0);
    }

    return 0;
}


static uint64_t
fuzz_number(fuzz_input_t *in, size_t size)
{
    uint64_t  number;

    number = 0;

    while (size-- > 0 && in->size > 0) {
        number = number << 8 | *in->data++;
        in->size--;
    }

    return number;
}


static void
fuzz_ask(fuzz_input_t *in, ag_redis_step_t *step)
{
    unsigned  i;
    uint64_t  form;

    memset(step, 0, sizeof(*step));
    form = fuzz_number(in, 1);
    step->count = form % (FUZZ_CLAIMS + 1);
    step->session_id[0] = form / 8 % 2;
    step->claims = claims;
    step->ids = ids;
    step->epochs = (form & 16) ? epochs : NULL;
    step->standings = (form & 32) ? standings : NULL;
    step->prefix = ag_str("ag", 2);

    memset(claims, 0, sizeof(claims));

    for (i = 0; i < FUZZ_CLAIMS; i++) {
        form = fuzz_number(in, 1);
        limits[i].kind = (ag_window_kind_t) (form % 5);
        limits[i].dry_run = form >> 7;
        claims[i].limit = &limits[i];
        claims[i].max = fuzz_number(in, (form & 32) ? 8 : 1);
        claims[i].amount = fuzz_number(in, (form & 64) ? 8 : 1);
        claims[i].least = fuzz_number(in, 1);
    }
}


static size_t
fuzz_values(fuzz_input_t *in, ag_redis_value_t *values)
{
    size_t    count;
    uint64_t  form;

    for (count = 0; count < AG_REDIS_VALUES_MAX && in->size > 0; count++) {
        form = fuzz_number(in, 1);
        memset(&values[count], 0, sizeof(values[count]));
        values[count].kind = (form & 15) ? AG_REDIS_INTEGER
                                         : (ag_redis_kind_t) (form / 16 % 5);
        values[count].integer = (int64_t) fuzz_number(in, (form & 64) ? 8
                                                                      : 1);
    }

    return count;
}


static void
fuzz_check(const ag_redis_step_t *step, const ag_verdict_t *verdict)
{
    unsigned           i;
    const ag_claim_t  *claim;

    assert(verdict->result <= AG_LIMIT_NEVER);
    assert(verdict->refused < step->count || verdict->refused == 0);
    assert(verdict->dry >> step->count == 0);
    assert(step->session_verdict <= AG_SESSION_COST);
    assert(step->session_verdict == AG_SESSION_GOES_ON
           || (step->session_id[0] != 0
               && verdict->result != AG_LIMIT_TAKEN));

    for (i = 0; i < step->count; i++) {
        claim = &step->claims[i];

        if (verdict->result != AG_LIMIT_TAKEN) {
            assert(claim->taken == 0);

        } else if (!claim->limit->dry_run) {
            assert(claim->taken <= claim->max);
            assert(claim->taken <= claim->amount
                   || claim->limit->kind == AG_WINDOW_LOG
                   || claim->limit->kind == AG_WINDOW_COUNT);
        }

        if (step->standings != NULL) {
            assert(step->standings[i].remaining <= claim->max);
        }
    }
}
