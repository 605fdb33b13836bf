/*
 * Copyright (C) ngx_agent authors
 *
 * Which IP addresses lie inside the operator's own network.
 */


#ifndef _AG_ADDRESS_H_INCLUDED_
#define _AG_ADDRESS_H_INCLUDED_


/*
 * Is the address one that no public service has: loopback, private, link
 * local, carrier NAT, unique local, unspecified, multicast, reserved, or an
 * IPv6 form that carries such an IPv4 address?
 *
 *   family   AF_INET or AF_INET6, as in a sockaddr; any other is private
 *   address  4 or 16 bytes in network order
 *
 * Source: the IANA special-purpose address registries (RFC 6890).  The
 * documentation networks are not among them: nothing answers there.
 */
int ag_address_is_private(int family, const unsigned char *address);


#endif /* _AG_ADDRESS_H_INCLUDED_ */
