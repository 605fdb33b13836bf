/*
 * Copyright (C) ngx_agent authors
 *
 * The events of one item of a response, from output_item.added to
 * output_item.done.
 *
 * Items that we do not know, most of the provider's own tools among them, are
 * told by these two alone: both are whole.
 */


#include <stdio.h>

#include "dialect/ag_replay_responses_parts.h"


#define AG_REPLAY_ITEM_ID_MAX  32       /* "item_", 20 digits */


typedef struct {
    ag_str_t     id;
    uint64_t     output;
    yyjson_val  *value;
} ag_replay_item_t;


/* The words of an item's events with words. */
typedef struct {
    const char  *type;          /* of the part, or the item, that has them */
    const char  *delta;
    const char  *done;
    const char  *member;        /* of the part or item, and of "done" */
    unsigned     logprobs:1;
} ag_replay_words_t;


/* Where the parts of an item are. */
typedef struct {
    const char               *member;
    const char               *added;
    const char               *done;
    const char               *index;    /* name of a part's number */
    const ag_replay_words_t  *words;
    size_t                    count;    /* of words */
} ag_replay_parts_t;


static void ag_replay_item_words(ag_replay_responses_t *r,
    const ag_replay_item_t *item);
static void ag_replay_item_call(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const ag_replay_words_t *words);
static void ag_replay_item_parts(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const ag_replay_parts_t *parts);
static void ag_replay_item_part(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const ag_replay_parts_t *parts,
    uint64_t index, yyjson_val *part);
static void ag_replay_item_part_end(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const char *name, uint64_t index,
    yyjson_val *part, const ag_replay_words_t *words);
static void ag_replay_item_deltas(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const ag_replay_words_t *words,
    const char *index_name, uint64_t index, ag_str_t text);
static void ag_replay_item_part_words(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const char *name, uint64_t index,
    yyjson_val *part, const ag_replay_words_t *words);
static unsigned ag_replay_item_spelled(yyjson_val *logprobs, ag_str_t text);
static void ag_replay_item_annotations(ag_replay_responses_t *r,
    const ag_replay_item_t *item, uint64_t index, yyjson_val *annotations);
static void ag_replay_item_place(ag_replay_responses_t *r, const char *type,
    const ag_replay_item_t *item);
static void ag_replay_item_logprobs(ag_put_t *p, yyjson_val *logprobs);
static ag_str_t ag_replay_item_text(yyjson_val *object, const char *name);
static const ag_replay_words_t *ag_replay_item_find(
    const ag_replay_words_t *words, size_t count, ag_str_t type);


static const ag_replay_words_t  ag_replay_item_calls[] = {
    { "function_call", "response.function_call_arguments.delta",
      "response.function_call_arguments.done", "arguments", 0 },
    { "custom_tool_call", "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done", "input", 0 },
    { "mcp_call", "response.mcp_call_arguments.delta",
      "response.mcp_call_arguments.done", "arguments", 0 },
    { "code_interpreter_call", "response.code_interpreter_call_code.delta",
      "response.code_interpreter_call_code.done", "code", 0 }
};

static const ag_replay_words_t  ag_replay_item_contents[] = {
    { "output_text", "response.output_text.delta",
      "response.output_text.done", "text", 1 },
    { "refusal", "response.refusal.delta", "response.refusal.done",
      "refusal", 0 },
    { "reasoning_text", "response.reasoning_text.delta",
      "response.reasoning_text.done", "text", 0 }
};

static const ag_replay_words_t  ag_replay_item_summaries[] = {
    { "summary_text", "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done", "text", 0 }
};

static const ag_replay_parts_t  ag_replay_item_summary = {
    "summary", "response.reasoning_summary_part.added",
    "response.reasoning_summary_part.done", "summary_index",
    ag_replay_changes(ag_replay_item_summaries)
};

static const ag_replay_parts_t  ag_replay_item_content = {
    "content", "response.content_part.added", "response.content_part.done",
    "content_index", ag_replay_changes(ag_replay_item_contents)
};


/* An item before its first word. */
static const ag_replay_change_t  ag_replay_item_begun[] = {
    { "status", ag_string("\"in_progress\""), 0 },
    { "content", ag_string("[]"), 0 },
    { "summary", ag_string("[]"), 0 },
    { "encrypted_content", ag_string("null"), 0 },
    { "arguments", ag_string("\"\""), 0 },
    { "input", ag_string("\"\""), 0 },
    { "code", ag_string("\"\""), 0 },
    { "output", ag_string("null"), 0 },
    { "outputs", ag_string("[]"), 0 }
};

