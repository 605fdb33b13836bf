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
#include "core/ag_cache_rule.h"
#include "core/ag_chain.h"
#include "core/ag_key.h"
#include "core/ag_limit.h"
#include "core/ag_price.h"
#include "core/ag_session.h"
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


/* "price" of a provider. */
typedef struct {
    ngx_str_t                 model;        /* as the provider knows it; a
                                               name, "prefix*" or "*" */
    ag_price_t                price;
    ngx_agent_place_t         place;
} ngx_agent_price_t;


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
    ngx_array_t               prices;       /* of ngx_agent_price_t */

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
    const ag_price_t         *price;        /* the same; NULL: unknown, or as
                                               the client asked */
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


/* "cache" and "cache_scope" of a model, a plan or a tenant. */
typedef struct {
    ag_cache_rule_t           rule;
    ngx_agent_place_t         at;           /* line 0: nothing is said */
    ngx_uint_t                scope;        /* ag_cache_scope_t */
    ngx_agent_place_t         scope_at;     /* line 0: nothing is said */
    uint64_t                  id;           /* ag_cache_id() of the name; 0: not
                                               known yet, of a plan never */
} ngx_agent_cache_conf_t;


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
    ngx_agent_cache_conf_t    cache;        /* of tenants that say nothing */
    ngx_uint_t                turn;         /* of round_robin, this worker's */
    ngx_agent_series_t       *series;
} ngx_agent_model_t;


#define NGX_AGENT_BUFFER_ALL  AG_ANSWER_MAX


/* What a "limit" counts by. */
typedef enum {
    NGX_AGENT_BY_TENANT = 0,
    NGX_AGENT_BY_KEY,
    NGX_AGENT_BY_SESSION
} ngx_agent_by_t;


/* A "limit" or a "budget" of a plan or a tenant. */
typedef struct {
    ag_limit_t                limit;
    ngx_str_t                 name;         /* "requests/1m", "budget/month",
                                               "tokens/1h/gpt-5*@key":
                                               resource, "per" as written,
                                               model, "by" */
    ngx_str_t                 model;        /* as the client asks for it; a
                                               name or "prefix*"; empty: all */
    ngx_uint_t                by;           /* ngx_agent_by_t */
    ngx_uint_t                status;       /* of a refusal; 0: the error
                                               table's */
    ngx_str_t                 shown;        /* limit.max in decimal digits */
    uint64_t                  id;           /* hash of resource, window, model
                                               and "by": the same limit after
                                               a reload, whatever its number;
                                               and what a tenant's line takes
                                               the place of */
    ngx_agent_place_t         place;
} ngx_agent_quota_t;


/* "cap"; 0: none. */
typedef struct {
    ngx_uint_t                output_tokens;
    ngx_uint_t                choices;      /* "n" */
    size_t                    body;         /* bytes */
} ngx_agent_cap_t;


/* "route A B [share=]": who asks for A is answered by B. */
typedef struct {
    ngx_str_t                 from;         /* a name or "prefix*" */
    ngx_str_t                 to;           /* a name */
    ngx_agent_model_t        *model;        /* of that name */
    ngx_uint_t                share;        /* thousandths of the calls */
    ngx_agent_place_t         place;
} ngx_agent_detour_t;


/*
 * A tenant, and a plan as well: a tenant that nobody is.  When the whole is
 * read, a tenant has what its plan says wherever it says nothing itself.
 */
