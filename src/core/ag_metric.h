/*
 * Copyright (C) ngx_agent authors
 *
 * THE metric table.  One row per metric; the cells in shared memory, the
 * JSON, the Prometheus text and the README's table are made from it.
 *
 * Names follow OpenTelemetry's GenAI conventions where one exists
 * ("." becomes "_", the unit is appended as Prometheus wants it).
 */


#ifndef _AG_METRIC_H_INCLUDED_
#define _AG_METRIC_H_INCLUDED_


#include "core/ag_base.h"


/*
 * What a row of numbers belongs to, and the label that names it.
 * X(id, plural of JSON, label of Prometheus)
 */
#define AG_SCOPES(X)                                                          \
    X(GATEWAY, "gateway", "")                                                 \
    X(TENANT, "tenants", "tenant")                                            \
    X(MODEL, "models", "gen_ai_request_model")                                \
    X(TARGET, "targets", "target")                                            \
    X(ERROR, "errors", "class")                                               \
    X(PROVIDER, "providers", "provider")


typedef enum {
#define AG_SCOPE_ID(id, plural, label)  AG_SCOPE_##id,
    AG_SCOPES(AG_SCOPE_ID)
#undef AG_SCOPE_ID
    AG_SCOPE_MAX
} ag_scope_t;


/*
 * COUNTER   only rises; sums over workers and reloads
 * GAUGE     the present; one cell per process, summed when read.  Only the
 *           gateway as a whole has gauges
 * VALUE     the present; one cell for all, overwritten
 * SECONDS   histogram of milliseconds, shown in seconds
 * TOKENS    histogram of tokens
 */
typedef enum {
    AG_NATURE_COUNTER = 0,
    AG_NATURE_GAUGE,
    AG_NATURE_VALUE,
    AG_NATURE_SECONDS,
    AG_NATURE_TOKENS
} ag_nature_t;


