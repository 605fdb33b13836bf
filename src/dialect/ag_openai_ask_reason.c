/*
 * Copyright (C) ngx_agent authors
 *
 * Reasoning that a client sends back.  OpenAI's surface has no field for it;
 * three came into use, and the one that says most is read:
 *
 *   reasoning_details   OpenRouter's: texts, signatures, and who made them
 *   thinking_blocks     Anthropic's blocks, as other gateways show them
 *   reasoning_content   the text alone; also "reasoning"
 *
 * A signature without its maker goes to nobody: the wrong provider refuses
 * the whole request over it.
 */


#include "dialect/ag_openai_ask_parts.h"


typedef struct {
    ag_openai_ask_t   *a;
    ag_part_t       ***last;
    ag_part_t         *part;        /* the latest, while it may grow */
    ag_part_t         *first;
    ag_buf_t          *text;        /* the latest's, once it has grown */
    unsigned           count;       /* parts made */
} ag_openai_reason_t;


static int ag_openai_ask_reason_detail(ag_openai_reason_t *r,
    yyjson_val *value);
static int ag_openai_ask_reason_text(ag_openai_reason_t *r, ag_str_t text);
static int ag_openai_ask_reason_sealed(ag_openai_reason_t *r,
    yyjson_val *value, ag_signer_t signer);
static int ag_openai_ask_reason_block(ag_openai_reason_t *r,
    yyjson_val *value);
static int ag_openai_ask_reason_alone(ag_openai_reason_t *r, ag_str_t text);
static int ag_openai_ask_reason_part(ag_openai_reason_t *r);
static ag_signer_t ag_openai_ask_reason_signer(yyjson_val *value);
static ag_part_t *ag_openai_ask_reason_signed(const ag_openai_ask_t *a,
    yyjson_val *detail, ag_part_t *spoken);
static void ag_openai_ask_reason_sign(ag_part_t *part, ag_str_t signature);


/* Google's is read by ag_openai_ask_reason_signatures(). */
static const struct {
    const char   *format;
    ag_signer_t   signer;
} ag_openai_formats[] = {
    { "anthropic-claude-v1", AG_SIGNER_ANTHROPIC },
    { "google-gemini-v1", AG_SIGNER_GEMINI },
    { "openai-responses-v1", AG_SIGNER_RESPONSES }
};


int
ag_openai_ask_reasoning(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message)
{
    int                  rc;
    size_t               i, count;
    ag_str_t             text;
    yyjson_val          *value;
    ag_openai_reason_t   r;

    memset(&r, 0, sizeof(ag_openai_reason_t));

    r.a = a;
    r.last = last;
    rc = AG_OK;

    yyjson_arr_foreach(yyjson_obj_get(message, "reasoning_details"), i, count,
                       value)
    {
        if (rc == AG_OK) {
            rc = ag_openai_ask_reason_detail(&r, value);
        }
    }

    if (r.count == 0) {
        yyjson_arr_foreach(yyjson_obj_get(message, "thinking_blocks"), i,
                           count, value)
        {
            if (rc == AG_OK) {
                rc = ag_openai_ask_reason_block(&r, value);
            }
        }
    }

    text = ag_json_text(yyjson_obj_get(message, "reasoning_content"));

    if (text.len == 0) {
        text = ag_json_text(yyjson_obj_get(message, "reasoning"));
    }

    return (rc == AG_OK) ? ag_openai_ask_reason_alone(&r, text) : rc;
}


