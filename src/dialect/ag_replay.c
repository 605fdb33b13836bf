/*
 * Copyright (C) ngx_agent authors
 *
 * An answer that is told again: finds who knows its surface.  Whatever fails
 * there leaves nothing behind in the caller's buffer.
 *
 * Source of the caps: ag_caps.h; an answer larger than AG_ANSWER_MAX was
 * never read whole.
 */


#include "dialect/ag_replay_parts.h"


static const ag_replay_surface_t *ag_replay_surface(ag_endpoint_t endpoint);
static yyjson_doc *ag_replay_tree(ag_str_t whole, int *rc);
static ag_replay_end_t ag_replay_end_embeddings(ag_str_t whole);


int
ag_replay_whole(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t stream,
    const ag_usage_t *usage)
{
    int                         rc;
    size_t                      len;
    const ag_replay_surface_t  *surface;

    surface = ag_replay_surface(endpoint);

    if (surface == NULL) {
        return AG_NONE;
    }

    len = out->len;
    rc = surface->whole(out, stream, usage);

    if (rc != AG_OK) {
        out->len = len;
    }

    return rc;
}


int
ag_replay_stream(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t whole,
    const ag_replay_options_t *options)
{
    int                         rc;
    size_t                      len;
    yyjson_doc                 *tree;
    const ag_replay_surface_t  *surface;

    surface = ag_replay_surface(endpoint);

    if (surface == NULL) {
        return AG_NONE;
    }

    tree = ag_replay_tree(whole, &rc);

    if (tree == NULL) {
        return rc;
    }

    len = out->len;
    rc = surface->stream(out, yyjson_doc_get_root(tree), options);
    yyjson_doc_free(tree);

    if (rc != AG_OK) {
        out->len = len;
    }

    return rc;
}


ag_replay_end_t
ag_replay_end(ag_endpoint_t endpoint, ag_str_t whole)
{
    const ag_replay_surface_t  *surface;

    if (endpoint == AG_ENDPOINT_EMBEDDINGS) {
        return ag_replay_end_embeddings(whole);
    }

    surface = ag_replay_surface(endpoint);

    return (surface != NULL) ? surface->end(whole) : AG_REPLAY_OTHER;
}


unsigned
ag_replay_can(ag_endpoint_t endpoint)
{
    return endpoint == AG_ENDPOINT_EMBEDDINGS
           || ag_replay_surface(endpoint) != NULL;
}


/* NULL: its answers have no stream. */
static const ag_replay_surface_t *
ag_replay_surface(ag_endpoint_t endpoint)
{
    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
        return &ag_replay_chat;

    case AG_ENDPOINT_COMPLETIONS:
        return &ag_replay_completions;

    case AG_ENDPOINT_RESPONSES:
        return &ag_replay_responses;

    case AG_ENDPOINT_MESSAGES:
        return &ag_replay_messages;

    default:
        return NULL;
    }
}


/* NULL: *rc says why.  What is not JSON is no answer of any surface. */
static yyjson_doc *
ag_replay_tree(ag_str_t whole, int *rc)
{
    unsigned     limit;
    yyjson_doc  *tree;

    tree = ag_json_tree_large(whole, AG_ANSWER_MAX, &limit);
    *rc = limit ? AG_LIMIT : AG_NONE;

    return tree;
}


static ag_replay_end_t
ag_replay_end_embeddings(ag_str_t whole)
{
    ag_str_t                  values[2];
    static const char *const  names[] = { "data", "error", NULL };

    return (ag_replay_look(whole, names, values) == AG_OK
            && ag_replay_look_array(values[0])
            && !ag_replay_look_is(values[1]))
           ? AG_REPLAY_COMPLETE : AG_REPLAY_OTHER;
}
