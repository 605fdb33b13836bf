/*
 * Copyright (C) ngx_agent authors
 *
 * Lists that grow of their pieces: of calls, of signatures, of images, of log
 * probabilities.  An entry with a number is merged into the one of the same
 * number, any other is a new one.
 */


#include "dialect/ag_replay_parts.h"


static int ag_replay_list_entry(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value, unsigned calls);
static int ag_replay_list_run(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value);
static ag_replay_node_t *ag_replay_list_same(const ag_replay_node_t *list,
    yyjson_val *value, unsigned calls);
static unsigned ag_replay_list_is(const ag_replay_node_t *entry,
    yyjson_val *value, const char *key, unsigned otherwise);
static unsigned ag_replay_list_begins(yyjson_val *call);
static void ag_replay_list_insert(ag_replay_node_t *list,
    ag_replay_node_t *entry);


/*
 * A content that is a list of parts has no numbers: whether a part goes on
 * with the one before is the provider's secret.
 */
int
ag_replay_list(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value, unsigned calls)
{
    int               rc;
    yyjson_val       *entry;
    yyjson_arr_iter   iter;

    if (list->count > 0 && !m->plain && ag_str_is(list->key, "content")
        && yyjson_arr_size(value) > 0)
    {
        return AG_NONE;
    }

    list->kind = AG_REPLAY_LIST;
    yyjson_arr_iter_init(value, &iter);

    while ((entry = yyjson_arr_iter_next(&iter)) != NULL) {

        if (calls || (!m->plain
                      && yyjson_is_uint(yyjson_obj_get(entry, "index"))))
        {
            rc = ag_replay_list_entry(m, list, entry, calls);

        } else {
            rc = ag_replay_list_run(m, list, entry);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


void
ag_replay_list_unnumber(ag_replay_node_t *list)
{
    ag_replay_node_t  *entry, *node, **link;

    for (entry = list->first; entry != NULL; entry = entry->next) {
        link = &entry->first;

        while ((node = *link) != NULL) {
            if (ag_str_is(node->key, "index")) {
                *link = node->next;
                continue;
            }

            link = &node->next;
        }
    }
}


static int
ag_replay_list_entry(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value, unsigned calls)
{
    yyjson_val        *index;
    ag_replay_node_t  *entry;

    if (!yyjson_is_obj(value)) {
        return AG_NONE;
    }

    entry = ag_replay_list_same(list, value, calls);

    if (entry != NULL) {

        /* a name again without an id: maybe another call of that number */

        if (calls && ag_replay_list_begins(value)
            && !ag_replay_list_is(entry, value, "id", 0))
        {
            return AG_NONE;
        }

        return ag_replay_merge(m, entry, value);
    }

    index = yyjson_obj_get(value, "index");

    if (!yyjson_is_uint(index) && !ag_replay_list_begins(value)) {
        return AG_NONE;
    }

    if (list->count == AG_REPLAY_ENTRIES_MAX) {
        return AG_LIMIT;
    }

    entry = ag_replay_merge_object(m->arena);

    if (entry == NULL) {
        return AG_NOMEM;
    }

    entry->numbered = yyjson_is_uint(index);
    entry->index = yyjson_get_uint(index);
    ag_replay_list_insert(list, entry);

    return ag_replay_merge(m, entry, value);
}


/* As text: log probabilities have thousands of entries that never change. */
static int
ag_replay_list_run(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value)
{
    int                rc;
    ag_replay_node_t  *run;

    run = list->last;

    if (run == NULL || run->kind != AG_REPLAY_RUN) {

        if (list->count == AG_REPLAY_ENTRIES_MAX) {
            return AG_LIMIT;
        }

        run = ag_replay_merge_object(m->arena);

        if (run == NULL) {
            return AG_NOMEM;
        }

        run->kind = AG_REPLAY_RUN;
        run->more = ag_arena_buf(m->arena, AG_ANSWER_MAX);

        if (run->more == NULL) {
            return AG_NOMEM;
        }

        ag_replay_merge_append(list, run);
    }

    rc = (run->more->len > 0) ? ag_buf_add(run->more, ",", 1) : AG_OK;

    return (rc == AG_OK) ? ag_json_add(run->more, value) : rc;
}


/*
 * The entry that a delta goes on with.  A call is known by its number, or by
 * its id where its provider gives none; other entries by number and type: a
 * reasoning's text and its signature may share a number.
 */
static ag_replay_node_t *
ag_replay_list_same(const ag_replay_node_t *list, yyjson_val *value,
    unsigned calls)
{
    yyjson_val        *index;
    ag_replay_node_t  *entry;

    index = yyjson_obj_get(value, "index");

    for (entry = list->first; entry != NULL; entry = entry->next) {

        if (!yyjson_is_uint(index)) {
            if (ag_replay_list_is(entry, value, "id", 0)) {
                return entry;
            }

        } else if (entry->numbered && entry->index == yyjson_get_uint(index)
                   && (calls || ag_replay_list_is(entry, value, "type", 1)))
        {
            return entry;
        }
    }

    return NULL;
}


/* Do both say the same there?  "otherwise": if one of them says nothing. */
static unsigned
ag_replay_list_is(const ag_replay_node_t *entry, yyjson_val *value,
    const char *key, unsigned otherwise)
{
    ag_str_t           text;
    ag_replay_node_t  *node;

    text = ag_json_text(yyjson_obj_get(value, key));
    node = ag_replay_merge_find(entry, key);

    if (text.len == 0 || node == NULL || node->text.len == 0) {
        return otherwise;
    }

    return ag_str_equal(node->text, text) != 0;
}


/* Of a call without a number: a name begins one, arguments may go on. */
static unsigned
ag_replay_list_begins(yyjson_val *call)
{
    return ag_json_text(ag_json_path(call, "function", "name", NULL)).len > 0
           || ag_json_text(ag_json_path(call, "custom", "name", NULL)).len
              > 0;
}


/* In the order of numbers, which is nearly always that of arrival. */
static void
ag_replay_list_insert(ag_replay_node_t *list, ag_replay_node_t *entry)
{
    ag_replay_node_t  *next, **link;

    link = &list->first;

    while ((next = *link) != NULL) {

        if (entry->numbered && next->numbered && next->index > entry->index) {
            entry->next = next;
            *link = entry;
            list->count++;
            return;
        }

        link = &next->next;
    }

    ag_replay_merge_append(list, entry);
}
