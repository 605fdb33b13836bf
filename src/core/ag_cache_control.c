/*
 * Copyright (C) ngx_agent authors
 *
 * Reads a request's cache-control.  What cannot be understood counts as the
 * strictest that it could mean: a client that asks for less of the cache than
 * it needs waits, one that gets more may be told something wrong.
 */


#include "core/ag_cache_rule.h"


#define AG_CACHE_CONTROL_AGE  (AG_CACHE_ANY - 1)    /* s; more counts as it */


/* One directive, and how to read on. */
typedef struct {
    ag_str_t   name;
    ag_str_t   value;               /* without its quotes; empty: none */
    unsigned   bare:1;              /* a quote was not closed: from there on
                                       all commas count, and nobody looks for
                                       its end again */
} ag_cache_control_word_t;


static const ag_char_t *ag_cache_control_word(ag_cache_control_word_t *word,
    const ag_char_t *p, const ag_char_t *end);
static const ag_char_t *ag_cache_control_comma(ag_cache_control_word_t *word,
    const ag_char_t *p, const ag_char_t *end);
static const ag_char_t *ag_cache_control_quote(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_cache_control_space(const ag_char_t *p,
    const ag_char_t *end);
static ag_str_t ag_cache_control_trim(const ag_char_t *p,
    const ag_char_t *end);
static unsigned ag_cache_control_is(ag_str_t name, const char *literal);
static unsigned ag_cache_control_in_token(ag_char_t c);
static uint64_t ag_cache_control_seconds(ag_str_t value);


void
ag_cache_control_init(ag_cache_control_t *control)
{
    memset(control, 0, sizeof(ag_cache_control_t));
    control->max_age = AG_CACHE_ANY;
}


void
ag_cache_control_read(ag_cache_control_t *control, ag_str_t value)
{
    uint64_t                  age;
    const ag_char_t          *p, *end;
    ag_cache_control_word_t   word;

    if (value.len == 0) {
        return;
    }

    p = value.data;
    end = p + value.len;
    word.bare = 0;

    while (p < end) {
        p = ag_cache_control_word(&word, p, end);

        if (ag_cache_control_is(word.name, "no-cache")) {
            control->no_cache = 1;

        } else if (ag_cache_control_is(word.name, "no-store")) {
            control->no_store = 1;

        } else if (ag_cache_control_is(word.name, "only-if-cached")) {
            control->only_if_cached = 1;

        } else if (ag_cache_control_is(word.name, "max-age")) {
            age = ag_cache_control_seconds(word.value);

            if (age < control->max_age) {
                control->max_age = age;
            }
        }
    }
}


/* Reads on from "p"; returns where the next directive begins. */
static const ag_char_t *
ag_cache_control_word(ag_cache_control_word_t *word, const ag_char_t *p,
    const ag_char_t *end)
{
    const ag_char_t  *start, *comma;

    start = ag_cache_control_space(p, end);

    for (p = start; p < end && ag_cache_control_in_token(*p); /* void */ ) {
        p++;
    }

    word->name = ag_str(start, (size_t) (p - start));
    word->value = ag_str(p, 0);

    comma = ag_cache_control_comma(word, p, end);
    p = ag_cache_control_space(p, comma);

    if (p < comma && *p == '=') {
        word->value = ag_cache_control_trim(p + 1, comma);
        p = word->value.data;

        /* quotes or backslashes within make it no number, and need no care */

        if (word->value.len > 1
            && p[0] == '"'
            && p[word->value.len - 1] == '"')
        {
            word->value = ag_str(p + 1, word->value.len - 2);
        }
    }

    return (comma < end) ? comma + 1 : end;
}


/*
 * The next comma that is not in quotes, or the end.  Quotes that are not
 * closed hide nothing: a "no-store" behind them was meant.
 */
static const ag_char_t *
ag_cache_control_comma(ag_cache_control_word_t *word, const ag_char_t *p,
    const ag_char_t *end)
{
    const ag_char_t  *close;

    for ( /* void */ ; p < end && *p != ','; p++) {
        if (*p != '"' || word->bare) {
            continue;
        }

        close = ag_cache_control_quote(p, end);

        if (close == NULL) {
            word->bare = 1;

        } else {
            p = close;
        }
    }

    return p;
}


/* The quote that closes the one at "p", or NULL. */
static const ag_char_t *
ag_cache_control_quote(const ag_char_t *p, const ag_char_t *end)
{
    for (p++; p < end; p++) {
        if (*p == '"') {
            return p;
        }

        if (*p == '\\') {
            p++;
        }
    }

    return NULL;
}


static const ag_char_t *
ag_cache_control_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    return p;
}


static ag_str_t
ag_cache_control_trim(const ag_char_t *p, const ag_char_t *end)
{
    p = ag_cache_control_space(p, end);

    while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    return ag_str(p, (size_t) (end - p));
}


/* "literal" is of small letters and hyphens. */
static unsigned
ag_cache_control_is(ag_str_t name, const char *literal)
{
    size_t     i;
    ag_char_t  c;

    if (name.len != strlen(literal)) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (ag_char_t) literal[i]) {
            return 0;
        }
    }

    return 1;
}


/* RFC 9110, section 5.6.2. */
static unsigned
ag_cache_control_in_token(ag_char_t c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}


/* RFC 9111, section 1.2.2.  What is not a number is 0: the client wants an
 * answer of some youth, and we do not know which. */
static uint64_t
ag_cache_control_seconds(ag_str_t value)
{
    size_t    i;
    uint64_t  seconds, digit;

    seconds = 0;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }

        digit = (uint64_t) (value.data[i] - '0');

        if (seconds > (AG_CACHE_CONTROL_AGE - digit) / 10) {
            seconds = AG_CACHE_CONTROL_AGE;

        } else {
            seconds = seconds * 10 + digit;
        }
    }

    return seconds;
}