struct ngx_agent_tenant_s {
    ngx_str_t                 name;
    ngx_agent_place_t         place;
    ngx_str_t                 plan_name;    /* empty: none */
    ngx_agent_place_t         plan_at;
    ngx_agent_tenant_t       *plan;         /* resolved after parsing */
    ngx_array_t               models;       /* of ngx_str_t: names, prefixes
                                               ending with "*" */
    ngx_agent_place_t         models_at;
    ngx_uint_t                keys;         /* number of keys */
    uint64_t                  require;      /* tags a provider must have */
    ngx_agent_place_t         require_at;
    ngx_array_t               quotas;       /* of ngx_agent_quota_t, at most
                                               AG_LIMITS_MAX */
    ngx_agent_cap_t           cap;
    ngx_agent_place_t         cap_at;       /* line 0: nothing is said */
    ag_session_guard_t        guard;
    ngx_agent_place_t         session_at;
    ngx_array_t               allow;        /* of ngx_cidr_t; none: all */
    ngx_agent_place_t         allow_at;
    ngx_array_t               detours;      /* of ngx_agent_detour_t */
    ngx_agent_place_t         route_at;
    ngx_str_t                 default_model;    /* of a request without one */
    ngx_agent_place_t         default_at;
    ngx_flag_t                cut;          /* a stream ends where what was
                                               reserved for it ends; UNSET
                                               while it is read */
    ngx_agent_cache_conf_t    cache;
    ngx_agent_series_t       *series;

    /* made when the whole is read */
    uint64_t                  id;           /* hash of the name */
    uint64_t                  hash[2];      /* a longer one, for ids */
    ngx_uint_t                resources;    /* bits 1 << ag_resource_t that a
                                               quota counts */
    ngx_uint_t                by;           /* bits 1 << ngx_agent_by_t of
                                               quotas */
    ngx_agent_entry_t       **windows;      /* shared, one for each quota; NULL
                                               there unless BY_TENANT.  limit.c
                                               sets them */
};


/* One key of a tenant. */
typedef struct {
    u_char                    digest[32];   /* SHA-256 of the key */
    ngx_agent_tenant_t       *tenant;
    ngx_str_t                 name;         /* of "keys FILE"; else empty */
    time_t                    until;        /* 0: for ever */
} ngx_agent_tenant_key_t;


typedef struct {
    ngx_str_t                 name;         /* a name or alias, no "*" */
    ngx_agent_model_t        *model;
} ngx_agent_model_name_t;


/* "when_down" of agent_redis. */
typedef enum {
    NGX_AGENT_REDIS_LOCAL = 0,  /* each node its share of a limit */
    NGX_AGENT_REDIS_ALLOW,
    NGX_AGENT_REDIS_DENY
} ngx_agent_redis_down_t;


