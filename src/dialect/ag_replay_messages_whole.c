/*
 * Copyright (C) ngx_agent authors
 *
 * A stream of the Messages API becomes the message.
 *
 * What message_delta says wins over what message_start said, unless it is
 * null: its counts are totals.  More than the official clients take over is
 * taken over, for a member that we do not know may well be told so.
 */


#include "dialect/ag_anthropic_say_parts.h"
#include "dialect/ag_replay_messages_parts.h"


/* Events message_delta of one stream, each a tree at the end: providers send
 * one. */
#define AG_REPLAY_ENDINGS_MAX  8


typedef struct {
    ag_arena_t  arena;
    ag_str_t    start;          /* JSON of message_start */
    ag_str_t    endings[AG_REPLAY_ENDINGS_MAX];     /* of message_delta */
    size_t      ending_count;
    size_t      given;          /* blocks that message_start has already */
    ag_buf_t    blocks;         /* of ag_replay_block_t, the others */
    size_t      block_count;
    size_t      open_count;
    unsigned    ended:1;        /* it is known why */
    unsigned    stopped:1;
} ag_replay_messages_t;


/* Objects whose members a later one overrides. */
typedef struct {
    size_t       count;
    yyjson_val  *objects[1 + 2 * AG_REPLAY_ENDINGS_MAX];
} ag_replay_layers_t;


static void ag_replay_messages_free(ag_replay_messages_t *m);
static int ag_replay_messages_event(void *data, ag_str_t text,
    ag_str_t type, yyjson_val *root);
