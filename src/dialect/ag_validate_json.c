/*
 * Copyright (C) ngx_agent authors
 *
 * Reads JSON as spans of its text, in which a string can be replaced and
 * nothing else changes.  No tree: an answer may be larger than one may be.
 *
 * Trusts that the text was scanned, for what it finds, not for where it
 * reads: it never leaves the text.
 */


#include "dialect/ag_validate_parts.h"


#define AG_VALIDATE_WORD_MAX  64    /* bytes of the longest name in here */
#define AG_VALIDATE_NEAR      16    /* bytes of a string that are looked at one
                                       by one */


static const ag_char_t *ag_validate_json_skip(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_validate_json_string(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_validate_json_brackets(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_validate_json_space(const ag_char_t *p,
    const ag_char_t *end);
static unsigned ag_validate_json_is_escaped(ag_str_t string);
static unsigned ag_validate_json_is_whole(ag_str_t string);


void
ag_validate_json_walk(ag_validate_walk_t *walk, ag_str_t value)
{
    const ag_char_t  *p, *end;

    walk->p = NULL;
    walk->end = NULL;
    walk->object = 0;

    if (value.len == 0) {
        return;
    }

    end = value.data + value.len;
    p = ag_validate_json_space(value.data, end);

    if (p < end && (*p == '{' || *p == '[')) {
        walk->p = p + 1;
        walk->end = end;
        walk->object = (*p == '{');
    }
}


unsigned
ag_validate_json_next(ag_validate_walk_t *walk, ag_str_t *key,
    ag_str_t *value)
{
    const ag_char_t  *p, *end;

    end = walk->end;
    p = ag_validate_json_space(walk->p, end);
    walk->p = end;

    if (p < end && *p == ',') {
        p = ag_validate_json_space(p + 1, end);
    }

    *key = ag_str(NULL, 0);

    if (walk->object) {
        if (p == end || *p != '"') {
            return 0;
        }

        key->data = p;
        p = ag_validate_json_string(p, end);
        key->len = (size_t) (p - key->data);
        p = ag_validate_json_space(p, end);

        if (p == end || *p != ':') {
            return 0;
        }

        p = ag_validate_json_space(p + 1, end);
    }

    value->data = p;
    walk->p = ag_validate_json_skip(p, end);
    value->len = (size_t) (walk->p - p);

    return value->len > 0;
}


ag_str_t
ag_validate_json_member(ag_str_t object, const char *name)
{
    ag_str_t    value;
    const char  *names[2];

    names[0] = name;
    names[1] = NULL;

    ag_validate_json_members(object, names, &value);

    return value;
}


void
ag_validate_json_members(ag_str_t object, const char *const *names,
    ag_str_t *values)
{
    size_t              i;
    ag_str_t            key, value;
    ag_validate_walk_t  walk;

    for (i = 0; names[i] != NULL; i++) {
        values[i] = ag_str(NULL, 0);
    }

    ag_validate_json_walk(&walk, object);

    while (ag_validate_json_next(&walk, &key, &value)) {

        for (i = 0; names[i] != NULL; i++) {
            if (ag_validate_json_is(key, names[i])) {
                values[i] = value;
                break;
            }
        }
    }
}


unsigned
ag_validate_json_is(ag_str_t string, const char *literal)
{
    size_t     n, len;
    ag_char_t  decoded[AG_VALIDATE_WORD_MAX];

    if (!ag_validate_json_is_string(string)) {
        return 0;
    }

    n = strlen(literal);
    len = string.len - 2;

    if (len == n && memcmp(string.data + 1, literal, n) == 0) {
        return 1;
    }

    /* an escape takes more bytes than what it stands for */

    if (len <= n || !ag_validate_json_is_escaped(string)
        || !ag_validate_json_is_whole(string))
    {
        return 0;
    }

    len = ag_json_decode(string, decoded, sizeof(decoded));

    return len == n && memcmp(decoded, literal, n) == 0;
}


unsigned
ag_validate_json_is_one_of(ag_str_t string, const char *const *literals)
{
    for ( /* void */ ; *literals != NULL; literals++) {
        if (ag_validate_json_is(string, *literals)) {
            return 1;
        }
    }

    return 0;
}


unsigned
ag_validate_json_is_string(ag_str_t value)
{
    return value.len >= 2 && value.data[0] == '"';
}


unsigned
ag_validate_json_is_object(ag_str_t value)
{
    return value.len >= 2 && value.data[0] == '{';
}


unsigned
ag_validate_json_is_filled(ag_str_t value)
{
    ag_str_t            key, first;
    ag_validate_walk_t  walk;

    if (ag_validate_json_is_string(value)) {
        return value.len > 2;
    }

    ag_validate_json_walk(&walk, value);

    return ag_validate_json_next(&walk, &key, &first);
}


uint64_t
ag_validate_json_index(ag_str_t value, uint64_t otherwise)
{
    int64_t  index;

    if (value.len == 0
        || ag_json_integer(value, 0, INT64_MAX, &index) != AG_OK)
    {
        return otherwise;
    }

    return (uint64_t) index;
}


int
ag_validate_json_add(ag_buf_t *out, ag_str_t string)
{
    int  rc;

    if (!ag_validate_json_is_string(string)) {
        return AG_OK;
    }

    if (!ag_validate_json_is_escaped(string)) {
        return ag_buf_add(out, string.data + 1, string.len - 2);
    }

    if (!ag_validate_json_is_whole(string)) {
        return AG_OK;
    }

    /* no escape is shorter than what it stands for */

    rc = ag_buf_reserve(out, string.len - 2);

    if (rc == AG_OK) {
        out->len += ag_json_decode(string, out->data + out->len,
                                   string.len - 2);
    }

    return rc;
}


/* All of these return what follows, at most "end". */

static const ag_char_t *
ag_validate_json_skip(const ag_char_t *p, const ag_char_t *end)
{
    if (p < end && *p == '"') {
        return ag_validate_json_string(p, end);
    }

    if (p < end && (*p == '{' || *p == '[')) {
        return ag_validate_json_brackets(p, end);
    }

    while (p < end && *p > ' ' && *p != ',' && *p != ']' && *p != '}') {
        p++;
    }

    return p;
}


/*
 * Steps over a few bytes, since most strings are short and escaped quotes come
 * in swarms; then looks for a quote alone, and back from it for backslashes:
 * most bytes of a request are prose.
 */
static const ag_char_t *
ag_validate_json_string(const ag_char_t *p, const ag_char_t *end)
{
    const ag_char_t  *near, *quote, *slash;

    p++;

    for ( ;; ) {
        near = (end - p > AG_VALIDATE_NEAR) ? p + AG_VALIDATE_NEAR : end;

        while (p < near && *p != '"') {
            p += (*p == '\\' && end - p > 1) ? 2 : 1;
        }

        if (p < near) {
            return p + 1;
        }

        quote = memchr(p, '"', (size_t) (end - p));

        if (quote == NULL) {
            return end;
        }

        for (slash = quote; slash > p && slash[-1] == '\\'; slash--) {
            /* void */
        }

        p = quote + 1;

        if (((quote - slash) & 1) == 0) {
            return p;
        }
    }
}


static const ag_char_t *
ag_validate_json_brackets(const ag_char_t *p, const ag_char_t *end)
{
    size_t  depth;

    depth = 0;

    while (p < end) {

        switch (*p) {

        case '"':
            p = ag_validate_json_string(p, end);
            continue;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            if (--depth == 0) {
                return p + 1;
            }

            break;
        }

        p++;
    }

    return end;
}


static const ag_char_t *
ag_validate_json_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


static unsigned
ag_validate_json_is_escaped(ag_str_t string)
{
    return memchr(string.data, '\\', string.len) != NULL;
}


/* Decoding trusts its string; this one may come from anywhere. */
static unsigned
ag_validate_json_is_whole(ag_str_t string)
{
    ag_json_t  json;

    return ag_json_scan(&json, string) == AG_OK;
}
