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
#include "dialect/ag_dialect.h"


#define NGX_AGENT_VERSION  "0.1.0"


typedef struct ngx_agent_call_s      ngx_agent_call_t;
typedef struct ngx_agent_transfer_s  ngx_agent_transfer_t;
typedef struct ngx_agent_series_s    ngx_agent_series_t;
typedef struct ngx_agent_zone_s      ngx_agent_zone_t;


/* ---- configuration: made by ngx_agent_conf.c, read by everybody ---- */


#define NGX_AGENT_SPARE_POOLS  64

/* A sanitizer sees each object's end only if no memory is kept. */
#ifdef __SANITIZE_ADDRESS__
#define NGX_AGENT_REUSE  0
#else
#define NGX_AGENT_REUSE  1
#endif


/* Where a name stands in nginx.conf, for errors found later. */
typedef struct {
    ngx_str_t                 file;
    ngx_uint_t                line;
} ngx_agent_place_t;


typedef struct {
    ngx_str_t                 url;          /* as configured, no slash last */
    ngx_str_t                 host;         /* without brackets */
    ngx_str_t                 path;         /* "/v1" */
    in_port_t                 port;
    unsigned                  tls:1;
    unsigned                  literal:1;    /* host is an IP address */
    ngx_array_t               addresses;    /* of ngx_addr_t, found at start;
                                               empty: not resolved then */
} ngx_agent_url_t;


typedef struct {
    ngx_str_t                 value;        /* the secret itself */
    ngx_uint_t                weight;
} ngx_agent_key_t;


typedef struct {
    ngx_msec_t                connect;
    ngx_msec_t                first_token;  /* streams: until commit */
    ngx_msec_t                idle;         /* streams: between events */
    ngx_msec_t                total;        /* of a stream */
    ngx_msec_t                total_whole;  /* of an unstreamed call */
} ngx_agent_timeout_t;


typedef struct {
    ngx_str_t                 name;
    ngx_agent_place_t         place;
    ngx_uint_t                index;        /* among all providers */
    const ag_dialect_t       *dialect;
    ngx_array_t               urls;         /* of ngx_agent_url_t */
    ngx_array_t               keys;         /* of ngx_agent_key_t */
    ngx_agent_timeout_t       timeout;
    ngx_array_t               headers;      /* of ngx_keyval_t: set_header */
    ngx_array_t               fields;       /* of ag_field_t: set_field */
    ngx_str_t                 tls_ca;       /* file, empty: the system's */
    ngx_str_t                 proxy;        /* "http://HOST:PORT" or empty */
    ngx_agent_url_t           proxy_url;    /* parsed, if proxy is set */
    ngx_flag_t                allow_private;
    ngx_flag_t                usage_chunk;
    unsigned                  keyed:1;      /* it has a "key" line */
    unsigned                  disabled:1;   /* its optional key is missing */
    void                     *ca_store;     /* curl.c: X509_STORE, https only */
    void                     *upstream;     /* curl.c: this worker's handles */
} ngx_agent_provider_t;


typedef struct {
    ngx_str_t                 name;         /* "provider/model" for people */
    ngx_agent_place_t         place;
    ngx_str_t                 provider_name;
    ngx_agent_provider_t     *provider;     /* resolved after parsing */
    ngx_str_t                 model;        /* empty: as the client asked */
    ngx_str_t                 model_json;   /* the same as a JSON string */
    ngx_uint_t                weight;
    ngx_agent_series_t       *series;
} ngx_agent_target_t;


typedef struct {
    ngx_str_t                 name;         /* first name: label of metrics */
    ngx_agent_place_t         place;
    ngx_array_t               names;        /* of ngx_str_t, aliases too; one
                                               may end with "*" */
    ngx_array_t               targets;      /* of ngx_agent_target_t */
    ngx_agent_timeout_t       timeout;      /* NGX_CONF_UNSET_MSEC: as the
                                               provider's */
    ngx_agent_series_t       *series;
} ngx_agent_model_t;


typedef struct {
    ngx_str_t                 name;
    ngx_agent_place_t         place;
    ngx_array_t               models;       /* of ngx_str_t: names, prefixes
                                               ending with "*" */
    ngx_agent_place_t         models_at;
    ngx_uint_t                keys;         /* number of keys */
    ngx_agent_series_t       *series;
} ngx_agent_tenant_t;


