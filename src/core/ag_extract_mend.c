/*
 * Copyright (C) ngx_agent authors
 *
 * Mends one object or array: reads JSON as models write it and writes it as
 * it should be.
 *
 * What is right goes out as it came, white space included; only what is wrong
 * is replaced: trailing commas and comments go; quotes of strings and keys
 * become straight; True, False and None become JSON's words; line breaks and
 * tabs inside of strings are escaped, and \' loses its backslash.  Each of
 * these can be meant in one way only.
 *
 * Refuses to add a bracket, a comma or a closing quote that is missing, and
 * a comment that begins with an ellipsis: it says that something was left
 * out.  Numbers, escapes and UTF-8 pass unseen, ag_json_scan() knows them.
 */


#include "core/ag_extract_parts.h"


typedef struct {
    ag_buf_t         *out;          /* may be NULL */
    const ag_char_t  *p;
    const ag_char_t  *end;
    const ag_char_t  *kept;         /* from here to "p" all was right, and
                                       is not in "out" yet */
    uint64_t          stack;        /* a bit per level, 1 for an object; the
                                       lowest is the innermost */
    uint32_t          depth;        /* levels */
    int               rc;           /* of "out" */
} ag_extract_mend_t;


/* All of these read on from m->p, which stands at what they refuse. */

static int ag_extract_mend_open(ag_extract_mend_t *m);
static int ag_extract_mend_push(ag_extract_mend_t *m);
static int ag_extract_mend_close(ag_extract_mend_t *m);
static int ag_extract_mend_comma(ag_extract_mend_t *m);
static int ag_extract_mend_key(ag_extract_mend_t *m);
static int ag_extract_mend_string(ag_extract_mend_t *m, const char *quote);
static void ag_extract_mend_special(ag_extract_mend_t *m);
static int ag_extract_mend_scalar(ag_extract_mend_t *m);
static int ag_extract_mend_blank(ag_extract_mend_t *m);
static void ag_extract_mend_put(ag_extract_mend_t *m, const char *instead,
    size_t cut);
static void ag_extract_mend_flush(ag_extract_mend_t *m);

static ag_char_t ag_extract_mend_closer(const ag_extract_mend_t *m);
static const char *ag_extract_mend_quote(const ag_char_t *p,
    const ag_char_t *end);
static unsigned ag_extract_mend_is_number(ag_char_t c);
static unsigned ag_extract_mend_is_key(ag_char_t c);


static const struct {
    const char  *word;
    const char  *json;
} ag_extract_mend_words[] = {
    { "true",  "true" },
    { "false", "false" },
    { "null",  "null" },
    { "True",  "true" },
    { "False", "false" },
    { "None",  "null" }
};


int
ag_extract_mend(ag_str_t text, ag_buf_t *out, size_t *used, size_t *depth)
{
    int                rc;
    ag_extract_mend_t  m;

    m.out = out;
    m.p = text.data;
    m.end = text.data + text.len;
    m.kept = text.data;
    m.stack = 0;
    m.depth = 0;
    m.rc = AG_OK;

    do {
        rc = ag_extract_mend_open(&m);

        if (rc == AG_OK) {
            rc = ag_extract_mend_close(&m);
        }

    } while (rc == AG_OK && m.rc == AG_OK && m.depth > 0);

    ag_extract_mend_flush(&m);

    *used = (size_t) (m.p - text.data);
    *depth = m.depth;

    return (m.rc == AG_OK) ? rc : m.rc;
}


/* Reads the start of a value: a whole scalar, or brackets up to one. */
static int
ag_extract_mend_open(ag_extract_mend_t *m)
{
    int          rc;
    const char  *quote;

    do {
        rc = ag_extract_mend_blank(m);
        if (rc != AG_OK) {
            return rc;
        }

        quote = ag_extract_mend_quote(m->p, m->end);
        if (quote != NULL) {
            return ag_extract_mend_string(m, quote);
        }

        if (*m->p != '{' && *m->p != '[') {
            return ag_extract_mend_scalar(m);
        }

        rc = ag_extract_mend_push(m);

    } while (rc == AG_OK);

    return (rc == AG_NONE) ? AG_OK : rc;
}


