/*
 * Copyright (C) ngx_agent authors
 *
 * Results of calls.  Gemini wants as many as there were calls, in the order
 * of the calls, in the one content behind them; clients send them in any
 * order, in several messages, twice, or not at all.  They are found by a
 * sorted list: a turn may hold thousands.
 */


#include <stdlib.h>

#include "dialect/ag_gemini_parts.h"


typedef struct {
    const ag_part_t  *part;
    const ag_turn_t  *turn;
    uint32_t          order;
    unsigned          used:1;
} ag_gemini_result_t;


typedef struct {
    ag_gemini_result_t  *list;
    uint32_t             count;
} ag_gemini_results_t;


static const ag_part_t *ag_gemini_tell_next(const ag_turn_t **turn,
    const ag_turn_t *end, const ag_part_t *part, ag_part_kind_t kind);
static int ag_gemini_tell_gather(ag_gemini_tell_t *t,
    ag_gemini_results_t *results, const ag_turn_t *turn,
    const ag_turn_t *end);
static int ag_gemini_tell_order(const void *one, const void *two);
static int ag_gemini_tell_compare(const ag_part_t *a, const ag_part_t *b);
static int ag_gemini_tell_compare_text(ag_str_t a, ag_str_t b);
static ag_gemini_result_t *ag_gemini_tell_find(
    const ag_gemini_results_t *results, const ag_part_t *call);
static int ag_gemini_tell_extra(ag_gemini_tell_t *t,
    const ag_gemini_results_t *results);
static int ag_gemini_tell_result(ag_gemini_tell_t *t, const ag_part_t *call,
    const ag_gemini_result_t *result);
static void ag_gemini_tell_response(ag_gemini_tell_t *t,
    const ag_part_t *result);
static unsigned ag_gemini_tell_object(ag_str_t text);
static int ag_gemini_tell_within(ag_gemini_tell_t *t,
    const ag_gemini_result_t *result);
static void ag_gemini_tell_behind(ag_gemini_tell_t *t,
    const ag_gemini_results_t *results, const ag_turn_t *model,
    const ag_turn_t *user);
static unsigned ag_gemini_tell_is_media(const ag_part_t *part);
static unsigned ag_gemini_tell_fits(const ag_gemini_tell_t *t,
    const ag_part_t *part);


int
ag_gemini_tell_results(ag_gemini_tell_t *t, const ag_turn_t *model,
    const ag_turn_t *user, const ag_turn_t *end)
{
    int                   rc;
    const ag_part_t      *call;
    const ag_turn_t      *turn;
    ag_gemini_result_t   *result;
    ag_gemini_results_t   results;

    rc = ag_gemini_tell_gather(t, &results, user, end);

    if (rc != AG_OK) {
        return rc;
    }

    turn = model;
    call = NULL;

    for ( ;; ) {
        call = ag_gemini_tell_next(&turn, user, call, AG_PART_TOOL_CALL);

        if (call == NULL) {
            break;
        }

        result = ag_gemini_tell_find(&results, call);

        if (result != NULL) {
            result->used = 1;
        }

        rc = ag_gemini_tell_result(t, call, result);

        if (rc != AG_OK) {
            return rc;
        }
    }

    if (results.count > 0) {
        ag_gemini_tell_behind(t, &results, model, user);
    }

    return ag_gemini_tell_extra(t, &results);
}


/*
 * The next part of that kind behind "part" (NULL: the first) of the turns
 * from *turn, which is moved, to "end"; NULL: there is none.
 */
static const ag_part_t *
ag_gemini_tell_next(const ag_turn_t **turn, const ag_turn_t *end,
    const ag_part_t *part, ag_part_kind_t kind)
{
    if (*turn == NULL) {
        return NULL;
    }

    part = (part != NULL) ? part->next : (*turn)->parts;

    for ( ;; ) {

        for ( /* void */ ; part != NULL; part = part->next) {
            if (part->kind == kind) {
                return part;
            }
        }

        *turn = (*turn)->next;

        if (*turn == end || *turn == NULL) {
            *turn = NULL;
            return NULL;
        }

        part = (*turn)->parts;
    }
}


