/*
 * Copyright (C) ngx_agent authors
 *
 * Arguments of a call that are written in pieces, each with a path to where
 * it belongs ("$.recipe.steps[3]").  They are put together here: the paths
 * may come in any order, and half an object is of no use to a client.
 */


#include "dialect/ag_gemini_parts.h"


#define AG_GEMINI_TEXTS_MAX  (4 * 1024 * 1024)  /* bytes of texts of the same;
                                       a file that is written, x 4 */


typedef enum {
    AG_GEMINI_NODE_NULL = 0,
    AG_GEMINI_NODE_SCALAR,
    AG_GEMINI_NODE_RAW,         /* a number as its digits */
    AG_GEMINI_NODE_STRING,
    AG_GEMINI_NODE_ARRAY,
    AG_GEMINI_NODE_OBJECT
} ag_gemini_kind_t;


typedef struct ag_gemini_node_s   ag_gemini_node_t;
typedef struct ag_gemini_piece_s  ag_gemini_piece_t;


struct ag_gemini_piece_s {
    ag_gemini_piece_t  *next;
    size_t              at;         /* in the call's texts */
    size_t              len;
};


struct ag_gemini_node_s {
    ag_gemini_kind_t    kind;
    unsigned            going_on:1; /* a string that is not whole */
    ag_gemini_node_t   *next;
    ag_str_t            key;
    ag_gemini_node_t   *first;
    ag_gemini_node_t   *last;
    uint32_t            count;
    yyjson_val          value;      /* SCALAR */
    ag_gemini_piece_t  *first_piece;    /* STRING, RAW */
    ag_gemini_piece_t  *last_piece;
};


struct ag_gemini_pieces_s {
    ag_arena_t         *arena;
    ag_buf_t           *texts;
    uint32_t            nodes;
    int                 rc;         /* sticks */
    ag_gemini_node_t    root;       /* an object */
};


static ag_gemini_node_t *ag_gemini_pieces_find(ag_gemini_pieces_t *whole,
    ag_str_t path);
static ag_gemini_node_t *ag_gemini_pieces_member(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent, ag_str_t name);
static ag_gemini_node_t *ag_gemini_pieces_element(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent, uint32_t index);
static ag_gemini_node_t *ag_gemini_pieces_append(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent);
static void ag_gemini_pieces_turn(ag_gemini_node_t *node,
    ag_gemini_kind_t kind);
static void ag_gemini_pieces_put(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *node, yyjson_val *piece);
static void ag_gemini_pieces_text(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *node, ag_str_t text);
static void ag_gemini_pieces_write_node(ag_put_t *p,
    const ag_gemini_pieces_t *whole, const ag_gemini_node_t *node);
static void ag_gemini_pieces_write_value(ag_put_t *p,
    const ag_gemini_pieces_t *whole, const ag_gemini_node_t *node);


ag_gemini_pieces_t *
ag_gemini_pieces_make(ag_arena_t *arena, ag_gemini_pieces_t *old)
{
    ag_buf_t            *texts;
    ag_gemini_pieces_t  *whole;

    whole = (old != NULL) ? old
                          : ag_arena_alloc(arena, sizeof(ag_gemini_pieces_t));
    texts = (old != NULL) ? old->texts
                          : ag_arena_buf(arena, AG_GEMINI_TEXTS_MAX);

    if (whole == NULL || texts == NULL) {
        return NULL;
    }

    memset(whole, 0, sizeof(ag_gemini_pieces_t));
    texts->len = 0;

    whole->arena = arena;
    whole->texts = texts;
    whole->root.kind = AG_GEMINI_NODE_OBJECT;

    return whole;
}


int
ag_gemini_pieces_add(ag_gemini_pieces_t *whole, yyjson_val *list)
{
    size_t             i, count;
    ag_str_t           path;
    yyjson_val        *piece;
    ag_gemini_node_t  *node;

    yyjson_arr_foreach(list, i, count, piece) {
        path = ag_json_text(ag_gemini_get(piece, "jsonPath", "json_path"));
        node = ag_gemini_pieces_find(whole, path);

        if (node != NULL && node != &whole->root) {
            ag_gemini_pieces_put(whole, node, piece);
        }

        if (whole->rc != AG_OK) {
            break;
        }
    }

    return whole->rc;
}