/* X(id, name, nature, scope, help) */
#define AG_METRICS(X)                                                         \
    X(IN_FLIGHT, "agent_calls_in_flight", GAUGE, GATEWAY,                     \
      "Calls that were admitted and are not settled.")                        \
    X(STREAMS, "agent_streams_open", GAUGE, GATEWAY,                          \
      "Streams whose headers went out and that have not ended.")              \
    X(RELOADS, "agent_configurations_total", COUNTER, GATEWAY,                \
      "Configurations that were loaded since the zone exists.")               \
    X(GENERATION, "agent_configuration_generation", VALUE, GATEWAY,           \
      "Number of the newest configuration that runs.")                        \
    X(SIMULATED, "agent_simulated_calls_total", COUNTER, GATEWAY,             \
      "Calls that the simulator answered.")                                   \
    X(REDIALS, "agent_redials_total", COUNTER, GATEWAY,                       \
      "Requests sent again since a kept-alive connection was dead.")          \
    X(QUEUED, "agent_queued_calls_total", COUNTER, GATEWAY,                   \
      "Calls that waited for a place at their provider.")                     \
    X(SHED, "agent_shed_calls_total", COUNTER, GATEWAY,                       \
      "Calls that were refused at once since the gateway was overloaded.")    \
    X(ZONE_ENTRIES, "agent_zone_entries", VALUE, GATEWAY,                     \
      "Windows, sessions and cached tenants in agent_zone.")                  \
    X(ZONE_BYTES, "agent_zone_entry_bytes", VALUE, GATEWAY,                   \
      "Bytes of agent_zone that they take.")                                  \
    X(REDIS_QUERIES, "agent_redis_queries_total", COUNTER, GATEWAY,           \
      "Commands that were sent to Redis.")                                    \
    X(REDIS_LATE, "agent_redis_late_total", COUNTER, GATEWAY,                 \
      "Commands that Redis did not answer within agent_redis's timeout.")     \
    X(REDIS_ERRORS, "agent_redis_errors_total", COUNTER, GATEWAY,             \
      "Commands that Redis answered with an error, or that a break of its "   \
      "connection left without a reply.")                                     \
    X(REDIS_UP, "agent_redis_up", GAUGE, GATEWAY,                             \
      "Workers that Redis answers: with agent_redis each worker counts 1, "   \
      "so fewer than there are workers means that some limits are not "       \
      "shared now.")                                                          \
    X(CACHE_ANSWERS, "agent_cache_answers", VALUE, GATEWAY,                   \
      "Answers in agent_cache_zone.")                                         \
    X(CACHE_BYTES, "agent_cache_used_bytes", VALUE, GATEWAY,                  \
      "Bytes of agent_cache_zone that they take.")                            \
    X(CACHE_SIZE, "agent_cache_size_bytes", VALUE, GATEWAY,                   \
      "Bytes of agent_cache_zone that answers may take.")                     \
    X(CACHE_EVICTED, "agent_cache_evicted", VALUE, GATEWAY,                   \
      "Answers that made room for others since the zone exists.")             \
    X(CACHE_REFUSED, "agent_cache_refused_total", COUNTER, GATEWAY,           \
      "Answers that found no room in agent_cache_zone.")                      \
    X(CACHE_FLIGHTS, "agent_cache_flights", VALUE, GATEWAY,                   \
      "Questions that a provider is being asked and others could join.")      \
    X(TENANT_CALLS, "agent_tenant_calls_total", COUNTER, TENANT,              \
      "Client calls that were settled.")                                      \
    X(TENANT_FAILED, "agent_tenant_failed_calls_total", COUNTER, TENANT,      \
      "Client calls that ended with an error.")                               \
    X(TENANT_STREAMS, "agent_tenant_streams_total", COUNTER, TENANT,          \
      "Client calls that asked for a stream.")                                \
    X(TENANT_INPUT_TOKENS, "agent_tenant_input_tokens_total", COUNTER,        \
      TENANT, "Input tokens as the providers reported.")                      \
    X(TENANT_OUTPUT_TOKENS, "agent_tenant_output_tokens_total", COUNTER,      \
      TENANT, "Output tokens as the providers reported.")                     \
    X(TENANT_CACHED_TOKENS, "agent_tenant_cached_tokens_total", COUNTER,      \
      TENANT, "Input tokens that providers read from their caches.")          \
    X(TENANT_COST, "agent_tenant_cost_nano_usd_total", COUNTER, TENANT,       \
      "What calls cost by their models' prices, in 10^-9 USD.")               \
    X(TENANT_SAVED_TOKENS, "agent_tenant_saved_tokens_total", COUNTER,        \
      TENANT, "Tokens that providers were not asked for since the answer "    \
      "was cached or joined.")                                                \
    X(TENANT_SAVED_COST, "agent_tenant_saved_cost_nano_usd_total", COUNTER,   \
      TENANT, "What they would have cost, in 10^-9 USD.")                     \
    X(TENANT_LIMITED, "agent_tenant_limited_calls_total", COUNTER, TENANT,    \
      "Calls that a limit or a budget refused.")                              \
    X(TENANT_DRY_RUN, "agent_tenant_dry_run_calls_total", COUNTER, TENANT,    \
      "Calls that a limit with dry_run would have refused.")                  \
    X(TENANT_RETRIES_REFUSED, "agent_tenant_retries_refused_total", COUNTER,  \
      TENANT, "Retries that were not made: a fifth of the calls is enough.")  \
    X(MODEL_CALLS, "agent_model_calls_total", COUNTER, MODEL,                 \
      "Client calls that were settled.")                                      \
    X(MODEL_FAILED, "agent_model_failed_calls_total", COUNTER, MODEL,         \
      "Client calls that ended with an error.")                               \
    X(MODEL_DURATION, "gen_ai_server_request_duration_seconds", SECONDS,      \
      MODEL, "Time from a call's admission to its settlement.")               \
    X(MODEL_FIRST_TOKEN, "gen_ai_server_time_to_first_token_seconds",         \
      SECONDS, MODEL, "Time from a call's admission to its first token, "     \
      "or to its whole answer.")                                              \
    X(MODEL_INPUT_TOKENS, "gen_ai_client_token_usage_input", TOKENS, MODEL,   \
      "Input tokens per call.")                                               \
    X(MODEL_OUTPUT_TOKENS, "gen_ai_client_token_usage_output", TOKENS,        \
      MODEL, "Output tokens per call.")                                       \
    X(MODEL_NO_USAGE, "agent_model_no_usage_total", COUNTER, MODEL,           \
      "Complete answers without a usage report.")                             \
    X(MODEL_CLAMPED, "agent_model_clamped_usage_total", COUNTER, MODEL,       \
      "Usage reports above what can be true; less was charged.")              \
    X(MODEL_CACHE_HITS, "agent_model_cache_hits_total", COUNTER, MODEL,       \
      "Calls that were answered from the cache, fresh.")                      \
    X(MODEL_CACHE_STALE, "agent_model_cache_stale_total", COUNTER, MODEL,     \
      "Calls that were answered from the cache though the answer was old.")   \
    X(MODEL_CACHE_JOINED, "agent_model_cache_joined_total", COUNTER, MODEL,   \
      "Calls that got the answer another call was asking for.")               \
    X(MODEL_CACHE_MISSES, "agent_model_cache_misses_total", COUNTER, MODEL,   \
      "Calls that looked for an answer in the cache and had to ask.")         \
    X(MODEL_CACHE_BYPASSED, "agent_model_cache_bypassed_total", COUNTER,      \
      MODEL, "Calls of a cached model that were not for the cache.")          \
    X(MODEL_CACHE_REFRESHED, "agent_model_cache_refreshed_total", COUNTER,    \
      MODEL, "Old answers that were asked for again after they were told.")   \
    X(MODEL_CACHE_STORED, "agent_model_cache_stored_total", COUNTER, MODEL,   \
      "Answers that were put into the cache.")                                \
    X(MODEL_RETRIES, "agent_model_retries_total", COUNTER, MODEL,             \
      "Attempts at a target that had failed in the same call.")               \
    X(MODEL_FALLBACKS, "agent_model_fallbacks_total", COUNTER, MODEL,         \
      "Calls that a fallback answered.")                                      \
    X(MODEL_HEDGES, "agent_model_hedges_total", COUNTER, MODEL,               \
      "Second attempts beside a slow one.")                                   \
    X(MODEL_HEDGES_WON, "agent_model_hedges_won_total", COUNTER, MODEL,       \
      "Second attempts that answered first.")                                 \
    X(MODEL_INVALID, "agent_model_invalid_outputs_total", COUNTER, MODEL,     \
      "Answers that failed validation.")                                      \
    X(MODEL_REPAIRED, "agent_model_repaired_outputs_total", COUNTER, MODEL,   \
      "Answers that were mended.")                                            \
    X(TARGET_ATTEMPTS, "agent_target_attempts_total", COUNTER, TARGET,        \
      "Requests that were sent.")                                             \
    X(TARGET_FAILED, "agent_target_failed_attempts_total", COUNTER, TARGET,   \
      "Requests that failed.")                                                \
    X(TARGET_DURATION, "agent_target_duration_seconds", SECONDS, TARGET,      \
      "Time from sending a request to the end of its answer.")                \
    X(TARGET_FIRST_TOKEN, "agent_target_time_to_first_token_seconds",         \
      SECONDS, TARGET, "Time from sending a request to the first token, "     \
      "or to the whole answer.")                                              \
    X(TARGET_BREAKER, "agent_target_breaker_state", VALUE, TARGET,            \
      "Circuit breaker: 0 closed, 1 open, 2 half-open.")                      \
    X(TARGET_OPENED, "agent_target_breaker_opened_total", COUNTER, TARGET,    \
      "Times that the circuit breaker opened.")                               \
    X(TARGET_RESTED, "agent_target_rests_total", COUNTER, TARGET,             \
      "Times that a key was rested after a rate limit or a refusal.")         \
    X(TARGET_MALFORMED, "agent_target_malformed_events_total", COUNTER,       \
      TARGET, "Events of streams that could not be read and were left out.")  \
    X(TARGET_FAILED_AT, "agent_target_last_failure_timestamp_seconds",        \
      VALUE, TARGET, "Unix time of the last request that failed, or 0.")      \
    X(ERRORS, "agent_errors_total", COUNTER, ERROR,                           \
      "Error answers of the gateway, nginx's own included, by class.")        \
    X(PROVIDER_DISABLED, "agent_provider_disabled", VALUE, PROVIDER,          \
      "1 if the provider has no key and is never asked, else 0.")


