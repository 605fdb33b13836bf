/*
 * Copyright (C) ngx_agent authors
 *
 * One part of a turn: texts, media, calls, and the signatures that the model
 * wants back with them.  Results of calls are not here: they stand together.
 */


#include "dialect/ag_gemini_parts.h"


static int ag_gemini_tell_text(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);
static void ag_gemini_tell_reasoning(ag_gemini_tell_t *t,
    const ag_part_t *part);
static int ag_gemini_tell_call(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part);
static int ag_gemini_tell_arguments(ag_gemini_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part);
static unsigned ag_gemini_tell_signature(ag_gemini_tell_t *t,
    const ag_part_t *part);
static ag_str_t ag_gemini_tell_media_type(const ag_part_t *part);
static unsigned ag_gemini_tell_refuses(const ag_gemini_tell_t *t,
    const ag_part_t *part);
static const char *ag_gemini_tell_kind(const ag_part_t *part);


/* Of a call that another model made; documented for this very purpose. */
#define AG_GEMINI_NO_SIGNATURE  "skip_thought_signature_validator"


int
ag_gemini_tell_part(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    switch (part->kind) {

    case AG_PART_TEXT:
    case AG_PART_REFUSAL:
        return ag_gemini_tell_text(t, turn, part);

    case AG_PART_IMAGE:
    case AG_PART_AUDIO:
        return ag_gemini_tell_media(t, turn, part);

    case AG_PART_FILE:
        return (part->text.len > 0) ? ag_gemini_tell_text(t, turn, part)
                                    : ag_gemini_tell_media(t, turn, part);

    case AG_PART_REASONING:
        ag_gemini_tell_reasoning(t, part);
        return AG_OK;

    case AG_PART_TOOL_CALL:
        return ag_gemini_tell_call(t, turn, part);

    case AG_PART_TOOL_RESULT:
        return AG_OK;

    case AG_PART_FOREIGN:
        ag_outbound_drop(t->to, t->n->list);
        return AG_OK;
    }

    return AG_OK;
}


int
ag_gemini_tell_media(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int  rc;

    rc = ag_gemini_tell_reads(t, turn, part);

    if (rc == AG_OK) {
        ag_gemini_tell_content(t, ag_gemini_role(turn));
        ag_gemini_tell_blob(t, part);
    }

    return rc;
}


int
ag_gemini_tell_reads(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    const char  *what;

    if (ag_gemini_tell_refuses(t, part)) {
        what = ag_gemini_tell_kind(part);

    } else if (part->data.len == 0 && part->url.len == 0) {
        what = "a file that was uploaded elsewhere";

    } else {
        return AG_OK;
    }

    return ag_outbound_unsupported(t->n, t->to, t->error, "[%u].content",
                                   turn->index, what);
}


void
ag_gemini_tell_blob(ag_gemini_tell_t *t, const ag_part_t *part)
{
    ag_put_open(&t->put, NULL, '{');

    if (part->data.len > 0) {
        ag_put_open(&t->put, "inlineData", '{');
        ag_put_text(&t->put, "mimeType", ag_gemini_tell_media_type(part));
        ag_put_text(&t->put, "data", part->data);

    } else {
        ag_put_open(&t->put, "fileData", '{');
        ag_put_text(&t->put, "mimeType", ag_gemini_tell_media_type(part));
        ag_put_text(&t->put, "fileUri", part->url);
    }

    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');
}


