/*
 * Copyright (C) ngx_agent authors
 *
 * Which of several equals gets the next call.  Pure: randomness and numbers
 * of the moment are arguments.
 */


#ifndef _AG_BALANCE_H_INCLUDED_
#define _AG_BALANCE_H_INCLUDED_


#include "core/ag_base.h"


#define AG_BALANCE_MAX  32      /* equals; a bit set of 32 names them */


typedef enum {
    AG_BALANCE_WEIGHTED = 0,    /* at random, by weight */
    AG_BALANCE_ROUND_ROBIN,     /* in turn, by weight */
    AG_BALANCE_LEAST_BUSY,      /* fewest calls in flight per weight */
    AG_BALANCE_LEAST_LATENCY,   /* the better of two random ones, by latency
                                   and calls in flight (power of two choices,
                                   Mitzenmacher 2001) */
    AG_BALANCE_HASH             /* the same key goes to the same one while it
                                   is there (rendezvous hashing, Thaler and
                                   Ravishankar 1998) */
} ag_balance_t;


/* One of the equals. */
typedef struct {
    uint32_t  weight;           /* 1 or more */
    uint32_t  ramp;             /* percent, see ag_breaker_ramp(): slow start
                                   scales the weight */
    uint32_t  busy;             /* calls in flight */
    uint32_t  latency_us;       /* moving average; 0: not known yet, which
                                   counts as the best */
    uint64_t  hash;             /* of its name, for AG_BALANCE_HASH */
} ag_balance_member_t;


/*
 * The number of the chosen member.
 *
 *   set      bit set of the members that may be chosen; not empty
 *   turn     number of this choice, for AG_BALANCE_ROUND_ROBIN: 0, 1, 2 ...
 *            Over weight-sum turns each member of a full set is chosen
 *            exactly "weight" times, spread out and not in runs
 *   key      for AG_BALANCE_HASH
 *   random   64 random bits
 *
 * With the ramp of every member of the set at 100 weights count as they are.
 * O(members), never allocates.
 */
size_t ag_balance_choose(ag_balance_t how, const ag_balance_member_t *members,
    size_t count, uint32_t set, uint64_t turn, uint64_t key,
    uint64_t random);

/* A moving average with one more value: 1/8 of the new; 0 is "none yet". */
uint32_t ag_balance_latency(uint32_t average_us, uint64_t value_us);

/* A hash for names and keys: FNV-1a with a finisher that mixes all bits. */
uint64_t ag_balance_hash(ag_str_t text);


#endif /* _AG_BALANCE_H_INCLUDED_ */
