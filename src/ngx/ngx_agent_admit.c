/*
 * Copyright (C) ngx_agent authors
 *
 * ADMIT: which endpoint, who is calling, may the body be read at all.
 * Nothing of the body is read, and no "100 Continue" sent, before that.
 */


#include "ngx/ngx_agent.h"


#define NGX_AGENT_ADMIT_TIMEOUT  86400000   /* ms, a day: the longest that
                                               x-agent-timeout-ms may say */
#define NGX_AGENT_ADMIT_SHED     1000       /* ms; Retry-After of a call that
                                               was refused for load */


/* The client's headers that admission looks at, from one walk. */
typedef struct {
    ngx_str_t   authorization;      /* the key of "Bearer KEY" */
    ngx_str_t   x_api_key;
    ngx_str_t   api_key;
    ngx_str_t   goog_api_key;
    ngx_str_t   content_encoding;
    ngx_str_t   session;
    ngx_str_t   depth;
    ngx_str_t   timeout;
    ngx_str_t   validation;
    ngx_str_t   cache_control;
} ngx_agent_admit_headers_t;


typedef struct {
    size_t       len;
    const char  *data;              /* lower case */
    size_t       offset;            /* in ngx_agent_admit_headers_t */
} ngx_agent_admit_name_t;


static ngx_int_t ngx_agent_admit_route(ngx_agent_call_t *call);
static void ngx_agent_admit_walk(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers);
static void ngx_agent_admit_bearer(ngx_str_t *value);
static ngx_int_t ngx_agent_admit_tenant(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers);
static ngx_str_t *ngx_agent_admit_key(ngx_agent_admit_headers_t *headers);
static ngx_int_t ngx_agent_admit_media(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers);
static ngx_int_t ngx_agent_admit_controls(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers);
static ngx_uint_t ngx_agent_admit_is_json(ngx_str_t *type);


static const ag_str_t  ngx_agent_admit_timeout =
    ag_string("The header x-agent-timeout-ms is not a number of "
              "milliseconds from 1 to 86400000.");

/* Who is known by a variable would send a key in vain. */
static const ag_str_t  ngx_agent_admit_stranger =
    ag_string("The caller is not a tenant of this gateway.");


#define ngx_agent_admit_name(name, field)                                     \
    { sizeof(name) - 1, name, offsetof(ngx_agent_admit_headers_t, field) }

static const ngx_agent_admit_name_t  ngx_agent_admit_names[] = {
    ngx_agent_admit_name("authorization", authorization),
    ngx_agent_admit_name("x-api-key", x_api_key),
    ngx_agent_admit_name("api-key", api_key),
    ngx_agent_admit_name("x-goog-api-key", goog_api_key),
    ngx_agent_admit_name("content-encoding", content_encoding),
    ngx_agent_admit_name("x-agent-session", session),
    ngx_agent_admit_name("x-agent-depth", depth),
    ngx_agent_admit_name("x-agent-timeout-ms", timeout),
    ngx_agent_admit_name("x-agent-validate", validation),
    ngx_agent_admit_name("cache-control", cache_control),
    { 0, NULL, 0 }
};


