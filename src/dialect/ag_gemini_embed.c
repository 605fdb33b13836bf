/*
 * Copyright (C) ngx_agent authors
 *
 * Embeddings: one request and one vector for each text.  A vector is heard
 * as a text block that holds a JSON array.
 */


#include "dialect/ag_gemini_parts.h"


static int ag_gemini_embed_text(ag_gemini_tell_t *t, yyjson_val *text,
    yyjson_val *dimensions);
static unsigned ag_gemini_embed_is_all(const ag_reader_t *r, size_t count);
static unsigned ag_gemini_embed_gather(ag_reader_t *r, yyjson_val *list,
    size_t count, ag_buf_t *buf, size_t *ends);
static yyjson_val *ag_gemini_embed_list(yyjson_val *root);
static yyjson_val *ag_gemini_embed_values(yyjson_val *value);
static void ag_gemini_embed_usage(ag_reader_t *r, yyjson_val *root,
    yyjson_val *list);


int
ag_gemini_embed_tell(ag_gemini_tell_t *t)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *input, *text, *dimensions;

    input = yyjson_obj_get(t->n->root, "input");
    dimensions = yyjson_obj_get(t->n->root, "dimensions");

    ag_put_open(&t->put, NULL, '{');
    ag_put_open(&t->put, "requests", '[');

    rc = AG_OK;

    if (yyjson_is_str(input)) {
        rc = ag_gemini_embed_text(t, input, dimensions);

    } else if (yyjson_arr_size(input) == 0) {
        return ag_neutral_invalid(t->n, t->error, "input", 0,
                                  "a string or an array of strings");
    }

    yyjson_arr_foreach(input, i, count, text) {
        rc = ag_gemini_embed_text(t, text, dimensions);

        if (rc != AG_OK) {
            return rc;
        }
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');

    if (t->n->user.len > 0 || yyjson_obj_get(t->n->root, "user") != NULL) {
        ag_outbound_drop(t->to, "user");
    }

    return rc;
}


void
ag_gemini_embed_hear(ag_reader_t *r, yyjson_val *root)
{
    size_t            i, count, begin, *ends;
    ag_buf_t         *buf;
    yyjson_val       *list;
    ag_open_block_t  *block;

    static const ag_str_t  none = ag_null_string;

    list = ag_gemini_embed_list(root);
    count = yyjson_is_obj(list) ? 1 : yyjson_arr_size(list);

    if (count == 0 || !ag_gemini_embed_is_all(r, count)) {
        r->delta->failed = 1;
        r->delta->error = ag_error_classify_tree(0, root);
        return;
    }

    buf = ag_gemini_hear_buf(r);
    ends = ag_arena_alloc(r->arena, count * sizeof(size_t));

    if (buf == NULL || ends == NULL) {
        r->rc = AG_NOMEM;
        return;
    }

    if (!ag_gemini_embed_gather(r, list, count, buf, ends)) {
        return;
    }

    ag_gemini_embed_usage(r, root, list);

    for (i = 0, begin = 0; i < count; i++) {
        block = ag_reader_open(r, 0, (uint32_t) i, AG_BLOCK_TEXT, none, none);
        ag_reader_add(r, block, ag_str(buf->data + begin, ends[i] - begin));
        ag_reader_close(r, block);
        begin = ends[i];
    }

    ag_reader_finish(r, 0, AG_FINISH_STOP);
    ag_reader_end(r);
}


/* One vector for each text: a client knows them by their numbers. */
static unsigned
ag_gemini_embed_is_all(const ag_reader_t *r, size_t count)
{
    yyjson_val  *input;

    if (r->request == NULL) {
        return 1;
    }

    input = yyjson_obj_get(r->request->root, "input");

    return count == (yyjson_is_arr(input) ? yyjson_arr_size(input) : 1);
}


/*
 * Writes all vectors before the first one is said: the buffer grows, and
 * moves.  0: not all are vectors, or r->rc says why.
 */
static unsigned
ag_gemini_embed_gather(ag_reader_t *r, yyjson_val *list, size_t count,
    ag_buf_t *buf, size_t *ends)
{
    size_t       i;
    yyjson_val  *value, *values;

    value = yyjson_is_obj(list) ? list : yyjson_arr_get_first(list);

    for (i = 0; i < count; i++) {
        values = ag_gemini_embed_values(value);

        if (values == NULL) {
            r->delta->failed = 1;
            r->delta->error = AG_E_BAD_RESPONSE;
            return 0;
        }

        r->rc = ag_json_add(buf, values);

        if (r->rc != AG_OK) {
            return 0;
        }

        ends[i] = buf->len;
        value = unsafe_yyjson_get_next(value);
    }

    return 1;
}


static int
ag_gemini_embed_text(ag_gemini_tell_t *t, yyjson_val *text,
    yyjson_val *dimensions)
{
    ag_put_t  *p;

    if (!yyjson_is_str(text)) {
        return ag_outbound_unsupported(t->n, t->to, t->error, "input", 0,
                                       "input of token numbers");
    }

    p = &t->put;

    ag_put_open(p, NULL, '{');
    ag_gemini_tell_model(t, "model");
    ag_put_open(p, "content", '{');
    ag_put_open(p, "parts", '[');
    ag_put_open(p, NULL, '{');
    ag_put_text(p, "text", ag_json_text(text));
    ag_put_close(p, '}');
    ag_put_close(p, ']');
    ag_put_close(p, '}');

    if (yyjson_is_num(dimensions)) {
        ag_put_value(p, "outputDimensionality", dimensions);
    }

    ag_put_close(p, '}');

    return AG_OK;
}


/* A batch's list, the cloud's one, or the one of a single request. */
static yyjson_val *
ag_gemini_embed_list(yyjson_val *root)
{
    yyjson_val  *list;

    list = yyjson_obj_get(root, "embeddings");

    if (!yyjson_is_arr(list)) {
        list = yyjson_obj_get(root, "predictions");
    }

    if (!yyjson_is_arr(list)) {
        list = yyjson_obj_get(root, "embedding");
        return yyjson_is_obj(list) ? list : NULL;
    }

    return list;
}


/* An array of numbers only, or NULL. */
static yyjson_val *
ag_gemini_embed_values(yyjson_val *value)
{
    size_t       i, count;
    yyjson_val  *values, *number;

    if (yyjson_obj_get(value, "embeddings") != NULL) {
        value = yyjson_obj_get(value, "embeddings");
    }

    values = yyjson_obj_get(value, "values");

    if (!yyjson_is_arr(values)) {
        return NULL;
    }

    yyjson_arr_foreach(values, i, count, number) {
        if (!yyjson_is_num(number)) {
            return NULL;
        }
    }

    return values;
}


static void
ag_gemini_embed_usage(ag_reader_t *r, yyjson_val *root, yyjson_val *list)
{
    size_t       i, count;
    uint64_t     tokens;
    unsigned     known;
    yyjson_val  *value, *number;

    if (ag_gemini_hear_usage(r, ag_gemini_get(root, "usageMetadata",
                                              "usage_metadata")))
    {
        return;
    }

    tokens = 0;
    known = 0;

    yyjson_arr_foreach(list, i, count, value) {
        number = ag_json_path(value, "embeddings", "statistics",
                              "token_count", NULL);

        if (ag_usage_is_number(number)) {
            tokens += ag_json_count(number, AG_TOKENS_MAX);
            known = 1;
        }
    }

    if (known) {
        memset(r->usage, 0, sizeof(ag_usage_t));
        r->usage->known = 1;
        r->usage->input_tokens = tokens;
        ag_usage_clamp(r->usage);
    }
}
