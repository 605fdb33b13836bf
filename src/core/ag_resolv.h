/*
 * Copyright (C) ngx_agent authors
 *
 * The name servers of a resolv.conf.
 */


#ifndef _AG_RESOLV_H_INCLUDED_
#define _AG_RESOLV_H_INCLUDED_


#include "core/ag_base.h"


/*
 * Finds the addresses of "nameserver" lines, in their order, at most "max"
 * (resolv.conf(5) reads three).  Addresses with a zone ("fe80::1%eth0") are
 * skipped: nginx's resolver cannot ask them.  Spans point into "text".
 *
 * Returns their number.
 */
size_t ag_resolv_servers(ag_str_t text, ag_str_t *servers, size_t max);


#endif /* _AG_RESOLV_H_INCLUDED_ */
