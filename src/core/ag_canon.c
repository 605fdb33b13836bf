/*
 * Copyright (C) ngx_agent authors
 *
 * The canonical form, in one pass over the text and without a tree: what is
 * read is written at once, and an object whose members came unsorted is put
 * in order when it closes (ag_canon_sort.c).
 *
 * No byte of the form comes from less than a byte of the text, so room for
 * the text is room for its form, and nothing else is checked while writing.
 * Refuses what ag_json_scan() refuses, but for its caps on the top level and
 * names given twice there: these have a form like everything else.
 */


#include "core/ag_canon_parts.h"


static int ag_canon_apart(ag_buf_t *out, ag_str_t text,
    const char *const *without, size_t count);
static inline ag_canon_at_t ag_canon_value(ag_canon_t *c, ag_canon_at_t at,
    unsigned depth);
static ag_canon_at_t ag_canon_other(ag_canon_t *c, ag_canon_at_t at,
    unsigned depth);
static ag_canon_at_t ag_canon_array(ag_canon_t *c, ag_canon_at_t at,
    unsigned depth);
static ag_canon_at_t ag_canon_object(ag_canon_t *c, ag_canon_at_t at,
    unsigned depth);
static ag_canon_at_t ag_canon_member(ag_canon_t *c, ag_canon_at_t at,
    size_t first, unsigned depth);
static inline ag_canon_at_t ag_canon_name(const ag_canon_t *c,
    ag_canon_at_t at, ag_canon_member_t *member);
static unsigned ag_canon_is_without(const ag_canon_t *c,
    const ag_canon_member_t *member);
static inline ag_canon_at_t ag_canon_string(ag_canon_at_t at,
    const ag_char_t *end);
static ag_canon_at_t ag_canon_number(const ag_canon_t *c, ag_canon_at_t at);
static ag_canon_at_t ag_canon_digits(ag_canon_at_t at, const ag_char_t *end);
static ag_canon_at_t ag_canon_literal(const ag_canon_t *c, ag_canon_at_t at,
    const char *literal, size_t len);
static inline const ag_char_t *ag_canon_space(const ag_char_t *p,
    const ag_char_t *end);


int
ag_canon(ag_buf_t *out, ag_str_t text, const char *const *without,
    size_t count)
{
    int            rc;
    ag_canon_t     c;
    ag_canon_at_t  at;

    if (text.len == 0) {
        return AG_INVALID;
    }

    if (text.len > AG_REQUEST_MAX) {
        return AG_LIMIT;
    }

    rc = ag_buf_reserve(out, text.len);

    if (rc != AG_OK) {
        return (rc == AG_LIMIT) ? ag_canon_apart(out, text, without, count)
                                : rc;
    }

    c.end = text.data + text.len;
    c.start = out->data + out->len;
    c.without = without;
    c.without_count = count;
    c.rc = AG_INVALID;
    ag_canon_sort_init(&c);

    at.in = text.data;
    at.out = c.start;
    at = ag_canon_value(&c, at, 0);

    if (at.in != NULL && ag_canon_space(at.in, c.end) == c.end) {
        out->len += (size_t) (at.out - c.start);
        c.rc = AG_OK;
    }

    ag_canon_sort_free(&c);

    return c.rc;
}


/* The text does not fit in the buffer; its form may, if it has white space. */
static int
ag_canon_apart(ag_buf_t *out, ag_str_t text, const char *const *without,
    size_t count)
{
    int       rc;
    ag_buf_t  form;

    ag_buf_init(&form, text.len);

    rc = ag_canon(&form, text, without, count);

    if (rc == AG_OK) {
        rc = ag_buf_add(out, form.data, form.len);
    }

    ag_buf_free(&form);

    return rc;
}


/* Strings are most of all values, and not worth a call. */
static inline ag_canon_at_t
ag_canon_value(ag_canon_t *c, ag_canon_at_t at, unsigned depth)
{
    at.in = ag_canon_space(at.in, c->end);

    if (at.in == c->end) {
        return ag_canon_refuse();
    }

    return (*at.in == '"') ? ag_canon_string(at, c->end)
                           : ag_canon_other(c, at, depth);
}


static ag_canon_at_t
ag_canon_other(ag_canon_t *c, ag_canon_at_t at, unsigned depth)
{
    switch (*at.in) {

    case '{':
        return ag_canon_object(c, at, depth);

    case '[':
        return ag_canon_array(c, at, depth);

    case 't':
        return ag_canon_literal(c, at, "true", 4);

    case 'f':
        return ag_canon_literal(c, at, "false", 5);

    case 'n':
        return ag_canon_literal(c, at, "null", 4);

    default:
        return ag_canon_number(c, at);
    }
}


static ag_canon_at_t
ag_canon_array(ag_canon_t *c, ag_canon_at_t at, unsigned depth)
{
    if (depth == AG_JSON_DEPTH_MAX) {
        c->rc = AG_LIMIT;
        return ag_canon_refuse();
    }

    *at.out++ = '[';
    at.in = ag_canon_space(at.in + 1, c->end);

    if (at.in < c->end && *at.in == ']') {
        *at.out++ = *at.in++;
        return at;
    }

    for ( ;; ) {
        at = ag_canon_value(c, at, depth + 1);

        if (at.in == NULL) {
            return at;
        }

        at.in = ag_canon_space(at.in, c->end);

        if (at.in == c->end || (*at.in != ',' && *at.in != ']')) {
            return ag_canon_refuse();
        }

        *at.out++ = *at.in++;

        if (at.out[-1] == ']') {
            return at;
        }
    }
}


