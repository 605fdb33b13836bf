/*
 * Copyright (C) ngx_agent authors
 *
 * Tokens before anybody has counted them.  A tokenizer of each model would be
 * right to the token and cost more than all else that is done for a call: a
 * ratio that follows what providers report is enough for a reservation, which
 * is settled by their usage afterwards.
 */


#include "core/ag_tokens.h"


/* parts of the way to an observation that the ratio goes at once */
#define AG_TOKENS_DOWN    8
#define AG_TOKENS_UP      (4 * AG_TOKENS_DOWN)

#define AG_TOKENS_SMALL   64        /* bytes; less says more of a request's
                                       frame than of its language */

/* odd, and with no pattern in their bits: fractions of square roots of the
   primes 2, 3, 5 and 7 */
#define AG_TOKENS_FIRST   UINT64_C(0x6a09e667f3bcc909)
#define AG_TOKENS_SECOND  UINT64_C(0xbb67ae8584caa73b)
#define AG_TOKENS_THIRD   UINT64_C(0x3c6ef372fe94f82b)
#define AG_TOKENS_FOURTH  UINT64_C(0xa54ff53a5f1d36f1)

#define AG_TOKENS_LANES   4         /* words; the processor multiplies them at
                                       the same time */


static uint64_t ag_tokens_bound(uint64_t ratio);
static inline uint64_t ag_tokens_mix(uint64_t lane, uint64_t word);
static inline uint64_t ag_tokens_turn(uint64_t word, unsigned bits);
static uint64_t ag_tokens_finish(const uint64_t lanes[AG_TOKENS_LANES]);


uint64_t
ag_tokens_of(uint64_t bytes, uint64_t ratio)
{
    uint64_t  tokens;

    ratio = ag_tokens_bound(ratio);

    if (bytes <= UINT64_MAX / 2000) {
        return (bytes * 1000 + ratio - 1) / ratio;
    }

    if (__builtin_mul_overflow(bytes / ratio + 1, 1000, &tokens)) {
        return UINT64_MAX;
    }

    return tokens;
}


uint64_t
ag_tokens_learn(uint64_t ratio, uint64_t bytes, uint64_t tokens)
{
    uint64_t  seen;

    if (bytes < AG_TOKENS_SMALL || tokens == 0) {
        return ratio;
    }

    ratio = ag_tokens_bound(ratio);

    seen = (bytes < UINT64_MAX / 1000) ? bytes * 1000 / tokens
                                       : AG_TOKENS_RATIO_MAX;
    seen = (seen == 0) ? AG_TOKENS_RATIO_MIN : ag_tokens_bound(seen);

    /* down to the last thousandth, up not quite: rather too many tokens */

    if (seen < ratio) {
        return ratio - (ratio - seen + AG_TOKENS_DOWN - 1) / AG_TOKENS_DOWN;
    }

    return ratio + (seen - ratio) / AG_TOKENS_UP;
}


uint64_t
ag_tokens_fingerprint(ag_str_t bytes)
{
    size_t            lane;
    uint64_t          hash, word, lanes[AG_TOKENS_LANES];
    const ag_char_t  *p, *end;

    lanes[0] = AG_TOKENS_FIRST + bytes.len;
    lanes[1] = AG_TOKENS_SECOND;
    lanes[2] = AG_TOKENS_THIRD;
    lanes[3] = AG_TOKENS_FOURTH;

    p = bytes.data;
    end = (bytes.len > 0) ? p + bytes.len : p;

    while (end - p >= 8 * AG_TOKENS_LANES) {
        lanes[0] = ag_tokens_mix(lanes[0], ag_word(p));
        lanes[1] = ag_tokens_mix(lanes[1], ag_word(p + 8));
        lanes[2] = ag_tokens_mix(lanes[2], ag_word(p + 16));
        lanes[3] = ag_tokens_mix(lanes[3], ag_word(p + 24));
        p += 8 * AG_TOKENS_LANES;
    }

    for (lane = 0; end - p >= 8; lane++) {
        lanes[lane] = ag_tokens_mix(lanes[lane], ag_word(p));
        p += 8;
    }

    /* the length is in the first lane: zeroes may stand for what is missing */

    for (word = 0; end > p; end--) {
        word = word << 8 | end[-1];
    }

    lanes[lane] = ag_tokens_mix(lanes[lane], word);
    hash = ag_tokens_finish(lanes);

    return (hash != 0) ? hash : 1;
}


/* Shared memory may hold anything, and 0 is "nothing learned". */
static uint64_t
ag_tokens_bound(uint64_t ratio)
{
    if (ratio == 0) {
        return AG_TOKENS_RATIO;
    }

    if (ratio < AG_TOKENS_RATIO_MIN) {
        return AG_TOKENS_RATIO_MIN;
    }

    return (ratio < AG_TOKENS_RATIO_MAX) ? ratio : AG_TOKENS_RATIO_MAX;
}


/*
 * Either of them decides the result for a given other one, so a difference in
 * one word is never lost.  A product carries upwards only: the turn between
 * two of them brings the upper bits of a word down to where they reach all.
 */
static inline uint64_t
ag_tokens_mix(uint64_t lane, uint64_t word)
{
    lane += word * AG_TOKENS_FIRST;

    return ag_tokens_turn(lane, 31) * AG_TOKENS_SECOND;
}


static inline uint64_t
ag_tokens_turn(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}


static uint64_t
ag_tokens_finish(const uint64_t lanes[AG_TOKENS_LANES])
{
    size_t    lane;
    uint64_t  hash;

    hash = lanes[0];

    for (lane = 1; lane < AG_TOKENS_LANES; lane++) {
        hash = ag_tokens_mix(hash ^ hash >> 32, lanes[lane]);
    }

    hash = (hash ^ hash >> 29) * AG_TOKENS_FOURTH;

    return hash ^ hash >> 32;
}
