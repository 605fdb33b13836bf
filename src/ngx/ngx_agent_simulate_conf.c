/*
 * Copyright (C) ngx_agent authors
 *
 * The directive agent_simulate.
 */


#include "ngx/ngx_agent_conf_block.h"
#include "ngx/ngx_agent_simulate.h"


#define NGX_AGENT_SIMULATE_LATENCY  200     /* ms, the default */
#define NGX_AGENT_SIMULATE_TOKENS   50
#define NGX_AGENT_SIMULATE_RATE     80      /* tokens per second */
#define NGX_AGENT_SIMULATE_SEED     1


static char *ngx_agent_simulate_conf_end(ngx_conf_t *cf,
    ngx_agent_simulate_conf_t *ascf);


static const ngx_conf_enum_t  ngx_agent_simulate_dialects[] = {
    { ngx_string("openai"), AG_SIMULATE_OPENAI },
    { ngx_string("anthropic"), AG_SIMULATE_ANTHROPIC },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_simulate_options[] = {

    { ngx_string("dialect"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_simulate_conf_t, dialect), 0, 0,
      ngx_agent_simulate_dialects },

    { ngx_string("latency"), NGX_AGENT_TIME,
      offsetof(ngx_agent_simulate_conf_t, latency), 0,
      AG_SIMULATE_LATENCY_MAX, NULL },

    { ngx_string("tokens"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_simulate_conf_t, tokens), 1,
      AG_SIMULATE_TOKENS_MAX, NULL },

    { ngx_string("rate"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_simulate_conf_t, rate), 0, AG_SIMULATE_RATE_MAX,
      NULL },

    { ngx_string("seed"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_simulate_conf_t, seed), 0, NGX_MAX_UINT32_VALUE,
      NULL },

    { ngx_string("fault"), NGX_AGENT_STRING,
      offsetof(ngx_agent_simulate_conf_t, fault), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_simulate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_loc_conf_t *alcf = conf;

    ngx_http_core_loc_conf_t   *clcf;
    ngx_agent_simulate_conf_t  *ascf;

    if (alcf->simulate != NULL) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!ngx_agent_conf_is_prefix(clcf)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_simulate\" in location \"%V\": "
                                    "allowed are prefix locations, like "
                                    "location /sim/v1/", &clcf->name);
    }

    ascf = ngx_pcalloc(cf->pool, sizeof(ngx_agent_simulate_conf_t));
    if (ascf == NULL) {
        return NGX_CONF_ERROR;
    }

    ascf->latency = NGX_AGENT_SIMULATE_LATENCY;
    ascf->tokens = NGX_AGENT_SIMULATE_TOKENS;
    ascf->rate = NGX_AGENT_SIMULATE_RATE;
    ascf->seed = NGX_AGENT_SIMULATE_SEED;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_simulate_options, ascf, 0)
        != NGX_CONF_OK
        || ngx_agent_simulate_conf_end(cf, ascf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    alcf->simulate = ascf;
    ngx_agent_conf_here(cf, &alcf->place);

    /* a handler that is there already is refused when locations are merged */

    if (clcf->handler == NULL) {
        clcf->handler = ngx_agent_simulate_handler;
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_simulate_conf_end(ngx_conf_t *cf, ngx_agent_simulate_conf_t *ascf)
{
    ag_simulate_options_t  *options;

    options = &ascf->options;

    options->dialect = (ag_simulate_dialect_t) ascf->dialect;
    options->latency_ms = ascf->latency;
    options->tokens = ascf->tokens;
    options->rate = ascf->rate;
    options->seed = ascf->seed;

    if (ascf->fault.len != 0
        && ag_simulate_fault(ngx_agent_str(&ascf->fault), 1, &options->fault)
           != AG_OK)
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"agent_simulate "
                                    "fault\": allowed are %s", &ascf->fault,
                                    ag_simulate_fault_names());
    }

    return NGX_CONF_OK;
}
