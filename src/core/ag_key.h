/*
 * Copyright (C) ngx_agent authors
 *
 * Secrets as the gateway compares them: by digest, never by their text.
 */


#ifndef _AG_KEY_H_INCLUDED_
#define _AG_KEY_H_INCLUDED_


#include "core/ag_base.h"


#define AG_KEY_DIGEST  32       /* bytes of a SHA-256 */


/*
 * The SHA-256 of a key (FIPS 180-4).  Never allocates, never fails.  Plain
 * hashing is enough: keys are long random strings, so there is nothing to
 * guess (a password would need a slow hash).
 */
void ag_key_digest(ag_str_t key, unsigned char digest[AG_KEY_DIGEST]);

/* Are two digests equal?  Takes the same time wherever they differ. */
int ag_key_equal(const unsigned char a[AG_KEY_DIGEST],
    const unsigned char b[AG_KEY_DIGEST]);

/*
 * Reads a digest of 64 hex digits, either case.  Returns AG_OK or
 * AG_INVALID.
 */
int ag_key_read_hex(ag_str_t text, unsigned char digest[AG_KEY_DIGEST]);

/*
 * May this be a secret of ours?  Returns NULL, or a sentence that says what
 * is wrong without the secret: shorter than AG_KEY_MIN or longer than
 * AG_KEY_MAX bytes, or with a byte that is not a visible ASCII character
 * (a header could not carry it, or would end).
 */
const char *ag_key_refuse(ag_str_t key);


#endif /* _AG_KEY_H_INCLUDED_ */
