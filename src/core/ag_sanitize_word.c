/*
 * Copyright (C) ngx_agent authors
 *
 * The bytes and words that the sanitizer knows, and how it tells a name from
 * what a machine has drawn: names consist of words, and of the pairs of
 * letters in random text a third stands in no word.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_WORD_MAX    32      /* bytes of a word of a list */
#define AG_SANITIZE_NAME_MAX    96      /* bytes of a name */
#define AG_SANITIZE_DIGITS_MAX  8       /* of a date within a name */
#define AG_SANITIZE_PARTS_MAX   6       /* numbers within a name */
#define AG_SANITIZE_ODD_MAX     8       /* characters of a name that are in
                                           none of its words */
#define AG_SANITIZE_LETTERS_MAX 20      /* of one word of a name */


static const char *ag_sanitize_next_word(const char *list);
static size_t ag_sanitize_same(const char *word, size_t len, ag_str_t text);
static size_t ag_sanitize_group(const ag_char_t *p, const ag_char_t *end);
static unsigned ag_sanitize_is_word(const ag_char_t *p, size_t len);
static size_t ag_sanitize_odd(const ag_char_t *p, size_t len,
    unsigned *words);
static unsigned ag_sanitize_is_short(const ag_char_t *p, size_t len);
static unsigned ag_sanitize_has_parts(ag_str_t run);


/* Bits of AG_SANITIZE_LOWER and the others; eight bytes a line. */
const uint16_t  ag_sanitize_kinds[256] = {
    0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080,
    0x0080, 0x0080, 0x00c0, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080,
    0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080,
    0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080,
    0x0080, 0x0000, 0x4080, 0x0040, 0x0000, 0x4040, 0x0000, 0x4080,
    0x0080, 0x0080, 0x2000, 0x2010, 0x0080, 0x0248, 0x0108, 0x0040,
    0x003c, 0x003c, 0x003c, 0x003c, 0x003c, 0x003c, 0x003c, 0x003c,
    0x003c, 0x003c, 0x4040, 0x0080, 0x0080, 0x6000, 0x0080, 0x0080,
    0x0000, 0x883a, 0x803a, 0x083a, 0x103a, 0x183a, 0x883a, 0x983a,
    0x183a, 0x003a, 0x003a, 0x003a, 0x103a, 0x003a, 0x183a, 0x003a,
    0x083a, 0x003a, 0x003a, 0x983a, 0x903a, 0x003a, 0x003a, 0x003a,
    0x003a, 0x103a, 0x003a, 0x00c0, 0x40c0, 0x4080, 0x0000, 0x0438,
    0x4080, 0x8839, 0x8839, 0x0839, 0x1839, 0x1839, 0x8839, 0x9839,
    0x1839, 0x0039, 0x0839, 0x0839, 0x1839, 0x0839, 0x1839, 0x0839,
    0x0839, 0x0039, 0x0839, 0x9839, 0x9839, 0x0839, 0x0839, 0x0839,
    0x0839, 0x1839, 0x0839, 0x0080, 0x0080, 0x0080, 0x2040, 0x0080,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x2040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x4040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
    0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040
};


/*
 * Which letters follow a letter in the words of programs and of English; six
 * in ten of all pairs.
 */
static const char *const  ag_sanitize_pairs[26] = {
    "abcdefghiklmnprstuvwxyz",      /* a */
    "abcdefijlmnoprstuy",
    "acdefhiklmnoprstuy",
    "abcdefgijlmnoprstuvy",
    "abcdefghiklmnopqrstuvwxyz",    /* e */
    "abcdefilnorstuy",
    "aeghilmnoprstu",
    "adeilmnorstuy",
    "abcdefghklmnoprstvxz",         /* i */
    "aeosu",
    "adegilnostuw",
    "abcdefgiklmnoprstuvy",
    "abdeilmnopstuy",
    "abcdefghiklmnoprstuvy",
    "abcdefghiklmnoprstuvwxyz",     /* o */
    "acdefghiklnoprstuy",
    "luw",
    "abcdefgiklmnoprstuvwy",
    "acdefghiklmnopqrstuvwy",
    "abcdefghilmnoprstuvwyz",
    "abcdefgilmnoprst",             /* u */
    "aeios",
    "adehinoqrs",
    "aceimpt",
    "aceilmnopstu",
    "aei"                           /* z */
};


