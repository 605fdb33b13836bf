/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's decisions that no endpoint makes for itself: which endpoint
 * it is, when a chunk is due, and what a fault does to an answer.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_BROKEN  "{\"id\":\"chatcmpl-broken\",\"choices\":[{\"ind"
#define AG_SIMULATE_PAGE                                                      \
    "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n"            \
    "<body><h1>Please log in</h1></body></html>\n"


static void ag_simulate_plan(ag_simulate_t *s, int stream);
static ag_simulate_verdict_t ag_simulate_whole(ag_simulate_t *s);
static void ag_simulate_body(ag_simulate_t *s);
static ag_simulate_verdict_t ag_simulate_stream(ag_simulate_t *s,
    uint64_t elapsed_ms, uint64_t *wait_ms);
static ag_simulate_verdict_t ag_simulate_stream_fault(ag_simulate_t *s);
static uint64_t ag_simulate_due(const ag_simulate_t *s);


static const ag_simulate_endpoint_t  *ag_simulate_endpoints[] = {
    &ag_simulate_chat,
    &ag_simulate_completions,
    &ag_simulate_embeddings,
    &ag_simulate_responses,
    &ag_simulate_messages,
    &ag_simulate_count_tokens,
    &ag_simulate_models[AG_SIMULATE_OPENAI],
    &ag_simulate_models[AG_SIMULATE_ANTHROPIC],
    &ag_simulate_model[AG_SIMULATE_OPENAI],
    &ag_simulate_model[AG_SIMULATE_ANTHROPIC]
};


int
ag_simulate_init(ag_simulate_t *s, const ag_simulate_options_t *options,
    ag_str_t method, ag_str_t path)
{
    size_t                         i, n;
    const ag_simulate_endpoint_t  *endpoint;

    memset(s, 0, sizeof(ag_simulate_t));

    s->options = options;
    s->fault = options->fault;
    s->error.status = 200;
    s->retry_after = -1;
    s->choices = 1;

    ag_buf_init(&s->head, AG_SIMULATE_PAYLOAD_MAX);
    ag_buf_init(&s->tool, AG_SIMULATE_PAYLOAD_MAX);
    ag_buf_init(&s->payload, AG_SIMULATE_PAYLOAD_MAX);

    for (i = 0; i < sizeof(ag_simulate_endpoints) / sizeof(endpoint); i++) {
        endpoint = ag_simulate_endpoints[i];
        n = strlen(endpoint->path);

        if (endpoint->dialect != options->dialect || path.len < n
            || memcmp(path.data, endpoint->path, n) != 0
            || (path.len > n) != (endpoint->path[n - 1] == '/'))
        {
            continue;
        }

        s->endpoint = endpoint;
        s->rest = ag_str(path.data + n, path.len - n);

        if (ag_str_is(method, endpoint->method)
            || (ag_str_is(method, "HEAD") && endpoint->method[0] == 'G'))
        {
            return endpoint->input != NULL;
        }

        s->allow = endpoint->method;
        ag_simulate_error_set(s, 405, "method_not_allowed", NULL,
                              "This method is not allowed here.");
        return 0;
    }

    ag_simulate_error_set(s, 404, NULL, NULL, "There is no such endpoint in "
                          "the simulator of this dialect.");
    return 0;
}


void
ag_simulate_read(ag_simulate_t *s, ag_str_t body, uint64_t created,
    uint64_t unique)
{
    int  stream;

    s->created = created;
    memcpy(s->request_id, "req_", 4);
    ag_simulate_seed_id(unique, s->request_id + 4);

    if (s->error.status == 200 && s->endpoint->input != NULL) {

        ag_simulate_read_body(s, body);

    } else if (s->error.status == 200 && s->endpoint->read != NULL) {
        s->endpoint->read(s, NULL);
    }

    stream = s->stream;
    s->stream = 0;
    s->content_type = "application/json";

    if (s->error.status == 200) {
        s->delay_ms = s->options->latency_ms;
        ag_simulate_fault_apply(s);
        ag_simulate_plan(s, stream);
    }
}


ag_simulate_verdict_t
ag_simulate_next(ag_simulate_t *s, uint64_t elapsed_ms, ag_buf_t *out,
    uint64_t *wait_ms)
{
    *wait_ms = 0;

    if (s->verdict > AG_SIMULATE_FULL) {
        return s->verdict;
    }

    s->out = out;
    s->verdict = s->stream ? ag_simulate_stream(s, elapsed_ms, wait_ms)
                           : ag_simulate_whole(s);
    s->out = NULL;

    if (s->rc != AG_OK) {
        s->verdict = AG_SIMULATE_FAILED;
    }

    return s->verdict;
}


void
ag_simulate_free(ag_simulate_t *s)
{
    ag_buf_free(&s->head);
    ag_buf_free(&s->tool);
    ag_buf_free(&s->payload);
}


/* Decides in which form the answer goes out, and when its fault happens. */
static void
ag_simulate_plan(ag_simulate_t *s, int stream)
{
    uint64_t  later;

    s->fault_at = UINT64_MAX;
    later = AG_SIMULATE_FAULT_CHUNK;

    if (s->tokens + 1 < later) {
        later = s->tokens + 1;
    }

    if (s->fault.id == AG_FAULT_HTML) {
        s->content_type = "text/html";
        return;
    }

    if (!stream || s->endpoint->open == NULL || s->error.status != 200
        || s->fault.id == AG_FAULT_ERROR_200)
    {
        s->delay_ms += (s->fault.id == AG_FAULT_SLOW) ? AG_SIMULATE_SLOW_MS
                                                      : 0;
        return;
    }

    s->stream = 1;
    s->status = 200;
    s->content_type = "text/event-stream; charset=utf-8";

    switch (s->fault.id) {

    case AG_FAULT_HANG:
    case AG_FAULT_EMPTY:
    case AG_FAULT_ERROR_EVENT:
        s->fault_at = 0;
        break;

    case AG_FAULT_HANG_STREAM:
    case AG_FAULT_CUT:
    case AG_FAULT_CUT_CLEAN:
    case AG_FAULT_ERROR_MID:
    case AG_FAULT_BAD_JSON:
        s->fault_at = later;
        break;

    default:
        break;
    }
}


