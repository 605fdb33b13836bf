/*
 * Copyright (C) ngx_agent authors
 *
 * What a call costs.  Prices are micro-USD per million tokens, amounts are
 * nano-USD (10^-9), rounded up once per call: neither loses a cent in a
 * billion calls.
 */


#ifndef _AG_PRICE_H_INCLUDED_
#define _AG_PRICE_H_INCLUDED_


#include "core/ag_base.h"


#define AG_NANO_USD          UINT64_C(1000000000)
#define AG_PRICE_UNKNOWN     UINT64_MAX
#define AG_PRICE_MAX         UINT64_C(1000000000000)    /* a million USD per
                                                           million tokens */


/* Micro-USD per million tokens; AG_PRICE_UNKNOWN each. */
typedef struct {
    uint64_t  input;
    uint64_t  cached;           /* unknown: as input */
    uint64_t  written;          /* unknown: as input */
    uint64_t  output;
} ag_price_t;


/* Are input and output known? */
int ag_price_known(const ag_price_t *price);

/*
 * Nano-USD of a call; "cached" and "written" are parts of "input".  Saturates
 * at UINT64_MAX / 2.  The price is known.
 */
uint64_t ag_price_cost(const ag_price_t *price, uint64_t input,
    uint64_t cached, uint64_t written, uint64_t output);

/* Reads USD, "0.25", up to six digits behind the point, as micro-USD: AG_OK,
 * AG_INVALID, or AG_LIMIT above AG_PRICE_MAX. */
int ag_price_read(ag_str_t text, uint64_t *micro_usd);

/* Reads USD, "500" or "0.000001", as nano-USD; up to nine digits behind the
 * point, at most 10^9 USD. */
int ag_price_read_budget(ag_str_t text, uint64_t *nano_usd);

/* Writes nano-USD as USD with nine digits behind the point; returns the
 * length. */
size_t ag_price_write(ag_char_t out[32], uint64_t nano_usd);


#endif /* _AG_PRICE_H_INCLUDED_ */
