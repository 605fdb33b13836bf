/*
 * Copyright (C) ngx_agent authors
 *
 * Where the simulator's randomness comes from: numbers made from numbers.
 * Good enough for text and ids; refuses to be used for a secret.
 */


#include "core/ag_simulate_parts.h"


/* odd numbers without pattern, as in splitmix64 */
#define AG_SIMULATE_MIX_STEP     UINT64_C(0x9e3779b97f4a7c15)
#define AG_SIMULATE_MIX_FIRST    UINT64_C(0xbf58476d1ce4e5b9)
#define AG_SIMULATE_MIX_SECOND   UINT64_C(0x94d049bb133111eb)


uint64_t
ag_simulate_seed_mix(uint64_t a, uint64_t b)
{
    uint64_t  n;

    n = a + (b + 1) * AG_SIMULATE_MIX_STEP;
    n = (n ^ (n >> 30)) * AG_SIMULATE_MIX_FIRST;
    n = (n ^ (n >> 27)) * AG_SIMULATE_MIX_SECOND;

    return n ^ (n >> 31);
}


/*
 * Eight bytes a step: bodies of megabytes pass here and the simulator must
 * not be what a benchmark measures.
 */
uint64_t
ag_simulate_seed_hash(uint64_t seed, ag_str_t bytes)
{
    size_t    i;
    uint64_t  hash, word;

    hash = seed ^ (bytes.len * AG_SIMULATE_MIX_STEP);

    for (i = 0; bytes.len - i >= 8; i += 8) {
        memcpy(&word, bytes.data + i, 8);
        hash = (hash ^ word) * AG_SIMULATE_MIX_FIRST;
        hash ^= hash >> 32;
    }

    for ( /* void */ ; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * AG_SIMULATE_MIX_SECOND;
    }

    return ag_simulate_seed_mix(hash, 0);
}


void
ag_simulate_seed_id(uint64_t salt, ag_char_t *out)
{
    unsigned           i;
    uint64_t           n;
    static const char  digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";

    n = 0;

    for (i = 0; i < AG_SIMULATE_ID_CHARS; i++) {

        if (i % 8 == 0) {
            n = ag_simulate_seed_mix(salt, i);
        }

        out[i] = (ag_char_t) digits[n % (sizeof(digits) - 1)];
        n /= sizeof(digits) - 1;
    }
}
