/*
 * Copyright (C) ngx_agent authors
 *
 * The value that the name of a secret announces: whether it is one, and where
 * it ends.
 *
 * Error messages speak of such fields all the time ("api_key: Field
 * required"), so a value must not be one of the words that they use.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_LOOK_MAX  32    /* bytes of a word, of the name of a next
                                       field */
#define AG_SANITIZE_MASK_MIN  3     /* of "***", "..." and "xxx" */


static unsigned ag_sanitize_is_redacted(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_placeholder(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_quoted_end(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field);
static const ag_char_t *ag_sanitize_bare_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, unsigned line);
static unsigned ag_sanitize_is_next_field(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* Words of programs; what stands behind their full stop is no secret. */
static const char *const  ag_sanitize_objects[128] = {
    ['c'] = "config", ['e'] = "env environ", ['o'] = "os", ['p'] = "process",
    ['s'] = "self settings", ['t'] = "this"
};

/* Words with which a message goes on behind the name of a secret. */
static const char *const  ag_sanitize_harmless[128] = {
    ['a'] = "a an and any api api_key apikey are as at auth authentication "
            "authorization",
    ['b'] = "bad bearer be been blank but by",
    ['c'] = "can cannot config could credentials",
    ['d'] = "default denied did do does",
    ['e'] = "empty ensure env environ error exceeded expected expired extra",
    ['f'] = "fail failed failure false field for forbidden format found "
            "from",
    ['g'] = "got",
    ['h'] = "has have header host",
    ['i'] = "if in incorrect input insufficient invalid is it",
    ['k'] = "key",
    ['l'] = "length limit",
    ['m'] = "malformed may mismatch missing must",
    ['n'] = "name nil no none not null number",
    ['o'] = "object of omitted on only option optional or os",
    ['p'] = "path permission please prefix process provided",
    ['q'] = "quota",
    ['r'] = "read realm redacted rejected request required revoked",
    ['s'] = "scheme self set settings should str string",
    ['t'] = "that the this to token tokens too true type",
    ['u'] = "unable unauthorized undefined unexpected unknown unrecognized "
            "unset unsupported unused use using",
    ['v'] = "validation value",
    ['w'] = "was we were when with wrong",
    ['y'] = "you your"
};


/*
 * The first word decides.  That lets a passphrase pass that starts with "not"
 * or "the", which is rare; "api_key: Field required" is not.
 */
unsigned
ag_sanitize_is_harmless(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field)
{
    ag_str_t          word;
    ag_char_t         c;
    const ag_char_t  *p, *e;

    p = field->start;
    c = ag_sanitize_at(s, p);

    if (p == s->end || ag_sanitize_is_redacted(s, p)
        || (field->quote == '\0' && ag_sanitize_is(c, AG_SANITIZE_ENDS)
            && c != '\\' && c != '<'
            && !ag_sanitize_starts(s, p, AG_SANITIZE_REDACTED))
        || (c >= 0x80 && !field->assigned))
    {
        return 1;
    }

    for (e = p; e < s->end && e - p < AG_SANITIZE_LOOK_MAX; e++) {
        if (!ag_sanitize_is(*e, AG_SANITIZE_LETTER) && *e != '_') {
            break;
        }
    }

    c = ag_sanitize_at(s, e);

    word = ag_str(p, (size_t) (e - p));

    if (ag_sanitize_is_listed(ag_sanitize_harmless, word)
        && (word.len > 1 || (c == ' ' && !field->assigned))
        && (e == s->end || c == '.' || c == ':'
            || ag_sanitize_is(c, AG_SANITIZE_ENDS)))
    {
        /* "os.environ", but not "a.b.c" */

        return c != '.' || ag_sanitize_is_listed(ag_sanitize_objects, word)
               || !ag_sanitize_is(ag_sanitize_at(s, e + 1),
                                  AG_SANITIZE_START);
    }

    return ag_sanitize_is_placeholder(s, p);
}


/* Was all of the value taken out already? */
static unsigned
ag_sanitize_is_redacted(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return ag_sanitize_starts(s, p, AG_SANITIZE_REDACTED)
           && !ag_sanitize_is(ag_sanitize_at(s,
                                      p + sizeof(AG_SANITIZE_REDACTED) - 1),
                              AG_SANITIZE_ALNUM);
}


/* "YOUR_KEY", "your-key", "$KEY", "${key}", "%s", "<key>", "***", "xxxx" */
static unsigned
ag_sanitize_is_placeholder(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t         c;
    const ag_char_t  *e;

    if (ag_sanitize_starts(s, p, "your_") || ag_sanitize_starts(s, p, "your-")
        || ag_sanitize_starts(s, p, "%s") || ag_sanitize_starts(s, p, "%(")
        || *p == '{')
    {
        return 1;
    }

    if (*p == '<') {
        do {
            p++;
        } while (p < s->end
                 && (ag_sanitize_is(*p, AG_SANITIZE_LETTER) || *p == '_'
                     || *p == '-' || *p == ' '));

        return ag_sanitize_at(s, p) == '>';
    }

    if (*p == '$') {
        c = ag_sanitize_at(s, p + 1);
        return c == '{' || c == '(' || ag_sanitize_is(c, AG_SANITIZE_UPPER);
    }

    if (*p == '*' || *p == '.' || (*p | 0x20) == 'x') {
        e = p;

        while (e < s->end && *e == *p) {
            e++;
        }

        return e - p >= AG_SANITIZE_MASK_MIN
               && !ag_sanitize_is(ag_sanitize_at(s, e), AG_SANITIZE_NAME)
               && ag_sanitize_at(s, e) != '*';
    }

    /* the name of a variable, as in "Bearer OPENAI_API_KEY" */

    e = p;

    while (e < s->end
           && (ag_sanitize_is(*e, AG_SANITIZE_UPPER) || *e == '_'))
    {
        e++;
    }

    return !ag_sanitize_is(ag_sanitize_at(s, e), AG_SANITIZE_NAME)
           && ag_sanitize_secrecy(ag_str(p, (size_t) (e - p)))
              != AG_SANITIZE_OPEN;
}


/* The end of what may look random at "p". */
const ag_char_t *
ag_sanitize_likely_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p < s->end
           && (ag_sanitize_is(*p, AG_SANITIZE_NAME | AG_SANITIZE_RUN)
               || *p == '/' || *p == '~'))
    {
        p++;
    }

    return p;
}


