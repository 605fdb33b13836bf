/*
 * Copyright (C) ngx_agent authors
 *
 * The Responses API: a response becomes the stream that OpenAI would have
 * sent.
 *
 * Source: OpenAI, API reference, "Streaming events".
 */


#include "dialect/ag_replay_responses_parts.h"


static int ag_replay_responses_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options);
static unsigned ag_replay_responses_is(yyjson_val *root);
static void ag_replay_responses_begin(ag_replay_responses_t *r,
    const char *type, yyjson_val *root);
static ag_replay_end_t ag_replay_responses_end(ag_str_t whole);
static unsigned ag_replay_responses_refused(ag_str_t output);
static unsigned ag_replay_responses_refused_in(ag_str_t content);
static ag_str_t ag_replay_responses_word(yyjson_val *object,
    const char *name);


const ag_replay_surface_t  ag_replay_responses = {
    ag_replay_responses_whole,
    ag_replay_responses_stream,
    ag_replay_responses_end
};


/* A response before its first word. */
static const ag_replay_change_t  ag_replay_responses_begun[] = {
    { "status", ag_string("\"in_progress\""), 1 },
    { "completed_at", ag_string("null"), 0 },
    { "incomplete_details", ag_string("null"), 0 },
    { "output", ag_string("[]"), 1 },
    { "usage", ag_string("null"), 1 }
};


static int
ag_replay_responses_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options)
{
    size_t                 i, max, len;
    yyjson_val            *item;
    ag_replay_responses_t  r;

    (void) options;

    if (!ag_replay_responses_is(root)) {
        return AG_NONE;
    }

    len = out->len;
    ag_put_init(&r.put, out);
    r.sequence = 0;

    ag_replay_responses_begin(&r, "response.created", root);
    ag_replay_responses_begin(&r, "response.in_progress", root);

    yyjson_arr_foreach(yyjson_obj_get(root, "output"), i, max, item) {
        ag_replay_item(&r, i, item);
    }

    ag_replay_item_open(&r, ag_str_is(ag_replay_responses_word(root,
                                                               "status"),
                                      "completed")
                            ? "response.completed" : "response.incomplete");
    ag_put_value(&r.put, "response", root);
    ag_replay_item_close(&r);

    if (r.put.rc != AG_OK) {
        out->len = len;
    }

    return r.put.rc;
}


/* A response that came to an end, all of its items known by their type. */
static unsigned
ag_replay_responses_is(yyjson_val *root)
{
    size_t       i, max;
    ag_str_t     status;
    yyjson_val  *output, *item;

    output = yyjson_obj_get(root, "output");
    status = ag_replay_responses_word(root, "status");

    if (!yyjson_is_arr(output)
        || (!ag_str_is(status, "completed")
            && !ag_str_is(status, "incomplete")))
    {
        return 0;
    }

    yyjson_arr_foreach(output, i, max, item) {
        if (!yyjson_is_str(yyjson_obj_get(item, "type"))) {
            return 0;
        }
    }

    return 1;
}


static void
ag_replay_responses_begin(ag_replay_responses_t *r, const char *type,
    yyjson_val *root)
{
    ag_replay_item_open(r, type);
    ag_replay_events_object(&r->put, "response", root,
                            ag_replay_changes(ag_replay_responses_begun));
    ag_replay_item_close(r);
}


/* Refused is what was refused in the middle of it, too. */
static ag_replay_end_t
ag_replay_responses_end(ag_str_t whole)
{
    ag_str_t   values[3], status, reason;
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    static const char *const  names[] = {
        "output", "status", "incomplete_details", NULL
    };
    static const char *const  details[] = { "reason", NULL };

    if (ag_replay_look(whole, names, values) != AG_OK
        || !ag_replay_look_array(values[0]))
    {
        return AG_REPLAY_OTHER;
    }

    status = ag_replay_look_text(values[1], room);

    if (ag_str_is(status, "completed")) {
        return ag_replay_responses_refused(values[0]) ? AG_REPLAY_REFUSED
                                                      : AG_REPLAY_COMPLETE;
    }

    if (!ag_str_is(status, "incomplete")) {
        return AG_REPLAY_OTHER;
    }

    (void) ag_replay_look(values[2], details, &reason);
    reason = ag_replay_look_text(reason, room);

    return ag_str_is(reason, "max_output_tokens") ? AG_REPLAY_TRUNCATED
           : ag_str_is(reason, "content_filter") ? AG_REPLAY_REFUSED
           : AG_REPLAY_OTHER;
}


static unsigned
ag_replay_responses_refused(ag_str_t output)
{
    ag_str_t   item[2];
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    static const char *const  names[] = { "type", "content", NULL };

    while (ag_replay_look_next(&output, names, item) == AG_OK) {
        if (ag_str_is(ag_replay_look_text(item[0], room), "message")
            && ag_replay_responses_refused_in(item[1]))
        {
            return 1;
        }
    }

    return 0;
}


static unsigned
ag_replay_responses_refused_in(ag_str_t content)
{
    ag_str_t   type;
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    static const char *const  names[] = { "type", NULL };

    while (ag_replay_look_next(&content, names, &type) == AG_OK) {
        if (ag_str_is(ag_replay_look_text(type, room), "refusal")) {
            return 1;
        }
    }

    return 0;
}


static ag_str_t
ag_replay_responses_word(yyjson_val *object, const char *name)
{
    return ag_json_text(yyjson_obj_get(object, name));
}