static int
ag_gemini_tell_text(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    if (part->text.len == 0) {
        return AG_OK;
    }

    ag_gemini_tell_content(t, ag_gemini_role(turn));
    ag_put_open(&t->put, NULL, '{');
    ag_put_text(&t->put, "text", part->text);
    (void) ag_gemini_tell_signature(t, part);
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/* Without its signature it is of no use to the model; an empty text is fine
 * where a signature is with it. */
static void
ag_gemini_tell_reasoning(ag_gemini_tell_t *t, const ag_part_t *part)
{
    if (part->signer != AG_SIGNER_GEMINI || part->signature.len == 0) {
        return;
    }

    ag_gemini_tell_content(t, "model");
    ag_put_open(&t->put, NULL, '{');
    ag_put_text(&t->put, "text", part->text);

    if (part->text.len > 0) {
        ag_put_bool(&t->put, "thought", 1);
    }

    (void) ag_gemini_tell_signature(t, part);
    ag_put_close(&t->put, '}');
}


static int
ag_gemini_tell_call(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int  rc;

    ag_gemini_tell_content(t, "model");
    ag_put_open(&t->put, NULL, '{');
    ag_put_open(&t->put, "functionCall", '{');

    if (part->id.len > 0) {
        ag_put_text(&t->put, "id", part->id);
    }

    ag_put_text(&t->put, "name", part->name);
    rc = ag_gemini_tell_arguments(t, turn, part);
    ag_put_close(&t->put, '}');

    /* only the first call of a step is asked for its signature */

    if (!ag_gemini_tell_signature(t, part) && t->calls == 0
        && t->to->facts->thinking == AG_THINKING_LEVEL)
    {
        ag_put_word(&t->put, "thoughtSignature", AG_GEMINI_NO_SIGNATURE);
    }

    ag_put_close(&t->put, '}');
    t->calls++;

    return rc;
}


static int
ag_gemini_tell_arguments(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int           rc;
    unsigned      limit;
    yyjson_doc   *doc;
    const char   *path;

    static const ag_gemini_name_t  paths = {
        "messages[%u].tool_calls", "messages[%u].content", "input[%u]"
    };

    if (yyjson_is_obj(part->input)) {
        ag_put_value(&t->put, "args", part->input);
        return AG_OK;
    }

    if (part->custom || part->text.len == 0) {
        ag_put_open(&t->put, "args", '{');

        if (part->text.len > 0) {
            ag_put_text(&t->put, "input", part->text);
        }

        ag_put_close(&t->put, '}');

        return AG_OK;
    }

    limit = 0;
    rc = AG_OK;
    doc = ag_json_tree_large(part->text, AG_TRANSLATE_MAX, &limit);

    if (yyjson_is_obj(yyjson_doc_get_root(doc))) {
        ag_put_value(&t->put, "args", yyjson_doc_get_root(doc));

    } else {
        path = ag_gemini_tell_name(t, paths);
        rc = ag_neutral_invalid(t->n, t->error, path,
                                turn->index,
                                "arguments of a call that are a JSON object");
    }

    yyjson_doc_free(doc);

    return rc;
}


/* Returns 0 if there is none of Gemini's. */
static unsigned
ag_gemini_tell_signature(ag_gemini_tell_t *t, const ag_part_t *part)
{
    if (part->signer != AG_SIGNER_GEMINI || part->signature.len == 0) {
        return 0;
    }

    ag_put_text(&t->put, "thoughtSignature", part->signature);

    return 1;
}


/* What is sent must have one; images are JPEG more often than not. */
static ag_str_t
ag_gemini_tell_media_type(const ag_part_t *part)
{
    ag_str_t     type;
    const char  *usual;

    type = part->media_type;

    if (type.len == 0) {
        type = ag_neutral_media_type(part->url);
    }

    if (type.len == 0) {
        type = ag_neutral_media_type(part->name);
    }

    if (type.len > 0) {
        return type;
    }

    usual = (part->kind == AG_PART_IMAGE) ? "image/jpeg"
            : (part->kind == AG_PART_AUDIO) ? "audio/wav"
            : "application/pdf";

    return ag_str(usual, strlen(usual));
}


static unsigned
ag_gemini_tell_refuses(const ag_gemini_tell_t *t, const ag_part_t *part)
{
    switch (part->kind) {

    case AG_PART_IMAGE:
        return ag_facts_refuses(t->to->facts, IMAGES) != 0;

    case AG_PART_AUDIO:
        return ag_facts_refuses(t->to->facts, AUDIO) != 0;

    default:
        return ag_facts_refuses(t->to->facts, FILES) != 0;
    }
}


static const char *
ag_gemini_tell_kind(const ag_part_t *part)
{
    switch (part->kind) {

    case AG_PART_IMAGE:
        return "image input";

    case AG_PART_AUDIO:
        return "audio input";

    default:
        return "file input";
    }
}
