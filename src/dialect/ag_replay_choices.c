/*
 * Copyright (C) ngx_agent authors
 *
 * The stream of a chat or a completion becomes the whole answer.  A choice
 * is put together by its index; beside what it says, and its log
 * probabilities, the last event that tells a thing is right.
 *
 * A stream without an end of each choice, or without [DONE], is no answer.
 */


#include "dialect/ag_openai_say_parts.h"
#include "dialect/ag_replay_parts.h"


typedef struct {
    ag_replay_node_t  *said;        /* the message, or its text */
    ag_replay_node_t  *rest;        /* logprobs, and what we do not know */
    ag_buf_t          *finish;      /* why it ended, JSON */
} ag_replay_choice_t;


typedef struct {
    ag_arena_t               arena;
    ag_replay_merge_t        merge;
    const ag_replay_form_t  *form;
    ag_replay_node_t        *root;      /* all but the choices */
    ag_replay_choice_t      *choices[AG_CHOICES_MAX];
    unsigned                 done:1;
} ag_replay_whole_t;


static int ag_replay_choices_read(ag_replay_whole_t *w, ag_str_t stream);
static int ag_replay_choices_event(ag_replay_whole_t *w,
    const ag_sse_event_t *event);
static int ag_replay_choices_root(ag_replay_whole_t *w, yyjson_val *root);
static unsigned ag_replay_choices_is_set(ag_replay_whole_t *w, ag_str_t name);
static int ag_replay_choices_one(ag_replay_whole_t *w, yyjson_val *value,
    size_t count);
static ag_replay_choice_t *ag_replay_choices_new(ag_replay_whole_t *w);
static int ag_replay_choices_member(ag_replay_whole_t *w,
    ag_replay_choice_t *choice, ag_str_t key, yyjson_val *value);
static int ag_replay_choices_said(ag_replay_whole_t *w,
    ag_replay_choice_t *choice, ag_str_t key, yyjson_val *value);
static int ag_replay_choices_finish(ag_replay_choice_t *choice,
    yyjson_val *value);
static unsigned ag_replay_choices_is_sort(yyjson_val *object,
    const char *sort);
static int ag_replay_choices_put(ag_replay_whole_t *w, ag_buf_t *out,
    const ag_usage_t *usage);
static int ag_replay_choices_put_all(ag_replay_whole_t *w, ag_put_t *p);


/* Members that are read or written apart; the last pads a stream against
 * those who measure its pieces. */
static const char *const  ag_replay_choices_not[] = {
    "choices", "object", "obfuscation", NULL
};

static const char *const  ag_replay_choices_own[] = {
    "id", "usage", NULL
};

/* What the first event says, unless it has nothing to say yet. */
static const char *const  ag_replay_choices_first[] = {
    "id", "created", "model", NULL
};


int
ag_replay_choices_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage, const ag_replay_form_t *form)
{
    int                rc;
    ag_replay_whole_t  w;

    memset(&w, 0, sizeof(w));
    ag_arena_init(&w.arena, AG_TRANSLATE_ARENA_MAX);

    w.form = form;
    w.merge.arena = &w.arena;
    w.root = ag_replay_merge_object(&w.arena);

    rc = (w.root != NULL) ? ag_replay_choices_read(&w, stream) : AG_NOMEM;

    if (rc == AG_OK) {
        rc = ag_replay_choices_put(&w, out, usage);
    }

    ag_arena_free(&w.arena);

    return rc;
}


/* ---- reading ---- */


static int
ag_replay_choices_read(ag_replay_whole_t *w, ag_str_t stream)
{
    int             rc;
    ag_sse_t        sse;
    ag_sse_event_t  event;

    ag_sse_init(&sse);

    while ((rc = ag_sse_next(&sse, stream, &event)) == AG_OK && !w->done) {
        stream = ag_str(stream.data + event.raw.len,
                        stream.len - event.raw.len);

        rc = event.has_data ? ag_replay_choices_event(w, &event) : AG_OK;

        if (rc != AG_OK) {
            break;
        }
    }

    ag_sse_free(&sse);

    if (w->done) {
        return AG_OK;
    }

    return (rc == AG_AGAIN) ? AG_NONE : rc;
}


