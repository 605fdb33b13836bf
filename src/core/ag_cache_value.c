/*
 * Copyright (C) ngx_agent authors
 *
 * An answer as bytes.  Its head is 60 bytes and two names; a sealed one has
 * 80 bytes before it and its HMAC behind it.  Whoever changes one of them
 * counts its version up: what is of another version is nothing.
 *
 * Refuses to open what it cannot prove to be ours, and to use a secret that
 * is too short to prove anything.
 */


#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/ag_cache_value.h"


#define AG_CACHE_VALUE_VERSION  1
#define AG_CACHE_VALUE_FIXED    60      /* bytes of the head before names */
#define AG_CACHE_SEAL_VERSION   1
#define AG_CACHE_SEAL_HEAD      80      /* bytes before what is sealed */
#define AG_CACHE_SEAL_MAC       32      /* bytes behind it */

#define AG_CACHE_VALUE_USAGE    1       /* flags of a head */
#define AG_CACHE_VALUE_COST     2
#define AG_CACHE_VALUE_FALLBACK 4
#define AG_CACHE_VALUE_REPAIRED 8
#define AG_CACHE_VALUE_FLAGS    15

#define AG_CACHE_SEAL_PASSING   1       /* of a seal */


static size_t ag_cache_value_cut(ag_str_t name);
static ag_char_t *ag_cache_value_put(ag_char_t *to, uint64_t number,
    unsigned bytes);
static uint64_t ag_cache_value_get(const ag_char_t *from, unsigned bytes);
static int ag_cache_value_sign(ag_char_t mac[AG_CACHE_SEAL_MAC],
    ag_str_t bytes, ag_str_t secret);


int
ag_cache_value_head(ag_buf_t *out, const ag_cache_value_t *value)
{
    int         rc;
    size_t      provider, model;
    unsigned    flags;
    ag_char_t  *p;

    provider = ag_cache_value_cut(value->provider);
    model = ag_cache_value_cut(value->model);

    rc = ag_buf_reserve(out, AG_CACHE_VALUE_FIXED + provider + model);

    if (rc != AG_OK) {
        return rc;
    }

    flags = (value->usage_known ? AG_CACHE_VALUE_USAGE : 0)
            | (value->cost_known ? AG_CACHE_VALUE_COST : 0)
            | (value->fallback ? AG_CACHE_VALUE_FALLBACK : 0)
            | (value->repaired ? AG_CACHE_VALUE_REPAIRED : 0);

    p = out->data + out->len;
    *p++ = 'a';
    *p++ = 'v';
    *p++ = AG_CACHE_VALUE_VERSION;
    *p++ = (ag_char_t) flags;
    p = ag_cache_value_put(p, provider, 2);
    p = ag_cache_value_put(p, model, 2);
    p = ag_cache_value_put(p, value->attempts, 4);
    p = ag_cache_value_put(p, value->input_tokens, 8);
    p = ag_cache_value_put(p, value->cached_tokens, 8);
    p = ag_cache_value_put(p, value->written_tokens, 8);
    p = ag_cache_value_put(p, value->output_tokens, 8);
    p = ag_cache_value_put(p, value->reasoning_tokens, 8);
    (void) ag_cache_value_put(p, value->cost, 8);

    out->len += AG_CACHE_VALUE_FIXED;
    (void) ag_buf_add(out, value->provider.data, provider);
    (void) ag_buf_add(out, value->model.data, model);

    return AG_OK;
}


int
ag_cache_value_read(ag_str_t bytes, ag_cache_value_t *value)
{
    size_t            provider, model;
    unsigned          flags;
    const ag_char_t  *p, *names;

    p = bytes.data;

    if (bytes.len < AG_CACHE_VALUE_FIXED
        || p[0] != 'a' || p[1] != 'v' || p[2] != AG_CACHE_VALUE_VERSION
        || (p[3] & ~AG_CACHE_VALUE_FLAGS) != 0)
    {
        return AG_INVALID;
    }

    provider = (size_t) ag_cache_value_get(p + 4, 2);
    model = (size_t) ag_cache_value_get(p + 6, 2);
    names = p + AG_CACHE_VALUE_FIXED;

    if (provider > AG_CACHE_NAME_MAX || model > AG_CACHE_NAME_MAX
        || provider + model > bytes.len - AG_CACHE_VALUE_FIXED)
    {
        return AG_INVALID;
    }

    flags = p[3];
    value->usage_known = (flags & AG_CACHE_VALUE_USAGE) != 0;
    value->cost_known = (flags & AG_CACHE_VALUE_COST) != 0;
    value->fallback = (flags & AG_CACHE_VALUE_FALLBACK) != 0;
    value->repaired = (flags & AG_CACHE_VALUE_REPAIRED) != 0;

    value->attempts = (uint32_t) ag_cache_value_get(p + 8, 4);
    value->input_tokens = ag_cache_value_get(p + 12, 8);
    value->cached_tokens = ag_cache_value_get(p + 20, 8);
    value->written_tokens = ag_cache_value_get(p + 28, 8);
    value->output_tokens = ag_cache_value_get(p + 36, 8);
    value->reasoning_tokens = ag_cache_value_get(p + 44, 8);
    value->cost = ag_cache_value_get(p + 52, 8);

    value->provider = ag_str(names, provider);
    value->model = ag_str(names + provider, model);
    value->body = ag_str(names + provider + model,
                         bytes.len - AG_CACHE_VALUE_FIXED - provider - model);

    return AG_OK;
}


