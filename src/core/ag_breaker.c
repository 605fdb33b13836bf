/*
 * Copyright (C) ngx_agent authors
 *
 * When a target is left alone, and how it comes back.
 *
 * What is stored is not trusted: a worker may die in the middle of a change,
 * and two of them never read the same clock.  A state that does not exist is
 * closed, and a time too far ahead is none: the worst is then a call that
 * should have waited, never a target that nobody asks again.
 *
 * Refuses to open on a success, even if it completes the volume that a ratio
 * needs: a target that answers is no reason to leave it.
 */


#include "core/ag_breaker.h"


/* ms that another process's clock may be ahead: nginx reads it once a turn */
#define AG_BREAKER_SKEW_MS    10000

#define AG_BREAKER_RAMP_FROM  10        /* percent */


typedef struct {
    uint64_t  failed;
    uint64_t  succeeded;
} ag_breaker_sums_t;


static ag_breaker_state_t ag_breaker_known(const ag_breaker_t *breaker);
static void ag_breaker_enter(ag_breaker_t *breaker, ag_breaker_state_t state,
    uint64_t now_ms);
static uint64_t ag_breaker_passed(uint64_t since_ms, uint64_t now_ms);
static uint64_t ag_breaker_left(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms);

static uint32_t ag_breaker_probes(const ag_breaker_conf_t *conf);
static uint32_t ag_breaker_out(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms, uint32_t *place);
static unsigned ag_breaker_leased(const ag_breaker_probe_t *probe,
    const ag_breaker_conf_t *conf, uint64_t now_ms);
static ag_breaker_change_t ag_breaker_probed(ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms, uint32_t place,
    ag_breaker_outcome_t outcome);

static ag_breaker_change_t ag_breaker_count(ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms,
    ag_breaker_outcome_t outcome);
static uint64_t ag_breaker_period(const ag_breaker_t *breaker,
    const ag_breaker_conf_t *conf, uint64_t now_ms);
static void ag_breaker_add(ag_breaker_t *breaker, uint64_t period,
    ag_breaker_outcome_t outcome);
static ag_breaker_sums_t ag_breaker_sum(const ag_breaker_t *breaker,
    uint64_t period);
static unsigned ag_breaker_too_many(ag_breaker_sums_t sums,
    const ag_breaker_conf_t *conf);


unsigned
ag_breaker_ready(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms)
{
    uint32_t  place;

    switch (ag_breaker_known(breaker)) {

    case AG_BREAKER_OPEN:
        return ag_breaker_left(breaker, conf, now_ms) == 0;

    case AG_BREAKER_HALF_OPEN:
        return ag_breaker_out(breaker, conf, now_ms, &place)
               < ag_breaker_probes(conf);

    default:
        return 1;
    }
}


unsigned
ag_breaker_quiet(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf)
{
    /* a state that does not exist is not quiet, so that it gets mended */

    return conf->ratio == 0
           && breaker->state == AG_BREAKER_CLOSED
           && !breaker->failing;
}


int
ag_breaker_ask(ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, uint64_t owner, unsigned force,
    ag_breaker_ticket_t *ticket, ag_breaker_change_t *change)
{
    uint32_t             place;
    ag_breaker_state_t   state;
    ag_breaker_probe_t  *probe;

    *change = AG_BREAKER_STAYS;
    state = ag_breaker_known(breaker);

    if (state == AG_BREAKER_CLOSED) {
        breaker->state = AG_BREAKER_CLOSED;     /* it may have been unknown */
        ticket->generation = breaker->generation;
        ticket->probe = 0;

        return AG_OK;
    }

    if (state == AG_BREAKER_OPEN) {

        if (!force && ag_breaker_left(breaker, conf, now_ms) > 0) {
            return AG_AGAIN;
        }

        ag_breaker_enter(breaker, AG_BREAKER_HALF_OPEN, now_ms);
        *change = AG_BREAKER_PROBING;
    }

    /* who had to force may not be one of a crowd */

    if (ag_breaker_out(breaker, conf, now_ms, &place)
        >= (force ? 1 : ag_breaker_probes(conf)))
    {
        return AG_AGAIN;
    }

    probe = &breaker->probes[place];
    probe->owner = owner;
    probe->until_ms = (conf->lease_ms < UINT64_MAX - now_ms)
                      ? now_ms + conf->lease_ms : UINT64_MAX;

    ticket->generation = breaker->generation;
    ticket->probe = place + 1;

    return AG_OK;
}