int
ag_sanitize_is_listed(const char *const *lists, ag_str_t word)
{
    size_t       n;
    char         small[AG_SANITIZE_WORD_MAX];
    const char  *list;

    if (word.len == 0 || word.len > AG_SANITIZE_WORD_MAX
        || !ag_sanitize_is(word.data[0], AG_SANITIZE_START))
    {
        return 0;
    }

    list = lists[ag_sanitize_lower(word.data[0])];

    if (list == NULL) {
        return 0;
    }

    for (n = 0; n < word.len; n++) {
        small[n] = (char) ag_sanitize_lower(word.data[n]);
    }

    do {
        for (n = 0; n < word.len && list[n] == small[n]; n++) {
            /* void */
        }

        if (n == word.len && (list[n] == ' ' || list[n] == '\0')) {
            return 1;
        }

        list = ag_sanitize_next_word(list + n);

    } while (list != NULL);

    return 0;
}


size_t
ag_sanitize_ends_listed(const char *const *lists, ag_str_t text, char *mark)
{
    size_t       n, found;
    ag_char_t    c;
    const char  *list;

    c = (text.len > 0) ? text.data[text.len - 1] : '\0';

    if (!ag_sanitize_is(c, AG_SANITIZE_LETTER)) {
        return 0;
    }

    list = lists[ag_sanitize_lower(c)];

    while (list != NULL) {

        for (n = 0; list[n] >= 'a' && list[n] <= 'z'; n++) {
            /* void */
        }

        found = ag_sanitize_same(list, n, text);

        if (found > 0) {
            if (mark != NULL) {
                *mark = list[n];
            }

            return found;
        }

        list = ag_sanitize_next_word(list + n);
    }

    return 0;
}


/* The next word of a list, NULL behind the last. */
static const char *
ag_sanitize_next_word(const char *list)
{
    while (*list != ' ') {
        if (*list++ == '\0') {
            return NULL;
        }
    }

    return list + 1;
}


/*
 * How many bytes at the end of "text" are the word, in any case and with any
 * "_", "-" and " " between its letters; 0 if it ends otherwise.
 */
static size_t
ag_sanitize_same(const char *word, size_t len, ag_str_t text)
{
    size_t  at;

    at = text.len;

    while (len > 0) {
        if (at == 0) {
            return 0;
        }

        at--;

        if (ag_sanitize_lower(text.data[at]) == (ag_char_t) word[len - 1]) {
            len--;

        } else if (at + 1 == text.len
                   || (text.data[at] != '_' && text.data[at] != '-'
                       && text.data[at] != ' '))
        {
            return 0;
        }
    }

    return text.len - at;
}


/*
 * "text_editor_20250124", "getWeatherForCity2": parts of words, of numbers no
 * longer than a date, and a few odd characters.  Of random keys of 20 letters
 * and digits one in some thousands looks like that, of 40 none.  A word
 * without parts ("secretsecretsecret1") is no name: nobody writes them so
 * long.
 */
int
ag_sanitize_is_identifier(ag_str_t run)
{
    size_t            n, odd, strange, numbers;
    unsigned          words;
    const ag_char_t  *p, *end;

    if (run.len > AG_SANITIZE_NAME_MAX || !ag_sanitize_has_parts(run)) {
        return 0;
    }

    words = 0;
    odd = 0;
    numbers = 0;
    end = run.data + run.len;

    for (p = run.data; p < end; p += n + (p + n < end)) {
        n = 0;

        while (p + n < end && p[n] != '_' && p[n] != '+') {
            n++;
        }

        if (ag_sanitize_group(p, p + n) == n
            && n > 0 && ag_sanitize_is(*p, AG_SANITIZE_DIGIT))
        {
            if (n > AG_SANITIZE_DIGITS_MAX
                || ++numbers > AG_SANITIZE_PARTS_MAX)
            {
                return 0;
            }

            continue;
        }

        strange = ag_sanitize_odd(p, n, &words);
        odd += strange;

        if (odd > AG_SANITIZE_ODD_MAX
            || (3 * strange > n && !ag_sanitize_is_short(p, n)))
        {
            return 0;
        }
    }

    return words > 0;
}


/* Has the run parts, as "text_editor", "TextEditor" and "Text2Editor" have? */
static unsigned
ag_sanitize_has_parts(ag_str_t run)
{
    size_t            i;
    const ag_char_t  *p;

    p = run.data;

    for (i = 1; i < run.len; i++) {
        if (p[i] == '_' || p[i] == '+'
            || (ag_sanitize_is(p[i], AG_SANITIZE_UPPER)
                && (ag_sanitize_is(p[i - 1], AG_SANITIZE_LOWER)
                    || (ag_sanitize_is(p[i - 1], AG_SANITIZE_DIGIT)
                        && i + 1 < run.len
                        && ag_sanitize_is(p[i + 1], AG_SANITIZE_LOWER)))))
        {
            return 1;
        }
    }

    return 0;
}


