/*
 * Copyright (C) ngx_agent authors
 *
 * ag_tenant_record with any hash: what is accepted lies within its text, and
 * written again as a hash it reads the same.  What is refused says why.
 *
 * The input is a reply: each value is a byte of its length and that many
 * bytes.  The lengths from 0xf0 on stand for names of fields.
 */


#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ag_name.h"
#include "core/ag_price.h"
#include "core/ag_tenant_record.h"


#define FUZZ_VALUES  AG_REDIS_VALUES_MAX
#define FUZZ_NAMED   0xf0


/* A hash in the making. */
typedef struct {
    size_t            count;
    ag_redis_value_t  values[FUZZ_VALUES];
    size_t            used;
    char              text[8192];
} fuzz_hash_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static size_t fuzz_values(const uint8_t *data, size_t size,
    ag_redis_value_t *values);
static void fuzz_holds(const ag_tenant_record_t *record);
static void fuzz_again(const ag_tenant_record_t *record);
static void fuzz_limits(fuzz_hash_t *hash, const ag_tenant_record_t *record);
static void fuzz_put(fuzz_hash_t *hash, const char *name, ag_str_t text);
static void fuzz_same(const ag_tenant_record_t *a, ag_record_text_t of_a,
    const ag_tenant_record_t *b, ag_record_text_t of_b);


static const char *const  fuzz_names[16] = {
    "tenant", "plan", "name", "until", "models", "limit.", "limit.a",
    "limit.b/1m", "limit.usd/day", "tenant2", "acme", "2026-12-31",
    "gpt-5* m/x", "200k", "0.25", "1798761600"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  rc;
    size_t               count;
    ag_redis_value_t     values[FUZZ_VALUES];
    const char          *why;
    ag_tenant_record_t  *record;

    count = fuzz_values(data, size, values);
    why = NULL;
    record = malloc(sizeof(*record));
    assert(record != NULL);

    rc = ag_tenant_record_read(record, values, count, &why);

    assert((rc == AG_NONE) == (count == 0));
    assert((why != NULL) == (rc == AG_INVALID || rc == AG_LIMIT));

    fuzz_holds(record);

    if (rc == AG_OK) {
        fuzz_again(record);
    }

    free(record);

    return 0;
}


static size_t
fuzz_values(const uint8_t *data, size_t size, ag_redis_value_t *values)
{
    size_t  count, len;

    for (count = 0; size > 0 && count < FUZZ_VALUES; count++) {
        len = *data++;
        size--;

        values[count].kind = AG_REDIS_TEXT;
        values[count].integer = 0;

        if (len >= FUZZ_NAMED) {
            values[count].text = ag_str(fuzz_names[len - FUZZ_NAMED],
                                        strlen(fuzz_names[len - FUZZ_NAMED]));
            continue;
        }

        if (len == FUZZ_NAMED - 1) {
            values[count].kind = AG_REDIS_INTEGER;
            values[count].text = ag_str(NULL, 0);
            continue;
        }

        len = (len < size) ? len : size;
        values[count].text = ag_str(data, len);
        data += len;
        size -= len;
    }

    return count;
}


/* Of a refused one too: its tenant may be named. */
static void
fuzz_holds(const ag_tenant_record_t *record)
{
    uint32_t  i;

    assert(record->used <= AG_RECORD_TEXT_MAX);
    assert(record->model_count <= AG_RECORD_MODELS_MAX);
    assert(record->limit_count <= AG_LIMITS_MAX);
    assert(record->until >= 0);

    assert(record->tenant.at + record->tenant.len <= record->used);
    assert(record->plan.at + record->plan.len <= record->used);
    assert(record->name.at + record->name.len <= record->used);

    for (i = 0; i < record->model_count; i++) {
        assert(record->models[i].at + record->models[i].len <= record->used);
        assert(ag_name_refuse(ag_record_str(record, record->models[i]),
                              AG_NAME_PATTERN) == NULL);
    }

    for (i = 0; i < record->limit_count; i++) {
        assert(record->limits[i].name.at + record->limits[i].name.len
               <= record->used);
        assert(record->limits[i].name.len > 0);
        assert(record->limits[i].number > 0 || record->limits[i].money > 0);
    }
}