static int
ag_gemini_tell_gather(ag_gemini_tell_t *t, ag_gemini_results_t *results,
    const ag_turn_t *first, const ag_turn_t *end)
{
    uint32_t          i;
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    results->list = NULL;
    results->count = 0;

    turn = first;
    part = NULL;

    while ((part = ag_gemini_tell_next(&turn, end, part, AG_PART_TOOL_RESULT))
           != NULL)
    {
        results->count++;
    }

    if (results->count == 0) {
        return AG_OK;
    }

    results->list = ag_arena_alloc(t->to->arena, results->count
                                                 * sizeof(ag_gemini_result_t));

    if (results->list == NULL) {
        return AG_NOMEM;
    }

    turn = first;
    part = NULL;

    for (i = 0; i < results->count; i++) {
        part = ag_gemini_tell_next(&turn, end, part, AG_PART_TOOL_RESULT);

        results->list[i].part = part;
        results->list[i].turn = turn;
        results->list[i].order = i;
    }

    qsort(results->list, results->count, sizeof(ag_gemini_result_t),
          ag_gemini_tell_order);

    return AG_OK;
}


static int
ag_gemini_tell_order(const void *one, const void *two)
{
    int                        order;
    const ag_gemini_result_t  *a, *b;

    a = one;
    b = two;
    order = ag_gemini_tell_compare(a->part, b->part);

    if (order != 0) {
        return order;
    }

    return (a->order < b->order) ? -1 : 1;
}


/* A function of the days before ids is known by its name. */
static int
ag_gemini_tell_compare(const ag_part_t *a, const ag_part_t *b)
{
    int  order;

    order = ag_gemini_tell_compare_text(a->id, b->id);

    return (order != 0 || a->id.len > 0) ? order
           : ag_gemini_tell_compare_text(a->name, b->name);
}


static int
ag_gemini_tell_compare_text(ag_str_t a, ag_str_t b)
{
    int     order;
    size_t  least;

    least = (a.len < b.len) ? a.len : b.len;
    order = (least > 0) ? memcmp(a.data, b.data, least) : 0;

    if (order != 0) {
        return order;
    }

    return (a.len == b.len) ? 0 : (a.len < b.len) ? -1 : 1;
}


/* The last one that was sent for the call, or NULL. */
static ag_gemini_result_t *
ag_gemini_tell_find(const ag_gemini_results_t *results,
    const ag_part_t *call)
{
    uint32_t  low, high, middle;

    low = 0;
    high = results->count;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (ag_gemini_tell_compare(results->list[middle].part, call) <= 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    if (low == 0
        || ag_gemini_tell_compare(results->list[low - 1].part, call) != 0)
    {
        return NULL;
    }

    return &results->list[low - 1];
}


/* A result that answers no call would be refused without saying which. */
static int
ag_gemini_tell_extra(ag_gemini_tell_t *t, const ag_gemini_results_t *results)
{
    uint32_t                   i;
    const char                *path;
    const ag_gemini_result_t  *result, *next;

    static const ag_gemini_name_t  paths = {
        "messages[%u]", "messages[%u].content", "input[%u]"
    };

    for (i = 0; i < results->count; i++) {
        result = &results->list[i];
        next = (i + 1 < results->count) ? result + 1 : NULL;

        if (result->used
            || (next != NULL
                && ag_gemini_tell_compare(result->part, next->part) == 0))
        {
            continue;
        }

        path = ag_gemini_tell_name(t, paths);

        return ag_neutral_invalid(t->n, t->error, path,
                                  result->turn->index,
                                  "results of the calls in the assistant's "
                                  "message before it, and no others");
    }

    return AG_OK;
}


static int
ag_gemini_tell_result(ag_gemini_tell_t *t, const ag_part_t *call,
    const ag_gemini_result_t *result)
{
    int  rc;

    rc = AG_OK;

    ag_gemini_tell_content(t, "user");
    ag_put_open(&t->put, NULL, '{');
    ag_put_open(&t->put, "functionResponse", '{');

    if (call->id.len > 0) {
        ag_put_text(&t->put, "id", call->id);
    }

    ag_put_text(&t->put, "name", call->name);

    if (result != NULL) {
        ag_gemini_tell_response(t, result->part);
        rc = ag_gemini_tell_within(t, result);

    } else {
        ag_put_open(&t->put, "response", '{');
        ag_put_word(&t->put, "error", "no result");
        ag_put_close(&t->put, '}');
    }

    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');

    return rc;
}


/* It must be an object: one that the tool wrote, or its words in ours. */
static void
ag_gemini_tell_response(ag_gemini_tell_t *t, const ag_part_t *result)
{
    uint32_t          texts;
    const ag_part_t  *part, *only;

    texts = 0;
    only = NULL;

    for (part = result->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_FOREIGN) {
            ag_outbound_drop(t->to, t->n->list);

        } else if (part->text.len > 0) {
            only = part;
            texts++;
        }
    }

    if (texts == 1 && !result->error && ag_gemini_tell_object(only->text)) {
        ag_put_json(&t->put, "response", only->text);
        return;
    }

    ag_put_open(&t->put, "response", '{');
    ag_put_text_open(&t->put, result->error ? "error" : "output");

    texts = 0;

    for (part = result->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_FOREIGN || part->text.len == 0) {
            continue;
        }

        if (texts++ > 0) {
            ag_put_text_add(&t->put, ag_str("\n", 1));
        }

        ag_put_text_add(&t->put, part->text);
    }

    ag_put_text_close(&t->put);
    ag_put_close(&t->put, '}');
}


