/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of each event that tells a chat or a completion again.  Every
 * event begins alike; what stands beside the choices and is not of every
 * event is told in the first.
 *
 * Members that the whole has not are not in the stream either: what its
 * clients put together of it is the whole again.
 */


#include "dialect/ag_replay_parts.h"


#define AG_REPLAY_HEAD_MAX  (1024 * 1024)   /* bytes: an id, a model, ... */


static int ag_replay_chunk_checks(yyjson_val *root, const char *whole);
static void ag_replay_chunk_head(ag_replay_chunk_t *c, const char *chunk);
static void ag_replay_chunk_tail(ag_replay_chunk_t *c);
static void ag_replay_chunk_rest(ag_replay_chunk_t *c, yyjson_val *object,
    const char *const *without, const char *const *told);
static unsigned ag_replay_chunk_says(yyjson_val *value);


/* In every event, */
static const char *const  ag_replay_chunk_heads[] = {
    "id", "created", "model", "service_tier", "system_fingerprint", NULL
};

/* not in the first as they are, */
static const char *const  ag_replay_chunk_roots[] = {
    "object", "choices", "usage", "obfuscation", NULL
};

/* and of a choice not in its last. */
static const char *const  ag_replay_chunk_choices[] = {
    "index", "logprobs", "finish_reason", NULL
};


int
ag_replay_chunk_stream(ag_buf_t *out, yyjson_val *root, const char *whole,
    const char *chunk, const ag_replay_options_t *options,
    ag_replay_choice_pt tell)
{
    int                rc;
    size_t             index;
    yyjson_val        *choice;
    yyjson_arr_iter    iter;
    ag_replay_chunk_t  c;

    rc = ag_replay_chunk_init(&c, out, root, whole, chunk, options);
    index = 0;
    yyjson_arr_iter_init(yyjson_obj_get(root, "choices"), &iter);

    while (rc == AG_OK && (choice = yyjson_arr_iter_next(&iter)) != NULL) {
        rc = tell(&c, choice, index++);
    }

    if (rc == AG_OK) {
        ag_replay_chunk_end(&c);
        rc = c.put.rc;
    }

    ag_replay_chunk_free(&c);

    return rc;
}


int
ag_replay_chunk_init(ag_replay_chunk_t *c, ag_buf_t *out, yyjson_val *root,
    const char *whole, const char *chunk, const ag_replay_options_t *options)
{
    int  rc;

    memset(c, 0, sizeof(*c));
    ag_buf_init(&c->head, AG_REPLAY_HEAD_MAX);

    c->root = root;
    c->include_usage = options->include_usage;

    rc = ag_replay_chunk_checks(root, whole);

    if (rc != AG_OK) {
        return rc;
    }

    ag_put_init(&c->put, &c->head);
    ag_replay_chunk_head(c, chunk);

    if (c->put.rc != AG_OK) {
        return c->put.rc;
    }

    ag_put_init(&c->put, out);

    return AG_OK;
}


void
ag_replay_chunk_free(ag_replay_chunk_t *c)
{
    ag_buf_free(&c->head);
}


int
ag_replay_chunk_choice(ag_replay_chunk_t *c, yyjson_val *choice,
    size_t index)
{
    int          rc;
    yyjson_val  *at, *reason;

    rc = ag_replay_fits_distinct(choice);

    if (rc != AG_OK) {
        return rc;
    }

    at = yyjson_obj_get(choice, "index");
    reason = yyjson_obj_get(choice, "finish_reason");

    if (index >= AG_CHOICES_MAX) {
        return AG_LIMIT;
    }

    if ((at != NULL && (!yyjson_is_uint(at) || yyjson_get_uint(at) != index))
        || ag_json_text(reason).len == 0
        || ag_replay_chunk_says(yyjson_obj_get(choice, "error")))
    {
        return AG_NONE;
    }

    c->choice = choice;
    c->index = index;
    c->logprobs = yyjson_obj_get(choice, "logprobs");

    return ag_replay_fits(c->logprobs);
}


void
ag_replay_chunk_open(ag_replay_chunk_t *c)
{
    if (c->put.rc == AG_OK) {
        c->put.rc = ag_buf_add(c->put.out, c->head.data, c->head.len);
    }

    c->put.comma = 0;
    ag_put_open(&c->put, NULL, '{');
    ag_put_number(&c->put, "index", c->index);
}


