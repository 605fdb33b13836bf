/*
 * Copyright (C) ngx_agent authors
 *
 * Reads one row of a file of model facts.  What it leaves out is unknown,
 * never taken from another row.
 */


#include "core/ag_name.h"
#include "dialect/ag_facts_parts.h"

#include <math.h>


#define AG_FACTS_ROW_MILLION  1000000   /* USD per million tokens at most, and
                                           parts of a dollar at least */


static int ag_facts_row_name(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);
static int ag_facts_row_tokens(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);
static int ag_facts_row_thinking(ag_facts_reader_t *reader,
    yyjson_val *value, void *out);
static int ag_facts_row_refuses(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);
static int ag_facts_row_price(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);
static int ag_facts_row_dollars(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);


#define AG_FACTS_ROW_COUNT(array)  (sizeof(array) / sizeof(array[0]))


static const ag_facts_member_t  ag_facts_row_members[] = {
    { "name", ag_facts_row_name, offsetof(ag_facts_t, name), 1 },
    { "context_window", ag_facts_row_tokens,
      offsetof(ag_facts_t, context_window), 0 },
    { "max_output_tokens", ag_facts_row_tokens,
      offsetof(ag_facts_t, max_output_tokens), 0 },
    { "thinking", ag_facts_row_thinking, offsetof(ag_facts_t, thinking), 0 },
    { "refuses", ag_facts_row_refuses, offsetof(ag_facts_t, refuses), 0 },
    { "price", ag_facts_row_price, offsetof(ag_facts_t, price), 0 }
};


/* Without the first two a call cannot be priced. */
static const ag_facts_member_t  ag_facts_row_prices[] = {
    { "input", ag_facts_row_dollars, offsetof(ag_price_t, input), 1 },
    { "output", ag_facts_row_dollars, offsetof(ag_price_t, output), 1 },
    { "cached", ag_facts_row_dollars, offsetof(ag_price_t, cached), 0 },
    { "written", ag_facts_row_dollars, offsetof(ag_price_t, written), 0 }
};


/* In the order of ag_thinking_t, behind "unknown", which no row says. */
static const char *const  ag_facts_row_thinkings[] = {
    "none", "budget", "adaptive", "level", "effort"
};


#define AG_FACTS_ROW_WORD(id, word)  word,

static const char *const  ag_facts_row_refusals[] = {
    AG_REFUSALS(AG_FACTS_ROW_WORD)
};


int
ag_facts_row(ag_facts_reader_t *reader, yyjson_val *value, ag_facts_t *facts)
{
    reader->row++;
    reader->name = ag_json_text(yyjson_obj_get(value, "name"));
    reader->member = NULL;

    facts->price.input = AG_PRICE_UNKNOWN;
    facts->price.cached = AG_PRICE_UNKNOWN;
    facts->price.written = AG_PRICE_UNKNOWN;
    facts->price.output = AG_PRICE_UNKNOWN;

    return ag_facts_read_members(reader, value, ag_facts_row_members,
                                 AG_FACTS_ROW_COUNT(ag_facts_row_members),
                                 facts);
}


static int
ag_facts_row_name(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    const char  *allowed;

    allowed = ag_name_refuse(ag_json_text(value), AG_NAME_PATTERN);

    if (allowed != NULL) {
        return ag_facts_read_expected(reader, value, allowed);
    }

    return ag_facts_read_text(reader, ag_json_text(value), out);
}


static int
ag_facts_row_tokens(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    uint64_t  tokens;

    tokens = yyjson_get_uint(value);

    if (tokens == 0 || tokens > AG_TOKENS_MAX) {
        return ag_facts_read_expected(reader, value,
                                      "expected a number of tokens up "
                                      "to 1000000000");
    }

    *(uint64_t *) out = tokens;

    return AG_OK;
}


static int
ag_facts_row_thinking(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    int     rc;
    size_t  word;

    rc = ag_facts_read_word(reader, value, ag_facts_row_thinkings,
                            sizeof(ag_facts_row_thinkings[0]),
                            AG_FACTS_ROW_COUNT(ag_facts_row_thinkings),
                            &word);

    *(ag_thinking_t *) out = (ag_thinking_t) (word + 1);

    return rc;
}


static int
ag_facts_row_refuses(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    size_t           word;
    uint32_t        *refuses;
    yyjson_val      *element;
    yyjson_arr_iter  iter;

    if (!yyjson_is_arr(value)) {
        return ag_facts_read_expected(reader, value,
                                      "expected an array of words");
    }

    refuses = out;
    yyjson_arr_iter_init(value, &iter);

    for (element = yyjson_arr_iter_next(&iter); element != NULL;
         element = yyjson_arr_iter_next(&iter))
    {
        if (ag_facts_read_word(reader, element, ag_facts_row_refusals,
                               sizeof(ag_facts_row_refusals[0]),
                               AG_FACTS_ROW_COUNT(ag_facts_row_refusals),
                               &word)
            != AG_OK)
        {
            return AG_INVALID;
        }

        if (*refuses & (1u << word)) {
            return ag_facts_read_fail(reader, "\"%s\" is there twice",
                                      ag_facts_row_refusals[word]);
        }

        *refuses |= 1u << word;
    }

    return AG_OK;
}


static int
ag_facts_row_price(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    int  rc;

    if (!yyjson_is_obj(value)) {
        return ag_facts_read_expected(reader, value, "expected an object");
    }

    reader->within = "price.";

    rc = ag_facts_read_members(reader, value, ag_facts_row_prices,
                               AG_FACTS_ROW_COUNT(ag_facts_row_prices), out);

    if (rc == AG_OK) {
        reader->within = "";
    }

    return rc;
}


/*
 * A double holds a million dollars to some 1e-10: what rounding takes from
 * the millionths tells whether there is a seventh decimal.
 */
static int
ag_facts_row_dollars(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    double  dollars, exact, millionths;

    dollars = yyjson_is_num(value) ? yyjson_get_num(value) : -1;
    exact = dollars * AG_FACTS_ROW_MILLION;
    millionths = floor(exact + 0.5);

    if (!(dollars >= 0 && dollars <= AG_FACTS_ROW_MILLION)
        || fabs(exact - millionths) > 0.001)
    {
        return ag_facts_read_expected(reader, value, "expected USD per million "
                                      "tokens, 0 to 1000000, up to six "
                                      "decimals");
    }

    *(uint64_t *) out = (uint64_t) millionths;

    return AG_OK;
}
