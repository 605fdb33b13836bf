/*
 * Copyright (C) ngx_agent authors
 *
 * Reservation and settlement.  A reservation is rather too high: it is given
 * back within the call; a settlement is what was reported, since that is what
 * the provider's bill says.
 */


#include "core/ag_charge.h"
#include "core/ag_tokens.h"


static uint64_t ag_charge_clamp(uint64_t tokens, uint64_t most,
    ag_charge_t *charge);


void
ag_charge_reserve(const ag_charge_request_t *request, ag_resource_t resource,
    uint64_t *amount, uint64_t *least)
{
    uint64_t  output;

    output = request->output ? request->output : request->assumed;

    switch (resource) {

    case AG_RESOURCE_TOKENS:
        *amount = request->input + output;
        *least = request->input + request->output;
        return;

    case AG_RESOURCE_INPUT_TOKENS:
        *amount = request->input;
        *least = request->input;
        return;

    case AG_RESOURCE_OUTPUT_TOKENS:
        *amount = output;
        *least = request->output;
        return;

    case AG_RESOURCE_MONEY:
        if (request->price == NULL || !ag_price_known(request->price)) {
            *amount = 0;
            *least = 0;
            return;
        }

        *amount = ag_price_cost(request->price, request->input, 0, 0, output);
        *least = ag_price_cost(request->price, request->input, 0, 0,
                               request->output);
        return;

    case AG_RESOURCE_REQUESTS:
    case AG_RESOURCE_CONCURRENCY:
        break;
    }

    *amount = 1;
    *least = 1;
}


void
ag_charge_settle(const ag_charge_end_t *end, ag_charge_t *charge)
{
    uint64_t  said, cached, written;

    memset(charge, 0, sizeof(ag_charge_t));

    cached = 0;
    written = 0;
    said = ag_tokens_of(end->said, end->ratio);

    if (end->known) {

        /* a side that was left out, or is nothing, was not reported */

        charge->input = ag_charge_clamp(end->input ? end->input
                                                   : end->estimate,
                                        end->most_input
                                        ? end->most_input
                                        : AG_CHARGE_INPUT_MAX,
                                        charge);
        charge->output = ag_charge_clamp((end->output
                                          && (end->output > said
                                              || !end->torn))
                                         ? end->output : said,
                                         end->most_output
                                         ? end->most_output + AG_CHARGE_SLACK
                                         : AG_CHARGE_OUTPUT_MAX,
                                         charge);

        cached = (end->cached < charge->input) ? end->cached : charge->input;
        written = (end->written < charge->input - cached)
                  ? end->written : charge->input - cached;

    } else if (end->asked) {
        charge->input = end->estimate;
        charge->output = said;
    }

    charge->input += end->extra_input;
    charge->output += end->extra_output;

    if (end->price != NULL && ag_price_known(end->price)) {
        charge->cost = ag_price_cost(end->price, charge->input, cached,
                                     written, charge->output);
    }
}


static uint64_t
ag_charge_clamp(uint64_t tokens, uint64_t most, ag_charge_t *charge)
{
    if (tokens <= most) {
        return tokens;
    }

    charge->clamped = 1;

    return most;
}


uint64_t
ag_charge_of(const ag_charge_t *charge, ag_resource_t resource)
{
    switch (resource) {

    case AG_RESOURCE_TOKENS:
        return charge->input + charge->output;

    case AG_RESOURCE_INPUT_TOKENS:
        return charge->input;

    case AG_RESOURCE_OUTPUT_TOKENS:
        return charge->output;

    case AG_RESOURCE_MONEY:
        return charge->cost;

    case AG_RESOURCE_REQUESTS:
    case AG_RESOURCE_CONCURRENCY:
        break;
    }

    return 1;
}