ngx_int_t
ngx_agent_call_admit(ngx_agent_call_t *call)
{
    ngx_int_t                   rc;
    ngx_http_request_t         *r;
    ngx_agent_admit_headers_t   headers;

    r = call->r;

    if (call->request_id.len == 0
        && ngx_agent_request_id(r, call->pool, &call->request_id) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_agent_admit_route(call);

    if (rc != NGX_OK) {
        return ngx_agent_call_fail(call, (ag_error_class_t) rc);
    }

    ngx_memzero(&headers, sizeof(ngx_agent_admit_headers_t));
    ngx_agent_admit_walk(call, &headers);

    rc = ngx_agent_admit_tenant(call, &headers);

    if (rc == NGX_AGAIN || rc == NGX_ERROR) {
        return rc;          /* all of this again when the key is known */
    }

    if (rc != NGX_OK) {
        return ngx_agent_call_fail(call, call->error.class);
    }

    if (ngx_agent_shed(call->main)) {
        call->chain.wait_ms = NGX_AGENT_ADMIT_SHED + 1;
        ngx_agent_gateway_add(call->main, AG_M_SHED, 1);
        return ngx_agent_call_fail(call, AG_E_OVERLOADED);
    }

    ngx_agent_gauge_add(call->main, AG_M_IN_FLIGHT, 1);
    call->held |= NGX_AGENT_HELD_FLIGHT;

    call->session = headers.session;
    call->depth = headers.depth;

    if (ngx_agent_call_lists(call)) {
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);
        return NGX_OK;
    }

    if (ngx_agent_admit_controls(call, &headers) != NGX_OK) {
        return ngx_agent_call_fail(call, AG_E_BAD_REQUEST);
    }

    rc = ngx_agent_admit_media(call, &headers);

    if (rc != NGX_OK) {
        return ngx_agent_call_fail(call, (ag_error_class_t) rc);
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_READ);

    return NGX_OK;
}


/* NGX_OK, or the class of the refusal. */
static ngx_int_t
ngx_agent_admit_route(ngx_agent_call_t *call)
{
    size_t                     prefix;
    ngx_uint_t                 get, slash;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = call->r;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    prefix = ngx_min(clcf->name.len, r->uri.len);

    /* "location /v1" is not that of /v1chat/completions */

    slash = (prefix != 0 && r->uri.data[prefix - 1] == '/');

    while (prefix < r->uri.len && r->uri.data[prefix] == '/') {
        prefix++;
        slash = 1;
    }

    call->path.data = r->uri.data + prefix;
    call->path.len = r->uri.len - prefix;

    call->endpoint = slash ? ag_endpoint_find(ngx_agent_str(&call->path))
                           : AG_ENDPOINT_MAX;

    /* both APIs list models, and a wrong path tells nothing */

    call->client = (call->endpoint < AG_ENDPOINT_MODELS)
                   ? ag_endpoint_dialect(call->endpoint)
                   : ngx_agent_request_surface(r) == AG_SURFACE_ANTHROPIC
                   ? &ag_anthropic : &ag_openai;

    if (call->endpoint == AG_ENDPOINT_MAX) {
        return ngx_agent_passthrough_find(call);
    }

    get = (ag_endpoint_method(call->endpoint)[0] == 'G');

    if (get ? !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
            : r->method != NGX_HTTP_POST)
    {
        return AG_E_METHOD;
    }

    return NGX_OK;
}


static void
ngx_agent_admit_walk(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers)
{
    size_t                         len;
    ngx_uint_t                     i;
    const char                    *prefix;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *header;
    const ngx_agent_admit_name_t  *name;

    part = &call->r->headers_in.headers.part;
    header = part->elts;
    prefix = call->client->forward_prefix;
    len = prefix ? ngx_strlen(prefix) : 0;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        for (name = ngx_agent_admit_names; name->len; name++) {

            if (header[i].key.len == name->len
                && ngx_memcmp(header[i].lowcase_key, name->data, name->len)
                   == 0)
            {
                *(ngx_str_t *) ((u_char *) headers + name->offset)
                                                          = header[i].value;
                break;
            }
        }

        if (len != 0 && header[i].key.len > len
            && header[i].lowcase_key[0] == (u_char) prefix[0]
            && ngx_memcmp(header[i].lowcase_key, prefix, len) == 0)
        {
            call->forwards = 1;
        }
    }

    call->controls = (headers->cache_control.len != 0);

    ngx_agent_admit_bearer(&headers->authorization);
}