/* Types that are not known yet say nothing that could be passed on. */
static int
ag_openai_ask_reason_detail(ag_openai_reason_t *r, yyjson_val *value)
{
    int          rc;
    ag_str_t     type, signature;
    ag_signer_t  signer;

    type = ag_json_text(yyjson_obj_get(value, "type"));
    signer = ag_openai_ask_reason_signer(value);

    if (ag_str_is(type, "reasoning.encrypted")) {
        return (signer == AG_SIGNER_GEMINI) ? AG_OK
               : ag_openai_ask_reason_sealed(r, value, signer);
    }

    if (ag_str_is(type, "reasoning.summary")) {
        return ag_openai_ask_reason_text(
                   r, ag_json_text(yyjson_obj_get(value, "summary")));
    }

    if (!ag_str_is(type, "reasoning.text")) {
        return AG_OK;
    }

    rc = ag_openai_ask_reason_text(r, ag_json_text(yyjson_obj_get(value,
                                                                  "text")));

    signature = ag_json_text(yyjson_obj_get(value, "signature"));

    if (rc != AG_OK || signature.len == 0) {
        return rc;
    }

    if (r->part == NULL && ag_openai_ask_reason_part(r) != AG_OK) {
        return ag_openai_ask_full(r->a, sizeof(ag_part_t));
    }

    /* what is signed is whole */

    r->part->signature = signature;
    r->part->signer = signer;
    r->part = NULL;

    return AG_OK;
}


/*
 * Pieces of a stream may come back as they were: they are one text until
 * something is signed.
 */
static int
ag_openai_ask_reason_text(ag_openai_reason_t *r, ag_str_t text)
{
    int  rc;

    if (text.len == 0) {
        return AG_OK;
    }

    if (r->part == NULL) {
        rc = ag_openai_ask_reason_part(r);

        if (rc == AG_OK) {
            r->part->text = text;
        }

        return rc;
    }

    if (r->text == NULL) {
        r->text = ag_arena_buf(r->a->n->arena, AG_TRANSLATE_MAX);

        if (r->text == NULL) {
            return ag_openai_ask_full(r->a, sizeof(ag_part_t));
        }

        rc = ag_buf_add(r->text, r->part->text.data, r->part->text.len);

        if (rc != AG_OK) {
            return rc;
        }
    }

    rc = ag_buf_add(r->text, text.data, text.len);
    r->part->text = ag_buf_str(r->text);

    return rc;
}


/* OpenAI's seal is of the summary before it; Anthropic's stands alone. */
static int
ag_openai_ask_reason_sealed(ag_openai_reason_t *r, yyjson_val *value,
    ag_signer_t signer)
{
    int       rc;
    ag_str_t  data;

    data = ag_json_text(yyjson_obj_get(value, "data"));

    if (data.len == 0) {
        return AG_OK;
    }

    if (signer != AG_SIGNER_RESPONSES || r->part == NULL) {
        rc = ag_openai_ask_reason_part(r);

        if (rc != AG_OK) {
            return rc;
        }
    }

    r->part->redacted = (r->part->text.len == 0);
    r->part->signature = data;
    r->part->signer = signer;
    r->part->id = ag_json_text(yyjson_obj_get(value, "id"));
    r->part = NULL;

    return AG_OK;
}


/* A seal may have got its signer's name from another surface of ours. */
static int
ag_openai_ask_reason_block(ag_openai_reason_t *r, yyjson_val *value)
{
    int        rc;
    ag_str_t   text, signature;
    unsigned   sealed, redacted;

    sealed = yyjson_equals_str(yyjson_obj_get(value, "type"),
                               "redacted_thinking");
    text = ag_json_text(yyjson_obj_get(value, "thinking"));
    signature = ag_json_text(yyjson_obj_get(value,
                                            sealed ? "data" : "signature"));

    if (signature.len == 0 && (sealed || text.len == 0)) {
        return AG_OK;
    }

    rc = ag_openai_ask_reason_part(r);

    if (rc != AG_OK) {
        return rc;
    }

    r->part->text = sealed ? ag_str(NULL, 0) : text;

    if (signature.len > 0) {
        r->part->signature = ag_signature_read(signature, AG_SIGNER_ANTHROPIC,
                                               &r->part->signer, &redacted);
        r->part->redacted = (sealed || redacted);
    }

    return AG_OK;
}


