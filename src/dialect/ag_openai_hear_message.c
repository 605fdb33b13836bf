/*
 * Copyright (C) ngx_agent authors
 *
 * Hears what a message of a chat completion says, or a piece of it: text in
 * each of its forms, refusals, reasoning under each of its names, sources and
 * images.  Audio is passed over.
 */


#include "dialect/ag_openai_hear_parts.h"


static void ag_openai_hear_content(ag_reader_t *r, uint32_t choice,
    yyjson_val *content);
static void ag_openai_hear_part(ag_reader_t *r, uint32_t choice,
    yyjson_val *part);
static void ag_openai_hear_thinking(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);
static void ag_openai_hear_images(ag_reader_t *r, uint32_t choice,
    yyjson_val *images);
static void ag_openai_hear_sources(ag_reader_t *r, uint32_t choice,
    yyjson_val *annotations);
static unsigned ag_openai_hear_details(ag_reader_t *r, uint32_t choice,
    yyjson_val *details);
static void ag_openai_hear_detail(ag_reader_t *r, uint32_t choice,
    yyjson_val *detail);
static void ag_openai_hear_sealed(ag_reader_t *r, uint32_t choice,
    ag_str_t data, ag_signer_t signer);
static ag_signer_t ag_openai_hear_signer(yyjson_val *detail,
    ag_signer_t assumed);
static void ag_openai_hear_some(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type, yyjson_val *value);


void
ag_openai_hear_message(ag_reader_t *r, uint32_t choice, yyjson_val *message)
{
    yyjson_val  *content;

    if (!yyjson_is_obj(message) || ag_openai_hear_state(r) == NULL) {
        return;
    }

    content = yyjson_obj_get(message, "content");

    if (yyjson_is_num(content) || yyjson_is_bool(content)) {
        ag_openai_hear_fail(r, AG_E_BAD_RESPONSE);
        return;
    }

    ag_openai_hear_reasoning(r, choice, message);
    ag_openai_hear_content(r, choice, content);

    ag_openai_hear_some(r, choice, AG_BLOCK_REFUSAL,
                        yyjson_obj_get(message, "refusal"));

    ag_openai_hear_sources(r, choice, yyjson_obj_get(message, "annotations"));
    ag_openai_hear_images(r, choice, yyjson_obj_get(message, "images"));
    ag_openai_hear_calls(r, choice, message);
    ag_openai_hear_signatures(r, choice, message);
}


ag_open_block_t *
ag_openai_hear_text(ag_reader_t *r, uint32_t choice, ag_block_kind_t type,
    ag_str_t text)
{
    ag_open_block_t   *block;
    ag_openai_hear_t  *state;

    state = r->state;

    if (state->spoken[choice] != type + 1) {
        ag_openai_hear_pause(r, choice);
        state->spoken[choice] = (uint8_t) (type + 1);
    }

    block = ag_reader_open(r, choice, 0, type, ag_str(NULL, 0),
                           ag_str(NULL, 0));
    ag_reader_add(r, block, text);

    return block;
}


void
ag_openai_hear_pause(ag_reader_t *r, uint32_t choice)
{
    ag_block_kind_t    type;
    ag_openai_hear_t  *state;

    state = r->state;

    if (state->spoken[choice] != 0) {
        type = (ag_block_kind_t) (state->spoken[choice] - 1);
        state->spoken[choice] = 0;
        ag_reader_close(r, ag_reader_find(r, choice, 0, type));
    }
}


ag_str_t
ag_openai_hear_written(ag_reader_t *r, const yyjson_val *value)
{
    int                rc;
    ag_buf_t          *b;
    ag_openai_hear_t  *state;

    state = ag_openai_hear_state(r);

    if (state == NULL) {
        return ag_str(NULL, 0);
    }

    /* texts of a whole answer have to stay */

    b = r->whole ? NULL : state->written;

    if (b == NULL) {
        b = ag_arena_buf(r->arena, AG_ANSWER_MAX);
        state->written = b;
    }

    if (b == NULL) {
        r->rc = AG_NOMEM;
        return ag_str(NULL, 0);
    }

    b->len = 0;
    rc = ag_json_add(b, value);

    if (rc != AG_OK) {
        r->rc = rc;
        return ag_str(NULL, 0);
    }

    return ag_buf_str(b);
}


