/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer is filed under.  All parts are written one behind another,
 * each behind its length, and hashed at once; OpenSSL does that, by its
 * functions without allocation (ag_key.c says why).
 *
 * The form has a version: whoever adds a part, or changes what ag_canon()
 * writes, counts it up, so that nodes of two releases do not read each
 * other's answers.  Refuses to make a key that nobody owns.
 */


#define OPENSSL_API_COMPAT  0x10101000L

#include <openssl/sha.h>

#include "core/ag_cache_key.h"
#include "core/ag_canon.h"


#define AG_CACHE_KEY_FORM    "ngx_agent cache 1"
#define AG_CACHE_KEY_LENGTH  8      /* bytes before each part */
#define AG_CACHE_KEY_PARTS   (11 + 2 * AG_CACHE_HEADERS)    /* but the body */


static size_t ag_cache_key_parts(const ag_cache_question_t *question,
    ag_str_t parts[AG_CACHE_KEY_PARTS]);
static ag_str_t *ag_cache_key_headers(const ag_cache_question_t *question,
    ag_str_t *part);
static int ag_cache_key_order(const ag_cache_header_t *a,
    const ag_cache_header_t *b);
static int ag_cache_key_compare(ag_str_t a, ag_str_t b);
static inline void ag_cache_key_put(ag_char_t *to, uint64_t number);
static void ag_cache_key_hash(ag_str_t text,
    ag_char_t digest[SHA256_DIGEST_LENGTH]);


/* How an answer is delivered, and for whom.  Sorted. */
static const char *const  ag_cache_key_without[] = {
    "metadata", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "safety_identifier", "stream", "stream_options",
    "user"
};

static const char *const  ag_cache_key_delivery[] = {
    "stream", "stream_options"
};


#define ag_cache_key_count(names)  (sizeof(names) / sizeof((names)[0]))


int
ag_cache_key(const ag_cache_question_t *question, ag_buf_t *scratch,
    ag_char_t key[AG_CACHE_KEY])
{
    int  rc;

    rc = ag_cache_key_begin(question, scratch);

    return (rc == AG_OK) ? ag_cache_key_end(question, scratch, key) : rc;
}


/*
 * A tenant without a name would share its answers with all of these: then
 * there is no key.
 */
int
ag_cache_key_begin(const ag_cache_question_t *question, ag_buf_t *scratch)
{
    int         rc;
    size_t      i, count, len;
    ag_str_t    parts[AG_CACHE_KEY_PARTS];
    ag_char_t   shape[2], *p;

    if ((unsigned) question->scope > AG_CACHE_SCOPE_GLOBAL
        || (question->scope != AG_CACHE_SCOPE_GLOBAL
            && question->tenant.len == 0))
    {
        return AG_INVALID;
    }

    if (question->header_count > AG_CACHE_HEADERS) {
        return AG_LIMIT;
    }

    /* these say which parts there are, and which members count */

    shape[0] = (ag_char_t) (question->scope | question->echoes << 4);
    shape[1] = (ag_char_t) question->header_count;
    parts[1] = ag_str(shape, sizeof(shape));

    count = ag_cache_key_parts(question, parts);

    for (i = 0, len = 0; i < count; i++) {
        len += AG_CACHE_KEY_LENGTH + parts[i].len;
    }

    scratch->len = 0;
    rc = ag_buf_reserve(scratch, len);

    if (rc != AG_OK) {
        return rc;
    }

    for (i = 0, p = scratch->data; i < count; i++) {
        ag_cache_key_put(p, parts[i].len);
        p += AG_CACHE_KEY_LENGTH;

        if (parts[i].len > 0) {
            memcpy(p, parts[i].data, parts[i].len);
            p += parts[i].len;
        }
    }

    scratch->len = len;

    return AG_OK;
}


