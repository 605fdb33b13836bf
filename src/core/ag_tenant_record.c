/*
 * Copyright (C) ngx_agent authors
 *
 * Reads tenants as Redis has them.  Any program may have written them, and a
 * field that was taken for what it does not say would let somebody in, or in
 * for too long: whatever is not quite right makes the whole unusable.
 */


#include "core/ag_calendar.h"
#include "core/ag_count.h"
#include "core/ag_json.h"
#include "core/ag_name.h"
#include "core/ag_price.h"
#include "core/ag_tenant_record.h"


#define AG_RECORD_LIMIT       "limit."
#define AG_RECORD_NUMBER_MAX  UINT64_C(1000000000000000)    /* 10^15; nobody's
                                           sums of amounts overflow */
#define AG_RECORD_UNTIL_MAX   INT64_C(253402300800)     /* year 10000: a time
                                           in milliseconds is past it */

#define AG_RECORD_NAME_ALLOWED                                                \
    ": allowed are 1 to 64 characters of A-Z a-z 0-9 . _ : @ + -"


typedef struct {
    ag_tenant_record_t  *record;
    const char          *why;
} ag_record_reader_t;


typedef int (*ag_record_read_pt)(ag_record_reader_t *r, ag_str_t text);


static int ag_record_shape(ag_record_reader_t *r,
    const ag_redis_value_t *values, size_t count);
static int ag_record_fields(ag_record_reader_t *r,
    const ag_redis_value_t *values, size_t count);
static int ag_record_field(ag_record_reader_t *r, ag_str_t field,
    ag_str_t text);
static int ag_record_tenant(ag_record_reader_t *r, ag_str_t text);
static int ag_record_plan(ag_record_reader_t *r, ag_str_t text);
static int ag_record_name(ag_record_reader_t *r, ag_str_t text);
static int ag_record_plain(ag_record_reader_t *r, ag_str_t text,
    ag_record_text_t *kept, const char *why);
static int ag_record_until(ag_record_reader_t *r, ag_str_t text);
static int ag_record_models(ag_record_reader_t *r, ag_str_t text);
static int ag_record_word(ag_str_t *text, ag_str_t *word);
static int ag_record_limit(ag_record_reader_t *r, ag_str_t name,
    ag_str_t text);
static int ag_record_keep(ag_record_reader_t *r, ag_str_t text,
    ag_record_text_t *kept);
static int ag_record_refuse(ag_record_reader_t *r, int rc, const char *why);


/* The tenant comes first: who complains of the rest wants to name it. */
static const struct {
    const char         *name;
    ag_record_read_pt   read;
} ag_record_readers[] = {
    { "tenant", ag_record_tenant },
    { "plan", ag_record_plan },
    { "name", ag_record_name },
    { "until", ag_record_until },
    { "models", ag_record_models }
};


int
ag_tenant_record_read(ag_tenant_record_t *record,
    const ag_redis_value_t *values, size_t count, const char **why)
{
    int                 rc;
    ag_record_reader_t  r;

    memset(record, 0, sizeof(ag_tenant_record_t));

    r.record = record;
    r.why = NULL;

    if (count == 0 || (count == 1 && values[0].kind == AG_REDIS_NIL)) {
        return AG_NONE;
    }

    rc = ag_record_shape(&r, values, count);

    if (rc == AG_OK) {
        rc = ag_record_fields(&r, values, count);
    }

    if (rc == AG_OK && (record->tenant.len == 0 || record->plan.len == 0)) {
        rc = ag_record_refuse(&r, AG_INVALID,
                              (record->tenant.len == 0)
                              ? "the field \"tenant\" is missing"
                              : "the field \"plan\" is missing");
    }

    if (rc != AG_OK) {
        *why = r.why;
    }

    return rc;
}


static int
ag_record_shape(ag_record_reader_t *r, const ag_redis_value_t *values,
    size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (values[i].kind != AG_REDIS_TEXT) {
            break;
        }
    }

    return (i == count && count % 2 == 0)
           ? AG_OK : ag_record_refuse(r, AG_INVALID, "it is not a hash");
}


