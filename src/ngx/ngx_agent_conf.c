/*
 * Copyright (C) ngx_agent authors
 *
 * THE directive table, and what the configuration is before and after it is
 * read.  Blocks are parsed in ngx_agent_conf_provider.c, _model.c and
 * _tenant.c; the whole is checked in ngx_agent_conf_finish.c.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_HEARTBEAT_DEFAULT  (15 * 1000)        /* ms */
#define NGX_AGENT_HEARTBEAT_MIN      1000
#define NGX_AGENT_HEARTBEAT_MAX      (10 * 60 * 1000)

#define NGX_AGENT_SHED_CALLS_MAX     1000000
#define NGX_AGENT_SHED_LAG_MAX       (60 * 1000)        /* ms */
#define NGX_AGENT_SHED_MEMORY_MIN    (16 * 1024 * 1024) /* bytes; an idle
                                                           worker has more */
#define NGX_AGENT_SHED_MEMORY_MAX    (UINT64_C(1) << 40)


static char *ngx_agent_conf_shed(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_agent_conf_gateway(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_agent_conf_within(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf, ngx_agent_loc_conf_t *prev,
    ngx_agent_loc_conf_t *conf);
static char *ngx_agent_conf_gateway_add(ngx_conf_t *cf,
    ngx_agent_loc_conf_t *alcf);
static char *ngx_agent_conf_alone(ngx_conf_t *cf, ngx_agent_loc_conf_t *alcf,
    const char *directive, ngx_http_handler_pt handler);


ngx_command_t  ngx_agent_commands[] = {

    { ngx_string("agent_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_agent_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_cache_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_agent_conf_cache_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_agent_conf_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_agent_conf_provider_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_model"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_1MORE,
      ngx_agent_conf_model_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_plan"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_agent_conf_plan_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_agent_conf_tenant_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_tenants"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_agent_conf_tenants_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_model_facts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_agent_conf_facts,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_shed"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_ANY,
      ngx_agent_conf_shed,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_gateway"),
      NGX_HTTP_LOC_CONF|NGX_CONF_ANY,
      ngx_agent_conf_gateway,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_passthrough"),
      NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_agent_passthrough,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_ANY,
      ngx_agent_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("agent_simulate"),
      NGX_HTTP_LOC_CONF|NGX_CONF_ANY,
      ngx_agent_simulate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static const ngx_conf_enum_t  ngx_agent_heartbeats[] = {
    { ngx_string("off"), 0 },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_gateway_options[] = {

    { ngx_string("heartbeat"), NGX_AGENT_TIME,
      offsetof(ngx_agent_loc_conf_t, heartbeat), NGX_AGENT_HEARTBEAT_MIN,
      NGX_AGENT_HEARTBEAT_MAX, ngx_agent_heartbeats },

    { ngx_string("anonymous"), NGX_AGENT_STRING,
      offsetof(ngx_agent_loc_conf_t, anonymous_name), 0, 0, NULL },

    { ngx_string("tenant_by"), NGX_AGENT_VARIABLE,
      offsetof(ngx_agent_loc_conf_t, tenant_by), 0, 0, NULL },

    { ngx_string("session_id"), NGX_AGENT_VARIABLE,
      offsetof(ngx_agent_loc_conf_t, session_id), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_shed_options[] = {

    { ngx_string("calls"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_shed_t, calls), 1, NGX_AGENT_SHED_CALLS_MAX, NULL },

    { ngx_string("lag"), NGX_AGENT_TIME,
      offsetof(ngx_agent_shed_t, lag), 1, NGX_AGENT_SHED_LAG_MAX, NULL },

    { ngx_string("memory"), NGX_AGENT_SIZE,
      offsetof(ngx_agent_shed_t, memory), NGX_AGENT_SHED_MEMORY_MIN,
      NGX_AGENT_SHED_MEMORY_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


void *
ngx_agent_create_main_conf(ngx_conf_t *cf)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_pcalloc(cf->pool, sizeof(ngx_agent_main_conf_t));

    if (amcf == NULL
        || ngx_array_init(&amcf->providers, cf->pool, 4,
                          sizeof(ngx_agent_provider_t *)) != NGX_OK
        || ngx_array_init(&amcf->models, cf->pool, 8,
                          sizeof(ngx_agent_model_t *)) != NGX_OK
        || ngx_array_init(&amcf->plans, cf->pool, 4,
                          sizeof(ngx_agent_tenant_t *)) != NGX_OK
        || ngx_array_init(&amcf->tenants, cf->pool, 8,
                          sizeof(ngx_agent_tenant_t *)) != NGX_OK
        || ngx_array_init(&amcf->tenant_keys, cf->pool, 8,
                          sizeof(ngx_agent_conf_key_t)) != NGX_OK
        || ngx_array_init(&amcf->tags, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&amcf->gateways, cf->pool, 1,
                          sizeof(ngx_agent_loc_conf_t *)) != NGX_OK)
    {
        return NULL;
    }

    return amcf;
}


void *
ngx_agent_create_srv_conf(ngx_conf_t *cf)
{
    ngx_agent_srv_conf_t  *ascf;

    ascf = ngx_pcalloc(cf->pool, sizeof(ngx_agent_srv_conf_t));
    if (ascf == NULL) {
        return NULL;
    }

    ascf->gateway = NGX_CONF_UNSET;

    return ascf;
}


char *
ngx_agent_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_agent_srv_conf_t *conf = child;

    ngx_conf_init_value(conf->gateway, 0);

    return NGX_CONF_OK;
}


void *
ngx_agent_create_loc_conf(ngx_conf_t *cf)
{
    ngx_agent_loc_conf_t  *alcf;

    alcf = ngx_pcalloc(cf->pool, sizeof(ngx_agent_loc_conf_t));
    if (alcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     alcf->tenant_by = NULL;
     *     alcf->session_id = NULL;
     *     alcf->anonymous_name = { 0, NULL };
     *     alcf->anonymous = NULL;
     *     alcf->passthrough = NULL;
     *     alcf->status = 0;
     *     alcf->manage = 0;
     *     alcf->simulate = NULL;
     */

    alcf->gateway = NGX_CONF_UNSET;
    alcf->heartbeat = NGX_CONF_UNSET_MSEC;

    return alcf;
}


/*
 * Nothing is inherited: as in nginx, a content handler is its location's.
 * But an "if" and a "limit_except" are no other location, although nginx
 * gives them a configuration of their own.
 */

char *
ngx_agent_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_agent_loc_conf_t *prev = parent;
    ngx_agent_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {
        return ngx_agent_conf_within(cf, clcf, prev, conf);
    }

    ngx_conf_init_value(conf->gateway, 0);
    ngx_conf_init_msec_value(conf->heartbeat, NGX_AGENT_HEARTBEAT_DEFAULT);

    if (conf->passthrough != NULL && !conf->gateway) {
        return ngx_agent_conf_error(cf, &conf->passthrough_at,
                                    "\"agent_passthrough\" is in a location "
                                    "without \"agent_gateway\"");
    }

    if ((conf->gateway
         && ngx_agent_conf_alone(cf, conf, "agent_gateway",
                                 ngx_agent_call_handler)
            != NGX_CONF_OK)
        || (conf->status
            && ngx_agent_conf_alone(cf, conf, "agent_status",
                                    ngx_agent_status_handler)
               != NGX_CONF_OK)
        || (conf->simulate
            && ngx_agent_conf_alone(cf, conf, "agent_simulate",
                                    ngx_agent_simulate_handler)
               != NGX_CONF_OK))
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_within(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf,
    ngx_agent_loc_conf_t *prev, ngx_agent_loc_conf_t *conf)
{
    *conf = *prev;

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = conf->gateway ? ngx_agent_call_handler
                        : conf->status ? ngx_agent_status_handler
                        : conf->simulate ? ngx_agent_simulate_handler
                        : NULL;
    }

    return conf->gateway ? ngx_agent_conf_gateway_add(cf, conf) : NGX_CONF_OK;
}


/* Names in its words are resolved when the whole of http {} is read. */

static char *
ngx_agent_conf_gateway_add(ngx_conf_t *cf, ngx_agent_loc_conf_t *alcf)
{
    ngx_agent_loc_conf_t   **gateway;
    ngx_agent_main_conf_t   *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    gateway = ngx_array_push(&amcf->gateways);
    if (gateway == NULL) {
        return NGX_CONF_ERROR;
    }

    *gateway = alcf;

    return NGX_CONF_OK;
}


/* Another directive may have taken the location over, before or after. */

static char *
ngx_agent_conf_alone(ngx_conf_t *cf, ngx_agent_loc_conf_t *alcf,
    const char *directive, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == handler) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, &alcf->place,
                                "\"%s\" shares location \"%V\" with another "
                                "directive that answers requests: allowed is "
                                "one", directive, &clcf->name);
}


static char *
ngx_agent_conf_shed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_agent_shed_t  *shed;

    shed = &amcf->shed;

    if (shed->calls || shed->lag || shed->memory) {
        return "is duplicate";
    }

    if (cf->args->nelts == 1) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_shed\" takes at least 1 word, 0 "
                                    "given: allowed are calls=, lag=, "
                                    "memory=");
    }

    return ngx_agent_conf_options(cf, 1, ngx_agent_shed_options, shed, 0);
}


static char *
ngx_agent_conf_gateway(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_loc_conf_t *alcf = conf;

    ngx_agent_srv_conf_t      *ascf;
    ngx_http_core_loc_conf_t  *clcf;

    if (alcf->gateway != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!ngx_agent_conf_is_prefix(clcf)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"agent_gateway\" in location \"%V\": "
                                    "allowed are prefix locations, like "
                                    "location /v1/", &clcf->name);
    }

    if (ngx_agent_conf_options(cf, 1, ngx_agent_gateway_options, alcf, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ascf = ngx_http_conf_get_module_srv_conf(cf, ngx_agent_module);

    ngx_agent_conf_here(cf, &alcf->place);

    alcf->gateway = 1;
    ascf->gateway = 1;

    if (ngx_agent_conf_gateway_add(cf, alcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (clcf->handler == NULL) {
        clcf->handler = ngx_agent_call_handler;
    }

    return ngx_agent_conf_alone(cf, alcf, "agent_gateway",
                                ngx_agent_call_handler);
}


ngx_uint_t
ngx_agent_conf_is_prefix(ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_PCRE)
    if (clcf->regex != NULL) {
        return 0;
    }
#endif

    return !clcf->exact_match && !clcf->named;
}


ngx_int_t
ngx_agent_conf_name(ngx_conf_t *cf, const char *what, ngx_str_t *name,
    ag_name_kind_t kind)
{
    const char  *allowed;

    allowed = ag_name_refuse(ngx_agent_str(name), kind);

    if (allowed == NULL) {
        return NGX_OK;
    }

    (void) ngx_agent_conf_error(cf, NULL, "invalid %s name \"%V\": %s", what,
                                name, allowed);

    return NGX_ERROR;
}
