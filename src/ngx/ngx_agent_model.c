/*
 * Copyright (C) ngx_agent authors
 *
 * Which model a call means: the name that it gives, its tenant's default, or
 * where its tenant's "route" leads; and whether it may ask it that.
 */


#include "ngx/ngx_agent.h"
#include "core/ag_name.h"


static void ngx_agent_model_shown(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_model_named(ngx_agent_call_t *call,
    ngx_str_t *name);
static ngx_agent_detour_t *ngx_agent_model_detour(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_model_amend(ngx_agent_call_t *call,
    ngx_str_t *name);
static ngx_int_t ngx_agent_model_cap(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_model_capped(ngx_agent_call_t *call,
    const char *name, ngx_uint_t most);
static const char *ngx_agent_model_max_tokens(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_model_maintenance(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_model_refuse(ngx_agent_call_t *call,
    ag_error_class_t class);


ngx_int_t
ngx_agent_model_find(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_str_t            name, *amended;
    ngx_agent_detour_t  *detour;

    if (call->raw) {
        call->model = call->passthrough;
        return NGX_OK;
    }

    amended = NULL;

    if (call->request.model.len == 0) {

        if (call->tenant->default_model.len == 0) {
            ag_request_no_model(&call->error);
            return NGX_DECLINED;
        }

        amended = &call->tenant->default_model;
        call->request.model = ngx_agent_str(amended);
    }

    name.data = (u_char *) call->request.model.data;
    name.len = call->request.model.len;

    ngx_agent_model_shown(call);
    rc = ngx_agent_model_named(call, &name);

    if (rc != NGX_OK) {
        return rc;
    }

    detour = ngx_agent_model_detour(call);

    if (detour != NULL) {
        call->model = detour->model;
        call->routed = &detour->to;
        amended = &detour->to;
        name.data = ngx_pstrdup(call->pool, &name);

        if (name.data == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_agent_model_cap(call);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_agent_model_amend(call, amended);

    if (rc != NGX_OK) {
        return rc;
    }

    call->asked = detour ? ngx_agent_str(&name) : call->request.model;

    return (call->model->maintenance.data != NULL)
           ? ngx_agent_model_maintenance(call) : NGX_OK;
}


/* What logs and variables show: a client's text, cut and harmless. */
static void
ngx_agent_model_shown(ngx_agent_call_t *call)
{
    u_char     *p;
    size_t      i, len;
    ag_str_t   *model;

    model = &call->request.model;
    len = ngx_min(model->len, AG_MODEL_NAME_SHOWN_MAX);
    p = ngx_pnalloc(call->pool, len);

    if (p == NULL) {
        return;
    }

    for (i = 0; i < len; i++) {
        p[i] = (model->data[i] > 0x20 && model->data[i] < 0x7f)
               ? model->data[i] : '?';
    }

    call->model_name.data = p;
    call->model_name.len = len;
}


ngx_str_t *
ngx_agent_model_told(ngx_agent_call_t *call)
{
    if (call->target->model.len != 0) {
        return &call->target->model;
    }

    return call->routed ? call->routed : &call->model_name;
}


static ngx_int_t
ngx_agent_model_named(ngx_agent_call_t *call, ngx_str_t *name)
{
    call->model = ngx_agent_conf_model(call->main, name);

    if (call->model == NULL) {
        return ngx_agent_model_refuse(call, AG_E_UNKNOWN_MODEL);
    }

    return ngx_agent_conf_allows(call->tenant, name)
           ? NGX_OK : ngx_agent_model_refuse(call, AG_E_MODEL_NOT_ALLOWED);
}


/* Some of the calls for a model, or all, may be led to another one. */
static ngx_agent_detour_t *
ngx_agent_model_detour(ngx_agent_call_t *call)
{
    ngx_uint_t           i;
    ngx_agent_detour_t  *detour;

    detour = call->tenant->detours.elts;

    for (i = 0; i < call->tenant->detours.nelts; i++) {

        if (!ag_name_matches(ngx_agent_str(&detour[i].from),
                             call->request.model))
        {
            continue;
        }

        return (detour[i].share >= 1000
                || ngx_agent_request_random(call->main) % 1000
                   < detour[i].share)
               ? &detour[i] : NULL;
    }

    return NULL;
}


/* ---- what it asks for ---- */


static ngx_int_t
ngx_agent_model_cap(ngx_agent_call_t *call)
{
    ag_request_t     *request;
    ngx_agent_cap_t  *cap;

    cap = &call->tenant->cap;
    request = &call->request;

    if (cap->choices != 0 && (ngx_uint_t) request->choices > cap->choices) {
        return ngx_agent_model_capped(call, "n", cap->choices);
    }

    if (cap->output_tokens != 0
        && (ngx_uint_t) request->max_output_tokens > cap->output_tokens)
    {
        return ngx_agent_model_capped(call, request->max_output_name,
                                      cap->output_tokens);
    }

    return NGX_OK;
}


/* Anthropic's errors have no "param": the sentence names it too. */
static ngx_int_t
ngx_agent_model_capped(ngx_agent_call_t *call, const char *name,
    ngx_uint_t most)
{
    u_char  *text, *last;
    size_t   len;

    len = ngx_strlen(name) + NGX_INT64_LEN + 64;
    text = ngx_pnalloc(call->pool, len);

    if (text == NULL) {
        return NGX_ERROR;
    }

    last = ngx_slprintf(text, text + len,
                        "Invalid value for \"%s\": this key may ask for at "
                        "most %ui.", name, most);

    call->error.message = ag_str(text, (size_t) (last - text));
    call->error.param = ag_str(name, ngx_strlen(name));

    return ngx_agent_model_refuse(call, AG_E_INVALID_VALUE);
}


/*
 * The body is written anew where the operator's words come into it: then all
 * that follows reads it as the client's own.
 */
static ngx_int_t
ngx_agent_model_amend(ngx_agent_call_t *call, ngx_str_t *name)
{
    int          rc;
    ag_buf_t     body, json;
    uint64_t     tokens;

    tokens = call->tenant->cap.output_tokens;

    if (call->request.max_output_tokens != 0
        || (call->endpoint != AG_ENDPOINT_CHAT
            && call->endpoint != AG_ENDPOINT_COMPLETIONS
            && call->endpoint != AG_ENDPOINT_RESPONSES))
    {
        tokens = 0;
    }

    if (name == NULL && tokens == 0) {
        return NGX_OK;
    }

    ag_buf_init(&body, AG_REQUEST_MAX);
    ag_buf_init(&json, 6 * AG_MODEL_NAME_MAX + 2);

    rc = AG_OK;

    if (name != NULL) {
        rc |= ag_buf_add_string(&json, "\"");
        rc |= ag_buf_add_json(&json, ngx_agent_str(name));
        rc |= ag_buf_add_string(&json, "\"");
    }

    if (rc == AG_OK) {
        rc = ag_request_amend(&body, &call->request, ag_buf_str(&json),
                              (int64_t) tokens,
                              ngx_agent_model_max_tokens(call));
    }

    ag_buf_free(&json);

    if (rc != AG_OK) {
        ag_buf_free(&body);
        return rc == AG_LIMIT
               ? ngx_agent_model_refuse(call, AG_E_REQUEST_TOO_LARGE)
               : NGX_ERROR;
    }

    ag_buf_free(&call->upload);
    call->upload = body;
    call->body.data = call->upload.data;
    call->body.len = call->upload.len;

    return ag_request_read(&call->request, call->endpoint,
                           ngx_agent_str(&call->body), &call->error)
           == AG_OK ? NGX_OK : NGX_DECLINED;
}


/* As the provider knows it that is asked first. */
static const char *
ngx_agent_model_max_tokens(ngx_agent_call_t *call)
{
    ngx_agent_target_t  *target;

    target = call->model->targets.elts;

    return target->provider->quirks->max_tokens;
}


static ngx_int_t
ngx_agent_model_maintenance(ngx_agent_call_t *call)
{
    ngx_agent_model_t  *model;

    model = call->model;
    call->error.message = ngx_agent_str(&model->maintenance);

    if (model->maintenance_retry != 0) {
        call->chain.wait_ms = model->maintenance_retry + 1;
    }

    return ngx_agent_model_refuse(call, AG_E_MAINTENANCE);
}


static ngx_int_t
ngx_agent_model_refuse(ngx_agent_call_t *call, ag_error_class_t class)
{
    call->error.class = class;

    return NGX_DECLINED;
}