static int ag_replay_messages_start(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static int ag_replay_messages_open(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static int ag_replay_messages_add(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static int ag_replay_messages_close(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static int ag_replay_messages_ending(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static int ag_replay_messages_stop(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root);
static ag_replay_block_t *ag_replay_messages_block(
    const ag_replay_messages_t *m, yyjson_val *root);
static void ag_replay_messages_put(ag_put_t *p, ag_replay_messages_t *m,
    const ag_usage_t *usage);
static void ag_replay_messages_put_given(ag_put_t *p, yyjson_val *message);
static void ag_replay_messages_put_usage(ag_put_t *p,
    const ag_replay_layers_t *layers, const ag_usage_t *usage);
static void ag_replay_layer(ag_replay_layers_t *layers, yyjson_val *object);
static void ag_replay_layers_put(ag_put_t *p,
    const ag_replay_layers_t *layers, const char *const *except);
static void ag_replay_layers_member(ag_put_t *p,
    const ag_replay_layers_t *layers, size_t from, yyjson_val *key);


static const struct {
    const char  *type;
    int        (*take)(ag_replay_messages_t *m, ag_str_t text,
                       yyjson_val *root);
} ag_replay_messages_events[] = {
    { "content_block_delta", ag_replay_messages_add },
    { "content_block_start", ag_replay_messages_open },
    { "content_block_stop", ag_replay_messages_close },
    { "message_start", ag_replay_messages_start },
    { "message_delta", ag_replay_messages_ending },
    { "message_stop", ag_replay_messages_stop }
};


/* Members of a message, or of message_delta, that are put otherwise. */
static const char *const  ag_replay_messages_apart[] = {
    "type", "content", "usage", "delta", NULL
};


int
ag_replay_messages_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage)
{
    int                   rc;
    size_t                len;
    ag_put_t              p;
    ag_replay_messages_t  m;

    memset(&m, 0, sizeof(m));
    ag_arena_init(&m.arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&m.blocks, AG_TRANSLATE_ARENA_MAX);

    rc = ag_replay_events_read(stream, ag_replay_messages_event, &m);

    if (rc == AG_OK && (!m.stopped || m.open_count > 0)) {
        rc = AG_NONE;
    }

    if (rc == AG_OK) {
        len = out->len;
        ag_put_init(&p, out);
        ag_replay_messages_put(&p, &m, usage);
        rc = p.rc;

        if (rc != AG_OK) {
            out->len = len;
        }
    }

    ag_replay_messages_free(&m);

    return rc;
}


static void
ag_replay_messages_free(ag_replay_messages_t *m)
{
    size_t              i;
    ag_replay_block_t  *blocks;

    blocks = (void *) m->blocks.data;

    for (i = 0; i < m->block_count; i++) {
        ag_replay_block_free(&blocks[i]);
    }

    ag_buf_free(&m->blocks);
    ag_arena_free(&m->arena);
}


/* ---- events ---- */


/* An error is one of the events that nobody takes. */
static int
ag_replay_messages_event(void *data, ag_str_t text, ag_str_t type,
    yyjson_val *root)
{
    size_t                 i, count;
    ag_replay_messages_t  *m;

    m = data;

    if (ag_str_is(type, "ping")) {
        return AG_OK;
    }

    if (m->stopped) {
        return AG_NONE;
    }

    count = sizeof(ag_replay_messages_events)
            / sizeof(ag_replay_messages_events[0]);

    for (i = 0; i < count; i++) {
        if (ag_str_is(type, ag_replay_messages_events[i].type)) {
            return ag_replay_messages_events[i].take(m, text, root);
        }
    }

    return AG_NONE;
}


/* Where a tool asks for other tools, the whole message may be in here. */
static int
ag_replay_messages_start(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    int          rc;
    yyjson_val  *message;

    message = yyjson_obj_get(root, "message");

    if (m->start.data != NULL || !yyjson_is_obj(message)) {
        return AG_NONE;
    }

    rc = AG_OK;
    m->given = yyjson_arr_size(yyjson_obj_get(message, "content"));
    m->ended = yyjson_is_str(yyjson_obj_get(message, "stop_reason"));
    m->start = ag_replay_events_keep(&m->arena, text, &rc);

    return rc;
}


static int
ag_replay_messages_open(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    int                 rc;
    yyjson_val         *index;
    ag_replay_block_t   block;

    index = yyjson_obj_get(root, "index");

    if (m->start.data == NULL || !yyjson_is_uint(index)
        || yyjson_get_uint(index) != m->given + m->block_count)
    {
        return AG_NONE;
    }

    rc = ag_replay_block_start(&block, yyjson_obj_get(root, "content_block"));

    if (rc == AG_OK) {
        block.start = ag_replay_events_keep(&m->arena, text, &rc);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(&m->blocks, &block, sizeof(block));
    }

    if (rc != AG_OK) {
        ag_replay_block_free(&block);
        return rc;
    }

    m->block_count++;
    m->open_count++;

    return AG_OK;
}


static int
ag_replay_messages_add(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    ag_replay_block_t  *block;

    (void) text;
    block = ag_replay_messages_block(m, root);

    return (block != NULL)
           ? ag_replay_block_add(block, yyjson_obj_get(root, "delta"))
           : AG_NONE;
}


static int
ag_replay_messages_close(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    ag_replay_block_t  *block;

    (void) text;
    block = ag_replay_messages_block(m, root);

    if (block == NULL) {
        return AG_NONE;
    }

    m->open_count--;

    return ag_replay_block_stop(block);
}


static int
ag_replay_messages_ending(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    int  rc;

    (void) root;

    if (m->start.data == NULL || m->ending_count == AG_REPLAY_ENDINGS_MAX) {
        return AG_NONE;
    }

    rc = AG_OK;
    m->ended = 1;
    m->endings[m->ending_count++] = ag_replay_events_keep(&m->arena, text,
                                                          &rc);

    return rc;
}


static int
ag_replay_messages_stop(ag_replay_messages_t *m, ag_str_t text,
    yyjson_val *root)
{
    (void) text;
    (void) root;

    m->stopped = 1;

    return m->ended ? AG_OK : AG_NONE;
}


/* The open block of an event, or NULL. */
static ag_replay_block_t *
ag_replay_messages_block(const ag_replay_messages_t *m, yyjson_val *root)
{
    uint64_t            number;
    yyjson_val         *index;
    ag_replay_block_t  *blocks;

    index = yyjson_obj_get(root, "index");
    number = yyjson_get_uint(index);
    blocks = (void *) m->blocks.data;

    if (!yyjson_is_uint(index) || number < m->given
        || number - m->given >= m->block_count)
    {
        return NULL;
    }

    blocks += number - m->given;

    return blocks->open ? blocks : NULL;
}


/* ---- the message ---- */


static void
ag_replay_messages_put(ag_put_t *p, ag_replay_messages_t *m,
    const ag_usage_t *usage)
{
    size_t               i;
    yyjson_doc          *docs[1 + AG_REPLAY_ENDINGS_MAX];
    yyjson_val          *root;
    ag_replay_block_t   *blocks;
    ag_replay_layers_t   message, counts;

    message.count = 0;
    counts.count = 0;

    docs[0] = ag_json_tree_large(m->start, AG_SSE_EVENT_MAX, NULL);
    root = yyjson_obj_get(yyjson_doc_get_root(docs[0]), "message");
    ag_replay_layer(&message, root);
    ag_replay_layer(&counts, yyjson_obj_get(root, "usage"));

    for (i = 0; i < m->ending_count; i++) {
        docs[1 + i] = ag_json_tree_large(m->endings[i], AG_SSE_EVENT_MAX,
                                         NULL);
        root = yyjson_doc_get_root(docs[1 + i]);
        ag_replay_layer(&message, root);
        ag_replay_layer(&message, yyjson_obj_get(root, "delta"));
        ag_replay_layer(&counts, yyjson_obj_get(root, "usage"));
    }

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "message");
    ag_replay_layers_put(p, &message, ag_replay_messages_apart);
    ag_put_open(p, "content", '[');

    if (m->given > 0) {
        ag_replay_messages_put_given(p, message.objects[0]);
    }

    blocks = (void *) m->blocks.data;

    for (i = 0; i < m->block_count && p->rc == AG_OK; i++) {
        ag_replay_block_put(p, &blocks[i]);
    }

    ag_put_close(p, ']');
    ag_replay_messages_put_usage(p, &counts, usage);
    ag_put_close(p, '}');

    for (i = 0; i <= m->ending_count; i++) {

        if (docs[i] == NULL) {
            p->rc = AG_NOMEM;   /* it was read before */
        }

        yyjson_doc_free(docs[i]);
    }
}


static void
ag_replay_messages_put_given(ag_put_t *p, yyjson_val *message)
{
    size_t       i, max;
    yyjson_val  *block;

    yyjson_arr_foreach(yyjson_obj_get(message, "content"), i, max, block) {
        ag_put_value(p, NULL, block);
    }
}


/* What the stream did not tell, only we know. */
static void
ag_replay_messages_put_usage(ag_put_t *p, const ag_replay_layers_t *layers,
    const ag_usage_t *usage)
{
    static const char *const  none[] = { NULL };

    if (layers->count > 0) {
        ag_put_open(p, "usage", '{');
        ag_replay_layers_put(p, layers, none);
        ag_put_close(p, '}');

    } else if (usage != NULL && usage->known) {
        ag_anthropic_say_put_usage_delta(p, usage);
    }
}


static void
ag_replay_layer(ag_replay_layers_t *layers, yyjson_val *object)
{
    if (yyjson_is_obj(object)) {
        layers->objects[layers->count++] = object;
    }
}


/* Each member once, where the first object has it. */
static void
ag_replay_layers_put(ag_put_t *p, const ag_replay_layers_t *layers,
    const char *const *except)
{
    size_t              i, at, max;
    yyjson_val         *key, *value;
    const char *const  *name;

    for (i = 0; i < layers->count; i++) {

        if (p->rc == AG_OK) {
            p->rc = ag_replay_fits_distinct(layers->objects[i]);
        }

        yyjson_obj_foreach(layers->objects[i], at, max, key, value) {
            name = except;

            while (*name != NULL && !ag_str_is(ag_json_text(key), *name)) {
                name++;
            }

            if (*name == NULL) {
                ag_replay_layers_member(p, layers, i, key);
            }
        }
    }
}


/* Puts a member of the object "from", unless one before has it too. */
static void
ag_replay_layers_member(ag_put_t *p, const ag_replay_layers_t *layers,
    size_t from, yyjson_val *key)
{
    size_t       i;
    ag_str_t     name;
    yyjson_val  *value, *last;

    last = NULL;
    name = ag_json_text(key);

    for (i = 0; i < layers->count; i++) {
        value = yyjson_obj_getn(layers->objects[i], (const char *) name.data,
                                name.len);

        if (value != NULL && i < from) {
            return;
        }

        if (value != NULL && (last == NULL || !yyjson_is_null(value))) {
            last = value;
        }
    }

    ag_put_key(p, name);
    ag_put_value(p, NULL, last);
}
