/*
 * Copyright (C) ngx_agent authors
 *
 * Writes what the user and the system say.  A text alone is a string: the
 * smaller servers read nothing else.
 */


#include "dialect/ag_openai_tell_parts.h"


static unsigned ag_openai_tell_is_plain(const ag_openai_tell_t *t,
    const ag_turn_t *turn);
static int ag_openai_tell_parts(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn, unsigned result);
static int ag_openai_tell_part(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn);
static int ag_openai_tell_image(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn);
static int ag_openai_tell_file(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn);
static int ag_openai_tell_audio(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn);
static void ag_openai_tell_data(ag_openai_tell_t *t, const char *name,
    const ag_part_t *part);
static void ag_openai_tell_cached(ag_openai_tell_t *t,
    const ag_part_t *part);
static int ag_openai_tell_cannot(ag_openai_tell_t *t, const ag_turn_t *turn,
    const char *what);


int
ag_openai_tell_content(ag_openai_tell_t *t, const ag_turn_t *turn)
{
    int               rc;
    const ag_part_t  *part;

    if (ag_openai_tell_is_plain(t, turn)) {
        ag_put_text_open(&t->put, "content");
        ag_openai_tell_join(t, turn);
        ag_put_text_close(&t->put);

        return AG_OK;
    }

    rc = AG_OK;
    ag_put_open(&t->put, "content", '[');

    for (part = turn->parts; part != NULL && rc == AG_OK; part = part->next) {
        if (part->kind == AG_PART_TOOL_RESULT) {
            rc = ag_openai_tell_parts(t, part->parts, turn, 1);
        }
    }

    if (rc == AG_OK) {
        rc = ag_openai_tell_parts(t, turn->parts, turn, 0);
    }

    ag_put_close(&t->put, ']');

    return rc;
}


unsigned
ag_openai_tell_speaks(const ag_turn_t *turn)
{
    const ag_part_t  *part, *inner;

    for (part = turn->parts; part != NULL; part = part->next) {

        switch (part->kind) {

        case AG_PART_IMAGE:
        case AG_PART_AUDIO:
            return 1;

        case AG_PART_TOOL_RESULT:
            for (inner = part->parts; inner != NULL; inner = inner->next) {
                if (inner->kind != AG_PART_FOREIGN
                    && !ag_openai_tell_is_text(inner))
                {
                    return 1;
                }
            }

            break;

        case AG_PART_FILE:
            if (!ag_openai_tell_is_text(part)) {
                return 1;
            }

            /* fall through */

        case AG_PART_TEXT:
        case AG_PART_REFUSAL:
            if (part->text.len > 0) {
                return 1;
            }

            break;

        default:
            break;
        }
    }

    return 0;
}


void
ag_openai_tell_join(ag_openai_tell_t *t, const ag_turn_t *turn)
{
    unsigned          texts;
    const ag_part_t  *part;

    static const ag_str_t  gap = ag_string("\n\n");

    texts = 0;

    for (part = turn->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_FOREIGN) {
            ag_outbound_drop(t->to, t->n->list);

        } else if (ag_openai_tell_is_text(part) && part->text.len > 0) {

            if (texts++ > 0) {
                ag_put_text_add(&t->put, gap);
            }

            ag_put_text_add(&t->put, part->text);
        }
    }

    if (texts > 0 && t->schema_line) {
        ag_put_text_add(&t->put, gap);
    }
}


unsigned
ag_openai_tell_is_text(const ag_part_t *part)
{
    switch (part->kind) {

    case AG_PART_TEXT:
    case AG_PART_REFUSAL:
        return 1;

    case AG_PART_FILE:
        return part->data.len == 0 && part->url.len == 0
               && part->file_id.len == 0;

    default:
        return 0;
    }
}


void
ag_openai_tell_text(ag_openai_tell_t *t, const ag_part_t *part)
{
    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "text");
    ag_put_text(&t->put, "text", part->text);
    ag_openai_tell_cached(t, part);
    ag_put_close(&t->put, '}');
}


/*
 * One text, or any number of them for a server that reads no other parts, and
 * no mark of a cache that would be lost.
 */
static unsigned
ag_openai_tell_is_plain(const ag_openai_tell_t *t, const ag_turn_t *turn)
{
    unsigned          texts;
    const ag_part_t  *part, *inner;

    texts = 0;

    for (part = turn->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_TOOL_RESULT) {

            for (inner = part->parts; inner != NULL; inner = inner->next) {
                if (inner->kind != AG_PART_FOREIGN
                    && !ag_openai_tell_is_text(inner))
                {
                    return 0;
                }
            }

            continue;
        }

        if (part->kind == AG_PART_IMAGE || part->kind == AG_PART_AUDIO
            || (part->kind == AG_PART_FILE && !ag_openai_tell_is_text(part))
            || (part->cache_control != NULL && t->quirks->cache_control))
        {
            return 0;
        }

        texts += ag_openai_tell_is_text(part) && part->text.len > 0;
    }

    return texts == 1 || (!t->quirks->images && !t->quirks->files);
}


