/*
 * Copyright (C) ngx_agent authors
 *
 * Finds out what a provider's error means for the gateway: collects the codes
 * and texts of what it sent; what they mean stands in ag_classify_parts.h.
 * A text that no row knows never changes what the status said.
 */


#include "dialect/ag_classify_parts.h"
#include "dialect/ag_dialect.h"


#define AG_CLASSIFY_OBJECTS_MAX  32     /* objects that are read; the largest
                                           error of Gemini has 8 */
#define AG_CLASSIFY_MEMBERS_MAX  64     /* members of an object; largest 10 */
#define AG_CLASSIFY_DEPTH_MAX    8      /* levels of objects and arrays;
                                           Gemini's in an array has 7 */
#define AG_CLASSIFY_CODE_MAX     128    /* bytes; longest published 60 */


/* How a member of an error is read; bits. */
#define AG_CLASSIFY_AS_CODE    0x01     /* a string: code, type, reason */
#define AG_CLASSIFY_AS_TEXT    0x02     /* a string: message */
#define AG_CLASSIFY_AS_STATUS  0x04     /* a number, also in a string */
#define AG_CLASSIFY_DOWN       0x08     /* an object or array: read it, too */
#define AG_CLASSIFY_ERROR      0x10     /* ... and it describes the error */
#define AG_CLASSIFY_WITHIN     0x20     /* only there; elsewhere the name may
                                           be the client's own */
#define AG_CLASSIFY_BEHIND     0x40     /* said by a provider behind this one,
                                           whose account is not ours */


typedef struct {
    const char  *name;
    unsigned     as;
} ag_classify_member_t;


typedef struct {
    ag_classify_words_t   own;
    ag_classify_words_t   behind;
    size_t                objects;
    unsigned              status;       /* that the body names; 0: none */
} ag_classify_error_t;


static unsigned ag_classify_has_body(unsigned status);
static unsigned ag_classify_when(unsigned status);
static void ag_classify_walk(ag_classify_error_t *error, yyjson_val *value,
    unsigned within, unsigned depth);
static void ag_classify_read(ag_classify_error_t *error, yyjson_val *value,
    unsigned as);
static void ag_classify_number(ag_classify_error_t *error,
    yyjson_val *value);
static const ag_classify_member_t *ag_classify_member(yyjson_val *key);


static const ag_classify_member_t  ag_classify_members[] = {
    { "code", AG_CLASSIFY_AS_CODE | AG_CLASSIFY_AS_STATUS },
    { "type", AG_CLASSIFY_AS_CODE },
    { "__type", AG_CLASSIFY_AS_CODE },
    { "status", AG_CLASSIFY_AS_CODE | AG_CLASSIFY_AS_STATUS },
    { "statusCode", AG_CLASSIFY_AS_STATUS },
    { "reason", AG_CLASSIFY_AS_CODE },
    { "error_code", AG_CLASSIFY_AS_CODE },
    { "error_type", AG_CLASSIFY_AS_CODE },
    { "limit_source", AG_CLASSIFY_AS_CODE },

    { "message", AG_CLASSIFY_AS_TEXT | AG_CLASSIFY_DOWN },
    { "Message", AG_CLASSIFY_AS_TEXT },
    { "msg", AG_CLASSIFY_AS_TEXT },
    { "quotaId", AG_CLASSIFY_AS_TEXT },
    { "quota_limit", AG_CLASSIFY_AS_TEXT },

    { "response", AG_CLASSIFY_DOWN },
    { "error", AG_CLASSIFY_AS_CODE | AG_CLASSIFY_AS_TEXT | AG_CLASSIFY_DOWN
               | AG_CLASSIFY_ERROR },
    { "errors", AG_CLASSIFY_DOWN | AG_CLASSIFY_ERROR },
    { "detail", AG_CLASSIFY_AS_TEXT | AG_CLASSIFY_DOWN | AG_CLASSIFY_ERROR },

    { "details", AG_CLASSIFY_DOWN | AG_CLASSIFY_WITHIN },
    { "violations", AG_CLASSIFY_DOWN | AG_CLASSIFY_WITHIN },
    { "metadata", AG_CLASSIFY_DOWN | AG_CLASSIFY_WITHIN },
    { "innererror", AG_CLASSIFY_DOWN | AG_CLASSIFY_WITHIN },
    { "innerError", AG_CLASSIFY_DOWN | AG_CLASSIFY_WITHIN },

    { "raw", AG_CLASSIFY_AS_TEXT | AG_CLASSIFY_WITHIN | AG_CLASSIFY_BEHIND },
    { "provider_code", AG_CLASSIFY_AS_CODE | AG_CLASSIFY_WITHIN
                       | AG_CLASSIFY_BEHIND },

    { NULL, 0 }
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
    unsigned              when;
    ag_error_class_t      class;
    ag_classify_error_t   error;

    if (!ag_classify_has_body(status)) {
        return ag_error_of_status(status);
    }

    error.own.code_count = 0;
    error.own.text_count = 0;
    error.behind.code_count = 0;
    error.behind.text_count = 0;
    error.objects = 0;
    error.status = 0;

    ag_classify_walk(&error, root, status >= 400, 0);

    if (status < 400) {
        status = error.status;
    }

    when = ag_classify_when(status);
    class = ag_classify_find(&error.own, when);

    if (class != AG_E_NONE) {
        return class;
    }

    /* whose fault the rest is cannot be told from behind a router */

    class = ag_classify_find(&error.behind, when);

    if (class == AG_E_CONTEXT_LENGTH || class == AG_E_CONTENT_POLICY) {
        return class;
    }

    return (status != 0) ? ag_error_of_status(status) : AG_E_BAD_RESPONSE;
}


