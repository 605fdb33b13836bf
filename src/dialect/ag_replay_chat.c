/*
 * Copyright (C) ngx_agent authors
 *
 * Chats, told again.  A message is told in the order in which models think
 * of it: the role, the reasoning and what signs it, the text, the calls; then
 * whatever else it has, each member as it is.
 *
 * Source: OpenAI's API reference, "The chat completion chunk object".
 */


#include "dialect/ag_replay_parts.h"


#define AG_REPLAY_CHAT_TEXTS  (sizeof(ag_replay_chat_texts)                   \
                               / sizeof(ag_replay_chat_texts[0]))


static int ag_replay_chat_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage);
static void ag_replay_chat_put(ag_put_t *p, ag_replay_node_t *message);
static int ag_replay_chat_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options);
static int ag_replay_chat_choice(ag_replay_chunk_t *c, yyjson_val *choice,
    size_t index);
static int ag_replay_chat_message(ag_replay_chunk_t *c, yyjson_val *message);
static int ag_replay_chat_checks(yyjson_val *message);
static void ag_replay_chat_role(ag_replay_chunk_t *c, yyjson_val *message);
static void ag_replay_chat_text(ag_replay_chunk_t *c, yyjson_val *message,
    const char *name);
static void ag_replay_chat_details(ag_replay_chunk_t *c, yyjson_val *message);
static void ag_replay_chat_rest(ag_replay_chunk_t *c, yyjson_val *message);
static unsigned ag_replay_chat_is_told(ag_str_t name, yyjson_val *value);


static const ag_replay_form_t  ag_replay_chat_form = {
    "chat.completion", "chat.completion", "delta", ag_replay_chat_put
};

/* Members that are told first, */
static const char *const  ag_replay_chat_first[] = {
    "role", "content", NULL
};

/* in pieces, */
static const char *const  ag_replay_chat_texts[] = {
    "reasoning_content", "reasoning", "content", "refusal"
};

/* and in an event of their own, or not at all. */
static const char *const  ag_replay_chat_told[] = { "message", NULL };


const ag_replay_surface_t  ag_replay_chat = {
    ag_replay_chat_whole,
    ag_replay_chat_stream,
    ag_replay_choices_end
};


/* ---- the whole ---- */


static int
ag_replay_chat_whole(ag_buf_t *out, ag_str_t stream, const ag_usage_t *usage)
{
    return ag_replay_choices_whole(out, stream, usage, &ag_replay_chat_form);
}


/* A list of calls that is whole has an order, and no numbers. */
static void
ag_replay_chat_put(ag_put_t *p, ag_replay_node_t *message)
{
    ag_replay_node_t  *calls;

    calls = ag_replay_merge_find(message, "tool_calls");

    if (calls != NULL && calls->kind == AG_REPLAY_LIST) {
        ag_replay_list_unnumber(calls);
    }

    ag_put_open(p, "message", '{');

    if (ag_replay_merge_has(message, "role")) {
        ag_replay_put(p, "role", ag_replay_merge_find(message, "role"));

    } else {
        ag_put_word(p, "role", "assistant");
    }

    ag_replay_put(p, "content", ag_replay_merge_find(message, "content"));
    ag_replay_put_members(p, message, ag_replay_chat_first);
    ag_put_close(p, '}');
}


/* ---- the stream ---- */


static int
ag_replay_chat_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options)
{
    return ag_replay_chunk_stream(out, root, ag_replay_chat_form.whole,
                                  "chat.completion.chunk", options,
                                  ag_replay_chat_choice);
}


static int
ag_replay_chat_choice(ag_replay_chunk_t *c, yyjson_val *choice, size_t index)
{
    int          rc;
    yyjson_val  *message;

    rc = ag_replay_chunk_choice(c, choice, index);

    if (rc != AG_OK) {
        return rc;
    }

    /* what a whole has no place for would be read as a piece of it */

    if (yyjson_obj_get(choice, "delta") != NULL) {
        return AG_NONE;
    }

    message = yyjson_obj_get(choice, "message");
    rc = ag_replay_chat_checks(message);

    if (rc != AG_OK) {
        return rc;
    }

    rc = ag_replay_chat_message(c, message);

    if (rc != AG_OK) {
        return rc;
    }

    ag_replay_chunk_open(c);
    ag_put_open(&c->put, "delta", '{');
    ag_put_close(&c->put, '}');
    ag_replay_chunk_finish(c, ag_replay_chat_told);

    return c->put.rc;
}


static int
ag_replay_chat_message(ag_replay_chunk_t *c, yyjson_val *message)
{
    ag_replay_chat_role(c, message);
    ag_replay_chat_text(c, message, "reasoning_content");
    ag_replay_chat_text(c, message, "reasoning");
    ag_replay_chat_details(c, message);
    ag_replay_chat_text(c, message, "content");
    ag_replay_chat_text(c, message, "refusal");
    ag_replay_calls(c, yyjson_obj_get(message, "tool_calls"));
    ag_replay_calls_function(c, yyjson_obj_get(message, "function_call"));
    ag_replay_chat_rest(c, message);

    return c->put.rc;
}


