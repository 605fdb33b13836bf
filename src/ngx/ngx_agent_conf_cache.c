/*
 * Copyright (C) ngx_agent authors
 *
 * "cache" and "cache_scope" of a model, a plan or a tenant: which answers are
 * kept, for how long, and who may have them.  Whether a tenant's or a model's
 * line holds is decided when there is a call.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_CACHE_TTL_MIN          1000       /* ms */
#define NGX_AGENT_CACHE_TIME_MAX         (UINT64_C(366) * 24 * 60 * 60 * 1000)
#define NGX_AGENT_CACHE_SIZE_MAX         (8 * 1024 * 1024)  /* bytes */
#define NGX_AGENT_CACHE_VERSION_MAX      64         /* characters */
#define NGX_AGENT_CACHE_TEMPERATURE      1000       /* thousandths: whoever
                                                       says nothing asks for
                                                       1 */
#define NGX_AGENT_CACHE_TEMPERATURE_MAX  2000


/* What the words of "cache" say, before it is a rule. */
typedef struct {
    ngx_str_t                 ttl;
    ngx_str_t                 version;
    ngx_str_t                 stale_if_error;
    ngx_str_t                 stale_while_revalidate;
    size_t                    max_size;
    ngx_flag_t                redis;
    ngx_uint_t                hit_cost;
    ngx_str_t                 temperature;
    ngx_uint_t                choices;      /* 0: any */
    ngx_flag_t                off;
} ngx_agent_cache_words_t;


static char *ngx_agent_conf_cache_check(ngx_conf_t *cf,
    ngx_agent_cache_words_t *words);
static char *ngx_agent_conf_cache_rule(ngx_conf_t *cf,
    ngx_agent_cache_words_t *words, ag_cache_rule_t *rule);
static char *ngx_agent_conf_cache_time(ngx_conf_t *cf, const char *what,
    ngx_str_t *text, ngx_uint_t least, uint64_t *ms);
static char *ngx_agent_conf_cache_temperature(ngx_conf_t *cf, ngx_str_t *text,
    uint64_t *thousandths);
static ngx_uint_t ngx_agent_conf_cache_is_version(ngx_str_t *text);


static const ngx_conf_enum_t  ngx_agent_cache_costs[] = {
    { ngx_string("none"), AG_CACHE_COST_NONE },
    { ngx_string("request"), AG_CACHE_COST_REQUEST },
    { ngx_string("full"), AG_CACHE_COST_FULL },
    { ngx_null_string, 0 }
};


static const ngx_conf_enum_t  ngx_agent_cache_choices[] = {
    { ngx_string("any"), 0 },
    { ngx_null_string, 0 }
};


static const ngx_conf_enum_t  ngx_agent_cache_scopes[] = {
    { ngx_string("tenant"), AG_CACHE_SCOPE_TENANT },
    { ngx_string("key"), AG_CACHE_SCOPE_KEY },
    { ngx_string("global"), AG_CACHE_SCOPE_GLOBAL },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_cache_scope_option =
    { ngx_null_string, NGX_AGENT_ENUM,
      offsetof(ngx_agent_cache_conf_t, scope), 0, 0, ngx_agent_cache_scopes };


static const ngx_agent_option_t  ngx_agent_cache_options[] = {

    { ngx_string("ttl"), NGX_AGENT_STRING,
      offsetof(ngx_agent_cache_words_t, ttl), 0, 0, NULL },

    { ngx_string("version"), NGX_AGENT_STRING,
      offsetof(ngx_agent_cache_words_t, version), 0, 0, NULL },

    { ngx_string("stale_if_error"), NGX_AGENT_STRING,
      offsetof(ngx_agent_cache_words_t, stale_if_error), 0, 0, NULL },

    { ngx_string("stale_while_revalidate"), NGX_AGENT_STRING,
      offsetof(ngx_agent_cache_words_t, stale_while_revalidate), 0, 0, NULL },

    { ngx_string("max_size"), NGX_AGENT_SIZE,
      offsetof(ngx_agent_cache_words_t, max_size), 1,
      NGX_AGENT_CACHE_SIZE_MAX, NULL },

    { ngx_string("redis"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_cache_words_t, redis), 0, 0, NULL },

    { ngx_string("hit_cost"), NGX_AGENT_ENUM,
      offsetof(ngx_agent_cache_words_t, hit_cost), 0, 0,
      ngx_agent_cache_costs },

    { ngx_string("temperature"), NGX_AGENT_STRING,
      offsetof(ngx_agent_cache_words_t, temperature), 0, 0, NULL },

    { ngx_string("n"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_cache_words_t, choices), 1, AG_CHOICES_MAX,
      ngx_agent_cache_choices },

    { ngx_string("off"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_cache_words_t, off), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_cache(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_cache_conf_t   *cache;
    ngx_agent_cache_words_t   words;

    cache = (ngx_agent_cache_conf_t *) ((char *) conf + row->offset);
    ngx_agent_conf_here(cf, &cache->at);

    ngx_memzero(&words, sizeof(ngx_agent_cache_words_t));
    words.hit_cost = AG_CACHE_COST_REQUEST;
    words.choices = 1;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_cache_options, &words, 0)
        != NGX_CONF_OK
        || ngx_agent_conf_cache_check(cf, &words) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return words.off ? NGX_CONF_OK
                     : ngx_agent_conf_cache_rule(cf, &words, &cache->rule);
}


static char *
ngx_agent_conf_cache_check(ngx_conf_t *cf, ngx_agent_cache_words_t *words)
{
    if (words->off && cf->args->nelts > 2) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"off\" of \"cache\" beside other words: "
                                    "allowed is \"cache off\" alone");
    }

    if (!words->off && words->ttl.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"cache\" has no \"ttl=\": allowed is "
                                    NGX_AGENT_PERIODS ", or \"cache off\"");
    }

    if (!ngx_agent_conf_cache_is_version(&words->version)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"cache "
                                    "version\": allowed are 1 to %d visible "
                                    "ASCII characters", &words->version,
                                    NGX_AGENT_CACHE_VERSION_MAX);
    }

    return NGX_CONF_OK;
}


