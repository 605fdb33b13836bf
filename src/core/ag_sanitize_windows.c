/*
 * Copyright (C) ngx_agent authors
 *
 * Absolute paths of files of Windows, by their drive or server.
 *
 * In JSON a backslash is two, in JSON within JSON four: as many as the first
 * ones join the parts of a path, fewer of them are an escape.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_SHARE_MIN  2        /* bytes of a server's name */


static const ag_char_t *ag_sanitize_windows_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, size_t slashes);


/* "C:\Users\x", "C:\\Users\\x", "C:/Users/x"; "p" is at the letter. */
const ag_char_t *
ag_sanitize_drive(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            slashes;
    ag_char_t         next;
    const ag_char_t  *q, *e;

    slashes = ag_sanitize_slashes(s, p + 2);
    q = p + 2 + slashes;
    next = ag_sanitize_at(s, q);

    if (slashes == 0) {
        if (next != '/' || !ag_sanitize_is(*p, AG_SANITIZE_LETTER)
            || !ag_sanitize_is(ag_sanitize_at(s, q + 1), AG_SANITIZE_START))
        {
            return NULL;
        }

        return ag_sanitize_put(s, p, ag_sanitize_windows_end(s, q, 1),
                               AG_SANITIZE_PATH);
    }

    if (!ag_sanitize_is(*p, AG_SANITIZE_LETTER)
        || !(ag_sanitize_is(next, AG_SANITIZE_NAME) || next >= 0x80
             || next == '$' || next == '['))
    {
        return NULL;
    }

    e = ag_sanitize_windows_end(s, q, slashes);

    /* "A:\nfoo" is the end of a line in JSON, "C:\nginx\conf" a path */

    if (slashes == 1 && strchr("nrtu", next) != NULL
        && memchr(q, '\\', (size_t) (e - q)) == NULL
        && memchr(q, '.', (size_t) (e - q)) == NULL)
    {
        return NULL;
    }

    return ag_sanitize_put(s, p, e, AG_SANITIZE_PATH);
}


/* "\\server\share\x", and twice as many backslashes in JSON */
const ag_char_t *
ag_sanitize_share(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    size_t            slashes;
    const ag_char_t  *q;

    slashes = (size_t) (e - p);

    if (slashes < 2 || slashes % 2 != 0
        || ag_sanitize_is(ag_sanitize_previous(s, p), AG_SANITIZE_START))
    {
        return NULL;
    }

    q = ag_sanitize_skip(s, p + slashes, AG_SANITIZE_NAME);

    if (q - p < (ptrdiff_t) slashes + AG_SANITIZE_SHARE_MIN
        || ag_sanitize_slashes(s, q) != slashes / 2
        || !ag_sanitize_is(ag_sanitize_at(s, q + slashes / 2),
                           AG_SANITIZE_NAME))
    {
        return NULL;
    }

    return ag_sanitize_put(s, p, ag_sanitize_windows_end(s, q, slashes / 2),
                           AG_SANITIZE_PATH);
}


/*
 * The end of a path of which the parts are joined by that many backslashes;
 * where they are two, one alone is an escape of JSON.
 */
static const ag_char_t *
ag_sanitize_windows_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t slashes)
{
    size_t            n;
    unsigned          open;
    const ag_char_t  *e;

    open = 0;

    for (e = p; e < s->end; e++) {
        n = ag_sanitize_slashes(s, e);

        if (n > 0) {
            if (n < slashes || ag_sanitize_at(s, e + n) == '"') {
                break;
            }

            e += n - 1;
            continue;
        }

        if (*e == '(') {
            open++;

        } else if ((*e == ')' && open-- == 0)
                   || (*e == ':' && !ag_sanitize_is(ag_sanitize_at(s, e + 1),
                                                    AG_SANITIZE_DIGIT))
                   || (*e == ' ' && !ag_sanitize_goes_on(s, e + 1, '\\'))
                   || *e < ' '
                   || (*e != ' ' && *e != ')'
                       && ag_sanitize_is(*e, AG_SANITIZE_ENDS)))
        {
            break;
        }
    }

    while (e > p && e[-1] == '.') {
        e--;
    }

    return e;
}
