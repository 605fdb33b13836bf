/*
 * Copyright (C) ngx_agent authors
 *
 * JSON that grows of its pieces, as the clients of streamed chats put a
 * message together.  Where their libraries would not agree, because a member
 * of unknown meaning is said twice, there is no answer rather than a guess:
 * a cache that made one up would tell it to everybody.
 *
 * Source: openai-python, lib/streaming/_deltas.py, which adds numbers up and
 * joins names said twice; no provider means that.
 */


#include "dialect/ag_replay_parts.h"


static ag_replay_node_t *ag_replay_merge_get(ag_replay_merge_t *m,
    ag_replay_node_t *object, ag_str_t key, int *rc);
static int ag_replay_merge_value(ag_replay_merge_t *m, ag_replay_node_t *node,
    yyjson_val *value, unsigned calls);
static int ag_replay_merge_text(ag_replay_merge_t *m, ag_replay_node_t *node,
    ag_str_t piece);
static int ag_replay_merge_number(ag_replay_merge_t *m, ag_replay_node_t *node,
    yyjson_val *value);
static int ag_replay_merge_again(ag_replay_node_t *node, yyjson_val *value);
static unsigned ag_replay_merge_is_empty(yyjson_val *value);


/* Members that name something: a stream may repeat them, never add to them. */
static const char *const  ag_replay_merge_once[] = {
    "role", "type", "id", "call_id", "name", "index", "format", "object",
    "channel", "status", "expires_at", "url", "title", "media_type",
    "mime_type", "detail", "start_index", "end_index", NULL
};


ag_replay_node_t *
ag_replay_merge_object(ag_arena_t *arena)
{
    ag_replay_node_t  *node;

    node = ag_arena_alloc(arena, sizeof(ag_replay_node_t));

    if (node != NULL) {
        node->kind = AG_REPLAY_OBJECT;
    }

    return node;
}


/* A key twice in one delta: the parsers of clients do not agree on it. */
int
ag_replay_merge(ag_replay_merge_t *m, ag_replay_node_t *object,
    yyjson_val *delta)
{
    int                rc;
    uint32_t           stamp;
    yyjson_val        *key;
    yyjson_obj_iter    iter;
    ag_replay_node_t  *node;

    stamp = ++m->stamp;
    yyjson_obj_iter_init(delta, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        node = ag_replay_merge_get(m, object, ag_json_text(key), &rc);

        if (node == NULL) {
            return rc;
        }

        if (node->stamp == stamp) {
            return AG_NONE;
        }

        node->stamp = stamp;
        rc = ag_replay_merge_value(m, node, yyjson_obj_iter_get_val(key),
                                   object == m->message
                                   && ag_str_is(node->key, "tool_calls"));

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


int
ag_replay_merge_member(ag_replay_merge_t *m, ag_replay_node_t *object,
    ag_str_t key, yyjson_val *value)
{
    int                rc;
    ag_replay_node_t  *node;

    node = ag_replay_merge_get(m, object, key, &rc);

    return (node != NULL) ? ag_replay_merge_value(m, node, value, 0) : rc;
}


/* Written anew into the same memory: most values come with every event. */
int
ag_replay_merge_set(ag_replay_merge_t *m, ag_replay_node_t *object,
    ag_str_t key, yyjson_val *value)
{
    int                rc;
    ag_replay_node_t  *node;

    node = ag_replay_merge_get(m, object, key, &rc);

    if (node == NULL) {
        return rc;
    }

    if (yyjson_is_null(value)
        || (node->kind != AG_REPLAY_NULL && ag_replay_merge_is_empty(value)))
    {
        return AG_OK;
    }

    if (node->more == NULL) {
        node->more = ag_arena_buf(m->arena, AG_ANSWER_MAX);

        if (node->more == NULL) {
            return AG_NOMEM;
        }
    }

    if (yyjson_is_arr(value) && node->more->len > 2) {
        return ag_replay_merge_again(node, value);
    }

    node->kind = AG_REPLAY_JSON;
    node->more->len = 0;

    return ag_json_add(node->more, value);
}


ag_replay_node_t *
ag_replay_merge_find(const ag_replay_node_t *object, const char *key)
{
    ag_replay_node_t  *node;

    for (node = object->first; node != NULL; node = node->next) {
        if (ag_str_is(node->key, key)) {
            return node;
        }
    }

    return NULL;
}


unsigned
ag_replay_merge_has(const ag_replay_node_t *object, const char *key)
{
    ag_replay_node_t  *node;

    node = ag_replay_merge_find(object, key);

    return node != NULL && node->kind != AG_REPLAY_NULL;
}


unsigned
ag_replay_merge_named(const char *const *names, ag_str_t key)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (ag_str_is(key, *names)) {
            return 1;
        }
    }

    return 0;
}


void
ag_replay_merge_append(ag_replay_node_t *parent, ag_replay_node_t *node)
{
    if (parent->last != NULL) {
        parent->last->next = node;

    } else {
        parent->first = node;
    }

    parent->last = node;
    parent->count++;
}


