/*
 * Copyright (C) ngx_agent authors
 *
 * URLs: user and password go, a "file:" goes as a whole, and the scan learns
 * where a host stands, since one without a dot is an internal one there.
 * What else a URL holds (keys in its query, its path) other rules see.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_LOGIN_MAX  64       /* bytes of a password without a URL */


static const ag_char_t *ag_sanitize_skip_slash(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_user(ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_last_at(const ag_char_t *p,
    const ag_char_t *e);
static unsigned ag_sanitize_ends_url(ag_char_t c);
static unsigned ag_sanitize_is_host_next(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* Schemes of which the first part is a host; "s3://bucket" is none. */
static const char *const  ag_sanitize_host_schemes[128] = {
    ['a'] = "amqp amqps aiomysql aiopg aiosqlite asyncpg",
    ['b'] = "bolt",
    ['c'] = "clickhouse cassandra couchbase",
    ['f'] = "ftp ftps",
    ['g'] = "git grpc grpcs",
    ['h'] = "http https h2c",
    ['i'] = "imap imaps",
    ['k'] = "kafka",
    ['l'] = "ldap ldaps",
    ['m'] = "mongodb mysql mysqldb mariadb mssql memcached mqtt mqtts",
    ['n'] = "nats neo4j",
    ['o'] = "oracle otlp",
    ['p'] = "postgres postgresql psycopg psycopg2 pymysql pyodbc pulsar",
    ['r'] = "redis rediss rtsp",
    ['s'] = "sftp smtp smtps ssh srv sqlserver socks4 socks5 socks5h",
    ['t'] = "tcp tls",
    ['u'] = "udp",
    ['v'] = "vllm",
    ['w'] = "ws wss",
    ['z'] = "zookeeper"
};

/* Schemes behind which a file stands. */
static const char *const  ag_sanitize_file_schemes[128] = {
    ['f'] = "file", ['j'] = "jar", ['s'] = "sqlite", ['u'] = "unix"
};


/*
 * The scan goes on at the host, which is a name like any other; it only knows
 * now that one stands there.
 */
const ag_char_t *
ag_sanitize_url(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_str_t          scheme;
    const ag_char_t  *q, *end;

    scheme = ag_str(p, (size_t) (e - p));

    if (ag_sanitize_at(s, e + 1) != '/' && ag_sanitize_at(s, e + 1) != '\\') {
        return NULL;
    }

    if (ag_sanitize_is_listed(ag_sanitize_file_schemes, scheme)) {
        if (s->mode == AG_SANITIZE_SECRETS) {
            return NULL;
        }

        end = ag_sanitize_path_end(s, e + 1);

        /* "file:/" alone is none */

        return (end - e > 2)
               ? ag_sanitize_put(s, p, end, AG_SANITIZE_PATH) : NULL;
    }

    q = ag_sanitize_skip_slash(s, ag_sanitize_skip_slash(s, e + 1));

    if (q == NULL) {
        return NULL;
    }

    end = ag_sanitize_user(s, q);

    if (end != NULL) {
        s->url_host = end + 1;
        return ag_sanitize_put(s, q, end, AG_SANITIZE_REDACTED);
    }

    if (ag_sanitize_is_listed(ag_sanitize_host_schemes, scheme)) {
        s->url_host = q;
    }

    return q;
}


/* Behind the slash at "p", which JSON may write as "\/"; NULL if none. */
static const ag_char_t *
ag_sanitize_skip_slash(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p != NULL && ag_sanitize_at(s, p) == '\\') {
        p++;
    }

    return (p != NULL && ag_sanitize_at(s, p) == '/') ? p + 1 : NULL;
}


/*
 * The "@" that ends user and password, NULL if there is none: the last one,
 * since a password may hold what it must not, a "/" or an "@".  Without one
 * before the path, what looks like a port is then no number.
 */
static const ag_char_t *
ag_sanitize_user(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *e, *at, *colon;

    colon = NULL;

    for (e = p; e < s->end && !ag_sanitize_ends_url(*e); e++) {
        if (*e == '/' || *e == '?' || *e == '#') {
            break;
        }

        colon = (*e == ':') ? e : colon;
    }

    at = ag_sanitize_last_at(p, e);

    if (at == NULL
        && (colon == NULL || p < s->atless
            || ag_sanitize_skip(s, colon + 1, AG_SANITIZE_DIGIT) == e))
    {
        return NULL;
    }

    /* the same end is not looked for again from a later place */

    while (e < s->end && !ag_sanitize_ends_url(*e)) {
        e++;
    }

    s->atless = e;

    return ag_sanitize_last_at(p, e);
}


static const ag_char_t *
ag_sanitize_last_at(const ag_char_t *p, const ag_char_t *e)
{
    while (e > p) {
        e--;

        if (*e == '@') {
            return e;
        }
    }

    return NULL;
}


static unsigned
ag_sanitize_ends_url(ag_char_t c)
{
    return c <= ' ' || c >= 0xe0 || c == '"' || c == '\'' || c == '<'
           || c == '>' || c == '`' || c == '\\' || c == ')';
}


/*
 * "root:password@tcp(10.0.0.5:3306)/name": a host must follow, since names of
 * models have colons and "@", too ("name:tag@sha256:...").
 */
const ag_char_t *
ag_sanitize_login(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    int               n;
    const ag_char_t  *q;

    q = e + 1;

    for (n = 0; n < AG_SANITIZE_LOGIN_MAX && q < s->end; n++, q++) {
        if (*q == '@' || *q == ':' || *q == '/' || ag_sanitize_ends_url(*q)) {
            break;
        }
    }

    if (n == 0 || ag_sanitize_at(s, q) != '@'
        || ag_sanitize_starts(s, e + 1, AG_SANITIZE_REDACTED)
        || !ag_sanitize_is_host_next(s, q + 1))
    {
        return NULL;
    }

    return ag_sanitize_put(s, p, q, AG_SANITIZE_REDACTED);
}


/* Does "tcp(", "localhost", "name.name" or "name:1" stand at "p"? */
static unsigned
ag_sanitize_is_host_next(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    int               n, dots;
    const ag_char_t  *e;

    dots = 0;

    for (n = 0, e = p;
         n < AG_SANITIZE_LOGIN_MAX && e < s->end
         && ag_sanitize_is(*e, AG_SANITIZE_NAME);
         n++, e++)
    {
        dots += (*e == '.');
    }

    return n > 0
           && (dots > 0 || ag_sanitize_at(s, e) == '('
               || ag_sanitize_starts(s, p, "localhost")
               || ag_sanitize_port_end(s, e, 2) != NULL);
}
