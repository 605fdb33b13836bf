/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the configuration share among themselves.
 */


#ifndef _NGX_AGENT_CONF_H_INCLUDED_
#define _NGX_AGENT_CONF_H_INCLUDED_


#include "ngx/ngx_agent_conf_block.h"
#include "core/ag_name.h"


#define NGX_AGENT_WEIGHT_MAX  1000      /* of keys, urls and targets */

#define NGX_AGENT_URLS                                                        \
    "http://HOST[:PORT][/PATH], https://HOST[:PORT][/PATH]"
#define NGX_AGENT_TENANT_KEYS  "file:PATH, env:NAME, sha256:HEX"
#define NGX_AGENT_PERIODS      "a time from 1s to 366d"


/* Keys of one tenant as a "key" or a "keys" line gave them, before the table
 * is made; the rows lie in cf->temp_pool. */
typedef struct {
    ngx_agent_tenant_t       *tenant;
    ngx_agent_tenant_key_t   *rows;
    ngx_uint_t                count;
    ngx_agent_place_t         place;
} ngx_agent_conf_key_t;


/* Directives of http {}; one row each in ngx_agent_conf.c. */

char *ngx_agent_conf_provider_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_agent_conf_model_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_agent_conf_tenant_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_agent_conf_plan_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_agent_conf_facts(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_agent_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_agent_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_agent_conf_tenants_redis(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* agent_cache_zone; and, when the whole is read, "cache" and "cache_scope" of
 * all models, plans and tenants, whose default of max_size is known then. */
char *ngx_agent_conf_cache_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_agent_conf_cache_zone_finish(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);

/* "cache" and "cache_scope", into an ngx_agent_cache_conf_t at the row's
 * offset; and what a tenant has of its plan. */
char *ngx_agent_conf_cache(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_cache_scope(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
void ngx_agent_conf_cache_merge(ngx_agent_cache_conf_t *own,
    ngx_agent_cache_conf_t *plan);

/* Checks what only the whole of http {} shows about Redis. */
ngx_int_t ngx_agent_conf_redis_finish(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);

/* Warns of models that a tenant with a budget may ask for and not get: a
 * target of them has no price. */
void ngx_agent_conf_price_check(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);

/* "price" of a provider. */
char *ngx_agent_conf_price(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* What a provider speaks: directives, and, after the block, the rest. */
char *ngx_agent_conf_dialect(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_quirks(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_dialect_end(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);

/*
 * Reads a file that the directive "what" names into "buf" of max + 1 bytes.
 * Returns its length, or NGX_ERROR; logs why.  "path" is terminated.
 */
ssize_t ngx_agent_conf_file(ngx_conf_t *cf, const char *what,
    ngx_str_t *path, u_char *buf, size_t max);

/* set_header and set_field of a provider, and what only both ends show. */
char *ngx_agent_conf_request_header(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_request_field(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* "url" of a provider, and, after the block, whether it is private. */
char *ngx_agent_conf_replica(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_replica_private(ngx_conf_t *cf,
    ngx_agent_provider_t *provider);

/* What a provider's block says about failures and load: directives, ... */
char *ngx_agent_conf_retry(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_breaker(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_limit(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_health(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* ... before the block, and after it; its timeout is known then. */
void ngx_agent_conf_resilience_init(ngx_agent_provider_t *provider);
void ngx_agent_conf_resilience_end(ngx_agent_provider_t *provider);

/* A breaker's probe may last as long as a call with this timeout. */
void ngx_agent_conf_resilience_lease(ngx_agent_provider_t *provider,
    ngx_agent_timeout_t *timeout);

/* "balance" of providers and models: a word into an ngx_uint_t. */
extern const ngx_agent_option_t  ngx_agent_balance_option;

/* "tags" of a provider, into a uint64_t at the row's offset. */
char *ngx_agent_conf_tags(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* The same of any directive: adds the bits of its words. */
char *ngx_agent_conf_tags_read(ngx_conf_t *cf, uint64_t *tags);

/* Checks what tenants require, when targets have their providers. */
ngx_int_t ngx_agent_conf_tags_finish(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);

/* What a model's block says about a call as a whole. */
char *ngx_agent_conf_attempts(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_hedge(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_maintenance(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_validate(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* Before the block: what holds if nothing is said. */
void ngx_agent_conf_attempts_init(ngx_agent_model_t *model);

/* Of a model whose targets have their providers: peers and chain. */
ngx_int_t ngx_agent_conf_chain(ngx_conf_t *cf, ngx_agent_model_t *model);

/* The provider of that name, or NULL. */
ngx_agent_provider_t *ngx_agent_conf_provider_find(
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);

/* agent_passthrough: ngx_agent_passthrough.c */
char *ngx_agent_passthrough(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* A model without names: no client can ask for it. */
ngx_agent_model_t *ngx_agent_conf_model_hidden(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_str_t *name);

/* "timeout" of providers and models, into an ngx_agent_timeout_t. */
extern const ngx_agent_option_t  ngx_agent_timeout_options[];

/*
 * Before the block: nothing is set.  After it: "total" binds unstreamed calls
 * too.  Then, for providers: the defaults.
 */
void ngx_agent_conf_timeout_init(ngx_agent_timeout_t *timeout);
void ngx_agent_conf_timeout_end(ngx_agent_timeout_t *timeout);
void ngx_agent_conf_timeout_default(ngx_agent_timeout_t *timeout);

/* Refuses a name that breaks the rules of its kind. */
ngx_int_t ngx_agent_conf_name(ngx_conf_t *cf, const char *what,
    ngx_str_t *name, ag_name_kind_t kind);

/*
 * Takes a URL apart; "url" is zeroed by the caller.  An address in it is
 * put into url->addresses.  Logs what is wrong and what is allowed.
 */
ngx_int_t ngx_agent_conf_url(ngx_conf_t *cf, ngx_str_t *text,
    const char *allowed, ngx_agent_url_t *url);

/*
 * Reads the secret that "value" (the second word of "key") names: file:PATH
 * or env:NAME; "allowed" lists these, and what the caller knows beside them,
 * for an error.  NGX_DECLINED if it is missing and "optional"; else logs why
 * it is refused, without the secret.
 */
ngx_int_t ngx_agent_conf_secret(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t optional, const char *allowed, ngx_str_t *secret);

/* The same of other secrets; errors name their directive. */
typedef enum {
    NGX_AGENT_SECRET_KEY = 0,
    NGX_AGENT_SECRET_TOKEN,         /* "agent_status manage" */
    NGX_AGENT_SECRET_PASSWORD,      /* "agent_redis password": may be short */
    NGX_AGENT_SECRET_CACHE          /* "agent_cache_zone secret" */
} ngx_agent_secret_t;

ngx_int_t ngx_agent_conf_secret_of(ngx_conf_t *cf, ngx_agent_secret_t kind,
    ngx_str_t *value, ngx_uint_t optional, const char *allowed,
    ngx_str_t *secret);

/* The digest of a secret, or the one that sha256:HEX says; the secret itself
 * is forgotten. */
char *ngx_agent_conf_secret_digest(ngx_conf_t *cf, ngx_agent_secret_t kind,
    ngx_str_t *value, u_char *digest);

/* "nginx -s": the configuration is read for its pid alone. */
ngx_uint_t ngx_agent_conf_signaller(void);

/* "key" and "keys" of a tenant; which of the lines are one's own. */
char *ngx_agent_conf_keys_line(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_keys_file(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
ngx_uint_t ngx_agent_conf_keys_given(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant);

/* "limit" and "budget" of a tenant or a plan. */
char *ngx_agent_conf_quota_limit(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_quota_budget(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* That of the id among quotas, or NULL. */
ngx_agent_quota_t *ngx_agent_conf_quota_find(ngx_array_t *quotas, uint64_t id);

/* A time of 1s to 366d as us, and an amount of USD as nano-USD, of the
 * directive or option "what"; both log why a text is refused. */
char *ngx_agent_conf_amount_time(ngx_conf_t *cf, const char *what,
    ngx_str_t *text, uint64_t *us);
char *ngx_agent_conf_amount_usd(ngx_conf_t *cf, const char *what,
    ngx_str_t *text, uint64_t *nano_usd);

/* "cap", "session" and "allow" of a tenant or a plan. */
char *ngx_agent_conf_guard_cap(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
char *ngx_agent_conf_guard_session(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
char *ngx_agent_conf_guard_allow(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* "route" of a tenant or a plan, and, at the end, its models. */
char *ngx_agent_conf_route(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);
ngx_int_t ngx_agent_conf_route_finish(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf, ngx_agent_tenant_t *tenant);

/* Sorts plans by name; then gives each tenant what its plan says. */
ngx_int_t ngx_agent_conf_plans(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);

/* Checks plans and tenants that have what their plans say. */
ngx_int_t ngx_agent_conf_members(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);

/* Pushes an element; makes the array first if it was zeroed. */
void *ngx_agent_conf_push(ngx_conf_t *cf, ngx_array_t *array, size_t size);

/* "a, b, ..." of an array of pointers to structures that begin with their
 * name; "..." where "last" would be passed. */
u_char *ngx_agent_conf_names(u_char *p, u_char *last, ngx_array_t *named);

/* Makes the tables of names, prefixes, keys and tenants. */
ngx_int_t ngx_agent_conf_tables(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);

/* Looks hosts up once, and makes a resolver if there are any. */
ngx_int_t ngx_agent_conf_hosts(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);


#endif /* _NGX_AGENT_CONF_H_INCLUDED_ */