/* "v2", "4o", "k8s", "sha256": parts of a name that are hardly words. */
static unsigned
ag_sanitize_is_short(const ag_char_t *p, size_t len)
{
    size_t  first;

    first = ag_sanitize_group(p, p + len);

    return len <= 4
           || (len <= 7 && first < len
               && first + ag_sanitize_group(p + first, p + len) == len);
}


/* A piece is one if more than a third of it is in no word. */
int
ag_sanitize_is_random(ag_str_t text, size_t least)
{
    size_t            n;
    unsigned          kinds, words;
    const ag_char_t  *p, *end;

    words = 0;
    end = text.data + text.len;

    for (p = text.data; p < end; p += n + 1) {
        kinds = 0;

        for (n = 0;
             p + n < end && ag_sanitize_is(p[n], AG_SANITIZE_ALNUM);
             n++)
        {
            kinds |= ag_sanitize_kinds[p[n]];
        }

        /* without digits, chance makes a strange word of two short ones */

        if (n >= least && (kinds & AG_SANITIZE_LETTER)
            && ((kinds & AG_SANITIZE_DIGIT) || n >= 12)
            && 3 * ag_sanitize_odd(p, n, &words) > n)
        {
            return 1;
        }
    }

    return 0;
}


/* How many characters are in no word; adds to *words those that are. */
static size_t
ag_sanitize_odd(const ag_char_t *p, size_t len, unsigned *words)
{
    size_t            n, odd;
    const ag_char_t  *end;

    odd = 0;

    for (end = p + len; p < end; p += n) {
        n = ag_sanitize_group(p, end);

        if (ag_sanitize_is_word(p, n)) {
            *words += 1;

        } else {
            odd += n;
        }
    }

    return odd;
}


/* The length of "Word", "word", "WORD" (as in "WORDOne"), "123", or 1. */
static size_t
ag_sanitize_group(const ag_char_t *p, const ag_char_t *end)
{
    size_t  n, len;

    len = (size_t) (end - p);
    n = 0;

    while (n < len && ag_sanitize_is(p[n], AG_SANITIZE_DIGIT)) {
        n++;
    }

    if (n > 0) {
        return n;
    }

    while (n < len && ag_sanitize_is(p[n], AG_SANITIZE_UPPER)) {
        n++;
    }

    if (n < len && ag_sanitize_is(p[n], AG_SANITIZE_LOWER)) {
        if (n > 1) {
            return n - 1;
        }

        while (n < len && ag_sanitize_is(p[n], AG_SANITIZE_LOWER)) {
            n++;
        }
    }

    return (n > 0) ? n : (len > 0);
}


/* Are the letters a word?  Each pair of them must stand in one. */
static unsigned
ag_sanitize_is_word(const ag_char_t *p, size_t len)
{
    size_t       i;
    unsigned     vowels;
    ag_char_t    c, next;

    if (len < 3 || len > AG_SANITIZE_LETTERS_MAX
        || !ag_sanitize_is(*p, AG_SANITIZE_LETTER))
    {
        return 0;
    }

    vowels = 0;

    for (i = 0; i < len; i++) {
        c = ag_sanitize_lower(p[i]);
        vowels += (strchr("aeiouy", c) != NULL);

        if (i + 1 == len) {
            break;
        }

        next = ag_sanitize_lower(p[i + 1]);

        if (strchr(ag_sanitize_pairs[c - 'a'], next) == NULL) {
            return 0;
        }
    }

    return vowels > 0;
}


const ag_char_t *
ag_sanitize_marker_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t                    i;
    static const char *const  markers[] = {
        AG_SANITIZE_REDACTED, AG_SANITIZE_PATH, AG_SANITIZE_HOST
    };

    for (i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
        if ((size_t) (s->end - p) >= strlen(markers[i])
            && memcmp(p, markers[i], strlen(markers[i])) == 0)
        {
            return p + strlen(markers[i]);
        }
    }

    return NULL;
}


unsigned
ag_sanitize_is_word_at(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return ag_sanitize_at(s, p) == ' '
           && (ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_LOWER)
               || (p + 1 < s->end
                   && ag_sanitize_marker_end(s, p + 1) != NULL));
}