/*
 * The text alone: the only thing there is, or what one signature without a
 * text was made of, if its client keeps the two apart.
 */
static int
ag_openai_ask_reason_alone(ag_openai_reason_t *r, ag_str_t text)
{
    int         rc;
    ag_part_t  *part;

    part = r->first;

    if (r->count == 1 && part->text.len == 0
        && !(part->redacted && part->signer == AG_SIGNER_ANTHROPIC))
    {
        part->text = text;
        part->redacted = (text.len == 0) & part->redacted;
        return AG_OK;
    }

    if (r->count > 0 || text.len == 0) {
        return AG_OK;
    }

    rc = ag_openai_ask_reason_part(r);

    if (rc == AG_OK) {
        r->part->text = text;
    }

    return rc;
}


static int
ag_openai_ask_reason_part(ag_openai_reason_t *r)
{
    r->part = ag_neutral_part(r->a->n, r->last, AG_PART_REASONING);

    if (r->part == NULL) {
        return ag_openai_ask_full(r->a, sizeof(ag_part_t));
    }

    r->text = NULL;
    r->first = (r->count == 0) ? r->part : r->first;
    r->count++;

    return AG_OK;
}


/* Entries without a format are of the time when there was only one. */
static ag_signer_t
ag_openai_ask_reason_signer(yyjson_val *value)
{
    size_t    i;
    ag_str_t  format;

    format = ag_json_text(yyjson_obj_get(value, "format"));

    if (format.len == 0) {
        return AG_SIGNER_ANTHROPIC;
    }

    for (i = 0; i < sizeof(ag_openai_formats) / sizeof(ag_openai_formats[0]);
         i++)
    {
        if (ag_str_is(format, ag_openai_formats[i].format)) {
            return ag_openai_formats[i].signer;
        }
    }

    return AG_SIGNER_OTHER;
}


/* ---- Gemini's ---- */


/* Where a model made text and calls, each may be signed for itself. */
void
ag_openai_ask_reason_signatures(const ag_openai_ask_t *a, ag_part_t *parts,
    yyjson_val *message)
{
    size_t       i, count;
    ag_str_t     signature;
    ag_part_t   *part, *spoken;
    yyjson_val  *value;

    spoken = NULL;

    for (part = parts; part != NULL; part = part->next) {
        spoken = (part->kind == AG_PART_TEXT) ? part : spoken;
    }

    yyjson_arr_foreach(yyjson_obj_get(message, "reasoning_details"), i, count,
                       value)
    {
        part = ag_openai_ask_reason_signed(a, value, spoken);
        signature = ag_json_text(yyjson_obj_get(value, "data"));

        ag_openai_ask_reason_sign(part, signature);
    }

    signature = ag_json_text(ag_json_path(message, "extra_content", "google",
                                          "thought_signature", NULL));

    ag_openai_ask_reason_sign(spoken, signature);
}


/* An entry with an id is about that call, one without about the text. */
static ag_part_t *
ag_openai_ask_reason_signed(const ag_openai_ask_t *a, yyjson_val *detail,
    ag_part_t *spoken)
{
    ag_str_t  id;

    if (ag_openai_ask_reason_signer(detail) != AG_SIGNER_GEMINI
        || !yyjson_equals_str(yyjson_obj_get(detail, "type"),
                              "reasoning.encrypted"))
    {
        return NULL;
    }

    id = ag_json_text(yyjson_obj_get(detail, "id"));

    return (id.len > 0) ? ag_openai_ask_call_find(a, id) : spoken;
}


/* What stands at the call itself is nearer to it than a list. */
static void
ag_openai_ask_reason_sign(ag_part_t *part, ag_str_t signature)
{
    if (part == NULL || part->signature.len > 0 || signature.len == 0) {
        return;
    }

    part->signature = signature;
    part->signer = AG_SIGNER_GEMINI;
}
