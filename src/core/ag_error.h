/*
 * Copyright (C) ngx_agent authors
 *
 * THE error table: every way in which a call can fail, what the client sees,
 * and what may be done about it.  An HTTP status of an error, its words and
 * its consequences are written here and nowhere else.
 */


#ifndef _AG_ERROR_H_INCLUDED_
#define _AG_ERROR_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"


/*
 * X(id, name, status, type, code, retry, next, breaker, message)
 *
 *   name     label of metrics and logs
 *   status   HTTP status that the client gets
 *   type     error.type on the OpenAI surface; Anthropic's follows from
 *            the status, see ag_error_anthropic_type()
 *   code     error.code
 *   retry    may the same target be asked again: no, yes, once, after (its
 *            Retry-After), key (with the provider's next key)
 *   next     may the next target be asked: no, yes, if (when configured)
 *   breaker  does it count as a failure of the target: no, yes, key (the
 *            key rests, not the target)
 *   message  what the client reads when no better text is known
 */
#define AG_ERRORS(X)                                                          \
    X(NONE, "none", 200, "", "", no, no, no, "")                              \
    X(NETWORK, "network", 502, "server_error", "provider_unreachable",        \
      yes, yes, yes,                                                          \
      "The model provider could not be reached.")                             \
    X(TIMEOUT_CONNECT, "timeout_connect", 504, "server_error",                \
      "provider_timeout", yes, yes, yes,                                      \
      "The model provider did not accept a connection in time.")              \
    X(TIMEOUT_FIRST_TOKEN, "timeout_first_token", 504, "server_error",        \
      "provider_timeout", no, yes, yes,                                       \
      "The model provider did not start to answer in time.")                  \
    X(TIMEOUT_IDLE, "timeout_idle", 504, "server_error",                      \
      "provider_timeout", no, yes, yes,                                       \
      "The model provider stopped sending its answer.")                       \
    X(TIMEOUT_TOTAL, "timeout_total", 504, "server_error",                    \
      "provider_timeout", no, yes, yes,                                       \
      "The model provider did not finish its answer in time.")                \
    X(RATE_LIMIT, "rate_limit", 429, "rate_limit_error",                      \
      "provider_rate_limited", after, yes, no,                                \
      "The model provider is limiting requests. Please try again later.")     \
    X(UNAVAILABLE, "unavailable", 503, "server_error",                        \
      "provider_unavailable", yes, yes, yes,                                  \
      "The model provider is overloaded or unavailable.")                     \
    X(PROVIDER_ERROR, "provider_error", 502, "server_error",                  \
      "provider_error", yes, yes, yes,                                        \
      "The model provider had an internal error.")                            \
    X(BAD_RESPONSE, "bad_response", 502, "server_error",                      \
      "invalid_provider_response", no, yes, yes,                              \
      "The model provider sent an answer that cannot be used.")               \
    X(INVALID_OUTPUT, "invalid_output", 502, "server_error",                  \
      "validation_failed", once, yes, no,                                     \
      "The model's answer does not have the form that was asked for.")        \
    X(CREDENTIALS, "credentials", 502, "server_error",                        \
      "provider_credentials", key, yes, key,                                  \
      "The gateway's account at the model provider was refused. "             \
      "Please tell the gateway's operator.")                                  \
    X(CONTEXT_LENGTH, "context_length", 400, "invalid_request_error",         \
      "context_length_exceeded", no, yes, no,                                 \
      "The input is longer than the model's context window.")                 \
    X(CONTENT_POLICY, "content_policy", 400, "invalid_request_error",         \
      "content_policy_violation", no, if, no,                                 \
      "The model provider refused the input by its content policy.")          \
    X(NOT_FOUND, "not_found", 404, "invalid_request_error",                   \
      "model_not_found", no, yes, no,                                         \
      "The model provider does not know this model.")                         \
    X(CONFLICT, "conflict", 503, "server_error", "provider_unavailable",      \
      yes, yes, no,                                                           \
      "The model provider could not take the request right now.")             \
    X(INVALID_REQUEST, "invalid_request", 400, "invalid_request_error",       \
      "invalid_request", no, no, no,                                          \
      "The model provider refused the request as invalid.")                   \
    X(UNSUPPORTED_PARAMETER, "unsupported_parameter", 400,                    \
      "invalid_request_error", "unsupported_parameter", no, yes, no,          \
      "The model's provider does not support a parameter of the request.")    \
    X(NO_TARGET, "no_target", 503, "server_error", "no_healthy_provider",     \
      no, no, no,                                                             \
      "No provider of this model is available right now.")                    \
    X(MAINTENANCE, "maintenance", 503, "server_error", "model_maintenance",   \
      no, no, no,                                                             \
      "This model is down for maintenance.")                                  \
    X(INVALID_KEY, "invalid_key", 401, "invalid_request_error",               \
      "invalid_api_key", no, no, no,                                          \
      "Incorrect or missing API key. Send the gateway's key as "              \
      "\"Authorization: Bearer KEY\" or \"x-api-key: KEY\".")                 \
    X(MODEL_NOT_ALLOWED, "model_not_allowed", 403, "permission_error",        \
      "model_not_allowed", no, no, no,                                        \
      "This key may not use the requested model.")                            \
    X(TENANT_REQUESTS, "tenant_requests", 429, "requests",                    \
      "rate_limit_exceeded", no, no, no,                                      \
      "The rate limit for requests is reached. Please try again later.")      \
    X(TENANT_TOKENS, "tenant_tokens", 429, "tokens", "rate_limit_exceeded",   \
      no, no, no,                                                             \
      "The rate limit for tokens is reached. Please try again later.")        \
    X(EXCEEDS_LIMIT, "exceeds_limit", 400, "invalid_request_error",           \
      "request_exceeds_limit", no, no, no,                                    \
      "This request alone is larger than a limit of this key.")               \
    X(BUDGET, "budget", 402, "insufficient_quota", "insufficient_quota",      \
      no, no, no,                                                             \
      "The budget of this key is spent.")                                     \
    X(NO_PRICE, "no_price", 403, "permission_error", "model_price_unknown",   \
      no, no, no,                                                             \
      "This key has a budget, and the requested model has no price here. "    \
      "Please tell the gateway's operator.")                                  \
    X(SESSION_CALLS, "session_calls", 403, "permission_error",                \
      "session_calls_exceeded", no, no, no,                                   \
      "This session has made as many calls as it may.")                       \
    X(SESSION_DEPTH, "session_depth", 403, "permission_error",                \
      "session_depth_exceeded", no, no, no,                                   \
      "Agents are nested more deeply than this session may.")                 \
    X(SESSION_LOOP, "session_loop", 403, "permission_error",                  \
      "session_loop_detected", no, no, no,                                    \
      "This session sends the same request again and again.")                 \
    X(SESSION_EXPIRED, "session_expired", 403, "permission_error",            \
      "session_expired", no, no, no,                                          \
      "This session has lasted as long as it may.")                           \
    X(SESSION_COST, "session_cost", 403, "permission_error",                  \
      "session_cost_exceeded", no, no, no,                                    \
      "This session has spent as much as it may.")                            \
    X(SESSION_STOPPED, "session_stopped", 403, "permission_error",            \
      "session_stopped", no, no, no,                                          \
      "This session was stopped by the gateway's operator.")                  \
    X(ADDRESS, "address", 403, "permission_error", "address_not_allowed",     \
      no, no, no,                                                             \
      "This key may not be used from the client's address.")                  \
    X(CAPACITY, "capacity", 503, "server_error", "capacity", no, no, no,      \
      "The gateway has no memory left to count this call. Please try "        \
      "again.")                                                               \
    X(STORE, "store", 503, "server_error", "limits_unavailable", no, no, no,  \
      "The store of keys and limits cannot be reached. Please try again.")    \
    X(NOT_CACHED, "not_cached", 504, "server_error", "not_cached",            \
      no, no, no,                                                             \
      "There is no cached answer, and the request asks for nothing else.")    \
    X(UNKNOWN_MODEL, "unknown_model", 404, "invalid_request_error",           \
      "model_not_found", no, no, no,                                          \
      "The requested model does not exist here. GET /v1/models lists "        \
      "those that do.")                                                       \
    X(UNSUPPORTED_ENDPOINT, "unsupported_endpoint", 400,                      \
      "invalid_request_error", "unsupported_endpoint", no, no, no,            \
      "The requested model is not served on this endpoint.")                  \
    X(UNKNOWN_ROUTE, "unknown_route", 404, "invalid_request_error",           \
      "unknown_url", no, no, no,                                              \
      "There is no such endpoint.")                                           \
    X(INVALID_JSON, "invalid_json", 400, "invalid_request_error",             \
      "invalid_json", no, no, no,                                             \
      "The request body is not valid JSON.")                                  \
    X(INVALID_VALUE, "invalid_value", 400, "invalid_request_error",           \
      "invalid_value", no, no, no,                                            \
      "A field of the request body has an invalid value.")                    \
    X(MISSING_VALUE, "missing_value", 400, "invalid_request_error",           \
      "missing_required_parameter", no, no, no,                               \
      "A required field of the request body is missing.")                     \
    X(BAD_REQUEST, "bad_request", 400, "invalid_request_error",               \
      "bad_request", no, no, no,                                              \
      "The HTTP request is malformed or not accepted here.")                  \
    X(METHOD, "method", 405, "invalid_request_error",                         \
      "method_not_allowed", no, no, no,                                       \
      "This method is not allowed on this endpoint.")                         \
    X(REQUEST_TIMEOUT, "request_timeout", 408, "invalid_request_error",       \
      "request_timeout", no, no, no,                                          \
      "The request body did not arrive in time.")                             \
    X(REQUEST_TOO_LARGE, "request_too_large", 413, "invalid_request_error",   \
      "request_too_large", no, no, no,                                        \
      "The request body is larger than this gateway accepts.")                \
    X(URI_TOO_LONG, "uri_too_long", 414, "invalid_request_error",             \
      "uri_too_long", no, no, no,                                             \
      "The request URI is too long.")                                         \
    X(MEDIA_TYPE, "media_type", 415, "invalid_request_error",                 \
      "unsupported_media_type", no, no, no,                                   \
      "The request body must be uncompressed application/json.")              \
    X(UNAUTHORIZED, "unauthorized", 401, "invalid_request_error",             \
      "unauthorized", no, no, no,                                             \
      "The request's credentials are missing, or the gateway's server "       \
      "refused them.")                                                        \
    X(FORBIDDEN, "forbidden", 403, "permission_error", "forbidden",           \
      no, no, no,                                                             \
      "The gateway's server refused the request.")                            \
    X(CLIENT_GONE, "client_gone", 499, "invalid_request_error",               \
      "client_closed_request", no, no, no,                                    \
      "The client closed the connection.")                                    \
    X(OVERLOADED, "overloaded", 503, "server_error", "gateway_overloaded",    \
      no, no, no,                                                             \
      "The gateway is out of capacity. Please try again.")                    \
    X(INTERNAL, "internal", 500, "server_error", "internal_error",            \
      no, no, no,                                                             \
      "The gateway failed to handle the request.")


