/*
 * Copyright (C) ngx_agent authors
 *
 * A stream of the Responses API becomes the response: its last event has it.
 *
 * Some servers leave its output empty there; then the items that were told
 * to be done are the output, if every item that was begun is among them.
 */


#include <stdlib.h>

#include "dialect/ag_replay_responses_parts.h"
#include "dialect/ag_responses_say_parts.h"


typedef struct {
    uint64_t  output;       /* its place */
    ag_str_t  event;        /* JSON of output_item.done */
} ag_replay_done_t;


typedef struct {
    ag_arena_t  arena;
    ag_str_t    last;       /* JSON of the last event */
    ag_buf_t    items;      /* of ag_replay_done_t */
    size_t      count;
    uint64_t    begun;      /* the highest place told, and one */
} ag_replay_outcome_t;


static int ag_replay_responses_event(void *data, ag_str_t text,
    ag_str_t type, yyjson_val *root);
static int ag_replay_responses_done(ag_replay_outcome_t *o, ag_str_t text,
    yyjson_val *root);
static int ag_replay_responses_put(ag_buf_t *out, ag_replay_outcome_t *o,
    const ag_usage_t *usage);
static void ag_replay_responses_object(ag_put_t *p, yyjson_val *response,
    ag_str_t output, const ag_usage_t *usage);
static int ag_replay_responses_items(ag_buf_t *json,
    const ag_replay_outcome_t *o);
static int ag_replay_responses_compare(const void *a, const void *b);


int
ag_replay_responses_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage)
{
    int                  rc;
    ag_replay_outcome_t  o;

    memset(&o, 0, sizeof(o));
    ag_arena_init(&o.arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&o.items, AG_TRANSLATE_ARENA_MAX);

    rc = ag_replay_events_read(stream, ag_replay_responses_event, &o);

    if (rc == AG_OK) {
        rc = (o.last.data != NULL) ? ag_replay_responses_put(out, &o, usage)
                                   : AG_NONE;
    }

    ag_buf_free(&o.items);
    ag_arena_free(&o.arena);

    return rc;
}


/* Deltas are not looked at: their sum is in the last event, or in the item
 * that is done. */
static int
ag_replay_responses_event(void *data, ag_str_t text, ag_str_t type,
    yyjson_val *root)
{
    int                   rc;
    uint64_t              output;
    ag_replay_outcome_t  *o;

    o = data;

    if (o->last.data != NULL || ag_str_is(type, "error")
        || ag_str_is(type, "response.failed")
        || ag_str_is(type, "response.cancelled"))
    {
        return AG_NONE;
    }

    rc = AG_OK;

    if (ag_str_is(type, "response.completed")
        || ag_str_is(type, "response.incomplete"))
    {
        rc = ag_replay_fits_distinct(yyjson_obj_get(root, "response"));

        if (rc == AG_OK) {
            o->last = ag_replay_events_keep(&o->arena, text, &rc);
        }

    } else if (ag_str_is(type, "response.output_item.added")) {
        output = ag_json_count(yyjson_obj_get(root, "output_index"),
                               UINT32_MAX);
        o->begun = (output >= o->begun) ? output + 1 : o->begun;

    } else if (ag_str_is(type, "response.output_item.done")) {
        return ag_replay_responses_done(o, text, root);
    }

    return rc;
}


static int
ag_replay_responses_done(ag_replay_outcome_t *o, ag_str_t text,
    yyjson_val *root)
{
    int                rc;
    yyjson_val        *output;
    ag_replay_done_t   done;

    output = yyjson_obj_get(root, "output_index");

    if (!yyjson_is_uint(output)
        || !yyjson_is_obj(yyjson_obj_get(root, "item")))
    {
        return AG_NONE;
    }

    rc = AG_OK;
    done.output = yyjson_get_uint(output);
    done.event = ag_replay_events_keep(&o->arena, text, &rc);

    if (rc == AG_OK) {
        rc = ag_buf_add(&o->items, &done, sizeof(done));
    }

    o->count += (rc == AG_OK);

    return rc;
}


static int
ag_replay_responses_put(ag_buf_t *out, ag_replay_outcome_t *o,
    const ag_usage_t *usage)
{
    int          rc;
    size_t       len;
    ag_buf_t     items;
    ag_put_t     p;
    yyjson_doc  *doc;
    yyjson_val  *response;

    doc = ag_json_tree_large(o->last, AG_SSE_EVENT_MAX, NULL);

    if (doc == NULL) {
        return AG_NOMEM;        /* it was read before */
    }

    rc = AG_OK;
    len = out->len;
    response = yyjson_obj_get(yyjson_doc_get_root(doc), "response");
    ag_buf_init(&items, AG_ANSWER_MAX);

    if (yyjson_arr_size(yyjson_obj_get(response, "output")) == 0) {
        rc = ag_replay_responses_items(&items, o);
    }

    if (rc == AG_OK) {
        ag_put_init(&p, out);
        ag_replay_responses_object(&p, response, ag_buf_str(&items), usage);
        rc = p.rc;

        if (rc != AG_OK) {
            out->len = len;
        }
    }

    ag_buf_free(&items);
    yyjson_doc_free(doc);

    return rc;
}


/* What the stream did not tell, only we know. */
static void
ag_replay_responses_object(ag_put_t *p, yyjson_val *response,
    ag_str_t output, const ag_usage_t *usage)
{
    size_t              count;
    unsigned            known;
    ag_replay_change_t  changes[2];

    memset(changes, 0, sizeof(changes));
    count = 0;

    if (output.len > 0) {
        changes[count].name = "output";
        changes[count].json = output;
        changes[count++].add = 1;
    }

    known = usage != NULL && usage->known
            && !yyjson_is_obj(yyjson_obj_get(response, "usage"));

    if (known) {
        changes[count++].name = "usage";
    }

    ag_put_open(p, NULL, '{');
    ag_replay_events_members(p, response, changes, count);

    if (known) {
        ag_responses_put_usage(p, usage);
    }

    ag_put_close(p, '}');
}


/* AG_NONE: an item is missing, or there are two of it. */
static int
ag_replay_responses_items(ag_buf_t *json, const ag_replay_outcome_t *o)
{
    size_t             i;
    ag_put_t           p;
    yyjson_doc        *doc;
    ag_replay_done_t  *items;

    items = (void *) o->items.data;

    if (o->count > 0) {
        qsort(items, o->count, sizeof(*items), ag_replay_responses_compare);
    }

    ag_put_init(&p, json);
    ag_put_open(&p, NULL, '[');

    for (i = 0; i < o->count && p.rc == AG_OK; i++) {

        if (items[i].output != i) {
            return AG_NONE;
        }

        doc = ag_json_tree_large(items[i].event, AG_SSE_EVENT_MAX, NULL);

        if (doc == NULL) {
            return AG_NOMEM;    /* it was read before */
        }

        ag_put_value(&p, NULL, yyjson_obj_get(yyjson_doc_get_root(doc),
                                              "item"));
        yyjson_doc_free(doc);
    }

    ag_put_close(&p, ']');

    return (p.rc == AG_OK && o->begun > o->count) ? AG_NONE : p.rc;
}


static int
ag_replay_responses_compare(const void *a, const void *b)
{
    const ag_replay_done_t  *first, *second;

    first = a;
    second = b;

    return (first->output > second->output)
           - (first->output < second->output);
}
