/*
 * Copyright (C) ngx_agent authors
 *
 * "timeout" of providers and models: what can be said, and what holds when
 * nothing is said.  A model's values override those of its target's provider.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_CONNECT_DEFAULT      3000             /* ms */
#define NGX_AGENT_FIRST_TOKEN_DEFAULT  (2 * 60 * 1000)
#define NGX_AGENT_IDLE_DEFAULT         (2 * 60 * 1000)
#define NGX_AGENT_TOTAL_DEFAULT        (30 * 60 * 1000)
#define NGX_AGENT_TOTAL_WHOLE_DEFAULT  (10 * 60 * 1000)

#define NGX_AGENT_TIMEOUT_MAX          (24 * 60 * 60 * 1000)


const ngx_agent_option_t  ngx_agent_timeout_options[] = {

    { ngx_string("connect"), NGX_AGENT_TIME,
      offsetof(ngx_agent_timeout_t, connect), 1, NGX_AGENT_TIMEOUT_MAX,
      NULL },

    { ngx_string("first_token"), NGX_AGENT_TIME,
      offsetof(ngx_agent_timeout_t, first_token), 1, NGX_AGENT_TIMEOUT_MAX,
      NULL },

    { ngx_string("idle"), NGX_AGENT_TIME,
      offsetof(ngx_agent_timeout_t, idle), 1, NGX_AGENT_TIMEOUT_MAX, NULL },

    { ngx_string("total"), NGX_AGENT_TIME,
      offsetof(ngx_agent_timeout_t, total), 1, NGX_AGENT_TIMEOUT_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


void
ngx_agent_conf_timeout_init(ngx_agent_timeout_t *timeout)
{
    timeout->connect = NGX_CONF_UNSET_MSEC;
    timeout->first_token = NGX_CONF_UNSET_MSEC;
    timeout->idle = NGX_CONF_UNSET_MSEC;
    timeout->total = NGX_CONF_UNSET_MSEC;
    timeout->total_whole = NGX_CONF_UNSET_MSEC;
}


/*
 * An unstreamed answer has less time by default, since nobody sees that it
 * goes on; but who says "total" means both.
 */

void
ngx_agent_conf_timeout_end(ngx_agent_timeout_t *timeout)
{
    timeout->total_whole = timeout->total;
}


void
ngx_agent_conf_timeout_default(ngx_agent_timeout_t *timeout)
{
    ngx_conf_init_msec_value(timeout->connect, NGX_AGENT_CONNECT_DEFAULT);
    ngx_conf_init_msec_value(timeout->first_token,
                             NGX_AGENT_FIRST_TOKEN_DEFAULT);
    ngx_conf_init_msec_value(timeout->idle, NGX_AGENT_IDLE_DEFAULT);
    ngx_conf_init_msec_value(timeout->total, NGX_AGENT_TOTAL_DEFAULT);
    ngx_conf_init_msec_value(timeout->total_whole,
                             NGX_AGENT_TOTAL_WHOLE_DEFAULT);
}
