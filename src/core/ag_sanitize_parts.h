/*
 * Copyright (C) ngx_agent authors
 *
 * What the parts of the sanitizer share: the scan of one text, the kinds of
 * bytes, and the rules.
 *
 * A rule looks at one place of the text.  It returns NULL if it does not
 * apply, else the place where the scan goes on.  It may look ahead over what
 * it will consume, over one name, or a constant number of bytes; where it
 * looked further in vain, the scan remembers how far ("pathless" and its
 * like), so that no byte is looked at more often than a constant.
 */


#ifndef _AG_SANITIZE_PARTS_H_INCLUDED_
#define _AG_SANITIZE_PARTS_H_INCLUDED_


#include "core/ag_sanitize.h"


/* Kinds of bytes, bits of ag_sanitize_kinds[]. */
#define AG_SANITIZE_LOWER   0x0001
#define AG_SANITIZE_UPPER   0x0002
#define AG_SANITIZE_DIGIT   0x0004
#define AG_SANITIZE_NAME    0x0008  /* letters, digits, "_", ".", "-" */
#define AG_SANITIZE_RUN     0x0010  /* letters, digits, "_", "+" */
#define AG_SANITIZE_START   0x0020  /* starts a name: letters, digits, "_" */
#define AG_SANITIZE_EVENT   0x0040  /* other bytes that may start something */
#define AG_SANITIZE_ENDS    0x0080  /* ends a path: white space, quotes ... */
#define AG_SANITIZE_DOT     0x0100
#define AG_SANITIZE_DASH    0x0200
#define AG_SANITIZE_SCORE   0x0400  /* "_" */
#define AG_SANITIZE_FIRST   0x0800  /* of a known prefix */
#define AG_SANITIZE_LAST    0x1000  /* of the name of a secret */
#define AG_SANITIZE_TAIL    0x2000  /* goes on with a key, not with a name */
#define AG_SANITIZE_AFTER   0x4000  /* may stand behind a secret's name */
#define AG_SANITIZE_TRACE   0x8000  /* first of a word of a trace */

#define AG_SANITIZE_LETTER  (AG_SANITIZE_LOWER | AG_SANITIZE_UPPER)
#define AG_SANITIZE_ALNUM   (AG_SANITIZE_LETTER | AG_SANITIZE_DIGIT)

#define AG_SANITIZE_REDACTED  "[redacted]"
#define AG_SANITIZE_PATH      "[path]"
#define AG_SANITIZE_HOST      "[host]"


typedef struct {
    const ag_char_t     *start;
    const ag_char_t     *end;
    const ag_char_t     *plain;     /* from here on nothing was added yet */
    const ag_char_t     *from;      /* where the last thing stood that went */
    const ag_char_t     *line;      /* where the line starts */
    const ag_char_t     *edge;      /* end of an escape such as \n: what
                                       follows starts a word */
    ag_str_t             last;      /* the last name, and the one before */
    ag_str_t             older;
    unsigned             kinds;     /* of the bytes of the present name */

    const ag_char_t     *chain;     /* names joined by slashes: a relative */
    const ag_char_t     *chain_end; /*   path, perhaps */

    const ag_char_t     *url_host;  /* the host of a URL starts here */
    const ag_char_t     *pathless;  /* the end of what is no path */
    const ag_char_t     *runless;   /* no run */
    const ag_char_t     *keyless;   /* nothing random behind a prefix */
    const ag_char_t     *atless;    /* no "@" of a URL stands before this */

    ag_buf_t            *out;
    size_t               before;    /* bytes of "out" that are not ours */
    size_t               characters;    /* of a message, so far */
    ag_sanitize_mode_t   mode;
    int                  rc;
    unsigned             announced; /* "last" may announce a host */
    unsigned             changed:1;
    unsigned             again;     /* what was taken out may have been the
                                       reason why something was kept */
    unsigned             cut:1;     /* the message is full */
    unsigned             stopped:1; /* nothing more is wanted */
} ag_sanitize_scan_t;


/* How secret is the value of a field? */
typedef enum {
    AG_SANITIZE_OPEN = 0,       /* as any other text */
    AG_SANITIZE_LIKELY,         /* a secret if it looks random */
    AG_SANITIZE_SECRET,
    AG_SANITIZE_LINE            /* and so is the rest of its line */
} ag_sanitize_secrecy_t;


