/*
 * Copyright (C) ngx_agent authors
 *
 * The client's headers that a provider may see: an allow-list.
 */


#include "ngx/ngx_agent.h"


#define NGX_AGENT_SEEN_ACCEPT   0x01
#define NGX_AGENT_SEEN_VERSION  0x02


static ngx_uint_t ngx_agent_forward_is(ngx_agent_attempt_t *attempt,
    ngx_table_elt_t *header);
static ngx_int_t ngx_agent_forward_line(ngx_agent_call_t *call,
    ngx_array_t **lines, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_agent_forward_defaults(ngx_agent_attempt_t *attempt,
    ngx_array_t **lines, ngx_uint_t seen);


/* Parts of header names that choose an account: the operator's choice. */
static const ag_str_t  ngx_agent_forward_accounts[] = {
    ag_string("organization"),
    ag_string("project"),
    ag_string("workspace"),
    ag_null_string
};


ngx_int_t
ngx_agent_forward_headers(ngx_agent_attempt_t *attempt, ngx_array_t **lines)
{
    ngx_uint_t         i, seen;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *header;
    ngx_agent_call_t  *call;

    seen = 0;
    *lines = NULL;
    call = attempt->call;
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

        if (!ngx_agent_forward_is(attempt, &header[i])) {
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

        if (ngx_agent_forward_line(call, lines, &header[i].key,
                                   &header[i].value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_agent_forward_defaults(attempt, lines, seen);
}


/*
 * accept, idempotency-key, traceparent; on a native surface the dialect's
 * own, but never those that choose an account.
 */
static ngx_uint_t
ngx_agent_forward_is(ngx_agent_attempt_t *attempt, ngx_table_elt_t *header)
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

    case sizeof("content-encoding") - 1:
        if (attempt->call->raw
            && ngx_strncmp(name, "content-encoding", 16) == 0)
        {
            return 1;
        }
        break;

    case sizeof("idempotency-key") - 1:
        if (ngx_strncmp(name, "idempotency-key", 15) == 0) {
            return 1;
        }
        break;
    }

    prefix = attempt->translated ? NULL
                                 : attempt->call->client->forward_prefix;
    len = prefix ? ngx_strlen(prefix) : 0;

    if (len == 0 || header->key.len <= len
        || ngx_strncmp(name, prefix, len) != 0)
    {
        return 0;
    }

    /* the name is not zero-terminated */

    for (account = ngx_agent_forward_accounts; account->len; account++) {
        if (memmem(name, header->key.len, account->data, account->len)) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_agent_forward_defaults(ngx_agent_attempt_t *attempt, ngx_array_t **lines,
    ngx_uint_t seen)
{
    ngx_str_t          name, value;
    ngx_agent_call_t  *call;

    call = attempt->call;

    if (attempt->target->provider->dialect == &ag_anthropic
        && !(seen & NGX_AGENT_SEEN_VERSION)) {
        ngx_str_set(&name, "anthropic-version");
        ngx_str_set(&value, "2023-06-01");

        if (ngx_agent_forward_line(call, lines, &name, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (seen & NGX_AGENT_SEEN_ACCEPT) {
        return NGX_OK;
    }

    ngx_str_set(&name, "accept");
    ngx_str_set(&value, "application/json");

    return ngx_agent_forward_line(call, lines, &name, &value);
}


static ngx_int_t
ngx_agent_forward_line(ngx_agent_call_t *call, ngx_array_t **lines,
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
