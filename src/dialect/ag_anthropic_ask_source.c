/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks that bring something along: images, documents, search results.
 */


#include "dialect/ag_anthropic_ask_parts.h"


static int ag_anthropic_ask_source(ag_anthropic_ask_t *ask, ag_part_t *part,
    yyjson_val *source);
static int ag_anthropic_ask_source_url(ag_anthropic_ask_t *ask,
    ag_part_t *part, ag_str_t url);
static int ag_anthropic_ask_source_content(ag_anthropic_ask_t *ask,
    ag_part_t *part, yyjson_val *content);
static int ag_anthropic_ask_source_texts(ag_buf_t *out, yyjson_val *blocks);


int
ag_anthropic_ask_source_image(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int         rc;
    ag_part_t  *part;

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_IMAGE, block);

    if (rc == AG_OK) {
        rc = ag_anthropic_ask_source(ask, part,
                                     yyjson_obj_get(block, "source"));
    }

    return rc;
}


int
ag_anthropic_ask_source_document(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int          rc;
    ag_str_t     type;
    ag_part_t   *part;
    yyjson_val  *source;

    static const ag_str_t  plain = ag_string("text/plain");

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_FILE, block);

    if (rc != AG_OK) {
        return rc;
    }

    part->name = ag_json_text(yyjson_obj_get(block, "title"));
    part->value = block;

    source = yyjson_obj_get(block, "source");
    type = ag_json_text(yyjson_obj_get(source, "type"));

    if (ag_str_is(type, "text")) {
        part->text = ag_json_text(yyjson_obj_get(source, "data"));
        part->media_type = plain;

        return AG_OK;
    }

    if (ag_str_is(type, "content")) {
        part->media_type = plain;

        return ag_anthropic_ask_source_content(ask, part,
                                   yyjson_obj_get(source, "content"));
    }

    return ag_anthropic_ask_source(ask, part, source);
}


/* Others know no such block: it reads as a text that begins with its title
 * and its source. */
int
ag_anthropic_ask_source_search(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int         rc;
    ag_buf_t   *text;
    ag_str_t    title, source;
    ag_part_t  *part;

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_TEXT, block);

    if (rc != AG_OK) {
        return rc;
    }

    text = ag_arena_buf(ask->n->arena, AG_TRANSLATE_MAX);

    if (text == NULL) {
        return ag_anthropic_ask_full(ask->n);
    }

    title = ag_json_text(yyjson_obj_get(block, "title"));
    source = ag_json_text(yyjson_obj_get(block, "source"));

    rc = ag_buf_add(text, title.data, title.len);

    if (rc == AG_OK) {
        rc = ag_buf_add(text, "\n", 1);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(text, source.data, source.len);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(text, "\n", 1);
    }

    if (rc == AG_OK) {
        rc = ag_anthropic_ask_source_texts(text,
                                           yyjson_obj_get(block, "content"));
    }

    part->text = ag_buf_str(text);

    return rc;
}


/* A source of any kind but "text" and "content". */
static int
ag_anthropic_ask_source(ag_anthropic_ask_t *ask, ag_part_t *part,
    yyjson_val *source)
{
    ag_str_t  type;

    type = ag_json_text(yyjson_obj_get(source, "type"));

    if (ag_str_is(type, "base64")) {
        part->media_type = ag_json_text(yyjson_obj_get(source, "media_type"));
        part->data = ag_json_text(yyjson_obj_get(source, "data"));

        if (part->media_type.len > 0 && part->data.len > 0) {
            return AG_OK;
        }

    } else if (ag_str_is(type, "url")) {
        return ag_anthropic_ask_source_url(ask, part,
                       ag_json_text(yyjson_obj_get(source, "url")));

    } else if (ag_str_is(type, "file")) {
        part->file_id = ag_json_text(yyjson_obj_get(source, "file_id"));

        if (part->file_id.len > 0) {
            return AG_OK;
        }
    }

    return ag_anthropic_ask_invalid(ask, "images and documents with a "
                                    "\"source\" of type \"base64\", \"url\" "
                                    "or \"file\" and what belongs to it");
}


static int
ag_anthropic_ask_source_url(ag_anthropic_ask_t *ask, ag_part_t *part,
    ag_str_t url)
{
    int  rc;

    rc = ag_neutral_data_url(url, &part->media_type, &part->data);

    if (rc == AG_NONE && url.len > 0) {
        part->url = url;
        part->media_type = ag_neutral_media_type(url);

        return AG_OK;
    }

    return (rc == AG_OK && part->data.len > 0) ? AG_OK
           : ag_anthropic_ask_invalid(ask, "sources with the URL of an image "
                                           "or a document");
}


/* Texts become the file's; images in it stand beside it. */
static int
ag_anthropic_ask_source_content(ag_anthropic_ask_t *ask, ag_part_t *part,
    yyjson_val *content)
{
    int          rc;
    size_t       i, max;
    ag_buf_t    *text;
    yyjson_val  *block;

    if (yyjson_is_str(content)) {
        part->text = ag_json_text(content);
        return AG_OK;
    }

    if (!yyjson_is_arr(content)) {
        return ag_anthropic_ask_invalid(ask, "documents with a \"content\"");
    }

    text = ag_arena_buf(ask->n->arena, AG_TRANSLATE_MAX);

    if (text == NULL) {
        return ag_anthropic_ask_full(ask->n);
    }

    rc = ag_anthropic_ask_source_texts(text, content);
    part->text = ag_buf_str(text);

    yyjson_arr_foreach(content, i, max, block) {
        if (rc == AG_OK
            && ag_str_is(ag_json_text(yyjson_obj_get(block, "type")),
                         "image"))
        {
            rc = ag_anthropic_ask_source_image(ask, block);
        }
    }

    return rc;
}


/* Adds the texts of a list of blocks, a line feed between two. */
static int
ag_anthropic_ask_source_texts(ag_buf_t *out, yyjson_val *blocks)
{
    int          rc;
    size_t       i, max, len;
    ag_str_t     text;
    yyjson_val  *block;

    len = out->len;

    yyjson_arr_foreach(blocks, i, max, block) {
        text = ag_json_text(yyjson_obj_get(block, "text"));

        if (text.len == 0) {
            continue;
        }

        rc = (out->len > len) ? ag_buf_add(out, "\n", 1) : AG_OK;

        if (rc == AG_OK) {
            rc = ag_buf_add(out, text.data, text.len);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}
