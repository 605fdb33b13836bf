/*
 * Copyright (C) ngx_agent authors
 *
 * Digests of keys.  OpenSSL does the hashing, by its functions without
 * allocation: they take 65 ns for a key of 50 bytes where EVP_Digest() and
 * SHA256() take 400 (OpenSSL 3.0), and every call hashes one.  They are
 * marked as deprecated but belong to its API of 1.1.1, which is asked for
 * below.  Refuses to know where a key comes from or whose it is.
 */


#define OPENSSL_API_COMPAT  0x10101000L

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "core/ag_caps.h"
#include "core/ag_key.h"


#define AG_KEY_TEXT(number)   AG_KEY_DIGITS(number)
#define AG_KEY_DIGITS(number) #number


static int ag_key_hex_digit(ag_char_t c);


void
ag_key_digest(ag_str_t key, unsigned char digest[AG_KEY_DIGEST])
{
    SHA256_CTX  sha;

    (void) SHA256_Init(&sha);
    (void) SHA256_Update(&sha, key.data, key.len);
    (void) SHA256_Final(digest, &sha);
}


int
ag_key_equal(const unsigned char a[AG_KEY_DIGEST],
    const unsigned char b[AG_KEY_DIGEST])
{
    return CRYPTO_memcmp(a, b, AG_KEY_DIGEST) == 0;
}


int
ag_key_read_hex(ag_str_t text, unsigned char digest[AG_KEY_DIGEST])
{
    int     high, low;
    size_t  i;

    if (text.len != 2 * AG_KEY_DIGEST) {
        return AG_INVALID;
    }

    for (i = 0; i < AG_KEY_DIGEST; i++) {
        high = ag_key_hex_digit(text.data[2 * i]);
        low = ag_key_hex_digit(text.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return AG_INVALID;
        }

        digest[i] = (unsigned char) (high * 16 + low);
    }

    return AG_OK;
}


const char *
ag_key_refuse(ag_str_t key)
{
    size_t  i;

    if (key.len < AG_KEY_MIN) {
        return "it is shorter than " AG_KEY_TEXT(AG_KEY_MIN) " characters";
    }

    if (key.len > AG_KEY_MAX) {
        return "it is longer than " AG_KEY_TEXT(AG_KEY_MAX) " characters";
    }

    for (i = 0; i < key.len; i++) {
        if (key.data[i] <= 0x20 || key.data[i] >= 0x7f) {
            return "it holds a character that is not visible ASCII";
        }
    }

    return NULL;
}


static int
ag_key_hex_digit(ag_char_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
