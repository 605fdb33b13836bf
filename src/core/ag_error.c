/*
 * Copyright (C) ngx_agent authors
 *
 * Turns a row of the error table into the bytes that a client reads, and an
 * HTTP status into a row.  What a provider's error body says is judged in
 * dialect/ag_classify.c.  Chooses no words of its own: they stand in the
 * table or come with the error.
 */


#include "core/ag_error.h"


/* After the first failure nothing more is added. */
typedef struct {
    ag_buf_t  *out;
    int        rc;
} ag_error_writer_t;


static void ag_error_add_openai(ag_error_writer_t *w, const ag_error_t *error,
    ag_str_t request_id);
static void ag_error_add_anthropic(ag_error_writer_t *w,
    const ag_error_t *error, ag_str_t request_id);
static void ag_error_add_message(ag_error_writer_t *w,
    const ag_error_t *error);
static void ag_error_add_value(ag_error_writer_t *w, ag_str_t text);
static void ag_error_add_text(ag_error_writer_t *w, ag_str_t text);
static void ag_error_add_raw(ag_error_writer_t *w, const char *raw);
static ag_str_t ag_error_words(const char *words);


static const ag_error_row_t  ag_error_rows[] = {
#define AG_ERROR_ROW(id, name, status, type, code, retry, next, breaker,      \
                     text)                                                    \
    { name, status, type, code, AG_RETRY_##retry, AG_NEXT_##next,             \
      AG_BREAKER_##breaker, text },
    AG_ERRORS(AG_ERROR_ROW)
#undef AG_ERROR_ROW
};


const ag_error_row_t *
ag_error_row(ag_error_class_t class)
{
    if ((unsigned) class >= AG_E_MAX) {
        class = AG_E_INTERNAL;
    }

    return &ag_error_rows[class];
}


const char *
ag_error_anthropic_type(unsigned status)
{
    switch (status) {

    case 401:
        return "authentication_error";

    case 402:
        return "billing_error";

    case 403:
        return "permission_error";

    case 404:
        return "not_found_error";

    case 409:
        return "conflict_error";

    case 413:
        return "request_too_large";

    case 429:
        return "rate_limit_error";

    case 503:
    case 529:
        return "overloaded_error";

    case 504:
        return "timeout_error";

    default:
        return (status < 500) ? "invalid_request_error" : "api_error";
    }
}


ag_error_class_t
ag_error_of_nginx(unsigned status)
{
    switch (status) {

    /* auth_basic, auth_request and their like: not a key of ours */
    case 401:
        return AG_E_UNAUTHORIZED;

    case 403:
        return AG_E_FORBIDDEN;

    case 404:
        return AG_E_UNKNOWN_ROUTE;

    case 405:
        return AG_E_METHOD;

    case 408:
        return AG_E_REQUEST_TIMEOUT;

    case 413:
        return AG_E_REQUEST_TOO_LARGE;

    case 414:
        return AG_E_URI_TOO_LONG;

    case 415:
        return AG_E_MEDIA_TYPE;

    case 499:
        return AG_E_CLIENT_GONE;

    /* limit_req and limit_conn answer with either */
    case 429:
    case 503:
        return AG_E_OVERLOADED;

    /* an unknown transfer encoding or HTTP version is the client's fault */
    case 501:
    case 505:
        return AG_E_BAD_REQUEST;

    default:
        return (status < 400) ? AG_E_NONE
               : (status < 500) ? AG_E_BAD_REQUEST : AG_E_INTERNAL;
    }
}


ag_error_class_t
ag_error_of_status(unsigned status)
{
    switch (status) {

    case 401:
    case 402:
    case 403:
        return AG_E_CREDENTIALS;

    case 404:
        return AG_E_NOT_FOUND;

    case 408:
    case 409:
    case 425:
        return AG_E_CONFLICT;

    case 429:
        return AG_E_RATE_LIMIT;

    case 503:
    case 529:
        return AG_E_UNAVAILABLE;

    default:
        break;
    }

    switch (status / 100) {

    case 2:
        return AG_E_NONE;

    case 4:
        return AG_E_INVALID_REQUEST;

    case 5:
        return AG_E_PROVIDER_ERROR;

    default:
        return AG_E_BAD_RESPONSE;
    }
}


