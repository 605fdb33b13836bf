/*
 * Copyright (C) ngx_agent authors
 *
 * Hears calls of tools.  By the letter a piece of a call has an index, and id
 * and name stand in the first piece only; servers leave out the index, repeat
 * id and name, give all calls the same index, or send arguments as an object.
 * Calls stay open to the end, since their pieces may take turns.
 */


#include "dialect/ag_openai_hear_parts.h"


static void ag_openai_hear_call(ag_reader_t *r, uint32_t choice,
    yyjson_val *value, yyjson_val *function);
static ag_openai_call_t *ag_openai_hear_find(ag_openai_hear_t *state,
    uint32_t choice, yyjson_val *index, ag_str_t id, ag_str_t name);
static ag_openai_call_t *ag_openai_hear_new(ag_reader_t *r, uint32_t choice,
    yyjson_val *index, ag_str_t id);
static void ag_openai_hear_named(ag_reader_t *r, ag_openai_call_t *call,
    ag_block_kind_t type, ag_str_t name);
static void ag_openai_hear_arguments(ag_reader_t *r, ag_openai_call_t *call,
    yyjson_val *value);


void
ag_openai_hear_calls(ag_reader_t *r, uint32_t choice, yyjson_val *message)
{
    size_t       i, count;
    yyjson_val  *calls, *call, *function;

    calls = yyjson_obj_get(message, "tool_calls");

    yyjson_arr_foreach(calls, i, count, call) {

        function = yyjson_obj_get(call, "function");

        if (!yyjson_is_obj(function)) {
            function = yyjson_obj_get(call, "custom");
        }

        ag_openai_hear_call(r, choice, call, function);
    }

    /* what it was called before there were several at once */

    function = yyjson_obj_get(message, "function_call");
    ag_openai_hear_call(r, choice, function, function);
}


ag_open_block_t *
ag_openai_hear_called(ag_reader_t *r, uint32_t choice, ag_str_t id)
{
    ag_openai_call_t  *call;
    ag_openai_hear_t  *state;

    state = r->state;

    for (call = state->calls; call != NULL; call = call->next) {
        if (call->choice == choice && ag_str_equal(call->id, id)) {
            return call->block;
        }
    }

    return NULL;
}


static void
ag_openai_hear_call(ag_reader_t *r, uint32_t choice, yyjson_val *value,
    yyjson_val *function)
{
    ag_str_t           id, name;
    yyjson_val        *index, *arguments;
    ag_block_kind_t    type;
    ag_openai_call_t  *call;

    if (!yyjson_is_obj(function)) {
        return;
    }

    id = ag_json_text(yyjson_obj_get(value, "id"));
    name = ag_json_text(yyjson_obj_get(function, "name"));
    index = yyjson_obj_get(value, "index");

    type = (yyjson_obj_get(value, "custom") == function) ? AG_BLOCK_CUSTOM
                                                         : AG_BLOCK_TOOL;

    /* in a whole answer every element is a call, whatever it repeats */

    call = r->whole ? NULL
                    : ag_openai_hear_find(r->state, choice, index, id, name);

    if (call == NULL) {
        call = ag_openai_hear_new(r, choice, index, id);
    }

    if (call == NULL) {
        return;
    }

    if (call->block == NULL && name.len > 0) {
        ag_openai_hear_named(r, call, type, name);
    }

    arguments = yyjson_obj_get(function, (type == AG_BLOCK_CUSTOM)
                                         ? "input" : "arguments");

    ag_openai_hear_arguments(r, call, arguments);

    ag_reader_sign(r, call->block,
                   ag_json_text(ag_json_path(value, "extra_content", "google",
                                             "thought_signature", NULL)),
                   AG_SIGNER_GEMINI, 0);
}


/*
 * The call that this is a piece of; NULL: of a new one.  An id that is not
 * the same begins a new call even under an index that is taken, if it comes
 * with a name: some servers mint another id for every piece.
 */
static ag_openai_call_t *
ag_openai_hear_find(ag_openai_hear_t *state, uint32_t choice,
    yyjson_val *index, ag_str_t id, ag_str_t name)
{
    unsigned           same;
    ag_openai_call_t  *call;

    for (call = state->calls; call != NULL; call = call->next) {

        if (call->choice != choice) {
            continue;
        }

        same = (id.len > 0 && ag_str_equal(call->id, id));

        if (yyjson_is_uint(index)) {

            if (!call->numbered
                || call->index != ag_json_count(index, UINT32_MAX))
            {
                continue;
            }

            if (id.len == 0 || call->id.len == 0 || same || name.len == 0) {
                return call;
            }

            return NULL;
        }

        if (same) {
            return call;
        }

        if (id.len == 0) {
            return (name.len == 0 || call->block == NULL) ? call : NULL;
        }
    }

    return NULL;
}


static ag_openai_call_t *
ag_openai_hear_new(ag_reader_t *r, uint32_t choice, yyjson_val *index,
    ag_str_t id)
{
    ag_openai_call_t  *call;
    ag_openai_hear_t  *state;

    state = r->state;

    if (state->count == AG_OPEN_BLOCKS_MAX) {
        r->rc = AG_LIMIT;
        return NULL;
    }

    call = ag_arena_alloc(r->arena, sizeof(ag_openai_call_t));

    if (call != NULL) {
        call->id = ag_arena_copy(r->arena, id);
    }

    if (call == NULL || call->id.data == NULL) {
        r->rc = AG_NOMEM;
        return NULL;
    }

    call->choice = choice;
    call->key = state->count++;
    call->numbered = yyjson_is_uint(index);
    call->index = (uint32_t) ag_json_count(index, UINT32_MAX);
    call->next = state->calls;
    state->calls = call;

    return call;
}


static void
ag_openai_hear_named(ag_reader_t *r, ag_openai_call_t *call,
    ag_block_kind_t type, ag_str_t name)
{
    ag_openai_hear_pause(r, call->choice);

    call->block = ag_reader_open(r, call->choice, call->key, type, call->id,
                                 name);

    if (call->held != NULL) {
        ag_reader_add(r, call->block, ag_buf_str(call->held));
    }
}


/* A client needs the name first: what comes before it has to wait. */
static void
ag_openai_hear_arguments(ag_reader_t *r, ag_openai_call_t *call,
    yyjson_val *value)
{
    int       rc;
    ag_str_t  text;

    text = yyjson_is_ctn(value) ? ag_openai_hear_written(r, value)
                                : ag_json_text(value);

    if (call->block != NULL || text.len == 0 || r->rc != AG_OK) {
        ag_reader_add(r, call->block, text);
        return;
    }

    if (call->held == NULL) {
        call->held = ag_arena_buf(r->arena, AG_ANSWER_MAX);
    }

    rc = (call->held == NULL) ? AG_NOMEM
                              : ag_buf_add(call->held, text.data, text.len);
    if (rc != AG_OK) {
        r->rc = rc;
    }
}
