/*
 * Copyright (C) ngx_agent authors
 *
 * Request ids: which of a client's are taken over, and how ours are made.
 */


#ifndef _AG_ID_H_INCLUDED_
#define _AG_ID_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_caps.h"


#define AG_ID_LEN  36       /* bytes: "req_" and 32 hexadecimal digits */


/*
 * May a client's request id be repeated in headers and logs?  1 to
 * AG_REQUEST_ID_MAX bytes of letters, digits, ".", "_", ":" and "-".
 */
int ag_id_is_valid(ag_str_t id);

/*
 * Makes the next id; "out" has AG_ID_LEN bytes and is not terminated.
 *
 *   state   of one process; random at first, not all zero
 *
 * Ids differ as long as states do; they are no secret, and whoever sees some
 * can compute the next.  Source: Blackman and Vigna, xoroshiro128++.
 */
void ag_id_make(uint64_t state[2], ag_char_t *out);

/* The next 64 bits of the same generator; for dice, not for secrets. */
uint64_t ag_id_random(uint64_t state[2]);


#endif /* _AG_ID_H_INCLUDED_ */