/* The body's length is known behind it. */
int
ag_cache_key_end(const ag_cache_question_t *question, ag_buf_t *scratch,
    ag_char_t key[AG_CACHE_KEY])
{
    int     rc;
    size_t  at;

    at = scratch->len;
    rc = ag_buf_reserve(scratch, AG_CACHE_KEY_LENGTH);

    if (rc != AG_OK) {
        return rc;
    }

    scratch->len = at + AG_CACHE_KEY_LENGTH;

    rc = question->echoes
         ? ag_canon(scratch, question->body, ag_cache_key_delivery,
                    ag_cache_key_count(ag_cache_key_delivery))
         : ag_canon(scratch, question->body, ag_cache_key_without,
                    ag_cache_key_count(ag_cache_key_without));

    if (rc != AG_OK) {
        return rc;
    }

    ag_cache_key_put(scratch->data + at,
                     scratch->len - at - AG_CACHE_KEY_LENGTH);
    ag_cache_key_hash(ag_buf_str(scratch), key);

    return AG_OK;
}


uint64_t
ag_cache_id(ag_str_t name)
{
    int        i;
    uint64_t   id;
    ag_char_t  digest[SHA256_DIGEST_LENGTH];

    ag_cache_key_hash(name, digest);
    id = 0;

    for (i = 0; i < 8; i++) {
        id = id << 8 | digest[i];
    }

    return (id != 0) ? id : 1;
}


/* All but the second, which the caller has. */
static size_t
ag_cache_key_parts(const ag_cache_question_t *question,
    ag_str_t parts[AG_CACHE_KEY_PARTS])
{
    ag_str_t        *part;
    const ag_str_t   form = ag_string(AG_CACHE_KEY_FORM);

    parts[0] = form;
    part = parts + 2;

    if (question->scope != AG_CACHE_SCOPE_GLOBAL) {
        *part++ = question->tenant;
    }

    if (question->scope == AG_CACHE_SCOPE_KEY) {
        *part++ = question->key_digest;
    }

    *part++ = question->version;
    *part++ = question->endpoint;
    *part++ = question->query;
    *part++ = question->asked;
    *part++ = question->model;
    *part++ = question->tags;
    *part++ = question->validation;

    part = ag_cache_key_headers(question, part);

    return (size_t) (part - parts);
}


/* By name, then by value: their order is the client's and says nothing. */
static ag_str_t *
ag_cache_key_headers(const ag_cache_question_t *question, ag_str_t *part)
{
    size_t                    i, j;
    const ag_cache_header_t  *header, *headers[AG_CACHE_HEADERS];

    for (i = 0; i < question->header_count; i++) {
        header = &question->headers[i];

        for (j = i; j > 0; j--) {
            if (ag_cache_key_order(headers[j - 1], header) <= 0) {
                break;
            }

            headers[j] = headers[j - 1];
        }

        headers[j] = header;
    }

    for (i = 0; i < question->header_count; i++) {
        *part++ = headers[i]->name;
        *part++ = headers[i]->value;
    }

    return part;
}


static int
ag_cache_key_order(const ag_cache_header_t *a, const ag_cache_header_t *b)
{
    int  order;

    order = ag_cache_key_compare(a->name, b->name);

    return (order != 0) ? order : ag_cache_key_compare(a->value, b->value);
}


static int
ag_cache_key_compare(ag_str_t a, ag_str_t b)
{
    int     order;
    size_t  len;

    len = (a.len < b.len) ? a.len : b.len;
    order = (len > 0) ? memcmp(a.data, b.data, len) : 0;

    return (order != 0) ? order : (a.len > b.len) - (a.len < b.len);
}


static inline void
ag_cache_key_put(ag_char_t *to, uint64_t number)
{
    int  i;

    for (i = 0; i < AG_CACHE_KEY_LENGTH; i++) {
        to[i] = (ag_char_t) (number >> (8 * i));
    }
}


static void
ag_cache_key_hash(ag_str_t text, ag_char_t digest[SHA256_DIGEST_LENGTH])
{
    SHA256_CTX  sha;

    (void) SHA256_Init(&sha);
    (void) SHA256_Update(&sha, text.data, text.len);
    (void) SHA256_Final(digest, &sha);
}
