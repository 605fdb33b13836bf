/*
 * Copyright (C) ngx_agent authors
 *
 * Parts of an answer.  They have no numbers: a text goes on until something
 * else comes, or until its signature was there.  What code the model ran and
 * what came of it are left out.
 */


#include "dialect/ag_gemini_parts.h"


static void ag_gemini_hear_text(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type, ag_str_t text);
static void ag_gemini_hear_signature(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type, ag_str_t signature);
static void ag_gemini_hear_media(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);


static const ag_str_t  ag_gemini_none = ag_null_string;


void
ag_gemini_hear_part(ag_reader_t *r, uint32_t choice, yyjson_val *part)
{
    ag_str_t          signature;
    yyjson_val       *value;
    ag_block_kind_t   type;

    signature = ag_json_text(ag_gemini_get(part, "thoughtSignature",
                                           "thought_signature"));

    value = yyjson_obj_get(part, "text");

    if (value != NULL) {
        type = yyjson_is_true(yyjson_obj_get(part, "thought"))
               ? AG_BLOCK_REASONING : AG_BLOCK_TEXT;

        ag_gemini_hear_text(r, choice, type, ag_json_text(value));
        ag_gemini_hear_signature(r, choice, type, signature);

        return;
    }

    value = ag_gemini_get(part, "functionCall", "function_call");

    if (yyjson_is_obj(value)) {
        ag_gemini_hear_call(r, choice, value, signature);
        return;
    }

    value = ag_gemini_get(part, "inlineData", "inline_data");

    /* sketches on the way to an image are not the answer */

    if (value != NULL && !yyjson_is_true(yyjson_obj_get(part, "thought"))) {
        ag_gemini_hear_media(r, choice, value);
    }
}


static void
ag_gemini_hear_text(ag_reader_t *r, uint32_t choice, ag_block_kind_t type,
    ag_str_t text)
{
    ag_open_block_t     *block;
    ag_gemini_choice_t  *own;

    if (text.len == 0) {
        return;
    }

    own = &((ag_gemini_heard_t *) r->state)->choices[choice];

    ag_reader_close_type(r, choice, type == AG_BLOCK_TEXT ? AG_BLOCK_REASONING
                                                          : AG_BLOCK_TEXT);

    if (own->sealed) {
        ag_reader_close_type(r, choice, type);
        own->sealed = 0;
    }

    block = ag_reader_open(r, choice, 0, type, ag_gemini_none,
                           ag_gemini_none);
    ag_reader_add(r, block, text);
}


/*
 * A signature may come with an empty text, behind all that it is of; with
 * nothing before, it belongs to what follows and stands alone.
 */
static void
ag_gemini_hear_signature(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type, ag_str_t signature)
{
    ag_open_block_t     *block;
    ag_gemini_choice_t  *own;

    if (signature.len == 0) {
        return;
    }

    own = &((ag_gemini_heard_t *) r->state)->choices[choice];
    block = ag_reader_find(r, choice, 0, type);

    if (block == NULL) {
        block = ag_reader_find(r, choice, 0, AG_BLOCK_REASONING);
    }

    if (block != NULL && !own->sealed) {
        ag_reader_sign(r, block, signature, AG_SIGNER_GEMINI, 0);
        own->sealed = 1;
        return;
    }

    ag_reader_close_type(r, choice, AG_BLOCK_TEXT);
    ag_reader_close_type(r, choice, AG_BLOCK_REASONING);

    block = ag_reader_open(r, choice, 0, AG_BLOCK_REASONING, ag_gemini_none,
                           ag_gemini_none);
    ag_reader_sign(r, block, signature, AG_SIGNER_GEMINI, 0);
    ag_reader_close(r, block);

    own->sealed = 0;
}


/* Only images have a place on the other surfaces. */
static void
ag_gemini_hear_media(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    ag_str_t            type, data;
    ag_open_block_t    *block;
    ag_gemini_heard_t  *heard;

    heard = r->state;
    type = ag_json_text(ag_gemini_get(value, "mimeType", "mime_type"));
    data = ag_json_text(yyjson_obj_get(value, "data"));

    if (data.len == 0 || type.len < 6 || memcmp(type.data, "image/", 6) != 0)
    {
        return;
    }

    ag_reader_close_type(r, choice, AG_BLOCK_TEXT);
    ag_reader_close_type(r, choice, AG_BLOCK_REASONING);

    block = ag_reader_open(r, choice, heard->key++, AG_BLOCK_IMAGE,
                           ag_gemini_none, type);
    ag_reader_add(r, block, data);
    ag_reader_close(r, block);
}
