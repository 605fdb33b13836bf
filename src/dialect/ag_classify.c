/*
 * Copyright (C) ngx_agent authors
 *
 * Finds out what a provider's error means for the gateway.  Words that say
 * more than an HTTP status are listed here and nowhere else; a text that no
 * list knows never changes what the status said.
 */


#include "dialect/ag_dialect.h"


#define AG_CLASSIFY_DETAILS_MAX  16     /* entries of Gemini's "details" */


typedef struct {
    const char        *word;        /* lower case; compared without case */
    ag_error_class_t   class;
} ag_classify_row_t;


static unsigned ag_classify_has_body(unsigned status);
static yyjson_val *ag_classify_error(yyjson_val *root);
static ag_error_class_t ag_classify_sharp(yyjson_val *error);
static ag_error_class_t ag_classify_code(yyjson_val *value);
static ag_error_class_t ag_classify_message(yyjson_val *error,
    yyjson_val *root);
static ag_error_class_t ag_classify_bare(yyjson_val *error);
static ag_error_class_t ag_classify_number(yyjson_val *code);
static ag_error_class_t ag_classify_kind(yyjson_val *value);
static int ag_classify_starts(ag_str_t text, const char *word);


/* Whole codes and types that are sharper than any status. */
static const ag_classify_row_t  ag_classify_codes[] = {
    { "context_length_exceeded", AG_E_CONTEXT_LENGTH },
    { "exceed_context_size_error", AG_E_CONTEXT_LENGTH },

    { "content_policy_violation", AG_E_CONTENT_POLICY },
    { "content_filter", AG_E_CONTENT_POLICY },
    { "responsibleaipolicyviolation", AG_E_CONTENT_POLICY },
    { "image_content_policy_violation", AG_E_CONTENT_POLICY },
    { "invalid_prompt", AG_E_CONTENT_POLICY },

    { "model_not_found", AG_E_NOT_FOUND },
    { "model_decommissioned", AG_E_NOT_FOUND },

    { "insufficient_quota", AG_E_CREDENTIALS },
    { "billing_hard_limit_reached", AG_E_CREDENTIALS },
    { "billing_not_active", AG_E_CREDENTIALS },
    { "account_deactivated", AG_E_CREDENTIALS },
    { "invalid_api_key", AG_E_CREDENTIALS },
    { "api_key_invalid", AG_E_CREDENTIALS },

    { NULL, AG_E_NONE }
};


/* Pieces of the message of a 400, 413 or 422, and of an error in a 200. */
static const ag_classify_row_t  ag_classify_phrases[] = {
    { "prompt is too long", AG_E_CONTEXT_LENGTH },
    { "input is too long", AG_E_CONTEXT_LENGTH },
    { "exceeds the context window", AG_E_CONTEXT_LENGTH },
    { "input token count", AG_E_CONTEXT_LENGTH },
    { "maximum context length", AG_E_CONTEXT_LENGTH },
    { "reduce the length of the messages", AG_E_CONTEXT_LENGTH },
    { "exceeds the available context size", AG_E_CONTEXT_LENGTH },
    { "context length exceeded", AG_E_CONTEXT_LENGTH },
    { "context_length_exceeded", AG_E_CONTEXT_LENGTH },

    { "content filtering policy", AG_E_CONTENT_POLICY },

    { "api key not valid", AG_E_CREDENTIALS },
    { "incorrect api key provided", AG_E_CREDENTIALS },
    { "credit balance is too low", AG_E_CREDENTIALS },
    { "specified api usage limits", AG_E_CREDENTIALS },

    { NULL, AG_E_NONE }
};


/* How codes and types begin that stand for a status where there is none. */
static const ag_classify_row_t  ag_classify_kinds[] = {
    { "rate_limit", AG_E_RATE_LIMIT },
    { "resource_exhausted", AG_E_RATE_LIMIT },
    { "too_many_requests", AG_E_RATE_LIMIT },

    { "overloaded", AG_E_UNAVAILABLE },
    { "engine_overloaded", AG_E_UNAVAILABLE },
    { "server_overloaded", AG_E_UNAVAILABLE },
    { "slow_down", AG_E_UNAVAILABLE },
    { "unavailable", AG_E_UNAVAILABLE },
    { "service_unavailable", AG_E_UNAVAILABLE },

    { "server_error", AG_E_PROVIDER_ERROR },
    { "api_error", AG_E_PROVIDER_ERROR },
    { "internal", AG_E_PROVIDER_ERROR },
    { "timeout", AG_E_PROVIDER_ERROR },
    { "deadline_exceeded", AG_E_PROVIDER_ERROR },
    { "vector_store_timeout", AG_E_PROVIDER_ERROR },

    { "authentication", AG_E_CREDENTIALS },
    { "unauthenticated", AG_E_CREDENTIALS },
    { "permission", AG_E_CREDENTIALS },
    { "billing", AG_E_CREDENTIALS },

    { "not_found", AG_E_NOT_FOUND },
    { "notfound", AG_E_NOT_FOUND },

    { "conflict", AG_E_CONFLICT },
    { "aborted", AG_E_CONFLICT },

    { "invalid_", AG_E_INVALID_REQUEST },
    { "unsupported_", AG_E_INVALID_REQUEST },
    { "image_", AG_E_INVALID_REQUEST },
    { "badrequest", AG_E_INVALID_REQUEST },
    { "request_too_large", AG_E_INVALID_REQUEST },

    { NULL, AG_E_NONE }
};


