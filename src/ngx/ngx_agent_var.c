/*
 * Copyright (C) ngx_agent authors
 *
 * The variables of the list in ngx_agent_lists.h.  They read a call's fields
 * and keep nothing, so that they are right in every phase; most are read when
 * the access log is written, after the call was settled or its client left.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"


typedef enum {
#define NGX_AGENT_VAR_ID(name, id, help)  NGX_AGENT_VAR_##id,
    AG_VARIABLES(NGX_AGENT_VAR_ID)
#undef NGX_AGENT_VAR_ID
    NGX_AGENT_VAR_MAX
} ngx_agent_var_t;


static ngx_int_t ngx_agent_var_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_agent_var_without_call(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_agent_var_t var);
static ngx_str_t *ngx_agent_var_name(ngx_agent_call_t *call,
    ngx_agent_var_t var);
static ngx_int_t ngx_agent_var_reported(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_agent_call_t *call,
    ngx_agent_var_t var);
static ngx_int_t ngx_agent_var_cost(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_agent_call_t *call);
static ngx_int_t ngx_agent_var_seconds(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_agent_call_t *call,
    ngx_agent_var_t var);
static ngx_int_t ngx_agent_var_error(ngx_http_variable_value_t *v,
    ag_error_class_t class);
static ngx_int_t ngx_agent_var_text(ngx_http_variable_value_t *v,
    ngx_str_t *text);
static ngx_int_t ngx_agent_var_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t number);
static ngx_int_t ngx_agent_var_none(ngx_http_variable_value_t *v);


static ngx_http_variable_t  ngx_agent_vars[] = {
#define NGX_AGENT_VAR_ROW(name, id, help)                                     \
    { ngx_string("agent_" #name), NULL, ngx_agent_var_get,                    \
      NGX_AGENT_VAR_##id, NGX_HTTP_VAR_NOCACHEABLE, 0 },
    AG_VARIABLES(NGX_AGENT_VAR_ROW)
#undef NGX_AGENT_VAR_ROW

      ngx_http_null_variable
};


ngx_int_t
ngx_agent_var_init(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *row;

    for (row = ngx_agent_vars; row->name.len; row++) {
        var = ngx_http_add_variable(cf, &row->name, row->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = row->get_handler;
        var->data = row->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_agent_var_t    var;
    ngx_agent_call_t  *call;

    var = (ngx_agent_var_t) data;
    call = ngx_agent_call_of(r);

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    if (call == NULL) {
        return ngx_agent_var_without_call(r, v, var);
    }

    switch (var) {

    case NGX_AGENT_VAR_REQUEST_ID:
    case NGX_AGENT_VAR_TENANT:
    case NGX_AGENT_VAR_KEY:
    case NGX_AGENT_VAR_SESSION:
    case NGX_AGENT_VAR_LIMIT:
    case NGX_AGENT_VAR_MODEL:
    case NGX_AGENT_VAR_PROVIDER:
    case NGX_AGENT_VAR_TARGET_MODEL:
        return ngx_agent_var_text(v, ngx_agent_var_name(call, var));

    case NGX_AGENT_VAR_ATTEMPTS:
        return ngx_agent_var_number(r, v, call->chain.attempts);

    case NGX_AGENT_VAR_STREAM:
        return ngx_agent_var_number(r, v, call->streaming && !call->raw);

    case NGX_AGENT_VAR_PROVIDER_STATUS:
    case NGX_AGENT_VAR_PROMPT_TOKENS:
    case NGX_AGENT_VAR_COMPLETION_TOKENS:
    case NGX_AGENT_VAR_CACHED_TOKENS:
        return ngx_agent_var_reported(r, v, call, var);

    case NGX_AGENT_VAR_COST:
        return ngx_agent_var_cost(r, v, call);

    case NGX_AGENT_VAR_ADMITTED:
        return (call->limits != NULL && call->limits->admitted != 0)
               ? ngx_agent_var_number(r, v, call->limits->admitted
                                            - AG_WINDOW_MAX_US)
               : ngx_agent_var_none(v);

    case NGX_AGENT_VAR_CACHE:
        return (call->cached != NULL)
               ? ngx_agent_var_text(v, ngx_agent_cache_word(call))
               : ngx_agent_var_none(v);

    case NGX_AGENT_VAR_TIME_TO_FIRST_TOKEN:
    case NGX_AGENT_VAR_TIME:
        return ngx_agent_var_seconds(r, v, call, var);

    case NGX_AGENT_VAR_ERROR:
        return ngx_agent_var_error(v, call->error.class);

    case NGX_AGENT_VAR_MAX:
        break;
    }

    return ngx_agent_var_none(v);
}


/* nginx refused the request: what the client was told is known all the same */
static ngx_int_t
ngx_agent_var_without_call(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_agent_var_t var)
{
    ag_error_class_t  class;

    if (var == NGX_AGENT_VAR_REQUEST_ID) {
        return ngx_agent_var_text(v, ngx_agent_filter_request_id(r));
    }

    class = ngx_agent_filter_error(r);

    if (var == NGX_AGENT_VAR_ERROR && class != AG_E_NONE) {
        return ngx_agent_var_error(v, class);
    }

    return ngx_agent_var_none(v);
}


