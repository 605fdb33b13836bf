/*
 * Copyright (C) ngx_agent authors
 *
 * agent_redis and agent_tenants: where Redis is and what it is for.  The
 * password stands in a file or in the environment, never here.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_redis.h"
#include "core/ag_url.h"

#include <sys/un.h>


#define NGX_AGENT_REDIS_ADDRESSES  "HOST:PORT, [IPV6]:PORT, unix:/PATH"
#define NGX_AGENT_REDIS_PASSWORDS  "file:PATH, env:NAME"

#define NGX_AGENT_REDIS_DB_MAX       65535
#define NGX_AGENT_REDIS_NODES_MAX    1000
#define NGX_AGENT_REDIS_TIMEOUT      50             /* ms */
#define NGX_AGENT_REDIS_TIMEOUT_MAX  (10 * 1000)
#define NGX_AGENT_REDIS_USER_MAX     128            /* bytes */


static char *ngx_agent_conf_redis_address(ngx_conf_t *cf,
    ngx_agent_redis_conf_t *redis);
static char *ngx_agent_conf_redis_path(ngx_conf_t *cf,
    ngx_agent_redis_conf_t *redis);
static char *ngx_agent_conf_redis_host(ngx_conf_t *cf,
    ngx_agent_redis_conf_t *redis);
static char *ngx_agent_conf_redis_refuse(ngx_conf_t *cf, const char *wrong);
static char *ngx_agent_conf_redis_words(ngx_conf_t *cf,
    ngx_agent_redis_conf_t *redis);
static char *ngx_agent_conf_redis_tls(ngx_conf_t *cf,
    ngx_agent_redis_conf_t *redis);
static ngx_uint_t ngx_agent_conf_redis_is_word(ngx_str_t *text, size_t max,
    ngx_uint_t any);


static const ngx_conf_enum_t  ngx_agent_redis_downs[] = {
    { ngx_string("local"), NGX_AGENT_REDIS_LOCAL },
    { ngx_string("allow"), NGX_AGENT_REDIS_ALLOW },
    { ngx_string("deny"), NGX_AGENT_REDIS_DENY },
    { ngx_null_string, 0 }
};