/* Does what it says come out as it is? */
static int
ag_replay_chat_checks(yyjson_val *message)
{
    int               rc;
    yyjson_val       *key, *value, *role;
    yyjson_obj_iter   iter;

    rc = ag_replay_fits_distinct(message);
    role = yyjson_obj_get(message, "role");

    if (rc == AG_OK && role != NULL && !yyjson_is_str(role)) {
        return AG_NONE;
    }

    yyjson_obj_iter_init(message, &iter);

    while (rc == AG_OK && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        value = yyjson_obj_iter_get_val(key);

        rc = (ag_str_is(ag_json_text(key), "tool_calls")
              && yyjson_is_arr(value)) ? ag_replay_calls_check(value)
                                       : ag_replay_fits(value);
    }

    return rc;
}


/* What is null is said to be so at once. */
static void
ag_replay_chat_role(ag_replay_chunk_t *c, yyjson_val *message)
{
    ag_str_t          name;
    yyjson_val       *key, *value;
    yyjson_obj_iter   iter;

    ag_replay_chat_open(c);
    value = yyjson_obj_get(message, "role");

    if (value != NULL) {
        ag_put_value(&c->put, "role", value);

    } else {
        ag_put_word(&c->put, "role", "assistant");
    }

    if (yyjson_is_str(yyjson_obj_get(message, "content"))) {
        ag_put_word(&c->put, "content", "");
    }

    yyjson_obj_iter_init(message, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        name = ag_json_text(key);

        if (yyjson_is_null(yyjson_obj_iter_get_val(key))) {
            ag_put_key(&c->put, name);
            ag_put_null(&c->put, NULL);
        }
    }

    ag_replay_chat_close(c, 0);
}


/* An empty text is told too: it is not null. */
static void
ag_replay_chat_text(ag_replay_chunk_t *c, yyjson_val *message,
    const char *name)
{
    ag_str_t     rest;
    unsigned     is_content;
    yyjson_val  *value;

    value = yyjson_obj_get(message, name);
    rest = ag_json_text(value);
    is_content = ag_str_is(ag_str(name, strlen(name)), "content") != 0;

    if (!yyjson_is_str(value) || (is_content && rest.len == 0)) {
        return;
    }

    do {
        ag_replay_chat_open(c);
        ag_put_text(&c->put, name, ag_replay_piece(&rest));
        ag_replay_chat_close(c, is_content && rest.len == 0);

    } while (rest.len > 0 && c->put.rc == AG_OK);
}


/* Signatures belong to the reasoning before them. */
static void
ag_replay_chat_details(ag_replay_chunk_t *c, yyjson_val *message)
{
    yyjson_val  *details;

    details = yyjson_obj_get(message, "reasoning_details");

    if (details != NULL && !yyjson_is_null(details)) {
        ag_replay_chat_open(c);
        ag_put_value(&c->put, "reasoning_details", details);
        ag_replay_chat_close(c, 0);
    }
}


static void
ag_replay_chat_rest(ag_replay_chunk_t *c, yyjson_val *message)
{
    ag_str_t          name;
    yyjson_val       *key, *value;
    yyjson_obj_iter   iter;

    yyjson_obj_iter_init(message, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        name = ag_json_text(key);
        value = yyjson_obj_iter_get_val(key);

        if (!ag_replay_chat_is_told(name, value)) {
            ag_replay_chat_open(c);
            ag_put_key(&c->put, name);
            ag_put_value(&c->put, NULL, value);
            ag_replay_chat_close(c, 0);
        }
    }
}


static unsigned
ag_replay_chat_is_told(ag_str_t name, yyjson_val *value)
{
    size_t  i;

    if (yyjson_is_null(value) || ag_str_is(name, "role")
        || ag_str_is(name, "reasoning_details"))
    {
        return 1;
    }

    if (ag_str_is(name, "tool_calls")) {
        return yyjson_arr_size(value) > 0;
    }

    if (ag_str_is(name, "function_call")) {
        return yyjson_is_obj(value);
    }

    for (i = 0; i < AG_REPLAY_CHAT_TEXTS && yyjson_is_str(value); i++) {
        if (ag_str_is(name, ag_replay_chat_texts[i])) {
            return 1;
        }
    }

    return 0;
}


void
ag_replay_chat_open(ag_replay_chunk_t *c)
{
    ag_replay_chunk_open(c);
    ag_put_open(&c->put, "delta", '{');
}


void
ag_replay_chat_close(ag_replay_chunk_t *c, unsigned with_logprobs)
{
    ag_put_close(&c->put, '}');
    ag_replay_chunk_close(c, with_logprobs);
}
