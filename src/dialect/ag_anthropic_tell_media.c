/*
 * Copyright (C) ngx_agent authors
 *
 * Pictures and documents as blocks of Anthropic's.  Nothing is fetched and
 * nothing is converted: what it would not read is refused here, where the
 * next provider may still be asked.
 *
 * Source: Anthropic's API reference, "Messages", image and document blocks.
 */


#include "dialect/ag_anthropic_tell_parts.h"


static int ag_anthropic_tell_media_image(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part, yyjson_val *cache_control);
static int ag_anthropic_tell_media_file(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part, yyjson_val *cache_control);
static void ag_anthropic_tell_media_source(ag_anthropic_tell_t *t,
    const char *type, ag_str_t media_type, const char *name, ag_str_t value);
static ag_str_t ag_anthropic_tell_media_picture(ag_str_t media_type);
static unsigned ag_anthropic_tell_media_begins(ag_str_t text,
    const char *head);
static int ag_anthropic_tell_media_unsupported(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const char *what);


int
ag_anthropic_tell_media(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part, yyjson_val *cache_control)
{
    switch (part->kind) {

    case AG_PART_IMAGE:
        return ag_anthropic_tell_media_image(t, turn, part, cache_control);

    case AG_PART_FILE:
        return ag_anthropic_tell_media_begins(part->media_type, "image/")
               ? ag_anthropic_tell_media_image(t, turn, part, cache_control)
               : ag_anthropic_tell_media_file(t, turn, part, cache_control);

    case AG_PART_AUDIO:
        return ag_anthropic_tell_media_unsupported(t, turn, "audio input");

    default:
        ag_outbound_drop(t->to, t->n->list);
        return AG_OK;
    }
}


static int
ag_anthropic_tell_media_image(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part, yyjson_val *cache_control)
{
    ag_str_t  picture;

    picture = ag_anthropic_tell_media_picture(part->media_type);

    if (ag_facts_refuses(t->to->facts, IMAGES)) {
        return ag_anthropic_tell_media_unsupported(t, turn, "image input");
    }

    if (part->url.len == 0 && (part->data.len == 0 || picture.len == 0)) {
        return ag_anthropic_tell_media_unsupported(t, turn, "an image other "
                                                   "than JPEG, PNG, GIF and "
                                                   "WebP");
    }

    if (part->url.len > 0
        && !ag_anthropic_tell_media_begins(part->url, "http"))
    {
        return ag_anthropic_tell_media_unsupported(t, turn, "a URL that is "
                                                   "not http or https");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "image");

    if (part->url.len > 0) {
        ag_anthropic_tell_media_source(t, "url", ag_str(NULL, 0), "url",
                                       part->url);
    } else {
        ag_anthropic_tell_media_source(t, "base64", picture, "data",
                                       part->data);
    }

    ag_anthropic_tell_cache(t, cache_control);
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* A text is sent as such, a PDF by its bytes or its place. */
static int
ag_anthropic_tell_media_file(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part, yyjson_val *cache_control)
{
    ag_put_t  *p;
    int        pdf;

    static const ag_str_t  pdf_type = ag_string("application/pdf");
    static const ag_str_t  text_type = ag_string("text/plain");

    p = &t->put;
    pdf = ag_str_is(part->media_type, "application/pdf");

    if (ag_facts_refuses(t->to->facts, FILES)) {
        return ag_anthropic_tell_media_unsupported(t, turn, "file input");
    }

    if (part->text.len == 0 && (part->data.len == 0 || !pdf)
        && (part->url.len == 0 || (part->media_type.len > 0 && !pdf)
            || !ag_anthropic_tell_media_begins(part->url, "http")))
    {
        return ag_anthropic_tell_media_unsupported(t, turn, "a file other "
                                                   "than a PDF or a text");
    }

    if (part->text.len > 0 && ag_anthropic_tell_is_blank(part->text)) {
        return AG_OK;
    }

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "document");

    if (part->text.len > 0) {
        ag_anthropic_tell_media_source(t, "text", text_type, "data",
                                       part->text);

    } else if (part->data.len > 0) {
        ag_anthropic_tell_media_source(t, "base64", pdf_type, "data",
                                       part->data);

    } else {
        ag_anthropic_tell_media_source(t, "url", ag_str(NULL, 0), "url",
                                       part->url);
    }

    if (part->name.len > 0) {
        ag_put_text(p, "title", part->name);
    }

    ag_anthropic_tell_cache(t, cache_control);
    ag_put_close(p, '}');

    return AG_OK;
}


static void
ag_anthropic_tell_media_source(ag_anthropic_tell_t *t, const char *type,
    ag_str_t media_type, const char *name, ag_str_t value)
{
    ag_put_open(&t->put, "source", '{');
    ag_put_word(&t->put, "type", type);

    if (media_type.len > 0) {
        ag_put_text(&t->put, "media_type", media_type);
    }

    ag_put_text(&t->put, name, value);
    ag_put_close(&t->put, '}');
}


/* The four that are taken, in small letters; "image/jpg" is a common slip. */
static ag_str_t
ag_anthropic_tell_media_picture(ag_str_t media_type)
{
    size_t  i;

    static const ag_str_t  pictures[] = {
        ag_string("image/jpeg"), ag_string("image/png"),
        ag_string("image/gif"), ag_string("image/webp")
    };

    for (i = 0; i < 4; i++) {

        if (media_type.len == pictures[i].len
            && ag_anthropic_tell_media_begins(media_type,
                                              (const char *)
                                              pictures[i].data))
        {
            return pictures[i];
        }
    }

    return ag_anthropic_tell_media_begins(media_type, "image/jpg")
           ? pictures[0] : ag_str(NULL, 0);
}


/* Media types and schemes know no case; "head" is in small letters. */
static unsigned
ag_anthropic_tell_media_begins(ag_str_t text, const char *head)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; head[i] != '\0'; i++) {

        if (i == text.len) {
            return 0;
        }

        c = text.data[i];
        c = (ag_char_t) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);

        if (c != (ag_char_t) head[i]) {
            return 0;
        }
    }

    return 1;
}


static int
ag_anthropic_tell_media_unsupported(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const char *what)
{
    return ag_outbound_unsupported(t->n, t->to, t->error,
                                   ag_anthropic_tell_name(t,
                                       "messages[%u].content",
                                       "input[%u].content"),
                                   turn->index, what);
}
