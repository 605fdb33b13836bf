/*
 * Copyright (C) ngx_agent authors
 *
 * What must survive a way through somebody else: signatures with the name of
 * who can check them, and the ids that tie a tool's result to its call.
 */


#include "core/ag_balance.h"
#include "dialect/ag_neutral.h"


#define AG_TOOL_ID_MAX     64       /* bytes; what providers document */
#define AG_TOOL_ID_TAIL    17       /* "_" and a hash of 64 bits */
#define AG_TOOL_ID_SHORT   9


static unsigned ag_tool_id_is(ag_char_t c, unsigned marks);
static unsigned ag_tool_id_fits(ag_str_t id, unsigned marks);


/* No name is the start of another: a dot ends each. */
static const struct {
    const char   *name;
    ag_signer_t   signer;
    unsigned      redacted;
} ag_signatures[] = {
    { AG_SIGNATURE_MARK "anthropic.", AG_SIGNER_ANTHROPIC, 0 },
    { AG_SIGNATURE_MARK "anthropic-redacted.", AG_SIGNER_ANTHROPIC, 1 },
    { AG_SIGNATURE_MARK "gemini.", AG_SIGNER_GEMINI, 0 },
    { AG_SIGNATURE_MARK "gemini-redacted.", AG_SIGNER_GEMINI, 1 },
    { AG_SIGNATURE_MARK "responses.", AG_SIGNER_RESPONSES, 0 },
    { AG_SIGNATURE_MARK "responses-redacted.", AG_SIGNER_RESPONSES, 1 },
    { AG_SIGNATURE_MARK "other.", AG_SIGNER_OTHER, 0 },
    { AG_SIGNATURE_MARK "other-redacted.", AG_SIGNER_OTHER, 1 },
};

#define AG_SIGNATURES  (sizeof(ag_signatures) / sizeof(ag_signatures[0]))


/* A native one needs no name: its surface says itself what is redacted. */
int
ag_signature_add(ag_buf_t *out, ag_str_t signature, ag_signer_t signer,
    unsigned redacted, ag_signer_t native)
{
    int     rc;
    size_t  i, len;

    len = out->len;
    rc = AG_OK;
    redacted = (redacted != 0);

    for (i = 0; i < AG_SIGNATURES && signer != native; i++) {
        if (ag_signatures[i].signer == signer
            && ag_signatures[i].redacted == redacted)
        {
            rc = ag_buf_add_string(out, ag_signatures[i].name);
            break;
        }
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(out, signature.data, signature.len);
    }

    if (rc != AG_OK) {
        out->len = len;
    }

    return rc;
}


/*
 * A client may send whatever it likes under our mark.  That is harmless: the
 * signer checks its signature, and nobody else gets it.
 */
ag_str_t
ag_signature_read(ag_str_t text, ag_signer_t native, ag_signer_t *signer,
    unsigned *redacted)
{
    size_t  i, len;

    *signer = native;
    *redacted = 0;

    for (i = 0; i < AG_SIGNATURES; i++) {
        len = strlen(ag_signatures[i].name);

        if (text.len >= len
            && memcmp(text.data, ag_signatures[i].name, len) == 0)
        {
            *signer = ag_signatures[i].signer;
            *redacted = ag_signatures[i].redacted;

            return ag_str(text.data + len, text.len - len);
        }
    }

    return text;
}


/*
 * Cut or changed, an id keeps 47 bytes of itself at most: people look for
 * them in logs.
 */
ag_str_t
ag_tool_id_plain(ag_arena_t *arena, ag_str_t id)
{
    size_t             i, len;
    uint64_t           hash;
    ag_char_t         *out;
    static const char  hex[] = "0123456789abcdef";

    if (id.len > 0 && id.len <= AG_TOOL_ID_MAX && ag_tool_id_fits(id, 1)) {
        return id;
    }

    len = id.len;

    if (len > AG_TOOL_ID_MAX - AG_TOOL_ID_TAIL) {
        len = AG_TOOL_ID_MAX - AG_TOOL_ID_TAIL;
    }

    out = ag_arena_alloc(arena, len + AG_TOOL_ID_TAIL);

    if (out == NULL) {
        return ag_str(NULL, 0);
    }

    for (i = 0; i < len; i++) {
        out[i] = ag_tool_id_is(id.data[i], 1) ? id.data[i] : '_';
    }

    hash = ag_balance_hash(id);
    out[len] = '_';

    for (i = 1; i < AG_TOOL_ID_TAIL; i++) {
        out[len + i] = (ag_char_t) hex[hash >> 60];
        hash <<= 4;
    }

    return ag_str(out, len + AG_TOOL_ID_TAIL);
}


ag_str_t
ag_tool_id_capped(ag_arena_t *arena, ag_str_t id)
{
    return (id.len > AG_TOOL_ID_MAX) ? ag_tool_id_plain(arena, id) : id;
}


/* 62^9 are 53 bits: of a million ids two are one once in 20000 times. */
ag_str_t
ag_tool_id_short(ag_arena_t *arena, ag_str_t id)
{
    size_t             i;
    uint64_t           hash;
    ag_char_t         *out;
    static const char  letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (id.len == AG_TOOL_ID_SHORT && ag_tool_id_fits(id, 0)) {
        return id;
    }

    out = ag_arena_alloc(arena, AG_TOOL_ID_SHORT);

    if (out == NULL) {
        return ag_str(NULL, 0);
    }

    hash = ag_balance_hash(id);

    for (i = 0; i < AG_TOOL_ID_SHORT; i++) {
        out[i] = (ag_char_t) letters[hash % 62];
        hash /= 62;
    }

    return ag_str(out, AG_TOOL_ID_SHORT);
}


/* A letter or a digit; with "marks" also "_" and "-". */
static unsigned
ag_tool_id_is(ag_char_t c, unsigned marks)
{
    ag_char_t  letter;

    letter = (ag_char_t) (c | 0x20);

    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9')
           || (marks && (c == '_' || c == '-'));
}


static unsigned
ag_tool_id_fits(ag_str_t id, unsigned marks)
{
    size_t  i;

    for (i = 0; i < id.len; i++) {
        if (!ag_tool_id_is(id.data[i], marks)) {
            return 0;
        }
    }

    return 1;
}
