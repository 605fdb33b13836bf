/*
 * Copyright (C) ngx_agent authors
 *
 * Request ids.  Refuses to find its own randomness: whoever runs this says
 * from where to start, so that a test knows what follows.
 */


#include "core/ag_id.h"


static uint64_t ag_id_rotate(uint64_t x, unsigned bits);


int
ag_id_is_valid(ag_str_t id)
{
    size_t     i;
    ag_char_t  c, letter;

    if (id.len == 0 || id.len > AG_REQUEST_ID_MAX) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];
        letter = (ag_char_t) (c | 0x20);

        if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9')
            && c != '.' && c != '_' && c != ':' && c != '-')
        {
            return 0;
        }
    }

    return 1;
}


void
ag_id_make(uint64_t state[2], ag_char_t *out)
{
    size_t             i, n;
    uint64_t           word;
    static const char  hex[] = "0123456789abcdef";

    memcpy(out, "req_", 4);
    out += 4;

    for (n = 0; n < 2; n++) {
        word = ag_id_random(state);

        for (i = 0; i < 16; i++) {
            *out++ = (ag_char_t) hex[word >> 60];
            word <<= 4;
        }
    }
}


uint64_t
ag_id_random(uint64_t state[2])
{
    uint64_t  a, b, result;

    a = state[0];
    b = state[1];
    result = ag_id_rotate(a + b, 17) + a;

    b ^= a;
    state[0] = ag_id_rotate(a, 49) ^ b ^ (b << 21);
    state[1] = ag_id_rotate(b, 28);

    return result;
}


static uint64_t
ag_id_rotate(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}