static void
fuzz_again(const ag_tenant_record_t *record)
{
    char                 text[AG_RECORD_TEXT_MAX + AG_RECORD_MODELS_MAX + 1];
    size_t               len;
    uint32_t             i;
    const char          *why;
    fuzz_hash_t         *hash;
    ag_tenant_record_t  *same;

    assert(record->tenant.len > 0 && record->plan.len > 0);

    hash = calloc(1, sizeof(*hash));
    same = malloc(sizeof(*same));
    assert(hash != NULL && same != NULL);

    fuzz_limits(hash, record);

    for (i = 0, len = 0; i < record->model_count; i++) {
        len += (size_t) sprintf(text + len, "%.*s ",
                                (int) record->models[i].len,
                                (const char *) record->text
                                + record->models[i].at);
    }

    if (len > 0) {
        fuzz_put(hash, "models", ag_str(text, len));
    }

    if (record->until > 0) {
        len = (size_t) sprintf(text, "%" PRId64, record->until);
        fuzz_put(hash, "until", ag_str(text, len));
    }

    if (record->name.len > 0) {
        fuzz_put(hash, "name", ag_record_str(record, record->name));
    }

    fuzz_put(hash, "tenant", ag_record_str(record, record->tenant));
    fuzz_put(hash, "plan", ag_record_str(record, record->plan));

    assert(ag_tenant_record_read(same, hash->values, hash->count, &why)
           == AG_OK);

    fuzz_same(record, record->tenant, same, same->tenant);
    fuzz_same(record, record->plan, same, same->plan);
    fuzz_same(record, record->name, same, same->name);
    assert(same->until == record->until);
    assert(same->model_count == record->model_count);
    assert(same->limit_count == record->limit_count);

    for (i = 0; i < record->model_count; i++) {
        fuzz_same(record, record->models[i], same, same->models[i]);
    }

    for (i = 0; i < record->limit_count; i++) {
        fuzz_same(record, record->limits[i].name, same, same->limits[i].name);
    }

    free(hash);
    free(same);
}


/* A number that may be both is written as the number. */
static void
fuzz_limits(fuzz_hash_t *hash, const ag_tenant_record_t *record)
{
    char                      name[AG_RECORD_TEXT_MAX + 8];
    size_t                    len;
    uint32_t                  i;
    ag_char_t                 text[32];
    const ag_record_limit_t  *limit;

    for (i = 0; i < record->limit_count; i++) {
        limit = &record->limits[i];

        len = (limit->number > 0)
              ? (size_t) sprintf((char *) text, "%" PRIu64, limit->number)
              : ag_price_write(text, limit->money);

        sprintf(name, "limit.%.*s", (int) limit->name.len,
                (const char *) record->text + limit->name.at);

        fuzz_put(hash, name, ag_str(text, len));
    }
}


static void
fuzz_put(fuzz_hash_t *hash, const char *name, ag_str_t text)
{
    size_t  len;

    len = strlen(name);

    assert(hash->count + 2 <= FUZZ_VALUES);
    assert(hash->used + len + text.len <= sizeof(hash->text));

    memcpy(hash->text + hash->used, name, len);
    hash->values[hash->count].kind = AG_REDIS_TEXT;
    hash->values[hash->count++].text = ag_str(hash->text + hash->used, len);
    hash->used += len;

    memcpy(hash->text + hash->used, text.data, text.len);
    hash->values[hash->count].kind = AG_REDIS_TEXT;
    hash->values[hash->count++].text = ag_str(hash->text + hash->used,
                                              text.len);
    hash->used += text.len;
}


static void
fuzz_same(const ag_tenant_record_t *a, ag_record_text_t of_a,
    const ag_tenant_record_t *b, ag_record_text_t of_b)
{
    assert(ag_str_equal(ag_record_str(a, of_a), ag_record_str(b, of_b)));
}
