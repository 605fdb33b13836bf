/*
 * Copyright (C) ngx_agent authors
 *
 * Tests that need no other schema: types, values, bounds, names.  Each is
 * only called with values of the types that its keyword is about: a string
 * has no minimum, and so keeps to any.
 *
 * What takes longer the longer a value is, is paid for by its length.
 */


#include "core/ag_schema_parts.h"


#define AG_SCHEMA_ASSERT_WRITTEN  400   /* units of writing a double */


static int ag_schema_assert_order(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value, int *order);
static int ag_schema_assert_length(ag_schema_frame_t *frame,
    yyjson_val *value, uint64_t *length);
static int ag_schema_assert_has(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *object, yyjson_val *names);


int
ag_schema_assert_type(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    unsigned            type;
    ag_schema_number_t  number;

    type = ag_schema_type(value);

    if (rule->least & type) {
        return AG_OK;
    }

    if (type == AG_SCHEMA_NUMBER && (rule->least & AG_SCHEMA_INTEGER)) {

        if (ag_schema_spend(frame->run, ag_schema_equal_price(value))
            != AG_OK)
        {
            return AG_LIMIT;
        }

        ag_schema_number_read(value, &number);

        if (ag_schema_number_is_integer(&number)) {
            return AG_OK;
        }
    }

    return ag_schema_fail_rule(frame, rule);
}


/* The schema's value comes first: of the two it holds no key twice. */
int
ag_schema_assert_enum(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *one;

    yyjson_arr_foreach(rule->value, i, max, one) {
        rc = ag_schema_equal(frame->run, one, value);

        if (rc != AG_NONE) {
            return rc;
        }
    }

    return ag_schema_fail_rule(frame, rule);
}


int
ag_schema_assert_const(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int  rc;

    rc = ag_schema_equal(frame->run, rule->value, value);

    return (rc == AG_NONE) ? ag_schema_fail_rule(frame, rule) : rc;
}


