/*
 * Copyright (C) ngx_agent authors
 *
 * Hosts that look like any other word, but the words around them, which are
 * those of system libraries and of HTTP clients, call them hosts.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_GAP_MAX  20     /* bytes between "host" and its name */


static unsigned ag_sanitize_is_shape(const ag_sanitize_scan_t *s,
    const ag_char_t *gap, const ag_char_t *p, const ag_char_t *e);


/* Words behind which a host may stand. */
static const char *const  ag_sanitize_before[128] = {
    ['a'] = "at", ['e'] = "enotfound eai_again", ['h'] = "host hostname",
    ['l'] = "lookup", ['n'] = "name", ['r'] = "resolve", ['t'] = "to"
};

/* What is "at" a host. */
static const char *const  ag_sanitize_things[128] = { ['s'] = "server" };

/* Words that are no host, whatever stands around them. */
static const char *const  ag_sanitize_words[128] = {
    ['a'] = "a address after and any", ['b'] = "by",
    ['d'] = "default", ['e'] = "error", ['f'] = "failed failure for from",
    ['h'] = "header host http https",
    ['i'] = "in invalid is it", ['l'] = "local",
    ['m'] = "missing", ['n'] = "name not", ['o'] = "of on",
    ['p'] = "port", ['r'] = "redacted remote", ['s'] = "same",
    ['t'] = "table tables tcp that the this to",
    ['u'] = "unknown unreachable", ['w'] = "was with", ['y'] = "your"
};


/*
 * host='db', "host: db", "getaddrinfo ENOTFOUND db", "lookup db on ...",
 * "host name 'db'", "Failed to resolve 'db'", "server at 'db'", "connect to
 * db port 8000"
 */
unsigned
ag_sanitize_is_announced(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_str_t          name, host;
    const ag_char_t  *q, *gap;

    name = s->last;
    gap = name.data + name.len;

    if (p == gap || p - gap > AG_SANITIZE_GAP_MAX) {
        return 0;
    }

    for (q = gap; q < p; q++) {
        if (!ag_sanitize_is_gap(*q)) {
            return 0;
        }
    }

    if (!ag_sanitize_is_shape(s, gap, p, e)) {
        return 0;
    }

    host = ag_str(p, (size_t) (e - p));

    return ag_sanitize_is_listed(ag_sanitize_before, name)
           && ag_sanitize_is_host_name(host)
           && !ag_sanitize_is_listed(ag_sanitize_words, host);
}


/* Do the bytes around the name p..e fit to the word before the gap? */
static unsigned
ag_sanitize_is_shape(const ag_sanitize_scan_t *s, const ag_char_t *gap,
    const ag_char_t *p, const ag_char_t *e)
{
    unsigned  quoted, spaced;

    quoted = (p[-1] == '"' || p[-1] == '\'');
    spaced = (p - gap == 1 && *gap == ' ');

    switch (s->last.data[0] | 0x20) {

    case 'h':

        /* "host: header is missing" is a sentence */

        return quoted || p[-1] == '='
               || (*gap == ':'
                   && ((s->kinds & (AG_SANITIZE_DIGIT | AG_SANITIZE_DASH))
                       || !ag_sanitize_is_word_at(s, e)));

    case 'e':
        return spaced;

    case 'l':
        return spaced && (ag_sanitize_starts(s, e, " on ")
                          || ag_sanitize_at(s, e) == ':');

    case 't':
        return spaced && ag_sanitize_starts(s, e, " port ");

    case 'n':
        return quoted && s->older.data + s->older.len + 1 == s->last.data
               && ag_sanitize_is_listed(ag_sanitize_before, s->older)
               && (s->older.data[0] | 0x20) == 'h';

    case 'a':
        return quoted && ag_sanitize_is_listed(ag_sanitize_things, s->older);

    default:
        return quoted;
    }
}
