/*
 * Copyright (C) ngx_agent authors
 *
 * Tool calls of the assistant, and what the tools answered.  A result knows
 * its call by an id alone; other dialects also want the name, so calls are
 * found again in lists by a hash of their ids.
 *
 * The deprecated function_call has no id: the place of its message makes one.
 */


#include "dialect/ag_openai_ask_parts.h"


#define AG_OPENAI_TRIES    64   /* calls of one list that are looked at: the
                                   latest are the likely ones, and ids chosen
                                   to collide must not cost time */
#define AG_OPENAI_ID_MAX   24   /* bytes: "call_function_" and a number */


static int ag_openai_ask_call(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value);
static int ag_openai_ask_call_custom(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *custom);
static int ag_openai_ask_call_arguments(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *value, const char *param);
static unsigned ag_openai_ask_call_is_object(ag_str_t text);
static ag_str_t ag_openai_ask_call_trim(ag_str_t text);
static int ag_openai_ask_call_keep(ag_openai_ask_t *a, ag_part_t *part);
static int ag_openai_ask_call_answer(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message, ag_str_t id);


int
ag_openai_ask_calls(ag_openai_ask_t *a, ag_part_t ***last, yyjson_val *value)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *call;

    if (value == NULL || yyjson_is_null(value)) {
        return AG_OK;
    }

    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_invalid(a, "messages[%u].tool_calls",
                                     "an array or null");
    }

    yyjson_arr_foreach(value, i, count, call) {
        rc = ag_openai_ask_call(a, last, call);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/*
 * Without its id or name a call cannot be answered for: that would come back
 * as a provider's error about something that the client never sent.
 */
static int
ag_openai_ask_call(ag_openai_ask_t *a, ag_part_t ***last, yyjson_val *value)
{
    int          rc;
    ag_part_t   *part;
    yyjson_val  *function;

    part = ag_neutral_part(a->n, last, AG_PART_TOOL_CALL);

    if (part == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    part->id = ag_json_text(yyjson_obj_get(value, "id"));
    part->custom = yyjson_equals_str(yyjson_obj_get(value, "type"), "custom");

    function = yyjson_obj_get(value, part->custom ? "custom" : "function");
    part->name = ag_json_text(yyjson_obj_get(function, "name"));

    if (part->id.len == 0 || part->name.len == 0) {
        return ag_openai_ask_invalid(a, "messages[%u].tool_calls",
                                     "calls with an id and a name");
    }

    if (part->custom) {
        rc = ag_openai_ask_call_custom(a, part, function);

    } else {
        rc = ag_openai_ask_call_arguments(a, part,
                                          yyjson_obj_get(function,
                                                         "arguments"),
                                          "messages[%u].tool_calls");
    }

    /* where Google's own surface of this dialect has it, and others' place */

    part->signature = ag_json_text(ag_json_path(value, "extra_content",
                                                "google",
                                                "thought_signature", NULL));
    if (part->signature.len == 0) {
        part->signature = ag_json_text(yyjson_obj_get(function,
                                                      "thought_signature"));
    }

    part->signer = (part->signature.len > 0) ? AG_SIGNER_GEMINI
                                             : AG_SIGNER_NONE;

    return (rc == AG_OK) ? ag_openai_ask_call_keep(a, part) : rc;
}


static int
ag_openai_ask_call_custom(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *custom)
{
    yyjson_val  *input;

    input = yyjson_obj_get(custom, "input");

    if (!yyjson_is_str(input)) {
        return ag_openai_ask_invalid(a, "messages[%u].tool_calls",
                                     "an input that is a string");
    }

    part->text = ag_json_text(input);

    return AG_OK;
}


/* A call without arguments comes as "" from models, and so from clients. */
static int
ag_openai_ask_call_arguments(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *value, const char *param)
{
    if (yyjson_is_obj(value)) {
        part->input = value;
        return AG_OK;
    }

    if (value == NULL || yyjson_is_null(value) || yyjson_is_str(value)) {
        part->text = ag_openai_ask_call_trim(ag_json_text(value));

        if (part->text.len == 0) {
            part->text = ag_str("{}", 2);
            return AG_OK;
        }

        if (ag_openai_ask_call_is_object(part->text)) {
            return AG_OK;
        }
    }

    return ag_openai_ask_invalid(a, param,
                                 "arguments that are a JSON object in a "
                                 "string");
}


/*
 * The text is kept and not the tree: written again as it came, a long history
 * is found in the provider's cache of prompts.
 */
static unsigned
ag_openai_ask_call_is_object(ag_str_t text)
{
    unsigned     is;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;

    doc = (text.len > AG_JSON_TREE_MAX)
          ? ag_json_tree_large(text, AG_TRANSLATE_MAX, NULL)
          : ag_json_tree(text, scratch, sizeof(scratch));

    is = yyjson_is_obj(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return is;
}


/* strchr() also finds the zero that ends its list. */
static ag_str_t
ag_openai_ask_call_trim(ag_str_t text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL
           && text.data[0] != '\0')
    {
        text.data++;
        text.len--;
    }

    return text;
}


int
ag_openai_ask_call_function(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value)
{
    int         rc;
    ag_buf_t   *out;
    ag_part_t  *part;

    if (value == NULL || yyjson_is_null(value)) {
        return AG_OK;
    }

    part = ag_neutral_part(a->n, last, AG_PART_TOOL_CALL);
    out = ag_arena_buf(a->n->arena, AG_OPENAI_ID_MAX);

    if (part == NULL || out == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    part->name = ag_json_text(yyjson_obj_get(value, "name"));

    if (part->name.len == 0) {
        return ag_openai_ask_invalid(a, "messages[%u].function_call",
                                     "an object with a name");
    }

    rc = ag_buf_add_string(out, "call_function_");

    if (rc == AG_OK) {
        rc = ag_buf_add_number(out, a->index);
    }

    if (rc != AG_OK) {
        return rc;
    }

    part->id = ag_buf_str(out);
    a->function = part->id;

    rc = ag_openai_ask_call_arguments(a, part,
                                      yyjson_obj_get(value, "arguments"),
                                      "messages[%u].function_call");

    return (rc == AG_OK) ? ag_openai_ask_call_keep(a, part) : rc;
}


/* ---- results ---- */


/* A result of no known call passes on: the provider knows how to say so. */
int
ag_openai_ask_call_result(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message)
{
    ag_str_t  id;

    id = ag_json_text(yyjson_obj_get(message, "tool_call_id"));

    if (id.len == 0) {
        return ag_openai_ask_invalid(a, "messages[%u].tool_call_id",
                                     "the id of a tool call");
    }

    return ag_openai_ask_call_answer(a, last, message, id);
}


/* It answers the last function_call: there was never more than one. */
int
ag_openai_ask_call_function_result(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message)
{
    if (a->function.len == 0) {
        return ag_openai_ask_invalid(a, "messages[%u].role",
                                     "a function_call before the function's "
                                     "message");
    }

    return ag_openai_ask_call_answer(a, last, message, a->function);
}


/* The parts of a result are one thing: their mark of the cache is its own. */
static int
ag_openai_ask_call_answer(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *message, ag_str_t id)
{
    int          rc;
    ag_part_t   *part, *call, *inner, **end;
    yyjson_val  *content;

    part = ag_neutral_part(a->n, last, AG_PART_TOOL_RESULT);

    if (part == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    part->id = id;
    call = ag_openai_ask_call_find(a, id);

    if (call != NULL) {
        part->name = call->name;
        part->custom = call->custom;

    } else {
        part->name = ag_json_text(yyjson_obj_get(message, "name"));
    }

    content = yyjson_obj_get(message, "content");
    end = &part->parts;
    rc = ag_openai_ask_part_content(a, &end, content,
                                    AG_OPENAI_TEXT | AG_OPENAI_MEDIA);

    for (inner = part->parts; inner != NULL; inner = inner->next) {

        if (inner->cache_control != NULL) {
            part->cache_control = inner->cache_control;
            inner->cache_control = NULL;
        }
    }

    return rc;
}


/* ---- calls by their ids ---- */


/* The latest first: some clients count their ids anew in every round. */
static int
ag_openai_ask_call_keep(ag_openai_ask_t *a, ag_part_t *part)
{
    size_t              size;
    uint32_t            hash;
    ag_openai_call_t   *call;

    size = AG_OPENAI_CALLS * sizeof(ag_openai_call_t *);

    if (a->calls == NULL) {
        a->calls = ag_arena_alloc(a->n->arena, size);
    }

    call = ag_arena_alloc(a->n->arena, sizeof(ag_openai_call_t));

    if (a->calls == NULL || call == NULL) {
        return ag_openai_ask_full(a, size);
    }

    hash = ag_json_hash(part->id) % AG_OPENAI_CALLS;

    call->part = part;
    call->next = a->calls[hash];
    a->calls[hash] = call;

    return AG_OK;
}


ag_part_t *
ag_openai_ask_call_find(const ag_openai_ask_t *a, ag_str_t id)
{
    unsigned           tries;
    ag_openai_call_t  *call;

    if (a->calls == NULL || id.len == 0) {
        return NULL;
    }

    call = a->calls[ag_json_hash(id) % AG_OPENAI_CALLS];

    for (tries = 0; call != NULL && tries < AG_OPENAI_TRIES; tries++) {

        if (ag_str_equal(call->part->id, id)) {
            return call->part;
        }

        call = call->next;
    }

    return NULL;
}