/* The member, which is made if there is none; NULL: *rc says why not. */
static ag_replay_node_t *
ag_replay_merge_get(ag_replay_merge_t *m, ag_replay_node_t *object,
    ag_str_t key, int *rc)
{
    ag_replay_node_t  *node;

    *rc = AG_OK;

    for (node = object->first; node != NULL; node = node->next) {
        if (ag_str_equal(node->key, key)) {
            return node;
        }
    }

    if (object->count == AG_REPLAY_MEMBERS_MAX) {
        *rc = AG_LIMIT;
        return NULL;
    }

    node = ag_arena_alloc(m->arena, sizeof(ag_replay_node_t));

    if (node != NULL) {
        node->key = ag_arena_copy(m->arena, key);
    }

    if (node == NULL || node->key.len != key.len) {
        *rc = AG_NOMEM;
        return NULL;
    }

    ag_replay_merge_append(object, node);

    return node;
}


static int
ag_replay_merge_value(ag_replay_merge_t *m, ag_replay_node_t *node,
    yyjson_val *value, unsigned calls)
{
    ag_replay_kind_t  kind;

    switch (yyjson_get_type(value)) {

    case YYJSON_TYPE_NULL:
        return AG_OK;

    case YYJSON_TYPE_STR:
        kind = AG_REPLAY_TEXT;
        break;

    case YYJSON_TYPE_OBJ:
        kind = AG_REPLAY_OBJECT;
        break;

    case YYJSON_TYPE_ARR:
        kind = AG_REPLAY_LIST;
        break;

    default:
        kind = AG_REPLAY_VALUE;
    }

    if (node->kind != AG_REPLAY_NULL && node->kind != kind) {
        return AG_NONE;
    }

    switch (kind) {

    case AG_REPLAY_TEXT:
        return ag_replay_merge_text(m, node, ag_json_text(value));

    case AG_REPLAY_OBJECT:
        node->kind = kind;
        return ag_replay_merge(m, node, value);

    case AG_REPLAY_LIST:
        return ag_replay_list(m, node, value, calls);

    default:
        return ag_replay_merge_number(m, node, value);
    }
}


static int
ag_replay_merge_text(ag_replay_merge_t *m, ag_replay_node_t *node,
    ag_str_t piece)
{
    int  rc;

    if (node->text.len == 0) {
        node->kind = AG_REPLAY_TEXT;
        node->text = ag_arena_copy(m->arena, piece);

        return (node->text.len == piece.len) ? AG_OK : AG_NOMEM;
    }

    if (piece.len == 0) {
        return AG_OK;
    }

    if (ag_replay_merge_named(ag_replay_merge_once, node->key)) {
        return ag_str_equal(node->text, piece) ? AG_OK : AG_NONE;
    }

    node->varied |= !ag_str_equal(node->text, piece);

    if (node->more == NULL) {
        node->more = ag_arena_buf(m->arena, AG_ANSWER_MAX);

        if (node->more == NULL) {
            return AG_NOMEM;
        }

        rc = ag_buf_add(node->more, node->text.data, node->text.len);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return ag_buf_add(node->more, piece.data, piece.len);
}


/* Said again a number may be its place, its sum, or a count of the pieces. */
static int
ag_replay_merge_number(ag_replay_merge_t *m, ag_replay_node_t *node,
    yyjson_val *value)
{
    int       rc;
    ag_buf_t  json;

    ag_buf_init(&json, AG_SSE_EVENT_MAX);
    rc = ag_json_add(&json, value);

    if (rc == AG_OK && node->kind == AG_REPLAY_NULL) {
        node->kind = AG_REPLAY_VALUE;
        node->text = ag_arena_copy(m->arena, ag_buf_str(&json));
        rc = (node->text.len == json.len) ? AG_OK : AG_NOMEM;

    } else if (rc == AG_OK
               && (!ag_str_equal(node->text, ag_buf_str(&json))
                   || (!yyjson_is_bool(value)
                       && !ag_replay_merge_named(ag_replay_merge_once,
                                                 node->key))))
    {
        rc = AG_NONE;
    }

    ag_buf_free(&json);

    return rc;
}


/* A list that is said again: one that is not the same may be its rest. */
static int
ag_replay_merge_again(ag_replay_node_t *node, yyjson_val *value)
{
    int     rc;
    size_t  len;

    len = node->more->len;
    rc = ag_json_add(node->more, value);

    if (rc == AG_OK
        && !ag_str_equal(ag_str(node->more->data, len),
                         ag_str(node->more->data + len,
                                node->more->len - len)))
    {
        rc = AG_NONE;
    }

    node->more->len = len;

    return rc;
}


static unsigned
ag_replay_merge_is_empty(yyjson_val *value)
{
    return (yyjson_is_str(value) && yyjson_get_len(value) == 0)
           || (yyjson_is_ctn(value) && yyjson_get_len(value) == 0)
           || (yyjson_is_uint(value) && yyjson_get_uint(value) == 0);
}
