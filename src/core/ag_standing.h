/*
 * Copyright (C) ngx_agent authors
 *
 * How limits are told: headers in OpenAI's form, the sentence of a refusal,
 * the page of GET /v1/usage.
 */


#ifndef _AG_STANDING_H_INCLUDED_
#define _AG_STANDING_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_limit.h"


#define AG_STANDING_TIME  24        /* bytes of a duration */
#define AG_STANDING_TEXT  256       /* bytes of a sentence */


/*
 * A duration as OpenAI writes it in x-ratelimit-reset-*: "20ms", "6.5s",
 * "1m30s", "2h5m0s".  Rounded up to ms below a minute, to seconds above.
 * Returns the length.
 *
 * Source: OpenAI, "Rate limits", headers; Go's time.Duration.String().
 */
size_t ag_standing_time(ag_char_t out[AG_STANDING_TIME], uint64_t us);

/*
 * The message of a refusal: "Rate limit reached for requests (60 per 1m).
 * Please try again in 6.5s."; for FULL of COUNT "Too many calls at once
 * (limit 32). Please try again in 1s."; for NEVER "This request needs 5000
 * tokens, the limit is 1000 per 1m."; for money "The budget of 500 USD per
 * month is spent." and when it begins anew.  "name" is the limit's name,
 * "requests/1m".  SDKs read "try again in": it is there wherever a wait is
 * known.  Returns the length.
 */
size_t ag_standing_refusal(ag_char_t out[AG_STANDING_TEXT],
    const ag_limit_t *limit, ag_str_t name, ag_limit_result_t result,
    uint64_t amount, uint64_t wait_us);

/* Milliseconds that a client must wait at least: rounded up, and one more for
 * the clock's grain; 1000 if nobody knows ("wait_us" 0). */
uint64_t ag_standing_wait_ms(uint64_t wait_us);


/* A row of GET /v1/usage. */
typedef struct {
    const ag_limit_t  *limit;
    ag_str_t           name;        /* "tokens/1m" */
    ag_str_t           model;       /* pattern; empty: all */
    ag_str_t           by;          /* "tenant", "key", "session" */
    ag_standing_t      standing;
} ag_standing_row_t;


/*
 * {"object":"usage","tenant":...,"key":...,"limits":[{"name","resource",
 * "model","by","limit","used","remaining","reset_seconds"}...],"budgets":[...
 * in USD ...]}.  "key" empty: null.  AG_OK, AG_LIMIT, AG_NOMEM.
 */
int ag_standing_page(ag_buf_t *out, ag_str_t tenant, ag_str_t key,
    const ag_standing_row_t *rows, size_t count);


#endif /* _AG_STANDING_H_INCLUDED_ */