static ag_simulate_verdict_t
ag_simulate_whole(ag_simulate_t *s)
{
    if (s->fault.id == AG_FAULT_HANG && s->error.status == 200) {
        return AG_SIMULATE_HANG;
    }

    ag_simulate_body(s);

    if (s->rc == AG_LIMIT) {
        s->rc = AG_OK;
        s->out->len = 0;
        ag_simulate_error_set(s, 400, "invalid_value", s->endpoint->input,
                              "The answer would be too large.");
        ag_simulate_error_write(s);
        s->status = 400;
    }

    s->length = s->out->len;

    if (s->status != 200) {
        return AG_SIMULATE_END;
    }

    switch (s->fault.id) {

    case AG_FAULT_BAD_JSON:
    case AG_FAULT_CUT_CLEAN:
        s->length /= 2;
        s->out->len = (size_t) s->length;
        return AG_SIMULATE_END;

    case AG_FAULT_CUT:
        s->out->len /= 2;
        return AG_SIMULATE_CUT;

    case AG_FAULT_HANG_STREAM:
        s->out->len /= 2;
        return AG_SIMULATE_HANG;

    default:
        return AG_SIMULATE_END;
    }
}


/* Writes a whole answer's body, before a fault shortens it. */
static void
ag_simulate_body(ag_simulate_t *s)
{
    s->status = s->error.status;

    if (s->status != 200) {
        ag_simulate_error_write(s);
        return;
    }

    switch (s->fault.id) {

    case AG_FAULT_HTML:
        ag_simulate_put(s, AG_SIMULATE_PAGE);
        return;

    case AG_FAULT_ERROR_200:
    case AG_FAULT_ERROR_EVENT:
    case AG_FAULT_ERROR_MID:
        ag_simulate_fault_break(s);
        ag_simulate_error_write(s);
        return;

    case AG_FAULT_EMPTY:
        s->choices = 0;
        break;

    default:
        break;
    }

    s->endpoint->whole(s);

    if (s->error.status != 200) {
        s->status = s->error.status;
        s->out->len = 0;
        ag_simulate_error_write(s);
    }
}


static ag_simulate_verdict_t
ag_simulate_stream(ag_simulate_t *s, uint64_t elapsed_ms, uint64_t *wait_ms)
{
    uint64_t               due;
    ag_simulate_verdict_t  verdict;

    while (s->out->len < AG_SIMULATE_BATCH && s->rc == AG_OK) {
        due = ag_simulate_due(s);

        if (due > elapsed_ms) {
            *wait_ms = due - elapsed_ms;
            return AG_SIMULATE_WAIT;
        }

        if (s->chunk == s->fault_at) {
            verdict = ag_simulate_stream_fault(s);

            if (verdict != AG_SIMULATE_WAIT) {
                return verdict;
            }
        }

        if (s->chunk == 0) {
            s->endpoint->open(s);

        } else if (s->chunk <= s->tokens) {
            s->endpoint->piece(s, s->chunk - 1);

        } else {
            s->endpoint->close(s);
            return AG_SIMULATE_END;
        }

        s->chunk++;
    }

    return AG_SIMULATE_FULL;
}


/* WAIT: the stream goes on. */
static ag_simulate_verdict_t
ag_simulate_stream_fault(ag_simulate_t *s)
{
    switch (s->fault.id) {

    case AG_FAULT_HANG:
    case AG_FAULT_HANG_STREAM:
        return AG_SIMULATE_HANG;

    case AG_FAULT_CUT:
        return AG_SIMULATE_CUT;

    case AG_FAULT_ERROR_EVENT:
    case AG_FAULT_ERROR_MID:
        ag_simulate_fault_break(s);

        if (s->endpoint->error != NULL) {
            s->endpoint->error(s);

        } else {
            ag_simulate_put_event(s, NULL);
            ag_simulate_error_write(s);
        }

        ag_simulate_put_end(s);
        return AG_SIMULATE_END;

    case AG_FAULT_BAD_JSON:
        ag_simulate_put_event(s, s->endpoint->event);
        ag_simulate_put(s, AG_SIMULATE_BROKEN);
        ag_simulate_put_end(s);
        s->fault_at = UINT64_MAX;
        return AG_SIMULATE_WAIT;

    default:
        return AG_SIMULATE_END;
    }
}


/*
 * When the next chunk may go out, in ms from the first.  Counted from there
 * and not from the last one, so that a late timer does not slow the stream.
 */
static uint64_t
ag_simulate_due(const ag_simulate_t *s)
{
    uint64_t  due, pieces;

    if (s->chunk == 0) {
        return 0;
    }

    pieces = (s->chunk <= s->tokens) ? s->chunk - 1 : s->tokens - 1;
    due = (s->fault.id == AG_FAULT_SLOW) ? AG_SIMULATE_SLOW_MS : 0;

    if (s->options->rate > 0) {
        due += pieces * 1000 / s->options->rate;
    }

    return due;
}