/* Log probabilities are told once, all of them: clients add lists up. */
void
ag_replay_chunk_close(ag_replay_chunk_t *c, unsigned with_logprobs)
{
    if (with_logprobs && c->logprobs != NULL) {
        ag_put_value(&c->put, "logprobs", c->logprobs);
        c->logprobs = NULL;

    } else if (yyjson_obj_get(c->choice, "logprobs") != NULL) {
        ag_put_null(&c->put, "logprobs");
    }

    ag_put_null(&c->put, "finish_reason");
    ag_replay_chunk_tail(c);
}


void
ag_replay_chunk_finish(ag_replay_chunk_t *c, const char *const *without)
{
    if (yyjson_obj_get(c->choice, "logprobs") != NULL) {
        if (c->logprobs != NULL) {
            ag_put_value(&c->put, "logprobs", c->logprobs);

        } else {
            ag_put_null(&c->put, "logprobs");
        }
    }

    ag_put_value(&c->put, "finish_reason",
                 yyjson_obj_get(c->choice, "finish_reason"));
    ag_replay_chunk_rest(c, c->choice, without, ag_replay_chunk_choices);
    ag_replay_chunk_tail(c);
}


void
ag_replay_chunk_end(ag_replay_chunk_t *c)
{
    yyjson_val  *usage;

    usage = yyjson_obj_get(c->root, "usage");

    if (c->include_usage && ag_replay_chunk_says(usage)) {

        if (c->put.rc == AG_OK) {
            c->put.rc = ag_buf_add(c->put.out, c->head.data, c->head.len);
        }

        ag_put_close(&c->put, ']');
        ag_put_value(&c->put, "usage", usage);
        ag_put_raw(&c->put, "}\n\n");
    }

    ag_put_raw(&c->put, "data: [DONE]\n\n");
}


static int
ag_replay_chunk_checks(yyjson_val *root, const char *whole)
{
    int          rc;
    yyjson_val  *object;

    rc = ag_replay_fits_distinct(root);

    if (rc != AG_OK) {
        return rc;
    }

    object = yyjson_obj_get(root, "object");

    if ((object != NULL && !yyjson_equals_str(object, whole))
        || yyjson_arr_size(yyjson_obj_get(root, "choices")) == 0
        || ag_replay_chunk_says(yyjson_obj_get(root, "error")))
    {
        return AG_NONE;
    }

    return AG_OK;
}


static void
ag_replay_chunk_head(ag_replay_chunk_t *c, const char *chunk)
{
    size_t       i;
    yyjson_val  *value;

    ag_put_raw(&c->put, "data: ");
    ag_put_open(&c->put, NULL, '{');

    for (i = 0; ag_replay_chunk_heads[i] != NULL; i++) {
        value = yyjson_obj_get(c->root, ag_replay_chunk_heads[i]);

        if (value != NULL) {
            ag_put_value(&c->put, ag_replay_chunk_heads[i], value);
        }

        if (i == 0) {
            ag_put_word(&c->put, "object", chunk);
        }
    }

    ag_put_open(&c->put, "choices", '[');
}


/* From behind a choice on. */
static void
ag_replay_chunk_tail(ag_replay_chunk_t *c)
{
    ag_put_close(&c->put, '}');
    ag_put_close(&c->put, ']');

    if (!c->begun) {
        ag_replay_chunk_rest(c, c->root, ag_replay_chunk_heads,
                             ag_replay_chunk_roots);
        c->begun = 1;
    }

    if (c->include_usage) {
        ag_put_null(&c->put, "usage");
    }

    ag_put_raw(&c->put, "}\n\n");
}


/* The members that are in neither list. */
static void
ag_replay_chunk_rest(ag_replay_chunk_t *c, yyjson_val *object,
    const char *const *without, const char *const *told)
{
    ag_str_t          name;
    yyjson_val       *key;
    yyjson_obj_iter   iter;

    yyjson_obj_iter_init(object, &iter);

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        name = ag_json_text(key);

        if (!ag_replay_merge_named(without, name)
            && !ag_replay_merge_named(told, name))
        {
            ag_put_key(&c->put, name);
            ag_put_value(&c->put, NULL, yyjson_obj_iter_get_val(key));
        }
    }
}


static unsigned
ag_replay_chunk_says(yyjson_val *value)
{
    return value != NULL && !yyjson_is_null(value);
}
