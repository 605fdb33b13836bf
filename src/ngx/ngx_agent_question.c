/*
 * Copyright (C) ngx_agent authors
 *
 * What a call asks, as the cache files it: everything that could make two
 * answers differ.
 */


#include "ngx/ngx_agent_cache.h"
#include "core/ag_cache_memo.h"


#define NGX_AGENT_QUESTION_KEPT  (256 * 1024)   /* bytes of memory for the next
                                                   question */


static ngx_int_t ngx_agent_question_fill(ngx_agent_call_t *call,
    ag_cache_question_t *question);
static ngx_int_t ngx_agent_question_headers(ngx_agent_call_t *call,
    ag_cache_question_t *question);
static ngx_int_t ngx_agent_question_tags(ngx_agent_call_t *call,
    ag_str_t *tags);
static ngx_uint_t ngx_agent_question_scope(ngx_agent_call_t *call);
static int ngx_agent_question_key(ngx_agent_call_t *call,
    ag_cache_question_t *question, ag_buf_t *scratch);
static uint64_t ngx_agent_question_id(ngx_agent_cache_conf_t *cache,
    ngx_str_t *name);


ngx_int_t
ngx_agent_question(ngx_agent_call_t *call)
{
    int                   rc;
    ngx_agent_cached_t   *cached;
    ag_cache_question_t   question;

    static ag_buf_t  scratch;       /* of this process: kept, and short */

    if (call->body.len > AG_CACHE_QUESTION_MAX) {
        return NGX_DECLINED;
    }

    cached = call->cached;
    ngx_memzero(&question, sizeof(ag_cache_question_t));

    rc = ngx_agent_question_fill(call, &question);

    if (rc != NGX_OK) {
        return rc;
    }

    if (scratch.max == 0) {
        ag_buf_init(&scratch, 2 * AG_CACHE_QUESTION_MAX);
    }

    scratch.len = 0;
    rc = ngx_agent_question_key(call, &question, &scratch);

    if (scratch.size > NGX_AGENT_QUESTION_KEPT) {
        ag_buf_free(&scratch);
    }

    if (rc == AG_NOMEM) {
        return NGX_ERROR;
    }

    if (rc != AG_OK) {
        return NGX_DECLINED;
    }

    cached->owner = (question.scope == AG_CACHE_SCOPE_GLOBAL)
                    ? ag_cache_id(ag_str("", 0))
                    : ngx_agent_question_id(&call->tenant->cache,
                                            &call->tenant->name);
    cached->model = ngx_agent_question_id(&call->model->cache,
                                          &call->model->name);
    cached->keyed = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_question_fill(ngx_agent_call_t *call, ag_cache_question_t *question)
{
    ngx_http_request_t  *r;

    r = call->r;

    question->scope = (ag_cache_scope_t) ngx_agent_question_scope(call);
    question->tenant = ngx_agent_str(&call->tenant->name);
    question->version = call->cached->rule->version;
    question->endpoint = ag_endpoint_path(call->endpoint);
    question->query = ngx_agent_str(&r->args);
    question->asked = call->asked;
    question->model = ngx_agent_str(&call->model->name);
    question->validation = ngx_agent_str(&call->validation);
    question->body = ngx_agent_str(&call->body);
    question->echoes = (call->endpoint == AG_ENDPOINT_RESPONSES
                        || ag_str_is(call->request.cache.store, "true"));

    if (call->key != NULL) {
        question->key_digest = ag_str(call->key->digest, AG_KEY_DIGEST);
    }

    if (ngx_agent_question_tags(call, &question->tags) != NGX_OK) {
        return NGX_ERROR;
    }

    return call->forwards ? ngx_agent_question_headers(call, question)
                          : NGX_OK;
}


/* The nearer word counts. */
static ngx_uint_t
ngx_agent_question_scope(ngx_agent_call_t *call)
{
    if (call->tenant->cache.scope_at.line != 0) {
        return call->tenant->cache.scope;
    }

    return (call->model->cache.scope_at.line != 0) ? call->model->cache.scope
                                                   : AG_CACHE_SCOPE_TENANT;
}


/* The client's headers that go on to a provider of its own dialect.
 * NGX_DECLINED: more than we compare. */
static ngx_int_t
ngx_agent_question_headers(ngx_agent_call_t *call,
    ag_cache_question_t *question)
{
    size_t              len;
    ngx_uint_t          i;
    const char         *prefix;
    ngx_list_part_t    *part;
    ngx_table_elt_t    *header;
    ag_cache_header_t  *known;

    part = &call->r->headers_in.headers.part;
    header = part->elts;
    prefix = call->client->forward_prefix;
    len = prefix ? ngx_strlen(prefix) : 0;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (len == 0 || header[i].key.len <= len
            || ngx_strncmp(header[i].lowcase_key, prefix, len) != 0)
        {
            continue;
        }

        if (question->header_count == AG_CACHE_HEADERS) {
            return NGX_DECLINED;
        }

        known = &question->headers[question->header_count++];
        known->name = ag_str(header[i].lowcase_key, header[i].key.len);
        known->value = ngx_agent_str(&header[i].value);
    }
}


/* Bits of tags mean something in one configuration, their names in all. */
static ngx_int_t
ngx_agent_question_tags(ngx_agent_call_t *call, ag_str_t *tags)
{
    size_t       len;
    u_char      *p;
    uint64_t     require;
    ngx_str_t   *name;
    ngx_uint_t   i;

    require = call->tenant->require;

    if (require == 0) {
        return NGX_OK;
    }

    name = call->main->tags.elts;

    for (i = 0, len = 0; i < call->main->tags.nelts; i++) {
        len += name[i].len + 1;
    }

    p = ngx_pnalloc(call->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    tags->data = p;

    for (i = 0; i < call->main->tags.nelts; i++) {
        if (require & (UINT64_C(1) << i)) {
            p = ngx_cpymem(p, name[i].data, name[i].len);
            *p++ = ',';
        }
    }

    tags->len = (size_t) (p - tags->data);

    return NGX_OK;
}


/* The seed is this process's: workers are forked with none. */
static int
ngx_agent_question_key(ngx_agent_call_t *call, ag_cache_question_t *question,
    ag_buf_t *scratch)
{
    ngx_uint_t  i;
    uint64_t    seed[AG_CACHE_MEMO_SEED];

    static ngx_uint_t       seeded;
    static ag_cache_memo_t  memo;   /* of this process */

    if (!seeded) {
        for (i = 0; i < AG_CACHE_MEMO_SEED; i++) {
            seed[i] = ngx_agent_request_random(call->main);
        }

        ag_cache_memo_init(&memo, seed);
        seeded = 1;
    }

    return ag_cache_memo_key(&memo, question, scratch, call->cached->key);
}


/* A tenant of Redis lives as long as its call. */
static uint64_t
ngx_agent_question_id(ngx_agent_cache_conf_t *cache, ngx_str_t *name)
{
    return (cache->id != 0) ? cache->id : ag_cache_id(ngx_agent_str(name));
}
