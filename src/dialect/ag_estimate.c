/*
 * Copyright (C) ngx_agent authors
 *
 * Tokens of a request, where nobody counts them: sums, no tokenizer.
 */


#include "dialect/ag_estimate.h"

#include <stdlib.h>


#define AG_ESTIMATE_TURN   4        /* tokens around a message */
#define AG_ESTIMATE_TOOL   12       /* around a tool's definition */
#define AG_ESTIMATE_IMAGE  1600
#define AG_ESTIMATE_FILE   1600     /* one that is not here: a page */
#define AG_ESTIMATE_BYTES  25       /* base64 bytes of a document or a sound
                                       to a token */
#define AG_ESTIMATE_ASCII  4        /* bytes to a token */


static uint64_t ag_estimate_part(const ag_part_t *part);
static uint64_t ag_estimate_media(const ag_part_t *part);
static uint64_t ag_estimate_json(yyjson_val *value);


uint64_t
ag_estimate_tokens(const ag_neutral_t *n)
{
    uint64_t          tokens;
    const ag_part_t  *part, *inner;
    const ag_tool_t  *tool;
    const ag_turn_t  *turn;

    tokens = ag_estimate_json(n->schema);

    for (turn = n->turns; turn != NULL; turn = turn->next) {
        tokens += AG_ESTIMATE_TURN;

        for (part = turn->parts; part != NULL; part = part->next) {
            tokens += ag_estimate_part(part);

            for (inner = part->parts; inner != NULL; inner = inner->next) {
                tokens += ag_estimate_part(inner);
            }
        }
    }

    for (tool = n->tools; tool != NULL; tool = tool->next) {
        tokens += AG_ESTIMATE_TOOL + ag_estimate_text(tool->name)
                  + ag_estimate_text(tool->description)
                  + ag_estimate_json(tool->parameters);
    }

    return tokens;
}


uint64_t
ag_estimate_text(ag_str_t text)
{
    size_t    i;
    uint64_t  ascii, others;

    ascii = 0;
    others = 0;

    for (i = 0; i < text.len; i++) {
        ascii += (text.data[i] < 0x80);
        others += (text.data[i] >= 0xc0);
    }

    return (ascii + AG_ESTIMATE_ASCII - 1) / AG_ESTIMATE_ASCII + others;
}


static uint64_t
ag_estimate_part(const ag_part_t *part)
{
    uint64_t  tokens;

    tokens = ag_estimate_text(part->text);

    switch (part->kind) {

    case AG_PART_IMAGE:
        return tokens + AG_ESTIMATE_IMAGE;

    case AG_PART_FILE:
    case AG_PART_AUDIO:
        return tokens + ag_estimate_media(part);

    case AG_PART_TOOL_CALL:
        return tokens + ag_estimate_text(part->name)
               + ag_estimate_json(part->input);

    case AG_PART_FOREIGN:
        return tokens + ag_estimate_json(part->value);

    default:
        return tokens;
    }
}


static uint64_t
ag_estimate_media(const ag_part_t *part)
{
    if (part->data.len > 0) {
        return part->data.len / AG_ESTIMATE_BYTES + 1;
    }

    return (part->text.len > 0) ? 0 : AG_ESTIMATE_FILE;
}


static uint64_t
ag_estimate_json(yyjson_val *value)
{
    char      *text;
    size_t     len;
    uint64_t   tokens;

    if (value == NULL) {
        return 0;
    }

    text = yyjson_val_write(value, YYJSON_WRITE_NOFLAG, &len);

    if (text == NULL) {
        return 0;
    }

    tokens = ag_estimate_text(ag_str(text, len));
    free(text);

    return tokens;
}