/* max_size stays 0 if it is not given: the default depends on the zone. */

static char *
ngx_agent_conf_cache_rule(ngx_conf_t *cf, ngx_agent_cache_words_t *words,
    ag_cache_rule_t *rule)
{
    if (ngx_agent_conf_cache_time(cf, "ttl", &words->ttl,
                                  NGX_AGENT_CACHE_TTL_MIN, &rule->ttl)
        != NGX_CONF_OK
        || ngx_agent_conf_cache_time(cf, "stale_if_error",
                                     &words->stale_if_error, 0,
                                     &rule->stale_if_error)
           != NGX_CONF_OK
        || ngx_agent_conf_cache_time(cf, "stale_while_revalidate",
                                     &words->stale_while_revalidate, 0,
                                     &rule->stale_while_revalidate)
           != NGX_CONF_OK
        || ngx_agent_conf_cache_temperature(cf, &words->temperature,
                                            &rule->temperature)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    rule->max_size = words->max_size;
    rule->choices = words->choices ? words->choices : AG_CACHE_ANY;
    rule->hit_cost = (ag_cache_cost_t) words->hit_cost;
    rule->version = ngx_agent_str(&words->version);
    rule->redis = (words->redis != 0);

    return NGX_CONF_OK;
}


/* Of at least so many ms.  A kind of its own: an option's time would be told
 * in hours, up to 8784h. */

static char *
ngx_agent_conf_cache_time(ngx_conf_t *cf, const char *what, ngx_str_t *text,
    ngx_uint_t least, uint64_t *ms)
{
    ngx_int_t  n;

    if (text->len == 0) {
        *ms = 0;
        return NGX_CONF_OK;
    }

    n = ngx_parse_time(text, 0);

    if (n < (ngx_int_t) least
        || (uint64_t) n > NGX_AGENT_CACHE_TIME_MAX)
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"cache %s\": "
                                    "allowed is %s", text, what,
                                    least ? NGX_AGENT_PERIODS
                                          : "a time from 0 to 366d");
    }

    *ms = (uint64_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_cache_temperature(ngx_conf_t *cf, ngx_str_t *text,
    uint64_t *thousandths)
{
    ngx_int_t  n;

    if (text->len == 0) {
        *thousandths = NGX_AGENT_CACHE_TEMPERATURE;
        return NGX_CONF_OK;
    }

    if (text->len == 3 && ngx_strncmp(text->data, "any", 3) == 0) {
        *thousandths = AG_CACHE_ANY;
        return NGX_CONF_OK;
    }

    n = NGX_ERROR;

    if (text->data[0] != '.' && text->data[text->len - 1] != '.') {
        n = ngx_atofp(text->data, text->len, 3);
    }

    if (n == NGX_ERROR || n > NGX_AGENT_CACHE_TEMPERATURE_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"cache "
                                    "temperature\": allowed is a number from "
                                    "0 to 2 with up to three digits behind "
                                    "the point, or any", text);
    }

    *thousandths = (uint64_t) n;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_agent_conf_cache_is_version(ngx_str_t *text)
{
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= ' ' || text->data[i] > '~') {
            return 0;
        }
    }

    return text->len <= NGX_AGENT_CACHE_VERSION_MAX;
}


char *
ngx_agent_conf_cache_scope(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_str_t               *value;
    ngx_agent_cache_conf_t  *cache;

    value = cf->args->elts;
    cache = (ngx_agent_cache_conf_t *) ((char *) conf + row->offset);

    ngx_agent_conf_here(cf, &cache->scope_at);

    return ngx_agent_conf_word(cf, &ngx_agent_cache_scope_option, &value[1],
                               cache);
}


void
ngx_agent_conf_cache_merge(ngx_agent_cache_conf_t *own,
    ngx_agent_cache_conf_t *plan)
{
    if (own->at.line == 0) {
        own->rule = plan->rule;
        own->at = plan->at;
    }

    if (own->scope_at.line == 0) {
        own->scope = plan->scope;
        own->scope_at = plan->scope_at;
    }
}