/* NULL or empty: the call did not come to know it. */
static ngx_str_t *
ngx_agent_var_name(ngx_agent_call_t *call, ngx_agent_var_t var)
{
    if (var == NGX_AGENT_VAR_REQUEST_ID) {
        return &call->request_id;
    }

    if (var == NGX_AGENT_VAR_MODEL) {
        return &call->model_name;
    }

    if (var == NGX_AGENT_VAR_TENANT) {
        return call->tenant ? &call->tenant->name : NULL;
    }

    if (var == NGX_AGENT_VAR_KEY) {
        return call->key ? (ngx_str_t *) &call->key->name : NULL;
    }

    if (var == NGX_AGENT_VAR_SESSION) {
        return call->limits ? &call->session : NULL;
    }

    if (var == NGX_AGENT_VAR_LIMIT) {
        return ngx_agent_limit_named(call);
    }

    if (call->target == NULL) {
        return NULL;
    }

    if (var == NGX_AGENT_VAR_PROVIDER) {
        return &call->target->provider->name;
    }

    return ngx_agent_model_told(call);
}


/* What a provider said, if it did. */
static ngx_int_t
ngx_agent_var_reported(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_agent_call_t *call, ngx_agent_var_t var)
{
    uint64_t  tokens;

    switch (var) {

    case NGX_AGENT_VAR_PROMPT_TOKENS:
        tokens = call->usage.input_tokens;
        break;

    case NGX_AGENT_VAR_COMPLETION_TOKENS:
        tokens = call->usage.output_tokens;
        break;

    case NGX_AGENT_VAR_CACHED_TOKENS:
        tokens = call->usage.cached_tokens;
        break;

    default:
        return call->provider_status
               ? ngx_agent_var_number(r, v, call->provider_status)
               : ngx_agent_var_none(v);
    }

    return call->usage.known ? ngx_agent_var_number(r, v, tokens)
                             : ngx_agent_var_none(v);
}


static ngx_int_t
ngx_agent_var_cost(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_agent_call_t *call)
{
    if (!call->priced) {
        return ngx_agent_var_none(v);
    }

    v->data = ngx_pnalloc(r->pool, 32);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ag_price_write(v->data, call->cost);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_seconds(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_agent_call_t *call, ngx_agent_var_t var)
{
    ngx_msec_t  ms, end;

    end = call->at.settled ? call->at.settled : ngx_current_msec;

    if (var == NGX_AGENT_VAR_TIME_TO_FIRST_TOKEN) {
        if (call->at.first == 0) {
            return ngx_agent_var_none(v);
        }

        end = call->at.first;
    }

    ms = end - call->at.started;

    v->data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%T.%03M", (time_t) (ms / 1000), ms % 1000)
             - v->data;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_error(ngx_http_variable_value_t *v, ag_error_class_t class)
{
    v->len = 0;
    v->data = (u_char *) "";

    if (class != AG_E_NONE) {
        v->data = (u_char *) ag_error_row(class)->name;
        v->len = ngx_strlen(v->data);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_text(ngx_http_variable_value_t *v, ngx_str_t *text)
{
    if (text == NULL || text->len == 0) {
        return ngx_agent_var_none(v);
    }

    v->len = text->len;
    v->data = text->data;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_number(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uint64_t number)
{
    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%uL", number) - v->data;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_var_none(ngx_http_variable_value_t *v)
{
    v->not_found = 1;

    return NGX_OK;
}
