/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the facts of a model.  Names that differ in the case of letters only
 * are one name: the same weights are "Llama-3.3-70B" here and
 * "llama-3.3-70b" there.  What is not known is not guessed at, but for the
 * few things without which a dialect cannot write a request at all.
 */


#include "core/ag_name.h"
#include "dialect/ag_facts_parts.h"


/* Rows of a table, to search a part of them. */
typedef struct {
    const ag_facts_t  *rows;
    uint32_t           count;
} ag_facts_rows_t;


typedef struct {
    const char  *dialect;
    ag_facts_t   facts;
} ag_facts_assumed_t;


static const ag_facts_t *ag_facts_search(ag_facts_rows_t rows,
    ag_str_t model);
static const ag_facts_t *ag_facts_exact(ag_facts_rows_t rows, ag_str_t name);
static const ag_facts_t *ag_facts_prefix(ag_facts_rows_t rows,
    ag_str_t name);
static uint32_t ag_facts_up_to(ag_facts_rows_t rows, ag_str_t name);
static ag_str_t ag_facts_key(ag_str_t name);
static size_t ag_facts_common(ag_str_t a, ag_str_t b);
static int ag_facts_compare(ag_str_t a, ag_str_t b);
static ag_char_t ag_facts_lower(ag_char_t c);
static size_t ag_facts_vendor(ag_str_t model);


#define AG_FACTS_NO_PRICE                                                     \
    { AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN, AG_PRICE_UNKNOWN }


/*
 * Of a name that no table knows.  Anthropic's dialect demands max_tokens, and
 * its newest models are the likelier ones; Gemini's has two ways to ask for
 * reasoning, of which a wrong one is refused, so none is used.  The name is
 * empty: these are no limits of a model.
 */
static const ag_facts_assumed_t  ag_facts_assumed[] = {
    { "anthropic",
      { ag_null_string, 200000, 8192, AG_THINKING_ADAPTIVE, 0,
        AG_FACTS_NO_PRICE } },
    { "gemini",
      { ag_null_string, 0, 8192, AG_THINKING_UNKNOWN, 0,
        AG_FACTS_NO_PRICE } }
};


static const ag_facts_t  ag_facts_unknown = {
    ag_null_string, 0, 0, AG_THINKING_UNKNOWN, 0, AG_FACTS_NO_PRICE
};


const ag_facts_t *
ag_facts_find(const ag_facts_table_t *table, ag_str_t model,
    const ag_dialect_t *provider)
{
    size_t             i;
    ag_facts_rows_t    rows;
    const ag_facts_t  *found;

    if (table != NULL) {
        rows.rows = table->rows;
        rows.count = table->count;
        found = ag_facts_search(rows, model);

        if (found != NULL) {
            return found;
        }
    }

    rows.rows = ag_facts_default;
    rows.count = ag_facts_default_count;
    found = ag_facts_search(rows, model);

    if (found != NULL) {
        return found;
    }

    for (i = 0; i < sizeof(ag_facts_assumed) / sizeof(ag_facts_assumed[0]);
         i++)
    {
        if (provider != NULL
            && strcmp(provider->name, ag_facts_assumed[i].dialect) == 0)
        {
            return &ag_facts_assumed[i].facts;
        }
    }

    return &ag_facts_unknown;
}


const char *
ag_facts_dated(void)
{
    return ag_facts_default_dated;
}


int
ag_facts_order(ag_str_t a, ag_str_t b)
{
    int  order;

    order = ag_facts_compare(ag_facts_key(a), ag_facts_key(b));

    if (order != 0) {
        return order;
    }

    return ag_name_is_pattern(b) - ag_name_is_pattern(a);
}


/*
 * With a vendor's prefix a name has two chances.  Of two prefixes the one
 * that covers more of the model's own name wins, so that "*" does not
 * hide what is known of "claude-opus-4-5*".
 */
