/*
 * Copyright (C) ngx_agent authors
 *
 * Which of several equals gets the next call.
 *
 * Every way begins with the same weights: the configured ones times the slow
 * start, and none for who is not in the set.  No way keeps anything from one
 * choice to the next, so workers need not agree on more than a number.
 */


#include "core/ag_balance.h"


/* the sum of the weights, so that a product of two of them fits 64 bits */
#define AG_BALANCE_TOTAL_MAX      (UINT64_C(1) << 31)

/* bits behind the point of a logarithm */
#define AG_BALANCE_LOG_BITS       24

#define AG_BALANCE_FNV_BASIS      UINT64_C(0xcbf29ce484222325)
#define AG_BALANCE_FNV_PRIME      UINT64_C(0x100000001b3)

/* of MurmurHash3's finisher */
#define AG_BALANCE_MIX_FIRST      UINT64_C(0xff51afd7ed558ccd)
#define AG_BALANCE_MIX_SECOND     UINT64_C(0xc4ceb9fe1a85ec53)


static uint64_t ag_balance_weigh(const ag_balance_member_t *members,
    size_t count, uint32_t set, uint64_t *weights);
static size_t ag_balance_pick(const uint64_t *weights, size_t count,
    uint64_t at);
static size_t ag_balance_turn(const uint64_t *weights, size_t count,
    uint64_t total, uint64_t turn);
static size_t ag_balance_sort(const uint64_t *weights, size_t count,
    uint8_t *order);
static uint64_t ag_balance_keep_idle(const ag_balance_member_t *members,
    size_t count, uint64_t *weights);
static size_t ag_balance_better(const ag_balance_member_t *members,
    size_t count, uint64_t *weights, uint64_t total, uint64_t random);
static size_t ag_balance_nearest(const ag_balance_member_t *members,
    size_t count, const uint64_t *weights, uint64_t key);
static uint64_t ag_balance_distance(uint64_t hash);
static uint64_t ag_balance_mix(uint64_t n);


size_t
ag_balance_choose(ag_balance_t how, const ag_balance_member_t *members,
    size_t count, uint32_t set, uint64_t turn, uint64_t key, uint64_t random)
{
    uint64_t  total, weights[AG_BALANCE_MAX];

    if (count > AG_BALANCE_MAX) {
        count = AG_BALANCE_MAX;
    }

    total = ag_balance_weigh(members, count, set, weights);

    if (total == 0) {
        return 0;
    }

    switch (how) {

    case AG_BALANCE_ROUND_ROBIN:
        return ag_balance_turn(weights, count, total, turn);

    case AG_BALANCE_LEAST_BUSY:

        /* the idle ones are many at night: by weight, not the first */

        total = ag_balance_keep_idle(members, count, weights);
        break;

    case AG_BALANCE_LEAST_LATENCY:
        return ag_balance_better(members, count, weights, total, random);

    case AG_BALANCE_HASH:
        return ag_balance_nearest(members, count, weights, key);

    default:
        break;
    }

    return ag_balance_pick(weights, count, random % total);
}


uint32_t
ag_balance_latency(uint32_t average_us, uint64_t value_us)
{
    uint64_t  average;

    if (value_us > UINT32_MAX) {
        value_us = UINT32_MAX;
    }

    average = (average_us == 0)
              ? value_us
              : ((uint64_t) average_us * 7 + value_us + 4) / 8;

    return (average > 0) ? (uint32_t) average : 1;
}


uint64_t
ag_balance_hash(ag_str_t text)
{
    size_t    i;
    uint64_t  hash;

    hash = AG_BALANCE_FNV_BASIS;

    for (i = 0; i < text.len; i++) {
        hash = (hash ^ text.data[i]) * AG_BALANCE_FNV_PRIME;
    }

    return ag_balance_mix(hash);
}


/*
 * The weights of the moment, 0 for who is not in the set, and their sum.
 * Weights so large that their products would not fit lose low bits.
 */
static uint64_t
ag_balance_weigh(const ag_balance_member_t *members, size_t count,
    uint32_t set, uint64_t *weights)
{
    size_t    i;
    unsigned  shift;
    uint64_t  total, weight, ramp;

    total = 0;

    for (i = 0; i < count; i++) {
        weights[i] = 0;

        if (set & (UINT32_C(1) << i)) {
            weight = (members[i].weight > 0) ? members[i].weight : 1;
            ramp = (members[i].ramp > 0) ? members[i].ramp : 1;
            weights[i] = weight * ((ramp < 100) ? ramp : 100);
        }

        total += weights[i];
    }

    if (total <= AG_BALANCE_TOTAL_MAX) {
        return total;
    }

    for (shift = 1; (total >> shift) > AG_BALANCE_TOTAL_MAX; shift++) {
        /* void */
    }

    total = 0;

    for (i = 0; i < count; i++) {
        weight = weights[i] >> shift;
        weights[i] = (weights[i] > 0 && weight == 0) ? 1 : weight;
        total += weights[i];
    }

    return total;
}


/* Whose part of the total "at" falls into. */
static size_t
ag_balance_pick(const uint64_t *weights, size_t count, uint64_t at)
{
    size_t  i;

    for (i = 0; i + 1 < count && at >= weights[i]; i++) {
        at -= weights[i];
    }

    return i;
}