static void
ag_openai_hear_content(ag_reader_t *r, uint32_t choice, yyjson_val *content)
{
    size_t       i, count;
    yyjson_val  *part;

    if (!yyjson_is_arr(content)) {
        ag_openai_hear_part(r, choice, content);
        return;
    }

    yyjson_arr_foreach(content, i, count, part) {
        ag_openai_hear_part(r, choice, part);
    }
}


/* A string, {"type":"text"}, Mistral's {"type":"thinking"}. */
static void
ag_openai_hear_part(ag_reader_t *r, uint32_t choice, yyjson_val *part)
{
    yyjson_val  *type;

    if (!yyjson_is_obj(part)) {
        ag_openai_hear_some(r, choice, AG_BLOCK_TEXT, part);
        return;
    }

    type = yyjson_obj_get(part, "type");

    if (yyjson_equals_str(type, "thinking")) {
        ag_openai_hear_thinking(r, choice, yyjson_obj_get(part, "thinking"));

    } else if (yyjson_equals_str(type, "refusal")) {
        ag_openai_hear_some(r, choice, AG_BLOCK_REFUSAL,
                            yyjson_obj_get(part, "refusal"));

    } else {
        ag_openai_hear_some(r, choice, AG_BLOCK_TEXT,
                            yyjson_obj_get(part, "text"));
    }
}


static void
ag_openai_hear_thinking(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    size_t       i, count;
    yyjson_val  *part;

    if (!yyjson_is_arr(value)) {
        ag_openai_hear_some(r, choice, AG_BLOCK_REASONING, value);
        return;
    }

    yyjson_arr_foreach(value, i, count, part) {
        ag_openai_hear_some(r, choice, AG_BLOCK_REASONING,
                            yyjson_obj_get(part, "text"));
    }
}


/* OpenRouter's: [{"type":"image_url","image_url":{"url":"data:..."}}]. */
static void
ag_openai_hear_images(ag_reader_t *r, uint32_t choice, yyjson_val *images)
{
    size_t             i, count;
    ag_str_t           media_type, data;
    yyjson_val        *image;
    ag_open_block_t   *block;
    ag_openai_hear_t  *state;

    state = r->state;

    yyjson_arr_foreach(images, i, count, image) {

        data = ag_json_text(ag_json_path(image, "image_url", "url", NULL));

        if (ag_neutral_data_url(data, &media_type, &data) != AG_OK) {
            continue;
        }

        ag_openai_hear_pause(r, choice);

        block = ag_reader_open(r, choice, state->images++, AG_BLOCK_IMAGE,
                               ag_str(NULL, 0), media_type);
        ag_reader_add(r, block, data);
        ag_reader_close(r, block);
    }
}


static void
ag_openai_hear_sources(ag_reader_t *r, uint32_t choice,
    yyjson_val *annotations)
{
    size_t            i, count;
    yyjson_val       *annotation, *source;
    ag_open_block_t  *block;

    if (!yyjson_is_arr(annotations)) {
        return;
    }

    block = ag_reader_find(r, choice, 0, AG_BLOCK_TEXT);

    yyjson_arr_foreach(annotations, i, count, annotation) {
        source = yyjson_obj_get(annotation, "url_citation");

        ag_reader_cite(r, block, ag_json_text(yyjson_obj_get(source, "url")),
                       ag_json_text(yyjson_obj_get(source, "title")));
    }
}


/*
 * OpenRouter says the same text twice, as "reasoning" and in the details; a
 * server on its way from one name to the other may say it as both.
 */
void
ag_openai_hear_reasoning(ag_reader_t *r, uint32_t choice, yyjson_val *message)
{
    size_t       i, count;
    yyjson_val  *details, *detail, *text;

    details = yyjson_obj_get(message, "reasoning_details");

    if (!ag_openai_hear_details(r, choice, details)) {
        text = yyjson_obj_get(message, "reasoning_content");

        if (ag_json_text(text).len == 0) {
            text = yyjson_obj_get(message, "reasoning");
        }

        ag_openai_hear_some(r, choice, AG_BLOCK_REASONING, text);
    }

    yyjson_arr_foreach(details, i, count, detail) {
        ag_openai_hear_detail(r, choice, detail);
    }
}


