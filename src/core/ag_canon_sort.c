/*
 * Copyright (C) ngx_agent authors
 *
 * The order of members in the canonical form.  They are remembered only
 * while their object is open; each level copies its bytes twice at most, and
 * sorting is never worse than n log n, whoever chose the names.
 */


#include <stdlib.h>

#include "core/ag_canon_parts.h"


#define AG_CANON_FEW  12            /* members that insertion sorts faster */


static inline unsigned ag_canon_sort_has_slash(uint64_t word);
static int ag_canon_sort_room(ag_canon_t *c, size_t count);
static void ag_canon_sort_merge(const ag_canon_t *c,
    ag_canon_member_t *members, size_t count, ag_canon_member_t *spare);
static void ag_canon_sort_insert(const ag_canon_t *c,
    ag_canon_member_t *members, size_t count);
static int ag_canon_sort_move(ag_canon_t *c, const ag_canon_member_t *members,
    size_t count, ag_char_t *to, ag_char_t *end);
static inline int ag_canon_sort_order(const ag_canon_t *c,
    const ag_canon_member_t *a, const ag_canon_member_t *b);
static int ag_canon_sort_order_long(const ag_canon_t *c,
    const ag_canon_member_t *a, const ag_canon_member_t *b);


void
ag_canon_sort_init(ag_canon_t *c)
{
    c->members = c->few;
    c->count = 0;
    c->size = AG_CANON_MEMBERS;
    c->spare = c->little;
    c->spare_size = AG_CANON_SPARE;
}


uint64_t
ag_canon_sort_begin(const ag_canon_t *c, const ag_canon_member_t *member,
    const ag_char_t *name)
{
    uint64_t          word;
    unsigned          i;
    const ag_char_t  *p, *end;

    if (c->end - name >= 8) {
        word = ag_word(name);

        if (member->name_len < 8) {
            word &= ((uint64_t) 1 << (8 * member->name_len)) - 1;
        }

        /* as it was read is then as it is said */

        if (!ag_canon_sort_has_slash(word)) {
            return __builtin_bswap64(word);
        }
    }

    p = c->start + member->at + 1;
    end = p + member->name_len;
    word = 0;

    for (i = 0; i < 8; i++) {
        word = word << 8 | (p < end ? ag_canon_string_byte(&p) : 0);
    }

    return word;
}


int
ag_canon_sort_add(ag_canon_t *c, ag_canon_member_t *member, size_t first)
{
    const ag_canon_member_t  *before;

    if (c->count == c->size && ag_canon_sort_room(c, 1) != AG_OK) {
        return AG_NOMEM;
    }

    member->unsorted = 0;

    if (c->count > first) {
        before = &c->members[c->count - 1];
        member->unsorted = before->unsorted
                           || ag_canon_sort_order(c, before, member) > 0;
    }

    c->members[c->count++] = *member;

    return AG_OK;
}


int
ag_canon_sort(ag_canon_t *c, size_t first, ag_char_t *end)
{
    size_t              count;
    ag_char_t          *to;
    ag_canon_member_t  *members;

    if (!c->members[c->count - 1].unsorted) {
        return AG_OK;
    }

    count = c->count - first;
    to = c->start + c->members[first].at;

    if (count > AG_CANON_FEW && ag_canon_sort_room(c, count / 2) != AG_OK) {
        return AG_NOMEM;
    }

    members = c->members + first;
    ag_canon_sort_merge(c, members, count, members + count);

    return ag_canon_sort_move(c, members, count, to, end);
}


int
ag_canon_sort_order_name(const ag_canon_t *c, const ag_canon_member_t *a,
    const char *name)
{
    unsigned          byte, other;
    const ag_char_t  *p, *end;

    p = c->start + a->at + 1;
    end = p + a->name_len;

    for ( /* void */ ; p < end && *name != '\0'; name++) {
        byte = ag_canon_string_byte(&p);
        other = (ag_char_t) *name;

        if (byte != other) {
            return (byte < other) ? -1 : 1;
        }
    }

    return (p < end) - (*name != '\0');
}


void
ag_canon_sort_free(ag_canon_t *c)
{
    if (c->members != c->few) {
        free(c->members);
    }

    if (c->spare != c->little) {
        free(c->spare);
    }
}


/* Is one of eight bytes a backslash? */
static inline unsigned
ag_canon_sort_has_slash(uint64_t word)
{
    word ^= ag_word_of('\\');

    return ((word - ag_word_of(1)) & ~word & ag_word_of(0x80)) != 0;
}


/* Makes room for that many more members. */
static int
ag_canon_sort_room(ag_canon_t *c, size_t count)
{
    size_t              size;
    ag_canon_member_t  *members;

    if (count <= c->size - c->count) {
        return AG_OK;
    }

    size = c->size * 2;

    if (size < c->count + count) {
        size = c->count + count;
    }

    members = realloc((c->members == c->few) ? NULL : c->members,
                      size * sizeof(ag_canon_member_t));

    if (members == NULL) {
        return AG_NOMEM;
    }

    if (c->members == c->few) {
        memcpy(members, c->few, c->count * sizeof(ag_canon_member_t));
    }

    c->members = members;
    c->size = size;

    return AG_OK;
}


