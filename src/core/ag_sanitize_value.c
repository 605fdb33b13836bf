/*
 * Copyright (C) ngx_agent authors
 *
 * Secrets that their name announces: "password=...", "api_key: ...",
 * "Authorization: Bearer ...", in prose, URLs, headers, JSON and JSON within
 * JSON.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_QUOTES_MAX   40     /* bytes of \\\" and [ before a
                                           value */
#define AG_SANITIZE_WEAK_MIN     6      /* characters of a likely secret */


static ag_sanitize_secrecy_t ag_sanitize_secrecy_at(
    const ag_sanitize_scan_t *s, const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_start(ag_str_t name, size_t n);
static const ag_char_t *ag_sanitize_separator(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_field_t *field);
static const ag_char_t *ag_sanitize_listed(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_separator_escaped(
    const ag_sanitize_scan_t *s, const ag_char_t *p);
static void ag_sanitize_open(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_field_t *field);


/*
 * Names of secrets by their last letter, and how secret the value is:
 *
 *   !  a secret; a longer name may end with the word ("PGPASSWORD")
 *   .  a secret, where a part of the name starts with the word ("user_pwd")
 *   ?  the same, but only what looks random, unless a qualifier stands before
 *   ~  a secret up to the end of the line
 *
 * Longer words stand before those that they end with.
 */
static const char *const  ag_sanitize_secrets[128] = {
    ['d'] = "password! passwd! pwd. pw. sessionid? sid? keyid?",
    ['e'] = "passphrase! passcode. signature? setcookie~ cookie~",
    ['g'] = "connectionstring! sig?",
    ['h'] = "auth?",
    ['l'] = "credential!",
    ['n'] = "authorization! session? token?",
    ['s'] = "credentials! pass?",
    ['t'] = "secret! jwt.",
    ['y'] = "apikey! accesskey! accountkey! secretkey! privatekey! key?"
};

/* What makes a secret of a key or a token: "auth_key", "Access token". */
static const char *const  ag_sanitize_qualifiers[128] = {
    ['d'] = "id",
    ['e'] = "private storage service",
    ['g'] = "signing",
    ['h'] = "auth refresh",
    ['i'] = "api",
    ['n'] = "admin encryption session subscription",
    ['r'] = "bearer master user",
    ['s'] = "access functions",
    ['t'] = "account bot client secret",
    ['y'] = "security"
};

/* "API key provided: ..." */
static const char *const  ag_sanitize_given[128] = {
    ['g'] = "given", ['p'] = "provided passed", ['r'] = "received",
    ['s'] = "supplied", ['u'] = "used"
};

static const char *const  ag_sanitize_things[128] = {
    ['c'] = "credential credentials", ['k'] = "key", ['p'] = "password",
    ['s'] = "secret", ['t'] = "token"
};


/*
 * Cheap questions first: most names that end like one of a secret have no
 * value behind them.
 */
const ag_char_t *
ag_sanitize_value(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t        *q, *end;
    ag_sanitize_field_t     field;
    ag_sanitize_secrecy_t   secrecy;

    memset(&field, 0, sizeof(field));
    q = ag_sanitize_separator(s, e, &field);

    if (q == NULL) {
        return NULL;
    }

    secrecy = ag_sanitize_secrecy_at(s, p, e);

    if (secrecy == AG_SANITIZE_OPEN) {
        return NULL;
    }

    ag_sanitize_open(s, q, &field);

    if (secrecy == AG_SANITIZE_LIKELY || field.listed) {
        end = ag_sanitize_likely_end(s, field.start);

        if (!ag_sanitize_is_random(
                ag_str(field.start, (size_t) (end - field.start)),
                AG_SANITIZE_WEAK_MIN))
        {
            return NULL;
        }
    }

    if (ag_sanitize_is_harmless(s, &field)) {
        return NULL;
    }

    end = ag_sanitize_value_end(s, &field, secrecy);

    if (end == field.start) {
        return NULL;
    }

    return ag_sanitize_put(s, field.start, end, AG_SANITIZE_REDACTED);
}


ag_sanitize_secrecy_t
ag_sanitize_secrecy(ag_str_t name)
{
    char    mark;
    size_t  n;

    n = ag_sanitize_ends_listed(ag_sanitize_secrets, name, &mark);

    if (n == 0) {
        return AG_SANITIZE_OPEN;
    }

    if (mark == '!') {
        return AG_SANITIZE_SECRET;
    }

    if (mark == '~') {
        return AG_SANITIZE_LINE;
    }

    if (!ag_sanitize_is_start(name, n)) {
        return AG_SANITIZE_OPEN;
    }

    if (mark == '.') {
        return AG_SANITIZE_SECRET;
    }

    name.len -= n;

    while (name.len > 0
           && !ag_sanitize_is(name.data[name.len - 1], AG_SANITIZE_ALNUM))
    {
        name.len--;
    }

    n = ag_sanitize_ends_listed(ag_sanitize_qualifiers, name, NULL);

    return (n > 0 && ag_sanitize_is_start(name, n))
           ? AG_SANITIZE_SECRET : AG_SANITIZE_LIKELY;
}


/*
 * Does a part of the name start "n" bytes before its end?  "monkey" is no
 * key, but "myKey" is one.
 */
static unsigned
ag_sanitize_is_start(ag_str_t name, size_t n)
{
    const ag_char_t  *p;

    p = name.data + name.len - n;

    return n == name.len || !ag_sanitize_is(p[-1], AG_SANITIZE_ALNUM)
           || (ag_sanitize_is(*p, AG_SANITIZE_UPPER)
               && !ag_sanitize_is(p[-1], AG_SANITIZE_UPPER));
}


/* The secrecy of what the name p..e announces, with the word before it. */
static ag_sanitize_secrecy_t
ag_sanitize_secrecy_at(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_str_t               name;
    ag_char_t              before;
    ag_sanitize_secrecy_t  secrecy;

    name = ag_str(p, (size_t) (e - p));
    secrecy = ag_sanitize_secrecy(name);
    before = ag_sanitize_previous(s, p);

    /* in the query of a URL nobody puts the key of a map */

    if (secrecy == AG_SANITIZE_LIKELY && (before == '?' || before == '&')) {
        return AG_SANITIZE_SECRET;
    }

    if (secrecy >= AG_SANITIZE_SECRET || s->last.len == 0
        || s->last.data + s->last.len + 1 != p || p[-1] != ' ')
    {
        return secrecy;
    }

    /* "API key: ..." */

    if (secrecy == AG_SANITIZE_LIKELY) {
        return ag_sanitize_secrecy(ag_str(s->last.data,
                                          (size_t) (e - s->last.data)));
    }

    return (ag_sanitize_is_listed(ag_sanitize_given, name)
            && ag_sanitize_is_listed(ag_sanitize_things, s->last))
           ? AG_SANITIZE_SECRET : AG_SANITIZE_OPEN;
}


/*
 * What stands behind the ":" or "=" that follows a name at "p" and its
 * closing quote; NULL if there is none.
 */
static const ag_char_t *
ag_sanitize_separator(const ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_sanitize_field_t *field)
{
    int  n;

    /* "key\\\": ", headers['key'] = */

    for (n = 0; n < AG_SANITIZE_QUOTES_MAX && p < s->end; n++, p++) {
        if (*p != '"' && *p != '\'' && *p != '`' && *p != ']'
            && (*p != '\\' || p + 1 == s->end || p[1] == 'u'))
        {
            break;
        }
    }

    p = ag_sanitize_skip_spaces(s, p);

    switch (ag_sanitize_at(s, p)) {

    case '=':
        field->assigned = 1;
        p++;
        p += (ag_sanitize_at(s, p) == '=' || ag_sanitize_at(s, p) == '>');
        return p;

    case ':':
        p++;

        if (ag_sanitize_at(s, p) == '=') {
            field->assigned = 1;
            return p + 1;
        }

        /* "Key::new()" and "token://" assign nothing */

        return (ag_sanitize_at(s, p) == ':'
                || (p + 1 < s->end && p[0] == '/' && p[1] == '/'))
               ? NULL : p;

    case ',':
        field->listed = 1;
        return (n > 0) ? ag_sanitize_listed(s, p) : NULL;

    default:
        return ag_sanitize_separator_escaped(s, p);
    }
}


/* ('x-api-key', '...'): the value, but that may be a list of names, too. */
static const ag_char_t *
ag_sanitize_listed(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t         c;
    const ag_char_t  *q;

    if (p[-1] != '\'' && p[-1] != '"') {
        return NULL;
    }

    q = ag_sanitize_skip_spaces(s, p + 1);
    c = ag_sanitize_at(s, q);

    return (c == p[-1] || c == '\\' || c == 'b') ? q : NULL;
}


/* The same for %3D, \u003d and their like. */
static const ag_char_t *
ag_sanitize_separator_escaped(const ag_sanitize_scan_t *s,
    const ag_char_t *p)
{
    size_t                    i;
    static const char *const  escaped[] = {
        "%3a", "%3d", "\\u003a", "\\u003d", "\xef\xbc\x9a"
    };

    for (i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
        if (ag_sanitize_starts(s, p, escaped[i])) {
            return p + strlen(escaped[i]);
        }
    }

    return NULL;
}


/* Finds the value behind a separator at "p", its quote and its scheme. */
static void
ag_sanitize_open(const ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_sanitize_field_t *field)
{
    int               n;
    size_t            slashes;
    const ag_char_t  *q;

    p = ag_sanitize_skip_spaces(s, p);
    slashes = 0;

    for (n = 0; n < AG_SANITIZE_QUOTES_MAX && p < s->end; n++, p++) {

        if (ag_sanitize_starts(s, p, AG_SANITIZE_REDACTED)) {
            break;
        }

        if (*p == '\\') {
            slashes++;

        } else if (*p == '"' || *p == '\'' || *p == '`') {
            field->quote = *p;
            field->slashes = slashes;
            p++;
            break;

        } else if (*p != '['
                   && !((*p == 'b' || *p == 'u' || *p == 'r')
                        && p + 1 < s->end
                        && (p[1] == '\'' || p[1] == '"')))
        {
            break;      /* Python: b'...' */
        }
    }

    /* without a quote they are the value's own */

    p = (field->quote == '\0') ? p - slashes : p;

    /* at most two: "Authorization: Token Bearer ..." */

    for (n = 0; n < 2; n++) {
        q = ag_sanitize_skip_scheme(s, p);

        if (q == NULL) {
            break;
        }

        p = q;
    }

    field->start = p;
}


int
ag_sanitize_is_secret(ag_str_t value, ag_sanitize_secrecy_t secrecy)
{
    ag_sanitize_scan_t   s;
    ag_sanitize_field_t  field;

    if (secrecy == AG_SANITIZE_OPEN || value.len == 0) {
        return 0;
    }

    memset(&s, 0, sizeof(s));
    s.start = value.data;
    s.end = value.data + value.len;

    memset(&field, 0, sizeof(field));
    field.assigned = 1;
    ag_sanitize_open(&s, s.start, &field);

    if (ag_sanitize_is_harmless(&s, &field)) {
        return 0;
    }

    return secrecy != AG_SANITIZE_LIKELY
           || ag_sanitize_is_random(value, AG_SANITIZE_WEAK_MIN);
}
