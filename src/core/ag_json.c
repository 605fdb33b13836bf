/*
 * Copyright (C) ngx_agent authors
 *
 * Reading of JSON that was checked: members by name, strings, integers; and
 * what stands in a tree.  The check itself is in ag_json_scan.c, trees are
 * made in ag_json_tree.c.
 */


#include <stdarg.h>

#include "core/ag_json.h"


#define AG_JSON_MIX  UINT64_C(0x9e3779b97f4a7c15)   /* 2^64 / golden ratio */


static int ag_json_has_name(const ag_json_member_t *member, ag_str_t name);
static const ag_char_t *ag_json_unescape(const ag_char_t *p, ag_char_t *out,
    size_t *len);
static uint32_t ag_json_hex(const ag_char_t *p);
static size_t ag_json_encode(uint32_t code, ag_char_t *out);


const ag_json_member_t *
ag_json_find(const ag_json_t *json, const char *key)
{
    ag_str_t  name;

    name = ag_str(key, strlen(key));

    return ag_json_find_name(json, name, ag_json_hash(name));
}


const ag_json_member_t *
ag_json_find_name(const ag_json_t *json, ag_str_t name, uint32_t hash)
{
    uint32_t                 i;
    const ag_json_member_t  *member;

    for (i = 0; i < json->count; i++) {
        member = &json->members[i];

        if (member->hash == hash && ag_json_has_name(member, name)) {
            return member;
        }
    }

    return NULL;
}


/*
 * Anybody can make keys that collide, and need not be stopped: 128 keys of
 * 256 bytes, all compared with all, take some milliseconds.
 */
uint32_t
ag_json_hash(ag_str_t name)
{
    size_t    i;
    uint64_t  hash, tail;

    hash = name.len;
    tail = 0;

    for (i = 0; name.len - i >= 8; i += 8) {
        hash = (hash ^ ag_word(name.data + i)) * AG_JSON_MIX;
        hash ^= hash >> 32;
    }

    for ( /* void */ ; i < name.len; i++) {
        tail = tail << 8 | name.data[i];
    }

    return (uint32_t) (((hash ^ tail) * AG_JSON_MIX) >> 32);
}


size_t
ag_json_decode(ag_str_t value, ag_char_t *out, size_t size)
{
    size_t            n, len;
    ag_char_t         one[4];
    const ag_char_t  *p, *end, *next;

    if (value.len <= 2) {
        return 0;
    }

    len = 0;
    p = value.data + 1;
    end = value.data + value.len - 1;

    for ( ;; ) {
        next = memchr(p, '\\', (size_t) (end - p));
        n = (size_t) ((next != NULL ? next : end) - p);

        if (n > size - len) {
            return (size_t) -1;
        }

        if (n > 0) {
            memcpy(out + len, p, n);
            len += n;
        }

        if (next == NULL) {
            return len;
        }

        p = ag_json_unescape(next + 1, one, &n);

        if (n > size - len) {
            return (size_t) -1;
        }

        memcpy(out + len, one, n);
        len += n;
    }
}


int
ag_json_integer(ag_str_t value, int64_t min, int64_t max, int64_t *out)
{
    size_t   i;
    int      digit, negative;
    int64_t  number;

    negative = (value.len > 0 && value.data[0] == '-');
    number = 0;
    i = (size_t) negative;

    if (i == value.len) {
        return AG_INVALID;
    }

    /* counted below zero, where there is room for INT64_MIN */

    for ( /* void */ ; i < value.len; i++) {
        digit = value.data[i] - '0';

        if (digit < 0 || digit > 9 || number < (INT64_MIN + digit) / 10) {
            return AG_INVALID;
        }

        number = number * 10 - digit;
    }

    if (!negative) {
        if (number == INT64_MIN) {
            return AG_INVALID;
        }

        number = -number;
    }

    if (number < min || number > max) {
        return AG_INVALID;
    }

    *out = number;

    return AG_OK;
}


yyjson_val *
ag_json_path(yyjson_val *value, ...)
{
    va_list      keys;
    const char  *key;

    va_start(keys, value);

    while (value != NULL && (key = va_arg(keys, const char *)) != NULL) {
        value = yyjson_obj_get(value, key);
    }

    va_end(keys);

    return value;
}


ag_str_t
ag_json_text(yyjson_val *value)
{
    if (!yyjson_is_str(value)) {
        return ag_str(NULL, 0);
    }

    return ag_str(yyjson_get_str(value), yyjson_get_len(value));
}


uint64_t
ag_json_count(yyjson_val *value, uint64_t max)
{
    uint64_t     number;
    const char  *digits;

    if (yyjson_is_raw(value)) {

        /* past 64 bits, and so past any maximum */

        digits = yyjson_get_raw(value);

        return (strspn(digits, "0123456789") == yyjson_get_len(value)) ? max
                                                                       : 0;
    }

    number = yyjson_is_uint(value) ? yyjson_get_uint(value) : 0;

    return (number > max) ? max : number;
}


static int
ag_json_has_name(const ag_json_member_t *member, ag_str_t name)
{
    size_t     n;
    ag_char_t  decoded[AG_JSON_KEY_MAX];

    if (!member->escaped) {
        return ag_str_equal(member->key, name);
    }

    n = ag_json_decode(ag_str(member->key.data - 1, member->key.len + 2),
                       decoded, sizeof(decoded));

    return ag_str_equal(ag_str(decoded, n), name);
}


/*
 * Decodes what follows a backslash: 1 to 4 bytes, "*len" of them, to "out".
 * Returns what follows it.  Trusts the scanner that it is well formed.
 */
static const ag_char_t *
ag_json_unescape(const ag_char_t *p, ag_char_t *out, size_t *len)
{
    uint32_t           code;
    const char        *at;
    static const char  from[] = "bfnrt", to[] = "\b\f\n\r\t";

    if (*p != 'u') {
        at = strchr(from, *p);
        out[0] = (at != NULL) ? (ag_char_t) to[at - from] : *p;
        *len = 1;

        return p + 1;
    }

    code = ag_json_hex(p + 1);
    p += 5;

    if ((code & 0xf800) == 0xd800) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (ag_json_hex(p + 2) & 0x3ff);
        p += 6;
    }

    *len = ag_json_encode(code, out);

    return p;
}


/* Four digits that are known to be hexadecimal. */
static uint32_t
ag_json_hex(const ag_char_t *p)
{
    int       i;
    uint32_t  code;

    code = 0;

    for (i = 0; i < 4; i++) {
        code = (code << 4) + (p[i] & 15u) + (p[i] > '9' ? 9 : 0);
    }

    return code;
}


/* Writes a character as UTF-8; returns how many bytes it takes. */
static size_t
ag_json_encode(uint32_t code, ag_char_t *out)
{
    size_t                  i, n;
    static const ag_char_t  lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    n = (code < 0x80) ? 1 : (code < 0x800) ? 2 : (code < 0x10000) ? 3 : 4;

    for (i = n; i > 1; i--) {
        out[i - 1] = (ag_char_t) (0x80 | (code & 0x3f));
        code >>= 6;
    }

    out[0] = (ag_char_t) (lead[n] | code);

    return n;
}
