/*
 * Copyright (C) ngx_agent authors
 *
 * Takes stack traces out.  What stands before the first frame is the sentence
 * that matters, and stays; of a message all that follows goes, of a value the
 * frames and what belongs to them go line by line.
 */


#include "core/ag_sanitize_parts.h"


static unsigned ag_sanitize_is_called(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_trace_put(ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_extent_t extent);
static const ag_char_t *ag_sanitize_trim(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_line_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t **next);
static unsigned ag_sanitize_belongs(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_extent_t extent);


const ag_char_t *
ag_sanitize_trace(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_sanitize_extent_t  extent;

    extent = ag_sanitize_extent(s, p, e);

    return (extent != AG_SANITIZE_NO_FRAME)
           ? ag_sanitize_trace_put(s, p, extent) : NULL;
}


const ag_char_t *
ag_sanitize_mark_trace(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *q;

    if (*p == '-') {
        return (ag_sanitize_starts(s, p, "--- end of stack trace")
                || ag_sanitize_starts(s, p, "--- end of inner exception"))
               ? ag_sanitize_trace_put(s, p, AG_SANITIZE_FRAME) : NULL;
    }

    /* "issue #12 ..." stands within a line; a flat trace starts with "#0" */

    q = ag_sanitize_skip(s, p + 1, AG_SANITIZE_DIGIT);

    if (q == p + 1 || ag_sanitize_at(s, q) != ' '
        || !(ag_sanitize_is_first(s, p)
             || (p[1] == '0' && ag_sanitize_previous(s, p) == ' ')))
    {
        return NULL;
    }

    q = ag_sanitize_skip_spaces(s, q);

    return (ag_sanitize_at(s, q) == '/'
            || ag_sanitize_starts(s, q, "0x")
            || ag_sanitize_starts(s, q, "{main}")
            || ag_sanitize_starts(s, q, "[internal function]")
            || ag_sanitize_starts(s, q + 1, ":\\")
            || ag_sanitize_is_called(s, q))
           ? ag_sanitize_trace_put(s, p, AG_SANITIZE_FRAME) : NULL;
}


/* Does a word with a "(" at its end stand at "p", as in "A->f()"? */
static unsigned
ag_sanitize_is_called(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p < s->end && *p > ' ' && *p != '"' && *p != '(' && *p != ')') {
        p++;
    }

    return ag_sanitize_at(s, p) == '(';
}


unsigned
ag_sanitize_is_first(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p > s->line) {
        p--;

        if (*p == 't' && p > s->line && p[-1] == '\\') {
            while (p > s->line && p[-1] == '\\') {
                p--;
            }

        } else if (*p != ' ' && *p != '\t') {
            return 0;
        }
    }

    return 1;
}


unsigned
ag_sanitize_is_break(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t  c;

    c = ag_sanitize_at(s, p);

    return c == '"' || (c == 'u' && ag_sanitize_is_hex(s, p + 1, 4))
           || ((c == 'n' || c == 'r' || c == 't')
               && !ag_sanitize_is(ag_sanitize_at(s, p + 1),
                                  AG_SANITIZE_LOWER | AG_SANITIZE_DIGIT));
}


/*
 * Takes out the frame at "p" and what belongs to it.  Of a value the lines go
 * whole; within a line, from the frame to the line's end.
 */
static const ag_char_t *
ag_sanitize_trace_put(ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_sanitize_extent_t extent)
{
    unsigned          whole;
    const ag_char_t  *e, *next;

    s->again = 1;       /* other words are neighbours now */

    if (s->mode == AG_SANITIZE_MESSAGE) {
        s->stopped = 1;
        return ag_sanitize_put(s, ag_sanitize_trim(s, p), s->end, "");
    }

    whole = ag_sanitize_is_first(s, p);
    e = ag_sanitize_line_end(s, p, &next);

    while (next > e && next < s->end
           && ag_sanitize_belongs(s, next, extent))
    {
        e = ag_sanitize_line_end(s, next, &next);
    }

    if (!whole) {
        return ag_sanitize_put(s, ag_sanitize_trim(s, p), e, "");
    }

    p = s->line;
    s->line = next;

    return ag_sanitize_put(s, p, next, "");
}


/* The end of the text before "p", without white space, escaped or not. */
static const ag_char_t *
ag_sanitize_trim(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p > s->plain) {

        if (p[-1] <= ' ') {
            p--;

        } else if (p - s->plain >= 2 && p[-2] == '\\'
                   && (p[-1] == 'n' || p[-1] == 'r' || p[-1] == 't'))
        {
            p--;

            while (p > s->plain && p[-1] == '\\') {
                p--;
            }

        } else {
            break;
        }
    }

    return p;
}


/*
 * The end of the line at "p"; *next is where the next one starts.  A line may
 * end with an escaped \n; "\nginx" is rather a part of a path.
 */
static const ag_char_t *
ag_sanitize_line_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t **next)
{
    const ag_char_t  *q;

    while (p < s->end && *p != '\n') {

        if (*p != '\\') {
            p++;
            continue;
        }

        q = p;

        while (q < s->end && *q == '\\') {
            q++;
        }

        if (ag_sanitize_at(s, q) == 'n' && ag_sanitize_is_break(s, q)) {
            *next = q + 1;
            return p;
        }

        p = q;
    }

    *next = p + (p < s->end);

    return p;
}


/*
 * Does the line at "p" go with the frame before it?  Java's "... 12 more"
 * does, and below a heading all that is indented: Python shows the source.
 */
static unsigned
ag_sanitize_belongs(const ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_sanitize_extent_t extent)
{
    const ag_char_t  *q, *next;

    q = p;

    while (q < s->end) {
        if (*q == ' ' || *q == '\t') {
            q++;
            continue;
        }

        next = q;

        while (ag_sanitize_at(s, next) == '\\') {
            next++;
        }

        if (next == q || ag_sanitize_at(s, next) != 't') {
            break;
        }

        q = next + 1;
    }

    if (ag_sanitize_starts(s, q, "... ")
        && ag_sanitize_is(ag_sanitize_at(s, q + 4), AG_SANITIZE_DIGIT))
    {
        return 1;
    }

    if (extent == AG_SANITIZE_PARAGRAPH) {
        return ag_sanitize_line_end(s, p, &next) > p;
    }

    return extent == AG_SANITIZE_BLOCK && q > p && q < s->end && *q != '\n';
}