/*
 * The heaviest takes its turns evenly spread (a line drawn by Bresenham: at
 * turn t if t * weight mod total < weight, so ceil(t * weight / total) of
 * them came before); what is left is the turns of the others, and the same
 * again.  The light ones fall into the gaps, which is why they come last.
 */
static size_t
ag_balance_turn(const uint64_t *weights, size_t count, uint64_t total,
    uint64_t turn)
{
    size_t    i, n;
    uint8_t   order[AG_BALANCE_MAX];
    uint64_t  weight, product;

    n = ag_balance_sort(weights, count, order);
    turn %= total;

    for (i = 0; i + 1 < n; i++) {
        weight = weights[order[i]];
        product = turn * weight;

        if (product % total < weight) {
            break;
        }

        turn -= product / total + 1;
        total -= weight;
    }

    return order[i];
}


/*
 * Numbers of the members that have weight, heaviest first; returns how many.
 * By insertion: they are few and mostly of one weight.
 */
static size_t
ag_balance_sort(const uint64_t *weights, size_t count, uint8_t *order)
{
    size_t  i, at, n;

    n = 0;

    for (i = 0; i < count; i++) {

        if (weights[i] == 0) {
            continue;
        }

        for (at = n++; at > 0 && weights[order[at - 1]] < weights[i]; at--) {
            order[at] = order[at - 1];
        }

        order[at] = (uint8_t) i;
    }

    return n;
}


/* Takes the weight from all but the least busy; returns what is left. */
static uint64_t
ag_balance_keep_idle(const ag_balance_member_t *members, size_t count,
    uint64_t *weights)
{
    size_t    i, best;
    uint64_t  total, busy, weight;

    for (best = 0; weights[best] == 0; best++) {
        /* void */
    }

    for (i = best + 1; i < count; i++) {

        /* never true for who has no weight */

        if (members[i].busy * weights[best]
            < members[best].busy * weights[i])
        {
            best = i;
        }
    }

    busy = members[best].busy;
    weight = weights[best];
    total = 0;

    for (i = 0; i < count; i++) {

        if (members[i].busy * weight != busy * weights[i]) {
            weights[i] = 0;
        }

        total += weights[i];
    }

    return total;
}


/* The better of two that are drawn by weight. */
static size_t
ag_balance_better(const ag_balance_member_t *members, size_t count,
    uint64_t *weights, uint64_t total, uint64_t random)
{
    size_t                      first, second;
    uint64_t                    a_us, b_us;
    const ag_balance_member_t  *a, *b;

    first = ag_balance_pick(weights, count, random % total);
    random /= total;
    total -= weights[first];
    weights[first] = 0;

    if (total == 0) {
        return first;
    }

    second = ag_balance_pick(weights, count, random % total);

    a = &members[first];
    b = &members[second];

    /* as if calls stood in a line there */

    a_us = a->latency_us * ((uint64_t) a->busy + 1);
    b_us = b->latency_us * ((uint64_t) b->busy + 1);

    if (a_us == b_us) {
        return (b->busy < a->busy) ? second : first;
    }

    return (b_us < a_us) ? second : first;
}


/*
 * Each member draws a number for the key; the largest wins, and with weights
 * the largest number^(1/weight), which is the smallest -log(number) / weight.
 */
static size_t
ag_balance_nearest(const ag_balance_member_t *members, size_t count,
    const uint64_t *weights, uint64_t key)
{
    size_t    i, best;
    uint64_t  number, distance, least;

    best = 0;
    least = 0;

    for (i = 0; i < count; i++) {

        if (weights[i] == 0) {
            continue;
        }

        number = ag_balance_mix(key ^ members[i].hash);
        distance = ag_balance_distance(number);

        if (least == 0 || distance * weights[best] < least * weights[i]) {
            best = i;
            least = distance;
        }
    }

    return best;
}


/*
 * -log2(hash / 2^64) with AG_BALANCE_LOG_BITS bits behind the point, more
 * than 0.  In whole numbers: every machine of a cluster must agree, and the
 * mathematical library is not linked everywhere.
 */
static uint64_t
ag_balance_distance(uint64_t hash)
{
    unsigned  i, zeros;
    uint64_t  n, log;

    if (hash == 0) {
        return UINT64_C(64) << AG_BALANCE_LOG_BITS;
    }

    zeros = (unsigned) __builtin_clzll(hash);
    n = (hash << zeros) >> 32;
    log = 0;

    /* n is 1 to 2 with 31 bits behind the point: squaring doubles its log */

    for (i = 0; i < AG_BALANCE_LOG_BITS; i++) {
        n = n * n >> 31;
        log = log << 1 | n >> 32;
        n >>= n >> 32;
    }

    return ((uint64_t) (zeros + 1) << AG_BALANCE_LOG_BITS) - log;
}


static uint64_t
ag_balance_mix(uint64_t n)
{
    n = (n ^ (n >> 33)) * AG_BALANCE_MIX_FIRST;
    n = (n ^ (n >> 33)) * AG_BALANCE_MIX_SECOND;

    return n ^ (n >> 33);
}
