/*
 * Copyright (C) ngx_agent authors
 *
 * The base URL of a provider, taken apart.
 */


#ifndef _AG_URL_H_INCLUDED_
#define _AG_URL_H_INCLUDED_


#include "core/ag_base.h"


#define AG_URL_MAX  1024        /* bytes; the longest published has 90 */


typedef enum {
    AG_HOST_NAME = 0,
    AG_HOST_IPV4,
    AG_HOST_IPV6
} ag_host_kind_t;


/* Spans point into the text that was read. */
typedef struct {
    ag_str_t        host;       /* without brackets */
    ag_str_t        path;       /* "/v1": no slash last; may be empty */
    ag_host_kind_t  kind;
    unsigned        port;       /* 1 to 65535; 80 or 443 if not given */
    unsigned        has_port:1;
    unsigned        tls:1;
} ag_url_t;


/*
 * Reads http://HOST[:PORT][/PATH] or https://...; HOST is a name, an IPv4
 * address or an IPv6 address in brackets (of which only the characters are
 * checked here).  User, query and fragment are refused, and so is a host
 * that a C library would take for an address although it is none ("127.1",
 * "0x7f000001"): it would slip past a check of addresses.
 *
 * Returns NULL, or a sentence that says what is wrong.
 */
const char *ag_url_read(ag_url_t *url, ag_str_t text);

/* May the text hold a secret: user and password, or a key in its query? */
int ag_url_may_hold_secret(ag_str_t text);


#endif /* _AG_URL_H_INCLUDED_ */
