/*
 * Copyright (C) ngx_agent authors
 *
 * The calls of a chat's message, told again: each is named at once, and what
 * it is called with comes in pieces.
 */


#include "dialect/ag_replay_parts.h"


static void ag_replay_calls_one(ag_replay_chunk_t *c, yyjson_val *call,
    size_t index);
static void ag_replay_calls_part(ag_replay_chunk_t *c, yyjson_val *call,
    size_t index, const char *object, const char *name);
static void ag_replay_calls_begun(ag_put_t *p, yyjson_val *object,
    const char *name);


/* A call's own number says nothing; its place does. */
int
ag_replay_calls_check(yyjson_val *calls)
{
    int               rc;
    yyjson_val       *call;
    yyjson_arr_iter   iter;

    rc = (yyjson_arr_size(calls) > AG_REPLAY_ENTRIES_MAX) ? AG_LIMIT : AG_OK;
    yyjson_arr_iter_init(calls, &iter);

    while (rc == AG_OK && (call = yyjson_arr_iter_next(&iter)) != NULL) {
        rc = yyjson_is_obj(call) ? ag_replay_fits(call) : AG_NONE;
    }

    return rc;
}


void
ag_replay_calls(ag_replay_chunk_t *c, yyjson_val *calls)
{
    size_t            index;
    yyjson_val       *call;
    yyjson_arr_iter   iter;

    index = 0;
    yyjson_arr_iter_init(calls, &iter);

    while ((call = yyjson_arr_iter_next(&iter)) != NULL) {
        ag_replay_calls_one(c, call, index);
        ag_replay_calls_part(c, call, index, "function", "arguments");
        ag_replay_calls_part(c, call, index, "custom", "input");
        index++;
    }
}


/* Which call it is, with all but what comes in pieces. */
static void
ag_replay_calls_one(ag_replay_chunk_t *c, yyjson_val *call, size_t index)
{
    ag_str_t          name;
    yyjson_val       *key, *value;
    yyjson_obj_iter   iter;

    ag_replay_chat_open(c);
    ag_put_open(&c->put, "tool_calls", '[');
    ag_put_open(&c->put, NULL, '{');
    ag_put_number(&c->put, "index", index);
    yyjson_obj_iter_init(call, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        name = ag_json_text(key);
        value = yyjson_obj_iter_get_val(key);

        if (ag_str_is(name, "index")) {
            continue;
        }

        ag_put_key(&c->put, name);

        if (yyjson_is_obj(value) && ag_str_is(name, "function")) {
            ag_replay_calls_begun(&c->put, value, "arguments");

        } else if (yyjson_is_obj(value) && ag_str_is(name, "custom")) {
            ag_replay_calls_begun(&c->put, value, "input");

        } else {
            ag_put_value(&c->put, NULL, value);
        }
    }

    ag_put_close(&c->put, '}');
    ag_put_close(&c->put, ']');
    ag_replay_chat_close(c, 0);
}


/* The pieces of one text in it. */
static void
ag_replay_calls_part(ag_replay_chunk_t *c, yyjson_val *call,
    size_t index, const char *object, const char *name)
{
    ag_str_t  rest;

    rest = ag_json_text(ag_json_path(call, object, name, NULL));

    while (rest.len > 0 && c->put.rc == AG_OK) {
        ag_replay_chat_open(c);
        ag_put_open(&c->put, "tool_calls", '[');
        ag_put_open(&c->put, NULL, '{');
        ag_put_number(&c->put, "index", index);
        ag_put_open(&c->put, object, '{');
        ag_put_text(&c->put, name, ag_replay_piece(&rest));
        ag_put_close(&c->put, '}');
        ag_put_close(&c->put, '}');
        ag_put_close(&c->put, ']');
        ag_replay_chat_close(c, 0);
    }
}


/* The deprecated form of one call. */
void
ag_replay_calls_function(ag_replay_chunk_t *c, yyjson_val *function)
{
    ag_str_t  rest;

    if (!yyjson_is_obj(function)) {
        return;
    }

    ag_replay_chat_open(c);
    ag_put_key(&c->put, ag_str("function_call", 13));
    ag_replay_calls_begun(&c->put, function, "arguments");
    ag_replay_chat_close(c, 0);

    rest = ag_json_text(yyjson_obj_get(function, "arguments"));

    while (rest.len > 0 && c->put.rc == AG_OK) {
        ag_replay_chat_open(c);
        ag_put_open(&c->put, "function_call", '{');
        ag_put_text(&c->put, "arguments", ag_replay_piece(&rest));
        ag_put_close(&c->put, '}');
        ag_replay_chat_close(c, 0);
    }
}


/* An object whose text "name" is to come. */
static void
ag_replay_calls_begun(ag_put_t *p, yyjson_val *object, const char *name)
{
    yyjson_val       *key, *value;
    yyjson_obj_iter   iter;

    ag_put_open(p, NULL, '{');
    yyjson_obj_iter_init(object, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        value = yyjson_obj_iter_get_val(key);
        ag_put_key(p, ag_json_text(key));

        if (yyjson_is_str(value) && ag_str_is(ag_json_text(key), name)) {
            ag_put_word(p, NULL, "");

        } else {
            ag_put_value(p, NULL, value);
        }
    }

    ag_put_close(p, '}');
}
