/*
 * Copyright (C) ngx_agent authors
 *
 * ROUTE: which target.  SEND: the client's body, patched in place, to that
 * target.
 */


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_curl.h"


static void ngx_agent_attempt_model_name(ngx_agent_call_t *call);
static void ngx_agent_attempt_timeout(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_attempt_start(ngx_agent_call_t *call,
    ngx_agent_transfer_t *t, ngx_array_t *lines);
static ngx_int_t ngx_agent_attempt_resolve(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_attempt_headers(ngx_agent_call_t *call,
    ngx_array_t **lines);
static ngx_uint_t ngx_agent_attempt_forwards(ngx_agent_call_t *call,
    ngx_table_elt_t *header);
static ngx_int_t ngx_agent_attempt_line(ngx_agent_call_t *call,
    ngx_array_t **lines, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_agent_attempt_defaults(ngx_agent_call_t *call,
    ngx_array_t **lines, ngx_uint_t seen);


#define NGX_AGENT_SEEN_ACCEPT   0x01
#define NGX_AGENT_SEEN_VERSION  0x02


/* Parts of header names that choose an account: the operator's choice. */
static const ag_str_t  ngx_agent_attempt_accounts[] = {
    ag_string("organization"),
    ag_string("project"),
    ag_string("workspace"),
    ag_null_string
};


ngx_int_t
ngx_agent_call_route(ngx_agent_call_t *call)
{
    ngx_str_t            name;
    ngx_agent_target_t  *target;

    ngx_agent_attempt_model_name(call);

    name.data = (u_char *) call->request.model.data;
    name.len = call->request.model.len;

    call->model = ngx_agent_conf_model(call->main, &name);

    if (call->model == NULL) {
        return ngx_agent_call_fail(call, AG_E_UNKNOWN_MODEL);
    }

    if (!ngx_agent_conf_allows(call->tenant, &name)) {
        return ngx_agent_call_fail(call, AG_E_MODEL_NOT_ALLOWED);
    }

    target = call->model->targets.elts;
    call->target = target;

    if (target->provider->disabled) {
        return ngx_agent_call_fail(call, AG_E_NO_TARGET);
    }

    if (!ag_dialect_serves(target->provider->dialect, call->endpoint)) {
        return ngx_agent_call_fail(call, AG_E_UNSUPPORTED_ENDPOINT);
    }

    ngx_agent_attempt_timeout(call);
    ngx_agent_call_goto(call, NGX_AGENT_PHASE_SEND);

    return NGX_OK;
}


/* What logs and variables show: a client's text, cut and harmless. */
static void
ngx_agent_attempt_model_name(ngx_agent_call_t *call)
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


static void
ngx_agent_attempt_timeout(ngx_agent_call_t *call)
{
    ngx_agent_timeout_t  *model, *provider;

    model = &call->model->timeout;
    provider = &call->target->provider->timeout;

#define ngx_agent_attempt_pick(field)                                         \
    (model->field != NGX_CONF_UNSET_MSEC ? model->field : provider->field)

    call->timeout.connect = ngx_agent_attempt_pick(connect);
    call->timeout.first_token = ngx_agent_attempt_pick(first_token);
    call->timeout.idle = ngx_agent_attempt_pick(idle);
    call->timeout.total = call->streaming
                          ? ngx_agent_attempt_pick(total)
                          : ngx_agent_attempt_pick(total_whole);

#undef ngx_agent_attempt_pick
}


ngx_int_t
ngx_agent_call_send(ngx_agent_call_t *call)
{
    ngx_int_t              rc;
    ngx_array_t           *lines;
    ngx_agent_transfer_t  *t;

    rc = ngx_agent_attempt_resolve(call);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return ngx_agent_call_fail(call, rc == NGX_DECLINED
                                         ? AG_E_TIMEOUT_CONNECT
                                         : AG_E_NETWORK);
    }

    t = ngx_pcalloc(call->pool, sizeof(ngx_agent_transfer_t));

    if (t == NULL || ngx_agent_attempt_headers(call, &lines) != NGX_OK) {
        return NGX_ERROR;
    }

    t->wake = &call->wake;
    t->pool = call->pool;
    t->log = call->log;
    t->sink = &call->answer;
    t->prefix = call->client->forward_prefix;

    call->transfer = t;
    call->at.sent = ngx_current_msec;
    call->at.heard = call->at.sent;
    call->at.spoke = call->at.sent;
    call->attempts += (call->redials == 0);

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_RECEIVE);

    return ngx_agent_attempt_start(call, t, lines);
}


static ngx_int_t
ngx_agent_attempt_start(ngx_agent_call_t *call, ngx_agent_transfer_t *t,
    ngx_array_t *lines)
{
    ag_patch_t                 patches[AG_PATCHES_MAX];
    ngx_agent_provider_t      *provider;
    ngx_agent_curl_request_t   request;

    provider = call->target->provider;
    call->hide_usage = provider->usage_chunk && !call->request.include_usage;

    ngx_memzero(&request, sizeof(ngx_agent_curl_request_t));

    request.patches = patches;
    request.patch_count = ag_request_patch(&call->request,
                                    ngx_agent_str(&call->target->model_json),
                                    provider->usage_chunk,
                                    provider->fields.elts,
                                    provider->fields.nelts, patches);

    request.provider = provider;
    request.path.data = call->path.data - 1;
    request.path.len = call->path.len + 1;
    request.args = call->r->args;
    request.body = call->body;
    request.headers = lines;
    request.connect = call->timeout.connect;
    request.stream = call->streaming;
    request.fresh = (call->redials != 0);

    if (ngx_agent_curl_start(t, &request) != NGX_OK) {
        return ngx_agent_call_fail(call, t->error);
    }

    return NGX_OK;
}


/* NGX_DECLINED: no address in time. */
static ngx_int_t
ngx_agent_attempt_resolve(ngx_agent_call_t *call)
{
    ngx_int_t                  rc;
    ngx_msec_t                 at;
    ngx_resolver_t            *resolver;
    ngx_agent_resolve_t       *resolve;
    ngx_http_core_loc_conf_t  *clcf;

    resolve = ngx_agent_curl_resolve(call->target->provider);

    if (resolve->url->literal) {
        return NGX_OK;
    }

    if (call->waiter == NULL) {
        call->waiter = ngx_pcalloc(call->pool, sizeof(ngx_agent_waiter_t));
        if (call->waiter == NULL) {
            return NGX_ERROR;
        }

        ((ngx_agent_waiter_t *) call->waiter)->wake = &call->wake;
    }

    clcf = ngx_http_get_module_loc_conf(call->r, ngx_http_core_module);

    resolver = (clcf->resolver && clcf->resolver->connections.nelts)
               ? clcf->resolver : call->main->resolver;

    rc = ngx_agent_resolve(resolve, call->waiter, resolver,
                           call->timeout.connect);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    if (call->at.sent == 0) {
        call->at.sent = ngx_current_msec;
    }

    at = call->at.sent + call->timeout.connect;

    if ((ngx_msec_int_t) (at - ngx_current_msec) <= 0) {
        return NGX_DECLINED;
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


/* ---- the client's headers that a provider may see: an allow-list ---- */


static ngx_int_t
ngx_agent_attempt_headers(ngx_agent_call_t *call, ngx_array_t **lines)
{
    ngx_uint_t        i, seen;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    seen = 0;
    *lines = NULL;
    part = &call->r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (!ngx_agent_attempt_forwards(call, &header[i])) {
            continue;
        }

        if (header[i].key.len == sizeof("accept") - 1) {
            seen |= NGX_AGENT_SEEN_ACCEPT;

        } else if (header[i].key.len == sizeof("anthropic-version") - 1
                   && ngx_strncmp(header[i].lowcase_key,
                                  "anthropic-version", 17) == 0)
        {
            seen |= NGX_AGENT_SEEN_VERSION;
        }

        if (ngx_agent_attempt_line(call, lines, &header[i].key,
                                   &header[i].value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_agent_attempt_defaults(call, lines, seen);
}


/*
 * accept, idempotency-key, traceparent; on a native surface the dialect's
 * own, but never those that choose an account.
 */
static ngx_uint_t
ngx_agent_attempt_forwards(ngx_agent_call_t *call, ngx_table_elt_t *header)
{
    u_char          *name;
    size_t           len;
    const char      *prefix;
    const ag_str_t  *account;

    name = header->lowcase_key;

    switch (header->key.len) {

    case sizeof("accept") - 1:
        return ngx_strncmp(name, "accept", 6) == 0;

    case sizeof("traceparent") - 1:
        if (ngx_strncmp(name, "traceparent", 11) == 0) {
            return 1;
        }
        break;

    case sizeof("idempotency-key") - 1:
        if (ngx_strncmp(name, "idempotency-key", 15) == 0) {
            return 1;
        }
        break;
    }

    prefix = call->client->forward_prefix;
    len = prefix ? ngx_strlen(prefix) : 0;

    if (len == 0 || header->key.len <= len
        || ngx_strncmp(name, prefix, len) != 0)
    {
        return 0;
    }

    /* the name is not zero-terminated */

    for (account = ngx_agent_attempt_accounts; account->len; account++) {
        if (memmem(name, header->key.len, account->data, account->len)) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_agent_attempt_defaults(ngx_agent_call_t *call, ngx_array_t **lines,
    ngx_uint_t seen)
{
    ngx_str_t  name, value;

    if (call->client == &ag_anthropic && !(seen & NGX_AGENT_SEEN_VERSION)) {
        ngx_str_set(&name, "anthropic-version");
        ngx_str_set(&value, "2023-06-01");

        if (ngx_agent_attempt_line(call, lines, &name, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (seen & NGX_AGENT_SEEN_ACCEPT) {
        return NGX_OK;
    }

    ngx_str_set(&name, "accept");
    ngx_str_set(&value, "application/json");

    return ngx_agent_attempt_line(call, lines, &name, &value);
}


static ngx_int_t
ngx_agent_attempt_line(ngx_agent_call_t *call, ngx_array_t **lines,
    ngx_str_t *name, ngx_str_t *value)
{
    ngx_keyval_t  *line;

    if (*lines == NULL) {
        *lines = ngx_array_create(call->pool, 4, sizeof(ngx_keyval_t));
        if (*lines == NULL) {
            return NGX_ERROR;
        }
    }

    line = ngx_array_push(*lines);
    if (line == NULL) {
        return NGX_ERROR;
    }

    line->key = *name;
    line->value = *value;

    return NGX_OK;
}
