/*
 * Copyright (C) ngx_agent authors
 *
 * One block of a message, put together of the events of its stream as the
 * official clients do.  Words are kept as JSON from the start: they are
 * written once and never read.
 *
 * A kind of delta that nobody told us about is refused, not left out: the
 * block would lose what it says.
 */


#include "dialect/ag_replay_messages_parts.h"


static int ag_replay_block_begin(ag_buf_t *string, ag_str_t text);
static int ag_replay_block_cite(ag_replay_block_t *block,
    yyjson_val *citation);
static int ag_replay_block_element(ag_buf_t *array, yyjson_val *value);
static int ag_replay_block_sign(ag_replay_block_t *block, ag_str_t text);
static void ag_replay_block_change(ag_replay_change_t *changes,
    size_t *count, const char *name, const ag_buf_t *json);
static const char *ag_replay_block_name(ag_replay_block_kind_t kind);


static const struct {
    const char              *type;
    ag_replay_block_kind_t   kind;
} ag_replay_block_kinds[] = {
    { "text", AG_REPLAY_BLOCK_TEXT },
    { "thinking", AG_REPLAY_BLOCK_THINKING },
    { "tool_use", AG_REPLAY_BLOCK_TOOL },
    { "server_tool_use", AG_REPLAY_BLOCK_TOOL },
    { "mcp_tool_use", AG_REPLAY_BLOCK_TOOL }
};


static const struct {
    const char              *type;
    const char              *member;
    ag_replay_block_kind_t   kind;
} ag_replay_block_deltas[] = {
    { "text_delta", "text", AG_REPLAY_BLOCK_TEXT },
    { "citations_delta", "citation", AG_REPLAY_BLOCK_TEXT },
    { "thinking_delta", "thinking", AG_REPLAY_BLOCK_THINKING },
    { "signature_delta", "signature", AG_REPLAY_BLOCK_THINKING },
    { "input_json_delta", "partial_json", AG_REPLAY_BLOCK_TOOL }
};


ag_replay_block_kind_t
ag_replay_block_kind(ag_str_t type)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_replay_block_kinds)
                    / sizeof(ag_replay_block_kinds[0]); i++)
    {
        if (ag_str_is(type, ag_replay_block_kinds[i].type)) {
            return ag_replay_block_kinds[i].kind;
        }
    }

    return AG_REPLAY_BLOCK_OTHER;
}


/* A block "fallback" changes the message around it. */
int
ag_replay_block_start(ag_replay_block_t *block, yyjson_val *value)
{
    int          rc;
    ag_str_t     type;
    const char  *name;

    memset(block, 0, sizeof(*block));
    ag_buf_init(&block->words, AG_ANSWER_MAX);
    ag_buf_init(&block->citations, AG_ANSWER_MAX);
    ag_buf_init(&block->signature, AG_ANSWER_MAX);

    type = ag_json_text(yyjson_obj_get(value, "type"));

    if (type.len == 0 || ag_str_is(type, "fallback")) {
        return AG_NONE;
    }

    rc = ag_replay_fits_distinct(value);

    if (rc != AG_OK) {
        return rc;
    }

    block->kind = ag_replay_block_kind(type);
    block->open = 1;
    name = ag_replay_block_name(block->kind);

    return (name == NULL || block->kind == AG_REPLAY_BLOCK_TOOL)
           ? AG_OK
           : ag_replay_block_begin(&block->words,
                                   ag_json_text(yyjson_obj_get(value, name)));
}


static int
ag_replay_block_begin(ag_buf_t *string, ag_str_t text)
{
    int  rc;

    string->len = 0;
    rc = ag_buf_add(string, "\"", 1);

    return (rc == AG_OK) ? ag_buf_add_json(string, text) : rc;
}


int
ag_replay_block_add(ag_replay_block_t *block, yyjson_val *delta)
{
    int          rc;
    size_t       i, count;
    ag_str_t     type, text;
    yyjson_val  *value;

    rc = ag_replay_fits_distinct(delta);

    if (rc != AG_OK) {
        return rc;
    }

    type = ag_json_text(yyjson_obj_get(delta, "type"));
    count = sizeof(ag_replay_block_deltas) / sizeof(ag_replay_block_deltas[0]);

    for (i = 0; i < count; i++) {
        if (ag_str_is(type, ag_replay_block_deltas[i].type)) {
            break;
        }
    }

    if (i == count || block->kind != ag_replay_block_deltas[i].kind) {
        return AG_NONE;
    }

    value = yyjson_obj_get(delta, ag_replay_block_deltas[i].member);

    if (ag_str_is(type, "citations_delta")) {
        return ag_replay_block_cite(block, value);
    }

    if (!yyjson_is_str(value)) {
        return AG_NONE;
    }

    text = ag_json_text(value);

    if (ag_str_is(type, "signature_delta")) {
        return ag_replay_block_sign(block, text);
    }

    return (block->kind == AG_REPLAY_BLOCK_TOOL)
           ? ag_buf_add(&block->words, text.data, text.len)
           : ag_buf_add_json(&block->words, text);
}


