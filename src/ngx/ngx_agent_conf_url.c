/*
 * Copyright (C) ngx_agent authors
 *
 * URLs of providers and proxies: core takes them apart, this file gives
 * them their place in the configuration.  A URL that might hold a secret is
 * not shown in an error.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_url.h"


static ngx_int_t ngx_agent_conf_url_refuse(ngx_conf_t *cf, ngx_str_t *text,
    const char *wrong, const char *allowed);
static ngx_int_t ngx_agent_conf_url_copy(ngx_conf_t *cf, ngx_str_t *text,
    const ag_url_t *parts, ngx_agent_url_t *url);
static ngx_int_t ngx_agent_conf_url_address(ngx_conf_t *cf,
    ngx_agent_url_t *url);


ngx_int_t
ngx_agent_conf_url(ngx_conf_t *cf, ngx_str_t *text, const char *allowed,
    ngx_agent_url_t *url)
{
    ag_url_t     parts;
    const char  *wrong;

    wrong = ag_url_read(&parts, ngx_agent_str(text));

    if (wrong != NULL) {
        return ngx_agent_conf_url_refuse(cf, text, wrong, allowed);
    }

    if (ngx_agent_conf_url_copy(cf, text, &parts, url) != NGX_OK) {
        return NGX_ERROR;
    }

    if (url->literal
        && ngx_agent_conf_url_address(cf, url) != NGX_OK)
    {
        return ngx_agent_conf_url_refuse(cf, text, "its address is invalid",
                                         allowed);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_url_refuse(ngx_conf_t *cf, ngx_str_t *text, const char *wrong,
    const char *allowed)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ag_url_may_hold_secret(ngx_agent_str(text))) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"%V\" (not shown, it "
                                    "may hold a secret), %s: allowed are %s",
                                    &value[0], wrong, allowed);
        return NGX_ERROR;
    }

    (void) ngx_agent_conf_error(cf, NULL,
                                "invalid value \"%V\" of \"%V\", %s: allowed "
                                "are %s", text, &value[0], wrong, allowed);

    return NGX_ERROR;
}


static ngx_int_t
ngx_agent_conf_url_copy(ngx_conf_t *cf, ngx_str_t *text,
    const ag_url_t *parts, ngx_agent_url_t *url)
{
    url->url = *text;

    while (url->url.data[url->url.len - 1] == '/') {
        url->url.len--;
    }

    url->host.len = parts->host.len;
    url->host.data = ngx_pnalloc(cf->pool, parts->host.len + 1);
    if (url->host.data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(url->host.data, (u_char *) parts->host.data, parts->host.len);
    url->host.data[parts->host.len] = '\0';

    url->path.len = parts->path.len;
    url->path.data = (u_char *) parts->path.data;
    url->port = (in_port_t) parts->port;
    url->tls = parts->tls;
    url->literal = (parts->kind != AG_HOST_NAME);

    return ngx_array_init(&url->addresses, cf->pool, 1, sizeof(ngx_addr_t));
}


static ngx_int_t
ngx_agent_conf_url_address(ngx_conf_t *cf, ngx_agent_url_t *url)
{
    ngx_int_t    rc;
    ngx_addr_t  *address;

    address = ngx_array_push(&url->addresses);
    if (address == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(address, sizeof(ngx_addr_t));

    rc = ngx_parse_addr(cf->pool, address, url->host.data, url->host.len);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_inet_set_port(address->sockaddr, url->port);
    address->name = url->host;

    return NGX_OK;
}
