/*
 * Copyright (C) ngx_agent authors
 *
 * What nginx.conf says, as everybody reads it: made by ngx_agent_conf*.c.
 */


#ifndef _NGX_AGENT_SETTINGS_H_INCLUDED_
#define _NGX_AGENT_SETTINGS_H_INCLUDED_


#include "ngx/ngx_agent.h"
#include "core/ag_balance.h"
#include "core/ag_breaker.h"
#include "core/ag_chain.h"
#include "dialect/ag_facts.h"
#include "dialect/ag_quirks.h"
#include "dialect/ag_validate.h"


#define NGX_AGENT_SPARE_POOLS  64

#define NGX_AGENT_TAGS_MAX  64      /* names of tags: a bit set */

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


/* One "url" of a provider. */
typedef struct {
    ngx_agent_url_t           url;
    ngx_uint_t                number;       /* within the provider, from 0 */
    ngx_uint_t                weight;
    ngx_flag_t                down;         /* never asked */
    ngx_agent_replica_state_t  *state;      /* shared; NULL: no zone */
    void                     *upstream;     /* curl.c: this worker's handles */
    void                     *check;        /* health.c: this worker's */
} ngx_agent_replica_t;


typedef struct {
    ngx_str_t                 value;        /* the secret itself */
    ngx_uint_t                weight;
    uint64_t                  hash;         /* tells keys apart in shared
                                               memory; of no other use */
} ngx_agent_key_t;


typedef struct {
    ngx_msec_t                connect;
    ngx_msec_t                first_token;  /* streams: until commit */
    ngx_msec_t                idle;         /* streams: between events */
    ngx_msec_t                total;        /* of a stream */
    ngx_msec_t                total_whole;  /* of an unstreamed call */
} ngx_agent_timeout_t;


/* "retry": attempts at one target and the backoff between them. */
typedef struct {
    ngx_uint_t                attempts;
    ngx_msec_t                base;
    ngx_uint_t                factor;       /* percent: 200 doubles */
    ngx_msec_t                max;
} ngx_agent_retry_t;


/* "breaker"; becomes an ag_breaker_conf_t when the block ends. */
typedef struct {
    ngx_uint_t                failures;
    ngx_msec_t                window;
    ngx_msec_t                open;
    ngx_uint_t                probes;
    ngx_uint_t                successes;
    ngx_uint_t                ratio;        /* percent; 0: failures count */
    ngx_uint_t                volume;
} ngx_agent_breaker_t;


/* "limit": calls of a provider at once, over all workers. */
typedef struct {
    ngx_uint_t                concurrency;  /* 0: no bound */
    ngx_uint_t                queue;        /* calls that may wait */
    ngx_msec_t                wait;         /* ms that each of them may */
} ngx_agent_limit_t;


/* "health": each replica is asked now and then. */
typedef struct {
    ngx_str_t                 path;         /* under the URL's origin, "/x";
                                               empty: off */
    ngx_msec_t                interval;
    ngx_msec_t                timeout;
} ngx_agent_health_t;


typedef struct {
    ngx_str_t                 name;
    ngx_agent_place_t         place;
    ngx_uint_t                index;        /* among all providers */
    const ag_dialect_t       *dialect;
    const ag_quirks_t        *quirks;       /* of a server that speaks almost
                                               OpenAI's dialect */
    ngx_str_t                 api_version;  /* azure; empty: the v1 surface */
    ngx_flag_t                drop_params;  /* parameters it does not support
                                               are left out */
    ngx_array_t               replicas;     /* of ngx_agent_replica_t */
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

    ngx_agent_retry_t         retry;
    ngx_agent_breaker_t       breaker_options;
    ag_breaker_conf_t         breaker;      /* of each of its peers */
    ngx_uint_t                breaker_off;  /* it is never asked */
    ngx_agent_limit_t         limit;
    ngx_agent_health_t        health;
    ngx_uint_t                balance;      /* ag_balance_t, of replicas */
    uint64_t                  tags;         /* bits: places in main->tags */
    ngx_flag_t                down;         /* never asked */

    ngx_agent_provider_state_t  *state;     /* shared; NULL: no zone */
    ngx_queue_t               waiting;      /* of this worker's calls that wait
                                               for a place, the first first */
    ngx_uint_t                turn;         /* of round_robin, this worker's */
} ngx_agent_provider_t;


typedef struct {
    ngx_str_t                 name;         /* "provider/model" for people */
    ngx_agent_place_t         place;
    ngx_str_t                 provider_name;
    ngx_agent_provider_t     *provider;     /* resolved after parsing */
    ngx_str_t                 model;        /* empty: as the client asked */
    ngx_str_t                 model_json;   /* the same as a JSON string */
    ngx_uint_t                weight;
    ngx_uint_t                tier;         /* 0: "target", then one for each
                                               "fallback" */
    ngx_uint_t                on;           /* AG_CAUSE_ bits of a fallback */
    ngx_array_t               peers;        /* of ngx_agent_peer_t, one for
                                               each replica */
    const ag_facts_t         *facts;        /* of its model; NULL if that is
                                               as the client asked */
    unsigned                  passthrough:1;    /* of agent_passthrough */
    unsigned                  any:1;        /* asked for whatever name a
                                               client used */
} ngx_agent_target_t;