static int
ag_replay_choices_event(ag_replay_whole_t *w, const ag_sse_event_t *event)
{
    int          rc;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *tree;

    if (ag_str_is(event->data, "[DONE]")) {
        w->done = 1;
        return AG_OK;
    }

    if (ag_str_is(event->type, "error")) {
        return AG_NONE;
    }

    tree = ag_json_tree(event->data, scratch, sizeof(scratch));

    if (tree == NULL) {
        return AG_NONE;
    }

    rc = ag_replay_choices_root(w, yyjson_doc_get_root(tree));
    yyjson_doc_free(tree);

    return rc;
}


static int
ag_replay_choices_root(ag_replay_whole_t *w, yyjson_val *root)
{
    int               rc;
    size_t            count;
    ag_str_t          name;
    yyjson_val       *key, *value, *choices;
    yyjson_obj_iter   obj;
    yyjson_arr_iter   arr;

    choices = yyjson_obj_get(root, "choices");
    count = yyjson_arr_size(choices);
    value = yyjson_obj_get(root, "error");

    if ((value != NULL && !yyjson_is_null(value))
        || !ag_replay_choices_is_sort(yyjson_obj_get(root, "object"),
                                      w->form->chunk))
    {
        return AG_NONE;
    }

    rc = ag_replay_fits_distinct(root);
    yyjson_obj_iter_init(root, &obj);

    while (rc == AG_OK && (key = yyjson_obj_iter_next(&obj)) != NULL) {
        name = ag_json_text(key);

        if (!ag_replay_merge_named(ag_replay_choices_not, name)
            && !ag_replay_choices_is_set(w, name))
        {
            rc = ag_replay_merge_set(&w->merge, w->root, name,
                                     yyjson_obj_iter_get_val(key));
        }
    }

    yyjson_arr_iter_init(choices, &arr);

    while (rc == AG_OK && (value = yyjson_arr_iter_next(&arr)) != NULL) {
        rc = ag_replay_choices_one(w, value, count);
    }

    return rc;
}


/* Some tell the time of each event: clients keep the first. */
static unsigned
ag_replay_choices_is_set(ag_replay_whole_t *w, ag_str_t name)
{
    size_t             i;
    ag_str_t           json;
    ag_replay_node_t  *node;

    for (i = 0; ag_replay_choices_first[i] != NULL; i++) {

        if (!ag_str_is(name, ag_replay_choices_first[i])) {
            continue;
        }

        node = ag_replay_merge_find(w->root, ag_replay_choices_first[i]);

        if (node == NULL || node->kind == AG_REPLAY_NULL) {
            return 0;
        }

        json = ag_buf_str(node->more);

        return !ag_str_is(json, "\"\"") && !ag_str_is(json, "0");
    }

    return 0;
}


static int
ag_replay_choices_one(ag_replay_whole_t *w, yyjson_val *value, size_t count)
{
    int                   rc;
    uint64_t              at;
    yyjson_val           *key, *index;
    yyjson_obj_iter       iter;
    ag_replay_choice_t  **choice;

    index = yyjson_obj_get(value, "index");

    if (!yyjson_is_uint(index) && (index != NULL || count > 1)) {
        return AG_NONE;
    }

    at = yyjson_get_uint(index);

    if (at >= AG_CHOICES_MAX) {
        return AG_LIMIT;
    }

    choice = &w->choices[at];

    if (*choice == NULL) {
        *choice = ag_replay_choices_new(w);

        if (*choice == NULL) {
            return AG_NOMEM;
        }
    }

    rc = ag_replay_fits_distinct(value);
    yyjson_obj_iter_init(value, &iter);

    while (rc == AG_OK && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        rc = ag_replay_choices_member(w, *choice, ag_json_text(key),
                                      yyjson_obj_iter_get_val(key));
    }

    return rc;
}


static ag_replay_choice_t *
ag_replay_choices_new(ag_replay_whole_t *w)
{
    ag_replay_choice_t  *choice;

    choice = ag_arena_alloc(&w->arena, sizeof(ag_replay_choice_t));

    if (choice == NULL) {
        return NULL;
    }

    choice->said = ag_replay_merge_object(&w->arena);
    choice->rest = ag_replay_merge_object(&w->arena);
    choice->finish = ag_arena_buf(&w->arena, AG_SSE_EVENT_MAX);

    return (choice->said != NULL && choice->rest != NULL
            && choice->finish != NULL) ? choice : NULL;
}


