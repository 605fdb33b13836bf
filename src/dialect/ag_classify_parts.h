/*
 * Copyright (C) ngx_agent authors
 *
 * THE table of words that say more than an HTTP status, and of where they
 * stand.  The first row that fits decides; where none does, the status.
 * docs/classification.md says the same in tables.
 *
 * Who writes a request may make a provider repeat it in an error.  So a word
 * that rests a key, a target or opens a breaker is never looked for in the
 * middle of a message, but where the status alone would do the same.
 */


#ifndef _AG_CLASSIFY_PARTS_H_INCLUDED_
#define _AG_CLASSIFY_PARTS_H_INCLUDED_


#include "core/ag_error.h"


/* Statuses that a row is for, as bits. */
#define AG_CLASSIFY_BARE     0x01   /* none: an event, an error in a 200 */
#define AG_CLASSIFY_BAD      0x02   /* 400, 413, 422 */
#define AG_CLASSIFY_DENIED   0x04   /* 401, 402, 403 */
#define AG_CLASSIFY_LIMITED  0x08   /* 429 */
#define AG_CLASSIFY_FAILED   0x10   /* 5xx */
#define AG_CLASSIFY_OTHER    0x20   /* all else */

#define AG_CLASSIFY_ANY      0x3f
#define AG_CLASSIFY_INPUT    (AG_CLASSIFY_BARE | AG_CLASSIFY_BAD)
#define AG_CLASSIFY_WIDE     (AG_CLASSIFY_INPUT | AG_CLASSIFY_DENIED          \
                              | AG_CLASSIFY_FAILED)
#define AG_CLASSIFY_ACCOUNT  (AG_CLASSIFY_INPUT | AG_CLASSIFY_LIMITED)
#define AG_CLASSIFY_ODD      (AG_CLASSIFY_BAD | AG_CLASSIFY_OTHER)


/* Where a row's word stands. */
typedef enum {
    AG_CLASSIFY_CODE = 0,       /* it is a code, a type, a reason; compared
                                   without case and "_", "-", ".", " " */
    AG_CLASSIFY_KIND,           /* one of those begins with it */
    AG_CLASSIFY_OPENING,        /* the message begins with it; no case */
    AG_CLASSIFY_PHRASE          /* the message holds it; no case, 4 bytes at
                                   the least */
} ag_classify_place_t;


