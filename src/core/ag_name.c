/*
 * Copyright (C) ngx_agent authors
 *
 * Decides what a name may look like and whether a pattern covers it.  There
 * is one kind of pattern, the prefix: regular expressions in a list of
 * allowed models are how somebody gets a model that nobody meant.
 */


#include "core/ag_caps.h"
#include "core/ag_name.h"


#define AG_NAME_TEXT(number)    AG_NAME_DIGITS(number)
#define AG_NAME_DIGITS(number)  #number

#define AG_NAME_OFFSET  UINT32_C(2166136261)    /* FNV-1a, 32 bits */
#define AG_NAME_PRIME   UINT32_C(16777619)


static int ag_name_character(ag_char_t c);


static const struct {
    size_t       max;           /* bytes */
    int          slash;
    int          star;
    const char  *allowed;
} ag_name_kinds[] = {

    { AG_MODEL_NAME_SHOWN_MAX, 0, 0,
      "allowed are 1 to " AG_NAME_TEXT(AG_MODEL_NAME_SHOWN_MAX)
      " characters of A-Z a-z 0-9 . _ : @ + -" },

    { AG_MODEL_NAME_MAX, 1, 0,
      "allowed are 1 to " AG_NAME_TEXT(AG_MODEL_NAME_MAX)
      " characters of A-Z a-z 0-9 . _ : / @ + -" },

    { AG_MODEL_NAME_MAX, 1, 1,
      "allowed are 1 to " AG_NAME_TEXT(AG_MODEL_NAME_MAX)
      " characters of A-Z a-z 0-9 . _ : / @ + -, and one * at the end" }
};


const char *
ag_name_refuse(ag_str_t name, ag_name_kind_t kind)
{
    size_t  i, len;

    len = name.len;

    if (len == 0 || len > ag_name_kinds[kind].max) {
        return ag_name_kinds[kind].allowed;
    }

    if (ag_name_kinds[kind].star && ag_name_is_pattern(name)) {
        len--;
    }

    for (i = 0; i < len; i++) {
        if (ag_name_character(name.data[i])
            || (name.data[i] == '/' && ag_name_kinds[kind].slash))
        {
            continue;
        }

        return ag_name_kinds[kind].allowed;
    }

    return NULL;
}


int
ag_name_is_pattern(ag_str_t name)
{
    return name.len != 0 && name.data[name.len - 1] == '*';
}


int
ag_name_matches(ag_str_t pattern, ag_str_t name)
{
    if (!ag_name_is_pattern(pattern)) {
        return ag_str_equal(pattern, name);
    }

    pattern.len--;

    return name.len >= pattern.len
           && memcmp(name.data, pattern.data, pattern.len) == 0;
}


int
ag_name_overlaps(ag_str_t a, ag_str_t b)
{
    size_t  shorter;

    if (!ag_name_is_pattern(b)) {
        return ag_name_matches(a, b);
    }

    if (!ag_name_is_pattern(a)) {
        return ag_name_matches(b, a);
    }

    /* two prefixes: the longer one must begin with the shorter one */

    shorter = ((a.len < b.len) ? a.len : b.len) - 1;

    return memcmp(a.data, b.data, shorter) == 0;
}


uint32_t
ag_name_hash(ag_str_t name)
{
    size_t    i;
    uint32_t  hash;

    hash = AG_NAME_OFFSET;

    for (i = 0; i < name.len; i++) {
        hash = (hash ^ name.data[i]) * AG_NAME_PRIME;
    }

    return hash;
}


static int
ag_name_character(ag_char_t c)
{
    return (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || c == '.' || c == '_' || c == ':'
           || c == '@' || c == '+' || c == '-';
}
