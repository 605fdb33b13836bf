/*
 * Copyright (C) ngx_agent authors
 *
 * What a tenant's or a plan's calls may be like: "cap" for the size of each,
 * "session" for many of them in a row, "allow" for where they come from.  A
 * line of a tenant takes the place of its plan's line as a whole.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_GUARD_CALLS_MAX    1000000000
#define NGX_AGENT_GUARD_REPEATS_MAX  1000000


/* The words of "session". */
typedef struct {
    ngx_uint_t                calls;
    ngx_uint_t                depth;
    ngx_uint_t                repeats;
    ngx_str_t                 lifetime;
    ngx_str_t                 cost;
} ngx_agent_guard_words_t;


static const ngx_agent_option_t  ngx_agent_cap_options[] = {

    { ngx_string("output_tokens"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_cap_t, output_tokens), 1, AG_OUTPUT_TOKENS_MAX,
      NULL },

    { ngx_string("n"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_cap_t, choices), 1, AG_CHOICES_MAX, NULL },

    { ngx_string("body"), NGX_AGENT_SIZE,
      offsetof(ngx_agent_cap_t, body), 1, AG_REQUEST_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_session_options[] = {

    { ngx_string("calls"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_guard_words_t, calls), 1, NGX_AGENT_GUARD_CALLS_MAX,
      NULL },

    { ngx_string("depth"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_guard_words_t, depth), 1, AG_SESSION_DEPTH_MAX,
      NULL },

    { ngx_string("repeats"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_guard_words_t, repeats), 1,
      NGX_AGENT_GUARD_REPEATS_MAX, NULL },

    { ngx_string("lifetime"), NGX_AGENT_STRING,
      offsetof(ngx_agent_guard_words_t, lifetime), 0, 0, NULL },

    { ngx_string("cost"), NGX_AGENT_STRING,
      offsetof(ngx_agent_guard_words_t, cost), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_guard_cap(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_agent_conf_here(cf, &tenant->cap_at);

    return ngx_agent_conf_options(cf, 1, ngx_agent_cap_options, &tenant->cap,
                                  0);
}


char *
ngx_agent_conf_guard_session(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ag_session_guard_t       *guard;
    ngx_agent_guard_words_t   words;

    guard = &tenant->guard;

    ngx_memzero(&words, sizeof(ngx_agent_guard_words_t));
    ngx_agent_conf_here(cf, &tenant->session_at);

    if (ngx_agent_conf_options(cf, 1, ngx_agent_session_options, &words, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    guard->calls = words.calls;
    guard->depth = words.depth;
    guard->repeats = words.repeats;

    if (words.lifetime.len != 0
        && ngx_agent_conf_amount_time(cf, "session lifetime", &words.lifetime,
                                     &guard->lifetime)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (words.cost.len == 0) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_amount_usd(cf, "session cost", &words.cost,
                                      &guard->cost);
}


char *
ngx_agent_conf_guard_allow(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_tenant_t *tenant = conf;

    ngx_int_t    rc;
    ngx_str_t   *value;
    ngx_uint_t   i;
    ngx_cidr_t  *cidr;

    value = cf->args->elts;
    ngx_agent_conf_here(cf, &tenant->allow_at);

    for (i = 1; i < cf->args->nelts; i++) {

        cidr = ngx_agent_conf_push(cf, &tenant->allow, sizeof(ngx_cidr_t));
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(cidr, sizeof(ngx_cidr_t));

        rc = ngx_ptocidr(&value[i], cidr);

        if (rc == NGX_ERROR) {
            return ngx_agent_conf_error(cf, NULL,
                                        "invalid value \"%V\" of \"allow\": "
                                        "allowed are addresses and networks "
                                        "like 10.20.0.0/16, 192.0.2.7 or "
                                        "2001:db8::/32", &value[i]);
        }

        if (rc == NGX_DONE) {
            ngx_agent_conf_warn(cf, NGX_LOG_WARN, NULL,
                                "low address bits of \"%V\" in \"allow\" are "
                                "meaningless", &value[i]);
        }
    }

    return NGX_CONF_OK;
}
