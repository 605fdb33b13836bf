/*
 * Copyright (C) ngx_agent authors
 *
 * Reads counts of things: tokens, requests, tries.  Refuses signs, points,
 * exponents and spaces: nobody should have to guess what a limit means.
 */


#include "core/ag_count.h"


static uint64_t ag_count_scale(ag_char_t suffix);


int
ag_count_read(ag_str_t text, uint64_t *count)
{
    size_t    i;
    uint64_t  n, scale, digit;

    if (text.len == 0) {
        return AG_INVALID;
    }

    scale = ag_count_scale(text.data[text.len - 1]);

    if (scale > 1) {
        text.len--;
    }

    if (text.len == 0) {
        return AG_INVALID;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return AG_INVALID;
        }
    }

    n = 0;

    for (i = 0; i < text.len; i++) {
        digit = (uint64_t) (text.data[i] - '0');

        if (n > (UINT64_MAX - digit) / 10) {
            return AG_LIMIT;
        }

        n = n * 10 + digit;
    }

    if (n > UINT64_MAX / scale) {
        return AG_LIMIT;
    }

    *count = n * scale;

    return AG_OK;
}


static uint64_t
ag_count_scale(ag_char_t suffix)
{
    switch (suffix) {

    case 'k':
    case 'K':
        return 1000;

    case 'm':
    case 'M':
        return 1000000;

    case 'g':
    case 'G':
        return 1000000000;
    }

    return 1;
}
