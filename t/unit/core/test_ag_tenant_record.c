/*
 * Copyright (C) ngx_agent authors
 *
 * Tenants out of Redis: what is kept of a hash, and which hashes are refused.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_tenant_record.h"


#define FIELDS_MAX  32


static ag_redis_value_t
value(const char *text)
{
    ag_redis_value_t  v;

    memset(&v, 0, sizeof(v));
    v.kind = AG_REDIS_TEXT;
    v.text = ag_str(text, strlen(text));

    return v;
}


/* Reads "tenant acme plan gold" and more fields, NULL ends them. */
static int
read_with(ag_tenant_record_t *record, const char **why, va_list fields)
{
    size_t             count;
    const char        *field;
    ag_redis_value_t   values[FIELDS_MAX];

    values[0] = value("plan");
    values[1] = value("gold");
    count = 2;

    for (field = va_arg(fields, const char *); field != NULL;
         field = va_arg(fields, const char *))
    {
        assert_true(count < FIELDS_MAX - 2);
        values[count++] = value(field);
    }

    values[count++] = value("tenant");
    values[count++] = value("acme");

    memset(record, 0xff, sizeof(ag_tenant_record_t));
    *why = NULL;

    return ag_tenant_record_read(record, values, count, why);
}


static ag_tenant_record_t *
accepts(int unused, ...)
{
    va_list      fields;
    const char  *why;

    static ag_tenant_record_t  record;

    va_start(fields, unused);

    if (read_with(&record, &why, fields) != AG_OK) {
        fail_msg("refused: %s", why);
    }

    va_end(fields);

    assert_int_equal(record.tenant.len, 4);
    assert_memory_equal(ag_record_str(&record, record.tenant).data, "acme", 4);
    assert_memory_equal(ag_record_str(&record, record.plan).data, "gold", 4);

    return &record;
}


static void
refuses(int rc, const char *said, ...)
{
    va_list             fields;
    const char         *why;
    ag_tenant_record_t  record;

    va_start(fields, said);
    assert_int_equal(read_with(&record, &why, fields), rc);
    va_end(fields);

    assert_non_null(why);
    assert_non_null(strstr(why, said));

    /* who complains can name it */

    assert_memory_equal(ag_record_str(&record, record.tenant).data, "acme", 4);
}


static void
assert_kept(const ag_tenant_record_t *record, ag_record_text_t text,
    const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(ag_record_str(record, text).data, expected, text.len);
}


static void
a_tenant_and_its_plan_are_enough(void **state)
{
    ag_tenant_record_t  *record;

    (void) state;

    record = accepts(0, NULL);

    assert_int_equal(record->name.len, 0);
    assert_int_equal(record->until, 0);
    assert_int_equal(record->model_count, 0);
    assert_int_equal(record->limit_count, 0);
    assert_int_equal(record->used, 8);
}


static void
every_field_is_kept(void **state)
{
    ag_tenant_record_t  *record;

    (void) state;

    record = accepts(0, "name", "alice@x", "models", " gpt-5*  m/x ",
                     "until", "1798761600", "limit.tokens/1h", "200k",
                     "limit.usd/day", "0.25", "limit.x", "7", "color", "\xff",
                     NULL);

    assert_kept(record, record->name, "alice@x");
    assert_int_equal(record->until, 1798761600);
    assert_int_equal(record->model_count, 2);
    assert_kept(record, record->models[0], "gpt-5*");
    assert_kept(record, record->models[1], "m/x");

    assert_int_equal(record->limit_count, 3);
    assert_kept(record, record->limits[0].name, "tokens/1h");
    assert_int_equal(record->limits[0].number, 200000);
    assert_int_equal(record->limits[0].money, 0);
    assert_kept(record, record->limits[1].name, "usd/day");
    assert_int_equal(record->limits[1].number, 0);
    assert_int_equal(record->limits[1].money, 250000000);
    assert_int_equal(record->limits[2].number, 7);
    assert_true(record->limits[2].money == UINT64_C(7000000000));
}


