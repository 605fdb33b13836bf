/*
 * Copyright (C) ngx_agent authors
 *
 * nginx's own errors in the error shape.  nginx may refuse a request before
 * it has chosen a location, so that no handler of ours and no error_page could
 * answer: a header filter and a body filter replace the page that it makes.
 *
 * The status, the connection's fate and other modules' headers stay nginx's.
 * Never touched are answers that somebody wrote on purpose: a call's, another
 * handler's, an upstream's, "return 403 text", and the page of an error_page.
 */


#include "ngx/ngx_agent.h"


/* An answer of ours in the place of nginx's; found by its cleanup. */
typedef struct {
    ngx_http_request_t  *request;
    ngx_str_t            id;
    ag_error_t           error;
    ag_buf_t             body;
    ngx_uint_t           sent;      /* the body was handed on */
} ngx_agent_filter_t;


static ngx_int_t ngx_agent_filter_header(ngx_http_request_t *r);
static ngx_uint_t ngx_agent_filter_wanted(ngx_http_request_t *r);
static ngx_agent_filter_t *ngx_agent_filter_create(ngx_http_request_t *r);
static ngx_int_t ngx_agent_filter_identify(ngx_http_request_t *r,
    ngx_str_t *id);
static void ngx_agent_filter_count(ngx_http_request_t *r,
    ag_error_class_t class);
static ngx_int_t ngx_agent_filter_headers(ngx_http_request_t *r,
    ngx_agent_filter_t *filter);
static ngx_uint_t ngx_agent_filter_has_allow(ngx_http_request_t *r);
static ngx_int_t ngx_agent_filter_body(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_agent_filter_t *ngx_agent_filter_find(ngx_http_request_t *r);
static void ngx_agent_filter_cleanup(void *data);


static ngx_http_output_header_filter_pt  ngx_agent_filter_next_header;
static ngx_http_output_body_filter_pt    ngx_agent_filter_next_body;


ngx_int_t
ngx_agent_filter_init(ngx_conf_t *cf)
{
    ngx_agent_filter_next_header = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_agent_filter_header;

    ngx_agent_filter_next_body = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_agent_filter_body;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_filter_header(ngx_http_request_t *r)
{
    ngx_agent_filter_t  *filter;

    if (!ngx_agent_filter_wanted(r)) {
        return ngx_agent_filter_next_header(r);
    }

    filter = ngx_agent_filter_create(r);

    if (filter == NULL || ngx_agent_filter_headers(r, filter) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_agent_filter_next_header(r);
}


/*
 * Only for its own page nginx sets err_status, and keeps it while error_page
 * redirects: what is found there stays as it is.  r->error_page alone says
 * only that some status has a page.
 */
static ngx_uint_t
ngx_agent_filter_wanted(ngx_http_request_t *r)
{
    ngx_agent_loc_conf_t      *alcf;
    ngx_agent_srv_conf_t      *ascf;
    ngx_http_core_loc_conf_t  *clcf;

    if (r->headers_out.status < NGX_HTTP_BAD_REQUEST
        || r->err_status == 0
        || r != r->main
        || (r->error_page && r->internal)
        || r->post_action)
    {
        return 0;
    }

    ascf = ngx_http_get_module_srv_conf(r, ngx_agent_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_agent_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->recursive_error_pages && r->internal) {
        return 0;
    }

    return ascf->gateway == 1 || alcf->status != 0;
}


static ngx_agent_filter_t *
ngx_agent_filter_create(ngx_http_request_t *r)
{
    ag_surface_t         surface;
    ngx_pool_cleanup_t  *cleanup;
    ngx_agent_filter_t  *filter;

    cleanup = ngx_pool_cleanup_add(r->pool, sizeof(ngx_agent_filter_t));
    if (cleanup == NULL) {
        return NULL;
    }

    filter = cleanup->data;

    ngx_memzero(filter, sizeof(ngx_agent_filter_t));
    ag_buf_init(&filter->body, AG_ERROR_BODY_MAX);

    cleanup->handler = ngx_agent_filter_cleanup;

    filter->request = r;
    filter->error.status = (unsigned) r->headers_out.status;
    filter->error.class = ag_error_of_nginx(filter->error.status);

    if (ngx_agent_filter_identify(r, &filter->id) != NGX_OK) {
        return NULL;
    }

    surface = ngx_agent_request_surface(r);

    if (ag_error_write(&filter->body, &filter->error, surface,
                       ngx_agent_str(&filter->id))
        != AG_OK)
    {
        return NULL;
    }

    ngx_agent_filter_count(r, filter->error.class);

    return filter;
}


/* A call that failed in nginx's hands keeps its id. */
static ngx_int_t
ngx_agent_filter_identify(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_agent_call_t  *call;

    call = ngx_agent_call_of(r);

    if (call != NULL && call->request_id.len != 0) {
        *id = call->request_id;
        return NGX_OK;
    }

    return ngx_agent_request_id(r, r->pool, id);
}


/* A call counts its own errors; a wrong path of the status is no error. */
static void
ngx_agent_filter_count(ngx_http_request_t *r, ag_error_class_t class)
{
    ngx_agent_srv_conf_t   *ascf;
    ngx_agent_main_conf_t  *amcf;

    ascf = ngx_http_get_module_srv_conf(r, ngx_agent_module);
    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    if (ascf->gateway == 1 && ngx_agent_call_of(r) == NULL) {
        ngx_agent_metric_add(amcf->error_series[class], AG_M_ERRORS, 1);
    }
}


static ngx_int_t
ngx_agent_filter_headers(ngx_http_request_t *r, ngx_agent_filter_t *filter)
{
    ngx_str_t  allow;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
    r->allow_ranges = 0;

    if (r->headers_out.content_encoding != NULL) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = filter->body.len;

    if (ngx_agent_request_add_header(r, "x-request-id", &filter->id)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->headers_out.status != NGX_HTTP_NOT_ALLOWED
        || ngx_agent_filter_has_allow(r))
    {
        return NGX_OK;
    }

    /* nginx's: a POST to a file; or TRACE, before there is a location */

    ngx_str_set(&allow, "GET, HEAD, POST");

    if (r->method == NGX_HTTP_POST) {
        ngx_str_set(&allow, "GET, HEAD");
    }

    return ngx_agent_request_add_header(r, "allow", &allow);
}


static ngx_uint_t
ngx_agent_filter_has_allow(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    part = &r->headers_out.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].hash != 0 && header[i].key.len == sizeof("allow") - 1
            && ngx_strncasecmp(header[i].key.data, (u_char *) "allow",
                               sizeof("allow") - 1)
               == 0)
        {
            return 1;
        }
    }
}