/* X(class, statuses, place, word in small letters) */
#define AG_CLASSIFY_ROWS(X)                                                   \
                                                                              \
    /* what is not what it seems */                                           \
                                                                              \
    X(RATE_LIMIT, DENIED, CODE, "openrouter_in_flight_budget")                \
    X(RATE_LIMIT, LIMITED, PHRASE, "error-code#token-limit") /* Alibaba */    \
    X(CONTEXT_LENGTH, ANY, OPENING, "request too large for") /* of a minute */\
                                                                              \
    /* more than the model takes */                                           \
                                                                              \
    X(CONTEXT_LENGTH, ANY, CODE, "context_length_exceeded")                   \
    X(CONTEXT_LENGTH, ANY, CODE, "exceed_context_size_error")                 \
    X(CONTEXT_LENGTH, ANY, CODE, "model_max_prompt_tokens_exceeded")          \
    X(CONTEXT_LENGTH, ANY, CODE, "tokens_limit_reached")                      \
    X(CONTEXT_LENGTH, ANY, CODE, "tokens_too_long")                           \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "prompt is too long")                     \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "input is too long")                      \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "exceeds the context window")             \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "exceeds the context length")             \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "exceeds the available context size")     \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "exceed context limit")                   \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "maximum context length")                 \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "maximum prompt length is")               \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "model's context length is only")         \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "longer than the model's context length") \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "longer than the maximum model length")   \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "greater than the context length")        \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "too long to fit into the model")         \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "context length exceeded")                \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "context_length_exceeded")                \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "context window exceeds limit")           \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "contextwindowexceedederror")             \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "exceeded model token limit")             \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "input tokens exceed the configured")     \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "input token count")                      \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "prompt token count of")                  \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "prompt exceeds max length")              \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "reduce the length of the")               \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "range of input length should be")        \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "`max_new_tokens` must be")               \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "`inputs` must have less than")           \
    X(CONTEXT_LENGTH, WIDE, PHRASE, "must be at least 1, got -") /* vLLM */   \
    X(CONTEXT_LENGTH, INPUT, PHRASE, "too many tokens")                       \
                                                                              \
    /* what the provider does not like to read */                             \
                                                                              \
    X(CONTENT_POLICY, ANY, CODE, "content_policy_violation")                  \
    X(CONTENT_POLICY, ANY, CODE, "image_content_policy_violation")            \
    X(CONTENT_POLICY, ANY, CODE, "content_filter")                            \
    X(CONTENT_POLICY, ANY, CODE, "responsible_ai_policy_violation")           \
    X(CONTENT_POLICY, ANY, CODE, "moderation_blocked")                        \
    X(CONTENT_POLICY, ANY, CODE, "data_inspection_failed")                    \
    X(CONTENT_POLICY, ANY, CODE, "invalid_prompt")                            \
    X(CONTENT_POLICY, ANY, CODE, "refusal")                                   \
    X(CONTENT_POLICY, BAD, CODE, "1301") /* Zhipu */                          \
    X(CONTENT_POLICY, WIDE, PHRASE, "content_policy_violation")               \
    X(CONTENT_POLICY, WIDE, PHRASE, "contentpolicyviolationerror")            \
    X(CONTENT_POLICY, WIDE, PHRASE, "content management policy")              \
    X(CONTENT_POLICY, WIDE, PHRASE, "content filtering policy")               \
    X(CONTENT_POLICY, WIDE, PHRASE, "blocked by our content filters")         \
    X(CONTENT_POLICY, WIDE, PHRASE, "content violates usage guidelines")      \
    X(CONTENT_POLICY, WIDE, PHRASE, "flagged as potentially violating")       \
    X(CONTENT_POLICY, WIDE, PHRASE, "rejected as a result of our safety")     \
    X(CONTENT_POLICY, WIDE, PHRASE, "your input was flagged")                 \
    X(CONTENT_POLICY, WIDE, PHRASE, "content exists risk")                    \
                                                                              \
    /* a model that is not there, or not for us */                            \
                                                                              \
    X(NOT_FOUND, ANY, CODE, "model_not_found")                                \
    X(NOT_FOUND, ANY, CODE, "model_not_available")                            \
    X(NOT_FOUND, ANY, CODE, "model_not_supported")                            \
    X(NOT_FOUND, ANY, CODE, "model_decommissioned")                           \
    X(NOT_FOUND, ANY, CODE, "model_terms_required")                           \
    X(NOT_FOUND, ANY, KIND, "model_permission_blocked")                       \
    X(NOT_FOUND, ANY, CODE, "deployment_not_found")                           \
    X(NOT_FOUND, ANY, CODE, "unknown_model")                                  \
    X(NOT_FOUND, ANY, CODE, "invalid_model")                                  \
    X(NOT_FOUND, INPUT, OPENING, "model not exist")                           \
    X(NOT_FOUND, INPUT, PHRASE, "is not a valid model id")                    \
    X(NOT_FOUND, INPUT, PHRASE, "provided model identifier is invalid")       \
                                                                              \
    /* our account or key, whatever the status */                             \
                                                                              \
    X(CREDENTIALS, ANY, CODE, "invalid_api_key")                              \
    X(CREDENTIALS, ANY, CODE, "api_key_invalid")                              \
    X(CREDENTIALS, ANY, KIND, "insufficient_quota")                           \
    X(CREDENTIALS, ANY, KIND, "insufficient_user_quota")                      \
    X(CREDENTIALS, ANY, KIND, "insufficient_balance")                         \
    X(CREDENTIALS, ANY, KIND, "insufficient_credit")                          \
    X(CREDENTIALS, ANY, KIND, "exceeded_current_quota")                       \
    X(CREDENTIALS, ANY, CODE, "credit_balance_exhausted")                     \
    X(CREDENTIALS, ANY, CODE, "organization_spend_limit_exceeded")            \
    X(CREDENTIALS, ANY, CODE, "organization_usage_limit_exceeded")            \
    X(CREDENTIALS, ANY, CODE, "project_spend_limit_exceeded")                 \
    X(CREDENTIALS, ANY, CODE, "contract_spend_limit_reached")                 \
    X(CREDENTIALS, ANY, CODE, "enforced_spend_limit_reached")                 \
    X(CREDENTIALS, ANY, CODE, "budget_exceeded")                              \
    X(CREDENTIALS, ANY, CODE, "billing_hard_limit_reached")                   \
    X(CREDENTIALS, ANY, CODE, "billing_not_active")                           \
    X(CREDENTIALS, ANY, CODE, "arrearage")                                    \
    X(CREDENTIALS, ANY, CODE, "account_deactivated")                          \
    X(CREDENTIALS, ANY, CODE, "access_terminated")                            \
    X(CREDENTIALS, ANY, CODE, "organization_restricted")                      \
    X(CREDENTIALS, ANY, CODE, "quota_exhausted")                              \
    X(CREDENTIALS, LIMITED, CODE, "1113") /* Zhipu */                         \
    X(CREDENTIALS, INPUT, OPENING, "incorrect api key provided")              \
    X(CREDENTIALS, INPUT, OPENING, "api key not valid")                       \
    X(CREDENTIALS, INPUT, OPENING, "api key expired")                         \
    X(CREDENTIALS, INPUT, OPENING, "your credit balance is too low")          \
    X(CREDENTIALS, INPUT, OPENING, "you have reached your specified api")     \
    X(CREDENTIALS, INPUT, OPENING, "this organization has been disabled")     \
    X(CREDENTIALS, INPUT, OPENING, "user location is not supported")          \
    X(CREDENTIALS, ACCOUNT, OPENING, "insufficient balance")                  \
    X(CREDENTIALS, LIMITED, OPENING, "too many tokens per day")               \
    X(CREDENTIALS, LIMITED, PHRASE, "used all available credits")             \
    X(CREDENTIALS, LIMITED, PHRASE, "perday") /* Gemini's quotaId */          \
    X(CREDENTIALS, LIMITED, PHRASE, "limit: 0, model")                        \
    X(CREDENTIALS, LIMITED, PHRASE, "limit: 0\n")                             \
    X(CREDENTIALS, OTHER, OPENING, "account ") /* Fireworks' 412 */           \
    X(CREDENTIALS, ODD, KIND, "access_denied")                                \
    X(CREDENTIALS, ODD, KIND, "expired_token")                                \
    X(CREDENTIALS, ODD, KIND, "unrecognized_client")                          \
    X(CREDENTIALS, ODD, KIND, "incomplete_signature")                         \
    X(CREDENTIALS, ODD, KIND, "invalid_signature")                            \
                                                                              \
    /* causes that hide behind another status */                              \
                                                                              \
    X(INVALID_OUTPUT, INPUT, CODE, "json_validate_failed") /* Groq */         \
    X(INVALID_OUTPUT, INPUT, CODE, "tool_use_failed")                         \
    X(RATE_LIMIT, ODD, KIND, "throttling")                                    \
    X(RATE_LIMIT, ODD, KIND, "service_quota_exceeded")                        \
    X(UNAVAILABLE, ANY, CODE, "capacity_exceeded") /* Groq's 498 */           \
    X(UNAVAILABLE, LIMITED, CODE, "model_capacity_exhausted")                 \
    X(UNAVAILABLE, LIMITED, CODE, "service_tier_capacity_exceeded")           \
    X(UNAVAILABLE, LIMITED, KIND, "engine_overloaded")                        \
    X(UNAVAILABLE, LIMITED, KIND, "model_not_ready")                          \
    X(UNAVAILABLE, LIMITED, OPENING, "service tier capacity exceeded")        \
    X(UNAVAILABLE, LIMITED, OPENING, "no capacity available")                 \
    X(PROVIDER_ERROR, OTHER, KIND, "model_error") /* Bedrock's 424 */         \
    X(PROVIDER_ERROR, OTHER, CODE, "cancelled") /* Gemini's 499 */            \
                                                                              \
    /* words that stand for a status where there is none */                   \
                                                                              \
    X(RATE_LIMIT, BARE, KIND, "rate_limit")                                   \
    X(RATE_LIMIT, BARE, KIND, "resource_exhausted")                           \
    X(RATE_LIMIT, BARE, KIND, "too_many_requests")                            \
    X(RATE_LIMIT, BARE, KIND, "throttling")                                   \
    X(RATE_LIMIT, BARE, KIND, "slow_down")                                    \
    X(RATE_LIMIT, BARE, OPENING, "rate limit")                                \
    X(RATE_LIMIT, BARE, OPENING, "too many requests")                         \
    X(UNAVAILABLE, BARE, KIND, "overloaded")                                  \
    X(UNAVAILABLE, BARE, KIND, "engine_overloaded")                           \
    X(UNAVAILABLE, BARE, KIND, "server_overloaded")                           \
    X(UNAVAILABLE, BARE, KIND, "server_is_overloaded")                        \
    X(UNAVAILABLE, BARE, KIND, "provider_overloaded")                         \
    X(UNAVAILABLE, BARE, KIND, "unavailable")                                 \
    X(UNAVAILABLE, BARE, KIND, "service_unavailable")                         \
    X(UNAVAILABLE, BARE, KIND, "provider_unavailable")                        \
    X(UNAVAILABLE, BARE, KIND, "model_not_ready")                             \
    X(UNAVAILABLE, BARE, OPENING, "overloaded")                               \
    X(UNAVAILABLE, BARE, OPENING, "loading model")                            \
    X(UNAVAILABLE, BARE, OPENING, "server busy")                              \
    X(UNAVAILABLE, BARE, PHRASE, "is currently loading")                      \
    X(CREDENTIALS, BARE, KIND, "authentication")                              \
    X(CREDENTIALS, BARE, KIND, "unauthenticated")                             \
    X(CREDENTIALS, BARE, KIND, "unauthorized")                                \
    X(CREDENTIALS, BARE, KIND, "permission")                                  \
    X(CREDENTIALS, BARE, KIND, "access_denied")                               \
    X(CREDENTIALS, BARE, KIND, "billing")                                     \
    X(CREDENTIALS, BARE, KIND, "payment_required")                            \
    X(NOT_FOUND, BARE, KIND, "not_found")                                     \
    X(NOT_FOUND, BARE, KIND, "resource_not_found")                            \
    X(CONFLICT, BARE, KIND, "conflict")                                       \
    X(CONFLICT, BARE, KIND, "aborted")                                        \
    X(CONFLICT, BARE, KIND, "already_exists")                                 \
    X(PROVIDER_ERROR, BARE, KIND, "server_error")                             \
    X(PROVIDER_ERROR, BARE, CODE, "server")                                   \
    X(PROVIDER_ERROR, BARE, KIND, "api_error")                                \
    X(PROVIDER_ERROR, BARE, KIND, "internal")                                 \
    X(PROVIDER_ERROR, BARE, KIND, "bad_gateway")                              \
    X(PROVIDER_ERROR, BARE, KIND, "upstream")                                 \
    X(PROVIDER_ERROR, BARE, KIND, "timeout")                                  \
    X(PROVIDER_ERROR, BARE, KIND, "gateway_timeout")                          \
    X(PROVIDER_ERROR, BARE, KIND, "deadline_exceeded")                        \
    X(PROVIDER_ERROR, BARE, KIND, "vector_store_timeout")                     \
    X(PROVIDER_ERROR, BARE, KIND, "model_error")                              \
    X(PROVIDER_ERROR, BARE, KIND, "model_stream_error")                       \
    X(PROVIDER_ERROR, BARE, KIND, "model_timeout")                            \
    X(PROVIDER_ERROR, BARE, CODE, "unknown")                                  \
    X(PROVIDER_ERROR, BARE, CODE, "cancelled")                                \
    X(PROVIDER_ERROR, BARE, CODE, "data_loss")                                \
    X(PROVIDER_ERROR, BARE, CODE, "unimplemented")                            \
    X(PROVIDER_ERROR, BARE, OPENING, "internal server error")                 \
    X(INVALID_REQUEST, BARE, KIND, "invalid")                                 \
    X(INVALID_REQUEST, BARE, KIND, "unsupported")                             \
    X(INVALID_REQUEST, BARE, KIND, "not_supported")                           \
    X(INVALID_REQUEST, BARE, KIND, "image")                                   \
    X(INVALID_REQUEST, BARE, KIND, "bad_request")                             \
    X(INVALID_REQUEST, BARE, KIND, "validation")                              \
    X(INVALID_REQUEST, BARE, KIND, "unprocessable")                           \
    X(INVALID_REQUEST, BARE, KIND, "failed_precondition")                     \
    X(INVALID_REQUEST, BARE, KIND, "precondition_failed")                     \
    X(INVALID_REQUEST, BARE, KIND, "out_of_range")                            \
    X(INVALID_REQUEST, BARE, KIND, "request_too_large")                       \
    X(INVALID_REQUEST, BARE, KIND, "payload_too_large")


#define AG_CLASSIFY_WORDS_MAX  64       /* codes, and texts, of an error */


/* What an error says. */
typedef struct {
    ag_str_t  codes[AG_CLASSIFY_WORDS_MAX];
    ag_str_t  texts[AG_CLASSIFY_WORDS_MAX];
    size_t    code_count;
    size_t    text_count;
} ag_classify_words_t;


/*
 * The class of the first row that fits the words and one of the statuses in
 * "when", or NONE.
 */
ag_error_class_t ag_classify_find(const ag_classify_words_t *words,
    unsigned when);


#endif /* _AG_CLASSIFY_PARTS_H_INCLUDED_ */
