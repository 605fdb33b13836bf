/*
 * Copyright (C) ngx_agent authors
 *
 * Are two values the same JSON?  1.0 is 1, and the order of an object's
 * members means nothing.  What it costs is counted, by bytes where they are
 * many: uniqueItems compares all with all.
 */


#include "core/ag_schema_parts.h"


static int ag_schema_equal_at(ag_schema_run_t *run, yyjson_val *a,
    yyjson_val *b, unsigned depth);
static inline unsigned ag_schema_equal_differ(yyjson_val *a, yyjson_val *b);
static int ag_schema_equal_arrays(ag_schema_run_t *run, yyjson_val *a,
    yyjson_val *b, unsigned depth);
static int ag_schema_equal_objects(ag_schema_run_t *run, yyjson_val *a,
    yyjson_val *b, unsigned depth);
static int ag_schema_equal_numbers(ag_schema_run_t *run, yyjson_val *a,
    yyjson_val *b);


int
ag_schema_equal(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b)
{
    return ag_schema_equal_at(run, a, b, 0);
}


yyjson_val *
ag_schema_equal_member(ag_schema_run_t *run, yyjson_val *object,
    yyjson_val *key)
{
    /* the keys are compared one after the other */

    if (ag_schema_spend(run, 1 + yyjson_obj_size(object) / 4) != AG_OK) {
        return NULL;
    }

    return yyjson_obj_getn(object, yyjson_get_str(key), yyjson_get_len(key));
}


uint64_t
ag_schema_equal_price(yyjson_val *number)
{
    /* every digit is read, and a great exponent takes microseconds */

    return yyjson_is_raw(number) ? 1024 + yyjson_get_len(number) : 0;
}


static int
ag_schema_equal_at(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b,
    unsigned depth)
{
    unsigned  type;

    if (depth > AG_JSON_DEPTH_MAX) {
        return AG_LIMIT;
    }

    type = ag_schema_type(a);

    if (type != ag_schema_type(b) || ag_schema_equal_differ(a, b)) {
        return (ag_schema_spend(run, 2) == AG_OK) ? AG_NONE : AG_LIMIT;
    }

    if (ag_schema_spend(run, AG_SCHEMA_PRICE) != AG_OK) {
        return AG_LIMIT;
    }

    switch (type) {

    case AG_SCHEMA_NULL:
        return AG_OK;

    case AG_SCHEMA_BOOLEAN:
        return yyjson_get_bool(a) == yyjson_get_bool(b) ? AG_OK : AG_NONE;

    case AG_SCHEMA_NUMBER:
        return ag_schema_equal_numbers(run, a, b);

    case AG_SCHEMA_STRING:
        if (ag_schema_spend(run, yyjson_get_len(a) / 64) != AG_OK) {
            return AG_LIMIT;
        }

        return ag_str_equal(ag_json_text(a), ag_json_text(b)) ? AG_OK
                                                              : AG_NONE;

    case AG_SCHEMA_ARRAY:
        return ag_schema_equal_arrays(run, a, b, depth);

    default:
        return ag_schema_equal_objects(run, a, b, depth);
    }
}


/* Tells most values of one type apart without looking into them. */
static inline unsigned
ag_schema_equal_differ(yyjson_val *a, yyjson_val *b)
{
    size_t  len;

    if (yyjson_is_uint(a) && yyjson_is_uint(b)) {
        return yyjson_get_uint(a) != yyjson_get_uint(b);
    }

    if (!yyjson_is_str(a)) {
        return yyjson_is_ctn(a) && yyjson_get_len(a) != yyjson_get_len(b);
    }

    len = yyjson_get_len(a);

    return len != yyjson_get_len(b)
           || (len > 0 && yyjson_get_str(a)[len - 1]
                          != yyjson_get_str(b)[len - 1]);
}


/* Both are of one length. */
static int
ag_schema_equal_arrays(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b,
    unsigned depth)
{
    int              rc;
    yyjson_val      *x;
    yyjson_arr_iter  left, right;

    (void) yyjson_arr_iter_init(a, &left);
    (void) yyjson_arr_iter_init(b, &right);

    while ((x = yyjson_arr_iter_next(&left)) != NULL) {
        rc = ag_schema_equal_at(run, x, yyjson_arr_iter_next(&right),
                                depth + 1);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/*
 * Both have as many members, so that all of one found in the other are all
 * of both, as long as the first has no key twice.
 */
static int
ag_schema_equal_objects(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b,
    unsigned depth)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *value, *other;

    yyjson_obj_foreach(a, i, max, key, value) {
        other = ag_schema_equal_member(run, b, key);

        if (other == NULL) {
            return (run->work == 0) ? AG_LIMIT : AG_NONE;
        }

        rc = ag_schema_equal_at(run, value, other, depth + 1);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_schema_equal_numbers(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b)
{
    ag_schema_number_t  x, y;

    if (ag_schema_spend(run, ag_schema_equal_price(a)
                             + ag_schema_equal_price(b)) != AG_OK)
    {
        return AG_LIMIT;
    }

    ag_schema_number_read(a, &x);
    ag_schema_number_read(b, &y);

    return ag_schema_number_compare(&x, &y) == 0 ? AG_OK : AG_NONE;
}
