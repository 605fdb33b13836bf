/*
 * Copyright (C) ngx_agent authors
 *
 * The parts of a message's content.  A part of a kind that its role cannot
 * have is refused here, with the client's own path: no provider would
 * understand it, and some would forget it.
 */


#include "dialect/ag_openai_ask_parts.h"


#define AG_OPENAI_SCRATCH  1024     /* bytes: the tree of a short text */


typedef int (*ag_openai_part_pt)(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);


typedef struct {
    const char         *type;       /* and the member that holds it */
    unsigned            kind;
    ag_openai_part_pt   read;
} ag_openai_kind_t;


static int ag_openai_ask_part(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, unsigned allowed);
static int ag_openai_ask_part_string(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);
static int ag_openai_ask_part_refusal(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);
static int ag_openai_ask_part_image(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);
static int ag_openai_ask_part_file(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);
static int ag_openai_ask_part_audio(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value);
static int ag_openai_ask_part_append(ag_openai_ask_t *a, ag_part_t ***last,
    ag_part_kind_t kind, yyjson_val *value, ag_part_t **part);
static int ag_openai_ask_part_invalid(ag_openai_ask_t *a);


static const ag_openai_kind_t  ag_openai_kinds[] = {
    { "text", AG_OPENAI_TEXT, ag_openai_ask_part_string },
    { "refusal", AG_OPENAI_REFUSAL, ag_openai_ask_part_refusal },
    { "image_url", AG_OPENAI_MEDIA, ag_openai_ask_part_image },
    { "file", AG_OPENAI_MEDIA, ag_openai_ask_part_file },
    { "input_audio", AG_OPENAI_AUDIO, ag_openai_ask_part_audio }
};


