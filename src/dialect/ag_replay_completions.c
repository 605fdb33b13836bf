/*
 * Copyright (C) ngx_agent authors
 *
 * Completions of the old kind, told again: a choice is a text, and an event
 * of their stream has the form of the whole.
 */


#include "dialect/ag_replay_parts.h"


static int ag_replay_completions_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage);
static void ag_replay_completions_put(ag_put_t *p, ag_replay_node_t *said);
static int ag_replay_completions_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options);
static int ag_replay_completions_choice(ag_replay_chunk_t *c,
    yyjson_val *choice, size_t index);


static const ag_replay_form_t  ag_replay_completions_form = {
    "text_completion", "text_completion", "text", ag_replay_completions_put
};

static const char *const  ag_replay_completions_told[] = { "text", NULL };


const ag_replay_surface_t  ag_replay_completions = {
    ag_replay_completions_whole,
    ag_replay_completions_stream,
    ag_replay_choices_end
};


static int
ag_replay_completions_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage)
{
    return ag_replay_choices_whole(out, stream, usage,
                                   &ag_replay_completions_form);
}


/* A choice that said nothing has an empty text. */
static void
ag_replay_completions_put(ag_put_t *p, ag_replay_node_t *said)
{
    if (ag_replay_merge_has(said, "text")) {
        ag_replay_put_members(p, said, NULL);

    } else {
        ag_put_word(p, "text", "");
    }
}


static int
ag_replay_completions_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options)
{
    return ag_replay_chunk_stream(out, root, ag_replay_completions_form.whole,
                                  ag_replay_completions_form.chunk, options,
                                  ag_replay_completions_choice);
}


static int
ag_replay_completions_choice(ag_replay_chunk_t *c, yyjson_val *choice,
    size_t index)
{
    int          rc;
    ag_str_t     rest, piece;
    yyjson_val  *text;

    rc = ag_replay_chunk_choice(c, choice, index);

    if (rc != AG_OK) {
        return rc;
    }

    text = yyjson_obj_get(choice, "text");

    if (!yyjson_is_str(text)) {
        return AG_NONE;
    }

    rest = ag_json_text(text);

    while (rest.len > 0 && c->put.rc == AG_OK) {
        piece = ag_replay_piece(&rest);

        ag_replay_chunk_open(c);
        ag_put_text(&c->put, "text", piece);
        ag_replay_chunk_close(c, rest.len == 0);
    }

    ag_replay_chunk_open(c);
    ag_put_word(&c->put, "text", "");
    ag_replay_chunk_finish(c, ag_replay_completions_told);

    return c->put.rc;
}
