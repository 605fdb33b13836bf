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


#define AG_SANITIZE_PASSES    4     /* over a text that was cut, see "again" */
#define AG_SANITIZE_WORD_MAX  64    /* bytes of a word that a cut spares */
#define AG_SANITIZE_KEY_MIN   9     /* bytes of a key with a prefix */
#define AG_SANITIZE_LONG      20    /* bytes of a name that may be a key */


static const ag_char_t *ag_sanitize_name(ag_sanitize_scan_t *s,
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
static const ag_char_t *ag_sanitize_mark(ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_place(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_escape(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_joined(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static void ag_sanitize_add(ag_sanitize_scan_t *s, const ag_char_t *p,
    size_t len);
static void ag_sanitize_cut(ag_sanitize_scan_t *s, ag_char_t next);


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
    s->url_host = s->pathless = s->runless = s->atless = NULL;

    while (p < s->end && !s->stopped) {

        if (ag_sanitize_is(*p, AG_SANITIZE_START)) {
            p = ag_sanitize_name(s, p);

        } else if (ag_sanitize_is(*p, AG_SANITIZE_EVENT)) {
            p = ag_sanitize_mark(s, p);

        } else {
            p++;
        }

        /* a character has four bytes at most */

        if (s->mode == AG_SANITIZE_MESSAGE
            && p - s->plain > 4 * AG_SANITIZE_MAX)
        {
            break;
        }
    }

    ag_sanitize_add(s, s->plain, (size_t) (s->end - s->plain));

    return s->rc;
}


/* A name: the rules that start with one; returns its end if none applies. */
static const ag_char_t *
ag_sanitize_name(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    unsigned          kinds;
    const ag_char_t  *e, *next;

    kinds = 0;

    for (e = p; e < s->end && ag_sanitize_is(*e, AG_SANITIZE_NAME); e++) {
        kinds |= ag_sanitize_kinds[*e];
    }

    s->kinds = kinds;

    /* these end a sentence, or are a dash */

    while (e[-1] == '.' || e[-1] == '-') {
        e--;
    }

    if (p == s->start || p[-1] != '/' || s->chain_end != p - 1) {
        s->chain = p;
    }

    s->chain_end = e;

    next = ag_sanitize_keys(s, p, e);

    if (next == NULL) {
        next = (e - p < AG_SANITIZE_LONG || !(kinds & AG_SANITIZE_DIGIT))
               ? ag_sanitize_short_name(s, p, e)
               : ag_sanitize_long_name(s, p, e);
    }

    if (next != NULL) {

        /* what goes may stand behind a name that is one of a host, too */

        s->again |= s->announced | (kinds & AG_SANITIZE_DOT);

        return next;
    }

    s->older = s->last;
    s->last = ag_str(p, (size_t) (e - p));
    s->announced = ag_sanitize_announces(p, e);

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


/* A name that may be a secret itself, and so must not be passed over. */
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


static const ag_char_t *
ag_sanitize_name_place(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t         c, second;
    const ag_char_t  *next;

    c = ag_sanitize_at(s, e);
    second = ag_sanitize_at(s, e + 1);
    next = NULL;

    if (ag_sanitize_is(*p, AG_SANITIZE_TRACE)
        && (c == ' ' || c == ':' || e - p > 2))
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
        && (c == ':' || s->announced || p == s->url_host
            || (*p | 0x20) == 'l'
            || (s->kinds & (AG_SANITIZE_DOT | AG_SANITIZE_DASH))))
    {
        next = ag_sanitize_host(s, p, e);
    }

    return next;
}


/* May the name p..e be a word that announces a host? */
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


/* Any other byte that may start something; returns where to go on. */
static const ag_char_t *
ag_sanitize_mark(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            n;
    const ag_char_t  *e, *next;

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
        return ag_sanitize_path(s, p);

    case '~':
        return ag_sanitize_home(s, e - 1);

    case '\\':
        return ag_sanitize_share(s, p, e);

    case '-':
        return (e - p == 3) ? ag_sanitize_frame(s, p) : NULL;

    case '#':
        return ag_sanitize_frame(s, e - 1);

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


const ag_char_t *
ag_sanitize_put(ag_sanitize_scan_t *s, const ag_char_t *from,
    const ag_char_t *to, const char *marker)
{
    if (from < s->plain) {
        from = s->plain;
    }

    /* what was taken out once is no change */

    if (ag_str_is(ag_str(from, (size_t) (to - from)), marker)) {
        return to;
    }

    ag_sanitize_add(s, s->plain, (size_t) (from - s->plain));
    ag_sanitize_add(s, (const ag_char_t *) marker, strlen(marker));

    s->plain = to;
    s->changed = 1;
    s->again |= ag_sanitize_is_joined(s, from, to);

    return to;
}


/*
 * May p..e have been a part of something longer?  Then what is left of that
 * is to be judged by itself.
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

    if (next > ' ' && next < 0x80) {
        while (len > least && data[len - 1] > ' ' && data[len - 1] < 0x80) {
            len--;
        }

        len = (len > least) ? len : s->out->len;
    }

    while (len > s->before && data[len - 1] <= ' ') {
        len--;
    }

    s->out->len = len;
}
