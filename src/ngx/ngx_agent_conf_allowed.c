/*
 * Copyright (C) ngx_agent authors
 *
 * Says which values an option takes, as an operator would write them: "a
 * time from 1ms to 24h".  Reads nothing.
 */


#include "ngx/ngx_agent_conf_block.h"


/* A unit of numbers; the largest first, and the last one has size 1. */
typedef struct {
    uint64_t                 size;
    const char              *name;
} ngx_agent_unit_t;


static u_char *ngx_agent_conf_allowed_range(u_char *p, u_char *last,
    const ngx_agent_option_t *option);
static u_char *ngx_agent_conf_allowed_number(u_char *p, u_char *last,
    ngx_agent_kind_t kind, uint64_t n);
static u_char *ngx_agent_conf_allowed_units(u_char *p, u_char *last,
    const ngx_agent_unit_t *units, uint64_t n);


static const ngx_agent_unit_t  ngx_agent_times[] = {
    { 60 * 60 * 1000, "h" },
    { 60 * 1000, "m" },
    { 1000, "s" },
    { 1, "ms" }
};


static const ngx_agent_unit_t  ngx_agent_sizes[] = {
    { 1024 * 1024 * 1024, "g" },
    { 1024 * 1024, "m" },
    { 1024, "k" },
    { 1, "" }
};


u_char *
ngx_agent_conf_allowed(u_char *p, u_char *last,
    const ngx_agent_option_t *option)
{
    const ngx_conf_enum_t  *name;

    switch (option->kind) {

    case NGX_AGENT_ENUM:
    case NGX_AGENT_SET:
        for (name = option->names; name->name.len; name++) {
            p = ngx_slprintf(p, last, "%s %V",
                             (name == option->names) ? "are" : ",",
                             &name->name);
        }

        return (option->kind == NGX_AGENT_ENUM)
               ? p : ngx_slprintf(p, last, "; several with commas between");

    case NGX_AGENT_VARIABLE:
        return ngx_slprintf(p, last, "is a value with a variable, like "
                                     "$arg_team or $ssl_client_s_dn");

    case NGX_AGENT_FLAG:
    case NGX_AGENT_STRING:
        return ngx_slprintf(p, last, "is a text that is not empty");

    default:
        break;
    }

    p = ngx_agent_conf_allowed_range(p, last, option);

    for (name = option->names; name != NULL && name->name.len; name++) {
        p = ngx_slprintf(p, last, ", or %V", &name->name);
    }

    return p;
}


static u_char *
ngx_agent_conf_allowed_range(u_char *p, u_char *last,
    const ngx_agent_option_t *option)
{
    const char  *what;

    switch (option->kind) {

    case NGX_AGENT_TIME:
        what = "a time";
        break;

    case NGX_AGENT_SIZE:
        what = "a size";
        break;

    case NGX_AGENT_PERCENT:
    case NGX_AGENT_SHARE:
        what = "a percentage";
        break;

    case NGX_AGENT_FACTOR:
        what = "a factor like 1.5";
        break;

    default:
        what = "a count";
    }

    p = ngx_slprintf(p, last, "is %s from ", what);
    p = ngx_agent_conf_allowed_number(p, last, option->kind, option->min);
    p = ngx_slprintf(p, last, " to ");

    return ngx_agent_conf_allowed_number(p, last, option->kind, option->max);
}


static u_char *
ngx_agent_conf_allowed_number(u_char *p, u_char *last, ngx_agent_kind_t kind,
    uint64_t n)
{
    switch (kind) {

    case NGX_AGENT_TIME:
        return ngx_agent_conf_allowed_units(p, last, ngx_agent_times, n);

    case NGX_AGENT_SIZE:
        return ngx_agent_conf_allowed_units(p, last, ngx_agent_sizes, n);

    case NGX_AGENT_PERCENT:
        return ngx_slprintf(p, last, "%uL%%", n);

    case NGX_AGENT_SHARE:
        return (n % 10) ? ngx_slprintf(p, last, "%uL.%uL%%", n / 10, n % 10)
                        : ngx_slprintf(p, last, "%uL%%", n / 10);

    case NGX_AGENT_FACTOR:
        return (n % 100) ? ngx_slprintf(p, last, "%uL.%02uL", n / 100, n % 100)
                         : ngx_slprintf(p, last, "%uL", n / 100);

    default:
        return ngx_slprintf(p, last, "%uL", n);
    }
}


/* In the largest unit that leaves no rest. */

static u_char *
ngx_agent_conf_allowed_units(u_char *p, u_char *last,
    const ngx_agent_unit_t *units, uint64_t n)
{
    while (units->size != 1 && (n == 0 || n % units->size != 0)) {
        units++;
    }

    return ngx_slprintf(p, last, "%uL%s", n / units->size, units->name);
}