/* The value of a field. */
typedef struct {
    const ag_char_t     *start;
    size_t               slashes;   /* before its quote */
    ag_char_t            quote;     /* '\0' if there is none */
    unsigned             assigned:1;    /* by "=", or in a tree of JSON */
    unsigned             listed:1;      /* behind a comma */
} ag_sanitize_field_t;


extern const uint16_t  ag_sanitize_kinds[256];


/* ---- the scan */

/*
 * Adds the text up to "from", then "marker" for what stands between "from"
 * and "to".  Returns "to".
 */
const ag_char_t *ag_sanitize_put(ag_sanitize_scan_t *s,
    const ag_char_t *from, const ag_char_t *to, const char *marker);

/* Sanitizes one text into "out", whose length it restores on failure. */
int ag_sanitize_pass(ag_sanitize_scan_t *s, ag_str_t text);


/* The name at "p": the rules that start with one; else its end. */
const ag_char_t *ag_sanitize_name(ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Any other byte that may start something at "p"; returns where to go on. */
const ag_char_t *ag_sanitize_mark(ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Do that many hexadecimal digits stand at "p"? */
unsigned ag_sanitize_is_hex(const ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t count);


/* ---- words */

/*
 * Is the word, in any case, in the list of its first letter?  "lists" has
 * one for every small letter: words separated by a space, or NULL.
 */
int ag_sanitize_is_listed(const char *const *lists, ag_str_t word);

/*
 * The same for what the text ends with, by its last letter; "_", "-" and " "
 * may stand between letters.  Returns the length of that in the text, or 0;
 * *mark (may be NULL) is the byte behind the word in the list.
 */
size_t ag_sanitize_ends_listed(const char *const *lists, ag_str_t text,
    char *mark);

/* Is a run of letters, digits and "_" made of words, as names are? */
int ag_sanitize_is_identifier(ag_str_t run);

/*
 * Does a piece of the text, of "least" letters and digits or more, look as
 * if a machine had drawn it?
 */
int ag_sanitize_is_random(ag_str_t text, size_t least);


/* Behind what was put for something at "p", or NULL. */
const ag_char_t *ag_sanitize_marker_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Does a sentence go on at "p", with a word or what stands for one? */
unsigned ag_sanitize_is_word_at(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* ---- keys and tokens */

/*
 * The end of a key with a known prefix at "p", or NULL; "inner": within a
 * name, behind "_", "-" or ".".
 */
const ag_char_t *ag_sanitize_prefix_end(ag_sanitize_scan_t *s,
    const ag_char_t *p, unsigned inner);

/*
 * A run of 20 or more that mixes letters and digits, in the name p..e; it may
 * end behind the name, but not behind "limit".
 */
const ag_char_t *ag_sanitize_run(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, const ag_char_t *limit);

/* A PEM block that starts with the dashes p..e. */
const ag_char_t *ag_sanitize_pem(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e);

/* "password=..." and its like: the value behind the name p..e. */
const ag_char_t *ag_sanitize_value(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* Behind "Bearer " or its like at "p", or NULL. */
const ag_char_t *ag_sanitize_skip_scheme(const ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* "Bearer ..." and "Basic ..." */
const ag_char_t *ag_sanitize_scheme(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* How secret is the value of a field of that name? */
ag_sanitize_secrecy_t ag_sanitize_secrecy(ag_str_t name);

/* Is a whole string a secret because its field has that secrecy? */
int ag_sanitize_is_secret(ag_str_t value, ag_sanitize_secrecy_t secrecy);

/* Is a value none: missing, taken out, a placeholder, or a sentence? */
unsigned ag_sanitize_is_harmless(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field);

/* The end of a value, and of its part that may look random. */
const ag_char_t *ag_sanitize_value_end(const ag_sanitize_scan_t *s,
    const ag_sanitize_field_t *field, ag_sanitize_secrecy_t secrecy);
const ag_char_t *ag_sanitize_likely_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* ---- places */

/* "scheme://": credentials; for "file:" the whole; notes where a host is. */
const ag_char_t *ag_sanitize_url(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e);

/* "user:password@host" without a scheme. */
const ag_char_t *ag_sanitize_login(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* A host or an address that starts with the name p..e. */
const ag_char_t *ag_sanitize_host(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e);

/* Is the name p..e a host because of the words around it? */
unsigned ag_sanitize_is_announced(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* Can the name, if it is one of a host, be that of an internal one? */
unsigned ag_sanitize_is_host_name(ag_str_t name);

/* The end of an address at "p", or NULL. */
const ag_char_t *ag_sanitize_ipv4_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
const ag_char_t *ag_sanitize_ipv6_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, unsigned bracket);

/* Behind ":" and a port of "least" digits or more at "p", or NULL. */
const ag_char_t *ag_sanitize_port_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p, size_t least);

/* An address that starts at "[" or ":". */
const ag_char_t *ag_sanitize_ipv6(ag_sanitize_scan_t *s, const ag_char_t *p);

/* A path that starts at "/", "~" or "\\", with a drive, or "x.js:1:2". */
const ag_char_t *ag_sanitize_path(ag_sanitize_scan_t *s, const ag_char_t *p);
const ag_char_t *ag_sanitize_home(ag_sanitize_scan_t *s, const ag_char_t *p);
const ag_char_t *ag_sanitize_share(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
const ag_char_t *ag_sanitize_drive(ag_sanitize_scan_t *s,
    const ag_char_t *p);
const ag_char_t *ag_sanitize_source(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* The end of a path that is known to be one. */
const ag_char_t *ag_sanitize_path_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Is there a slash of that kind within the word at "p"? */
unsigned ag_sanitize_goes_on(const ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_char_t slash);

/* How many backslashes stand at "p"? */
size_t ag_sanitize_slashes(const ag_sanitize_scan_t *s, const ag_char_t *p);


/* ---- stack traces */

/* What goes with a frame. */
typedef enum {
    AG_SANITIZE_NO_FRAME = 0,
    AG_SANITIZE_FRAME,          /* nothing */
    AG_SANITIZE_BLOCK,          /* lines that are indented */
    AG_SANITIZE_PARAGRAPH       /* all up to an empty line */
} ag_sanitize_extent_t;

/* Does a trace start with the name p..e, and what belongs to it? */
ag_sanitize_extent_t ag_sanitize_extent(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* A trace that starts with the name p..e. */
const ag_char_t *ag_sanitize_trace(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);

/* PHP: "#0 /x.php(1): f()", C#: "--- End of stack trace ...", at "p". */
const ag_char_t *ag_sanitize_mark_trace(ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Is there nothing but white space before "p" in its line? */
unsigned ag_sanitize_is_first(const ag_sanitize_scan_t *s,
    const ag_char_t *p);

/* Is what follows a backslash at "p" an escape, and no part of a path? */
unsigned ag_sanitize_is_break(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* ---- small questions */

static inline unsigned
ag_sanitize_is(ag_char_t c, unsigned kinds)
{
    return ag_sanitize_kinds[c] & kinds;
}


/* The byte at "p", '\0' at the end of the text. */
static inline ag_char_t
ag_sanitize_at(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return (p < s->end) ? *p : '\0';
}


/* The byte before "p"; a space where an escape or nothing stands. */
static inline ag_char_t
ag_sanitize_previous(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return (p == s->start || p == s->edge) ? ' ' : p[-1];
}


/* May the byte stand between a word and the host that it announces? */
static inline unsigned
ag_sanitize_is_gap(ag_char_t c)
{
    return c == ' ' || c == '=' || c == ':' || c == '"' || c == '\''
           || c == '\\';
}


static inline ag_char_t
ag_sanitize_lower(ag_char_t c)
{
    return (ag_char_t) (ag_sanitize_is(c, AG_SANITIZE_UPPER) ? c | 0x20 : c);
}


/* Does "word" stand at "p"?  Any case if "word" is lower case. */
static inline unsigned
ag_sanitize_starts(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const char *word)
{
    for ( /* void */ ; *word != '\0'; word++, p++) {
        if (p >= s->end
            || (*p != (ag_char_t) *word
                && ag_sanitize_lower(*p) != (ag_char_t) *word))
        {
            return 0;
        }
    }

    return 1;
}


static inline const ag_char_t *
ag_sanitize_skip(const ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned kinds)
{
    while (p < s->end && ag_sanitize_is(*p, kinds)) {
        p++;
    }

    return p;
}


/* Skips at most four spaces. */
static inline const ag_char_t *
ag_sanitize_skip_spaces(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    int  n;

    for (n = 0; n < 4 && p < s->end && (*p == ' ' || *p == '\t'); n++) {
        p++;
    }

    return p;
}


#endif /* _AG_SANITIZE_PARTS_H_INCLUDED_ */
