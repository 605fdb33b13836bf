/*
 * Copyright (C) ngx_agent authors
 *
 * A tenant that lives in Redis: the hash "PREFIX:key:DIGEST", written by any
 * program, as what a gateway reads of it and keeps in shared memory.
 *
 * Fields: "tenant" (its name) and "plan" must be there; "name" of the key,
 * "until" as in a keys FILE or Unix seconds, "models" (names and prefixes,
 * parted by spaces) and "limit.NAME" (another number for the plan's limit of
 * that name, "limit.requests/1m"; of a budget in USD) may.  Other fields are
 * somebody else's and are passed over.
 */


#ifndef _AG_TENANT_RECORD_H_INCLUDED_
#define _AG_TENANT_RECORD_H_INCLUDED_


#include "core/ag_limit.h"
#include "core/ag_redis.h"


#define AG_RECORD_MODELS_MAX  64
#define AG_RECORD_TEXT_MAX    1536      /* bytes of all names together */


typedef struct {
    uint16_t  at;               /* in "text" */
    uint16_t  len;
} ag_record_text_t;


typedef struct {
    ag_record_text_t  name;     /* of the plan's limit */
    uint64_t          number;   /* decimal number as written; 0: it is money */
    uint64_t          money;    /* nano-USD; 0: it cannot be money */
} ag_record_limit_t;


/* Holds no pointer: it is copied between processes as it is. */
typedef struct {
    ag_record_text_t   tenant;
    ag_record_text_t   plan;
    ag_record_text_t   name;
    int64_t            until;   /* Unix time; 0: for ever */
    uint32_t           model_count;
    uint32_t           limit_count;
    ag_record_text_t   models[AG_RECORD_MODELS_MAX];
    ag_record_limit_t  limits[AG_LIMITS_MAX];
    uint32_t           used;
    ag_char_t          text[AG_RECORD_TEXT_MAX];
} ag_tenant_record_t;


/*
 * Reads HGETALL's reply.  AG_OK; AG_NONE: there is no such key; AG_INVALID,
 * AG_LIMIT: *why names the field and what is allowed, in constant words.
 */
int ag_tenant_record_read(ag_tenant_record_t *record,
    const ag_redis_value_t *values, size_t count, const char **why);

static inline ag_str_t
ag_record_str(const ag_tenant_record_t *record, ag_record_text_t text)
{
    return ag_str(record->text + text.at, text.len);
}


#endif /* _AG_TENANT_RECORD_H_INCLUDED_ */