/* Those of a tool's "result" but for its texts, which stand elsewhere. */
static int
ag_openai_tell_parts(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn, unsigned result)
{
    int  rc;

    rc = AG_OK;

    for ( /* void */ ; part != NULL && rc == AG_OK; part = part->next) {

        if (ag_openai_tell_is_text(part)) {

            if (!result && part->text.len > 0) {
                ag_openai_tell_text(t, part);
            }

        } else {
            rc = ag_openai_tell_part(t, part, turn);
        }
    }

    return rc;
}


static int
ag_openai_tell_part(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn)
{
    switch (part->kind) {

    case AG_PART_IMAGE:
        return ag_openai_tell_image(t, part, turn);

    case AG_PART_FILE:
        return ag_openai_tell_file(t, part, turn);

    case AG_PART_AUDIO:
        return ag_openai_tell_audio(t, part, turn);

    case AG_PART_FOREIGN:
        ag_outbound_drop(t->to, t->n->list);
        return AG_OK;

    default:
        return AG_OK;
    }
}


static int
ag_openai_tell_image(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn)
{
    if (!t->quirks->images || ag_facts_refuses(t->to->facts, IMAGES)) {
        return ag_openai_tell_cannot(t, turn, "image input");
    }

    if (part->data.len == 0 && part->url.len == 0) {
        return ag_openai_tell_cannot(t, turn, "an image by the id of a file");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "image_url");
    ag_put_open(&t->put, "image_url", '{');

    if (part->data.len > 0) {
        ag_openai_tell_data(t, "url", part);

    } else {
        ag_put_text(&t->put, "url", part->url);
    }

    if (part->detail.len > 0) {
        ag_put_text(&t->put, "detail", part->detail);
    }

    ag_put_close(&t->put, '}');
    ag_openai_tell_cached(t, part);
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* An id means a file of the account that the client thinks it talks to. */
static int
ag_openai_tell_file(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn)
{
    ag_str_t  name;

    static const ag_str_t  unnamed = ag_string("document.pdf");

    if (!t->quirks->files || ag_facts_refuses(t->to->facts, FILES)) {
        return ag_openai_tell_cannot(t, turn, "file input");
    }

    if (part->data.len == 0
        && (part->file_id.len == 0 || !t->own
            || t->n->client == &ag_anthropic))
    {
        return ag_openai_tell_cannot(t, turn, (part->url.len > 0)
                                              ? "a file by its URL"
                                              : "a file by its id");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "file");
    ag_put_open(&t->put, "file", '{');

    if (part->data.len > 0) {
        name = (part->name.len > 0) ? part->name : unnamed;

        ag_put_text(&t->put, "filename", name);
        ag_openai_tell_data(t, "file_data", part);

    } else {
        ag_put_text(&t->put, "file_id", part->file_id);
    }

    ag_put_close(&t->put, '}');
    ag_openai_tell_cached(t, part);
    ag_put_close(&t->put, '}');

    return AG_OK;
}


static int
ag_openai_tell_audio(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn)
{
    const char  *format;

    format = (ag_str_is(part->media_type, "audio/wav")
              || ag_str_is(part->media_type, "audio/x-wav")) ? "wav"
             : (ag_str_is(part->media_type, "audio/mpeg")
                || ag_str_is(part->media_type, "audio/mp3")) ? "mp3"
             : NULL;

    if (!t->own || format == NULL || part->data.len == 0
        || ag_facts_refuses(t->to->facts, AUDIO))
    {
        return ag_openai_tell_cannot(t, turn, "audio input");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "input_audio");
    ag_put_open(&t->put, "input_audio", '{');
    ag_put_text(&t->put, "data", part->data);
    ag_put_word(&t->put, "format", format);
    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* A data: URL (RFC 2397). */
static void
ag_openai_tell_data(ag_openai_tell_t *t, const char *name,
    const ag_part_t *part)
{
    static const ag_str_t  scheme = ag_string("data:");
    static const ag_str_t  encoding = ag_string(";base64,");

    ag_put_text_open(&t->put, name);
    ag_put_text_add(&t->put, scheme);
    ag_put_text_add(&t->put, part->media_type);
    ag_put_text_add(&t->put, encoding);
    ag_put_text_add(&t->put, part->data);
    ag_put_text_close(&t->put);
}


static void
ag_openai_tell_cached(ag_openai_tell_t *t, const ag_part_t *part)
{
    if (part->cache_control != NULL && t->quirks->cache_control) {
        ag_put_value(&t->put, "cache_control", part->cache_control);
    }
}


static int
ag_openai_tell_cannot(ag_openai_tell_t *t, const ag_turn_t *turn,
    const char *what)
{
    return ag_outbound_unsupported(t->n, t->to, t->error,
                                   "messages[%u].content", turn->index, what);
}