static ag_canon_at_t
ag_canon_object(ag_canon_t *c, ag_canon_at_t at, unsigned depth)
{
    size_t  first;

    if (depth == AG_JSON_DEPTH_MAX) {
        c->rc = AG_LIMIT;
        return ag_canon_refuse();
    }

    first = c->count;

    *at.out++ = '{';
    at.in = ag_canon_space(at.in + 1, c->end);

    if (at.in < c->end && *at.in == '}') {
        *at.out++ = *at.in++;
        return at;
    }

    do {
        at = ag_canon_member(c, at, first, depth);

        if (at.in == NULL) {
            return at;
        }

    } while (*at.in++ == ',');

    if (c->count > first) {

        if (ag_canon_sort(c, first, at.out) != AG_OK) {
            c->rc = AG_NOMEM;
            return ag_canon_refuse();
        }

        at.out--;       /* the comma behind the last one */
    }

    *at.out++ = '}';
    c->count = first;

    return at;
}


/* Reads on to the comma or bracket behind it. */
static ag_canon_at_t
ag_canon_member(ag_canon_t *c, ag_canon_at_t at, size_t first,
    unsigned depth)
{
    ag_canon_member_t  member;

    at = ag_canon_name(c, at, &member);

    if (at.in != NULL) {
        at = ag_canon_value(c, at, depth + 1);
    }

    if (at.in == NULL) {
        return at;
    }

    at.in = ag_canon_space(at.in, c->end);

    if (at.in == c->end || (*at.in != ',' && *at.in != '}')) {
        return ag_canon_refuse();
    }

    if (depth == 0 && ag_canon_is_without(c, &member)) {
        at.out = c->start + member.at;
        return at;
    }

    *at.out++ = ',';
    member.len = (uint32_t) (at.out - c->start) - member.at;

    if (ag_canon_sort_add(c, &member, first) != AG_OK) {
        c->rc = AG_NOMEM;
        return ag_canon_refuse();
    }

    return at;
}


/* A name and its colon. */
static inline ag_canon_at_t
ag_canon_name(const ag_canon_t *c, ag_canon_at_t at,
    ag_canon_member_t *member)
{
    const ag_char_t  *name;

    at.in = ag_canon_space(at.in, c->end);

    if (at.in == c->end || *at.in != '"') {
        return ag_canon_refuse();
    }

    name = at.in + 1;
    member->at = (uint32_t) (at.out - c->start);
    at = ag_canon_string(at, c->end);

    if (at.in == NULL) {
        return at;
    }

    member->name_len = (uint32_t) (at.out - c->start) - member->at - 2;
    member->begin = ag_canon_sort_begin(c, member, name);
    at.in = ag_canon_space(at.in, c->end);

    if (at.in == c->end || *at.in != ':') {
        return ag_canon_refuse();
    }

    *at.out++ = *at.in++;

    return at;
}


static unsigned
ag_canon_is_without(const ag_canon_t *c, const ag_canon_member_t *member)
{
    int          order;
    size_t       low, high, middle;
    const char  *name;

    low = 0;
    high = c->without_count;

    while (low < high) {
        middle = (low + high) / 2;
        name = c->without[middle];
        order = (int) (member->begin >> 56) - (ag_char_t) name[0];

        if (order == 0) {
            order = ag_canon_sort_order_name(c, member, name);
        }

        if (order == 0) {
            return 1;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return 0;
}


static inline ag_canon_at_t
ag_canon_string(ag_canon_at_t at, const ag_char_t *end)
{
    *at.out++ = *at.in++;
    at = ag_canon_plain(at, end);

    if (at.in == end || *at.in != '"') {
        return ag_canon_string_rest(at, end);
    }

    *at.out++ = *at.in++;

    return at;
}


static ag_canon_at_t
ag_canon_number(const ag_canon_t *c, ag_canon_at_t at)
{
    if (*at.in == '-') {
        *at.out++ = *at.in++;
    }

    if (at.in < c->end && *at.in == '0') {
        *at.out++ = *at.in++;

    } else {
        at = ag_canon_digits(at, c->end);
    }

    if (at.in != NULL && at.in < c->end && *at.in == '.') {
        *at.out++ = *at.in++;
        at = ag_canon_digits(at, c->end);
    }

    if (at.in != NULL && at.in < c->end && (*at.in == 'e' || *at.in == 'E')) {
        *at.out++ = *at.in++;

        if (at.in < c->end && (*at.in == '+' || *at.in == '-')) {
            *at.out++ = *at.in++;
        }

        at = ag_canon_digits(at, c->end);
    }

    return at;
}


/* One digit at least. */
static ag_canon_at_t
ag_canon_digits(ag_canon_at_t at, const ag_char_t *end)
{
    const ag_char_t  *first;

    first = at.in;

    while (at.in < end && *at.in >= '0' && *at.in <= '9') {
        *at.out++ = *at.in++;
    }

    return (at.in > first) ? at : ag_canon_refuse();
}


static ag_canon_at_t
ag_canon_literal(const ag_canon_t *c, ag_canon_at_t at, const char *literal,
    size_t len)
{
    if ((size_t) (c->end - at.in) < len || memcmp(at.in, literal, len) != 0) {
        return ag_canon_refuse();
    }

    memcpy(at.out, literal, len);
    at.out += len;
    at.in += len;

    return at;
}


static inline const ag_char_t *
ag_canon_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end && *p <= ' '
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}
