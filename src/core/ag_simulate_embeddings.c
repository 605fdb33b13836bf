/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's embeddings: unit vectors that the seed, the model and the
 * input make.  Equal inputs are equal, and that is all that they mean.
 *
 * A vector is rounded to eight decimals before it is written, so that both
 * encodings say the same.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_DECIMALS    8
#define AG_SIMULATE_UNIT        100000000   /* 10 to that power */
#define AG_SIMULATE_NUMBER_MAX  16          /* bytes of ",-0.12345678" */
#define AG_SIMULATE_INPUTS_MAX  2048        /* as OpenAI's */


static void ag_simulate_embeddings_read(ag_simulate_t *s,
    const ag_json_t *json);
static void ag_simulate_embeddings_whole(ag_simulate_t *s);
static void ag_simulate_embeddings_data(ag_simulate_t *s, yyjson_val *input);
static uint64_t ag_simulate_embeddings_seed(ag_simulate_t *s,
    yyjson_val *item);
static void ag_simulate_embeddings_item(ag_simulate_t *s, size_t index,
    uint64_t seed);
static double ag_simulate_embeddings_root(double x);
static void ag_simulate_embeddings_floats(ag_simulate_t *s,
    const int32_t *vector);
static ag_char_t *ag_simulate_embeddings_number(ag_char_t *p, int32_t value);
static void ag_simulate_embeddings_base64(ag_simulate_t *s,
    const int32_t *vector);
static void ag_simulate_embeddings_bytes(int32_t value, ag_char_t *out);


const ag_simulate_endpoint_t  ag_simulate_embeddings = {
    "POST", "embeddings", AG_SIMULATE_OPENAI,
    "input", { NULL, NULL }, NULL,
    ag_simulate_embeddings_read,
    ag_simulate_embeddings_whole,
    NULL, NULL, NULL, NULL
};


static void
ag_simulate_embeddings_read(ag_simulate_t *s, const ag_json_t *json)
{
    int64_t                  dimensions;
    const ag_json_member_t  *member;

    s->dimensions = AG_SIMULATE_DIMENSIONS;
    member = ag_json_find(json, "encoding_format");

    if (member != NULL && member->type != AG_JSON_NULL) {
        s->base64 = ag_str_is(member->value, "\"base64\"") ? 1 : 0;

        if (!s->base64 && !ag_str_is(member->value, "\"float\"")) {
            ag_simulate_error_set(s, 400, "invalid_value", "encoding_format",
                                  "The encoding must be float or base64.");
        }
    }

    member = ag_json_find(json, "dimensions");

    if (member == NULL || member->type == AG_JSON_NULL) {
        return;
    }

    if (ag_json_integer(member->value, 1, AG_SIMULATE_DIMENSIONS_MAX,
                        &dimensions)
        != AG_OK)
    {
        ag_simulate_error_set(s, 400, "invalid_value", "dimensions",
                              "The simulator gives 1 to 4096 dimensions.");
        return;
    }

    s->dimensions = (uint64_t) dimensions;
}


static void
ag_simulate_embeddings_whole(ag_simulate_t *s)
{
    yyjson_doc  *doc;

    doc = ag_json_tree(s->input, NULL, 0);

    if (doc == NULL) {
        ag_simulate_error_set(s, 400, "invalid_value", "input",
                              "The input is too large.");
        return;
    }

    ag_simulate_put(s, "{\"object\":\"list\",\"data\":[");

    if (s->choices > 0) {
        ag_simulate_embeddings_data(s, yyjson_doc_get_root(doc));
    }

    yyjson_doc_free(doc);

    ag_simulate_put(s, "],\"model\":");
    ag_simulate_put_bytes(s, s->model);

    if (s->fault.id != AG_FAULT_NO_USAGE) {
        ag_simulate_put(s, ",\"usage\":{\"prompt_tokens\":");
        ag_simulate_put_number(s, s->input_tokens);
        ag_simulate_put(s, ",\"total_tokens\":");
        ag_simulate_put_number(s, s->input_tokens);
        ag_simulate_put(s, "}");
    }

    ag_simulate_put(s, "}");
}


/* A string or a list of tokens is one input; a list of either is many. */
static void
ag_simulate_embeddings_data(ag_simulate_t *s, yyjson_val *input)
{
    size_t       i, max;
    uint64_t     seed;
    yyjson_val  *item;

    if (yyjson_is_str(input) || yyjson_is_num(yyjson_arr_get_first(input))) {
        seed = ag_simulate_embeddings_seed(s, input);
        ag_simulate_embeddings_item(s, 0, seed);
        return;
    }

    if (yyjson_arr_size(input) > AG_SIMULATE_INPUTS_MAX) {
        ag_simulate_error_set(s, 400, "invalid_value", "input",
                              "The input has more than 2048 items.");
        return;
    }

    yyjson_arr_foreach(input, i, max, item) {
        seed = ag_simulate_embeddings_seed(s, item);
        ag_simulate_embeddings_item(s, i, seed);
    }
}


static uint64_t
ag_simulate_embeddings_seed(ag_simulate_t *s, yyjson_val *item)
{
    size_t       i, max;
    uint64_t     seed;
    yyjson_val  *token;

    seed = ag_simulate_seed_hash(s->options->seed, s->model);

    if (yyjson_is_str(item)) {
        return ag_simulate_seed_hash(seed, ag_json_text(item));
    }

    if (!yyjson_is_arr(item)) {
        ag_simulate_error_set(s, 400, "invalid_value", "input",
                              "The input must be strings or lists of tokens.");
        return seed;
    }

    yyjson_arr_foreach(item, i, max, token) {
        seed = ag_simulate_seed_mix(seed, yyjson_get_uint(token));
    }

    return seed;
}


