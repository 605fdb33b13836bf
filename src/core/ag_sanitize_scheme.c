/*
 * Copyright (C) ngx_agent authors
 *
 * "Bearer ..." and "Basic ...", wherever they stand, and the schemes that
 * stand before the value of a header.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_BEARER_MIN   6      /* characters of a token */
#define AG_SANITIZE_LETTERS_MIN  8      /* of one without digits */
#define AG_SANITIZE_BASIC_MIN    8
#define AG_SANITIZE_LOOK_MAX     32     /* bytes of a scheme */


static const ag_char_t *ag_sanitize_skip_blank(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_bearer(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e, unsigned kinds);
static unsigned ag_sanitize_is_basic(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e, unsigned kinds);
static unsigned ag_sanitize_is_padded(const ag_sanitize_scan_t *s,
    const ag_char_t *e);


/* What stands between "Authorization:" and its value. */
static const char *const  ag_sanitize_schemes[128] = {
    ['a'] = "apikey api-key aws4-hmac-sha256", ['b'] = "bearer basic bot",
    ['d'] = "digest", ['h'] = "hmac", ['k'] = "key", ['n'] = "negotiate",
    ['o'] = "oauth", ['s'] = "sso-key signature", ['t'] = "token"
};


const ag_char_t *
ag_sanitize_scheme(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned              bearer, kinds, token;
    const ag_char_t      *end;
    ag_sanitize_field_t   field;

    bearer = (e - p == 6 && ag_sanitize_starts(s, p, "bearer"));

    if (!bearer && !(e - p == 5 && ag_sanitize_starts(s, p, "basic"))) {
        return NULL;
    }

    memset(&field, 0, sizeof(field));
    field.start = ag_sanitize_skip_blank(s, e);

    if (field.start == NULL) {
        return NULL;
    }

    /* RFC 6750 and base64; stars where a part was taken out */

    kinds = 0;

    for (end = field.start; end < s->end; end++) {
        if (!ag_sanitize_is(*end, AG_SANITIZE_NAME | AG_SANITIZE_RUN)
            && *end != '~' && *end != '/' && *end != '*' && *end != '=')
        {
            break;
        }

        kinds |= ag_sanitize_kinds[*end];
    }

    while (end > field.start && (end[-1] == '.' || end[-1] == '-')) {
        end--;
    }

    token = bearer ? ag_sanitize_is_bearer(s, field.start, end, kinds)
                   : ag_sanitize_is_basic(s, field.start, end, kinds);

    if (!token || ag_sanitize_is_harmless(s, &field)) {
        return NULL;
    }

    return ag_sanitize_put(s, field.start, end, AG_SANITIZE_REDACTED);
}


/*
 * Is p..e a token, and not the next word of a sentence ("Bearer verification
 * failed") or of a challenge ("Bearer error=...")?
 */
static unsigned
ag_sanitize_is_bearer(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, unsigned kinds)
{
    size_t  len;

    len = (size_t) (e - p);

    if (len < AG_SANITIZE_BEARER_MIN) {
        return 0;
    }

    if (kinds & AG_SANITIZE_DIGIT) {
        return 1;
    }

    if (kinds & AG_SANITIZE_TAIL) {
        if (memchr(p, '*', len) != NULL || ag_sanitize_is_padded(s, e)) {
            return 1;
        }

        if (memchr(p, '=', len) != NULL) {
            return 0;
        }
    }

    return len >= AG_SANITIZE_LETTERS_MIN && !ag_sanitize_is_word_at(s, e);
}


/* Is p..e base64, and not the next word of a sentence ("Basic plan")? */
static unsigned
ag_sanitize_is_basic(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, unsigned kinds)
{
    size_t  len;

    len = (size_t) (e - p);

    if (len < AG_SANITIZE_BASIC_MIN || !(kinds & AG_SANITIZE_LETTER)
        || (kinds & (AG_SANITIZE_DOT | AG_SANITIZE_DASH | AG_SANITIZE_SCORE))
        || memchr(p, '~', len) != NULL || memchr(p, '*', len) != NULL)
    {
        return 0;
    }

    if (memchr(p, '=', len) != NULL) {
        return ag_sanitize_is_padded(s, e)
               && memchr(p, '=', len - 2) == NULL;
    }

    return (kinds & AG_SANITIZE_DIGIT)
           || ag_sanitize_is_random(ag_str(p, len), len);
}


/* Does a token end with "=", which does not assign something? */
static unsigned
ag_sanitize_is_padded(const ag_sanitize_scan_t *s, const ag_char_t *e)
{
    ag_char_t  next;

    next = ag_sanitize_at(s, e);

    return e[-1] == '=' && next != '"' && next != '\'' && next != '\\'
           && next != '[';
}


/* Any of the schemes, before the value of a header that is a secret. */
const ag_char_t *
ag_sanitize_skip_scheme(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *e;

    for (e = p; e < s->end && e - p < AG_SANITIZE_LOOK_MAX; e++) {
        if (!ag_sanitize_is(*e, AG_SANITIZE_NAME)) {
            break;
        }
    }

    if (!ag_sanitize_is_listed(ag_sanitize_schemes,
                               ag_str(p, (size_t) (e - p))))
    {
        return NULL;
    }

    return ag_sanitize_skip_blank(s, e);
}


/* Behind the space, escaped or not, at "p"; NULL if there is none. */
static const ag_char_t *
ag_sanitize_skip_blank(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    if (ag_sanitize_starts(s, p, "%20")) {
        return p + 3;
    }

    return (ag_sanitize_at(s, p) == ' ') ? ag_sanitize_skip_spaces(s, p)
                                         : NULL;
}
