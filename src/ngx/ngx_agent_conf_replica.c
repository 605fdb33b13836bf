/*
 * Copyright (C) ngx_agent authors
 *
 * "url" of a provider: each line is a replica.  Replicas share their
 * provider's keys and trust, so they are all reached in the same way.
 */


#include "ngx/ngx_agent_conf.h"
#include "ngx/ngx_agent_transfer.h"


static char *ngx_agent_conf_replica_check(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica);
static ngx_uint_t ngx_agent_conf_replica_inside(ngx_agent_url_t *url);


static const ngx_agent_option_t  ngx_agent_replica_options[] = {

    { ngx_string("weight"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_replica_t, weight), 1, NGX_AGENT_WEIGHT_MAX, NULL },

    { ngx_string("down"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_replica_t, down), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_replica(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t            *value;
    ngx_agent_replica_t  *replica;

    value = cf->args->elts;

    if (provider->replicas.nelts == AG_PROVIDER_URLS_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "too many \"url\" lines in provider "
                                    "\"%V\": allowed are %d",
                                    &provider->name, AG_PROVIDER_URLS_MAX);
    }

    replica = ngx_array_push(&provider->replicas);
    if (replica == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(replica, sizeof(ngx_agent_replica_t));

    replica->number = provider->replicas.nelts - 1;
    replica->weight = 1;

    if (ngx_agent_conf_url(cf, &value[1], NGX_AGENT_URLS, &replica->url)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_options(cf, 2, ngx_agent_replica_options, replica, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_replica_check(cf, provider, replica);
}


/* A private address says that the operator means the inside. */

char *
ngx_agent_conf_replica_private(ngx_conf_t *cf, ngx_agent_provider_t *provider)
{
    ngx_uint_t            i, inside;
    ngx_agent_url_t      *url;
    ngx_agent_replica_t  *replica;

    inside = 0;
    replica = provider->replicas.elts;

    for (i = 0; i < provider->replicas.nelts; i++) {
        url = &replica[i].url;

        if (!ngx_agent_conf_replica_inside(url)) {
            continue;
        }

        if (provider->allow_private == 0) {
            return ngx_agent_conf_error(cf, &provider->place,
                                        "provider \"%V\" has \"private off\" "
                                        "and a private address, \"%V\"",
                                        &provider->name, &url->url);
        }

        inside = 1;
    }

    ngx_conf_init_value(provider->allow_private, inside);

    for (i = 0; i < provider->replicas.nelts; i++) {
        url = &replica[i].url;

        if (!url->tls && !provider->allow_private && provider->keys.nelts) {
            ngx_agent_conf_warn(cf, NGX_LOG_WARN, &provider->place,
                                "provider \"%V\" gets its key unencrypted: "
                                "\"%V\"", &provider->name, &url->url);
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_replica_check(ngx_conf_t *cf, ngx_agent_provider_t *provider,
    ngx_agent_replica_t *replica)
{
    ngx_uint_t            i;
    ngx_agent_replica_t  *others;

    others = provider->replicas.elts;

    for (i = 0; i < replica->number; i++) {
        if (ag_str_equal(ngx_agent_str(&others[i].url.url),
                         ngx_agent_str(&replica->url.url)))
        {
            return ngx_agent_conf_error(cf, NULL,
                                        "url \"%V\" is given twice in "
                                        "provider \"%V\"", &replica->url.url,
                                        &provider->name);
        }
    }

    /* a key that is encrypted on its way to one must not go out in plain */

    if (others[0].url.tls != replica->url.tls) {
        return ngx_agent_conf_error(cf, NULL,
                                    "url \"%V\" beside \"%V\" in provider "
                                    "\"%V\": allowed are urls of one scheme, "
                                    "all http or all https",
                                    &replica->url.url, &others[0].url.url,
                                    &provider->name);
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_agent_conf_replica_inside(ngx_agent_url_t *url)
{
    ngx_addr_t  *address;

    address = url->addresses.elts;

    return url->literal && ngx_agent_transfer_is_private(address->sockaddr);
}
