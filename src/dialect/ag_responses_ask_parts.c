/*
 * Copyright (C) ngx_agent authors
 *
 * What stands in a message or in a tool's output: words, images, files,
 * sound.
 */


#include "dialect/ag_responses_parts.h"


#define AG_RESPONSES_SCRATCH  1024  /* bytes, for the tree of one mark */


typedef struct {
    const char     *type;
    ag_part_kind_t  kind;
    int           (*read)(ag_part_t *part, yyjson_val *value);
    const char     *expected;
} ag_responses_content_t;


static int ag_responses_content(ag_responses_asker_t *a, ag_part_t ***last,
    yyjson_val *value, const char *param);
static int ag_responses_cache_mark(ag_responses_asker_t *a, ag_part_t *part,
    yyjson_val *value);
static int ag_responses_words(ag_part_t *part, yyjson_val *value);
static int ag_responses_refusal(ag_part_t *part, yyjson_val *value);
static int ag_responses_image(ag_part_t *part, yyjson_val *value);
static int ag_responses_file(ag_part_t *part, yyjson_val *value);
static int ag_responses_audio(ag_part_t *part, yyjson_val *value);


#define AG_RESPONSES_WORDS                                                    \
    AG_PART_TEXT, ag_responses_words, "parts of text with a string \"text\""


static const ag_responses_content_t  ag_responses_contents[] = {
    { "input_text", AG_RESPONSES_WORDS },
    { "output_text", AG_RESPONSES_WORDS },
    { "text", AG_RESPONSES_WORDS },

    { "refusal", AG_PART_REFUSAL, ag_responses_refusal,
      "refusals with a string \"refusal\"" },

    { "input_image", AG_PART_IMAGE, ag_responses_image,
      "images with an \"image_url\", which is a URL or a data: URL in "
      "base64, or a \"file_id\"" },

    { "input_file", AG_PART_FILE, ag_responses_file,
      "files with \"file_data\" in base64, a \"file_url\" or a "
      "\"file_id\"" },

    { "input_audio", AG_PART_AUDIO, ag_responses_audio,
      "audio as {\"data\", \"format\"} with the format \"wav\" or "
      "\"mp3\"" },

    { NULL, AG_PART_TEXT, NULL, NULL }
};


