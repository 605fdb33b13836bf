/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_canon share: the state of one run.
 */


#ifndef _AG_CANON_PARTS_H_INCLUDED_
#define _AG_CANON_PARTS_H_INCLUDED_


#include "core/ag_canon.h"


#define AG_CANON_MEMBERS  96        /* of open objects, without malloc() */
#define AG_CANON_SPARE    1024      /* bytes that move without malloc() */


/* A member of an open object, with the comma behind it. */
typedef struct {
    uint32_t   at;                  /* of its first quote, from "start" */
    uint32_t   len;                 /* bytes */
    uint32_t   name_len;            /* bytes, as written */
    uint32_t   unsorted;            /* not all up to it are in order */
    uint64_t   begin;               /* of the name, decoded: eight bytes as a
                                       number that orders like them */
} ag_canon_member_t;


/* How far reading and writing are; "in" is NULL when the text is refused. */
typedef struct {
    const ag_char_t     *in;
    ag_char_t           *out;
} ag_canon_at_t;


typedef struct {
    const ag_char_t     *end;       /* of the text */
    ag_char_t           *start;     /* of the form */

    ag_canon_member_t   *members;   /* of open objects, inner ones last */
    size_t               count;
    size_t               size;
    ag_char_t           *spare;
    size_t               spare_size;

    const char *const   *without;
    size_t               without_count;

    int                  rc;        /* of a refusal */

    ag_canon_member_t    few[AG_CANON_MEMBERS];
    ag_char_t            little[AG_CANON_SPARE];
} ag_canon_t;


/*
 * Goes on with a string at a character that does not stand for itself, to
 * behind its closing quote.
 */
ag_canon_at_t ag_canon_string_rest(ag_canon_at_t at, const ag_char_t *end);

/* The next byte of a string in its form, decoded. */
unsigned ag_canon_string_byte(const ag_char_t **p);


/* Makes it remember no member, and lets go of what it needed for them. */
void ag_canon_sort_init(ag_canon_t *c);
void ag_canon_sort_free(ag_canon_t *c);

/*
 * How a member's name begins, decoded, as a number that orders like it: zero
 * behind a short one is below all bytes.  "name" is where it was read.
 */
uint64_t ag_canon_sort_begin(const ag_canon_t *c,
    const ag_canon_member_t *member, const ag_char_t *name);

/* Remembers a member of the object whose first one is number "first".  AG_OK,
 * AG_NOMEM. */
int ag_canon_sort_add(ag_canon_t *c, ag_canon_member_t *member,
    size_t first);

/*
 * Puts the members from "first" on, of which there is one, in order.  They are
 * the last bytes of the form, up to "end".  AG_OK, AG_NOMEM.
 */
int ag_canon_sort(ag_canon_t *c, size_t first, ag_char_t *end);

/* Compares a decoded name with a string, as strcmp() would. */
int ag_canon_sort_order_name(const ag_canon_t *c, const ag_canon_member_t *a,
    const char *name);


static inline ag_canon_at_t
ag_canon_refuse(void)
{
    ag_canon_at_t  at = { NULL, NULL };

    return at;
}


/*
 * Copies what stands for itself in a string, eight bytes a step.  Those from
 * the first on that does not are written over again: there is room, since as
 * many were read.
 */
static inline ag_canon_at_t
ag_canon_plain(ag_canon_at_t at, const ag_char_t *end)
{
    uint64_t  word, marks;

    while (end - at.in >= 8) {

        /* a wrongly borrowed mark can only stand behind a true one */

        word = ag_word(at.in);
        marks = ((word - ag_word_of(0x20))
                 | ((word ^ ag_word_of('"')) - ag_word_of(1))
                 | ((word ^ ag_word_of('\\')) - ag_word_of(1))
                 | word)
                & ag_word_of(0x80);

        memcpy(at.out, at.in, 8);

        if (marks != 0) {
            at.in += ag_word_first(marks);
            at.out += ag_word_first(marks);

            return at;
        }

        at.in += 8;
        at.out += 8;
    }

    while (at.in < end && *at.in >= 0x20 && *at.in != '"' && *at.in != '\\'
           && *at.in < 0x80)
    {
        *at.out++ = *at.in++;
    }

    return at;
}


#endif /* _AG_CANON_PARTS_H_INCLUDED_ */
