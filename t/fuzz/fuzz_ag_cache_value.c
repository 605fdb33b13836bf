/*
 * Copyright (C) ngx_agent authors
 *
 * Answers of the cache as any bytes: reading stays within them, what is read
 * is written the same again, and a seal opens for what it was made for, while
 * one that was changed, cut or extended does not.
 *
 * The first bytes of the input say what is changed, and where.
 */


#include <assert.h>
#include <stdlib.h>

#include "core/ag_cache_value.h"


#define FUZZ_HEAD    8          /* bytes of the input that steer */
#define FUZZ_SECRET  "0123456789abcdef"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_read(ag_str_t bytes);
static void fuzz_unseal(ag_str_t bytes);
static void fuzz_seal(const uint8_t *steer, ag_str_t bytes);
static void fuzz_item(ag_cache_item_t *item, const uint8_t *steer);
static void fuzz_change(ag_buf_t *sealed, const uint8_t *steer,
    const ag_char_t *key);
static int fuzz_open(ag_str_t sealed, const ag_char_t *key);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(ag_str(data, size));
    fuzz_unseal(ag_str(data, size));

    if (size >= FUZZ_HEAD) {
        fuzz_read(ag_str(data + FUZZ_HEAD, size - FUZZ_HEAD));
        fuzz_seal(data, ag_str(data + FUZZ_HEAD, size - FUZZ_HEAD));
    }

    return 0;
}


static void
fuzz_read(ag_str_t bytes)
{
    ag_buf_t          out;
    ag_cache_value_t  value;

    if (ag_cache_value_read(bytes, &value) != AG_OK) {
        return;
    }

    ag_buf_init(&out, bytes.len);

    assert(ag_cache_value_head(&out, &value) == AG_OK);
    assert(out.len <= AG_CACHE_HEAD_MAX);
    assert(value.body.data + value.body.len == bytes.data + bytes.len);
    assert(out.len + value.body.len == bytes.len);
    assert(memcmp(out.data, bytes.data, out.len) == 0);

    ag_buf_free(&out);
}


/* Nobody guesses an HMAC. */
static void
fuzz_unseal(ag_str_t bytes)
{
    static const ag_char_t  none[AG_CACHE_KEY] = { 0 };

    assert(fuzz_open(bytes, none) == AG_INVALID);

    if (bytes.len >= 8 + AG_CACHE_KEY) {
        assert(fuzz_open(bytes, bytes.data + 8) == AG_INVALID);
    }
}


static void
fuzz_seal(const uint8_t *steer, ag_str_t bytes)
{
    uint64_t         epoch;
    ag_buf_t         sealed;
    ag_str_t         opened;
    ag_cache_item_t  item, same;

    fuzz_item(&item, steer);
    ag_buf_init(&sealed, bytes.len + AG_CACHE_SEAL + 1);

    assert(ag_cache_seal(&sealed, &item, steer[6], bytes,
                         ag_str(FUZZ_SECRET, AG_CACHE_SECRET_MIN)) == AG_OK);
    assert(sealed.len == bytes.len + AG_CACHE_SEAL);

    if (bytes.len == 0) {
        assert(fuzz_open(ag_buf_str(&sealed), item.key) == AG_INVALID);
        ag_buf_free(&sealed);
        return;
    }

    assert(ag_cache_unseal(ag_buf_str(&sealed), item.key,
                           ag_str(FUZZ_SECRET, AG_CACHE_SECRET_MIN), &same,
                           &epoch, &opened) == AG_OK);

    assert(ag_str_equal(opened, bytes));
    assert(epoch == steer[6]);
    assert(memcmp(same.key, item.key, AG_CACHE_KEY) == 0);
    assert(same.owner == item.owner);
    assert(same.model == item.model);
    assert(same.stored_ms == item.stored_ms);
    assert(same.expires_ms == item.expires_ms);
    assert(same.len == bytes.len);
    assert(same.passing == item.passing);

    fuzz_change(&sealed, steer, item.key);
    ag_buf_free(&sealed);
}


static void
fuzz_item(ag_cache_item_t *item, const uint8_t *steer)
{
    memset(item, 0, sizeof(*item));
    memset(item->key, steer[0], AG_CACHE_KEY);
    item->key[steer[1] % AG_CACHE_KEY] = steer[2];
    item->owner = UINT64_MAX / (steer[3] + 1u);
    item->model = (uint64_t) steer[4] << 56 | steer[5];
    item->stored_ms = (uint64_t) steer[0] << steer[1] % 56;
    item->expires_ms = UINT64_MAX - steer[2];
    item->passing = steer[7] & 1;
}


static void
fuzz_change(ag_buf_t *sealed, const uint8_t *steer, const ag_char_t *key)
{
    size_t     at;
    ag_char_t  other[AG_CACHE_KEY];

    at = ((size_t) steer[0] << 16 | (size_t) steer[1] << 8 | steer[2])
         % sealed->len;

    sealed->data[at] ^= (ag_char_t) (1 << steer[3] % 8);
    assert(fuzz_open(ag_buf_str(sealed), key) == AG_INVALID);
    sealed->data[at] ^= (ag_char_t) (1 << steer[3] % 8);

    assert(fuzz_open(ag_str(sealed->data, at), key) == AG_INVALID);
    assert(fuzz_open(ag_str(sealed->data + at, sealed->len - at), key)
           == (at == 0 ? AG_OK : AG_INVALID));

    memcpy(other, key, AG_CACHE_KEY);
    other[at % AG_CACHE_KEY] ^= (ag_char_t) (1 << steer[3] % 8);
    assert(fuzz_open(ag_buf_str(sealed), other) == AG_INVALID);

    assert(ag_buf_add(sealed, &steer[4], 1) == AG_OK);
    assert(fuzz_open(ag_buf_str(sealed), key) == AG_INVALID);
}


/* In memory of its own, which ends where it ends. */
static int
fuzz_open(ag_str_t sealed, const ag_char_t *key)
{
    int              rc;
    uint64_t         epoch;
    ag_str_t         bytes;
    ag_char_t       *copy;
    ag_cache_item_t  item;

    copy = malloc(sealed.len + 1);
    assert(copy != NULL);

    if (sealed.len > 0) {
        memcpy(copy + 1, sealed.data, sealed.len);
    }

    rc = ag_cache_unseal(ag_str(copy + 1, sealed.len), key,
                         ag_str(FUZZ_SECRET, AG_CACHE_SECRET_MIN), &item,
                         &epoch, &bytes);

    free(copy);

    return rc;
}
