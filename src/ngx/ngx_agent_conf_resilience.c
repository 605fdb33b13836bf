/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider's block says about failures and load: retry, breaker,
 * limit, health, and how its calls are spread.  What holds when nothing is
 * said stands here too.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_RETRY_ATTEMPTS       3
#define NGX_AGENT_RETRY_ATTEMPTS_MAX   10
#define NGX_AGENT_RETRY_BASE           500              /* ms */
#define NGX_AGENT_RETRY_FACTOR         200              /* percent */
#define NGX_AGENT_RETRY_FACTOR_MIN     100
#define NGX_AGENT_RETRY_FACTOR_MAX     1000
#define NGX_AGENT_RETRY_MAX            (10 * 1000)      /* ms */
#define NGX_AGENT_RETRY_WAIT_MAX       (10 * 60 * 1000)

#define NGX_AGENT_BREAKER_FAILURES     5
#define NGX_AGENT_BREAKER_WINDOW       (60 * 1000)      /* ms */
#define NGX_AGENT_BREAKER_WINDOW_MIN   100              /* it has 10 buckets */
#define NGX_AGENT_BREAKER_OPEN         (30 * 1000)
#define NGX_AGENT_BREAKER_OPEN_MIN     10
#define NGX_AGENT_BREAKER_TIME_MAX     (60 * 60 * 1000)
#define NGX_AGENT_BREAKER_PROBES       2
#define NGX_AGENT_BREAKER_SUCCESSES    3
#define NGX_AGENT_BREAKER_VOLUME       20
#define NGX_AGENT_BREAKER_COUNT_MAX    1000000
#define NGX_AGENT_BREAKER_LEASE        (10 * 1000)      /* ms beyond the
                                                           longest call */

#define NGX_AGENT_LIMIT_MAX            1000000          /* calls */
#define NGX_AGENT_LIMIT_WAIT           (2 * 1000)       /* ms */
#define NGX_AGENT_LIMIT_WAIT_MAX       (10 * 60 * 1000)

#define NGX_AGENT_HEALTH_INTERVAL      (10 * 1000)      /* ms */
#define NGX_AGENT_HEALTH_INTERVAL_MIN  1000
#define NGX_AGENT_HEALTH_INTERVAL_MAX  (60 * 60 * 1000)
#define NGX_AGENT_HEALTH_TIMEOUT       (5 * 1000)
#define NGX_AGENT_HEALTH_TIMEOUT_MIN   10
#define NGX_AGENT_HEALTH_TIMEOUT_MAX   (5 * 60 * 1000)


/* "breaker off", or its numbers. */
typedef struct {
    ngx_agent_breaker_t       numbers;
    ngx_flag_t                off;
} ngx_agent_breaker_words_t;


static ngx_uint_t ngx_agent_conf_health_is_path(ngx_str_t *path);


static const ngx_conf_enum_t  ngx_agent_balances[] = {
    { ngx_string("weighted"), AG_BALANCE_WEIGHTED },
    { ngx_string("round_robin"), AG_BALANCE_ROUND_ROBIN },
    { ngx_string("least_busy"), AG_BALANCE_LEAST_BUSY },
    { ngx_string("least_latency"), AG_BALANCE_LEAST_LATENCY },
    { ngx_string("hash=session"), AG_BALANCE_HASH },
    { ngx_null_string, 0 }
};


const ngx_agent_option_t  ngx_agent_balance_option =
    { ngx_null_string, NGX_AGENT_ENUM, 0, 0, 0, ngx_agent_balances };