static const ag_facts_t *
ag_facts_search(ag_facts_rows_t rows, ag_str_t model)
{
    size_t             vendor;
    ag_str_t           own;
    const ag_facts_t  *found, *bare;

    vendor = ag_facts_vendor(model);
    found = ag_facts_exact(rows, model);

    if (vendor == 0) {
        return (found != NULL) ? found : ag_facts_prefix(rows, model);
    }

    own = ag_str(model.data + vendor, model.len - vendor);

    if (found == NULL) {
        found = ag_facts_exact(rows, own);
    }

    if (found != NULL) {
        return found;
    }

    found = ag_facts_prefix(rows, model);
    bare = ag_facts_prefix(rows, own);

    if (found == NULL
        || (bare != NULL && bare->name.len + vendor > found->name.len))
    {
        return bare;
    }

    return found;
}


static const ag_facts_t *
ag_facts_exact(ag_facts_rows_t rows, ag_str_t name)
{
    uint32_t           n;
    const ag_facts_t  *row;

    n = ag_facts_up_to(rows, name);

    if (n == 0) {
        return NULL;
    }

    row = rows.rows + n - 1;        /* the exact one is the last of equals */

    return (ag_facts_compare(row->name, name) == 0) ? row : NULL;
}


/*
 * The longest prefix is the last row up to "name", or up to what "name" has
 * in common with that row, and so on: every turn drops a row, and all but
 * one after another of equal length shorten the name.
 */
static const ag_facts_t *
ag_facts_prefix(ag_facts_rows_t rows, ag_str_t name)
{
    ag_str_t           key;
    const ag_facts_t  *row;

    for ( ;; ) {
        rows.count = ag_facts_up_to(rows, name);

        if (rows.count == 0) {
            return NULL;
        }

        row = rows.rows + --rows.count;
        key = ag_facts_key(row->name);
        name.len = ag_facts_common(key, name);

        if (name.len == key.len && ag_name_is_pattern(row->name)) {
            return row;
        }
    }
}


/* The number of rows whose key is not greater than the name. */
static uint32_t
ag_facts_up_to(ag_facts_rows_t rows, ag_str_t name)
{
    uint32_t  low, high, middle;

    low = 0;
    high = rows.count;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (ag_facts_compare(ag_facts_key(rows.rows[middle].name), name)
            <= 0)
        {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


/* The name without the "*" at its end. */
static ag_str_t
ag_facts_key(ag_str_t name)
{
    if (ag_name_is_pattern(name)) {
        name.len--;
    }

    return name;
}


/* The bytes that both begin with. */
static size_t
ag_facts_common(ag_str_t a, ag_str_t b)
{
    size_t  i;

    for (i = 0; i < a.len && i < b.len; i++) {
        if (ag_facts_lower(a.data[i]) != ag_facts_lower(b.data[i])) {
            break;
        }
    }

    return i;
}


static int
ag_facts_compare(ag_str_t a, ag_str_t b)
{
    size_t  n;

    n = ag_facts_common(a, b);

    if (n < a.len && n < b.len) {
        return (int) ag_facts_lower(a.data[n])
               - (int) ag_facts_lower(b.data[n]);
    }

    return (n < a.len) - (n < b.len);
}


static ag_char_t
ag_facts_lower(ag_char_t c)
{
    return (c >= 'A' && c <= 'Z') ? (ag_char_t) (c | 0x20) : c;
}


/*
 * The length of what stands before the model's own name: all up to the last
 * "/" ("models/", "openrouter/anthropic/"), and words of letters that end
 * with a dot ("us.anthropic."); a version has a digit before its dot.
 */
static size_t
ag_facts_vendor(ag_str_t model)
{
    size_t     i, vendor;
    ag_char_t  c;

    vendor = 0;

    for (i = model.len; i != 0; i--) {
        if (model.data[i - 1] == '/') {
            vendor = i;
            break;
        }
    }

    for (i = vendor; i < model.len; i++) {
        c = ag_facts_lower(model.data[i]);

        if (c == '.') {
            vendor = i + 1;

        } else if ((c < 'a' || c > 'z') && c != '-') {
            break;
        }
    }

    return vendor;
}
