/*
 * Copyright (C) ngx_agent authors
 *
 * What a request says before, or without, becoming a call: its id, a header,
 * the error shape that its client understands.  Must work on the wreck of a
 * request that nginx refused at its first line.
 */


#include "ngx/ngx_agent.h"
#include "core/ag_id.h"

#include <openssl/err.h>
#include <openssl/rand.h>


static ngx_int_t ngx_agent_request_seed(ngx_agent_main_conf_t *amcf,
    ngx_log_t *log);


ngx_int_t
ngx_agent_request_id(ngx_http_request_t *r, ngx_pool_t *pool, ngx_str_t *id)
{
    ngx_str_t              *theirs;
    ngx_agent_main_conf_t  *amcf;

    theirs = ngx_agent_request_header(r, "x-request-id");

    if (theirs != NULL && ag_id_is_valid(ngx_agent_str(theirs))) {
        id->len = theirs->len;
        id->data = ngx_pstrdup(pool, theirs);

        return id->data ? NGX_OK : NGX_ERROR;
    }

    amcf = ngx_http_get_module_main_conf(r, ngx_agent_module);

    if (ngx_agent_request_seed(amcf, r->connection->log) != NGX_OK) {
        return NGX_ERROR;
    }

    id->len = AG_ID_LEN;
    id->data = ngx_pnalloc(pool, AG_ID_LEN);

    if (id->data == NULL) {
        return NGX_ERROR;
    }

    ag_id_make(amcf->id_state, id->data);

    return NGX_OK;
}


/*
 * Once per process and configuration: workers are forked with a state of
 * zero, so that no two of them make the same ids.
 */
static ngx_int_t
ngx_agent_request_seed(ngx_agent_main_conf_t *amcf, ngx_log_t *log)
{
    if (amcf->id_state[0] != 0 || amcf->id_state[1] != 0) {
        return NGX_OK;
    }

    if (RAND_bytes((u_char *) amcf->id_state, sizeof(amcf->id_state)) != 1) {
        ERR_clear_error();
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "agent: RAND_bytes() failed, no request id");
        return NGX_ERROR;
    }

    return NGX_OK;
}


uint64_t
ngx_agent_request_random(ngx_agent_main_conf_t *amcf)
{
    if (ngx_agent_request_seed(amcf, ngx_cycle->log) != NGX_OK) {
        return 0;       /* it was logged */
    }

    return ag_id_random(amcf->id_state);
}


ngx_str_t *
ngx_agent_request_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    len = ngx_strlen(name);
    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == len
            && ngx_strncmp(header[i].lowcase_key, name, len) == 0)
        {
            return &header[i].value;
        }
    }
}


/*
 * A call knows its endpoint; here the usual path must do, or the header that
 * only Anthropic's clients send.
 */
ag_surface_t
ngx_agent_request_surface(ngx_http_request_t *r)
{
    ngx_str_t  *uri;

    static u_char  path[] = "/v1/messages";

    uri = r->uri.len ? &r->uri : &r->request_line;

    if (uri->len >= sizeof(path) - 1
        && ngx_strlcasestrn(uri->data, uri->data + uri->len, path,
                            sizeof(path) - 2)
           != NULL)
    {
        return AG_SURFACE_ANTHROPIC;
    }

    return ngx_agent_request_header(r, "anthropic-version")
           ? AG_SURFACE_ANTHROPIC : AG_SURFACE_OPENAI;
}


ngx_int_t
ngx_agent_request_add_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *header;

    header = ngx_list_push(&r->headers_out.headers);
    if (header == NULL) {
        return NGX_ERROR;
    }

    /* nginx 1.23 and later follow header->next */

    ngx_memzero(header, sizeof(ngx_table_elt_t));

    header->hash = 1;
    header->key.data = (u_char *) name;
    header->key.len = ngx_strlen(name);
    header->value = *value;

    return NGX_OK;
}