/* Four bounds differ only in the order that they forbid. */
int
ag_schema_assert_minimum(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int  rc, order;

    rc = ag_schema_assert_order(frame, rule, value, &order);

    return (rc == AG_OK && order < 0) ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_assert_maximum(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int  rc, order;

    rc = ag_schema_assert_order(frame, rule, value, &order);

    return (rc == AG_OK && order > 0) ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_assert_above(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int  rc, order;

    rc = ag_schema_assert_order(frame, rule, value, &order);

    return (rc == AG_OK && order <= 0) ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_assert_below(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value)
{
    int  rc, order;

    rc = ag_schema_assert_order(frame, rule, value, &order);

    return (rc == AG_OK && order >= 0) ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_assert_multiple(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    uint64_t            price;
    ag_schema_number_t  number;

    /* a number with its fraction is written and read up to three times */

    price = 32 + (yyjson_is_real(value) ? AG_SCHEMA_ASSERT_WRITTEN
                                        : ag_schema_equal_price(value));

    if (ag_schema_spend(frame->run, price) != AG_OK) {
        return AG_LIMIT;
    }

    ag_schema_number_read(value, &number);

    if (!ag_schema_number_is_multiple(&number, rule->least,
                                      (int64_t) rule->most))
    {
        return ag_schema_fail_rule(frame, rule);
    }

    return AG_OK;
}


int
ag_schema_assert_min_length(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int       rc;
    uint64_t  length;

    /* a character takes 1 to 4 bytes: most need not be counted */

    length = yyjson_get_len(value) / 4;
    rc = AG_OK;

    if (length < rule->least) {
        rc = ag_schema_assert_length(frame, value, &length);
    }

    return (rc == AG_OK && length < rule->least)
           ? ag_schema_fail_rule(frame, rule) : rc;
}


/* No string has more characters than bytes. */
int
ag_schema_assert_max_length(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int       rc;
    uint64_t  length;

    length = yyjson_get_len(value);
    rc = AG_OK;

    if (length > rule->most) {
        rc = ag_schema_assert_length(frame, value, &length);
    }

    return (rc == AG_OK && length > rule->most)
           ? ag_schema_fail_rule(frame, rule) : rc;
}


int
ag_schema_assert_pattern(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int  rc;

    rc = ag_schema_apply_match(frame->run,
                               &frame->run->schema->links[rule->link],
                               ag_json_text(value));

    return (rc == AG_NONE) ? ag_schema_fail_rule(frame, rule) : rc;
}


/* The length of a container is the count of what it holds. */
int
ag_schema_assert_min_size(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    return (yyjson_get_len(value) < rule->least)
           ? ag_schema_fail_rule(frame, rule) : AG_OK;
}


int
ag_schema_assert_max_size(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    return (yyjson_get_len(value) > rule->most)
           ? ag_schema_fail_rule(frame, rule) : AG_OK;
}


/* All are compared with all: no memory is needed, and the budget holds. */
int
ag_schema_assert_unique(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int              rc;
    yyjson_val      *one, *other;
    yyjson_arr_iter  ones, others;

    (void) yyjson_arr_iter_init(value, &ones);

    while ((one = yyjson_arr_iter_next(&ones)) != NULL) {

        others = ones;

        while ((other = yyjson_arr_iter_next(&others)) != NULL) {
            rc = ag_schema_equal(frame->run, one, other);

            if (rc == AG_OK) {
                return ag_schema_fail_rule(frame, rule);
            }

            if (rc != AG_NONE) {
                return rc;
            }
        }
    }

    return AG_OK;
}


/* Each name is looked up, at a price that grows with the object. */
int
ag_schema_assert_required(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    return ag_schema_assert_has(frame, rule, value, rule->value);
}


int
ag_schema_assert_dependent(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *key, *names;

    yyjson_obj_foreach(rule->value, i, max, key, names) {

        if (ag_schema_equal_member(frame->run, value, key) != NULL) {
            rc = ag_schema_assert_has(frame, rule, value, names);

        } else {
            rc = (frame->run->work == 0) ? AG_LIMIT : AG_OK;
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* How the value stands to the keyword's number. */
static int
ag_schema_assert_order(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *value, int *order)
{
    ag_schema_number_t  number, bound;

    *order = 0;

    if (ag_schema_spend(frame->run, ag_schema_equal_price(value)
                                    + ag_schema_equal_price(rule->value))
        != AG_OK)
    {
        return AG_LIMIT;
    }

    ag_schema_number_read(value, &number);
    ag_schema_number_read(rule->value, &bound);

    *order = ag_schema_number_compare(&number, &bound);

    return AG_OK;
}


/* Counts the characters of a string: the bytes that continue none. */
static int
ag_schema_assert_length(ag_schema_frame_t *frame, yyjson_val *value,
    uint64_t *length)
{
    size_t    i;
    uint64_t  word;
    ag_str_t  text;

    text = ag_json_text(value);
    *length = text.len;

    if (ag_schema_spend(frame->run, text.len / 16) != AG_OK) {
        return AG_LIMIT;
    }

    for (i = 0; text.len - i >= 8; i += 8) {

        /* 10xxxxxx leaves a 1 in its byte, and the product adds them up */

        word = ag_word(text.data + i);
        word = (word >> 7) & ~(word >> 6) & ag_word_of(1);
        *length -= (word * ag_word_of(1)) >> 56;
    }

    for ( /* void */ ; i < text.len; i++) {
        *length -= ((text.data[i] & 0xc0) == 0x80);
    }

    return AG_OK;
}


/* Does the object have all members of these names? */
static int
ag_schema_assert_has(ag_schema_frame_t *frame, const ag_schema_rule_t *rule,
    yyjson_val *object, yyjson_val *names)
{
    size_t       i, max;
    yyjson_val  *name;

    yyjson_arr_foreach(names, i, max, name) {

        if (ag_schema_equal_member(frame->run, object, name) != NULL) {
            continue;
        }

        return (frame->run->work == 0) ? AG_LIMIT
                                       : ag_schema_fail_rule(frame, rule);
    }

    return AG_OK;
}