static const ngx_conf_enum_t  ngx_agent_redis_flags[] = {
    { ngx_string("on"), 1 },
    { ngx_string("off"), 0 },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_redis_options[] = {

    { ngx_string("db"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_redis_conf_t, database), 0, NGX_AGENT_REDIS_DB_MAX,
      NULL },

    { ngx_string("user"), NGX_AGENT_STRING,
      offsetof(ngx_agent_redis_conf_t, user), 0, 0, NULL },

    { ngx_string("password"), NGX_AGENT_STRING,
      offsetof(ngx_agent_redis_conf_t, password), 0, 0, NULL },

    { ngx_string("prefix"), NGX_AGENT_STRING,
      offsetof(ngx_agent_redis_conf_t, prefix), 0, 0, NULL },

    { ngx_string("nodes"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_redis_conf_t, nodes), 1, NGX_AGENT_REDIS_NODES_MAX,
      NULL },

    { ngx_string("timeout"), NGX_AGENT_TIME,
      offsetof(ngx_agent_redis_conf_t, timeout), 1,
      NGX_AGENT_REDIS_TIMEOUT_MAX, NULL },

    { ngx_string("when_down"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_redis_conf_t, when_down), 0, 0,
      ngx_agent_redis_downs },

    { ngx_string("share"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_redis_conf_t, share), 0, 0, ngx_agent_redis_flags },

    { ngx_string("tls"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_redis_conf_t, tls), 0, 0, ngx_agent_redis_flags },

    { ngx_string("tls_ca"), NGX_AGENT_STRING,
      offsetof(ngx_agent_redis_conf_t, tls_ca), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_str_t               *value;
    ngx_agent_redis_conf_t  *redis;

    if (amcf->redis != NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "duplicate \"agent_redis\" (the first "
                                    "one is in %V:%ui)",
                                    &amcf->redis->place.file,
                                    amcf->redis->place.line);
    }

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_agent_redis_conf_t));

    if (redis == NULL
        || ngx_array_init(&redis->addresses, cf->pool, 1, sizeof(ngx_addr_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    redis->address = value[1];
    redis->nodes = 1;
    redis->timeout = NGX_AGENT_REDIS_TIMEOUT;
    redis->share = 1;
    ngx_str_set(&redis->prefix, "agent");
    ngx_agent_conf_here(cf, &redis->place);

    if (ngx_agent_conf_redis_address(cf, redis) != NGX_CONF_OK
        || ngx_agent_conf_options(cf, 2, ngx_agent_redis_options, redis, 1)
           != NGX_CONF_OK
        || ngx_agent_conf_redis_words(cf, redis) != NGX_CONF_OK
        || ngx_agent_conf_redis_tls(cf, redis) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    amcf->redis = redis;

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_redis_address(ngx_conf_t *cf, ngx_agent_redis_conf_t *redis)
{
    if (ngx_strncmp(redis->address.data, "unix:", 5) == 0) {
        return ngx_agent_conf_redis_path(cf, redis);
    }

    return ngx_agent_conf_redis_host(cf, redis);
}


static char *
ngx_agent_conf_redis_path(ngx_conf_t *cf, ngx_agent_redis_conf_t *redis)
{
    size_t  max;

    redis->path.data = redis->address.data + 5;
    redis->path.len = redis->address.len - 5;
    max = sizeof(((struct sockaddr_un *) 0)->sun_path) - 1;

    if (redis->path.len < 2 || redis->path.data[0] != '/') {
        return ngx_agent_conf_redis_refuse(cf, "its path does not begin "
                                               "with /");
    }

    if (redis->path.len > max) {
        return ngx_agent_conf_redis_refuse(cf, "its path is too long for a "
                                               "socket");
    }

    return NGX_CONF_OK;
}


/* The same rules as for the host of a provider. */

static char *
ngx_agent_conf_redis_host(ngx_conf_t *cf, ngx_agent_redis_conf_t *redis)
{
    u_char      *p;
    ag_url_t     parts;
    ngx_str_t    url;
    ngx_addr_t  *address;
    const char  *wrong;

    url.len = sizeof("http://") - 1 + redis->address.len;
    url.data = ngx_pnalloc(cf->temp_pool, url.len);
    if (url.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(url.data, "http://", sizeof("http://") - 1);
    ngx_memcpy(p, redis->address.data, redis->address.len);

    if (ngx_strlchr(p, p + redis->address.len, '/') != NULL) {
        return ngx_agent_conf_redis_refuse(cf, "it is a URL or a path");
    }

    wrong = ag_url_read(&parts, ngx_agent_str(&url));

    if (wrong != NULL) {
        return ngx_agent_conf_redis_refuse(cf, wrong);
    }

    if (!parts.has_port) {
        return ngx_agent_conf_redis_refuse(cf, "it has no port");
    }

    redis->port = (in_port_t) parts.port;
    redis->host.len = parts.host.len;
    redis->host.data = ngx_pnalloc(cf->pool, parts.host.len + 1);
    if (redis->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(redis->host.data, (u_char *) parts.host.data, parts.host.len);
    redis->host.data[parts.host.len] = '\0';

    if (parts.kind == AG_HOST_NAME) {
        return NGX_CONF_OK;
    }

    address = ngx_array_push(&redis->addresses);
    if (address == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(address, sizeof(ngx_addr_t));

    if (ngx_parse_addr(cf->pool, address, redis->host.data, redis->host.len)
        != NGX_OK)
    {
        return ngx_agent_conf_redis_refuse(cf, "its address is invalid");
    }

    ngx_inet_set_port(address->sockaddr, redis->port);
    address->name = redis->address;

    return NGX_CONF_OK;
}


/* People write redis://:password@host: it is not shown then. */

static char *
ngx_agent_conf_redis_refuse(ngx_conf_t *cf, const char *wrong)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ag_url_may_hold_secret(ngx_agent_str(&value[1]))) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid address of \"agent_redis\" (not "
                                    "shown, it may hold a secret), %s: "
                                    "allowed are " NGX_AGENT_REDIS_ADDRESSES,
                                    wrong);
    }

    return ngx_agent_conf_error(cf, NULL,
                                "invalid address \"%V\" of \"agent_redis\", "
                                "%s: allowed are " NGX_AGENT_REDIS_ADDRESSES,
                                &value[1], wrong);
}


static char *
ngx_agent_conf_redis_words(ngx_conf_t *cf, ngx_agent_redis_conf_t *redis)
{
    ngx_str_t  source;

    if (!ngx_agent_conf_redis_is_word(&redis->prefix, AG_REDIS_PREFIX_MAX, 0))
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"agent_redis "
                                    "prefix\": allowed are 1 to %d "
                                    "characters of A-Z a-z 0-9 . _ : -",
                                    &redis->prefix, AG_REDIS_PREFIX_MAX);
    }

    if (redis->user.len
        && !ngx_agent_conf_redis_is_word(&redis->user,
                                         NGX_AGENT_REDIS_USER_MAX, 1))
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"agent_redis "
                                    "user\": allowed are 1 to %d visible "
                                    "ASCII characters", &redis->user,
                                    NGX_AGENT_REDIS_USER_MAX);
    }

    if (redis->user.len && redis->password.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_redis user\" without a "
                                    "password: allowed is user=NAME "
                                    "password=..., of "
                                    NGX_AGENT_REDIS_PASSWORDS);
    }

    if (redis->password.len == 0) {
        return NGX_CONF_OK;
    }

    source = redis->password;

    return (ngx_agent_conf_secret_of(cf, NGX_AGENT_SECRET_PASSWORD, &source,
                                     0, NGX_AGENT_REDIS_PASSWORDS,
                                     &redis->password)
            == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_agent_conf_redis_tls(ngx_conf_t *cf, ngx_agent_redis_conf_t *redis)
{
    ngx_fd_t  fd;

    if (redis->tls && redis->path.len) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_redis tls\" with \"%V\": allowed "
                                    "is it with HOST:PORT, [IPV6]:PORT",
                                    &redis->address);
    }

