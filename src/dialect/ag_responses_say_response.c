/*
 * Copyright (C) ngx_agent authors
 *
 * The response object: what an answer of the Responses API says about itself
 * and about its request.
 *
 * It repeats the request's fields, as its clients' types want them to be
 * there.  A request whose fields are long is not repeated.
 *
 * Source: OpenAI, API reference, "The response object".
 */


#include "dialect/ag_responses_say_parts.h"


static void ag_responses_put_error(ag_put_t *p, const ag_error_t *error);
static const char *ag_responses_error_code(const ag_error_t *error);
static void ag_responses_put_output(ag_put_t *p, ag_writer_t *w);
static void ag_responses_put_echo(ag_put_t *p, ag_writer_t *w);
static void ag_responses_echo(ag_put_t *p, yyjson_val *root);
static void ag_responses_echo_value(ag_put_t *p, yyjson_val *root,
    const char *name, const char *absent);
static void ag_responses_echo_tools(ag_put_t *p, yyjson_val *tools);
static void ag_responses_echo_tool(ag_put_t *p, yyjson_val *tool);
static void ag_responses_echo_text(ag_put_t *p, yyjson_val *text);


static const struct {
    const char  *name;
    const char  *absent;        /* JSON; NULL: left out */
} ag_responses_echoes[] = {
    { "instructions", "null" },
    { "max_output_tokens", "null" },
    { "max_tool_calls", "null" },
    { "metadata", "{}" },
    { "parallel_tool_calls", "true" },
    { "prompt_cache_key", NULL },
    { "reasoning", "{\"effort\":null,\"summary\":null}" },
    { "safety_identifier", NULL },
    { "temperature", "null" },
    { "tool_choice", "\"auto\"" },
    { "top_logprobs", "0" },
    { "top_p", "null" },
    { "user", NULL }
};


void
ag_responses_put_response(ag_put_t *p, const char *name, ag_writer_t *w,
    const char *status, const ag_error_t *error)
{
    const char          *tier;
    ag_responses_say_t  *s;

    s = w->state;

    ag_put_open(p, name, '{');
    ag_put_text(p, "id", s->id);
    ag_put_word(p, "object", "response");
    ag_put_number(p, "created_at", (uint64_t) w->created);
    ag_put_word(p, "status", status);
    ag_put_bool(p, "background", 0);
    ag_responses_put_error(p, error);

    if (ag_str_is(ag_str(status, strlen(status)), "incomplete")) {
        ag_put_open(p, "incomplete_details", '{');
        ag_put_word(p, "reason", (s->finish == AG_FINISH_LENGTH)
                                 ? "max_output_tokens" : "content_filter");
        ag_put_close(p, '}');

    } else {
        ag_put_null(p, "incomplete_details");
    }

    ag_put_text(p, "model", w->model);
    ag_responses_put_output(p, w);

    ag_put_null(p, "previous_response_id");
    ag_put_bool(p, "store", 0);
    ag_put_word(p, "truncation", "disabled");

    tier = ag_tier_word(s->tier);
    ag_put_word(p, "service_tier", (tier != NULL) ? tier : "default");

    ag_responses_put_echo(p, w);

    /* at the end it is there, whatever is known: clients' types want it */

    if (s->finish != AG_FINISH_NONE || w->usage->known) {
        ag_responses_put_usage(p, w->usage);
    }

    ag_put_close(p, '}');
}


const char *
ag_responses_say_status(const ag_responses_say_t *s)
{
    return (s->finish == AG_FINISH_LENGTH
            || s->finish == AG_FINISH_CONTENT_FILTER) ? "incomplete"
                                                      : "completed";
}


static void
ag_responses_put_error(ag_put_t *p, const ag_error_t *error)
{
    ag_str_t     message;
    const char  *words;

    if (error == NULL) {
        ag_put_null(p, "error");
        return;
    }

    message = error->message;

    if (message.len == 0) {
        words = ag_error_row(error->class)->message;
        message = ag_str(words, strlen(words));
    }

    ag_put_open(p, "error", '{');
    ag_put_word(p, "code", ag_responses_error_code(error));
    ag_put_text(p, "message", message);
    ag_put_close(p, '}');
}


/* Clients know when to wait by this word, and read how long in the message. */
static const char *
ag_responses_error_code(const ag_error_t *error)
{
    return (error->class == AG_E_RATE_LIMIT) ? "rate_limit_exceeded"
           : ag_error_row(error->class)->code;
}


