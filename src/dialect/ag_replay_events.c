/*
 * Copyright (C) ngx_agent authors
 *
 * What the streams of Messages and of Responses have in common.
 *
 * A stream that is not told to its end, or in which anything cannot be read,
 * is refused as a whole: an answer that is kept is told many times.
 */


#include "dialect/ag_replay_events.h"


static int ag_replay_events_next(const ag_sse_event_t *event,
    ag_replay_event_pt handler, void *data);
static const ag_replay_change_t *ag_replay_events_find(
    const ag_replay_change_t *changes, size_t count, ag_str_t key);


int
ag_replay_events_read(ag_str_t stream, ag_replay_event_pt handler,
    void *data)
{
    int             rc;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    ag_sse_init(&sse);
    rc = AG_OK;

    while (stream.len > 0 && rc == AG_OK) {
        rc = ag_sse_next(&sse, stream, &event);

        if (rc == AG_OK) {
            stream.data += event.raw.len;
            stream.len -= event.raw.len;
            rc = ag_replay_events_next(&event, handler, data);
        }
    }

    ag_sse_free(&sse);

    /* bytes are left of an event that never ended */

    return (rc == AG_AGAIN) ? AG_NONE : rc;
}


static int
ag_replay_events_next(const ag_sse_event_t *event,
    ag_replay_event_pt handler, void *data)
{
    int          rc;
    ag_str_t     type;
    unsigned     limit;
    yyjson_doc  *doc;
    yyjson_val  *root;

    if (event->data.len == 0 || ag_str_is(event->data, "[DONE]")) {
        return AG_OK;
    }

    doc = ag_json_tree_large(event->data, AG_SSE_EVENT_MAX, &limit);

    if (doc == NULL) {
        return limit ? AG_LIMIT : AG_NONE;
    }

    root = yyjson_doc_get_root(doc);
    type = ag_json_text(yyjson_obj_get(root, "type"));

    /* some clients read the one and some the other */

    rc = (type.len > 0
          && (event->type.len == 0 || ag_str_equal(event->type, type)))
         ? ag_replay_fits_distinct(root) : AG_NONE;

    if (rc == AG_OK) {
        rc = handler(data, event->data, type, root);
    }

    yyjson_doc_free(doc);

    return rc;
}


void
ag_replay_events_open(ag_put_t *p, const char *type)
{
    ag_put_raw(p, "event: ");
    ag_put_raw(p, type);
    ag_put_raw(p, "\ndata: ");
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", type);
}


void
ag_replay_events_close(ag_put_t *p)
{
    ag_put_close(p, '}');
    ag_put_raw(p, "\n\n");
}


void
ag_replay_events_object(ag_put_t *p, const char *name, yyjson_val *object,
    const ag_replay_change_t *changes, size_t count)
{
    ag_put_open(p, name, '{');
    ag_replay_events_members(p, object, changes, count);
    ag_put_close(p, '}');
}


void
ag_replay_events_members(ag_put_t *p, yyjson_val *object,
    const ag_replay_change_t *changes, size_t count)
{
    size_t                     i, max;
    yyjson_val                *key, *value;
    const ag_replay_change_t  *change;

    yyjson_obj_foreach(object, i, max, key, value) {
        change = ag_replay_events_find(changes, count, ag_json_text(key));

        if (change == NULL) {
            ag_put_key(p, ag_json_text(key));
            ag_put_value(p, NULL, value);

        } else if (change->json.data != NULL) {
            ag_put_json(p, change->name, change->json);
        }
    }

    for (i = 0; i < count; i++) {

        if (changes[i].add
            && yyjson_obj_get(object, changes[i].name) == NULL)
        {
            ag_put_json(p, changes[i].name, changes[i].json);
        }
    }
}


static const ag_replay_change_t *
ag_replay_events_find(const ag_replay_change_t *changes, size_t count,
    ag_str_t key)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (ag_str_is(key, changes[i].name)) {
            return &changes[i];
        }
    }

    return NULL;
}


ag_str_t
ag_replay_events_keep(ag_arena_t *arena, ag_str_t text, int *rc)
{
    ag_str_t  copy;

    copy = ag_arena_copy(arena, text);

    if (copy.data == NULL) {
        *rc = (text.len > arena->max - arena->used) ? AG_LIMIT : AG_NOMEM;
    }

    return copy;
}