/*
 * Merge sort: stable, and never worse than n log n compares, whoever chose
 * the names.  "spare" is of half as many members.
 */
static void
ag_canon_sort_merge(const ag_canon_t *c, ag_canon_member_t *members,
    size_t count, ag_canon_member_t *spare)
{
    size_t              half;
    ag_canon_member_t  *to, *right, *end, *spare_end;

    if (count <= AG_CANON_FEW) {
        ag_canon_sort_insert(c, members, count);
        return;
    }

    half = count / 2;
    right = members + half;
    end = members + count;

    ag_canon_sort_merge(c, members, half, spare);
    ag_canon_sort_merge(c, right, count - half, spare);

    if (ag_canon_sort_order(c, right - 1, right) <= 0) {
        return;
    }

    memcpy(spare, members, half * sizeof(ag_canon_member_t));
    spare_end = spare + half;
    to = members;

    while (spare < spare_end && right < end) {
        *to++ = (ag_canon_sort_order(c, spare, right) <= 0) ? *spare++
                                                            : *right++;
    }

    /* what is left of the right half is in its place */

    memcpy(to, spare,
           (size_t) (spare_end - spare) * sizeof(ag_canon_member_t));
}


static void
ag_canon_sort_insert(const ag_canon_t *c, ag_canon_member_t *members,
    size_t count)
{
    size_t             i, j;
    ag_canon_member_t  member;

    for (i = 1; i < count; i++) {
        member = members[i];

        for (j = i; j > 0; j--) {
            if (ag_canon_sort_order(c, &members[j - 1], &member) <= 0) {
                break;
            }

            members[j] = members[j - 1];
        }

        members[j] = member;
    }
}


/*
 * Moves the bytes of sorted members.  The longest is moved where it is, and
 * only the others are copied twice: it is most of a chat.
 */
static int
ag_canon_sort_move(ag_canon_t *c, const ag_canon_member_t *members,
    size_t count, ag_char_t *to, ag_char_t *end)
{
    size_t      i, longest, before, others;
    ag_char_t  *spare;

    longest = 0;

    for (i = 1; i < count; i++) {
        if (members[i].len > members[longest].len) {
            longest = i;
        }
    }

    others = (size_t) (end - to) - members[longest].len;

    if (others > c->spare_size) {
        spare = realloc((c->spare == c->little) ? NULL : c->spare, others);

        if (spare == NULL) {
            return AG_NOMEM;
        }

        c->spare = spare;
        c->spare_size = others;
    }

    spare = c->spare;
    before = 0;

    for (i = 0; i < count; i++) {

        if (i == longest) {
            before = (size_t) (spare - c->spare);
            continue;
        }

        memcpy(spare, c->start + members[i].at, members[i].len);
        spare += members[i].len;
    }

    memmove(to + before, c->start + members[longest].at, members[longest].len);
    memcpy(to, c->spare, before);
    memcpy(to + before + members[longest].len, c->spare + before,
           others - before);

    return AG_OK;
}


/* Compares two names as memcmp() would, by their decoded bytes. */
static inline int
ag_canon_sort_order(const ag_canon_t *c, const ag_canon_member_t *a,
    const ag_canon_member_t *b)
{
    if (a->begin != b->begin) {
        return (a->begin < b->begin) ? -1 : 1;
    }

    if (a->name_len > 8 || b->name_len > 8) {
        return ag_canon_sort_order_long(c, a, b);
    }

    /* what is equal so far can only differ in NULs at the end */

    return (a->name_len > b->name_len) - (a->name_len < b->name_len);
}


/*
 * What is equal is passed over as it is written, but never to within an
 * escape: "\n" and "\t" do not order like their letters.
 */
static int
ag_canon_sort_order_long(const ag_canon_t *c, const ag_canon_member_t *a,
    const ag_canon_member_t *b)
{
    uint64_t          word;
    unsigned          byte, other;
    const ag_char_t  *p, *q, *p_end, *q_end;

    p = c->start + a->at + 1;
    q = c->start + b->at + 1;
    p_end = p + a->name_len;
    q_end = q + b->name_len;

    while (p < p_end && q < q_end) {

        if (p_end - p >= 8 && q_end - q >= 8) {
            word = ag_word(p);

            if (word == ag_word(q) && !ag_canon_sort_has_slash(word)) {
                p += 8;
                q += 8;
                continue;
            }
        }

        if (*p == '\\' && *q == '\\' && p[1] == q[1] && p[1] != 'u') {
            p += 2;
            q += 2;
            continue;
        }

        byte = (*p == '\\') ? ag_canon_string_byte(&p) : *p++;
        other = (*q == '\\') ? ag_canon_string_byte(&q) : *q++;

        if (byte != other) {
            return (byte < other) ? -1 : 1;
        }
    }

    return (p < p_end) - (q < q_end);
}
