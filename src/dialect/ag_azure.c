/*
 * Copyright (C) ngx_agent authors
 *
 * Azure OpenAI: OpenAI's bodies under a header and at paths of its own.  The
 * v1 surface has OpenAI's paths and the model in the body; the older one has
 * a deployment in the path and a dated version in the query.
 */


#include "dialect/ag_translate_parts.h"


static int ag_azure_tell_dated(const ag_outbound_t *to, unsigned responses,
    ag_buf_t *path, ag_buf_t *args);
static int ag_azure_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error);
static void ag_azure_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer);
static void ag_azure_read_event(ag_endpoint_t endpoint,
    const ag_sse_event_t *event, ag_delta_t *delta, ag_usage_t *usage);
static int ag_azure_add_encoded(ag_buf_t *out, ag_str_t text);
static unsigned ag_azure_is_dots(ag_str_t text);


const ag_dialect_t  ag_azure = {
    "azure",
    AG_SURFACE_OPENAI,
    "api-key",
    "openai-",
    "apim-request-id",
    ag_string(": keep-alive\n\n"),
    1,
    ag_azure_read_request,
    ag_azure_read_answer,
    ag_azure_read_event,
    &ag_azure_translator,
    ag_sse_next
};


/*
 * A dated version means the paths of deployments, none the v1 surface.
 * Responses have no deployment in their path; where they are forwarded as
 * they are, the endpoint is Azure's too.
 */
int
ag_azure_tell_path(const ag_outbound_t *to, ag_buf_t *path, ag_buf_t *args)
{
    int       rc;
    unsigned  responses;

    rc = AG_OK;
    responses = to->endpoint == AG_ENDPOINT_RESPONSES
                && ag_translate_native(&ag_azure, to->quirks, to->endpoint);

    if (to->api_version.len > 0) {
        rc = ag_azure_tell_dated(to, responses, path, args);
    }

    if (rc != AG_OK) {
        return rc;
    }

    return responses ? ag_buf_add_string(path, "responses")
                     : ag_openai_tell_path(to, path, args);
}


/* A deployment of nothing but dots would climb out of its path: AG_INVALID. */
static int
ag_azure_tell_dated(const ag_outbound_t *to, unsigned responses,
    ag_buf_t *path, ag_buf_t *args)
{
    int  rc;

    rc = ag_buf_add_string(args, "api-version=");

    if (rc == AG_OK) {
        rc = ag_azure_add_encoded(args, to->api_version);
    }

    if (rc != AG_OK) {
        return rc;
    }

    if (responses) {
        return ag_buf_add_string(path, "openai/");
    }

    if (ag_azure_is_dots(to->model)) {
        return AG_INVALID;
    }

    rc = ag_buf_add_string(path, "openai/deployments/");

    if (rc == AG_OK) {
        rc = ag_azure_add_encoded(path, to->model);
    }

    return (rc == AG_OK) ? ag_buf_add_string(path, "/") : rc;
}


static int
ag_azure_read_request(ag_request_t *request, const ag_json_t *json,
    ag_error_t *error)
{
    return ag_openai.read_request(request, json, error);
}


static void
ag_azure_read_answer(ag_endpoint_t endpoint, ag_str_t body,
    ag_answer_t *answer)
{
    ag_openai.read_answer(endpoint, body, answer);
}


static void
ag_azure_read_event(ag_endpoint_t endpoint, const ag_sse_event_t *event,
    ag_delta_t *delta, ag_usage_t *usage)
{
    ag_openai.read_event(endpoint, event, delta, usage);
}


/* All but the unreserved characters of RFC 3986, section 2.3. */
static int
ag_azure_add_encoded(ag_buf_t *out, ag_str_t text)
{
    int        rc;
    char       piece[3];
    size_t     i, len;
    ag_char_t  c;

    static const char  digits[] = "0123456789ABCDEF";

    rc = AG_OK;

    for (i = 0; i < text.len && rc == AG_OK; i++) {
        c = text.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9')
            || c == '-' || c == '.' || c == '_' || c == '~')
        {
            piece[0] = (char) c;
            len = 1;

        } else {
            piece[0] = '%';
            piece[1] = digits[c >> 4];
            piece[2] = digits[c & 15];
            len = 3;
        }

        rc = ag_buf_add(out, piece, len);
    }

    return rc;
}


static unsigned
ag_azure_is_dots(ag_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != '.') {
            return 0;
        }
    }

    return 1;
}