typedef struct {
    u_char                    digest[32];   /* SHA-256 of the key */
    ngx_agent_tenant_t       *tenant;
} ngx_agent_tenant_key_t;


typedef struct {
    ngx_str_t                 name;         /* a name or alias, no "*" */
    ngx_agent_model_t        *model;
} ngx_agent_model_name_t;


typedef struct {
    ngx_shm_zone_t           *zone;         /* agent_zone, NULL: none */
    ngx_array_t               providers;    /* of ngx_agent_provider_t * */
    ngx_array_t               models;       /* of ngx_agent_model_t * */
    ngx_array_t               tenants;      /* of ngx_agent_tenant_t * */
    ngx_array_t               tenant_keys;  /* of ngx_agent_conf_key_t, see
                                               ngx_agent_conf.h */

    /* made when the whole of http {} is read */
    ngx_agent_tenant_key_t   *key_table;    /* open addressing by the digest's
                                               first bytes */
    ngx_uint_t                key_mask;
    ngx_agent_model_name_t   *name_table;   /* open addressing, exact names */
    ngx_uint_t                name_mask;
    ngx_agent_model_name_t   *prefixes;     /* longest first, "*" last */
    ngx_uint_t                prefix_count;
    ngx_agent_tenant_t      **tenant_table; /* open addressing, by name */
    ngx_uint_t                tenant_mask;

    ngx_resolver_t           *resolver;     /* of resolv.conf; a location's
                                               own comes first */
    ngx_agent_series_t       *error_series[AG_E_MAX];
    ngx_agent_series_t       *other_model;  /* calls that name no model */
    ngx_array_t               gateways;     /* of ngx_agent_loc_conf_t *:
                                               locations with agent_gateway */

    ngx_agent_place_t         status_at;    /* the first agent_status that
                                               needs a zone; line 0: none */

    /* set by ngx_agent_shm.c; NULL: there is no zone */
    ngx_agent_zone_t         *shared;
    ngx_uint_t                generation;   /* of this configuration */
    ngx_agent_series_t       *gateway;      /* the gateway's own row */
    ngx_atomic_t             *gauges;       /* of this process */

    /* ngx_agent_request_id()'s; of this process, zero until it is used */
    uint64_t                  id_state[2];

    /* pools of ended calls; of this process */
    ngx_pool_t               *spare[NGX_AGENT_SPARE_POOLS];
    ngx_uint_t                spare_count;
} ngx_agent_main_conf_t;


typedef struct {
    ngx_flag_t                gateway;      /* the server holds one: nginx's
                                               own errors become JSON */
} ngx_agent_srv_conf_t;


typedef enum {
    NGX_AGENT_STATUS_JSON = 1,
    NGX_AGENT_STATUS_PROMETHEUS,
    NGX_AGENT_STATUS_HEALTH
} ngx_agent_status_form_t;


typedef struct ngx_agent_simulate_conf_s  ngx_agent_simulate_conf_t;


typedef struct {
    ngx_flag_t                  gateway;
    ngx_msec_t                  heartbeat;
    ngx_http_complex_value_t   *tenant_by;  /* gives a tenant's name, or
                                               nothing; NULL: keys alone */
    ngx_str_t                   anonymous_name;
    ngx_agent_tenant_t         *anonymous;  /* of calls without a key, resolved
                                               after parsing; NULL: nobody */
    ngx_uint_t                  status;     /* ngx_agent_status_form_t or 0 */
    ngx_agent_simulate_conf_t  *simulate;   /* NULL: no simulator here */
    ngx_agent_place_t           place;      /* of the directive that answers */
} ngx_agent_loc_conf_t;


extern ngx_module_t  ngx_agent_module;


/* conf: ngx_agent_conf*.c */

extern ngx_command_t  ngx_agent_commands[];

void *ngx_agent_create_main_conf(ngx_conf_t *cf);
void *ngx_agent_create_srv_conf(ngx_conf_t *cf);
char *ngx_agent_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child);
void *ngx_agent_create_loc_conf(ngx_conf_t *cf);
char *ngx_agent_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

/* Resolves names, checks the whole, builds the tables: postconfiguration. */
ngx_int_t ngx_agent_conf_finish(ngx_conf_t *cf);

/* The tenant whose key this is, or NULL.  Hashes, then compares in constant
 * time. */
