/*
 * Copyright (C) ngx_agent authors
 *
 * Embeddings: every block is a vector, its text a JSON array of numbers.
 * OpenAI's SDKs ask for base64 unless told otherwise, so most vectors are
 * read again and packed: float32, the lowest byte first.
 *
 * Source: OpenAI's API reference, "The embedding object".
 */


#include <float.h>

#include "dialect/ag_openai_say_parts.h"


#define AG_OPENAI_QUANTUM  3    /* bytes that make four letters */


static void ag_openai_say_embeddings_vector(ag_put_t *p, ag_str_t text,
    unsigned packed);
static int ag_openai_say_embeddings_pack(ag_buf_t *out, yyjson_val *vector);
static float ag_openai_say_embeddings_float(double number);
static int ag_openai_say_embeddings_letters(ag_buf_t *out,
    const ag_char_t *bytes, size_t len);


int
ag_openai_say_embeddings(ag_writer_t *w, const ag_reply_t *reply)
{
    ag_put_t              p;
    uint32_t              index;
    unsigned              packed;
    const ag_gathered_t  *block;

    index = 0;
    packed = yyjson_equals_str(yyjson_obj_get(w->request->root,
                                              "encoding_format"), "base64");
    block = (reply->count > 0) ? reply->choices[0].blocks : NULL;

    ag_put_init(&p, w->out);
    ag_put_open(&p, NULL, '{');
    ag_put_word(&p, "object", "list");
    ag_put_open(&p, "data", '[');

    for ( /* void */ ; block != NULL; block = block->next) {

        if (block->type != AG_BLOCK_TEXT) {
            continue;
        }

        ag_put_open(&p, NULL, '{');
        ag_put_word(&p, "object", "embedding");
        ag_put_number(&p, "index", index++);
        ag_openai_say_embeddings_vector(&p, block->text, packed);
        ag_put_close(&p, '}');
    }

    ag_put_close(&p, ']');
    ag_put_text(&p, "model", w->model);
    ag_put_open(&p, "usage", '{');
    ag_put_number(&p, "prompt_tokens", w->usage->input_tokens);
    ag_put_number(&p, "total_tokens", w->usage->input_tokens);
    ag_put_close(&p, '}');
    ag_put_close(&p, '}');

    return p.rc;
}


/* What is no array of numbers packs to nothing: its reader made it. */
static void
ag_openai_say_embeddings_vector(ag_put_t *p, ag_str_t text, unsigned packed)
{
    yyjson_doc  *doc;

    if (!packed) {
        ag_put_json(p, "embedding", text);
        return;
    }

    doc = ag_json_tree(text, NULL, 0);

    ag_put_text_open(p, "embedding");

    if (p->rc == AG_OK) {
        p->rc = ag_openai_say_embeddings_pack(p->out,
                                              yyjson_doc_get_root(doc));
    }

    ag_put_text_close(p);

    yyjson_doc_free(doc);
}


/* Three numbers are twelve bytes, sixteen letters without padding. */
static int
ag_openai_say_embeddings_pack(ag_buf_t *out, yyjson_val *vector)
{
    int          rc;
    float        number;
    size_t       i, count, len, k;
    uint32_t     bits;
    yyjson_val  *element;
    ag_char_t    bytes[AG_OPENAI_QUANTUM * sizeof(float)];

    len = 0;

    yyjson_arr_foreach(vector, i, count, element) {
        number = ag_openai_say_embeddings_float(yyjson_get_num(element));
        memcpy(&bits, &number, sizeof(bits));

        for (k = 0; k < sizeof(float); k++) {
            bytes[len++] = (ag_char_t) (bits >> (8 * k));
        }

        if (len == sizeof(bytes)) {
            rc = ag_openai_say_embeddings_letters(out, bytes, len);

            if (rc != AG_OK) {
                return rc;
            }

            len = 0;
        }
    }

    return ag_openai_say_embeddings_letters(out, bytes, len);
}


/* C leaves open what a float is of a double past its range. */
static float
ag_openai_say_embeddings_float(double number)
{
    return (number > FLT_MAX) ? FLT_MAX
           : (number < -FLT_MAX) ? -FLT_MAX : (float) number;
}


/* RFC 4648, 4. */
static int
ag_openai_say_embeddings_letters(ag_buf_t *out, const ag_char_t *bytes,
    size_t len)
{
    int         rc;
    size_t      i, k, given;
    uint32_t    bits;
    ag_char_t  *p;

    static const char  letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    rc = ag_buf_reserve(out, (len + 2) / AG_OPENAI_QUANTUM * 4);

    if (rc != AG_OK) {
        return rc;
    }

    p = out->data + out->len;

    for (i = 0; i < len; i += AG_OPENAI_QUANTUM) {
        bits = 0;

        for (k = 0; k < AG_OPENAI_QUANTUM; k++) {
            bits = bits << 8 | ((i + k < len) ? bytes[i + k] : 0u);
        }

        given = (len - i < AG_OPENAI_QUANTUM) ? len - i : AG_OPENAI_QUANTUM;

        for (k = 0; k < 4; k++) {
            *p++ = (ag_char_t) ((k <= given)
                                ? letters[(bits >> (18 - 6 * k)) & 63] : '=');
        }
    }

    out->len = (size_t) (p - out->data);

    return AG_OK;
}