static void
ag_simulate_embeddings_item(ag_simulate_t *s, size_t index, uint64_t seed)
{
    double    value, sum, scale;
    int32_t   vector[AG_SIMULATE_DIMENSIONS_MAX];
    uint64_t  i;

    if (s->error.status != 200) {
        return;
    }

    sum = 0;

    for (i = 0; i < s->dimensions; i++) {

        /* odd, so never 0: a vector always has a direction */

        vector[i] = (int32_t) ((ag_simulate_seed_mix(seed, i) & 0x7ffffffe)
                               | 1)
                    - 0x40000000;
        value = vector[i];
        sum += value * value;
    }

    scale = AG_SIMULATE_UNIT / ag_simulate_embeddings_root(sum);

    for (i = 0; i < s->dimensions; i++) {
        value = vector[i] * scale;
        vector[i] = (int32_t) (value < 0 ? value - 0.5 : value + 0.5);
    }

    ag_simulate_put(s, index > 0 ? ",{\"object\":\"embedding\",\"index\":"
                                 : "{\"object\":\"embedding\",\"index\":");
    ag_simulate_put_number(s, index);
    ag_simulate_put(s, ",\"embedding\":");

    if (s->base64) {
        ag_simulate_embeddings_base64(s, vector);

    } else {
        ag_simulate_embeddings_floats(s, vector);
    }

    ag_simulate_put(s, "}");
}


/* Newton's square root: core needs no libm for this one. */
static double
ag_simulate_embeddings_root(double x)
{
    double    root, next;
    unsigned  i;

    root = (x > 1) ? x : 1;

    for (i = 0; i < 64; i++) {
        next = (root + x / root) / 2;

        if (next >= root) {
            break;
        }

        root = next;
    }

    return root;
}


static void
ag_simulate_embeddings_floats(ag_simulate_t *s, const int32_t *vector)
{
    uint64_t    i;
    ag_char_t  *p;

    if (s->rc == AG_OK) {
        s->rc = ag_buf_reserve(s->out, (size_t) s->dimensions
                                       * AG_SIMULATE_NUMBER_MAX + 2);
    }

    if (s->rc != AG_OK) {
        return;
    }

    p = s->out->data + s->out->len;
    *p++ = '[';

    for (i = 0; i < s->dimensions; i++) {

        if (i > 0) {
            *p++ = ',';
        }

        p = ag_simulate_embeddings_number(p, vector[i]);
    }

    *p++ = ']';
    s->out->len = (size_t) (p - s->out->data);
}


/* "0.12345678", "-1.00000000" */
static ag_char_t *
ag_simulate_embeddings_number(ag_char_t *p, int32_t value)
{
    unsigned  i;
    uint32_t  digits;

    if (value < 0) {
        *p++ = '-';
        value = -value;
    }

    digits = (uint32_t) value;
    *p++ = (ag_char_t) ('0' + digits / AG_SIMULATE_UNIT);
    *p++ = '.';

    for (i = AG_SIMULATE_DECIMALS; i > 0; i--) {
        p[i - 1] = (ag_char_t) ('0' + digits % 10);
        digits /= 10;
    }

    return p + AG_SIMULATE_DECIMALS;
}


/* Little-endian float32, as OpenAI's SDKs ask for it unless told otherwise. */
static void
ag_simulate_embeddings_base64(ag_simulate_t *s, const int32_t *vector)
{
    size_t             len, i;
    uint32_t           n;
    ag_char_t          bytes[AG_SIMULATE_DIMENSIONS_MAX * 4 + 2], *p;
    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";

    len = (size_t) s->dimensions * 4;

    for (i = 0; i < s->dimensions; i++) {
        ag_simulate_embeddings_bytes(vector[i], bytes + i * 4);
    }

    memset(bytes + len, 0, 2);

    if (s->rc == AG_OK) {
        s->rc = ag_buf_reserve(s->out, len / 3 * 4 + 6);
    }

    if (s->rc != AG_OK) {
        return;
    }

    p = s->out->data + s->out->len;
    *p++ = '"';

    for (i = 0; i < len; i += 3) {
        n = (uint32_t) bytes[i] << 16 | (uint32_t) bytes[i + 1] << 8
            | bytes[i + 2];

        *p++ = (ag_char_t) digits[n >> 18];
        *p++ = (ag_char_t) digits[(n >> 12) & 63];
        *p++ = (ag_char_t) ((i + 1 < len) ? digits[(n >> 6) & 63] : '=');
        *p++ = (ag_char_t) ((i + 2 < len) ? digits[n & 63] : '=');
    }

    *p++ = '"';
    s->out->len = (size_t) (p - s->out->data);
}


static void
ag_simulate_embeddings_bytes(int32_t value, ag_char_t *out)
{
    float     number;
    unsigned  i;
    uint32_t  bits;

    number = (float) (value / (double) AG_SIMULATE_UNIT);
    memcpy(&bits, &number, sizeof(bits));

    for (i = 0; i < 4; i++) {
        out[i] = (ag_char_t) (bits >> (8 * i));
    }
}
