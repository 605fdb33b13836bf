/*
 * Copyright (C) ngx_agent authors
 *
 * The words that every file of core and dialect shares: strings that are
 * not ours to free, return codes, how text is read eight bytes at a time and
 * what a UTF-8 character is, and nothing else.
 */


#ifndef _AG_BASE_H_INCLUDED_
#define _AG_BASE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define AG_OK       0
#define AG_AGAIN    1       /* all bytes used, feed more */
#define AG_INVALID  2       /* the input breaks its grammar */
#define AG_LIMIT    3       /* a cap of ag_caps.h was reached */
#define AG_NOMEM    4
#define AG_NONE     5       /* looked up and not there; not an error */


typedef unsigned char  ag_char_t;


/* A piece of somebody else's memory; never zero-terminated by contract. */
typedef struct {
    size_t            len;
    const ag_char_t  *data;
} ag_str_t;


#define ag_string(literal)                                                    \
    { sizeof(literal) - 1, (const ag_char_t *) literal }

#define ag_null_string  { 0, NULL }


static inline ag_str_t
ag_str(const void *data, size_t len)
{
    ag_str_t  s;

    s.len = len;
    s.data = data;

    return s;
}


static inline int
ag_str_is(ag_str_t s, const char *literal)
{
    size_t  n;

    n = strlen(literal);

    return s.len == n && (n == 0 || memcmp(s.data, literal, n) == 0);
}


static inline int
ag_str_equal(ag_str_t a, ag_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/*
 * The length of the UTF-8 character at "p", which lies before "end": 1 to 4
 * bytes.  0 where there is none: a byte is missing or stray, the form is
 * longer than it must be, a surrogate, or past U+10FFFF.
 *
 * Source: The Unicode Standard, table 3-7.
 */
static inline size_t
ag_utf8_length(const ag_char_t *p, const ag_char_t *end)
{
    size_t     n;
    ag_char_t  lead;

    lead = p[0];

    if (lead < 0x80) {
        return 1;
    }

    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }

    n = (lead < 0xe0) ? 2 : (lead < 0xf0) ? 3 : 4;

    if ((size_t) (end - p) < n
        || (p[1] & 0xc0) != 0x80
        || (n > 2 && (p[2] & 0xc0) != 0x80)
        || (n > 3 && (p[3] & 0xc0) != 0x80))
    {
        return 0;
    }

    if ((lead == 0xe0 && p[1] < 0xa0)
        || (lead == 0xed && p[1] > 0x9f)
        || (lead == 0xf0 && p[1] < 0x90)
        || (lead == 0xf4 && p[1] > 0x8f))
    {
        return 0;
    }

    return n;
}


/* The number of the lowest bit of a set that is not empty. */
static inline unsigned
ag_bit_first(uint32_t set)
{
    return (unsigned) __builtin_ctz(set);
}


/* One byte eight times, to compare with a word of ag_word(). */
#define ag_word_of(byte)  (UINT64_C(0x0101010101010101) * (byte))


/* Eight bytes of text as a number; the first is the lowest everywhere. */
static inline uint64_t
ag_word(const ag_char_t *p)
{
    uint64_t  word;

    memcpy(&word, p, sizeof(word));

    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        word = __builtin_bswap64(word);
    }

    return word;
}


/*
 * The place, 0 to 7, of the first byte whose highest bit is set in "marks",
 * which is not 0.
 */
static inline size_t
ag_word_first(uint64_t marks)
{
    return (size_t) __builtin_ctzll(marks) / 8;
}


#endif /* _AG_BASE_H_INCLUDED_ */