typedef enum {
#define AG_METRIC_ID(id, name, nature, scope, help)  AG_M_##id,
    AG_METRICS(AG_METRIC_ID)
#undef AG_METRIC_ID
    AG_M_MAX
} ag_metric_id_t;


#define AG_BUCKETS_MAX  16      /* bounds of a histogram; with the bucket
                                   above the last and the sum it takes
                                   AG_BUCKETS_MAX + 2 cells */


typedef struct {
    const char   *name;
    ag_nature_t   nature;
    ag_scope_t    scope;
    const char   *help;
} ag_metric_row_t;


/* The table's row. */
const ag_metric_row_t *ag_metric_row(ag_metric_id_t id);

/* "tenants", "tenant": names of a scope. */
const char *ag_scope_plural(ag_scope_t scope);
const char *ag_scope_label(ag_scope_t scope);

/*
 * Where the metric's first cell stands within its scope's cells.  A counter
 * and a value take one cell, a histogram AG_BUCKETS_MAX + 2 (buckets, the
 * last is above all bounds, then the sum), a gauge one cell per process,
 * elsewhere: its number among the gauges.
 */
size_t ag_metric_cell(ag_metric_id_t id);

/* Cells of a scope without its gauges, and the number of gauges. */
size_t ag_scope_cells(ag_scope_t scope);
size_t ag_gauges(void);

/* The bucket (0 to AG_BUCKETS_MAX) that counts "value", in ms or tokens. */
size_t ag_metric_bucket(ag_metric_id_t id, uint64_t value);

/*
 * The upper bounds of a histogram, AG_BUCKETS_MAX of them, inclusive; NULL
 * unless it is one.
 */
const uint64_t *ag_metric_bounds(ag_nature_t nature);

/*
 * Number of observations in the cells of a histogram.
 */
uint64_t ag_metric_count(const uint64_t *cells);

/*
 * Estimates the value that "percent" of the observations do not pass, in ms
 * or tokens: the observations of a bucket are taken as evenly spread, so the
 * error is at most the bucket's width.  Never above the last bound; 0 without
 * observations.
 */
uint64_t ag_metric_quantile(ag_nature_t nature, const uint64_t *cells,
    unsigned percent);


#endif /* _AG_METRIC_H_INCLUDED_ */
