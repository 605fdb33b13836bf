/*
 * Copyright (C) ngx_agent authors
 *
 * Names of hosts that are no business of a client: those with a suffix that
 * no public name has, those without a dot where only a host can stand, and
 * addresses.
 *
 * "code:429" is no host, so a bare name with a port must not be a word that
 * stands before numbers.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_PORT_MIN    2   /* digits behind a bare name */
#define AG_SANITIZE_HASH_MIN    8   /* characters of a replica set's hash */
#define AG_SANITIZE_HASH_MAX    10
#define AG_SANITIZE_POD         5   /* of a pod's */
#define AG_SANITIZE_IPV4_MIN    7   /* characters */


static unsigned ag_sanitize_is_internal(ag_str_t host);
static unsigned ag_sanitize_is_private(ag_str_t host);
static unsigned ag_sanitize_is_bare(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_pod(const ag_char_t *p, const ag_char_t *e);
static size_t ag_sanitize_drawn(const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_address(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_network_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static ag_str_t ag_sanitize_label(ag_str_t host);
static ag_str_t ag_sanitize_last_word(ag_str_t name);


/* Last labels of hosts that are not public. */
static const char *const  ag_sanitize_inside[128] = {
    ['a'] = "arpa", ['c'] = "corp consul",
    ['i'] = "internal intra intranet",
    ['l'] = "local lan localdomain localhost", ['s'] = "svc"
};

/* Last labels of public ones; those of two letters are, too. */
static const char *const  ag_sanitize_public[128] = {
    ['a'] = "academy agency app art",
    ['b'] = "biz blog bot build",
    ['c'] = "chat cloud co codes com",
    ['d'] = "dev digital",
    ['e'] = "edu email",
    ['g'] = "gov",
    ['h'] = "host",
    ['i'] = "info int",
    ['l'] = "link live",
    ['m'] = "me mil",
    ['n'] = "net network",
    ['o'] = "online org",
    ['p'] = "page pro",
    ['r'] = "run",
    ['s'] = "services sh site software space store systems",
    ['t'] = "team tech tools",
    ['w'] = "website work world",
    ['x'] = "xyz"
};

/* Words that stand before a number which is no port. */
static const char *const  ag_sanitize_fields[128] = {
    ['a'] = "age amount at attempt attempts available",
    ['b'] = "backoff batch block budget bytes",
    ['c'] = "cap char characters chars chunk code col column completion "
            "config context cost count created credits ctx cuda current",
    ['d'] = "day days delay depth device dim dimension dimensions duration",
    ['e'] = "end epoch errno error exit expected",
    ['g'] = "got gpu",
    ['h'] = "height hour hours http",
    ['i'] = "id in index input invalid iso items iteration",
    ['l'] = "len length level limit limits line lines ln",
    ['m'] = "max maximum memory messages min minimum minute minutes month ms",
    ['n'] = "no number num",
    ['o'] = "of offset order output",
    ['p'] = "page parameters period pid pixels pos position predict prompt",
    ['q'] = "quota",
    ['r'] = "rank rate ratio remaining request requested requests reset "
            "resolution retries retry rfc row rpd rpm",
    ['s'] = "score sec second seconds seed seq size start status step steps "
            "sum",
    ['t'] = "temperature threshold time timeout timestamp to token tokens "
            "top total tpd tpm ts ttl",
    ['u'] = "until usage used",
    ['v'] = "value version",
    ['w'] = "wait week width window",
    ['y'] = "year"
};


/*
 * A host is known as one by what stands around it, by its suffix, or because
 * it can be nothing else.  Of the two names "api.example.com:443" and
 * "vllm:8000" only the second goes: the first is no secret.
 */
const ag_char_t *
ag_sanitize_host(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned          bare, known;
    ag_char_t         before;
    const ag_char_t  *end;

    end = ag_sanitize_address(s, p, e);

    if (end != NULL) {
        return end;
    }

    bare = (p == s->url_host)
           || (ag_sanitize_at(s, e) == ':'
               && ag_sanitize_is(ag_sanitize_at(s, e + 1),
                                 AG_SANITIZE_DIGIT));

    known = (s->announced && ag_sanitize_is_announced(s, p, e))
            || ((s->kinds & AG_SANITIZE_DASH) && ag_sanitize_is_pod(p, e));

    if (!known && !bare && !(s->kinds & AG_SANITIZE_DOT)
        && !ag_sanitize_starts(s, p, "localhost"))
    {
        return NULL;
    }

    before = ag_sanitize_previous(s, p);

    /* a part of a path, of a relative name */

    if (p != s->url_host
        && (before == '.'
            || (before == '/' && (p - s->start < 2 || p[-2] != '/'))))
    {
        return NULL;
    }

    if (!known && !ag_sanitize_is_internal(ag_str(p, (size_t) (e - p)))
        && !(bare && ag_sanitize_is_bare(s, p, e)))
    {
        return NULL;
    }

    /* the port tells which service it is, and goes as well */

    end = ag_sanitize_port_end(s, e, 1);

    return ag_sanitize_put(s, p, (end != NULL) ? end : e, AG_SANITIZE_HOST);
}


/* Has the host a suffix that no public one has? */
static unsigned
ag_sanitize_is_internal(ag_str_t host)
{
    size_t    i;
    unsigned  lower;
    ag_str_t  label;

    label = ag_sanitize_label(host);

    if (!ag_sanitize_is_listed(ag_sanitize_inside, label)) {
        return label.len < host.len && ag_sanitize_is_private(host);
    }

    /* "internal" alone is a word */

    if (label.len == host.len) {
        return label.len == sizeof("localhost") - 1;
    }

    /* "StatusCode.INTERNAL" is none, "DB.INTERNAL" is one */

    lower = 0;

    for (i = 0; i < host.len - label.len; i++) {
        lower |= ag_sanitize_is(host.data[i], AG_SANITIZE_LOWER);
    }

    return !ag_sanitize_is(label.data[0], AG_SANITIZE_UPPER) || !lower;
}


/* "name.svc.prod.example.com" */
static unsigned
ag_sanitize_is_private(ag_str_t host)
{
    size_t            i;
    const ag_char_t  *p;

    p = host.data;

    for (i = 1; i + 5 < host.len; i++) {
        if (p[i] == '.' && p[i + 1] == 's' && p[i + 2] == 'v'
            && p[i + 3] == 'c' && p[i + 4] == '.')
        {
            return 1;
        }
    }

    return 0;
}


/* A name with a port, or the host of a URL, that can only be internal. */
static unsigned
ag_sanitize_is_bare(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_str_t  host;

    host = ag_str(p, (size_t) (e - p));

    /* "https://name.[redacted].com" was not bare */

    if (p == s->url_host && memchr(p, '.', host.len) == NULL) {
        return !ag_sanitize_starts(s, e, ".[");
    }

    /* "arn:aws:region:1234" has colons everywhere */

    return ag_sanitize_at(s, e) == ':'
           && ag_sanitize_previous(s, p) != ':'
           && ag_sanitize_port_end(s, e, AG_SANITIZE_PORT_MIN) != NULL
           && ag_sanitize_is_host_name(host)
           && !ag_sanitize_is_listed(ag_sanitize_fields,
                                     ag_sanitize_last_word(host));
}


unsigned
ag_sanitize_is_host_name(ag_str_t name)
{
    size_t    i;
    unsigned  kinds;
    ag_str_t  label;

    /* hosts have no "_", fields of requests do */

    if (name.len < 2 || !ag_sanitize_is(name.data[0], AG_SANITIZE_LETTER)
        || memchr(name.data, '_', name.len) != NULL)
    {
        return 0;
    }

    label = ag_sanitize_label(name);

    if (label.len == name.len) {
        return 1;
    }

    /* "name.namespace:8000", but not "example.com:443" or "v1.5:10" */

    kinds = 0;

    for (i = 0; i < label.len; i++) {
        kinds |= ag_sanitize_kinds[label.data[i]];
    }

    return !(kinds & AG_SANITIZE_DIGIT) && label.len > 2
           && !ag_sanitize_is_listed(ag_sanitize_public, label);
}


/*
 * "model-7d9f8b6c5d-x2x4z": Kubernetes draws names from 27 letters and digits
 * that make no words, so hardly anything else looks like that.
 */
static unsigned
ag_sanitize_is_pod(const ag_char_t *p, const ag_char_t *e)
{
    size_t            hash;
    const ag_char_t  *dash;

    if (e - p < AG_SANITIZE_POD + AG_SANITIZE_HASH_MIN + 3
        || e[-1 - AG_SANITIZE_POD] != '-')
    {
        return 0;
    }

    dash = e - 1 - AG_SANITIZE_POD;
    hash = ag_sanitize_drawn(p, dash);

    return ag_sanitize_drawn(p, e) == AG_SANITIZE_POD
           && hash >= AG_SANITIZE_HASH_MIN && hash <= AG_SANITIZE_HASH_MAX
           && dash[-1 - (ptrdiff_t) hash] == '-';
}


/* How many characters before "e" may be of a drawn name; none at "p". */
static size_t
ag_sanitize_drawn(const ag_char_t *p, const ag_char_t *e)
{
    size_t  n;

    for (n = 0; e - 1 > p && n <= AG_SANITIZE_HASH_MAX; n++) {
        e--;

        if (strchr("bcdfghjklmnpqrstvwxz2456789", *e) == NULL) {
            break;
        }
    }

    return n;
}


/* An address in the name p..e, or one that goes on behind it. */
static const ag_char_t *
ag_sanitize_address(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t         before;
    const ag_char_t  *q, *end, *next;

    /* a group of an address of IPv6 has four digits at most */

    if (e - p <= 4 && ag_sanitize_at(s, e) == ':') {
        before = ag_sanitize_previous(s, p);
        end = (before == ':' || before == '.')
              ? NULL : ag_sanitize_ipv6_end(s, p, 0);

        if (end != NULL) {
            return ag_sanitize_put(s, p, end, AG_SANITIZE_HOST);
        }
    }

    if (!(s->kinds & AG_SANITIZE_DIGIT) || !(s->kinds & AG_SANITIZE_DOT)) {
        return NULL;
    }

    for (q = p; e - q >= AG_SANITIZE_IPV4_MIN; q++) {

        /* "node-10.0.0.1", but not "v1.2.3.4" */

        if (!ag_sanitize_is(*q, AG_SANITIZE_DIGIT)
            || (q > p && *(q - 1) != '-' && *(q - 1) != '_'))
        {
            continue;
        }

        end = ag_sanitize_ipv4_end(s, q);

        /* what stands before it may be a key */

        if (end != NULL) {
            next = (q > p) ? ag_sanitize_run(s, p, q, q) : NULL;

            return (next != NULL)
                   ? next : ag_sanitize_put(s, q,
                                            ag_sanitize_network_end(s, end),
                                            AG_SANITIZE_HOST);
        }
    }

    return NULL;
}


/* Behind the port or the length of a network's prefix at "p". */
static const ag_char_t *
ag_sanitize_network_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            n;
    const ag_char_t  *end;

    end = ag_sanitize_port_end(s, p, 1);

    if (end != NULL) {
        return end;
    }

    if (ag_sanitize_at(s, p) != '/') {
        return p;
    }

    end = ag_sanitize_skip(s, p + 1, AG_SANITIZE_DIGIT);
    n = (size_t) (end - p - 1);

    return (n > 0 && n <= 2
            && !ag_sanitize_is(ag_sanitize_at(s, end), AG_SANITIZE_START))
           ? end : p;
}


/* What stands behind the last full stop. */
static ag_str_t
ag_sanitize_label(ag_str_t host)
{
    size_t  n;

    for (n = host.len; n > 0 && host.data[n - 1] != '.'; n--) {
        /* void */
    }

    return ag_str(host.data + n, host.len - n);
}


/* "tokens" of "max_tokens", "code" of "statusCode" */
static ag_str_t
ag_sanitize_last_word(ag_str_t name)
{
    size_t  n;

    for (n = name.len - 1; n > 0; n--) {
        if (!ag_sanitize_is(name.data[n - 1], AG_SANITIZE_ALNUM)
            || (ag_sanitize_is(name.data[n], AG_SANITIZE_UPPER)
                && ag_sanitize_is(name.data[n - 1], AG_SANITIZE_LOWER)))
        {
            break;
        }
    }

    return ag_str(name.data + n, name.len - n);
}