const ag_char_t *
ag_sanitize_value_end(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field, ag_sanitize_secrecy_t secrecy)
{
    const ag_char_t  *e;

    if (field->quote != '\0') {
        return ag_sanitize_quoted_end(s, field);
    }

    e = ag_sanitize_bare_end(s, field->start, secrecy == AG_SANITIZE_LINE);

    /* these end a sentence, if one ends here */

    while (e > field->start && (e[-1] == '.' || e[-1] == ':')) {
        e--;
    }

    return e;
}


/*
 * The closing quote, or the end of the line.  In JSON within a string of JSON
 * quotes have one backslash, one level deeper three, then seven: a quote that
 * is part of the value has more than the one that closes it.
 */
static const ag_char_t *
ag_sanitize_quoted_end(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field)
{
    size_t            slashes;
    const ag_char_t  *p;

    slashes = 0;

    for (p = field->start; p < s->end; p++) {

        if (*p == '\\') {
            slashes++;
            continue;
        }

        if (*p == field->quote
            && (slashes < field->slashes
                || slashes % (2 * (field->slashes + 1)) == field->slashes))
        {
            return p - slashes;
        }

        slashes = 0;
    }

    /* it is missing: the text was cut */

    p = field->start;

    while (p < s->end && *p != '\n') {
        p++;
    }

    return p;
}


/*
 * The end of a value without quotes; with "line", of a whole line.  A secret
 * may hold nearly every byte, so brackets and commas end it only where
 * something else cannot follow.
 */
static const ag_char_t *
ag_sanitize_bare_end(const ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned line)
{
    ag_char_t  next;

    for ( /* void */ ; p < s->end; p++) {

        if (*p == '\\') {
            next = ag_sanitize_at(s, p + 1);

            if (next == '\0' || strchr("nrtux\"'\\", next) != NULL) {
                return p;
            }

        } else if (*p >= 0xe0 || *p == '\n' || *p == '\r' || *p == '"'
                   || *p == '\'' || *p == '`')
        {
            return p;

        } else if (line) {
            continue;

        } else if (*p <= ' ' || *p == ';'
                   || ((*p == ',' || *p == '&')
                       && ag_sanitize_is_next_field(s, p + 1))
                   || (strchr(")]}<>|", *p) != NULL
                       && !ag_sanitize_is(ag_sanitize_at(s, p + 1),
                                          AG_SANITIZE_ALNUM)))
        {
            return p;
        }
    }

    return p;
}


/* Does "," or "&" before "p" end a value: does "name=" follow, or nothing? */
static unsigned
ag_sanitize_is_next_field(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    int  n;

    if (p == s->end || ag_sanitize_is(*p, AG_SANITIZE_ENDS)) {
        return 1;
    }

    for (n = 0; n < AG_SANITIZE_LOOK_MAX && p < s->end; n++, p++) {
        if (!ag_sanitize_is(*p, AG_SANITIZE_NAME)) {
            return *p == '=' || *p == ':';
        }
    }

    return 0;
}
