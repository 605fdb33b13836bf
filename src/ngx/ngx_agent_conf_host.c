/*
 * Copyright (C) ngx_agent authors
 *
 * Host names of providers at the start: each is looked up once, so that the
 * first call need not wait and an outage of the name servers is survived.
 * A name that is not found is no error, it is asked again when it is called.
 * Addresses of the inside are dropped unless the provider is private.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_transfer.h"
#include "core/ag_resolv.h"


#define NGX_AGENT_RESOLV_CONF    "/etc/resolv.conf"
#define NGX_AGENT_RESOLV_MAX     (64 * 1024)    /* bytes that are read */
#define NGX_AGENT_SERVERS_MAX    3              /* as resolv.conf(5) */
#define NGX_AGENT_LOOKUP_SLOW    2000           /* ms; when a lookup takes
                                                   longer and fails, name
                                                   servers are not asked for
                                                   the other hosts */


/* Hosts that were looked up, with all their addresses. */
typedef struct {
    ngx_conf_t               *cf;
    ngx_array_t               hosts;    /* of ngx_url_t; naddrs 0: none */
    ngx_uint_t                slow;
} ngx_agent_lookup_t;


static ngx_int_t ngx_agent_conf_host_provider(ngx_agent_lookup_t *lookup,
    ngx_agent_provider_t *provider);
static ngx_int_t ngx_agent_conf_host_url(ngx_agent_lookup_t *lookup,
    ngx_agent_provider_t *provider, ngx_agent_url_t *url, ngx_uint_t inside);
static ngx_int_t ngx_agent_conf_host_redis(ngx_agent_lookup_t *lookup,
    ngx_agent_redis_conf_t *redis);
static ngx_url_t *ngx_agent_conf_host_find(ngx_agent_lookup_t *lookup,
    ngx_str_t *name, in_port_t port);
static void ngx_agent_conf_host_ask(ngx_agent_lookup_t *lookup,
    ngx_url_t *host);
