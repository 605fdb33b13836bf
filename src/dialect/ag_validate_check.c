/*
 * Copyright (C) ngx_agent authors
 *
 * Holds an answer against what was asked of it, and mends its texts.
 *
 * Mending comes first: all else is asked of the text that a client will see.
 * A text beside a tool call is no answer yet, and nothing is asked of it.
 */


#include "core/ag_extract.h"
#include "dialect/ag_validate_parts.h"


/* How a piece must look, and what is wrong if it does not. */
typedef struct {
    const ag_schema_t  *schema;     /* NULL: any JSON */
    const char         *unreadable; /* it is not JSON */
    const char         *unfit;      /* it is, and breaks the schema */
    unsigned            bare:1;     /* JSON and nothing around it */
    unsigned            lenient:1;  /* a schema that takes too long holds */
    unsigned            object:1;   /* nothing but an object */
    unsigned            empty:1;    /* nothing stands for {} */
    unsigned            streamed:1; /* the same, and cannot be changed */
} ag_validate_form_t;


static int ag_validate_check_choice(const ag_validate_rule_t *rule,
    ag_validate_promise_t *promise, ag_validate_choice_t *choice,
    ag_validate_result_t *result);
static int ag_validate_check_tag(const ag_validate_rule_t *rule,
    ag_validate_choice_t *choice, ag_validate_result_t *result);
static int ag_validate_check_call(ag_validate_promise_t *promise,
    ag_validate_call_t *call, unsigned streamed,
    ag_validate_result_t *result);
static int ag_validate_check_form(ag_validate_piece_t *piece, ag_str_t text,
    const ag_validate_form_t *form, ag_validate_result_t *result);
static int ag_validate_check_value(ag_str_t text,
    const ag_validate_form_t *form);
static int ag_validate_check_mend(ag_str_t text,
    const ag_validate_form_t *form, ag_buf_t *out);
static int ag_validate_check_replace(ag_validate_piece_t *piece,
    ag_str_t text, ag_str_t mended);
static ag_str_t ag_validate_check_from(ag_str_t text, size_t at);
static unsigned ag_validate_check_is_blank(ag_str_t text);
static size_t ag_validate_check_characters(ag_str_t text);
static int ag_validate_check_fail(ag_validate_result_t *result,
    const char *reason);