int
ag_responses_ask_content(ag_responses_asker_t *a, ag_part_t ***last,
    yyjson_val *value, const char *param)
{
    int          rc;
    size_t       i, max;
    ag_part_t   *part;
    yyjson_val  *element;

    if (yyjson_is_str(value)) {

        if (yyjson_get_len(value) == 0) {
            return AG_OK;
        }

        part = ag_neutral_part(a->n, last, AG_PART_TEXT);

        if (part == NULL) {
            return AG_NOMEM;
        }

        part->text = ag_json_text(value);

        return AG_OK;
    }

    if (!yyjson_is_arr(value)) {
        return ag_responses_ask_invalid(a, param,
                                        "a string or an array of parts");
    }

    yyjson_arr_foreach(value, i, max, element) {
        rc = ag_responses_content(a, last, element, param);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_responses_content(ag_responses_asker_t *a, ag_part_t ***last,
    yyjson_val *value, const char *param)
{
    ag_str_t                       type;
    ag_part_t                     *part;
    const ag_responses_content_t  *content;

    type = ag_json_text(yyjson_obj_get(value, "type"));

    for (content = ag_responses_contents; content->type != NULL; content++) {

        if (!ag_str_is(type, content->type)) {
            continue;
        }

        part = ag_neutral_part(a->n, last, content->kind);

        if (part == NULL) {
            return AG_NOMEM;
        }

        if (ag_responses_cache_mark(a, part, value) != AG_OK) {
            return AG_NOMEM;
        }

        return (content->read(part, value) == AG_OK) ? AG_OK
               : ag_responses_ask_invalid(a, param, content->expected);
    }

    return ag_responses_ask_invalid(a, param,
                                    "parts of type \"input_text\", "
                                    "\"output_text\", \"refusal\", "
                                    "\"input_image\", \"input_file\" or "
                                    "\"input_audio\"");
}


/*
 * The mark says no length of time that others know: it becomes Anthropic's
 * shortest.  One tree stands for all of them.
 */
static int
ag_responses_cache_mark(ag_responses_asker_t *a, ag_part_t *part,
    yyjson_val *value)
{
    void  *scratch;

    static const ag_str_t  ephemeral = ag_string("{\"type\":\"ephemeral\"}");

    if (!yyjson_is_obj(yyjson_obj_get(value, "prompt_cache_breakpoint"))) {
        return AG_OK;
    }

    if (a->ephemeral == NULL) {
        scratch = ag_arena_alloc(a->n->arena, AG_RESPONSES_SCRATCH);

        if (scratch == NULL) {
            return AG_NOMEM;
        }

        /* all of it is in the scratch: there is nothing to free */

        a->ephemeral = yyjson_doc_get_root(ag_json_tree(ephemeral, scratch,
                                                        AG_RESPONSES_SCRATCH));
    }

    part->cache_control = a->ephemeral;

    return AG_OK;
}


static int
ag_responses_words(ag_part_t *part, yyjson_val *value)
{
    yyjson_val  *words;

    words = yyjson_obj_get(value, "text");
    part->text = ag_json_text(words);

    return yyjson_is_str(words) ? AG_OK : AG_INVALID;
}


static int
ag_responses_refusal(ag_part_t *part, yyjson_val *value)
{
    yyjson_val  *words;

    words = yyjson_obj_get(value, "refusal");
    part->text = ag_json_text(words);

    return yyjson_is_str(words) ? AG_OK : AG_INVALID;
}


static int
ag_responses_image(ag_part_t *part, yyjson_val *value)
{
    int       rc;
    ag_str_t  url;

    part->detail = ag_json_text(yyjson_obj_get(value, "detail"));
    url = ag_json_text(yyjson_obj_get(value, "image_url"));

    if (url.len == 0) {
        part->file_id = ag_json_text(yyjson_obj_get(value, "file_id"));

        return (part->file_id.len > 0) ? AG_OK : AG_INVALID;
    }

    rc = ag_neutral_data_url(url, &part->media_type, &part->data);

    if (rc == AG_NONE) {
        part->url = url;
        part->media_type = ag_neutral_media_type(url);

        return AG_OK;
    }

    return rc;
}


/* Its data may stand there without the head of a data: URL. */
static int
ag_responses_file(ag_part_t *part, yyjson_val *value)
{
    int       rc;
    ag_str_t  data;

    part->name = ag_json_text(yyjson_obj_get(value, "filename"));
    data = ag_json_text(yyjson_obj_get(value, "file_data"));

    if (data.len > 0) {
        rc = ag_neutral_data_url(data, &part->media_type, &part->data);

        if (rc == AG_NONE) {
            part->data = data;
            rc = AG_OK;
        }

    } else {
        part->url = ag_json_text(yyjson_obj_get(value, "file_url"));
        part->file_id = ag_json_text(yyjson_obj_get(value, "file_id"));

        rc = (part->url.len > 0 || part->file_id.len > 0) ? AG_OK
                                                          : AG_INVALID;
    }

    if (part->media_type.len == 0) {
        part->media_type = ag_neutral_media_type(part->name.len > 0
                                                 ? part->name : part->url);
    }

    if (part->media_type.len == 0) {
        part->media_type = ag_str("application/pdf", 15);
    }

    return rc;
}


static int
ag_responses_audio(ag_part_t *part, yyjson_val *value)
{
    ag_str_t     format;
    yyjson_val  *audio;

    audio = yyjson_obj_get(value, "input_audio");
    format = ag_json_text(yyjson_obj_get(audio, "format"));
    part->data = ag_json_text(yyjson_obj_get(audio, "data"));

    if (ag_str_is(format, "wav")) {
        part->media_type = ag_str("audio/wav", 9);

    } else if (ag_str_is(format, "mp3")) {
        part->media_type = ag_str("audio/mp3", 9);
    }

    return (part->data.len > 0 && part->media_type.len > 0) ? AG_OK
                                                            : AG_INVALID;
}