/*
 * Steps into the bracket, up to its first value.  AG_NONE if it is empty:
 * past it then.
 */
static int
ag_extract_mend_push(ag_extract_mend_t *m)
{
    int       rc;
    unsigned  object;

    if (m->depth == AG_JSON_DEPTH_MAX) {
        return AG_LIMIT;
    }

    object = (*m->p == '{');
    m->stack = m->stack << 1 | object;
    m->depth++;
    m->p++;

    rc = ag_extract_mend_blank(m);
    if (rc != AG_OK) {
        return rc;
    }

    if (*m->p == ag_extract_mend_closer(m)) {
        m->stack >>= 1;
        m->depth--;
        m->p++;

        return AG_NONE;
    }

    return object ? ag_extract_mend_key(m) : AG_OK;
}


/* Reads what follows a value, up to where the next one must start. */
static int
ag_extract_mend_close(ag_extract_mend_t *m)
{
    int  rc;

    while (m->depth > 0) {
        rc = ag_extract_mend_blank(m);

        if (rc == AG_OK && *m->p == ',') {
            rc = ag_extract_mend_comma(m);

            if (rc != AG_NONE) {
                return rc;
            }

            rc = ag_extract_mend_blank(m);
        }

        if (rc != AG_OK) {
            return rc;
        }

        if (*m->p != ag_extract_mend_closer(m)) {
            return AG_INVALID;
        }

        m->stack >>= 1;
        m->depth--;
        m->p++;
    }

    return AG_OK;
}


/*
 * Reads a comma and the key that may follow; AG_NONE if a bracket closes
 * behind it, and then the comma is gone.
 */
static int
ag_extract_mend_comma(ag_extract_mend_t *m)
{
    int               rc;
    size_t            len;
    const ag_char_t  *p;

    /* looks ahead, as what is behind the comma must not go out before it */

    p = m->p + 1;

    do {
        p = ag_extract_space(p, m->end);
        rc = ag_extract_comment(p, m->end, &len);
        p += len;
    } while (rc == AG_OK && len > 0);

    if (rc == AG_OK && p < m->end && *p == ag_extract_mend_closer(m)) {
        ag_extract_mend_put(m, "", 1);
        return AG_NONE;
    }

    m->p++;

    return (m->stack & 1) ? ag_extract_mend_key(m) : AG_OK;
}


/* Reads a key and its colon. */
static int
ag_extract_mend_key(ag_extract_mend_t *m)
{
    int          rc;
    const char  *quote;

    rc = ag_extract_mend_blank(m);
    if (rc != AG_OK) {
        return rc;
    }

    quote = ag_extract_mend_quote(m->p, m->end);

    if (quote != NULL) {
        rc = ag_extract_mend_string(m, quote);

    } else if (ag_extract_mend_is_key(*m->p)) {
        ag_extract_mend_put(m, "\"", 0);

        while (m->p < m->end && ag_extract_mend_is_key(*m->p)) {
            m->p++;
        }

        ag_extract_mend_put(m, "\"", 0);

    } else {
        return AG_INVALID;
    }

    if (rc == AG_OK) {
        rc = ag_extract_mend_blank(m);
    }

    if (rc != AG_OK) {
        return rc;
    }

    if (*m->p != ':') {
        return AG_INVALID;
    }

    m->p++;

    return AG_OK;
}


/* Reads a string that ends with "quote", which is as long as the first. */
static int
ag_extract_mend_string(ag_extract_mend_t *m, const char *quote)
{
    size_t  n;

    n = strlen(quote);
    ag_extract_mend_put(m, "\"", n);

    while (m->p < m->end) {

        if (*m->p == (ag_char_t) *quote && (size_t) (m->end - m->p) >= n
            && memcmp(m->p, quote, n) == 0)
        {
            ag_extract_mend_put(m, "\"", n);
            return AG_OK;
        }

        if (*m->p < ' ' || *m->p == '"' || *m->p == '\\') {
            ag_extract_mend_special(m);

        } else {
            m->p++;
        }
    }

    return AG_AGAIN;
}


