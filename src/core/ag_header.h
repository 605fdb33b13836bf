/*
 * Copyright (C) ngx_agent authors
 *
 * What may stand in a header line that an operator adds to requests.
 */


#ifndef _AG_HEADER_H_INCLUDED_
#define _AG_HEADER_H_INCLUDED_


#include "core/ag_base.h"


/* Is this a header's name: one or more token characters (RFC 9110, 5.6.2)? */
int ag_header_is_name(ag_str_t name);

/*
 * Is this a header's value: no control character but the tab, no blank at
 * either end?
 */
int ag_header_is_value(ag_str_t value);

/*
 * Does the header belong to the transfer itself, so that nobody else may set
 * it: framing, connection, host, compression?  Names in any case.
 */
int ag_header_is_ours(ag_str_t name);

/* The names of the above, for an error. */
const char *ag_header_ours(void);

/* Are two names the same, in any case? */
int ag_header_same(ag_str_t a, ag_str_t b);


#endif /* _AG_HEADER_H_INCLUDED_ */
