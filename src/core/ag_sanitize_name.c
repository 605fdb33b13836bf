/*
 * Copyright (C) ngx_agent authors
 *
 * Names: which rules are asked at one, and in which order.
 *
 * Most names are words of a sentence.  What stands behind a name, its length
 * and the kinds of its bytes tell in a few comparisons that no rule can
 * apply; only then the scan is as fast as it must be.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_KEY_MIN  9      /* bytes of a key with a prefix */
#define AG_SANITIZE_LONG     20     /* bytes of a name that may be a key */

/* The lengths of "at", "from", "stack", "goroutine" and "stacktrace". */
#define AG_SANITIZE_TRACE_LENGTHS  \
    (1 << 2 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 10)


static const ag_char_t *ag_sanitize_name_end(ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_short_name(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_long_name(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_name_secret(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_name_place(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_announces(const ag_char_t *p,
    const ag_char_t *e);
static const ag_char_t *ag_sanitize_keys(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);


const ag_char_t *
ag_sanitize_name(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *e, *next;

    e = ag_sanitize_name_end(s, p);

    /* a relative path: only now and then it turns out to be one of a source */

    if (p == s->start || p[-1] != '/' || s->chain_end != p - 1) {
        s->chain = p;
    }

    s->chain_end = e;

    next = ag_sanitize_keys(s, p, e);

    if (next == NULL) {
        next = (e - p < AG_SANITIZE_LONG || !(s->kinds & AG_SANITIZE_DIGIT))
               ? ag_sanitize_short_name(s, p, e)
               : ag_sanitize_long_name(s, p, e);
    }

    if (next != NULL) {

        /* a value went, but its name may be one of a host, too */

        if (s->plain == next && s->from >= e
            && (s->announced || (s->kinds & AG_SANITIZE_DOT)
                || p == s->url_host))
        {
            s->again = 1;
        }

        return next;
    }

    s->older = s->last;
    s->last = ag_str(p, (size_t) (e - p));
    s->announced = ag_sanitize_announces(p, e);

    return e;
}


/* The end of the name at "p"; notes the kinds of its bytes. */
static const ag_char_t *
ag_sanitize_name_end(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    unsigned          kinds;
    const ag_char_t  *e;

    kinds = 0;

    for (e = p; e < s->end && ag_sanitize_is(*e, AG_SANITIZE_NAME); e++) {
        kinds |= ag_sanitize_kinds[*e];
    }

    s->kinds = kinds;

    /* these end a sentence, or are a dash */

    while (e[-1] == '.' || e[-1] == '-') {
        e--;
    }

    return e;
}


/* A word: it may announce a secret, be a host, or start something. */
static const ag_char_t *
ag_sanitize_short_name(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *next;

    next = ag_sanitize_name_secret(s, p, e);

    if (next == NULL && s->mode != AG_SANITIZE_SECRETS) {
        next = ag_sanitize_name_place(s, p, e);
    }

    /* a run may go on behind the name */

    return (next == NULL && ag_sanitize_at(s, e) == '+')
           ? ag_sanitize_run(s, p, e, s->end) : next;
}


/*
 * A name that may be a secret itself, and so must not be passed over by a
 * rule that looks at what stands behind it.  Places go first: a host may have
 * a hash in its name, and goes as a whole.
 */
static const ag_char_t *
ag_sanitize_long_name(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *next;

    next = (s->mode != AG_SANITIZE_SECRETS) ? ag_sanitize_name_place(s, p, e)
                                            : NULL;

    if (next == NULL) {
        next = ag_sanitize_run(s, p, e, s->end);
    }

    return (next != NULL) ? next : ag_sanitize_name_secret(s, p, e);
}


/* Is the name that of a secret, a scheme, or a user's before "@"? */
static const ag_char_t *
ag_sanitize_name_secret(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t         c, second;
    const ag_char_t  *next;

    c = ag_sanitize_at(s, e);
    second = ag_sanitize_at(s, e + 1);
    next = NULL;

    if (ag_sanitize_is(e[-1], AG_SANITIZE_LAST)
        && (ag_sanitize_is(c, AG_SANITIZE_AFTER)
            || (c == ' ' && (second == ':' || second == '='))))
    {
        next = ag_sanitize_value(s, p, e);
    }

    if (next == NULL && (c == ' ' || c == '%') && (*p | 0x20) == 'b') {
        next = ag_sanitize_scheme(s, p, e);
    }

    if (next == NULL && c == ':' && second > ' ') {
        next = (second == '/' || second == '\\')
               ? ag_sanitize_url(s, p, e) : ag_sanitize_login(s, p, e);
    }

    return next;
}


/* Does a trace, a path or a host start with the name? */
static const ag_char_t *
ag_sanitize_name_place(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t         c, second;
    const ag_char_t  *next;

    c = ag_sanitize_at(s, e);
    second = ag_sanitize_at(s, e + 1);
    next = NULL;

    if (ag_sanitize_is(*p, AG_SANITIZE_TRACE) && (c == ' ' || c == ':')
        && e - p <= 10 && (AG_SANITIZE_TRACE_LENGTHS >> (e - p) & 1))
    {
        next = ag_sanitize_trace(s, p, e);
    }

    if (next == NULL && c == ':') {

        if (e - p == 1 && (second == '\\' || second == '/')) {
            next = ag_sanitize_drive(s, p);

        } else if ((s->kinds & AG_SANITIZE_DOT)
                   && ag_sanitize_is(second, AG_SANITIZE_DIGIT))
        {
            next = ag_sanitize_source(s, p, e);
        }
    }

    /* most names are none of these */

    if (next == NULL
        && (c == ':' || (s->announced && ag_sanitize_is_gap(p[-1]))
            || p == s->url_host || (*p | 0x20) == 'l'
            || (s->kinds & (AG_SANITIZE_DOT | AG_SANITIZE_DASH))))
    {
        next = ag_sanitize_host(s, p, e);
    }

    return next;
}


/*
 * May the name p..e be a word that announces a host?  Asked at every name, so
 * it only looks at the first letter and the length.
 */
static unsigned
ag_sanitize_announces(const ag_char_t *p, const ag_char_t *e)
{
    switch (*p | 0x20) {

    case 'a':
    case 't':
        return e - p == 2;          /* at, to */

    case 'e':
        return e - p == 9;          /* ENOTFOUND, EAI_AGAIN */

    case 'h':
    case 'n':
        return e - p == 4 || e - p == 8;    /* host, name, hostname */

    case 'l':
        return e - p == 6;          /* lookup */

    case 'r':
        return e - p == 7;          /* resolve */

    default:
        return 0;
    }
}


/*
 * Known prefixes at "p", and within the name ("user_sk-..."); then a run may
 * stand before the key.
 */
static const ag_char_t *
ag_sanitize_keys(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q, *end, *next;

    if (e - p < AG_SANITIZE_KEY_MIN
        && !ag_sanitize_is(ag_sanitize_at(s, e), AG_SANITIZE_TAIL))
    {
        return NULL;
    }

    /* one step per part of the name */

    for (q = p; e - q >= AG_SANITIZE_KEY_MIN || q == p; /* void */ ) {

        end = ag_sanitize_is(*q, AG_SANITIZE_FIRST)
              ? ag_sanitize_prefix_end(s, q, q > p) : NULL;

        if (end != NULL) {
            next = (q > p) ? ag_sanitize_run(s, p, q, q) : NULL;

            return (next != NULL)
                   ? next : ag_sanitize_put(s, q, end, AG_SANITIZE_REDACTED);
        }

        if (!(s->kinds
              & (AG_SANITIZE_DOT | AG_SANITIZE_DASH | AG_SANITIZE_SCORE)))
        {
            return NULL;
        }

        while (q < e && ag_sanitize_is(*q, AG_SANITIZE_ALNUM)) {
            q++;
        }

        while (q < e && !ag_sanitize_is(*q, AG_SANITIZE_ALNUM)) {
            q++;
        }
    }

    return NULL;
}