/* RFC 6750; the scheme's case does not matter, other schemes are no key. */
static void
ngx_agent_admit_bearer(ngx_str_t *value)
{
    if (value->len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(value->data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        value->len = 0;
        return;
    }

    value->data += sizeof("Bearer ") - 1;
    value->len -= sizeof("Bearer ") - 1;

    while (value->len && *value->data == ' ') {
        value->data++;
        value->len--;
    }
}


/*
 * Who the operator's variable names, else whose key it is, else the anonymous
 * tenant.  A name or key that is there and wrong is nobody's: what comes next
 * in the order is not asked.
 */
static ngx_int_t
ngx_agent_admit_tenant(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers)
{
    ngx_str_t  name;

    if (call->conf->tenant_by != NULL) {

        if (ngx_http_complex_value(call->r, call->conf->tenant_by, &name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (name.len != 0) {
            call->tenant = ngx_agent_conf_tenant_named(call->main, &name);

            if (call->tenant == NULL) {
                call->error.class = AG_E_INVALID_KEY;
                call->error.message = ngx_agent_admit_stranger;
                return NGX_DECLINED;
            }
        }
    }

    return ngx_agent_who(call, ngx_agent_admit_key(headers));
}


static ngx_str_t *
ngx_agent_admit_key(ngx_agent_admit_headers_t *headers)
{
    if (headers->authorization.len != 0) {
        return &headers->authorization;
    }

    if (headers->x_api_key.len != 0) {
        return &headers->x_api_key;
    }

    if (headers->api_key.len != 0) {
        return &headers->api_key;
    }

    return &headers->goog_api_key;
}


/* NGX_OK, or the class of the refusal. */
static ngx_int_t
ngx_agent_admit_media(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers)
{
    size_t               most;
    ngx_str_t           *encoding;
    ngx_http_request_t  *r;

    r = call->r;
    encoding = &headers->content_encoding;

    if (encoding->len != 0 && !call->raw
        && !(encoding->len == 8
             && ngx_strncasecmp(encoding->data, (u_char *) "identity", 8)
                == 0))
    {
        return AG_E_MEDIA_TYPE;
    }

    if (!call->raw
        && (r->headers_in.content_type == NULL
            || !ngx_agent_admit_is_json(&r->headers_in.content_type->value)))
    {
        return AG_E_MEDIA_TYPE;
    }

    most = AG_REQUEST_MAX;

    if (call->tenant->cap.body != 0 && call->tenant->cap.body < most) {
        most = call->tenant->cap.body;
        call->upload.max = most;
    }

    if (r->headers_in.content_length_n > (off_t) most) {
        return AG_E_REQUEST_TOO_LARGE;
    }

    return NGX_OK;
}


/* What the client asks of us and not of a model. */
static ngx_int_t
ngx_agent_admit_controls(ngx_agent_call_t *call,
    ngx_agent_admit_headers_t *headers)
{
    ngx_int_t  ms;

    call->validation = headers->validation;

    if (headers->timeout.len == 0) {
        return NGX_OK;
    }

    ms = ngx_atoi(headers->timeout.data, headers->timeout.len);

    if (ms == NGX_ERROR || ms < 1 || ms > NGX_AGENT_ADMIT_TIMEOUT) {
        call->error.message = ngx_agent_admit_timeout;
        return NGX_DECLINED;
    }

    call->patience = (ngx_msec_t) ms;

    return NGX_OK;
}


/* application/json, with nothing behind it or with charset=utf-8. */
static ngx_uint_t
ngx_agent_admit_is_json(ngx_str_t *type)
{
    u_char  *p, *last;

    p = type->data;
    last = type->data + type->len;

    if (type->len < sizeof("application/json") - 1
        || ngx_strncasecmp(p, (u_char *) "application/json", 16) != 0)
    {
        return 0;
    }

    p += sizeof("application/json") - 1;

    while (p < last && (*p == ' ' || *p == ';')) {
        p++;
    }

    if (p == last) {
        return 1;
    }

    if (p == type->data + 16
        || last - p < (ssize_t) sizeof("charset=utf-8") - 1
        || ngx_strncasecmp(p, (u_char *) "charset=", 8) != 0)
    {
        return 0;
    }

    p += sizeof("charset=") - 1;

    return ngx_strncasecmp(p, (u_char *) "utf-8", 5) == 0
           || ngx_strncasecmp(p, (u_char *) "\"utf-8", 6) == 0;
}