int
ag_error_write(ag_buf_t *out, const ag_error_t *error, ag_surface_t surface,
    ag_str_t request_id)
{
    size_t             len;
    ag_error_writer_t  w;

    w.out = out;
    w.rc = AG_OK;
    len = out->len;

    if (surface == AG_SURFACE_ANTHROPIC) {
        ag_error_add_anthropic(&w, error, request_id);

    } else {
        ag_error_add_openai(&w, error, request_id);
    }

    if (w.rc != AG_OK) {
        out->len = len;
    }

    return w.rc;
}


int
ag_error_write_event(ag_buf_t *out, const ag_error_t *error,
    ag_surface_t surface, ag_str_t request_id)
{
    size_t             len;
    ag_error_writer_t  w;

    w.out = out;
    w.rc = AG_OK;
    len = out->len;

    if (surface == AG_SURFACE_ANTHROPIC) {
        ag_error_add_raw(&w, "event: error\ndata: ");
        ag_error_add_anthropic(&w, error, request_id);

    } else {
        ag_error_add_raw(&w, "data: ");
        ag_error_add_openai(&w, error, request_id);
    }

    ag_error_add_raw(&w, "\n\n");

    if (w.rc != AG_OK) {
        out->len = len;
    }

    return w.rc;
}


static void
ag_error_add_openai(ag_error_writer_t *w, const ag_error_t *error,
    ag_str_t request_id)
{
    const ag_error_row_t  *row;

    row = ag_error_row(error->class);

    ag_error_add_raw(w, "{\"error\":{\"message\":\"");
    ag_error_add_message(w, error);
    ag_error_add_raw(w, "\",\"type\":");
    ag_error_add_value(w, ag_error_words(row->type));
    ag_error_add_raw(w, ",\"param\":");
    ag_error_add_value(w, error->param);
    ag_error_add_raw(w, ",\"code\":");
    ag_error_add_value(w, error->code.len > 0 ? error->code
                                              : ag_error_words(row->code));
    ag_error_add_raw(w, "},\"request_id\":");
    ag_error_add_value(w, request_id);
    ag_error_add_raw(w, "}");
}


static void
ag_error_add_anthropic(ag_error_writer_t *w, const ag_error_t *error,
    ag_str_t request_id)
{
    unsigned  status;

    status = error->status;

    if (status == 0) {
        status = ag_error_row(error->class)->status;
    }

    ag_error_add_raw(w, "{\"type\":\"error\",\"error\":{\"type\":");
    ag_error_add_value(w, ag_error_words(ag_error_anthropic_type(status)));
    ag_error_add_raw(w, ",\"message\":\"");
    ag_error_add_message(w, error);
    ag_error_add_raw(w, "\"},\"request_id\":");
    ag_error_add_value(w, request_id);
    ag_error_add_raw(w, "}");
}


/* Adds "Message." or "Message: reason (byte 17)."; the caller quotes it. */
static void
ag_error_add_message(ag_error_writer_t *w, const ag_error_t *error)
{
    ag_str_t  text;

    text = error->message;

    if (text.len == 0) {
        text = ag_error_words(ag_error_row(error->class)->message);
    }

    if (error->reason == NULL) {
        ag_error_add_text(w, text);
        return;
    }

    if (text.len > 0 && text.data[text.len - 1] == '.') {
        text.len--;
    }

    ag_error_add_text(w, text);
    ag_error_add_raw(w, ": ");
    ag_error_add_text(w, ag_error_words(error->reason));
    ag_error_add_raw(w, " (byte ");

    if (w->rc == AG_OK) {
        w->rc = ag_buf_add_number(w->out, error->at);
    }

    ag_error_add_raw(w, ").");
}


/* Adds a JSON string, or null if it is empty. */
static void
ag_error_add_value(ag_error_writer_t *w, ag_str_t text)
{
    if (text.len == 0) {
        ag_error_add_raw(w, "null");
        return;
    }

    ag_error_add_raw(w, "\"");
    ag_error_add_text(w, text);
    ag_error_add_raw(w, "\"");
}


static void
ag_error_add_text(ag_error_writer_t *w, ag_str_t text)
{
    if (w->rc == AG_OK) {
        w->rc = ag_buf_add_json(w->out, text);
    }
}


static void
ag_error_add_raw(ag_error_writer_t *w, const char *raw)
{
    if (w->rc == AG_OK) {
        w->rc = ag_buf_add_string(w->out, raw);
    }
}


static ag_str_t
ag_error_words(const char *words)
{
    return ag_str(words, strlen(words));
}