/* A string is one part; null is none. */
int
ag_openai_ask_part_content(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value, unsigned allowed)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *part;

    if (value == NULL || yyjson_is_null(value)) {
        return AG_OK;
    }

    if (yyjson_is_str(value)) {
        return ag_openai_ask_part_text(a, last, AG_PART_TEXT,
                                       ag_json_text(value));
    }

    if (!yyjson_is_arr(value)) {
        return ag_openai_ask_part_invalid(a);
    }

    yyjson_arr_foreach(value, i, count, part) {
        rc = ag_openai_ask_part(a, last, part, allowed);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_openai_ask_part(ag_openai_ask_t *a, ag_part_t ***last, yyjson_val *part,
    unsigned allowed)
{
    size_t                   i;
    ag_str_t                 type;
    const ag_openai_kind_t  *kind;

    type = ag_json_text(yyjson_obj_get(part, "type"));

    for (i = 0; i < sizeof(ag_openai_kinds) / sizeof(ag_openai_kind_t); i++) {
        kind = &ag_openai_kinds[i];

        if ((kind->kind & allowed) && ag_str_is(type, kind->type)) {
            return kind->read(a, last, part,
                              yyjson_obj_get(part, kind->type));
        }
    }

    return ag_openai_ask_part_invalid(a);
}


int
ag_openai_ask_part_text(ag_openai_ask_t *a, ag_part_t ***last,
    ag_part_kind_t kind, ag_str_t text)
{
    ag_part_t  *part;

    if (text.len == 0) {
        return AG_OK;
    }

    part = ag_neutral_part(a->n, last, kind);

    if (part == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    part->text = text;

    return AG_OK;
}


/* An empty text goes, and its mark of the cache with it. */
static int
ag_openai_ask_part_string(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value)
{
    int         rc;
    ag_part_t  *made;

    if (!yyjson_is_str(value)) {
        return ag_openai_ask_part_invalid(a);
    }

    if (yyjson_get_len(value) == 0) {
        return AG_OK;
    }

    rc = ag_openai_ask_part_append(a, last, AG_PART_TEXT, part, &made);

    if (rc == AG_OK) {
        made->text = ag_json_text(value);
    }

    return rc;
}


static int
ag_openai_ask_part_refusal(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value)
{
    (void) part;

    return ag_openai_ask_part_text(a, last, AG_PART_REFUSAL,
                                   ag_json_text(value));
}


/* Some clients leave out the object around the URL. */
static int
ag_openai_ask_part_image(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value)
{
    int         rc;
    ag_part_t  *made;

    rc = ag_openai_ask_part_append(a, last, AG_PART_IMAGE, part, &made);

    if (rc != AG_OK) {
        return rc;
    }

    made->detail = ag_json_text(yyjson_obj_get(value, "detail"));

    if (yyjson_is_obj(value)) {
        value = yyjson_obj_get(value, "url");
    }

    return ag_openai_ask_file_source(a, made, ag_json_text(value), 0);
}


/* The bytes win over an id: only their own provider knows ids. */
static int
ag_openai_ask_part_file(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value)
{
    int         rc;
    ag_str_t    data;
    ag_part_t  *made;

    rc = ag_openai_ask_part_append(a, last, AG_PART_FILE, part, &made);

    if (rc != AG_OK) {
        return rc;
    }

    made->name = ag_json_text(yyjson_obj_get(value, "filename"));
    made->file_id = ag_json_text(yyjson_obj_get(value, "file_id"));
    data = ag_json_text(yyjson_obj_get(value, "file_data"));

    if (data.len == 0 && made->file_id.len > 0) {
        return AG_OK;
    }

    made->file_id = ag_str(NULL, 0);

    return ag_openai_ask_file_source(a, made, data, 1);
}


/* The names of formats are those of media types, but for one. */
static int
ag_openai_ask_part_audio(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *part, yyjson_val *value)
{
    int         rc;
    ag_str_t    format;
    ag_char_t  *p;
    ag_part_t  *made;

    rc = ag_openai_ask_part_append(a, last, AG_PART_AUDIO, part, &made);

    if (rc != AG_OK) {
        return rc;
    }

    made->data = ag_json_text(yyjson_obj_get(value, "data"));
    format = ag_json_text(yyjson_obj_get(value, "format"));

    if (made->data.len == 0 || format.len == 0) {
        return ag_openai_ask_part_invalid(a);
    }

    if (ag_str_is(format, "mp3")) {
        made->media_type = ag_str("audio/mpeg", 10);    /* RFC 3003 */
        return AG_OK;
    }

    p = ag_arena_alloc(a->n->arena, format.len + 6);

    if (p == NULL) {
        return ag_openai_ask_full(a, format.len + 6);
    }

    memcpy(p, "audio/", 6);
    memcpy(p + 6, format.data, format.len);
    made->media_type = ag_str(p, format.len + 6);

    return AG_OK;
}


static int
ag_openai_ask_part_append(ag_openai_ask_t *a, ag_part_t ***last,
    ag_part_kind_t kind, yyjson_val *value, ag_part_t **part)
{
    *part = ag_neutral_part(a->n, last, kind);

    if (*part == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    return ag_openai_ask_part_cache(a, *part, value);
}


/*
 * OpenAI's own mark has no length of time that anybody else knows: it becomes
 * Anthropic's shortest.  One tree stands for all of them.
 */
int
ag_openai_ask_part_cache(ag_openai_ask_t *a, ag_part_t *part,
    yyjson_val *value)
{
    void        *scratch;
    yyjson_val  *mark;

    static const ag_str_t  ephemeral = ag_string("{\"type\":\"ephemeral\"}");

    mark = yyjson_obj_get(value, "cache_control");

    if (yyjson_is_obj(mark)) {
        part->cache_control = mark;
        return AG_OK;
    }

    if (!yyjson_is_obj(yyjson_obj_get(value, "prompt_cache_breakpoint"))) {
        return AG_OK;
    }

    if (a->ephemeral == NULL) {
        scratch = ag_arena_alloc(a->n->arena, AG_OPENAI_SCRATCH);

        if (scratch == NULL) {
            return ag_openai_ask_full(a, AG_OPENAI_SCRATCH);
        }

        /* within the scratch, and so never freed by itself */

        a->ephemeral = yyjson_doc_get_root(ag_json_tree(ephemeral, scratch,
                                                        AG_OPENAI_SCRATCH));
    }

    part->cache_control = a->ephemeral;

    return AG_OK;
}


static int
ag_openai_ask_part_invalid(ag_openai_ask_t *a)
{
    return ag_openai_ask_invalid(a, "messages[%u].content",
                                 "a string, or parts of the types that this "
                                 "role may have");
}
