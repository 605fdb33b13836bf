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
#define AG_SANITIZE_BEARER_MIN   6
#define AG_SANITIZE_BASIC_MIN    8
#define AG_SANITIZE_LOOK_MAX     32     /* of a scheme */


static ag_sanitize_secrecy_t ag_sanitize_secrecy_at(
    const ag_sanitize_scan_t *s, const ag_char_t *p, const ag_char_t *e);
static size_t ag_sanitize_ends_word(const char *const *lists, ag_str_t name);
static const ag_char_t *ag_sanitize_separator(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_field_t *field);
static const ag_char_t *ag_sanitize_separator_escaped(
    const ag_sanitize_scan_t *s, const ag_char_t *p);
static void ag_sanitize_open(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_field_t *field);
static const ag_char_t *ag_sanitize_skip_scheme(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_skip_blank(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_token(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e, unsigned bearer);


/* Names of secrets by their last letter; a longer name may end with one. */
static const char *const  ag_sanitize_secrets[128] = {
    ['d'] = "password passwd",
    ['e'] = "passphrase",
    ['g'] = "connectionstring",
    ['l'] = "credential",
    ['n'] = "authorization",
    ['s'] = "credentials",
    ['t'] = "secret",
    ['y'] = "apikey accesskey accountkey secretkey privatekey"
};

/* The same, where a word of the name must start with it. */
static const char *const  ag_sanitize_secret_words[128] = {
    ['d'] = "pwd pw", ['e'] = "passcode", ['t'] = "jwt"
};

/* What is a secret if it looks random, or ... */
static const char *const  ag_sanitize_likely_words[128] = {
    ['d'] = "sid sessionid keyid", ['e'] = "signature", ['g'] = "sig",
    ['h'] = "auth", ['n'] = "token session", ['s'] = "pass", ['y'] = "key"
};

/* ... if such a word stands before it: "api_key", "Access token". */
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

/* What names a secret from there to the end of its line. */
static const char *const  ag_sanitize_line_words[128] = {
    ['e'] = "cookie setcookie"
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

/* What stands between "Authorization:" and its value. */
static const char *const  ag_sanitize_schemes[128] = {
    ['a'] = "apikey api-key aws4-hmac-sha256", ['b'] = "bearer basic bot",
    ['d'] = "digest", ['h'] = "hmac", ['k'] = "key", ['n'] = "negotiate",
    ['o'] = "oauth", ['s'] = "sso-key signature", ['t'] = "token"
};


const ag_char_t *
ag_sanitize_value(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t               before;
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

    before = ag_sanitize_previous(s, p);

    if (before == '?' || before == '&') {
        secrecy = AG_SANITIZE_SECRET;
    }

    if (field.listed) {
        secrecy = AG_SANITIZE_LIKELY;
    }

    ag_sanitize_open(s, q, &field);

    if (ag_sanitize_is_harmless(s, &field)) {
        return NULL;
    }

    if (secrecy == AG_SANITIZE_LIKELY) {
        end = ag_sanitize_likely_end(s, field.start);

        if (!ag_sanitize_is_random(
                ag_str(field.start, (size_t) (end - field.start)),
                AG_SANITIZE_WEAK_MIN))
        {
            return NULL;
        }
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
    size_t  n;

    if (ag_sanitize_ends_listed(ag_sanitize_secrets, name) > 0
        || ag_sanitize_ends_word(ag_sanitize_secret_words, name) > 0)
    {
        return AG_SANITIZE_SECRET;
    }

    if (ag_sanitize_ends_listed(ag_sanitize_line_words, name) > 0) {
        return AG_SANITIZE_LINE;
    }

    n = ag_sanitize_ends_word(ag_sanitize_likely_words, name);

    if (n == 0) {
        return AG_SANITIZE_OPEN;
    }

    name.len -= n;

    while (name.len > 0
           && !ag_sanitize_is(name.data[name.len - 1], AG_SANITIZE_ALNUM))
    {
        name.len--;
    }

    return (ag_sanitize_ends_word(ag_sanitize_qualifiers, name) > 0)
           ? AG_SANITIZE_SECRET : AG_SANITIZE_LIKELY;
}


/* As ag_sanitize_ends_listed(); "monkey" is no key, but "myKey" is one. */
static size_t
ag_sanitize_ends_word(const char *const *lists, ag_str_t name)
{
    size_t            n;
    const ag_char_t  *p;

    n = ag_sanitize_ends_listed(lists, name);

    if (n == 0 || n == name.len) {
        return n;
    }

    p = name.data + name.len - n;

    if (!ag_sanitize_is(p[-1], AG_SANITIZE_ALNUM)
        || (ag_sanitize_is(*p, AG_SANITIZE_UPPER)
            && !ag_sanitize_is(p[-1], AG_SANITIZE_UPPER)))
    {
        return n;
    }

    return 0;
}


/* The secrecy of what the name p..e announces, with the word before it. */
static ag_sanitize_secrecy_t
ag_sanitize_secrecy_at(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_str_t               name;
    ag_sanitize_secrecy_t  secrecy;

    name = ag_str(p, (size_t) (e - p));
    secrecy = ag_sanitize_secrecy(name);

    if (secrecy >= AG_SANITIZE_SECRET || s->last.len == 0
        || s->last.data + s->last.len + 1 != p || p[-1] != ' ')
    {
        return secrecy;
    }

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
    int               n;
    const ag_char_t  *q;

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

        return (ag_sanitize_at(s, p) == ':'
                || (p + 1 < s->end && p[0] == '/' && p[1] == '/'))
               ? NULL : p;

    case ',':

        /* ('x-api-key', '...'), but also a list of names in quotes */

        field->listed = 1;
        q = ag_sanitize_skip_spaces(s, p + 1);

        return (n > 0 && (p[-1] == '\'' || p[-1] == '"')
                && (ag_sanitize_at(s, q) == p[-1]
                    || ag_sanitize_at(s, q) == '\\'
                    || ag_sanitize_at(s, q) == 'b')) ? q : NULL;

    default:
        return ag_sanitize_separator_escaped(s, p);
    }
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

    field->quote = '\0';
    field->slashes = 0;

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
                   && !(*p == 'b' && p + 1 < s->end
                        && (p[1] == '\'' || p[1] == '"')))
        {
            break;
        }
    }

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


/* Behind "Bearer " or its like at "p"; NULL if it is none. */
static const ag_char_t *
ag_sanitize_skip_scheme(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *e;

    for (e = p; e < s->end && e - p < AG_SANITIZE_LOOK_MAX; e++) {
        if (!ag_sanitize_is(*e, AG_SANITIZE_NAME)) {
            break;
        }
    }

    if (!ag_sanitize_is_listed(ag_sanitize_schemes,
                               ag_str(p, (size_t) (e - p))))
    {
        return NULL;
    }

    return ag_sanitize_skip_blank(s, e);
}


/* Behind the space, escaped or not, at "p"; NULL if there is none. */
static const ag_char_t *
ag_sanitize_skip_blank(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    if (ag_sanitize_starts(s, p, "%20")) {
        return p + 3;
    }

    return (ag_sanitize_at(s, p) == ' ') ? ag_sanitize_skip_spaces(s, p)
                                         : NULL;
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

    field.assigned = 1;
    ag_sanitize_open(&s, s.start, &field);

    if (ag_sanitize_is_harmless(&s, &field)) {
        return 0;
    }

    return secrecy != AG_SANITIZE_LIKELY
           || ag_sanitize_is_random(value, AG_SANITIZE_WEAK_MIN);
}


const ag_char_t *
ag_sanitize_scheme(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned              bearer;
    const ag_char_t      *end;
    ag_sanitize_field_t   field;

    bearer = (e - p == 6 && ag_sanitize_starts(s, p, "bearer"));

    if (!bearer && !(e - p == 5 && ag_sanitize_starts(s, p, "basic"))) {
        return NULL;
    }

    field.start = ag_sanitize_skip_blank(s, e);
    field.quote = '\0';
    field.assigned = 0;

    if (field.start == NULL || ag_sanitize_is_harmless(s, &field)) {
        return NULL;
    }

    end = field.start;

    while (end < s->end
           && (ag_sanitize_is(*end, AG_SANITIZE_NAME | AG_SANITIZE_RUN)
               || *end == '~' || *end == '/' || *end == '*' || *end == '='))
    {
        end++;
    }

    while (end > field.start && (end[-1] == '.' || end[-1] == '-')) {
        end--;
    }

    if (!ag_sanitize_is_token(s, field.start, end, bearer)) {
        return NULL;
    }

    return ag_sanitize_put(s, field.start, end, AG_SANITIZE_REDACTED);
}


/*
 * Is p..e what "Bearer" or "Basic" announces, and not the next word of a
 * sentence ("Bearer verification failed") or of a challenge ("Bearer
 * error=...")?
 */
static unsigned
ag_sanitize_is_token(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, unsigned bearer)
{
    size_t     i, len;
    unsigned   kinds, padded, plain;
    ag_char_t  next;

    len = (size_t) (e - p);
    kinds = 0;
    plain = 1;

    for (i = 0; i < len; i++) {
        kinds |= ag_sanitize_kinds[p[i]];
        plain &= (ag_sanitize_is(p[i], AG_SANITIZE_ALNUM) || p[i] == '+'
                  || p[i] == '/' || p[i] == '=');
    }

    next = ag_sanitize_at(s, e);
    padded = (len > 0 && e[-1] == '=' && next != '"' && next != '\\');

    if (!bearer) {
        return len >= AG_SANITIZE_BASIC_MIN && plain
               && (kinds & AG_SANITIZE_LETTER)
               && ((kinds & AG_SANITIZE_DIGIT) || padded
                   || ag_sanitize_is_random(ag_str(p, len), len));
    }

    if (len < AG_SANITIZE_BEARER_MIN) {
        return 0;
    }

    if ((kinds & AG_SANITIZE_DIGIT) || padded
        || memchr(p, '*', len) != NULL)
    {
        return 1;
    }

    return !ag_sanitize_is_word_at(s, e) && memchr(p, '=', len) == NULL;
}
