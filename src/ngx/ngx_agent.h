/*
 * Copyright (C) ngx_agent authors
 *
 * The one header of the glue: what nginx.conf says, what lives in shared
 * memory, what a call is, and which file does what with them.
 */


#ifndef _NGX_AGENT_H_INCLUDED_
#define _NGX_AGENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/ag_base.h"
#include "core/ag_buf.h"
#include "core/ag_caps.h"
#include "core/ag_error.h"
#include "core/ag_metric.h"
#include "core/ag_render.h"
#include "dialect/ag_translate.h"


#define NGX_AGENT_VERSION  "0.1.0"


typedef struct ngx_agent_call_s      ngx_agent_call_t;
typedef struct ngx_agent_transfer_s  ngx_agent_transfer_t;
typedef struct ngx_agent_series_s    ngx_agent_series_t;
typedef struct ngx_agent_zone_s      ngx_agent_zone_t;
typedef struct ngx_agent_tenant_s    ngx_agent_tenant_t;
typedef struct ngx_agent_entry_s     ngx_agent_entry_t;
typedef struct ngx_agent_limits_s    ngx_agent_limits_t;
typedef struct ngx_agent_cached_s    ngx_agent_cached_t;
typedef struct ngx_agent_cache_zone_s  ngx_agent_cache_zone_t;

typedef struct ngx_agent_replica_state_s   ngx_agent_replica_state_t;
typedef struct ngx_agent_provider_state_s  ngx_agent_provider_state_t;
typedef struct ngx_agent_peer_state_s      ngx_agent_peer_state_t;


#include "ngx/ngx_agent_settings.h"


/* ---- shared memory and metrics: ngx_agent_shm.c ---- */


/* One labelled row of a metric scope; cells as ag_metric.h lays them out. */
struct ngx_agent_series_s {
    ag_scope_t                scope;
    u_char                    name_len;
    u_char                    name[AG_SERIES_NAME_MAX];
    ngx_atomic_t              error;        /* last error's class, of targets */
    ngx_atomic_t              error_status; /* provider's HTTP status or 0 */
    ngx_atomic_t              share;        /* word of ag_share.h: retries of
                                               a tenant, hedges of a model */
    ngx_atomic_t              ratio;        /* of models: thousandths of a byte
                                               per token, learned */
    ngx_atomic_t              cells[];      /* ag_scope_cells(scope) of them */
};


/* agent_zone NAME:SIZE: checks the size, registers the zone. */
char *ngx_agent_shm_zone(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *value);

/* Connects tenants, models and targets with their rows; init_zone calls it.
 * A name beyond AG_SERIES_MAX, or a full zone, gets the scope's "other". */
ngx_int_t ngx_agent_shm_connect(ngx_agent_main_conf_t *amcf);

/* Clears this process's gauges, counts the generation: init_process. */
void ngx_agent_shm_init_process(ngx_agent_main_conf_t *amcf);

/* counting: ngx_agent_metric.c */

/* Adds to a counter.  No lock; series may be NULL (no zone). */
void ngx_agent_metric_add(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t n);

/* Adds one observation to a histogram, in the metric's own unit (ms for
 * times).  No lock. */
void ngx_agent_metric_observe(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t value);

/* Overwrites a VALUE. */
void ngx_agent_metric_set(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t value);

/* One use of a share (ag_share.h) of that row's calls: NGX_OK, NGX_BUSY. */
ngx_int_t ngx_agent_metric_take(ngx_agent_series_t *series);

/* One more call of that row, worth "share" thousandths of a use. */
void ngx_agent_metric_deposit(ngx_agent_series_t *series, ngx_uint_t share);

/* Changes a gauge of this process, e.g. calls in flight. */
void ngx_agent_gauge_add(ngx_agent_main_conf_t *amcf, ag_metric_id_t id,
    ngx_int_t delta);

/* Adds to a counter of the whole gateway. */
void ngx_agent_gateway_add(ngx_agent_main_conf_t *amcf, ag_metric_id_t id,
    uint64_t n);

/* Remembers a target's last error for the status page. */
void ngx_agent_target_failed(ngx_agent_series_t *target,
    ag_error_class_t class, ngx_uint_t provider_status);

/* Copies all numbers, as the status pages show them.  There is a zone. */
ngx_int_t ngx_agent_metric_snapshot(ngx_agent_main_conf_t *amcf,
    ngx_pool_t *pool, ag_snapshot_t *snapshot);


#include "ngx/ngx_agent_call.h"


/* request: ngx_agent_request.c: what a request says before it is a call */

/* 64 random bits, for dice; of this worker. */
uint64_t ngx_agent_request_random(ngx_agent_main_conf_t *amcf);

/* The client's x-request-id if it is well formed (a copy), else a new one. */
ngx_int_t ngx_agent_request_id(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_str_t *id);

/* A header of the client, the first of that name (in small letters); NULL:
 * none.  Walks all headers. */
ngx_str_t *ngx_agent_request_header(ngx_http_request_t *r, const char *name);

/* The error shape that the client expects; there may be no location yet. */
ag_surface_t ngx_agent_request_surface(ngx_http_request_t *r);

/* Adds a header to the answer; keeps the pointers. */
ngx_int_t ngx_agent_request_add_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);

/* filter: ngx_agent_filter.c: nginx's own errors in the error shape. */
ngx_int_t ngx_agent_filter_init(ngx_conf_t *cf);

/* What the filter answered, for the variables; NULL: nothing. */
ngx_str_t *ngx_agent_filter_request_id(ngx_http_request_t *r);
ag_error_class_t ngx_agent_filter_error(ngx_http_request_t *r);

/* variables: ngx_agent_var.c */
ngx_int_t ngx_agent_var_init(ngx_conf_t *cf);

/* status: ngx_agent_status.c; simulator: ngx_agent_simulate.c */
ngx_int_t ngx_agent_status_handler(ngx_http_request_t *r);
char *ngx_agent_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Postconfiguration: refuses pages of numbers where nothing is counted. */
ngx_int_t ngx_agent_status_init(ngx_conf_t *cf);

ngx_int_t ngx_agent_simulate_handler(ngx_http_request_t *r);
char *ngx_agent_simulate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_inline ag_str_t
ngx_agent_str(ngx_str_t *s)
{
    return ag_str(s->data, s->len);
}


#endif /* _NGX_AGENT_H_INCLUDED_ */
