/*
 * Copyright (C) ngx_agent authors
 *
 * Looks words up in the table.  Its first row that fits decides, in whatever
 * order the words stand.  Linear: codes are few and short, and of a text no
 * byte is looked at twice but where the letters of a phrase begin.
 */


#include "dialect/ag_classify_parts.h"


#define AG_CLASSIFY_LETTERS  4      /* of a phrase that choose its chain */
#define AG_CLASSIFY_CHAINS   256
#define AG_CLASSIFY_MIX      UINT32_C(2654435769)   /* 2^32 / golden ratio */


typedef struct {
    const char           *word;
    ag_error_class_t      class;
    unsigned              when;
    ag_classify_place_t   place;
} ag_classify_row_t;


static unsigned ag_classify_fits(const ag_classify_row_t *row,
    const ag_classify_words_t *words);
static unsigned ag_classify_is_code(ag_str_t code, const char *word,
    unsigned whole);
static unsigned ag_classify_begins(ag_str_t text, const char *word);
static size_t ag_classify_phrase(const ag_classify_words_t *words,
    unsigned when);
static void ag_classify_chain(uint16_t *heads, uint16_t *next,
    unsigned when);
static size_t ag_classify_head(uint32_t letters);
static ag_char_t ag_classify_small(ag_char_t c);


static const ag_classify_row_t  ag_classify_rows[] = {
#define AG_CLASSIFY_ROW(class, when, place, word)                             \
    { word, AG_E_##class, AG_CLASSIFY_##when, AG_CLASSIFY_##place },
    AG_CLASSIFY_ROWS(AG_CLASSIFY_ROW)
#undef AG_CLASSIFY_ROW
};

#define AG_CLASSIFY_COUNT                                                     \
    (sizeof(ag_classify_rows) / sizeof(ag_classify_rows[0]))


ag_error_class_t
ag_classify_find(const ag_classify_words_t *words, unsigned when)
{
    size_t  i, phrase;

    phrase = ag_classify_phrase(words, when);

    for (i = 0; i < phrase; i++) {
        if ((ag_classify_rows[i].when & when)
            && ag_classify_fits(&ag_classify_rows[i], words))
        {
            return ag_classify_rows[i].class;
        }
    }

    return (phrase < AG_CLASSIFY_COUNT) ? ag_classify_rows[phrase].class
                                        : AG_E_NONE;
}


static unsigned
ag_classify_fits(const ag_classify_row_t *row,
    const ag_classify_words_t *words)
{
    size_t  i;

    switch (row->place) {

    case AG_CLASSIFY_CODE:
    case AG_CLASSIFY_KIND:
        for (i = 0; i < words->code_count; i++) {
            if (ag_classify_is_code(words->codes[i], row->word,
                                    row->place == AG_CLASSIFY_CODE))
            {
                return 1;
            }
        }

        return 0;

    case AG_CLASSIFY_OPENING:
        for (i = 0; i < words->text_count; i++) {
            if (ag_classify_begins(words->texts[i], row->word)) {
                return 1;
            }
        }

        return 0;

    default:
        return 0;
    }
}


/*
 * "RateLimitError" begins as "rate_limit" does.  Of a name with a path, as
 * in "com.amazon.coral#ThrottlingException", the last part counts.
 */
static unsigned
ag_classify_is_code(ag_str_t code, const char *word, unsigned whole)
{
    size_t  i;

    for (i = code.len; i > 0; i--) {
        if (code.data[i - 1] == '#') {
            code = ag_str(code.data + i, code.len - i);
            break;
        }
    }

    for (i = 0; i < code.len; i++) {
        if (code.data[i] == '_' || code.data[i] == '-'
            || code.data[i] == '.' || code.data[i] == ' ')
        {
            continue;
        }

        word += (*word == '_');

        if (*word == '\0') {
            return !whole;
        }

        if (ag_classify_small(code.data[i]) != (ag_char_t) *word++) {
            return 0;
        }
    }

    return *word == '\0';
}


static unsigned
ag_classify_begins(ag_str_t text, const char *word)
{
    size_t  i;

    for (i = 0; word[i] != '\0'; i++) {
        if (i == text.len
            || ag_classify_small(text.data[i]) != (ag_char_t) word[i])
        {
            return 0;
        }
    }

    return 1;
}


/*
 * The first row whose phrase a text holds, or AG_CLASSIFY_COUNT.  Each byte
 * is looked at once: with the three before it it chooses the few phrases that
 * may begin there.
 */
static size_t
ag_classify_phrase(const ag_classify_words_t *words, unsigned when)
{
    size_t    i, t, at, row, found;
    uint32_t  letters;
    ag_str_t  text;
    uint16_t  heads[AG_CLASSIFY_CHAINS], next[AG_CLASSIFY_COUNT];

    found = AG_CLASSIFY_COUNT;

    if (words->text_count == 0) {
        return found;
    }

    ag_classify_chain(heads, next, when);

    for (t = 0; t < words->text_count; t++) {
        text = words->texts[t];
        letters = 0;

        for (i = 0; i < text.len; i++) {
            letters = letters << 8 | ag_classify_small(text.data[i]);

            if (i < AG_CLASSIFY_LETTERS - 1) {
                continue;
            }

            at = i + 1 - AG_CLASSIFY_LETTERS;
            row = heads[ag_classify_head(letters)];

            while (row < found
                   && !ag_classify_begins(ag_str(text.data + at,
                                                 text.len - at),
                                          ag_classify_rows[row].word))
            {
                row = next[row];
            }

            found = (row < found) ? row : found;
        }
    }

    return found;
}


/* Phrases by their first letters, each chain in the order of the table. */
static void
ag_classify_chain(uint16_t *heads, uint16_t *next, unsigned when)
{
    size_t                    i, j;
    uint32_t                  letters;
    const ag_classify_row_t  *row;

    for (i = 0; i < AG_CLASSIFY_CHAINS; i++) {
        heads[i] = AG_CLASSIFY_COUNT;
    }

    for (i = AG_CLASSIFY_COUNT; i > 0; i--) {
        row = &ag_classify_rows[i - 1];

        if (row->place != AG_CLASSIFY_PHRASE || !(row->when & when)) {
            continue;
        }

        letters = 0;

        for (j = 0; j < AG_CLASSIFY_LETTERS; j++) {
            letters = letters << 8 | (ag_char_t) row->word[j];
        }

        j = ag_classify_head(letters);
        next[i - 1] = heads[j];
        heads[j] = (uint16_t) (i - 1);
    }
}


static size_t
ag_classify_head(uint32_t letters)
{
    return (letters * AG_CLASSIFY_MIX) >> 24;
}


static ag_char_t
ag_classify_small(ag_char_t c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}