/* A part before its first word. */
static const ag_replay_change_t  ag_replay_item_part_begun[] = {
    { "text", ag_string("\"\""), 0 },
    { "refusal", ag_string("\"\""), 0 },
    { "annotations", ag_string("[]"), 0 },
    { "logprobs", ag_string("[]"), 0 }
};


/* Words are told under the item's id: one without gets one there. */
void
ag_replay_item(ag_replay_responses_t *r, uint64_t output, yyjson_val *value)
{
    char               id[AG_REPLAY_ITEM_ID_MAX];
    ag_str_t           type;
    ag_replay_item_t   item;

    item.output = output;
    item.value = value;
    item.id = ag_replay_item_text(value, "id");

    if (item.id.len == 0) {
        item.id = ag_str(id, (size_t) snprintf(id, sizeof(id), "item_%llu",
                                               (unsigned long long) output));
    }

    type = ag_replay_item_text(value, "type");

    ag_replay_item_open(r, "response.output_item.added");
    ag_put_number(&r->put, "output_index", output);

    if (ag_str_is(type, "message") || ag_str_is(type, "reasoning")
        || ag_replay_item_find(ag_replay_changes(ag_replay_item_calls), type)
           != NULL)
    {
        ag_replay_events_object(&r->put, "item", value,
                                ag_replay_changes(ag_replay_item_begun));
        ag_replay_item_close(r);
        ag_replay_item_words(r, &item);

    } else {
        ag_put_value(&r->put, "item", value);
        ag_replay_item_close(r);
    }

    ag_replay_item_open(r, "response.output_item.done");
    ag_put_number(&r->put, "output_index", output);
    ag_put_value(&r->put, "item", value);
    ag_replay_item_close(r);
}


static void
ag_replay_item_words(ag_replay_responses_t *r, const ag_replay_item_t *item)
{
    const ag_replay_words_t  *words;

    words = ag_replay_item_find(ag_replay_changes(ag_replay_item_calls),
                                ag_replay_item_text(item->value, "type"));
    if (words != NULL) {
        ag_replay_item_call(r, item, words);
        return;
    }

    ag_replay_item_parts(r, item, &ag_replay_item_summary);
    ag_replay_item_parts(r, item, &ag_replay_item_content);
}


static void
ag_replay_item_call(ag_replay_responses_t *r, const ag_replay_item_t *item,
    const ag_replay_words_t *words)
{
    ag_str_t  text;

    text = ag_replay_item_text(item->value, words->member);
    ag_replay_item_deltas(r, item, words, NULL, 0, text);

    ag_replay_item_place(r, words->done, item);
    ag_put_text(&r->put, words->member, text);
    ag_replay_item_close(r);
}


static void
ag_replay_item_parts(ag_replay_responses_t *r, const ag_replay_item_t *item,
    const ag_replay_parts_t *parts)
{
    size_t       i, max;
    yyjson_val  *part;

    yyjson_arr_foreach(yyjson_obj_get(item->value, parts->member), i, max,
                       part)
    {
        ag_replay_item_part(r, item, parts, i, part);
    }
}


static void
ag_replay_item_part(ag_replay_responses_t *r, const ag_replay_item_t *item,
    const ag_replay_parts_t *parts, uint64_t index, yyjson_val *part)
{
    const ag_replay_words_t  *words;

    words = ag_replay_item_find(parts->words, parts->count,
                                ag_replay_item_text(part, "type"));

    ag_replay_item_place(r, parts->added, item);
    ag_put_number(&r->put, parts->index, index);

    if (words != NULL) {
        ag_replay_events_object(&r->put, "part", part,
                                ag_replay_changes(ag_replay_item_part_begun));
        ag_replay_item_close(r);

        ag_replay_item_part_words(r, item, parts->index, index, part, words);
        ag_replay_item_annotations(r, item, index,
                                   yyjson_obj_get(part, "annotations"));
        ag_replay_item_part_end(r, item, parts->index, index, part, words);

    } else {
        ag_put_value(&r->put, "part", part);
        ag_replay_item_close(r);
    }

    ag_replay_item_place(r, parts->done, item);
    ag_put_number(&r->put, parts->index, index);
    ag_put_value(&r->put, "part", part);
    ag_replay_item_close(r);
}


