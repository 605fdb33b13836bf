/*
 * Copyright (C) ngx_agent authors
 *
 * The bytes other than those of names that may start something: slashes,
 * dashes, colons, brackets, and escapes, which are stepped over as one.
 */


#include "core/ag_sanitize_parts.h"


static const ag_char_t *ag_sanitize_place(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_escape(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);


const ag_char_t *
ag_sanitize_mark(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            n;
    const ag_char_t  *e, *next;

    /* names are ASCII, so a longer character ends them; it must be whole */

    if (*p >= 0x80) {
        n = ag_utf8_length(p, s->end);

        return (n > 0) ? p + n
                       : ag_sanitize_put(s, p, p + 1, "\xef\xbf\xbd");
    }

    if (*p == '\n') {
        s->line = p + 1;
        return s->line;
    }

    /* a run of them starts one thing at most */

    for (e = p + 1; e < s->end && *e == *p; e++) {
        /* void */
    }

    next = NULL;

    if (*p == '-' && e - p >= 5) {
        next = ag_sanitize_pem(s, p, e);

    } else if (*p == '[') {
        next = ag_sanitize_marker_end(s, e - 1);
    }

    if (next == NULL && s->mode != AG_SANITIZE_SECRETS) {
        next = ag_sanitize_place(s, p, e);
    }

    if (next != NULL) {
        return next;
    }

    return (*p == '\\' || *p == '%') ? ag_sanitize_escape(s, p, e) : e;
}


/* A path, an address or a frame that starts with the run p..e of marks. */
static const ag_char_t *
ag_sanitize_place(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    switch (*p) {

    case '/':

        /* most slashes stand within a URL or a model's name */

        return ag_sanitize_is(ag_sanitize_previous(s, p), AG_SANITIZE_NAME)
               ? NULL : ag_sanitize_path(s, p);

    case '~':
        return ag_sanitize_home(s, e - 1);

    case '\\':
        return ag_sanitize_share(s, p, e);

    case '-':
        return (e - p == 3) ? ag_sanitize_mark_trace(s, p) : NULL;

    case '#':
        return ag_sanitize_mark_trace(s, e - 1);

    case '[':
        return ag_sanitize_ipv6(s, e - 1);

    case ':':
        return (e - p == 2) ? ag_sanitize_ipv6(s, p) : NULL;

    default:
        return NULL;
    }
}


/*
 * Steps over \n, \\n, \u0022, %20 and their like as one, so that "\nBearer"
 * holds the word "Bearer".  Nothing is decoded.
 */
static const ag_char_t *
ag_sanitize_escape(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t  c;

    /* "100%" is none */

    if (*p == '%') {
        if (ag_sanitize_is_hex(s, e, 2)) {
            e += 2;
            s->edge = e;
        }

        return e;
    }

    c = ag_sanitize_at(s, e);

    if (c == 'u' && ag_sanitize_is_hex(s, e + 1, 4)) {
        e += 5;

    } else if (c == 'x' && ag_sanitize_is_hex(s, e + 1, 2)) {
        e += 3;

    } else if (c != '\0' && strchr("nrtbfv0", c) != NULL) {

        /* the rest of a path of Windows comes here, too, and stays */

        e++;
        s->line = (c == 'n') ? e : s->line;
    }

    s->edge = e;

    return e;
}


unsigned
ag_sanitize_is_hex(const ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t count)
{
    for ( /* void */ ; count > 0; count--, p++) {
        if (p >= s->end
            || !(ag_sanitize_is(*p, AG_SANITIZE_DIGIT)
                 || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')))
        {
            return 0;
        }
    }

    return 1;
}