ag_error_class_t
ag_error_classify(unsigned status, ag_str_t body)
{
    ag_char_t          scratch[AG_DIALECT_SCRATCH];
    yyjson_doc        *doc;
    ag_error_class_t   class;

    doc = NULL;

    if (body.len <= AG_ERROR_BODY_MAX && ag_classify_has_body(status)) {
        doc = ag_json_tree(body, scratch, sizeof(scratch));
    }

    class = ag_error_classify_tree(status, yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);

    return class;
}


ag_error_class_t
ag_error_classify_tree(unsigned status, yyjson_val *root)
{
    yyjson_val        *error;
    ag_error_class_t   class;

    if (!ag_classify_has_body(status)) {
        return ag_error_of_status(status);
    }

    if (yyjson_is_arr(root)) {
        root = yyjson_arr_get_first(root);
    }

    error = ag_classify_error(root);
    class = ag_classify_sharp(error);

    if (class != AG_E_NONE) {
        return class;
    }

    if (status < 400 || status == 400 || status == 413 || status == 422) {
        class = ag_classify_message(error, root);

        if (class != AG_E_NONE) {
            return class;
        }
    }

    return (status < 400) ? ag_classify_bare(error)
                          : ag_error_of_status(status);
}


/* A redirect is never followed and its body says nothing; 0 and 2xx do. */
static unsigned
ag_classify_has_body(unsigned status)
{
    return status == 0 || (status >= 200 && status < 300) || status >= 400;
}


/* The object that describes the error: at the top, or one level below. */
static yyjson_val *
ag_classify_error(yyjson_val *root)
{
    yyjson_val  *error;

    error = yyjson_obj_get(yyjson_obj_get(root, "response"), "error");

    if (!yyjson_is_obj(error)) {
        error = yyjson_obj_get(root, "error");
    }

    return yyjson_is_obj(error) ? error : root;
}


static ag_error_class_t
ag_classify_sharp(yyjson_val *error)
{
    size_t             i;
    yyjson_val        *details, *value;
    ag_error_class_t   class;

    class = ag_classify_code(yyjson_obj_get(error, "code"));

    if (class == AG_E_NONE) {
        class = ag_classify_code(yyjson_obj_get(error, "type"));
    }

    if (class == AG_E_NONE) {
        value = yyjson_obj_get(error, "innererror");
        class = ag_classify_code(yyjson_obj_get(value, "code"));
    }

    details = yyjson_obj_get(error, "details");

    for (i = 0; class == AG_E_NONE && i < AG_CLASSIFY_DETAILS_MAX; i++) {
        value = yyjson_arr_get(details, i);
        class = ag_classify_code(yyjson_obj_get(value, "reason"));
    }

    return class;
}


static ag_error_class_t
ag_classify_code(yyjson_val *value)
{
    ag_str_t                  code;
    const ag_classify_row_t  *row;

    code = ag_json_text(value);

    for (row = ag_classify_codes; row->word != NULL; row++) {
        if (code.len == strlen(row->word)
            && ag_classify_starts(code, row->word))
        {
            return row->class;
        }
    }

    return AG_E_NONE;
}


/* The message stands in the error, or (xAI, FastAPI) is the error. */
static ag_error_class_t
ag_classify_message(yyjson_val *error, yyjson_val *root)
{
    ag_str_t                  text;
    const ag_classify_row_t  *row;

    text = ag_json_text(yyjson_obj_get(error, "message"));

    if (text.len == 0) {
        text = ag_json_text(yyjson_obj_get(root, "error"));
    }

    if (text.len == 0) {
        text = ag_json_text(yyjson_obj_get(root, "detail"));
    }

    for ( /* void */ ; text.len > 0; text.data++, text.len--) {
        for (row = ag_classify_phrases; row->word != NULL; row++) {
            if (ag_classify_starts(text, row->word)) {
                return row->class;
            }
        }
    }

    return AG_E_NONE;
}


/* An error without a status, judged by its numbers and words. */
static ag_error_class_t
ag_classify_bare(yyjson_val *error)
{
    ag_error_class_t  class;

    class = ag_classify_number(yyjson_obj_get(error, "code"));

    if (class == AG_E_NONE) {
        class = ag_classify_kind(yyjson_obj_get(error, "code"));
    }

    if (class == AG_E_NONE) {
        class = ag_classify_kind(yyjson_obj_get(error, "type"));
    }

    if (class == AG_E_NONE) {
        class = ag_classify_kind(yyjson_obj_get(error, "status"));
    }

    return (class != AG_E_NONE) ? class : AG_E_BAD_RESPONSE;
}


/* 429 or "429"; NONE unless it is the status of an error. */
static ag_error_class_t
ag_classify_number(yyjson_val *code)
{
    int64_t   number;
    ag_str_t  text;

    number = (int64_t) ag_json_count(code, 600);
    text = ag_json_text(code);

    if (text.len > 0
        && ag_json_integer(text, 400, 599, &number) != AG_OK)
    {
        return AG_E_NONE;
    }

    if (number < 400 || number > 599) {
        return AG_E_NONE;
    }

    return ag_error_of_status((unsigned) number);
}


static ag_error_class_t
ag_classify_kind(yyjson_val *value)
{
    ag_str_t                  kind;
    const ag_classify_row_t  *row;

    kind = ag_json_text(value);

    for (row = ag_classify_kinds; row->word != NULL; row++) {
        if (ag_classify_starts(kind, row->word)) {
            return row->class;
        }
    }

    return AG_E_NONE;
}


/* Without case in ASCII; "word" is lower case. */
static int
ag_classify_starts(ag_str_t text, const char *word)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; word[i] != '\0'; i++) {
        if (i == text.len) {
            return 0;
        }

        c = text.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (ag_char_t) word[i]) {
            return 0;
        }
    }

    return 1;
}
