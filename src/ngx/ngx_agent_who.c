/*
 * Copyright (C) ngx_agent authors
 *
 * Whose key it is, until when, and from where it may be used.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_key.h"


static ngx_int_t ngx_agent_who_key(ngx_agent_call_t *call, ngx_str_t *key);
static ngx_int_t ngx_agent_who_from(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_who(ngx_agent_call_t *call, ngx_str_t *key)
{
    ngx_int_t  rc;

    if (call->tenant == NULL) {

        if (key->len == 0) {
            call->tenant = call->conf->anonymous;

        } else {
            rc = ngx_agent_who_key(call, key);

            if (rc != NGX_OK) {
                return rc;
            }
        }
    }

    if (call->tenant == NULL) {
        call->error.class = AG_E_INVALID_KEY;
        return NGX_DECLINED;
    }

    return ngx_agent_who_from(call);
}


/* A key that has expired is no key: nobody is told that it was one. */
static ngx_int_t
ngx_agent_who_key(ngx_agent_call_t *call, ngx_str_t *key)
{
    u_char                         digest[AG_KEY_DIGEST];
    const ngx_agent_tenant_key_t  *found;

    /* a digest in the configuration might be that of a short key, or of none */

    if (key->len < AG_KEY_MIN || key->len > AG_KEY_MAX) {
        return NGX_OK;
    }

    ag_key_digest(ngx_agent_str(key), digest);

    found = ngx_agent_conf_key(call->main, digest);

    if (found == NULL) {
        return call->main->tenants_redis
               ? ngx_agent_tenants_find(call, digest) : NGX_OK;
    }

    if (found->until == 0 || found->until > ngx_time()) {
        call->key = found;
        call->tenant = found->tenant;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_who_from(ngx_agent_call_t *call)
{
    ngx_array_t  *allow;

    allow = &call->tenant->allow;

    if (allow->nelts == 0
        || ngx_cidr_match(call->r->connection->sockaddr, allow) == NGX_OK)
    {
        return NGX_OK;
    }

    call->error.class = AG_E_ADDRESS;

    return NGX_DECLINED;
}