typedef enum {
#define AG_ERROR_ID(id, name, status, type, code, retry, next, breaker, text) \
    AG_E_##id,
    AG_ERRORS(AG_ERROR_ID)
#undef AG_ERROR_ID
    AG_E_MAX
} ag_error_class_t;


typedef enum {
    AG_RETRY_no = 0,
    AG_RETRY_yes,
    AG_RETRY_once,
    AG_RETRY_after,
    AG_RETRY_key
} ag_error_retry_t;


typedef enum {
    AG_NEXT_no = 0,
    AG_NEXT_yes,
    AG_NEXT_if
} ag_error_next_t;


typedef enum {
    AG_BREAKER_no = 0,
    AG_BREAKER_yes,
    AG_BREAKER_key
} ag_error_breaker_t;


typedef struct {
    const char          *name;
    unsigned             status;
    const char          *type;
    const char          *code;
    ag_error_retry_t     retry;
    ag_error_next_t      next;
    ag_error_breaker_t   breaker;
    const char          *message;
} ag_error_row_t;


/*
 * How one call failed; zeroed memory is "not".  "message" and "param" point
 * to constants or to memory of the call, and never hold a provider's text
 * that was not sanitized.
 */
typedef struct {
    ag_error_class_t  class;
    unsigned          status;       /* overrides the row's; 0: the row's */
    ag_str_t          message;      /* overrides the row's; empty: the row's */
    ag_str_t          param;        /* empty: null */
    ag_str_t          code;         /* overrides the row's; empty: the row's */
    const char       *reason;       /* constant words that follow the message
                                       behind a colon; NULL: none */
    size_t            at;           /* byte of the body, from 0, that "reason"
                                       is about */
} ag_error_t;


