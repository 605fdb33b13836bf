/*
 * Copyright (C) ngx_agent authors
 *
 * When a provider wants to be asked again: its headers, else its body.
 */


#ifndef _AG_WAIT_H_INCLUDED_
#define _AG_WAIT_H_INCLUDED_


#include "core/ag_base.h"


#define AG_WAIT_MAX_MS   UINT64_C(2000000000)   /* 23 days: what a client may
                                                   be told */
#define AG_REST_MAX_MS   600000     /* a provider cannot park a target for
                                       longer; ms */


/* A header of the answer; "name" is in small letters. */
typedef struct {
    ag_str_t  name;
    ag_str_t  value;
} ag_wait_header_t;


/* Is it one of the headers below?  "name" is in small letters. */
unsigned ag_wait_reads(ag_str_t name);

/*
 * The wait in *wait_ms, at most AG_WAIT_MAX_MS; by the first of these that is
 * there and makes sense:
 *
 *   retry-after-ms, x-ms-retry-after-ms (milliseconds, also with a fraction)
 *   retry-after: seconds (also with a fraction) or an HTTP date in any of the
 *     three forms (RFC 9110, 5.6.7 and 10.2.3), measured by the answer's own
 *     "date", else by "now"
 *   Gemini's RetryInfo in the body: error.details[] with "@type" ending in
 *     google.rpc.RetryInfo and retryDelay "12s", "0.5s"
 *   x-ratelimit-reset-requests, x-ratelimit-reset-tokens, x-ratelimit-reset:
 *     "6m0s", "1s", "20ms", "1h2m3.5s", seconds (a number past 10^9 is a
 *     Unix time, past 10^12 one in ms), RFC 3339; of several the largest
 *     whose -remaining- header, if there is one, is 0, else the smallest
 *   anthropic-ratelimit-*-reset: RFC 3339, the same rule
 *
 *   now   Unix time, seconds
 *   body  of the answer, may be empty; read only if no retry-after is there
 *
 * Returns AG_OK, or AG_NONE: it says nothing, or nothing that makes sense
 * (negative, not a number, a date of the past).  Zero is AG_NONE too: "at
 * once" is what a storm is made of.  Linear, never allocates but for a small
 * body's tree.
 */
int ag_wait_read(const ag_wait_header_t *headers, size_t count, ag_str_t body,
    int64_t now, uint64_t *wait_ms);


#endif /* _AG_WAIT_H_INCLUDED_ */
