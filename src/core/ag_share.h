/*
 * Copyright (C) ngx_agent authors
 *
 * Something that may happen with at most a share of the calls: retries of a
 * tenant, hedges of a model.  Each call deposits its share, each use takes a
 * whole; what is saved up is capped, so that a quiet hour does not pay for a
 * storm.  (Finagle's RetryBudget is the same idea.)
 *
 * One word, changed by the caller with a compare-and-swap: no lock.
 */


#ifndef _AG_SHARE_H_INCLUDED_
#define _AG_SHARE_H_INCLUDED_


#include "core/ag_base.h"


#define AG_SHARE_WHOLE  1000        /* thousandths: one use */
#define AG_SHARE_MAX    10000       /* at most ten uses are saved up */


/*
 * The word after one more call.  The word holds what was *used*, so that
 * zeroed memory is a full purse.
 *
 *   share   thousandths that a call deposits, 0 to AG_SHARE_WHOLE
 */
uint64_t ag_share_deposit(uint64_t word, uint64_t share);

/*
 * The word after one use in *after.  Returns AG_OK, or AG_LIMIT: the share
 * is used up, and *after is "word".
 */
int ag_share_take(uint64_t word, uint64_t *after);


#endif /* _AG_SHARE_H_INCLUDED_ */