static void
ag_responses_put_output(ag_put_t *p, ag_writer_t *w)
{
    ag_responses_say_t         *s;
    const ag_responses_item_t  *item;

    s = w->state;

    ag_put_open(p, "output", '[');

    for (item = s->items; item != NULL; item = item->next) {
        if (item->done) {
            ag_responses_put_item(p, NULL, w, item);
        }
    }

    ag_put_close(p, ']');
}


void
ag_responses_put_usage(ag_put_t *p, const ag_usage_t *usage)
{
    ag_put_open(p, "usage", '{');
    ag_put_number(p, "input_tokens", usage->input_tokens);
    ag_put_open(p, "input_tokens_details", '{');
    ag_put_number(p, "cached_tokens", usage->cached_tokens);
    ag_put_number(p, "cache_write_tokens", usage->written_tokens);
    ag_put_close(p, '}');
    ag_put_number(p, "output_tokens", usage->output_tokens);
    ag_put_open(p, "output_tokens_details", '{');
    ag_put_number(p, "reasoning_tokens", usage->reasoning_tokens);
    ag_put_close(p, '}');
    ag_put_number(p, "total_tokens", usage->input_tokens
                                     + usage->output_tokens);
    ag_put_close(p, '}');
}


/* ---- the request's fields ---- */


static void
ag_responses_put_echo(ag_put_t *p, ag_writer_t *w)
{
    ag_put_t             echo;
    ag_responses_say_t  *s;

    s = w->state;

    if (s->echo == NULL) {
        s->echo = ag_arena_buf(w->arena, AG_RESPONSES_ECHO_MAX);

        if (s->echo == NULL) {
            p->rc = AG_NOMEM;
            return;
        }

        ag_put_init(&echo, s->echo);
        ag_responses_echo(&echo, w->request->root);

        if (echo.rc == AG_LIMIT) {
            s->echo->len = 0;
            ag_put_init(&echo, s->echo);
            ag_responses_echo(&echo, NULL);
        }

        p->rc = (p->rc == AG_OK) ? echo.rc : p->rc;
    }

    if (p->rc == AG_OK) {
        p->rc = ag_buf_add(p->out, ",", 1);
    }

    if (p->rc == AG_OK) {
        p->rc = ag_buf_add(p->out, s->echo->data, s->echo->len);
    }
}


static void
ag_responses_echo(ag_put_t *p, yyjson_val *root)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_responses_echoes)
                    / sizeof(ag_responses_echoes[0]); i++)
    {
        ag_responses_echo_value(p, root, ag_responses_echoes[i].name,
                                ag_responses_echoes[i].absent);
    }

    ag_responses_echo_text(p, yyjson_obj_get(root, "text"));
    ag_responses_echo_tools(p, yyjson_obj_get(root, "tools"));
}


static void
ag_responses_echo_value(ag_put_t *p, yyjson_val *root, const char *name,
    const char *absent)
{
    yyjson_val  *value;

    value = yyjson_obj_get(root, name);

    if (value != NULL && !yyjson_is_null(value)) {
        ag_put_value(p, name, value);

    } else if (absent != NULL) {
        ag_put_json(p, name, ag_str(absent, strlen(absent)));
    }
}


static void
ag_responses_echo_text(ag_put_t *p, yyjson_val *text)
{
    ag_put_open(p, "text", '{');
    ag_responses_echo_value(p, text, "format", "{\"type\":\"text\"}");
    ag_responses_echo_value(p, text, "verbosity", NULL);
    ag_put_close(p, '}');
}


static void
ag_responses_echo_tools(ag_put_t *p, yyjson_val *tools)
{
    size_t       i, max;
    yyjson_val  *tool;

    ag_put_open(p, "tools", '[');

    yyjson_arr_foreach(tools, i, max, tool) {

        if (ag_str_is(ag_json_text(yyjson_obj_get(tool, "type")),
                      "function"))
        {
            ag_responses_echo_tool(p, tool);

        } else {
            ag_put_value(p, NULL, tool);
        }
    }

    ag_put_close(p, ']');
}


/* What a function may leave out in a request must be there in an answer. */
static void
ag_responses_echo_tool(ag_put_t *p, yyjson_val *tool)
{
    size_t       i, max;
    yyjson_val  *key, *value;

    ag_put_open(p, NULL, '{');

    yyjson_obj_foreach(tool, i, max, key, value) {
        ag_put_key(p, ag_json_text(key));
        ag_put_value(p, NULL, value);
    }

    if (yyjson_obj_get(tool, "strict") == NULL) {
        ag_put_null(p, "strict");
    }

    if (yyjson_obj_get(tool, "parameters") == NULL) {
        ag_put_null(p, "parameters");
    }

    ag_put_close(p, '}');
}
