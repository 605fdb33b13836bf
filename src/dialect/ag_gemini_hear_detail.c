/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer says about itself: where it was found, and how likely its
 * tokens were.
 */


#include "dialect/ag_gemini_parts.h"


static unsigned ag_gemini_hear_cited(ag_gemini_heard_t *heard, ag_str_t url);
static void ag_gemini_hear_token(ag_put_t *p, yyjson_val *value,
    yyjson_val *top);
static void ag_gemini_hear_likely(ag_put_t *p, yyjson_val *value);


/* Later chunks may say the sources of earlier ones again. */
void
ag_gemini_hear_grounding(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    size_t            i, count;
    ag_str_t          url;
    yyjson_val       *chunks, *chunk, *web;
    ag_open_block_t  *block;

    block = ag_reader_find(r, choice, 0, AG_BLOCK_TEXT);
    chunks = ag_gemini_get(value, "groundingChunks", "grounding_chunks");

    if (block == NULL) {
        return;
    }

    yyjson_arr_foreach(chunks, i, count, chunk) {
        web = yyjson_obj_get(chunk, "web");
        url = ag_json_text(yyjson_obj_get(web, "uri"));

        if (url.len > 0 && !ag_gemini_hear_cited(r->state, url)) {
            ag_reader_cite(r, block, url,
                           ag_json_text(yyjson_obj_get(web, "title")));
        }
    }
}


/* Elements as OpenAI's logprobs.content has them. */
void
ag_gemini_hear_logprobs(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    size_t           i, count;
    ag_buf_t        *buf;
    ag_put_t         put;
    yyjson_val      *chosen, *tops, *token;
    yyjson_arr_iter  top;

    chosen = ag_gemini_get(value, "chosenCandidates", "chosen_candidates");
    tops = ag_gemini_get(value, "topCandidates", "top_candidates");

    if (yyjson_arr_size(chosen) == 0) {
        return;
    }

    buf = ag_gemini_hear_buf(r);

    if (buf == NULL) {
        return;
    }

    ag_put_init(&put, buf);
    (void) yyjson_arr_iter_init(tops, &top);

    yyjson_arr_foreach(chosen, i, count, token) {
        ag_gemini_hear_token(&put, token, yyjson_arr_iter_next(&top));
    }

    if (put.rc != AG_OK) {
        r->rc = put.rc;
        return;
    }

    ag_reader_logprobs(r, choice, ag_buf_str(buf));
}


/* Was it cited before?  Remembers it; what finds no room is cited again. */
static unsigned
ag_gemini_hear_cited(ag_gemini_heard_t *heard, ag_str_t url)
{
    size_t    i;
    uint64_t  hash;

    hash = UINT64_C(14695981039346656037);      /* FNV-1a */

    for (i = 0; i < url.len; i++) {
        hash = (hash ^ url.data[i]) * UINT64_C(1099511628211);
    }

    for (i = 0; i < heard->cited_count; i++) {
        if (heard->cited[i] == hash) {
            return 1;
        }
    }

    if (heard->cited_count < AG_GEMINI_CITED_MAX) {
        heard->cited[heard->cited_count++] = hash;
    }

    return 0;
}


static void
ag_gemini_hear_token(ag_put_t *p, yyjson_val *value, yyjson_val *top)
{
    size_t       i, count;
    yyjson_val  *other;

    ag_put_open(p, NULL, '{');
    ag_gemini_hear_likely(p, value);
    ag_put_open(p, "top_logprobs", '[');

    top = yyjson_obj_get(top, "candidates");

    yyjson_arr_foreach(top, i, count, other) {
        ag_put_open(p, NULL, '{');
        ag_gemini_hear_likely(p, other);
        ag_put_close(p, '}');
    }

    ag_put_close(p, ']');
    ag_put_close(p, '}');
}


/* -9999 is how OpenAI writes "very unlikely". */
static void
ag_gemini_hear_likely(ag_put_t *p, yyjson_val *value)
{
    size_t       i;
    ag_str_t     token;
    yyjson_val  *number;

    token = ag_json_text(yyjson_obj_get(value, "token"));
    number = ag_gemini_get(value, "logProbability", "log_probability");

    ag_put_text(p, "token", token);

    if (ag_usage_is_number(number)) {
        ag_put_value(p, "logprob", number);

    } else {
        ag_put_json(p, "logprob", ag_str("-9999.0", 7));
    }

    ag_put_open(p, "bytes", '[');

    for (i = 0; i < token.len; i++) {
        ag_put_number(p, NULL, token.data[i]);
    }

    ag_put_close(p, ']');
}