unsigned
ag_gemini_pieces_is_empty(const ag_gemini_pieces_t *whole)
{
    return whole->root.count == 0;
}


void
ag_gemini_pieces_write(ag_put_t *p, const ag_gemini_pieces_t *whole)
{
    ag_gemini_pieces_write_node(p, whole, &whole->root);
}


/* The value at the path, which is made if need be; NULL: it is no path. */
static ag_gemini_node_t *
ag_gemini_pieces_find(ag_gemini_pieces_t *whole, ag_str_t path)
{
    unsigned           depth;
    ag_gemini_step_t   step;
    ag_gemini_node_t  *node;

    if (path.len == 0 || path.data[0] != '$') {
        return NULL;
    }

    path = ag_str(path.data + 1, path.len - 1);
    node = &whole->root;

    for (depth = 0; path.len > 0; depth++) {

        if (depth == AG_JSON_DEPTH_MAX - 1
            || !ag_gemini_path_step(whole->arena, &path, &step)
            || (depth == 0 && step.is_index))
        {
            return NULL;
        }

        node = step.is_index
               ? ag_gemini_pieces_element(whole, node, step.index)
               : ag_gemini_pieces_member(whole, node, step.name);

        if (node == NULL) {
            return NULL;
        }
    }

    return node;
}


/* Pieces come in their order: mostly it is the last one. */
static ag_gemini_node_t *
ag_gemini_pieces_member(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent, ag_str_t name)
{
    ag_gemini_node_t  *node;

    ag_gemini_pieces_turn(parent, AG_GEMINI_NODE_OBJECT);

    if (parent->last != NULL && ag_str_equal(parent->last->key, name)) {
        return parent->last;
    }

    for (node = parent->first; node != NULL; node = node->next) {
        if (ag_str_equal(node->key, name)) {
            return node;
        }
    }

    node = ag_gemini_pieces_append(whole, parent);

    if (node == NULL) {
        return NULL;
    }

    node->key = ag_arena_copy(whole->arena, name);

    if (node->key.data == NULL) {
        whole->rc = AG_NOMEM;
        return NULL;
    }

    return node;
}


/* What was passed over is null. */
static ag_gemini_node_t *
ag_gemini_pieces_element(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent, uint32_t index)
{
    ag_gemini_node_t  *node;

    ag_gemini_pieces_turn(parent, AG_GEMINI_NODE_ARRAY);

    while (parent->count <= index) {
        if (ag_gemini_pieces_append(whole, parent) == NULL) {
            return NULL;
        }
    }

    if (index + 1 == parent->count) {
        return parent->last;
    }

    for (node = parent->first; index > 0; index--) {
        node = node->next;
    }

    return node;
}


static ag_gemini_node_t *
ag_gemini_pieces_append(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *parent)
{
    ag_gemini_node_t  *node;

    if (whole->nodes == AG_GEMINI_NODES_MAX) {
        whole->rc = AG_LIMIT;
        return NULL;
    }

    node = ag_arena_alloc(whole->arena, sizeof(ag_gemini_node_t));

    if (node == NULL) {
        whole->rc = AG_NOMEM;
        return NULL;
    }

    if (parent->last != NULL) {
        parent->last->next = node;

    } else {
        parent->first = node;
    }

    parent->last = node;
    parent->count++;
    whole->nodes++;

    return node;
}


/* Makes it a value of that kind; what it was before is forgotten. */
static void
ag_gemini_pieces_turn(ag_gemini_node_t *node, ag_gemini_kind_t kind)
{
    if (node->kind == kind && kind >= AG_GEMINI_NODE_ARRAY) {
        return;
    }

    node->kind = kind;
    node->going_on = 0;
    node->first = NULL;
    node->last = NULL;
    node->count = 0;
    node->first_piece = NULL;
    node->last_piece = NULL;
}


