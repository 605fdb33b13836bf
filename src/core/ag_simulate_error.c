/*
 * Copyright (C) ngx_agent authors
 *
 * The words of the simulator's errors, in the shape of its dialect.  Which
 * fault is which error stands in ag_simulate_fault.c.
 */


#include "core/ag_error.h"
#include "core/ag_simulate_parts.h"


/*
 * X(status, type, code, message).  The rows of a hundred stand last: they
 * serve every other status.
 */
#define AG_SIMULATE_ERRORS(X)                                                 \
    X(400, "invalid_request_error", "invalid_value",                          \
      "The request was refused as invalid.")                                  \
    X(401, "invalid_request_error", "invalid_api_key",                        \
      "Incorrect API key provided.")                                          \
    X(403, "request_forbidden", "unsupported_country_region_territory",       \
      "Country, region, or territory not supported.")                         \
    X(404, "invalid_request_error", "model_not_found",                        \
      "The model does not exist or you do not have access to it.")            \
    X(408, "timeout", NULL, "The request took too long to arrive.")           \
    X(409, "conflict", NULL, "The resource was changed by another request.")  \
    X(413, "invalid_request_error", "request_too_large",                      \
      "The request is too large.")                                            \
    X(422, "invalid_request_error", "unprocessable_entity",                   \
      "The request is well formed but cannot be processed.")                  \
    X(429, "requests", "rate_limit_exceeded",                                 \
      "Rate limit reached for requests.")                                     \
    X(500, "server_error", NULL,                                              \
      "The server had an error while processing your request. Sorry about "   \
      "that!")                                                                \
    X(502, "server_error", NULL, "Bad gateway.")                              \
    X(503, "server_error", "overloaded",                                      \
      "The engine is currently overloaded, please try again later.")          \
    X(504, "server_error", NULL, "The request timed out.")                    \
    X(529, "server_error", "overloaded", "Overloaded.")                       \
    X(4, "invalid_request_error", NULL, "The request was refused.")           \
    X(5, "server_error", NULL, "The server failed.")


typedef struct {
    unsigned     status;
    const char  *type;
    const char  *code;
    const char  *message;
} ag_simulate_error_row_t;


static const ag_simulate_error_row_t *ag_simulate_error_row(unsigned status);
static void ag_simulate_error_member(ag_simulate_t *s, const char *name,
    const char *value);


static const ag_simulate_error_row_t  ag_simulate_error_rows[] = {
#define AG_SIMULATE_ERROR_ROW(status, type, code, message)                    \
    { status, type, code, message },
    AG_SIMULATE_ERRORS(AG_SIMULATE_ERROR_ROW)
#undef AG_SIMULATE_ERROR_ROW
};


void
ag_simulate_error_set(ag_simulate_t *s, unsigned status, const char *code,
    const char *param, const char *message)
{
    const ag_simulate_error_row_t  *row;

    if (s->error.status != 200) {
        return;
    }

    row = ag_simulate_error_row(status);

    s->error.status = status;
    s->error.type = row->type;
    s->error.code = (message != NULL) ? code : row->code;
    s->error.param = param;
    s->error.message = (message != NULL) ? message : row->message;
}


void
ag_simulate_error_write(ag_simulate_t *s)
{
    if (s->options->dialect == AG_SIMULATE_ANTHROPIC) {
        ag_simulate_put(s, "{\"type\":\"error\",\"error\":{\"type\":\"");
        ag_simulate_put(s, ag_error_anthropic_type(s->error.status));
        ag_simulate_put(s, "\",\"message\":\"");
        ag_simulate_error_message(s);
        ag_simulate_put(s, "\"},\"request_id\":\"");
        ag_simulate_put_bytes(s, ag_str(s->request_id, AG_SIMULATE_ID_LEN));
        ag_simulate_put(s, "\"}");
        return;
    }

    ag_simulate_put(s, "{\"error\":{\"message\":\"");
    ag_simulate_error_message(s);
    ag_simulate_put(s, "\"");
    ag_simulate_error_member(s, "type", s->error.type);
    ag_simulate_error_member(s, "param", s->error.param);
    ag_simulate_error_member(s, "code", s->error.code);
    ag_simulate_put(s, "}}");
}


void
ag_simulate_error_message(ag_simulate_t *s)
{
    const char  *at, *message;

    message = s->error.message;
    at = strchr(message, '#');

    if (at == NULL) {
        ag_simulate_put_text(s, ag_str(message, strlen(message)));
        return;
    }

    ag_simulate_put_text(s, ag_str(message, (size_t) (at - message)));
    ag_simulate_put_number(s, s->error.number);
    ag_simulate_put_text(s, ag_str(at + 1, strlen(at + 1)));
}


static const ag_simulate_error_row_t *
ag_simulate_error_row(unsigned status)
{
    const ag_simulate_error_row_t  *row;

    row = ag_simulate_error_rows;

    while (row->status != status && row->status != status / 100) {
        row++;
    }

    return row;
}


static void
ag_simulate_error_member(ag_simulate_t *s, const char *name, const char *value)
{
    ag_simulate_put(s, ",\"");
    ag_simulate_put(s, name);
    ag_simulate_put(s, "\":");

    if (value == NULL) {
        ag_simulate_put(s, "null");
        return;
    }

    ag_simulate_put(s, "\"");
    ag_simulate_put_text(s, ag_str(value, strlen(value)));
    ag_simulate_put(s, "\"");
}