ag_breaker_change_t
ag_breaker_report(ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, const ag_breaker_ticket_t *ticket,
    ag_breaker_outcome_t outcome)
{
    if (ticket->generation != breaker->generation) {
        return AG_BREAKER_STAYS;
    }

    switch (ag_breaker_known(breaker)) {

    case AG_BREAKER_CLOSED:
        return ag_breaker_count(breaker, conf, now_ms, outcome);

    case AG_BREAKER_HALF_OPEN:
        return ag_breaker_probed(breaker, conf, now_ms, ticket->probe,
                                 outcome);

    default:                /* it opened while a quiet one was not asked */
        return AG_BREAKER_STAYS;
    }
}


ag_breaker_change_t
ag_breaker_follow(ag_breaker_t *breaker, uint64_t now_ms)
{
    if (ag_breaker_known(breaker) != AG_BREAKER_CLOSED) {
        return AG_BREAKER_STAYS;
    }

    ag_breaker_enter(breaker, AG_BREAKER_OPEN, now_ms);

    return AG_BREAKER_OPENED;
}


void
ag_breaker_reclaim(ag_breaker_t *breaker, uint64_t owner)
{
    uint32_t  i;

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {

        if (breaker->probes[i].owner == owner) {
            breaker->probes[i].owner = 0;
        }
    }
}


unsigned
ag_breaker_ramp(const ag_breaker_t *breaker, uint64_t now_ms)
{
    uint64_t  from, passed;

    from = breaker->ramp_from_ms;

    if (from == 0) {
        return 100;
    }

    passed = ag_breaker_passed(from, now_ms);

    if (passed >= AG_BREAKER_RAMP_MS) {
        return 100;
    }

    return (unsigned) (AG_BREAKER_RAMP_FROM + (100 - AG_BREAKER_RAMP_FROM)
                                              * passed / AG_BREAKER_RAMP_MS);
}


uint64_t
ag_breaker_wait(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms)
{
    if (ag_breaker_known(breaker) != AG_BREAKER_OPEN) {
        return 0;
    }

    return ag_breaker_left(breaker, conf, now_ms);
}


/* Reads once: without the lock a second look may see another state. */
static ag_breaker_state_t
ag_breaker_known(const ag_breaker_t *breaker)
{
    uint32_t  state;

    state = *(const volatile uint32_t *) &breaker->state;

    if (state == AG_BREAKER_OPEN || state == AG_BREAKER_HALF_OPEN) {
        return (ag_breaker_state_t) state;
    }

    return AG_BREAKER_CLOSED;
}


/* The one place where the state changes; nothing is taken along. */
static void
ag_breaker_enter(ag_breaker_t *breaker, ag_breaker_state_t state,
    uint64_t now_ms)
{
    breaker->generation++;
    breaker->succeeded = 0;
    breaker->failing = 0;
    breaker->since_ms = now_ms;
    breaker->ramp_from_ms = 0;

    memset(breaker->buckets, 0, sizeof(breaker->buckets));
    memset(breaker->probes, 0, sizeof(breaker->probes));

    breaker->state = (uint32_t) state;
}


static uint64_t
ag_breaker_passed(uint64_t since_ms, uint64_t now_ms)
{
    if (since_ms <= now_ms) {
        return now_ms - since_ms;
    }

    return (since_ms - now_ms <= AG_BREAKER_SKEW_MS) ? 0 : UINT64_MAX;
}


/* Of the time that it is open. */
static uint64_t
ag_breaker_left(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms)
{
    uint64_t  passed;

    passed = ag_breaker_passed(breaker->since_ms, now_ms);

    return (passed < conf->open_ms) ? conf->open_ms - passed : 0;
}


static uint32_t
ag_breaker_probes(const ag_breaker_conf_t *conf)
{
    if (conf->probes == 0) {
        return 1;
    }

    return (conf->probes < AG_BREAKER_PROBES_MAX) ? conf->probes
                                                  : AG_BREAKER_PROBES_MAX;
}


/*
 * How many probes are out; if not all, *place is where the next one goes.  A
 * place whose lease has run out is the last choice: its owner may just be
 * slow, and would report somebody else's probe.
 */
static uint32_t
ag_breaker_out(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, uint32_t *place)
{
    uint32_t                   i, out;
    const ag_breaker_probe_t  *probe, *best;

    out = 0;
    best = NULL;
    *place = 0;

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
        probe = &breaker->probes[i];

        if (ag_breaker_leased(probe, conf, now_ms)) {
            out++;
            continue;
        }

        if (best == NULL || (best->owner != 0 && probe->owner == 0)) {
            best = probe;
            *place = i;
        }
    }

    return out;
}


/*
 * A lease that would end later than one that starts now was not given by
 * this configuration: it is over, too.
 */
