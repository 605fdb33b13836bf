/*
 * Copyright (C) ngx_agent authors
 *
 * Reads a file of model facts.  Strictly: a word that nobody knows may be a
 * misspelt refusal, and the call that breaks for it breaks much later.
 */


#include "dialect/ag_facts_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


static size_t ag_facts_read_line(ag_str_t text, size_t at);
static int ag_facts_read_tree(ag_facts_reader_t *reader, yyjson_val *root);
static int ag_facts_read_member(ag_facts_reader_t *reader, yyjson_val *key,
    const ag_facts_member_t *members, size_t count, uint32_t *seen,
    void *out);
static int ag_facts_read_dated(ag_facts_reader_t *reader, yyjson_val *value,
    void *out);
static int ag_facts_read_models(ag_facts_reader_t *reader,
    yyjson_val *value, void *out);
static int ag_facts_read_sort(ag_facts_reader_t *reader);
static int ag_facts_read_order(const void *one, const void *two);
static void ag_facts_read_show(char *out, size_t size, ag_str_t text);


static const ag_facts_member_t  ag_facts_read_file[] = {
    { "dated", ag_facts_read_dated, offsetof(ag_facts_table_t, dated), 1 },
    { "models", ag_facts_read_models, 0, 1 }
};


int
ag_facts_read(ag_facts_table_t *table, ag_arena_t *arena, ag_str_t text,
    char *error, size_t size)
{
    int                rc;
    ag_json_t          json;
    yyjson_doc        *doc;
    ag_facts_reader_t  reader;

    memset(table, 0, sizeof(ag_facts_table_t));
    table->arena = arena;

    memset(&reader, 0, sizeof(ag_facts_reader_t));
    reader.table = table;
    reader.error = error;
    reader.size = size;
    reader.within = "";

    if (text.len > AG_FACTS_FILE_MAX) {
        (void) ag_facts_read_fail(&reader, "the file is larger than %d bytes",
                                  AG_FACTS_FILE_MAX);
        return AG_LIMIT;
    }

    rc = ag_json_scan(&json, text);

    if (rc != AG_OK) {
        (void) ag_facts_read_fail(&reader, "line %zu: %s",
                                  ag_facts_read_line(text, json.error_at),
                                  json.error);
        return rc;
    }

    doc = ag_json_tree(text, NULL, 0);

    if (doc == NULL) {
        return AG_NOMEM;
    }

    rc = ag_facts_read_tree(&reader, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return rc;
}


static size_t
ag_facts_read_line(ag_str_t text, size_t at)
{
    size_t  i, line;

    line = 1;

    for (i = 0; i < at && i < text.len; i++) {
        if (text.data[i] == '\n') {
            line++;
        }
    }

    return line;
}


static int
ag_facts_read_tree(ag_facts_reader_t *reader, yyjson_val *root)
{
    int  rc;

    rc = ag_facts_read_members(reader, root, ag_facts_read_file, 2,
                               reader->table);

    return (rc == AG_OK) ? ag_facts_read_sort(reader) : rc;
}


int
ag_facts_read_members(ag_facts_reader_t *reader, yyjson_val *object,
    const ag_facts_member_t *members, size_t count, void *out)
{
    int              rc;
    size_t           i;
    uint32_t         seen;
    yyjson_val      *key;
    yyjson_obj_iter  iter;

    if (!yyjson_is_obj(object)) {
        return ag_facts_read_expected(reader, object, "expected an object");
    }

    reader->member = NULL;
    seen = 0;
    yyjson_obj_iter_init(object, &iter);

    for (key = yyjson_obj_iter_next(&iter); key != NULL;
         key = yyjson_obj_iter_next(&iter))
    {
        rc = ag_facts_read_member(reader, key, members, count, &seen, out);

        if (rc != AG_OK) {
            return rc;
        }
    }

    for (i = 0; i < count; i++) {
        if (members[i].required && (seen & (1u << i)) == 0) {
            reader->member = members[i].name;
            return ag_facts_read_fail(reader, "is missing");
        }
    }

    return AG_OK;
}


static int
ag_facts_read_member(ag_facts_reader_t *reader, yyjson_val *key,
    const ag_facts_member_t *members, size_t count, uint32_t *seen, void *out)
{
    int     rc;
    size_t  i;

    rc = ag_facts_read_word(reader, key, members, sizeof(members[0]), count,
                            &i);

    if (rc != AG_OK) {
        return rc;
    }

    reader->member = members[i].name;

    if (*seen & (1u << i)) {
        return ag_facts_read_fail(reader, "is there twice");
    }

    *seen |= 1u << i;

    rc = members[i].read(reader, yyjson_obj_iter_get_val(key),
                         (ag_char_t *) out + members[i].offset);

    if (rc == AG_OK) {
        reader->member = NULL;
    }

    return rc;
}


static int
ag_facts_read_dated(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    size_t       i;
    ag_char_t    c;
    ag_str_t     text;
    const char  *form;

    form = "0000-00-00";
    text = ag_json_text(value);

    for (i = 0; i < text.len && form[i] != '\0'; i++) {
        c = text.data[i];

        if ((form[i] == '-') ? (c != '-') : (c < '0' || c > '9')) {
            break;
        }
    }

    if (i < text.len || form[i] != '\0') {
        return ag_facts_read_expected(reader, value,
                                      "expected a day such as 2026-11-20");
    }

    return ag_facts_read_text(reader, text, out);
}


static int
ag_facts_read_models(ag_facts_reader_t *reader, yyjson_val *value, void *out)
{
    int                rc;
    size_t             count;
    yyjson_val        *row;
    yyjson_arr_iter    iter;
    ag_facts_table_t  *table;

    if (!yyjson_is_arr(value)) {
        return ag_facts_read_expected(reader, value, "expected an array");
    }

    table = out;
    count = yyjson_arr_size(value);

    if (count > AG_FACTS_ROWS_MAX) {
        (void) ag_facts_read_fail(reader, "%zu rows, at most %d", count,
                                  AG_FACTS_ROWS_MAX);
        return AG_LIMIT;
    }

    /* one more: nothing is not no memory */

    table->rows = ag_arena_alloc(table->arena,
                                 (count + 1) * sizeof(ag_facts_t));

    if (table->rows == NULL) {
        return AG_NOMEM;
    }

    yyjson_arr_iter_init(value, &iter);

    for (row = yyjson_arr_iter_next(&iter); row != NULL;
         row = yyjson_arr_iter_next(&iter))
    {
        rc = ag_facts_row(reader, row, &table->rows[table->count]);

        if (rc != AG_OK) {
            return rc;
        }

        table->count++;
    }

    reader->row = 0;

    return AG_OK;
}


/* Brings the rows in the order of ag_facts_find(); equals then touch. */
static int
ag_facts_read_sort(ag_facts_reader_t *reader)
{
    uint32_t     i;
    ag_facts_t  *rows;

    rows = reader->table->rows;

    qsort(rows, reader->table->count, sizeof(ag_facts_t),
          ag_facts_read_order);

    for (i = 1; i < reader->table->count; i++) {
        if (ag_facts_order(rows[i - 1].name, rows[i].name) == 0) {
            return ag_facts_read_fail(reader,
                                      "models: two rows of \"%.*s\"",
                                      (int) rows[i].name.len,
                                      (const char *) rows[i].name.data);
        }
    }

    return AG_OK;
}


static int
ag_facts_read_order(const void *one, const void *two)
{
    const ag_facts_t  *a, *b;

    a = one;
    b = two;

    return ag_facts_order(a->name, b->name);
}


int
ag_facts_read_word(ag_facts_reader_t *reader, yyjson_val *value,
    const void *words, size_t size, size_t count, size_t *out)
{
    char                allowed[AG_FACTS_ERROR_MAX];
    size_t              i, len;
    const char *const  *word;

    len = 0;
    *out = 0;

    for (i = 0; i < count && len < sizeof(allowed); i++) {
        word = (const void *) ((const ag_char_t *) words + i * size);

        if (ag_str_is(ag_json_text(value), *word)) {
            *out = i;
            return AG_OK;
        }

        len += (size_t) snprintf(allowed + len, sizeof(allowed) - len,
                                 "%s%s", i ? ", " : "allowed are ", *word);
    }

    return ag_facts_read_expected(reader, value, allowed);
}


int
ag_facts_read_text(ag_facts_reader_t *reader, ag_str_t text, ag_str_t *out)
{
    *out = ag_arena_copy(reader->table->arena, text);

    return (out->data == NULL) ? AG_NOMEM : AG_OK;
}


int
ag_facts_read_expected(ag_facts_reader_t *reader, yyjson_val *value,
    const char *allowed)
{
    char  shown[AG_FACTS_SHOWN_MAX];

    if (yyjson_is_str(value) || yyjson_is_raw(value)) {
        ag_facts_read_show(shown, sizeof(shown),
                           ag_str(unsafe_yyjson_get_str(value),
                                  yyjson_get_len(value)));
        return ag_facts_read_fail(reader, "\"%s\" is not allowed, %s",
                                  shown, allowed);
    }

    if (yyjson_is_num(value)) {
        return ag_facts_read_fail(reader, "%.10g is not allowed, %s",
                                  yyjson_get_num(value), allowed);
    }

    return ag_facts_read_fail(reader, "%s is not allowed, %s",
                              yyjson_get_type_desc(value), allowed);
}


int
ag_facts_read_fail(ag_facts_reader_t *reader, const char *format, ...)
{
    char     name[AG_FACTS_SHOWN_MAX], row[AG_FACTS_SHOWN_MAX + 32];
    char     text[AG_FACTS_ERROR_MAX];
    va_list  arguments;

    row[0] = '\0';

    if (reader->row != 0) {
        ag_facts_read_show(name, sizeof(name), reader->name);
        (void) snprintf(row, sizeof(row), "models[%" PRIu32 "] \"%s\": ",
                        reader->row - 1, name);
    }

    va_start(arguments, format);
    (void) vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);

    (void) snprintf(reader->error, reader->size, "%s%s%s%s%s", row,
                    reader->within,
                    (reader->member != NULL) ? reader->member : "",
                    (reader->member != NULL) ? ": " : "", text);

    return AG_INVALID;
}


/* A text of the file for an error: cut, on one line, terminated. */
static void
ag_facts_read_show(char *out, size_t size, ag_str_t text)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len && i < size - 1; i++) {
        c = text.data[i];
        out[i] = (char) ((c < 0x20 || c == 0x7f) ? '?' : c);
    }

    out[i] = '\0';
}