static ngx_int_t ngx_agent_conf_host_resolver(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_conf_host_server(ngx_conf_t *cf, ag_str_t *server,
    ngx_str_t *name);
static ssize_t ngx_agent_conf_host_read(ngx_conf_t *cf, u_char *buf);


ngx_int_t
ngx_agent_conf_hosts(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t              i;
    ngx_agent_lookup_t      lookup;
    ngx_agent_provider_t  **provider;

    /* a signaller calls nobody and should not wait for name servers */

    if (ngx_agent_conf_signaller()) {
        return NGX_OK;
    }

    lookup.cf = cf;
    lookup.slow = 0;

    if (ngx_array_init(&lookup.hosts, cf->temp_pool, 8, sizeof(ngx_url_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        if (ngx_agent_conf_host_provider(&lookup, provider[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (amcf->redis != NULL
        && ngx_agent_conf_host_redis(&lookup, amcf->redis) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (lookup.hosts.nelts == 0) {
        return NGX_OK;
    }

    return ngx_agent_conf_host_resolver(cf, amcf);
}


/* Behind a proxy it is the proxy's name that we resolve, and only that. */

static ngx_int_t
ngx_agent_conf_host_provider(ngx_agent_lookup_t *lookup,
    ngx_agent_provider_t *provider)
{
    ngx_uint_t            i;
    ngx_agent_replica_t  *replica;

    /* who is never asked may have no address any more */

    if (provider->disabled || provider->down) {
        return NGX_OK;
    }

    if (provider->proxy.len) {
        return ngx_agent_conf_host_url(lookup, provider, &provider->proxy_url,
                                       1);
    }

    replica = provider->replicas.elts;

    for (i = 0; i < provider->replicas.nelts; i++) {

        if (replica[i].down) {
            continue;
        }

        if (ngx_agent_conf_host_url(lookup, provider, &replica[i].url,
                                    provider->allow_private)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_host_url(ngx_agent_lookup_t *lookup,
    ngx_agent_provider_t *provider, ngx_agent_url_t *url, ngx_uint_t inside)
{
    ngx_uint_t   i;
    ngx_url_t   *host;
    ngx_addr_t  *address;

    if (url->literal) {
        return NGX_OK;
    }

    host = ngx_agent_conf_host_find(lookup, &url->host, url->port);
    if (host == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < host->naddrs; i++) {

        if (!inside
            && ngx_agent_transfer_is_private(host->addrs[i].sockaddr))
        {
            continue;
        }

        address = ngx_array_push(&url->addresses);
        if (address == NULL) {
            return NGX_ERROR;
        }

        *address = host->addrs[i];
    }

    if (host->naddrs == 0) {
        ngx_agent_conf_warn(lookup->cf, NGX_LOG_WARN, &provider->place,
                            "host not found at start, will be resolved when "
                            "called: \"%V\", provider: \"%V\"",
                            &url->host, &provider->name);

    } else if (url->addresses.nelts < host->naddrs) {
        ngx_agent_conf_warn(lookup->cf, NGX_LOG_WARN, &provider->place,
                            "private addresses of a host are not used without "
                            "\"private on\": \"%V\", provider: \"%V\"",
                            &url->host, &provider->name);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_host_redis(ngx_agent_lookup_t *lookup,
    ngx_agent_redis_conf_t *redis)
{
    ngx_uint_t   i;
    ngx_url_t   *host;
    ngx_addr_t  *address;

    if (redis->host.len == 0 || redis->addresses.nelts != 0) {
        return NGX_OK;
    }

    host = ngx_agent_conf_host_find(lookup, &redis->host, redis->port);
    if (host == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < host->naddrs; i++) {

        address = ngx_array_push(&redis->addresses);
        if (address == NULL) {
            return NGX_ERROR;
        }

        *address = host->addrs[i];
    }

    if (host->naddrs == 0) {
        ngx_agent_conf_warn(lookup->cf, NGX_LOG_WARN, &redis->place,
                            "host not found at start, will be resolved when "
                            "connected to: \"%V\", of \"agent_redis\"",
                            &redis->host);
    }

    return NGX_OK;
}


/* Several providers may share a host: it is asked for once. */

static ngx_url_t *
ngx_agent_conf_host_find(ngx_agent_lookup_t *lookup, ngx_str_t *name,
    in_port_t port)
{
    ngx_uint_t  i;
    ngx_url_t  *host;

    host = lookup->hosts.elts;

    for (i = 0; i < lookup->hosts.nelts; i++) {
        if (host[i].port == port
            && ag_str_equal(ngx_agent_str(&host[i].host),
                            ngx_agent_str(name)))
        {
            return &host[i];
        }
    }

    host = ngx_array_push(&lookup->hosts);
    if (host == NULL) {
        return NULL;
    }

    ngx_memzero(host, sizeof(ngx_url_t));

    host->host = *name;
    host->port = port;

    if (!lookup->slow) {
        ngx_agent_conf_host_ask(lookup, host);
    }

    return host;
}


static void
ngx_agent_conf_host_ask(ngx_agent_lookup_t *lookup, ngx_url_t *host)
{
    ngx_msec_t  start;

    ngx_time_update();
    start = ngx_current_msec;

    if (ngx_inet_resolve_host(lookup->cf->pool, host) == NGX_OK) {
        return;
    }

    host->naddrs = 0;

    ngx_time_update();

    if (ngx_current_msec - start > NGX_AGENT_LOOKUP_SLOW) {
        lookup->slow = 1;
    }
}


/* The system's name servers, for locations without "resolver". */

static ngx_int_t
ngx_agent_conf_host_resolver(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    u_char      *buf;
    size_t       i, found;
    ag_str_t     server[NGX_AGENT_SERVERS_MAX];
    ngx_str_t    names[NGX_AGENT_SERVERS_MAX];
    ngx_int_t    rc;
    ngx_uint_t   n;

    buf = ngx_palloc(cf->temp_pool, NGX_AGENT_RESOLV_MAX);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    found = ag_resolv_servers(ag_str(buf, ngx_agent_conf_host_read(cf, buf)),
                              server, NGX_AGENT_SERVERS_MAX);
    n = 0;

    for (i = 0; i < found; i++) {
        rc = ngx_agent_conf_host_server(cf, &server[i], &names[n]);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            n++;
        }
    }

    if (n == 0) {
        return NGX_OK;
    }

    amcf->resolver = ngx_resolver_create(cf, names, n);

    return (amcf->resolver == NULL) ? NGX_ERROR : NGX_OK;
}


/* Writes a server as "resolver" takes it.  NGX_DECLINED: not an address. */

static ngx_int_t
ngx_agent_conf_host_server(ngx_conf_t *cf, ag_str_t *server, ngx_str_t *name)
{
    u_char      *p;
    ngx_int_t    rc;
    ngx_addr_t   address;
    const char  *format;

    rc = ngx_parse_addr(cf->temp_pool, &address, (u_char *) server->data,
                        server->len);
    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_pnalloc(cf->pool, server->len + sizeof("[]"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    format = (address.sockaddr->sa_family == AF_INET) ? "%*s%Z" : "[%*s]%Z";

    name->data = p;
    name->len = ngx_sprintf(p, format, server->len, server->data) - p - 1;

    return NGX_OK;
}


/* A missing file is as good as an empty one. */

static ssize_t
ngx_agent_conf_host_read(ngx_conf_t *cf, u_char *buf)
{
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file(NGX_AGENT_RESOLV_CONF, NGX_FILE_RDONLY, NGX_FILE_OPEN,
                       0);

    if (fd == NGX_INVALID_FILE) {
        return 0;
    }

    n = ngx_read_fd(fd, buf, NGX_AGENT_RESOLV_MAX);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed",
                      NGX_AGENT_RESOLV_CONF);
    }

    return (n < 0) ? 0 : n;
}