static int
ag_replay_block_cite(ag_replay_block_t *block, yyjson_val *citation)
{
    int          rc;
    size_t       i, max;
    ag_buf_t    *citations;
    yyjson_doc  *doc;
    yyjson_val  *root, *element;

    if (citation == NULL) {
        return AG_NONE;
    }

    rc = AG_OK;
    citations = &block->citations;

    if (citations->len == 0) {

        /* what the block began with stays in front */

        doc = ag_json_tree_large(block->start, AG_SSE_EVENT_MAX, NULL);
        root = ag_json_path(yyjson_doc_get_root(doc), "content_block",
                            "citations", NULL);

        yyjson_arr_foreach(root, i, max, element) {
            rc = (rc == AG_OK) ? ag_replay_block_element(citations, element)
                               : rc;
        }

        yyjson_doc_free(doc);
    }

    return (rc == AG_OK) ? ag_replay_block_element(citations, citation) : rc;
}


static int
ag_replay_block_element(ag_buf_t *array, yyjson_val *value)
{
    int  rc;

    rc = ag_buf_add(array, (array->len == 0) ? "[" : ",", 1);

    return (rc == AG_OK) ? ag_json_add(array, value) : rc;
}


/* The last one counts. */
static int
ag_replay_block_sign(ag_replay_block_t *block, ag_str_t text)
{
    int  rc;

    rc = ag_replay_block_begin(&block->signature, text);

    return (rc == AG_OK) ? ag_buf_add(&block->signature, "\"", 1) : rc;
}


int
ag_replay_block_stop(ag_replay_block_t *block)
{
    int          rc;
    unsigned     limit;
    yyjson_doc  *doc;

    block->open = 0;

    if (block->kind != AG_REPLAY_BLOCK_TOOL || block->words.len == 0) {
        return AG_OK;
    }

    doc = ag_json_tree_large(ag_buf_str(&block->words), AG_ANSWER_MAX,
                             &limit);
    if (doc == NULL) {
        return limit ? AG_LIMIT : AG_NONE;
    }

    block->words.len = 0;
    rc = ag_json_add(&block->words, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return rc;
}


void
ag_replay_block_put(ag_put_t *p, ag_replay_block_t *block)
{
    size_t              count;
    yyjson_doc         *doc;
    yyjson_val         *value;
    ag_replay_change_t  changes[3];

    doc = ag_json_tree_large(block->start, AG_SSE_EVENT_MAX, NULL);

    if (doc == NULL) {
        p->rc = AG_NOMEM;       /* it was read before */
        return;
    }

    value = yyjson_obj_get(yyjson_doc_get_root(doc), "content_block");
    count = 0;

    if (block->kind == AG_REPLAY_BLOCK_TOOL && block->words.len == 0
        && yyjson_obj_get(value, "input") == NULL)
    {
        p->rc = ag_buf_add_string(&block->words, "{}");

    } else if (block->kind == AG_REPLAY_BLOCK_TEXT
               || block->kind == AG_REPLAY_BLOCK_THINKING)
    {
        p->rc = ag_buf_add_string(&block->words, "\"");
    }

    if (p->rc == AG_OK && block->citations.len > 0) {
        p->rc = ag_buf_add_string(&block->citations, "]");
    }

    ag_replay_block_change(changes, &count, ag_replay_block_name(block->kind),
                           &block->words);
    ag_replay_block_change(changes, &count, "citations", &block->citations);
    ag_replay_block_change(changes, &count, "signature", &block->signature);

    ag_replay_events_object(p, NULL, value, changes, count);
    yyjson_doc_free(doc);
}


static void
ag_replay_block_change(ag_replay_change_t *changes, size_t *count,
    const char *name, const ag_buf_t *json)
{
    if (json->len > 0) {
        changes[*count].name = name;
        changes[*count].json = ag_buf_str(json);
        changes[(*count)++].add = 1;
    }
}


/* The member that the deltas of such a block fill. */
static const char *
ag_replay_block_name(ag_replay_block_kind_t kind)
{
    return (kind == AG_REPLAY_BLOCK_TEXT) ? "text"
           : (kind == AG_REPLAY_BLOCK_THINKING) ? "thinking"
           : (kind == AG_REPLAY_BLOCK_TOOL) ? "input" : NULL;
}


void
ag_replay_block_free(ag_replay_block_t *block)
{
    ag_buf_free(&block->words);
    ag_buf_free(&block->citations);
    ag_buf_free(&block->signature);
}
