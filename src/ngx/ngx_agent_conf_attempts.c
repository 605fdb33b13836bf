/*
 * Copyright (C) ngx_agent authors
 *
 * What a model's block says about a call as a whole: how many attempts, a
 * second one beside a slow first, or none at all, in maintenance.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_CALL_ATTEMPTS      4
#define NGX_AGENT_WITHIN_MAX         (24 * 60 * 60 * 1000)  /* ms */

#define NGX_AGENT_HEDGE_SHARE        50                 /* thousandths */
#define NGX_AGENT_HEDGE_AFTER_MAX    (60 * 60 * 1000)   /* ms */
#define NGX_AGENT_PERCENTILE_MIN     50

#define NGX_AGENT_MAINTENANCE_MAX    500                /* bytes, as much as an
                                                           error shows */
#define NGX_AGENT_MAINTENANCE_MIN    1000               /* ms; the header's
                                                           unit is 1 s */
#define NGX_AGENT_MAINTENANCE_RETRY  (24 * 60 * 60 * 1000)


typedef struct {
    ngx_str_t                 after;
    ngx_uint_t                share;
} ngx_agent_hedge_words_t;


static ngx_int_t ngx_agent_conf_hedge_percentile(ngx_str_t *word,
    ngx_uint_t *percentile);
static ngx_uint_t ngx_agent_conf_maintenance_is_text(ngx_str_t *text);


static const ngx_agent_option_t  ngx_agent_attempts_count =
    { ngx_null_string, NGX_AGENT_COUNT,
      offsetof(ngx_agent_model_t, attempts), 1, AG_ATTEMPTS_MAX, NULL };


static const ngx_agent_option_t  ngx_agent_attempts_options[] = {

    { ngx_string("within"), NGX_AGENT_TIME,
      offsetof(ngx_agent_model_t, within), 1, NGX_AGENT_WITHIN_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_hedge_options[] = {

    { ngx_string("after"), NGX_AGENT_STRING,
      offsetof(ngx_agent_hedge_words_t, after), 0, 0, NULL },

    { ngx_string("share"), NGX_AGENT_SHARE,
      offsetof(ngx_agent_hedge_words_t, share), 1, 1000, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_maintenance_options[] = {

    { ngx_string("retry"), NGX_AGENT_TIME,
      offsetof(ngx_agent_model_t, maintenance_retry),
      NGX_AGENT_MAINTENANCE_MIN, NGX_AGENT_MAINTENANCE_RETRY, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


void
ngx_agent_conf_attempts_init(ngx_agent_model_t *model)
{
    model->balance = AG_BALANCE_WEIGHTED;
    model->attempts = NGX_AGENT_CALL_ATTEMPTS;
    model->validate.request = 1;
}


char *
ngx_agent_conf_attempts(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_agent_conf_word(cf, &ngx_agent_attempts_count, &value[1], conf)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_options(cf, 2, ngx_agent_attempts_options, conf, 0);
}


char *
ngx_agent_conf_hedge(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_model_t *model = conf;

    ngx_int_t                time;
    ngx_agent_hedge_words_t  words;

    ngx_str_null(&words.after);
    words.share = NGX_AGENT_HEDGE_SHARE;

    if (ngx_agent_conf_options(cf, 1, ngx_agent_hedge_options, &words, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    model->hedge.share = words.share;

    if (words.after.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"hedge\" of model \"%V\" has no "
                                    "\"after=\": allowed is after=TIME or "
                                    "after=p95, and share=5%%", &model->name);
    }

    if (ngx_agent_conf_hedge_percentile(&words.after,
                                        &model->hedge.percentile)
        == NGX_OK)
    {
        return NGX_CONF_OK;
    }

    time = ngx_parse_time(&words.after, 0);

    if (time < 1 || time > NGX_AGENT_HEDGE_AFTER_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"hedge after\": "
                                    "allowed is a time from 1ms to 1h, or p%d "
                                    "to p99", &words.after,
                                    NGX_AGENT_PERCENTILE_MIN);
    }

    model->hedge.after = (ngx_msec_t) time;

    return NGX_CONF_OK;
}


/* "p" and two digits, so at most p99. */

static ngx_int_t
ngx_agent_conf_hedge_percentile(ngx_str_t *word, ngx_uint_t *percentile)
{
    ngx_int_t  n;

    if (word->len != 3 || word->data[0] != 'p') {
        return NGX_DECLINED;
    }

    n = ngx_atoi(word->data + 1, 2);

    if (n < NGX_AGENT_PERCENTILE_MIN) {
        return NGX_DECLINED;
    }

    *percentile = (ngx_uint_t) n;

    return NGX_OK;
}


char *
ngx_agent_conf_maintenance(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_model_t *model = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (!ngx_agent_conf_maintenance_is_text(&value[1])) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid text of \"maintenance\" in model "
                                    "\"%V\": allowed are 1 to %d bytes of "
                                    "UTF-8 without control characters",
                                    &model->name, NGX_AGENT_MAINTENANCE_MAX);
    }

    model->maintenance = value[1];

    return ngx_agent_conf_options(cf, 2, ngx_agent_maintenance_options, model,
                                  0);
}


static ngx_uint_t
ngx_agent_conf_maintenance_is_text(ngx_str_t *text)
{
    u_char  *p, *last;
    size_t   n;

    if (text->len == 0 || text->len > NGX_AGENT_MAINTENANCE_MAX) {
        return 0;
    }

    last = text->data + text->len;

    for (p = text->data; p < last; p += n) {

        n = ag_utf8_length(p, last);

        if (n == 0 || *p < ' ' || *p == 0x7f) {
            return 0;
        }
    }

    return 1;
}
