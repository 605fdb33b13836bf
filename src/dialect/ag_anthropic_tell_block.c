/*
 * Copyright (C) ngx_agent authors
 *
 * One part of a turn as a block of Anthropic's.  Nothing is fetched and
 * nothing is converted: what Anthropic has no block for is refused, but for
 * what only the dialect of the client could have read again.
 *
 * Source: Anthropic's API reference, "Messages", content blocks.
 */


#include "dialect/ag_anthropic_tell_parts.h"


static void ag_anthropic_tell_block_thought(ag_anthropic_tell_t *t,
    const ag_part_t *part);
static void ag_anthropic_tell_block_id(ag_anthropic_tell_t *t,
    const char *name, ag_str_t id);
static int ag_anthropic_tell_block_call(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part);
static int ag_anthropic_tell_block_input(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part);
static int ag_anthropic_tell_block_tree(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part);
static int ag_anthropic_tell_block_result(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_part_t *part);


/* What a role cannot have there is no reason to refuse its message. */
int
ag_anthropic_tell_block(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    unsigned  assistant;
    ag_str_t  text;

    assistant = (turn->role == AG_ROLE_ASSISTANT);

    switch (part->kind) {

    case AG_PART_TEXT:
    case AG_PART_REFUSAL:
        text = part->text;

        /* what the model is to go on with may not end in white space */

        while (part == t->last && text.len > 0
               && ag_anthropic_tell_is_blank(ag_str(text.data + text.len - 1,
                                                    1)))
        {
            text.len--;
        }

        ag_anthropic_tell_text(t, text, part->cache_control);
        return AG_OK;

    case AG_PART_REASONING:
        if (assistant && ag_anthropic_tell_reasons(part)) {
            ag_anthropic_tell_block_thought(t, part);
        }

        return AG_OK;

    case AG_PART_TOOL_CALL:
        return assistant ? ag_anthropic_tell_block_call(t, turn, part)
                         : AG_OK;

    case AG_PART_TOOL_RESULT:
        return assistant ? AG_OK
                         : ag_anthropic_tell_block_result(t, turn, part);

    default:
        if (!assistant) {
            return ag_anthropic_tell_media(t, turn, part,
                                                   part->cache_control);
        }

        ag_outbound_drop(t->to, t->n->list);    /* pictures that it made */
        return AG_OK;
    }
}


void
ag_anthropic_tell_text(ag_anthropic_tell_t *t, ag_str_t text,
    yyjson_val *cache_control)
{
    if (ag_anthropic_tell_is_blank(text)) {
        return;
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "text");
    ag_put_text(&t->put, "text", text);
    ag_anthropic_tell_cache(t, cache_control);
    ag_put_close(&t->put, '}');
}


void
ag_anthropic_tell_cache(ag_anthropic_tell_t *t, yyjson_val *cache_control)
{
    if (yyjson_is_obj(cache_control)) {
        ag_put_value(&t->put, "cache_control", cache_control);
    }
}


unsigned
ag_anthropic_tell_is_blank(ag_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] != ' '
            && (text.data[i] < '\t' || text.data[i] > '\r'))
        {
            return 0;
        }
    }

    return 1;
}


unsigned
ag_anthropic_tell_says(const ag_part_t *part)
{
    if (part->kind == AG_PART_TEXT || part->kind == AG_PART_REFUSAL) {
        return !ag_anthropic_tell_is_blank(part->text);
    }

    return part->kind == AG_PART_TOOL_CALL;
}


/* Others' signatures, and none, are refused. */
unsigned
ag_anthropic_tell_reasons(const ag_part_t *part)
{
    return part->kind == AG_PART_REASONING
           && part->signer == AG_SIGNER_ANTHROPIC && part->signature.len > 0;
}


