/*
 * Copyright (C) ngx_agent authors
 *
 * What a frame of a stack trace looks like, in the words of Python, Node,
 * Java, C#, Go, Ruby, PHP, Rust and Lua.
 *
 * "at" is a word of every other sentence, so a frame needs the line of a
 * source in parentheses, or the start of its own line.
 */


#include "core/ag_sanitize_parts.h"


static unsigned ag_sanitize_is_heading(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_file_line(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_from(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_at(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_as_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_call(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e, unsigned first);
static unsigned ag_sanitize_is_place(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_nowhere(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_line(const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_word_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* What stands above a trace. */
static const char *const  ag_sanitize_headings[] = {
    "stack trace:", "stack backtrace:", "stack traceback:", "stacktrace:",
    "backtrace:", NULL
};

/* Places that have no line. */
static const char *const  ag_sanitize_nowhere[] = {
    "<anonymous>", "<unknown>", "<eval>", "eval at ", "internal/",
    "native)", "native code)", "native method)", "node:", "unknown source)",
    NULL
};


/* By the first letter: most names cannot start a trace. */
ag_sanitize_extent_t
ag_sanitize_extent(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned  found;

    switch (*p | 0x20) {

    case 'a':
        return (e - p == 2 && ag_sanitize_is_at(s, p, e))
               ? AG_SANITIZE_FRAME : AG_SANITIZE_NO_FRAME;

    case 'f':
        if (ag_sanitize_starts(s, p, "from ")) {
            return ag_sanitize_is_from(s, p, e) ? AG_SANITIZE_FRAME
                                                : AG_SANITIZE_NO_FRAME;
        }

        found = ag_sanitize_starts(s, p, "file ")
                && ag_sanitize_is_file_line(s, e + 1);
        break;

    case 'g':
        return (ag_sanitize_starts(s, p, "goroutine ")
                && ag_sanitize_is(ag_sanitize_at(s, e + 1),
                                  AG_SANITIZE_DIGIT))
               ? AG_SANITIZE_PARAGRAPH : AG_SANITIZE_NO_FRAME;

    case 't':
        found = ag_sanitize_starts(s, p, "traceback (most recent call last");
        break;

    default:

        /* "stack", "backtrace", "stacktrace" */

        found = (e - p == 5 || e - p == 9 || e - p == 10)
                && ag_sanitize_is_heading(s, p);
    }

    return found ? AG_SANITIZE_BLOCK : AG_SANITIZE_NO_FRAME;
}


/*
 * "Stack trace:", and then one: the end of the line, a number, or a frame.
 * "Stack trace: not available" is a sentence.
 */
static unsigned
ag_sanitize_is_heading(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t  i;

    for (i = 0; ag_sanitize_headings[i] != NULL; i++) {
        if (!ag_sanitize_starts(s, p, ag_sanitize_headings[i])) {
            continue;
        }

        p = ag_sanitize_skip_spaces(s, p + strlen(ag_sanitize_headings[i]));

        return p == s->end || *p == '\n' || *p == '\r' || *p == '\\'
               || *p == '#' || ag_sanitize_is(*p, AG_SANITIZE_DIGIT)
               || ag_sanitize_starts(s, p, "at ");
    }

    return 0;
}


/* Behind "File ": "x", line 1 */
static unsigned
ag_sanitize_is_file_line(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t  quote;

    while (ag_sanitize_at(s, p) == '\\') {
        p++;
    }

    quote = ag_sanitize_at(s, p);

    if (quote != '"' && quote != '\'') {
        return 0;
    }

    /* the next quote ends the name, escaped or not: none has one in it */

    do {
        p++;
    } while (p < s->end && *p != quote && *p != '\n'
             && (*p != '\\' || ag_sanitize_at(s, p + 1) == quote
                 || !ag_sanitize_is_break(s, p + 1)));

    while (ag_sanitize_at(s, p) == '\\') {
        p++;
    }

    return ag_sanitize_at(s, p) == quote
           && ag_sanitize_starts(s, p + 1, ", line ")
           && ag_sanitize_is(ag_sanitize_at(s, p + 8), AG_SANITIZE_DIGIT);
}


/* Ruby: "from x.rb:3:in `f'", at the start of a line */
static unsigned
ag_sanitize_is_from(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q, *end;

    if (!ag_sanitize_is_first(s, p)) {
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


/*
 * "at f (x.js:1:2)", "at a.b.C.f(C.java:1)", "   at A.B.F(String x)"; but not
 * "at capacity (code: 529)" and "at 10 (12:30)".
 */
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

    if (ag_sanitize_at(s, p) == '(') {
        return ag_sanitize_is_place(s, p + 1);
    }

    if (ag_sanitize_starts(s, p, "async ")) {
        p += 6;
    }

    if (ag_sanitize_starts(s, p, "new ")) {
        p += 4;
    }

    e = ag_sanitize_word_end(s, p);
    q = ag_sanitize_as_end(s, e);

    /* Node writes a space before the place, Java and C# none */

    if (ag_sanitize_starts(s, q, " (") && ag_sanitize_is_place(s, q + 2)) {
        return 1;
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


/* Behind the " [as name]" of Node at "p". */
static const ag_char_t *
ag_sanitize_as_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *q;

    if (!ag_sanitize_starts(s, p, " [as ")) {
        return p;
    }

    q = p + 2;

    while (q < s->end && *q >= ' ' && *q != '[' && *q != '(' && *q != ']') {
        q++;
    }

    return (ag_sanitize_at(s, q) == ']') ? q + 1 : p;
}


/*
 * "a.b.C.f(": with a place, or with arguments where no word can be meant,
 * since it has two full stops, or one and a line of its own.
 */
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
    unsigned          space;
    const ag_char_t  *e;

    if (ag_sanitize_is_nowhere(s, p)) {
        return 1;
    }

    space = 0;

    for (e = p; e < s->end && *e >= ' '; e++) {
        if (*e == ')' || *e == '(' || *e == '"'
            || (*e == '\\' && ag_sanitize_is_break(s, e + 1)))
        {
            break;
        }

        space |= (*e == ' ');
    }

    /* "C:\Program Files\x.cs:1", but not "see x.py:1" */

    return ag_sanitize_at(s, e) == ')' && ag_sanitize_is_line(p, e)
           && (!space || *p == '/' || ag_sanitize_at(s, p + 1) == ':'
               || ag_sanitize_starts(s, p, "file:"));
}


/* Is the place at "p" one without a line? */
static unsigned
ag_sanitize_is_nowhere(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t  i;

    switch (ag_sanitize_at(s, p) | 0x20) {

    case '<' | 0x20:
    case 'e':
    case 'n':
    case 'u':
        break;

    case 'i':

        /* Promise.all (index 0) */

        if (ag_sanitize_starts(s, p, "index ")) {
            return ag_sanitize_is(ag_sanitize_at(s, p + 6),
                                  AG_SANITIZE_DIGIT) != 0;
        }

        break;

    default:
        return 0;
    }

    for (i = 0; ag_sanitize_nowhere[i] != NULL; i++) {
        if (ag_sanitize_starts(s, p, ag_sanitize_nowhere[i])) {
            return 1;
        }
    }

    return 0;
}


/* "x.js:1:2" or "/x:1": "12:30" has neither a full stop nor a slash. */
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
