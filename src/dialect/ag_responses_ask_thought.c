/*
 * Copyright (C) ngx_agent authors
 *
 * What the model thought, as a conversation of the Responses API brings it
 * back, and signatures that came in the place of thoughts.
 */


#include "dialect/ag_responses_parts.h"


static void ag_responses_signature(yyjson_val *item, ag_part_t *part);
static int ag_responses_joined(ag_responses_asker_t *a, yyjson_val *list,
    ag_str_t *text);


/*
 * Gemini signs calls and words, not thoughts: its signature came in an item
 * of its own in front of them.
 */
int
ag_responses_ask_thought(ag_responses_asker_t *a, yyjson_val *item)
{
    int         rc;
    ag_str_t    text;
    ag_part_t  *part, thought;

    text = ag_str(NULL, 0);
    memset(&thought, 0, sizeof(thought));
    ag_responses_signature(item, &thought);

    rc = ag_responses_ask_turn(a, AG_ROLE_ASSISTANT);

    if (rc == AG_OK) {
        rc = ag_responses_joined(a, yyjson_obj_get(item, "summary"), &text);
    }

    if (rc == AG_OK && text.len == 0) {
        rc = ag_responses_joined(a, yyjson_obj_get(item, "content"), &text);
    }

    if (rc != AG_OK || (text.len == 0 && thought.signature.len == 0)) {
        return rc;
    }

    if (text.len == 0 && thought.signer == AG_SIGNER_GEMINI) {
        ag_responses_ask_settle(a);
        a->signature = thought.signature;

        return AG_OK;
    }

    part = ag_responses_ask_part(a, AG_PART_REASONING);

    if (part == NULL) {
        return AG_NOMEM;
    }

    part->text = text;
    part->id = ag_json_text(yyjson_obj_get(item, "id"));
    part->signature = thought.signature;
    part->signer = thought.signer;
    part->redacted = thought.redacted;

    return AG_OK;
}


static void
ag_responses_signature(yyjson_val *item, ag_part_t *part)
{
    unsigned  redacted;
    ag_str_t  text;

    text = ag_json_text(yyjson_obj_get(item, "encrypted_content"));

    if (text.len > 0) {
        part->signature = ag_signature_read(text, AG_SIGNER_RESPONSES,
                                            &part->signer, &redacted);
        part->redacted = redacted & 1;
    }
}


/* The texts of a list of parts, as paragraphs. */
static int
ag_responses_joined(ag_responses_asker_t *a, yyjson_val *list,
    ag_str_t *text)
{
    size_t       i, max, len;
    ag_str_t     piece;
    ag_char_t   *p;
    yyjson_val  *part;

    len = 0;
    *text = ag_str("", 0);

    yyjson_arr_foreach(list, i, max, part) {
        piece = ag_json_text(yyjson_obj_get(part, "text"));

        if (piece.len > 0) {
            len += piece.len + 2;
            *text = piece;
        }
    }

    if (len == 0 || text->len + 2 == len) {
        return AG_OK;
    }

    p = ag_arena_alloc(a->n->arena, len);

    if (p == NULL) {
        return AG_NOMEM;
    }

    *text = ag_str(p, len - 2);

    yyjson_arr_foreach(list, i, max, part) {
        piece = ag_json_text(yyjson_obj_get(part, "text"));

        if (piece.len > 0) {
            memcpy(p, piece.data, piece.len);
            memcpy(p + piece.len, "\n\n", 2);
            p += piece.len + 2;
        }
    }

    return AG_OK;
}


/* The signature that waits for a part is this part's. */
void
ag_responses_ask_sign(ag_responses_asker_t *a, ag_part_t *part)
{
    if (part->kind != AG_PART_TEXT && part->kind != AG_PART_TOOL_CALL) {
        return;
    }

    a->unsigned_part = part;

    if (a->signature.len > 0) {
        ag_responses_ask_settle(a);
    }
}


/* No part follows that could be meant: the last one was, for a signature may
 * come behind the words that it signs. */
void
ag_responses_ask_settle(ag_responses_asker_t *a)
{
    ag_part_t  *part;

    part = a->unsigned_part;

    if (a->signature.len > 0 && part != NULL) {
        part->signature = a->signature;
        part->signer = AG_SIGNER_GEMINI;
        a->unsigned_part = NULL;
    }

    a->signature = ag_str(NULL, 0);
}
