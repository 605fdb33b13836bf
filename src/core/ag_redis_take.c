/*
 * Copyright (C) ngx_agent authors
 *
 * TAKE: what it asks, and its reply.  A reply is believed only if this script
 * could have written it for these claims: what comes from a socket must not
 * admit a call that no limit has seen.
 */


#include "core/ag_redis_parts.h"


#define AG_REDIS_TAKE_HEAD   5      /* values of a reply before the claims */
#define AG_REDIS_TAKE_CLAIM  5      /* and of each claim */


/* The values in the order of the script. */
typedef struct {
    uint64_t  session;
    uint64_t  result;
    uint64_t  refused;
    uint64_t  wait;
    uint64_t  dry;
} ag_redis_take_head_t;


typedef struct {
    uint64_t  taken;
    uint64_t  mark;
    uint64_t  epoch;
    uint64_t  remaining;
    uint64_t  reset;
} ag_redis_take_claim_t;


static int ag_redis_take_clock(const ag_redis_value_t *values, size_t count,
    ag_redis_step_t *step);
static void ag_redis_take_put_session(ag_redis_command_t *command,
    const ag_redis_step_t *step);
static void ag_redis_take_put_claim(ag_redis_command_t *command,
    const ag_claim_t *claim);
static uint64_t ag_redis_take_max(const ag_claim_t *claim);
static uint64_t ag_redis_take_amount(const ag_claim_t *claim);
static uint64_t ag_redis_take_least(const ag_claim_t *claim);
static uint64_t ag_redis_take_number(uint64_t number);
static int ag_redis_take_head(const ag_redis_value_t *values, size_t count,
    const ag_redis_step_t *step, ag_redis_take_head_t *head);
static unsigned ag_redis_take_refused(const ag_redis_step_t *step,
    const ag_redis_take_head_t *head);
static void ag_redis_take_claim(const ag_redis_value_t *values,
    unsigned number, ag_redis_take_claim_t *got);
static unsigned ag_redis_take_fits(const ag_claim_t *claim,
    const ag_redis_take_head_t *head, const ag_redis_take_claim_t *got);


int
ag_redis_take_write(ag_redis_command_t *command, const ag_redis_step_t *step)
{
    unsigned  i, session;

    command->count = 0;

    if (step->count > AG_LIMITS_MAX) {
        return AG_LIMIT;
    }

    session = ag_redis_has_session(step);
    ag_redis_start(command, step->count + session);

    for (i = 0; i < step->count; i++) {
        ag_redis_put_claim_key(command, step, i);
    }

    if (session) {
        ag_redis_put_key(command, step->prefix, step->tenant,
                         AG_REDIS_KEY_SESSION, step->session_id);
    }

    ag_redis_put_hex(command, step->lease);
    ag_redis_add_hex(command, step->by);
    ag_redis_take_put_session(command, step);

    for (i = 0; i < step->count; i++) {
        ag_redis_take_put_claim(command, &step->claims[i]);
    }

    return ag_redis_finish(command);
}


int
ag_redis_take_read(const ag_redis_value_t *values, size_t count,
    ag_redis_step_t *step, ag_verdict_t *verdict)
{
    unsigned               i;
    ag_claim_t            *claim;
    ag_standing_t         *standing;
    ag_redis_take_head_t   head;
    ag_redis_take_claim_t  got;

    if (ag_redis_take_clock(values, count, step) != AG_OK) {
        return AG_INVALID;
    }

    count--;

    if (count == 0) {
        return AG_NONE;
    }

    if (ag_redis_take_head(values, count, step, &head) != AG_OK) {
        return AG_INVALID;
    }

    for (i = 0; i < step->count; i++) {
        ag_redis_take_claim(values, i, &got);

        if (!ag_redis_take_fits(&step->claims[i], &head, &got)) {
            return AG_INVALID;
        }
    }

    for (i = 0; i < step->count; i++) {
        ag_redis_take_claim(values, i, &got);

        claim = &step->claims[i];
        claim->taken = got.taken;
        claim->mark = got.mark;

        if (step->epochs != NULL) {
            step->epochs[i] = got.epoch;
        }

        if (step->standings != NULL) {
            standing = &step->standings[i];
            standing->limit = claim->max;
            standing->remaining = got.remaining;
            standing->reset = got.reset;
        }
    }

    step->session_verdict = (ag_session_verdict_t) head.session;

    verdict->result = (ag_limit_result_t) head.result;
    verdict->refused = (unsigned) head.refused;
    verdict->wait = head.wait;
    verdict->dry = (uint32_t) head.dry;

    return AG_OK;
}


