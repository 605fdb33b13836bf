/*
 * Copyright (C) ngx_agent authors
 *
 * Takes out of a text what a client must not see.
 *
 * The scan goes from name to name ("gpt-4o", "api.example.com", "at") and
 * asks the rules at each; of the other bytes only a few can start something.
 * What no rule claims goes out as it came.  The rules are in the files
 * ag_sanitize_*.c, their words in tables at the head of each.
 *
 * Refuses to understand the text: a secret in plain words, or one that is
 * short and stands behind nothing that announces it, passes.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_PASSES    4     /* over what is left; each takes out
                                       something, so they end soon */
#define AG_SANITIZE_WORD_MAX  64    /* bytes of a word that a cut spares */


static unsigned ag_sanitize_is_joined(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static void ag_sanitize_add(ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t len);
static void ag_sanitize_cut(ag_sanitize_scan_t *s, ag_char_t next);
static size_t ag_sanitize_whole(const ag_char_t *data, size_t len);


/*
 * One pass does it for nearly every text.  Where something was taken out of
 * the middle of a longer word, or the end was cut off, what is left may be a
 * find of its own: then it is looked at again, so that a second call never
 * changes anything.
 */
int
ag_sanitize(ag_buf_t *out, ag_str_t text, ag_sanitize_mode_t mode,
    unsigned *changed)
{
    int                 n, rc;
    ag_buf_t            held;
    ag_sanitize_scan_t  s;

    memset(&s, 0, sizeof(s));
    s.out = out;
    s.before = out->len;
    s.mode = mode;

    ag_buf_init(&held, SIZE_MAX);
    rc = ag_sanitize_pass(&s, text);

    for (n = 0; rc == AG_OK && s.again && n < AG_SANITIZE_PASSES; n++) {
        held.len = 0;

        if (out->len > s.before) {
            rc = ag_buf_add(&held, out->data + s.before,
                            out->len - s.before);
        }

        if (rc == AG_OK) {
            out->len = s.before;
            rc = ag_sanitize_pass(&s, ag_buf_str(&held));
        }
    }

    ag_buf_free(&held);

    if (rc != AG_OK) {
        out->len = s.before;
    }

    if (changed != NULL) {
        *changed = (rc == AG_OK && s.changed);
    }

    return rc;
}


int
ag_sanitize_pass(ag_sanitize_scan_t *s, ag_str_t text)
{
    const ag_char_t  *p;

    s->rc = AG_OK;
    s->characters = 0;
    s->announced = s->again = s->cut = s->stopped = 0;

    if (text.len == 0) {
        return AG_OK;
    }

    s->start = s->plain = s->line = p = text.data;
    s->end = text.data + text.len;
    s->last = s->older = ag_str(p, 0);
    s->edge = s->chain = s->chain_end = NULL;
    s->url_host = NULL;
    s->pathless = s->atless = s->runless = s->keyless = p;

    while (p < s->end && !s->stopped) {

        /* every call moves on by a byte at least */

        if (ag_sanitize_is(*p, AG_SANITIZE_START)) {
            p = ag_sanitize_name(s, p);

        } else if (ag_sanitize_is(*p, AG_SANITIZE_EVENT)) {
            p = ag_sanitize_mark(s, p);

        } else {
            p++;
        }

        /* the message is full: a character has four bytes at most */

        if (s->mode == AG_SANITIZE_MESSAGE
            && p - s->plain > 4 * AG_SANITIZE_MAX)
        {
            break;
        }
    }

    ag_sanitize_add(s, s->plain, (size_t) (s->end - s->plain));

    return s->rc;
}


const ag_char_t *
ag_sanitize_put(ag_sanitize_scan_t *s, const ag_char_t *from,
    const ag_char_t *to, const char *marker)
{
    /* a relative path may start before what went last */

    if (from < s->plain) {
        from = s->plain;
    }

    /* what was taken out once is no change */

    if (ag_str_is(ag_str(from, (size_t) (to - from)), marker)) {
        return to;
    }

    ag_sanitize_add(s, s->plain, (size_t) (from - s->plain));
    ag_sanitize_add(s, (const ag_char_t *) marker, strlen(marker));

    s->from = from;
    s->plain = to;
    s->changed = 1;
    s->again |= ag_sanitize_is_joined(s, from, to);

    return to;
}


/*
 * May p..e have been a part of something longer?  Then what is left of that
 * is to be judged by itself.  The bytes that are listed end every name, path,
 * URL and value.
 */
static unsigned
ag_sanitize_is_joined(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t  c;

    if (p > s->start && p[-1] > ' ' && strchr("\"'`(=/<>", p[-1]) == NULL) {
        return 1;
    }

    c = ag_sanitize_at(s, e);

    if (c == ',' || c == '.' || c == ':' || c == ';') {
        c = ag_sanitize_at(s, e + 1);
        return c > ' ';
    }

    return c > ' ' && strchr("\"'`)/<>", c) == NULL;
}


/* Adds bytes; of a message no more than fit. */
static void
ag_sanitize_add(ag_sanitize_scan_t *s, const ag_char_t *p, size_t len)
{
    size_t  i;

    if (s->rc != AG_OK || s->cut || len == 0) {
        return;
    }

    i = len;

    if (s->mode == AG_SANITIZE_MESSAGE) {

        /* only the first byte of a character is no 10xxxxxx */

        for (i = 0; i < len; i++) {
            s->characters += ((p[i] & 0xc0) != 0x80);

            if (s->characters > AG_SANITIZE_MAX) {
                s->cut = 1;
                break;
            }
        }
    }

    s->rc = ag_buf_add(s->out, p, i);

    if (s->rc != AG_OK) {
        s->stopped = 1;

    } else if (s->cut) {
        ag_sanitize_cut(s, p[i]);
    }
}


/*
 * Ends a message before "next", which does not fit any more: at the end of a
 * word, unless that is a very long one.
 */
static void
ag_sanitize_cut(ag_sanitize_scan_t *s, ag_char_t next)
{
    size_t      len, least;
    ag_char_t  *data;

    s->stopped = 1;
    s->again = 1;
    s->changed = 1;

    data = s->out->data;
    len = s->out->len;
    least = (len - s->before > AG_SANITIZE_WORD_MAX)
            ? len - AG_SANITIZE_WORD_MAX : s->before;

    /* Chinese may be cut anywhere */

    if (next > ' ' && next < 0x80) {
        while (len > least && data[len - 1] > ' ' && data[len - 1] < 0x80) {
            len--;
        }

        len = (len > least) ? len
                            : ag_sanitize_whole(data + s->before,
                                                s->out->len - s->before)
                              + s->before;
    }

    while (len > s->before && data[len - 1] <= ' ') {
        len--;
    }

    s->out->len = len;
}


/* The length of the text without a piece of "[redacted]" at its end. */
static size_t
ag_sanitize_whole(const ag_char_t *data, size_t len)
{
    size_t  n;

    for (n = 1; n < sizeof(AG_SANITIZE_REDACTED) - 1 && n <= len; n++) {
        if (memcmp(data + len - n, AG_SANITIZE_REDACTED, n) == 0
            || (n < sizeof(AG_SANITIZE_PATH) - 1
                && (memcmp(data + len - n, AG_SANITIZE_PATH, n) == 0
                    || memcmp(data + len - n, AG_SANITIZE_HOST, n) == 0)))
        {
            return len - n;
        }
    }

    return len;
}