/* Reads what cannot stand for itself in a string. */
static void
ag_extract_mend_special(ag_extract_mend_t *m)
{
    switch (*m->p) {

    case '\n':
        ag_extract_mend_put(m, "\\n", 1);
        return;

    case '\r':
        ag_extract_mend_put(m, "\\r", 1);
        return;

    case '\t':
        ag_extract_mend_put(m, "\\t", 1);
        return;

    case '"':
        ag_extract_mend_put(m, "\\\"", 1);
        return;

    case '\\':
        if (m->end - m->p > 1 && m->p[1] == '\'') {
            ag_extract_mend_put(m, "'", 2);
            return;
        }

        m->p += (m->end - m->p > 1) ? 2 : 1;
        return;

    default:
        m->p++;
    }
}


static int
ag_extract_mend_scalar(ag_extract_mend_t *m)
{
    size_t       i, n, left;
    const char  *word;

    /* any run of such characters; most are numbers, and the scanner judges */

    if (*m->p == '-' || (*m->p >= '0' && *m->p <= '9')) {

        while (m->p < m->end && ag_extract_mend_is_number(*m->p)) {
            m->p++;
        }

        return AG_OK;
    }

    left = (size_t) (m->end - m->p);

    for (i = 0; i < sizeof(ag_extract_mend_words)
                    / sizeof(ag_extract_mend_words[0]); i++)
    {
        word = ag_extract_mend_words[i].word;
        n = strlen(word);

        if (memcmp(m->p, word, (n < left) ? n : left) != 0) {
            continue;
        }

        if (left < n) {
            return AG_AGAIN;
        }

        ag_extract_mend_put(m, ag_extract_mend_words[i].json, n);

        return AG_OK;
    }

    return AG_INVALID;
}


/* Skips white space and drops comments; AG_AGAIN if nothing follows. */
static int
ag_extract_mend_blank(ag_extract_mend_t *m)
{
    int     rc;
    size_t  len;

    for ( ;; ) {
        m->p = ag_extract_space(m->p, m->end);

        /* 0xe2 is the first of the three bytes of a curly quote */

        if (m->p == m->end || (*m->p == 0xe2 && m->end - m->p < 3)) {
            return AG_AGAIN;
        }

        rc = ag_extract_comment(m->p, m->end, &len);

        if (rc != AG_OK || len == 0) {
            return rc;
        }

        ag_extract_mend_put(m, "", len);
    }
}


/* Writes "instead" for the next "cut" bytes. */
static void
ag_extract_mend_put(ag_extract_mend_t *m, const char *instead, size_t cut)
{
    /* what is right already goes out with what is around it */

    if (strlen(instead) == cut && memcmp(m->p, instead, cut) == 0) {
        m->p += cut;
        return;
    }

    ag_extract_mend_flush(m);

    if (m->out != NULL && m->rc == AG_OK) {
        m->rc = ag_buf_add_string(m->out, instead);
    }

    m->p += cut;
    m->kept = m->p;
}


/* Writes what was right since the last time. */
static void
ag_extract_mend_flush(ag_extract_mend_t *m)
{
    if (m->out != NULL && m->rc == AG_OK) {
        m->rc = ag_buf_add(m->out, m->kept, (size_t) (m->p - m->kept));
    }
}


static ag_char_t
ag_extract_mend_closer(const ag_extract_mend_t *m)
{
    return (m->stack & 1) ? '}' : ']';
}


/*
 * What closes the string that begins at "p", as long as what opens it; NULL
 * if there is none.  Two curly quotes that close make a pair, too.
 */
static const char *
ag_extract_mend_quote(const ag_char_t *p, const ag_char_t *end)
{
    if (*p == '"') {
        return "\"";
    }

    if (*p == '\'') {
        return "'";
    }

    if (end - p < 3 || p[0] != 0xe2 || p[1] != 0x80) {
        return NULL;
    }

    if (p[2] == 0x9c || p[2] == 0x9d) {
        return "\xe2\x80\x9d";
    }

    return (p[2] == 0x98 || p[2] == 0x99) ? "\xe2\x80\x99" : NULL;
}


static unsigned
ag_extract_mend_is_number(ag_char_t c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+'
           || c == 'e' || c == 'E';
}


/* Of a key without quotes; up to the colon nothing else can be meant. */
static unsigned
ag_extract_mend_is_key(ag_char_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '$';
}
