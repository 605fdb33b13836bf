/*
 * Copyright (C) ngx_agent authors
 *
 * Calls.  Most come whole; some are written in pieces and are sent when they
 * are whole.
 */


#include "dialect/ag_gemini_parts.h"


static void ag_gemini_hear_begin(ag_reader_t *r, uint32_t choice,
    yyjson_val *value, ag_str_t signature);
static void ag_gemini_hear_whole(ag_reader_t *r, ag_open_block_t *block,
    yyjson_val *args);


void
ag_gemini_hear_call(ag_reader_t *r, uint32_t choice, yyjson_val *value,
    ag_str_t signature)
{
    yyjson_val          *args;
    ag_open_block_t     *block;
    ag_gemini_choice_t  *own;

    own = &((ag_gemini_heard_t *) r->state)->choices[choice];

    if (yyjson_get_len(yyjson_obj_get(value, "name")) > 0) {
        ag_gemini_hear_call_end(r, choice);
        ag_gemini_hear_begin(r, choice, value, signature);
    }

    if (!own->calling || r->rc != AG_OK) {
        return;
    }

    args = yyjson_obj_get(value, "args");

    if (yyjson_obj_size(args) > 0) {
        block = ag_reader_find(r, choice, own->key, AG_BLOCK_TOOL);
        ag_gemini_hear_whole(r, block, args);
        ag_reader_close(r, block);
        own->calling = 0;

        return;
    }

    r->rc = ag_gemini_pieces_add(own->pieces,
                                 ag_gemini_get(value, "partialArgs",
                                               "partial_args"));

    if (!yyjson_is_true(ag_gemini_get(value, "willContinue",
                                      "will_continue")))
    {
        ag_gemini_hear_call_end(r, choice);
    }
}


void
ag_gemini_hear_call_end(ag_reader_t *r, uint32_t choice)
{
    ag_buf_t            *buf;
    ag_put_t             put;
    ag_open_block_t     *block;
    ag_gemini_choice_t  *own;

    own = &((ag_gemini_heard_t *) r->state)->choices[choice];

    if (!own->calling || r->rc != AG_OK) {
        return;
    }

    own->calling = 0;
    block = ag_reader_find(r, choice, own->key, AG_BLOCK_TOOL);

    if (!ag_gemini_pieces_is_empty(own->pieces)) {
        buf = ag_gemini_hear_buf(r);

        if (buf == NULL) {
            return;
        }

        ag_put_init(&put, buf);
        ag_gemini_pieces_write(&put, own->pieces);

        if (put.rc != AG_OK) {
            r->rc = put.rc;
            return;
        }

        ag_reader_add(r, block, ag_buf_str(buf));
    }

    ag_reader_close(r, block);
}


static void
ag_gemini_hear_begin(ag_reader_t *r, uint32_t choice, yyjson_val *value,
    ag_str_t signature)
{
    ag_open_block_t     *block;
    ag_gemini_heard_t   *heard;
    ag_gemini_choice_t  *own;

    heard = r->state;
    own = &heard->choices[choice];

    ag_reader_close_type(r, choice, AG_BLOCK_TEXT);
    ag_reader_close_type(r, choice, AG_BLOCK_REASONING);

    own->key = heard->key++;
    block = ag_reader_open(r, choice, own->key, AG_BLOCK_TOOL,
                           ag_json_text(yyjson_obj_get(value, "id")),
                           ag_json_text(yyjson_obj_get(value, "name")));

    if (block == NULL) {
        return;
    }

    ag_reader_sign(r, block, signature, AG_SIGNER_GEMINI, 0);

    own->pieces = ag_gemini_pieces_make(r->arena, own->pieces);
    own->calling = (own->pieces != NULL);

    if (own->pieces == NULL) {
        r->rc = AG_NOMEM;
    }
}


static void
ag_gemini_hear_whole(ag_reader_t *r, ag_open_block_t *block, yyjson_val *args)
{
    ag_buf_t  *buf;

    buf = ag_gemini_hear_buf(r);

    if (buf == NULL) {
        return;
    }

    r->rc = ag_json_add(buf, args);

    if (r->rc == AG_OK) {
        ag_reader_add(r, block, ag_buf_str(buf));
    }
}