/* Texts first: their signature may stand in the same chunk.  Was there one? */
static unsigned
ag_openai_hear_details(ag_reader_t *r, uint32_t choice, yyjson_val *details)
{
    size_t       i, count;
    unsigned     found;
    yyjson_val  *detail, *text;

    found = 0;

    yyjson_arr_foreach(details, i, count, detail) {

        text = yyjson_obj_get(detail, "text");

        if (!yyjson_is_str(text)) {
            text = yyjson_obj_get(detail, "summary");
        }

        found |= (ag_json_text(text).len > 0);
        ag_openai_hear_some(r, choice, AG_BLOCK_REASONING, text);
    }

    return found;
}


static void
ag_openai_hear_detail(ag_reader_t *r, uint32_t choice, yyjson_val *detail)
{
    ag_str_t          text;
    ag_signer_t       signer;
    ag_open_block_t  *block;

    text = ag_json_text(yyjson_obj_get(detail, "signature"));

    if (text.len > 0) {
        signer = ag_openai_hear_signer(detail, AG_SIGNER_ANTHROPIC);
        block = ag_openai_hear_text(r, choice, AG_BLOCK_REASONING,
                                    ag_str(NULL, 0));
        ag_reader_sign(r, block, text, signer, 0);
        return;
    }

    text = ag_json_text(yyjson_obj_get(detail, "data"));
    signer = ag_openai_hear_signer(detail, AG_SIGNER_OTHER);

    if (text.len == 0
        || (signer == AG_SIGNER_GEMINI
            && ag_json_text(yyjson_obj_get(detail, "id")).len > 0))
    {
        return;
    }

    ag_openai_hear_sealed(r, choice, text, signer);
}


/* Anthropic's sealed thoughts are blocks of their own. */
static void
ag_openai_hear_sealed(ag_reader_t *r, uint32_t choice, ag_str_t data,
    ag_signer_t signer)
{
    ag_open_block_t  *block;

    if (signer == AG_SIGNER_ANTHROPIC) {
        ag_openai_hear_pause(r, choice);
    }

    block = ag_openai_hear_text(r, choice, AG_BLOCK_REASONING,
                                ag_str(NULL, 0));

    ag_reader_sign(r, block, data, signer, block != NULL && !block->filled);

    if (signer == AG_SIGNER_ANTHROPIC) {
        ag_openai_hear_pause(r, choice);
    }
}


void
ag_openai_hear_signatures(ag_reader_t *r, uint32_t choice,
    yyjson_val *message)
{
    size_t            i, count;
    ag_str_t          id, data;
    yyjson_val       *detail;
    ag_open_block_t  *block;

    yyjson_arr_foreach(yyjson_obj_get(message, "reasoning_details"), i, count,
                       detail)
    {
        id = ag_json_text(yyjson_obj_get(detail, "id"));
        data = ag_json_text(yyjson_obj_get(detail, "data"));

        if (id.len == 0 || data.len == 0
            || ag_openai_hear_signer(detail, AG_SIGNER_OTHER)
               != AG_SIGNER_GEMINI)
        {
            continue;
        }

        block = ag_openai_hear_called(r, choice, id);

        if (block != NULL) {
            ag_reader_sign(r, block, data, AG_SIGNER_GEMINI, 0);

        } else {
            ag_openai_hear_sealed(r, choice, data, AG_SIGNER_GEMINI);
        }
    }
}


static ag_signer_t
ag_openai_hear_signer(yyjson_val *detail, ag_signer_t assumed)
{
    ag_str_t  format;

    format = ag_json_text(yyjson_obj_get(detail, "format"));

    if (format.len >= 9 && memcmp(format.data, "anthropic", 9) == 0) {
        return AG_SIGNER_ANTHROPIC;
    }

    if (format.len >= 6 && memcmp(format.data, "google", 6) == 0) {
        return AG_SIGNER_GEMINI;
    }

    if (format.len >= 6 && memcmp(format.data, "openai", 6) == 0) {
        return AG_SIGNER_RESPONSES;
    }

    return (format.len == 0) ? assumed : AG_SIGNER_OTHER;
}


/* A string that says something; all else is passed over. */
static void
ag_openai_hear_some(ag_reader_t *r, uint32_t choice, ag_block_kind_t type,
    yyjson_val *value)
{
    ag_str_t  text;

    text = ag_json_text(value);

    if (text.len > 0) {
        (void) ag_openai_hear_text(r, choice, type, text);
    }
}