ngx_agent_tenant_t *ngx_agent_conf_tenant(ngx_agent_main_conf_t *amcf,
    ngx_str_t *key);

/* The tenant of that name, or NULL. */
ngx_agent_tenant_t *ngx_agent_conf_tenant_named(ngx_agent_main_conf_t *amcf,
    ngx_str_t *name);

/* The model of that name: exact, then the longest prefix; NULL if none. */
ngx_agent_model_t *ngx_agent_conf_model(ngx_agent_main_conf_t *amcf,
    ngx_str_t *name);

/* May the tenant use that name?  Its own list is matched, not the model's
 * aliases. */
ngx_uint_t ngx_agent_conf_allows(ngx_agent_tenant_t *tenant, ngx_str_t *name);


/* ---- shared memory and metrics: ngx_agent_shm.c ---- */


/* One labelled row of a metric scope; cells as ag_metric.h lays them out. */
struct ngx_agent_series_s {
    ag_scope_t                scope;
    u_char                    name_len;
    u_char                    name[AG_SERIES_NAME_MAX];
    ngx_atomic_t              error;        /* last error's class, of targets */
    ngx_atomic_t              error_status; /* provider's HTTP status or 0 */
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


/* ---- the call ---- */


#include "ngx/ngx_agent_lists.h"


typedef enum {
#define NGX_AGENT_PHASE_ID(id, name, function, next)  NGX_AGENT_PHASE_##id,
    AG_PHASES(NGX_AGENT_PHASE_ID)
#undef NGX_AGENT_PHASE_ID
    NGX_AGENT_PHASE_MAX
} ngx_agent_phase_t;


/* What settle must give back. */
#define NGX_AGENT_HELD_FLIGHT  0x01     /* the gauge of calls in flight */
#define NGX_AGENT_HELD_STREAM  0x02     /* the gauge of open streams */


/* Milliseconds of ngx_current_msec; 0: not yet. */
typedef struct {
    ngx_msec_t                started;
    ngx_msec_t                sent;         /* the attempt was started */
    ngx_msec_t                first;        /* first token, or whole answer */
    ngx_msec_t                heard;        /* last event of the provider */
    ngx_msec_t                spoke;        /* last byte to the client */
    ngx_msec_t                settled;
} ngx_agent_times_t;


/*
 * One call from admission to settlement.  Owns its pool; every phase reads
 * and writes this and nothing else.  Fields stand under the phase that sets
 * them and are valid from that phase on.
 */
struct ngx_agent_call_s {
    ngx_pool_t               *pool;
    ngx_http_request_t       *r;            /* NULL: its client is gone */
    ngx_agent_main_conf_t    *main;
    ngx_agent_loc_conf_t     *conf;
    ngx_log_t                *log;
    ngx_agent_phase_t         phase;        /* ngx_agent_call_goto() only */
    ngx_event_t               wake;         /* posted by every waker */
    ngx_event_t               timer;        /* never cancelable, armed until
                                               the call is settled */
    ngx_uint_t                held;

    ag_endpoint_t             endpoint;     /* ADMIT */
    const ag_dialect_t       *client;
    ngx_str_t                 request_id;
    ngx_str_t                 path;         /* after the location, no query */
    ngx_agent_tenant_t       *tenant;

    ag_buf_t                  upload;       /* READ; a body that did not come
                                               with the headers */
    ngx_str_t                 body;         /* the whole, in upload or in the
                                               request's own buffer */
    ag_request_t              request;
    ngx_str_t                 model_name;   /* as asked, cut and safe */

    ngx_agent_model_t        *model;        /* ROUTE */
    ngx_agent_target_t       *target;
    ngx_agent_timeout_t       timeout;
    ngx_uint_t                attempts;
    ngx_uint_t                redials;      /* free retries of a dead
                                               kept-alive connection */

    ngx_agent_transfer_t     *transfer;     /* SEND; NULL: none was started */
    void                     *waiter;       /* for an address; curl.h's */

    ag_sse_t                  sse;          /* RECEIVE */
    ag_buf_t                  answer;       /* received, not yet passed on;
                                               the whole answer when there is
                                               no stream */
    size_t                    parsed;       /* bytes of it that are events to
                                               be sent */
    ngx_uint_t                malformed;    /* events in a row, left out */
    ag_buf_t                  sending;      /* what nginx's filters read */
    ngx_buf_t                 out;
    ngx_chain_t               link;
    ag_usage_t                usage;