/* It comes last, and alone if the script ran too late. */
static int
ag_redis_take_clock(const ag_redis_value_t *values, size_t count,
    ag_redis_step_t *step)
{
    const ag_redis_value_t  *last;

    if (count == 0) {
        return AG_INVALID;
    }

    last = &values[count - 1];

    if (last->kind != AG_REDIS_INTEGER || last->integer < 0
        || (uint64_t) last->integer > AG_REDIS_NUMBER_MAX)
    {
        return AG_INVALID;
    }

    step->clock = (uint64_t) last->integer;

    return AG_OK;
}


/* The fingerprint is 64 bits of a hash: bytes, not a number. */
static void
ag_redis_take_put_session(ag_redis_command_t *command,
    const ag_redis_step_t *step)
{
    uint64_t                   numbers[7];
    ag_char_t                  fingerprint[8];
    ag_session_call_t          call;
    ag_session_guard_t         guard;

    if (!ag_redis_has_session(step)) {
        ag_redis_put_text(command, ag_str("", 0));
        return;
    }

    memset(&guard, 0, sizeof(guard));
    memset(&call, 0, sizeof(call));

    if (step->guard != NULL) {
        guard = *step->guard;
    }

    if (step->session != NULL) {
        call = *step->session;
    }

    ag_redis_bytes(fingerprint, call.fingerprint, sizeof(fingerprint));

    numbers[0] = guard.calls;
    numbers[1] = guard.depth;
    numbers[2] = guard.repeats;
    numbers[3] = guard.lifetime;
    numbers[4] = guard.cost;
    numbers[5] = call.depth;
    numbers[6] = call.cost;

    ag_redis_put_numbers(command, ag_str(fingerprint, sizeof(fingerprint)),
                         numbers, 7);
}


static void
ag_redis_take_put_claim(ag_redis_command_t *command, const ag_claim_t *claim)
{
    uint64_t  numbers[6];

    numbers[0] = (uint64_t) ag_redis_kind(claim);
    numbers[1] = claim->limit->window;
    numbers[2] = ag_redis_take_max(claim);
    numbers[3] = ag_redis_take_amount(claim);
    numbers[4] = ag_redis_take_least(claim);
    numbers[5] = claim->limit->dry_run;

    ag_redis_put_numbers(command, ag_str("", 0), numbers, 6);
}


/* A log that is smaller than the limit is its own limit. */
static uint64_t
ag_redis_take_max(const ag_claim_t *claim)
{
    if (ag_redis_kind(claim) == AG_WINDOW_LOG
        && claim->max > AG_LIMIT_LOG_MAX)
    {
        return AG_LIMIT_LOG_MAX;
    }

    return ag_redis_take_number(claim->max);
}


static uint64_t
ag_redis_take_amount(const ag_claim_t *claim)
{
    if (ag_redis_kind(claim) == AG_WINDOW_LOG
        || ag_redis_kind(claim) == AG_WINDOW_COUNT)
    {
        return 1;
    }

    return ag_redis_take_number(claim->amount);
}


static uint64_t
ag_redis_take_least(const ag_claim_t *claim)
{
    if (ag_redis_kind(claim) == AG_WINDOW_LOG
        || ag_redis_kind(claim) == AG_WINDOW_COUNT)
    {
        return 1;
    }

    return ag_redis_take_number(claim->least);
}