int
ag_validate_check(const ag_validate_rule_t *rule,
    ag_validate_promise_t *promise, ag_validate_answer_t *answer,
    ag_validate_result_t *result)
{
    int                          rc;
    size_t                       i;
    ag_validate_call_t          *call;
    const ag_validate_choice_t  *choice;

    if (answer->choice_count == 0) {
        return ag_validate_check_fail(result, "no answer");
    }

    for (i = 0; i < answer->choice_count; i++) {
        rc = ag_validate_check_choice(rule, promise, &answer->choices[i],
                                      result);
        if (rc != AG_OK) {
            return rc;
        }
    }

    for (i = 0; rule->request && i < answer->call_count; i++) {
        call = &answer->calls[i];
        choice = &answer->choices[call->choice];

        if (choice->cut || choice->refused) {
            continue;
        }

        rc = ag_validate_check_call(promise, call, answer->streamed, result);
        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_validate_check_choice(const ag_validate_rule_t *rule,
    ag_validate_promise_t *promise, ag_validate_choice_t *choice,
    ag_validate_result_t *result)
{
    int                 rc;
    ag_str_t            text;
    ag_validate_form_t  form;

    if (choice->waits) {
        return AG_OK;
    }

    if (rule->request && promise->json && !choice->cut && !choice->refused) {
        memset(&form, 0, sizeof(form));
        form.schema = ag_validate_promise_schema(&promise->schema);
        form.unreadable = "the text is not JSON";
        form.unfit = "the text breaks the schema of the request";
        form.bare = 1;
        form.lenient = 1;

        text = ag_validate_check_from(ag_buf_str(&choice->piece.text),
                                      choice->last_at);

        rc = ag_validate_check_form(&choice->piece, text, &form, result);
        if (rc != AG_OK) {
            return rc;
        }
    }

    rc = ag_validate_check_tag(rule, choice, result);
    if (rc != AG_OK) {
        return rc;
    }

    text = ag_buf_str(&choice->piece.text);

    if (rule->regex != NULL && ag_regex_match(rule->regex, text) != AG_OK) {
        return ag_validate_check_fail(result, "the text does not match");
    }

    if (ag_validate_check_characters(text) < rule->min_length) {
        return ag_validate_check_fail(result, "the text is too short");
    }

    return AG_OK;
}


/* The operator's tag, and the JSON that stands there or in the last text. */
static int
ag_validate_check_tag(const ag_validate_rule_t *rule,
    ag_validate_choice_t *choice, ag_validate_result_t *result)
{
    ag_str_t            text;
    ag_validate_form_t  form;

    text = ag_buf_str(&choice->piece.text);

    if (rule->tag.len > 0) {
        if (ag_extract_tag(text, rule->tag, &text) != AG_OK) {
            return ag_validate_check_fail(result, "the tag is missing");
        }

        if (text.len == 0) {
            return ag_validate_check_fail(result, "the tag is empty");
        }

    } else {
        text = ag_validate_check_from(text, choice->last_at);
    }

    if (!rule->json && rule->schema == NULL) {
        return AG_OK;
    }

    memset(&form, 0, sizeof(form));
    form.schema = rule->schema;
    form.unreadable = "the text holds no JSON";
    form.unfit = "the text breaks the schema";

    return ag_validate_check_form(&choice->piece, text, &form, result);
}


static int
ag_validate_check_call(ag_validate_promise_t *promise,
    ag_validate_call_t *call, unsigned streamed, ag_validate_result_t *result)
{
    int                  rc;
    ag_validate_form_t   form;
    ag_validate_tool_t  *tool;

    rc = ag_validate_promise_find(promise, ag_buf_str(&call->name), &tool);

    if (rc != AG_OK) {
        return (rc == AG_NONE) ? ag_validate_check_fail(result, "unknown tool")
                               : rc;
    }

    memset(&form, 0, sizeof(form));
    form.unreadable = "the arguments of a tool are not JSON";
    form.unfit = "the arguments of a tool break its schema";
    form.bare = 1;
    form.lenient = 1;
    form.object = call->object;
    form.empty = 1;
    form.streamed = streamed & 1;

    if (tool != NULL) {
        form.schema = ag_validate_promise_schema(&tool->schema);
    }

    return ag_validate_check_form(&call->piece,
                                  ag_buf_str(&call->piece.text), &form,
                                  result);
}


/* Checks "text", a span of the piece's, and mends it there if it must. */
static int
ag_validate_check_form(ag_validate_piece_t *piece, ag_str_t text,
    const ag_validate_form_t *form, ag_validate_result_t *result)
{
    int       rc;
    ag_buf_t  mended;
    ag_str_t  json;

    rc = ag_validate_check_value(text, form);

    if (rc == AG_NONE && !form->bare
        && ag_extract_json(text, &json) == AG_OK)
    {
        rc = ag_validate_check_value(json, form);
    }

    /* what was streamed cannot be changed; clients read it as {} */

    if (rc == AG_NONE && form->streamed && ag_validate_check_is_blank(text))
    {
        rc = ag_validate_check_value(ag_str("{}", 2), form);
    }

    ag_buf_init(&mended, AG_ANSWER_MAX);

    /* a text of several strings, or one that was sent, stays as it is */

    if (rc == AG_NONE && piece->string.data != NULL
        && (text.len == 0
            || text.data >= piece->text.data + piece->string_at))
    {
        rc = ag_validate_check_mend(text, form, &mended);

        if (rc == AG_OK) {
            rc = ag_validate_check_replace(piece, text,
                                           ag_buf_str(&mended));
        }
    }

    ag_buf_free(&mended);

    if (rc == AG_NONE) {
        return ag_validate_check_fail(result, form->unreadable);
    }

    if (rc == AG_INVALID) {
        return ag_validate_check_fail(result, form->unfit);
    }

    return rc;
}


/* AG_NONE: not JSON.  AG_INVALID: JSON that is not of the form. */
static int
ag_validate_check_value(ag_str_t text, const ag_validate_form_t *form)
{
    int                rc;
    yyjson_doc        *doc;
    yyjson_val        *root;
    ag_schema_error_t  error;

    if (text.len > AG_JSON_TREE_MAX) {
        return AG_LIMIT;
    }

    doc = ag_json_tree(text, NULL, 0);

    if (doc == NULL) {
        return AG_NONE;
    }

    root = yyjson_doc_get_root(doc);
    rc = (form->object && !yyjson_is_obj(root)) ? AG_INVALID : AG_OK;

    if (rc == AG_OK && form->schema != NULL) {
        rc = ag_schema_check(form->schema, root, &error);
    }

    yyjson_doc_free(doc);

    return (rc == AG_LIMIT && form->lenient) ? AG_OK : rc;
}


/* Adds what was meant to "out"; returns as ag_validate_check_value(). */
static int
ag_validate_check_mend(ag_str_t text, const ag_validate_form_t *form,
    ag_buf_t *out)
{
    int  rc;

    if (form->empty && ag_validate_check_is_blank(text)) {
        rc = ag_buf_add_string(out, "{}");

    } else {
        rc = ag_extract_repair(text, out);
    }

    /* what takes too long to mend is not mended */

    if (rc == AG_INVALID || rc == AG_LIMIT) {
        return AG_NONE;
    }

    return (rc == AG_OK) ? ag_validate_check_value(ag_buf_str(out), form) : rc;
}


/* Puts "mended" in the place of "text", a span of the piece's. */
static int
ag_validate_check_replace(ag_validate_piece_t *piece, ag_str_t text,
    ag_str_t mended)
{
    int       rc;
    ag_buf_t  made;
    ag_str_t  before, after;

    before = ag_buf_str(&piece->text);

    if (text.len > 0) {
        before.len = (size_t) (text.data - before.data);
    }

    after = ag_validate_check_from(ag_buf_str(&piece->text),
                                   before.len + text.len);

    ag_buf_init(&made, AG_ANSWER_MAX);

    rc = ag_buf_add(&made, before.data, before.len);

    if (rc == AG_OK) {
        rc = ag_buf_add(&made, mended.data, mended.len);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(&made, after.data, after.len);
    }

    if (rc != AG_OK) {
        ag_buf_free(&made);
        return rc;
    }

    ag_buf_free(&piece->text);
    piece->text = made;
    piece->mended = 1;

    return AG_OK;
}


/* The text from "at" on; without data if nothing is there. */
static ag_str_t
ag_validate_check_from(ag_str_t text, size_t at)
{
    return (at < text.len) ? ag_str(text.data + at, text.len - at)
                           : ag_str(NULL, 0);
}


static unsigned
ag_validate_check_is_blank(ag_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\0'
            || strchr(" \t\r\n", text.data[i]) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* Bytes that do not go on with a character of UTF-8. */
static size_t
ag_validate_check_characters(ag_str_t text)
{
    size_t  i, characters;

    characters = 0;

    for (i = 0; i < text.len; i++) {
        characters += ((text.data[i] & 0xc0) != 0x80);
    }

    return characters;
}


static int
ag_validate_check_fail(ag_validate_result_t *result, const char *reason)
{
    result->reason = reason;

    return AG_INVALID;
}
