/*
 * Copyright (C) ngx_agent authors
 *
 * What is said after a call was admitted: SETTLE, RENEW and STOP.  Nobody
 * reads their replies.
 */


#include "core/ag_redis_parts.h"


static unsigned ag_redis_settle_matters(const ag_claim_t *claim);
static void ag_redis_settle_put_claim(ag_redis_command_t *command,
    const ag_redis_step_t *step, unsigned number);


int
ag_redis_settle_write(ag_redis_command_t *command,
    const ag_redis_step_t *step, uint64_t session_reserved,
    uint64_t session_cost)
{
    unsigned  i, keys, session;
    uint64_t  numbers[2];

    command->count = 0;

    if (step->count > AG_LIMITS_MAX) {
        return AG_LIMIT;
    }

    session = ag_redis_has_session(step) && session_reserved != session_cost;
    keys = session;

    for (i = 0; i < step->count; i++) {
        keys += ag_redis_settle_matters(&step->claims[i]);
    }

    ag_redis_start(command, keys);

    for (i = 0; i < step->count; i++) {
        if (ag_redis_settle_matters(&step->claims[i])) {
            ag_redis_put_claim_key(command, step, i);
        }
    }

    if (session) {
        ag_redis_put_key(command, step->prefix, step->tenant,
                         AG_REDIS_KEY_SESSION, step->session_id);
    }

    numbers[0] = session_reserved;
    numbers[1] = session_cost;

    ag_redis_put_hex(command, step->lease);
    ag_redis_put_numbers(command, ag_str("", 0), numbers, session ? 2 : 0);

    for (i = 0; i < step->count; i++) {
        if (ag_redis_settle_matters(&step->claims[i])) {
            ag_redis_settle_put_claim(command, step, i);
        }
    }

    if (ag_redis_finish(command) != AG_OK) {
        return AG_LIMIT;
    }

    return (keys > 0) ? AG_OK : AG_NONE;
}


int
ag_redis_renew_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, uint64_t (*ids)[2], const uint64_t *leases,
    unsigned count)
{
    unsigned  i;

    command->count = 0;

    if (count > AG_REDIS_RENEW_MAX) {
        return AG_LIMIT;
    }

    ag_redis_start(command, count);

    for (i = 0; i < count; i++) {
        ag_redis_put_key(command, prefix, tenant, AG_REDIS_KEY_LEASES,
                         ids[i]);
    }

    for (i = 0; i < count; i++) {
        ag_redis_put_hex(command, leases[i]);
    }

    return ag_redis_finish(command);
}


int
ag_redis_stop_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t session_id[2])
{
    ag_redis_start(command, 1);
    ag_redis_put_key(command, prefix, tenant, AG_REDIS_KEY_SESSION,
                     session_id);

    return ag_redis_finish(command);
}


/* A log keeps its admissions; an estimate may have been right. */
static unsigned
ag_redis_settle_matters(const ag_claim_t *claim)
{
    switch (ag_redis_kind(claim)) {

    case AG_WINDOW_LOG:
        return 0;

    case AG_WINDOW_COUNT:
        return 1;

    default:
        return claim->used != claim->taken;
    }
}


static void
ag_redis_settle_put_claim(ag_redis_command_t *command,
    const ag_redis_step_t *step, unsigned number)
{
    uint64_t           numbers[6];
    const ag_claim_t  *claim;

    claim = &step->claims[number];

    numbers[0] = (uint64_t) ag_redis_kind(claim);
    numbers[1] = claim->limit->window;
    numbers[2] = claim->taken;
    numbers[3] = claim->used;
    numbers[4] = claim->mark;
    numbers[5] = (step->epochs != NULL) ? step->epochs[number] : 0;

    ag_redis_put_numbers(command, ag_str("", 0), numbers, 6);
}
