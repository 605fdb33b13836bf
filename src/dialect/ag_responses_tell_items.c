/*
 * Copyright (C) ngx_agent authors
 *
 * A conversation as the Responses API wants it: a list of items.
 *
 * The assistant's words go back as text, without the ids that they had
 * there; its thoughts only where the provider can read them, encrypted.
 */


#include "dialect/ag_responses_tell_parts.h"




static int ag_responses_tell_turn(ag_responses_tell_t *t,
    const ag_turn_t *turn);
static int ag_responses_tell_assistant(ag_responses_tell_t *t,
    const ag_turn_t *turn);
static const ag_part_t *ag_responses_tell_words(ag_responses_tell_t *t,
    const ag_part_t *part);
static void ag_responses_tell_call(ag_responses_tell_t *t,
    const ag_part_t *part);
static void ag_responses_tell_thought(ag_responses_tell_t *t,
    const ag_part_t *part);
static int ag_responses_tell_result(ag_responses_tell_t *t,
    const ag_part_t *part, uint32_t index);
static int ag_responses_tell_output(ag_responses_tell_t *t,
    const ag_part_t *part, uint32_t index);
static int ag_responses_tell_message(ag_responses_tell_t *t,
    const ag_turn_t *turn);
static unsigned ag_responses_tell_speaks(const ag_part_t *part);


static const ag_str_t  ag_responses_failed = ag_string("Error: ");


int
ag_responses_tell_input(ag_responses_tell_t *t)
{
    int               rc;
    const ag_turn_t  *turn;

    rc = AG_OK;
    ag_put_open(&t->put, "input", '[');

    for (turn = t->n->turns; turn != NULL && rc == AG_OK; turn = turn->next) {
        rc = (turn->role == AG_ROLE_ASSISTANT)
             ? ag_responses_tell_assistant(t, turn)
             : ag_responses_tell_turn(t, turn);
    }

    if (rc == AG_OK && !t->put.comma) {
        return ag_neutral_invalid(t->n, t->error,
                                  t->n->list ? t->n->list : "messages", 0,
                                  "content that is not empty");
    }

    ag_put_close(&t->put, ']');

    return rc;
}


ag_str_t
ag_responses_tell_id(ag_responses_tell_t *t, ag_str_t id)
{
    ag_str_t  told;

    told = ag_tool_id_capped(t->to->arena, id);

    if (told.data == NULL && id.len > 0) {
        t->put.rc = AG_NOMEM;
    }

    return told;
}


/* Outputs first: they belong to the calls before them. */
static int
ag_responses_tell_turn(ag_responses_tell_t *t, const ag_turn_t *turn)
{
    int               rc;
    const ag_part_t  *part;

    rc = AG_OK;

    for (part = turn->parts; part != NULL && rc == AG_OK; part = part->next) {

        if (part->kind == AG_PART_TOOL_RESULT) {
            rc = ag_responses_tell_result(t, part, turn->index);
        }
    }

    return (rc == AG_OK) ? ag_responses_tell_message(t, turn) : rc;
}


/* ---- the assistant ---- */


static int
ag_responses_tell_assistant(ag_responses_tell_t *t, const ag_turn_t *turn)
{
    const ag_part_t  *part;

    for (part = turn->parts; part != NULL; /* void */) {

        switch (part->kind) {

        case AG_PART_TEXT:
        case AG_PART_REFUSAL:
            part = ag_responses_tell_words(t, part);
            continue;

        case AG_PART_TOOL_CALL:
            ag_responses_tell_call(t, part);
            break;

        case AG_PART_REASONING:
            ag_responses_tell_thought(t, part);
            break;

        default:
            ag_outbound_drop(t->to, t->n->list);
            break;
        }

        part = part->next;
    }

    return AG_OK;
}


/* Texts in a row are one message; returns what follows them. */
static const ag_part_t *
ag_responses_tell_words(ag_responses_tell_t *t, const ag_part_t *part)
{
    unsigned  open;

    open = 0;

    for ( /* void */ ; part != NULL; part = part->next) {

        if (part->kind != AG_PART_TEXT && part->kind != AG_PART_REFUSAL) {
            break;
        }

        if (part->text.len == 0) {
            continue;
        }

        if (!open) {
            open = 1;
            ag_put_open(&t->put, NULL, '{');
            ag_put_word(&t->put, "type", "message");
            ag_put_word(&t->put, "role", "assistant");
            ag_put_text_open(&t->put, "content");
        }

        ag_put_text_add(&t->put, part->text);
    }

    if (open) {
        ag_put_text_close(&t->put);
        ag_put_close(&t->put, '}');
    }

    return part;
}


