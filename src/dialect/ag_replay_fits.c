/*
 * Copyright (C) ngx_agent authors
 *
 * Would a value that is said at once come out of its stream as it is?  Clients
 * merge what they are told: a key twice, or two entries of one number, would
 * become something else.
 */


#include "dialect/ag_replay_parts.h"


static int ag_replay_fits_list(yyjson_val *list);
static unsigned ag_replay_fits_behind(yyjson_val *last, yyjson_val *entry);


int
ag_replay_fits_distinct(yyjson_val *object)
{
    yyjson_val       *key;
    yyjson_obj_iter   iter;

    if (!yyjson_is_obj(object)) {
        return AG_NONE;
    }

    if (yyjson_obj_size(object) > AG_REPLAY_MEMBERS_MAX) {
        return AG_LIMIT;
    }

    yyjson_obj_iter_init(object, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        if (yyjson_obj_getn(object, yyjson_get_str(key), yyjson_get_len(key))
            != yyjson_obj_iter_get_val(key))
        {
            return AG_NONE;
        }
    }

    return AG_OK;
}


int
ag_replay_fits(yyjson_val *value)
{
    int               rc;
    yyjson_val       *key;
    yyjson_obj_iter   iter;

    if (yyjson_is_arr(value)) {
        return ag_replay_fits_list(value);
    }

    if (!yyjson_is_obj(value)) {
        return AG_OK;
    }

    rc = ag_replay_fits_distinct(value);
    yyjson_obj_iter_init(value, &iter);

    while (rc == AG_OK && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        rc = ag_replay_fits(yyjson_obj_iter_get_val(key));
    }

    return rc;
}


/*
 * Only entries with a number are merged.  They must be in order, and of one
 * number there may be two if each tells a type of its own.
 */
static int
ag_replay_fits_list(yyjson_val *list)
{
    int               rc;
    size_t            count;
    yyjson_val       *entry, *index, *last, *before;
    yyjson_arr_iter   iter;

    count = 0;
    last = NULL;
    before = NULL;
    rc = AG_OK;
    yyjson_arr_iter_init(list, &iter);

    while (rc == AG_OK && (entry = yyjson_arr_iter_next(&iter)) != NULL) {
        index = yyjson_obj_get(entry, "index");

        if (!yyjson_is_uint(index)) {
            continue;
        }

        /* each may stand behind one without a number */

        if (++count > AG_REPLAY_ENTRIES_MAX / 2) {
            return AG_LIMIT;
        }

        if (!ag_replay_fits_behind(last, entry)
            || yyjson_equals(yyjson_obj_get(before, "index"), index))
        {
            return AG_NONE;
        }

        before = last;
        last = entry;
        rc = ag_replay_fits(entry);
    }

    return rc;
}


/* The two of a number differ in type; three were never seen. */
static unsigned
ag_replay_fits_behind(yyjson_val *last, yyjson_val *entry)
{
    ag_str_t  type, other;
    uint64_t  index, before;

    if (last == NULL) {
        return 1;
    }

    before = yyjson_get_uint(yyjson_obj_get(last, "index"));
    index = yyjson_get_uint(yyjson_obj_get(entry, "index"));

    if (index != before) {
        return index > before;
    }

    type = ag_json_text(yyjson_obj_get(entry, "type"));
    other = ag_json_text(yyjson_obj_get(last, "type"));

    return type.len > 0 && other.len > 0 && !ag_str_equal(type, other);
}
