/*
 * Copyright (C) ngx_agent authors
 *
 * What a call costs, in whole numbers all the way: a sum of money in floating
 * point is wrong by a cent sooner or later.  Refuses exponents, signs and
 * commas: nobody should have to guess what a budget means.
 */


#include "core/ag_price.h"


#define AG_PRICE_COST_MAX     (UINT64_MAX / 2)
#define AG_PRICE_BUDGET_MAX   (AG_NANO_USD * AG_NANO_USD)
#define AG_PRICE_PLACES       6     /* digits of micro-USD behind the point */
#define AG_PRICE_NANO_PLACES  9


/* A cost that is being added up; "parts" never pass 4 x 999 x 999. */
typedef struct {
    uint64_t  nano;             /* nano-USD */
    uint64_t  parts;            /* millionths of it: tokens by micro-USD */
} ag_price_sum_t;


static void ag_price_add(ag_price_sum_t *sum, uint64_t tokens,
    uint64_t price);
static int ag_price_read_decimal(ag_str_t text, unsigned places,
    uint64_t max, uint64_t *number);


int
ag_price_known(const ag_price_t *price)
{
    return price->input != AG_PRICE_UNKNOWN
           && price->output != AG_PRICE_UNKNOWN;
}


uint64_t
ag_price_cost(const ag_price_t *price, uint64_t input, uint64_t cached,
    uint64_t written, uint64_t output)
{
    uint64_t        nano;
    ag_price_sum_t  sum;

    /* a provider that reports larger parts than the whole is not believed */

    cached = (cached < input) ? cached : input;
    input -= cached;
    written = (written < input) ? written : input;
    input -= written;

    sum.nano = 0;
    sum.parts = 0;

    ag_price_add(&sum, input, price->input);
    ag_price_add(&sum, output, price->output);

    if (cached > 0) {
        ag_price_add(&sum, cached, (price->cached != AG_PRICE_UNKNOWN)
                                   ? price->cached : price->input);
    }

    if (written > 0) {
        ag_price_add(&sum, written, (price->written != AG_PRICE_UNKNOWN)
                                    ? price->written : price->input);
    }

    nano = sum.nano + (sum.parts + 999) / 1000;

    return (nano < AG_PRICE_COST_MAX) ? nano : AG_PRICE_COST_MAX;
}


int
ag_price_read(ag_str_t text, uint64_t *micro_usd)
{
    return ag_price_read_decimal(text, AG_PRICE_PLACES, AG_PRICE_MAX,
                                 micro_usd);
}


int
ag_price_read_budget(ag_str_t text, uint64_t *nano_usd)
{
    return ag_price_read_decimal(text, AG_PRICE_NANO_PLACES,
                                 AG_PRICE_BUDGET_MAX, nano_usd);
}


size_t
ag_price_write(ag_char_t out[32], uint64_t nano_usd)
{
    size_t     i, len;
    ag_char_t  digits[32];

    /* backwards, and at least one digit before the point */

    len = 0;

    do {
        if (len == AG_PRICE_NANO_PLACES) {
            digits[len++] = '.';
        }

        digits[len++] = (ag_char_t) ('0' + nano_usd % 10);
        nano_usd /= 10;

    } while (nano_usd > 0 || len <= AG_PRICE_NANO_PLACES);

    for (i = 0; i < len; i++) {
        out[i] = digits[len - 1 - i];
    }

    return len;
}


/*
 * A token's price is a micro-USD per million, so a thousandth of a nano-USD:
 * thousands and the rest are multiplied apart, so that only a sum that does
 * not fit is cut, never a product on its way.
 */
static void
ag_price_add(ag_price_sum_t *sum, uint64_t tokens, uint64_t price)
{
    uint64_t  nano;

    if (__builtin_mul_overflow(tokens, price / 1000, &nano)
        || __builtin_add_overflow(nano, tokens / 1000 * (price % 1000), &nano)
        || nano > AG_PRICE_COST_MAX - sum->nano)
    {
        sum->nano = AG_PRICE_COST_MAX;
        return;
    }

    sum->nano += nano;
    sum->parts += tokens % 1000 * (price % 1000);
}


/*
 * Reads digits with perhaps a point and up to "places" digits behind it, as a
 * whole number of the last place.  AG_LIMIT only for what is a number: the
 * reader is told first what it is not.
 */
static int
ag_price_read_decimal(ag_str_t text, unsigned places, uint64_t max,
    uint64_t *number)
{
    size_t    i, point;
    uint64_t  n;

    point = text.len;
    n = 0;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '.' && point == text.len && i > 0) {
            point = i;
            continue;
        }

        if (text.data[i] < '0' || text.data[i] > '9') {
            return AG_INVALID;
        }

        if (n <= max) {
            n = n * 10 + (uint64_t) (text.data[i] - '0');
        }
    }

    /* a point is nothing without digits on both sides */

    i = text.len - point;

    if (text.len == 0 || i == 1 || i > places + 1) {
        return AG_INVALID;
    }

    for (i = (i > 0) ? i - 1 : 0; i < places && n <= max; i++) {
        n *= 10;
    }

    if (n > max) {
        return AG_LIMIT;
    }

    *number = n;

    return AG_OK;
}
