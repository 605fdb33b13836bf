/*
 * Copyright (C) ngx_agent authors
 *
 * Decides whether an address lies inside: a provider's name that suddenly
 * resolves to one must not lead a request, with its key, to a neighbour or
 * to a cloud's metadata service.  When in doubt the answer is "private".
 */


#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ag_address.h"


#define AG_ADDRESS_MAX  16          /* bytes */


typedef struct {
    unsigned char  prefix[AG_ADDRESS_MAX];
    unsigned       bits;
} ag_network_t;


/* IPv6 networks that carry an IPv4 address, and where it stands in them. */
typedef struct {
    ag_network_t   network;
    size_t         at;
} ag_carrier_t;


static int ag_address_v4_is_private(const unsigned char *address);
static int ag_address_v6_is_private(const unsigned char *address);
static int ag_address_within(const unsigned char *address,
    const ag_network_t *network);


static const ag_network_t  ag_private_v4[] = {
    { { 0 }, 8 },                       /* this network */
    { { 10 }, 8 },
    { { 100, 64 }, 10 },                /* carrier NAT */
    { { 127 }, 8 },
    { { 169, 254 }, 16 },               /* link local, cloud metadata */
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },              /* protocol assignments */
    { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },                /* benchmarks */
    { { 224 }, 3 }                      /* multicast, reserved, broadcast */
};


static const ag_network_t  ag_private_v6[] = {
    { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 },  /* local NAT64 */
    { { 0x01, 0x00 }, 64 },             /* discard */
    { { 0x20, 0x01, 0x00, 0x00 }, 32 }, /* Teredo: any IPv4 inside */
    { { 0xfc }, 7 },                    /* unique local */
    { { 0xfe, 0x80 }, 10 },             /* link local */
    { { 0xfe, 0xc0 }, 10 },             /* site local */
    { { 0xff }, 8 }                     /* multicast */
};


static const ag_carrier_t  ag_carriers[] = {
    { { { 0 }, 96 }, 12 },              /* compatible, :: and ::1 too */
    { { { [10] = 0xff, [11] = 0xff }, 96 }, 12 },   /* mapped */
    { { { [8] = 0xff, [9] = 0xff }, 96 }, 12 },     /* translated */
    { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },     /* NAT64 */
    { { { 0x20, 0x02 }, 16 }, 2 }       /* 6to4 */
};


int
ag_address_is_private(int family, const unsigned char *address)
{
    if (family == AF_INET) {
        return ag_address_v4_is_private(address);
    }

    if (family == AF_INET6) {
        return ag_address_v6_is_private(address);
    }

    return 1;
}


static int
ag_address_v4_is_private(const unsigned char *address)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_private_v4) / sizeof(ag_network_t); i++) {
        if (ag_address_within(address, &ag_private_v4[i])) {
            return 1;
        }
    }

    return 0;
}


static int
ag_address_v6_is_private(const unsigned char *address)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_private_v6) / sizeof(ag_network_t); i++) {
        if (ag_address_within(address, &ag_private_v6[i])) {
            return 1;
        }
    }

    for (i = 0; i < sizeof(ag_carriers) / sizeof(ag_carrier_t); i++) {
        if (ag_address_within(address, &ag_carriers[i].network)) {
            return ag_address_v4_is_private(address + ag_carriers[i].at);
        }
    }

    return 0;
}


static int
ag_address_within(const unsigned char *address, const ag_network_t *network)
{
    size_t    whole;
    unsigned  rest;

    whole = network->bits / 8;
    rest = network->bits % 8;

    if (memcmp(address, network->prefix, whole) != 0) {
        return 0;
    }

    return rest == 0
           || (address[whole] ^ network->prefix[whole]) >> (8 - rest) == 0;
}