#if !(NGX_AGENT_REDIS_TLS)
    if (redis->tls) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_redis tls=on\": this module was "
                                    "built with a hiredis without TLS, which "
                                    "needs 1.0 or newer and libhiredis_ssl: "
                                    "allowed is tls=off");
    }
#endif

    if (redis->tls_ca.len == 0) {
        return NGX_CONF_OK;
    }

    if (!redis->tls) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_redis tls_ca\" without tls=on: "
                                    "allowed is tls=on tls_ca=FILE");
    }

    if (ngx_conf_full_name(cf->cycle, &redis->tls_ca, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(redis->tls_ca.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "agent: \"agent_redis tls_ca\" file \"%V\" cannot "
                           "be opened", &redis->tls_ca);
        return NGX_CONF_ERROR;
    }

    (void) ngx_close_file(fd);

    return NGX_CONF_OK;
}


/* Of the prefix: nothing that means more to Redis, as { } and glob do. */

static ngx_uint_t
ngx_agent_conf_redis_is_word(ngx_str_t *text, size_t max, ngx_uint_t any)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c <= ' ' || c > '~') {
            return 0;
        }

        if (!any && (c < '0' || c > '9')
            && ((c | 0x20) < 'a' || (c | 0x20) > 'z')
            && ngx_strlchr((u_char *) "._:-", (u_char *) "._:-" + 4, c)
               == NULL)
        {
            return 0;
        }
    }

    return text->len != 0 && text->len <= max;
}


char *
ngx_agent_conf_tenants_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (amcf->tenants_redis) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "redis") != 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of "
                                    "\"agent_tenants\": allowed is redis",
                                    &value[1]);
    }

    amcf->tenants_redis = 1;
    ngx_agent_conf_here(cf, &amcf->tenants_redis_at);

    return NGX_CONF_OK;
}


ngx_int_t
ngx_agent_conf_redis_finish(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    if (amcf->tenants_redis && amcf->redis == NULL) {
        (void) ngx_agent_conf_error(cf, &amcf->tenants_redis_at,
                                    "\"agent_tenants redis\" needs "
                                    "\"agent_redis ADDRESS\" in http {}");
        return NGX_ERROR;
    }

    return NGX_OK;
}
