/*
 * Copyright (C) ngx_agent authors
 *
 * The page of GET /v1/usage.  Shows what is, without the names of what nobody
 * has: a key or a pattern of models that is empty is null.
 */


#include "core/ag_standing_parts.h"


static void ag_standing_rows(ag_standing_writer_t *writer,
    const ag_standing_row_t *rows, size_t count, int money);
static void ag_standing_row(ag_standing_writer_t *writer,
    const ag_standing_row_t *row);


/* As in the configuration; in the order of ag_resource_t. */
static const char *const  ag_standing_resources[] = {
    "requests", "tokens", "input_tokens", "output_tokens", "concurrency",
    "money"
};


int
ag_standing_page(ag_buf_t *out, ag_str_t tenant, ag_str_t key,
    const ag_standing_row_t *rows, size_t count)
{
    size_t                before;
    ag_standing_writer_t  writer;

    before = out->len;
    writer.buf = out;
    writer.rc = AG_OK;

    ag_standing_put(&writer, "{\"object\":\"usage\"");
    ag_standing_put_json(&writer, ",\"tenant\":", tenant, "\"\"");
    ag_standing_put_json(&writer, ",\"key\":", key, "null");
    ag_standing_put(&writer, ",\"limits\":[");
    ag_standing_rows(&writer, rows, count, 0);
    ag_standing_put(&writer, "],\"budgets\":[");
    ag_standing_rows(&writer, rows, count, 1);
    ag_standing_put(&writer, "]}");

    if (writer.rc != AG_OK) {
        out->len = before;
    }

    return writer.rc;
}


static void
ag_standing_rows(ag_standing_writer_t *writer, const ag_standing_row_t *rows,
    size_t count, int money)
{
    size_t       i;
    const char  *comma;

    comma = "";

    for (i = 0; i < count; i++) {
        if ((rows[i].limit->resource == AG_RESOURCE_MONEY) == money) {
            ag_standing_put(writer, comma);
            ag_standing_row(writer, &rows[i]);
            comma = ",";
        }
    }
}


static void
ag_standing_row(ag_standing_writer_t *writer, const ag_standing_row_t *row)
{
    uint64_t              used;
    ag_resource_t         resource;
    const ag_standing_t  *standing;

    resource = row->limit->resource;
    standing = &row->standing;

    used = (standing->remaining < standing->limit)
           ? standing->limit - standing->remaining : 0;

    ag_standing_put_json(writer, "{\"name\":", row->name, "null");
    ag_standing_put(writer, ",\"resource\":\"");
    ag_standing_put(writer, ag_standing_resources[resource]);
    ag_standing_put(writer, (resource == AG_RESOURCE_MONEY)
                            ? "\",\"currency\":\"USD\"" : "\"");
    ag_standing_put_json(writer, ",\"model\":", row->model, "null");
    ag_standing_put_json(writer, ",\"by\":", row->by, "null");

    ag_standing_put(writer, ",\"limit\":");
    ag_standing_put_amount(writer, resource, standing->limit);
    ag_standing_put(writer, ",\"used\":");
    ag_standing_put_amount(writer, resource, used);
    ag_standing_put(writer, ",\"remaining\":");
    ag_standing_put_amount(writer, resource, standing->remaining);
    ag_standing_put(writer, ",\"reset_seconds\":");

    /* a call ends when it ends */

    if (row->limit->kind == AG_WINDOW_COUNT) {
        ag_standing_put(writer, "null");

    } else {
        ag_standing_put_seconds(writer, standing->reset);
    }

    ag_standing_put(writer, "}");
}
