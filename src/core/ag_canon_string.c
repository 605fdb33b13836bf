/*
 * Copyright (C) ngx_agent authors
 *
 * Strings of the canonical form, where a byte does not stand for itself:
 * there is one way to write each character.  As it is, but for quotes,
 * backslashes and control characters, which have their shortest escape.
 */


#include "core/ag_canon_parts.h"
#include "core/ag_json.h"


static ag_canon_at_t ag_canon_string_escape(ag_canon_at_t at,
    const ag_char_t *end);
static ag_char_t *ag_canon_string_put(ag_char_t *out, uint32_t code);
static ag_canon_at_t ag_canon_string_utf8(ag_canon_at_t at,
    const ag_char_t *end);


ag_canon_at_t
ag_canon_string_rest(ag_canon_at_t at, const ag_char_t *end)
{
    for ( ;; ) {

        if (at.in == end) {
            return ag_canon_refuse();
        }

        if (*at.in == '"') {
            *at.out++ = *at.in++;
            return at;
        }

        at = (*at.in == '\\') ? ag_canon_string_escape(at, end)
                              : ag_canon_string_utf8(at, end);

        if (at.in == NULL) {
            return at;
        }

        at = ag_canon_plain(at, end);
    }
}


unsigned
ag_canon_string_byte(const ag_char_t **p)
{
    const char        *at;
    const ag_char_t   *q;
    static const char  from[] = "bfnrt", to[] = "\b\f\n\r\t";

    q = *p;
    *p = q + 1;

    if (*q != '\\') {
        return *q;
    }

    if (q[1] == 'u') {
        *p = q + 6;
        return (unsigned) ag_json_hex_digits(q + 2, q + 6);
    }

    *p = q + 2;
    at = strchr(from, q[1]);

    return (at != NULL) ? (unsigned) to[at - from] : q[1];
}


/* A backslash and what follows; both halves of a pair of surrogates. */
static ag_canon_at_t
ag_canon_string_escape(ag_canon_at_t at, const ag_char_t *end)
{
    int  code, low;

    if (++at.in == end) {
        return ag_canon_refuse();
    }

    switch (*at.in) {

    case 'n': case '"': case '\\': case 't': case 'r': case 'b': case 'f':
        *at.out++ = '\\';
        *at.out++ = *at.in++;
        return at;

    case '/':
        *at.out++ = *at.in++;
        return at;

    case 'u':
        break;

    default:
        return ag_canon_refuse();
    }

    code = ag_json_hex_digits(at.in + 1, end);
    at.in += 5;

    if (code < 0 || (code & 0xfc00) == 0xdc00) {
        return ag_canon_refuse();
    }

    if ((code & 0xfc00) == 0xd800) {

        low = (end - at.in > 2 && at.in[0] == '\\' && at.in[1] == 'u')
              ? ag_json_hex_digits(at.in + 2, end) : -1;

        if ((low & ~0x3ff) != 0xdc00) {
            return ag_canon_refuse();
        }

        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        at.in += 6;
    }

    at.out = ag_canon_string_put(at.out, (uint32_t) code);

    return at;
}


/* Writes a character that was escaped in the one way that we write it. */
static ag_char_t *
ag_canon_string_put(ag_char_t *out, uint32_t code)
{
    static const char  names[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    static const char  hex[] = "0123456789abcdef";

    if (code < 0x20 || code == '"' || code == '\\') {
        *out++ = '\\';
        *out++ = (ag_char_t) ((code < 0x20) ? names[code] : (int) code);

        if (out[-1] == 'u') {
            *out++ = '0';
            *out++ = '0';
            *out++ = (ag_char_t) hex[code >> 4];
            *out++ = (ag_char_t) hex[code & 15];
        }

        return out;
    }

    if (code < 0x80) {
        *out++ = (ag_char_t) code;
        return out;
    }

    if (code < 0x800) {
        *out++ = (ag_char_t) (0xc0 | code >> 6);

    } else {

        if (code < 0x10000) {
            *out++ = (ag_char_t) (0xe0 | code >> 12);

        } else {
            *out++ = (ag_char_t) (0xf0 | code >> 18);
            *out++ = (ag_char_t) (0x80 | (code >> 12 & 0x3f));
        }

        *out++ = (ag_char_t) (0x80 | (code >> 6 & 0x3f));
    }

    *out++ = (ag_char_t) (0x80 | (code & 0x3f));

    return out;
}


/* A run of longer characters: they seldom come alone. */
static ag_canon_at_t
ag_canon_string_utf8(ag_canon_at_t at, const ag_char_t *end)
{
    size_t  n;

    do {
        n = (*at.in < 0x80) ? 0 : ag_utf8_length(at.in, end);

        if (n == 0) {
            return ag_canon_refuse();
        }

        /* four bytes are quicker than a length that is not known */

        if (end - at.in >= 4) {
            memcpy(at.out, at.in, 4);

        } else {
            memcpy(at.out, at.in, n);
        }

        at.in += n;
        at.out += n;

    } while (at.in < end && *at.in >= 0x80);

    return at;
}
