/*
 * Copyright (C) ngx_agent authors
 *
 * The scanner of JSON: one pass forward, one bit per open bracket in a word,
 * so it can neither recurse nor allocate, and no memory of anything but the
 * top-level members.
 *
 * It judges grammar only: 1e400 passes, since the bytes are forwarded as they
 * came.  It refuses every extension of JSON: what we accept and a provider
 * reads differently is how a filter is passed.
 */


#include "core/ag_json.h"


typedef struct {
    ag_json_t        *json;
    const ag_char_t  *start;
    const ag_char_t  *end;
    uint64_t          stack;        /* a bit per level, 1 for an object; the
                                       lowest is the innermost */
    uint32_t          depth;        /* levels */
    int               rc;           /* of a refusal */
    unsigned          escaped:1;    /* a backslash was seen */
} ag_json_scan_t;


/* All of these read on from "p"; they return NULL when the text is refused. */

static const ag_char_t *ag_json_open(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_push(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_close(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_key(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_member(ag_json_scan_t *s,
    const ag_char_t *p, ag_str_t key);
static const ag_char_t *ag_json_string(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_utf8(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_escape(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_number(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_digits(ag_json_scan_t *s, const ag_char_t *p);
static const ag_char_t *ag_json_literal(ag_json_scan_t *s,
    const ag_char_t *p, const char *literal);
static const ag_char_t *ag_json_refuse(ag_json_scan_t *s,
    const ag_char_t *p, const char *error);

static inline const ag_char_t *ag_json_plain(const ag_char_t *p,
    const ag_char_t *end);
static inline const ag_char_t *ag_json_space(const ag_char_t *p,
    const ag_char_t *end);


/* The type of a value by its first byte. */
static const unsigned char  ag_json_types[256] = {
    ['n'] = AG_JSON_NULL,   ['f'] = AG_JSON_FALSE,  ['t'] = AG_JSON_TRUE,
    ['"'] = AG_JSON_STRING, ['['] = AG_JSON_ARRAY,  ['{'] = AG_JSON_OBJECT,
    ['-'] = AG_JSON_NUMBER, ['0'] = AG_JSON_NUMBER, ['1'] = AG_JSON_NUMBER,
    ['2'] = AG_JSON_NUMBER, ['3'] = AG_JSON_NUMBER, ['4'] = AG_JSON_NUMBER,
    ['5'] = AG_JSON_NUMBER, ['6'] = AG_JSON_NUMBER, ['7'] = AG_JSON_NUMBER,
    ['8'] = AG_JSON_NUMBER, ['9'] = AG_JSON_NUMBER
};


int
ag_json_scan(ag_json_t *json, ag_str_t text)
{
    ag_json_scan_t    s;
    const ag_char_t  *p;

    json->type = AG_JSON_NULL;
    json->count = 0;
    json->error_at = 0;
    json->error = NULL;

    if (text.len == 0) {
        json->error = "the text is empty";
        return AG_INVALID;
    }

    memset(&s, 0, sizeof(s));
    s.json = json;
    s.start = text.data;
    s.end = text.data + text.len;
    s.rc = AG_INVALID;

    p = ag_json_space(s.start, s.end);

    if (p < s.end) {
        json->type = (ag_json_type_t) ag_json_types[*p];
    }

    do {
        p = ag_json_open(&s, p);

        if (p != NULL) {
            p = ag_json_close(&s, p);
        }

    } while (p != NULL && s.depth > 0);

    if (p != NULL) {
        p = ag_json_space(p, s.end);

        if (p < s.end) {
            p = ag_json_refuse(&s, p, "something follows the value");
        }
    }

    return (p != NULL) ? AG_OK : s.rc;
}


/* Reads the start of a value: a whole scalar, or brackets up to one. */
static const ag_char_t *
ag_json_open(ag_json_scan_t *s, const ag_char_t *p)
{
    uint32_t  depth;

    for ( ;; ) {
        p = ag_json_space(p, s->end);

        switch (p < s->end ? *p : '\0') {

        case '"':
            return ag_json_string(s, p + 1);

        case '{':
        case '[':
            depth = s->depth;
            p = ag_json_push(s, p);

            if (p == NULL || s->depth == depth) {
                return p;
            }

            break;

        case 't':
            return ag_json_literal(s, p, "true");

        case 'f':
            return ag_json_literal(s, p, "false");

        case 'n':
            return ag_json_literal(s, p, "null");

        default:
            return ag_json_number(s, p);
        }
    }
}


/*
 * Steps into the bracket at "p", up to its first value; past it when it is
 * empty, and then the depth stays.
 */
static const ag_char_t *
ag_json_push(ag_json_scan_t *s, const ag_char_t *p)
{
    unsigned  object;

    if (s->depth == AG_JSON_DEPTH_MAX) {
        s->rc = AG_LIMIT;
        return ag_json_refuse(s, p, "nested too deeply");
    }

    object = (*p == '{');
    p = ag_json_space(p + 1, s->end);

    if (p < s->end && *p == (object ? '}' : ']')) {
        return p + 1;
    }

    s->stack = s->stack << 1 | object;
    s->depth++;

    return object ? ag_json_key(s, p) : p;
}


/* Reads what follows a value, up to where the next one must start. */
static const ag_char_t *
ag_json_close(ag_json_scan_t *s, const ag_char_t *p)
{
    unsigned           object;
    ag_json_member_t  *member;

    while (s->depth > 0) {
        object = s->stack & 1;

        if (object && s->depth == 1) {
            member = &s->json->members[s->json->count++];
            member->value.len = (size_t) (p - member->value.data);
        }

        p = ag_json_space(p, s->end);

        if (p < s->end && *p == ',') {
            return object ? ag_json_key(s, p + 1) : p + 1;
        }

        if (p == s->end || *p != (object ? '}' : ']')) {
            return ag_json_refuse(s, p,
                                  "a comma or a closing bracket is missing");
        }

        s->stack >>= 1;
        s->depth--;
        p++;
    }

    return p;
}


/* Reads a key and its colon, up to where the value must start. */
static const ag_char_t *
ag_json_key(ag_json_scan_t *s, const ag_char_t *p)
{
    ag_str_t  key;

    p = ag_json_space(p, s->end);

    if (p == s->end || *p != '"') {
        return ag_json_refuse(s, p, "a key in quotes is missing");
    }

    s->escaped = 0;
    key.data = p + 1;
    p = ag_json_string(s, p + 1);

    if (p == NULL) {
        return NULL;
    }

    key.len = (size_t) (p - 1 - key.data);
    p = ag_json_space(p, s->end);

    if (p == s->end || *p != ':') {
        return ag_json_refuse(s, p, "a colon is missing");
    }

    p = ag_json_space(p + 1, s->end);

    return (s->depth == 1) ? ag_json_member(s, p, key) : p;
}


/* Remembers a top-level key whose value starts at "p". */
static const ag_char_t *
ag_json_member(ag_json_scan_t *s, const ag_char_t *p, ag_str_t key)
{
    ag_str_t           name;
    ag_char_t          decoded[AG_JSON_KEY_MAX];
    ag_json_member_t  *member;

    if (s->json->count == AG_JSON_MEMBERS_MAX) {
        s->rc = AG_LIMIT;
        return ag_json_refuse(s, key.data, "too many top-level keys");
    }

    if (key.len > AG_JSON_KEY_MAX) {
        s->rc = AG_LIMIT;
        return ag_json_refuse(s, key.data, "a top-level key is too long");
    }

    name = key;

    if (s->escaped) {
        name.data = decoded;
        name.len = ag_json_decode(ag_str(key.data - 1, key.len + 2), decoded,
                                  sizeof(decoded));
    }

    member = &s->json->members[s->json->count];
    member->key = key;
    member->value = ag_str(p, 0);
    member->type = (p < s->end) ? (ag_json_type_t) ag_json_types[*p]
                                : AG_JSON_NULL;
    member->hash = ag_json_hash(name);
    member->escaped = s->escaped;

    if (ag_json_find_name(s->json, name, member->hash) != NULL) {
        return ag_json_refuse(s, key.data, "a key is given twice");
    }

    return p;
}


/* Reads the inside of a string and its closing quote. */
static const ag_char_t *
ag_json_string(ag_json_scan_t *s, const ag_char_t *p)
{
    while (p != NULL) {
        p = ag_json_plain(p, s->end);

        if (p < s->end && *p == '"') {
            return p + 1;
        }

        if (p < s->end && *p == '\\') {
            p = ag_json_escape(s, p + 1);

        } else if (p < s->end && *p >= 0x80) {
            p = ag_json_utf8(s, p);

        } else {
            p = ag_json_refuse(s, p, "a control character is not escaped");
        }
    }

    return NULL;
}


/* A run of longer characters: they seldom come alone. */
static const ag_char_t *
ag_json_utf8(ag_json_scan_t *s, const ag_char_t *p)
{
    size_t  n;

    do {
        n = ag_utf8_length(p, s->end);

        if (n == 0) {
            return ag_json_refuse(s, p, "a byte is not UTF-8");
        }

        p += n;

    } while (p < s->end && *p >= 0x80);

    return p;
}


/* Reads what follows a backslash; both halves of a pair of surrogates. */
static const ag_char_t *
ag_json_escape(ag_json_scan_t *s, const ag_char_t *p)
{
    int  code;

    s->escaped = 1;

    if (p == s->end || *p == '\0'
        || (*p != 'u' && strchr("\"\\/bfnrt", *p) == NULL))
    {
        return ag_json_refuse(s, p, "an escape is unknown");
    }

    if (*p != 'u') {
        return p + 1;
    }

    code = ag_json_hex_digits(p + 1, s->end);

    if (code < 0) {
        return ag_json_refuse(s, p, "an escape lacks hexadecimal digits");
    }

    p += 5;

    if ((code & 0xf800) != 0xd800) {
        return p;
    }

    if (code >= 0xdc00 || s->end - p < 2 || p[0] != '\\' || p[1] != 'u'
        || (ag_json_hex_digits(p + 2, s->end) & ~0x3ff) != 0xdc00)
    {
        return ag_json_refuse(s, p, "a surrogate stands alone");
    }

    return p + 6;
}


static const ag_char_t *
ag_json_number(ag_json_scan_t *s, const ag_char_t *p)
{
    if (p == s->end || ag_json_types[*p] != AG_JSON_NUMBER) {
        return ag_json_refuse(s, p, "a value is missing");
    }

    p += (*p == '-');

    if (p < s->end && *p == '0') {
        p++;

    } else {
        p = ag_json_digits(s, p);
    }

    if (p != NULL && p < s->end && *p == '.') {
        p = ag_json_digits(s, p + 1);
    }

    if (p != NULL && p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += (p < s->end && (*p == '+' || *p == '-'));
        p = ag_json_digits(s, p);
    }

    return p;
}


static const ag_char_t *
ag_json_digits(ag_json_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *first;

    first = p;

    while (p < s->end && *p >= '0' && *p <= '9') {
        p++;
    }

    if (p == first) {
        return ag_json_refuse(s, p, "a number lacks a digit");
    }

    return p;
}


static const ag_char_t *
ag_json_literal(ag_json_scan_t *s, const ag_char_t *p, const char *literal)
{
    for ( /* void */ ; *literal != '\0'; literal++, p++) {
        if (p == s->end || *p != (ag_char_t) *literal) {
            return ag_json_refuse(s, p, "a word is not true, false or null");
        }
    }

    return p;
}


static const ag_char_t *
ag_json_refuse(ag_json_scan_t *s, const ag_char_t *p, const char *error)
{
    s->json->error = (p == s->end) ? "the text ends too early" : error;
    s->json->error_at = (size_t) (p - s->start);

    return NULL;
}


/*
 * Skips what stands for itself in a string, up to a quote, a backslash, a
 * control character or a longer character.  Eight bytes a step: a wrongly
 * borrowed mark can only stand behind a true one, and the first is taken.
 */
static inline const ag_char_t *
ag_json_plain(const ag_char_t *p, const ag_char_t *end)
{
    uint64_t  word, marks;

    while (end - p >= 8) {
        word = ag_word(p);
        marks = ((word - ag_word_of(0x20))
                 | ((word ^ ag_word_of('"')) - ag_word_of(1))
                 | ((word ^ ag_word_of('\\')) - ag_word_of(1))
                 | word)
                & ag_word_of(0x80);

        if (marks != 0) {
            return p + ag_word_first(marks);
        }

        p += 8;
    }

    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\' && *p < 0x80) {
        p++;
    }

    return p;
}


static inline const ag_char_t *
ag_json_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


int
ag_json_hex_digits(const ag_char_t *p, const ag_char_t *end)
{
    int  i, digit, code;

    if (end - p < 4) {
        return -1;
    }

    code = 0;

    for (i = 0; i < 4; i++) {
        digit = (p[i] <= '9') ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10;

        if (digit < 0 || digit > 15 || (p[i] > '9' && digit < 10)) {
            return -1;
        }

        code = code << 4 | digit;
    }

    return code;
}