/* Swallows nginx's page and hands ours on in its place, once. */
static ngx_int_t
ngx_agent_filter_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_agent_filter_t  *filter;

    if (in == NULL || r->headers_out.status < NGX_HTTP_BAD_REQUEST) {
        return ngx_agent_filter_next_body(r, in);
    }

    filter = ngx_agent_filter_find(r);

    if (filter == NULL) {
        return ngx_agent_filter_next_body(r, in);
    }

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }

    if (filter->sent) {
        return ngx_agent_filter_next_body(r, NULL);
    }

    filter->sent = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = filter->body.data;
    b->last = filter->body.data + filter->body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_agent_filter_next_body(r, &out);
}


ngx_str_t *
ngx_agent_filter_request_id(ngx_http_request_t *r)
{
    ngx_agent_filter_t  *filter;

    filter = ngx_agent_filter_find(r);

    return filter ? &filter->id : NULL;
}


ag_error_class_t
ngx_agent_filter_error(ngx_http_request_t *r)
{
    ngx_agent_filter_t  *filter;

    filter = ngx_agent_filter_find(r);

    return filter ? filter->error.class : AG_E_NONE;
}


/*
 * Not in r->ctx: that is the call's place, and nginx clears it when a filter
 * refuses an answer or error_page redirects.
 */
static ngx_agent_filter_t *
ngx_agent_filter_find(ngx_http_request_t *r)
{
    ngx_agent_filter_t  *filter;
    ngx_pool_cleanup_t  *cleanup;

    for (cleanup = r->pool->cleanup; cleanup; cleanup = cleanup->next) {

        if (cleanup->handler == ngx_agent_filter_cleanup) {
            filter = cleanup->data;

            if (filter->request == r) {
                return filter;
            }
        }
    }

    return NULL;
}


static void
ngx_agent_filter_cleanup(void *data)
{
    ngx_agent_filter_t  *filter = data;

    ag_buf_free(&filter->body);
}
