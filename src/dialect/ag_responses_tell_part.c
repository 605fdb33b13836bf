/*
 * Copyright (C) ngx_agent authors
 *
 * What a message or a tool's output may hold for a provider of the Responses
 * API: texts, images, files.
 */


#include "dialect/ag_responses_tell_parts.h"


static int ag_responses_tell_image(ag_responses_tell_t *t,
    const ag_part_t *part, uint32_t index);
static int ag_responses_tell_file(ag_responses_tell_t *t,
    const ag_part_t *part, uint32_t index);
static void ag_responses_tell_data(ag_responses_tell_t *t, const char *name,
    const ag_part_t *part);
static int ag_responses_tell_cannot(ag_responses_tell_t *t, uint32_t index,
    const char *what);


int
ag_responses_tell_part(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index)
{
    switch (part->kind) {

    case AG_PART_TEXT:
    case AG_PART_REFUSAL:
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "input_text");
        ag_put_text(&t->put, "text", part->text);
        ag_put_close(&t->put, '}');

        return AG_OK;

    case AG_PART_IMAGE:
        return ag_responses_tell_image(t, part, index);

    case AG_PART_FILE:
        return ag_responses_tell_file(t, part, index);

    case AG_PART_AUDIO:
        return ag_responses_tell_cannot(t, index, "audio input");

    default:
        ag_outbound_drop(t->to, t->n->list);

        return AG_OK;
    }
}


static int
ag_responses_tell_image(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index)
{
    static const ag_str_t  automatic = ag_string("auto");

    if (ag_facts_refuses(t->to->facts, IMAGES)) {
        return ag_responses_tell_cannot(t, index, "image input");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "input_image");

    if (part->data.len > 0) {
        ag_responses_tell_data(t, "image_url", part);

    } else if (part->url.len > 0) {
        ag_put_text(&t->put, "image_url", part->url);

    } else {
        ag_put_text(&t->put, "file_id", part->file_id);
    }

    ag_put_text(&t->put, "detail", (part->detail.len > 0) ? part->detail
                                                          : automatic);
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* A name is wanted with data; a text needs no file. */
static int
ag_responses_tell_file(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index)
{
    static const ag_str_t  name = ag_string("file");

    if (part->text.len > 0) {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "input_text");
        ag_put_text(&t->put, "text", part->text);
        ag_put_close(&t->put, '}');

        return AG_OK;
    }

    if (ag_facts_refuses(t->to->facts, FILES)) {
        return ag_responses_tell_cannot(t, index, "file input");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "input_file");

    if (part->data.len > 0) {
        ag_put_text(&t->put, "filename", (part->name.len > 0) ? part->name
                                                              : name);
        ag_responses_tell_data(t, "file_data", part);

    } else if (part->url.len > 0) {
        ag_put_text(&t->put, "file_url", part->url);

    } else {
        ag_put_text(&t->put, "file_id", part->file_id);
    }

    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* RFC 2397 */
static void
ag_responses_tell_data(ag_responses_tell_t *t, const char *name,
    const ag_part_t *part)
{
    static const ag_str_t  head = ag_string("data:");
    static const ag_str_t  base64 = ag_string(";base64,");
    static const ag_str_t  bytes = ag_string("application/octet-stream");

    ag_put_text_open(&t->put, name);
    ag_put_text_add(&t->put, head);
    ag_put_text_add(&t->put, (part->media_type.len > 0) ? part->media_type
                                                        : bytes);
    ag_put_text_add(&t->put, base64);
    ag_put_text_add(&t->put, part->data);
    ag_put_text_close(&t->put);
}


static int
ag_responses_tell_cannot(ag_responses_tell_t *t, uint32_t index,
    const char *what)
{
    return ag_outbound_unsupported(t->n, t->to, t->error, "[%u].content",
                                   index, what);
}
