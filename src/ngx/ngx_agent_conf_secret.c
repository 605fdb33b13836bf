/*
 * Copyright (C) ngx_agent authors
 *
 * Reads secrets from files and from the environment.  Refuses a secret that
 * stands in nginx.conf itself, where "nginx -T", backups and colleagues see
 * it, and never writes one, or what might be one, into an error.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_key.h"


#define NGX_AGENT_SECRET_FILE_MAX  (2 * AG_KEY_MAX)  /* bytes; lines after the
                                                        first may be notes */


/* A secret that is read: what errors call it, and what it may be. */
typedef struct {
    ngx_conf_t               *cf;
    const char               *what;     /* the directive */
    const char               *noun;
    ngx_uint_t                optional;
    ngx_agent_secret_t        kind;
} ngx_agent_secret_read_t;


static ngx_int_t ngx_agent_conf_secret_file(ngx_agent_secret_read_t *from,
    ngx_str_t *name, ngx_str_t *secret);
static ssize_t ngx_agent_conf_secret_open(ngx_agent_secret_read_t *from,
    ngx_str_t *path, u_char *buf);
static ssize_t ngx_agent_conf_secret_fill(ngx_agent_secret_read_t *from,
    ngx_fd_t fd, ngx_str_t *path, u_char *buf);
static ngx_int_t ngx_agent_conf_secret_env(ngx_agent_secret_read_t *from,
    ngx_str_t *name, ngx_str_t *secret);
static ngx_uint_t ngx_agent_conf_secret_is_env(ngx_str_t *name);
static ngx_int_t ngx_agent_conf_secret_take(ngx_agent_secret_read_t *from,
    ngx_str_t *source, ngx_str_t *text, ngx_str_t *secret);
static ngx_uint_t ngx_agent_conf_secret_is_blank(u_char c);
static const char *ngx_agent_conf_secret_password(ngx_str_t *text);


/* What a signaller gets: it reads the configuration and calls nobody. */
static ngx_str_t  ngx_agent_no_secret = ngx_string("no-secret-is-read-here");


static const struct {
    const char  *what;
    const char  *noun;
} ngx_agent_secrets[] = {
    { "key", "key" },
    { "agent_status manage", "token" },
    { "agent_redis password", "password" },
    { "agent_cache_zone secret", "secret" }
};


ngx_uint_t
ngx_agent_conf_signaller(void)
{
    return ngx_process == NGX_PROCESS_SIGNALLER;
}


ngx_int_t
ngx_agent_conf_secret(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t optional,
    const char *allowed, ngx_str_t *secret)
{
    return ngx_agent_conf_secret_of(cf, NGX_AGENT_SECRET_KEY, value, optional,
                                    allowed, secret);
}


ngx_int_t
ngx_agent_conf_secret_of(ngx_conf_t *cf, ngx_agent_secret_t kind,
    ngx_str_t *value, ngx_uint_t optional, const char *allowed,
    ngx_str_t *secret)
{
    ngx_str_t                name;
    ngx_uint_t               file, env;
    ngx_agent_secret_read_t  from;

    from.cf = cf;
    from.what = ngx_agent_secrets[kind].what;
    from.noun = ngx_agent_secrets[kind].noun;
    from.optional = optional;
    from.kind = kind;

    file = (ngx_strncmp(value->data, "file:", 5) == 0 && value->len > 5);
    env = (ngx_strncmp(value->data, "env:", 4) == 0);

    name.data = value->data + (file ? 5 : 4);
    name.len = value->len - (file ? 5 : 4);

    if (!file && !(env && ngx_agent_conf_secret_is_env(&name))) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"%s\" (not shown, it "
                                    "may be a secret, and a secret is not "
                                    "taken from the configuration itself): "
                                    "allowed are %s", from.what, allowed);
        return NGX_ERROR;
    }

    if (ngx_agent_conf_signaller()) {
        *secret = ngx_agent_no_secret;
        return NGX_OK;
    }

    if (file) {
        return ngx_agent_conf_secret_file(&from, &name, secret);
    }

    return ngx_agent_conf_secret_env(&from, &name, secret);
}