static void
a_hash_without_a_tenant_or_a_plan_is_refused(void **state)
{
    unsigned            i;
    const char         *why;
    ag_redis_value_t    values[2];
    ag_tenant_record_t  record;

    static const char *const  names[][2] = {
        { "tenant", "\"plan\" is missing" },
        { "plan", "\"tenant\" is missing" },
        { "Tenant", "\"tenant\" is missing" }
    };

    (void) state;

    for (i = 0; i < 3; i++) {
        values[0] = value(names[i][0]);
        values[1] = value("x");

        assert_int_equal(ag_tenant_record_read(&record, values, 2, &why),
                         AG_INVALID);
        assert_non_null(strstr(why, names[i][1]));
    }
}


static void
what_is_no_hash_is_refused_or_not_there(void **state)
{
    const char         *why;
    ag_redis_value_t    values[6];
    ag_tenant_record_t  record;

    (void) state;

    memset(values, 0, sizeof(values));
    assert_int_equal(ag_tenant_record_read(&record, values, 0, &why),
                     AG_NONE);

    values[0] = value("WRONGTYPE");
    values[0].kind = AG_REDIS_NIL;
    assert_int_equal(ag_tenant_record_read(&record, values, 1, &why),
                     AG_NONE);

    values[0].kind = AG_REDIS_ERROR;
    assert_int_equal(ag_tenant_record_read(&record, values, 1, &why),
                     AG_INVALID);
    assert_string_equal(why, "it is not a hash");
    assert_int_equal(record.tenant.len, 0);

    values[0] = value("tenant");
    values[1] = value("x");
    values[2] = value("plan");
    assert_int_equal(ag_tenant_record_read(&record, values, 3, &why),
                     AG_INVALID);

    values[3] = value("x");
    values[3].kind = AG_REDIS_INTEGER;
    assert_int_equal(ag_tenant_record_read(&record, values, 4, &why),
                     AG_INVALID);

    values[3].kind = AG_REDIS_TEXT;
    values[4] = value("color");
    assert_int_equal(ag_tenant_record_read(&record, values, 4, &why), AG_OK);
    assert_int_equal(ag_tenant_record_read(&record, values, 5, &why),
                     AG_INVALID);
}


static void
names_are_names(void **state)
{
    (void) state;

    refuses(AG_INVALID, "\"name\": allowed", "name", "", NULL);
    refuses(AG_INVALID, "\"name\": allowed", "name", "a b", NULL);
    refuses(AG_INVALID, "\"name\": allowed", "name",
            "00000000001111111111222222222233333333334444444444"
            "555555555566666", NULL);
    accepts(0, "name", "00000000001111111111222222222233333333334444444444"
                       "55555555556666", NULL);
}


static void
an_end_is_a_date_a_time_or_seconds(void **state)
{
    unsigned  i;

    static const char *const  bad[] = {
        "", "0", "-1", "+5", " 5", "5 ", "1e9", "2026-13-01", "2026-1-1",
        "253402300801", "1798761600000", "never", "1970-01-01T00:00:00Z",
        "1969-01-01", "2g", "99999999999999999999"
    };

    (void) state;

    assert_int_equal(accepts(0, "until", "2026-12-31", NULL)->until,
                     1798761600);
    assert_int_equal(accepts(0, "until", "2026-12-31T12:00:00Z", NULL)->until,
                     1798718400);
    assert_int_equal(accepts(0, "until", "1", NULL)->until, 1);
    assert_true(accepts(0, "until", "253402300800", NULL)->until
                == INT64_C(253402300800));

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuses(AG_INVALID, "\"until\": allowed", "until", bad[i], NULL);
    }
}


static void
a_list_of_models_names_some(void **state)
{
    unsigned  i;
    char      many[4 * AG_RECORD_MODELS_MAX];

    static const char *const  bad[] = {
        "", " ", "a, b", "a\tb", "*x", "ok b*d", "a b\n", "\xc3\xa9"
    };

    (void) state;

    assert_kept(accepts(0, "models", "*", NULL),
                accepts(0, "models", "*", NULL)->models[0], "*");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuses(AG_INVALID, "\"models\": allowed", "models", bad[i], NULL);
    }

    for (i = 0; i < AG_RECORD_MODELS_MAX; i++) {
        memcpy(many + 2 * i, "a ", 3);
    }

    assert_int_equal(accepts(0, "models", many, NULL)->model_count,
                     AG_RECORD_MODELS_MAX);

    memcpy(many + 2 * i, "a ", 3);
    refuses(AG_LIMIT, "\"models\": allowed are 64", "models", many, NULL);
}