static int
ag_record_fields(ag_record_reader_t *r, const ag_redis_value_t *values,
    size_t count)
{
    int     rc;
    size_t  i, reader;

    for (reader = 0; reader < sizeof(ag_record_readers)
                              / sizeof(ag_record_readers[0]); reader++)
    {
        for (i = 0; i < count; i += 2) {

            if (!ag_str_is(values[i].text, ag_record_readers[reader].name)) {
                continue;
            }

            rc = ag_record_readers[reader].read(r, values[i + 1].text);

            if (rc != AG_OK) {
                return rc;
            }

            break;      /* a hash has no field twice */
        }
    }

    for (i = 0; i < count; i += 2) {
        rc = ag_record_field(r, values[i].text, values[i + 1].text);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_record_field(ag_record_reader_t *r, ag_str_t field, ag_str_t text)
{
    size_t  len;

    len = sizeof(AG_RECORD_LIMIT) - 1;

    if (field.len < len || memcmp(field.data, AG_RECORD_LIMIT, len) != 0) {
        return AG_OK;
    }

    return ag_record_limit(r, ag_str(field.data + len, field.len - len),
                           text);
}


static int
ag_record_tenant(ag_record_reader_t *r, ag_str_t text)
{
    return ag_record_plain(r, text, &r->record->tenant,
                           "\"tenant\"" AG_RECORD_NAME_ALLOWED);
}


static int
ag_record_plan(ag_record_reader_t *r, ag_str_t text)
{
    return ag_record_plain(r, text, &r->record->plan,
                           "\"plan\"" AG_RECORD_NAME_ALLOWED);
}


static int
ag_record_name(ag_record_reader_t *r, ag_str_t text)
{
    return ag_record_plain(r, text, &r->record->name,
                           "\"name\"" AG_RECORD_NAME_ALLOWED);
}


static int
ag_record_plain(ag_record_reader_t *r, ag_str_t text, ag_record_text_t *kept,
    const char *why)
{
    return (ag_name_refuse(text, AG_NAME_PLAIN) == NULL)
           ? ag_record_keep(r, text, kept)
           : ag_record_refuse(r, AG_INVALID, why);
}


/* 0 is "for ever", and nobody means that by a time long ago. */
static int
ag_record_until(ag_record_reader_t *r, ag_str_t text)
{
    int64_t  until;

    if (text.len > 0
        && (ag_json_integer(text, 1, AG_RECORD_UNTIL_MAX, &until) == AG_OK
            || (ag_calendar_read(text, &until) == AG_OK && until > 0)))
    {
        r->record->until = until;
        return AG_OK;
    }

    return ag_record_refuse(r, AG_INVALID,
                            "\"until\": allowed are a date as 2026-12-31, a "
                            "time in UTC as 2026-12-31T12:00:00Z, or Unix "
                            "seconds from 1 on");
}


/* A list of nothing would be taken for every model, or for none. */
static int
ag_record_models(ag_record_reader_t *r, ag_str_t text)
{
    int       rc;
    ag_str_t  name;

    static const char  why[] =
        "\"models\": allowed are names of models, parted by spaces, each "
        "with or without one * at its end";

    while (ag_record_word(&text, &name)) {

        if (ag_name_refuse(name, AG_NAME_PATTERN) != NULL) {
            return ag_record_refuse(r, AG_INVALID, why);
        }

        if (r->record->model_count == AG_RECORD_MODELS_MAX) {
            return ag_record_refuse(r, AG_LIMIT,
                                    "\"models\": allowed are 64 names");
        }

        rc = ag_record_keep(r, name,
                            &r->record->models[r->record->model_count]);

        if (rc != AG_OK) {
            return rc;
        }

        r->record->model_count++;
    }

    return (r->record->model_count > 0)
           ? AG_OK : ag_record_refuse(r, AG_INVALID, why);
}


static int
ag_record_word(ag_str_t *text, ag_str_t *word)
{
    size_t            len;
    const ag_char_t  *space;

    while (text->len > 0 && text->data[0] == ' ') {
        *text = ag_str(text->data + 1, text->len - 1);
    }

    if (text->len == 0) {
        return 0;
    }

    space = memchr(text->data, ' ', text->len);
    len = (space != NULL) ? (size_t) (space - text->data) : text->len;

    *word = ag_str(text->data, len);
    *text = ag_str(text->data + len, text->len - len);

    return 1;
}


/*
 * Of what kind the limit is says the plan, which is not known here: "500" may
 * be tokens and may be USD, so it is read as both.
 */
static int
ag_record_limit(ag_record_reader_t *r, ag_str_t name, ag_str_t text)
{
    uint64_t            number, money;
    ag_record_limit_t  *limit;

    number = 0;
    money = 0;

    if (ag_name_refuse(name, AG_NAME_PATTERN) != NULL) {
        return ag_record_refuse(r, AG_INVALID,
                                "\"limit.NAME\": NAME is a limit of its "
                                "plan, as requests/1m");
    }

    if (ag_count_read(text, &number) != AG_OK
        || number > AG_RECORD_NUMBER_MAX)
    {
        number = 0;
    }

    if (ag_price_read_budget(text, &money) != AG_OK) {
        money = 0;
    }

    if (number == 0 && money == 0) {
        return ag_record_refuse(r, AG_INVALID,
                                "\"limit.NAME\": allowed are a number from "
                                "1 to 1000000000000000, with or without k, m "
                                "or g behind it, or USD like 500 or 0.25");
    }

    if (r->record->limit_count == AG_LIMITS_MAX) {
        return ag_record_refuse(r, AG_LIMIT,
                                "\"limit.NAME\": allowed are 16 of them");
    }

    limit = &r->record->limits[r->record->limit_count];

    if (ag_record_keep(r, name, &limit->name) != AG_OK) {
        return AG_LIMIT;
    }

    limit->number = number;
    limit->money = money;
    r->record->limit_count++;

    return AG_OK;
}


static int
ag_record_keep(ag_record_reader_t *r, ag_str_t text, ag_record_text_t *kept)
{
    uint32_t  used;

    used = r->record->used;

    if (text.len > AG_RECORD_TEXT_MAX - used) {
        return ag_record_refuse(r, AG_LIMIT,
                                "allowed are 1536 bytes of names, those in "
                                "\"models\" and of limits included");
    }

    memcpy(r->record->text + used, text.data, text.len);

    kept->at = (uint16_t) used;
    kept->len = (uint16_t) text.len;
    r->record->used = used + (uint32_t) text.len;

    return AG_OK;
}


static int
ag_record_refuse(ag_record_reader_t *r, int rc, const char *why)
{
    r->why = why;

    return rc;
}