static int
ag_replay_choices_member(ag_replay_whole_t *w, ag_replay_choice_t *choice,
    ag_str_t key, yyjson_val *value)
{
    int  rc;

    if (ag_str_is(key, "index")) {
        return AG_OK;
    }

    if (ag_str_is(key, w->form->said)) {
        return ag_replay_choices_said(w, choice, key, value);
    }

    /* some send the message so far beside each delta */

    if (ag_str_is(key, "message") && ag_str_is(ag_str("delta", 5),
                                               w->form->said))
    {
        return AG_OK;
    }

    if (ag_str_is(key, "finish_reason")) {
        return ag_replay_choices_finish(choice, value);
    }

    if (ag_str_is(key, "error") && !yyjson_is_null(value)) {
        return AG_NONE;
    }

    if (ag_str_is(key, "logprobs")
        || (ag_str_is(key, "token_ids") && yyjson_is_arr(value)))
    {
        w->merge.plain = 1;
        rc = ag_replay_merge_member(&w->merge, choice->rest, key, value);
        w->merge.plain = 0;

        return rc;
    }

    return ag_replay_merge_set(&w->merge, choice->rest, key, value);
}


/* A text stands in the choice itself, a message is an object of its own. */
static int
ag_replay_choices_said(ag_replay_whole_t *w, ag_replay_choice_t *choice,
    ag_str_t key, yyjson_val *value)
{
    if (ag_str_is(key, "text")) {
        return (yyjson_is_str(value) || yyjson_is_null(value))
               ? ag_replay_merge_member(&w->merge, choice->said, key, value)
               : AG_NONE;
    }

    if (yyjson_is_null(value)) {
        return AG_OK;
    }

    w->merge.message = choice->said;

    return yyjson_is_obj(value)
           ? ag_replay_merge(&w->merge, choice->said, value) : AG_NONE;
}


static int
ag_replay_choices_finish(ag_replay_choice_t *choice, yyjson_val *value)
{
    if (yyjson_is_null(value) || yyjson_equals_str(value, "")) {
        return AG_OK;
    }

    if (!yyjson_is_str(value)) {
        return AG_NONE;
    }

    choice->finish->len = 0;

    return ag_json_add(choice->finish, value);
}


/* None at all is as good: not everybody writes it. */
static unsigned
ag_replay_choices_is_sort(yyjson_val *object, const char *sort)
{
    ag_str_t  name;

    name = ag_json_text(object);

    return name.len == 0
           || (name.len >= strlen(sort)
               && memcmp(name.data, sort, strlen(sort)) == 0);
}


/* ---- writing ---- */


static int
ag_replay_choices_put(ag_replay_whole_t *w, ag_buf_t *out,
    const ag_usage_t *usage)
{
    int       rc;
    ag_put_t  p;

    ag_put_init(&p, out);
    ag_put_open(&p, NULL, '{');

    if (ag_replay_merge_find(w->root, "id") != NULL) {
        ag_replay_put(&p, "id", ag_replay_merge_find(w->root, "id"));
    }

    ag_put_word(&p, "object", w->form->whole);
    ag_replay_put_members(&p, w->root, ag_replay_choices_own);
    ag_put_open(&p, "choices", '[');

    rc = ag_replay_choices_put_all(w, &p);

    if (rc != AG_OK) {
        return rc;
    }

    ag_put_close(&p, ']');

    if (ag_replay_merge_has(w->root, "usage")) {
        ag_replay_put(&p, "usage", ag_replay_merge_find(w->root, "usage"));

    } else if (usage != NULL && usage->known) {
        ag_openai_say_extra_usage(&p, usage);
    }

    ag_put_close(&p, '}');

    return p.rc;
}


/* A gap is a choice that never came. */
static int
ag_replay_choices_put_all(ag_replay_whole_t *w, ag_put_t *p)
{
    size_t               i, count;
    ag_replay_choice_t  *choice;

    count = 0;

    for (i = 0; i < AG_CHOICES_MAX; i++) {
        choice = w->choices[i];

        if (choice == NULL) {
            continue;
        }

        if (i != count++ || choice->finish->len == 0) {
            return AG_NONE;
        }

        ag_put_open(p, NULL, '{');
        ag_put_number(p, "index", i);
        w->form->put(p, choice->said);
        ag_replay_put_members(p, choice->rest, NULL);
        ag_put_json(p, "finish_reason", ag_buf_str(choice->finish));
        ag_put_close(p, '}');
    }

    return (count > 0) ? p->rc : AG_NONE;
}
