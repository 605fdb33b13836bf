/*
 * Copyright (C) ngx_agent authors
 *
 * How the simulator writes: raw bytes, JSON strings, ids, events, and the
 * pieces of its answers, one for each token.
 *
 * Failures are sticky: an answer is written without looking at every byte,
 * and its caller asks once at the end.  Nothing here knows a dialect.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_WORD_MAX  16    /* bytes; the longest has 8 and a zero */
#define AG_SIMULATE_SENTENCE  12    /* words */
#define AG_SIMULATE_SLICE     12    /* bytes of JSON that are a token */



static void ag_simulate_put_word(ag_simulate_t *s, uint64_t choice,
    uint64_t i);
static const char *ag_simulate_put_pick(uint64_t number);
static size_t ag_simulate_put_cut(ag_str_t payload, uint64_t i);


/* Need no escapes in JSON.  Some are not ASCII: clients cut streams there. */
static const char  ag_simulate_put_table[][AG_SIMULATE_WORD_MAX] = {
    "the", "a", "gateway", "token", "stream", "answer", "model", "request",
    "carries", "waits", "opens", "holds", "turns", "sends", "keeps", "reads",
    "quiet", "slow", "bright", "steady", "small", "early", "long", "simple",
    "river", "window", "garden", "letter", "harbour", "lantern", "mountain",
    "morning",
    "under", "over", "between", "without", "beside", "toward", "through",
    "after",
    "and", "or", "but", "while", "because", "so", "then", "until",
    "na\xc3\xafve", "caf\xc3\xa9", "\xc3\xbc" "ber", "d\xc3\xa9j\xc3\xa0",
    "one", "two", "three", "seven", "every", "some", "many", "no",
    "again", "always", "often", "still"
};


void
ag_simulate_put(ag_simulate_t *s, const char *text)
{
    if (s->rc == AG_OK) {
        s->rc = ag_buf_add_string(s->out, text);
    }
}


void
ag_simulate_put_bytes(ag_simulate_t *s, ag_str_t bytes)
{
    if (s->rc == AG_OK) {
        s->rc = ag_buf_add(s->out, bytes.data, bytes.len);
    }
}


void
ag_simulate_put_number(ag_simulate_t *s, uint64_t number)
{
    if (s->rc == AG_OK) {
        s->rc = ag_buf_add_number(s->out, number);
    }
}


void
ag_simulate_put_text(ag_simulate_t *s, ag_str_t text)
{
    if (s->rc == AG_OK) {
        s->rc = ag_buf_add_json(s->out, text);
    }
}


void
ag_simulate_put_id(ag_simulate_t *s, const char *prefix, uint64_t salt)
{
    ag_char_t  id[AG_SIMULATE_ID_CHARS];

    ag_simulate_seed_id(ag_simulate_seed_mix(s->seed, salt), id);

    ag_simulate_put(s, prefix);
    ag_simulate_put_bytes(s, ag_str(id, sizeof(id)));
}


void
ag_simulate_put_event(ag_simulate_t *s, const char *type)
{
    if (type != NULL) {
        ag_simulate_put(s, "event: ");
        ag_simulate_put(s, type);
        ag_simulate_put(s, s->fault.id == AG_FAULT_CRLF ? "\r\n" : "\n");
    }

    ag_simulate_put(s, "data: ");
}


void
ag_simulate_put_end(ag_simulate_t *s)
{
    ag_simulate_put(s, s->fault.id == AG_FAULT_CRLF ? "\r\n\r\n" : "\n\n");
}


void
ag_simulate_put_piece(ag_simulate_t *s, uint64_t choice, uint64_t i)
{
    size_t    from, to;
    ag_str_t  payload;

    if (s->mode == AG_SIMULATE_WORDS) {
        ag_simulate_put_word(s, choice, i);
        return;
    }

    payload = ag_buf_str(&s->payload);
    from = ag_simulate_put_cut(payload, i);
    to = ag_simulate_put_cut(payload, i + 1);

    ag_simulate_put_text(s, ag_str(payload.data + from, to - from));
}


void
ag_simulate_put_pieces(ag_simulate_t *s, uint64_t choice)
{
    uint64_t  i;

    for (i = 0; i < s->tokens; i++) {
        ag_simulate_put_piece(s, choice, i);
    }
}


uint64_t
ag_simulate_put_count(const ag_simulate_t *s)
{
    if (s->mode == AG_SIMULATE_WORDS) {
        return s->options->tokens;
    }

    return (s->payload.len + AG_SIMULATE_SLICE - 1) / AG_SIMULATE_SLICE;
}


void
ag_simulate_put_words(ag_simulate_t *s, uint64_t salt, unsigned count)
{
    unsigned  i;
    uint64_t  n;

    for (i = 0; i < count; i++) {
        n = ag_simulate_seed_mix(s->seed ^ salt, i);

        ag_simulate_put(s, i > 0 ? " " : "");
        ag_simulate_put(s, ag_simulate_put_pick(n));
    }
}


ag_buf_t *
ag_simulate_put_to(ag_simulate_t *s, ag_buf_t *to)
{
    ag_buf_t  *before;

    before = s->out;
    s->out = to;

    return before;
}


/* One token of text: a word, with what separates it from its neighbours. */
static void
ag_simulate_put_word(ag_simulate_t *s, uint64_t choice, uint64_t i)
{
    size_t       len, n;
    uint64_t     number;
    ag_char_t    piece[AG_SIMULATE_WORD_MAX + 2];
    const char  *word;

    number = ag_simulate_seed_mix(ag_simulate_seed_mix(s->seed, choice), i);
    word = ag_simulate_put_pick(number);
    n = strlen(word);
    len = 0;

    if (i > 0) {
        piece[len++] = ' ';
    }

    memcpy(piece + len, word, n);

    if (i % AG_SIMULATE_SENTENCE == 0 && word[0] >= 'a' && word[0] <= 'z') {
        piece[len] = (ag_char_t) (word[0] - 'a' + 'A');
    }

    len += n;

    if (i % AG_SIMULATE_SENTENCE == AG_SIMULATE_SENTENCE - 1
        || i + 1 == s->options->tokens)
    {
        piece[len++] = '.';
    }

    ag_simulate_put_bytes(s, ag_str(piece, len));
}


static const char *
ag_simulate_put_pick(uint64_t number)
{
    size_t  count;

    count = sizeof(ag_simulate_put_table) / AG_SIMULATE_WORD_MAX;

    return ag_simulate_put_table[number % count];
}


/* Where slice "i" of the payload begins: never inside a UTF-8 character. */
static size_t
ag_simulate_put_cut(ag_str_t payload, uint64_t i)
{
    size_t  at;

    if (i >= payload.len / AG_SIMULATE_SLICE + 1) {
        return payload.len;
    }

    at = (size_t) i * AG_SIMULATE_SLICE;

    while (at < payload.len && (payload.data[at] & 0xc0) == 0x80) {
        at++;
    }

    return at;
}
