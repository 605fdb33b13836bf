/*
 * Copyright (C) ngx_agent authors
 *
 * Table of contents: where nginx enters the module.
 *
 *   directives          src/ngx/ngx_agent_conf.c
 *   variables           src/ngx/ngx_agent_var.c
 *   a call              src/ngx/ngx_agent_call.c, from its handler on
 *   nginx's own errors  src/ngx/ngx_agent_filter.c
 *   providers' side     src/ngx/ngx_agent_curl.c
 *   tenants' limits     src/ngx/ngx_agent_limit.c, ngx_agent_claim.c
 *   Redis               src/ngx/ngx_agent_redis.c, ngx_agent_store.c
 *   who is asked        src/ngx/ngx_agent_route.c, ngx_agent_choose.c
 *   shared memory       src/ngx/ngx_agent_shm.c, ngx_agent_table.c,
 *                       ngx_agent_state.c
 *   status, simulator   src/ngx/ngx_agent_status.c, ngx_agent_simulate.c
 *
 * Everything that decides stands in src/core and src/dialect.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"
#include "ngx/ngx_agent_limit.h"
#include "ngx/ngx_agent_state.h"


static ngx_int_t ngx_agent_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_agent_init_process(ngx_cycle_t *cycle);
static void ngx_agent_exit_process(ngx_cycle_t *cycle);
static void ngx_agent_exit_master(ngx_cycle_t *cycle);
static ngx_agent_main_conf_t *ngx_agent_of_cycle(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_agent_module_ctx = {
    ngx_agent_var_init,                    /* preconfiguration */
    ngx_agent_postconfiguration,           /* postconfiguration */

    ngx_agent_create_main_conf,            /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_agent_create_srv_conf,             /* create server configuration */
    ngx_agent_merge_srv_conf,              /* merge server configuration */

    ngx_agent_create_loc_conf,             /* create location configuration */
    ngx_agent_merge_loc_conf               /* merge location configuration */
};


ngx_module_t  ngx_agent_module = {
    NGX_MODULE_V1,
    &ngx_agent_module_ctx,                 /* module context */
    ngx_agent_commands,                    /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_agent_cache_init_module,           /* init module */
    ngx_agent_init_process,                /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_agent_exit_process,                /* exit process */
    ngx_agent_exit_master,                 /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_agent_postconfiguration(ngx_conf_t *cf)
{
    if (ngx_agent_conf_finish(cf) != NGX_OK
        || ngx_agent_limit_init(cf) != NGX_OK
        || ngx_agent_status_init(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_filter_init(cf);
}


static ngx_int_t
ngx_agent_init_process(ngx_cycle_t *cycle)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_agent_of_cycle(cycle);
    if (amcf == NULL) {
        return NGX_OK;
    }

    ngx_agent_shm_init_process(amcf);

    if (ngx_agent_state_init_process(amcf) != NGX_OK
        || ngx_agent_curl_init_process(cycle) != NGX_OK
        || ngx_agent_shed_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_redis_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_flight_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_cache_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_cache_redis_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_store_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_share_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_session_init_process(cycle, amcf) != NGX_OK
        || ngx_agent_state_file_init_process(cycle, amcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_health_init_process(cycle, amcf);
}


static void
ngx_agent_exit_process(ngx_cycle_t *cycle)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_agent_of_cycle(cycle);

    if (amcf != NULL) {
        ngx_agent_health_exit_process(amcf);
        ngx_agent_flight_exit_process();
        ngx_agent_cache_exit_process(amcf);
        ngx_agent_cache_redis_exit_process();
        ngx_agent_redis_exit_process(amcf);
        ngx_agent_store_exit_process();
        ngx_agent_state_file_exit_process(amcf);
        ngx_agent_curl_exit_process(cycle);
        ngx_agent_call_exit_process(amcf);
        ngx_agent_table_exit_process(amcf);
    }
}


static void
ngx_agent_exit_master(ngx_cycle_t *cycle)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);

    if (amcf != NULL) {
        ngx_agent_state_file_exit_master(cycle, amcf);
    }
}


/* NULL where no call is ever served: without http {}, in a cache manager. */

static ngx_agent_main_conf_t *
ngx_agent_of_cycle(ngx_cycle_t *cycle)
{
    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NULL;
    }

    return ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);
}