static void
a_limit_is_a_number_or_money(void **state)
{
    unsigned             i;
    ag_tenant_record_t  *record;

    static const char *const  bad[] = {
        "", "0", "0k", "0.0", "-1", "1.", "x", "1 ", "1e3", "0.0000000001",
        "99999999999999999999", "1000000000000001", "2000000g"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refuses(AG_INVALID, "\"limit.NAME\": allowed", "limit.x", bad[i],
                NULL);
    }

    record = accepts(0, "limit.x", "1000000000000000", NULL);
    assert_true(record->limits[0].number == UINT64_C(1000000000000000));
    assert_int_equal(record->limits[0].money, 0);

    record = accepts(0, "limit.x", "0.000000001", NULL);
    assert_int_equal(record->limits[0].money, 1);

    refuses(AG_INVALID, "\"limit.NAME\": NAME", "limit.", "1", NULL);
    refuses(AG_INVALID, "\"limit.NAME\": NAME", "limit.a b", "1", NULL);

    /* somebody else's */

    assert_int_equal(accepts(0, "limit", "x", "limits.x", "x", NULL)
                     ->limit_count, 0);
}


static void
limits_have_their_most(void **state)
{
    unsigned            i;
    char                names[AG_LIMITS_MAX + 1][16];
    const char         *why;
    ag_redis_value_t    values[2 * AG_LIMITS_MAX + 6];
    ag_tenant_record_t  record;

    (void) state;

    values[0] = value("tenant");
    values[1] = value("a");
    values[2] = value("plan");
    values[3] = value("b");

    for (i = 0; i <= AG_LIMITS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "limit.x%u", i);
        values[4 + 2 * i] = value(names[i]);
        values[5 + 2 * i] = value("1");
    }

    assert_int_equal(ag_tenant_record_read(&record, values, 4 + 2 * i, &why),
                     AG_LIMIT);
    assert_string_equal(why, "\"limit.NAME\": allowed are 16 of them");

    assert_int_equal(ag_tenant_record_read(&record, values, 2 + 2 * i, &why),
                     AG_OK);
    assert_int_equal(record.limit_count, AG_LIMITS_MAX);
}


static void
names_fill_their_room_and_no_more(void **state)
{
    size_t  i;
    char    models[AG_RECORD_TEXT_MAX + 64], *end;

    (void) state;

    /* "acme", "gold", 15 names of 100 bytes and one of 28 */

    for (i = 0; i < 15; i++) {
        memset(models + 101 * i, 'a', 100);
        models[101 * i + 100] = ' ';
    }

    end = models + 101 * i + AG_RECORD_TEXT_MAX - 1508;
    memset(models + 101 * i, 'b', (size_t) (end - models) - 101 * i);
    *end = '\0';

    assert_int_equal(accepts(0, "models", models, NULL)->used,
                     AG_RECORD_TEXT_MAX);

    refuses(AG_LIMIT, "1536 bytes", "models", models, "limit.x", "1", NULL);

    memcpy(end, "b", 2);
    refuses(AG_LIMIT, "1536 bytes", "models", models, NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_tenant_and_its_plan_are_enough),
        cmocka_unit_test(every_field_is_kept),
        cmocka_unit_test(a_hash_without_a_tenant_or_a_plan_is_refused),
        cmocka_unit_test(what_is_no_hash_is_refused_or_not_there),
        cmocka_unit_test(names_are_names),
        cmocka_unit_test(an_end_is_a_date_a_time_or_seconds),
        cmocka_unit_test(a_list_of_models_names_some),
        cmocka_unit_test(a_limit_is_a_number_or_money),
        cmocka_unit_test(limits_have_their_most),
        cmocka_unit_test(names_fill_their_room_and_no_more)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
