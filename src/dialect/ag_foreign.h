/*
 * Copyright (C) ngx_agent authors
 *
 * Thoughts of another dialect's provider in a native request.  A conversation
 * that was translated before holds thoughts with our mark, or without any
 * signature; the provider did not sign them and refuses the whole request.
 */


#ifndef _AG_FOREIGN_H_INCLUDED_
#define _AG_FOREIGN_H_INCLUDED_


#include "dialect/ag_dialect.h"


/* Without it, and without AG_SIGNATURE_MARK, there is none: a caller may look
 * that up faster. */
#define AG_FOREIGN_HINT  "signature\""


/*
 * May there be any?  A cheap search of the bytes: it also finds a text that
 * looks like one, and misses a mark written with escapes and a signature that
 * is not there at all.
 */
unsigned ag_foreign_has(ag_endpoint_t endpoint, ag_str_t body);

/*
 * Writes the body, a JSON object that was scanned, without them into the empty
 * "out"; the rest stays byte for byte.  An assistant's message of which nothing
 * would be left goes too.
 *
 * Returns AG_OK, AG_NONE (nothing to cut), AG_LIMIT or AG_NOMEM; "out" stays
 * empty unless AG_OK.
 */
int ag_foreign_cut(ag_endpoint_t endpoint, ag_str_t body, ag_buf_t *out);


#endif /* _AG_FOREIGN_H_INCLUDED_ */