typedef struct {
    ngx_str_t                 address;      /* as written */
    ngx_str_t                 host;         /* empty: a Unix socket */
    in_port_t                 port;
    ngx_str_t                 path;         /* of the socket, terminated */
    ngx_array_t               addresses;    /* of ngx_addr_t: a literal one, or
                                               found at start */
    ngx_uint_t                database;
    ngx_str_t                 user;         /* empty: none */
    ngx_str_t                 password;     /* secret; empty: none */
    ngx_str_t                 prefix;       /* of all keys; "agent" */
    ngx_uint_t                nodes;
    ngx_msec_t                timeout;
    ngx_uint_t                when_down;    /* ngx_agent_redis_down_t */
    ngx_flag_t                share;        /* breakers and sessions too */
    ngx_flag_t                tls;
    ngx_str_t                 tls_ca;       /* file; empty: the system's */
    ngx_agent_place_t         place;
} ngx_agent_redis_conf_t;


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
    ngx_array_t               plans;        /* of ngx_agent_tenant_t * */
    ngx_array_t               tenants;      /* of ngx_agent_tenant_t * */
    ngx_array_t               tenant_keys;  /* of ngx_agent_conf_key_t, see
                                               ngx_agent_conf.h */
    ngx_array_t               tags;         /* of ngx_str_t */
    ngx_shm_zone_t           *cache_zone;   /* agent_cache_zone, NULL: none */
    ngx_str_t                 cache_secret; /* "secret=" of it, for answers in
                                               Redis; empty: none */
    ngx_agent_place_t         cache_at;
    ngx_agent_shed_t          shed;
    void                     *watch;        /* shed.c's, of this process */
    ngx_str_t                 state_file;   /* "state=" of agent_zone; empty:
                                               none */
    ngx_agent_redis_conf_t   *redis;        /* agent_redis; NULL: none */
    ngx_uint_t                tenants_redis;    /* "agent_tenants redis" */
    ngx_agent_place_t         tenants_redis_at;

    /* made when the whole of http {} is read */
    ngx_agent_tenant_key_t   *key_rows;
    uint32_t                 *key_table;    /* open addressing by the digest's
                                               first bytes; a row's number and
                                               1, or 0 */
    ngx_uint_t                key_mask;
    ngx_agent_model_name_t   *name_table;   /* open addressing, exact names */
    ngx_uint_t                name_mask;
    ngx_agent_model_name_t   *prefixes;     /* longest first, "*" last */
    ngx_uint_t                prefix_count;
    ngx_agent_tenant_t      **tenant_table; /* open addressing, by name */
    ngx_uint_t                tenant_mask;
    ngx_uint_t                priced;       /* some quota counts money */

    ngx_resolver_t           *resolver;     /* of resolv.conf; a location's
                                               own comes first */
    ngx_agent_series_t       *error_series[AG_E_MAX];
    ngx_agent_series_t       *other_model;  /* calls that name no model */
    ngx_agent_series_t       *other_tenant; /* tenants of Redis */
    ngx_array_t               gateways;     /* of ngx_agent_loc_conf_t *:
                                               locations with agent_gateway */

    ag_facts_table_t          facts;        /* of agent_model_facts */
    ag_arena_t                facts_arena;

    ngx_agent_place_t         status_at;    /* the first agent_status that
                                               needs a zone; line 0: none */

    /* set by ngx_agent_shm.c; NULL: there is no zone */
    ngx_agent_zone_t         *shared;
    ngx_agent_cache_zone_t   *cache;        /* the same of cache.c; NULL: there
                                               is no agent_cache_zone */
    ngx_uint_t                generation;   /* of this configuration */
    ngx_agent_series_t       *gateway;      /* the gateway's own row */
    ngx_atomic_t             *gauges;       /* of this process */

    /* ngx_agent_request_id()'s; of this process, zero until it is used */
    uint64_t                  id_state[2];

    ngx_msec_t                reap_at;      /* next look for dead processes */
    uint32_t                 *held;         /* of the shared counters, by this
                                               process; see state.h */
    void                     *ledger;       /* table.c's, of this process */
    void                     *redis_link;   /* redis.c's, of this process */

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
    ngx_http_complex_value_t   *session_id; /* gives a session's; NULL: the
                                               header x-agent-session */
    ngx_str_t                   anonymous_name;
    ngx_agent_tenant_t         *anonymous;  /* of calls without a key, resolved
                                               after parsing; NULL: nobody */
    ngx_array_t                *passthrough;    /* of paths, passthrough.c's;
                                               NULL: none */
    ngx_agent_place_t           passthrough_at;
    ngx_uint_t                  status;     /* ngx_agent_status_form_t or 0 */
    ngx_uint_t                  manage;     /* agent_status manage= is there */
    u_char                      manage_digest[32];  /* of its token */
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

/* The key of that digest, or NULL; it may have expired.  Compares in constant
 * time. */
ngx_agent_tenant_key_t *ngx_agent_conf_key(ngx_agent_main_conf_t *amcf,
    u_char digest[AG_KEY_DIGEST]);

/* The plan of that name, or NULL. */
ngx_agent_tenant_t *ngx_agent_conf_plan_named(ngx_agent_main_conf_t *amcf,
    ngx_str_t *name);

/* The price of a model at a provider, by its "price" lines (exact name, then
 * the longest prefix), else of the model's facts; NULL: unknown. */
const ag_price_t *ngx_agent_conf_price_of(ngx_agent_main_conf_t *amcf,
    ngx_agent_provider_t *provider, ngx_str_t *model);

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