static const ngx_agent_option_t  ngx_agent_retry_options[] = {

    { ngx_string("attempts"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_retry_t, attempts), 1, NGX_AGENT_RETRY_ATTEMPTS_MAX,
      NULL },

    { ngx_string("base"), NGX_AGENT_TIME,
      offsetof(ngx_agent_retry_t, base), 1, NGX_AGENT_RETRY_WAIT_MAX, NULL },

    { ngx_string("factor"), NGX_AGENT_FACTOR,
      offsetof(ngx_agent_retry_t, factor), NGX_AGENT_RETRY_FACTOR_MIN,
      NGX_AGENT_RETRY_FACTOR_MAX, NULL },

    { ngx_string("max"), NGX_AGENT_TIME,
      offsetof(ngx_agent_retry_t, max), 1, NGX_AGENT_RETRY_WAIT_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_breaker_options[] = {

    { ngx_string("failures"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_breaker_words_t, numbers.failures), 1,
      NGX_AGENT_BREAKER_COUNT_MAX, NULL },

    { ngx_string("window"), NGX_AGENT_TIME,
      offsetof(ngx_agent_breaker_words_t, numbers.window),
      NGX_AGENT_BREAKER_WINDOW_MIN, NGX_AGENT_BREAKER_TIME_MAX, NULL },

    { ngx_string("open"), NGX_AGENT_TIME,
      offsetof(ngx_agent_breaker_words_t, numbers.open),
      NGX_AGENT_BREAKER_OPEN_MIN, NGX_AGENT_BREAKER_TIME_MAX, NULL },

    { ngx_string("probes"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_breaker_words_t, numbers.probes), 1,
      AG_BREAKER_PROBES_MAX, NULL },

    { ngx_string("successes"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_breaker_words_t, numbers.successes), 1,
      NGX_AGENT_BREAKER_COUNT_MAX, NULL },

    { ngx_string("ratio"), NGX_AGENT_PERCENT,
      offsetof(ngx_agent_breaker_words_t, numbers.ratio), 1, 100, NULL },

    { ngx_string("volume"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_breaker_words_t, numbers.volume), 1,
      NGX_AGENT_BREAKER_COUNT_MAX, NULL },

    { ngx_string("off"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_breaker_words_t, off), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_limit_options[] = {

    { ngx_string("concurrency"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_limit_t, concurrency), 1, NGX_AGENT_LIMIT_MAX,
      NULL },

    { ngx_string("queue"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_limit_t, queue), 0, NGX_AGENT_LIMIT_MAX, NULL },

    { ngx_string("wait"), NGX_AGENT_TIME,
      offsetof(ngx_agent_limit_t, wait), 1, NGX_AGENT_LIMIT_WAIT_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_health_options[] = {

    { ngx_string("path"), NGX_AGENT_STRING,
      offsetof(ngx_agent_health_t, path), 0, 0, NULL },

    { ngx_string("interval"), NGX_AGENT_TIME,
      offsetof(ngx_agent_health_t, interval), NGX_AGENT_HEALTH_INTERVAL_MIN,
      NGX_AGENT_HEALTH_INTERVAL_MAX, NULL },

    { ngx_string("timeout"), NGX_AGENT_TIME,
      offsetof(ngx_agent_health_t, timeout), NGX_AGENT_HEALTH_TIMEOUT_MIN,
      NGX_AGENT_HEALTH_TIMEOUT_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


void
ngx_agent_conf_resilience_init(ngx_agent_provider_t *provider)
{
    ngx_agent_breaker_t  *breaker;

    provider->retry.attempts = NGX_AGENT_RETRY_ATTEMPTS;
    provider->retry.base = NGX_CONF_UNSET_MSEC;
    provider->retry.factor = NGX_AGENT_RETRY_FACTOR;
    provider->retry.max = NGX_CONF_UNSET_MSEC;

    breaker = &provider->breaker_options;

    breaker->failures = NGX_AGENT_BREAKER_FAILURES;
    breaker->window = NGX_AGENT_BREAKER_WINDOW;
    breaker->open = NGX_AGENT_BREAKER_OPEN;
    breaker->probes = NGX_AGENT_BREAKER_PROBES;
    breaker->successes = NGX_AGENT_BREAKER_SUCCESSES;
    breaker->volume = NGX_AGENT_BREAKER_VOLUME;

    provider->limit.wait = NGX_AGENT_LIMIT_WAIT;

    provider->health.interval = NGX_AGENT_HEALTH_INTERVAL;
    provider->health.timeout = NGX_AGENT_HEALTH_TIMEOUT;

    provider->balance = AG_BALANCE_WEIGHTED;
}


void
ngx_agent_conf_resilience_end(ngx_agent_provider_t *provider)
{
    ag_breaker_conf_t    *conf;
    ngx_agent_retry_t    *retry;
    ngx_agent_breaker_t  *breaker;

    retry = &provider->retry;

    ngx_conf_init_msec_value(retry->base, NGX_AGENT_RETRY_BASE);

    /* a base alone takes its maximum with it */

    if (retry->max == NGX_CONF_UNSET_MSEC) {
        retry->max = ngx_max(NGX_AGENT_RETRY_MAX, retry->base);
    }

    conf = &provider->breaker;
    breaker = &provider->breaker_options;

    conf->window_ms = breaker->window;
    conf->open_ms = breaker->open;
    conf->failures = (uint32_t) breaker->failures;
    conf->ratio = (uint32_t) breaker->ratio;
    conf->volume = (uint32_t) breaker->volume;
    conf->probes = (uint32_t) breaker->probes;
    conf->successes = (uint32_t) breaker->successes;

    ngx_agent_conf_resilience_lease(provider, &provider->timeout);
}


/* A probe outlives no call: who holds it longer has lost it. */

void
ngx_agent_conf_resilience_lease(ngx_agent_provider_t *provider,
    ngx_agent_timeout_t *timeout)
{
    uint64_t  lease;

    lease = (uint64_t) ngx_max(timeout->total, timeout->total_whole)
            + timeout->connect + NGX_AGENT_BREAKER_LEASE;

    if (provider->breaker.lease_ms < lease) {
        provider->breaker.lease_ms = lease;
    }
}


char *
ngx_agent_conf_retry(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_agent_retry_t  *retry;

    retry = &provider->retry;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_retry_options, retry, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (retry->base != NGX_CONF_UNSET_MSEC && retry->base > retry->max) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"retry base\" is %Mms and \"retry max\" "
                                    "is %Mms: allowed is a base up to max",
                                    retry->base, retry->max);
    }

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_breaker(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_uint_t                  volume;
    ngx_agent_breaker_words_t   words;

    words.numbers = provider->breaker_options;
    words.off = 0;

    volume = words.numbers.volume;
    words.numbers.volume = NGX_CONF_UNSET_UINT;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_breaker_options, &words, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (words.off && cf->args->nelts > 2) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"off\" of \"breaker\" beside other "
                                    "words: allowed is \"breaker off\" alone");
    }

    if (words.numbers.volume == NGX_CONF_UNSET_UINT) {
        words.numbers.volume = volume;

    } else if (words.numbers.ratio == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"breaker volume\" without a ratio: "
                                    "allowed is ratio=50%% volume=%ui",
                                    words.numbers.volume);
    }

    provider->breaker_options = words.numbers;
    provider->breaker_off = (ngx_uint_t) words.off;

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_limit(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_msec_t          wait;
    ngx_agent_limit_t  *limit;

    limit = &provider->limit;
    wait = limit->wait;
    limit->wait = NGX_CONF_UNSET_MSEC;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_limit_options, limit, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (limit->concurrency == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"limit\" of provider \"%V\" has no "
                                    "\"concurrency=\": allowed is "
                                    "concurrency=N [queue=N] [wait=TIME]",
                                    &provider->name);
    }

    if (limit->wait != NGX_CONF_UNSET_MSEC && limit->queue == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"limit wait\" of provider \"%V\" without "
                                    "a queue: allowed is queue=N wait=TIME",
                                    &provider->name);
    }

    ngx_conf_init_msec_value(limit->wait, wait);

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_health(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_agent_health_t  *health;

    health = &provider->health;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_health_options, health, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (health->path.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"health\" of provider \"%V\" has no "
                                    "\"path=\": allowed is path=/PATH "
                                    "[interval=TIME] [timeout=TIME]",
                                    &provider->name);
    }

    if (!ngx_agent_conf_health_is_path(&health->path)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"health path\": "
                                    "allowed is a path that begins with /, "
                                    "at most %d visible ASCII characters "
                                    "without #", &health->path, AG_PATH_MAX);
    }

    return NGX_CONF_OK;
}


/* It stands in the first line of a request as it is. */

static ngx_uint_t
ngx_agent_conf_health_is_path(ngx_str_t *path)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < path->len; i++) {
        c = path->data[i];

        if (c <= ' ' || c >= 0x7f || c == '#') {
            return 0;
        }
    }

    return path->data[0] == '/' && path->len <= AG_PATH_MAX;
}