/* Also not one that is too wide or deep to be looked through. */
static unsigned
ag_gemini_tell_object(ag_str_t text)
{
    ag_json_t  json;

    if (text.data[0] != '{' && text.data[0] > ' ') {
        return 0;
    }

    return ag_json_scan(&json, text) == AG_OK && json.type == AG_JSON_OBJECT;
}


/* The images of a result where the model knows them as its parts. */
static int
ag_gemini_tell_within(ag_gemini_tell_t *t, const ag_gemini_result_t *result)
{
    int               rc;
    size_t            len, empty;
    ag_put_t          before;
    const ag_part_t  *part;

    before = t->put;
    len = t->put.out->len;

    ag_put_open(&t->put, "parts", '[');
    empty = t->put.out->len;

    for (part = result->part->parts; part != NULL; part = part->next) {

        if (!ag_gemini_tell_is_media(part)) {
            continue;
        }

        rc = ag_gemini_tell_reads(t, result->turn, part);

        if (rc != AG_OK) {
            return rc;
        }

        if (ag_gemini_tell_fits(t, part)) {
            ag_gemini_tell_blob(t, part);
        }
    }

    if (t->put.out->len == empty) {
        ag_gemini_tell_undo(t, before, len);
        return AG_OK;
    }

    ag_put_close(&t->put, ']');

    return AG_OK;
}


/* The other images of results: responses must stand together. */
static void
ag_gemini_tell_behind(ag_gemini_tell_t *t, const ag_gemini_results_t *results,
    const ag_turn_t *model, const ag_turn_t *user)
{
    const ag_part_t     *call, *part;
    ag_gemini_result_t  *result;

    call = NULL;

    while ((call = ag_gemini_tell_next(&model, user, call, AG_PART_TOOL_CALL))
           != NULL)
    {
        result = ag_gemini_tell_find(results, call);

        if (result == NULL) {
            continue;
        }

        for (part = result->part->parts; part != NULL; part = part->next) {

            if (ag_gemini_tell_is_media(part)
                && !ag_gemini_tell_fits(t, part))
            {
                ag_gemini_tell_content(t, "user");
                ag_gemini_tell_blob(t, part);
            }
        }
    }
}


static unsigned
ag_gemini_tell_is_media(const ag_part_t *part)
{
    return part->kind == AG_PART_IMAGE || part->kind == AG_PART_AUDIO
           || (part->kind == AG_PART_FILE && part->text.len == 0);
}


/* A response has parts of its own from Gemini 3 on, and none of URLs. */
static unsigned
ag_gemini_tell_fits(const ag_gemini_tell_t *t, const ag_part_t *part)
{
    return t->to->facts->thinking == AG_THINKING_LEVEL && part->data.len > 0;
}
