/*
 * Copyright (C) ngx_agent authors
 *
 * A purse that calls fill and uses empty.  Refuses to forget a use with time:
 * a share of no calls is nothing.
 */


#include "core/ag_share.h"


uint64_t
ag_share_deposit(uint64_t word, uint64_t share)
{
    /* a word that cannot be would else take for ever to pay off */

    if (word > AG_SHARE_MAX) {
        word = AG_SHARE_MAX;
    }

    return (word > share) ? word - share : 0;
}


int
ag_share_take(uint64_t word, uint64_t *after)
{
    if (word > AG_SHARE_MAX - AG_SHARE_WHOLE) {
        *after = word;
        return AG_LIMIT;
    }

    *after = word + AG_SHARE_WHOLE;

    return AG_OK;
}
