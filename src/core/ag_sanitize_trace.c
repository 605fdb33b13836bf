/*
 * Copyright (C) ngx_agent authors
 *
 * Stack traces.  What stands before the first frame is the sentence that
 * matters, and stays; of a message all that follows goes, of a value the
 * frames and what belongs to them go line by line.
 */


#include "core/ag_sanitize_parts.h"


/* What goes with a frame. */
typedef enum {
    AG_SANITIZE_NO_FRAME = 0,
    AG_SANITIZE_FRAME,          /* nothing */
    AG_SANITIZE_BLOCK,          /* lines that are indented */
    AG_SANITIZE_PARAGRAPH       /* all up to an empty line */
} ag_sanitize_extent_t;


static ag_sanitize_extent_t ag_sanitize_extent(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_file_line(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_heading(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_from(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_at(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_call(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e, unsigned first);
static unsigned ag_sanitize_is_place(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_line(const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_first(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_word_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_break(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_trace_put(ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_extent_t extent);
static const ag_char_t *ag_sanitize_trim(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_line_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t **next);
static unsigned ag_sanitize_belongs(const ag_sanitize_scan_t *s,
    const ag_char_t *p, ag_sanitize_extent_t extent);


/* What a place starts with that has no line. */
static const char *const  ag_sanitize_nowhere[] = {
    "native", "unknown source)", "<anonymous>", "<eval>", "<unknown>",
    "index ", "eval at ", "node:", "internal/", NULL
};


const ag_char_t *
ag_sanitize_trace(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_sanitize_extent_t  extent;

    extent = ag_sanitize_extent(s, p, e);

    return (extent != AG_SANITIZE_NO_FRAME)
           ? ag_sanitize_trace_put(s, p, extent) : NULL;
}


/* Does a trace start with the name p..e, and what belongs to it? */
static ag_sanitize_extent_t
ag_sanitize_extent(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned  found;

    found = 0;

    switch (e - p) {

    case 2:
        return (ag_sanitize_starts(s, p, "at")
                && ag_sanitize_is_at(s, p, e))
               ? AG_SANITIZE_FRAME : AG_SANITIZE_NO_FRAME;

    case 4:
        if (ag_sanitize_starts(s, p, "from")) {
            return ag_sanitize_is_from(s, p, e) ? AG_SANITIZE_FRAME
                                                : AG_SANITIZE_NO_FRAME;
        }

        found = (ag_sanitize_starts(s, p, "file")
                 && ag_sanitize_is_file_line(s, e));
        break;

    case 5:
        found = (ag_sanitize_starts(s, p, "stack trace:")
                 && ag_sanitize_is_heading(s, p + sizeof("stack trace")))
                || (ag_sanitize_starts(s, p, "stack backtrace:")
                    && ag_sanitize_is_heading(s, p
                                              + sizeof("stack backtrace")))
                || (ag_sanitize_starts(s, p, "stack traceback:")
                    && ag_sanitize_is_heading(s, p
                                              + sizeof("stack traceback")));
        break;

    case 9:
        if (ag_sanitize_starts(s, p, "goroutine ")
            && ag_sanitize_is(ag_sanitize_at(s, e + 1), AG_SANITIZE_DIGIT))
        {
            return AG_SANITIZE_PARAGRAPH;
        }

        found = ag_sanitize_starts(s, p, "traceback (most recent call last")
                || (ag_sanitize_starts(s, p, "backtrace:")
                    && ag_sanitize_is_heading(s, e + 1));
        break;

    case 10:
        found = ag_sanitize_starts(s, p, "stacktrace:")
                && ag_sanitize_is_heading(s, e + 1);
        break;

    default:
        break;
    }

    return found ? AG_SANITIZE_BLOCK : AG_SANITIZE_NO_FRAME;
}


/* Behind "File": "x", line 1 */
static unsigned
ag_sanitize_is_file_line(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t  quote;

    if (ag_sanitize_at(s, p) != ' ') {
        return 0;
    }

    p++;

    while (ag_sanitize_at(s, p) == '\\') {
        p++;
    }

    quote = ag_sanitize_at(s, p);

    if (quote != '"' && quote != '\'') {
        return 0;
    }

    do {
        p++;
    } while (p < s->end && *p != quote && *p != '\n');

    return ag_sanitize_at(s, p) == quote
           && ag_sanitize_starts(s, p + 1, ", line ")
           && ag_sanitize_is(ag_sanitize_at(s, p + 8), AG_SANITIZE_DIGIT);
}


/* Behind "Stack trace:": does one follow? */
static unsigned
ag_sanitize_is_heading(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    p = ag_sanitize_skip_spaces(s, p);

    return p == s->end || *p == '\n' || *p == '\r' || *p == '\\' || *p == '#'
           || ag_sanitize_is(*p, AG_SANITIZE_DIGIT)
           || ag_sanitize_starts(s, p, "at ");
}


/* Ruby: "from x.rb:3:in `f'", at the start of a line */
static unsigned
ag_sanitize_is_from(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q, *end;

    if (ag_sanitize_at(s, e) != ' ' || !ag_sanitize_is_first(s, p)) {
        return 0;
    }

    end = ag_sanitize_word_end(s, e + 1);

    for (q = e + 1; end - q > 4; q++) {
        if (q[0] == '.' && q[1] == 'r' && q[2] == 'b' && q[3] == ':'
            && ag_sanitize_is(q[4], AG_SANITIZE_DIGIT))
        {
            return 1;
        }
    }

    return 0;
}


/* "at f (x.js:1:2)", "at a.b.C.f(C.java:1)", "   at A.B.F(String x)" */
static unsigned
ag_sanitize_is_at(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q, *at;

    if (ag_sanitize_at(s, e) != ' ') {
        return 0;
    }

    at = p;
    p = e + 1;

    if (ag_sanitize_starts(s, p, "async ")) {
        p += 6;
    }

    if (ag_sanitize_starts(s, p, "new ")) {
        p += 4;
    }

    e = ag_sanitize_word_end(s, p);
    q = e;

    if (ag_sanitize_starts(s, q, " [as ")) {
        q += 2;

        while (q < s->end && *q >= ' ' && *q != '[' && *q != '('
               && *q != ']')
        {
            q++;
        }

        q += (ag_sanitize_at(s, q) == ']');
    }

    if (ag_sanitize_starts(s, q, " (") && ag_sanitize_is_place(s, q + 2)) {
        return 1;
    }

    if (p == e) {
        return ag_sanitize_at(s, e) == '(' && ag_sanitize_is_place(s, e + 1);
    }

    if (ag_sanitize_at(s, e) == '(') {
        return ag_sanitize_is_call(s, p, e, ag_sanitize_is_first(s, at));
    }

    /* a quote or a comma may follow */

    while (e > p && !ag_sanitize_is(e[-1], AG_SANITIZE_ALNUM)) {
        e--;
    }

    return ag_sanitize_is_line(p, e) && ag_sanitize_is_first(s, at);
}


/* "a.b.C.f(": with a place, or with arguments where no word can be meant */
static unsigned
ag_sanitize_is_call(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, unsigned first)
{
    size_t  dots;

    if (ag_sanitize_is_place(s, e + 1)) {
        return 1;
    }

    for (dots = first; p < e; p++) {
        dots += (*p == '.');
    }

    return dots > 1;
}


/* Does the line of a source and ")" stand at "p"? */
static unsigned
ag_sanitize_is_place(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            i;
    unsigned          space;
    const ag_char_t  *e;

    for (i = 0; ag_sanitize_nowhere[i] != NULL; i++) {
        if (ag_sanitize_starts(s, p, ag_sanitize_nowhere[i])) {
            return 1;
        }
    }

    space = 0;

    for (e = p; e < s->end && *e >= ' '; e++) {
        if (*e == ')' || *e == '(' || *e == '"') {
            break;
        }

        space |= (*e == ' ');
    }

    /* "C:\Program Files\x.cs:1", but not "see x.py:1" */

    return ag_sanitize_at(s, e) == ')' && ag_sanitize_is_line(p, e)
           && (!space || *p == '/' || ag_sanitize_at(s, p + 1) == ':'
               || ag_sanitize_starts(s, p, "file:"));
}


/* "x.js:1:2" or "/x:1" */
static unsigned
ag_sanitize_is_line(const ag_char_t *p, const ag_char_t *e)
{
    const ag_char_t  *q;

    for (q = e; q > p && ag_sanitize_is(q[-1], AG_SANITIZE_DIGIT); q--) {
        /* void */
    }

    if (q == e || q == p || q[-1] != ':') {
        return 0;
    }

    for ( /* void */ ; p < q; p++) {
        if (*p == '.' || *p == '/' || *p == '\\') {
            return 1;
        }
    }

    return 0;
}


/* Is there nothing but white space before "p" in its line? */
static unsigned
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


/* The end of a word: white space, escaped or not, a quote, a parenthesis. */
static const ag_char_t *
ag_sanitize_word_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p < s->end && *p > ' ' && *p != '(' && *p != ')' && *p != '"') {

        if (*p == '\\' && ag_sanitize_is_break(s, p + 1)) {
            break;
        }

        p++;
    }

    return p;
}


/* Is what follows a backslash an escape, and not a part of a path? */
static unsigned
ag_sanitize_is_break(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t  c;

    c = ag_sanitize_at(s, p);

    return c == '"' || (c == 'u' && ag_sanitize_is_hex(s, p + 1, 4))
           || ((c == 'n' || c == 'r' || c == 't')
               && !ag_sanitize_is(ag_sanitize_at(s, p + 1),
                                  AG_SANITIZE_LOWER | AG_SANITIZE_DIGIT));
}


/* PHP: "#0 /x.php(1): f()"; C#: "--- End of stack trace ..." */
const ag_char_t *
ag_sanitize_frame(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *q;

    if (*p == '-') {
        return (ag_sanitize_starts(s, p, "--- end of stack trace")
                || ag_sanitize_starts(s, p, "--- end of inner exception"))
               ? ag_sanitize_trace_put(s, p, AG_SANITIZE_FRAME) : NULL;
    }

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
            || ag_sanitize_at(s, ag_sanitize_word_end(s, q)) == '(')
           ? ag_sanitize_trace_put(s, p, AG_SANITIZE_FRAME) : NULL;
}


static const ag_char_t *
ag_sanitize_trace_put(ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_sanitize_extent_t extent)
{
    unsigned          whole;
    const ag_char_t  *e, *next;

    s->again = 1;

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


/* Does the line at "p" go with the frame before it? */
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