/* A target at one of its provider's replicas: what has a breaker. */
typedef struct {
    ngx_str_t                 name;         /* the target's, and "#2" where
                                               there are several */
    ngx_agent_replica_t      *replica;
    ngx_agent_peer_state_t   *state;        /* shared; NULL: no zone */
    ngx_agent_series_t       *series;
} ngx_agent_peer_t;


/* "hedge": a second attempt when the first is slow. */
typedef struct {
    ngx_msec_t                after;        /* ms; 0 and no percentile: off */
    ngx_uint_t                percentile;   /* 95: after the model's own p95 */
    ngx_uint_t                share;        /* thousandths of the calls */
} ngx_agent_hedge_t;


typedef struct {
    ngx_str_t                 name;         /* first name: label of metrics */
    ngx_agent_place_t         place;
    ngx_array_t               names;        /* of ngx_str_t, aliases too; one
                                               may end with "*" */
    ngx_array_t               targets;      /* of ngx_agent_target_t */
    ngx_agent_timeout_t       timeout;      /* NGX_CONF_UNSET_MSEC: as the
                                               provider's */
    ngx_uint_t                balance;      /* ag_balance_t, within a tier */
    ngx_uint_t                attempts;     /* of a call, over all targets */
    ngx_msec_t                within;       /* ms; 0: no bound */
    ag_chain_conf_t           chain;        /* made of the above at the end */
    ag_validate_rule_t        validate;
    size_t                    buffer;       /* bytes held before the commit; 0:
                                               until the first content,
                                               NGX_AGENT_BUFFER_ALL */
    ngx_agent_hedge_t         hedge;
    ngx_str_t                 maintenance;  /* text of a 503; no data: none */
    ngx_msec_t                maintenance_retry;    /* its Retry-After; 0:
                                               none */
    ngx_uint_t                turn;         /* of round_robin, this worker's */
    ngx_agent_series_t       *series;
} ngx_agent_model_t;


#define NGX_AGENT_BUFFER_ALL  AG_ANSWER_MAX


typedef struct {
    ngx_str_t                 name;
    ngx_agent_place_t         place;
    ngx_array_t               models;       /* of ngx_str_t: names, prefixes
                                               ending with "*" */
    ngx_agent_place_t         models_at;
    ngx_uint_t                keys;         /* number of keys */
    uint64_t                  require;      /* tags a provider must have */
    ngx_agent_series_t       *series;
    ngx_agent_place_t         require_at;
} ngx_agent_tenant_t;


typedef struct {
    u_char                    digest[32];   /* SHA-256 of the key */
    ngx_agent_tenant_t       *tenant;
} ngx_agent_tenant_key_t;


typedef struct {
    ngx_str_t                 name;         /* a name or alias, no "*" */
    ngx_agent_model_t        *model;
} ngx_agent_model_name_t;


/* "agent_shed": when new calls are refused; 0: no such bound. */
typedef struct {
    ngx_uint_t                calls;        /* in flight, of all workers */
    ngx_msec_t                lag;          /* of this worker's event loop */
    size_t                    memory;       /* of this worker, resident */
} ngx_agent_shed_t;


typedef struct {
    ngx_shm_zone_t           *zone;         /* agent_zone, NULL: none */
    ngx_array_t               providers;    /* of ngx_agent_provider_t * */
    ngx_array_t               models;       /* of ngx_agent_model_t * */
    ngx_array_t               tenants;      /* of ngx_agent_tenant_t * */
    ngx_array_t               tenant_keys;  /* of ngx_agent_conf_key_t, see
                                               ngx_agent_conf.h */
    ngx_array_t               tags;         /* of ngx_str_t */
    ngx_agent_shed_t          shed;
    void                     *watch;        /* shed.c's, of this process */

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

    ag_facts_table_t          facts;        /* of agent_model_facts */
    ag_arena_t                facts_arena;

    ngx_agent_place_t         status_at;    /* the first agent_status that
                                               needs a zone; line 0: none */

    /* set by ngx_agent_shm.c; NULL: there is no zone */
    ngx_agent_zone_t         *shared;
    ngx_uint_t                generation;   /* of this configuration */
    ngx_agent_series_t       *gateway;      /* the gateway's own row */
    ngx_atomic_t             *gauges;       /* of this process */

    /* ngx_agent_request_id()'s; of this process, zero until it is used */
    uint64_t                  id_state[2];

    ngx_msec_t                reap_at;      /* next look for dead processes */
    uint32_t                 *held;         /* of the shared counters, by this
                                               process; see state.h */

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
    ngx_array_t                *passthrough;    /* of paths, passthrough.c's;
                                               NULL: none */
    ngx_agent_place_t           passthrough_at;
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


#endif /* _NGX_AGENT_SETTINGS_H_INCLUDED_ */
