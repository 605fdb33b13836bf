/*
 * Copyright (C) ngx_agent authors
 *
 * A look at a pattern before PCRE2 sees it: for what must be refused, and for
 * what the count of a match must know.  What is merely wrong is left for
 * PCRE2 to say.
 *
 * Refuses what ECMA-262 does not have: most of it is a way around the count,
 * and all of it would mean something else to those who read the same schema.
 */


#include "core/ag_caps.h"
#include "core/ag_regex_parts.h"


#define AG_REGEX_READ_UNSEEN  65535     /* characters that PCRE2 compares at
                                           most for an item of fixed length */


static void ag_regex_read_class(ag_regex_read_t *read);
static void ag_regex_read_escape(ag_regex_read_t *read);
static void ag_regex_read_group(ag_regex_read_t *read);
static void ag_regex_read_repeat(ag_regex_read_t *read);
static int ag_regex_read_next(const ag_regex_read_t *read, size_t ahead);


int
ag_regex_read(ag_regex_read_t *read)
{
    if (read->pattern.len > AG_REGEX_MAX) {
        read->error = "is longer than allowed";
        read->at = AG_REGEX_MAX;

        return AG_LIMIT;
    }

    while (read->at < read->pattern.len) {

        switch (read->pattern.data[read->at]) {

        case '\\':
            ag_regex_read_escape(read);
            break;

        case '[':
            ag_regex_read_class(read);
            break;

        case '(':
            ag_regex_read_group(read);
            break;

        case '{':
            ag_regex_read_repeat(read);
            break;
        }

        if (read->error != NULL) {
            return AG_INVALID;
        }

        read->at++;
    }

    return AG_OK;
}


/* Goes from "[" to its "]"; "[]" is empty, as in ECMA-262. */
static void
ag_regex_read_class(ag_regex_read_t *read)
{
    while (ag_regex_read_next(read, 1) != ']'
           && ag_regex_read_next(read, 1) != -1)
    {
        read->at++;

        if (read->pattern.data[read->at] == '\\') {
            ag_regex_read_escape(read);

            if (read->error != NULL) {
                return;
            }
        }
    }

    read->at++;
}


/* Goes to the character behind a backslash. */
static void
ag_regex_read_escape(ag_regex_read_t *read)
{
    int                letter;
    static const char  known[] = "bBcdDfknpPrsStuvwWx";

    letter = ag_regex_read_next(read, 1);

    if (((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))
        && strchr(known, letter) == NULL)
    {
        read->error = "has an escape that ECMA-262 does not know";
        return;
    }

    if (letter == 'k' || (letter >= '1' && letter <= '9')) {
        read->captures = 1;
        read->unseen = AG_REGEX_READ_UNSEEN;
    }

    read->at++;
}


static void
ag_regex_read_group(ag_regex_read_t *read)
{
    int     kind, flag;
    size_t  i;

    if (ag_regex_read_next(read, 1) == '*') {
        read->error = "has a verb that ECMA-262 does not know";
        return;
    }

    if (ag_regex_read_next(read, 1) != '?') {
        return;
    }

    kind = ag_regex_read_next(read, 2);
    flag = kind;

    /* flags, but for "x": a "[" in its comments would open no class */

    for (i = 3; flag > '\0' && strchr("ims-", flag) != NULL; i++) {
        flag = ag_regex_read_next(read, i);
    }

    if (kind <= '\0' || strchr(":=!<>ims-", kind) == NULL
        || (i > 3 && flag != ':' && flag != ')'))
    {
        read->error = "has a group that ECMA-262 does not know";
        return;
    }

    /* a look behind goes back before it compares */

    if (kind == '<' && read->unseen < read->pattern.len) {
        read->unseen = read->pattern.len;
    }
}


/* How often an item must match before anything else is tried. */
static void
ag_regex_read_repeat(ag_regex_read_t *read)
{
    int       digit;
    size_t    i;
    uint64_t  times;

    times = 0;

    for (i = 1; times < AG_REGEX_READ_UNSEEN; i++) {
        digit = ag_regex_read_next(read, i) - '0';

        if (digit < 0 || digit > 9) {
            break;
        }

        times = times * 10 + (uint64_t) digit;
    }

    read->unseen = (times > read->unseen) ? times : read->unseen;
}


/* The byte that stands "ahead" of here, -1 behind the end. */
static int
ag_regex_read_next(const ag_regex_read_t *read, size_t ahead)
{
    if (read->pattern.len - read->at <= ahead) {
        return -1;
    }

    return read->pattern.data[read->at + ahead];
}