static unsigned
ag_breaker_leased(const ag_breaker_probe_t *probe,
    const ag_breaker_conf_t *conf, uint64_t now_ms)
{
    uint64_t  left;

    if (probe->owner == 0 || probe->until_ms <= now_ms) {
        return 0;
    }

    left = probe->until_ms - now_ms;

    return left <= conf->lease_ms || left - conf->lease_ms
                                     <= AG_BREAKER_SKEW_MS;
}


static ag_breaker_change_t
ag_breaker_probed(ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, uint32_t place, ag_breaker_outcome_t outcome)
{
    if (place == 0 || place > AG_BREAKER_PROBES_MAX
        || breaker->probes[place - 1].owner == 0)
    {
        return AG_BREAKER_STAYS;
    }

    breaker->probes[place - 1].owner = 0;

    if (outcome == AG_BREAKER_FAILURE) {
        ag_breaker_enter(breaker, AG_BREAKER_OPEN, now_ms);
        return AG_BREAKER_REOPENED;
    }

    if (outcome != AG_BREAKER_SUCCESS
        || ++breaker->succeeded < conf->successes)
    {
        return AG_BREAKER_STAYS;
    }

    ag_breaker_enter(breaker, AG_BREAKER_CLOSED, now_ms);
    breaker->ramp_from_ms = (now_ms > 0) ? now_ms : 1;

    return AG_BREAKER_RECOVERED;
}


/*
 * Takes in an outcome while closed.  Without a ratio a success is not counted
 * but may be the first to find that the failures have left the window.
 */
static ag_breaker_change_t
ag_breaker_count(ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms, ag_breaker_outcome_t outcome)
{
    uint64_t           period;
    ag_breaker_sums_t  sums;

    if (outcome != AG_BREAKER_FAILURE && outcome != AG_BREAKER_SUCCESS) {
        return AG_BREAKER_STAYS;
    }

    period = ag_breaker_period(breaker, conf, now_ms);

    if (outcome == AG_BREAKER_FAILURE || conf->ratio > 0) {
        ag_breaker_add(breaker, period, outcome);
    }

    sums = ag_breaker_sum(breaker, period);
    breaker->failing = (sums.failed > 0);

    if (outcome == AG_BREAKER_SUCCESS || !ag_breaker_too_many(sums, conf)) {
        return AG_BREAKER_STAYS;
    }

    ag_breaker_enter(breaker, AG_BREAKER_OPEN, now_ms);

    return AG_BREAKER_OPENED;
}


/*
 * The period of this moment.  It never goes back: who is behind counts where
 * the others are, or he would empty a bucket that is newer than his.
 */
static uint64_t
ag_breaker_period(const ag_breaker_t *breaker, const ag_breaker_conf_t *conf,
    uint64_t now_ms)
{
    size_t    i;
    uint64_t  length, period, last, other;

    length = conf->window_ms / AG_BREAKER_BUCKETS;

    if (length == 0) {
        length = 1;
    }

    period = now_ms / length;
    last = (now_ms + AG_BREAKER_SKEW_MS) / length;

    for (i = 0; i < AG_BREAKER_BUCKETS; i++) {
        other = breaker->buckets[i].period;

        if (other > period && other <= last) {
            period = other;
        }
    }

    return period;
}


static void
ag_breaker_add(ag_breaker_t *breaker, uint64_t period,
    ag_breaker_outcome_t outcome)
{
    ag_breaker_bucket_t  *bucket;

    bucket = &breaker->buckets[period % AG_BREAKER_BUCKETS];

    if (bucket->period != period) {
        bucket->period = period;
        bucket->failed = 0;
        bucket->succeeded = 0;
    }

    if (outcome == AG_BREAKER_FAILURE) {
        bucket->failed++;

    } else {
        bucket->succeeded++;
    }
}


/* Of the last AG_BREAKER_BUCKETS periods: 0.9 to 1 window. */
static ag_breaker_sums_t
ag_breaker_sum(const ag_breaker_t *breaker, uint64_t period)
{
    size_t                      i;
    ag_breaker_sums_t           sums;
    const ag_breaker_bucket_t  *bucket;

    sums.failed = 0;
    sums.succeeded = 0;

    for (i = 0; i < AG_BREAKER_BUCKETS; i++) {
        bucket = &breaker->buckets[i];

        /* a period ahead is huge here: it is of another window's length */

        if (period - bucket->period < AG_BREAKER_BUCKETS) {
            sums.failed += bucket->failed;
            sums.succeeded += bucket->succeeded;
        }
    }

    return sums;
}


static unsigned
ag_breaker_too_many(ag_breaker_sums_t sums, const ag_breaker_conf_t *conf)
{
    uint64_t  calls;

    if (conf->ratio == 0) {
        return sums.failed >= conf->failures;
    }

    calls = sums.failed + sums.succeeded;

    return calls >= conf->volume && sums.failed * 100 >= calls * conf->ratio;
}