int
ag_cache_seal(ag_buf_t *out, const ag_cache_item_t *item, uint64_t epoch,
    ag_str_t bytes, ag_str_t secret)
{
    int         rc;
    ag_char_t  *p, *start;

    if (secret.len < AG_CACHE_SECRET_MIN) {
        return AG_INVALID;
    }

    if (bytes.len > UINT32_MAX) {
        return AG_LIMIT;
    }

    rc = ag_buf_reserve(out, AG_CACHE_SEAL + bytes.len);

    if (rc != AG_OK) {
        return rc;
    }

    start = out->data + out->len;
    p = start;
    *p++ = 'a';
    *p++ = 's';
    *p++ = AG_CACHE_SEAL_VERSION;
    *p++ = item->passing ? AG_CACHE_SEAL_PASSING : 0;
    p = ag_cache_value_put(p, bytes.len, 4);
    memcpy(p, item->key, AG_CACHE_KEY);
    p += AG_CACHE_KEY;
    p = ag_cache_value_put(p, item->owner, 8);
    p = ag_cache_value_put(p, item->model, 8);
    p = ag_cache_value_put(p, item->stored_ms, 8);
    p = ag_cache_value_put(p, item->expires_ms, 8);
    p = ag_cache_value_put(p, epoch, 8);

    if (bytes.len > 0) {
        memcpy(p, bytes.data, bytes.len);
        p += bytes.len;
    }

    rc = ag_cache_value_sign(p, ag_str(start, (size_t) (p - start)), secret);

    if (rc == AG_OK) {
        out->len += AG_CACHE_SEAL + bytes.len;
    }

    return rc;
}


/* Says nothing of what was not proved: *item and the rest stay as they are. */
int
ag_cache_unseal(ag_str_t sealed, const ag_char_t key[AG_CACHE_KEY],
    ag_str_t secret, ag_cache_item_t *item, uint64_t *epoch, ag_str_t *bytes)
{
    size_t            len;
    ag_char_t         mac[AG_CACHE_SEAL_MAC];
    const ag_char_t  *p;

    p = sealed.data;

    if (secret.len < AG_CACHE_SECRET_MIN
        || sealed.len <= AG_CACHE_SEAL
        || p[0] != 'a' || p[1] != 's' || p[2] != AG_CACHE_SEAL_VERSION)
    {
        return AG_INVALID;
    }

    len = sealed.len - AG_CACHE_SEAL;

    if (ag_cache_value_get(p + 4, 4) != len
        || ag_cache_value_sign(mac, ag_str(p, AG_CACHE_SEAL_HEAD + len),
                               secret) != AG_OK
        || CRYPTO_memcmp(mac, p + AG_CACHE_SEAL_HEAD + len, sizeof(mac)) != 0
        || CRYPTO_memcmp(key, p + 8, AG_CACHE_KEY) != 0)
    {
        return AG_INVALID;
    }

    memcpy(item->key, key, AG_CACHE_KEY);
    item->owner = ag_cache_value_get(p + 40, 8);
    item->model = ag_cache_value_get(p + 48, 8);
    item->stored_ms = ag_cache_value_get(p + 56, 8);
    item->expires_ms = ag_cache_value_get(p + 64, 8);
    item->len = (uint32_t) len;
    item->passing = (p[3] & AG_CACHE_SEAL_PASSING) != 0;

    *epoch = ag_cache_value_get(p + 72, 8);
    *bytes = ag_str(p + AG_CACHE_SEAL_HEAD, len);

    return AG_OK;
}


/* What is kept of a name: never a part of a UTF-8 character. */
static size_t
ag_cache_value_cut(ag_str_t name)
{
    size_t  len;

    if (name.len <= AG_CACHE_NAME_MAX) {
        return name.len;
    }

    len = AG_CACHE_NAME_MAX;

    while (len > AG_CACHE_NAME_MAX - 3 && (name.data[len] & 0xc0) == 0x80) {
        len--;
    }

    return len;
}


static ag_char_t *
ag_cache_value_put(ag_char_t *to, uint64_t number, unsigned bytes)
{
    unsigned  i;

    for (i = 0; i < bytes; i++) {
        *to++ = (ag_char_t) (number >> (8 * i));
    }

    return to;
}


static uint64_t
ag_cache_value_get(const ag_char_t *from, unsigned bytes)
{
    uint64_t  number;

    number = 0;

    while (bytes-- > 0) {
        number = number << 8 | from[bytes];
    }

    return number;
}


/* OpenSSL fails only without memory. */
static int
ag_cache_value_sign(ag_char_t mac[AG_CACHE_SEAL_MAC], ag_str_t bytes,
    ag_str_t secret)
{
    unsigned  len;

    return (HMAC(EVP_sha256(), secret.data, (int) secret.len, bytes.data,
                 bytes.len, mac, &len) != NULL) ? AG_OK : AG_NOMEM;
}
