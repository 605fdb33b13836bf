/*
 * Copyright (C) ngx_agent authors
 *
 * Compares JSON as values: the order of members is no part of one.  An
 * expected "<any>" is any text but none, "<number>" any number.
 */


#ifndef _GOLDEN_JSON_H_INCLUDED_
#define _GOLDEN_JSON_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>


#define GOLDEN_PATH_MAX  1024


/* Where two values differ first. */
typedef struct {
    char    path[GOLDEN_PATH_MAX];
    size_t  len;
} golden_at_t;


static inline unsigned golden_equal(yyjson_val *expected, yyjson_val *got,
    golden_at_t *at);


static inline size_t
golden_step(golden_at_t *at, const char *name, size_t index)
{
    int     n;
    size_t  before;

    before = at->len;

    n = (name != NULL)
        ? snprintf(at->path + at->len, GOLDEN_PATH_MAX - at->len, ".%s", name)
        : snprintf(at->path + at->len, GOLDEN_PATH_MAX - at->len, "[%zu]",
                   index);

    at->len += (n > 0) ? (size_t) n : 0;

    if (at->len >= GOLDEN_PATH_MAX) {
        at->len = GOLDEN_PATH_MAX - 1;
    }

    return before;
}


static inline void
golden_back(golden_at_t *at, size_t before)
{
    at->len = before;
    at->path[before] = '\0';
}


static inline unsigned
golden_equal_objects(yyjson_val *expected, yyjson_val *got, golden_at_t *at)
{
    size_t            before;
    yyjson_val       *key, *other;
    yyjson_obj_iter   it;

    yyjson_obj_iter_init(expected, &it);

    while ((key = yyjson_obj_iter_next(&it)) != NULL) {
        before = golden_step(at, yyjson_get_str(key), 0);
        other = yyjson_obj_getn(got, yyjson_get_str(key),
                                yyjson_get_len(key));

        if (other == NULL
            || !golden_equal(yyjson_obj_iter_get_val(key), other, at))
        {
            return 0;
        }

        golden_back(at, before);
    }

    yyjson_obj_iter_init(got, &it);

    while ((key = yyjson_obj_iter_next(&it)) != NULL) {

        if (yyjson_obj_getn(expected, yyjson_get_str(key),
                            yyjson_get_len(key)) == NULL)
        {
            golden_step(at, yyjson_get_str(key), 0);
            return 0;
        }
    }

    /* a key that is there twice */

    return yyjson_obj_size(expected) == yyjson_obj_size(got);
}


static inline unsigned
golden_equal_arrays(yyjson_val *expected, yyjson_val *got, golden_at_t *at)
{
    size_t            i, before;
    yyjson_val       *one, *other;
    yyjson_arr_iter   left, right;

    yyjson_arr_iter_init(expected, &left);
    yyjson_arr_iter_init(got, &right);

    for (i = 0; /* void */ ; i++) {
        one = yyjson_arr_iter_next(&left);
        other = yyjson_arr_iter_next(&right);

        if (one == NULL && other == NULL) {
            return 1;
        }

        before = golden_step(at, NULL, i);

        if (one == NULL || other == NULL || !golden_equal(one, other, at)) {
            return 0;
        }

        golden_back(at, before);
    }
}


static inline unsigned
golden_equal(yyjson_val *expected, yyjson_val *got, golden_at_t *at)
{
    if (yyjson_equals_str(expected, "<any>")) {
        return yyjson_is_str(got) && yyjson_get_len(got) > 0;
    }

    if (yyjson_equals_str(expected, "<number>")) {
        return yyjson_is_num(got) || yyjson_is_raw(got);
    }

    if (yyjson_is_num(expected) && yyjson_is_num(got)) {
        return yyjson_is_real(expected) || yyjson_is_real(got)
               ? yyjson_get_num(expected) == yyjson_get_num(got)
               : yyjson_equals(expected, got);
    }

    if (yyjson_get_type(expected) != yyjson_get_type(got)) {
        return 0;
    }

    if (yyjson_is_obj(expected)) {
        return golden_equal_objects(expected, got, at);
    }

    if (yyjson_is_arr(expected)) {
        return golden_equal_arrays(expected, got, at);
    }

    if (yyjson_is_raw(expected)) {
        return yyjson_get_len(expected) == yyjson_get_len(got)
               && memcmp(yyjson_get_raw(expected), yyjson_get_raw(got),
                         yyjson_get_len(got)) == 0;
    }

    return yyjson_equals(expected, got);
}


static inline void
golden_print(const char *what, const yyjson_val *value)
{
    char  *text;

    text = yyjson_val_write(value, YYJSON_WRITE_PRETTY_TWO_SPACES, NULL);
    printf("  %s:\n%s\n", what, text != NULL ? text : "(nothing)");
    free(text);
}


#endif /* _GOLDEN_JSON_H_INCLUDED_ */