/* A redirect is never followed and its body says nothing; 0 and 2xx do. */
static unsigned
ag_classify_has_body(unsigned status)
{
    return status == 0 || (status >= 200 && status < 300) || status >= 400;
}


/* The statuses that rows tell apart. */
static unsigned
ag_classify_when(unsigned status)
{
    switch (status) {

    case 0:
        return AG_CLASSIFY_BARE;

    case 400:
    case 413:
    case 422:
        return AG_CLASSIFY_BAD;

    case 401:
    case 402:
    case 403:
        return AG_CLASSIFY_DENIED;

    case 429:
        return AG_CLASSIFY_LIMITED;

    default:
        return (status >= 500) ? AG_CLASSIFY_FAILED : AG_CLASSIFY_OTHER;
    }
}


/*
 * Reads the members of an object, or those of an array's objects.  "within":
 * it is the error, and nobody but the provider wrote its names.
 */
static void
ag_classify_walk(ag_classify_error_t *error, yyjson_val *value,
    unsigned within, unsigned depth)
{
    size_t                       i, count;
    yyjson_val                  *key, *inner;
    const ag_classify_member_t  *member;

    if (depth == AG_CLASSIFY_DEPTH_MAX) {
        return;
    }

    yyjson_arr_foreach(value, i, count, inner) {
        if (error->objects == AG_CLASSIFY_OBJECTS_MAX) {
            return;
        }

        if (yyjson_is_obj(inner)) {
            ag_classify_walk(error, inner, within, depth + 1);
        }
    }

    if (!yyjson_is_obj(value) || error->objects == AG_CLASSIFY_OBJECTS_MAX) {
        return;
    }

    error->objects++;

    yyjson_obj_foreach(value, i, count, key, inner) {
        if (i == AG_CLASSIFY_MEMBERS_MAX) {
            return;
        }

        member = ag_classify_member(key);

        if (member == NULL || ((member->as & AG_CLASSIFY_WITHIN) && !within)) {
            continue;
        }

        if (!yyjson_is_ctn(inner)) {
            ag_classify_read(error, inner, member->as);

        } else if (member->as & AG_CLASSIFY_DOWN) {
            ag_classify_walk(error, inner,
                             within || (member->as & AG_CLASSIFY_ERROR),
                             depth + 1);
        }
    }
}


/* What is too long for a code, or one too many, is left out. */
static void
ag_classify_read(ag_classify_error_t *error, yyjson_val *value, unsigned as)
{
    ag_str_t              text;
    ag_classify_words_t  *words;

    text = ag_json_text(value);
    words = (as & AG_CLASSIFY_BEHIND) ? &error->behind : &error->own;

    if ((as & AG_CLASSIFY_AS_STATUS) && error->status == 0) {
        ag_classify_number(error, value);
    }

    if ((as & AG_CLASSIFY_AS_CODE)
        && text.len > 0 && text.len <= AG_CLASSIFY_CODE_MAX
        && words->code_count < AG_CLASSIFY_WORDS_MAX)
    {
        words->codes[words->code_count++] = text;
    }

    if ((as & AG_CLASSIFY_AS_TEXT)
        && text.len > 0 && words->text_count < AG_CLASSIFY_WORDS_MAX)
    {
        words->texts[words->text_count++] = text;
    }
}


/* 429 or "429", if it is the status of an error. */
static void
ag_classify_number(ag_classify_error_t *error, yyjson_val *value)
{
    int64_t   number;
    ag_str_t  text;

    text = ag_json_text(value);
    number = (int64_t) ag_json_count(value, 600);

    if (text.len > 0 && ag_json_integer(text, 0, 600, &number) != AG_OK) {
        return;
    }

    if (number >= 400 && number <= 599) {
        error->status = (unsigned) number;
    }
}


static const ag_classify_member_t *
ag_classify_member(yyjson_val *key)
{
    const ag_classify_member_t  *member;

    for (member = ag_classify_members; member->name != NULL; member++) {
        if (yyjson_equals_str(key, member->name)) {
            return member;
        }
    }

    return NULL;
}
