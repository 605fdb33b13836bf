/*
 * Copyright (C) ngx_agent authors
 *
 * Reads what limits and guards are made of and options do not know: times
 * longer than a day, and money.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_AMOUNT_MIN  1000                          /* ms */
#define NGX_AGENT_AMOUNT_MAX  (AG_WINDOW_MAX_US / 1000)


char *
ngx_agent_conf_amount_time(ngx_conf_t *cf, const char *what, ngx_str_t *text,
    uint64_t *us)
{
    ngx_int_t  ms;

    ms = ngx_parse_time(text, 0);

    if (ms < NGX_AGENT_AMOUNT_MIN
        || (uint64_t) ms > NGX_AGENT_AMOUNT_MAX)
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"%s\": allowed "
                                    "%s" NGX_AGENT_PERIODS, text, what,
                                    ngx_strcmp(what, "budget per") == 0
                                    ? "are month, day, or " : "is ");
    }

    *us = (uint64_t) ms * 1000;

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_amount_usd(ngx_conf_t *cf, const char *what, ngx_str_t *text,
    uint64_t *nano_usd)
{
    if (ag_price_read_budget(ngx_agent_str(text), nano_usd) == AG_OK
        && *nano_usd != 0)
    {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, NULL,
                                "invalid value \"%V\" of \"%s\": allowed are "
                                "USD like 500 or 0.25, from 0.000000001 to "
                                "1000000000", text, what);
}