/* Signed as it came, and never changed: the signature is over the text. */
static void
ag_anthropic_tell_block_thought(ag_anthropic_tell_t *t,
    const ag_part_t *part)
{
    if (t->to->facts->thinking == AG_THINKING_NONE) {
        return;
    }

    ag_put_open(&t->put, NULL, '{');

    if (part->redacted) {
        ag_put_word(&t->put, "type", "redacted_thinking");
        ag_put_text(&t->put, "data", part->signature);

    } else {
        ag_put_word(&t->put, "type", "thinking");
        ag_put_text(&t->put, "thinking", part->text);
        ag_put_text(&t->put, "signature", part->signature);
    }

    ag_put_close(&t->put, '}');
}


/* The same of a call and of its result. */
static void
ag_anthropic_tell_block_id(ag_anthropic_tell_t *t, const char *name,
    ag_str_t id)
{
    ag_str_t  plain;

    plain = ag_tool_id_plain(t->to->arena, id);

    if (plain.len == 0 && id.len > 0 && t->put.rc == AG_OK) {
        t->put.rc = AG_NOMEM;
    }

    ag_put_text(&t->put, name, plain);
}


static int
ag_anthropic_tell_block_call(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int  rc;

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "type", "tool_use");
    ag_anthropic_tell_block_id(t, "id", part->id);
    ag_put_text(&t->put, "name", part->name);

    rc = ag_anthropic_tell_block_input(t, turn, part);

    ag_anthropic_tell_cache(t, part->cache_control);
    ag_put_close(&t->put, '}');

    return rc;
}


/*
 * Arguments stay the bytes that the model wrote where they are JSON, for the
 * sake of its cache.  A custom tool's input is no JSON: it gets a name.
 */
static int
ag_anthropic_tell_block_input(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    ag_json_t  json;

    if (part->input != NULL) {
        ag_put_value(&t->put, "input", part->input);
        return AG_OK;
    }

    if (part->custom) {
        ag_put_open(&t->put, "input", '{');
        ag_put_text(&t->put, "input", part->text);
        ag_put_close(&t->put, '}');

        return AG_OK;
    }

    if (ag_anthropic_tell_is_blank(part->text)) {
        ag_put_json(&t->put, "input", ag_str("{}", 2));
        return AG_OK;
    }

    if (ag_json_scan(&json, part->text) == AG_OK
        && json.type == AG_JSON_OBJECT)
    {
        ag_put_json(&t->put, "input", part->text);
        return AG_OK;
    }

    return ag_anthropic_tell_block_tree(t, turn, part);
}


/* Wider than a scan keeps track of, or no object at all. */
static int
ag_anthropic_tell_block_tree(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int          rc;
    yyjson_doc  *doc;
    yyjson_val  *root;

    doc = ag_json_tree_large(part->text, AG_TRANSLATE_MAX, NULL);
    root = yyjson_doc_get_root(doc);
    rc = AG_OK;

    if (yyjson_is_obj(root)) {
        ag_put_value(&t->put, "input", root);

    } else {
        rc = ag_neutral_invalid(t->n, t->error,
                                ag_anthropic_tell_name(t,
                                    "messages[%u].tool_calls",
                                    "input[%u].arguments"),
                                turn->index,
                                "arguments that are a JSON object");
    }

    yyjson_doc_free(doc);

    return rc;
}


/* The tool's id and its mark for the cache are the block's, not its parts'. */
static int
ag_anthropic_tell_block_result(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_part_t *part)
{
    int               rc;
    ag_put_t         *p;
    yyjson_val       *cache_control;
    const ag_part_t  *one;

    p = &t->put;
    rc = AG_OK;
    cache_control = part->cache_control;

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "tool_result");
    ag_anthropic_tell_block_id(t, "tool_use_id", part->id);
    ag_put_open(p, "content", '[');

    for (one = part->parts; one != NULL && rc == AG_OK; one = one->next) {

        if (one->cache_control != NULL) {
            cache_control = one->cache_control;
        }

        if (one->kind == AG_PART_TEXT) {
            ag_anthropic_tell_text(t, one->text, NULL);

        } else {
            rc = ag_anthropic_tell_media(t, turn, one, NULL);
        }
    }

    ag_put_close(p, ']');

    if (part->error) {
        ag_put_bool(p, "is_error", 1);
    }

    ag_anthropic_tell_cache(t, cache_control);
    ag_put_close(p, '}');

    return rc;
}
