/*
 * Copyright (C) ngx_agent authors
 *
 * What a client of OpenAI's embeddings asks.  Only checks: the fields are so
 * few that a provider's writer takes them from the request itself.
 *
 * Source: OpenAI's API reference, "Create embeddings".
 */


#include "dialect/ag_openai_ask_parts.h"


static int ag_openai_ask_embeddings_field(ag_openai_ask_t *a,
    yyjson_val *key, yyjson_val *value);
static unsigned ag_openai_ask_embeddings_is_input(yyjson_val *value);
static unsigned ag_openai_ask_embeddings_is_tokens(yyjson_val *value);


/* Nothing is moved: the provider's writer reads n->root. */
int
ag_openai_ask_embeddings(ag_openai_ask_t *a, yyjson_val *root)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *key, *value;

    a->n->list = "input";

    if (!ag_openai_ask_embeddings_is_input(yyjson_obj_get(root, "input"))) {
        return ag_openai_ask_invalid(a, "input",
                                     "a string, or an array of strings or "
                                     "tokens");
    }

    yyjson_obj_foreach(root, i, count, key, value) {
        rc = yyjson_is_null(value)
             ? AG_OK : ag_openai_ask_embeddings_field(a, key, value);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_openai_ask_embeddings_field(ag_openai_ask_t *a, yyjson_val *key,
    yyjson_val *value)
{
    if (yyjson_equals_str(key, "model") || yyjson_equals_str(key, "input")) {
        return AG_OK;
    }

    if (yyjson_equals_str(key, "user")) {
        a->n->user = ag_json_text(value);
        return AG_OK;
    }

    if (yyjson_equals_str(key, "encoding_format")) {
        return (yyjson_equals_str(value, "float")
                || yyjson_equals_str(value, "base64"))
               ? AG_OK
               : ag_openai_ask_invalid(a, "encoding_format",
                                       "float or base64");
    }

    if (yyjson_equals_str(key, "dimensions")) {
        return (ag_json_count(value, UINT64_MAX) > 0)
               ? AG_OK
               : ag_openai_ask_invalid(a, "dimensions",
                                       "a positive integer");
    }

    return ag_openai_ask_unknown(a, key);
}


/* One text, some texts, one text's tokens, or some of these. */
static unsigned
ag_openai_ask_embeddings_is_input(yyjson_val *value)
{
    size_t       i, count;
    yyjson_val  *element, *first;

    if (yyjson_is_str(value)) {
        return 1;
    }

    first = yyjson_arr_get_first(value);

    if (first == NULL) {
        return 0;
    }

    if (yyjson_is_num(first)) {
        return ag_openai_ask_embeddings_is_tokens(value);
    }

    yyjson_arr_foreach(value, i, count, element) {

        if (yyjson_is_str(first) ? !yyjson_is_str(element)
                                 : !ag_openai_ask_embeddings_is_tokens(element))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
ag_openai_ask_embeddings_is_tokens(yyjson_val *value)
{
    size_t       i, count;
    yyjson_val  *element;

    if (yyjson_arr_size(value) == 0) {
        return 0;
    }

    yyjson_arr_foreach(value, i, count, element) {
        if (!yyjson_is_uint(element)) {
            return 0;
        }
    }

    return 1;
}