/* The surfaces whose error shape a client may expect. */
typedef enum {
    AG_SURFACE_OPENAI = 0,
    AG_SURFACE_ANTHROPIC
} ag_surface_t;


/* The table's row; any value out of range gives INTERNAL's. */
const ag_error_row_t *ag_error_row(ag_error_class_t class);

/* Anthropic's error.type of an HTTP status (docs.anthropic.com, Errors). */
const char *ag_error_anthropic_type(unsigned status);

/*
 * The class of an answer that nginx itself made before or beside our
 * handler; its own status may differ from the row's and then belongs into
 * ag_error_t.status.  494 to 497 reach clients as 400.  NONE below 400.
 */
ag_error_class_t ag_error_of_nginx(unsigned status);

/*
 * The class of a provider's whole answer by its HTTP status alone; NONE for
 * 2xx.  3xx and 1xx are BAD_RESPONSE: redirects are never followed.
 */
ag_error_class_t ag_error_of_status(unsigned status);


/*
 * Writes the error's body: on the OpenAI surface
 * {"error":{"message","type","param","code"},"request_id"}, on Anthropic's
 * {"type":"error","error":{"type","message"},"request_id"}.  An empty
 * "param" or "request_id" is null.
 * Returns AG_OK, or AG_LIMIT or AG_NOMEM with "out" as it was.
 */
int ag_error_write(ag_buf_t *out, const ag_error_t *error,
    ag_surface_t surface, ag_str_t request_id);

/*
 * Writes the same as one event of a stream that has begun: "data: ...", on
 * Anthropic's surface under "event: error".
 */
int ag_error_write_event(ag_buf_t *out, const ag_error_t *error,
    ag_surface_t surface, ag_str_t request_id);


#endif /* _AG_ERROR_H_INCLUDED_ */