static uint64_t
ag_redis_take_number(uint64_t number)
{
    return (number < AG_REDIS_NUMBER_MAX) ? number : AG_REDIS_NUMBER_MAX;
}


/* All values are numbers that a script can hold; what they say of all claims
 * goes together. */
static int
ag_redis_take_head(const ag_redis_value_t *values, size_t count,
    const ag_redis_step_t *step, ag_redis_take_head_t *head)
{
    size_t  i;

    if (step->count > AG_LIMITS_MAX
        || count != AG_REDIS_TAKE_HEAD + AG_REDIS_TAKE_CLAIM * step->count)
    {
        return AG_INVALID;
    }

    for (i = 0; i < count; i++) {
        if (values[i].kind != AG_REDIS_INTEGER
            || values[i].integer < 0
            || (uint64_t) values[i].integer > AG_REDIS_NUMBER_MAX)
        {
            return AG_INVALID;
        }
    }

    head->session = (uint64_t) values[0].integer;
    head->result = (uint64_t) values[1].integer;
    head->refused = (uint64_t) values[2].integer;
    head->wait = (uint64_t) values[3].integer;
    head->dry = (uint64_t) values[4].integer;

    if (head->session > AG_SESSION_COST
        || (head->session != AG_SESSION_GOES_ON
            && (!ag_redis_has_session(step)
                || head->result == AG_LIMIT_TAKEN))
        || head->result > AG_LIMIT_NEVER
        || head->dry >> step->count != 0)
    {
        return AG_INVALID;
    }

    for (i = 0; i < step->count; i++) {
        if ((head->dry & UINT64_C(1) << i)
            && !step->claims[i].limit->dry_run)
        {
            return AG_INVALID;
        }
    }

    return ag_redis_take_refused(step, head) ? AG_OK : AG_INVALID;
}


/* Is it a claim that can refuse?  A session refuses in no claim's name. */
static unsigned
ag_redis_take_refused(const ag_redis_step_t *step,
    const ag_redis_take_head_t *head)
{
    if (head->result == AG_LIMIT_TAKEN) {
        return head->refused == 0 && head->wait == 0;
    }

    if (head->result == AG_LIMIT_NEVER && head->wait != 0) {
        return 0;
    }

    if (head->session != AG_SESSION_GOES_ON && head->refused == 0) {
        return 1;
    }

    return head->refused < step->count
           && !step->claims[head->refused].limit->dry_run;
}


static void
ag_redis_take_claim(const ag_redis_value_t *values, unsigned number,
    ag_redis_take_claim_t *got)
{
    values += AG_REDIS_TAKE_HEAD + AG_REDIS_TAKE_CLAIM * number;

    got->taken = (uint64_t) values[0].integer;
    got->mark = (uint64_t) values[1].integer;
    got->epoch = (uint64_t) values[2].integer;
    got->remaining = (uint64_t) values[3].integer;
    got->reset = (uint64_t) values[4].integer;
}


/*
 * Did it get what it must get?  Only a limit that refuses nothing counts more
 * than it allows, and stops where numbers end.
 */
static unsigned
ag_redis_take_fits(const ag_claim_t *claim, const ag_redis_take_head_t *head,
    const ag_redis_take_claim_t *got)
{
    uint64_t  max, amount;

    max = ag_redis_take_max(claim);
    amount = ag_redis_take_amount(claim);

    if (got->remaining > max) {
        return 0;
    }

    if (head->result != AG_LIMIT_TAKEN) {
        return got->taken == 0 && got->mark == 0;
    }

    if (ag_redis_kind(claim) != AG_WINDOW_COUNT && got->epoch == 0) {
        return 0;
    }

    if (amount > max && ag_redis_take_least(claim) <= max) {
        amount = max;
    }

    if (claim->limit->dry_run) {
        return got->taken <= amount;
    }

    return amount <= max && got->taken == amount;
}
