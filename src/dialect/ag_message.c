/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the sentence in a provider's error.  Judges nothing about it: that is
 * ag_classify.c's.  Its text is raw; ag_sanitize() comes next.
 */


#include "dialect/ag_message.h"
#include "dialect/ag_dialect.h"


#define AG_MESSAGE_PLACES    8
#define AG_MESSAGE_WORD_MAX  64     /* bytes of a code or a parameter */


static ag_str_t ag_message_find(yyjson_val *root);
static int ag_message_add(ag_buf_t *out, ag_str_t text);
static int ag_message_add_word(ag_buf_t *out, yyjson_val *value);


int
ag_message_read(ag_str_t body, ag_buf_t *out)
{
    int          rc;
    ag_str_t     text;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;

    doc = ag_json_tree(body, scratch, sizeof(scratch));
    text = ag_message_find(yyjson_doc_get_root(doc));

    rc = (text.len != 0) ? ag_message_add(out, text) : AG_NONE;

    yyjson_doc_free(doc);

    return rc;
}


static ag_str_t
ag_message_find(yyjson_val *root)
{
    size_t       i;
    ag_str_t     text;
    yyjson_val  *error, *message, *detail, *places[AG_MESSAGE_PLACES];

    if (yyjson_is_arr(root)) {
        root = yyjson_arr_get_first(root);      /* Gemini's */
    }

    error = yyjson_obj_get(root, "error");

    message = yyjson_obj_get(root, "message");
    detail = yyjson_obj_get(root, "detail");

    places[0] = yyjson_obj_get(error, "message");
    places[1] = message;
    places[2] = error;
    places[3] = detail;

    /* lists of what is wrong with a field each: the first one is said */

    places[4] = yyjson_obj_get(yyjson_arr_get_first(detail), "msg");
    detail = yyjson_obj_get(message, "detail");
    places[5] = yyjson_obj_get(yyjson_arr_get_first(detail), "msg");
    places[6] = yyjson_obj_get(yyjson_arr_get_first(
                                   yyjson_obj_get(root, "errors")),
                               "message");
    places[7] = yyjson_obj_get(root, "Message");

    for (i = 0; i < AG_MESSAGE_PLACES; i++) {
        text = ag_json_text(places[i]);

        if (text.len != 0) {
            return text;
        }
    }

    return ag_str(NULL, 0);
}


static int
ag_message_add(ag_buf_t *out, ag_str_t text)
{
    int        rc;
    size_t     i, from;
    ag_char_t  c;

    from = out->len;
    rc = ag_buf_add(out, text.data, text.len);

    for (i = from; rc == AG_OK && i < out->len; i++) {
        c = out->data[i];

        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            out->data[i] = ' ';
        }
    }

    return rc;
}


int
ag_message_read_words(ag_str_t body, ag_buf_t *code, ag_buf_t *param)
{
    int          rc;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *error;

    doc = ag_json_tree(body, scratch, sizeof(scratch));
    error = yyjson_obj_get(yyjson_doc_get_root(doc), "error");

    rc = ag_message_add_word(code, yyjson_obj_get(error, "code"));

    if (rc == AG_OK || rc == AG_NONE) {
        rc = ag_message_add_word(param, yyjson_obj_get(error, "param"));
    }

    yyjson_doc_free(doc);

    return (rc == AG_NONE && code->len > 0) ? AG_OK : rc;
}


static int
ag_message_add_word(ag_buf_t *out, yyjson_val *value)
{
    size_t     i;
    ag_str_t   word;
    ag_char_t  c, letter;

    word = ag_json_text(value);

    if (word.len == 0 || word.len > AG_MESSAGE_WORD_MAX) {
        return AG_NONE;
    }

    for (i = 0; i < word.len; i++) {
        c = word.data[i];
        letter = (ag_char_t) (c | 0x20);

        if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9')
            && c != '.' && c != '_' && c != '[' && c != ']' && c != '-')
        {
            return AG_NONE;
        }
    }

    return ag_buf_add(out, word.data, word.len);
}


unsigned
ag_message_forwards(ag_error_class_t class)
{
    return class == AG_E_INVALID_REQUEST || class == AG_E_CONTEXT_LENGTH
           || class == AG_E_CONTENT_POLICY || class == AG_E_NOT_FOUND;
}


unsigned
ag_message_is_own(ag_error_class_t class)
{
    return class == AG_E_RATE_LIMIT || class == AG_E_UNAVAILABLE
           || class == AG_E_PROVIDER_ERROR || class == AG_E_CREDENTIALS
           || class == AG_E_CONFLICT;
}