char *
ngx_agent_conf_secret_digest(ngx_conf_t *cf, ngx_agent_secret_t kind,
    ngx_str_t *value, u_char *digest)
{
    ngx_str_t  secret, hex;

    if (ngx_strncmp(value->data, "sha256:", 7) == 0) {
        hex.data = value->data + 7;
        hex.len = value->len - 7;

        if (ag_key_read_hex(ngx_agent_str(&hex), digest) == AG_OK) {
            return NGX_CONF_OK;
        }

        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"%s sha256:\" (not "
                                    "shown, it may be a secret): allowed is "
                                    "the %s's digest, %d hex digits",
                                    ngx_agent_secrets[kind].what,
                                    ngx_agent_secrets[kind].noun,
                                    2 * AG_KEY_DIGEST);
    }

    if (ngx_agent_conf_secret_of(cf, kind, value, 0, NGX_AGENT_TENANT_KEYS,
                                 &secret)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ag_key_digest(ngx_agent_str(&secret), digest);

    if (!ngx_agent_conf_signaller()) {
        ngx_explicit_memzero(secret.data, secret.len);
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_agent_conf_secret_file(ngx_agent_secret_read_t *from, ngx_str_t *name,
    ngx_str_t *secret)
{
    u_char      buf[NGX_AGENT_SECRET_FILE_MAX + 1], *lf;
    ssize_t     n;
    ngx_int_t   rc;
    ngx_str_t   path, text;

    path = *name;

    if (ngx_conf_full_name(from->cf->cycle, &path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    n = ngx_agent_conf_secret_open(from, &path, buf);

    if (n < 0) {
        return n;
    }

    lf = ngx_strlchr(buf, buf + n, LF);

    text.data = buf;
    text.len = (lf == NULL) ? (size_t) n : (size_t) (lf - buf);

    rc = ngx_agent_conf_secret_take(from, &path, &text, secret);

    ngx_explicit_memzero(buf, n);

    return rc;
}


/* Returns the file's length, NGX_DECLINED if it is missing, or NGX_ERROR. */

static ssize_t
ngx_agent_conf_secret_open(ngx_agent_secret_read_t *from, ngx_str_t *path,
    u_char *buf)
{
    ssize_t   n;
    ngx_fd_t  fd;

    /* a FIFO must not hold up the start */

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        if (from->optional && ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, from->cf, ngx_errno,
                           "agent: \"%s\" file \"%V\" cannot be opened",
                           from->what, path);
        return NGX_ERROR;
    }

    n = ngx_agent_conf_secret_fill(from, fd, path, buf);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, from->cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    return n;
}


static ssize_t
ngx_agent_conf_secret_fill(ngx_agent_secret_read_t *from, ngx_fd_t fd,
    ngx_str_t *path, u_char *buf)
{
    size_t   size;
    ssize_t  n;

    for (size = 0; size <= NGX_AGENT_SECRET_FILE_MAX; size += n) {

        n = ngx_read_fd(fd, buf + size, NGX_AGENT_SECRET_FILE_MAX + 1 - size);

        if (n == 0) {
            return size;
        }

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, from->cf, ngx_errno,
                               "agent: \"%s\" file \"%V\" cannot be read",
                               from->what, path);
            ngx_explicit_memzero(buf, size);
            return NGX_ERROR;
        }
    }

    ngx_explicit_memzero(buf, size);

    (void) ngx_agent_conf_error(from->cf, NULL,
                                "\"%s\" file \"%V\" is too large: "
                                "allowed are %d bytes", from->what, path,
                                NGX_AGENT_SECRET_FILE_MAX);

    return NGX_ERROR;
}


static ngx_int_t
ngx_agent_conf_secret_env(ngx_agent_secret_read_t *from, ngx_str_t *name,
    ngx_str_t *secret)
{
    char       *value;
    ngx_str_t   text;

    value = getenv((char *) name->data);

    /* "docker run -e NAME" gives an empty one when the host has none */

    if (value != NULL && value[0] != '\0') {
        text.data = (u_char *) value;
        text.len = ngx_strlen(value);

        return ngx_agent_conf_secret_take(from, name, &text, secret);
    }

    if (from->optional) {
        return NGX_DECLINED;
    }

    (void) ngx_agent_conf_error(from->cf, NULL,
                                "environment variable \"%V\" of \"%s\" is "
                                "%s", name, from->what,
                                value ? "empty" : "not set");

    return NGX_ERROR;
}


/* The name of a variable, and no key that stands in its place. */

static ngx_uint_t
ngx_agent_conf_secret_is_env(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c != '_' && (c < '0' || c > '9')
            && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
        {
            return 0;
        }
    }

    return name->len != 0;
}


/* Trims the secret, checks it, and copies it: its buffer will be cleared. */

static ngx_int_t
ngx_agent_conf_secret_take(ngx_agent_secret_read_t *from, ngx_str_t *source,
    ngx_str_t *text, ngx_str_t *secret)
{
    const char  *wrong;

    while (text->len && ngx_agent_conf_secret_is_blank(text->data[0])) {
        text->data++;
        text->len--;
    }

    while (text->len
           && ngx_agent_conf_secret_is_blank(text->data[text->len - 1]))
    {
        text->len--;
    }

    wrong = (from->kind == NGX_AGENT_SECRET_PASSWORD)
            ? ngx_agent_conf_secret_password(text)
            : ag_key_refuse(ngx_agent_str(text));

    if (wrong != NULL) {
        (void) ngx_agent_conf_error(from->cf, NULL,
                                    "the %s of \"%V\" is refused: %s",
                                    from->noun, source, wrong);
        return NGX_ERROR;
    }

    secret->len = text->len;
    secret->data = ngx_pstrdup(from->cf->pool, text);

    return (secret->data == NULL) ? NGX_ERROR : NGX_OK;
}


static ngx_uint_t
ngx_agent_conf_secret_is_blank(u_char c)
{
    return c == ' ' || c == '\t' || c == CR;
}


/* It is somebody else's to choose: only what cannot be meant is refused. */

static const char *
ngx_agent_conf_secret_password(ngx_str_t *text)
{
    ngx_uint_t  i;

    if (text->len == 0) {
        return "it is empty";
    }

    if (text->len > AG_KEY_MAX) {
        return "it is longer than 4096 bytes";
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return "it has a control character";
        }
    }

    return NULL;
}
