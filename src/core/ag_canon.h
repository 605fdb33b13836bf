/*
 * Copyright (C) ngx_agent authors
 *
 * The canonical form of a JSON text: two texts have the same one if and only
 * if they say the same.  Object members are sorted by their decoded names,
 * white space is gone, strings are decoded and written again in one way,
 * numbers stay as they are written (1, 1.0 and 1e0 differ: what a provider
 * makes of them is its own).  Members of one name keep their order.
 *
 * It is JSON again, but for one thing: it is not RFC 8785, which rounds
 * numbers to doubles.
 */


#ifndef _AG_CANON_H_INCLUDED_
#define _AG_CANON_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_caps.h"


/*
 * Adds the canonical form of "text", one JSON value of at most
 * AG_REQUEST_MAX bytes.  Top-level members whose names are in "without" (of
 * "count"; sorted by strcmp()) are left out.  AG_OK; AG_INVALID: not JSON, or
 * not UTF-8; AG_LIMIT: deeper than AG_JSON_DEPTH_MAX, or past the buffer's
 * maximum; AG_NOMEM.  On an error the buffer is as before.
 */
int ag_canon(ag_buf_t *out, ag_str_t text, const char *const *without,
    size_t count);


#endif /* _AG_CANON_H_INCLUDED_ */
