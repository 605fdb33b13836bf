/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the sentence in a provider's error.  Judges nothing about it: that is
 * ag_classify.c's.  Its text is raw; ag_sanitize() comes next.
 */


#include "dialect/ag_message.h"
#include "dialect/ag_dialect.h"


static ag_str_t ag_message_find(yyjson_val *root);
static int ag_message_add(ag_buf_t *out, ag_str_t text);


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
    yyjson_val  *error, *places[4];

    if (yyjson_is_arr(root)) {
        root = yyjson_arr_get_first(root);      /* Gemini's */
    }

    error = yyjson_obj_get(root, "error");

    places[0] = yyjson_obj_get(error, "message");
    places[1] = yyjson_obj_get(root, "message");
    places[2] = error;
    places[3] = yyjson_obj_get(root, "detail");

    for (i = 0; i < 4; i++) {
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
