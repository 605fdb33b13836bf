/*
 * Copyright (C) ngx_agent authors
 *
 * Writes what a stream has become.
 */


#include "dialect/ag_replay_parts.h"


static ag_str_t ag_replay_put_bytes(const ag_replay_node_t *node);


/* Members that are known to come in pieces, which may well be the same. */
static const char *const  ag_replay_put_joined[] = {
    "content", "refusal", "reasoning_content", "reasoning", "thinking",
    "text", "summary", "arguments", "input", "data", "transcript",
    "signature", NULL
};


/*
 * A text of unknown meaning whose pieces are all the same is a label, said
 * with every delta, or a text of them: nobody can tell.
 */
void
ag_replay_put(ag_put_t *p, const char *name,
    const ag_replay_node_t *node)
{
    ag_replay_node_t  *entry;

    switch ((node != NULL) ? node->kind : AG_REPLAY_NULL) {

    case AG_REPLAY_TEXT:
        if (node->more != NULL && !node->varied
            && !ag_replay_merge_named(ag_replay_put_joined, node->key)
            && p->rc == AG_OK)
        {
            p->rc = AG_NONE;
        }

        ag_put_text(p, name, ag_replay_put_bytes(node));
        break;

    case AG_REPLAY_VALUE:
    case AG_REPLAY_JSON:
    case AG_REPLAY_RUN:
        ag_put_json(p, name, ag_replay_put_bytes(node));
        break;

    case AG_REPLAY_OBJECT:
        ag_put_open(p, name, '{');
        ag_replay_put_members(p, node, NULL);
        ag_put_close(p, '}');
        break;

    case AG_REPLAY_LIST:
        ag_put_open(p, name, '[');

        for (entry = node->first; entry != NULL; entry = entry->next) {
            ag_replay_put(p, NULL, entry);
        }

        ag_put_close(p, ']');
        break;

    default:
        ag_put_null(p, name);
    }
}


void
ag_replay_put_members(ag_put_t *p, const ag_replay_node_t *object,
    const char *const *without)
{
    ag_replay_node_t  *node;

    for (node = object->first; node != NULL; node = node->next) {
        if (without == NULL
            || !ag_replay_merge_named(without, node->key))
        {
            ag_put_key(p, node->key);
            ag_replay_put(p, NULL, node);
        }
    }
}


static ag_str_t
ag_replay_put_bytes(const ag_replay_node_t *node)
{
    return (node->more != NULL) ? ag_buf_str(node->more) : node->text;
}