/* With logprobs each token is told with its own, if tokens are whole text. */
static void
ag_replay_item_part_words(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const char *name, uint64_t index,
    yyjson_val *part, const ag_replay_words_t *words)
{
    size_t       i, max;
    ag_str_t     text;
    yyjson_val  *logprobs, *token;

    text = ag_replay_item_text(part, words->member);
    logprobs = yyjson_obj_get(part, "logprobs");

    if (!words->logprobs || !ag_replay_item_spelled(logprobs, text)) {
        ag_replay_item_deltas(r, item, words, name, index, text);
        return;
    }

    yyjson_arr_foreach(logprobs, i, max, token) {
        ag_replay_item_place(r, words->delta, item);
        ag_put_number(&r->put, name, index);
        ag_put_text(&r->put, "delta", ag_replay_item_text(token, "token"));
        ag_put_open(&r->put, "logprobs", '[');
        ag_put_value(&r->put, NULL, token);
        ag_put_close(&r->put, ']');
        ag_replay_item_close(r);
    }
}


/* Are these the tokens of the text?  Not where one ends in a character. */
static unsigned
ag_replay_item_spelled(yyjson_val *logprobs, ag_str_t text)
{
    size_t       i, max;
    ag_str_t     token;
    yyjson_val  *entry;

    yyjson_arr_foreach(logprobs, i, max, entry) {
        token = ag_replay_item_text(entry, "token");

        if (token.len == 0 || token.len > text.len
            || memcmp(token.data, text.data, token.len) != 0)
        {
            return 0;
        }

        text.data += token.len;
        text.len -= token.len;
    }

    return yyjson_arr_size(logprobs) > 0 && text.len == 0;
}


static void
ag_replay_item_deltas(ag_replay_responses_t *r, const ag_replay_item_t *item,
    const ag_replay_words_t *words, const char *index_name, uint64_t index,
    ag_str_t text)
{
    ag_str_t  piece;

    while (text.len > 0 && r->put.rc == AG_OK) {
        piece = ag_replay_piece(&text);

        ag_replay_item_place(r, words->delta, item);

        if (index_name != NULL) {
            ag_put_number(&r->put, index_name, index);
        }

        ag_put_text(&r->put, "delta", piece);

        if (words->logprobs) {
            ag_replay_item_logprobs(&r->put, NULL);
        }

        ag_replay_item_close(r);
    }
}


static void
ag_replay_item_annotations(ag_replay_responses_t *r,
    const ag_replay_item_t *item, uint64_t index, yyjson_val *annotations)
{
    size_t       i, max;
    yyjson_val  *annotation;

    yyjson_arr_foreach(annotations, i, max, annotation) {
        ag_replay_item_place(r, "response.output_text.annotation.added",
                             item);
        ag_put_number(&r->put, "content_index", index);
        ag_put_number(&r->put, "annotation_index", i);
        ag_put_value(&r->put, "annotation", annotation);
        ag_replay_item_close(r);
    }
}


/* The event that tells all words of a part again. */
static void
ag_replay_item_part_end(ag_replay_responses_t *r,
    const ag_replay_item_t *item, const char *name, uint64_t index,
    yyjson_val *part, const ag_replay_words_t *words)
{
    ag_replay_item_place(r, words->done, item);
    ag_put_number(&r->put, name, index);
    ag_put_text(&r->put, words->member, ag_replay_item_text(part,
                                                            words->member));
    if (words->logprobs) {
        ag_replay_item_logprobs(&r->put, yyjson_obj_get(part, "logprobs"));
    }

    ag_replay_item_close(r);
}


/* Clients' types want it to be there. */
static void
ag_replay_item_logprobs(ag_put_t *p, yyjson_val *logprobs)
{
    if (yyjson_is_arr(logprobs)) {
        ag_put_value(p, "logprobs", logprobs);
        return;
    }

    ag_put_open(p, "logprobs", '[');
    ag_put_close(p, ']');
}


static void
ag_replay_item_place(ag_replay_responses_t *r, const char *type,
    const ag_replay_item_t *item)
{
    ag_replay_item_open(r, type);
    ag_put_text(&r->put, "item_id", item->id);
    ag_put_number(&r->put, "output_index", item->output);
}


void
ag_replay_item_open(ag_replay_responses_t *r, const char *type)
{
    ag_replay_events_open(&r->put, type);
    ag_put_number(&r->put, "sequence_number", r->sequence++);
}


void
ag_replay_item_close(ag_replay_responses_t *r)
{
    ag_replay_events_close(&r->put);
}


static ag_str_t
ag_replay_item_text(yyjson_val *object, const char *name)
{
    return ag_json_text(yyjson_obj_get(object, name));
}


static const ag_replay_words_t *
ag_replay_item_find(const ag_replay_words_t *words, size_t count,
    ag_str_t type)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (ag_str_is(type, words[i].type)) {
            return &words[i];
        }
    }

    return NULL;
}
