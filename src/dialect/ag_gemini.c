/*
 * Copyright (C) ngx_agent authors
 *
 * Google's Gemini API, as a provider.  No client of ours speaks it, so what
 * is asked of a client's dialect is refused here.
 */


#include "dialect/ag_translate.h"


static int ag_gemini_read_request(ag_request_t *request,
    const ag_json_t *json, ag_error_t *error);
static void ag_gemini_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer);
static void ag_gemini_read_event(ag_endpoint_t endpoint,
    const ag_sse_event_t *event, ag_delta_t *delta, ag_usage_t *usage);


const ag_dialect_t  ag_gemini = {
    "gemini",
    AG_SURFACE_OPENAI,
    "x-goog-api-key",
    NULL,
    NULL,
    ag_string(": keep-alive\n\n"),
    0,
    ag_gemini_read_request,
    ag_gemini_read_answer,
    ag_gemini_read_event,
    &ag_gemini_translator,
    ag_sse_next
};


static int
ag_gemini_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error)
{
    (void) request;
    (void) json;

    memset(error, 0, sizeof(ag_error_t));
    error->class = AG_E_UNSUPPORTED_ENDPOINT;

    return AG_INVALID;
}


static void
ag_gemini_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer)
{
    (void) endpoint;
    (void) body;

    memset(answer, 0, sizeof(ag_answer_t));
    answer->error = AG_E_BAD_RESPONSE;
}


static void
ag_gemini_read_event(ag_endpoint_t endpoint, const ag_sse_event_t *event,
    ag_delta_t *delta, ag_usage_t *usage)
{
    (void) endpoint;
    (void) event;
    (void) usage;

    memset(delta, 0, sizeof(ag_delta_t));
    delta->malformed = 1;
}
