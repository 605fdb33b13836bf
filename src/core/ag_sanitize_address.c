/*
 * Copyright (C) ngx_agent authors
 *
 * The ends of IP addresses and ports in a text.
 *
 * Times ("12:30:45"), C++ names ("a::b") and versions of three numbers are no
 * addresses; a version of four numbers is taken for one.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_PORT_MAX  65535


static unsigned ag_sanitize_hex_length(const ag_sanitize_scan_t *s,
    const ag_char_t *p, unsigned *digits);
static const ag_char_t *ag_sanitize_groups_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, unsigned *groups, unsigned *gap, unsigned *digits);
static const ag_char_t *ag_sanitize_zone_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


const ag_char_t *
ag_sanitize_ipv4_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    int       part;
    size_t    n;
    unsigned  value;

    for (part = 0; part < 4; part++) {

        if (part > 0) {
            if (ag_sanitize_at(s, p) != '.') {
                return NULL;
            }

            p++;
        }

        value = 0;

        for (n = 0; n < 4 && p < s->end; n++, p++) {
            if (!ag_sanitize_is(*p, AG_SANITIZE_DIGIT)) {
                break;
            }

            value = 10 * value + (unsigned) (*p - '0');
        }

        /* a part with zeros in front is one, too: "010.000.000.001" */

        if (n == 0 || n > 3 || value > 255) {
            return NULL;
        }
    }

    /* "1.2.3.4.5" and "1.2.3.4a" are something else */

    if (ag_sanitize_is(ag_sanitize_at(s, p), AG_SANITIZE_ALNUM)
        || (ag_sanitize_at(s, p) == '.'
            && ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_ALNUM)))
    {
        return NULL;
    }

    return p;
}


const ag_char_t *
ag_sanitize_ipv6_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned bracket)
{
    unsigned  groups, gap, digits;

    groups = 0;
    gap = 0;
    digits = 0;

    if (ag_sanitize_at(s, p) == ':') {
        if (ag_sanitize_at(s, p + 1) != ':') {
            return NULL;
        }

        gap = 1;
        p += 2;
    }

    /* eight groups, or fewer and one "::" */

    p = ag_sanitize_groups_end(s, p, &groups, &gap, &digits);

    if (p == NULL || (gap ? groups > 7 : groups != 8)) {
        return NULL;
    }

    p = ag_sanitize_zone_end(s, p);

    if (bracket) {
        return (ag_sanitize_at(s, p) == ']') ? p : NULL;
    }

    /* outside of brackets, "dead::beef" is rather a name */

    if ((digits == 0 && groups < 3)
        || ag_sanitize_is(ag_sanitize_at(s, p), AG_SANITIZE_START)
        || (ag_sanitize_at(s, p) == ':'
            && ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_START)))
    {
        return NULL;
    }

    return p;
}


/* Reads groups of hexadecimal digits; NULL if that cannot be an address. */
static const ag_char_t *
ag_sanitize_groups_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned *groups, unsigned *gap, unsigned *digits)
{
    unsigned          n, ignored;
    const ag_char_t  *end;

    while (*groups < 9) {
        n = ag_sanitize_hex_length(s, p, digits);
        ignored = 0;

        if (n == 0) {
            return p;
        }

        /* "::ffff:10.0.0.1" */

        end = (ag_sanitize_at(s, p + n) == '.')
              ? ag_sanitize_ipv4_end(s, p) : NULL;

        if (end != NULL) {
            *groups += 2;
            return end;
        }

        *groups += 1;
        p += n;

        if (n > 4 || ag_sanitize_at(s, p) != ':') {
            return (n > 4) ? NULL : p;
        }

        if (ag_sanitize_at(s, p + 1) != ':') {
            if (ag_sanitize_hex_length(s, p + 1, &ignored) == 0) {
                return p;       /* "::1: refused" */
            }

            p++;
            continue;
        }

        if (*gap) {
            return NULL;
        }

        *gap = 1;
        p += 2;
    }

    return NULL;
}


/* How many hexadecimal digits stand at "p": 0 to 5, with 5 too many. */
static unsigned
ag_sanitize_hex_length(const ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned *digits)
{
    unsigned  n;

    for (n = 0; n < 5 && p + n < s->end; n++) {
        if (ag_sanitize_is(p[n], AG_SANITIZE_DIGIT)) {
            *digits += 1;

        } else if ((p[n] | 0x20) < 'a' || (p[n] | 0x20) > 'f') {
            break;
        }
    }

    return n;
}


/* Behind "%eth0", if that stands at "p". */
static const ag_char_t *
ag_sanitize_zone_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    if (ag_sanitize_at(s, p) == '%'
        && ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_ALNUM))
    {
        return ag_sanitize_skip(s, p + 1, AG_SANITIZE_ALNUM);
    }

    return p;
}


const ag_char_t *
ag_sanitize_port_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t least)
{
    size_t    n;
    unsigned  port;

    if (ag_sanitize_at(s, p) != ':') {
        return NULL;
    }

    port = 0;
    p++;

    for (n = 0; n < 6 && p < s->end; n++, p++) {
        if (!ag_sanitize_is(*p, AG_SANITIZE_DIGIT)) {
            break;
        }

        port = 10 * port + (unsigned) (*p - '0');
    }

    /* "llama3:8b", "v1:0.5", "12:30:45" have none */

    if (n < least || port == 0 || port > AG_SANITIZE_PORT_MAX
        || ag_sanitize_is(ag_sanitize_at(s, p), AG_SANITIZE_START)
        || ((ag_sanitize_at(s, p) == '.' || ag_sanitize_at(s, p) == ':')
            && ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_DIGIT)))
    {
        return NULL;
    }

    return p;
}


const ag_char_t *
ag_sanitize_ipv6(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t         before;
    const ag_char_t  *e, *port;

    before = ag_sanitize_previous(s, p);

    /* at ":", the bracket was tried before */

    if (before == '[' && p - s->start > 1) {
        before = p[-2];
    }

    /* "list[::2]", "std::vector" */

    if (ag_sanitize_is(before, AG_SANITIZE_START) || before == ':'
        || before == ']' || before == ')')
    {
        return NULL;
    }

    if (*p == ':') {
        e = ag_sanitize_ipv6_end(s, p, 0);
        return (e != NULL) ? ag_sanitize_put(s, p, e, AG_SANITIZE_HOST)
                           : NULL;
    }

    e = ag_sanitize_ipv6_end(s, p + 1, 1);

    if (e == NULL) {
        return NULL;
    }

    port = ag_sanitize_port_end(s, e + 1, 1);

    return ag_sanitize_put(s, p, (port != NULL) ? port : e + 1,
                           AG_SANITIZE_HOST);
}