    ag_error_t                error;        /* class NONE: none */
    ngx_uint_t                provider_status;
    ngx_agent_times_t         at;

    unsigned                  reading:1;    /* the body was asked for */
    unsigned                  streaming:1;  /* the client asked for SSE */
    unsigned                  committed:1;  /* content went out: no fallback */
    unsigned                  opened:1;     /* headers went out */
    unsigned                  finished:1;   /* a finish reason was seen */
    unsigned                  ended:1;      /* the answer is complete */
    unsigned                  hide_usage:1; /* the usage chunk is ours */
    unsigned                  as_sent:1;    /* the provider's error body goes
                                               out as it came */
    unsigned                  settled:1;
};


/* call: ngx_agent_call.c */

/* agent_gateway's content handler. */
ngx_int_t ngx_agent_call_handler(ngx_http_request_t *r);

/* The call of a request, settled or not; NULL: not ours. */
ngx_agent_call_t *ngx_agent_call_of(ngx_http_request_t *r);

/* Frees the pools of ended calls: exit_process. */
void ngx_agent_call_exit_process(ngx_agent_main_conf_t *amcf);

/* The only place that changes the phase. */
void ngx_agent_call_goto(ngx_agent_call_t *call, ngx_agent_phase_t phase);

/* Sets the error and goes to REPLY; NGX_OK, so that it can be returned. */
ngx_int_t ngx_agent_call_fail(ngx_agent_call_t *call, ag_error_class_t class);

/* Arms the call's timer so that it is woken at or before "at". */
void ngx_agent_call_wake_at(ngx_agent_call_t *call, ngx_msec_t at);

/* The phases: NGX_OK: the phase was changed, run on; NGX_AGAIN: somebody
 * will post call->wake; NGX_ERROR: our own failure; NGX_DONE: the call is
 * gone. */
ngx_int_t ngx_agent_call_admit(ngx_agent_call_t *call);     /* _admit.c */
ngx_int_t ngx_agent_call_read(ngx_agent_call_t *call);      /* _read.c */
ngx_int_t ngx_agent_call_route(ngx_agent_call_t *call);     /* _attempt.c */
ngx_int_t ngx_agent_call_send(ngx_agent_call_t *call);
ngx_int_t ngx_agent_call_receive(ngx_agent_call_t *call);   /* _receive.c */
ngx_int_t ngx_agent_call_reply(ngx_agent_call_t *call);     /* _reply.c */
ngx_int_t ngx_agent_call_settled(ngx_agent_call_t *call);   /* _call.c */
ngx_int_t ngx_agent_call_done(ngx_agent_call_t *call);

/* reply: ngx_agent_reply.c */

/* Sends the headers of a stream; "transfer" may not have answered yet. */
ngx_int_t ngx_agent_reply_open(ngx_agent_call_t *call);

/* Hands "sending" to nginx.  NGX_AGAIN: the client reads slowly, the call is
 * woken when it has; NGX_ERROR: it is gone. */
ngx_int_t ngx_agent_reply_write(ngx_agent_call_t *call, ngx_uint_t last);

/* What is left of an earlier write.  Returns as above. */
ngx_int_t ngx_agent_reply_flush(ngx_agent_call_t *call);

/* Does a refused call get the provider's own body, as it came? */
ngx_uint_t ngx_agent_reply_forwards(ngx_agent_call_t *call,
    ag_error_class_t class);

/* headers: ngx_agent_header.c */

/* Those of every answer: ids, provider, model, attempts. */
ngx_int_t ngx_agent_header_answer(ngx_agent_call_t *call);

/* Those of an error: when to try again, and whether. */
ngx_int_t ngx_agent_header_error(ngx_agent_call_t *call);

/* Adds one; "name" is a constant, "value" lives as long as the call. */
ngx_int_t ngx_agent_header_add(ngx_agent_call_t *call, const char *name,
    ngx_str_t *value);

/* models: ngx_agent_models.c: GET /v1/models and /v1/models/ID. */
ngx_int_t ngx_agent_models_write(ngx_agent_call_t *call, ag_buf_t *out);


/* request: ngx_agent_request.c: what a request says before it is a call */

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