static void
ag_responses_tell_call(ag_responses_tell_t *t, const ag_part_t *part)
{
    int       rc;
    ag_str_t  input;

    static const ag_str_t  none = ag_string("{}");

    input = part->text;

    if (part->input != NULL) {
        t->written.len = 0;
        rc = ag_json_add(&t->written, part->input);

        if (rc != AG_OK) {
            t->put.rc = rc;
            return;
        }

        input = ag_buf_str(&t->written);

    } else if (input.len == 0 && !part->custom) {
        input = none;
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", part->custom ? "custom_tool_call"
                                              : "function_call");
    ag_put_text(&t->put, "call_id", ag_responses_tell_id(t, part->id));
    ag_put_text(&t->put, "name", part->name);
    ag_put_text(&t->put, part->custom ? "input" : "arguments", input);
    ag_put_close(&t->put, '}');
}


static void
ag_responses_tell_thought(ag_responses_tell_t *t, const ag_part_t *part)
{
    if (part->signer != AG_SIGNER_RESPONSES || part->signature.len == 0) {
        return;
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "reasoning");

    if (part->id.len > 0) {
        ag_put_text(&t->put, "id", part->id);
    }

    ag_put_open(&t->put, "summary", '[');

    if (part->text.len > 0) {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "summary_text");
        ag_put_text(&t->put, "text", part->text);
        ag_put_close(&t->put, '}');
    }

    ag_put_close(&t->put, ']');
    ag_put_text(&t->put, "encrypted_content", part->signature);
    ag_put_close(&t->put, '}');
}


/* ---- others ---- */


static int
ag_responses_tell_result(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index)
{
    int  rc;

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", part->custom ? "custom_tool_call_output"
                                              : "function_call_output");
    ag_put_text(&t->put, "call_id", ag_responses_tell_id(t, part->id));

    rc = ag_responses_tell_output(t, part, index);

    ag_put_close(&t->put, '}');

    return rc;
}


/* A text alone is a string: not every server reads lists there. */
static int
ag_responses_tell_output(ag_responses_tell_t *t, const ag_part_t *part,
    uint32_t index)
{
    int               rc;
    const ag_part_t  *inner;

    inner = part->parts;

    if (inner == NULL
        || (inner->next == NULL && inner->kind == AG_PART_TEXT))
    {
        ag_put_text_open(&t->put, "output");

        if (part->error) {
            ag_put_text_add(&t->put, ag_responses_failed);
        }

        if (inner != NULL) {
            ag_put_text_add(&t->put, inner->text);
        }

        ag_put_text_close(&t->put);

        return AG_OK;
    }

    ag_put_open(&t->put, "output", '[');

    if (part->error) {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "input_text");
        ag_put_text(&t->put, "text", ag_responses_failed);
        ag_put_close(&t->put, '}');
    }

    for (rc = AG_OK; inner != NULL && rc == AG_OK; inner = inner->next) {
        rc = ag_responses_tell_part(t, inner, index);
    }

    ag_put_close(&t->put, ']');

    return rc;
}


static int
ag_responses_tell_message(ag_responses_tell_t *t, const ag_turn_t *turn)
{
    int               rc;
    unsigned          open;
    const ag_part_t  *part;

    rc = AG_OK;
    open = 0;

    for (part = turn->parts; part != NULL && rc == AG_OK; part = part->next) {

        if (!ag_responses_tell_speaks(part)) {

            if (part->kind == AG_PART_FOREIGN) {
                ag_outbound_drop(t->to, t->n->list);
            }

            continue;
        }

        if (!open) {
            open = 1;
            ag_put_open(&t->put, NULL, '{');
            ag_put_word(&t->put, "type", "message");
            ag_put_word(&t->put, "role",
                        (turn->role == AG_ROLE_USER) ? "user"
                        : (turn->role == AG_ROLE_DEVELOPER) ? "developer"
                        : "system");
            ag_put_open(&t->put, "content", '[');
        }

        rc = ag_responses_tell_part(t, part, turn->index);
    }

    if (open) {
        ag_put_close(&t->put, ']');
        ag_put_close(&t->put, '}');
    }

    return rc;
}


static unsigned
ag_responses_tell_speaks(const ag_part_t *part)
{
    switch (part->kind) {

    case AG_PART_TEXT:
    case AG_PART_REFUSAL:
        return part->text.len > 0;

    case AG_PART_IMAGE:
    case AG_PART_FILE:
    case AG_PART_AUDIO:
        return 1;

    default:
        return 0;
    }
}