static void
ag_gemini_pieces_put(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *node, yyjson_val *piece)
{
    yyjson_val  *value;

    value = ag_gemini_get(piece, "stringValue", "string_value");

    if (yyjson_is_str(value)) {

        if (node->kind != AG_GEMINI_NODE_STRING || !node->going_on) {
            ag_gemini_pieces_turn(node, AG_GEMINI_NODE_STRING);
        }

        ag_gemini_pieces_text(whole, node, ag_json_text(value));
        node->going_on = yyjson_is_true(ag_gemini_get(piece, "willContinue",
                                                      "will_continue"));
        return;
    }

    value = ag_gemini_get(piece, "numberValue", "number_value");

    if (yyjson_is_raw(value)) {
        ag_gemini_pieces_turn(node, AG_GEMINI_NODE_RAW);
        ag_gemini_pieces_text(whole, node, ag_str(yyjson_get_raw(value),
                                                  yyjson_get_len(value)));
        return;
    }

    if (!yyjson_is_num(value)) {
        value = ag_gemini_get(piece, "boolValue", "bool_value");
    }

    if (yyjson_is_num(value) || yyjson_is_bool(value)) {
        ag_gemini_pieces_turn(node, AG_GEMINI_NODE_SCALAR);
        node->value = *value;

    } else if (ag_gemini_get(piece, "nullValue", "null_value") != NULL) {
        ag_gemini_pieces_turn(node, AG_GEMINI_NODE_NULL);
    }
}


static void
ag_gemini_pieces_text(ag_gemini_pieces_t *whole,
    ag_gemini_node_t *node, ag_str_t text)
{
    ag_gemini_piece_t  *piece;

    piece = node->last_piece;

    if (piece == NULL || piece->at + piece->len != whole->texts->len) {
        piece = ag_arena_alloc(whole->arena, sizeof(ag_gemini_piece_t));

        if (piece == NULL) {
            whole->rc = AG_NOMEM;
            return;
        }

        piece->at = whole->texts->len;

        if (node->last_piece != NULL) {
            node->last_piece->next = piece;

        } else {
            node->first_piece = piece;
        }

        node->last_piece = piece;
    }

    whole->rc = ag_buf_add(whole->texts, text.data, text.len);

    if (whole->rc == AG_OK) {
        piece->len += text.len;
    }
}


/* Recursion: a path has fewer than AG_JSON_DEPTH_MAX steps. */
static void
ag_gemini_pieces_write_node(ag_put_t *p, const ag_gemini_pieces_t *whole,
    const ag_gemini_node_t *node)
{
    char                     close;
    const ag_gemini_node_t  *inner;

    if (node->kind < AG_GEMINI_NODE_ARRAY) {
        ag_gemini_pieces_write_value(p, whole, node);
        return;
    }

    close = (node->kind == AG_GEMINI_NODE_OBJECT) ? '}' : ']';
    ag_put_open(p, NULL, close == '}' ? '{' : '[');

    for (inner = node->first; inner != NULL; inner = inner->next) {

        if (close == '}') {
            ag_put_key(p, inner->key);
        }

        ag_gemini_pieces_write_node(p, whole, inner);
    }

    ag_put_close(p, close);
}


static void
ag_gemini_pieces_write_value(ag_put_t *p, const ag_gemini_pieces_t *whole,
    const ag_gemini_node_t *node)
{
    ag_str_t                  text;
    const ag_gemini_piece_t  *piece;

    switch (node->kind) {

    case AG_GEMINI_NODE_SCALAR:
        ag_put_value(p, NULL, &node->value);
        break;

    case AG_GEMINI_NODE_RAW:
        piece = node->first_piece;
        text = ag_str(whole->texts->data + piece->at, piece->len);
        ag_put_json(p, NULL, text);
        break;

    case AG_GEMINI_NODE_STRING:
        ag_put_text_open(p, NULL);

        for (piece = node->first_piece; piece != NULL; piece = piece->next) {

            if (piece->len > 0) {
                ag_put_text_add(p, ag_str(whole->texts->data + piece->at,
                                          piece->len));
            }
        }

        ag_put_text_close(p);
        break;

    default:
        ag_put_null(p, NULL);
    }
}
