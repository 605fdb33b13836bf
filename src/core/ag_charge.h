/*
 * Copyright (C) ngx_agent authors
 *
 * What a call is charged: what is reserved for it before anybody has counted,
 * and what it owes in the end, whether it was reported, cut off or invented.
 */


#ifndef _AG_CHARGE_H_INCLUDED_
#define _AG_CHARGE_H_INCLUDED_


#include "core/ag_limit.h"
#include "core/ag_price.h"


#define AG_CHARGE_INPUT_MAX   UINT64_C(10000000)    /* tokens that a report may
                                           claim where the model's window is
                                           not known: five times the largest
                                           published one */
#define AG_CHARGE_OUTPUT_MAX  UINT64_C(1000000)
#define AG_CHARGE_SLACK       1024      /* tokens of output beyond what was
                                           asked for: providers' own framing */


/* A request before it is sent. */
typedef struct {
    uint64_t           input;           /* tokens, estimated */
    uint64_t           output;          /* that it asks for at most, all
                                           choices together; 0: it does not
                                           say */
    uint64_t           assumed;         /* output where it does not say */
    const ag_price_t  *price;           /* NULL: not counted in money */
} ag_charge_request_t;


/* How it ended. */
typedef struct {
    uint64_t           input;           /* reported; cached and written are
                                           parts of it */
    uint64_t           cached;
    uint64_t           written;
    uint64_t           output;
    uint64_t           said;            /* bytes of content that came */
    uint64_t           ratio;           /* thousandths of a byte per token */
    uint64_t           estimate;        /* of the input */
    uint64_t           extra_input;     /* of attempts that lost */
    uint64_t           extra_output;
    uint64_t           most_input;      /* the model's window; 0: unknown */
    uint64_t           most_output;     /* asked for, or the model's; 0:
                                           unknown */
    const ag_price_t  *price;           /* NULL: free, or unknown */
    unsigned           known:1;         /* it was reported */
    unsigned           torn:1;          /* before the answer came to its end:
                                           output may be the number so far */
    unsigned           asked:1;         /* a provider works or worked on it,
                                           and did not fail */
} ag_charge_end_t;


typedef struct {
    uint64_t           input;
    uint64_t           output;
    uint64_t           cost;            /* nano-USD */
    unsigned           clamped:1;       /* the report was not believed */
} ag_charge_t;


/* What is reserved of a resource, and how little will do where the limit is
 * smaller than a guess: see ag_claim_t. */
void ag_charge_reserve(const ag_charge_request_t *request,
    ag_resource_t resource, uint64_t *amount, uint64_t *least);

/*
 * What it owes: what was reported, at most what can be true; where nothing was,
 * the estimated input and the content that came; nothing if nobody worked on
 * it.
 */
void ag_charge_settle(const ag_charge_end_t *end, ag_charge_t *charge);

/* The part of it that a resource counts. */
uint64_t ag_charge_of(const ag_charge_t *charge, ag_resource_t resource);


#endif /* _AG_CHARGE_H_INCLUDED_ */
