/*
 * Copyright (C) ngx_agent authors
 *
 * The blocks of a message.
 *
 * Signatures of Gemini have no place of their own in this dialect: they stand
 * in thinking blocks without a thought, before the text or call that they
 * sign; or behind it, if they were heard late, and then say so by the mark
 * that else means "redacted".  They go back to where they belong here.
 */


#include "dialect/ag_anthropic_ask_parts.h"


#define AG_ANTHROPIC_ASK_STEPS  64      /* of the search for a result's call:
                                           clients send results in the order
                                           of the calls */

#define AG_ANTHROPIC_ASK_REMOVALS  256  /* tools taken away by messages; each
                                           is looked for in a list */


typedef int (*ag_anthropic_ask_block_pt)(ag_anthropic_ask_t *ask,
    yyjson_val *block);


typedef struct {
    const char                 *type;
    unsigned                    places;
    ag_anthropic_ask_block_pt   read;
} ag_anthropic_ask_block_t;


static int ag_anthropic_ask_block_read(ag_anthropic_ask_t *ask,
    yyjson_val *block, unsigned place);
static int ag_anthropic_ask_block_text(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_plain(ag_anthropic_ask_t *ask,
    ag_str_t text, yyjson_val *block);
static int ag_anthropic_ask_block_call(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_result(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static ag_str_t ag_anthropic_ask_block_called(ag_anthropic_ask_t *ask,
    ag_str_t id);
static int ag_anthropic_ask_block_reference(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_addition(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_removal(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_thought(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_redacted(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static int ag_anthropic_ask_block_foreign(ag_anthropic_ask_t *ask,
    yyjson_val *block);
static void ag_anthropic_ask_block_say(ag_anthropic_ask_t *ask,
    ag_part_t *part);


/* The last is for all other types. */
static const ag_anthropic_ask_block_t  ag_anthropic_ask_block_types[] = {
    { "text",
      AG_ANTHROPIC_ASK_SYSTEM | AG_ANTHROPIC_ASK_USER
      | AG_ANTHROPIC_ASK_ASSISTANT | AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_block_text },

    { "image",
      AG_ANTHROPIC_ASK_USER | AG_ANTHROPIC_ASK_ASSISTANT
      | AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_source_image },

    { "document",
      AG_ANTHROPIC_ASK_USER | AG_ANTHROPIC_ASK_ASSISTANT
      | AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_source_document },

    { "search_result",
      AG_ANTHROPIC_ASK_USER | AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_source_search },

    { "tool_use", AG_ANTHROPIC_ASK_ASSISTANT, ag_anthropic_ask_block_call },
    { "tool_result", AG_ANTHROPIC_ASK_USER, ag_anthropic_ask_block_result },
    { "tool_reference", AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_block_reference },
    { "tool_addition", AG_ANTHROPIC_ASK_SYSTEM,
      ag_anthropic_ask_block_addition },
    { "tool_removal", AG_ANTHROPIC_ASK_SYSTEM,
      ag_anthropic_ask_block_removal },
    { "thinking", AG_ANTHROPIC_ASK_ASSISTANT, ag_anthropic_ask_block_thought },
    { "redacted_thinking", AG_ANTHROPIC_ASK_ASSISTANT,
      ag_anthropic_ask_block_redacted },

    { NULL,
      AG_ANTHROPIC_ASK_USER | AG_ANTHROPIC_ASK_ASSISTANT
      | AG_ANTHROPIC_ASK_RESULT,
      ag_anthropic_ask_block_foreign }
};


int
ag_anthropic_ask_blocks(ag_anthropic_ask_t *ask, yyjson_val *content,
    unsigned place)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *block;

    if (yyjson_is_str(content)) {
        return ag_anthropic_ask_block_plain(ask, ag_json_text(content), NULL);
    }

    if (!yyjson_is_arr(content)) {
        return ag_anthropic_ask_invalid(ask, "a string or an array of blocks");
    }

    yyjson_arr_foreach(content, i, max, block) {
        rc = ag_anthropic_ask_block_read(ask, block, place);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_anthropic_ask_block_read(ag_anthropic_ask_t *ask, yyjson_val *block,
    unsigned place)
{
    ag_str_t                         type;
    const ag_anthropic_ask_block_t  *row;

    type = ag_json_text(yyjson_obj_get(block, "type"));

    if (type.len == 0) {
        return ag_anthropic_ask_invalid(ask, "blocks with a \"type\"");
    }

    for (row = ag_anthropic_ask_block_types; row->type != NULL; row++) {
        if (ag_str_is(type, row->type)) {
            break;
        }
    }

    if (!(row->places & place)) {
        return ag_anthropic_ask_invalid(ask, (place == AG_ANTHROPIC_ASK_SYSTEM)
                                        ? "blocks of type \"text\""
                                        : "only blocks that may stand in a "
                                          "message of this role");
    }

    return row->read(ask, block);
}


static int
ag_anthropic_ask_block_text(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    yyjson_val  *text;

    text = yyjson_obj_get(block, "text");

    if (!yyjson_is_str(text)) {
        return ag_anthropic_ask_invalid(ask, "blocks of type \"text\" with a "
                                             "string \"text\"");
    }

    return ag_anthropic_ask_block_plain(ask, ag_json_text(text), block);
}


/* "block" may be NULL.  A text without a letter is none. */
static int
ag_anthropic_ask_block_plain(ag_anthropic_ask_t *ask, ag_str_t text,
    yyjson_val *block)
{
    int         rc;
    ag_part_t  *part;

    if (text.len == 0) {
        return AG_OK;
    }

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_TEXT, block);

    if (rc == AG_OK) {
        part->text = text;
        ag_anthropic_ask_block_say(ask, part);
    }

    return rc;
}


static int
ag_anthropic_ask_block_call(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int          rc;
    ag_str_t     id, name;
    ag_part_t   *part;
    yyjson_val  *input;

    static const ag_str_t  none = ag_string("{}");

    id = ag_json_text(yyjson_obj_get(block, "id"));
    name = ag_json_text(yyjson_obj_get(block, "name"));
    input = yyjson_obj_get(block, "input");

    if (id.len == 0 || name.len == 0
        || (input != NULL && !yyjson_is_null(input) && !yyjson_is_obj(input)))
    {
        return ag_anthropic_ask_invalid(ask, "blocks of type \"tool_use\" "
                                        "with an \"id\", a \"name\" and an "
                                        "object \"input\"");
    }

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_TOOL_CALL, block);

    if (rc != AG_OK) {
        return rc;
    }

    part->id = id;
    part->name = name;

    if (yyjson_is_obj(input)) {
        part->input = input;

    } else {
        part->text = none;
    }

    ag_anthropic_ask_block_say(ask, part);

    return AG_OK;
}


static int
ag_anthropic_ask_block_result(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int           rc;
    ag_str_t      id;
    ag_part_t    *part, **outer;
    yyjson_val   *content;

    id = ag_json_text(yyjson_obj_get(block, "tool_use_id"));
    content = yyjson_obj_get(block, "content");

    if (id.len == 0) {
        return ag_anthropic_ask_invalid(ask, "blocks of type \"tool_result\" "
                                             "with a \"tool_use_id\"");
    }

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_TOOL_RESULT, block);

    if (rc != AG_OK) {
        return rc;
    }

    part->id = id;
    part->name = ag_anthropic_ask_block_called(ask, id);
    part->error = yyjson_is_true(yyjson_obj_get(block, "is_error"));

    if (content == NULL || yyjson_is_null(content)) {
        return AG_OK;
    }

    outer = ask->parts;
    ask->parts = &part->parts;

    rc = ag_anthropic_ask_blocks(ask, content, AG_ANTHROPIC_ASK_RESULT);
    ask->parts = outer;

    return rc;
}


/*
 * The name of the call, looked for in the assistant's last turn from behind
 * the call of the last result on.
 */
static ag_str_t
ag_anthropic_ask_block_called(ag_anthropic_ask_t *ask, ag_str_t id)
{
    unsigned    steps;
    ag_part_t  *part;

    part = ask->call;

    for (steps = 0; steps < AG_ANTHROPIC_ASK_STEPS; steps++) {

        if (part == NULL) {
            part = ask->calls;
        }

        if (part == NULL) {
            break;
        }

        if (part->kind == AG_PART_TOOL_CALL && ag_str_equal(part->id, id)) {
            ask->call = part->next;
            return part->name;
        }

        part = part->next;
    }

    return ag_str(NULL, 0);
}


/*
 * What a search for tools has found: all tools are told here at once, so the
 * model reads that this one is there.
 */
static int
ag_anthropic_ask_block_reference(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    ag_buf_t  *b;
    ag_str_t   name;

    name = ag_json_text(yyjson_obj_get(block, "tool_name"));
    b = ag_arena_buf(ask->n->arena, AG_TRANSLATE_MAX);

    if (b == NULL || ag_buf_add_string(b, "Tool available: ") != AG_OK
        || ag_buf_add(b, name.data, name.len) != AG_OK)
    {
        return AG_NOMEM;
    }

    return ag_anthropic_ask_block_plain(ask, ag_buf_str(b), block);
}


/* A reference is to a tool that is told anyway. */
static int
ag_anthropic_ask_block_addition(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    yyjson_val  *tool;

    tool = yyjson_obj_get(block, "tool");

    if (!ag_str_is(ag_json_text(yyjson_obj_get(tool, "type")),
                   "tool_definition"))
    {
        return AG_OK;
    }

    return ag_anthropic_ask_tool_add(ask, yyjson_obj_get(tool, "definition"));
}


static int
ag_anthropic_ask_block_removal(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    ag_str_t     name;
    ag_tool_t  **tool;
    yyjson_val  *value;

    value = yyjson_obj_get(block, "tool");
    name = ag_json_text(yyjson_obj_get(value, "name"));

    if (name.len == 0 || ask->removals == AG_ANTHROPIC_ASK_REMOVALS) {
        return AG_OK;
    }

    ask->removals++;

    for (tool = &ask->n->tools; *tool != NULL; tool = &(*tool)->next) {
        if (ag_str_equal((*tool)->name, name)) {
            *tool = (*tool)->next;
            ask->tools = NULL;
            break;
        }
    }

    return AG_OK;
}


static int
ag_anthropic_ask_block_thought(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int           rc;
    ag_str_t      text, signature;
    unsigned      late;
    ag_part_t    *part;
    ag_signer_t   signer;

    late = 0;
    signer = AG_SIGNER_NONE;
    text = ag_json_text(yyjson_obj_get(block, "thinking"));
    signature = ag_json_text(yyjson_obj_get(block, "signature"));

    if (signature.len > 0) {
        signature = ag_signature_read(signature, AG_SIGNER_ANTHROPIC, &signer,
                                      &late);
    }

    if (text.len == 0 && signature.len == 0) {
        return AG_OK;
    }

    if (text.len == 0 && signer == AG_SIGNER_GEMINI) {

        if (!late) {
            ask->signature = signature;

        } else if (ask->said != NULL) {
            ask->said->signature = signature;
            ask->said->signer = signer;
        }

        return AG_OK;
    }

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_REASONING, block);

    if (rc == AG_OK) {
        part->text = text;
        part->signature = signature;
        part->signer = (signature.len > 0) ? signer : AG_SIGNER_NONE;
    }

    return rc;
}


static int
ag_anthropic_ask_block_redacted(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int         rc;
    ag_str_t    data;
    unsigned    redacted;
    ag_part_t  *part;

    data = ag_json_text(yyjson_obj_get(block, "data"));

    if (data.len == 0) {
        return AG_OK;
    }

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_REASONING, block);

    if (rc == AG_OK) {
        part->signature = ag_signature_read(data, AG_SIGNER_ANTHROPIC,
                                            &part->signer, &redacted);
        part->redacted = 1;
    }

    return rc;
}


/* What tools of Anthropic's servers said, and types that come to be. */
static int
ag_anthropic_ask_block_foreign(ag_anthropic_ask_t *ask, yyjson_val *block)
{
    int         rc;
    ag_part_t  *part;

    rc = ag_anthropic_ask_part(ask, &part, AG_PART_FOREIGN, block);

    if (rc == AG_OK) {
        part->value = block;
    }

    return rc;
}


/* A text or a call: the signature that waits for one is its own. */
static void
ag_anthropic_ask_block_say(ag_anthropic_ask_t *ask, ag_part_t *part)
{
    ask->said = part;

    if (ask->signature.len > 0) {
        part->signature = ask->signature;
        part->signer = AG_SIGNER_GEMINI;
        ask->signature = ag_str(NULL, 0);
    }
}
